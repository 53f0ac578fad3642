"""The loss: one number for how wrong the outputs are, and its gradient from the same function."""

import numpy as np


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
