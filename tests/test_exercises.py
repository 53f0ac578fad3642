"""Every declared exercise of every chapter: right answers pass, wrong ones get their own hint.

Nothing here is written for one exercise. An author who declares one is told by these tests whether its
cases tell the mistakes apart.
"""

import functools
import importlib
import inspect
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tools import form

import nnlib.exercises
from nnlib.exercises import exercises, judge

EXERCISES = exercises()
FUNCTIONS = [exercise for exercise in EXERCISES.values() if exercise.is_function]
each = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
each_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=[e.name for e in FUNCTIONS])


@functools.cache
def first_verdict(name, k):
    """The verdict on the k-th known mistake of an exercise. (How long it takes is bench/slowest.py's.)"""
    return judge(EXERCISES[name], EXERCISES[name].wrong[k][0])


@each
def test_every_right_form_is_accepted(exercise):
    verdicts = [judge(exercise, answer) for answer in [exercise.solution, *exercise.also_right]]
    assert [verdict for verdict in verdicts if (verdict.state, verdict.details) != ("right", ())] == []


@each
def test_every_known_mistake_gets_its_own_hint(exercise):
    for k, (_, hint) in enumerate(exercise.wrong):
        verdict = first_verdict(exercise.name, k)
        assert (verdict.state, verdict.mistake, verdict.words) == ("wrong", hint, hint), verdict


@each
def test_enough_is_declared(exercise):
    assert len(exercise.also_right) >= (0 if exercise.recall else 2)
    assert len(exercise.wrong) >= (1 if exercise.recall else 3)
    assert len(exercise.hints) >= (1 if exercise.recall else 2)
    assert len(set(exercise.hints)) == len(exercise.hints)
    if exercise.cases:
        assert len(exercise.inputs()) >= 2


def test_a_chapters_exercises_carry_its_number_and_lie_in_a_file_of_its_name():
    files = {path.stem: path for path in Path(nnlib.exercises.__file__).parent.glob("ch[0-9A][0-9]_*.py")}
    notebooks = form.chapters(Path(__file__).parents[1] / "notebooks")
    worked = [p for p in notebooks if not form.is_to_look_things_up(json.loads(p.read_text(encoding="utf-8")), p)]
    assert set(files) == {f"ch{path.stem}" for path in worked}
    for stem in files:
        module = importlib.import_module(f"nnlib.exercises.{stem}")
        assert module.exercise.keywords["chapter"] == stem[2:4], stem


def test_each_chapter_has_three_exercises():
    """Chapter 00 has one, to show how a check answers."""
    count = Counter(exercise.chapter for exercise in EXERCISES.values())
    assert count.pop("00") >= 1
    assert count and min(count.values()) >= 3, count


@each
def test_the_prose_is_whole_calm_sentences(exercise):
    for text in [exercise.holds, *exercise.hints, *(hint for _, hint in exercise.wrong)]:
        prose = re.sub(r"`[^`]*`", "", text)
        assert "\n" not in text and "!" not in prose and "  " not in text, text
        assert text[-1] in ".?`)", text
        assert text.count("`") % 2 == 0, text
    assert not exercise.title.endswith(".")


@each
def test_the_hint_for_a_value_has_the_numbers_of_its_law(exercise):
    """As "MSE 13.12" for a line: the hint is shown for this value, so it is this value's."""
    if exercise.verify and not exercise.is_function:
        for answer, hint in exercise.wrong:
            sentence = exercise.verify(answer, exercise.rng())
            assert set(re.findall(r"\d+\.\d+", hint)) <= set(re.findall(r"\d+\.\d+", sentence))


@each
def test_it_leads_into_nnlib(exercise):
    if exercise.in_nnlib:
        module, *names = exercise.in_nnlib.split(".")
        found = importlib.import_module(f"nnlib.{module}")
        for name in names:
            found = getattr(found, name)


# A file for code without one. Under "<string>" Python 3.13.0 keeps what `python -c` ran, which is how xdist starts.
NOWHERE = "<no file>"


@each
def test_the_solution_that_is_shown_is_right(exercise):
    """Its text runs with nothing but NumPy and the other exercises' solutions around it."""
    others = [e for e in FUNCTIONS if e is not exercise]
    namespace = {"np": np} | {prefix + e.name: e.solution for e in others for prefix in ("", "my_")}
    exec(compile(exercise.source, NOWHERE, "exec"), namespace)
    verdict = judge(exercise, namespace[exercise.name])
    assert verdict.state == "right", verdict


# ---- What any exercise must take calmly -------------------------------------------------------------


def with_signature_of(exercise, body):
    """A function with the solution's name and parameters, and another body."""
    parameters = ", ".join(map(str, inspect.signature(exercise.solution).parameters.values()))
    namespace = {"np": np}
    exec(compile(f"def {exercise.name}({parameters}):\n    {body}\n", NOWHERE, "exec"), namespace)
    return namespace[exercise.name]


EMPTY = ['"""Words."""', '"""Words."""\n    ...', "pass", "...", "answer = ...\n    return answer", "return ..."]


@each_function
def test_an_empty_body_is_a_nudge(exercise):
    for body in [*EMPTY, "raise NotImplementedError", "return None"]:
        assert judge(exercise, with_signature_of(exercise, body)).state == "open", body


@each
def test_an_empty_value_is_a_nudge(exercise):
    assert judge(exercise, None).state == judge(exercise, ...).state == "open"


@each_function
def test_an_exception_is_told_with_its_line(exercise):
    verdict = judge(exercise, with_signature_of(exercise, "n = 0\n    return 1 / n"))
    assert verdict.state == "raised"
    assert "ZeroDivisionError in line 3" in verdict.words


@pytest.mark.long
@each_function
def test_a_constant_does_not_pass(exercise):
    constants = [0.0, 1.0, "text", [], {}, np.nan, np.zeros(3)]
    if exercise.cases and not exercise.use:
        constants.append(exercise.solution(*exercise.inputs()[0]))
    for constant in constants:
        verdict = judge(exercise, lambda *given, constant=constant: constant)
        assert verdict.state in ("wrong", "raised"), constant


@each_function
def test_a_function_called_too_early_is_told(exercise):
    verdict = judge(exercise, 1.5)
    assert verdict.state == "wrong" and "function itself" in verdict.words


@pytest.mark.long
@each
def test_every_answer_is_judged_the_same_twice(exercise):
    for k, (answer, _) in enumerate(exercise.wrong):
        assert judge(exercise, answer) == first_verdict(exercise.name, k)


@each
def test_no_hint_gives_away_an_address_or_a_repr(exercise):
    for k in range(len(exercise.wrong)):
        verdict = first_verdict(exercise.name, k)
        for line in [verdict.words, *verdict.details]:
            assert not re.search(r"0x[0-9a-f]{4}|np\.float64|<function", line), line
