"""Chapter 10: descents that look at one row, a few or all, against epochs, updates or milliseconds."""

from time import perf_counter

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from nnlib.exercises.ch10_mini_batches import minibatches
from nnlib.plots import COLORS, CONTOUR, artist, figure, plot_loss_bowl
from nnlib.widgets.ch02_descent import mse_gradient
from nnlib.widgets.live.controls import choice, list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Names, lay_out, one_digit, unbroken

BATCH_SIZES = (2, 5, 10, 20, 30, 50, 99)
RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0, 1.1)
# What each run is given: the name of the axis and where it ends.
BUDGETS = {"10 epochs": ("epochs", 10), "100 updates": ("updates", 100), "2 milliseconds": ("milliseconds", 2)}
LOWEST, HIGHEST = 1e-7, 1e4  # the loss above the minimum, as far as it is drawn
ROUNDING = 1e-25  # what is left of it when w and b are right to the last digits
TIMED = 3  # the fastest of so many runs is the one that was disturbed least
# The three runs, from the noisiest to the exact one: color and line.
STYLES = (("orange", "-", 0.8), ("blue", "-", 1.8), ("green", "--", 1.8))
CLOSE = 1.25  # how far the picture of the end reaches to each side of the minimum
TIGHT = {"handlelength": 1.4, "columnspacing": 1.2, "handletextpad": 0.5}
INK = ("#8A5C00", COLORS["blue"], COLORS["green"])  # orange letters would be too light


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
    """How far a loss is above the minimum, in words: "156", "0.0032", "2 · 10⁻⁷", "off the figure"."""
    if not above < HIGHEST:
        return "off the figure"
    if above < ROUNDING:
        return "0 (to rounding)"
    return f"{above:.0f}" if above >= 10 else f"{above:.2g}" if above >= 1e-3 else one_digit(above)


def level(losses):
    """The median of the last fifth of a run: a trembling run may end anywhere around it."""
    return np.median(losses[4 * (len(losses) - 1) // 5 :])


def _count_across(ax, unit, end):
    ticks = np.linspace(0, end, 5)
    ax.set(xlim=(0, end), xlabel=unit)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.get_xticklabels()[-1].set_horizontalalignment("right")  # centered, it would leave the picture


def noisy_paths(x, y, minibatches=minibatches, gradient=mse_gradient):
    """Three paths on the loss bowl and their losses: single rows, batches of a chosen size, and all rows.

    x, y : (n,), x standardized. minibatches, gradient : see `noisy_path`; the reader's own, or the library's.
    """
    n = len(x)
    A = np.stack([x, np.ones_like(x)], axis=1)
    minimum = np.linalg.lstsq(A, y, rcond=None)[0]
    fig, (bowl, end, curve) = figure(1, 3, size=(8.4, 3.2), width_ratios=(1.05, 0.85, 1))
    fig.get_layout_engine().set(wspace=0.07)
    reach = 0.75 * np.abs(minimum).max()  # the start at (0, 0), the minimum, and room for the noise around it
    limits = [(0.6 * center - reach, 0.6 * center + reach) for center in minimum]
    plot_loss_bowl(x, y, ax=bowl, limits=limits, legend=False)
    bowl.set_aspect("equal")
    (begin,) = bowl.plot(0, 0, "s", color=COLORS["black"], markersize=7, label="start")
    star = artist(bowl, "minimum")
    star.set(zorder=7, markersize=9)  # where the runs are would hide it
    ring = np.exp(1j * np.linspace(0, 2 * np.pi, 200))  # with x standardized the contours are circles
    end.plot(minimum[0] + ring.real, minimum[1] + ring.imag, color=CONTOUR, linewidth=1)
    end.plot(*minimum, "*", color=COLORS["black"], markersize=9, zorder=7)
    low, high = minimum - CLOSE, minimum + CLOSE
    end.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[], aspect="equal")
    end.spines[:].set_visible(True)
    bowl.add_patch(Rectangle(low, 2 * CLOSE, 2 * CLOSE, fill=False, linewidth=1.2, zorder=6.5))
    end.set_title("around the star, last fifth", fontsize=10)
    below = {"transform": end.transAxes, "ha": "center", "va": "top", "fontsize": 9.5}
    end.text(0.5, -0.04, "ring: loss 1 €² above", **below)
    outside = end.text(0.5, -0.15, "", fontweight="bold", **below)
    lines = []  # of each run: its path, where it is now, both magnified, its loss, where it is now, its level
    halo = {"path_effects": [withStroke(linewidth=5, foreground="white")], "zorder": 6.5, "clip_on": False}
    for (color, line, width), ink, label in zip(STYLES, INK, ("1 row", "your batch size", f"all {n} rows")):
        style = {"color": COLORS[color], "linestyle": line, "linewidth": width}
        dot = {"color": COLORS[color], "markersize": 8, "zorder": 6}
        pair = [
            (ax.plot([], [], **style)[0], ax.plot([], [], "o", markeredgecolor=edge, **dot)[0])
            for ax, edge in ((bowl, "white"), (end, "black"))
        ]
        on_top = 0.2 * (color == "blue")
        pair[1][0].set_zorder(2 + on_top)
        pair[1][1].set(clip_on=False, in_layout=False, zorder=6 + on_top)
        (loss,) = curve.plot([], [], label=label, **style)
        (tip,) = curve.plot([], [], "o", color=COLORS[color], markersize=6, zorder=6, clip_on=False, in_layout=False)
        (bar,) = curve.plot([], [], color=ink, linewidth=3.5, solid_capstyle="butt", in_layout=False, **halo)
        lines.append((pair, loss, tip, bar))
    losses = [loss for _, loss, *_ in lines]
    curve.set(yscale="log", ylim=(LOWEST, HIGHEST))
    curve.set_ylabel("loss above minimum (€²)", fontsize=10.5)
    _count_across(curve, "updates", 100)
    keys = fig.legend(handles=[*losses, begin, star], loc="outside upper left", ncols=5, frameon=False, **TIGHT)
    names = Names(curve, INK, "2 · 10⁻⁷99")
    what = "bar: median of the last fifth"
    above = {"transform": curve.transAxes, "ha": "right", "va": "bottom", "fontsize": 9.5, "in_layout": False}
    key = curve.text(1, 1.02, what, **above)
    lay_out(fig)

    def run(batch_size, rate, seed, budget):
        """The path, the loss above the minimum at each of its points, and how many updates make one on the axis."""

        def path_of(updates):
            return noisy_path(x, y, batch_size, rate, updates, seed, minibatches=minibatches, gradient=gradient)

        axis, end = BUDGETS[budget]
        per_epoch = updates_an_epoch(n, batch_size)
        unit = {"epochs": per_epoch, "updates": 1}.get(axis) or _pace(path_of, max(per_epoch, 100))
        path = path_of(int(end * unit + 1e-9))
        away = path - minimum  # the bowl is exactly quadratic: no need to go through the rows again
        return path, np.sum(away @ (A.T @ A / n) * away, axis=1), unit

    def compute(batch_size, rate, seed, budget):
        return [run(size, rate, seed, budget) for size in (1, batch_size, n)]

    def draw(result, batch_size, budget, done):
        axis, end = BUDGETS[budget]
        if curve.get_xlabel() != axis:  # new limits cost a whole drawing
            _count_across(curve, axis, end)
        sizes, now, steps, astray, away = (1, batch_size, n), [], [], [], []
        levels = []  # once the runs are at their end
        for size, (path, losses, unit), (pair, line, tip, bar) in zip(sizes, result, lines):
            count = (len(losses) - 1) * done // 100
            is_near = np.abs(path[count] - minimum).max() < CLOSE
            for (way, here), since, seen in zip(pair, (0, max(0, count - (len(path) - 1) // 5)), (True, is_near)):
                way.set_data(*path[since : count + 1].T)
                here.set_data(*path[count : count + seen].T)
            if not is_near:
                away.append(_rows(size, n))
            line.set_data(np.arange(count + 1) / unit, np.maximum(losses[: count + 1], ROUNDING))
            tip.set_data([count / unit], [losses[count] if LOWEST < losses[count] < HIGHEST else np.nan])
            levels.append(level(losses) if done == 100 else np.nan)
            bar.set_data([0.8 * end, end], [levels[-1] if LOWEST < levels[-1] < HIGHEST else np.nan] * 2)
            now.append(losses[count])
            steps.append(f"{count:,}" + f" update{'s' * (count != 1)}" * (not steps))
            if not losses[count] <= losses[0]:
                astray.append(_rows(size, n))
        known = np.nan_to_num(levels, nan=HIGHEST) if done == 100 else levels
        words = [height(known).split(" (")[0] if known < HIGHEST else "off ↑" for known in known]
        names.show(np.minimum(known, HIGHEST / 10), words, at=1.02)  # a line below the frame's edge
        key.set_visible(bool(np.nanmin([HIGHEST, *levels]) < HIGHEST))
        yours = f"{_rows(batch_size, n)} (yours)"
        if keys.get_texts()[1].get_text() != yours:
            keys.get_texts()[1].set_text(yours)
            fig.stale = True  # a legend of the whole figure stands still
        nowhere = f"none of the three\n{'ends' if done == 100 else 'is'} here"
        far = nowhere if len(away) == 3 else "not here: " + ",\n".join(away)
        outside.set_text(far if away else "")
        if astray:
            who = "all three" if len(astray) == 3 else ", ".join(astray)
            note(curve, f"Higher than at the start: {who}.", height=0.5 if len(astray) == 3 else 0.2)
        if batch_size > n:
            note(curve, f"There are only {n} rows: a batch of {batch_size} is a batch of all.")
        if done == 100 and min(known) > 0.9 * result[0][1][0]:
            return f"{budget} each. None of the three comes down{': the rate is too large' * bool(astray)}."
        heights = [height(each) for each in (levels if done == 100 else now)]
        told = ", ".join(f"{each} with {_rows(size, n)} ({of})" for each, size, of in zip(heights, sizes, steps))
        told = unbroken(told)
        if done < 100:
            return f"{budget} each, {done}% so far. Loss above its minimum now: {told}."
        best = [_rows(size, n) for size, each in zip(sizes, heights) if each == heights[int(np.nanargmin(known))]]
        winner = " and ".join(dict.fromkeys(best))
        return f"{budget} each. Closest: {winner}. Typical loss above the minimum (the bars): {told}."

    return Live(
        "noisy_paths",
        question="How many rows should a step look at?",
        prediction=Prediction(
            f"Each run may look at {10 * n:,} rows (10 epochs). Which ends closest to the minimum: batches of 1, 10 or "
            f"{n}?",
            options=("1 row", "10 rows", f"all {n} rows"),
            answer="10 rows",
            explanation="All rows take ten exact steps, too few. One row is soon there and then trembles.",
            settings={"budget": "10 epochs", "done": 100},
        ),
        controls={
            "batch_size": list_slider("your batch size", BATCH_SIZES, 10),
            "rate": list_slider("learning rate", RATES, 0.05),
            "seed": slider("seed", 0, 20, 0),
            "done": slider("run shown", 0, 100, 20, step=2, unit="%"),
            "budget": choice("each run gets", list(BUDGETS), "10 epochs"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="done",
        tick=60,
        alt="Left, the loss over weight and bias as round contours with three paths of descent: single rows stagger, "
        "batches bend a little, all rows go straight. Middle, the last fifth of each around the minimum, magnified. "
        "Right, how far the loss of each is above its minimum, on a log scale.",
    )


def _pace(path_of, updates):
    """How many updates a run makes in a millisecond, now and on this machine."""
    seconds = []
    for _ in range(TIMED):
        before = perf_counter()
        path_of(updates)
        seconds.append(perf_counter() - before)
    return updates / (1000 * min(seconds))


def _rows(size, n):
    return f"all {n} rows" if size == n else "1 row" if size == 1 else f"{size} rows"
