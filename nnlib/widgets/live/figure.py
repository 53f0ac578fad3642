"""The engine of the course's live figures: named controls -> compute -> draw -> one new picture.

A widget says what is turned, what is computed and what is drawn, and nothing else:

    def learning_rate():
        fig, ax = figure()
        (line,) = ax.plot([], [])
        ax.set(xlim=(0, 1000), ylim=(0, 0.3))

        def compute(rate, seed):
            return NeuralNetwork(LAYERS, learning_rate=rate, seed=seed).fit(X, y)["train_loss"]

        def draw(losses):
            line.set_data(range(len(losses)), losses)
            return f"loss {losses[-1]:.4f} after {len(losses)} epochs"

        return Live(
            "learning_rate",
            question="How large may the learning rate be?",
            controls={"rate": log_slider("learning rate", 0.001, 10, 0.1), "seed": slider("seed", 0, 20, 0)},
            compute=compute, draw=draw, figure=fig, alt="The training loss of 1000 epochs.",
        )  # fmt: skip

The parameter names say what depends on what. `compute` is called with the controls that it names, and only when one
of them has changed; `draw` with the result and the controls that it names; it sets the data of the artists and
returns the readout, one line of text with the numbers behind the picture.

Where `compute` is a generator function, the widget gets Play, Step and Restart: every `yield` is a frame, and a
change of a control that `compute` names starts it again. The `yield` itself returns the values of all controls, so
that the others can be turned while it runs (`values = yield network`).

While the reader drags, the newest value wins: ipywidgets keeps one message on its way and merges those behind it,
and a change that arrives while a frame is being made is taken up when that is finished, whatever thread it comes from.
"""

import base64
import html
import inspect
import os
import textwrap
import threading
import traceback
import uuid
from dataclasses import dataclass

import ipywidgets
import numpy as np
from IPython.display import display

from nnlib.plain_words import in_plain_words
from nnlib.widgets.live.controls import Action, align, row, shown
from nnlib.widgets.live.frames import Frames

_open = {}  # name -> the Live of that name; running its cell again closes the one before
NOTE = "nnlib-note"

# Names of controls start where the question starts, and the picture is a card with round corners, in both themes.
STYLE = """<style>
.nnlib-live .widget-label { text-align: left; }
.nnlib-live .widget-toggle-buttons { display: flex; flex-wrap: wrap; align-items: center; }
.nnlib-live .widget-toggle-buttons .widget-label { margin-right: 12px; }
.nnlib-live .jupyter-button.mod-primary:disabled { opacity: 1; color: white; }
.nnlib-live .widget-html-content { line-height: 1.45; white-space: pre-wrap; }
.jp-OutputArea:has(.nnlib-live) .jp-RenderedImage img { border-radius: 6px; }
</style>"""


@dataclass(frozen=True)
class Prediction:
    """A question that the reader answers before the controls unlock.

    options : the possible answers, texts; one of them is `answer`.
    explanation : why, in one or two sentences; shown after the guess.
    """

    question: str
    options: tuple
    answer: str
    explanation: str = ""

    def __post_init__(self):
        if self.answer not in self.options:
            raise ValueError(f"answer must be one of {list(self.options)}, got {self.answer!r}")

    def verdict(self, guess):
        if guess == self.answer:
            return f"You guessed “{guess}”, and so it is. {self.explanation}".strip()
        return f"You guessed “{guess}”; it is “{self.answer}”. Now see why. {self.explanation}".strip()


class Live:
    """A live figure; the last line of a cell shows it.

    name : one live figure of a name is open at a time.
    question : what the reader should find out, above the controls.
    controls : dict of name -> control (`nnlib.widgets.live.controls`).
    compute, draw : functions, see the top of this file.
    figure : matplotlib.figure.Figure with its axes and artists; its size on the page never changes.
    alt : what the picture shows, for those who do not see it.
    prediction : Prediction, or None.
    interval : milliseconds between two steps of Play.
    sharpness : image pixels per CSS pixel. 1 gives the most frames while the reader drags; more is sharper in print.

    Tests drive it without a notebook: call `live.set(rate=0.1)`, `live.step()`, `live.reset()` or
    `live.guess("...")`, and read `live.result`, `live.readout`, `live.error`, `live.png`, `live.frames`.
    """

    def __init__(
        self, name, *, question, controls, compute, draw, figure, alt, prediction=None, interval=40, sharpness=1.0
    ):
        self.name, self.question, self.alt, self.prediction = name, question, alt, prediction
        self.controls = dict(controls)
        self.result = self.error = self.png = None
        self.readout, self.frames, self.closed = "", 0, False

        self._compute, self._draw = compute, draw
        self._plays = inspect.isgeneratorfunction(compute)
        self._of_compute = _controls_of(compute, self.controls)
        self._of_draw = _controls_of(draw, self.controls, given=1)
        unused = set(self.controls) - set(self._of_compute) - set(self._of_draw)
        if unused and not self._plays:
            raise ValueError(f"neither compute nor draw has a parameter for {', '.join(sorted(unused))}")

        self._run = None  # the generator, while there are steps left
        self._computed_for = None  # the values that self.result belongs to
        self._step_due = self._restart_due = False
        self._dirty, self._busy = threading.Event(), threading.Lock()
        self._held = False

        self._frames = Frames(figure, sharpness)
        for ax in figure.axes:
            note(ax, "")  # made now, because a new artist in a later frame would cost a full drawing
        self._display_id = None
        self._build(interval)

        if name in _open:
            _open[name].close()
        _open[name] = self
        self._start = {key: control.value for key, control in self.controls.items()}
        for control in self.controls.values():
            control.observe(self._changed, "value")
        self._refresh()

    # What the reader does

    def reset(self):
        """All controls back to their start values, with one redraw."""
        if self._plays:
            self._playing.value = False
        self._restart_due = True
        self.set(**self._start)

    def set(self, **values):
        """Several controls at once, by name, with one redraw."""
        self._held = True
        try:
            for key, value in values.items():
                self.controls[key].value = value
        finally:
            self._held = False
        self._refresh()

    def step(self):
        """One step of a generator."""
        self._step_due = True
        self._refresh()

    def restart(self):
        """Compute anew, a generator from its beginning, with the values that the controls have now."""
        self._restart_due = True
        self._refresh()

    def guess(self, option):
        """Commit a guess: say how good it was, and unlock the controls."""
        if option not in self.prediction.options:
            raise ValueError(f"the guess must be one of {list(self.prediction.options)}, got {option!r}")
        for button in self._options:
            button.disabled = True
            button.button_style = "primary" if button.description == option else ""
        self._verdict.value = _paragraph(self.prediction.verdict(option), role="status")
        self._locked = False
        self._enable()

    def close(self):
        """Stop for good: no Play, no controls; the last picture stays where it is."""
        if self.closed:
            return
        self.closed = True
        self._run = None
        self._enable()
        if _open.get(self.name) is self:
            del _open[self.name]
        for widget in _all_inside(self._panel) + [self._readout]:
            widget.close()

    # From a change to a picture

    def _changed(self, change):
        if not self._held:
            self._refresh()

    def _tick(self, change):
        if self._playing.value:
            self.step()

    def _refresh(self):
        """Bring the picture up to date: on any thread, never two at once, never an old value last."""
        self._dirty.set()
        while self._dirty.is_set() and self._busy.acquire(blocking=False):
            try:
                self._dirty.clear()
                if not self.closed:
                    self._frame()
            finally:
                self._busy.release()

    def _frame(self):
        values = {key: control.value for key, control in self.controls.items()}
        try:
            with np.errstate(all="ignore"):  # an exploding run is said in the figure, not in the log
                self.result = self._result(values)
                for ax in self._frames.figure.axes:
                    note(ax, "")
                readout = self._draw(self.result, **{key: values[key] for key in self._of_draw})
                png = self._frames.draw()
        except KeyboardInterrupt as stop:
            self._failed(stop, "Interrupted. Change a control, or press Reset, to go on.")
        except Exception as error:
            self._failed(error, _said(error))
        else:
            self.error = None
            self._publish(png, readout or "")
        self._enable()

    def _result(self, values):
        wanted = {key: values[key] for key in self._of_compute}
        step, self._step_due = self._step_due, False
        restart, self._restart_due = self._restart_due, False
        if restart or wanted != self._computed_for:
            if self._plays:
                self._run = self._compute(**wanted)
                result = next(self._run)
            else:
                result = self._compute(**wanted)
            self._computed_for = wanted
            return result
        if step and self._run is not None:
            try:
                return self._run.send(values)
            except StopIteration:
                self._run = None
        return self.result

    def _failed(self, error, words):
        self.error, self._computed_for, self._run = error, None, None
        self._publish(self._frames.dim("no new picture: see the message below"), words)

    def _publish(self, png, readout):
        self.png, self.readout, self.frames = png, readout, self.frames + 1
        if self._display_id:
            self._show_picture(update=True)
        self._readout.say(readout, wrong=self.error is not None)

    # What is on the page

    def _build(self, interval):
        width = self._frames.width
        parts = [ipywidgets.HTML(STYLE + _paragraph(self.question, strong=True) + _unseen(self.alt))]
        self._locked = self.prediction is not None
        if self.prediction:
            self._options = [_button(option, self.guess, option) for option in self.prediction.options]
            self._verdict = ipywidgets.HTML(_paragraph("Your guess unlocks the controls.", role="status"))
            parts += [ipywidgets.HTML(_paragraph(self.prediction.question)), row(self._options), self._verdict]

        buttons = [_button("Reset", self.reset, tooltip="all controls back to their start values")]
        if self._plays:
            self._player = ipywidgets.Play(interval=interval, max=2**31 - 1, layout={"display": "none"})
            self._playing = ipywidgets.ToggleButton(description="Play", icon="play", layout={"width": "auto"})
            self._stepper = _button("Step", self.step, tooltip="one step")
            restarter = _button("Restart", self.restart, tooltip="from the beginning, with these settings")
            self._playing.observe(self._play_or_pause, "value")
            self._player.observe(self._tick, "value")
            buttons = [self._player, self._playing, self._stepper, restarter, *buttons]
        actions = [control for control in self.controls.values() if isinstance(control, Action)]
        settings = [control for control in self.controls.values() if not isinstance(control, Action)]
        self._lockable = [*settings, *actions, *buttons]
        align(self.controls.values(), width)

        self._panel = Panel(self._in_words, [*parts, row(settings), row([*actions, *buttons])])
        self._panel.add_class("nnlib-live")
        self._panel.layout = ipywidgets.Layout(max_width=f"{width}px", grid_gap="6px", margin="0 0 10px 0")
        self._readout = Readout(layout=ipywidgets.Layout(max_width=f"{width}px", min_height="3em"))

    def _enable(self):
        """The controls once the guess is made; Play and Step while there are steps left."""
        over = [self._playing, self._stepper] if self._plays and self._run is None else []
        if over:
            self._playing.value = False
        for control in self._lockable:
            control.disabled = self._locked or control in over

    def _play_or_pause(self, change):
        playing = self._playing.value
        self._playing.description, self._playing.icon = ("Pause", "pause") if playing else ("Play", "play")
        self._player.playing = playing

    def _in_words(self):
        """The panel as text, for a page without widgets: a code host, print."""
        lines = [self.question]
        if self.prediction:
            lines.append(f"{self.prediction.question} Your guess: {' / '.join(self.prediction.options)}")
        settings = ", ".join(filter(None, map(shown, self.controls.values())))
        lines.append(f"Settings: {settings or 'none'}. Run the notebook to change them.")
        return "\n".join(lines)

    def _show_picture(self, update):
        size = {"width": self._frames.width, "height": self._frames.height}
        display(
            {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.alt},
            metadata={"image/png": {"alt": self.alt, "needs_background": "light", **size}},
            raw=True,
            display_id=self._display_id,
            update=update,
        )

    def _ipython_display_(self):
        self._display_id = self._display_id or uuid.uuid4().hex
        display(self._panel)
        self._show_picture(update=False)
        display(self._readout)


class Panel(ipywidgets.VBox):
    """A box that reads as text where widgets are not shown."""

    def __init__(self, in_words, children):
        super().__init__(children)
        self._in_words = in_words

    def _repr_mimebundle_(self, **options):
        return {**super()._repr_mimebundle_(**options), "text/plain": self._in_words()}


class Readout(ipywidgets.HTML):
    """The line below the picture."""

    text = ""

    def say(self, text, wrong=False):
        self.text = text
        self.value = _paragraph(text, role="alert" if wrong else "status", wrong=wrong)

    def _repr_mimebundle_(self, **options):
        return {**super()._repr_mimebundle_(**options), "text/plain": self.text}


def note(ax, text):
    """Say something in the middle of an Axes: an explosion, an impossible setting. The next frame starts without it."""
    notes = [artist for artist in ax.texts if artist.get_gid() == NOTE]
    if not notes:
        card = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "#999999", "alpha": 0.92}
        where = {"transform": ax.transAxes, "ha": "center", "va": "center", "zorder": 10}
        notes = [ax.text(0.5, 0.5, "", gid=NOTE, fontsize=11, color="#222222", bbox=card, animated=True, **where)]
    letters = max(12, int(ax.get_window_extent().width / ax.figure.dpi * 72 / 11 / 0.6))  # as many as fit in a line
    notes[0].set_text("\n".join(textwrap.fill(line, letters) for line in text.splitlines()))
    notes[0].set_visible(bool(text))


def _controls_of(function, controls, given=0):
    """The names of the controls among the parameters of a function, after the `given` first ones."""
    parameters = list(inspect.signature(function).parameters.values())[given:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return list(controls)
    unknown = [p.name for p in parameters if p.name not in controls and p.default is p.empty]
    if unknown:
        raise ValueError(f"{function.__name__} has parameters {unknown}, but the controls are {list(controls)}")
    return [parameter.name for parameter in parameters if parameter.name in controls]


def _said(error):
    """What is wrong, and in which line of the reader's own code, if it was there."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.line and not os.path.exists(frame.filename):  # a notebook's cell has lines but is no file
            where = f"In your cell, line {frame.lineno}: {frame.line}"
            return f"{where}\n{in_plain_words(error)} ({type(error).__name__})"
    return f"{type(error).__name__}: {error}"


def _button(text, pressed, *arguments, tooltip=""):
    button = ipywidgets.Button(description=text, tooltip=tooltip, layout={"width": "auto"})
    button.on_click(lambda _: pressed(*arguments))
    return button


def _paragraph(text, *, strong=False, role="note", wrong=False):
    """A paragraph in the reader's theme; what is wrong gets a colored edge."""
    style = "margin: 0; line-height: 1.45; white-space: pre-wrap; font-size: var(--jp-content-font-size1, 14px);"
    style += " font-weight: 600;" if strong else ""
    style += " border-left: 4px solid #D55E00; padding-left: 10px;" if wrong else ""
    return f'<div role="{role}" style="{style}">{html.escape(text)}</div>'


def _unseen(text):
    """Text for screen readers only: JupyterLab shows a picture without its text alternative."""
    style = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);"
    return f'<span style="{style}">Figure: {html.escape(text)}</span>'


def _all_inside(widget):
    """A widget and all in it."""
    return [widget, *(inner for child in getattr(widget, "children", ()) for inner in _all_inside(child))]
