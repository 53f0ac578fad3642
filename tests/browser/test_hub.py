"""Behind a hub, where every address begins with the reader's own path."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hands import CELLS, draw
from harness import Lab, Server

CHAPTER_00 = Path(__file__).parents[2] / "notebooks" / "00_start_here.ipynb"
PREFIX = "/user/ada/"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("hub") / "server", base_url=PREFIX) as server:
        yield server


@pytest.fixture
def opened(hub, chromium):
    """Opens a notebook behind the prefix; afterwards no page may have had an error or asked for a path outside it."""
    pages, outside = [], []

    def note(request):
        where = urlsplit(request.url)
        if where.scheme.startswith(("http", "ws")) and not where.path.startswith(PREFIX):
            outside.append(request.url)

    def open_notebook(source):
        pages.append(Lab(hub, chromium, source))
        pages[-1].page.on("request", note)
        pages[-1].page.reload()
        pages[-1].wait_until_ready()
        pages[-1].run_all()
        return pages[-1]

    yield open_notebook
    for page in pages:
        page.close()
    assert ([error for page in pages for error in page.errors], outside) == ([], [])


def test_chapter_00_runs_and_its_figure_moves(opened):
    page = opened(CHAPTER_00)
    assert page.page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    cells = page.page.locator(".jp-CodeCell", has=page.page.locator(".nnlib-live"))
    live = page.live_in(cells.first)
    live.cell.locator(".nnlib-options button").first.click()
    live.cell.get_by_text("and so it is.").or_(live.cell.get_by_text("but it is")).wait_for()
    live.wait_until_sharp()
    before = live.readout()
    live.press("learning rate", "ArrowRight", 2)
    assert live.readout() != before


def test_the_pad_is_drawn_on(opened):
    page = opened(CELLS)
    live = page.live(1)
    live.cell.locator("canvas").wait_for()
    before = live.source()
    draw(live, [[(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]])
    live.wait_for_picture(before)
