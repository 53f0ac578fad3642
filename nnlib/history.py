"""What training records: one `Epoch` after another, read as a dict of columns."""

import math
import warnings
from typing import NamedTuple


class Epoch(NamedTuple):
    """A finished epoch, or the order in which a plain tuple holds one; see `NeuralNetwork.fit`."""

    train_loss: float
    val_loss: float  # nan without validation data
    penalty: float
    learning_rate: float


def _refuse(*_, **__):
    raise TypeError("the network's own history is read-only; change a copy, such as list(history['train_loss'])")


class Column(list):
    """A list that only the network makes longer. Slices, sums and copies of it are plain lists."""

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self):
        return list, (list(self),)


class History(dict):
    """A dict of columns, which warns a callback that waits for a validation loss that will never come."""

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __init__(self):
        super().__init__({key: Column() for key in Epoch._fields})
        self.read_by_callback = False

    def grow(self, epochs):
        """Add what is missing of `epochs`, a list of tuples; whatever was interrupted before is caught up with."""
        for k, column in enumerate(self.values()):
            for epoch in epochs[len(column) :]:
                list.append(column, epoch[k])

    def __getitem__(self, key):
        column = super().__getitem__(key)
        if key == "val_loss" and self.read_by_callback and math.isnan(column[-1]):
            warnings.warn("history['val_loss'] is nan: fit was given no validation_data=(X_val, y_val)", stacklevel=2)
        return column

    def get(self, key, default=None):
        return self[key] if key in self else default

    def __reduce__(self):
        return dict, (dict(self),)
