"""Exercises of chapter 10: estimate the gradient from a few rows, and step at once."""

import math
from dataclasses import dataclass

import numpy as np

from nnlib.exercises import chapter
from nnlib.exercises.ch04_nonlinearity import forward, relu, sigmoid
from nnlib.exercises.ch05_backpropagation import backward, relu_derivative, tanh_derivative, train

exercise = chapter("10", "mini-batches")


# ---- updates ----------------------------------------------------------------------------------------


def updates(n, batch_size, epochs):
    batches = -(-n // batch_size)  # -(-a // b) is a / b, rounded up
    return epochs * batches


def updates_by_counting(n, batch_size, epochs):
    count = 0
    for _ in range(epochs):
        for _ in range(0, n, batch_size):
            count += 1
    return count


def a_whole_number(updates, rng):
    """Say so where the count is a float: np.ceil(3.5) is 4.0, and `range(4.0)` does not run."""
    if not isinstance(updates(7, 2, 3), (int, np.integer)):
        return f"Updates are counted, and `{updates(7, 2, 3)}` is a float."
    return None


exercise(
    title="How many updates in so many epochs",
    solution=updates,
    cases=lambda rng: [(10, 4, 1), (10, 4, 3), (12, 4, 5), (5, 8, 2), (7, 1, 3), (33, 32, 4), (6, 6, 2), (11, 4, 2)],
    also_right=[
        updates_by_counting,
        lambda n, batch_size, epochs: epochs * math.ceil(n / batch_size),
        lambda n, batch_size, epochs: epochs * int(np.ceil(n / batch_size)),
        lambda n, batch_size, epochs: np.ceil(n / batch_size).astype(int) * epochs,
        lambda n, batch_size, epochs: epochs * ((n + batch_size - 1) // batch_size),
        lambda n, batch_size, epochs: epochs * (n // batch_size + (n % batch_size > 0)),
    ],
    verify=a_whole_number,
    wrong=[
        (
            lambda n, batch_size, epochs: epochs * np.ceil(n / batch_size),
            "The count is right, but `np.ceil` gives a float. It has to be an `int`: `math.ceil`, or `int(...)`.",
        ),
        (
            lambda n, batch_size, epochs: epochs * (n // batch_size),
            "The rows that are left over at the end of an epoch are forgotten. They make one more, smaller batch.",
        ),
        (
            lambda n, batch_size, epochs: epochs * (n // batch_size + 1),
            "One too many where nothing is left over: 12 rows in batches of 4 are exactly 3 batches.",
        ),
        (
            lambda n, batch_size, epochs: epochs * n / batch_size,
            "There is no half update: round the number of batches of an epoch up.",
        ),
        (
            lambda n, batch_size, epochs: math.ceil(epochs * n / batch_size),
            "No batch reaches into the next epoch. Round up within one epoch, then multiply.",
        ),
        (
            lambda n, batch_size, epochs: epochs * round(n / batch_size),
            "`round` goes down as well as up. However few rows are left over, they make a batch.",
        ),
        (
            lambda n, batch_size, epochs: math.ceil(n / batch_size),
            "These are the updates of one epoch. There are `epochs` of them.",
        ),
        (
            lambda n, batch_size, epochs: epochs * max(1, n // batch_size),
            "Right where there are fewer rows than `batch_size`, but elsewhere the rows left over are forgotten.",
        ),
        (
            lambda n, batch_size, epochs: epochs * n,
            "This counts the rows that are looked at. One update looks at `batch_size` of them.",
        ),
        (
            lambda n, batch_size, epochs: epochs * batch_size,
            "That is the size of a batch. How many batches of that size does it take to use `n` rows?",
        ),
        (
            lambda n, batch_size, epochs: epochs,
            "One update an epoch is full-batch descent. How many batches are there in an epoch?",
        ),
    ],
    hints=[
        "On paper: 10 rows in batches of 4. How many batches, and how large is the last one? And 3 rows in batches of "
        "4?",
        "The number of batches is n / batch_size, rounded up; each epoch has that many.",
        "`math.ceil(n / batch_size)` rounds up, and so does `-(-n // batch_size)`.",
    ],
    holds="You now have the unit that learning is really counted in: updates.",
)


# ---- batch_spread -----------------------------------------------------------------------------------


def batch_spread(slopes, batch_size):
    n = len(slopes)
    variance = np.var(slopes) / batch_size
    return np.sqrt(variance * (n - batch_size) / (n - 1))


def batch_spread_in_one(slopes, batch_size):
    n = len(slopes)
    return np.std(slopes) / np.sqrt(batch_size) * np.sqrt((n - batch_size) / (n - 1))


def batch_spread_loop(slopes, batch_size):
    n = len(slopes)
    center = sum(slopes) / n
    squares = sum((slope - center) ** 2 for slope in slopes) / n
    return (squares / batch_size * (1 - (batch_size - 1) / (n - 1))) ** 0.5


def batch_spread_by_sample_variance(slopes, batch_size):
    n = slopes.size
    return math.sqrt(np.var(slopes, ddof=1) * (1 / batch_size - 1 / n))


def spread_of(power=0.5, correction=None, ddof=0):
    """A wrong spread: the right one with another power of the batch size, or another correction."""

    def spread(slopes, batch_size):
        n = len(slopes)
        left = math.sqrt((n - batch_size) / (n - 1)) if correction is None else correction(n, batch_size)
        return np.std(slopes, ddof=ddof) / batch_size**power * left

    return spread


exercise(
    title="The spread of a slope that is estimated from a batch",
    solution=batch_spread,
    cases=lambda rng: [
        (np.array([1.0, 2.0, 3.0, 6.0]), 2),
        (rng.normal(size=5), 1),
        (3 * rng.normal(size=9) + 1, 4),
        (rng.normal(size=12), 5),
        (rng.normal(size=7), 7),
    ],
    also_right=[batch_spread_in_one, batch_spread_loop, batch_spread_by_sample_variance],
    wrong=[
        (
            spread_of(correction=lambda n, m: 1),
            "This is right for rows drawn with replacement. Drawn without, the variance has one more factor, "
            "and a batch of all rows must have no spread at all.",
        ),
        (
            lambda slopes, batch_size: np.var(slopes) / batch_size * (len(slopes) - batch_size) / (len(slopes) - 1),
            "This is the variance. The spread is a standard deviation: its root.",
        ),
        (
            lambda slopes, batch_size: np.var(slopes) / batch_size,
            "This is a variance, and the one with replacement: the factor for drawing without is missing, and then "
            "the root.",
        ),
        (
            spread_of(correction=lambda n, m: (n - m) / (n - 1)),
            "The factor for drawing without replacement belongs to the variance. To the standard deviation belongs its "
            "root.",
        ),
        (
            spread_of(power=1),
            "The standard deviation is divided by `batch_size`. It is the variance that is divided by it.",
        ),
        (
            spread_of(power=1, correction=lambda n, m: 1),
            "The standard deviation is divided by `batch_size`; it is the variance that is. And the factor for drawing "
            "without replacement is missing.",
        ),
        (
            spread_of(power=1, correction=lambda n, m: (n - m) / (n - 1)),
            "Both factors belong to the variance. Take the root of the whole at the end.",
        ),
        (
            spread_of(power=0),
            "The larger the batch, the smaller the spread: the division by `batch_size` is missing.",
        ),
        (
            spread_of(power=-0.5),
            "It is multiplied by `batch_size` where it should be divided: a mean of more rows spreads less.",
        ),
        (
            spread_of(correction=lambda n, m: math.sqrt((n - m) / n)),
            "Nearly: the denominator of the factor is n − 1. One row drawn from n must have the spread of the rows.",
        ),
        (
            spread_of(ddof=1),
            "`ddof=1` estimates the spread of a larger population. Here the n slopes are all there are: plain `np.std` "
            "or `np.var`.",
        ),
        (
            lambda slopes, batch_size: np.std(slopes[:batch_size]),
            "That is how far the first rows lie apart. Wanted is how far the *means* of batches lie apart.",
        ),
        (
            lambda slopes, batch_size: np.std(slopes),
            "This is the spread of single rows. How much of it is left in a mean of `batch_size` of them?",
        ),
        (
            lambda slopes, batch_size: np.mean(slopes) / np.sqrt(batch_size),
            "The mean says where the estimates lie, the spread how far apart. Start from `np.var(slopes)`.",
        ),
    ],
    hints=[
        "Start with the variance of a single row, `np.var(slopes)`. What does a mean of several do to it?",
        "Two factors for the variance: 1 / batch_size, and the one for drawing without replacement, with "
        "`n = len(slopes)`. Then one root over all.",
        "`np.sqrt(np.var(slopes) / batch_size * ...)`, and the dots are `(n - batch_size) / (n - 1)`.",
    ],
    holds="You now have the price list of the gradient: what a batch of any size is worth.",
)


# ---- minibatches ------------------------------------------------------------------------------------


def minibatches(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    batches = []
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        batches.append((X[rows], y[rows]))
    return batches


def minibatches_of_shuffled(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    X, y = X[order], y[order]
    return [(X[k : k + batch_size], y[k : k + batch_size]) for k in range(0, len(X), batch_size)]


def minibatches_by_shuffle(X, y, batch_size, rng):
    order = np.arange(len(X))
    rng.shuffle(order)
    batches = []
    while len(order) > 0:
        batches.append((X[order[:batch_size]], y[order[:batch_size]]))
        order = order[batch_size:]
    return batches


def minibatches_by_split(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    pieces = np.split(order, range(batch_size, len(X), batch_size))
    return [[X[rows], y[rows]] for rows in pieces]


def cut(X, y, batch_size):
    """The rows in the order in which they stand, cut into batches."""
    return [(X[k : k + batch_size], y[k : k + batch_size]) for k in range(0, len(X), batch_size)]


def batches_of_starts(X, y, batch_size, rng):
    starts = rng.permutation(np.arange(0, len(X), batch_size))
    return [(X[k : k + batch_size], y[k : k + batch_size]) for k in starts]


def drawn_anew(X, y, batch_size, rng):
    rows = [rng.permutation(len(X))[:batch_size] for _ in range(0, len(X), batch_size)]
    return [(X[each], y[each]) for each in rows]


def with_replacement(X, y, batch_size, rng):
    rows = [rng.integers(len(X), size=batch_size) for _ in range(0, len(X), batch_size)]
    return [(X[each], y[each]) for each in rows]


def shuffled_in_place(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    X[:], y[:] = X[order], y[order]
    return [(a.copy(), b.copy()) for a, b in cut(X, y, batch_size)]


def up_to_a_full_batch(X, y, batch_size, rng):
    rows = rng.permutation(len(X))
    rows = np.concatenate([rows, rows[: -len(X) % batch_size]])
    return cut(X[rows], y[rows], batch_size)


@dataclass
class OrderOfItsOwn:
    """What stands for batches whose order owes nothing to the `rng`, so that all of them are one mistake."""


OrderOfItsOwn.__name__ = "list in an order of its own"  # this is how a message calls it


def dealt(minibatches, X, y, batch_size, rng):
    before = rng.bit_generator.state
    batches = minibatches(X, y, batch_size, rng)
    untouched = rng.bit_generator.state == before
    return OrderOfItsOwn() if untouched and isinstance(batches, (list, tuple)) and len(batches) else batches


def batches_case(rng, n, n_inputs, n_outputs, batch_size):
    X, y = rng.normal(size=(n, n_inputs)), rng.normal(size=(n, n_outputs))
    return X, y, batch_size, np.random.default_rng(int(rng.integers(1000)))


exercise(
    title="The batches of one epoch",
    solution=minibatches,
    use=dealt,
    cases=lambda rng: [
        (np.arange(5.0).reshape(5, 1), 10 * np.arange(5.0).reshape(5, 1), 2, np.random.default_rng(1)),
        batches_case(rng, 7, 2, 1, 3),
        batches_case(rng, 6, 3, 2, 2),
        batches_case(rng, 4, 2, 1, 10),
        batches_case(rng, 5, 1, 3, 1),
        batches_case(rng, 9, 2, 2, 4),
    ],
    also_right=[minibatches_of_shuffled, minibatches_by_shuffle, minibatches_by_split],
    wrong=[
        (
            lambda X, y, batch_size, rng: cut(X[rng.permutation(len(X))], y[rng.permutation(len(X))], batch_size),
            "`X` and `y` are shuffled apart, each in an order of its own. Draw one order and use it for both.",
        ),
        (
            lambda X, y, batch_size, rng: cut(X[rng.permutation(len(X))], y, batch_size),
            "Only `X` is shuffled, so its rows no longer belong to those of `y`. Use the same order for both.",
        ),
        (
            lambda X, y, batch_size, rng: cut(X, y[rng.permutation(len(X))], batch_size),
            "Only `y` is shuffled, so its rows no longer belong to those of `X`. Use the same order for both.",
        ),
        (
            lambda X, y, batch_size, rng: cut(X, y, batch_size),
            "The order does not come from the `rng` that was given. Draw it once, with `rng.permutation(len(X))`.",
        ),
        (
            batches_of_starts,
            "The batches come in random order, but each holds the same neighbors forever. Shuffle the rows, then cut.",
        ),
        (
            lambda X, y, batch_size, rng: [
                pair for pair in minibatches(X, y, batch_size, rng) if len(pair[0]) == batch_size
            ],
            "The last rows are lost: what is left over makes a smaller batch.",
        ),
        (
            drawn_anew,
            "Every batch is drawn from all rows again, so some rows come twice and some not at all. One order for the "
            "whole epoch, cut into pieces.",
        ),
        (
            with_replacement,
            "Drawn with replacement: some rows come twice and some not at all. In an epoch each row comes exactly "
            "once.",
        ),
        (
            up_to_a_full_batch,
            "The last batch is filled up with rows that have already been used. Leave it smaller.",
        ),
        (
            lambda X, y, batch_size, rng: [
                (X[rows], y[rows])
                for rows in np.split(rng.permutation(len(X)), range(batch_size, len(X) + 1, batch_size))
            ],
            "The last batch is empty: 6 rows in batches of 2 are exactly 3.",
        ),
        (
            lambda X, y, batch_size, rng: [
                (X[rows], y[rows]) for rows in np.array_split(rng.permutation(len(X)), -(-len(X) // batch_size))
            ],
            "`np.array_split` makes batches of nearly equal size. Wanted are full ones, and the rest in the last.",
        ),
        (
            lambda X, y, batch_size, rng: minibatches(X, y, batch_size, rng)[0],
            "Only the first batch is returned: is the `return` inside the loop?",
        ),
        (
            lambda X, y, batch_size, rng: [X_batch for X_batch, _ in minibatches(X, y, batch_size, rng)],
            "The targets are missing: each batch is a pair `(X_batch, y_batch)`.",
        ),
        (
            lambda X, y, batch_size, rng: tuple(map(list, zip(*minibatches(X, y, batch_size, rng)))),
            "One list of pairs `(X_batch, y_batch)`, not a list of X and a list of y.",
        ),
        (
            shuffled_in_place,
            "The batches are right, but the caller's `X` and `y` are shuffled too. `X = X[order]` makes a new array, "
            "`X[:] = ...` writes into the caller's.",
        ),
    ],
    hints=[
        "One random order of the row numbers, then cut it into pieces of `batch_size`.",
        "`order = rng.permutation(len(X))`. Rows k to k + batch_size of it make a batch, with k = 0, batch_size, "
        "2 · batch_size, ... A slice that reaches over the end is simply shorter.",
        "For each k in `range(0, len(X), batch_size)`: `rows = order[k : k + batch_size]`, and the pair is "
        "`(X[rows], y[rows])`.",
    ],
    holds="You now have what others call a data loader.",
    in_nnlib="network._Batches",
)


# ---- epoch_loss -------------------------------------------------------------------------------------


def epoch_loss(losses, sizes):
    return np.sum(np.multiply(losses, sizes)) / np.sum(sizes)


def epoch_loss_loop(losses, sizes):
    total = rows = 0.0
    for loss, size in zip(losses, sizes):
        total += loss * size
        rows += size
    return total / rows


exercise(
    title="The loss of an epoch, from the losses of its batches",
    solution=epoch_loss,
    cases=lambda rng: [
        ([1.0, 2.0, 6.0], [4, 4, 2]),
        (list(rng.uniform(0, 1, 4)), [5, 5, 5, 1]),
        (list(rng.uniform(0, 1, 3)), [32, 32, 7]),
        (list(rng.uniform(0, 1, 2)), [3, 3]),
        ([0.5], [6]),
    ],
    also_right=[
        epoch_loss_loop,
        lambda losses, sizes: np.average(losses, weights=sizes),
        lambda losses, sizes: np.dot(losses, sizes) / sum(sizes),
        lambda losses, sizes: np.mean(np.repeat(losses, sizes)),
    ],
    wrong=[
        (
            lambda losses, sizes: np.mean(losses),
            "The mean of the batches' means: a small last batch counts as much as a full one. Weigh each by its rows.",
        ),
        (
            lambda losses, sizes: np.dot(losses, sizes),
            "This is the sum over all rows. Divide by their number.",
        ),
        (
            lambda losses, sizes: np.dot(losses, sizes) / len(sizes),
            "Divided by the number of batches; wanted is the number of rows.",
        ),
        (
            lambda losses, sizes: np.dot(losses, sizes) / (len(sizes) * sizes[0]),
            "Divided as if all batches were full. Add the sizes up.",
        ),
        (
            lambda losses, sizes: np.sum(losses) / np.sum(sizes),
            "Each loss is already a mean over its rows. Turn it back into a sum before you divide by all rows.",
        ),
        (
            lambda losses, sizes: np.mean(np.divide(losses, sizes)),
            "The losses are divided by the sizes. A batch of more rows must count more, not less.",
        ),
        (
            lambda losses, sizes: losses[-1],
            "That is the loss of the last batch alone.",
        ),
        (
            lambda losses, sizes: np.sum(losses),
            "The sum grows with the number of batches. Wanted is a mean over the rows.",
        ),
        (
            lambda losses, sizes: np.mean(losses[:-1]) if len(losses) > 1 else losses[0],
            "The last batch is left out. Its rows count as much as any others.",
        ),
    ],
    hints=[
        "Each loss is a mean over its rows. What is the sum of the squares of that batch, and of all batches?",
        "Sum of loss · size over the batches, divided by the sum of the sizes.",
    ],
    holds="You now have a loss that does not depend on how the rows were cut.",
)


# ---- train_batches ----------------------------------------------------------------------------------


def train_batches(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            trace = forward(X_batch, parameters, activations)
            losses.append(np.mean((trace[-1] - y_batch) ** 2))
            sizes.append(len(X_batch))
            gradients = backward(trace, y_batch, parameters, derivatives)
            parameters = [
                {key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}
                for layer, slope in zip(parameters, gradients)
            ]
        history.append(epoch_loss(losses, sizes))
    return parameters, history


def train_batches_on_copies(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    parameters = [{"W": layer["W"].copy(), "b": layer["b"].copy()} for layer in parameters]
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            trace = forward(X_batch, parameters, activations)
            losses[epoch] += np.sum((trace[-1] - y_batch) ** 2) / y.size
            for layer, slope in zip(parameters, backward(trace, y_batch, parameters, derivatives)):
                layer["W"] -= learning_rate * slope["W"]
                layer["b"] -= learning_rate * slope["b"]
    return parameters, losses.tolist()


def train_batches_by_train(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    history = []
    for _ in range(epochs):
        squares = 0.0
        order = rng.permutation(len(X))
        for k in range(0, len(X), batch_size):
            rows = order[k : k + batch_size]
            parameters, losses = train(X[rows], y[rows], parameters, activations, derivatives, learning_rate, 1)
            squares += len(rows) * losses[0]
        history.append(squares / len(X))
    return parameters, history


def batch_training_of(
    rate=None, once=False, after=False, reported=epoch_loss, keys=("W", "b"), every=False, whole_loss=False, apart=False
):
    """A wrong training loop: the right one with one part of it changed."""

    def wrong(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
        history, rate_used = [], learning_rate if rate is None else None
        batches = minibatches(X, y, batch_size, rng) if once else None
        for _ in range(epochs):
            if not once:
                batches = minibatches(X, y, batch_size, rng)
            losses, sizes, start = [], [], parameters
            for X_batch, y_batch in batches:
                at = start if apart else parameters
                trace = forward(X_batch, at, activations)
                loss = np.mean((trace[-1] - y_batch) ** 2)
                step = rate(learning_rate, X_batch, X, batch_size) if rate else rate_used
                slopes = backward(trace, y_batch, at, derivatives)
                parameters = [
                    {key: layer[key] - step * slope[key] if key in keys else layer[key] for key in layer}
                    for layer, slope in zip(parameters, slopes)
                ]
                if after:
                    loss = np.mean((forward(X_batch, parameters, activations)[-1] - y_batch) ** 2)
                losses.append(loss)
                sizes.append(len(X_batch))
            if every:
                history += losses
            elif whole_loss:
                history.append(np.mean((forward(X, parameters, activations)[-1] - y) ** 2))
            else:
                history.append(reported(losses, sizes))
        return parameters, history

    return wrong


def full_batches(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    return train_batches(X, y, parameters, activations, derivatives, learning_rate, epochs, len(X), rng)


def whole_gradient(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            losses.append(np.mean((forward(X_batch, parameters, activations)[-1] - y_batch) ** 2))
            sizes.append(len(X_batch))
            slopes = backward(forward(X, parameters, activations), y, parameters, derivatives)
            parameters = [
                {key: layer[key] - learning_rate * slope[key] for key in layer}
                for layer, slope in zip(parameters, slopes)
            ]
        history.append(epoch_loss(losses, sizes))
    return parameters, history


def in_the_callers_arrays(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            trace = forward(X_batch, parameters, activations)
            losses.append(np.mean((trace[-1] - y_batch) ** 2))
            sizes.append(len(X_batch))
            for layer, slope in zip(parameters, backward(trace, y_batch, parameters, derivatives)):
                layer["W"] -= learning_rate * slope["W"]
                layer["b"] -= learning_rate * slope["b"]
        history.append(epoch_loss(losses, sizes))
    return parameters, history


def last_of_the_epoch(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    """One update an epoch, with its last batch: the step stands outside the inner loop."""
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            trace = forward(X_batch, parameters, activations)
            losses.append(np.mean((trace[-1] - y_batch) ** 2))
            sizes.append(len(X_batch))
        slopes = backward(trace, y_batch, parameters, derivatives)
        parameters = [
            {key: layer[key] - learning_rate * slope[key] for key in layer} for layer, slope in zip(parameters, slopes)
        ]
        history.append(epoch_loss(losses, sizes))
    return parameters, history


def one_epoch_only(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    return train_batches(X, y, parameters, activations, derivatives, learning_rate, 1, batch_size, rng)


def sigmoid_derivative(A):
    return A * (1 - A)


def linear(Z):
    return Z


def batch_training_case(rng, n, sizes, activations, derivatives, learning_rate, epochs, batch_size):
    parameters = [
        {"W": rng.normal(size=(n_inputs, n_neurons)), "b": rng.normal(size=n_neurons)}
        for n_inputs, n_neurons in zip(sizes, sizes[1:])
    ]
    X, y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    generator = np.random.default_rng(int(rng.integers(1000)))
    return X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, generator


exercise(
    title="Training with mini-batches",
    solution=train_batches,
    returns=("parameters", "losses"),
    cases=lambda rng: [
        (
            np.array([[1.0], [2.0], [-1.0]]),
            np.array([[1.0], [0.0], [2.0]]),
            [{"W": np.array([[0.5]]), "b": np.array([0.1])}],
            [np.tanh],
            [tanh_derivative],
            0.2,
            2,
            2,
            np.random.default_rng(1),
        ),
        batch_training_case(rng, 7, (2, 3, 1), [np.tanh] * 2, [tanh_derivative] * 2, 0.3, 5, 3),
        batch_training_case(rng, 6, (2, 4, 2), [relu, linear], [relu_derivative, np.ones_like], 0.05, 3, 2),
        batch_training_case(rng, 5, (3, 2), [sigmoid], [sigmoid_derivative], 0.5, 3, 1),
        batch_training_case(rng, 4, (2, 2), [np.tanh], [tanh_derivative], 0.5, 4, 9),
    ],
    also_right=[train_batches_on_copies, train_batches_by_train],
    wrong=[
        (
            batch_training_of(reported=lambda losses, sizes: np.mean(losses)),
            "The loss of an epoch is a mean of batch means here. The last batch is smaller: use `epoch_loss`.",
        ),
        (
            batch_training_of(once=True),
            "The batches are made once and come back in every epoch. Ask for new ones inside the loop over the epochs.",
        ),
        (
            batch_training_of(after=True),
            "Each loss is taken after its update. Take it before, from the trace that the gradient is made of.",
        ),
        (
            batch_training_of(every=True),
            "A loss for each batch. Wanted is one for each epoch: `epoch_loss(losses, sizes)`.",
        ),
        (
            batch_training_of(whole_loss=True),
            "The loss of all rows after the epoch costs another pass over the data. Use the losses of the batches, "
            "each from before its update.",
        ),
        (
            batch_training_of(rate=lambda rate, X_batch, X, batch_size: -rate),
            "This climbs: the gradient points uphill. Go against it, `W - learning_rate * dW`.",
        ),
        (
            batch_training_of(rate=lambda rate, X_batch, X, batch_size: rate / len(X_batch)),
            "The step is divided by the rows of the batch. `backward` gives the gradient of a mean already: divide no "
            "more.",
        ),
        (
            batch_training_of(rate=lambda rate, X_batch, X, batch_size: rate / batch_size),
            "The step is divided by `batch_size`. `backward` gives the gradient of a mean already: divide no more.",
        ),
        (
            batch_training_of(rate=lambda rate, X_batch, X, batch_size: rate * len(X_batch) / len(X)),
            "The step is scaled by the share of the rows. Every batch takes a whole step of `learning_rate`.",
        ),
        (
            batch_training_of(rate=lambda rate, X_batch, X, batch_size: rate * len(X_batch) / batch_size),
            "The step of the smaller last batch is shortened. That is an idea, but not what `nnlib` and the others do: "
            "every batch takes a whole step.",
        ),
        (
            batch_training_of(rate=lambda rate, X_batch, X, batch_size: 1.0),
            "The learning rate is missing: a step is `learning_rate` times the gradient.",
        ),
        (
            batch_training_of(apart=True),
            "All gradients of an epoch are computed where the epoch started. Each batch looks from where the last one "
            "went.",
        ),
        (
            last_of_the_epoch,
            "Only the last batch of an epoch makes an update. The step belongs inside the loop over the batches.",
        ),
        (
            full_batches,
            "Every step looks at all rows: `batch_size` is not used.",
        ),
        (
            whole_gradient,
            "The gradient is that of all rows. Use the rows of the batch, `X_batch` and `y_batch`.",
        ),
        (
            batch_training_of(keys=("W",)),
            "The weights move, the biases stay. Both take a step.",
        ),
        (
            one_epoch_only,
            "Only one epoch is run: is the `return` inside the loop?",
        ),
        (
            lambda *given: train_batches(*given)[0],
            "The losses are missing: return both, `parameters, losses`.",
        ),
        (
            lambda *given: train_batches(*given)[1],
            "Two things are wanted, `return parameters, losses`; this returns only one.",
        ),
        (
            lambda *given: train_batches(*given)[::-1],
            "The other way round: parameters first, then losses.",
        ),
        (
            batch_training_of(reported=lambda losses, sizes: losses[-1]),
            "That is the loss of the last batch alone. Collect the losses of all batches of the epoch.",
        ),
        (
            lambda *given: (train_batches(*given)[0], train_batches(*given)[1][-1]),
            "Only the last loss is returned. Wanted is the list of all, one for each epoch.",
        ),
        (
            lambda *given: (given[2], train_batches(*given)[1]),
            "The losses are right, but the parameters come back as they were: return the trained ones.",
        ),
        (
            lambda X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng: train_batches(
                X,
                y,
                parameters,
                activations,
                derivatives,
                learning_rate,
                epochs,
                batch_size,
                np.random.default_rng(0),
            ),
            "It draws from a generator of its own. Hand the `rng` that comes in to `minibatches`.",
        ),
        (
            in_the_callers_arrays,
            "The numbers are right, but the caller's start is gone: `layer['W'] -= ...` writes into its arrays. Make "
            "new ones, `W - learning_rate * dW`.",
        ),
    ],
    hints=[
        "Two loops: over the epochs, and inside it over the batches of that epoch. The body of the inner one is that "
        "of your `train` of chapter 5, or a call of it: one epoch on one batch.",
        "In each epoch: `losses, sizes = [], []`, then for each batch of `minibatches(X, y, batch_size, rng)` forward, "
        "loss, backward, step, all with the rows of the batch.",
        "After the inner loop append `epoch_loss(losses, sizes)` to the list that you return.",
    ],
    holds="You now have the loop that trains networks of every size: an estimate, a step, the next rows.",
    in_nnlib="network.NeuralNetwork.fit",
)
