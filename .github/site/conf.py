"""The site: the README and the saved chapters as static pages, built by Sphinx with myst-nb. Nothing is executed.

    make site      or      sphinx-build -c .github/site . build/site

The sources are the files of the repository as they are. What a page needs beyond them is added while it is read: the
order of the chapters, a line on top of each that says how to run it, and each picture's text alternative, which the
notebooks keep beside the picture and myst-nb looks for in the cell.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
sys.path.insert(0, str(Path(__file__).parent))

from tools import badge

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAP = re.compile(r"^\| (\w\d) \| \[([^]]+)\]\((notebooks/\w+)\.ipynb\)", re.MULTILINE)
TO_CELL = re.compile(r"\]\((\w+\.ipynb)?#cell-id=([\w-]+)\)")  # a link as JupyterLab follows it
OTHERS = {
    "For teachers": "notebooks/for_teachers",
    "Contributing": "CONTRIBUTING",
    "Changes": "CHANGELOG",
    "The data": "nnlib/data/README",
}


def repository():
    """The owner and name of this repository on GitHub, "owner/name", or None."""
    if os.environ.get("GITHUB_REPOSITORY"):  # in a workflow
        return os.environ["GITHUB_REPOSITORY"]
    done = subprocess.run(["git", "remote", "get-url", "origin"], cwd=ROOT, capture_output=True, text=True)
    try:
        return badge.repository(done.stdout.strip())
    except ValueError:
        return None


REPOSITORY = repository()

project = "Neural networks from scratch"
html_title = project
author = "the authors of this course"
copyright = "2026, the authors of this course. Text and pictures: CC BY 4.0"
root_doc = "README"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "nnlib/data/README.md", "notebooks/for_teachers.md"]
include_patterns += ["notebooks/[0-9A][0-9]_*.ipynb"]
exclude_patterns = [".venv", ".git", "build", "dist", "tests"]
extensions = ["myst_nb", "sphinx-mathjax-offline"]

nb_execution_mode = "off"
nb_render_text_lexer = "none"
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "anchors.jupyter"

html_theme = "sphinx_book_theme"
html_copy_source = False
html_use_index = False
html_theme_options = {"show_toc_level": 2, "use_download_button": False}
if REPOSITORY:
    html_theme_options |= {
        "repository_url": f"https://github.com/{REPOSITORY}",
        "use_repository_button": True,
        "use_issues_button": True,
    }


def contents(caption, pages):
    """The Markdown of one part of the table of contents at the side."""
    rows = [f"{title} <{page}>" for title, page in pages]
    return "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *rows, "```", ""])


def with_contents(text):
    chapters = [(number, f"{number} · {title}", page) for number, title, page in MAP.findall(text)]
    parts = {
        "Chapters": [row[1:] for row in chapters if row[0].isdigit()],
        "Appendices": [row[1:] for row in chapters if not row[0].isdigit()],
        "The course": OTHERS.items(),
    }
    return text + "".join(contents(caption, pages) for caption, pages in parts.items())


def how_to_run(name):
    line = "This page shows the chapter as it is saved: its live figures stand still and its cells do not run. "
    if REPOSITORY:
        line += f"To work through it, [open it on Binder]({badge.binder(REPOSITORY, name)}) "
        return line + "or [install the course](../README.md)."
    return line + "To work through it, [open the course](../README.md)."


def label(name, cell):
    """The name that the site gives to a cell of a notebook, for links to it."""
    return f"{Path(name).stem}-{cell}".lower()


def with_labels(cells, name):
    """The cells, each with a label before it, and links to cells as links to labels."""
    for cell in cells:
        mark = f"({label(name, cell['id'])})=\n"
        if cell["cell_type"] == "markdown":
            words = "".join(cell["source"])
            words = TO_CELL.sub(lambda link: f"](#{label(link[1] or name, link[2])})", words)
            yield cell | {"source": f"{mark}{words}"}
        else:
            yield {"cell_type": "markdown", "id": f"before-{cell['id']}", "metadata": {}, "source": mark}
            yield cell


def with_words(text, name):
    """A notebook with the line on top, labels, and the text alternatives of its pictures where myst-nb reads them."""
    notebook = json.loads(text)
    notebook["cells"] = list(with_labels(notebook["cells"], name))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            picture = output.get("metadata", {}).get("image/png", {})
            picture.pop("height", None)  # a page that is narrower than the picture would squeeze it
            if "alt" in picture:
                cell["metadata"]["mystnb"] = {"image": {"alt": picture["alt"]}}
    note = "```{note}\n" + how_to_run(name) + "\n```"
    cell = {"cell_type": "markdown", "id": "how-to-run", "metadata": {}, "source": note}
    notebook["cells"].insert(1, cell)
    return json.dumps(notebook)


def read(app, page, source):
    if page == root_doc:
        source[0] = with_contents(source[0])
    elif app.env.doc2path(page, base=False).suffix == ".ipynb":
        source[0] = with_words(source[0], Path(page).name + ".ipynb")
    else:  # code hosts draw such a chart; here its lines have to do, for what draws them comes from the network
        source[0] = source[0].replace("```mermaid", "```text")


def finish(app, error):
    """A host opens index.html."""
    if not error:
        shutil.copyfile(app.outdir / "README.html", app.outdir / "index.html")


def setup(app):
    app.connect("source-read", read)
    app.connect("build-finished", finish)
