"""Exceptions, told to somebody who meets them for the first time."""

import re

import numpy as np

# of NumPy's functions
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "remainder": "%"}
SIGNS |= {"power": "**", "matmul": "@"}


def in_short(error):
    """What Python says of an exception, cut off where it is very long."""
    text = str(error)
    return text if len(text) < 500 else f"{text[:497]}..."


def in_plain_words(error):
    """What an exception means, for somebody who meets it for the first time."""
    text = in_short(error)
    match error:
        case UnboundLocalError():
            name = re.search(r"'(\w+)'", text)
            return f"`{name[1] if name else text}` is used before it has a value."
        case NameError() if error.name:
            return f"Nothing here is called `{error.name}`. Is it spelled differently somewhere?"
        case TimeoutError():
            return f"It was still running {text}, and was stopped. Does its loop ever end?"
        case RecursionError():
            return (
                "The function calls itself without end, or more than some thousand times; a loop may go on for longer."
            )
        case ZeroDivisionError():
            return "Something is divided by zero."
        case IndexError() if "out of" in text:
            return f"An index points past the end ({text})."
        case IndexError() if "only integers" in text:
            return "An index must be a whole number: `len(y) // 2` is one, `len(y) / 2` is not."
        case IndexError() if "too many indices" in text:
            return f"There are more indices here than the array has axes. NumPy says: {text}."
        case IndexError() if "boolean index" in text:
            return f"True and False as an index: one is needed for every entry. NumPy says: {text}."
        case KeyError() if error.args and isinstance(error.args[0], int):
            return f'There is no entry {text}. The entries of a dict are taken by their names, as in `p["W"]`.'
        case KeyError():
            return f"There is no entry {text.replace(' is not a file in the archive', '')}."
        case ValueError() if "matmul" in text or "not aligned" in text:
            return (
                "The shapes of a matrix product don't fit: columns of the left one must equal rows of "
                f"the right one. NumPy says: {text}"
            )
        case ValueError() if "broadcast" in text:
            return f"Two arrays' shapes can't be lined up. NumPy says: {text}"
        case ValueError() if "ambiguous" in text:
            return (
                "An array stands where one True or False is needed, as after `if`, in `max(0, ...)` or `a <= x < b`: "
                "Python can't decide for every entry at once, NumPy's functions can. Two comparisons are joined by "
                "`&`: `(a <= x) & (x < b)`."
            )
        case TypeError() if "<U" in text:
            return (
                "A text stands where numbers are needed. (A loop over a dict, or unpacking one, gives the names of its "
                "entries, which are texts.)"
            )
        case ValueError() if "zero-dimensional" in text:
            return "Arrays are joined here, and one of these is a single number: put it in a list, as in `[x[0]]`."
        case AttributeError() if "'numpy.ndarray'" in text and hasattr(list, error.name or ""):
            return f"This is a NumPy array, and `.{error.name}` is a method of lists. `.tolist()` makes a list of it."
        case AttributeError() if "'numpy.ndarray'" in text and hasattr(str, error.name or ""):
            return f"This is a NumPy array, and `.{error.name}` is a method of one text: call it for each entry."
        case AttributeError() if "'list'" in text and hasattr(np.ndarray, error.name or ""):
            return f"This is a list, and `.{error.name}` is a method of arrays. `np.array(...)` makes an array of it."
        case TypeError() if "'NoneType'" in text:
            return (
                f"A `None` stands where something else is needed ({text}). A function without `return` gives `None`, "
                "and so do `rng.shuffle`, `.sort` and `.append`, which change what is there."
            )
        case TypeError() if "not callable" in text:
            return f"Something that isn't a function is called as one ({text})."
        case TypeError() if "bitwise_and" in text or "bitwise_or" in text:
            return "`&` and `|` come before `<` and `==`: each comparison needs parentheses, `(a <= x) & (x < b)`."
        case TypeError() if "bitwise_xor" in text or "for ^" in text:
            return "A power is written `**` in Python; `^` is something else (the XOR of bits)."
        case TypeError() if "Field elements must be" in text:
            return "`np.array` takes one list: `np.array([[1, 2], [3, 4]])`, with a pair of brackets around all rows."
        case TypeError() if "same_kind" in text and "to dtype('bool')" in text:
            return "True and False are written over with numbers here. Make them numbers first: `.astype(float)`."
        case TypeError() if "same_kind" in text:
            sign = next((sign for name, sign in SIGNS.items() if f"'{name}'" in text), None)
            example = f"`x {sign}= ...` writes into `x` as it is, `x = x {sign} ...` makes a new array"
            return (
                "The array holds whole numbers, and fractions don't fit: "
                + (example if sign else "`x.astype(float)` makes one that holds them")
                + "."
            )
        case TypeError() if "'int' object is not iterable" in text:
            return "`for` goes over a list or an array, and this is one number. `range(n)` counts to it."
        case TypeError() if "unsupported operand" in text:
            return f"Two things that can't be combined meet here ({text})."
        case _:
            return f"Python says: {text}" + ("" if text.endswith(".") else ".") if text else ""
