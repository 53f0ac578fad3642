"""The data: shapes, ranges, coding, seeds, and that nothing is shared between calls."""

import hashlib
from importlib import resources

import numpy as np
import pytest

from nnlib import datasets

CLASSIFICATIONS = [datasets.circles, datasets.moons, datasets.spiral]
TOYS = [*CLASSIFICATIONS, datasets.noisy_sine]
each_toy = pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.__name__)
each_classification = pytest.mark.parametrize("toy", CLASSIFICATIONS, ids=lambda toy: toy.__name__)


def test_xor_is_the_truth_table():
    X, y = datasets.xor()
    assert X.dtype == y.dtype == np.float64
    assert X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [[int(a) ^ int(b)] for a, b in X]


@each_toy
def test_shapes_and_types(toy):
    for n in (2, 7, 200):
        X, y = toy(n=n)
        assert X.shape == (n, 1 if toy is datasets.noisy_sine else 2)
        assert y.shape == (n, 1)
        assert X.dtype == y.dtype == np.float64
        assert np.isfinite(X).all() and np.isfinite(y).all()


@each_toy
def test_the_same_arguments_give_the_same_data_in_new_arrays(toy):
    X, y = toy()
    X_again, y_again = toy()
    assert np.array_equal(X, X_again) and np.array_equal(y, y_again)
    assert not np.shares_memory(X, X_again) and not np.shares_memory(y, y_again)
    assert not np.array_equal(X, toy(seed=1)[0])


def test_xor_and_digits_are_new_arrays_at_each_call():
    for load in (datasets.xor, datasets.digits):
        X, y = load()
        X[:], y[:] = 9, 9
        assert load()[0].max() == 1 and not (load()[1] == 9).all()


@each_toy
def test_the_global_generator_is_never_touched(toy):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    toy()
    datasets.split(*toy())
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@each_classification
def test_classes_are_0_and_1_half_each_and_mixed(toy):
    for n in (2, 7, 400):
        y = toy(n=n)[1]
        assert np.sum(y == 0) == (n + 1) // 2 and np.sum(y == 1) == n // 2
    assert 80 < y[:200].sum() < 120  # in random order: not one class after the other,
    assert 0.4 < np.mean(y[1:] == y[:-1]) < 0.6  # and not in turn


@each_classification
def test_noise_is_the_standard_deviation_around_the_exact_points(toy):
    exact, y = toy(n=4000, noise=0.0)
    noisy, y_noisy = toy(n=4000, noise=0.2)
    assert np.array_equal(y, y_noisy)
    assert np.std(noisy - exact) == pytest.approx(0.2, rel=0.05)


@each_toy
def test_a_negative_zero_is_no_noise_and_much_noise_stays_finite(toy):
    assert np.array_equal(toy(noise=-0.0)[1], toy(noise=0.0)[1])
    assert all(np.isfinite(array**2).all() for array in toy(noise=1e100))


def test_circles_lie_on_their_circles():
    X, y = datasets.circles(n=500, noise=0)
    assert np.hypot(*X.T) == pytest.approx(np.where(y[:, 0] == 0, 1, 0.5), abs=1e-12)


def test_moons_lie_on_their_half_circles_and_in_each_other():
    X, y = datasets.moons(n=500, noise=0)
    upper, lower = X[y[:, 0] == 0], X[y[:, 0] == 1]
    assert np.hypot(upper[:, 0] + 0.5, upper[:, 1] + 0.25) == pytest.approx(1, abs=1e-12)
    assert np.hypot(lower[:, 0] - 0.5, lower[:, 1] - 0.25) == pytest.approx(1, abs=1e-12)
    assert upper[:, 1].min() < 0 < lower[:, 1].max()  # no horizontal line parts them
    assert np.all(np.abs(X) <= [1.5, 0.75])


def test_spiral_winds_one_and_a_half_times_and_its_arms_stay_apart():
    X, y = datasets.spiral(n=1000, noise=0)
    assert np.abs(X).max() <= 1
    angle = 3 * np.pi * np.hypot(*X.T) + np.pi * y[:, 0]
    assert np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.hypot(*X.T)[:, None] == pytest.approx(X)
    arms = X[y[:, 0] == 0], X[y[:, 0] == 1]
    gaps = np.hypot(*(arms[0][:, None] - arms[1][None]).transpose(2, 0, 1))
    assert gaps.min() > 5 * 0.02  # of the default noise


def test_noisy_sine_is_a_sine():
    X, y = datasets.noisy_sine(n=1000, noise=0)
    assert np.abs(X).max() <= 1
    assert y == pytest.approx(np.sin(np.pi * X))
    noisy = datasets.noisy_sine(n=1000, noise=0.3)[1]
    assert np.std(noisy - y) == pytest.approx(0.3, rel=0.1)


def test_digits_are_the_published_ones():
    packed = resources.files("nnlib").joinpath("data", "digits.csv.gz").read_bytes()
    digest = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
    assert hashlib.sha256(packed).hexdigest() == digest
    notice = resources.files("nnlib").joinpath("data", "README.md").read_text("utf-8")
    assert digest in notice and "CC BY 4.0" in notice and "10.24432/C50P49" in notice

    X, labels = datasets.digits()
    assert X.shape == (1797, 64) and X.dtype == np.float64
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert X.min() == 0 and X.max() == 1
    assert np.array_equal(X * 16, np.round(X * 16))
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # The first picture is a zero: ink around an empty middle.
    assert labels[0] == 0 and X[0].reshape(8, 8)[3:5, 3:5].sum() == 0


def test_one_hot():
    assert datasets.one_hot([2, 0], n_classes=3).tolist() == [[0, 0, 1], [1, 0, 0]]
    _, labels = datasets.digits()
    targets = datasets.one_hot(labels)
    assert targets.shape == (1797, 10) and targets.dtype == np.float64
    assert np.array_equal(targets.argmax(axis=1), labels)
    assert (targets.sum(axis=1) == 1).all()


def test_split_parts_the_rows_and_keeps_X_beside_y():
    X = np.arange(40).reshape(20, 2)
    y = X[:, 0].copy()
    X_train, y_train, X_held, y_held = datasets.split(X, y, fraction=0.3, seed=5)
    assert len(X_train) == len(y_train) == 14 and len(X_held) == len(y_held) == 6
    assert np.array_equal(X_train[:, 0], y_train) and np.array_equal(X_held[:, 0], y_held)
    assert sorted([*y_train, *y_held]) == y.tolist()
    assert y_train.tolist() != sorted(y_train)
    assert not np.shares_memory(X_train, X)
    again = datasets.split(X, y, fraction=0.3, seed=5)
    assert all(np.array_equal(a, b) for a, b in zip(again, (X_train, y_train, X_held, y_held), strict=True))
    assert not np.array_equal(datasets.split(X, y, fraction=0.3, seed=6)[0], X_train)


def test_split_leaves_a_row_on_either_side():
    X = np.zeros((3, 1))
    assert [len(part) for part in datasets.split(X, X, fraction=0.01)] == [2, 2, 1, 1]
    assert [len(part) for part in datasets.split(X, X, fraction=0.99)] == [1, 1, 2, 2]


@each_toy
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, r"n must be at least \d, got 0"),
        ({"n": 2.5}, TypeError, "n must be a whole number, got 2.5"),
        ({"n": "many"}, TypeError, "n must be a whole number, got 'many'"),
        ({"noise": -0.1}, ValueError, r"noise must be .* at least 0 and at most 1e\+100, got -0.1"),
        ({"noise": 1e308}, ValueError, r"noise must be .* at least 0 and at most 1e\+100, got 1e\+308"),
        ({"noise": float("nan")}, ValueError, r"noise must be .* at least 0 and at most 1e\+100, got nan"),
        ({"noise": "little"}, TypeError, "noise must be a number, got 'little'"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"seed": None}, TypeError, "seed must be a whole number, got None"),
    ],
)
def test_bad_arguments_are_named(toy, arguments, error, message):
    with pytest.raises(error, match=message):
        toy(**arguments)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: datasets.one_hot([0, 10]), ValueError, "labels must be from 0 to 9, got 0 to 10"),
        (lambda: datasets.one_hot([-1]), ValueError, "labels must be from 0 to 9, got -1 to -1"),
        (lambda: datasets.one_hot([0.5]), TypeError, "labels must be whole numbers, got float64"),
        (lambda: datasets.one_hot([[1]]), ValueError, r"labels must have shape \(n,\), got \(1, 1\)"),
        (lambda: datasets.one_hot([0], n_classes=0), ValueError, "n_classes must be at least 1, got 0"),
        (lambda: datasets.split([1], [1]), ValueError, r"X must have at least 2 rows, got shape \(1,\)"),
        (lambda: datasets.split([1, 2], [1]), ValueError, r"y must have as many rows as X, 2, got shape \(1,\)"),
        (lambda: datasets.split([1, 2], [1, 2], 1.0), ValueError, "fraction must be below 1, got 1"),
        (lambda: datasets.split([1, 2], [1, 2], 0), ValueError, "fraction must be a finite number above 0, got 0"),
        (lambda: datasets.split([1, 2], [1, 2], "half"), TypeError, "fraction must be a number, got 'half'"),
        (lambda: datasets.split([1, 2], [1, 2], seed=0.5), TypeError, "seed must be a whole number, got 0.5"),
    ],
)
def test_bad_arguments_of_the_helpers_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
