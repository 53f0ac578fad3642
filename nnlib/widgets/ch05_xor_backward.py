"""Chapter 05: a backward pass, the reader's own or one with a known mistake, trains XOR at every move of a slider."""

import numpy as np

from nnlib import NeuralNetwork, datasets
from nnlib.plots import COLORS, artist, decision_grid, decision_line, decision_values, figure, plot_boundary
from nnlib.widgets.live.controls import choice, log_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note

LAYERS = [
    {"n_inputs": 2, "n_neurons": 4, "activation": "tanh"},
    {"n_inputs": 4, "n_neurons": 1, "activation": "tanh"},
]
EPOCHS = 500


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


BACKWARDS = {
    "the right one": walk_back,
    "the sign swapped: dA = 2 (y - A) / N": with_mistake("sign"),
    "the slope of tanh left out: dZ = dA": with_mistake("no slope"),
    "db a mean, not a sum": with_mistake("mean"),
    "W not transposed: dX = dZ @ W": with_mistake("not transposed"),
    "divided by N a second time": with_mistake("divided twice"),
}
YOURS = "yours"


def xor_backward(backward=None):
    """The loss and the boundary of XOR, trained with a backward pass that may be wrong.

    backward(trace, y, parameters, derivatives) -> [{'W', 'b'}, ...]: the reader's own, right or not. One that is not
    written yet gives None, and the figure says so.
    """
    X, y = datasets.xor()
    limits = ((-0.5, 1.5), (-0.5, 1.5))
    fig, (plane, curve) = figure(1, 2, size=(8.4, 3.8), width_ratios=(1, 1.15))
    plot_boundary(lambda grid: 0.25 + 0.5 * grid[:, :1], X, y, plane, limits=limits, colorbar=False)
    plane.set(xticks=[0, 1], yticks=[0, 1], xlabel="switch $x_1$", ylabel="switch $x_2$")
    artist(plane, "decision").remove()
    (boundary,) = plane.plot([], [], color="black", linewidth=1.5)
    picture, (grid, axes) = artist(plane, "map"), decision_grid(limits)
    (line,) = curve.plot([], [], color=COLORS["blue"])
    curve.set(xlim=(0, EPOCHS), ylim=(1e-4, 5), yscale="log", xlabel="epoch", ylabel="loss (mean squared error)")
    shown = NeuralNetwork(LAYERS, seed=0)
    theirs = is_written(backward, X, y)

    def compute(whose, rate, seed):
        function = backward if whose == YOURS else BACKWARDS[whose]
        if whose == YOURS and not theirs:
            return None, [], "Your backward is not written yet. Until it is, choose another one."
        parameters = NeuralNetwork(LAYERS, seed=seed).get_parameters()
        if whose in ("the right one", YOURS):
            return train_with(function, X, y, parameters, rate)
        try:
            return train_with(function, X, y, parameters, rate)
        except ValueError:
            return None, [], "NumPy stops it: (4, 1) @ (4, 1) does not fit. The shapes have caught this mistake."

    def draw(result, whose, rate):
        parameters, losses, problem = result
        line.set_data(range(len(losses)), losses)
        line.set_color(COLORS["vermillion"] if not losses or losses[-1] > 0.1 else COLORS["blue"])
        picture.set_data(np.full((60, 60), np.nan))
        boundary.set_data([], [])
        if problem:
            note(curve, problem)
        if parameters is None:
            return f"Backward: {whose}. {problem}"
        shown.set_parameters(parameters)
        output, loss = shown.predict(X), shown.loss(X, y)
        answers = decision_values(shown.predict, grid)
        picture.set_data(answers)
        boundary.set_data(*decision_line(answers, axes))
        right = int(np.sum((output > 0.5) == (y > 0.5)))
        if loss > losses[0]:
            note(curve, f"The loss has gone up, from {losses[0]:.2f} to {loss:.2f}.")
        elif right < len(X):
            note(curve, f"Not learned: {right} of 4 points are right after {EPOCHS} epochs.")
        said = f"loss {loss:.4f} after {EPOCHS} epochs, {right} of 4 points right."
        return f"Backward: {whose}. Learning rate {rate:g}: {said}"

    return Live(
        "xor_backward",
        question="Which of these backward passes trains the network?",
        prediction=Prediction(
            "Five of them hold a mistake. With how many of the five does the network learn XOR all the same, at the "
            "rate 0.2 and seed 0?",
            options=("none", "one", "two", "three"),
            answer="two",
            explanation="This is one of them; find the other. Nothing in its loss curve says that it is wrong.",
            settings={"whose": "db a mean, not a sum", "rate": 0.2, "seed": 0},
        ),
        controls={
            "whose": choice("backward", [YOURS, *BACKWARDS], YOURS if theirs else "the right one"),
            "rate": log_slider("learning rate", 0.001, 10.0, 0.2),
            "seed": slider("seed", 0, 50, 0),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Left, the plane of the two inputs with the four points of XOR, shaded by what the trained network answers "
        "there. Right, its loss over 500 epochs on a log scale.",
    )


def train_with(backward, X, y, parameters, rate):
    """Full-batch descent with any backward pass: the parameters (None where it fails), the losses, and what failed.

    Exceptions of `backward` pass through.
    """
    losses = []
    for _ in range(EPOCHS):
        trace = [X]
        for layer in parameters:
            trace.append(np.tanh(trace[-1] @ layer["W"] + layer["b"]))
        losses.append(float(np.mean((trace[-1] - y) ** 2)))
        gradients = backward(trace, y, parameters, [slope_of_tanh, slope_of_tanh])
        problem = what_is_odd(gradients, parameters) if len(losses) == 1 else ""
        if problem:
            return None, [], problem
        parameters = [
            {key: layer[key] - rate * slope[key] for key in ("W", "b")}
            for layer, slope in zip(parameters, gradients, strict=True)
        ]
    if not all(np.isfinite(array).all() for layer in parameters for array in layer.values()):
        return None, losses, "It exploded: the parameters are no numbers any more."
    return parameters, losses, ""


def what_is_odd(gradients, parameters):
    """What is wrong with the form of a gradient, as a sentence; "" for one of the right form."""
    if not isinstance(gradients, list | tuple) or len(gradients) != len(parameters):
        return f"It should give a list of {len(parameters)} dicts, one per layer."
    for k, (slope, layer) in enumerate(zip(gradients, parameters, strict=True)):
        if not isinstance(slope, dict) or not {"W", "b"} <= slope.keys():
            return f"Entry {k} of its list should be a dict with 'W' and 'b'."
        for key in ("W", "b"):
            if np.shape(slope[key]) != layer[key].shape:
                return f"The {key} of entry {k} has shape {np.shape(slope[key])}, the parameter {layer[key].shape}."
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
