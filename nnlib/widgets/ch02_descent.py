"""Chapter 02: drag the learning rate of a descent from a crawl over the edge of stability."""

import numpy as np

from nnlib.plots import COLORS, artist, figure, plot_loss_bowl, style
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost, Names, lay_out, one_digit

STEPS = 50
# Dense around 0.0418, where the course's taxi rides have their edge of stability.
RATES = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.038, 0.04, 0.041)
RATES += (0.0415, 0.042, 0.0425, 0.043, 0.044, 0.045, 0.05, 0.06)
HIGHEST = 1e5  # of the losses shown; where one grows beyond, the figure says how far
LOWEST = 1e-4  # of them; data that lie on a line have a best loss of 0


FIRST = 6  # steps that have a number where they lead away


def in_full(loss):
    """A loss with four digits, "46,270", below 1 with two; with one where it is astronomical, "4 · 10¹⁶"."""
    return f"{float(f'{loss:.{2 if loss < 1 else 4}g}'):,g}" if loss < 1e6 else one_digit(loss)


def mse_gradient(x, y, w, b):
    """The gradient (dw, db) of the mean squared error of the line w x + b."""
    error = w * x + b - y
    return 2 * np.mean(error * x), 2 * np.mean(error)


def descent_path(x, y, rate, steps, *, gradient=mse_gradient, start=(0.0, 0.0)):
    """Where gradient descent goes: (steps + 1, 2), a (w, b) after each step, the start first.

    x, y : (n,). rate : the learning rate. gradient(x, y, w, b) -> (dw, db).
    """
    path = np.empty((steps + 1, 2))
    path[0] = w, b = start
    for step in range(1, steps + 1):
        dw, db = gradient(x, y, w, b)
        w, b = w - rate * dw, b - rate * db
        path[step] = w, b
    return path


def descent(x, y, gradient=mse_gradient):
    """The path on the loss bowl and the loss after each step, for a learning rate that the reader drags.

    x, y : (n,). gradient(x, y, w, b) -> (dw, db): the reader's own function, or the library's.
    """
    fig, (bowl, curve) = figure(1, 2, size=(8.4, 3.8), width_ratios=(1.15, 1))
    with style():  # the same valley from farther away, where the steps leave the first
        far = fig.add_subplot(bowl.get_subplotspec())
    for ax, limits in ((bowl, ((-2.0, 6.0), (-1.5, 7.0))), (far, ((-18.0, 22.0), (-5.0, 7.0)))):
        plot_loss_bowl(x, y, np.zeros((1, 2)), ax, limits=limits)
    (later,) = far.plot(
        [], [], ".", color=COLORS["vermillion"], markersize=4
    )  # without lines, which would cover it all
    look = {"ha": "center", "va": "top", "fontsize": 11, "fontweight": "bold", "color": COLORS["vermillion"]}
    below = {"xytext": (0, -5), "textcoords": "offset points", "annotation_clip": True, "animated": True, **look}
    numbers = [far.annotate("", (0, 0), **below) for _ in range(FIRST)]
    (loss_line,) = curve.plot([], [], color=COLORS["blue"])
    A = np.stack([x, np.ones_like(x)], axis=1)
    best = np.mean((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2)
    lowest = np.clip(best / 2.8, LOWEST, 0.5)  # with room for a name below its line
    curve.axhline(best, color=COLORS["black"], linestyle=":", linewidth=1.2)
    name = curve.text(STEPS, 0.87 * best, f"the best line, {best:.2f}", ha="right", va="top", fontsize=10)
    if best < 2 * LOWEST:  # its line stands at or below the axis
        name.set(text="the best line ↓", y=1.2 * LOWEST, va="bottom")
    exit = curve.text(0, HIGHEST / 1.3, "", va="top", fontsize=10, color=COLORS["vermillion"], animated=True)
    ghost = Ghost(loss_line)
    curve.set(xlim=(0, STEPS), ylim=(lowest, HIGHEST), yscale="log", xlabel="step", ylabel="loss (€²)")
    (moment,) = curve.plot(
        [], [], "o", color=COLORS["vermillion"], markersize=8, clip_on=False, in_layout=False, zorder=5
    )
    names = Names(curve, [COLORS["blue"]], " now 00,000", on_cards=True)
    lay_out(fig)

    def compute(rate):
        path = descent_path(x, y, rate, STEPS, gradient=gradient)
        return path, np.mean((path[:, :1] * x + path[:, 1:] - y) ** 2, axis=1)

    def draw(result, rate, step, before):
        path, losses = result
        ghost.show(before, before and (np.arange(STEPS + 1), before.result[1]))
        away = not losses[-1] <= losses[0]
        bowl.set_visible(not away)
        far.set_visible(away)
        places = bowl.transData.transform(path) @ (1, 1j) * 100 / fig.dpi  # of the steps, in CSS pixels
        crowded = np.abs(places[:, np.newaxis] - places)[np.triu_indices(STEPS + 1, 1)].min() < 4
        artist(bowl, "path").set(markersize=3 if crowded else 4, markeredgecolor="white", markeredgewidth=0.3 * crowded)
        path, losses = path[: step + 1], losses[: step + 1]
        artist(bowl, "path").set_data(*path.T)
        artist(far, "path").set_data(*path[: FIRST + 1].T)
        later.set_data(*path[FIRST + 1 :].T)
        for k, number in enumerate(numbers, 1):
            seen = k <= step and (k <= 2 or abs(path[k, 0] - path[k - 2, 0]) > 2)  # apart from that on the same side
            number.set_text(str(k) if seen else "")
            number.xy = path[min(k, step)]
        loss_line.set_data(np.arange(step + 1), losses)
        grows = not losses[-1] <= losses[0]
        loss_line.set_color(COLORS["vermillion"] if grows else COLORS["blue"])
        if grows:
            note(far, "It explodes.", height=0.1)
        names.show([np.nan if losses[-1] > HIGHEST else losses[-1]], [f" now {in_full(losses[-1])}"], at=step / STEPS)
        names.texts[0].set_color(loss_line.get_color())
        moment.set_data(*([], []) if losses[-1] > HIGHEST else ([step], [losses[-1]]))
        gone, after = losses[-1] > HIGHEST, f"after {step} step{'s' if step != 1 else ''}"
        exit.set_visible(gone)
        if gone:
            exit.set_text(f"↑ {one_digit(losses[-1])}\n{after}")
            at = int(np.argmax(losses > HIGHEST))
            room = at < 0.65 * STEPS  # to the right of the place where the curve leaves; else it is left of the curve
            exit.set(x=at if room else 0.72 * at, horizontalalignment="left" if room else "right")
        words = f"Learning rate {rate:g}: loss {losses[0]:.1f} at the start, {in_full(losses[-1])} {after}."
        return words + " Every step lands farther away than the last." * grows

    return Live(
        "descent",
        question="How large may a step be?",
        prediction=Prediction(
            "With 0.03 the loss after 50 steps is 2.4. What will 0.05 do?",
            options=("get there sooner", "about the same", "end higher than it began"),
            answer="end higher than it began",
            explanation="Each step jumps across the valley and lands farther up the other side. Drag the rate up "
            "slowly from 0.03, and see where that starts.",
            settings={"rate": 0.05},
        ),
        controls={
            "rate": list_slider("learning rate", RATES, 0.03),
            "step": slider("step shown", 0, STEPS, STEPS),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="step",
        tick=60,
        alt="Left, the loss over weight and bias as contours of a narrow valley with the path of 50 steps; where they "
        "lead away, from farther off and with the first six numbered. Right, the loss after each step on a log scale, "
        "with the loss of the best line as a dotted floor.",
    )
