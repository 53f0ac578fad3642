"""Links to headings and cells lead to some, and pictures between the words have words of their own.

That files exist is tested by pytest-check-links; the pictures of code cells are form.py's.
"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from tools import form

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
    *sorted(path for folder in (ROOT, ROOT / "notebooks") for path in folder.glob("*.md")),
]
LINK = re.compile(r"(?<!!)\[(?:[^][]|\[[^]]*\])*\]\(([^)\s]*)\)")
PICTURE = re.compile(r"!\[([^]]*)\]\(")


def words_of(path):
    """The markdown of a page, without its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join(form.source(cell) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(
        r"```.*?```|`[^`\n]*`", lambda code: code[0] if code[0].count("`") == 2 else "", text, flags=re.DOTALL
    )


def headings(path):
    """What a link to a heading of a page, or to a cell of a notebook, may say after the "#".

    JupyterLab joins the words of a heading as they are; code hosts write them small and drop the marks.
    """
    found = re.findall(r"^#+ +(.*?) *$", words_of(path), re.MULTILINE)
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        ids = {f"cell-id={cell.get('id')}" for cell in cells}
        return ids | {heading.replace("`", "").replace(" ", "-") for heading in found}
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def dead_anchors(path):
    """The links of a page to headings that are not there."""
    for target in LINK.findall(words_of(path)):
        name, _, anchor = target.partition("#")
        other = path.parent / name if name else path
        if anchor and ":" not in name and unquote(anchor) not in headings(other):
            yield target


class Pictures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.alts = []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.alts.append(dict(attributes).get("alt") or "")


def undescribed(path):
    """The text alternatives of a page, in Markdown and HTML, that say too little."""
    reader, words = Pictures(), words_of(path)
    reader.feed(words)
    return [alt for alt in PICTURE.findall(words) + reader.alts if len(alt) < form.LEAST_ALT]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_to_headings_lead_somewhere(path):
    assert list(dead_anchors(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pictures_between_the_words_are_described(path):
    assert undescribed(path) == []


def test_what_is_wrong_is_found(tmp_path):
    cell = {"cell_type": "markdown", "source": "# Dead neurons, `dZ`\n\n```\n# no heading\n```"}
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    page = tmp_path / "b.md"
    page.write_text(
        "## A heading: it's one\n\n[x](a.ipynb#Dead-neurons,-dZ) [x](a.ipynb#dead-neurons) [x](#a-heading-its-one)"
        " [x](#A) [x](a.ipynb#no-heading) [x](https://example.org/#no) ![](p.png) ![A picture that is described](p.png)"
        '\n<img src="p.png"> <img src="p.png" alt="A picture that is described">',
        encoding="utf-8",
    )
    assert list(dead_anchors(page)) == ["a.ipynb#dead-neurons", "#A", "a.ipynb#no-heading"]
    assert undescribed(page) == ["", ""]
