"""Marks beside the curves of a live figure: how they were before, and their names where they end."""

import numpy as np
from matplotlib.colors import to_rgb

SHADE = "#8A8A8A"  # as faint as a line may be
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
APART = 15  # CSS pixels between two names


def one_digit(number):
    """A number above 0 with one digit, and with a power of ten where it is far from 1: "0.004", "2 · 10⁻¹⁰"."""
    if not np.isfinite(number):
        return "over 10³⁰⁸" if number > 0 else "nan"  # more than a float holds
    digit, power = f"{number:.0e}".split("e")
    if -4 < int(power) < 4:
        return f"{float(f'{number:.0e}'):g}"
    return f"{digit} · 10{str(int(power)).translate(SUPERSCRIPT)}"


def unbroken(text):
    """A text in which no power of ten is torn apart at the end of a line."""
    return text.replace(" · ", "\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}")


def pale(color):
    """A color mixed with white until it is as light as `SHADE`."""
    light, shade = np.array(to_rgb(color)) ** 2.2, np.array(to_rgb(SHADE)) ** 2.2  # such as add up, nearly
    own, wanted = light @ LUMINANCE, shade @ LUMINANCE
    white = max(0, (wanted - own) / (1 - own))
    return tuple((light + white * (1 - light)) ** (1 / 2.2))


class Ghost:
    """The curves of an Axes as they were before the reader turned something: faint dashes, with a key above the frame.

    For `draw` functions with a parameter `before`, which goes to `show`.

    lines : those that have a ghost, with markers where the line has some. The key is above the Axes of the first.
        Ghosts of several lines have the lines' own colors, pale.
    name : what they are, "loss"; for the key.
    """

    def __init__(self, *lines, name=""):
        self._ax, self._name = lines[0].axes, name
        look = {"linestyle": (0, (3, 1.5)), "linewidth": 1.3, "animated": True, "zorder": 1.9}
        self.lines = []
        for line in lines:
            marker = "none" if line.get_linestyle() == "None" else line.get_marker()
            form = {"marker": marker, "markersize": 4, "drawstyle": line.get_drawstyle()}
            form["color"] = pale(line.get_color()) if len(lines) > 1 else SHADE
            self.lines += line.axes.plot([], [], **look, **form)
        above = {"transform": self._ax.transAxes, "clip_on": False}
        (self._sample,) = self._ax.plot([], [], color=SHADE, **look, **above)
        place = {"ha": "right", "va": "bottom", "fontsize": 9.5, "animated": True}
        self._key = self._ax.text(1, 1.02, "before", color="#555555", transform=self._ax.transAxes, **place)

    def show(self, before, *curves):
        """Draw these curves, an (x, y) or None for each line; nothing where `before` is None."""
        for line, curve in zip(self.lines, curves or [None] * len(self.lines), strict=True):
            line.set_data(*(([], []) if before is None or curve is None else curve))
        words = before and " ".join(filter(None, [self._name, "before" + (before.words and f": {before.words}")]))
        if (words or "") != self._key.get_text():
            self._key.set_text(words or "")
            box = self._key.get_window_extent().transformed(self._ax.transAxes.inverted())
            pixel = self._ax.figure.dpi / 100 / self._ax.bbox.width
            sample = [(box.x0 - 34 * pixel, box.x0 - 6 * pixel), [(box.y0 + box.y1) / 2] * 2]
            self._sample.set_data(*(sample if words else ([], [])))


class Names:
    """A name at the end of each curve, in place of a legend; no two on each other.

    A curve that goes through to the right edge has it outside the frame, where there is room for it.

    colors : one for each name.   longest : the longest text that may come, for `lay_out`.
    on_cards : whether each stands on a white card, where it may lie on a curve.
    """

    def __init__(self, ax, colors, longest, on_cards=False):
        self._ax, transform = ax, ax.get_yaxis_transform()
        place = {"ha": "left", "va": "center", "fontsize": 9.5, "animated": True, "transform": transform}
        if on_cards:
            place["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        self.texts = [ax.text(1.02, ax.get_ylim()[1], longest, color=color, **place) for color in colors]

    def show(self, ends, words, at=1):
        """ends : where the curves end, a y each; nan has no name.   words : a text each.

        at : where they end along x, as a part of the Axes' width, for all or each.
        """
        to_pixels, (low, high) = self._ax.transData, self._ax.get_ylim()
        scale = self._ax.figure.dpi / 100
        heights = [to_pixels.transform((0, np.clip(end, low, high)))[1] / scale for end in ends]
        places = spread(heights, APART)
        for text, place, word, x in zip(self.texts, places, words, np.broadcast_to(at, len(places)), strict=True):
            text.set_x(x + 0.02)
            text.set_visible(bool(np.isfinite(place)))
            text.set_y(to_pixels.inverted().transform((0, place * scale))[1] if np.isfinite(place) else low)
            text.set_text(word)


def lay_out(fig):
    """Give a figure its layout now, while its keys and names hold the longest words, and for good."""
    fig.draw_without_rendering()
    fig.set_layout_engine("none")


def spread(heights, apart):
    """The heights, moved as little as can be until no two are closer than `apart`; nan stays nan.

    Neighbors that are too close become one block around their mean, and blocks that meet become one.
    """
    heights = np.asarray(heights, dtype=float)
    blocks = []  # [sum of the heights, count] from below
    order = np.argsort(heights, kind="stable")[: np.isfinite(heights).sum()]  # nan comes last
    for k in order:
        blocks.append([heights[k], 1])
        while len(blocks) > 1:
            (low, below), (high, above) = blocks[-2:]
            if high / above - low / below >= apart * (below + above) / 2:
                break
            blocks[-2:] = [[low + high, below + above]]
    places = [total / count + apart * (k - (count - 1) / 2) for total, count in blocks for k in range(count)]
    moved = np.full(len(heights), np.nan)
    moved[order] = places
    return moved
