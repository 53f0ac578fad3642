"""Chapter 00: a real network learns XOR, again at every move of the learning rate."""

import numpy as np

from nnlib import NeuralNetwork, datasets
from nnlib.plots import COLORS, artist, decision_grid, decision_line, decision_values, figure, plot_boundary
from nnlib.widgets.live.controls import log_slider, slider
from nnlib.widgets.live.figure import Live, Prediction, note
from nnlib.widgets.live.marks import Ghost, Names, lay_out, pale

LAYERS = [
    {"n_inputs": 2, "n_neurons": 4, "activation": "tanh"},
    {"n_inputs": 4, "n_neurons": 1, "activation": "tanh"},
]
EPOCHS = 1000
ABOVE = {"loc": "lower left", "bbox_to_anchor": (-0.05, 1), "frameon": False, "borderaxespad": 0.2}
ABOVE |= {"handlelength": 1.1, "handletextpad": 0.4, "columnspacing": 1}
EVERY = 10  # epochs between two remembered states


def smooth(losses):
    """The mean of each loss and up to nine before it: what remains of a curve that jumps from epoch to epoch."""
    total = np.cumsum([0.0, *losses])
    end = np.arange(1, len(total))
    start = np.maximum(end - EVERY, 0)
    return (total[end] - total[start]) / (end - start)


def xor_learns():
    """The boundary that the network draws, and its loss, for a learning rate, a seed and a moment of training."""
    X, y = datasets.xor()
    limits = ((-0.5, 1.5), (-0.5, 1.5))
    shown = NeuralNetwork(LAYERS, seed=0)
    fig, (plane, curve) = figure(1, 2, size=(8.4, 3.8), width_ratios=(1, 1.15))
    plot_boundary(shown.predict, X, y, plane, limits=limits, colorbar=False)
    plane.set(xticks=[0, 1], yticks=[0, 1], xlabel="switch $x_1$", ylabel="switch $x_2$")
    artist(plane, "decision").remove()
    (boundary,) = plane.plot([], [], color="black", linewidth=1.5, label="output 0.5")
    cross = {"markersize": 20, "markeredgewidth": 2.5, "color": COLORS["vermillion"], "zorder": 6}
    (wrong,) = plane.plot([], [], "x", label="wrong", **cross)
    keys = [*plane.get_legend().legend_handles, boundary, wrong]
    plane.legend(handles=keys, ncols=4, **ABOVE)
    plane.get_legend().set_in_layout(False)  # it may be wider than the frame
    plane.get_legend().legend_handles[3].set_markersize(8)
    crossed = plane.get_legend().legend_handles[3], plane.get_legend().texts[3]
    picture, (grid, axes) = artist(plane, "map"), decision_grid(limits)
    (each,) = curve.plot([], [], color=pale(COLORS["blue"]), linewidth=0.6)
    (losses,) = curve.plot([], [], color=COLORS["blue"], linewidth=2)
    (moment,) = curve.plot(
        [], [], "o", color=COLORS["vermillion"], markersize=8, clip_on=False, in_layout=False, zorder=5
    )
    ghost = Ghost(losses)
    curve.set(xlim=(0, EPOCHS), ylim=(1e-4, 2), yscale="log", xlabel="epoch", ylabel="loss (mean squared error)")
    both = {"ha": "right", "va": "top", "fontsize": 9.5, "animated": True}
    key = curve.text(EPOCHS, 1.7, "thin: every epoch    thick: mean of ten", **both)
    names = Names(curve, [COLORS["blue"], "#555555"], "before 0.00000", on_cards=True)
    fig.get_layout_engine().set(wspace=0.06)
    lay_out(fig)

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
        missed = np.ravel((output > 0.5) != (y > 0.5))
        right = int(np.sum(~missed))
        wrong.set_data(*X[missed].T)
        answers = decision_values(shown.predict, grid)
        picture.set_data(answers)
        boundary.set_data(*decision_line(answers, axes))
        for part in crossed:
            part.set_visible(right < len(X))
        plane.get_legend().stale = True
        mean = smooth(train_loss[:epoch])
        each.set_data(range(epoch), train_loss[:epoch])
        losses.set_data(range(epoch), mean)
        key.set_visible(bool(np.any(train_loss[:epoch] > 1.1 * mean)))
        ghost.show(before, before and (range(EPOCHS), smooth(before.result[0])))
        loss, was = shown.loss(X, y), np.nan
        if before:
            shown.set_parameters(before.result[1][-1])
            was = shown.loss(X, y)
        names.show([loss, was], [f" now {loss:.4f}", f"before {was:.4f}"], at=(epoch / EPOCHS, 1))
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
            explanation="Larger steps are faster only up to a point. Now find a rate that is too small to learn, and "
            "one that is too large.",
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
