"""Chapter 15: descent, a ball and Adam race down a valley that can be turned against the axes."""

import numpy as np

from nnlib.exercises.ch15_momentum_and_adam import adam_step, momentum_step
from nnlib.plots import BOWL, COLORS, CONTOUR, figure
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note

CURVATURES = np.array([0.1, 10.0])  # along the floor, and across it: the condition number is 100
FAR = 4.0  # from the start to the bottom
STEPS = 120
LOWEST, HIGHEST = 1e-6, 1e3  # the height above the bottom, as far as it is drawn
RATES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.19, 0.2, 0.21, 0.25, 0.3, 0.37, 0.39, 0.5)
ADAM_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1)
BETAS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
RUNS = {"descent": ("gray", "--", "o"), "momentum": ("blue", "-", "s"), "Adam": ("vermillion", "-", "^")}
REACH = 4.4  # of the picture, from the bottom to each side
GRID = np.linspace(-REACH, REACH, 161)
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
    """A height in words: "0.56", "0.0000061", "below 0.000001", "beyond the figure"."""
    if not height < HIGHEST:
        return "beyond the figure"
    if height < LOWEST:
        return f"below {LOWEST:f}"
    return np.format_float_positional(height, precision=2, fractional=False, trim="-")


def plot_valley(ax, tilt=0.0):
    """The valley from above: returns a function that turns it to another tilt."""
    image = ax.imshow(
        np.zeros((len(GRID), len(GRID))),
        extent=(-REACH, REACH) * 2,
        origin="lower",
        cmap=BOWL,
        vmin=0,
        vmax=9,
        zorder=0,
    )
    lines = [ax.plot([], [], color=CONTOUR, linewidth=0.8, zorder=1)[0] for _ in LEVELS]
    points = np.stack(np.meshgrid(GRID, GRID), axis=-1)

    def turn_to(tilt):
        image.set_data(np.sqrt(heights(points, tilt)))
        for line, level in zip(lines, LEVELS):
            along, across = np.sqrt(2 * level / CURVATURES)
            line.set_data(*(turned(tilt) @ [along * np.cos(CIRCLE), across * np.sin(CIRCLE)]))

    turn_to(tilt)
    ax.plot(0, 0, marker="*", color=COLORS["black"], markersize=11, markeredgecolor="white", zorder=8)
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="parameter 1", ylabel="parameter 2")
    ax.grid(False)
    return turn_to


def valley_race(momentum_step=momentum_step, adam_step=adam_step):
    """Three paths in a valley that the reader turns, and how high above the bottom each of them is.

    momentum_step, adam_step : see `race`; the reader's own, or the course's.
    """
    fig, (plane, curve) = figure(1, 2, size=(8.4, 3.3), width_ratios=(1, 1.2))
    turn_to = plot_valley(plane)
    ways, balls, curves = {}, {}, {}
    for name, (color, style, marker) in RUNS.items():
        look = {"color": COLORS[color], "linestyle": style, "linewidth": 1.6}
        (ways[name],) = plane.plot([], [], zorder=4, **look)
        (balls[name],) = plane.plot(
            [], [], marker, color=COLORS[color], markersize=9, markeredgecolor="white", zorder=7
        )
        (curves[name],) = curve.plot([], [], label=name, marker=marker, markevery=20, markersize=5, **look)
    curve.set(
        xlim=(0, STEPS + 2), ylim=(LOWEST, HIGHEST), yscale="log", xlabel="step", ylabel="height above the bottom"
    )
    curve.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, borderaxespad=0.2)

    def compute(tilt, beta, rate, adam_rate, angle):
        paths = race(tilt, beta, rate, adam_rate, angle, momentum_step=momentum_step, adam_step=adam_step)
        return {name: (path, heights(path, tilt)) for name, path in paths.items()}

    def draw(result, tilt, rate, step):
        turn_to(tilt)
        for name, (path, height) in result.items():
            ways[name].set_data(*path[: step + 1].T)
            balls[name].set_data(*path[step : step + 1].T)
            drawn = np.where(np.isfinite(height), np.clip(height, LOWEST, HIGHEST), np.nan)
            curves[name].set_data(np.arange(step + 1), drawn[: step + 1])
        lost = [name for name, (_, height) in result.items() if not height[step] < HIGHEST]
        if lost:
            note(plane, f"At the rate {rate:g}, {' and '.join(lost)} explode{'' if len(lost) > 1 else 's'}.")
        of_each = ", ".join(f"{name} {said(height[step])}" for name, (_, height) in result.items())
        return f"Valley tilted by {tilt}°. Height above the bottom after {step} steps: {of_each}."

    return Live(
        "valley_race",
        question="Who minds a tilted valley?",
        prediction=Prediction(
            "Here the valley runs along an axis. Now it is turned by 45°, and the start with it. Whose heights change?",
            options=("all three", "descent's and Adam's", "only Adam's"),
            answer="only Adam's",
            explanation="Descent and the ball add up gradients, and what is added turns as a whole. Adam divides "
            "entry by entry, along the axes.",
            settings={"tilt": 45},
        ),
        controls={
            "tilt": slider("tilt of the valley", 0, 45, 0, step=5, unit="°"),
            "angle": slider("start, from the floor", 0, 90, 10, step=5, unit="°"),
            "rate": list_slider("rate of the other two", RATES, 0.1),
            "beta": list_slider("β of momentum", BETAS, 0.9),
            "adam_rate": list_slider("rate of Adam", ADAM_RATES, 0.2),
            "step": slider("step shown", 0, STEPS, STEPS, step=2),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="step",
        tick=50,
        alt="Left, a long narrow valley from above, with the paths of plain descent, of momentum and of Adam from one "
        "start. Right, the height of each above the bottom after each step, on a log scale.",
    )
