"""Exercises of chapter 08: hold rows back, watch both losses, stop in time."""

import copy
import functools
import re
from numbers import Number

import numpy as np

from nnlib import NeuralNetwork, datasets
from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.ch04_nonlinearity import forward as my_forward
from nnlib.exercises.ch04_nonlinearity import random_layers, relu, sigmoid
from nnlib.exercises.ch05_backpropagation import backward as my_backward
from nnlib.exercises.ch05_backpropagation import (
    holds_out,
    linear,
    linear_derivative,
    relu_derivative,
    sigmoid_derivative,
    tanh_derivative,
    two_small_layers,
)
from nnlib.exercises.ch05_backpropagation import train as my_train
from nnlib.exercises.ch07_initialization import glorot
from nnlib.exercises.engine.compare import differences

exercise = chapter("08", "overfitting")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="best_line_touches",
    recall=True,
    title="The points that the best line touches",
    solution=0,
    wrong=[
        (6, "The six rides do not lie on a line. Would the line closest to all of them go through each?"),
        (1, "A line that insists on touching one point pays for it at the other five."),
        (2, "A line through two points pays for it at the other four."),
    ],
    hints=["The best line passes between the points."],
    holds="The best line passes between the points, because each of them carries luck that the next will not have.",
)

exercise(
    name="loss_before_or_after",
    recall=True,
    title="The loss that train records",
    solution="before",
    wrong=[
        ("after", "That would take a second forward pass. `train` records the one that the gradient needs."),
    ],
    hints=["It comes free with a forward pass that is needed anyway. Which one?"],
    holds="It comes free with the forward pass that the gradient needs, so it is the loss before the step.",
)

exercise(
    name="rounding_or_bug",
    recall=True,
    title="A gradient that is off by a hundredth",
    solution="bug",
    wrong=[
        ("rounding", "In float64, rounding leaves errors far smaller than that: above 1e-4 something is wrong."),
    ],
    hints=["Float64 has about 16 digits."],
    holds="In float64, a relative error above 1e-4 is a bug; below 1e-8 the gradient is fine.",
)


# ---- split_rows -------------------------------------------------------------------------------------


def split_rows(X, y, n_held, rng):
    order = rng.permutation(len(X))
    held, kept = order[:n_held], order[n_held:]
    return X[kept], y[kept], X[held], y[held]


def split_rows_by_shuffle(X, y, n_held, rng):
    order = np.arange(len(X))
    rng.shuffle(order)
    X, y = X[order], y[order]
    return X[n_held:], y[n_held:], X[:n_held], y[:n_held]


def split_rows_loop(X, y, n_held, rng):
    parts = [], [], [], []
    for place, row in enumerate(rng.permutation(len(X))):
        part = 2 if place < n_held else 0
        parts[part].append(X[row])
        parts[part + 1].append(y[row])
    return tuple(np.array(rows) for rows in parts)


def split_rows_by_numpy(X, y, n_held, rng):
    held, kept = np.split(rng.permutation(len(X)), [n_held])
    return np.take(X, kept, axis=0), np.take(y, kept, axis=0), np.take(X, held, axis=0), np.take(y, held, axis=0)


def split_rows_by_deletion(X, y, n_held, rng):
    held = rng.permutation(len(X))[:n_held]
    return np.delete(X, held, axis=0), np.delete(y, held, axis=0), X[held], y[held]


def split_rows_by_mask(X, y, n_held, rng):
    held = np.zeros(len(X), dtype=bool)
    held[rng.permutation(len(X))[:n_held]] = True
    return X[~held], y[~held], X[held], y[held]


def two_permutations(X, y, n_held, rng):
    one, other = rng.permutation(len(X)), rng.permutation(len(X))
    return X[one[n_held:]], y[other[n_held:]], X[one[:n_held]], y[other[:n_held]]


def only_the_inputs(X, y, n_held, rng):
    order = rng.permutation(len(X))
    return X[order[n_held:]], y[n_held:], X[order[:n_held]], y[:n_held]


def in_one_order(X, y):
    """The rows of X, each with its row of y, in an order that doesn't depend on theirs: the text leaves it open."""
    if not all(isinstance(rows, np.ndarray) and rows.ndim == 2 for rows in (X, y)) or len(X) != len(y):
        return X, y
    order = np.lexsort(np.hstack([y, X]).T)
    return X[order], y[order]


def four_parts(split_rows, X, y, n_held, rng):
    """What `split_rows` gives. A choice that no seed decides would be another one each time: it is an error."""
    untouched = rng.bit_generator.state
    parts = split_rows(X, y, n_held, rng)
    if not isinstance(parts, (tuple, list)) or len(parts) != 4:
        return parts
    parts = *in_one_order(*parts[:2]), *in_one_order(*parts[2:])
    if rng.bit_generator.state == untouched:
        others = [split_rows(X.copy(), y.copy(), n_held, rng) for _ in range(4)]
        if any(differences(parts, (*in_one_order(*other[:2]), *in_one_order(*other[2:]))) for other in others):
            raise ValueError("nothing was drawn from rng, and two calls give two splits")
    return parts


def split_case(rng, n, n_inputs, n_outputs, n_held):
    X, y = rng.normal(size=(n, n_inputs)), rng.normal(size=(n, n_outputs))
    return X, y, n_held, np.random.default_rng(int(rng.integers(1000)))


exercise(
    title="Hold rows back",
    solution=split_rows,
    use=four_parts,
    returns=("X_train", "y_train", "X_held", "y_held"),
    cases=lambda rng: [
        (np.arange(5.0).reshape(5, 1), 10 * np.arange(5.0).reshape(5, 1), 2, np.random.default_rng(1)),
        split_case(rng, 7, 2, 1, 3),
        split_case(rng, 10, 1, 3, 1),
        split_case(rng, 8, 3, 2, 6),
        split_case(rng, 2, 1, 1, 1),
        split_case(rng, 40, 1, 1, 20),
    ],
    also_right=[
        split_rows_by_shuffle,
        split_rows_loop,
        split_rows_by_numpy,
        split_rows_by_deletion,
        split_rows_by_mask,
    ],
    wrong=mistakes(
        two_permutations,
        "`X` and `y` are shuffled each in its own order, so that a row no longer meets its answer. Draw one "
        "order and use it for both.",
        only_the_inputs,
        "Only `X` is shuffled; `y` stays in its old order. The same row numbers go into both.",
        edited(split_rows, "rng.permutation(len(X))", "np.arange(len(X))"),
        "The first `n_held` rows of the table are held. Data is often sorted, and then they are of another kind. "
        "Hold the first ones of `rng.permutation(len(X))`, which shuffles the numbers of all rows.",
        lambda X, y, n_held, rng: (X[:-n_held], y[:-n_held], X[-n_held:], y[-n_held:]),
        "The last `n_held` rows of the table are held. Data is often sorted, and then they are of another kind. "
        "Hold the first ones of `rng.permutation(len(X))`, which shuffles the numbers of all rows.",
        edited(
            split_rows,
            "order = rng.permutation(len(X))",
            "order = rng.integers(0, len(X), size=n_held)",
            "order[:n_held], order[n_held:]",
            "order, np.setdiff1d(np.arange(len(X)), order)",
        ),
        "Drawn one by one like this, a row can be held twice. `rng.permutation(len(X))` has each row number once.",
        edited(
            split_rows,
            "order = rng.permutation(len(X))",
            "order = rng.choice(len(X), n_held, replace=False)",
            "order[:n_held], order[n_held:]",
            "order, np.setdiff1d(np.arange(len(X)), order)",
        ),
        "A fair split, but another draw. Take the first `n_held` of `rng.permutation(len(X))`, so that your split "
        "is the same as everybody's.",
        edited(split_rows, "order[:n_held], order[n_held:]", "order[-n_held:], order[:-n_held]"),
        "A fair split, but the other end of the order: the *first* `n_held` of the permutation are held, so that "
        "your split is the same as everybody's.",
        edited(split_rows, "X[kept], y[kept]", "X, y"),
        "The held rows are among the training rows too. A row that was trained on says nothing about unseen ones: "
        "take them out.",
        edited(split_rows, "X[kept], y[kept], X[held], y[held]", "X[kept], X[held], y[kept], y[held]"),
        "The right four, in scikit-learn's order. Here it is `X_train, y_train, X_held, y_held`.",
        lambda X, y, n_held, rng: split_rows(X, y, len(X) - n_held, rng),
        "`n_held` rows are left for training. It is the number of rows that are held back.",
        edited(split_rows, "rng.permutation", "np.random.default_rng().permutation"),
        "The order comes from a generator that nobody has seeded, `np.random.permutation` for example, and is "
        "another one each time. Draw it from the `rng` that comes in.",
    ),
    hints=[
        "Shuffle row *numbers*, not rows: one random order that both `X` and `y` are read in.",
        "`order = rng.permutation(len(X))` has every row number once. Its first `n_held` are held, the rest are kept.",
        "`X[order[:n_held]]` picks the held rows of X, as a copy. Three more like it.",
    ],
    holds="You now have rows that the training never sees: the only ones that can say how it does on unseen data.",
    in_nnlib="datasets.split",
)


# ---- train_watched ----------------------------------------------------------------------------------


def train_watched(X, y, X_val, y_val, parameters, activations, derivatives, learning_rate, epochs):
    train_losses, val_losses = [], []
    for _ in range(epochs):
        trace = my_forward(X, parameters, activations)
        train_losses.append(np.mean((trace[-1] - y) ** 2))
        gradients = my_backward(trace, y, parameters, derivatives)
        parameters = [
            {key: layer[key] - learning_rate * slope[key] for key in ("W", "b")}
            for layer, slope in zip(parameters, gradients)
        ]
        val_losses.append(np.mean((my_forward(X_val, parameters, activations)[-1] - y_val) ** 2))
    return parameters, train_losses, val_losses


def train_watched_by_train(X, y, X_val, y_val, parameters, activations, derivatives, learning_rate, epochs):
    train_losses, val_losses = [], []
    for _ in range(epochs):
        parameters, losses = my_train(X, y, parameters, activations, derivatives, learning_rate, 1)
        train_losses += losses
        error = my_forward(X_val, parameters, activations)[-1] - y_val
        val_losses.append((error**2).mean())
    return parameters, train_losses, val_losses


def train_watched_on_copies(X, y, X_val, y_val, parameters, activations, derivatives, learning_rate, epochs):
    parameters = [{"W": layer["W"].copy(), "b": layer["b"].copy()} for layer in parameters]
    losses = np.empty((2, epochs))
    for epoch in range(epochs):
        trace = my_forward(X, parameters, activations)
        losses[0, epoch] = np.square(trace[-1] - y).mean()
        for layer, slope in zip(parameters, my_backward(trace, y, parameters, derivatives)):
            layer["W"] -= learning_rate * slope["W"]
            layer["b"] -= learning_rate * slope["b"]
        losses[1, epoch] = np.square(my_forward(X_val, parameters, activations)[-1] - y_val).mean()
    return parameters, losses[0].tolist(), losses[1].tolist()


def a_step_on_each(X, y, X_val, y_val, parameters, activations, derivatives, learning_rate, epochs):
    train_losses, val_losses = [], []
    for _ in range(epochs):
        parameters, losses = my_train(X, y, parameters, activations, derivatives, learning_rate, 1)
        train_losses += losses
        val_losses.append(np.mean((my_forward(X_val, parameters, activations)[-1] - y_val) ** 2))
        parameters, _ = my_train(X_val, y_val, parameters, activations, derivatives, learning_rate, 1)
    return parameters, train_losses, val_losses


def trained_apart(X, y, X_val, y_val, *rest):
    end, losses = my_train(X, y, *rest)
    return end, losses, my_train(X_val, y_val, *rest)[1]


def trained_one_after_the_other(X, y, X_val, y_val, parameters, *rest):
    end, losses = my_train(X, y, parameters, *rest)
    return end, losses, my_train(X_val, y_val, end, *rest)[1]


# Lines of the solution, to leave out or to move.
BEFORE_THE_STEP = "        train_losses.append(np.mean((trace[-1] - y) ** 2))\n"
AFTER_THE_STEP = "        val_losses.append(np.mean((my_forward(X_val, parameters, activations)[-1] - y_val) ** 2))\n"
LATE = BEFORE_THE_STEP.replace("trace", "my_forward(X, parameters, activations)")
BACKWARD = "        gradients = my_backward(trace, y, parameters, derivatives)\n"
RETURN = "return parameters, train_losses, val_losses"


def best_parameters(X, y, X_val, y_val, parameters, activations, derivatives, learning_rate, epochs):
    _, train_losses, val_losses = train_watched(
        X, y, X_val, y_val, parameters, activations, derivatives, learning_rate, epochs
    )
    best = int(np.argmin(val_losses))
    return my_train(X, y, parameters, activations, derivatives, learning_rate, best + 1)[0], train_losses, val_losses


def watched_case(rng, n, n_val, sizes, activations, derivatives, learning_rate, epochs):
    X, y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    X_val, y_val = rng.normal(size=(n_val, sizes[0])), rng.normal(size=(n_val, sizes[-1]))
    return X, y, X_val, y_val, random_layers(rng, *sizes), activations, derivatives, learning_rate, epochs


def rising_case(rng):
    X, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    return X, y, X, -y, [{"W": np.zeros((2, 1)), "b": np.zeros(1)}]


exercise(
    title="Train, and watch rows that are not trained on",
    solution=train_watched,
    returns=("parameters", "train_losses", "val_losses"),
    cases=lambda rng: [
        (
            np.array([[1.0], [2.0]]),
            np.array([[1.0], [0.0]]),
            np.array([[1.5]]),
            np.array([[0.5]]),
            two_small_layers()[0],
            [np.tanh] * 2,
            [tanh_derivative] * 2,
            0.2,
            3,
        ),
        watched_case(rng, 4, 3, (2, 3, 1), [np.tanh] * 2, [tanh_derivative] * 2, 0.3, 6),
        watched_case(rng, 5, 2, (2, 4, 2), [relu, linear], [relu_derivative, linear_derivative], 0.05, 5),
        watched_case(rng, 3, 5, (2, 2), [sigmoid], [sigmoid_derivative], 0.5, 1),
        # the validation loss rises; both losses rise; the training loss is 0 from the first epoch on
        (*rising_case(rng), [linear], [linear_derivative], 0.1, 4),
        watched_case(rng, 11, 1, (1, 2, 1), [linear] * 2, [np.ones_like] * 2, 2.0, 4),
        (*[np.zeros((1, 1))] * 4, [{"W": np.ones((1, 1)), "b": np.zeros(1)}], [linear], [np.ones_like], 0.1, 3),
    ],
    verify=holds_out(train_watched, lambda train, X, y, *rest: train(X, y, X, y, *rest)),
    also_right=[train_watched_by_train, train_watched_on_copies],
    wrong=mistakes(
        edited(train_watched, "(trace, y, ", "(my_forward(X_val, parameters, activations), y_val, "),
        "It learns from the validation rows: the gradient must come from `X` and `y` alone.",
        lambda X, y, X_val, y_val, *rest: train_watched(
            np.vstack([X, X_val]), np.vstack([y, y_val]), X_val, y_val, *rest
        ),
        "It learns from both sets of rows together. The validation rows are only looked at: no gradient from them.",
        edited(
            train_watched_by_train,
            "my_train(X, y, ",
            "my_train(np.vstack([X, X_val]), np.vstack([y, y_val]), ",
            "train_losses += losses",
            "train_losses.append(loss)",
            "    for _ in range(epochs):\n",
            """    for _ in range(epochs):
        loss = np.mean((my_forward(X, parameters, activations)[-1] - y) ** 2)
""",
        ),
        "The validation rows are trained on, so their loss says nothing about unseen rows. Train on `X` alone.",
        edited(train_watched_by_train, "train_losses += losses", "train_losses.append(losses)"),
        "`train` gives a list with the one loss. Add the number in it, `losses[0]`, or the list itself by `+=`.",
        a_step_on_each,
        "It takes a step on the validation rows as well. They are only looked at: no gradient from them.",
        edited(train_watched, AFTER_THE_STEP, "", BACKWARD, AFTER_THE_STEP + BACKWARD),
        "The validation losses come one step early. `fit` takes them *after* the step of the epoch, with the new "
        "parameters.",
        edited(train_watched, BEFORE_THE_STEP, "", AFTER_THE_STEP, AFTER_THE_STEP + LATE),
        "The training losses come one step late. Take each *before* the step, from the trace that the gradient "
        "is made of.",
        edited(train_watched, AFTER_THE_STEP, LATE, BEFORE_THE_STEP, AFTER_THE_STEP),
        "The two have changed sides: the training loss comes before the step, the validation loss after it.",
        edited(train_watched, AFTER_THE_STEP, LATE.replace("train_losses", "val_losses")),
        "`val_losses` holds losses on the training rows: run `X_val` through the network.",
        edited(train_watched, "parameters, activations)[-1] - y_val", "parameters, activations) - y_val"),
        "`forward` gives the whole trace, a list. The output is the last of it: `my_forward(...)[-1]`.",
        edited(train_watched, '("W", "b")}', '("W",)} | {"b": layer["b"]}'),
        "The weights move, the biases stay. Both take a step.",
        trained_apart,
        "Your `val_losses` come from a second network, trained on the validation rows. No gradient from them: "
        "watch with `forward`, in the loop of the one training.",
        trained_one_after_the_other,
        "After the training on `X` it goes on training on the validation rows. No gradient from them: watch with "
        "`forward`, in the loop of the one training.",
        lambda *given: (given[4], *train_watched(*given)[1:]),
        "The losses are right, but the parameters come back as they were: return the trained ones.",
        best_parameters,
        "The losses are right, but the parameters are those of the best epoch. Return those after the last step; "
        "going back to the best comes later.",
        edited(train_watched, RETURN, "return train_losses, val_losses, parameters"),
        f"The parameters come first: `{RETURN}`.",
    ),
    hints=[
        "It is `train` of chapter 5 with one more line in the loop, and one more list.",
        "After the step, run `X_val` forward with the *new* parameters and compare the output with `y_val`. No "
        "gradient from it.",
        "Or call `my_train(X, y, parameters, activations, derivatives, learning_rate, 1)` in the loop: it gives the "
        "new parameters and a list with the one loss before the step. The validation loss is a forward pass after it.",
    ],
    holds="You now have the two curves: what the network learns from, and what it has never seen.",
    in_nnlib="network.NeuralNetwork.fit",
)


# ---- early_stopping ---------------------------------------------------------------------------------


def early_stopping(patience):
    def callback(nn):
        val_losses = nn.history["val_loss"]
        since_best = len(val_losses) - 1 - int(np.argmin(val_losses))
        return since_best >= patience

    return callback


def early_stopping_counting(patience):
    best, waited = np.inf, 0

    def callback(nn):
        nonlocal best, waited
        loss = nn.history["val_loss"][-1]
        if loss < best:
            best, waited = loss, 0
        else:
            waited += 1
        return waited >= patience

    return callback


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.when = patience, np.inf, 0

    def __call__(self, nn):
        loss = nn.history["val_loss"][-1]
        if loss < self.best:
            self.best, self.when = loss, nn.epoch
        return nn.epoch - self.when >= self.patience


def early_stopping_by_slices(patience):
    def callback(nn):
        losses = nn.history["val_loss"]
        return len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience])

    return callback


class Network(NeuralNetwork):
    """A network in training, as a callback sees it, whose losses are given to it."""

    history = None  # not the network's own

    def __init__(self):
        super().__init__([{"n_inputs": 1, "n_neurons": 1, "activation": "linear"}], seed=0)
        self.history = {"train_loss": [], "val_loss": [], "penalty": [], "learning_rate": []}

    @property
    def epoch(self):
        return len(self.history["val_loss"])

    def train(self, val_loss):
        for key, number in zip(self.history, (0.1 + abs(self.epoch - 1), val_loss, 0.0, 0.04)):
            self.history[key].append(number)
        self.set_parameters([{"W": np.full((1, 1), 1.5 * self.epoch), "b": np.full(1, 0.5 - self.epoch)}])


def when_it_stops(early_stopping, patience, val_losses):
    """Two networks train in turns, each with a callback of its own: what the callbacks say, epoch by epoch.

    None if there is no callback, or it says nothing where it should stop: not written yet, or without `return`.
    """
    callbacks = early_stopping(patience), early_stopping(patience)
    if callbacks[0] is None:
        return None
    networks = Network(), Network()
    said, answers = ([], []), []
    for epoch, loss in enumerate(val_losses):
        for k, (nn, callback) in enumerate(zip(networks, callbacks)):
            nn.train(loss if k == 0 else val_losses[0] - 0.001 * epoch)
            answers.append(asked(callback, nn, early_stopping))
            said[k].append(bool(answers[-1]))
    silent = all(answer is None for answer in answers)
    due = any(since(val_losses[: k + 1]) >= patience for k in range(len(val_losses)))
    return None if silent and due else said  # `fit` takes None for False


def asked(callback, nn, early_stopping):
    """What the callback says of `nn`. A forgotten `nonlocal` is one error, whatever the variable is called."""
    try:
        return callback(nn)
    except UnboundLocalError as error:
        name = re.search(r"'(\w+)'", str(error))
        if name and name[1] in getattr(getattr(early_stopping, "__code__", None), "co_varnames", ()):
            raise UnboundLocalError("it has a value outside `callback`, and none inside") from error
        raise


def stopping_by(rule):
    """A wrong callback from its rule, a function of the validation losses so far and the patience."""

    def early_stopping(patience):
        return lambda nn: rule(nn.history["val_loss"], patience)

    return early_stopping


def since(losses):
    return len(losses) - 1 - int(np.argmin(losses))


def rises_in_a_row(losses):
    count = 0
    for before, after in zip(losses[-2::-1], losses[::-1]):
        if after < before:
            break
        count += 1
    return count


def epochs_without_fall(losses):
    """Counts every epoch that was no new best, and never starts again at 0."""
    return sum(losses[e] >= min(losses[:e]) for e in range(1, len(losses)))


_shared = {}


def early_stopping_sharing(patience):
    _shared.update(best=np.inf, waited=0)

    def callback(nn):
        loss = nn.history["val_loss"][-1]
        if loss < _shared["best"]:
            _shared.update(best=loss, waited=0)
        else:
            _shared["waited"] += 1
        return _shared["waited"] >= patience

    return callback


def early_stopping_without_nonlocal(patience):
    waited = 0

    def callback(nn):
        waited += since(nn.history["val_loss"]) > 0  # noqa: F823, which is the mistake
        return waited >= patience

    return callback


exercise(
    title="A callback that stops in time",
    solution=early_stopping,
    use=when_it_stops,
    returns=("answers", "the answers to a second network"),
    cases=lambda rng: [
        (2, [0.5, 0.4, 0.45, 0.41, 0.3]),
        (3, [0.9, 0.5, 0.6, 0.4, 0.5, 0.6, 0.45, 0.3]),
        (1, [0.6, 0.5, 0.7, 0.2]),
        (2, [0.5, 0.4, 0.4, 0.4, 0.39, 0.5]),
        (4, [0.3, 0.6, 0.5, 0.4, 0.35, 0.34, 0.2, 0.3]),
        (3, [0.5, 0.6, 0.4, 0.5, 0.3, 0.4, 0.2, 0.3]),
        (11, [float(loss) for loss in rng.uniform(1, 2, 60)]),
    ],
    also_right=[early_stopping_counting, EarlyStopping, early_stopping_by_slices],
    wrong=mistakes(
        stopping_by(lambda losses, patience: since(losses) > patience),
        "One epoch too patient: with `patience` 2 it stops after the second epoch without a new best, `>=`.",
        stopping_by(lambda losses, patience: since(losses) + 1 >= patience),
        "One epoch too impatient: the best epoch itself does not count as one of waiting.",
        stopping_by(lambda losses, patience: since(losses) == patience),
        "It says True in one epoch and False in the next. Right for `fit`, which stops at once; but a callback "
        "that is asked again should still say True: `>=`.",
        stopping_by(lambda losses, patience: since(losses) < patience),
        "The wrong way around: it says True while there is hope, and a true value *stops* the training.",
        stopping_by(lambda losses, patience: rises_in_a_row(losses) >= patience),
        "It counts rises in a row. A loss that falls a little between two rises, far above its best, keeps this "
        "running forever: count the epochs since the *best* one.",
        stopping_by(lambda losses, patience: len(losses) > 1 and losses[-1] >= losses[-2]),
        "It stops at the first rise. A loss goes up and down on its way: give it `patience` epochs.",
        stopping_by(lambda losses, patience: epochs_without_fall(losses) >= patience),
        "The count never goes back to 0. A new best starts the waiting anew.",
        stopping_by(lambda losses, patience: len(losses) >= patience),
        "It stops after `patience` epochs, whatever the losses do. Count from the best epoch, not from the first.",
        stopping_by(lambda losses, patience: losses[::-1].index(min(losses)) >= patience),
        "A loss that only *equals* the best one is no progress: it has to go below it. Count from the first best.",
        lambda patience: lambda nn: since(nn.history["train_loss"]) >= patience,
        "It looks at the training loss, which says nothing about unseen rows. Look at `nn.history['val_loss']`.",
        stopping_by(lambda losses, patience: len(losses) > 1 and losses[-1] >= min(losses[:-1])),
        "It stops at the first epoch without a new best. Losses go up and down on their way: give it `patience` "
        "epochs.",
        stopping_by(lambda losses, patience: len(losses) > patience and losses[-1] >= losses[-1 - patience]),
        "It compares with the loss `patience` epochs ago. Compare with the best so far.",
        early_stopping_without_nonlocal,
        "A variable of `early_stopping`, such as `best`, is assigned inside `callback`, so Python takes it for a "
        "new one there. Write `nonlocal best` first, or ask `nn.history` anew each time.",
        early_stopping_sharing,
        "Two callbacks disturb each other: they keep their numbers in one place outside. Each call of "
        "`early_stopping` needs numbers of its own, made inside it.",
    ),
    hints=[
        "Two functions, one inside the other: the outer one remembers `patience`, the inner one gets `nn` and answers "
        "True or False.",
        "`nn.history['val_loss']` holds all validation losses up to now. How many epochs have passed since the best "
        "one? `np.argmin` finds that.",
        "The last epoch is number `len(val_losses) - 1`. Take the best one away from it, and compare with `patience`.",
    ],
    holds="You now have early stopping: training that ends when unseen rows no longer benefit from it.",
)


# ---- keep_best --------------------------------------------------------------------------------------


def keep_best(kept):
    def callback(nn):
        loss = nn.history["val_loss"][-1]
        if loss < kept.get("loss", np.inf):
            kept.update(loss=loss, epoch=nn.epoch - 1, parameters=nn.get_parameters())

    return callback


def keep_best_by_nonlocal(kept):
    lowest = np.inf

    def callback(nn):
        nonlocal lowest
        if nn.history["val_loss"][-1] < lowest:
            lowest = kept["loss"] = nn.history["val_loss"][-1]
            kept["epoch"] = len(nn.history["val_loss"]) - 1
            kept["parameters"] = [{"W": layer.W.copy(), "b": layer.b.copy()} for layer in nn.layers]
        return False

    return callback


def keep_best_by_argmin(kept):
    def callback(nn):
        losses = nn.history["val_loss"]
        if np.argmin(losses) == len(losses) - 1:
            kept["parameters"] = copy.deepcopy(nn.get_parameters())
            kept["epoch"], kept["loss"] = np.argmin(losses), min(losses)

    return callback


class KeepBest:
    def __init__(self, kept):
        self.kept = kept

    def __call__(self, nn):
        losses = nn.history["val_loss"]
        if len(losses) == 1 or losses[-1] < self.kept["loss"]:
            self.kept |= {"parameters": nn.get_parameters(), "epoch": nn.epoch - 1, "loss": losses[-1]}


KEPT = "epoch", "loss", "parameters"


def what_is_kept(keep_best, val_losses):
    """Two networks train in turns, each with a dict of its own: what is in the dicts at the end, and the answers."""
    dicts = {}, {}
    callbacks = [keep_best(kept) for kept in dicts]
    if callbacks[0] is None:
        return None
    networks, stops, changes = (Network(), Network()), [], []
    for epoch, loss in enumerate(val_losses):
        for k, (nn, callback) in enumerate(zip(networks, callbacks)):
            nn.train(loss if k == 0 else val_losses[0] + 0.5 - 0.001 * epoch)
            weight = nn.layers[0].W.item()
            stops.append(bool(asked(callback, nn, keep_best)))
            changes.append(nn.layers[0].W.item() != weight)
    mine, other = ([kept.get(key) for key in KEPT] for kept in dicts)
    return *mine, other, any(stops), any(changes)


def keeping(worth_it, loss_of=lambda nn: nn.history["val_loss"][-1], parameters_of=Network.get_parameters):
    """A wrong `keep_best` from its condition, a function of the losses so far, and from what it keeps."""

    def keep_best(kept):
        def callback(nn):
            if worth_it(nn.history["val_loss"]):
                kept.update(loss=loss_of(nn), epoch=nn.epoch - 1, parameters=parameters_of(nn))

        return callback

    return keep_best


def new_best(losses):
    return np.argmin(losses) == len(losses) - 1


def keep_best_without_nonlocal(kept):
    lowest = np.inf

    def callback(nn):
        lowest = min(lowest, nn.history["val_loss"][-1])  # noqa: F823, which is the mistake
        kept.update(loss=lowest, epoch=nn.epoch - 1, parameters=nn.get_parameters())

    return callback


def keep_best_sharing(kept):
    _shared.update(lowest=np.inf)

    def callback(nn):
        loss = nn.history["val_loss"][-1]
        if loss < _shared["lowest"]:
            _shared.update(lowest=loss)
            kept.update(loss=loss, epoch=nn.epoch - 1, parameters=nn.get_parameters())

    return callback


exercise(
    title="A callback that keeps the best weights",
    solution=keep_best,
    use=what_is_kept,
    returns=(
        *(f"kept['{key}']" for key in KEPT),
        *("what a second network keeps", "whether training is stopped", "whether the network is changed"),
    ),
    cases=lambda rng: [
        ([0.5, 0.4, 0.45, 0.42],),
        ([0.9, 0.5, 0.6, 0.4, 0.4, 0.7],),
        ([3.5, 2.5, 2.75, 2.0, 2.25, 2.1],),
        ([0.3, 0.6, 0.5],),
        ([float(loss) for loss in rng.uniform(1, 2, 30)],),
    ],
    also_right=[keep_best_by_nonlocal, keep_best_by_argmin, KeepBest],
    wrong=mistakes(
        keeping(new_best, parameters_of=lambda nn: [{"W": layer.W, "b": layer.b} for layer in nn.layers]),
        "The parameters kept are those of the last epoch. Are they stored in every epoch? Or without a copy: then "
        "`kept['parameters']` names the network's own arrays, which go on training. `nn.get_parameters()` copies them.",
        keeping(lambda losses: True),
        "It keeps every epoch, and so in the end the last one. Keep an epoch only if its loss is below the lowest "
        "so far.",
        keeping(lambda losses: losses[-1] <= min(losses)),
        "A loss that only *equals* the best one replaces it. It has to be below: `<`.",
        keeping(lambda losses: len(losses) < 2 or losses[-1] < losses[-2]),
        "Better than the epoch before is not better than all before: compare with the lowest loss so far.",
        keeping(lambda losses: losses[-1] == max(losses)),
        "It keeps the epoch with the *largest* validation loss.",
        keeping(lambda losses: losses[-1] < min([1.0, *losses[:-1]])),
        "The search starts at a loss of 1, and where all losses are larger than 1 nothing is kept. Start at `np.inf`.",
        edited(keep_best, '"val_loss"', '"train_loss"'),
        "It looks at the training loss, which says nothing about unseen rows. Look at `nn.history['val_loss']`.",
        keeping(new_best, loss_of=lambda nn: nn.history["train_loss"][-1]),
        "`kept['loss']` holds a training loss. Keep the validation loss of the epoch.",
        edited(keep_best, "nn.epoch - 1", "nn.epoch"),
        "`nn.epoch` says how many epochs have been run. They count from 0, so the last one is `nn.epoch - 1`.",
        edited(keep_best, "kept.update(", "return not kept.update("),
        "The callback returns something true, and that stops the training. It should only keep: no `return` in it.",
        keeping(lambda losses: losses[-1] < min(losses)),
        "Nothing is in `kept` afterwards. Is the condition ever true? (The newest loss is in the history already.) "
        "And do you write into the dict that came in, as in `kept['loss'] = loss`?",
        edited(keep_best, 'kept.get("loss", np.inf)', 'kept["loss"]'),
        "Before the first epoch `kept` is empty. `kept.get('loss', np.inf)` is infinity where there is no 'loss'.",
        keep_best_without_nonlocal,
        "A variable of `keep_best` is assigned inside `callback`, so Python takes it for a new one there. Write "
        "into the dict, as in `kept['loss'] = loss`, which needs no assignment to the name.",
        edited(keep_best, "epoch=nn.epoch - 1, ", ""),
        "After training, `kept` should have the keys 'epoch', 'loss' and 'parameters'.",
        keep_best_sharing,
        "Two callbacks disturb each other: they keep their numbers in one place outside. Each call of `keep_best` "
        "has a dict of its own for them, `kept`.",
    ),
    hints=[
        "When is an epoch worth keeping? Only when its validation loss is below that of the one in `kept`; the first "
        "epoch always is.",
        "`kept.get('loss', np.inf)` is the lowest loss so far, or infinity as long as nothing has been kept.",
        "`kept['parameters'] = nn.get_parameters()` keeps copies. Set 'loss' and 'epoch' too, and return nothing.",
    ],
    holds="You now have the way back: whatever training does afterwards, the best weights are yours.",
)


# ---- stop_epoch -------------------------------------------------------------------------------------

EPOCHS = 1000
TEST_SEED = 2024


@functools.cache
def the_run():
    """The run of the exercise: the training, validation and test loss after each epoch (the first before it)."""
    X, y, X_val, y_val = split_rows(*datasets.noisy_sine(n=40, noise=0.4, seed=26), 20, np.random.default_rng(0))
    X_test, y_test = datasets.noisy_sine(n=200, noise=0.4, seed=TEST_SEED)
    rng = np.random.default_rng(3)
    side, place = rng.choice([-1.0, 1.0], size=40), rng.uniform(-1, 1, size=40)
    layers = [
        {"n_inputs": 1, "n_neurons": 40, "activation": "tanh"},
        {"n_inputs": 40, "n_neurons": 1, "activation": "linear"},
    ]
    nn = NeuralNetwork(layers, learning_rate=0.03)
    W1 = 10 * side.reshape(1, 40)
    nn.set_parameters([{"W": W1, "b": -W1[0] * place}, {"W": glorot(40, 1, rng), "b": np.zeros(1)}])
    tested = []
    history = nn.fit(
        X,
        y,
        epochs=EPOCHS,
        batch_size=20,
        validation_data=(X_val, y_val),
        callback=lambda nn: tested.append(nn.loss(X_test, y_test)),
    )
    return history["train_loss"], history["val_loss"], tested


NO_NUMBER = "Give one number: that of the epoch after which you would stop."
A_LOSS = "Epochs are whole numbers. Is this a loss? Give the epoch at which it is reached."
NO_SUCH_EPOCH = "There is no such epoch: they are numbered from 0 to 999."
ALL_OF_IT = (
    "That is the whole training, and one more: the last of the thousand epochs is 999. You are asked to stop earlier."
)
BEST_TRAINING = (
    "That is where the *training* loss is smallest, at the very end. It is measured on the rows that the network "
    "learns from, and it always says: go on. Look at the other curve."
)
AT_THE_END = "That is practically the end. The validation loss has been rising for hundreds of epochs by then."
TOO_EARLY = "Too early: the validation loss is still falling there. Go on to its lowest point."
TOO_LATE = (
    "Too late: the validation loss has been rising for some time by then. Go back to its lowest point, which is not "
    "the epoch at which early stopping has waited long enough, but the best one before."
)


def accept(stop_epoch, rng):
    """None for an epoch whose validation loss is within a tenth of the best one, else what is wrong with it."""
    if (
        isinstance(stop_epoch, bool)
        or not isinstance(stop_epoch, Number | np.number)
        or isinstance(stop_epoch, complex)
    ):
        return NO_NUMBER
    if stop_epoch == EPOCHS:
        return ALL_OF_IT
    if stop_epoch != np.floor(stop_epoch):
        return A_LOSS
    if not 0 <= stop_epoch < EPOCHS:
        return NO_SUCH_EPOCH
    epoch = int(stop_epoch)
    train_losses, val_losses, _ = the_run()
    best = np.argmin(val_losses)
    if val_losses[epoch] <= 1.1 * val_losses[best]:
        return None
    if epoch == np.argmin(train_losses):
        return BEST_TRAINING
    if epoch < best:
        return TOO_EARLY
    return AT_THE_END if epoch >= 900 else TOO_LATE


exercise(
    name="stop_epoch",
    title="The epoch to stop at",
    solution=49,
    verify=accept,
    also_right=[30, 60.0, np.int64(90)],
    wrong=[
        (999, BEST_TRAINING),
        (1000, ALL_OF_IT),
        (998, AT_THE_END),
        (400, TOO_LATE),
        (5, TOO_EARLY),
        (0.193, A_LOSS),
        (-1, NO_SUCH_EPOCH),
        ([49], NO_NUMBER),
    ],
    hints=[
        "You may use the rows that the network learned from and those that it was validated on. Which of the two "
        "curves knows something about unseen rows?",
        "`np.argmin(val_losses)` is the place of the lowest point of a curve. Any epoch near it will do.",
    ],
    holds="You now have a network stopped in time: near such an epoch the loss on 200 test points that nobody had "
    "looked at is 0.21 to 0.23, above the 0.19 to 0.21 on those you chose by; at the end of the run it is 0.355.",
    code="stop_epoch = 49  # which is np.argmin(val_losses)",
)


# ---- best_epoch -------------------------------------------------------------------------------------


def best_epoch(val_losses):
    return int(np.argmin(val_losses))


def best_epoch_loop(val_losses):
    best = 0
    for epoch, loss in enumerate(val_losses):
        if loss < val_losses[best]:
            best = epoch
    return best


def first_rise(val_losses):
    for epoch in range(1, len(val_losses)):
        if val_losses[epoch] > val_losses[epoch - 1]:
            return epoch - 1
    return len(val_losses) - 1


exercise(
    title="The epoch with the smallest validation loss",
    optional=True,
    solution=best_epoch,
    cases=lambda rng: [
        ([0.9, 0.5, 0.6, 0.3, 0.3, 0.7],),
        ([float(loss) for loss in rng.permutation(9) + 1.5],),
        ([0.4, 0.5, 0.6],),
        ([0.7, 0.7, 0.2, 0.8, 0.2, 0.2, 0.9],),
        ([3.0, 2.0, 1.0, 0.5],),
        ([0.25],),
        ([0.31, 0.123456782, 0.123456781, 0.2],),
        ([1.5, 1.25, 3.0],),
        ([0.5, 0.0, 0.0, 1.0],),
        ([float(loss) for loss in np.geomspace(1, 0.1, 30)] + [float(loss) for loss in rng.uniform(0.11, 0.2, 90)],),
    ],
    also_right=[
        best_epoch_loop,
        lambda val_losses: val_losses.index(min(val_losses)),
        lambda val_losses: min(range(len(val_losses)), key=val_losses.__getitem__),
        lambda val_losses: np.argmin(val_losses),
        lambda val_losses: int(np.argsort(val_losses, kind="stable")[0]),
    ],
    wrong=mistakes(
        lambda val_losses: min(val_losses),
        "This is the smallest loss. Tell *when* it was reached: its place.",
        lambda val_losses: int(np.argmax(val_losses)),
        "This is the epoch with the largest loss.",
        lambda val_losses: len(val_losses) - 1 - int(np.argmin(val_losses[::-1])),
        "Of two equally good epochs the first one counts: the shorter training is the cheaper one.",
        first_rise,
        "This stops at the first rise. A loss goes up and down a little on its way; the smallest of all may come "
        "later.",
        edited(first_rise, "] > val", "] >= val"),
        "This stops the first time that the loss does not fall. The smallest of all may come later: look at all of "
        "them.",
        lambda val_losses: [e for e, loss in enumerate(val_losses) if loss == min(val_losses)],
        "These are all the best epochs. Return one number, the first of them.",
        lambda val_losses: best_epoch(val_losses) if min(val_losses) < 1 else 0,
        "The search starts at a loss of 1, and where all losses are larger than 1 it finds none. Start at "
        "`np.inf`, or at the first loss.",
        lambda val_losses: int(np.argmin(np.round(val_losses, 3))),
        "The losses are rounded before they are compared, so two that differ a little look equal. Compare them as "
        "they are.",
    ),
    hints=[
        "You look for a place in the list, and not for a value.",
        "NumPy has a function for the place of the smallest entry; its name begins with `arg`. Of equals it takes "
        "the first.",
    ],
    holds="You now have the epoch to go back to: the one after which unseen rows were predicted best.",
)
