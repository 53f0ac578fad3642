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
        assert (copy.dtype, copy.shape, copy.flags.fnc) == (array.dtype, array.shape, array.flags.fnc), name
        assert copy.tobytes() == array.tobytes(), name
        assert copy.flags.writeable and copy.flags.aligned


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


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def header_member(text):
    return "header.npy", npy(np.frombuffer(text.encode(), dtype=np.uint8))


HEADER_OF_A = header_member('{"format": "nnlib", "format_version": 2, "arrays": ["a"], "header": {}}')


# ---------------------------------------------------------------- what comes back


def test_everything_comes_back_bit_for_bit(path):
    storage.save(path, HEADER, ARRAYS)
    assert_same(storage.load(path), HEADER, ARRAYS)
    storage.save(str(path), {}, {})
    assert storage.load(str(path)) == ({}, {})


def test_numpy_opens_the_file_without_pickle(path):
    storage.save(path, HEADER, ARRAYS)
    with np.load(path, allow_pickle=False) as archive:
        assert archive.files == ["header", *ARRAYS]
        assert np.array_equal(archive["W0"], ARRAYS["W0"])
        assert json.loads(archive["header"].tobytes())["format_version"] == 2


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


looped = []
looped.append(looped)


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({"a": [1, (2,)]}, {}, "JSON must give the header back as it is"),
        ({"a": {1: 2}}, {}, "JSON must give the header back as it is"),
        ({"a": np.int64(3)}, {}, "int64 is not JSON serializable"),
        ({"a": looped}, {}, "Circular reference"),
        ({"a": math.nan}, {}, "Out of range float values"),
        ({"a": -math.inf}, {}, "Out of range float values"),
        ({}, {"a": np.array([object()])}, "Object arrays cannot be saved"),
        ({}, {"a": np.array([(1, None)], dtype="i4,O")}, "Object arrays cannot be saved"),
        ({}, {"header": np.zeros(1)}, "no array be called header or sha256"),
        ({}, {"sha256": np.zeros(1)}, "no array be called header or sha256"),
    ],
)
def test_what_would_not_come_back_is_refused_and_nothing_is_written(path, header, arrays, message):
    storage.save(path, {"old": True}, {})
    with pytest.raises((TypeError, ValueError), match=message):
        storage.save(path, header, arrays)
    assert storage.load(path)[0] == {"old": True}
    assert os.listdir(path.parent) == [path.name]


def test_bad_paths(tmp_path):
    with pytest.raises(TypeError, match="path must be a str or a path, got 3"):
        storage.save(3, {}, {})
    with pytest.raises(TypeError, match="path must be a str or a path, got None"):
        storage.load(None)
    for folder in (tmp_path, f"{tmp_path}/run.npz/", f"{tmp_path}/"):  # "run.npz/" can only be a folder's name
        for act in (lambda place: storage.save(place, {}, {}), storage.load):
            with pytest.raises(IsADirectoryError, match="path must name a file, got the folder"):
                act(folder)
    with pytest.raises(FileNotFoundError, match="path must lie in a folder that exists"):
        storage.save(tmp_path / "no" / "run.npz", {}, {})
    with pytest.raises(FileNotFoundError, match=r"run\.npz"):
        storage.load(tmp_path / "run.npz")
    assert os.listdir(tmp_path) == []


@pytest.mark.posix
def test_what_is_no_regular_file_is_left_as_it_is(tmp_path):
    pipe, loop, device = tmp_path / "pipe", tmp_path / "loop", tmp_path / "device"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    device.symlink_to("/dev/null")
    for special in (pipe, loop, device, "/dev/zero"):
        for act in (lambda place: storage.save(place, {}, {}), storage.load):
            with pytest.raises(OSError, match="path must name a regular file, got .*a device, a pipe, or a link"):
                act(special)
    assert pipe.is_fifo() and loop.is_symlink() and device.is_char_device()
    assert sorted(os.listdir(tmp_path)) == ["device", "loop", "pipe"]


@pytest.mark.posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_a_file_that_is_replaced_keeps_its_mode(path, mode):
    storage.save(path, {"run": 1}, {})
    assert path.stat().st_mode & 0o111 == 0
    path.chmod(mode)
    storage.save(path, {"run": 2}, {})
    assert path.stat().st_mode & 0o777 == mode and storage.load(path)[0] == {"run": 2}


@pytest.mark.parametrize("times", [1, 3])
def test_a_disk_that_says_no_for_a_moment_is_asked_again(path, monkeypatch, times):
    storage.save(path, {"run": 1}, {})
    refusals, pauses, replace = [PermissionError("in use")] * times, [], os.replace

    def busy(source, target):
        if refusals:
            raise refusals.pop()
        replace(source, target)

    monkeypatch.setattr(storage.os, "replace", busy)
    monkeypatch.setattr(storage.time, "sleep", pauses.append)
    storage.save(path, {"run": 2}, {})
    assert storage.load(path)[0] == {"run": 2} and len(pauses) == times
    assert os.listdir(path.parent) == [path.name]


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
    runs, leftovers = [], []
    for patience in range(300):  # as many as a busy machine needs to be killed at enough different moments
        with subprocess.Popen([sys.executable, "-c", SAVING_FOREVER, path], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"saved\n"
            try:
                process.wait(rng.uniform(0, 0.03 + 0.003 * patience))
            except subprocess.TimeoutExpired:
                process.kill()
        header, arrays = storage.load(path)
        runs.append(header["run"])
        assert arrays["a"].shape == (50_000 + runs[-1] % 7,) and (arrays["a"] == runs[-1]).all()
        leftovers = [name for name in os.listdir(path.parent) if name != path.name]
        if patience >= 20 and len(set(runs)) > 3 and leftovers:
            break
    else:
        raise AssertionError("never killed in the middle of a save, or always in the same one")
    assert all(name.startswith(".nnlib-") and name.endswith(".tmp") for name in leftovers)


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


def test_members_renamed_missing_doubled_added_or_in_another_order_are_refused(path):
    storage.save(path, *SMALL)
    header, w, b = members_of(path)
    assert not refused_or_same(path, rebuilt([header, w, b]), *SMALL)
    for members in (
        [header, b, w],  # in another order
        [header, ("V.npy", w[1]), b],  # renamed
        [header, w],  # missing
        [header, w, b, ("c.npy", b[1])],  # added
        [w, header, b],  # does not start with the header
        [header, w, (b[0], b[1] + b"\0")],  # longer than it claims
    ):
        assert refused_or_same(path, rebuilt(members), *SMALL), [name for name, _ in members]
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = rebuilt([header, w, w, b])
    assert refused_or_same(path, doubled, *SMALL)
    assert refused_or_same(path, rebuilt([header, w, b], compression=zipfile.ZIP_DEFLATED), *SMALL)


def test_a_file_of_format_1_still_loads(path):
    """As nnlib once wrote it: without names in the header, and with a digest at the end."""
    text = json.dumps({"format": "nnlib", "format_version": 1, "header": SMALL[0]})
    arrays = [(f"{name}.npy", npy(array)) for name, array in SMALL[1].items()]
    path.write_bytes(rebuilt([header_member(text), *arrays, ("sha256.npy", npy(np.zeros(32, np.uint8)))]))
    assert_same(storage.load(path), *SMALL)


class Bomb:
    """Unpickling one makes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "File is not a zip file"),
        (b"epoch,loss\n1,0.5\n", "File is not a zip file"),
        (pickle.dumps([1, 2]), "File is not a zip file"),
        (npy(np.zeros(3)), "File is not a zip file"),
        (rebuilt([]), "'header'"),
        (rebuilt([("readme.txt", b"hello")]), "magic string"),
        (rebuilt([("W.npy", npy(np.zeros(3)))]), "'header'"),
        (rebuilt([("header.npy", npy(np.zeros(3)))]), ""),
        (rebuilt([header_member("[1, 2]")]), "list indices"),
        (rebuilt([header_member('{"format": "nnlib"}')]), "'format_version'"),
        (rebuilt([header_member("[" * 100_000)]), "(recursion|Stack overflow)"),
        (rebuilt([header_member('{"format": "mnist", "format_version": 1}')]), "the format mnist 1, .* knows nnlib 2"),
        (rebuilt([header_member('{"format": "nnlib", "format_version": 3}')]), "the format nnlib 3, .* knows nnlib 2"),
        (rebuilt([header_member('{"format": "nnlib", "format_version": 0}')]), "the format nnlib 0, .* knows nnlib 2"),
        (rebuilt([header_member('{"format": "nnlib", "format_version": 2}')]), "'header'"),
    ],
)
def test_foreign_and_newer_files_are_refused_with_the_reason(path, content, reason):
    path.write_bytes(content)
    message = f"{path} is not a file saved by nnlib, or is truncated, altered or newer: .*{reason}"
    with pytest.raises(ValueError, match=message):
        storage.load(path)


def claiming(shape, descr="<f8", content=bytes(16)):
    description = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(description)) + description + content


def test_no_file_runs_code(path, tmp_path):
    mark = tmp_path / "mark"
    bomb = npy(np.array([Bomb(mark)], dtype=object), allow_pickle=True)
    pickled = pickle.dumps(Bomb(mark))
    pickled += bytes(-len(pickled) % 8)  # as long as so many objects would be
    files = [
        pickle.dumps(Bomb(mark)),
        bomb,
        rebuilt([("header.npy", bomb)]),
        rebuilt([HEADER_OF_A, ("a.npy", bomb)]),
        rebuilt([HEADER_OF_A, ("a.npy", claiming(f"({len(pickled) // 8},)", "|O", pickled))]),
        rebuilt([HEADER_OF_A, ("a.npy", pickle.dumps(Bomb(mark)))]),
        rebuilt([HEADER_OF_A, ("a.npy", npy(np.ones(1))), ("sha256.npy", bomb)]),
    ]
    for content in files:
        path.write_bytes(content)
        try:
            storage.load(path)
        except ValueError as error:
            assert str(path) in str(error)
        else:
            assert content is files[-1]  # whose bomb is in the place that nobody reads
        assert not mark.exists()
    np.lib.format.read_array(io.BytesIO(bomb), allow_pickle=True)[0].close()
    assert mark.exists()  # the bomb is a live one


@pytest.mark.parametrize(
    "shape", ["(1099511627776,)", "(2, 549755813888)", "(-1,)", "(3,)", "(9223372036854775807, 4)", "compressed"]
)
def test_a_file_that_claims_more_than_is_there_takes_no_memory(path, shape):
    if shape == "compressed":
        member, compression, reason = bytes(50_000_000), zipfile.ZIP_DEFLATED, "it is compressed"
    else:
        member, compression, reason = claiming(shape), zipfile.ZIP_STORED, "an array claims float64 of shape"
    path.write_bytes(rebuilt([HEADER_OF_A, ("a.npy", member)], compression=compression))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(ValueError, match=reason):
        storage.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("version", [b"\x02\x00", b"\x03\x00", b"\x09\x09"])
def test_other_versions_of_the_array_format_are_refused(path, version):
    member = npy(np.zeros(2)).replace(b"NUMPY\x01\x00", b"NUMPY" + version)
    path.write_bytes(rebuilt([HEADER_OF_A, ("a.npy", member)]))
    with pytest.raises(ValueError, match="altered"):
        storage.load(path)
