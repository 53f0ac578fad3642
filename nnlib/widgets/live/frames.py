"""Pictures of one figure, again and again, fast.

A full drawing of a figure takes 60 to 80 ms, nearly all of it for what never changes: axes, ticks, labels, contours.
So that part is drawn once and kept; a frame restores it and draws what moves on top (2 to 10 ms). Nothing has to be
declared for it. matplotlib marks an artist as stale when it is changed: an artist that has been changed once counts
as moving from then on, with all that lies above it. When anything else changes (limits, titles, a new artist), the
figure itself is stale, and the still part is drawn anew.
"""

import struct
import zlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image
from PIL.Image import Resampling

DPI = 100  # CSS pixels in an inch of the figure
METHODS = {"nearest": Resampling.NEAREST, "bilinear": Resampling.BILINEAR, "bicubic": Resampling.BICUBIC}


class Frames:
    """The frames of a figure: `draw()` returns the next one as the bytes of a PNG image.

    figure : matplotlib.figure.Figure, not one of pyplot's (those belong to one thread and show themselves).
    sharpness : image pixels per CSS pixel; above 1 text is sharp on a high-density screen, and frames take longer.
    """

    def __init__(self, figure, sharpness):
        self.figure = figure
        self.width, self.height = (round(inches * DPI) for inches in figure.get_size_inches())
        figure.set_dpi(DPI * sharpness)
        self._canvas = FigureCanvasAgg(figure)
        self._png = PngWriter(*self._canvas.get_width_height())
        self._still = None  # the pixels of all that stands still
        self._moving = []  # all else, in drawing order
        self._stamps = {}  # of these, letters that have not changed so far: artist -> (x, y, pixels)
        self._dimmed = False
        for artist in figure.findobj():
            artist.stale = False  # so that the first frame can tell what its data have changed

    def draw(self):
        if self._still is None or self.figure.stale:
            self._draw_what_stands_still()
        self._canvas.restore_region(self._still)
        pixels = np.asarray(self._canvas.buffer_rgba())
        renderer = self._canvas.get_renderer()
        for artist in self._moving:
            if artist.stale:
                self._stamps.pop(artist, None)
            if artist in self._stamps:
                renderer.draw_image(renderer.new_gc(), *self._stamps[artist])
            elif not (isinstance(artist, AxesImage) and paint(artist, pixels)):
                artist.draw(renderer)
        self.figure.stale = False  # drawing a legend moves its parts, which would count as a change
        self._dimmed = False
        return self._png.write(pixels)

    def _draw_what_stands_still(self):
        self._moving = []
        for ax in self.figure.axes:
            if ax.name != "rectilinear" or not ax.get_visible():
                continue  # other projections (3D) draw their artists in a way of their own: whole, with every frame
            inside = [*ax.images, *ax.collections, *ax.patches, *ax.lines, *ax.texts, *ax.tables, *ax.artists]
            inside += filter(None, [ax.get_legend()])
            inside += ax.spines.values() if ax.axison else []
            inside.sort(key=lambda artist: artist.zorder)
            moves = [artist.stale or artist.get_animated() for artist in inside]
            self._moving += inside[moves.index(True) :] if any(moves) else []
        letters = [artist for artist in self._moving if isinstance(artist, Legend | Text) and not artist.stale]
        for artist in self._moving:
            artist.set_animated(True)  # left out of a full drawing, and a change of it leaves the figure fresh
        self._canvas.draw()
        self.figure.set_layout_engine("none")  # laid out once: the axes never move again
        self._still = self._canvas.copy_from_bbox(self.figure.bbox)
        self._stamps = {artist: self._stamp(artist) for artist in letters if artist.get_visible()}

    def _stamp(self, artist):
        """An artist drawn alone: where it is, and its pixels. To stamp a legend is far faster than to draw it."""
        self._canvas.get_renderer().clear()
        artist.draw(self._canvas.get_renderer())
        pixels = np.asarray(self._canvas.buffer_rgba())
        y, x = (np.flatnonzero(pixels[..., 3].any(axis)) for axis in (1, 0))
        if not len(y):
            return 0, 0, np.zeros((1, 1, 4), np.uint8)
        return x[0], len(pixels) - 1 - y[-1], pixels[y[0] : y[-1] + 1, x[0] : x[-1] + 1][::-1].copy()  # from below

    def dim(self, message):
        """The last frame behind a white veil, with a message: what it shows is no longer true."""
        if self._still is None:
            self._canvas.get_renderer().clear()
        if not self._dimmed:
            whole = self.figure.transFigure
            veil = Rectangle((0, 0), 1, 1, transform=whole, facecolor="white", alpha=0.75)
            text = Text(0.5, 0.5, message, transform=whole, ha="center", va="center", color="#333333", fontsize=12)
            for artist in (veil, text):
                artist.set_figure(self.figure)
                artist.draw(self._canvas.get_renderer())
            self._dimmed = True
        return self._png.write(np.asarray(self._canvas.buffer_rgba()))


def paint(image, pixels):
    """Draw an `imshow` image into the pixels of its figure; False where that takes matplotlib's own, slower way.

    matplotlib enlarges the values and then looks up a color for each pixel of the screen; here each value gets its
    color first and Pillow enlarges the colors, which takes a fifth of the time and looks the same.
    """
    ax = image.axes
    rows, columns = image.get_array().shape[:2]
    left, right, bottom, top = image.get_extent()
    first, last = (top, bottom) if image.origin == "upper" else (bottom, top)
    (x0, y0), (x1, y1) = ax.transData.transform([(left, first), (right, last)])
    y0, y1 = len(pixels) - y0, len(pixels) - y1  # pixels count from the top, the figure from the bottom
    method = METHODS.get(image.get_interpolation())
    if method is None and image.get_interpolation() in ("auto", "antialiased"):
        method = Resampling.NEAREST if min(abs(x1 - x0) / columns, abs(y1 - y0) / rows) >= 3 else None
    if method is None or not ax.transData.is_affine or image.get_alpha() is not None or not image.get_visible():
        return False
    if method != Resampling.NEAREST and min(rows, columns) < 16:
        return False  # between values that far apart, the color of the mean is not the mean of the colors
    colors = image.to_rgba(image.get_array(), bytes=True)
    if colors[..., 3].min() < 255:
        return False
    if x0 > x1:
        colors, x0, x1 = colors[:, ::-1], x1, x0
    if y0 > y1:
        colors, y0, y1 = colors[::-1], y1, y0
    x_from, x_to = (round(x) for x in np.clip((x0, x1), ax.bbox.x0, ax.bbox.x1))
    y_from, y_to = (round(y) for y in np.clip((y0, y1), len(pixels) - ax.bbox.y1, len(pixels) - ax.bbox.y0))
    if x_from < x_to and y_from < y_to:
        part = ((x_from - x0) / (x1 - x0), (y_from - y0) / (y1 - y0), (x_to - x0) / (x1 - x0), (y_to - y0) / (y1 - y0))
        box = np.clip(part, 0, 1) * (columns, rows, columns, rows)  # what is inside the axes, in values
        size = (x_to - x_from, y_to - y_from)
        pixels[y_from:y_to, x_from:x_to] = Image.fromarray(colors).resize(size, method, box=tuple(box))
    return True


class PngWriter:
    """Makes PNG images of one size, without alpha, in a quarter of the time of the usual encoders.

    One filter for all rows (each pixel minus the one above) and the lightest compression, which loses little, because
    the pictures are flat areas, thin lines and smooth maps; and the same memory every time.
    """

    def __init__(self, width, height):
        self._header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits a channel, color type 2: RGB
        self._rgb = np.empty((height, 3 * width), np.uint8)
        self._rows = np.full((height, 1 + 3 * width), 2, np.uint8)  # each row begins with its filter: 2, up

    def write(self, rgba):
        """The bytes of the image of an array (height, width, 4)."""
        for channel in range(3):
            self._rgb[:, channel::3] = rgba[:, :, channel]
        self._rows[0, 1:] = self._rgb[0]
        np.subtract(self._rgb[1:], self._rgb[:-1], out=self._rows[1:, 1:])
        chunks = [(b"IHDR", self._header), (b"IDAT", zlib.compress(self._rows, 1)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
