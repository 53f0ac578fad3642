"""Chapter 12: runs that are resumed from files in which something is missing, beside the unbroken run."""

import copy
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from nnlib import ExponentialLR, datasets, initializers
from nnlib.activations import ACTIVATIONS
from nnlib.exercises.ch12_save_load_resume import checkpoint, resume
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction
from nnlib.widgets.live.marks import lay_out, one_digit

EPOCHS, EVERY = 300, 5  # the run is kept, and can be interrupted, before every fifth epoch
SIZES, NAMES = (2, 10, 1), ["tanh", "linear"]
LOSS_LIMITS = (0.018, 0.15)  # of the picture of the losses
LIMITS = (1e-12, 3)  # of that of their differences;
IDENTICAL = 1e-14  # where 0 stands, which has no place on a log scale
RECENT = 10  # epochs whose largest difference a curve shows


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
    return go_on_together([run], X, y, epochs)[0]


def go_on_together(runs, X, y, epochs):
    """The same for several runs of one configuration, each with its own generator, in a fraction of the time.

    A column of ones beside the inputs of a layer makes the last row of its table the biases. NumPy multiplies the
    matrices of a stack one by one, so that a run goes on alone as it does beside others, bit for bit.
    """
    parameters, size = [run["parameters"] for run in runs], runs[0]["batch_size"]
    functions = [ACTIVATIONS[name] for name in runs[0]["activations"]]
    tables = [np.stack([np.vstack([own["W"], own["b"]]) for own in layer]) for layer in zip(*parameters, strict=True)]
    schedules = [(ExponentialLR(run["gamma"]), run["epoch"], run["learning_rate"]) for run in runs]
    X, losses = np.hstack([X, np.ones((len(X), 1))]), np.empty((len(runs), epochs))
    hidden = [np.ones((len(runs), size, table.shape[2] + 1)) for table in tables[:-1]]  # with its column of ones
    for epoch in range(epochs):
        rates = np.array([schedule(first + epoch, rate) for schedule, first, rate in schedules])[:, None, None]
        order = np.stack([run["rng"].permutation(len(X)) for run in runs])
        X_epoch, y_epoch = X[order], y[order]
        errors = np.empty_like(y_epoch)
        for start in range(0, len(X), size):
            rows = slice(start, start + size)
            trace = [X_epoch[:, rows], *(A[:, : len(X) - start] for A in hidden)]
            for A_in, A, table, f in zip(trace, trace[1:], tables, functions):
                f.function(A_in @ table, out=A[:, :, :-1])
            A = functions[-1].function(trace[-1] @ tables[-1])
            np.subtract(A, y_epoch[:, rows], out=errors[:, rows])
            dA = errors[:, rows] * (2 / A[0].size * rates)  # with the rate, so that each gradient below is a step
            for k in reversed(range(len(tables))):
                dZ = dA * functions[k].derivative(A)
                if k:
                    dA, A = dZ @ tables[k][:, :-1].transpose(0, 2, 1), trace[k][:, :, :-1]
                tables[k] -= trace[k].transpose(0, 2, 1) @ dZ
        losses[:, epoch] = np.mean(errors**2, axis=(1, 2))
    return [
        run
        | {"parameters": [{"W": table[k, :-1], "b": table[k, -1]} for table in tables]}
        | {"epoch": run["epoch"] + epochs, "losses": [*run["losses"], *losses[k].tolist()]}
        for k, run in enumerate(runs)
    ]


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
PANELS = {  # of the live figure, from harmless to ruinous: the color and line of each
    "the history": (COLORS["green"], "-"),
    "half of the digits (float32)": (COLORS["blue"], "-"),
    "the generator's state": (COLORS["purple"], (0, (1, 1))),
    "the epoch number": ("#8A5C00", (0, (5, 1.5))),  # orange letters would be too light
    "the schedule": (COLORS["vermillion"], "-"),
    "the weights of layer 1": (COLORS["black"], (0, (6, 1.5, 1, 1.5))),
}
APART, WEIGHTS_APART = "difference\nof the two losses", "largest difference\nof a weight"  # names of the axis


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
        """|resumed - unbroken|, every final weight and bias."""
        ends = zip(self.unbroken["parameters"], self.resumed["parameters"], strict=True)
        return np.concatenate([np.abs(b[key] - a[key]).ravel() for a, b in ends for key in ("W", "b")])

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
    unbroken, found = _unbroken(seed), {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "run.npz"
        checkpoint(path, copy.deepcopy(unbroken[first]))
        for what in items:
            found[what] = LEFT_OUT[what](resume(path), start_run(1000 + seed))
    states = {what: _state_of(run) for what, run in found.items()}
    distinct = {states[what]: run | {"losses": []} for what, run in found.items()}
    trained = dict(zip(distinct, go_on_together(list(distinct.values()), *data(), EPOCHS - first)))
    results = {}
    for what, run in found.items():
        now = trained[states[what]] | {"losses": [*run["losses"], *trained[states[what]]["losses"]]}
        results[what] = _beside(unbroken, now, run, first)
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
    """The loss of an unbroken run, and from the break on that of a resumed one, a `Resumed`."""
    after = np.arange(result.first, EPOCHS)
    ax.plot(result.losses, color=COLORS["sky"], linewidth=3, label="unbroken")
    look = {"color": COLORS["vermillion"], "linestyle": (0, (4, 1.5)), "linewidth": 1.4}
    ax.plot(after, result.new_losses, **look, label="resumed")
    ax.axvline(result.first, color=COLORS["black"], linestyle=":", linewidth=1.2)
    ax.set(xlim=(0, EPOCHS), ylim=LOSS_LIMITS, yscale="log")
    ax.set_yticks([0.02, 0.05, 0.1], ["0.02", "0.05", "0.1"], minor=False)
    ax.set_yticks([], minor=True)
    return ax


def in_a_row(words):
    """Words as a sentence has them: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def left_out(checkpoint=checkpoint, resume=resume):
    """A run of 300 epochs, interrupted at an epoch of the reader's choice and resumed six times, an item missing each.

    checkpoint(path, run), resume(path) -> run: the reader's own functions, or the library's.
    """
    fig, axes = figure(2, 2, size=(8.4, 3.6), width_ratios=(2, 1), height_ratios=(2.4, 1), sharex="col")
    (ax, side), (low, empty) = axes
    empty.remove()
    side.set_subplotspec(side.get_gridspec()[:, 1])
    ax.set(yscale="log", ylim=(1e-4, 4), ylabel=WEIGHTS_APART)  # what can be seen in a plot of the losses,
    ax.set_yticks([1e-4, 1e-3, 1e-2, 0.1, 1], ["0.0001", "0.001", "0.01", "0.1", "1"])
    low.set(yscale="log", ylim=(IDENTICAL / 8, 1e-5), xlabel="epoch")  # and what cannot
    low.set_yticks([IDENTICAL, 1e-10, 1e-6], ["identical", "$10^{-10}$", "$10^{-6}$"])
    low.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.minorticks_off()
    low.minorticks_off()
    (loss,) = ax.plot([], [], color=COLORS["sky"], linewidth=4, label="the unbroken run's loss")
    ax.plot([], [], color="#555555", linewidth=1.6, label=f"difference: the largest of {RECENT} epochs")
    key = {"handlelength": 1.6, "columnspacing": 1.6, "handletextpad": 0.6, "frameon": False, "fontsize": 10}
    legend = fig.legend(handles=ax.lines[:2], loc="outside upper left", ncols=2, **key)
    side.set(xlim=(-0.06, 1), ylim=(-0.5, len(PANELS) - 0.5))
    side.set_axis_off()
    side.text(0, len(PANELS) - 0.45, "without", fontsize=10.5, va="bottom", in_layout=False)
    rows = {}
    for k, (what, (color, style)) in enumerate(PANELS.items()):
        look = {"color": color, "linewidth": 1.8}
        curves = [each.plot([], [], linestyle=style, **look)[0] for each in (ax, low)]
        look |= {"markersize": 7, "clip_on": False, "in_layout": False, "zorder": 4, "markerfacecolor": "white"}
        if k == len(PANELS) - 1:  # smaller and above all, so that the one below it is seen around it
            look |= {"markersize": 4, "zorder": 5}
        ends = [each.plot([], [], "D", **look)[0] for each in (ax, low)]
        side.plot([0, 0.13], [k + 0.2] * 2, linestyle=style, color=color, linewidth=1.8)
        place = {"color": color, "va": "center", "fontsize": 10.5}
        side.text(0.17, k + 0.2, what.split(" (")[0], **place)
        rows[what] = curves, ends, side.text(0.17, k - 0.22, "?", fontweight="bold", animated=True, **place)
    lay_out(fig)
    controls = {
        "first": slider("interrupt after epochs", 0, EPOCHS, 180, step=EVERY),
        "seed": slider("seed", 0, 20, 0),
        "epoch": slider("epoch shown", 180, EPOCHS, 180, step=EVERY),
    }

    def from_the_break_on(change):
        controls["epoch"].min = min(change["new"], EPOCHS - EVERY)  # a slider needs two stops

    controls["first"].observe(from_the_break_on, "value")  # before the figure hears of it

    def compute(first, seed):
        return resume_without_each(PANELS, first, seed, checkpoint, resume)

    def draw(results, first, seed, epoch):
        is_over = first == EPOCHS  # then the weights are all that can differ
        start = min(first, EPOCHS - 4 * EVERY)
        if (ax.get_ylabel() == WEIGHTS_APART) != is_over or ax.get_xlim()[0] != start:  # it costs a full drawing
            ax.set(xlim=(start, EPOCHS), ylabel=WEIGHTS_APART if is_over else APART)
            low.tick_params(labelbottom=not is_over)
            legend.set_visible(not is_over)  # of lines
            low.set_xlabel("one mark for each item" if is_over else "epoch")
        loss.set_data(*([], []) if is_over else (np.arange(start, EPOCHS) + 1, results["the history"].losses[start:]))
        for k, (what, (curves, ends, verdict)) in enumerate(rows.items()):
            result = results[what]
            apart = result.weight_difference if is_over else result.loss_difference[: max(0, epoch - first)]
            largest = apart.max(initial=0)
            zero = IDENTICAL * 3 ** (0 if is_over else k / 2 - 1)  # a lane for each line, one for marks side by side
            heights = [largest] if is_over else [apart[max(0, n - RECENT) : n].max() for n in range(1, len(apart) + 1)]
            heights = np.where(np.equal(heights, 0), zero, np.clip(heights, *LIMITS))
            place = EPOCHS - 3 - 2.8 * k if is_over else epoch
            for panel, curve, now in zip((ax, low), curves, ends):
                curve.set_data(np.arange(len(heights)) + first + 1, heights)
                inside = [height for height in heights[-1:] if (height > 1e-5) == (panel is ax)]
                now.set_data([place] * len(inside), inside)
            if is_over:
                words = "✓ the same weights" if result.equal else "✗ other weights"
            elif largest:
                words = f"✗ up to {one_digit(largest)} apart"
            elif epoch == EPOCHS:
                words = "✓ identical" if result.equal else "✗ other weights"
            else:
                words = "? identical so far" if len(apart) else "?"
            verdict.set_text(words)
        before = f"Interrupted after {first} epochs, seed {seed}. " + "No epoch is left to do. " * is_over
        if epoch == first < EPOCHS:
            return before + "None is resumed yet."
        if epoch < EPOCHS > first:
            still = [what for what in PANELS if not results[what].loss_difference[: epoch - first].any()]
            return before + f"Identical up to epoch {epoch}: {in_a_row(still) or 'none'}."
        equal = [what for what in PANELS if results[what].equal]
        if not equal:
            return before + "Nothing may be missing."
        same = "" if first == EPOCHS else ": every weight and loss is the same bit for bit"
        return before + f"Only {in_a_row(equal)} may be missing{same}."

    return Live(
        "left_out",
        question="What must be in the file?",
        prediction=Prediction(
            "A run is interrupted after 180 epochs. Which of the six may be missing from its file?",
            options=("the history", "half of the digits", "the generator's state", "none of them"),
            answer="the history",
            explanation="The state of a run is not what it has done, but what decides how it goes on. What else may be "
            "missing if you interrupt it after 0 epochs?",
            settings={"first": 180},
        ),
        controls=controls,
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=100,
        alt="For each of six items left out a curve over the epochs since the break, on a log scale: how far the loss "
        "of the resumed run is from that of the unbroken one, beside this loss itself. On the right for each the "
        "largest difference, or that the two runs are identical.",
    )
