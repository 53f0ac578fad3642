"""Chapter 01: turn the two knobs of a neuron, and watch the squares whose mean area is the loss."""

import numpy as np

from nnlib.plots import artist, figure, plot_line_fit, residual_squares
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction


def line_and_squares(x, y, neuron, loss):
    """A line through points (n,), its squared residuals, and the loss.

    neuron(x, w, b) -> predictions (n,), loss(y_hat, y) -> number: the reader's own functions, or the library's.
    """
    limits = ((-2, 14), (-4, 32))
    fig, ax = figure(size=(6.4, 3.9))
    plot_line_fit(x, y, w=0.5, b=10.0, ax=ax, limits=limits)
    ax.set(xlabel="distance x (km)", ylabel="fare y (€)")
    line, squares = artist(ax, "line"), artist(ax, "squares")
    ends = np.array(limits[0], dtype=float)
    score = ax.text(0.03, 0.95, "", transform=ax.transAxes, va="top", fontsize=13)

    def compute(w, b):
        y_hat = neuron(x, w, b)
        return y_hat, float(loss(y_hat, y))

    def draw(result, w, b):
        y_hat, mse = result
        line.set_data(ends, w * ends + b)
        squares.set_verts(residual_squares(x, y, w, b, limits))
        score.set_text(f"MSE {mse:.3f} €²")
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
            "w": slider("weight w", -1.0, 4.0, 0.5, step=0.05, unit="€ per km"),
            "b": slider("bias b", -5.0, 15.0, 10.0, step=0.1, unit="€"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Six points, a line that two sliders move, and a square on each residual; the mean area of the squares is "
        "the MSE.",
    )
