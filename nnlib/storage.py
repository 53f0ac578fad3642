"""Save and load, all or nothing: a header and named arrays in one `.npz` file.

The file is an ordinary uncompressed NumPy archive, which `numpy.load(path, allow_pickle=False)` opens too:

    header.npy      the format's name and version and the header, as the bytes of a JSON text
    NAME.npy ...    the arrays
    sha256.npy      the SHA-256 digest of all the members before it, names included

Nothing is pickled in either direction, so a file from a stranger can be wrong but cannot run code. A file is
written under another name and then renamed, so that a crash at any moment leaves the old file or the new one;
a killed process may leave a `.nnlib-….tmp` beside it, which can be deleted.
"""

import hashlib
import io
import json
import math
import os
import re
import zipfile
from pathlib import Path

import numpy as np

FORMAT = "nnlib"
FORMAT_VERSION = 1


def save(path, header, arrays):
    """Write `header` and `arrays` to the file `path`, whole or not at all.

    path : str or path, used as it is (no suffix is added). A file that is there is replaced.
    header : dict of what JSON can hold: dicts with str keys, lists, str, int, float (nan and the infinities
        included), bool, None. Every float comes back bit for bit, every int in full.
    arrays : dict of names (letters, digits and underscores) to NumPy arrays of numbers or bools.

    Raises
    ------
    TypeError, ValueError : something that cannot be stored as it is, named; nothing is written.
    OSError : the disk said no (no such folder, no room, no right); the old file, if any, is untouched.
    """
    path = _as_path(path).resolve()  # through a symbolic link to the file itself
    content = _encode(header, arrays)
    if path.is_dir():
        raise IsADirectoryError(f"path must name a file to write, got the folder {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path must lie in a folder that exists, got {path}")

    temporary = path.parent / f".nnlib-{os.urandom(8).hex()}.tmp"  # the same folder: a rename within one disk
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # on the disk before the name points to it
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load(path):
    """The `(header, arrays)` that `save` wrote to `path`: equal in every bit, in fresh writable arrays.

    Raises
    ------
    FileNotFoundError, IsADirectoryError : there is no file at `path`.
    ValueError : the file is empty, truncated, altered, not from `save`, or of a newer format; it says which.
    """
    path = _as_path(path)
    if path.is_dir():
        raise IsADirectoryError(f"path must name a saved file, got the folder {path}")
    content = path.read_bytes()
    try:
        return _decode(content)
    except _Refused as reason:
        raise ValueError(f"{path} {reason}") from None
    except Exception as error:
        # zipfile and json meet damage with a dozen kinds of exception; whichever it is, the file is damaged.
        raise ValueError(f"{path} is truncated or altered: {error}") from error


class _Refused(Exception):
    """Why a file is not loaded, as the end of a sentence that starts with its path."""


def _as_path(path):
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a str or a path, got {path!r}")
    return Path(path)


# ---------------------------------------------------------------- to bytes


def _encode(header, arrays):
    """The bytes of the file. The same header and arrays give the same bytes."""
    if not isinstance(header, dict):
        raise TypeError(f"header must be a dict, got {type(header).__name__}")
    if not isinstance(arrays, dict):
        raise TypeError(f"arrays must be a dict of arrays, got {type(arrays).__name__}")
    try:
        _check_json(header, "header")
    except RecursionError:
        raise ValueError("header must not hold itself, or dicts and lists hundreds deep") from None
    text = json.dumps({"format": FORMAT, "format_version": FORMAT_VERSION, "header": header})

    members = {"header": _npy(np.frombuffer(text.encode("ascii"), dtype=np.uint8))}
    for name, array in arrays.items():
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_]+", name):
            raise ValueError(f"arrays must have names of letters, digits and underscores, got {name!r}")
        if name in ("header", "sha256"):
            raise ValueError(f"arrays must not have the name {name!r}, which the format uses itself")
        if type(array) is not np.ndarray or array.dtype.kind not in "biufc":
            came = f"dtype {array.dtype}" if type(array) is np.ndarray else type(array).__name__
            raise TypeError(f"arrays[{name!r}] must be a NumPy array of numbers or bools, got {came}")
        members[name] = _npy(array)
    members["sha256"] = _npy(_digest(members))

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member)  # ZipInfo's date is always 1980
    return stream.getvalue()


def _npy(array):
    """The array in NumPy's own file format (numpy.lib.format), version 1.0."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _digest(members):
    """SHA-256 of the members: each name, the number of bytes, the bytes."""
    digest = hashlib.sha256()
    for name, member in members.items():
        digest.update(f"{name} {len(member)} ".encode("ascii"))
        digest.update(member)
    return np.frombuffer(digest.digest(), dtype=np.uint8)


def _check_json(value, where):
    """Raise where JSON would refuse `value` or quietly turn it into something else, and say where it stands."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{where} must have str keys, got {key!r}")
            _check_json(item, f"{where}[{key!r}]")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json(item, f"{where}[{index}]")
    elif not isinstance(value, str | int | float | None):  # bool is an int
        raise TypeError(f"{where} must be a dict, list, str, int, float, bool or None, got {value!r}")


# ---------------------------------------------------------------- from bytes


def _decode(content):
    if not content:
        raise _Refused("is empty")
    if not content.startswith(b"PK"):
        raise _Refused("is not a file saved by nnlib: it is no .npz file")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        # Stored as they are and together no larger than the file: nothing can swell while it is read.
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
            raise _Refused("is not a file saved by nnlib: it is compressed")
        if sum(info.file_size for info in infos) > len(content):
            raise _Refused("is truncated or altered: it claims to hold more than it has")
        if not infos or infos[0].filename != "header.npy":
            raise _Refused("is not a file saved by nnlib, or was altered: it does not start with header.npy")
        members = {info.filename.removesuffix(".npy"): archive.read(info) for info in infos}

    header = _read_header(members)
    claimed = members.pop("sha256", None)
    if claimed is None or len(members) != len(infos) - 1:
        raise _Refused("was altered: it lacks its SHA-256 digest, or holds two members of one name")
    if not np.array_equal(_read_array(claimed), _digest(members)):
        raise _Refused("was altered: its content does not match its SHA-256 digest")
    del members["header"]
    return header, {name: _read_array(member) for name, member in members.items()}


def _read_header(members):
    """The header, once it is clear that this nnlib knows the format."""
    try:
        content = json.loads(_read_array(members["header"]).tobytes())
        name, version = content["format"], content["format_version"]
    except Exception:
        raise _Refused("is not a file saved by nnlib: its header.npy is something else") from None
    if name != FORMAT:
        raise _Refused(f"is not a file saved by nnlib: its format is {name!r}")
    if type(version) is not int or version < 1:
        raise _Refused(f"was altered: its format version is {version!r}")
    if version > FORMAT_VERSION:
        raise _Refused(f"is of the newer format version {version}; this nnlib knows {FORMAT_VERSION}: update it")
    return content["header"]


def _read_array(member):
    """An array from NumPy's file format, if its description fits the bytes that are there."""
    stream = io.BytesIO(member)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise _Refused("was altered: an array is not of .npy version 1.0")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    data = member[stream.tell() :]
    if dtype.kind not in "biufc" or math.prod(shape) * dtype.itemsize != len(data):
        raise _Refused(f"was altered: an array claims {dtype} of shape {shape} in {len(data)} bytes")
    order = "F" if fortran_order else "C"
    return np.frombuffer(data, dtype).reshape(shape, order=order).copy(order=order)
