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
LAMBDAS = (0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)
LAMBDAS += (1, 2, 5, 10, 15, 19, 20, 21, 30)
LEFT = -4.7  # where λ = 0 stands among the powers of ten
LIMITS = (-4.9, 1.7)  # of these
ALIKE = 0.01  # validation losses this close count as equally good
RATES = (0.02, 0.05, 0.1, 0.2)
RATE, SEED, PRICE = 0.1, 0, 0.2  # of the first picture,
SHOWN = (0, 0.001, 0.01, 0.05, PRICE)  # and the prices whose losses stand in it: some of the chapter's table
BINS = np.linspace(-2.5, 2.5, 42)  # an odd number of columns, so that one of them stands on 0
LEAST = 0.5  # the lower end of the log scale of counts
HIGHEST = 0.72  # of the losses,
TOP = HIGHEST + 0.22  # and of the words above them
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


def curve_data():
    """(X, y) of the twelve points to learn from, and (X_val, y_val) of two hundred others of the same kind."""
    return (*datasets.noisy_sine(n=12, noise=0.4, seed=1), *datasets.noisy_sine(n=200, noise=0.4, seed=2))


def place(price):
    """Where a price stands on the axis: its power of ten, 0 at the left end."""
    return np.log10(price) if price else LEFT


def verdict_on(price, runs):
    """What a price is worth beside the best one tried: "too high", "about as good as the best so far"."""
    known = {each: run.validation for each, run in runs.items() if run}
    best, loss = min(known, key=known.get), known[price]
    if len(known) == 1:
        return "first try"
    if price == best:
        return "best so far"
    if loss < known[best] + ALIKE:
        return "about as good as the best so far"
    return "too high" if price > best else "too low"


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

    Every price that was tried leaves a column behind, what its total is made of, so that a walk along the slider draws
    them against λ. Those of SHOWN are there from the start. The chosen one has its numbers beside it.

    train_l2(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda) -> (parameters, losses,
    penalties): the reader's own training loop; None for the library's.
    """
    X, y, X_val, y_val = curve_data()
    tried = {}  # (rate, seed) -> {λ: Priced, or None where it exploded}
    fig, (fit, histogram, trail) = figure(1, 3, size=(8.4, 3.5), width_ratios=(1.1, 0.62, 1.75))
    fit.plot(X_val, y_val, "o", color="#BBBBBB", markersize=2.5, label="validation")
    fit.plot(GRID, np.sin(np.pi * GRID), ":", color=COLORS["black"], linewidth=1.3, label="the sine")
    (curve,) = fit.plot([], [], color=COLORS["blue"], linewidth=2.5, label="network")
    fit.plot(X, y, "o", color=COLORS["black"], markersize=6, label="12 points")
    fit.set(xlim=(-1.03, 1.03), ylim=(-2.9, 2.1), xlabel="$x$", ylabel="$y$")  # below the points a place for words
    fit.legend(bbox_to_anchor=(0, 1.02), ncols=2, **TIGHT)
    columns = histogram.fill([0], [LEAST], color=COLORS["blue"])[0]
    histogram.set(xlim=(BINS[0], BINS[-1]), ylim=(LEAST, 600), yscale="log")
    histogram.set(xlabel="weight", ylabel="how many of 440", xticks=[-2, 0, 2])
    histogram.set_yticks([1, 10, 100], ["1", "10", "100"])
    above = {"transform": histogram.transAxes, "ha": "center", "va": "bottom", "fontsize": 9, "in_layout": False}
    small = histogram.text(0.5, 1.02, "", **above)  # what a log scale of counts hides
    # A column for every price: the total, built up from its two parts.
    places = [place(price) for price in LAMBDAS]
    data = trail.bar(places, 0, width=0.12, color=COLORS["blue"], label="data loss")
    penalty = trail.bar(places, 0, width=0.12, label="+ penalty", **PENALTY)
    (others,) = trail.plot([], [], color="#8C8C8C", linewidth=1)
    look = {"color": COLORS["vermillion"], "markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.6}
    (walk,) = trail.plot([], [], "^-", linewidth=1.5, label="validation loss", **look)
    (here,) = trail.plot([], [], "^", color=COLORS["vermillion"], markersize=10, markeredgecolor="black")
    (level,) = trail.plot([], [], ":", color=COLORS["vermillion"], linewidth=1.2)
    record = trail.text(0, TOP, "", color=COLORS["vermillion"], fontsize=9, va="top", linespacing=1.3)
    trail.set(xlim=LIMITS, ylim=(0, TOP + 0.01), ylabel="loss (mean squared error)")
    trail.set_xlabel("price λ", loc="left")
    trail.tick_params(axis="x", labelsize=9)
    trail.set_yticks(np.arange(0, HIGHEST, 0.1))
    ticks = (0, 0.001, 0.01, 0.1, 1, 10)
    trail.set_xticks([place(price) for price in ticks], [f"{price:g}" for price in ticks])
    beside = {"transform": trail.transAxes, "ha": "right", "va": "top", "fontsize": 9, "color": "#606060"}
    seen = trail.text(1, -0.12, "", **beside)
    # What the chosen column is made of, over all columns, with a line down to it.
    (pointer,) = trail.plot([], [], color=COLORS["black"], linewidth=0.8)
    look = {"ha": "center", "va": "top", "fontsize": 9.5, "fontweight": "bold"}
    verdict_words = trail.text(0, TOP, "", color=COLORS["vermillion"], **look)
    penalty_words = trail.text(0, TOP - 0.065, "", color=COLORS["green"], **look)
    data_words = trail.text(0, TOP - 0.13, "", color=COLORS["blue"], **look)
    trail.grid(False, axis="x")
    trail.legend(bbox_to_anchor=(0, 1.02), ncols=3, **TIGHT)

    def say(text):
        note(fit, " ")
        fit.texts[-1].set(text=text, y=0.11, fontsize=8.5)  # below the points

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
        found = sorted((place(price), run.validation) for price, run in runs.items() if run)
        return np.array(found).reshape(-1, 2)

    def draw(result, l2_lambda, rate, seed):
        runs = tried[rate, seed]
        for k, price in enumerate(LAMBDAS):
            run = runs.get(price)
            data[k].set_height(run.data if run else 0)
            penalty[k].set(y=run.data if run else 0, height=run.penalty if run else 0)
        found = stops(runs)
        walk.set_data(*found.T)
        least, best = min(((run.validation, price) for price, run in runs.items() if run), default=(np.nan, 0))
        level.set_data(LIMITS, [least] * 2)
        record.set_text(f"lowest so far\n{least:.3f}\nat λ = {best:g}" if len(found) else "")
        left = place(l2_lambda) > np.mean(LIMITS)  # away from the numbers of the chosen one
        record.set(x=LIMITS[0] + 0.08 if left else LIMITS[1] - 0.08, ha="left" if left else "right")
        elsewhere = [stops(tried[key]) for key in sorted(tried) if key[0] == rate and key[1] != seed]
        gap = [[np.nan, np.nan]]
        others.set_data(*np.concatenate([gap, *(part for each in elsewhere for part in (each, gap))]).T)
        seen.set_text("gray: other seeds" * any(len(each) for each in elsewhere))
        words, at = f"λ = {l2_lambda:g}: ", place(l2_lambda)
        if result is None:
            curve.set_data([], [])
            here.set_data([], [])
            pointer.set_data([], [])
            for text in (verdict_words, penalty_words, data_words):
                text.set_text("")
            columns.set_xy(np.array([[0, LEAST]]))
            small.set_text("")
            factor = f"1 − {rate:g} · {l2_lambda:g} = {1 - rate * l2_lambda:.3g}".replace("-", "−")
            say(f"Exploded: each step\nmultiplies the weights by\n{factor}")
            note(histogram, "Exploded: no weights.")
            note(trail, "Exploded.", 0.9)
            return words + f"it exploded. Rate times λ is {rate * l2_lambda:.3g}; it must stay below 2."
        curve.set_data(GRID, np.clip(result.outputs, -10, 10))
        counts = np.histogram(np.clip(result.weights, BINS[0], BINS[-1]), BINS)[0]
        heights = np.concatenate([[LEAST], np.repeat(np.maximum(counts, LEAST), 2), [LEAST]])
        columns.set_xy(np.stack([np.repeat(BINS, 2), heights], axis=1))
        small.set_text(f"{np.sum(np.abs(result.weights) < 0.1)} are within\n±0.1")
        here.set_data([at], [result.validation])
        pointer.set_data([at, at], [max(result.total, result.validation), HIGHEST + 0.03])
        verdict = verdict_on(l2_lambda, runs)
        verdict_words.set_text(verdict.replace("as good as the best so far", "best"))
        penalty_words.set_text(f"+ penalty {result.penalty:.3f}")
        data_words.set_text(f"data {result.data:.3f}")
        for text in (verdict_words, penalty_words, data_words):
            text.set_x(np.clip(at, LIMITS[0] + 1.35, LIMITS[1] - 1.35))
        if np.sum(result.weights**2) < 1e-6:
            say("Every weight is 0:\nonly a bias is left.")
        above = f", {result.validation - least:.3f} above the lowest so far" if l2_lambda != best else ""
        words += f"{verdict}. Validation loss {result.validation:.3f}{above}. Data {result.data:.3f} + penalty "
        largest = np.abs(result.weights).max()
        return words + f"{result.penalty:.3f} = total {result.data + result.penalty:.3f}. Largest weight {largest:.2f}."

    return Live(
        "price_of_weights",
        question="What happens when weights cost more?",
        prediction=Prediction(
            "At λ = 0.2 the penalty is 0.190. At five times the price, λ = 1, it will be …",
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
        "weights, counts on a log scale. Right, against the price, a column for each one tried, data loss and penalty, "
        "those of the chosen one with their numbers, and the trail of the validation losses with the lowest so far.",
    )
