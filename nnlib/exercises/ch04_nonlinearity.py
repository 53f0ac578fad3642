"""Exercises of chapter 04: stacked linear layers collapse into one; the bend between them is what makes them two."""

import math

import numpy as np

from nnlib.exercises import chapter, edited, mistakes

exercise = chapter("04", "nonlinearity")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="loss_of_halves",
    recall=True,
    title="The mean squared error of an answer of 0.5",
    solution=0.25,
    wrong=[
        (0.5, "Each answer is off by 0.5, and that is squared before the mean is taken."),
        (1, "1 is the sum of the four squares. The mean squared error divides it by their number."),
        (0, "The differences cancel, but their squares do not: square first, then take the mean."),
    ],
    hints=["Each of the four is off by 0.5. Square, then take the mean."],
    holds="(0.25 + 0.25 + 0.25 + 0.25) / 4 = 0.25.",
)

exercise(
    name="weight_after_a_step",
    recall=True,
    title="One step of gradient descent",
    solution=1.7,
    wrong=[
        (2.3, "That is uphill: a step goes against the slope."),
        (-1, "That is the whole slope. A step is the slope times the learning rate."),
        (1.9, "A step is the slope times the learning rate, 3 · 0.1, and not the rate alone."),
        (0.3, "That is how far w moves. Subtract it from w."),
        (-0.3, "That is how far w moves, and which way. Add it to w."),
    ],
    hints=["Against the slope, by the slope times the learning rate."],
    holds="2 - 0.1 · 3 = 1.7: against the slope, by the slope times the learning rate.",
)


# ---- collapse ---------------------------------------------------------------------------------------


def collapse(W1, b1, W2, b2):
    return W1 @ W2, b1 @ W2 + b2


def collapse_by_probing(W1, b1, W2, b2):
    def network(X):
        return (X @ W1 + b1) @ W2 + b2

    n_inputs = W1.shape[0]
    b = network(np.zeros((1, n_inputs)))[0]
    return network(np.eye(n_inputs)) - b, b


def collapse_loop(W1, b1, W2, b2):
    W = np.zeros((W1.shape[0], W2.shape[1]))
    b = b2.copy()
    for k in range(W2.shape[1]):
        for j in range(W1.shape[1]):
            b[k] += b1[j] * W2[j, k]
            for i in range(W1.shape[0]):
                W[i, k] += W1[i, j] * W2[j, k]
    return W, b


exercise(
    title="Two linear layers as one",
    solution=collapse,
    returns=("W", "b"),
    cases=lambda rng: [
        (np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([1.0, -1.0]), np.array([[2.0], [1.0]]), np.array([0.5])),
        (rng.normal(size=(2, 4)), rng.normal(size=4), rng.normal(size=(4, 1)), rng.normal(size=1)),
        (rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3)),
        (rng.normal(size=(4, 2)), rng.normal(size=2), rng.normal(size=(2, 3)), rng.normal(size=3)),
        (rng.normal(size=(1, 1)), rng.normal(size=1), rng.normal(size=(1, 11)), rng.normal(size=11)),
    ],
    also_right=[
        collapse_loop,
        collapse_by_probing,
        lambda W1, b1, W2, b2: (np.einsum("ij,jk->ik", W1, W2), np.einsum("j,jk->k", b1, W2) + b2),
        lambda W1, b1, W2, b2: (np.dot(W1, W2), W2.T @ b1 + b2),
    ],
    wrong=mistakes(
        lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2),
        "`W` is right. In `b` the second layer's own bias is missing.",
        lambda W1, b1, W2, b2: (W1 @ W2, b2),
        "`W` is right. In `b` the first layer's bias is missing, and it has gone through the second layer.",
        lambda W1, b1, W2, b2: (W1 @ W2, b1 + b2),
        "`b1` can't be added as it is: the second layer multiplies it by its weights on the way. "
        "It has one entry for each hidden neuron, `b` has one for each output.",
        lambda W1, b1, W2, b2: (W1 @ W2, (b1 + b2) @ W2),
        "`b2` is multiplied by `W2` here. It joins after the second layer's weights: add it last.",
        lambda W1, b1, W2, b2: (W2 @ W1, b1 @ W2 + b2),
        "The matrices have changed places in `W`. A row meets the first layer first: X W1 W2, from the left.",
        lambda W1, b1, W2, b2: (W2 @ W1, W2 @ b1 + b2),
        "The matrices have changed places. A row meets the first layer first: X W1 W2, from the left.",
        lambda W1, b1, W2, b2: (W1 @ W2, W2 @ b1 + b2),
        "`b1` is a row and goes through the second layer from the left, as `X W1` does: `b1 @ W2`.",
        lambda W1, b1, W2, b2: (W1 * W2, b1 * W2 + b2),
        "`*` multiplies entry by entry. Here each `*` should be the matrix product, `@`.",
        lambda W1, b1, W2, b2: (W1 @ W2, W1 @ b1 + b2),
        "`b1` comes after the first layer's weights; it is only multiplied by those of the second.",
        lambda W1, b1, W2, b2: (W1 + W2, b1 + b2),
        "The two layers are added. They are applied one after the other, so their weights are multiplied.",
        lambda W1, b1, W2, b2: (b1 @ W2 + b2, W1 @ W2),
        "Both are right, in the wrong order. Order: `W` first, then `b`.",
        lambda W1, b1, W2, b2: W1 @ W2,
        "That is `W`, and it is right. Return two results: `W`, then `b`.",
    ),
    hints=[
        "Write the two layers as one line, with the first in parentheses: (X W1 + b1) W2 + b2. Multiply out.",
        "Three terms are left. One holds X: what stands beside it is `W`. The two without X are `b`.",
        "Check the shapes: `W` is (n_inputs, n_outputs) and `b` is (n_outputs,). `b1 @ W2` is (n_outputs,).",
    ],
    holds="You now have the proof in two lines: without a bend, two layers are one.",
)


# ---- relu -------------------------------------------------------------------------------------------


def relu(Z):
    return np.maximum(Z, 0)


def relu_loop(Z):
    A = np.zeros(Z.shape)
    for place in np.ndindex(Z.shape):
        if Z[place] > 0:
            A[place] = Z[place]
    return A


def relu_with_a_mask(Z):
    A = Z.copy()
    A[A < 0] = 0
    return A


exercise(
    title="ReLU: keep what is positive",
    solution=relu,
    cases=lambda rng: [
        (np.array([[-2.0, 3.0], [0.5, -0.1]]),),
        (5 * rng.normal(size=(4, 3)),),
        (-rng.uniform(1, 2, size=(3, 1)),),
        (rng.normal(size=(1, 6)),),
        (rng.normal(size=11),),
        (rng.normal(size=(2, 4, 3)),),
        (np.array([[1e6, -1e6, 0.0], [12.0, 150.0, 1e-6]]),),
        (np.array([0.25]),),
    ],
    also_right=[
        relu_loop,
        relu_with_a_mask,
        lambda Z: np.where(Z > 0, Z, 0),
        lambda Z: Z * (Z > 0),
        lambda Z: (Z + np.abs(Z)) / 2,
        lambda Z: np.clip(Z, 0, None),
        lambda Z: np.vectorize(lambda z: max(0.0, z))(Z),
    ],
    wrong=mistakes(
        lambda Z: max(0, Z),
        "`max` and `if` want one True or False, and an array has many. NumPy's `np.maximum` compares entry by entry.",
        lambda Z: np.max(Z),
        "`np.max` gives the largest entry of the array. ReLU gives one output for each entry: `np.maximum`.",
        lambda Z: np.max(Z, 0),
        "`np.max(Z, 0)` takes the largest of each column, along axis 0. `np.maximum` compares each entry with 0.",
        lambda Z: np.max(0, Z),
        "`np.max` takes one array and an axis. `np.maximum` compares two arrays, or a number and an array, entry "
        "by entry.",
        lambda Z: np.array([max(0, z) for z in Z]),
        "A loop over `Z` gives its rows, and `max` compares single numbers. `np.maximum` takes any shape.",
        lambda Z: np.array([[max(0, z) for z in row] for row in Z]),
        "Two loops fit arrays with rows and columns only. `Z` may have any shape, and so may what `np.maximum` takes.",
        lambda Z: np.minimum(Z, 0),
        "This keeps what is negative. It is the positive entries that pass.",
        lambda Z: np.abs(Z),
        "This folds the negative entries up. They should become 0.",
        lambda Z: np.where(Z > 0, 1.0, 0.0),
        "This is a step: every positive entry becomes 1. It should pass as it is.",
        lambda Z: np.clip(Z, 0, 1),
        "This also cuts off at 1. Above zero ReLU has no ceiling.",
        lambda Z: np.maximum(Z, 0.01 * Z),
        "This lets a hundredth of the negative entries through. That exists, and is called leaky ReLU; "
        "here they become exactly 0.",
        lambda Z: np.maximum(-Z, 0),
        "The sign is swapped: this passes the negative entries, with a plus.",
        lambda Z: Z[Z > 0],
        "This drops the negative entries. They stay in their places, as zeros.",
        edited(relu_with_a_mask, "Z.copy()", "Z"),
        "The numbers are right, but they are written into the caller's array: `Z` is changed. "
        "Make a new array instead.",
    ),
    hints=[
        "Entry by entry: the larger one of the entry and 0.",
        "NumPy has a function that compares two arrays, or an array and a number, entry by entry. "
        "It is neither `max` nor `np.max`.",
        "`np.maximum(a, b)` gives the larger one of each pair. What are `a` and `b` here?",
    ],
    holds="You now have the bend that most networks are made of.",
    in_nnlib="activations.relu",
)


# ---- corner_weights ---------------------------------------------------------------------------------


def corner_weights(x, y):
    slopes = np.diff(y) / np.diff(x)
    return np.diff(slopes, prepend=0.0)


def corner_weights_loop(x, y):
    weights, slope = [], 0.0
    for k in range(len(x) - 1):
        new = (y[k + 1] - y[k]) / (x[k + 1] - x[k])
        weights.append(new - slope)
        slope = new
    return np.array(weights)


def corner_weights_solved(x, y):
    ramps = np.maximum(x[1:, np.newaxis] - x[:-1], 0)  # (k, k): each ReLU at each point
    return np.linalg.solve(ramps, y[1:] - y[0])


exercise(
    title="A line through any points, from ReLUs",
    solution=corner_weights,
    cases=lambda rng: [
        (np.array([0.0, 1.0, 3.0]), np.array([1.0, 3.0, 2.0])),
        (np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 5.0, 4.0])),
        (np.cumsum(rng.uniform(0.5, 2, size=6)), rng.normal(size=6)),
        (np.cumsum(rng.uniform(0.5, 2, size=12)) - 5, rng.normal(size=12)),
        (np.array([-1.0, 1.0]), np.array([4.0, 1.0])),
    ],
    also_right=[
        corner_weights_loop,
        corner_weights_solved,
        lambda x, y: np.diff(np.concatenate([[0.0], np.diff(y) / np.diff(x)])),
    ],
    wrong=mistakes(
        lambda x, y: np.diff(y) / np.diff(x),
        "These are the slopes of the pieces. The ReLUs before go on rising, so each new one adds only the "
        "*change* of the slope.",
        lambda x, y: np.diff(np.diff(y) / np.diff(x)),
        "The first ReLU is missing: left of it the slope is 0, so its weight is the whole first slope.",
        lambda x, y: np.diff(y),
        "These are the rises from point to point. Divide each by its run to get the slopes, then take the change "
        "from each slope to the next.",
        lambda x, y: np.diff(np.diff(y), prepend=0.0),
        "The rises are not divided by the runs: a slope is the rise over the run, and the points are not 1 apart.",
        lambda x, y: np.diff(np.diff(x) / np.diff(y), prepend=0.0),
        "Upside down: a slope is the rise over the run, the change of y over the change of x.",
        lambda x, y: np.cumsum(np.diff(y) / np.diff(x)),
        "The slopes are added up. It is the other way around: the weights add up to the slopes.",
        lambda x, y: np.diff(np.diff(y) / np.diff(x), append=0.0),
        "The changes stand one place too early. The first weight is the first slope, a change from 0.",
        lambda x, y: np.append(y[:1], np.diff(np.diff(y) / np.diff(x))),
        "`y[0]` is added outside the sum already. The first weight is the first slope, a change from 0.",
        lambda x, y: np.diff(np.diff(y) / np.diff(x), prepend=np.diff(y[:2]) / np.diff(x[:2])),
        "The first weight is 0 here. Left of the first ReLU the line is flat, so its weight is the first slope.",
        lambda x, y: np.diff(y) / np.diff(x) - (y[1] - y[0]) / (x[1] - x[0]),
        "Each slope is compared with the first one. Compare it with the slope before it, and the first with 0.",
        edited(corner_weights_loop, "slope = new", "slope = weights[-1]"),
        "Each slope is compared with the weight before it. Compare it with the *slope* before it, which is the sum "
        "of all weights so far.",
    ),
    hints=[
        "Between two corners the slope of the sum is the sum of the weights of all ReLUs that have started.",
        "First the slope of each piece, the rise over the run: `np.diff(y) / np.diff(x)`, (k,).",
        "Weight j is slope j minus slope j - 1; the first weight is the first slope. `np.diff(..., prepend=0)` "
        "puts a 0 in front.",
    ],
    holds="You now have a network of one hidden layer that goes through any points, without training.",
)


# ---- xor_by_hand ------------------------------------------------------------------------------------

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([0.0, 1.0, 1.0, 0.0])


def ones_and_a_bend(b1=(0.0, -1.0), W2=(1.0, -2.0), b2=0.0, W1=((1.0, 1.0), (1.0, 1.0))):
    """The arrays of a 2-2-1 network; by default those that solve XOR."""
    return np.array(W1), np.array(b1), np.array(W2).reshape(-1, 1), np.array([b2])


def solves_xor(answer, rng):
    """None if the network answers 0, 1, 1, 0 on the four points, else a sentence."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 4:
        return "The network is four arrays, in this order: `(W1, b1, W2, b2)`."
    try:
        arrays = [np.asarray(part, dtype=float) for part in answer]
    except (TypeError, ValueError):
        return "Each of the four should be an array of numbers; one of them is something else."
    for name, array, shape in zip(("W1", "b1", "W2", "b2"), arrays, ((2, 2), (2,), (2, 1), (1,))):
        if array.shape != shape:
            return f"`{name}` should have the shape {shape}; yours has {array.shape}."
    W1, b1, W2, b2 = arrays
    Z1 = XOR_X @ W1 + b1
    hidden = np.maximum(Z1, 0)
    output = (hidden @ W2 + b2)[:, 0]
    if np.allclose(output, XOR_Y, rtol=0, atol=0.01):
        return None
    turned = np.maximum(XOR_X @ W1.T + b1, 0) @ W2 + b2
    says = "On the four points it answers " + ", ".join(f"{value + 0.0:.3g}" for value in output) + ". "
    if np.allclose(turned[:, 0], XOR_Y, rtol=0, atol=0.01):
        return says + "Rows and columns of `W1` have changed places: each neuron is a column."
    if not hidden.any():
        return says + "Both hidden neurons are 0 everywhere: their weighted sums never get above 0."
    if np.all(Z1 >= 0):
        return says + "No weighted sum is below 0 on any of the points, so nothing bends: it is one layer still."
    if np.allclose(hidden[:, 0], hidden[:, 1]):
        return says + "The two hidden neurons always say the same. Let the second one wake up later than the first."
    if np.allclose(output, 1 - XOR_Y, atol=0.01):
        return says + "That is XOR upside down: 1 minus what it should be."
    if np.allclose(output[:3], [0, 1, 1], atol=0.01) and output[3] < 0:
        return says + "Only (1, 1) is wrong: the second neuron pulls too far. Make its weight smaller."
    if np.allclose(output[:3], [0, 1, 1], atol=0.01):
        return says + "Only (1, 1) is wrong. There the second neuron must pull the sum of the first down to 0."
    if np.array_equal(output > 0.5, XOR_Y > 0.5):
        return says + "Each is on the right side of 0.5; they should be exactly 0, 1, 1, 0."
    return says + "It should answer 0, 1, 1, 0."


exercise(
    name="xor_by_hand",
    title="The weights of a 2-2-1 network that solves XOR, by hand",
    solution=ones_and_a_bend(),
    verify=solves_xor,
    also_right=[
        ones_and_a_bend(W1=((1.0, -1.0), (-1.0, 1.0)), b1=(0.0, 0.0), W2=(1.0, 1.0)),  # |x1 - x2|
        ones_and_a_bend(b1=(0.0, -0.5), W2=(2.0, -4.0), W1=((0.5, 0.5), (0.5, 0.5))),
        ones_and_a_bend(W1=((-1.0, 1.0), (-1.0, 1.0)), b1=(1.0, -1.0), W2=(-1.0, -1.0), b2=1.0),
        ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0]),
    ],
    wrong=mistakes(
        ones_and_a_bend(W2=(1.0, 0.0)),
        "On the four points it answers 0, 1, 1, 2. Only (1, 1) is wrong. There the second neuron must pull the "
        "sum of the first down to 0.",
        ones_and_a_bend(W2=(1.0, -1.0)),
        "On the four points it answers 0, 1, 1, 1. Only (1, 1) is wrong. There the second neuron must pull the "
        "sum of the first down to 0.",
        ones_and_a_bend(W2=(1.0, -3.0)),
        "On the four points it answers 0, 1, 1, -1. Only (1, 1) is wrong: the second neuron pulls too far. Make "
        "its weight smaller.",
        ones_and_a_bend(b1=(0.0, 0.0)),
        "On the four points it answers 0, -1, -1, -2. No weighted sum is below 0 on any of the points, so "
        "nothing bends: it is one layer still.",
        ones_and_a_bend(b1=(-1.0, -1.0)),
        "On the four points it answers 0, 0, 0, -1. The two hidden neurons always say the same. Let the second "
        "one wake up later than the first.",
        ones_and_a_bend(b1=(-3.0, -2.0)),
        "On the four points it answers 0, 0, 0, 0. Both hidden neurons are 0 everywhere: their weighted sums "
        "never get above 0.",
        ones_and_a_bend(W2=(-1.0, 2.0), b2=1.0),
        "On the four points it answers 1, 0, 0, 1. That is XOR upside down: 1 minus what it should be.",
        ones_and_a_bend(W1=((1.0, 1.0), (2.0, 2.0)), b1=(0.0, -2.0), W2=(1.0, -1.0)),
        "On the four points it answers 0, 2, 1, 2. Rows and columns of `W1` have changed places: each neuron is a "
        "column.",
        ones_and_a_bend(W2=(0.8, -1.6)),
        "On the four points it answers 0, 0.8, 0.8, 0. Each is on the right side of 0.5; they should be "
        "exactly 0, 1, 1, 0.",
        (*ones_and_a_bend()[:2], np.array([1.0, -2.0]), np.array([0.0])),
        "`W2` should have the shape (2, 1); yours has (2,).",
        ones_and_a_bend()[:2],
        "The network is four arrays, in this order: `(W1, b1, W2, b2)`.",
    ),
    hints=[
        "The first neuron is s = x1 + x2 itself. Where must the second one start to rise, so that it is still 0 for "
        "s = 0 and s = 1? Its bias says so.",
        "With the second neuron starting at s = 1, the two say (0, 0), (1, 0), (1, 0) and (2, 1) on the four points.",
        "Which two weights of the output turn (1, 0) into 1, and (2, 1) into 0?",
    ],
    holds="You now have XOR solved by thinking: two bends, and no training at all.",
    code="W1 = np.array([[1.0, 1.0], [1.0, 1.0]])\n"
    "b1 = np.array([0.0, -1.0])\n"
    "W2 = np.array([[1.0], [-2.0]])\n"
    "b2 = np.array([0.0])\n"
    "xor_by_hand = (W1, b1, W2, b2)",
)


# ---- forward ----------------------------------------------------------------------------------------


def forward(X, parameters, activations):
    trace = [X]
    for layer, activation in zip(parameters, activations):
        trace.append(activation(trace[-1] @ layer["W"] + layer["b"]))
    return trace


def forward_recursive(X, parameters, activations):
    if not parameters:
        return [X]
    A = activations[0](X @ parameters[0]["W"] + parameters[0]["b"])
    return [X, *forward_recursive(A, parameters[1:], activations[1:])]


def forward_by_index(X, parameters, activations):
    A, trace = X, [X]
    for k in range(len(parameters)):
        W, b = parameters[k]["W"], parameters[k]["b"]
        Z = np.einsum("ij,jk->ik", A, W) + b[np.newaxis, :]
        A = activations[k](Z)
        trace = trace + [A]
    return trace


def linear(Z):
    return Z


def random_layers(rng, *sizes):
    return [{"W": rng.normal(size=shape), "b": rng.normal(size=shape[1])} for shape in zip(sizes, sizes[1:])]


exercise(
    title="The forward pass of a network, with everything it says on the way",
    solution=forward,
    cases=lambda rng: [
        (
            np.array([[1.0, 2.0]]),
            [
                {"W": np.array([[1.0, -1.0], [0.5, 1.0]]), "b": np.array([0.0, -2.0])},
                {"W": np.array([[2.0], [1.0]]), "b": np.array([-1.0])},
            ],
            [relu, linear],
        ),
        (rng.normal(size=(4, 2)), random_layers(rng, 2, 4, 1), [np.tanh, sigmoid]),
        (rng.normal(size=(5, 3)), random_layers(rng, 3, 2, 4, 2), [relu, np.tanh, linear]),
        (rng.normal(size=(3, 2)), random_layers(rng, 2, 2, 2, 2), [np.tanh, sigmoid, relu]),
        (rng.normal(size=(2, 3)), random_layers(rng, 3, 1), [sigmoid]),
        (rng.normal(size=(1, 1)), random_layers(rng, *[1] * 12), [np.tanh, *[linear] * 9, sigmoid]),  # eleven layers
        (np.array([[1, 2], [0, 1], [3, -1]]), random_layers(rng, 2, 3, 1), [np.tanh, linear]),
    ],
    also_right=[forward_recursive, forward_by_index],
    wrong=mistakes(
        edited(forward, "return trace", "return trace[1:]"),
        "The trace starts with the inputs: `X` itself is its first entry.",
        edited(forward, "return trace", "return trace[-1]"),
        "This is the output of the last layer alone. Return the list of all: X, A1, A2, ...",
        edited(forward, "append(activation(", "append(("),
        "The activations are missing: each layer is bent before it is passed on.",
        edited(forward, "append(activation(", "append(activations[0]("),
        "Every layer uses the first activation. Each has its own: go through both lists side by side.",
        edited(forward, "append(activation(", "append(relu("),
        "`relu` is used for every layer. Use the layer's own function, from the list `activations`.",
        edited(forward, ' + layer["b"])', ') + layer["b"]'),
        "The bias belongs inside: `f(A @ W + b)`. Here it is added after the bend.",
        edited(forward, "for layer,", "for (W, b),", 'layer["W"]', "W", 'layer["b"]', "b"),
        "Unpacking a dict gives its keys, the letters 'W' and 'b'. Write `layer['W']` and `layer['b']`.",
        edited(forward_by_index, "trace = trace + [A]", "trace += A"),
        "`+=` adds the rows of the array to the list, one by one. Use `append`: it adds the array as one entry.",
        edited(forward, "trace.append(", "trace += ("),
        "Use `append` in place of `+=`, which adds the rows one by one: the next layer then gets one row only.",
        edited(forward, ' + layer["b"]', ""),
        "The biases are missing: add `layer['b']` before the activation.",
        edited(forward_by_index, "trace + [A]", "trace + [Z]"),
        "The trace holds the weighted sums `Z`, from before the bend. Keep the outputs, `activation(Z)`.",
        edited(forward_by_index, "trace + [A]", "trace + [Z, A]"),
        "The trace holds `Z` and `A` of each layer. Keep the outputs `A` alone.",
        edited(forward, "activation(trace[-1]", "(activation(trace[-1])"),
        "The activation comes too early: it bends what goes into the layer. Compute `Z` first, then bend it.",
        edited(forward_by_index, "range(len(parameters))", "range(2)"),
        "Two layers are built in. There are as many as the lists have entries: loop over those.",
        edited(forward, "trace[-1]", "X"),
        "Every layer looks at `X`. It should look at what the layer before it said: the last entry of the trace.",
        edited(forward, "zip(parameters,", "zip(parameters[:-1],"),
        "One layer too few: the last one is missing.",
        edited(forward, "return trace", "return trace[::-1]"),
        "The list is the wrong way around: the inputs come first, the output last.",
    ),
    hints=[
        "Start with a list that holds `X`. Each layer takes the last entry of the list and appends its own outputs.",
        "`for layer, activation in zip(parameters, activations):` takes the two lists side by side; `layer['W']` and "
        "`layer['b']` are the arrays.",
        "In the loop: `Z` from `trace[-1]`, as in chapter 3; then append `activation(Z)`. Return after the loop.",
    ],
    holds="You now have a whole network, of any depth, with any activations.",
    in_nnlib="network.NeuralNetwork.trace",
)


# ---- sigmoid ----------------------------------------------------------------------------------------

OVERFLOWS = (
    "The values are right, but on the way a number overflows, and NumPy warns: `np.exp` is asked for e to the "
    "power of 1000. Use a function that never grows beyond 1."
)


def sigmoid(Z):
    return 0.5 * (1 + np.tanh(Z / 2))


def sigmoid_by_sign(Z):
    small = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, small) / (1 + small)


def sigmoid_loop(Z):
    A = np.empty(Z.shape)
    for place in np.ndindex(Z.shape):
        A[place] = 0.5 + 0.5 * math.tanh(Z[place] / 2)
    return A


def sigmoid_of_the_book(Z):
    return np.vectorize(lambda z: 1 / (1 + math.exp(-z)))(Z)


def without_overflow(answer, rng):
    """None if no number overflows for inputs far from 0, else a sentence."""
    Z = np.array([[-1e4, 1e4], [-800.0, 5.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        try:
            answer(Z)
        except FloatingPointError as error:
            return f"With Z = [[-10000, 10000], [-800, 5]] NumPy says: {error}."
    return None


exercise(
    title="Sigmoid that never overflows",
    optional=True,
    solution=sigmoid,
    cases=lambda rng: [
        (np.array([[0.0, 2.0], [-1.0, 5.0]]),),
        (3 * rng.normal(size=(4, 3)),),
        (np.array([[-1000.0, -40.0, 40.0, 1000.0]]),),
        (np.array([[-1e4, 1e4]]),),
        (rng.normal(size=(5, 1)),),
        (rng.normal(size=11),),
        (rng.normal(size=(2, 4, 3)),),
        (np.array([2.0]),),
    ],
    verify=without_overflow,
    also_right=[
        sigmoid_by_sign,
        sigmoid_loop,
        lambda Z: 1 / (1 + np.exp(np.minimum(-Z, 700))),
        lambda Z: 1 / (1 + np.exp(-np.clip(Z, -500, 500))),
        lambda Z: np.exp(-np.logaddexp(0, -Z)),
    ],
    wrong=mistakes(
        lambda Z: 1 / (1 + np.exp(-Z)),
        OVERFLOWS,
        lambda Z: np.exp(Z) / (1 + np.exp(Z)),
        "For z = 1000 this is infinity over infinity, which is `nan`. Use the form with tanh.",
        lambda Z: np.exp(Z / 2) / (np.exp(Z / 2) + np.exp(-Z / 2)),
        "Halving `z` only doubles the range: from about 1400 on this is infinity over infinity, `nan`. Add 1 to "
        "the tanh of Z / 2 and compare it with this fraction.",
        sigmoid_of_the_book,
        "`math.exp` stops with an OverflowError where `np.exp` only warns. Use the form with tanh.",
        lambda Z: 0.5 * (1 + np.tanh(Z)),
        "Twice as steep as it should be: take the tanh of half of `Z`.",
        lambda Z: np.tanh(Z / 2),
        "This runs from -1 to 1. Shift it up and halve its height, so that it runs from 0 to 1.",
        lambda Z: 0.5 * np.tanh(Z / 2) + 1,
        "This runs from 0.5 to 1.5. Parentheses: add the 1 first, then halve the whole.",
        lambda Z: 1 + np.tanh(Z / 2),
        "This runs from 0 to 2. Halve it.",
        lambda Z: 0.5 * (1 - np.tanh(Z / 2)),
        "The sign is swapped: this falls from 1 to 0. A large `z` should give an output near 1.",
        lambda Z: 0.5 * (1 + np.tanh(2 * Z)),
        "Four times as steep as it should be: take the tanh of `Z / 2`, not of `2 * Z`.",
        lambda Z: np.round(0.5 * (1 + np.tanh(Z / 2))),
        "The outputs are rounded to 0 and 1. A sigmoid takes every value in between.",
    ),
    hints=[
        "tanh has the right shape, and it never overflows. What has to be done to its height, its level and its width?",
        "tanh runs from -1 to 1; the sigmoid runs from 0 to 1. So add 1, then halve.",
        "Only the width is left: take the tanh of half of `Z`.",
    ],
    holds="You now have an output between 0 and 1 for any input, however large.",
    in_nnlib="activations.sigmoid",
)
