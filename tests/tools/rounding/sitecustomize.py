"""One more processor: NumPy as it is, but every result that processors round differently is rounded differently.

With this folder on PYTHONPATH and a number in COURSE_ROUNDING, every Python process of a test run moves the results of
matrix products, exp and tanh by a unit in the last place, or leaves them. Which way depends on the number and on the
result itself, so the same computation still gives the same bits twice, as on any real processor. A digit that changes
with the number is one that rounding or chaos has decided. Results that needed no rounding stay: they are the same
everywhere.
"""

import os


def move(array, seed):
    """Move the entries of a float array by a unit in the last place, up, down or not at all, in place.

    The way depends on the digits alone, not on sign and size: what is exactly opposite, or twice as large, stays so.
    """
    if array.dtype not in LAYOUT:
        return
    integer, n_fraction, multiplier = LAYOUT[array.dtype]
    bits = np.atleast_1d(array).view(integer)
    n_bits = 8 * bits.itemsize
    fraction = bits << (n_bits - n_fraction)
    step = ((((fraction ^ seed) * multiplier) >> (n_bits - 3) & 3) + 1 >> 1) - 1  # -1, 0, 0 or 1
    exact = bits & ((1 << n_fraction // 3) - 1) == 0  # zeros, small whole numbers, inf, nan
    step[exact | ((bits + step) >> n_fraction != bits >> n_fraction)] = 0  # tanh stays within 1
    bits += step


def as_array(address, shape, strides, dtype):
    """The memory that a loop of NumPy has written to."""
    length = sum((n - 1) * s for n, s in zip(shape, strides)) + dtype.itemsize
    return np.ndarray(shape, dtype, (ctypes.c_char * length).from_address(address), strides=strides)


def moved_loop(ufunc, dtype, seed):
    """Put a loop into a ufunc that calls the old one and moves its results."""
    n_operands = ufunc.nin + ufunc.nout
    signature = (ctypes.c_int * n_operands)(*[dtype.num] * n_operands)
    old = LOOP()

    def unary(arguments, sizes, steps, data):
        result = arguments[1]  # looked up first: a loop may move on its pointers
        old(arguments, sizes, steps, data)
        raised = RAISED(ALL_FLAGS)
        if sizes[0]:
            move(as_array(result, (sizes[0],), (steps[1],), dtype), seed)
        RAISE(raised)

    def product(arguments, sizes, steps, data):
        result = arguments[2]
        old(arguments, sizes, steps, data)
        raised = RAISED(ALL_FLAGS)
        if sizes[0] * sizes[1] * sizes[3]:
            shape, strides = (sizes[0], sizes[1], sizes[3]), (steps[2], steps[7], steps[8])
            move(as_array(result, shape, strides, dtype), seed)
        RAISE(raised)

    new = LOOP(product if ufunc.signature else unary)
    if REPLACE(ufunc, new, signature, ctypes.byref(old)):
        raise RuntimeError(f"{ufunc.__name__} has no loop for {dtype}")
    KEPT.append((new, old))


def moved_function(name, seed):
    """Put a function into NumPy that calls the old one and moves its results."""
    old = getattr(np, name)

    def new(*given, out=None):
        result = np.asarray(old(*given) if out is None else old(*given, out=out))
        if result.size:
            move(result, seed)
        return result[()] if out is None else out

    functools.update_wrapper(new, old)
    setattr(np, name, new)


if os.environ.get("COURSE_ROUNDING"):
    import ctypes.util
    import functools

    import numpy as np
    from numpy._core import _multiarray_umath

    SEED = int(os.environ["COURSE_ROUNDING"])
    # The integer that has a float's bits, how many of them are its digits, and the golden ratio as Knuth mixes with it.
    LAYOUT = {
        np.dtype(np.float64): (np.int64, 52, np.int64(-7046029254386353131)),
        np.dtype(np.float32): (np.int32, 23, np.int32(-1640531535)),
    }
    C = ctypes.CDLL(ctypes.util.find_library("m"))
    RAISED, RAISE, ALL_FLAGS = C.fetestexcept, C.feraiseexcept, 0x1F  # of overflow and the like: NumPy warns by them
    KEPT = []  # what C calls has to stay alive
    LOOP = ctypes.CFUNCTYPE(
        None,
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.POINTER(ctypes.c_ssize_t),
        ctypes.POINTER(ctypes.c_ssize_t),
        ctypes.c_void_p,
    )
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    api = ctypes.cast(pointer(_multiarray_umath._UFUNC_API, None), ctypes.POINTER(ctypes.c_void_p))
    # PyUFunc_ReplaceLoopBySignature, number 30 of the ufunc C API.
    REPLACE = ctypes.PYFUNCTYPE(
        ctypes.c_int, ctypes.py_object, LOOP, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(LOOP)
    )(api[30])
    for each in (np.matmul, np.exp, np.tanh):
        for kind in LAYOUT:
            moved_loop(each, kind, SEED)
    moved_function("dot", SEED)
