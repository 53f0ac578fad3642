"""Exercises of chapter 05: the chain rule, once per layer, from the loss back."""

import functools

import numpy as np

from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.ch04_nonlinearity import forward as my_forward
from nnlib.exercises.ch04_nonlinearity import random_layers, relu, sigmoid
from nnlib.exercises.engine.compare import as_floats, differences

exercise = chapter("05", "backpropagation")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="slope_of_square",
    recall=True,
    title="The slope of a squared error",
    solution=4,
    wrong=[
        (2, "The 2 of the square is missing: twice the error, 2 (5 - 3)."),
        (-4, "The sign is swapped: above 3 the square grows with w, so its slope is positive."),
        (10, "That is the slope of w². The error is w - 3: twice the error, 2 (5 - 3)."),
    ],
    hints=["The outer derivative is twice the error."],
    holds="2 (5 - 3) = 4: the slope of a squared error is twice the error.",
)

exercise(
    name="cliff_rate",
    recall=True,
    title="The rate at which descent explodes",
    solution=0.2,
    wrong=[
        (0.1, "At 1/λ one step goes all the way to the bottom. The cliff is at twice that rate."),
        (5, "Upside down: it is 2 divided by the curvature."),
        (20, "2 is divided by the curvature, not multiplied: the steeper the bowl, the smaller the rate."),
    ],
    hints=["Each step multiplies the distance by 1 - rate · λ. When is that -1?"],
    holds="2/λ = 0.2: there every step jumps across and lands as far away as it was.",
)

exercise(
    name="shape_of_product",
    recall=True,
    title="The shape of a product",
    solution=(5, 2),
    wrong=[
        ((3, 3), "The inner sizes have to agree, and they vanish: (5, 3) @ (3, 2). The outer ones stay."),
        ((2, 5), "The outer sizes stay in their order: first the rows of X, then the columns of W."),
        ((5, 3), "That is the shape of X. Each of its 5 rows gives a number for every column of W."),
    ],
    hints=["A row for each row of X, a column for each column of W."],
    holds="(5, 3) @ (3, 2) is (5, 2): the inner sizes agree and vanish.",
)


# ---- tanh_derivative --------------------------------------------------------------------------------


def tanh_derivative(A):
    return 1 - A**2


def tanh_derivative_loop(A):
    slopes = np.empty(A.shape)
    for place in np.ndindex(A.shape):
        slopes[place] = 1 - A[place] * A[place]
    return slopes


exercise(
    title="The derivative of tanh, from its output",
    solution=tanh_derivative,
    cases=lambda rng: [
        (np.array([[0.0, 0.5], [-0.8, 0.9]]),),
        (np.tanh(2 * rng.normal(size=(4, 3))),),
        (np.tanh(rng.normal(size=(1, 5))),),
        (np.tanh(rng.normal(size=(3, 3))),),
        (np.array([0.0, 0.5, -0.99, 1.0]),),
        (np.tanh(rng.normal(size=(2, 3, 2))),),
        (np.tanh(rng.normal(size=11)),),
    ],
    also_right=[
        tanh_derivative_loop,
        lambda A: (1 - A) * (1 + A),
        lambda A: 1 - np.square(A),
        lambda A: np.subtract(1, np.power(A, 2)),
    ],
    wrong=[
        (
            lambda A: 1 - np.tanh(A) ** 2,
            "The tanh is taken once too often: `A` is already the output, so a is `A` itself.",
        ),
        (lambda A: A * (1 - A), "That is the derivative of the sigmoid, from its output. For tanh follow the text."),
        (lambda A: 1 - A, "The square is missing: (cosh² - sinh²) / cosh² leaves a square."),
        (lambda A: A**2 - 1, "The sign is swapped. tanh rises everywhere, so its slope is never negative."),
        (lambda A: 1 + A**2, "Plus for minus: tanh is flatter where its output is near 1 or -1, not steeper."),
        (lambda A: (1 - A) ** 2, "Here the whole of 1 - a is squared. Square a alone."),
        (lambda A: A**2, "That is what is taken away from 1. Where the output is 0, tanh is steepest: slope 1."),
        (lambda A: 1 - 2 * A, "a² became 2 a. Nothing is left to differentiate here: square a."),
        (lambda A: np.tanh(A), "That is tanh once more. Its slope is asked for."),
        (
            lambda A: 1 - A @ A,
            "`@` is the matrix product. Each entry has a slope of its own: use `*` or `**`, entry by entry.",
        ),
    ],
    hints=[
        "Divide both products above the line by cosh². What does each become?",
        "cosh² / cosh² is 1. sinh² / cosh² is tanh², and tanh is the output a.",
        "One line, entry by entry, with the square of `A` in it and no call of `np.tanh`.",
    ],
    holds="You now have the slope of tanh, for one product and one subtraction.",
    in_nnlib="activations.tanh_derivative",
)


# ---- relu_derivative --------------------------------------------------------------------------------


def relu_derivative(A):
    return np.where(A > 0, 1.0, 0.0)


def relu_derivative_loop(A):
    slopes = np.zeros(A.shape)
    for place in np.ndindex(A.shape):
        if A[place] > 0:
            slopes[place] = 1
    return slopes


exercise(
    title="The derivative of ReLU, from its output",
    solution=relu_derivative,
    use=lambda relu_derivative, A: as_floats(relu_derivative(A)),  # they are multiplied by a dA of floats
    cases=lambda rng: [
        (np.array([[0.0, 0.5], [3.0, 0.0]]),),
        (relu(2 * rng.normal(size=(4, 3))),),
        (np.zeros((2, 1)),),
        (relu(rng.normal(size=(3, 3))),),
        (np.array([2.0, 0.0, 1e-9]),),
        (relu(rng.normal(size=(2, 3, 2))),),
        (np.array([[1.0]]),),
    ],
    also_right=[
        relu_derivative_loop,
        lambda A: A > 0,
        lambda A: (A > 0) * 1.0,
        lambda A: (A > 0).astype(float),
        lambda A: np.where(A > 0, 1, 0),
        lambda A: (A > 0) * 1,
        lambda A: (A > 0).astype(int),
        lambda A: np.sign(A),
        lambda A: np.heaviside(A, 0.0),
    ],
    wrong=mistakes(
        lambda A: np.where(A >= 0, 1.0, 0.0),
        "This is 1 everywhere, because no output of ReLU is below 0. Where the output is 0, ReLU is flat: `>`, "
        "not `>=`.",
        lambda A: np.maximum(A, 0),
        "That is ReLU itself, which leaves `A` as it is. Its slope is 0 or 1.",
        lambda A: np.where(A > 0, 0.0, 1.0),
        "The wrong way around: the slope is 1 where the output is above 0, and 0 where it is 0.",
        lambda A: 1 - A**2,
        "That is the slope of tanh. ReLU is made of two straight lines: two slopes.",
        lambda A: np.where(A > 0, 1, -1),
        "-1 is the slope of a line that falls. Where the output is 0, ReLU is flat: its slope is 0.",
        lambda A: 1.0,
        "One number for all. Each entry has its own slope, 0 or 1: compare `A` with 0.",
        lambda A: A[A > 0],
        "This picks the positive entries out. All the entries stay in their places, as 0 or 1.",
        lambda A: np.ones(A.shape) if A.any() else np.zeros(A.shape),
        "`A.any()` asks the whole array one question. Each entry has its own slope: `A > 0` alone asks each.",
        lambda A: np.array([[1.0 if a > 0 else 0.0 for a in row] for row in A]),
        "Two loops fit arrays with rows and columns only. `A` may have any shape: `A > 0` compares whole arrays.",
    ),
    hints=[
        "ReLU is made of two straight lines. What is the slope of each, and how does the output tell them apart?",
        "Where the output is above 0 the slope is 1. Where it is 0 the slope is 0.",
        "`A > 0` is an array of True and False, which count as 1 and 0 when they are multiplied.",
    ],
    holds="You now have the slope of ReLU: a gate, open where the output is above 0.",
    in_nnlib="activations.relu_derivative",
)


# ---- neuron_backward --------------------------------------------------------------------------------


def neuron_backward(x, w, b, y):
    a = np.tanh(w * x + b)
    da = 2 * (a - y)
    dz = da * (1 - a**2)
    return dz * x, dz


def neuron_backward_in_closed_form(x, w, b, y):
    z = w * x + b
    db = 2 * (np.tanh(z) - y) / np.cosh(z) ** 2
    return db * x, db


def neuron_backward_as_a_product(x, w, b, y):
    a = np.tanh(w * x + b)
    chain = [2 * (a - y), (1 - a) * (1 + a)]
    return np.prod([*chain, x]), np.prod([*chain, 1.0])


exercise(
    title="Back through one tanh neuron",
    solution=neuron_backward,
    returns=("dw", "db"),
    cases=lambda rng: [
        (3.0, 0.5, -1.0, 1.0),
        tuple(rng.normal(size=4)),
        (-1.5, 0.4, 0.2, -1.0),
        (0.5, -2.0, 1.5, 0.25),
        tuple(rng.normal(size=4)),
        (0, 1, -1, 2),
        (4.5, 2.0, 0.0, -3.0),  # saturated: a slope that is measured, not computed, is off here
    ],
    also_right=[neuron_backward_in_closed_form, neuron_backward_as_a_product],
    wrong=mistakes(
        edited(neuron_backward, "da * (1 - a**2)", "da"),
        "The factor of the tanh is missing: on the way from a back to z, multiply by 1 - a².",
        edited(neuron_backward, "2 * (a - y)", "a - y"),
        "The 2 is missing in both: it comes down from the square of the loss.",
        edited(neuron_backward, "(a - y)", "(y - a)"),
        "The sign is swapped in both. The error is output minus truth: `a - y`.",
        edited(neuron_backward, "dz * x, dz", "dz, dz"),
        "The last factor of `dw` is missing: z = w x + b, and when w grows by 1, z grows by ...?",
        edited(neuron_backward, "dz * x, dz", "dz * x, dz * x"),
        "`db` has no `x` in it: when b grows by 1, z grows by 1.",
        edited(neuron_backward, "dz * x, dz", "dz * w, dz"),
        "`dw` has `w` as its last factor. That is the slope with respect to x; with respect to w it is `x`.",
        edited(neuron_backward, "1 - a**2", "1 - (w * x + b) ** 2"),
        "The slope of tanh is 1 - a², with the output a. Here it is computed from z.",
        edited(neuron_backward, "2 * (a - y)", "(a - y) ** 2"),
        "The chain starts with the loss itself. It should start with the slope of the loss, 2 (a - y).",
        edited(neuron_backward, "2 * (a - y)", "(a - y) ** 2 * 2 * (a - y)"),
        "The walk starts at the loss with the slope 1, not with the value of the loss: `da = 2 * (a - y)`.",
        edited(neuron_backward, "1 - a**2", "a"),
        "The factor of the tanh is its slope, 1 - a², and not its output.",
        edited(neuron_backward, "2 * (a - y)", "1"),
        "The chain ends at the output of the neuron. Go on to the loss: its slope with respect to a is a factor too.",
        edited(neuron_backward, "da * (1", "da + (1", "dz * x", "dz + x"),
        "The local slopes are added. Along one path they are multiplied; only different paths are added.",
        edited(neuron_backward, "np.tanh(w * x + b)", "w * x + b", "da * (1 - a**2)", "da"),
        "This is the neuron without its bend: the loss looks at a = tanh(z), and not at z.",
        edited(neuron_backward, "dz * x, dz", "w - 0.1 * dz * x, b - 0.1 * dz"),
        "These are the weight and the bias after a step. The slopes alone are asked for; the step comes later.",
    ),
    hints=[
        "Forward first, because the way back needs the values: z, then a. Then from the loss back, one local slope "
        "at a time.",
        "`da` is the slope of (a - y)² with respect to a. `dz` is `da` times the slope of tanh. Both go into `dw` "
        "and `db`.",
        "`dz = da * (1 - a**2)`. What is left for `dw` is how much z grows when w grows by 1; for `db`, when b does.",
    ],
    holds="You now have backpropagation for one neuron: values forward, slopes back, one product at each step.",
)


# ---- fork_by_hand -----------------------------------------------------------------------------------

exercise(
    name="fork_by_hand",
    title="The gradient at a fork, by hand",
    solution=0.7,
    also_right=[0.5 * 3 + 0.4 * -2, np.float64(7) / 10, 0.70],
    wrong=[
        (1.5, "That is what comes back from the first neuron alone. Add what comes back from the second."),
        (-0.8, "That is what comes back from the second neuron alone. Add what comes back from the first."),
        (2.3, "The second weight is negative, so what comes back through it is negative too."),
        (-1.2, "The two paths are multiplied. Along a path slopes multiply; different paths add."),
        (0.35, "That is the mean of the two paths. They add: the loss feels both."),
        (0.8, "What comes back through -2 is negative, and the path through 3 has to be added."),
        (1.9, "The second path has a weight too: 0.4 comes back through -2."),
        (0.2, "The weights have changed places: 0.5 comes back through the weight 3, and 0.4 through -2."),
        (0.9, "The weights are missing: each slope is multiplied by the weight that it comes back through."),
        (1, "Those are the weights alone. Each carries its own slope back: multiply first, then add."),
    ],
    hints=[
        "There are two paths from a to the loss. Compute what comes back along each.",
        "When a grows by 1, z₁ grows by its weight, 3, and the loss by 0.5 for each of these.",
        "The first path brings back 0.5 · 3. Do the same for the second, and add.",
    ],
    holds="You now have the rule of the fork: multiply along a path, add where paths meet.",
    code="fork_by_hand = 0.5 * 3 + 0.4 * (-2)",
)


# ---- layer_backward ---------------------------------------------------------------------------------


def layer_backward(X, A, dA, W, derivative):
    dZ = dA * derivative(A)
    dW = X.T @ dZ
    db = dZ.sum(axis=0)
    dX = dZ @ W.T
    return dW, db, dX


def layer_backward_loop(X, A, dA, W, derivative):
    slopes = derivative(A)
    dW, db, dX = np.zeros(W.shape), np.zeros(W.shape[1]), np.zeros(X.shape)
    for row in range(X.shape[0]):
        for j in range(W.shape[1]):
            dz = dA[row, j] * slopes[row, j]
            db[j] += dz
            for i in range(W.shape[0]):
                dW[i, j] += X[row, i] * dz
                dX[row, i] += dz * W[i, j]
    return dW, db, dX


def layer_backward_einsum(X, A, dA, W, derivative):
    dZ = np.multiply(derivative(A), dA)
    return np.einsum("ni,nj->ij", X, dZ), np.einsum("nj->j", dZ), np.einsum("nj,ij->ni", dZ, W)


def layer_backward_transposed(X, A, dA, W, derivative):
    dZ = derivative(A) * dA
    return (dZ.T @ X).T, np.ones(len(X)) @ dZ, (W @ dZ.T).T


def linear(Z):
    return Z


def linear_derivative(A):
    return np.ones_like(A)


def sigmoid_derivative(A):
    return A * (1 - A)


def layer_case(rng, n, n_inputs, n_neurons, activation, derivative):
    X, W = rng.normal(size=(n, n_inputs)), rng.normal(size=(n_inputs, n_neurons))
    A = activation(X @ W + rng.normal(size=n_neurons))
    return X, A, rng.normal(size=A.shape), W, derivative


exercise(
    title="Back through one layer",
    solution=layer_backward,
    returns=("dW", "db", "dX"),
    cases=lambda rng: [
        (
            np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]]),
            np.array([[0.5, 0.0, -0.5, 0.8], [0.0, 0.5, 0.8, -0.5], [-0.8, 0.0, 0.5, 0.5]]),
            np.array([[1.0, 2.0, 0.0, -1.0], [-1.0, 0.5, 1.0, 2.0], [0.5, -2.0, 1.0, 0.0]]),
            np.array([[1.0, -1.0, 0.5, 2.0], [0.5, 2.0, -1.0, 0.0]]),
            tanh_derivative,
        ),
        layer_case(rng, 4, 2, 3, np.tanh, tanh_derivative),
        layer_case(rng, 3, 3, 3, relu, relu_derivative),
        layer_case(rng, 5, 3, 1, linear, linear_derivative),
        layer_case(rng, 2, 3, 4, sigmoid, sigmoid_derivative),
        layer_case(rng, 1, 11, 2, np.tanh, tanh_derivative),
        (
            np.array([[1, 2], [0, 1], [3, -1]]),
            np.eye(3, 4),
            np.eye(3, 4, dtype=int),
            np.eye(2, 4, dtype=int),
            np.ones_like,
        ),
    ],
    also_right=[layer_backward_loop, layer_backward_einsum, layer_backward_transposed],
    wrong=[
        *mistakes(
            edited(layer_backward, "dA * derivative(A)", "dA"),
            "The activation is missing: on the way from A back to Z each entry is multiplied by its slope, "
            "`derivative(A)`.",
            edited(layer_backward, "X.T @ dZ", "X.T @ dA"),
            "`dW` is computed with `dA`. The weights sit before the activation, so they feel `dZ`.",
            edited(layer_backward, "dZ @ W.T", "dA @ W.T"),
            "`dX` is computed with `dA`. The inputs sit before the activation, so they feel `dZ`.",
            edited(layer_backward, "X.T @ dZ", "X.T @ dA", "dZ @ W.T", "dA @ W.T"),
            "`db` is right. `dW` and `dX` are computed with `dA`; both sit before the activation and feel `dZ`.",
            edited(layer_backward, "X.T @ dZ", "X.T @ dA", "dZ.sum", "dA.sum"),
            "`dW` and `db` are computed with `dA`. The weights sit before the activation: use `dZ`.",
            edited(layer_backward, "derivative(A)", "derivative(X @ W)"),
            "The slope is asked for at Z; `derivative` takes outputs: `derivative(A)`.",
            edited(layer_backward, "derivative(A)", "(1 - A**2)"),
            "The slope of tanh is built in. The next layer may have another activation: use `derivative(A)`.",
            edited(layer_backward, "derivative(A)", "derivative(dA)"),
            "The slope is asked for at `dA`. It belongs to the outputs: `derivative(A)`.",
            edited(layer_backward, "dA * derivative(A)", "derivative(A)"),
            "The chain ends at this layer's outputs. Multiply `derivative(A)` by `dA`, which comes from above.",
            edited(layer_backward, "dA * derivative(A)", "dA + derivative(A)"),
            "`dA` and the slope are added. Along a path slopes multiply, entry by entry.",
            edited(layer_backward, "X.T", "X"),
            "In `dW` the inputs must be transposed: `X.T` has a row for each input, and the sum runs over the rows "
            "of `X`.",
            edited(layer_backward, "W.T", "W"),
            "In `dX` the weights must be transposed: W took the inputs to the neurons, and now the way is back.",
            edited(layer_backward, "X.T @ dZ", "X.T @ dZ / len(X)", "dZ.sum", "dZ.mean"),
            "`dW` and `db` are divided by the number of rows. The loss is the mean, so `dA` holds that division "
            "already. Add up the rows, and divide no more.",
            edited(layer_backward, "X.T @ dZ", "X.T @ dZ / len(X)"),
            "`dW` is divided by the number of rows. `dA` holds the division by the mean already.",
            edited(layer_backward, "dZ.sum", "dZ.mean"),
            "`db` is the mean of the rows. The bias feeds every row, and at a fork gradients add: take the sum.",
            edited(layer_backward, "dZ.sum(axis=0)", "dZ"),
            "`db` has a row for each sample. All the rows share one bias, so their slopes are added: sum over axis 0.",
            edited(layer_backward, "return dW, db, dX", "return dW, db"),
            "`dX` is missing. It is what the layer before this one gets as its `dA`.",
        ),
        *(
            (edited(layer_backward, "return dW, db, dX", f"return {order}"), f"{what}: return `dW, db, dX`.")
            for order, what in {
                "dX, dW, db": "The three have changed places",
                "db, dX, dW": "`dW` stands last and should stand first",
            }.items()
        ),
        *mistakes(
            edited(layer_backward, "dZ = dA * derivative(A)", "dZ = dA\n    dZ *= derivative(A)"),
            "The numbers are right, but `dA` is overwritten. `nnlib` does that too, on arrays that are its own; this "
            "one is the caller's. Make a new array: `dZ = dA * ...`.",
        ),
    ],
    hints=[
        "Four lines: `dZ`, then `dW`, `db` and `dX` from it. The first is entry by entry, the others were derived "
        "above.",
        "`dZ` is `dA` times the slopes, which `derivative(A)` gives. `db` is the sum of the rows of `dZ`: `axis=0`.",
        "`dW` is (n_inputs, n_neurons), from X (n, n_inputs) and dZ (n, n_neurons). `dX` is (n, n_inputs), from dZ "
        "and W "
        "(n_inputs, n_neurons). Which transpose makes each fit?",
    ],
    holds="You now have the chain rule for a whole layer, any number of rows and neurons at once.",
    in_nnlib="layers.Dense.backward",
)
my_layer_backward = layer_backward  # what the cells of the chapter call it from here on


# ---- backward ---------------------------------------------------------------------------------------


def backward(trace, y, parameters, derivatives):
    dA = 2 * (trace[-1] - y) / y.size
    gradients = []
    for k in reversed(range(len(parameters))):
        dW, db, dA = my_layer_backward(trace[k], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
        gradients.insert(0, {"W": dW, "b": db})
    return gradients


def backward_recursive(trace, y, parameters, derivatives):
    def gradients_below(dA, layers):
        if layers == 0:
            return []
        k = layers - 1
        dW, db, dX = my_layer_backward(trace[k], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
        return [*gradients_below(dX, k), {"W": dW, "b": db}]

    return gradients_below((trace[-1] - y) * (2 / y.size), len(parameters))


def backward_with_zip(trace, y, parameters, derivatives):
    dA, gradients = 2 * (trace[-1] - y) / np.size(y), []
    steps = list(zip(trace[:-1], trace[1:], parameters, derivatives))
    for X, A, layer, derivative in steps[::-1]:
        dZ = dA * derivative(A)
        gradients.append({"b": np.sum(dZ, axis=0), "W": np.einsum("ni,nj->ij", X, dZ)})
        dA = np.dot(dZ, layer["W"].T)
    return gradients[::-1]


def backward_row_by_row(trace, y, parameters, derivatives):
    total = [{"W": np.zeros(layer["W"].shape), "b": np.zeros(layer["b"].shape)} for layer in parameters]
    for row in range(len(y)):
        part = slice(row, row + 1)
        one = backward([A[part] for A in trace], y[part], parameters, derivatives)
        for sums, layer in zip(total, one):
            sums["W"] += layer["W"] / len(y)
            sums["b"] += layer["b"] / len(y)
    return total


def two_layers_only(trace, y, parameters, derivatives):
    dA = 2 * (trace[-1] - y) / y.size
    dW2, db2, dA = my_layer_backward(trace[1], trace[2], dA, parameters[1]["W"], derivatives[1])
    dW1, db1, dA = my_layer_backward(trace[0], trace[1], dA, parameters[0]["W"], derivatives[0])
    return [{"W": dW1, "b": db1}, {"W": dW2, "b": db2}]


def backward_by(step):
    """A wrong backward pass of a network: the right one with another function in place of `layer_backward`."""
    return edited(backward, "my_layer_backward(", f"({step})(")


def backward_with(derivatives):
    """A wrong backward pass of a network: the right one with other derivatives."""
    return edited(backward, "derivatives[k]", f"({derivatives})[k]")


def backward_case(rng, n, sizes, activations, derivatives):
    parameters = random_layers(rng, *sizes)
    trace = my_forward(rng.normal(size=(n, sizes[0])), parameters, activations)
    return trace, rng.normal(size=trace[-1].shape), parameters, derivatives


def two_small_layers():
    parameters = [
        {"W": np.array([[1.0, -0.5]]), "b": np.array([0.0, 0.5])},
        {"W": np.array([[0.5], [1.0]]), "b": np.array([-0.5])},
    ]
    return parameters, my_forward(np.array([[1.0], [2.0]]), parameters, [np.tanh, np.tanh])


exercise(
    title="Back through the network: the gradient of every parameter",
    solution=backward,
    cases=lambda rng: [
        (two_small_layers()[1], np.array([[1.0], [0.0]]), two_small_layers()[0], [tanh_derivative] * 2),
        backward_case(rng, 4, (2, 3, 1), [np.tanh, np.tanh], [tanh_derivative, tanh_derivative]),
        backward_case(rng, 5, (3, 4, 2), [relu, linear], [relu_derivative, linear_derivative]),
        backward_case(
            rng,
            3,
            (2, 2, 2, 2),
            [np.tanh, sigmoid, linear],
            [tanh_derivative, sigmoid_derivative, linear_derivative],
        ),
        backward_case(rng, 3, (2, 3), [sigmoid], [sigmoid_derivative]),
        backward_case(rng, 1, (2,) * 12, [np.tanh] * 11, [tanh_derivative] * 11),
    ],
    also_right=[backward_recursive, backward_with_zip, backward_row_by_row],
    wrong=mistakes(
        edited(backward, "2 * (trace[-1] - y)", "(trace[-1] - y)"),
        "The 2 is missing: it comes down from the square when you differentiate the loss.",
        edited(backward, "(trace[-1] - y)", "(y - trace[-1])"),
        "The sign is swapped everywhere: the loss grows when the output moves away from `y`, so start with "
        "output minus truth.",
        edited(backward, " / y.size", ""),
        "The division is missing. The loss is a mean over every element, `y.size` of them, and so is its slope.",
        edited(backward, "y.size", "len(y)"),
        "It divides by the number of rows. The mean goes over every element, rows times outputs: `y.size`.",
        edited(backward, "y.size", "y.shape[1]"),
        "It divides by the number of outputs. The mean goes over every element, rows times outputs: `y.size`.",
        edited(backward, '{"W": dW, "b": db}', '{"W": dW / len(y), "b": db / len(y)}'),
        "Divided twice: the mean is in the first `dA` already, and here it is divided by the number of rows once "
        "more. It still learns, only slower, which makes it hard to see.",
        edited(backward, "y.size", "y.size**2"),
        "Divided twice: the mean is in the first `dA` already. It still learns, only slower, which makes it hard "
        "to see.",
        edited(backward, "2 * (trace[-1] - y)", "(trace[-1] - y) ** 2"),
        "It starts with the loss itself. The way back starts with the slope of the loss with respect to the output.",
        edited(backward, "2 * (trace[-1] - y) / y.size", "np.mean((trace[-1] - y) ** 2)"),
        "The walk starts with the slope of the loss, an array like the output, not with the loss.",
        edited(backward, "2 * (trace[-1] - y) / y.size", "np.full(y.shape, 2 * np.mean(trace[-1] - y))"),
        "The mean is taken of the errors. Each output keeps its own error; only the division by their number stays.",
        backward_with("[linear_derivative] * 11"),
        "The slopes of the activations are missing: each layer multiplies by its own, `derivatives[k]`.",
        backward_with("[*derivatives[:-1], linear_derivative]"),
        "The last layer's activation is skipped. The output went through it too, so its slope is a factor.",
        backward_with("[*[linear_derivative] * (len(derivatives) - 1), derivatives[-1]]"),
        "The last layer is right. In the others the slope of the activation is missing.",
        backward_by("lambda X, A, dA, W, f: (*my_layer_backward(X, A, dA, W, f)[:2], dA @ W.T)"),
        "The last layer is right, the ones before it are not: `dX` goes back from `dZ`, and here it comes from `dA`.",
        edited(backward, "derivatives[k]", "derivatives[0]"),
        "Every layer uses the first derivative. Each has its own: `derivatives[k]`.",
        edited(backward, "derivatives[k]", "derivatives[-1]"),
        "Every layer uses the last derivative. Each has its own: `derivatives[k]`.",
        backward_with("derivatives[::-1]"),
        "The derivatives are taken in the wrong order: layer k has `derivatives[k]`, whichever way you walk.",
        edited(backward, "return gradients", "return gradients[::-1]"),
        "The list is the wrong way around. You meet the last layer first, but it stands last in `parameters`: turn "
        "the list around at the end.",
        edited(backward, "dW, db, dA =", "dW, db, dX ="),
        "Every layer gets the slope of the loss as its `dA`. It should get what the layer after it sent back, "
        "its `dX`.",
        edited(backward, "reversed(range(len(parameters)))", "range(len(parameters))", "insert(0, ", "append("),
        "This walks from the inputs to the output. The slopes are known at the loss, so begin with the last layer.",
        edited(backward, "(trace[k], ", "(trace[k + 1], "),
        "Layer k is given its own output as its input: what went in is `trace[k]`, what came out `trace[k + 1]`.",
        edited(backward, "(trace[k], trace[k + 1], ", "(trace[k - 1], trace[k], "),
        "One place off: layer k took in `trace[k]` and gave out `trace[k + 1]`.",
        edited(backward, "reversed(range(len(parameters)))", "range(len(parameters) - 1, 0, -1)"),
        "Layer 0 is missing: the walk stops one layer too early. A `range` leaves its end out, so one that counts "
        "down to 0 ends at -1.",
        edited(
            backward,
            "return gradients",
            "return [{k: p[k] - 0.1 * g[k] for k in g} for p, g in zip(parameters, gradients)]",
        ),
        "Those are parameters after a step. `backward` computes slopes and moves nothing; the step comes later.",
        backward_by("lambda X, A, dA, W, f: (X.T @ (dA * f(A)), (dA * f(A)).sum(axis=0), (dA * f(A)) @ W)"),
        "On the way back through a layer the weights are transposed: `dZ @ W.T`.",
        edited(backward, '{"W": dW, "b": db}', "(dW, db)"),
        "The numbers are right. Give each layer's as a dict in the form of the parameters: `{'W': dW, 'b': db}`.",
        two_layers_only,
        "It is written for two layers. A network may have any number of them: walk back in a loop.",
    ),
    hints=[
        "One `dA` travels back through the network. It starts as the slope of the loss with respect to the last "
        "output, "
        "and each layer turns it into its `dX`, which is the `dA` of the layer before.",
        "Layer k took in `trace[k]` and gave out `trace[k + 1]`. Walk `for k in reversed(range(len(parameters)))`.",
        "In the loop: `dW, db, dA = my_layer_backward(trace[k], trace[k + 1], dA, ...)`. Collect `{'W': dW, 'b': db}`, "
        "and bring the list into the order of the layers.",
    ],
    holds="You now have backpropagation, for any number of layers: every slope of the network in one walk back.",
    in_nnlib="network.NeuralNetwork.gradients",
)
my_backward = backward


# ---- train ------------------------------------------------------------------------------------------


def train(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        trace = my_forward(X, parameters, activations)
        losses.append(np.mean((trace[-1] - y) ** 2))
        gradients = my_backward(trace, y, parameters, derivatives)
        parameters = [
            {key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}
            for layer, slope in zip(parameters, gradients)
        ]
    return parameters, losses


def train_on_copies(X, y, parameters, activations, derivatives, learning_rate, epochs):
    parameters = [{"W": layer["W"].copy(), "b": layer["b"].copy()} for layer in parameters]
    losses = np.empty(epochs)
    for epoch in range(epochs):
        trace = my_forward(X, parameters, activations)
        losses[epoch] = ((trace[-1] - y) ** 2).mean()
        for layer, slope in zip(parameters, my_backward(trace, y, parameters, derivatives)):
            layer["W"] -= learning_rate * slope["W"]
            layer["b"] -= learning_rate * slope["b"]
    return parameters, losses.tolist()


def train_with_while(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses = []
    while len(losses) < epochs:
        trace = my_forward(X, parameters, activations)
        error = trace[-1] - y
        slopes = my_backward(trace, y, parameters, derivatives)
        moved = []
        for k in range(len(parameters)):
            W = parameters[k]["W"] - learning_rate * slopes[k]["W"]
            b = parameters[k]["b"] - learning_rate * slopes[k]["b"]
            moved.append({"W": W, "b": b})
        parameters = moved
        losses.append(np.einsum("ij,ij->", error, error) / error.size)
    return parameters, losses


def layer_after_layer(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        losses.append(np.mean((my_forward(X, parameters, activations)[-1] - y) ** 2))
        for k in range(len(parameters)):
            trace = my_forward(X, parameters, activations)
            slope = my_backward(trace, y, parameters, derivatives)[k]
            moved = {key: parameters[k][key] - learning_rate * slope[key] for key in ("W", "b")}
            parameters = [*parameters[:k], moved, *parameters[k + 1 :]]
    return parameters, losses


def training_case(rng, n, sizes, activations, derivatives, learning_rate, epochs):
    parameters = random_layers(rng, *sizes)
    X, y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    return X, y, parameters, activations, derivatives, learning_rate, epochs


def holds_out(solution, use=lambda train, *given: train(*given)):
    """The law that an answer is right for a thousand epochs too. Only what is right in three has to run them."""

    def run(train, epochs):
        start = [{"W": np.ones((1, 1)), "b": np.ones(1)}]
        return use(train, np.ones((1, 1)), np.zeros((1, 1)), start, [np.tanh], [tanh_derivative], 0.2, epochs)

    right = functools.cache(functools.partial(run, solution))

    def verify(answer, rng):
        if differences(right(3), run(answer, 3)) or not differences(right(1001), run(answer, 1001)):
            return None
        return "It is right for a few epochs, and no longer in a run of a thousand."

    return verify


exercise(
    title="The training loop",
    solution=train,
    returns=("parameters", "losses"),
    cases=lambda rng: [
        (
            np.array([[1.0], [2.0]]),
            np.array([[1.0], [0.0]]),
            two_small_layers()[0],
            [np.tanh] * 2,
            [tanh_derivative] * 2,
            0.2,
            3,
        ),
        training_case(rng, 4, (2, 3, 1), [np.tanh] * 2, [tanh_derivative] * 2, 0.3, 10),
        training_case(rng, 5, (2, 4, 2), [relu, linear], [relu_derivative, linear_derivative], 0.05, 5),
        training_case(rng, 3, (2, 2), [sigmoid], [sigmoid_derivative], 0.5, 1),
        training_case(
            rng, 1, (3, 2, 2, 1), [np.tanh, relu, linear], [tanh_derivative, relu_derivative, np.ones_like], 0.1, 4
        ),
        # the loss rises; it is 0 from the first epoch on
        training_case(rng, 11, (1, 1), [linear], [linear_derivative], 5.0, 4),
        (np.zeros((2, 1)), np.ones((2, 1)), [{"W": np.ones((1, 1)), "b": np.ones(1)}], [relu], [np.ones_like], 0.1, 3),
    ],
    verify=holds_out(train),
    also_right=[train_on_copies, train_with_while],
    wrong=mistakes(
        edited(train, "layer[key] - learning_rate", "layer[key] + learning_rate"),
        "This climbs: the gradient points uphill. Go against it, `W - learning_rate * dW`.",
        edited(train, "learning_rate * slope[key]", "slope[key]"),
        "The learning rate is missing: a step is `learning_rate` times the gradient.",
        edited(train, "learning_rate * slope[key]", "learning_rate * slope[key] / len(y)"),
        "The step is divided by the number of rows. The gradient is that of a mean already: divide no more.",
        lambda X, y, parameters, activations, derivatives, *rest: train(
            X, y, parameters, activations, [tanh_derivative] * len(parameters), *rest
        ),
        "The slope of tanh is built in. The next network may have other activations: use `derivatives`.",
        lambda *given: (train(*given)[0], train(*given[:-1], given[-1] + 1)[1][1:]),
        "The losses come one step late. Take each before its step, from the trace that the gradient is made of.",
        lambda *given: (train(*given)[0], train(*given[:-1], given[-1] + 1)[1]),
        "One loss too many: there is one for each step, taken before it, and none after the last.",
        edited(train, "np.mean(", "np.sum("),
        "The losses are sums of squares. The loss is their mean over every element.",
        edited(train, "np.mean((trace[-1] - y) ** 2)", "np.sum((trace[-1] - y) ** 2) / len(y)"),
        "The losses are divided by the number of rows. The mean goes over every element, rows times outputs.",
        edited(train, "np.mean((trace[-1] - y) ** 2)", "np.mean(np.abs(trace[-1] - y))"),
        "The losses are means of distances. Square each error before you take the mean.",
        edited(train, "np.mean((trace[-1] - y) ** 2)", "np.mean(trace[-1] - y) ** 2"),
        "The mean of the errors is squared, and errors of opposite sign cancel. Square each error first.",
        edited(train, '("W", "b")}', '("W",)} | {"b": layer["b"]}'),
        "The weights move, the biases stay. Both take a step.",
        edited(train, '("W", "b")}', '("b",)} | {"W": layer["W"]}'),
        "The biases move, the weights stay. Both take a step.",
        edited(
            train,
            "losses = []",
            "losses, trace = [], my_forward(X, parameters, activations)\n"
            "    gradients = my_backward(trace, y, parameters, derivatives)",
            "        gradients = my_backward(trace, y, parameters, derivatives)\n",
            "",
        ),
        "The gradient is computed once, at the start. It changes with every step: ask for it in the loop.",
        edited(
            train,
            "losses = []",
            "losses, trace = [], my_forward(X, parameters, activations)",
            "        trace = my_forward(X, parameters, activations)\n",
            "",
        ),
        "The forward pass is run once, at the start. After each step the network says something else: run it in "
        "the loop.",
        edited(train, "parameters, activations)", "parameters, [np.tanh, np.tanh])"),
        "The activations of XOR are built in. They come in as an argument: `my_forward(X, parameters, activations)`.",
        layer_after_layer,
        "The layers move one after the other, each along a new gradient. Compute all the slopes at one place, "
        "then move all.",
        lambda X, y, parameters, *rest: (parameters, train(X, y, parameters, *rest)[1]),
        "The losses are right, but the parameters come back as they were: return the trained ones.",
        edited(train, "layer[key] - learning_rate * slope[key]", "slope[key]"),
        "The parameters are replaced by their slopes. Keep both, and move the parameters a step against the slopes.",
        edited(train, "return parameters, losses", "return parameters"),
        "The losses are missing: return both, `parameters, losses`.",
        edited(train, "return parameters, losses", "return losses"),
        "It returns the losses alone: return both, `parameters, losses`.",
        edited(train, "        gradients =", "        if losses[-1] < 1e-3:\n            break\n        gradients ="),
        "It breaks off when the loss is small. Take as many steps as `epochs` says, however small the loss is.",
    ),
    hints=[
        "Four things in each round: forward, the loss, backward, a step for every layer. Only the last changes the "
        "parameters.",
        "`trace = my_forward(X, parameters, activations)`; its last entry is the output, which `my_mse` compares with "
        "`y`. "
        "`my_backward(trace, y, parameters, derivatives)` gives the slopes.",
        "The step: `parameters = [{'W': layer['W'] - learning_rate * slope['W'], 'b': ...} for layer, slope in "
        "zip(parameters, gradients)]`, a list of new dicts.",
    ],
    holds="You now have a network that learns, and every line of it is yours.",
    in_nnlib="network.NeuralNetwork.fit",
)


# ---- worked_example ---------------------------------------------------------------------------------


def example_of_the_web():
    """One row, its two targets and the parameters of Matt Mazur's "A Step by Step Backpropagation Example" (2015)."""
    parameters = [
        {"W": np.array([[0.15, 0.25], [0.20, 0.30]]), "b": np.array([0.35, 0.35])},
        {"W": np.array([[0.40, 0.50], [0.45, 0.55]]), "b": np.array([0.60, 0.60])},
    ]
    return np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]]), parameters


def loss_after(step, backward=my_backward):
    """The loss of the example when `step` has made new parameters of each layer and its slopes."""
    X, y, parameters = example_of_the_web()
    gradients = backward(my_forward(X, parameters, [sigmoid] * 2), y, parameters, [sigmoid_derivative] * 2)
    moved = [step(layer, slopes) for layer, slopes in zip(parameters, gradients)]
    return float(np.mean((my_forward(X, moved, [sigmoid] * 2)[-1] - y) ** 2))


def weights_only(layer, slopes, rate=0.5):
    return layer | {"W": layer["W"] - rate * slopes["W"]}


exercise(
    name="worked_example",
    optional=True,
    title="A worked example",
    solution=loss_after(weights_only),
    tolerance=1e-7,
    also_right=[0.29102777, 0.291027774],
    wrong=mistakes(
        0.298371109,
        "That is the loss before the step.",
        loss_after(lambda layer, slopes: {key: layer[key] - 0.5 * slopes[key] for key in slopes}),
        "The biases have moved too. In this example only the weights take a step.",
        loss_after(lambda *given: weights_only(*given, rate=-0.5)),
        "This is uphill: the loss has grown. Go against the slopes.",
        loss_after(lambda *given: weights_only(*given, rate=1)),
        "This is a step at the rate 1. Is the 2 of the square in twice, or the division by N = 2 left out?",
        loss_after(lambda *given: weights_only(*given, rate=0.25)),
        "This is a step at the rate 0.25. Is something divided by N = 2 twice, or is the 2 of the square missing?",
        loss_after(weights_only, edited(my_backward, "derivatives[k]", "tanh_derivative")),
        "The slopes are those of tanh. These neurons are sigmoids: a (1 - a).",
        0.291027924,
        "That comes out when the output weights move before the walk has reached the hidden layer. First all slopes, "
        "then the step.",
        0.298370009,
        "Only the hidden layer's weights have moved. Both layers take the step.",
        0.291028729,
        "Only the output layer's weights have moved. Both layers take the step.",
        loss_after(lambda *given: weights_only(*given, rate=0.1)),
        "This is a step at the rate 0.1. Here the rate is 0.5.",
    ),
    hints=[
        "Run `my_backward` with a derivative for each layer, then move the two `W` and leave the two `b`.",
        "`my_backward(trace, targets, web, [lambda A: A * (1 - A)] * 2)` gives the slopes.",
        "New parameters: `{'W': layer['W'] - 0.5 * slope['W'], 'b': layer['b']}` for each layer; then `my_forward` "
        "and `my_mse`.",
    ],
    holds="You now have the number of a much-computed example, for all its arrows at once.",
    code="""row, targets = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])
web = [
    {"W": np.array([[0.15, 0.25], [0.20, 0.30]]), "b": np.array([0.35, 0.35])},
    {"W": np.array([[0.40, 0.50], [0.45, 0.55]]), "b": np.array([0.60, 0.60])},
]
trace = my_forward(row, web, [my_sigmoid] * 2)
gradient = my_backward(trace, targets, web, [lambda A: A * (1 - A)] * 2)
moved = [{"W": layer["W"] - 0.5 * slope["W"], "b": layer["b"]} for layer, slope in zip(web, gradient)]
worked_example = my_mse(my_forward(row, moved, [my_sigmoid] * 2)[-1], targets)""",
)
