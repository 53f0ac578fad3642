"""Activations: the bend between two layers, each with its derivative beside it.

An activation f turns a layer's weighted sums Z into its outputs A = f(Z), element by element.
The derivative f'(Z) is written with the *output* A alone, so the backward pass needs no second
look at Z and tanh is computed once.

To add one:

1. Write the two functions here. `function` must write into `out` where it is given; neither may change the dtype.
2. Enter them in `ACTIVATIONS`, with the name of the initializer that suits them and the kinks if there are any.
3. Write the formula a second time, as a textbook has it, in `FORMULAS` of tests/networks.py: every test of the
   activations, layers and gradients then runs on it.
4. Enter PyTorch's module in `TORCH_ACTIVATIONS` of tests/test_against_torch.py, which runs where PyTorch is installed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def linear(Z, out=None):
    """f(z) = z: no bend, for outputs that may take any value."""
    return np.positive(Z, out=out) if out is not Z else Z


def linear_derivative(A):
    """f'(z) = 1."""
    return 1.0


def relu(Z, out=None):
    """f(z) = max(0, z), the rectified linear unit (Nair and Hinton, 2010)."""
    return np.maximum(Z, 0, out=out)


def relu_derivative(A):
    """f'(z) = 1 where a > 0, else 0. At the kink z = 0 it is taken as 0."""
    return np.sign(A)  # A > 0 would be bool, and slower to multiply with


def sigmoid(Z, out=None):
    """f(z) = 1 / (1 + exp(-z)), to the last digits in both tails.

    Far on the left exp(-z) overflows to infinity, and 1 / infinity is the right 0. (1 + tanh(z / 2)) / 2
    never overflows, but 1 + tanh loses the digits of small outputs: of f(-40) it keeps none.
    """
    A = np.negative(Z, out=out)
    with np.errstate(over="ignore", under="ignore"):
        A = np.exp(A, out=out)
        A = np.add(A, 1, out=out)
        return np.reciprocal(A, out=out)


def sigmoid_derivative(A):
    """f'(z) = a (1 - a)."""
    return A * (1 - A)


def tanh(Z, out=None):
    """f(z) = tanh(z), from -1 to 1."""
    return np.tanh(Z, out=out)


def tanh_derivative(A):
    """f'(z) = 1 - a²."""
    return 1 - A * A


@dataclass(frozen=True)
class Activation:
    """An activation and its derivative.

    `function(Z, out=None)` returns A = f(Z), written into `out` where one is given (it may be Z).
    `derivative(A)` returns f'(Z) computed from A = f(Z).
    `initializer` names the initializer that a layer with this activation gets where none is asked for.
    `kinks` are the z at which the slope jumps, where a gradient check must not measure.
    """

    name: str
    function: Callable
    derivative: Callable
    initializer: str
    kinks: tuple[float, ...] = ()


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("linear", linear, linear_derivative, initializer="glorot"),
        Activation("relu", relu, relu_derivative, initializer="he", kinks=(0.0,)),
        Activation("sigmoid", sigmoid, sigmoid_derivative, initializer="glorot"),
        Activation("tanh", tanh, tanh_derivative, initializer="glorot"),
    )
}
