"""What a reader can turn: each function here makes one control with a name, a sensible range and a start value.

All of them are plain ipywidgets, so `control.value` reads and sets them, from the keyboard, the mouse or a test.
"""

import math
from pathlib import Path

import anywidget
import ipywidgets
import numpy as np
import traitlets

ROUND_NUMBERS = ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8")  # ten even-looking steps in a decade


def slider(label, low, high, start, *, step=None, unit=""):
    """A slider over whole numbers where all of them are whole, over decimals otherwise.

    step : 1 for whole numbers, a hundredth of the range for decimals, unless given.
    unit : said after the label, "noise (cm)".
    """
    whole = all(isinstance(number, int) for number in (low, high, start, step or 1))
    step = step or (1 if whole else (high - low) / 100)
    if not low <= start <= high:
        raise ValueError(f"start must lie between {low} and {high}, got {start}")
    options = {"value": start, "min": low, "max": high, "step": step, "description": _named(label, unit)}
    if whole:
        return ipywidgets.IntSlider(**options)
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    return ipywidgets.FloatSlider(readout_format=f".{decimals}f", **options)


def log_slider(label, low, high, start, *, unit=""):
    """A slider with equal room for every power of ten, as learning rates and penalties need it.

    It stops at round numbers only (0.1, 0.12, 0.15, 0.2, ... 0.8, 1), so that what it shows is exactly what it
    says, and can be typed into code.
    """
    if not 0 < low <= start <= high:
        raise ValueError(f"a log slider needs 0 < low <= start <= high, got {low}, {start}, {high}")
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    numbers = {float(f"{digits}e{power}") for power in decades for digits in ROUND_NUMBERS}
    return list_slider(label, sorted({n for n in numbers if low <= n <= high} | {start}), start, unit=unit)


def list_slider(label, values, start, *, unit=""):
    """A slider that stops at the listed numbers only: batch sizes 1, 2, 4, 8, ..."""
    if start not in values:
        raise ValueError(f"start must be one of {list(values)}, got {start}")
    options = [(np.format_float_positional(value, trim="-"), value) for value in values]
    return ipywidgets.SelectionSlider(options=options, value=start, description=_named(label, unit))


def choice(label, options, start=None):
    """One of a few: buttons side by side up to four options, a drop-down list above that.

    options : a list of texts, or of (text, value) pairs.
    """
    kind = ipywidgets.ToggleButtons if len(options) <= 4 else ipywidgets.Dropdown
    control = kind(options=list(options), description=label)
    if start is not None:
        control.value = start
    return control


def switch(label, on=False):
    """A check box."""
    return ipywidgets.Checkbox(value=on, description=label, indent=False)


class Action(ipywidgets.Button):
    """A button whose value is how often it has been pressed: "new data", "one step back"."""

    value = traitlets.Int(0)

    def __init__(self, **options):
        super().__init__(**options)
        self.on_click(Action._count)

    def _count(self):
        self.value += 1


class Spoken(anywidget.AnyWidget):
    """Nothing to see: it lets a screen reader say the name of each slider of its panel and the value that it shows."""

    _esm = Path(__file__).with_name("spoken.js")

    def __init__(self):
        super().__init__(layout={"height": "0", "margin": "-4px 0 0 0"})  # a box puts 4 px between two


class Mouse(anywidget.AnyWidget):
    """Nothing to see: where the mouse is on the picture of the panel that holds it.

    over : [x, y], from 0 (left, top) to 1; [] off the picture.   pressed : [x, y, how often], [] before the first time.
    """

    _esm = Path(__file__).with_name("mouse.js")
    over = traitlets.List().tag(sync=True)
    pressed = traitlets.List().tag(sync=True)

    def __init__(self):
        super().__init__(layout={"height": "0", "margin": "-4px 0 0 0"})


def action(label):
    """A button; `compute` gets the number of times it has been pressed, 0 at the start."""
    return Action(description=label)


def stops(control):
    """The values that a slider can take, from the first to the last; [] for other controls."""
    if isinstance(control, ipywidgets.SelectionSlider):
        return [value for _, value in control.options]
    if isinstance(control, ipywidgets.IntSlider):
        return list(range(control.min, control.max + 1, control.step))
    if isinstance(control, ipywidgets.FloatSlider):
        return [
            round(float(value), 10) for value in np.arange(control.min, control.max + control.step / 2, control.step)
        ]
    return []


def place(control):
    """Which of its stops a slider is at."""
    return min(enumerate(stops(control)), key=lambda stop: abs(stop[1] - control.value))[0]


def in_words(control, value=None):
    """A control and its value, or another one, in words: "learning rate 0.1"; the empty text for a button."""
    value = control.value if value is None else value
    if isinstance(control, Action):
        return ""
    if isinstance(control, ipywidgets.Checkbox):
        return f"{control.description} {'on' if value else 'off'}"
    if not hasattr(control, "label"):
        return f"{control.description} {value:g}"
    if not hasattr(control, "options"):  # the pad of chapter 13
        return f"{control.description} {control.label}"
    pairs = [option if isinstance(option, tuple) else (option, option) for option in control.options]
    return f"{control.description} {next(label for label, each in pairs if each == value)}"


def align(controls, width):
    """Give controls their widths: two to a row of a figure of this width, with room for the longest name."""
    sliding = (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.SelectionSlider, ipywidgets.Dropdown)
    longest = max([len(control.description) for control in controls if isinstance(control, sliding)], default=0)
    for control in controls:
        control.layout = ipywidgets.Layout(width="auto", max_width="98%")
        if isinstance(control, sliding):
            control.layout.width = f"{width // 2 - 20}px"
            control.style.description_width = f"{0.55 * longest + 0.5:.1f}em"  # letters are about half an em wide
        elif isinstance(control, ipywidgets.ToggleButtons):
            control.style.description_width = "initial"
            control.style.button_width = "auto"


def row(widgets):
    """Widgets side by side that fold onto the next line where the page is narrow."""
    layout = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="4px 16px", overflow="hidden")
    return ipywidgets.Box(widgets, layout=layout)


def _named(label, unit):
    return f"{label} ({unit})" if unit else label
