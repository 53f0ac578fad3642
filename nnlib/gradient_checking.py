"""Gradient checking: is the network's gradient the derivative of its loss?

The loss itself is the witness. A slope measured with two values of the loss knows nothing of the chain
rule, so it cannot make the mistakes of a backward pass. What it can be is imprecise, so the check also
measures how precise it is, and where that does not suffice it says nan, "cannot tell", and why.
"""

import math
import warnings

import numpy as np

from nnlib import checks

STEPS = 10.0 ** -np.arange(1, 9)  # from the left arm of the V, where truncation rules, to the right one, of rounding
WRONG = 1e-4  # a relative error above this one is a wrong gradient
CAUTION = 10  # a measurement is believed to be at most so many times as far off as its neighbors are apart


def gradient_check(network, X, y, epsilon=None):
    """Compare the network's gradient with central differences of its loss.

    For every parameter θ the derivative of the objective J = data loss + penalty is measured as

        (J(θ + ε) - J(θ - ε)) / 2ε

    and each array's relative error is ‖measured - computed‖ / (‖measured‖ + ‖computed‖). Around
    1e-8 the gradient is right, above 1e-4 it is wrong; between the two, look closer.

    Too large an ε measures a chord, too small a one the rounding of J. So each θ is measured with
    the steps 0.1, 0.01, ..., 1e-8 (times |θ| where that is above 1), and the one whose neighbors
    agree with it best is taken. How far they are apart, and what rounding leaves of J, is the doubt
    about it. Where the doubt could hide a wrong gradient or turn a right one into a wrong one, the
    error is nan: as where sigmoids are flat, or if the targets are in the billions.

    ReLU has no derivative at its kink. Where θ ± ε moves a weighted sum from one side of a kink of
    its activation to the other, the difference measures neither slope; such steps are not used, a
    parameter without three usable steps is left out of the norms, and an array of which nothing is
    left, or nothing but zeros beside a slope that was left out, has the error nan.

    Parameters
    ----------
    network : NeuralNetwork, left as it is. The check runs on a float64 copy.
    X, y : arrays (n, n_inputs) and (n, n_outputs). Few rows are enough.
    epsilon : float above 0, to measure with this one step, whatever it is good for. There are no
        neighbors then, and no doubt: with a bad step a right gradient looks wrong.

    Returns
    -------
    list of {'W': relative error, 'b': relative error}, one for each layer; inf for a gradient that is
    not finite. If there is a nan among them, one warning (UserWarning) tells the reason for each.

    Raises ValueError or TypeError for bad arguments, as `NeuralNetwork.gradients` does, and
    ValueError where the loss is not finite, or `epsilon` too small to move a parameter.
    """
    if epsilon is not None:
        epsilon = checks.number("epsilon", epsilon, above=0)
    if not hasattr(network, "gradients"):
        raise TypeError(f"network must be a NeuralNetwork, got {checks.brief(network)}")
    twin = network.copy(dtype=np.float64)
    X, y = checks.samples(X, y, twin.n_inputs, twin.n_outputs, np.float64)
    errors, reasons = [], []
    with np.errstate(all="ignore"):  # an overflow far away from θ is only a step that cannot be used
        objective = twin.loss(X, y) + twin.penalty()
        if not math.isfinite(objective):
            raise ValueError(f"the loss on X and y must be finite to be measured, got {objective}")
        _, computed = twin.gradients(X, y)
        for k, (layer, slopes) in enumerate(zip(twin.layers, computed, strict=True)):
            errors.append({})
            for key in ("W", "b"):
                error, reason = _compare(*_measure(twin, X, y, getattr(layer, key), epsilon), slopes[key])
                errors[k][key] = error
                if reason:
                    reasons.append(f"\n    [{k}]['{key}']: {reason}")
    if reasons:
        warnings.warn("gradient_check cannot tell, and says nan:" + "".join(reasons), stacklevel=2)
    return errors


def _measure(twin, X, y, theta, epsilon):
    """The slope of J for every entry of `theta`, an array inside `twin`, and the doubt about each.

    Returns four arrays: the slope, how far its neighbors are apart (nan for no slope), what rounding may hide, and
    whether a step moved anything at all.
    """
    steps = STEPS if epsilon is None else [epsilon]
    slopes = np.full((len(steps), *theta.shape), np.nan)
    rounding, moves = np.zeros_like(slopes), np.zeros(theta.shape, dtype=bool)
    for index in np.ndindex(theta.shape):
        before = theta[index]
        scale = max(1.0, abs(before)) if epsilon is None else 1.0
        for k, step in enumerate(steps):
            theta[index] = right = before + scale * step
            above, outputs_above, sides_above = _look(twin, X, y)
            theta[index] = left = before - scale * step
            below, outputs_below, sides_below = _look(twin, X, y)
            theta[index] = before
            if left == right:
                raise ValueError(f"epsilon must be large enough to move a parameter of {before:.3g}, got {epsilon:g}")
            if sides_above == sides_below:
                slopes[k, *index] = (above - below).sum() / (right - left)
                rounding[k, *index] = np.finfo(float).eps * (above + below).sum() / (right - left)
                moves[index] |= outputs_above != outputs_below or above[1] != below[1]
    if epsilon is not None:
        return slopes[0], 0 * slopes[0], 0 * slopes[0], moves

    gaps = np.abs(np.diff(slopes, axis=0))
    gaps, rounding, slopes = np.maximum(gaps[:-1], gaps[1:]), rounding[1:-1], slopes[1:-1]
    # Relative to the whole array at that step: far out, where everything is flat, all slopes agree on about 0.
    sizes = np.sqrt(np.nansum(slopes**2, axis=tuple(range(1, slopes.ndim)), keepdims=True))
    best = np.nan_to_num((gaps + rounding) / sizes, nan=np.inf).argmin(axis=0, keepdims=True)
    return *(np.take_along_axis(each, best, axis=0)[0] for each in (slopes, gaps, rounding)), moves


def _look(twin, X, y):
    """Data loss and penalty, the outputs, and on which side of its kinks every weighted sum is."""
    trace = twin.trace(X)
    sides = [
        (A @ layer.W + layer.b > kink).tobytes()
        for A, layer in zip(trace, twin.layers, strict=False)
        for kink in layer.activation.kinks
    ]
    return np.array([twin.loss(X, y), twin.penalty()]), trace[-1].tobytes(), sides


def _compare(measured, gap, rounding, moves, computed):
    """The relative error of an array, and, where it is nan, why."""
    known = np.isfinite(gap)
    left_out = computed[~known]
    rounding = np.where(moves | (computed != 0), rounding, 0)  # what moves nothing, and should not, is beyond doubt
    measured, gap, rounding, computed = (each[known] for each in (measured, gap, rounding, computed))
    if not np.isfinite(computed).all():
        return math.inf, ""
    if not (measured.any() or computed.any()) and (known.size == left_out.size or left_out.any()):
        return math.nan, "every step moves a weighted sum across a kink of its activation"
    size = np.linalg.norm(measured) + np.linalg.norm(computed)
    difference = np.linalg.norm(measured - computed)
    doubt = CAUTION * np.linalg.norm(gap + rounding)
    if size == doubt == 0:
        return 0.0, ""
    if doubt < max(difference, WRONG * size):
        return float(difference / size), ""
    return math.nan, f"rounding hides it; a slope is measured to ±{doubt:.0e}, and the gradient has the size {size:.0e}"
