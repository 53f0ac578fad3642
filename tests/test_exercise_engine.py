"""The exercise engine: what it sees in an answer, what it says, and what it remembers."""

import builtins
import functools
import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import warnings

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nbclient import NotebookClient

from nnlib.exercises import (
    check,
    exercises,
    hint,
    judge,
    mine,
    progress,
    reset_progress,
    solution,
    turn_solutions_off,
)
from nnlib.exercises.engine import attempt, clues, compare, declare, reader, record
from nnlib.exercises.engine.declare import Exercise
from nnlib.exercises.engine.show import Listing, Message, show
from nnlib.plain_words import in_plain_words

NEURON = exercises()["neuron"]
MSE = exercises()["mse"]
GRADIENT = exercises()["mse_gradient"]


def make(solution, cases=None, **fields):
    """An exercise outside the course."""
    defaults = {
        "chapter": "99",
        "chapter_title": "tests",
        "name": fields.pop("name", getattr(solution, "__name__", "value")),
        "title": "A test",
        "holds": "You now have it.",
        "hints": ["One.", "Two."],
        "wrong": [],
    }
    return Exercise(solution=solution, cases=cases, **(defaults | fields))


def matrix_cases(rng):
    return [(rng.normal(size=(n, k)),) for n, k in [(2, 3), (4, 2), (5, 3)]]


def said(verdict):
    return " ".join([verdict.words, *verdict.details])


def neuron(x, w, b):
    return w * x + b


# ---- Not attempted ----------------------------------------------------------------------------------


def with_docstring(x, w, b):
    """Words."""


def with_docstring_and_ellipsis(x, w, b):
    """Words."""
    ...


def with_value_to_fill(x, w, b):
    z = ...
    return z


def with_pair_to_fill(x, w, b):
    z, a = ..., ...
    return z + a


def with_gap_before_the_return(x, w, b):
    n = len(x)
    ...
    return z / n  # noqa: F821


def with_gap_at_the_end(x, w, b):
    n = len(x)
    n = n + 1
    ...


def with_inner_gap(x, w, b):
    def line(value):
        return ...

    return line(x)


def with_entry_to_fill(x, w, b):
    return {"z": ...}["z"]


class WithEmptyMethod:
    def __init__(self, n):
        self.n = n

    def forward(self, x): ...


@pytest.mark.parametrize(
    "answer",
    [
        with_docstring,
        with_docstring_and_ellipsis,
        with_value_to_fill,
        with_pair_to_fill,
        with_gap_before_the_return,
        with_gap_at_the_end,
        with_inner_gap,
        with_entry_to_fill,
        WithEmptyMethod,
        lambda x, w, b: ...,
    ],
)
def test_what_is_not_written_is_nudged(answer):
    verdict = judge(NEURON, answer)
    assert verdict.state == "open"
    assert verdict.details == ()


def test_a_short_answer_is_not_taken_for_none():
    """`return 5` compiles to the same bytes as a docstring alone, from Python 3.12 on."""
    assert judge(NEURON, lambda x, w, b: 5).state == "wrong"


def returns_nothing(x, w, b):
    w * x + b


def descends_once(x, y, w, b, learning_rate, steps):
    for _ in range(steps):
        residual = w * x + b - y
        w, b = w - learning_rate * 2 * np.mean(residual * x), b - learning_rate * 2 * np.mean(residual)
        return w, b


def leftover_ellipsis(x, w, b):
    ...
    return w * x + b


def ellipsis_in_an_index(x, w, b):
    ...
    return w * x[..., None][..., 0] + b


def test_ellipsis_beside_a_right_answer_does_no_harm():
    assert judge(NEURON, leftover_ellipsis).state == "right"
    assert judge(NEURON, ellipsis_in_an_index).state == "right"


def test_without_its_source_a_function_is_still_judged():
    namespace = {}
    source = "def f(x, w, b):\n    return w * x[..., :] + b\ndef g(x, w, b):\n    z = ...\n    return z"
    exec(compile(source, "<no file>", "exec"), namespace)
    assert judge(NEURON, namespace["g"]).state == "open"
    assert judge(NEURON, namespace["f"]).state == "right"


@pytest.mark.parametrize("value", [None, ..., (..., 1.0), (1.0, None), {"w": ...}, [...]])
def test_values_to_fill_are_nudged(value):
    assert judge(make(1.0, name="rate"), value).state == "open"


def test_a_none_among_the_results_is_no_gap():
    exercise = make(lambda x: (x, None), lambda rng: [np.ones(2), np.zeros(3)], name="pair")
    assert judge(exercise, lambda x: (x + 0, None)).state == "right"


# ---- Mistakes that any exercise knows ---------------------------------------------------------------


def test_missing_return():
    assert judge(NEURON, returns_nothing).words == "It returns `None`: is a `return` missing?"
    assert "stands inside of the loop" in judge(exercises()["descend"], descends_once).words
    assert "put `return` in place of `print`" in judge(NEURON, lambda x, w, b: print(w * x + b)).words


def double(X):
    return 2 * X


DOUBLE = make(double, matrix_cases)


def column_sums(X):
    return X.sum(axis=0)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda X: 2 * X.T, ["shape (3, 2)", "should have shape (2, 3)", "transpose"]),
        (lambda X: (2 * X).ravel(), ["shape (6,)", "should have shape (2, 3)", "only their shape"]),
        (lambda X: 2 * X.sum(), ["one number; it should have shape (2, 3)", "`sum` or `mean` too many"]),
        (lambda X: (2 * X).tolist(), ["numbers are right", "a list; it should be a NumPy array", "`np.array(...)`"]),
        (lambda X: (2 * X).astype(str), ["is an array of texts; it should be an array of numbers"]),
        (lambda X: -2 * X, ["right but for the sign"]),
        (lambda X: 4 * X, ["always twice what it should be"]),
        (lambda X: X, ["always half of what it should be"]),
        (lambda X: 3 * X, ["always 1.5 times what it should be"]),
        (lambda X: 2 * X / len(X), ["1/n of what it should be", "n the rows of `X`", "divided once too often? "]),
        (lambda X: 2 * X * X.shape[1], ["always n times", "n the columns of `X`"]),
        (lambda X: 2 * X / X.size, ["1/n of what it should be", "n the entries of `X`"]),
        (lambda X: 2 * X + 1, ["too large by 1, always"]),
        (lambda X: 2 * X - 0.5, ["too small by 0.5, always"]),
        (lambda X: np.round(2 * X, 3), ["close, yet not equal"]),
        (lambda X: X.astype("float32") * 2.0, ["five digits only", "float32"]),
        (lambda X: 2 * X / 0, ["`nan` or `inf`"]),
        (lambda X: np.abs(X), ["not right yet"]),
        (lambda X: "X", ["is a string; it should be an array of shape (2, 3)"]),
        (lambda X: double, ["is a function; it should be an array of shape (2, 3)"]),
        (lambda X: (x for x in X), ["is a generator"]),
        (lambda X: [[1.0], [1.0, 2.0]], ["is a list of 2; it should be an array of shape (2, 3)"]),
        (lambda X: {"X": X}, ['a dict with "X"']),
        (lambda: 1, ["Your function takes `()`; the check calls `double(X)`"]),
        (lambda X, scale: X, ["Your function takes `(X, scale)`; the check calls `double(X)`"]),
        ([1, 2], ["This is a list of 2", "`check(double)`"]),
    ],
)
def test_the_pattern_is_named(answer, words):
    verdict = judge(DOUBLE, answer)
    assert verdict.state == "wrong" and verdict.mistake is None
    for word in words:
        assert word in said(verdict)


def test_the_first_failure_is_shown_with_numbers():
    verdict = judge(NEURON, lambda x, w, b: w * x + b**2)
    assert verdict.details[0] == (
        "`neuron(x=[1, 2, 3], w=2, b=0.5)` should give [2.5, 4.5, 6.5] and gives [2.25, 4.25, 6.25]."
    )


def test_in_a_large_array_one_entry_is_shown():
    exercise = make(double, lambda rng: [np.ones((4, 5)), np.ones((3, 3))])

    def answer(X):
        result = 2 * X
        result[2, 1] = 7
        return result

    verdict = judge(exercise, answer)
    assert verdict.details[0] == "`double(X=array of shape (4, 5))`: entry [2, 1] should be 2 and is 7."


def test_inputs_that_are_already_right_are_counted():
    verdict = judge(NEURON, lambda x, w, b: w * x + b if len(x) < 8 else w * x)
    assert "It is right on 5 of 6 inputs." in verdict.details


def test_digits_are_added_until_a_difference_shows():
    verdict = judge(NEURON, lambda x, w, b: w * x + b + 1e-7 * x)
    assert "should give [2.5, 4.5, 6.5] and gives [2.5000001, 4.5000002, 6.5000003]" in said(verdict)


def test_the_broadcasting_trap_is_named():
    exercise = make(
        lambda y_hat, y: y_hat - y, lambda rng: [(np.ones(3), np.ones(3)), (np.ones(4), np.ones(4))], name="r"
    )
    verdict = judge(exercise, lambda y_hat, y: y_hat[:, None] - y)
    assert "(3, 1) met (3,)" in said(verdict) and "3 × 3 numbers" in said(verdict)


def test_constants_and_echoes_are_named():
    assert judge(NEURON, lambda x, w, b: np.ones(3)).state == "wrong"
    assert judge(MSE, lambda y_hat, y: 4.5).words == "It always gives `4.5`, whatever comes in."
    assert judge(NEURON, lambda x, w, b: x).words == "It gives `x` back as it came."


def test_parts_are_named():
    verdict = judge(GRADIENT, lambda x, y, w, b: (GRADIENT.solution(x, y, w, b)[0], 3 * w))
    assert verdict.words == "`db` is not right yet."
    assert verdict.details[1] == "`dw` is right."
    verdict = judge(GRADIENT, lambda x, y, w, b: tuple(3 * g for g in GRADIENT.solution(x, y, w, b)))
    assert verdict.words == "`dw` and `db` are always 3 times what it should be."
    assert "it should have 2: `dw, db`" in judge(GRADIENT, lambda x, y, w, b: (1, 2, 3)).words
    assert "one number; it should be a tuple of 2" in judge(GRADIENT, lambda x, y, w, b: 1.0).words


def test_nested_parts_are_named():
    exercise = make(
        lambda X: [{"W": X, "b": X[0]}, {"W": 2 * X, "b": X[1]}],
        matrix_cases,
        name="parameters",
    )
    right = exercise.solution
    assert judge(exercise, lambda X: right(X)[:1]).words == "The result has 1 part; it should have 2."
    assert "should have the entries `W`, `b`" in judge(exercise, lambda X: [{"W": X}, {"W": X}]).words
    verdict = judge(exercise, lambda X: [right(X)[0], {"W": 2 * X, "b": -X[1]}])
    assert verdict.words == '`[1]["b"]` is right but for the sign, which is swapped everywhere.'


def test_two_results_in_the_wrong_order_are_told():
    exercise = make(lambda X: (X.sum(), X.max()), matrix_cases, name="pair", returns=("total", "largest"))
    assert judge(exercise, lambda X: (X.max(), X.sum())).words.endswith("it should return `total, largest`.")
    assert judge(exercise, lambda X: np.array([X.sum(), X.max()])).state == "right"


def test_parameters_in_another_order_are_told():
    verdict = judge(NEURON, lambda w, x, b: (w * x + b) * np.sign(b))
    assert verdict.words == "The parameters come in another order: the check calls `neuron(x, w, b)`."


def test_a_changed_input_is_told_even_where_the_result_is_right():
    def in_place(X):
        X *= 2
        return X

    verdict = judge(DOUBLE, in_place)
    assert verdict.state == "wrong"
    assert "right, but `X` is not what it was" in verdict.words

    def in_place_and_wrong(X):
        X *= np.abs(X)
        return X

    assert "It also changes its input `X`." in judge(DOUBLE, in_place_and_wrong).details


def test_a_changed_list_or_dict_is_seen_too():
    exercise = make(lambda rates: sorted(rates), lambda rng: [([3.0, 1.0],), ([2.0, 1.0, 5.0],)], name="ordered")

    def sort_in_place(rates):
        rates.sort()
        return rates

    assert "`rates` is not what it was" in judge(exercise, sort_in_place).words


def test_dtypes():
    exercise = make(double, lambda rng: [np.ones(2, "float32"), np.ones(3, "float32")])
    verdict = judge(exercise, lambda X: X * np.float64(2))
    assert "of dtype float64; it should be float32" in verdict.words
    step = make(lambda Z: (Z > 0) * 1.0, lambda rng: [rng.normal(size=4), rng.normal(size=3)], name="step")
    assert judge(step, lambda Z: Z > 0).state == "right"
    assert "of dtype int64; it should be float64" in judge(step, lambda Z: (Z > 0).astype(np.int64)).words
    counts = make(lambda Z: np.argsort(Z), lambda rng: [rng.normal(size=4), rng.normal(size=3)], name="order")
    assert judge(counts, lambda Z: np.argsort(Z).astype(np.int32)).state == "right"
    assert judge(counts, lambda Z: np.argsort(Z).astype(float)).state == "wrong"


def test_a_right_answer_that_prints_is_right_with_a_remark():
    def chatty(x, w, b):
        print("computing")
        return w * x + b

    verdict = judge(NEURON, chatty)
    assert verdict.state == "right"
    assert verdict.details[0].startswith("It also prints.")


def test_prints_and_warnings_stay_out_of_the_notebook(capsys):
    judge(NEURON, lambda x, w, b: print("noise") or np.log(-1.0 - np.abs(x)) / 0)
    assert capsys.readouterr() == ("", "")


def test_a_result_that_grows_with_each_call_is_seen():
    kept = []

    def hoards(x):
        kept.extend(x)
        return kept

    exercise = make(lambda x: list(x), lambda rng: [([1.0],), ([2.0, 3.0],)], name="copy")
    assert judge(exercise, hoards).words == "Called twice with the same input, it gives two different results."


# ---- Exceptions -------------------------------------------------------------------------------------


def misspelled(x, w, b):
    y = w * x
    return y + bias  # noqa: F821


def helper(x):
    return x[99]


def calls_helper(x, w, b):
    return helper(x)


def test_an_exception_is_told_in_plain_words():
    verdict = judge(NEURON, misspelled)
    assert verdict.state == "raised"
    assert verdict.words == "NameError in line 3: `return y + bias  # noqa: F821`."
    assert verdict.details[0] == "Nothing here is called `bias`. Is it spelled differently somewhere?"
    assert "`neuron(x=[1, 2, 3], w=2, b=0.5)`" in verdict.details[1]
    assert "IndexError in `helper`, line 2: `return x[99]`" in judge(NEURON, calls_helper).words


def endless(x, w, b):
    return endless(x, w, b)


def unbound(x, w, b):
    y = y * 2  # noqa: F821
    return y


@pytest.mark.parametrize(
    "answer, words",
    [
        (endless, "calls itself without end"),
        (unbound, "`y` is used before it has a value"),
        (lambda x, w, b: {}["W"], "There is no entry 'W'"),
        (lambda x, w, b: np.ones((2, 3)) @ np.ones((2, 3)), "columns of the left one must equal rows"),
        (lambda x, w, b: np.ones(2) + np.ones(7), "can't be lined up"),
        (lambda x, w, b: 1 if x > -9 else 0, "one True or False is needed"),
        (lambda x, w, b: x(w), "isn't a function is called"),
        (lambda x, w, b: "w" + w, "concatenate"),
        (lambda x, w, b: w - "b", "can't be combined"),
        (lambda x, w, b: x.total(), "total"),
        (lambda x, w, b: sys.exit(), "SystemExit"),
        (lambda x, w, b: [][1:][0], "points past the end"),
    ],
)
def test_common_exceptions_have_words_of_their_own(answer, words):
    verdict = judge(NEURON, answer)
    assert verdict.state == "raised"
    assert words in said(verdict)


def test_an_interrupt_passes():
    def interrupted(x, w, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(NEURON, interrupted)


def test_a_known_mistake_may_raise():
    exercise = make(
        lambda X, W: X @ W,
        lambda rng: [(np.ones((2, 3)), np.ones((3, 4))), (np.ones((5, 2)), np.ones((2, 1)))],
        name="product",
        wrong=[(lambda X, W: W @ X, "X comes first."), (lambda X, W: X @ W.T, "W stays upright.")],
    )
    assert judge(exercise, lambda X, W: np.matmul(W, X)).mistake == "X comes first."
    assert judge(exercise, lambda X, W: np.matmul(X, W.T)).mistake == "W stays upright."
    assert judge(exercise, lambda X, W: X @ X).state == "raised"


# ---- Known mistakes ---------------------------------------------------------------------------------


def test_a_known_mistake_is_known_in_any_dress():
    hint = MSE.wrong[0][1]
    assert judge(MSE, lambda y_hat, y: sum((a - b) ** 2 for a, b in zip(y_hat, y))).mistake == hint
    hint = NEURON.wrong[0][1]
    assert judge(NEURON, lambda x, w, b: [w * value for value in x]).mistake == hint


def test_half_a_mistake_is_not_taken_for_the_whole():
    verdict = judge(MSE, lambda y_hat, y: np.sum((y_hat - y) ** 2) / (1 if len(y) < 8 else len(y)))
    assert verdict.mistake is None


def test_what_is_changed_tells_two_mistakes_apart():
    def changes_a(a, b):
        a += b
        return a

    def changes_b(a, b):
        b += a
        return b

    exercise = make(
        lambda a, b: a + b,
        lambda rng: [(rng.normal(size=n), rng.normal(size=n)) for n in (2, 3)],
        name="total",
        wrong=[(changes_a, "`a` is written to."), (changes_b, "`b` is written to.")],
    )
    assert judge(exercise, changes_a).mistake == "`a` is written to."
    assert judge(exercise, changes_b).mistake == "`b` is written to."


def test_every_check_sees_the_same_inputs():
    for one, other in zip(NEURON.inputs(), NEURON.inputs()):
        assert all(map(compare.unchanged, one, other))
        assert one[0] is not other[0]


def test_a_mistake_in_place_has_its_own_hint():
    def doubled_in_place(X):
        X *= 2
        return X

    exercise = make(double, matrix_cases, wrong=[(doubled_in_place, "Make a new array.")])
    assert judge(exercise, doubled_in_place).mistake == "Make a new array."
    assert judge(exercise, lambda X: 2 * X).state == "right"


def test_an_author_is_stopped():
    with pytest.raises(ValueError, match="same hint"):
        make(double, matrix_cases, wrong=[(abs, "One."), (np.sign, "One.")])
    with pytest.raises(ValueError, match="needs `cases` or `verify`"):
        make(double)
    with pytest.raises(ValueError, match="declared in chapters 01 and 99"):
        declare.chapter("99", "tests")(solution=neuron, title="", holds="", hints=[], wrong=[], cases=matrix_cases)


# ---- use, in_place, verify, values ------------------------------------------------------------------


def stopper(patience):
    """Says of each loss whether it is time to stop."""
    best, waited = np.inf, 0

    def stop(loss):
        nonlocal best, waited
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        return waited >= patience

    return stop


STOPPER = make(
    stopper,
    lambda rng: [([3.0, 2.0, 2.5, 2.2, 1.0], 2), (list(rng.normal(size=9)), 3), (list(rng.normal(size=9)), 1)],
    use=lambda make_stop, losses, patience: [stop(loss) for stop in [make_stop(patience)] for loss in losses],
    wrong=[(lambda patience: lambda loss: False, "It never stops.")],
)


def test_a_part_with_one_wrong_array_inside_is_not_called_right():
    def train(x):
        return [{"W": 2 * x, "b": x}], [x.sum()], [x.size]

    exercise = make(train, lambda rng: [(rng.normal(size=3),), (rng.normal(size=4),)], returns=("p", "losses", "rates"))
    verdict = judge(exercise, lambda x: ([{"W": x + 7 * x**2, "b": x}], [x.sum()], [x.size]))
    assert verdict.details[-1] == "`losses` and `rates` are right."


def test_a_complex_result_is_said_without_a_warning():
    exercise = make(lambda x: x**2, lambda rng: [(2.0,), (3.0,)])
    assert "complex number" in judge(exercise, lambda x: (-x) ** 0.5).words


def test_a_case_is_named_inside_a_sentence_too():
    def failing(patience):
        def stop(loss):
            raise ValueError("no")

        return stop

    assert any(detail.startswith("It happens in the case losses=") for detail in judge(STOPPER, failing).details)


def test_functions_that_make_functions_are_driven():
    assert judge(STOPPER, stopper).state == "right"
    assert judge(STOPPER, lambda patience: lambda loss: False).mistake == "It never stops."
    verdict = judge(STOPPER, lambda patience: stopper(patience + 1))
    assert verdict.state == "wrong"
    assert verdict.details[0].startswith("The case losses=[3, 2, 2.5, 2.2, 1], patience=2 should give")
    assert "TypeError" in judge(STOPPER, lambda: 3).words


class Counter:
    def __init__(self, start):
        self.count = start

    def step(self):
        self.count += 1
        return self.count


def test_classes_are_driven():
    exercise = make(
        Counter,
        lambda rng: [(0,), (5,)],
        use=lambda cls, start: [counter.step() for counter in [cls(start)] for _ in range(3)],
        wrong=[],
    )
    assert judge(exercise, Counter).state == "right"

    class Stuck(Counter):
        def step(self):
            return self.count

    assert judge(exercise, Stuck).details[0] == "The case start=0 should give [1, 2, 3] and gives [0, 0, 0]."
    assert judge(exercise, WithEmptyMethod).state == "open"


def update(W, dW, rate):
    W -= rate * dW


UPDATE = make(
    update,
    lambda rng: [(np.array([1.0, 2.0]), np.array([0.5, 1.0]), 0.1), (rng.normal(size=5), rng.normal(size=5), 0.3)],
    in_place=("W",),
)


def test_in_place_exercises_compare_what_is_left_in_the_arrays():
    assert judge(UPDATE, update).state == "right"

    def new_array(W, dW, rate):
        W = W - rate * dW
        return W

    verdict = judge(UPDATE, new_array)
    assert verdict.state == "wrong"
    assert '`["W"]` should be [0.95, 1.9] and is [1, 2]' in said(verdict)

    def spoils_the_gradient(W, dW, rate):
        dW *= rate
        W -= dW

    assert "`dW` is not what it was" in judge(UPDATE, spoils_the_gradient).words


def batches_law(batches, rng):
    rows = np.arange(10)
    seen = np.concatenate(batches(rows, 3, rng))
    if sorted(seen.tolist()) != rows.tolist():
        return "Over an epoch every row must come exactly once."
    return None if seen.tolist() != rows.tolist() else "The rows are not shuffled."


def batches(rows, size, rng):
    rows = rng.permutation(rows)
    return [rows[i : i + size] for i in range(0, len(rows), size)]


BATCHES = make(
    batches,
    verify=batches_law,
    wrong=[
        (lambda rows, size, rng: [rng.choice(rows, size) for _ in range(4)], "Shuffle once."),
        (lambda rows, size, rng: [rows[i : i + size] for i in range(0, 10, size)], "Permute first."),
    ],
)


def test_laws_are_checked_and_mistakes_known_by_the_sentence():
    assert judge(BATCHES, batches).state == "right"
    assert judge(BATCHES, lambda rows, size, rng: batches(rows[::-1], size + 1, rng)).state == "right"
    verdict = judge(BATCHES, lambda rows, size, rng: [rows])
    assert verdict.mistake == "Permute first."
    assert verdict.details == ("The rows are not shuffled.",)
    assert judge(BATCHES, lambda rows, size, rng: [rows[:5]]).mistake == "Shuffle once."
    assert judge(BATCHES, misspelled).state == "raised"


def test_values():
    rate = make(1 / 3, name="rate", tolerance=1e-6, wrong=[(0.75, "Not the inverse.")])
    assert judge(rate, 1 / 3).state == judge(rate, np.float32(1 / 3)).state == "right"
    assert judge(rate, 0.75).mistake == "Not the inverse."
    assert judge(rate, 2 / 3).words == "It is twice what it should be."
    assert judge(rate, 0.333).words == "Close, yet not it: is it rounded?"
    assert judge(rate, 0.5).words == "That isn't it."
    assert judge(rate, "0.5").words == "The result is a string; it should be one number."
    assert judge(rate, neuron).words == "This is a function. The check takes the value that it gives: call it first."
    for wrong in (0.75, 2 / 3, 0.333, 0.5):
        assert "0.3333" not in said(judge(rate, wrong)), "a value must not be given away"


def test_values_in_words_and_tuples():
    guess = make("zigzag", name="guess", wrong=[("explode", "Not yet.")])
    assert judge(guess, " Zigzag").state == "right"
    assert judge(guess, "Explode").mistake == "Not yet."
    assert judge(guess, "converge").words == 'One of these words is asked for: `"explode"`, `"zigzag"`.'
    assert judge(guess, "not zigzag").words == judge(guess, "converge").words
    assert judge(guess, "it will zigzag").state == "right"
    assert judge(guess, 3).state == "wrong"
    shape = make((4, 2), name="shape", wrong=[((2, 4), "Rows first.")])
    assert judge(shape, (4, 2)).state == judge(shape, [4, 2]).state == "right"
    assert judge(shape, (2, 4)).mistake == "Rows first."
    assert judge(shape, (4, 2, 1)).state == "wrong"


def test_values_of_which_many_are_right():
    rate = make(
        0.3,
        name="rate",
        verify=lambda rate, rng: None if 0 < rate < 0.5 else "It explodes." if rate > 0 else "It climbs.",
        wrong=[(0.9, "Past the limit."), (-0.1, "Uphill.")],
    )
    assert judge(rate, 0.1).state == "right"
    assert judge(rate, 0.7).mistake == "Past the limit."
    assert judge(rate, -3).mistake == "Uphill."
    assert judge(rate, "fast").state == "raised"


# ---- Comparing: laws --------------------------------------------------------------------------------

calmly = settings(deadline=None, derandomize=True)  # the same examples every time, at any speed
arrays = hnp.arrays(
    np.float64, hnp.array_shapes(max_dims=3, max_side=5), elements=st.floats(-1e6, 1e6, allow_subnormal=False)
)
trees = st.recursive(
    arrays | st.floats(allow_nan=True) | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from("Wbxy"), inner, max_size=3)
    ),
    max_leaves=6,
)


@calmly
@given(trees)
def test_everything_equals_itself(tree):
    assert compare.differences(tree, tree) == []
    assert compare.unchanged(tree, tree)


@calmly
@given(trees, trees)
def test_any_two_things_can_be_compared_and_described(one, other):
    for d in compare.differences(one, other):
        assert compare.describe(d.wanted) and compare.literal(d.got) is not None
        if d.kind == "shape":
            compare.shape_story(d.wanted, d.got)
        if d.kind == "value":
            assert all(compare.told_apart(d.wanted, d.got))


@calmly
@given(arrays, st.floats(1e-6, 1e6), st.integers(0, 1000))
def test_a_difference_in_one_entry_is_found(array, size, place):
    other = array.copy()
    step = size * max(1.0, np.abs(array).max())
    other.flat[place % array.size] += step
    (d,) = compare.differences(array, other)
    assert d.kind == "value"
    where, wanted, got = compare.first_entry(array, other, compare.TOLERANCE)
    assert got - wanted == pytest.approx(step, rel=1e-3)


@calmly
@given(arrays, st.sampled_from([-1.0, 2.0, 0.5]))
def test_a_factor_is_found(array, factor):
    pairs = [(array, factor * array)]
    words = compare.common_factor(pairs)
    if np.abs(array).max() > 1e-3:
        assert compare.is_plain_factor(words)
    elif not array.any():
        assert words is None


@calmly
@given(arrays)
def test_an_array_changed_in_place_is_seen(array):
    before = array.copy()
    array += 1e7
    assert not compare.unchanged(before, array)
    assert not compare.unchanged([{"W": before}], [{"W": array}])


def test_numbers_are_written_alike_everywhere():
    assert compare.literal(np.float64(0.1) + 0.2) == "0.3"
    assert compare.literal(-0.0) == "0"
    assert compare.literal(np.int64(3)) == compare.literal(3) == "3"
    assert compare.literal(np.array([[1.0, 2.5]])) == "[[1, 2.5]]"
    assert compare.literal({"W": (1.0,)}) == '{"W": (1,)}'
    assert compare.literal(np.bool_(True)) == "True"


# ---- The look ---------------------------------------------------------------------------------------


def plain(html):
    lines = re.sub(r"</div>|</pre>", "\n", html)
    text = re.sub(r"<[^>]+>", "", lines)
    for sign, code in {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#x27;"}.items():
        text = text.replace(code, sign)
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("kind, mark", [("open", "○"), ("wrong", "✗"), ("raised", "✗"), ("right", "✓")])
def test_text_and_html_say_the_same(kind, mark):
    message = Message(kind, "neuron: a < b & `c`", ("Detail `x[0]`.",))
    assert message.text.startswith(mark)
    assert plain(message.html) == [line.strip().replace("`", "") for line in message.text.splitlines()]
    assert "color:currentColor" in message.html and "background" not in message.html


def test_code_and_emphasis():
    html = Message("note", "`w * x` is *not* `a*b*c`, nor 2 * 3 * 4, nor 2*3*4.").html
    assert "<code>w * x</code> is <em>not</em> <code>a*b*c</code>, nor 2 * 3 * 4, nor 2*3*4." in html


def test_a_listing_keeps_its_columns():
    listing = Listing("a  <b>\n    c")
    assert listing.html.count("\n    c") == 1 and "<b>" not in listing.html


def test_outside_a_notebook_it_prints(capsys):
    show(Message("note", "words"))
    assert capsys.readouterr().out == "→ words\n"


# ---- The reader's functions -------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """A reader who starts from nothing, in a folder of their own."""
    monkeypatch.setenv("NNLIB_PROGRESS", str(tmp_path / "answers"))
    monkeypatch.chdir(tmp_path)
    for memory in (
        reader._passed_here,
        reader._carried,
        reader._hints_given,
        record._unsaved,
        record._complained,
    ):
        memory.clear()
    record._place.cache_clear()
    return tmp_path


def forget_the_kernel():
    """What a restart of the kernel forgets."""
    for memory in (reader._passed_here, reader._carried, reader._hints_given, record._unsaved):
        memory.clear()
    record._place.cache_clear()


def output(capsys):
    return capsys.readouterr().out


def test_check_says_it_in_a_line(capsys):
    check(neuron)
    out = output(capsys)
    assert out.startswith("✓ neuron: You now have a neuron")
    assert out.endswith(" 1 of 5 done in this chapter.\n")
    check(neuron=with_docstring)
    assert output(capsys).startswith("○ neuron: not written yet.")
    check(neuron=NEURON.wrong[0][0])
    assert output(capsys).startswith("✗ neuron: The bias is missing")
    check(mse_by_hand=...)
    assert output(capsys).startswith("○ mse_by_hand: no answer yet.")


def passed_on(*given):
    return NEURON_OF_THE_COURSE(*given)


NEURON_OF_THE_COURSE = NEURON.solution


@pytest.mark.parametrize(
    "answer",
    [
        NEURON.solution,
        functools.partial(NEURON.solution),
        functools.lru_cache(NEURON.solution),
        functools.wraps(NEURON.solution)(lambda *given: NEURON_OF_THE_COURSE(*given)),
        lambda x, w, b: NEURON_OF_THE_COURSE(x, w, b),
        lambda x, w, b: mine("neuron")(x, w, b),
        passed_on,
    ],
)
def test_the_courses_own_solution_is_never_right(answer, capsys):
    check(neuron=answer)
    assert output(capsys).startswith("→ neuron: this is the course's solution")
    assert record.passed(print) == {} and reader._passed_here == {}


def test_the_courses_own_value_is_never_right(capsys):
    check(mse_by_hand=mine("mse_by_hand"), my_line=mine("my_line"))
    assert output(capsys).count("this is the course's solution") == 2
    check(mse_by_hand=5 / 3)
    assert output(capsys).startswith("✓ mse_by_hand")


def test_an_answer_that_uses_other_solutions_is_the_readers(capsys):
    layer = exercises()["layer"].solution

    def through_layers(X, parameters):
        for p in parameters:
            X = layer(X, p["W"], p["b"])
        return X

    check(through_layers)
    assert output(capsys).startswith("✓ through_layers")


def test_what_the_reader_printed_is_shown(capsys):
    def neuron(x, w, b):
        print("w is", w)
        return w * x

    check(neuron)
    assert "  It printed in `neuron(x=[1, 2, 3], w=2, b=0.5)`:\n  `w is 2.0`\n" in output(capsys)


def test_optional_exercises_are_counted_apart(capsys, monkeypatch):
    monkeypatch.setitem(declare.registry, "mse", make(MSE.solution, MSE.cases, optional=True, chapter="01"))
    check(neuron)
    assert "1 of 4 done in this chapter; optional: 0 of 1." in output(capsys)
    check(mse=lambda y_hat, y: np.mean((y - y_hat) ** 2))
    assert "1 of 4 done in this chapter; optional: 1 of 1." in output(capsys)
    progress()
    out = output(capsys)
    assert "(✓ mse)" in out
    optional = [e for e in exercises().values() if e.optional]
    total = len(exercises()) - len(optional)
    assert f"1 of {total} exercises passed, and 1 of {len(optional)} optional ones, in (...)" in out


def test_the_table_breaks_between_names(capsys):
    progress()
    lines = output(capsys).splitlines()
    assert max(map(len, lines)) <= 100
    assert re.findall(r"[○✓] (\w+)", " ".join(lines)) == list(exercises())


def passes(*names):
    for name in names:
        record.add(name, exercises()[name].chapter, None, print)


def names_in(chapter, optional=False):
    return [e.name for e in exercises().values() if e.chapter == chapter and e.optional == optional]


NEEDED = [e.name for e in exercises().values() if not e.optional]
OPTIONAL = [e.name for e in exercises().values() if e.optional]


@pytest.mark.parametrize("chapter", ["02", "2", 2])
def test_the_progress_of_a_blank_chapter_says_where_to_begin(capsys, chapter):
    progress(chapter)
    assert output(capsys) == (
        "→ 02 gradient descent: 0 of 6 exercises passed; optional: 0 of 1.\n"
        "  Next: `xor_numbers`.\n"
        "  In the whole course: nothing passed so far.\n"
    )


def test_the_progress_of_a_chapter_half_done_says_what_is_open(capsys):
    passes("neuron", "xor_numbers", "descend", "boundary_output")
    progress("02")
    assert output(capsys) == (
        "→ 02 gradient descent: 3 of 6 exercises passed; optional: 0 of 1.\n"
        "  Next: `mse_gradient`.\n"
        "  Open in this chapter: `mse_gradient`, `weight_rate_limit`, `standardize`.\n"
        "  Open and optional: `largest_stable_rate`.\n"
        f"  In the whole course: 4 of {len(NEEDED)} exercises passed; optional: 0 of {len(OPTIONAL)}.\n"
    )
    progress("01")
    assert "1 of 5 exercises passed.\n  Next: `mse_by_hand`.\n" in output(capsys)


def test_a_chapter_that_others_have_not_touched_counts_the_course(capsys):
    passes("neuron")
    progress("02")
    assert output(capsys) == (
        "→ 02 gradient descent: 0 of 6 exercises passed; optional: 0 of 1.\n"
        "  Next: `xor_numbers`.\n"
        f"  In the whole course: 1 of {len(NEEDED)} exercises passed; optional: 0 of {len(OPTIONAL)}.\n"
    )


def test_optional_exercises_alone_leave_the_chapter_open(capsys):
    passes("largest_stable_rate")
    progress("02")
    out = output(capsys)
    assert out.startswith("→ 02 gradient descent: 0 of 6 exercises passed; optional: 1 of 1.\n  Next: `xor_numbers`.\n")
    assert "Open in this chapter: `xor_numbers`, " in out and "Open and optional" not in out
    assert f"course: 0 of {len(NEEDED)} exercises passed; optional: 1 of {len(OPTIONAL)}." in out


def test_after_a_chapter_the_next_one_and_then_what_was_left_behind(capsys):
    passes(*names_in("02"))
    progress("02")
    out = output(capsys)
    assert "6 of 6 exercises passed; optional: 0 of 1.\n  Next: `knobs`, in chapter 03.\n  Open and optional: `" in out
    assert "Open in this chapter" not in out
    passes(*(name for name in NEEDED if exercises()[name].chapter >= "02"))
    progress("02")
    assert "  Next: `xor_rule`, in chapter 00.\n" in output(capsys)
    progress()
    assert "\nNext: xor_rule, in chapter 00.\n" in output(capsys)


def test_the_end_of_the_course(capsys):
    passes(*NEEDED)
    progress("17")
    out = output(capsys)
    assert "  Every exercise of the course has passed.\n" in out
    assert f"  In the whole course: {len(NEEDED)} of {len(NEEDED)} exercises passed; optional: 0 of" in out
    progress()
    assert output(capsys).endswith("in (...)\nEvery exercise of the course has passed.\n")


@pytest.mark.parametrize("chapter", ["42", "first", -1])
def test_the_progress_of_no_chapter(capsys, chapter):
    progress(chapter)
    assert output(capsys) == f"→ There are no exercises in chapter {chapter}. `progress()` shows every chapter's.\n"


def test_a_teacher_can_turn_solutions_off(capsys, monkeypatch):
    monkeypatch.setattr(reader, "_solutions_are_off", False)
    turn_solutions_off()
    solution("neuron")
    off = "→ neuron: your teacher has turned solutions off in this copy. `hint` still helps.\n"
    assert output(capsys) == off
    solution("neurn")
    assert "Did you mean `neuron`?" in output(capsys)
    for _ in range(len(NEURON.hints) + 1):
        hint("neuron")
    out = output(capsys)
    assert NEURON.hints[-1] in out and "The last one." in out and "solution" not in out


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_a_console_that_is_not_utf8_shows_plain_marks(encoding, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    check(neuron)
    check(neuron=lambda x, w, b: x)
    hint("best_bias")
    solution("neuron")
    progress()
    console.flush()
    text = console.buffer.getvalue().decode(encoding)
    assert text.startswith("ok neuron: You now have a neuron") and "\nx neuron: " in text and "ok neuron" in text


def test_how_an_answer_is_carried_on_or_why_not(capsys):
    def doubled(function):
        return lambda *given: function(*given)

    for answer in (np.vectorize(neuron), doubled(neuron), np.frompyfunc(neuron, 3, 1)):
        reader._passed_here.clear()
        check(neuron=answer)
        out = output(capsys)
        assert out.startswith("✓ neuron") or "dtype" in out or "object" in out
        if out.startswith("✓"):
            assert (
                "Later chapters will use the library's version: yours can be carried along if it is a plain `def`"
                in out
            )


def test_a_value_under_the_name_of_a_function_is_told_so(capsys):
    exec("neuron = np.ones(3)\ncheck(neuron)", {"np": np, "check": check})
    assert "neuron: This is an array of shape (3,). The check takes the function itself" in output(capsys)


@pytest.mark.parametrize("answer", [1.0, np.ones(3), "neuron", None, ...])
def test_check_asks_for_what_it_needs(capsys, answer):
    check(answer)
    assert output(capsys).startswith("→ Say what to check: `check(neuron)`")


def test_check_asks_for_a_name(capsys):
    check(lambda x: x)
    assert output(capsys) == (
        "→ This function has no name of its own. Say which exercise it answers: `check(name=...)`.\n"
    )


def test_a_function_without_a_name_is_known_by_the_name_it_was_given(capsys):
    notebook = {"check": check}
    exec("neuron = lambda x, w, b: w * x + b\ncheck(neuron)", notebook)
    assert output(capsys).startswith("✓ neuron")


def test_a_name_that_is_nearly_right(capsys):
    check(neurn=neuron)
    assert output(capsys) == "→ There is no exercise `neurn`. Did you mean `neuron`?\n"
    hint("xyz")
    assert output(capsys) == "→ There is no exercise `xyz`. `progress()` shows them all.\n"
    solution("neurn")
    reset_progress("neurn")
    assert output(capsys).count("Did you mean") == 2
    with pytest.raises(KeyError, match="neurn"):
        mine("neurn")


def test_a_fault_of_the_course_is_not_blamed_on_the_reader(capsys, monkeypatch):
    broken = make(neuron, lambda rng: 1 / 0)
    monkeypatch.setitem(declare.registry, "neuron", broken)
    check(neuron=lambda x, w, b: x)
    assert "a fault of the course, not of your answer" in output(capsys)


def test_hints_come_one_by_one_and_end(capsys):
    n = len(NEURON.hints)
    for number, text in enumerate(NEURON.hints, 1):
        hint("neuron")
        out = output(capsys)
        assert f"neuron, hint {number} of {n}: {text}" in out
        assert (f"{n - number} left." if number < n else 'The last one; `solution("neuron")`') in out
    for _ in range(2):
        hint(neuron)
        assert f"there are {n} hints; you have seen them all" in output(capsys)
    hint("neuron", 1)
    assert NEURON.hints[0] in output(capsys)
    hint("neuron", 9)
    assert "there is no number 9" in output(capsys)


def test_a_single_hint_is_spoken_of_as_one(capsys, monkeypatch):
    monkeypatch.setitem(declare.registry, "neuron", make(neuron, matrix_cases, hints=["The only one."]))
    hint("neuron")
    assert "neuron, hint 1 of 1: The only one." in output(capsys)
    hint("neuron")
    assert 'there is one hint; you have seen it. `hint("neuron", 1)` shows it again' in output(capsys)
    hint("neuron", 2)
    assert "there is one hint; there is no number 2" in output(capsys)


def test_the_solution_is_shown(capsys):
    solution("neuron")
    assert output(capsys) == "def neuron(x, w, b):\n    return w * x + b\n"


def test_progress_is_shown_and_reset(capsys, fresh):
    progress()
    assert "○ neuron" in output(capsys)
    check(neuron)
    check(mse=lambda y_hat, y: np.mean((y - y_hat) ** 2))
    output(capsys)
    forget_the_kernel()
    progress()
    out = output(capsys)
    assert "01 one neuron" in out and "✓ neuron" in out and "✓ mse " in out and "○ best_bias" in out
    total = sum(not e.optional for e in exercises().values())
    assert f"2 of {total} exercises passed" in out
    reset_progress("neuron")
    assert output(capsys) == "→ 1 passed exercise forgotten.\n"
    progress()
    assert "○ neuron" in output(capsys)
    reset_progress("02")
    assert output(capsys) == "→ 0 passed exercises forgotten.\n"
    reset_progress()
    progress()
    assert f"0 of {total} exercises passed" in output(capsys)


def test_a_wrong_answer_later_does_not_take_a_pass_away(capsys):
    check(neuron)
    check(neuron=lambda x, w, b: x)
    progress()
    assert "✓ neuron" in output(capsys)
    assert mine("neuron") is neuron


# ---- mine -------------------------------------------------------------------------------------------

SCALE = 1.0


def neuron_with_help(x, w, b):
    return np.multiply(SCALE, lift(w * x, b))


def lift(z, b):
    return z + b + 0 * len(textwrap.dedent(""))


def test_mine_is_the_library_until_it_is_written():
    assert mine("neuron") is NEURON.solution
    assert mine("mse_by_hand") == 5 / 3


def test_mine_is_the_very_function_in_its_notebook():
    check(neuron)
    assert mine("neuron") is neuron


def test_mine_is_carried_over_a_restart():
    check(neuron=neuron_with_help)
    forget_the_kernel()
    assert mine("neuron").__name__ == "neuron_with_help"
    np.testing.assert_array_equal(mine("neuron")(np.arange(3.0), 2.0, 1.0), [1, 3, 5])

    check(neuron)
    forget_the_kernel()
    carried = mine("neuron")
    assert carried is not neuron and carried is not NEURON.solution
    assert carried is mine("neuron")
    np.testing.assert_array_equal(carried(np.arange(3.0), 2.0, 1.0), [1, 3, 5])


def test_helpers_imports_and_constants_travel_along():
    source, obstacles = attempt.portable_source(neuron_with_help)
    assert obstacles == []
    answer = attempt.rebuilt(source, "neuron_with_help")
    assert judge(NEURON, answer).state == "right"
    again, obstacles = attempt.portable_source(answer)  # a second journey, from the carried one
    assert obstacles == []
    assert judge(NEURON, attempt.rebuilt(again, "neuron_with_help")).state == "right"


my_lift = lift  # as a chapter calls `mine("lift")`


def neuron_with_another_name_of_lift(x, w, b):
    return my_lift(w * x, b)


def test_a_function_travels_under_its_other_name():
    source, obstacles = attempt.portable_source(neuron_with_another_name_of_lift)
    assert obstacles == []
    assert judge(NEURON, attempt.rebuilt(source, "neuron_with_another_name_of_lift")).state == "right"


def neuron_with_default(x, w, b, scale=SCALE, lift=lift):
    return lift(scale * w * x, b)


class CountsDown(Counter):
    def step(self):
        self.count -= 1
        return self.count


def test_default_values_and_base_classes_travel_along():
    source, obstacles = attempt.portable_source(neuron_with_default)
    assert obstacles == []
    assert judge(NEURON, attempt.rebuilt(source, "neuron_with_default")).state == "right"
    source, obstacles = attempt.portable_source(CountsDown)
    assert obstacles == []
    assert attempt.rebuilt(source, "CountsDown")(3).step() == 2


def test_classes_travel():
    source, obstacles = attempt.portable_source(Counter)
    assert obstacles == []
    assert attempt.rebuilt(source, "Counter")(3).step() == 4


def test_what_can_not_travel_is_told(capsys):
    namespace = {"np": np, "data": np.zeros(1)}
    cell = "def neuron(x, w, b):\n    return w * x + b + data[0]\n"
    filename = "<cell>"
    attempt.linecache.cache[filename] = (len(cell), None, cell.splitlines(True), filename)
    exec(compile(cell, filename, "exec"), namespace)
    check(namespace["neuron"])
    assert "Later chapters will use the library's version: yours needs `data`" in output(capsys)
    forget_the_kernel()
    assert mine("neuron") is NEURON.solution


@pytest.mark.parametrize(
    "source",
    [
        "def neuron(x, w, b):\n    return w * x\n",
        "def neuron(x, w, b:\n",
        "raise SystemError\n",
        "other = 1\n",
        "",
    ],
)
def test_a_carried_function_is_checked_again(source, capsys):
    record.add("neuron", "01", source, print)
    assert mine("neuron") is NEURON.solution
    assert output(capsys) == ""


# ---- The reader's files -----------------------------------------------------------------------------


def told():
    sentences = []
    return sentences, sentences.append


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_passed_exercise_is_a_file_that_can_be_read(fresh):
    check(neuron)
    check(mse_by_hand=1.67)
    check(my_line=(1.9, np.float64(4.6)))
    assert files(record.path()) == ["01_mse_by_hand.py", "01_my_line.py", "01_neuron.py"]
    text = (record.path() / "01_neuron.py").read_text()
    assert text == (
        "# Your answer to `neuron` of chapter 01. Later chapters run what stands here.\n\n"
        "def neuron(x, w, b):\n    return w * x + b\n"
    )
    assert (record.path() / "01_my_line.py").read_text().endswith("\n\nmy_line = (1.9, 4.6)\n")
    forget_the_kernel()
    assert mine("mse_by_hand") == 1.67 and mine("my_line") == (1.9, 4.6)


def test_a_pair_of_functions_is_carried_on():
    pair = make((neuron, neuron_with_help), name="pair", verify=lambda pair, rng: None)
    source, obstacles = attempt.portable_source((neuron, neuron_with_help), "pair")
    assert obstacles == []
    one, other = attempt.rebuilt(source, "pair")
    assert one(2.0, 3.0, 1.0) == other(2.0, 3.0, 1.0) == 7.0
    assert judge(pair, (one, other)).state == "right"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"def neuron(", b"neuron = 3\n"])
def test_a_broken_file_does_no_harm(content, capsys):
    check(neuron)
    (record.path() / "01_neuron.py").write_bytes(content)
    forget_the_kernel()
    output(capsys)
    assert mine("neuron") is NEURON.solution
    progress()
    assert "✓ neuron" in output(capsys)
    check(neuron)
    forget_the_kernel()
    assert mine("neuron") is not NEURON.solution


def test_a_byte_order_mark_is_read_over():
    check(neuron)
    file = record.path() / "01_neuron.py"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    forget_the_kernel()
    assert mine("neuron") is not NEURON.solution


@pytest.mark.posix
def test_a_symbolic_link_stays_one(fresh):
    (fresh / "elsewhere").mkdir()
    record.path().symlink_to(fresh / "elsewhere")
    (fresh / "elsewhere" / "01_neuron.py").symlink_to(fresh / "kept.py")
    check(neuron)
    assert record.path().is_symlink() and (record.path() / "01_neuron.py").is_symlink()
    assert "return w * x + b" in (fresh / "kept.py").read_text()


def test_a_place_that_can_not_be_written_is_told_once(fresh, monkeypatch, capsys):
    (fresh / "file").write_text("")
    monkeypatch.setenv("NNLIB_PROGRESS", str(fresh / "file" / "answers"))
    check(neuron)
    out = output(capsys)
    assert "✓ neuron" in out and "Progress can't be written" in out
    check(mse=lambda y_hat, y: np.mean((y - y_hat) ** 2))
    out = output(capsys)
    assert "✓ mse" in out and "can't be written" not in out
    progress()
    out = output(capsys)
    assert "✓ neuron" in out and "✓ mse " in out
    reset_progress()
    progress()
    assert "✓" not in output(capsys)


def test_a_disk_that_says_no_for_a_moment_loses_nothing(monkeypatch, capsys):
    replace, refusals = os.replace, [1]

    def hesitates(*given):
        if refusals.pop():
            raise PermissionError(13, "Permission denied")
        replace(*given)

    refusals[:] = [False, True]
    monkeypatch.setattr(os, "replace", hesitates)
    check(neuron)
    assert "can't be written" not in output(capsys), "it tries again"
    refusals[:] = [False, False, True, True, True, True]
    check(mse=lambda y_hat, y: np.mean((y - y_hat) ** 2))
    assert "permission denied" in output(capsys)
    assert files(record.path()) == ["01_neuron.py"], "and leaves nothing half done"
    refusals[:] = [False, False]
    check(mse_by_hand=1.67)
    assert files(record.path()) == ["01_mse.py", "01_mse_by_hand.py", "01_neuron.py"]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("step", ["write_text", "read_text", "open"])
def test_a_disk_that_says_no_for_a_moment_anywhere_loses_nothing(step, times, monkeypatch, capsys):
    check(neuron)
    forget_the_kernel()
    owner = builtins if step == "open" else record.Path
    original, refusals = getattr(owner, step), [PermissionError(13, "Permission denied")] * times

    def hesitates(*given, **named):
        if refusals:
            raise refusals.pop()
        return original(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, hesitates)
        if step == "open":
            record.add_guess("02", "descent", "up", True)
        elif step == "read_text":
            assert mine("neuron") is not exercises()["neuron"].solution
        else:
            check(mse_by_hand=1.67)
        assert not refusals
    forget_the_kernel()
    assert record.guesses() == ([("02", "descent", "up", True)] if step == "open" else [])
    assert ("mse_by_hand" in record.passed(print)) == (step == "write_text")
    assert "can't" not in output(capsys)


def test_one_answer_that_cannot_be_written_keeps_no_other_from_it(fresh, capsys):
    (fresh / "answers" / "01_neuron.py").mkdir(parents=True)
    check(neuron)
    assert "can't be written" in output(capsys)
    check(mse_by_hand=1.67)
    assert files(record.path()) == ["01_mse_by_hand.py", "01_neuron.py"]
    forget_the_kernel()
    assert "mse_by_hand" in record.passed(print)


def test_what_could_not_be_deleted_is_not_called_forgotten(fresh, monkeypatch, capsys):
    check(neuron)

    def no(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(record.Path, "unlink", no)
    output(capsys)
    reset_progress("neuron")
    assert "can't be deleted" in (out := output(capsys)) and "0 passed exercises forgotten" in out


def test_functions_in_a_tuple_that_are_not_carried_along_are_said_so(capsys):
    namespace = {}
    exec(exercises()["rest"].source, {"json": json, "np": np}, namespace)  # as under %%time: without a text of its own
    answer = tuple(value for value in namespace.values() if callable(value))
    check(rest=answer)
    out = output(capsys)
    assert "✓ rest" in out and "Later chapters will use the library's version" in out


def test_where_the_folder_is(fresh, monkeypatch):
    monkeypatch.delenv("NNLIB_PROGRESS")
    monkeypatch.setenv("HOME", str(fresh / "home"))
    monkeypatch.setenv("USERPROFILE", str(fresh / "home"))
    monkeypatch.setattr(record, "_START", fresh)
    assert record.path() == fresh / "home" / "nnlib_answers"
    (fresh / "notebooks").mkdir()
    chapter = fresh / "notebooks" / "00_start_here.ipynb"
    chapter.write_text("{}")
    forget_the_kernel()
    assert record.path() == fresh / "notebooks" / "my_answers"
    chapter.rename(fresh / "notebooks" / "mine.ipynb")
    assert record.path() == fresh / "notebooks" / "my_answers", "it is decided once"
    (fresh / "notebooks" / "mine.ipynb").rename(chapter)
    monkeypatch.setattr(record, "_START", fresh / "notebooks")
    assert record.path() == fresh / "notebooks" / "my_answers"
    monkeypatch.chdir(fresh / "notebooks" / "..")
    assert record.path() == fresh / "notebooks" / "my_answers", "%cd doesn't move it"
    monkeypatch.setenv("NNLIB_PROGRESS", "~/mine.json")
    assert record.path() == fresh / "home" / "mine"


def test_without_a_home_and_a_working_folder_it_goes_on(monkeypatch, capsys):
    monkeypatch.delenv("NNLIB_PROGRESS")
    monkeypatch.setattr(record, "_START", None)

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(record.Path, "home", no_home)
    assert record.path() is None
    check(neuron)
    out = output(capsys)
    assert "✓ neuron" in out and "can't be written to any folder" in out
    progress()
    assert "✓ neuron" in output(capsys)
    reset_progress()
    record.add_guess("01", "line", 3, True)
    assert record.guesses() == []


OLD = {
    "version": 1,
    "passed": {
        "neuron": {"chapter": "01", "source": "def neuron(x, w, b):\n    return x * w + b\n"},
        "mse": {"chapter": "01", "source": None},
    },
}


def test_progress_of_the_form_before_is_taken_over_once(fresh, monkeypatch, capsys):
    (fresh / "progress.json").write_text(json.dumps(OLD))
    monkeypatch.setenv("NNLIB_PROGRESS", str(fresh / "progress.json"))
    progress()
    out = output(capsys)
    assert "✓ neuron" in out and "✓ mse " in out
    assert mine("neuron")(2, 3, 1) == 7 and mine("neuron") is not NEURON.solution
    assert files(fresh) == ["progress", "progress.json.old"]
    reset_progress()
    forget_the_kernel()
    assert record.passed(print) == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"passed": [1]}', '{"passed": {"x": 1}}', "null"])
def test_a_broken_file_of_the_form_before_does_no_harm(content, fresh, monkeypatch):
    (fresh / "progress.json").write_text(content)
    monkeypatch.setenv("NNLIB_PROGRESS", str(fresh / "progress.json"))
    check(neuron)
    assert list(record.passed(print)) == ["neuron"]
    assert (fresh / "progress.json").read_text() == content


def test_guesses_are_kept_beside_the_answers():
    assert record.guesses() == []
    record.add_guess("02", "descent", "zigzag, then out", True)
    record.add_guess("02", "descent", 0.3, False)
    assert record.guesses() == [("02", "descent", "zigzag, then out", True), ("02", "descent", "0.3", False)]


def test_progress_says_how_many_first_guesses_came_true(capsys):
    for chapter, figure, came_true in (
        ("02", "descent", False),
        ("02", "descent", True),  # a second guess has seen the answer
        ("04", "fold", True),
        ("12", "left_out", True),
        ("A1", "which_illness", True),
    ):
        record.add_guess(chapter, figure, "up", came_true)
    with open(record.path() / "guesses.csv", "a") as file:
        file.write("two,descent,up,yes\n")
    progress()
    said = output(capsys)
    assert "that came true: 1 of 2 in chapters 00–04, 1 of 1 in chapters 10–14, 1 of 1 in the appendices" in said


def test_entries_of_exercises_that_are_gone_do_no_harm(capsys):
    record.add("retired", "01", None, print)
    progress()
    assert "0 of" in output(capsys)


# ---- In a real notebook -----------------------------------------------------------------------------


def run(folder, *cells):
    """Run cells in a kernel of their own; returns the outputs of each."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return [cell.outputs for cell in notebook.cells]


IMPORTS = "import numpy as np\nfrom nnlib.exercises import *"


@pytest.mark.filterwarnings("default")  # the client's, of its own event loop
def test_across_two_notebooks(fresh):
    outputs = run(
        fresh,
        IMPORTS,
        'def neuron(x, w, b):\n    """The output."""\n    ...  # your line',
        "check(neuron)",
        "%precision 3\ndef neuron(x, w, b):\n    y = ...\n    return y",
        "check(neuron)",
        "def neuron(x, w, b):\n    return w * x + c",
        "check(neuron)",
        "offset = 0\ndef line(w, x):\n    return w * x\n\ndef neuron(x, w, b):\n    return line(w, x) + b + offset",
        "check(neuron)\nprint(mine('neuron') is neuron)",
        "class Thing:\n    def step(self): ...\n",
        "from nnlib.exercises.engine import attempt\n"
        "print(attempt.is_unwritten(Thing), attempt.portable_source(Thing)[1])",
    )
    for number, start in [(2, "○ neuron: not written yet."), (4, "○ neuron: not written yet."), (8, "✓ neuron: ")]:
        (message, *_) = outputs[number]
        assert message.output_type == "display_data"
        assert message.data["text/plain"].startswith(start)
        assert plain(message.data["text/html"])[0].startswith(start)
    raised = outputs[6][0].data["text/plain"]
    assert raised.startswith("✗ neuron: NameError in line 2: `return w * x + c`.")
    assert outputs[8][1].text == "True\n"
    assert outputs[10][0].text == "True []\n"

    outputs = run(
        fresh,
        IMPORTS,
        "yours = mine('neuron')\nprint(yours(np.arange(3.0), 2.0, 1.0), yours is exercises()['neuron'].solution)",
        "import inspect\nprint(inspect.getsource(yours))",
        "progress()",
    )
    assert outputs[1][0].text == "[1. 3. 5.] False\n"
    assert "return line(w, x) + b + offset" in outputs[2][0].text
    assert "✓ neuron" in outputs[3][0].data["text/plain"]


@pytest.mark.filterwarnings("default")  # the client's, of its own event loop
def test_running_all_cells_of_a_blank_chapter_twice_earns_nothing(fresh):
    outputs = run(
        fresh,
        IMPORTS,
        "def layer(X, W, b):\n    Z = ...\n    return Z",
        "check(layer)",
        "layer = mine('layer')\nproduct_by_hand = mine('product_by_hand')",
        "check(layer)",
        "%%time\ndef layer(X, W, b):\n    return X @ W + b",
        "check(layer)",
        "import os\nprint(os.listdir(os.environ['NNLIB_PROGRESS']))",
    )
    assert outputs[2][0].data["text/plain"].startswith("○ layer")
    assert outputs[4][0].data["text/plain"].startswith("→ layer: this is the course's solution")
    timed = outputs[6][0].data["text/plain"]
    assert timed.startswith("✓ layer") and "a plain `def`, in a cell without `%%`" in timed
    assert outputs[7][0].text == "['03_layer.py']\n"


def test_import_nnlib_does_not_load_the_exercises():
    code = "import sys, nnlib; print([m for m in sys.modules if m.startswith('nnlib.exercises')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_the_engine_needs_only_numpy_and_the_standard_library():
    code = (
        "import sys; from nnlib.exercises import check, exercises; exercises(); "
        "print([m for m in ('IPython', 'matplotlib', 'ipywidgets') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_an_endless_loop_is_stopped_and_said(monkeypatch):
    monkeypatch.setattr(attempt, "TIME_LIMIT", 0.3)

    def neuron(x, w, b):
        while True:
            w = w + 1

    started = time.monotonic()
    verdict = judge(exercises()["neuron"], neuron)
    assert time.monotonic() - started < 5
    assert verdict.state == "raised"
    assert verdict.words.startswith("TimeoutError in line ")
    assert verdict.details[0] == "It was still running after 0.3 seconds, and was stopped. Does its loop ever end?"


@pytest.mark.posix
def test_on_a_slow_machine_a_right_answer_is_not_told_a_mistake(monkeypatch):
    """Where the law of every answer is stopped, all of them seem to do the same."""
    monkeypatch.setattr(attempt, "TIME_LIMIT", 0.05)

    def law(answer, rng):
        time.sleep(60)

    def double(x):
        return 2 * x

    def doubled(x):
        return x + x

    def twice(x):
        return 2.0 * x

    exercise = make(double, lambda rng: [(1.0,), (3.0,)], verify=law, wrong=[(doubled, "It adds.")])
    verdict = judge(exercise, twice)
    assert verdict.mistake is None and "It adds." not in said(verdict)
    assert "It was still running after 0.05 seconds" in said(verdict)


@pytest.mark.posix
def test_a_sleep_is_stopped(monkeypatch):
    monkeypatch.setattr(attempt, "TIME_LIMIT", 0.2)

    def neuron(x, w, b):
        try:
            time.sleep(60)
        except Exception:
            return None

    started = time.monotonic()
    verdict = judge(exercises()["neuron"], neuron)
    assert time.monotonic() - started < 5
    assert verdict.words.startswith("TimeoutError in line ")


@pytest.mark.posix
def test_another_alarm_still_rings():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        assert judge(NEURON, neuron).state == "right"
        deadline = time.monotonic() + 5
        while not rung and time.monotonic() < deadline:
            time.sleep(0.05)
        assert rung
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("alarm", [True, False])
def test_without_threads_a_right_answer_is_right(alarm, monkeypatch):
    def no_threads(self):
        raise RuntimeError("can't start new thread")

    if not alarm:
        monkeypatch.delattr(signal, "setitimer", raising=False)
    monkeypatch.setattr("threading.Thread.start", no_threads)
    assert judge(MSE, lambda y_hat, y: np.mean((y - y_hat) ** 2)).state == "right"


def test_a_call_that_swallows_its_alarm_was_late_all_the_same(monkeypatch):
    monkeypatch.setattr(attempt, "TIME_LIMIT", 0.2)

    def neuron(x, w, b):
        try:
            time.sleep(5)
        except:  # noqa: E722
            pass
        return w * x + b

    started = time.monotonic()
    verdict = judge(NEURON, neuron)
    assert verdict.state != "right" and "still running" in " ".join([verdict.words, *verdict.details])
    assert time.monotonic() - started < 4, "and one case is long enough"


def test_the_text_of_python_c_is_not_taken_for_the_functions(monkeypatch):
    """Python 3.13 keeps the text of `python -c` in linecache, under the name that `exec` gives as well."""
    other = "def f(x, w, b):\n    y = ...\n    return y\n"
    monkeypatch.setitem(attempt.linecache.cache, "<string>", (len(other), None, other.splitlines(True), "<string>"))
    namespace = {}
    exec("def f(x, w, b):\n    return w * x + b", namespace)
    assert judge(NEURON, namespace["f"]).state == "right"
    assert attempt.portable_source(namespace["f"])[0] is None


def test_the_readers_own_interrupt_passes():
    def neuron(x, w, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(exercises()["neuron"], neuron)


@pytest.mark.parametrize(
    "code, words",
    [
        ("np.array([1.0, 2.0]) ^ 2", "A power is written"),
        ("3.0 ^ 2", "A power is written"),
        ("np.array([1, 2], [3, 4])", "`np.array` takes one list"),
        ("np.array([1, 2]).__iadd__(0.5)", "The array holds whole numbers"),
        ("np.ones(2) <= np.ones(2) & np.ones(2)", "`&` and `|` come before `<`"),
        ("np.histogram([0.1], [0, 1], weights=np.array([True]))", "True and False are written over"),
        ("[k for k in 3]", "`for` goes over a list"),
        ("np.ones(3).index(1)", "This is a NumPy array, and `.index` is a method of lists. `.tolist()`"),
        ("np.array(['NA']).replace('NA', 'nan')", "This is a NumPy array, and `.replace` is a method of one text"),
        ("[1, 2].mean()", "This is a list, and `.mean` is a method of arrays. `np.array(...)`"),
        ("np.random.default_rng(0).shuffle([1, 2])[0]", "A `None` stands where something else is needed"),
        (
            "np.array([1, 2]).__ipow__(0.5)",
            "The array holds whole numbers, and fractions don't fit: `x **= ...` writes",
        ),
        ("np.array([1, 2]).__imod__(0.5)", "The array holds whole numbers, and fractions don't fit: `x %= ...` writes"),
        ("np.exp([1, 2], out=np.array([1, 2]))", "The array holds whole numbers, and fractions don't fit: `x.astype"),
        ("setattr(np.ones(3), 'grad', 0)", "Python says: 'numpy.ndarray' object has no attribute 'grad'"),
        ("np.ones(3)[3 / 2]", "An index must be a whole number"),
        ("np.ones(3)[0, 1]", "There are more indices here than the array has axes"),
        ("np.ones(3)[np.array([True, False])]", "True and False as an index: one is needed for every entry"),
        ("np.ones(3)[7]", "An index points past the end"),
        ("[1][7]", "An index points past the end"),
        ("[].pop()", "Python says: pop from empty list."),
        ("exec('raise NameError(\"z\")')", "Python says: z."),
        ("exec('raise AttributeError(\"numpy.ndarray\")')", "Python says: numpy.ndarray."),
    ],
)
def test_an_error_of_numpys_is_said_in_plain_words(code, words):
    try:
        eval(code)
    except (TypeError, AttributeError, IndexError, NameError) as error:
        assert in_plain_words(error).startswith(words)
    else:
        raise AssertionError("no error")


# ---- what no answer may do to the reader ------------------------------------------------------------


_numbers = itertools.count()


def typed(source, **around):
    """The last function of `source`, as a reader types it into a cell."""
    file = f"<cell {next(_numbers)}>"
    attempt.linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    notebook = {"np": np, "__name__": "__main__"} | around
    with warnings.catch_warnings(action="ignore"):
        exec(compile(source, file, "exec"), notebook)
    return [value for name, value in notebook.items() if callable(value) and name not in ("np", *around)][-1]


def test_an_endless_loop_that_prints_does_not_fill_the_memory():
    head = attempt.Head()
    for _ in range(100):
        assert head.write("x" * 1000) == 1000
    assert len(head.getvalue()) == attempt.Head.MOST

    def neuron(x, w, b):
        for k in range(10_000):
            print(k)

    assert "... and many lines more" in judge(NEURON, neuron).details


@pytest.mark.parametrize("line", ["display(x)", "time.sleep(0.01)"])
def test_nothing_is_tried_with_what_leaves_a_trace_or_waits(line, monkeypatch):
    source = f"def neuron(x, w, b):\n    {line}\n    return w * x - b\n"
    calls, shown = [], []
    monkeypatch.setattr(time, "sleep", calls.append)
    answer = typed(source, display=shown.append, time=time)
    assert "One change makes it right" not in judge(NEURON, answer).words
    assert 0 < len(calls) + len(shown) <= 2 * len(NEURON.inputs())


def test_an_answer_that_cannot_be_carried_along_leaves_the_earlier_one(monkeypatch, capsys):
    check(typed("def neuron(x, w, b):\n    return w * x + b\n"))
    before = record.passed(print)["neuron"]
    output(capsys)
    source = "def neuron(x, w, b):\n    return w * x + b + OFFSET[0]\n"
    check(typed(source, OFFSET=np.zeros(1)))
    said = output(capsys)
    assert "✓ neuron" in said and "Later chapters will use your earlier version: this one needs `OFFSET`" in said
    assert record.passed(print)["neuron"] == before


@pytest.mark.parametrize("value", [float("inf"), -np.inf, np.float64("nan")])
def test_a_constant_that_is_no_number_travels_along(value, monkeypatch):
    best = typed("def best(xs):\n    return INF, [INF]\n", INF=value)
    text, obstacles = attempt.portable_source(best)
    assert obstacles == []
    np.testing.assert_equal(attempt.rebuilt(text, "best")(0), best(0))
    text, obstacles = attempt.portable_source(np.array([value, 1.0]), "answer")
    np.testing.assert_equal(attempt.rebuilt(text, "answer"), np.array([value, 1.0]))


def replaces_entries(parameters, l2_lambda):
    for k, p in enumerate(parameters):
        parameters[k] = (p["W"] ** 2).sum()
    return l2_lambda / 2 * sum(parameters)


def nests(val_losses):
    r = []
    for v in val_losses * 300:
        r = [r, v]
    return r


def doubles(val_losses):
    r = []
    for _ in range(40):
        r = [r, r]
    return r


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("l2_penalty", replaces_entries, "what is in `parameters` is not what it was"),
        ("best_epoch", nests, "lists within lists without end come back"),
        ("best_epoch", doubles, "lists within lists without end come back"),
        ("my_line", (v for v in (1, 2)), ""),
        ("my_line", {}.keys(), ""),
    ],
)
def test_no_answer_stops_the_check_itself(name, answer, words, capsys):
    check(**{name: answer})
    said = output(capsys)
    assert "✗" in said and words in said and "fault of the course" not in said


@pytest.mark.parametrize("what", [np.ones(3), [1], 7.5])
def test_a_name_of_any_kind_is_answered(what, capsys):
    hint(what)
    solution(what)
    reset_progress(what)
    assert output(capsys).count("There is no exercise") == 3
    for number in ("2", 1.5, 99):
        hint("neuron", number)
        assert f"there is no number {number!r}" in output(capsys)


def test_what_is_reset_may_be_a_function_or_the_number_of_a_chapter(capsys):
    for what in (neuron, "neuron", 1, "1", "01"):
        check(neuron)
        output(capsys)
        reset_progress(what)
        assert "1 passed exercise forgotten" in output(capsys)


def test_a_function_and_named_values_are_all_checked(capsys):
    check(neuron, mse_by_hand=1.67)
    said = output(capsys)
    assert "neuron:" in said and "mse_by_hand:" in said


def test_the_root_of_a_disk_may_be_the_place_of_progress(monkeypatch, capsys):
    monkeypatch.setenv("NNLIB_PROGRESS", os.path.abspath(os.sep))
    monkeypatch.setattr(record, "_replace", lambda *_: None)
    check(neuron)
    assert "✓ neuron" in output(capsys)


def test_what_python_warns_of_in_an_answer_is_not_said_by_the_check(recwarn, monkeypatch):
    source = 'def neuron(x, w, b):\n    "\\sigma"\n    if b is 0:\n        return w * x\n    return w * x - b\n'
    judge(NEURON, typed(source))
    assert not recwarn.list


def test_messages_stay_short():
    def raises(x, w, b):
        raise ValueError("x" * 100_000)

    for answer in (raises, lambda x, w, b: {f"key{k}": k for k in range(3000)}):
        verdict = judge(NEURON, answer)
        assert len(" ".join([verdict.words, *verdict.details])) < 1500


def test_a_sum_that_grows_is_read(monkeypatch):
    source = "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    unused = 3\n    return 1\n"
    assert clues.never_read(typed(source)) == ["unused"]
