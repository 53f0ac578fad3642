"""The pad of chapter 13, the preprocessing of a drawing, and what the chapter's prose says of its network."""

import json
from pathlib import Path

import numpy as np
import pytest
from turning import fresh, turn

from nnlib import datasets
from nnlib.exercises import mine
from nnlib.plots import COLORS
from nnlib.widgets import digit_pad, preprocess, stored_drawings
from nnlib.widgets.ch13_digit_pad import (
    HEIGHT,
    PENS,
    THREE,
    WIDTH,
    Pad,
    along,
    black_and_white,
    blocks,
    course_reader,
    fitted,
    ink,
    turned,
)

X, labels = datasets.digits()
X_rest, labels_rest, X_test, labels_test = datasets.split(X, labels, fraction=0.2, seed=0)
BAR = [[[0.5, 0.2], [0.5, 0.8]]]
SEVEN = [[[0.3, 0.3], [0.7, 0.3], [0.45, 0.7]], [[0.4, 0.5], [0.6, 0.5]]]


@pytest.fixture
def live():
    return fresh(digit_pad)


def drawings():
    return [(each["strokes"], each["digit"], PENS[each["pen"]]) for each in stored_drawings()]


def answers(pixels):
    return course_reader().predict(np.asarray(pixels)).argmax(axis=1)


def box_of(picture):
    """(left, right, top, bottom) of the ink, the ends included."""
    columns, rows = np.flatnonzero(picture.any(axis=0)), np.flatnonzero(picture.any(axis=1))
    return columns[0], columns[-1], rows[0], rows[-1]


# ---- the form of the data set -----------------------------------------------------------------------


def test_the_data_are_as_the_preprocessing_takes_them_to_be():
    pictures = X.reshape(-1, 8, 8)
    assert (16 * X == np.round(16 * X)).all() and X.max() == 1  # blocks of 4 x 4 pixels, counted
    assert pictures[:, 0].any(axis=1).all() and pictures[:, -1].any(axis=1).all()  # 32 pixels high, all of them
    outside = pictures[:, :, [0, -1]]
    assert np.mean(outside.sum(axis=1) > 0) < 0.09  # at most 20 wide, in the middle: columns 6 to 26
    assert 0.29 < X.mean() < 0.32
    assert np.mean([np.std(slants(pictures[labels == digit])) for digit in range(10)]) < 0.1
    assert abs(slants(pictures).mean()) < 0.05


def slants(pictures):
    """How far each picture (n, 8, 8) leans: pixels to the left for each pixel up."""
    ink, steps = pictures.sum(axis=(1, 2))[:, np.newaxis], np.arange(8)
    x = steps - (pictures.sum(axis=1) @ steps)[:, np.newaxis] / ink
    y = steps - (pictures.sum(axis=2) @ steps)[:, np.newaxis] / ink
    return np.einsum("nij,nj,ni->n", pictures, x, y) / np.einsum("nij,ni,ni->n", pictures, y, y)


def test_ink_is_counted_in_blocks():
    picture = np.zeros((32, 32), dtype=bool)
    picture[0:4, 0:4] = True  # all 16 of the first block
    picture[4, 8:11] = True  # 3 of the block in row 1, column 2
    picture[31, 31] = True
    counts = 16 * blocks(picture).reshape(8, 8)
    assert (counts[0, 0], counts[1, 2], counts[7, 7], counts.sum()) == (16, 3, 1, 20)


def test_a_stroke_is_as_thick_as_asked_and_lies_where_it_was_drawn():
    for thickness in (2, 4, 6):
        picture = ink([[[0.5, 0.25], [0.5, 0.75]]], thickness)  # down the middle, from 8 to 24
        assert box_of(picture)[:2] == (16 - thickness / 2, 15 + thickness / 2)
        assert picture[16].sum() == thickness
        assert picture[:8].sum() < thickness**2
    assert ink([[[0.5, 0.5]]], 4).sum() == 12 == ink([[[0.5, 0.5], [0.5, 0.5]]], 4).sum()  # a dot
    assert not ink([], 4).any() and not ink([[]], 4).any()


def test_rounding_does_not_decide_what_is_ink():
    """The edge of this dot runs through centers of pixels: a hair more or less must not move it."""
    middle = 33 / 64  # the center of a pixel
    there = ink([[[middle, middle]]], 6)
    assert there[16, [13, 19]].all() and there[[13, 19], 16].all()
    for hair in (-1e-9, 1e-9):
        np.testing.assert_array_equal(ink([[[middle + hair, middle - hair]]], 6), there)


def test_a_slow_hand_leaves_the_same_ink_as_a_fast_one():
    top, middle, bottom = SEVEN[0]
    slow = [[*np.linspace(top, middle, 9), *np.linspace(middle, bottom, 300)], SEVEN[1]]  # slow on the way down
    assert np.abs(preprocess(slow) - preprocess(SEVEN)).max() <= 1 / 16
    assert np.abs(preprocess(slow, fit=False) - preprocess(SEVEN, fit=False)).max() <= 1 / 16
    steps = np.hypot(*np.diff(along(slow[:1]), axis=0).T)
    assert steps.max() < 1.02 * np.median(steps)


def test_size_place_pen_and_slant_make_no_difference_once_fitted():
    there = preprocess(SEVEN)
    for scale, right, down in ((1, 0.2, -0.1), (0.4, -0.2, 0.2), (1.4, 0, 0)):
        moved = [0.5 + scale * (np.array(stroke) - 0.5) + (right, down) for stroke in SEVEN]
        assert np.abs(preprocess(moved) - there).mean() < 0.02
        assert np.abs(preprocess(moved, fit=False) - preprocess(SEVEN, fit=False)).mean() > 0.04
    np.testing.assert_array_equal(preprocess(SEVEN, pen=1.5), there)
    leaning = [np.array(stroke) @ [[1, 0], [-0.3, 1]] for stroke in SEVEN]
    assert np.abs(preprocess(leaning) - there).mean() < 0.02
    assert (preprocess(SEVEN, fit=False, pen=6) > preprocess(SEVEN, fit=False, pen=1.5)).any()


def test_a_fitted_drawing_fills_the_frame_of_the_data():
    for strokes, _, _ in drawings():
        left, right, top, bottom = box_of(black_and_white(strokes))
        assert (top, bottom) == (0, HEIGHT - 1)
        assert right - left + 1 <= WIDTH
        assert abs((left + right) / 2 - 15.5) <= 1
    left, right, *_ = box_of(black_and_white(BAR))
    assert right - left + 1 == 6  # a bare 1 is not stretched to 20
    share = np.mean([preprocess(strokes).mean() for strokes, _, _ in drawings()])
    assert abs(share - X.mean()) < 0.02


@pytest.mark.parametrize("strokes", [[[[0.5, 0.5]]], [[[0, 0], [1, 0]]], [[[0, 0], [1, 1]]], [[[1, 1], [1, 1]]]])
def test_the_oddest_drawings_give_a_picture(strokes):
    for fit in (True, False):
        pixels = preprocess(strokes, fit=fit)
        assert pixels.shape == (64,) and 0 < pixels.sum() and pixels.max() <= 1
        assert (16 * pixels == np.round(16 * pixels)).all()
    assert all(np.isfinite(stroke).all() for stroke in fitted(strokes))


def test_an_empty_pad_is_a_white_picture():
    assert fitted([]) == [] and not preprocess([]).any() and not preprocess([], fit=False).any()
    assert turned([], 30) == []


def test_turning_keeps_the_middle_and_the_lengths():
    once = turned(BAR, 90)[0]
    np.testing.assert_allclose(once, [[0.8, 0.5], [0.2, 0.5]], atol=1e-12)  # the top goes to the right
    back = turned(turned(SEVEN, 30), -30)[0]
    np.testing.assert_allclose(np.diff(back, axis=0), np.diff(SEVEN[0], axis=0), atol=1e-12)


# ---- the live figure --------------------------------------------------------------------------------


def test_the_pad_reads_what_is_drawn(live):
    assert live.result.answer == 3 and live.readout.startswith("It reads 3,")
    for strokes, _, _ in drawings()[:10]:
        read = turn(live, drawing=strokes).result
        outputs = course_reader().predict(preprocess(strokes)[np.newaxis])[0]
        np.testing.assert_allclose(read.outputs, outputs, rtol=0, atol=1e-12)
        assert f"It reads {outputs.argmax()}, with output {outputs.max():.2f}" in live.readout
        heights = [bar.get_height() for bar in live.figure.axes[3].patches]
        np.testing.assert_allclose(heights, outputs, rtol=0, atol=1e-12)


def test_the_picture_shows_what_the_network_gets(live):
    read = turn(live, drawing=SEVEN).result
    paper, seen, inside, *_ = (ax.images[0].get_array() if ax.images else None for ax in live.figure.axes)
    np.testing.assert_array_equal(paper, black_and_white(SEVEN))
    np.testing.assert_array_equal(np.ravel(seen), preprocess(SEVEN))
    assert inside.shape == (8, 4)
    np.testing.assert_array_equal(np.ravel(inside) > 0, read.hidden > 0)
    assert f"{np.sum(read.hidden > 0)} of 32 hidden neurons fire" in live.readout


def test_the_box_and_the_pen(live):
    assert live.figure.axes[0].get_title() == "fitted into 32 × 32"
    turn(live, drawing=SEVEN, fit=False, pen=PENS["thin"])
    assert live.figure.axes[0].get_title() == "as it lies, 32 × 32"
    np.testing.assert_array_equal(live.result.pixels, preprocess(SEVEN, fit=False, pen=1.5))
    assert live.controls["drawing"].pen == 1.5  # and so it is drawn on the page
    turn(live, pen=PENS["thick"])
    np.testing.assert_array_equal(live.result.pixels, preprocess(SEVEN, fit=False, pen=6))
    turn(live, fit=True)
    np.testing.assert_array_equal(live.result.pixels, preprocess(SEVEN))
    turn(live, turn=90)
    np.testing.assert_array_equal(live.result.pixels, preprocess(turned(SEVEN, 90)))


def large(live):
    """The large digit, and the words above it."""
    how, text = (text for text in live.figure.axes[4].texts if not text.get_gid())
    return text, how.get_text()


def test_what_it_reads_can_be_read_from_the_back_of_a_room(live):
    digit, how = large(live)
    box = digit.get_window_extent()
    assert (digit.get_text(), how) == ("3", "it reads") and box.height > 60  # CSS pixels
    assert box.x0 > live.figure.axes[3].get_window_extent().x1  # beside the bars
    for strokes, _, _ in drawings()[::3]:
        outputs = turn(live, drawing=strokes, fit=False).result.outputs
        digit, how = large(live)
        assert (digit.get_text(), how) == (str(outputs.argmax()), "it reads" if outputs.max() > 0.5 else "unsure")
        assert digit.get_color() == COLORS["blue" if outputs.max() > 0.5 else "gray"]
    turn(live, drawing=[])
    assert large(live)[0].get_text() == large(live)[1] == ""


def test_an_empty_pad_has_no_answer(live):
    turn(live, drawing=[])
    assert live.result.answer is None and live.readout == "The pad is empty."
    assert live.notes == ["Draw a digit on the pad."]
    assert all(bar.get_height() == 0 for bar in live.figure.axes[3].patches)
    turn(live, drawing=[THREE], turn=-90, fit=False)
    assert live.notes == []
    live.reset()
    assert live.result.answer == 3 and live.controls["drawing"].value == [THREE]


def test_the_readers_own_network_draws_the_same_picture():
    parameters, activations = course_reader().get_parameters(), [mine("relu"), mine("sigmoid")]
    own = digit_pad(lambda X: mine("forward")(X, parameters, activations))
    for strokes in (SEVEN, BAR, []):
        outputs = course_reader().predict(preprocess(strokes)[np.newaxis])[0]
        np.testing.assert_allclose(turn(own, drawing=strokes).result.outputs, outputs, rtol=0, atol=1e-12)
    own.close()


@pytest.mark.parametrize("n_hidden", [1, 5, 64])
def test_a_network_of_another_width_has_its_place(n_hidden):
    rng = np.random.default_rng(0)
    W1, W2 = rng.normal(size=(64, n_hidden)), rng.normal(size=(n_hidden, 10))
    own = digit_pad(lambda X: [X, np.maximum(X @ W1, 0), 1 / (1 + np.exp(-np.maximum(X @ W1, 0) @ W2))])
    assert own.error is None and f"of {n_hidden} hidden neurons fire" in own.readout
    own.close()


def test_the_page_without_widgets_says_what_is_on_the_pad(live):
    assert "as in the data set on, pen medium, turn (°) 0, drawing: 1 stroke" in live._in_words()
    turn(live, drawing=SEVEN)
    assert "drawing: 2 strokes" in live._in_words()


def test_the_script_of_the_pad_is_a_file_of_the_package():
    script = Path(__import__("nnlib").__file__).parent / "widgets" / "ch13_digit_pad.js"
    pad = Pad()
    assert pad._esm == script.read_text(encoding="utf-8")
    assert "import " not in pad._esm and "http" not in pad._esm  # no build step, nothing from a network
    pad.close()


# ---- what the chapter says --------------------------------------------------------------------------


def test_the_network_reads_97_percent():
    assert np.mean(answers(X_test) == labels_test) > 0.97


def test_the_mistakes_are_unsure_but_for_a_four():
    outputs = course_reader().predict(X_test)
    wrong = np.flatnonzero(outputs.argmax(axis=1) != labels_test)
    assert outputs[wrong].max() < 0.8
    (worst,) = (k for k in wrong if outputs[k, labels_test[k]] < 0.01)
    assert (labels_test[worst], outputs[worst].argmax()) == (4, 9)
    assert outputs[worst, 4] < 0.001


def test_one_pixel_costs_more_than_half_and_two_nearly_all():
    pictures, shifted = X_test.reshape(-1, 8, 8), mine("shifted")
    for move in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert np.mean(answers(shifted(pictures, *move).reshape(-1, 64)) == labels_test) < 0.5
    assert np.mean(answers(shifted(pictures, 2, 0).reshape(-1, 64)) == labels_test) < 0.15


def test_the_labels_start_over_every_130_rows():
    starts = [k for k in range(len(labels) - 30) if np.array_equal(labels[k : k + 30], labels[:30])]
    assert len(starts) >= 12 and set(np.diff(starts)) <= {126, 128, 130, 252, 253}  # some forms have a digit less


def test_there_are_ten_drawings_of_each_digit_by_ten_hands():
    stored = stored_drawings()
    assert sorted(each["digit"] for each in stored) == sorted(10 * list(range(10)))
    hands = [each["hand"] for each in stored]
    assert len(set(hands)) == 10 and all(hands.count(hand) == 10 for hand in hands)
    points = np.array([point for each in stored for stroke in each["strokes"] for point in stroke])
    assert 0 <= points.min() and points.max() <= 1
    assert json.loads(json.dumps(stored)) == stored


def test_preprocessing_doubles_what_is_read():
    digits = np.array([digit for _, digit, _ in drawings()])
    raw = answers([preprocess(strokes, fit=False, pen=pen) for strokes, _, pen in drawings()]) == digits
    fit = answers([preprocess(strokes) for strokes, _, _ in drawings()]) == digits
    assert raw.sum() < 45 and fit.sum() > 80
    small = [k for k, each in enumerate(stored_drawings()) if each["hand"] in ("small", "in a corner")]
    assert raw[small].sum() <= 3 and fit[small].sum() >= 15
    assert set(digits[~fit]) == {4, 7, 9}  # the same digits fail hand after hand


def test_no_printed_count_hangs_on_rounding():
    """The two largest outputs are never so close that another processor could swap them."""
    pictures = [X_test]
    pictures += [[preprocess(strokes, fit=fit, pen=pen) for strokes, _, pen in drawings()] for fit in (True, False)]
    pictures += [
        mine("shifted")(X_test.reshape(-1, 8, 8), *m).reshape(-1, 64) for m in ((-1, 0), (1, 0), (0, 1), (2, 0))
    ]
    for each in pictures:
        two = np.sort(course_reader().predict(np.asarray(each)), axis=1)[:, -2:]
        assert (two[:, 1] - two[:, 0]).min() > 1e-6
