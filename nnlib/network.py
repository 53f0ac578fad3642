"""The network: layers in a row, trained by gradient descent on mini-batches.

Read `fit`, then `_train_epoch`, then `_descend`: that is the whole of training. All parameters live
in one vector, of which every layer's W and b are views, so a step of descent, a copy and a check
for infinities are one line each.
"""

import copy
import functools
import math
import warnings
from dataclasses import asdict

import numpy as np

from nnlib import checks
from nnlib.activations import ACTIVATIONS
from nnlib.history import Epoch, History
from nnlib.initializers import INITIALIZERS
from nnlib.layers import Dense
from nnlib.losses import LOSSES
from nnlib.optimizers import OPTIMIZERS, SGD, Optimizer
from nnlib.progress import Progress, printable
from nnlib.schedulers import SCHEDULERS


class NeuralNetwork:
    """A fully connected network that learns by mini-batch gradient descent.

    Parameters
    ----------
    layer_config : list of dicts, one per layer, from the inputs to the outputs, with the keys
        'n_inputs', 'n_neurons' (whole numbers; a layer's n_inputs is the n_neurons before it),
        'activation' (a name in `nnlib.activations.ACTIVATIONS`, such as 'tanh') and, where the
        activation's own is not wanted, 'initializer' (a name in `nnlib.initializers.INITIALIZERS`).
    learning_rate : float above 0, the initial rate.
    l2_lambda : float of at least 0. Adds the penalty l2_lambda/2 · ΣW² to the objective; biases are free.
    scheduler : function (epoch, initial rate) -> rate, such as `StepLR` or `ExponentialLR`; None keeps the rate.
    seed : int of at least 0 for the same weights and the same batches each time, None for fresh ones,
        or a generator made by `numpy.random.default_rng`, which the network then draws from.
    loss : a name in `nnlib.losses.LOSSES`. 'mse', the mean squared error; or 'cross_entropy' for
        classes, one output each: the last layer must be linear, `predict` gives probabilities, the softmax of its
        sums, and rows of y are probabilities too (`nnlib.datasets.one_hot` makes them of labels).
    optimizer : `SGD()`, `Momentum()`, `Adam()` or `AdamW()` of `nnlib.optimizers`; None is `SGD()`. Where it has a
        memory, that is part of the network's state: copied, saved and restored with the parameters.
    dtype : float32 or float64, the type of every number inside. None means float64, unless the
        first X that `fit` sees is float32: then the network becomes float32 and stays so.

    Raises ValueError or TypeError, naming the argument, for anything else.

    A subclass may have another constructor and attributes of its own. Copies and pickles bring the
    attributes along (`copy` as they are, `copy.deepcopy` copied); a file does not, and no way calls its constructor.

    >>> xor = [{'n_inputs': 2, 'n_neurons': 4, 'activation': 'tanh'},
    ...        {'n_inputs': 4, 'n_neurons': 1, 'activation': 'tanh'}]
    >>> NeuralNetwork(xor, learning_rate=0.1, seed=0)
    NeuralNetwork(2 → 4 tanh → 1 tanh, 17 parameters, learning_rate=0.1, 0 epochs trained)
    """

    def __init__(
        self,
        layer_config,
        learning_rate=0.1,
        l2_lambda=0.0,
        scheduler=None,
        seed=None,
        dtype=None,
        *,
        loss="mse",
        optimizer=None,
    ):
        self._layer_config = _checked_config(layer_config)
        self._loss = _checked_loss(loss, self._layer_config[-1])
        self._optimizer = _checked_optimizer(optimizer)
        self.learning_rate = learning_rate
        self.l2_lambda = l2_lambda
        self.scheduler = scheduler
        self._check_settings()
        self._dtype_is_open = dtype is None
        dtype = checks.floating("dtype", np.float64 if dtype is None else dtype)
        self._generator = _generator_from(seed)
        self._updates = 0
        self._epochs = []  # one tuple per finished epoch, in the order of `Epoch`
        self._history = History()  # the same by columns, made when somebody looks
        self._in_callback = False

        parameters = []
        for config in self._layer_config:
            initializer = INITIALIZERS[config["initializer"]]
            parameters.append(initializer(config["n_inputs"], config["n_neurons"], self._generator).ravel())
            parameters.append(np.zeros(config["n_neurons"]))
        self._lay_out(np.concatenate(parameters).astype(dtype))

    # ---------------------------------------------------------------- training

    def fit(
        self,
        X,
        y,
        epochs=1000,
        batch_size=32,
        verbose=False,
        *,
        validation_data=None,
        shuffle=True,
        callback=None,
    ):
        """Train for `epochs` more epochs and return the history of all epochs so far.

        In each epoch every row is used once, in fresh random order, `batch_size` rows to an update;
        the last batch of an epoch may be smaller. Calling `fit` again goes on where it ended,
        schedule and history included.

        Parameters
        ----------
        X : array (n, n_inputs) and y : array (n, n_outputs), finite numbers, integers included.
            Neither is changed.
        epochs : int of at least 0.
        batch_size : int of at least 1; n or more means full-batch descent.
        verbose : False for silence, True for about ten lines in all, or an int for a line every so many epochs.
        validation_data : (X_val, y_val), whose loss is recorded after every epoch and never trained on.
        shuffle : False takes the rows in the order in which they stand.
        callback : function called with the network after every epoch; a true return value stops training.
            It may look at everything, set parameters, change the settings for the epochs to come and
            save, but not call `fit` on the same network.

        Returns
        -------
        dict of lists of the caller's own, one number per epoch: 'train_loss' is the mean over the
        epoch's rows of the data loss, each batch taken just before its update; 'penalty' the same for
        the L2 penalty; 'val_loss' the data loss on the validation data after the epoch (nan without
        any); 'learning_rate' the rate of the epoch.

        Raises
        ------
        ValueError or TypeError for a bad argument, before anything is changed.
        DivergenceError, a ValueError, if a loss or a parameter stops being finite; parameters,
        settings, history and generator are then as they were before the call, as they are if the
        scheduler fails or returns no rate.
        RuntimeError for a call from a callback or a scheduler of the same network.
        Any other exception passes through and leaves the weights as they are and the finished epochs
        in `history`: KeyboardInterrupt, whatever the callback raises, and the ValueError or TypeError
        for a setting that the callback has spoiled.
        """
        if self._in_callback:
            raise RuntimeError(
                "fit must not be called by a callback or scheduler of the same network, which is still in training. "
                "Return True from the callback to stop it, then call fit again"
            )
        epochs = checks.integer("epochs", epochs, at_least=0)
        batch_size = checks.integer("batch_size", batch_size, at_least=1)
        shuffle = checks.flag("shuffle", shuffle)
        checks.function_or_none("callback", callback)
        self._check_settings()
        dtype = None if self._dtype_is_open else self.dtype
        X, y = self._samples(X, y, dtype)
        if validation_data is not None:
            validation_data = self._checked_validation(validation_data, X.dtype)
        progress = Progress(self.epoch + epochs, verbose, first=self.epoch)
        batches = _Batches(X, y, batch_size, self._generator if shuffle else None)

        before = self._snapshot()
        if self._dtype_is_open:
            self._use_dtype(X.dtype)
        told = np.geterr()  # what NumPy tells the caller, whose functions are called with it
        try:
            # No news here: of an overflow the check for finite losses says more, and an underflow is a zero.
            with np.errstate(over="ignore", invalid="ignore", under="ignore"):
                for epoch in range(self.epoch, self.epoch + epochs):
                    try:
                        rate = self._rate(epoch, told)
                    except Exception:
                        self._restore(before)
                        raise
                    train_loss, penalty = self._train_epoch(batches, rate)
                    val_loss = math.nan if validation_data is None else self._data_loss(*validation_data)
                    if not math.isfinite(train_loss + penalty) or (validation_data and not math.isfinite(val_loss)):
                        raise self._diverged(epoch, rate, before)
                    self._epochs.append((train_loss, val_loss, penalty, rate))
                    progress.show(self._epochs)
                    if callback is not None:
                        self._check_finite(before)
                        if self._ask(told, callback, self):
                            break
                if epochs:
                    self._check_finite(before)
        finally:
            self._in_callback = False
            progress.close(self._epochs)
        return self._copied_history()

    def _train_epoch(self, batches, rate):
        """One pass over all rows. Returns the row-weighted mean data loss and penalty."""
        loss_sum = penalty_sum = 0.0
        for X, y in batches.epoch():
            loss, penalty = self._descend(X, y, rate)
            loss_sum += loss * len(X)
            penalty_sum += penalty * len(X)
        return loss_sum / batches.n_rows, penalty_sum / batches.n_rows

    def _descend(self, X, y, rate):
        """One update. Returns the data loss and the penalty from before it."""
        loss, penalty = self._backpropagate(X, y)
        if self._optimizer.weight_decay:
            for layer in self.layers:
                W = layer.W
                W *= 1 - rate * self._optimizer.weight_decay
        self._updates += self._optimizer.n_states > 0
        self._optimizer.step(self._parameters, self._gradient, rate, self._state, self._updates)
        return loss, penalty

    def _backpropagate(self, X, y):
        """Fill `_gradient` with the gradient of data loss + penalty. Returns the two."""
        trace = self._forward(X)
        loss, dA = self._loss.function(trace[-1], y)
        for k in reversed(range(len(self.layers))):
            dA = self.layers[k].backward(trace[k], trace[k + 1], dA, *self._gradient_views[k], with_dX=k > 0)
        if not self.l2_lambda:
            return loss, 0.0
        for layer, (dW, _) in zip(self.layers, self._gradient_views, strict=True):
            dW += self.l2_lambda * layer.W
        return loss, self._penalty()

    def _forward(self, X):
        trace = [X]
        for layer in self.layers:
            trace.append(layer.forward(trace[-1]))
        return trace

    def _data_loss(self, X, y):
        return self._loss.function(self._forward(X)[-1], y)[0]

    def _rate(self, epoch, told):
        if self.scheduler is None:
            return float(self.learning_rate)
        rate = self._ask(told, self.scheduler, epoch, self.learning_rate)
        # A Python float: NumPy's own would turn a float32 network into float64.
        return checks.number(f"the scheduler's rate for epoch {epoch}", rate, at_least=0)

    def _ask(self, told, function, *values):
        """What a function of the caller's returns: it must not train this network, nor spoil its settings.

        told : of what NumPy warns in it, as `numpy.geterr` says it.
        """
        rate, l2_lambda, scheduler = self.learning_rate, self.l2_lambda, self.scheduler
        self._in_callback = True
        with np.errstate(**told):
            answer = function(*values)
        self._in_callback = False
        if self.learning_rate is not rate or self.l2_lambda is not l2_lambda or self.scheduler is not scheduler:
            self._check_settings()
        return answer

    def _check_finite(self, before):
        """The last update comes after the last loss was taken: it may have run away unseen."""
        if not (np.isfinite(self._parameters).all() and np.isfinite(self._state).all()):
            what = "a parameter, or what the optimizer remembers of it,"
            raise self._diverged(self.epoch - 1, self._epochs[-1][-1], before, what)

    def _diverged(self, epoch, rate, before, *what):
        """The error to raise once everything is as it was before."""
        error = checks.DivergenceError(epoch, rate, self._copied_history(), *what)
        self._restore(before)
        return error

    # ---------------------------------------------------------------- looking at it

    def predict(self, X):
        """The outputs (n, n_outputs) for the rows of X (n, n_inputs): probabilities with cross-entropy.

        Raises as `fit` does.
        """
        return self._loss.link(self.trace(X)[-1])

    def trace(self, X):
        """Every layer's outputs for X: the list [X, A1, ..., AL].

        The first is the caller's own array where that is of the network's `dtype`. The last is `predict(X)` with the
        mean squared error; with cross-entropy it is the logits, before the softmax.
        """
        X = checks.rows("X", X, self.n_inputs, self.dtype)
        with np.errstate(under="ignore"):
            return self._forward(X)

    def loss(self, X, y):
        """The data loss on (X, y), a float, without the penalty: the mean squared error over every element, or the
        cross-entropy over every row."""
        X, y = self._samples(X, y, self.dtype)
        with np.errstate(under="ignore"):
            return self._data_loss(X, y)

    def penalty(self):
        """The L2 penalty l2_lambda/2 · ΣW², a float. Biases cost nothing."""
        self._check_settings()
        return self._penalty()

    def _penalty(self):
        if not self.l2_lambda:
            return 0.0
        weights = [layer.W.ravel() for layer in self.layers]
        with np.errstate(over="ignore", under="ignore"):
            squares = sum(float(np.dot(W, W)) for W in weights)
        if squares == math.inf:  # of float32 from 1e19 on; float64 holds them
            squares = sum(float(np.dot(W, W)) for W in (W.astype(np.float64) for W in weights))
        return 0.5 * self.l2_lambda * squares

    def gradients(self, X, y):
        """The data loss on (X, y), and the gradient of data loss + penalty.

        Returns (float, [{'W': array, 'b': array}, ...]), the arrays of the shapes of the parameters.
        """
        self._check_settings()
        X, y = self._samples(X, y, self.dtype)
        with np.errstate(under="ignore"):
            loss, _ = self._backpropagate(X, y)
        return loss, [{"W": dW.copy(), "b": db.copy()} for dW, db in self._gradient_views]

    @property
    def history(self):
        """Every finished epoch, as a dict of lists; see `fit`.

        The lists are the network's own, so that a callback may look at them after every epoch at no
        cost: read-only, and longer at the next look. `list(...)` of one, a slice, or what `fit`
        returns stays as it is.
        """
        self._history.grow(self._epochs)
        self._history.read_by_callback = self._in_callback
        return self._history

    def _copied_history(self):
        return {key: list(column) for key, column in self.history.items()}

    @property
    def epoch(self):
        """The number of finished epochs, which is also the number of the next one."""
        return len(self._epochs)

    @property
    def layer_config(self):
        """The layers, as a list of complete dicts of the caller's own; see `NeuralNetwork`."""
        return [dict(config) for config in self._layer_config]

    @property
    def optimizer(self):
        """The rule that makes a step of a gradient, as the constructor got it."""
        return self._optimizer

    @property
    def generator(self):
        """The `numpy.random.Generator` that drew the weights and draws the order of the rows."""
        return self._generator

    @property
    def n_inputs(self):
        return self._layer_config[0]["n_inputs"]

    @property
    def n_outputs(self):
        return self._layer_config[-1]["n_neurons"]

    @property
    def dtype(self):
        """The type of every number inside: numpy's float64 or float32."""
        return self._parameters.dtype

    def summary(self):
        """A table of the layers with their shapes and parameter counts, as a string to print."""
        lines = [f"{'layer':<7}{'activation':<12}{'W':<14}{'b':<10}{'parameters':>10}"]
        for k, layer in enumerate(self.layers, start=1):
            shapes = f"{layer.W.shape!s:<14}{layer.b.shape!s:<10}"
            lines.append(f"{k:<7}{layer.activation.name:<12}{shapes}{layer.W.size + layer.b.size:>10,}")
        lines.append(f"{'total':<43}{self._parameters.size:>10,}")
        return "\n".join(lines)

    def __repr__(self):
        layers = [f"{c['n_neurons']} {c['activation']}" for c in self._layer_config]
        settings = f"learning_rate={_in_short(self.learning_rate)}"
        settings += f", l2_lambda={_in_short(self.l2_lambda)}" if self.l2_lambda else ""
        settings += f", scheduler={self.scheduler!r}" if self.scheduler is not None else ""
        settings += f", loss={self._loss.name!r}" if self._loss.name != "mse" else ""
        settings += f", optimizer={self._optimizer!r}" if self._optimizer != SGD() else ""
        return printable(
            f"NeuralNetwork({' → '.join([str(self.n_inputs), *layers])}, {self._parameters.size:,} parameters, "
            f"{settings}, {self.epoch} epochs trained)"
        )

    # ---------------------------------------------------------------- parameters and files

    def get_parameters(self):
        """A copy of all parameters: [{'W': (n_inputs, n_neurons), 'b': (n_neurons,)}, ...]."""
        return [{"W": layer.W.copy(), "b": layer.b.copy()} for layer in self.layers]

    def set_parameters(self, parameters):
        """Overwrite all parameters with those given, in the form of `get_parameters`, or with none on an error.

        Nothing else changes: history, generator, and what the optimizer remembers stay as they are.

        Raises ValueError or TypeError where the layers, keys, shapes or numbers are not as wanted.
        """
        if not isinstance(parameters, list | tuple) or len(parameters) != len(self.layers):
            came = f"{len(parameters)} of them" if isinstance(parameters, list | tuple) else checks.brief(parameters)
            raise ValueError(f"parameters must be a list of {len(self.layers)} dicts, one per layer, got {came}")
        checked = []
        for k, (given, layer) in enumerate(zip(parameters, self.layers, strict=True)):
            if not isinstance(given, dict) or given.keys() != {"W", "b"}:
                came = sorted(map(str, given)) if isinstance(given, dict) else checks.brief(given)
                raise ValueError(f"parameters[{k}] must be a dict with the keys 'W' and 'b', got {came}")
            for key, current in (("W", layer.W), ("b", layer.b)):
                array = checks.real_array(f"parameters[{k}]['{key}']", given[key], self.dtype)
                if array.shape != current.shape:
                    raise ValueError(f"parameters[{k}]['{key}'] must have shape {current.shape}, got {array.shape}")
                checked.append(array.ravel())
        self._parameters[:] = np.concatenate(checked)

    def copy(self, dtype=None):
        """A network of its own in the same state, generator and history included; `dtype` may convert it.

        Raises TypeError for another `dtype`, and ValueError where a number does not fit into float32.
        """
        twin = copy.copy(self)
        if dtype is not None:
            twin._use_dtype(checks.floating("dtype", dtype))
        return twin

    def __reduce__(self):
        # For pickle and copy, by whose own rules the views of the parameter vector become arrays beside it.
        code = self.scheduler, self._optimizer
        own, slots = self._attributes_of_its_own(), self._slots_of_its_own()
        return self._from_checkpoint, (*self._checkpoint(), *code), (own, slots) if slots else own or None

    def _attributes_of_its_own(self):
        """What a subclass or its user has added."""
        return {name: value for name, value in vars(self).items() if name not in _attributes()}

    def _slots_of_its_own(self):
        """The same of a subclass with `__slots__`."""
        slots = [vars(each).get("__slots__", ()) for each in type(self).__mro__]
        names = [name for part in slots for name in ([part] if isinstance(part, str) else part)]
        return {name: getattr(self, name) for name in names if name != "__dict__" and hasattr(self, name)}

    def save(self, path):
        """Write all that a run needs to go on, bit for bit, to the `.npz` file `path`, whole or not at all.

        Configuration, parameters, history, the state of the random generator, the settings of the scheduler and of
        the optimizer, and what that remembers. A scheduler or an optimizer of your own is code, not data: `load` wants
        it again. Attributes that you have added to the network stay out, with a warning.

        Raises OSError where the disk says no, for longer than a moment, or `path` is no regular file; ValueError or
        TypeError for a setting that has been spoiled.
        """
        from nnlib import storage  # here, because its imports (json, zipfile) take as long as all the rest

        if left_out := sorted(self._attributes_of_its_own() | self._slots_of_its_own()):
            warnings.warn(f"save leaves out {left_out}, which NeuralNetwork knows nothing of", stacklevel=2)
        storage.save(path, *self._checkpoint())

    @classmethod
    def load(cls, path, scheduler=None, *, optimizer=None):
        """The network saved at `path`, of the class it is called on.

        `scheduler` and `optimizer` replace the saved ones; an optimizer must remember as much as the saved one did.

        Raises FileNotFoundError or another OSError where no file can be read; TypeError for an argument of another
        kind; ValueError if the file is truncated, altered, foreign, of a newer format, or was saved with a scheduler
        or an optimizer of your own that is not given here.
        """
        from nnlib import storage

        checks.function_or_none("scheduler", scheduler)
        _checked_optimizer(optimizer)
        header, arrays = storage.load(path)
        try:
            return cls._from_checkpoint(header, arrays, scheduler, optimizer)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise ValueError(f"{path} cannot be loaded as a network: {error}") from error

    def _checkpoint(self):
        self._check_settings()
        header = {
            "layer_config": self._layer_config,
            "learning_rate": self.learning_rate,
            "l2_lambda": self.l2_lambda,
            "scheduler": None if self.scheduler is None else _settings_of(self.scheduler, SCHEDULERS),
            "dtype": None if self._dtype_is_open else self.dtype.name,
            "generator": self._generator.bit_generator.state,
        }
        history = np.array(self._epochs, dtype=np.float64).reshape(-1, len(Epoch._fields))
        arrays = {"parameters": self._parameters.copy(), "history": history}
        if self._loss.name != "mse":  # what goes without saying is left out, and so is as it always was
            header["loss"] = self._loss.name
        if self._optimizer != SGD():
            header |= {"optimizer": _settings_of(self._optimizer, OPTIMIZERS), "updates": self._updates}
            arrays["state"] = self._state.copy()
        return header, arrays

    @classmethod
    def _from_checkpoint(cls, header, arrays, scheduler=None, optimizer=None):
        """A network from what `_checkpoint` returned."""
        if scheduler is None:
            scheduler = _from_settings("scheduler", header["scheduler"], SCHEDULERS)
        if optimizer is None:
            optimizer = _from_settings("optimizer", header.get("optimizer"), OPTIMIZERS)
        parameters, history = arrays["parameters"], arrays["history"]
        config = _checked_config(header["layer_config"])
        n_parameters = sum((c["n_inputs"] + 1) * c["n_neurons"] for c in config)
        if parameters.shape != (n_parameters,):  # before a network of that size is built
            raise ValueError(f"its layers have {n_parameters:,} parameters, its vector has shape {parameters.shape}")
        network = object.__new__(cls)  # not cls(...): a subclass may have another constructor
        settings = header["learning_rate"], header["l2_lambda"], scheduler
        options = {"dtype": header["dtype"], "loss": header.get("loss", "mse"), "optimizer": optimizer}
        NeuralNetwork.__init__(network, header["layer_config"], *settings, seed=0, **options)
        if parameters.dtype != network.dtype:
            raise ValueError(f"its parameters have type {parameters.dtype}, not {network.dtype}")
        if history.ndim != 2 or history.shape[1] != len(Epoch._fields) or history.dtype != np.float64:
            raise ValueError(f"its history has shape {history.shape} and type {history.dtype}")
        state = arrays.get("state", network._state)
        if state.shape != network._state.shape or state.dtype != network.dtype:
            raise ValueError(
                f"what its optimizer remembers has shape {state.shape} and type {state.dtype}, "
                f"not {network._state.shape} and {network.dtype}"
            )
        network._lay_out(parameters.copy(), state.copy())
        network._updates = checks.integer("updates", header.get("updates", 0), at_least=0)
        network._epochs = [tuple(row) for row in history.tolist()]
        network._generator.bit_generator.state = header["generator"]
        return network

    # ---------------------------------------------------------------- inside

    def _lay_out(self, parameters, state=None):
        """Make `parameters` the network's vector, and every layer's W and b views of it.

        state : (n_states, length), what the optimizer remembers; None for nothing so far.
        """
        if state is None:
            state = np.zeros((self._optimizer.n_states, parameters.size), parameters.dtype)
        gradient = np.zeros_like(parameters)
        shapes = [(c["n_inputs"], c["n_neurons"]) for c in self._layer_config]
        layers = tuple(
            Dense(W, b, ACTIVATIONS[config["activation"]])
            for (W, b), config in zip(_views(parameters, shapes), self._layer_config, strict=True)
        )
        layout = parameters, state, gradient, layers, _views(gradient, shapes)
        # At once: an interrupt must not leave the views without their vector, or training would move nothing.
        self._parameters, self._state, self._gradient, self.layers, self._gradient_views = layout

    def _use_dtype(self, dtype):
        if dtype != self.dtype:
            state = checks.real_array("what the optimizer remembers", self._state, dtype)
            self._lay_out(checks.real_array("parameters", self._parameters, dtype), state)
        self._dtype_is_open = False

    def _snapshot(self):
        """What `_restore` needs: attributes, and the contents of those that training changes in place."""
        attributes = {name: getattr(self, name) for name in _CHANGED_BY_TRAINING}
        contents = self._parameters.copy(), self._state.copy()
        return attributes, contents, self.epoch, self._generator.bit_generator.state

    def _restore(self, snapshot):
        attributes, contents, n_epochs, generator = snapshot
        attributes["_parameters"][:], attributes["_state"][:] = contents
        vars(self).update(attributes, _epochs=self._epochs[:n_epochs], _history=History())
        self._generator.bit_generator.state = generator

    def _check_settings(self):
        """The settings are plain attributes, so they are checked again before every use."""
        self.learning_rate = checks.number("learning_rate", self.learning_rate, above=0)
        self.l2_lambda = checks.number("l2_lambda", self.l2_lambda, at_least=0)
        checks.function_or_none("scheduler", self.scheduler)

    def _checked_validation(self, validation_data, dtype):
        if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
            raise TypeError(f"validation_data must be a pair (X_val, y_val), got {checks.brief(validation_data)}")
        return self._samples(*validation_data, dtype, ("validation_data[0]", "validation_data[1]"))

    def _samples(self, X, y, dtype, names=("X", "y")):
        X, y = checks.samples(X, y, self.n_inputs, self.n_outputs, dtype, names)
        self._loss.check(names[1], y)
        return X, y


class _Batches:
    """The rows of X and y, epoch after epoch, as views of one gather in fresh random order."""

    def __init__(self, X, y, batch_size, generator):
        self.X, self.y, self.n_rows = X, y, len(X)
        self.starts = range(0, self.n_rows, batch_size)
        self.batch_size = batch_size
        # A single batch of all rows is the same in any order.
        self.generator = generator if len(self.starts) > 1 else None
        if self.generator is not None:
            self.shuffled_X, self.shuffled_y = np.empty_like(X, order="C"), np.empty_like(y, order="C")

    def epoch(self):
        X, y = self.X, self.y
        if self.generator is not None:
            order = self.generator.permutation(self.n_rows)
            # mode="clip" lets take write into `out` at once; permutations have nothing to clip.
            X = np.take(X, order, axis=0, out=self.shuffled_X, mode="clip")
            y = np.take(y, order, axis=0, out=self.shuffled_y, mode="clip")
        for start in self.starts:
            stop = start + self.batch_size
            yield X[start:stop], y[start:stop]


def _views(vector, shapes):
    """Split a vector into (W, b) views, one pair per layer."""
    views, start = [], 0
    for n_inputs, n_neurons in shapes:
        middle = start + n_inputs * n_neurons
        W = vector[start:middle].reshape(n_inputs, n_neurons)
        start = middle + n_neurons
        views.append((W, vector[middle:start]))
    return views


def _in_short(setting):
    """A number as it is printed, and a setting that has been spoiled as it is."""
    return f"{setting:g}" if isinstance(setting, float) else repr(setting)


def _settings_of(rule, known):
    """The name and the settings of a scheduler or an optimizer; of one that is not known, that it is custom."""
    return {"name": type(rule).__name__, **asdict(rule)} if type(rule) in known.values() else {"name": "custom"}


def _from_settings(what, settings, known):
    """The scheduler or optimizer of which `_settings_of` told; None for None."""
    if settings is None:
        return None
    settings = dict(settings)
    name = settings.pop("name")
    if name not in known:
        article = "an" if what[0] in "aeiou" else "a"
        raise ValueError(f"it was saved with {article} {what} of your own; pass it again: load(path, {what}=...)")
    return known[name](**settings)


def _checked_loss(name, last):
    """The loss of that name, which suits the last layer."""
    loss = LOSSES[checks.choice("loss", name, LOSSES)]
    if loss.last_layer not in (None, last["activation"]):
        raise ValueError(
            f"layer_config[-1]['activation'] must be {loss.last_layer!r} for the loss {loss.name!r}, which makes "
            f"probabilities of the layer's sums itself, got {last['activation']!r}"
        )
    if last["n_neurons"] < loss.fewest:
        raise ValueError(
            f"layer_config[-1]['n_neurons'] must be at least {loss.fewest} for the loss {loss.name!r}, one for each "
            f"class, got {last['n_neurons']}"
        )
    return loss


def _checked_optimizer(optimizer):
    if optimizer is None:
        return SGD()
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one such as Adam(), got {checks.brief(optimizer)}")
    return optimizer


def _generator_from(seed):
    if isinstance(seed, np.random.Generator):
        if not isinstance(seed.bit_generator, np.random.PCG64):  # the state of others holds arrays, which `save` can't
            name = type(seed.bit_generator).__name__
            raise ValueError(f"seed must be a generator made by numpy.random.default_rng, got one of {name}")
        return seed
    return np.random.default_rng(None if seed is None else checks.integer("seed", seed, at_least=0))


def _checked_config(layer_config):
    """A copy of `layer_config` with every entry checked and complete."""
    if not isinstance(layer_config, list | tuple) or not layer_config:
        raise TypeError(f"layer_config must be a list of at least one dict, got {checks.brief(layer_config)}")
    required, known = (
        ("n_inputs", "n_neurons", "activation"),
        ("n_inputs", "n_neurons", "activation", "initializer"),
    )
    complete = []
    for k, config in enumerate(layer_config):
        name = f"layer_config[{k}]"
        if not isinstance(config, dict):
            raise TypeError(f"{name} must be a dict such as {{'n_inputs': 2, ...}}, got {checks.brief(config)}")
        given, config = config, {}
        for key, value in given.items():
            key = checks.choice(f"a key of {name}", key, known)
            if key in config:
                raise ValueError(f"{name} must have each key once, got {key!r} in two spellings")
            config[key] = value
        missing = [key for key in required if key not in config]
        if missing:
            raise ValueError(f"{name} must have the keys {list(required)}, got none for {missing}")
        activation = checks.choice(f"{name}['activation']", config["activation"], ACTIVATIONS)
        initializer = config.get("initializer", ACTIVATIONS[activation].initializer)
        complete.append(
            {
                "n_inputs": checks.integer(f"{name}['n_inputs']", config["n_inputs"], at_least=1),
                "n_neurons": checks.integer(f"{name}['n_neurons']", config["n_neurons"], at_least=1),
                "activation": activation,
                "initializer": checks.choice(f"{name}['initializer']", initializer, INITIALIZERS),
            }
        )
    for k, (before, after) in enumerate(zip(complete, complete[1:], strict=False)):
        if before["n_neurons"] != after["n_inputs"]:
            raise ValueError(
                f"layer_config[{k + 1}]['n_inputs'] must be {before['n_neurons']}, the n_neurons of "
                f"layer_config[{k}], got {after['n_inputs']}"
            )
    return complete


_CHANGED_BY_TRAINING = (
    *("learning_rate", "l2_lambda", "scheduler"),  # by a callback
    *("_dtype_is_open", "_parameters", "_state", "_updates", "_gradient", "layers", "_gradient_views"),
)


@functools.cache  # at the first call and not on import, because numpy.random takes as long to load as all the rest
def _attributes():
    """The names of the attributes that a network has of itself."""
    return frozenset(vars(NeuralNetwork([{"n_inputs": 1, "n_neurons": 1, "activation": "linear"}])))
