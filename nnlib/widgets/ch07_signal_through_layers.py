"""Chapter 07: what a stack of layers does to a signal on its way forward and to a gradient on its way back."""

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import choice, list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction
from nnlib.widgets.live.marks import Ghost, lay_out, one_digit, unbroken

ROWS, WIDTH, DEEPEST = 200, 100, 10
STDS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.141, 0.16, 0.2, 0.3, 0.5)
BINS = np.linspace(-1, 1, 32)  # of a histogram, in parts of its layer's largest output; 0 is inside a bin
ROOM = 0.148  # for the numbers at the ends of the curves, to each side, in parts of the width
TINY, HUGE = 1e-30, 1e30  # a logarithm needs a number above 0, and a frame an end
# What has become of a size of 1 that is less than so much now.
VERDICTS = ((1e-2, "vanishes"), (0.5, "shrinks"), (2, "keeps its size"), (100, "grows"), (np.inf, "explodes"))


def in_short(size):
    """A size with two digits, "0.29", "73"; with one where it is far from 1, "9 · 10⁻⁵"."""
    return f"{float(f'{size:.2g}'):,g}" if 1e-3 <= size < 1e5 else one_digit(size or TINY)


def fate(name, size, depth):
    """What `depth` layers have made of a size of 1, in words: "the gradient grows (73, × 1.7 a layer)"."""
    if not np.isfinite(size):
        return f"the {name} explodes"
    verdict = next(words for below, words in VERDICTS if size < below)
    factor = size ** (1 / depth)
    if verdict == "keeps its size" and not 0.9 <= factor <= 1.12:  # few layers, and each far from 1
        verdict = "shrinks" if factor < 1 else "grows"
    return unbroken(f"the {name} {verdict} ({in_short(size)}, × {factor:.2g} a layer)")


def decades(sizes):
    """The powers of ten from which to which a frame holds these sizes, and those at its ticks, six at most."""
    powers = np.log10(np.clip(np.nan_to_num(sizes, nan=HUGE), TINY, HUGE))
    low, high = np.floor(powers.min() + 0.1), np.ceil(powers.max() - 0.1)  # so 0.998 is as good as 1
    step = max(1, np.ceil((high - low) / 5))
    margin = max(0.5, 1 - (high - low) / 2)
    return low - margin, high + margin, step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)


def layers_forward(X, parameters, activations):
    """The outputs of every layer, the input first: [X, A1, ..., AL]."""
    trace = [X]
    for layer, activation in zip(parameters, activations, strict=True):
        trace.append(activation(trace[-1] @ layer["W"] + layer["b"]))
    return trace


def one_backward(X, A, dA, W, derivative):
    """The chain rule through one layer: (dW, db, dX)."""
    dZ = dA * derivative(A)
    return X.T @ dZ, dZ.sum(axis=0), dZ @ W.T


def size(A):
    """The root of the mean square, which is the standard deviation where the mean is 0."""
    return float(np.sqrt(np.mean(A**2)))


def random_signal(weight_std, depth, activation, *, forward=layers_forward, layer_backward=one_backward):
    """Send a random signal up through `depth` layers of 100 neurons, and a random gradient down.

    Returns the trace [X, A1, ..., AL], all (200, 100), and the gradients of these, [dX, dA1, ..., dAL].
    X and dAL are normal with standard deviation 1, the weights are normal with `weight_std`, the biases 0.
    """
    rng = np.random.default_rng(0)
    X, dA = rng.normal(size=(ROWS, WIDTH)), rng.normal(size=(ROWS, WIDTH))
    tables = rng.normal(size=(DEEPEST, WIDTH, WIDTH))[:depth]
    parameters = [{"W": weight_std * W, "b": np.zeros(WIDTH)} for W in tables]
    f = ACTIVATIONS[activation]
    trace = forward(X, parameters, [f.function] * depth)
    gradients = [dA]
    for k in reversed(range(depth)):
        dA = layer_backward(trace[k], trace[k + 1], dA, parameters[k]["W"], f.derivative)[2]
        gradients.insert(0, dA)
    return trace, gradients


def signal_through_layers(forward=layers_forward, layer_backward=one_backward):
    """Histograms of every layer's outputs, and the size of signal and gradient layer by layer.

    forward(X, parameters, activations) -> trace, layer_backward(X, A, dA, W, derivative) -> (dW, db, dX): the
    reader's own, or the library's.
    """
    fig, (histogram, spread) = figure(2, 1, size=(8.4, 3.55), height_ratios=(1, 2.6))
    bars = [histogram.fill([0], [0], color=COLORS["blue"])[0] for _ in range(DEEPEST + 1)]
    place = {"ha": "center", "va": "center", "fontsize": 8.5}
    scales = [histogram.text(k, 1.2, "", **place) for k in range(DEEPEST + 1)]
    histogram.set(ylim=(0, 1.4), yticks=[], xticks=[])
    # In the row of the ghost's key.
    histogram.set_xlabel("↑ the outputs, each layer magnified to fit", fontsize=9.5, labelpad=2, loc="left")
    histogram.grid(False)
    histogram.spines["left"].set_visible(False)
    walls = [histogram.axvline(k - 0.5, color="#CCCCCC", linewidth=0.8) for k in range(DEEPEST + 2)]
    (signal,) = spread.plot([], [], "o-", color=COLORS["blue"])
    (slope,) = spread.plot([], [], "s--", color=COLORS["vermillion"])
    ghost = Ghost(signal, slope)
    for line in ghost.lines:
        line.set_marker("None")  # where all sizes are near 1, markers would lie on markers
    (one,) = spread.plot([], [], color=COLORS["black"], linewidth=0.8, linestyle=":")
    look = {"va": "center", "fontsize": 9.5, "fontweight": "bold", "animated": True}
    slope_end, signal_end = (
        spread.text(x, 1, "", ha=side, color=line.get_color(), transform=spread.get_yaxis_transform(), **look)
        for x, side, line in ((0.01, "left", slope), (0.99, "right", signal))
    )
    slope_old, signal_old = (  # below them
        spread.text(text.get_position()[0], 1, "", ha=text.get_ha(), color="#555555", transform=text.get_transform())
        for text in (slope_end, signal_end)
    )
    for text in (slope_old, signal_old):
        text.set(**look | {"fontweight": "normal"})
    spread.set(yscale="log", ylim=(1e-12, 1e8), xlabel="layer", ylabel="size (RMS)")
    spread.yaxis.set_label_coords(-0.07, 0.5)  # beside the longest numbers
    lay_out(fig)

    def compute(weight_std, depth, activation):
        trace, gradients = random_signal(weight_std, depth, activation, forward=forward, layer_backward=layer_backward)
        return trace, gradients, [size(A) for A in trace], [size(dA) for dA in gradients]

    def draw(result, weight_std, depth, activation, traveled, before):
        trace, gradients, up, down = result
        room = max(0.55, ROOM * depth / (1 - 2 * ROOM))
        if spread.get_xlim()[0] != -room:  # new limits cost a whole drawing
            for ax in (histogram, spread):
                ax.set_xlim(-room, depth + room)
            spread.set_xticks(range(depth + 1), ["input", *map(str, range(1, depth + 1))])
            one.set_data([0, depth], [1, 1])
            histogram.spines["bottom"].set_bounds(-0.5, depth + 0.5)
            for k, wall in enumerate(walls):
                wall.set_visible(k <= depth + 1)
        then = before.result[2:] if before else ()
        low, high, ticks = decades(np.concatenate([up, down, *then]))
        low, high = 10**low, 10**high
        if spread.get_ylim() != (low, high):
            spread.set_yticks(10.0**ticks)
            spread.minorticks_off()
            spread.set_ylim(low, high)
        passed = traveled * depth // 50  # layers, first up and then down
        risen, left = min(passed, depth), min(2 * depth - passed, depth)
        shown = [np.clip(sizes[: depth + 1], TINY, None) for sizes in then]
        ghost.show(before, *((range(len(sizes)), sizes) for sizes in shown))
        for k, (bar, scale) in enumerate(zip(bars, scales)):
            scale.set_text("")
            if k > risen:
                bar.set_xy(np.zeros((1, 2)))
                continue
            largest = np.abs(trace[k]).max() or 1.0
            count = np.histogram(trace[k] / largest, BINS)[0]
            heights = np.concatenate([[0], np.repeat(count / count.max(), 2), [0]])
            bar.set_xy(np.stack([np.repeat(k + 0.42 * BINS, 2), heights], axis=1))
            scale.set_text("±" + one_digit(largest).replace(" · ", "·"))
        longest = max(len(scale.get_text()) for scale in scales)
        for scale in scales[1::2] if depth > 8 or depth > 6 and longest > 9 else ():
            scale.set_text("")  # there is no room for all
        signal.set_data(range(risen + 1), np.clip(up[: risen + 1], TINY, HUGE))
        slope.set_data(range(left, depth + 1), np.clip(down[left:], TINY, HUGE))
        slope.set_visible(traveled >= 50)
        for text, old, name, k, sizes in (
            (slope_end, slope_old, "← gradient", left, down),
            (signal_end, signal_old, "signal →", risen, up),
        ):
            was = f"\n\nbefore {in_short(then[old is slope_old][-(old is signal_old)])}" if before else ""
            old.set_text(was * (traveled == 100))
            text.set_text(f"{name}\n{in_short(sizes[k])}" + "\n " * bool(old.get_text()))
            room = (high / low) ** 0.2  # for three lines of text
            for each in (text, old):
                each.set_y(np.clip(sizes[k], low * room, high / room))
        slope_end.set_visible(traveled >= 50)
        if traveled < 50:
            return f"The signal on its way forward, after {risen} of {depth} layers: {in_short(up[risen])}."
        if traveled < 100:
            return f"The gradient on its way back, after {depth - left} of {depth} layers: {in_short(down[left])}."
        last = trace[-1]
        layers = f"{depth} layers of {activation}" if depth > 1 else f"1 {activation} layer"
        words = f"Std {weight_std:g}, {layers}: "
        words += f"{fate('signal', up[-1], depth)}, {fate('gradient', down[0], depth)}."
        if activation == "tanh" and np.any(np.abs(last) > 0.99):
            words += f" {np.mean(np.abs(last) > 0.99):.0%} of the last outputs are beyond ±0.99."
        if activation == "relu":
            words += f" {np.mean(last == 0):.0%} of the last outputs are 0."
        return words

    return Live(
        "signal_through_layers",
        question="What becomes of a gradient on its way back?",
        prediction=Prediction(
            "Weights five times larger (0.5): most outputs sit at ±1, where tanh is flat. What happens to the "
            "gradient?",
            options=("it shrinks", "it stays as it is", "it grows"),
            answer="it grows",
            explanation="A flat neuron lets nothing through, but those that are not flat pass it on through weights "
            "that are far too large, and they win.",
            settings={"weight_std": 0.5},
        ),
        controls={
            "weight_std": list_slider("std of the weights", STDS, 0.1),
            "depth": slider("layers", 1, DEEPEST, 8),
            "traveled": slider("traveled", 0, 100, 100, step=5, unit="%"),
            "activation": choice("activation", ["tanh", "relu", "linear"], "tanh"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="traveled",
        tick=120,
        alt="Above, a histogram of the outputs of each layer, each magnified to fit. Below, on a log scale, the size "
        "of the signal layer by layer, and that of the gradient that comes back.",
    )
