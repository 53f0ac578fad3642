"""What fit prints: the same lines each time, and on a terminal a bar that cleans up after itself."""

import io
import sys

import pytest
from networks import XOR_X, XOR_Y, layers, xor_network

import nnlib.progress
from nnlib import DivergenceError, NeuralNetwork, plots
from nnlib.progress import Progress, printable


def epochs(n, val=float("nan"), penalty=0.0):
    return [(1 / (k + 1), val, penalty, 0.1) for k in range(n)]


def shown(last, verbose, first=0, stop=None, **numbers):
    """The text of a run up to epoch `last`, or up to `stop` only."""
    stream = io.StringIO()
    progress = Progress(last, verbose, first, stream)
    finished = epochs(first, **numbers)
    for epoch in epochs(stop or last, **numbers)[first:]:
        finished.append(epoch)
        progress.show(finished)
    progress.close(finished)
    return stream.getvalue()


def test_ten_lines_and_each_can_be_read():
    text = shown(1000, True)
    lines = text.splitlines()
    assert len(lines) == 10 and text.endswith("\n") and "\r" not in text
    assert lines[0] == "epoch  100/1000 [#         ] train loss 0.010000  rate 0.1"
    assert lines[9] == "epoch 1000/1000 [##########] train loss 0.001000  rate 0.1"


def test_validation_loss_and_penalty_are_named_where_there_are_any():
    assert shown(1, True, val=0.25, penalty=0.125) == (
        "epoch 1/1 [##########] train loss 1.000000  val loss 0.250000  penalty 0.125000  rate 0.1\n"
    )


@pytest.mark.parametrize("last, lines", [(1, 1), (9, 9), (10, 10), (11, 6), (19, 10), (25, 9), (101, 10), (12345, 10)])
def test_about_ten_lines_for_any_number_of_epochs(last, lines):
    assert len(shown(last, True).splitlines()) == lines


def test_a_number_is_the_epochs_from_line_to_line_and_the_last_is_always_said():
    assert [line.split()[1] for line in shown(10, 4).splitlines()] == ["4/10", "8/10", "10/10"]
    assert shown(10, False) == shown(10, 0) == ""


def test_going_on_counts_on():
    assert [line[:23] for line in shown(12, 2, first=8).splitlines()] == [
        "epoch 10/12 [#####     ",
        "epoch 12/12 [##########",
    ]


def test_a_run_that_stops_early_says_where():
    assert [line.split()[1] for line in shown(1000, True, stop=137).splitlines()] == ["100/1000", "137/1000"]
    assert [line.split()[1] for line in shown(1000, True, stop=200).splitlines()] == ["100/1000", "200/1000"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def screen(text):
    """What a terminal shows after `text`: the lines, each overwritten from its start by what follows a return."""
    lines = []
    for line in text.split("\n"):
        cells = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a second a look."""
    seconds = iter(range(10**6))
    monkeypatch.setattr(nnlib.progress.time, "monotonic", lambda: next(seconds))


def test_a_terminal_gets_a_bar_that_moves_and_leaves_only_the_lines(clock):
    stream = Terminal()
    progress = Progress(100, 50, 0, stream)
    for done in range(1, 101):
        progress.show(epochs(done, penalty=0.5 if done % 2 else 0.0))  # long lines and short ones
    progress.close(epochs(100))
    assert stream.getvalue().count("\r") >= 98
    assert screen(stream.getvalue()) == [
        "epoch  50/100 [#####     ] train loss 0.020000  rate 0.1",
        "epoch 100/100 [##########] train loss 0.010000  rate 0.1",
        "",
    ]


@pytest.mark.parametrize("stop", [1, 37, 50])
def test_a_bar_that_is_cut_short_ends_on_a_clean_line(clock, stop):
    stream = Terminal()
    progress = Progress(100, 50, 0, stream)
    for done in range(1, stop + 1):
        progress.show(epochs(done))
    progress.close(epochs(stop))
    assert [line[:14] for line in screen(stream.getvalue())] == [f"epoch {stop:>3}/100 ", ""]


def test_a_bar_whose_run_is_taken_back_is_wiped_away(clock):
    stream = Terminal()
    progress = Progress(100, 50, 0, stream)
    progress.show(epochs(1))
    assert screen(stream.getvalue()) != [""]
    progress.close([])
    assert screen(stream.getvalue()) == [""]
    assert stream.getvalue().endswith("\r")


def test_the_bar_moves_ten_times_a_second_at_most(monkeypatch):
    now = 100.0
    monkeypatch.setattr(nnlib.progress.time, "monotonic", lambda: now)
    stream = Terminal()
    progress = Progress(1000, 1000, 0, stream)
    for done in range(1, 1000):
        now += 0.01
        progress.show(epochs(done))
    assert 90 <= stream.getvalue().count("epoch") <= 101


def test_the_bar_fits_a_narrow_terminal(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    progress = Progress(100, 50, 0, stream)
    for done in range(1, 50):
        progress.show(epochs(done))
    assert {len(part) for part in stream.getvalue().split("\r")} == {39}


def test_another_runs_lines_do_not_spoil_the_bar_nor_it_them(clock):
    stream = Terminal()
    outer = Progress(20, 10, 0, stream)
    for done in range(1, 21):
        outer.show(epochs(done))
        inner = Progress(3, 2, 0, stream)  # as a callback that trains another network
        for other in range(1, 4):
            inner.show(epochs(other))
        inner.close(epochs(3))
    outer.close(epochs(20))
    lines = screen(stream.getvalue())
    inner_lines = ["epoch 2/3 [######    ] train", "epoch 3/3 [##########] train"]
    assert [line[:28] for line in lines if "/20" not in line] == inner_lines * 20 + [""]
    assert [line[:24] for line in lines if "/20" in line] == ["epoch 10/20 [#####     ]", "epoch 20/20 [##########]"]


class Window:
    """A stream that can write and nothing else."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


@pytest.mark.parametrize("stream", [Window(), None])
def test_a_stdout_that_is_no_file_or_none_will_do(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    network = xor_network()
    network.fit(XOR_X, XOR_Y, epochs=2, verbose=True)
    assert stream is None or stream.text.count("\n") == 2
    assert "2 → 4" in repr(network)


# ---------------------------------------------------------------- through fit


def test_fit_prints_lines_and_the_same_each_time(capsys):
    texts = []
    for _ in range(2):
        network = xor_network(l2_lambda=0.001)
        network.fit(XOR_X, XOR_Y, epochs=20, verbose=5, validation_data=(XOR_X, XOR_Y))
        network.fit(XOR_X, XOR_Y, epochs=3, verbose=True)
        texts.append(capsys.readouterr())
    assert texts[0] == texts[1] and texts[0].err == ""
    lines = texts[0].out.splitlines()
    assert [line.split(" [")[0] for line in lines] == [
        "epoch  5/20",
        "epoch 10/20",
        "epoch 15/20",
        "epoch 20/20",
        "epoch 21/23",
        "epoch 22/23",
        "epoch 23/23",
    ]
    history = network.history
    assert f"train loss {history['train_loss'][4]:.6f}  val loss {history['val_loss'][4]:.6f}" in lines[0]
    assert f"penalty {history['penalty'][4]:.6f}  rate 0.1" in lines[0]
    assert "val loss" not in lines[-1]


def test_fit_is_silent_unless_asked(capsys):
    xor_network().fit(XOR_X, XOR_Y, epochs=3)
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_fit_says_where_it_ended(capsys):
    def interrupt(network):
        if network.epoch == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        xor_network().fit(XOR_X, XOR_Y, epochs=100, verbose=True, callback=interrupt)
    assert capsys.readouterr().out.startswith("epoch   7/100 ")


def test_a_diverging_fit_leaves_a_clean_line(monkeypatch, clock):
    monkeypatch.setattr(sys, "stdout", Terminal())
    network = NeuralNetwork(layers([2, 1], "linear"), scheduler=lambda epoch, rate: rate * 100.0**epoch, seed=0)
    with pytest.raises(DivergenceError):
        network.fit(XOR_X, XOR_Y, epochs=100, verbose=90)
    assert sys.stdout.getvalue().count("epoch") > 10
    assert screen(sys.stdout.getvalue()) == [""]


def gone():
    raise OSError("gone")


@pytest.mark.parametrize("isatty", [False, None, gone])
def test_a_stream_that_does_not_know_what_it_is_gets_whole_lines(isatty, monkeypatch):
    stream = io.StringIO()
    stream.isatty = isatty
    monkeypatch.setattr(sys, "stdout", stream)
    xor_network().fit(XOR_X, XOR_Y, epochs=2, verbose=1)
    assert stream.getvalue().count("\n") == 2 and "\r" not in stream.getvalue()


def test_a_console_of_an_unknown_encoding_gets_ascii(monkeypatch):
    class Odd(io.StringIO):
        encoding = "no-such-encoding"

    monkeypatch.setattr(sys, "stdout", Odd())
    assert printable("2 → 3 ŷ") == "2 -> 3 \\u0177"
    assert repr(xor_network()).isascii()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp932"])
def test_what_is_printed_elsewhere_can_be_printed_everywhere(encoding, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    plots.show(plots.figure()[0], "A curve of ŷ → y, and ε².")
    print(DivergenceError(0, 0.1, {}))
    console.flush()
    assert b"A curve of " in console.buffer.getvalue()
