"""Chapter 10: a descent that looks at a few rows at a time, against epochs, updates or milliseconds."""

from time import perf_counter

import numpy as np

from nnlib.exercises.ch10_mini_batches import minibatches
from nnlib.plots import COLORS, artist, figure, plot_loss_bowl
from nnlib.widgets.ch02_descent import mse_gradient
from nnlib.widgets.live.controls import choice, list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note

BATCH_SIZES = (1, 2, 5, 10, 20, 30, 50, 99, 100, 200)
RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0, 1.1)
# What each run is given: the name of the axis and where it ends.
BUDGETS = {"10 epochs": ("epochs", 10), "100 updates": ("updates", 100), "2 milliseconds": ("milliseconds", 2)}
LOWEST, HIGHEST = 1e-7, 1e4  # the loss above the minimum, as far as it is drawn
ROUNDING = 1e-25  # what is left of it when w and b are right to the last digits
TIMED = 3  # the fastest of so many runs is the one that was disturbed least


def noisy_path(
    x, y, batch_size, rate, updates, seed=0, *, minibatches=minibatches, gradient=mse_gradient, start=(0.0, 0.0)
):
    """Where mini-batch descent on the MSE of the line w x + b goes: (updates + 1, 2), a (w, b) each, the start first.

    x, y : (n,). minibatches(x, y, batch_size, rng) -> [(x_batch, y_batch), ...] is asked once an epoch.
    gradient(x, y, w, b) -> (dw, db).
    """
    rng = np.random.default_rng(seed)
    path = np.empty((updates + 1, 2))
    path[0] = w, b = start
    done = 0
    while done < updates:
        for x_batch, y_batch in minibatches(x, y, batch_size, rng)[: updates - done]:
            dw, db = gradient(x_batch, y_batch, w, b)
            w, b = w - rate * dw, b - rate * db
            done += 1
            path[done] = w, b
    return path


def updates_an_epoch(n, batch_size):
    return -(-n // batch_size)


def height(above):
    """How far a loss is above the minimum, in words: "156 above the minimum", "beyond the figure"."""
    if not above < HIGHEST:
        return "beyond the figure"
    return f"{_number(above)} above the minimum"


def _number(above):
    if above < ROUNDING:
        return "0 (to rounding)"
    return f"{above:.0f}" if above >= 10 else f"{above:.2g}"


def _count_across(ax, unit, end):
    ticks = np.linspace(0, end, 5)
    ax.set(xlim=(0, end), xlabel=unit)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.get_xticklabels()[-1].set_horizontalalignment("right")  # centered, it would leave the picture


def noisy_paths(x, y, minibatches=minibatches, gradient=mse_gradient):
    """The path on the loss bowl and the loss on the way, for a batch size, a rate, a seed and a budget.

    x, y : (n,), x standardized. minibatches, gradient : see `noisy_path`; the reader's own, or the library's.
    """
    n = len(x)
    A = np.stack([x, np.ones_like(x)], axis=1)
    minimum = np.linalg.lstsq(A, y, rcond=None)[0]
    least = np.mean((A @ minimum - y) ** 2)
    fig, (bowl, curve) = figure(1, 2, size=(8.4, 3.4), width_ratios=(1, 1.1))
    reach = 0.75 * np.abs(minimum).max()  # the start at (0, 0), the minimum, and room for the noise around it
    limits = [(0.6 * center - reach, 0.6 * center + reach) for center in minimum]
    plot_loss_bowl(x, y, np.zeros((1, 2)), bowl, limits=limits, legend=False)
    bowl.set_aspect("equal")
    path_line = artist(bowl, "path")
    path_line.set(markersize=3, linewidth=1)
    artist(bowl, "minimum").set(zorder=5, markeredgecolor="white")  # a cloud of steps would hide it
    (full_line,) = curve.plot([], [], color=COLORS["black"], linestyle="--", label=f"all {n} rows", zorder=3)
    (loss_line,) = curve.plot([], [], color=COLORS["vermillion"], linewidth=1.5, label="this batch size")
    curve.set(yscale="log", ylim=(LOWEST, HIGHEST))
    _count_across(curve, "epochs", 10)
    curve.set_ylabel(f"loss above the minimum of {least:.2f}")
    curve.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False, borderaxespad=0)

    def run(batch_size, rate, seed, times):
        """The path, the loss above the minimum at each of its points, and the milliseconds of an update."""
        updates = max(10 * updates_an_epoch(n, batch_size), 100)
        seconds = []
        for _ in range(times):
            before = perf_counter()
            path = noisy_path(x, y, batch_size, rate, updates, seed, minibatches=minibatches, gradient=gradient)
            seconds.append(perf_counter() - before)
        pace = 1000 * min(seconds) / updates
        away = path - minimum  # the bowl is exactly quadratic: no need to go through the rows again
        return path, np.sum(away @ (A.T @ A / n) * away, axis=1), pace

    def compute(batch_size, rate, seed, budget):
        times = TIMED if BUDGETS[budget][0] == "milliseconds" else 1
        this = run(batch_size, rate, seed, times)
        return this, this if batch_size >= n else run(n, rate, seed, times)  # batches of all are the same run

    def draw(result, batch_size, rate, budget, done):
        axis, end = BUDGETS[budget]
        if curve.get_xlabel() != axis:  # new limits cost a whole drawing
            _count_across(curve, axis, end)
        shown = []
        for size, (_, losses, pace), line in zip((batch_size, n), result, (loss_line, full_line)):
            unit = {"epochs": updates_an_epoch(n, size), "updates": 1, "milliseconds": 1 / pace}[axis]
            count = min(int(end * unit + 1e-9), len(losses) - 1) * done // 100
            shown.append(count)
            line.set_data(np.arange(count + 1) / unit, np.clip(losses[: count + 1], LOWEST, HIGHEST))
        (path, losses, _), updates = result[0], shown[0]
        path_line.set_data(*path[: updates + 1].T)
        final = losses[updates]
        if not final < losses[0]:
            note(bowl, f"At rate {rate:g}, batches of {batch_size} come no closer. Take a smaller rate.")
        elif batch_size > n:
            note(curve, f"There are only {n} rows: a batch of {batch_size} is a batch of all.")
        epochs = updates / updates_an_epoch(n, batch_size)
        visits = round(epochs * n) if epochs == int(epochs) else updates * min(batch_size, n)
        loss = f"Loss {least + final:.4g}, {height(final)}" if final < HIGHEST else f"Loss {height(final)}"
        return (
            f"Batch size {batch_size}, rate {rate:g}: {updates} updates, {visits:,} row-visits, {epochs:.4g} "
            f"{'epoch' if epochs == 1 else 'epochs'}. {loss}; all {n} rows at once: {height(result[1][1][shown[1]])}."
        )

    return Live(
        "noisy_paths",
        question="How many rows should a step look at?",
        prediction=Prediction(
            f"Rate 0.05, and 10 epochs for each: every batch size makes the same {10 * n:,} visits to a row. "
            "Which one ends closest to the minimum?",
            options=("1", "10", f"{n}, all rows"),
            answer="10",
            explanation="All rows: ten exact steps, not enough. One row: a thousand steps, which are soon there and "
            "then tremble. Look at all of them, then change what is kept equal.",
            settings={"batch_size": 10},
        ),
        controls={
            "batch_size": list_slider("batch size", BATCH_SIZES, n),
            "rate": list_slider("learning rate", RATES, 0.05),
            "seed": slider("seed", 0, 20, 0),
            "done": slider("run shown", 0, 100, 100, step=2, unit="%"),
            "budget": choice("each run gets", list(BUDGETS), "10 epochs"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="done",
        tick=60,
        alt="Left, the loss over weight and bias as round contours with the path of a descent by batches. Right, how "
        "far the loss is above its minimum along the run on a log scale, beside a dashed curve of full-batch descent.",
    )
