"""The mean squared error and its gradient, tested as the pair that they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import central_differences, data, derandomized

from nnlib.losses import mean_squared_error

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
