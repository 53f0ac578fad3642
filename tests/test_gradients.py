"""The gradient of whole networks, and `gradient_check`, which looks for the mistakes that everyone makes."""

import dataclasses

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
from nnlib import NeuralNetwork, gradient_check, gradient_checking
from nnlib.activations import ACTIVATIONS, Activation
from nnlib.layers import Dense
from nnlib.losses import LOSSES, mean_squared_error
from nnlib.widgets.ch06_bugs import BUGS
from nnlib.widgets.ch06_bugs import backward as backward_with_a_bug


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


def loss(monkeypatch, broken):
    original = LOSSES["mse"]
    monkeypatch.setattr(nnlib.network, "LOSSES", {"mse": dataclasses.replace(original, function=broken)})


def doubled_n(monkeypatch):
    def broken(y_hat, y):
        loss, gradient = mean_squared_error(y_hat, y)
        return loss, gradient / len(y)

    loss(monkeypatch, broken)


def wrong_sign(monkeypatch):
    loss(monkeypatch, lambda y_hat, y: (mean_squared_error(y_hat, y)[0], y - y_hat))


def sum_for_mean(monkeypatch):
    loss(monkeypatch, lambda y_hat, y: (mean_squared_error(y_hat, y)[0], 2 * (y_hat - y)))


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
    with pytest.warns(UserWarning, match=r"cannot tell.*\n    \[0\]\['b'\]: every step .* across a kink of") as said:
        errors = gradient_check(network, [[0.0], [2.0]], [[-1.0], [1.0]])
    assert len(said) == 1 and said[0].filename == __file__
    assert errors[0]["W"] < 1e-8
    assert np.isnan(errors[0]["b"])
    assert errors[1]["W"] < 1e-8 and errors[1]["b"] < 1e-8
    # A single step as long as the way to the kink is as bad as on it; a smaller one sees one side only.
    network.set_parameters([{"W": [[1.0]], "b": [5e-6]}, {"W": [[1.0]], "b": [0.0]}])
    with pytest.warns(UserWarning, match="kink"):
        assert np.isnan(gradient_check(network, [[0.0]], [[-1.0]], epsilon=1e-5)[0]["b"])
    assert gradient_check(network, [[0.0]], [[-1.0]], epsilon=1e-6)[0]["b"] < 1e-8
    assert gradient_check(network, [[0.0]], [[-1.0]])[0]["b"] < 1e-7


def test_the_check_uses_what_is_left_beside_the_kink():
    network = NeuralNetwork(layers([1, 3, 1], ["relu", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0, 1.0, 1.0]], "b": [0.0, 1.0, -1.0]}, {"W": [[1.0]] * 3, "b": [0.0]}])
    errors = gradient_check(network, [[0.0]], [[-1.0]])
    assert errors[0]["b"] < 1e-8  # the second and the third


def clipped(Z, out=None):
    return np.clip(Z, -1, 1, out=out)


def leaky_relu(Z, out=None):
    return np.maximum(Z, 0.1 * Z, out=out)


@pytest.mark.parametrize(
    "activation",
    [
        Activation("leaky relu", leaky_relu, lambda A: np.where(A > 0, 1.0, 0.1), "he", kinks=(0.0,)),
        Activation("hard tanh", clipped, lambda A: (np.abs(A) < 1) * 1.0, "glorot", kinks=(-1.0, 1.0)),
    ],
    ids=lambda activation: activation.name,
)
def test_an_activation_of_your_own_says_where_its_kinks_are(activation, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, activation.name, activation)
    network = NeuralNetwork(layers([2, 4, 1], [activation.name, "linear"]), seed=0)  # biases 0: z = 0 in the row (0, 0)
    parameters = network.get_parameters()
    parameters[0]["b"][:2] = activation.kinks[-1], 0.3
    network.set_parameters(parameters)
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
    assert worst(gradient_check(network, X, y)) < 1e-8
    kinkless = Activation(activation.name, activation.function, activation.derivative, activation.initializer)
    monkeypatch.setitem(ACTIVATIONS, activation.name, kinkless)
    assert gradient_check(network, X, y)[0]["b"] > 1e-4  # what saying it is good for


def test_dead_units_have_no_error():
    network = NeuralNetwork(layers([1, 1, 1], ["relu", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0]], "b": [-10.0]}, {"W": [[1.0]], "b": [1000.0]}])
    errors = gradient_check(network, [[0.0], [1.0]], [[0.0], [1.0]])
    assert errors[0] == {"W": 0.0, "b": 0.0} and errors[1]["W"] == 0.0
    network.l2_lambda = 0.1  # beside a data loss of a million, too
    assert gradient_check(network, [[0.0], [1.0]], [[0.0], [1.0]])[0]["W"] < 1e-8


def test_the_check_says_nan_where_rounding_hides_the_slope():
    # The saturated unit has a slope of 1e-9, which is lost in the rounding of a loss of a million.
    network = NeuralNetwork(layers([1, 1, 1], ["tanh", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0]], "b": [14.0]}, {"W": [[1.0]], "b": [1000.3]}])
    with pytest.warns(UserWarning, match=r"\[0\]\['W'\]: rounding hides it; a slope is measured to ±\d"):
        errors = gradient_check(network, [[0.1], [1.0]], [[0.2], [0.1]])
    assert np.isnan(errors[0]["W"]) and errors[1]["b"] < 1e-6
    # At an exact fit every slope is 0, and a wrong gradient is 0 as well.
    network.set_parameters([{"W": [[1.0]], "b": [0.0]}, {"W": [[1.0]], "b": [0.0]}])
    with pytest.warns(UserWarning, match="rounding hides it"):
        errors = gradient_check(network, [[0.5]], network.predict([[0.5]]))
    assert np.isnan(errors[1]["b"])


def test_a_gradient_that_is_not_finite_is_wrong_and_a_loss_that_is_not_is_refused():
    class Mistaken(NeuralNetwork):
        def gradients(self, X, y):
            loss, slopes = super().gradients(X, y)
            slopes[0]["W"][0, 0] = np.nan
            return loss, slopes

    network = Mistaken(layers([2, 3, 1], "tanh"), seed=0)
    assert gradient_check(network, *data(4))[0]["W"] == np.inf
    with pytest.raises(ValueError, match="the loss on X and y must be finite to be measured, got inf"):
        gradient_check(NeuralNetwork(layers([2, 3, 1], "tanh")), [[1, 1]], [[1e200]])


def test_the_error_is_a_v_curve_in_epsilon():
    network, (X, y) = randomize(xor_network()), data(5)
    errors = {epsilon: worst(gradient_check(network, X, y, epsilon)) for epsilon in (1e-1, 1e-5, 1e-13)}
    assert errors[1e-5] < 1e-8 < 1e-4 < min(errors[1e-1], errors[1e-13])
    assert worst(gradient_check(network, X, y)) < 1e-8


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_integers_and_lists_can_be_checked(name):
    network = randomize(NeuralNetwork(layers([2, 3, 1], name), seed=3), 3)
    errors = gradient_check(network, [[1, 2], [3, 4]], [[0], [1]])
    assert not worst(errors) > 1e-5


# ---------------------------------------------------------------- every mistake in every network

NETWORKS = {
    "shallow": ([2, 4, 1], "tanh"),
    "wide": ([6, 20, 2], ["tanh", "linear"]),
    "relu": ([3, 6, 6, 2], ["relu", "relu", "linear"]),
    "10 sigmoids": ([3] * 11, "sigmoid"),
    "12 sigmoids": ([4] * 13, "sigmoid"),
    "6 sigmoids and a line": ([3] * 7 + [2], ["sigmoid"] * 6 + ["linear"]),
}


def of_the_gallery(bug):
    """A mistake of chapter 06, in a network with a price on its weights."""

    def slopes(network, X, y, right):
        derivatives = [layer.activation.derivative for layer in network.layers]
        wrong = backward_with_a_bug(network.trace(X), y, network.get_parameters(), derivatives, bug)
        for layer, slope in zip(network.layers, wrong, strict=True):
            slope["W"] = slope["W"] + network.l2_lambda * layer.W
        return wrong

    return slopes


def each(change):
    """A mistake made in every layer: change(layer, its right slopes, network, number of rows) -> slopes."""
    return lambda network, X, y, right: [
        slopes | change(layer, slopes, network, len(X)) for layer, slopes in zip(network.layers, right, strict=True)
    ]


WRONG_SLOPES = {
    **{bug: of_the_gallery(bug) for bug in BUGS},
    "half": each(lambda layer, slopes, network, n: {key: slopes[key] / 2 for key in slopes}),
    "mean of the biases": each(lambda layer, slopes, network, n: {"b": slopes["b"] / n}),
    "penalty missing": each(lambda layer, slopes, network, n: {"W": slopes["W"] - network.l2_lambda * layer.W}),
    "penalty twice": each(lambda layer, slopes, network, n: {"W": slopes["W"] + network.l2_lambda * layer.W}),
    "penalty on biases": each(lambda layer, slopes, network, n: {"b": slopes["b"] + network.l2_lambda * layer.b}),
    "dW transposed": each(lambda layer, slopes, network, n: {"W": slopes["W"].T.reshape(slopes["W"].shape)}),
    "biases off by one layer": lambda network, X, y, right: [
        slopes | {"b": np.resize(other["b"], slopes["b"].shape)}
        for slopes, other in zip(right, right[1:] + right[:1], strict=True)
    ],
    "first layer forgotten": lambda network, X, y, right: [{k: 0 * v for k, v in right[0].items()}, *right[1:]],
}


@pytest.mark.filterwarnings("ignore:gradient_check cannot tell")
@pytest.mark.parametrize("target", [1, 1e3, 1e6, 1e7, 1e12])
@pytest.mark.parametrize("name", NETWORKS)
def test_no_right_gradient_is_called_wrong_and_no_wrong_one_right(name, target, monkeypatch):
    widths, activations = NETWORKS[name]
    network = NeuralNetwork(layers(widths, activations), l2_lambda=0.1, seed=1)
    biases = np.random.default_rng(1)
    for layer in network.layers:
        layer.b[:] = biases.normal(0, 0.3, layer.b.shape)
    X, y = data(5, widths[0], widths[-1], 1)
    y = target * y
    right = network.gradients(X, y)[1]

    # What is measured does not depend on the mistake: once is enough.
    measured = {}
    original = gradient_checking._measure

    def measure_once(twin, X, y, theta, epsilon):
        place = theta.__array_interface__["data"][0] - twin._parameters.__array_interface__["data"][0]
        if place not in measured:
            measured[place] = original(twin, X, y, theta, epsilon)
        return measured[place]

    monkeypatch.setattr(gradient_checking, "_measure", measure_once)
    told, made = {}, set()  # a transpose without a square layer is none
    for mistake, wrong_slopes in {"none": lambda network, X, y, right: right, **WRONG_SLOPES}.items():
        slopes = wrong_slopes(network, X, y, right)
        monkeypatch.setattr(NeuralNetwork, "gradients", lambda self, X, y, slopes=slopes: (0.0, slopes))
        errors = gradient_check(network, X, y)
        told[mistake] = [errors[k][key] for k in range(len(right)) for key in ("W", "b")]
        for k, layer in enumerate(right):
            for key in ("W", "b"):
                off = np.linalg.norm(slopes[k][key] - layer[key])
                off /= np.linalg.norm(slopes[k][key]) + np.linalg.norm(layer[key])
                if off > 1e-3:
                    made.add(mistake)
                    assert not errors[k][key] < 1e-4, (mistake, k, key)
                elif off < 1e-12:
                    assert not errors[k][key] > 1e-4, (mistake, k, key)
    if target == 1:  # and there it can tell: most of the right ones, and every mistake
        assert np.mean(np.isnan(told["none"])) < 0.25
        assert all(np.nanmax(told[mistake]) > 1e-4 for mistake in made)
        assert len(made) >= 12


@pytest.mark.filterwarnings("ignore:gradient_check cannot tell")
@pytest.mark.parametrize("seed", range(10))
def test_where_units_are_flat_no_right_gradient_is_called_wrong(seed):
    """Unscaled inputs saturate every sigmoid: what its weights change is far below the last digit of the loss."""
    rng = np.random.default_rng(seed)
    X, y = 300 * rng.normal(size=(6, 3)), rng.uniform(size=(6, 1))
    network = NeuralNetwork(layers([3, 3, 1], ["sigmoid", "linear"]), learning_rate=0.05, seed=seed)
    network.fit(X, y, epochs=5)
    errors = [error for layer in gradient_check(network, X, y) for error in layer.values()]
    assert not any(error > 1e-4 for error in errors) and not np.isnan(errors[2:]).any()


def test_zeros_beside_a_slope_that_was_left_out_are_no_witness():
    class Half(NeuralNetwork):
        def gradients(self, X, y):
            loss, gradients = super().gradients(X, y)
            return loss, [{key: slope / 2 for key, slope in layer.items()} for layer in gradients]

    network = Half(layers([1, 2, 1], ["relu", "linear"]), seed=0)
    network.set_parameters([{"W": [[1.0, 1.0]], "b": [0.0, -10.0]}, {"W": [[1.0], [1.0]], "b": [0.0]}])
    with pytest.warns(UserWarning, match=r"\[0\]\['b'\]: every step .* across a kink"):  # the second unit is dead
        errors = gradient_check(network, [[0.0], [2.0]], [[-1.0], [1.0]])
    assert np.isnan(errors[0]["b"]) and errors[0]["W"] == pytest.approx(1 / 3)


def test_a_step_that_moves_no_parameter_is_refused():
    network = randomize(NeuralNetwork(layers([1, 2, 1], "tanh"), seed=0))
    with pytest.raises(ValueError, match="epsilon must be large enough to move a parameter of .*, got 1e-20"):
        gradient_check(network, *data(4, 1, 1), epsilon=1e-20)
