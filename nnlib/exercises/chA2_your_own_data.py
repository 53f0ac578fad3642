"""Exercises of appendix A2: from a file of your own to numbers for a network, and to an honest score."""

import contextlib

import numpy as np

from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.engine.compare import as_floats

exercise = chapter("A2", "your own data")

GAP_WORDS = ["", "NA", "?"]


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="loss_of_not_knowing",
    recall=True,
    title="The cross-entropy of two even probabilities",
    solution=float(np.log(2)),
    tolerance=5e-3,
    wrong=[
        (float(2 * np.log(2)), "A row costs what its right class costs, −ln 0.5. The other class adds nothing."),
        (0.5, "0.5 is the probability of the right class. The loss is minus its logarithm."),
        (float(-np.log(2)), "A loss is not negative here: minus the logarithm of 0.5."),
        (float(np.log10(2)), "This is the logarithm to base 10. The loss takes the natural one, `np.log`."),
        (1.0, "This is the logarithm to base 2. The loss takes the natural one, `np.log`."),
    ],
    hints=["Cross-entropy is minus the logarithm of the probability that the right class got."],
    holds="−ln 0.5 = ln 2, about 0.693: where a two-class network starts, and what it must get below.",
)

exercise(
    name="error_of_ninety",
    recall=True,
    title="The standard error of 90 right of 100",
    solution=0.03,
    wrong=[
        (0.3, "0.3 is the spread of a single answer, the root of 0.9 · 0.1. A mean of 100 has a tenth of it."),
        (0.09, "This is p (1 − p), the variance of a single answer. Divide by the 100 answers, then take the root."),
        (0.0009, "This is the variance. The standard error is its root."),
        (3.0, "This is in percent, or in rows. As a share it is 0.03."),
    ],
    hints=["The root of p (1 − p) / n, from chapter 13."],
    holds="√(0.9 · 0.1 / 100) = 0.03, so 90% ± 3%.",
)


# ---- to_numbers -------------------------------------------------------------------------------------


def to_numbers(texts, gap_words):
    return np.array([np.nan if text in gap_words else float(text) for text in texts])


def to_numbers_loop(texts, gap_words):
    numbers = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text not in gap_words:
            numbers[row] = float(text)
    return numbers


def to_numbers_by_mask(texts, gap_words):
    numbers = np.full(texts.shape, np.nan)
    known = ~np.isin(texts, gap_words)
    numbers[known] = texts[known].astype(float)
    return numbers


def to_numbers_overwritten(texts, gap_words):
    texts[np.isin(texts, gap_words)] = "nan"
    return texts.astype(float)


def to_numbers_by_trying(texts, gap_words):
    numbers = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        with contextlib.suppress(ValueError):
            numbers[row] = float(text)
    return numbers


exercise(
    title="Numbers from texts",
    solution=to_numbers,
    cases=lambda rng: [
        (np.array(["39.1", "NA", "40.3"]), ["NA"]),
        (np.array(["3750", "", "-2.5e1", "?", "0"]), GAP_WORDS),
        (np.array([f"{number:.3f}" for number in rng.normal(size=7)]), GAP_WORDS),
        (np.array(["none", "none", "5.75", "6"]), ["none"]),
        (np.array(["NA", "NA"]), ["NA"]),
        (np.array(["9", "-999", "7.5"]), ["-999"]),
    ],
    also_right=[
        to_numbers_loop,
        to_numbers_by_mask,
        lambda texts, gap_words: np.where(np.isin(texts, gap_words), "nan", texts).astype(float),
    ],
    wrong=mistakes(
        edited(to_numbers, "np.nan if", "0.0 if"),
        "A gap became 0, and 0 is a measurement: a penguin that weighs nothing. `np.nan` says that nobody knows.",
        edited(
            to_numbers,
            "np.nan if text in gap_words else float(text) for",
            "float(text) for",
            "texts]",
            "texts if text not in gap_words]",
        ),
        "The gaps are left out, so that every number below one moves up to another bird's row. Put `np.nan` there.",
        lambda texts, gap_words: np.where(np.isin(texts, gap_words), "nan", texts),
        "These are still texts: `'39.1'` is not 39.1, and no mean can be taken of it. Make numbers with `float(text)`.",
        edited(to_numbers, "np.nan if", "None if"),
        "With `None` in it, the array holds objects, and no mean can be taken of them. A gap among floats is `np.nan`.",
        to_numbers_by_trying,
        "Whatever cannot be read becomes a gap here, and `gap_words` is not asked: a typo such as `'3,75'` would "
        "vanish, and a −999 that means a gap would count. A text is a gap if it is in `gap_words`.",
        edited(to_numbers, "np.nan if", "-1.0 if"),
        "A gap became −1, a number like any other: the mean and the network would take it for a measurement.",
        edited(to_numbers, "np.nan if text in gap_words else float(text)", "np.nan if text in gap_words else text"),
        "Beside texts, `np.nan` became the text `'nan'`, and no mean can be taken of texts. Make numbers with "
        "`float(text)`.",
        edited(to_numbers, "np.nan if", "'' if"),
        "An empty text for a gap makes texts of all the numbers beside it. A gap among floats is `np.nan`.",
        lambda texts, gap_words: np.array(
            [np.nan if any(text in w for w in gap_words) else float(text) for text in texts]
        ),
        "A text is taken for a gap where it is a part of a gap word: `'9' in '-999'` is True. Look for it in the list "
        "itself, `text in gap_words`.",
        edited(to_numbers, "text in gap_words", 'text == "NA"'),
        "`'NA'` is not the only gap: another file has others. A text is a gap if it is in `gap_words`.",
        edited(to_numbers, "text in gap_words", "text == gap_words[0]"),
        "Only the first of `gap_words` is taken for a gap. Ask `text in gap_words`.",
        to_numbers_overwritten,
        "This writes into `texts`, which belong to the caller, and an array of texts keeps its width: where two "
        "letters are the most, `'nan'` becomes `'na'`. Make a new array of numbers.",
        edited(to_numbers, "float(text)", "int(text)"),
        "`int` reads whole numbers only, and `'39.1'` is none. Use `float(text)`.",
        edited(to_numbers, "float(text)", "float(int(float(text)))"),
        "`int` cuts the decimals off. Use `float(text)`.",
        lambda texts, gap_words: np.where(
            np.isnan(to_numbers(texts, gap_words)),
            np.nan_to_num(np.nansum(to_numbers(texts, gap_words)) / max(1, np.sum(~np.isin(texts, gap_words)))),
            to_numbers(texts, gap_words),
        ),
        "The gaps are filled with the mean of this column already. Leave them `np.nan`: what fills them is decided "
        "later, by the training rows alone.",
    ),
    hints=[
        "Go through the texts one by one. Two kinds: those that stand in `gap_words`, and those that `float` can read.",
        "`text in gap_words` is True for a gap. Then the number is `np.nan`, else `float(text)`.",
        "`np.array([... if text in gap_words else ... for text in texts])`",
    ],
    holds="You now have numbers with holes in them, and each hole says that it is one.",
)


# ---- one_hot_texts ----------------------------------------------------------------------------------


def one_hot_texts(texts, words):
    return np.array([[float(text == word) for word in words] for text in texts])


def one_hot_texts_loop(texts, words):
    columns = np.zeros((len(texts), len(words)))
    for row, text in enumerate(texts):
        for k, word in enumerate(words):
            if text == word:
                columns[row, k] = 1
    return columns


def one_hot_texts_at_once(texts, words):
    return (texts[:, np.newaxis] == np.array(words)).astype(float)


def one_hot_texts_by_column(texts, words):
    return np.stack([texts == word for word in words], axis=1).astype(int)


exercise(
    title="A column for each word",
    solution=one_hot_texts,
    cases=lambda rng: [
        (np.array(["cat", "dog", "cat"]), ["cat", "dog"]),
        (np.array(["Gentoo", "Adelie", "Emperor", "Gentoo"]), ["Adelie", "Chinstrap", "Gentoo"]),
        (np.array(["b", "a", "c", "b", "a"]), ["c", "a", "b"]),
        (rng.choice(["red", "green", "blue", "black"], 9), ["green", "black", "blue", "red"]),
        (np.array(["yes"]), ["no", "yes"]),
        (np.array(["MALE", "FEMALE", "male", "MALES", "FEMALE"]), ["FEMALE", "MALE", "MALES"]),
    ],
    use=lambda one_hot_texts, texts, words: as_floats(one_hot_texts(texts, words)),
    also_right=[one_hot_texts_loop, one_hot_texts_at_once, one_hot_texts_by_column],
    wrong=mistakes(
        lambda texts, words: one_hot_texts(texts, np.unique(texts)),
        "The columns come from these rows, by `np.unique(texts)`. Next month's rows may hold other words: the "
        "columns are those of `words`, in that order, always.",
        lambda texts, words: np.array([[float(word in text) for word in words] for text in texts]),
        "`word in text` is true of a part too: `'MALE' in 'FEMALE'`. Ask for the whole word, with `==`.",
        edited(one_hot_texts, "text == word", "text in word"),
        "`text in word` is true where the text is a part of the word: `'MALE' in 'FEMALE'`. Ask for the whole word, "
        "with `==`.",
        edited(one_hot_texts, "text == word", "word.startswith(text)"),
        "A text that begins a longer word gets that word's 1 too. Ask for the whole word, with `==`.",
        edited(one_hot_texts, "text == word", "text.lower() == word.lower()"),
        "`'male'` counts as `'MALE'` here. It is not in `words`, so it gets a row of zeros.",
        edited(one_hot_texts, "float(text == word)", "float(text == word) if text in words else 1 / len(words)"),
        "A word that is not in `words` is spread over all columns. It is none of them: a row of zeros.",
        edited(one_hot_texts, "float(text == word)", "float(text == word) if text in words else np.nan"),
        "A word that is not in `words` became `nan`, which no network can take. It is none of them: a row of zeros.",
        edited(one_hot_texts, "for text in texts]", "for text in texts if text in words]"),
        "A row whose word is not in `words` is left out, and the rows below it move up. Give it a row of zeros.",
        lambda texts, words: np.array([[float(text.startswith(word)) for word in words] for text in texts]),
        "A word that begins another counts for both. Ask for the whole word, with `==`.",
        lambda texts, words: one_hot_texts(texts, sorted(words)),
        "The words are sorted here. Keep the order of `words`: the weights belong to the columns as they were.",
        lambda texts, words: np.array([[float([*words, text].index(text))] for text in texts]),
        "This numbers the words, 0, 1, 2, as if one were between two others. Give each word a column of its own.",
        lambda texts, words: np.eye(len(words))[[[*words, text].index(text) % len(words) for text in texts]],
        "A word that is not in `words` got the first word's column. It is none of them: a row of zeros.",
        lambda texts, words: np.eye(len(words))[[min([*words, text].index(text), len(words) - 1) for text in texts]],
        "A word that is not in `words` got the last word's column. It is none of them: a row of zeros.",
        edited(one_hot_texts, "text == word", "text != word"),
        "The wrong way around: 1 in the column of the row's own word, 0 in the others.",
        lambda texts, words: np.eye(len(words))[np.searchsorted(words, texts) % len(words)],
        "`np.searchsorted` needs sorted words, and finds a place even for a text that is not among them. Compare "
        "each text with each word.",
        lambda texts, words: one_hot_texts(texts, list(words)[1:]),
        "The first word has no column. Here each has one, so that an unknown word can be all zeros.",
    ),
    hints=[
        "A row for each text, a column for each word: where text and word are equal stands 1, elsewhere 0.",
        "`text == word` is True or False, and `float` makes 1 or 0 of it.",
        "Two loops in one line: `np.array([[float(text == word) for word in words] for ... in ...])`.",
    ],
    holds="You now have a column for each word: no word is larger than another, and none lies between two others.",
)


# ---- filled -----------------------------------------------------------------------------------------


def filled(X, medians):
    return np.where(np.isnan(X), medians, X)


def filled_loop(X, medians):
    X = X.copy()
    for row in range(X.shape[0]):
        for column in range(X.shape[1]):
            if np.isnan(X[row, column]):
                X[row, column] = medians[column]
    return X


def filled_by_column(X, medians):
    columns = []
    for column, median in zip(X.T, medians):
        column = column.copy()
        column[np.isnan(column)] = median
        columns.append(column)
    return np.stack(columns, axis=1)


def filled_in_place(X, medians):
    rows, columns = np.where(np.isnan(X))
    X[rows, columns] = medians[columns]
    return X


def table_with_gaps(rng, n, n_columns, share=0.3):
    """(n, n_columns) with gaps: at least one, none in the first row."""
    X = np.round(rng.normal(10, 3, (n, n_columns)), 2)
    X[1:][rng.uniform(size=(n - 1, n_columns)) < share] = np.nan
    X[-1, -1] = np.nan
    return X


exercise(
    title="Fill the gaps",
    solution=filled,
    cases=lambda rng: [
        (np.array([[1.0, 20.0], [np.nan, 30.0], [3.0, np.nan]]), np.array([2.5, 60.0])),
        (table_with_gaps(rng, 6, 3), np.array([1.0, -2.0, 0.5])),
        (table_with_gaps(rng, 3, 3), np.array([7.0, 8.0, 9.0])),
        (np.array([[6.0, 1.0], [np.nan, np.nan]]), np.array([4.0, 5.0])),
        (rng.normal(size=(4, 2)), np.array([0.0, 1.0])),
    ],
    also_right=[
        filled_loop,
        filled_by_column,
        lambda X, medians: np.nan_to_num(X) + np.isnan(X) * medians,
    ],
    wrong=mistakes(
        lambda X, medians: np.nan_to_num(X),
        "The gaps are filled with 0. Fill each with its column's entry of `medians`.",
        edited(filled, "medians, X)", "np.nanmedian(X, axis=0), X)"),
        "Each gap gets the median of this very table. Take `medians`, which come from the training rows: a row of "
        "next month has to be treated as those were.",
        edited(filled, "medians, X)", "np.nanmean(X, axis=0), X)"),
        "Each gap gets the mean of this very table. Take `medians`, which come from the training rows.",
        edited(filled, "medians, X)", "medians, X + medians)"),
        "The medians are added to the known numbers as well. Only a gap is replaced: `np.where(is it a gap, then, "
        "else)`.",
        lambda X, medians: np.zeros_like(X) + medians,
        "Every entry is replaced, the known numbers too. Ask of each whether it is a gap: `np.isnan(X)`.",
        edited(filled, "medians, X", "medians.mean(), X"),
        "One number fills every gap. Each column has a median of its own, `medians[column]`.",
        edited(filled, "medians, X", "X, medians"),
        "The wrong way around: the known numbers are replaced and the gaps stay. `np.where(is it a gap, then, else)`.",
        lambda X, medians: X[~np.isnan(X).any(axis=1)],
        "The rows with a gap are left out. Somebody wants an answer for them too: fill the gaps, keep the rows.",
        edited(filled, "np.isnan(X)", "X == np.nan"),
        "Nothing is filled: every gap is still `nan`. Gaps are found by `np.isnan(X)`: `X == np.nan` is False "
        "everywhere, since `nan` equals nothing, not even itself.",
        filled_in_place,
        "The numbers are right, but the table that came in was changed: the caller's gaps are gone. Work on "
        "`X.copy()`.",
    ),
    hints=[
        "`np.isnan(X)` is True where there is a gap. Nothing else tells: `nan == nan` is False.",
        "`np.where(condition, a, b)` takes from `a` where the condition holds, else from `b`.",
        "`medians` (n_columns,) is broadcast over the rows: `np.where(np.isnan(X), medians, X)`.",
    ],
    holds="You now have a table without gaps, filled with numbers that somebody else's rows have chosen.",
)


# ---- split_groups -----------------------------------------------------------------------------------


def split_groups(groups, fraction, rng):
    names = np.unique(groups)
    n_held = round(fraction * len(names))
    held = rng.permutation(names)[:n_held]
    return np.isin(groups, held)


def split_groups_loop(groups, fraction, rng):
    names = sorted(set(groups))
    rng.shuffle(names)
    held = set(names[: round(fraction * len(names))])
    return np.array([group in held for group in groups])


def split_groups_by_number(groups, fraction, rng):
    names, number = np.unique(groups, return_inverse=True)
    chosen = np.zeros(len(names), dtype=bool)
    chosen[rng.permutation(len(names))[: round(fraction * len(names))]] = True
    return chosen[number]


def split_groups_one_by_one(groups, fraction, rng):
    names = np.unique(groups)
    held = np.zeros(len(groups), dtype=bool)
    for name in rng.permutation(names)[: round(fraction * len(names))]:
        held = held | (groups == name)
    return held


def split_groups_by_rows(groups, fraction, rng):
    held = []
    for name in rng.permutation(np.unique(groups)):
        if np.isin(groups, held).sum() < fraction * len(groups):
            held.append(name)
    return np.isin(groups, held)


def rows_alone(groups, fraction, rng):
    held = np.zeros(len(groups), dtype=bool)
    held[rng.permutation(len(groups))[: round(fraction * len(groups))]] = True
    return held


# Rows can be drawn in many ways, no two of which draw the same. What they have in common is said in place of a result.
Torn = type("split that tears groups", (frozenset,), {})
ZerosAndOnes = type("row of 0 and 1", (frozenset,), {})


def the_held(split_groups, groups, fraction, rng):
    """What is compared: the result, or what is wrong with any that tears groups or says 0 and 1."""
    two_each = np.repeat(np.arange(20).astype(str), 2)
    probe = split_groups(two_each, 0.5, np.random.default_rng(0))
    held = split_groups(groups, fraction, rng)
    if isinstance(probe, np.ndarray) and probe.shape == two_each.shape:
        if probe.dtype != bool and np.isin(probe, [0, 1]).all():
            return ZerosAndOnes(groups)
        if probe.dtype == bool and np.any(probe[::2] != probe[1::2]):
            return Torn(groups)
    return held


def groups_case(rng, sizes, fraction):
    """Rows of groups of these sizes, in random order."""
    groups = rng.permutation(np.repeat([f"nest {k}" for k in range(len(sizes))], sizes))
    return groups, fraction, np.random.default_rng(int(rng.integers(1000)))


exercise(
    title="Hold whole groups back",
    solution=split_groups,
    cases=lambda rng: [
        (np.array(["b", "a", "c", "b", "a"]), 1 / 3, np.random.default_rng(1)),
        groups_case(rng, [1, 2, 5, 2, 3, 2, 2, 4, 1, 2], 0.3),
        groups_case(rng, [2] * 12, 0.25),
        groups_case(rng, [3, 1, 1, 6, 2, 1, 2], 0.25),
        groups_case(rng, [1] * 9, 1 / 3),
        groups_case(rng, [2, 1, 3, 2, 1], 0.25),
    ],
    use=the_held,
    also_right=[split_groups_loop, split_groups_by_number, split_groups_one_by_one],
    wrong=mistakes(
        rows_alone,
        "Rows are drawn here, not groups: of some groups one row is held back and another is not, so that they stand "
        "on both sides. Draw among the names of the groups, `np.unique(groups)`.",
        edited(split_groups, "return np.isin(groups, held)", "return np.isin(groups, held).astype(int)"),
        "These are 0 and 1. Used to choose rows, they mean row 0 and row 1. Return True and False, as `np.isin` does.",
        edited(split_groups, "rng.permutation(names)[:n_held]", "names[np.argsort(rng.random(len(names)))[:n_held]]"),
        "A fair split, but drawn in another way. Take the first ones of `rng.permutation(names)`, so that your split "
        "is the same as everybody's.",
        edited(split_groups, "round(fraction * len(names))", "int(np.ceil(fraction * len(names)))"),
        "`ceil` rounds up: a quarter of 5 groups is 1.25, and that is nearer to 1. Use `round`.",
        edited(
            split_groups, "names = np.unique(groups)", "groups = rng.permutation(groups)\n    names = np.unique(groups)"
        ),
        "The rows are shuffled, and the answer is given in their new order. It belongs to the rows as they came: leave "
        "`groups` as it is, and shuffle the names.",
        edited(split_groups, "return np.isin(groups, held)", "return groups[np.isin(groups, held)]"),
        "These are the entries of the held rows. Return True or False for each row: `np.isin(groups, held)`.",
        edited(split_groups, "return np.isin(groups, held)", "return np.isin(held, groups)"),
        "This asks of each held name whether it is in `groups`. Ask of each row whether its group is held: "
        "`np.isin(groups, held)`.",
        split_groups_by_rows,
        "It stops when the held groups have `fraction` of the *rows*. The number of groups, `len(names)`, counts.",
        edited(split_groups, "np.isin(groups, held)", "np.isin(groups, names[rng.random(len(names)) < fraction])"),
        "A coin is tossed for each group, so that their number is luck. Shuffle the names, and take the first ones.",
        edited(split_groups, "round(", "int("),
        "`int` cuts decimals off: a quarter of 7 groups is 1.75, and that is nearer to 2. Use `round`.",
        edited(split_groups, "rng.permutation(names)", "names"),
        "The first groups of the alphabet are held back, whatever `rng` draws. Take the first ones of "
        "`rng.permutation(names)`.",
        edited(split_groups, "return np.isin(groups, held)", "return ~np.isin(groups, held)"),
        "The wrong way around: `fraction` of the groups should be held back, and True says held.",
        edited(split_groups, "return np.isin(groups, held)", "return np.flatnonzero(np.isin(groups, held))"),
        "These are the places of the held rows. Return True or False for each row: `np.isin(groups, held)`.",
        edited(split_groups, "return np.isin(groups, held)", "return held"),
        "These are the names of the held groups. Say of each row whether its group is among them.",
        edited(split_groups, "fraction * len(names)", "fraction * len(groups)"),
        "This is `fraction` of the number of rows. It is the number of groups, `len(names)`, that counts.",
        edited(split_groups, "rng.permutation(names)[:n_held]", "rng.choice(names, n_held, replace=False)"),
        "A fair split, but another draw. Take the first ones of `rng.permutation(np.unique(groups))`, so that your "
        "split is the same as everybody's.",
        edited(split_groups, "rng.permutation(names)[:n_held]", "rng.choice(names, n_held)"),
        "Drawn one by one like this, a group can come twice. `rng.permutation(names)` has each name once.",
        edited(split_groups, "rng.permutation(names)[:n_held]", "rng.permutation(names)[-n_held:]"),
        "A fair split, but the other end of the order: the *first* of the permutation are held back, so that your "
        "split is the same as everybody's.",
        edited(split_groups, "names = np.unique(groups)", "names = list(dict.fromkeys(groups))"),
        "A fair split, but the names are in the order of the rows. Shuffle those of `np.unique(groups)`, so that "
        "your split is the same as everybody's.",
        edited(split_groups, "np.unique(groups)", "list(set(groups))"),
        "A set has no fixed order, so that the same seed gives another split in another run of Python. `np.unique` "
        "sorts the names.",
        edited(split_groups, "rng.permutation(names)", "rng.permutation(groups)"),
        "Here the groups are drawn by their rows: a large one is more likely, and one can come twice. Shuffle "
        "`np.unique(groups)`, which has each name once.",
    ),
    hints=[
        "Draw names of groups, not rows. `np.unique(groups)` has each name once.",
        "The first `round(fraction * len(names))` of `rng.permutation(names)` are held.",
        "`np.isin(groups, held)` says for each row whether its group is among them.",
    ],
    holds="You now have a split that keeps together what belongs together.",
)


# ---- learn_numbers ----------------------------------------------------------------------------------


def learn_numbers(X):
    medians = np.nanmedian(X, axis=0)
    X = np.where(np.isnan(X), medians, X)
    stds = X.std(axis=0)
    return medians, X.mean(axis=0), np.where(stds == 0, 1.0, stds)


def learn_numbers_loop(X):
    medians, means, stds = [], [], []
    for column in X.T:
        known = column[~np.isnan(column)]
        medians.append(np.median(known))
        full = np.where(np.isnan(column), np.median(known), column)
        means.append(sum(full) / len(full))
        stds.append(np.sqrt(np.mean((full - full.mean()) ** 2)) or 1.0)
    return np.array(medians), np.array(means), np.array(stds)


def learn_numbers_by_filled(X):
    medians = np.nanmedian(X, axis=0)
    full = filled(X, medians)
    means, stds = np.mean(full, axis=0), np.std(full, axis=0)
    stds[stds == 0] = 1
    return [medians, means, stds]


def learn_numbers_by_squares(X):
    medians = np.array([np.nanmedian(X[:, k]) for k in range(X.shape[1])])
    full = np.nan_to_num(X) + np.isnan(X) * medians
    means = full.sum(axis=0) / len(full)
    stds = np.sqrt(((full - means) ** 2).sum(axis=0) / len(full))
    return medians, means, stds + (stds == 0)


def learn_numbers_in_place(X):
    medians = np.nanmedian(X, axis=0)
    rows, columns = np.where(np.isnan(X))
    X[rows, columns] = medians[columns]
    stds = X.std(axis=0)
    return medians, X.mean(axis=0), np.where(stds == 0, 1.0, stds)


def the_three(learn_numbers, X):
    """What is compared: three rows of one array are as good, and any tiny number is one of 1e-8."""
    parts = learn_numbers(X)
    if isinstance(parts, np.ndarray) and parts.ndim == 2:
        parts = tuple(parts)
    if isinstance(parts, (tuple, list)) and len(parts) == 3 and isinstance(parts[2], np.ndarray):
        tiny = (parts[2] > 0) & (parts[2] < 1e-5)
        parts = (*parts[:2], np.where(tiny, 1e-8, parts[2]))
    return parts


def upper_middle(X):
    return np.array([np.sort(column[~np.isnan(column)])[np.sum(~np.isnan(column)) // 2] for column in X.T])


exercise(
    title="What the training rows teach the preparation",
    solution=learn_numbers,
    returns=("medians", "means", "stds"),
    use=the_three,
    cases=lambda rng: [
        (np.array([[1.0, 5.0], [2.0, 5.0], [6.0, np.nan], [np.nan, 5.0]]),),
        (table_with_gaps(rng, 9, 3),),
        (table_with_gaps(rng, 6, 2, share=0.5),),
        (rng.normal(50, 20, size=(8, 3)),),
        (np.array([[0.25, 7.0], [4.0, 7.0], [np.nan, 7.0]]),),
    ],
    also_right=[learn_numbers_loop, learn_numbers_by_filled, learn_numbers_by_squares],
    wrong=mistakes(
        edited(learn_numbers, "np.nanmedian(X, axis=0)", "np.nanmean(X, axis=0)"),
        "The gaps are filled with the mean of the column. The median is asked for: one absurd number cannot move it.",
        edited(learn_numbers, "np.nanmedian(X, axis=0)", "np.median(X, axis=0)"),
        "`np.median` of a column with a gap is `nan`. `np.nanmedian` leaves the gaps out.",
        edited(learn_numbers, "np.nanmedian(X, axis=0)", "np.median(np.nan_to_num(X), axis=0)"),
        "The gaps count as 0 in the medians, and pull them down. `np.nanmedian` leaves the gaps out.",
        edited(learn_numbers, "medians = np.nanmedian", "X = np.nan_to_num(X)\n    medians = np.nanmedian"),
        "The gaps are 0 from the first line on, in the medians too. `np.nanmedian` leaves them out; then fill with it.",
        edited(learn_numbers, "np.nanmedian(X, axis=0)", "np.median(X[~np.isnan(X).any(axis=1)], axis=0)"),
        "The medians leave out every row with a gap, and with it what is known of the row. `np.nanmedian(X, axis=0)` "
        "leaves out the gaps alone.",
        edited(learn_numbers, "medians = np", "X = X[~np.isnan(X).any(axis=1)]\n    medians = np"),
        "Every row with a gap is left out, and with it what is known of the row. Fill the gaps, keep the rows.",
        edited(learn_numbers, "np.nanmedian(X, axis=0)", "np.nanmedian(X)"),
        "One median for the whole table mixes grams with millimeters. Each column has its own: `axis=0`.",
        edited(learn_numbers, "np.nanmedian(X, axis=0)", "upper_middle(X)"),
        "Where the number of known entries is even, two stand in the middle: the median is halfway between them. "
        "`np.nanmedian` knows that.",
        edited(learn_numbers, "np.nanmedian(X, axis=0)", "np.nanmedian(X, axis=1)"),
        "`axis=1` gives a median for each row, and they don't fit the columns. Each column has its own: `axis=0`.",
        lambda X: learn_numbers(X.T),
        "`axis=1` gives a median, a mean and a standard deviation for each row. Each column has its own: `axis=0`.",
        edited(learn_numbers, "X.std(axis=0)", "X.std(axis=1)", "X.mean(axis=0)", "X.mean(axis=1)"),
        "Means and standard deviations are those of the rows, `axis=1`. Each column has its own: `axis=0`.",
        edited(learn_numbers, "X.std(axis=0)", "X.std(axis=1)"),
        "The standard deviations are those of the rows, `axis=1`. Each column has its own: `axis=0`.",
        edited(learn_numbers, "X.mean(axis=0)", "X.mean(axis=1)"),
        "The means are those of the rows, `axis=1`. Each column has its own: `axis=0`.",
        edited(learn_numbers, "np.where(stds == 0, 1.0, stds)", "np.maximum(stds, 1.0)"),
        "Every standard deviation below 1 became 1. Only one of 0 should: a column may be as narrow as it likes, and "
        "is stretched to 1 when it is standardized.",
        edited(learn_numbers, "np.where(stds == 0, 1.0, stds)", "np.maximum(stds, 1e-8)"),
        "Where a standard deviation is 0 a tiny number is returned: a new row that differs in that column would be "
        "divided by it, and become huge. Return 1.",
        edited(learn_numbers, "np.where(stds == 0, 1.0, stds)", "stds + 1.0"),
        "1 is added to every standard deviation. Return 1 where it is 0, and leave the others as they are.",
        edited(learn_numbers, "medians, X)", "np.nanmean(X, axis=0), X)"),
        "The medians are right, but the gaps are filled with the means. Fill with the medians.",
        lambda X: (*learn_numbers(X)[:2], np.where(np.nanstd(X, axis=0) == 0, 1.0, np.nanstd(X, axis=0))),
        "The standard deviations leave the gaps out. The network will see the columns filled: take them after filling.",
        lambda X: (learn_numbers(X)[0], np.nanmean(X, axis=0), learn_numbers(X)[2]),
        "The means leave the gaps out. The network will see the columns filled: take them after filling.",
        learn_numbers_in_place,
        "The numbers are right, but the table that came in was changed: its gaps are filled now, and the indicators "
        "will find none. Fill a copy, or use `np.where`.",
        edited(learn_numbers, "np.where(stds == 0, 1.0, stds)", "stds"),
        "Where all rows of a column agree, the standard deviation is 0, and dividing by it gives `nan`: return 1.",
        edited(
            learn_numbers,
            "    X = np.where(np.isnan(X), medians, X)\n",
            "",
            "X.std(axis=0)",
            "np.nanstd(X, axis=0)",
            "X.mean(axis=0)",
            "np.nanmean(X, axis=0)",
        ),
        "Means and standard deviations leave the gaps out. The network will see the columns filled: fill first.",
        edited(learn_numbers, "np.where(np.isnan(X), medians, X)", "np.nan_to_num(X)"),
        "The gaps count as 0 in the means and standard deviations. Fill them with the medians first.",
        edited(learn_numbers, "X.std(axis=0)", "X.std(axis=0, ddof=1)"),
        "`ddof=1` divides by n − 1. Here it is the plain `std`, as in chapter 2.",
        lambda X: (np.nanmedian(X, axis=0), np.nanmean(X, axis=0), np.nanstd(X, axis=0)),
        "Means and standard deviations leave the gaps out: fill first, since the network will see the columns filled. "
        "And where all rows agree, return 1 for the standard deviation.",
        edited(learn_numbers, "np.where(stds == 0, 1.0, stds)", "stds + 1e-8"),
        "A tiny number keeps `nan` away, but a new row that differs in a constant column would be divided by it, and "
        "become a hundred million. Return 1 where the standard deviation is 0, and leave the others as they are.",
        edited(learn_numbers, "X.std(axis=0)", "X.var(axis=0)"),
        "These are variances. The standard deviation is the root, `X.std(axis=0)`.",
        edited(learn_numbers, "return medians, X.mean(axis=0), ", "return X.mean(axis=0), medians, "),
        "The order is medians, means, stds. Yours begins with the means.",
        lambda X: (*learn_numbers(X)[1:], learn_numbers(X)[0]),
        "The order is medians, means, stds. Yours ends with the medians.",
        edited(learn_numbers, "X.std(axis=0)", "X.std()", "X.mean(axis=0)", "X.mean()"),
        "One mean and one standard deviation for the whole table mix grams with millimeters. Each column has its "
        "own: `axis=0`.",
    ),
    hints=[
        "`np.nanmedian(X, axis=0)` is the median of what is known in each column.",
        "Fill the gaps with them, as `filled` does. Then `.mean(axis=0)` and `.std(axis=0)`.",
        "Where a standard deviation is 0, return 1: `np.where(stds == 0, 1.0, stds)`.",
    ],
    holds="You now have all that the preparation learns. It learns it from training rows, as the weights do.",
)


# ---- prepared ---------------------------------------------------------------------------------------

my_to_numbers, my_one_hot_texts, my_filled = to_numbers, one_hot_texts, filled  # the notebook calls them so


def prepared(columns, kept):
    X = np.stack([my_to_numbers(columns[name], kept["gap_words"]) for name in kept["numbers"]], axis=1)
    Z = (my_filled(X, kept["medians"]) - kept["means"]) / kept["stds"]
    blocks = [Z, np.isnan(X[:, kept["with_gaps"]])]
    for name, words in kept["words"].items():
        blocks.append(my_one_hot_texts(columns[name], words))
    return np.hstack(blocks)


def prepared_column_by_column(columns, kept):
    inputs, indicators = [], []
    for k, name in enumerate(kept["numbers"]):
        x = to_numbers_loop(columns[name], kept["gap_words"])
        if k in kept["with_gaps"]:
            indicators.append(np.isnan(x))
        x[np.isnan(x)] = kept["medians"][k]
        inputs.append((x - kept["means"][k]) / kept["stds"][k])
    inputs += indicators
    for name, words in kept["words"].items():
        inputs += [columns[name] == word for word in words]
    return np.stack(inputs, axis=1)


def prepared_row_by_row(columns, kept):
    rows = []
    for row in range(len(columns[kept["numbers"][0]])):
        x = to_numbers([columns[name][row] for name in kept["numbers"]], kept["gap_words"])
        z = (np.where(np.isnan(x), kept["medians"], x) - kept["means"]) / kept["stds"]
        words = [float(columns[name][row] == word) for name in kept["words"] for word in kept["words"][name]]
        rows.append([*z, *np.isnan(x)[kept["with_gaps"]].astype(float), *words])
    return np.array(rows)


def birds_case(rng, n, words, gaps=()):
    """Columns of texts (n,), and what is kept of some training rows: two numbers, the second with gaps in it."""
    columns = {
        "mass": np.array([f"{mass:.0f}" for mass in rng.normal(4000, 500, n)], dtype="U8"),
        "carbon": np.array([f"{carbon:.2f}" for carbon in rng.normal(-25, 1, n)], dtype="U8"),
        "species": rng.choice(["Adelie", "Gentoo", "Chinstrap"], n),
        "nest": np.array([f"N{k}" for k in range(n)]),
    }
    for name, row in gaps:
        columns[name][row] = "NA"
    kept = {
        "numbers": ["mass", "carbon"],
        "gap_words": GAP_WORDS,
        "medians": np.array([4100.0, -25.5]),
        "means": np.array([4200.0, -25.0]),
        "stds": np.array([500.0, 2.0]),
        "with_gaps": [1],
        "words": {"species": words},
    }
    return columns, kept


def two_text_columns(rng):
    columns, kept = birds_case(rng, 5, ["Gentoo", "Adelie", "Chinstrap"], [("carbon", 0), ("carbon", 3)])
    columns["island"] = rng.choice(["Dream", "Biscoe"], 5)
    return columns, kept | {"words": kept["words"] | {"island": ["Dream", "Biscoe"]}, "with_gaps": [0, 1]}


def another_file(rng):
    """The same columns in another order, with another word for a gap."""
    columns, kept = two_text_columns(rng)
    columns = {name: np.where(texts == "NA", "-", texts) for name, texts in reversed(columns.items())}
    return columns, kept | {"gap_words": ["-"]}


def with_its_own(*parts, std_of_one=1.0):
    """A wrong answer: `parts` of the preparation are learned from the rows that are to be prepared."""

    def prepared_by_itself(columns, kept):
        X = np.stack([to_numbers(columns[name], kept["gap_words"]) for name in kept["numbers"]], axis=1)
        medians = np.nanmedian(X, axis=0)
        X = filled(X, medians if "medians" in parts else kept["medians"])
        stds = X.std(axis=0)
        own = {"medians": medians, "means": X.mean(axis=0), "stds": np.where(stds == 0, std_of_one, stds)}
        with np.errstate(all="ignore"):
            return prepared(columns, kept | {name: own[name] for name in parts})

    return prepared_by_itself


def in_the_order_of_the_file(columns, kept):
    names = [name for name in columns if name in kept["numbers"]]
    return prepared(columns, kept | {"numbers": names})


def numbered(columns, kept):
    blocks = [prepared(columns, kept | {"words": {}})]
    for name, words in kept["words"].items():
        blocks.append(np.array([[words.index(text) if text in words else -1] for text in columns[name]]))
    return np.hstack(blocks)


STANDARDIZED = 'Z = (my_filled(X, kept["medians"]) - kept["means"]) / kept["stds"]'

exercise(
    title="One preparation for all rows",
    solution=prepared,
    cases=lambda rng: [
        birds_case(rng, 2, ["Adelie", "Gentoo"], [("carbon", 1)]),
        birds_case(rng, 6, ["Adelie", "Chinstrap", "Gentoo"], [("carbon", 4), ("mass", 2)]),
        birds_case(rng, 1, ["Chinstrap", "Adelie", "Gentoo"]),
        two_text_columns(rng),
        birds_case(rng, 4, ["Gentoo", "King", "Adelie", "Chinstrap"]),
        another_file(rng),
    ],
    use=lambda prepared, columns, kept: as_floats(prepared(columns, kept)),
    also_right=[prepared_column_by_column, prepared_row_by_row],
    wrong=mistakes(
        with_its_own("means", "stds"),
        "The rows are standardized with their own mean and standard deviation. A row that comes alone would be all "
        'zeros. Take `kept["means"]` and `kept["stds"]`.',
        with_its_own("means", "stds", std_of_one=0.0),
        "The rows are standardized with their own mean and standard deviation. A row that comes alone is divided by 0. "
        'Take `kept["means"]` and `kept["stds"]`.',
        with_its_own("medians"),
        "Each gap gets the median of this very file. Next month's file has others, and a row that comes alone has "
        'none: fill with `kept["medians"]`, which come from the training rows.',
        with_its_own("medians", "means", "stds"),
        "Medians, means and standard deviations are all learned anew, from this very file. Here nothing is learned: "
        'they come from the training rows, and are in `kept["medians"]`, `kept["means"]` and `kept["stds"]`.',
        with_its_own("means"),
        'The mean that is subtracted is that of these rows. Take `kept["means"]`, which comes from the training rows.',
        with_its_own("stds"),
        'These rows are divided by their own standard deviation. Take `kept["stds"]`, which comes from the training '
        "rows.",
        edited(prepared, '- kept["means"]) / kept["stds"]', '- kept["means"])'),
        'The numbers are not divided by `kept["stds"]`.',
        edited(prepared, '- kept["means"]) / kept["stds"]', ') / kept["stds"]'),
        '`kept["means"]` is not subtracted from the numbers.',
        edited(prepared, '- kept["means"]', '- kept["medians"]'),
        'The medians are subtracted. They fill the gaps; what is subtracted is `kept["means"]`.',
        in_the_order_of_the_file,
        "The numbers come in the order of this file, so that columns are exchanged. Go through "
        '`kept["numbers"]`: medians, means, stds and weights know that order.',
        edited(prepared, 'np.isnan(X[:, kept["with_gaps"]])', "np.isnan(X)[:, np.isnan(X).any(axis=0)]"),
        "The indicators are those of the columns in which *these* rows have gaps, so that their number changes from "
        'file to file. They are those of `kept["with_gaps"]`, always.',
        edited(
            prepared,
            '    for name, words in kept["words"].items():\n',
            '    for name, words in list(kept["words"].items())[:1]:\n',
        ),
        'Only the first text column is there. Each one in `kept["words"]` has a one-hot block.',
        lambda columns, kept: prepared(columns, kept | {"words": {}}),
        'The one-hot blocks are missing: one for each text column in `kept["words"]`.',
        numbered,
        'The words are numbered, as if one were between two others. Each word of `kept["words"]` has a column of its '
        "own: `my_one_hot_texts`.",
        edited(prepared, 'kept["gap_words"]', "GAP_WORDS"),
        "Only the gap words of this notebook are known here. Another file has others, and they are in "
        '`kept["gap_words"]`.',
        edited(prepared, "return np.hstack(blocks)", "return tuple(blocks)"),
        "These are the blocks one by one. Join them side by side into one array: `np.hstack`.",
        lambda columns, kept: prepared(
            columns, kept | {"words": {n: kept["words"][n] for n in columns if n in kept["words"]}}
        ),
        'The text columns come in the order of this file. The weights know the order of `kept["words"]`: keep it.',
        lambda columns, kept: prepared(columns, kept | {"medians": np.zeros(len(kept["medians"]))}),
        'A gap is filled with 0, a bird that weighs nothing. Fill with `kept["medians"]`.',
        edited(prepared, STANDARDIZED, 'Z = my_filled((X - kept["means"]) / kept["stds"], kept["medians"])'),
        "The gaps are filled after the standardizing, with medians in grams and millimeters. Fill first.",
        edited(prepared, STANDARDIZED, 'Z = np.nan_to_num((X - kept["means"]) / kept["stds"])'),
        'The gaps are 0 after the standardizing, which is the mean. Fill them with `kept["medians"]` before it.',
        edited(prepared, STANDARDIZED, 'Z = my_filled(X, kept["medians"])'),
        'The numbers are not standardized: subtract `kept["means"]`, and divide by `kept["stds"]`.',
        edited(
            prepared,
            STANDARDIZED,
            'X = my_filled(X, kept["medians"])\n    Z = (X - kept["means"]) / kept["stds"]',
        ),
        "The indicators are all 0: they are taken after the gaps have been filled, when none is left to see.",
        edited(prepared, '[Z, np.isnan(X[:, kept["with_gaps"]])]', "[Z]"),
        'The indicators are missing: after the numbers, a column of 0 and 1 for each column of `kept["with_gaps"]`.',
        edited(prepared, 'np.isnan(X[:, kept["with_gaps"]])', "np.isnan(X)"),
        'Only the columns of `kept["with_gaps"]` get an indicator. One that was never 1 in training has weights '
        "that nobody has taught.",
        edited(prepared, 'np.isnan(X[:, kept["with_gaps"]])', '~np.isnan(X[:, kept["with_gaps"]])'),
        "The indicators are the wrong way around: 1 where there was a gap.",
        edited(prepared, "columns[name], words)", "columns[name], np.unique(columns[name]))"),
        'The one-hot columns come from these rows. They are those of `kept["words"]`, whatever words come.',
        edited(prepared, "return np.hstack(blocks)", "return np.hstack([*blocks[2:], *blocks[:2]])"),
        "The blocks are in another order: numbers, indicators, words. The weights belong to the columns as they were.",
    ),
    hints=[
        "Three blocks side by side: the numbers, filled and standardized; the indicators; a one-hot block for each "
        "text column. `np.hstack` joins them.",
        'X (n, n_numbers) is a stack of `my_to_numbers(columns[name], kept["gap_words"])`, with `axis=1`. The '
        'indicators are `np.isnan(X[:, kept["with_gaps"]])`, taken before anything is filled.',
        'The first block is `(my_filled(X, kept["medians"]) - kept["means"]) / kept["stds"]`. For the last: '
        '`for name, words in kept["words"].items():`',
    ],
    holds="You now have one way into the network for training rows, test rows and the rows of next month.",
)
