"""A saved network: training resumed from it is training never stopped, bit for bit."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import XOR_X, XOR_Y, architectures, data, derandomized, layers, randomize, state, xor_network

from nnlib import ExponentialLR, NeuralNetwork, StepLR, storage


def reloaded(network, path, **more):
    network.save(path)
    return NeuralNetwork.load(path, **more)


@pytest.mark.parametrize("scheduler", [None, StepLR(3, 0.5), ExponentialLR(0.9)])
@pytest.mark.parametrize("l2_lambda", [0.0, 0.01])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [3, 32])
def test_a_resumed_run_is_the_run_that_never_stopped(tmp_path, scheduler, l2_lambda, dtype, batch_size):
    X, y = data(10, dtype=dtype)
    val = data(4, seed=1)
    settings = {"scheduler": scheduler, "l2_lambda": l2_lambda}
    whole, broken = xor_network(**settings), xor_network(**settings)
    for epochs in (4, 1, 5):
        whole.fit(X, y, epochs=epochs, batch_size=batch_size, validation_data=val)
        broken.fit(X, y, epochs=epochs, batch_size=batch_size, validation_data=val)
        broken = reloaded(broken, tmp_path / "run.npz")
        assert state(broken) == state(whole)


def test_a_network_saved_before_its_first_run_still_takes_the_dtype_of_the_data(tmp_path):
    network = reloaded(xor_network(), tmp_path / "new.npz")
    network.fit(XOR_X.astype(np.float32), XOR_Y, epochs=1)
    assert network.dtype == np.float32
    network = reloaded(xor_network(dtype=np.float64), tmp_path / "new.npz")
    network.fit(XOR_X.astype(np.float32), XOR_Y, epochs=1)
    assert network.dtype == np.float64


def test_a_run_can_be_saved_from_its_callback_and_resumed(tmp_path):
    path = tmp_path / "run.npz"
    X, y = data(10)
    network = xor_network(scheduler=StepLR(2))
    network.fit(X, y, epochs=6, batch_size=3, callback=lambda nn: nn.save(path) if nn.epoch == 4 else None)
    resumed = NeuralNetwork.load(path)
    assert resumed.epoch == 4
    resumed.fit(X, y, epochs=2, batch_size=3)
    assert state(resumed) == state(network)


@derandomized
@given(
    architecture=architectures(),
    dtype=st.sampled_from([None, "float32", "float64"]),
    scheduler=st.sampled_from([None, StepLR(7, 0.3), ExponentialLR(1 / 3)]),
    l2_lambda=st.floats(0, 1),
    learning_rate=st.floats(1e-300, 1e300),
    seed=st.integers(0, 2**200),
)
def test_every_network_comes_back_as_it_was(
    architecture, dtype, scheduler, l2_lambda, learning_rate, seed, tmp_path_factory
):
    config = layers(*architecture, initializer="he")
    network = NeuralNetwork(config, learning_rate, l2_lambda, scheduler, seed, dtype)
    assert state(reloaded(network, tmp_path_factory.getbasetemp() / "any.npz")) == state(network)


def test_settings_in_numpys_types_can_be_saved(tmp_path):
    network = NeuralNetwork(
        [{"n_inputs": np.int64(2), "n_neurons": np.uint8(1), "activation": np.str_("tanh")}],
        learning_rate=np.float32(0.5),
        l2_lambda=np.float64(0.25),
        scheduler=StepLR(np.int64(3), np.float32(0.5)),
        seed=np.uint64(3),
    )
    network.fit(XOR_X, XOR_Y, epochs=np.int64(2), batch_size=np.int32(2))
    assert state(reloaded(network, tmp_path / "n.npz")) == state(network)


def test_path_may_be_a_str_or_a_path_and_is_used_as_it_is(tmp_path):
    network = xor_network()
    for path in (str(tmp_path / "a.npz"), tmp_path / "no_suffix"):
        network.save(path)
        assert Path(path).is_file()
        assert state(NeuralNetwork.load(path)) == state(network)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "no_suffix"]
    for path in (3, None, b"bytes"):
        with pytest.raises(TypeError, match="path must be a str or a path"):
            network.save(path)
        with pytest.raises(TypeError, match="path must be a str or a path"):
            NeuralNetwork.load(path)
    with pytest.raises(FileNotFoundError):
        NeuralNetwork.load(tmp_path / "missing.npz")


def test_saving_changes_nothing(tmp_path):
    network = xor_network()
    before = state(network)
    network.save(tmp_path / "n.npz")
    assert state(network) == before


def test_loading_returns_the_class_it_is_asked_of(tmp_path):
    class Special(NeuralNetwork):
        pass

    xor_network().save(tmp_path / "n.npz")
    assert type(Special.load(tmp_path / "n.npz")) is Special


# ---------------------------------------------------------------- schedulers


def halved(epoch, initial_rate):
    return initial_rate / 2


class MyStepLR(StepLR):
    pass


@pytest.mark.parametrize("scheduler", [halved, MyStepLR(3), lambda epoch, rate: rate])
def test_a_scheduler_of_your_own_must_be_passed_again(tmp_path, scheduler):
    path = tmp_path / "n.npz"
    network = xor_network(scheduler=scheduler)
    network.fit(XOR_X, XOR_Y, epochs=2)
    network.save(path)
    with pytest.raises(ValueError, match=r"scheduler of your own; pass it again: load\(path, scheduler=...\)"):
        NeuralNetwork.load(path)
    assert state(NeuralNetwork.load(path, scheduler=scheduler)) == state(network)


def test_a_scheduler_that_is_passed_replaces_the_saved_one(tmp_path):
    assert reloaded(xor_network(scheduler=StepLR(3)), tmp_path / "n.npz", scheduler=halved).scheduler is halved
    assert reloaded(xor_network(), tmp_path / "n.npz", scheduler=halved).scheduler is halved


@pytest.mark.parametrize("scheduler", [0.5, "StepLR", StepLR])
def test_a_scheduler_that_is_none_is_refused(tmp_path, scheduler):
    xor_network().save(tmp_path / "n.npz")
    with pytest.raises(TypeError, match="scheduler must be a function or None, got"):
        NeuralNetwork.load(tmp_path / "n.npz", scheduler=scheduler)


# ---------------------------------------------------------------- files that are no network


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04", b"\x80\x04N."], ids=["empty", "text", "zip magic", "pickle"]
)
def test_a_foreign_file_is_a_value_error_that_names_it(tmp_path, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="foreign.npz"):
        NeuralNetwork.load(path)


def test_a_truncated_file_is_a_value_error(tmp_path):
    path = tmp_path / "n.npz"
    randomize(xor_network()).save(path)
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="n.npz"):
            NeuralNetwork.load(path)


def change(**header):
    return lambda saved_header, arrays: saved_header.update(header)


def drop(key):
    def edit(header, arrays):
        (header if key in header else arrays).pop(key)

    return edit


def replace_array(name, array):
    return lambda header, arrays: arrays.update({name: array})


@pytest.mark.parametrize(
    "edit",
    [
        *(drop(key) for key in ("layer_config", "learning_rate", "l2_lambda", "scheduler", "dtype", "generator")),
        drop("parameters"),
        drop("history"),
        change(layer_config=[]),
        change(layer_config=layers([2, 3, 1], "tanh")),
        change(layer_config="tanh"),
        change(learning_rate=-1.0),
        change(learning_rate="fast"),
        change(l2_lambda=-1.0),
        change(scheduler="StepLR"),
        change(scheduler={}),
        change(scheduler={"name": "StepLR"}),
        change(scheduler={"name": "StepLR", "step_size": 0, "gamma": 0.1}),
        change(scheduler={"name": "StepLR", "steps": 3}),
        change(scheduler={"name": "os.system", "command": "false"}),
        change(dtype="float16"),
        change(dtype="float32"),
        change(generator=None),
        change(generator={}),
        change(
            generator={"bit_generator": "PCG64", "state": {"state": -1, "inc": 2**200}, "has_uint32": 0, "uinteger": 0}
        ),
        change(generator={"bit_generator": "MT19937"}),
        replace_array("parameters", np.zeros(16)),
        replace_array("parameters", np.zeros((17, 1))),
        replace_array("parameters", np.zeros(17, np.int64)),
        replace_array("history", np.zeros(4)),
        replace_array("history", np.zeros((2, 3))),
        replace_array("history", np.zeros((2, 4), bool)),
    ],
)
def test_a_well_formed_file_with_another_content_is_a_value_error(tmp_path, edit):
    path = tmp_path / "other.npz"
    xor_network(scheduler=StepLR(3)).save(path)
    header, arrays = storage.load(path)
    edit(header, arrays)
    storage.save(path, header, arrays)
    with pytest.raises(ValueError, match="other.npz cannot be loaded as a network: "):
        NeuralNetwork.load(path)
