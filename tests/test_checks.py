"""Bad input, table by table: what is said names the argument, what was wanted and what came, and nothing changes."""

import datetime
import decimal
import math
import re

import numpy as np
import pytest
from networks import XOR_X, XOR_Y, layers, randomize, state, xor_network

from nnlib import NeuralNetwork, StepLR, checks, gradient_check

NAN, INF = float("nan"), float("inf")


@pytest.fixture(params=["new", "trained", "float32"])
def network(request):
    """A network that any change would show on."""
    network = xor_network(scheduler=StepLR(3), l2_lambda=0.01)
    if request.param != "new":
        X = XOR_X.astype(np.float32 if request.param == "float32" else np.float64)
        randomize(network).fit(X, XOR_Y, epochs=2, batch_size=3)
    return network


# ---------------------------------------------------------------- the constructor

GOOD = {"n_inputs": 2, "n_neurons": 3, "activation": "tanh"}

BAD_CONFIGS = [
    (None, TypeError, "layer_config must be a list of at least one dict, got None"),
    ([], TypeError, "layer_config must be a list of at least one dict, got []"),
    ("tanh", TypeError, "layer_config must be a list of at least one dict, got 'tanh'"),
    (GOOD, TypeError, "layer_config must be a list of at least one dict, got {"),
    ([GOOD, None], TypeError, "layer_config[1] must be a dict such as {'n_inputs': 2, ...}, got None"),
    ([(2, 3, "tanh")], TypeError, "layer_config[0] must be a dict such as {'n_inputs': 2, ...}, got (2, 3, 'tanh')"),
    ([{}], ValueError, "layer_config[0] must have the keys ['n_inputs', 'n_neurons', 'activation'], got none for"),
    ([{"n_inputs": 2, "n_neurons": 3}], ValueError, "got none for ['activation']"),
    ([GOOD | {"neurons": 3}], ValueError, "got 'neurons'. Did you mean 'n_neurons'?"),
    (
        [GOOD | {"units": 3}],
        ValueError,
        "must be one of ['activation', 'initializer', 'n_inputs', 'n_neurons'], got 'units'$",
    ),
    ([GOOD | {"n_units": 3}], ValueError, "got 'n_units'$"),
    ([GOOD | {"n_outputs": 3}], ValueError, "got 'n_outputs'$"),
    ([GOOD | {"initialiser": "he"}], ValueError, "got 'initialiser'. Did you mean 'initializer'?"),
    ([GOOD | {7: 3}], TypeError, "a key of layer_config[0] must be one of ["),
    ([GOOD | {"activation": "rleu"}], ValueError, "got 'rleu'. Did you mean 'relu'?"),
    ([GOOD | {"activation": "sigmiod"}], ValueError, "got 'sigmiod'. Did you mean 'sigmoid'?"),
    ([GOOD | {"activation": "tan"}], ValueError, "got 'tan'. Did you mean 'tanh'?"),
    ([GOOD | {"activation": "Liner"}], ValueError, "got 'Liner'. Did you mean 'linear'?"),
    (
        [GOOD | {"activation": "xyz"}],
        ValueError,
        "layer_config[0]['activation'] must be one of ['linear', 'relu', 'sigmoid', 'tanh'], got 'xyz'",
    ),
    ([GOOD | {"activation": None}], TypeError, "layer_config[0]['activation'] must be one of"),
    ([GOOD | {"activation": np.tanh}], TypeError, "layer_config[0]['activation'] must be one of"),
    ([GOOD | {"initializer": "hee"}], ValueError, "must be one of ['glorot', 'he'], got 'hee'. Did you mean 'he'?"),
    ([GOOD | {"initializer": None}], TypeError, "layer_config[0]['initializer'] must be one of"),
    ([GOOD | {"n_inputs": 0}], ValueError, "layer_config[0]['n_inputs'] must be at least 1, got 0"),
    ([GOOD | {"n_inputs": 2.0}], TypeError, "layer_config[0]['n_inputs'] must be a whole number, got 2.0"),
    ([GOOD | {"n_inputs": "2"}], TypeError, "layer_config[0]['n_inputs'] must be a whole number, got '2'"),
    ([GOOD | {"n_neurons": -1}], ValueError, "layer_config[0]['n_neurons'] must be at least 1, got -1"),
    ([GOOD | {"n_neurons": True}], TypeError, "layer_config[0]['n_neurons'] must be a whole number, got True"),
    ([GOOD | {"n_neurons": NAN}], TypeError, "layer_config[0]['n_neurons'] must be a whole number, got nan"),
    ([GOOD | {"n_neurons": [3]}], TypeError, "layer_config[0]['n_neurons'] must be a whole number, got [3]"),
    (
        [GOOD, GOOD],
        ValueError,
        "layer_config[1]['n_inputs'] must be 3, the n_neurons of layer_config[0], got 2",
    ),
]


@pytest.mark.parametrize("config, error, message", BAD_CONFIGS)
def test_layer_config(config, error, message):
    with pytest.raises(error, match=re.escape(message).replace(re.escape("$"), "$")):
        NeuralNetwork(config)


BAD_NUMBERS = [
    ("0.1", TypeError, "a number, got '0.1'"),
    (None, TypeError, "a number, got None"),
    (True, TypeError, "a number, got True"),
    (np.True_, TypeError, "a number, got np.True_"),
    (1j, TypeError, "a number, got 1j"),
    ([0.1], TypeError, "a number, got [0.1]"),
    (np.array([0.1]), TypeError, "a number, got an array of shape (1,)"),
    (decimal.Decimal("0.1"), TypeError, "a number, got Decimal('0.1')"),
    (NAN, ValueError, "got nan"),
    (INF, ValueError, "got inf"),
    (-INF, ValueError, "got -inf"),
    (10**400, ValueError, "got inf"),
    (np.float64(NAN), ValueError, "got nan"),
    (-0.1, ValueError, "got -0.1"),
]

BAD_SETTINGS = (
    [
        ("learning_rate", value, error, f"learning_rate must be .*{re.escape(text)}")
        for value, error, text in BAD_NUMBERS
    ]
    + [("l2_lambda", value, error, f"l2_lambda must be .*{re.escape(text)}") for value, error, text in BAD_NUMBERS]
    + [
        ("learning_rate", 0, ValueError, "learning_rate must be a finite number above 0, got 0"),
        ("l2_lambda", -1, ValueError, "l2_lambda must be a finite number of at least 0, got -1"),
        ("scheduler", 0.5, TypeError, "scheduler must be a function or None, got 0.5"),
        ("scheduler", "StepLR", TypeError, "scheduler must be a function or None, got 'StepLR'"),
        ("scheduler", StepLR, TypeError, "scheduler must be a function or None, got <class .*StepLR"),
        ("scheduler", [StepLR(3)], TypeError, "scheduler must be a function or None, got .StepLR"),
    ]
)

BAD_AT_THE_START = [
    ("seed", -1, ValueError, "seed must be at least 0, got -1"),
    ("seed", 1.0, TypeError, "seed must be a whole number, got 1.0"),
    ("seed", "0", TypeError, "seed must be a whole number, got '0'"),
    ("seed", True, TypeError, "seed must be a whole number, got True"),
    ("seed", [1, 2], TypeError, r"seed must be a whole number, got \[1, 2\]"),
    *(
        ("dtype", value, TypeError, "dtype must be float32 or float64, got " + re.escape(repr(value)))
        for value in (
            "float16",
            "int64",
            int,
            "nonsense",
            "f4,,",
            "",
            32,
            np.longdouble,
            object,
            {"names": ["a"]},
            ">f8",
        )
    ),
]


@pytest.mark.parametrize("name, value, error, message", BAD_SETTINGS + BAD_AT_THE_START)
def test_settings(name, value, error, message):
    with pytest.raises(error, match=message):
        NeuralNetwork([GOOD], **{name: value})


@pytest.mark.parametrize("name, value, error, message", BAD_SETTINGS)
def test_settings_that_were_changed_later_are_checked_before_training_and_saving(name, value, error, message, tmp_path):
    network = xor_network()
    setattr(network, name, value)
    before = state(network)
    for act in (
        lambda: network.fit(XOR_X, XOR_Y, epochs=1),
        lambda: network.save(tmp_path / "bad.npz"),
        lambda: network.copy(),
    ):
        with pytest.raises(error, match=message):
            act()
        assert repr(state(network)) == repr(before)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- data

# As X for two inputs. The message follows the argument's name, which NAME stands for.
BAD_X = [
    (None, TypeError, " must hold real numbers, got object in None"),
    ("XOR", TypeError, " must hold real numbers, got <U3 in 'XOR'"),
    ([["0", "1"]], TypeError, " must hold real numbers, got <U1 in [['0', '1']]"),
    ([[b"0", b"1"]], TypeError, " must hold real numbers, got |S1"),
    ([[0, None]], TypeError, " must hold real numbers, got object in [[0, None]]"),
    ([[0, 10**400]], TypeError, " must hold real numbers, got object in [[0, 1000"),
    ([[0, 1j]], TypeError, " must hold real numbers, got complex128 in [[0, 1j]]"),
    (
        np.array([[0.0, 1.0]], dtype=object),
        TypeError,
        " must hold real numbers, got object in an array of shape (1, 2)",
    ),
    ([[datetime.date(2000, 1, 1), 1]], TypeError, " must hold real numbers, got object"),
    (np.array([["2000-01-01", "2000-01-02"]], "M8[D]"), TypeError, " must hold real numbers, got datetime64[D]"),
    (np.zeros(1, dtype=[("a", float), ("b", float)]), TypeError, " must hold real numbers, got [('a', '<f8')"),
    ({"X": 1}, TypeError, " must hold real numbers, got object in {'X': 1}"),
    ([[0, 1], [1]], ValueError, " must be a rectangular array of numbers, got rows of different lengths"),
    (3.0, ValueError, " must have shape (n, 2), got ()"),
    ([0, 1], ValueError, " must have shape (n, 2), got (2,). np.reshape(NAME, (1, -1)) makes one row of it"),
    ([0, 1, 1], ValueError, " must have shape (n, 2), got (3,)"),
    ([[0], [1]], ValueError, " must have shape (n, 2), got (2, 1)"),
    ([[0, 1, 2]], ValueError, " must have shape (n, 2), got (1, 3)"),
    ([[[0, 1]]], ValueError, " must have shape (n, 2), got (1, 1, 2)"),
    ([], ValueError, " must have shape (n, 2), got (0,)"),
    (np.zeros((0, 2)), ValueError, " must have at least one row, got shape (0, 2)"),
    (np.zeros((4, 0)), ValueError, " must have shape (n, 2), got (4, 0)"),
    ([[0, 0], [0, NAN]], ValueError, "numbers, got nan at [1, 1]"),
    (
        np.ma.masked_values([[0.0, 0.0], [0.0, -99.0]], -99),
        ValueError,
        " must have a number everywhere, got a masked array with 1 missing",
    ),
    ([[0, 0], [-INF, 0]], ValueError, "numbers, got -inf at [1, 0]"),
    (np.array([[INF, 0]], np.float32), ValueError, "numbers, got inf at [0, 0]"),
    (np.array([["1e4000", "0"]], np.longdouble), ValueError, "numbers, got inf at [0, 0]"),
]

# As y for the four rows of XOR and one output. ROWS stands for the name of its X.
BAD_Y = [
    *((value, error, text) for value, error, text in BAD_X if error is TypeError or "rectang" in text),
    (
        [0, 1, 1, 0],
        ValueError,
        " must have shape (4, 1) to match ROWS and the last layer, got (4,). np.reshape(NAME, (-1, 1)) makes",
    ),
    ([[0], [1], [1]], ValueError, " must have shape (4, 1) to match ROWS and the last layer, got (3, 1)"),
    ([[0, 1, 1, 0]], ValueError, " must have shape (4, 1) to match ROWS and the last layer, got (1, 4)"),
    ([[0, 1]] * 4, ValueError, " must have shape (4, 1) to match ROWS and the last layer, got (4, 2)"),
    (0.5, ValueError, " must have shape (4, 1) to match ROWS and the last layer, got ()"),
    ([], ValueError, " must have shape (4, 1) to match ROWS and the last layer, got (0,)"),
    ([[0], [1], [NAN], [0]], ValueError, "numbers, got nan at [2, 0]"),
    (
        np.ma.masked_values([[0], [1], [9], [9]], 9),
        ValueError,
        " must have a number everywhere, got a masked array with 2 missing",
    ),
]

USES_OF_X = {
    "predict": ("X", lambda nn, X: nn.predict(X)),
    "trace": ("X", lambda nn, X: nn.trace(X)),
    "loss": ("X", lambda nn, X: nn.loss(X, XOR_Y)),
    "gradients": ("X", lambda nn, X: nn.gradients(X, XOR_Y)),
    "gradient_check": ("X", lambda nn, X: gradient_check(nn, X, XOR_Y)),
    "fit": ("X", lambda nn, X: nn.fit(X, XOR_Y, epochs=1)),
    "validation": (
        "validation_data[0]",
        lambda nn, X: nn.fit(XOR_X, XOR_Y, epochs=1, validation_data=(X, XOR_Y)),
    ),
}

USES_OF_Y = {
    "loss": ("X", "y", lambda nn, y: nn.loss(XOR_X, y)),
    "gradients": ("X", "y", lambda nn, y: nn.gradients(XOR_X, y)),
    "gradient_check": ("X", "y", lambda nn, y: gradient_check(nn, XOR_X, y)),
    "fit": ("X", "y", lambda nn, y: nn.fit(XOR_X, y, epochs=1)),
    "validation": (
        "validation_data[0]",
        "validation_data[1]",
        lambda nn, y: nn.fit(XOR_X, XOR_Y, epochs=1, validation_data=[XOR_X, y]),
    ),
}


@pytest.mark.parametrize("name, use", USES_OF_X.values(), ids=USES_OF_X)
def test_X(network, name, use):
    before = state(network)
    for value, error, text in BAD_X:
        with pytest.raises(error, match=re.escape(text.replace("NAME", name))) as caught:
            use(network, value)
        assert str(caught.value).startswith(f"{name} must ")
        assert state(network) == before


@pytest.mark.parametrize("name_X, name, use", USES_OF_Y.values(), ids=USES_OF_Y)
def test_y(network, name_X, name, use):
    before = state(network)
    for value, error, text in BAD_Y:
        with pytest.raises(error, match=re.escape(text.replace("ROWS", name_X).replace("NAME", name))) as caught:
            use(network, value)
        assert str(caught.value).startswith(f"{name} must ")
        assert state(network) == before


def test_hints_come_only_where_they_help():
    one = NeuralNetwork(layers([1, 2], "tanh"))
    with pytest.raises(
        ValueError, match=r"X must have shape \(n, 1\), got \(3,\). np.reshape\(X, \(-1, 1\)\) makes the numbers"
    ):
        one.predict([1, 2, 3])
    for y in ([1, 2, 3], [1, 2]):  # a column would not fit two outputs either
        with pytest.raises(ValueError, match=r"y must have shape \(3, 2\) to match X and the last layer, got \(\d,\)$"):
            one.loss([[1], [2], [3]], y)


class Table:
    """As much of a pandas DataFrame as counts here."""

    def __init__(self, **columns):
        self.columns, self.rows = list(columns), list(zip(*columns.values(), strict=True))

    def __array__(self, dtype=None, copy=None):
        return np.array(self.rows, dtype=object)


@pytest.mark.parametrize("odd, shown", [([True, False], "True"), (["yes", "no"], "'yes'"), ([None, 1.0], "None")])
def test_a_table_is_told_which_column_and_what_to_do(odd, shown):
    with pytest.raises(
        TypeError, match=rf"X must hold real .*: column 'smoker' holds {shown}. np.asarray\(X, dtype=float\)"
    ):
        xor_network().predict(Table(age=[30.0, 41.0], smoker=odd))
    with pytest.raises(TypeError, match=r"X must hold real .*: column 1 holds"):
        xor_network().predict(np.array([[30.0, odd[0]]], dtype=object))


def test_numbers_too_large_for_float32_are_refused():
    network = xor_network(dtype=np.float32)
    with pytest.raises(ValueError, match=r"X must hold finite float32 numbers, got inf at \[0, 1\]"):
        network.predict([[0.0, 1e300]])
    with pytest.raises(ValueError, match=r"y must hold finite float32 numbers, got -inf at \[0, 0\]"):
        network.fit([[0.0, 1.0]], [[-1e300]])


def test_an_array_of_shape_zero_is_a_number():
    assert xor_network(l2_lambda=np.array(0.003)).l2_lambda == 0.003
    with pytest.raises(TypeError, match="learning_rate must be a number"):
        xor_network(learning_rate=np.array([0.1]))
    with pytest.raises(TypeError, match="learning_rate must be a number"):
        xor_network(learning_rate=np.array(True))


# ---------------------------------------------------------------- the other arguments of fit

BAD_FIT_ARGUMENTS = [
    *(
        (name, value, TypeError, f"{name} must be a whole number, got {shown}")
        for name in ("epochs", "batch_size")
        for value, shown in [(3.0, "3.0"), ("3", "'3'"), (None, "None"), (True, "True"), (NAN, "nan"), ([3], "[3]")]
    ),
    ("epochs", -1, ValueError, "epochs must be at least 0, got -1"),
    ("batch_size", 0, ValueError, "batch_size must be at least 1, got 0"),
    ("batch_size", -4, ValueError, "batch_size must be at least 1, got -4"),
    ("verbose", -1, ValueError, "verbose must be at least 0, got -1"),
    ("verbose", "yes", TypeError, "verbose must be a whole number, got 'yes'"),
    ("verbose", 1.5, TypeError, "verbose must be a whole number, got 1.5"),
    ("verbose", None, TypeError, "verbose must be a whole number, got None"),
    ("shuffle", "no", TypeError, "shuffle must be True or False, got 'no'"),
    ("shuffle", None, TypeError, "shuffle must be True or False, got None"),
    ("shuffle", 1, TypeError, "shuffle must be True or False, got 1"),
    ("callback", 3, TypeError, "callback must be a function or None, got 3"),
    ("callback", "stop", TypeError, "callback must be a function or None, got 'stop'"),
    ("callback", int, TypeError, "callback must be a function or None, got <class 'int'>"),
    *(
        ("validation_data", value, TypeError, "validation_data must be a pair (X_val, y_val), got " + shown)
        for value, shown in [
            (0.2, "0.2"),
            ((XOR_X,), "("),
            ((XOR_X, XOR_Y, XOR_Y), "("),
            ({"X": XOR_X, "y": XOR_Y}, "{"),
            (np.zeros((2, 4, 2)), "an array of shape (2, 4, 2)"),
            ("Xy", "'Xy'"),
        ]
    ),
]


@pytest.mark.parametrize("name, value, error, message", BAD_FIT_ARGUMENTS)
def test_fit_arguments(network, name, value, error, message):
    before = state(network)
    arguments = {"epochs": 2, "batch_size": 3, name: value}
    with pytest.raises(error, match=re.escape(message)):
        network.fit(XOR_X, XOR_Y, **arguments)
    assert state(network) == before


def test_numpys_bools_will_do(capsys):
    network = xor_network()
    network.fit(XOR_X, XOR_Y, epochs=1, shuffle=np.True_)
    network.fit(XOR_X, XOR_Y, epochs=1, verbose=np.False_)
    assert capsys.readouterr().out == ""
    network.fit(XOR_X, XOR_Y, epochs=1, verbose=np.True_)
    assert capsys.readouterr().out.startswith("epoch 3/3")


@pytest.mark.parametrize("at", [0, 2])
@pytest.mark.parametrize(
    "value, error, message",
    [
        (NAN, ValueError, "must be a finite number of at least 0, got nan"),
        (INF, ValueError, "must be a finite number of at least 0, got inf"),
        (-0.1, ValueError, "must be a finite number of at least 0, got -0.1"),
        ("fast", TypeError, "must be a number, got 'fast'"),
        (None, TypeError, "must be a number, got None"),
        (True, TypeError, "must be a number, got True"),
        (1j, TypeError, "must be a number, got 1j"),
        (np.array([0.1]), TypeError, "must be a number, got an array of shape (1,)"),
    ],
)
def test_a_scheduler_that_returns_no_rate_takes_the_run_back(network, at, value, error, message):
    start = network.epoch
    network.scheduler = lambda epoch, rate: value if epoch == start + at else rate
    before = state(network)
    with pytest.raises(error, match=re.escape(f"the scheduler's rate for epoch {start + at} {message}")):
        network.fit(XOR_X, XOR_Y, epochs=5, batch_size=3)
    assert state(network) == before


@pytest.mark.parametrize("scheduler", [lambda epoch: 0.1, lambda epoch, rate: [][epoch]])
def test_a_scheduler_that_fails_takes_the_run_back(network, scheduler):
    network.scheduler = scheduler
    before = state(network)
    with pytest.raises((TypeError, IndexError)):
        network.fit(XOR_X.astype(np.float32), XOR_Y, epochs=5, batch_size=3)
    assert state(network) == before


def test_a_rate_of_zero_is_a_rate():
    network = xor_network(scheduler=lambda epoch, rate: 0)
    before = network.get_parameters()[0]["W"]
    network.fit(XOR_X, XOR_Y, epochs=3)
    np.testing.assert_array_equal(network.layers[0].W, before)


# ---------------------------------------------------------------- parameters

W1, B1, W2, B2 = np.ones((2, 4)), np.ones(4), np.ones((4, 1)), np.ones(1)
FIRST, SECOND = {"W": W1, "b": B1}, {"W": W2, "b": B2}

BAD_PARAMETERS = [
    (None, "parameters must be a list of 2 dicts, one per layer, got None"),
    ({"W": W1, "b": B1}, "parameters must be a list of 2 dicts, one per layer, got {"),
    ([], "parameters must be a list of 2 dicts, one per layer, got 0 of them"),
    ([FIRST], "parameters must be a list of 2 dicts, one per layer, got 1 of them"),
    ([FIRST, SECOND, SECOND], "parameters must be a list of 2 dicts, one per layer, got 3 of them"),
    ([FIRST, None], "parameters[1] must be a dict with the keys 'W' and 'b', got None"),
    ([(W1, B1), SECOND], "parameters[0] must be a dict with the keys 'W' and 'b', got (array"),
    ([FIRST, {"W": W2}], "parameters[1] must be a dict with the keys 'W' and 'b', got ['W']"),
    ([FIRST, {"w": W2, "b": B2}], "parameters[1] must be a dict with the keys 'W' and 'b', got ['b', 'w']"),
    ([FIRST, SECOND | {"c": 1}], "parameters[1] must be a dict with the keys 'W' and 'b', got ['W', 'b', 'c']"),
    ([FIRST, {"W": W2.T, "b": B2}], "parameters[1]['W'] must have shape (4, 1), got (1, 4)"),
    ([FIRST, {"W": W2.ravel(), "b": B2}], "parameters[1]['W'] must have shape (4, 1), got (4,)"),
    ([FIRST, {"W": W2, "b": 1.0}], "parameters[1]['b'] must have shape (1,), got ()"),
    ([{"W": W1, "b": B1[np.newaxis]}, SECOND], "parameters[0]['b'] must have shape (4,), got (1, 4)"),
    ([FIRST, {"W": W2 * NAN, "b": B2}], "numbers, got nan at [0, 0]"),
    ([FIRST, {"W": W2, "b": [INF]}], "numbers, got inf at [0]"),
    ([FIRST, {"W": W2, "b": ["1"]}], "parameters[1]['b'] must hold real numbers, got <U1 in ['1']"),
    ([FIRST, {"W": W2, "b": [1j]}], "parameters[1]['b'] must hold real numbers, got complex128"),
    ([FIRST, {"W": [[1], [1, 2], [1], [1]], "b": B2}], "parameters[1]['W'] must be a rectangular array"),
]


@pytest.mark.parametrize("parameters, message", BAD_PARAMETERS)
def test_set_parameters_sets_all_or_nothing(network, parameters, message):
    before = state(network)
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        network.set_parameters(parameters)
    assert state(network) == before


# ---------------------------------------------------------------- gradient_check, copy


@pytest.mark.parametrize("epsilon", [0, -1e-5, NAN, INF, "small", True])
def test_gradient_check_epsilon(network, epsilon):
    before = state(network)
    with pytest.raises((ValueError, TypeError), match="epsilon must be a (finite )?number"):
        gradient_check(network, XOR_X, XOR_Y, epsilon)
    assert state(network) == before


@pytest.mark.parametrize("thing", [None, "network", [[1.0]]])
def test_gradient_check_network(thing):
    with pytest.raises(TypeError, match="network must be a NeuralNetwork, got"):
        gradient_check(thing, XOR_X, XOR_Y)


@pytest.mark.parametrize("dtype", ["float16", int, "nonsense"])
def test_copy_dtype(network, dtype):
    with pytest.raises(TypeError, match="dtype must be float32 or float64, got"):
        network.copy(dtype=dtype)


# ---------------------------------------------------------------- the checks themselves


def test_good_values_come_back_in_pythons_types():
    assert (checks.integer("n", np.uint8(3), at_least=3), type(checks.integer("n", np.uint8(3), at_least=1))) == (
        3,
        int,
    )
    assert type(checks.number("x", np.float32(0.5))) is float
    assert checks.number("x", 1, at_least=1, at_most=1) == 1.0
    for dtype in ("float32", "f4", np.float32, np.dtype("float32")):
        assert checks.floating("dtype", dtype) == np.float32
    assert checks.floating("dtype", float) == np.float64
    assert checks.function_or_none("callback", None) is None
    assert checks.choice("activation", "TanH", ("tanh", "relu")) == "tanh"


def test_an_array_that_needs_no_conversion_is_not_copied():
    for array in (np.zeros((3, 2)), np.zeros((3, 2), np.float32)):
        assert checks.real_array("X", array) is array
        assert checks.rows("X", array, 2) is array


def test_a_masked_array_with_nothing_masked_is_an_array():
    assert checks.real_array("X", np.ma.masked_values([1.0, 2.0], -99)).tolist() == [1, 2]


def test_long_values_are_cut_short():
    assert checks.brief(list(range(1000))) == f"{str(list(range(1000)))[:57]}..."
    assert len(checks.brief("x" * 1000)) == 60
    assert math.isnan(float(checks.brief(NAN)))


def test_a_number_is_told_with_the_digits_that_make_it_wrong():
    with pytest.raises(ValueError, match=r"gamma must be .* at most 1, got 1\.0000001$"):
        StepLR(10, gamma=1.0000001)
    with pytest.raises(ValueError, match=r"^a point must be a finite number, got nan$"):
        checks.number("a point", NAN)
    with pytest.raises(ValueError, match=r"above 0, got -5$"):
        checks.number("rate", -5, above=0)


def test_a_key_of_a_layer_stands_there_once():
    config = {"n_inputs": 2, "N_INPUTS": 3, "n_neurons": 1, "activation": "tanh"}
    with pytest.raises(ValueError, match=r"layer_config\[0\] must have each key once, got 'n_inputs' in two spellings"):
        NeuralNetwork([config])


def test_an_optimizer_that_is_none_is_refused_before_the_file_is_read(tmp_path):
    with pytest.raises(TypeError, match="optimizer must be one such as Adam"):
        NeuralNetwork.load(tmp_path / "none.npz", optimizer="Adam")


@pytest.mark.parametrize("wrap", [list, tuple])
def test_a_mask_inside_a_list_is_seen(wrap):
    rows = wrap(np.ma.array([row, 1.0], mask=[row > 2, False]) for row in range(4))
    with pytest.raises(ValueError, match="X must have a number everywhere, got a masked array with 1 missing"):
        xor_network().fit(rows, XOR_Y, epochs=1)
    assert checks.real_array("X", rows[:3]).shape == (3, 2)


@pytest.mark.parametrize(
    "y, message",
    [
        (
            [0, 1, None, True],
            r"y must hold real numbers, got object in .*: it holds None. np.asarray\(y, dtype=float\)",
        ),
        ([["0"], ["1"], ["1"], ["0"]], r"column 0 holds .*'0'.* np.asarray\(y, dtype=float\) makes numbers"),
    ],
)
def test_what_is_no_number_is_told_with_the_remedy(y, message):
    with pytest.raises(TypeError, match=message):
        xor_network().fit(XOR_X, y, epochs=1)


@pytest.mark.parametrize("columns", [lambda: None, ["a"], 3])
def test_a_table_with_odd_columns_is_told_all_the_same(columns):
    class Table:
        def __array__(self, dtype=None, copy=None):
            return np.array([[0, None]] * 4, dtype=object)

    table = Table()
    table.columns = columns
    with pytest.raises(TypeError, match="column 1 holds None"):
        xor_network().fit(table, XOR_Y, epochs=1)


def test_a_callback_that_gets_a_validation_loss_is_warned_too():
    with pytest.warns(UserWarning, match="fit was given no validation_data"):
        xor_network().fit(XOR_X, XOR_Y, epochs=1, callback=lambda nn: nn.history.get("val_loss")[-1] < 0)
    network = xor_network()
    assert network.history.get("loss") is None and network.history.get("loss", 3) == 3
