"""Chapter 12: runs that are resumed from files in which something is missing, beside the unbroken run."""

import copy
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nnlib import ExponentialLR, NeuralNetwork, datasets, initializers
from nnlib.exercises.ch12_save_load_resume import checkpoint, resume
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction, note

EPOCHS, EVERY = 300, 5  # the run is kept, and can be interrupted, before every fifth epoch
SIZES, NAMES = (2, 10, 1), ["tanh", "linear"]
LIMITS = (0.018, 0.15)  # of the picture of the losses


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
    rng, state = run["rng"], run["rng"].bit_generator.state
    nn = NeuralNetwork(
        layers, run["learning_rate"], scheduler=lambda epoch, rate: schedule(run["epoch"] + epoch, rate), seed=rng
    )
    nn.set_parameters(run["parameters"])
    rng.bit_generator.state = state  # as if no weights had been drawn
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
    "half of the digits (float32)": lambda run, fresh: run | {"parameters": _rounded(run)},
    "all but the weights": lambda run, fresh: fresh | {"parameters": run["parameters"]},
}
PANELS = (  # of the live figure: one item each, those that only the eye misses at the left
    "the history",
    "the generator's state",
    "the epoch number",
    "half of the digits (float32)",
    "the weights of layer 1",
    "the schedule",
)


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

    In its place comes what a fresh run with another seed, 1000 more, has; in place of the schedule, no decay; in
    place of the digits, zeros.
    """
    return resume_without_each([what], first, seed, checkpoint, resume)[what]


def resume_without_each(items, first, seed, checkpoint=checkpoint, resume=resume):
    """The same for several items, all from one file: {item: `Resumed`}.

    Two runs that go on from the same state are trained once. What training depends on is all in the state, which
    the history is no part of.
    """
    unbroken, trained, results = _unbroken(seed), {}, {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "run.npz"
        checkpoint(path, copy.deepcopy(unbroken[first]))
        for what in items:
            found = LEFT_OUT[what](resume(path), start_run(1000 + seed))
            state = _state_of(found)
            if state not in trained:
                trained[state] = go_on(found | {"losses": []}, *data(), EPOCHS - first)
            now = trained[state] | {"losses": [*found["losses"], *trained[state]["losses"]]}
            results[what] = _beside(unbroken, now, found, first)
    return results


def _state_of(run):
    """What decides how a run goes on, as a text: two runs with the same text have the same future."""
    rest = {key: value for key, value in run.items() if key not in ("parameters", "losses", "rng")}
    arrays = [(array.dtype.str, array.tobytes()) for p in run["parameters"] for array in p.values()]
    return repr((sorted(rest.items()), arrays, run["rng"].bit_generator.state))


def _beside(unbroken, resumed, found, first):
    """The two runs at their end, with the rates that they took; `found` is the one that was in the file."""
    begin = found["epoch"]

    def rates(run, epochs):
        schedule = ExponentialLR(run["gamma"])
        return np.array([schedule(epoch, unbroken[0]["learning_rate"]) for epoch in epochs])

    return Resumed(
        unbroken[EPOCHS],
        resumed,
        first,
        rates=rates(unbroken[0], range(EPOCHS)),
        losses=np.array(unbroken[EPOCHS]["losses"]),
        new_rates=rates(found, range(begin, begin + EPOCHS - first)),
        new_losses=np.array(resumed["losses"][len(found["losses"]) :]),
    )


def three_broken_runs():
    """The losses of an unbroken run and of three that were resumed after epoch 120: (300,), {"A": (300,), ...}."""
    missing = {"A": "the schedule", "B": "half of the digits (float32)", "C": "the generator's state"}
    runs = {name: resume_without(what, 120, seed=2) for name, what in missing.items()}
    unbroken = runs["A"].losses
    return unbroken, {name: np.concatenate([unbroken[:120], run.new_losses]) for name, run in runs.items()}


def plot_resumed(result, ax):
    """The loss of an unbroken run, and from the break on that of a resumed one; returns the two lines and the break.

    result : `Resumed`, or None for empty lines.
    """
    (whole,) = ax.plot([], [], color=COLORS["sky"], linewidth=3, label="unbroken")
    (part,) = ax.plot([], [], color=COLORS["vermillion"], linestyle=(0, (4, 1.5)), linewidth=1.4, label="resumed")
    line = ax.axvline(0, color=COLORS["black"], linestyle=":", linewidth=1.2)
    ax.set(xlim=(0, EPOCHS), ylim=LIMITS, yscale="log")
    ax.set_yticks([0.02, 0.05, 0.1], ["0.02", "0.05", "0.1"], minor=False)
    ax.set_yticks([], minor=True)
    if result is not None:
        whole.set_data(np.arange(EPOCHS), result.losses)
        part.set_data(np.arange(result.first, EPOCHS), result.new_losses)
        line.set_xdata([result.first, result.first])
    return whole, part, line


def in_digits(difference):
    """A difference in words: 0, and else one digit with its power of ten."""
    return f"up to {difference:.0e}".replace("e-0", "e-") if difference else "exactly 0"


def left_out(checkpoint=checkpoint, resume=resume):
    """A run of 300 epochs, interrupted at an epoch of the reader's choice and resumed six times, an item missing each.

    checkpoint(path, run), resume(path) -> run: the reader's own functions, or the library's.
    """
    fig, axes = figure(2, 3, size=(8.4, 3.5), sharex=True, sharey=True)
    panels = {}
    for ax, what in zip(axes.flat, PANELS, strict=True):
        card = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        words = ax.text(0.97, 0.95, "", transform=ax.transAxes, ha="right", va="top", fontsize=10, bbox=card)
        panels[what] = *plot_resumed(None, ax), words
        ax.set_title("without " + what.split(" (")[0], fontsize=10.5)
    for ax in axes[1]:
        ax.set(xlabel="epoch")
    for ax in axes[:, 0]:
        ax.set(ylabel="training loss")
    lines = panels["the history"][:2]
    fig.legend(handles=lines, loc="outside upper right", ncols=2, frameon=False, fontsize=10)

    def compute(first, seed):
        return resume_without_each(PANELS, first, seed, checkpoint, resume)

    def draw(results, first, seed, epoch):
        for what, (whole, part, line, words) in panels.items():
            result = results[what]
            new = result.new_losses[: max(0, epoch - first)]
            at = 0 if what == "the history" else first  # without its past a curve begins at 0
            whole.set_data(np.arange(epoch), result.losses[:epoch])
            part.set_data(at + np.arange(len(new)), np.clip(new, 0, LIMITS[1]))
            line.set_xdata([first, first])
            words.set_text(in_digits(result.loss_difference.max()) if epoch == EPOCHS and first < EPOCHS else "")
        if first == EPOCHS:
            note(axes[0, 1], "The run was over: no epoch is left to do.")
        before = f"Interrupted after {first} epochs, seed {seed}. "
        if epoch < EPOCHS:
            return before + f"Epoch {epoch}."
        equal = [what for what in PANELS if results[what].equal]
        return before + f"Equal bit for bit, weights and losses: {' and '.join(equal) or 'none'}."

    return Live(
        "left_out",
        question="What must be in the file?",
        prediction=Prediction(
            "Now interrupt after 0 epochs, before anything has been trained. What can be missing then, besides the "
            "history, without changing a bit of the run?",
            options=("the generator's state", "the epoch number", "both", "nothing else"),
            answer="the epoch number",
            explanation="It is 0 then, as in a fresh run. But the generator of another seed shuffles all 300 epochs "
            "otherwise: the state is not what a run has done, but what decides how it goes on.",
            settings={"first": 0},
        ),
        controls={
            "first": slider("interrupt after epochs", 0, EPOCHS, 180, step=EVERY),
            "seed": slider("seed", 0, 20, 0),
            "epoch": slider("epoch shown", 0, EPOCHS, EPOCHS, step=EVERY),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=50,
        alt="Six panels, one for each item left out. In each, the loss of an unbroken run as a broad line, that of a "
        "resumed run as a dashed one from the break on, or from 0 on without its history, and the largest difference "
        "of the two.",
    )
