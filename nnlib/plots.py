"""The course's figures: arrays and histories in, a matplotlib Axes out.

Every `plot_...` function takes its data first and then `ax=None` (without one it makes a figure of its own), has
keyword-only options and returns the Axes. None of them touches pyplot, so that nothing is shown twice and a
figure redrawn by a slider cannot disturb another.

    fig, ax = figure()
    plot_history(history, ax)
    show(fig, "The training loss falls from 0.3 to 0.01 within 1000 epochs.")

The colors are those of Okabe and Ito (2008, "Color Universal Design"), which stay apart for color-blind readers,
made darker where a line or a letter needs it (WCAG 2.2, 1.4.3 and 1.4.11); where a color carries meaning, a marker,
a line style or a label carries it too.
"""

import base64
import contextlib
import functools
import io
import re
import sys
import weakref

import contourpy
import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator
from PIL import Image

from nnlib import checks
from nnlib.progress import printable

# Dark enough for a line on white (3:1), and all but orange and sky for letters (4.5:1).
COLORS = {
    "blue": "#0072B2",
    "orange": "#C98600",
    "green": "#008060",
    "vermillion": "#C04A00",
    "purple": "#A8487F",
    "sky": "#2E96D3",
    "black": "#000000",
    "gray": "#767676",
}

# Two classes and the outputs between them: pale blue (0), white (0.5), pale orange (1), so that the points in the
# full colors stand out on the map. What is not a number is gray.
CLASS_COLORS = (COLORS["blue"], "#E69F00")  # faces of markers, which have an edge
CLASS_MARKERS = ("o", "s")
DECISION_MAP = LinearSegmentedColormap.from_list("decision", ["#6FA8D6", "white", "#F2BE55"]).with_extremes(
    bad=COLORS["gray"]
)

CONTOUR = "#4C6B80"
BOWL = LinearSegmentedColormap.from_list("bowl", ["white", "#DCEBF5", "#A9CBE2", "#86B4D2"])

# Final losses of many networks, from solved (white) to hopeless (blue); a run that exploded is gray.
LOSS_MAP = LinearSegmentedColormap.from_list("loss", ["white", "#C9DFEE", "#7FB2D4"]).with_extremes(bad="#9A9A9A")
SEED_LIMITS = (1e-6, 1.0)

# How each list of a history is drawn: label, color, line style.
CURVES = {
    "train_loss": ("training loss", COLORS["blue"], "-"),
    "val_loss": ("validation loss", COLORS["vermillion"], "--"),
    "penalty": ("penalty", COLORS["green"], "-."),
    "learning_rate": ("learning rate", COLORS["black"], "-"),
}

# The tables of `plot_matrices`, in cells one unit wide.
CELL_HEIGHT = 0.62
MATRIX_CELLS = {
    "cells": {"facecolors": "white", "edgecolors": "#B5B5B5", "linewidths": 0.8},
    "marked": {"facecolors": "#FBE3B5", "edgecolors": COLORS["orange"], "linewidths": 1.8},
}
MATRIX_LETTERS = {
    "number": {"fontsize": 10.5},
    "marked": {"fontsize": 10.5, "fontweight": "bold"},
    "name": {"fontsize": 12, "fontweight": "bold"},
    "shape": {"fontsize": 10.5, "color": COLORS["blue"]},
    "operator": {"fontsize": 14},
}

SQUARE_BOX = 0.75  # height over width of the frame of `plot_line_fit`

DPI = 100  # CSS pixels per inch: a figure of size (8, 3.6) is 800 x 360 on the page
SHARPNESS = 2  # image pixels per CSS pixel, for high-density screens

# A style or a matplotlibrc of the reader's own changes nothing in a figure of the course: it starts from matplotlib's
# defaults. (The backend is not a matter of style.)
DEFAULTS = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}

STYLE = {
    **DEFAULTS,
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "axes.labelsize": 11,
    "axes.prop_cycle": cycler(
        color=[COLORS[name] for name in ("blue", "orange", "green", "vermillion", "purple", "sky")]
    ),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 12,
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 10.5,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
}


def style(settings=STYLE):
    """A context in which matplotlib has these settings, and nothing of the reader's own.

    Some settings are read when an artist is made, some when it is drawn: both belong inside. Artists are made with
    DEFAULTS, figures and their axes with STYLE.
    """
    differ = {key: value for key, value in settings.items() if matplotlib.rcParams[key] != value}
    return matplotlib.rc_context(differ) if differ else contextlib.nullcontext()  # a context takes a frame's time


_figures = weakref.WeakSet()  # those of the course, so far


def _keep_the_readers_settings_out():
    """Until the end of the cell, in which a chapter goes on with `ax.plot(...)` and `ax.legend()`."""
    shell, settings = _shell(), matplotlib.rcParams
    readers = {key: settings[key] for key, value in DEFAULTS.items() if settings[key] != value}
    if shell is None or not readers:
        return

    def restore(*_):
        shell.events.unregister("post_run_cell", restore)
        settings.update({key: value for key, value in readers.items() if settings[key] == DEFAULTS[key]})

    settings.update({key: DEFAULTS[key] for key in readers})
    shell.events.register("post_run_cell", restore)


def _where_a_figure_is_drawn_on(info):
    """Before a cell: if its text names a figure of the course or its axes, the reader's settings rest in it too."""
    named = [_shell().user_ns.get(name) for name in set(re.findall(r"\w+", info.raw_cell or ""))]
    axes = [
        value.flat[0] if isinstance(value, np.ndarray) and value.dtype == object and value.size else value
        for value in named
    ]
    if any(value in _figures for value in axes if isinstance(value, Figure)) or any(
        value.figure in _figures for value in axes if isinstance(value, Axes)
    ):
        _keep_the_readers_settings_out()


def _in_style(draw):
    """A function that draws into an Axes, with nothing of the reader's own settings, wherever it is called."""

    @functools.wraps(draw)
    def drawn(*values, **options):
        _keep_the_readers_settings_out()
        with style(DEFAULTS):
            return draw(*values, **options)

    return drawn


def _shell():
    """IPython's shell in a notebook, None elsewhere."""
    ipython = sys.modules.get("IPython")  # never imported: certainly not in a notebook
    shell = ipython.get_ipython() if ipython else None
    return shell if hasattr(shell, "kernel") else None


def figure(nrows=1, ncols=1, *, size=(8, 3.6), **options):
    """A new figure in the style of the course: (Figure, Axes), or (Figure, array of Axes) for a grid.

    nrows, ncols, options : as in `Figure.subplots` (sharex=, width_ratios=, squeeze=, ...).
    size : (width, height) in inches, of 100 CSS pixels each.

    In a notebook the reader's own matplotlib settings rest until the end of the cell, and in later cells that name the
    figure or its axes.
    """
    _keep_the_readers_settings_out()
    if (shell := _shell()) is not None:
        shell.events.register("pre_run_cell", _where_a_figure_is_drawn_on)  # once
    with style():
        fig = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(fig)  # draws into memory; becomes fig.canvas
        _figures.add(fig)
        return fig, fig.subplots(nrows, ncols, **options)


def png(fig, *, sharpness=SHARPNESS):
    """The figure as the bytes of a PNG image: the same figure gives the same bytes."""
    with style():
        stream = io.BytesIO()
        fig.savefig(stream, format="png", dpi=DPI * sharpness, metadata={"Software": None})
        return stream.getvalue()


def show(fig, alt):
    """Show a figure (or the figure of an Axes) in the notebook as a still image with a text alternative.

    alt : one or two sentences that say what the picture shows, for readers who cannot see it.

    Outside a notebook there is nowhere to put a picture, so the text is printed in its place.
    """
    _display(fig if isinstance(fig, Figure) else fig.figure, None, alt)


def _display(fig, picture, alt):
    """Display a picture of a figure, made here where none is given, with its size on the page and its text."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must be a sentence that says what the figure shows, got {alt!r}")
    if _shell() is None:
        print(printable(alt))
        return
    width, height = (round(inches * DPI) for inches in fig.get_size_inches())
    sys.modules["IPython"].display.display(
        {"image/png": base64.b64encode(picture or png(fig)).decode(), "text/plain": alt},
        metadata={"image/png": {"alt": alt, "width": width, "height": height}},
        raw=True,
    )


def show_moving(fig, draw, frames, alt, *, milliseconds=120, hold=2000):
    """Show a figure in the notebook as a picture that moves and loops, and goes on moving in the saved file.

    draw : function that is called with each of `frames` and changes the figure, with a picture taken after each call.
    frames : list, such as epochs.
    alt : one or two sentences that say what the picture shows.
    milliseconds, hold : how long each frame stays, and how long the last one.

    The picture is an animated PNG of few colors: everything that shows a PNG shows it, and where nothing moves its
    first frame, which is therefore drawn from the last of `frames`.
    """
    images = []
    for frame in [frames[-1], *frames]:
        draw(frame)
        with Image.open(io.BytesIO(png(fig, sharpness=1))) as image:
            images.append(np.asarray(image.convert("RGB")))
        fig.set_layout_engine("none")  # laid out once: nothing jumps
    strip = Image.fromarray(np.concatenate(images)).quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    height, width, _ = images[0].shape
    images = [strip.crop((0, k * height, width, (k + 1) * height)) for k in range(len(images))]
    stream, durations = io.BytesIO(), [hold, *[milliseconds] * (len(images) - 1)]
    images[0].save(stream, "PNG", save_all=True, append_images=images[1:], duration=durations, loop=0)
    _display(fig, stream.getvalue(), alt)


def artist(ax, name):
    """The one artist of an Axes that a function here has drawn under this name, to move it instead of redrawing.

    Each `plot_...` function lists the names that it gives.
    """
    found = ax.findobj(lambda candidate: candidate.get_gid() == name)
    if len(found) != 1:
        names = sorted({a.get_gid() for a in ax.findobj(lambda candidate: candidate.get_gid() is not None)})
        raise ValueError(f"name must be that of one artist of this Axes ({', '.join(names)}), got {name!r}")
    return found[0]


@_in_style
def plot_history(history, ax=None, *, keys=None, log=False):
    """Curves of what `fit` recorded, one number per epoch; epochs are counted from 0 as the schedulers count them.

    history : dict of lists, as `fit` returns it (or `nn.history`).
    keys : which lists to draw; by default the training loss, and the validation loss where there is one.
    log : a logarithmic loss axis, on which a constant factor per epoch is a straight line. It has no place for 0 and
        below, which are gaps there; with nothing above 0 at all, ValueError.

    Artists: a line for each key, under that name.
    """
    history = dict(history)  # a callback that draws does not wait for a validation loss
    if keys is None:
        keys = [key for key in ("train_loss", "val_loss") if np.isfinite(history.get(key, [])).any()]
    unknown = [key for key in keys if key not in history]
    if unknown:
        raise ValueError(f"keys must be among those of the history ({', '.join(history)}), got {unknown[0]!r}")
    curves = {key: _drawable(history[key]) for key in keys}
    if log:
        curves = {key: np.where(values > 0, values, np.nan) for key, values in curves.items()}
        if any(map(len, curves.values())) and not any(np.isfinite(values).any() for values in curves.values()):
            raise ValueError("log=True needs a number above 0 to draw, got none")

    ax = figure()[1] if ax is None else ax
    for key, values in curves.items():
        label, color, line = CURVES.get(key, (key, COLORS["green"], "-"))
        steps = "steps-mid" if key == "learning_rate" else "default"  # one rate for the whole of an epoch
        ax.plot(values, color=color, linestyle=line, linewidth=2, drawstyle=steps, label=label, gid=key)
    if log:
        ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    ax.set_xlabel("epoch")
    ax.set_ylabel("learning rate" if list(keys) == ["learning_rate"] else "loss")
    if len(keys) > 1:
        ax.legend(frameon=False)
    return ax


@_in_style
def plot_points(X, y, ax=None, *, limits=None, size=None, legend=True):
    """The two classes of a data set in the plane: circles for y = 0, squares for y = 1.

    X : (n, 2), one point a row.   y : (n, 1) or (n,), 0 or 1.
    limits : ((x1 from, x1 to), (x2 from, x2 to)); by default the data and a margin.
    size : area of a marker in square points; by default larger where there are few.

    Artists: "class 0", "class 1" (a class without points has none).
    """
    X, y = _plane(X, y)
    ax = figure(size=(5, 4.6))[1] if ax is None else ax
    if size is None:
        size = 110 if len(X) <= 20 else 28
    for value, (color, marker) in enumerate(zip(CLASS_COLORS, CLASS_MARKERS, strict=True)):
        points = X[(y > 0.5) == value]
        if len(points):
            ax.scatter(
                *points.T,
                s=size,
                color=color,
                marker=marker,
                edgecolors="black",
                linewidths=0.8,
                label=f"y = {value}",
                zorder=3,
                gid=f"class {value}",
            )
    limits = _limits(X) if limits is None else limits
    ax.set(xlim=limits[0], ylim=limits[1], xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    if legend:
        _legend_above(ax)
    return ax


@_in_style
def plot_boundary(predict, X, y, ax=None, *, resolution=60, limits=None, size=None, colorbar=True):
    """What a network answers all over the plane, and the data on top of it.

    predict : any callable from (m, 2) to (m, 1), such as `nn.predict`. Its output is shown from 0 (blue) over 0.5
        (white, with the black line of the decision) to 1 (orange); beyond these the color stays, nan is gray.
    X, y, limits, size : as in `plot_points`.
    resolution : the map has resolution x resolution cells.

    Artists: "map", "class 0", "class 1"; "decision" (the line, where there is one).
    """
    X, y = _plane(X, y)
    limits = _limits(X) if limits is None else limits
    grid, (x1, x2) = decision_grid(limits, resolution)
    output = decision_values(predict, grid, resolution)

    ax = figure(size=(5.8, 4.6))[1] if ax is None else ax
    image = ax.imshow(
        output,
        extent=(*limits[0], *limits[1]),
        origin="lower",
        interpolation="bilinear",
        cmap=DECISION_MAP,
        vmin=0,
        vmax=1,
        gid="map",
    )
    if np.nanmin(output, initial=np.inf) < 0.5 < np.nanmax(output, initial=-np.inf):
        ax.contour(x1, x2, output, levels=[0.5], colors="black", linewidths=1.5).set_gid("decision")
    plot_points(X, y, ax, limits=limits, size=size)
    ax.grid(False)
    if colorbar:
        bar = ax.figure.colorbar(image, ax=ax, ticks=[0, 0.5, 1], extend="both", shrink=0.85)
        bar.set_label("output of the network")
        bar.outline.set_linewidth(0.5)
    return ax


def decision_grid(limits, resolution=60):
    """The centers of the cells of a decision map: all as rows (resolution**2, 2), and along either axis (x1, x2).

    limits : ((x1 from, x1 to), (x2 from, x2 to)).
    """
    steps = (np.arange(resolution) + 0.5) / resolution
    x1, x2 = (low + (high - low) * steps for low, high in limits)
    return np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2), (x1, x2)


def decision_values(predict, grid, resolution=60):
    """The outputs on the rows of `decision_grid`, as the (resolution, resolution) picture of a decision map."""
    output = np.asarray(predict(grid), dtype=float)
    if output.shape not in ((len(grid), 1), (len(grid),)):
        raise ValueError(f"predict must give one output a row, ({len(grid)}, 1), got {output.shape}")
    output = output.reshape(resolution, resolution)
    return np.where(np.isfinite(output), output, np.nan)


def decision_line(output, axes, level=0.5):
    """Where a decision map crosses `level`, as (x1, x2) of one line with a gap (nan) between its pieces.

    output : (resolution, resolution), from `decision_values`. axes : (x1, x2), from `decision_grid`.
    A live figure moves this line with `set_data` where a new contour would cost a full drawing.
    """
    if np.isnan(output).any():
        return np.array([]), np.array([])
    pieces = contourpy.contour_generator(*axes, output).lines(level)
    cell = axes[0][1] - axes[0][0]  # what is smaller is an accident of the grid, and looks like a speck
    pieces = [piece for piece in pieces if np.ptp(piece, axis=0).max() > cell]
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for piece in pieces for part in (piece, gap)] or [gap])
    return points[:, 0], points[:, 1]


@_in_style
def plot_line_fit(x, y, w, b, ax=None, *, limits=None, squares=True, legend=True):
    """A neuron's line w x + b through the points, with each squared residual drawn as a square.

    x, y : (n,) or (n, 1).   w, b : numbers.
    limits : ((x from, x to), (y from, y to)); by default the data and room for the squares. Keep them fixed to compare
        two lines: then equal areas are equal squared residuals.

    The mean squared error is the mean area of the squares. Artists: "points", "line", "squares".
    """
    x, y = _column(x, "x"), _column(y, "y")
    if len(x) != len(y):
        raise ValueError(f"y must have as many rows as x, {len(x)}, got {len(y)}")
    ax = figure(size=(6, 4.6))[1] if ax is None else ax
    if limits is None:
        limits = (_padded(x, 0.35), _padded(y, 0.35))
    ax.set(xlim=limits[0], ylim=limits[1], xlabel="$x$", ylabel="$y$")
    ax.set_box_aspect(SQUARE_BOX)  # the height of the frame over its width, kept in every layout
    if squares:
        ax.add_collection(
            PolyCollection(
                residual_squares(x, y, w, b, limits),
                facecolors=(*matplotlib.colors.to_rgb(COLORS["orange"]), 0.3),
                edgecolors=COLORS["vermillion"],
                linewidths=1,
                label="squared residuals",
                gid="squares",
            ),
            autolim=False,
        )
    ends = np.array(limits[0], dtype=float)
    ax.plot(ends, w * ends + b, color=COLORS["blue"], linewidth=2.5, label="$wx + b$", gid="line")
    ax.plot(x, y, "o", color=COLORS["black"], markersize=7, label="data", gid="points", zorder=3)
    if legend:
        _legend_above(ax)
    return ax


def residual_squares(x, y, w, b, limits):
    """The corners (n, 4, 2) of the squares that `plot_line_fit` draws, for its "squares" to follow a moving line.

    Each stands on the residual, from the line up or down to the point, on the side away from the line. On the
    screen it is as wide as it is high; in data coordinates its width is scaled by the limits and the frame.
    """
    x, y = _column(x, "x"), _column(y, "y")
    (left, right), (bottom, top) = limits
    line = w * x + b
    residual = y - line
    side = residual * SQUARE_BOX * (right - left) / (top - bottom)
    across = x - side if w >= 0 else x + side
    corners = [(x, line), (x, y), (across, y), (across, line)]
    return np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)


@_in_style
def plot_loss_bowl(x, y, path=None, ax=None, *, limits=None, legend=True, dots=None):
    """The mean squared error of the line w x + b over all (w, b): a bowl, seen from above, and a way down into it.

    x, y : (n,) or (n, 1).
    path : (k, 2), the (w, b) after each step of a descent, the start first; it may leave the figure.
    limits : ((w from, w to), (b from, b to)); by default around the minimum, with the start of the path in view.

    dots : how many of the first steps get a dot; by default all. Hundreds of dots hide the line.

    Artists: "minimum"; "path" (a line with dots) and "start", with a path only.
    """
    x, y = _column(x, "x"), _column(y, "y")
    if len(x) != len(y):
        raise ValueError(f"y must have as many rows as x, {len(x)}, got {len(y)}")
    minimum = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y, rcond=None)[0]
    if path is not None:
        path = _drawable(path)
        if path.ndim != 2 or path.shape[1] != 2 or len(path) == 0:
            raise ValueError(f"path must have shape (k, 2), a (w, b) a row, got {path.shape}")
        if np.isnan(path[0]).any():
            raise ValueError("path must start at a finite (w, b)")
    if limits is None:
        least = max(1.0 if path is None else 1e-3, 1e-3 * np.abs(minimum).max())  # far out, less is lost in rounding
        reach = least if path is None else max(1.3 * np.abs(path[0] - minimum).max(), least)
        limits = [(center - reach, center + reach) for center in minimum]

    ax = figure(size=(5.4, 4.6))[1] if ax is None else ax
    w, b = (np.linspace(low, high, 121) for low, high in limits)
    loss = loss_surface(x, y, w, b)
    levels = loss.min() + (loss.max() - loss.min()) * np.linspace(0, 1, 13) ** 2  # evenly spaced down a parabola
    units = 10.0 ** np.floor(np.log10(np.diff(levels)))[:-1]
    levels[1:-1] = np.round(levels[1:-1] / units) * units  # to the round number beside each, which is read at a glance
    ax.contourf(w, b, loss, levels=levels, cmap=BOWL)
    lines = ax.contour(w, b, loss, levels=levels[1:-1], colors=CONTOUR, linewidths=0.8)
    _label_upward(ax, lines, lines.levels[1::2], x, y, minimum, limits)
    ax.plot([], [], color=CONTOUR, linewidth=0.8, label="equal loss")
    ax.plot(*minimum, marker="*", color=COLORS["black"], markersize=14, linestyle="", label="minimum", gid="minimum")
    if path is not None:
        style = {"color": COLORS["vermillion"], "linewidth": 1.5, "markersize": 4, "label": "steps", "gid": "path"}
        ax.plot(*path.T, "o-", markevery=slice(None, None if dots is None else dots + 1), **style)
        ax.plot(*path[0], "s", color=COLORS["black"], markersize=8, label="start", gid="start")
    ax.set(xlim=limits[0], ylim=limits[1], xlabel="weight $w$", ylabel="bias $b$")
    ax.grid(False)
    if legend:
        _legend_above(ax)
    return ax


def _label_upward(ax, lines, levels, x, y, minimum, limits):
    """Write the levels where a ray from the minimum to the upper right crosses them: a place that no rounding moves."""
    ray = np.array([high - center for center, (_, high) in zip(minimum, limits)]) * (1, 0.6)
    bend = np.mean((ray[0] * x + ray[1]) ** 2)  # along the ray the loss is its minimum + bend * t**2
    lowest = loss_surface(x, y, *minimum).item()
    for level in levels:
        t = np.sqrt((level - lowest) / bend)
        if t < 0.95:
            place = [tuple(minimum + t * ray)]
            ax.clabel(lines, [level], fmt="{:,g}".format, fontsize=9, colors="#222222", manual=place)


def loss_surface(x, y, w, b):
    """The mean squared error of the line w x + b for every pair of the weights w (k,) and the biases b (m,): (m, k).

    The mean of (w x + b - y)**2 is multiplied out, so that the data enter through five means only.
    """
    x, y = _column(x, "x"), _column(y, "y")
    w, b = np.meshgrid(w, b)
    return (
        w * w * np.mean(x * x)
        + 2 * w * b * np.mean(x)
        + b * b
        - 2 * w * np.mean(x * y)
        - 2 * b * np.mean(y)
        + np.mean(y * y)
    )


@_in_style
def plot_digits(images, titles=None, ax=None, *, columns=10):
    """Gray pictures side by side, row after row, each with its title below.

    images : (n, 64) or (n, 8, 8) (any square size), 0 (paper) to 1 (ink), as `datasets.digits` gives them.
    titles : n texts or numbers, such as the labels.

    Artists: "images", the one picture that holds them all; "title 0", "title 1", ...
    """
    images = np.asarray(images, dtype=float)
    side = round(np.sqrt(images[0].size)) if images.ndim in (2, 3) and len(images) else 0
    if side == 0 or images[0].size != side * side:
        raise ValueError(f"images must have shape (n, 64) or (n, 8, 8), at least one, got {images.shape}")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"titles must hold one for each of the {len(images)} images, got {len(titles)}")

    columns = min(checks.integer("columns", columns, at_least=1), len(images))
    rows = -(-len(images) // columns)
    high, wide = side + (4 if titles is not None else 1), side + 1  # a picture with its margin and its title
    sheet = np.zeros((rows * high, columns * wide))
    if ax is None:
        width = max(0.8 * columns, 2)
        ax = figure(size=(width, width * rows * high / (columns * wide) + 0.1))[1]
    for k, image in enumerate(images):
        top, left = k // columns * high, k % columns * wide
        sheet[top : top + side, left : left + side] = image.reshape(side, side)
        if titles is not None:
            middle = left + (side - 1) / 2
            ax.text(middle, top + side + 0.3, str(titles[k]), ha="center", va="top", fontsize=11, gid=f"title {k}")
    ax.imshow(sheet, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest", gid="images")
    ax.set_axis_off()
    return ax


@_in_style
def plot_matrices(terms, ax=None, *, mark=None, most=(6, 6)):
    """An equation of matrices as tables with their numbers, their names above and their shapes below.

    terms : a list of (name, array) and of texts that stand between them, such as
        [("X", X), "@", ("W", W), "=", ("Z", X @ W)]. An array (k,) is drawn as one row. A list
        of numbers, such as one entry of a matrix, has no shape below it.
    mark : {name: index}, the entries that are marked, such as {"X": np.s_[0], "W": np.s_[:, 1], "Z": (0, 1)}.
    most : so many rows and columns are drawn; of larger arrays the first, and the last or the first marked one. Dots
        that stand for marked entries are marked.

    Artists: "cells", "marked" (the tables, and the marked entries).
    """
    cells, marked, labels, (width, height) = matrix_layout(terms, mark=mark, most=most)
    if ax is None:
        ax = figure(size=(0.56 * width + 0.2, 0.56 * height + 0.2))[1]
    for name, corners in (("cells", cells), ("marked", marked)):
        ax.add_collection(PolyCollection(corners, gid=name, **MATRIX_CELLS[name]), autolim=False)
    for x, y, text, kind in labels:
        ax.text(x, y, text, ha="center", va="center", **MATRIX_LETTERS[kind])
    ax.set(xlim=(-0.1, width + 0.1), ylim=(-height / 2, height / 2), aspect="equal")
    ax.set_axis_off()
    return ax


def matrix_layout(terms, *, mark=None, most=(6, 6), decimals=2):
    """Where `plot_matrices` puts everything: (cells, marked, labels, (width, height)).

    The middle of the left edge is at (0, 0), and a cell is 1 wide and CELL_HEIGHT high.
    cells, marked : lists of corners (4, 2); each marked cell is in both.
    labels : list of (x, y, text, kind), kind a key of MATRIX_LETTERS.
    """
    most = tuple(checks.integer("most", each, at_least=4) for each in most)
    mark, left, tallest = mark or {}, 0.0, 1
    cells, marked, labels = [], [], []
    for term in terms:
        if isinstance(term, str):
            space = 0.5 + 0.24 * len(term)
            labels.append((left + space / 2, 0.0, term, "operator"))
            left += space
            continue
        name, values = term[0], np.asarray(term[1])
        if not 1 <= values.ndim <= 2 or values.size == 0:
            raise ValueError(f"{name} must be an array of one or two axes with numbers in it, got {values.shape}")
        chosen = np.zeros(values.shape, dtype=bool)
        if name in mark:
            chosen[mark[name]] = True
        table, chosen = np.atleast_2d(values), np.atleast_2d(chosen)
        rows, columns = (
            shown_indices(table.shape[axis], most[axis], np.flatnonzero(chosen.any(axis=1 - axis))) for axis in (0, 1)
        )
        top = len(rows) * CELL_HEIGHT / 2
        for r, row in enumerate(rows):
            for c, column in enumerate(columns):
                x, y = left + c, top - r * CELL_HEIGHT
                cells.append([(x, y), (x + 1, y), (x + 1, y - CELL_HEIGHT), (x, y - CELL_HEIGHT)])
                if row is None or column is None:
                    text = "·" if row is column else "⋮" if row is None else "⋯"
                else:
                    text = matrix_number(table[row, column], decimals)
                kind = "number"
                if chosen[_entries(rows, r, len(table)), _entries(columns, c, len(table.T))].any():
                    marked.append(cells[-1])
                    kind = "marked"
                labels.append((x + 0.5, y - CELL_HEIGHT / 2, text, kind))
        middle = left + len(columns) / 2
        labels.append((middle, top + 0.3, name, "name"))
        if not isinstance(term[1], list):
            labels.append((middle, -top - 0.3, str(values.shape), "shape"))
        left += len(columns)
        tallest = max(tallest, len(rows))
    return cells, marked, labels, (left, tallest * CELL_HEIGHT + 1.2)


def matrix_number(value, decimals=2):
    """A number as it stands in a cell of a matrix, in at most three significant digits."""
    return f"{round(float(value), decimals) + 0.0:.3g}".replace("-", "−")


def shown_indices(count, most, wanted=()):
    """Which of `count` rows are drawn where at most `most` (4 or more) fit; None stands for those left out.

    wanted : indices that matter. Where they are few and not among the first ones, the first of them is drawn.
    """
    if count <= most:
        return list(range(count))
    first = list(range(most - 2))
    key = wanted[0] if 0 < len(wanted) < count else 0
    if key < most - 2 or key == count - 1:
        return [*first, None, count - 1]
    return [*first[: most - 3], None, int(key), None]


def _entries(shown, k, count):
    """The slice of `count` rows that place k of `shown_indices` stands for."""
    if shown[k] is not None:
        return slice(shown[k], shown[k] + 1)
    return slice(shown[k - 1] + 1, shown[k + 1] if k + 1 < len(shown) else count)


@_in_style
def plot_graph(nodes, edges, ax=None):
    """A computation as a graph: values above the arrows, which point forward, and gradients below them.

    nodes : dict of name -> (x, y, text), the middle of a node in units of its own diameter.
    edges : dict of (name, name) -> (value, gradient), two texts, either of which may be empty.

    Artists: "node a", "value a b" and "gradient a b", a text each under the names of its nodes.
    """
    places = np.array([(x, y) for x, y, _ in nodes.values()], dtype=float)
    (left, bottom), (right, top) = places.min(axis=0) - 0.7, places.max(axis=0) + 0.7
    if ax is None:
        ax = figure(size=(8, 8 * (top - bottom) / (right - left)))[1]
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    ax.set_axis_off()
    for name, (x, y, text) in nodes.items():
        ax.add_patch(Circle((x, y), 0.5, facecolor="#F2F2F2", edgecolor="#555555", linewidth=1.2, zorder=2))
        ax.text(x, y, text, ha="center", va="center", fontsize=12, zorder=3, gid=f"node {name}")
    for (start, end), (value, gradient) in edges.items():
        (x0, y0), (x1, y1) = nodes[start][:2], nodes[end][:2]
        step = np.array([x1 - x0, y1 - y0]) / np.hypot(x1 - x0, y1 - y0)
        line = {"arrowstyle": "-|>", "color": "#777777", "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (x1, y1) - 0.5 * step, (x0, y0) + 0.5 * step, arrowprops=line, zorder=1)
        across = np.array([-step[1], step[0]]) * (1 if step[0] >= 0 else -1)  # points up, or left where it can't
        place = {"ha": "center", "va": "center", "rotation": np.degrees(np.arctan2(step[1], step[0])), "fontsize": 11}
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        for name, text, shift, color in (("value", value, 0.2, "blue"), ("gradient", gradient, -0.2, "vermillion")):
            where = middle + shift * across
            weight = "bold" if name == "gradient" else "normal"
            ax.text(*where, text, color=COLORS[color], weight=weight, gid=f"{name} {start} {end}", **place)
    return ax


@_in_style
def plot_network(network, ax=None, *, values=None, names=None, numbers=None, colors=True, most=8, back=False):
    """The network as circles and arrows: a column of neurons per layer, an arrow per weight.

    network : a list of widths such as [2, 4, 1], or parameters as `get_parameters` gives them:
        [{'W': (n_inputs, n_neurons), 'b': (n_neurons,)}, ...].
    values : what to write into the circles: a list (or array) of numbers or texts per column, inputs included.
    names : a title for each column, inputs included, or None.
    numbers : True writes each weight on its arrow and each bias under its neuron; by default where few enough fit.
    colors : with parameters, a weight's size is the width of its arrow and its sign the color and the line: blue and
        solid above 0, vermillion and dashed below. False draws all arrows alike.
    most : a column with more neurons than this shows its first ones and its last, with dots between them.
    back : True has the arrows point from the outputs to the inputs, the way that slopes go.

    Artists: "neuron k j", the circle of neuron j in column k, and "value k j", its text; "weights k" and "heads k",
        the arrows into column k, with heads where they are few; "weight k i j" and "bias k j" with `numbers`.
    """
    known = len(network) > 0 and isinstance(network[0], dict)
    widths = [len(network[0]["W"]), *(len(layer["b"]) for layer in network)] if known else list(network)
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"network must have inputs and at least one layer, got the widths {widths}")
    if numbers is None:
        numbers = known and sum(n * m for n, m in zip(widths, widths[1:])) <= 16
    shown = [list(range(n)) if n <= most else [*range(most - 2), None, n - 1] for n in widths]
    tallest = max(map(len, shown))
    across = 3.2 if numbers or tallest > 4 else 2.4  # room for numbers, or for a bundle of arrows
    up = 1.5 if numbers else 1.2
    places = [
        {j: (across * k, up * ((len(column) - 1) / 2 - row)) for row, j in enumerate(column)}
        for k, column in enumerate(shown)
    ]
    left, right = -0.9, across * (len(widths) - 1) + 0.9
    bottom, top = -up * (tallest - 1) / 2 - 0.95, up * (tallest - 1) / 2 + (1.35 if names else 0.8)
    if ax is None:
        ax = figure(size=(min(8.0, 0.62 * (right - left)), min(6.0, 0.62 * (top - bottom))))[1]
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    ax.set_axis_off()
    for k, column in enumerate(places):
        for j, (x, y) in column.items():
            if j is None:
                ax.text(x, y, "⋮", ha="center", va="center", fontsize=16)
                continue
            face = "#F2F2F2" if k == 0 else "white"
            circle = Circle((x, y), 0.42, facecolor=face, edgecolor="#444444", linewidth=1.4, zorder=3)
            circle.set_gid(f"neuron {k} {j}")
            ax.add_patch(circle)
            text = "" if values is None else values[k][j]
            text = text if isinstance(text, str) else _two_decimals(text)
            ax.text(x, y, text, ha="center", va="center", fontsize=10.5, zorder=4, gid=f"value {k} {j}")
            if numbers and k:
                where = {"ha": "center", "va": "top", "fontsize": 9.5, "color": "#444444"}
                ax.text(x, y - 0.46, _two_decimals(network[k - 1]["b"][j], "+"), gid=f"bias {k} {j}", **where)
        if names:
            ax.text(across * k, top - 0.35, names[k], ha="center", va="center", fontsize=11, fontweight="bold")
    largest = max(np.abs(layer["W"]).max() for layer in network) or 1.0 if known else None
    for k in range(1, len(widths)):
        W = np.asarray(network[k - 1]["W"], dtype=float) if known else np.zeros((widths[k - 1], widths[k]))
        _draw_weights(ax, k, places[k - 1], places[k], W, largest if colors else None, numbers, back)
    return ax


def _draw_weights(ax, k, sources, targets, W, largest, numbers, back):
    """The arrows into column k of `plot_network`, and with `numbers` each weight on its arrow.

    largest : the size of the widest arrow's weight; None draws all arrows alike.
    """
    pairs = [(i, j) for i in sources for j in targets if i is not None and j is not None]
    weights = np.array([W[i, j] for i, j in pairs])
    segments = []
    for i, j in pairs:
        start, end = np.array(sources[i]), np.array(targets[j])
        step = 0.42 * (end - start) / np.hypot(*(end - start))
        segments.append((start + step, end - step))
    if largest is not None:
        signs = {"colors": [COLORS["blue"] if w >= 0 else COLORS["vermillion"] for w in weights]}
        signs["linestyles"] = ["-" if w >= 0 else (0, (4, 1.5)) for w in weights]
        signs["linewidths"] = 0.6 + 3.4 * np.abs(weights) / largest
    else:
        signs = {"colors": "#777777", "linewidths": 1.1 if len(pairs) <= 32 else 0.6}
    ax.add_collection(LineCollection(segments, zorder=1, gid=f"weights {k}", **signs), autolim=False)
    if len(pairs) <= 32:
        sizes = 0.1 + 0.06 * np.abs(weights) / largest if largest else np.full(len(pairs), 0.1)
        heads = [_head(*(line[::-1] if back else line), size) for line, size in zip(segments, sizes)]
        ax.add_collection(PolyCollection(heads, zorder=1, gid=f"heads {k}", facecolors=signs["colors"]), autolim=False)
    if not numbers:
        return
    spots = _apart(segments)
    card = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"}
    for (i, j), where, weight in zip(pairs, spots, weights):
        style = {"ha": "center", "va": "center", "fontsize": 9.5, "bbox": card, "zorder": 2}
        ax.text(*where, _two_decimals(weight), gid=f"weight {k} {i} {j}", **style)


def _head(start, end, size):
    """The corners of an arrowhead at the end of a line."""
    along = (end - start) / np.hypot(*(end - start))
    base, across = end - 2.2 * size * along, size * np.array([-along[1], along[0]])
    return [end, base + across, base - across]


def _apart(segments):
    """A spot on each line that is far from the other lines and from the spots on them: a greedy choice."""
    every, spots = np.array(segments), []  # (n, start and end, x and y)
    starts, ways = every[:, 0], every[:, 1] - every[:, 0]

    def room(spot, own):
        share = np.clip(np.sum((spot - starts) * ways, axis=1) / np.sum(ways**2, axis=1), 0, 1)
        to_lines = np.delete(np.hypot(*(starts + share[:, None] * ways - spot).T), own)
        to_spots = [np.hypot(*((spot - other) / (1.6, 1))) / 2 for other in spots]  # a number is wider than high
        return min([*to_lines, *to_spots], default=0)

    for own, (start, way) in enumerate(zip(starts, ways)):
        candidates = start + np.arange(0.24, 0.73, 0.08)[:, None] * way
        spots.append(candidates[np.argmax([room(spot, own) for spot in candidates])])
    return spots


def _two_decimals(number, sign=""):
    return f"{round(number, 2) + 0.0:{sign}.2f}".replace("-", "−")


@_in_style
def plot_seeds(losses, solved, ax=None, *, columns=10, colorbar=True):
    """Networks that differ in their seed only, a tile for each: its final loss as a shade, a dot where it is solved.

    losses : (n,), n a multiple of `columns`; nan, a run that exploded, is gray.   solved : (n,), True or False.

    Artists: "losses" (the tiles), "solved" (dots), "not solved" (crosses).
    """
    columns = checks.integer("columns", columns, at_least=1)
    losses, solved = np.asarray(losses, dtype=float), np.asarray(solved, dtype=bool)
    if losses.ndim != 1 or losses.size == 0 or losses.size % columns or solved.shape != losses.shape:
        raise ValueError(
            f"losses and solved must have one shape (n,), n a multiple of {columns}, "
            f"got {losses.shape} and {solved.shape}"
        )
    rows = losses.size // columns
    y, x = np.divmod(np.arange(losses.size), columns)
    ax = figure(size=(6.4, 4.6))[1] if ax is None else ax
    image = ax.imshow(
        losses.reshape(rows, columns),
        cmap=LOSS_MAP,
        norm=matplotlib.colors.LogNorm(*SEED_LIMITS, clip=True),
        interpolation="nearest",
        gid="losses",
    )
    dot, cross = {"marker": "o", "markersize": 7}, {"marker": "x", "markersize": 8, "markeredgewidth": 2.5}
    for name, style, color, which in (
        ("solved", dot, COLORS["black"], solved),
        ("not solved", cross, COLORS["vermillion"], ~solved),
    ):
        ax.plot(x[which], y[which], linestyle="", color=color, label=name, gid=name, **style)
    ax.set(xlabel="seed: last digit", ylabel="seed: tens", xticks=range(columns))
    ax.set_yticks(range(rows), [str(columns * row) for row in range(rows)])
    ax.grid(False)
    _legend_above(ax)
    if colorbar:
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.85)
        bar.set_label("final loss")
        bar.outline.set_linewidth(0.5)
    return ax


def _legend_above(ax):
    """The legend in one row above the frame, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        ncols=len(labels),
        frameon=False,
        borderaxespad=0,
        handlelength=1.2,
        handletextpad=0.4,
        columnspacing=1.2,
        fontsize=9.5,
    )


def _plane(X, y):
    """The points of a classification as (n, 2) floats and their classes as (n,)."""
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if X.ndim != 2 or X.shape[1] != 2 or len(X) == 0:
        raise ValueError(f"X must have shape (n, 2), a point a row, got {X.shape}")
    if y.shape not in ((len(X),), (len(X), 1)):
        raise ValueError(f"y must have shape ({len(X)}, 1), a class for each row of X, got {y.shape}")
    return _finite("X", X), _finite("y", y.reshape(-1))


def _column(values, name):
    """(n,) or (n, 1) numbers as (n,) floats."""
    values = np.asarray(values, dtype=float)
    if values.ndim not in (1, 2) or values.size == 0 or values.size != len(values):
        raise ValueError(f"{name} must have shape (n,) or (n, 1), got {values.shape}")
    return _finite(name, values.reshape(-1))


def _finite(name, values):
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must hold finite numbers, got {values[~np.isfinite(values)][0]}")
    return values


def _drawable(values):
    """As floats, with nan, which draws as a gap, for infinities and numbers that no axis can hold."""
    values = np.asarray(values, dtype=float)
    return np.where(np.abs(values) < 1e100, values, np.nan)


def _padded(values, margin):
    """From the least to the largest value, with a margin on both sides as a part of the range."""
    low, high = values.min(), values.max()
    pad = margin * (high - low) or 1.0
    return low - pad, high + pad


def _limits(X):
    """Square limits around the points of a plane, so that neither axis is stretched."""
    middle = (X.min(axis=0) + X.max(axis=0)) / 2
    reach = 0.625 * np.ptp(X, axis=0).max() or 1.0
    return [(center - reach, center + reach) for center in middle]
