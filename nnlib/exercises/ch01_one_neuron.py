"""Exercises of chapter 01: a neuron is a line with two knobs, and the MSE says how wrong it is."""

import numpy as np

from nnlib.exercises import chapter, mistakes

exercise = chapter("01", "one neuron")


# ---- neuron -----------------------------------------------------------------------------------------


def neuron(x, w, b):
    return w * x + b


def neuron_loop(x, w, b):
    outputs = []
    for value in x:
        outputs.append(w * value + b)
    return np.array(outputs)


exercise(
    title="The output of one neuron, for all the inputs at once",
    solution=neuron,
    cases=lambda rng: [
        (np.array([1.0, 2.0, 3.0]), 2.0, 0.5),
        (rng.normal(size=5), -1.5, 3.0),
        (rng.normal(size=1), 0.25, -2.0),
        (rng.normal(size=11), *rng.normal(size=2)),
        (np.array([3, 0, -1, 2000]), 0.5, -0.25),  # whole numbers in, fractions out
        (rng.normal(size=3), 0.0, 12.5),
    ],
    also_right=[
        neuron_loop,
        lambda x, w, b: np.add(np.multiply(x, w), b),
        lambda x, w, b: np.polyval([w, b], x),
        lambda x, w, b: np.column_stack([x, np.ones_like(x)]) @ np.array([w, b]),
    ],
    wrong=mistakes(
        lambda x, w, b: w * x,
        "The bias is missing: without `b`, the line always runs through the origin.",
        lambda x, w, b: w * (x + b),
        "The bias is added too early: first weigh, then add `b`. Here `b` is multiplied by `w` too.",
        lambda x, w, b: b * x + w,
        "`w` and `b` have changed places: the weight multiplies `x`, the bias is added.",
        lambda x, w, b: w + x + b,
        "The weight is added; it should multiply `x`.",
        lambda x, w, b: w * x - b,
        "The bias is taken away; it should be added.",
        lambda x, w, b: np.sum(w * x + b),
        "The outputs are summed up. Each entry of `x` has an output of its own: leave out the sum.",
    ),
    hints=[
        "A neuron is a line: its slope is the weight, its height at zero is the bias.",
        "NumPy multiplies a whole array by a number at once, so no loop is needed: `w * x` is an array.",
        "One line is enough: `return w * x + ...`, with the knob that is still missing.",
    ],
    holds="You now have a neuron, the part that every layer of the course is made of.",
    in_nnlib="layers.Dense.forward",
)


# ---- mse_by_hand ------------------------------------------------------------------------------------

exercise(
    name="mse_by_hand",
    title="The MSE of the line ŷ = 2 x on the points (1, 4), (2, 4) and (4, 7), by hand",
    solution=5 / 3,
    tolerance=5e-3,
    also_right=[1.67, 1.6667, np.float64(5) / 3],
    wrong=[
        (1.7, "One decimal is not enough to tell. Give two."),
        (1.29, "That is the root of the MSE. Leave out the square root."),
        (0.83, "A half too much: divide the sum of the squares by 3, and that is all."),
        (5, "That is the sum of the squares. The M is for mean: divide by the number of points."),
        (1, "That is the mean of the distances. Square each one before you take the mean."),
        (1 / 3, "That is the mean of the residuals, and they cancel each other. Square each one first."),
        (-1 / 3, "The residuals cancel each other here. Square each one first, then take the mean."),
        (1 / 9, "That is the square of the mean. Square each residual first, then take the mean."),
        ((1, 67), "A comma makes two numbers of it. Python writes decimals with a point: 1.67."),
        (
            2.5,
            "The sum of the squares is divided by 2. There are three points, and the one without an error counts too.",
        ),
    ],
    hints=[
        "What does the line say at x = 1, 2 and 4? How far is each answer from its point?",
        "The line says 2, 4 and 8, so the residuals are -2, 0 and 1.",
        "Square the three, add them up, divide by 3.",
    ],
    holds="You now have the loss of three points, computed as the machine does: square, then mean.",
    code="mse_by_hand = ((2 - 4) ** 2 + (4 - 4) ** 2 + (8 - 7) ** 2) / 3",
)


# ---- mse --------------------------------------------------------------------------------------------


def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_loop(y_hat, y):
    total = 0.0
    for guess, truth in zip(y_hat, y):
        total += (guess - truth) ** 2
    return total / len(y)


exercise(
    title="The mean squared error",
    solution=mse,
    cases=lambda rng: [
        (np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 1.0])),
        (rng.normal(size=5), rng.normal(size=5)),
        (rng.normal(size=1), rng.normal(size=1)),
        (3 * rng.normal(size=11), rng.normal(size=11)),
        (np.array([3, -1, 2, 7]), np.array([5, -1, -2, 6])),
        (rng.normal(size=3), np.array([1e4, -2.0, 0.5])),
    ],
    also_right=[
        mse_loop,
        lambda y_hat, y: np.dot(y - y_hat, y - y_hat) / y.size,
        lambda y_hat, y: np.einsum("i,i->", y_hat - y, y_hat - y) / len(y),
        lambda y_hat, y: np.mean(y_hat**2) - 2 * np.mean(y_hat * y) + np.mean(y**2),
    ],
    wrong=mistakes(
        lambda y_hat, y: np.sum((y_hat - y) ** 2),
        "This is the sum of the squares. Take their mean, or more points always mean a larger loss.",
        lambda y_hat, y: np.mean(y_hat - y),
        "The square is missing: residuals above and below the line cancel each other.",
        lambda y_hat, y: np.mean(np.abs(y_hat - y)),
        "This is the mean of the distances. The S is for squared: square each residual.",
        lambda y_hat, y: np.mean(y_hat - y) ** 2,
        "The mean comes too early: square each residual first, then take the mean.",
        lambda y_hat, y: np.sqrt(np.mean((y_hat - y) ** 2)),
        "This is the root of the MSE. Leave out the square root.",
        lambda y_hat, y: np.mean((y_hat - y) ** 2) / 2,
        "A half too much. Some books put 1/2 in front so that the derivative looks tidier; here the "
        "MSE is the plain mean.",
        lambda y_hat, y: np.var(y_hat - y),
        "`np.var` takes the mean residual away before it squares. A line that is 3 € too high everywhere would "
        "have no loss at all: square the residuals as they are.",
        lambda y_hat, y: np.sum((y_hat - y) ** 2) / 6,
        "This divides by 6 whatever comes in. The next data set has another size: `len(y)`, or `np.mean`.",
        lambda y_hat, y: np.mean((y_hat - y) ^ 2),
        "In Python a power is written `**`. `^` is something else, the XOR of bits.",
        lambda y_hat, y: (y_hat - y) ** 2,
        "These are the squares, one for each point. A loss is one number: take their mean.",
        lambda y_hat, y: np.mean(y_hat**2 - y**2),
        "Here each number is squared, then subtracted. Subtract first; the residual is squared.",
    ),
    hints=[
        "Read the name backwards: first the error, then its square, then the mean.",
        "`y_hat - y` is an array of residuals. `** 2` squares each of its entries.",
        "`np.mean(...)` of the squared residuals is all that is left.",
    ],
    holds="You now have the loss that drives the whole course, one number for how wrong.",
    in_nnlib="losses.mean_squared_error",
)


# ---- my_line ----------------------------------------------------------------------------------------


def small_enough(line, rng):
    """None if the line's MSE on the chapter's rides is at most 1.45, else a sentence."""
    x = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0])
    y = np.array([7.0, 7.0, 11.0, 13.0, 18.0, 19.0])
    if np.shape(line) != (2,):
        return "A line takes two numbers, the weight and the bias."
    if np.asarray(line).dtype.kind == "U":
        return "These are texts. Numbers are written without quotes."
    w, b = np.asarray(line, dtype=float)
    loss = mse(neuron(x, w, b), y)
    if loss <= 1.45:
        return None
    if mse(neuron(x, b, w), y) <= 1.45:
        return "The two have changed places: the weight first, then the bias."
    touched = int(np.sum(np.isclose(neuron(x, w, b), y)))
    if touched:
        return (
            f"MSE {loss:.2f}. Your line touches {touched} of the points and pays for it on the others. Let go of them."
        )
    if loss < 3:
        return f"MSE {loss:.2f}: you are in the valley. Move `w` a little, then find the best `b` again."
    return f"MSE {loss:.2f}. Still far: first lay the line along the points with `w`, then lift it with `b`."


exercise(
    name="my_line",
    title="The best line, by hand",
    solution=(1.9, 4.6),
    verify=small_enough,
    also_right=[(1.95, 4.4), (1.91, 4.55), [1.9, 4.5], (21 / 11, 50 / 11)],
    wrong=mistakes(
        (2.0, 5.0),
        "MSE 2.17. Your line touches 2 of the points and pays for it on the others. Let go of them.",
        (4.6, 1.9),
        "The two have changed places: the weight first, then the bias.",
        (1.8, 5.5),
        "MSE 1.74: you are in the valley. Move `w` a little, then find the best `b` again.",
        (0.5, 10.0),
        "MSE 13.12. Still far: first lay the line along the points with `w`, then lift it with `b`.",
        (1.9, 4.6, 1.425),
        "A line takes two numbers, the weight and the bias.",
    ),
    hints=[
        "Turn one knob until the MSE stops falling, then the other, then the first again.",
        "When you raise `w` by 0.1, lower `b` by about 0.4: the line turns around the middle of the points.",
        "The weight is near 1.9.",
    ],
    holds="You now have a line within two percent of the best there is, and it touches nothing.",
    code="my_w, my_b = 1.9, 4.6\nmy_line = (my_w, my_b)",
)


# ---- best_bias --------------------------------------------------------------------------------------


def best_bias(x, y, w):
    return np.mean(y - w * x)


def best_bias_loop(x, y, w):
    total = 0.0
    for x_i, y_i in zip(x, y):
        total += y_i - w * x_i
    return total / len(x)


exercise(
    title="The bias with the smallest MSE, for a given weight",
    solution=best_bias,
    cases=lambda rng: [
        (np.array([1.0, 2.0, 4.0]), np.array([3.0, 4.0, 11.0]), 2.0),
        (rng.normal(size=5), rng.normal(size=5), -1.5),
        (rng.normal(size=8) + 2, rng.normal(size=8) - 3, 0.7),
        (rng.normal(size=1), rng.normal(size=1), 3.0),
        (rng.normal(size=11), rng.normal(size=11) + 12, 0.0),
        (np.array([3, 0, -1, 2]), np.array([7, 2, 1, 12]), 1.5),
    ],
    also_right=[
        best_bias_loop,
        lambda x, y, w: y.mean() - w * x.mean(),
        lambda x, y, w: np.linalg.lstsq(np.ones((len(x), 1)), y - w * x, rcond=None)[0][0],
        lambda x, y, w: np.sum(y - w * x) / x.size,
    ],
    wrong=mistakes(
        lambda x, y, w: np.mean(w * x - y),
        "The sign is swapped: `b` must lift the line from `w * x` up to `y`, so it is `y - w * x`.",
        lambda x, y, w: np.sum(y - w * x),
        "This is the sum of what is missing at the points. Divide by their number: take the mean.",
        lambda x, y, w: np.mean(y),
        "This is the best bias of a flat line. Subtract first what `w * x` already explains.",
        lambda x, y, w: y[0] - w * x[0],
        "This line goes through the first point. Every point counts: take the mean.",
        lambda x, y, w: np.median(y - w * x),
        "The median makes the mean *distance* smallest. For squares it is the mean.",
        lambda x, y, w: y - w * x,
        "This is the bias that each point would like for itself. The line has one for all: the mean of them.",
        lambda x, y, w: (np.min(y - w * x) + np.max(y - w * x)) / 2,
        "This is halfway between the two extremes. Every point counts: take the mean.",
        lambda x, y, w: np.round(np.mean(y - w * x), 1),
        "This is right to one decimal, as from a search. The equation gives the exact number.",
        lambda x, y, w: np.sum(y - w * x) / 6,
        "This divides by 6 whatever comes in. Other data have another number of points: `len(x)`, or `np.mean`.",
    ),
    hints=[
        "At the best bias the mean of the residuals, mean(w x + b - y), is 0. Split it into three means.",
        "mean(w x) + b - mean(y) = 0. Solve for `b`.",
        "`b` is the mean of what `w * x` leaves over: of `y - w * x`.",
    ],
    holds="You now have the best bias without a search: the residuals' mean is then exactly zero.",
)
