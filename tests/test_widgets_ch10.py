"""The live figure of chapter 10, and what its prose says about it."""

from time import sleep

import numpy as np
import pytest
from turning import fresh, turn

from nnlib import DivergenceError, NeuralNetwork, datasets
from nnlib.exercises import exercises, judge
from nnlib.exercises.ch10_mini_batches import minibatches
from nnlib.plots import COLORS, artist
from nnlib.widgets import noisy_path, noisy_paths
from nnlib.widgets.ch02_descent import descent_path, mse_gradient
from nnlib.widgets.ch10_noisy_paths import BATCH_SIZES, BUDGETS, HIGHEST, LOWEST, RATES, STYLES, height


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


STYLE_COLORS = {COLORS[color] for color, _, _ in STYLES}


def make():
    return noisy_paths(Z, FARE)


@pytest.fixture
def live():
    return turn(fresh(make), budget="100 updates", done=100)


def curves_of(live):
    """The three curves on the right: single rows, the chosen size, all rows."""
    curves, tips = (live.figure.axes[2].lines[first:9:3] for first in (0, 1))
    for curve, tip in zip(curves, tips, strict=True):
        inside = LOWEST < curve.get_ydata()[-1] < HIGHEST
        np.testing.assert_array_equal(
            tip.get_xydata()[0], [curve.get_xdata()[-1], curve.get_ydata()[-1] if inside else np.nan]
        )
    return [curve.get_xydata() for curve in curves]


def names(live):
    """What stands at the ends of the curves."""
    return [text.get_text() for text in live.figure.axes[2].texts if text.get_ha() == "left" and text.get_visible()]


def after_ten_epochs(live, **values):
    """How far above the minimum the three runs end."""
    return [losses[-1] for _, losses, _ in turn(live, budget="10 epochs", **values).result]


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


def test_it_opens_before_the_answer():
    """Where the question begins, while the single rows are ahead, which do not end closest."""
    live = fresh(make)
    now = [losses[(len(losses) - 1) // 5] for _, losses, _ in live.result]
    assert live.controls["budget"].value == "10 epochs" and live.controls["done"].value == 20
    assert live.readout.startswith("10 epochs each, 20% so far.") and min(now) == now[0] and not names(live)


def test_at_100_updates_all_rows_win_and_the_seed_turns_two_runs(live):
    ends = [losses[-1] for _, losses, _ in live.result]
    assert min(ends) == ends[2]
    before = [path for path, _, _ in live.result]
    turned = [not np.allclose(path, old) for (path, _, _), old in zip(turn(live, seed=1).result, before, strict=True)]
    assert turned == [True, True, False]


def test_the_guess_is_answered_by_the_figure(live):
    live.guess("all 100 rows")
    assert live.controls["budget"].value == "10 epochs" and live.controls["done"].value == 100
    assert live.readout == (
        "10 epochs each. Closest: 10 rows. Typical loss above the minimum (the bars): 0.32 with 1 row (1,000 updates), "
        "0.0098 with 10 rows (100), 35 with all 100 rows (10)."
    )
    assert all(name in live.readout for name in names(live)), "the picture and the line below say the same"
    assert names(live) == ["0.32", "0.0098", "35"]


@pytest.mark.parametrize("settings", [{"budget": "10 epochs"}, {"rate": 0.2, "seed": 3}, {"budget": "2 milliseconds"}])
def test_a_bar_is_the_median_of_the_last_fifth_and_has_its_number(live, settings):
    turn(live, **settings)
    bars = live.figure.axes[2].lines[2:9:3]
    end = live.figure.axes[2].get_xlim()[1]
    for (_, losses, _), bar, name in zip(live.result, bars, names(live), strict=True):
        last = np.sort(losses[-(len(losses) + 4) // 5 :])
        median = (last[(len(last) - 1) // 2] + last[len(last) // 2]) / 2
        assert name == height(median).split(" (")[0]
        np.testing.assert_allclose(
            bar.get_xydata(),
            [[0.8 * end, median if median > LOWEST else np.nan], [end, median if median > LOWEST else np.nan]],
        )
    dots = [line.get_window_extent().x1 for line in live.figure.axes[2].lines[1:9:3]]
    texts = [text for text in live.figure.axes[2].texts if text.get_text() in names(live)]
    assert all(text.get_window_extent().x0 > max(dots) + 3 for text in texts)
    turn(live, done=98)
    assert not names(live) and all(np.isnan(bar.get_ydata()).all() for bar in bars)


def test_a_run_that_leaves_the_frame_ends_there(live):
    turn(live, rate=1.1)
    for line in live.figure.axes[2].lines[:9:3]:
        assert line.get_ydata()[-1] > HIGHEST and line.axes.get_ylim() == (LOWEST, HIGHEST)
    assert names(live) == ["off ↑"] * 3
    frame = live.figure.axes[2].bbox
    assert all(
        text.get_window_extent().y0 < frame.y1 for text in live.figure.axes[2].texts if text.get_text() == "off ↑"
    )
    assert "none of the three\nends here" in {text.get_text() for text in live.figure.axes[1].texts}


def test_the_prediction_is_true_for_every_seed(live):
    assert live.prediction.answer == "10 rows"
    for seed in range(21):
        ends = after_ten_epochs(live, seed=seed)
        levels = [np.median(losses[-(len(losses) // 5) :]) for _, losses, _ in live.result]
        assert min(ends) == ends[1] and min(levels) == levels[1], (seed, ends)


@pytest.mark.parametrize("batch_size", [2, 10, 30, 99])
def test_curves_and_paths_are_the_runs(live, batch_size):
    turn(live, batch_size=batch_size, seed=3, budget="10 epochs")
    for k, (size, curve) in enumerate(zip((1, batch_size, 100), curves_of(live), strict=True)):
        per_epoch = -(-100 // size)
        path = noisy_path(Z, FARE, size, 0.05, 10 * per_epoch, seed=3)
        np.testing.assert_allclose(curve[:, 0], np.arange(10 * per_epoch + 1) / per_epoch)
        np.testing.assert_allclose(curve[:, 1], above(path), rtol=1e-6, atol=1e-9)
        way, here = lines_on_the_bowl(live)[k]
        np.testing.assert_allclose(way, path)
        np.testing.assert_allclose(here, path[-1:])
        assert f"({10 * per_epoch:,}" in live.readout


def lines_on_the_bowl(live):
    """For each run its path and the dot where it is."""
    moving = [line for line in live.figure.axes[0].lines if line.get_color() in STYLE_COLORS]
    return [(way.get_xydata(), here.get_xydata()) for way, here in zip(moving[::2], moving[1::2], strict=True)]


def test_play_shows_as_much_of_each_run(live):
    turn(live, budget="10 epochs", done=50)
    assert [len(curve) - 1 for curve in curves_of(live)] == [500, 50, 5] and not names(live)
    live.restart()
    assert [len(curve) for curve in curves_of(live)] == [1, 1, 1] and not any(live.notes)
    assert live.readout.startswith("10 epochs each, 0% so far. Loss above its minimum now: 233 with 1 row (0 updates)")
    assert not any(text.get_text().startswith("bar") and text.get_visible() for text in live.figure.axes[2].texts)


def test_the_same_number_of_updates(live):
    for curve in curves_of(turn(live, budget="100 updates", batch_size=30)):
        np.testing.assert_array_equal(curve[:, 0], np.arange(101))
    assert live.figure.axes[2].get_xlim() == (0, 100)
    assert curve[-1, 1] < 1e-6


@pytest.mark.parametrize("slow", [0, 5e-4])
def test_the_same_time(slow):
    """Every curve goes to the end of the axis, however fast the reader's code is."""

    def gradient(x, y, w, b):
        sleep(slow)
        return mse_gradient(x, y, w, b)

    live = noisy_paths(Z, FARE, gradient=gradient)
    for curve, (_, _, pace) in zip(curves_of(turn(live, budget="2 milliseconds", done=100)), live.result, strict=True):
        np.testing.assert_allclose(curve[:, 0], np.arange(len(curve)) / pace)
        assert curve[-1, 0] <= 2 < curve[-1, 0] + 1 / pace + 1e-9
    live.close()


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"rate": 0.01, "budget": "10 epochs"}, "162 with all 100 rows (10)"),
        ({"rate": 0.5}, "Closest: all 100 rows."),
        ({"rate": 0.5}, "off the figure with 1 row"),
        ({"rate": 0.5}, "0 (to rounding) with all 100 rows"),
        ({"rate": 0.01, "batch_size": 50}, "Closest: 50 rows and all 100 rows."),
        ({"rate": 1.0}, "None of the three comes down"),
        ({"rate": 1.1}, "None of the three comes down"),
    ],
)
def test_the_readout_says_numbers_as_people_do(live, settings, words):
    assert words in turn(live, **settings).readout


def test_the_ends_are_magnified_or_said_to_be_elsewhere(live):
    end = live.figure.axes[1]
    turn(live, budget="10 epochs")
    paths = [path for path, _, _ in live.result]
    dots = [line for line in end.lines if line.get_marker() == "o"]
    for path, dot in zip(paths, dots, strict=True):
        assert not len(dot.get_xydata()) or tuple(dot.get_xydata()[0]) == tuple(path[-1])
    ways = [line for line in end.lines if line.get_color() in STYLE_COLORS and line.get_marker() != "o"]
    for path, way in zip(paths, ways, strict=True):
        np.testing.assert_array_equal(way.get_xydata(), path[-1 - (len(path) - 1) // 5 :])  # what the bars measure
    assert ways[1].get_zorder() > ways[0].get_zorder() and dots[1].get_zorder() > dots[0].get_zorder()
    (ring,) = [line.get_xydata() for line in end.lines if len(line.get_xydata()) == 200]
    np.testing.assert_allclose(above(ring), 1, rtol=1e-9)
    (left, right), (low, high) = end.get_xlim(), end.get_ylim()
    inside = [left < w < right and low < b < high for w, b in (path[-1] for path in paths)]
    assert inside == [len(dot.get_xydata()) == 1 for dot in dots] == [True, True, False]
    assert "not here: all 100 rows" in [text.get_text() for text in end.texts]
    turn(live, done=22)
    (words,) = (text for text in end.texts if text.get_text() == "not here: 10 rows,\nall 100 rows")
    box, room = words.get_window_extent(), end.bbox
    assert room.x0 < box.x0 < box.x1 < room.x1 and box.y0 > 2
    turn(live, budget="100 updates", done=100)
    assert not any("not here" in text.get_text() for text in end.texts)


def test_the_minimum_is_seen_through_the_steps(live):
    bowl = live.figure.axes[0]
    minimum = artist(bowl, "minimum")
    assert all(line.get_zorder() < minimum.get_zorder() for line in bowl.lines if line is not minimum)


@pytest.mark.parametrize("budget", BUDGETS)
def test_no_number_under_the_axis_is_cut_off(live, budget):
    turn(live, budget=budget)
    fig = live.figure
    labels = [label for label in fig.axes[2].get_xticklabels() if label.get_text()]
    assert labels[-1].get_text() == {"epochs": "10", "updates": "100", "milliseconds": "2"}[BUDGETS[budget][0]]
    assert all(label.get_window_extent().x1 <= fig.bbox.x1 for label in labels)


def test_what_the_chapter_reads_off(live):
    """10 epochs at the rate 0.05, and a single row's trembling."""
    after_ten_epochs(live)
    losses = live.result[0][1]
    assert np.flatnonzero(losses < 1)[0] == 25  # a fortieth of the work
    assert 0.02 < np.quantile(losses[100:], 0.05) and np.quantile(losses[100:], 0.92) < 1
    assert names(live) == ["0.32", "0.0098", "35"]
    assert names(turn(live, budget="100 updates"))[2] == "1 · 10⁻⁶"
    assert "1\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}10⁻⁶ with all 100 rows" in live.readout  # on one line


def test_the_lone_row(live):
    ends = [after_ten_epochs(live, batch_size=size, rate=0.2)[1] for size in (50, 99)]
    np.testing.assert_allclose(ends, [0.0006, 7.4], rtol=0.02)
    turns = [after_ten_epochs(live, batch_size=99, seed=seed)[1] for seed in range(21)]
    np.testing.assert_allclose([min(turns), max(turns)], [0.14, 8.44], rtol=0.01)


def test_single_rows_explode_where_all_rows_arrive_in_one_step(live):
    single, _, every = after_ten_epochs(live, rate=0.5)
    assert every < 1e-12 and live.result[2][1][1] < 1e-12
    assert single > live.result[0][1][0]
    assert notes(live, 2) == ["Higher than at the start: 1 row."]


def test_the_limits_of_a_row_and_of_all_rows():
    assert np.mean(Z**2) == pytest.approx(1) and 2 / (2 * np.mean(Z**2)) == pytest.approx(1)
    assert np.max(Z**2) == pytest.approx(3.2, abs=0.05)
    assert 2 / (2 * (np.max(Z**2) + 1)) == pytest.approx(0.24, abs=0.005)


def test_twice_the_rows_at_twice_the_rate_have_about_the_same_floor():
    floors = [np.mean(above(noisy_path(Z, FARE, size, 0.025 * size, 2000)[1000:])) for size in (1, 2, 4)]
    np.testing.assert_allclose(floors, [0.14, 0.16, 0.15], rtol=0, atol=0.005)


def test_of_the_rate_1_all_rows_make_hardly_more_and_single_rows_fly_off():
    X, labels = (array[:1000] for array in datasets.digits())
    y = datasets.one_hot(labels)
    widths = (64, 16, "tanh"), (16, 10, "linear")
    layers = [{"n_inputs": n, "n_neurons": m, "activation": name} for n, m, name in widths]

    def end(rate, epochs, batch_size):
        nn = NeuralNetwork(layers, learning_rate=rate, seed=0)
        nn.fit(X, y, epochs, batch_size)
        return nn.loss(X, y)

    assert 0.99 * end(0.7, 180, 1000) < end(1.0, 180, 1000) < end(0.7, 180, 1000)
    assert end(1.0, 62, 32) > 1.1 * end(0.7, 62, 32)
    with pytest.raises(DivergenceError):
        end(1.0, 3, 1)


def test_with_fewer_rows_than_the_batch_size_it_says_so():
    live = noisy_paths(Z[:20], FARE[:20])
    turn(live, batch_size=50)
    assert any("only 20 rows" in words for words in notes(live, 2))
    np.testing.assert_array_equal(*curves_of(live)[1:])
    live.close()


@pytest.mark.parametrize("budget", BUDGETS)
def test_every_extreme_answers(live, budget):
    turn(live, budget=budget)
    for size in (BATCH_SIZES[0], BATCH_SIZES[-1]):
        for rate in (RATES[0], RATES[-1]):
            turn(live, batch_size=size, rate=rate)
            assert live.readout.startswith(f"{budget} each")
            assert f"with {size} rows" in live.readout or "None of the three" in live.readout
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
    """An open question in Deeper."""
    pairs = ((1, 0.025), (2, 0.05), (4, 0.1))
    floors = [above(noisy_path(Z, FARE, size, rate, 3000)[1000:]).mean() for size, rate in pairs]
    assert max(floors) < 1.1 * min(floors)


def test_the_readers_functions_are_used():
    asked = []

    def asking(X, y, batch_size, rng):
        asked.append(batch_size)
        return minibatches(X, y, batch_size, rng)

    own = noisy_paths(Z, FARE, minibatches=asking, gradient=lambda x, y, w, b: (0.0, 1.0))
    assert set(asked) == {1, 10, 100}
    for path, _, _ in own.result:
        np.testing.assert_allclose(path[-1], [0, -0.05 * (len(path) - 1)], atol=1e-9)
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
