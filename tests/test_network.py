"""The network in training and at rest: what fit does to rows, weights, history and nothing else."""

import copy
import functools
import json
import os
import pickle
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import XOR_X, XOR_Y, architectures, data, derandomized, layers, randomize, state, xor_network

import nnlib
from nnlib import DivergenceError, ExponentialLR, NeuralNetwork, StepLR, gradient_check
from nnlib.layers import Dense


class Recorder(NeuralNetwork):
    """A network that keeps a copy of every batch that it descends on."""

    def _descend(self, X, y, rate):
        if not hasattr(self, "batches"):
            self.batches = []
        self.batches.append((X.copy(), y.copy(), rate))
        return super()._descend(X, y, rate)


def numbered(n):
    """Rows that can be told apart, and targets that say which row they belong to."""
    X = np.arange(n, dtype=float).reshape(-1, 1)
    return X / n, 1000 + X


# ---------------------------------------------------------------- the example that the course ends in


def test_xor_is_learned_from_at_least_99_of_100_seeds():
    def learns(seed):
        network = xor_network(seed=seed)
        history = network.fit(XOR_X, XOR_Y, epochs=1000, batch_size=4)
        loss = network.loss(XOR_X, XOR_Y)
        solved = np.array_equal(network.predict(XOR_X) > 0.5, XOR_Y)
        assert history["train_loss"][-1] == pytest.approx(loss, abs=1e-3)
        return solved and loss < 0.02 and history["train_loss"][-1] < 0.02

    assert sum(map(learns, range(100))) >= 99


def test_xor_with_the_default_batch_size_is_the_same_run():
    four, default = xor_network(), xor_network()
    four.fit(XOR_X, XOR_Y, epochs=50, batch_size=4)
    default.fit(XOR_X, XOR_Y, epochs=50)
    assert state(four) == state(default)


# ---------------------------------------------------------------- batches


@derandomized
@given(n=st.integers(1, 20), batch_size=st.integers(1, 25), seed=st.integers(0, 100))
def test_every_row_is_used_once_an_epoch_beside_its_target_and_in_batches_of_the_size(n, batch_size, seed):
    network = Recorder(layers([1, 1], "linear"), learning_rate=1e-9, seed=seed)
    X, y = numbered(n)
    network.fit(X, y, epochs=3, batch_size=batch_size)
    sizes = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    assert [len(batch_X) for batch_X, _, _ in network.batches] == 3 * sizes
    for epoch in range(3):
        batches = network.batches[epoch * len(sizes) : (epoch + 1) * len(sizes)]
        rows = np.concatenate([batch_X for batch_X, _, _ in batches])
        targets = np.concatenate([batch_y for _, batch_y, _ in batches])
        np.testing.assert_array_equal(np.sort(rows, axis=0), X)
        np.testing.assert_allclose(targets, 1000 + rows * n, rtol=1e-15)


def test_the_order_is_fresh_in_every_epoch_and_every_run_and_random_over_all_rows():
    X, y = numbered(64)
    orders = []
    for seed in (0, 1):
        network = Recorder(layers([1, 1], "linear"), learning_rate=1e-9, seed=seed)
        network.fit(X, y, epochs=4, batch_size=8)
        orders += np.concatenate([rows for rows, _, _ in network.batches]).reshape(4, 64).tolist()
    assert len({tuple(order) for order in orders}) == 8
    assert X.ravel().tolist() not in orders
    # Not only the batches' starts are shuffled: the first batch is another set of rows each time.
    assert len({frozenset(order[:8]) for order in orders}) == 8


def test_without_shuffle_the_rows_come_as_they_stand():
    network = Recorder(layers([1, 1], "linear"), learning_rate=1e-9, seed=0)
    X, y = numbered(10)
    network.fit(X, y, epochs=2, batch_size=4, shuffle=False)
    np.testing.assert_array_equal(np.concatenate([rows for rows, _, _ in network.batches]), np.tile(X, (2, 1)))


def test_one_step_is_the_parameters_less_the_rate_times_the_gradient():
    network = xor_network(l2_lambda=0.1, learning_rate=0.3)
    randomize(network)
    X, y = data(7)
    before, (_, slopes) = network.get_parameters(), network.gradients(X, y)
    network.fit(X, y, epochs=1, batch_size=7)
    for old, slope, new in zip(before, slopes, network.get_parameters(), strict=True):
        for key in ("W", "b"):
            np.testing.assert_allclose(new[key], old[key] - 0.3 * slope[key], rtol=1e-14, atol=1e-15)


# ---------------------------------------------------------------- history


@derandomized
@given(architecture=architectures(), n=st.integers(1, 11), batch_size=st.integers(1, 12), seed=st.integers(0, 100))
def test_train_loss_and_penalty_are_row_weighted_means_from_before_each_update(architecture, n, batch_size, seed):
    widths, activations = architecture
    network = NeuralNetwork(layers(widths, activations), learning_rate=0.01, l2_lambda=0.2, seed=seed)
    X, y = data(n, widths[0], widths[-1], seed)
    twin = network.copy()
    losses, penalties = [], []
    for start in range(0, n, batch_size):
        rows = slice(start, start + batch_size)
        losses += [twin.loss(X[rows], y[rows])] * len(X[rows])
        penalties += [twin.penalty()] * len(X[rows])
        twin.fit(X[rows], y[rows], epochs=1, batch_size=n)
    history = network.fit(X, y, epochs=1, batch_size=batch_size, shuffle=False)
    assert history["train_loss"] == [pytest.approx(np.mean(losses), rel=1e-12)]
    assert history["penalty"] == [pytest.approx(np.mean(penalties), rel=1e-12)]


def test_history_holds_one_python_float_per_epoch_and_what_fit_returns_belongs_to_the_caller():
    network = xor_network(scheduler=ExponentialLR(0.5), l2_lambda=0.1)
    X, y = data(10)
    history = network.fit(X, y, epochs=4, batch_size=3, validation_data=data(5, seed=1))
    assert list(history) == ["train_loss", "val_loss", "penalty", "learning_rate"]
    assert all(len(column) == 4 and {type(value) for value in column} == {float} for column in history.values())
    assert history["learning_rate"] == [0.1, 0.05, 0.025, 0.0125]
    assert network.history == history and network.epoch == 4
    assert type(history) is dict and {type(column) for column in history.values()} == {list}
    history["train_loss"].clear()
    assert len(network.history["train_loss"]) == 4


def test_the_networks_own_history_is_lists_that_grow_and_cannot_be_changed():
    network = xor_network()
    returned = network.fit(XOR_X, XOR_Y, epochs=3)
    own = network.history
    losses, kept = own["train_loss"], own["train_loss"][:]
    assert isinstance(losses, list) and losses == returned["train_loss"] and repr(losses) == repr(kept)
    assert json.loads(json.dumps(own)) == json.loads(json.dumps(returned))
    assert np.array(losses).shape == (3,) and losses[-1] == min(losses) and type(losses + [1.0]) is list
    for copied in (copy.deepcopy(own), pickle.loads(pickle.dumps(own))):
        assert type(copied) is dict and type(copied["train_loss"]) is list and repr(copied) == repr(returned)
    network.fit(XOR_X, XOR_Y, epochs=2)
    assert len(network.history["train_loss"]) == len(losses) == 5 and len(kept) == len(returned["train_loss"]) == 3

    for name in ("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"):
        with pytest.raises(TypeError, match="the network's own history is read-only; change a copy"):
            getattr(losses, name)(0)
    for name in ("__setitem__", "__delitem__", "pop", "popitem", "clear", "update", "setdefault", "__ior__"):
        with pytest.raises(TypeError, match="read-only"):
            getattr(own, name)("train_loss")
    with pytest.raises(TypeError, match="read-only"):
        losses[0] = 0.0
    with pytest.raises(TypeError, match="read-only"):
        losses += [0.0]
    assert network.history["train_loss"][:3] == kept and network.epoch == 5


def test_looking_at_the_history_does_no_more_work_late_in_a_run_than_early():
    """Counted in nnlib's lines of Python and in floats copied, which no busy machine changes."""
    network = NeuralNetwork(layers([1, 1], "linear"), seed=0)
    work, sizes = [], []

    def count(frame, event, argument):
        work[-1] += event == "line" and frame.f_code.co_filename.startswith(os.fspath(Path(nnlib.__file__).parent))
        return count

    def look(nn):
        work.append(0)
        sys.settrace(count)
        seen = nn.history["train_loss"][-1], nn.history["learning_rate"]
        sys.settrace(None)
        sizes.append(seen[1] is nn.history["learning_rate"])  # the list itself: nothing was copied

    network.fit([[0.5]], [[1.0]], epochs=300, callback=look)
    assert work[1:] == work[1:2] * 299 and all(sizes)


def test_val_loss_is_taken_after_the_epoch_without_the_penalty_and_nan_without_data():
    X, y = data(10)
    X_val, y_val = data(5, seed=1)
    after = []
    network = xor_network(l2_lambda=0.5)
    history = network.fit(
        X,
        y,
        epochs=3,
        batch_size=4,
        validation_data=(X_val, y_val),
        callback=lambda nn: after.append(float(np.mean((nn.predict(X_val) - y_val) ** 2))),
    )
    np.testing.assert_allclose(history["val_loss"], after, rtol=1e-12)
    plain = xor_network(l2_lambda=0.5)
    assert np.isnan(plain.fit(X, y, epochs=3, batch_size=4)["val_loss"]).all()
    assert plain.history["train_loss"] == history["train_loss"]  # looking does not touch


def test_the_schedule_counts_epochs_over_all_fits_and_every_batch_of_an_epoch_has_its_rate():
    seen = []

    def scheduler(epoch, initial_rate):
        seen.append((epoch, initial_rate))
        return initial_rate / (epoch + 1)

    network = Recorder(layers([1, 1], "linear"), learning_rate=0.5, scheduler=scheduler, seed=0)
    X, y = data(6, 1)
    network.fit(X, y, epochs=2, batch_size=2)
    network.fit(X, y, epochs=1, batch_size=2)
    assert seen == [(0, 0.5), (1, 0.5), (2, 0.5)]
    assert [rate for _, _, rate in network.batches] == [0.5] * 3 + [0.25] * 3 + [0.5 / 3] * 3
    assert network.history["learning_rate"] == [0.5, 0.25, 0.5 / 3]
    assert type(network.learning_rate) is float and network.learning_rate == 0.5


def test_step_lr_first_decays_after_step_size_epochs():
    network = xor_network(scheduler=StepLR(step_size=2, gamma=0.5))
    history = network.fit(XOR_X, XOR_Y, epochs=5)
    assert history["learning_rate"] == [0.1, 0.1, 0.05, 0.05, 0.025]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_five_epochs_and_five_more_are_ten(dtype):
    X, y = data(10, dtype=dtype)
    settings = {"l2_lambda": 0.01, "scheduler": StepLR(3, 0.5)}
    val = data(4, seed=1)
    ten, five = xor_network(**settings), xor_network(**settings)
    ten.fit(X, y, epochs=10, batch_size=4, validation_data=val)
    for epochs in (5, 0, 4, 1):
        history = five.fit(X, y, epochs=epochs, batch_size=4, validation_data=val)
    assert state(five) == state(ten)
    assert history == ten.history


def test_the_seed_decides_everything():
    X, y = data(10)
    runs = [xor_network(seed=seed) for seed in (3, np.int64(3), 4, None, None)]
    for network in runs:
        network.fit(X, y, epochs=3, batch_size=4)
    first, same, *others = [network.get_parameters()[0]["W"].tobytes() for network in runs]
    assert first == same and len({first, *others}) == 4


def test_no_epochs_change_nothing():
    network = xor_network()
    before = network.get_parameters()[0]["W"].copy()
    history = network.fit(XOR_X, XOR_Y, epochs=0)
    assert history == {"train_loss": [], "val_loss": [], "penalty": [], "learning_rate": []}
    assert network.epoch == 0
    np.testing.assert_array_equal(network.get_parameters()[0]["W"], before)
    network.layers[0].W[:] = np.inf  # even where someone has written nonsense by hand
    assert network.fit(XOR_X, XOR_Y, epochs=0) == history


# ---------------------------------------------------------------- callback, interrupt, divergence


def test_the_callback_sees_the_network_after_every_epoch_and_a_true_value_stops():
    seen = []

    def callback(network):
        seen.append((network.epoch, len(network.history["train_loss"])))
        return network.epoch == 3

    network, twin = xor_network(), xor_network()
    history = network.fit(XOR_X, XOR_Y, epochs=10, callback=callback)
    assert seen == [(1, 1), (2, 2), (3, 3)]
    twin.fit(XOR_X, XOR_Y, epochs=3)
    assert state(network) == state(twin) and history == twin.history


def test_a_callback_that_looks_at_everything_does_not_change_the_run():
    X, y = data(10)
    network, twin = xor_network(l2_lambda=0.1), xor_network(l2_lambda=0.1)

    def look(nn):
        nn.predict(X), nn.trace(X), nn.gradients(X, y), nn.loss(X, y), nn.penalty(), nn.summary(), repr(nn), nn.copy()

    network.fit(X, y, epochs=5, batch_size=4, callback=look)
    twin.fit(X, y, epochs=5, batch_size=4)
    assert state(network) == state(twin)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_exception_passes_through_and_keeps_weights_and_history(error):
    def callback(network):
        if network.epoch == 3:
            raise error

    X, y = data(10)
    network, twin = xor_network(), xor_network()
    with pytest.raises(error):
        network.fit(X, y, epochs=10, batch_size=4, callback=callback)
    twin.fit(X, y, epochs=3, batch_size=4)
    assert state(network) == state(twin)
    network.fit(X, y, epochs=2, batch_size=4)
    twin.fit(X, y, epochs=2, batch_size=4)
    assert state(network) == state(twin)


def test_a_signal_at_any_moment_leaves_a_network_that_goes_on(tmp_path):
    script = """
        import math, signal
        import numpy as np
        from nnlib import NeuralNetwork

        signal.signal(signal.SIGALRM, signal.default_int_handler)
        generator = np.random.default_rng(0)
        X, y = generator.normal(size=(20, 3)), generator.normal(size=(20, 2))
        config = [{'n_inputs': 3, 'n_neurons': 8, 'activation': 'relu'},
                  {'n_inputs': 8, 'n_neurons': 2, 'activation': 'linear'}]
        nn = NeuralNetwork(config, learning_rate=0.01, seed=0)
        interrupted = 0
        for wait in generator.uniform(0.001, 0.02, size=40):
            before = nn.epoch
            signal.setitimer(signal.ITIMER_REAL, wait)
            try:
                nn.fit(X, y, epochs=10**9, batch_size=3, validation_data=(X, y))
            except KeyboardInterrupt:
                interrupted += 1
            history = nn.history
            assert nn.epoch >= before and {len(column) for column in history.values()} == {nn.epoch}
            assert all(map(math.isfinite, history['train_loss'])) and np.isfinite(nn.predict(X)).all()
        assert interrupted == 40 and nn.epoch > 40, (interrupted, nn.epoch)
        assert nn.loss(X, y) < nn.history['train_loss'][0]
        nn.fit(X, y, epochs=3)
        print('goes on')
    """
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "goes on\n"


def exploding(dtype=np.float64, **settings):
    """A run that is fine at first: the rate grows until it explodes."""
    network = NeuralNetwork(
        layers([2, 4, 1], ["relu", "linear"]),
        learning_rate=0.01,
        scheduler=lambda epoch, rate: rate * 10.0**epoch,
        seed=0,
        **settings,
    )
    return network, *data(20, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("l2_lambda", [0.0, 0.1])
@pytest.mark.parametrize("epochs_before", [0, 2])
def test_a_run_that_diverges_is_taken_back_as_if_it_had_not_been(dtype, l2_lambda, epochs_before):
    network, X, y = exploding(dtype, l2_lambda=l2_lambda)
    if epochs_before:
        network.fit(X, y, epochs=epochs_before, batch_size=8)
    before = state(network)
    with pytest.raises(
        DivergenceError, match="training diverged in epoch .*learning rate .*ten times smaller"
    ) as caught:
        network.fit(X, y, epochs=100, batch_size=8, validation_data=(X, y))
    assert state(network) == before
    error = caught.value
    assert isinstance(error, ValueError)
    assert epochs_before < error.epoch < 50
    assert error.rate == 0.01 * 10.0**error.epoch
    assert f"epoch {error.epoch}," in str(error)
    assert {len(column) for column in error.history.values()} == {error.epoch}
    assert np.isfinite(error.history["train_loss"]).all()
    assert error.history["train_loss"][:epochs_before] == network.history["train_loss"]

    # The generator too is where it was: the next run is the one that would have been.
    network.scheduler, (twin, _, _) = None, exploding(dtype, l2_lambda=l2_lambda)
    twin.fit(X, y, epochs=epochs_before, batch_size=8)
    twin.scheduler = None
    network.fit(X, y, epochs=2, batch_size=8)
    twin.fit(X, y, epochs=2, batch_size=8)
    assert state(network) == state(twin)


def test_a_run_that_diverges_leaves_the_dtype_open_again():
    network, X, y = exploding(np.float32)
    with pytest.raises(DivergenceError):
        network.fit(X, y, epochs=100)
    assert network.dtype == np.float64
    network.scheduler = None
    network.fit(X.astype(np.float64), y, epochs=1)
    assert network.dtype == np.float64


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_last_update_that_runs_away_is_noticed(epochs):
    network = NeuralNetwork(
        layers([1, 1], "linear"), scheduler=lambda epoch, rate: 1e308 if epoch == epochs - 1 else 0.1, seed=0
    )
    before = state(network)
    with pytest.raises(DivergenceError) as caught:
        network.fit([[1.0]], [[1000.0]], epochs=epochs)
    assert state(network) == before
    assert (caught.value.epoch, caught.value.rate) == (epochs - 1, 1e308)
    assert np.isfinite(caught.value.history["train_loss"]).all()


def test_a_validation_loss_that_runs_away_is_noticed():
    network = NeuralNetwork(layers([1, 1], "linear"), learning_rate=1e200, seed=0)
    before = state(network)
    with pytest.raises(DivergenceError):
        network.fit([[1.0]], [[1.0]], epochs=1, validation_data=([[1.0]], [[1.0]]))
    assert state(network) == before


def test_weights_whose_squares_are_too_large_for_float32_have_a_penalty():
    network = NeuralNetwork(layers([1, 2, 1], "linear"), dtype="float32")
    network.layers[0].W[:] = 1e25
    assert network.penalty() == 0
    network.l2_lambda = 0.1
    assert network.penalty() == pytest.approx(0.05 * 2e50, rel=1e-6)


def test_a_copy_in_float32_refuses_weights_that_it_cannot_hold():
    network = xor_network()
    network.layers[0].W[0, 1] = 1e300
    with pytest.raises(ValueError, match=r"parameters must hold finite float32 numbers, got inf at \[1\]"):
        network.copy(dtype="float32")
    assert network.copy(dtype="float64").layers[0].W[0, 1] == 1e300


def test_a_penalty_that_runs_away_is_noticed():
    network = NeuralNetwork(layers([1, 1], "tanh"), learning_rate=1.0, l2_lambda=10.0, seed=0)
    with pytest.raises(DivergenceError, match="l2_lambda"):
        network.fit([[1.0]], [[1.0]], epochs=1000)


def test_the_divergence_error_can_be_pickled():
    for error in (DivergenceError(3, 0.5, {"train_loss": [1.0]}), DivergenceError(3, 0.5, {}, "a parameter")):
        again = pickle.loads(pickle.dumps(error))
        assert (again.epoch, again.rate, again.history) == (error.epoch, error.rate, error.history)
        assert str(again) == str(error)


def test_a_parameter_that_ran_away_is_said_and_no_callback_sees_it():
    network = NeuralNetwork(layers([1, 1], ["linear"]), learning_rate=1e300, seed=0)
    seen = []
    with pytest.raises(DivergenceError, match="a parameter, or .*, is no longer a finite number") as caught:
        network.fit([[1e10]], [[1.0]], epochs=1, callback=lambda nn: seen.append(nn.get_parameters()))
    assert seen == [] and np.isfinite(caught.value.history["train_loss"]).all() and caught.value.epoch == 0


def test_a_memory_of_the_optimizer_that_ran_away_is_said():
    """In float32 the square of 1e20 is infinite, and a weight divided by its root would never move again."""
    adam = nnlib.optimizers.Adam()
    network = NeuralNetwork(layers([1, 1], ["linear"]), learning_rate=0.001, optimizer=adam, dtype=np.float32, seed=0)
    with pytest.raises(DivergenceError, match="what the optimizer remembers"):
        network.fit([[1e3]], [[1e17]], epochs=5)
    assert not network._state.any()


# ---------------------------------------------------------------- what a callback may do, and what not


def test_a_callback_that_trains_its_own_network_is_refused_and_nothing_is_lost():
    X, y = data(10)
    network, twin = xor_network(scheduler=ExponentialLR(0.5)), xor_network(scheduler=ExponentialLR(0.5))
    refused = []

    def train(nn):
        try:
            nn.fit(X, y, epochs=3)
        except RuntimeError as error:
            refused.append(str(error))

    history = network.fit(X, y, epochs=4, callback=train)
    assert len(refused) == 4 and "fit must not be called by a callback or scheduler of the same" in refused[0]
    assert history == twin.fit(X, y, epochs=4) and state(network) == state(twin)
    with pytest.raises(RuntimeError, match="Return True from the callback to stop it, then call fit again"):
        network.fit(X, y, epochs=4, callback=lambda nn: nn.fit(X, y, epochs=1))
    assert network.epoch == 5  # the epoch that was finished, and then the error passed through
    network.fit(X, y, epochs=1)  # after it the network trains again
    network.fit(X, y, epochs=1, callback=lambda nn: nn.copy().fit(X, y, epochs=1) and False)  # others may be trained


@pytest.mark.parametrize(
    "name, value, error, message",
    [
        ("learning_rate", "0.1", TypeError, "learning_rate must be a number, got '0.1'"),
        ("learning_rate", -5, ValueError, "learning_rate must be a finite number above 0, got -5"),
        ("learning_rate", float("nan"), ValueError, "learning_rate must be .* got nan"),
        ("l2_lambda", -1e-3, ValueError, "l2_lambda must be .* got -0.001"),
        ("l2_lambda", np.array([0.1]), TypeError, "l2_lambda must be a number, got an array"),
        ("scheduler", "StepLR", TypeError, "scheduler must be a function or None, got 'StepLR'"),
    ],
)
def test_a_setting_that_a_callback_spoils_is_named_before_it_is_used(name, value, error, message):
    X, y = data(10)
    network, twin = xor_network(), xor_network()
    with pytest.raises(error, match=message):
        network.fit(X, y, epochs=5, batch_size=3, callback=lambda nn: nn.epoch == 2 and setattr(nn, name, value))
    twin.fit(X, y, epochs=2, batch_size=3)
    assert network.epoch == 2
    setattr(network, name, getattr(twin, name))
    assert state(network) == state(twin)


def test_a_setting_that_a_callback_changes_counts_from_the_next_epoch_as_a_python_number():
    def change(nn):
        nn.learning_rate, nn.l2_lambda = np.float32(0.25), np.float64(0.5)
        nn.scheduler = lambda epoch, rate: rate / (epoch + 1)

    network = xor_network(dtype=np.float32)
    X, y = data(10)
    history = network.fit(X, y, epochs=3, batch_size=3, callback=change)
    assert history["learning_rate"] == [0.1, 0.125, 0.25 / 3]
    assert history["penalty"][0] == 0.0 < history["penalty"][1]
    assert {type(value) for column in history.values() for value in column} == {float}
    assert type(network.learning_rate) is type(network.l2_lambda) is float and network.dtype == np.float32


@pytest.mark.parametrize("whose", ["its own", "another network's"])
def test_a_divergence_error_of_the_callback_passes_like_any_other(whose):
    X, y = data(10)
    network, twin = xor_network(), xor_network()

    def diverge(nn):
        if nn.epoch == 3:
            if whose == "its own":
                raise DivergenceError(3, 0.5, {})
            other, other_X, other_y = exploding()
            other.fit(other_X, other_y, epochs=100)

    with pytest.raises(DivergenceError):
        network.fit(X, y, epochs=10, batch_size=4, callback=diverge)
    twin.fit(X, y, epochs=3, batch_size=4)
    assert state(network) == state(twin)


@pytest.mark.parametrize("failure", ["divergence", "scheduler"])
def test_what_a_callback_changed_is_taken_back_with_the_run(failure):
    network, X, y = exploding(np.float32, l2_lambda=0.1)
    schedule, before = network.scheduler, state(network)
    views = [layer.W for layer in network.layers]

    def change(nn):
        nn.learning_rate, nn.l2_lambda = 0.02, 0.2
        nn.history["train_loss"]  # looked at, and to be forgotten
        nn.scheduler = schedule if failure == "divergence" else lambda epoch: 0.1
        nn.set_parameters(nn.get_parameters())

    with pytest.raises(DivergenceError if failure == "divergence" else TypeError):
        network.fit(X, y, epochs=100, batch_size=8, callback=change)
    assert state(network) == before and network.history["train_loss"] == []
    assert all(layer.W is view for layer, view in zip(network.layers, views, strict=True))


def test_waiting_for_a_validation_loss_without_validation_data_gets_a_word():
    X, y = data(10)
    network = xor_network()
    with pytest.warns(UserWarning, match=r"history\['val_loss'\] is nan: fit was given no validation_data=") as caught:
        network.fit(X, y, epochs=3, callback=lambda nn: nn.history["val_loss"][-1] < 0.1)
    assert caught[0].filename == __file__
    # Nobody else hears of it: who looks at the training loss, at everything, afterwards, or with validation data.
    network.fit(X, y, epochs=1, callback=lambda nn: nn.history["train_loss"][-1] < 0)
    network.fit(X, y, epochs=1, callback=lambda nn: len(list(nn.history.items())) < 0)
    network.fit(X, y, epochs=1, validation_data=(X, y), callback=lambda nn: nn.history["val_loss"][-1] < 0)
    assert len(network.history["val_loss"]) == network.epoch == 6


def test_an_underflow_ends_nothing_even_where_numpy_is_told_to_raise():
    network = NeuralNetwork(layers([1, 2, 1], ["tanh", "linear"]), learning_rate=1e-300, seed=0)
    with np.errstate(all="raise"):
        history = network.fit([[1e-200], [1e-5]], [[0.0], [1e-200]], epochs=3, batch_size=1)
    assert len(history["train_loss"]) == 3


def test_an_underflow_of_a_forward_pass_is_a_zero_even_where_numpy_is_told_to_raise():
    network = NeuralNetwork(layers([1, 1], ["linear"]), seed=0)
    network.set_parameters([{"W": [[1e-5]], "b": [0.0]}])
    with np.errstate(all="raise"):
        assert network.predict([[1e-310]])[0, 0] < 1e-310
        assert network.trace([[1e-310]])[1][0, 0] < 1e-310


def test_what_numpy_tells_of_the_callers_own_functions_is_told():
    network = xor_network(scheduler=lambda epoch, rate: np.float64(1e200) * np.float64(1e200))
    with pytest.warns(RuntimeWarning, match="overflow"), pytest.raises(ValueError, match="scheduler's rate"):
        network.fit(XOR_X, XOR_Y, epochs=1)
    network = xor_network()
    with pytest.warns(RuntimeWarning, match="invalid value encountered in sqrt"):
        network.fit(XOR_X, XOR_Y, epochs=1, callback=lambda nn: np.isfinite(np.sqrt(np.float64(-1))))


def test_what_layer_config_gives_is_the_callers_own():
    network = xor_network()
    network.layer_config[0]["activation"] = "relu"
    network.layer_config.clear()
    assert network.layer_config[0]["activation"] == "tanh"
    np.testing.assert_array_equal(network.copy().predict(XOR_X), network.predict(XOR_X))
    with pytest.raises(AttributeError):
        network.layer_config = []


class Table(dict):
    """A scheduler that is False where it has no entries."""

    def __call__(self, epoch, rate):
        return self.get(epoch, 0.25 * rate)


def test_a_scheduler_may_be_false(tmp_path):
    network = xor_network(scheduler=Table())
    assert network.copy().scheduler is network.scheduler
    network = xor_network(scheduler=StepLR(10))
    network.save(tmp_path / "xor.npz")
    assert type(NeuralNetwork.load(tmp_path / "xor.npz", scheduler=Table()).scheduler) is Table


@pytest.mark.parametrize("look", ["loss", "gradients", "predict"])
def test_an_underflow_of_the_softmax_is_a_zero_even_where_numpy_is_told_to_raise(look):
    network = NeuralNetwork(layers([1, 2], ["linear"]), seed=0, loss="cross_entropy")
    network.set_parameters([{"W": [[0.0, 0.0]], "b": [800.0, 80.0]}])  # exp(-720) is not a normal number
    with np.errstate(all="raise"):
        getattr(network, look)(*([[[1.0]]] if look == "predict" else [[[1.0]], [[1.0, 0.0]]]))


# ---------------------------------------------------------------- an exception at any line


class Injected(BaseException):
    """What KeyboardInterrupt and MemoryError stand for."""


def at_line(n, function):
    """Run `function` and raise `Injected` at the n-th line of nnlib that it runs. False: there were not so many."""
    left = n

    def trace(frame, event, argument):
        nonlocal left
        if "nnlib" not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise Injected
        return trace

    sys.settrace(trace)
    try:
        function()
    except Injected:
        return True
    except DivergenceError:
        return False
    finally:
        sys.settrace(None)
    return False


def assert_whole(network):
    """The views are views of the vectors, all of one type, and training moves what predict reads."""
    for layer, (dW, db) in zip(network.layers, network._gradient_views, strict=True):
        assert np.shares_memory(layer.W, network._parameters) and np.shares_memory(layer.b, network._parameters)
        assert np.shares_memory(dW, network._gradient) and np.shares_memory(db, network._gradient)
    assert network._parameters.dtype == network._gradient.dtype
    assert {len(column) for column in network.history.values()} == {network.epoch}
    network.scheduler, network.learning_rate = None, 0.1
    X, y = data(6)
    try:
        network.fit(X, y, epochs=1)
    except DivergenceError:  # interrupted after it had run away and before it was taken back: said, not in silence
        randomize(network)
    losses = network.fit(X, y, epochs=20)["train_loss"][-20:]
    assert losses[-1] < losses[0]


def test_an_exception_at_any_line_of_a_first_float32_fit_leaves_a_whole_network():
    X, y = data(3, dtype=np.float32)
    n = 0
    while True:
        network = xor_network()
        if not at_line(n, functools.partial(network.fit, X, y, epochs=1, batch_size=2, callback=lambda nn: False)):
            break
        assert_whole(network)
        n += 1
    assert n > 150


def test_an_exception_at_any_line_of_a_restore_leaves_a_whole_network():
    n = 0
    while True:
        network = NeuralNetwork(
            layers([2, 4, 1], ["relu", "linear"]), scheduler=lambda epoch, rate: (rate, 1e160)[epoch], seed=0
        )
        X, y = data(2, dtype=np.float64 if n % 2 else np.float32)
        if not at_line(n, functools.partial(network.fit, X, y, epochs=2)):
            break
        assert_whole(network)
        n += 1
    assert n > 150


# ---------------------------------------------------------------- dtype and the caller's arrays


@pytest.mark.parametrize("given", ["by dtype", "by X"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "linear"])
def test_float32_stays_float32_throughout(given, activation):
    network = NeuralNetwork(
        layers([3, 4, 2], [activation, "linear"]),
        learning_rate=np.float64(0.1),
        l2_lambda=np.float64(0.01),
        scheduler=lambda epoch, rate: np.float64(rate),
        seed=0,
        dtype=np.float32 if given == "by dtype" else None,
    )
    X, y = data(9, 3, 2, dtype=np.float32)
    X_val, y_val = data(3, 3, 2)
    seen = []

    def watch(nn):
        arrays = [nn._parameters, nn._gradient, *nn.trace(X), nn.predict(X_val)]
        arrays += [
            array
            for layer in (*nn.get_parameters(), *nn.gradients(X, y_val[:1].repeat(9, 0))[1])
            for array in layer.values()
        ]
        arrays += [array for layer in nn.layers for array in (layer.W, layer.b)]
        seen.extend(array.dtype for array in arrays)

    network.fit(X, y, epochs=3, batch_size=4, validation_data=(X_val, y_val), callback=watch)
    watch(network)
    assert set(seen) == {np.dtype(np.float32)} and network.dtype == np.float32
    # No float64 on the way either: the whole run would be another one.
    network.fit(X.astype(np.float64), y, epochs=1)
    watch(network)
    assert set(seen) == {np.dtype(np.float32)}


def test_layers_compute_in_float32(monkeypatch):
    """Every array that goes in and out of every layer, in both directions, during training."""
    seen = set()
    forward, backward = Dense.forward, Dense.backward

    def watched_forward(self, X):
        A = forward(self, X)
        seen.update((X.dtype, A.dtype))
        return A

    def watched_backward(self, X, A, dA, dW, db, with_dX=True):
        dX = backward(self, X, A, dA, dW, db, with_dX)
        seen.update(array.dtype for array in (X, A, dA, dW, db) + ((dX,) if with_dX else ()))
        assert with_dX == (X.shape[1] != 3)  # nobody asks the first layer
        assert (dX is None) != with_dX
        return dX

    monkeypatch.setattr(Dense, "forward", watched_forward)
    monkeypatch.setattr(Dense, "backward", watched_backward)
    X, y = data(9, 3, 2, dtype=np.float32)
    network = NeuralNetwork(layers([3, 4, 5, 2], ["relu", "sigmoid", "tanh"]), l2_lambda=0.1, seed=0)
    network.fit(X, y, epochs=2, batch_size=4, validation_data=data(5, 3, 2, dtype=np.float64))
    assert seen == {np.dtype(np.float32)}


def test_a_rate_of_numpys_type_is_the_same_number():
    """In NumPy 2 a float64 scalar would lift the step to float64, and the bits would be others."""
    X, y = data(9, dtype=np.float32)
    plain = xor_network(scheduler=lambda epoch, rate: rate / (epoch + 1))
    numpys = xor_network(scheduler=lambda epoch, rate: np.float64(rate / (epoch + 1)))
    for network in (plain, numpys):
        history = network.fit(X, y, epochs=5, batch_size=4)
        assert {type(rate) for rate in history["learning_rate"]} == {float}
        network.scheduler = None
    assert state(numpys) == state(plain)


def test_float64_is_the_default_for_everything_but_float32():
    for X in ([[0, 1]], np.array([[0, 1]], dtype=np.float16), np.array([[True, False]]), np.array([[0.5, 1]])):
        network = xor_network()
        network.fit(X, [[1]], epochs=1)
        assert network.dtype == np.float64
    network = xor_network(dtype="float64")
    network.fit(np.zeros((2, 2), np.float32), [[1], [0]], epochs=1)
    assert network.dtype == np.float64
    network = xor_network()
    network.fit(np.zeros((2, 2), ">f4"), [[1], [0]], epochs=1)  # float32 of a foreign machine
    assert network.dtype == np.float32 and network.dtype.isnative


def readonly(array):
    array = array.copy()
    array.flags.writeable = False
    return array


FORMS = {
    "lists": lambda array: array.tolist(),
    "tuples": lambda array: tuple(map(tuple, array.tolist())),
    "int64": lambda array: array.astype(np.int64),
    "int8": lambda array: array.astype(np.int8),
    "uint8": lambda array: array.astype(np.uint8),
    "bool": lambda array: array.astype(bool),
    "float16": lambda array: array.astype(np.float16),
    "longdouble": lambda array: array.astype(np.longdouble),
    "big-endian": lambda array: array.astype(">f8"),
    "Fortran order": np.asfortranarray,
    "every other column": lambda array: np.repeat(array, 2, axis=1)[:, ::2],
    "reversed twice": lambda array: array[::-1].copy()[::-1],
    "read-only": readonly,
    "a transposed view": lambda array: array.T.copy().T,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("batch_size", [3, 32])
@pytest.mark.parametrize("shuffle", [True, False])
def test_every_form_of_the_same_numbers_gives_the_same_run_and_is_not_written_to(form, batch_size, shuffle):
    generator = np.random.default_rng(0)
    X, y = (generator.integers(0, 2, size=shape).astype(float) for shape in [(10, 2), (10, 1)])
    plain, network = xor_network(), xor_network()
    given_X, given_y = form(X), form(y)
    kept = copy.deepcopy((given_X, given_y))

    plain.fit(X, y, epochs=5, batch_size=batch_size, shuffle=shuffle, validation_data=(X, y))
    network.fit(given_X, given_y, epochs=5, batch_size=batch_size, shuffle=shuffle, validation_data=(given_X, given_y))

    np.testing.assert_allclose(network.predict(given_X), plain.predict(X), rtol=1e-12)
    np.testing.assert_allclose(network.history["val_loss"], plain.history["val_loss"], rtol=1e-12)
    network.gradients(given_X, given_y), network.loss(given_X, given_y), network.trace(given_X)
    for array, before in zip((given_X, given_y), kept, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("widths", [[2, 2], [2, 2, 2]])
@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_results_share_no_memory_with_arguments_or_parameters(widths, activation):
    network = NeuralNetwork(layers(widths, activation), seed=0)
    network.set_parameters([{"W": np.eye(2), "b": np.zeros(2)}] * (len(widths) - 1))
    X = np.abs(data(4)[0])
    y = X.copy()
    results = [network.predict(X), *network.trace(X)[1:]]
    results += [array for layer in network.get_parameters() for array in layer.values()]
    results += [array for layer in network.gradients(X, y)[1] for array in layer.values()]
    inside = [X, y, network._parameters, network._gradient]
    assert not any(np.shares_memory(result, array) for result in results for array in inside)
    np.testing.assert_allclose(network.predict(X), X, rtol=1e-12)
    for result in results:
        result[:] = 99
    np.testing.assert_allclose(network.predict(X), y, rtol=1e-12)


def test_the_global_generator_is_not_touched():
    before = repr(np.random.get_state())  # noqa: NPY002
    network = xor_network(seed=None)
    X, y = data(10)
    network.fit(X, y, epochs=2, batch_size=3)
    network.predict(X), network.copy(), network.gradients(X, y)
    assert repr(np.random.get_state()) == before  # noqa: NPY002


def test_predicting_leaves_no_state_behind():
    network = xor_network()
    X, y = data(5)
    before, attributes = state(network), set(vars(network))
    network.predict(X), network.trace(X), network.loss(X, y), network.penalty(), network.summary(), repr(network)
    assert state(network) == before and set(vars(network)) == attributes


# ---------------------------------------------------------------- parameters


def test_get_and_set_parameters_are_inverse_and_copy():
    network, other = randomize(xor_network()), xor_network(seed=1)
    parameters = network.get_parameters()
    assert [{key: array.shape for key, array in layer.items()} for layer in parameters] == [
        {"W": (2, 4), "b": (4,)},
        {"W": (4, 1), "b": (1,)},
    ]
    other.set_parameters(parameters)
    X, _ = data(5)
    np.testing.assert_array_equal(other.predict(X), network.predict(X))
    parameters[0]["W"][:] = 99
    assert network.layers[0].W.max() < 99 and other.layers[0].W.max() < 99
    # Its own views, swapped: nothing is read after it was written.
    square = randomize(NeuralNetwork(layers([2, 2, 2], "tanh")))
    first, second = square.get_parameters()
    square.set_parameters([{"W": layer.W, "b": layer.b} for layer in reversed(square.layers)])
    np.testing.assert_array_equal(square.layers[0].W, second["W"])
    np.testing.assert_array_equal(square.layers[1].W, first["W"])


def test_set_parameters_takes_lists_and_integers_and_keeps_the_dtype():
    network = NeuralNetwork(layers([2, 1], "linear"), dtype=np.float32)
    network.set_parameters([{"b": [3], "W": [[1], [2]]}])
    assert network.predict([[10, 100]]).tolist() == [[213]]
    assert network.layers[0].W.dtype == np.float32


# ---------------------------------------------------------------- copies


WAYS_TO_COPY = {
    "copy()": lambda network: network.copy(),
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda network: pickle.loads(pickle.dumps(network)),
    "in a list": lambda network: copy.deepcopy([network])[0],
}


@pytest.mark.parametrize("way", WAYS_TO_COPY.values(), ids=WAYS_TO_COPY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("epochs", [0, 3])
def test_a_copy_is_a_network_of_its_own_with_the_same_future(way, dtype, epochs):
    X, y = data(10, dtype=dtype)
    network = xor_network(scheduler=StepLR(2), l2_lambda=0.1)
    if epochs:
        network.fit(X, y, epochs=epochs, batch_size=3)
    before = state(network)
    twin = way(network)
    assert state(twin) == before

    twin.fit(X, y, epochs=4, batch_size=3)
    assert state(network) == before
    network.fit(X, y, epochs=4, batch_size=3)
    assert state(twin) == state(network)
    for layer in twin.layers:  # views of the one vector, not arrays beside it
        assert np.shares_memory(layer.W, twin._parameters) and np.shares_memory(layer.b, twin._parameters)
        assert not np.shares_memory(layer.W, network._parameters)


def test_a_copy_keeps_the_class_and_the_scheduler_of_your_own():
    network = Recorder(layers([1, 1], "linear"), scheduler=lambda epoch, rate: rate / 2)
    for twin in (network.copy(), copy.deepcopy(network)):
        assert type(twin) is Recorder and twin.scheduler is network.scheduler  # functions are not copied


class Named(NeuralNetwork):
    """A subclass with another constructor, and attributes of its own from before and after the real one."""

    def __init__(self, name, width):
        self.name = name
        super().__init__(layers([2, width, 1], "tanh"), seed=0)
        self.seen = []


@pytest.mark.parametrize("way", WAYS_TO_COPY.values(), ids=WAYS_TO_COPY)
def test_a_subclass_with_another_constructor_is_copied_with_its_attributes(way):
    network = Named("xor", 3)
    network.fit(XOR_X, XOR_Y, epochs=2)
    network.seen.append(1)
    twin = way(network)
    assert type(twin) is Named and (twin.name, twin.seen) == ("xor", [1]) and state(twin) == state(network)
    assert set(vars(twin)) == set(vars(network))
    twin.fit(XOR_X, XOR_Y, epochs=1)
    assert network.epoch == 2


def test_a_subclass_with_another_constructor_can_be_checked_saved_and_loaded(tmp_path):
    network = Named("xor", 3)
    assert max(error["W"] for error in gradient_check(network, XOR_X, XOR_Y)) < 1e-5
    with pytest.warns(UserWarning, match=r"save leaves out \['name', 'seen'\]"):
        network.save(tmp_path / "named.npz")
    loaded = Named.load(tmp_path / "named.npz")
    assert type(loaded) is Named and state(loaded) == state(network) and not hasattr(loaded, "name")


def test_the_seed_may_be_a_generator_which_the_network_then_draws_from():
    generator, twin = np.random.default_rng(3), xor_network(seed=3)
    network = xor_network(seed=generator)
    X, y = data(10)
    for net in (network, twin):
        net.fit(X, y, epochs=3, batch_size=4)
    assert state(network) == state(twin)
    assert generator.bit_generator.state == twin._generator.bit_generator.state
    assert network.copy()._generator is not generator
    with pytest.raises(ValueError, match="seed must be a generator made by numpy.random.default_rng, got one of MT19"):
        xor_network(seed=np.random.Generator(np.random.MT19937(0)))


def test_numbers_that_float32_cannot_hold_are_refused_and_free_weights_cost_nothing():
    network = xor_network()
    network.layers[0].W[0, 1] = 1e300
    before = state(network)
    for act in (lambda: network.copy(dtype=np.float32), lambda: network.fit(XOR_X.astype(np.float32), XOR_Y)):
        with pytest.raises(ValueError, match=r"parameters must hold finite float32 numbers, got inf at \[1\]"):
            act()
        assert state(network) == before
    network = xor_network(dtype=np.float32)
    network.layers[0].W[0, 1] = 1e25  # its square is too large
    assert network.penalty() == 0.0


def test_a_copy_may_have_another_dtype():
    network = randomize(xor_network())
    single = network.copy(dtype=np.float32)
    assert single.dtype == np.float32 and network.dtype == np.float64
    np.testing.assert_array_equal(single.layers[0].W, network.layers[0].W.astype(np.float32))


# ---------------------------------------------------------------- looking


def test_trace_holds_every_layer_and_ends_with_the_prediction():
    network = randomize(NeuralNetwork(layers([2, 5, 3, 1], ["relu", "tanh", "sigmoid"])))
    X, _ = data(6)
    trace = network.trace(X)
    assert [A.shape for A in trace] == [(6, 2), (6, 5), (6, 3), (6, 1)]
    np.testing.assert_array_equal(trace[0], X)
    for layer, before, after in zip(network.layers, trace, trace[1:], strict=False):
        np.testing.assert_array_equal(layer.forward(before), after)
    np.testing.assert_array_equal(trace[-1], network.predict(X))


def test_summary_and_repr():
    network = NeuralNetwork(layers([784, 128, 10], ["relu", "linear"]), learning_rate=0.5)
    assert network.summary().splitlines() == [
        "layer  activation  W             b         parameters",
        "1      relu        (784, 128)    (128,)       100,480",
        "2      linear      (128, 10)     (10,)          1,290",
        "total                                         101,770",
    ]
    assert repr(network) == (
        "NeuralNetwork(784 → 128 relu → 10 linear, 101,770 parameters, learning_rate=0.5, 0 epochs trained)"
    )
    network = xor_network(l2_lambda=0.01, scheduler=StepLR(300, 0.5))
    network.fit(XOR_X, XOR_Y, epochs=2)
    assert repr(network) == (
        "NeuralNetwork(2 → 4 tanh → 1 tanh, 17 parameters, learning_rate=0.1, l2_lambda=0.01, "
        "scheduler=StepLR(step_size=300, gamma=0.5), 2 epochs trained)"
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_console_that_knows_no_arrow_gets_another(encoding):
    code = """if True:
        from nnlib import NeuralNetwork
        nn = NeuralNetwork([{'n_inputs': 1, 'n_neurons': 2, 'activation': 'tanh'}], seed=0)
        nn.fit([[1]], [[1, 2]], epochs=2, verbose=True)
        print(nn)
        def größe(epoch, rate): return rate
        nn.scheduler = größe
        print(nn)
    """
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    lines = run.stdout.decode(encoding).splitlines()
    assert run.returncode == 0 and lines[0].startswith("epoch 1/2 ["), run.stderr
    arrow = "→" if encoding == "utf-8" else "->"
    assert lines[2].startswith(f"NeuralNetwork(1 {arrow} 2 tanh, 4 parameters")
    assert ("gr\\xf6\\xdfe" if encoding == "ascii" else "größe") in lines[3]


def test_names_are_forgiven_their_case_and_the_config_is_copied():
    config = [{"N_Inputs": 2, "n_neurons": np.int64(3), "activation": "ReLU", "Initializer": "Glorot"}]
    network = NeuralNetwork(config)
    assert network.layer_config == [{"n_inputs": 2, "n_neurons": 3, "activation": "relu", "initializer": "glorot"}]
    config[0]["n_neurons"] = 7
    assert network.predict([[1, 2]]).shape == (1, 3)
    assert (network.n_inputs, network.n_outputs) == (2, 3)


# ---------------------------------------------------------------- laws


@derandomized
@given(architecture=architectures(), n=st.integers(1, 8), seed=st.integers(0, 1000))
def test_a_batch_is_its_rows(architecture, n, seed):
    widths, activations = architecture
    network = randomize(NeuralNetwork(layers(widths, activations)), seed)
    X, _ = data(n, widths[0], 1, seed)
    rows = np.concatenate([network.predict(row[np.newaxis]) for row in X])
    np.testing.assert_allclose(network.predict(X), rows, rtol=1e-12, atol=1e-14)
    order = np.random.default_rng(seed).permutation(n)
    np.testing.assert_allclose(network.predict(X[order]), rows[order], rtol=1e-12, atol=1e-14)


@derandomized
@given(architecture=architectures(), seed=st.integers(0, 1000), where=st.integers(0, 10))
def test_hidden_neurons_may_change_places(architecture, seed, where):
    widths, activations = architecture
    if len(widths) < 3:
        widths, activations = [*widths, 2], [*activations, "linear"]
    network = randomize(NeuralNetwork(layers(widths, activations)), seed)
    X, _ = data(5, widths[0], 1, seed)
    outputs = network.predict(X)
    k = where % (len(widths) - 2)
    order = np.random.default_rng(seed).permutation(widths[k + 1])
    parameters = network.get_parameters()
    parameters[k]["W"], parameters[k]["b"] = parameters[k]["W"][:, order], parameters[k]["b"][order]
    parameters[k + 1]["W"] = parameters[k + 1]["W"][order]
    network.set_parameters(parameters)
    np.testing.assert_allclose(network.predict(X), outputs, rtol=1e-11, atol=1e-12)


@derandomized
@given(widths=st.lists(st.integers(1, 5), min_size=2, max_size=5), seed=st.integers(0, 1000), factor=st.floats(0.1, 10))
def test_without_biases_relu_scales_and_linear_collapses(widths, seed, factor):
    X, _ = data(5, widths[0], 1, seed)
    relu = NeuralNetwork(layers(widths, "relu"), seed=seed)  # biases start at zero
    np.testing.assert_allclose(relu.predict(factor * X), factor * relu.predict(X), rtol=1e-10, atol=1e-12)
    linear = NeuralNetwork(layers(widths, "linear"), seed=seed)
    product = X
    for layer in linear.get_parameters():
        product = product @ layer["W"]
    np.testing.assert_allclose(linear.predict(X), product, rtol=1e-10, atol=1e-12)


@derandomized
@given(seed=st.integers(0, 1000), n=st.integers(1, 10))
def test_a_linear_neuron_finds_least_squares(seed, n):
    X, y = data(n + 3, 2, 1, seed)
    network = NeuralNetwork(layers([2, 1], "linear"), learning_rate=0.1, seed=seed)
    history = network.fit(X, y, epochs=300)
    ones = np.hstack([X, np.ones((len(X), 1))])
    best = ones @ np.linalg.lstsq(ones, y, rcond=None)[0]
    assert history["train_loss"][-1] >= np.mean((best - y) ** 2) - 1e-12
    assert history["train_loss"][-1] <= history["train_loss"][0] + 1e-12


def test_repeating_every_row_changes_no_full_batch_step():
    X, y = data(6)
    once, thrice = xor_network(l2_lambda=0.1), xor_network(l2_lambda=0.1)
    once.fit(X, y, epochs=20, batch_size=6)
    thrice.fit(np.tile(X, (3, 1)), np.tile(y, (3, 1)), epochs=20, batch_size=18)
    np.testing.assert_allclose(thrice.history["train_loss"], once.history["train_loss"], rtol=1e-10)


# ---------------------------------------------------------------- what a scheduler may do, and what not


def test_a_scheduler_that_trains_its_own_network_is_refused():
    network = xor_network(scheduler=lambda epoch, rate: network.fit(XOR_X, XOR_Y, epochs=1) and rate)
    before = state(network)
    with pytest.raises(RuntimeError, match="fit must not be called by a callback or scheduler of the same network"):
        network.fit(XOR_X, XOR_Y, epochs=2)
    np.testing.assert_equal(state(network), before)
    network.scheduler = None
    network.fit(XOR_X, XOR_Y, epochs=1)  # and it goes on


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("l2_lambda", -5, "l2_lambda must be a finite number of at least 0, got -5"),
        ("l2_lambda", "x", "l2_lambda must be a number, got 'x'"),
        ("learning_rate", np.nan, "learning_rate must be a finite number above 0, got nan"),
        ("scheduler", "text", "scheduler must be a function or None, got 'text'"),
    ],
)
def test_a_setting_that_a_scheduler_spoils_is_said_at_once(name, value, message):
    def schedule(epoch, rate):
        if epoch == 1:
            setattr(network, name, value)
        return rate

    network = xor_network(scheduler=schedule)
    before = state(network)
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        network.fit(XOR_X, XOR_Y, epochs=3)
    np.testing.assert_equal(state(network), before)


def test_a_setting_of_a_type_of_numpys_becomes_pythons():
    def schedule(epoch, rate):
        network.l2_lambda = np.float32(0.1)
        return rate

    network = xor_network(scheduler=schedule)
    network.fit(XOR_X, XOR_Y, epochs=2)
    assert type(network.l2_lambda) is float and all(type(value) is float for value in network.history["penalty"])


@pytest.mark.parametrize("value", ["0.1", None, [1]])
def test_a_network_with_a_spoiled_setting_can_be_printed_and_says_so_where_it_is_used(value):
    network = xor_network()
    network.learning_rate = network.l2_lambda = value
    assert repr(value) in repr(network)
    for look in (network.penalty, lambda: network.gradients(XOR_X, XOR_Y)):
        with pytest.raises(TypeError, match=r"learning_rate must be a number, got"):
            look()


def test_a_float32_network_knows_no_underflow_either():
    network = NeuralNetwork(layers([1, 1], ["linear"]), dtype=np.float32, l2_lambda=0.1, seed=0)
    network.set_parameters([{"W": [[1e-30]], "b": [0.0]}])
    with np.errstate(all="raise"):
        network.fit([[1e-100], [1.0]], [[0.0], [1e-60]], epochs=2)
        network.predict([[1e-100]])
        network.set_parameters([{"W": [[1e-30]], "b": [1e-100]}])
        assert network.penalty() >= 0
        NeuralNetwork(layers([1, 1], ["linear"]), seed=0).copy(dtype=np.float32)


class Slotted(NeuralNetwork):
    __slots__ = ("label",)


class Demanding(NeuralNetwork):
    def __new__(cls, sizes):
        return super().__new__(cls)

    def __init__(self, sizes):
        super().__init__(layers(sizes, "tanh"), seed=0)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda nn: pickle.loads(pickle.dumps(nn)), lambda nn: nn.copy()]
)
def test_slots_come_along_and_a_constructor_of_any_kind_is_not_asked(again, tmp_path):
    slotted = Slotted(layers([2, 1], "tanh"), seed=0)
    slotted.label, slotted.note = "mine", "too"
    assert (again(slotted).label, again(slotted).note) == ("mine", "too")
    with pytest.warns(UserWarning, match=r"save leaves out \['label', 'note'\]"):
        slotted.save(tmp_path / "slotted.npz")
    demanding = Demanding([2, 3, 1])
    np.testing.assert_array_equal(again(demanding).predict(XOR_X), demanding.predict(XOR_X))
    gradient_check(demanding, XOR_X, XOR_Y)
