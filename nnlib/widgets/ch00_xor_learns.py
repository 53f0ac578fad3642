"""Chapter 00: a real network learns XOR, again at every move of the learning rate."""

import numpy as np

from nnlib import NeuralNetwork, datasets
from nnlib.plots import COLORS, artist, decision_grid, decision_line, decision_values, figure, plot_boundary
from nnlib.widgets.live.controls import log_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost

LAYERS = [
    {"n_inputs": 2, "n_neurons": 4, "activation": "tanh"},
    {"n_inputs": 4, "n_neurons": 1, "activation": "tanh"},
]
EPOCHS = 1000
EVERY = 10  # epochs between two remembered states


def xor_learns():
    """The boundary that the network draws, and its loss, for a learning rate, a seed and a moment of training."""
    X, y = datasets.xor()
    limits = ((-0.5, 1.5), (-0.5, 1.5))
    shown = NeuralNetwork(LAYERS, seed=0)
    fig, (plane, curve) = figure(1, 2, size=(8.4, 3.8), width_ratios=(1, 1.15))
    plot_boundary(shown.predict, X, y, plane, limits=limits, colorbar=False)
    plane.set(xticks=[0, 1], yticks=[0, 1], xlabel="switch $x_1$", ylabel="switch $x_2$")
    artist(plane, "decision").remove()
    (boundary,) = plane.plot([], [], color="black", linewidth=1.5)
    picture, (grid, axes) = artist(plane, "map"), decision_grid(limits)
    (losses,) = curve.plot([], [], color=COLORS["blue"])
    (moment,) = curve.plot([], [], "o", color=COLORS["vermillion"], markersize=8, clip_on=False, zorder=5)
    ghost = Ghost(losses)
    curve.set(xlim=(0, EPOCHS), ylim=(1e-4, 2), yscale="log", xlabel="epoch", ylabel="loss (mean squared error)")

    def compute(rate, seed):
        nn = NeuralNetwork(LAYERS, learning_rate=rate, seed=seed)
        states = [nn.get_parameters()]

        def remember(nn):
            if nn.epoch % EVERY == 0:
                states.append(nn.get_parameters())

        return nn.fit(X, y, epochs=EPOCHS, batch_size=4, callback=remember)["train_loss"], states

    def draw(result, rate, epoch, before):
        train_loss, states = result
        shown.set_parameters(states[epoch // EVERY])
        output = shown.predict(X)
        right = int(np.sum((output > 0.5) == (y > 0.5)))
        answers = decision_values(shown.predict, grid)
        picture.set_data(answers)
        boundary.set_data(*decision_line(answers, axes))
        losses.set_data(range(epoch), train_loss[:epoch])
        ghost.show(before, before and (range(EPOCHS), before.result[0]))
        loss = shown.loss(X, y)
        moment.set_data([epoch], [loss])
        if epoch == EPOCHS and right < len(X):
            note(curve, f"Not learned: {right} of 4 points are right after {EPOCHS} epochs.", height=0.12)
        return f"Learning rate {rate:g}, epoch {epoch}: loss {loss:.4f}, {right} of 4 points right."

    return Live(
        "xor_learns",
        question="What does the learning rate do?",
        prediction=Prediction(
            "At the rate 0.1 the loss ends at 0.0012. Where will it end with ten times the rate, 1?",
            options=("lower", "about the same", "higher"),
            answer="higher",
            explanation="Larger steps are faster only up to a point. Find the two ends where nothing is learned.",
            settings={"rate": 1.0},
        ),
        controls={
            "rate": log_slider("learning rate", 0.001, 10.0, 0.1),
            "seed": slider("seed", 0, 50, 0),
            "epoch": slider("epoch shown", 0, EPOCHS, EPOCHS, step=EVERY),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        alt="Left, the plane of the two inputs with the four points of XOR, shaded by what the network answers there. "
        "Right, its loss over 1000 epochs of training on a log scale.",
    )
