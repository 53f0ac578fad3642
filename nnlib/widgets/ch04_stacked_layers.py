"""Chapter 04: stack linear layers, as many as you like, and see what they can draw; then put a bend between them."""

import numpy as np

from nnlib import DivergenceError, NeuralNetwork, datasets
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import slider, switch
from nnlib.widgets.live.figure import Live, Prediction, note

EPOCHS = 300


def stack(n_layers, width, bend):
    """The layer_config of a network from 1 input to 1 output, with a ReLU after each hidden layer, or nothing."""
    sizes = [1, *[width] * (n_layers - 1), 1]
    hidden = ["relu" if bend else "linear"] * (n_layers - 1)
    return [
        {"n_inputs": n_inputs, "n_neurons": n_neurons, "activation": activation}
        for n_inputs, n_neurons, activation in zip(sizes, sizes[1:], [*hidden, "linear"], strict=False)
    ]


def stacked_layers():
    """What a network of 1 to 5 layers draws through 40 points on a wave after training, and its loss on the way."""
    X, y = datasets.noisy_sine()
    A = np.hstack([X, np.ones_like(X)])
    best_line = np.mean((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2)
    x = np.linspace(-1.2, 1.2, 241).reshape(-1, 1)  # (241, 1)

    fig, (plane, curve) = figure(1, 2, size=(8.4, 3.7), width_ratios=(1.15, 1))
    plane.plot(X, y, "o", color=COLORS["black"], markersize=4.5)
    (drawn,) = plane.plot([], [], color=COLORS["vermillion"], linewidth=2.5)
    plane.set(xlim=(-1.2, 1.2), ylim=(-1.9, 1.9), xlabel="input x", ylabel="output ŷ, and the data y")
    # The axis reaches far down, so that what `note` says in its middle stands below the curves.
    curve.axhline(best_line, color=COLORS["black"], linestyle=":", linewidth=1.2)
    curve.text(EPOCHS, best_line, f"the best straight line, {best_line:.4f}", ha="right", va="bottom", fontsize=10)
    (losses,) = curve.plot([], [], color=COLORS["blue"])
    curve.set(xlim=(0, EPOCHS), ylim=(0.001, 5), yscale="log", xlabel="epoch", ylabel="loss (mean squared error)")

    def compute(n_layers, width, seed, bend):
        nn = NeuralNetwork(stack(n_layers, width, bend), learning_rate=0.1, seed=seed)
        try:
            nn.fit(X, y, epochs=EPOCHS, batch_size=len(X))
        except DivergenceError:
            return nn, None
        return nn, nn.loss(X, y)

    def draw(result, n_layers, width, bend):
        nn, loss = result
        count = sum(layer.W.size + layer.b.size for layer in nn.layers)
        many = "1 layer" if n_layers == 1 else f"{n_layers} layers, {width} wide"
        how = "with bends" if bend and n_layers > 1 else "no bend"
        if loss is None:
            drawn.set_data([], [])
            losses.set_data([], [])
            note(curve, "The training exploded. Try another seed.")
            return f"{many}, {how}, {count} parameters: the training exploded."
        output = nn.predict(x)
        drawn.set_data(x, output)
        losses.set_data(range(EPOCHS), nn.history["train_loss"])
        if bend and n_layers == 1:
            note(curve, "One layer has nothing after it: a bend needs a second layer.")
        elif bend and np.ptp(output) < 1e-3:
            note(curve, "The same answer for every input: all neurons of a layer say 0, or almost. See chapter 7.")
        return f"{many}, {how}, {count} parameters: loss {loss:.4f} after {EPOCHS} epochs."

    return Live(
        "stacked_layers",
        question="Do more layers fit the wave better?",
        prediction=Prediction(
            "One linear layer, 2 parameters, ends at loss 0.2306. Five of them in a row, 8 wide, have 241 parameters. "
            "Where will they end?",
            options=("much lower", "a little lower", "the same", "higher"),
            answer="the same",
            explanation="A line put into a line gives a line, however many there are. Now check the box.",
            settings={"n_layers": 5},
        ),
        controls={
            "n_layers": slider("layers", 1, 5, 1),
            "width": slider("width", 1, 16, 8, unit="neurons"),
            "seed": slider("seed", 0, 20, 0),
            "bend": switch("a bend (ReLU) after each hidden layer"),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Left, 40 points along one period of a wave and what a trained network answers for every input. Right, its "
        "loss over 300 epochs on a log scale, with the loss of the best straight line as a dotted line.",
    )
