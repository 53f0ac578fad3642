"""Chapter 12: a run that is resumed from a file in which something is missing, beside the unbroken run."""

import copy
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nnlib import ExponentialLR, NeuralNetwork, datasets, initializers
from nnlib.exercises.ch12_save_load_resume import checkpoint, resume
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import choice, slider
from nnlib.widgets.live.figure import Live, Prediction, note

EPOCHS, EVERY = 300, 5  # the run is kept, and can be interrupted, before every fifth epoch
SIZES, NAMES = (2, 10, 1), ["tanh", "linear"]
LIMITS = (0.018, 0.15)  # of the picture of the losses
FLOOR = 1e-16  # the lower edge of the picture of the difference


def start_run(seed):
    """A run that has not begun: parameters, settings, epoch, losses and generator in one dict."""
    rng = np.random.default_rng(seed)
    parameters = [{"W": initializers.glorot(i, o, rng), "b": np.zeros(o)} for i, o in zip(SIZES, SIZES[1:])]
    settings = {"activations": NAMES, "learning_rate": 0.3, "gamma": 0.994, "batch_size": 8}
    return {"parameters": parameters, **settings, "epoch": 0, "losses": [], "rng": rng}


def go_on(run, X, y, epochs):
    """The run, `epochs` epochs of mini-batch descent later: a new dict, around the same generator.

    X, y : (n, n_inputs), (n, n_outputs). Each epoch takes one permutation; its rate is learning_rate · gamma^epoch.
    """
    layers = [
        {"n_inputs": len(layer["W"]), "n_neurons": len(layer["b"]), "activation": name}
        for layer, name in zip(run["parameters"], run["activations"], strict=True)
    ]
    schedule = ExponentialLR(run["gamma"])
    rng, dice = run["rng"], run["rng"].bit_generator.state
    nn = NeuralNetwork(
        layers, run["learning_rate"], scheduler=lambda epoch, rate: schedule(run["epoch"] + epoch, rate), seed=rng
    )
    nn.set_parameters(run["parameters"])
    rng.bit_generator.state = dice  # as if no weights had been drawn
    losses = nn.fit(X, y, epochs, run["batch_size"])["train_loss"]
    now = {"parameters": nn.get_parameters(), "epoch": run["epoch"] + epochs}
    return run | now | {"losses": [*run["losses"], *losses]}


# ---- what can be left out: from the run in the file and a fresh one, the run without it --------------


def _rounded(run):
    return [{key: array.astype(np.float32).astype(np.float64) for key, array in p.items()} for p in run["parameters"]]


LEFT_OUT = {
    "nothing": lambda run, fresh: run,
    "the history": lambda run, fresh: run | {"losses": []},
    "the generator's state": lambda run, fresh: run | {"rng": fresh["rng"]},
    "the epoch number": lambda run, fresh: run | {"epoch": 0},
    "the schedule": lambda run, fresh: run | {"gamma": 1.0},
    "the weights of layer 1": lambda run, fresh: run | {"parameters": [fresh["parameters"][0], *run["parameters"][1:]]},
    "half of the digits (saved as float32)": lambda run, fresh: run | {"parameters": _rounded(run)},
    "all but the weights": lambda run, fresh: fresh | {"parameters": run["parameters"]},
}


@dataclass(frozen=True, eq=False)
class Resumed:
    """The unbroken run and the resumed one, both at their end.

    first : the epoch before which it was interrupted.   rates, losses : of the unbroken run, (300,).
    new_rates, new_losses : of the resumed run after the break, (300 - first,).   kept : losses in its history.
    """

    unbroken: dict
    resumed: dict
    first: int
    rates: np.ndarray
    losses: np.ndarray
    new_rates: np.ndarray
    new_losses: np.ndarray

    @property
    def loss_difference(self):
        """|resumed - unbroken|, the loss of every epoch after the break."""
        return np.abs(self.new_losses - self.losses[self.first :])

    @property
    def weight_difference(self):
        """The largest difference between two final parameters."""
        pairs = zip(self.unbroken["parameters"], self.resumed["parameters"], strict=True)
        return max(float(np.max(np.abs(a[key] - b[key]))) for a, b in pairs for key in ("W", "b"))

    @property
    def equal(self):
        """Whether the final parameters and the losses since the break are equal bit for bit."""
        pairs = zip(self.unbroken["parameters"], self.resumed["parameters"], strict=True)
        weights = all(np.array_equal(a[key], b[key]) for a, b in pairs for key in ("W", "b"))
        return weights and np.array_equal(self.new_losses, self.losses[self.first :])


@cache
def _unbroken(seed):
    """The unbroken run of a seed before the epochs 0, 5, 10, ... and at its end: {epoch: run}."""
    X, y = data()
    run = start_run(seed)
    runs = {0: run}
    for _ in range(0, EPOCHS, EVERY):
        run = go_on(run | {"rng": copy.deepcopy(run["rng"])}, X, y, EVERY)
        runs[run["epoch"]] = run
    return runs


def data():
    """The points of the chapter: X (80, 2), y (80, 1)."""
    return datasets.moons(n=80, noise=0.15, seed=0)


def resume_without(what, first, seed, checkpoint=checkpoint, resume=resume):
    """Interrupt the run of `seed` before epoch `first` (0, 5, ... 300), and go on from a file that lacks `what`.

    In its place comes what a fresh run with another seed, 1000 more, has.
    """
    runs = _unbroken(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "run.npz"
        checkpoint(path, copy.deepcopy(runs[first]))
        found = LEFT_OUT[what](resume(path), start_run(1000 + seed))
    begin = found["epoch"]
    resumed = go_on(found, *data(), EPOCHS - first)
    schedules = [ExponentialLR(run["gamma"]) for run in (runs[0], found)]
    rates, new_rates = (
        np.array([schedule(epoch, runs[0]["learning_rate"]) for epoch in epochs])
        for schedule, epochs in zip(schedules, (range(EPOCHS), range(begin, begin + EPOCHS - first)))
    )
    losses = np.array(runs[EPOCHS]["losses"])
    new_losses = np.array(resumed["losses"][len(found["losses"]) :])
    return Resumed(runs[EPOCHS], resumed, first, rates, losses, new_rates, new_losses)


def three_broken_runs():
    """The losses of an unbroken run and of three that were resumed after epoch 120: (300,), {"A": (300,), ...}."""
    missing = {"A": "the schedule", "B": "half of the digits (saved as float32)", "C": "the generator's state"}
    runs = {name: resume_without(what, 120, seed=2) for name, what in missing.items()}
    unbroken = runs["A"].losses
    return unbroken, {name: np.concatenate([unbroken[:120], run.new_losses]) for name, run in runs.items()}


def plot_resumed(result, axes, at=None):
    """The learning rate above, the loss below, of an unbroken run and of one that was resumed; returns the artists.

    result : `Resumed`. axes : two Axes. at : the epoch at which the resumed losses are drawn, the break unless given.
    """
    rate, loss = axes
    at = result.first if at is None else at
    old, new = np.arange(EPOCHS), np.arange(EPOCHS - result.first)
    artists = {}
    for ax, name, whole, part in (
        (rate, "rate", result.rates, result.new_rates),
        (loss, "loss", result.losses, result.new_losses),
    ):
        (artists[name],) = ax.plot(old, whole, color=COLORS["sky"], linewidth=3, label="unbroken")
        (artists[f"new {name}"],) = ax.plot(
            at + new, part, color=COLORS["vermillion"], linestyle=(0, (4, 1.5)), linewidth=1.4, label="resumed"
        )
        artists[f"{name} break"] = ax.axvline(result.first, color=COLORS["black"], linestyle=":", linewidth=1.2)
        ax.set(xlim=(0, EPOCHS))
    rate.set(ylabel="learning rate", ylim=(0, 0.32))
    loss.set(ylabel="training loss", yscale="log", ylim=LIMITS, xlabel="epoch")
    loss.set_yticks([0.02, 0.05, 0.1], ["0.02", "0.05", "0.1"], minor=False)
    loss.set_yticks([], minor=True)
    rate.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, ncols=2)  # above all curves
    return artists


def left_out(checkpoint=checkpoint, resume=resume):
    """A run of 300 epochs, interrupted at an epoch of the reader's choice and resumed without an item of its state.

    checkpoint(path, run), resume(path) -> run: the reader's own functions, or the library's.
    """
    fig, axes = figure(3, 1, size=(8.4, 3.5), sharex=True, height_ratios=(1, 2.2, 1.4))
    artists = plot_resumed(resume_without("nothing", 180, 0), axes[:2])
    axes[1].set(xlabel="")
    (gap,) = axes[2].plot([], [], ".", color=COLORS["purple"], markersize=4)
    axes[2].set(yscale="log", ylim=(FLOOR, 10), xlabel="epoch", ylabel="difference\nof the losses")
    axes[2].set_yticks([1e-16, 1e-12, 1e-8, 1e-4, 1])

    def compute(what, first, seed):
        return resume_without(what, first, seed, checkpoint, resume)

    def draw(result, what, first, seed, epoch):
        at = 0 if what == "the history" else first  # without its past a curve begins at 0
        epochs = np.arange(max(0, epoch - first))  # those of the resumed run that are shown
        now = np.arange(epoch)
        artists["rate"].set_data(now, result.rates[:epoch])
        artists["loss"].set_data(now, result.losses[:epoch])
        artists["new rate"].set_data(first + epochs, result.new_rates[: len(epochs)])
        artists["new loss"].set_data(at + epochs, np.clip(result.new_losses[: len(epochs)], 0, LIMITS[1]))
        for name in ("rate break", "loss break"):
            artists[name].set_xdata([first, first])
        difference = result.loss_difference
        shown = difference[: len(epochs)] > 0
        gap.set_data((first + epochs)[shown], difference[: len(epochs)][shown])
        words = f"Left out: {what}. Interrupted after {first} epochs, seed {seed}. "
        if first == EPOCHS:
            note(axes[1], "The run was over: no epoch is left to do.")
        elif epoch == EPOCHS and not shown.any():
            note(axes[2], "the same in every epoch: 0")
        if epoch < EPOCHS:
            return words + f"Epoch {epoch}."
        if result.equal:
            return words + "The largest difference is 0: equal bit for bit."
        largest = f"{difference.max():.1e} between two losses, " if first < EPOCHS else ""
        return words + f"The largest difference is {largest}{result.weight_difference:.1e} between two final weights."

    return Live(
        "left_out",
        question="What must be in the file?",
        prediction=Prediction(
            "Nothing is left out, and the two runs are equal bit for bit. Now interrupt after 0 epochs, before "
            "anything has been trained, and leave out the generator's state: the dice of another seed take over. How "
            "will the final weights compare?",
            options=("equal bit for bit", "different in the last digits", "different"),
            answer="different",
            explanation="The generator deals the batches of all 300 epochs, and that of another seed deals others. The "
            "state is not what a run has done; it is what decides how it goes on.",
            settings={"what": "the generator's state", "first": 0},
        ),
        controls={
            "what": choice("left out", list(LEFT_OUT), "nothing"),
            "first": slider("interrupt after epochs", 0, EPOCHS, 180, step=EVERY),
            "seed": slider("seed", 0, 20, 0),
            "epoch": slider("epoch shown", 0, EPOCHS, EPOCHS, step=EVERY),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=50,
        alt="Above the learning rate, in the middle the loss of an unbroken run as a broad line and of a resumed one "
        "as a dashed line from the break on, below the difference of the two losses on a log scale.",
    )
