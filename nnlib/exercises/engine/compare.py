"""Comparing what came with what was wanted, and putting the difference into words.

`differences` walks through numbers, arrays, and tuples, lists and dicts of them, part by part.
The functions below it look for the patterns that a mistake leaves: a constant factor, a swapped sign,
a shape that broadcasting made, two results in the wrong order.
"""

import itertools
from dataclasses import dataclass
from numbers import Number

import numpy as np

TOLERANCE = 1e-9  # relative to the largest number wanted
_SHOWN = 8  # numbers in an array that a message still shows


@dataclass(frozen=True)
class Difference:
    """One part that is not as wanted.

    kind : "type", "keys", "length", "shape", "value", or, where the values are right, "list" or "dtype".
    label : the part's name, such as `dw` or `[0]["W"]`; "" for the whole result.
    wanted, got : that part, both.
    """

    kind: str
    label: str
    wanted: object
    got: object


# ---- What differs -----------------------------------------------------------------------------------


def differences(wanted, got, tolerance=TOLERANCE, names=()):
    """Every `Difference` between two results, an empty list where they agree.

    names : what to call the parts of a tuple at the top, such as ("dw", "db").
    """
    found = []
    for kind, label, w, g in _parts(wanted, got, "", names):
        found += [Difference(kind, label, w, g)] if kind else _leaf(w, g, tolerance, label)
    return found


def number_pairs(wanted, got, names=()):
    """Of two results, the parts that are numbers of one shape: a list of (label, wanted, got)."""
    pairs = [(label, as_numbers(w), as_numbers(g)) for kind, label, w, g in _parts(wanted, got, "", names) if not kind]
    return [p for p in pairs if p[1] is not None and p[2] is not None and p[1].shape == p[2].shape]


def _parts(wanted, got, label, names=()):
    """Walk both at once: tuples (kind, label, wanted, got), kind "" for a part that is no container."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            kind = "type"
        else:
            kind = "" if set(wanted) == set(got) else "keys"
        inner = [] if kind else [(f"{label}[{_key(k)}]", wanted[k], got[k]) for k in wanted]
    elif isinstance(wanted, tuple) or (isinstance(wanted, list) and not _is_row(wanted)):
        if isinstance(got, np.ndarray) and got.ndim and all(_is_number(part) for part in wanted):
            got = list(got)  # an array of two numbers unpacks as a pair does
        if not isinstance(got, (tuple, list)):
            kind = "type"
        else:
            kind = "" if len(wanted) == len(got) else "length"
        labels = names if len(names) == len(wanted) else [f"{label}[{i}]" for i in range(len(wanted))]
        inner = [] if kind else list(zip(labels, wanted, got))
    else:
        yield "", label, wanted, got
        return
    if kind:
        yield kind, label, wanted, got
    for name, w, g in inner:
        yield from _parts(w, g, name)


def _leaf(wanted, got, tolerance, label):
    target, numbers = as_numbers(wanted), as_numbers(got)
    if target is None:
        return [] if _same_object(wanted, got) else [Difference(_odd(wanted, got), label, wanted, got)]
    if numbers is None:
        return [Difference("type", label, wanted, got)]
    if target.shape != numbers.shape:
        return [Difference("shape", label, wanted, got)]
    if not close(target, numbers, tolerance):
        return [Difference("value", label, wanted, got)]
    if isinstance(wanted, np.ndarray) and wanted.ndim:
        if not isinstance(got, np.ndarray):
            return [Difference("list", label, wanted, got)]
        if _other_dtype(wanted.dtype, got.dtype):
            return [Difference("dtype", label, wanted, got)]
    return []


def _same_object(wanted, got):
    if isinstance(wanted, str) and isinstance(got, str):
        return wanted.strip().casefold() == got.strip().casefold()
    if isinstance(wanted, np.ndarray) and isinstance(got, np.ndarray):  # of texts
        return np.array_equal(wanted, got)
    return type(wanted) is type(got) and bool(wanted == got)


def _odd(wanted, got):
    return "value" if type(wanted) is type(got) else "type"


def _other_dtype(wanted, got):
    """Whether the dtype changes what a later computation does. A mask may be bool for any number."""
    if got.kind == "b" or wanted == got:
        return False
    return wanted.kind == "f" or got.kind not in "iu"


def close(wanted, got, tolerance=TOLERANCE):
    """Whether two arrays of one shape agree, as far as their precision and `tolerance` go."""
    if wanted.dtype == np.float32:
        tolerance = max(tolerance, 1e-5)
    finite = np.abs(wanted[np.isfinite(wanted)]) if wanted.size else wanted
    scale = float(finite.max()) if finite.size else 0.0
    return np.allclose(got, wanted, rtol=tolerance, atol=tolerance * scale + 1e-12, equal_nan=True)


def as_numbers(value):
    """`value` as an array of numbers, or None where it isn't one number, array or list of numbers."""
    if not (_is_number(value) or isinstance(value, (np.ndarray, list, tuple))):
        return None
    try:
        array = np.asarray(value)
        if array.dtype == object and array.size and all(map(_is_number, array.flat)):
            array = array.astype(float)  # fractions, decimals, integers beyond 64 bits
    except (ValueError, TypeError, OverflowError):  # rows of different lengths
        return None
    return array if array.dtype.kind in "biufc" else None


def as_floats(value):
    """An array of whole numbers as one of floats, for exercises in which those are as good; all else as it is."""
    whole = isinstance(value, np.ndarray) and value.dtype.kind in "iu"
    return value.astype(float) if whole else value


def unchanged(before, after):
    """Whether an argument is what it was, bit for bit. Objects that are not data are not looked into."""
    if isinstance(before, np.ndarray):
        same = isinstance(after, np.ndarray) and before.shape == after.shape
        return same and before.dtype == after.dtype and before.tobytes() == after.tobytes()
    if isinstance(before, dict):
        same = isinstance(after, dict) and list(before) == list(after)
        return same and all(unchanged(before[k], after[k]) for k in before)
    if isinstance(before, (list, tuple)):
        same = isinstance(after, (list, tuple)) and len(before) == len(after)
        return same and all(map(unchanged, before, after))
    if isinstance(before, (Number, str)):
        return type(before) is type(after) and repr(before) == repr(after)  # repr: nan is nan
    return True


def holds_no_number(value):
    """Whether inf or nan is in a float or an array of floats."""
    return np.asarray(value).dtype.kind in "fc" and not np.isfinite(value).all() if _is_numeric(value) else False


def _is_numeric(value):
    return isinstance(value, np.ndarray) or _is_number(value)


def _is_number(value):
    return isinstance(value, (Number, np.generic)) and not isinstance(value, (str, np.str_))


def _is_row(values):
    return all(_is_number(value) for value in values)


def _key(key):
    return f'"{key}"' if isinstance(key, str) else repr(key)


# ---- Patterns that a mistake leaves -----------------------------------------------------------------


def common_factor(pairs, sizes=()):
    """In words, the one factor by which every `got` differs from its `wanted`, else None.

    pairs : list of (wanted, got), arrays of one shape each. sizes : beside each pair a dict {words: n}
    of the lengths in that case's inputs, so that "n times" is told from "twice".
    """
    factors = [_factor(wanted, got) for wanted, got in pairs]
    known = [(factor, size) for factor, size in zip(factors, sizes or [{}] * len(pairs))]
    known = [(factor, size) for factor, size in known if factor != "any"]
    if not known or any(factor is None for factor, _ in known):
        return None
    found = [factor for factor, _ in known]
    if np.allclose(found, 1, rtol=1e-4):
        return None  # not a factor, but rounding
    if np.allclose(found, found[0], rtol=1e-6):
        return _FACTORS.get(round(found[0], 6), f"always {number(found[0])} times what it should be")
    for words in known[0][1]:
        n = np.array([size.get(words, np.nan) for _, size in known], dtype=float)
        for described, factor in _size_factors(words, n):
            if np.allclose(found, factor, rtol=1e-6):
                return described
    return None


_FACTORS = {
    -1.0: "right but for the sign, which is swapped everywhere",
    2.0: "always twice what it should be",
    0.5: "always half of what it should be",
    -2.0: "always -2 times what it should be",
    -0.5: "always -1/2 times what it should be",
    4.0: "always 4 times what it should be",
    0.25: "always a quarter of what it should be",
}


def is_plain_factor(words):
    """Whether `words` name a factor that a single number may differ by without chance."""
    return words in _FACTORS.values()


def _size_factors(words, n):
    yield f"always n times what it should be, with n {words}: is a division missing?", n
    yield f"always 1/n of what it should be, with n {words}: divided once too often?", 1 / n
    yield f"always n/2 times what it should be, with n {words}", n / 2
    yield f"always 2n times what it should be, with n {words}", 2 * n
    yield f"always 2/n times what it should be, with n {words}", 2 / n
    yield f"always -n times what it should be, with n {words}", -n
    yield f"always -1/n times what it should be, with n {words}", -1 / n


def _factor(wanted, got):
    """got / wanted where that is one number; "any" where both are zero; else None."""
    w, g = np.ravel(wanted).astype(float), np.ravel(got).astype(float)
    if not np.all(np.isfinite(w)) or not np.all(np.isfinite(g)):
        return None
    if not w.any():
        return "any" if close(w, g) else None
    scale = np.abs(w).max()  # or tiny numbers vanish when squared
    w, g = w / scale, g / scale
    factor = float(np.dot(g, w) / np.dot(w, w))
    return factor if factor and close(factor * w, g, 1e-7) else None


def common_offset(pairs):
    """The one number that every `got` is too large by, else None."""
    steps = [np.ravel(got).astype(float) - np.ravel(wanted).astype(float) for wanted, got in pairs]
    steps = np.concatenate(steps)
    if steps.size < 2 or not np.isfinite(steps).all():
        return None
    return float(steps[0]) if np.allclose(steps, steps[0], rtol=1e-7, atol=0) else None


def shape_story(wanted, got):
    """Why an array may have come in another shape: a sentence, or "" where nothing fits."""
    w, g = np.shape(wanted), np.shape(got)
    target, numbers = as_numbers(wanted), as_numbers(got)
    if len(w) > 1 and g == w[::-1] and close(target, numbers.T, 1e-7):
        return "It is the transpose of what it should be."
    if len(g) == 2 and g[0] == g[1] and g[0] > 1 and w in [g[:1], (g[0], 1)]:
        return (
            f"Somewhere ({g[0]}, 1) met ({g[0]},), and broadcasting made every pair of the two: "
            f"{g[0]} × {g[0]} numbers."
        )
    if target.size == numbers.size and close(target.ravel(), numbers.ravel(), 1e-7):
        return "The numbers are right; only their shape is not."
    if not g and w:
        return "One number came for all: is there a `sum` or `mean` too many, or an axis missing?"
    if not w and numbers.size == 1:
        return "It is one number inside of an array: `.item()` takes it out."
    if not w and g:
        return "One number is asked for: is a `sum` or `mean` missing?"
    return ""


def only_value(results):
    """The one number or word that all results consist of, or None: (False,) for [False, False] and [False]."""
    leaves = list(_leaves(results))
    same = len(leaves) > 1 and all(leaf == leaves[0] for leaf in leaves)
    return (leaves[0],) if same else None


def _leaves(value):
    if isinstance(value, np.ndarray):
        yield from value.ravel().tolist()
    elif isinstance(value, dict):
        yield from itertools.chain.from_iterable(map(_leaves, value.values()))
    elif isinstance(value, (list, tuple)):
        yield from itertools.chain.from_iterable(map(_leaves, value))
    else:
        yield value


def cut_off(pairs):
    """Whether every `got` that differs holds whole numbers where decimals belong, the decimals cut off."""
    wrong = [(w, g) for w, g in pairs if not close(w, g)]
    return bool(wrong) and all(
        g.dtype.kind in "iu" and np.isfinite(w).all() and (close(np.trunc(w), g) or close(np.floor(w), g))
        for w, g in wrong
    )


def factors(pairs):
    """The factor of each pair of arrays, None where a pair has none; pairs of single numbers are left out."""
    return [_factor(w, g) for w, g in pairs if w.size > 1]


# ---- Words ------------------------------------------------------------------------------------------


def describe(value):
    """What kind of thing `value` is: "one number", "an array of shape (3, 1)", "a function"."""
    if value is None:
        return "`None`"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, (bool, np.bool_)):
        return f"`{value}`"
    if _is_number(value) or isinstance(value, np.ndarray):
        return "one number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        keys = [_key(key) for key in itertools.islice(value, 9)]
        keys[8:] = [f"{len(value) - 8} more"] * (len(value) > 8)
        return f"a dict with {', '.join(keys) or 'nothing in it'}"
    if callable(value):
        return "a function"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def literal(value, digits=4):
    """`value` written short: small arrays in full, large ones as their shape."""
    if isinstance(value, (bool, np.bool_)) or value is None or isinstance(value, str):
        return repr(value.item() if isinstance(value, np.generic) else value)
    if _is_number(value):
        return number(value, digits)
    if isinstance(value, np.ndarray):
        if value.size > _SHOWN or value.dtype.kind not in "biufc":
            return f"array of shape {value.shape}"
        return _nested(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        if len(value) > _SHOWN:
            return f"{type(value).__name__} of {len(value)}"
        inner = ", ".join(literal(part, digits) for part in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)}: {literal(v, digits)}" for k, v in value.items()) + "}"
    if isinstance(value, np.random.Generator):
        return "generator"
    return getattr(value, "__name__", type(value).__name__)


def number(value, digits=4):
    """A number with `digits` significant ones, the same on every version of NumPy."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    return f"{float(value) + 0.0:.{digits}g}"  # + 0.0: no "-0"


def _nested(value, digits):
    if isinstance(value, list):
        return f"[{', '.join(_nested(part, digits) for part in value)}]"
    return number(value, digits)


def told_apart(wanted, got):
    """Both as text, with as many digits as it takes to see a difference."""
    for digits in (4, 6, 9, 12, 17):
        texts = literal(wanted, digits), literal(got, digits)
        if texts[0] != texts[1]:
            break
    return texts


def first_entry(wanted, got, tolerance):
    """The place of the first entry that differs, with both entries: ("[0, 2]", w, g)."""
    w, g = as_numbers(wanted), as_numbers(got)
    for place in np.ndindex(w.shape):
        if not close(w[place], g[place], tolerance):
            return f"[{', '.join(map(str, place))}]", w[place], g[place]
    place = np.unravel_index(np.argmax(np.abs(w - g)), w.shape)
    return f"[{', '.join(map(str, place))}]", w[place], g[place]


def is_large(value):
    return isinstance(value, (np.ndarray, list)) and np.size(as_numbers(value)) > _SHOWN
