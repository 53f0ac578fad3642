"""Chapter 07: a hundred networks that differ in nothing but their seed, trained at once at every move of a slider."""

from dataclasses import dataclass, field

import numpy as np
from matplotlib.patches import Patch

from nnlib import datasets, initializers
from nnlib.activations import ACTIVATIONS
from nnlib.plots import (
    COLORS,
    LOSS_MAP,
    SEED_LIMITS,
    artist,
    decision_grid,
    decision_line,
    decision_values,
    figure,
    plot_boundary,
    plot_seeds,
)
from nnlib.widgets.live.controls import choice, list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost, lay_out, one_digit

SEEDS = 100
EPOCHS = 1000
RATE = 0.1
PLANE = ((-0.4, 1.4), (-0.4, 1.4))
RESOLUTION = 120  # fine enough for weights × 30, where an answer falls off like a cliff
LEGEND = {"frameon": False, "handlelength": 1.1, "handletextpad": 0.4, "columnspacing": 1, "borderaxespad": 0.2}
# The epochs at which they can be seen: closer together where more happens.
SHOWN = (0, 1, 2, 3, 5, 7, *range(10, 50, 5), *range(50, 100, 10), 100, 120, 150, 200, 250, 300, 400, 500, 700, EPOCHS)
SCALES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30)


@dataclass(frozen=True, eq=False)
class Hundred:
    """A hundred networks 2 → width → 1 after an epoch of training on XOR, each with the outputs for its four rows.

    y_hat : (100, 4, 1) outputs.   losses : (100,), nan for a network that has run away.
    A1_start, A1 : (100, 4, width), the hidden layer before the training and now.
    parameters : [{'W': (100, 2, width), 'b': (100, width)}, {'W': (100, width, 1), 'b': (100, 1)}].
    along : {epoch: Hundred}, what they were on their way.
    """

    y_hat: np.ndarray
    losses: np.ndarray
    A1_start: np.ndarray
    A1: np.ndarray
    parameters: list
    along: dict = field(default_factory=dict)


def train_hundred(width, activation, initializer, scale=1.0, *, epochs=EPOCHS, learning_rate=RATE, keep=()):
    """Train a hundred networks 2 → width → 1 on XOR with full batches, the seeds 0 to 99; the output is linear.

    initializer(n_inputs, n_neurons, rng) -> W; every weight is multiplied by `scale`.
    keep : the epochs, from 0, before which they are kept for `along`.

    Each of them ends where `NeuralNetwork(..., seed=seed)` ends. All first layers stand side by side as one of
    width · 100 neurons, so a step is one product of matrices and a few operations on arrays.
    """
    X, y = datasets.xor()
    n, f = len(X), ACTIVATIONS[activation]
    W1, W2 = np.empty((2, width, SEEDS)), np.empty((width, SEEDS))
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        W1[:, :, seed] = initializer(2, width, rng)
        W2[:, seed] = initializer(width, 1, rng)[:, 0]
    W1, W2 = scale * W1.reshape(2, width * SEEDS), scale * W2
    b1, b2 = np.zeros(width * SEEDS), np.zeros(SEEDS)

    def forward():
        """The hidden outputs (4, width, 100) and the outputs (4, 100)."""
        A1 = X @ W1
        A1 += b1
        A1 = f.function(A1, out=A1).reshape(n, width, SEEDS)
        return A1, (A1 * W2).sum(axis=1) + b2

    def hundred():
        A1, y_hat = forward()
        losses = np.mean((y_hat - y) ** 2, axis=0)
        losses[~(losses < 1e100)] = np.nan
        first = {"W": W1.reshape(2, width, SEEDS).transpose(2, 0, 1).copy(), "b": b1.reshape(width, SEEDS).T.copy()}
        second = {"W": W2.T[:, :, np.newaxis].copy(), "b": b2[:, np.newaxis].copy()}
        return Hundred(y_hat.T[:, :, np.newaxis], losses, start, A1.transpose(2, 0, 1).copy(), [first, second], along)

    along, start = {}, forward()[0].transpose(2, 0, 1).copy()
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(epochs):
            if epoch in keep:
                along[epoch] = hundred()
            A1, dA2 = forward()
            dA2 -= y
            dA2 *= learning_rate * 2 / n  # the rate is in here, so that every gradient below is a step
            dA2 = dA2[:, np.newaxis, :]
            dA1 = dA2 * W2
            dA1 *= f.derivative(A1)
            dZ1 = dA1.reshape(n, width * SEEDS)
            A1 *= dA2
            W2 -= A1.sum(axis=0)
            b2 -= dA2.sum(axis=(0, 1))
            W1 -= X.T @ dZ1
            b1 -= dZ1.sum(axis=0)
        return hundred()


def one_of(hundred, seed, activation):
    """The function (m, 2) -> (m, 1) of one of the hundred networks."""
    (W1, b1), (W2, b2) = ([layer[key][seed] for key in ("W", "b")] for layer in hundred.parameters)
    return lambda X: ACTIVATIONS[activation].function(X @ W1 + b1) @ W2 + b2


def all_equal(n_inputs, n_neurons, rng):
    """No drawing at all: every weight is 0.5."""
    return np.full((n_inputs, n_neurons), 0.5)


def is_solved(y_hat, y):
    """Whether every output is closer than 0.5 to its target."""
    return bool(np.all(np.abs(y_hat - y) < 0.5))


def dead_neurons(A):
    """How many columns of A (n, n_neurons) are 0 on every row."""
    return int(np.sum(np.all(A == 0, axis=0)))


def beside(flat):
    """Where a map (m, m) of True and False is True, and the three values around it along the rows and columns."""
    near = np.pad(flat, 3)
    for axis in (0, 1):
        near = np.any([np.roll(near, step, axis) for step in range(-3, 4)], axis=0)
    return near[3:-3, 3:-3]


def in_words(loss):
    """A loss with four decimals, or with a power of ten where these would be zeros."""
    return "below 10⁻⁶" if loss < 1e-6 else one_digit(loss) if loss < 1e-4 else f"{loss:.4f}"


def hundred_seeds(glorot=initializers.glorot, he=initializers.he, solved=is_solved, count_dead=dead_neurons):
    """A grid of a hundred seeds, solved or not, and what one of these networks answers all over the plane.

    glorot, he : functions (n_inputs, n_neurons, rng) -> W; solved(y_hat, y) -> bool; count_dead(A) -> int: the
    reader's own, or the library's.
    """
    draws = {"Glorot": glorot, "He": he, "all equal": all_equal}
    X, y = datasets.xor()
    fig, (grid, plane, curve) = figure(1, 3, size=(8.4, 3.6), width_ratios=(1.3, 1, 0.95))
    plot_seeds(np.ones(SEEDS), np.zeros(SEEDS, dtype=bool), grid, colorbar=False)
    shade = Patch(facecolor=LOSS_MAP(0.9), edgecolor="#CCCCCC", label="higher loss")
    grid.legend(handles=[*grid.lines, shade], ncols=3, loc="lower left", bbox_to_anchor=(-0.15, 1), **LEGEND)
    place = {"transform": grid.transAxes, "fontsize": 12, "fontweight": "bold", "animated": True}
    count = grid.text(-0.13, 1.13, "100 of 100 solved, before 100", **place)
    fig.get_layout_engine().set(rect=(0, 0, 1, 0.97))  # room for it
    tiles, right, wrong = (artist(grid, name) for name in ("losses", "solved", "not solved"))
    here = {"marker": "s", "markerfacecolor": "none", "color": COLORS["black"], "markeredgewidth": 2}
    (frame,) = grid.plot([], [], markersize=17, **here)
    plot_boundary(
        lambda points: np.zeros(len(points)), X, y, plane, resolution=RESOLUTION, limits=PLANE, colorbar=False
    )
    plane.set(xticks=[0, 1], yticks=[0, 1])
    answers, (points, axes) = artist(plane, "map"), decision_grid(PLANE, RESOLUTION)
    (boundary,) = plane.plot([], [], color=COLORS["black"], linewidth=1.5, label="output 0.5")
    above = {"loc": "lower left", "bbox_to_anchor": (-0.05, 1), "fontsize": 9.5} | LEGEND
    plane.legend(handles=[*plane.get_legend().legend_handles, boundary], ncols=3, **above)
    plane.get_legend().set_in_layout(False)  # it may be wider than the frame
    below = {"transform": plane.transAxes, "ha": "center", "va": "top", "animated": True, "in_layout": False}
    about = plane.text(0.5, -0.25, "", **below)
    (ranked,) = curve.plot([], [], "o", color=COLORS["blue"], markersize=4)
    (rank,) = curve.plot([], [], markersize=9, **here)
    ghost = Ghost(ranked)
    curve.set(xlim=(-3, SEEDS + 4), ylim=(SEED_LIMITS[0] / 2, 2 * SEED_LIMITS[1]), yscale="log", xticks=(1, 50, 100))
    curve.set_yticks([1e-6, 1e-4, 1e-2, 1], ["≤10⁻⁶", "10⁻⁴", "10⁻²", "≥1"])
    curve.minorticks_off()
    curve.set(xlabel="networks, the best first", ylabel="loss")
    lay_out(fig)
    plane.set_position(plane.get_position().translated(-0.015, 0))  # off the "loss" beside it

    def judged(hundred):
        return np.array([bool(solved(y_hat, y)) for y_hat in hundred.y_hat])

    def compute(activation, initializer, width, scale):
        hundred = train_hundred(width, activation, draws[initializer], scale, keep=SHOWN)
        return hundred, judged(hundred)

    def at(result, epoch):
        """The hundred after so many epochs, and which are solved then."""
        hundred = result[0].along.get(epoch)
        return (hundred, judged(hundred)) if hundred else result

    def ranks(losses):
        return np.arange(1, SEEDS + 1), np.clip(np.sort(losses), *SEED_LIMITS)  # nan comes last

    def draw(result, activation, initializer, seed, epoch, before):
        hundred, won = at(result, epoch)
        then = at(before.result, epoch) if before else None
        place = np.stack(np.divmod(np.arange(SEEDS), 10)[::-1], axis=1)  # (100, 2): column and row of a tile
        tiles.set_data(hundred.losses.reshape(10, 10))
        right.set_data(*place[won].T)
        wrong.set_data(*place[~won].T)
        numbers, losses = ranks(hundred.losses)
        own = np.clip(hundred.losses[seed], *SEED_LIMITS)
        alike = numbers[np.isclose(losses, own, rtol=0.01, equal_nan=True)]  # it is in the middle of its equals
        ranked.set_data(numbers, losses)
        ghost.show(before, then and ranks(then[0].losses))
        was = f", before {then[1].sum()}" if then and then[1].sum() != won.sum() else ""
        count.set_text(f"{won.sum()} of {SEEDS} solved{was}")
        frame.set_data(place[seed][:1], place[seed][1:])
        rank.set_data([alike.mean()], [own])
        with np.errstate(over="ignore", invalid="ignore"):
            output = decision_values(one_of(hundred, seed, activation), points, RESOLUTION)
        answers.set_data(output)
        flat = np.abs(output - 0.5) < 1e-3
        is_stuck = flat.mean() > 0.1  # then rounding, or the grid, would draw a line on its flat half
        boundary.set_data(*decision_line(np.ma.array(output, mask=beside(flat) & is_stuck), axes))
        white = "\nwhite: output 0.5" if flat.mean() > 0.5 else ""
        about.set_text(f"seed {seed}: loss {in_words(hundred.losses[seed])}{white}")
        exploded = int(np.isnan(hundred.losses).sum())
        if exploded:
            note(curve, f"{exploded} of {SEEDS} networks have exploded: gray tiles.")
        elif initializer == "all equal":
            note(curve, "Without chance all hundred networks are the same one.")
        if epoch < EPOCHS:
            return f"After epoch {epoch}, {won.sum()} of {SEEDS} seeds have solved XOR so far."
        if activation != "relu":
            return f"{won.sum()} of {SEEDS} seeds solve XOR."
        lame = np.array([count_dead(A1) > 0 for A1 in hundred.A1])  # above the tiles is how many solve it
        groups = {"fail": ~won, "solve XOR": won}
        parts = [f"in {sum(lame & kind)} of the {sum(kind)} that {do}" for do, kind in groups.items() if any(kind)]
        return f"A neuron is dead {', and '.join(parts)}."

    return Live(
        "hundred_seeds",
        question="How much of it is luck?",
        prediction=Prediction(
            "With 4 hidden ReLU neurons and He's weights, 72 of 100 seeds solve XOR. How many with 16 hidden neurons?",
            options=("fewer: there is more to learn", "about as many", "all, or nearly all"),
            answer="all, or nearly all",
            explanation="With 16, enough live neurons are left whatever the seed.",
            settings={"width": 16},
        ),
        controls={
            "activation": choice("hidden activation", ["tanh", "relu", "sigmoid"], "relu"),
            "initializer": choice("initializer", list(draws), "He"),
            "width": slider("hidden neurons", 1, 16, 4),
            "scale": list_slider("weights times", SCALES, 1),
            "seed": slider("seed to look at", 0, SEEDS - 1, 5),
            "epoch": list_slider("epochs shown", SHOWN, EPOCHS),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=80,
        alt="Left, a grid of ten by ten tiles, one per seed, darker where the loss is higher, with a dot for solved "
        "and a cross for not solved; one tile is framed. In the middle, what its network answers all over the plane. "
        "Right, the hundred losses from the lowest to the highest on a log scale.",
    )
