"""No number stands in the prose of a chapter that nothing holds; and what no other test holds of them."""

import json

import numpy as np
import pytest
from tools import form, prose_numbers
from turning import turn

from nnlib import datasets
from nnlib.widgets import v_curve

CHAPTERS = [
    path
    for path in form.chapters(prose_numbers.FOLDER)
    if not form.is_to_look_things_up(json.loads(path.read_text(encoding="utf-8")), path)  # it repeats theirs
]
X, Y = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0]), np.array([7.0, 7.0, 11.0, 13.0, 18.0, 19.0])  # the taxi rides


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_number_of_the_prose_is_held(path):
    free = [f"{number} in “{words}”" for number, words, by in prose_numbers.judged(path) if by is None]
    assert not free, "held by no cell near it and no line of tests/prose_numbers.toml:\n" + "\n".join(free)


@pytest.mark.parametrize(
    "number, other, is_rounded",
    [
        ("0.25", 0.2549, True),
        ("0.25", 0.2551, False),
        ("46,270", 46_270, True),
        ("46,270", 46_276, False),
        ("1,400", 1386.3, True),
        ("2,000", 2001, False),
        ("100", 101, False),
        ("1e-4", 0.00012, True),
        ("1e-4", 0.00016, False),
        ("0.5", -0.5, True),  # the minus sign is the sentence's
    ],
)
def test_prose_rounds(number, other, is_rounded):
    assert prose_numbers.is_rounded_from(number, other) == is_rounded


def test_a_new_number_is_found_wherever_it_is_claimed():
    said = {"cell_type": "code", "source": "x = 12.5", "outputs": [{"text": ["the loss is 0.0314\n"]}]}
    claims = (
        "## 77 heads\n\nThe loss is 0.031, not 0.042, of 12.5 and `78`, $79$; is it 80 then? "
        "In 1998, chapter 13 had 2-4-1, (81, 82) and 2,411."
    )
    cells = [{"cell_type": "markdown", "source": claims}, said]
    found = {text[slice(*span)]: near for text, span, near in prose_numbers.numbers({"cells": cells})}
    assert found == {"0.031": True, "0.042": False, "12.5": True, "2,411": False}
    far = [cells[0], *[{"cell_type": "markdown", "source": "-"}] * (prose_numbers.NEAR + 1), said]
    held = {text[slice(*span)]: near for text, span, near in prose_numbers.numbers({"cells": far})}
    assert held == {"0.031": False, "0.042": False, "12.5": True, "2,411": False}  # 12.5 has three digits


def test_what_holds_a_number_must_exist_and_have_it():
    here = "tests/test_prose_numbers.py::test_under_the_glass_chord_and_slope_become_one"
    assert prose_numbers.holds(here, "0.05") and not prose_numbers.holds(here, "0.06")
    assert prose_numbers.holds("= 64 * 32 + 32, 7", "2,080") and not prose_numbers.holds("= 64 * 32", "2,080")
    for nothing in ("tests/test_prose_numbers.py::test_of_old", "asserts: tests/test_none.py", "a guess", "given:"):
        with pytest.raises((ValueError, FileNotFoundError)):
            prose_numbers.holds(nothing, "1.5")


def test_every_line_of_the_file_is_needed():
    wanted = {(part, fragment) for part, lines in prose_numbers.ties().items() for fragment in lines}
    every = [by for path in CHAPTERS for _, _, by in prose_numbers.judged(path)]
    used = {by[:2] for by in every if isinstance(by, tuple)}
    assert sorted(part for part, _ in wanted if part != "any" and part not in {p.name[:2] for p in CHAPTERS}) == []
    assert sorted(wanted - used) == []


# --- what no other test holds -----------------------------------------------------------------------------------------


def test_a_mistyped_ride_pulls_the_line():
    old, new = np.polyfit(X, Y, 1), np.polyfit(np.append(X, 4), np.append(Y, 120), 1)
    off, off_now = (120 - np.polyval(line, 4) for line in (old, new))
    assert off > 100 and off**2 > 10_000
    assert off**2 - off_now**2 == pytest.approx(3000, rel=0.15)  # "some 3,000"


def test_the_squared_error_takes_more_than_80_000_steps_from_minus_12():
    z, steps = -12.0, 0
    while z < 0 and steps < 90_000:
        a = 1 / (1 + np.exp(-z))
        z, steps = z - 2 * (a - 1) * a * (1 - a), steps + 1
    assert 80_000 < steps < 90_000


def test_the_valley_is_99_times_as_steep_across_as_along():
    low, high = np.linalg.eigvalsh(2 * np.array([[np.mean(X**2), np.mean(X)], [np.mean(X), 1]]))
    assert round(high / low) == 99


def test_under_the_glass_chord_and_slope_become_one():
    rng = np.random.default_rng(0)
    parameters = [{"W": rng.normal(size=s), "b": rng.normal(size=s[1])} for s in ((2, 3), (3, 3), (3, 1))]
    live = v_curve(*datasets.xor(), parameters)
    live.guess("far larger")
    apart = {}  # CSS pixels between the ends of the two lines
    for step in (1.0, 0.05, 1e-5):
        glass = turn(live, epsilon=step).figure.axes[2]
        lines = {line.get_label(): line for line in glass.lines}
        slope, chord = (lines[name].get_ydata() for name in ("slope of backward", "chord"))
        apart[step] = glass.transData.get_matrix()[1, 1] * abs(slope[-1] - slope[0] - 1.6 * (chord[1] - chord[0])) / 2
    assert apart[1.0] > 10 and max(apart[0.05], apart[1e-5]) < 0.5


def test_what_is_said_of_the_penguins():
    masses = datasets.penguins()["Body Mass (g)"]
    assert round(np.std(masses[masses != "NA"].astype(float)), -2) == 800
