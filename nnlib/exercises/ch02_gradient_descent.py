"""Exercises of chapter 02: follow the slope of the loss down, in steps that are not too large."""

import numpy as np

from nnlib.exercises import chapter, edited, mistakes

exercise = chapter("02", "gradient descent")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="xor_numbers",
    recall=True,
    title="The numbers of the network 2-4-1",
    solution=17,
    wrong=[
        (12, "12 is the number of weights, 2 · 4 + 4 · 1. Each of the five neurons has a bias as well."),
        (13, "Only one bias was counted, or only those of one layer. Each of the five neurons has one."),
        (7, "7 is the number of circles. The numbers are on the arrows, and one is in each neuron."),
    ],
    hints=["A weight on each arrow, a bias in each neuron.", "(2 · 4 + 4) + (4 · 1 + 1)"],
    holds="(2 · 4 + 4) + (4 · 1 + 1) = 17: a weight for each arrow, a bias for each neuron.",
)

exercise(
    name="boundary_output",
    recall=True,
    title="The output on the decision boundary",
    solution=0.5,
    wrong=[
        (0, "0 is what the network should answer where the lamp is off. The boundary lies halfway between off and on."),
        (1, "1 is what the network should answer where the lamp is on. The boundary lies halfway between off and on."),
    ],
    hints=["There the network is undecided between 0 and 1.", "Halfway between 0 and 1."],
    holds="At 0.5 the network is undecided; that is where its answer changes.",
)


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


exercise(
    title="The slope of the MSE in both directions",
    solution=mse_gradient,
    returns=("dw", "db"),
    cases=lambda rng: [
        (np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 9.0]), 2.0, 0.5),
        (rng.normal(size=5), rng.normal(size=5), -1.0, 2.0),
        (rng.normal(size=11) + 1, rng.normal(size=11), *rng.normal(size=2)),
        (rng.normal(size=2), rng.normal(size=2), 0.5, -1.0),
        (rng.normal(size=1), rng.normal(size=1), 0.0, 0.0),
        (np.array([3, 0, -1, 2000]), np.array([7, 2, 1, 9]), 0.5, 0.25),
    ],
    also_right=[gradient_loop, gradient_matrix, gradient_expanded],
    wrong=mistakes(
        edited(mse_gradient, "dw = 2 * ", "dw = ", "db = 2 * ", "db = "),
        "The 2 is missing in both: it comes down from the square when you differentiate.",
        edited(mse_gradient, "residual * x", "residual"),
        "`x` is missing in `dw`: the chain rule ends with the derivative of `w * x + b` "
        "with respect to `w`, which is `x`.",
        edited(mse_gradient, "np.mean(residual * x)", "np.mean(residual) * np.mean(x)"),
        "In `dw` each residual goes with its own `x`: multiply them first, then take one mean.",
        edited(mse_gradient, "np.mean(residual)", "np.mean(residual * x)"),
        "`db` must not hold `x`: the derivative of `w * x + b` with respect to `b` is 1.",
        edited(mse_gradient, "np.mean(residual * x)", "residual * x", "np.mean(residual)", "residual"),
        "These are the gradients of each point alone. The loss is a mean, so take the mean of them.",
    ),
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

my_mse_gradient = mse_gradient  # its name in the chapter


def descend(x, y, w, b, learning_rate, steps):
    for _ in range(steps):
        dw, db = my_mse_gradient(x, y, w, b)
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


exercise(
    title="Gradient descent: step by step down the slope",
    solution=descend,
    returns=("w", "b"),
    cases=lambda rng: [
        (np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 7.0]), 0.0, 0.0, 0.05, 3),
        (rng.normal(size=5), rng.normal(size=5), -1.0, 2.0, 0.1, 1),
        (rng.normal(size=11), rng.normal(size=11), *rng.normal(size=2), 0.03, 20),
        (np.array([1, 2, 4]), np.array([3, 3, 8]), 0, 1, 0.05, 5),
        (rng.normal(size=5), rng.normal(size=5), 0.5, -0.5, 0.1, 0),
        (np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0]), rng.uniform(7, 19, size=6), 0.0, 0.0, 0.03, 500),
        (np.array([-1.0, 1.0]), np.array([2.0, 5.0]), 0.0, 0.0, 0.1, 200),  # there long before the last step
        (rng.normal(size=4) + 3, rng.normal(size=4), 0.0, 0.0, 0.5, 30),  # the loss rises from step to step
    ],
    also_right=[descend_vector, descend_recursive, descend_while],
    wrong=mistakes(
        edited(descend, "* db", "* my_mse_gradient(x, y, w, b)[1]"),
        "`b`'s step is taken with the new `w`. Compute both slopes at the same place, then take both steps.",
        edited(
            descend,
            "    for _ in range(steps):\n        dw, db = my_mse_gradient(x, y, w, b)\n",
            "    dw, db = my_mse_gradient(x, y, w, b)\n    for _ in range(steps):\n",
        ),
        "The slope is computed once, at the start. It changes as you move: ask for it in every step.",
        edited(descend, "learning_rate * db", "learning_rate * dw"),
        "`b` takes a step along the slope of `w`. It has its own, `db`.",
        edited(descend, "w = w - learning_rate * dw", "w = dw", "b = b - learning_rate * db", "b = db"),
        "The knobs are replaced by their slopes. Keep both: `dw, db = ...`, then move `w` and `b` by them.",
        edited(descend, "        b = b - learning_rate * db\n", ""),
        "`w` moves, `b` stays where it was. Both knobs take a step.",
        edited(descend, "w = w - ", "w - ", "b = b - ", "b - "),
        "`w` and `b` come back as they were. Put the new values into them: `w = w - ...`.",
    ),
    hints=[
        "In a loop over `steps`: where am I, how steep is it here, one step against that.",
        "`my_mse_gradient(x, y, w, b)` gives both slopes. Call it once in each step, before anything moves.",
        "`w = w - learning_rate * dw`, the same for `b`, and the `return` after the loop.",
    ],
    holds="You now have gradient descent, the loop that trains almost every network there is.",
    in_nnlib="network.NeuralNetwork.fit",
)


# ---- weight_rate_limit ------------------------------------------------------------------------------


def weight_rate_limit(x):
    curvature = 2 * np.mean(x**2)
    return 2 / curvature


exercise(
    title="The largest rate for the weight alone",
    solution=weight_rate_limit,
    cases=lambda rng: [
        (np.array([1.0, 2.0, 3.0]),),
        (rng.normal(size=5) + 1,),
        (3 * rng.normal(size=11) - 2,),
        (np.array([-1.0, 1.0]),),
        (np.array([5]),),
        (np.array([300, 0, -100, 2000]),),
    ],
    also_right=[
        lambda x: 1 / np.mean(x**2),
        lambda x: len(x) / np.dot(x, x),
        lambda x: 2 / (2 * sum(x_i * x_i for x_i in x) / len(x)),
    ],
    wrong=mistakes(
        edited(weight_rate_limit, "return 2 /", "return 1 /"),
        "This is 1/λ, the rate that reaches the bottom in one step. The limit is twice as large: 2/λ.",
        edited(weight_rate_limit, "= 2 * np.mean", "= np.mean"),
        "The 2 of the curvature is missing: λ = 2 · mean(x²). It comes from the square in the loss.",
        edited(weight_rate_limit, "np.mean(x**2)", "np.mean(x) ** 2"),
        "`np.mean(x) ** 2` squares the mean. The curvature has the mean of the squares, `np.mean(x**2)`.",
        edited(weight_rate_limit, "np.mean(x**2)", "np.sum(x**2)"),
        "A sum in place of a mean: the loss is a mean over the rides, and so is its curvature.",
        edited(weight_rate_limit, "return 2 / curvature", "return curvature"),
        "This is the curvature λ itself. The steeper the bowl, the smaller the steps: 2/λ.",
    ),
    hints=[
        "The factor is 1 - ηλ. Set it to -1 and solve for η.",
        "η = 2/λ, and λ is the curvature from the text: 2 · mean(x²).",
        "`np.mean(x**2)` is the mean of the squares. `return 2 / (2 * ...)`",
    ],
    holds="You now have the line between learning and exploding: 2 over the curvature.",
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
    tolerance=1e-6,  # many add 1e-8 to what they divide by
    cases=lambda rng: [
        (np.array([1.0, 2.0, 3.0, 6.0]),),
        (rng.normal(size=5) + 4,),
        (10 * rng.normal(size=11),),
        (rng.uniform(-3, 1, size=60),),
        (np.array([3, 0, -1, 2000]),),
    ],
    also_right=[
        standardize_by_steps,
        lambda x: x / x.std() - x.mean() / x.std(),
        lambda x: np.sqrt(len(x)) * (x - x.mean()) / np.linalg.norm(x - x.mean()),
        lambda x: (x - x.mean()) / (x.std() + 1e-8),
    ],
    wrong=mistakes(
        lambda x: x - np.mean(x),
        "The mean is 0; now divide by the standard deviation, `np.std(x)`.",
        lambda x: x / np.std(x),
        "The spread is 1; the mean is not 0 yet. Subtract it before you divide.",
        lambda x: x / np.sqrt(np.mean(x**2)),
        "The mean of the squares is 1, but the mean is not 0. Subtract the mean first.",
        lambda x: x - np.mean(x) / np.std(x),
        "Parentheses: the division comes before the minus here. Subtract first, then divide the whole.",
        lambda x: (x - np.mean(x)) / np.var(x),
        "This divides by the variance. Its root, the standard deviation, has the unit of `x`.",
        lambda x: (x - np.mean(x)) / np.std(x, ddof=1),
        "`ddof=1` divides by n - 1. Here the mean of the squares must be exactly 1: leave it out.",
        lambda x: (x - x.min()) / (x.max() - x.min()),
        "This squeezes `x` into 0 to 1, another common scaling. Its mean is not 0, so the valley stays tilted.",
        lambda x: (x - np.mean(x)) / (x.max() - x.min()),
        "The mean is 0, and it is divided by the range, from the smallest to the largest. Divide by the standard "
        "deviation, `np.std(x)`.",
    ),
    hints=[
        "Two steps: shift `x` so that its mean is 0, then scale it so that its spread is 1.",
        "`np.mean(x)` is what to subtract, `np.std(x)` is what to divide by.",
        "`return (x - np.mean(x)) / ...`; the parentheses matter.",
    ],
    holds="You now have the cheapest speed-up in machine learning: a round bowl instead of a narrow valley.",
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


exercise(
    title="The cliff of two knobs",
    optional=True,
    solution=largest_stable_rate,
    tolerance=1e-6,
    cases=lambda rng: [
        (np.array([0.0, 1.0, 2.0]),),
        (rng.normal(size=5) + 1,),
        (3 * rng.normal(size=11) - 2,),
        (rng.uniform(1, 4, size=12),),
        (np.array([-1.0, 1.0]),),  # as steep in every direction
        (np.array([5]),),
        (np.array([300, 0, -100, 2000]),),
    ],
    also_right=[rate_in_closed_form, rate_by_svd, rate_by_power_iteration],
    wrong=mistakes(
        edited(largest_stable_rate, "return 2 /", "return 1 /"),
        "This is 1/λ, where the steepest direction is solved in a single step. The limit is twice as far: 2/λ.",
        edited(largest_stable_rate, "np.max(", "np.min("),
        "This takes the smaller curvature, that of the flattest direction. The steepest one explodes first.",
        edited(largest_stable_rate, "np.max(np.linalg.eigvalsh(H))", "np.trace(H)"),
        "This is 2 over the sum of both eigenvalues (the trace). It is safe, but not the limit: only "
        "the largest one counts.",
        edited(largest_stable_rate, "np.max(np.linalg.eigvalsh(H))", "np.max(np.diag(H))"),
        "This is the largest entry on the diagonal of H. The two `2 * np.mean(x)` count as well, and the steepest "
        "curvature is an eigenvalue of the whole: `np.linalg.eigvalsh(H)`.",
        edited(largest_stable_rate, "1]]", "0.5]]"),
        "The entry at the lower right of H is 1, and it should be 2 as in the text.",
        edited(largest_stable_rate, "H = 2 * ", "H = "),
        "Twice too large: the 2 in front of the Hessian is missing. It comes from the square in the MSE.",
        edited(largest_stable_rate, "2 / np.max", "np.max"),
        "This is the largest curvature itself. The steeper the bowl, the smaller the step: 2/λ.",
        lambda x: 1 / np.mean(x**2),
        "This looks at `w` alone. `w` and `b` move together, and the steepest direction is a mixture of both.",
    ),
    hints=[
        "Build H first, a 2×2 array from the formula in the text. `np.array([[..., ...], [..., ...]])` takes two rows.",
        "`np.linalg.eigvalsh(H)` gives the two curvatures, the largest one last: index `[-1]`.",
        "The limit is 2 over that one.",
    ],
    holds="You now have the line between learning and exploding: 2 over the largest curvature.",
)
