"""What `fit` prints: a line every so many epochs, and on a terminal a bar that moves in between."""

import shutil
import sys
import time

from nnlib import checks


class Progress:
    """Lines that read well in a notebook, a terminal and a log file.

    Lines come after a fixed number of epochs and after the last one, so the same run prints the same
    text. Only a terminal also gets the line that overwrites itself, ten times a second at most.

    last : int, the number of the last epoch. verbose : False, True (about ten lines), or an int,
    the epochs from line to line. first : int, the epochs that were finished before.
    """

    def __init__(self, last, verbose, first=0, stream=None):
        if isinstance(verbose, bool):
            self.every = max(1, -((first - last) // 10)) if verbose else 0
        else:
            self.every = checks.integer("verbose", verbose, at_least=0)
        self.first, self.last = first, last
        self.said = first  # the epoch of the last whole line
        self.stream = sys.stdout if stream is None else stream
        self.moving = bool(self.every) and self.stream.isatty()
        self.next_move = 0.0
        self.width = 0

    def show(self, epochs):
        """Say how far training is. `epochs` holds a tuple (train, val, penalty, rate) a finished epoch."""
        if not self.every:
            return
        done = len(epochs)
        if (done - self.first) % self.every == 0 or done == self.last:
            self.said = done
            self._write(self._line(done, *epochs[-1]), "\n")
        elif self.moving and time.monotonic() >= self.next_move:
            self.next_move = time.monotonic() + 0.1
            # A line that wraps could not be overwritten.
            self._write(self._line(done, *epochs[-1])[: shutil.get_terminal_size().columns - 1], "")

    def close(self, epochs):
        """Say where training ended, if that is not said yet, and leave the cursor on a clean line."""
        if self.every and len(epochs) > self.said:
            self._write(self._line(len(epochs), *epochs[-1]), "\n")
        elif self.width:
            self._write("", "\r")

    def _line(self, done, train_loss, val_loss, penalty, rate):
        tenths = 10 * (done - self.first) // max(1, self.last - self.first)
        line = f"epoch {done:>{len(str(self.last))}}/{self.last} [{'#' * tenths:<10}] train loss {train_loss:.6f}"
        if val_loss == val_loss:  # nan, the only number unequal to itself, says that there is none
            line += f"  val loss {val_loss:.6f}"
        if penalty:
            line += f"  penalty {penalty:.6f}"
        return f"{line}  rate {rate:.3g}"

    def _write(self, line, end):
        start = "\r" if self.width else ""
        self.stream.write(start + line.ljust(self.width) + end)
        self.stream.flush()
        self.width = len(line) if end == "" else 0
