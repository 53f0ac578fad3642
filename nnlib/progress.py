"""What `fit` prints: a line every so many epochs, and on a terminal a bar that moves in between."""

import math
import sys
import time

import numpy as np

from nnlib import checks
from nnlib.history import Epoch


class Progress:
    """Lines that read well in a notebook, a terminal and a log file.

    Lines come after a fixed number of epochs and after the last one, so the same run prints the same
    text. Only a terminal also gets the line that overwrites itself, ten times a second at most.

    last : int, the number of the last epoch. verbose : False, True (about ten lines), or an int,
    the epochs from line to line. first : int, the epochs that were finished before.
    """

    standing = (None, 0)  # the stream that an unfinished line stands on, and its width; a callback may train, too

    def __init__(self, last, verbose, first=0, stream=None):
        if isinstance(verbose, bool | np.bool):
            self.every = max(1, -((first - last) // 10)) if verbose else 0
        else:
            self.every = checks.integer("verbose", verbose, at_least=0)
        self.first, self.last = first, last
        self.said = first  # the epoch of the last whole line
        self.stream = sys.stdout if stream is None else stream
        self.moving = bool(self.every) and _is_terminal(self.stream)
        self.next_move = 0.0

    def show(self, epochs):
        """Say how far training is. `epochs` holds one tuple per finished epoch, in the order of `Epoch`."""
        if not self.every:
            return
        done = len(epochs)
        if (done - self.first) % self.every == 0 or done == self.last:
            self.said = done
            self._write(self._line(done, Epoch(*epochs[-1])), "\n")
        elif self.moving and time.monotonic() >= self.next_move:
            self.next_move = time.monotonic() + 0.1
            import shutil  # here, because few ask for moving lines, and it takes milliseconds

            # A line that wraps could not be overwritten.
            self._write(self._line(done, Epoch(*epochs[-1]))[: shutil.get_terminal_size().columns - 1], "")

    def close(self, epochs):
        """Say where training ended, if that is not said yet, and leave the cursor on a clean line."""
        if self.every and len(epochs) > self.said:
            self._write(self._line(len(epochs), Epoch(*epochs[-1])), "\n")
        elif self._width():
            self._write("", "\r")

    def _line(self, done, epoch):
        tenths = 10 * (done - self.first) // max(1, self.last - self.first)
        line = f"epoch {done:>{len(str(self.last))}}/{self.last} [{'#' * tenths:<10}] train loss {epoch.train_loss:.6f}"
        if not math.isnan(epoch.val_loss):
            line += f"  val loss {epoch.val_loss:.6f}"
        if epoch.penalty:
            line += f"  penalty {epoch.penalty:.6f}"
        return f"{line}  rate {epoch.learning_rate:.3g}"

    def _width(self):
        stream, width = Progress.standing
        return width if stream is self.stream else 0

    def _write(self, line, end):
        text = ("\r" if self._width() else "") + line.ljust(self._width()) + end
        print(text, end="", file=self.stream, flush=hasattr(self.stream, "flush"))
        Progress.standing = (None, 0) if end else (self.stream, len(line))


def _is_terminal(stream):
    """Whether a line can overwrite itself there; a stand-in for a stream may not know."""
    try:
        return bool(stream.isatty())
    except (AttributeError, TypeError, OSError, ValueError):
        return False


def printable(text):
    """`text`, or the nearest that the console can print: not every one knows an arrow."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
        return text
    except LookupError:  # a name of no encoding
        return text.replace("→", "->").encode("ascii", "backslashreplace").decode("ascii")
    except UnicodeEncodeError:
        return text.replace("→", "->").encode(encoding, "backslashreplace").decode(encoding)
