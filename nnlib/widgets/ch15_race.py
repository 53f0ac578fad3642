"""Chapter 15: descent, momentum and Adam race down a valley that can be turned against the axes."""

import numpy as np

from nnlib.exercises.ch15_momentum_and_adam import adam_step, momentum_step
from nnlib.plots import BOWL, COLORS, CONTOUR, figure
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction
from nnlib.widgets.live.marks import Ghost, Names, lay_out, one_digit, unbroken

CURVATURES = np.array([0.1, 10.0])  # along the floor, and across it: the condition number is 100
FAR = 4.0  # from the start to the bottom
STEPS = 120
LOWEST, HIGHEST = 1e-6, 1e2  # the height above the bottom, as far as it is drawn
TINY = 1e-30  # a logarithm needs a number above 0
RATES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.19, 0.2, 0.21, 0.25, 0.3, 0.37, 0.39, 0.5)
ADAM_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1)
BETAS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
RUNS = {"descent": ("gray", "--", "o"), "momentum": ("blue", "-", "s"), "Adam": ("vermillion", "-", "^")}
WIDE = np.array([6.0, 4.4])  # half of the map's width and height where the paths go far: the bottom is in the middle
STRIP = np.array([2.8, 0.9])  # where they stay near: half of the strip of the usual paths, along and across
MIDDLE = np.array([-1.5, 0.0])  # and its middle
LEVELS = (0.05, 0.2, 0.45, 0.8)  # heights of the contours, at 1, 2, 3 and 4 from the bottom along the floor
CIRCLE = np.linspace(0, 2 * np.pi, 181)


def turned(degrees):
    """The matrix (2, 2) that turns a point of the straight valley, (along, across), by an angle."""
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def valley(tilt):
    """The Hessian (2, 2) of the valley ½ pᵀ H p whose floor is turned by `tilt` degrees from the first axis."""
    R = turned(tilt)
    return R @ np.diag(CURVATURES) @ R.T


def race(tilt, beta, rate, adam_rate, angle, *, momentum_step=momentum_step, adam_step=adam_step):
    """Where the three are after each step: {name: (STEPS + 1, 2)}.

    tilt : degrees between the floor of the valley and the first axis.
    rate : that of descent and of momentum. angle : degrees between the floor and the way to the start.
    momentum_step(w, v, gradient, rate, beta) -> (w, v); adam_step(w, m, v, gradient, t, rate) -> (w, m, v).
    """
    H = valley(tilt)
    start = FAR * turned(tilt) @ [-np.cos(np.radians(angle)), np.sin(np.radians(angle))]
    paths = {name: np.tile(start, (STEPS + 1, 1)) for name in RUNS}
    slow, ball, adam = paths.values()
    velocity, m, v = np.zeros((3, 2))
    for t in range(1, STEPS + 1):
        slow[t] = slow[t - 1] - rate * (H @ slow[t - 1])
        ball[t], velocity = momentum_step(ball[t - 1].copy(), velocity, H @ ball[t - 1], rate, beta)
        adam[t], m, v = adam_step(adam[t - 1].copy(), m, v, H @ adam[t - 1], t, adam_rate)
    return paths


def heights(path, tilt):
    """½ pᵀ H p for each point of a path: (steps,)."""
    return 0.5 * (path @ turned(tilt)) ** 2 @ CURVATURES


def said(height):
    """A height in words: "0.6", "6 · 10⁻⁶", "below 1 · 10⁻⁶", "explodes"."""
    if not height < HIGHEST:
        return "explodes"
    return one_digit(height) if height >= LOWEST else f"below {one_digit(LOWEST)}"


def at_the_edge(height):
    """The same beside the curve, where there is less room."""
    return "off ↑" if not height < HIGHEST else said(height) if height >= LOWEST else "off ↓"


def drawable(heights):
    """Heights for a log scale; a curve that leaves the frame ends there."""
    return np.where(np.isfinite(heights), np.maximum(heights, TINY), np.nan)


def beside(heights):
    """Where the names of heights stand: inside the frame, and not beside the numbers of the axis below."""
    return np.clip(np.nan_to_num(heights, nan=HIGHEST), 4 * LOWEST, HIGHEST / 2)


def whose(names):
    """Names as owners, in words: "only Adam's", "descent's and Adam's", "all three", "none"."""
    if len(names) == len(RUNS):
        return "all three"
    return ("only " if len(names) == 1 else "") + " and ".join(f"{name}'s" for name in names) if names else "none"


def limits(tilt, paths):
    """The part of the map that is shown, (2, 2): x and y, from and to. It has the shape of `WIDE`."""
    R = turned(tilt)
    half = WIDE * np.max(np.abs(R) @ STRIP / WIDE)
    middle = R @ MIDDLE
    is_near = all(np.all(np.abs(path - middle) < half) for path in paths)
    return np.stack([middle - half, middle + half] if is_near else [-WIDE, WIDE], axis=1)


def plot_valley(ax):
    """The valley from above: returns a function that turns it to a tilt, and moves in where the paths stay near."""
    x, y = (np.linspace(-reach, reach, 161) for reach in WIDE)
    look = {"cmap": BOWL, "vmin": 0, "vmax": 9, "interpolation": "bilinear", "zorder": 0}
    image = ax.imshow(np.zeros((161, 161)), extent=(x[0], x[-1], y[0], y[-1]), origin="lower", **look)
    lines = [ax.plot([], [], color=CONTOUR, linewidth=0.8, zorder=1)[0] for _ in LEVELS]
    points = np.stack(np.meshgrid(x, y), axis=-1)

    def turn_to(tilt, paths):
        image.set_data(np.sqrt(heights(points, tilt)))
        for line, level in zip(lines, LEVELS):
            along, across = np.sqrt(2 * level / CURVATURES)
            line.set_data(*(turned(tilt) @ [along * np.cos(CIRCLE), across * np.sin(CIRCLE)]))
        xlim, ylim = limits(tilt, paths)
        if ax.get_xlim() != tuple(xlim):  # new limits cost a whole drawing
            ax.set(xlim=xlim, ylim=ylim)

    ax.plot(0, 0, "*", color=COLORS["black"], markersize=12, markeredgecolor="white", zorder=8, label="bottom")
    ax.set(aspect="equal", xlabel="parameter 1", ylabel="parameter 2")
    ax.grid(False)
    return turn_to


def valley_race(momentum_step=momentum_step, adam_step=adam_step):
    """Three paths in a valley that the reader turns, and how high above the bottom each of them is.

    momentum_step, adam_step : see `race`; the reader's own, or the course's.
    """
    fig, (plane, curve) = figure(1, 2, size=(8.4, 3.4), width_ratios=(1.25, 1))
    turn_to = plot_valley(plane)
    ways, balls, curves = {}, {}, {}
    for name, (color, style, marker) in RUNS.items():
        look = {"color": COLORS[color], "linestyle": style, "linewidth": 1.6}
        (ways[name],) = plane.plot([], [], zorder=4, **look)
        (balls[name],) = plane.plot(
            [], [], marker, color=COLORS[color], markersize=9, markeredgecolor="white", zorder=7, label=name
        )
        (curves[name],) = curve.plot([], [], marker=marker, markevery=20, markersize=5, **look)
    (start,) = plane.plot([], [], "D", color="white", markeredgecolor=COLORS["black"], zorder=6, label="start")
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": 3, "frameon": False, "borderaxespad": 0}
    above |= {"columnspacing": 0.9, "handletextpad": 0.3, "labelspacing": 0.2, "handlelength": 1.3}
    descent, momentum, adam = balls.values()
    handles = descent, start, momentum, plane.lines[len(LEVELS)], adam
    colors = [COLORS["black"] if ball in handles[1::2] else ball.get_color() for ball in handles]
    plane.legend(handles=handles, labelcolor=colors, **above)
    curve.set(xlim=(-2, STEPS + 3), ylim=(LOWEST, HIGHEST), yscale="log", xticks=range(0, STEPS + 1, 20))
    curve.set(xlabel="step", ylabel="height above the bottom")
    ghost = Ghost(*curves.values())
    for line in ghost.lines:
        line.set_markevery(20)
    colors = [line.get_color() for line in curves.values()]
    names = Names(curve, np.repeat(colors, 2), "momentum was 6 · 10⁻⁶")
    turn_to(0, [])
    lay_out(fig)

    def compute(tilt, beta, rate, adam_rate, angle):
        paths = race(tilt, beta, rate, adam_rate, angle, momentum_step=momentum_step, adam_step=adam_step)
        return {name: (path, heights(path, tilt)) for name, path in paths.items()}

    def draw(result, tilt, step, before):
        turn_to(tilt, [path for path, _ in result.values()])
        start.set_data(*result["Adam"][0][:1].T)
        left, ends, words, changed = [], [], [], []
        for name, (path, height) in result.items():
            far = np.flatnonzero(~np.all(np.abs(path) < WIDE, axis=1)) if not height[-1] < HIGHEST else []
            way = path[: min([step, *far]) + 1]  # of one that explodes as far as the edge, not all its leaps across
            ways[name].set_data(*way.T)
            balls[name].set_data(*path[step : step + 1].T)
            curves[name].set_data(np.arange(step + 1), drawable(height[: step + 1]))
            then = before and before.result[name][1]
            is_other = then is not None and not np.allclose(beside(then), beside(height), rtol=1e-6)
            changed += [name] * is_other
            left.append((np.arange(STEPS + 1), drawable(then)) if is_other else None)
            ends += [beside(height[step]), beside(then[-1]) if is_other else np.nan]
            words += [f"{name} {at_the_edge(height[step])}", f"{name} was {at_the_edge(then[-1])}" if is_other else ""]
        ghost.show(before, *left)
        names.show(ends, words)
        told = {name: said(height[step]) for name, (_, height) in result.items()}
        lowest = told[min(result, key=lambda name: np.nan_to_num(result[name][1][step], nan=np.inf))]
        first = " and ".join(name for name in RUNS if told[name] == lowest)
        verdict = f"Lowest: {first}. " if lowest != "explodes" and 0 < step else ""
        if before and step == STEPS:
            verdict += f"Changed: {whose(changed)}. "
        return unbroken(f"{verdict}Heights after {step} steps: {', '.join(map(' '.join, told.items()))}.")

    live = Live(
        "valley_race",
        question="Who minds a tilted valley?",
        prediction=Prediction(
            "Here the valley runs along an axis. Now it is turned by 45°, and the start with it. Whose heights change?",
            options=("all three", "descent's and Adam's", "only Adam's"),
            answer="only Adam's",
            explanation="Descent and momentum add up gradients, and what is added turns as a whole. Adam divides "
            "entry by entry, along the axes.",
            settings={"tilt": 45},
        ),
        controls={
            "tilt": slider("tilt", 0, 45, 0, step=5, unit="°"),
            "angle": slider("start angle", 0, 90, 10, step=5, unit="°"),
            "rate": list_slider("rate (not Adam)", RATES, 0.1),
            "beta": list_slider("β", BETAS, 0.9),
            "adam_rate": list_slider("Adam's rate", ADAM_RATES, 0.2),
            "step": slider("step", 0, STEPS, STEPS, step=2),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="step",
        tick=50,
        alt="Left, a long narrow valley from above, with the paths of plain descent, of momentum and of Adam from one "
        "start. Right, the height of each above the bottom after each step, on a log scale; dashes show it before the "
        "last turn.",
    )
    for control in live.controls.values():
        control.layout.width = "300px"  # two to a row in a narrow window too: six rows would not fit there
    return live
