"""The live figures of chapter 04: what is behind the pictures, and what the chapter says of them."""

import itertools

import numpy as np
import pytest
from turning import laid_out, turn

from nnlib import NeuralNetwork, datasets
from nnlib.activations import ACTIVATIONS
from nnlib.exercises import exercises, judge
from nnlib.plots import png
from nnlib.widgets import fold, plot_fold, stacked_layers
from nnlib.widgets.ch04_fold import Fold, best_output, hidden_weights, undecided
from nnlib.widgets.ch04_stacked_layers import EPOCHS, stack
from nnlib.widgets.live.figure import LETTER, NARROW

X, Y = datasets.xor()
XOR_WEIGHTS = np.ones((2, 2)), np.array([0.0, -1.0]), np.array([[1.0], [-2.0]]), np.zeros(1)
FUNCTIONS = {name: activation.function for name, activation in ACTIVATIONS.items()}


def notes(live):
    return " ".join(live.notes)


# ---- stacked_layers -----------------------------------------------------------------------------------


def test_no_stack_of_linear_layers_beats_the_best_line():
    live = stacked_layers()
    for n_layers, width, seed in itertools.product((1, 2, 5), (2, 16), (0, 20)):
        run = turn(live, n_layers=n_layers, width=width, seed=seed).result
        nn = run.nn
        assert f"{run.losses[-1]:.4f}" == "0.2306"
        for said in nn.trace(np.linspace(-1, 1, 9).reshape(-1, 1))[1:]:
            assert np.abs(np.diff(said, n=2, axis=0)).max() < 1e-12  # straight lines
        assert not live.notes
    assert live.controls["width"].min == 2  # at width 1 there are seeds that have not arrived


def test_its_guess_is_answered_by_the_figure():
    live = stacked_layers()
    assert live.readout == "3 layers, 8 wide, no bend, 97 parameters: loss 0.2306 after 300 epochs."
    live.guess("0.0950, better")
    assert live.prediction.answer == "0.2306, no better"
    assert "0.2306" in [text.get_text().strip() for text in live.figure.axes[-1].texts]
    assert live.readout == "5 layers, 16 wide, no bend, 865 parameters: loss 0.2306 after 300 epochs."
    assert "loss 0.2306" in live.prediction.explanation
    curve, _, line, ghost = live.figure.axes[-1].lines[:4]
    assert f"{line.get_ydata()[0]:.4f}" == "0.2306"  # the best straight line, dotted
    assert len(ghost.get_ydata()) == 300 and f"{ghost.get_ydata()[-1]:.4f}" == "0.2306"  # as it was before
    for seed in range(0, 21, 5):
        assert f"{turn(live, seed=seed).result.losses[-1]:.4f}" == "0.2306"


def test_every_layer_shows_its_neurons():
    live = stacked_layers()
    hidden = live.figure.axes[:4]

    def drawn(ax):
        (bundle,) = ax.collections
        return np.array([segment[:, 1] for segment in bundle.get_segments()])

    x = np.linspace(-1.2, 1.2, 241).reshape(-1, 1)
    nn = turn(live, n_layers=4, bend=True, width=6).result.nn
    for ax, said in zip(hidden, nn.trace(x)[1:4], strict=False):
        np.testing.assert_allclose(drawn(ax), said.T)
    corners = (np.abs(np.diff(drawn(hidden[0]), n=2)) > 1e-9).sum(axis=1)
    assert corners.max() <= 2  # a corner between two points of the drawing turns there at both


def test_there_is_a_panel_for_each_hidden_layer_and_no_empty_one():
    live = stacked_layers()
    hidden = live.figure.axes[:4]
    for n_layers, bend in ((5, False), (2, True), (3, True), (1, True), (4, False)):
        run = turn(live, n_layers=n_layers, bend=bend).result
        seen = [ax for ax in hidden if ax.get_visible()]
        assert len(seen) == n_layers - 1
        (words,) = live.figure.texts
        assert bool(words.get_text()) == (n_layers == 1)
        if seen:  # over the whole width, on one scale that holds all that is drawn
            edges = [(ax.get_position().x0, ax.get_position().x1) for ax in (*seen, *live.figure.axes[4:])]
            assert (edges[0][0], edges[len(seen) - 1][1]) == pytest.approx((edges[-2][0], edges[-1][1]), abs=1e-6)
            assert len({ax.get_ylim() for ax in seen}) == 1
            low, high = seen[0].get_ylim()
            far = [layer for layers in run.said[-1:] for layer in layers[:-1]]
            reach = max(np.abs(layer).max() for layer in far)
            assert min(map(np.min, far)) >= low and reach <= high and (high == 2 or 0.4 * high < reach)


def test_play_shows_the_fit_grow():
    live = stacked_layers()
    live.guess("0.2306, no better")
    turn(live, n_layers=3, width=8, bend=True)
    x = np.linspace(-1.2, 1.2, 241).reshape(-1, 1)
    plane, curve = live.figure.axes[-2:]
    losses = []
    for epoch in (0, 7, 40, 300):
        turn(live, epoch=epoch)
        nn = NeuralNetwork(stack(3, 8, True), learning_rate=0.1, seed=0)
        nn.fit(*datasets.noisy_sine(), epochs=epoch, batch_size=40)
        np.testing.assert_allclose(plane.lines[1].get_ydata(), nn.predict(x), atol=1e-9)
        losses.append(nn.loss(*datasets.noisy_sine()))
        assert f"loss {losses[-1]:.4f} after {epoch} epochs" in live.readout
        line, moment = curve.lines[:2]
        assert len(line.get_xdata()) == epoch and moment.get_xydata()[0] == pytest.approx((epoch, losses[-1]))
    assert losses[0] > 2 * losses[2] and losses[2] > losses[3]
    live.restart()
    assert live.controls["epoch"].value == 0 and "after 0 epochs" in live.readout
    live.step()
    assert live.readout.endswith("after 1 epoch.")
    live.play()
    assert live.controls["epoch"].value == EPOCHS


def test_the_words_stay_inside_the_picture_and_off_the_best_line():
    live = stacked_layers()
    turn(live, n_layers=2)
    turn(live, bend=True)
    curve = laid_out(live).axes[-1]
    seen = [text for text in curve.texts if text.get_text() and text.get_visible()]
    boxes = {text.get_text().strip(): text.get_window_extent() for text in seen}
    assert boxes["before: bend (ReLU) between layers off"].x0 - 34 >= curve.get_window_extent().x0
    assert max(box.x1 for box in boxes.values()) <= live.figure.bbox.x1
    line = curve.transData.transform((0, curve.lines[2].get_ydata()[0]))[1]
    (label,) = [box for words, box in boxes.items() if "best" in words]
    assert label.y1 <= line


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_with_a_bend_the_wave_is_fitted(seed):
    live = stacked_layers()
    run = turn(live, n_layers=5, bend=True, seed=seed).result
    nn, loss = run.nn, run.losses[-1]
    assert loss < 0.08
    assert [layer.activation.name for layer in nn.layers] == ["relu"] * 4 + ["linear"]
    if seed == 0:
        assert loss < 0.05  # as the chapter says


def test_two_layers_do_as_well_and_two_seeds_fail():
    """What the chapter says below the figure."""
    live = stacked_layers()
    assert max(turn(live, n_layers=2, bend=True, seed=seed).result.losses[-1] for seed in range(21)) < 0.1
    turn(live, seed=0)
    turn(live, n_layers=5)
    for seed in (8, 13):
        run = turn(live, seed=seed).result
        nn, loss = run.nn, run.losses[-1]
        assert f"{loss:.4f}" == "0.4605" and np.ptp(nn.predict(np.linspace(-1, 1, 9).reshape(-1, 1))) < 1e-3
        assert np.abs(nn.trace(np.linspace(-1, 1, 9).reshape(-1, 1))[4]).max() < 1e-3  # the neurons of a layer
        assert "The same answer for every input" in notes(live)


@pytest.mark.parametrize("settings", [{"n_layers": 5, "seed": 8}, {"n_layers": 5, "width": 2}, {"n_layers": 1}])
def test_what_is_said_in_the_figure_covers_neither_points_nor_line(settings):
    live = stacked_layers()
    turn(live, bend=True, **settings)
    plane = laid_out(live).axes[-2]
    (said,) = [text for text in plane.texts if text.get_gid()]
    card = said.get_bbox_patch().get_window_extent()
    lowest = min(plane.transData.transform(line.get_xydata())[:, 1].min() for line in plane.lines)
    assert plane.bbox.y0 < card.y0 and card.y1 < lowest


def test_a_bend_without_a_second_layer_and_a_dead_network_are_said():
    live = stacked_layers()
    turn(live, n_layers=1, bend=True)
    assert "needs a second layer" in notes(live) and "no bend" in live.readout
    run = turn(live, n_layers=5, width=2, seed=0).result
    assert run.losses[-1] > 0.4 and "The same answer for every input" in notes(live)
    turn(live, bend=False)
    assert not notes(live)


# ---- fold ---------------------------------------------------------------------------------------------


def at_45_degrees():
    return turn(fold(), angle1=45, angle2=45)


def test_it_opens_with_a_plane_that_is_folded_and_not_flattened_to_a_line():
    live = fold()
    wire = np.concatenate(live.figure.axes[1].collections[0].get_segments())
    across = np.linalg.svd(wire - wire.mean(axis=0), compute_uv=False)
    assert across[1] > 0.15 * across[0]
    assert "3 of 4 right" in live.readout and not live.notes  # one point is left to the reader
    wire = np.concatenate(at_45_degrees().figure.axes[1].collections[0].get_segments())
    np.testing.assert_allclose(wire[:, 1], np.maximum(wire[:, 0] - 1, 0), atol=1e-9)


def test_at_45_degrees_it_has_the_weights_of_the_chapter():
    live = at_45_degrees()
    W1, b1, W2, b2, _ = live.result
    for got, wanted in zip((W1, b1, W2, b2), XOR_WEIGHTS, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-12)
    assert live.readout == ("relu: 4 of 4 right, loss 0.0000; 00, 01, 10, 11 → 0.00, 1.00, 1.00, 0.00")


def test_its_prediction_is_true():
    live = at_45_degrees()
    assert live.prediction.answer == "tanh and sigmoid"
    for name in ("tanh", "sigmoid", "relu"):
        turn(live, activation=name)
        assert "4 of 4 right, loss 0.0000;" in live.readout and not notes(live)
    turn(live, activation="linear")
    assert "0 of 4 right, loss 0.2500;" in live.readout and "No bend" in notes(live)


def small_titles(live):
    return [next(text.get_text() for text in ax.texts if text.get_position()[1] > 1) for ax in live.figure.axes[2:]]


def test_the_small_pictures_keep_the_answer_and_then_give_it():
    live = fold()
    assert small_titles(live) == ["relu: 3 of 4 ✗", "sigmoid", "tanh", "linear"]
    live.guess("none of them")
    assert small_titles(live) == ["relu: 4 of 4 ✓", "sigmoid: 4 of 4 ✓", "tanh: 4 of 4 ✓", "linear: all 0.5 ✗"]
    assert live.figure.axes[4].spines["top"].get_linewidth() > live.figure.axes[2].spines["top"].get_linewidth()
    turn(live, folded=96)
    assert small_titles(live) == ["relu", "sigmoid", "tanh", "linear"]
    turn(live, folded=100, activation="relu", bias2=0.0)
    assert small_titles(live)[0] == "relu: all 0.5 ✗"
    small, large = (live.figure.axes[k].lines[-2:] for k in (2, 1))
    for mark, others in zip(small, large, strict=True):  # the same picture
        np.testing.assert_allclose(mark.get_data(), others.get_data())


@pytest.mark.long
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_the_whole_grid_is_in_every_picture(activation):
    live = fold()
    live.guess("none of them")
    for (angle1, angle2), bias1, bias2 in itertools.product([(45, 180), (-135, 45)], (-2, 1), (-2, 1)):
        for folded in (0, 28, 100):
            turn(live, angle1=angle1, angle2=angle2, bias1=bias1, bias2=bias2, activation=activation, folded=folded)
            for ax in live.figure.axes[1:]:
                wire = np.concatenate(ax.collections[0].get_segments())
                for low, high in (ax.get_xlim(), ax.get_ylim()):
                    assert low < wire.min() - 0.05 and wire.max() + 0.05 < high
                image = ax.images[0]
                assert tuple(image.get_extent()) == (*ax.get_xlim(), *ax.get_ylim())


def test_linear_says_one_half_at_every_setting():
    live = fold()
    turn(live, activation="linear")
    for angle1, bias1, angle2, bias2 in [(0, 0.0, 90, 0.0), (-180, -2.0, 180, 1.0), (20, -0.3, 80, 0.7)]:
        turn(live, angle1=angle1, bias1=bias1, angle2=angle2, bias2=bias2)
        assert "→ 0.50, 0.50, 0.50, 0.50" in live.readout


def test_what_the_chapter_says_to_try():
    live = fold()
    turn(live, activation="linear", angle1=45, angle2=45)
    assert "All points land on one line" in notes(live)
    turn(live, angle1=0)
    assert "There is no line" in notes(live)
    live.reset()
    turn(live, angle1=45, angle2=45)
    assert "4 of 4 right" in live.readout
    turn(live, bias2=0.0)
    assert "→ 0.50, 0.50, 0.50, 0.50" in live.readout and "no straight line parts them" in notes(live)
    live.reset()
    turn(live, angle1=-45, angle2=135, bias1=0.0, bias2=0.0)
    assert "4 of 4 right" in live.readout
    W1, b1, *_ = live.result
    np.testing.assert_allclose(W1, [[1, -1], [-1, 1]], atol=1e-9)  # ReLU(x1 - x2) and ReLU(x2 - x1)
    np.testing.assert_allclose(np.maximum(X @ W1 + b1, 0)[[0, 3]], 0, atol=1e-9)  # the two "off" points: one spot
    live.reset()
    turn(live, angle1=20, angle2=80)
    assert "2 of 4 right" in live.readout
    turn(live, angle1=-180, angle2=-180, bias1=-2.0, bias2=-2.0)
    assert "Both neurons say 0" in notes(live)


def test_most_settings_do_not_solve_xor():
    rng = np.random.default_rng(0)
    solved = dict.fromkeys(FUNCTIONS, 0)
    for _ in range(500):
        (angle1, angle2), (bias1, bias2) = rng.uniform(-180, 180, 2), rng.uniform(-2, 1, 2)
        W1, b1 = hidden_weights(angle1, bias1, angle2, bias2)
        for name, f in FUNCTIONS.items():
            H = f(X @ W1 + b1)
            W2, b2 = best_output(H, Y)
            output = H @ W2 + b2
            solved[name] += bool((~undecided(output) & ((output > 0.5) == (Y > 0.5))).all())
    assert solved["linear"] == 0
    assert all(0 < solved[name] < 100 for name in ("relu", "tanh", "sigmoid")), solved


def test_the_output_layer_is_the_best_there_is():
    rng = np.random.default_rng(1)
    H = rng.normal(size=(4, 2))
    W2, b2 = best_output(H, Y)
    best = np.mean((H @ W2 + b2 - Y) ** 2)
    for _ in range(50):
        other = np.mean((H @ (W2 + 0.1 * rng.normal(size=(2, 1))) + b2 + 0.1 * rng.normal() - Y) ** 2)
        assert best <= other


def test_the_readers_functions_are_the_ones_that_run():
    calls = []

    def my_relu(Z):
        calls.append(Z.shape)
        return np.maximum(Z, 0)

    live = fold(relu=my_relu)
    assert calls and "4 of 4 right" in turn(live, angle1=45, angle2=45).readout
    live = fold(sigmoid=lambda Z: 0 * Z)
    turn(live, activation="sigmoid")
    assert "0 of 4 right" in live.readout


def picture_of(*weights, f, **options):
    """The two pictures of a network, as the artists hold them."""
    fig = plot_fold(*XOR_WEIGHTS, f)
    picture = Fold(*fig.axes, reach=(-0.5, 2.5))
    return picture, *picture.show(*weights, f, **options)


def test_the_figure_shows_the_fold():
    picture, H, output = picture_of(*XOR_WEIGHTS, f=FUNCTIONS["relu"])
    np.testing.assert_allclose(H, [[0, 0], [1, 0], [1, 0], [2, 1]])
    np.testing.assert_allclose(output, Y, atol=1e-12)
    off, on = picture.marks[1]
    np.testing.assert_allclose(np.transpose(on.get_data()), [[1, 0], [1, 0]])
    np.testing.assert_allclose(np.transpose(off.get_data()), [[0, 0], [2, 1]])
    assert [label.get_text() for label in picture.labels[1]] == ["00", "01, 10", "", "11"]
    h1, h2 = picture.lines[1].get_data()
    np.testing.assert_allclose((h1 - 2 * h2)[~np.isnan(h1)], 0.5, atol=1e-9)  # the line that the chapter names
    s = np.sum(picture.lines[0].get_data(), axis=0)
    s = s[~np.isnan(s)]
    np.testing.assert_allclose(np.minimum(abs(s - 0.5), abs(s - 1.5)), 0, atol=1e-9)  # seen from the left: two lines
    assert (s < 1).any() and (s > 1).any()
    for bend, at in zip(picture.bends, (0, 1), strict=True):
        np.testing.assert_allclose(np.sum(bend.get_data(), axis=0), at, atol=1e-9)
    wire = np.concatenate(picture.meshes[1].get_segments())
    np.testing.assert_allclose(wire[:, 1], np.maximum(wire[:, 0] - 1, 0), atol=1e-9)  # one line with a corner at 1


def test_two_classes_on_one_spot_are_both_seen():
    W1, _, W2, b2 = XOR_WEIGHTS
    picture, H, _ = picture_of(W1, np.array([-3.0, -3.0]), W2, b2, f=FUNCTIONS["relu"])
    assert (H == 0).all()
    off, on = (mark.get_markersize() for mark in picture.marks[1])
    assert off > 2 * on  # a ring around it
    off, on = (mark.get_markersize() for mark in picture.marks[0])
    assert off == on


def test_a_label_moves_off_another_ones_and_the_small_pictures_show_both_classes():
    live = fold()
    live.guess("none of them")
    turn(live, activation="sigmoid", angle1=180, angle2=180, bias1=1, bias2=-2)
    labels = [text for text in live.figure.axes[1].texts if text.get_text() in ("00, 01", "10, 11")]
    one, other = (label.get_window_extent() for label in labels)
    assert not one.overlaps(other)
    pixel = live.figure.dpi / 100
    for ax in live.figure.axes[2:]:
        off, on = (line.get_markersize() for line in ax.lines[-2:])
        assert off > 2 * on
    title = next(text for text in live.figure.axes[3].texts if text.get_text() == "sigmoid: all 0.5 ✗")
    assert title.get_fontweight() == "bold" and title.get_window_extent().x1 + 2 * pixel < live.figure.bbox.x1
    turn(live, angle1=45, angle2=45, bias1=0, bias2=-1)
    assert all(len({line.get_markersize() for line in ax.lines[-2:]}) == 1 for ax in live.figure.axes[2:5])


def test_random_weights_solve_xor_twice_in_a_thousand():
    """What the chapter says of luck: drawn as there."""
    rng = np.random.default_rng(0)
    outputs = []
    for _ in range(1000):
        W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((2, 4), 4, (4, 1), 1))
        outputs.append(np.tanh(X @ W1 + b1) @ W2 + b2)
    solved = [np.array_equal(output > 0.5, Y > 0.5) for output in outputs]
    assert sum(solved) == 2
    assert min(np.mean((output - Y) ** 2) for output in outputs) > 0.07


def test_the_figure_of_a_network_that_says_one_half_has_no_line():
    W1, b1, *_ = XOR_WEIGHTS
    picture, _, output = picture_of(W1, b1, np.zeros((2, 1)), np.array([0.5]), f=FUNCTIONS["linear"])
    assert (output == 0.5).all()
    assert all(len(line.get_xdata()) == 0 for line in picture.lines)


def test_the_figure_takes_a_solution_of_lists_and_whole_numbers():
    fig = plot_fold([[1, 1], [1, 1]], [0, -1], [[1], [-2]], 0, FUNCTIONS["relu"])
    assert png(fig)[:4] == b"\x89PNG"


def test_one_plane_is_folded_into_the_other():
    """At 0 the right picture is the left one; at 1 the hidden plane; halfway, halfway, with its boundary."""
    pictures = {t: picture_of(*XOR_WEIGHTS, f=FUNCTIONS["relu"], folded=t)[0] for t in (0.0, 0.5, 1.0)}
    places = {}
    for t, picture in pictures.items():
        wire = np.concatenate(picture.meshes[1].get_segments())
        points = np.concatenate([np.transpose(mark.get_data()) for mark in picture.marks[1]])
        places[t] = wire, points
    for part in (0, 1):
        np.testing.assert_allclose(places[0.5][part], (places[0.0][part] + places[1.0][part]) / 2, atol=1e-12)
    np.testing.assert_allclose(places[0.0][0], np.concatenate(pictures[0.0].meshes[0].get_segments()))
    left, right = (np.transpose(line.get_data()) for line in pictures[0.5].lines)
    hidden = np.maximum(left @ XOR_WEIGHTS[0] + XOR_WEIGHTS[1], 0)
    np.testing.assert_allclose(right, (left + hidden) / 2, atol=1e-12)
    assert (pictures[0.0].maps[1].get_array() == 0.5).all()  # the colors belong to the hidden plane


def test_play_folds():
    live = at_45_degrees()
    live.restart()
    assert live.controls["folded"].value == 0
    assert "of the way" in live.readout and "right" not in live.readout  # no verdict before it is folded
    assert live.figure.axes[1].get_title() == "on the way: 0% folded"
    live.play()
    assert live.controls["folded"].value == 100 and "4 of 4 right" in live.readout


SOLUTIONS = [
    XOR_WEIGHTS,
    ([[1, -1], [-1, 1]], [0, 0], [[1], [1]], [0]),
    ([[1, 2], [2, 3]], [0, -2], [[1], [-1]], [0]),
    ([[10, 0.1], [10, 0.1]], [0, -0.1], [[0.1], [-20]], [0]),
    ([[0.01, 0.01], [0.01, 0.01]], [0, -0.01], [[100], [-200]], [0]),
]


@pytest.mark.parametrize("weights", SOLUTIONS)
def test_every_accepted_network_is_drawn_inside_its_axes(weights):
    assert judge(exercises()["xor_by_hand"], weights).state == "right"
    W1, b1, _, _ = map(np.asarray, weights)
    H = np.maximum(X @ W1 + b1, 0)
    right = plot_fold(*weights, FUNCTIONS["relu"]).axes[1]
    for low, high in (right.get_xlim(), right.get_ylim()):
        assert low < H.min() and H.max() < high and high - low < 2 * np.ptp(H)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_labels_stay_inside_the_picture_at_the_ends_of_the_sliders(activation):
    live = fold()
    for (angle1, angle2), bias1, bias2 in itertools.product([(45, 45), (180, -180)], (-2, 1), (-2, 1)):
        turn(live, angle1=angle1, angle2=angle2, bias1=bias1, bias2=bias2, activation=activation)
        assert "-0.00" not in live.readout and len(live.readout) * LETTER < NARROW  # one line in a narrow window
        for ax in live.figure.axes[:2]:
            right, top = ax.transAxes.transform((1, 1))
            for text in ax.texts:
                if text.get_gid() is None and text.get_visible():
                    box, x = text.get_window_extent(), ax.transData.transform(text.get_position())[0]
                    assert box.x1 < right and box.y1 < top, (text.get_text(), live.readout)
                    assert (box.x0 >= x - 1) == (text.get_ha() == "left")
