"""What crosses the border is checked here, once, so that the code inside can trust its arrays.

Every error names the argument, what was wanted and what came.
"""

import math
import numbers
import operator

import numpy as np


class DivergenceError(ValueError):
    """Training ran away: an epoch's loss, or a parameter after it, is not finite.

    epoch : int, the epoch that ran away, counted from 0 as by the schedulers. rate : float, its learning rate.
    history : dict of lists, every epoch of a finite loss up to then, so that the explosion can be plotted.
    what : str, what is not finite.
    """

    def __init__(self, epoch, rate, history, what="the loss"):
        super().__init__(
            f"training diverged in epoch {epoch}, at learning rate {rate:g}: {what} is no longer a "
            "finite number. The network is as it was before fit. Try a learning rate ten times smaller, "
            "scale X and y to around 1, or lower l2_lambda if rate times l2_lambda is near 2"
        )
        self.epoch, self.rate, self.history, self.what = epoch, rate, history, what

    def __reduce__(self):
        return type(self), (self.epoch, self.rate, self.history, self.what)


def brief(value):
    """A short form of a value for an error message."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def integer(name, value, *, at_least):
    """`value` as an int of at least `at_least`."""
    try:
        if isinstance(value, bool | np.bool):
            raise TypeError
        whole = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {brief(value)}") from None
    if whole < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {whole}")
    return whole


def number(name, value, *, above=-math.inf, at_least=-math.inf, at_most=math.inf):
    """`value` as a finite Python float within the bounds; an array of shape () is a number too."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]  # what `np.where` gives for one number
    if isinstance(value, bool | np.bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {brief(value)}")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not (math.isfinite(result) and result > above and at_least <= result <= at_most):
        bounds = [f"above {above:g}"] * (above > -math.inf)
        bounds += [f"of at least {at_least:g}"] * (at_least > -math.inf)
        bounds += [f"at most {at_most:g}"] * (at_most < math.inf)
        wanted = " ".join(["a finite number", " and ".join(bounds)]).strip()
        raise ValueError(f"{name} must be {wanted}, got {repr(result).removesuffix('.0')}")
    return result


def flag(name, value):
    """`value` as a bool, which it must be: `shuffle="no"` would otherwise mean yes."""
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be True or False, got {brief(value)}")
    return bool(value)


def choice(name, value, options):
    """`value` as one of the names in `options`; upper case is forgiven, a typo gets the nearest name."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {sorted(options)}, got {brief(value)}")
    if value.lower() in options:
        return value.lower()
    import difflib  # here, because nobody needs it where nothing is wrong

    nearest = difflib.get_close_matches(value.lower(), options, n=1, cutoff=0.75)
    guess = f". Did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"{name} must be one of {sorted(options)}, got {value!r}{guess}")


def function_or_none(name, value):
    """`value`, which must be callable or None."""
    if value is not None and (isinstance(value, type) or not callable(value)):
        raise TypeError(f"{name} must be a function or None, got {brief(value)}")
    return value


def floating(name, dtype):
    """`dtype` as numpy's float32 or float64."""
    for wanted in (np.dtype(np.float32), np.dtype(np.float64)):
        try:
            if np.dtype(dtype) == wanted:
                return wanted
        except (TypeError, ValueError, SyntaxError):  # what NumPy says to a word that is no type
            pass
    raise TypeError(f"{name} must be float32 or float64, got {brief(dtype)}")


def real_array(name, value, dtype=None):
    """`value` as an array of finite floats: of `dtype`, or else float32 if it came so, or float64.

    The caller's own array comes back where nothing had to be converted, and is never written to.
    """
    unmasked(name, value)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be a rectangular array of numbers, got rows of different lengths") from None
    if array.dtype.kind not in "biuf":
        where = _odd_entry(name, value, array)
        raise TypeError(f"{name} must hold real numbers, got {array.dtype} in {brief(value)}{where}")
    if dtype is None:
        dtype = np.float32 if array.dtype.type is np.float32 else np.float64
    with np.errstate(over="ignore", under="ignore"):
        array = array.astype(dtype, copy=False)
    if not np.isfinite(array).all():
        row = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(f"{name} must hold finite {array.dtype} numbers, got {array[tuple(row)]} at {row}")
    return array


def unmasked(name, value):
    """`value`, in which nothing may be masked: NumPy would drop the mask and take what lies under it."""
    masked = (part for part in value if isinstance(part, np.ma.MaskedArray)) if isinstance(value, list | tuple) else ()
    value = next(filter(np.ma.is_masked, masked), value)
    if np.ma.is_masked(value):
        raise ValueError(
            f"{name} must have a number everywhere, got a masked array with {np.ma.count_masked(value)} missing"
        )
    return value


def _odd_entry(name, table, array):
    """What keeps a table, of pandas or another, or a column from being one of floats, and the remedy."""
    if array.dtype.kind not in "OUS" or not 1 <= array.ndim <= 2:
        return ""
    remedy = f". np.asarray({name}, dtype=float) makes numbers of what can be one"
    names = getattr(table, "columns", None)
    for k, entries in enumerate(array.T if array.ndim == 2 else [array]):
        for entry in entries:
            if isinstance(entry, bool) or not isinstance(entry, numbers.Real):
                column = names[k] if hasattr(names, "__getitem__") and len(names) == array.shape[-1] else k
                what = f"column {column!r}" if array.ndim == 2 else "it"
                return f": {what} holds {brief(entry)}{remedy}"
    return remedy


def rows(name, value, n_columns, dtype=None):
    """`value` as a matrix (n, n_columns) of finite floats with at least one row."""
    array = real_array(name, value, dtype)
    if array.ndim != 2 or array.shape[1] != n_columns:
        hint = ""
        if array.ndim == 1 and n_columns == 1:
            hint = f". np.reshape({name}, (-1, 1)) makes the numbers a column"
        elif array.shape == (n_columns,):
            hint = f". np.reshape({name}, (1, -1)) makes one row of it"
        raise ValueError(f"{name} must have shape (n, {n_columns}), got {array.shape}{hint}")
    if len(array) == 0:
        raise ValueError(f"{name} must have at least one row, got shape {array.shape}")
    return array


def samples(X, y, n_inputs, n_outputs, dtype=None, names=("X", "y")):
    """X and y as matrices of one dtype with the same number of rows."""
    X = rows(names[0], X, n_inputs, dtype)
    y = real_array(names[1], y, X.dtype)
    wanted = (len(X), n_outputs)
    if y.shape != wanted:
        hint = ""
        if n_outputs == 1 and y.shape == (len(X),):
            hint = f". np.reshape({names[1]}, (-1, 1)) makes the numbers a column"
        elif (
            y.shape in ((len(X),), (len(X), 1))
            and (y == np.floor(y)).all()
            and 0 <= y.min(initial=0)
            and y.max(initial=0) < n_outputs
        ):
            hint = f". nnlib.datasets.one_hot(labels, {n_outputs}) gives each label a row with a column per class"
        raise ValueError(
            f"{names[1]} must have shape {wanted} to match {names[0]} and the last layer, got {y.shape}{hint}"
        )
    return X, y
