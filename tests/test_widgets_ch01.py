"""The live figure of chapter 01: the data behind the picture, and what the chapter's prose says of it."""

import numpy as np
import pytest

from nnlib.exercises import exercises, judge
from nnlib.plots import artist
from nnlib.widgets import line_and_squares

X = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0])
Y = np.array([7.0, 7.0, 11.0, 13.0, 18.0, 19.0])


def neuron(x, w, b):
    return w * x + b


def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


@pytest.fixture
def squares():
    live = line_and_squares(X, Y, neuron=neuron, loss=mse)
    yield live
    live.close()


@pytest.mark.parametrize(
    "w, b, loss, touched",
    [(2.0, 5.0, "2.167", 2), (2.0, 4.0, "1.500", 0), (1.9, 4.6, "1.425", 0), (4, 12, "288.167", 0)],
)
def test_the_squares_are_the_loss(squares, w, b, loss, touched):
    squares.controls["w"].value = w
    squares.controls["b"].value = b
    assert f"MSE {loss}" in squares.readout
    assert f"touches {touched} of 6" in squares.readout
    nearest = np.abs(neuron(X, w, b) - Y).min()
    assert (f"nearest is €{nearest:.2f} away." if nearest > 1e-9 else "of 6 points.") in squares.readout
    ax = squares.figure.axes[0]
    corners = [path.vertices for path in artist(ax, "squares").get_paths()]
    heights = np.array([np.ptp(vertices[:, 1]) for vertices in corners])
    assert np.mean(heights**2) == pytest.approx(mse(neuron(X, w, b), Y))
    on_screen = [ax.transData.transform(vertices[:4]) for vertices in corners]
    for box in on_screen:
        assert np.ptp(box[:, 0]) == pytest.approx(np.ptp(box[:, 1]), abs=0.01)
    cut = sum(not ax.bbox.padded(0.01).contains(*corner) for box in on_screen for corner in box[::2])
    assert ("The frame cuts" in squares.readout) == (cut > 0)
    mean = squares.figure.axes[1]
    average, best = (patch.get_window_extent() for patch in mean.patches)
    assert mean.bbox.contains(average.x0, average.y0 + 1)  # all of it is seen,
    shrunk = "to scale" if w < 4 else "sides ÷ 2"  # if need be smaller
    assert mean.texts[1].get_text() == f"the average square, {shrunk}"
    areas = [np.ptp(box[:, 0]) * np.ptp(box[:, 1]) for box in on_screen]
    assert average.width == pytest.approx(average.height)
    scale = 1 if w < 4 else 2
    assert scale**2 * average.width * average.height == pytest.approx(np.mean(areas), rel=1e-3)  # as the others
    assert best.width == pytest.approx(min(average.width, average.width * np.sqrt(13.125 / float(loss))))


def test_the_best_line_with_its_square_and_every_line_tried_stay(squares):
    ax, mean, _ = squares.figure.axes
    best = next(line for line in ax.lines if line.get_linestyle() == "--")
    tried = [(0.5, 10.0, None), (2.0, 5.0, None), (1.9, 4.6, None), (4.0, 0.0, "1.425"), (4.0, 12.0, "1.425")]
    for w, b, smallest in tried:
        squares.set(w=w, b=b)
        dashed = "dashed" if mean.patches[1].get_visible() else "dashed line"
        record = f"{dashed}: the best so far, {smallest}" if smallest else "(this is the best so far)"
        assert mean.texts[2].get_text() == record
        np.testing.assert_allclose(best.get_ydata(), [4.6, 1.9 * 9 + 4.6] if smallest else [np.nan] * 2)
        assert mean.patches[1].get_visible() == (smallest is not None and w * 8 + b < 40)  # no blot when shrunk
    dots = squares.figure.axes[2].collections[0]
    assert [tuple(place) for place in dots.get_offsets()] == [(w, b) for w, b, _ in tried]
    assert list(dots.get_array()) == pytest.approx([mse(neuron(X, w, b), Y) for w, b, _ in tried])


@pytest.mark.parametrize("w, b", [(0, 0), (0, 12), (4, 0), (4, 12)])
def test_the_line_is_in_the_frame_at_every_corner(squares, w, b):
    squares.set(w=w, b=b)
    low, high = squares.figure.axes[0].get_ylim()
    assert low < neuron(0, w, b) < high


def test_the_guess_goes_to_a_better_line_that_touches_none_and_leaves_the_lowest_to_be_found(squares):
    squares.guess("one or two")
    assert "MSE 1.505 €². The line touches 0 of 6" in squares.readout
    w, b = (squares.controls[key].value for key in "wb")
    assert np.sum(np.abs(neuron(X, 2.0, 5.0) - Y) < 1e-9) == 2 and mse(neuron(X, w, b), Y) < mse(neuron(X, 2.0, 5.0), Y)
    assert judge(exercises()["my_line"], (w, b)).state == "wrong"


def test_where_the_line_touches_some_a_better_one_is_named_with_what_it_touches(squares):
    squares.set(w=2.0, b=5.0)
    assert "on the way" not in squares.readout  # only what is worse was tried
    for (w, b), said in (((1.8, 5.2), "1"), ((1.9, 4.6), "none")):  # each better than the one before
        squares.set(w=w, b=b)
        assert "on the way" not in squares.readout
        squares.set(w=2.0, b=5.0)
        lowest = mse(neuron(X, w, b), Y)
        assert f"2 of 6 points; a line tried on the way has {lowest:.3f} and touches {said}." in squares.readout
    heading = squares.figure.axes[1].texts[0].get_window_extent()
    assert heading.y1 + 6 * squares.figure.dpi / 100 < squares.figure.bbox.y1


def test_every_line_through_two_points_loses_to_one_that_touches_none():
    pairs = [(i, j) for i in range(6) for j in range(i)]
    slopes = {(i, j): (Y[i] - Y[j]) / (X[i] - X[j]) for i, j in pairs}
    best = min(mse(neuron(X, w, Y[i] - w * X[i]), Y) for (i, j), w in slopes.items())
    assert best == pytest.approx(1.650, abs=1e-3) and best > 1.45


def test_a_readers_wrong_function_is_shown_and_not_swallowed():
    live = line_and_squares(X, Y, neuron=neuron, loss=lambda y_hat, y: undefined)  # noqa: F821
    assert "NameError" in live.readout
    live.close()
