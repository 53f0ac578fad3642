"""The playground of chapter 17 as a reader meets it: played, clicked into, looked at, shared, in both themes."""

import pytest

from nnlib.widgets.ch17_picture import HEIGHT, PLANE, WIDTH

CELLS = ["from nnlib.widgets import playground", "pg = playground(hidden=(4,), epochs=3000)\npg"]


@pytest.fixture
def figure(lab):
    """The page and the live figure of a playground that has run."""

    def open_figure(**options):
        page = lab(CELLS, **options)
        page.run_all()
        live = page.live(1)
        live.wait_until_sharp()  # a key that is pressed while the page still moves can be lost
        return page, live

    return open_figure


def at(live, x, y):
    """The place of the page that is so many CSS pixels from the corner of the whole picture."""
    box = live.box()
    return box["x"] + x * box["width"] / WIDTH, box["y"] + y * box["height"] / HEIGHT


def epoch(page):
    return int(page.ask("print(pg.run.nn.epoch)"))


def test_play_moves_pause_stops_and_the_steps_step(figure):
    page, live = figure()
    live.button("Restart").click()
    live.wait_for_readout("Epoch 0 of 3000")
    live.button("Step").click()
    live.wait_for_readout("and 1 of 14 updates")
    live.button("Epoch").click()
    live.wait_for_readout("Epoch 1 of 3000,")
    watch = live.watch()
    live.button("Play").click()
    for _ in range(5):
        live.wait_for_picture(live.source())
    live.button("Pause").click()
    live.wait_until_sharp()
    seen = watch.stop()
    assert len(seen["times"]) >= 5 and (seen["blank"], seen["moved"]) == (0, 0)
    now = epoch(page)
    assert now > 5
    page.page.wait_for_timeout(500)
    assert epoch(page) == now


def test_a_change_plays_and_a_closed_page_stops(figure):
    page, live = figure()
    live.press("rate", "ArrowRight")
    live.button("Pause").wait_for()
    page.page.wait_for_timeout(500)
    page.leave()
    page.open()
    now = epoch(page)
    assert 0 < now
    page.page.wait_for_timeout(500)
    assert epoch(page) == now


@pytest.mark.parametrize("width", [1280, 800])
def test_a_click_adds_a_point_where_it_was(figure, width):
    page, live = figure(width=width)
    left, top, side, _ = PLANE
    places = [at(live, left + side * 0.75, top + side * 0.25), at(live, 100, 20), at(live, left + 20, top + 20)]
    page.page.mouse.click(*places[0])
    live.wait_for_readout("Epoch 0")
    (x1, x2, side), *more = eval(page.ask("print(pg.settings.points)"))
    assert (x1, x2) == pytest.approx((0.62, 0.62), abs=0.03) and side == 0 and not more
    page.page.mouse.click(*places[1])  # beside the plane
    live.cell.locator("select").last.select_option("class 1")
    page.page.mouse.click(*places[2])
    page.page.wait_for_timeout(500)
    assert [point[2] for point in eval(page.ask("print(pg.settings.points)"))] == [0, 1]
    assert page.page.locator("[role=alert]").count() == 0


def test_the_mouse_over_a_neuron_says_its_numbers(figure):
    page, live = figure()
    x, y = eval(page.ask("print(pg._picture_of_run.centers[1, 2])"))
    page.page.mouse.move(*at(live, x, y))
    live.wait_for_readout("Neuron 3 of layer 1: bias")
    page.page.mouse.move(*at(live, 200, 5))
    live.wait_for_readout("Epoch 3000")


def test_a_button_of_the_gallery_and_a_pasted_line_bring_their_runs(figure):
    page, live = figure()
    live.button("x1·x2").click()
    live.wait_for_readout("Epoch 100 of 100, 2 parameters")
    line = live.cell.locator("input[type=text]").last
    line.fill("playground(data='moons', hidden=(3,), epochs=10)")
    line.press("Enter")
    live.wait_for_readout("Epoch 10 of 10, 13 parameters")
    line.fill("playground(hidden=(0,))")
    line.press("Enter")
    live.wait_for_readout("width must be at least 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scale", [1, 2])
def test_it_fits_the_page_and_is_sharp_at_rest(figure, theme, scale):
    page, live = figure(theme=theme, scale=scale, files=True, height=800)
    live.wait_until_sharp()
    assert live.box()["width"] == 840 and page.overflow() <= 1
    page.page.set_viewport_size({"width": 900, "height": 800})
    page.page.wait_for_timeout(500)
    assert page.overflow() <= 1
