"""Chapter 17: everything that the course has built, to be turned, watched, and taken away as code.

A run is told by `nnlib.playground.Settings`, made by `Run` and drawn by `Picture`; here are its controls. A change
begins a new run, which plays at once unless the reader has paused.
"""

from dataclasses import fields

import ipywidgets
import numpy as np
from IPython.display import display

from nnlib.exercises.ch17_playground import BY_HEART, FULL_BATCH
from nnlib.playground import CURVES, DATA, INPUTS, Impossible, Run, Settings
from nnlib.widgets.ch17_picture import Picture
from nnlib.widgets.live.controls import Mouse, list_slider, log_slider, row, slider, switch
from nnlib.widgets.live.figure import LINE, Live, Panel, _button, _paragraph

FRAME = 0.016  # seconds of training between two pictures: as long as the drawing takes
SPEEDS = {"one epoch": 1, "10 epochs": 10, "fastest": 10**9}  # between two pictures
BELOW = 670  # CSS pixels from the question to the end of the readout

# Six settings worth a look: a name, the settings, and a question that only a look answers.
GALLERY = {
    "stuck": (
        {"hidden": (), "learning_rate": 0.05},
        "Why does this never learn, however long it plays? Give it a hidden layer.",
    ),
    "x1·x2": (
        {"hidden": (), "inputs": ("x1·x2",), "epochs": 100},
        "No hidden neuron, and yet it solves XOR. Who has done the work?",
    ),
    "spiral": (
        {"data": "spiral", "hidden": (9, 9), "optimizer": "Adam", "learning_rate": 0.01, "epochs": 400},
        "Which neurons of the second layer draw what no line of the first could?",
    ),
    "by heart": (
        BY_HEART,
        "One curve falls, the other climbs. At which epoch would you have stopped?",
    ),
    "too fast": (
        {**FULL_BATCH, "learning_rate": 0.9},
        "Where is the largest rate with a loss that still falls smoothly?",
    ),
    "dead": (
        {"data": "circles", "hidden": (8, 8), "activation": "relu", "learning_rate": 0.6, "seed": 1, "epochs": 200},
        "A cross: 0 for every training row. Are there fewer at a smaller rate?",
    ),
}  # fmt: skip

COMPARED = ("data", "n", "noise", "held", "data_seed", "points", "loss")  # the same, where two losses are compared

# The controls in columns: a title, CSS pixels for the names, and the keys.
GROUPS = {
    ("data", 64): ("data", "n", "noise", "held", "data_seed"),
    ("network", 66): ("hidden", "activation", "initializer", "output", "seed"),
    ("training", 62): ("loss", "optimizer", "learning_rate", "batch_size", "l2_lambda"),
    ("schedule", 52): ("epochs", "scheduler", "gamma", "step_size", "speed"),
}
CSS = """
.nnlib-playground .widget-readout { flex: none; min-width: 0; width: 36px; }
.nnlib-playground .widget-vbox > .widget-inline-hbox { height: 28px; }
.nnlib-guide .widget-html-content { align-self: center !important; }
.nnlib-playground select { padding: 0 16px 0 5px; background-size: 16px; }
"""


class Typed(ipywidgets.Text):
    """A line to type into, taken when Enter is pressed or the line is left."""

    @property
    def label(self):
        return self.value


def widths_of(text):
    """The hidden layers that a reader has typed, "8, 8" or "8 8"."""
    try:
        return tuple(int(each) for each in text.replace(",", " ").replace("-", " ").split())
    except ValueError:
        raise Impossible(f"hidden layers are whole numbers such as 8, 8; got {text!r}.") from None


def dropdown(label, options):
    return ipywidgets.Dropdown(options=options, description=label)


def controls(start):
    """The controls by the names of the settings, and four that decide nothing: speed, looked, side and the inputs."""
    made = {
        "data": dropdown("data", [each for each in DATA if each not in ("own arrays", "own curve")]),
        "n": dropdown("points", [20, 40, 100, 200, 500, 1000]),
        "noise": list_slider("noise", [0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5], 0.05),
        "held": dropdown("held back", [0.0, 0.1, 0.3, 0.5]),
        "data_seed": dropdown("sample", list(range(10))),
        **{each: switch(each) for each in INPUTS},
        "hidden": Typed(description="hidden", continuous_update=False),
        "activation": dropdown("activation", ["tanh", "relu", "sigmoid", "linear"]),
        "initializer": dropdown("start", ["auto", "glorot", "he"]),
        "output": dropdown("output", ["linear", "tanh", "sigmoid", "relu"]),
        "loss": dropdown("loss", ["mse", "cross_entropy"]),
        "optimizer": dropdown("optimizer", ["SGD", "Momentum", "Adam", "AdamW"]),
        "seed": dropdown("seed", list(range(10))),
        "learning_rate": log_slider("rate", 0.0001, 10.0, 0.1),
        "l2_lambda": dropdown("λ", [0.0, 1e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0]),
        "batch_size": dropdown("batch", [1, 2, 5, 10, 20, 50, 100, 200, 1000]),
        "scheduler": dropdown("kind", ["constant", "StepLR", "ExponentialLR"]),
        "gamma": dropdown("γ", [0.1, 0.3, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0]),
        "step_size": dropdown("every", [1, 5, 10, 20, 50, 100, 200, 500, 1000]),
        "epochs": dropdown("epochs", [10, 30, 100, 200, 300, 400, 500, 1000, 3000, 10_000, 30_000, 100_000]),
        "speed": dropdown("speed", SPEEDS.items()),
        "side": dropdown("new points", [("class 0", 0), ("class 1", 1)]),
        "looked": slider("look at neuron", 0, 64, 0),
    }
    made["speed"].value = SPEEDS["fastest"]
    for key, value in values_of(start).items():
        put(made[key], value)
    return made


def values_of(settings):
    """Settings as the values of the controls; points have none."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    values |= {each: each in values["inputs"] for each in INPUTS}
    values["hidden"] = ", ".join(map(str, values["hidden"]))
    del values["inputs"], values["points"]
    return values


def put(control, value):
    """Give a control a value, which may be between those that it offers."""
    if isinstance(control, ipywidgets.Dropdown | ipywidgets.SelectionSlider):
        offered = [option if isinstance(option, tuple) else (str(option), option) for option in control.options]
        if value not in [each for _, each in offered]:
            offered.append((f"{value:g}" if isinstance(value, float) else str(value), value))
            if not isinstance(value, str):
                offered.sort(key=lambda option: option[1])
            before = control.value
            control.options = offered
            control.value = before
    control.value = value


class Playground(Live):
    """The live figure; `playground` makes it.

    settings : those that the controls show now.   run : the `Run` that is shown (also `result`).
    In code: set(**settings), load(Settings), play(), pause(), update(), step() by an epoch, restart(), press(x1, x2).
    """

    def __init__(self, start, X=None, y=None):
        self._arrays, self._points, self._begun = (X, y), start.points, start
        self._picture_of_run, self._run, self._rests = Picture(), None, False
        self._whole = []  # of the last two whole runs with different settings, the settings and the validation loss
        self._under_mouse = None
        made = controls(start)
        if X is not None:
            made["data"].options = [start.data]
            made["n"].disabled = True
        super().__init__(
            "playground",
            question="Which change lowers the validation loss most?",
            controls=made,
            compute=self._run_for,
            draw=self._show,
            figure=self._picture_of_run.figure,
            alt="Left, a network with a small map in each neuron: what it says all over the plane, from blue over "
            "white to orange. Lines are weights: wide for large, solid above 0, dashed below. In the middle, the "
            "plane with the points and what the network says there. Right, the losses; above them the learning rate, "
            "if it falls.",
        )

    # From the controls to a run

    @property
    def settings(self):
        return self._told({key: control.value for key, control in self.controls.items()})

    @property
    def run(self):
        return self.result

    def _told(self, values):
        told = {field.name: values[field.name] for field in fields(Settings) if field.name in values}
        told["inputs"] = tuple(each for each in INPUTS if values[each])
        told["hidden"] = widths_of(values["hidden"])
        return Settings(**told, points=() if told["data"] in CURVES else self._points)

    def _run_for(self, **values):
        settings = self._told(values)
        if self._run is None or settings != self._run.settings:
            self._run = None  # should the next line fail
            self._run = Run(settings, *self._arrays)
            self._tell(settings)
            if not self._watched():
                self._run.train()
        return self._run

    def _show(self, run, looked):
        self.controls["gamma"].disabled = run.settings.scheduler == "constant"
        self.controls["step_size"].disabled = run.settings.scheduler != "StepLR"
        order = [(k, j) for k, width in enumerate(run.settings.widths[1:], start=1) for j in range(width)]
        if looked > len(order):
            words = f"There are only {len(order)} neurons to look at. "
        else:
            words = ""
        chosen = ("neuron", *order[looked - 1]) if 0 < looked <= len(order) else None
        return words + self._picture_of_run.show(run, self._under_mouse or chosen, self._compared(run))

    def _compared(self, run):
        """The validation loss of the last whole run with other settings, if its rows and its loss are the same."""
        others = [each for each in self._whole if each[0] != run.settings][-1:]
        if run.is_over and run.nn.epoch and not run.ran_away:
            self._whole = [*others, (run.settings, run.nn.history["val_loss"][-1])]
        same = others and all(getattr(others[0][0], key) == getattr(run.settings, key) for key in COMPARED)
        return others[0][1] if same else None

    def load(self, settings):
        """Take over these settings, and begin their run."""
        self._points = settings.points
        self._held = True
        try:
            for key, value in values_of(settings).items():
                put(self.controls[key], value)
        finally:
            self._held = False
        self._begin_anew()

    def _begin_anew(self):
        self._run = self._computed_for = None
        self._refresh()
        self._go_on()

    def _changed(self, change):
        before = self._run
        super()._changed(change)
        if not self._held and self._run is not before:
            self._go_on()

    def set(self, **values):
        before = self._run
        super().set(**values)
        if self._run is not before:
            self._go_on()

    def reset(self):
        self._points, self._run, self._rests, self._whole = self._begun.points, None, False, []
        self._guide.value = _paragraph("Six settings, each with a question.")
        super().reset()

    # Play, Pause, Step, Restart

    def _go_on(self):
        """A new run plays, unless the reader has paused."""
        if self._watched() and not self._rests and not self._ahead and not self.error:
            self._go([{}])

    def play(self):
        if self.error:
            return
        self._rests = False
        if self.run.is_over:
            self._begin_anew()
        elif self._watched():
            self._go([{}])
        else:
            self.run.train()
            self._refresh()

    def _next_frame(self):
        if not self._ahead or self.closed or self.error:
            return
        self.run.train(epochs=self.controls["speed"].value, seconds=FRAME)
        self._refresh()
        if self.run.is_over and self._ahead:
            self.pause()

    def _play_or_pause(self):
        self._rests = bool(self._ahead)
        super()._play_or_pause()

    def step(self):
        """One epoch."""
        self._by(lambda: self.run.train(epochs=1))

    def update(self):
        """One update."""
        self._by(lambda: self.run.update())

    def _by(self, go):
        self._rests = True
        self.pause()
        if not self.error:
            if self.run.is_over:
                self._run = Run(self.settings, *self._arrays)
                self._computed_for, self.result = None, self._run
            go()
            self._refresh()

    def restart(self):
        """Epoch 0."""
        self._rests = True
        self.pause()
        if not self.error:
            self._run = Run(self.settings, *self._arrays)
            self._computed_for = None
            self._refresh()

    # The mouse

    def press(self, x1, x2):
        """Add a point of the class picked, as a click into the plane does."""
        self._points = (*self._points, (x1, x2, self.controls["side"].value))
        self._begin_anew()

    def clear(self):
        """Take away the points that were added."""
        self._points = ()
        self._begin_anew()

    def _pressed(self, change):
        place = self._picture_of_run.in_plane(*change["new"][:2])
        if place and self.controls["data"].value not in CURVES:
            self.press(*place)

    def _hovered(self, change):
        found = self._picture_of_run.under(*change["new"]) if change["new"] else None
        if found != self._under_mouse:
            self._under_mouse = found
            self._refresh()

    # What is on the page

    def _build(self, tick):
        super()._build(tick)
        self._play_button = _button("Play", self._play_or_pause)
        self._play_button.layout.width = "92px"
        self._play_button.icon, self._play_button.button_style = "play", "primary"
        self._clock.observe(self._name_play_button, "playing")
        added = [
            self._play_button,
            _button("Step", self.update, tooltip="one update: one batch"),
            _button("Epoch", self.step, tooltip="one epoch: every row once"),
            _button("Restart", self.restart, tooltip="back to epoch 0"),
            _button("Clear", self.clear, tooltip="take away the points that you have added"),
        ]
        _, head, settings, *rest = self._panel.children
        buttons = head.children[1]
        buttons.children = (*added, *buttons.children)
        self._lockable += added

        room = {"flex": "1 1 240px", "min_height": f"{2 * LINE:.0f}px"}  # so that no question moves anything
        self._guide = ipywidgets.HTML(_paragraph("Six settings, each with a question."), layout=room)
        self._guide.add_class("nnlib-guide")
        gallery = [_button(each, self.visit, each) for each in GALLERY]
        self._lay_out(settings)
        mouse = Mouse()
        mouse.observe(self._pressed, "pressed")
        mouse.observe(self._hovered, "over")
        place = f"<style>{CSS} .nnlib-playground .nnlib-head {{ scroll-margin: 0 0 {BELOW}px; }}</style>"
        self._panel.children = (
            *self._panel.children[:2],
            row([*gallery, self._guide]),
            settings,
            *rest,
            mouse,
            ipywidgets.HTML(place),
        )
        self._line = Typed(description="this run in one line", continuous_update=False)
        self._line.style.description_width = "initial"
        self._line.layout.width = "98%"
        self._line.observe(self._line_changed, "value")
        self._code = ipywidgets.Textarea(rows=17, disabled=True, layout={"width": "98%", "display": "none"})
        # Not an Accordion, whose heading the Tab key passes by.
        opener = ipywidgets.ToggleButton(description="The same run as nnlib code", layout={"width": "auto"})
        opener.observe(lambda change: setattr(self._code.layout, "display", None if change["new"] else "none"), "value")
        self._away = Panel(lambda: f"This run in one line: {self._line.value}", [self._line, opener, self._code])
        self._away.layout.max_width = f"{self._frames.width}px"

    def _lay_out(self, settings):
        """Four groups side by side, and a row for what is in the picture."""
        for key, control in self.controls.items():
            control.style.description_width, control.layout.width = "initial", "auto"
            if key in INPUTS:
                control.layout.width = f"{30 + 6 * len(key)}px"
        groups = []
        for (title, room), keys in GROUPS.items():
            group = [self.controls[key] for key in keys]
            for control in group:
                if not isinstance(control, ipywidgets.SelectionSlider):  # which needs the room
                    control.style.description_width = f"{room}px"
            groups.append(ipywidgets.VBox([ipywidgets.HTML(f"<b>{title}</b>"), *group]))
        columns = {
            "grid_template_columns": "repeat(auto-fit, minmax(140px, 1fr))",
            "grid_gap": "0 14px",
            "width": "100%",
        }
        inputs = [ipywidgets.Label("inputs"), *(self.controls[each] for each in INPUTS)]
        self.controls["side"].layout.width, self.controls["looked"].layout.width = "160px", "200px"
        settings.layout.grid_gap = "0 2px"
        settings.children = [
            ipywidgets.GridBox(groups, layout=columns),
            *inputs,
            ipywidgets.HBox([self.controls["side"], self.controls["looked"]]),  # wrapped together
        ]

    def visit(self, name):
        """Show a setting of the gallery, and its question."""
        settings, question = GALLERY[name]
        self._guide.value = _paragraph(question, strong=True)
        self._rests = False
        self.load(Settings(**settings))

    def _tell(self, settings):
        """The settings as a line and as code, below the figure."""
        self._line.unobserve(self._line_changed, "value")
        self._line.value, self._code.value = str(settings), settings.code()
        self._line.observe(self._line_changed, "value")

    def _line_changed(self, change):
        try:
            settings = Settings.read(change["new"])
        except Impossible as error:
            self._readout.say(f"Impossible: {error}", wrong=True)
        else:
            self.load(settings)

    def export(self):
        """The run as nnlib code, a text."""
        return self.settings.code()

    def __deepcopy__(self, memo):
        return self.settings  # what a check, which copies its answers, takes for one

    def close(self):
        super().close()
        self._away.close()

    def _ipython_display_(self):
        super()._ipython_display_()
        display(self._away)


def playground(X=None, y=None, **settings):
    """Everything at once: data, network and training to be turned and watched.

    X, y : your own data, or None: numbers (n, 2) and classes 0 and 1 (n,), or (n, 1) and numbers to fit.
    settings : those of `nnlib.playground.Settings`, such as data="spiral", hidden=(8, 8).

    Raises ValueError, saying why, for settings that no run can have.
    """
    if (X is None) != (y is None):
        raise ValueError("X and y come together: playground(X, y)")
    if X is not None:
        X = np.asarray(X)
        if X.ndim == 1:
            raise ValueError(
                f"X must have shape (n, 2), or (n, 1) for a curve, got {X.shape}. For one column: X.reshape(-1, 1)"
            )
        settings["data"] = "own curve" if X.ndim == 2 and X.shape[1] == 1 else "own arrays"
    start = Settings.of(settings)
    Run(start, X, y)  # what cannot be is said here, not in the figure
    return Playground(start, X, y)
