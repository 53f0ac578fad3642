"""Chapter 13: a pad to draw a digit on, the 8 x 8 pixels that the network sees of it, and what it says.

The pad itself, a canvas in the browser, is `ch13_digit_pad.js`; all that is computed is here.
"""

import functools
import gzip
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from nnlib import ExponentialLR, NeuralNetwork, datasets
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import choice, slider, switch
from nnlib.widgets.live.figure import Live, note

PAPER = 32  # pixels of the black-and-white picture, in a row and in a column
BLOCK = 4  # of these pixels in a row of a block, so that a block holds 0 to 16 pixels of ink
HEIGHT, WIDTH = 32, 20  # pixels that a digit of the data set fills
THICKNESS = 5.5  # pixels of a stroke: with it a drawn digit has as much ink as those of the data set, 30 %
MOST_SLANT = 0.7  # pixels to the side for each pixel up
MOST_STRETCH = 1.5  # of the width against the height: a 1 stays narrow
PENS = {"thin": 1.5, "medium": 3.0, "thick": 6.0}  # pixels of a stroke on the pad
SURE = 0.5  # an output above this says yes
SPACING = 0.01  # of the side of the pad, between two points along a stroke
THREE = [[0.25, 0.22], [0.3, 0.17], [0.38, 0.16], [0.45, 0.19], [0.46, 0.26], [0.42, 0.31], [0.34, 0.34]]
THREE += [[0.43, 0.36], [0.49, 0.42], [0.48, 0.5], [0.42, 0.55], [0.33, 0.56], [0.26, 0.52]]


# ---- from a drawing to 64 pixels --------------------------------------------------------------------


def preprocess(strokes, *, fit=True, pen=PENS["medium"]):
    """A drawing as the data set would show it: (64,) pixels row by row, in sixteenths from 0 (paper) to 1 (ink).

    strokes : a list of strokes, each a list of points (x, y) from 0 (left, top) to 1 (right, bottom of the pad).
    fit : True gives the drawing the slant, the size, the place and the thickness of the data set's digits. False
        takes it as it lies on the pad, in strokes `pen` pixels thick.

    The data set's own way (E. Alpaydin and C. Kaynak, 1998, nnlib/data/README.md): a picture of 32 x 32 pixels, black
    or white, that programs of NIST had normalized, and its ink counted in blocks of 4 x 4. What normalized means is
    read off the data: every digit reaches from the first row to the last, nearly all stay within the columns 4 to 28,
    hardly any leans, and 30 % is ink.
    """
    return blocks(black_and_white(strokes, fit=fit, pen=pen))


def black_and_white(strokes, *, fit=True, pen=PENS["medium"]):
    """The picture (32, 32) whose ink `preprocess` counts: True for ink."""
    return ink(fitted(strokes), THICKNESS) if fit else ink(strokes, pen)


def fitted(strokes):
    """The strokes upright, so large that their ink is 32 pixels high and at most 20 wide, and in the middle."""
    path = along(strokes)
    if not len(path):
        return []
    x, y = (path - path.mean(axis=0)).T
    slant = np.clip(np.mean(x * y) / max(np.mean(y**2), 1e-6), -MOST_SLANT, MOST_SLANT)
    upright = [np.asarray(stroke, dtype=float) @ [[1, 0], [-slant, 1]] for stroke in strokes if len(stroke)]
    points = np.concatenate(upright)
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = np.maximum(high - low, 1e-3)
    down = (HEIGHT - THICKNESS) / PAPER / tall
    across = min((WIDTH - THICKNESS) / PAPER / wide, MOST_STRETCH * down)
    return [0.5 + (stroke - (low + high) / 2) * [across, down] for stroke in upright]


def along(strokes):
    """Points at equal distances along the strokes, (n, 2): a slow hand leaves no more of them than a fast one."""
    found = [np.zeros((0, 2))]
    for stroke in strokes:
        stroke = np.asarray(stroke, dtype=float).reshape(-1, 2)
        way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])[: len(stroke)]
        if len(way):
            stops = np.linspace(0, way[-1], int(np.ceil(way[-1] / SPACING)) + 1)
            found.append(np.stack([np.interp(stops, way, axis) for axis in stroke.T], axis=1))
    return np.concatenate(found)


def ink(strokes, thickness):
    """The strokes in black and white: (32, 32), True for each pixel whose center lies in a stroke."""
    x, y = PAPER * along(strokes).T[..., np.newaxis]  # (n, 1) each
    centers = np.arange(PAPER) + 0.5
    distances = ((centers - x) ** 2)[:, np.newaxis, :] + ((centers - y) ** 2)[:, :, np.newaxis]  # (n, 32, 32)
    hair = 1e-6  # or rounding would decide where an edge runs through centers of pixels
    return (distances <= (thickness / 2 + hair) ** 2).any(axis=0)


def blocks(picture):
    """The share of ink in each block of 4 x 4 pixels: (32, 32) black or white to (64,), in sixteenths."""
    side = PAPER // BLOCK
    return picture.reshape(side, BLOCK, side, BLOCK).mean(axis=(1, 3)).ravel()


def turned(strokes, degrees):
    """The strokes turned clockwise around the middle of their ink."""
    path = along(strokes)
    if not len(path) or degrees == 0:
        return strokes
    middle = (path.min(axis=0) + path.max(axis=0)) / 2
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [middle + (np.asarray(stroke, dtype=float) - middle) @ [[cos, sin], [-sin, cos]] for stroke in strokes]


# ---- the network that reads where no other is given -------------------------------------------------


@functools.cache
def course_reader():
    """The network of the chapter: 64-32-10, trained on all digits but a fifth."""
    X, labels, _, _ = datasets.split(*datasets.digits(), fraction=0.2, seed=0)
    layers = [
        {"n_inputs": 64, "n_neurons": 32, "activation": "relu"},
        {"n_inputs": 32, "n_neurons": 10, "activation": "sigmoid"},
    ]
    nn = NeuralNetwork(layers, learning_rate=3.0, scheduler=ExponentialLR(0.97), seed=0)
    nn.fit(X, datasets.one_hot(labels), epochs=60, batch_size=16)
    return nn


# ---- the live figure --------------------------------------------------------------------------------


class Pad(anywidget.AnyWidget):
    """A canvas to draw on. `value` is what is on it: a list of strokes, each a list of points (x, y) from 0 to 1."""

    _esm = Path(__file__).with_suffix(".js")
    description = "drawing:"
    value = traitlets.List().tag(sync=True)
    pen = traitlets.Float(PENS["medium"]).tag(sync=True)  # thickness of a stroke in 32nds of the side
    disabled = traitlets.Bool(False).tag(sync=True)

    @property
    def label(self):
        return f"{len(self.value)} stroke{'' if len(self.value) == 1 else 's'}"


@dataclass(frozen=True, eq=False)
class Read:
    """What a network reads from a drawing.

    picture : (32, 32), True for ink.   pixels : (64,).   hidden : (n,), the first hidden layer.   outputs : (10,).
    """

    picture: np.ndarray
    pixels: np.ndarray
    hidden: np.ndarray
    outputs: np.ndarray

    @property
    def answer(self):
        """The digit with the largest output; None for an empty pad."""
        return int(self.outputs.argmax()) if self.picture.any() else None


def digit_pad(trace=None):
    """A pad to draw a digit on; while it is drawn, what the network sees, which neurons fire, and its ten outputs.

    trace(X) -> [X, hidden layer, ..., outputs] for X (n, 64): the reader's own network; None for the course's.
    """
    trace = course_reader().trace if trace is None else trace
    usual = np.asarray(trace(datasets.digits()[0][:300])[1])
    n_hidden, bright = usual.shape[1], max(float(np.quantile(usual, 0.99)), 1e-9)
    columns = min(n_hidden, 4)
    rows = -(-n_hidden // columns)

    ratios = {"width_ratios": (1, 1, 0.5), "height_ratios": (1.9, 1)}
    fig, ((paper, seen, inside), (outputs, other, says)) = figure(2, 3, size=(5.4, 3.5), **ratios)  # beside the pad
    other.remove()
    outputs.set_subplotspec(outputs.get_gridspec()[1, :2])
    says.set_axis_off()
    how = says.text(0.5, 1.06, "it reads", fontsize=10.5, ha="center", va="bottom")
    large = says.text(0.5, 0.46, "", fontsize=72, fontweight="bold", ha="center", va="center_baseline")
    white = {"cmap": "gray_r", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
    paper_image = paper.imshow(np.zeros((PAPER, PAPER)), **white)
    for k in range(BLOCK, PAPER, BLOCK):
        paper.axhline(k - 0.5, color="#CCCCCC", linewidth=0.8)
        paper.axvline(k - 0.5, color="#CCCCCC", linewidth=0.8)
    seen_image = seen.imshow(np.zeros((8, 8)), **white)
    inside_image = inside.imshow(np.zeros((rows, columns)), cmap="Purples", vmin=0, vmax=1, interpolation="nearest")
    titles = ((paper, ""), (seen, "it sees 8 × 8"), (inside, f"{n_hidden} hidden"))
    for ax, title in titles:
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=10.5)
        ax.spines[:].set(visible=True, color="#888888")
        ax.grid(False)
    bars = outputs.bar(range(10), np.zeros(10), color="#767676")
    outputs.set(xlim=(-0.6, 9.6), ylim=(0, 1), xticks=range(10), yticks=[0, 0.5, 1], ylabel="ten outputs")
    outputs.grid(False, axis="x")

    pen = choice("pen", list(PENS.items()), PENS["medium"])
    pad = Pad(value=[THREE])
    traitlets.dlink((pen, "value"), (pad, "pen"))

    def compute(drawing, fit, pen, turn):
        picture = black_and_white(turned(drawing, turn), fit=fit, pen=pen)
        pixels = blocks(picture)
        _, hidden, *_, answer = trace(pixels[np.newaxis])
        return Read(picture, pixels, np.asarray(hidden)[0], np.asarray(answer)[0])

    def draw(read, fit):
        title = "fitted into 32 × 32" if fit else "as it lies, 32 × 32"
        if paper.get_title() != title:  # a new one costs a whole drawing
            paper.title.set_text(title)
        paper_image.set_data(read.picture)
        seen_image.set_data(read.pixels.reshape(8, 8))
        firing = np.zeros(rows * columns)
        firing[:n_hidden] = np.clip(read.hidden / bright, 0, 1)
        inside_image.set_data(firing.reshape(rows, columns))
        empty = read.answer is None
        sure = read.outputs.max() > SURE
        how.set_text("" if empty else "it reads" if sure else "unsure")
        large.set_text("" if empty else str(read.answer))
        large.set_color(COLORS["blue" if sure else "gray"])
        for digit, (bar, output) in enumerate(zip(bars, read.outputs)):
            bar.set_height(0 if empty else output)
            bar.set_facecolor(COLORS["blue"] if digit == read.answer else "#767676")
        if empty:
            note(outputs, "Draw a digit on the pad.")
            return "The pad is empty."
        second = int(np.argsort(read.outputs)[-2])
        firing = f"{np.sum(read.hidden > 0)} of {n_hidden} hidden neurons fire"
        return (
            f"It reads {read.answer}, with output {read.outputs[read.answer]:.2f}; next is {second}, with "
            f"{read.outputs[second]:.2f}. {firing}, and {read.picture.mean():.0%} is ink."
        )

    return Live(
        "digit_pad",
        question="Can it read your hand? Draw a digit, with the mouse, a finger or a pen.",
        controls={
            "fit": switch("as in the data set", on=True),
            "pen": pen,
            "turn": slider("turn", -90, 90, 0, step=5, unit="°"),
            "drawing": pad,
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="From left to right: the drawing in 32 by 32 black or white pixels, the 8 by 8 gray pixels counted from "
        "them, and the hidden neurons, darker where they fire more. Below, a bar for each of the ten outputs, and "
        "beside them, large, the digit with the longest bar.",
    )


# ---- a hundred stored drawings ----------------------------------------------------------------------


def stored_drawings():
    """A hundred digits drawn on the pad by ten programmed hands: a list of dicts hand, digit, pen, strokes."""
    packed = resources.files("nnlib").joinpath("data", "drawings.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))
