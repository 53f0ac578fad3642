"""Chapter 08: a curve through noisy points, and two losses that part, for a width, a noise, a number of points."""

from dataclasses import dataclass, replace

import numpy as np

from nnlib import NeuralNetwork, datasets, initializers
from nnlib.exercises.ch08_overfitting import split_rows
from nnlib.plots import COLORS, artist, figure, plot_history
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost, Names, lay_out

EPOCHS = 1000
RATE = 0.03
N_HELD = 20  # validation points
N_WATCHED = 1000  # those of the live figure, the same at every setting
TOP = 0.6  # of the losses shown
STEEPNESS = 10
TICKS = (0, 1, 10, 100, EPOCHS - 1)
SHOWN = (0, 1, 2, 3, 5, 7, *range(10, 100, 5), *range(100, 200, 10), *range(200, EPOCHS, 25), EPOCHS - 1)


@dataclass(frozen=True, eq=False)
class Watched:
    """A training run on a noisy sine, watched on rows of its own.

    X, y, X_val, y_val : (n, 1).   train_losses, val_losses : one an epoch.
    parameters : {epoch: those after it}, for the epochs of `SHOWN`.
    """

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    train_losses: list
    val_losses: list
    parameters: dict


def spread_start(width, seed):
    """Parameters of a network 1 → width → 1 whose tanh neurons have their bends anywhere between -1 and 1."""
    rng = np.random.default_rng(seed)
    side = rng.choice([-1.0, 1.0], size=width)
    place = rng.uniform(-1, 1, size=width)
    W1 = STEEPNESS * side.reshape(1, width)
    W2 = initializers.glorot(width, 1, rng)
    return [{"W": W1, "b": -STEEPNESS * side * place}, {"W": W2, "b": np.zeros(1)}]


def network(width):
    return NeuralNetwork(
        [
            {"n_inputs": 1, "n_neurons": width, "activation": "tanh"},
            {"n_inputs": width, "n_neurons": 1, "activation": "linear"},
        ],
        learning_rate=RATE,
        seed=0,
    )


def watched_run(width, noise, points, data=0):
    """Train a network on `points` points and watch it on 20 others, over a thousand full-batch epochs."""
    X, y = datasets.noisy_sine(n=points + N_HELD, noise=noise, seed=data)
    X, y, X_val, y_val = split_rows(X, y, N_HELD, np.random.default_rng(0))
    nn, parameters = network(width), {}
    nn.set_parameters(spread_start(width, seed=2))

    def remember(nn):
        if nn.epoch - 1 in SHOWN:
            parameters[nn.epoch - 1] = nn.get_parameters()

    history = nn.fit(X, y, EPOCHS, batch_size=points, validation_data=(X_val, y_val), callback=remember)
    return Watched(X, y, X_val, y_val, history["train_loss"], history["val_loss"], parameters)


def watched_losses(width, noise, points, data_sets):
    """The losses of `watched_run` on many data sets, trained side by side: a fraction of the time.

    Returns train_losses and val_losses, each (number of data sets, epochs).
    """
    sets = [
        split_rows(*datasets.noisy_sine(n=points + N_HELD, noise=noise, seed=data), N_HELD, np.random.default_rng(0))
        for data in data_sets
    ]
    X, y, X_val, y_val = (np.stack(parts) for parts in zip(*sets))  # (sets, rows, 1)
    hidden, output = spread_start(width, seed=2)
    W1, b1 = hidden["W"], hidden["b"]
    W2, b2 = output["W"], output["b"]  # from the first step on there is one of each for every set
    losses = np.empty((2, EPOCHS, len(sets)))
    for epoch in range(EPOCHS):
        A = np.tanh(X * W1 + b1)  # (sets, rows, width)
        error = A @ W2 + b2 - y
        losses[0, epoch] = np.mean(error**2, axis=(1, 2))
        dZ = 2 / points * error
        dA = dZ * np.swapaxes(W2, -1, -2) * (1 - A**2)
        W2 = W2 - RATE * np.swapaxes(A, 1, 2) @ dZ
        b2 = b2 - RATE * dZ.sum(axis=1, keepdims=True)
        W1 = W1 - RATE * np.swapaxes(X, 1, 2) @ dA
        b1 = b1 - RATE * dA.sum(axis=1, keepdims=True)
        val_error = np.tanh(X_val * W1 + b1) @ W2 + b2 - y_val
        losses[1, epoch] = np.mean(val_error**2, axis=(1, 2))
    return losses[0].T, losses[1].T


def the_gap():
    """The fitted curve at an epoch, and the two losses over a thousand, for a width, a noise and a number of points."""
    grid = np.linspace(-1, 1, 301).reshape(-1, 1)
    fig, (plane, curves) = figure(1, 2, size=(8.4, 3.24), width_ratios=(1.1, 1))
    (watched,) = plane.plot([], [], ".", color="#DBA27F", markersize=2, label="validation", zorder=1.5)
    plane.plot(grid, np.sin(np.pi * grid), color=COLORS["black"], linestyle=":", linewidth=1.4, label="the sine")
    look = {"color": COLORS["blue"], "markeredgecolor": "black", "markeredgewidth": 0.6}
    (learned,) = plane.plot([], [], "o", label="training", **look)
    (fitted,) = plane.plot([], [], color=COLORS["blue"], label="the network")
    plane.set(xlim=(-1, 1), ylim=(-2.6, 2.6), xticks=(-1, -0.5, 0, 0.5, 1), xlabel="x", ylabel="y")
    above = {"loc": "lower left", "bbox_to_anchor": (-0.12, 1), "borderaxespad": 0.2}
    plane.legend(ncols=4, handlelength=1.2, handletextpad=0.4, columnspacing=1, fontsize=9.5, frameon=False, **above)
    plane.get_legend().set_in_layout(False)  # it may be wider than the frame
    plane.get_legend().legend_handles[0].set_markersize(5)
    plot_history({"train_loss": [0.0], "val_loss": [0.0]}, curves)
    curves.get_legend().remove()
    train_line, val_line = artist(curves, "train_loss"), artist(curves, "val_loss")
    rise = curves.fill_between([], [], [], color=COLORS["vermillion"], alpha=0.2, linewidth=0, label="the rise")
    (level,) = curves.plot([], [], ":", color=COLORS["black"], linewidth=1.2)
    (here,) = curves.plot([], [], color=COLORS["gray"], linewidth=1)
    (lowest,) = curves.plot([], [], "v", color=COLORS["black"], markersize=9)
    room = {"ha": "right", "va": "center", "fontsize": 9.5, "color": COLORS["vermillion"], "animated": True}
    risen = curves.text(0, 0, "the rise", **room)
    # All but the slow rise happens in the first hundred epochs, so each power of ten has equal room.
    curves.set_xscale("symlog", linthresh=1, linscale=0.3)
    curves.set(ylabel="loss (mean squared error)", xlabel="epoch (log scale)", xlim=(0, 1.2 * EPOCHS), ylim=(0, TOP))
    curves.set_xticks(TICKS, TICKS, minor=False)
    ghost = Ghost(val_line, name="validation")
    names = Names(curves, [COLORS[color] for color in ("vermillion", "black", "blue")], "▼ validation 0.000")
    lay_out(fig)

    def compute(width, noise, points, data):
        run, nn = watched_run(width, noise, points, data), network(width)
        X_val, y_val = datasets.noisy_sine(n=N_WATCHED, noise=noise, seed=1)
        val_losses = []
        for parameters in run.parameters.values():
            nn.set_parameters(parameters)
            val_losses.append(nn.loss(X_val, y_val))
        return replace(run, X_val=X_val, y_val=y_val, val_losses=val_losses), nn

    def draw(result, points, epoch, before):
        run, nn = result
        at = SHOWN.index(epoch)
        nn.set_parameters(run.parameters[epoch])
        fitted.set_data(grid, nn.predict(grid))
        learned.set_data(run.X, run.y)
        learned.set_markersize(6 if points <= 40 else 4)
        watched.set_data(run.X_val, run.y_val)
        train, val = run.train_losses[: epoch + 1], run.val_losses[: at + 1]
        train_line.set_data(range(epoch + 1), train)
        val_line.set_data(SHOWN[: at + 1], val)
        ghost.show(before, before and (SHOWN, before.result[0].val_losses))
        first = int(np.argmin(run.val_losses))
        best, least = SHOWN[first], run.val_losses[first]
        rise.set_data(SHOWN[first : at + 1], least, val[first:])
        level.set_data([best, EPOCHS - 1] if best <= epoch else [], [least] * 2 if best <= epoch else [])
        risen.set_visible(best < epoch and 0.05 < val[-1] - least and val[-1] < TOP)  # where there is room
        beside = max(best, 0.45 * epoch)
        risen.set_position((beside, np.interp(beside, SHOWN[: at + 1], val) + 0.02))
        here.set_data([epoch, epoch], [0, TOP])
        lowest.set_data([best], [least + 0.016])
        lowest.set_visible(best <= epoch)
        risen_since = 0 < epoch - best  # otherwise the lowest so far is the end
        ends = min(val[-1], TOP - 0.03), least if risen_since else np.nan, train[-1]
        at = (curves.transScale + curves.transLimits).transform((epoch, 0))[0] + 0.01
        validation = "▼ validation" if best == epoch else "validation"
        validation = "↑ validation" if val[-1] > TOP else validation
        words = [
            f"{name} {end:.3f}" for name, end in zip((validation, "▼ best", "training"), (val[-1], least, train[-1]))
        ]
        names.show(ends, words, (at, 1, at))
        if epoch == EPOCHS - 1 and val[-1] > TOP:
            note(curves, f"The validation loss ends at {val[-1]:.2f}, above the figure.", height=0.85)
        words = f"Epoch {epoch}: training loss {train[-1]:.3f}, validation loss {val[-1]:.3f}. "
        if best > epoch:
            return words
        words += f"Best epoch {best}: validation loss {least:.3f}"
        return words + (
            ", still falling at the end." if best == EPOCHS - 1 else f", risen since by {val[-1] - least:.3f}."
        )

    return Live(
        "the_gap",
        question="What makes the validation loss rise above its own best?",
        prediction=Prediction(
            "With 20 points the validation loss rises from its best, 0.208, to 0.356. And with 160 points?",
            options=("it rises more", "it rises as much", "it hardly rises"),
            answer="it hardly rises",
            explanation="One curve cannot bend to the noise of 160 points.",
            settings={"points": 160},
        ),
        controls={
            "width": list_slider("hidden neurons", (1, 2, 3, 5, 10, 20, 40), 40),
            "noise": slider("noise", 0.0, 0.6, 0.4, step=0.05),
            "points": list_slider("training points", (10, 20, 40, 80, 160), 20),
            "epoch": list_slider("epoch shown", SHOWN, EPOCHS - 1),
            "data": slider("seed of the data", 0, 9, 0),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=60,
        alt="Left, noisy training and validation points of a sine, and the curve that the network draws at the epoch "
        "shown. Right, training and validation loss over 1000 epochs, on a log scale of epochs; a triangle marks the "
        "smallest validation loss, and the rise from there on is shaded.",
    )
