"""The data: shapes, ranges, coding, seeds, and that nothing is shared between calls."""

import csv
import hashlib
import io
import tempfile
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import datasets

CLASSIFICATIONS = [datasets.circles, datasets.moons, datasets.spiral]
TOYS = [*CLASSIFICATIONS, datasets.noisy_sine]
each_toy = pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.__name__)
each_classification = pytest.mark.parametrize("toy", CLASSIFICATIONS, ids=lambda toy: toy.__name__)


def test_xor_is_the_truth_table():
    X, y = datasets.xor()
    assert X.dtype == y.dtype == np.float64
    assert X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [[int(a) ^ int(b)] for a, b in X]


@each_toy
def test_shapes_and_types(toy):
    for n in (2, 7, 200):
        X, y = toy(n=n)
        assert X.shape == (n, 1 if toy is datasets.noisy_sine else 2)
        assert y.shape == (n, 1)
        assert X.dtype == y.dtype == np.float64
        assert np.isfinite(X).all() and np.isfinite(y).all()


@each_toy
def test_the_same_arguments_give_the_same_data_in_new_arrays(toy):
    X, y = toy()
    X_again, y_again = toy()
    assert np.array_equal(X, X_again) and np.array_equal(y, y_again)
    assert not np.shares_memory(X, X_again) and not np.shares_memory(y, y_again)
    assert not np.array_equal(X, toy(seed=1)[0])


def test_xor_and_digits_are_new_arrays_at_each_call():
    for load in (datasets.xor, datasets.digits):
        X, y = load()
        X[:], y[:] = 9, 9
        assert load()[0].max() == 1 and not (load()[1] == 9).all()


@each_toy
def test_the_global_generator_is_never_touched(toy):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    toy()
    datasets.split(*toy())
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@each_classification
def test_classes_are_0_and_1_half_each_and_mixed(toy):
    for n in (2, 7, 400):
        y = toy(n=n)[1]
        assert np.sum(y == 0) == (n + 1) // 2 and np.sum(y == 1) == n // 2
    assert 80 < y[:200].sum() < 120  # in random order: not one class after the other,
    assert 0.4 < np.mean(y[1:] == y[:-1]) < 0.6  # and not in turn


@each_classification
def test_noise_is_the_standard_deviation_around_the_exact_points(toy):
    exact, y = toy(n=4000, noise=0.0)
    noisy, y_noisy = toy(n=4000, noise=0.2)
    assert np.array_equal(y, y_noisy)
    assert np.std(noisy - exact) == pytest.approx(0.2, rel=0.05)


@each_toy
def test_a_negative_zero_is_no_noise_and_much_noise_stays_finite(toy):
    assert np.array_equal(toy(noise=-0.0)[1], toy(noise=0.0)[1])
    assert all(np.isfinite(array**2).all() for array in toy(noise=1e100))


def test_circles_lie_on_their_circles():
    X, y = datasets.circles(n=500, noise=0)
    assert np.hypot(*X.T) == pytest.approx(np.where(y[:, 0] == 0, 1, 0.5), abs=1e-12)


def test_moons_lie_on_their_half_circles_and_in_each_other():
    X, y = datasets.moons(n=500, noise=0)
    upper, lower = X[y[:, 0] == 0], X[y[:, 0] == 1]
    assert np.hypot(upper[:, 0] + 0.5, upper[:, 1] + 0.25) == pytest.approx(1, abs=1e-12)
    assert np.hypot(lower[:, 0] - 0.5, lower[:, 1] - 0.25) == pytest.approx(1, abs=1e-12)
    assert upper[:, 1].min() < 0 < lower[:, 1].max()  # no horizontal line parts them
    assert np.all(np.abs(X) <= [1.5, 0.75])


def test_spiral_winds_one_and_a_half_times_and_its_arms_stay_apart():
    X, y = datasets.spiral(n=1000, noise=0)
    assert np.abs(X).max() <= 1
    angle = 3 * np.pi * np.hypot(*X.T) + np.pi * y[:, 0]
    assert np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.hypot(*X.T)[:, None] == pytest.approx(X)
    arms = X[y[:, 0] == 0], X[y[:, 0] == 1]
    gaps = np.hypot(*(arms[0][:, None] - arms[1][None]).transpose(2, 0, 1))
    assert gaps.min() > 5 * 0.02  # of the default noise


def test_noisy_sine_is_a_sine():
    X, y = datasets.noisy_sine(n=1000, noise=0)
    assert np.abs(X).max() <= 1
    assert y == pytest.approx(np.sin(np.pi * X))
    noisy = datasets.noisy_sine(n=1000, noise=0.3)[1]
    assert np.std(noisy - y) == pytest.approx(0.3, rel=0.1)


def test_digits_are_the_published_ones():
    packed = resources.files("nnlib").joinpath("data", "digits.csv.gz").read_bytes()
    digest = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
    assert hashlib.sha256(packed).hexdigest() == digest
    notice = resources.files("nnlib").joinpath("data", "README.md").read_text("utf-8")
    assert digest in notice and "CC BY 4.0" in notice and "10.24432/C50P49" in notice

    X, labels = datasets.digits()
    assert X.shape == (1797, 64) and X.dtype == np.float64
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert X.min() == 0 and X.max() == 1
    assert np.array_equal(X * 16, np.round(X * 16))
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # The first picture is a zero: ink around an empty middle.
    assert labels[0] == 0 and X[0].reshape(8, 8)[3:5, 3:5].sum() == 0


def test_penguins_are_the_published_ones():
    data = resources.files("nnlib").joinpath("data")
    content = data.joinpath("penguins.csv").read_bytes().replace(b"\r\n", b"\n")  # as git may write it on Windows
    digest = "144f623143c9360fd77322a4f86acb06dc198814dbd2669724c63e6457b907bd"
    assert hashlib.sha256(content).hexdigest() == digest
    notice = data.joinpath("README.md").read_text("utf-8")
    assert digest in notice and "(CC0)" in notice and "10.5281/zenodo.3960218" in notice

    columns = datasets.penguins()
    assert len(columns) == 17 and {column.shape for column in columns.values()} == {(344,)}
    assert {column.dtype.kind for column in columns.values()} == {"U"}
    assert set(columns["Stage"]) == {"Adult, 1 Egg Stage"}  # a comma between quotes
    assert np.unique(columns["Sex"], return_counts=True)[1].tolist() == [165, 168, 11]
    assert columns["Delta 15 N (o/oo)"].tolist().count("NA") == 14
    columns["Sex"][:] = "NA"
    assert datasets.penguins()["Sex"][0] == "MALE"


# ---- read_csv: what is in the files of others ----------------------------------------------------------


def written(folder, content, name="table.csv"):
    path = Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


ENTRIES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=6).map(str.strip)


@given(
    st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(ENTRIES, min_size=n, max_size=n), max_size=5)),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_the_csv_module_writes_comes_back(rows, delimiter, ending, encoding, quoting):
    rows = [row for row in rows if any(row)]
    names = [f"c{k}" for k in range(len(rows[0]) if rows else 2)]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows([names, *rows])
    with tempfile.TemporaryDirectory() as folder:
        columns = datasets.read_csv(written(folder, file.getvalue().encode(encoding)))
    assert list(columns) == names
    assert [list(row) for row in zip(*columns.values())] == rows


@given(st.binary(max_size=60) | st.text(',;"\n\r a1\x00', max_size=30).map(str.encode))
def test_any_file_is_read_or_refused_in_words(content):
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, content)
        try:
            columns = datasets.read_csv(path)
        except ValueError as error:
            assert str(path) in str(error)
        else:
            assert columns and len({len(column) for column in columns.values()}) == 1


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("a,b\n1,2\n", {"a": ["1"], "b": ["2"]}),
        ("a;b\n1,5;2\n", {"a": ["1,5"], "b": ["2"]}),  # semicolons, decimal commas
        ("a\tb\n1\t2", {"a": ["1"], "b": ["2"]}),  # no end of the last line
        ("\ufeffa,b\r\n1,2\r\n\r\n", {"a": ["1"], "b": ["2"]}),  # Excel's mark, an empty line at the end
        ("\n\na;b\n1;2\n;\n", {"a": ["1"], "b": ["2"]}),  # empty lines in front, a line without entries
        ('a, "b"\n 1 , "2, or 3"\n', {"a": ["1"], "b": ["2, or 3"]}),  # spaces
        (',b\n0,"two\nlines"\n', {"column 1": ["0"], "b": ["two\nlines"]}),  # as pandas and R write row names
        ('a,b\r\n"two\r\nlines",2\r\n', {"a": ["two\r\nlines"], "b": ["2"]}),
        ("a\n1\n2\n", {"a": ["1", "2"]}),
        ("a,b\n", {"a": [], "b": []}),
    ],
)
def test_files_as_they_come(content, columns, tmp_path):
    found = datasets.read_csv(written(tmp_path, content))
    assert {name: column.tolist() for name, column in found.items()} == columns
    assert {column.dtype.kind for column in found.values()} == {"U"}


def test_the_reader_of_a_file_can_be_told(tmp_path):
    path = written(tmp_path, "Größe|a,b,c\n1|2\n".encode("cp1252"))
    told = datasets.read_csv(str(path), encoding="cp1252", delimiter="|")
    assert {name: column.tolist() for name, column in told.items()} == {"Größe": ["1"], "a,b,c": ["2"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty. The first line should name the columns"),
        (b"\n \n", "is empty"),
        (b"a,b\n1,2\n\n3\n", r"line 4 of .*table.csv cannot be read: it has 1 entries, and the first line 2"),
        (b"a,b\n1,2,3\n", "line 2 of .* it has 3 entries, and the first line 2"),
        (b'a,b\n1,"2\n3,4\n', "line 3 of .* unexpected end of data"),
        (b"a,b,a\n1,2,3\n", "has two columns called 'a'"),
        ("Größe\n1\n".encode("cp1252"), "not coded in utf-8.* encoding='cp1252'"),
        ("a,b\n".encode("utf-16"), r"encoding='utf-16'\)$"),
        (b"PK\x03\x04...", "is a workbook or an archive, not a text"),
        (b"a" * 200_000, "line 1 of .* field larger than field limit"),
        (b'a,b\n1,"' + b"2" * 200_000 + b'"\n', "line 2 of .* field larger than field limit"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(content, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        datasets.read_csv(written(tmp_path, content))


def test_a_file_that_is_not_there_and_a_bad_delimiter(tmp_path):
    with pytest.raises(FileNotFoundError):
        datasets.read_csv(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="delimiter must be a single character or None, got ', '"):
        datasets.read_csv(written(tmp_path, "a, b\n"), delimiter=", ")


@pytest.mark.parametrize("before", ["", "  \n", "\n\n;;\n", "sep=;\n", "SEP=;\r\n"])
def test_the_delimiter_is_that_of_the_first_line_with_an_entry(before, tmp_path):
    table = datasets.read_csv(written(tmp_path, before + "A;B\n1;2,5\n"))
    assert {name: column.tolist() for name, column in table.items()} == {"A": ["1"], "B": ["2,5"]}


def test_a_delimiter_that_the_file_names_is_believed(tmp_path):
    table = datasets.read_csv(written(tmp_path, "sep=:\na:b,c,d\n1:2\n"))
    assert list(table) == ["a", "b,c,d"]
    with pytest.raises(ValueError, match="line 4 of"):
        datasets.read_csv(written(tmp_path, "sep=;\na;b\n1;2\n3\n"))


def test_a_column_is_as_wide_as_its_own_longest_entry(tmp_path):
    table = datasets.read_csv(written(tmp_path, f"a,b\n1,{'x' * 5000}\n2,y\n"))
    assert table["a"].dtype == "<U1" and table["b"].dtype == "<U5000"


def test_an_encoding_that_nobody_knows(tmp_path):
    with pytest.raises(ValueError, match="encoding must be one that Python knows, such as 'cp1252', got 'utf-99'"):
        datasets.read_csv(written(tmp_path, "a\n1\n"), encoding="utf-99")


def test_split_refuses_what_is_masked():
    X = np.ma.masked_equal([[1.0], [-999.0], [3.0], [4.0]], -999.0)
    with pytest.raises(ValueError, match="X must have a number everywhere, got a masked array with 1 missing"):
        datasets.split(X, np.arange(4))
    with pytest.raises(ValueError, match="y must have a number everywhere"):
        datasets.split(np.arange(4), X)


def test_one_hot():
    assert datasets.one_hot([2, 0], n_classes=3).tolist() == [[0, 0, 1], [1, 0, 0]]
    _, labels = datasets.digits()
    targets = datasets.one_hot(labels)
    assert targets.shape == (1797, 10) and targets.dtype == np.float64
    assert np.array_equal(targets.argmax(axis=1), labels)
    assert (targets.sum(axis=1) == 1).all()


def test_split_parts_the_rows_and_keeps_X_beside_y():
    X = np.arange(40).reshape(20, 2)
    y = X[:, 0].copy()
    X_train, y_train, X_held, y_held = datasets.split(X, y, fraction=0.3, seed=5)
    assert len(X_train) == len(y_train) == 14 and len(X_held) == len(y_held) == 6
    assert np.array_equal(X_train[:, 0], y_train) and np.array_equal(X_held[:, 0], y_held)
    assert sorted([*y_train, *y_held]) == y.tolist()
    assert y_train.tolist() != sorted(y_train)
    assert not np.shares_memory(X_train, X)
    again = datasets.split(X, y, fraction=0.3, seed=5)
    assert all(np.array_equal(a, b) for a, b in zip(again, (X_train, y_train, X_held, y_held), strict=True))
    assert not np.array_equal(datasets.split(X, y, fraction=0.3, seed=6)[0], X_train)


def test_split_leaves_a_row_on_either_side():
    X = np.zeros((3, 1))
    assert [len(part) for part in datasets.split(X, X, fraction=0.01)] == [2, 2, 1, 1]
    assert [len(part) for part in datasets.split(X, X, fraction=0.99)] == [1, 1, 2, 2]


@each_toy
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, r"n must be at least \d, got 0"),
        ({"n": 2.5}, TypeError, "n must be a whole number, got 2.5"),
        ({"n": "many"}, TypeError, "n must be a whole number, got 'many'"),
        ({"noise": -0.1}, ValueError, r"noise must be .* at least 0 and at most 1e\+100, got -0.1"),
        ({"noise": 1e308}, ValueError, r"noise must be .* at least 0 and at most 1e\+100, got 1e\+308"),
        ({"noise": float("nan")}, ValueError, r"noise must be .* at least 0 and at most 1e\+100, got nan"),
        ({"noise": "little"}, TypeError, "noise must be a number, got 'little'"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"seed": None}, TypeError, "seed must be a whole number, got None"),
    ],
)
def test_bad_arguments_are_named(toy, arguments, error, message):
    with pytest.raises(error, match=message):
        toy(**arguments)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: datasets.one_hot([0, 10]), ValueError, "labels must be from 0 to 9, got 0 to 10"),
        (lambda: datasets.one_hot([-1]), ValueError, "labels must be from 0 to 9, got -1 to -1"),
        (lambda: datasets.one_hot([0.5]), TypeError, "labels must be whole numbers, got float64"),
        (lambda: datasets.one_hot([[1]]), ValueError, r"labels must have shape \(n,\), got \(1, 1\)"),
        (lambda: datasets.one_hot([0], n_classes=0), ValueError, "n_classes must be at least 1, got 0"),
        (lambda: datasets.split([1], [1]), ValueError, r"X must have at least 2 rows, got shape \(1,\)"),
        (lambda: datasets.split([1, 2], [1]), ValueError, r"y must have as many rows as X, 2, got shape \(1,\)"),
        (lambda: datasets.split([1, 2], [1, 2], 1.0), ValueError, "fraction must be below 1, got 1"),
        (lambda: datasets.split([1, 2], [1, 2], 0), ValueError, "fraction must be a finite number above 0, got 0"),
        (lambda: datasets.split([1, 2], [1, 2], "half"), TypeError, "fraction must be a number, got 'half'"),
        (lambda: datasets.split([1, 2], [1, 2], seed=0.5), TypeError, "seed must be a whole number, got 0.5"),
    ],
)
def test_bad_arguments_of_the_helpers_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
