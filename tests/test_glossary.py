"""The glossary and the chapters link each other, term by term, and its symbols are those of the chapters."""

import json
import re
from pathlib import Path

import pytest
from tools import form

FOLDER = Path(__file__).parents[1] / "notebooks"
GLOSSARY = "A3_notation_and_glossary.ipynb"
BOOKS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in form.chapters(FOLDER)}
CHAPTERS = {name: book for name, book in BOOKS.items() if name[0] != "A"}
LINK = re.compile(r"\[([^]]*)\]\(([0-9A][0-9]_\w+\.ipynb)?#([^)\s]+)\)")  # its words, the notebook, the place in it
ENTRY = re.compile(r"### (.+)\n\n(.+) → \[(\d+) · ([^]]+)\]\((\w+\.ipynb)#cell-id=([\w-]+)\)")
NAMES_OF_THE_FIELD = {"X", "y", "W", "b", "Z", "A", "dW"}


def prose_cells(book):
    return [cell for cell in book["cells"] if cell["cell_type"] == "markdown"]


def headings(text):
    """The headings in a text of Markdown, code aside."""
    return re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)


def heading_above(book, identifier, words):
    """The last heading before these words in this cell that is not an exercise's or that of the recall."""
    above = ""
    for cell in prose_cells(book):
        if cell["id"] == identifier:
            above += form.source(cell).split(words)[0]
            break
        above += form.source(cell) + "\n\n"
    title, *others = headings(above)
    section = [heading for heading in others if not heading.startswith("Exercise ")][-1:]
    return re.sub(r"^\d+ · ", "", title) if section in ([], ["Before you start"]) else section[0]


TERMS = {}  # cell id -> (term, definition, number, heading, chapter, cell id there)
cells = prose_cells(BOOKS.get(GLOSSARY, {"cells": []}))
for cell in cells[[cell["id"] for cell in cells].index("glossary") + 1 : -1]:
    TERMS[cell["id"]] = ENTRY.fullmatch(form.source(cell)).groups()
ROWS = [
    [entry.strip() for entry in line[1:-1].split("|")]
    for cell in cells
    if cell["id"].startswith("notation-")
    for line in form.source(cell).splitlines()[4:]
]


def test_the_terms_are_in_the_order_of_the_alphabet():
    terms = [term for term, *_ in TERMS.values()]
    assert len(terms) >= 70
    assert terms == sorted(terms, key=str.casefold)
    assert list(TERMS) == [re.sub(r"[^a-z0-9]+", "-", term.lower()) for term in terms]


@pytest.mark.parametrize("identifier", TERMS)
def test_a_term_is_linked_from_the_place_that_it_names_and_from_no_other(identifier):
    term, definition, number, heading, chapter, where = TERMS[identifier]
    assert chapter.startswith(f"{int(number):02}_")
    found = [
        (name, cell["id"], link[0])
        for name, book in CHAPTERS.items()
        for cell in prose_cells(book)
        for link in LINK.finditer(form.source(cell))
        if link[2] == GLOSSARY and link[3] == f"cell-id={identifier}"
    ]
    assert [place[:2] for place in found] == [(chapter, where)]
    assert heading == heading_above(CHAPTERS[chapter], where, found[0][2])
    assert definition.endswith((".", ".)"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0] or row[1])
def test_a_symbol_and_its_name_are_those_of_the_chapter(row):
    symbol, name, shape, meaning, link = row
    number, chapter = re.fullmatch(r"\[(\d+)\]\((\w+\.ipynb)\)", link).groups()
    assert chapter.startswith(f"{int(number):02}_")
    code, text = ("\n".join(map(form.source, kind(CHAPTERS[chapter]))) for kind in (form.code_cells, prose_cells))
    if name:  # in code, or in the text between ticks
        code += " ".join(re.findall(r"`([^`\n]+)`", text))
        assert re.search(rf"(?<![\w.]){re.escape(name.strip('`'))}(?!\w)", code)
        text = "\n".join(form.source(cell) for book in CHAPTERS.values() for cell in prose_cells(book))
    if symbol:
        formulas = " ".join(re.findall(r"\${1,2}[^$]+\${1,2}", text))
        assert re.search(rf"(?<![A-Za-z\\]){re.escape(symbol.strip('$'))}(?![A-Za-z])", formulas)
    assert meaning and (symbol or name)


def test_the_names_of_the_field_are_among_the_symbols():
    assert {row[1].strip("`") for row in ROWS} >= NAMES_OF_THE_FIELD
    assert len({(row[0], row[1]) for row in ROWS}) == len(ROWS)
