"""Chapter 06: a backward pass with a bug in it, for the reader to find.

This file holds the answers of the gallery. Find the bugs first, then read on.
"""

import numpy as np

BUGS = ("sign", "missing 1/n", "1/n twice", "transpose", "forgotten derivative", "missing bias gradient")


def backward(trace, y, parameters, derivatives, bug="none"):
    """The gradient of the mean squared error, [{'W', 'b'}, ...], with one bug of `BUGS`, or none.

    trace : [X, A1, ..., AL]. y : (n, n_outputs). parameters : [{'W', 'b'}, ...].
    derivatives : one function a layer, from its outputs A to f'(Z).
    """
    n = len(y)
    dA = 2 * (trace[-1] - y) / y.size
    if bug == "sign":
        dA = -dA
    elif bug == "missing 1/n":
        dA = dA * n
    elif bug == "1/n twice":
        dA = dA / n
    gradients = []
    for k in reversed(range(len(parameters))):
        W = parameters[k]["W"]
        dZ = dA if bug == "forgotten derivative" else dA * derivatives[k](trace[k + 1])
        dW, db = trace[k].T @ dZ, dZ.sum(axis=0)
        if bug == "missing bias gradient":
            db = np.zeros_like(db)
        gradients.insert(0, {"W": dW, "b": db})
        square = W.shape[0] == W.shape[1]
        dA = dZ @ (W if bug == "transpose" and square else W.T)
    return gradients


def faulty(bug):
    """The function `backward(trace, y, parameters, derivatives)` with this bug."""
    if bug not in ("none", *BUGS):
        raise ValueError(f"bug must be one of {('none', *BUGS)}, got {bug!r}")

    def backward_with_a_bug(trace, y, parameters, derivatives):
        return backward(trace, y, parameters, derivatives, bug)

    return backward_with_a_bug


# The two of the chapter's first picture.
PAIR = {"A": faulty("none"), "B": faulty("missing bias gradient")}

# In an order that does not give them away.
GALLERY = {
    "a": faulty("1/n twice"),
    "b": faulty("missing bias gradient"),
    "c": faulty("sign"),
    "d": faulty("forgotten derivative"),
    "e": faulty("missing 1/n"),
    "f": faulty("transpose"),
}
