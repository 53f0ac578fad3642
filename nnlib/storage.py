"""Save and load, all or nothing: a header and named arrays in one `.npz` file, as `numpy.savez` writes them.

The first array, `header`, is the bytes of a JSON text: the format, its version, the names of the other arrays, the
header. Nothing is pickled in either direction, so a file from a stranger can be wrong but cannot run code. A file is
written under another name and then renamed, so that a crash leaves the old file or the new one; a killed process
may leave a `.nnlib-….tmp` beside it, which can be deleted.
"""

import io
import json
import math
import os
import time
import zipfile
from pathlib import Path

import numpy as np


def save(path, header, arrays):
    """Write `header`, a dict of what JSON can hold, and `arrays`, a dict of names to arrays of numbers, to `path`.

    A file that is there is replaced, and keeps its mode. Raises TypeError or ValueError for what would not come back
    bit for bit, and OSError where the disk says no or `path` is no regular file; the old file is then untouched.
    """
    place, content = _regular_file(path), {"format": "nnlib", "format_version": 2, "arrays": list(arrays)}
    text = json.dumps(content | {"header": header}, allow_nan=False)
    if json.loads(text)["header"] != header or {"header", "sha256"} & arrays.keys():
        raise TypeError(f"JSON must give the header back as it is, and no array be called header or sha256, got {text}")
    patiently(lambda: _write(place, {"header": np.frombuffer(text.encode(), np.uint8), **arrays}))


def patiently(do):
    """What `do()` returns, called again where the disk says no: a virus scanner or a cloud folder lets go of a file."""
    for pause in (0.01, 0.05, 0.25, None):  # seconds
        try:
            return do()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise
        except OSError:
            if pause is None:
                raise
            time.sleep(pause)


def _write(place, arrays):
    """Write named arrays to a file beside `place`, and give it that name."""
    temporary = os.path.join(os.path.dirname(place), f".nnlib-{os.urandom(8).hex()}.tmp")  # a rename within one disk
    try:
        with open(temporary, "xb") as file:
            if os.path.exists(place):
                os.chmod(temporary, os.stat(place).st_mode)
            with zipfile.ZipFile(file, "w") as archive:
                for name, array in arrays.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())  # on the disk before the name points to it
        os.replace(temporary, place)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def load(path):
    """The `(header, arrays)` that `save` wrote to `path`: equal in every bit, the arrays fresh and writable.

    Raises OSError where there is no regular file, and ValueError for one that `save` did not write, with the reason.
    """
    place = Path(_regular_file(path))
    content = patiently(place.read_bytes)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if m.filename != "sha256.npy"]  # a digest, in format 1
            # Stored as they are, and together no larger than the file: nothing can swell while it is read.
            if any(m.compress_type for m in members) or sum(m.file_size for m in members) > len(content):
                raise ValueError("it is compressed, or claims to hold more than it has")
            arrays = {m.filename.removesuffix(".npy"): _array(archive.read(m)) for m in members}  # after a CRC-32
        text = json.loads(arrays.pop("header").tobytes())
        if (text["format"], text["format_version"]) not in (("nnlib", 1), ("nnlib", 2)):
            raise ValueError(f"it has the format {text['format']} {text['format_version']}, this nnlib knows nnlib 2")
        if [m.filename for m in members] != [f"{name}.npy" for name in ("header", *text.get("arrays", arrays))]:
            raise ValueError(f"it has the members {[m.filename for m in members]} in place of {text['arrays']}")
        return text["header"], arrays
    except Exception as error:  # zipfile, json and NumPy meet damage with a dozen kinds of exception
        raise ValueError(f"{path} is not a file saved by nnlib, or is truncated, altered or newer: {error}") from error


def _array(member):
    """The array in the bytes of a `.npy` file, once it is clear that they are as many as it claims."""
    stream = io.BytesIO(member)
    np.lib.format.read_magic(stream)
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    if math.prod(shape) * dtype.itemsize != len(member) - stream.tell():
        raise ValueError(f"an array claims {dtype} of shape {shape} in {len(member)} bytes")
    return np.lib.format.read_array(io.BytesIO(member), allow_pickle=False)


def _regular_file(path):
    """Where `path` leads, through symbolic links: to a regular file, or to none in a folder that exists."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a str or a path, got {path!r}")
    place = os.path.realpath(path)
    if os.path.isdir(place) or os.fspath(path).endswith(("/", os.sep)):
        raise IsADirectoryError(f"path must name a file, got the folder {path}")
    if os.path.lexists(place) and not os.path.isfile(place):
        raise OSError(f"path must name a regular file, got {path}: a device, a pipe, or a link to itself")
    if not os.path.isdir(os.path.dirname(place)):
        raise FileNotFoundError(f"path must lie in a folder that exists, got {path}")
    return place
