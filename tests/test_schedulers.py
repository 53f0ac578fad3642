"""The schedules: bit for bit the closed form, and nothing remembered."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import derandomized

from nnlib import ExponentialLR, StepLR

gammas = st.floats(0.01, 1)
rates = st.floats(1e-6, 10)


@derandomized
@given(step_size=st.integers(1, 400), gamma=gammas, rate=rates)
def test_step_lr_is_its_closed_form_for_1000_epochs(step_size, gamma, rate):
    scheduler = StepLR(step_size, gamma)
    assert [scheduler(k, rate) for k in range(1000)] == [rate * gamma ** (k // step_size) for k in range(1000)]


@derandomized
@given(gamma=gammas, rate=rates)
def test_exponential_lr_is_its_closed_form_for_1000_epochs(gamma, rate):
    assert [ExponentialLR(gamma)(k, rate) for k in range(1000)] == [rate * gamma**k for k in range(1000)]


def test_the_tables_of_the_docstrings():
    step = StepLR(step_size=30, gamma=0.1)
    table = [(0, 0.1), (29, 0.1), (30, 0.01), (59, 0.01), (60, 0.001), (89, 0.001), (90, 0.0001)]
    for epoch, rate in table:
        assert step(epoch, 0.1) == pytest.approx(rate, rel=1e-15)
    assert [ExponentialLR(gamma=0.5)(epoch, 0.1) for epoch in range(4)] == [0.1, 0.05, 0.025, 0.0125]
    assert StepLR(7).gamma == 0.1


@pytest.mark.parametrize("scheduler", [StepLR(3, 0.5), ExponentialLR(0.9)])
def test_a_schedule_starts_at_the_initial_rate_never_rises_and_has_no_memory(scheduler):
    assert scheduler(0, 0.3) == 0.3
    rates = [scheduler(epoch, 0.3) for epoch in range(200)]
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates))
    assert [scheduler(epoch, 0.3) for epoch in reversed(range(200))] == rates[::-1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        scheduler.gamma = 0.1
    assert hash(scheduler) == hash(dataclasses.replace(scheduler)) and scheduler == dataclasses.replace(scheduler)


def test_the_rate_is_a_python_float_whatever_number_came():
    for scheduler in (StepLR(np.int8(3), np.float32(0.5)), ExponentialLR(np.float64(0.5))):
        assert type(scheduler(6, np.float64(0.25))) is float
        assert type(scheduler.gamma) is float
    assert StepLR(np.int8(100), np.float32(0.5))(1000, 1.0) == 0.5**10  # 1000 does not fit an int8
    assert repr(StepLR(np.int64(3), np.float64(0.5))) == "StepLR(step_size=3, gamma=0.5)"


def test_gamma_may_be_a_whole_number():
    assert StepLR(1, 1)(5, 0.1) == 0.1


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: StepLR(0), ValueError, "step_size must be at least 1, got 0"),
        (lambda: StepLR(-3), ValueError, "step_size must be at least 1, got -3"),
        (lambda: StepLR(2.0), TypeError, "step_size must be a whole number, got 2.0"),
        (lambda: StepLR(True), TypeError, "step_size must be a whole number, got True"),
        (lambda: StepLR("3"), TypeError, "step_size must be a whole number, got '3'"),
        (lambda: StepLR(None), TypeError, "step_size must be a whole number, got None"),
        (lambda: StepLR(3, 0), ValueError, "gamma must be a finite number above 0 and at most 1, got 0"),
        (lambda: StepLR(3, 1.5), ValueError, "gamma must be a finite number above 0 and at most 1, got 1.5"),
        (lambda: StepLR(3, "half"), TypeError, "gamma must be a number, got 'half'"),
        (lambda: ExponentialLR(-0.5), ValueError, "gamma must be .* got -0.5"),
        (lambda: ExponentialLR(float("nan")), ValueError, "gamma must be .* got nan"),
        (lambda: ExponentialLR(float("inf")), ValueError, "gamma must be .* got inf"),
        (lambda: ExponentialLR(10**400), ValueError, "gamma must be .* got inf"),
        (lambda: ExponentialLR(1j), TypeError, r"gamma must be a number, got 1j"),
        (lambda: ExponentialLR(False), TypeError, "gamma must be a number, got False"),
        (lambda: ExponentialLR([0.5]), TypeError, r"gamma must be a number, got \[0.5\]"),
    ],
)
def test_bad_settings_are_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()
