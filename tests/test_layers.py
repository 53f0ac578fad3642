"""One layer: the forward pass row by row, the backward pass against central differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import ACTIVATION_NAMES, FORMULAS, central_differences, derandomized

from nnlib.activations import ACTIVATIONS
from nnlib.layers import Dense


def random_layer(n_inputs, n_neurons, activation, n, seed, dtype=np.float64):
    generator = np.random.default_rng(seed)
    W, b, X = (
        generator.normal(size=shape).astype(dtype) for shape in [(n_inputs, n_neurons), n_neurons, (n, n_inputs)]
    )
    return Dense(W, b, ACTIVATIONS[activation]), X


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
@derandomized
@given(shape=st.tuples(*[st.integers(1, 5)] * 3), seed=st.integers(0, 1000))
def test_forward_is_f_of_XW_plus_b_for_every_row(activation, shape, seed):
    n_inputs, n_neurons, n = shape
    layer, X = random_layer(n_inputs, n_neurons, activation, n, seed)
    A = layer.forward(X)
    assert A.shape == (n, n_neurons)
    for row, x in zip(A, X, strict=True):
        sums = [sum(x[i] * layer.W[i, j] for i in range(n_inputs)) + layer.b[j] for j in range(n_neurons)]
        np.testing.assert_allclose(row, FORMULAS[activation](np.array(sums)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
@derandomized
@given(shape=st.tuples(*[st.integers(1, 4)] * 3), seed=st.integers(0, 1000))
def test_backward_gives_the_slopes_of_any_function_of_the_outputs(activation, shape, seed):
    n_inputs, n_neurons, n = shape
    layer, X = random_layer(n_inputs, n_neurons, activation, n, seed)
    upstream = np.random.default_rng(seed + 1).normal(size=(n, n_neurons))
    dW, db = np.full_like(layer.W, np.nan), np.full_like(layer.b, np.nan)
    if any(np.abs(X @ layer.W + layer.b - kink).min() < 1e-4 for kink in layer.activation.kinks):
        return  # too near a kink to measure

    dX = layer.backward(X, layer.forward(X), upstream.copy(), dW, db)

    def weighed_outputs():
        return np.sum(upstream * layer.forward(X))

    for computed, array in ((dW, layer.W), (db, layer.b), (dX, X)):
        np.testing.assert_allclose(computed, central_differences(weighed_outputs, array), atol=1e-7)


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_what_is_said_is_overwritten_and_the_dtype_stays(activation, dtype):
    layer, X = random_layer(3, 2, activation, 5, 0, dtype)
    kept = [array.copy() for array in (layer.W, layer.b, X)]
    A = layer.forward(X)
    assert A.dtype == dtype and not np.shares_memory(A, X)
    A_kept = A.copy()
    dW, db, dA = np.ones_like(layer.W), np.ones_like(layer.b), np.ones_like(A)
    dX = layer.backward(X, A, dA, dW, db)
    assert dX.dtype == dtype and dX.shape == X.shape
    first = dW.copy(), db.copy()
    assert layer.backward(X, A, np.ones_like(A), dW, db, with_dX=False) is None
    np.testing.assert_array_equal(dW, first[0])  # overwritten, not added up
    np.testing.assert_array_equal(db, first[1])
    np.testing.assert_array_equal(A, A_kept)
    for array, before in zip((layer.W, layer.b, X), kept, strict=True):
        np.testing.assert_array_equal(array, before)
