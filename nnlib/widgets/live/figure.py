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

A `draw` that has a parameter `before` gets what the reader has left: a `Before` with the result as it was when they
took hold of the control that has moved last, so that a picture can keep it as a ghost (`nnlib.widgets.live.marks`).
The ghost stands still while that control moves, however often it is let go: all that differs is what it has done. It
is None at first, after Reset, and where the control is back where it was.

`plays` names a slider along which something happens: the epoch that is shown. It starts at its last stop, so that a
reader who presses nothing sees the finished state, and Play, Step and Restart move it from its first stop to its
last. When a guess is committed, the controls go to the setting that the prediction asks about, and it happens before
the reader's eyes.

While something moves, a frame has one image pixel per CSS pixel and is a JPEG, which takes 3 ms to make; after a
moment of silence the same frame is drawn again as PNG with two, as sharp as the course's other figures.

While the reader drags, the newest value wins: ipywidgets keeps one message on its way and merges those behind it,
and a change that arrives while a frame is being made is taken up when that is finished, whatever thread it comes from.
"""

import asyncio
import base64
import contextlib
import html
import inspect
import math
import os
import re
import textwrap
import threading
import traceback
import uuid
from dataclasses import dataclass, field

import ipywidgets
import numpy as np
from IPython import get_ipython
from IPython.display import display

from nnlib.exercises.engine import record
from nnlib.plain_words import in_plain_words
from nnlib.plots import DEFAULTS, style
from nnlib.widgets.live.controls import Action, Spoken, align, in_words, place, row, stops
from nnlib.widgets.live.frames import Frames, encode

_open = {}  # name -> the Live of that name; running its cell again closes the one before
_run_in = {}  # name -> the number of the execution that last showed the Live of that name
NOTE = "nnlib-note"
SHARP = 2  # image pixels per CSS pixel of a frame at rest
REST = 0.15  # seconds without a change until then
TICK = 30  # milliseconds between two frames of Play, if the machine can
LONGEST_WALK = 30  # frames from one setting to another
LETTER = 7.4  # CSS pixels of a letter in a line of text, on the average
LINE = 20.5  # CSS pixels from one line of text to the next
ROW = 36  # CSS pixels from one row of controls to the next
NARROW = 620  # CSS pixels that a window of 800 leaves for a line of text

# Names of controls start where the question starts, and all kinds stand in line. A slider's handle, Play even when it
# is locked, and a frame around what has the focus can be seen on light and dark pages. A narrow page has the picture
# first. What a kernel that is gone leaves behind says how to get it back.
STYLE = """<style>
.nnlib-live .widget-label { text-align: left; }
.nnlib-live .nnlib-head { height: 0; width: 0; min-width: 0; margin: 0 0 -4px 0; padding: 0; border: 0; opacity: 0; }
.nnlib-live .widget-inline-hbox, .nnlib-live .widget-toggle-buttons { margin: 1px 2px; }
.nnlib-live .noUi-connects { background: #8A8A8A; }
.nnlib-live .noUi-handle { background: #0072B2; border-color: white; }
.nnlib-live .jupyter-widgets:focus-visible, .nnlib-live .jupyter-widgets :focus-visible {
  outline: 2px solid #0072B2 !important; outline-offset: 1px; }
.nnlib-live [disabled] .noUi-handle { background: #767676; }
.nnlib-live .slider[disabled] { opacity: 0.7; }
.nnlib-live .jupyter-button.mod-primary { color: white; background: #0072B2; }
.nnlib-live .jupyter-button.mod-primary:disabled { opacity: 0.85; }
.nnlib-live .widget-toggle-buttons { display: flex; flex-wrap: wrap; align-items: center; }
.nnlib-live .widget-toggle-buttons .widget-label { margin-right: 12px; }
.nnlib-live .nnlib-options .jupyter-button.mod-primary:disabled { opacity: 1; }
.nnlib-options .jupyter-button.mod-success:disabled { opacity: 1; color: white; background: #00734D; }
.nnlib-live .widget-toggle-buttons .mod-active { color: white; background: #0072B2; }
.nnlib-live input[type="checkbox"] { accent-color: #0072B2; outline: 1px solid #8A8A8A; }
[data-jp-theme-light="false"] .nnlib-live select { background-image: url("data:image/svg+xml,\
%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18' fill='white'%3E\
%3Cpath d='M5.2 5.9 9 9.7l3.8-3.8L14 7.1l-5 5-5-5z'/%3E%3C/svg%3E"); }
.jp-OutputArea:has(.nnlib-live) .jp-RenderedImage img { border-radius: 6px; }
[data-jp-theme-light="false"] .jp-OutputArea:has(.nnlib-live) .jp-RenderedImage img { filter: brightness(0.94); }
.nnlib-live .widget-html-content { line-height: 1.45; white-space: pre-wrap; }
.nnlib-live.jupyter-widgets-disconnected::after { color: var(--jp-content-font-color1, black);
  content: "The kernel behind this figure is gone. Run the chapter again: Run menu, Run All Cells."; }
@media (max-width: 700px) {
  .jp-OutputArea:has(.nnlib-live) { display: flex; flex-direction: column; }
  .jp-OutputArea:has(.nnlib-live) > .jp-OutputArea-child:has(.jp-RenderedImage) { order: -1; }
}
</style>"""


@dataclass(frozen=True)
class Prediction:
    """A question that the reader answers before the controls unlock.

    options : the possible answers, texts; one of them is `answer`.
    explanation : why, in one or two sentences; shown when the figure has answered.
    settings : dict of control name -> value, the setting that is asked about. A guess takes the controls there.
    """

    question: str
    options: tuple
    answer: str
    explanation: str = ""
    settings: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.answer not in self.options:
            raise ValueError(f"answer must be one of {list(self.options)}, got {self.answer!r}")

    def verdict(self, guess):
        outcome = "and so it is." if guess == self.answer else f"but it is “{self.answer}”."
        return f"You guessed “{guess}”, {outcome} {self.explanation}".strip()


@dataclass(frozen=True, eq=False)
class Before:
    """The result before the reader took hold of a control, and in words what has been turned: "learning rate 0.1"."""

    result: object
    words: str


class Live:
    """A live figure; the last line of a cell shows it.

    name : one live figure of a name is open at a time.
    question : what the reader should find out, above the controls.
    controls : dict of name -> control (`nnlib.widgets.live.controls`).
    compute, draw : functions, see the top of this file.
    figure : matplotlib.figure.Figure with its axes and artists; its size on the page never changes.
    alt : what the picture shows, for those who do not see it.
    prediction : Prediction, or None.
    plays : the name of the slider that Play moves, or None.
    plays_down : whether Play moves it from its last stop to its first.
    tick : milliseconds between two stops of Play, or more where the machine is slower.

    Tests drive it without a notebook: call `live.set(rate=0.1)`, `live.play()`, `live.step()`, `live.reset()` or
    `live.guess("...")`, and read `live.result`, `live.readout`, `live.notes`, `live.error`, `live.png`, `live.figure`.
    Without a page that shows it nobody waits to see it move: it is at its end at once. And before a cell has shown it,
    only its first picture is made, and each that `png` is asked for.
    """

    def __init__(
        self,
        name,
        *,
        question,
        controls,
        compute,
        draw,
        figure,
        alt,
        prediction=None,
        plays=None,
        plays_down=False,
        tick=TICK,
    ):
        self.name, self.question, self.alt, self.prediction, self.plays = name, question, alt, prediction, plays
        self._plays_down = plays_down
        self.controls, self.figure = dict(controls), figure
        self.result = self.error = None
        self.readout, self.frames, self.closed = "", 0, False

        self._compute, self._draw = compute, draw
        self._of_compute = _controls_of(compute, self.controls)
        self._of_draw = _controls_of(draw, self.controls, given=1)
        unused = set(self.controls) - set(self._of_compute) - set(self._of_draw)
        if unused:
            raise ValueError(f"neither compute nor draw has a parameter for {', '.join(sorted(unused))}")
        asked = dict(prediction.settings) if prediction else {}
        unknown = [key for key in [*asked, *([plays] if plays else [])] if key not in self.controls]
        if unknown:
            raise ValueError(f"{unknown} should be controls, but these are {list(self.controls)}")

        self._computed_for = None  # the values that self.result belongs to, None where it must be computed anew
        self._settings = None  # the same, whatever has gone wrong since
        self._left = None  # (settings, result) before the controls moved that are named in
        self._turned = set()
        self._shows_before = "before" in inspect.signature(draw).parameters
        self._dirty, self._busy = threading.Event(), threading.Lock()
        self._held = False
        self._ahead = []  # the settings still to come while something moves by itself, a dict for each tick
        self._picture = None  # the last frame, encoded
        self._rest = None  # the timer of the frame at rest
        self._between_ticks = None  # and of the one between two ticks
        self._guessed = None
        self._comes_into_view = False

        self._frames = Frames(figure)
        for ax in figure.axes:
            note(ax, "")  # made now, because a new artist in a later frame would cost a full drawing
        self._display_id = None
        self._build(tick)

        if name in _open:
            _open[name].close()
        _open[name] = self
        self._start = {key: control.value for key, control in self.controls.items()}
        for control in self.controls.values():
            control.observe(self._changed, "value")
        self._refresh()

    @property
    def notes(self):
        """What `note` says in the figure now, a text for each Axes that has one, without line breaks."""
        cards = [text for ax in self.figure.axes for text in ax.texts if text.get_gid() == NOTE and text.get_visible()]
        return [" ".join(card.get_text().split()) for card in cards]

    @property
    def png(self):
        """The figure as it is now: a sharp picture, as the bytes of a PNG image."""
        with self._busy:
            picture = self._sharp()
        if self._dirty.is_set():  # turned meanwhile, on another thread
            self._refresh()
        return picture

    # What the reader does

    def reset(self):
        """All controls back to their start values, with one redraw."""
        self.pause()
        self._computed_for = self._settings = self._left = None
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

    def play(self):
        """Move the slider that `plays` names to its last stop; from the first one, if it is there already."""
        way, now = self._way_of_play()
        if now == len(way) - 1:
            self.set(**{self.plays: way[0]})
            now = 0
        self._go([{self.plays: value} for value in way[now + 1 :]])

    def pause(self):
        """Stop what moves by itself, where it is."""
        if self._ahead:
            self._ahead = []
            self._hear_decimals(True)
            self._rest_later()
        if self._between_ticks:
            self._between_ticks.cancel()
        self._clock.playing = False
        self._say_verdict()

    def step(self):
        """The next stop of the slider that `plays` names; after the last the first."""
        self.pause()
        way, now = self._way_of_play()
        self.set(**{self.plays: way[(now + 1) % len(way)]})

    def restart(self):
        """The first stop of the slider that `plays` names."""
        self.pause()
        self.set(**{self.plays: self._way_of_play()[0][0]})

    def guess(self, option):
        """Commit a guess: say how good it was, and unlock the controls."""
        if option not in self.prediction.options:
            raise ValueError(f"the guess must be one of {list(self.prediction.options)}, got {option!r}")
        for button in self._options:
            button.disabled = True
            button.button_style = "primary" if button.description == option else ""
        self._guessed, self._locked = option, False
        chapter = re.search(r"\.ch([0-9A]\d)_", getattr(self._compute, "__module__", ""))
        if chapter and self._display_id:  # the course's own, on a reader's page
            record.add_guess(chapter[1], self.name, option, option == self.prediction.answer)
        self._enable()
        self._verdict.value = _paragraph(f"You guessed “{option}”. Watch.", role="status")
        asked = dict(self.prediction.settings)
        if self.plays and asked:
            way, _ = self._way_of_play()
            end = asked.pop(self.plays, way[-1])
            self.set(**{self.plays: way[0]}, **asked)
            asked = {self.plays: end}
        self._go(self._way_to(asked))
        if not self._ahead:
            self._say_verdict()

    def close(self):
        """Stop for good: no Play, no controls; the last picture stays where it is."""
        if self.closed:
            return
        self.closed = True
        self._ahead = []
        self._clock.playing = False
        if self._rest:
            self._rest.cancel()
        if _open.get(self.name) is self:
            del _open[self.name]
        for widget in _all_inside(self._panel) + _all_inside(self._readout):
            widget.close()

    # From a change to a picture

    def _changed(self, change):
        if self._held:
            return
        if self._ahead and any(self.controls[key] is change["owner"] for key in self._ahead[0]):
            self.pause()  # the reader has taken hold of what was moving
        self._refresh()

    def _way_of_play(self):
        """The stops of Play in its order, and which of them it is at."""
        way, now = stops(self.controls[self.plays]), place(self.controls[self.plays])
        return (way[::-1], len(way) - 1 - now) if self._plays_down else (way, now)

    def _way_to(self, settings):
        """From the present controls to these settings, stop by stop where they are sliders: a dict for each frame."""
        ways = {}
        for key, value in settings.items():
            every = stops(self.controls[key])
            if not every:
                ways[key] = [value]
                continue
            now, then = place(self.controls[key]), every.index(value)
            ways[key] = every[now + 1 : then + 1] if now < then else every[then:now][::-1]
        ways = {key: way for key, way in ways.items() if way}
        most = LONGEST_WALK if len(ways) > 1 or self.plays not in ways else math.inf
        count = min(most, max(map(len, ways.values()), default=0))
        return [{key: way[-(-k * len(way) // count) - 1] for key, way in ways.items()} for k in range(1, count + 1)]

    def _go(self, way):
        """Take this way, a frame at every tick of the clock; at once, where no page would see it."""
        if way and not self._watched():
            self.set(**way[-1])
            return
        self._ahead = way
        self._hear_decimals(not way)
        self._clock.playing = bool(way)

    def _hear_decimals(self, at_once):
        """Whether sliders over decimals say at once where they are.

        Moved from here, they answer with the same number but for rounding, late, as if the reader had moved them back.
        """
        for control in self.controls.values():
            if isinstance(control, ipywidgets.FloatSlider):
                control.continuous_update = at_once

    def _tick(self, change):
        """A frame for the tick that has come, and one more if the next tick keeps us waiting.

        The page ticks when it is done with a frame. Half of that wait is the way there and back, in which the next
        frame can be made; a page that is slow gets no more than these two.
        """
        if self._between_ticks:
            self._between_ticks.cancel()
        self._next_frame()
        if self._clock.interval <= TICK:  # slower ones give the reader time to look at each frame
            with contextlib.suppress(RuntimeError):  # on a thread without a loop only ticks count
                self._between_ticks = asyncio.get_running_loop().call_later(TICK / 1000, self._next_frame)

    def _next_frame(self):
        if not self._ahead or self.closed:
            return
        if len(self._ahead) > 1:
            self.set(**self._ahead.pop(0))
        else:
            self.set(**self._ahead[0])
            self.pause()

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
                self._compute_anew({key: values[key] for key in self._of_compute})
                with style(DEFAULTS):
                    for ax in self.figure.axes:
                        note(ax, "")
                    given = {key: values[key] for key in self._of_draw}
                    readout = self._draw(self.result, **given, **self._before())
                    # The first one is drawn in any case, so that what stands still is there when a page needs the next.
                    pixels = self._frames.draw() if self._display_id or not self.frames else None
        except KeyboardInterrupt as stop:
            self._failed(stop, "Interrupted. Change a control, or press Reset, to go on.")
        except Exception as error:
            self._failed(error, _said(error))
        else:
            self.error = None
            self._publish(pixels, readout or "")

    def _compute_anew(self, wanted):
        if wanted == self._computed_for:
            return
        self._computed_for, last = None, self.result
        self.result = self._compute(**wanted)
        turned = {key for key in wanted if self._settings and wanted[key] != self._settings[key]}
        if not turned <= self._turned or not self._left:
            self._left, self._turned = (self._settings, last) if turned else None, turned
        self._computed_for = self._settings = wanted

    def _before(self):
        """What `draw` is told of the state before, as keywords."""
        settings, result = self._left or (self._settings, None)
        turned = [key for key in self._settings if settings[key] != self._settings[key]]
        words = ", ".join(filter(None, (in_words(self.controls[key], settings[key]) for key in turned)))
        return {"before": Before(result, words) if turned else None} if self._shows_before else {}

    def _failed(self, error, words):
        self.error, self._computed_for, self._ahead = error, None, []
        self._hear_decimals(True)
        self._clock.playing = False
        with style(DEFAULTS):
            pixels = self._frames.dim("no new picture: see the message below")
        self._publish(pixels, words)

    def _publish(self, pixels, readout):
        self.readout, self.frames, self._picture = readout, self.frames + 1, None
        if self._display_id:
            self._show_frame(pixels)
        self._readout.say(readout, wrong=self.error is not None)

    def _show_frame(self, pixels):
        """The new frame on the page: fast, if a sharp one can follow."""
        if self._rest_later():
            self._show_picture(encode(pixels, "jpeg"), update=True)
        else:
            self._show_picture(self._sharp(), update=True)

    def _rest_later(self):
        """Draw the last frame sharp when nothing has come after it for a moment; False where that cannot be."""
        if self._rest:
            self._rest.cancel()
            self._rest = None
        try:
            loop = asyncio.get_running_loop() if self._watched() else None
        except RuntimeError:  # on a thread without one there is nobody to come back later
            loop = None
        if loop and not self._ahead:  # while it plays, `pause` will ask for it
            self._rest = loop.call_later(REST, self._come_to_rest)
        return loop is not None

    def _come_to_rest(self):
        if not self.closed and self._busy.acquire(blocking=False):  # otherwise a newer frame is being made
            try:
                self._show_picture(self._sharp(), update=True)
            finally:
                self._busy.release()
            if self._dirty.is_set():  # turned meanwhile, on another thread
                self._refresh()

    def _sharp(self):
        if self._picture is None:
            with style(DEFAULTS):
                pixels = self._frames.dim("") if self.error else self._frames.draw(SHARP)
            self._picture = encode(pixels, "png")
        return self._picture

    # What is on the page

    def _build(self, tick):
        width, height = self._frames.width, self._frames.height
        self._clock = ipywidgets.Play(interval=tick, max=2**31 - 1, layout={"display": "none"})
        self._clock.observe(self._tick, "value")
        buttons = []
        if self.plays:
            self._play_button = _button("Play", self._play_or_pause)
            self._play_button.layout.width = "92px"  # as wide as "Pause", so that nothing beside it is wrapped anew
            self._play_button.icon, self._play_button.button_style = "play", "primary"
            self._clock.observe(self._name_play_button, "playing")
            stepper = _button("Step", self.step, tooltip="one step on")
            restarter = _button("Restart", self.restart, tooltip="back to the beginning")
            buttons = [self._play_button, stepper, restarter]
        buttons += [control for control in self.controls.values() if isinstance(control, Action)]
        buttons.append(_button("Reset", self.reset, tooltip="all controls back to their start values"))
        room = {"flex": "1", "min_height": f"{2 * LINE:.0f}px"}  # two lines, so that a wrap moves nothing
        question = ipywidgets.HTML(_paragraph(self.question, strong=True) + _unseen(self.alt), layout=room)
        # An unseen button, where the page goes and a screen reader starts. The Tab key passes it by.
        self._head = ipywidgets.Button(tooltip=self.question, tabbable=False).add_class("nnlib-head")
        parts = [self._head, row([question, row(buttons)])]
        self._locked = self.prediction is not None
        if self.prediction:
            self._options = [_button(option, self.guess, option) for option in self.prediction.options]
            longest = max(len(self.prediction.verdict(option)) for option in self.prediction.options)
            room = math.ceil(longest * LETTER / min(width, NARROW)) * LINE  # so that the verdict moves nothing
            said = _paragraph("Your guess unlocks the controls.", role="status")
            self._verdict = ipywidgets.HTML(said, layout={"min_height": f"{room:.0f}px"})
            parts += [
                ipywidgets.HTML(_paragraph(self.prediction.question)),
                row(self._options).add_class("nnlib-options"),
                self._verdict,
            ]

        settings = [control for control in self.controls.values() if not isinstance(control, Action)]
        self._lockable = [*settings, *buttons]
        align(self.controls.values(), width)

        # Brought into view, the head takes all that is below it along.
        rows = math.ceil(len(settings) / 2) * ROW
        below = rows + height + 2 * LINE + 46  # rather too much: then the head is at the top of the window
        if self.prediction:
            below += room + 56 + math.ceil(len(self.prediction.question) * LETTER / width) * LINE
        together = f"<style>.nnlib-{self.name} .nnlib-head {{ scroll-margin: 0 0 {below:.0f}px; }}</style>"
        children = [
            *parts,
            row(settings),
            self._clock,
            Spoken(),
            ipywidgets.HTML(STYLE + together),
        ]
        self._panel = Panel(self._in_words, children)
        self._panel.add_class("nnlib-live").add_class(f"nnlib-{self.name}")
        self._panel.layout = ipywidgets.Layout(max_width=f"{width}px", grid_gap="4px", margin="0 0 6px 0")
        self._panel._view_count = 0  # from now on pages count themselves here
        self._panel.observe(self._shown_on_a_page, "_view_count")
        self._readout = Readout(layout=ipywidgets.Layout(max_width=f"{width}px", min_height=f"{2 * LINE:.0f}px"))
        self._enable()

    def _watched(self):
        """Whether a page shows it."""
        return self._panel._view_count > 0

    def _shown_on_a_page(self, change):
        """Come into view when the cell has just run; on a page that was opened again, nothing moves any more."""
        if change["new"] <= change["old"]:
            return
        self.pause()
        if change["new"] == 1 and self._comes_into_view and _executions() == _run_in[self.name]:
            self._head.focus()  # nothing else has run since

    def _enable(self):
        """The controls, once the guess is made."""
        for control in self._lockable:
            control.disabled = self._locked

    def _play_or_pause(self):
        if self._ahead:
            self.pause()
        else:
            self.play()

    def _name_play_button(self, change):
        playing = self._clock.playing
        self._play_button.description, self._play_button.icon = ("Pause", "pause") if playing else ("Play", "play")

    def _say_verdict(self):
        if self._guessed is not None:
            for button in self._options:
                if button.description == self.prediction.answer:
                    button.button_style, button.icon = "success", "check"
            self._verdict.value = _paragraph(self.prediction.verdict(self._guessed), role="status")

    def _in_words(self):
        """The panel as text, for a page without widgets: a code host, print."""
        lines = [self.question]
        if self.prediction:
            lines.append(f"{self.prediction.question} Your guess: {' / '.join(self.prediction.options)}")
        settings = ", ".join(filter(None, map(in_words, self.controls.values())))
        lines.append(f"Settings: {settings or 'none'}. Run the notebook to change them.")
        return "\n".join(lines)

    def _show_picture(self, picture, update):
        # A frame in JPEG comes under the same name as the others: browsers look at the bytes, and JupyterLab gives a
        # picture of another type another place in the page, which would flicker.
        size = {"width": self._frames.width, "height": self._frames.height}
        display(
            {"image/png": base64.b64encode(picture).decode(), "text/plain": self.alt},
            metadata={"image/png": {"alt": self.alt, **size}},
            raw=True,
            display_id=self._display_id,
            update=update,
        )

    def _ipython_display_(self):
        self._display_id = self._display_id or uuid.uuid4().hex
        before, _run_in[self.name] = _run_in.get(self.name), _executions()
        self._comes_into_view = before != _run_in[self.name] - 1  # who runs it twice running wants to go on
        display(self._panel)
        self._show_picture(self.png, update=False)
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


def note(ax, text, height=0.5):
    """Say something across an Axes: an explosion, an impossible setting. The next frame starts without it.

    height : of its middle, from 0 at the bottom to 1 at the top: where no curve is.
    """
    notes = [artist for artist in ax.texts if artist.get_gid() == NOTE]
    if not notes:
        card = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "#999999", "alpha": 0.92}
        where = {"transform": ax.transAxes, "ha": "center", "va": "center", "zorder": 10}
        notes = [ax.text(0.5, 0.5, "", gid=NOTE, fontsize=11, color="#222222", bbox=card, animated=True, **where)]
    letters = max(12, int(ax.get_window_extent().width / ax.figure.dpi * 72 / 11 / 0.6))  # as many as fit in a line
    notes[0].set_text("\n".join(textwrap.fill(line, letters) for line in text.splitlines()))
    notes[0].set_y(height)
    notes[0].set_visible(bool(text))


def _executions():
    """How many cells have been run, with the one that is running; 0 outside a notebook."""
    shell = get_ipython()
    return len(shell.history_manager.input_hist_parsed) if shell else 0


def _controls_of(function, controls, given=0):
    """The names of the controls among the parameters of a function, after the `given` first ones."""
    parameters = list(inspect.signature(function).parameters.values())[given:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return list(controls)
    unknown = [p.name for p in parameters if p.name not in controls and p.default is p.empty and p.name != "before"]
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
    style += " border-left: 4px solid #C04A00; padding-left: 10px;" if wrong else ""
    return f'<div role="{role}" style="{style}">{html.escape(text)}</div>'


def _unseen(text):
    """Text for screen readers only: JupyterLab shows a picture without its text alternative."""
    style = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);"
    return f'<span style="{style}">Figure: {html.escape(text)}</span>'


def _all_inside(widget):
    """A widget and all in it, with what says how each looks."""
    looks = [each for name in ("layout", "style") if isinstance(each := getattr(widget, name, None), ipywidgets.Widget)]
    return [widget, *looks, *(inner for child in getattr(widget, "children", ()) for inner in _all_inside(child))]
