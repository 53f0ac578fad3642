"""Exercises of chapter 09: a price on large weights, and its gradient."""

import functools

import numpy as np

from nnlib import DivergenceError, NeuralNetwork, datasets
from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.ch04_nonlinearity import forward as my_forward  # the notebook calls it so
from nnlib.exercises.ch04_nonlinearity import random_layers, relu
from nnlib.exercises.ch05_backpropagation import backward as my_backward
from nnlib.exercises.ch05_backpropagation import (
    holds_out,
    linear,
    linear_derivative,
    relu_derivative,
    tanh_derivative,
    two_small_layers,
)

exercise = chapter("09", "L2")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="rate_at_the_cliff",
    recall=True,
    title="The learning rate at which descent explodes",
    solution=0.5,
    wrong=[
        (0.25, "At 1 divided by the second derivative a single step arrives. The cliff is at twice that rate."),
        (2, "It is 2 divided by the second derivative: the steeper the walls, the smaller the rate must be."),
        (8, "The steeper the walls, the smaller the rate must be: divide 2 by the second derivative."),
    ],
    hints=["Past which rate does a step land farther from the bottom than it started?", "Divide 2 by 4."],
    holds="2 divided by the second derivative, 2 / 4 = 0.5. You will meet this cliff again.",
)

exercise(
    name="error_of_opposites",
    recall=True,
    title="The relative error of a gradient with the wrong sign",
    solution=1,
    wrong=[
        (0, "0 is the error of two equal gradients. These point in opposite directions."),
        (2, "The length of the difference, 2 |g|, is divided by the sum of both lengths, |g| + |g|."),
        (-1, "A length is never negative. Divide that of the difference by the sum of both lengths."),
    ],
    hints=["The length of their difference, divided by the sum of their lengths.", "Divide 2 |g| by |g| + |g|."],
    holds="2 |g| / (|g| + |g|) = 1, the largest error there is.",
)

exercise(
    name="moving_from_zero",
    recall=True,
    title="What moves when everything is 0",
    solution=1,
    wrong=[
        (0, "The outputs are wrong, so the output bias has a slope: it needs no weight to be felt."),
        (4, "The slope of each output weight has a hidden output as a factor. What is the tanh of 0?"),
        (5, "The slopes of the hidden biases come through the output weights, and these are 0."),
        (17, "Most slopes have a weight or a hidden output as a factor, and these are all 0."),
    ],
    hints=["Which slope has no weight and no hidden output among its factors?", "The output bias, alone."],
    holds="The output bias alone. Every other slope has a zero among its factors.",
)


# ---- l2_penalty -------------------------------------------------------------------------------------


def l2_penalty(parameters, l2_lambda):
    return l2_lambda / 2 * sum(np.sum(layer["W"] ** 2) for layer in parameters)


def l2_penalty_loop(parameters, l2_lambda):
    total = 0.0
    for layer in parameters:
        for row in layer["W"]:
            for w in row:
                total += w * w
    return 0.5 * l2_lambda * total


def l2_penalty_of_one_array(parameters, l2_lambda):
    weights = np.concatenate([layer["W"].ravel() for layer in parameters])
    return l2_lambda * (weights @ weights) / 2


def priced(price, keys=("W",)):
    """A wrong penalty: price(array) added up over the arrays of these keys, times λ/2."""

    def penalty(parameters, l2_lambda):
        return l2_lambda / 2 * sum(price(layer[key]) for layer in parameters for key in keys)

    return penalty


def squares(array):
    return np.sum(array**2)


def priced_layers():
    return [
        {"W": np.array([[1.0, -2.0]]), "b": np.array([5.0, 0.0])},
        {"W": np.array([[3.0], [0.0]]), "b": np.array([-4.0])},
    ]


exercise(
    title="The L2 penalty of a network",
    solution=l2_penalty,
    cases=lambda rng: [
        (priced_layers(), 0.1),
        (random_layers(rng, 3, 4, 2), 0.5),
        (random_layers(rng, 2, 5, 3, 1), 3.0),
        (random_layers(rng, 4, 1), 0.02),
        (random_layers(rng, 2, 2, 2), 0.0),
        (random_layers(rng, *[1] * 6), 0.015),
        ([{"W": np.array([[300, 0], [0, -40]]), "b": np.array([7, 0])}], 2),
    ],
    also_right=[
        l2_penalty_loop,
        l2_penalty_of_one_array,
        lambda parameters, l2_lambda: sum(0.5 * l2_lambda * np.linalg.norm(p["W"]) ** 2 for p in parameters),
        lambda parameters, l2_lambda: 0.5 * l2_lambda * sum(np.einsum("ij,ij->", p["W"], p["W"]) for p in parameters),
    ],
    wrong=mistakes(
        priced(squares, ("W", "b")),
        "The biases are in it. They are free: add up the squares of every `W`, and of nothing else.",
        lambda parameters, l2_lambda: 2 * l2_penalty(parameters, l2_lambda),
        "Twice too large: the price of a weight is λ/2 · w². The ½ is there for the derivative.",
        lambda parameters, l2_lambda: l2_penalty(parameters, 2.0),
        "This is the sum of the squares alone. Multiply it by its price, `l2_lambda / 2`.",
        priced(np.sum),
        "The squares are missing: here a negative weight earns money. Square each weight, then add.",
        priced(lambda W: np.sum(np.abs(W))),
        "This adds up absolute values, which is another penalty, L1. Square each weight, then add.",
        priced(lambda W: np.sum(W) ** 2),
        "The sum is squared, so that weights of opposite sign cancel. Square each weight first, then add.",
        lambda parameters, l2_lambda: l2_lambda / 2 * sum(np.sum(p["W"]) for p in parameters) ** 2,
        "The sum over the whole network is squared, so that weights of opposite sign cancel. Square each weight "
        "first, then add.",
        priced(lambda W: np.mean(W**2)),
        "A mean for a sum: each weight has its own price, however many stand beside it. Use `np.sum`.",
        lambda parameters, l2_lambda: l2_penalty(parameters, l2_lambda) / sum(p["W"].size for p in parameters),
        "It is divided by the number of weights. The penalty is a sum: each weight pays its own price.",
        lambda parameters, l2_lambda: l2_penalty(parameters, l2_lambda) / len(parameters),
        "It is divided by the number of layers. The penalty is a sum over all of them.",
        priced(lambda W: np.sum(W @ W.T)),
        "A matrix product multiplies different weights with each other. Square each weight by itself: `W ** 2`.",
        priced(np.linalg.norm),
        "This is the root of the sum of the squares. The price is the sum itself, without a root.",
        lambda parameters, l2_lambda: l2_penalty(parameters[:1], l2_lambda),
        "Only the first layer pays: is the `return` inside the loop?",
        lambda parameters, l2_lambda: l2_penalty(parameters[-1:], l2_lambda),
        "Only the last layer pays: each layer overwrites the one before. Add them up, `+=`.",
        edited(l2_penalty, "in parameters", "in parameters[:-1]"),
        "The last layer does not pay. Go through all of them.",
        lambda parameters, l2_lambda: l2_penalty(parameters, l2_lambda**2),
        "λ is squared too. Square the weights, and multiply by λ/2 once.",
        lambda parameters, l2_lambda: [l2_lambda / 2 * squares(layer["W"]) for layer in parameters],
        "This is a list, a penalty for each layer. It takes one number: their sum.",
    ),
    hints=[
        "One layer first: square every entry of its `W`, add them all up. Then do this for every layer.",
        "`np.sum(layer['W'] ** 2)` is the sum for one layer. Add these over `parameters`, and leave every `'b'` alone.",
        "The sum over the layers, times `l2_lambda / 2`.",
    ],
    holds="You now have the price of a network's weights, in the units of its loss.",
    in_nnlib="network.NeuralNetwork.penalty",
)


# ---- add_l2_gradient --------------------------------------------------------------------------------


def add_l2_gradient(gradients, parameters, l2_lambda):
    return [{"W": slope["W"] + l2_lambda * layer["W"], "b": slope["b"]} for slope, layer in zip(gradients, parameters)]


def add_l2_gradient_loop(gradients, parameters, l2_lambda):
    total = []
    for k in range(len(parameters)):
        dW = gradients[k]["W"].copy()
        dW += l2_lambda * parameters[k]["W"]
        total.append({"W": dW, "b": gradients[k]["b"].copy()})
    return total


def add_l2_gradient_by_entry(gradients, parameters, l2_lambda):
    total = [{key: array.copy() for key, array in slope.items()} for slope in gradients]
    for slope, layer in zip(total, parameters):
        for index, w in np.ndenumerate(layer["W"]):
            slope["W"][index] += l2_lambda * w
    return total


def with_slope(slope_of, keys=("W",)):
    """A wrong gradient: slope_of(array, λ) is added for the arrays of these keys."""

    def wrong(gradients, parameters, l2_lambda):
        return [
            {key: slope[key] + slope_of(layer[key], l2_lambda) if key in keys else slope[key] for key in ("W", "b")}
            for slope, layer in zip(gradients, parameters)
        ]

    return wrong


def in_the_callers_gradients(gradients, parameters, l2_lambda):
    for slope, layer in zip(gradients, parameters):
        slope["W"] += l2_lambda * layer["W"]
    return gradients


def only_in(layers):
    """A wrong gradient: of the layers, only those in this slice pay."""

    def wrong(gradients, parameters, l2_lambda):
        total = list(gradients)
        total[layers] = add_l2_gradient(gradients, parameters, l2_lambda)[layers]
        return total

    return wrong


def gradient_case(rng, *sizes, l2_lambda):
    return random_layers(rng, *sizes), random_layers(rng, *sizes), l2_lambda


exercise(
    title="The gradient of data loss + penalty",
    solution=add_l2_gradient,
    cases=lambda rng: [
        (
            [
                {"W": np.array([[0.5, 0.25]]), "b": np.array([1.0, 2.0])},
                {"W": np.array([[-1.0], [0.75]]), "b": np.array([3.0])},
            ],
            priced_layers(),
            0.1,
        ),
        gradient_case(rng, 3, 4, 2, l2_lambda=0.5),
        gradient_case(rng, 2, 5, 3, 1, l2_lambda=3.0),
        gradient_case(rng, 2, 2, 2, l2_lambda=0.02),
        gradient_case(rng, 3, 1, l2_lambda=0.0),
        gradient_case(rng, *[2] * 6, l2_lambda=0.7),
    ],
    also_right=[
        add_l2_gradient_loop,
        add_l2_gradient_by_entry,
        lambda gradients, parameters, l2_lambda: [
            dict(slope, W=np.add(slope["W"], np.multiply(l2_lambda, layer["W"])))
            for slope, layer in zip(gradients, parameters)
        ],
    ],
    wrong=mistakes(
        with_slope(lambda array, l2_lambda: l2_lambda * array, ("W", "b")),
        "The biases get a slope too. They are not in the penalty, so its derivative with respect to them is 0.",
        with_slope(lambda array, l2_lambda: l2_lambda * array, ("b",)),
        "The biases get the slope, the weights don't. It is the other way around.",
        with_slope(lambda W, l2_lambda: -l2_lambda * W),
        "The sign is swapped: with this gradient a step makes the weights *larger*. The step itself subtracts.",
        with_slope(lambda W, l2_lambda: 2 * l2_lambda * W),
        "Twice too large. The 2 that comes down from the square cancels the ½ of the penalty.",
        with_slope(lambda W, l2_lambda: l2_lambda / 2 * W),
        "Half of it: the derivative of w² brings down a 2, and that cancels the ½.",
        with_slope(lambda W, l2_lambda: l2_lambda / 2 * W**2),
        "This adds the penalty of each weight. A slope is its derivative: differentiate λ/2 · w² first.",
        with_slope(lambda W, l2_lambda: l2_lambda * W**2),
        "The square is still there. Differentiating lowers the power by one.",
        with_slope(lambda W, l2_lambda: l2_lambda * np.sign(W)),
        "That is the slope of λ · |w|: the same push for every weight. A square pushes a large weight harder.",
        with_slope(lambda W, l2_lambda: l2_lambda * np.abs(W)),
        "Without its sign a negative weight is pushed away from 0. Leave the weight as it is.",
        with_slope(lambda W, l2_lambda: W),
        "λ is missing from the slope: a high price pushes harder than a low one.",
        with_slope(lambda W, l2_lambda: l2_lambda),
        "The weight is missing from the slope: the derivative of w² still holds a w.",
        with_slope(lambda W, l2_lambda: l2_lambda * np.sum(W)),
        "Every weight gets the sum of all. Each has a slope of its own: no sum here, entry by entry.",
        with_slope(lambda W, l2_lambda: l2_lambda / 2 * np.sum(W**2)),
        "The penalty itself is added to every slope. Its derivative is an array like `W`, with a number for each.",
        lambda gradients, parameters, l2_lambda: [
            {**slope, "W": slope["W"] + l2_penalty(parameters, l2_lambda)} for slope in gradients
        ],
        "Each slope gets the penalty of all weights. Differentiate it: the slope of one weight is λ times that weight.",
        with_slope(lambda W, l2_lambda: l2_lambda * np.mean(W)),
        "Every weight gets the mean of all. Each has a slope of its own: no mean here, entry by entry.",
        with_slope(lambda W, l2_lambda: l2_lambda * W / W.size),
        "It is divided by the number of weights. The penalty is a sum, and each weight has its own term in it.",
        with_slope(lambda W, l2_lambda: l2_lambda * W / len(W)),
        "It is divided by the number of rows of `W`. The penalty is a sum, and each weight has its own term in it.",
        edited(add_l2_gradient, 'slope["W"] + l2_lambda * layer["W"]', '(1 - l2_lambda) * slope["W"]'),
        "The gradient shrinks by λ. The weights are what shrinks; the slope of the price is λ times the weight.",
        lambda gradients, parameters, l2_lambda: [
            {"W": l2_lambda * layer["W"], "b": slope["b"]} for slope, layer in zip(gradients, parameters)
        ],
        "This is the slope of the penalty alone. Add it to the slope of the data loss, `slope['W']`.",
        lambda gradients, parameters, l2_lambda: [
            {"W": slope["W"] + l2_lambda * layer["W"], "b": np.zeros_like(slope["b"])}
            for slope, layer in zip(gradients, parameters)
        ],
        "The biases have lost their slope of the data loss. They pay no price, but they still learn: keep theirs.",
        in_the_callers_gradients,
        "The numbers are right, but you changed the caller's dict or arrays: `slope['W'] = ...` writes into the "
        "dict, `+=` into the array. Make new arrays, `slope['W'] + ...`, and new dicts for them.",
        only_in(slice(1)),
        "Only the first layer pays. Go through all of them.",
        only_in(slice(-1, None)),
        "Only the last layer pays. Go through all of them.",
        only_in(slice(-1)),
        "The last layer does not pay. Go through all of them.",
        lambda gradients, parameters, l2_lambda: add_l2_gradient(gradients, parameters, l2_lambda)[:1],
        "Only the first layer comes back: is the `return` inside the loop?",
    ),
    hints=[
        "Differentiate λ/2 · w² with respect to w. Each weight is in one term of the sum only, its own.",
        "Walk through both lists at once, `for slope, layer in zip(gradients, parameters)`, and build a new dict for "
        "each layer. Its `'b'` is the one that came in.",
        "The new `'W'` is `slope['W']` plus `l2_lambda` times something of the same shape.",
    ],
    holds="You now have the gradient of the total, the one that every step follows.",
    in_nnlib="network.NeuralNetwork.gradients",
)


# ---- train_l2 ---------------------------------------------------------------------------------------


my_l2_penalty, my_add_l2_gradient = l2_penalty, add_l2_gradient


def train_l2(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda):
    losses, penalties = [], []
    for _ in range(epochs):
        trace = my_forward(X, parameters, activations)
        losses.append(np.mean((trace[-1] - y) ** 2))
        penalties.append(my_l2_penalty(parameters, l2_lambda))
        gradients = my_backward(trace, y, parameters, derivatives)
        gradients = my_add_l2_gradient(gradients, parameters, l2_lambda)
        parameters = [
            {key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}
            for layer, slope in zip(parameters, gradients)
        ]
    return parameters, losses, penalties


def train_l2_by_decay(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda):
    parameters = [{"W": layer["W"].copy(), "b": layer["b"].copy()} for layer in parameters]
    losses, penalties = np.empty(epochs), np.empty(epochs)
    for epoch in range(epochs):
        trace = my_forward(X, parameters, activations)
        losses[epoch] = ((trace[-1] - y) ** 2).mean()
        penalties[epoch] = l2_penalty_of_one_array(parameters, l2_lambda)
        for layer, slope in zip(parameters, my_backward(trace, y, parameters, derivatives)):
            layer["W"] *= decay_factor(learning_rate, l2_lambda)
            layer["W"] -= learning_rate * slope["W"]
            layer["b"] -= learning_rate * slope["b"]
    return parameters, losses.tolist(), penalties.tolist()


def train_l2_in_one_sum(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda):
    losses, penalties = [], []
    while len(losses) < epochs:
        trace = my_forward(X, parameters, activations)
        error, squares, moved = trace[-1] - y, 0.0, []
        for layer, slope in zip(parameters, my_backward(trace, y, parameters, derivatives)):
            W, b = layer["W"], layer["b"]
            squares += np.einsum("ij,ij->", W, W)
            moved.append({"W": W - learning_rate * (slope["W"] + l2_lambda * W), "b": b - learning_rate * slope["b"]})
        losses.append(np.einsum("ij,ij->", error, error) / error.size)
        penalties.append(l2_lambda * squares / 2)
        parameters = moved
    return parameters, losses, penalties


LOSS, PENALTY = "losses.append(np.mean((trace[-1] - y) ** 2))", "penalties.append(my_l2_penalty(parameters, l2_lambda))"
ADDED = "gradients = my_add_l2_gradient(gradients, parameters, l2_lambda)"
MOVED = '{key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}'
END, RESULT = "zip(parameters, gradients)\n        ]", "return parameters, losses, penalties"
LATE = {LOSS: "losses.append(np.mean((my_forward(X, parameters, activations)[-1] - y) ** 2))", PENALTY: PENALTY}


def noted_after_the_step(*lines):
    """The loop with these of its lines moved below the step."""
    changes = [text for line in lines for text in (line, "pass")]
    return edited(train_l2, *changes, END, "\n        ".join([END, *(LATE[line] for line in lines)]))


shrinking_first = edited(
    train_l2,
    "gradients = my_backward(trace, y, parameters, derivatives)",
    """factor = 1 - learning_rate * l2_lambda
        parameters = [{"W": factor * layer["W"], "b": layer["b"]} for layer in parameters]
        gradients = my_backward(my_forward(X, parameters, activations), y, parameters, derivatives)""",
    ADDED,
    "pass",
)
shrinking_last = edited(
    train_l2,
    ADDED,
    "factor = 1 - learning_rate * l2_lambda",
    MOVED,
    """{
                "W": factor * (layer["W"] - learning_rate * slope["W"]),
                "b": layer["b"] - learning_rate * slope["b"],
            }""",
)
biases_too = edited(
    train_l2,
    ADDED,
    """gradients = [
            {key: slope[key] + l2_lambda * layer[key] for key in layer} for slope, layer in zip(gradients, parameters)
        ]""",
)
of_the_start = edited(
    train_l2,
    "losses, penalties = [], []",
    "losses, penalties, first = [], [], parameters",
    PENALTY,
    PENALTY.replace("parameters", "first"),
    ADDED,
    ADDED.replace("parameters", "first"),
)
shrinking_once = edited(
    train_l2,
    "losses, penalties = [], []",
    """losses, penalties = [], []
    parameters = [{**layer, "W": (1 - learning_rate * l2_lambda) * layer["W"]} for layer in parameters]""",
    ADDED,
    "pass",
)

F, D = [np.tanh, np.tanh, linear], [tanh_derivative, tanh_derivative, linear_derivative]  # those of the notebook


def training_case(rng, n, sizes, activations, derivatives, learning_rate, epochs, l2_lambda):
    parameters = random_layers(rng, *sizes)
    X, y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    return X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda


def from_the_bottom(*given):
    """A case whose start fits its targets, so that the data loss is 0 and can only rise."""
    X, _, parameters, activations, *rest = training_case(*given)
    return X, my_forward(X, parameters, activations)[-1], parameters, activations, *rest


THREE_ROWS = np.array([[1.0], [2.0], [-1.0]]), np.tanh([[0.6], [1.4], [-1.0]])  # a neuron can learn them exactly


def at_two_prices(train, X, y, *given):
    """At the second one the weights explode, as they may in the live figure."""
    return [train(*THREE_ROWS, *given, price) for price in (0.3, 11)]


exercise(
    title="The training loop with a price on the weights",
    solution=train_l2,
    returns=("parameters", "losses", "penalties"),
    cases=lambda rng: [
        (
            np.array([[1.0], [2.0]]),
            np.array([[1.0], [0.0]]),
            two_small_layers()[0],
            [np.tanh] * 2,
            [tanh_derivative] * 2,
            0.2,
            3,
            0.5,
        ),
        training_case(rng, 4, (2, 3, 1), [np.tanh] * 2, [tanh_derivative] * 2, 0.3, 10, 0.1),
        training_case(rng, 5, (2, 4, 2), [relu, linear], [relu_derivative, linear_derivative], 0.05, 5, 2.0),
        training_case(rng, 3, (2, 2), [np.tanh], [tanh_derivative], 0.5, 1, 0.25),
        training_case(rng, 3, (2, 3, 1), [np.tanh] * 2, [tanh_derivative] * 2, 0.1, 4, 0.0),
        from_the_bottom(rng, 4, (1, 3, 2), [np.tanh, linear], [tanh_derivative, linear_derivative], 0.1, 6, 0.5),
        training_case(rng, 3, (2, 2, 1), [np.tanh, linear], [tanh_derivative, linear_derivative], 0.5, 8, 6.0),
    ],
    verify=holds_out(train_l2, at_two_prices),
    also_right=[train_l2_by_decay, train_l2_in_one_sum],
    wrong=mistakes(
        edited(train_l2, LOSS, LOSS[:-1] + " + my_l2_penalty(parameters, l2_lambda))"),
        "The losses hold the penalty too. Keep the two apart: `losses` is the data loss only, and the penalty "
        "stands beside it.",
        edited(train_l2, ADDED, "pass"),
        "The penalty is written down, but the steps do not feel it: they follow the gradient of the data loss "
        "alone. Add that of the penalty.",
        biases_too,
        "The biases are pulled toward 0 as well. Only the weights pay.",
        edited(train_l2, ADDED, ADDED.replace("l2_lambda)", "2 * l2_lambda)")),
        "The weights are pulled twice as hard as they should: the slope of λ/2 · w² is λw.",
        edited(train_l2, ADDED, ADDED.replace("l2_lambda)", "l2_lambda / learning_rate)")),
        "λW is taken off without the learning rate. It is a part of the gradient: the rate multiplies both parts.",
        shrinking_first,
        "The weights shrink before the forward pass of the step, so the two parts of the gradient are taken at two "
        "different places. Take both at the same weights, then step.",
        shrinking_last,
        "The step comes first and the shrinking after it, so the step is shrunk as well. Take both slopes at the "
        "same weights: W · factor - rate · dW.",
        of_the_start,
        "The penalty and its gradient are always those of the start. Take them from the weights as they are now.",
        shrinking_once,
        "The weights shrink once, before the loop. Every step has to shrink them.",
        noted_after_the_step(PENALTY),
        "The penalties come one step late. Note the penalty before the step, as you do the loss.",
        noted_after_the_step(LOSS, PENALTY),
        "Losses and penalties come one step late. Take both before the step, at the weights that the gradient "
        "belongs to.",
        edited(
            train_l2,
            PENALTY,
            "penalties.append(my_l2_penalty([{'W': a} for p in parameters for a in p.values()], l2_lambda))",
        ),
        "The steps are right, but the penalties count the biases. They are free.",
        edited(train_l2, RESULT, "return losses, penalties, parameters"),
        "Return parameters first, then losses, then penalties.",
        edited(train_l2, LOSS, LATE[LOSS].replace("activations", "F[: len(parameters)]")),
        "The losses are computed with tanh, whatever comes in: are they from the notebook's `mse_of`, which takes "
        "the notebook's `F`? Take them from `trace[-1]`.",
    ),
    hints=[
        "Begin with your `train` of chapter 5. What is new: a second list, and one line between the backward pass and "
        "the step.",
        "`penalties.append(my_l2_penalty(parameters, l2_lambda))` beside the loss, before anything moves; and "
        "`gradients = my_add_l2_gradient(gradients, parameters, l2_lambda)` after `my_backward`.",
        "The step is that of chapter 5, unchanged: `learning_rate` times the gradient of the total, off every `W` and "
        "every `b`. Return the parameters and both lists.",
    ],
    holds="You now have training with a price: each step follows the total, and the two parts are kept apart.",
    in_nnlib="network.NeuralNetwork.fit",
)


# ---- decay_factor -----------------------------------------------------------------------------------


def decay_factor(learning_rate, l2_lambda):
    return 1 - learning_rate * l2_lambda


exercise(
    title="The factor by which a step shrinks the weights",
    solution=decay_factor,
    cases=lambda rng: [
        (0.1, 0.5),
        (0.5, 4.0),
        (0.1, 30.0),
        (2.0, 0.3),
        (0.25, 0.0),
        (0.3, 0.7),
        (0.0123, 0.0457),
        (1, 1),
    ],
    also_right=[
        lambda learning_rate, l2_lambda: (1.0 - learning_rate * (0.0 + l2_lambda * 1.0)) / 1.0,
        lambda learning_rate, l2_lambda: -(l2_lambda * learning_rate) + 1,
        lambda learning_rate, l2_lambda: np.polyval([-learning_rate, 1.0], l2_lambda),
    ],
    wrong=mistakes(
        lambda learning_rate, l2_lambda: learning_rate * l2_lambda,
        "That is the part that is taken away. The factor is what is left of 1.",
        lambda learning_rate, l2_lambda: 1 + learning_rate * l2_lambda,
        "With a plus the weights grow. The step goes against the gradient.",
        lambda learning_rate, l2_lambda: 1 - learning_rate * (1 + l2_lambda),
        "lr · dW has no W in it, so it stays outside. With λ = 0 the weights must stay as they are: a factor of 1.",
        lambda learning_rate, l2_lambda: 1 - learning_rate * l2_lambda / 2,
        "The ½ of the penalty is gone from its gradient: that is λW.",
        lambda learning_rate, l2_lambda: 1 - 2 * learning_rate * l2_lambda,
        "There is no 2: the gradient of λ/2 · W² is λW.",
        lambda learning_rate, l2_lambda: learning_rate - l2_lambda,
        "Collect what `W` is multiplied by in W - lr · (dW + λW). The bare W brings a 1.",
        lambda learning_rate, l2_lambda: (1 - learning_rate) * l2_lambda,
        "Collect the terms with W: W - lr · λ · W. The bare W has no λ.",
        lambda learning_rate, l2_lambda: 1 - l2_lambda,
        "The slope of the penalty is part of the gradient, so the learning rate multiplies it too.",
        lambda learning_rate, l2_lambda: learning_rate * (1 - l2_lambda),
        "Collect the terms with W: W - lr · λ · W. The bare W has no learning rate.",
        lambda learning_rate, l2_lambda: max(0.0, 1 - learning_rate * l2_lambda),
        "The step does not stop at 0: with a large lr · λ the factor is negative, and that is what makes it "
        "interesting.",
        lambda learning_rate, l2_lambda: abs(1 - learning_rate * l2_lambda),
        "The sign matters: with a negative factor the weights change theirs at every step. Leave out the `abs`.",
        lambda learning_rate, l2_lambda: np.exp(-learning_rate * l2_lambda),
        "That is what tiny steps come to in the end. One step multiplies by something simpler; no exponential.",
        lambda learning_rate, l2_lambda: 1 / (1 + learning_rate * l2_lambda),
        "Nothing is divided in a step. Take W - lr · λW and pull the W out.",
    ),
    hints=[
        "The step is `W` minus lr times the gradient of the total, and that gradient has two parts (exercise 2).",
        "Multiply out. Two of the three terms hold a W, the third is lr · dW.",
        "Pull the W out of those two, in front of parentheses: W · (1 - ...).",
    ],
    holds="You now have the reason why an L2 penalty is also called weight decay.",
)


# ---- best_lambda ------------------------------------------------------------------------------------

DIGIT_LAYERS = [
    {"n_inputs": 64, "n_neurons": 32, "activation": "relu"},
    {"n_inputs": 32, "n_neurons": 10, "activation": "linear"},
]
N_VALIDATION = 200
ENOUGH = 179  # of them must be right: the best λ found has 182, no price has 177


@functools.cache
def right_of_the_validation_digits(l2_lambda):
    """How many of the validation digits the chapter's network gets right, trained on 100 others with this λ."""
    pictures, labels = datasets.digits()
    X_others, y_others, X_train, y_train = datasets.split(pictures, labels, fraction=100 / 1797, seed=5)
    nn = NeuralNetwork(DIGIT_LAYERS, learning_rate=0.5, l2_lambda=l2_lambda, seed=5)
    nn.fit(X_train, datasets.one_hot(y_train), epochs=1000, batch_size=100)
    answers = nn.predict(X_others[:N_VALIDATION]).argmax(axis=1)
    return int(np.sum(answers == y_others[:N_VALIDATION]))


def good_on_the_validation_digits(answer, rng):
    """None if a network trained with this λ does well on the validation digits, else a sentence."""
    if isinstance(answer, bool | np.bool_ | str) or np.ndim(answer) != 0 or not np.isreal(answer):
        return "This takes one number, the λ itself."
    l2_lambda = float(answer)
    if not 0 <= l2_lambda < np.inf:
        return "λ is a finite number of at least 0: a negative price would pay the weights for growing."
    if l2_lambda == 0:
        return "This is no price at all, and with it 88.5% of the validation digits are right. Try a few prices."
    try:
        n_right = right_of_the_validation_digits(l2_lambda)
    except DivergenceError:
        return "With this λ the training explodes: the rate times λ is 2 or close to it."
    if n_right >= ENOUGH:
        return None
    side = "low" if l2_lambda < 0.002 else "high"
    return (
        f"Of the validation digits {n_right / N_VALIDATION:.1%} are right; other prices reach "
        f"{ENOUGH / N_VALIDATION:.1%} and more. Yours is too {side}. The test set stays closed."
    )


exercise(
    name="best_lambda",
    title="A price for the digits, chosen by the validation set",
    solution=0.003,
    verify=good_on_the_validation_digits,
    also_right=[0.0003, 0.001, 0.0015, 0.002, 0.004, np.float64(0.003)],
    wrong=mistakes(
        0,
        "This is no price at all, and with it 88.5% of the validation digits are right. Try a few prices.",
        -0.01,
        "λ is a finite number of at least 0: a negative price would pay the weights for growing.",
        0.0001,
        "Of the validation digits 89.0% are right; other prices reach 89.5% and more. Yours is too low. The test "
        "set stays closed.",
        0.006,
        "Of the validation digits 89.0% are right; other prices reach 89.5% and more. Yours is too high. The test "
        "set stays closed.",
        0.01,
        "Of the validation digits 86.0% are right; other prices reach 89.5% and more. Yours is too high. The test "
        "set stays closed.",
        0.03,
        "Of the validation digits 43.0% are right; other prices reach 89.5% and more. Yours is too high. The test "
        "set stays closed.",
        10,
        "With this λ the training explodes: the rate times λ is 2 or close to it.",
        (0.003, 0.9),
        "This takes one number, the λ itself.",
    ),
    hints=[
        "Compare shares of the *validation* digits. Go in factors of ten first: 0.0001, 0.001, 0.01, 0.1.",
        "Then a few prices between the best of them and its better neighbor.",
        "Any price from 0.0003 to 0.004 will do.",
    ],
    holds="You now have a price chosen by digits that were not trained on. The next cell opens the test set.",
    code="best_lambda = 0.003  # 90.5 % of the validation digits are right; without a price it is 88.5 %",
)
