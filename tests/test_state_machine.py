"""Networks driven at random, step by step beside an independent one: parameters, history, epoch, generator.

`STATE_MACHINE_EXAMPLES=5000 python -m pytest -n 0 -s tests/test_state_machine.py` drives longer, and prints its counts.
"""

import collections
import copy
import math
import os
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from networks import architectures, data, layers

from nnlib import DivergenceError, ExponentialLR, NeuralNetwork, StepLR

EXAMPLES = int(os.environ.get("STATE_MACHINE_EXAMPLES", "0"))


class Twin:
    """The same network once more, as one would write it on paper: no views, no vector, no shared line of code."""

    BENDS = {
        "linear": (lambda z: z, lambda z: np.ones_like(z)),
        "relu": (lambda z: np.where(z > 0, z, 0), lambda z: (z > 0).astype(z.dtype)),
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    }

    def __init__(self, widths, activations, seed):
        self.rng, self.activations = np.random.default_rng(seed), activations
        self.rate, self.price, self.schedule, self.rows = 0.03, 0.0, lambda epoch, rate: rate, []
        self.Ws, self.bs = [], [np.zeros(n) for n in widths[1:]]
        for (a, b), name in zip(zip(widths, widths[1:], strict=False), activations, strict=True):
            if name == "relu":
                self.Ws.append(self.rng.normal(0, np.sqrt(2 / a), (a, b)))
            else:
                self.Ws.append(self.rng.uniform(-np.sqrt(6 / (a + b)), np.sqrt(6 / (a + b)), (a, b)))

    def forward(self, X):
        As, Zs = [X], []
        for W, b, name in zip(self.Ws, self.bs, self.activations, strict=True):
            Zs.append(As[-1] @ W + b)
            As.append(self.BENDS[name][0](Zs[-1]))
        return As, Zs

    def loss(self, X, y):
        return float(np.mean((self.forward(X)[0][-1] - y) ** 2))

    def step(self, X, y, rate):
        As, Zs = self.forward(X)
        losses = np.mean((As[-1] - y) ** 2), self.price / 2 * sum(np.sum(W**2) for W in self.Ws)
        dA, new = 2 * (As[-1] - y) / y.size, []
        for k in reversed(range(len(self.Ws))):
            dZ = dA * self.BENDS[self.activations[k]][1](Zs[k])
            new.insert(0, (self.Ws[k] - rate * (As[k].T @ dZ + self.price * self.Ws[k]), self.bs[k] - rate * dZ.sum(0)))
            dA = dZ @ self.Ws[k].T
        self.Ws, self.bs = map(list, zip(*new, strict=True))
        return np.array(losses, dtype=float) * len(X)

    def fit(self, X, y, epochs, batch_size, shuffle, val, change=None):
        """`change(epoch)` may set rate, price and schedule between two epochs."""
        self.Ws, self.bs = [W.astype(X.dtype) for W in self.Ws], [b.astype(X.dtype) for b in self.bs]
        for _ in range(epochs):
            rate, order = self.schedule(len(self.rows), self.rate), np.arange(len(X))
            if shuffle and batch_size < len(X):
                order = self.rng.permutation(len(X))
            parts = [order[k : k + batch_size] for k in range(0, len(X), batch_size)]
            loss, penalty = sum(self.step(X[part], y[part], rate) for part in parts) / len(X)
            self.rows.append((loss, self.loss(*val) if val else math.nan, penalty, rate))
            if change:
                change(len(self.rows))


class Interruption(Exception):
    pass


SETTINGS = st.one_of(
    st.tuples(st.just("learning_rate"), st.sampled_from([0.01, 0.03, np.float32(0.05)])),
    st.tuples(st.just("l2_lambda"), st.sampled_from([0, 0.01, np.float64(0.3)])),
    st.tuples(st.just("scheduler"), st.sampled_from([None, StepLR(2, 0.5), ExponentialLR(0.8)])),
)
SPOILED = st.sampled_from(
    [("learning_rate", "0.1"), ("learning_rate", -5), ("l2_lambda", math.nan), ("scheduler", "StepLR")]
)
RUNS = st.fixed_dictionaries(
    {"epochs": st.integers(0, 4), "batch_size": st.integers(1, 8), "shuffle": st.booleans(), "validate": st.booleans()}
)


class Driven(RuleBasedStateMachine):
    counts = collections.Counter()

    @initialize(
        architecture=architectures(max_layers=3, max_width=4),
        seed=st.integers(0, 1000),
        dtype=st.sampled_from([None, np.float32, np.float64]),
        single=st.booleans(),
    )
    def build(self, architecture, seed, dtype, single):
        widths, activations = architecture
        self.counts["networks"] += 1
        self.network = NeuralNetwork(layers(widths, activations), learning_rate=0.03, seed=seed, dtype=dtype)
        self.twin, self.open = Twin(widths, activations, seed), dtype is None
        self.dtype = np.dtype(dtype or np.float64)
        rows = (0.5 * array for array in data(6, widths[0], widths[-1], seed))  # so that nothing diverges by itself
        self.X, self.y = (array.astype(np.float32 if single else np.float64) for array in rows)
        self.val = data(3, widths[0], widths[-1], seed + 1)

    def set(self, target, name, value):
        """The setting, in the network or, under its own names, in the twin."""
        if target is self.network:
            setattr(target, name, value)
        elif name == "scheduler":
            target.schedule = value or (lambda epoch, rate: rate)
        else:
            setattr(target, {"learning_rate": "rate", "l2_lambda": "price"}[name], float(value))

    def train(self, run, epochs=None, callback=None, change=None, error=()):
        """Train both, the twin for `epochs` if given; `error` is what the network must raise."""
        self.counts["fits"] += 1
        val = self.val if run["validate"] else None
        options = {"batch_size": run["batch_size"], "shuffle": run["shuffle"]}
        arguments = options | {"epochs": run["epochs"], "validation_data": val, "callback": callback}
        if error:
            with pytest.raises(error):
                self.network.fit(self.X, self.y, **arguments)
        else:
            self.network.fit(self.X, self.y, **arguments)
        if self.open:
            self.dtype, self.open = self.X.dtype, False
        X, y, *val = (array.astype(self.dtype) for array in (self.X, self.y, *(val or ())))
        self.twin.fit(X, y, run["epochs"] if epochs is None else epochs, **options, val=val, change=change)

    @rule(run=RUNS)
    def fit(self, run):
        self.train(run)

    @rule(run=RUNS, at=st.integers(1, 4), how=st.sampled_from(["stop", "raise", "nested", "other diverges"]))
    def cut_short(self, run, at, how):
        start, ends = self.network.epoch, at <= run["epochs"]

        def callback(network):
            if network.epoch < start + at:
                return False
            if how == "raise":
                raise Interruption
            if how == "nested":
                network.fit(self.X, self.y, epochs=1)
            if how == "other diverges":
                other = NeuralNetwork(layers([1, 1], "linear"), learning_rate=1e200, seed=0)
                other.fit([[1.0]], [[9.0]], epochs=3)
            return True

        errors = {"stop": (), "raise": Interruption, "nested": RuntimeError, "other diverges": DivergenceError}
        self.train(run, min(at, run["epochs"]), callback, error=errors[how] if ends else ())
        self.counts[how] += ends

    @rule(run=RUNS, at=st.integers(1, 4), setting=SETTINGS)
    def change_in_a_callback(self, run, at, setting):
        at += self.network.epoch
        self.train(
            run,
            callback=lambda network: self.set(network, *setting) if network.epoch == at else None,
            change=lambda epoch: self.set(self.twin, *setting) if epoch == at else None,
        )

    @rule(run=RUNS, setting=SPOILED)
    def spoil_in_a_callback(self, run, setting):
        good = getattr(self.network, setting[0])
        error = (TypeError, ValueError) if run["epochs"] else ()
        self.train(run, min(1, run["epochs"]), lambda network: setattr(network, *setting), error=error)
        setattr(self.network, setting[0], good)

    @rule(setting=SETTINGS)
    def change(self, setting):
        self.set(self.network, *setting)
        self.set(self.twin, *setting)

    @rule(run=RUNS, how=st.sampled_from(["diverge", "fail"]), setting=SETTINGS)
    def take_back(self, run, how, setting):
        """The twin does nothing at all."""
        network = self.network
        good, start = network.scheduler, network.epoch

        def schedule(epoch, rate):
            if epoch == start + 1 and how == "fail":
                raise Interruption
            return 0.01

        def callback(network):
            if setting[0] != "scheduler":
                self.set(network, *setting)
            if how == "diverge":
                network.layers[-1].b[:] = np.nan

        network.scheduler = schedule
        with pytest.raises(DivergenceError if how == "diverge" else Interruption):
            network.fit(self.X, self.y, run["epochs"] + 2, run["batch_size"], shuffle=run["shuffle"], callback=callback)
        network.scheduler = good
        self.counts[how] += 1

    @rule(how=st.sampled_from(["copy", "deepcopy", "pickle", "save"]))
    def replace_by_another(self, how):
        """Go on with the copy, and spoil the old one."""
        old = self.network
        if how == "save":
            with tempfile.TemporaryDirectory() as folder:
                old.save(Path(folder) / "run.npz")
                self.network = NeuralNetwork.load(Path(folder) / "run.npz")
        else:
            ways = {"copy": old.copy, "deepcopy": lambda: copy.deepcopy(old)}
            self.network = ways.get(how, lambda: pickle.loads(pickle.dumps(old)))()
        old.fit(self.X, self.y, epochs=1, batch_size=1)
        self.counts[how] += 1

    @rule(seed=st.integers(0, 100))
    def set_parameters(self, seed):
        rng = np.random.default_rng(seed)
        given = [{"W": rng.uniform(-1, 1, W.shape), "b": rng.normal(size=W.shape[1])} for W in self.twin.Ws]
        self.network.set_parameters(given)
        self.twin.Ws = [layer["W"].astype(self.dtype) for layer in given]
        self.twin.bs = [layer["b"].astype(self.dtype) for layer in given]

    @invariant()
    def both_are_equal(self):
        if not hasattr(self, "network"):
            return
        network, twin = self.network, self.twin
        close = {"rtol": 1e-9, "atol": 1e-10} if self.dtype == np.float64 else {"rtol": 1e-3, "atol": 1e-4}
        assert network.dtype == self.dtype and network._dtype_is_open == self.open
        assert network.epoch == len(twin.rows)
        history = [network.history[key] for key in ("train_loss", "val_loss", "penalty", "learning_rate")]
        np.testing.assert_allclose(np.transpose(history).reshape(-1, 4), np.reshape(twin.rows, (-1, 4)), **close)
        for layer, W, b in zip(network.get_parameters(), twin.Ws, twin.bs, strict=True):
            np.testing.assert_allclose(layer["W"], W, **close)
            np.testing.assert_allclose(layer["b"], b, **close)
        assert network._generator.bit_generator.state == twin.rng.bit_generator.state
        # From here on the two start equal again, so that rounding does not add up.
        twin.Ws, twin.bs = zip(*[(layer["W"], layer["b"]) for layer in network.get_parameters()], strict=True)

    def teardown(self):
        self.counts["sequences"] += 1


def test_a_network_driven_at_random_is_the_one_on_paper():
    profile = settings(
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        max_examples=EXAMPLES or 60,
        stateful_step_count=15,
    )
    Driven.counts.clear()
    run_state_machine_as_test(Driven, settings=profile)
    print(dict(Driven.counts))
    assert Driven.counts["fits"] > 100
