"""The chapters are in form, the tool that writes them is stable, and what breaks a chapter turns the tests red."""

import copy
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tools import figures, form, notebooks

from nnlib.exercises import exercises

ROOT = Path(__file__).parents[1]
CHAPTERS = form.chapters(ROOT / "notebooks")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_is_in_form(path):
    assert form.problems(path) == []


def test_there_are_chapters_and_nothing_else():
    assert CHAPTERS[0].name == "00_start_here.ipynb"
    strays = [path.name for path in (ROOT / "notebooks").glob("*.ipynb") if path not in CHAPTERS]
    assert not strays, (
        f"no chapters, by their names: {', '.join(strays)}. Move your own notebooks and copies to another folder; "
        "a chapter is named like 03_forward_pass.ipynb."
    )
    twice = [
        path.name for path, before in zip(CHAPTERS[1:], CHAPTERS, strict=False) if path.name[:2] == before.name[:2]
    ]
    assert not twice, f"a chapter of that number is there: {', '.join(twice)}. Move your own to another folder."
    numbers = [path.name[:2] for path in CHAPTERS if not form.is_appendix(path)]
    assert numbers == [f"{k:02}" for k in range(len(numbers))]
    assert [path.name[:2] for path in CHAPTERS[len(numbers) :]] == [
        f"A{k}" for k in range(1, len(CHAPTERS) - len(numbers) + 1)
    ]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_nobody_has_written_is_not_called_wrong(path):
    for cell in form.code_cells(read(path)):
        for output in cell["outputs"]:
            said = "".join(output.get("data", {}).get("text/plain", ""))
            assert not said.startswith(("✗", "✓")), (cell["id"], said)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_checks_its_own_exercises(path):
    """A name that its file has lost would be answered by the exercise of another chapter."""
    own = [name for name, exercise in exercises().items() if exercise.chapter == path.name[:2]]
    checked = [(form.names_in_checks(cell), form.source(cell)) for cell in form.code_cells(read(path))]
    met = dict.fromkeys(name for names, code in checked for name in sorted(names, key=code.find))
    assert own == list(met), "declared in the order in which the reader meets them, or `progress` calls another next"


@pytest.mark.parametrize("path", [p for p in CHAPTERS if not form.is_appendix(p)], ids=lambda path: path.stem)
def test_a_chapter_ends_with_what_has_passed(path):
    number = path.name[:2]
    said = form.source(form.code_cells(read(path))[-1])
    assert said.startswith("progress()" if number == "00" else f'progress("{number}")')


def test_chapter_00_says_how_many_hours_the_chapters_take():
    openings = [form.source(read(path)["cells"][0]) for path in CHAPTERS if not form.is_appendix(path)]
    total = sum(int(re.search(r"\*\*Minutes\*\* about (\d+)", opening)[1]) for opening in openings)
    said = re.search(r"about (\d+) hours", "".join(map(form.source, read(CHAPTERS[0])["cells"])))
    assert int(said[1]) == round(total / 60)


# --- a chapter that holds what is hard to keep stable ------------------------------------------------------------

PROSE = (
    "A line of words that says what the next cell does and asks what it will print, so that the reader can answer "
    "first and look afterward. A second line, because a chapter says more than it computes: nothing here is left "
    "to guess, and each of the pictures has its words.\n\nWhat will the next cell show?"
)
SETUP = """\
import os
from base64 import b64encode
from io import BytesIO

from ipywidgets import IntSlider
from matplotlib.figure import Figure

def picture(y, alt):
    figure, png = Figure(figsize=(2, 1)), BytesIO()
    figure.subplots().plot([0, y, 1])
    figure.savefig(png, format="png")
    return {"image/png": b64encode(png.getvalue()).decode(), "text/plain": alt}, alt"""
FIGURE = """\
data, alt = picture(2, "A line that goes up and then down")
display(data, raw=True, metadata={"image/png": {"alt": alt}})"""
UPDATED = """\
data, alt = picture(3, "A line before the slider has moved")
live = display(data, raw=True, display_id=True, metadata={"image/png": {"alt": alt}})
data, alt = picture(1, "A line after the slider has moved")
live.update(data, raw=True, metadata={"image/png": {"alt": alt}})"""
CODE = {
    "setup": SETUP,
    "print-a-sum": 'check = print\nprint("progress:", os.path.exists(os.environ["NNLIB_PROGRESS"]))\nprint(1 + 1)',
    "draw-a-line": FIGURE,
    "update-a-line": UPDATED,
    "show-a-slider": "IntSlider(3)",
    "first-check": "check(1)",
    "second-check": "check(2)",
    "third-check": "check(3)",
}
OPENING = """\
# A chapter for the tests

**You will** see a chapter pass.

**You will be able to** break it.

**You need** chapter 00.

**Minutes** about 5"""
CLOSING = """\
## What you can now do

Break a chapter.

## Exercises

See above.

## In practice

Others do the same."""
LAST = "[Before](00_before.ipynb) and [after](02_after.ipynb)"


def markdown(identifier, source):
    return {"cell_type": "markdown", "id": identifier, "metadata": {}, "source": source}


def new_chapter():
    cells = [markdown("opening", OPENING)]
    for name, source in CODE.items():
        cells.append(markdown(f"before-{name}", PROSE))
        cell = {"cell_type": "code", "id": name, "metadata": {}, "source": source}
        cells.append(cell | {"execution_count": None, "outputs": []})
    cells += [markdown("closing", CLOSING), markdown("links", LAST)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write(path, notebook):
    path.write_text(form.normal_text(notebook), encoding="utf-8", newline="\n")
    return path


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def cell_of(notebook, identifier):
    return next(cell for cell in notebook["cells"] if cell["id"] == identifier)


def png_output(cell):
    return next(output for output in cell["outputs"] if "image/png" in output["data"])


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with the settings and tools of this one, whose chapter 01 `make notebooks` has written."""
    root = tmp_path_factory.mktemp("project")
    (root / "notebooks").mkdir()
    for name in ("pyproject.toml", "notebooks/.ruff.toml"):
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "tests" / "tools", root / "tests" / "tools")
    (root / "README.md").write_text("[Start](notebooks/00_before.ipynb)\n")
    for name in ("00_before", "02_after"):
        write(root / "notebooks" / f"{name}.ipynb", {**new_chapter(), "cells": []})
    path = write(root / "notebooks" / "01_good.ipynb", new_chapter())
    assert notebooks.rewrite(path)
    return root


@pytest.fixture
def good(project):
    return project / "notebooks" / "01_good.ipynb"


# --- the tool ----------------------------------------------------------------------------------------------------


def test_a_written_chapter_is_in_form(good):
    assert form.problems(good) == []


def test_writing_twice_changes_no_byte(good):
    before = good.read_bytes()
    assert not notebooks.rewrite(good)
    assert good.read_bytes() == before


def test_an_updated_display_ends_with_its_last_picture(good):
    output = png_output(cell_of(read(good), "update-a-line"))
    assert form.text(output["data"]["text/plain"]) == "A line after the slider has moved"
    assert output["metadata"]["image/png"]["alt"] == "A line after the slider has moved"


def test_a_widget_leaves_its_text_and_no_view(good):
    (output,) = cell_of(read(good), "show-a-slider")["outputs"]
    assert list(output["data"]) == ["text/plain"]


def test_code_is_formatted(good, tmp_path):
    notebook = read(good)
    cell_of(notebook, "print-a-sum")["source"] = "print( 'a' )"
    path = write(tmp_path / "01_good.ipynb", notebook)
    assert form.source(cell_of(notebooks.ruff_formatted(path), "print-a-sum")) == 'print("a")'


def test_a_picture_that_looks_the_same_keeps_its_bytes(good):
    stored = read(good)
    fresh = copy.deepcopy(stored)
    data = png_output(cell_of(fresh, "draw-a-line"))["data"]
    same = data["image/png"]
    with_a_comment = bytearray(figures.pictures([{"data": {"image/png": form.text(same)}}])[0])
    with_a_comment += b"the same pixels"
    data["image/png"] = notebooks.base64.b64encode(with_a_comment).decode()
    notebooks.keep_pictures(fresh, stored)
    assert data["image/png"] == form.text(same).strip()


def test_a_cell_that_fails_is_reported_and_leaves_the_file_alone(good, tmp_path, capsys):
    notebook = read(good)
    cell_of(notebook, "print-a-sum")["source"] = "1 / 0"
    path = write(tmp_path / "01_good.ipynb", notebook)
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_check_reports_and_runs_nothing(good, tmp_path, capsys):
    for name in ("00_before", "02_after"):
        shutil.copy(good.with_name(f"{name}.ipynb"), tmp_path)
    path = Path(shutil.copy(good, tmp_path))
    assert notebooks.main(["--check", str(path)]) == 0
    notebook = read(path)
    cell_of(notebook, "print-a-sum")["execution_count"] = None
    write(path, notebook)
    assert notebooks.main(["--check", str(path)]) == 1
    assert "'print-a-sum' has not been run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cell_type", "source", "name"),
    [
        ("markdown", "Words first\n\n## Predict the loss", "predict-the-loss"),
        ("markdown", "Don't look at the answer yet, please", "dont-look-at-the-answer"),
        ("markdown", "# 01 · One neuron", "one-neuron"),
        ("code", "# a comment\ndef mean_squared(a):\n    pass", "define-mean-squared"),
        ("code", "history = nn.fit(X, y)\n", "history-nn-fit-x-y"),
        ("code", "2 + 2", "code-cell"),
    ],
)
def test_ids_are_derived_from_what_a_cell_says(cell_type, source, name):
    cells = [{"cell_type": cell_type, "source": source, "id": "4f3a9b1c"} for _ in range(2)]
    form.give_ids(cells)
    assert [cell["id"] for cell in cells] == [name, f"{name}-2"]


@pytest.mark.parametrize("identifier", ["4f3a9b1c", "acae54e37e7d407bbb7b55eff062a284", "A", "a_b", ""])
def test_unreadable_ids(identifier):
    assert not form.is_readable(identifier)


# --- what breaks the form ----------------------------------------------------------------------------------------


def edit(identifier, **changes):
    return lambda notebook: cell_of(notebook, identifier).update(changes)


def edit_output(identifier, change):
    return lambda notebook: change(png_output(cell_of(notebook, identifier)))


def edit_opening(old, new):
    return lambda notebook: edit("opening", source=OPENING.replace(old, new))(notebook)


def edit_closing(old):
    return lambda notebook: edit("closing", source=CLOSING.replace(old, "Nothing"))(notebook)


def ignore_four_outputs(notebook):
    for cell in form.code_cells(notebook)[:4]:
        cell["metadata"]["tags"] = [form.IGNORE_OUTPUT]


def drop_prose(notebook):
    for cell in notebook["cells"]:
        if cell["id"].startswith("before-"):
            cell["source"] = "Words."


def add_before(identifier, *cells):
    """Puts cells before the one of that id."""

    def change(notebook):
        place = notebook["cells"].index(cell_of(notebook, identifier))
        notebook["cells"][place:place] = cells

    return change


def check_cells(count):
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": "check(4)"}
    return [{**code, "id": f"check-number-{k}"} for k in range(count)]


def drop_early_pictures(notebook):
    notebook["cells"][1:1] = [markdown(f"words-{k}", "Words.") for k in range(8)]


ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}
WIDGET = {
    "output_type": "display_data",
    "data": {form.WIDGET_VIEW: {"model_id": "1"}, "text/plain": "Slider"},
    "metadata": {},
}
BREAKS = {
    "a duplicate id": (edit("print-a-sum", id="setup"), "two cells have the id 'setup'"),
    "a random id": (edit("print-a-sum", id="4f3a9b1c"), "the id '4f3a9b1c' is not readable"),
    "no id": (lambda nb: nb["cells"][0].pop("id"), "cell number 0 has no id"),
    "an unexecuted cell": (edit("print-a-sum", execution_count=None), "has not been run"),
    "a wrong count": (edit("print-a-sum", execution_count=7), "has the count 7, not 2"),
    "an error": (edit("print-a-sum", outputs=[ERROR]), "'print-a-sum' ends in ValueError"),
    "another kernel": (
        lambda nb: nb["metadata"]["kernelspec"].update(name="conda"),
        "the kernelspec is not python3",
    ),
    "widget state": (lambda nb: nb["metadata"].update(widgets={}), "holds widget state"),
    "a widget's view": (edit("show-a-slider", outputs=[WIDGET]), "holds a widget's view"),
    "timing": (edit("setup", metadata={"execution": {}}), "holds the metadata 'execution'"),
    "a long cell": (edit("setup", source="x = 1\n" * 16), "has 16 lines"),
    "a semicolon": (edit("first-check", source="check(1);  # quiet"), "ends in ';'"),
    "an empty cell": (edit("first-check", source=""), "'first-check' is empty"),
    "many ignored outputs": (ignore_four_outputs, "4 cells are tagged"),
    "a skipped cell": (edit("setup", metadata={"tags": ["nbval-skip"]}), "the tag 'nbval-skip'"),
    "an ignoring comment": (
        edit("first-check", source="# NBVAL_IGNORE_OUTPUT\ncheck(1)"),
        "the comment NBVAL_IGNORE_OUTPUT",
    ),
    "no title": (edit_opening("# A", "A"), "does not begin with the title"),
    "no sentence of what": (edit_opening("**You will** see", "See"), "hold **You will**"),
    "no payoffs": (edit_opening("be able to", "be glad to"), "hold **You will be able to**"),
    "no needs": (edit_opening("need", "want"), "hold **You need**"),
    "no minutes": (edit_opening("5", "few"), "hold **Minutes**"),
    "no early picture": (drop_early_pictures, "no picture in the first"),
    "no payoff at the end": (edit_closing("## What you can now do"), "'## What you can now do'"),
    "no exercises": (edit_closing("## Exercises"), "no heading '## Exercises'"),
    "no practice": (edit_closing("## In practice"), "no heading '## In practice'"),
    "few exercises": (edit("first-check", source="print(1)"), "2 exercises are checked"),
    "a name of the reader's": (
        lambda nb: [edit("first-check", source="check(x)")(nb), edit("third-check", source="x = 2\ncheck(3)")(nb)],
        "'third-check' gives a value to x",
    ),
    "no link back": (edit("links", source=LAST.replace("00", "0")), "link to 00_before.ipynb"),
    "no link on": (edit("links", source=LAST.replace("02", "2")), "link to 02_after.ipynb"),
    "no alt": (edit_output("draw-a-line", lambda out: out.update(metadata={})), "no text altern"),
    "no text": (
        edit_output("draw-a-line", lambda out: out["data"].pop("text/plain")),
        "no text beside it",
    ),
    "the default text": (
        edit_output(
            "draw-a-line",
            lambda out: out["data"].update({"text/plain": "<Figure size 640x480 with 1 Axes>"}),
        ),
        "no text beside it",
    ),
    "a figure without words": (
        lambda nb: [nb["cells"].remove(cell_of(nb, f"before-{name}")) for name in ("draw-a-line", "update-a-line")],
        "no words before or after it",
    ),
    "little prose": (drop_prose, "words of prose for"),
    "a condescending word": (edit("links", source="Simply " + LAST), "says 'simply'"),
    "many words": (add_before("closing", markdown("long", "word " * 2600)), "words, more than 2600"),
    "many exercises": (add_before("closing", *check_cells(3)), "has 6 exercises, more than 5"),
    "many predictions": (
        add_before("closing", markdown("ask", "**Predict**: what? " * 9)),
        "has 9 predictions, more than 8",
    ),
    "more than an hour": (
        add_before("closing", markdown("ask", "**Predict**: what? " * 60)),
        "minutes, more than 60",
    ),
    "wide code": (edit("first-check", source=f"check(1)  # {'w' * 90}"), "a line of 102 characters, more than 96"),
    "an exclamation": (edit("links", source=f"**Done!** {LAST}"), "has an exclamation mark"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_form_sees(name, good):
    change, sentence = BREAKS[name]
    notebook = read(good)
    change(notebook)
    found = [each for rule in form.RULES[1:] for each in rule(notebook, good)]
    assert any(sentence in each for each in found), found


def test_what_comes_after_deeper_is_not_in_the_hour(good):
    notebook = read(good)
    alone = form.minutes_in_words(notebook)
    add_before("links", markdown("deeper", "## Deeper"), markdown("long", "word " * 2600), *check_cells(3))(notebook)
    assert form.minutes_in_words(notebook) == alone
    assert list(form.fits_its_hour(notebook, good)) == []


def test_two_sittings_have_room_for_more_and_say_how_long_each_is(good):
    notebook = read(good)
    add_before("closing", markdown("second", "## Second sitting"), markdown("ask", "**Predict**: what? " * 12))(
        notebook
    )
    assert form.minutes_in_words(notebook) == "25 in two sittings of 15 and 10"
    assert list(form.fits_its_hour(notebook, good)) == []


def test_the_minutes_are_written_and_not_guessed(good):
    notebook = read(good)
    edit_opening("5", "300")(notebook)
    form.normalize(notebook)
    assert f"**Minutes** about {form.minutes_in_words(notebook)}" in notebook["cells"][0]["source"]


def test_form_sees_another_way_of_writing(good, tmp_path):
    path = tmp_path / "01_good.ipynb"
    path.write_text(json.dumps(read(good), indent=2), encoding="utf-8")
    assert any("not in its normal form" in each for each in form.problems(path))
    notebook = read(good)
    notebook["metadata"]["language_info"]["version"] = "3.11.7"
    write(path, notebook)
    assert any("not in its normal form" in each for each in form.problems(path))


def test_code_and_pictures_are_not_prose():
    cell = markdown("words", "One `code!` $x!$ ![alt!](a.png) two\n```\nnot prose!\n```\n[three](b!)")
    assert form.re.findall(r"\w+", form.prose(cell)) == ["One", "two", "three"]
    assert list(form.has_plain_prose({"cells": [cell]}, None)) == []


# --- what turns the run red --------------------------------------------------------------------------------------


def break_outputs(notebook):
    """One break a cell; the names of the broken cells."""
    stored = {name: cell_of(notebook, name)["outputs"] for name in CODE}
    stored["print-a-sum"][0]["text"] = "progress: False\n3\n"
    stored["setup"].append(copy.deepcopy(png_output(cell_of(notebook, "draw-a-line"))))
    del stored["setup"][0]["data"]["text/plain"]
    stored["update-a-line"][0]["data"]["image/png"] = stored["draw-a-line"][0]["data"]["image/png"]
    del stored["draw-a-line"][0]["data"]["image/png"]
    cell_of(notebook, "first-check").update(execution_count=None, outputs=[])
    stored["third-check"].clear()
    return {"print-a-sum", "setup", "update-a-line", "draw-a-line", "first-check", "third-check"}


@pytest.mark.long
def test_a_broken_chapter_turns_the_run_red_and_a_good_one_does_not(project, good):
    notebook = read(good)
    broken = break_outputs(notebook)
    cell_of(notebook, "links")["source"] = LAST + " [gone](03_gone.ipynb)"
    path = write(good.with_name("03_broken.ipynb"), notebook)
    report = project / "report.xml"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", f"--junitxml={report}"], cwd=project, capture_output=True, text=True
        )
    finally:
        path.unlink()
    assert done.returncode == 1, done.stdout + done.stderr
    cases = ElementTree.parse(report).iter("testcase")
    failed = {
        (case.get("classname"), case.get("name")): case.find("failure").text
        for case in cases
        if case.find("failure") is not None
    }
    cells = list(CODE)
    expected = {("notebooks.03_broken.ipynb", f"Cell {cells.index(name)}") for name in broken}
    links = {(where, name) for where, name in failed if "03_gone.ipynb" in name}
    assert failed.keys() - links == expected, done.stdout
    assert len(links) == 1
    said = "\n".join(failed.values())
    assert "stored pictures: 0, freshly drawn ones: 1" in said
    assert "stored pictures: 1, freshly drawn ones: 0" in said
    assert "the pictures differ by" in said
    assert "has not run this cell" in said


def test_pictures_of_other_sizes_differ():
    def png(size):
        stream = figures.io.BytesIO()
        figures.Image.new("RGB", size, "white").save(stream, "PNG")
        return stream.getvalue()

    assert figures.difference(png((2, 3)), png((2, 3)), 0) is None
    said = figures.difference(png((2, 3)), png((3, 2)), float("inf"))
    assert said == "the stored picture is 2 x 3 pixels, the fresh one 3 x 2"


@pytest.mark.long
def test_no_skips_fails_a_skip(project):
    test = project / "tests" / "test_skip.py"
    test.write_text("import pytest\n\ndef test_skip():\n    pytest.skip('not here')\n")
    module = project / "tests" / "test_skip_module.py"
    module.write_text("import pytest\n\npytest.importorskip('no_such_module')\n")
    command = [sys.executable, "-m", "pytest", "-n0", "-pno:cacheprovider", "--continue-on-collection-errors"]
    try:
        for options, result in (([], "2 skipped"), (["--no-skips"], "1 failed, 1 error")):
            done = subprocess.run([*command, *options, test, module], cwd=project, capture_output=True, text=True)
            assert f"{result} in " in done.stdout, done.stdout
    finally:
        test.unlink()
        module.unlink()


def test_no_test_waits_for_the_grammar_of_web_addresses():
    assert sys.modules["rfc3987_syntax"] is None  # see tools/kernels.py
