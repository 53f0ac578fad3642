"""Optimizers: how a gradient becomes a step.

An optimizer is a pure rule. What it remembers from step to step belongs to the network, beside the parameters:

    optimizer.step(parameters, gradient, rate, state, t)

parameters, gradient : vectors of one length, both overwritten: the first is moved, the second is used up.
rate : float, the learning rate of this step.
state : array (n_states, length), zeros before the first step; what is to be remembered is written into it.
t : int, the number of this step, counted from 1; for a rule without states nobody counts, and it is 0.

To add one:

1. Write a frozen dataclass here, with `n_states` and `step`, and the formula's source.
2. Enter it in `OPTIMIZERS`, so that files can name it.
3. Enter it in `RULES` of tests/test_optimizers.py, where copies, files, explosions and gradients are tested for every
   one, and write its formula a second time in `test_a_rule_is_its_formula`.
4. Enter PyTorch's in `TORCH_OPTIMIZERS` of tests/test_against_torch.py, which runs where PyTorch is installed.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnlib import checks


@dataclass(frozen=True)
class Optimizer:
    """What all optimizers have in common.

    n_states : the number of vectors, each as long as the parameters, that the rule remembers.
    weight_decay : before each step the network multiplies its weights, not its biases, by 1 - rate · weight_decay.
    """

    n_states: ClassVar[int] = 0
    weight_decay = 0.0

    def step(self, parameters, gradient, rate, state, t):
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent: parameters ← parameters - rate · gradient.

    The gradient of a mini-batch is a random estimate of the gradient of the whole data, hence
    "stochastic" (Robbins and Monro, 1951).
    """

    def step(self, parameters, gradient, rate, state, t):
        gradient *= rate
        parameters -= gradient


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Descent with a velocity, a running sum of the gradients that fades by `beta` at every step (Polyak, 1964).

        v ← beta · v + gradient      parameters ← parameters - rate · v

    With `nesterov` the step goes along gradient + beta · v, the velocity that the next step will have if the gradient
    stays as it is (Nesterov, 1983; in this form Sutskever and others, 2013). On a long even slope both take steps
    1 / (1 - beta) times as long as plain descent, so the learning rate is usually smaller by about that factor.

    beta : float in [0, 1). Raises ValueError or TypeError for anything else.
    """

    n_states: ClassVar[int] = 1
    beta: float = 0.9
    nesterov: bool = False

    def __post_init__(self):
        object.__setattr__(self, "beta", _share("beta", self.beta))
        object.__setattr__(self, "nesterov", checks.flag("nesterov", self.nesterov))

    def step(self, parameters, gradient, rate, state, t):
        (velocity,) = state
        velocity *= self.beta
        velocity += gradient
        if self.nesterov:
            gradient += self.beta * velocity
            gradient *= rate
        else:
            np.multiply(velocity, rate, out=gradient)
        parameters -= gradient


@dataclass(frozen=True)
class Adam(Optimizer):
    """A step of about `rate` for every parameter, whatever the size of its gradient (Kingma and Ba, 2015).

        m ← beta1 · m + (1 - beta1) · gradient       v ← beta2 · v + (1 - beta2) · gradient²
        parameters ← parameters - rate · (m / (1 - beta1ᵗ)) / (√(v / (1 - beta2ᵗ)) + epsilon)

    m and v are running means of the gradient and of its square. They start at 0, and the divisions by 1 - betaᵗ take
    out what is missing at the beginning. A usual learning rate is 0.001. With `l2_lambda` the penalty's slope is part
    of the gradient, and so is divided by √v too; a decay that is not is `AdamW`'s.

    beta1, beta2 : floats in [0, 1). epsilon : float of at least 1e-30, which float32 holds too. Raises ValueError or
    TypeError for anything else.
    """

    n_states: ClassVar[int] = 2
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self):
        object.__setattr__(self, "beta1", _share("beta1", self.beta1))
        object.__setattr__(self, "beta2", _share("beta2", self.beta2))
        object.__setattr__(self, "epsilon", checks.number("epsilon", self.epsilon, at_least=1e-30))

    def step(self, parameters, gradient, rate, state, t):
        mean, square = state
        squared = gradient * gradient
        squared *= 1 - self.beta2
        square *= self.beta2
        square += squared
        gradient *= 1 - self.beta1
        mean *= self.beta1
        mean += gradient
        # The same quotient, multiplied by √(1 - beta2ᵗ) above and below: one pass over the vector less.
        missing = math.sqrt(1 - self.beta2**t)
        size = np.sqrt(square, out=squared)
        size += self.epsilon * missing
        np.divide(mean, size, out=gradient)
        gradient *= rate * missing / (1 - self.beta1**t)
        parameters -= gradient


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, with weights that shrink by a share of rate · weight_decay before each step (Loshchilov and Hutter, 2019).

    For plain descent this shrinking and the L2 penalty are the same thing. For Adam they are not: it is not divided
    by √v, so every weight shrinks by the same share. Biases are left alone.

    weight_decay : float of at least 0. Raises ValueError or TypeError for anything else.
    """

    weight_decay: float = 0.01

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "weight_decay", checks.number("weight_decay", self.weight_decay, at_least=0))


def _share(name, value):
    value = checks.number(name, value, at_least=0, at_most=1)
    if value == 1:
        raise ValueError(f"{name} must be below 1, or nothing would ever be forgotten, got 1")
    return value


OPTIMIZERS = {optimizer.__name__: optimizer for optimizer in (SGD, Momentum, Adam, AdamW)}
