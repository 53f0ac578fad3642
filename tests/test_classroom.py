"""What teachers do with the chapters: copies solved, blank and closed, slides, and the progress of a class."""

import builtins
import copy
import csv
import json
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from tools import form

from nnlib import classroom
from nnlib.classroom import ClassroomError
from nnlib.exercises import exercises
from nnlib.exercises.engine import reader

ROOT = Path(__file__).parents[1]
CHAPTERS = [path for path in form.chapters(ROOT / "notebooks") if form.code_cells(json.loads(path.read_text("utf-8")))]
EVERY = exercises()
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def stored(path):
    return classroom.normal_text(classroom.shipped(path))


def filled(path):
    """A chapter with every answer written in, not run."""
    notebook = classroom.shipped(path)
    for cell, _, names in classroom.answer_cells(notebook):
        cell["source"] = classroom.filled(classroom.source(cell), names)
    return notebook


def save(notebook, folder, name):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(classroom.normal_text(notebook), encoding="utf-8")
    return folder / name


def cell_of(notebook, identifier):
    return next(cell for cell in notebook["cells"] if cell["id"] == identifier)


# --- solved and blank ---------------------------------------------------------------------------------------------


@every_chapter
def test_every_answer_is_written_in_and_taken_out_again(path, tmp_path):
    notebook = filled(path)
    assert {name for _, _, names in classroom.answer_cells(notebook) for name in names} == {
        name for name, exercise in EVERY.items() if exercise.chapter == path.name[:2]
    }
    for cell, _, _ in classroom.answer_cells(notebook):
        assert not classroom.has_gap(cell["source"]), cell["source"]
    assert stored(path) != classroom.normal_text(notebook)
    blank, remarks = classroom.blank(save(notebook, tmp_path, path.name))
    assert classroom.normal_text(blank) == stored(path)
    assert remarks == []


@pytest.mark.parametrize("code", ["x = ...", "def f(x):\n    ...", "x = (1, ...)", "def f(x):\n    return ..."])
def test_a_gap_waits_for_the_reader(code):
    assert classroom.has_gap(code)


@pytest.mark.parametrize("code", ['def f(x):\n    """The list [1, ...]."""\n    return x[..., 0]', "x = 3", "def f(x"])
def test_what_is_no_gap(code):
    assert not classroom.has_gap(code)


def test_a_solution_keeps_the_words_of_the_stub():
    code = 'def mse(y_hat, y):\n    """The mean squared\n    error."""\n    ...'
    solution = 'def mse(y_hat, y):\n    """The mean squared\n    error."""\n    return np.mean((y_hat - y) ** 2)'
    assert classroom.filled(code, {"mse"}) == solution
    assert classroom.filled("xor_numbers = ...  # How many?\ncheck(xor_numbers=xor_numbers)", {"xor_numbers"}) == (
        "xor_numbers = 17  # How many?\ncheck(xor_numbers=xor_numbers)"
    )
    assert classroom.filled("my_w = ...\nmy_b = ...", {"my_line"}) == "my_w, my_b = 1.9, 4.6\nmy_line = (my_w, my_b)"


def solve(path):
    notebook, remarks = classroom.solved(path)
    said = [text for cell in notebook["cells"] for text in printed(cell)]
    passed = {name for text in said for name in re.findall(r"^✓ (\w+): ", text, re.MULTILINE)}
    assert passed == {name for name, exercise in EVERY.items() if exercise.chapter == path.name[:2]}
    assert not any(text.startswith(("✗", "○ ")) for text in said)
    assert remarks == []
    assert classroom.WIDGET_VIEW not in classroom.normal_text(notebook)
    assert all(cell["execution_count"] for cell in form.code_cells(notebook))


def printed(cell):
    return ["".join(output.get("data", {}).get("text/plain", "")) for output in cell.get("outputs", [])]


@pytest.mark.filterwarnings("default")  # the client's, of its own event loop
def test_a_solved_copy_passes_every_check():
    solve(CHAPTERS[1])


@pytest.mark.swap
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", [CHAPTERS[0], *CHAPTERS[2:]], ids=lambda path: path.stem)
def test_a_solved_copy_of_any_chapter_passes_every_check(path):
    solve(path)


@pytest.mark.filterwarnings("default")
def test_a_solution_that_does_not_pass_is_told(monkeypatch):
    short = classroom.shipped(CHAPTERS[0])
    short["cells"] = [
        nbformat.v4.new_code_cell("from nnlib.exercises import check", id="imports"),
        *(cell_of(short, name) for name in ("exercise-xor-rule", "check-xor-rule")),
    ]
    monkeypatch.setattr(classroom, "blank", lambda path: (nbformat.from_dict(copy.deepcopy(short)), []))
    monkeypatch.setattr(classroom, "filled", lambda code, names: code.replace("...", "return 0"))
    with pytest.raises(ClassroomError, match="00_start_here.ipynb: xor_rule did not pass:\n✗ xor_rule"):
        classroom.solved(CHAPTERS[0])
    monkeypatch.setattr(classroom, "filled", lambda code, names: "raise ZeroDivisionError")
    with pytest.raises(ClassroomError, match="00_start_here.ipynb does not run to its end:\n(?s:.*)ZeroDivisionError"):
        classroom.solved(CHAPTERS[0])


def test_what_a_teacher_wrote_stays_and_what_a_learner_added_goes(tmp_path):
    path = CHAPTERS[1]
    notebook = filled(path)
    words, code = cell_of(notebook, "next"), cell_of(notebook, "draw-a-neuron")
    words["source"] += "\n\nUntil Monday."
    code["source"] += "\nprint('for Monday')"
    notebook["cells"].insert(5, nbformat.v4.new_code_cell('solution("neuron")'))
    notebook["cells"].insert(5, nbformat.v4.new_markdown_cell("Look here.", id="look-here"))
    made, remarks = classroom.blank(save(notebook, tmp_path, path.name))
    assert cell_of(made, "next")["source"].endswith("Until Monday.")
    assert cell_of(made, "draw-a-neuron")["source"].endswith("print('for Monday')")
    assert cell_of(made, "draw-a-neuron")["outputs"] == [] and cell_of(made, "residuals")["outputs"] != []
    assert cell_of(made, "look-here")["source"] == "Look here."
    assert 'solution("neuron")' not in classroom.normal_text(made)
    assert "return w * x + b" not in classroom.normal_text(made)
    assert remarks == [
        "changed, and kept as it is: look-here, draw-a-neuron, next",
        "left out: 1 code cell that the chapter does not have",
    ]


def test_a_cleared_copy_holds_no_output():
    made, _ = classroom.blank(CHAPTERS[0], clear=True)
    assert {(len(cell["outputs"]), cell["execution_count"]) for cell in form.code_cells(made)} == {(0, None)}
    assert [cell["source"] for cell in made["cells"]] == [c["source"] for c in classroom.shipped(CHAPTERS[0])["cells"]]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of two chapters, and an appendix to look things up, in a folder without git."""
    folder = tmp_path / "course" / "notebooks"
    folder.mkdir(parents=True)
    for path in CHAPTERS[:2]:
        shutil.copy(path, folder)
    glossary = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Words", id="words")])
    save(glossary, folder, "A1_glossary.ipynb")
    monkeypatch.setattr(classroom, "chapters_folder", lambda: folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return folder


def test_without_git_the_chapter_itself_is_the_blank_one(course):
    path = course / CHAPTERS[1].name
    worked = save(filled(path), course.parent / "worked", path.name)
    assert classroom.normal_text(classroom.blank(worked)[0]) == path.read_text("utf-8")
    save(filled(path), course, path.name)
    with pytest.raises(ClassroomError, match="01_one_neuron.ipynb has answers in it, and there is no blank one"):
        classroom.blank(worked)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "text, message",
    [
        ("", "is not a notebook"),
        ("[]", "is not a notebook"),
        ('{"cells": 3}', "is not a notebook"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "is not a copy of 01_one_neuron.ipynb"),
    ],
)
def test_what_is_no_copy_of_a_chapter(tmp_path, text, message):
    (tmp_path / "01_one_neuron.ipynb").write_text(text)
    with pytest.raises(ClassroomError, match=message):
        classroom.blank(tmp_path / "01_one_neuron.ipynb")


# --- closed -------------------------------------------------------------------------------------------------------


@every_chapter
def test_a_closed_copy_differs_in_one_cell_that_turns_solutions_off(path, monkeypatch, capsys):
    notebook, remarks = classroom.closed(path)
    pairs = list(zip(classroom.shipped(path)["cells"], notebook["cells"], strict=True))
    changed = [(old, new) for old, new in pairs if old != new]
    assert len(changed) == 1 and remarks == []
    ((_, cell),) = changed
    first_check = min(notebook["cells"].index(check) for _, check, _ in classroom.answer_cells(notebook))
    assert notebook["cells"].index(cell) < first_check
    names = {}
    monkeypatch.setattr(reader, "_solutions_are_off", False)
    lines = [line for line in cell["source"].splitlines() if "solution" in line]
    exec("\n".join(lines), names)
    names["solution"]("neuron")
    assert capsys.readouterr().out == (
        "→ neuron: your teacher has turned solutions off in this copy. `hint` still helps.\n"
    )
    if "hint" in names:
        names["hint"]("neuron", 1)
        assert "neuron, hint 1 of" in capsys.readouterr().out


def test_a_closed_copy_of_a_worked_chapter_holds_no_answer(tmp_path):
    path = CHAPTERS[1]
    made, _ = classroom.closed(save(filled(path), tmp_path, path.name))
    assert "return w * x + b" not in classroom.normal_text(made)


# --- slides -------------------------------------------------------------------------------------------------------


@pytest.mark.swap
@every_chapter
def test_the_slides_hold_every_question_and_figure(path):
    notebook = classroom.shipped(path)
    main = form.main_path(notebook)
    found = classroom.pages(notebook)
    text = "\n".join(page for _, page in found)
    assert found[0][0] == "slide" and found[0][1].startswith("# ")
    questions = sum("**Predict" in page for _, page in found)
    assert text.count("**Predict") == sum(
        form.source(c).count("**Predict") for c in main if c["cell_type"] == "markdown"
    )
    pictures = sum(
        "image/png" in output.get("data", {}) for c in form.code_cells({"cells": main}) for output in c["outputs"]
    )
    assert text.count("<img ") == pictures
    assert questions <= len(found) and all(not ("**Predict" in page and "<img" in page) for _, page in found)
    assert ".ipynb" not in text
    assert re.findall(r'alt="([^"]*)"', text) and all(re.findall(r'alt="([^"]*)"', text))


def test_a_question_is_on_one_slide_and_its_answer_on_the_next():
    said = nbformat.v4.new_output("stream", text="4\n")
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("## Sums\n\nTwo numbers.\n\n**Predict** 2 + 2."),
            nbformat.v4.new_code_cell("print(2 + 2)", outputs=[said]),
            nbformat.v4.new_code_cell("print(4)", outputs=[said]),  # answers nothing
        ]
    )
    assert classroom.pages(notebook) == [
        ("slide", "# Sums"),
        ("subslide", "### Sums\n\nTwo numbers.\n\n**Predict** 2 + 2."),
        ("subslide", "### Sums\n\n```python\nprint(2 + 2)\n```\n\n```text\n4\n```"),
    ]


def test_no_slide_is_endless():
    code = "```python\n" + "\n".join(f"line_{k} = {k}" for k in range(40)) + "\n```"
    prose = " ".join(["word"] * 150)
    fulls = classroom._slidefuls([prose, prose, code, "short"])
    assert [line for full in fulls for block in full for line in block.split("\n") if line.startswith("line")] == [
        f"line_{k} = {k}" for k in range(40)
    ]
    assert all(block.count("```") in (0, 2) for full in fulls for block in full)
    assert all(sum(map(classroom._height, full)) <= classroom.FULL or len(full) == 1 for full in fulls)
    assert len(fulls) >= 5


def test_the_page_of_slides_is_whole():
    page = classroom.slides(CHAPTERS[0], reveal="reveal.js-4")
    assert page.count("<section>") == page.count("</section>")
    found = classroom.pages(classroom.shipped(CHAPTERS[0]))
    columns = sum(kind == "slide" for kind, _ in found)
    assert page.count("<section>") == len(found) + columns
    assert "reveal.js-4/dist/reveal.css" in page and "width: 1280" in page and "height: 720" in page
    assert classroom.STYLE in page


# --- a class's progress -------------------------------------------------------------------------------------------

TRAP = 'from pathlib import Path\nPath({marker!r}).write_text("run")\nraise SystemExit("run")\n'


@pytest.fixture
def a_class(tmp_path):
    """Ada keeps a folder, Ben has sent a ZIP of it, Cy a zip of what is in it, Di a copy of the course, Ed nothing."""
    files = {
        "01_neuron.py": TRAP.format(marker=str(tmp_path / "marker")),
        "01_mse.py": "\x00 no Python",
        "02_largest_stable_rate.py": "",
        "01_retired.py": "",
        "notes.txt": "",
        "guesses.csv": "02,descent,up,no\n02,descent,down,yes\n04,fold,up,yes\nbroken\n",
    }
    folder = tmp_path / "class"
    for learner, place in {"ada": "ada/my_answers", "di": "di/notebooks/my_answers", "ed": "ed"}.items():
        (folder / place).mkdir(parents=True)
        for name, text in files.items() if learner != "ed" else ():
            (folder / place / name).write_text(text)
    for file, inside in {"ben.ZIP": "my_answers/", "cy.zip": ""}.items():
        with zipfile.ZipFile(folder / file, "w") as packed:
            for name, text in files.items():
                packed.writestr(inside + name, text)
    return folder


def test_a_class_is_counted_and_nothing_is_run(a_class, monkeypatch):
    exercises()  # the course's own files are read before anybody listens
    heard = []
    for name in ("exec", "eval", "compile"):
        function = getattr(builtins, name)
        monkeypatch.setattr(
            builtins, name, lambda *given, does=function, **named: heard.append(given) or does(*given, **named)
        )
    found = classroom.class_progress([a_class])
    monkeypatch.undo()
    assert not [given for given in heard if "marker" in str(given[0]) or "Path" in str(given[0])]
    assert not (a_class.parent / "marker").exists()
    assert sorted(path.name for path in a_class.iterdir()) == ["ada", "ben.ZIP", "cy.zip", "di", "ed"]
    some = {"passed": {"neuron", "mse", "largest_stable_rate"}, "guesses": (1, 2)}
    assert found == {
        "ada": some,
        "ben": some,
        "cy": some,
        "di": some,
        "ed": {"passed": set(), "guesses": (0, 0)},
    }


def test_learners_can_be_named_one_by_one(a_class):
    found = classroom.class_progress([a_class / "ben.ZIP", a_class / "ada" / "my_answers", a_class / "di"])
    assert list(found) == ["ben", "ada", "di"]
    found = classroom.class_progress([a_class / "ada", a_class / "ada" / "my_answers"])
    assert len(found) == 2 and list(found)[0] == "ada"


def test_the_table_of_a_class(a_class, capsys, tmp_path):
    target = tmp_path / "class.csv"
    assert classroom.main(["progress", str(a_class), "--csv", str(target)]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    needed = [e.name for e in EVERY.values() if not e.optional]
    assert lines[0].split()[:3] == ["00", "01", "02"] and lines[0].endswith(" all optional guesses")
    assert lines[1].split()[:3] == ["of", "1", "5"] and lines[1].split()[-2:] == [
        str(len(needed)),
        str(len(EVERY) - len(needed)),
    ]
    assert lines[2].split()[:4] == ["ada", ".", "2", "."] and lines[2].endswith("   2        1  1 of 2")
    assert lines[6].startswith("ed ") and lines[6].endswith("   0        0  0 of 0")
    assert "proves nothing; none was run" in out
    with open(target, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["learner"] for row in rows] == ["ada", "ben", "cy", "di", "ed"]
    assert list(rows[0])[1 : 1 + len(EVERY)] == [
        f"{e.chapter} {e.name}" + " (optional)" * e.optional for e in EVERY.values()
    ]
    assert rows[0]["01 neuron"] == "1" and rows[0]["01 best_bias"] == "0" and rows[4]["01 neuron"] == "0"
    assert rows[0]["02 largest_stable_rate (optional)"] == "1"
    assert (rows[0]["guesses that came true"], rows[0]["guesses"]) == ("1", "2")


def test_a_name_is_no_formula_in_a_spreadsheet():
    found = {"=1+1": {"passed": set(), "guesses": (0, 0)}}
    assert classroom.progress_csv(found).splitlines()[1].startswith("'=1+1,0,")


def test_what_is_no_class(tmp_path):
    with pytest.raises(ClassroomError, match="there is no .*nowhere"):
        classroom.class_progress([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClassroomError, match="empty holds neither answers nor folders or zips of learners"):
        classroom.class_progress([tmp_path / "empty"])
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(ClassroomError, match="text.zip is neither a folder nor a zip"):
        classroom.class_progress([tmp_path / "text.zip"])


def test_a_damaged_zip_still_says_what_passed(a_class):
    data = bytearray((a_class / "cy.zip").read_bytes())
    where = data.index(b"02,descent")
    data[where : where + 5] = b"XXXXX"
    (a_class / "cy.zip").write_bytes(data)
    assert classroom.class_progress([a_class / "cy.zip"])["cy"] == {
        "passed": {"neuron", "mse", "largest_stable_rate"},
        "guesses": (0, 0),
    }


# --- the command --------------------------------------------------------------------------------------------------


def test_copies_are_made_under_the_chapters_names(course, capsys):
    assert classroom.main(["blank", "all"]) == 0
    assert classroom.main(["closed", "1", "A1", "--to", "monday"]) == 0
    assert classroom.main(["slides", "00", "A1"]) == 0
    made = sorted(path.relative_to(course.parents[1]).as_posix() for path in course.parents[1].rglob("*.*"))
    assert [path for path in made if not path.startswith("course")] == [
        "classroom/blank/00_start_here.ipynb",
        "classroom/blank/01_one_neuron.ipynb",
        "classroom/blank/A1_glossary.ipynb",
        "classroom/slides/00_start_here.slides.html",
        "classroom/slides/A1_glossary.slides.html",
        "monday/01_one_neuron.ipynb",
        "monday/A1_glossary.ipynb",
    ]
    assert capsys.readouterr().out.splitlines()[0] == "classroom/blank/00_start_here.ipynb: written"
    blank = Path("classroom/blank/00_start_here.ipynb")
    assert blank.read_text("utf-8") == (course / blank.name).read_text("utf-8")


def test_nothing_is_overwritten_unless_told(course, capsys):
    assert classroom.main(["blank", "01"]) == 0
    made = Path("classroom/blank/01_one_neuron.ipynb")
    made.write_text("mine")
    assert classroom.main(["blank", "01"]) == 1
    assert capsys.readouterr().err == f"{made} is there already; --force replaces it\n"
    assert made.read_text() == "mine"
    assert classroom.main(["blank", "01", "--force"]) == 0
    assert made.read_text("utf-8") == (course / made.name).read_text("utf-8")


def test_a_chapter_is_never_overwritten(course, capsys):
    before = (course / "01_one_neuron.ipynb").read_bytes()
    assert classroom.main(["closed", "01", "--to", str(course), "--force"]) == 1
    assert "01_one_neuron.ipynb is a chapter of the course: choose another folder with --to" in capsys.readouterr().err
    assert (course / "01_one_neuron.ipynb").read_bytes() == before


@pytest.mark.parametrize(
    "given, message",
    [
        (["blank", "42"], "there is no chapter '42'; there are 00, 01, A1"),
        (["blank", "nowhere/01_one_neuron.ipynb"], "nowhere/01_one_neuron.ipynb can't be read: No such file"),
        (["closed", "01", "--to", "file"], "file/01_one_neuron.ipynb can't be written ("),
        (["progress", "nowhere"], "there is no nowhere"),
    ],
)
def test_mistakes_get_a_clear_line(course, capsys, given, message):
    Path("file").write_text("")
    assert classroom.main(given) == 1
    assert capsys.readouterr().err.startswith(message)


def test_the_help_says_what_needs_a_network_and_what_a_folder_proves(capsys):
    for command, words in {"slides": "need a network when the page is shown", "progress": "cannot prove it"}.items():
        with pytest.raises(SystemExit):
            classroom.main([command, "--help"])
        assert words in re.sub(r"\s+", " ", capsys.readouterr().out)


@pytest.mark.parametrize(
    "stray", ["03_forward_pass-Copy1.ipynb", "03_forward_pass (1).ipynb", "03_forward_pass.old.ipynb"]
)
def test_a_copy_beside_the_chapters_is_not_taken_for_one(stray, tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here.ipynb", "03_forward_pass.ipynb", stray):
        (folder / name).write_text("{}")
    monkeypatch.setattr(classroom, "chapters_folder", lambda: folder)
    assert classroom.chapter_path("3") == folder / "03_forward_pass.ipynb"
    with pytest.raises(ClassroomError, match="there are 00, 03$"):
        classroom.chapter_path("04")


@pytest.mark.parametrize("name", ["//01_mse.py", "/01_mse.py", "my_answers\\01_mse.py"])
def test_one_odd_zip_stops_neither_the_command_nor_the_class(name, a_class, capsys):
    """`zipfile.Path` of Python 3.11 goes round without end in a zip with "//a" (CVE-2024-5569)."""
    with zipfile.ZipFile(a_class / "odd.zip", "w") as packed:
        packed.writestr(name, "")
    (a_class / "text.zip").write_text("no zip")
    assert classroom.main(["progress", str(a_class)]) == 0
    out = capsys.readouterr().out
    assert "ada " in out and "odd could not be read: " in out and "unpack it into a folder" in out
    assert "text could not be read: " in out and "neither a folder nor a zip" in out
    assert classroom.main(["progress", str(a_class / "odd.zip")]) == 1


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    target = tmp_path / "copy.ipynb"
    target.write_text("before")
    with pytest.raises(ClassroomError, match="can't be written"):
        classroom.write("half a character: \ud800", target, force=True)
    assert target.read_text() == "before"


def test_a_chapter_is_named_by_its_number_in_either_case_and_not_by_nothing():
    assert classroom.chapter_path("a1") == classroom.chapter_path("A1")
    with pytest.raises(ClassroomError, match="there is no chapter ''"):
        classroom.chapter_path("")
