"""What training records: one `Epoch` after another, read as a dict of columns."""

import warnings
from typing import NamedTuple


class Epoch(NamedTuple):
    """A finished epoch; what the numbers are stands in `NeuralNetwork.fit`."""

    train_loss: float
    val_loss: float  # nan without validation data
    penalty: float
    learning_rate: float


def _refuse(*_, **__):
    raise TypeError("the history is the network's own record and read-only; change a copy: list(the_column)")


class Column(list):
    """A list that only the network writes to. Slices, sums and copies of it are plain lists."""

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self):
        return list, (list(self),)


class History(dict):
    """A dict of columns, which warns whoever waits for a validation loss that will never come."""

    def __init__(self, columns, blind):
        super().__init__(columns)
        self._blind = blind

    def __getitem__(self, key):
        if key == "val_loss" and self._blind:
            warnings.warn("history['val_loss'] is nan: fit was given no validation_data=(X_val, y_val)", stacklevel=2)
        return super().__getitem__(key)

    def __reduce__(self):
        return dict, (dict(self),)
