"""Exercises of chapter 17: challenges for the playground. Each answer is a setting, and the check runs it."""

import functools
import math
import numbers
from dataclasses import asdict

from nnlib.checks import brief
from nnlib.exercises import chapter
from nnlib.playground import Impossible, Run, Settings

exercise = chapter("17", "playground")

# What a check computes at most, some seconds' worth. Counted, not timed: no clock decides who is right.
MOST_UPDATES, MOST_WORK = 50_000, 1_000_000_000  # the work: parameters times rows that they see
BY_HEART = {
    "data": "moons",
    "n": 40,
    "noise": 0.35,
    "data_seed": 1,
    "held": 0.5,
    "hidden": (16, 16),
    "optimizer": "Adam",
    "learning_rate": 0.01,
    "batch_size": 20,
    "epochs": 600,
}
FULL_BATCH = {"data": "circles", "hidden": (8,), "batch_size": 200, "epochs": 500}


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="numbers_of_2_8_8_1",
    recall=True,
    title="The parameters of the network 2-8-8-1",
    solution=105,
    wrong=[
        (88, "88 is the number of weights, 2 · 8 + 8 · 8 + 8 · 1. Each of the 17 neurons has a bias as well."),
        (19, "19 is the number of circles. The numbers are on the arrows, and one is in each neuron."),
        (107, "107 gives the two inputs a bias, and an input has none."),
    ],
    hints=["A weight on each arrow, a bias in each neuron.", "(2 · 8 + 8) + (8 · 8 + 8) + (8 · 1 + 1)"],
    holds="24 + 72 + 9 = 105.",
)

exercise(
    name="updates_of_140_rows",
    recall=True,
    title="The updates of an epoch",
    solution=14,
    wrong=[
        (1400, "1400 is 140 times 10. A batch of 10 rows makes one update."),
        (10, "10 is the size of a batch. How many of them do 140 rows fill?"),
        (140, "140 would be one update a row, a batch size of 1."),
    ],
    hints=["Each batch makes one update, and an epoch uses each row once.", "140 / 10 of them."],
    holds="140 rows in batches of 10 make 14 updates.",
)

exercise(
    name="start_of_relu",
    recall=True,
    title="The initializer that suits ReLU",
    solution="he",
    wrong=[("glorot", "Glorot's weights keep the signal of tanh. ReLU silences half of it, and He pays that back.")],
    hints=["ReLU silences half of its inputs. Which formula has the 2 that pays it back?"],
    holds="He's variance 2 / n_inputs makes up for the half that ReLU silences.",
)


# ---- running what the reader answers ----------------------------------------------------------------


class Refused(Exception):
    """A sentence that says why an answer is not taken."""


class RanAway(Refused):
    """The same, of a loss that is no longer finite."""


def settings_of(answer, fixed):
    """The `Settings` of an answer: themselves, a dict of them, or the playground's line. `fixed` is to stay."""
    try:
        if isinstance(answer, str):
            answer = Settings.read(answer)
        settings = Settings.of(answer) if isinstance(answer, dict) else answer
        if not isinstance(settings, Settings):
            raise Impossible('a setting is asked for, such as dict(data="xor", hidden=(4,))')
    except Impossible as error:
        raise Refused(f"No run can have these settings: {str(error).removesuffix('.')}.") from None
    for name, asked in fixed.items():
        found = getattr(settings, name)
        if found != asked:
            raise Refused(f"For this challenge set `{name}` to {asked!r}; here it is {brief(found)}.")
    return settings


@functools.lru_cache(maxsize=64)
def ran(settings):
    """The finished run of `settings`, to be looked at."""
    rows, n_parameters = round((settings.n + len(settings.points)) * (1 - settings.held)), settings.n_parameters
    updates = settings.epochs * -(-rows // settings.batch_size)
    if updates > MOST_UPDATES or settings.epochs * rows * n_parameters > MOST_WORK:
        raise Refused(
            f"This run is too long for a check: {updates:,} updates of {n_parameters:,} parameters. "
            "Take fewer epochs, larger batches or a smaller network."
        )
    run = Run(settings)
    run.train()
    if run.ran_away:
        raise RanAway("It ran away: the loss is no longer a finite number. Take a smaller learning rate.")
    return run


def challenge(**fixed):
    """Make a `verify` of a function (run) -> None or a sentence."""

    def decorate(judge):
        def verify(answer, rng):
            try:
                return judge(ran(settings_of(answer, fixed)))
            except Refused as refusal:
                return str(refusal)

        return verify

    return decorate


def only(name, base):
    """A `verify` for one number, the setting `name` beside those of `base`; settings that hold it will do."""
    others = asdict(Settings(**base))
    others.pop(name, None)

    def number_in(answer):
        if isinstance(answer, str) and "(" not in answer:
            raise Refused("A number is asked for, without quotes.")
        return getattr(settings_of(answer, others), name) if isinstance(answer, str | dict | Settings) else answer

    def decorate(judge):
        def verify(answer, rng):
            try:
                return judge(lambda value: ran(settings_of({**base, name: value}, {})), number_in(answer))
            except Refused as refusal:
                return str(refusal)

        return verify

    return decorate


# ---- the smallest network for XOR -------------------------------------------------------------------


@challenge(data="xor", noise=0.0, n=200, held=0.3, data_seed=0, points=(), inputs=("x1", "x2"))
def xor_is_solved_by_few(run):
    if run.settings.n_parameters > 13:
        return "It has more than 13 parameters. How many hidden neurons can you do without?"
    if min(run.right()) < 0.9:
        return "Few enough parameters, but fewer than 90 % of the points are right, in training or held back."
    return None


SMALL = {"data": "xor", "noise": 0.0, "hidden": (3,), "activation": "relu", "learning_rate": 0.3}

exercise(
    name="smallest_xor",
    title="XOR with 13 parameters",
    solution={**SMALL, "seed": 2},
    verify=xor_is_solved_by_few,
    also_right=[
        {**SMALL, "seed": 1},
        {**SMALL, "seed": 0, "optimizer": "Adam", "learning_rate": 0.03},
        str(Settings(**SMALL, seed=2)),
        Settings(**SMALL, seed=2),
        Run(Settings(**SMALL, seed=2)),
        f"This run in one line: {Settings(**SMALL, seed=2)}",
    ],
    wrong=[
        ({"data": "xor", "noise": 0.0}, "It has more than 13 parameters. How many hidden neurons can you do without?"),
        (
            {"data": "xor", "noise": 0.0, "hidden": (2,)},
            "Few enough parameters, but fewer than 90 % of the points are right, in training or held back.",
        ),
        (
            {"data": "xor", "noise": 0.0, "hidden": (), "inputs": ("x1·x2",)},
            "For this challenge set `inputs` to ('x1', 'x2'); here it is ('x1·x2',).",
        ),
        ({"hidden": (3,)}, "For this challenge set `noise` to 0.0; here it is 0.05."),
    ],
    hints=[
        "With w hidden neurons there are 4 w + 1 parameters, so w = 3 is the most.",
        "Three lines are few: a corner of a ReLU serves better than the smooth step of tanh. The seed decides too.",
        'Three ReLU neurons, learning rate 0.3, and one of the first seeds: `activation="relu"`, `seed=...`.',
    ],
    holds="Three folded lines are enough, if they start in a good place. Two are not.",
)


# ---- the spiral with few parameters -----------------------------------------------------------------


@challenge(data="spiral", noise=0.02, n=200, held=0.3, data_seed=0, points=())
def spiral_is_solved_by_few(run):
    if run.settings.n_parameters >= 60:
        return "It has 60 parameters or more. What could an input do in place of a layer?"
    if run.right()[1] < 0.95:
        return "Few enough parameters, but fewer than 95 % of the points held back are right."
    return None


SPIRAL = {"data": "spiral", "noise": 0.02, "optimizer": "Adam", "learning_rate": 0.03, "batch_size": 20, "epochs": 400}
WAVES = ("x1", "x2", "sin x1", "sin x2")

exercise(
    name="small_spiral",
    title="The spiral with fewer than 60 parameters",
    solution={**SPIRAL, "inputs": WAVES, "hidden": (8,)},
    verify=spiral_is_solved_by_few,
    also_right=[
        {**SPIRAL, "inputs": WAVES, "hidden": (8,), "seed": 2},
        {**SPIRAL, "inputs": ("x1", "x2", "x1²", "x2²", "x1·x2", "sin x1", "sin x2"), "hidden": (6,), "seed": 1},
    ],
    wrong=[
        (
            {**SPIRAL, "hidden": (8, 8)},
            "It has 60 parameters or more. What could an input do in place of a layer?",
        ),
        (
            {**SPIRAL, "hidden": (8,)},
            "Few enough parameters, but fewer than 95 % of the points held back are right.",
        ),
        (
            {**SPIRAL, "hidden": (8,), "noise": 0.0},
            "For this challenge set `noise` to 0.02; here it is 0.0.",
        ),
    ],
    hints=[
        "An arm of the spiral goes up and down along each axis. Which inputs do that too?",
        "Four inputs x1, x2, sin x1, sin x2 and one layer of w neurons make 6 w + 1 parameters.",
        "Those four inputs, one layer of 8, Adam at rate 0.03 for 400 epochs.",
    ],
    holds="Fewer than 60 parameters did it. With sin x1 and sin x2 a single layer is enough: a good input is worth a "
    "layer, and choosing it is called feature engineering.",
)


# ---- noisy data: by λ, and by stopping --------------------------------------------------------------

CALM = 0.12  # validation loss


@only("l2_lambda", BY_HEART)
def lambda_is_calm(run, value):
    if not value:
        return "λ = 0 is no price at all."
    found = run(value)
    if found.nn.history["val_loss"][-1] < CALM:
        return None
    smaller = run(value / 10).nn.history["val_loss"][-1] < found.nn.history["val_loss"][-1]
    return (
        "The validation loss ends above 0.12. A tenth of this λ ends lower: the price is too high."
        if smaller
        else "The validation loss ends above 0.12, and a tenth of this λ ends no lower: the price is too small."
    )


exercise(
    name="calm_lambda",
    title="The validation loss below 0.12, by λ alone",
    solution=0.01,
    verify=lambda_is_calm,
    also_right=[0.02, 0.03, Settings(**BY_HEART, l2_lambda=0.01)],
    wrong=[
        (0.0, "λ = 0 is no price at all."),
        (
            1e-4,
            "The validation loss ends above 0.12, and a tenth of this λ ends no lower: the price is too small.",
        ),
        (1.0, "The validation loss ends above 0.12. A tenth of this λ ends lower: the price is too high."),
        ("0.01", "A number is asked for, without quotes."),
        (
            Settings(**{**BY_HEART, "epochs": 100}, l2_lambda=0.01),
            "For this challenge set `epochs` to 600; here it is 100.",
        ),
        (
            -0.01,
            "No run can have these settings: l2_lambda must be a finite number of at least 0 and at most 1e+100, "
            "got -0.01.",
        ),
    ],
    hints=[
        "Press “by heart” and turn λ. Look at where the dashed curve ends.",
        "Try powers of ten: 0.0001, 0.001, 0.01, 0.1.",
    ],
    holds="The weights pay for what they learn by heart, and the noise is not worth the price.",
)


@only("epochs", BY_HEART)
def stop_is_in_time(run, value):
    losses = run(600).nn.history["val_loss"]
    if isinstance(value, numbers.Real) and value > len(losses):
        return "The run of the gallery has 600 epochs: stop before."
    value = run(int(value) if isinstance(value, float) and value.is_integer() else value).settings.epochs
    if losses[value - 1] < CALM:
        return None
    best = losses.index(min(losses))
    return (
        "Too early: the validation loss is above 0.12 and goes on falling."
        if value <= best
        else "Too late: the validation loss has been below 0.12 and is above it again."
    )


exercise(
    name="epochs_in_time",
    title="The same by stopping",
    solution=100,
    verify=stop_is_in_time,
    also_right=[150, 200, Settings(**{**BY_HEART, "epochs": 100})],
    wrong=[
        (600, "Too late: the validation loss has been below 0.12 and is above it again."),
        (3, "Too early: the validation loss is above 0.12 and goes on falling."),
        (601, "The run of the gallery has 600 epochs: stop before."),
        (100.5, "No run can have these settings: epochs must be a whole number, got 100.5."),
    ],
    hints=[
        "Press “by heart”, Restart and Play. Where is the dashed curve lowest?",
        "Set `epochs` to 100 or so and look at the loss on the rows held back, in the line below the picture.",
    ],
    holds="Early stopping: nothing is changed but the end.",
)


# ---- the largest rate -------------------------------------------------------------------------------


def end_at(run, rate):
    """The training loss at the end, inf for a run that ran away."""
    try:
        return run(rate).nn.history["train_loss"][-1]
    except RanAway:
        return math.inf


def learns(run, rate):
    return end_at(run, rate) < 0.05


@only("learning_rate", FULL_BATCH)
def rate_is_the_largest(run, value):
    if not learns(run, value):
        return (
            "With this rate it does not end below 0.05, and with a smaller one it does: too large."
            if end_at(run, value) == math.inf or learns(run, value / 2) or learns(run, value / 10)
            else "With this rate it does not end below 0.05, nor with half of it: too small for 500 epochs."
        )
    if learns(run, 1.5 * value):
        return "It learns, but with half as much again it learns too: there is room above."
    return None


exercise(
    name="largest_rate",
    title="The largest rate that still learns",
    solution=0.4,
    verify=rate_is_the_largest,
    also_right=[0.38, 0.35],
    wrong=[
        (0.1, "It learns, but with half as much again it learns too: there is room above."),
        (0.45, "With this rate it does not end below 0.05, and with a smaller one it does: too large."),
        (
            0.01,
            "With this rate it does not end below 0.05, nor with half of it: too small for 500 epochs.",
        ),
        (
            -1.0,
            "No run can have these settings: learning_rate must be a finite number above 0 and at most 1e+100, got -1.",
        ),
    ],
    hints=[
        "Press “too fast” and make the rate smaller, stop by stop, until the run ends with a loss below 0.05. On the "
        "way it may jump; where the loss falls smoothly, there is room above.",
        "It is between 0.3 and 0.4.",
    ],
    holds="Chapter 2 had a formula for this limit, 2/λmax. A network has one too, and it moves while it learns.",
)
