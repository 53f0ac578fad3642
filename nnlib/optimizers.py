"""The optimizer: how a gradient becomes a step."""


class SGD:
    """Gradient descent: parameters ← parameters - rate · gradient.

    The gradient of a mini-batch is a random estimate of the gradient of the whole data, hence
    "stochastic" (Robbins and Monro, 1951).
    """

    def step(self, parameters, gradient, rate):
        """Move `parameters` one step downhill. Both arrays are overwritten.

        parameters, gradient : arrays of one shape. rate : float, the learning rate.
        """
        gradient *= rate
        parameters -= gradient
