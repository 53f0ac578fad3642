"""Exercises of chapter 03: a layer is a matrix product, and a batch goes through at once."""

import numpy as np

from nnlib.exercises import chapter, edited, mistakes

exercise = chapter("03", "forward pass")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="knobs",
    recall=True,
    title="The knobs of a neuron",
    solution=2,
    wrong=[
        (1, "One is the weight. What is added after it has been multiplied?"),
        (3, "The input is given, not learned. Count what you could turn."),
    ],
    hints=["w * x + b: which of these letters did you turn?", "The weight and the bias."],
    holds="A weight and a bias.",
)

exercise(
    name="two_misses",
    recall=True,
    title="The MSE of two residuals",
    solution=5,
    wrong=[
        (10, "10 is the sum of the squares. An MSE is their mean."),
        (2, "2 is the mean of the misses. Square each one first."),
        (4, "4 is the square of the mean miss. Square each one first, then take the mean."),
    ],
    hints=["Square each miss, then take the mean.", "(1 + 9) / 2."],
    holds="(1² + 3²) / 2 = 5.",
)

exercise(
    name="line_shape",
    recall=True,
    title="The shape of a line's outputs",
    solution=(6,),
    wrong=[
        (6, "That is the number of outputs. A shape is a tuple, with one number for each axis: `(6,)`."),
        ((1,), "That is one output. There is one for each of the six inputs."),
        ((6, 1), "That is a matrix with one column. x has one axis, and so have the outputs."),
        ((6, 3), "x, w and b are not put side by side: they become one number for each input."),
    ],
    hints=["`*` and `+` act on every entry of x.", "A number for each entry of x, in the shape of x: (6,)."],
    holds="(6,): one output for each input, in the same shape.",
)


# ---- weighted_sum -----------------------------------------------------------------------------------


def weighted_sum(x, w, b):
    return np.sum(x * w) + b


def weighted_sum_loop(x, w, b):
    total = b
    for x_i, w_i in zip(x, w):
        total = total + x_i * w_i
    return total


exercise(
    title="One neuron with several inputs",
    solution=weighted_sum,
    cases=lambda rng: [
        (np.array([1.0, 2.0, 5.0]), np.array([3.0, 1.0, -2.0]), 0.5),
        (rng.normal(size=5), rng.normal(size=5), -1.5),
        (rng.normal(size=2), rng.normal(size=2), 3.0),
        (rng.normal(size=1), rng.normal(size=1), 0.25),
        (rng.normal(size=11), rng.normal(size=11), rng.normal()),
        (np.array([3, 0, -1, 2000]), np.array([1, 5, -2, -7]), 0.5),
    ],
    also_right=[
        weighted_sum_loop,
        lambda x, w, b: x @ w + b,
        lambda x, w, b: np.einsum("i,i->", x, w) + b,
        lambda x, w, b: sum(x_i * w_i for x_i, w_i in zip(x, w)) + b,
        lambda x, w, b: np.append(x, 1.0).dot(np.append(w, b)),
    ],
    wrong=mistakes(
        lambda x, w, b: x * w + b,
        "These are the products, one for each input. A neuron says one number: add them up.",
        lambda x, w, b: np.sum(x * w + b),
        "The bias is inside the sum, so it is added once for each input. It belongs to the neuron: add it once, "
        "after the sum.",
        lambda x, w, b: x @ (w + b),
        "The bias is added to every weight, so it is multiplied by the inputs. Add it once, after the sum.",
        lambda x, w, b: np.sum(x) * np.sum(w) + b,
        "Both are summed before they are multiplied. Each input has its own weight: multiply first, then add up.",
        lambda x, w, b: x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + b,
        "This is right for three inputs and for no other number. Let NumPy or a loop go over as many as come.",
        edited(weighted_sum_loop, "total = total + ", "total = b + "),
        "Each turn overwrites the last, so only the last input is left. Start at 0 and write `s += ...`.",
    ),
    hints=[
        "You priced a ride by hand: kilometers times their price, plus minutes times theirs, and so on, plus the bias.",
        "`x * w` multiplies entry by entry and keeps the shape (n_inputs,). What turns such an array into one number?",
        "`np.sum` of the products, and the bias added once to the result.",
    ],
    holds="You now have a neuron with any number of inputs.",
    in_nnlib="layers.Dense.forward",
)


# ---- product_by_hand --------------------------------------------------------------------------------


def is_the_product(Z, rng):
    """None where Z is the product of the exercise, else a sentence."""
    try:
        Z = np.array(Z, dtype=float)
    except (TypeError, ValueError):
        return "The answer is four numbers, written as a list of two rows of two."
    right = np.array([[2.0, 3.0], [7.0, 6.0]])
    if Z.shape == (3, 3):
        return "This is 3 × 3. (2, 3) @ (3, 2) has a row for each row of X and a column for each column of W."
    if Z.shape != (2, 2):
        return f"This has the shape {Z.shape}. The two sizes on the outside remain: (2, 3) @ (3, 2) is (2, 2)."
    if np.array_equal(Z, right):
        return None
    if np.array_equal(Z, right.T):
        return "Rows and columns have changed places: entry [0, 1] is row 0 of X with column 1 of W."
    if np.array_equal(Z, [[6, 8], [7, 9]]):
        return "The pairs are added. Multiply the two numbers of a pair, then add the three products."
    if np.array_equal(Z, [[1, 6], [6, 4]]) or np.array_equal(Z, [[1, 6], [8, 4]]):
        return "Go along a row of X and *down* a column of W, one step each at a time."
    row, column = np.argwhere(right != Z)[0]
    return f"Look again at entry [{row}, {column}]: row {row} of X with column {column} of W."


exercise(
    name="product_by_hand",
    title="A matrix product with pencil and paper",
    solution=[[2, 3], [7, 6]],
    verify=is_the_product,
    also_right=[np.array([[2, 3], [7, 6]]), ((2.0, 3.0), (7.0, 6.0)), np.array([[2.0, 3.0], [7.0, 6.0]])],
    wrong=[
        ([[2, 7], [3, 6]], "Rows and columns have changed places: entry [0, 1] is row 0 of X with column 1 of W."),
        ([[6, 8], [7, 9]], "The pairs are added. Multiply the two numbers of a pair, then add the three products."),
        (
            [[5, 4, 1], [3, 0, 1], [10, 2, 3]],
            "This is 3 × 3. (2, 3) @ (3, 2) has a row for each row of X and a column for each column of W.",
        ),
        ([2, 6], "This has the shape (2,). The two sizes on the outside remain: (2, 3) @ (3, 2) is (2, 2)."),
        ([[2, 3], [7, 5]], "Look again at entry [1, 1]: row 1 of X with column 1 of W."),
        ("2 3 7 6", "The answer is four numbers, written as a list of two rows of two."),
    ],
    hints=[
        "Four entries, each from one row of X and one column of W. Start with the first row and the first column.",
        "Entry [0, 0]: the row 1, 2, 0 and the column 2, 0, 1. Multiply pair by pair and add: 1·2 + 2·0 + 0·1.",
        "The first row is 2 and 3. For the second, take the row 3, 0, 1 down the same two columns.",
    ],
    holds="You now have the matrix product, the operation that every layer is made of, done once by hand.",
)


# ---- layer ------------------------------------------------------------------------------------------


def layer(X, W, b):
    return X @ W + b


def layer_of_loops(X, W, b):
    Z = np.zeros((X.shape[0], W.shape[1]))
    for r in range(X.shape[0]):
        for j in range(W.shape[1]):
            Z[r, j] = b[j]
            for i in range(X.shape[1]):
                Z[r, j] += X[r, i] * W[i, j]
    return Z


def layer_by_columns(X, W, b):
    return np.stack([np.sum(X * w_j, axis=1) + b_j for w_j, b_j in zip(W.T, b)], axis=1)


exercise(
    title="A whole layer, for a whole batch",
    solution=layer,
    cases=lambda rng: [
        (
            np.array([[1.0, 2.0, 0.0], [3.0, 0.0, 1.0]]),
            np.array([[2.0, 1.0], [0.0, 1.0], [1.0, 3.0]]),
            np.array([10.0, 20.0]),
        ),
        (rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)),
        (rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)),
        (rng.normal(size=(1, 2)), rng.normal(size=(2, 6)), rng.normal(size=6)),
        (rng.normal(size=(11, 4)), rng.normal(size=(4, 1)), rng.normal(size=1)),
        (rng.normal(size=(1, 1)), rng.normal(size=(1, 1)), rng.normal(size=1)),
        (np.array([[3, 0], [-1, 2000]]), rng.normal(size=(2, 3)), np.array([0.5, 0.25, -0.75])),
    ],
    also_right=[
        layer_of_loops,
        layer_by_columns,
        lambda X, W, b: np.einsum("ni,ij->nj", X, W) + b,
        lambda X, W, b: (W.T @ X.T + b.reshape(-1, 1)).T,
        lambda X, W, b: np.column_stack([X, np.ones(len(X))]) @ np.vstack([W, b]),
        lambda X, W, b: np.array([x @ W + b for x in X]),
    ],
    wrong=mistakes(
        lambda X, W, b: W @ X + b,
        "The two have changed places. The rides come first: a row of `X` meets a column of `W`.",
        lambda X, W, b: X @ W.T + b,
        "`W` is transposed. Its columns are the neurons already, so it stands as it is.",
        lambda X, W, b: X * W + b,
        "`*` multiplies entry by entry. The product of rows and columns is `@`.",
        lambda X, W, b: X @ (W + b),
        "The bias is added to the weights, so it is multiplied by the inputs too. First the product, then `+ b`.",
        lambda X, W, b: X @ W + b.reshape(-1, 1),
        "The bias is a column here, so it runs down the rides. Each neuron has a bias: leave its shape at "
        "(n_neurons,).",
        lambda X, W, b: (X + b) @ W,
        "The bias is added to the inputs, and there are as many of it as neurons. Add the bias after the product.",
        lambda X, W, b: X @ W + np.outer(np.arange(len(X)) == 0, b),
        "Only the first row gets the biases. Every ride does: add `b` to the whole table.",
    ),
    hints=[
        "Every row of `X` meets every column of `W`: that is one product. Then each column gets its bias.",
        "The product is `X @ W`, of shape (n, n_neurons). Which shape does `b` have, and how does NumPy line it up?",
        "A (k,) array added to an (n, k) array is added to every row, so no loop and no reshape is needed.",
    ],
    holds="You now have a whole layer: any number of rides, inputs and neurons, in one line.",
    in_nnlib="layers.Dense.forward",
)


# ---- through_layers ---------------------------------------------------------------------------------


def through_layers(X, parameters):
    for p in parameters:
        X = X @ p["W"] + p["b"]
    return X


def through_layers_recursive(X, parameters):
    if not parameters:
        return X
    first, *rest = parameters
    return through_layers_recursive(X @ first["W"] + first["b"], rest)


def through_layers_by_index(X, parameters):
    A = X
    for k in range(len(parameters)):
        A = A @ parameters[k]["W"] + parameters[k]["b"]
    return A


def through_layers_by_rows(X, parameters):
    rows = []
    for x in X:
        for p in parameters:
            x = x @ p["W"] + p["b"]
        rows.append(x)
    return np.array(rows)


def stack(rng, *sizes):
    """Parameters of layers with these sizes, the inputs first."""
    return [{"W": rng.normal(size=(i, k)), "b": rng.normal(size=k)} for i, k in zip(sizes, sizes[1:])]


exercise(
    title="Layers in a row",
    solution=through_layers,
    cases=lambda rng: [
        (
            np.array([[1.0, 2.0]]),
            [
                {"W": np.array([[1.0, 0.0], [0.0, 3.0]]), "b": np.array([1.0, 0.0])},
                {"W": np.array([[1.0, 2.0], [1.0, 0.0]]), "b": np.array([0.0, 5.0])},
            ],
        ),
        (rng.normal(size=(5, 3)), stack(rng, 3, 4, 2)),
        (rng.normal(size=(4, 3)), stack(rng, 3, 3, 3, 3)),
        (rng.normal(size=(3, 2)), stack(rng, 2, 6)),
        (rng.normal(size=(2, 4)), stack(rng, 4, 1, 5, 2)),
        (rng.normal(size=(1, 1)), stack(rng, *[1] * 12)),  # eleven layers
        (np.array([[3, 0], [-1, 20]]), stack(rng, 2, 3)),
    ],
    also_right=[through_layers_recursive, through_layers_by_index, through_layers_by_rows],
    wrong=mistakes(
        edited(through_layers, "X = X @", "Z = X @", "return X", "return Z"),
        "Every layer gets the inputs `X`. The second layer's inputs are the first layer's outputs: put the result "
        "back into the variable that the next turn reads.",
        edited(through_layers, "X = X @", "X @"),
        "What the layer says is thrown away: `X` stays what it was. Put the result into it, `X = ...`.",
        edited(through_layers, ' + p["b"]', ""),
        "The biases are missing: each layer adds its own `p['b']`.",
        lambda X, parameters: through_layers(X, parameters[::-1]),
        "The layers are taken from the last to the first. The inputs meet the first one.",
        lambda X, parameters: through_layers(X, parameters[:2]),
        "This is two layers, always. Loop over `parameters`, however many there are.",
        lambda X, parameters: [through_layers(X, parameters[:k]) for k in range(len(parameters) + 1)],
        "This is the list of every layer's outputs, and it will be useful in chapter 4. Here, return the last one.",
    ),
    hints=[
        "One layer after the other: what the first one says is what the second one gets.",
        "Loop over `parameters`. In each turn call `my_layer` with `p['W']` and `p['b']`, and keep the result for the "
        "next turn.",
        "Assign the result to `X` itself, `X = my_layer(X, ...)`, and return `X` after the loop.",
    ],
    holds="You now have a forward pass through any number of layers.",
    in_nnlib="network.NeuralNetwork.predict",
)


# ---- count_parameters -------------------------------------------------------------------------------


def count_parameters(sizes):
    total = 0
    for n_inputs, n_neurons in zip(sizes, sizes[1:]):
        total += n_inputs * n_neurons + n_neurons
    return total


def count_by_index(sizes):
    count = 0
    for k in range(1, len(sizes)):
        count += (sizes[k - 1] + 1) * sizes[k]
    return count


exercise(
    title="How many numbers does a network have to learn?",
    solution=count_parameters,
    cases=lambda rng: [
        ([3, 4, 2],),
        ([2, 4, 1],),
        ([64, 32, 10],),
        ([5, 1],),
        ([2, 7, 3, 6, 1],),
        ([1, 1],),
        (list(range(1, 13)),),
    ],
    also_right=[
        count_by_index,
        lambda sizes: sum((i + 1) * k for i, k in zip(sizes[:-1], sizes[1:])),
        lambda sizes: int(np.dot(sizes[:-1], sizes[1:]) + np.sum(sizes[1:])),
        lambda sizes: sum(np.zeros((i, k)).size + np.zeros(k).size for i, k in zip(sizes, sizes[1:])),
    ],
    wrong=mistakes(
        lambda sizes: sum(i * k for i, k in zip(sizes, sizes[1:])),
        "These are the weights alone. Every neuron has a bias too.",
        lambda sizes: sum(i * k for i, k in zip(sizes, sizes[1:])) + sum(sizes),
        "The inputs have been given biases. They are numbers that come in, not neurons.",
        lambda sizes: sum(i * k + i for i, k in zip(sizes, sizes[1:])),
        "The biases are counted by the layer's inputs. A layer has one for each of its neurons.",
        edited(count_parameters, "n_inputs * n_neurons + n_neurons", "n_inputs * n_neurons + 1"),
        "A bias for each neuron, not one for each layer.",
        lambda sizes: sum(sizes),
        "This adds up the sizes. Between two neighboring sizes there is a whole table of weights: multiply them.",
        edited(count_parameters, "n_inputs * n_neurons + ", "n_inputs + "),
        "The two sizes are added. Every neuron has a weight for every input: multiply them, then add the biases.",
        lambda sizes: int(np.prod(sizes)),
        "This multiplies all sizes. Each layer has its own table, between two neighboring sizes; add these up.",
        lambda sizes: sizes[0] * sizes[1] + sizes[1],
        "This is the first layer. Go on to the last, and add them up.",
        lambda sizes: sizes[0] * sizes[1] + sizes[1] + sizes[1] * sizes[2] + sizes[2],
        "This is right for two layers and for no other number. Loop over neighboring sizes.",
        lambda sizes: sum(i * k + k for i, k in zip(sizes[:-1], sizes[1:-1])),
        "The last layer is missing.",
    ),
    hints=[
        "Take one layer: which shapes do its `W` and its `b` have, and how many numbers is that?",
        "The first layer of [3, 4, 2] has 3 · 4 weights and 4 biases. Then the same for the sizes 4 and 2.",
        "`zip(sizes, sizes[1:])` gives the neighbors: (3, 4), (4, 2). Add up what each pair needs.",
    ],
    holds="You now have the size of any network before it is built.",
    in_nnlib="network.NeuralNetwork.summary",
)


# ---- safe_mse ---------------------------------------------------------------------------------------


def safe_mse(y_hat, y):
    if y_hat.shape != y.shape:
        raise ValueError(f"y_hat and y must have one shape, got {y_hat.shape} and {y.shape}")
    return np.mean((y_hat - y) ** 2)


def safe_mse_loop(y_hat, y):
    if np.shape(y_hat) == np.shape(y):
        squares = [(guess - truth) ** 2 for guess, truth in zip(np.ravel(y_hat), np.ravel(y))]
        return sum(squares) / len(squares)
    raise ValueError("unequal shapes")


def safe_mse_dot(y_hat, y):
    if y_hat.ndim != y.ndim or any(a != b for a, b in zip(y_hat.shape, y.shape)):
        raise ValueError(y_hat.shape, y.shape)
    r = (y_hat - y).ravel()
    return r @ r / r.size


def safe_mse_of_the_difference(y_hat, y):
    error = y_hat - y  # where NumPy can't subtract, it raises a ValueError that names both shapes
    if not error.shape == y_hat.shape == y.shape:
        raise ValueError("unequal shapes")
    return np.mean(error**2)


def guard(differ, loss=lambda y_hat, y: np.mean((y_hat - y) ** 2), error=ValueError):
    """An MSE with a guard: differ(y_hat, y) says when to raise."""

    def guarded(y_hat, y):
        if differ(y_hat, y):
            raise error("unequal shapes")
        return loss(y_hat, y)

    return guarded


def unequal(y_hat, y):
    return y_hat.shape != y.shape


UNEQUAL = [((4, 1), (4,)), ((4,), (4, 1)), ((3, 1), (3, 2)), ((2, 3), (3, 2)), ((6, 2), (1, 2)), ((5, 1), (1, 5))]
UNEQUAL += [((4, 4), (4,)), ((1,), (1, 1)), ((5,), (1,)), ((2, 1, 3), (2, 4, 3))]


def refuses_unequal_shapes(safe_mse, rng):
    """None if every pair of unequal shapes is answered by a ValueError with a message, else a sentence."""
    through, silent = [], False
    for first, second in UNEQUAL:
        pair = f"{first} with {second}"
        try:
            result = safe_mse(rng.normal(size=first), rng.normal(size=second))
        except ValueError as error:
            silent = silent or not str(error).strip()
        except Exception as error:
            return f"On {pair} it raises {type(error).__name__}; it should be a ValueError."
        else:
            if result is None or isinstance(result, Exception):
                came = "`None`" if result is None else "an error"
                return f"On {pair} it returns {came}, and the caller goes on with that. It should raise a ValueError."
            through.append(pair)
    if through:
        more = f" and {len(through) - 3} more" * (len(through) > 3)
        return f"These still get a result in place of a ValueError: {', '.join(through[:3])}{more}."
    return "It refuses without a word: the message of its ValueError is empty." if silent else None


exercise(
    optional=True,
    title="A mean squared error that refuses to guess",
    solution=safe_mse,
    cases=lambda rng: [
        (np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [4.0], [1.0]])),
        (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
        (rng.normal(size=5), rng.normal(size=5)),
        (rng.normal(size=(1, 2)), rng.normal(size=(1, 2))),
        (rng.normal(size=(3, 3)), rng.normal(size=(3, 3))),
        (rng.normal(size=(60, 2)), rng.normal(size=(60, 2))),
        (rng.normal(size=(11, 1)), rng.integers(0, 2, size=(11, 1))),
    ],
    verify=refuses_unequal_shapes,
    also_right=[safe_mse_loop, safe_mse_dot, safe_mse_of_the_difference],
    wrong=mistakes(
        lambda y_hat, y: np.mean((y_hat - y) ** 2),
        "The mean is right and the guard is missing: (4, 1) with (4,) still gets a number. Compare the two shapes "
        "before you subtract, and `raise` where they differ; a `print` would not stop it.",
        guard(lambda y_hat, y: len(y_hat) != len(y)),
        "The lengths are compared, and `len` sees the rows only: (4, 1) and (4,) both have 4. Compare `.shape`.",
        guard(lambda y_hat, y: y_hat.size != y.size),
        "The number of entries is compared: (4, 1) and (4,) both have 4. Compare `.shape`.",
        guard(lambda y_hat, y: y_hat.shape[0] != y.shape[0] or y_hat.shape[-1] != y.shape[-1]),
        "The first and the last size are compared, and (4, 4) and (4,) agree in both. Compare the whole `.shape`.",
        guard(lambda y_hat, y: y_hat.ndim != y.ndim),
        "The number of axes is compared: (5, 1) against (1, 5) has two on either side and still becomes a 5 × 5 "
        "table. Compare `.shape`.",
        lambda y_hat, y: np.mean((y_hat.ravel() - y.ravel()) ** 2),
        "Flattening or reshaping hides the mistake instead of naming it: (2, 3) and (3, 2) have six entries each, "
        "and they don't belong together. Raise a `ValueError`.",
        guard(unequal, error=AssertionError),
        "An `assert` raises an AssertionError, and `python -O` leaves it out. Write `raise ValueError(...)`.",
        guard(unequal, lambda y_hat, y: np.sum((y_hat - y) ** 2) / len(y)),
        "The guard is right. The sum is divided by the rows only; the mean goes over every element, rows and outputs.",
    ),
    hints=[
        "Two lines before the mean: look at the shapes, and complain if they differ.",
        "`y_hat.shape` is a tuple, and two tuples can be compared with `!=`.",
        "`raise ValueError(f'... {y_hat.shape} ... {y.shape}')` stops the function and names both shapes.",
    ],
    holds="You now have a loss that stops where broadcasting would have made a table.",
    in_nnlib="checks.samples",
)
