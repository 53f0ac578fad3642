"""Exercises of chapter 11: big steps first, small steps last."""

import functools
import math

import numpy as np

from nnlib import datasets, initializers
from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.ch04_nonlinearity import forward, relu
from nnlib.exercises.ch05_backpropagation import backward, holds_out, relu_derivative, tanh_derivative
from nnlib.exercises.ch10_mini_batches import (
    THREE_ROWS,
    batch_training_case,
    epoch_loss,
    linear,
    minibatches,
    simple_batches,
)
from nnlib.exercises.ch10_mini_batches import train_batches as my_train_batches  # the notebook calls it so
from nnlib.exercises.engine import compare

exercise = chapter("11", "schedulers")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="factor_of_a_step",
    recall=True,
    title="What a step does to the distance from the bottom",
    solution=0.6,
    wrong=[
        (0.8, "0.8 is 1 - η. The slope of (w − 3)² is 2 (w − 3), so the 2 belongs in."),
        (0.4, "0.4 is what a step takes off the distance. By what is the distance multiplied?"),
        (1.4, "Above 1 the distance grows. A step goes against the slope."),
    ],
    hints=["The slope is 2 (w − 3), and a step takes 0.2 times the slope off w.", "1 - 0.2 · 2."],
    holds="1 - 0.2 · 2 = 0.6: each step shrinks the distance by the same factor.",
)

exercise(
    name="slope_of_tanh",
    recall=True,
    title="The slope of tanh, from its output",
    solution=0.64,
    wrong=[
        (0.36, "0.36 is the output squared. The slope is 1 minus that."),
        (0.4, "0.4 is 1 minus the output. The output is squared first."),
        (0.24, "That is the rule of the sigmoid, A (1 - A)."),
        (0.7116, "0.6 is the output of tanh already: 1 - 0.6², with no tanh of it."),
        (1 - math.tanh(0.6) ** 2, "tanh *gives* 0.6 there, so don't take it once more: 1 - 0.6²."),
    ],
    hints=["The derivative of tanh is 1 - tanh².", "1 - 0.6 · 0.6."],
    holds="1 - 0.6² = 0.64.",
)

exercise(
    name="factor_of_the_price",
    recall=True,
    title="What the L2 price does to a weight",
    solution=0.95,
    wrong=[
        (0.05, "0.05 is the part that is taken off. By what is the weight multiplied?"),
        (0.9, "The price is λ/2 times the square, so its slope is λ w and not 2 λ w."),
        (0.5, "A step is the slope λ w times the learning rate, 0.1."),
        (1.05, "The price pulls a weight toward 0, so the factor is below 1: 1 minus what is taken off."),
        (1.1, "The price shrinks a weight, so the factor is below 1. And the slope of λ/2 w² is λ w, not 2 λ w."),
    ],
    hints=["The slope of λ/2 w² is λ w. A step takes the rate times that off w.", "1 - 0.1 · 0.5."],
    holds="1 - 0.1 · 0.5 = 0.95, in every step: weight decay.",
)


# ---- step_lr ----------------------------------------------------------------------------------------


def step_lr(epoch, initial_rate, step_size, gamma):
    return initial_rate * gamma ** (epoch // step_size)


def step_lr_by_product(epoch, initial_rate, step_size, gamma):
    rate = initial_rate
    for e in range(1, epoch + 1):
        if e % step_size == 0:
            rate *= gamma
    return rate


def step_lr_recursive(epoch, initial_rate, step_size, gamma):
    if epoch < step_size:
        return initial_rate
    return gamma * step_lr_recursive(epoch - step_size, initial_rate, step_size, gamma)


exercise(
    title="The rate of an epoch under StepLR",
    solution=step_lr,
    cases=lambda rng: [
        (7, 0.8, 3, 0.5),
        (0, 0.4, 3, 0.25),
        (2, 0.4, 3, 0.25),
        (3, 0.4, 3, 0.25),
        (4, 0.4, 3, 0.25),
        (5, 0.4, 3, 0.25),
        (6, 0.4, 3, 0.25),
        (29, 0.1, 30, 0.1),
        (30, 0.1, 30, 0.1),
        (89, 0.1, 30, 0.1),
        (5, 0.3, 1, 0.9),
        (100, 0.02, 7, 1.0),
        (199, 0.2, 1, 0.95),
        (79, 0.2, 100, 0.3),
        (3, 1, 2, 0.5),
        (int(rng.integers(40, 60)), 0.25, 10, 0.7),
    ],
    also_right=[
        step_lr_by_product,
        step_lr_recursive,
        lambda epoch, initial_rate, step_size, gamma: initial_rate * gamma ** math.floor(epoch / step_size),
        lambda epoch, initial_rate, step_size, gamma: initial_rate * np.power(gamma, int(epoch / step_size)),
        lambda epoch, initial_rate, step_size, gamma: initial_rate * math.exp(epoch // step_size * math.log(gamma)),
    ],
    wrong=mistakes(
        lambda epoch, initial_rate, step_size, gamma: initial_rate * gamma ** (epoch / step_size),
        "The exponent is a fraction, so the rate falls in every epoch. Count the *whole* periods: `//` divides and "
        "rounds down.",
        lambda epoch, initial_rate, step_size, gamma: initial_rate * gamma ** ((epoch + 1) // step_size),
        "The rate falls one epoch early. Epochs count from 0, so `step_size` of them have run when the number "
        "`step_size` begins.",
        lambda epoch, initial_rate, step_size, gamma: initial_rate * gamma ** (max(epoch - 1, 0) // step_size),
        "The rate falls one epoch late. Epoch number `step_size` is the first with the smaller rate.",
        lambda epoch, initial_rate, step_size, gamma: initial_rate * gamma ** round(epoch / step_size),
        "`round` goes to the nearest whole number, so the rate falls half a period early. Round down: `//`.",
        lambda epoch, initial_rate, step_size, gamma: initial_rate * gamma * (epoch // step_size),
        "The count of drops multiplies `gamma`. Multiplying by `gamma` k times is a power, `gamma ** k`.",
        lambda epoch, initial_rate, step_size, gamma: initial_rate * (gamma if epoch >= step_size else 1),
        "It drops once and never again. Every further `step_size` epochs bring another `gamma`.",
        lambda epoch, initial_rate, step_size, gamma: (
            initial_rate * (gamma if epoch > 0 and epoch % step_size == 0 else 1)
        ),
        "The rate is small in one epoch and back again in the next. What has been multiplied stays multiplied.",
        lambda epoch, initial_rate, step_size, gamma: initial_rate * (gamma if epoch % step_size == 0 else 1),
        "The rate is small in one epoch, number 0 among them, and back again in the next. What has been multiplied "
        "stays multiplied, and epoch 0 runs at `initial_rate`.",
        lambda epoch, initial_rate, step_size, gamma: initial_rate - gamma * (epoch // step_size),
        "`gamma` is taken off the rate, which soon falls below zero. It multiplies the rate.",
    ),
    hints=[
        "How often has the rate been multiplied by `gamma` when epoch number 0, 3, 5, 6, 7 begins, with `step_size` 3?",
        "Multiplied k times means `gamma ** k`; and k is how many whole periods of `step_size` fit into `epoch`.",
        "`//` divides and rounds down: `7 // 3` is 2.",
    ],
    holds="You now have StepLR: the rate of any epoch, from the epoch's number alone.",
    in_nnlib="schedulers.StepLR",
)


# ---- exponential_lr ---------------------------------------------------------------------------------


def exponential_lr(epoch, initial_rate, gamma):
    return initial_rate * gamma**epoch


def exponential_by_product(epoch, initial_rate, gamma):
    for _ in range(epoch):
        initial_rate = initial_rate * gamma
    return initial_rate


exercise(
    title="The rate of an epoch under ExponentialLR",
    solution=exponential_lr,
    cases=lambda rng: [
        (2, 0.8, 0.5),
        (0, 0.3, 0.9),
        (1, 0.3, 0.9),
        (7, 0.1, 0.95),
        (60, 0.25, 1.0),
        (999, 0.1, 0.5),
        (1279, 0.1, 0.95 ** (1 / 16)),
        (3, 1, 0.25),
        (int(rng.integers(20, 40)), 0.05, 0.97),
    ],
    also_right=[
        exponential_by_product,
        lambda epoch, initial_rate, gamma: step_lr(epoch, initial_rate, 1, gamma),
        lambda epoch, initial_rate, gamma: initial_rate * math.exp(epoch * math.log(gamma)),
        lambda epoch, initial_rate, gamma: initial_rate * float(np.prod([gamma] * epoch)),
    ],
    wrong=mistakes(
        lambda epoch, initial_rate, gamma: initial_rate * gamma ** (epoch + 1),
        "Epoch 0 runs at `initial_rate` itself; here it has been multiplied once too often.",
        lambda epoch, initial_rate, gamma: initial_rate * gamma * epoch,
        "Multiplying by `gamma` once an epoch makes a power: `gamma ** epoch`, where `gamma * epoch` grows.",
        lambda epoch, initial_rate, gamma: initial_rate * math.exp(-gamma * epoch),
        "This is an exponential too, but with `gamma` as a speed. Here `gamma` is the factor from one epoch to "
        "the next.",
        lambda epoch, initial_rate, gamma: initial_rate * math.exp(gamma * epoch),
        "This is an exponential that grows. Here `gamma` is the factor from one epoch to the next.",
        lambda epoch, initial_rate, gamma: initial_rate * (1 - gamma) ** epoch,
        "`gamma` is what is kept of the rate in each epoch, not what is taken off.",
        lambda epoch, initial_rate, gamma: initial_rate - gamma * epoch,
        "`gamma` is taken off the rate, which soon falls below zero. It multiplies the rate.",
        lambda epoch, initial_rate, gamma: initial_rate * gamma ** (epoch * (epoch + 1) / 2),
        "The rate falls faster and faster: the rate of one epoch is multiplied by the whole power again. Start "
        "from `initial_rate` each time.",
        lambda epoch, initial_rate, gamma: initial_rate - (1 - gamma) * epoch,
        "The same amount is taken off in every epoch, a straight line that falls below zero. Multiply by `gamma`.",
    ),
    hints=[
        "It is StepLR with a special step size. Which one?",
        "When epoch 0 begins the rate has not been multiplied yet; when epoch 7 begins, seven times.",
        "`initial_rate` times a power of `gamma`.",
    ],
    holds="You now have ExponentialLR: the same factor from every epoch to the next.",
    in_nnlib="schedulers.ExponentialLR",
)


# ---- gamma_for --------------------------------------------------------------------------------------


def gamma_for(initial_rate, final_rate, epochs):
    return (final_rate / initial_rate) ** (1 / epochs)


def gamma_by_halving(initial_rate, final_rate, epochs):
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if initial_rate * middle**epochs > final_rate:
            high = middle
        else:
            low = middle
    return (low + high) / 2


exercise(
    title="The gamma that leads from one rate to another",
    solution=gamma_for,
    cases=lambda rng: [
        (0.8, 0.1, 3),
        (0.2, 0.002, 80),
        (0.1, 0.1, 5),
        (0.5, 0.05, 10),
        (float(rng.uniform(0.1, 1)), 0.01, 40),
        (1, 0.3, 20),
        (0.4, 0.3, 1),
        (0.2, 1e-6, 1280),
    ],
    also_right=[
        gamma_by_halving,
        lambda initial_rate, final_rate, epochs: math.exp(math.log(final_rate / initial_rate) / epochs),
        lambda initial_rate, final_rate, epochs: (initial_rate / final_rate) ** (-1 / epochs),
        lambda initial_rate, final_rate, epochs: 10 ** ((np.log10(final_rate) - np.log10(initial_rate)) / epochs),
        lambda initial_rate, final_rate, epochs: np.geomspace(initial_rate, final_rate, epochs + 1)[1] / initial_rate,
    ],
    wrong=mistakes(
        lambda initial_rate, final_rate, epochs: (initial_rate / final_rate) ** (1 / epochs),
        "This is the factor that leads back up, above 1. Turn the fraction over: the final rate stands on top.",
        lambda initial_rate, final_rate, epochs: (final_rate / initial_rate) / epochs,
        "The fraction is divided by `epochs`. (So it is in `... ** 1 / epochs`: Python takes the power first. "
        "Parentheses: `(1 / epochs)`.)",
        lambda initial_rate, final_rate, epochs: (final_rate / initial_rate) ** (1 / (epochs - 1)),
        "One factor too few: from epoch 0 to epoch number `epochs` the rate is multiplied `epochs` times.",
        lambda initial_rate, final_rate, epochs: (final_rate / initial_rate) ** (1 / (epochs + 1)),
        "One factor too many: from epoch 0 to epoch number `epochs` the rate is multiplied `epochs` times.",
        lambda initial_rate, final_rate, epochs: (final_rate / initial_rate) ** epochs,
        "The power of the whole is taken in place of the root: `gamma ** epochs` equals the fraction.",
        lambda initial_rate, final_rate, epochs: math.log(final_rate / initial_rate) / epochs,
        "This is the logarithm of `gamma`. Take `np.exp` of it.",
        lambda initial_rate, final_rate, epochs: math.exp(math.log10(final_rate / initial_rate) / epochs),
        "`np.log10` undone by `np.exp`: the two belong to different bases. Use `np.log` with `np.exp`.",
        lambda initial_rate, final_rate, epochs: (initial_rate - final_rate) / epochs,
        "This is an equal step downward in each epoch. ExponentialLR has an equal *factor*.",
        lambda initial_rate, final_rate, epochs: 1 - (initial_rate - final_rate) / epochs,
        "This spreads the difference of the two rates over the epochs. ExponentialLR spreads their fraction.",
        lambda initial_rate, final_rate, epochs: 1 - (1 - final_rate / initial_rate) / epochs,
        "An equal part of the initial rate is taken off in each epoch. Equal factors make a power: take a root.",
        lambda initial_rate, final_rate, epochs: initial_rate * (final_rate / initial_rate) ** (1 / epochs),
        "This is the rate of epoch 1. Return the factor alone.",
        lambda initial_rate, final_rate, epochs: (final_rate - initial_rate) ** (1 / epochs),
        "Compare the two rates by their quotient; the difference is negative and has no real root.",
    ),
    hints=[
        "Write down the rate of epoch number `epochs` under ExponentialLR, and set it equal to `final_rate`.",
        "`initial_rate * gamma ** epochs == final_rate`. Divide by `initial_rate`; what undoes a power?",
        "The root of order `epochs` is the power `(1 / epochs)`, parentheses included.",
    ],
    holds="You now have the way to set γ: say where the rate should end, and when.",
)


# ---- train_scheduled --------------------------------------------------------------------------------


def train_scheduled(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng, schedule):
    losses, rates = [], []
    for epoch in range(epochs):
        rate = schedule(epoch, learning_rate)
        parameters, new = my_train_batches(X, y, parameters, activations, derivatives, rate, 1, batch_size, rng)
        losses.append(new[0])
        rates.append(rate)
    return parameters, losses, rates


def train_scheduled_batch_by_batch(
    X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng, schedule
):
    rates = [schedule(epoch, learning_rate) for epoch in range(epochs)]
    history = []
    for rate in rates:
        losses, sizes = [], []
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            trace = forward(X_batch, parameters, activations)
            losses.append(np.mean((trace[-1] - y_batch) ** 2))
            sizes.append(len(X_batch))
            slopes = backward(trace, y_batch, parameters, derivatives)
            parameters = [
                {"W": layer["W"] - rate * slope["W"], "b": layer["b"] - rate * slope["b"]}
                for layer, slope in zip(parameters, slopes)
            ]
        history.append(epoch_loss(losses, sizes))
    return parameters, history, rates


def train_scheduled_in_arrays(
    X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng, schedule
):
    losses, rates, given = np.zeros(epochs), np.zeros(epochs), (activations, derivatives)
    for epoch in range(epochs):
        rates[epoch] = schedule(epoch, learning_rate)
        parameters, losses[epoch : epoch + 1] = my_train_batches(
            X, y, parameters, *given, rates[epoch], 1, batch_size, rng
        )
    return parameters, losses, rates


ASKED, KEPT = "schedule(epoch, learning_rate)", "rates.append(rate)"
TAKEN, TRAINED = "parameters, new = my_train_batches", "derivatives, rate, 1, batch_size, rng)"
LOOP, RETURNED = "for epoch in range(epochs)", "return parameters, losses, rates"


def scheduler_asked_in_every_batch(
    X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng, schedule
):
    history, rates, step = [], [], 0
    for _ in range(epochs):
        losses, sizes = [], []
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            rate = schedule(step, learning_rate)
            one, new = my_train_batches(
                X_batch, y_batch, parameters, activations, derivatives, rate, 1, len(X_batch), np.random.default_rng(0)
            )
            losses, sizes, parameters, step = [*losses, *new], [*sizes, len(X_batch)], one, step + 1
        history.append(epoch_loss(losses, sizes))
        rates.append(rate)
    return parameters, history, rates


def at_one_rate(X, y, parameters, activations, derivatives, learning_rate, epochs, batch_size, rng, schedule):
    rate = schedule(0, learning_rate)
    parameters, losses = my_train_batches(X, y, parameters, activations, derivatives, rate, epochs, batch_size, rng)
    return parameters, losses, [rate] * epochs


at_the_last_rate = edited(
    at_one_rate,
    "rate = schedule(0, learning_rate)",
    "rates = [schedule(epoch, learning_rate) for epoch in range(epochs)]",
    "derivatives, rate, epochs",
    "derivatives, rates[-1], epochs",
    "[rate] * epochs",
    "rates",
)


def halved_each_time(epoch, initial_rate):
    return exponential_lr(epoch, initial_rate, 0.5)


def a_tenth_after_two(epoch, initial_rate):
    return step_lr(epoch, initial_rate, 2, 0.1)


def falling_in_steps_of_three(epoch, initial_rate):
    return step_lr(epoch, initial_rate, 3, 0.6)


def falling_by_one_over(epoch, initial_rate):
    return initial_rate / (1 + epoch)


def rising(epoch, initial_rate):
    return initial_rate * 1.5**epoch


long_enough = holds_out(
    train_scheduled,
    lambda train, X, y, *given: train(*THREE_ROWS, *given, 2, np.random.default_rng(5), falling_by_one_over),
)


def goes_on_later(train_scheduled, rng):
    """Say so where a run in two calls, as chapter 12 makes it, does not lead where the run in one call does."""
    end, losses, _ = train_scheduled(*simple_batches(0.1, 4), halved_each_time)
    X, y, parameters, *functions, rate, _, size, dice = simple_batches(0.1, 4)
    parameters, first, _ = train_scheduled(X, y, parameters, *functions, rate, 3, size, dice, halved_each_time)
    later = train_scheduled(X, y, parameters, *functions, rate, 1, size, dice, lambda epoch, r: r / 2 ** (3 + epoch))
    if compare.differences((end, list(losses)), (later[0], [*first, *later[1]])):
        return IN_TWO_CALLS
    return long_enough(train_scheduled, rng)


IN_TWO_CALLS = (
    "Four epochs in one call, or in two calls with the same `rng`, should end in the same place. Draw from `rng` as "
    "often as there are epochs, and remember nothing between two calls."
)


def scheduled_case(*given):
    """A case of `train_batches`, and a schedule behind it."""
    *of_training, schedule = given
    return *batch_training_case(*of_training), schedule


exercise(
    title="Training with a schedule",
    solution=train_scheduled,
    returns=("parameters", "losses", "rates"),
    cases=lambda rng: [
        (
            np.array([[1.0], [2.0], [-1.0]]),
            np.array([[1.0], [0.0], [2.0]]),
            [{"W": np.array([[0.5]]), "b": np.array([0.1])}],
            [np.tanh],
            [tanh_derivative],
            0.2,
            3,
            2,
            np.random.default_rng(1),
            halved_each_time,
        ),
        scheduled_case(rng, 7, (2, 3, 1), [np.tanh] * 2, [tanh_derivative] * 2, 0.3, 5, 3, a_tenth_after_two),
        scheduled_case(
            rng, 6, (2, 4, 2), [relu, linear], [relu_derivative, np.ones_like], 0.05, 7, 2, falling_in_steps_of_three
        ),
        scheduled_case(rng, 5, (3, 2), [np.tanh], [tanh_derivative], 0.5, 4, 9, falling_by_one_over),
        scheduled_case(rng, 4, (2, 3, 1), (np.tanh, linear), (tanh_derivative, np.ones_like), 0.8, 5, 3, rising),
    ],
    verify=goes_on_later,
    also_right=[train_scheduled_batch_by_batch, train_scheduled_in_arrays],
    wrong=mistakes(
        edited(train_scheduled, TRAINED, TRAINED.replace("rate", "learning_rate")),
        "The schedule is asked, and the training still runs at `learning_rate`. Hand `rate` to `train_batches`.",
        edited(train_scheduled, KEPT, KEPT + "\n        learning_rate = rate"),
        "The rate of the last epoch goes back in as the initial one, so it falls faster and faster. The schedule "
        "wants the *initial* rate each time: leave `learning_rate` as it came.",
        edited(train_scheduled, ASKED, "schedule(epoch + 1, learning_rate)"),
        "The schedule is one epoch ahead. The first epoch has the number 0 and runs at the initial rate.",
        edited(train_scheduled, ASKED, "schedule(max(epoch - 1, 0), learning_rate)"),
        "The schedule is one epoch late. Ask it with the number of the epoch that is about to run.",
        edited(train_scheduled, KEPT, "rates.append(schedule(epoch + 1, learning_rate))"),
        "The training is right; the rates recorded are those of the next epoch. Record the one that was used.",
        edited(train_scheduled, KEPT, "rates.append(learning_rate)"),
        "The training is right, but the rates recorded are all the initial one. Record `rate`.",
        scheduler_asked_in_every_batch,
        "The rate falls from batch to batch. Here a schedule counts epochs: one rate for all batches of an epoch.",
        at_one_rate,
        "All epochs run at the rate of epoch 0. Ask the schedule again before each epoch.",
        at_the_last_rate,
        "All epochs run at the last rate. Each has its own: train one epoch at a time.",
        edited(train_scheduled, TRAINED, TRAINED.replace("1", "epochs"), "losses.append(new[0])", "losses += new"),
        "Each rate is used for `epochs` epochs. In one round of the loop train a single epoch.",
        edited(train_scheduled, TRAINED, TRAINED.replace("rng", "np.random.default_rng(0)")),
        "Each epoch makes a generator of its own, so all epochs have the same batches. Hand on the `rng` that came in.",
        edited(train_scheduled, TAKEN, TAKEN.replace("parameters", "end"), RETURNED, "return end, losses, rates"),
        "Every epoch starts from the first parameters again. Go on from those that the last epoch returned.",
        edited(train_scheduled, TAKEN, TAKEN.replace("parameters", "_")),
        "Every epoch starts from the same parameters. Take over those that `train_batches` returns.",
        edited(train_scheduled, TRAINED, TRAINED.replace("batch_size", "len(X)")),
        "All rows go into one batch. Hand on `batch_size`.",
        edited(train_scheduled, "new[0]", "new"),
        "`train_batches` returns its losses in a list, even for one epoch, so yours are lists in a list. Take its "
        "only entry, `[0]`.",
        edited(train_scheduled, RETURNED, "    " + RETURNED),
        "Only one epoch is run: is the `return` inside the loop?",
        edited(train_scheduled, "        losses.append", "    losses.append", f"        {KEPT}", f"    {KEPT}"),
        "Only the last loss and rate are kept. Append both inside the loop, one for each epoch.",
    ),
    hints=[
        "A loop over the epochs, from 0. In each: which rate, one epoch of training, then write both numbers down.",
        "`rate = schedule(epoch, learning_rate)`, then `my_train_batches(...)` with that rate and 1 for its epochs. "
        "Its parameters are where the next epoch starts.",
        "`parameters, new = my_train_batches(X, y, parameters, activations, derivatives, rate, 1, batch_size, "
        "rng)`; `new[0]` is the loss of the epoch.",
    ],
    holds="You now have training whose steps can shrink, by any rule that you can write as a function of the epoch.",
    in_nnlib="network.NeuralNetwork.fit",
)


# ---- my_schedule ------------------------------------------------------------------------------------

EPOCHS, BATCH_SIZE, HIDDEN, INITIAL_RATE = 80, 8, 8, 0.2
GOAL, FRESH = 0.107, (100, 101, 102, 103, 104, 105)
ENOUGH = 6.5  # the sum of the rates below which no run has arrived after 80 epochs

# What `verify` says of a mistake: the hints of the declared ones go further.
NO_RATE = "It does not return a positive number for every epoch."
OTHER_START = "Epoch 0 does not run at `initial_rate`."
FIXED_START = "Epoch 0 runs at 0.2 whatever comes in as `initial_rate`."
MEMORY = "Asked twice for the same epoch, it gives two different rates."
EXPLODED = "The loss of a run exploded."
CONSTANT = "The rate is the same in all epochs."
FROZEN = "The run is frozen: the rate was all but gone before the network had arrived. Keep it large for longer."
EARLY = "The rate became small too early: the network was still on its way. Keep it large for longer."
LATE = "The rate fell in the last fifth of the epochs only, and the loss had no time to follow."
SHAKY = "The last epochs run at more than a quarter of the initial rate, and the loss is still on a noise floor."
NEAR = "That is near. Try a little more rate early in the run, and a little less at its end."


def train_together(rates, seeds, batch_size):
    """Train 1-8-1 tanh networks on the noisy sine, all at once, each as `NeuralNetwork` with its seed would.

    rates : (n, epochs), the rate of each network in each epoch. seeds : (n,). batch_size divides the 64 rows.

    Returns the losses (n, epochs) as `fit` reports them, and the weights after each epoch: (n, epochs, 2, 8) and
    (n, epochs, 9, 1). A column of ones beside X, and beside the hidden outputs, makes the last row of each the biases.
    """
    rates = np.asarray(rates, dtype=float)
    X, y = datasets.noisy_sine(n=64, noise=0.3, seed=0)
    X = np.hstack([X, np.ones_like(X)])  # (64, 2)
    (n, epochs), size = rates.shape, min(batch_size, len(X))
    generators = [np.random.default_rng(seed) for seed in seeds]
    W1, W2 = np.zeros((n, 2, HIDDEN)), np.zeros((n, HIDDEN + 1, 1))
    for k, rng in enumerate(generators):
        W1[k, :1] = initializers.glorot(1, HIDDEN, rng)
        W2[k, :HIDDEN] = initializers.glorot(HIDDEN, 1, rng)
    losses, kept = np.zeros((n, epochs)), (np.zeros((n, epochs, *W1.shape[1:])), np.zeros((n, epochs, *W2.shape[1:])))
    A1, errors = np.ones((n, size, HIDDEN + 1)), np.zeros((n, len(X), 1))
    inner, columns, weights_out = A1[:, :, :HIDDEN], A1.transpose(0, 2, 1), W2[:, :HIDDEN].transpose(0, 2, 1)
    for epoch in range(epochs):
        order = np.stack([rng.permutation(len(X)) for rng in generators])
        X_epoch, y_epoch = X[order], y[order]  # (n, 64, 2), (n, 64, 1)
        X_turned, steps = X_epoch.transpose(0, 2, 1), (2 / size * rates[:, epoch])[:, None, None]
        for start in range(0, len(X), size):
            rows = slice(start, start + size)
            np.tanh(X_epoch[:, rows] @ W1, out=inner)
            error = errors[:, rows]
            np.subtract(A1 @ W2, y_epoch[:, rows], out=error)
            step = error * steps
            dZ1 = (step * weights_out) * (1 - inner * inner)
            W2 -= columns @ step
            W1 -= X_turned[:, :, rows] @ dZ1
        losses[:, epoch] = np.mean(errors**2, axis=(1, 2))
        kept[0][:, epoch], kept[1][:, epoch] = W1, W2
    return losses, *kept


@functools.lru_cache(maxsize=64)
def last_losses(rates):
    """The mean loss of the last five epochs with these rates, a tuple of one an epoch, for each of the FRESH seeds."""
    losses, *_ = train_together([rates] * len(FRESH), FRESH, BATCH_SIZE)
    return np.mean(losses[:, -5:], axis=1)


def schedule_mistake(schedule, rng):
    """What keeps a schedule from the goal on fresh seeds; None if nothing does."""
    rates = [as_rate(schedule(epoch, INITIAL_RATE)) for epoch in range(EPOCHS)]
    if not all(rate is not None and math.isfinite(rate) and rate > 0 for rate in rates):
        return NO_RATE
    rates = tuple(rates)
    if not math.isclose(rates[0], INITIAL_RATE, rel_tol=1e-9):
        return OTHER_START
    if any(as_rate(schedule(epoch, INITIAL_RATE)) != rates[epoch] for epoch in reversed(range(EPOCHS))):
        return MEMORY
    if not math.isclose(as_rate(schedule(0, 0.3)), 0.3, rel_tol=1e-9):
        return FIXED_START
    if max(rates) > 5:
        return EXPLODED
    with np.errstate(all="ignore"):
        loss = np.mean(last_losses(rates))
    if not math.isfinite(loss) or loss > 1:
        return EXPLODED
    if loss < GOAL:
        return None
    return f"{loss:.4f} on the hidden seeds; the goal is below {GOAL}. {why_above(rates)}"


def as_rate(rate):
    """A float for anything that is one real number, such as the array of shape () of `np.where`; else None."""
    if isinstance(rate, str | bool | np.bool_ | complex) or np.ndim(rate) != 0:
        return None
    try:
        return float(rate)
    except (TypeError, ValueError):
        return None


def why_above(rates):
    """What keeps the loss of a run with these rates above the goal."""
    first, last = rates[0], rates[-1]
    if min(rates) == max(rates):
        return CONSTANT
    if sum(rates) < ENOUGH:
        return FROZEN if rates[EPOCHS * 3 // 4] < first / 50 else EARLY
    if rates[EPOCHS * 4 // 5] > 0.9 * first:
        return LATE
    return SHAKY if last > first / 4 else NEAR


def my_schedule(epoch, initial_rate):
    return initial_rate * (1 - epoch / 80)


memory = {"rate": INITIAL_RATE}


def schedule_with_a_memory(epoch, initial_rate):
    memory["rate"] *= 0.99
    return initial_rate if epoch == 0 else memory["rate"]


exercise(
    title="A schedule that gets below 0.107 with batches of 8, on seeds that you have not seen",
    solution=my_schedule,
    verify=schedule_mistake,
    also_right=[
        lambda epoch, initial_rate: initial_rate * 0.98**epoch,
        lambda epoch, initial_rate: initial_rate * 0.5 ** (epoch // 20),
        lambda epoch, initial_rate: initial_rate * 0.1 ** (epoch // 40),
        lambda epoch, initial_rate: initial_rate * 0.5 * (1 + np.cos(np.pi * epoch / 80)),
        lambda epoch, initial_rate: initial_rate - 0.002 * epoch,
        lambda epoch, initial_rate: np.where(epoch < 60, initial_rate, initial_rate / 10),
        lambda epoch, initial_rate: np.exp(np.log(initial_rate) - 0.02 * epoch),
    ],
    wrong=mistakes(
        lambda epoch, initial_rate: initial_rate,
        "A constant rate of 0.2 stays on its noise floor. Let the rate fall, so that the floor falls with it.",
        lambda epoch, initial_rate: initial_rate * 0.95**epoch,
        "This is the slide that served batches of 4. Batches of 8 take half as many steps in an epoch, so the rate "
        "has to stay large for more epochs.",
        lambda epoch, initial_rate: initial_rate * 0.3 ** (epoch // 20),
        "These are the stairs that served batches of 4. Batches of 8 take half as many steps in an epoch, so the "
        "rate has to stay large for more epochs.",
        lambda epoch, initial_rate: initial_rate * 0.8**epoch,
        "The rate is gone before the network has learned the curve, and then it stands still. A larger γ, or "
        "stairs with longer steps, leave it time.",
        lambda epoch, initial_rate: initial_rate / (1 + epoch),
        "This halves the rate after the very first epoch, when the network has hardly moved. Let it fall far more "
        "slowly, over tens of epochs.",
        lambda epoch, initial_rate: initial_rate * 0.99**epoch,
        "The last steps are still large, so the loss ends on a noise floor. Let the rate fall further.",
        lambda epoch, initial_rate: initial_rate * 0.1 ** (epoch // 75),
        "The rate falls when it is nearly over. Give the small steps some twenty epochs or more.",
        lambda epoch, initial_rate: initial_rate * 0.975**epoch,
        "Nearly. Your γ is a little too small for batches of 8, which take fewer steps.",
        lambda epoch, initial_rate: initial_rate * 1.06**epoch,
        "A rate that grows ends in an explosion. The large steps belong at the start, the small ones at the end.",
        lambda epoch, initial_rate: 0.05,
        "Epoch 0 has to run at `initial_rate`, here 0.2, and the rest follows from there.",
        lambda epoch, initial_rate: 0.2 * 0.98**epoch,
        "It starts at 0.2 whatever comes in. Take `initial_rate` in place of the number, and the same schedule "
        "serves a run with any initial rate.",
        lambda epoch, initial_rate: initial_rate - 0.005 * epoch,
        "A rate has to be a positive number in all of the 80 epochs. Subtract less, or multiply by a factor.",
        schedule_with_a_memory,
        "The same epoch has to get the same rate each time. Compute it from `epoch` and `initial_rate` alone, with "
        "nothing remembered between two calls.",
    ),
    hints=[
        "Large steps while there is still a curve to learn, small ones when there is only noise left. With the "
        "chapter's two schedules the rate falls too early for batches of 8.",
        "Aim at half the rate around the middle of the run, and at a fifth or less in the last epoch. `gamma_for`, "
        "longer stairs, or a straight line lead there.",
        "`return initial_rate * (1 - epoch / 80)` is a straight line; or halve the rate every twenty epochs.",
    ],
    holds="You now have a schedule that beats every constant rate in the same number of epochs.",
)
