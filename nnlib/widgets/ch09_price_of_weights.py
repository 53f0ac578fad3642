"""Chapter 09: one network on twelve noisy points, trained again at every price on its weights."""

from dataclasses import dataclass

import numpy as np

from nnlib import DivergenceError, NeuralNetwork, datasets
from nnlib.activations import tanh_derivative
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note

LAYERS = [
    {"n_inputs": 1, "n_neurons": 20, "activation": "tanh"},
    {"n_inputs": 20, "n_neurons": 20, "activation": "tanh"},
    {"n_inputs": 20, "n_neurons": 1, "activation": "linear"},
]
ACTIVATIONS = [np.tanh, np.tanh, lambda Z: Z]
DERIVATIVES = [tanh_derivative, tanh_derivative, np.ones_like]
EPOCHS = 2000
GRID = np.linspace(-1, 1, 201).reshape(-1, 1)
# Equal room for every power of ten where something happens; 0 stands at the left end.
LAMBDAS = (0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)
LAMBDAS += (1, 2, 5, 10, 15, 19, 20, 21, 30)
RATES = (0.02, 0.05, 0.1, 0.2)
BINS = np.linspace(-2.5, 2.5, 42)  # an odd number of columns, so that one of them stands on 0
LEAST = 0.5  # the lower end of the log scale of counts
HIGHEST = 0.8  # of the losses


@dataclass(frozen=True, eq=False)
class Priced:
    """A network after its training with a price on the weights.

    data, penalty, validation : its losses.   outputs : (201, 1) on the grid.   weights : (440,), all of them.
    """

    data: float
    penalty: float
    validation: float
    outputs: np.ndarray
    weights: np.ndarray

    @property
    def total(self):
        return self.data + self.penalty

    @property
    def steepest(self):
        """The steepest slope of the curve."""
        return float(np.abs(np.diff(self.outputs[:, 0]) / np.diff(GRID[:, 0])).max())


def curve_data():
    """(X, y) of the twelve points to learn from, and (X_val, y_val) of two hundred others of the same kind."""
    return (*datasets.noisy_sine(n=12, noise=0.4, seed=1), *datasets.noisy_sine(n=200, noise=0.4, seed=2))


def price_of_weights(train_l2=None):
    """The curve, the weights and the losses of a network 1-20-20-1, for a price λ, a learning rate and a seed.

    train_l2(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda) -> (parameters, losses,
    penalties): the reader's own training loop; None for the library's.
    """
    X, y, X_val, y_val = curve_data()
    fig, (fit, histogram, bars) = figure(1, 3, size=(8.4, 3.8), width_ratios=(1.35, 1, 1.1))
    fit.plot(X_val, y_val, "o", color="#BBBBBB", markersize=2.5, label="validation")
    fit.plot(GRID, np.sin(np.pi * GRID), ":", color=COLORS["black"], linewidth=1.3, label="the sine")
    (curve,) = fit.plot([], [], color=COLORS["blue"], linewidth=2.5, label="network")
    fit.plot(X, y, "o", color=COLORS["black"], markersize=6, label="12 points")
    fit.set(xlim=(-1.03, 1.03), ylim=(-2.3, 2.9), xlabel="$x$", ylabel="$y$")
    fit.legend(loc="upper center", ncols=2, fontsize=9.5, handlelength=1.4, columnspacing=1)
    columns = histogram.fill([0], [LEAST], color=COLORS["blue"])[0]
    histogram.set(xlim=(BINS[0], BINS[-1]), ylim=(LEAST, 600), yscale="log")
    histogram.set(xlabel="weight", ylabel="how many of 440")
    histogram.set_yticks([1, 10, 100], ["1", "10", "100"])
    styles = {"data": {"color": COLORS["blue"]}, "validation": {"color": COLORS["vermillion"]}}
    styles["penalty"] = {"facecolor": "#8FD3BF", "edgecolor": COLORS["green"], "hatch": "///"}
    # The total is a column of the two parts, one on top of the other.
    parts = [("data", 0), ("penalty", 1), ("data", 2), ("penalty", 2), ("validation", 3)]
    boxes = [bars.bar(place, 0, width=0.7, **styles[name])[0] for name, place in parts]
    numbers = [bars.text(place, 0, "", ha="center", va="bottom", fontsize=9.5) for place in range(4)]
    bars.set(ylim=(0, HIGHEST), ylabel="loss (mean squared error)")
    bars.set_xticks(range(4), ["data", "+ penalty", "= total", "validation"], fontsize=9, rotation=20)
    bars.grid(False, axis="x")

    def say(text):
        note(fit, text)
        fit.texts[-1].set_y(0.13)  # below the points

    def trained(nn, l2_lambda, rate):
        """Whether the training came to an end. Otherwise nn is as it was."""
        if train_l2 is None:
            try:
                nn.fit(X, y, epochs=EPOCHS, batch_size=len(X))
            except DivergenceError:
                return False
            return True
        given = nn.get_parameters(), ACTIVATIONS, DERIVATIVES, rate, EPOCHS, l2_lambda
        parameters = train_l2(X, y, *given)[0]
        if not all(np.isfinite(layer[key]).all() for layer in parameters for key in ("W", "b")):
            return False
        nn.set_parameters(parameters)
        return np.isfinite(nn.loss(X, y) + nn.penalty())

    def compute(l2_lambda, rate, seed):
        nn = NeuralNetwork(LAYERS, learning_rate=rate, l2_lambda=l2_lambda, seed=seed)
        if not trained(nn, l2_lambda, rate):
            return None
        weights = np.concatenate([layer.W.ravel() for layer in nn.layers])
        return Priced(nn.loss(X, y), nn.penalty(), nn.loss(X_val, y_val), nn.predict(GRID), weights)

    def draw(result, l2_lambda, rate, seed):
        words = f"λ = {l2_lambda:g}, rate {rate:g}, seed {seed}: "
        if result is None:
            curve.set_data([], [])
            columns.set_xy(np.array([[0, LEAST]]))
            for box in boxes:
                box.set(y=0, height=0)
            for number in numbers:
                number.set_text("")
            factor = f"1 − {rate:g} · {l2_lambda:g} = {1 - rate * l2_lambda:.3g}".replace("-", "−")
            factor = factor.replace(" ", "\N{NO-BREAK SPACE}")  # one line for the whole equation
            say(f"Exploded: each step multiplies the weights by {factor}.")
            note(histogram, "Exploded: no weights.")
            note(bars, "Exploded: no losses.")
            return words + f"it exploded. Rate times λ is {rate * l2_lambda:.3g}; it must stay below 2."
        curve.set_data(GRID, np.clip(result.outputs, -10, 10))
        counts = np.histogram(np.clip(result.weights, BINS[0], BINS[-1]), BINS)[0]
        heights = np.concatenate([[LEAST], np.repeat(np.maximum(counts, LEAST), 2), [LEAST]])
        columns.set_xy(np.stack([np.repeat(BINS, 2), heights], axis=1))
        data, penalty = result.data, result.penalty
        for box, height in zip(boxes, (data, penalty, data, penalty, result.validation), strict=True):
            box.set_height(height)
        boxes[3].set_y(data)
        for number, loss in zip(numbers, (data, penalty, result.total, result.validation), strict=True):
            number.set(y=min(loss, 0.94 * HIGHEST) + 0.008, text=f"{loss:.3f}")
        square = float(np.sum(result.weights**2))
        if square < 1e-6:
            say("Every weight is 0. Only the output bias is left: the mean of the twelve points, for every x.")
        words += f"data loss {data:.4f} + penalty {penalty:.4f} = total {result.total:.4f}; "
        words += f"validation loss {result.validation:.4f}. ΣW² = {square:.1f}, "
        return words + f"largest weight {np.abs(result.weights).max():.2f}, steepest slope {result.steepest:.1f}."

    return Live(
        "price_of_weights",
        question="How high should the price be?",
        prediction=Prediction(
            "Without a price the validation loss is 0.307, with λ = 0.01 it is 0.200. Now ten times that price, "
            "λ = 0.1. What will the validation loss be?",
            options=("still lower", "about 0.2 again", "between 0.2 and 0.3", "higher than without a price"),
            answer="higher than without a price",
            explanation="At this price the weights are too small to follow the sine: the data loss rises, and the "
            "validation loss with it.",
            settings={"l2_lambda": 0.1},
        ),
        controls={
            "l2_lambda": list_slider("price λ", LAMBDAS, 0.01),
            "rate": list_slider("learning rate", RATES, 0.1),
            "seed": slider("seed", 0, 20, 0),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Left, twelve points, the sine they come from and the curve of the network. Middle, a histogram of its 440 "
        "weights, counts on a log scale. Right, columns for the data loss, the penalty, their total, and the "
        "validation loss.",
    )
