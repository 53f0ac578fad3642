"""Exercises of chapter 05: the chain rule, once per layer, from the loss back."""

import numpy as np

from nnlib.exercises import chapter
from nnlib.exercises.ch04_nonlinearity import forward, random_layers, relu, sigmoid

exercise = chapter("05", "backpropagation")


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
    ],
    also_right=[
        tanh_derivative_loop,
        lambda A: (1 - A) * (1 + A),
        lambda A: 1 - np.square(A),
        lambda A: 1 / np.cosh(np.arctanh(A)) ** 2,
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
        (lambda A: np.tanh(A), "That is tanh once more; wanted is its slope."),
        (
            lambda A: 1 - A @ A,
            "`@` is the matrix product. Each entry has a slope of its own: use `*` or `**`, entry by entry.",
        ),
        (lambda A: 1 - A ^ 2, "In Python a power is written `**`. `^` is something else, the XOR of bits."),
    ],
    hints=[
        "Divide both terms of the fraction by cosh². What does each become?",
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


def slopes_as_floats(relu_derivative, A):
    """Whole numbers are as good as floats here: they are multiplied by a dA of floats."""
    slopes = relu_derivative(A)
    whole = isinstance(slopes, np.ndarray) and slopes.dtype.kind in "iu"
    return slopes.astype(float) if whole else slopes


exercise(
    title="The derivative of ReLU, from its output",
    solution=relu_derivative,
    use=slopes_as_floats,
    cases=lambda rng: [
        (np.array([[0.0, 0.5], [3.0, 0.0]]),),
        (relu(2 * rng.normal(size=(4, 3))),),
        (np.zeros((2, 1)),),
        (relu(rng.normal(size=(3, 3))),),
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
    wrong=[
        (
            lambda A: np.where(A >= 0, 1.0, 0.0),
            "This is 1 everywhere, because no output of ReLU is below 0. Where the output is 0, ReLU is flat: `>`, "
            "not `>=`.",
        ),
        (lambda A: np.maximum(A, 0), "That is ReLU itself, which leaves `A` as it is. Wanted is its slope, 0 or 1."),
        (
            lambda A: np.where(A > 0, 0.0, 1.0),
            "The wrong way around: the slope is 1 where the output is above 0, and 0 where it is 0.",
        ),
        (lambda A: 1 - A**2, "That is the slope of tanh. ReLU is made of two straight lines: two slopes."),
        (lambda A: 1.0, "One number for all. Each entry has its own slope, 0 or 1: compare `A` with 0."),
        (lambda A: A[A > 0], "This picks the positive entries out. All the entries stay in their places, as 0 or 1."),
        (
            lambda A: 1.0 if A > 0 else 0.0,
            "`if` wants one True or False; an array has many. `A > 0` alone compares entry by entry.",
        ),
    ],
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


def neuron_gradient_of(dw, db):
    """A wrong gradient from its two formulas, each a function of x, w, z, a and the error e = a - y."""

    def gradient(x, w, b, y):
        z = w * x + b
        a = np.tanh(z)
        return dw(x, w, z, a, a - y), db(x, w, z, a, a - y)

    return gradient


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
    ],
    also_right=[neuron_backward_in_closed_form, neuron_backward_as_a_product],
    wrong=[
        (
            neuron_gradient_of(lambda x, w, z, a, e: 2 * e * x, lambda x, w, z, a, e: 2 * e),
            "The factor of the tanh is missing: on the way from a back to z, multiply by 1 - a².",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: e * (1 - a**2) * x, lambda x, w, z, a, e: e * (1 - a**2)),
            "The 2 is missing in both: it comes down from the square of the loss.",
        ),
        (
            neuron_gradient_of(
                lambda x, w, z, a, e: -2 * e * (1 - a**2) * x, lambda x, w, z, a, e: -2 * e * (1 - a**2)
            ),
            "The sign is swapped in both. The error is output minus truth: `a - y`.",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: 2 * e * (1 - a**2), lambda x, w, z, a, e: 2 * e * (1 - a**2)),
            "The last factor of `dw` is missing: z = w x + b, and when w grows by 1, z grows by ...?",
        ),
        (
            neuron_gradient_of(
                lambda x, w, z, a, e: 2 * e * (1 - a**2) * x, lambda x, w, z, a, e: 2 * e * (1 - a**2) * x
            ),
            "`db` must not hold `x`: when b grows by 1, z grows by 1.",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: 2 * e * (1 - a**2) * w, lambda x, w, z, a, e: 2 * e * (1 - a**2)),
            "`dw` holds `w` as its last factor. That is the slope with respect to x; with respect to w it is `x`.",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: 2 * e * (1 - z**2) * x, lambda x, w, z, a, e: 2 * e * (1 - z**2)),
            "The slope of tanh is 1 - a², with the output a. Here it is computed from z.",
        ),
        (
            neuron_gradient_of(
                lambda x, w, z, a, e: 2 * e * (1 - np.tanh(a) ** 2) * x,
                lambda x, w, z, a, e: 2 * e * (1 - np.tanh(a) ** 2),
            ),
            "The tanh is taken twice in its own slope: it is 1 - a², and a is already the output.",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: e**2 * (1 - a**2) * x, lambda x, w, z, a, e: e**2 * (1 - a**2)),
            "The chain starts with the loss itself. It should start with the slope of the loss, 2 (a - y).",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: (1 - a**2) * x, lambda x, w, z, a, e: 1 - a**2),
            "The chain ends at the output of the neuron. Go on to the loss: its slope with respect to a is a factor "
            "too.",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: 2 * e + (1 - a**2) + x, lambda x, w, z, a, e: 2 * e + 1 - a**2),
            "The local slopes are added. Along one path they are multiplied; only different paths are added.",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: 2 * (z - a + e) * x, lambda x, w, z, a, e: 2 * (z - a + e)),
            "This is the neuron without its bend: the loss looks at a = tanh(z), and not at z.",
        ),
        (
            neuron_gradient_of(lambda x, w, z, a, e: 2 * e * (1 - a**2), lambda x, w, z, a, e: 2 * e * (1 - a**2) * x),
            "The two have changed places: return `dw` first, then `db`.",
        ),
    ],
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
    slopes = derivative(A) * np.ones(A.shape)
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


def layer_backward_in_place(X, A, dA, W, derivative):
    dA *= derivative(A)
    return X.T @ dA, dA.sum(axis=0), dA @ W.T


def linear(Z):
    return Z


def linear_derivative(A):
    return np.ones_like(A)


def sigmoid_derivative(A):
    return A * (1 - A)


def layer_of(dW=None, db=None, dX=None, dZ=None):
    """A wrong backward pass of a layer: the right one, with some of its lines replaced."""

    def backward_of(X, A, dA, W, derivative):
        slopes = dA * derivative(A) if dZ is None else dZ(dA, A, derivative)
        return (
            X.T @ slopes if dW is None else dW(X, slopes, dA),
            slopes.sum(axis=0) if db is None else db(slopes),
            slopes @ W.T if dX is None else dX(slopes, W, dA),
        )

    return backward_of


def layer_in_order(*order):
    """The right gradients in another order."""

    def reordered(X, A, dA, W, derivative):
        gradients = layer_backward(X, A, dA, W, derivative)
        return tuple(gradients[place] for place in order)

    return reordered


def layer_with_slopes_at_z(X, A, dA, W, derivative):
    dZ = dA * derivative(X @ W)
    return X.T @ dZ, dZ.sum(axis=0), dZ @ W.T


def layer_parameters_after_the_bend(X, A, dA, W, derivative):
    return X.T @ dA, dA.sum(axis=0), (dA * derivative(A)) @ W.T


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
    ],
    also_right=[layer_backward_loop, layer_backward_einsum, layer_backward_transposed],
    wrong=[
        (
            layer_of(dZ=lambda dA, A, derivative: dA),
            "The activation is missing: on the way from A back to Z each entry is multiplied by its slope, "
            "`derivative(A)`.",
        ),
        (
            layer_of(dW=lambda X, dZ, dA: X.T @ dA),
            "`dW` is computed with `dA`. The weights sit before the activation, so they feel `dZ`.",
        ),
        (
            layer_of(dX=lambda dZ, W, dA: dA @ W.T),
            "`dX` is computed with `dA`. The inputs sit before the activation, so they feel `dZ`.",
        ),
        (
            layer_of(dW=lambda X, dZ, dA: X.T @ dA, dX=lambda dZ, W, dA: dA @ W.T),
            "`db` is right. `dW` and `dX` are computed with `dA`; both sit before the activation and feel `dZ`.",
        ),
        (
            layer_parameters_after_the_bend,
            "`dW` and `db` are computed with `dA`. The weights sit before the activation: use `dZ`.",
        ),
        (
            layer_with_slopes_at_z,
            "The slope is asked for at Z; `derivative` takes outputs: `derivative(A)`.",
        ),
        (
            layer_of(dZ=lambda dA, A, derivative: dA * (1 - A**2)),
            "The slope of tanh is built in. The next layer may have another activation: use `derivative(A)`.",
        ),
        (
            layer_of(dZ=lambda dA, A, derivative: dA * derivative(dA)),
            "The slope is asked for at `dA`. It belongs to the outputs: `derivative(A)`.",
        ),
        (
            layer_of(dZ=lambda dA, A, derivative: derivative(A)),
            "The chain ends at this layer's outputs: `derivative(A)` is to be multiplied by `dA`, which comes from "
            "above.",
        ),
        (
            layer_of(dZ=lambda dA, A, derivative: dA + derivative(A)),
            "`dA` and the slope are added. Along a path slopes multiply, entry by entry.",
        ),
        (
            layer_of(dZ=lambda dA, A, derivative: dA @ derivative(A)),
            "Each entry of `dA` meets the slope of its own output: `*`, entry by entry, and not the matrix product.",
        ),
        (
            layer_of(dW=lambda X, dZ, dA: dZ.T @ X),
            "`dW` is transposed. It must have the shape of `W`: a row for each input, a column for each neuron.",
        ),
        (
            layer_of(dW=lambda X, dZ, dA: X @ dZ),
            "In `dW` the inputs must be transposed: `X.T` has a row for each input, and the sum runs over the rows "
            "of `X`.",
        ),
        (
            layer_of(dX=lambda dZ, W, dA: dZ @ W),
            "In `dX` the weights must be transposed: W took the inputs to the neurons, and now the way is back.",
        ),
        (
            layer_of(dX=lambda dZ, W, dA: W @ dZ.T),
            "`dX` is transposed. It must have the shape of `X`: a row for each sample.",
        ),
        (
            layer_of(dW=lambda X, dZ, dA: X.T @ dZ / len(X), db=lambda dZ: dZ.mean(axis=0)),
            "`dW` and `db` are divided by the number of rows. The loss is the mean, so `dA` holds that division "
            "already. Add up the rows, and divide no more.",
        ),
        (
            layer_of(dW=lambda X, dZ, dA: X.T @ dZ / len(X)),
            "`dW` is divided by the number of rows. `dA` holds the division by the mean already.",
        ),
        (
            layer_of(db=lambda dZ: dZ.mean(axis=0)),
            "`db` is the mean of the rows. The bias feeds every row, and at a fork gradients add: take the sum.",
        ),
        (
            layer_of(db=lambda dZ: dZ),
            "`db` has a row for each sample. All the rows share one bias, so their slopes are added: sum over axis 0.",
        ),
        (
            layer_of(db=lambda dZ: dZ.sum(axis=1)),
            "`db` is summed along the wrong axis: one number for each row. Wanted is one for each neuron, axis 0.",
        ),
        (
            layer_of(db=lambda dZ: dZ.sum()),
            "`db` is one number for all. Each neuron has a bias of its own: sum over the rows only, axis 0.",
        ),
        (
            layer_of(db=lambda dZ: dZ.sum(axis=0, keepdims=True)),
            "`db` has two axes. `b` has one, (n_neurons,): leave out `keepdims`.",
        ),
        (
            lambda X, A, dA, W, derivative: layer_backward(X, A, dA, W, derivative)[:2],
            "`dX` is missing. It is what the layer before this one gets as its `dA`.",
        ),
        (
            layer_in_order(0, 2, 1),
            "`db` and `dX` have changed places: return `dW, db, dX`.",
        ),
        (layer_in_order(2, 0, 1), "The three have changed places: return `dW, db, dX`."),
        (layer_in_order(2, 1, 0), "`dW` and `dX` have changed places: return `dW, db, dX`."),
        (layer_in_order(1, 0, 2), "`dW` and `db` have changed places: return `dW, db, dX`."),
        (layer_in_order(1, 2, 0), "`dW` stands last and should stand first: return `dW, db, dX`."),
        (
            layer_backward_in_place,
            "The numbers are right, but `dA` is overwritten. `nnlib` does that too, on arrays that are its own; this "
            "one is the caller's. Make a new array: `dZ = ...`.",
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


# ---- backward ---------------------------------------------------------------------------------------


def backward(trace, y, parameters, derivatives):
    dA = 2 * (trace[-1] - y) / y.size
    gradients = []
    for k in reversed(range(len(parameters))):
        dW, db, dA = layer_backward(trace[k], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
        gradients.insert(0, {"W": dW, "b": db})
    return gradients


def backward_recursive(trace, y, parameters, derivatives):
    def gradients_below(dA, layers):
        if layers == 0:
            return []
        k = layers - 1
        dW, db, dX = layer_backward(trace[k], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
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


def backward_of(start=None, step=layer_backward, scale=1.0):
    """A wrong backward pass of a network: another start, another layer_backward, or a factor in all."""

    def wrong(trace, y, parameters, derivatives):
        dA = 2 * (trace[-1] - y) / y.size if start is None else start(trace[-1], y)
        gradients = []
        for k in reversed(range(len(parameters))):
            dW, db, dA = step(trace[k], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
            factor = scale(y) if callable(scale) else scale
            gradients.insert(0, {"W": dW * factor, "b": db * factor})
        return gradients

    return wrong


def without_slopes_inside(trace, y, parameters, derivatives):
    inside = [linear_derivative] * (len(derivatives) - 1)
    return backward(trace, y, parameters, [*inside, derivatives[-1]])


def without_passing_on(trace, y, parameters, derivatives):
    dA = 2 * (trace[-1] - y) / y.size
    gradients = []
    for k in reversed(range(len(parameters))):
        dW, db, _ = layer_backward(trace[k], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
        gradients.insert(0, {"W": dW, "b": db})
    return gradients


def from_the_inputs_on(trace, y, parameters, derivatives):
    dA = 2 * (trace[-1] - y) / y.size
    gradients = []
    for k in range(len(parameters)):
        dW, db, dA = layer_backward(trace[k], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
        gradients.append({"W": dW, "b": db})
    return gradients


def one_layer_late(trace, y, parameters, derivatives):
    dA = 2 * (trace[-1] - y) / y.size
    gradients = []
    for k in reversed(range(len(parameters))):
        dW, db, dA = layer_backward(trace[k + 1], trace[k + 1], dA, parameters[k]["W"], derivatives[k])
        gradients.insert(0, {"W": dW, "b": db})
    return gradients


def only_the_last_layer(trace, y, parameters, derivatives):
    return backward(trace, y, parameters, derivatives)[-1:]


def already_a_step(trace, y, parameters, derivatives):
    gradients = backward(trace, y, parameters, derivatives)
    return [{key: layer[key] - slope[key] for key in layer} for layer, slope in zip(parameters, gradients)]


def no_activation(X, A, dA, W, derivative):
    return layer_backward(X, A, dA, W, linear_derivative)


def untransposed(X, A, dA, W, derivative):
    dZ = dA * derivative(A)
    return X.T @ dZ, dZ.sum(axis=0), dZ @ W


def through_the_outputs(X, A, dA, W, derivative):
    dW, db, _ = layer_backward(X, A, dA, W, derivative)
    return dW, db, dA @ W.T


def backward_case(rng, n, sizes, activations, derivatives):
    parameters = random_layers(rng, *sizes)
    trace = forward(rng.normal(size=(n, sizes[0])), parameters, activations)
    return trace, rng.normal(size=trace[-1].shape), parameters, derivatives


def two_small_layers():
    parameters = [
        {"W": np.array([[1.0, -0.5]]), "b": np.array([0.0, 0.5])},
        {"W": np.array([[0.5], [1.0]]), "b": np.array([-0.5])},
    ]
    return parameters, forward(np.array([[1.0], [2.0]]), parameters, [np.tanh, np.tanh])


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
    ],
    also_right=[backward_recursive, backward_with_zip, backward_row_by_row],
    wrong=[
        (
            backward_of(start=lambda A, y: (A - y) / y.size),
            "The 2 is missing: it comes down from the square when you differentiate the loss.",
        ),
        (
            backward_of(start=lambda A, y: 2 * (y - A) / y.size),
            "The sign is swapped everywhere: the loss grows when the output moves away from `y`, so start with "
            "output minus truth.",
        ),
        (
            backward_of(start=lambda A, y: 2 * (A - y)),
            "The division is missing. The loss is a mean over every element, `y.size` of them, and so is its slope.",
        ),
        (
            backward_of(start=lambda A, y: 2 * (A - y) / len(y)),
            "It divides by the number of rows. The mean goes over every element, rows times outputs: `y.size`.",
        ),
        (
            backward_of(start=lambda A, y: 2 * (A - y) / y.shape[1]),
            "It divides by the number of outputs. The mean goes over every element, rows times outputs: `y.size`.",
        ),
        (
            backward_of(scale=lambda y: 1 / len(y)),
            "Divided twice: the mean is in the first `dA` already, and here it is divided by the number of rows once "
            "more. It still learns, only slower, which makes it hard to see.",
        ),
        (
            backward_of(scale=lambda y: 1 / y.size),
            "Divided twice: the mean is in the first `dA` already. It still learns, only slower, which makes it hard "
            "to see.",
        ),
        (
            backward_of(start=lambda A, y: (A - y) ** 2 / y.size),
            "It starts with the loss itself. The way back starts with the slope of the loss with respect to the "
            "output.",
        ),
        (
            backward_of(start=lambda A, y: np.mean((A - y) ** 2)),
            "The walk starts with the slope of the loss, an array like the output, not with the loss.",
        ),
        (
            backward_of(start=lambda A, y: 2 * np.mean(A - y) * np.ones_like(A)),
            "The mean is taken of the errors. Each output keeps its own error; only the division by their number "
            "stays.",
        ),
        (
            backward_of(step=no_activation),
            "The slopes of the activations are missing: each layer multiplies by its own, `derivatives[k]`.",
        ),
        (
            lambda trace, y, parameters, derivatives: backward(
                trace, y, parameters, [*derivatives[:-1], linear_derivative]
            ),
            "The last layer's activation is skipped. The output went through it too, so its slope is a factor.",
        ),
        (
            without_slopes_inside,
            "The last layer is right. In the others the slope of the activation is missing.",
        ),
        (
            backward_of(step=through_the_outputs),
            "The last layer is right, the ones before it are not: `dX` goes back from `dZ`, and here it comes from "
            "`dA`.",
        ),
        (
            lambda trace, y, parameters, derivatives: backward(
                trace, y, parameters, [derivatives[0]] * len(derivatives)
            ),
            "Every layer uses the first derivative. Each has its own: `derivatives[k]`.",
        ),
        (
            lambda trace, y, parameters, derivatives: backward(
                trace, y, parameters, [derivatives[-1]] * len(derivatives)
            ),
            "Every layer uses the last derivative. Each has its own: `derivatives[k]`.",
        ),
        (
            lambda trace, y, parameters, derivatives: backward(trace, y, parameters, derivatives[::-1]),
            "The derivatives are taken in the wrong order: layer k has `derivatives[k]`, whichever way you walk.",
        ),
        (
            lambda trace, y, parameters, derivatives: backward(trace, y, parameters, derivatives)[::-1],
            "The list is the wrong way around. You meet the last layer first, but it stands last in `parameters`: turn "
            "the list around at the end.",
        ),
        (
            without_passing_on,
            "Every layer gets the slope of the loss as its `dA`. It should get what the layer after it sent back, "
            "its `dX`.",
        ),
        (
            from_the_inputs_on,
            "This walks from the inputs to the output. The slopes are known at the loss, so begin with the last layer.",
        ),
        (
            one_layer_late,
            "Layer k is given its own output as its input: what went in is `trace[k]`, what came out `trace[k + 1]`.",
        ),
        (
            only_the_last_layer,
            "Only the last layer has a gradient: is the `return` inside the loop, or does the loop stop early?",
        ),
        (
            lambda trace, y, parameters, derivatives: backward(trace, y, parameters, derivatives)[1:],
            "Layer 0 is missing: the walk stops one layer too early. A `range` leaves its end out, so one that counts "
            "down to 0 ends at -1.",
        ),
        (
            already_a_step,
            "Those are parameters after a step. `backward` computes slopes and moves nothing; the step comes later.",
        ),
        (
            backward_of(step=untransposed),
            "On the way back through a layer the weights are transposed: `dZ @ W.T`.",
        ),
        (
            lambda trace, y, parameters, derivatives: [
                (layer["W"], layer["b"]) for layer in backward(trace, y, parameters, derivatives)
            ],
            "The numbers are right. Give each layer's as a dict in the form of the parameters: `{'W': dW, 'b': db}`.",
        ),
    ],
    hints=[
        "One `dA` travels back through the network. It starts as the slope of the loss with respect to the last "
        "output, "
        "and each layer turns it into its `dX`, which is the `dA` of the layer before.",
        "Layer k took in `trace[k]` and gave out `trace[k + 1]`. Walk `for k in reversed(range(len(parameters)))`.",
        "In the loop: `dW, db, dA = layer_backward(trace[k], trace[k + 1], dA, ...)`. Collect `{'W': dW, 'b': db}`, "
        "and bring the list into the order of the layers.",
    ],
    holds="You now have backpropagation, for any number of layers: every slope of the network in one walk back.",
    in_nnlib="network.NeuralNetwork.gradients",
)


# ---- train ------------------------------------------------------------------------------------------


def train(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        trace = forward(X, parameters, activations)
        losses.append(np.mean((trace[-1] - y) ** 2))
        gradients = backward(trace, y, parameters, derivatives)
        parameters = [
            {key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}
            for layer, slope in zip(parameters, gradients)
        ]
    return parameters, losses


def train_on_copies(X, y, parameters, activations, derivatives, learning_rate, epochs):
    parameters = [{"W": layer["W"].copy(), "b": layer["b"].copy()} for layer in parameters]
    losses = np.empty(epochs)
    for epoch in range(epochs):
        trace = forward(X, parameters, activations)
        losses[epoch] = ((trace[-1] - y) ** 2).mean()
        for layer, slope in zip(parameters, backward(trace, y, parameters, derivatives)):
            layer["W"] -= learning_rate * slope["W"]
            layer["b"] -= learning_rate * slope["b"]
    return parameters, losses.tolist()


def train_recursive(X, y, parameters, activations, derivatives, learning_rate, epochs):
    if epochs == 0:
        return parameters, []
    trace = forward(X, parameters, activations)
    error = trace[-1] - y
    slopes = backward(trace, y, parameters, derivatives)
    moved = []
    for k in range(len(parameters)):
        W = parameters[k]["W"] - learning_rate * slopes[k]["W"]
        b = parameters[k]["b"] - learning_rate * slopes[k]["b"]
        moved.append({"W": W, "b": b})
    end, losses = train_recursive(X, y, moved, activations, derivatives, learning_rate, epochs - 1)
    return end, [np.einsum("ij,ij->", error, error) / error.size, *losses]


def stepped(parameters, slopes, rate, keys=("W", "b")):
    return [
        {key: layer[key] - rate * slope[key] if key in keys else layer[key] for key in layer}
        for layer, slope in zip(parameters, slopes)
    ]


def training_of(rate=None, loss=None, keys=("W", "b"), slopes_once=False, after=False, forever=False):
    """A wrong training loop: the right one with one part of it changed."""

    def wrong(X, y, parameters, activations, derivatives, learning_rate, epochs):
        losses, slopes = [], None
        rate_used = learning_rate if rate is None else rate(learning_rate, y)
        for _ in range(epochs):
            trace = forward(X, parameters, activations)
            if slopes is None or not slopes_once:
                slopes = backward(trace, y, parameters, derivatives)
            if not after:
                losses.append(np.mean((trace[-1] - y) ** 2) if loss is None else loss(trace[-1], y))
            parameters = stepped(parameters, slopes, rate_used, keys)
            if after:
                losses.append(np.mean((forward(X, parameters, activations)[-1] - y) ** 2))
        return parameters, losses

    return wrong


def layer_after_layer(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        losses.append(np.mean((forward(X, parameters, activations)[-1] - y) ** 2))
        for k in range(len(parameters)):
            trace = forward(X, parameters, activations)
            slope = backward(trace, y, parameters, derivatives)[k]
            moved = {key: parameters[k][key] - learning_rate * slope[key] for key in ("W", "b")}
            parameters = [*parameters[:k], moved, *parameters[k + 1 :]]
    return parameters, losses


def one_trace_for_all(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses, trace = [], forward(X, parameters, activations)
    for _ in range(epochs):
        losses.append(np.mean((trace[-1] - y) ** 2))
        parameters = stepped(parameters, backward(trace, y, parameters, derivatives), learning_rate)
    return parameters, losses


def in_the_callers_arrays(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        trace = forward(X, parameters, activations)
        losses.append(np.mean((trace[-1] - y) ** 2))
        for layer, slope in zip(parameters, backward(trace, y, parameters, derivatives)):
            layer["W"] -= learning_rate * slope["W"]
            layer["b"] -= learning_rate * slope["b"]
    return parameters, losses


def with_the_last_loss(X, y, parameters, activations, derivatives, learning_rate, epochs):
    parameters, losses = train(X, y, parameters, activations, derivatives, learning_rate, epochs)
    return parameters, [*losses, np.mean((forward(X, parameters, activations)[-1] - y) ** 2)]


def one_step_only(X, y, parameters, activations, derivatives, learning_rate, epochs):
    return train(X, y, parameters, activations, derivatives, learning_rate, min(epochs, 1))


def slopes_for_parameters(X, y, parameters, activations, derivatives, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        trace = forward(X, parameters, activations)
        losses.append(np.mean((trace[-1] - y) ** 2))
        parameters = backward(trace, y, parameters, derivatives)
    return parameters, losses


def training_case(rng, n, sizes, activations, derivatives, learning_rate, epochs):
    parameters = random_layers(rng, *sizes)
    X, y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    return X, y, parameters, activations, derivatives, learning_rate, epochs


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
    ],
    also_right=[train_on_copies, train_recursive],
    wrong=[
        (
            training_of(rate=lambda rate, y: -rate),
            "This climbs: the gradient points uphill. Go against it, `W - learning_rate * dW`.",
        ),
        (
            training_of(rate=lambda rate, y: 1.0),
            "The learning rate is missing: a step is `learning_rate` times the gradient.",
        ),
        (
            training_of(rate=lambda rate, y: 0.1),
            "The rate is always 0.1, whatever comes in: use the parameter `learning_rate`.",
        ),
        (
            training_of(rate=lambda rate, y: rate / len(y)),
            "The step is divided by the number of rows. The gradient is that of a mean already: divide no more.",
        ),
        (
            training_of(after=True),
            "The losses come one step late. Take each before its step, from the trace that the gradient is made of.",
        ),
        (
            with_the_last_loss,
            "One loss too many: there is one for each step, taken before it, and none after the last.",
        ),
        (
            training_of(loss=lambda A, y: np.sum((A - y) ** 2)),
            "The losses are sums of squares. The loss is their mean over every element.",
        ),
        (
            training_of(loss=lambda A, y: np.sum((A - y) ** 2) / len(y)),
            "The losses are divided by the number of rows. The mean goes over every element, rows times outputs.",
        ),
        (
            training_of(loss=lambda A, y: np.mean(np.abs(A - y))),
            "The losses are means of distances. Square each error before you take the mean.",
        ),
        (
            training_of(keys=("W",)),
            "The weights move, the biases stay. Both take a step.",
        ),
        (
            training_of(keys=("b",)),
            "The biases move, the weights stay. Both take a step.",
        ),
        (
            training_of(slopes_once=True),
            "The gradient is computed once, at the start. It changes with every step: ask for it in the loop.",
        ),
        (
            one_trace_for_all,
            "The forward pass is run once, at the start. After each step the network says something else: run it in "
            "the loop.",
        ),
        (
            layer_after_layer,
            "The layers move one after the other, each along a new gradient. Compute all the slopes at one place, "
            "then move all.",
        ),
        (
            one_step_only,
            "Only one step is taken: is the `return` inside the loop?",
        ),
        (
            lambda X, y, parameters, *rest: (parameters, train(X, y, parameters, *rest)[1]),
            "The losses are right, but the parameters come back as they were: return the trained ones.",
        ),
        (
            slopes_for_parameters,
            "The parameters are replaced by their slopes. Keep both, and move the parameters a step against the "
            "slopes.",
        ),
        (
            lambda *given: train(*given)[0],
            "The losses are missing: return both, `parameters, losses`.",
        ),
        (
            lambda *given: train(*given)[1],
            "It returns the losses alone; wanted are `parameters, losses`.",
        ),
        (
            lambda *given: (train(*given)[0], train(*given)[1][-1]),
            "Only the last loss is returned. Wanted is the list of all, one for each step.",
        ),
        (
            lambda *given: train(*given)[::-1],
            "The two have changed places: return the parameters first, then the losses.",
        ),
        (
            in_the_callers_arrays,
            "The numbers are right, but the caller's start is gone: `layer['W'] -= ...` writes into its arrays. Make "
            "new ones, "
            "`W - learning_rate * dW`, so that the same start can be used again.",
        ),
    ],
    hints=[
        "Four things in each round: forward, the loss, backward, a step for every layer. Only the last changes the "
        "parameters.",
        "`trace = forward(X, parameters, activations)`; its last entry is the output, which the loss compares with "
        "`y`. "
        "`backward(trace, y, parameters, derivatives)` gives the slopes.",
        "The step: `parameters = [{'W': layer['W'] - learning_rate * slope['W'], 'b': ...} for layer, slope in "
        "zip(parameters, gradients)]`, a list of new dicts.",
    ],
    holds="You now have a network that learns, and every line of it is yours.",
    in_nnlib="network.NeuralNetwork.fit",
)
