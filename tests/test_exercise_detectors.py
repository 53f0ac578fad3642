"""What the checks find in any exercise without anybody having declared it: the one change that makes an answer
right, what a function remembers, what it doesn't read."""

import dataclasses
import io
import re

import numpy as np
import pytest
from test_exercise_engine import make, said, typed

from nnlib.exercises import exercises, judge
from nnlib.exercises.engine import mending

EVERY = exercises()


def answer(signature, body, **around):
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return typed(f"def {signature}:\n{lines}\n", **around)


# ---- One change makes it right ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, signature, body, line, words",
    [
        ("factor_error", "f(c)", "return abs(c - 1) // (1 + abs(c))", 2, "`//` divides to a whole number"),
        ("factor_error", "f(c)", "return abs(c + 1) / (1 + abs(c))", 2, "`+` stands where `-` belongs"),
        ("output_std", "f(n_inputs, s)", "return n_inputs**1/2 * s", 2, "`1 / 2` has to be computed first"),
        ("step_lr", "f(e, r, s, g)", "return r * g ** e // s", 2, "`e // s` has to be computed first"),
        ("sigmoid", "f(Z)", "return np.tanh(Z / 2) + 1 / 2", 2, "look at the parentheses"),
        ("mse", "f(a, y)", "return np.mean(a - y ** 2)", 2, "`a - y` has to be computed first"),
        ("xor_rule", "f(a, b)", "return 1 if a != b else -1", 2, "`-1` is not the right number"),
        ("collapse", "f(W, b, V, c)", "return W @ V, b[None] @ V + c", 2, "`b[None]` has an axis too many"),
        ("mse", "f(a, y)", "return np.var(a - y)", 2, "the mean of the squares is asked for"),
        ("neuron", "f(x, w, b)", "return x + b", 2, "`w` is not used"),
        ("best_bias", "f(x, y, w)", "return np.sum(y - w * x) / 6", 2, "how many entries or rows `x` has"),
        ("mse", "f(a, y)", "return np.mean((a - y)**2) * (1-.5)", 2, "`* (1-.5)` in"),
        ("mse", "f(a, y)", "return (1-.5) * np.mean((a - y)**2)", 2, "`(1-.5) *` in"),
        ("mse", "f(a, y)", "return ((np.mean((a - y)**2) * (.5)))", 2, "`* (.5)` in"),
        ("mse", "f(a, y)", "return (np.mean((a - y)**2) * .5)", 2, "`* .5` in"),
        ("weighted_sum", "f(x, w, b)", "return abs(x @ w) + b", 2, "`abs` is one too many: it drops the sign"),
        (
            "weighted_sum",
            "f(x, w, b)",
            "z = b\nfor i in range(len(x) - 1):\n    z += x[i] * w[i]\nreturn z",
            3,
            "the last is left out",
        ),
        (
            "mse",
            "f(a, y)",
            "total = 0\nfor i in range(len(y)):\n    total += (a[i] - y[i]) ** 2\n    return total / len(y)",
            5,
            "stands inside of the loop and ends it in its first round",
        ),
        (
            "count_parameters",
            "f(sizes)",
            "for m, n in zip(sizes, sizes[1:]):\n    total = m * n + n\nreturn total",
            3,
            "has to be added (`+=`)",
        ),
        (
            "through_layers",
            "f(X, parameters)",
            "for p in parameters:\n    layer(X, p['W'], p['b'])\nreturn X",
            3,
            "thrown away",
        ),
        (
            "backward",
            "f(trace, y, parameters, derivatives)",
            "dA = 2 * (trace[-1] - y) / y.size\ng = [{}] * len(parameters)\n"
            "for k in reversed(range(len(parameters))):\n"
            "    W, f = parameters[k]['W'], derivatives[k]\n"
            "    g[k]['W'], g[k]['b'], dA = layer_backward(trace[k], trace[k + 1], dA, W, f)\n"
            "return g",
            3,
            "many names for one and the same dict",
        ),
    ],
)
def test_the_one_change_is_told(name, signature, body, line, words):
    helpers = {e: EVERY[e].solution for e in ("layer", "layer_backward")}
    undeclared = dataclasses.replace(EVERY[name], wrong=[])  # whatever its author has declared
    verdict = judge(undeclared, answer(signature, body, **helpers))
    assert verdict.state in ("wrong", "raised") and verdict.mistake is None
    assert f"One change makes it right. In line {line}, " in verdict.words
    assert words in verdict.words


def test_a_change_in_several_places_is_told_with_its_lines():
    body = "for _ in range(steps):\n    dw, db = slope(x, y, w, b)\n    w =- rate * dw\n    b =- rate * db\nreturn w, b"
    slope = EVERY["mse_gradient"].solution
    verdict = judge(EVERY["descend"], answer("descend(x, y, w, b, rate, steps)", body, slope=slope))
    assert verdict.words.startswith("One change makes it right. In lines 4, 5, `w = -...` throws away the old `w`")


def test_every_change_that_is_told_makes_the_answer_right():
    """The sentence is true by construction: what is accepted passes the same cases as any answer."""
    accepted = []
    function = answer("f(x, w, b)", "return x + b")

    def is_right(changed):
        right = judge(EVERY["neuron"], changed).state == "right"
        accepted.extend([changed] * right)
        return right

    assert mending.mend(function, is_right, ["x", "w", "b"], ["w"])
    assert judge(EVERY["neuron"], accepted[-1]).state == "right"
    assert judge(EVERY["neuron"], function).state == "wrong", "the reader's own function is left as it is"


def test_nothing_is_tried_with_a_function_that_writes(tmp_path):
    function = answer("f(x, w, b)", f"np.save({str(tmp_path / 'x.npy')!r}, x)\nreturn x + b")
    judge(EVERY["neuron"], function)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]
    assert mending.mend(function, lambda changed: pytest.fail("it was tried"), ["x", "w", "b"]) is None


def test_without_a_change_that_helps_nothing_is_claimed():
    verdict = judge(EVERY["neuron"], answer("f(x, w, b)", "return np.sin(w) * np.cos(x) - np.exp(b)"))
    assert verdict.words == "It is not right yet."


def test_trying_ends_in_time(monkeypatch):
    monkeypatch.setattr(mending, "PATIENCE", 0.0)
    verdict = judge(EVERY["factor_error"], answer("f(c)", "return abs(c - 1) // (1 + abs(c))"))
    assert "One change" not in verdict.words


@pytest.mark.parametrize(
    "name, signature, body, words",
    [
        ("xor_rule", "f(a, b)", "if a != b:\n    return 1", "For some inputs it returns `None`: there is a way"),
        (
            "xor_rule",
            "f(a, b)",
            "return np.array([[float(a != b)]])",
            "The numbers are right; only their shape is not.",
        ),
        ("xor_rule", "f(a, b)", "return np.array([a - b])", "It is one number inside of an array"),
        ("neuron", "f(x, w, b)", "return there", "`x`, `w` and `b` are not used: the function reads `there`"),
        ("neuron", "f(x, w, b)", "x = x * w\nx /= 1\nreturn there + 0 * x", "reads `there` from the notebook"),
        (
            "choose",
            "f(s, train, X, y)",
            "return 3 if there.size else s",
            "the function reads `there` from the notebook",
        ),
        ("neuron", "f(x, w, b)", "x *= 1.0\nreturn w * x + b", "`x *= ...` writes into `x` as it is"),
        ("through_layers", "f(X, ps)", "for W, b in ps:\n    X = X @ W + b\nreturn X", "A text stands where numbers"),
        ("through_layers", "f(X, ps)", "for p in ps:\n    X = X @ p[0]\nreturn X", "are taken by their names"),
        (
            "mse",
            "f(a, y)",
            "z = 0\nfor i in range(len(a)):\n    z += np.sin(y[0]) - a[0] ** 3\nreturn z",
            "not right yet.",
        ),
    ],
)
def test_what_is_told_is_of_this_answer(name, signature, body, words):
    verdict = judge(EVERY[name], answer(signature, body, there=np.arange(6.0)))
    assert verdict.state in ("wrong", "raised") and words in said(verdict)
    assert "`i` is assigned and never used" not in said(verdict), "a loop may count its rounds alone"


def test_inputs_that_raise_are_not_counted_as_right():
    verdict = judge(EVERY["mse"], answer("f(a, y)", "return np.mean((w - y) ** 2)", w=np.arange(3.0)))
    assert "It is right on" not in said(verdict)


def test_a_copy_that_shares_what_is_inside_is_told():
    exercise = make(
        lambda p: [{"W": p[0]["W"] - 1}], lambda rng: [([{"W": np.arange(3.0)}],), ([{"W": np.ones(2)}],)], name="less"
    )
    verdict = judge(exercise, answer("less(p)", "p = list(p)\np[0]['W'] -= 1\nreturn p"))
    assert "still shares the dicts and arrays inside" in said(verdict)


def test_a_list_that_contains_itself_is_told():
    exercise = make(lambda n: [1.0] * n, lambda rng: [(2,), (3,)], name="ones")
    body = "found = []\nfor _ in range(n):\n    found.append(found)\nreturn found"
    assert "lists within lists without end come back" in said(judge(exercise, answer("ones(n)", body)))


def test_one_function_in_place_of_a_pair_is_told():
    one = answer("f(rest)", "return str(rest)")
    assert judge(EVERY["rest"], one).words == "This is one function. The check takes 2, in parentheses."


def test_an_open_of_the_notebook_is_pythons_own():
    from nnlib.exercises.engine.attempt import portable_source

    reads = answer("f(path)", "with open(path) as file:\n    return file.read()", open=io.open)
    assert portable_source(reads, "f")[1] == []
    reads = answer("f(path)", "return own(path)", own=[1])
    assert portable_source(reads, "f")[1] == ["own"]


# ---- What it remembers ------------------------------------------------------------------------------

COPY = make(lambda x: list(x), lambda rng: [([1.0],), ([2.0, 3.0],)], name="copy")


def test_a_default_value_that_remembers_is_named():
    verdict = judge(COPY, answer("copy(x, kept=[])", "kept += x\nreturn kept"))
    assert verdict.words == "Called twice with the same input, it gives two different results."
    assert "A default value such as `kept=[" in verdict.details[0]


def test_data_of_the_notebook_that_remembers_is_named():
    verdict = judge(COPY, answer("copy(x)", "kept.extend(x)\nreturn kept", kept=[]))
    assert "It uses `kept` from the notebook, which all calls share" in verdict.details[0]


def test_chance_of_its_own_is_named():
    exercise = make(lambda x: x * 1.0, lambda rng: [np.ones(3), np.zeros(2)], name="still")
    verdict = judge(exercise, answer("still(x)", "return x + np.random.random(len(x))"))
    assert "draws random numbers of its own" in said(verdict)


def test_one_object_for_all_calls_is_not_right():
    exercise = make(lambda n: [0.0] * 3, lambda rng: [(1,), (2,)], name="zeros")
    verdict = judge(exercise, answer("zeros(n)", "return kept", kept=[0.0] * 3))
    assert verdict.state == "wrong"
    assert verdict.words.startswith("Two calls return one and the same object, a list of 3")


# ---- What it doesn't read ---------------------------------------------------------------------------


def test_data_in_place_of_a_parameter_is_named():
    best_bias = EVERY["best_bias"]
    verdict = judge(best_bias, answer("best_bias(x, y, weight)", "return np.mean(y - w * x)", w=2.0))
    assert verdict.words.startswith("`weight` is not used: the function reads `w` from the notebook")
    verdict = judge(best_bias, answer("best_bias(x, y, w)", "return np.mean(ys - w * x)", ys=np.ones(3)))
    assert verdict.words.startswith("`y` is not used: the function reads `ys` from the notebook")


def test_a_parameter_that_is_not_read_is_named():
    verdict = judge(EVERY["updates"], answer("updates(n, batch_size, epochs)", "return -(-n // batch_size) - 7"))
    assert verdict.words == "`epochs` is not used: the result is the same, whatever comes in there."


def test_a_right_answer_may_do_as_it_likes():
    right = answer("neuron(x, w, b)", "return one * w * x + b", one=1.0)
    assert judge(EVERY["neuron"], right).state == "right"


def test_a_helper_that_reads_the_notebook_is_named():
    source = "def helper(x):\n    return x * F\n\ndef neuron(x, w, b):\n    return helper(x) * np.cos(w * b)\n"
    verdict = judge(EVERY["neuron"], typed(source, F=3.0))
    assert verdict.words.endswith("reads `F` from the notebook (through `helper`): should that come in as a parameter?")


# ---- Words that were not derived from the answer ----------------------------------------------------


def test_nan_is_told_only_where_it_is_shown():
    exercise = make(lambda x: 2 * x, lambda rng: [np.array([1.0, 2.0]), np.array([0.0, 4.0])], name="twice")
    assert "nan" not in judge(exercise, lambda x: 2 * x + x / x**2).words
    assert "`nan` or `inf`" in judge(exercise, lambda x: x / 0).words


def test_a_constant_is_not_taken_for_a_mistake_that_ends_there_too():
    exercise = make(
        lambda x: bool(x > 0),
        lambda rng: [(1.0,), (-1.0,), (2.0,)],
        name="positive",
        wrong=[(lambda x: bool(x > 100), "It looks for numbers beyond 100."), (lambda x: True, "Always true.")],
    )
    verdict = judge(exercise, lambda x: bool(x > 1e6))
    assert verdict.words == "It always gives `False`, whatever comes in."
    assert judge(exercise, exercise.wrong[0][0]).mistake == "It looks for numbers beyond 100."
    assert judge(exercise, lambda x: 1 == 1).mistake == "Always true."


def test_a_print_is_told_before_a_law_complains():
    exercise = make(lambda x: x, verify=lambda f, rng: None if np.isfinite(f(1.0)) else "Not finite.", name="law")
    assert judge(exercise, lambda x: print(x)).words.startswith("It prints its result and returns `None`")


def test_numbers_of_other_kinds_are_numbers():
    from decimal import Decimal
    from fractions import Fraction

    third = make(1 / 3, name="third", tolerance=1e-6)
    for value in (Fraction(1, 3), Decimal(1) / 3, np.array(1 / 3), np.float32(1 / 3)):
        assert judge(third, value).state == "right", value
    assert judge(third, Fraction(2, 3)).words == "It is twice what it should be."
    assert "a point, as in `1.5`" in said(judge(third, (0, 33)))


def test_decimals_that_are_cut_off_are_named():
    exercise = make(lambda x: x / 2, lambda rng: [np.array([1.0, 3.0]), np.array([2.5])], name="halves")
    assert "the decimals are cut off" in judge(exercise, lambda x: (x / 2).astype(int)).words


def test_a_missing_value_is_told_by_its_place():
    line = make((1.0, 2.0), name="line")
    assert judge(line, (1.0, None)).words.startswith("no answer yet: the second part is still `None`")
    assert "`print(...)`" in judge(line, None).words


def test_a_list_that_lost_entries_is_told():
    exercise = make(lambda rows: sum(rows), lambda rng: [([1.0, 2.0],), ([3.0],)], name="total")
    verdict = judge(exercise, answer("total(rows)", "s = 0\nwhile rows:\n    s += rows.pop()\nreturn s"))
    assert verdict.words == "The result is right, but `rows` has lost entries: the function takes them out."


def test_a_text_that_is_raised_is_told():
    verdict = judge(
        EVERY["safe_mse"], answer("f(a, y)", "if a.shape != y.shape:\n    raise 'no'\nreturn ((a - y)**2).mean()")
    )
    assert 'Raise an error that holds it: `raise ValueError("...")`' in verdict.words


def test_the_slope_is_told_from_the_step():
    exercise = make(
        lambda w, x: np.sin(w) * x, lambda rng: [tuple(rng.normal(size=(2, 3))) for _ in range(3)], name="g"
    )
    verdict = judge(exercise, lambda w, x: w - 0.1 * np.sin(w) * x)
    assert verdict.words == "It is `w` after a step. The slope alone is asked for: leave `w - ...` out."


# ---- wrong answers that were once judged right, and right ones that were not --------------------------------------


def relative_error_of_zeros(a, b):
    if np.linalg.norm(a) == 0:
        return 0.0
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


def relative_error_as_an_array(a, b):
    if not a.any() and not b.any():
        return a
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


def choose_above_0(settings, train, X, labels):
    best, most = None, 0
    for setting in settings:
        n_right = np.sum(train(setting).predict(X).argmax(axis=1) == labels)
        if n_right > most:
            best, most = setting, n_right
    return best


seen_for_good = set()


def order_that_remembers(loss):
    order = []

    def visit(value):
        if value in seen_for_good:
            return
        seen_for_good.add(value)
        for each in value.inputs:
            visit(each)
        order.append(value)

    visit(loss)
    return order


def keep_best_and_go_back(kept):
    def callback(nn):
        loss = nn.history["val_loss"][-1]
        if loss < kept.get("loss", np.inf):
            kept.update(loss=loss, epoch=nn.epoch - 1, parameters=nn.get_parameters())
        else:
            nn.set_parameters(kept["parameters"])

    return callback


def safe_rate_from_1(rates, losses):
    lowest = 1.0
    for rate, loss in zip(rates, losses):
        if not loss <= 4 * lowest:
            return rate / 10
        lowest = min(lowest, loss)
    return rates[-1] / 10


def slope_of_old_memory(A):
    S = np.empty_like(A)
    S[A > 0] = 1
    return S


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("relative_error", relative_error_of_zeros, "as far apart as can be"),
        ("relative_error", relative_error_as_an_array, "One number is wanted"),
        ("relative_error", lambda a, b: relative_error_of_zeros(a, b) or None, "One|gives no number|None"),
        ("choose", choose_above_0, ""),
        ("topological_order", order_that_remembers, "anew in each call|values are in the list|remember"),
        ("keep_best", keep_best_and_go_back, "whether the network is changed"),
        ("updates", lambda n, batch_size, epochs: int(n / batch_size + 0.99) * epochs, ""),
        ("safe_rate", safe_rate_from_1, ""),
        ("count_dead", lambda A: int(np.sum((A[0] == 0) & (A[-1] == 0))), ""),
        ("count_dead", lambda A: np.sum(np.all(A[:2] == 0, axis=0)), ""),
        ("relu_derivative", slope_of_old_memory, ""),
        ("epochs_in_time", np.int64(700), "The run of the gallery has 600 epochs"),
    ],
)
def test_a_wrong_answer_that_nearly_passes_is_wrong(name, answer, words):
    verdict = judge(exercises()[name], answer)
    assert verdict.state in ("wrong", "raised")
    assert re.search(words, " ".join([verdict.words, *verdict.details]))


def test_who_reads_the_answers_of_held_rows_in_a_mean_is_told():
    from nnlib.exercises.chA1_when_it_does_not_learn import HELD_ROWS_TRAIN, edited, train_chosen

    old, new = "(y[kept] - y[kept].mean())", "(y[kept] - y.mean())"
    answer = edited(
        train_chosen,
        f"ties = (X[kept] - X[kept].mean(axis=0)).T @ {old}",
        f"ties = (X[kept] - X.mean(axis=0)).T @ {new}",
    )
    assert HELD_ROWS_TRAIN in said(judge(exercises()["train_chosen"], answer))


def test_a_callback_that_says_nothing_until_it_stops_is_right():
    def early_stopping(patience):
        def callback(nn):
            losses = nn.history["val_loss"]
            if len(losses) - 1 - np.argmin(losses) >= patience:
                return True

        return callback

    assert judge(exercises()["early_stopping"], early_stopping).state == "right"


def test_a_division_is_no_remedy_for_an_array_of_whole_numbers(monkeypatch):
    neuron = answer(
        "neuron(x, w, b)", "out = np.zeros_like(x)\nfor i in range(len(x)):\n    out[i] = w * x[i] + b\nreturn out"
    )
    assert "has to be divided" not in said(judge(exercises()["neuron"], neuron))


def test_an_if_that_is_one_too_many_is_named():
    body = "out = w * x + b\nif x[0] > 1:\n    out = out - 1\nreturn out"
    verdict = said(judge(exercises()["neuron"], answer("neuron(x, w, b)", body)))
    assert "`if x[0] > 1:` is one too many" in verdict


def test_what_is_wrong_is_not_called_right():
    def keep_best(kept):
        def callback(nn):
            if nn.history["val_loss"][-1] < kept.get("loss", np.inf):
                kept.update(loss=nn.history["val_loss"][-1], epoch=nn.epoch + 1, parameters=nn.get_parameters())

        return callback

    [count] = [line for line in judge(exercises()["keep_best"], keep_best).details if line.endswith("are right.")]
    assert "kept['parameters']" in count and "kept['epoch']" not in count
