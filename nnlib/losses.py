"""Losses: one number for how wrong the outputs are, and its gradient from the same function.

A loss looks at what the last layer computes. Its *link* makes of that what `predict` returns: nothing is to be done
for the mean squared error; for cross-entropy the softmax makes probabilities of the last layer's sums, the logits.

To add one:

1. Write its function here, value and gradient together. The gradient is with respect to what the last layer gives.
2. Enter it in `LOSSES`, with its link, a check of its targets, and the activation that its last layer needs, if any.
3. Test its value in tests/test_losses.py; that the gradient is its slope is tested there for every one.
4. Enter PyTorch's in `TORCH_LOSSES` of tests/test_against_torch.py, which runs where PyTorch is installed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib import checks


def mean_squared_error(y_hat, y):
    """The mean squared error and its gradient with respect to the outputs.

        loss      = Σ (ŷ - y)² / N
        gradient  = 2 (ŷ - y) / N

    N is the number of elements, rows times outputs: the mean is taken over every element.

    Parameters
    ----------
    y_hat, y : arrays of one shape (n, n_outputs), what the network says and what is right.

    Returns
    -------
    loss : float
    gradient : array of the same shape, newly made, d loss / d y_hat.
    """
    gradient = y_hat - y
    flat = gradient.ravel()
    loss = float(np.dot(flat, flat)) / flat.size
    gradient *= 2 / flat.size
    return loss, gradient


def softmax(Z):
    """Probabilities (n, n_classes) from logits of that shape: exp(z) over the sum of a row's, newly made.

    Each row's largest logit is taken away first, which changes no quotient and lets no exponential overflow.
    """
    with np.errstate(under="ignore"):
        _, P, sums = _exponentials(Z)
        P /= sums
    return P


def _exponentials(Z):
    """Of every row: z - max, exp of that, and the sum (n, 1) of these."""
    shifted = Z - np.maximum.reduce(Z, axis=1, keepdims=True)
    powers = np.exp(shifted)
    return shifted, powers, np.add.reduce(powers, axis=1, keepdims=True)


def cross_entropy(Z, y):
    """The cross-entropy of the softmax of logits Z, and its gradient with respect to Z.

        loss      = - Σ y log p / n,   p = softmax(Z)
        gradient  = (p Σy - y) / n

    n is the number of rows, Σy the sum of a row of y: 1, or nearly. log p is taken from the logits, z - max -
    log Σ exp(z - max), and never as the logarithm of a p that has become 0 ("log-sum-exp"; Bishop, 2006, section
    4.3.4, has the gradient).

    Parameters
    ----------
    Z : array (n, n_classes). y : array of that shape, rows of probabilities: one-hot, or soft.

    The probability of a class far below the best underflows to 0, which NumPy tells only those who ask it to
    (`np.seterr(under=...)`); the network's methods don't.

    Returns
    -------
    loss : float
    gradient : array of the same shape, newly made, d loss / d Z.
    """
    shifted, gradient, sums = _exponentials(Z)
    gradient /= sums / np.add.reduce(y, axis=1, keepdims=True)
    gradient -= y
    gradient *= 1 / len(Z)
    shifted -= np.log(sums)
    return 0.0 - float(np.vdot(shifted, y)) / len(Z), gradient  # not -0.0 where nothing is wrong


def probabilities(name, y):
    """None if every row of `y` holds numbers of at least 0 that sum to 1; else raises ValueError."""
    wrong = (y < 0).any(axis=1) | (np.abs(y.sum(axis=1) - 1) > 1e-4)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{name} must hold probabilities for cross_entropy, rows of numbers of at least 0 that sum to 1, "
            f"got {checks.brief(y[row].tolist())} in row {row}"
        )


@dataclass(frozen=True)
class Loss:
    """A loss.

    `function(A, y)` returns the loss and its gradient with respect to A, what the last layer gives.
    `link(A)` makes of that what `predict` returns.
    `check(name, y)` raises ValueError for targets that the loss is not made for.
    `last_layer` : the activation that the last layer must have, or None; `fewest` outputs are needed.
    """

    name: str
    function: Callable
    link: Callable = lambda A: A
    check: Callable = lambda name, y: None
    last_layer: str | None = None
    fewest: int = 1


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("mse", mean_squared_error),
        Loss("cross_entropy", cross_entropy, softmax, probabilities, last_layer="linear", fewest=2),
    )
}
