"""Initializers: how large the weights are at the start.

A layer adds up n_inputs products, so its sums vary n_inputs times as much as one product does.
Weights that are too large blow the signal up from layer to layer, weights that are too small let
it die. Both formulas choose the variance of W that keeps the signal's variance. Biases start at zero.
"""

import numpy as np


def glorot(n_inputs, n_neurons, generator):
    """W of shape (n_inputs, n_neurons), uniform on ±√(6 / (n_inputs + n_neurons)).

    The variance 2 / (n_inputs + n_neurons) is the compromise between keeping the signal on the
    way forward and the gradient on the way back, for activations of slope 1 around 0.
    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural
    networks", equation 16.
    """
    limit = np.sqrt(6 / (n_inputs + n_neurons))
    return generator.uniform(-limit, limit, size=(n_inputs, n_neurons))


def he(n_inputs, n_neurons, generator):
    """W of shape (n_inputs, n_neurons), normal with variance 2 / n_inputs.

    ReLU silences half of its inputs and with them half of the variance; the 2 pays it back.
    He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers", equation 10.
    """
    return generator.normal(0, np.sqrt(2 / n_inputs), size=(n_inputs, n_neurons))


INITIALIZERS = {"glorot": glorot, "he": he}
