"""Pictures of one figure, again and again, fast.

A full drawing of a figure takes 60 to 80 ms, nearly all of it for what never changes: axes, ticks, labels, contours.
So that part is drawn once and kept; a frame restores it and draws what moves on top (2 to 10 ms). Nothing has to be
declared for it. matplotlib marks an artist as stale when it is changed: an artist that has been changed once counts
as moving from then on, with all that lies above it. When anything else changes (limits, titles, a new artist), the
figure itself is stale, and the still part is drawn anew.
"""

import io

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
    """The frames of a figure: `draw(sharpness)` returns the next one as an array (height, width, 4) of bytes.

    figure : matplotlib.figure.Figure, not one of pyplot's (those belong to one thread and show themselves).

    The sharpness is the number of image pixels per CSS pixel; what stands still is kept for each that was asked for.
    An array is valid until the next call.
    """

    def __init__(self, figure):
        self.figure = figure
        self.width, self.height = (round(inches * DPI) for inches in figure.get_size_inches())
        figure.set_dpi(DPI)
        self._canvas = FigureCanvasAgg(figure)
        self._canvases = {1: self._canvas}  # sharpness -> canvas
        self._still = {}  # sharpness -> the pixels of all that stands still
        self._moving = []  # all else, in drawing order
        self._stamps = {}  # sharpness -> of these, letters that have not changed so far: artist -> (x, y, pixels)
        self._dimmed = False
        for artist in figure.findobj():
            artist.stale = False  # so that the first frame can tell what its data have changed

    def draw(self, sharpness=1):
        if self.figure.stale or not self._still:
            self._find_what_moves()
        self._sharpen(sharpness)
        if sharpness not in self._still:
            self._draw_what_stands_still(sharpness)
        self._canvas.restore_region(self._still[sharpness])
        pixels = np.asarray(self._canvas.buffer_rgba())
        renderer = self._canvas.get_renderer()
        for artist in self._moving:
            if artist.stale:
                for stamps in self._stamps.values():
                    stamps.pop(artist, None)
            if artist in self._stamps[sharpness]:
                renderer.draw_image(renderer.new_gc(), *self._stamps[sharpness][artist])
            elif not (isinstance(artist, AxesImage) and paint(artist, pixels)):
                artist.draw(renderer)
        self.figure.stale = False  # drawing a legend moves its parts, which would count as a change
        self._dimmed = False
        return pixels

    def _sharpen(self, sharpness):
        """From here on the figure is drawn with so many image pixels per CSS pixel."""
        if sharpness not in self._canvases:
            self._canvases[sharpness] = FigureCanvasAgg(self.figure)
        self._canvas = self._canvases[sharpness]
        stale = self.figure.stale
        self.figure.set_dpi(DPI * sharpness)
        self.figure.stale = stale

    def _find_what_moves(self):
        self._moving, self._still, self._stamps = [], {}, {}
        for ax in self.figure.axes:
            if ax.name != "rectilinear" or not ax.get_visible():
                continue  # other projections (3D) draw their artists in a way of their own: whole, with every frame
            inside = [*ax.images, *ax.collections, *ax.patches, *ax.lines, *ax.texts, *ax.tables, *ax.artists]
            inside += filter(None, [ax.get_legend()])
            inside += ax.spines.values() if ax.axison else []
            inside.sort(key=lambda artist: artist.zorder)
            moves = [artist.stale or artist.get_animated() for artist in inside]
            self._moving += inside[moves.index(True) :] if any(moves) else []
        self._letters = [artist for artist in self._moving if isinstance(artist, Legend | Text) and not artist.stale]

    def _draw_what_stands_still(self, sharpness):
        letters = [artist for artist in self._letters if not artist.stale]
        for artist in self._moving:
            artist.set_animated(True)  # left out of a full drawing, and a change of it leaves the figure fresh
        self._canvas.draw()
        self.figure.set_layout_engine("none")  # laid out once: the axes never move again
        self._still[sharpness] = self._canvas.copy_from_bbox(self.figure.bbox)
        self._stamps[sharpness] = {artist: self._stamp(artist) for artist in letters if artist.get_visible()}

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
        if not self._still:
            self._canvas.get_renderer().clear()
        if not self._dimmed:
            whole = self.figure.transFigure
            veil = Rectangle((0, 0), 1, 1, transform=whole, facecolor="white", alpha=0.75)
            text = Text(0.5, 0.5, message, transform=whole, ha="center", va="center", color="#333333", fontsize=12)
            for artist in (veil, text):
                artist.set_figure(self.figure)
                artist.draw(self._canvas.get_renderer())
            self._dimmed = True
        return np.asarray(self._canvas.buffer_rgba())


def encode(pixels, kind):
    """The bytes of a picture of opaque pixels (height, width, 4): kind "jpeg", made in 3 ms, or "png", exact."""
    height, width = pixels.shape[:2]
    image = Image.frombuffer("RGBX", (width, height), pixels, "raw", "RGBX", 0, 1)
    stream = io.BytesIO()
    if kind == "jpeg":
        image.save(stream, "JPEG", quality=95, subsampling=0)
    else:
        image.convert("RGB").save(stream, "PNG", compress_level=3)
    return stream.getvalue()


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
