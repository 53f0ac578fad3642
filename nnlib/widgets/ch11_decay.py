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
LAST = 5  # epochs whose mean loss counts as the final one, and whose answers are seen faintly behind the newest
STAIRS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1)  # values of γ
SLIDE = (0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1)
BATCHES = (2, 4, 8, 16, 32, ROWS)
LOSS_LIMITS = (0.075, 1)  # with room below the lowest, 0.1
AXIS = np.linspace(-1.05, 1.05, 106)
RUNS = {"constant": ("black", "-", 4), "stairs": ("vermillion", "-", 2.6), "slide": ("blue", (0, (3, 2)), 1.4)}
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
    fig, ((above, data), (below, empty)) = figure(2, 2, size=(8.4, 3.5), height_ratios=(1, 2.6), width_ratios=(2, 1))
    empty.remove()
    data.set_subplotspec(data.get_gridspec()[:, 1])
    X, y = datasets.noisy_sine(n=ROWS, noise=0.3, seed=0)
    data.plot(X, y, "o", color="#777777", markersize=4, fillstyle="none")
    lines, latest = {"rate": {}, "loss": {}, "answer": {}}, {}
    for k, (name, (color, style, width)) in enumerate(RUNS.items()):  # the widest below, so that all are seen
        look = {"color": COLORS[color], "linestyle": style, "linewidth": width, "zorder": 2 + k / 10}
        (lines["rate"][name],) = above.plot([], [], drawstyle="steps-mid", **look)
        (lines["loss"][name],) = below.plot([], [], marker="o", markersize=4, markevery=[-1], **look)
        (lines["answer"][name],) = data.plot([], [], label=KINDS[k], **look)
        (latest[name],) = data.plot([], [], color=COLORS[color], linewidth=0.7, zorder=1.9)
    epochs = {"xlim": (0, EPOCHS), "xticks": range(0, EPOCHS + 1, 20)}
    above.set(ylim=(0, 1.1 * INITIAL_RATE), yticks=[0, 0.1, 0.2], ylabel="rate", **epochs)
    above.tick_params(labelbottom=False)
    below.set(ylim=LOSS_LIMITS, yscale="log", xlabel="epoch", ylabel="loss", **epochs)
    below.set_yticks([0.1, 0.2, 0.4, 0.8], ["0.1", "0.2", "0.4", "0.8"])
    below.minorticks_off()
    data.set(xlim=(AXIS[0], AXIS[-1]), ylim=(-1.6, 1.7), xlabel="x", ylabel="y")
    data.plot([], [], color=COLORS["black"], linewidth=0.7, label=f"thin: the last {LAST} epochs")
    key = {"frameon": False, "handlelength": 1.8, "columnspacing": 1.4, "handletextpad": 0.5, "fontsize": 10}
    fig.legend(*data.get_legend_handles_labels(), loc="outside upper left", ncols=4, **key)
    names = Names(below, [COLORS[color] for color, *_ in RUNS.values()], "constant 0.1450")
    ghost = Ghost(*lines["rate"].values(), *lines["loss"].values())
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
        if all(values is not None for values in shown[len(RUNS) :]):
            shown, before = [None] * len(shown), None  # three old curves among three new ones are a thicket
        ghost.show(before, *(None if values is None else (np.arange(EPOCHS), values) for values in shown))
        told = []
        for name, run in result.items():
            told.append(final(run["loss"]) if epoch == EPOCHS else run["loss"][epoch - 1])
            for kind in ("rate", "loss"):
                lines[kind][name].set_data(np.arange(epoch), run[kind][:epoch])
            lines["answer"][name].set_data(AXIS, run["answer"][epoch - 1])
            faint = run["answer"][max(0, epoch - LAST) : epoch]
            gap = np.full((len(faint), 1), np.nan)  # between one curve and the next
            latest[name].set_data(np.tile([*AXIS, np.nan], len(faint)), np.hstack([faint, gap]).ravel())
        if step_size >= EPOCHS:
            note(above, f"The first step down would be in epoch {step_size}; the last epoch here is {EPOCHS - 1}.")
        exploded = [name for name, loss in zip(RUNS, told) if not np.isfinite(loss)]  # at a wrong rate of the reader's
        least = min(loss for loss in told if np.isfinite(loss))
        lead = [name for name, loss in zip(RUNS, told) if loss - least < 5e-5]
        led = [(loss, name) for loss, name in zip(told, RUNS) if name not in [*lead, *exploded]]
        behind = [f"{name} {loss / least - 1:.0%}" for loss, name in sorted(led)]
        heights = [run["loss"][epoch - 1] for run in result.values()]
        names.show(heights, [f"{name} {loss:.3f}" for name, loss in zip(RUNS, told)], at=epoch / EPOCHS)
        for name, text in zip(RUNS, names.texts):
            text.set_fontweight("bold" if lead == [name] else "normal")
        what, of = (f"Epoch {epoch}, lowest so far", "") if epoch < EPOCHS else ("Lowest", f" (mean of last {LAST})")
        if len(lead) == len(RUNS):
            return f"{what}: a tie of all three, loss {least:.4f}{of}."
        tie = "a tie of " * (len(lead) > 1)
        rest = [f"{', '.join(behind)} higher"] * bool(behind) + [f"{' and '.join(exploded)} exploded"] * bool(exploded)
        return f"{what}: {tie}{' and '.join(lead)}, loss {least:.4f}{of}; {'; '.join(rest)}."

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
            "step_size": slider("stairs' step size", 1, 100, 20, unit="epochs"),
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
        "networks, with those of the last five epochs thin and faint behind them.",
    )
