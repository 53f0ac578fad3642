"""Every right answer leaves the whole course running: other right forms in place of the solutions.

Round k puts the k-th of the declared other right forms of every exercise into the reader's cells and into `mine`, runs
a chapter to its end and compares what it prints and draws with its stored outputs, which are those on the solutions.
So a cell that uses an accepted answer in a way that none of its cases holds is found. It takes some minutes:

    python -m pytest -m swap -n 2 --dist=worksteal tests/test_swap.py
"""

import ast
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from tools import figures, form
from tools.kernels import isolated_environment
from tools.shells import Shells

from nnlib.exercises import exercises

CHAPTERS = form.chapters(Path(__file__).parents[1] / "notebooks")
EVERY = exercises()
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
THE_READERS = {  # cells whose text or picture is the reader's own, as it should be: they only have to run
    "guard-at-work": "what the reader's error says",
    "power-cut": "the name and the error of the reader's function",
    "envelope": "the price that the reader has chosen",
    "fold-figure": "a picture of the reader's weights for XOR",
    "xor-trace": "a picture of the reader's weights for XOR",
    "widget-v-curve": "rounding noise, which another algebra has elsewhere",
}
SHARED = [  # imported once for all runs
    "IPython.core.interactiveshell",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "nnlib.exercises",
    "nnlib.widgets",
]
IMPRECISE = 1e-6  # relative to the number; one unit of its last printed digit may differ besides

FORMS = """
from nnlib.exercises import exercises as _exercises
from nnlib.exercises.engine import reader as _reader

_forms = {{}}
for _each in _exercises().values():
    _right = _each.also_right or [_each.solution]
    _form = _right[{k} % len(_right)]
    _forms[_each.name] = float(str(_form)) if type(_form) is float else _form  # not the solution's very object
_reader._passed_here.update(_forms)
"""


def names_of(notebook):
    """The exercises that a chapter checks or asks `mine` for."""
    calls = [n for cell in form.code_cells(notebook) for n in ast.walk(parsed(cell)) if isinstance(n, ast.Call)]
    asked = {
        c.args[0].value for c in calls if getattr(c.func, "id", "") == "mine" and isinstance(c.args[0], ast.Constant)
    }
    return asked.union(*(form.names_in_checks(cell) for cell in form.code_cells(notebook)))


def parsed(cell):
    try:
        return ast.parse(form.source(cell))
    except SyntaxError:  # a cell with a magic
        return ast.Module([], [])


def rounds():
    for path in CHAPTERS:
        names = names_of(json.loads(path.read_text(encoding="utf-8"))) & set(EVERY)
        for k in range(max((len(EVERY[name].also_right) for name in names), default=0)):
            yield pytest.param(path, k, id=f"{path.stem}-{k + 1}")


def swapped(notebook, k):
    """A chapter in which every exercise has its k-th other right form."""
    notebook = nbformat.reads(json.dumps(notebook), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code" or not (names := form.names_in_checks(cell)):
            continue
        tree = parsed(cell)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "check":
                for keyword in node.keywords:
                    keyword.value = ast.parse(f"_forms[{keyword.arg!r}]", mode="eval").body
        taken = [f"{name} = _forms[{name!r}]" for name in sorted(names) if EVERY[name].is_function]
        cell.source = "\n".join([*taken, ast.unparse(tree)])
    first = nbformat.v4.new_code_cell(FORMS.format(k=k), id="forms")
    notebook.cells.insert(0, first)
    return notebook


def printed(outputs):
    return "".join(
        form.text(output.get("text", output.get("data", {}).get("text/plain", "")))
        for output in outputs
        if output["output_type"] in ("stream", "execute_result", "display_data")
    )


def apart(stored, fresh):
    """What sets two printed texts apart, or None: other words, or a number that differs by more than its rounding."""
    if NUMBER.sub("#", stored) != NUMBER.sub("#", fresh):
        return f"it was {stored!r}, it is {fresh!r}"
    for old, new in zip(NUMBER.findall(stored), NUMBER.findall(fresh)):
        digits, _, power = old.lower().partition("e")
        unit = 10.0 ** (int(power or 0) - len(digits.partition(".")[2])) if "." in digits else 0.0
        if not np.isclose(float(old), float(new), rtol=IMPRECISE, atol=1.001 * unit):
            return f"it was {old}, it is {new}"
    return None


@pytest.fixture(scope="module")
def shells(tmp_path_factory):
    """Where chapters run: from a process that has imported what they import, away from the user's settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated_environment(tmp_path_factory.mktemp("settings")).items():
            patch.setenv(name, value)
        modules = [f"nnlib.exercises.ch{path.stem}" for path in CHAPTERS]
        yield Shells([*SHARED, *modules])


@pytest.mark.swap
@pytest.mark.parametrize("path, k", rounds())
def test_a_chapter_runs_on_any_right_answers(path, k, shells):
    stored = nbformat.read(path, as_version=4)
    cells = form.code_cells(swapped(stored, k))
    fresh = shells.run([form.source(cell) for cell in cells], path.parent)
    troubles = []
    for cell, outputs in zip(form.code_cells(stored), fresh[1:], strict=True):
        said = printed(outputs)
        errors = [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]
        if errors:
            troubles.append(f"{cell.id} ends in {errors[0]}")
        elif form.names_in_checks(cell):
            wrong = [line for line in said.splitlines() if line[:1] in "✗○→"]
            troubles.extend(f"{cell.id}: {line}" for line in wrong)
        elif "progress(" not in cell.source and form.IGNORE_OUTPUT not in form.tags(cell):
            if cell.id in THE_READERS:
                continue
            if (difference := apart(printed(cell.outputs), said)) is not None:
                troubles.append(f"{cell.id} prints something else: {difference}")
            troubles.extend(f"{cell.id}: {each}" for each in figures.differences(cell.outputs, outputs, 1.0))
    assert troubles == []


def test_the_comparison_sees_another_number():
    assert apart("loss 0.1234, 5 rows", "loss 0.1235, 5 rows") is None, "a last digit that was rounded the other way"
    assert apart("loss 0.1234", "loss 0.1237") == "it was 0.1234, it is 0.1237"
    assert apart("5 rows", "6 rows") == "it was 5, it is 6"
    assert "it is 'gain 1'" in apart("loss 1", "gain 1")
    assert apart("1e-12", "1.0e-12") is None


def test_a_round_puts_every_form_in_its_place():
    notebook = swapped(json.loads(CHAPTERS[1].read_text(encoding="utf-8")), 0)
    checks = [form.source(cell) for cell in notebook.cells if "check(" in form.source(cell)]
    assert "neuron = _forms['neuron']\ncheck(neuron)" in checks
    assert "check(my_line=_forms['my_line'])" in checks


CELLS = [
    "import os\nfrom IPython.display import display\nprint('before', os.path.exists(os.environ['NNLIB_PROGRESS']))",
    "handle = display({'text/plain': 'first'}, raw=True, display_id=True)\nprint('between')\nhandle.update('last')",
    "import sys\nprint('aside', file=sys.stderr)\n[1, 2][k]",
    "k = 1\n[1, 2][k]",
    "from nnlib import plots\nplots.show(plots.figure()[0], 'A figure with nothing in it')",
]


@pytest.mark.swap
def test_what_cells_put_out_is_collected_as_a_file_would_hold_it(shells, tmp_path):
    for _ in range(2):  # nothing is left of the first run
        progress, updated, failed, value, figure = shells.run(CELLS, tmp_path)
        assert printed(progress) == "before False\n"
        assert printed(updated) == "'last'between\n"
        assert printed(failed[:-1]) == "aside\n" and failed[-1]["ename"] == "NameError"
        assert printed(value) == "2"
        assert printed(figure) == "A figure with nothing in it" and len(figures.pictures(figure)) == 1


@pytest.mark.swap
def test_cells_that_do_not_end_are_stopped(shells, tmp_path):
    with pytest.raises(TimeoutError, match="did not end within 1 s"):
        shells.run(["while True:\n    pass"], tmp_path, seconds=1)
