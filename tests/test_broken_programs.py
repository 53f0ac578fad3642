"""The six broken programs of appendix A1: what their authors complain of holds, and only the right mend ends it."""

import contextlib
import inspect
import io
import json
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tools import form

from nnlib import datasets
from nnlib.exercises import chA1_when_it_does_not_learn as ward
from nnlib.exercises import edited, exercises, judge

GIVEN = ward.GIVEN
EXERCISES = exercises()
WORDS = {name: EXERCISES[name].solution(*case, 0)[0] for name, case in (
    ("train_line", (*[np.array([[0.0], [1.0]])] * 2, 1)),
    ("train_gates", (*datasets.xor(), 1)),
    ("train_clouds", (*ward.two_clouds(), 1)),
    ("train_prices", (np.eye(3), np.ones((3, 1)), 1)),
    ("train_classes", (np.eye(3), np.eye(3), 1)),
    ("train_chosen", (*ward.noise_and_coins(0), 1)),
)}  # fmt: skip
LAWS = {
    "train_line": ward.keeps_to_the_line,
    "train_gates": ward.solves_xor,
    "train_clouds": ward.tells_two_clouds_apart,
    "train_prices": ward.settles_down,
    "train_classes": ward.is_sure_only_where_it_may_be,
    "train_chosen": ward.judges_by_rows_it_never_saw,
}
SEEDS = range(10)
each = pytest.mark.parametrize("name", GIVEN)
pytestmark = pytest.mark.swap  # many runs of whole programs; tests/test_exercises.py has a few of each


def source_in_the_notebook(name):
    notebook = json.loads((Path(__file__).parents[1] / "notebooks/A1_when_it_does_not_learn.ipynb").read_text("utf-8"))
    return next(form.source(c) for c in notebook["cells"] if c["id"] == f"exercise-{name.replace('_', '-')}")


def of_seed(program, shift):
    """A program that is asked for one seed and runs from another: the same law must hold for other random numbers."""
    return lambda X, y, epochs, seed: program(X, y, epochs, seed + shift)[1:]


def test_each_has_a_cause_of_its_own():
    assert WORDS.keys() == GIVEN.keys() == LAWS.keys()
    assert len({*WORDS.values()}) == 6 and {*WORDS.values()} < {*ward.CAUSES}


@each
def test_the_notebook_hands_it_out_as_it_is_here(name):
    assert source_in_the_notebook(name) == inspect.getsource(GIVEN[name]).strip()


@each
def test_untouched_it_is_not_called_wrong(name):
    assert judge(EXERCISES[name], GIVEN[name]).state == "open"


@each
def test_the_right_word_alone_does_not_pass_and_no_other_word_passes_with_the_mend(name):
    exercise = EXERCISES[name]
    verdict = judge(exercise, ward.still(GIVEN[name], WORDS[name]))
    assert verdict.state == "wrong" and verdict.words.startswith("The cause is right, but ")
    for word, why in [*ward.CAUSES.items()][::3]:
        if word != WORDS[name]:
            verdict = judge(exercise, edited(exercise.solution, f'"{WORDS[name]}"', f'"{word}"'))
            assert verdict.state == "wrong" and "It learns now" in verdict.words and why in verdict.words
            assert judge(exercise, ward.still(GIVEN[name], word)).words == f'Not "{word}". {why}'


@each
def test_what_is_said_of_a_known_mistake_is_what_its_run_shows(name):
    """Not only that it is that mistake: a reader who makes it in another way must hear the same."""
    exercise = EXERCISES[name]
    for wrong, hint in exercise.wrong:
        with np.errstate(all="ignore"), warnings.catch_warnings():  # as a check runs it
            warnings.simplefilter("ignore")
            assert exercise.verify(wrong, None) == hint
        assert hint not in judge(exercise, wrong).details


@each
def test_a_word_is_taken_in_any_case_and_with_spaces(name):
    exercise = EXERCISES[name]
    answer = edited(exercise.solution, f'"{WORDS[name]}"', f'" {WORDS[name].upper()} "')
    assert judge(exercise, answer).state == "right"


@each
@pytest.mark.parametrize("shift", (100, 200))
def test_the_law_holds_and_convicts_from_other_seeds(name, shift):
    assert LAWS[name](of_seed(EXERCISES[name].solution, shift)) is None
    convicted = LAWS[name](of_seed(GIVEN[name], shift))
    assert convicted is not None and convicted.startswith("The cause is right")


RATES = {
    "train_line": ("w - 0.1", "w - 0.01", "b - 0.1", "b - 0.01"),
    "train_gates": ("W1 - 0.1", "W1 - 0.01", "b1 - 0.1", "b1 - 0.01", "W2 - 0.1", "W2 - 0.01", "b2 - 0.1", "b2 - 0.01"),
    "train_clouds": ("W - 0.1", "W - 0.01", "b - 0.1", "b - 0.01"),
    "train_prices": ("W - 0.05", "W - 0.005", "b - 0.05", "b - 0.005"),
    "train_classes": ("W - 0.5", "W - 0.05", "b - 0.5", "b - 0.05"),
    "train_chosen": ("W - 0.1", "W - 0.01", "b - 0.1", "b - 0.01"),
}  # fmt: skip


@each
def test_a_tenth_of_the_rate_and_ten_times_the_epochs_mend_nothing(name):
    slow = edited(GIVEN[name], *RATES[name])

    def train(X, y, epochs, seed):
        cause, losses, third = slow(X, y, 10 * epochs, seed)
        return losses[::10], third

    if name == "train_prices":  # a tenth of the rate makes each swing longer by the root of ten, not by ten
        rng, X = ward.made_up(2, 40, 2)
        y = X @ [[2.0], [-1.0]] + 4
        losses = slow(X, y, 1500, 0)[1]
        assert max(losses[-100:]) > 100 * min(losses[-100:]) or max(losses[-100:]) > 1
    else:
        assert LAWS[name](train) is not None


# ---- what the complaints and the prose say ----------------------------------------------------------


def test_program_1_answers_the_same_everywhere():
    rng, X = ward.made_up(0, 40, 1)
    for seed in SEEDS:
        predict = GIVEN["train_line"](X, 2 * X + 1, 200, seed)[2]
        assert np.ptp(predict(X)) < 1e-6


def test_program_2_is_one_neuron_and_three_rows_do_not_show_it():
    X, y = datasets.xor()
    stuck = 0
    for seed in SEEDS:
        outputs = GIVEN["train_gates"](X, y, 500, seed)[2](X)
        assert np.mean((outputs - y) ** 2) > 1 / 6
        stuck += np.abs(outputs - 0.5).max() < 0.05
        assert GIVEN["train_gates"](X[:3], y[:3], 1000, seed)[1][-1] < 0.01
    assert stuck >= 3
    creeping = GIVEN["train_gates"](X, y, 3000, 3)[2](X)
    assert creeping == pytest.approx(np.array([[0.0], [0.67], [0.67], [0.67]]), abs=0.03)


def test_program_3_stays_at_the_loss_of_a_coin():
    X, y = ward.two_clouds()
    for seed in SEEDS:
        losses = GIVEN["train_clouds"](X, y, 40, seed)[1]
        assert losses[-1] > 0.6
    assert GIVEN["train_clouds"](X, y, 40, 0)[1][0] == pytest.approx(np.log(2), abs=0.01)
    assert GIVEN["train_clouds"](X, y, 40, 0)[1][-1] == pytest.approx(np.log(2), abs=0.01)


def test_program_4_learns_fast_and_swings_for_ever():
    rng, X = ward.made_up(0, 40, 2)
    y = X @ [[2.0], [-1.0]] + 4
    for seed in SEEDS:
        losses = np.array(GIVEN["train_prices"](X, y, 500, seed)[1])
        assert losses[:10].min() < losses[0] / 4
        assert losses[-50:].max() > losses[0] / 3


def test_program_5_reads_digits_and_rests_on_its_plateau():
    X, labels = (part[:500] for part in datasets.digits())
    y, plateau = datasets.one_hot(labels), np.log((np.e + 9) / np.e)
    assert plateau == pytest.approx(1.46, abs=0.005)
    for seed in range(3):
        _, losses, predict = GIVEN["train_classes"](X, y, 300, seed)
        assert plateau < losses[-1] < 1.6
        assert np.mean(predict(X).argmax(axis=1) == labels) > 0.85
        assert GIVEN["train_classes"](X[:3], y[:3], 100, seed)[1][-1] > plateau - 1e-9


def test_program_6_foretells_coins_and_the_mended_one_does_not():
    data = [ward.noise_and_coins(seed) for seed in range(40)]
    broken, mended = (
        np.mean([program(X, y, 100, seed)[2] for seed, (X, y) in enumerate(data)])
        for program in (GIVEN["train_chosen"], EXERCISES["train_chosen"].solution)
    )
    assert broken > 0.7
    assert abs(mended - 0.5) < 0.07
    assert ward.rows_without_influence(lambda *given: EXERCISES["train_chosen"].solution(*given)[1:]) == 20
    assert ward.rows_without_influence(lambda *given: GIVEN["train_chosen"](*given)[1:]) < 20


# ---- what the first sitting says, from other seeds ----------------------------------------------------


@pytest.fixture(scope="module")
def told():
    """The names of the first sitting's cells, after they have run."""
    notebook = json.loads((Path(__file__).parents[1] / "notebooks/A1_when_it_does_not_learn.ipynb").read_text("utf-8"))
    names = {}
    wanted = ("imports", "houses", "look", "standardized", "neighbors", "three-rows", "starting-losses", "range-test")
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in form.code_cells(notebook):
            if cell["id"] in (*wanted, "starting-cross-entropy", "held-score"):
                exec(form.source(cell), names)
    return SimpleNamespace(**names)


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_what_the_first_sitting_says_holds_from_other_seeds(told, seed):
    X, y, raw = told.X, told.y, told.X_raw[:, :2]
    ends = [told.three_rows(told.network(last, seed=seed), X, y) for last in ("linear", "sigmoid", "relu")]
    assert ends[0] < 0.01 and min(ends[1:]) > 1
    found = []
    for inputs, least, most in ((X, 0, 0.1), (raw, 0.9, 1.1)):
        losses = told.range_test(told.network(seed=seed), inputs, y, told.rates)
        assert least < losses.min() < most
        found.append(EXERCISES["safe_rate"].solution(told.rates[: len(losses)], losses))
    assert found[1] < found[0] < 0.5
    hidden = told.network(seed=seed).trace(raw)[1]
    assert np.sum(np.all(np.abs(hidden) > 0.99, axis=0)) >= 12
    labels = np.random.default_rng(seed).permutation(told.labels[:200])
    assert told.held_score(told.few, labels, seed) < 0.3
    assert told.held_score(np.tile(told.few, (2, 1)), np.tile(labels, 2), seed) > 0.5


@pytest.mark.parametrize("seed", (1, 2))
def test_one_or_two_neurons_do_not_enclose_a_ring_and_four_do(told, seed):
    rings, ring = datasets.circles(n=100, noise=0.05, seed=seed)
    for width in (1, 2, 4, 8):
        nn = told.network(width=width, seed=seed)
        nn.fit(rings, ring, epochs=1500, batch_size=20)
        assert (nn.loss(rings, ring) < 0.1 * np.var(ring)) == (width >= 4)
