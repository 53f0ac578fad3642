"""Every chapter as its reader meets it: Run All, then each live figure by keyboard."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness import LivePage
from tools import form

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
each_chapter = pytest.mark.parametrize("path", form.chapters(NOTEBOOKS), ids=lambda path: path.stem)


def live_figures(lab):
    """The live figures of a notebook that has run: the cells with widgets beside a picture."""
    cells = lab.page.locator(".jp-CodeCell", has=lab.page.locator(".jupyter-widgets"))
    return [LivePage(lab, cells.nth(k)) for k in range(cells.count())]


def first_code_cell(path):
    """The index of a chapter's first cell of code, counting all cells."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return next(k for k, cell in enumerate(cells) if cell["cell_type"] == "code")


def heard(handle):
    """What a screen reader says of a slider, its name and its value, and the number beside it."""
    return handle.evaluate(
        """handle => [handle.getAttribute("aria-label"), handle.getAttribute("aria-valuetext"),
            handle.closest(".widget-inline-hbox").querySelector(".widget-readout").textContent]"""
    )


def turn(live, handle):
    """Press an arrow key on a slider's handle, away from the nearer end, and wait for another picture."""
    handle.scroll_into_view_if_needed()
    handle.focus()
    now, most = (float(handle.get_attribute(name)) for name in ("aria-valuenow", "aria-valuemax"))
    before = live.source()
    live.page.keyboard.press("ArrowRight" if now < most else "ArrowLeft")
    live.wait_for_picture(before)


def in_view_after_shift_enter(notebook):
    """Run each live figure's cell as chapter 00 teaches, and look whether its reader still sees it."""
    cells = notebook.page.locator(".jp-Notebook .jp-Cell")
    with_figure = [k for k in range(cells.count()) if cells.nth(k).locator(".nnlib-live").count()]
    for index in with_figure:
        notebook.run_and_advance(index)
        live = notebook.live(index)
        place = live.place()
        assert place["top"] - 1 <= place["question"], "the question is above the window"
        assert place["picture"] <= place["bottom"] + 1, "the picture ends below the window"
        yield live, place


@each_chapter
def test_it_runs_to_its_end_and_its_figures_are_in_view_and_answer(lab, path):
    notebook = lab(path, width=1280, height=800, files=True)  # a default window
    notebook.run_all()
    page = notebook.page
    assert page.locator("[role=alert]").count() == 0, "a live figure shows an error"
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    for live, place in in_view_after_shift_enter(notebook):
        assert live.box()["width"] == float(live.image.get_attribute("width")), "the picture is made smaller"
        assert place["end"] <= place["bottom"] + 1, "the readout is below the window"

    notebook.resize(800, 2400)
    assert notebook.overflow() <= 1, "an output is wider than a narrow window"
    notebook.resize(800, 800)
    if live_figures(notebook):  # one that is run twice running leaves its reader where they go on
        notebook.run_cell(first_code_cell(path))
    for _ in in_view_after_shift_enter(notebook):
        assert notebook.overflow() <= 1, "an output is wider than a narrow window that it is made in"
    notebook.resize(800, 2400)

    figures = live_figures(notebook)
    assert figures or form.is_appendix(path), "a chapter has at least one live figure"
    for live in figures:
        sliders = live.cell.locator("[role=slider]")
        assert sliders.count() > 0
        watch = live.watch()
        if live.cell.get_by_text("Your guess unlocks").count():
            live.cell.locator(".nnlib-options button").first.press("Enter")
            live.cell.get_by_text("and so it is.").or_(live.cell.get_by_text("but it is")).wait_for()
            live.wait_until_sharp()
        for k in range(sliders.count()):
            turn(live, sliders.nth(k))
            name, said, shown = heard(sliders.nth(k))
            assert name and said == shown, "a screen reader says something else than the slider shows"
        seen = watch.stop()
        assert (seen["blank"], seen["moved"]) == (0, 0), "the picture went blank or moved"
        assert live.readout().strip()
        assert live.cell.locator("[role=alert]").count() == 0
