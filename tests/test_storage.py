"""Saving, all or nothing: what comes back, what a crash leaves, and what is refused."""

import io
import json
import math
import os
import pickle
import random
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from nnlib import storage

HEADER = {
    "name": "xor · π \ud800",  # a lone surrogate, too
    "rates": [0.1, 1 / 3, 5e-324, -0.0, 1.7976931348623157e308],
    "odd": [math.inf, -math.inf],
    "generator": {"state": 2**127 + 12345678901234567890, "has_uint32": 0},
    "flags": [True, False, None],
    "empty": [{}, [], ""],
}
ARRAYS = {
    "W0": np.random.default_rng(0).normal(size=(2, 4)),
    "b0": np.array([1.5, -2.5], dtype=np.float32),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "special": np.array([np.nan, np.inf, -0.0, 5e-324]),
    "counts": np.array([[1], [2**62]], dtype=np.int64),
    "mask": np.array([True, False]),
    "big_endian": np.array([1, 2], dtype=">i4"),
    "nothing": np.zeros((0, 3)),
    "scalar": np.array(3.25),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def assert_same(loaded, header, arrays):
    assert repr(loaded[0]) == repr(header)  # repr tells -0.0 from 0.0, True from 1, and is exact for floats
    assert loaded[1].keys() == arrays.keys()
    for name, array in arrays.items():
        copy = loaded[1][name]
        assert (copy.dtype, copy.shape, copy.strides) == (array.dtype, array.shape, array.strides), name
        assert copy.tobytes() == array.tobytes(), name
        assert copy.flags.writeable and copy.flags.owndata and copy.flags.aligned


def rebuilt(members, *, compression=zipfile.ZIP_STORED):
    """The bytes of a zip with these members (name, bytes), whose own checksums are right."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, member in members:
            archive.writestr(zipfile.ZipInfo(name), member, compress_type=compression)
    return stream.getvalue()


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def forged(members):
    """As `rebuilt`, with a right SHA-256 as well: what only someone who knows the format would make."""
    named = {name.removesuffix(".npy"): member for name, member in members}
    return rebuilt([*members, ("sha256.npy", storage._npy(storage._digest(named)))])


def header_member(text):
    return "header.npy", storage._npy(np.frombuffer(text.encode(), dtype=np.uint8))


GOOD_HEADER = header_member('{"format": "nnlib", "format_version": 1, "header": {}}')


# ---------------------------------------------------------------- what comes back


def test_everything_comes_back_bit_for_bit(path):
    storage.save(path, HEADER, ARRAYS)
    assert_same(storage.load(path), HEADER, ARRAYS)
    storage.save(str(path), {}, {})
    assert storage.load(str(path)) == ({}, {})


def test_nan_comes_back_in_the_header(path):
    storage.save(path, {"val_loss": [math.nan, 1.0]}, {})
    loss = storage.load(path)[0]["val_loss"]
    assert math.isnan(loss[0]) and loss[1] == 1.0


def test_numpy_opens_the_file_without_pickle(path):
    storage.save(path, HEADER, ARRAYS)
    with np.load(path, allow_pickle=False) as archive:
        assert archive.files == ["header", *ARRAYS, "sha256"]
        assert np.array_equal(archive["W0"], ARRAYS["W0"])
        assert json.loads(archive["header"].tobytes())["format_version"] == 1


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    storage.save(path, HEADER, ARRAYS)
    storage.save(tmp_path / "other", HEADER, ARRAYS)
    assert path.read_bytes() == (tmp_path / "other").read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}  # not the clock


def test_the_arrays_of_the_caller_are_left_alone(path):
    array = np.arange(3.0)
    array.flags.writeable = False
    storage.save(path, {}, {"a": array, "view": np.arange(10)[::3]})
    assert storage.load(path)[1]["view"].tolist() == [0, 3, 6, 9]


def test_a_symbolic_link_still_points_to_the_new_file(path, tmp_path):
    storage.save(path, {"run": 1}, {})
    link = tmp_path / "latest"
    link.symlink_to(path)
    storage.save(link, {"run": 2}, {})
    assert link.is_symlink() and storage.load(path)[0] == {"run": 2}


# ---------------------------------------------------------------- what cannot be saved


class Surprise:
    pass


looped = []
looped.append(looped)


@pytest.mark.parametrize(
    ("header", "arrays", "error", "message"),
    [
        ([], {}, TypeError, "header must be a dict, got list"),
        ({"a": [1, (2,)]}, {}, TypeError, r"header\['a'\]\[1\] must be a dict, list.*got \(2,\)"),
        ({"a": {1: 2}}, {}, TypeError, r"header\['a'\] must have str keys, got 1"),
        ({"a": np.int64(3)}, {}, TypeError, r"header\['a'\] must be a dict, list"),
        ({"a": looped}, {}, ValueError, "header must not hold itself"),
        ({}, [], TypeError, "arrays must be a dict of arrays, got list"),
        ({}, {"a": [1.0]}, TypeError, r"arrays\['a'\] must be a NumPy array of numbers or bools, got list"),
        ({}, {"a": np.array([Surprise()])}, TypeError, r"arrays\['a'\] must be .*, got dtype object"),
        ({}, {"a": np.array([(1, None)], dtype="i4,O")}, TypeError, r"arrays\['a'\] must be"),
        ({}, {"a": np.array(["text"])}, TypeError, r"arrays\['a'\] must be"),
        ({}, {"a": np.ma.masked_array([1.0], [True])}, TypeError, r"arrays\['a'\] must be .* MaskedArray"),
        ({}, {"../a": np.zeros(1)}, ValueError, "letters, digits and underscores, got '../a'"),
        ({}, {3: np.zeros(1)}, ValueError, "letters, digits and underscores, got 3"),
        ({}, {"header": np.zeros(1)}, ValueError, "arrays must not have the name 'header'"),
        ({}, {"sha256": np.zeros(1)}, ValueError, "arrays must not have the name 'sha256'"),
    ],
)
def test_what_cannot_be_stored_is_named_and_nothing_is_written(path, header, arrays, error, message):
    storage.save(path, {"old": True}, {})
    with pytest.raises(error, match=message):
        storage.save(path, header, arrays)
    assert storage.load(path)[0] == {"old": True}
    assert os.listdir(path.parent) == [path.name]


def test_bad_paths(tmp_path):
    with pytest.raises(TypeError, match="path must be a str or a path, got 3"):
        storage.save(3, {}, {})
    with pytest.raises(TypeError, match="path must be a str or a path, got None"):
        storage.load(None)
    with pytest.raises(IsADirectoryError, match="path must name a file to write, got the folder"):
        storage.save(tmp_path, {}, {})
    with pytest.raises(IsADirectoryError, match="path must name a saved file, got the folder"):
        storage.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="path must lie in a folder that exists"):
        storage.save(tmp_path / "no" / "run.npz", {}, {})
    with pytest.raises(FileNotFoundError, match=r"run\.npz"):
        storage.load(tmp_path / "run.npz")
    assert os.listdir(tmp_path) == []


# ---------------------------------------------------------------- crashes


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError("no space left"), KeyboardInterrupt()], ids=["disk", "interrupt"])
def test_a_failure_while_saving_leaves_the_old_file_and_nothing_else(path, monkeypatch, step, failure):
    storage.save(path, {"run": 1}, {})

    def fail(*_):
        raise failure

    monkeypatch.setattr(storage.os, step, fail)
    with pytest.raises(type(failure)):
        storage.save(path, {"run": 2}, {})
    monkeypatch.undo()
    assert storage.load(path)[0] == {"run": 1}
    assert os.listdir(path.parent) == [path.name]


SAVING_FOREVER = """
import itertools, sys
import numpy as np
from nnlib import storage

for run in itertools.count():
    storage.save(sys.argv[1], {"run": run}, {"a": np.full(50_000 + run % 7, run)})
    if run == 0:
        print("saved", flush=True)
"""


def test_killed_at_any_moment_the_file_loads(path):
    rng = random.Random(3)
    runs = []
    for _ in range(20):
        with subprocess.Popen([sys.executable, "-c", SAVING_FOREVER, path], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"saved\n"
            try:
                process.wait(rng.uniform(0, 0.03))
            except subprocess.TimeoutExpired:
                process.kill()
        header, arrays = storage.load(path)
        runs.append(header["run"])
        assert arrays["a"].shape == (50_000 + runs[-1] % 7,) and (arrays["a"] == runs[-1]).all()
    assert len(set(runs)) > 3, "killed at too few different moments to prove anything"
    leftovers = [name for name in os.listdir(path.parent) if name != path.name]
    assert all(name.startswith(".nnlib-") and name.endswith(".tmp") for name in leftovers)
    assert leftovers, "never killed in the middle of a save"


# ---------------------------------------------------------------- what is refused


def refused_or_same(path, content, header, arrays):
    """Whether the altered file is refused; if not, it must load to exactly what was saved."""
    path.write_bytes(content)
    try:
        loaded = storage.load(path)
    except ValueError as error:
        assert str(path) in str(error)
        return True
    assert_same(loaded, header, arrays)
    return False


SMALL = {"run": 7, "rates": [0.1, 0.05]}, {"W": np.arange(6.0).reshape(2, 3), "b": np.ones(2)}


def test_every_truncation_is_refused(path):
    storage.save(path, *SMALL)
    whole = path.read_bytes()
    for length in range(len(whole)):
        assert refused_or_same(path, whole[:length], *SMALL), length


def test_a_change_of_any_byte_is_refused_or_harmless(path):
    storage.save(path, *SMALL)
    whole = path.read_bytes()
    rng = random.Random(0)
    refused = 0
    for position in range(len(whole)):
        for flip in (1 << rng.randrange(8), rng.randrange(1, 256)):
            altered = bytearray(whole)
            altered[position] ^= flip
            refused += refused_or_same(path, bytes(altered), *SMALL)
    assert refused > len(whole)  # the others are the zip's own dates, attributes and the like


def test_inserted_removed_and_repeated_stretches_are_refused_or_harmless(path):
    storage.save(path, *SMALL)
    whole = path.read_bytes()
    rng = random.Random(1)
    for _ in range(500):
        start, stop = sorted(rng.sample(range(len(whole)), 2))
        stop = min(stop, start + rng.choice([1, 4, 64, 1000]))
        for altered in (
            whole[:start] + rng.randbytes(stop - start) + whole[start:],
            whole[:start] + whole[stop:],
            whole[:start] + whole[start:stop] + whole[start:],
            whole[:start] + bytes(stop - start) + whole[stop:],
        ):
            refused_or_same(path, altered, *SMALL)


def test_members_exchanged_renamed_missing_doubled_or_added_are_refused(path):
    storage.save(path, *SMALL)
    header, w, b, digest = members_of(path)
    assert_same_after_rebuilding = rebuilt([header, w, b, digest])
    assert not refused_or_same(path, assert_same_after_rebuilding, *SMALL)
    for members in (
        [header, (w[0], b[1]), (b[0], w[1]), digest],  # exchanged
        [header, b, w, digest],  # in another order
        [header, ("V.npy", w[1]), b, digest],  # renamed
        [header, w, digest],  # missing
        [header, w, b],  # without the digest
        [header, w, b, digest, ("c.npy", b[1])],  # added
        [w, header, b, digest],  # does not start with the header
        [header, w, b, ("sha256.npy", b[1])],  # a digest that is none
    ):
        assert refused_or_same(path, rebuilt(members), *SMALL), [name for name, _ in members]
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = rebuilt([header, w, w, b, digest])
    assert refused_or_same(path, doubled, *SMALL)
    assert refused_or_same(path, rebuilt([header, w, b, digest], compression=zipfile.ZIP_DEFLATED), *SMALL)


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


class Bomb:
    """Unpickling one makes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"P", "is no .npz file"),
        (b"epoch,loss\n1,0.5\n", "is not a file saved by nnlib: it is no .npz file"),
        (pickle.dumps([1, 2]), "is not a file saved by nnlib: it is no .npz file"),
        (storage._npy(np.zeros(3)), "is not a file saved by nnlib: it is no .npz file"),
        (b"PK", "is truncated or altered"),
        (rebuilt([]), "is no .npz file|does not start with header.npy"),
        (rebuilt([("readme.txt", b"hello")]), "it does not start with header.npy"),
        (npz(W=np.zeros(3)), "it does not start with header.npy"),
        (npz(header=np.zeros(3)), "its header.npy is something else"),
        (rebuilt([header_member("[1, 2]")]), "its header.npy is something else"),
        (rebuilt([header_member('{"format": "nnlib"}')]), "its header.npy is something else"),
        (rebuilt([header_member("[" * 100_000)]), "its header.npy is something else"),
        (
            forged([header_member('{"format": "mnist", "format_version": 1}')]),
            "is not a file saved by nnlib: its format is 'mnist'",
        ),
        (
            rebuilt([header_member('{"format": "nnlib", "format_version": 2, "new": 1}')]),
            "is of the newer format version 2; this nnlib knows 1: update it",
        ),
        (forged([header_member('{"format": "nnlib", "format_version": 0}')]), "was altered: its format version"),
        (forged([header_member('{"format": "nnlib", "format_version": 1}')]), "truncated or altered: 'header'"),
    ],
)
def test_foreign_and_newer_files_are_refused_with_the_reason(path, content, message):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as refusal:
        storage.load(path)
    assert str(refusal.value).startswith(str(path))


def test_no_file_runs_code(path, tmp_path):
    mark = tmp_path / "mark"
    bomb = np.array([Bomb(mark)], dtype=object)
    stream = io.BytesIO()
    np.lib.format.write_array(stream, bomb, allow_pickle=True)
    member = stream.getvalue()
    files = [
        pickle.dumps(Bomb(mark)),
        member,
        npz(header=bomb),
        npz(header=np.zeros(1), a=bomb),
        forged([GOOD_HEADER, ("a.npy", member)]),
        forged([GOOD_HEADER, ("a.npy", pickle.dumps(Bomb(mark)))]),
        rebuilt([("header.npy", member)]),
        rebuilt([GOOD_HEADER, ("sha256.npy", member)]),
    ]
    for content in files:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=str(path)):
            storage.load(path)
        assert not mark.exists()
    with np.load(io.BytesIO(npz(a=bomb)), allow_pickle=True) as archive:
        archive["a"][0].close()
    assert mark.exists()  # the bomb is a live one


@pytest.mark.parametrize(
    "shape", ["(1099511627776,)", "(2, 549755813888)", "(-1,)", "(3,)", "(9223372036854775807, 4)"]
)
def test_an_array_that_claims_more_than_is_there_allocates_nothing(path, shape):
    description = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(description)) + description + bytes(16)
    path.write_bytes(forged([GOOD_HEADER, ("a.npy", member)]))
    tracemalloc.start()
    with pytest.raises(ValueError, match="altered: an array claims float64 of shape"):
        storage.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("dtype", ["|O", "<U2", "|S8", "|V8", "<M8[s]", "[('x', '<f8')]"])
def test_arrays_of_anything_but_numbers_are_refused(path, dtype):
    described = dtype if dtype.startswith("[") else repr(dtype)
    description = f"{{'descr': {described}, 'fortran_order': False, 'shape': (2,), }}".encode().ljust(117) + b"\n"
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(description)) + description + bytes(16)
    path.write_bytes(forged([GOOD_HEADER, ("a.npy", member)]))
    with pytest.raises(ValueError, match="altered: an array claims"):
        storage.load(path)


def test_a_compressed_file_is_not_unpacked(path):
    path.write_bytes(rebuilt([GOOD_HEADER, ("a.npy", bytes(50_000_000))], compression=zipfile.ZIP_DEFLATED))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(ValueError, match="it is compressed"):
        storage.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("version", [b"\x02\x00", b"\x03\x00", b"\x09\x09"])
def test_other_versions_of_the_array_format_are_refused(path, version):
    member = storage._npy(np.zeros(2)).replace(b"NUMPY\x01\x00", b"NUMPY" + version)
    path.write_bytes(forged([GOOD_HEADER, ("a.npy", member)]))
    with pytest.raises(ValueError, match=r"altered"):
        storage.load(path)
