"""The engine of the live figures, driven without a notebook."""

import asyncio
import base64
import io
import threading

import matplotlib
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from nnlib.exercises.engine import record
from nnlib.plots import figure
from nnlib.widgets import (
    Live,
    Prediction,
    action,
    choice,
    list_slider,
    log_slider,
    note,
    slider,
    switch,
    which_illness,
    xor_learns,
)
from nnlib.widgets.live import figure as engine_module
from nnlib.widgets.live.controls import in_words, place, stops
from nnlib.widgets.live.figure import TICK
from nnlib.widgets.live.frames import Frames, encode
from nnlib.widgets.live.marks import SHADE, Ghost, Names, lay_out, one_digit, spread


def pixels(image):
    """The picture in the bytes of a PNG image."""
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB")).astype(int)


def far_apart(one, other):
    """The part of all pixels in which two pictures differ visibly."""
    return np.mean(np.abs(one - other).max(axis=-1) > 32)


class Toy:
    """A line of a given height; `calls` and `draws` say what has been done."""

    def __init__(self, **options):
        self.figure, self.ax = figure(size=(4, 2))
        (self.line,) = self.ax.plot([], [])
        self.ax.set(xlim=(0, 1), ylim=(-10, 10))
        self.calls, self.draws = [], []
        settings = {
            "question": "How high?",
            "controls": {"height": slider("height", -10, 10, 1), "dashed": switch("dashed")},
            "compute": self.compute,
            "draw": self.draw,
            "alt": "A line.",
        }
        self.live = Live("toy", figure=self.figure, **{**settings, **options})
        self.height = self.live.controls.get("height")

    def compute(self, height):
        self.calls.append(height)
        if height == 7:
            raise ValueError("seven is too much")
        if height == 8:
            raise KeyboardInterrupt
        return float(height)

    def draw(self, result, dashed=False):
        self.draws.append(result)
        self.line.set_data([0, 1], [result, result])
        self.line.set_linestyle("--" if dashed else "-")
        if result == 9:
            note(self.ax, "nine is the edge")
        return f"height {result:.1f}"


@pytest.fixture(autouse=True)
def close_all():
    yield
    for live in list(engine_module._open.values()):
        live.close()


# From a control to a picture


def test_the_start_values_are_drawn_at_once():
    toy = Toy()
    assert (toy.live.result, toy.live.readout, toy.live.error, toy.live.frames) == (1.0, "height 1.0", None, 1)
    assert pixels(toy.live.png).shape == (400, 800, 3)  # two image pixels for each CSS pixel


def test_a_control_makes_one_new_picture():
    toy = Toy()
    before = toy.live.png
    toy.height.value = 5
    assert (toy.live.result, toy.live.readout, toy.live.frames) == (5.0, "height 5.0", 2)
    assert toy.live.png != before
    toy.height.value = 1
    assert toy.live.png == before


def test_a_control_that_only_draw_names_does_not_compute_again():
    toy = Toy()
    toy.live.controls["dashed"].value = True
    assert (toy.calls, toy.draws) == ([1], [1.0, 1.0])
    assert toy.line.get_linestyle() == "--"


def test_before_a_cell_shows_it_only_pictures_that_are_asked_for_are_made(pictures, monkeypatch):
    toy, made, draw = Toy(), [], Frames.draw
    monkeypatch.setattr(Frames, "draw", lambda frames, *sharpness: made.append(sharpness) or draw(frames, *sharpness))
    toy.height.value = 5
    assert (toy.live.readout, toy.draws, made) == ("height 5.0", [1.0, 5.0], [])
    assert toy.live.png and made == [(2,)]
    toy.live._ipython_display_()
    toy.height.value = 3
    assert made == [(2,), (), (2,)]  # on the page, and sharp where no page says that it sees it


def test_reset_is_one_redraw():
    toy = Toy()
    toy.height.value = 5
    toy.live.controls["dashed"].value = True
    frames = toy.live.frames
    toy.live.reset()
    assert (toy.height.value, toy.live.controls["dashed"].value) == (1, False)
    assert (toy.live.readout, toy.live.frames) == ("height 1.0", frames + 1)


def test_a_note_stays_for_one_picture():
    toy = Toy()
    before = toy.live.png
    toy.height.value = 9
    assert toy.live.notes == ["nine is the edge"]
    toy.height.value = 1
    assert toy.live.notes == []
    assert toy.live.png == before


def test_a_long_note_is_broken_into_lines_that_fit():
    toy = Toy()
    note(toy.ax, "the loss has grown beyond every number that a float can hold, so there is nothing to draw")
    (text,) = [text for text in toy.ax.texts if text.get_visible()]
    toy.live._frames.draw()
    assert toy.live.notes[0].endswith("so there is nothing to draw")
    assert text.get_window_extent().width < toy.ax.get_window_extent().width


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"compute": lambda rate: rate}, "parameters \\['rate'\\], but the controls are \\['height', 'dashed'\\]"),
        ({"compute": lambda: 1.0}, "neither compute nor draw has a parameter for height"),
        ({"draw": lambda result, color: ""}, "has parameters \\['color'\\]"),
    ],
)
def test_a_control_that_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Toy(**changes)


# What was before


class Grown(Toy):
    """A line of a given height and length that says what it was before."""

    def __init__(self, **options):
        controls = {"height": slider("height", -10, 10, 1), "length": slider("length", 0, 9, 1), "red": switch("red")}
        super().__init__(controls=controls, compute=self.both, draw=self.draw_both, **options)

    def both(self, height, length):
        return self.compute(height), length

    def draw_both(self, result, red, before):
        return f"{before.result} at {before.words}" if before else "nothing"


def test_draw_is_told_how_it_was_before_the_control_moved_that_moved_last():
    toy = Grown()
    said = [toy.live.readout]
    for change in ({"height": 3}, {"height": 4}, {"red": True}, {"length": 2}, {"length": 5}, {"length": 1}):
        toy.live.set(**change)
        said.append(toy.live.readout)
    first, then = "(1.0, 1) at height 1", "(4.0, 1) at length 1"
    assert said == ["nothing", first, first, first, then, then, "nothing"]  # at the end it is where it was
    toy.live.set(height=2)
    toy.live.reset()
    assert toy.live.readout == "nothing"
    toy.live.set(height=5)
    assert toy.live.readout == first


def test_what_failed_was_not_before():
    toy = Grown()
    toy.live.set(length=2)
    toy.live.set(height=7)
    toy.live.set(height=5)
    assert toy.live.readout == "(1.0, 2) at height 1"


def test_where_a_guess_turns_two_controls_it_is_before_both():
    toy = Grown(prediction=Prediction("?", ("a",), "a", "", {"height": 6, "length": 3}))
    toy.live._panel._view_count = 1
    toy.live.guess("a")
    for tick in range(1, 9):
        toy.live._clock.value = tick
    assert toy.live.result == (6.0, 3)
    assert toy.live.readout == "(1.0, 1) at height 1, length 1"


def test_a_ghost_is_a_curve_and_a_key_beside_it():
    fig, ax = figure(size=(4, 3))
    (line,) = ax.plot([], [], "o-")
    (steps,) = ax.plot([], [], "o", drawstyle="steps-mid", color="#C04A00")
    ghost = Ghost(line, steps, name="loss")
    red, green, blue = ghost.lines[1].get_color()
    assert red > green > blue > 0
    assert Ghost(line).lines[0].get_color() == SHADE
    lay_out(fig)
    assert [each.get_marker() for each in ghost.lines] == ["o", "none"]
    assert ghost.lines[1].get_drawstyle() == "steps-mid"
    for sharpness in (1, 2):
        fig.set_dpi(100 * sharpness)
        ghost.show(engine_module.Before(None, f"rate 0.{sharpness}"), ([0, 1], [2, 3]), None)
        assert (list(ghost.lines[0].get_ydata()), list(ghost.lines[1].get_ydata())) == ([2, 3], [])
        assert ghost._key.get_text() == f"loss before: rate 0.{sharpness}"
        gap = ghost._key.get_window_extent().x0 - ghost._sample.get_window_extent().x1
        assert 0 < gap < 12 * sharpness and ghost._key.get_window_extent().y0 > ax.bbox.y1
    ghost.show(None, ([0, 1], [2, 3]), None)
    assert not any(len(each.get_xdata()) for each in [*ghost.lines, ghost._sample]) and not ghost._key.get_text()


def test_names_stand_at_the_ends_and_not_on_each_other():
    fig, ax = figure(size=(4, 3))
    ax.set(ylim=(1e-3, 1), yscale="log")
    names = Names(ax, ["blue", "black", "red"], "a long name")
    lay_out(fig)
    for sharpness in (1, 2):
        fig.set_dpi(100 * sharpness)
        names.show([0.1, 0.1, np.nan], ["a long name", "another", "none"])
        one, other = (text.get_window_extent() for text in names.texts[:2])
        assert not one.overlaps(other) and one.x0 > ax.bbox.x1 and one.x1 <= fig.bbox.x1
        assert not names.texts[2].get_visible()
    names.show([0.1, 5, 1e-9], ["", "", ""])  # what is beyond the frame is named at its edge
    np.testing.assert_allclose([text.get_position()[1] for text in names.texts], [0.1, 1, 1e-3])


def test_heights_are_spread_as_little_as_can_be():
    assert list(spread([30, 0, 10], 10)) == [30, 0, 10]
    assert list(spread([1, 0, 0, 50], 10)) == pytest.approx([31 / 3, -29 / 3, 1 / 3, 50])
    np.testing.assert_array_equal(spread([np.nan, 4, 5], 3), [np.nan, 3, 6])
    rng = np.random.default_rng(0)
    for _ in range(50):
        heights = rng.integers(0, 40, 6)
        places = spread(heights, 5)
        assert np.diff(np.sort(places)).min() >= 5 - 1e-9
        assert np.all(np.diff(places[np.argsort(heights, kind="stable")]) > 0 - 1e-9)
        assert np.mean(places) == pytest.approx(np.mean(heights))


def test_a_number_with_one_digit():
    numbers = (0.9, 0.96, 20, 34.0, 7213, 12345, 0.0042, 4.4e-8)
    words = ["0.9", "1", "20", "30", "7000", "1 · 10⁴", "0.004", "4 · 10⁻⁸"]
    assert [one_digit(number) for number in numbers] == words


# What goes wrong


def test_an_error_is_said_and_forgotten_at_the_next_good_value():
    toy = Toy()
    good = toy.live.png
    toy.height.value = 7
    assert isinstance(toy.live.error, ValueError)
    assert toy.live.readout == "ValueError: seven is too much"
    assert pixels(toy.live.png).mean() > pixels(good).mean()  # behind a veil
    assert 'role="alert"' in toy.live._readout.value
    toy.height.value = 1
    assert (toy.live.error, toy.live.readout) == (None, "height 1.0")
    assert toy.live.png == good


def test_several_controls_are_set_with_one_redraw():
    toy = Toy()
    frames = toy.live.frames
    toy.live.set(height=3, dashed=True)
    assert (toy.live.frames, toy.calls[-1]) == (frames + 1, 3)
    assert toy.live.controls["dashed"].value is True


def test_the_same_value_is_tried_again_after_an_error():
    toy = Toy()
    toy.height.value = 7
    toy.live.controls["dashed"].value = True
    assert toy.calls == [1, 7, 7]


def test_an_error_in_draw_or_before_the_first_picture_is_said():
    def draw(result):
        raise ArithmeticError("the loss is no longer a number")

    toy = Toy(draw=draw, controls={"height": slider("height", -10, 10, 1)})
    assert toy.live.readout == "ArithmeticError: the loss is no longer a number"
    assert toy.live.frames == 1
    assert pixels(toy.live.png).shape == (200, 400, 3)  # not sharp: only the message is there


def test_an_error_in_the_readers_cell_is_said_with_its_line():
    import linecache

    source = "def mine(x):\n    return x / 0\n"
    linecache.cache["<a cell>"] = (len(source), None, source.splitlines(True), "<a cell>")
    scope = {}
    exec(compile(source, "<a cell>", "exec"), scope)
    toy = Toy(compute=lambda height: scope["mine"](height))
    assert toy.live.readout == ("In your cell, line 2: return x / 0\nSomething is divided by zero. (ZeroDivisionError)")


def test_an_interrupt_is_said():
    toy = Toy()
    toy.height.value = 8
    assert toy.live.readout.startswith("Interrupted.")
    toy.height.value = 2
    assert toy.live.readout == "height 2.0"


def test_what_a_message_holds_is_text_and_not_markup():
    toy = Toy(draw=lambda result: "<b>1 < 2</b>", controls={"height": slider("height", 0, 1, 0)})
    assert "&lt;b&gt;1 &lt; 2&lt;/b&gt;" in toy.live._readout.value


def test_an_overflow_in_compute_warns_nobody():
    toy = Toy(compute=lambda height: float(np.exp(np.array(1e9)) * 0 + height))
    assert toy.live.error is None


# The newest value wins


def test_a_change_during_a_computation_is_taken_up_and_the_last_one_wins():
    started, go_on = threading.Event(), threading.Event()
    calls = []

    def compute(height):
        calls.append(height)
        if height == 2:
            started.set()
            assert go_on.wait(20)
        return float(height)

    toy = Toy(compute=compute)
    thread = threading.Thread(target=lambda: setattr(toy.height, "value", 2))
    thread.start()
    assert started.wait(20)
    for value in (3, 4, 5):  # from another thread than the one that computes: they return at once
        toy.height.value = value
    go_on.set()
    thread.join(20)
    assert calls == [1, 2, 5]  # 3 and 4 were old before their turn came
    assert (toy.live.result, toy.live.readout) == (5.0, "height 5.0")


def test_many_threads_leave_the_picture_of_the_last_value():
    toy = Toy()
    threads = [
        threading.Thread(target=lambda k=k: [setattr(toy.height, "value", (k + i) % 6) for i in range(10)])
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert toy.live.result == toy.height.value
    assert toy.live.readout == f"height {toy.height.value:.1f}"


def test_a_control_that_draw_moves_leads_to_one_more_picture():
    def draw(result):
        if result > 3:
            toy.height.value = 3
        return f"height {result}"

    toy = Toy(draw=draw, controls={"height": slider("height", -10, 10, 1)})
    toy.height.value = 5
    assert toy.live.readout == "height 3.0"


# What moves by itself


class Ride(Toy):
    """A line that rises with the kilometers, along which it can be played; `frames` says where it has been drawn."""

    def __init__(self, km=3, watched=True, **options):
        self.seen = []
        controls = {"height": slider("height", -10, 10, 1), "km": slider("driven", 0, 3, km, unit="km")}
        super().__init__(controls=controls, draw=self.draw_ride, **{"plays": "km", **options})
        self.live._panel._view_count = int(watched)  # as a page does that shows it

    def draw_ride(self, result, km):
        self.seen.append((result, km))
        return f"{km} km at {result}"

    def tick(self, times=1):
        for _ in range(times):  # as the browser does
            if self.live._clock.playing:
                self.live._clock.value += 1


def test_play_moves_the_slider_from_its_first_stop_to_its_last():
    ride = Ride()
    button = ride.live._play_button
    assert ride.live.readout == "3 km at 1.0"  # who presses nothing sees the finished state
    assert (button.description, button.button_style) == ("Play", "primary")
    button.click()
    assert (ride.live.readout, button.description) == ("0 km at 1.0", "Pause")
    ride.tick(9)
    assert ride.seen == [(1.0, km) for km in (3, 0, 1, 2, 3)]
    assert (ride.live._clock.playing, button.description) == (False, "Play")
    assert ride.calls == [1]  # it draws, and computes nothing


@pytest.mark.parametrize(
    "tick, pause, frames", [(TICK, False, [0, 1, 2]), (TICK, True, [0, 1]), (TICK + 1, False, [0, 1])]
)
def test_one_frame_is_made_while_the_next_tick_keeps_us_waiting(tick, pause, frames):
    ride = Ride(tick=tick)
    ride.seen.clear()

    async def page():
        ride.live.play()
        ride.live._clock.value += 1
        if pause:
            ride.live.pause()
        await asyncio.sleep(5 * TICK / 1000)

    asyncio.run(page())
    assert [km for _, km in ride.seen] == frames


def test_pause_step_and_restart():
    ride = Ride()
    ride.live.play()
    ride.tick()
    ride.live._play_button.click()
    ride.live._clock.value += 1  # a late tick
    assert ride.live.readout == "1 km at 1.0"
    ride.live.step()
    assert ride.live.readout == "2 km at 1.0"
    ride.live.play()  # from where it is
    ride.tick()
    assert ride.live.readout == "3 km at 1.0"
    ride.live.step()
    assert ride.live.readout == "0 km at 1.0"
    ride.live.step()
    ride.live.restart()
    assert ride.live.readout == "0 km at 1.0"
    ride.live.play()
    ride.live.reset()
    ride.tick(3)
    assert ride.live.readout == "3 km at 1.0"


def test_other_controls_can_be_turned_while_it_plays_and_its_own_slider_stops_it():
    ride = Ride()
    ride.live.play()
    ride.height.value = 5
    ride.tick()
    assert ride.live.readout == "1 km at 5.0"
    ride.live.controls["km"].value = 0
    ride.tick(3)
    assert ride.live.readout == "0 km at 5.0"
    assert not ride.live._clock.playing


def test_an_error_stops_play():
    ride = Ride()
    ride.live.play()
    ride.height.value = 7
    assert ride.live.readout == "ValueError: seven is too much"
    assert not ride.live._clock.playing


def test_a_page_that_is_opened_again_finds_it_pausing():
    ride = Ride()
    ride.live.play()
    ride.live._panel._view_count = 2  # the page before was closed without a word, and its clock with it
    assert not ride.live._clock.playing
    assert ride.live._play_button.description == "Play"


def test_what_no_page_shows_is_at_its_end_at_once():
    ride = Ride(watched=False)
    ride.live.restart()
    ride.live.play()
    assert (ride.live.readout, ride.live._clock.playing) == ("3 km at 1.0", False)


def test_a_slider_that_plays_must_be_a_control():
    with pytest.raises(ValueError, match="\\['hours'\\] should be controls, but these are \\['height', 'km'\\]"):
        Ride(plays="hours")
    with pytest.raises(ValueError, match="\\['depth'\\] should be controls"):
        Toy(prediction=Prediction("?", ("a",), "a", settings={"depth": 1}))


# Fast while it moves, sharp at rest


@pytest.fixture
def pictures(monkeypatch):
    """What is displayed, as (kind, size) of each picture."""
    seen = []

    def display(what, **options):
        if isinstance(what, dict):
            picture = Image.open(io.BytesIO(base64.b64decode(what["image/png"])))
            seen.append((picture.format, picture.size))

    monkeypatch.setattr(engine_module, "display", display)
    monkeypatch.setattr(engine_module, "REST", 0.02)
    return seen


FAST, SHARP = ("JPEG", (400, 200)), ("PNG", (800, 400))


def test_without_a_page_every_picture_is_sharp(pictures):
    toy = Toy()
    toy.live._ipython_display_()
    toy.height.value = 5
    assert pictures == [SHARP, SHARP]


def test_frames_are_fast_and_the_one_at_rest_is_sharp(pictures):
    toy = Toy()
    toy.live._ipython_display_()
    toy.live._panel._view_count = 1

    async def turn():
        for height in (2, 3, 4):
            toy.height.value = height
        assert pictures == [SHARP, FAST, FAST, FAST]
        await asyncio.sleep(0.2)
        assert pictures == [SHARP, FAST, FAST, FAST, SHARP]  # those of 2 and 3 never came to rest
        toy.height.value = 5
        toy.live.close()
        await asyncio.sleep(0.2)

    asyncio.run(turn())
    assert pictures == [SHARP, FAST, FAST, FAST, SHARP, FAST]


def test_play_comes_to_rest_when_it_pauses(pictures):
    ride = Ride()
    ride.live._ipython_display_()

    async def watch():
        ride.live.play()
        ride.tick()
        await asyncio.sleep(0.2)  # a slow page: one frame in between
        assert pictures == [SHARP, FAST, FAST, FAST]
        ride.live.pause()
        await asyncio.sleep(0.2)
        assert pictures == [SHARP, FAST, FAST, FAST, SHARP]
        ride.live.play()
        ride.tick()
        await asyncio.sleep(0.2)

    asyncio.run(watch())
    assert pictures == [SHARP, FAST, FAST, FAST, SHARP, FAST, SHARP]


def test_on_a_thread_without_a_loop_every_picture_is_sharp(pictures):
    toy = Toy()
    toy.live._ipython_display_()
    toy.live._panel._view_count = 1
    toy.height.value = 5
    assert pictures == [SHARP, SHARP]


# One of a name


def test_running_the_cell_again_closes_the_one_before():
    first = Toy()
    second = Toy()
    assert first.live.closed and not second.live.closed
    first.height.value = 4
    assert first.live.result == 1.0
    assert first.height.comm is None
    second.height.value = 4
    assert second.live.result == 4.0


def test_closing_stops_play():
    ride = Ride()
    ride.live.play()
    ride.live.close()
    ride.live.close()
    assert not ride.live._clock.playing
    assert engine_module._open == {}


def test_a_figure_that_is_run_again_and_again_leaves_next_to_nothing_open():
    """Its widgets, their layouts and styles are closed; what ipywidgets itself replaced while making them is left."""
    counts = []
    for _ in range(4):
        Toy()  # closes the one before
        counts.append(len(_instances))
    assert counts[3] - counts[1] <= 2 * 4


def test_two_names_live_side_by_side():
    toy = Toy()
    fig, ax = figure()
    counter = Live(
        "other",
        question="?",
        controls={"x": slider("x", 0, 9, 0)},
        compute=lambda x: x,
        draw=lambda x: f"x {x}",
        figure=fig,
        alt="Nothing.",
    )
    toy.height.value = 3
    counter.controls["x"].value = 4
    assert (toy.live.readout, counter.readout) == ("height 3.0", "x 4")


# Predict, then reveal


def prediction():
    return Prediction("Higher or lower?", ("higher", "lower"), "higher", "Up is up.")


def test_a_guess_unlocks_the_controls():
    toy = Toy(prediction=prediction())
    assert all(control.disabled for control in toy.live.controls.values())
    toy.live.guess("lower")
    assert not any(control.disabled for control in toy.live.controls.values())
    assert all(button.disabled for button in toy.live._options)
    assert "You guessed “lower”, but it is “higher”. Up is up." in toy.live._verdict.value


def test_a_right_guess_is_confirmed():
    toy = Toy(prediction=prediction())
    toy.live._options[0].click()
    assert "You guessed “higher”, and so it is. Up is up." in toy.live._verdict.value


@pytest.mark.parametrize("chapter, figure", [("00", xor_learns), ("A1", which_illness)])
def test_a_guess_on_a_page_of_the_course_is_kept(chapter, figure, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLIB_PROGRESS", str(tmp_path))
    monkeypatch.setattr(engine_module, "display", lambda *args, **options: None)
    unseen, seen, strangers = figure(), figure(), Toy(prediction=prediction()).live
    unseen.guess(unseen.prediction.answer)
    for live in (seen, strangers):
        live._ipython_display_()
        live.guess(live.prediction.options[-1])
    came_true = seen.prediction.options[-1] == seen.prediction.answer
    assert record.guesses() == [(chapter, seen.name, seen.prediction.options[-1], came_true)]


def test_a_guess_is_answered_by_the_figure():
    toy = Toy(prediction=Prediction("Higher or lower?", ("higher", "lower"), "higher", "Up is up.", {"height": 4}))
    toy.live._panel._view_count = 1
    toy.live.guess("lower")
    assert "You guessed “lower”. Watch." in toy.live._verdict.value
    assert (toy.live.readout, toy.live._clock.playing) == ("height 1.0", True)
    for tick, height in enumerate((2, 3, 4), start=1):
        assert "Watch." in toy.live._verdict.value
        toy.live._clock.value = tick
        assert toy.live.readout == f"height {height}.0"
    assert "but it is “higher”. Up is up." in toy.live._verdict.value
    assert not toy.live._clock.playing


def test_the_way_to_an_answer_takes_sliders_stop_by_stop_and_all_else_at_once():
    toy = Toy()
    assert toy.live._way_to({"height": -1, "dashed": True}) == [
        {"height": 0, "dashed": True},
        {"height": -1, "dashed": True},
    ]
    assert toy.live._way_to({"height": 1}) == []
    wide = Toy(controls={"height": slider("height", 0, 1000, 1)}, draw=lambda result: "")
    way = [setting["height"] for setting in wide.live._way_to({"height": 1000})]
    assert len(way) == engine_module.LONGEST_WALK
    assert way[-1] == 1000 and np.ptp(np.diff(way)) <= 1


def test_where_it_plays_the_answer_is_played():
    asked = Prediction("?", ("a", "b"), "a", "So it is.", {"height": 5})
    ride = Ride(prediction=asked)
    ride.live.guess("a")
    assert (ride.live.readout, ride.live._play_button.description) == ("0 km at 5.0", "Pause")
    ride.tick(2)
    assert "Watch." in ride.live._verdict.value
    ride.tick()
    assert ride.live.readout == "3 km at 5.0"
    assert "You guessed “a”, and so it is. So it is." in ride.live._verdict.value
    other = Ride(km=0, prediction=Prediction("?", ("a", "b"), "a", "", {"km": 2}))
    other.live.guess("b")
    other.tick(5)
    assert other.live.readout == "2 km at 1.0"


def test_a_reader_who_takes_hold_of_what_moves_is_told_at_once():
    ride = Ride(prediction=Prediction("?", ("a", "b"), "a", "So it is.", {"height": 5}))
    ride.live.guess("a")
    ride.live.controls["km"].value = 2
    assert "So it is." in ride.live._verdict.value


def test_the_answer_must_be_among_the_options():
    with pytest.raises(ValueError, match="answer must be one of"):
        Prediction("?", ("a", "b"), "c")
    with pytest.raises(ValueError, match="the guess must be one of"):
        Toy(prediction=prediction()).live.guess("sideways")


# Where there are no widgets


def test_the_panel_and_the_readout_read_as_text():
    toy = Toy(prediction=prediction())
    panel = toy.live._panel._repr_mimebundle_()
    assert panel["text/plain"] == (
        "How high?\n"
        "Higher or lower? Your guess: higher / lower\n"
        "Settings: height 1, dashed off. Run the notebook to change them."
    )
    assert "application/vnd.jupyter.widget-view+json" in panel
    assert toy.live._readout._repr_mimebundle_()["text/plain"] == "height 1.0"


def test_what_is_displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(engine_module, "display", lambda what, **options: shown.append((what, options)))
    toy = Toy()
    toy.height.value = 2
    assert shown == []  # not before the widget itself is
    toy.live._ipython_display_()
    toy.height.value = 3
    panel, picture, readout, update = shown
    assert (panel[0], readout[0]) == (toy.live._panel, toy.live._readout)
    assert picture[0]["text/plain"] == "A line."
    assert picture[1]["metadata"]["image/png"] == {
        "alt": "A line.",
        "width": 400,
        "height": 200,
    }
    assert (picture[1]["update"], update[1]["update"]) == (False, True)
    assert picture[1]["display_id"] == update[1]["display_id"]
    assert picture[0]["image/png"] != update[0]["image/png"]


# Controls


def test_a_log_slider_stops_at_round_numbers():
    control = log_slider("learning rate", 0.001, 10, 0.1)
    values = [value for _, value in control.options]
    assert values[:4] == [0.001, 0.0012, 0.0015, 0.002]
    assert (values[-1], len(values)) == (10.0, 41)
    assert [label for label, _ in control.options][:2] == ["0.001", "0.0012"]
    ratios = np.array(values[1:]) / values[:-1]
    assert 1.19 < ratios.min() and ratios.max() < 1.34
    assert in_words(control) == "learning rate 0.1"


def test_a_log_slider_keeps_an_odd_start():
    assert log_slider("rate", 0.01, 1, 0.07).value == 0.07


def test_sliders_are_whole_or_decimal():
    assert slider("seed", 0, 5, 0).step == 1
    decimal = slider("noise", 0.0, 0.5, 0.1, unit="cm")
    assert (decimal.step, decimal.readout_format, decimal.description) == (0.005, ".3f", "noise (cm)")
    assert in_words(decimal) == "noise (cm) 0.1"
    assert slider("weight", -2.0, 2.0, 0.0, step=0.1).readout_format == ".1f"


def test_choices_switches_and_actions():
    few = choice("activation", ["relu", "tanh"], "tanh")
    many = choice("n", [("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5)])
    assert (few.value, many.value) == ("tanh", 1)
    assert (in_words(few), in_words(many), in_words(switch("noise", True))) == ("activation tanh", "n one", "noise on")
    assert (in_words(few, "relu"), in_words(many, 3)) == ("activation relu", "n three")
    assert in_words(switch("noise", True), False) == "noise off"
    press = action("New data")
    press.click()
    press.click()
    assert (press.value, in_words(press)) == (2, "")


def test_an_action_counts_and_is_reset():
    toy = Toy(controls={"height": action("Up")})
    toy.height.click()
    toy.height.click()
    assert toy.live.result == 2.0
    toy.live.reset()
    assert toy.live.result == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: slider("x", 0, 1, 2),
        lambda: log_slider("x", 0, 1, 0.5),
        lambda: log_slider("x", 1, 10, 11),
        lambda: list_slider("x", [1, 2, 4], 3),
    ],
)
def test_a_start_value_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError):
        wrong()


# Frames


def drawn(frames, sharpness=1):
    """The next frame of a figure."""
    return pixels(encode(frames.draw(sharpness), "png"))


def drawn_whole(fig, sharpness=1):
    """The figure as matplotlib draws it, from nothing."""
    with io.BytesIO() as stream:
        fig.savefig(stream, dpi=100 * sharpness)
        return pixels(stream.getvalue())


def count_whole_drawings(frames, monkeypatch):
    done = []
    whole = frames._draw_what_stands_still
    monkeypatch.setattr(frames, "_draw_what_stands_still", lambda sharpness: (done.append(1), whole(sharpness)))
    return done


def crowded_figure():
    """A map with points above it; two curves with letters above and below them, and a legend."""
    fig, (left, right) = figure(1, 2)
    image = left.imshow(np.zeros((40, 40)), vmin=0, vmax=1, cmap="viridis")
    left.grid(False)
    left.scatter([5, 20], [5, 20], c="red")
    (train,) = right.plot([], [], label="train")
    (validation,) = right.plot([], [], "--", label="validation")
    right.set(xlim=(0, 1), ylim=(0, 1), xlabel="epoch", title="loss")
    right.legend(loc="upper right")
    right.axhline(0.3, color="gray", zorder=1)
    right.text(0.5, 0.6, "floor", rotation=30)
    right.annotate("here", (0.2, 0.2), (0.6, 0.3), arrowprops={"arrowstyle": "->"}, bbox={"facecolor": "white"})

    def change(k):
        image.set_data(np.sin(np.arange(40)[:, None] / 9 + k) * np.cos(np.arange(40) / 7) / 2 + 0.5)
        x = np.linspace(0, 1, 50)
        train.set_data(x, x**k)
        validation.set_data([0, 1], [1, k / 5])

    return fig, change


def test_a_frame_looks_as_a_full_drawing(monkeypatch):
    fig, change = crowded_figure()
    frames = Frames(fig)
    whole = count_whole_drawings(frames, monkeypatch)
    for k in range(1, 5):
        change(k)
        frame = drawn(frames)
        assert far_apart(frame, drawn_whole(fig)) < 0.001
        fig.stale = False  # savefig has set and restored a number of things
    assert len(whole) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda ax: ax.set_title("after"),
        lambda ax: ax.set_xlim(0, 5),
        lambda ax: ax.set_yscale("symlog"),
        lambda ax: ax.set_xlabel("steps"),
        lambda ax: ax.plot([0.2, 0.8], [0.2, 0.8]),
        lambda ax: ax.lines[0].remove(),
        lambda ax: ax.get_legend().get_texts()[0].set_text("test"),
        lambda ax: ax.set_xticks([0, 1], ["start", "end"]),
    ],
    ids=["title", "limits", "scale", "label", "new line", "line removed", "legend", "ticks"],
)
def test_what_stands_still_is_drawn_anew_when_it_changes(change, monkeypatch):
    fig, move = crowded_figure()
    frames = Frames(fig)
    whole = count_whole_drawings(frames, monkeypatch)
    for k in (1, 2):
        move(k)
        frames.draw()
    change(fig.axes[1])
    frame = drawn(frames)
    assert len(whole) == 2
    assert far_apart(frame, drawn_whole(fig)) < 0.001


def test_an_artist_that_first_moves_late_leaves_no_ghost():
    fig, ax = figure()
    (early,) = ax.plot([], [])
    (late,) = ax.plot([0, 1], [0.5, 0.5], linewidth=6, zorder=1)  # below the early one
    ax.set(xlim=(0, 1), ylim=(0, 1))
    frames = Frames(fig)
    for height in (0.1, 0.2):
        early.set_data([0, 1], [height, height])
        frames.draw()
    late.set_data([0, 1], [0.9, 0.9])
    assert far_apart(drawn(frames), drawn_whole(fig)) < 0.001


def test_letters_that_first_change_late_are_drawn_as_they_are():
    fig, ax = figure()
    (line,) = ax.plot([], [])
    text = ax.text(0.5, 0.5, "before", fontsize=30)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    frames = Frames(fig)
    for height, words in ((0.1, "before"), (0.2, "before"), (0.3, "after"), (0.4, "after")):
        line.set_data([0, 1], [height, height])
        text.set_text(words)
        assert far_apart(drawn(frames), drawn_whole(fig)) < 0.001
        fig.stale = False  # savefig has set and restored a number of things


def test_other_projections_are_drawn_whole():
    with matplotlib.rc_context():
        fig = matplotlib.figure.Figure(figsize=(4, 3))
        FigureCanvasAgg(fig)
        ax = fig.add_subplot(projection="3d")
    (line,) = ax.plot([0, 1], [0, 1], [0, 1])
    frames = Frames(fig)
    before = drawn(frames)
    line.set_data_3d([0, 1], [1, 0], [0, 1])
    after = drawn(frames)
    assert far_apart(before, after) > 0
    assert far_apart(after, drawn_whole(fig)) < 0.001


IMAGES = {
    "origin above": {},
    "origin below": {"origin": "lower"},
    "an extent beyond the axes": {"origin": "lower", "extent": (-3, 3, -2, 5)},
    "an extent within the axes": {"extent": (-0.5, 0.5, -0.3, 0.9), "origin": "lower"},
    "an inverted extent": {"extent": (2, -2, -2, 2)},
    "smooth": {"interpolation": "bilinear", "origin": "lower", "extent": (-2, 2, -2, 2)},
    "smoother": {"interpolation": "bicubic", "extent": (-1, 1, -1, 1)},
    "no number": {"holes": True},
    "half transparent": {"alpha": 0.5},
}


@pytest.mark.parametrize("options", IMAGES.values(), ids=IMAGES.keys())
def test_an_image_looks_as_matplotlib_draws_it(options):
    options = dict(options)
    holes = options.pop("holes", False)
    fig, ax = figure(size=(4, 4))
    ax.grid(False)
    values = np.sin(np.arange(24)[:, None] / 4 + np.arange(30) / 9)
    image = ax.imshow(np.zeros((24, 30)), vmin=-1, vmax=1, cmap="RdBu", **options)
    if "extent" in options:
        ax.set(xlim=(-1, 1), ylim=(1.5, -1))
    frames = Frames(fig)
    if holes:
        values[5:9, 3:20] = np.nan
        image.cmap = image.cmap.with_extremes(bad="gray")
    image.set_data(values)
    frame = drawn(frames, 1.5)
    whole = drawn_whole(fig, 1.5)
    assert np.abs(frame - whole).mean() < 2
    assert far_apart(frame, whole) < 0.01


def test_a_frame_can_be_drawn_at_any_sharpness_at_any_time():
    fig, change = crowded_figure()
    frames = Frames(fig)
    for k, sharpness in enumerate((1, 1, 2, 1, 2, 2, 1.5, 1), start=1):
        change(k)
        if k == 4:
            fig.axes[1].texts[0].set_text("roof")  # letters that stood still when they were drawn sharp
        if k == 6:
            fig.axes[1].set_title("after")
        frame = drawn(frames, sharpness)
        assert far_apart(frame, drawn_whole(fig, sharpness)) < 0.001
        fig.set_dpi(100)  # savefig has set and restored a number of things
        fig.stale = False


def test_png_keeps_every_pixel_and_jpeg_nearly():
    rgba = np.random.default_rng(0).integers(0, 256, (37, 53, 4), dtype=np.uint8)
    np.testing.assert_array_equal(pixels(encode(rgba, "png")), rgba[..., :3])
    smooth = np.broadcast_to(np.linspace(0, 255, 53).astype(np.uint8)[:, np.newaxis], (37, 53, 4)).copy()
    assert np.abs(pixels(encode(smooth, "jpeg")) - smooth[..., :3]).max() < 8


def test_stops():
    assert stops(slider("x", 0, 10, 5, step=5)) == [0, 5, 10]
    assert stops(slider("x", 0.0, 0.3, 0.1, step=0.1)) == [0.0, 0.1, 0.2, 0.3]
    assert stops(list_slider("x", [1, 2, 8], 2)) == [1, 2, 8]
    assert stops(switch("x")) == stops(choice("x", ["a", "b"])) == []
    control = slider("x", 0.0, 0.3, 0.1, step=0.1)
    control.value = 0.1 + 0.2  # as a browser sends it
    assert place(control) == 3
