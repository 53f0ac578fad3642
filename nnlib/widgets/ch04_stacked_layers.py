"""Chapter 04: stack linear layers, as many as you like, and see what each can draw; then put a bend between them."""

from dataclasses import dataclass

import numpy as np
from matplotlib.collections import LineCollection

from nnlib import DivergenceError, NeuralNetwork, datasets
from nnlib.plots import COLORS, figure, style
from nnlib.widgets.live.controls import list_slider, slider, switch
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost, Names, lay_out

EPOCHS = 300
SHOWN = [*range(10), *range(10, 50, 2), *range(50, EPOCHS + 1, 5)]  # epochs that can be shown: the fit begins fast
# Of what the hidden neurons say, as far as it is drawn; few, so that a layer looks as lively as it is.
REACHES = (2, 5, 10, 1000)


def stack(n_layers, width, bend):
    """The layer_config of a network from 1 input to 1 output, with a ReLU after each hidden layer, or nothing."""
    sizes = [1, *[width] * (n_layers - 1), 1]
    hidden = ["relu" if bend else "linear"] * (n_layers - 1)
    return [
        {"n_inputs": n_inputs, "n_neurons": n_neurons, "activation": activation}
        for n_inputs, n_neurons, activation in zip(sizes, sizes[1:], [*hidden, "linear"], strict=False)
    ]


@dataclass(frozen=True, eq=False)
class Run:
    """A training, as far as it came.

    nn : the network at its end.   losses, said : at each epoch of `SHOWN`, its loss, and what each layer says over x.
    reach : how far the hidden neurons go, of `REACHES`.   exploded : whether it never came to an end.
    """

    nn: NeuralNetwork
    losses: list
    said: list
    reach: float
    exploded: bool


def stacked_layers():
    """What each layer of a network of 1 to 5 layers draws over its input, after training on points along a wave."""
    X, y = datasets.noisy_sine()
    A = np.hstack([X, np.ones_like(X)])
    best_line = np.mean((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2)
    x = np.linspace(-1.2, 1.2, 241).reshape(-1, 1)  # (241, 1)

    fig, first = figure(size=(8.4, 3.6))
    first.remove()
    with style():
        axes = fig.subplot_mosaic([[1, 2, 3, 4], ["plane", "plane", "curve", "curve"]], height_ratios=(1, 1.9))
    *hidden, plane, curve = axes.values()
    bundles = []
    for k, ax in enumerate(hidden, start=1):
        bundles.append(ax.add_collection(LineCollection([], colors=COLORS["blue"], linewidths=1.2), autolim=False))
        ax.set(xlim=(-1.2, 1.2), ylim=(-10, 10), xticks=[-1, 0, 1], yticks=[-10, 0, 10])
        ax.set_title(f"hidden layer {k}", fontsize=10)
        ax.label_outer(remove_inner_ticks=True)
    hidden[0].set_ylabel("its neurons")
    plane.plot(X, y, "o", color=COLORS["black"], markersize=3.5, label="data y")
    (drawn,) = plane.plot([], [], color=COLORS["vermillion"], linewidth=2.5, label="output ŷ")
    # The axis reaches far down, so that what `note` says stands below points and line.
    plane.set(xlim=(-1.2, 1.2), ylim=(-3.1, 1.9), yticks=[-1, 0, 1], xlabel="input x", ylabel="ŷ, y")
    above = {"loc": "lower left", "bbox_to_anchor": (-0.02, 0.97), "ncols": 2, "frameon": False, "borderaxespad": 0.1}
    plane.legend(fontsize=9.5, handlelength=1.2, handletextpad=0.4, columnspacing=1.2, **above)
    (losses,) = curve.plot([], [], color=COLORS["blue"])
    (moment,) = curve.plot([], [], "o", color=COLORS["vermillion"], markersize=8, clip_on=False, in_layout=False)
    curve.axhspan(best_line / 1.2, 1.2 * best_line, color="#DDDDDD", zorder=1.5)  # seen behind a curve on the line
    curve.axhline(best_line, color=COLORS["black"], linestyle=":", linewidth=1.3, zorder=1.6)
    words = {"ha": "right", "va": "top", "fontsize": 9.5}
    curve.text(0.97 * EPOCHS, best_line / 1.35, f"best straight line: {best_line:.4f}", **words)
    curve.set(xlim=(0, EPOCHS), ylim=(0.001, 5), yscale="log", xlabel="epoch", ylabel="loss (MSE)")
    ghost, names = Ghost(losses), Names(curve, [COLORS["blue"]], "0.000000")
    ghost.lines[0].set_zorder(2.1)  # seen where the new curve lies on it
    lay_out(fig)
    first, last = hidden[0].get_position(), hidden[-1].get_position()
    shallow = fig.text(
        (first.x0 + last.x1) / 2, (first.y0 + first.y1) / 2, "", ha="center", va="center", color="#555555"
    )
    looks_now = None  # of the upper row

    def arrange(n_hidden, reach, bend):
        """The upper row: as many panels as there are hidden layers, over the whole width, with one scale."""
        nonlocal looks_now
        if looks_now == (n_hidden, reach, bend):
            return  # a new one costs a whole drawing
        looks_now = n_hidden, reach, bend
        shallow.set_text("" if n_hidden else "One layer: no hidden neurons, the input goes straight to the output.")
        gap = first.width / 20
        width = (last.x1 - first.x0 + gap) / max(n_hidden, 1)
        for k, ax in enumerate(hidden):
            ax.set_visible(k < n_hidden)
            ax.set_position([first.x0 + k * width, first.y0, width - gap, first.height])
            ax.set(ylim=(-0.08 * reach if bend else -reach, reach), yticks=[0, reach] if bend else [-reach, 0, reach])

    def compute(n_layers, width, seed, bend):
        nn = NeuralNetwork(stack(n_layers, width, bend), learning_rate=0.1, seed=seed)
        losses, said = [], []

        def remember(nn):
            if nn.epoch in SHOWN:
                losses.append(nn.loss(X, y))
                said.append(nn.trace(x)[1:])

        remember(nn)
        try:
            nn.fit(X, y, epochs=EPOCHS, batch_size=len(X), callback=remember)
        except DivergenceError:
            return Run(nn, [], [], REACHES[0], True)
        far = max((np.abs(layer).max() for layer in said[-1][:-1]), default=0)
        return Run(nn, losses, said, next(reach for reach in REACHES if far <= reach), False)

    def draw(run, n_layers, width, bend, epoch, before):
        nn, bent = run.nn, bend and n_layers > 1
        old = before and not before.result.exploded and before.result.nn.history["train_loss"]
        ghost.show(before, old and (range(EPOCHS), old))
        arrange(0 if run.exploded else n_layers - 1, run.reach, bent)
        loss = np.nan if run.exploded else run.losses[SHOWN.index(epoch)]
        names.show([loss], [f"  {loss:.4f}"])
        count = sum(layer.W.size + layer.b.size for layer in nn.layers)
        many = "1 layer" if n_layers == 1 else f"{n_layers} layers, {width} wide"
        how = "with bends" if bent else "no bend"
        if run.exploded:
            for line in (drawn, losses, moment):
                line.set_data([], [])
            note(curve, "The training exploded. Try another seed.")
            return f"{many}, {how}, {count} parameters: the training exploded."
        *said, output = run.said[SHOWN.index(epoch)]
        for bundle, neurons in zip(bundles, said, strict=False):
            bundle.set_segments([np.column_stack([x[:, 0], neuron]) for neuron in neurons.T])
        drawn.set_data(x, output)
        losses.set_data(range(epoch), nn.history["train_loss"][:epoch])
        moment.set_data([epoch], [loss])
        if bend and n_layers == 1:
            note(plane, "One layer has nothing after it:\na bend needs a second layer.", height=0.18)
        elif bend and epoch == EPOCHS and np.ptp(output) < 1e-3:
            note(plane, "The same answer for every input:\na layer says about 0 (chapter 7).", height=0.18)
        return f"{many}, {how}, {count} parameters: loss {loss:.4f} after {epoch} epoch{'s' * (epoch != 1)}."

    return Live(
        "stacked_layers",
        question="How much better does a larger stack of layers fit the wave?",
        prediction=Prediction(
            "Three linear layers, 97 parameters, end at 0.2306. Where will five, 16 wide, with 865 parameters end?",
            options=("0.0031, far better", "0.0950, better", "0.1840, a bit better", "0.2306, no better"),
            answer="0.2306, no better",
            explanation="Each layer draws straight lines only, and the best has the loss "
            f"{best_line:.4f}. Now check the box.",
            settings={"n_layers": 5, "width": 16},
        ),
        controls={
            "n_layers": slider("layers", 1, 5, 3),
            "width": slider("width", 2, 16, 8, unit="neurons"),
            "seed": slider("seed", 0, 20, 0),
            "epoch": list_slider("epoch shown", SHOWN, EPOCHS),
            "bend": switch("bend (ReLU) between layers"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        alt="Above, what each neuron of each hidden layer says for every input, a line for each neuron. Below, on the "
        "left 40 points along one period of a wave and the answer of the trained network, on the right its loss over "
        "300 epochs on a log scale, with a dotted line on a gray band at the loss of the best straight line.",
    )
