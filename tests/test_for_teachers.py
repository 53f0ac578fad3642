"""The teachers' page says of every chapter what the chapter says."""

import itertools
import json
import re
import shlex
from pathlib import Path

import pytest
from tools import form

from nnlib import classroom

FOLDER = Path(__file__).parents[1] / "notebooks"
PAGE = (FOLDER / "for_teachers.md").read_text(encoding="utf-8")
CHAPTERS = {p.name[:2]: p for p in form.chapters(FOLDER) if not form.is_appendix(p)}
NOTEBOOKS = {number: json.loads(path.read_text(encoding="utf-8")) for number, path in CHAPTERS.items()}
SECTIONS = {part[:2]: part for part in re.split(r"^## (?=\d\d · )", PAGE, flags=re.MULTILINE)[1:]}
ROWS = re.findall(r"^\| \[(\d\d) · .*?\]\((.*?)\) \| (.*?) \|(.*?)\|(.*?)\|$", PAGE, re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-\d+)?(?![\w]|\.\d)")
MOST_WORDS = 120  # of questions and answers


def words_of(notebook):
    """All that a chapter says: its prose, its code, and what that printed."""
    outputs = [o for cell in form.code_cells(notebook) for o in cell["outputs"]]
    said = [form.text(o.get("text", o.get("data", {}).get("text/plain", ""))) for o in outputs]
    return "\n".join([*map(form.source, notebook["cells"]), *said])


def needs(notebook):
    """The chapters that a chapter says it needs: by a link, by name, or in a range."""
    line = re.search(r"\*\*You need\*\*(.*?)(?:\n\n|\*\*Minutes|$)", form.source(notebook["cells"][0]), re.DOTALL)[1]
    linked = [int(number) for number in re.findall(r"(?:chapter |\[)(\d+)\b", line)]
    linked += [int(number) for number in re.findall(r"\]\((\d\d)_", line)]
    for first, last in re.findall(r"\((\d\d)_[^)]*\) to \[[^]]*\]\((\d\d)_", line):
        linked += range(int(first), int(last) + 1)
    return {f"{number:02}" for number in linked}


def test_every_chapter_has_its_row_and_its_section():
    assert [row[0] for row in ROWS] == list(SECTIONS) == list(CHAPTERS)
    assert [row[1] for row in ROWS] == [path.name for path in CHAPTERS.values()]


def test_the_minutes_are_those_of_the_tool():
    for number, _, main, deeper, _ in ROWS:
        notebook = NOTEBOOKS[number]
        rest = notebook["cells"][len(form.main_path(notebook)) :]
        assert (number, main) == (number, form.minutes_in_words(notebook))
        assert (number, deeper.strip()) == (number, str(form.minutes(rest)) if rest else "")


def test_the_table_and_the_map_are_what_the_chapters_need():
    wanted = {number: needs(notebook) for number, notebook in NOTEBOOKS.items()}
    assert {row[0]: set(re.findall(r"\d\d", row[4])) for row in ROWS} == wanted
    edges = set()
    for line in re.search(r"```mermaid\ngraph LR\n(.*?)```", PAGE, re.DOTALL)[1].splitlines():
        steps = [set(step.split(" & ")) for step in line.strip().split(" --> ")]
        edges |= {(before, after) for one, two in itertools.pairwise(steps) for before in one for after in two}
    drawn = {number: {before for before, after in edges if after == number} for number in CHAPTERS}
    assert drawn == wanted


def minutes_of(chapters):
    total = 0
    for number, sitting in re.findall(r"(\d\d)(?:, (first|second) sitting)?", chapters):
        parts = [form.minutes(cells) for cells in form.sittings(NOTEBOOKS[number])]
        total += sum(parts) if not sitting else parts[sitting == "second"]
    return total


def test_the_plans_add_up():
    rows = re.findall(r"^\| (\d+) \| (\d\d[^|]*) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 14 + 2
    assert [int(minutes) for _, _, minutes in rows] == [minutes_of(chapters) for _, chapters, _ in rows]
    assert all(int(minutes) <= 90 for _, _, minutes in rows[:14])


def test_what_a_weekend_needs_has_come_before_or_is_shown():
    seen = {"06", "10", "11"}  # as demos
    for _, chapters in re.findall(r"^\| ([12]) \| (0[05], [^|]*,[^|]*,[^|]*) \|", PAGE, re.MULTILINE)[-2:]:
        for number in re.findall(r"\d\d", chapters):
            assert number == "17" or needs(NOTEBOOKS[number]) <= seen, number  # 17 asks for "all before, or at least"
            seen.add(number)
    assert len(seen) == 13


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_section_has_its_parts(number):
    section, notebook = SECTIONS[number], NOTEBOOKS[number]
    assert re.findall(r"^\*\*(\w+)\*\*", section, re.MULTILINE) == ["Ends", "Demo", "Discuss", "Skip"]
    demo = re.search(r"^\*\*Demo\*\* `([\w-]+)`", section, re.MULTILINE)[1]
    for name in {demo, *re.findall(r"`(widget-[\w-]+)`", section)}:
        (cell,) = [cell for cell in notebook["cells"] if cell["id"] == name]
        assert form.is_live_figure(cell)
    questions = re.search(r"\*\*Discuss\*\*\n\n(.*?)\n\n\*\*Skip", section, re.DOTALL)[1]
    each = re.split(r"\n(?=\d\. )", questions)
    assert len(each) == 3
    assert all(re.fullmatch(r"\d\. .*\?.*? \*[^*]+\*", question, re.DOTALL) for question in each)
    assert len(questions.split()) <= MOST_WORDS


@pytest.mark.parametrize("number", CHAPTERS)
def test_every_number_of_a_section_is_in_its_chapter(number):
    known = set(NUMBER.findall(words_of(NOTEBOOKS[number]).replace(",", "")))
    said = NUMBER.findall(re.sub(r"^\d\. ", "", SECTIONS[number][3:], flags=re.MULTILINE).replace(",", ""))
    assert [each for each in said if each not in known] == []


def test_the_commands_of_the_page_exist():
    lines = re.findall(r"^python -m nnlib\.classroom (.*?)(?: +#.*)?$", PAGE, re.MULTILINE)
    commands = [classroom.arguments().parse_args(shlex.split(line)).command for line in lines]
    assert commands == ["solved", "blank", "closed", "slides", "progress"]


def test_the_page_says_whose_folders_may_be_opened():
    assert "**Do not open a chapter beside a stranger's `my_answers`.**" in PAGE
