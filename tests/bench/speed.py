"""How fast nnlib is, beside its peers: a training step, an activation, a whole fit, the import, the memory.

    make bench      or      python tests/bench/speed.py [steps] [activations] [fit] [import] [memory]

All candidates of a table run in the same process on one thread, in turn: a few calls of each, round after round, so
that a busy moment of the machine strikes all of them. Printed are the medians over the rounds, and how often
nnlib goes into the other ("3.0 x": the other takes three times as long), as the median of the rounds' ratios.
"""

import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings

os.environ.update({f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")})  # before NumPy comes

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from nnlib import NeuralNetwork
from nnlib.activations import ACTIVATIONS
from nnlib.datasets import digits, one_hot, xor
from nnlib.optimizers import Adam

RATE = 0.01


def in_turn(candidates, *, rounds, seconds):
    """Seconds a call for each candidate {name: function}, as {name: [one number a round]}."""
    calls = {}
    for name, run in candidates.items():
        run()
        start = time.perf_counter()
        run()
        calls[name] = max(1, round(seconds / (time.perf_counter() - start)))
    times = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                run()
            times[name].append((time.perf_counter() - start) / calls[name])
    return times


def ratio(times, name, base="nnlib"):
    """How often `base` goes into `name`."""
    return statistics.median(a / b for a, b in zip(times[name], times[base], strict=True))


WIDTHS = (32, 14, 14, 14, 14)


def line(*cells):
    print("".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=False)))


def verdict(value, target, *, at_most=False):
    good = value <= target if at_most else value >= target
    return f"{value:.2f} x ({'ok' if good else 'MISSED'}: {'≤' if at_most else '≥'} {target:g})"


# ---------------------------------------------------------------- one training step


def layer_config(sizes, hidden, output="linear"):
    activations = [hidden] * (len(sizes) - 2) + [output]
    return [
        {"n_inputs": n_inputs, "n_neurons": n_neurons, "activation": activation}
        for n_inputs, n_neurons, activation in zip(sizes, sizes[1:], activations, strict=False)
    ]


def nnlib_step(sizes, hidden, X, y):
    network = NeuralNetwork(layer_config(sizes, hidden), learning_rate=RATE, seed=0, dtype=X.dtype)
    return lambda: network._descend(X, y, RATE)


def torch_step(sizes, hidden, X, y):
    torch.set_num_threads(1)
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    layers = []
    for n_inputs, n_neurons in zip(sizes, sizes[1:], strict=False):
        layers += [
            torch.nn.Linear(n_inputs, n_neurons, dtype=X.dtype),
            torch.nn.Tanh() if hidden == "tanh" else torch.nn.ReLU(),
        ]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    mean_squared_error = torch.nn.MSELoss()

    def step():
        optimizer.zero_grad()
        mean_squared_error(model(X), y).backward()
        optimizer.step()

    return step


def weights(sizes, dtype):
    rng = np.random.default_rng(0)
    shapes = zip(sizes, sizes[1:], strict=False)
    return [(rng.normal(0, n[0] ** -0.5, n).astype(dtype), np.zeros(n[1], dtype)) for n in shapes]


def bare_step(sizes, hidden, X, y):
    """By hand, for exactly this depth, in place, with nothing around it."""
    parameters = weights(sizes, X.dtype)
    scale = 2 / y.size

    def bend(Z):
        return np.tanh(Z, out=Z) if hidden == "tanh" else np.maximum(Z, 0, out=Z)

    def unbend(dA, A):
        dA *= 1 - A * A if hidden == "tanh" else A > 0
        return dA

    def move(W, b, dW, db):
        dW *= RATE
        db *= RATE
        W -= dW
        b -= db

    def step_2():
        (W1, b1), (W2, b2) = parameters
        A1 = np.dot(X, W1)
        A1 += b1
        bend(A1)
        dZ = np.dot(A1, W2)
        dZ += b2
        dZ -= y
        flat = dZ.ravel()
        loss = flat.dot(flat) / flat.size
        dZ *= scale
        dZ1 = unbend(np.dot(dZ, W2.T), A1)
        move(W2, b2, np.dot(A1.T, dZ), dZ.sum(axis=0))
        move(W1, b1, np.dot(X.T, dZ1), dZ1.sum(axis=0))
        return loss

    def step_3():
        (W1, b1), (W2, b2), (W3, b3) = parameters
        A1 = np.dot(X, W1)
        A1 += b1
        bend(A1)
        A2 = np.dot(A1, W2)
        A2 += b2
        bend(A2)
        dZ = np.dot(A2, W3)
        dZ += b3
        dZ -= y
        flat = dZ.ravel()
        loss = flat.dot(flat) / flat.size
        dZ *= scale
        dZ2 = unbend(np.dot(dZ, W3.T), A2)
        dZ1 = unbend(np.dot(dZ2, W2.T), A1)
        move(W3, b3, np.dot(A2.T, dZ), dZ.sum(axis=0))
        move(W2, b2, np.dot(A1.T, dZ2), dZ2.sum(axis=0))
        move(W1, b1, np.dot(X.T, dZ1), dZ1.sum(axis=0))
        return loss

    return step_2 if len(sizes) == 3 else step_3


def products(sizes, X):
    """The three matrix products of every layer (but no dX for the first), and nothing else."""
    jobs = []
    A = X
    for k, (W, _) in enumerate(weights(sizes, X.dtype)):
        Z = A @ W
        jobs += [(A, W, Z), (A.T, Z.copy(), np.empty_like(W))]
        jobs += [(Z.copy(), W.T, np.empty_like(A))] if k > 0 else []
        A = Z

    def multiply():
        for left, right, out in jobs:
            np.matmul(left, right, out=out)

    return multiply


STEPS = [  # sizes, hidden activation, rows, dtype, at least so many times as fast as PyTorch
    ((2, 4, 1), "tanh", 4, np.float64, 8),
    ((2, 16, 16, 1), "tanh", 32, np.float64, 5),
    ((64, 32, 10), "relu", 32, np.float64, 5),
    ((784, 128, 10), "relu", 64, np.float32, 1.8),
    ((784, 512, 512, 10), "relu", 256, np.float32, 1),
]


def steps():
    print("A training step (forward, loss, backward, update), µs")
    line("network, rows, dtype", "nnlib", "PyTorch", "by hand", "products")
    verdicts = []
    for sizes, hidden, n_rows, dtype, target in STEPS:
        rng = np.random.default_rng(0)
        X = rng.normal(size=(n_rows, sizes[0])).astype(dtype)
        y = rng.normal(size=(n_rows, sizes[-1])).astype(dtype)
        times = in_turn(
            {
                "nnlib": nnlib_step(sizes, hidden, X, y),
                "PyTorch": torch_step(sizes, hidden, X, y),
                "by hand": bare_step(sizes, hidden, X, y),
                "products": products(sizes, X),
            },
            rounds=41,
            seconds=0.02,
        )
        name = f"{'-'.join(map(str, sizes))}, {n_rows}, {np.dtype(dtype).name[-2:]}"
        line(name, *(f"{statistics.median(times[key]) * 1e6:.1f}" for key in times))
        text = f"PyTorch {verdict(ratio(times, 'PyTorch'), target)}, by hand {1 / ratio(times, 'by hand'):.2f} x"
        over = 1 / ratio(times, "products")
        text += f", nnlib over products {verdict(over, 1.25, at_most=True) if sizes[1] == 512 else f'{over:.2f} x'}"
        verdicts.append((name, text))
    for name, text in verdicts:
        line(name, text)


# ---------------------------------------------------------------- an activation


def sigmoid_by_tanh(Z, out):
    """The form of chapter 04, which loses the left tail."""
    np.multiply(Z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5


def activations():
    print("The sigmoid of a layer's weighted sums, µs")
    line("shape, dtype", "nnlib", "PyTorch", "by tanh")
    for shape in ((4, 4), (32, 32), (256, 512)):
        for dtype in (np.float64, np.float32):
            Z = np.random.default_rng(0).normal(0, 3, shape).astype(dtype)
            out, tensor = np.empty_like(Z), torch.from_numpy(Z)
            tensor_out = torch.empty_like(tensor)
            times = in_turn(
                {
                    "nnlib": functools.partial(ACTIVATIONS["sigmoid"].function, Z, out=out),
                    "PyTorch": functools.partial(torch.sigmoid, tensor, out=tensor_out),
                    "by tanh": functools.partial(sigmoid_by_tanh, Z, out),
                },
                rounds=41,
                seconds=0.01,
            )
            name = f"{shape[0]} x {shape[1]}, {np.dtype(dtype).name[-2:]}"
            line(name, *(f"{statistics.median(times[key]) * 1e6:.1f}" for key in times))


# ---------------------------------------------------------------- a whole fit


def bare_fit(X, y, n_hidden, hidden, output, epochs, batch_size, rate):
    """The loop that one would write for a network of two layers alone: history, shuffling, no checks."""
    rng = np.random.default_rng(0)
    (W1, b1), (W2, b2) = weights((X.shape[1], n_hidden, y.shape[1]), X.dtype)
    history = []
    for _ in range(epochs):
        X_epoch, y_epoch = X, y
        if batch_size < len(X):
            order = rng.permutation(len(X))
            X_epoch, y_epoch = X[order], y[order]
        total = 0.0
        for start in range(0, len(X), batch_size):
            X_batch, y_batch = X_epoch[start : start + batch_size], y_epoch[start : start + batch_size]
            A1 = X_batch @ W1
            A1 += b1
            A1 = np.tanh(A1, out=A1) if hidden == "tanh" else np.maximum(A1, 0, out=A1)
            A2 = A1 @ W2
            A2 += b2
            if output == "tanh":
                np.tanh(A2, out=A2)
            dZ2 = A2 - y_batch
            flat = dZ2.ravel()
            total += float(flat.dot(flat)) / flat.size * len(X_batch)
            dZ2 *= 2 / flat.size
            if output == "tanh":
                dZ2 *= 1 - A2 * A2
            dZ1 = dZ2 @ W2.T
            dZ1 *= 1 - A1 * A1 if hidden == "tanh" else A1 > 0
            W2 -= rate * (A1.T @ dZ2)
            b2 -= rate * dZ2.sum(axis=0)
            W1 -= rate * (X_batch.T @ dZ1)
            b1 -= rate * dZ1.sum(axis=0)
        history.append(total / len(X))
    return history


def sklearn_fit(X, y, n_hidden, hidden, epochs, batch_size, rate):
    model = MLPRegressor(
        hidden_layer_sizes=(n_hidden,),
        activation=hidden,
        solver="sgd",
        alpha=0,
        batch_size=batch_size,
        learning_rate_init=rate,
        max_iter=epochs,
        tol=0,
        n_iter_no_change=epochs,
        momentum=0,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y.ravel() if y.shape[1] == 1 else y)
    assert model.n_iter_ == epochs


FITS = [  # name, sizes, activations, epochs, rows to a batch, at least so many times as fast as scikit-learn
    ("XOR", (2, 4, 1), ("tanh", "tanh"), 1000, 4, 7),
    ("digits", (64, 32, 10), ("relu", "linear"), 20, 32, 4),
]


def fit():
    X_digits, labels = digits()
    data = {"XOR": xor(), "digits": (X_digits, one_hot(labels))}
    print("A whole fit with its history, ms")
    line("data, network, epochs, rows", "nnlib", "scikit-learn", "by hand")
    verdicts = []
    for name, sizes, (hidden, output), epochs, batch_size, target in FITS:
        (X, y), n_hidden, rate = data[name], sizes[1], 0.1
        network = functools.partial(NeuralNetwork, layer_config(sizes, hidden, output), learning_rate=rate, seed=0)
        work = (epochs, batch_size)
        candidates = {
            "nnlib": lambda make=network, X=X, y=y, work=work: make().fit(X, y, *work),
            "scikit-learn": functools.partial(sklearn_fit, X, y, n_hidden, hidden, *work, rate),
            "by hand": functools.partial(bare_fit, X, y, n_hidden, hidden, output, *work, rate),
        }
        times = in_turn(candidates, rounds=21, seconds=0.1)
        name = f"{name}, {'-'.join(map(str, sizes))}, {epochs}, {batch_size}"
        line(name, *(f"{statistics.median(times[key]) * 1e3:.1f}" for key in times))
        text = f"scikit-learn {verdict(ratio(times, 'scikit-learn'), target)}"
        text += f", nnlib over by hand {verdict(1 / ratio(times, 'by hand'), 1.3, at_most=True)}"
        verdicts.append((name, text))
    for name, text in verdicts:
        line(name, text)


def torch_classify(X, labels, sizes, epochs, batch_size, rate):
    model = torch.nn.Sequential(
        torch.nn.Linear(*sizes[:2], dtype=X.dtype), torch.nn.ReLU(), torch.nn.Linear(*sizes[1:], dtype=X.dtype)
    )
    optimizer, cross_entropy = torch.optim.Adam(model.parameters(), lr=rate), torch.nn.CrossEntropyLoss()
    for _ in range(epochs):
        order = torch.randperm(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            optimizer.zero_grad()
            cross_entropy(model(X[rows]), labels[rows]).backward()
            optimizer.step()


def sklearn_classify(X, labels, n_hidden, epochs, batch_size, rate):
    model = MLPClassifier(
        (n_hidden,), alpha=0, batch_size=batch_size, learning_rate_init=rate, max_iter=epochs, tol=0,
        n_iter_no_change=epochs, random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, labels)


def classify():
    print("Digits with cross-entropy and Adam, 64-32-10, 20 epochs of batches of 32, ms")
    line("dtype", "nnlib", "PyTorch", "scikit-learn")
    for dtype in (np.float32, np.float64):  # PyTorch's own type, and NumPy's
        classify_in(dtype)


def classify_in(dtype):
    X, labels = digits()
    X = X.astype(dtype)
    y, sizes, work = one_hot(labels), (64, 32, 10), (20, 32, 0.001)
    torch.set_num_threads(1)
    settings = {"learning_rate": work[-1], "seed": 0, "loss": "cross_entropy", "optimizer": Adam()}
    candidates = {
        "nnlib": lambda: NeuralNetwork(layer_config(sizes, "relu"), **settings).fit(X, y, *work[:2]),
        "PyTorch": functools.partial(torch_classify, torch.from_numpy(X), torch.from_numpy(labels), sizes, *work),
        "scikit-learn": functools.partial(sklearn_classify, X, labels, sizes[1], *work),
    }
    times = in_turn(candidates, rounds=11, seconds=0.1)
    line(np.dtype(dtype).name, *(f"{statistics.median(times[key]) * 1e3:.1f}" for key in times))
    print(32 * " " + ", ".join(f"{name} {verdict(ratio(times, name), 4)}" for name in candidates if name != "nnlib"))


# ---------------------------------------------------------------- the import and the memory


IMPORT = """
import time
import numpy
start = time.perf_counter()
import nnlib
print(time.perf_counter() - start)
"""


def import_time():
    seconds = []
    with tempfile.TemporaryDirectory() as compiled:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(16):
            fresh = [sys.executable, "-c", IMPORT]
            run = subprocess.run(fresh, check=True, capture_output=True, text=True, env=environment)
            seconds.append(float(run.stdout))
    ms = statistics.median(seconds[1:]) * 1e3  # the first one compiled
    print(f"import nnlib, over importing NumPy: {ms:.1f} ms ({'ok' if ms <= 20 else 'MISSED'}: ≤ 20 ms)")


def memory():
    rng = np.random.default_rng(0)
    tracemalloc.start()  # counts NumPy's arrays, too
    X, y = rng.random((60_000, 784), dtype=np.float32), rng.random((60_000, 10), dtype=np.float32)
    network = NeuralNetwork(layer_config((784, 512, 512, 10), "relu"), learning_rate=RATE, seed=0)
    network.fit(X, y, epochs=1, batch_size=256)
    peak, data = tracemalloc.get_traced_memory()[1], X.nbytes + y.nbytes
    tracemalloc.stop()
    print(
        f"Peak memory of fit, 784-512-512-10 on 60,000 rows of float32, the data included: {peak / 1e6:.0f} MB, "
        f"{verdict(peak / data, 2.2, at_most=True)} of the data's {data / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    tables = {
        "steps": steps,
        "activations": activations,
        "fit": fit,
        "classify": classify,
        "import": import_time,
        "memory": memory,
    }
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, PyTorch {torch.__version__}, one thread\n")
    for table in sys.argv[1:] or tables:
        tables[table]()
        print()
