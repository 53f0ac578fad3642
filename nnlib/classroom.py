"""For teachers: copies of chapters, slides, and the progress of a class.

    python -m nnlib.classroom solved 05        the solutions written in, run, and every check passed
    python -m nnlib.classroom blank 05         a worked chapter as it was: without answers and what they printed
    python -m nnlib.classroom closed 05        blank, and `solution()` shows nothing (`hint()` does)
    python -m nnlib.classroom slides 05        its questions and figures as slides, a page of HTML
    python -m nnlib.classroom progress CLASS   who has passed what, from the learners' `my_answers`

Name as many chapters as you like, or `all`; instead of a number also the file of a copy. What is made goes to
`classroom/solved` and so on, or where `--to` says, under the chapter's own name, so that links from chapter to
chapter keep working. A file that is there is only replaced with `--force`, and a chapter itself never.

What it needs beyond `nnlib[course]` comes with JupyterLab: nbformat, nbclient and nbconvert.
"""

import argparse
import ast
import contextlib
import csv
import html
import io
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import warnings
import zipfile
import zlib
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from nnlib.exercises import exercises
from nnlib.exercises.engine import record
from nnlib.progress import printable

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"  # dead without its kernel
CELL_TIMEOUT = 120  # seconds
IMPORTS = "from nnlib.exercises import "  # stands in every chapter, before its first exercise


class ClassroomError(Exception):
    """What a teacher has to be told: a chapter that isn't there, a file that is in the way, a check that failed."""


CHAPTER = re.compile(r"[0-9A][0-9]_[a-z0-9_]+\.ipynb")  # the names of their files; A1 is an appendix

# --- chapters -----------------------------------------------------------------------------------------------------


def chapters_folder():
    """The folder of the chapters: of the repository that this nnlib lies in, else below or at the working folder."""
    for folder in (Path(__file__).parents[1] / "notebooks", Path("notebooks"), Path()):
        if any(folder.glob("00_*.ipynb")):
            return folder.resolve()
    raise ClassroomError("found no chapters: run this in the folder of the course")


def chapter_path(name):
    """The file of a chapter: `name` is its number, such as "5" or "A1", or a path."""
    if str(name).endswith(".ipynb"):
        return Path(name)
    number = str(name).upper().rjust(2, "0") if str(name) else ""
    found = _chapters()
    for path in found:
        if path.name[:2] == number:
            return path
    raise ClassroomError(f"there is no chapter {name!r}; there are {', '.join(path.name[:2] for path in found)}")


def _chapters():
    """The files of all chapters; a copy beside them, such as 03_forward_pass-Copy1.ipynb, is none."""
    return sorted(path for path in chapters_folder().glob("*.ipynb") if CHAPTER.fullmatch(path.name))


def read(path):
    """The notebook at `path`."""
    try:
        return parsed(Path(path).read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise ClassroomError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from error


def parsed(text, path):
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # of a notebook without ids, which is no copy of a chapter anyway
            notebook = nbformat.reads(text, as_version=4)
            nbformat.validate(notebook)
    except (ValueError, LookupError, TypeError, AttributeError, nbformat.ValidationError) as error:
        raise ClassroomError(f"{path} is not a notebook") from error
    return notebook


def normal_text(notebook):
    """The text of a notebook's file: sorted keys, lines of text in lists, one space of indent, a newline at the end."""
    return nbformat.v4.writes(nbformat.from_dict(notebook)) + "\n"


def source(cell):
    return "".join(cell["source"])  # a string, or in raw JSON a list of lines


def names_in_checks(cell):
    """The names of the exercises that a cell checks, as in check(neuron) or check(rate=my_rate)."""
    try:
        tree = ast.parse(source(cell)) if cell["cell_type"] == "code" else ast.Module([], [])
    except SyntaxError:  # a magic
        return set()
    checks = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", None) == "check"]
    names = {argument.id for call in checks for argument in call.args if isinstance(argument, ast.Name)}
    return names | {keyword.arg for call in checks for keyword in call.keywords}


def answer_cells(notebook):
    """The cells that wait for an answer: a list of (cell of the answer, cell of its check, names of the exercises).

    A question of one line is answered in the cell that checks it, any other one in the code cell before.
    """
    before, found = None, []
    for cell in notebook["cells"]:
        if names := names_in_checks(cell):
            found.append((cell if before is None or re.search(r" = ", source(cell)) else before, cell, names))
        before = cell if cell["cell_type"] == "code" else before
    return found


def is_blank(notebook):
    """Whether every answer of a chapter is still to be written."""
    return all(has_gap(source(cell)) for cell, _, _ in answer_cells(notebook))


def has_gap(code):
    """Whether a `...` in the code waits for the reader; one in brackets, as in `A[..., 0]`, is NumPy's."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return False
    numpys = {id(each) for node in nodes if isinstance(node, ast.Subscript) for each in ast.walk(node.slice)}
    return any(isinstance(node, ast.Constant) and node.value is ... and id(node) not in numpys for node in nodes)


def shipped(path):
    """The chapter that the notebook at `path` is a copy of, as the course ships it.

    From git's last commit where there is one; else the chapter itself, if nobody has worked in it.
    """
    chapter = chapter_path(path.name[:2])
    command = ["git", "-C", os.fspath(chapter.parent), "show", f"HEAD:./{chapter.name}"]
    done = subprocess.run(command, capture_output=True) if shutil.which("git") else None
    if done is not None and done.returncode == 0:
        notebook = parsed(done.stdout.decode("utf-8"), chapter)
        if is_blank(notebook):
            return notebook
    notebook = read(chapter)
    if not is_blank(notebook):
        raise ClassroomError(
            f"{chapter.name} has answers in it, and there is no blank one to go by, neither in git's last commit. "
            "Download the chapter again."
        )
    return notebook


# --- blank, closed, solved ----------------------------------------------------------------------------------------


def blank(path, clear=False):
    """A worked copy of a chapter without its answers, and sentences about what differs from the chapter.

    Cells of answers and cells that say what the chapter says become the chapter's, with its stored outputs. Prose and
    code that somebody has changed stay, the code without its outputs; code that was added goes, as it may hold answers.
    clear : leave no output anywhere, so that no figure answers a question before its cell is run.
    """
    worked, original = read(path), shipped(path)
    known = {cell["id"]: cell for cell in original["cells"]}
    answers = {each["id"] for cell, check, _ in answer_cells(original) for each in (cell, check)}
    cells, changed, dropped = [], [], 0
    if answers and not answers & {cell.get("id") for cell in worked["cells"]}:
        raise ClassroomError(
            f"{path} is not a copy of {chapter_path(path.name[:2]).name}: it has none of its exercises"
        )
    for cell in worked["cells"]:
        stored = known.get(cell.get("id"))
        if stored and (stored["id"] in answers or source(stored) == source(cell)):
            cells.append(stored)
        elif cell["cell_type"] != "code":
            cells.append(cell)
            changed.append(cell.get("id"))
        elif stored:
            cells.append(_cleared(cell))
            changed.append(stored["id"])
        else:
            dropped += 1
    if clear:
        cells = [_cleared(cell) if cell["cell_type"] == "code" else cell for cell in cells]
    remarks = [f"changed, and kept as it is: {', '.join(map(str, changed))}"] if changed else []
    remarks += [f"left out: {dropped} code cell{'s' * (dropped > 1)} that the chapter does not have"] if dropped else []
    original["cells"] = cells
    return original, remarks


def _cleared(cell):
    return nbformat.from_dict(cell | {"outputs": [], "execution_count": None})


def closed(path, clear=False):
    """A blank copy in which `solution()` is off. No lock: who deletes the line has it back, and the code is open."""
    notebook, remarks = blank(path, clear)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and IMPORTS in source(cell):
            code = source(cell).replace(IMPORTS, f"{IMPORTS}turn_solutions_off, ")
            cell["source"] = f"{code}\n\nturn_solutions_off()  # by your teacher, in this copy"
            return notebook, remarks
    if answer_cells(notebook):
        raise ClassroomError(f"{path} has no cell that imports from nnlib.exercises")
    return notebook, remarks  # an appendix without exercises has nothing to close


def filled(code, names):
    """The code of an answer's cell with the solutions of its exercises in place of its stubs.

    A function keeps the docstring of the stub; a value keeps the comment after it.
    """
    lines, edits, given = code.split("\n"), [], set()
    values = [name for name in names if not exercises()[name].is_function]
    solutions = {}  # functions by name; some exercises ask for two
    for name in names:
        text = exercises()[name].source
        nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        solutions |= {node.name: ast.get_source_segment(text, node) for node in nodes}
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in solutions:
            edits.append((node, _with_docstring(solutions[node.name], node, lines)))
        elif isinstance(node, ast.Assign) and has_gap(ast.unparse(node)):
            target = node.targets[0].id
            name = target if target in names else values[0]  # several lines that answer one exercise
            comment = lines[node.end_lineno - 1][node.end_col_offset :]
            edits.append((node, None if name in given else exercises()[name].source + comment))
            given.add(name)
    for node, text in reversed(edits):
        lines[node.lineno - 1 : node.end_lineno] = [] if text is None else text.split("\n")
    return "\n".join(lines)


def _with_docstring(solution, stub, lines):
    """The text of a solution, with the docstring of its stub, a node of the code in `lines`, where it has none."""
    node = ast.parse(solution).body[0]
    if ast.get_docstring(node) is not None or ast.get_docstring(stub) is None:
        return solution
    words, body = stub.body[0], solution.split("\n")
    body[node.body[0].lineno - 1 : node.body[0].lineno - 1] = lines[words.lineno - 1 : words.end_lineno]
    return "\n".join(body)


def solved(path):
    """A copy of a chapter with every solution written in, run from top to bottom, and remarks as `blank` has them.

    A check that does not pass, or a cell that stops, is a ClassroomError.
    """
    notebook, remarks = blank(path)
    for cell, _, names in answer_cells(notebook):
        cell["source"] = filled(source(cell), names)
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT, kernel_name="python3", record_timing=False)
    client.store_widget_state, client.startup_timeout = False, CELL_TIMEOUT
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own:  # nothing of the teacher's: no earlier answers
        place = {"NNLIB_PROGRESS": os.path.join(own, "my_answers"), "IPYTHONDIR": os.path.join(own, "ipython")}
        client.resources = {"metadata": {"path": own}}
        try:
            client.execute(env={**os.environ, **place})
        except (
            CellExecutionError,
            RuntimeError,
            TimeoutError,
        ) as error:  # RuntimeError: the kernel died or never spoke
            raise ClassroomError(f"{path.name} does not run to its end:\n{error}") from error
    for _, cell, names in answer_cells(notebook):
        said = "".join("".join(output.get("data", {}).get("text/plain", "")) + "\n" for output in cell["outputs"])
        missing = sorted(name for name in names if f"✓ {name}: " not in said)
        if missing:
            raise ClassroomError(f"{path.name}: {', '.join(missing)} did not pass:\n{said}")
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook, remarks


# --- slides -------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT = 1280, 720  # of a slide, in CSS pixels
MOST_WORDS = 90  # beside a question, so that it can be read from the last row
MOST_LINES = 14  # of code and what it printed
FULL = 12  # lines of prose on a slide
STYLE = f"""
<style>
.reveal .slides section section {{ width: {WIDTH}px; box-sizing: border-box; padding: 24px 60px; text-align: left;
  font: 30px/1.35 sans-serif; color: #222; background: #fff; }}
.reveal .slides section section > * {{ padding: 0; }}
.reveal .slides section h1, .reveal .slides section h2 {{ font: bold 44px/1.2 sans-serif; margin: 0 0 24px;
  color: #222; text-transform: none; text-shadow: none; letter-spacing: 0; }}
.reveal .slides section h3 {{ font: 24px/1.2 sans-serif; margin: 0 0 16px; color: #595959; text-transform: none;
  text-shadow: none; letter-spacing: 0; }}
.reveal .slides section p, .reveal .slides section li {{ font-size: 30px; line-height: 1.35; margin: 0 0 14px; }}
.reveal .slides section table {{ font-size: 26px; }}
.reveal .slides section pre {{ font-size: 19px; line-height: 1.35; margin: 0 0 14px; width: auto; box-shadow: none;
  white-space: pre; overflow: hidden; }}
.reveal .slides section pre code {{ font-size: inherit; max-height: none; overflow: hidden; }}
.reveal .slides section img {{ display: block; margin: 0 auto; width: auto; height: auto; max-width: 1120px;
  max-height: 560px; border: 0; box-shadow: none; background: #fff; }}
.reveal .slides section img.with-text {{ max-height: 340px; }}
.reveal .slides section img.live {{ max-height: 500px; }}
.reveal .slides section .small {{ font-size: 22px; color: #595959; margin: 12px 0 0; text-align: center; }}
.jp-Cell, .jp-MarkdownOutput, .jp-RenderedHTMLCommon {{ padding: 0 !important; margin: 0 !important; font-size: 30px; }}
.jp-InputPrompt, .jp-OutputPrompt {{ display: none !important; }}
body:not(:has(.reveal-viewport, .reveal.ready)) .slides section section {{ min-height: {HEIGHT}px; margin: 0 auto 24px;
  border: 1px solid #ccc; }}
</style>
"""


def slides(path, reveal=None):
    """The questions and figures of a chapter's main path as a page of slides: its HTML.

    A section of the chapter is a column of slides: its heading, then a question, then the figure or the lines that
    answer it. Code is shown where it is the answer. reveal : where reveal.js is, a folder or an address.
    """
    from nbconvert.exporters import SlidesExporter
    from traitlets.config import Config

    cells = [
        nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})
        for kind, text in pages(shipped(path))
    ]
    settings = {"width": str(WIDTH), "height": str(HEIGHT), "number": "c/t", "transition": "none"}
    config = Config(SlidesExporter={f"reveal_{name}": value for name, value in settings.items()})
    if reveal:
        config.SlidesExporter.reveal_url_prefix = reveal
    page, _ = SlidesExporter(config=config).from_notebook_node(
        nbformat.v4.new_notebook(cells=cells), {"metadata": {"name": path.stem}}
    )
    return page.replace("</head>", STYLE + "</head>", 1)


def pages(notebook):
    """The slides of a chapter: a list of (kind, Markdown). A "slide" begins a column, a "subslide" goes on in it."""
    found, opening, label, asked = [], None, "", False
    answers = {each["id"] for cell, check, _ in answer_cells(notebook) for each in (cell, check)}

    def add(*parts):
        nonlocal opening
        if opening is not None:
            found.append(("slide", opening))
            opening = None
        found.extend(("subslide", "\n\n".join([f"### {label}", *some])) for some in _slidefuls(parts))

    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            words = re.sub(r"\[([^]]*)\]\([^)]*\.ipynb[^)]*\)", r"\1", source(cell))  # a link has nowhere to go
            if re.search(r"^## Deeper\b", words, re.MULTILINE):
                break
            for heading, blocks in _sections(words):
                if heading.startswith("# "):
                    found.append(("slide", "\n\n".join([heading, *_within(blocks[:3], 2 * MOST_WORDS)])))
                elif heading.startswith("## What you can now do"):
                    found.append(("slide", "\n\n".join([heading[1:], *_within(blocks, 2 * MOST_WORDS)])))
                elif heading.startswith("## "):
                    opening, label = heading[1:], heading.lstrip("# ")
                elif heading and not heading.startswith("### Exercise"):
                    label = heading.lstrip("# ")
                first = next((k for k, block in enumerate(blocks) if "**Predict" in block), None)
                if first is not None:
                    before = MOST_WORDS - sum(len(block.split()) for block in blocks[first:])
                    add(*reversed(_within(blocks[first - 1 :: -1] if first else [], before)), *blocks[first:])
                    asked = True
        elif cell["cell_type"] == "code" and cell["id"] not in answers:
            for part in _shown(cell, asked):
                add(part)
            asked = False
    return found


def _sections(words):
    """The Markdown of a cell as (heading or "", blocks between blank lines) for each heading in it."""
    sections = [("", [])]
    for block in re.split(r"\n\s*\n", words.strip()):
        if re.match(r"#+ ", block):
            sections.append((block.split("\n")[0], []))
        elif not block.startswith("**Minutes"):
            sections[-1][1].append(block)
    return [section for section in sections if section[0] or section[1]]


def _within(blocks, most):
    """The first blocks that hold no more than `most` words together."""
    kept = []
    for block in blocks:
        most -= len(block.split())
        if most < 0:
            break
        kept.append(block)
    return kept


def _slidefuls(blocks):
    """Blocks of Markdown as lists of those that fit on a slide together; code too long for one is cut in two."""
    fulls, left = [], 0
    for block in blocks:
        fence, *code = block.split("\n")
        if fence.startswith("```") and len(code) > MOST_LINES + 1:
            code.pop()
            parts = [code[k : k + MOST_LINES] for k in range(0, len(code), MOST_LINES)]
            pieces = ["\n".join([fence, *part, "```"]) for part in parts]
        else:
            pieces = [block]
        for piece in pieces:
            height = _height(piece)
            if height > left:
                fulls.append([])
                left = FULL
            fulls[-1].append(piece)
            left -= height
    return fulls


def _height(block):
    """About how high a block of Markdown is, in lines of prose."""
    lines = block.split("\n")
    if block.startswith("<img"):
        return FULL
    if block.startswith("```"):
        return 0.7 * len(lines)
    if block.startswith(("|", "$$")):
        return 1.3 * len(lines) + 0.5
    items = re.split(r"\n(?=\s*(?:[-*]|\d+\.) )", block)
    return sum(math.ceil(len(item) / 70) + 0.4 for item in items)


def _shown(cell, asked):
    """What a code cell has for slides: the question of a live figure, its figures, and what answers a question."""
    printed = "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
    plain = ["".join(o.get("data", {}).get("text/plain", "")) for o in cell["outputs"]]
    for line in "\n".join(plain).split("\n"):
        question, _, guesses = line.partition(" Your guess: ")
        if guesses:
            yield "\n".join([f"**{question}**", "", *(f"- {guess}" for guess in guesses.split(" / "))])
    live = any("Settings: " in text for text in plain)
    pictures = [output for output in cell["outputs"] if "image/png" in output.get("data", {})]
    result = f"```text\n{_cut(printed, 8 if pictures else MOST_LINES)}\n```" if printed.strip() and asked else ""
    for k, output in enumerate(pictures):
        png = re.sub(r"\s", "", "".join(output["data"]["image/png"]))
        alt = html.escape(output["metadata"].get("image/png", {}).get("alt", ""))
        with_text = result and k == len(pictures) - 1
        kind = "with-text" if with_text else "live" if live else "alone"
        image = f'<img class="{kind}" alt="{alt}" src="data:image/png;base64,{png}">'
        note = f'\n\n<p class="small">Live in the chapter: run the cell <code>{cell["id"]}</code>.</p>' if live else ""
        yield image + note + (f"\n\n{result}" if with_text else "")
    if asked and not pictures and (result or not live):
        code = source(cell)
        both = len(code.split("\n")) + len(printed.strip().split("\n")) <= MOST_LINES
        yield "\n\n".join(([f"```python\n{code}\n```"] if both or not result else []) + [result][: bool(result)])


def _cut(printed, most):
    lines = printed.strip("\n").split("\n")
    return "\n".join(lines if len(lines) <= most else [*lines[: most - 1], "..."])


# --- a class's progress -------------------------------------------------------------------------------------------


def learners(paths):
    """The learners in the folders and zips named: {name: place of the answers, or None where there are none}.

    A folder of answers, or one with `my_answers` in it (or in `notebooks`), is a learner, and so is a zip of either.
    Any other folder is a class: each folder and zip in it is a learner. Nothing is unpacked.
    """
    found = {}
    for path in map(Path, paths):
        if not path.exists():
            raise ClassroomError(f"there is no {path}")
        if path.is_dir() and _answers(path) is None:
            inside = [each for each in sorted(path.iterdir()) if each.is_dir() or each.suffix.lower() == ".zip"]
            if not inside:
                raise ClassroomError(f"{path} holds neither answers nor folders or zips of learners")
        else:
            inside = [path]
        for each in inside:
            name = each.resolve()
            name = name.parent if name.name == "my_answers" else name
            name = name.parent if name.name == "notebooks" else name
            name = name.stem if name.suffix.lower() == ".zip" else name.name
            try:
                place = _answers(each)
            except (ClassroomError, OSError) as error:  # of one of a class; the others still have their lines
                if inside == [path]:
                    raise error if isinstance(error, ClassroomError) else ClassroomError(str(error)) from error
                place = error
            found[name if name not in found else os.fspath(each)] = place
    return found


def _answers(path):
    """The folder of answers at or in `path`, a folder or a zip; None where there is none."""
    if path.is_file():
        try:
            with zipfile.ZipFile(path) as packed:
                odd = [name for name in packed.namelist() if name.startswith("/") or "\\" in name]
            if odd:  # `zipfile.Path` of Python 3.11 looks for the folder of "//a" without end
                raise ClassroomError(f"{path} holds a file called {odd[0]!r}: unpack it into a folder and name that")
            path = zipfile.Path(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise ClassroomError(f"{path} is neither a folder nor a zip") from error
        roots = [
            path,
            *(each for each in path.iterdir() if each.is_dir()),
        ]  # packed with the folder, or only what is in it
    else:
        roots = [path]
    for root in roots:
        for place in (root, root / "my_answers", root / "notebooks" / "my_answers"):
            if place.is_dir() and any(_is_answer(each.name) for each in place.iterdir()):
                return place
    return None


def _is_answer(name):
    return name == "guesses.csv" or re.fullmatch(r"[0-9A][0-9]_\w+\.py", name) is not None


def class_progress(paths):
    """What each learner of a class has passed and guessed: {name: {"passed": names, "guesses": (true, all)}}.

    Where a learner's folder or zip cannot be read, "trouble" says why.

    Not a line of a learner's code is run, nor even read: an exercise counts as passed where its file is there. The
    files are the learner's own, so they can say what somebody has done and cannot prove it: a file can be copied from a
    neighbor, or written by hand. Where it matters, let the learner explain the answer, or run the file's code yourself
    in a chapter, as you would run any stranger's program.
    Of the guesses before live figures only the first for each figure counts. Minutes are not recorded.
    """
    every, found = exercises(), {}
    for name, place in learners(paths).items():
        trouble = {"trouble": str(place)} if isinstance(place, Exception) else {}
        place = None if trouble else place
        files = [each.name for each in place.iterdir() if _is_answer(each.name)] if place else []
        passed = {file[3:-3] for file in files} & set(every)
        first = {}
        with contextlib.suppress(zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):  # a damaged zip
            for chapter, figure, _, came_true in record.guesses(place) if place else ():
                first.setdefault((chapter, figure), came_true)
        found[name] = {"passed": passed, "guesses": (sum(first.values()), len(first)), **trouble}
    return found


def progress_table(found):
    """The lines of a class's table: a learner each, and how many exercises of each chapter have passed."""
    every = exercises()
    chapters = list(dict.fromkeys(e.chapter for e in every.values()))
    needed = {c: [e.name for e in every.values() if e.chapter == c and not e.optional] for c in chapters}
    optional = [e.name for e in every.values() if e.optional]
    width = max(map(len, ["of", *found]))
    total = sum(map(len, needed.values()))
    yield " ".join([f"{'':<{width}}", *(f"{c:>2}" for c in chapters), " all optional guesses"])
    yield " ".join([f"{'of':<{width}}", *(f"{len(needed[c]):>2}" for c in chapters), f"{total:>4} {len(optional):>8}"])
    for name, each in found.items():
        passed, (true, guessed) = each["passed"], each["guesses"]
        counts = [sum(e in passed for e in needed[c]) for c in chapters]
        cells = [f"{count:>2}" if count else " ." for count in counts]
        guesses = f"{true} of {guessed}"
        yield " ".join([f"{name:<{width}}", *cells, f"{sum(counts):>4} {len(passed & set(optional)):>8} {guesses:>7}"])
    yield from (f"{name} could not be read: {each['trouble']}" for name, each in found.items() if "trouble" in each)


def progress_csv(found):
    """A class's table as CSV: a row for each learner, a column for each exercise (1 where it passed, else 0)."""
    every, file = exercises(), io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    heads = [f"{e.chapter} {e.name}{' (optional)' if e.optional else ''}" for e in every.values()]
    table.writerow(["learner", *heads, "guesses that came true", "guesses"])
    for name, each in found.items():
        name = f"'{name}" if name.startswith(("=", "+", "-", "@")) else name  # no formula in a spreadsheet
        table.writerow([name, *(int(e in each["passed"]) for e in every), *each["guesses"]])
    return file.getvalue()


# --- the command --------------------------------------------------------------------------------------------------


def write(text, target, force):
    """Write what was made, into a folder that is made if need be: over a file only if told, over a chapter never."""
    if target.exists() and target.resolve().parent == _folder_or_none():
        raise ClassroomError(f"{target} is a chapter of the course: choose another folder with --to")
    if target.exists() and not force:
        raise ClassroomError(f"{target} is there already; --force replaces it")
    try:
        content = text.encode("utf-8")  # before anything is written
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except UnicodeEncodeError as error:
        raise ClassroomError(f"{target} can't be written: half a character in {error.object[error.start]!r}") from error
    except OSError as error:
        raise ClassroomError(f"{target} can't be written ({(error.strerror or str(error)).lower()})") from error


def _folder_or_none():
    try:
        return chapters_folder()
    except ClassroomError:
        return None


def make(kind, path, options):
    """The text of one copy, and remarks about it."""
    if kind == "slides":
        return slides(path, options.reveal), []
    if kind == "solved":
        notebook, remarks = solved(path)
    else:
        notebook, remarks = {"blank": blank, "closed": closed}[kind](path, options.clear)
    return normal_text(notebook), remarks


def arguments():
    parser = argparse.ArgumentParser(
        prog="python -m nnlib.classroom", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    told = {
        "solved": "copies with the solutions written in, run, and every check passed",
        "blank": "copies without answers",
        "closed": "copies without answers in which solution() is off; a fence, no lock",
        "slides": "slides of a chapter's questions and figures",
    }
    for kind, words in told.items():
        command = commands.add_parser(kind, help=words, description=words[0].upper() + words[1:] + ".")
        command.add_argument("chapters", nargs="+", metavar="chapter", help="a number such as 05, a file, or all")
        command.add_argument("--to", type=Path, metavar="FOLDER", help=f"where to write; classroom/{kind} unless said")
        command.add_argument("--force", action="store_true", help="replace files that are there")
        if kind in ("blank", "closed"):
            command.add_argument("--clear", action="store_true", help="leave no output in the copy, no figure either")
        if kind == "slides":
            command.epilog = (
                "Turning slides and setting formulas need a network when the page is shown: reveal.js, RequireJS, "
                "jQuery and MathJax come from public addresses. Without one the slides stand below each other, each on "
                "its own, and formulas show as they are typed. --reveal takes reveal.js alone from elsewhere."
            )
            command.add_argument(
                "--reveal", metavar="URL", help="where reveal.js 4 is: a folder beside it or an address"
            )
    words = "a class's progress as a table, from the learners' my_answers or zips of them"
    command = commands.add_parser("progress", help=words, description=textwrap.dedent(class_progress.__doc__))
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument("folders", nargs="+", metavar="FOLDER", help="of a class or of a learner, or a learner's zip")
    command.add_argument("--csv", type=Path, metavar="FILE", help="also write it as CSV, a column for each exercise")
    command.add_argument("--force", action="store_true", help="replace the CSV file if it is there")
    return parser


def run(options):
    if options.command == "progress":
        found = class_progress(options.folders)
        print(printable("\n".join(progress_table(found))))
        print("A file says that somebody passed, and proves nothing; none was run. Minutes are not recorded.")
        if options.csv:
            write(progress_csv(found), options.csv, options.force)
            print(printable(f"{options.csv}: written"))
        return
    names = options.chapters
    if "all" in names:
        names = [path.name[:2] for path in _chapters()]
    for path in map(chapter_path, names):
        folder = options.to or Path("classroom") / options.command
        ending = ".slides.html" if options.command == "slides" else ".ipynb"
        target = folder / f"{path.stem}{ending}"
        text, remarks = make(options.command, path, options)
        write(text, target, options.force)
        print(printable("\n  ".join([f"{target}: written", *remarks])))


def main(given=None):
    try:
        run(arguments().parse_args(given))
    except ClassroomError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
