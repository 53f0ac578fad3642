"""The live figure of chapter 00: the data behind the picture, and what the chapter's prose says of it."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from turning import fresh, laid_out

from nnlib import NeuralNetwork, datasets
from nnlib.widgets import xor_learns
from nnlib.widgets.ch00_xor_learns import LAYERS, smooth


@pytest.fixture
def xor():
    return fresh(xor_learns)


@pytest.mark.parametrize("rate, loss, right", [(0.001, 0.2956, False), (0.1, 0.0012, True)])
def test_xor_ends_where_the_chapter_says(xor, rate, loss, right):
    xor.controls["rate"].value = rate
    assert xor.error is None
    assert f"loss {loss:.4f}" in xor.readout
    assert ("4 of 4 points right" in xor.readout) == right


def top_left(png):
    """The pixels of a picture where the last key of its left legend is."""
    picture = np.asarray(Image.open(BytesIO(png)).convert("L"))
    return picture[20:70, 560:720]


def test_xor_still_learns_at_a_rate_of_1(xor):
    xor.controls["rate"].value = 1.0
    assert "4 of 4 points right" in xor.readout
    assert 0.02 < xor.result[0][-1] < 0.06  # chaos decides the digits


def test_xor_throws_itself_about_at_a_rate_of_3(xor):
    xor.controls["rate"].value = 3.0
    X, y = datasets.xor()
    xor.set(seed=0)
    (wrong,) = [line for line in xor.figure.axes[0].lines if line.get_label() == "wrong"]
    nn = NeuralNetwork(LAYERS, seed=0)
    nn.set_parameters(xor.result[1][-1])
    np.testing.assert_array_equal(wrong.get_xydata(), X[np.ravel((nn.predict(X) > 0.5) != (y > 0.5))])
    plane, curve = xor.figure.axes
    key = next(text for text in curve.texts if text.get_text().startswith("thin"))
    crossed = plane.get_legend().texts[3], plane.get_legend().legend_handles[3]
    assert key.get_visible() and all(part.get_visible() for part in crossed)
    with_key = xor.png
    assert len(wrong.get_xydata()) and "4 of 4" not in xor.readout
    assert "Not learned" in xor.notes[0]
    xor.set(rate=0.1)  # neither a wrong point nor a curve that jumps: no key for them
    assert not key.get_visible() and not any(part.get_visible() for part in crossed)
    assert np.any(top_left(xor.png) != top_left(with_key))


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


def test_the_curve_before_stays_as_a_ghost(xor):
    before, ghost = smooth(xor.result[0]), xor.figure.axes[1].lines[3]
    assert not len(ghost.get_xdata())
    xor.guess("lower")
    np.testing.assert_array_equal(ghost.get_ydata(), before)
    said = [text.get_text().strip() for text in xor.figure.axes[1].texts if text.get_visible()]
    assert "before 0.0012" in said and f"now {xor.readout.split('loss ')[1][:6]}" in said
    xor.set(rate=2, epoch=300)
    np.testing.assert_array_equal(ghost.get_ydata(), before)


def test_a_loss_that_jumps_is_a_line_and_no_blob(xor):
    xor.controls["rate"].value = 1.0
    each, thick = xor.figure.axes[1].lines[:2]
    assert each.get_linewidth() < 1 < thick.get_linewidth()
    np.testing.assert_array_equal(each.get_ydata(), xor.result[0])
    for epoch in (1, 5, 10, 500, 1000):
        tens = xor.result[0][max(epoch - 10, 0) : epoch]
        np.testing.assert_allclose(thick.get_ydata()[epoch - 1], np.mean(tens), rtol=1e-9)
    jumps = [np.abs(np.diff(np.log(line.get_ydata()[20:150]))).mean() for line in (each, thick)]
    assert jumps[0] > 3 * jumps[1]


def test_the_words_beside_the_curve_have_their_room(xor):
    xor.set(rate=0.001, seed=3)
    xor.set(rate=1.0)
    plane, curve = laid_out(xor).axes
    boxes = [text.get_window_extent() for text in curve.texts if text.get_text() and text.get_visible()]
    assert len(boxes) == 4 and max(box.x1 for box in boxes) < xor.figure.bbox.x1 - 5
    assert curve.yaxis.label.get_window_extent().x0 > plane.get_window_extent().x1 + 15
    key = plane.get_legend().get_window_extent()
    assert not any(key.overlaps(box) for box in boxes)


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
