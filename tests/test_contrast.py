"""What is drawn or written can be told from the white that it stands on (WCAG 2.2, 1.4.3 and 1.4.11)."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from turning import laid_out, some_values

from nnlib import widgets
from nnlib.datasets import noisy_sine, xor
from nnlib.exercises.engine import show
from nnlib.plots import COLORS

LINE, LETTER = 3.0, 4.5
TOO_LIGHT_FOR_LETTERS = {"orange", "sky"}
GUIDE = "#CCCCCC"  # a line that leads the eye and says nothing


def contrast(color, alpha=None):
    """The contrast of a color with white, by the definition of WCAG 2.2."""
    *rgb, opacity = to_rgba(color, alpha)
    rgb = 1 - opacity * (1 - np.array(rgb))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("black") == pytest.approx(21) and contrast("white") == pytest.approx(1)
    assert contrast("#777777") == pytest.approx(4.48, abs=0.005)  # the example of WebAIM
    assert contrast("black", 0.0) == pytest.approx(1)


@pytest.mark.parametrize("name", COLORS)
def test_each_color_of_the_course_can_be_seen(name):
    assert contrast(COLORS[name]) >= (LINE if name in TOO_LIGHT_FOR_LETTERS else LETTER)


@pytest.mark.parametrize("kind", show.COLORS)
def test_the_bar_beside_a_message_can_be_seen(kind):
    assert contrast(show.COLORS[kind]) >= LINE


def neuron(x, w, b):
    return x * w + b


def mse(prediction, y):
    return np.mean((prediction - y) ** 2)


X, Y = noisy_sine(20)
START = [{"W": np.full((n, m), 0.5), "b": np.zeros((1, m))} for n, m in ((2, 3), (3, 3), (3, 1))]
FIGURES = {
    "confident_mistake": widgets.confident_mistake,
    "decay": widgets.decay,
    "descent": lambda: widgets.descent(X[:, 0], Y[:, 0]),
    "digit_pad": widgets.digit_pad,
    "fold": widgets.fold,
    "forward_shapes": widgets.forward_shapes,
    "hundred_seeds": widgets.hundred_seeds,
    "left_out": widgets.left_out,
    "line_and_squares": lambda: widgets.line_and_squares(X[:, 0], Y[:, 0], neuron, mse),
    "noisy_paths": lambda: widgets.noisy_paths(X[:, 0], Y[:, 0]),
    "one_step": widgets.one_step,
    "playground": widgets.playground,
    "price_of_weights": widgets.price_of_weights,
    "row_times_column": widgets.row_times_column,
    "signal_through_layers": widgets.signal_through_layers,
    "stacked_layers": widgets.stacked_layers,
    "step_backwards": widgets.step_backwards,
    "the_gap": widgets.the_gap,
    "race": widgets.valley_race,
    "v_curve": lambda: widgets.v_curve(*xor(), START),
    "which_illness": widgets.which_illness,
    "xor_backward": widgets.xor_backward,
    "xor_learns": widgets.xor_learns,
}


def test_every_live_figure_is_looked_at():
    files = Path(widgets.__file__).parent.glob("ch[0-9A][0-9]_*.py")
    assert set(FIGURES) == {file.stem.partition("_")[2] for file in files} - {
        "moving_xor",
        "bugs",
        "picture",
    }  # these are none


def faint(live):
    """The letters and lines of a figure, each with its color, that some could not see."""
    letters = [
        (text.get_text(), text.get_color())
        for text in live.figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and contrast(text.get_color(), text.get_alpha()) < LETTER
    ]
    return letters + [
        (line.get_label(), line.get_color())
        for ax in live.figure.axes
        for line in ax.lines
        if line.get_visible() and line.get_linestyle() not in ("None", "") and line.get_color() != GUIDE
        if contrast(line.get_color(), line.get_alpha()) < LINE
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_lines_and_letters_of_a_live_figure_can_be_seen(name):
    live = FIGURES[name]()
    unseen = faint(live)
    live.close()
    assert unseen == []


@pytest.mark.long
@pytest.mark.parametrize("name", FIGURES)
def test_wherever_its_controls_stand_a_live_figure_is_drawn_and_can_be_seen(name):
    live, unseen = FIGURES[name](), []
    for key, control in live.controls.items() if name != "playground" else ():  # whose own tests turn each
        start = control.value
        for value in some_values(control):
            live.set(**{key: value})
            assert live.error is None, (key, value, live.readout)
            laid_out(live)
            unseen += faint(live)
        live.set(**{key: start})
    live.close()
    assert unseen == []
