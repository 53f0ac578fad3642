"""The same networks, batches and schedules in PyTorch, an implementation that nobody here wrote."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import architectures, data, derandomized, layers

from nnlib import ExponentialLR, NeuralNetwork, StepLR
from nnlib.optimizers import SGD, Adam, AdamW, Momentum

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

TORCH_ACTIVATIONS = {
    "linear": torch.nn.Identity,
    "relu": torch.nn.ReLU,
    "sigmoid": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
}


class Recorder(NeuralNetwork):
    """A network that keeps a copy of every batch, for PyTorch to be given the same."""

    def _descend(self, X, y, rate):
        self.__dict__.setdefault("batches", []).append((X.copy(), y.copy()))
        return super()._descend(X, y, rate)


def torch_twin(network):
    """A PyTorch model with the same parameters, and the two groups of them: weights and biases."""
    modules, weights, biases = [], [], []
    for layer in network.layers:
        linear = torch.nn.Linear(*layer.W.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.W.T.copy()))
            linear.bias.copy_(torch.from_numpy(layer.b.copy()))
        modules += [linear, TORCH_ACTIVATIONS[layer.activation.name]()]
        weights.append(linear.weight)
        biases.append(linear.bias)
    return torch.nn.Sequential(*modules), weights, biases


def torch_scheduler(scheduler, optimizer):
    if isinstance(scheduler, StepLR):
        return torch.optim.lr_scheduler.StepLR(optimizer, scheduler.step_size, scheduler.gamma)
    gamma = 1.0 if scheduler is None else scheduler.gamma
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)


@settings(derandomized, max_examples=20)
@given(
    architecture=architectures(),
    n=st.integers(1, 12),
    batch_size=st.integers(1, 13),
    learning_rate=st.sampled_from([0.3, 0.1, 0.01]),
    l2_lambda=st.sampled_from([0.0, 0.01, 0.3]),
    scheduler=st.sampled_from([None, StepLR(3, 0.5), StepLR(1, 0.9), ExponentialLR(0.8)]),
    shuffle=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_fifty_steps_give_the_same_losses_and_weights(
    architecture, n, batch_size, learning_rate, l2_lambda, scheduler, shuffle, seed
):
    widths, activations = architecture
    network = Recorder(layers(widths, activations), learning_rate, l2_lambda, scheduler, seed)
    model, weights, biases = torch_twin(network)
    X, y = data(n, widths[0], widths[-1], seed)
    X_val, y_val = data(5, widths[0], widths[-1], seed + 1)
    batches_an_epoch = -(-n // batch_size)
    epochs = -(-50 // batches_an_epoch)
    history = network.fit(X, y, epochs, batch_size, shuffle=shuffle, validation_data=(X_val, y_val))

    groups = [{"params": weights, "weight_decay": l2_lambda}, {"params": biases, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=learning_rate)
    schedule = torch_scheduler(scheduler, optimizer)
    mean_squared_error = torch.nn.MSELoss()
    batches = iter(network.batches)
    for epoch in range(epochs):
        assert history["learning_rate"][epoch] == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-13)
        loss_sum = penalty_sum = 0.0
        for _ in range(batches_an_epoch):
            batch_X, batch_y = map(torch.from_numpy, next(batches))
            optimizer.zero_grad()
            loss = mean_squared_error(model(batch_X), batch_y)
            loss.backward()
            loss_sum += loss.item() * len(batch_X)
            penalty_sum += l2_lambda / 2 * sum((W**2).sum().item() for W in weights) * len(batch_X)
            optimizer.step()
        schedule.step()
        with torch.no_grad():
            val_loss = mean_squared_error(model(torch.from_numpy(X_val)), torch.from_numpy(y_val)).item()
        assert history["train_loss"][epoch] == pytest.approx(loss_sum / n, rel=1e-10, abs=1e-10)
        assert history["penalty"][epoch] == pytest.approx(penalty_sum / n, rel=1e-10, abs=1e-10)
        assert history["val_loss"][epoch] == pytest.approx(val_loss, rel=1e-10, abs=1e-10)
    assert next(batches, None) is None
    for layer, W, b in zip(network.layers, weights, biases, strict=True):
        np.testing.assert_allclose(layer.W, W.detach().numpy().T, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(layer.b, b.detach().numpy(), rtol=1e-10, atol=1e-10)


def torch_rates(scheduler, learning_rate, epochs):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate)
    schedule = torch_scheduler(scheduler, optimizer)
    rates = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize("learning_rate", [0.1, 0.003, 1.7])
@pytest.mark.parametrize(
    "scheduler",
    [StepLR(1, 0.97), StepLR(30, 0.1), StepLR(300, 0.5), StepLR(999, 0.3), ExponentialLR(0.99), ExponentialLR(0.5)],
    ids=repr,
)
def test_schedules_are_those_of_torch_for_1000_epochs(scheduler, learning_rate):
    ours = [scheduler(epoch, learning_rate) for epoch in range(1000)]
    # PyTorch multiplies step by step, and rounds at every step; ours is one power.
    np.testing.assert_allclose(ours, torch_rates(scheduler, learning_rate, 1000), rtol=5e-13)


@pytest.mark.parametrize("scheduler", [StepLR(7, 0.5), ExponentialLR(0.5)], ids=repr)
def test_where_nothing_is_rounded_schedules_are_those_of_torch_bit_for_bit(scheduler):
    assert [scheduler(epoch, 0.1) for epoch in range(1000)] == torch_rates(scheduler, 0.1, 1000)


# ---- Other losses and optimizers --------------------------------------------------------------------

TORCH_LOSSES = {"mse": torch.nn.MSELoss, "cross_entropy": torch.nn.CrossEntropyLoss}  # with rows of probabilities
TORCH_OPTIMIZERS = [
    (SGD(), torch.optim.SGD, {}),
    (Momentum(0.9), torch.optim.SGD, {"momentum": 0.9}),
    (Momentum(0.8, nesterov=True), torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
    (Adam(), torch.optim.Adam, {}),
    (Adam(0.8, 0.95, 1e-6), torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-6}),
    (AdamW(weight_decay=0.1), torch.optim.AdamW, {"weight_decay": 0.1}),
]


@pytest.mark.parametrize(
    "rule, torch_rule, options", TORCH_OPTIMIZERS, ids=[repr(rule) for rule, *_ in TORCH_OPTIMIZERS]
)
@pytest.mark.parametrize("loss", TORCH_LOSSES)
@settings(derandomized, max_examples=6)
@given(
    architecture=architectures(),
    n=st.integers(1, 12),
    batch_size=st.integers(1, 13),
    learning_rate=st.sampled_from([0.05, 0.003]),
    l2_lambda=st.sampled_from([0.0, 0.05]),
    scheduler=st.sampled_from([None, StepLR(3, 0.5)]),
    seed=st.integers(0, 10_000),
)
def test_fifty_steps_of_every_loss_and_rule_give_the_same_losses_and_weights(
    loss, rule, torch_rule, options, architecture, n, batch_size, learning_rate, l2_lambda, scheduler, seed
):
    widths, activations = architecture
    if loss == "cross_entropy":
        widths, activations = [*widths[:-1], widths[-1] + 1], [*activations[:-1], "linear"]
    network = Recorder(
        layers(widths, activations), learning_rate, l2_lambda, scheduler, seed, loss=loss, optimizer=rule
    )
    model, weights, biases = torch_twin(network)
    X, y = data(n, widths[0], widths[-1], seed)
    if loss == "cross_entropy":
        y = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    batches_an_epoch = -(-n // batch_size)
    epochs = -(-50 // batches_an_epoch)
    history = network.fit(X, y, epochs, batch_size)

    # PyTorch calls two things weight_decay: a penalty in the gradient, but for AdamW a decay beside it.
    decay = options.get("weight_decay", 0.0)
    groups = [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}]
    optimizer = torch_rule(groups, lr=learning_rate, **options)
    schedule, loss_of = torch_scheduler(scheduler, optimizer), TORCH_LOSSES[loss]()
    batches = iter(network.batches)
    for epoch in range(epochs):
        loss_sum = 0.0
        for _ in range(batches_an_epoch):
            batch_X, batch_y = map(torch.from_numpy, next(batches))
            optimizer.zero_grad()
            data_loss = loss_of(model(batch_X), batch_y)
            (data_loss + l2_lambda / 2 * sum((W**2).sum() for W in weights)).backward()
            loss_sum += data_loss.item() * len(batch_X)
            optimizer.step()
        schedule.step()
        assert history["train_loss"][epoch] == pytest.approx(loss_sum / n, rel=1e-9, abs=1e-10)
    for layer, W, b in zip(network.layers, weights, biases, strict=True):
        np.testing.assert_allclose(layer.W, W.detach().numpy().T, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(layer.b, b.detach().numpy(), rtol=1e-9, atol=1e-10)
