"""Chapter 05: backward passes, the reader's own and five with a known mistake, race each other on XOR."""

import numpy as np

from nnlib import NeuralNetwork, datasets
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import choice, log_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note

LAYERS = [
    {"n_inputs": 2, "n_neurons": 4, "activation": "tanh"},
    {"n_inputs": 4, "n_neurons": 1, "activation": "tanh"},
]
EPOCHS = 500
LEARNED = 0.05  # a loss below this counts as learned


def slope_of_tanh(A):
    return 1 - A * A


def walk_back(trace, y, parameters, derivatives, mistake=None):
    """The gradient of the mean squared error, [{'W', 'b'}, ...], with one mistake where one is named."""
    dA = 2 * (trace[-1] - y) / y.size
    if mistake == "sign":
        dA = -dA
    if mistake == "divided twice":
        dA = dA / y.size
    gradients = []
    for k in reversed(range(len(parameters))):
        dZ = dA if mistake == "no slope" else dA * derivatives[k](trace[k + 1])
        W = parameters[k]["W"]
        db = dZ.mean(axis=0) if mistake == "mean" else dZ.sum(axis=0)
        gradients.insert(0, {"W": trace[k].T @ dZ, "b": db})
        if k > 0:
            dA = dZ @ W if mistake == "not transposed" else dZ @ W.T
    return gradients


def with_mistake(name):
    return lambda *given: walk_back(*given, mistake=name)


RIGHT, YOURS, ALL = "the right one", "yours", "all six"
BACKWARDS = {
    RIGHT: walk_back,
    "the sign swapped: dA = 2 (y − A) / N": with_mistake("sign"),
    "the slope of tanh left out: dZ = dA": with_mistake("no slope"),
    "W not transposed: dX = dZ @ W": with_mistake("not transposed"),
    "db a mean, not a sum": with_mistake("mean"),
    "divided by N a second time": with_mistake("divided twice"),
}
# Color, line and width of each, in the order of BACKWARDS, and of the reader's own.
STYLES = (
    ("blue", "-", 2.6),
    ("vermillion", "--", 1.8),
    ("purple", "-", 1.2),
    ("gray", "-", 1.8),
    ("green", "--", 1.8),
    ("black", "-.", 1.8),
    ("black", "--", 1.8),
)

MARKS = {"✓": "green", "✗": "vermillion", "?": "gray"}  # learned, not learned, not known yet


def xor_backward(backward=None):
    """The losses of XOR, trained with the right backward pass, with five wrong ones, and with the reader's.

    backward(trace, y, parameters, derivatives) -> [{'W', 'b'}, ...]: the reader's own, right or not. One that is not
    written yet gives None, and the figure says so.
    """
    X, y = datasets.xor()
    fig, (curves, names) = figure(1, 2, size=(8.4, 3.7), width_ratios=(1.25, 1))
    curves.set(xlim=(0, EPOCHS), ylim=(1e-4, 8), yscale="log", xlabel="epoch", ylabel="loss (mean squared error)")
    names.set(xlim=(0, 1), ylim=(0, 6))
    names.set_axis_off()
    curves.axhline(LEARNED, color=COLORS["gray"], linewidth=1.4)
    curves.axhspan(1e-4, LEARNED, color="#E6F2EC", zorder=0)
    card = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2}
    corner = {"fontsize": 9.5, "color": COLORS["green"], "zorder": 5, "bbox": card}  # where a curve hardly ever comes
    curves.text(10, 1.5e-4, f"learned: loss below {LEARNED}", va="bottom", **corner)
    rows = {}
    for place, (name, (color, dashes, width)) in enumerate(zip([*BACKWARDS, YOURS], STYLES, strict=True)):
        style = {"color": COLORS[color], "linestyle": dashes, "linewidth": width}
        height = 5.6 - min(place, 5) if name != YOURS else 4.6
        lowest = 1.9 if width < 1.5 else 2  # the one that thrashes would hide the others
        (curve,) = curves.plot([], [], **style, zorder=lowest, gid=f"loss {name}")
        (sample,) = names.plot([], [], **style)
        words = names.text(0.22, height, "", va="center", fontsize=10.5, linespacing=1.35, gid=f"words {name}")
        mark = names.text(0.175, height, "", va="center", ha="center", fontsize=15, weight="bold", gid=f"mark {name}")
        rows[name] = curve, sample, words, mark, height
    theirs = is_written(backward, X, y)

    def compute(which, rate, seed):
        if which == YOURS and not theirs:
            return {RIGHT: train_with(walk_back, X, y, seed, rate), YOURS: ([], [], "not written yet")}
        chosen = BACKWARDS if which == ALL else {RIGHT: walk_back}
        runs = {name: train_with(function, X, y, seed, rate) for name, function in chosen.items()}
        return runs | ({YOURS: train_with(backward, X, y, seed, rate, watched=False)} if which == YOURS else {})

    def draw(runs, which, epoch):
        learned = {name: epoch < len(run[0]) and run[0][epoch] < LEARNED for name, run in runs.items()}
        for name, (curve, sample, words, mark, height) in rows.items():
            losses, _, problem = runs.get(name, ([], [], ""))
            curve.set_data(range(len(losses[: epoch + 1])), losses[: epoch + 1])
            sample.set_data(*([0, 0.12], [height, height]) if losses else ([], []))
            ended = epoch >= len(losses) - 1
            state = "learned" if learned.get(name) else "not learned" + " yet" * (epoch < EPOCHS)
            said = f"loss {losses[epoch]:.4f}: {state}" if epoch < len(losses) else ""
            said = problem if problem and ended else said
            listed = name in runs or name in BACKWARDS and YOURS not in runs  # the mistakes are named before they run
            words.set_text(f"{name}\n{said if name in runs else 'does it learn?'}" if listed else "")
            is_over = epoch == EPOCHS or problem and ended  # before, one that has not learned may learn yet
            sign = "✓" if learned.get(name) else "✗" if is_over else "?"
            mark.set(text=sign if name in runs and said else "", color=COLORS[MARKS[sign]])
        if epoch == EPOCHS and not any(learned.values()):
            note(curves, "Not one has learned XOR.", height=0.3)
        said = f"Epoch {epoch}: "
        if which == YOURS and runs[YOURS][2]:
            return f"{said}yours: {runs[YOURS][2]}."
        if which == ALL:
            others = sum(learned[name] for name in list(runs)[1:])
            verb = "has" if others == 1 else "have"
            told = f"{said}{others or 'none'} of the {len(runs) - 1} with a mistake {verb} learned"
            return f"{told}{' so far' * (epoch < EPOCHS)}."
        outcome = "learned" if learned[which] else f"not learned{' yet' * (epoch < EPOCHS)}"
        return f"{said}{which} has {outcome}; its loss is {runs[which][0][epoch]:.4f}."

    return Live(
        "xor_backward",
        question="Which of these backward passes trains the network?",
        prediction=Prediction(
            "Five of the six hold a mistake. How many of the five learn XOR all the same, at rate 0.2 and seed 0?",
            options=("none", "one", "two", "three"),
            answer="two",
            explanation="They are the last two of the list. Seen alone, neither curve looks wrong.",
            settings={"which": ALL, "rate": 0.2, "seed": 0},
        ),
        controls={
            "rate": log_slider("learning rate", 0.001, 10.0, 0.2),
            "seed": slider("seed", 0, 50, 0),
            "epoch": slider("epoch shown", 0, EPOCHS, EPOCHS, step=10),
            "which": choice("backward", [RIGHT, YOURS, ALL], YOURS if theirs else RIGHT),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=60,
        alt="The loss on XOR over 500 epochs on a log scale, a curve for each backward pass, with its name and "
        "loss. Below the line at 0.05 it counts as learned.",
    )


def train_with(backward, X, y, seed, rate, *, watched=True):
    """Full-batch descent with any backward pass: losses and outputs after 0, 1, ... epochs, and what went wrong.

    watched : False lets exceptions of `backward` through.
    """
    parameters = NeuralNetwork(LAYERS, seed=seed).get_parameters()
    outputs = []
    for epoch in range(EPOCHS + 1):
        trace = [X]
        for layer in parameters:
            trace.append(np.tanh(trace[-1] @ layer["W"] + layer["b"]))
        outputs.append(trace[-1])
        try:
            gradients = backward(trace, y, parameters, [slope_of_tanh, slope_of_tanh])
        except ValueError:
            if not watched:
                raise
            return [], [], "NumPy stops: the shapes do not fit"
        problem = what_is_odd(gradients, parameters) if epoch == 0 else ""
        if problem:
            return [], [], problem
        parameters = [
            {key: layer[key] - rate * slope[key] for key in ("W", "b")}
            for layer, slope in zip(parameters, gradients, strict=True)
        ]
    losses = np.mean((np.array(outputs) - y) ** 2, axis=(1, 2))
    lasted = int(np.isfinite(losses).sum())  # a nan never goes away again
    problem = "" if lasted == len(losses) else "it exploded: the parameters are no longer numbers"
    return losses[:lasted].tolist(), outputs[:lasted], problem


def what_is_odd(gradients, parameters):
    """What is wrong with the form of a gradient, in words; "" for one of the right form."""
    if not isinstance(gradients, list | tuple) or len(gradients) != len(parameters):
        return f"it should give a list of {len(parameters)} dicts, one per layer"
    for k, (slope, layer) in enumerate(zip(gradients, parameters, strict=True)):
        if not isinstance(slope, dict) or not {"W", "b"} <= slope.keys():
            return f"entry {k} of its list should be a dict with 'W' and 'b'"
        for key in ("W", "b"):
            if np.shape(slope[key]) != layer[key].shape:
                return f"the {key} of entry {k} has shape {np.shape(slope[key])}, the parameter {layer[key].shape}"
    return ""


def is_written(backward, X, y):
    """Whether a reader has begun it: it is a function of theirs, and gives something or stops with an error."""
    if backward is None or backward.__module__.startswith("nnlib."):
        return False
    parameters = NeuralNetwork(LAYERS, seed=0).get_parameters()
    trace = [X, np.zeros((4, 4)), np.zeros((4, 1))]
    try:
        given = backward(trace, y, parameters, [slope_of_tanh, slope_of_tanh])
    except Exception:
        return True
    return given is not None and given is not ...
