"""Glorot and He: the variances of their papers, and the choice between them."""

import numpy as np
import pytest
from networks import layers

from nnlib import NeuralNetwork
from nnlib.initializers import INITIALIZERS, glorot, he


def test_glorot_is_uniform_within_the_limit_of_its_paper():
    W = glorot(300, 500, np.random.default_rng(0))
    limit = np.sqrt(6 / 800)
    assert W.shape == (300, 500)
    assert 0.999 * limit < W.max() <= limit and -limit <= W.min() < -0.999 * limit
    assert W.var() == pytest.approx(2 / 800, rel=0.01)
    assert np.mean(W**4) / W.var() ** 2 == pytest.approx(9 / 5, rel=0.01)  # the kurtosis of a uniform


def test_he_is_normal_with_the_variance_of_its_paper():
    W = he(300, 500, np.random.default_rng(0))
    assert W.shape == (300, 500)
    assert W.var() == pytest.approx(2 / 300, rel=0.02)
    assert abs(W.mean()) < 1e-3
    assert np.mean(W**4) / W.var() ** 2 == pytest.approx(3, rel=0.02)  # the kurtosis of a normal


@pytest.mark.parametrize("activation, initializer", [("relu", "he"), ("tanh", "glorot")])
def test_the_signal_keeps_its_size_through_ten_layers(activation, initializer):
    network = NeuralNetwork(layers([256] * 11, activation, initializer=initializer), seed=0)
    X = np.random.default_rng(1).normal(size=(64, 256)) * (0.05 if activation == "tanh" else 1)
    sizes = [np.mean(A**2) for A in network.trace(X)[1:]]
    assert 0.25 < sizes[-1] / sizes[0] < 4


@pytest.mark.parametrize(
    "activation, chosen", [("relu", "he"), ("sigmoid", "glorot"), ("tanh", "glorot"), ("linear", "glorot")]
)
def test_the_default_suits_the_activation_and_can_be_set(activation, chosen):
    plain = NeuralNetwork(layers([3, 4], activation), seed=5)
    assert plain.layer_config[0]["initializer"] == chosen
    for name, initializer in INITIALIZERS.items():
        network = NeuralNetwork(layers([3, 4], activation, initializer=name), seed=5)
        np.testing.assert_array_equal(network.layers[0].W, initializer(3, 4, np.random.default_rng(5)))
        assert np.array_equal(network.layers[0].W, plain.layers[0].W) == (name == chosen)


def test_biases_start_at_zero_and_every_layer_is_drawn_anew():
    network = NeuralNetwork(layers([3, 3, 3], "tanh"), seed=0)
    assert all(not layer.b.any() for layer in network.layers)
    assert not np.array_equal(network.layers[0].W, network.layers[1].W)
