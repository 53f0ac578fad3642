"""The gradient of whole networks, and `gradient_check`, which looks for the mistakes that everyone makes."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from networks import (
    ACTIVATION_NAMES,
    architectures,
    central_differences,
    data,
    derandomized,
    layers,
    randomize,
    state,
    textbook_objective,
    textbook_outputs,
    xor_network,
)

import nnlib.network
from nnlib import NeuralNetwork, gradient_check
from nnlib.layers import Dense


@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-7), (np.float32, 2e-4)])
@derandomized
@given(
    architecture=architectures(),
    n=st.integers(1, 6),
    l2_lambda=st.sampled_from([0.0, 0.01, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_gradients_are_the_slopes_of_the_textbook_objective(dtype, tolerance, architecture, n, l2_lambda, seed):
    widths, activations = architecture
    network = randomize(NeuralNetwork(layers(widths, activations), l2_lambda=l2_lambda, dtype=dtype), seed)
    X, y = data(n, widths[0], widths[-1], seed, dtype)
    parameters = [{k: v.astype(np.float64) for k, v in layer.items()} for layer in network.get_parameters()]
    outputs, nearest_kink = textbook_outputs(parameters, activations, X)
    assume(nearest_kink > 1e-3)

    loss, computed = network.gradients(X, y)

    assert loss == pytest.approx(np.mean((outputs - y) ** 2), rel=tolerance, abs=1e-12)
    for layer, slopes in zip(parameters, computed, strict=True):
        for key, array in layer.items():
            assert slopes[key].dtype == dtype and slopes[key].shape == array.shape
            measured = central_differences(lambda: textbook_objective(parameters, activations, X, y, l2_lambda), array)
            scale = max(1.0, np.abs(measured).max())
            np.testing.assert_allclose(slopes[key] / scale, measured / scale, atol=tolerance)


@derandomized
@given(architecture=architectures(), n=st.integers(2, 9), batch=st.integers(1, 4), seed=st.integers(0, 1000))
def test_the_full_gradient_is_the_row_weighted_mean_of_the_batches(architecture, n, batch, seed):
    widths, activations = architecture
    network = randomize(NeuralNetwork(layers(widths, activations), l2_lambda=0.1), seed)
    X, y = data(n, widths[0], widths[-1], seed)
    loss, whole = network.gradients(X, y)
    mean_loss, mean = 0.0, [{key: np.zeros_like(v) for key, v in layer.items()} for layer in whole]
    for start in range(0, n, batch):
        rows = slice(start, start + batch)
        part_loss, part = network.gradients(X[rows], y[rows])
        weight = len(X[rows]) / n
        mean_loss += weight * part_loss
        for total, layer in zip(mean, part, strict=True):
            for key in total:
                total[key] += weight * layer[key]
    assert mean_loss == pytest.approx(loss, rel=1e-10)
    for left, right in zip(mean, whole, strict=True):
        for key in left:
            np.testing.assert_allclose(left[key], right[key], rtol=1e-9, atol=1e-10)


@derandomized
@given(architecture=architectures(), l2_lambda=st.floats(0, 10), seed=st.integers(0, 1000))
def test_l2_adds_lambda_W_to_the_weights_and_leaves_the_biases_alone(architecture, l2_lambda, seed):
    widths, activations = architecture
    X, y = data(4, widths[0], widths[-1], seed)
    free = randomize(NeuralNetwork(layers(widths, activations)), seed)
    priced = randomize(NeuralNetwork(layers(widths, activations), l2_lambda=l2_lambda), seed)
    free_loss, free_slopes = free.gradients(X, y)
    loss, slopes = priced.gradients(X, y)
    assert loss == free_loss and free.penalty() == 0
    squares = sum(np.sum(layer["W"] ** 2) for layer in priced.get_parameters())
    assert priced.penalty() == pytest.approx(l2_lambda / 2 * squares, rel=1e-12)
    for before, after, layer in zip(free_slopes, slopes, priced.get_parameters(), strict=True):
        np.testing.assert_allclose(after["W"], before["W"] + l2_lambda * layer["W"], rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(after["b"], before["b"])


def test_gradients_are_copies_and_change_nothing():
    network = xor_network(l2_lambda=0.1)
    X, y = data(5)
    before = state(network)
    _, first = network.gradients(X, y)
    kept = first[0]["W"].copy()
    network.gradients(X + 1, y)
    np.testing.assert_array_equal(first[0]["W"], kept)
    first[0]["W"][:] = 99
    assert network.gradients(X, y)[1][0]["W"].max() < 99
    assert state(network) == before


# ---------------------------------------------------------------- gradient_check


def worst(errors):
    return max(error for layer in errors for error in layer.values())


@derandomized
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    activation=st.sampled_from(["linear", "sigmoid", "tanh"]),
    n=st.integers(1, 4),
    l2_lambda=st.sampled_from([0.0, 0.5]),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 1000),
)
def test_the_check_clears_a_right_network_and_leaves_it_as_it_was(widths, activation, n, l2_lambda, dtype, seed):
    network = NeuralNetwork(layers(widths, activation), l2_lambda=l2_lambda, dtype=dtype, seed=seed)
    X, y = data(n, widths[0], widths[-1], seed)
    before = state(network)
    errors = gradient_check(network, X, y)
    assert state(network) == before
    assert [set(layer) for layer in errors] == [{"W", "b"}] * (len(widths) - 1)
    assert all(type(error) is float for layer in errors for error in layer.values())
    assert worst(errors) < 1e-6


@pytest.fixture(params=["relu", "sigmoid", "tanh"])
def suspect(request):
    """A network in which no gradient vanishes, and its data."""
    network = NeuralNetwork(layers([3, 4, 3, 2], [request.param, "tanh", "linear"]), l2_lambda=0.1, seed=1)
    return randomize(network, 1, 0.7), *data(6, 3, 2, 1)


def test_the_check_clears_the_suspect(suspect):
    assert worst(gradient_check(*suspect)) < 1e-7


def doubled_n(monkeypatch):
    original = nnlib.network.mean_squared_error

    def broken(y_hat, y):
        loss, gradient = original(y_hat, y)
        return loss, gradient / len(y)

    monkeypatch.setattr(nnlib.network, "mean_squared_error", broken)


def wrong_sign(monkeypatch):
    original = nnlib.network.mean_squared_error
    monkeypatch.setattr(nnlib.network, "mean_squared_error", lambda y_hat, y: (original(y_hat, y)[0], y - y_hat))


def sum_for_mean(monkeypatch):
    original = nnlib.network.mean_squared_error
    monkeypatch.setattr(nnlib.network, "mean_squared_error", lambda y_hat, y: (original(y_hat, y)[0], 2 * (y_hat - y)))


def backward(monkeypatch, broken):
    original = Dense.backward
    monkeypatch.setattr(Dense, "backward", lambda self, *args, **more: broken(original, self, *args, **more))


def transposed(monkeypatch):
    def broken(original, self, X, A, dA, dW, db, with_dX=True):
        dX = original(self, X, A, dA, dW, db, with_dX)
        if dW.shape[0] == dW.shape[1]:
            dW[:] = dW.T.copy()
        else:
            dW[:] = dW.T.reshape(dW.shape).copy()
        return dX

    backward(monkeypatch, broken)


def forgotten_derivative(monkeypatch):
    def broken(original, self, X, A, dA, dW, db, with_dX=True):
        linear = Dense(self.W, self.b, nnlib.network.ACTIVATIONS["linear"])
        return original(linear, X, A, dA, dW, db, with_dX)

    backward(monkeypatch, broken)


def forgotten_bias(monkeypatch):
    def broken(original, self, X, A, dA, dW, db, with_dX=True):
        dX = original(self, X, A, dA, dW, db, with_dX)
        db[:] = 0
        return dX

    backward(monkeypatch, broken)


def forgotten_penalty(monkeypatch):
    monkeypatch.setattr(NeuralNetwork, "penalty", lambda self: 0.0)


def penalized_bias(monkeypatch):
    original = NeuralNetwork.gradients

    def broken(self, X, y):
        loss, slopes = original(self, X, y)
        for layer, slope in zip(self.layers, slopes, strict=True):
            slope["b"] += self.l2_lambda * layer.b
        return loss, slopes

    monkeypatch.setattr(NeuralNetwork, "gradients", broken)


MISTAKES = [
    doubled_n,
    wrong_sign,
    sum_for_mean,
    transposed,
    forgotten_derivative,
    forgotten_bias,
    forgotten_penalty,
    penalized_bias,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_the_check_finds_the_mistakes_that_everyone_makes(suspect, mistake, monkeypatch):
    mistake(monkeypatch)
    assert worst(gradient_check(*suspect)) > 1e-3


def test_the_check_finds_a_mistake_in_a_subclass():
    class Mistaken(NeuralNetwork):
        def gradients(self, X, y):
            loss, slopes = super().gradients(X, y)
            slopes[0]["W"] *= 2
            return loss, slopes

    network = randomize(Mistaken(layers([2, 3, 1], "tanh"), seed=0))
    errors = gradient_check(network, *data(4))
    assert errors[0]["W"] == pytest.approx(1 / 3, rel=1e-6)  # |g - 2g| / (|g| + |2g|)
    assert max(errors[0]["b"], errors[1]["W"], errors[1]["b"]) < 1e-7


def test_the_check_keeps_away_from_the_relu_kink():
    network = NeuralNetwork(layers([1, 1, 1], ["relu", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0]], "b": [0.0]}, {"W": [[1.0]], "b": [0.0]}])
    # The row 0 stands exactly on the kink, where the difference would measure half a slope. Moving the
    # weight leaves the row where it is; moving the bias does not, and nothing of the bias is left.
    errors = gradient_check(network, [[0.0], [2.0]], [[-1.0], [1.0]])
    assert errors[0]["W"] < 1e-8
    assert np.isnan(errors[0]["b"])
    assert errors[1]["W"] < 1e-8 and errors[1]["b"] < 1e-8
    # Within ε of the kink is as bad as on it; a smaller ε sees one side only.
    network.set_parameters([{"W": [[1.0]], "b": [5e-6]}, {"W": [[1.0]], "b": [0.0]}])
    assert np.isnan(gradient_check(network, [[0.0]], [[-1.0]])[0]["b"])
    assert gradient_check(network, [[0.0]], [[-1.0]], epsilon=1e-6)[0]["b"] < 1e-8


def test_the_check_uses_what_is_left_beside_the_kink():
    network = NeuralNetwork(layers([1, 3, 1], ["relu", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0, 1.0, 1.0]], "b": [0.0, 1.0, -1.0]}, {"W": [[1.0]] * 3, "b": [0.0]}])
    errors = gradient_check(network, [[0.0]], [[-1.0]])
    assert errors[0]["b"] < 1e-8  # the second and the third


def test_dead_units_and_exact_fits_have_no_error():
    network = NeuralNetwork(layers([1, 1, 1], ["relu", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0]], "b": [-10.0]}, {"W": [[1.0]], "b": [1000.0]}])
    errors = gradient_check(network, [[0.0], [1.0]], [[0.0], [0.0]])
    assert errors[0] == {"W": 0.0, "b": 0.0} and errors[1]["W"] == 0.0

    # The saturated unit has a slope of 1e-9, which is lost in the rounding of a loss of a million.
    network = NeuralNetwork(layers([1, 1, 1], ["tanh", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0]], "b": [14.0]}, {"W": [[1.0]], "b": [1000.3]}])
    errors = gradient_check(network, [[0.1], [1.0]], [[0.2], [0.1]])
    assert worst(errors) < 1e-6


def test_the_error_is_a_v_curve_in_epsilon():
    network, (X, y) = randomize(xor_network()), data(5)
    errors = {epsilon: worst(gradient_check(network, X, y, epsilon)) for epsilon in (1e-1, 1e-5, 1e-13)}
    assert errors[1e-5] < 1e-8 < 1e-4 < min(errors[1e-1], errors[1e-13])


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_integers_and_lists_can_be_checked(name):
    network = randomize(NeuralNetwork(layers([2, 3, 1], name), seed=3), 3)
    errors = gradient_check(network, [[1, 2], [3, 4]], [[0], [1]])
    assert not worst(errors) > 1e-5
