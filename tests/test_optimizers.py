"""Optimizers: each rule against its formula, as a pure function; and their state as a part of the network's."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import XOR_X, XOR_Y, data, derandomized, layers, state, xor_network

from nnlib import DivergenceError, ExponentialLR, NeuralNetwork, StepLR, datasets, gradient_check
from nnlib.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Momentum, Optimizer

RULES = [SGD(), Momentum(), Momentum(0.5, nesterov=True), Adam(), Adam(0.8, 0.9, 1e-6), AdamW(weight_decay=0.1)]
every_rule = pytest.mark.parametrize("rule", RULES, ids=repr)


def classes(n=9, seed=0):
    """Rows of three classes, and a network for them."""
    X, _ = data(n, 2, 3, seed)
    return X, datasets.one_hot(np.arange(n) % 3, 3)


def classifier(**settings):
    return NeuralNetwork(
        layers([2, 4, 3], ["tanh", "linear"]), **{"learning_rate": 0.05, "seed": 0, "loss": "cross_entropy", **settings}
    )


# ---- The rules --------------------------------------------------------------------------------------


def sgd(gradients, rate):
    return [-rate * g for g in gradients]


def momentum(gradients, rate, beta=0.9, nesterov=False):
    """The velocity written out as the sum that it is, newest gradient first."""
    moves = []
    for t in range(len(gradients)):
        velocity = sum(beta**k * gradients[t - k] for k in range(t + 1))
        moves.append(-rate * (gradients[t] + beta * velocity if nesterov else velocity))
    return moves


def adam(gradients, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """The bias-corrected means written out as the weighted means that they are: the weights sum to 1."""
    moves = []
    for t in range(len(gradients)):
        w1, w2 = (np.array([beta ** (t - k) for k in range(t + 1)]) for beta in (beta1, beta2))
        mean = sum(w * g for w, g in zip(w1 / w1.sum(), gradients))
        square = sum(w * g**2 for w, g in zip(w2 / w2.sum(), gradients))
        moves.append(-rate * mean / (np.sqrt(square) + epsilon))
    return moves


@pytest.mark.parametrize(
    "rule, on_paper",
    [
        (SGD(), sgd),
        (Momentum(), momentum),
        (Momentum(0.5), lambda g, rate: momentum(g, rate, 0.5)),
        (Momentum(0.7, nesterov=True), lambda g, rate: momentum(g, rate, 0.7, nesterov=True)),
        (Adam(), adam),
        (Adam(0.5, 0.6, 1e-3), lambda g, rate: adam(g, rate, 0.5, 0.6, 1e-3)),
        (AdamW(), adam),  # its decay is the network's part
    ],
    ids=lambda each: repr(each) if isinstance(each, Optimizer) else "",
)
@derandomized
@given(n=st.integers(1, 5), steps=st.integers(1, 8), rate=st.sampled_from([0.001, 0.1, 2.0]), seed=st.integers(0, 99))
def test_a_rule_is_its_formula(rule, on_paper, n, steps, rate, seed):
    gradients = np.random.default_rng(seed).normal(size=(steps, n))
    parameters, memory = np.ones(n), np.zeros((rule.n_states, n))
    for t, move in enumerate(on_paper(gradients, rate), start=1):
        before = parameters.copy()
        rule.step(parameters, gradients[t - 1].copy(), rate, memory, t)
        np.testing.assert_allclose(parameters - before, move, rtol=1e-9, atol=1e-12)


@every_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_rule_keeps_the_dtype_and_no_memory_of_its_own(rule, dtype):
    def run():
        parameters, memory = np.ones(3, dtype), np.zeros((rule.n_states, 3), dtype)
        for t in (1, 2, 3):
            rule.step(parameters, np.array([1.0, -2.0, 1e-6], dtype), 0.1, memory, t)
        return parameters, memory

    (one, memory), (other, _) = run(), run()
    assert one.dtype == memory.dtype == dtype
    assert one.tobytes() == other.tobytes()
    assert dataclasses.replace(rule) == rule and hash(dataclasses.replace(rule)) == hash(rule)


def test_the_first_step_of_adam_has_the_length_of_the_rate_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e6):
        parameters = np.zeros(2)
        Adam().step(parameters, np.array([size, -size]), 0.01, np.zeros((2, 2)), 1)
        np.testing.assert_allclose(parameters, [-0.01, 0.01], rtol=1e-4)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Momentum(1), "beta must be below 1, or nothing would ever be forgotten, got 1"),
        (lambda: Momentum(-0.1), "beta must be a finite number of at least 0 and at most 1, got -0.1"),
        (lambda: Momentum(nesterov="no"), "nesterov must be True or False, got 'no'"),
        (lambda: Adam(beta2=1.5), "beta2 must be a finite number of at least 0 and at most 1, got 1.5"),
        (lambda: Adam(epsilon=0), "epsilon must be a finite number of at least 1e-30, got 0"),
        (lambda: AdamW(weight_decay=-1), "weight_decay must be a finite number of at least 0, got -1"),
        (lambda: xor_network(optimizer=Adam), "optimizer must be one such as Adam(), got <class"),
        (lambda: xor_network(optimizer="adam"), "optimizer must be one such as Adam(), got 'adam'"),
    ],
)
def test_what_is_wrong_is_named(make, words):
    with pytest.raises((ValueError, TypeError)) as error:
        make()
    assert str(error.value).startswith(words)


# ---- In the network ---------------------------------------------------------------------------------


@every_rule
def test_training_with_it_learns(rule):
    rate = 0.1 if rule.n_states < 2 else 0.02
    network = xor_network(optimizer=rule, learning_rate=rate)
    losses = network.fit(XOR_X, XOR_Y, epochs=600, batch_size=4)["train_loss"]
    assert losses[-1] < losses[0] / 10
    assert network.optimizer is rule


def test_without_a_word_it_is_plain_descent_bit_for_bit(tmp_path):
    plain, named = xor_network(), xor_network(optimizer=SGD(), loss="mse")
    assert plain.fit(XOR_X, XOR_Y, epochs=5)["train_loss"] == named.fit(XOR_X, XOR_Y, epochs=5)["train_loss"]
    assert state(plain) == state(named) and repr(plain) == repr(named) and "optimizer" not in repr(plain)
    plain.save(tmp_path / "plain.npz")
    with np.load(tmp_path / "plain.npz") as file:
        header = file["header"].tobytes()
        assert set(file.files) == {"header", "parameters", "history"}
    assert b"optimizer" not in header and b"loss" not in header


@every_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scheduler", [None, StepLR(2, 0.5)], ids=repr)
def test_a_copied_a_pickled_and_a_saved_network_go_on_bit_for_bit(rule, dtype, scheduler, tmp_path):
    X, y = classes()
    X = X.astype(dtype)
    settings = {"optimizer": rule, "l2_lambda": 0.01, "scheduler": scheduler}
    whole, broken = classifier(**settings), classifier(**settings)
    for epochs in (3, 1, 4):
        whole.fit(X, y, epochs=epochs, batch_size=4)
        broken.fit(X, y, epochs=epochs, batch_size=4)
        broken.save(tmp_path / "run.npz")
        for twin in (
            copy.deepcopy(broken),
            pickle.loads(pickle.dumps(broken)),
            NeuralNetwork.load(tmp_path / "run.npz"),
        ):
            assert state(twin) == state(whole)
            assert np.array_equal(twin.predict(X), whole.predict(X)) and repr(twin) == repr(whole)
            broken = twin


@every_rule
def test_a_copy_has_a_memory_of_its_own(rule):
    X, y = classes()
    network = classifier(optimizer=rule)
    network.fit(X, y, epochs=2)
    before, twin = state(network), network.copy()
    twin.fit(X, y, epochs=2)
    assert state(network) == before


@every_rule
def test_a_network_of_another_dtype_takes_its_memory_along(rule):
    X, y = classes()
    network = classifier(optimizer=rule)
    network.fit(X, y, epochs=3)
    half = network.copy(dtype=np.float32)
    for each in (network, half):
        each.fit(X, y, epochs=1, shuffle=False)
    for one, other in zip(network.get_parameters(), half.get_parameters(), strict=True):
        np.testing.assert_allclose(other["W"], one["W"], rtol=1e-4, atol=1e-5)


@every_rule
def test_a_run_that_explodes_leaves_the_memory_as_it_was(rule):
    X, y = classes()
    network = classifier(optimizer=rule)
    network.fit(X, y, epochs=2)
    before = state(network)
    network.learning_rate = 1e308
    with pytest.raises(DivergenceError):
        network.fit(X, y, epochs=50)
    network.learning_rate = 0.05
    assert state(network) == before


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.n_states], ids=repr)
def test_a_file_without_its_memory_is_refused(rule, tmp_path):
    from nnlib import storage

    network = classifier(optimizer=rule)
    network.fit(*classes(), epochs=2)
    header, arrays = network._checkpoint()
    arrays["state"] = arrays["state"][:, :-1]
    storage.save(tmp_path / "short.npz", header, arrays)
    with pytest.raises(ValueError, match="what its optimizer remembers has shape"):
        NeuralNetwork.load(tmp_path / "short.npz")


@dataclasses.dataclass(frozen=True)
class Signs(Optimizer):
    """A rule of a reader's own."""

    n_states = 1

    def step(self, parameters, gradient, rate, state, t):
        state[0] += np.sign(gradient)
        parameters -= rate * np.sign(state[0])


def test_an_optimizer_of_your_own_must_be_passed_again(tmp_path):
    network = classifier(optimizer=Signs())
    network.fit(*classes(), epochs=2)
    assert state(network.copy()) == state(network)
    network.save(tmp_path / "own.npz")
    with pytest.raises(ValueError, match=r"an optimizer of your own; pass it again: load\(path, optimizer=...\)"):
        NeuralNetwork.load(tmp_path / "own.npz")
    assert state(NeuralNetwork.load(tmp_path / "own.npz", optimizer=Signs())) == state(network)


def test_the_rate_of_the_schedule_reaches_the_rule():
    network = xor_network(optimizer=Adam(), learning_rate=0.01, scheduler=ExponentialLR(0.5))
    before = network.get_parameters()[0]["W"]
    network.fit(XOR_X, XOR_Y, epochs=1, batch_size=4)
    np.testing.assert_allclose(abs(network.get_parameters()[0]["W"] - before), 0.01, rtol=1e-5)
    history = network.fit(XOR_X, XOR_Y, epochs=2, batch_size=4)
    assert history["learning_rate"] == [0.01, 0.005, 0.0025]


def test_weight_decay_shrinks_weights_and_no_biases_and_is_not_the_penalty():
    settings = {"learning_rate": 0.1, "seed": 0}
    network = xor_network(optimizer=AdamW(weight_decay=0.5), **settings)
    network.set_parameters([{"W": np.ones_like(p["W"]), "b": np.ones_like(p["b"])} for p in network.get_parameters()])
    plain = network.copy()
    plain._optimizer = Adam()
    for each in (network, plain):
        each.fit(XOR_X, XOR_Y, epochs=1, batch_size=4)
    for shrunk, other in zip(network.get_parameters(), plain.get_parameters(), strict=True):
        np.testing.assert_allclose(other["W"] - shrunk["W"], 0.1 * 0.5, rtol=1e-9)
        np.testing.assert_array_equal(other["b"], shrunk["b"])
    priced = xor_network(optimizer=Adam(), l2_lambda=0.5, **settings)
    priced.fit(XOR_X, XOR_Y, epochs=1, batch_size=4)
    assert priced.history["penalty"][0] > 0 and network.history["penalty"] == [0.0]


# ---- Cross-entropy in the network -------------------------------------------------------------------


@every_rule
def test_the_gradient_of_a_trained_classifier_is_that_of_its_loss(rule):
    X, y = classes()
    network = classifier(optimizer=rule, l2_lambda=0.01)
    network.fit(X, y, epochs=3)
    assert max(max(layer.values()) for layer in gradient_check(network, X, y)) < 1e-7


def test_predict_gives_probabilities_and_trace_the_logits():
    X, y = classes()
    network = classifier()
    logits, P = network.trace(X)[-1], network.predict(X)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    assert (P > 0).all() and np.array_equal(P.argmax(axis=1), logits.argmax(axis=1))
    assert network.loss(X, y) == pytest.approx(-np.mean(np.log(P[y == 1])), rel=1e-12)
    assert repr(network).endswith("loss='cross_entropy', 0 epochs trained)")


@pytest.mark.parametrize(
    "act, words",
    [
        (lambda nn, X, y: nn.fit(X, y - 0.1), "y must hold probabilities for cross_entropy, rows of numbers of at lea"),
        (lambda nn, X, y: nn.loss(X, 2 * y - 1 / 3), "y must hold probabilities for cross_entropy, rows of numbers"),
        (
            lambda nn, X, y: nn.loss(X, 2 * y),
            "y must hold probabilities for cross_entropy, rows of numbers of at least",
        ),
        (
            lambda nn, X, y: nn.fit(X, y, validation_data=(X, 0 * y)),
            "validation_data[1] must hold probabilities for cross_entropy",
        ),
        (
            lambda nn, X, y: nn.fit(X, y.argmax(axis=1)),
            "y must have shape (9, 3) to match X and the last layer, got (9,). nnlib.datasets.one_hot(labels, 3)",
        ),
        (lambda nn, X, y: classifier(loss="crossentropy"), "loss must be one of ['cross_entropy', 'mse'], got"),
        (
            lambda nn, X, y: NeuralNetwork(layers([2, 3], "tanh"), loss="cross_entropy"),
            "layer_config[-1]['activation'] must be 'linear' for the loss 'cross_entropy', which makes",
        ),
        (
            lambda nn, X, y: NeuralNetwork(layers([2, 1], "linear"), loss="cross_entropy"),
            "layer_config[-1]['n_neurons'] must be at least 2 for the loss 'cross_entropy', one for each class, got 1",
        ),
    ],
)
def test_what_cross_entropy_cannot_take_is_named_and_nothing_is_lost(act, words):
    network = classifier(optimizer=Adam())
    before = state(network)
    with pytest.raises(ValueError) as error:
        act(network, *classes())
    assert str(error.value).startswith(words)
    assert state(network) == before


def test_every_rule_is_known_by_its_name():
    assert {type(rule) for rule in RULES} == set(OPTIMIZERS.values())
    assert all(name == rule.__name__ for name, rule in OPTIMIZERS.items())
