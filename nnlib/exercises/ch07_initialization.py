"""Exercises of chapter 07: where you start decides whether you learn."""

import math

import numpy as np

from nnlib.exercises import chapter, edited, mistakes

exercise = chapter("07", "initialization")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="left_of_zero",
    recall=True,
    title="The slope of ReLU at -2",
    solution=0,
    wrong=mistakes(
        1,
        "1 is the slope above 0. At -2 the answer of ReLU is 0, and it stays 0 if z moves a little.",
        -2,
        "This is z itself. ReLU answers 0 there, and 0 next to it as well: how steep is that?",
    ),
    hints=["What does ReLU answer at -2, and at -1.9?", "A constant does not rise or fall."],
    holds="Below 0 ReLU is flat: its slope is 0, and no gradient comes through.",
)

exercise(
    name="steepest_sigmoid",
    recall=True,
    title="The largest slope of the sigmoid",
    solution=0.25,
    wrong=[
        (1, "1 is the largest slope of tanh, at 0. The sigmoid rises by 1 in all, over a wider stretch."),
        (0, "That is its slope far out, where it is flat. Where it is steepest it does rise: a · (1 - a)."),
        (0.5, "0.5 is what the sigmoid answers at 0, where it is steepest. Its slope there is a · (1 - a)."),
    ],
    hints=["It is steepest at z = 0, where it answers 0.5.", "Chapter 4: almost this much, near 0."],
    holds="a · (1 - a) is largest at a = 0.5: a quarter.",
)

exercise(
    name="table_of_300",
    recall=True,
    title="The shape of W from 300 inputs to 200 neurons",
    solution=(300, 200),
    wrong=[((200, 300), "It is turned over: a row for each input, a column for each neuron, so that `X @ W` fits.")],
    hints=["X has the shape (n, 300), and `X @ W` has the shape (n, 200).", "(n_inputs, n_neurons)"],
    holds="W has a row for each input and a column for each neuron.",
)


# ---- moving_parameters ------------------------------------------------------------------------------

exercise(
    name="moving_parameters",
    title="Of the 17 parameters of an all-zero 2-4-1 tanh network, how many have a gradient other than zero on XOR",
    solution=1,
    also_right=[1.0, np.int64(1)],
    wrong=mistakes(
        0,
        "One does move. The output is 0 on every row, two of the targets are 1: which parameter reaches the output "
        "without passing a zero?",
        17,
        "Most of them are multiplied by a zero on their way. Go through all four: `dW2`, `db2`, `dW1`, `db1`.",
        5,
        "Five is the whole output layer. But `dW2 = A1.T @ dZ2`, and what is in `A1` when all weights and biases "
        "are 0?",
        4,
        "Are these the output weights or the hidden biases? `dW2` is `A1.T @ dZ2` and `A1` is zero; `db1` comes "
        "through `dZ2 @ W2.T` and `W2` is zero.",
        8,
        "Eight is `W1`, the weights of the hidden layer. `dW1` is `X.T @ dZ1`, `dZ1` has `W2` as a factor, and "
        "what is in `W2`?",
        12,
        "Twelve is the hidden layer. Its gradient comes back through `dZ2 @ W2.T`, and what is in `W2`?",
        13,
        "Thirteen is the hidden layer and the output bias. The way back into the hidden layer is `dZ2 @ W2.T`, and "
        "what is in `W2`?",
        9,
        "Start with what is zero: all weights, so `A1` too. Then ask of each of the four formulas whether it has "
        "one of these as a factor.",
    ),
    hints=[
        "Forward first: what are A1 and A2 when every weight and bias is 0? Which rows have an error?",
        "`dZ2` is not zero. What is it multiplied by on its way? `A1` in `dW2`, `W2` toward the hidden layer.",
        "`db2` is the sum of `dZ2` over the rows, with no factor at all. How many numbers are in `b2`?",
    ],
    holds="You now have the reason why nobody starts at zero: only the output bias moves, and it cannot solve XOR.",
    code="moving_parameters = 1  # the output bias",
)


# ---- output_std -------------------------------------------------------------------------------------


def output_std(n_inputs, weight_std):
    return np.sqrt(n_inputs) * weight_std


def output_std_by_adding(n_inputs, weight_std):
    variance = 0.0
    for _ in range(n_inputs):
        variance += weight_std**2
    return variance**0.5


exercise(
    title="The spread of a sum of n_inputs products",
    solution=output_std,
    cases=lambda rng: [
        (4, 0.5),
        (100, 0.02),
        (9, float(rng.uniform(1, 2))),
        (1, 3.0),
        (2, 0.1),
        (3, 0.0),
        (11, 2),
    ],
    also_right=[
        output_std_by_adding,
        lambda n_inputs, weight_std: np.sqrt(n_inputs * weight_std**2),
        lambda n_inputs, weight_std: np.linalg.norm(np.full(n_inputs, weight_std)),
        lambda n_inputs, weight_std: n_inputs**0.5 * weight_std,
    ],
    wrong=mistakes(
        lambda n_inputs, weight_std: n_inputs * weight_std,
        "Standard deviations do not add up, variances do. Add the variances, then take the root of the sum.",
        lambda n_inputs, weight_std: n_inputs * weight_std**2,
        "This is the variance of the sum. The standard deviation is its root.",
        lambda n_inputs, weight_std: math.sqrt(n_inputs * weight_std),
        "`weight_std` is a standard deviation. Square it to get a variance before you multiply by `n_inputs`.",
        lambda n_inputs, weight_std: math.sqrt(n_inputs) * weight_std**2,
        "Half of it is still a variance: the root belongs over the whole, over `weight_std**2` too.",
        lambda n_inputs, weight_std: weight_std / math.sqrt(n_inputs),
        "This shrinks with more inputs, as a mean does. A neuron takes a sum: nothing is divided.",
        lambda n_inputs, weight_std: weight_std,
        "This is the spread of a single product. There are `n_inputs` of them in the sum.",
        lambda n_inputs, weight_std: math.sqrt(n_inputs + weight_std**2),
        "`n_inputs` is added; but the variance `weight_std**2` comes `n_inputs` times.",
    ),
    hints=[
        "Work with variances: what is the variance of one product? Of n_inputs of them together?",
        "One product has the variance `weight_std**2 * 1`, and `n_inputs` of them together `n_inputs` times that.",
        "A standard deviation is the square root of the variance.",
    ],
    holds="You now have the law of this chapter: the spread grows with the root of the number of inputs.",
)


# ---- glorot and he ----------------------------------------------------------------------------------

SHAPES = ((300, 200), (50, 400))  # (n_inputs, n_neurons): enough weights to measure limits and spreads

# Each mistake has two sentences: what was seen, which `verify` returns, and what to make of it, the hint.
NO_ARRAY = "It does not return an array."
ONE_NUMBER = "It returns one number."
TRANSPOSED = "The shape is (n_neurons, n_inputs)."
OTHER_SHAPE = "The shape is not (n_inputs, n_neurons)."
NOT_FINITE = "Some weights are not finite numbers."
NOT_FROM_RNG = "Two generators with the same seed gave different weights."
OWN_GENERATOR = "Called twice with the same `rng` it gives the same weights."
ONE_VALUE = "All weights are the same number."
EQUAL_WEIGHTS = "Whole rows or columns are equal."
ONE_SIDED = "All weights have the same sign."
OFF_CENTER = "The mean of the weights is not 0."
ADVICE = {
    NO_ARRAY: "Return a NumPy array of weights, of shape (n_inputs, n_neurons).",
    ONE_NUMBER: "Draw a number for each connection: `size=(n_inputs, n_neurons)`.",
    TRANSPOSED: "The shape is turned over: one row an input, one column a neuron, (n_inputs, n_neurons).",
    OTHER_SHAPE: "W must be a table with a row for each input and a column for each neuron.",
    NOT_FINITE: "There is an infinity or a nan in W. Is something divided by zero?",
    NOT_FROM_RNG: "Draw the weights from `rng`, or no run can be repeated.",
    OWN_GENERATOR: "Draw from the `rng` that comes in, without making a generator of your own.",
    ONE_VALUE: "All the weights are one and the same number, 0 perhaps: what was drawn has no spread. `//` makes 0 "
    "of a small fraction, and `rng.normal(mean, std)` takes the standard deviation second.",
    EQUAL_WEIGHTS: "Each connection needs a number of its own: `size=(n_inputs, n_neurons)`.",
    ONE_SIDED: "The weights must lie evenly around 0, on both sides of it.",
    OFF_CENTER: "The weights must lie evenly around 0: as many pull down as push up.",
}


def drawing_mistake(draw):
    """What is wrong with how an initializer draws, whatever the size of its weights; None if nothing is."""
    for n_inputs, n_neurons in [*SHAPES, (2, 1), (1, 3)]:
        W = draw(n_inputs, n_neurons, np.random.default_rng(3))
        if isinstance(W, np.ndarray | np.generic | float | int) and np.ndim(W) == 0:
            return ONE_NUMBER
        if not isinstance(W, np.ndarray) or W.dtype.kind not in "fiu":
            return NO_ARRAY
        if W.shape != (n_inputs, n_neurons):
            return TRANSPOSED if W.shape == (n_neurons, n_inputs) else OTHER_SHAPE
        if not np.isfinite(W).all():
            return NOT_FINITE
        if not np.array_equal(W, draw(n_inputs, n_neurons, np.random.default_rng(3))):
            return NOT_FROM_RNG
        if W.size < 4:
            continue
        if len(np.unique(W)) == 1:
            return ONE_VALUE
        if len(np.unique(W)) < W.size / 2:
            return EQUAL_WEIGHTS
        if np.min(W) >= 0 or np.max(W) <= 0:
            return ONE_SIDED
        if abs(np.mean(W)) > 5 * np.std(W) / np.sqrt(W.size):
            return OFF_CENTER
    rng = np.random.default_rng(4)
    return OWN_GENERATOR if np.array_equal(draw(3, 2, rng), draw(3, 2, rng)) else None


def measured(draw, of):
    """`of(W)` for the weights drawn in each of the SHAPES."""
    return np.array([of(draw(*shape, np.random.default_rng(5))) for shape in SHAPES])


def agrees(seen, formula, within):
    """Whether the numbers seen for the SHAPES are those of formula(n_inputs, n_neurons)."""
    return np.allclose(seen, [formula(*shape) for shape in SHAPES], rtol=within)


def is_uniform(draw):
    """The largest of many uniform numbers is √3 standard deviations from 0, of many normal ones about four."""
    return np.allclose(measured(draw, lambda W: np.max(np.abs(W)) / np.std(W)), np.sqrt(3), rtol=0.03)


# The limit of each known mistake, the same in words, and what to say to it.
GLOROT_LIMITS = [
    (
        lambda i, o: 6 / (i + o),
        "6 / (n_inputs + n_neurons)",
        "The square root is missing: this is the square of the limit.",
    ),
    (
        lambda i, o: 2 / (i + o),
        "2 / (n_inputs + n_neurons)",
        "The variance stands where the limit should. A uniform number within ± the limit has the variance limit²/3.",
    ),
    (
        lambda i, o: np.sqrt(2 / (i + o)),
        "√(2 / (n_inputs + n_neurons))",
        "The standard deviation stands where the limit should. Uniform within ± the limit, the standard deviation is "
        "only limit/√3.",
    ),
    (
        lambda i, o: np.sqrt(6 / i),
        "√(6 / n_inputs)",
        "Only the inputs are in it, and twice too much. Glorot's compromise divides by `n_inputs + n_neurons`.",
    ),
    (
        lambda i, o: np.sqrt(3 / i),
        "√(3 / n_inputs)",
        "This is right forward alone. The compromise has both numbers in it, `n_inputs + n_neurons`.",
    ),
    (
        lambda i, o: np.sqrt(3 / o),
        "√(3 / n_neurons)",
        "This is right for the gradient alone. The compromise has both numbers in it, `n_inputs + n_neurons`.",
    ),
    (
        lambda i, o: np.sqrt(6 / o),
        "√(6 / n_neurons)",
        "Only the neurons are in it, and twice too much. Glorot's compromise divides by `n_inputs + n_neurons`.",
    ),
    (
        lambda i, o: np.sqrt(3 / (i + o)),
        "√(3 / (n_inputs + n_neurons))",
        "The 2 of the variance 2 / (n_inputs + n_neurons) is missing.",
    ),
    (
        lambda i, o: np.sqrt(12 / (i + o)),
        "√(12 / (n_inputs + n_neurons))",
        "Twice the variance it should have. The limit solves limit²/3 = 2 / (n_inputs + n_neurons).",
    ),
    (
        lambda i, o: np.sqrt(6) / (i + o),
        "√6 / (n_inputs + n_neurons)",
        "The root covers the 6 alone. It belongs over the whole fraction.",
    ),
    (
        lambda i, o: np.sqrt(6 / (i * o)),
        "√(6 / (n_inputs · n_neurons))",
        "The two numbers are multiplied; they should be added.",
    ),
    (
        lambda i, o: np.sqrt(6 / i + o),
        "√(6 / n_inputs + n_neurons)",
        "Parentheses: `6 / n_inputs + n_neurons` divides by the first alone.",
    ),
    (
        lambda i, o: 1.0,
        "1",
        "The weights lie within ±1 whatever the layer. The limit depends on `n_inputs` and `n_neurons`.",
    ),
]
WITHIN = "Your weights lie within ± {}."
NOT_UNIFORM = "The variance is Glorot's, but the numbers are not uniform."
NEITHER = "The numbers are not uniform, and their variance is not Glorot's."
GLOROT_OTHER = "The limit is not Glorot's."
GLOROT_ADVICE = {
    NOT_UNIFORM: "Numbers of this spread work as well. Draw uniform ones here, as Glorot did: "
    "`rng.uniform(low, high, size=...)`.",
    NEITHER: "The numbers are not uniform. `rng.uniform(low, high, size=...)` draws uniform ones.",
    GLOROT_OTHER: "For 2 inputs and 4 neurons the limit must be 1, for 300 and 200 it must be 0.11.",
}


def glorot(n_inputs, n_neurons, rng):
    limit = np.sqrt(6 / (n_inputs + n_neurons))
    return rng.uniform(-limit, limit, size=(n_inputs, n_neurons))


def glorot_from_unit(n_inputs, n_neurons, rng):
    limit = (3 * 2 / (n_inputs + n_neurons)) ** 0.5
    return (2 * rng.random((n_inputs, n_neurons)) - 1) * limit


def glorot_loop(n_inputs, n_neurons, rng):
    W = np.zeros((n_inputs, n_neurons))
    limit = math.sqrt(6) / math.sqrt(n_inputs + n_neurons)
    for i in range(n_inputs):
        for k in range(n_neurons):
            W[i, k] = rng.uniform(-limit, limit)
    return W


def glorot_by_variance(n_inputs, n_neurons, rng):
    variance = 2 / (n_inputs + n_neurons)
    return rng.uniform(-1, 1, (n_neurons, n_inputs)).T * np.sqrt(3 * variance)


def is_glorot(draw, rng):
    """None if `draw` is Glorot's uniform initializer, else what it does in its place."""
    if (words := drawing_mistake(draw)) is not None:
        return words
    if not is_uniform(draw):
        glorots = agrees(measured(draw, np.std), lambda i, o: np.sqrt(2 / (i + o)), within=0.03)
        return NOT_UNIFORM if glorots else NEITHER
    limits = measured(draw, lambda W: np.max(np.abs(W)))
    if agrees(limits, lambda i, o: np.sqrt(6 / (i + o)), within=0.005):
        return None
    known = (WITHIN.format(text) for limit, text, _ in GLOROT_LIMITS if agrees(limits, limit, within=0.005))
    return next(known, GLOROT_OTHER)


def uniform_within(limit):
    """An initializer with weights uniform within ±limit(n_inputs, n_neurons)."""
    return lambda i, o, rng: rng.uniform(-limit(i, o), limit(i, o), size=(i, o))


def normal_with(std):
    """An initializer with normal weights of the standard deviation std(n_inputs, n_neurons)."""
    return lambda i, o, rng: rng.normal(0, std(i, o), size=(i, o))


def drawing_mistakes(right, limit):
    """The wrong answers that any initializer may be; `right` draws well, limit(n_inputs, n_neurons) is a number."""
    return [
        (lambda n_inputs, n_neurons, rng: right(n_neurons, n_inputs, rng), ADVICE[TRANSPOSED]),
        (lambda n_inputs, n_neurons, rng: right(n_inputs, n_neurons, rng).ravel(), ADVICE[OTHER_SHAPE]),
        (lambda n_inputs, n_neurons, rng: limit(n_inputs, n_neurons), ADVICE[ONE_NUMBER]),
        (lambda n_inputs, n_neurons, rng: right(n_inputs, n_neurons, rng).tolist(), ADVICE[NO_ARRAY]),
        (lambda n_inputs, n_neurons, rng: right(n_inputs, n_neurons, np.random), ADVICE[NOT_FROM_RNG]),
        (lambda n_inputs, n_neurons, rng: right(n_inputs, n_neurons, np.random.default_rng(0)), ADVICE[OWN_GENERATOR]),
        (lambda n_inputs, n_neurons, rng: 0 * right(n_inputs, n_neurons, rng), ADVICE[ONE_VALUE]),
        (lambda n_inputs, n_neurons, rng: right(1, n_neurons, rng) * np.ones((n_inputs, 1)), ADVICE[EQUAL_WEIGHTS]),
        (lambda n_inputs, n_neurons, rng: np.abs(right(n_inputs, n_neurons, rng)), ADVICE[ONE_SIDED]),
        (
            lambda n_inputs, n_neurons, rng: right(n_inputs, n_neurons, rng) + limit(n_inputs, n_neurons) / 2,
            ADVICE[OFF_CENTER],
        ),
        (lambda n_inputs, n_neurons, rng: right(n_inputs, n_neurons, rng) / 0.0, ADVICE[NOT_FINITE]),
    ]


exercise(
    title="Glorot's initialization: uniform, with the variance 2 / (n_inputs + n_neurons)",
    solution=glorot,
    verify=is_glorot,
    also_right=[glorot_from_unit, glorot_loop, glorot_by_variance],
    wrong=[
        *((uniform_within(limit), words) for limit, _, words in GLOROT_LIMITS),
        *drawing_mistakes(glorot, lambda i, o: np.sqrt(6 / (i + o))),
        (normal_with(lambda i, o: np.sqrt(2 / (i + o))), GLOROT_ADVICE[NOT_UNIFORM]),
        (normal_with(lambda i, o: np.sqrt(6 / (i + o))), GLOROT_ADVICE[NEITHER]),
        (uniform_within(lambda i, o: 0.1), GLOROT_ADVICE[GLOROT_OTHER]),
    ],
    hints=[
        "Set limit²/3, the variance of a uniform number within ±limit, equal to 2 / (n_inputs + n_neurons).",
        "`rng.uniform(low, high, size=(rows, columns))` draws a whole table. Low is minus the limit.",
        "limit² = 3 · 2 / (n_inputs + n_neurons): take the root of that, `np.sqrt(...)`, and draw.",
    ],
    holds="You now have the start that tanh and sigmoid networks learn from.",
    in_nnlib="initializers.glorot",
)


# The standard deviation of each known mistake, the same in words, and what to say to it.
HE_STDS = [
    (
        lambda i, o: 2 / i,
        "2 / n_inputs",
        "The variance stands where `rng.normal` takes the standard deviation: take its root.",
    ),
    (
        lambda i, o: np.sqrt(1 / i),
        "√(1 / n_inputs)",
        "This keeps the signal of a layer without a bend. ReLU throws half of it away: the 2 is missing.",
    ),
    (
        lambda i, o: np.sqrt(2 / o),
        "√(2 / n_neurons)",
        "It divides by the number of neurons. Each neuron adds up `n_inputs` products; that is the number.",
    ),
    (
        lambda i, o: np.sqrt(2 / (i + o)),
        "√(2 / (n_inputs + n_neurons))",
        "This is Glorot's variance. He's looks at the inputs alone.",
    ),
    (
        lambda i, o: np.sqrt(4 / (i + o)),
        "√(4 / (n_inputs + n_neurons))",
        "That averages both ways. He's rule looks forward alone: `n_inputs`.",
    ),
    (
        lambda i, o: np.sqrt(2) / i,
        "√2 / n_inputs",
        "The root covers the 2 alone. It belongs over the whole fraction.",
    ),
    (
        lambda i, o: 2 / np.sqrt(i),
        "2 / √n_inputs",
        "The root covers `n_inputs` alone. It belongs over the whole fraction.",
    ),
    (
        lambda i, o: np.sqrt(0.5 / i),
        "√(0.5 / n_inputs)",
        "The factor is turned over: half of the signal is lost, so the weights must be larger, not smaller.",
    ),
    (
        lambda i, o: 1.0,
        "1",
        "The spread is 1 whatever the layer. It depends on `n_inputs`.",
    ),
]
SPREAD = "Your weights have the standard deviation {}."
UNIFORM_FOR_NORMAL = "The variance is He's, but the numbers are uniform."
UNIFORM_AND_OFF = "The numbers are uniform, and their variance is not He's."
HE_OTHER = "The spread is not He's."
HE_ADVICE = {
    UNIFORM_FOR_NORMAL: "Uniform numbers of this variance work as well. Draw normal ones here, as He did: "
    "`rng.normal(mean, std, size=...)`.",
    UNIFORM_AND_OFF: "The numbers are uniform. `rng.normal(mean, std, size=...)` draws normal ones.",
    HE_OTHER: "For 2 inputs the standard deviation must be 1, for 50 inputs 0.2.",
}


def he(n_inputs, n_neurons, rng):
    return rng.normal(0, np.sqrt(2 / n_inputs), size=(n_inputs, n_neurons))


def he_from_standard(n_inputs, n_neurons, rng):
    return rng.standard_normal((n_inputs, n_neurons)) * (2 / n_inputs) ** 0.5


def he_by_columns(n_inputs, n_neurons, rng):
    return np.array([rng.normal(0, np.sqrt(2 / n_inputs), size=n_inputs) for _ in range(n_neurons)]).T


def he_loop(n_inputs, n_neurons, rng):
    std = math.sqrt(2 / n_inputs)
    return np.array([[rng.normal(0.0, std) for _ in range(n_neurons)] for _ in range(n_inputs)])


def is_he(draw, rng):
    """None if `draw` is He's normal initializer, else what it does in its place."""
    if (words := drawing_mistake(draw)) is not None:
        return words
    stds = measured(draw, np.std)
    right = agrees(stds, lambda i, o: np.sqrt(2 / i), within=0.03)
    if is_uniform(draw):
        return UNIFORM_FOR_NORMAL if right else UNIFORM_AND_OFF
    if right:
        return None
    known = (SPREAD.format(text) for std, text, _ in HE_STDS if agrees(stds, std, within=0.03))
    return next(known, HE_OTHER)


exercise(
    title="He's initialization: normal weights for ReLU layers",
    solution=he,
    verify=is_he,
    also_right=[
        he_from_standard,
        he_loop,
        he_by_columns,
        lambda n_inputs, n_neurons, rng: rng.normal(size=(n_inputs, n_neurons)) / np.sqrt(n_inputs / 2),
    ],
    wrong=[
        *((normal_with(std), words) for std, _, words in HE_STDS),
        *drawing_mistakes(he, lambda i, o: np.sqrt(2 / i)),
        (uniform_within(lambda i, o: np.sqrt(6 / i)), HE_ADVICE[UNIFORM_FOR_NORMAL]),
        (uniform_within(lambda i, o: np.sqrt(2 / i)), HE_ADVICE[UNIFORM_AND_OFF]),
        (normal_with(lambda i, o: 0.05), HE_ADVICE[HE_OTHER]),
    ],
    hints=[
        "Which variance keeps the signal without a bend? ReLU leaves half of it. What must the variance be instead?",
        "`rng.normal(mean, std, size=(rows, columns))` draws the table. It takes a standard deviation, not a variance.",
        "The mean is 0, the variance 2 / n_inputs, the standard deviation its root.",
    ],
    holds="You now have the start that ReLU networks learn from, however deep.",
    in_nnlib="initializers.he",
)


# ---- count_dead -------------------------------------------------------------------------------------


def count_dead(A):
    return int(np.sum(np.all(A == 0, axis=0)))


def count_dead_loop(A):
    dead = 0
    for k in range(A.shape[1]):
        if not A[:, k].any():
            dead += 1
    return dead


def relu_outputs(rng, n, n_neurons, dead=()):
    A = np.maximum(rng.normal(size=(n, n_neurons)), 0)
    A[0] += 0.1  # nobody is dead by chance
    A[:, list(dead)] = 0
    return A


exercise(
    title="How many neurons of a ReLU layer are dead",
    solution=count_dead,
    cases=lambda rng: [
        (np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [0.0, 1.0, 4.0]]),),
        (relu_outputs(rng, 6, 5, dead=(0, 3)),),
        (relu_outputs(rng, 5, 8),),
        (relu_outputs(rng, 4, 6, dead=(1, 2, 4, 5)),),
        (np.array([[0.0, 1.5], [0.0, 0.0], [0.0, 0.0]]),),
        (np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 0.0], [0.0, 0.0]]),),
        (np.array([[0.0, 0.01, 2.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),),
        (np.zeros((3, 2)),),
        (np.array([[0.0, 1e-9, 2.0]]),),
        (np.array([[0], [3]]),),
        (relu_outputs(rng, 11, 11, dead=(10,)),),
    ],
    also_right=[
        count_dead_loop,
        lambda A: np.sum(A.max(axis=0) == 0),
        lambda A: A.shape[1] - np.count_nonzero(A.sum(axis=0)),
        lambda A: len(A[0]) - np.sum((A > 0).any(axis=0)),
        lambda A: sum(all(a == 0 for a in neuron) for neuron in A.T),
    ],
    wrong=mistakes(
        edited(count_dead, "axis=0", "axis=1"),
        "This looks along the rows: it counts inputs that wake nobody. A neuron is a column: `axis=0`.",
        lambda A: np.sum(A == 0),
        "This counts single zeros. A neuron may be silent on some rows; dead is the one that is 0 on all of them.",
        edited(count_dead, "A == 0", "A < 0"),
        "The outputs of a ReLU are never negative, so no column is below 0. A silent neuron gives 0: `A == 0`.",
        lambda A: np.sum(np.any(A > 0, axis=0)),
        "These are the living ones. Count the others.",
        lambda A: np.all(A == 0, axis=0),
        "This says which neurons are dead. How many are they?",
        lambda A: np.flatnonzero(np.all(A == 0, axis=0)),
        "These are the numbers of the dead neurons. How many are they?",
        lambda A: np.sum(A[0] == 0),
        "Only the first row is asked. A neuron that is silent there may answer on another.",
        lambda A: np.sum(np.mean(A, axis=0) < 0.5),
        "A small mean is not a dead neuron. Dead means exactly 0 on every row.",
        lambda A: np.sum(np.mean(A, axis=0) < 0.1),
        "A neuron that says 0.01 on a single row lives, and its mean is small. Dead means exactly 0 on every row.",
    ),
    hints=[
        "A row of A is an input, a column is a neuron. What does the column of a dead neuron hold?",
        "`A == 0` is a table of True and False. `np.all(..., axis=0)` looks down each column.",
        "`np.sum` of True and False counts the True ones.",
    ],
    holds="You now have the number of neurons that get no gradient from these rows.",
)


# ---- solved -----------------------------------------------------------------------------------------


def solved(y_hat, y):
    return np.all(np.abs(y_hat - y) < 0.5)


def solved_loop(y_hat, y):
    for output, target in zip(y_hat.ravel(), y.ravel()):
        if not abs(output - target) < 0.5:
            return False
    return True


def column(*numbers):
    return np.array(numbers, dtype=float).reshape(-1, 1)


exercise(
    title="Is the problem solved: every output within 0.5 of its target",
    solution=solved,
    optional=True,
    cases=lambda rng: [
        (column(0.1, 0.8, 0.6, 0.3), column(0, 1, 1, 0)),
        (column(0.1, 0.8, 0.4, 0.3), column(0, 1, 1, 0)),
        (column(0.9, 0.1, 0.1, 0.3), column(0, 1, 1, 0)),
        (column(1.2, 0.9, 0.9, 0.1), column(0, 1, 1, 0)),
        (column(-0.9, 0.9, 0.9, 0.1), column(0, 1, 1, 0)),
        (column(0.1, 1.7, 0.9, 0.1), column(0, 1, 1, 0)),
        (column(0.46, 0.54, 0.6, 0.4), column(0, 1, 1, 0)),
        (column(0.501, 0.9, 0.9, 0.1), column(0, 1, 1, 0)),
        (column(0.9, 0.1, 0.1, 0.9), column(0, 1, 1, 0)),
        (column(0.1, 0.1, 0.9), column(0, 0, 1)),
        (column(0.5, 0.9, 0.9, 0.1), column(0, 1, 1, 0)),
        (column(0.1, 0.5, 0.9, 0.1), column(0, 1, 1, 0)),
        (column(*([0.0] * 9), 0.8), np.zeros((10, 1))),
        (np.array([[0.2, 0.9], [0.8, 0.1]]), np.array([[0.0, 1.0], [1.0, 0.0]])),
        (np.array([[0.2, 0.1], [0.8, 0.9]]), np.array([[0.0, 1.0], [1.0, 0.0]])),
        (column(0.1), column(0)),
        (column(np.nan, 0.9, 0.9, 0.1), column(0, 1, 1, 0)),
        (column(*[np.nan] * 4), column(0, 1, 1, 0)),
        (column(np.inf, 0.9, 0.9, -np.inf), column(0, 1, 1, 0)),
    ],
    also_right=[
        solved_loop,
        lambda y_hat, y: np.max(np.abs(y_hat - y)) < 0.5,
        lambda y_hat, y: not np.any(~(np.abs(y - y_hat) < 0.5)),
        lambda y_hat, y: bool(((y_hat - y) ** 2 < 0.25).all()),
    ],
    wrong=mistakes(
        edited(solved, "np.all(np.abs(y_hat - y) < 0.5)", "np.mean((y_hat - y) ** 2) < 0.02"),
        "This judges the loss, a mean. Ask each row by itself, then ask for all.",
        edited(solved, "np.all(np.abs(y_hat - y) < 0.5)", "np.mean(np.abs(y_hat - y)) < 0.5"),
        "On average it is near, but one row may be quite wrong. Ask each row, then ask for all.",
        edited(solved, "np.all(np.abs(y_hat - y) < 0.5)", "np.mean((y_hat - y) ** 2) < 0.25"),
        "A small mean lets one bad row hide behind the others. Ask each row, then ask for all.",
        edited(solved, "np.all(np.abs(y_hat - y) < 0.5)", "np.abs(np.mean(y_hat - y)) < 0.5"),
        "In a mean, errors of opposite sign cancel. Take the distance of each output, then ask for all.",
        edited(solved, "np.abs(y_hat - y)", "y_hat - y"),
        "An output far *below* its target passes here. Take the distance: `np.abs`.",
        edited(solved, "np.abs(y_hat - y) < 0.5", "(y_hat > 0.5) == (y > 0.5)"),
        "This asks for the right side of 0.5 only. An output of 1.7 is 0.7 from its target 1, and that is too far.",
        edited(solved, "np.all(np.abs(y_hat - y) < 0.5)", "np.abs(y_hat - y) < 0.5"),
        "This is an answer for each row. Give one for the whole: are they all true?",
        edited(solved, "np.all", "np.mean"),
        "This is the share of rows that are right. Give one True or False: are all of them?",
        edited(solved, "< 0.5", "<= 0.5"),
        "An output of exactly 0.5 is as far from 0 as from 1, and it passes here. *Closer* than 0.5 is `<`.",
        edited(solved, "np.all(np.abs(y_hat - y) < 0.5)", "not np.any(np.abs(y_hat - y) >= 0.5)"),
        "An output of `nan` passes here: `nan >= 0.5` is False, as every comparison with `nan` is. Ask what is "
        "`< 0.5`.",
        edited(solved, "np.all(np.abs(y_hat - y) < 0.5)", "np.array_equal(np.round(y_hat), y)"),
        "`np.round` takes exactly 0.5 to the even number, 0, and so it passes. Ask for the distance, and for `<`.",
        edited(solved, "y_hat - y", "y_hat - y.ravel()"),
        "`y.ravel()` has shape (n,), and (n, 1) minus (n,) makes n × n differences. Leave `y` as it is.",
        edited(solved, "y_hat - y", "y_hat[-1] - y[-1]"),
        "Only the last row decides. In a loop, a False of an earlier row must not be overwritten: ask every row.",
        edited(solved, "y_hat - y", "y_hat[0] - y[0]"),
        "Only the first row decides: is a `return` inside the loop? All of the rows must be asked first.",
    ),
    hints=[
        "First the distance of each output from its target, then a question to each, then one answer for all.",
        "`np.abs(y_hat - y) < 0.5` holds a True or False for each element.",
        "`np.all(...)` of these is the answer.",
    ],
    holds="You now have a judge that never tires: a hundred networks, one answer for each.",
)
