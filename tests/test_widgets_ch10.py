"""The live figure of chapter 10, and what its prose says about it."""

import numpy as np
import pytest
from turning import turn

from nnlib import NeuralNetwork
from nnlib.exercises import exercises, judge
from nnlib.exercises.ch10_mini_batches import minibatches
from nnlib.plots import artist
from nnlib.widgets import noisy_path, noisy_paths
from nnlib.widgets.ch02_descent import descent_path
from nnlib.widgets.ch10_noisy_paths import BATCH_SIZES, BUDGETS, RATES


def rides():
    rng = np.random.default_rng(0)
    km = rng.uniform(1, 9, size=100)
    fare = 4.5 + 1.9 * km + rng.normal(0, 2, size=100)
    return (km - km.mean()) / km.std(), fare


Z, FARE = rides()
A = np.stack([Z, np.ones(100)], axis=1)
MINIMUM = np.linalg.lstsq(A, FARE, rcond=None)[0]
LEAST = np.mean((A @ MINIMUM - FARE) ** 2)


def above(path):
    """The loss above its minimum at each point of a path, from the rows."""
    return np.mean((path @ A.T - FARE) ** 2, axis=1) - LEAST


@pytest.fixture
def live():
    live = noisy_paths(Z, FARE)
    yield live
    live.close()


def curve_of(live):
    full, this = live.figure.axes[1].lines[:2]
    return this.get_xydata(), full.get_xydata()


def after_ten_epochs(live, **values):
    losses = turn(live, **values).result[0][1]
    return losses[10 * -(-100 // live.controls["batch_size"].value)]


def notes(live, panel):
    return [" ".join(t.get_text().split()) for t in live.figure.axes[panel].texts if t.get_gid() == "nnlib-note"]


# ---- the path ---------------------------------------------------------------------------------------


def test_with_all_rows_it_is_gradient_descent():
    path = noisy_path(Z, FARE, 100, 0.05, 40)
    np.testing.assert_allclose(path, descent_path(Z, FARE, 0.05, 40), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(noisy_path(Z, FARE, 200, 0.05, 40), path)


@pytest.mark.parametrize("batch_size", [1, 7, 30, 99])
def test_it_is_the_path_of_the_library(batch_size):
    updates = -(-100 // batch_size)
    path = noisy_path(Z, FARE, batch_size, 0.05, 3 * updates, seed=4)
    nn = NeuralNetwork([{"n_inputs": 1, "n_neurons": 1, "activation": "linear"}], learning_rate=0.05)
    nn.set_parameters([{"W": [[0.0]], "b": [0.0]}])
    nn._generator = np.random.default_rng(4)
    places = []

    def remember(nn):
        layer = nn.get_parameters()[0]
        places.append([layer["W"][0, 0], layer["b"][0]])

    nn.fit(Z.reshape(-1, 1), FARE.reshape(-1, 1), epochs=3, batch_size=batch_size, callback=remember)
    np.testing.assert_allclose(path[[updates, 2 * updates, 3 * updates]], places, rtol=0, atol=1e-12)


def test_an_unfinished_epoch_is_cut():
    long, short = (noisy_path(Z, FARE, 10, 0.05, updates) for updates in (25, 13))
    assert short.shape == (14, 2)
    np.testing.assert_array_equal(long[:14], short)


# ---- the figure -------------------------------------------------------------------------------------


def test_the_prediction_is_true_for_every_seed(live):
    assert live.prediction.answer == "10"
    for seed in range(21):
        ends = {size: after_ten_epochs(live, batch_size=size, seed=seed) for size in (1, 10, 100)}
        assert min(ends, key=ends.get) == 10, (seed, ends)


@pytest.mark.parametrize("batch_size", [1, 10, 30, 100])
def test_curve_path_and_readout_are_the_run(live, batch_size):
    turn(live, batch_size=batch_size, seed=3)
    per_epoch = -(-100 // batch_size)
    path = noisy_path(Z, FARE, batch_size, 0.05, 10 * per_epoch, seed=3)
    this, full = curve_of(live)
    np.testing.assert_allclose(this[:, 0], np.arange(10 * per_epoch + 1) / per_epoch)
    np.testing.assert_allclose(this[:, 1], above(path), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(full[:, 1], above(descent_path(Z, FARE, 0.05, 10)), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(artist(live.figure.axes[0], "path").get_xydata(), path)
    assert f"{10 * per_epoch} updates, 1,000 row-visits, 10 epochs" in live.readout
    assert f"{above(path)[-1]:.2g} above the minimum" in live.readout
    assert live.readout.endswith("all 100 rows at once: 28 above the minimum.")


def test_the_same_number_of_updates(live):
    for size in (1, 10, 30, 100):
        this, full = curve_of(turn(live, batch_size=size, budget="100 updates"))
        np.testing.assert_array_equal(this[:, 0], np.arange(101))
        np.testing.assert_array_equal(full[:, 0], np.arange(101))
        assert live.figure.axes[1].get_xlim() == (0, 100)
        assert "100 updates" in live.readout
    assert "10,000 row-visits" in live.readout
    assert this[-1, 1] < 1e-6


def test_the_same_time(live):
    for size in (1, 100):
        this, full = curve_of(turn(live, batch_size=size, budget="2 milliseconds"))
        for curve, (_, losses, pace) in zip((this, full), live.result, strict=True):
            np.testing.assert_allclose(curve[:, 0], pace * np.arange(len(curve)))
            assert curve[-1, 0] <= 2 and (curve[-1, 0] + pace > 2 - 1e-9 or len(curve) == len(losses))
    np.testing.assert_array_equal(this, full)  # batches of all rows are one run, timed once
    assert live.result[0] is live.result[1]


@pytest.mark.parametrize("size", [100, 200])
@pytest.mark.parametrize("budget", BUDGETS)
def test_batches_of_all_rows_are_one_curve(live, size, budget):
    np.testing.assert_array_equal(*curve_of(turn(live, batch_size=size, budget=budget)))


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"batch_size": 1, "budget": "100 updates"}, "100 row-visits, 1 epoch. Loss"),
        ({"rate": 0.01}, "156 above the minimum; all 100 rows at once: 156 above the minimum."),
        ({"rate": 0.5}, "0 (to rounding) above the minimum; all 100 rows"),
        ({"rate": 1.1, "budget": "100 updates"}, "Loss beyond the figure; all 100 rows at once: beyond the figure."),
    ],
)
def test_the_readout_says_numbers_as_people_do(live, settings, words):
    assert words in turn(live, **settings).readout


def test_the_minimum_is_seen_through_the_steps(live):
    bowl = live.figure.axes[0]
    assert artist(bowl, "minimum").get_zorder() > artist(bowl, "path").get_zorder()


@pytest.mark.parametrize("budget", BUDGETS)
def test_no_number_under_the_axis_is_cut_off(live, budget):
    turn(live, budget=budget)
    fig = live.figure
    labels = [label for label in fig.axes[1].get_xticklabels() if label.get_text()]
    assert labels[-1].get_text() == {"epochs": "10", "updates": "100", "milliseconds": "2"}[BUDGETS[budget][0]]
    assert all(label.get_window_extent().x1 <= fig.bbox.x1 for label in labels)


def test_what_the_chapter_reads_off(live):
    """10 epochs at the rate 0.05: 28, 0.0032, and a single row's trembling."""
    assert after_ten_epochs(live) == pytest.approx(28, abs=0.5)
    assert after_ten_epochs(live, batch_size=10) == pytest.approx(0.0032, abs=5e-5)
    turn(live, batch_size=1)
    losses = live.result[0][1]
    assert np.flatnonzero(losses < 1)[0] == 25  # a fortieth of the work
    assert 0.02 < np.quantile(losses[100:], 0.05) and np.quantile(losses[100:], 0.92) < 1
    turn(live, batch_size=100, budget="100 updates")
    assert "1.6e-07 above the minimum" in live.readout


def test_the_lone_row(live):
    ends = [after_ten_epochs(live, batch_size=size, rate=0.2) for size in (50, 99, 100)]
    np.testing.assert_allclose(ends, [0.0006, 7.4, 0.0085], rtol=0.02)
    turns = [after_ten_epochs(live, batch_size=99, seed=seed) for seed in range(21)]
    np.testing.assert_allclose([min(turns), max(turns)], [0.14, 8.44], rtol=0.01)


def test_single_rows_explode_where_all_rows_arrive_in_one_step(live):
    assert after_ten_epochs(live, rate=0.5) < 1e-12
    assert live.result[0][1][1] < 1e-12
    turn(live, batch_size=1)
    assert any("At rate 0.5, batches of 1 come no closer." in words for words in notes(live, 0))


def test_more_than_all_rows_are_all_rows(live):
    assert not any(notes(live, 1))
    turn(live, batch_size=200)
    assert any("only 100 rows" in words for words in notes(live, 1))
    np.testing.assert_array_equal(*curve_of(live))
    assert "10 updates, 1,000 row-visits" in live.readout


@pytest.mark.parametrize("budget", BUDGETS)
def test_every_extreme_answers(live, budget):
    turn(live, budget=budget)
    for size in (BATCH_SIZES[0], BATCH_SIZES[-1]):
        for rate in (RATES[0], RATES[-1]):
            turn(live, batch_size=size, rate=rate)
            assert f"Batch size {size}, rate {rate:g}" in live.readout
            assert "nan" not in live.readout


def test_the_noise_floor_falls_with_the_rate_and_the_batch_size():
    floors = {
        (size, rate): above(noisy_path(Z, FARE, size, rate, 2000)[1000:]).mean()
        for size, rate in ((1, 0.1), (1, 0.05), (1, 0.025), (10, 0.1), (10, 0.05), (10, 0.025), (100, 0.1))
    }
    assert floors[1, 0.1] > 2 * floors[1, 0.05] > 4 * floors[1, 0.025]
    assert floors[10, 0.1] > 3 * floors[10, 0.05] > 9 * floors[10, 0.025]
    assert floors[1, 0.1] > 10 * floors[10, 0.1] and abs(floors[100, 0.1]) < 1e-12


def test_twice_the_rows_at_twice_the_rate_keep_the_floor():
    """The last open question of the chapter."""
    pairs = ((1, 0.025), (2, 0.05), (4, 0.1))
    floors = [above(noisy_path(Z, FARE, size, rate, 3000)[1000:]).mean() for size, rate in pairs]
    assert max(floors) < 1.1 * min(floors)


def test_the_readers_functions_are_used():
    asked = []

    def asking(X, y, batch_size, rng):
        asked.append(batch_size)
        return minibatches(X, y, batch_size, rng)

    own = noisy_paths(Z, FARE, minibatches=asking, gradient=lambda x, y, w, b: (0.0, 1.0))
    assert set(asked) == {100}
    path = artist(own.figure.axes[0], "path").get_xydata()
    np.testing.assert_allclose(path[-1], [0, -0.5])
    own.close()


# ---- the valleys ------------------------------------------------------------------------------------


def ends_among_valleys(size, rate, start, updates=1000):
    """Where ten seeds end on the rows of y = sin(3 x), in order of place."""
    x = np.random.default_rng(0).uniform(-3, 3, size=40)
    y = np.sin(3 * x) + np.random.default_rng(1).normal(0, 0.1, size=40)

    def gradient(x, y, w, b):
        return np.mean(2 * (np.sin(w * x) - y) * np.cos(w * x) * x), 0.0

    paths = (noisy_path(x, y, size, rate, updates, seed, gradient=gradient, start=(start, 0.0)) for seed in range(10))
    return np.sort([path[-1, 0] for path in paths])


@pytest.mark.parametrize("size, arrive", [(40, 0), (10, 0), (4, 0), (1, 10)])
def test_single_rows_leave_the_shallow_valley(size, arrive):
    ends = ends_among_valleys(size, 0.1, 5.0)
    assert np.sum(np.abs(ends - 3) < 0.3) == arrive
    assert np.sum(np.abs(ends - 5.12) < 0.3) == 10 - arrive


def test_the_noise_has_to_suit_the_hill():
    assert np.all(np.abs(ends_among_valleys(1, 0.1, 1.0) - 0.17) < 0.5)  # the hills are at -0.7 and 1.7
    assert np.all(np.abs(ends_among_valleys(1, 0.02, 5.0) - 5.12) < 0.2)
    ends = ends_among_valleys(1, 0.3, 5.0, updates=100)  # chaos: after 1000 the last bit of a sine decides
    np.testing.assert_allclose(ends[[0, -2, -1]], [-0.3, 9.0, 14.2], atol=0.06)
    assert np.all(np.abs(ends[1:-2] - 3) < 0.3)


# ---- the exercises ----------------------------------------------------------------------------------


def permuted_elsewhere(X, y, batch_size, rng):
    order = np.random.default_rng().permutation(len(X))
    return [(X[order[k : k + batch_size]], y[order[k : k + batch_size]]) for k in range(0, len(X), batch_size)]


def test_an_order_from_another_generator_is_told():
    """Luck that no declared answer can repeat."""
    verdict = judge(exercises()["minibatches"], permuted_elsewhere)
    assert verdict.state == "wrong"
    assert "draws random numbers of its own" in verdict.details[0]
