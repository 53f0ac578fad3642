"""Data to learn from: seeded toy problems, 1797 handwritten digits, 344 penguins, and a reader for your own file.

The toy problems return `(X, y)`: float64 arrays of shapes (n, n_inputs) and (n, 1), new ones at each call and the
same ones for the same arguments. Classes are coded 0 and 1, and the rows are in random order, so that any slice is
a fair sample. `noise` is the standard deviation of the normal noise; the ranges in the docstrings hold without it.

Every function raises TypeError or ValueError for an argument of the wrong type or range, and names it. `noise` may be
at most 1e100, so that squares of the data stay finite.
"""

import csv
import functools
import gzip
import io
import re
from importlib import resources
from pathlib import Path

import numpy as np

from nnlib import checks


def xor():
    """Exclusive or: y is 1 where exactly one of the two inputs is 1. The smallest problem that no line solves.

    Returns X (4, 2) and y (4, 1), every entry 0 or 1, in the order of the truth table.
    """
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)
    y = np.array([[0], [1], [1], [0]], dtype=np.float64)
    return X, y


def circles(n=200, noise=0.05, seed=0):
    """A ring within a ring: class 0 on the circle of radius 1, class 1 on that of radius 0.5.

    Returns X (n, 2) in [-1, 1] and y (n, 1), 0 for ⌈n/2⌉ rows and 1 for the others.
    """
    classes, noise, rng = _two_classes(n, noise, seed)
    angle = rng.uniform(0, 2 * np.pi, len(classes))
    radius = np.where(classes == 0, 1.0, 0.5)
    return _noisy_points(radius * np.cos(angle), radius * np.sin(angle), classes, noise, rng)


def moons(n=200, noise=0.1, seed=0):
    """Two half-moons, each with an end between the ends of the other: class 0 the upper, class 1 the lower.

    Returns X (n, 2), the first column in [-1.5, 1.5] and the second in [-0.75, 0.75], and y (n, 1), 0 for ⌈n/2⌉
    rows and 1 for the others.
    """
    classes, noise, rng = _two_classes(n, noise, seed)
    angle = rng.uniform(0, np.pi, len(classes))
    side = np.where(classes == 0, 1.0, -1.0)  # the lower moon is the upper one, turned by half a turn
    return _noisy_points(side * (np.cos(angle) - 0.5), side * (np.sin(angle) - 0.25), classes, noise, rng)


def spiral(n=200, noise=0.02, seed=0):
    """Two arms that wind one and a half times around the center and each other: the hardest of the toys.

    Returns X (n, 2) in [-1, 1] and y (n, 1), 0 for ⌈n/2⌉ rows and 1 for the others.
    """
    classes, noise, rng = _two_classes(n, noise, seed)
    radius = np.sqrt(rng.uniform(0.01, 1, len(classes)))  # the root spreads the points evenly along the arm
    angle = 3 * np.pi * radius + np.pi * classes
    return _noisy_points(radius * np.cos(angle), radius * np.sin(angle), classes, noise, rng)


def noisy_sine(n=40, noise=0.15, seed=0):
    """One period of a sine, measured with noise: y = sin(πx) + noise. For regression.

    Returns X (n, 1) in [-1, 1] and y (n, 1) in [-1, 1] before the noise.
    """
    n, noise = checks.integer("n", n, at_least=1), _noise(noise)
    rng = _generator(seed)
    X = rng.uniform(-1, 1, (n, 1))
    return X, np.sin(np.pi * X) + rng.normal(0, noise, (n, 1))


def digits():
    """Handwritten digits: 1797 gray pictures of 8 x 8 pixels, and which digit each shows.

    The test part (13 writers) of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, 1998,
    UCI Machine Learning Repository, DOI 10.24432/C50P49, licensed CC BY 4.0; see nnlib/data/README.md.

    Returns X (1797, 64), the pixels row by row in sixteenths from 0 (paper) to 1 (ink), and labels (1797,), ints
    from 0 to 9. `one_hot(labels)` makes them targets for ten outputs.
    """
    table = _digits_table()
    return table[:, :64] / 16, table[:, 64].astype(np.int64)


def penguins():
    """Penguins near Palmer Station, Antarctica, 2007 to 2009: the table as it was published, words and gaps included.

    K. Gorman and the Palmer Station LTER; published by A. Horst, A. Hill and K. Gorman, 2020,
    DOI 10.5281/zenodo.3960218, licensed CC0; see nnlib/data/README.md.

    Returns the 17 columns as `read_csv` does: a dict from each name to its 344 entries, all texts; a gap is "NA".
    """
    with resources.as_file(resources.files("nnlib").joinpath("data", "penguins.csv")) as path:
        return read_csv(path)


def read_csv(path, *, delimiter=None, encoding="utf-8-sig"):
    """The columns of a CSV file whose first line names them.

    delimiter : what stands between two entries; None takes what a line "sep=;" before the table says, as Excel writes
        it, or else the one of , ; tab | that cuts the first line into most.
    encoding : how the file codes its letters. The default is UTF-8, with the mark that Excel puts in front or without.

    Returns a dict from each name to an array (n,) of str: the entries as they stand in the file, without the spaces
    around them. What is a number and what is a gap, a file does not say. Lines without any entry are skipped, and a
    column without a name is called by its place, as "column 1".

    Raises OSError where no file can be read, and ValueError, with the line, for one that is no such table.
    """
    if delimiter is not None and not (isinstance(delimiter, str) and len(delimiter) == 1):
        raise ValueError(f"delimiter must be a single character or None, got {delimiter!r}")
    content = Path(path).read_bytes()
    if content.startswith(b"PK\x03\x04"):
        raise ValueError(f"{path} is a workbook or an archive, not a text. Save the table as CSV")
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise ValueError(
            f"{path} is not coded in {encoding} ({error}). Try read_csv(path, encoding="
            f"{'utf-16' if wide else 'cp1252'!r})" + ("" if wide else ", which older versions of Excel write")
        ) from None
    except LookupError:
        raise ValueError(f"encoding must be one that Python knows, such as 'cp1252', got {encoding!r}") from None
    # How Excel names the delimiter, in a line before the table.
    said = re.match(r"sep=(.)(?=[\r\n])", text, re.IGNORECASE)
    if said:
        text = text[said.end() :]
    if delimiter is None and said:
        delimiter = said[1]
    elif delimiter is None:
        first = next((line for line in text.splitlines() if line.strip(" ,;\t|")), "")[:10_000]
        delimiter = max(",;\t|", key=lambda each: len(next(csv.reader([first], delimiter=each), [])))
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    table = []
    try:
        for line in lines:
            entries = [entry.strip() for entry in line]
            if not any(entries):
                continue
            if table and len(entries) != len(table[0]):
                raise ValueError(f"it has {len(entries)} entries, and the first line {len(table[0])}")
            table.append(entries)
    except (csv.Error, ValueError) as error:
        raise ValueError(f"line {lines.line_num} of {path} cannot be read: {error}") from None
    if not table:
        raise ValueError(f"{path} is empty. The first line should name the columns")
    names = [name or f"column {k}" for k, name in enumerate(table[0], start=1)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{path} has two columns called {twice!r}. Give each a name of its own")
    return {name: np.array([entries[k] for entries in table[1:]], dtype=str) for k, name in enumerate(names)}


def one_hot(labels, n_classes=10):
    """Targets for one output a class: 1 in the column of the label, 0 elsewhere.

    labels : (n,) ints from 0 to n_classes - 1.   Returns (n, n_classes). `argmax(axis=1)` leads back.
    """
    n_classes = checks.integer("n_classes", n_classes, at_least=1)
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(f"labels must have shape (n,), got {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be whole numbers, got {labels.dtype}")
    if len(labels) and not (0 <= labels.min() and labels.max() < n_classes):
        raise ValueError(f"labels must be from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}")
    return (labels[:, np.newaxis] == np.arange(n_classes)).astype(np.float64)


def split(X, y, fraction=0.25, seed=0):
    """Hold back a random part of the rows, to be looked at but never trained on.

    X, y : arrays (or labels) with a row for each sample.   fraction : the part to hold back, between 0 and 1.

    Returns X_train, y_train, X_held, y_held, all copies: the held part is fraction · n rows, rounded, and at least
    one, as the rest is. For three parts, split one of the two again.
    """
    fraction = checks.number("fraction", fraction, above=0)
    if fraction >= 1:
        raise ValueError(f"fraction must be below 1, got {fraction!r}")
    X, y = np.asarray(checks.unmasked("X", X)), np.asarray(checks.unmasked("y", y))
    if X.ndim == 0 or len(X) < 2:
        raise ValueError(f"X must have at least 2 rows, got shape {X.shape}")
    if y.ndim == 0 or len(y) != len(X):
        raise ValueError(f"y must have as many rows as X, {len(X)}, got shape {y.shape}")
    n_held = min(max(round(fraction * len(X)), 1), len(X) - 1)
    order = _generator(seed).permutation(len(X))
    held, train = order[:n_held], order[n_held:]
    return X[train], y[train], X[held], y[held]


def _generator(seed):
    return np.random.default_rng(checks.integer("seed", seed, at_least=0))


def _noise(noise):
    return abs(checks.number("noise", noise, at_least=0, at_most=1e100))  # abs: NumPy refuses -0.0


def _two_classes(n, noise, seed):
    """The classes (n,) in random order, the checked noise, and the generator."""
    n, noise = checks.integer("n", n, at_least=2), _noise(noise)
    rng = _generator(seed)
    return rng.permutation(np.arange(n) % 2), noise, rng


def _noisy_points(x1, x2, classes, noise, rng):
    X = np.stack([x1, x2], axis=1)
    X += rng.normal(0, noise, X.shape)
    return X, classes[:, np.newaxis].astype(np.float64)


@functools.cache
def _digits_table():
    """(1797, 65) bytes: 64 pixels from 0 to 16, and the label."""
    packed = resources.files("nnlib").joinpath("data", "digits.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    return np.loadtxt(lines, delimiter=",", dtype=np.uint8)
