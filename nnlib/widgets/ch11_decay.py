"""Chapter 11: let the learning rate fall, and see what it does to the loss; with small batches and with full ones."""

import functools

import numpy as np

from nnlib import ExponentialLR, NeuralNetwork, StepLR, datasets
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import choice, list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note

ROWS, NOISE, HIDDEN = 64, 0.3, 8
EPOCHS, INITIAL_RATE = 80, 0.2
LAST = 5  # epochs whose mean loss counts as the final one
GAMMAS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1)
BATCHES = (2, 4, 8, 16, 32, ROWS)
LOSS_LIMITS = (0.09, 1)
RATE_LIMITS = (1e-6, 0.5)


def train_on_sine(scheduler, batch_size, seed):
    """The history of 80 epochs of a 1-8-1 tanh network on 64 points of a noisy sine.

    scheduler(epoch, initial_rate) -> rate, or None for a constant one.
    """
    X, y = datasets.noisy_sine(n=ROWS, noise=NOISE, seed=0)
    layers = [
        {"n_inputs": 1, "n_neurons": HIDDEN, "activation": "tanh"},
        {"n_inputs": HIDDEN, "n_neurons": 1, "activation": "linear"},
    ]
    nn = NeuralNetwork(layers, learning_rate=INITIAL_RATE, scheduler=scheduler, seed=seed)
    return nn.fit(X, y, epochs=EPOCHS, batch_size=batch_size)


@functools.cache
def at_constant_rate(batch_size, seed):
    return tuple(train_on_sine(None, batch_size, seed)["train_loss"])


def step_form(epoch, initial_rate, step_size, gamma):
    """The rate of an epoch under `StepLR`, in the form in which chapter 11 has it written."""
    return StepLR(step_size, gamma)(epoch, initial_rate)


def exponential_form(epoch, initial_rate, gamma):
    return ExponentialLR(gamma)(epoch, initial_rate)


def final(losses):
    return float(np.mean(losses[-LAST:]))


def decay(step_lr=step_form, exponential_lr=exponential_form):
    """The learning rate above the loss of 80 epochs, with a schedule and without one.

    step_lr(epoch, initial_rate, step_size, gamma) and exponential_lr(epoch, initial_rate, gamma) -> rate: the reader's
    own, or the library's.
    """
    fig, (above, below) = figure(2, 1, size=(8.4, 3.4), sharex=True, height_ratios=(1, 1.7))
    epochs = np.arange(EPOCHS)
    (rate_line,) = above.plot([], [], color=COLORS["vermillion"], drawstyle="steps-mid")
    above.axhline(INITIAL_RATE, color=COLORS["gray"], linestyle="--", linewidth=1.5)
    above.set(ylim=RATE_LIMITS, yscale="log", ylabel="learning rate")
    above.set_yticks([1e-6, 1e-4, 1e-2], ["0.000001", "0.0001", "0.01"])
    above.minorticks_off()
    (constant,) = below.plot([], [], color=COLORS["gray"], linestyle="--", label=f"constant rate {INITIAL_RATE:g}")
    (scheduled,) = below.plot([], [], color=COLORS["vermillion"], label="with the schedule")
    below.set(xlim=(0, EPOCHS - 1), ylim=LOSS_LIMITS, yscale="log", xlabel="epoch", ylabel="loss")
    below.set_yticks([0.1, 0.2, 0.4, 0.8], ["0.1", "0.2", "0.4", "0.8"])
    below.minorticks_off()
    legend = below.legend(loc="upper right", frameon=False)

    def compute(kind, gamma, step_size, batch_size, seed):
        schedules = {
            "constant": lambda epoch, initial_rate: initial_rate,
            "step": lambda epoch, initial_rate: float(step_lr(epoch, initial_rate, step_size, gamma)),
            "exponential": lambda epoch, initial_rate: float(exponential_lr(epoch, initial_rate, gamma)),
        }
        history = train_on_sine(schedules[kind], batch_size, seed)
        return history["learning_rate"], history["train_loss"], at_constant_rate(batch_size, seed)

    def draw(result, kind, gamma, step_size, batch_size, epoch):
        rates, losses, without = result
        legend.set_visible(kind != "constant")  # there is one run then, and it is the dashed line
        rate_line.set_visible(kind != "constant")
        scheduled.set_visible(kind != "constant")
        rate_line.set_data(epochs[:epoch], rates[:epoch])
        scheduled.set_data(epochs[:epoch], losses[:epoch])
        constant.set_data(epochs[:epoch], without[:epoch])
        if kind == "step" and step_size >= EPOCHS:
            note(above, f"The first step down would be in epoch {step_size}; the last epoch here is {EPOCHS - 1}.")
        gone = int(np.argmax(np.asarray(rates) < RATE_LIMITS[0]))  # 0 where the rate never leaves the panel
        if 0 < gone < EPOCHS / 4:
            note(above, f"From epoch {gone} on the rate is below one millionth.")
        rows = f"All {ROWS} rows in one batch" if batch_size == ROWS else f"Batches of {batch_size}"
        if epoch < EPOCHS:
            now = f"{rows}, epoch {epoch}: rate {rates[epoch - 1]:.2g}, loss {losses[epoch - 1]:.4f}"
            return now + (f"; at the constant rate {without[epoch - 1]:.4f}." if kind != "constant" else ".")
        if kind == "constant":
            return f"{rows}, constant rate {INITIAL_RATE:g}: final loss {final(losses):.4f}."
        name = f"StepLR({step_size}, γ = {gamma:g})" if kind == "step" else f"ExponentialLR(γ = {gamma:g})"
        gain = final(without) - final(losses)
        verdict = "lower" if gain > 0 else "higher"
        return (
            f"{rows}, {name}: the rate goes from {rates[0]:g} to {rates[-1]:.2g}; final loss {final(losses):.4f}, at "
            f"the constant rate {final(without):.4f}. "
            + (f"With the schedule it is {verdict} by {abs(gain):.4f}." if abs(gain) >= 5e-5 else "No difference.")
        )

    return Live(
        "decay",
        question="When does a falling rate help?",
        prediction=Prediction(
            "With batches of 4, the falling rate ends with a lower loss than the constant one. Now put all 64 rows "
            "into one batch, and leave the rest. With the falling rate the loss after 80 epochs will be",
            options=("lower, here too", "about the same", "higher"),
            answer="higher",
            explanation="A batch of all rows has no noise that smaller steps could calm; they are only slower. At "
            "which batch size do the two change places?",
            settings={"batch_size": ROWS},
        ),
        controls={
            "kind": choice("schedule", ["constant", "step", "exponential"], "step"),
            "gamma": list_slider("γ", GAMMAS, 0.3),
            "step_size": slider("step size", 1, 100, 20, unit="epochs"),
            "batch_size": list_slider("batch size", BATCHES, 4),
            "seed": slider("seed", 0, 9, 0),
            "epoch": slider("epoch shown", 1, EPOCHS, EPOCHS),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=50,
        alt="Above, on a logarithmic axis, the learning rate of each of 80 epochs, falling from 0.2, with the constant "
        "rate as a dashed line. Below on the same time axis, the loss of each epoch with the schedule and, dashed, at "
        "the constant rate.",
    )
