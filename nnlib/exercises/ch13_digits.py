"""Exercises of chapter 13: read handwritten digits, and say honestly how well."""

import numpy as np

from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.engine.compare import as_floats

exercise = chapter("13", "digits")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="numbers_of_64_32_10",
    recall=True,
    title="The parameters of the network 64-32-10",
    solution=2410,
    wrong=[
        (2368, "2368 is the number of weights, 64 · 32 + 32 · 10. Each of the 42 neurons has a bias as well."),
        (106, "106 is the number of circles. The numbers are on the arrows, and one is in each neuron."),
        (2474, "2474 gives the 64 inputs a bias, and an input has none."),
    ],
    hints=["A weight on each arrow, a bias in each neuron.", "(64 · 32 + 32) + (32 · 10 + 10)"],
    holds="(64 · 32 + 32) + (32 · 10 + 10) = 2410.",
)

exercise(
    name="who_chooses",
    recall=True,
    title="The rows that choose among settings",
    solution="validation",
    verify=lambda guess, rng: {
        "validation": None,
        "training": "On the rows that it was trained on, the network that remembers most looks best.",
        "test": "What has chosen can no longer judge. The test rows stay closed until everything is chosen.",
    }.get(str(guess).strip().casefold(), 'One of the three words, as a text: "training", "validation" or "test".'),
    also_right=["Validation", " validation "],
    wrong=[
        ("training", "On the rows that it was trained on, the network that remembers most looks best."),
        ("test", "What has chosen can no longer judge. The test rows stay closed until everything is chosen."),
        (2.0, 'One of the three words, as a text: "training", "validation" or "test".'),
    ],
    hints=["They are not trained on, and they do not judge in the end.", "Chapter 8 stopped the training by them."],
    holds="Training rows move the weights, validation rows choose, test rows judge.",
)

exercise(
    name="rate_of_epoch_two",
    recall=True,
    title="A decaying rate, two epochs on",
    solution=0.1,
    wrong=[
        (0.2, "0.2 is the rate of epoch 1. Epoch 0 runs at the initial rate, and each epoch halves it."),
        (0.05, "One halving too many: epoch 0 runs at the initial rate."),
        (0.4, "0.4 is the rate of epoch 0."),
    ],
    hints=["The rate of epoch k is rate · γ to the power of k.", "0.4 times 0.5, and once more times 0.5."],
    holds="0.4 · 0.5² = 0.1: epoch 0 runs at the initial rate.",
)


# ---- one_hot ----------------------------------------------------------------------------------------


def one_hot(labels, n_classes):
    Y = np.zeros((len(labels), n_classes))
    Y[np.arange(len(labels)), labels] = 1
    return Y


def one_hot_loop(labels, n_classes):
    Y = np.zeros((len(labels), n_classes))
    for row, label in enumerate(labels):
        Y[row, label] = 1
    return Y


exercise(
    title="One target for each output",
    solution=one_hot,
    cases=lambda rng: [
        (np.array([2, 0, 2, 1]), 4),
        (rng.integers(10, size=12), 10),
        (np.array([3, 3, 3]), 5),
        (np.array([0]), 1),
        (rng.integers(6, size=6), 6),
    ],
    use=lambda one_hot, labels, n_classes: as_floats(one_hot(labels, n_classes)),  # `fit` takes both
    also_right=[
        one_hot_loop,
        lambda labels, n_classes: np.eye(n_classes, dtype=int)[labels],
        lambda labels, n_classes: np.eye(n_classes)[labels],
        lambda labels, n_classes: (labels[:, np.newaxis] == np.arange(n_classes)).astype(float),
        lambda labels, n_classes: np.array([[float(label == k) for k in range(n_classes)] for label in labels]),
    ],
    wrong=mistakes(
        lambda labels, n_classes: np.eye(labels.max() + 1)[labels],
        "A digit that does not occur among the labels still has its output: `n_classes` columns, always.",
        edited(one_hot, "labels] = 1", "labels - 1] = 1"),
        "One column off: label 0 belongs to column 0, the first one.",
        edited(one_hot, "Y[np.arange(len(labels)), labels] = 1", "Y[:, labels] = 1"),
        "`Y[:, labels]` is whole columns, so every row gets every label. Each row has one label of its own: give "
        "the rows an index too.",
        edited(one_hot, "labels] = 1", "labels] = labels"),
        "The target is 1 whatever the digit is. Which digit it is says the column.",
        lambda labels, n_classes: 1 - np.eye(n_classes)[labels],
        "The wrong way around: 1 in the column of the label, 0 in all others.",
        lambda labels, n_classes: 2 * np.eye(n_classes)[labels] - 1,
        "Zeros, not −1, beside the one: the outputs are sigmoids, between 0 and 1.",
    ),
    hints=[
        "Start with zeros, `n_classes` columns. Each row gets a single 1. In which column?",
        "NumPy takes two lists of indices side by side: `Y[[0, 1, 2], labels] = 1` for three rows.",
        "`np.arange(len(labels))` counts the rows. (Or: which rows of `np.eye(n_classes)` are wanted?)",
    ],
    holds="You now have targets for any number of classes; `argmax(axis=1)` leads back to the labels.",
    in_nnlib="datasets.one_hot",
)


# ---- choose -----------------------------------------------------------------------------------------


def choose(settings, train, X, labels):
    best, most = None, -1
    for setting in settings:
        n_right = np.sum(train(setting).predict(X).argmax(axis=1) == labels)
        if n_right > most:
            best, most = setting, n_right
    return best


def choose_by_list(settings, train, X, labels):
    n_right = [np.mean(np.argmax(train(setting).predict(X), axis=1) == labels) for setting in settings]
    return settings[int(np.argmax(n_right))]


def choose_by_max(settings, train, X, labels):
    return max(settings, key=lambda setting: sum(train(setting).predict(X).argmax(axis=1) == labels))


def choose_fewest_mistakes(settings, train, X, labels):
    mistakes = {}
    for setting in settings:
        answers = [int(np.argmax(outputs)) for outputs in train(setting).predict(X)]
        mistakes[setting] = sum(a != label for a, label in zip(answers, labels))
    return min(mistakes, key=mistakes.get)


class Reads:
    """A network that answers as told: the first `n_right` rows of X, whose label is their first number, are right.

    sure : what it gives the output that it answers, and a hundredth of that for each further column of the others.
    """

    def __init__(self, n_right, sure):
        self._n_right, self._sure = n_right, sure

    def predict(self, X):
        answers = np.array(X[:, 0], dtype=int)
        answers[self._n_right :] = (answers[self._n_right :] + 1) % 10
        outputs = np.tile(self._sure * np.arange(10) / 100, (len(X), 1))
        outputs[np.arange(len(X)), answers] = self._sure
        return outputs


def peak_at_three(setting):
    """The nearer to 3, the more rows are right. The sure networks are wrong more often."""
    return Reads(max(0, 6 - round(2 * abs(setting - 3))), 0.2 + 0.1 * abs(setting - 3))


def all_alike(setting):
    """Every setting gets four right."""
    return Reads(4, 0.5 + 0.1 * setting)


def none_right(setting):
    """No setting gets any right: all are tied."""
    return Reads(0, 0.5 + 0.1 * setting)


def falling(setting):
    return Reads(max(0, 7 - int(setting)), 0.1 + 0.1 * setting)


def pictures_of(labels):
    """(n, 3) for the networks above, and the labels."""
    labels = np.array(labels)
    return np.column_stack([labels, labels**2, 0 * labels]).astype(float), labels


exercise(
    title="The setting that the validation rows choose",
    solution=choose,
    cases=lambda rng: [
        ([1, 3, 4], peak_at_three, *pictures_of([7, 1, 1, 0, 9, 4])),
        ([5, 2, 1, 4], peak_at_three, *pictures_of(rng.integers(10, size=8))),
        ([2, 0, 1], all_alike, *pictures_of(rng.integers(10, size=5))),
        ([6, 2.5, 0.5, 4], falling, *pictures_of(rng.integers(10, size=9))),
        ([3, 1, 2], none_right, *pictures_of([5, 0, 9, 9])),
    ],
    also_right=[choose_by_list, choose_by_max, choose_fewest_mistakes],
    wrong=mistakes(
        lambda settings, train, X, labels: max(
            np.sum(train(setting).predict(X).argmax(axis=1) == labels) for setting in settings
        ),
        "This is how many the best network got right. Return the setting that it was trained with.",
        lambda settings, train, X, labels: int(
            np.argmax([np.sum(train(setting).predict(X).argmax(axis=1) == labels) for setting in settings])
        ),
        "This is the place of the best setting in the list. Return the setting itself.",
        edited(choose, "n_right > most", "n_right >= most"),
        "On a tie the earlier setting wins: replace the best only when the new one is better.",
        edited(choose, "n_right > most", "True"),
        "The last setting always wins. Replace the best only when the new one gets more right.",
        edited(choose_fewest_mistakes, "min(mistakes", "max(mistakes"),
        "This is the setting with the most mistakes.",
        lambda settings, train, X, labels: min(
            settings, key=lambda setting: np.mean((train(setting).predict(X) - np.eye(10)[labels]) ** 2)
        ),
        "This chooses by the loss. A lower loss is not more right answers: count those.",
        edited(choose_by_max, ".argmax(axis=1) == labels", ".max(axis=1)"),
        "This takes the network whose largest outputs are largest: the most confident one. Compare its answers, "
        "`argmax(axis=1)`, with the labels.",
    ),
    hints=[
        "Go through the settings. For each, train a network, count its right answers, and keep the best so far.",
        "The answers of a network `nn` are `nn.predict(X).argmax(axis=1)`; compare them with `labels` and sum.",
        "Keep two things, the best setting and its count. Replace both only where the new count is larger.",
    ],
    holds="You now have a choice that the test rows have had no part in.",
)


# ---- standard_error ---------------------------------------------------------------------------------


def standard_error(n_right, n):
    p = n_right / n
    return np.sqrt(p * (1 - p) / n)


def standard_error_of_zeros_and_ones(n_right, n):
    marks = np.zeros(n)
    marks[:n_right] = 1
    return np.std(marks) / np.sqrt(n)


exercise(
    title="How far a share of right answers may be off",
    solution=standard_error,
    cases=lambda rng: [
        (80, 100),
        (45, 50),
        (350, 359),
        (9, 10),
        (7, 7),
        (0, 12),
        (np.int64(1500), np.int64(2000)),
    ],
    also_right=[
        standard_error_of_zeros_and_ones,
        lambda n_right, n: (n_right * (n - n_right) / n**3) ** 0.5,
        lambda n_right, n: np.sqrt(n_right * (1 - n_right / n)) / n,
    ],
    wrong=mistakes(
        edited(standard_error, "p * (1 - p) / n", "p * (1 - p)"),
        "This is the spread of a single answer. A mean of n of them spreads less: divide the variance by n.",
        edited(standard_error, "np.sqrt(p * (1 - p) / n)", "p * (1 - p) / n"),
        "This is a variance. The standard error is its root.",
        edited(standard_error, "np.sqrt(p * (1 - p) / n)", "np.sqrt(p * (1 - p)) / n"),
        "Here the standard deviation is divided by n. It is the variance that is: `n` belongs under the root.",
        edited(standard_error, "(1 - p) / n", "(1 - p) / (n - 1)"),
        "With n − 1 this is another estimate of the spread. The task's formula divides by n.",
        edited(standard_error, "p * (1 - p) / n", "p / n"),
        "The factor 1 − p is missing: where every answer is right there is no spread at all.",
        edited(standard_error, "p = n_right / n", "p = n_right"),
        "p is the share of right answers, between 0 and 1: `n_right / n`. `n_right` itself is a count.",
        edited(standard_error, "(1 - p) / n)", "(1 - p) * n)"),
        "This is the standard error of the number of right answers. For the share, divide by n in the root.",
    ),
    hints=[
        "The share of right answers is a mean of zeros and ones. What did chapter 10 say of the spread of a mean?",
        "One answer, 1 with probability p and else 0, has the variance p (1 − p). A mean of n has that over n.",
        "`p = n_right / n`, then the root of `p * (1 - p) / n`.",
    ],
    holds="You now have the number that belongs behind every accuracy, after a ±.",
)


# ---- confusion --------------------------------------------------------------------------------------


def confusion(labels, answers, n_classes):
    counts = np.zeros((n_classes, n_classes), dtype=int)
    for label, answer in zip(labels, answers):
        counts[label, answer] += 1
    return counts


def confusion_by_pairs(labels, answers, n_classes):
    rows, columns = np.eye(n_classes, dtype=int)[labels], np.eye(n_classes, dtype=int)[answers]
    return rows.T @ columns


def confusion_by_place(labels, answers, n_classes):
    return np.bincount(n_classes * labels + answers, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_added_at(labels, answers, n_classes):
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (labels, answers), 1)
    return counts


exercise(
    title="Which digit is taken for which",
    solution=confusion,
    cases=lambda rng: [
        (np.array([0, 1, 1, 2, 2]), np.array([0, 2, 2, 2, 1]), 4),
        (rng.integers(10, size=60), rng.integers(10, size=60), 10),
        (np.array([3, 3]), np.array([0, 0]), 5),
        (np.array([0]), np.array([0]), 1),
        (np.repeat([2, 0], 4), np.repeat([1, 0], 4), 3),
    ],
    also_right=[confusion_by_pairs, confusion_by_place, confusion_added_at],
    wrong=mistakes(
        edited(confusion_added_at, "np.add.at(counts, (labels, answers), 1)", "counts[labels, answers] += 1"),
        "`counts[labels, answers] += 1` reads, adds and writes once, so a pair that comes five times counts as "
        "one. Loop over the pairs, or use `np.add.at`.",
        edited(confusion, "counts[label, answer]", "counts[answer, label]"),
        "Rows and columns are swapped: a row for each label, a column for each answer.",
        edited(confusion, "counts[label, answer] += 1", "counts[label, answer] += label != answer"),
        "Only the mistakes are counted. The right answers belong in the matrix too, on its diagonal.",
        edited(confusion, "counts[label, answer] += 1", "counts[label, answer] += label == answer"),
        "Only the right answers are counted. The mistakes are what the matrix is made for.",
        lambda labels, answers, n_classes: confusion(labels, answers, n_classes) / len(labels),
        "These are shares. Return the counts.",
    ),
    hints=[
        "A table of zeros, of `dtype=int`. Each picture adds 1 in the row of its label and the column of its answer.",
        "`for label, answer in zip(labels, answers):`",
        "In the loop: `counts[label, answer] += 1`.",
    ],
    holds="You now have a confusion matrix: right answers on its diagonal, and every other entry a mistake by name.",
)


# ---- shifted ----------------------------------------------------------------------------------------


def shifted(pictures, right, down):
    moved = np.zeros(pictures.shape)
    n, rows, columns = pictures.shape
    for row in range(rows):
        for column in range(columns):
            if 0 <= row - down < rows and 0 <= column - right < columns:
                moved[:, row, column] = pictures[:, row - down, column - right]
    return moved


def shifted_by_padding(pictures, right, down):
    n, rows, columns = pictures.shape
    wide = np.pad(pictures, ((0, 0), (rows, rows), (columns, columns)))
    return wide[:, rows - down : 2 * rows - down, columns - right : 2 * columns - right]


def shifted_by_rolling(pictures, right, down):
    moved = np.roll(pictures, (down, right), axis=(1, 2))
    if down > 0:
        moved[:, :down] = 0
    if down < 0:
        moved[:, down:] = 0
    if right > 0:
        moved[:, :, :right] = 0
    if right < 0:
        moved[:, :, right:] = 0
    return moved


def shifted_by_slices(pictures, right, down):
    moved = np.zeros_like(pictures)
    _, rows, columns = pictures.shape
    moved[:, max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = pictures[
        :, max(-down, 0) : rows + min(-down, 0), max(-right, 0) : columns + min(-right, 0)
    ]
    return moved


exercise(
    title="A picture moved by a pixel",
    solution=shifted,
    cases=lambda rng: [
        (np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]), 1, 0),
        (rng.uniform(size=(2, 4, 4)), 0, 1),
        (rng.uniform(size=(3, 5, 4)), -1, 2),
        (rng.uniform(size=(2, 8, 8)), 2, -1),
        (rng.uniform(size=(2, 3, 3)), 0, 0),
        (rng.uniform(size=(1, 4, 5)), -2, -1),
    ],
    also_right=[shifted_by_padding, shifted_by_rolling, shifted_by_slices],
    wrong=mistakes(
        lambda pictures, right, down: np.roll(pictures, (down, right), axis=(1, 2)),
        "What leaves the picture on one side comes in again on the other: `np.roll` goes around. Fill with 0.",
        lambda pictures, right, down: shifted(pictures, -right, -down),
        "It moves the other way: `right=1` takes the ink from column 0 to column 1.",
        lambda pictures, right, down: shifted(pictures, down, right),
        "The two directions are swapped: `down` moves along axis 1, the rows, and `right` along axis 2.",
        lambda pictures, right, down: shifted(pictures, right, -down),
        "Rows count from the top, so `down=1` takes the ink from row 0 to row 1. Yours moves up.",
        lambda pictures, right, down: shifted(pictures, right, 0),
        "It never moves down: `down` is not used.",
        lambda pictures, right, down: shifted(pictures, max(right, 0), max(down, 0)),
        "A negative number moves to the left, or up. Yours stays where it is.",
    ),
    hints=[
        "Start with an array of zeros. Which part of the old picture is copied, and to where?",
        "One to the right: `moved[:, :, 1:] = pictures[:, :, :-1]`. But the numbers may also be 0 or negative.",
        "For any direction: lay the pictures in the middle of zeros, with `np.pad`, and cut the window out that is "
        "`down` rows higher and `right` columns further left.",
    ],
    holds="You now have a question for any network that sees: does it know the digit, or the pixels?",
)
