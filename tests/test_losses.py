"""The losses and their gradients, tested as the pairs that they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import central_differences, data, derandomized

from nnlib.losses import LOSSES, cross_entropy, mean_squared_error, softmax

shapes = st.tuples(st.integers(1, 7), st.integers(1, 5))


@derandomized
@given(shape=shapes, seed=st.integers(0, 1000))
def test_value_is_the_mean_over_every_element_and_gradient_is_its_derivative(shape, seed):
    y_hat, y = np.random.default_rng(seed).normal(size=(2, *shape))
    loss, gradient = mean_squared_error(y_hat, y)
    assert type(loss) is float
    assert loss == pytest.approx(np.mean((y_hat - y) ** 2), rel=1e-13)
    measured = central_differences(lambda: mean_squared_error(y_hat, y)[0], y_hat)
    np.testing.assert_allclose(gradient, measured, atol=1e-8)


def test_a_hand_computed_example_with_three_outputs():
    y_hat = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    y = np.array([[0.0, 2.0, 5.0], [1.0, 0.0, 0.0]])
    loss, gradient = mean_squared_error(y_hat, y)
    assert loss == (1 + 0 + 4 + 1) / 6
    np.testing.assert_allclose(gradient, np.array([[2, 0, -4], [-2, 0, 0]]) / 6, rtol=1e-15)


@derandomized
@given(shape=shapes, seed=st.integers(0, 1000), factor=st.floats(0.1, 10))
def test_laws(shape, seed, factor):
    y_hat, y = np.random.default_rng(seed).normal(size=(2, *shape))
    loss, gradient = mean_squared_error(y_hat, y)
    assert loss >= 0
    assert mean_squared_error(y, y)[0] == 0
    swapped, opposite = mean_squared_error(y, y_hat)
    assert swapped == loss
    np.testing.assert_array_equal(opposite, -gradient)
    scaled, steeper = mean_squared_error(factor * y_hat, factor * y)
    assert scaled == pytest.approx(factor**2 * loss)
    np.testing.assert_allclose(steeper, factor * gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_the_arguments_are_not_written_to(dtype):
    y_hat, y = data(5, 3, 3, dtype=dtype)
    kept = y_hat.copy(), y.copy()
    loss, gradient = mean_squared_error(y_hat, y)
    assert type(loss) is float and gradient.dtype == dtype
    assert not np.shares_memory(gradient, y_hat) and not np.shares_memory(gradient, y)
    np.testing.assert_array_equal((y_hat, y), kept)


# ---- Softmax and cross-entropy ----------------------------------------------------------------------


def soft_targets(shape, seed):
    Z, y = np.random.default_rng(seed).normal(size=(2, *shape))
    y = np.exp(y)
    return 2 * Z, y / y.sum(axis=1, keepdims=True)


@derandomized
@given(shape=shapes, seed=st.integers(0, 1000))
def test_cross_entropy_is_the_mean_over_rows_and_its_gradient_is_its_derivative(shape, seed):
    Z, y = soft_targets(shape, seed)
    loss, gradient = cross_entropy(Z, y)
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    assert type(loss) is float and loss == pytest.approx(-np.sum(y * np.log(P)) / len(Z), rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(softmax(Z), P, rtol=1e-13)
    np.testing.assert_allclose(gradient, (P - y) / len(Z), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(gradient, central_differences(lambda: cross_entropy(Z, y)[0], Z), atol=1e-8)


@derandomized
@given(shape=shapes, seed=st.integers(0, 1000), shift=st.floats(-1e6, 1e6))
def test_laws_of_cross_entropy(shape, seed, shift):
    Z, y = soft_targets(shape, seed)
    loss, gradient = cross_entropy(Z, y)
    moved, same = cross_entropy(Z + shift, y)
    assert moved == pytest.approx(loss, rel=1e-6, abs=1e-9), "only differences of logits count"
    np.testing.assert_allclose(same, gradient, atol=1e-9)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-14)
    assert loss >= cross_entropy(np.log(y), y)[0] - 1e-12, "nothing is better than the truth (Gibbs)"
    assert cross_entropy(0 * Z, y)[0] == pytest.approx(np.log(shape[1])), "who knows nothing pays log k"


@pytest.mark.parametrize("total", [0.99995, 1.00005])
def test_of_soft_targets_that_sum_to_nearly_1_the_gradient_is_the_derivative_too(total):
    y = np.random.default_rng(0).dirichlet(np.ones(3), size=4) * total
    LOSSES["cross_entropy"].check("y", y)
    for Z in (np.random.default_rng(1).normal(size=(4, 3)), np.log(y)):
        gradient = cross_entropy(Z, y)[1]
        np.testing.assert_allclose(
            gradient, central_differences(lambda Z=Z: cross_entropy(Z, y)[0], Z), rtol=1e-6, atol=2e-10
        )


def test_an_underflow_in_the_division_is_a_zero_too():
    Z = np.array([[710.0, 0.0, 709.0]])
    with np.errstate(all="raise"):
        assert softmax(Z)[0, 1] < 1e-300


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_confident_rows_is_finite_and_exact(dtype):
    Z, y = np.array([[1000.0, 0.0], [0.0, 1000.0]], dtype), np.array([[1.0, 0.0], [1.0, 0.0]], dtype)
    loss, gradient = cross_entropy(Z, y)
    assert loss == 500 and gradient.dtype == dtype
    np.testing.assert_array_equal(gradient, np.array([[0, 0], [-0.5, 0.5]], dtype))
    kept = Z.copy(), y.copy()
    assert softmax(Z).dtype == dtype
    np.testing.assert_array_equal((Z, y), kept)


def test_who_is_sure_pays_nothing_or_the_whole_distance():
    nothing = cross_entropy(np.array([[40.0, 0.0]]), np.array([[1.0, 0.0]]))[0]
    assert nothing == 0 and not np.signbit(nothing)  # -0.0 would be printed
    assert cross_entropy(np.array([[0.0, 40.0]]), np.array([[1.0, 0.0]]))[0] == pytest.approx(40, rel=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_goes_with_its_gradient_and_links_what_it_takes(name):
    loss, (A, y) = LOSSES[name], soft_targets((4, 3), 0)
    loss.check("y", y)
    measured = central_differences(lambda: loss.function(A, y)[0], A)
    np.testing.assert_allclose(loss.function(A, y)[1], measured, atol=1e-8)
    assert loss.name == name and loss.link(A).shape == A.shape
