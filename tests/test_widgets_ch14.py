"""The live figure of chapter 14, and what its prose says."""

import functools

import numpy as np
import pytest
from turning import fresh, laid_out, turn

from nnlib import NeuralNetwork, datasets, losses
from nnlib.exercises.ch14_classification import calibration
from nnlib.widgets import ch14_confident_mistake, confident_mistake
from nnlib.widgets.ch14_confident_mistake import (
    EPOCHS,
    LIMITS,
    PICTURE,
    RATE,
    RATES,
    RIGHT,
    RUNS,
    SUREST,
    WRONG,
    rows,
    squared_error,
)

X, LABELS = datasets.digits()
SEEDS = range(10)
run = functools.cache(ch14_confident_mistake.run.__wrapped__)


@pytest.fixture(scope="module", autouse=True)
def every_run_once():
    """The figure forgets old runs; the tests ask for the same ones again and again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ch14_confident_mistake, "run", run)
        yield


@pytest.fixture
def live():
    return fresh(confident_mistake)


def ends(live, **values):
    """The share of the validation rows that each network reads after the last epoch."""
    return {name: shares[-1] for name, (_, shares) in turn(live, **values).result.items()}


def end_of_squared_error(sure, seed, rate=6):
    """The same of the one network, without the figure."""
    return run("mse", rate, sure, seed)[1][-1]


def network(loss, rate, seed=0):
    last = "linear" if loss == "cross_entropy" else "sigmoid"
    layers = [
        {"n_inputs": 64, "n_neurons": 32, "activation": "relu"},
        {"n_inputs": 32, "n_neurons": 10, "activation": last},
    ]
    return NeuralNetwork(layers, learning_rate=rate, loss=loss, seed=seed)


# ---- the picture ------------------------------------------------------------------------------------


def test_the_rows_are_those_of_the_chapter_and_the_picture_is_a_four():
    X_train, labels_train, X_val, labels_val = rows()
    assert len(X_train) == len(labels_train) == 1078 and len(X_val) == len(labels_val) == 360
    assert labels_val[PICTURE] == RIGHT != WRONG


@pytest.mark.parametrize("loss, rate", [("mse", 6), ("cross_entropy", RATE)])
def test_a_run_is_one_of_the_library(loss, rate):
    X_train, labels_train, X_val, labels_val = rows()
    nn = network(loss, rate, seed=3)
    parameters = nn.get_parameters()
    parameters[1]["b"] = np.full(10, -5.0 if loss == "mse" else 0.0)
    parameters[1]["b"][WRONG] = 5
    nn.set_parameters(parameters)
    odds, shares = run(loss, rate, 5, 3)
    for epoch in range(3):
        P = nn.predict(X_val)
        p = P[PICTURE, RIGHT]
        assert odds[epoch] == pytest.approx(np.log(p / (1 - p)), abs=1e-9)
        assert shares[epoch] == np.mean(P.argmax(axis=1) == labels_val)
        nn.fit(X_train, datasets.one_hot(labels_train), epochs=1, batch_size=16)
    assert len(odds) == len(shares) == EPOCHS + 1


@pytest.mark.long
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("sure", [4, 12])
def test_both_start_equally_sure_of_the_same_mistake(loss, sure):
    for seed in SEEDS:
        odds, shares = run(loss, {"mse": 6, "cross_entropy": RATE}[loss], sure, seed)
        assert abs(odds[0] + sure) < 1.5
        assert 0.08 < shares[0] < 0.2  # one digit of ten


def test_the_picture_is_the_result(live):
    hill, curves = live.figure.axes
    for epoch in (0, 7, EPOCHS):
        turn(live, sure=6, epoch=epoch)
        texts = [text.get_text() for text in hill.texts if text.get_text().startswith(f"{RIGHT} with")]
        slope_texts = [
            text.get_text() for text in hill.texts if text.get_text().startswith(("slope", "stuck:", "done:"))
        ]
        markers = [line for line in hill.lines if line.get_markersize() == 11 and line.get_marker() in "so"]
        for (name, (odds, shares)), text, ball in zip(live.result.items(), texts, markers, strict=True):
            line = next(line for line in curves.lines if line.get_label() == name)
            np.testing.assert_array_equal(line.get_ydata(), 100 * shares[: epoch + 1])
            x, here = np.clip(odds[epoch], *LIMITS), ball.get_xydata()[0]
            p = 1 / (1 + np.exp(-x))
            assert here == pytest.approx([x, -np.log(p) if name == "cross-entropy" else (1 - p) ** 2], abs=1e-9)
            slope = p - 1 if name == "cross-entropy" else 2 * (p - 1) * p * (1 - p)
            for said, number in ((text, p), (slope_texts.pop(0), slope)):
                said = said.split(" ")[-1].replace("−", "-")
                assert float(said) != 0 and float(said) == pytest.approx(
                    number, abs=0.5 * 10.0 ** -len(said.split(".")[1])
                )
            assert f"{name} reads {100 * shares[epoch]:.0f}%" in live.readout


def test_no_slope_is_the_end_of_one_network_and_the_start_of_the_other(live):
    turn(live, sure=12, epoch=EPOCHS)
    said = [text.get_text().split(" −")[0] for text in live.figure.axes[0].texts if "−0.0" in text.get_text()]
    assert said == ["stuck: slope", "done: slope"]
    for settings in ({}, {"sure": 0}, {"epoch": 0}, {"sure": 0, "rate": RATES[-1]}):
        turn(live, **settings)
        laid_out(live)
        frame = live.figure.axes[0].get_window_extent()
        boxes = [text.get_window_extent() for text in live.figure.axes[0].texts if "slope" in text.get_text()]
        assert len(boxes) == 2 and all(
            frame.x0 < box.x0 and box.x1 < frame.x1 for box in boxes
        )  # of the squared error, and of cross-entropy


def test_every_extreme_answers(live):
    for sure in (0, SUREST):
        for rate in (RATES[0], RATES[-1]):
            result = turn(live, sure=sure, rate=rate).result
            assert all(np.isfinite(odds).all() for odds, _ in result.values())
            turn(live, epoch=0)
            assert "0 epochs later" in live.readout
            assert all(LIMITS[0] < odds[0] < LIMITS[1] for odds, _ in result.values())


def test_the_readers_loss_is_used():
    live = confident_mistake(lambda Z, y: (7.5, np.zeros_like(Z)))
    turn(live, epoch=0)
    ball = next(line for line in live.figure.axes[0].lines if line.get_marker() == "o")
    assert ball.get_ydata()[0] == 7.5
    live.close()


def test_the_squared_error_has_the_slope_that_it_says():
    odds = np.linspace(-12, 6, 50)
    measured = (squared_error(odds + 1e-5)[0] - squared_error(odds - 1e-5)[0]) / 2e-5
    np.testing.assert_allclose(squared_error(odds)[1], measured, atol=1e-9)


# ---- what the chapter says --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_prediction_is_true_of_every_seed(live, seed):
    assert live.prediction.answer == "only cross-entropy"
    assert min(ends(live, seed=seed).values()) > 0.9  # "both get away"
    shares = ends(live, seed=seed, **live.prediction.settings)
    assert shares["squared error"] < 0.2 and shares["cross-entropy"] > 0.9


@pytest.mark.long
@pytest.mark.parametrize("rate", RATES)
def test_no_rate_frees_the_squared_error_from_12_and_none_does_better_than_6_from_8(rate):
    for seed in range(4):
        assert end_of_squared_error(12, seed, rate) < 0.2
        assert end_of_squared_error(8, seed, rate) <= end_of_squared_error(8, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_cross_entropy_leaves_at_once(seed):
    for sure in (0, 4, 12, SUREST):
        odds, shares = run("cross_entropy", RATE, sure, seed)
        assert odds[1] > -1 and shares[1] > 0.5
    assert run("mse", 6, 12, seed)[0][-1] < -10


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_the_squared_error_gets_away_from_6_is_on_its_way_from_8_and_stuck_at_10(seed):
    from_6, from_8, from_10 = (end_of_squared_error(sure, seed) for sure in (6, 8, 10))
    assert from_6 > 0.75 and 0.35 < from_8 < 0.95 and from_10 < 0.5
    assert from_10 < from_8 < from_6


@pytest.mark.parametrize("seed", SEEDS)
def test_from_a_good_start_cross_entropy_is_ahead_at_first_and_level_at_the_end(live, seed):
    squared, cross = (shares for _, shares in turn(live, sure=0, seed=seed).result.values())
    assert cross[1] > squared[1] and abs(cross[-1] - squared[-1]) < 0.06


def test_cross_entropy_is_ahead_in_the_first_three_epochs_of_the_race():
    """On the chapter's test rows: the mean of ten seeds, after each of the three."""
    X_rest, labels_rest, X_test, labels_test = datasets.split(X, LABELS, fraction=0.2, seed=0)
    wrong = {"mse": np.zeros(3), "cross_entropy": np.zeros(3)}
    for loss, rate in (("mse", 6), ("cross_entropy", RATE)):
        for seed in SEEDS:
            nn = network(loss, rate, seed)
            for epoch in range(3):
                nn.fit(X_rest, datasets.one_hot(labels_rest), epochs=1, batch_size=16)
                wrong[loss][epoch] += np.sum(nn.predict(X_test).argmax(axis=1) != labels_test)
    assert (wrong["cross_entropy"] < wrong["mse"]).all()


def test_the_figure_opens_where_one_slope_is_steep_and_the_other_next_to_none(live):
    (squared, cross) = (run_of[0][0] for run_of in live.result.values())
    assert live.controls["epoch"].value == 0
    assert abs(squared_error(squared)[1]) < 0.1 and 1 / (1 + np.exp(cross)) > 0.9


def test_the_pull_is_strongest_at_a_third():
    a = np.linspace(0, 1, 3001)
    slope = 2 * (a - 1) * a * (1 - a)
    assert a[np.argmin(slope)] == pytest.approx(1 / 3, abs=1e-3) and min(slope) == pytest.approx(-0.30, abs=0.005)
    at_the_four = 2 * (0.0007 - 1) * 0.0007 * (1 - 0.0007)
    assert at_the_four == pytest.approx(-0.0014, abs=5e-5)
    assert min(slope) / at_the_four == pytest.approx(200, rel=0.1)
    assert (0.0007 - 1) / at_the_four == pytest.approx(700, rel=0.05)
    assert 1 / (1 + np.exp(7.3)) == pytest.approx(0.0007, abs=5e-5)


def test_far_out_the_slope_is_that_of_an_exponential():
    for z in (-8, -12):
        assert squared_error(z)[1] == pytest.approx(-2 * np.exp(z), rel=0.002)


def test_softmax_with_the_squared_error_has_the_plateau_too():
    y = np.eye(10)[4]

    def loss(z):
        return np.sum((losses.softmax(z[np.newaxis])[0] - y) ** 2)

    z = np.zeros(10)
    z[9] = 12
    steps = 1e-4 * np.eye(10)
    slopes = [(loss(z + step) - loss(z - step)) / 2e-4 for step in steps]
    assert 1.99 < loss(z) <= 2 and np.abs(slopes).max() < 2e-4
    assert np.abs(losses.cross_entropy(z[np.newaxis], y[np.newaxis])[1]).max() > 0.99


def test_numbers_of_the_prose():
    assert -np.log(1 / 10) == pytest.approx(2.3, abs=0.005) and -np.log(1 / 1000) == pytest.approx(6.9, abs=0.01)
    y = np.array([2 / 3, 1 / 3])
    assert -np.sum(y * np.log(y)) == pytest.approx(0.64, abs=0.005)
    lowest = losses.cross_entropy(np.log(y)[np.newaxis], y[np.newaxis])
    assert lowest[0] == pytest.approx(0.64, abs=0.005) and np.abs(lowest[1]).max() < 1e-12


def test_after_sixty_epochs_every_training_row_is_read_right():
    nn = network("cross_entropy", RATE)
    nn.fit(X[:1438], datasets.one_hot(LABELS[:1438]), epochs=60, batch_size=16)
    assert np.mean(nn.predict(X[:1438]).argmax(axis=1) == LABELS[:1438]) == 1


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_known_hands_want_a_temperature_nearer_to_1_than_new_ones(seed):
    def best_temperature(X, labels, X_held, labels_held):
        nn = network("cross_entropy", RATE, seed)
        nn.fit(X, datasets.one_hot(labels), epochs=60, batch_size=16)
        Z, y = nn.trace(X_held)[-1], datasets.one_hot(labels_held)
        temperatures = np.arange(0.5, 4, 0.05)
        return temperatures[np.argmin([losses.cross_entropy(Z / T, y)[0] for T in temperatures])]

    known = best_temperature(*datasets.split(X, LABELS, fraction=0.2, seed=0))
    new = best_temperature(X[:1438], LABELS[:1438], X[1438:], LABELS[1438:])
    assert known < new - 0.2 and known < 1.6 < new


@pytest.mark.long
@pytest.mark.parametrize("seeds", [(0, 1, 2), (3, 4, 5)])
def test_known_hands_get_what_is_claimed_and_new_ones_less(seeds):
    """In the bins of the chapter, three networks of 40 epochs: within two errors of the claim, and clearly below."""

    def gaps(order):
        P = np.zeros((3, len(X), 10))
        for held in np.array_split(order, 3):
            given = np.setdiff1d(order, held)
            for k, seed in enumerate(seeds):
                nn = network("cross_entropy", RATE, seed)
                nn.fit(X[given], datasets.one_hot(LABELS[given]), epochs=40, batch_size=16)
                P[k, held] = nn.predict(X[held])
        sure, right = P.max(axis=2).ravel(), (P.argmax(axis=2) == LABELS).ravel()
        edges = [0, 0.5, 0.7, 0.85, 0.95, 0.99, 1.01]
        claimed, found = calibration(sure, right, edges)
        n = np.histogram(sure, edges)[0]
        errors = [np.sqrt(3 * p * (1 - p) / k) for p, k in zip(found, n)]
        return np.array(claimed) - found, np.array(found), errors, np.mean(sure), np.mean(right)

    known, found, errors, known_claim, known_right = gaps(np.random.default_rng(0).permutation(len(X)))
    assert (np.abs(known) < 2 * np.array(errors)).all() and 0.87 < found[3] < 0.95
    new, found, errors, new_claim, new_right = gaps(np.arange(len(X)))
    assert min(new) > 0 and (new > np.array(errors))[1:5].all() and 0.78 < found[3] < 0.85
    assert 0 < known_claim - new_claim < known_right - new_right  # less sure of a new hand, but not enough


def test_each_loss_has_a_legend_of_its_own_without_color(live):
    looks = {(style, marker) for _, style, marker in RUNS.values()}
    assert len(looks) == len(RUNS)
