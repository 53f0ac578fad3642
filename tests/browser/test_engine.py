"""The live figures as a reader meets them: keyboard and mouse, two themes, interrupts, closed pages."""

import itertools
import json
import subprocess
import sys

import pytest
from harness import SESSION
from tools import form

JPEG, PNG = "data:image/png;base64,/9j/", "data:image/png;base64,iVBORw0KGgo"

TOY = """\
import time
from nnlib.plots import figure
from nnlib.widgets import Live, Prediction, slider
from nnlib.widgets.live.figure import _open

calls, made = [], []

def toy(name="toy", delay=0.0, special=None, **options):
    fig, ax = figure(size=(8, 3))
    (line,) = ax.plot([], [])
    ax.set(xlim=(0, 1), ylim=(0, 100))
    def compute(height):
        calls.append(height)
        time.sleep(delay)
        return special(height) if special else height
    def draw(result):
        line.set_data([0, 1], [result, 100 - result])
        return f"{name} at {result}."
    live = Live(name, question="How high is it?", controls={"height": slider("height", 0, 100, 50, unit="m")},
                compute=compute, draw=draw, figure=fig, alt="A line.", **options)
    made.append(live)
    return live
"""

COUNTER = """\
times = []

def counter(name="counter"):
    fig, ax = figure(size=(8, 2))
    (line,) = ax.plot([], [])
    ax.set(xlim=(0, 1), ylim=(-0.1, 1.1))
    def compute(start):
        return start
    def draw(start, count):
        times.append(time.time())
        line.set_data([0, 1], [count % 7 / 7, count % 11 / 11])
        return f"count {start + count}."
    live = Live(name, question="How far?", plays="count",
                controls={"start": slider("start", 0, 1000, 0), "count": slider("counted", 0, 300, 300)},
                compute=compute, draw=draw, figure=fig, alt="A line that moves.")
    made.append(live)
    return live
"""


PREDICTION = """\
toy(prediction=Prediction("Which way does it go?", ("up", "down"), "up", "It rises with the slider.", {"height": 60}))
"""


def picture_in_kernel(lab, name):
    """The last picture of a live figure, as the kernel has it, in the form of an image's source."""
    png = lab.ask(f"import base64; print(base64.b64encode(_open[{name!r}].png).decode())")
    return f"data:image/png;base64,{png}"


def test_keys_move_the_slider_the_picture_and_the_readout(lab):
    page = lab([TOY, "toy()"])
    page.run_all()
    live = page.live(1)
    assert live.readout() == "toy at 50."
    start, box = live.source(), live.box()
    live.press("height (m)", "ArrowRight", 3)
    assert live.wait_for_readout("at 53") == "toy at 53."
    assert live.value("height (m)") == "53"
    assert page.ask("print(calls)") == "[50, 51, 52, 53]"
    live.wait_until_shown(picture_in_kernel(page, "toy"))
    live.press("height (m)", "Home")
    assert live.wait_for_readout("at 0.")
    live.button("Reset").press("Enter")
    live.wait_for_readout("at 50.")
    live.wait_until_shown(start)
    assert live.box() == box


def test_a_frame_is_fast_while_something_moves_and_sharp_at_rest(lab):
    page = lab([TOY, "toy()"])
    page.run_all()
    live = page.live(1)
    live.wait_until_sharp()
    watch = live.watch()
    live.press("height (m)", "ArrowRight")
    live.wait_until_sharp()
    live.wait_until_shown(picture_in_kernel(page, "toy"))
    seen = watch.stop()
    fast, sharp = seen["sources"]
    assert fast.startswith(JPEG) and sharp.startswith(PNG)
    assert (seen["blank"], seen["moved"]) == (0, 0)


LONG = "\n".join(f"line_{k} = {k}" for k in range(60))


def test_shift_enter_leaves_the_figure_in_view_and_the_next_one_goes_on(lab):
    page = lab([TOY, PREDICTION, LONG, LONG], height=800, files=True)
    page.run_and_advance(0)
    page.run_and_advance(1)
    live = page.live(1)
    place = live.place()
    assert place["top"] <= place["question"] and place["end"] <= place["bottom"]
    page.page.keyboard.press("Shift+Enter")  # it has the focus, and is run again: go on
    page.page.wait_for_timeout(2000)
    page.page.keyboard.press("Shift+Enter")
    page.page.wait_for_timeout(2000)
    assert page.ask("print(line_59)") == "59"
    assert live.place()["end"] < place["top"]  # it has not come back


def test_run_all_stays_where_it_is(lab):
    page = lab([TOY, LONG, PREDICTION, LONG], height=800, files=True)
    page.run_all()
    page.page.wait_for_timeout(1500)
    focus = page.page.evaluate("() => document.activeElement.className")
    assert "nnlib-head" not in focus


def test_a_kernel_that_is_gone_leaves_word(lab):
    page = lab([TOY, "toy()"])
    page.run_all()
    page.page.evaluate(f"async () => {{ await {SESSION}.restartKernel?.() ?? {SESSION}.session.kernel.restart(); }}")
    page.page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.nnlib-live'), '::after').content.includes('Run All Cells')"
    )
    page.leave()
    page.errors.clear()  # JupyterLab's own, of requests that the restart has canceled


def test_in_a_drag_the_newest_value_wins(lab):
    page = lab([TOY, "toy(delay=0.1)"])
    page.run_all()
    live = page.live(1)
    watch = live.watch()
    live.drag("height (m)", 120)
    value = live.value("height (m)")
    live.wait_for_readout(f"at {value}.")
    page.wait_until_idle()
    live.wait_until_shown(picture_in_kernel(page, "toy"))
    seen = watch.stop()
    assert int(value) > 60
    assert (seen["blank"], seen["moved"]) == (0, 0)
    calls = json.loads(page.ask("print(calls)"))
    assert calls[-1] == int(value)
    assert calls == sorted(set(calls))
    assert 3 <= len(calls) <= 14  # 30 moves within a second, 0.1 s each: those that came too late were dropped
    assert sum(source.startswith(JPEG) for source in seen["sources"]) <= len(calls)


def test_an_error_is_said_in_the_widget_and_the_next_good_value_heals_it(lab):
    page = lab([TOY, "def mine(x):\n    y = 51 - x\n    return x // y", "toy(special=lambda x: mine(x) + x)"])
    page.run_all()
    live = page.live(2)
    good, box = live.source(), live.box()
    live.press("height (m)", "ArrowRight")
    said = live.wait_for_readout("ZeroDivisionError")
    assert "divided by zero" in said
    assert "In your cell, line 3: return x // y" in said
    assert live.cell.locator("[role=alert]").count() == 1
    assert live.source() != good
    live.press("height (m)", "ArrowLeft")
    live.wait_for_readout("toy at")
    live.wait_until_shown(good)
    assert live.box() == box


ENDLESS = """\
def special(x):
    while x == 51:
        pass
    return x

toy(special=special)
"""


def test_an_endless_computation_can_be_interrupted(lab):
    page = lab([TOY, ENDLESS])
    page.run_all()
    live = page.live(1)
    live.slider("height (m)").press("ArrowRight")
    page.wait_until_busy()
    page.interrupt()
    live.wait_for_readout("Interrupted.")
    page.wait_until_idle()
    live.press("height (m)", "ArrowRight")
    live.wait_for_readout("toy at 52.")
    assert page.ask("print(6 * 7)") == "42"


def test_playing_leaves_room_for_other_cells_and_for_pause_and_step(lab):
    page = lab([TOY, COUNTER, "counter()", "print(sum(range(10)))", "toy()"])
    page.run_all()
    live, other = page.live(2), page.live(4)
    watch = live.watch()
    live.button("Play").click()
    live.wait_for_readout("count 12")
    assert page.ask("print(6 * 7)") == "42"
    page.run_cell(3)
    assert page.output(3).strip() == "45"
    other.press("height (m)", "ArrowRight")  # side by side
    other.wait_for_readout("toy at 51.")
    live.button("Pause").click()
    live.page.wait_for_function(
        "cell => [...cell.querySelectorAll('button')].some(button => button.textContent.includes('Play'))",
        arg=live.cell.element_handle(),
    )
    page.wait_until_idle()
    count = json.loads(page.ask("print(made[0].controls['count'].value)"))
    assert count > 12
    assert (seen := watch.stop())["blank"] == 0 and seen["moved"] == 0
    assert len(seen["sources"]) > 8
    live.button("Step").click()
    live.wait_for_readout(f"count {count + 1}.")
    assert json.loads(page.ask("print(made[0].controls['count'].value)")) == count + 1  # it had stopped
    live.button("Restart").click()
    live.wait_for_readout("count 0.")
    live.press("start", "ArrowRight")
    live.wait_for_readout("count 1.")


def test_running_the_cell_again_leaves_no_orphan(lab):
    page = lab([TOY, COUNTER, "counter()"])
    page.run_all()
    live = page.live(2)
    live.button("Play").click()
    live.wait_for_readout("count 5")
    page.run_cell(2)
    live.wait_for_readout("count 300.")
    frames = page.ask("print(made[0].frames)")
    assert page.page.locator(".nnlib-live").count() == 1
    assert page.ask("print(list(_open), made[0].closed, made[1].closed)") == "['counter'] True False"
    live.button("Step").click()
    live.wait_for_readout("count 0.")
    live.button("Play").click()
    live.wait_for_readout("count 6")
    assert page.ask("print(made[0].frames)") == frames


def test_playing_ends_when_the_page_is_closed(lab):
    page = lab([TOY, COUNTER, "counter()"])
    page.run_all()
    page.live(2).button("Play").click()
    page.live(2).wait_for_readout("count 5")
    page.save()
    left = float(page.ask("print(time.time())"))
    page.leave()
    page.open()
    counted, last, now = json.loads(page.ask("print([len(times), times[-1], time.time()])"))
    assert last - left < 1.5 < now - left
    assert json.loads(page.ask("time.sleep(0.5); print(len(times))")) == counted
    live = page.live(2)
    live.button("Play").wait_for()  # it does not say Pause: nothing moves
    live.button("Restart").click()  # the same live figure, at work again
    live.wait_for_readout("count 0.")
    live.button("Play").click()
    live.wait_for_readout("count 9")


def test_a_guess_comes_first(lab):
    page = lab([TOY, PREDICTION])
    page.run_all()
    live = page.live(1)
    handle = live.slider("height (m)")
    handle.focus()
    page.page.keyboard.press("ArrowRight")
    assert page.ask("print(calls)") == "[50]"
    assert live.button("Reset").is_disabled()
    live.button("down").press("Enter")
    live.cell.get_by_text("You guessed “down”, but it is “up”. It rises with the slider.").wait_for()
    assert live.button("up").is_disabled()
    assert live.wait_for_readout("toy at 60.")
    assert page.ask("print(calls)") == str(list(range(50, 61)))  # the slider went there before the reader's eyes
    live.press("height (m)", "ArrowRight")
    live.wait_for_readout("toy at 61.")


LIGHTNESS = """element => {
    const lightness = color => color.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
    const page = getComputedStyle(document.querySelector('.jp-Notebook')).getPropertyValue('--jp-layout-color0');
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = page;
    const behind = lightness(getComputedStyle(probe).color);
    probe.remove();
    return Math.abs(lightness(getComputedStyle(element).color) - behind);
}"""


def test_it_can_be_read_in_both_themes_and_at_laptop_width(lab):
    page = lab([TOY, COUNTER, PREDICTION, "counter()"])
    page.run_all()
    for width, theme in itertools.product([1280, 800], ["light", "dark"]):
        page.page.set_viewport_size({"width": width, "height": 2400})
        page.use_theme(theme)
        page.page.wait_for_timeout(500)  # the page has laid itself out anew
        assert page.overflow() <= 1
        for text in ("How high is it?", "Which way does it go?", "toy at 50.", "height (m)", "Your guess unlocks"):
            found = page.cell(2).get_by_text(text, exact=False).last
            assert found.evaluate(LIGHTNESS) > 0.5, (text, theme, width)
        for index in (2, 3):
            box = page.live(index).box()
            room = page.cell(index).locator(".jp-OutputArea").bounding_box()
            assert box["x"] >= room["x"] - 1
            assert box["x"] + box["width"] <= room["x"] + room["width"] + 1
            assert box["width"] == pytest.approx(min(800, room["width"]), abs=80)  # the prompt takes 64
        for label in page.page.locator(".nnlib-live .widget-label").all():
            assert label.evaluate("label => label.scrollWidth <= label.clientWidth + 1"), label.inner_text()


def test_the_saved_notebook_keeps_the_picture_and_no_dead_widget(lab, server):
    page = lab([TOY, PREDICTION])
    page.run_all()
    picture = page.live(1).source()
    page.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    notebook = json.loads(page.path.read_text(encoding="utf-8"))
    page.leave()
    server.stop_kernels()

    form.normalize(notebook)
    text = form.normal_text(notebook)
    page.path.write_text(text, encoding="utf-8")
    assert "widget-view" not in text and "widget-state" not in text
    page.open()
    cell = page.cell(1)
    assert cell.locator(".jp-RenderedImage img").get_attribute("src") == picture
    assert cell.locator(".jp-RenderedImage img").bounding_box()["width"] == 800
    shown = cell.locator(".jp-OutputArea").inner_text()
    assert "Error" not in page.page.locator(".jp-Notebook").inner_text()
    for line in (
        "How high is it?",
        "Which way does it go? Your guess: up / down",
        "Settings: height (m) 50. Run the notebook to change them.",
        "toy at 50.",
    ):
        assert line in shown

    strict = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "no:cacheprovider", "--nbval"]
    done = subprocess.run(
        [*strict, "--nbval-current-env", str(page.path)], cwd=page.path.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
