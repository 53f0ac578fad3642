"""Chapter 04: stack linear layers, as many as you like, and see what each can draw; then put a bend between them."""

import numpy as np
from matplotlib.collections import LineCollection

from nnlib import DivergenceError, NeuralNetwork, datasets
from nnlib.plots import COLORS, figure, style
from nnlib.widgets.live.controls import slider, switch
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost, Names, lay_out

EPOCHS = 300
REACH = 3.0  # of what a hidden neuron says, as far as it is drawn


def stack(n_layers, width, bend):
    """The layer_config of a network from 1 input to 1 output, with a ReLU after each hidden layer, or nothing."""
    sizes = [1, *[width] * (n_layers - 1), 1]
    hidden = ["relu" if bend else "linear"] * (n_layers - 1)
    return [
        {"n_inputs": n_inputs, "n_neurons": n_neurons, "activation": activation}
        for n_inputs, n_neurons, activation in zip(sizes, sizes[1:], [*hidden, "linear"], strict=False)
    ]


def stacked_layers():
    """What each layer of a network of 1 to 5 layers draws over its input, after training on points along a wave."""
    X, y = datasets.noisy_sine()
    A = np.hstack([X, np.ones_like(X)])
    best_line = np.mean((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2)
    x = np.linspace(-1.2, 1.2, 241).reshape(-1, 1)  # (241, 1)

    fig, first = figure(size=(8.4, 4.0))
    first.remove()
    with style():
        axes = fig.subplot_mosaic([[1, 2, 3, 4], ["plane", "plane", "curve", "curve"]], height_ratios=(1, 1.9))
    *hidden, plane, curve = axes.values()
    bundles, absent = [], []
    for k, ax in enumerate(hidden, start=1):
        bundles.append(ax.add_collection(LineCollection([], colors=COLORS["blue"], linewidths=1.2), autolim=False))
        absent.append(ax.text(0, 0, "", ha="center", va="center", fontsize=10, color="#666666"))
        ax.set(xlim=(-1.2, 1.2), ylim=(-REACH, REACH), xticks=[-1, 0, 1], yticks=[-2, 0, 2])
        ax.set_title(f"hidden layer {k}", fontsize=10)
        ax.label_outer(remove_inner_ticks=True)
    hidden[0].set_ylabel("its neurons")
    plane.plot(X, y, "o", color=COLORS["black"], markersize=3.5)
    (drawn,) = plane.plot([], [], color=COLORS["vermillion"], linewidth=2.5)
    plane.set(xlim=(-1.2, 1.2), ylim=(-1.9, 1.9), xlabel="input x", ylabel="output ŷ, data y")
    # The axis reaches far down, so that what `note` says in its middle stands below the curve.
    (losses,) = curve.plot([], [], color=COLORS["blue"])
    curve.axhline(best_line, color=COLORS["black"], linestyle=":", linewidth=1.3)
    words = {"ha": "right", "va": "bottom", "fontsize": 9.5}
    curve.text(0.98 * EPOCHS, 1.15 * best_line, f"best straight line: {best_line:.4f}", **words)
    curve.set(xlim=(0, EPOCHS), ylim=(0.001, 5), yscale="log", xlabel="epoch", ylabel="loss (MSE)")
    ghost, names = Ghost(losses), Names(curve, [COLORS["blue"]], "0.000000")
    lay_out(fig)

    def compute(n_layers, width, seed, bend):
        nn = NeuralNetwork(stack(n_layers, width, bend), learning_rate=0.1, seed=seed)
        try:
            nn.fit(X, y, epochs=EPOCHS, batch_size=len(X))
        except DivergenceError:
            return nn, None
        return nn, nn.loss(X, y)

    def draw(result, n_layers, width, bend, before):
        nn, loss = result
        old = before and before.result[1] is not None and before.result[0].history["train_loss"]
        ghost.show(before, old and (range(EPOCHS), old))
        names.show([np.nan if loss is None else loss], [f"{loss or 0:.4f}"])
        count = sum(layer.W.size + layer.b.size for layer in nn.layers)
        many = "1 layer" if n_layers == 1 else f"{n_layers} layers, {width} wide"
        how = "with bends" if bend and n_layers > 1 else "no bend"
        *said, output = nn.trace(x)[1:]
        for k, (bundle, none) in enumerate(zip(bundles, absent, strict=True)):
            seen = said[k].T if k < len(said) and loss is not None else []
            bundle.set_segments([np.column_stack([x[:, 0], neuron]) for neuron in seen])
            none.set_text("" if k < len(said) else "none")
        if loss is None:
            drawn.set_data([], [])
            losses.set_data([], [])
            note(curve, "The training exploded. Try another seed.")
            return f"{many}, {how}, {count} parameters: the training exploded."
        drawn.set_data(x, output)
        losses.set_data(range(EPOCHS), nn.history["train_loss"])
        if bend and n_layers == 1:
            note(curve, "One layer has nothing after it: a bend needs a second layer.")
        elif bend and np.ptp(output) < 1e-3:
            note(curve, "The same answer for every input: all neurons of a layer say 0, or almost. See chapter 7.")
        return f"{many}, {how}, {count} parameters: loss {loss:.4f} after {EPOCHS} epochs."

    return Live(
        "stacked_layers",
        question="How much better does a larger stack of layers fit the wave?",
        prediction=Prediction(
            "Three linear layers, 97 parameters, end at 0.2306. Where will five, 16 wide, with 865 parameters end?",
            options=("0.0031", "0.0950", "0.1840", "0.2306"),
            answer="0.2306",
            explanation="Each layer draws straight lines only, and the best straight line has the loss "
            f"{best_line:.4f}. Now check the box.",
            settings={"n_layers": 5, "width": 16},
        ),
        controls={
            "n_layers": slider("layers", 1, 5, 3),
            "width": slider("width", 2, 16, 8, unit="neurons"),
            "seed": slider("seed", 0, 20, 0),
            "bend": switch("a bend (ReLU) after each hidden layer"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Above, what each neuron of each hidden layer says for every input, a line for each neuron. Below, on the "
        "left 40 points along one period of a wave and the answer of the trained network, on the right its loss over "
        "300 epochs on a log scale, with a dotted line at the loss of the best straight line.",
    )
