"""Exercises of chapter 10: estimate the gradient from a few rows, and step at once."""

import math
import operator

import numpy as np

from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.ch04_nonlinearity import forward as my_forward  # the notebook calls it so
from nnlib.exercises.ch04_nonlinearity import random_layers, relu, sigmoid
from nnlib.exercises.ch05_backpropagation import backward as my_backward
from nnlib.exercises.ch05_backpropagation import (
    holds_out,
    linear,
    relu_derivative,
    sigmoid_derivative,
    tanh_derivative,
    train,
)
from nnlib.exercises.ch09_l2 import THREE_ROWS
from nnlib.exercises.engine import compare

exercise = chapter("10", "mini-batches")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="steps_of_train",
    recall=True,
    title="The steps of `train` in 100 epochs",
    solution=100,
    wrong=mistakes(
        400,
        "400 would be a step for each row of XOR in each epoch. `train` sends all rows through, then steps once.",
        100 * 100,
        "That is one step for each of a hundred rows, in each epoch. `train` takes one step for all rows.",
        1,
        "1 is the number of steps in a single epoch.",
    ),
    hints=["`train` sends all rows forward and back before it moves a weight.", "One step for each epoch."],
    holds="All rows, then one step: 100 epochs are 100 steps.",
)

exercise(
    name="variance_of_four",
    recall=True,
    title="The variance of a sum of four",
    solution=4,
    wrong=[
        (2, "2 is the standard deviation of the sum: the root of its variance."),
        (16, "16 would be four times the same number. Independent numbers often pull in opposite directions."),
        (1, "1 is the variance of each. The sum of four varies more."),
        (0.25, "0.25 is the variance of their mean, the sum divided by 4."),
    ],
    hints=["In chapter 7 it decided how large the weights may be.", "Variances of independent numbers add."],
    holds="Variances of independent numbers add: 1 + 1 + 1 + 1.",
)

exercise(
    name="stops_by",
    recall=True,
    title="The loss that says when to stop",
    solution="validation",
    wrong=[
        ("training", "The training loss goes on falling while the network learns the noise by heart."),
    ],
    hints=[
        "One of the two is measured on points that the network has not seen.",
        "It turns up again; the other falls on.",
    ],
    holds="The validation loss turns where the network begins to learn the noise.",
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
        (30 * rng.normal(size=100) - 9, np.int64(32)),
        (np.array([4, -7, 12, 12, 0, 3]), 3),
    ],
    also_right=[batch_spread_in_one, batch_spread_loop, batch_spread_by_sample_variance],
    wrong=mistakes(
        spread_of(correction=lambda n, m: 1),
        "This is right for rows drawn with replacement. Drawn without, the variance has one more factor, "
        "and a batch of all rows must have no spread at all.",
        lambda slopes, batch_size: np.var(slopes) / batch_size * (len(slopes) - batch_size) / (len(slopes) - 1),
        "This is the variance. The spread is a standard deviation: its root.",
        lambda slopes, batch_size: np.var(slopes) / batch_size,
        "This is a variance, and the one with replacement: the factor for drawing without is missing, and then "
        "the root.",
        spread_of(correction=lambda n, m: (n - m) / (n - 1)),
        "The factor for drawing without replacement belongs to the variance. To the standard deviation belongs its "
        "root.",
        spread_of(power=1),
        "The standard deviation is divided by `batch_size`. It is the variance that is divided by it.",
        spread_of(power=1, correction=lambda n, m: 1),
        "The standard deviation is divided by `batch_size`; it is the variance that is. And the factor for drawing "
        "without replacement is missing.",
        spread_of(power=1, correction=lambda n, m: (n - m) / (n - 1)),
        "Both factors belong to the variance. Take the root of the whole at the end.",
        spread_of(power=0),
        "The larger the batch, the smaller the spread: the division by `batch_size` is missing.",
        spread_of(power=-0.5),
        "It is multiplied by `batch_size` where it should be divided: a mean of more rows spreads less.",
        spread_of(correction=lambda n, m: math.sqrt((n - m) / n)),
        "Nearly: the denominator of the factor is n − 1. One row drawn from n must have the spread of the rows.",
        spread_of(ddof=1),
        "`ddof=1` estimates the spread of a larger population. Here the n slopes are all there are: plain `np.std` "
        "or `np.var`.",
        lambda slopes, batch_size: np.std(slopes[:batch_size]),
        "That is how far the first rows lie apart. The question is how far the *means* of batches lie apart.",
        lambda slopes, batch_size: np.std(slopes),
        "This is the spread of single rows. How much of it is left in a mean of `batch_size` of them?",
        lambda slopes, batch_size: np.mean(slopes) / np.sqrt(batch_size),
        "The mean says where the estimates lie, the spread how far apart. Start from `np.var(slopes)`.",
    ),
    hints=[
        "Start with the variance of a single row, `np.var(slopes)`. What does a mean of several do to it?",
        "Two factors for the variance: 1 / batch_size, and the one for drawing without replacement, with "
        "`n = len(slopes)`. Then one root over all.",
        "`np.sqrt(np.var(slopes) / batch_size * ...)`, and the dots are `(n - batch_size) / (n - 1)`.",
    ],
    holds="You now have the price list of the gradient: what a batch of any size is worth.",
)


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
    """Say so where `range` would not take the count: np.ceil(3.5) is 4.0, and `range(4.0)` does not run."""
    try:
        operator.index(updates(7, 2, 3))
    except TypeError:
        return f"Updates are counted, and `{updates(7, 2, 3)}` is no `int`."


exercise(
    title="How many updates in so many epochs",
    solution=updates,
    cases=lambda rng: (
        [(10, 4, 1), (10, 4, 3), (12, 4, 5), (5, 8, 2), (7, 1, 3), (33, 32, 4), (6, 6, 2), (11, 4, 2)]
        + [(1000, 32, 10), (1000, 1, 1), (1000, 1000, 1), (1, 1, 1), (3, 4, 1), (1001, 1000, 1), (257, 256, 2)]
    ),
    also_right=[
        updates_by_counting,
        lambda n, batch_size, epochs: epochs * math.ceil(n / batch_size),
        lambda n, batch_size, epochs: epochs * int(np.ceil(n / batch_size)),
        lambda n, batch_size, epochs: np.ceil(n / batch_size).astype(int) * epochs,
        lambda n, batch_size, epochs: epochs * ((n + batch_size - 1) // batch_size),
        lambda n, batch_size, epochs: epochs * (n // batch_size + (n % batch_size > 0)),
    ],
    verify=a_whole_number,
    wrong=mistakes(
        lambda n, batch_size, epochs: epochs * (n // batch_size),
        "The rows that are left over at the end of an epoch are forgotten. They make one more, smaller batch.",
        lambda n, batch_size, epochs: epochs * (n // batch_size + 1),
        "One too many where nothing is left over: 12 rows in batches of 4 are exactly 3 batches.",
        lambda n, batch_size, epochs: epochs * n / batch_size,
        "There is no half update: round the number of batches of an epoch up.",
        lambda n, batch_size, epochs: math.ceil(epochs * n / batch_size),
        "No batch reaches into the next epoch. Round up within one epoch, then multiply.",
        lambda n, batch_size, epochs: epochs * (n // batch_size) + (n % batch_size > 0),
        "The smaller batch is counted once. It comes in every epoch: add it before you multiply.",
        lambda n, batch_size, epochs: epochs * round(n / batch_size),
        "`round` goes down as well as up. However few rows are left over, they make a batch.",
        lambda n, batch_size, epochs: epochs * max(1, n // batch_size),
        "Right where there are fewer rows than `batch_size`, but elsewhere the rows left over are forgotten.",
    ),
    hints=[
        "On paper: 10 rows in batches of 4. How many batches, and how large is the last one? And 3 rows in batches of "
        "4?",
        "The number of batches is n / batch_size, rounded up; each epoch has that many.",
        "`math.ceil(n / batch_size)` rounds up, and so does `-(-n // batch_size)`.",
    ],
    holds="You now have the unit that learning is really counted in: updates.",
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


def up_to_a_full_batch(X, y, batch_size, rng):
    rows = rng.permutation(len(X))
    rows = np.concatenate([rows, rows[: -len(X) % batch_size]])
    return cut(X[rows], y[rows], batch_size)


def batches_case(rng, n, n_inputs, n_outputs, batch_size):
    X, y = rng.normal(size=(n, n_inputs)), rng.normal(size=(n, n_outputs))
    return X, y, batch_size, np.random.default_rng(int(rng.integers(1000)))


def one_order_an_epoch(minibatches, rng):
    """Say so where a second epoch, from the same generator, has not the order that it would have."""
    dice, twin = np.random.default_rng(3), np.random.default_rng(3)
    X = np.arange(40.0).reshape(20, 2)
    for epoch in range(2):
        batches, right = minibatches(X, X, 8, dice), minibatches_of_shuffled(X, X, 8, twin)
        if compare.differences(right, batches):
            return ANOTHER_ORDER if epoch else None


ANOTHER_ORDER = (
    "The first epoch is right, the second isn't: draw one permutation an epoch, a new one in each, and no more."
)


exercise(
    title="The batches of one epoch",
    solution=minibatches,
    cases=lambda rng: [
        (np.arange(5.0).reshape(5, 1), 10 * np.arange(5.0).reshape(5, 1), 2, np.random.default_rng(1)),
        batches_case(rng, 7, 2, 1, 3),
        batches_case(rng, 6, 3, 2, 2),
        batches_case(rng, 4, 2, 1, 10),
        batches_case(rng, 5, 1, 3, 1),
        batches_case(rng, 9, 2, 2, 4),
        batches_case(rng, 1, 2, 1, 4),
        batches_case(rng, 100, 1, 1, 33),
        (np.arange(7.0), np.arange(7, dtype=np.float32), 3, np.random.default_rng(2)),
    ],
    verify=one_order_an_epoch,
    also_right=[minibatches_of_shuffled, minibatches_by_shuffle, minibatches_by_split],
    wrong=mistakes(
        lambda X, y, batch_size, rng: cut(X[rng.permutation(len(X))], y[rng.permutation(len(X))], batch_size),
        "`X` and `y` are shuffled apart, each in an order of its own. Draw one order and use it for both.",
        lambda X, y, batch_size, rng: cut(X[rng.permutation(len(X))], y, batch_size),
        "Only `X` is shuffled, so its rows no longer belong to those of `y`. Use the same order for both.",
        lambda X, y, batch_size, rng: cut(X, y[rng.permutation(len(X))], batch_size),
        "Only `y` is shuffled, so its rows no longer belong to those of `X`. Use the same order for both.",
        batches_of_starts,
        "The batches come in random order, but each holds the same neighbors forever. Shuffle the rows, then cut.",
        lambda X, y, batch_size, rng: [
            pair for pair in minibatches(X, y, batch_size, rng) if len(pair[0]) == batch_size
        ],
        "The last rows are lost: what is left over makes a smaller batch.",
        drawn_anew,
        "Every batch is drawn from all rows again, so some rows come twice and some not at all. One order for the "
        "whole epoch, cut into pieces.",
        edited(
            drawn_anew,
            "rng.permutation(len(X))[:batch_size]",
            "rng.choice(len(X), min(batch_size, len(X)), replace=False)",
        ),
        "Every batch is drawn from all rows again, so some rows come twice and some not at all. Draw one "
        "`rng.permutation(len(X))` for the whole epoch, and cut it into pieces.",
        edited(minibatches, "(len(X))", "(len(X) - 1)", "range(0, len(X)", "range(0, len(X) - 1"),
        "One row is missing: `rng.permutation(n)` gives 0 to n - 1, so n is `len(X)`.",
        edited(
            minibatches,
            "order = rng.permutation(len(X))",
            "order = sorted(range(len(X)), key=lambda row: rng.random())",
        ),
        "Random, but another order than that of `rng.permutation(len(X))`, which the exercise asks for.",
        edited(
            minibatches,
            "rows = order[start : start + batch_size]",
            "rows = np.take(order, range(start, start + batch_size), mode='wrap')",
        ),
        "The last batch is filled up with rows from the start, so they come twice. Leave it smaller.",
        with_replacement,
        "Drawn with replacement: some rows come twice and some not at all. In an epoch each row comes exactly once.",
        up_to_a_full_batch,
        "The last batch is filled up with rows that have already been used. Leave it smaller.",
        lambda X, y, batch_size, rng: [
            (X[rows], y[rows]) for rows in np.split(rng.permutation(len(X)), range(batch_size, len(X) + 1, batch_size))
        ],
        "The last batch is empty: 6 rows in batches of 2 are exactly 3.",
        lambda X, y, batch_size, rng: [
            (X[rows], y[rows]) for rows in np.array_split(rng.permutation(len(X)), -(-len(X) // batch_size))
        ],
        "`np.array_split` makes batches of nearly equal size. Make full ones, and leave the rest to the last.",
        lambda X, y, batch_size, rng: minibatches(X, y, batch_size, rng)[0],
        "Only the first batch is returned: is the `return` inside the loop?",
        lambda X, y, batch_size, rng: [X_batch for X_batch, _ in minibatches(X, y, batch_size, rng)],
        "The targets are missing: each batch is a pair `(X_batch, y_batch)`.",
        lambda X, y, batch_size, rng: tuple(map(list, zip(*minibatches(X, y, batch_size, rng)))),
        "One list of pairs `(X_batch, y_batch)`, not a list of X and a list of y.",
    ),
    hints=[
        "One random order of the row numbers, then cut it into pieces of `batch_size`.",
        "`order = rng.permutation(len(X))`. Rows k to k + batch_size of it make a batch, with k = 0, batch_size, "
        "2 · batch_size, ... A slice that reaches past the end is shorter.",
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
        ([2, 5], [3, 1]),
        ([0.0, 0.0], [4, 2]),
        (list(rng.uniform(0, 1, 12)), [8] * 11 + [3]),
    ],
    also_right=[
        epoch_loss_loop,
        lambda losses, sizes: np.average(losses, weights=sizes),
        lambda losses, sizes: np.dot(losses, sizes) / sum(sizes),
        lambda losses, sizes: np.mean(np.repeat(losses, sizes)),
    ],
    wrong=mistakes(
        lambda losses, sizes: np.mean(losses),
        "The mean of the batches' means: a small last batch counts as much as a full one. Weigh each by its rows.",
        lambda losses, sizes: np.dot(losses, sizes),
        "This is the sum over all rows. Divide by their number.",
        lambda losses, sizes: np.dot(losses, sizes) / len(sizes),
        "It is divided by the number of batches. Divide by the number of rows.",
        lambda losses, sizes: np.dot(losses, sizes) / (len(sizes) * sizes[0]),
        "Divided as if all batches were full. Add the sizes up.",
        lambda losses, sizes: np.sum(losses) / np.sum(sizes),
        "Each loss is already a mean over its rows. Turn it back into a sum before you divide by all rows.",
        lambda losses, sizes: np.mean(np.divide(losses, sizes)),
        "The losses are divided by the sizes. A batch of more rows must count more, not less.",
        lambda losses, sizes: np.sum(np.divide(losses, sizes)),
        "Here each loss is divided by its size. Times its size it is the sum over the batch.",
        lambda losses, sizes: np.average(sizes, weights=losses),
        "Losses and sizes have changed places: the losses are averaged, and the sizes are their weights.",
        lambda losses, sizes: np.dot(losses, sizes) / max(sizes),
        "It is divided by the largest size. Divide by the number of all rows, `sum(sizes)`.",
    ),
    hints=[
        "Each loss is a mean over its rows. What is the sum of the squares of that batch, and of all batches?",
        "Sum of loss · size over the batches, divided by the sum of the sizes.",
    ],
    holds="You now have a loss that does not depend on how the rows were cut.",
)


# ---- train_batches ----------------------------------------------------------------------------------

my_minibatches, my_epoch_loss = minibatches, epoch_loss


def train_batches(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for X_batch, y_batch in my_minibatches(X, y, batch_size, rng):
            trace = my_forward(X_batch, parameters, activations)
            losses.append(np.mean((trace[-1] - y_batch) ** 2))
            sizes.append(len(X_batch))
            gradients = my_backward(trace, y_batch, parameters, derivatives)
            parameters = [
                {key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}
                for layer, slope in zip(parameters, gradients)
            ]
        history.append(my_epoch_loss(losses, sizes))
    return parameters, history


def train_batches_on_copies(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    parameters = [{"W": layer["W"].copy(), "b": layer["b"].copy()} for layer in parameters]
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            trace = my_forward(X_batch, parameters, activations)
            losses[epoch] += np.sum((trace[-1] - y_batch) ** 2) / y.size
            for layer, slope in zip(parameters, my_backward(trace, y_batch, parameters, derivatives)):
                layer["W"] -= learning_rate * slope["W"]
                layer["b"] -= learning_rate * slope["b"]
    return parameters, losses.tolist()


def train_batches_by_train(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng):
    history = []
    for _ in range(epochs):
        seen, sizes = [], []
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            parameters, losses = train(X_batch, y_batch, parameters, activations, derivatives, learning_rate, 1)
            seen += losses
            sizes.append(len(X_batch))
        history.append(epoch_loss(seen, sizes))
    return parameters, history


MEASURED = "losses.append(np.mean((trace[-1] - y_batch) ** 2))"
REPORTED = "my_epoch_loss(losses, sizes)"
NEW_BATCHES = "in my_minibatches(X, y, batch_size, rng)"
MOVED = """parameters = [
                {key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}
                for layer, slope in zip(parameters, gradients)
            ]"""
LOSS_OF_ALL = "np.mean((my_forward(X, parameters, activations)[-1] - y) ** 2)"
BY_TRAIN = "parameters, losses = train("


def stepping(step):
    """The loop with another step in place of the learning rate."""
    return edited(train_batches, "- learning_rate * slope", f"- {step} * slope")


last_of_the_epoch = edited(  # the step stands outside the inner loop
    train_batches,
    "            gradients = my_backward",
    "        gradients = my_backward",
    "            " + MOVED,
    "        " + MOVED.replace("\n    ", "\n"),
)
from_the_start_of_the_epoch = edited(
    train_batches,
    "losses, sizes = [], []",
    "losses, sizes, start = [], [], parameters",
    "trace = my_forward(X_batch, parameters",
    "trace = my_forward(X_batch, start",
    "y_batch, parameters, derivatives",
    "y_batch, start, derivatives",
)


def batch_training_case(rng, n, sizes, activations, derivatives, learning_rate, epochs, batch_size):
    parameters = random_layers(rng, *sizes)
    X, y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    generator = np.random.default_rng(int(rng.integers(1000)))
    return X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, generator


def simple_batches(learning_rate, epochs):
    """A case of `train_batches` that costs little: three rows, a single weight, and a loss that falls to 0."""
    X, y, parameters = (
        np.array([[1], [2], [0]]),
        np.array([[2], [3], [1]]),
        [{"W": np.array([[0.4]]), "b": np.zeros(1)}],
    )
    return X, y, parameters, (linear,), (np.ones_like,), learning_rate, epochs, 2, np.random.default_rng(5)


def epoch_by_epoch(train_batches, rng):
    """Say so where two calls, each for one epoch, do not lead where one call for two epochs does."""
    *given, learning_rate, epochs, batch_size, dice = simple_batches(0.1, 2)
    end, losses = train_batches(*given, learning_rate, epochs, batch_size, dice)
    X, y, parameters, *functions, _, _, _, dice = simple_batches(0.1, 2)
    for loss in list(losses):
        parameters, one = train_batches(X, y, parameters, *functions, learning_rate, 1, batch_size, dice)
        if compare.differences(loss, one[0]):
            return NOT_EPOCH_BY_EPOCH
    if compare.differences(end, parameters):
        return NOT_EPOCH_BY_EPOCH
    return long_enough(train_batches, rng)


NOT_EPOCH_BY_EPOCH = (
    "Two epochs in one call, or in two calls with the same `rng`, should end in the same place. Draw "
    "from `rng` as often as there are epochs, and remember nothing between two calls."
)
long_enough = holds_out(
    train_batches, lambda train, X, y, *given: train(*THREE_ROWS, *given, 2, np.random.default_rng(5))
)


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
        batch_training_case(
            rng, 3, (2, 2, 2, 1), (np.tanh, relu, linear), (tanh_derivative, relu_derivative, np.ones_like), 0.9, 6, 2
        ),
    ],
    verify=epoch_by_epoch,
    also_right=[train_batches_on_copies, train_batches_by_train],
    wrong=mistakes(
        edited(train_batches, REPORTED, "np.mean(losses)"),
        "The loss of an epoch is a mean of batch means here. The last batch is smaller: use `my_epoch_loss`.",
        edited(
            train_batches,
            "for _ in range(epochs)",
            "batches = my_minibatches(X, y, batch_size, rng)\n    for _ in range(epochs)",
            NEW_BATCHES,
            "in batches",
        ),
        "The batches are made once and come back in every epoch. Ask for new ones inside the loop over the epochs.",
        edited(
            train_batches,
            MEASURED,
            "pass",
            MOVED,
            MOVED + "\n            " + MEASURED.replace("trace", "my_forward(X_batch, parameters, activations)"),
        ),
        "Each loss is taken after its update. Take it before, from the trace that the gradient is made of.",
        edited(train_batches, f"history.append({REPORTED})", "history += losses"),
        "A loss for each batch. There should be one for each epoch: `my_epoch_loss(losses, sizes)`.",
        edited(train_batches, REPORTED, LOSS_OF_ALL),
        "The loss of all rows after the epoch costs another pass over the data. Use the losses of the batches, "
        "each from before its update.",
        edited(
            train_batches,
            f"history.append({REPORTED})",
            "pass",
            "losses, sizes = [], []",
            f"losses, sizes = [], []\n        history.append({LOSS_OF_ALL})",
        ),
        "The loss of all rows before the epoch costs another pass over the data. Use the losses of the batches, "
        "each from before its update.",
        edited(train_batches, "losses, sizes = [], []", "pass", "history = []", "history, losses, sizes = [], [], []"),
        "The losses of the earlier epochs are still in it. Begin each epoch with empty lists.",
        stepping("-learning_rate"),
        "This climbs: the gradient points uphill. Go against it, `W - learning_rate * dW`.",
        stepping("learning_rate / len(X_batch)"),
        "The step is divided by the rows of the batch. `backward` gives the gradient of a mean already: divide no "
        "more.",
        stepping("learning_rate / batch_size"),
        "The step is divided by `batch_size`. `backward` gives the gradient of a mean already: divide no more.",
        stepping("learning_rate * len(X_batch) / len(X)"),
        "The step is scaled by the share of the rows. Every batch takes a whole step of `learning_rate`.",
        stepping("learning_rate * len(X_batch) / batch_size"),
        "The step of the smaller last batch is shortened. That is an idea, but not what `nnlib` and the others do: "
        "every batch takes a whole step.",
        from_the_start_of_the_epoch,
        "All gradients of an epoch are computed where the epoch started. Each batch looks from where the last one "
        "went.",
        edited(train_batches_by_train, BY_TRAIN, "end, losses = train(", "return parameters", "return end"),
        "Every batch starts from the same parameters, so all updates but the last are forgotten. Each goes on from "
        "where the one before went: `parameters, losses = train(...)`.",
        last_of_the_epoch,
        "Only the last batch of an epoch makes an update. The step belongs inside the loop over the batches.",
        edited(train_batches, NEW_BATCHES, NEW_BATCHES + "[:1]"),
        "Only the first batch of each epoch is used. Go through all of them.",
        edited(train_batches, NEW_BATCHES, "in my_minibatches(X, y, len(X), rng)"),
        "Every step looks at all rows: `batch_size` is not used.",
        edited(
            train_batches,
            "gradients = my_backward(trace, y_batch,",
            "gradients = my_backward(my_forward(X, parameters, activations), y,",
        ),
        "The gradient is that of all rows. Use the rows of the batch, `X_batch` and `y_batch`.",
        edited(
            train_batches_by_train,
            "learning_rate, 1)",
            "learning_rate, epochs)",
            "seen += losses",
            "seen += losses[:1]",
        ),
        "Each batch is trained on for `epochs` epochs at once. Hand 1 to `train`: one epoch on one batch.",
        edited(train_batches_by_train, "train(X_batch, y_batch,", "train(X, y,"),
        "Every update is trained on all rows. Hand the rows of the batch to `train`, `X_batch` and `y_batch`.",
        edited(
            train_batches,
            MOVED,
            MOVED.replace("learning_rate * slope[key]", "learning_rate * slope[key] * (key == 'W')"),
        ),
        "The weights move, the biases stay. Both take a step.",
        edited(train_batches, "return parameters, history", "return parameters"),
        "The losses are missing: return both, `parameters, losses`.",
        edited(train_batches, "return parameters, history", "return history"),
        "Return two things, `parameters, losses`; this returns only one.",
        edited(train_batches, REPORTED, "losses[-1]"),
        "That is the loss of the last batch alone. Collect the losses of all batches of the epoch.",
        edited(train_batches, "return parameters, history", "return parameters, history[-1]"),
        "Only the last loss is returned. Return the list of all, one for each epoch.",
        edited(train_batches, "history = []", "history, start = [], parameters", "return parameters,", "return start,"),
        "The losses are right, but the parameters come back as they were: return the trained ones.",
        edited(train_batches, "history = []", "history, rng = [], np.random.default_rng(0)"),
        "It draws from a generator of its own. Hand the `rng` that comes in to `minibatches`.",
    ),
    hints=[
        "Two loops: over the epochs, and inside it over the batches of that epoch. The body of the inner one is that "
        "of your `train` of chapter 5, or a call of it: one epoch on one batch.",
        "In each epoch: `losses, sizes = [], []`, then for each batch of `my_minibatches(X, y, batch_size, rng)` "
        "forward, loss, backward, step, all with the rows of the batch.",
        "After the inner loop append `my_epoch_loss(losses, sizes)` to the list that you return.",
    ],
    holds="You now have the loop that trains networks of every size: an estimate, a step, the next rows.",
    in_nnlib="network.NeuralNetwork.fit",
)
