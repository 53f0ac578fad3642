"""Record the pictures of README.md from a real browser: a live figure while it is used, and two that stand still.

    make pictures      or      python tests/tools/pictures.py

What is seen is JupyterLab as it opens for a reader, in the window's light theme; only the arrow of the mouse, which no
screenshot holds, is drawn on the page for the recording.
"""

import base64
import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageColor

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from hands import HANDS, clear, draw
from harness import Chromium, Lab, Server

from nnlib.plots import COLORS

FOLDER = Path(__file__).parents[2] / ".github" / "pictures"
WIDTH = 960  # of the window, in CSS pixels; the figure takes 840 of them
FRAMES_A_SECOND = 10
LAST = 1.5  # seconds that the last frame stays, before the picture begins anew
MARGIN = 8  # CSS pixels around the figure

XOR = ["from nnlib.widgets import xor_learns", "xor_learns()"]
PAD = ["from nnlib.widgets import digit_pad", "digit_pad()"]
PLAYGROUND = [
    "from nnlib.widgets import playground",
    "playground(data='spiral', hidden=(8, 8), optimizer='Adam', learning_rate=0.02)",
]

ARROW = """() => {
    const arrow = document.createElement('div');
    arrow.innerHTML = '<svg width="18" height="26" viewBox="0 0 18 26"><path d="M1 1v20l5-5 4 9 4-2-4-9h7z" ' +
        'fill="black" stroke="white" stroke-width="1.5"/></svg>';
    arrow.style = 'position: fixed; left: -40px; top: 0; z-index: 99999; pointer-events: none';
    document.body.append(arrow);
    document.addEventListener('pointermove', event => {
        arrow.style.left = event.clientX + 'px';
        arrow.style.top = event.clientY + 'px';
    }, true);
}"""


def rest(page, seconds):
    page.wait_for_timeout(1000 * seconds)


class Recording:
    """Screenshots of one part of a page, each with the time at which it was taken."""

    def __init__(self, page, part):
        self.page, self.part = page, part
        self.browser = page.context.new_cdp_session(page)  # Playwright's own screenshots take twice as long
        self.frames, self.times = [], []

    def take(self):
        """Wait until it is time for the next frame, and take it."""
        if self.times:
            rest(self.page, max(0, self.times[-1] + 1 / FRAMES_A_SECOND - time.monotonic()))
        self.times.append(time.monotonic())
        clip = self.part | {"scale": 1}
        shot = self.browser.send("Page.captureScreenshot", {"clip": clip, "optimizeForSpeed": True})
        self.frames.append(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB"))

    def during(self, seconds, act=None):
        """Record for so long; `act(part)` is called before each frame with the part of the time that has passed."""
        start = time.monotonic()
        while (passed := time.monotonic() - start) < seconds:
            if act:
                act(passed / seconds)
            self.take()
        if act:
            act(1)
            self.take()

    def save(self, path):
        """Write an animated GIF that repeats for ever, at the speed at which it was recorded."""
        shown = [1000 * (end - start) for start, end in zip(self.times, self.times[1:])] + [1000 * LAST]
        first, *others = with_few_colors(self.frames, 160)
        first.save(path, save_all=True, append_images=others, duration=shown, loop=0)


def with_few_colors(frames, count):
    """The frames in `count` colors, the same in all: white and the course's own as they are, and the most frequent."""
    exact = [255, 255, 255, *(part for color in COLORS.values() for part in ImageColor.getrgb(color))]
    some = frames[::5]
    wide, high = some[0].size
    together = Image.new("RGB", (wide, high * len(some)))
    for k, frame in enumerate(some):
        together.paste(frame, (0, k * high))
    frequent = together.quantize(count - len(exact) // 3, method=Image.Quantize.MEDIANCUT).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette(exact + frequent[: 3 * count - len(exact)])
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def opened(server, chromium, cells, **options):
    """A page with these cells run, and its live figure."""
    lab = Lab(server, chromium, cells, width=WIDTH, height=900, **options)
    lab.run_all()
    live = lab.live(1)
    live.wait_until_sharp()
    rest(lab.page, 1)
    return lab, live


def frame_of(live):
    """The part of the window in which the live figure is."""
    box = live.cell.locator(".jp-OutputArea-output").first.bounding_box()
    end = live.cell.locator("[role=status]").last.bounding_box()
    x, y = box["x"] - MARGIN, box["y"] - MARGIN / 2
    return {"x": x, "y": y, "width": box["width"] + 2 * MARGIN, "height": end["y"] + end["height"] + MARGIN / 2 - y}


def glide(page, start, end):
    """An action for `during`: the mouse goes from one place to the other."""

    def act(part):
        smooth = part * part * (3 - 2 * part)
        page.mouse.move(*(a + (b - a) * smooth for a, b in zip(start, end)))

    return act


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def still(path, lab, live):
    """Save the live figure as it stands, with two image pixels to a CSS pixel."""
    live.wait_until_sharp()
    rest(lab.page, 1)
    picture = Image.open(io.BytesIO(lab.page.screenshot(clip=frame_of(live)))).convert("RGB")
    with_few_colors([picture], 256)[0].save(path, optimize=True)


def xor_learns(server, chromium):
    """Chapter 00: Play, and then the learning rate dragged up, down, and back."""
    lab, live = opened(server, chromium, XOR)
    page = lab.page
    live.button("higher").click()  # the guess, which unlocks the controls
    live.wait_for_readout("Learning rate 1, epoch 1000")
    live.button("Reset").click()
    live.wait_for_readout("Learning rate 0.1, epoch 1000")
    live.button("Restart").click()
    live.wait_for_readout("epoch 0:")
    page.evaluate(ARROW)
    play, rate = middle(live.button("Play")), middle(live.slider("learning rate"))
    page.mouse.move(play[0] - 60, play[1] + 90)
    rest(page, 1)

    film = Recording(page, frame_of(live))
    film.during(0.5, glide(page, (play[0] - 60, play[1] + 90), play))
    live.button("Play").click()
    while int(live.value("epoch shown")) < 400:
        film.take()
    live.button("Pause").click()
    film.during(0.6, glide(page, play, rate))
    page.mouse.down()
    high, low = (rate[0] + 90, rate[1]), (rate[0] - 60, rate[1])
    film.during(1.5, glide(page, rate, high))
    film.during(0.4)
    film.during(2.0, glide(page, high, low))
    film.during(0.4)
    film.during(0.8, glide(page, low, rate))
    page.mouse.up()
    live.wait_until_sharp()
    film.take()
    film.save(FOLDER / "xor_learns.gif")
    lab.close()


def digit_pad(server, chromium):
    """Chapter 13: a digit drawn on the pad, and what the network says."""
    lab, live = opened(server, chromium, PAD, scale=2)
    live.cell.locator("canvas").wait_for()
    clear(live)
    draw(live, HANDS[0].strokes(5))
    live.wait_for_readout("It reads 5")
    lab.page.mouse.move(0, 0)
    still(FOLDER / "digit_pad.png", lab, live)
    lab.close()


def playground(server, chromium):
    """Chapter 17: two hidden layers of eight neurons on the spiral."""
    lab, live = opened(server, chromium, PLAYGROUND, scale=2)
    live.wait_for_readout("Epoch 300 of 300")
    still(FOLDER / "playground.png", lab, live)
    lab.close()


def main():
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "server") as server, Chromium() as chromium:
        for record in (xor_learns, digit_pad, playground):
            record(server, chromium)
            print(record.__name__)
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name:20}{path.stat().st_size / 1000:7.0f} kB")


if __name__ == "__main__":
    main()
