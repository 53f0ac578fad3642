"""Exercises of chapter 02: follow the slope of the loss down, in steps that are not too large."""

import numpy as np

from nnlib.exercises import chapter

exercise = chapter("02", "gradient descent")


# ---- mse_gradient -----------------------------------------------------------------------------------


def mse_gradient(x, y, w, b):
    residual = w * x + b - y
    dw = 2 * np.mean(residual * x)
    db = 2 * np.mean(residual)
    return dw, db


def gradient_loop(x, y, w, b):
    dw = db = 0.0
    for x_i, y_i in zip(x, y):
        error = w * x_i + b - y_i
        dw += 2 * error * x_i / len(x)
        db += 2 * error / len(x)
    return dw, db


def gradient_matrix(x, y, w, b):
    A = np.column_stack([x, np.ones_like(x)])
    return tuple(2 / len(x) * A.T @ (A @ np.array([w, b]) - y))


def gradient_expanded(x, y, w, b):
    dw = 2 * (w * np.mean(x**2) + b * np.mean(x) - np.mean(x * y))
    db = 2 * (w * np.mean(x) + b - np.mean(y))
    return dw, db


def gradient_of(dw, db):
    """A wrong gradient from its two formulas, each a function of the residual r and x."""

    def gradient(x, y, w, b):
        r = w * x + b - y
        return dw(r, x), db(r, x)

    return gradient


exercise(
    title="The slope of the MSE in both directions",
    solution=mse_gradient,
    returns=("dw", "db"),
    cases=lambda rng: [
        (np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 9.0]), 2.0, 0.5),
        (rng.normal(size=5), rng.normal(size=5), -1.0, 2.0),
        (rng.normal(size=8) + 1, rng.normal(size=8), *rng.normal(size=2)),
        (rng.normal(size=2), rng.normal(size=2), 0.5, -1.0),
    ],
    also_right=[gradient_loop, gradient_matrix, gradient_expanded],
    wrong=[
        (
            gradient_of(lambda r, x: np.mean(r * x), lambda r, x: np.mean(r)),
            "The 2 is missing in both: it comes down from the square when you differentiate.",
        ),
        (
            gradient_of(lambda r, x: 2 * np.sum(r * x), lambda r, x: 2 * np.sum(r)),
            "A sum instead of a mean: the MSE is divided by the number of points, and so is its gradient.",
        ),
        (
            gradient_of(lambda r, x: -2 * np.mean(r * x), lambda r, x: -2 * np.mean(r)),
            "The sign is swapped in both. The residual is prediction minus truth: `w * x + b - y`.",
        ),
        (
            gradient_of(lambda r, x: 2 * np.mean(r), lambda r, x: 2 * np.mean(r)),
            "`x` is missing in `dw`: the chain rule ends with the derivative of `w * x + b` "
            "with respect to `w`, which is `x`.",
        ),
        (
            gradient_of(lambda r, x: 2 * np.mean(r), lambda r, x: 2 * np.mean(r * x)),
            "The two have changed places: return `dw` first, then `db`.",
        ),
        (
            gradient_of(lambda r, x: 2 * np.mean(r) * np.mean(x), lambda r, x: 2 * np.mean(r)),
            "In `dw` each residual goes with its own `x`: multiply them first, then take one mean.",
        ),
        (
            gradient_of(lambda r, x: 2 * np.mean(r * x), lambda r, x: 2 * np.mean(r * x)),
            "`db` must not hold `x`: the derivative of `w * x + b` with respect to `b` is 1.",
        ),
        (
            gradient_of(lambda r, x: 2 * np.mean(r * x), lambda r, x: np.mean(r)),
            "`dw` is right; in `db` the 2 is missing.",
        ),
        (
            gradient_of(lambda r, x: 2 * r * x, lambda r, x: 2 * r),
            "These are the gradients of each point alone. The loss is a mean, so take the mean of them.",
        ),
    ],
    hints=[
        "Write the MSE with r = w x + b - y. What is the derivative of r² with respect to r? "
        "And that of r with respect to w, and to b?",
        "Chain rule: with respect to w the derivative of r² is 2 r · x, with respect to b it is 2 r · 1. "
        "Then take the mean.",
        "`dw = 2 * np.mean(residual * x)`; `db` is the same without the `x`.",
    ],
    holds="You now have the gradient: the two numbers that say which way is up, and how steep.",
)


# ---- descend ----------------------------------------------------------------------------------------


def descend(x, y, w, b, learning_rate, steps):
    for _ in range(steps):
        dw, db = mse_gradient(x, y, w, b)
        w = w - learning_rate * dw
        b = b - learning_rate * db
    return w, b


def descend_vector(x, y, w, b, learning_rate, steps):
    A = np.column_stack([x, np.ones_like(x)])
    p = np.array([w, b], dtype=float)
    for _ in range(steps):
        p = p - learning_rate * 2 * A.T @ (A @ p - y) / len(x)
    return p[0], p[1]


def descend_recursive(x, y, w, b, learning_rate, steps):
    if steps == 0:
        return w, b
    dw, db = mse_gradient(x, y, w, b)
    return descend_recursive(x, y, w - learning_rate * dw, b - learning_rate * db, learning_rate, steps - 1)


def descend_while(x, y, w, b, learning_rate, steps):
    while steps > 0:
        residual = w * x + b - y
        w, b = (
            w - learning_rate * 2 * np.mean(residual * x),
            b - learning_rate * 2 * np.mean(residual),
        )
        steps -= 1
    return w, b


def one_after_the_other(x, y, w, b, learning_rate, steps):
    for _ in range(steps):
        w = w - learning_rate * mse_gradient(x, y, w, b)[0]
        b = b - learning_rate * mse_gradient(x, y, w, b)[1]
    return w, b


def from_the_start(x, y, w, b, learning_rate, steps):
    dw, db = mse_gradient(x, y, w, b)
    for _ in range(steps):
        w = w - learning_rate * dw
        b = b - learning_rate * db
    return w, b


def only_the_weight(x, y, w, b, learning_rate, steps):
    for _ in range(steps):
        dw, _ = mse_gradient(x, y, w, b)
        w = w - learning_rate * dw
    return w, b


def one_slope_for_both(x, y, w, b, learning_rate, steps):
    for _ in range(steps):
        dw, _ = mse_gradient(x, y, w, b)
        w, b = w - learning_rate * dw, b - learning_rate * dw
    return w, b


def slopes_for_knobs(x, y, w, b, learning_rate, steps):
    for _ in range(steps):
        w, b = mse_gradient(x, y, w, b)
    return w, b


exercise(
    title="Gradient descent: step by step down the slope",
    solution=descend,
    returns=("w", "b"),
    cases=lambda rng: [
        (np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 7.0]), 0.0, 0.0, 0.05, 2),
        (rng.normal(size=5), rng.normal(size=5), -1.0, 2.0, 0.1, 1),
        (rng.normal(size=8), rng.normal(size=8), *rng.normal(size=2), 0.03, 20),
        (rng.normal(size=4), rng.normal(size=4), 0.5, -0.5, 0.1, 5),
    ],
    also_right=[descend_vector, descend_recursive, descend_while],
    wrong=[
        (
            lambda x, y, w, b, learning_rate, steps: descend(x, y, w, b, -learning_rate, steps),
            "This climbs. The gradient points uphill; go against it: `w - learning_rate * dw`.",
        ),
        (
            one_after_the_other,
            "`b`'s step is taken with the new `w`. Compute both slopes at the same place, then take both steps.",
        ),
        (
            lambda x, y, w, b, learning_rate, steps: descend(x, y, w, b, 1.0, steps),
            "The learning rate is missing: a step is `learning_rate` times the gradient.",
        ),
        (
            lambda x, y, w, b, learning_rate, steps: descend(x, y, w, b, learning_rate, steps - 1),
            "One step too few: `range(steps)` counts `steps` times, from 0.",
        ),
        (
            lambda x, y, w, b, learning_rate, steps: descend(x, y, w, b, learning_rate, steps + 1),
            "One step too many: `range(steps)` is what counts `steps` times.",
        ),
        (
            lambda x, y, w, b, learning_rate, steps: descend(x, y, w, b, learning_rate, 1),
            "Only one step is taken: is the `return` inside the loop?",
        ),
        (
            from_the_start,
            "The slope is computed once, at the start. It changes as you move: ask for it in every step.",
        ),
        (
            lambda x, y, w, b, learning_rate, steps: descend(x, y, w, b, 0.01, steps),
            "The rate is always 0.01, whatever comes in: use the parameter `learning_rate`.",
        ),
        (
            lambda x, y, w, b, learning_rate, steps: descend(x, y, 0.0, 0.0, learning_rate, steps),
            "It always starts at 0. Start at the `w` and `b` that come in.",
        ),
        (
            one_slope_for_both,
            "`b` takes a step along the slope of `w`. It has its own, `db`.",
        ),
        (
            slopes_for_knobs,
            "The knobs are replaced by their slopes. Keep both: `dw, db = ...`, then move `w` and `b` by them.",
        ),
        (
            only_the_weight,
            "`w` moves, `b` stays where it was. Both knobs take a step.",
        ),
        (
            lambda x, y, w, b, learning_rate, steps: (w, b),
            "`w` and `b` come back as they were. Put the new values into them: `w = w - ...`.",
        ),
    ],
    hints=[
        "In a loop over `steps`: where am I, how steep is it here, one step against that.",
        "`mse_gradient(x, y, w, b)` gives both slopes. Call it once in each step, before anything moves.",
        "`w = w - learning_rate * dw`, the same for `b`, and the `return` after the loop.",
    ],
    holds="You now have gradient descent, the loop that trains almost every network there is.",
    in_nnlib="network.NeuralNetwork.fit",
)


# ---- largest_stable_rate ----------------------------------------------------------------------------


def largest_stable_rate(x):
    H = 2 * np.array([[np.mean(x**2), np.mean(x)], [np.mean(x), 1]])
    return 2 / np.max(np.linalg.eigvalsh(H))


def rate_in_closed_form(x):
    m1, m2 = np.mean(x), np.mean(x**2)
    steepest = (m2 + 1) + np.sqrt((m2 - 1) ** 2 + 4 * m1**2)
    return 2 / steepest


def rate_by_svd(x):
    A = np.column_stack([x, np.ones_like(x)])
    return len(x) / np.linalg.svd(A, compute_uv=False)[0] ** 2


def rate_by_power_iteration(x):
    A = np.column_stack([x, np.ones_like(x)])
    H = 2 * A.T @ A / len(x)
    v = np.array([1.0, 1.0])
    for _ in range(2000):
        v = H @ v / np.linalg.norm(H @ v)
    return 2 / (v @ H @ v)


def curvatures(x):
    """The eigenvalues of the Hessian, the smaller one first."""
    m1, m2 = np.mean(x), np.mean(x**2)
    return np.linalg.eigvalsh([[2 * m2, 2 * m1], [2 * m1, 2]])


exercise(
    title="The largest learning rate that does not explode",
    solution=largest_stable_rate,
    tolerance=1e-6,
    cases=lambda rng: [
        (np.array([0.0, 1.0, 2.0]),),
        (rng.normal(size=5) + 1,),
        (3 * rng.normal(size=8) - 2,),
        (rng.uniform(1, 4, size=12),),
    ],
    also_right=[rate_in_closed_form, rate_by_svd, rate_by_power_iteration],
    wrong=[
        (
            lambda x: 1 / curvatures(x)[-1],
            "This is 1/λ, where the steepest direction is solved in a single step. The limit is twice as far: 2/λ.",
        ),
        (
            lambda x: 2 / curvatures(x)[0],
            "This is the limit of the flattest direction. The steepest one explodes first: take the "
            "largest eigenvalue.",
        ),
        (
            lambda x: 2 / np.sum(curvatures(x)),
            "This is 2 over the sum of both eigenvalues (the trace). It is safe, but not the limit: only "
            "the largest one counts.",
        ),
        (
            lambda x: 2 / curvatures(x),
            "Two limits, one for each curvature. The smaller one counts: use the largest curvature alone.",
        ),
        (
            lambda x: 2 / np.max([2 * np.mean(x**2), 2 * np.mean(x), 2]),
            "This is the largest *entry* of H. The curvature of the steepest direction is an eigenvalue: "
            "`np.linalg.eigvalsh(H)`.",
        ),
        (
            lambda x: 2 / np.linalg.eigvalsh([[2 * np.mean(x) ** 2, 2 * np.mean(x)], [2 * np.mean(x), 2]])[-1],
            "`np.mean(x) ** 2` squares the mean. The entry of H is the mean of the squares, `np.mean(x**2)`.",
        ),
        (
            lambda x: 4 / curvatures(x)[-1],
            "Twice too large: the 2 in front of the Hessian is missing. It comes from the square in the MSE.",
        ),
        (
            lambda x: curvatures(x)[-1],
            "This is the largest curvature itself. The steeper the bowl, the smaller the step: 2/λ.",
        ),
        (
            lambda x: 1 / np.mean(x**2),
            "This looks at `w` alone. `w` and `b` move together, and the steepest direction is a mixture of both.",
        ),
        (
            lambda x: 2 / (curvatures(x)[-1] * len(x)),
            "The sums in the Hessian must be means: the MSE is divided by the number of points.",
        ),
    ],
    hints=[
        "Build H first, a 2×2 array from the formula in the text. `np.array([[..., ...], [..., ...]])` takes two rows.",
        "`np.linalg.eigvalsh(H)` gives the two curvatures, the largest one last: index `[-1]`.",
        "The limit is 2 over that one.",
    ],
    holds="You now have the line between learning and exploding: 2 over the largest curvature.",
)


# ---- standardize ------------------------------------------------------------------------------------


def standardize(x):
    return (x - np.mean(x)) / np.std(x)


def standardize_by_steps(x):
    shifted = x - np.sum(x) / len(x)
    return shifted / np.sqrt(np.mean(shifted**2))


exercise(
    title="Bring an input to mean 0 and standard deviation 1",
    solution=standardize,
    cases=lambda rng: [
        (np.array([1.0, 2.0, 3.0, 6.0]),),
        (rng.normal(size=5) + 4,),
        (10 * rng.normal(size=9),),
        (rng.uniform(-3, 1, size=7),),
    ],
    also_right=[
        standardize_by_steps,
        lambda x: x / x.std() - x.mean() / x.std(),
        lambda x: np.sqrt(len(x)) * (x - x.mean()) / np.linalg.norm(x - x.mean()),
    ],
    wrong=[
        (lambda x: x - np.mean(x), "The mean is 0; now divide by the standard deviation, `np.std(x)`."),
        (lambda x: x / np.std(x), "The spread is 1; the mean is not 0 yet. Subtract it before you divide."),
        (
            lambda x: x - np.mean(x) / np.std(x),
            "Parentheses: the division comes before the minus here. Subtract first, then divide the whole.",
        ),
        (
            lambda x: (x - np.mean(x)) / np.var(x),
            "This divides by the variance. Its root, the standard deviation, has the unit of `x`.",
        ),
        (
            lambda x: (x - np.mean(x)) / np.std(x, ddof=1),
            "`ddof=1` divides by n - 1. Here the mean of the squares must be exactly 1: leave it out.",
        ),
        (
            lambda x: (x - x.min()) / (x.max() - x.min()),
            "This squeezes `x` into 0 to 1, another common scaling. Its mean is not 0, so the valley stays tilted.",
        ),
    ],
    hints=[
        "Two steps: shift `x` so that its mean is 0, then scale it so that its spread is 1.",
        "`np.mean(x)` is what to subtract, `np.std(x)` is what to divide by.",
        "`return (x - np.mean(x)) / ...`; the parentheses matter.",
    ],
    holds="You now have the cheapest speed-up in machine learning: a round bowl instead of a narrow valley.",
)
