"""Chapter 00: the first picture of the course, a network that learns XOR, as a picture that moves by itself."""

from nnlib import NeuralNetwork, datasets
from nnlib.plots import figure, plot_boundary, plot_network, show_moving

EPOCHS = (0, 10, 20, 30, 40, 50, 60, 70, 80, 100, 120, 160, 200, 300)
LIMITS = ((-0.5, 1.5), (-0.5, 1.5))


def moving_xor():
    """Show the network of the course's start, 2-4-1, and what it answers in the plane, from epoch 0 to 300."""
    X, y = datasets.xor()
    layers = [
        {"n_inputs": 2, "n_neurons": 4, "activation": "tanh"},
        {"n_inputs": 4, "n_neurons": 1, "activation": "tanh"},
    ]
    nn = NeuralNetwork(layers, learning_rate=0.1, seed=0)
    fig, (left, right) = figure(1, 2, size=(6.6, 3.1), width_ratios=(1.3, 1))

    def draw(epoch):
        if epoch < nn.epoch:  # a moving picture is drawn from its end and then from its start
            nn.__init__(layers, learning_rate=0.1, seed=0)
        nn.fit(X, y, epochs=epoch - nn.epoch, batch_size=4)
        for ax in (left, right):
            ax.clear()
        plot_network(nn.get_parameters(), left, values=[["$x_1$", "$x_2$"], [""] * 4, ["$ŷ$"]], numbers=False)
        plot_boundary(nn.predict, X, y, right, limits=LIMITS, colorbar=False)
        left.set_title(f"epoch {epoch}", loc="left")

    show_moving(
        fig,
        draw,
        EPOCHS,
        "A network of two inputs, four neurons and one output, and the plane of its inputs: within 300 epochs "
        "a blue band forms around two opposite corners, and the other two turn orange.",
    )
