"""Exercises of chapter 06: never trust a gradient that you have not checked."""

import numpy as np

from nnlib.exercises import chapter, edited, mistakes

exercise = chapter("06", "gradient checking")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="looks_per_slope",
    recall=True,
    title="The losses behind one measured slope",
    solution=2,
    wrong=[
        (1, "One loss is a height. A slope compares two, one on each side."),
        (3, "The loss in the middle is not needed: the slope comes from the one on the right and the one on the left."),
    ],
    hints=["You looked a little to the right and a little to the left.", "One loss on each side."],
    holds="One on each side: (L(w + h) - L(w - h)) / 2h.",
)

exercise(
    name="numbers_of_2_3_3_1",
    recall=True,
    title="The parameters of the network 2-3-3-1",
    solution=25,
    wrong=[
        (18, "18 is the number of weights, 2 · 3 + 3 · 3 + 3 · 1. Each of the seven neurons has a bias as well."),
        (9, "9 is the number of circles. The numbers are on the arrows, and one is in each neuron."),
        (27, "27 gives the two inputs a bias, and an input has none."),
    ],
    hints=["A weight on each arrow, a bias in each neuron.", "(2 · 3 + 3) + (3 · 3 + 3) + (3 · 1 + 1)"],
    holds="(2 · 3 + 3) + (3 · 3 + 3) + (3 · 1 + 1) = 25.",
)

exercise(
    name="layers_left",
    recall=True,
    title="Three layers without a bend",
    solution=1,
    wrong=[
        (3, "Without an activation a layer is a matrix product, and a product of matrices is one matrix."),
        (2, "All of them collapse, not only the first two: a product of three matrices is one matrix."),
    ],
    hints=["(X @ W1) @ W2 is X @ (W1 @ W2).", "A product of any number of matrices is one matrix."],
    holds="Linear layers collapse into one, however many there are. The bend between them is what makes them worth it.",
)


# ---- central_difference -----------------------------------------------------------------------------


def central_difference(f, theta, epsilon):
    gradient = np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        before = theta[index]
        theta[index] = before + epsilon
        above = f(theta)
        theta[index] = before - epsilon
        below = f(theta)
        theta[index] = before
        gradient[index] = (above - below) / (2 * epsilon)
    return gradient


def difference_on_copies(f, theta, epsilon):
    gradient = np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        above, below = theta.copy(), theta.copy()
        above[index] += epsilon
        below[index] -= epsilon
        gradient[index] = (f(above) - f(below)) / (2 * epsilon)
    return gradient


def difference_flat(f, theta, epsilon):
    gradient = []
    for k in range(theta.size):
        step = np.zeros(theta.size)
        step[k] = epsilon
        step = step.reshape(theta.shape)
        gradient.append((f(theta + step) - f(theta - step)) / (2 * epsilon))
    return np.array(gradient).reshape(theta.shape)


def difference_by_steps(f, theta, epsilon):
    directions = np.eye(theta.size).reshape(theta.size, *theta.shape)
    slopes = [0.5 * f(theta + epsilon * d) / epsilon - 0.5 * f(theta - epsilon * d) / epsilon for d in directions]
    return np.reshape(slopes, theta.shape)


def difference_enumerated(f, theta, epsilon):
    gradient = np.empty_like(theta)
    for index, value in np.ndenumerate(theta.copy()):
        theta[index] = value + epsilon
        gradient[index] = f(theta)
        theta[index] = value - epsilon
        gradient[index] -= f(theta)
        theta[index] = value
    return gradient / (2 * epsilon)


def difference_of(slope):
    """A wrong answer that moves one entry at a time and takes another slope from `above` and `below`."""
    return edited(difference_on_copies, "(f(above) - f(below)) / (2 * epsilon)", slope)


def written_over_theta(f, theta, epsilon):
    for index in np.ndindex(theta.shape):
        before = theta[index]
        theta[index] = before + epsilon
        above = f(theta)
        theta[index] = before - epsilon
        below = f(theta)
        theta[index] = (above - below) / (2 * epsilon)
    return theta


def row_by_row(f, theta, epsilon):
    gradient = np.zeros(theta.shape)
    for k in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[k] += epsilon
        down[k] -= epsilon
        gradient[k] = (f(up) - f(down)) / (2 * epsilon)
    return gradient


def bowl(theta):
    """θ1² + θ1 θ2 + θ1³, with any further entries squared."""
    flat = np.ravel(theta)
    return float(flat[0] ** 3 + flat[0] * flat[-1] + np.sum(flat**2))


def waves(theta):
    """Every entry in a curve of its own, tied to its neighbor."""
    flat = np.ravel(theta)
    return float(np.sum(np.sin(flat) * np.arange(1, flat.size + 1)) + np.sum(flat[1:] * flat[:-1] ** 2))


def table(theta):
    """A function of a table of 2 rows and 3 columns, and of nothing else."""
    if np.shape(theta) != (2, 3):
        raise ValueError(f"`f` takes an array of the shape of theta, (2, 3), and got one of shape {np.shape(theta)}")
    return float(np.sum(theta[0] * theta[1] ** 2) - theta[1, 2])


exercise(
    title="The measured gradient of any function of an array",
    solution=central_difference,
    cases=lambda rng: [
        (bowl, np.array([1.0, 2.0]), 0.1),
        (waves, rng.normal(size=(3, 2)), 0.01),
        (bowl, rng.normal(size=(2, 4)), 0.05),
        (waves, rng.normal(size=5), 0.002),
        (waves, rng.normal(size=(1, 1)), 0.2),
        (table, rng.normal(size=(2, 3)), 0.1),
        (waves, rng.normal(size=(2, 1, 3)), 1e-4),
        (bowl, np.append(rng.normal(size=10), 300.0), 1e-3),
    ],
    also_right=[difference_on_copies, difference_flat, difference_by_steps, difference_enumerated],
    wrong=mistakes(
        difference_of("(f(above) - f(theta)) / epsilon"),
        "This is the forward difference. Look to both sides: `f` above minus `f` below, over `2 * epsilon`.",
        difference_of("(f(theta) - f(below)) / epsilon"),
        "This is the backward difference, as crude as the forward one. Look to both sides of `theta`.",
        difference_of("(f(above) - f(below)) / 2 * epsilon"),
        "Parentheses: `/ 2 * epsilon` divides by 2 and then multiplies. Write `/ (2 * epsilon)`.",
        difference_of("f(above) - f(below)"),
        "This is the rise alone. A slope is rise over run: divide by `2 * epsilon`.",
        lambda f, theta, epsilon: central_difference(f, theta, epsilon / 2),
        "The step is half as long as asked for: move the entry by `epsilon` to each side.",
        lambda f, theta, epsilon: (f(theta + epsilon) - f(theta - epsilon)) / (2 * epsilon),
        "All entries move at once, so one number comes out. Each entry has a slope of its own: move one "
        "at a time, in a loop over `np.ndindex(theta.shape)`.",
        lambda f, theta, epsilon: np.full(theta.shape, (f(theta + epsilon) - f(theta - epsilon)) / (2 * epsilon)),
        "All entries move at once, and all get the same slope. Move one at a time and leave the others alone.",
        row_by_row,
        "`theta[k]` is a whole row of a matrix, so whole rows move. `np.ndindex(theta.shape)` visits single entries.",
        edited(central_difference, "        theta[index] = before\n", ""),
        "Each entry stays at `- epsilon` while the next ones are measured. Keep its old value and put it back. "
        "(`t = theta` is a second name for the same array, not a copy.)",
        edited(
            difference_on_copies,
            "        above, below = theta.copy(), theta.copy()\n",
            "",
            "gradient = np.zeros(theta.shape)",
            "gradient, above, below = np.zeros(theta.shape), theta.copy(), theta.copy()",
        ),
        "The two copies are made once, so the entries moved earlier stay moved. Make them in the loop, a new pair "
        "for each entry.",
        edited(central_difference, "theta[index] = before - epsilon", "theta[index] = before + epsilon - epsilon"),
        "From above, `-= epsilon` leads back to the middle only: the point below is `2 * epsilon` away. If you "
        "began with `t = theta`: that is a second name for the same array, not a copy.",
        edited(
            central_difference,
            "= before + epsilon",
            "+= epsilon",
            "= before - epsilon",
            "-= 2 * epsilon",
            "theta[index] = before\n",
            "theta[index] += epsilon\n",
        ),
        "The slopes are right, but adding and subtracting `epsilon` does not lead back to the same bits. Keep "
        "the old value in a variable and put that back.",
        edited(
            central_difference,
            "for index in np.ndindex(theta.shape)",
            "for index in [(i, j) for i in range(theta.shape[0]) for j in range(theta.shape[1])]",
        ),
        "A bias is a vector and has no columns: two loops fit matrices only. `np.ndindex(theta.shape)` visits "
        "every entry of any shape.",
        edited(difference_on_copies, "theta.copy(), theta.copy()", "theta, theta"),
        "`above = theta` is a second name for the same array, not a copy, so up and down cancel. Take "
        "`theta.copy()`, or move one entry and put it back.",
        written_over_theta,
        "The slopes are written into `theta` itself, so the later ones are measured at another place. Begin with "
        "an array of zeros of its shape for them.",
        edited(central_difference, "gradient[index] =", "gradient ="),
        "Each slope overwrites the one before. Keep them in an array: `gradient[index] = ...`.",
        edited(
            central_difference,
            "f(theta)\n        theta[index] = before -",
            "f(theta.ravel())\n        theta[index] = before -",
        ),
        "`f` is called with a flattened `theta`. It takes an array of the shape of `theta`: move the entry in an "
        "array of that shape.",
    ),
    hints=[
        "For a single number you did this in chapter 2: a look to the right, a look to the left. Here each entry "
        "gets its turn while all the others stay where they are.",
        "`for index in np.ndindex(theta.shape):` visits every entry of an array of any shape, and "
        "`theta[index]` reads and writes it. Keep the old value before you move it.",
        "Inside the loop: `theta[index] = before + epsilon`, `above = f(theta)`, the same below, "
        "`theta[index] = before`, and then one entry of the gradient.",
    ],
    holds="You now have a gradient that needs no calculus: any function, any shape, two looks for each entry.",
    in_nnlib="gradient_checking.gradient_check",
)


# ---- relative_error ---------------------------------------------------------------------------------


def relative_error(a, b):
    size = np.linalg.norm(a) + np.linalg.norm(b)
    if size == 0:
        return 0.0
    return np.linalg.norm(a - b) / size


def error_by_sums(a, b):
    size = np.sqrt(np.sum(a**2)) + np.sqrt(np.sum(b**2))
    return np.sqrt(np.sum((a - b) ** 2)) / size if size > 0 else 0.0


def error_by_loop(a, b):
    difference = length_a = length_b = 0.0
    for p, q in zip(np.ravel(a), np.ravel(b)):
        difference += (p - q) ** 2
        length_a += p**2
        length_b += q**2
    if length_a == 0 and length_b == 0:
        return 0.0
    return difference**0.5 / (length_a**0.5 + length_b**0.5)


def error_by_dots(a, b):
    a, b = a.ravel(), b.ravel()
    if not a.any() and not b.any():
        return 0.0
    d = a - b
    return np.sqrt(d @ d) / (np.sqrt(a @ a) + np.sqrt(b @ b))


def norm(a):
    return np.sqrt(np.sum(np.square(a)))


def two_arrays_of_zeros(answer, rng):
    """A law of its own, so that a wrong formula is known by its values, whatever it makes of 0/0."""
    try:
        error = answer(np.zeros((2, 2)), np.zeros((2, 2)))
    except ZeroDivisionError:
        error = np.nan
    if error is None or np.any(np.isnan(error)):
        return "For two arrays of zeros it gives no number."
    if np.any(error):
        return "For two arrays of zeros it does not give 0."
    if np.ndim(error):
        return "For two arrays of zeros it gives an array of zeros. One number is wanted: 0."


def with_a_little_number(little):
    """A wrong answer that keeps the line above 0 by force, and its hint."""
    return (
        lambda a, b: norm(a - b) / (norm(a) + norm(b) + little),
        f"The {little:g} below the line avoids 0/0, and spoils the errors of tiny gradients too. Leave it out, and "
        "return 0 where both are zero.",
    )


exercise(
    title="How far apart two arrays are, relative to their size",
    solution=relative_error,
    cases=lambda rng: [
        (np.array([3.0, 4.0]), np.array([3.0, 0.0])),
        (rng.normal(size=(3, 4)), rng.normal(size=(3, 4))),
        (1e-7 * rng.normal(size=5), 1e-7 * rng.normal(size=5)),
        (rng.normal(size=(2, 2)), rng.normal(size=(2, 2))),
        (rng.normal(size=(2, 3)), np.zeros((2, 3))),
        (1e3 * rng.normal(size=4), 1e3 * rng.normal(size=4)),
        (np.array([1000.0]), np.array([1000.001])),
        (np.array([0.0, 1.0, 2.0]), np.array([3.0, 0.0, 1.0])),
        (np.array([1.0, -1.0]), np.array([2.0, -2.0])),
        (np.full((2, 2), 0.3), np.full((2, 2), 0.3)),
        (1e-12 * rng.normal(size=3), 1e-12 * rng.normal(size=3)),
        (rng.normal(size=11).astype(np.float32), rng.normal(size=11).astype(np.float32)),
        (np.zeros((2, 3)), rng.normal(size=(2, 3))),
    ],
    verify=two_arrays_of_zeros,
    also_right=[error_by_sums, error_by_loop, error_by_dots],
    wrong=mistakes(
        lambda a, b: norm(a - b) / (norm(a) + norm(b)),
        "Right for all but one case: two arrays of zeros are equal, and 0/0 is not a number. Return 0 there.",
        lambda a, b: 1.0 if not np.any(a) and not np.any(b) else relative_error(a, b),
        "Right for all but one case: two arrays of zeros are equal, so their error is 0.",
        edited(relative_error, "size == 0", "np.linalg.norm(a) == 0"),
        "If only one of the two is zero everywhere, they are as far apart as can be: the error is 1. Return 0 where "
        "both are zero.",
        edited(relative_error, "size == 0", "np.isclose(size, 0)"),
        "Small is not zero: `np.isclose` takes tiny gradients for zeros and hides their errors. Return 0 only "
        "where the sizes are exactly 0.",
        edited(relative_error, "size == 0", "np.allclose(a, b)"),
        "`np.allclose` calls two gradients equal that differ a little, or that are small. Return 0 only where both "
        "are exactly zero everywhere.",
        edited(relative_error, "size == 0", "a.sum() == 0 and b.sum() == 0"),
        "A sum of 0 does not make an array of zeros: 1 and -1 add up to 0 too. Ask whether the sizes are 0.",
        lambda a, b: norm(a - b),
        "This is the absolute error. Divide it by the sizes of the two, or small gradients always look right.",
        lambda a, b: norm(a - b) / norm(a),
        "Only the size of `a` is below the line. With both, neither of the two is the special one, and a "
        "forgotten gradient (`a` all zero) does not divide by zero.",
        lambda a, b: norm(a - b) / norm(b),
        "Only the size of `b` is below the line. Add the size of `a`.",
        lambda a, b: norm(a - b) / norm(b) if norm(b) else 0.0,
        "Both sizes stand below the line, and the error is 0 only where both are zero. Here `b` alone decides.",
        lambda a, b: norm(a - b) / norm(a + b),
        "The two sizes below the line are taken one by one: ‖a‖ + ‖b‖, not ‖a + b‖.",
        lambda a, b: norm(a - b) ** 2 / (norm(a) ** 2 + norm(b) ** 2),
        "The root is missing: a size is the *root* of the sum of the squares, above and below the line.",
        lambda a, b: norm(a - b) / np.sqrt(norm(a) ** 2 + norm(b) ** 2),
        "Below the line is one root of all the squares together. Take the root for `a` and for `b`, then add.",
        lambda a, b: abs(norm(a) - norm(b)) / (norm(a) + norm(b)),
        "This compares the two lengths. Two arrows of one length can point to different sides: take the "
        "length of the difference.",
        lambda a, b: np.sum(np.abs(a - b)) / (np.sum(np.abs(a)) + np.sum(np.abs(b))),
        "Here a size is a sum of absolute values. Size is the root of the sum of the *squares*.",
        lambda a, b: np.abs(a - b) / (np.abs(a) + np.abs(b)),
        "One size for the whole array: sum the squares over all entries before you divide.",
        lambda a, b: np.max(np.abs(a - b) / (np.abs(a) + np.abs(b))),
        "This is the error of the worst entry. One number for the whole array: sum the squares over all entries "
        "before you divide.",
        lambda a, b: np.mean(np.abs(a - b) / (np.abs(a) + np.abs(b))),
        "This is a mean over the entries. One size for the whole array: sum the squares over all entries before "
        "you divide.",
        *(part for little in (1e-16, 1e-15, 1e-12, 1e-10, 1e-8) for part in with_a_little_number(little)),
        lambda a, b: 0.0 if norm(a) == 0 or norm(b) == 0 else relative_error(a, b),
        "Zero on one side only is the worst error there is, not the smallest: it is 1. Return 0 only when "
        "both are zero.",
        lambda a, b: np.max(np.abs(a - b)) / (np.max(np.abs(a)) + np.max(np.abs(b))),
        "Here the largest entry stands for the size. The length is the root of the sum of the squares.",
        lambda a, b: np.linalg.norm(a - b, 2) / (np.linalg.norm(a, 2) + np.linalg.norm(b, 2)),
        "For a matrix `np.linalg.norm(a, 2)` is something else (its largest stretch). Leave out the 2.",
        lambda a, b: norm(a - b) / max(norm(a), norm(b)),
        "Below the line stands the larger of the two lengths. Take their sum.",
    ),
    hints=[
        "The size of an array is the root of the sum of the squares of its entries, whatever its shape. You need three "
        "sizes.",
        "`np.linalg.norm(a)` is that size, for vectors and for matrices. What happens when both are zero?",
        "`np.linalg.norm(a - b)` over the sum of the two other norms, and `0.0` where that sum is zero.",
    ],
    holds="You now have one number for how far apart two gradients are, the same for tiny and for huge ones.",
    in_nnlib="gradient_checking.gradient_check",
)


# ---- best_epsilon -----------------------------------------------------------------------------------


def best_epsilon(truncation, rounding):
    return (rounding / (2 * truncation)) ** (1 / 3)


def best_by_search(truncation, rounding):
    low, high = -40.0, 10.0
    for _ in range(300):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if truncation * np.exp(left) ** 2 + rounding / np.exp(left) < (
            truncation * np.exp(right) ** 2 + rounding / np.exp(right)
        ):
            high = right
        else:
            low = left
    return np.exp((low + high) / 2)


exercise(
    title="The ε at the bottom of the V",
    solution=best_epsilon,
    tolerance=1e-6,
    cases=lambda rng: [
        (1.0, 2e-15),
        (0.3, 1e-16),
        (5.0, 6e-8),
        (0.02, 3e-17),
        (4, 64),
    ],
    also_right=[
        best_by_search,
        lambda truncation, rounding: np.cbrt(rounding / truncation / 2),
        lambda truncation, rounding: np.exp(np.log(rounding / (2 * truncation)) / 3),
    ],
    wrong=mistakes(
        lambda truncation, rounding: (rounding / truncation) ** (1 / 3),
        "There the two errors are equal. Their sum is smallest a little to the left: set its derivative to "
        "zero, and a 2 comes down from ε².",
        lambda truncation, rounding: (rounding / (2 * truncation)) ** 0.5,
        "The square root belongs to the forward difference. Multiply the equation by ε²: which power of ε is left?",
        lambda truncation, rounding: (rounding / truncation) ** 0.5,
        "That is the best step of the forward difference, whose error falls as ε. Here it falls as ε².",
        lambda truncation, rounding: (2 * truncation / rounding) ** (1 / 3),
        "Upside down: less rounding allows a smaller ε, so `rounding` belongs above the line.",
        lambda truncation, rounding: 1.5 * rounding / best_epsilon(truncation, rounding),
        "That is E at the bottom, the smallest error. Return the ε where it is reached.",
        lambda truncation, rounding: rounding / (2 * truncation),
        "That is ε³. Take the cube root of it.",
        lambda truncation, rounding: (2 * rounding / truncation) ** (1 / 3),
        "The 2 stands on the wrong side: 2 · truncation · ε³ = rounding.",
        lambda truncation, rounding: (rounding / 2 * truncation) ** (1 / 3),
        "Parentheses: `/ 2 * truncation` divides by 2 and then multiplies. Write `/ (2 * truncation)`.",
    ),
    hints=[
        "At the bottom the slope is zero. Differentiate truncation · ε² + rounding / ε with respect to ε.",
        "The derivative is 2 · truncation · ε - rounding / ε². Set it to zero and multiply by ε².",
        "So ε³ is `rounding` over twice `truncation`. A cube root is `** (1 / 3)`; mind the parentheses.",
    ],
    holds="You now have the reason for the number in every gradient checker: near the cube root of the precision.",
)


# ---- bug_a ... bug_f --------------------------------------------------------------------------------


def find(letter, culprit, *, against, hints, holds):
    """One bug of the gallery: who did it, and for each other suspect what does not fit in this case."""

    def accuse(guess, rng):
        words = " ".join(str(guess).split()).casefold()
        if words == culprit:
            return None
        return against.get(words, 'Name one of the six suspects, as a text: "sign", for example.')

    exercise(
        name=f"bug_{letter}",
        title=f"The bug in backward pass {letter}",
        solution=culprit,
        verify=accuse,
        also_right=[culprit.upper(), f" {culprit} "],
        wrong=[*against.items(), (3.0, accuse(3.0, None))],
        hints=hints,
        holds=holds,
    )


find(
    "a",
    "1/n twice",
    against={
        "sign": "Not this one: look at the sizes in case a. Does swapping a sign change how long a gradient is?",
        "missing 1/n": "Close: it is a matter of n. But look at the size in case a. Would a mean that was left out "
        "make a gradient shorter?",
        "transpose": "Not this one: in case a no array is right, not even those of the last layer. Does the accused "
        "line run before them?",
        "forgotten derivative": "Not this one: in case a the last layer is wrong too, and its f′ is 1. What harm "
        "would it do to leave out a 1?",
        "missing bias gradient": "Not this one: in case a the arrays `W` are wrong as well. Does the line for `db` "
        "touch them?",
    },
    hints=[
        "Is any array right? Do the wrong ones have one number in common?",
        "One factor in every array comes from the place that all of them share: the gradient of the loss, where "
        "everything starts. Is it too large or too small?",
    ],
    holds="You now have the bug of chapter 5 by name: a learning rate four times too small, and no error message.",
)
find(
    "b",
    "missing bias gradient",
    against={
        "sign": "Not this one: in case b half of the arrays are right. Could a sign at the start of the walk spare "
        "them?",
        "missing 1/n": "Not this one: in case b half of the arrays are right. Could a factor at the start of the walk "
        "spare them?",
        "1/n twice": "Not this one: in case b half of the arrays are right, and no factor spares some of them like "
        "that.",
        "transpose": "Not this one: in case b something is wrong in the last layer too, where nothing has been handed "
        "back yet.",
        "forgotten derivative": "Not this one: in case b every `W` is right. `dW` is computed from `dZ`, so what does "
        "that say of `dZ`?",
    },
    hints=[
        "Look at the columns of the weights, then at those of the biases.",
        "What would a size of 0 mean for an array?",
    ],
    holds="You now have a bug of which no weight knows: the biases never move.",
)
find(
    "c",
    "sign",
    against={
        "missing 1/n": "Not this one: in case c the sizes are right. A factor other than 1 or −1 would show in them.",
        "1/n twice": "Not this one: in case c the sizes are right, and a division would show in them.",
        "transpose": "Not this one: in case c the last layer is wrong too. Which line has run by then?",
        "forgotten derivative": "Not this one: in case c no size is off. Would it leave all lengths alone to drop "
        "numbers between 0 and 1?",
        "missing bias gradient": "Not this one: in case c the biases have a size, and the weights are wrong too.",
    },
    hints=[
        "The gradients are as long as they should be. What else can be wrong with an arrow?",
        "What is the relative error between g and -g?",
    ],
    holds="You now have the bug that climbs: as long as the right gradient, and pointing uphill.",
)
find(
    "d",
    "forgotten derivative",
    against={
        "sign": "Not this one: in case d the last layer is right, and the walk starts there.",
        "missing 1/n": "Not this one: in case d the last layer is right, and the sizes of the others have no factor "
        "in common.",
        "1/n twice": "Not this one: in case d the sizes are too large, not too small, and the last layer is right.",
        "transpose": "Not this one: in case d layer 2 is wrong. Its dA came through the `W` of layer 3. Could NumPy "
        "have let that one through untransposed?",
        "missing bias gradient": "Not this one: in case d no array is zero, and `W1` and `W2` are wrong too.",
    },
    hints=[
        "Layer 3 is right, so the loss and the last layer are innocent. Which line do layers 1 and 2 run that layer 3 "
        "can do without?",
        "Layers 1 and 2 bend, layer 3 is linear.",
    ],
    holds="You now have a chain with one factor left out: each layer back, the gradient is further off.",
)
find(
    "e",
    "missing 1/n",
    against={
        "sign": "Not this one: look at the sizes in case e. Does swapping a sign change how long a gradient is?",
        "1/n twice": "Close: it is a matter of n. But look at the size in case e. Would one division too many make a "
        "gradient longer?",
        "transpose": "Not this one: in case e the last layer is wrong too, where nothing has been handed back yet.",
        "forgotten derivative": "Not this one: in case e the linear layer is wrong too. What would you leave out "
        "there?",
        "missing bias gradient": "Not this one: in case e no array is zero, and the weights are wrong too.",
    },
    hints=[
        "It has the same relative error as another one of the six. What tells the two apart?",
        "Every array is too large, by the same factor. What is 4 in this data set?",
    ],
    holds="You now have a sum where a mean belongs: with 100 rows, a learning rate 100 times too large.",
)
find(
    "f",
    "transpose",
    against={
        "sign": "Not this one: in case f four arrays are right. Could a sign at the start of the walk spare them?",
        "missing 1/n": "Not this one: in case f four arrays are right, and the two others have no factor in common.",
        "1/n twice": "Not this one: in case f four arrays are right, and the two wrong ones are too large.",
        "forgotten derivative": "Not this one: in case f layer 2 is right. It has a tanh; would it be right without "
        "its slope?",
        "missing bias gradient": "Not this one: in case f `b2` and `b3` are right, and `W1` is wrong.",
    },
    hints=[
        "Every layer runs the same lines. Which line, if it were wrong, would leave layer 2 right?",
        "What reaches layer 1 has come back through the `W` of layer 2. What is special about its shape?",
    ],
    holds="You now have the bug that only square layers hide: with any other width NumPy would have stopped it.",
)


# ---- factor_error -----------------------------------------------------------------------------------


def factor_error(c):
    return abs(1 - c) / (1 + abs(c))


exercise(
    title="The relative error of a gradient that is c times what it should be",
    solution=factor_error,
    cases=lambda rng: [(2,), (0.25,), (-1.0,), (-3.0,), (1,), (0,), (6.0,), (-2,), (0.0,), (1e6,)],
    also_right=[
        lambda c: relative_error(np.array([1.0]), np.array([c])),
        lambda c: np.sqrt((1 - c) ** 2) / (1 + np.sqrt(c**2)),
        lambda c: 1.0 if c <= 0 else (max(c, 1) - min(c, 1)) / (1 + c),
    ],
    wrong=mistakes(
        lambda c: abs(1 - c),
        "This is measured against the right gradient alone. Below the line stand both sizes: that of g, which "
        "is 1, and that of c g.",
        lambda c: (1 - c) / (1 + abs(c)),
        "An error is a length, and a length is never negative: take the absolute value of 1 - c.",
        lambda c: (c - 1) / (1 + abs(c)),
        "An error is a length, and a length is never negative: take the absolute value of c - 1.",
        lambda c: (1 - c) / (1 + c),
        "Two absolute values are missing: an error is never negative, and the length of c g is |c| times that of "
        "g. A swapped sign, c = -1, must not divide by zero.",
        lambda c: abs((1 - c) / (1 + c)),
        "Right for positive c. Take the absolute values one by one: |1 - c| above the line, 1 and |c| below it.",
        lambda c: abs(1 - c) / (1 + c),
        "Right for positive c. For a negative one the length of c g is |c| times that of g: a swapped sign, "
        "c = -1, must not divide by zero.",
        lambda c: abs(1 - abs(c)) / (1 + abs(c)),
        "Above the line stands the length of g - c g, sign included. For a swapped sign, c = -1, it is twice "
        "that of g, not zero.",
        lambda c: abs(1 - c) / abs(c) if c else 0.0,
        "Below the line stand both sizes: that of c g and that of g itself.",
        lambda c: abs(1 - c) / max(1, abs(c)),
        "Below the line stands the larger size. Take the sum of both.",
        lambda c: (1 - c) ** 2 / (1 + c**2),
        "The root is missing: a length is the root of the sum of the squares, so c counts as |c| and not as c².",
    ),
    hints=[
        "Put a = g and b = c g into the definition. What can be taken out of ‖g - c g‖?",
        "‖c g‖ is |c| ‖g‖, and ‖g - c g‖ is |1 - c| ‖g‖. Then ‖g‖ cancels.",
        "The absolute value of `1 - c`, over one plus the absolute value of `c`.",
    ],
    optional=True,
    holds="You now have the fingerprint of every bug that is a pure factor: one number, the same in all arrays.",
)
