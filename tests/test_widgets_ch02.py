"""The live figure of chapter 02: the data behind the picture, and what the chapter's prose says of it."""

import numpy as np
import pytest
from turning import fresh

from nnlib.plots import artist
from nnlib.widgets import descent, descent_path
from nnlib.widgets.ch02_descent import FIRST

X = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0])
Y = np.array([7.0, 7.0, 11.0, 13.0, 18.0, 19.0])


def rides():
    return descent(X, Y)


@pytest.fixture
def valley():
    return fresh(rides)


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
        (0.043, "46,270"),
        (0.05, "4 · 10¹⁶"),
    ],
)
def test_descent_ends_where_the_chapter_says(valley, rate, loss):
    valley.controls["rate"].value = rate
    assert f"{loss} after 50 steps" in valley.readout
    assert (valley.notes == ["It explodes."]) == (rate >= 0.042)
    gone = [text.get_text() for text in valley.figure.axes[1].texts if text.get_visible() and "↑" in text.get_text()]
    assert gone == (["↑ 4 · 10¹⁶\nafter 50 steps"] if rate == 0.05 else [])


def test_what_leaves_the_picture_is_named_where_it_leaves(valley):
    curve = valley.figure.axes[1]
    for _, rate in valley.controls["rate"].options:
        valley.set(rate=rate)
        line = curve.transData.transform(curve.lines[0].get_xydata())
        along = np.stack([np.interp(np.linspace(0, 50, 2000), np.arange(51), each) for each in line.T])
        said = [text for text in curve.texts if text.get_visible() and "↑" in text.get_text()]
        assert len(said) == (valley.result[1][-1] > 1e5)
        for box in [text.get_window_extent() for text in said]:
            assert curve.bbox.x0 < box.x0 and box.x1 < curve.bbox.x1
            assert not any(box.contains(*point) for point in along.T)


@pytest.mark.parametrize("noise", [0, 0.01, 0.3, 1])
def test_data_on_a_line_or_nearly_have_a_picture_too(noise):
    live = descent(X, 1.5 * X + 1 + noise * np.sin(37 * X))
    curve = live.figure.axes[1]
    for step in (0, 50):
        live.set(step=step)
        assert curve.get_ylim()[0] < live.result[1][-1]
        for text in (each for each in curve.texts if each.get_text()):
            box = text.get_window_extent()
            assert curve.bbox.y0 <= box.y0 and box.y1 <= curve.bbox.y1, text.get_text()
            assert box.x1 <= live.figure.bbox.x1, text.get_text()


def test_the_first_steps_away_are_numbered_and_seen(valley):
    valley.set(rate=0.05, step=4)
    far = valley.figure.axes[2]
    numbers = [text for text in far.texts[-1 - FIRST : -1] if text.get_text()]
    assert [text.get_text() for text in numbers] == ["1", "2", "3", "4"]
    np.testing.assert_array_equal([text.xy for text in numbers], valley.result[0][1:5])
    assert all(far.viewLim.contains(*place) for place in valley.result[0][: FIRST + 1])
    for step, rate in ((4, 0.03), (0, 0.05)):  # the view belongs to the rate, so that it stands still while it plays
        valley.set(rate=rate, step=step)
        assert [ax.get_visible() for ax in valley.figure.axes] == [rate == 0.03, True, rate == 0.05]


def test_descent_stays_finite_or_says_so_at_every_stop(valley):
    for _, rate in valley.controls["rate"].options:
        valley.controls["rate"].value = rate
        assert valley.error is None
        np.testing.assert_array_equal(valley.result[0], descent_path(X, Y, rate, 50))


def test_the_loss_stands_at_the_end_of_its_curve(valley):
    for rate, step, words in (
        (0.03, 50, " now 2.379"),
        (0.03, 10, " now 4.512"),
        (0.042, 50, " now 453.1"),
        (0.05, 50, ""),
    ):
        valley.set(rate=rate, step=step)
        curve = valley.figure.axes[1]
        (moment,) = [line for line in curve.lines if line.get_marker() == "o"]
        said = [text for text in curve.texts if text.get_visible() and "now" in text.get_text()]
        assert [text.get_text() for text in said] == ([words] if words else [])
        assert [tuple(place) for place in moment.get_xydata()] == ([(step, valley.result[1][step])] if words else [])
        assert all(text.get_window_extent().x1 < valley.figure.bbox.x1 for text in said)
    dots = [artist(valley.set(rate=rate) or valley.figure.axes[0], "path").get_markersize() for rate in (0.06, 0.03)]
    assert dots == [4, 3]  # of steps that lie apart, and on each other


def test_descent_runs_on_the_readers_gradient():
    def uphill(x, y, w, b):
        error = w * x + b - y
        return -2 * np.mean(error * x), -2 * np.mean(error)

    live = descent(X, Y, gradient=uphill)
    losses = live.result[1]
    assert (np.diff(losses) > 0).all() and live.notes == ["It explodes."]
    live.close()


@pytest.mark.parametrize("factor, loss", [(1e6, "over 10³⁰⁸"), (np.nan, "nan")])
def test_a_descent_beyond_all_floats_says_so(factor, loss):
    live = descent(X, Y, gradient=lambda x, y, w, b: (factor * (w - 1), 0.0))
    assert f"{loss} after 50 steps" in live.readout and live.notes == ["It explodes."]
    live.close()
