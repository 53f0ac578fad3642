"""Exercises of appendix A1: two tests for any network, and six programs that do not learn, to be diagnosed and mended.

A program is judged by what it does on data of the check's own, and by the word that it gives as its `cause`. This file
holds the causes.
"""

import numpy as np

from nnlib import datasets
from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.ch14_classification import loss_of_logits as my_loss_of_logits
from nnlib.exercises.ch14_classification import softmax as my_softmax

exercise = chapter("A1", "when it does not learn")


# ---- blind_loss -------------------------------------------------------------------------------------


def blind_loss(y):
    return np.mean((y - y.mean(axis=0)) ** 2)


def blind_loss_loop(y):
    total = 0.0
    for column in y.T:
        mean = sum(column) / len(column)
        total += sum((value - mean) ** 2 for value in column)
    return total / y.size


exercise(
    title="The loss of a network that does not look at its inputs",
    solution=blind_loss,
    cases=lambda rng: [
        (np.array([[0.0], [1.0], [1.0], [1.0]]),),
        (rng.normal(3, 2, size=(7, 1)),),
        (rng.normal([1.0, -5.0, 20.0], [1.0, 0.1, 3.0], size=(6, 3)),),
        (np.eye(3)[[0, 1, 1, 2, 2, 2, 1]],),
        (np.full((4, 2), 7.0),),
    ],
    also_right=[
        blind_loss_loop,
        lambda y: np.var(y, axis=0).mean(),
        lambda y: np.mean(y**2 - y.mean(axis=0) ** 2),
        lambda y: np.mean([np.var(column) for column in y.T]),
    ],
    wrong=mistakes(
        lambda y: np.mean(y**2),
        "This is the loss of the answer 0 everywhere. A blind network does better: it learns its biases, and with them "
        "the mean of each column.",
        lambda y: np.mean((y - y.mean()) ** 2),
        "One mean for all columns. Each output has a bias of its own, so each column has its own mean: `axis=0`.",
        lambda y: np.sum((y - y.mean(axis=0)) ** 2),
        "A sum. The MSE is the mean over all entries.",
        lambda y: np.sum((y - y.mean(axis=0)) ** 2) / len(y),
        "Divided by the rows alone. The MSE is the mean over all entries, rows and columns.",
        lambda y: np.mean((y - np.median(y, axis=0)) ** 2),
        "The median makes the mean *absolute* error smallest. The squares are smallest around the mean.",
        lambda y: np.sqrt(np.mean((y - y.mean(axis=0)) ** 2)),
        "The root is one too many: that is the standard deviation. The loss is a mean of squares.",
        lambda y: np.mean(np.std(y, axis=0)),
        "These are standard deviations, the roots of what is asked for. The loss is a mean of squares: `np.var`.",
        lambda y: np.std(y),
        "The standard deviation around one mean for all columns. The loss is a mean of squares, without a root, and "
        "each column has its own mean: `axis=0`.",
        edited(blind_loss, "np.mean(", "0.5 * np.mean("),
        "This is half of it. Some books put 1/2 before the squares, so that the 2 of the slope cancels; the MSE of "
        "this course has none.",
        edited(blind_loss, "(y - y.mean(axis=0)) ** 2", "np.abs(y - y.mean(axis=0))"),
        "These are absolute differences. The MSE is a mean of *squares*.",
        edited(blind_loss, "(y - y.mean(axis=0)) ** 2", "np.abs(y - np.median(y, axis=0))"),
        "This is the mean *absolute* error, and its best answer, the median. The MSE is a mean of squares, and those "
        "are smallest around the mean.",
        edited(blind_loss, "y.mean(axis=0)", "(y.min(axis=0) + y.max(axis=0)) / 2"),
        "Halfway between the smallest and the largest: a single outlier moves that. The squares are smallest around "
        "the mean.",
        lambda y: np.var(y[:, 0]),
        "This is the loss of the first column alone. The MSE is the mean over all of them.",
        edited(blind_loss, "y.mean(axis=0)", "0.5"),
        "0.5 is the best answer for XOR. For other targets it is the mean of each column.",
        edited(blind_loss, "y.mean(axis=0)", "y[0]"),
        "This is the loss of a network that answers the first row everywhere. The best single answer is the mean of "
        "each column.",
        lambda y: np.mean(y**2) - np.mean(y.mean(axis=0)),
        "The mean is subtracted as it is. In this short form it is the *square* of each column's mean that is taken "
        "away.",
        lambda y: y.mean(axis=0),
        "This is what a blind network answers. Its loss is the MSE of that answer.",
        lambda y: np.linalg.norm(y - y.mean(axis=0)),
        "The norm is the root of the *sum* of squares. The loss is the mean of the squares, without a root.",
        lambda y: np.mean(np.var(y, axis=0, ddof=1)),
        "Divided by n - 1, as statisticians do. The MSE divides by n.",
        lambda y: np.var(y, axis=0),
        "One number a column. The loss is their mean.",
        lambda y: np.mean((y - y.mean(axis=1, keepdims=True)) ** 2),
        "A mean for each row. A blind network gives all rows the same answer: take the mean of each column.",
    ),
    hints=[
        "Whatever comes in, it answers with the same numbers. Which number is closest to a whole column, by the MSE?",
        "`y.mean(axis=0)` is that answer, one number for each column. What is the MSE of it?",
    ],
    holds="You now have the line to look for on every loss curve: a run that rests on it has learned nothing from X.",
)


# ---- safe_rate --------------------------------------------------------------------------------------


def safe_rate(rates, losses):
    lowest = losses[0]
    for rate, loss in zip(rates, losses):
        if not loss <= 4 * lowest:
            return rate / 10
        lowest = min(lowest, loss)
    return rates[-1] / 10


def safe_rate_at_once(rates, losses):
    exploded = ~(losses <= 4 * np.minimum.accumulate(losses))
    return rates[np.argmax(exploded) if exploded.any() else -1] / 10


def safe_rate_by_index(rates, losses):
    for k in range(1, len(losses)):
        if np.isnan(losses[k]) or losses[k] > 4 * np.min(losses[:k]):
            return 0.1 * rates[k]
    return 0.1 * rates[-1]


def one_before(rates, losses):
    for k in range(1, len(losses)):
        if not losses[k] <= 4 * losses[:k].min():
            return rates[k - 1] / 10
    return rates[-1] / 10


def first_rise(rates, losses):
    for k in range(1, len(losses)):
        if not losses[k] <= losses[k - 1]:
            return rates[k] / 10
    return rates[-1] / 10


def range_case(losses, low=0.001, factor=2.0):
    losses = np.array(losses, dtype=float)
    return low * factor ** np.arange(len(losses)), losses


exercise(
    title="The rate that a range test finds",
    solution=safe_rate,
    cases=lambda rng: [
        range_case([0.5, 0.4, 0.2, 0.3, 1.0, 7.0]),
        range_case([1.0, 0.9, 0.7, 0.6, 0.8, 0.5, 0.3, np.nan, np.nan], factor=3.0),
        range_case([0.5, 0.4, 0.1, 0.3, 0.35, 0.45, 0.6, 80.0]),
        range_case([2.0, 1.9, 1.5, 1.2, 1.1, 1.0, 1.3]),
        range_case([1.0, 0.8, 3.1, 3.3, 0.7, 0.1, 9.0, np.inf], low=0.01),
        range_case([0.5, 0.1, 0.2, 0.3, 0.39, 0.6, 0.7, 0.2, np.inf], factor=10.0),
        range_case([0.3, 1.0, 0.2, 0.1, 0.5, 1.1, 1.5, 3.0, 50.0, 60.0]),
        range_case([0.5, 0.25, 1.0, 0.75, 8.0], low=0.01, factor=3.0),
        range_case([40.0, 30.0, 20.0, 50.0, 90.0, np.inf]),
    ],
    also_right=[safe_rate_at_once, safe_rate_by_index],
    wrong=mistakes(
        edited(safe_rate, "return rate / 10", "return rate"),
        "That is the rate at which it explodes. Keep a distance: take a tenth of it.",
        lambda rates, losses: rates[np.nanargmin(losses)],
        "That is where the loss is lowest, on the brink already. Take a tenth of the rate where it *explodes*.",
        lambda rates, losses: rates[np.nanargmin(losses)] / 10,
        "A tenth of the rate with the lowest loss. Here the mark is the rate at which the loss *explodes*.",
        edited(safe_rate, "not loss <= 4 * lowest", "loss > 4 * lowest"),
        "A loss of `nan` slips through: `nan > 4 * lowest` is False, like every comparison with `nan`. Ask whether it "
        "is *not* small: `not loss <= 4 * lowest`.",
        edited(safe_rate, "lowest = min(lowest, loss)", "pass"),
        "Here a loss is held against the first one. Hold it against the lowest so far: keep that up to date.",
        edited(safe_rate, "lowest = min(lowest, loss)", "lowest = loss"),
        "Here a loss is held against the one before. A slow explosion gets past that: keep the *lowest* so far.",
        edited(safe_rate, "return rates[-1] / 10", "return rates[-1]"),
        "Where nothing explodes, take a tenth of the largest rate that was tried.",
        one_before,
        "A tenth of the last rate *before* the loss explodes. Take the one after it, the first at which it explodes.",
        edited(one_before, "rates[k - 1] / 10", "rates[k - 1]"),
        "The last rate *before* the loss explodes. Take the one after it, the first at which it explodes, and a tenth "
        "of that.",
        edited(first_rise, "rates[k] / 10", "rates[k - 1] / 10"),
        "A tenth of the last rate *before* the loss first rises. A loss may rise a little: look for the first one "
        "above four times the lowest before it.",
        edited(first_rise, "rates[k] / 10", "rates[k - 1]"),
        "The last rate *before* the loss first rises. A loss may rise a little: look for the first one above four "
        "times the lowest before it, and take a tenth of its rate.",
        first_rise,
        "A tenth of the first rate at which the loss rises at all. A loss may rise a little: it has exploded when it "
        "is above *four times* the lowest before it.",
        edited(safe_rate, "losses[0]", "np.nanmin(losses)"),
        "Here a loss is held against the lowest of *all* losses, later ones too. Hold it against the lowest *before* "
        "it: what comes later is not known yet.",
        edited(safe_rate, "losses[0]", "losses.min()"),
        "Here a loss is held against the lowest of *all* losses, which is `nan` as soon as one of them is. Hold it "
        "against the lowest *before* it.",
        edited(safe_rate, "not loss <= 4", "not loss < 4"),
        "Exactly four times the lowest is not *more* than four times. Ask `not loss <= 4 * lowest`.",
        edited(one_before, "losses[:k].min()", "losses[:k].mean()", "rates[k - 1]", "rates[k]"),
        "Here a loss is held against the mean of those before it. Hold it against the *lowest* of them.",
        edited(safe_rate, "min(lowest", "max(lowest"),
        "Here a loss is held against the *largest* before it. Keep the lowest: `min`.",
        edited(
            safe_rate,
            "return rate / 10",
            "found = rate",
            "for rate",
            "found = rates[-1]\n    for rate",
            "rates[-1] / 10",
            "found / 10",
        ),
        "This goes on and takes the last rate at which the loss is too high. Stop at the *first*: `return` right "
        "there.",
        edited(safe_rate, "rates[-1] / 10", "rates[0] / 10"),
        "Where nothing explodes, this takes a tenth of the smallest rate. Take a tenth of the largest, `rates[-1]`.",
        edited(one_before, "rates[k - 1] / 10", "k", "rates[-1] / 10", "len(rates) - 1"),
        "This is the place of the rate in the list. Return a tenth of the rate that stands there.",
        lambda rates, losses: rates[np.argmin(np.diff(losses))] / 10,
        "A tenth of the rate at which the loss falls fastest: another rule, which some libraries use. Here the mark is "
        "the rate at which the loss *explodes*.",
        lambda rates, losses: rates[np.argmin(losses)],
        "`np.argmin` stops at a `nan`, or at the lowest loss, which is on the brink already. Take a tenth of the rate "
        "where the loss *explodes*.",
        lambda rates, losses: rates[np.argmin(losses)] / 10,
        "A tenth of the rate with the lowest loss, or with a `nan`, at which `np.argmin` stops. Here the mark is the "
        "first rate at which the loss *explodes*.",
        lambda rates, losses: rates[~np.isfinite(losses)][0] / 10 if not np.isfinite(losses).all() else rates[-1] / 10,
        "This waits until the loss is no number any more. It has exploded as soon as it is above four times the lowest "
        "before.",
    ),
    hints=[
        "Walk along `zip(rates, losses)` and keep the lowest loss so far.",
        "It has exploded where the loss is *not* at most four times the lowest. Say `not`, because of `nan`.",
        "`if not loss <= 4 * lowest: return rate / 10`, then `lowest = min(lowest, loss)`. Behind the loop: "
        "`return rates[-1] / 10`.",
    ],
    holds="You now have a rate to begin with, from as many updates as there are rates.",
)


# ---- six programs -----------------------------------------------------------------------------------

# What each cause would do, and why it is not the one where it is not. A sentence holds for every program but its own.
CAUSES = {
    "shape": "The shapes of the outputs and of `y` agree here, so nothing broadcasts.",
    "equal start": "That harms hidden neurons that begin as copies of one another. There are none here.",
    "rows apart": "Every row of `X` still stands beside its own answer here.",
    "stale slopes": "The slopes are computed anew for every step here.",
    "softmax twice": "Count the calls of softmax, those inside other functions too: here there are fewer than two.",
    "leak": "A leak makes a score on held rows too good. Here the training loss itself will not fall.",
    "rate": "A tenth of the rate and ten times the epochs would not have mended it.",
    "scale": "Look at the columns of `X`: they lie in one small range already.",
    "dead neurons": "A neuron dies on the flat side of ReLU, and there is no ReLU here.",
}


NINE_WORDS = f"Give `cause` one of the nine words: {', '.join(CAUSES)}."


class Malformed(Exception):
    """A program gives back something else than three parts; the text says what."""


def run(program, *given):
    """(cause, losses, third part) of a program, called with copies of X and y and with the epochs and the seed."""
    X, y, epochs, seed = given
    arrays = X.copy(), y.copy()
    parts = program(*arrays, epochs, seed)
    if not isinstance(parts, tuple) or len(parts) != 3:
        raise Malformed("It should return three things, as the program did when it came: look at its last line.")
    if not all(np.array_equal(before, after) for before, after in zip((X, y), arrays)):
        raise Malformed("It writes into the arrays of its caller, whose rows are others now. Make new ones.")
    cause, losses, third = parts
    if isinstance(losses, str):  # a text has a length, too
        raise Malformed(
            "The order of the three is `cause`, `losses`, and what the program gives: look at its last line."
        )
    if not isinstance(losses, (list, tuple, np.ndarray)) or len(losses) != epochs or any(map(np.shape, losses)):
        raise Malformed("`losses` should hold one number for each epoch.")
    return cause, np.asarray(losses, dtype=float), third


def as_array(predict, X):
    """`predict`, with what it gives as an array, whether it came as a list or not; tried on two rows of X."""
    if not callable(predict):
        raise Malformed("The third thing should be `predict`, a function of `X`: `lambda X: ...`, as it came.")
    if np.shape(predict(X[:2]))[:1] != (2,):
        raise Malformed("`predict` should give one answer for each row of the `X` that it is called with.")
    return lambda X: np.asarray(predict(X), dtype=float)


NOT_ITS_LOSS = "`losses` and `predict` don't belong together: the loss of what `predict` gives is another one."
UPHILL = "The loss grows, or is no number any more: is the sign of the step right, and is the step small enough?"


def belongs_to(losses, cost):
    """Whether the last of the losses may be that of the outputs, whose loss is `cost` after one more step."""
    return abs(losses[-1] - cost) <= 0.5 * cost + 3e-3


def diagnosed(culprit, law, predicts=True):
    """A `verify`: what is still wrong with a program, or with the word for its cause.

    law(train) -> a sentence, or None where the program works; train(X, y, epochs, seed) -> (losses, third part),
    which is `predict` where the program is `predicts`.
    """

    def verify(program, rng):
        words = []

        def train(*given):
            cause, losses, third = run(program, *given)
            words.append(" ".join(str(cause).split()).casefold())
            return losses, as_array(third, given[0]) if predicts else third

        try:
            fault = law(train)
        except Malformed as problem:
            return str(problem)
        word = words[-1]
        if word not in CAUSES:
            return NINE_WORDS
        if word != culprit:
            return f'{"Not" if fault else "It learns now, but the cause was not"} "{word}". {CAUSES[word]}'
        return fault

    return verify


GIVEN = {}  # the programs as the notebook hands them out, by name


def broken(solution, cause, *changes):
    """The program as it is handed out: the mended one with its fault put back and its cause left open."""
    given = edited(solution, f'"{cause}"', "...  # one of the nine words", *changes)
    GIVEN[solution.__name__] = given
    return given


def still(given, cause, *changes):
    """A program whose cause has been found and whose fault is still there, or half of it: see `changes`."""
    return edited(given, "...", f'"{cause}"', *changes)


def misnamed(solution, cause, other):
    """The broken and the mended program under the word of another cause, and the mended one under no cause at all."""
    broken_one, mended = GIVEN[solution.__name__], f'"{cause}"'
    return [
        (still(broken_one, other), f'Not "{other}". {CAUSES[other]}'),
        (edited(solution, mended, f'"{other}"'), f'It learns now, but the cause was not "{other}". {CAUSES[other]}'),
        (edited(solution, mended, '"a bug"'), NINE_WORDS),
    ]


def made_up(seed, n, n_inputs):
    """A generator, and inputs (n, n_inputs) of mean 0 and standard deviation 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_inputs))
    return rng, (X - X.mean(axis=0)) / X.std(axis=0)


# ---- train_line -------------------------------------------------------------------------------------


def train_line(X, y, epochs, seed):
    """A line through points: X (n, 1), standardized, and y (n, 1)."""
    cause = "shape"
    rng, losses = np.random.default_rng(seed), []
    w, b = rng.normal(), 0.0
    for _ in range(epochs):
        y_hat = w * X[:, 0] + b
        error = y_hat - y[:, 0]
        losses.append(np.mean(error**2))
        w = w - 0.1 * np.mean(2 * error * X[:, 0])
        b = b - 0.1 * np.mean(2 * error)
    return cause, losses, lambda X: w * X[:, 0] + b


GIVEN_LINE = broken(train_line, "shape", "y[:, 0]", "y")


ALL_PAIRS = (
    "The cause is right, but every output is still compared with every target. Which shapes have `y_hat`, `y` and "
    "`error`?"
)
PAIRS_IN_THE_SLOPES = (
    "The losses are right now, but `w` stays where it started: look at the shape of what is averaged for its slope."
)
PAIRS_IN_THE_LOSSES = "The line is right now. But `losses` still averages over all pairs of an output and a target."
NOT_THE_BEST_LINE = "The losses are right now, but after 100 epochs the line is not the best one."
NOT_THE_SQUARES = "`losses` should hold the mean squared error of the line in each epoch."


def keeps_to_the_line(train):
    rng, X = made_up(1, 30, 1)
    y = 3 * X + 5 + rng.normal(0, 0.1, size=X.shape)
    losses, predict = train(X, y, 100, 0)
    begin, after = (np.ravel(train(X, y, epochs, 0)[1](X)) for epochs in (1, 2))
    outputs = np.ravel(predict(X))
    honest = any(np.isclose(losses[1], np.mean((each - y[:, 0]) ** 2)) for each in (begin, after))
    pairs = any(np.isclose(losses[1], np.mean((each - y) ** 2)) for each in (begin, after))
    fits = np.mean((outputs - y[:, 0]) ** 2) < 0.02  # the noise leaves 0.01
    if pairs:
        return PAIRS_IN_THE_LOSSES if fits else ALL_PAIRS
    if not honest:
        return NOT_THE_SQUARES
    if not losses[-1] <= losses[0]:
        return UPHILL
    if not fits:
        return PAIRS_IN_THE_SLOPES if np.isclose(np.ptp(outputs), np.ptp(begin)) else NOT_THE_BEST_LINE
    return None


exercise(
    title="Program 1: the same answer for everybody",
    solution=train_line,
    verify=diagnosed("shape", keeps_to_the_line),
    also_right=[
        edited(train_line, "y_hat - y[:, 0]", "y_hat - y.ravel()"),
        edited(train_line, "y_hat - y[:, 0]", "y_hat - y.T"),
        edited(
            train_line, "X[:, 0] + b\n        e", "X + b\n        e", "y[:, 0]", "y", "error * X[:, 0]", "error * X"
        ),
        edited(train_line, "rng, losses", "y = y.squeeze()\n    rng, losses", "y[:, 0]", "y"),
        edited(train_line, "lambda X: w * X[:, 0] + b", "lambda X: [w * x + b for x in X[:, 0]]"),
    ],
    wrong=[
        (still(GIVEN_LINE, "shape"), ALL_PAIRS),
        *mistakes(
            edited(train_line, "X[:, 0] + b\n        e", "X + b\n        e", "y[:, 0]", "y"),
            PAIRS_IN_THE_SLOPES,
            edited(train_line, "np.mean(error**2)", "np.mean((y_hat - y) ** 2)"),
            PAIRS_IN_THE_LOSSES,
            edited(train_line, "y_hat - y[:, 0]", "y[:, 0] - y_hat"),
            UPHILL,
            edited(train_line, "np.mean(error**2)", "np.mean(np.abs(error))"),
            NOT_THE_SQUARES,
            edited(train_line, "losses, lambda X: w * X[:, 0] + b", "losses, lambda X: y_hat"),
            "`predict` should give one answer for each row of the `X` that it is called with.",
            edited(train_line, "losses, lambda X: w * X[:, 0] + b", "losses, w * X[:, 0] + b"),
            "The third thing should be `predict`, a function of `X`: `lambda X: ...`, as it came.",
            edited(train_line, "return cause, losses, lambda", "return losses, cause, lambda"),
            "The order of the three is `cause`, `losses`, and what the program gives: look at its last line.",
            edited(train_line, "return cause, losses, lambda X: w * X[:, 0] + b", "return losses"),
            "It should return three things, as the program did when it came: look at its last line.",
        ),
        *misnamed(train_line, "shape", "rate"),
    ],
    hints=[
        "Three rows: a line can't meet three points, but it can do better than a flat one. Print the shapes of "
        "`y_hat`, of `y` and of `error`.",
        "(n,) minus (n, 1) is (n, n): chapter 3 has the trap. Take the column out of `y`: `y[:, 0]`.",
    ],
    holds="You have mended a line that met every point at once, and so their mean.",
)


# ---- train_gates ------------------------------------------------------------------------------------


def train_gates(X, y, epochs, seed):
    """A network with 8 tanh neurons and a linear output: X (n, 2), y (n, 1)."""
    cause = "equal start"
    rng, losses = np.random.default_rng(seed), []
    W1, b1 = rng.normal(size=(2, 8)), np.zeros(8)
    W2, b2 = rng.normal(size=(8, 1)), np.zeros(1)
    for _ in range(epochs):
        A1 = np.tanh(X @ W1 + b1)
        A2 = A1 @ W2 + b2
        losses.append(np.mean((A2 - y) ** 2))
        dZ2 = 2 * (A2 - y) / len(y)
        dZ1 = dZ2 @ W2.T * (1 - A1**2)
        W1, b1 = W1 - 0.1 * X.T @ dZ1, b1 - 0.1 * dZ1.sum(axis=0)
        W2, b2 = W2 - 0.1 * A1.T @ dZ2, b2 - 0.1 * dZ2.sum(axis=0)
    return cause, losses, lambda X: np.tanh(X @ W1 + b1) @ W2 + b2


GIVEN_GATES = broken(
    train_gates,
    "equal start",
    "rng.normal(size=(2, 8))",
    "np.full((2, 8), rng.normal())",
    "rng.normal(size=(8, 1))",
    "np.full((8, 1), rng.normal())",
)


UNREPEATABLE = "Two runs from one seed differ. Draw from the `rng` of the program, so that a run can be repeated."
MOTIONLESS = "The four outputs are one number. With weights of zero their slopes are zero, too: only a bias moves."
ONE_NEURON = (
    "The cause is right, but 500 epochs do not solve XOR. Print `W1` after some of them: how many different columns "
    "has it, and how large are they? One neuron cannot get below 1/6; columns that begin tiny need far longer."
)
UNSOLVED = (
    "In 500 epochs it should solve XOR from every seed, and does not. Look at the columns of `W1` before and after: "
    "are they all different, and of a size around 1?"
)


def solves_xor(train):
    ends, spreads, starts = [], [], []
    for seed in range(3):
        losses, predict = train(*datasets.xor(), 500, seed)
        outputs = predict(datasets.xor()[0]).reshape(4, 1)
        ends.append(np.mean((outputs - datasets.xor()[1]) ** 2))
        spreads.append(np.ptp(outputs))
        starts.append(min(losses))
        if seed == 0 and losses[0] != train(*datasets.xor(), 1, 0)[0][0]:
            return UNREPEATABLE
        if losses[-1] > 2 * losses[0] or not np.isfinite(losses[-1]):
            return UPHILL
        if not belongs_to(losses, ends[-1]):
            return NOT_ITS_LOSS
    if max(ends) < 0.05:
        return None
    if max(spreads) < 1e-9:
        return MOTIONLESS
    return ONE_NEURON if min(ends) > 0.16 and min(starts) > 0.16 else UNSOLVED


exercise(
    title="Program 2: XOR stays at 0.5",
    solution=train_gates,
    verify=diagnosed("equal start", solves_xor),
    also_right=[
        edited(train_gates, "rng.normal(size=(2, 8))", "rng.uniform(-1, 1, (2, 8))"),
        edited(train_gates, "rng.normal(size=(8, 1))", "np.full((8, 1), 0.5)"),
        edited(
            train_gates, "rng.normal(size=(2, 8))", "np.array([[rng.normal() for _ in range(8)] for _ in range(2)])"
        ),
    ],
    wrong=[
        (still(GIVEN_GATES, "equal start"), ONE_NEURON),
        *mistakes(
            edited(
                train_gates,
                "rng.normal(size=(2, 8))",
                "np.zeros((2, 8))",
                "rng.normal(size=(8, 1))",
                "np.zeros((8, 1))",
            ),
            MOTIONLESS,
            still(
                GIVEN_GATES,
                "equal start",
                "b1 = np.full((2, 8), rng.normal()), np.zeros(8)",
                "b1 = np.full((2, 8), rng.normal()), rng.normal(size=8)",
            ),
            UNSOLVED,
            edited(train_gates, "rng.normal(size=(2, 8))", "np.random.normal(size=(2, 8))"),
            UNREPEATABLE,
            edited(
                train_gates,
                "lambda X: np.tanh(X @ W1 + b1) @ W2 + b2",
                "lambda X: np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2)",
            ),
            NOT_ITS_LOSS,
            edited(train_gates, "(A2 - y) / len(y)", "(y - A2) / len(y)"),
            UPHILL,
        ),
        *misnamed(train_gates, "equal start", "dead neurons"),
    ],
    hints=[
        "Print `W1` after some epochs. Which of its columns are alike?",
        "One random number fills the whole matrix. Every entry needs a draw of its own: `size=`.",
    ],
    holds="You have mended a layer of eight neurons that had worked as one.",
)


# ---- train_clouds ----------------------------------------------------------------------------------


def train_clouds(X, y, epochs, seed):
    """A sigmoid neuron, trained on batches of ten rows: X (n, 2), y (n, 1) of 0 and 1."""
    cause = "rows apart"
    rng, losses = np.random.default_rng(seed), []
    W, b = rng.normal(size=(2, 1)), np.zeros(1)
    for _ in range(epochs):
        order = rng.permutation(len(X))
        X, y = X[order], y[order]
        for k in range(0, len(X), 10):
            P = 1 / (1 + np.exp(-(X[k : k + 10] @ W + b)))
            dZ = (P - y[k : k + 10]) / len(P)
            W, b = W - 0.1 * X[k : k + 10].T @ dZ, b - 0.1 * dZ.sum(axis=0)
        P = 1 / (1 + np.exp(-(X @ W + b)))
        losses.append(-np.mean(np.log(np.where(y == 1, P, 1 - P))))
    return cause, losses, lambda X: 1 / (1 + np.exp(-(X @ W + b)))


GIVEN_CLOUDS = broken(train_clouds, "rows apart", "X, y = X[order], y[order]", "X = X[order]")


def two_clouds(seed=0, n=60):
    """Two kinds of points around (1, 1) and (-1, -1): X (n, 2), y (n, 1)."""
    rng = np.random.default_rng(seed)
    y = np.arange(n)[:, np.newaxis] % 2 * 1.0
    return rng.normal(2 * y - 1, 0.6, size=(n, 2)), y


A_COIN = (
    "The cause is right, but after 12 epochs the loss is still near log 2, that of a coin. Follow one row of `X` "
    "through an epoch: does its `y` come along?"
)
NOT_FROM_0_TO_1 = "`predict` should give the probability of a 1, from 0 to 1: the sigmoid of `X @ W + b`."
NOT_YET_APART = "After 12 epochs it should tell the two clouds apart, with a loss below 0.4, and does not."
OTHER_ANSWERS = "It learns now, but the losses do not say so: they compare outputs with the answers of other rows."


def tells_two_clouds_apart(train):
    X, y = two_clouds()
    losses, predict = train(X, y, 12, 0)
    P = predict(X).reshape(y.shape)
    if P.min() < 0 or P.max() > 1:
        return NOT_FROM_0_TO_1
    with np.errstate(divide="ignore"):
        loss = -np.mean(np.log(np.where(y == 1, P, 1 - P)))
    if loss <= 0.4:
        if losses[-1] > 0.4:
            return OTHER_ANSWERS
        return None if belongs_to(losses, loss) else NOT_ITS_LOSS
    if not losses[-1] <= 0.8:  # the loss that the reader sees; rows apart, that of `predict` may be far higher
        return UPHILL
    if losses[-1] <= 0.4:
        return NOT_ITS_LOSS
    return A_COIN if losses[-1] > 0.6 else NOT_YET_APART


exercise(
    title="Program 3: no better than a coin",
    solution=train_clouds,
    verify=diagnosed("rows apart", tells_two_clouds_apart),
    also_right=[
        edited(
            train_clouds,
            "X, y = X[order], y[order]",
            "both = np.hstack([X, y])[order]\n        X, y = both[:, :2], both[:, 2:]",
        ),
        edited(train_clouds, "        order = rng.permutation(len(X))\n        X, y = X[order], y[order]\n", ""),
        edited(train_clouds, "X, y = X[order], y[order]", "X = X[order]\n        y = np.take(y, order, axis=0)"),
        edited(
            train_clouds, "lambda X: 1 / (1 + np.exp(-(X @ W + b)))", "lambda X: 1 / (1 + np.exp(-(X @ W + b)[:, 0]))"
        ),
    ],
    wrong=[
        (still(GIVEN_CLOUDS, "rows apart"), A_COIN),
        *mistakes(
            edited(
                train_clouds,
                "order = rng.permutation(len(X))",
                "state = rng.bit_generator.state\n        rng.shuffle(X)\n        rng.bit_generator.state = state",
                "X, y = X[order], y[order]",
                "rng.shuffle(y)",
            ),
            "It writes into the arrays of its caller, whose rows are others now. Make new ones.",
            edited(
                train_clouds,
                "X, y = X[order], y[order]",
                "rows, answers = X[order], y[order]",
                "(X[k : k + 10] @",
                "(rows[k : k + 10] @",
                "P - y[k",
                "P - answers[k",
                "X[k : k + 10].T",
                "rows[k : k + 10].T",
                "np.where(y == 1",
                "np.where(answers == 1",
            ),
            OTHER_ANSWERS,
            edited(train_clouds, "lambda X: 1 / (1 + np.exp(-(X @ W + b)))", "lambda X: X @ W + b"),
            NOT_FROM_0_TO_1,
            edited(train_clouds, "losses.append(-np.mean", "losses.append(np.mean"),
            NOT_ITS_LOSS,
            edited(train_clouds, "(P - y[k : k + 10])", "(y[k : k + 10] - P)"),
            UPHILL,
        ),
        *misnamed(train_clouds, "rows apart", "leak"),
    ],
    hints=[
        "The slopes are those of chapter 14. What is left is the data: print the first row of `X` and of `y` in two "
        "epochs.",
        "The order is drawn once an epoch. Both arrays have to be read in it: `X, y = X[order], y[order]`.",
    ],
    holds="You have put every row back beside its answer.",
)


# ---- train_prices -----------------------------------------------------------------------------------


def train_prices(X, y, epochs, seed):
    """A linear layer: X (n, n_inputs), standardized, and y (n, 1)."""
    cause = "stale slopes"
    rng, losses = np.random.default_rng(seed), []
    W, b = rng.normal(size=(X.shape[1], 1)), np.zeros(1)
    dW, db = np.zeros_like(W), np.zeros_like(b)
    for _ in range(epochs):
        A = X @ W + b
        losses.append(np.mean((A - y) ** 2))
        dA = 2 * (A - y) / len(y)
        dW = X.T @ dA
        db = dA.sum(axis=0)
        W, b = W - 0.05 * dW, b - 0.05 * db
    return cause, losses, lambda X: X @ W + b


GIVEN_PRICES = broken(train_prices, "stale slopes", "dW = X.T @ dA", "dW += X.T @ dA", "db = dA", "db += dA")


TOO_SMALL_STEPS = (
    "It no longer swings, but after 150 epochs it has not arrived: do `W` and `b` both move, in steps large enough?"
)
BIAS_SWINGS = "The weights settle down now. The bias still swings: which slope is added up over the epochs?"
WEIGHTS_SWING = "The bias settles down now. The weights still swing: which slope is added up over the epochs?"
ALL_SWINGS = (
    "The cause is right, but after 150 epochs the loss still swings up and down. What do `dW` and `db` hold when an "
    "epoch begins?"
)


def settles_down(train):
    rng, X = made_up(2, 40, 2)
    y = X @ [[2.0], [-1.0]] + 4 + rng.normal(0, 0.1, size=(40, 1))
    losses, predict = train(X, y, 150, 0)
    if not losses[-1] <= 2 * losses[0]:
        return UPHILL
    if max(losses[-20:]) < 0.1:  # the noise leaves 0.01
        return None if belongs_to(losses, np.mean((predict(X).reshape(y.shape) - y) ** 2)) else NOT_ITS_LOSS
    if max(losses[-60:]) < 2 * min(losses[-60:]):
        return TOO_SMALL_STEPS
    residuals = np.hstack([y - train(X, y, epochs, 0)[1](X).reshape(y.shape) for epochs in (140, 145, 150)])
    if residuals.var(axis=0).max() < 0.1:
        return BIAS_SWINGS
    return WEIGHTS_SWING if np.abs(residuals.mean(axis=0)).max() < 0.1 else ALL_SWINGS


exercise(
    title="Program 4: down, and up again",
    solution=train_prices,
    verify=diagnosed("stale slopes", settles_down),
    also_right=[
        edited(GIVEN_PRICES, "...", '"stale slopes"', "A = X @ W + b", "dW[:], db[:] = 0, 0\n        A = X @ W + b"),
        edited(
            GIVEN_PRICES,
            "...",
            '"stale slopes"',
            "W, b = W - 0.05 * dW, b - 0.05 * db",
            "W, b, dW, db = W - 0.05 * dW, b - 0.05 * db, 0 * dW, 0 * db",
        ),
        edited(train_prices, "    dW, db = np.zeros_like(W), np.zeros_like(b)\n", ""),
        edited(train_prices, "dW = X.T @ dA", "dW = 0.5 * dW + X.T @ dA"),
    ],
    wrong=[
        (still(GIVEN_PRICES, "stale slopes"), ALL_SWINGS),
        *mistakes(
            edited(train_prices, "db = dA", "db += dA"),
            BIAS_SWINGS,
            edited(train_prices, "dW = X.T @ dA", "dW += X.T @ dA"),
            WEIGHTS_SWING,
            edited(train_prices, "W - 0.05 * dW, b - 0.05 * db", "W - 0.0005 * dW, b - 0.0005 * db"),
            TOO_SMALL_STEPS,
            edited(train_prices, "lambda X: X @ W + b", "lambda X: X @ W"),
            NOT_ITS_LOSS,
            edited(train_prices, "(A - y) / len(y)", "(y - A) / len(y)"),
            UPHILL,
        ),
        *misnamed(train_prices, "stale slopes", "scale"),
    ],
    hints=[
        "The first step is right, and a smaller rate swings more slowly. What do two steps share that they should not?",
        "`+=` adds to what `dW` and `db` held in the epoch before. PyTorch does that too, which is why its loops call "
        "`optimizer.zero_grad()`.",
    ],
    holds="You have mended the loop that PyTorch's `zero_grad` is for.",
)


# ---- train_classes ----------------------------------------------------------------------------------


def train_classes(X, y, epochs, seed):
    """A softmax layer: X (n, n_inputs), y (n, n_classes), one-hot."""
    cause = "softmax twice"
    rng, losses = np.random.default_rng(seed), []
    W, b = rng.normal(0, 0.1, size=(X.shape[1], y.shape[1])), np.zeros(y.shape[1])
    for _ in range(epochs):
        A = X @ W + b
        loss, dZ = my_loss_of_logits(A, y)
        losses.append(loss)
        W, b = W - 0.5 * X.T @ dZ, b - 0.5 * dZ.sum(axis=0)
    return cause, losses, lambda X: my_softmax(X @ W + b)


GIVEN_CLASSES = broken(train_classes, "softmax twice", "A = X @ W + b", "A = my_softmax(X @ W + b)")


NO_PROBABILITIES = "`predict` should give probabilities: in every row of (n, n_classes) they add up to 1."
PLATEAU = (
    "The cause is right, but three rows with three classes end near log((e + 2) / e) = 0.55 and never at 0. What does "
    "the loss expect, and what does it get?"
)
SECOND_SLOPE = (
    "Four equal rows, three of which are of class 0: the probability should become 0.75, and does not. The slope "
    "still comes from a second softmax."
)
NOT_ARRIVED = "After 300 epochs three rows should be learned to a loss near 0, and are not."
SECOND_IN_PREDICT = (
    "The training is right now, but `predict` is not sure of what it has learned: count the softmaxes there."
)
SECOND_IN_LOSSES = "The training is right now, but `losses` still belongs to a second softmax."


def is_sure_only_where_it_may_be(train):
    X = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    losses, predict = train(X, np.eye(3), 300, 0)
    P = predict(X)
    if not losses[-1] <= losses[0]:
        return UPHILL
    if P.shape != (3, 3) or not np.allclose(P.sum(axis=1), 1):
        return NO_PROBABILITIES
    if losses[-1] < 0.1 and np.diag(P).max() < np.e / (np.e + 2):  # what a second softmax leaves of a 1
        return SECOND_IN_PREDICT
    same, answers = np.ones((4, 1)), np.eye(2)[[0, 0, 0, 1]]
    share = train(same, answers, 300, 0)[1](same)[0, 0]
    plateau = 0.5 < losses[-1] < 0.6
    if share > 0.85:  # a right one stays at 0.75; the slope from a second softmax never becomes 0
        return PLATEAU if plateau else SECOND_SLOPE
    if plateau:
        return SECOND_IN_LOSSES
    if losses[-1] > 0.1 or abs(share - 0.75) > 0.02:
        return NOT_ARRIVED
    return None if belongs_to(losses, -np.mean(np.log(np.diag(P)))) else NOT_ITS_LOSS


exercise(
    title="Program 5: all digits right, and the loss stands still",
    solution=train_classes,
    verify=diagnosed("softmax twice", is_sure_only_where_it_may_be),
    also_right=[
        edited(
            train_classes,
            "loss, dZ = my_loss_of_logits(A, y)",
            "P = my_softmax(A)\n        loss, dZ = -np.sum(y * np.log(P)) / len(y), (P - y) / len(y)",
        ),
        edited(
            train_classes, "        A = X @ W + b\n", "", "my_loss_of_logits(A, y)", "my_loss_of_logits(X @ W + b, y)"
        ),
        edited(train_classes, "A = X @ W + b\n        loss", "A = np.log(my_softmax(X @ W + b))\n        loss"),
    ],
    wrong=[
        (still(GIVEN_CLASSES, "softmax twice"), PLATEAU),
        *mistakes(
            still(
                GIVEN_CLASSES, "softmax twice", "losses.append(loss)", "losses.append(-np.sum(y * np.log(A)) / len(y))"
            ),
            SECOND_SLOPE,
            edited(train_classes, "lambda X: my_softmax(X @ W + b)", "lambda X: my_softmax(my_softmax(X @ W + b))"),
            SECOND_IN_PREDICT,
            edited(train_classes, "losses.append(loss)", "losses.append(my_loss_of_logits(my_softmax(A), y)[0])"),
            SECOND_IN_LOSSES,
            edited(train_classes, "lambda X: my_softmax(X @ W + b)", "lambda X: X @ W + b"),
            NO_PROBABILITIES,
            edited(train_classes, "losses.append(loss)", "losses.append(np.mean((my_softmax(A) - y) ** 2))"),
            NOT_ITS_LOSS,
            edited(train_classes, "W - 0.5 * X.T @ dZ, b - 0.5", "W + 0.5 * X.T @ dZ, b + 0.5"),
            UPHILL,
        ),
        *misnamed(train_classes, "softmax twice", "rate"),
    ],
    hints=[
        "Three rows: the loss should reach 0 and rests far above. What is the least cross-entropy of numbers between "
        "0 and 1 that are taken for logits?",
        "`loss_of_logits` takes the softmax itself. Hand it the logits, `X @ W + b`.",
    ],
    holds="You have taken one softmax of two away. In PyTorch the same mistake is a softmax before `CrossEntropyLoss`.",
)


# ---- train_chosen -----------------------------------------------------------------------------------


def train_chosen(X, y, epochs, seed):
    """A sigmoid neuron on ten columns of X (n, many), y (n, 1) of 0 and 1; 20 rows are held."""
    cause = "leak"
    order, losses = np.random.default_rng(seed).permutation(len(X)), []
    held, kept = order[:20], order[20:]
    ties = (X[kept] - X[kept].mean(axis=0)).T @ (y[kept] - y[kept].mean())
    best = np.argsort(np.abs(ties[:, 0]))[-10:]
    X, W, b = X[:, best], np.zeros((10, 1)), np.zeros(1)
    for _ in range(epochs):
        P = 1 / (1 + np.exp(-(X[kept] @ W + b)))
        losses.append(-np.mean(np.log(np.where(y[kept] == 1, P, 1 - P))))
        dZ = (P - y[kept]) / len(kept)
        W, b = W - 0.1 * X[kept].T @ dZ, b - 0.1 * dZ.sum(axis=0)
    return cause, losses, np.mean((X[held] @ W + b > 0) == (y[held] == 1))


GIVEN_CHOSEN = broken(
    train_chosen,
    "leak",
    "(X[kept] - X[kept].mean(axis=0)).T @ (y[kept] - y[kept].mean())",
    "(X - X.mean(axis=0)).T @ (y - y.mean())",
)


def noise_and_coins(seed, n=60, n_inputs=500, signal=0.0):
    """Columns of pure noise and a coin for each row; with a signal ten of the columns know the coin."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2)[:, np.newaxis] * 1.0
    X = rng.normal(size=(n, n_inputs))
    X[:, np.random.default_rng(seed + 1).permutation(n_inputs)[:10]] += signal * (2 * y - 1)
    return X, y


NO_SHARE = "The third thing should be the share of held rows that are read right: one number from 0 to 1."
FINDS_NOTHING = "Where ten columns do know the answer, it finds too little: does it still choose them?"
READ_WRONG = (
    "Where ten columns do know the answer, nearly all held rows are read wrong: look at the last line's comparison."
)
COINS_FORETOLD = (
    "The cause is right, but coin tosses are still predicted from noise. And when the answer of a held row is "
    "flipped, the training loss changes: it has been seen."
)
HELD_ROWS_TRAIN = (
    "Held rows are still part of the training: fewer than 20 rows can have their answers flipped without a change of "
    "the training loss."
)
OTHER_ROWS_JUDGE = (
    "The training is clean now, but coin tosses are still predicted: on which rows is the share measured?"
)


def judges_by_rows_it_never_saw(train):
    shares = []
    for seed in range(6):
        _, share = train(*noise_and_coins(seed), 30, seed)
        if np.ndim(share) or np.asarray(share).dtype.kind not in "fiu" or not 0 <= share <= 1:
            return NO_SHARE
        shares.append(share)
    losses, found = train(*noise_and_coins(9, signal=1.0), 30, 0)
    if not losses[-1] <= losses[0]:
        return UPHILL
    if found < 0.75:
        return FINDS_NOTHING if found > 0.25 else READ_WRONG
    without_influence = rows_without_influence(train)
    if np.mean(shares) > 0.65:
        return OTHER_ROWS_JUDGE if without_influence >= 20 else COINS_FORETOLD
    return None if without_influence >= 20 else HELD_ROWS_TRAIN


def rows_without_influence(train):
    """How many of 60 rows may have another answer without any change in the training losses."""
    X, y = noise_and_coins(0)
    losses, _ = train(X, y, 5, 0)
    others = (np.where(np.arange(60)[:, np.newaxis] == k, 1 - y, y) for k in range(60))
    return sum(np.allclose(losses, train(X, other, 5, 0)[0]) for other in others)


exercise(
    title="Program 6: too good to be true",
    solution=train_chosen,
    verify=diagnosed("leak", judges_by_rows_it_never_saw, predicts=False),
    also_right=[
        edited(
            train_chosen,
            "ties = (X[kept] - X[kept].mean(axis=0)).T @ (y[kept] - y[kept].mean())",
            "ties = X[kept].T @ (y[kept] - y[kept].mean())",
        ),
        edited(
            train_chosen,
            "ties = (X[kept] - X[kept].mean(axis=0)).T @ (y[kept] - y[kept].mean())",
            "A, t = X[kept], y[kept]\n    ties = (A - A.mean(axis=0)).T @ (t - t.mean())",
        ),
        edited(
            train_chosen,
            "ties = (X[kept] - X[kept].mean(axis=0)).T @ (y[kept] - y[kept].mean())",
            "ties = np.array([[np.corrcoef(column, y[kept, 0])[0, 1]] for column in X[kept].T])",
        ),
    ],
    wrong=[
        (still(GIVEN_CHOSEN, "leak"), COINS_FORETOLD),
        *mistakes(
            edited(train_chosen, "(X[held] @ W + b > 0) == (y[held] == 1)", "(X[kept] @ W + b > 0) == (y[kept] == 1)"),
            OTHER_ROWS_JUDGE,
            edited(train_chosen, "best = np.argsort(np.abs(ties[:, 0]))[-10:]", "best = np.arange(20, 30)"),
            FINDS_NOTHING,
            edited(train_chosen, "np.mean((X[held] @ W + b > 0) == (y[held] == 1))", "(X[held] @ W + b > 0)"),
            NO_SHARE,
            edited(train_chosen, "(X[held] @ W + b > 0)", "(X[held] @ W + b < 0)"),
            READ_WRONG,
            edited(train_chosen, "dZ = (P - y[kept])", "dZ = (y[kept] - P)"),
            UPHILL,
            edited(
                train_chosen,
                "P = 1 / (1 + np.exp(-(X[kept] @ W + b)))",
                "P = 1 / (1 + np.exp(-(X @ W + b)))",
                "np.where(y[kept] == 1, P, 1 - P)",
                "np.where(y == 1, P, 1 - P)",
                "(P - y[kept]) / len(kept)",
                "(P - y) / len(y)",
                "0.1 * X[kept].T",
                "0.1 * X.T",
            ),
            HELD_ROWS_TRAIN,
        ),
        *misnamed(train_chosen, "leak", "dead neurons"),
    ],
    hints=[
        "Give it answers without meaning: `y` shuffled. An honest program falls to one half.",
        "It looks at all rows when it chooses the columns, before any are held back. Use the `kept` rows alone: "
        "`X[kept]` and `y[kept]`, their means too.",
    ],
    holds="You have closed a leak: whatever looks at the answers, even to choose columns, comes after the split.",
)
