"""The live figures of chapters 00 to 02: the data behind the picture, and what the chapters' prose says of it."""

import numpy as np
import pytest

from nnlib import NeuralNetwork, datasets
from nnlib.plots import artist
from nnlib.widgets import descent, descent_path, line_and_squares, xor_learns

X = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0])
Y = np.array([7.0, 7.0, 11.0, 13.0, 18.0, 19.0])


def neuron(x, w, b):
    return w * x + b


def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


@pytest.fixture
def xor():
    live = xor_learns()
    yield live
    live.close()


@pytest.mark.parametrize("rate, loss, right", [(0.001, 0.2956, False), (0.1, 0.0012, True)])
def test_xor_ends_where_the_chapter_says(xor, rate, loss, right):
    xor.controls["rate"].value = rate
    assert xor.error is None
    assert f"loss {loss:.4f}" in xor.readout
    assert ("4 of 4 points right" in xor.readout) == right


def test_xor_still_learns_at_a_rate_of_1(xor):
    xor.controls["rate"].value = 1.0
    assert "4 of 4 points right" in xor.readout
    assert 0.02 < xor.result[0][-1] < 0.06  # chaos decides the digits


def test_xor_throws_itself_about_at_a_rate_of_3(xor):
    xor.controls["rate"].value = 3.0
    assert "4 of 4" not in xor.readout
    note = next(text for ax in xor._frames.figure.axes for text in ax.texts if text.get_visible() and text.get_text())
    assert "Not learned" in note.get_text()


def test_xor_shows_the_very_network_that_nnlib_trains(xor):
    X, y = datasets.xor()
    xor.controls["seed"].value = 7
    layers = [
        {"n_inputs": 2, "n_neurons": 4, "activation": "tanh"},
        {"n_inputs": 4, "n_neurons": 1, "activation": "tanh"},
    ]
    nn = NeuralNetwork(layers, learning_rate=0.1, seed=7)
    for epoch in (20, 400, 1000):
        nn.fit(X, y, epochs=epoch - nn.epoch, batch_size=4)
        xor.controls["epoch"].value = epoch
        assert f"epoch {epoch}: loss {nn.loss(X, y):.4f}" in xor.readout
    train_loss, states = xor.result
    assert train_loss == nn.history["train_loss"]
    np.testing.assert_array_equal(states[-1][0]["W"], nn.get_parameters()[0]["W"])


def test_moving_through_the_epochs_does_not_train_again(xor):
    before = xor.result
    xor.controls["epoch"].value = 500
    assert xor.result is before


def test_xors_guess_is_scored_by_what_the_network_does(xor):
    losses = {}
    for rate in (0.1, 1.0):
        xor.controls["rate"].value = rate
        losses[rate] = xor.result[0][-1]
    assert losses[1.0] > 2 * losses[0.1]
    assert xor.prediction.answer == "higher"
    xor.guess("lower")
    assert not xor.controls["rate"].disabled


@pytest.fixture
def squares():
    live = line_and_squares(X, Y, neuron=neuron, loss=mse)
    yield live
    live.close()


@pytest.mark.parametrize(
    "w, b, loss, touched",
    [(2.0, 5.0, "2.167", 2), (2.0, 4.0, "1.500", 0), (1.9, 4.6, "1.425", 0), (-1, -5, "520.000", 0)],
)
def test_the_squares_are_the_loss(squares, w, b, loss, touched):
    squares.controls["w"].value = w
    squares.controls["b"].value = b
    assert f"MSE {loss}" in squares.readout
    assert f"touches {touched} of 6" in squares.readout
    ax = squares._frames.figure.axes[0]
    corners = [path.vertices for path in artist(ax, "squares").get_paths()]
    heights = np.array([np.ptp(vertices[:, 1]) for vertices in corners])
    assert np.mean(heights**2) == pytest.approx(mse(neuron(X, w, b), Y))
    on_screen = [ax.transData.transform(vertices[:4]) for vertices in corners]
    for box in on_screen:
        assert np.ptp(box[:, 0]) == pytest.approx(np.ptp(box[:, 1]), abs=0.01)


def test_every_line_through_two_points_loses_to_one_that_touches_none():
    pairs = [(i, j) for i in range(6) for j in range(i)]
    slopes = {(i, j): (Y[i] - Y[j]) / (X[i] - X[j]) for i, j in pairs}
    best = min(mse(neuron(X, w, Y[i] - w * X[i]), Y) for (i, j), w in slopes.items())
    assert best == pytest.approx(1.650, abs=1e-3) and best > 1.45


def test_a_readers_wrong_function_is_shown_and_not_swallowed():
    live = line_and_squares(X, Y, neuron=neuron, loss=lambda y_hat, y: undefined)  # noqa: F821
    assert "NameError" in live.readout
    live.close()


@pytest.fixture
def valley():
    live = descent(X, Y)
    yield live
    live.close()


@pytest.mark.parametrize(
    "rate, loss",
    [
        (0.001, "6.655"),
        (0.01, "3.97"),
        (0.03, "2.379"),
        (0.04, "2.029"),
        (0.041, "5.493"),
        (0.0415, "42.97"),
        (0.042, "453.1"),
        (0.043, "4.627e+04"),
        (0.05, "4.122e+16"),
    ],
)
def test_descent_ends_where_the_chapter_says(valley, rate, loss):
    valley.controls["rate"].value = rate
    assert f"{loss} after 50 steps" in valley.readout
    exploded = any("explodes" in text.get_text() for ax in valley._frames.figure.axes for text in ax.texts)
    assert exploded == (rate >= 0.042)


def test_descent_stays_finite_or_says_so_at_every_stop(valley):
    for _, rate in valley.controls["rate"].options:
        valley.controls["rate"].value = rate
        assert valley.error is None
        np.testing.assert_array_equal(valley.result[0], descent_path(X, Y, rate, 50))


def test_descent_runs_on_the_readers_gradient():
    def uphill(x, y, w, b):
        error = w * x + b - y
        return -2 * np.mean(error * x), -2 * np.mean(error)

    live = descent(X, Y, gradient=uphill)
    losses = live.result[1]
    assert (np.diff(losses) > 0).all() and "explodes" in live._frames.figure.axes[0].texts[-1].get_text()
    live.close()
