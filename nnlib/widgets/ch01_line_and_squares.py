"""Chapter 01: turn the two knobs of a neuron, and watch the squares whose mean area is the loss."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from nnlib.plots import COLORS, artist, figure, plot_line_fit, residual_squares
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction

AVERAGE = {"facecolor": (*to_rgb(COLORS["orange"]), 0.3), "edgecolor": COLORS["vermillion"], "linewidth": 1.5}


def line_and_squares(x, y, neuron, loss):
    """A line through points (n,), its squared residuals, and beside them one square as large as they are on average.

    The smallest that the reader has found so far stays as an outline.

    neuron(x, w, b) -> predictions (n,), loss(y_hat, y) -> number: the reader's own functions, or the library's.
    """
    limits = ((0, 9), (4, 21))
    height = limits[1][1] - limits[1][0]
    fig, (ax, mean) = figure(1, 2, size=(8.4, 3.9), width_ratios=(2, 1))
    plot_line_fit(x, y, w=0.5, b=10.0, ax=ax, limits=limits)
    ax.set(xlabel="distance x (km)", ylabel="fare y (€)")
    line, squares, points = artist(ax, "line"), artist(ax, "squares"), artist(ax, "points")
    line.set_linewidth(1.8)
    points.set_markersize(5)
    ends = np.array(limits[0], dtype=float)
    # The same scale as on the left: a square of 1 € by 1 € is as large here as there.
    mean.set(xlim=(-0.2, 0.5 * height), ylim=(height - 3.8, -3.8), aspect="equal", anchor="W")
    mean.set_axis_off()
    square = mean.add_patch(Rectangle((0, 0), 0, 0, **AVERAGE))
    best = mean.add_patch(Rectangle((0, 0), 0, 0, fill=False, linestyle="--", linewidth=1.6, edgecolor="black"))
    score = mean.text(0, -2.5, "", fontsize=14, fontweight="bold")
    mean.text(0, -1.5, "the average square, to scale")
    record = mean.text(0, -0.5, "")
    lowest = np.inf

    def compute(w, b):
        y_hat = neuron(x, w, b)
        return y_hat, float(loss(y_hat, y))

    def draw(result, w, b):
        nonlocal lowest
        y_hat, mse = result
        lowest = np.nanmin([lowest, mse])
        line.set_data(ends, w * ends + b)
        squares.set_verts(residual_squares(x, y, w, b, limits))
        for patch, area in ((square, mse), (best, lowest)):
            patch.set(width=np.sqrt(abs(area)), height=np.sqrt(abs(area)))
        score.set_text(f"MSE {mse:.3f} €²")
        record.set_text(f"dashed: your smallest, {lowest:.3f}")
        touched = int(np.sum(np.abs(y_hat - y) < 1e-9))
        return f"MSE {mse:.3f} €². The line touches {touched} of {len(x)} points."

    return Live(
        "line_and_squares",
        question="How small can you make the squares?",
        prediction=Prediction(
            "The line with the lowest MSE: how many of the six points does it touch?",
            options=("none", "one or two", "three or more"),
            answer="none",
            explanation="Being exactly right about one ride costs more on the others.",
            settings={"w": 1.9, "b": 4.6},
        ),
        controls={
            "w": slider("weight w", 0.0, 4.0, 0.5, step=0.05, unit="€ per km"),
            "b": slider("bias b", 0.0, 12.0, 10.0, step=0.1, unit="€"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Left, six points, a line that two sliders move, and a square on each residual. Right, on the same scale, "
        "one square whose area is their mean, the MSE, and the outline of the smallest so far.",
    )
