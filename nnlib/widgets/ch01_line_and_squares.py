"""Chapter 01: turn the two knobs of a neuron, and watch the squares whose mean area is the loss."""

import numpy as np
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.patches import Rectangle

from nnlib.plots import COLORS, artist, figure, plot_line_fit, residual_squares
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction

AVERAGE = {"facecolor": (*to_rgb(COLORS["orange"]), 0.3), "edgecolor": COLORS["vermillion"], "linewidth": 1.5}
SEEN = 0.9  # euros; a dashed square with shorter sides would be a blot


def line_and_squares(x, y, neuron, loss):
    """A line through points (n,), its squared residuals, and beside them one square as large as they are on average.

    The best line so far and its average square stay, dashed. Below, every line that was tried leaves a dot over its
    w and b, the darker the lower its loss.

    neuron(x, w, b) -> predictions (n,), loss(y_hat, y) -> number: the reader's own functions, or the library's.
    """
    limits = ((0, 9), (-1, 26))  # every line that the sliders reach is in it
    fig, axes = figure(1, 3, size=(8.4, 3.9))
    fig.set_layout_engine("none")
    places = (0.07, 0.135, 0.515, 0.76), (0.64, 0.603, 0.35, 0.36), (0.68, 0.135, 0.3, 0.4)
    for each, place in zip(axes, places, strict=True):
        each.set_position(place)
    ax, mean, tries = axes
    plot_line_fit(x, y, w=0.5, b=10.0, ax=ax, limits=limits)
    ax.set(xlabel="distance x (km)", ylabel="fare y (€)")
    line, squares, points = artist(ax, "line"), artist(ax, "squares"), artist(ax, "points")
    line.set_linewidth(1.8)
    (best_line,) = ax.plot([], [], linestyle="--", linewidth=1.2, color=COLORS["black"], zorder=1.9)
    points.set_markersize(5)
    ends = np.array(limits[0], dtype=float)
    mean.set_axis_off()
    square = mean.add_patch(Rectangle((0, 0), 0, 0, **AVERAGE))
    best = mean.add_patch(Rectangle((0, 0), 0, 0, fill=False, linestyle="--", linewidth=1.6, edgecolor="black"))
    score = mean.text(0, -3, "", fontsize=14, fontweight="bold")
    scale = mean.text(0, -1.8, "")
    record = mean.text(0, -0.6, "")
    losses = {}  # (w, b) of each line tried -> its loss
    look = {"cmap": "viridis", "norm": LogNorm(1.4, 200), "linewidths": 0}
    dots = tries.scatter([], [], c=[], s=22, **look)
    (here,) = tries.plot([], [], "o", markersize=9, markerfacecolor="none", color=COLORS["vermillion"], clip_on=False)
    tries.set(xlim=(-0.1, 4.1), ylim=(-0.5, 12.5), xlabel="weight w", ylabel="bias b")
    tries.set_title("lines tried: dark = small MSE", fontsize=10.5)
    ax.apply_aspect()
    # The same scale as on the left: a square of 1 € by 1 € is as large here as there.
    euro = ax.bbox.height / (limits[1][1] - limits[1][0])
    mean.set(xlim=(-0.1, mean.bbox.width / euro - 0.1), ylim=(mean.bbox.height / euro - 4, -4))

    def compute(w, b):
        y_hat = neuron(x, w, b)
        return y_hat, float(loss(y_hat, y))

    def draw(result, w, b):
        y_hat, mse = result
        losses[w, b] = mse
        w_best, b_best = min(losses, key=lambda tried: np.nan_to_num(losses[tried], nan=np.inf))
        lowest = losses[w_best, b_best]
        beaten = lowest < mse
        best_line.set_data(ends, w_best * ends + b_best if beaten else [np.nan] * 2)
        line.set_data(ends, w * ends + b)
        corners = residual_squares(x, y, w, b, limits)
        squares.set_verts(corners)
        cut = np.sum(np.any((corners < np.min(limits, axis=1)) | (corners > np.max(limits, axis=1)), axis=(1, 2)))
        side, room = np.sqrt(abs(mse)), mean.get_ylim()[0]
        shrink = max(1, np.ceil(side / room)) if np.isfinite(side) else 1
        for patch, area in ((square, mse), (best, lowest)):
            patch.set(width=np.sqrt(abs(area)) / shrink, height=np.sqrt(abs(area)) / shrink)
        scale.set_text("the average square, " + ("to scale" if shrink == 1 else f"sides ÷ {shrink:.0f}"))
        score.set_text(f"MSE {mse:.3f} €²")
        best.set_visible(beaten and best.get_width() > SEEN)
        dashed = "dashed" if best.get_visible() else "dashed line"
        record.set_text(f"{dashed}: the best so far, {lowest:.3f}" if beaten else "(this is the best so far)")
        dots.set_offsets([*losses])
        dots.set_array([*losses.values()])
        here.set_data([w], [b])
        missed = np.abs(y_hat - y)
        near = f"; the nearest is €{missed.min():.2f} away" if missed.min() >= 0.005 else ""
        if beaten and not near:  # the line touches some: does the better one?
            touched = np.sum(np.abs(neuron(x, w_best, b_best) - y) < 1e-9)
            near = f"; a line tried on the way has {lowest:.3f} and touches {touched or 'none'}"
        beyond = f" The frame cuts {cut} of the squares." if cut else ""
        return f"MSE {mse:.3f} €². The line touches {np.sum(missed < 1e-9)} of {len(x)} points{near}.{beyond}"

    return Live(
        "line_and_squares",
        question="Does the best line touch the points?",
        prediction=Prediction(
            "How many of the six points does the line with the lowest MSE touch?",
            options=("none", "one or two", "three or more"),
            answer="none",
            explanation="This one touches none, and its MSE is far below that of w = 2, b = 5, which goes through two. "
            "Where is the lowest?",
            settings={"w": 1.9, "b": 4.3},
        ),
        controls={
            "w": slider("weight w", 0.0, 4.0, 0.5, step=0.05, unit="€ per km"),
            "b": slider("bias b", 0.0, 12.0, 10.0, step=0.1, unit="€"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Left, six points, a line that two sliders move, and a square on each residual. Right, on the same scale, "
        "one square whose area is their mean, the MSE (a large one is shrunk, and says so). The best line so far and "
        "its square are dashed. Below, a dot over w and b for each line tried, darker where the MSE is lower.",
    )
