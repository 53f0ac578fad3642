"""Chapter 14: two networks start out sure of the same mistake and learn, by the squared error and by cross-entropy."""

import functools

import numpy as np

from nnlib import NeuralNetwork, datasets, losses
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction

RIGHT, WRONG = 4, 9  # the digit on the picture that is followed, and the one that every picture is taken for
PICTURE = 57  # its place among the validation rows
EPOCHS, BATCH_SIZE = 20, 16
SUREST = 14
RATES = (0.6, 2, 6, 20, 60)  # of the squared error; 6 is the one that the validation rows choose
RATE = 0.2  # of cross-entropy, chosen likewise
LIMITS = (-16, 16)  # of the log-odds
NO_SLOPE = 0.001  # below it nothing moves within these epochs
RUNS = {"squared error": ("vermillion", "--", "s"), "cross-entropy": ("blue", "-", "o")}


@functools.cache
def rows():
    """The training and the validation rows of chapter 13: X, labels, X_val, labels_val."""
    X, labels, *_ = datasets.split(*datasets.digits(), fraction=0.2, seed=0)
    return datasets.split(X, labels, fraction=0.25, seed=0)


@functools.lru_cache(maxsize=64)
def run(loss, rate, sure, seed):
    """A network 64-32-10 that starts sure of the wrong digit: its log-odds for the right one, and how many it reads.

    sure : how far below 0 the log-odds of all other digits start, but for what the weights add.

    Returns the log-odds (EPOCHS + 1,) of the picture that is followed, and the shares (EPOCHS + 1,) of the
    validation rows read right: before the first epoch, and after each.
    """
    X, labels, X_val, labels_val = rows()
    last = "linear" if loss == "cross_entropy" else "sigmoid"
    layers = [
        {"n_inputs": 64, "n_neurons": 32, "activation": "relu"},
        {"n_inputs": 32, "n_neurons": 10, "activation": last},
    ]
    nn = NeuralNetwork(layers, learning_rate=rate, loss=loss, seed=seed)
    parameters = nn.get_parameters()
    parameters[1]["b"][:] = 0 if loss == "cross_entropy" else -sure  # each logit of a sigmoid is log-odds by itself
    parameters[1]["b"][WRONG] = sure
    nn.set_parameters(parameters)
    odds, shares = [], []

    def look(nn):
        hidden, outputs = nn.trace(X_val)[1:]
        layer = nn.layers[1]
        z = hidden[PICTURE] @ layer.W + layer.b  # (10,) logits
        others = np.logaddexp.reduce(np.delete(z, RIGHT)) if loss == "cross_entropy" else 0
        odds.append(float(z[RIGHT] - others))
        shares.append(float(np.mean(outputs.argmax(axis=1) == labels_val)))

    look(nn)
    nn.fit(X, datasets.one_hot(labels), epochs=EPOCHS, batch_size=BATCH_SIZE, callback=look)
    return np.array(odds), np.array(shares)


def squared_error(odds):
    """The squared error of a sigmoid whose target is 1, and its slope with respect to the logit."""
    a = 1 / (1 + np.exp(-odds))
    return (a - 1) ** 2, 2 * (a - 1) * a * (1 - a)


def digits_of(number, at_least):
    """A number with so many decimals that one digit other than 0 shows: a small slope is not none."""
    exponent = int(f"{number:.0e}".split("e")[1]) if np.isfinite(number) else 0  # as rounded to that one digit
    decimals = max(at_least, -exponent)
    return f"{number:.{decimals}f}".replace("-", "−")


def confident_mistake(loss_of_logits=losses.cross_entropy):
    """The loss of one picture of a 4 on its way through training, beside the share of digits that the network reads.

    loss_of_logits(Z, y) -> (loss, gradient) with respect to Z, both (n, n_classes): the reader's own, or the library's.
    """
    fig, (hill, curves) = figure(1, 2, size=(8.4, 3.1), width_ratios=(1.2, 1))
    axis = np.linspace(*LIMITS, 141)

    def cross_entropy(odds):
        """Of two logits, 0 and the log-odds: the loss for the second class, and its slope."""
        loss, gradient = loss_of_logits(np.array([[0.0, odds]]), np.array([[0.0, 1.0]]))
        return float(loss), float(gradient[0, 1])

    functions = dict(zip(RUNS, (squared_error, cross_entropy)))
    balls, starts, tangents, slopes, lines, words = {}, {}, {}, {}, {}, {}
    for k, (name, (color, style, marker)) in enumerate(RUNS.items()):
        look = {"color": COLORS[color], "linestyle": style}
        hill.plot(axis, [functions[name](odds)[0] for odds in axis], linewidth=1.6, **look)
        (tangents[name],) = hill.plot([], [], color=COLORS["black"], linewidth=2.4, solid_capstyle="round")
        ball = {"color": COLORS[color], "marker": marker, "markersize": 11, "markeredgecolor": "white"}
        (balls[name],) = hill.plot([], [], linestyle="", zorder=6, **ball)
        hollow = ball | {"markersize": 7, "markerfacecolor": "white", "markeredgecolor": COLORS[color]}
        (starts[name],) = hill.plot([], [], linestyle="", zorder=5, **hollow)
        beside = {"ha": "left", "va": "bottom"} if k else {"ha": "center", "va": "top"}
        slopes[name] = hill.text(0, 0, "", color=COLORS[color], fontsize=10, zorder=7, **beside)
        where = {"transform": hill.transAxes, "ha": "right", "va": "top", "fontsize": 11, "fontweight": "bold"}
        words[name] = hill.text(0.99, 0.98 - 0.12 * k, "", color=COLORS[color], **where)
        (lines[name],) = curves.plot([], [], label=name, marker=marker, markersize=5, **look)
    hill.set(
        xlim=LIMITS, ylim=(-2.9, -LIMITS[0]), xlabel=f"log-odds that it is a {RIGHT}", ylabel="loss of the picture"
    )
    frame = hill.inset_axes([0.78, 0.3, 0.21, 0.36])
    frame.imshow(rows()[2][PICTURE].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
    frame.set(xticks=[], yticks=[])
    hill.set_yticks(range(0, 16, 5))
    curves.set(xlim=(-0.5, EPOCHS + 0.5), ylim=(0, 102), xlabel="epoch", ylabel="validation digits read (%)")
    curves.set_xticks(range(0, EPOCHS + 1, 5))
    curves.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False, borderaxespad=0)

    def compute(sure, rate, seed):
        return dict(zip(RUNS, (run("mse", rate, sure, seed), run("cross_entropy", RATE, sure, seed))))

    def draw(result, sure, epoch):
        said = []
        for name, (odds, shares) in result.items():
            (start, at_start), (here, loss) = ((x, functions[name](x)[0]) for x in np.clip(odds[[0, epoch]], *LIMITS))
            slope = functions[name](here)[1]
            starts[name].set_data([start], [at_start])
            balls[name].set_data([here], [loss])
            reach = 2.2 / np.hypot(1, slope)
            ends = np.array([-reach, reach])
            tangents[name].set_data(here + ends, loss + slope * ends)
            lines[name].set_data(np.arange(epoch + 1), 100 * shares[: epoch + 1])
            p = 1 / (1 + np.exp(-odds[epoch]))
            called = "" if abs(slope) > NO_SLOPE else "done: " if p > 0.5 else "stuck: "  # at either end next to none
            slopes[name].set_text(f"{called}slope {digits_of(slope, 2)}")
            below = name == "squared error"  # the other curve is above it
            slopes[name].set_position(
                (np.clip(here, -8.6, 8.6), loss - 0.9) if below else (min(here + 0.8, 2 if called else 5), loss + 0.6)
            )
            words[name].set_text(f"{RIGHT} with p = {digits_of(p, 3)}")
            said.append(f"{name} reads {100 * shares[epoch]:.0f}%")
        start = f"Sure of the {WRONG} by {sure}" if sure else "Sure of nothing"
        return f"{start}, {epoch} epoch{'s' if epoch != 1 else ''} later: {', '.join(said)}."

    return Live(
        "confident_mistake",
        question="How does a network leave a mistake it is sure of?",
        prediction=Prediction(
            f"Both networks start out sure that every picture is a {WRONG}: any other digit gets some e⁻⁴ of its "
            f"probability, and both get away. With e⁻¹², which of them read 9 of 10 after {EPOCHS} epochs?",
            options=("both", "only cross-entropy", "neither"),
            answer="only cross-entropy",
            explanation="On the plateau of the squared error there is next to no slope to follow. Does a larger rate "
            "help it?",
            settings={"sure": 12, "epoch": EPOCHS},
        ),
        controls={
            "sure": slider(f"sure of the {WRONG} by", 0, SUREST, 4),
            "rate": list_slider("rate of the squared error", RATES, 6),
            "seed": slider("seed", 0, 9, 0),
            "epoch": slider("epochs shown", 0, EPOCHS, 0),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="epoch",
        tick=120,
        alt=f"Left, the loss of one picture of a {RIGHT} over its log-odds: the squared error is flat on the left and "
        "falls from 1 to 0 around the middle, cross-entropy is a slope all the way; a marker on each shows where a "
        "network is, with the tangent there, and a hollow one where it started. Right, the share of validation digits "
        "that either network reads, epoch by epoch.",
    )
