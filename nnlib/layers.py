"""A layer: A = f(X W + b), and the chain rule back through it."""

from dataclasses import dataclass

import numpy as np

from nnlib.activations import Activation, linear_derivative


@dataclass(frozen=True, eq=False)
class Dense:
    """A fully connected layer of n_neurons, each looking at all n_inputs.

    W : array (n_inputs, n_neurons), one column per neuron.
    b : array (n_neurons,), one bias per neuron.
    activation : the `Activation` f.

    The arrays belong to the network, which changes them in place.
    """

    W: np.ndarray
    b: np.ndarray
    activation: Activation

    def forward(self, X):
        """The outputs A = f(X W + b), shape (n, n_neurons), of a batch X of shape (n, n_inputs)."""
        Z = np.dot(X, self.W)  # the same as X @ W; on small arrays it costs a third less
        Z += self.b
        return self.activation.function(Z, out=Z)

    def backward(self, X, A, dA, dW, db, with_dX=True):
        """One layer of the chain rule, from the gradient of the outputs to all the others.

            dZ = dA · f'(Z)      dW = Xᵀ dZ      db = Σ_rows dZ      dX = dZ Wᵀ

        X, A : what went in and came out, shapes (n, n_inputs) and (n, n_neurons).
        dA : gradient of the loss with respect to A, shape of A; it is overwritten with dZ.
        dW, db : arrays of the shapes of W and b, overwritten with their gradients.

        Returns dX, shape of X, or None without `with_dX`: nobody asks the first layer for it.
        Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors".
        """
        if self.activation.derivative is not linear_derivative:  # 1, which changes nothing
            dA *= self.activation.derivative(A)
        dZ = dA
        np.dot(X.T, dZ, out=dW)
        np.add.reduce(dZ, axis=0, out=db)
        return np.dot(dZ, self.W.T) if with_dX else None
