"""What the tests of the network share: small networks, their data, their whole state, independent formulas."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from nnlib import NeuralNetwork
from nnlib.activations import ACTIVATIONS
from nnlib.network import _attributes

XOR_X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR_Y = np.array([[0], [1], [1], [0]])

ACTIVATION_NAMES = sorted(ACTIVATIONS)

# The same examples each time, and no deadline that a busy machine could miss.
derandomized = settings(derandomize=True, deadline=None, database=None, max_examples=60)


def layers(widths, activations, **more):
    """The layer_config of a network: `layers([2, 4, 1], "tanh")` or with one activation a layer."""
    if isinstance(activations, str):
        activations = [activations] * (len(widths) - 1)
    return [
        {"n_inputs": n_inputs, "n_neurons": n_neurons, "activation": activation, **more}
        for n_inputs, n_neurons, activation in zip(widths, widths[1:], activations, strict=False)
    ]


def xor_network(**settings):
    return NeuralNetwork(layers([2, 4, 1], "tanh"), **{"learning_rate": 0.1, "seed": 0, **settings})


def data(n, n_inputs=2, n_outputs=1, seed=0, dtype=np.float64):
    generator = np.random.default_rng(seed)
    return (
        generator.normal(size=(n, n_inputs)).astype(dtype),
        generator.normal(size=(n, n_outputs)).astype(dtype),
    )


# What an attribute of the network holds besides its state: views and scratch arrays, the history by columns, a guard.
NOT_STATE = {"layers", "_gradient", "_gradient_views", "_history", "_in_callback"}


def state(network):
    """Everything that training changes or reads, as one comparable value; nan equals nan."""
    return {name: comparable(vars(network)[name]) for name in sorted(_attributes() - NOT_STATE)}


def comparable(value):
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.shape, value.tobytes()
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if type(value).__eq__ is object.__eq__ and not callable(value) and value is not None:
        return type(value), {name: comparable(each) for name, each in vars(value).items()}
    return value if callable(value) else repr(value)


def randomize(network, seed=0, scale=1.0):
    """Parameters of one's own everywhere, biases included."""
    generator = np.random.default_rng(seed)
    network.set_parameters(
        [
            {key: scale * generator.normal(size=array.shape) for key, array in layer.items()}
            for layer in network.get_parameters()
        ]
    )
    return network


# ---------------------------------------------------------------- the formulas once more, as a textbook has them

FORMULAS = {
    "linear": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
}


def textbook_outputs(parameters, activations, X):
    """Outputs, and the distance of the nearest weighted sum to a kink."""
    A, nearest = np.asarray(X, dtype=np.float64), np.inf
    for layer, activation in zip(parameters, activations, strict=True):
        Z = A @ layer["W"] + layer["b"]
        for kink in ACTIVATIONS[activation].kinks:
            nearest = min(nearest, np.abs(Z - kink).min())
        A = FORMULAS[activation](Z)
    return A, nearest


def textbook_objective(parameters, activations, X, y, l2_lambda):
    outputs, _ = textbook_outputs(parameters, activations, X)
    return np.mean((outputs - y) ** 2) + l2_lambda / 2 * sum(np.sum(layer["W"] ** 2) for layer in parameters)


def central_differences(function, array, epsilon=1e-6):
    """The gradient of `function()` with respect to `array`, which is moved and put back."""
    slopes = np.empty_like(array)
    for index in np.ndindex(array.shape):
        before = array[index]
        array[index] = before + epsilon
        above = function()
        array[index] = before - epsilon
        below = function()
        array[index] = before
        slopes[index] = (above - below) / (2 * epsilon)
    return slopes


@st.composite
def architectures(draw, max_layers=4, max_width=5):
    """(widths, activations) of a random network."""
    widths = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1))
    activations = draw(st.lists(st.sampled_from(ACTIVATION_NAMES), min_size=len(widths) - 1, max_size=len(widths) - 1))
    return widths, activations
