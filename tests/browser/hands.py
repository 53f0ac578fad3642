"""Ten programmed hands that draw the ten digits on the pad of chapter 13, in a real browser.

    python tests/browser/hands.py      draws all hundred anew, and writes nnlib/data/drawings.json.gz

The chapter counts how many of them its network reads. `draw` is what the browser's test draws with, too.
"""

import gzip
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STORE = Path(__file__).parents[2] / "nnlib" / "data" / "drawings.json.gz"
CELLS = ["from nnlib.widgets import digit_pad", "pad = digit_pad()\npad"]


def arc(x, y, wide, tall, start, end):
    """A part of an ellipse around (x, y), from one angle to another in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, end, max(4, abs(end - start) // 18)))
    return np.stack([x + wide * np.cos(angle), y + tall * np.sin(angle)], axis=1)


def line(*corners):
    parts = [np.linspace(start, end, 7) for start, end in zip(corners, corners[1:])]
    return np.concatenate(parts)


def joined(*parts):
    return np.concatenate(parts)


# Strokes in a box from 0 to 1, y downward, in two ways of writing.
ROUND = [
    [arc(0.5, 0.5, 0.34, 0.5, -80, 280)],
    [line((0.28, 0.24), (0.55, 0), (0.55, 1))],
    [joined(arc(0.48, 0.28, 0.36, 0.28, -170, 30), line((0.74, 0.46), (0.1, 1), (0.92, 1)))],
    [joined(arc(0.45, 0.25, 0.36, 0.25, -160, 85), arc(0.45, 0.74, 0.4, 0.26, -85, 160))],
    [line((0.6, 0), (0.08, 0.66), (0.95, 0.66)), line((0.7, 0.35), (0.7, 1))],
    [joined(line((0.85, 0), (0.25, 0), (0.2, 0.45)), arc(0.48, 0.69, 0.38, 0.31, -130, 150))],
    [joined(line((0.68, 0), (0.3, 0.42)), arc(0.5, 0.72, 0.33, 0.28, -170, 190))],
    [line((0.1, 0), (0.9, 0), (0.4, 1))],
    [
        joined(
            arc(0.5, 0.25, 0.3, 0.25, -30, -270),
            arc(0.5, 0.75, 0.36, 0.25, -90, 270),
            arc(0.5, 0.25, 0.3, 0.25, 90, -30),
        )
    ],
    [joined(arc(0.5, 0.28, 0.33, 0.28, 0, -360), line((0.83, 0.3), (0.7, 1)))],
]
PLAIN = [
    [arc(0.5, 0.5, 0.3, 0.5, -110, 250)],
    [line((0.5, 0), (0.5, 1))],
    [joined(arc(0.5, 0.3, 0.35, 0.3, -150, 60), line((0.6, 0.6), (0.15, 0.95))), line((0.15, 0.95), (0.9, 1))],
    [line((0.15, 0), (0.8, 0), (0.42, 0.42)), arc(0.45, 0.7, 0.38, 0.3, -95, 150)],
    [line((0.2, 0), (0.15, 0.5), (0.9, 0.5)), line((0.75, 0.05), (0.75, 1))],
    [joined(line((0.25, 0), (0.22, 0.42)), arc(0.46, 0.7, 0.38, 0.3, -120, 140)), line((0.25, 0), (0.85, 0.02))],
    [joined(arc(0.75, 0.65, 0.55, 0.65, -100, -180), arc(0.5, 0.74, 0.3, 0.26, -180, 180))],
    [line((0.1, 0.02), (0.9, 0), (0.4, 1)), line((0.3, 0.5), (0.85, 0.48))],
    [arc(0.5, 0.24, 0.28, 0.24, 90, 450), arc(0.5, 0.74, 0.34, 0.26, -90, 270)],
    [joined(arc(0.48, 0.27, 0.32, 0.27, -20, -340), arc(0.38, 0.6, 0.45, 0.4, -30, 100))],
]


@dataclass(frozen=True)
class Hand:
    """One way to write. Lengths are parts of the pad's side; the slant is how far the top lies to the right."""

    name: str
    shapes: list
    pen: str = "medium"
    tall: float = 0.7
    wide: float = 0.6  # of the height
    slant: float = 0.0
    middle: tuple = (0.5, 0.5)
    shake: float = 0.008

    def strokes(self, digit):
        """The digit as this hand draws it: a list of strokes, arrays (n, 2)."""
        rng = np.random.default_rng(digit)
        drawn = []
        for stroke in self.shapes[digit]:
            shaky = stroke + self.shake * np.cumsum(rng.normal(size=stroke.shape), axis=0)
            x, y = (shaky - 0.5).T
            x = self.wide * x - self.slant * y
            drawn.append(np.clip(self.tall * np.stack([x, y], axis=1) + self.middle, 0.02, 0.98))
        return drawn


HANDS = [
    Hand("even", ROUND),
    Hand("thick", PLAIN, pen="thick"),
    Hand("thin", ROUND, pen="thin"),
    Hand("leaning right", PLAIN, slant=0.35),
    Hand("leaning left", ROUND, slant=-0.25),
    Hand("small", PLAIN, tall=0.3),
    Hand("in a corner", ROUND, tall=0.42, middle=(0.28, 0.7)),
    Hand("wide", PLAIN, tall=0.6, wide=0.95),
    Hand("narrow", ROUND, tall=0.8, wide=0.4),
    Hand("shaky", PLAIN, shake=0.025),
]


def draw(live, strokes):
    """Draw these strokes on the pad of a live figure with the mouse."""
    canvas = live.cell.locator("canvas")
    box = canvas.bounding_box()
    places = [[(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke] for stroke in strokes]
    for stroke in places:
        live.page.mouse.move(*stroke[0])
        live.page.mouse.down()
        for place in stroke[1:]:
            live.page.mouse.move(*place)
        live.page.mouse.up()


def clear(live):
    live.cell.get_by_role("button", name="Clear").click()
    live.wait_for_readout("The pad is empty.")


def drawing_in_kernel(lab, count):
    """What the kernel has got, when it has all `count` strokes and the last one has come to its end."""
    before = None
    while True:
        lab.page.wait_for_timeout(60)
        now = json.loads(lab.ask("import json; print(json.dumps(pad.controls['drawing'].value))"))
        if now == before and len(now) == count:
            return now
        before = now


def main():
    sys.path.insert(0, str(Path(__file__).parent))
    from harness import Chromium, Lab, Server

    drawings = []
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "server") as server, Chromium() as chromium:
        lab = Lab(server, chromium, CELLS)
        lab.run_all()
        live = lab.live(1)
        live.cell.locator("canvas").wait_for()
        for hand in HANDS:
            live.cell.get_by_role("button", name=hand.pen, exact=True).click()
            for digit in range(10):
                clear(live)
                strokes = hand.strokes(digit)
                draw(live, strokes)
                found = drawing_in_kernel(lab, len(strokes))
                drawings.append({"hand": hand.name, "digit": digit, "pen": hand.pen, "strokes": found})
            print(hand.name)
        lab.close()
    text = json.dumps(drawings, separators=(",", ":"))
    STORE.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(drawings)} drawings, {STORE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
