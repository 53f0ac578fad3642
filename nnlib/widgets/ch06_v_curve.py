"""Chapter 06: a gradient check at every ε, the digits of its two losses and their chord, with a bug or without."""

import textwrap

import ipywidgets
import numpy as np

from nnlib.exercises.ch06_gradient_checking import central_difference, relative_error
from nnlib.plots import COLORS, figure
from nnlib.widgets import ch06_bugs as bugs
from nnlib.widgets.live.controls import choice
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import SHADE

FINE, WRONG = 1e-8, 1e-4
FLOOR = 1e-11  # what is smaller is noise, and drawn here
EPSILONS = [float(f"{digit}e{power}") for power in range(-16, 0) for digit in (1, 2, 5)] + [1.0]
ACTIVATIONS = [np.tanh, np.tanh, lambda Z: Z]
DERIVATIVES = [lambda A: 1 - A**2, lambda A: 1 - A**2, lambda A: np.ones_like(A)]
# The weight that is looked at closely: its loss bends, so that a long chord is seen to miss. It is looked at for
# STEPS times ε to both sides.
CLOSE, ENTRY, STEPS = (0, "W"), (1, 1), np.linspace(-1.6, 1.6, 65)
ENDS = [12, 52]  # the places of -1 and 1
LENS = 1.9  # how far it looks up and down, if the loss does not jump farther
SHOWN = ("none", "sign", "1/n twice")  # the other bugs are for the reader to find
DTYPES = {"float64": np.float64, "float32": np.float32}
DECIMALS = {"float64": 16, "float32": 8}  # as far as a number near 1 is known
LAST, SMALL = 3, 1e-9  # so many decimals, which the processor decides, are left out in float64 until ε is as small


def forward(X, parameters):
    """[X, A1, A2, A3] of a network with two tanh layers and a linear one."""
    trace = [X]
    for layer, activation in zip(parameters, ACTIVATIONS, strict=True):
        trace.append(activation(trace[-1] @ layer["W"] + layer["b"]))
    return trace


def v_curve(
    X, y, parameters, backward=bugs.backward, central_difference=central_difference, relative_error=relative_error
):
    """Relative errors over sixteen powers of ten of ε, for the whole gradient and for each array, and one difference.

    That difference is of the weight W1[1, 1]: the digits that its two losses share are gone, and stand in gray. Below
    is its chord in a picture that is magnified as ε shrinks: 1 is ε across, and up it is what the loss rises on the way
    at its true slope.

    X, y : (n, n_inputs), (n, n_outputs). parameters : [{'W', 'b'}] of two tanh layers and a linear one.
    backward(trace, y, parameters, derivatives) -> [{'W', 'b'}], central_difference(f, theta, epsilon) -> array,
    relative_error(a, b) -> number: the reader's own functions, or the library's.
    """
    places = [(k, key) for k in range(len(parameters)) for key in ("W", "b")]
    names = [f"{key}{k + 1}" for k, key in places]

    def cast(dtype):
        layers = [{key: layer[key].astype(dtype) for key in ("W", "b")} for layer in parameters]
        return X.astype(dtype), y.astype(dtype), layers

    def loss_of(dtype, k, key):
        """The loss as a function of one parameter array."""
        X, y, layers = cast(dtype)

        def loss(theta):
            trial = [*layers]
            trial[k] = {**layers[k], key: np.asarray(theta).astype(dtype)}
            return np.mean((forward(X, trial)[-1] - y) ** 2)

        return loss

    def measure(dtype, epsilon):
        """The measured gradient, an array for each place."""
        start = [parameters[k][key].astype(dtype) for k, key in places]
        return [central_difference(loss_of(dtype, *place), theta, epsilon) for place, theta in zip(places, start)]

    def together(arrays):
        return np.concatenate([np.ravel(array) for array in arrays])

    with np.errstate(all="ignore"):
        measured = {name: [measure(dtype, epsilon) for epsilon in EPSILONS] for name, dtype in DTYPES.items()}
    true = bugs.backward(forward(X, parameters), y, parameters, DERIVATIVES)[CLOSE[0]][CLOSE[1]][ENTRY]

    def magnified(precision, epsilon):
        """The loss over STEPS times ε around the weight that is looked at closely."""
        theta = parameters[CLOSE[0]][CLOSE[1]].astype(DTYPES[precision])
        loss = loss_of(DTYPES[precision], *CLOSE)
        around = np.repeat(theta[None], len(STEPS), axis=0)
        around[:, *ENTRY] += (STEPS * epsilon).astype(theta.dtype)
        losses = np.array([loss(each) for each in around], dtype=float)
        return losses[ENDS], (losses - float(loss(theta))) / (epsilon * true)

    fig, grid = figure(3, 2, size=(8.4, 3.75))
    (valley, *rest), (digits, lens, bars) = grid.T
    for ax in rest:
        ax.remove()
    valley.set_subplotspec(valley.get_gridspec()[:, 0])
    digits.set(xlim=(0, 1), ylim=(0, 3.1))
    digits.set_axis_off()
    names_of_lines = ("loss(θ + ε)", "loss(θ − ε)", "difference")
    lines = [Digits(digits, name, 2.5 - k) for k, name in enumerate(names_of_lines)]
    (visited,) = valley.plot([], [], color=SHADE, linewidth=1)
    (curve,) = valley.plot([], [], color=COLORS["blue"], marker=".", markersize=5)
    (here,) = valley.plot([], [], "o", color=COLORS["vermillion"], markersize=10, clip_on=False, zorder=5)
    columns = bars.barh(names, FLOOR, left=FLOOR, height=0.7, color=COLORS["blue"])
    labels = [bars.text(300, k, "", ha="right", va="center", fontsize=9.5) for k in range(len(names))]
    for level, color, style in ((WRONG, "vermillion", "--"), (FINE, "green", "-.")):
        valley.axhline(level, color=COLORS[color], linestyle=style, linewidth=1.3)
        bars.axvline(level, color=COLORS[color], linestyle=style, linewidth=1.3)
    # Written where the curves of a right gradient do not pass, in either precision.
    valley.text(2e-10, WRONG * 1.4, "wrong above this", fontsize=9.5, color="#9C4400")
    valley.text(1.3e-16, FINE / 1.5, "fine below this", va="top", fontsize=9.5, color="#00664B")
    valley.set(xscale="log", xlim=(6e-17, 1.6), xlabel="ε", ylabel="relative error, whole gradient")
    valley.set(yscale="log", ylim=(FLOOR, 5))
    bars.set(xscale="log", xlim=(FLOOR, 400), xlabel="relative error, array by array")
    for axis, ticks in ((valley.xaxis, (1e-16, 1e-12, FINE, WRONG, 1)), (bars.xaxis, (FINE, WRONG, 1))):
        axis.set_ticks(ticks, [short(tick) for tick in ticks])
    valley.set_yticks([1e-10, FINE, 1e-6, WRONG, 0.01, 1], ["1e-10", "1e-8", "1e-6", "1e-4", "0.01", "1"])
    arms = [  # each outside its arm, so that the notes have the room between the two
        valley.text(*place, "", fontsize=9.5, fontweight="bold", color=COLORS["blue"], va="top")
        for place in ((1.3e-16, 6e-6), (1e-3, 4e-9))
    ]
    bars.invert_yaxis()
    bars.grid(False, axis="y")
    (loss_line,) = lens.plot([], [], color=COLORS["blue"], label="loss")
    (tangent,) = lens.plot([], [], color=COLORS["black"], linestyle=":", label="slope of backward")
    (chord,) = lens.plot([], [], "o--", color=COLORS["vermillion"], linewidth=1.6, markersize=6, label="chord")
    lens.set(xlim=(-1.65, 1.65), ylim=(-LENS, LENS), ylabel="loss, zoomed", yticks=[0], yticklabels=[""])
    lens.set_xticks([-1, 0, 1], ["θ − ε", "θ = W1[1, 1]", "θ + ε"])
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
    lens.legend(ncols=3, columnspacing=1, handlelength=1.6, fontsize=9.5, borderaxespad=0.2, **place)
    fig.set_layout_engine("none")  # which would leave the most room where there is little to see
    valley.set_position((0.09, 0.126, 0.438, 0.865))
    for ax, bottom, height in ((digits, 0.805, 0.19), (lens, 0.452, 0.29), (bars, 0.126, 0.25)):
        ax.set_position((0.597, bottom, 0.398, height))

    reached = 1e-4

    def compute(bug, precision):
        X, y, layers = cast(DTYPES[precision])
        broken = backward if bug == "none" else bugs.faulty(bug)
        gradient = broken(forward(X, layers), y, layers, DERIVATIVES)
        gradient = [gradient[k][key] for k, key in places]
        each = np.array([[relative_error(a, b) for a, b in zip(m, gradient)] for m in measured[precision]])
        whole = np.array([relative_error(together(m), together(gradient)) for m in measured[precision]])
        return whole, each, gradient[places.index(CLOSE)][ENTRY]

    def draw(result, epsilon, bug, precision):
        nonlocal reached
        whole, each, computed = result
        reached = min(reached, epsilon)
        now = EPSILONS.index(epsilon)
        seen = slice(now, None)  # the curve is drawn as far as ε has come down
        curve.set_data(EPSILONS[seen], np.maximum(whole[seen], FLOOR))
        visited.set_data(EPSILONS, np.where(np.array(EPSILONS) >= reached, np.maximum(whole, FLOOR), np.nan))
        here.set_data([epsilon], [max(whole[now], FLOOR)])
        whole_v = reached < SMALL and bug == "none" and precision == "float64"
        for arm, words in zip(arms, ("rounding,\n∝ 1/ε", "bent\ncurve,\n∝ ε²"), strict=True):
            arm.set_text(words * whole_v)
        for column, label, error in zip(columns, labels, each[now]):
            column.set_width(max(error - FLOOR, 0.0))
            color = "vermillion" if error > WRONG else "blue" if error < FINE else "orange"
            column.set_facecolor(COLORS[color])
            label.set_text(short(error) if error > FLOOR else "≈ 0")
        (low, high), rises = magnified(precision, epsilon)
        shared = agreeing(low, high, DECIMALS[precision])
        without = LAST if precision == "float64" and epsilon > SMALL else 0
        for line, value in zip(lines, (high, low, high - low), strict=True):
            line.show(value, DECIMALS[precision], shared, without)
        loss_line.set_data(STEPS, rises)
        chord.set_data(STEPS[ENDS], rises[ENDS])
        tangent.set_data(STEPS, STEPS * computed / true)
        height = max(LENS, 1.2 * np.abs(rises).max())  # a loss that jumps, with both ends of its chord
        if lens.get_ylim()[1] != height:
            lens.set_ylim(-height, height)
        vanished = not any(np.any(array) for array in measured[precision][now])
        if vanished:
            note_off_the_curve(valley, f"In {precision} θ + ε is θ again: every difference is zero.", precision)
        elif bug == "none" and whole[now] > WRONG:
            cause = "The steps are too long." if epsilon > 1e-3 else "Only rounding is measured here."
            note_off_the_curve(valley, f"A right gradient, called wrong. {cause}", precision)
        worst, alike = int(np.argmax(each[now])), len({short(error) for error in each[now]}) == 1
        which = "Each array" if alike else f"Worst array: {names[worst]}"
        decimals = DECIMALS[precision]
        same = f"all {decimals}" if shared == decimals else f"{shared} of {decimals}"
        return (
            f"ε = {short(epsilon)}: relative error {short(whole[now])}, {verdict(whole[now])}. "
            f"{which}{':' if alike else ','} {short(each[now, worst])}. The losses share {same} decimals."
        )

    options = [(short(epsilon), epsilon) for epsilon in EPSILONS]
    live = Live(
        "v_curve",
        question="How small should ε be?",
        prediction=Prediction(
            "At ε = 1e-4 the relative error is 2e-9. What will it be at ε = 1e-10, a million times smaller?",
            options=("far smaller", "about the same", "far larger"),
            answer="far larger",
            explanation="Subtracting two nearly equal losses leaves mostly rounding; dividing by 2ε blows it up. "
            "Where does the curve turn?",
            settings={"epsilon": 1e-10},
        ),
        controls={
            "epsilon": ipywidgets.SelectionSlider(options=options, value=1e-4, description="ε"),
            "bug": choice("bug", SHOWN),
            "precision": choice("precision", list(DTYPES)),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epsilon",
        plays_down=True,
        alt="Left, the relative error of a gradient check against ε, both on log scales, drawn from large ε down to "
        "the chosen one. Right, above, two losses and their difference, the digits that they share in gray; then "
        "the loss over one weight, from θ - ε to θ + ε, with the chord and the slope of backward; below, a bar for "
        "each of the six parameter arrays. Lines at 1e-8 (fine below) and 1e-4 (wrong above).",
    )
    live.controls["epsilon"].layout.width = "330px"  # all controls in one row
    return live


class Digits:
    """A number in two colors: gray as far as the losses agree, from there on bold."""

    def __init__(self, ax, name, height):
        ax.text(0, height, name, va="center")
        style = {"va": "center", "family": "DejaVu Sans Mono", "fontsize": 14}
        self.same = ax.text(0.3, height, "", color=COLORS["gray"], **style)
        self.other = ax.text(0.3, height, "", color=COLORS["vermillion"], fontweight="bold", **style)

    def show(self, value, decimals, shared, without):
        text = f"{value:.{decimals}f}".replace("-", "−").rjust(decimals + 3)
        first = len(text) - decimals + shared if shared else 0
        self.same.set_text(text[:first])
        self.other.set_text(" " * first + text[first : len(text) - without] + "…" * (without > 0))


def agreeing(a, b, decimals):
    """How many decimals two numbers share, from the point on; 0 where they differ before it."""
    texts = [f"{number:.{decimals}f}" for number in (a, b)]
    first = next((k for k, pair in enumerate(zip(*texts)) if len(set(pair)) > 1), len(texts[0]))
    return max(first - texts[0].index(".") - 1, 0)


def note_off_the_curve(ax, text, precision):
    """A note where no curve passes: in float64 high between the arms of the V, in float32 at the lower left."""
    note(ax, "\n".join(textwrap.wrap(text, 32)))
    ax.texts[-1].set(position=(0.52, 0.87) if precision == "float64" else (0.31, 0.1), fontsize=9.5)


def verdict(error):
    """What a relative error says of a gradient."""
    return "fine" if error < FINE else "wrong" if error > WRONG else "look closer"


def short(number):
    """A number with one digit: 2e-9, 0.6."""
    if number >= 0.01 or number == 0:
        return f"{number:.2g}"
    digits, power = f"{number:.0e}".split("e")
    return f"{digits}e{int(power)}"
