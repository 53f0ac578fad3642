"""Exercises of chapter 14: probabilities for classes, a loss made for them, and whether they can be believed."""

import numpy as np

from nnlib.exercises import chapter, edited, mistakes

exercise = chapter("14", "classification")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="slope_at_nine_tenths",
    recall=True,
    title="The slope of the sigmoid where it answers 0.9",
    solution=0.09,
    wrong=[
        (0.19, "0.19 is 1 − a², the slope of tanh. That of the sigmoid is a · (1 − a)."),
        (0.25, "A quarter is its largest slope, at a = 0.5. At 0.9 it has begun to flatten."),
        (0.2055, "0.2055 is the slope where the input is 0.9. Here 0.9 is the output."),
        (0.1, "0.1 is 1 − a, one of the two factors. The slope is a · (1 − a)."),
    ],
    hints=["The slope of a sigmoid is told by its output a alone.", "a · (1 − a)"],
    holds="a · (1 − a) = 0.9 · 0.1 = 0.09: where a sigmoid is sure, it is flat.",
)

exercise(
    name="slope_of_a_miss",
    recall=True,
    title="The slope of (ŷ − y)² at ŷ = 0.2 and y = 1",
    solution=-1.6,
    wrong=[
        (1.6, "The output is too low, so a larger one lowers the loss: the slope is negative."),
        (0.64, "0.64 is the loss itself. How fast does it change with ŷ?"),
        (-0.8, "−0.8 is ŷ − y. The slope of a square brings a factor 2."),
    ],
    hints=["The slope of a square u² is 2u.", "2 · (ŷ − y)"],
    holds="2 · (0.2 − 1) = −1.6: the output should rise.",
)

exercise(
    name="errors_in_the_mean",
    recall=True,
    title="How many squared errors the MSE of 8 rows and 10 outputs is the mean of",
    solution=80,
    wrong=[
        (8, "8 is the number of rows. Each row has ten outputs, and each of them an error of its own."),
        (10, "10 is the number of outputs. Each of the 8 rows has ten."),
        (18, "Rows times outputs, not their sum."),
    ],
    hints=["The mean is taken over every element of the table of outputs.", "8 rows of 10."],
    holds="8 · 10 = 80: the mean goes over every element.",
)


# ---- softmax ----------------------------------------------------------------------------------------


def softmax(Z):
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


def softmax_by_rows(Z):
    P = np.zeros(Z.shape)
    for i, z in enumerate(Z):
        P[i] = np.exp(z) / np.sum(np.exp(z))
    return P


def softmax_shifted(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def softmax_by_differences(Z):
    return 1 / np.exp(Z[:, np.newaxis, :] - Z[:, :, np.newaxis]).sum(axis=2)


exercise(
    title="Probabilities from any numbers",
    solution=softmax,
    cases=lambda rng: [
        (np.array([[2.0, 1.0, 0.0], [-1.0, 3.0, 1.0]]),),
        (rng.normal(size=(3, 3)),),
        (3 * rng.normal(size=(5, 10)),),
        (np.array([[7.0]]),),
        (rng.normal(size=(1, 4)) - 20,),
        (rng.integers(-5, 6, size=(4, 2)),),
    ],
    also_right=[
        softmax_by_rows,
        softmax_shifted,
        softmax_by_differences,
        lambda Z: (np.exp(Z).T / np.exp(Z).sum(axis=1)).T,
        lambda Z: np.exp(Z) / np.einsum("ij->i", np.exp(Z))[:, np.newaxis],
    ],
    wrong=mistakes(
        edited(softmax, "E.sum(axis=1, keepdims=True)", "E.sum()"),
        "All rows together sum to 1. Each row has a sum of its own: `axis=1`.",
        edited(softmax, "axis=1", "axis=0"),
        "Each column sums to 1. It is a row that holds the classes of one picture: `axis=1`.",
        edited(softmax, "axis=1, keepdims=True", "axis=1"),
        "The sums have the shape (n,), and beside (n, k) they are taken for a row. `keepdims=True` keeps a column.",
        edited(softmax, "np.exp(Z)", "Z"),
        "Without the exponential a negative number stays negative. First `np.exp(Z)`, then divide.",
        edited(softmax, "np.exp(Z)", "np.exp(-Z)"),
        "The smallest number gets the largest probability: is there a minus in the exponent?",
        edited(softmax, "np.exp(Z)", "2.0**Z"),
        "These are powers of 2. The softmax takes powers of e: `np.exp`.",
        edited(softmax, "E.sum(axis=1, keepdims=True)", "E.max(axis=1, keepdims=True)"),
        "The largest of a row becomes 1. Divide by the sum of the row, so that the row sums to 1.",
        lambda Z: 1 / (1 + np.exp(-Z)),
        "That is the sigmoid: each number on its own. Here the numbers of a row share one sum.",
        lambda Z: 1 / (1 + np.exp(-Z)) / (1 / (1 + np.exp(-Z))).sum(axis=1, keepdims=True),
        "These are sigmoids, divided by their sum. A sigmoid has a ceiling, so two large numbers come out alike: take "
        "the exponential alone, and leave the sum to tame it.",
        lambda Z: (Z == Z.max(axis=1, keepdims=True)).astype(float),
        "All for the largest is a choice, not a probability: a little larger should get a little more.",
    ),
    hints=[
        "Two steps: make every number positive, then make every row sum to 1.",
        "`E = np.exp(Z)` is positive. The sum of each row, as a column: `E.sum(axis=1, keepdims=True)`.",
        "`E / E.sum(axis=1, keepdims=True)`",
    ],
    holds="You now have probabilities from any numbers: positive, and 1 together.",
    in_nnlib="losses.softmax",
)


# ---- cross_entropy ----------------------------------------------------------------------------------


def cross_entropy(P, y):
    return -np.sum(y * np.log(P)) / len(P)


def cross_entropy_by_rows(P, y):
    total = 0.0
    for p, target in zip(P, y):
        total -= np.log(p[np.argmax(target)])
    return total / len(P)


EPSILONS = "1e-15", "1e-12", "1e-10", "1e-9", "1e-8", "1e-7"  # what is added to keep a logarithm from 0


def one_hot_rows(rng, n, k):
    return np.eye(k)[rng.integers(k, size=n)]


def some_probabilities(rng, n, k):
    return softmax_shifted(2 * rng.normal(size=(n, k)))


exercise(
    title="The loss that counts how surprised the network is",
    solution=cross_entropy,
    cases=lambda rng: [
        (np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])),
        (some_probabilities(rng, 4, 4), one_hot_rows(rng, 4, 4)),
        (some_probabilities(rng, 7, 10), one_hot_rows(rng, 7, 10)),
        (np.array([[1e-9, 1 - 1e-9]]), np.array([[1.0, 0.0]])),
        (some_probabilities(rng, 3, 2), one_hot_rows(rng, 3, 2)),
    ],
    also_right=[
        cross_entropy_by_rows,
        lambda P, y: -np.mean(np.log(P[y == 1])),
        lambda P, y: -np.mean(np.sum(y * np.log(P), axis=1)),
        lambda P, y: np.mean(np.log(1 / P[np.arange(len(P)), y.argmax(axis=1)])),
        lambda P, y: -np.mean(np.log(np.sum(y * P, axis=1))),
        lambda P, y: -np.einsum("ij,ij", y, np.log(P)) / P.shape[0],
    ],
    wrong=mistakes(
        edited(cross_entropy, "-np.sum", "np.sum"),
        "The sign: the logarithm of a probability is negative, and a loss should be positive. Put a minus before it.",
        edited(cross_entropy, " / len(P)", ""),
        "This is the sum over the rows. Divide it by their number, so that a batch of any size costs alike.",
        edited(cross_entropy, "len(P)", "P.size"),
        "This divides by rows times classes, as the MSE does. Here each row has one right class and counts once: "
        "divide by the number of rows.",
        edited(cross_entropy, "len(P)", "P.shape[1]"),
        "This divides by the number of classes. Divide by the number of rows.",
        edited(cross_entropy, "np.log(P)", "P"),
        "The logarithm is missing: without it, a confident mistake costs no more than 1.",
        edited(cross_entropy, "np.log(P)", "np.log10(P)"),
        "This is the logarithm to base 10. The loss takes the natural one, `np.log`.",
        edited(cross_entropy, "np.log(P)", "np.log2(P)"),
        "This is the logarithm to base 2, which counts in bits. The loss takes the natural one, `np.log`.",
        edited(cross_entropy, "np.log(P)", "np.log(softmax(P))"),
        "The softmax is taken a second time. P already holds probabilities: `np.log(P)`.",
        edited(cross_entropy, "y * np.log(P)", "P * np.log(y + 1e-12)"),
        "P and y have changed places: the logarithm is that of the probability, the target picks it out.",
        lambda P, y: -np.log(np.mean(P[y == 1])),
        "This is the logarithm of a mean. Take the logarithm of each row's probability first, then the mean.",
        lambda P, y: -np.mean(np.log(P.max(axis=1))),
        "This takes the largest probability of each row, right or wrong. Take that of the right class.",
        lambda P, y: -np.sum(y * np.log(P) + (1 - y) * np.log(1 - P)) / len(P),
        "This also asks the wrong classes, each by its 1 − p. That is the loss for independent sigmoids; the softmax "
        "needs the right class alone.",
        lambda P, y: np.mean(1 - P[y == 1]),
        "1 − p costs at most 1, however sure the mistake. The loss is −log p, which has no ceiling.",
        lambda P, y: np.mean((P - y) ** 2),
        "This is the mean squared error again.",
    )
    + [
        (
            edited(cross_entropy, "np.log(P)", f"np.log(P + {epsilon})"),
            f"P is above 0, so its logarithm is finite: add nothing. {epsilon} hides how sure a mistake is.",
        )
        for epsilon in EPSILONS
    ],
    hints=[
        "`y` is 1 in one column of each row. What does `y * np.log(P)` leave of a row?",
        "It leaves log p of the right class. Sum over everything, divide by the number of rows, and mind the sign.",
        "`-np.sum(y * np.log(P)) / len(P)`",
    ],
    holds="You now have a loss without a ceiling: the surer a mistake, the more it costs.",
    in_nnlib="losses.cross_entropy",
)


# ---- log_softmax ------------------------------------------------------------------------------------


def log_softmax(Z):
    shifted = Z - Z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def log_softmax_of_the_sum(Z):
    m = np.max(Z, axis=1)
    log_sums = m + np.log(np.sum(np.exp(Z - m[:, np.newaxis]), axis=1))
    return Z - log_sums[:, np.newaxis]


def log_softmax_by_rows(Z):
    return np.array([z - max(z) - np.log(sum(np.exp(z - max(z)))) for z in Z])


exercise(
    title="The logarithm of the softmax, for logits of any size",
    solution=log_softmax,
    cases=lambda rng: [
        (np.array([[2.0, 1.0, 0.0], [-1.0, 3.0, 1.0]]),),
        (np.array([[1000.0, 0.0, -1000.0], [0.0, 1.0, 2.0]]),),
        (np.array([[-1000.0, -1001.0], [900.0, 903.0]]),),
        (rng.normal(size=(4, 4)),),
        (300 * rng.normal(size=(6, 10)),),
        (np.array([[5.0]]),),
    ],
    also_right=[
        log_softmax_of_the_sum,
        log_softmax_by_rows,
        lambda Z: Z - np.logaddexp.reduce(Z, axis=1, keepdims=True),
        lambda Z: -np.logaddexp.reduce(Z[:, np.newaxis, :] - Z[:, :, np.newaxis], axis=2),
    ],
    wrong=mistakes(
        lambda Z: np.log(np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)),
        "`np.exp(1000)` is more than a float can hold. Take the largest logit of each row away first.",
        lambda Z: Z - np.log(np.exp(Z).sum(axis=1, keepdims=True)),
        "The formula is right, and `np.exp(1000)` is still more than a float can hold. Take the largest logit of each "
        "row away before the exponential.",
        lambda Z: np.log(softmax_shifted(Z)),
        "This no longer overflows, but a probability that has become 0 has the logarithm minus infinity. Don't take "
        "the logarithm of the quotient: it is a difference, z − max − log Σ exp(z − max).",
        lambda Z: np.log(np.maximum(softmax_shifted(Z), 1e-300)),
        "A floor under the probability hides how wrong the network is. Write the logarithm of the quotient as a "
        "difference.",
        edited(log_softmax, "Z.max(axis=1, keepdims=True)", "Z.max()"),
        "The largest number of the whole table is taken away, and a row far below it becomes all zeros. Each row "
        "needs its own: `axis=1`.",
        edited(log_softmax, "Z.max(axis=1, keepdims=True)", "Z.max(axis=0)"),
        "The largest of each column is taken away, so the logits of a row are lowered unequally, and their differences "
        "change. Each row needs one number: `axis=1, keepdims=True`.",
        lambda Z: log_softmax(np.clip(Z, -500, 500)),
        "Clipped logits no longer overflow, and they are other logits: a difference of 1000 must stay 1000.",
        edited(log_softmax, "Z.max(axis=1, keepdims=True)", "Z.mean(axis=1, keepdims=True)"),
        "Without the mean, the largest may still be far above 0 and overflow. Take the largest away.",
        edited(log_softmax, "return shifted", "return Z"),
        "The largest logit was taken away in the sum and not before it. Both need the same shift: return "
        "`shifted - ...`.",
        edited(log_softmax, "shifted - np.log", "shifted + np.log"),
        "The logarithm of a quotient is a difference: minus the logarithm of the sum.",
        edited(log_softmax, "np.log(np.exp(shifted).sum(axis=1, keepdims=True))", "np.log(np.exp(shifted).sum())"),
        "The sum goes over the whole table. Each row has a sum of its own: `axis=1, keepdims=True`.",
        lambda Z: softmax_shifted(Z),
        "These are the probabilities. Their logarithms are asked for.",
        edited(log_softmax, "Z.max(axis=1, keepdims=True)", "Z.min(axis=1, keepdims=True)"),
        "With the smallest taken away, no number is below 0, and a large one overflows. Take away the largest.",
    )
    + [
        (
            lambda Z, epsilon=float(epsilon): np.log(softmax_shifted(Z) + epsilon),
            f"{epsilon} hides the infinity, and with it how wrong the network is: the result can't fall below "
            f"−{-np.log(float(epsilon)):.1f}. Write the logarithm of the quotient as a difference.",
        )
        for epsilon in EPSILONS
    ],
    hints=[
        "The logarithm of e^z / Σ e^z is z − log Σ e^z. Nothing changes if all logits of a row are lowered alike.",
        "`shifted = Z - Z.max(axis=1, keepdims=True)` has no number above 0, so no exponential above 1.",
        "`shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))`",
    ],
    holds="You now have log-probabilities that no logit can break.",
    in_nnlib="losses.cross_entropy",
)


# ---- loss_of_logits ---------------------------------------------------------------------------------

my_log_softmax = log_softmax


def loss_of_logits(Z, y):
    log_P = my_log_softmax(Z)
    loss = -np.sum(y * log_P) / len(Z)
    gradient = (np.exp(log_P) - y) / len(Z)
    return loss, gradient


def loss_of_logits_by_rows(Z, y):
    loss, gradient = 0.0, np.zeros(Z.shape)
    for i in range(len(Z)):
        e = np.exp(Z[i] - Z[i].max())
        right = np.argmax(y[i])
        loss += (np.log(e.sum()) - (Z[i, right] - Z[i].max())) / len(Z)
        gradient[i] = e / e.sum() / len(Z)
        gradient[i, right] -= 1 / len(Z)
    return loss, gradient


def loss_of_logits_in_place(Z, y):
    log_P = my_log_softmax(Z)
    gradient = np.exp(log_P)
    gradient[np.arange(len(Z)), y.argmax(axis=1)] -= 1
    return -log_P[y == 1].mean(), gradient / len(Z)


exercise(
    title="The loss from the logits, and its gradient",
    solution=loss_of_logits,
    returns=("loss", "gradient"),
    cases=lambda rng: [
        (np.array([[2.0, 1.0, 0.0], [-1.0, 3.0, 1.0]]), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])),
        (rng.normal(size=(4, 4)), one_hot_rows(rng, 4, 4)),
        (np.array([[1000.0, 0.0], [0.0, 3.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])),
        (3 * rng.normal(size=(7, 10)), one_hot_rows(rng, 7, 10)),
        (rng.normal(size=(1, 3)), one_hot_rows(rng, 1, 3)),
    ],
    also_right=[
        loss_of_logits_by_rows,
        loss_of_logits_in_place,
        lambda Z, y: (np.mean(-(y * my_log_softmax(Z)).sum(axis=1)), np.exp(my_log_softmax(Z)) / len(Z) - y / len(Z)),
    ],
    wrong=mistakes(
        edited(loss_of_logits, "my_log_softmax(Z)", "np.log(softmax(Z))"),
        "On paper it is right; with the logits 1000 and 0, `np.exp` overflows. Start from your `my_log_softmax(Z)`.",
        edited(loss_of_logits, "np.exp(log_P) - y", "softmax(Z) - y"),
        "The loss is right. In the gradient, the softmax of exercise 1 overflows at a logit of 1000. The "
        "probabilities that hold are `np.exp(log_P)`, with the `log_P` of your `my_log_softmax(Z)`.",
        edited(loss_of_logits, "-np.sum(y * log_P) / len(Z)", "cross_entropy(np.exp(log_P), y)"),
        "The loss goes back to probabilities, and a p that has become 0 costs infinity. You have the logarithms: "
        "`-np.sum(y * log_P) / len(Z)`.",
        edited(loss_of_logits, "-np.sum(y * log_P) / len(Z)", "cross_entropy(log_P, y)"),
        "`my_cross_entropy` takes the logarithm itself, and these are logarithms already: "
        "`-np.sum(y * log_P) / len(Z)`.",
        edited(loss_of_logits, "(np.exp(log_P) - y)", "y * (np.exp(log_P) - y)"),
        "The gradient is there for the right class alone. The wrong ones have a slope too, their p: a step against it "
        "lowers them.",
        edited(loss_of_logits, "(np.exp(log_P) - y) / len(Z)", "np.exp(log_P) - y"),
        "The loss is a mean over the rows, so its gradient has the 1/n too: divide by `len(Z)`.",
        edited(loss_of_logits, "np.exp(log_P) - y", "y - np.exp(log_P)"),
        "The gradient has the wrong sign: `P - y`. The right class has a p below 1, so its slope is negative, and a "
        "step against it raises its logit.",
        edited(loss_of_logits, "(np.exp(log_P) - y) / len(Z)", "2 * (np.exp(log_P) - y) / Z.size"),
        "This is the gradient of the mean squared error. Here there is no 2, and the mean goes over the rows.",
        edited(loss_of_logits, "(np.exp(log_P) - y) / len(Z)", "(np.exp(log_P) - y) / Z.size"),
        "The gradient is divided by rows times classes. The loss is a mean over the rows: divide by `len(Z)`.",
        edited(loss_of_logits, "np.exp(log_P) - y", "log_P - y"),
        "The gradient has the logarithms in place of the probabilities: `np.exp(log_P)`.",
        edited(loss_of_logits, "np.exp(log_P) - y", "Z - y"),
        "The gradient has the logits in place of the probabilities: `np.exp(log_P)`.",
        edited(loss_of_logits, "(np.exp(log_P) - y)", "np.exp(log_P) * (1 - np.exp(log_P)) * (np.exp(log_P) - y)"),
        "The gradient is multiplied by p (1 − p). That slope is what this loss has got rid of: P − y is all of it.",
        edited(loss_of_logits, "(np.exp(log_P) - y)", "-y / np.exp(log_P)"),
        "This is the slope with respect to the probabilities. With respect to the logits it is P − y.",
        edited(loss_of_logits, "-np.sum(y * log_P) / len(Z)", "np.sum(y * log_P) / len(Z)"),
        "The loss has the wrong sign; the gradient is right.",
        edited(loss_of_logits, "-np.sum(y * log_P) / len(Z)", "-np.sum(y * log_P)"),
        "The gradient is that of a mean, and the loss is a sum. Divide it by the number of rows too.",
        edited(loss_of_logits, "-np.sum(y * log_P) / len(Z)", "-np.mean(y * log_P)"),
        "`np.mean` goes over rows times classes. Divide the sum by the number of rows.",
        edited(loss_of_logits, "return loss, gradient", "return gradient, loss"),
        "The two have changed places: first the loss, then its gradient.",
    ),
    hints=[
        "Your `my_log_softmax(Z)` gives log p for every class. Exercise 2 shows what to do with it.",
        "`loss = -np.sum(y * log_P) / len(Z)`. And the probabilities are `np.exp(log_P)`.",
        "`gradient = (np.exp(log_P) - y) / len(Z)`",
    ],
    holds="You now have the loss that reads digits, value and gradient, and no logit can break it.",
    in_nnlib="losses.cross_entropy",
)


# ---- calibration ------------------------------------------------------------------------------------


def calibration(sure, right, edges):
    claimed, found = [], []
    for low, high in zip(edges, edges[1:]):
        inside = (low <= sure) & (sure < high)
        claimed.append(np.mean(sure[inside]))
        found.append(np.mean(right[inside]))
    return claimed, found


def calibration_by_digitize(sure, right, edges):
    places = np.digitize(sure, edges) - 1
    counts = np.bincount(places)
    return np.bincount(places, weights=sure) / counts, np.bincount(places, weights=right) / counts


def calibration_one_by_one(sure, right, edges):
    claims, marks = [[] for _ in edges[1:]], [[] for _ in edges[1:]]
    for p, ok in zip(sure, right):
        k = sum(p >= edge for edge in edges[1:])
        claims[k].append(p)
        marks[k].append(ok)
    return [sum(each) / len(each) for each in claims], [sum(each) / len(each) for each in marks]


def sure_and_right(rng, edges, each):
    """`each` probabilities in every bin, the first of them on its lower edge, and whether they were right."""
    sure = np.concatenate([
        np.append(low, rng.uniform(low, high, size=count - 1))
        for low, high, count in zip(edges, edges[1:], each)
    ])  # fmt: skip
    order = rng.permutation(len(sure))
    return sure[order], rng.uniform(size=len(sure)) < sure[order] ** 2, edges


exercise(
    title="What it claims, and what it keeps",
    solution=calibration,
    returns=("claimed", "found"),
    cases=lambda rng: [
        (np.array([0.5, 0.6, 0.8, 0.9, 0.9]), np.array([True, False, True, True, False]), [0.5, 0.8, 1.0]),
        sure_and_right(rng, [0.0, 0.5, 0.7, 0.9, 1.01], [3, 5, 4, 9]),
        sure_and_right(rng, [0.1, 0.4, 1.01], [6, 2]),
        sure_and_right(rng, [0.0, 1.01], [7]),
        sure_and_right(rng, [0.0, 0.25, 0.5, 0.75, 0.9, 0.99, 1.01], [4, 4, 4, 4, 4, 12]),
    ],
    also_right=[
        calibration_by_digitize,
        calibration_one_by_one,
        lambda sure, right, edges: tuple(
            np.array([v[(sure >= a) & (sure < b)].mean() for a, b in zip(edges[:-1], edges[1:])]) for v in (sure, right)
        ),
        lambda sure, right, edges: [
            np.histogram(sure, edges, weights=v.astype(float))[0] / np.histogram(sure, edges)[0] for v in (sure, right)
        ],
    ],
    wrong=mistakes(
        edited(calibration, "claimed.append(np.mean(sure[inside]))", "claimed.append((low + high) / 2)"),
        "The claim is the middle of the bin. Take the mean of the probabilities that lie in it, which may be all at "
        "one end.",
        edited(calibration, "np.mean(right[inside])", "np.sum(right[inside])"),
        "This counts the right answers of a bin. Their share is asked for.",
        edited(calibration, "np.mean(right[inside])", "np.sum(right[inside]) / len(right)"),
        "The right answers of a bin are divided by the number of all answers. Divide by those in the bin.",
        edited(calibration, "np.mean(right[inside])", "np.mean(right)"),
        "The share is that of all answers. Take those in the bin.",
        edited(calibration, "np.mean(right[inside])", "1 - np.mean(right[inside])"),
        "This is the share of wrong answers.",
        edited(calibration, "(low <= sure) & (sure < high)", "(low < sure) & (sure <= high)"),
        "A number on the edge between two bins belongs to the upper one: from `low` on, and below `high`.",
        edited(calibration, "(low <= sure) & (sure < high)", "(low <= sure) & (sure <= high)"),
        "A number on the edge between two bins is in both. It belongs to the upper one: `sure < high`.",
        edited(calibration, "(low <= sure) & (sure < high)", "sure < high"),
        "Each bin also holds everything below it. It starts at `low`.",
        edited(calibration, "(low <= sure) & (sure < high)", "low <= sure"),
        "Each bin also holds everything above it. It ends below `high`.",
        edited(calibration, "return claimed, found", "return found, claimed"),
        "The two have changed places: first what was claimed, then what was found.",
    ),
    hints=[
        "Go through the bins, `zip(edges, edges[1:])`. Which entries of `sure` lie in this one?",
        "`inside = (low <= sure) & (sure < high)` is True for those, and `sure[inside]` are their probabilities.",
        "Append `np.mean(sure[inside])` to one list and `np.mean(right[inside])` to the other.",
    ],
    holds="You now have a test of honesty: does what is claimed at 90% come true nine times in ten?",
)


# ---- two_classes (Deeper) ---------------------------------------------------------------------------


def two_classes(z, y):
    return np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))))


def two_classes_clipped(epsilon):
    def capped(z, y):
        a = np.clip(1 / (1 + np.exp(-z)), epsilon, 1 - epsilon)
        return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))

    return capped


def two_classes_added(epsilon):
    def capped(z, y):
        a = 1 / (1 + np.exp(-z))
        return -np.mean(y * np.log(a + epsilon) + (1 - y) * np.log(1 - a + epsilon))

    return capped


exercise(
    title="The cross-entropy of one sigmoid, for logits of any size",
    optional=True,
    solution=two_classes,
    cases=lambda rng: [
        (np.array([2.0, -1.0, 0.5]), np.array([1.0, 1.0, 0.0])),
        (np.array([1000.0, -1000.0]), np.array([0.0, 0.0])),
        (np.array([-1000.0, 800.0, -3.0]), np.array([1.0, 1.0, 0.0])),
        (3 * rng.normal(size=9), 1.0 * rng.integers(2, size=9)),
    ],
    also_right=[
        lambda z, y: np.mean(np.logaddexp(0, z) - y * z),
        lambda z, y: np.mean(np.logaddexp(0, (1 - 2 * y) * z)),
        lambda z, y: -np.mean(log_softmax(np.stack([0 * z, z], axis=1))[np.arange(len(z)), y.astype(int)]),
        lambda z, y: sum(np.logaddexp(0, -zi if yi else zi) for zi, yi in zip(z, y)) / len(z),
    ],
    wrong=mistakes(
        lambda z, y: -np.mean(y * np.log(1 / (1 + np.exp(-z))) + (1 - y) * np.log(1 - 1 / (1 + np.exp(-z)))),
        "Right on paper, and for a logit of 1000 it takes the logarithm of 0. Start from the logits.",
        lambda z, y: np.mean(np.log(1 + np.exp((1 - 2 * y) * z))),
        "The formula is right, and `np.exp(1000)` overflows. `np.logaddexp(0, z)` is log(1 + e^z) without that.",
        lambda z, y: np.mean(np.logaddexp(0, -y * z)),
        "That is the formula for targets −1 and 1. With 0 and 1, the sign is 1 − 2y.",
        lambda z, y: np.mean((1 / (1 + np.exp(-z)) - y) ** 2),
        "This is the mean squared error of the sigmoid, plateau and all.",
        edited(two_classes, "np.mean(", "np.sum("),
        "This is the sum over the rows. Take the mean.",
        edited(two_classes, "- y * z", "+ y * z"),
        "The sign of `y * z`: where y is 1, a larger logit should cost less.",
        edited(two_classes, "np.log1p(np.exp(-np.abs(z)))", "np.log(1 + np.exp(-z))"),
        "Beside `np.maximum(z, 0)` the exponent is −|z|: `np.exp(-np.abs(z))`, which is never above 1.",
        lambda z, y: np.mean(y * np.logaddexp(0, -z)),
        "Where y is 0, this costs nothing. A larger logit should cost more there: the second term is missing.",
        lambda z, y: -np.mean(y * np.log(1 / (1 + np.exp(-z)))),
        "The term for y = 0 is missing, and for a logit of −1000 the logarithm is that of 0. Start from the logits.",
        lambda z, y: np.mean(np.logaddexp(0, (2 * y - 1) * z)),
        "The labels have changed places: where y is 1, a larger logit should cost less.",
        lambda z, y: -np.mean(y * np.log(1 - 1 / (1 + np.exp(-z))) + (1 - y) * np.log(1 / (1 + np.exp(-z)))),
        "The labels have changed places, log a belongs to y = 1; and at a logit of 1000 there is a logarithm of 0.",
    )
    + [
        (
            capped(float(epsilon)),
            f"{how} {epsilon} puts a ceiling on the loss, and with the ceiling comes the plateau. "
            "Start from the logits, where no logarithm of 0 comes up.",
        )
        for how, capped in (("Adding", two_classes_added), ("Clipping at", two_classes_clipped))
        for epsilon in EPSILONS
    ],
    hints=[
        "For y = 1 it is −log σ(z) = log(1 + e^−z), for y = 0 it is log(1 + e^z). Both are `np.logaddexp(0, ...)`.",
        "log(1 + e^−z) = log(1 + e^z) − z, so one formula does for both.",
        "`np.mean(np.logaddexp(0, z) - y * z)`",
    ],
    holds="You now have the loss of yes and no, which PyTorch calls `BCEWithLogitsLoss`.",
)
