"""One run of training, told completely: data, network, how it learns. The playground shows it and lets it be changed.

    settings = Settings(data="spiral", hidden=(8, 8), learning_rate=0.3)
    str(settings)              one line that shares it: playground(data='spiral', hidden=(8, 8), learning_rate=0.3)
    Settings.read(line)        and back
    settings.code()            the same run as a few lines of nnlib, to keep
    Run(settings).train()      that very code, run; in pieces, as small as one update, where somebody watches

To add a data set, enter its lines of code in `DATA`: controls, checks and tests find it there.
"""

import ast
import math
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from time import perf_counter

import numpy as np

from nnlib import checks, datasets
from nnlib.activations import ACTIVATIONS
from nnlib.checks import DivergenceError
from nnlib.initializers import INITIALIZERS
from nnlib.losses import LOSSES
from nnlib.network import NeuralNetwork
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedulers import SCHEDULERS

# Name -> the lines that make X (n, 2) or (n, 1), and y (n, 1).
DATA = {
    "xor": """\
rng = np.random.default_rng({data_seed})
X = rng.uniform(-1, 1, ({n}, 2))
y = (X[:, :1] * X[:, 1:] < 0).astype(float)
X += rng.normal(0, {noise}, X.shape)""",
    "circles": "X, y = datasets.circles({n}, noise={noise}, seed={data_seed})",
    "moons": "X, y = datasets.moons({n}, noise={noise}, seed={data_seed})",
    "spiral": "X, y = datasets.spiral({n}, noise={noise}, seed={data_seed})",
    "gauss": """\
rng = np.random.default_rng({data_seed})
y = np.arange({n})[:, np.newaxis] % 2.0
X = rng.normal(y - 0.5, 0.2 + {noise}, ({n}, 2))""",
    "above a sine": """\
rng = np.random.default_rng({data_seed})
X = rng.uniform(-1, 1, ({n}, 2))
y = (X[:, 1:] > 0.5 * np.sin(np.pi * X[:, :1])).astype(float)
X += rng.normal(0, {noise}, X.shape)""",
    "noisy sine": "X, y = datasets.noisy_sine({n}, noise={noise}, seed={data_seed})",
    "own points": "X, y = np.empty((0, 2)), np.empty((0, 1))",
    "own arrays": "X, y = np.array(X, dtype=float), np.array(y, dtype=float).reshape(-1, 1)  # yours",
    "own curve": "X, y = np.array(X, dtype=float), np.array(y, dtype=float).reshape(-1, 1)  # yours",
}
OWN = ("own arrays", "own curve")  # the reader's, not to be told in a line
CURVES = ("noisy sine", "own curve")  # X (n, 1), and y is a number to be fitted; all others have X (n, 2) and classes

POINTS = """
points = np.array({points})  # x1, x2, class
X, y = np.concatenate([X, points[:, :2]]), np.concatenate([y, points[:, 2:]])"""

# What a network may be given instead of, or beside, x1 and x2.
INPUTS = {
    "x1": "X[:, 0]",
    "x2": "X[:, 1]",
    "x1²": "X[:, 0] ** 2",
    "x2²": "X[:, 1] ** 2",
    "x1·x2": "X[:, 0] * X[:, 1]",
    "sin x1": "np.sin(np.pi * X[:, 0])",
    "sin x2": "np.sin(np.pi * X[:, 1])",
}


class Impossible(ValueError):
    """Settings that no run can have. The message is a sentence for the reader."""


@dataclass(frozen=True)
class Settings:
    """All that decides a run. Two equal ones give the same history to the last digit.

    data : a name in `DATA`; n, noise, data_seed : its number of rows, standard deviation and seed.
    points : points added to these by hand, a tuple of (x1, x2, class), class 0 or 1.
    held : the part of the rows that is held back for validation, from 0 to below 1.
    inputs : names in `INPUTS`, at least one.
    hidden : the widths of the hidden layers, such as (8, 8); () for none.
    activation : of the hidden layers; output : of the last one. initializer : a name, or "auto", the activation's own.
    loss, optimizer, scheduler : names; "constant" is no scheduler. gamma, step_size : the scheduler's.
    learning_rate, l2_lambda, batch_size, seed, epochs : as in `NeuralNetwork` and `fit`.

    Raises Impossible, a ValueError, with a sentence that says why, for what cannot be.
    """

    data: str = "xor"
    n: int = 200
    noise: float = 0.05
    data_seed: int = 0
    points: tuple = ()
    held: float = 0.3
    inputs: tuple = ("x1", "x2")
    hidden: tuple = (4,)
    activation: str = "tanh"
    initializer: str = "auto"
    output: str = "linear"
    loss: str = "mse"
    optimizer: str = "SGD"
    learning_rate: float = 0.1
    scheduler: str = "constant"
    gamma: float = 0.9
    step_size: int = 50
    l2_lambda: float = 0.0
    batch_size: int = 10
    seed: int = 0
    epochs: int = 300

    def __post_init__(self):
        try:
            for field in fields(self):
                object.__setattr__(self, field.name, self._checked(field, getattr(self, field.name)))
        except (TypeError, ValueError) as error:
            raise Impossible(str(error)) from None
        self._check_together()

    def _checked(self, field, value):
        name, known = field.name, _CHOICES.get(field.name)
        if known:
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {checks.brief(value)}")
            return value
        if field.type is int:
            return checks.integer(name, value, at_least=_AT_LEAST.get(name, 1))
        if field.type is float:
            bounds = {"above": 0} if name in ("learning_rate", "gamma") else {"at_least": 0}
            number = checks.number(name, value, at_most=1 if name in ("gamma", "held") else 1e100, **bounds)
            return abs(number)  # NumPy refuses a noise of -0.0
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise TypeError(f"{name} must be a tuple such as {field.default or ((0.5, -0.5, 1),)}, got {value!r}")
        value = tuple(value.tolist() if isinstance(value, np.ndarray) else value)
        if name == "hidden":
            return tuple(checks.integer("a hidden layer's width", width, at_least=1) for width in value)
        if name == "inputs":
            unknown = [each for each in value if each not in list(INPUTS)]
            if unknown or not value:
                raise ValueError(f"inputs must be some of {', '.join(INPUTS)}, got {unknown or 'none'}")
            return tuple(each for each in INPUTS if each in value)
        if any(
            not isinstance(point, Sequence | np.ndarray) or len(point) != 3 or point[2] not in (0, 1) for point in value
        ):
            raise ValueError("points must be (x1, x2, class), with the class 0 or 1")
        points = tuple(tuple(checks.number("a point", number) for number in point) for point in value)
        return tuple((x1, x2, int(value)) for x1, x2, value in points)

    def _check_together(self):
        last = LOSSES[self.loss].last_layer
        if last not in (None, self.output):
            raise Impossible(f"the loss {self.loss} makes probabilities itself: the output must be {last}.")
        if self.is_curve and self.loss == "cross_entropy":
            raise Impossible("a curve has no classes to choose among: the loss must be mse.")
        if not self.used_inputs:
            raise Impossible("a curve has only x1: choose an input that is made of x1 alone.")
        if self.held == 1:
            raise Impossible("held must be below 1: no row would be left to train on.")
        if self.data == "own points" and len(self.points) < 2:
            raise Impossible(f"own points: click two or more into the plane; so far there are {len(self.points)}.")
        if self.is_curve and self.points:
            raise Impossible("a curve has no classes: points of a class belong to the other data sets.")

    @property
    def is_curve(self):
        """Whether a number is fitted, to one input; else there are two inputs and two classes."""
        return self.data in CURVES

    @property
    def used_inputs(self):
        """The inputs that the network gets. A curve has no x2: what is made of it is left out."""
        return tuple(each for each in self.inputs if not (self.is_curve and "x2" in each))

    @property
    def widths(self):
        """From the inputs to the outputs; cross-entropy has an output for each of the two classes."""
        return (len(self.used_inputs), *self.hidden, LOSSES[self.loss].fewest)

    @property
    def n_parameters(self):
        """How many weights and biases the network has."""
        return sum((n + 1) * m for n, m in zip(self.widths, self.widths[1:]))

    def changed(self):
        """The settings that are not as they usually are, as a dict."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    def __str__(self):
        return f"playground({', '.join(f'{name}={value!r}' for name, value in self.changed().items())})"

    @classmethod
    def read(cls, line):
        """The settings that a line such as "playground(data='moons')" tells, which is read, not run.

        Words and a name may stand before it, as readers copy them: "This run in one line: ...", "live = ...".
        """
        try:
            call_and_rest = re.fullmatch(r"[^()]*?\b((?:playground|Settings|dict)\(.*)", line, re.DOTALL)[1]
            code = ast.parse(call_and_rest.rstrip(" \t\n\r\"'`.,;"))
            [call] = [node for node in ast.walk(code) if isinstance(node, ast.Call)]
            if call.args:
                raise ValueError
            told = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        except (SyntaxError, TypeError, ValueError):
            raise Impossible("the line must look like playground(data='moons', hidden=(8, 8))") from None
        return cls.of(told)

    @classmethod
    def of(cls, told):
        """The settings of a dict, with a sentence for a name that none of them has."""
        names = [field.name for field in fields(cls)]
        for name in told:
            if name not in names:
                raise Impossible(f"no setting is called {name!r}; there are {', '.join(names)}")
        return cls(**told)

    def code(self):
        """The run as nnlib code, a text; after it, `history` is that of the run.

        For "own arrays" and "own curve" the names X and y must have their values before.
        """
        names = sorted(["NeuralNetwork", "datasets"] + [self.scheduler] * (self.scheduler != "constant"))
        lines = ["import numpy as np", "", f"from nnlib import {', '.join(names)}"]
        lines += [f"from nnlib.optimizers import {self.optimizer}"] * (self.optimizer != "SGD")
        rows = "X_train, y_train" if self.held else "X, y"
        more = ", validation_data=(X_val, y_val)" if self.held else ""
        fit = f"history = nn.fit({rows}, epochs={self.epochs}, batch_size={self.batch_size}{more})"
        return "\n".join([*lines, "", self.data_code(), self.network_code(), fit, ""])

    def data_code(self):
        """The lines that make X, as it lies in the plane, and y."""
        lines = DATA[self.data] + POINTS * bool(self.points)
        return lines.format(**{field.name: getattr(self, field.name) for field in fields(self)})

    def inputs_code(self):
        """The expression that makes the network's inputs of an X like that."""
        return f"np.stack([{', '.join(INPUTS[each] for each in self.used_inputs)}], axis=1)"

    def network_code(self):
        """The lines from there to the network `nn`."""
        plain = self.used_inputs == (("x1",) if self.is_curve else ("x1", "x2"))
        lines = [] if plain else [f"X = {self.inputs_code()}"]
        if self.loss == "cross_entropy":
            lines.append("y = datasets.one_hot(y[:, 0].astype(int), 2)")
        if self.held:
            lines.append(f"X_train, y_train, X_val, y_val = datasets.split(X, y, fraction={self.held!r}, seed=0)")
        options = [f"learning_rate={self.learning_rate!r}", f"seed={self.seed}"]
        if self.l2_lambda:
            options.append(f"l2_lambda={self.l2_lambda!r}")
        if self.scheduler != "constant":
            step_size = f"step_size={self.step_size}, " * (self.scheduler == "StepLR")
            options.append(f"scheduler={self.scheduler}({step_size}gamma={self.gamma!r})")
        if self.loss != "mse":
            options.append(f"loss={self.loss!r}")
        if self.optimizer != "SGD":
            options.append(f"optimizer={self.optimizer}()")
        layers = ["layers = [", *map(self._layer, range(len(self.hidden) + 1)), "]"]
        return "\n".join([*lines, *layers, f"nn = NeuralNetwork(layers, {', '.join(options)})"])

    def _layer(self, k):
        n, m = self.widths[k : k + 2]
        activation = self.activation if k < len(self.hidden) else self.output
        own = f', "initializer": "{self.initializer}"' if self.initializer != "auto" else ""
        return f'    {{"n_inputs": {n}, "n_neurons": {m}, "activation": "{activation}"{own}}},'


_CHOICES = {
    "data": tuple(DATA),
    "activation": tuple(ACTIVATIONS),
    "output": tuple(ACTIVATIONS),
    "initializer": ("auto", *INITIALIZERS),
    "loss": tuple(LOSSES),
    "optimizer": tuple(OPTIMIZERS),
    "scheduler": ("constant", *SCHEDULERS),
}
_AT_LEAST = {"seed": 0, "data_seed": 0, "n": 2}


class Run:
    """A run of `settings`, from epoch 0 to its end, in pieces as small as wanted.

    X, y : for "own arrays", numbers (n, 2) and classes 0 and 1 (n,); for "own curve", numbers (n, 1) and (n,).

    It runs the settings' own code, so what is seen is what is exported.

    nn : the network after the last whole epoch. shown : the network now, which may be within an epoch.
    X, y : the points (n, 2) or (n, 1) and their targets (n,). held : (n,), True for the rows that are held back.
    end : the epochs that there will be. ran_away : the DivergenceError that brought it to an early end, or None.
    pace : epochs in a second, as far as measured.
    """

    def __init__(self, settings, X=None, y=None):
        self.settings, self.end, self.ran_away, self.pace = settings, settings.epochs, None, math.inf
        if settings.data in OWN and (X is None or y is None):
            raise Impossible(f"{settings.data} are yours to give: playground(X, y).")
        self._names = {"X": X, "y": y, "np": np, "datasets": datasets, "NeuralNetwork": NeuralNetwork}
        self._names |= SCHEDULERS | OPTIMIZERS
        exec(settings.data_code(), self._names)
        self.X, self.y = self._names["X"], self._names["y"][:, 0]
        self._check_data()
        exec(settings.network_code(), self._names)
        self.nn = self.shown = self._names["nn"]
        self.held = np.zeros(len(self.X), dtype=bool)
        if settings.held:
            self.held[datasets.split(np.arange(len(self.X)), self.X, settings.held, seed=0)[2]] = True
        parts = ("X_train", "y_train", "X_val", "y_val") if settings.held else ("X", "y")
        self.rows, self.targets, *validation = (self._names[part] for part in parts)
        self._validation = tuple(validation) or None
        self._inside = 0  # updates of the epoch that has begun

    def __deepcopy__(self, memo):
        return self.settings  # what a check, which copies its answers, takes for one

    def _check_data(self):
        columns = 1 if self.settings.is_curve else 2
        X = checks.rows("X", self.X, columns)
        checks.samples(X, self._names["y"], columns, 1)
        if columns == 2 and not np.isin(self.y, (0, 1)).all():
            raise Impossible("y must hold the classes 0 and 1 where X has two columns.")

    @property
    def updates_an_epoch(self):
        return -(-len(self.rows) // self.settings.batch_size)

    @property
    def updates(self):
        """How many updates there have been."""
        return self.nn.epoch * self.updates_an_epoch + self._inside

    @property
    def is_over(self):
        return self.nn.epoch >= self.end

    def inputs(self, X):
        """What the network is given for points of the plane (m, 2), or for numbers (m, 1)."""
        return eval(self.settings.inputs_code(), {"np": np, "X": X})

    def train(self, epochs=None, seconds=math.inf):
        """Go on for so many epochs and no longer than so many seconds (but one epoch at least), or to the end."""
        start, before = perf_counter(), self.nn.epoch
        until = self.end if epochs is None else min(self.end, before + epochs)
        self._inside, self.shown = 0, self.nn
        while self.nn.epoch < min(until, self.end):
            try:
                self.nn.fit(
                    self.rows,
                    self.targets,
                    epochs=min(until, self.end) - self.nn.epoch,
                    batch_size=self.settings.batch_size,
                    validation_data=self._validation,
                    callback=lambda nn: perf_counter() > start + seconds,
                )
            except DivergenceError as error:  # the network is as it was: again, up to the last epoch that is finite
                self.end, self.ran_away = error.epoch, error
            else:
                break
        self.pace = (self.nn.epoch - before) / max(perf_counter() - start, 1e-9) or self.pace

    def update(self):
        """Go on by one update, which looks at one batch."""
        if self._inside + 1 == self.updates_an_epoch:
            self.train(epochs=1)
        elif not self.is_over:
            self._inside += 1
            self.shown = self._within(self._inside)

    def _within(self, updates):
        """The network after so many updates of its next epoch."""
        twin, batch_size = self.nn.copy(), self.settings.batch_size
        first = twin.generator.permutation(len(self.rows))[: updates * batch_size]
        with suppress(DivergenceError):  # the network of before stays in view, and the whole epoch will tell
            twin.fit(self.rows[first], self.targets[first], epochs=1, batch_size=batch_size, shuffle=False)
        return twin

    def answers(self, X):
        """What the network says of points: the number that it fits, or how far a point is class 1, (m,)."""
        return self.shown.predict(self.inputs(X))[:, -1]

    def right(self):
        """The share of points on the right side of 0.5, of the training rows and of those held back (nan for none)."""
        right = (self.answers(self.X) > 0.5) == (self.y > 0.5)
        return [float(np.mean(part)) if len(part) else math.nan for part in (right[~self.held], right[self.held])]

    def dead(self):
        """Which hidden neurons are 0 for every training row: an array of bool for each hidden layer."""
        return [np.all(A == 0, axis=0) for A in self.shown.trace(self.rows)[1:-1]]
