"""The four activations: each against its textbook formula, each derivative against the slope."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import ACTIVATION_NAMES, FORMULAS, derandomized

from nnlib.activations import ACTIVATIONS
from nnlib.initializers import INITIALIZERS

everywhere = st.lists(st.floats(-30, 30), min_size=1, max_size=8).map(np.array)


def test_the_registry_holds_the_activations_under_their_own_names():
    assert set(FORMULAS) == set(ACTIVATION_NAMES)  # a new one needs its textbook formula there
    assert all(activation.name == name for name, activation in ACTIVATIONS.items())
    assert all(activation.initializer in INITIALIZERS for activation in ACTIVATIONS.values())


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
@derandomized
@given(Z=everywhere)
def test_function_is_the_textbook_formula(name, Z):
    np.testing.assert_allclose(ACTIVATIONS[name].function(Z), FORMULAS[name](Z), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
@derandomized
@given(Z=everywhere)
def test_derivative_of_the_output_is_the_slope_at_the_sum(name, Z):
    for kink in ACTIVATIONS[name].kinks:
        Z = np.where(np.abs(Z - kink) < 1e-3, kink + 1.0, Z)
    function, derivative = ACTIVATIONS[name].function, ACTIVATIONS[name].derivative
    slope = (FORMULAS[name](Z + 1e-5) - FORMULAS[name](Z - 1e-5)) / 2e-5
    np.testing.assert_allclose(derivative(function(Z)) * np.ones_like(Z), slope, atol=1e-8)


def test_relu_derivative_at_the_kink_is_zero():
    assert ACTIVATIONS["relu"].derivative(np.array([0.0, -0.0])).tolist() == [False, False]


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_by_function_and_derivative(name, dtype):
    Z = np.linspace(-3, 3, 12, dtype=dtype).reshape(4, 3)
    A = ACTIVATIONS[name].function(Z)
    assert A.dtype == dtype
    assert (A * ACTIVATIONS[name].derivative(A)).dtype == dtype


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_out_receives_the_result_and_nothing_else_is_written(name):
    Z = np.linspace(-3, 3, 12).reshape(4, 3)
    kept = Z.copy()
    A = ACTIVATIONS[name].function(Z)
    assert not np.shares_memory(A, Z)
    out = np.full_like(Z, np.nan)
    assert ACTIVATIONS[name].function(Z, out=out) is out
    np.testing.assert_array_equal(out, A)
    np.testing.assert_array_equal(Z, kept)

    assert ACTIVATIONS[name].function(Z, out=Z) is Z  # in place
    np.testing.assert_array_equal(Z, A)
    ACTIVATIONS[name].derivative(A)
    np.testing.assert_array_equal(Z, A)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_far_ends_are_flat_and_do_not_overflow(name, dtype):
    largest = np.finfo(dtype).max
    Z = np.array([-largest, -1e4, 1e4, largest], dtype=dtype)
    A = ACTIVATIONS[name].function(Z)
    low = {"sigmoid": 0, "tanh": -1}[name]
    assert A.tolist() == [low, low, 1, 1]
    assert ACTIVATIONS[name].derivative(A).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "dtype, tails",
    [(np.float32, [-87, -40, -20, -17, -15, -5, 5, 17, 87]), (np.float64, [-700, -100, -40, -36, 36, 700])],
)
def test_sigmoid_keeps_its_digits_in_both_tails(dtype, tails):
    A = ACTIVATIONS["sigmoid"].function(np.array(tails, dtype=dtype))
    exact = [1 / (1 + Decimal(-z).exp()) for z in tails]
    errors = [abs(Decimal(float(a)) / e - 1) for a, e in zip(A, exact, strict=True)]
    assert max(errors) < 4 * np.finfo(dtype).eps


def test_sigmoid_is_silent_whatever_numpy_is_told_to_raise():
    with np.errstate(all="raise"):
        A = ACTIVATIONS["sigmoid"].function(np.array([-1e4, -709.0, 0.0, 740.0, 1e4]))
    assert A.tolist() == [0, pytest.approx(1.2e-308, rel=0.1), 0.5, 1, 1]


@derandomized
@given(Z=everywhere)
def test_sigmoid_and_tanh_are_one_curve_at_two_scales(Z):
    sigmoid, tanh = ACTIVATIONS["sigmoid"].function, ACTIVATIONS["tanh"].function
    np.testing.assert_allclose(2 * sigmoid(2 * Z) - 1, tanh(Z), atol=1e-15)
    np.testing.assert_allclose(sigmoid(Z) + sigmoid(-Z), 1, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
@pytest.mark.parametrize("Z", [0.5, np.array(0.5), np.array([-1, 0, 2]), [0.5, -0.5]])
def test_numbers_integers_and_lists_will_do(name, Z):
    np.testing.assert_allclose(ACTIVATIONS[name].function(Z), FORMULAS[name](np.asarray(Z, dtype=float)), rtol=1e-12)
