"""Chapter 11: one network three times, at a constant rate, down the stairs and down the slide; any batch size."""

import numpy as np

from nnlib import ExponentialLR, StepLR, datasets
from nnlib.exercises.ch11_schedulers import train_together
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost, Names, lay_out

ROWS = 64
EPOCHS, INITIAL_RATE = 80, 0.2
LAST = 5  # epochs whose mean loss counts as the final one
STAIRS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1)  # values of γ
SLIDE = (0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1)
BATCHES = (2, 4, 8, 16, 32, ROWS)
LOSS_LIMITS = (0.09, 1)
AXIS = np.linspace(-1.05, 1.05, 106)
RUNS = {"constant": ("black", "--"), "stairs": ("vermillion", "-"), "slide": ("blue", "-.")}
KINDS = ("constant rate", "step decay (stairs)", "exponential decay (slide)")  # what others call them


def step_form(epoch, initial_rate, step_size, gamma):
    """The rate of an epoch under `StepLR`, in the form in which chapter 11 has it written."""
    return StepLR(step_size, gamma)(epoch, initial_rate)


def exponential_form(epoch, initial_rate, gamma):
    return ExponentialLR(gamma)(epoch, initial_rate)


def final(losses):
    return float(np.mean(losses[-LAST:]))


def decay(step_lr=step_form, exponential_lr=exponential_form):
    """A network trained for 80 epochs at three schedules: its rates, its losses, and its answer beside the data.

    step_lr(epoch, initial_rate, step_size, gamma) and exponential_lr(epoch, initial_rate, gamma) -> rate: the reader's
    own, or the library's.
    """
    ratios = {"width_ratios": (1.75, 1), "height_ratios": (1, 1.5)}
    fig, ((above, data), (below, empty)) = figure(2, 2, size=(8.4, 3.5), **ratios)
    empty.remove()
    data.set_subplotspec(data.get_gridspec()[:, 1])
    fig.get_layout_engine().set(wspace=0.03)
    X, y = datasets.noisy_sine(n=ROWS, noise=0.3, seed=0)
    data.plot(X, y, ".", color=COLORS["black"], markersize=5)
    lines = {"rate": {}, "loss": {}, "answer": {}}
    for name, (color, style) in RUNS.items():
        above_others = 3 if name == "constant" else 2  # its dashes let what is below them be seen
        look = {"color": COLORS[color], "linestyle": style, "zorder": above_others}
        (lines["rate"][name],) = above.plot([], [], drawstyle="steps-mid", **look)
        (lines["loss"][name],) = below.plot([], [], **look)
        (lines["answer"][name],) = data.plot([], [], **look)
    epochs = {"xlim": (0, EPOCHS), "xticks": range(0, EPOCHS + 1, 20)}
    above.set(ylim=(0, 1.1 * INITIAL_RATE), yticks=[0, 0.1, 0.2], ylabel="rate", **epochs)
    above.tick_params(labelbottom=False)
    below.set(ylim=LOSS_LIMITS, yscale="log", xlabel="epoch", ylabel="loss", **epochs)
    below.set_yticks([0.1, 0.2, 0.4, 0.8], ["0.1", "0.2", "0.4", "0.8"])
    below.minorticks_off()
    data.set(xlim=(AXIS[0], AXIS[-1]), ylim=(-1.9, 1.9), xlabel="x", ylabel="y, and the answers", box_aspect=1)
    ghost = Ghost(*lines["rate"].values(), *lines["loss"].values())
    colors = [COLORS[color] for color, _ in RUNS.values()]
    kinds = Names(above, colors, "exponential decay (slide)")
    names = Names(below, colors, "constant 0.000, was 0.000")
    lay_out(fig)

    def compute(stairs, step_size, slide, batch_size, seed):
        schedules = {
            "constant": lambda epoch: INITIAL_RATE,
            "stairs": lambda epoch: step_lr(epoch, INITIAL_RATE, step_size, stairs),
            "slide": lambda epoch: exponential_lr(epoch, INITIAL_RATE, slide),
        }
        rates = [[float(schedule(epoch)) for epoch in range(EPOCHS)] for schedule in schedules.values()]
        losses, W1, W2 = train_together(rates, [seed] * len(rates), batch_size)
        columns = np.column_stack([AXIS, np.ones_like(AXIS)])
        answers = np.tanh(columns @ W1) @ W2[:, :, :-1] + W2[:, :, -1:]  # (runs, epochs, places, 1)
        return {
            name: {"rate": np.array(rates[k]), "loss": losses[k], "answer": answers[k, :, :, 0]}
            for k, name in enumerate(RUNS)
        }

    def draw(result, stairs, step_size, slide, batch_size, epoch, before):
        def left(name, kind):
            """The rates or losses of a run before, if they were others."""
            values = before and before.result[name][kind]
            return None if np.array_equal(values, result[name][kind]) else values

        shown = [before and left(name, kind) for kind in ("rate", "loss") for name in RUNS]
        ghost.show(before, *(None if values is None else (np.arange(EPOCHS), values) for values in shown))
        ends = [final(run["loss"]) if epoch == EPOCHS else run["loss"][epoch - 1] for run in result.values()]
        words = [f"{name} {end:.3f}" for name, end in zip(RUNS, ends)]
        for k, losses in enumerate(shown[len(RUNS) :]):
            words[k] += f", was {final(losses):.3f}" if losses is not None and epoch == EPOCHS else ""
        names.show(ends, words)
        kinds.show([run["rate"][epoch - 1] for run in result.values()], KINDS)
        for name, run in result.items():
            for kind in ("rate", "loss"):
                lines[kind][name].set_data(np.arange(epoch), run[kind][:epoch])
            lines["answer"][name].set_data(AXIS, run["answer"][epoch - 1])
        if step_size >= EPOCHS:
            note(above, f"The first step down would be in epoch {step_size}; the last epoch here is {EPOCHS - 1}.")
        rows = f"all {ROWS} rows in one batch" if batch_size == ROWS else f"batches of {batch_size}"
        if epoch < EPOCHS:
            of_each = (f"{name} {run['loss'][epoch - 1]:.4f}" for name, run in result.items())
            return f"Loss of epoch {epoch} of {EPOCHS} with {rows}: {', '.join(of_each)}."
        of_each = (f"{name} {final(run['loss']):.4f}" for name, run in result.items())
        return f"Mean loss of the last {LAST} epochs with {rows}: {', '.join(of_each)}."

    return Live(
        "decay",
        question="When does a falling rate help?",
        prediction=Prediction(
            "With batches of 4 both falling rates beat the constant one. With all 64 rows in one batch, which ends "
            "lowest?",
            options=("the stairs", "the slide", "the constant rate"),
            answer="the constant rate",
            explanation="Without noise there is nothing for small steps to calm. At which batch size do they "
            "change places?",
            settings={"batch_size": ROWS, "epoch": EPOCHS},
        ),
        controls={
            "stairs": list_slider("γ of the stairs", STAIRS, 0.3),
            "step_size": slider("their step size", 1, 100, 20, unit="epochs"),
            "slide": list_slider("γ of the slide", SLIDE, 0.95),
            "batch_size": list_slider("batch size", BATCHES, 4),
            "seed": slider("seed", 0, 9, 0),
            "epoch": slider("epochs shown", 1, EPOCHS, EPOCHS),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=50,
        alt="Left, the rates of 80 epochs, one constant, one falling in stairs, one in a curve that flattens, "
        "above the loss of each of the three runs. Right, the 64 points and the curves of the three "
        "networks.",
    )
