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
RATE, SEED, PRICE = 0.1, 0, 0.2  # of the first picture,
SHOWN = (0, 0.001, 0.01, 0.05, PRICE)  # and the prices whose losses stand in it: some of the chapter's table
BINS = np.linspace(-2.5, 2.5, 42)  # an odd number of columns, so that one of them stands on 0
LEAST = 0.5  # the lower end of the log scale of counts
HIGHEST = 0.72  # of the losses
PENALTY = {"facecolor": "#8FD3BF", "edgecolor": COLORS["green"], "linewidth": 1}
TIGHT = {"loc": "lower left", "fontsize": 9, "frameon": False, "borderaxespad": 0, "handletextpad": 0.5}
TIGHT |= {"handlelength": 1.2, "columnspacing": 1}
COMPARED = 20  # of a training's steps: those in which a reader's loop has to show whether it is the library's


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


def train(nn, X, y, train_l2):
    """Train nn for EPOCHS steps; False if it explodes.

    train_l2 : the reader's loop, or None. It takes the first steps of every training. If they are those of the
    library, the library takes the others, because a loop that is slow but right must not make the figure slow.
    """
    start, given = nn.get_parameters(), (ACTIVATIONS, DERIVATIVES, nn.learning_rate)
    try:
        if train_l2 is None:
            nn.fit(X, y, epochs=EPOCHS, batch_size=len(X))
            return True
        own = train_l2(X, y, nn.get_parameters(), *given, COMPARED, nn.l2_lambda)[0]
        nn.fit(X, y, epochs=COMPARED, batch_size=len(X))
        if _agree(own, nn.get_parameters()):
            nn.fit(X, y, epochs=EPOCHS - COMPARED, batch_size=len(X))
            return True
    except DivergenceError:
        return False
    own = train_l2(X, y, start, *given, EPOCHS, nn.l2_lambda)[0]
    if not all(np.isfinite(layer[key]).all() for layer in own for key in ("W", "b")):
        return False
    nn.set_parameters(own)
    return np.isfinite(nn.loss(X, y) + nn.penalty())


def _agree(own, parameters):
    """Whether two lists of parameters are equal but for rounding, which an explosion makes larger."""
    pairs = [(own[k][key], layer[key]) for k, layer in enumerate(parameters) for key in ("W", "b")]
    return all(np.abs(a - b).max() <= 1e-6 * np.abs(b).max() for a, b in pairs)


def price_of_weights(train_l2=None):
    """The curve, the weights and the losses of a network 1-20-20-1, for a price λ, a learning rate and a seed.

    A wide column shows what the total of the chosen price is made of, beside one for every price.

    Every price that was tried leaves its losses behind, so that a walk along the slider draws them against λ. Those
    of SHOWN are there from the start.

    train_l2(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda) -> (parameters, losses,
    penalties): the reader's own training loop; None for the library's.
    """
    X, y, X_val, y_val = curve_data()
    tried = {}  # (rate, seed) -> {λ: Priced, or None where it exploded}
    fig, (fit, histogram, now, trail) = figure(1, 4, size=(8.4, 3.58), width_ratios=(1.15, 0.62, 0.62, 1.1))
    fit.plot(X_val, y_val, "o", color="#BBBBBB", markersize=2.5, label="validation")
    fit.plot(GRID, np.sin(np.pi * GRID), ":", color=COLORS["black"], linewidth=1.3, label="the sine")
    (curve,) = fit.plot([], [], color=COLORS["blue"], linewidth=2.5, label="network")
    fit.plot(X, y, "o", color=COLORS["black"], markersize=6, label="12 points")
    fit.set(xlim=(-1.03, 1.03), ylim=(-3.3, 2.1), xlabel="$x$", ylabel="$y$")  # below the points a place for words
    fit.legend(bbox_to_anchor=(0, 1.02), ncols=2, **TIGHT)
    columns = histogram.fill([0], [LEAST], color=COLORS["blue"])[0]
    histogram.set(xlim=(BINS[0], BINS[-1]), ylim=(LEAST, 600), yscale="log")
    histogram.set(xlabel="weight", ylabel="how many of 440", xticks=[-2, 0, 2])
    histogram.set_yticks([1, 10, 100], ["1", "10", "100"])
    # A column for every price: the total, built up from its two parts.
    data = trail.bar(range(len(LAMBDAS)), 0, width=0.8, color=COLORS["blue"], label="data loss")
    penalty = trail.bar(range(len(LAMBDAS)), 0, width=0.8, label="+ penalty", **PENALTY)
    (others,) = trail.plot([], [], color="#8C8C8C", linewidth=1)
    (walk,) = trail.plot([], [], "^-", color=COLORS["vermillion"], markersize=5, linewidth=1.5, label="validation loss")
    (here,) = trail.plot([], [], "^", color=COLORS["vermillion"], markersize=10, markeredgecolor="black")
    trail.set(xlim=(-0.8, len(LAMBDAS) - 0.2), ylim=(0, HIGHEST), xlabel="price λ")
    ticks = (0, 0.01, 0.1, 1, 20)
    trail.set_xticks([LAMBDAS.index(price) for price in ticks], [f"{price:g}" for price in ticks])
    trail.sharey(now)
    trail.tick_params(labelleft=False)
    seen = trail.text(0.98, 0.985, "", transform=trail.transAxes, ha="right", va="top", fontsize=9, color="#606060")
    data_now, penalty_now = now.bar([0, 0], 0, width=0.8)
    data_now.set_facecolor(COLORS["blue"])
    penalty_now.set(**PENALTY)
    now.set(xlim=(-0.5, 2.2), ylim=(0, HIGHEST), xticks=[], ylabel="loss (mean squared error)")
    chosen = now.text(0, -0.035 * HIGHEST, "", ha="left", va="top")
    style = {"fontsize": 9.5, "fontweight": "bold"}
    penalty_words = now.text(0.5, 0, "", va="bottom", color=COLORS["green"], **style)
    data_words = now.text(0.5, 0, "", va="top", color=COLORS["blue"], **style)
    for ax in (now, trail):
        ax.grid(False, axis="x")
    trail.legend(bbox_to_anchor=(-0.45, 1.02), ncols=2, **TIGHT).set_in_layout(False)  # over two pictures

    def say(ax, text, height):
        note(ax, text)
        ax.texts[-1].set(y=height, fontsize=9.5)  # off the data

    def compute(l2_lambda, rate, seed):
        runs = tried.setdefault((rate, seed), {})
        for price in (l2_lambda, *SHOWN) if (rate, seed) == (RATE, SEED) else (l2_lambda,):
            if price not in runs:
                nn = NeuralNetwork(LAYERS, learning_rate=rate, l2_lambda=price, seed=seed)
                runs[price] = None
                if train(nn, X, y, train_l2):
                    weights = np.concatenate([layer.W.ravel() for layer in nn.layers])
                    losses = nn.loss(X, y), nn.penalty(), nn.loss(X_val, y_val)
                    runs[price] = Priced(*losses, nn.predict(GRID), weights)
        return runs[l2_lambda]

    def stops(runs):
        """Where the prices tried stand and what their validation losses are, from left to right."""
        found = sorted((LAMBDAS.index(price), run.validation) for price, run in runs.items() if run)
        return np.array(found).reshape(-1, 2)

    def draw(result, l2_lambda, rate, seed):
        runs = tried[rate, seed]
        for k, price in enumerate(LAMBDAS):
            run = runs.get(price)
            data[k].set_height(run.data if run else 0)
            penalty[k].set(y=run.data if run else 0, height=run.penalty if run else 0)
        walk.set_data(*stops(runs).T)
        elsewhere = [stops(tried[key]) for key in sorted(tried) if key[0] == rate and key[1] != seed]
        gap = [[np.nan, np.nan]]
        others.set_data(*np.concatenate([gap, *(part for each in elsewhere for part in (each, gap))]).T)
        seen.set_text("gray: other seeds" * any(len(each) for each in elsewhere))
        parts = (result.data, result.penalty) if result else (0, 0)
        data_now.set_height(parts[0])
        penalty_now.set(y=parts[0], height=parts[1])
        penalty_words.set(y=max(parts[0], 0.11) + 0.005, text=f"penalty\n{parts[1]:.3f}" if result else "")
        data_words.set(y=max(parts[0], 0.11) - 0.005, text=f"data\n{parts[0]:.3f}" if result else "")
        chosen.set_text(f"λ = {l2_lambda:g}")
        words = f"λ = {l2_lambda:g}, rate {rate:g}, seed {seed}: "
        if result is None:
            curve.set_data([], [])
            here.set_data([], [])
            columns.set_xy(np.array([[0, LEAST]]))
            factor = f"1 − {rate:g} · {l2_lambda:g} = {1 - rate * l2_lambda:.3g}".replace("-", "−")
            factor = factor.replace(" ", "\N{NO-BREAK SPACE}")  # one line for the whole equation
            say(fit, f"Exploded: each step multiplies the weights by {factor}.", 0.13)
            note(histogram, "Exploded: no weights.")
            note(now, "Exploded: no losses.")
            return words + f"it exploded. Rate times λ is {rate * l2_lambda:.3g}; it must stay below 2."
        curve.set_data(GRID, np.clip(result.outputs, -10, 10))
        counts = np.histogram(np.clip(result.weights, BINS[0], BINS[-1]), BINS)[0]
        heights = np.concatenate([[LEAST], np.repeat(np.maximum(counts, LEAST), 2), [LEAST]])
        columns.set_xy(np.stack([np.repeat(BINS, 2), heights], axis=1))
        here.set_data([LAMBDAS.index(l2_lambda)], [result.validation])
        square = float(np.sum(result.weights**2))
        if square < 1e-6:
            say(fit, "Every weight is 0. The output bias is left: the mean of the points.", 0.13)
        words += f"data loss {result.data:.4f} + penalty {result.penalty:.4f} = total {result.total:.4f}; "
        words += f"validation loss {result.validation:.4f}. ΣW² = {square:.1f}, "
        return words + f"largest weight {np.abs(result.weights).max():.2f}, steepest slope {result.steepest:.1f}."

    return Live(
        "price_of_weights",
        question="How high should the price be?",
        prediction=Prediction(
            "At λ = 0.2 the penalty is 0.190, more than a third of the total. Now five times that price, λ = 1. How "
            "large will the penalty be?",
            options=("five times as large", "somewhat larger", "about as large", "0"),
            answer="0",
            explanation="At such a price no weight is worth what it costs. All of them are gone; what is left is a "
            "flat line, and its validation loss is about twice that of the network without a price.",
            settings={"l2_lambda": 1},
        ),
        controls={
            "l2_lambda": list_slider("price λ", LAMBDAS, PRICE),
            "rate": list_slider("learning rate", RATES, RATE),
            "seed": slider("seed", 0, 20, SEED),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Left, twelve points, the sine they come from and the curve of the network. Middle, a histogram of its 440 "
        "weights, counts on a log scale. Right, a wide column for the chosen price, data loss and penalty with their "
        "numbers, and against the price a column for each one tried, with the trail of the validation losses.",
    )
