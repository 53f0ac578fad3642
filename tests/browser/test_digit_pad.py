"""The pad of chapter 13 as a reader meets it: drawn on by mouse, finger and keyboard, in both themes."""

import gzip
import json

import numpy as np
import pytest
from hands import CELLS, HANDS, STORE, clear, draw, drawing_in_kernel

STORED = json.loads(gzip.decompress(STORE.read_bytes()))


@pytest.fixture
def pad(lab):
    """The page and the live figure of a pad that has run."""

    def open_pad(**options):
        page = lab(CELLS, **options)
        page.run_all()
        live = page.live(1)
        live.cell.locator("canvas").wait_for()
        return page, live

    return open_pad


def in_kernel(page):
    return json.loads(page.ask("import json; print(json.dumps(pad.controls['drawing'].value))"))


def wait_for_strokes(page, count):
    """Until the kernel has so many strokes; what they are."""
    for _ in range(200):
        if len(in_kernel(page)) == count:
            return in_kernel(page)
        page.page.wait_for_timeout(50)
    raise AssertionError(f"the kernel never had {count} strokes")


def test_hands_draw_what_is_stored_and_the_chapter_counts(pad):
    page, live = pad()
    for k in (0, 14, 57, 69):
        stored, hand = STORED[k], HANDS[k // 10]
        assert (stored["hand"], stored["digit"]) == (hand.name, k % 10)
        live.cell.get_by_role("button", name=hand.pen, exact=True).click()
        clear(live)
        strokes = hand.strokes(k % 10)
        draw(live, strokes)
        found = drawing_in_kernel(page, len(strokes))
        assert [len(stroke) for stroke in found] == [len(stroke) for stroke in stored["strokes"]]
        for stroke, before in zip(found, stored["strokes"]):
            np.testing.assert_allclose(stroke, before, rtol=0, atol=0.006)  # a pixel of the page
    assert live.cell.locator("[role=alert]").count() == 0


def test_the_outputs_move_while_the_stroke_is_still_being_drawn(pad):
    page, live = pad()
    clear(live)
    box = live.cell.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"]
    page.page.mouse.move(x, y + 20)
    page.page.mouse.down()
    for down in (40, 80, 120, 160):
        before = live.source()
        page.page.mouse.move(x, y + down)
        live.wait_for_picture(before)
        assert "It reads" in live.wait_for_readout("It reads")
    page.page.mouse.up()
    assert len(wait_for_strokes(page, 1)[0]) == 5


def test_the_mouse_outside_draws_nothing_and_never_leaves_the_pad(pad):
    page, live = pad()
    clear(live)
    box = live.cell.locator("canvas").bounding_box()
    page.page.mouse.move(box["x"] + 20, box["y"] + 20)  # moved, not pressed
    page.page.mouse.move(box["x"] + 60, box["y"] + 60)
    assert in_kernel(page) == []
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] + 50, box["y"] + 60)
    page.page.mouse.up()
    (stroke,) = wait_for_strokes(page, 1)
    assert stroke[-1][0] == 1.0
    page.page.mouse.move(box["x"] + 100, box["y"] + 100)
    assert len(in_kernel(page)[0]) == len(stroke)


def test_undo_clear_and_reset(pad):
    page, live = pad()
    start = in_kernel(page)
    clear(live)
    assert live.cell.get_by_role("button", name="Undo").is_disabled()
    draw(live, HANDS[1].strokes(4))  # two strokes
    wait_for_strokes(page, 2)
    live.cell.get_by_role("button", name="Undo").click()
    assert len(wait_for_strokes(page, 1)) == 1
    live.button("Reset").click()
    live.wait_for_readout("It reads 3")
    assert in_kernel(page) == start
    draw(live, HANDS[1].strokes(4))  # the first stroke takes the place of the example
    assert len(wait_for_strokes(page, 2)) == 2
    assert in_kernel(page)[0] != start[0]


def test_a_digit_is_drawn_by_keyboard_alone(pad):
    page, live = pad()
    canvas = live.cell.locator("canvas")
    canvas.focus()
    keys = page.page.keyboard
    keys.press("Delete")
    live.wait_for_readout("The pad is empty.")
    for way in ("ArrowRight", "ArrowUp", "ArrowDown"):  # moves the pen, draws nothing
        keys.press(way)
    assert page.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 1
    assert in_kernel(page) == []
    keys.press(" ")
    for _ in range(16):
        keys.press("ArrowDown")
    keys.press(" ")
    keys.press("ArrowLeft")
    live.wait_for_readout("It reads 1")
    (stroke,) = wait_for_strokes(page, 1)
    assert len(stroke) == 17 and stroke[0][0] == stroke[-1][0] == pytest.approx(0.5 + 1 / 32, abs=1e-3)
    assert stroke[-1][1] - stroke[0][1] == pytest.approx(0.5, abs=2e-3)
    keys.press("Backspace")
    live.wait_for_readout("The pad is empty.")
    assert page.page.evaluate("() => document.activeElement.tagName") == "CANVAS"  # JupyterLab has not taken a key
    assert page.page.locator(".jp-Notebook .jp-Cell").count() == len(CELLS)


def test_a_finger_draws_and_the_page_stays(pad, lab, chromium):
    page, live = pad()
    clear(live)
    box = live.cell.locator("canvas").bounding_box()
    session = page.context.new_cdp_session(page.page)
    points = [(box["x"] + box["width"] / 2, box["y"] + down) for down in (20, 60, 100, 140, 170)]
    for kind, place in [("touchStart", points[0]), *(("touchMove", each) for each in points[1:]), ("touchEnd", None)]:
        touch = [] if place is None else [{"x": place[0], "y": place[1]}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touch})
    (stroke,) = wait_for_strokes(page, 1)
    assert stroke[-1][1] - stroke[0][1] == pytest.approx(150 / box["height"], abs=0.02)
    assert live.cell.locator("canvas").bounding_box() == box


def test_the_pad_is_white_paper_and_fits_in_both_themes(pad):
    page, live = pad(width=800)
    for theme in ("light", "dark"):
        page.use_theme(theme)
        page.page.wait_for_timeout(300)
        canvas = live.cell.locator("canvas")
        assert canvas.evaluate("canvas => getComputedStyle(canvas).backgroundColor") == "rgb(255, 255, 255)"
        assert page.overflow() <= 1
        box, room = canvas.bounding_box(), live.cell.locator(".jp-OutputArea").first.bounding_box()
        assert box["width"] == pytest.approx(282, abs=1) and box["height"] == pytest.approx(282, abs=1)
        assert box["x"] + box["width"] < room["x"] + room["width"]
        picture, said = (
            live.cell.locator(part).last.bounding_box() for part in (".jp-RenderedImage img", "[role=status]")
        )
        undo = live.cell.get_by_role("button", name="Undo").bounding_box()
        assert box["x"] + box["width"] < picture["x"] and abs(picture["y"] - box["y"]) < 5  # in one row
        assert said["y"] >= max(each["y"] + each["height"] for each in (undo, picture))
