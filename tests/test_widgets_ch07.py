"""The live figures of chapter 07, and what its prose says about them."""

import itertools

import numpy as np
import pytest
from turning import fresh, turn

from nnlib import NeuralNetwork, datasets, initializers
from nnlib.exercises import mine
from nnlib.plots import artist, decision_grid, figure, plot_seeds
from nnlib.widgets import hundred_seeds, random_signal, signal_through_layers, train_hundred
from nnlib.widgets.ch07_hundred_seeds import EPOCHS, PLANE, RESOLUTION, SCALES, SHOWN, all_equal, is_solved, one_of
from nnlib.widgets.ch07_signal_through_layers import STDS, decades, in_short, size
from nnlib.widgets.live.figure import LETTER, NARROW
from nnlib.widgets.live.marks import one_digit

X, y = datasets.xor()
RULES = {"glorot": initializers.glorot, "he": initializers.he}


@pytest.fixture
def grid():
    return fresh(hundred_seeds)


@pytest.fixture
def layers():
    return fresh(signal_through_layers)


def about(live):
    """What is said below the plane of the hundred seeds."""
    (text,) = [text for text in live.figure.axes[1].texts if text.get_text().startswith("seed ")]
    return text.get_text()


def solved_share(live, **values):
    return int(turn(live, **values).result[1].sum())


# ---- a hundred networks at once ---------------------------------------------------------------------


@pytest.mark.parametrize("activation, rule", [("relu", "he"), ("tanh", "glorot"), ("sigmoid", "glorot")])
@pytest.mark.parametrize("width", [1, 4])
def test_each_of_the_hundred_is_the_network_of_its_seed(activation, rule, width):
    hundred = train_hundred(width, activation, RULES[rule])
    config = [
        {"n_inputs": 2, "n_neurons": width, "activation": activation, "initializer": rule},
        {"n_inputs": width, "n_neurons": 1, "activation": "linear", "initializer": rule},
    ]
    for seed in (0, 5, 99):
        nn = NeuralNetwork(config, learning_rate=0.1, seed=seed)
        np.testing.assert_allclose(hundred.A1_start[seed], nn.trace(X)[1], rtol=0, atol=1e-12)
        nn.fit(X, y, epochs=1000, batch_size=4)
        np.testing.assert_allclose(hundred.A1[seed], nn.trace(X)[1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(hundred.y_hat[seed], nn.predict(X), rtol=0, atol=1e-12)
        np.testing.assert_allclose(hundred.losses[seed], nn.loss(X, y), rtol=0, atol=1e-12)
        for ours, theirs in zip(hundred.parameters, nn.get_parameters(), strict=True):
            for key in ("W", "b"):
                np.testing.assert_allclose(ours[key][seed], theirs[key], rtol=0, atol=1e-12)


def test_the_hundred_train_like_the_readers_loop():
    relu, derivative = mine("relu"), mine("relu_derivative")
    rng = np.random.default_rng(5)
    shapes = ((2, 4), (4, 1))
    parameters = [{"W": 2 * initializers.he(*shape, rng), "b": np.zeros(shape[1])} for shape in shapes]
    activations, derivatives = [relu, lambda Z: Z], [derivative, np.ones_like]
    parameters, losses = mine("train")(X, y, parameters, activations, derivatives, 0.05, 40)
    hundred = train_hundred(4, "relu", initializers.he, 2.0, epochs=40, learning_rate=0.05)
    np.testing.assert_allclose(hundred.y_hat[5], mine("forward")(X, parameters, activations)[-1], rtol=0, atol=1e-12)
    assert hundred.losses[5] < losses[0]


def test_a_run_that_explodes_has_no_loss():
    losses = train_hundred(16, "tanh", initializers.glorot, 30).losses
    assert 0 < np.isnan(losses).sum() < 100


def test_what_is_stuck_stays_stuck():
    solved = [train_hundred(4, "relu", initializers.he, epochs=epochs).losses < 0.02 for epochs in (1000, 10_000)]
    assert solved[0].sum() == 72
    np.testing.assert_array_equal(*solved)


def test_sigmoid_is_slow_and_not_stuck():
    runs = [train_hundred(4, "sigmoid", initializers.glorot, epochs=epochs) for epochs in (1000, 5000)]
    counts = [sum(is_solved(y_hat, y) for y_hat in run.y_hat) for run in runs]
    assert counts[0] == 48 and counts[1] == 100
    runs = [train_hundred(16, "sigmoid", initializers.glorot, epochs=epochs) for epochs in (1000, 5000)]
    assert [sum(is_solved(y_hat, y) for y_hat in run.y_hat) for run in runs] == [35, 100]
    assert sum(is_solved(y_hat, y) for y_hat in train_hundred(4, "sigmoid", initializers.glorot, 4).y_hat) == 97


def he_by_columns(n_inputs, n_neurons, rng):
    return initializers.he(n_inputs, n_neurons, rng).reshape(n_neurons, n_inputs).T


@pytest.mark.parametrize("draw", [initializers.he, he_by_columns])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_spiral_is_learned_from_hes_weights_in_any_order(draw, seed):
    points, target = datasets.spiral(n=200, noise=0.02, seed=0)
    relu, derivative = mine("relu"), mine("relu_derivative")
    activations, derivatives = [relu] * 3 + [lambda Z: Z], [derivative] * 3 + [np.ones_like]
    outputs = {}
    for scale in (1, 2):
        rng = np.random.default_rng(seed)
        shapes = ((2, 20), (20, 20), (20, 20), (20, 1))
        parameters = [{"W": scale * draw(*shape, rng), "b": np.zeros(shape[1])} for shape in shapes]
        outputs[scale] = mine("forward")(points, parameters, activations)[-1]
        if scale == 1:
            parameters, losses = mine("train")(points, target, parameters, activations, derivatives, 0.1, 1000)
            right = (mine("forward")(points, parameters, activations)[-1] > 0.5) == (target > 0.5)
    assert right.sum() >= 195 and losses[0] < 1
    np.testing.assert_allclose(outputs[2], 16 * outputs[1], rtol=1e-12)


def test_a_bias_above_zero_leaves_nobody_dead_at_the_start():
    for seed in range(100):
        W = initializers.he(2, 4, np.random.default_rng(seed))
        assert mine("count_dead")(mine("relu")(X @ W + 0.5)) == 0


def test_an_initializer_of_the_reader_is_asked():
    hundred = train_hundred(3, "tanh", lambda i, o, rng: np.zeros((i, o)))
    np.testing.assert_allclose(hundred.y_hat, 0.5, atol=1e-6)


# ---- the grid of seeds ------------------------------------------------------------------------------


def test_the_prediction_is_true(grid):
    assert solved_share(grid) == 72
    assert grid.prediction.answer == "all, or nearly all" and solved_share(grid, width=16) >= 98


def test_tiles_and_marks_are_the_result(grid):
    hundred, won = turn(grid, width=3).result
    ax = grid.figure.axes[0]
    np.testing.assert_array_equal(artist(ax, "losses").get_array().ravel(), hundred.losses)
    dots, crosses = (artist(ax, name).get_xydata() for name in ("solved", "not solved"))
    assert {int(10 * tens + last) for last, tens in dots} == set(np.flatnonzero(won))
    assert {int(10 * tens + last) for last, tens in crosses} == set(np.flatnonzero(~won))
    assert f" of the {won.sum()} that solve XOR." in grid.readout
    assert ax.texts[0].get_text() == f"{won.sum()} of 100 solved, before 72"
    ranked, rank, ghost, _ = grid.figure.axes[2].lines
    assert np.all(ranked.get_ydata() >= ghost.get_ydata()) and np.all(np.diff(ranked.get_ydata()) >= 0)
    best = int(np.argmin(hundred.losses))
    assert hundred.losses[best] < 1e-6 and about(turn(grid, seed=best)).endswith("loss below 10⁻⁶")  # on the floor
    low, high = grid.figure.axes[2].get_ylim()
    frame = rank.get_window_extent()  # of its middle, with the marker around it
    assert grid.figure.axes[2].bbox.y0 <= frame.y0
    equals = 1 + np.flatnonzero(ranked.get_ydata() == ranked.get_ydata()[0])
    assert len(equals) > 10 and rank.get_xdata() == pytest.approx(equals.mean())  # in the middle of its equals


def test_what_the_chapter_says_to_try(grid):
    steps = grid.result[0].losses[~grid.result[1]]
    np.testing.assert_allclose(steps, [min((1 / 8, 1 / 6, 1 / 4), key=lambda s: abs(s - v)) for v in steps], atol=1e-3)
    assert [solved_share(grid, scale=scale) for scale in (2, 3, 5, 10)] == [46, 20, 2, 0]
    assert solved_share(grid, activation="tanh", initializer="Glorot", scale=0.01) == 0
    np.testing.assert_allclose(grid.result[0].losses, 0.25, atol=1e-6)
    assert solved_share(grid, activation="relu", initializer="He") > 50
    assert solved_share(grid, activation="sigmoid", initializer="Glorot", scale=3) > 90
    assert solved_share(grid, initializer="all equal", scale=1) == 0
    assert np.ptp(grid.result[0].y_hat, axis=0).max() == 0


def test_the_failures_of_relu_have_dead_neurons(grid):
    assert grid.readout == "A neuron is dead in 27 of the 28 that fail, and in 45 of the 72 that solve XOR."
    assert len(grid.readout) * LETTER < NARROW  # one line
    so_far = turn(grid, epoch=40).figure.axes[0].texts[0].get_text().split()[0]
    assert grid.readout == f"After epoch 40, {so_far} of 100 seeds have solved XOR so far."  # no verdict on the way
    turn(grid, epoch=EPOCHS)
    stuck = grid.result[0].A1[36]
    assert not grid.result[1][36] and not np.any(np.all(stuck == 0, axis=0))
    assert turn(grid, scale=20).readout == "A neuron is dead in 100 of the 100 that fail."  # all of one kind
    assert grid.figure.axes[0].texts[0].get_text() == "0 of 100 solved, before 72"
    turn(grid, width=3)
    assert grid.figure.axes[0].texts[0].get_text() == "0 of 100 solved"  # as many as before
    assert "dead" not in turn(grid, activation="tanh", scale=1).readout


@pytest.mark.parametrize("activation, initializer", [("tanh", "Glorot"), ("relu", "He"), ("sigmoid", "all equal")])
def test_every_extreme_of_the_grid_answers(grid, activation, initializer):
    turn(grid, activation=activation, initializer=initializer)
    for width in (1, 16):
        for scale in (SCALES[0], SCALES[-1]):
            turn(grid, width=width, scale=scale)
            assert ("of 100 seeds" in grid.readout) != ("A neuron is dead" in grid.readout)


def test_an_explosion_is_said_in_the_figure(grid):
    turn(grid, activation="tanh", initializer="Glorot", width=16, scale=30)
    assert any("exploded" in words for words in grid.notes)
    turn(grid, seed=int(np.flatnonzero(np.isnan(grid.result[0].losses))[0]))
    assert about(grid).endswith("loss nan")


def test_a_tile_shows_what_its_network_answers(grid):
    for seed, activation in ((3, "relu"), (36, "relu"), (99, "tanh")):
        hundred = turn(grid, seed=seed, activation=activation).result[0]
        np.testing.assert_allclose(one_of(hundred, seed, activation)(X), hundred.y_hat[seed], rtol=0, atol=1e-12)
        column, row = artist(grid.figure.axes[0], "losses").axes.lines[-1].get_xydata()[0]
        assert 10 * row + column == seed
        loss = hundred.losses[seed]
        words = f"{loss:.4f}" if loss > 1e-4 else one_digit(loss) if loss > 1e-6 else "below 10⁻⁶"
        assert about(grid) == f"seed {seed}: loss {words}"
        ax = grid.figure.axes[1]
        shown = one_of(hundred, seed, activation)(decision_grid(PLANE, RESOLUTION)[0]).reshape(RESOLUTION, RESOLUTION)
        np.testing.assert_allclose(artist(ax, "map").get_array(), shown, rtol=0, atol=1e-3)


def test_another_tile_does_not_train_again(grid):
    before = grid.result
    assert turn(grid, seed=77).result is before


def test_play_shows_the_hundred_at_an_epoch(grid):
    before = grid.result
    counts = []
    for epoch in SHOWN:
        assert turn(grid, epoch=epoch).result is before, "nothing is trained again"
        image, dots = (artist(grid.figure.axes[0], name) for name in ("losses", "solved"))
        counts.append(len(dots.get_xdata()))
        if epoch in (0, 40, EPOCHS):
            hundred = train_hundred(4, "relu", initializers.he, epochs=epoch)
            np.testing.assert_array_equal(image.get_array().ravel(), hundred.losses)
            assert counts[-1] == sum(is_solved(y_hat, y) for y_hat in hundred.y_hat)
            assert grid.figure.axes[0].texts[0].get_text().startswith(f"{counts[-1]} of 100 solved")
            shown = one_of(hundred, 5, "relu")(decision_grid(PLANE, RESOLUTION)[0])
            np.testing.assert_array_equal(artist(grid.figure.axes[1], "map").get_array().ravel(), shown.ravel())
    assert counts[0] == 0 and counts[-1] == 72 and SHOWN[-1] == EPOCHS
    assert max(np.diff(counts)) < 25, "they are seen to be solved one after another"
    turn(grid, width=16, epoch=40)
    was = sum(is_solved(y_hat, y) for y_hat in train_hundred(4, "relu", initializers.he, epochs=40).y_hat)
    assert grid.figure.axes[0].texts[0].get_text().endswith(f"solved, before {was}")


def test_the_headline_is_inside_the_picture(grid):
    for epoch in (0, EPOCHS):
        box = turn(grid, width=16, epoch=epoch).figure.axes[0].texts[0].get_window_extent()
        pixel = grid.figure.dpi / 100
        assert box.y1 <= grid.figure.bbox.y1 - 4 * pixel and box.x0 >= 0


def test_a_flat_answer_has_no_border_along_the_grid(grid):
    boundary = grid.figure.axes[1].lines[-1]
    turn(grid, scale=30)
    assert not np.isfinite(boundary.get_xdata()).any() and "white: output 0.5" in about(grid)
    (said,) = [text.get_window_extent() for text in grid.figure.axes[1].texts if text.get_text() == about(grid)]
    below = grid.figure.axes[1].xaxis.label.get_window_extent()
    assert grid.figure.bbox.y0 < said.y0 and said.y1 < below.y0  # off the map, and in the picture
    left, loss = grid.figure.axes[1].bbox.x1, grid.figure.axes[2].yaxis.label.get_window_extent().x0
    assert loss - left > 15 * grid.figure.dpi / 100
    turn(grid, width=16)  # orange, blue and a flat half: a border between the first two only, in one piece
    line = boundary.get_xydata()
    assert np.isfinite(line[:-1]).all() and len(line) > 20 and "white" in about(grid)
    assert "output 0.5" in [text.get_text() for text in grid.figure.axes[1].get_legend().texts]
    turn(grid, width=4)
    turn(grid, scale=1)
    assert np.isfinite(boundary.get_xdata()).sum() > 10 and "white" not in about(grid)


def test_the_readers_functions_are_used():
    asked = []

    def solved(y_hat, y):
        asked.append((y_hat.shape, y.shape))
        return True

    live = hundred_seeds(he=all_equal, solved=solved)
    assert asked == [((4, 1), (4, 1))] * 100
    assert live.result[1].all()
    live.close()


def test_plot_seeds_wants_a_full_grid():
    with pytest.raises(ValueError, match="multiple of 10"):
        plot_seeds(np.ones(15), np.ones(15, dtype=bool))
    with pytest.raises(ValueError, match="one shape"):
        plot_seeds(np.ones(20), np.ones(10, dtype=bool))
    ax = plot_seeds([0.1, np.nan] * 5, [True, False] * 5, figure()[1])
    assert len(artist(ax, "solved").get_xdata()) == len(artist(ax, "not solved").get_xdata()) == 5
    assert len(plot_seeds(np.ones(10), np.ones(10, dtype=bool), colorbar=False).figure.axes) == 1


# ---- signal and gradient through the layers ---------------------------------------------------------


def test_without_a_bend_the_size_follows_the_formula():
    for weight_std in (0.01, 0.1, 1.0):
        trace, gradients = random_signal(weight_std, 8, "linear")
        assert size(trace[-1]) == pytest.approx((10 * weight_std) ** 8, rel=0.15)
        assert size(gradients[0]) == pytest.approx((10 * weight_std) ** 8, rel=0.15)


def test_the_gradient_is_that_of_the_network():
    trace, gradients = random_signal(0.2, 3, "tanh")
    config = [{"n_inputs": 100, "n_neurons": 100, "activation": "tanh"}] * 3
    nn = NeuralNetwork(config)
    tables = np.random.default_rng(0)
    tables.normal(size=(2, 200, 100))
    nn.set_parameters([{"W": 0.2 * W, "b": np.zeros(100)} for W in tables.normal(size=(10, 100, 100))[:3]])
    np.testing.assert_allclose(trace[-1], nn.predict(trace[0]), rtol=0, atol=1e-12)
    target = trace[-1] - gradients[-1] * trace[-1].size / 2  # the MSE against it has the gradient dA3
    slopes = nn.gradients(trace[0], target)[1]
    dZ1 = gradients[1] * (1 - trace[1] ** 2)
    np.testing.assert_allclose(trace[0].T @ dZ1, slopes[0]["W"], rtol=1e-9, atol=1e-9)


def test_the_gradient_grows_where_tanh_is_flat(layers):
    assert layers.prediction.answer == "it grows"
    _, _, up, down = layers.result
    assert 0.2 < up[-1] < 0.3 and 0.2 < down[0] < 0.35
    trace, _, up, down = turn(layers, weight_std=0.5).result
    assert np.mean(np.abs(trace[-1]) > 0.99) > 0.5
    assert down[0] == pytest.approx(73, abs=1) and up[-1] < 1
    assert "the signal keeps its size (0.91, × 0.99 a layer), the gradient grows (73, × 1.7 a layer)" in layers.readout


def test_what_the_chapter_reads_off(layers):
    _, _, up, down = turn(layers, weight_std=0.01).result
    assert up[-1] < 1e-8 and down[0] < 1e-8
    assert "signal vanishes" in layers.readout and "gradient vanishes" in layers.readout
    _, _, up, down = turn(layers, activation="relu", weight_std=0.5).result
    assert 15_000 < up[-1] < 25_000 and 15_000 < down[0] < 25_000
    assert "signal explodes" in layers.readout and "gradient explodes" in layers.readout
    _, _, up, down = turn(layers, weight_std=0.141).result
    assert 0.8 < up[-1] < 1.2 and 0.8 < down[0] < 1.2
    assert layers.readout.count("keeps its size") == 2
    turn(layers, activation="tanh", weight_std=0.5, depth=1)  # a factor of 1.6 is no kept size, though it is below 2
    assert "the signal keeps its size (0.92, × 0.92 a layer), the gradient grows (1.6," in layers.readout
    assert "the signal shrinks (0.65, × 0.65 a layer)" in turn(layers, weight_std=0.11).readout


def test_every_extreme_of_the_layers_answers(layers):
    for activation in ("tanh", "relu", "linear"):
        for weight_std in (STDS[0], STDS[-1]):
            for depth in (1, 10):
                turn(layers, activation=activation, weight_std=weight_std, depth=depth)
                assert (f"1 {activation} layer:" if depth == 1 else f"10 layers of {activation}:") in layers.readout
                assert len(layers.readout) * LETTER < 2 * NARROW  # two lines, so that nothing moves
                low, high = layers.figure.axes[1].get_ylim()
                assert all(low < min(sizes) and max(sizes) < high for sizes in layers.result[2:])
                numbers_are_beside_the_curves(layers, depth)
    layers.reset()
    turn(layers, activation="relu", weight_std=STDS[0])
    turn(layers, depth=10)  # long numbers, now and before
    numbers_are_beside_the_curves(layers, 10)


def test_the_frame_holds_the_sizes_and_little_more(layers):
    spread = layers.figure.axes[1]
    for activation, std, depth in itertools.product(("tanh", "relu", "linear"), STDS[::7], (1, 10)):
        layers.reset()  # no ghost
        turn(layers, activation=activation, weight_std=std, depth=depth)
        turn(layers, activation=activation, weight_std=std, depth=depth)
        sizes = np.concatenate([*layers.result[2:], *(line.get_ydata() for line in spread.lines[2:4])])
        (low, high), (least, most) = np.log10(spread.get_ylim()), np.log10([sizes.min(), sizes.max()])
        assert 0.3 < least - low <= 1.6 and 0.3 < high - most <= 1.6 and high - low > 1.9
        ticks = np.log10(spread.get_yticks())
        assert 2 <= len(ticks) <= 6 and 0 in ticks and low < ticks[0] and ticks[-1] < high
    assert decades([np.nan, 0, 1])[:2] == (-30.5, 30.5)  # a reader's own functions may leave anything


def test_play_sends_the_signal_up_and_then_the_gradient_down(layers):
    turn(layers, weight_std=0.5)
    signal, gradient = layers.figure.axes[1].lines[:2]
    bars = layers.figure.axes[0].patches
    _, _, up, down = layers.result
    limits = layers.figure.axes[1].get_ylim()
    for traveled, risen, fallen in ((0, 0, 0), (25, 4, 0), (45, 7, 0), (50, 8, 0), (75, 8, 4), (95, 8, 7), (100, 8, 8)):
        turn(layers, traveled=traveled)
        np.testing.assert_allclose(signal.get_ydata(), up[: risen + 1])
        np.testing.assert_allclose(gradient.get_ydata(), down[8 - fallen :])
        assert gradient.get_visible() == (traveled >= 50)
        assert sum(len(bar.get_xy()) > 2 for bar in bars) == risen + 1
        assert ("grows" in layers.readout) == (traveled == 100)  # no verdict on the way
        if traveled < 100:
            assert f"after {fallen if traveled >= 50 else risen} of 8 layers" in layers.readout
        assert layers.figure.axes[1].get_ylim() == limits
    for depth, traveled in itertools.product((1, 7, 10), range(50, 101, 5)):
        turn(layers, depth=depth, traveled=traveled)
        numbers_are_beside_the_curves(layers, depth)


def numbers_are_beside_the_curves(layers, depth):
    histogram, spread = layers.figure.axes
    left, right = (spread.transData.transform((k, 1))[0] for k in (0, depth))
    gradient, signal = (
        next(text for text in spread.texts if name in text.get_text()).get_window_extent()
        for name in ("gradient", "signal")
    )
    marker = 3 * layers.figure.dpi / 72
    for then in (text.get_window_extent() for text in spread.texts if "\n\nbefore" in text.get_text()):
        assert then.x1 < left - marker or right + marker < then.x0
    ends = histogram.transData.transform([(-0.5, 0), (depth + 0.5, 0)])[:, 0]
    assert histogram.bbox.x0 < ends[0] and ends[1] < histogram.bbox.x1
    assert histogram.spines["bottom"].get_bounds() == (-0.5, depth + 0.5)  # the base line is that of the histograms
    assert depth < 5 or left - spread.bbox.x0 < 0.155 * spread.bbox.width  # little of it is empty
    assert spread.bbox.x0 < gradient.x0 and gradient.x1 < left - marker
    assert right + marker < signal.x0 and signal.x1 < spread.bbox.x1
    assert all(spread.bbox.y0 < box.y0 and box.y1 < spread.bbox.y1 for box in (gradient, signal))
    scales = [text.get_window_extent() for text in histogram.texts if text.get_text().startswith("±")]
    assert all(one.x1 + 4 < other.x0 for one, other in zip(scales, scales[1:]))
    label = spread.yaxis.label.get_window_extent()
    numbers = [tick.get_window_extent() for tick in spread.get_yticklabels()]
    assert 0 < label.x0 and label.x1 < min(box.x0 for box in numbers)


def test_the_curves_are_the_sizes(layers):
    before = layers.result[2:]
    turn(layers, depth=3, weight_std=0.2)
    signal, gradient = layers.figure.axes[1].lines[:2]
    np.testing.assert_allclose(signal.get_ydata(), [size(A) for A in layers.result[0]])
    np.testing.assert_allclose(gradient.get_ydata(), [size(A) for A in layers.result[1]])
    *ghosts, sample = layers.figure.axes[1].lines[2:5]
    said = [text.get_text() for text in layers.figure.axes[1].texts]
    after = layers.result[2:]
    for end, k in (("← gradient", 1), ("signal →", 0)):
        sizes = [in_short(each[k][-1 if k == 0 else 0]) for each in (after, before)]
        assert f"{end}\n{sizes[0]}\n " in said and f"\n\nbefore {sizes[1]}" in said
    for ghost, sizes in zip(ghosts, before):
        np.testing.assert_allclose(ghost.get_ydata(), sizes[:4])  # not under the numbers of fewer layers
    assert len(sample.get_xdata()) == 2


@pytest.mark.parametrize("weight_std", [STDS[0], 0.1, STDS[-1]])
def test_each_histogram_fills_its_own_scale(layers, weight_std):
    trace = turn(layers, activation="relu", weight_std=weight_std, depth=4).result[0]
    ax = layers.figure.axes[0]
    for k, bar in enumerate(ax.patches):
        assert bar.get_xy()[:, 1].max() == (1 if k <= 4 else 0)
    scales = [text.get_text() for text in ax.texts if text.get_gid() is None and "outputs" not in text.get_text()]
    assert scales[:5] == ["±" + one_digit(np.abs(A).max()).replace(" ", "") for A in trace] and set(scales[5:]) == {""}


def test_the_readers_passes_are_used():
    asked = []

    def forward(X, parameters, activations):
        asked.append(len(parameters))
        return mine("forward")(X, parameters, activations)

    live = signal_through_layers(forward=forward, layer_backward=mine("layer_backward"))
    assert asked == [8] and live.error is None
    ours = signal_through_layers()
    np.testing.assert_allclose(live.result[3], ours.result[3], rtol=1e-12)
    ours.close()
