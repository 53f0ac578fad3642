"""Chapter 03: a batch of rides flows through two layers; turn the sizes, and watch the shapes and what they cost."""

from functools import cache

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import IdentityTransform

from nnlib.plots import COLORS, figure, shown_indices
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction
from nnlib.widgets.live.marks import pale

INPUTS = ("distance", "waiting", "luggage")
RIDES = ((2, 5, 1), (8, 0, 2), (5, 10, 0), (1, 4, 3))  # km, minutes, pieces: those of the chapter
BATCHES = (1, 2, 4, 8, 32, 128, 1000)
WIDTHS = (1, 2, 3, 4, 5, 8, 16, 64)
MOST_OUTPUTS = 10
MOST_DRAWN = 8  # the rows that can be chosen
DRAWN = 4  # neurons that are drawn of many, and of a long batch the last rows that the reader's function gets
EQUATIONS = ("X", "@", "W1", "+", "b1", "=", "Z1", "", "Z1", "@", "W2", "+", "b2", "=", "Z2")
BATCH = {"X", "Z1", "Z2"}  # what has a row for each ride
ONE = 13  # CSS pixels of a side of 1
SPACE = 28  # and of a sign
ROOM = 820, 226  # and of the equations: width, height
TOP = 24  # and from their upper edge to that of the blocks
MOST_LINES = 32  # rows or columns of a block that can be told apart
FEW = 4  # the batch that the others are held against
COSTS = ("parameters", "matrix products", "multiplications")
GROWN = {"facecolor": COLORS["orange"], "edgecolor": COLORS["black"], "linewidth": 0.8}


def layer(X, W, b):
    """The outputs (n, n_neurons) of a layer."""
    return X @ W + b


def count_parameters(sizes):
    """The number of weights and biases of layers with these sizes, the inputs first."""
    return sum((n_inputs + 1) * n_neurons for n_inputs, n_neurons in zip(sizes, sizes[1:], strict=False))


def numbers():
    """The rides (1000, 3) and the parameters of the widest network; smaller ones take the first columns of them."""
    rng = np.random.default_rng(3)
    more = rng.integers((1, 0, 0), (15, 12, 5), size=(BATCHES[-1] - len(RIDES), 3))
    shapes = {"W1": (3, WIDTHS[-1]), "b1": WIDTHS[-1], "W2": (WIDTHS[-1], MOST_OUTPUTS), "b2": MOST_OUTPUTS}
    parameters = {name: (rng.normal(size=shape) / 2).round(1) for name, shape in shapes.items()}
    return np.vstack([RIDES, more]).astype(float), parameters


def forward_shapes(layer=layer, count_parameters=count_parameters):
    """A network of two layers with one ride's numbers in it, what the batch costs, and the matrices with all of it.

    It plays from one ride to a thousand: three of the blocks get higher and one of three bars longer.

    layer(X, W, b) -> Z, count_parameters(sizes) -> int: the reader's own functions, or the library's.
    """
    rides, widest = numbers()
    fig, ((net, bars), (tables, rest)) = figure(
        2, 2, size=(8.2, 4.0), height_ratios=(1.5, ROOM[1] / 130), width_ratios=(1.25, 1)
    )
    rest.remove()
    tables.set_subplotspec(tables.get_gridspec()[1, :])
    net.set(xlim=(-0.75, 2.35), ylim=(-2.5, 2.4))
    tables.set(xlim=(0, ROOM[0]), ylim=(ROOM[1], 0))
    for ax in (net, tables):
        ax.set_axis_off()
    edges = net.add_collection(LineCollection([], zorder=1))
    nodes = net.scatter([], [], s=500, color="white", edgecolors=COLORS["black"], linewidths=1, zorder=2)
    style = {"ha": "center", "va": "center"}
    values = net.add_collection(words(net, fontsize=8, zorder=3))
    sizes_below = [net.text(x, -2.3, "", fontsize=10.5, **style) for x in range(3)]
    for y, name in zip(heights(3), INPUTS, strict=True):
        net.text(-0.16, y, name, fontsize=10.5, ha="right", va="center")
    net.text(1.5, 2.3, "dashed: negative weight", fontsize=9, **style)
    whose = net.text(-0.75, 2.4, "", fontsize=10.5, fontweight="bold", ha="left", va="top")
    cost = Cost(bars)
    blocks = Blocks(tables)

    def compute(n, hidden, outputs):
        X = rides[:n]
        W1, b1 = widest["W1"][:, :hidden], widest["b1"][:hidden]
        W2, b2 = widest["W2"][:hidden, :outputs], widest["b2"][:outputs]
        Z1 = whole_batch(layer, X, W1, b1)
        return {"X": X, "W1": W1, "b1": b1, "Z1": Z1, "W2": W2, "b2": b2, "Z2": whole_batch(layer, Z1, W2, b2)}

    def draw(result, n, hidden, outputs, row):
        whose.set_text(f"row {row}")
        sizes = (3, hidden, outputs)
        flow = [result[name][row] for name in ("X", "Z1", "Z2")]
        draw_network(sizes, flow, result)
        each = 3 * hidden + hidden * outputs  # the multiplications for a ride
        n_parameters = count_parameters(list(sizes))
        cost.show(n, (n_parameters, 2, FEW * each), (n_parameters, 2, n * each))
        blocks.show({name: array.shape for name, array in result.items()}, row)
        costs = f"{n_parameters:,} parameters, 2 matrix products, {n * each:,} multiplications."
        return f"{n:,} {'ride' if n == 1 else 'rides'} at once: {costs}"

    def draw_network(sizes, flow, result):
        places, labels, lines, width, dashes, color = [], [], [], [], [], []
        shown = [shown_indices(size, DRAWN) for size in sizes]
        for x, (indices, numbers) in enumerate(zip(shown, flow, strict=True)):
            for y, index in zip(heights(len(indices)), indices, strict=True):
                labels.append((x, y, "⋮" if index is None else in_a_node(numbers[index], x)))
                if index is not None:
                    places.append((x, y))
        for x, name in enumerate(("W1", "W2")):
            for y0, i in zip(heights(len(shown[x])), shown[x], strict=True):
                for y1, j in zip(heights(len(shown[x + 1])), shown[x + 1], strict=True):
                    if i is None or j is None:
                        continue
                    weight = result[name][i, j]
                    lines.append([(x, y0), (x + 1, y1)])
                    width.append(0.4 + 2.4 * abs(weight))
                    dashes.append("-" if weight >= 0 else "--")
                    color.append(COLORS["blue"] if weight >= 0 else COLORS["vermillion"])
        nodes.set_offsets(places)
        say(values, labels)
        edges.set(segments=lines, linewidths=width, linestyles=dashes, colors=color)
        for text, size, what in zip(sizes_below, sizes, ("input", "neuron", "neuron"), strict=True):
            text.set_text(f"{size} {what}{'s' * (size != 1)}")

    controls = {
        "n": list_slider("batch size", BATCHES, 4, unit="rides"),
        "row": slider("row drawn", 0, FEW - 1, 0),
        "hidden": list_slider("neurons in layer 1", WIDTHS, 4),
        "outputs": slider("neurons in layer 2", 1, MOST_OUTPUTS, 2),
    }

    def only_rows_that_are_there(change):
        controls["row"].max = min(MOST_DRAWN, change["new"]) - 1

    controls["n"].observe(only_rows_that_are_there, "value")  # before the figure hears of it
    return Live(
        "forward_shapes",
        question="What does a larger batch cost?",
        prediction=Prediction(
            "The batch grows from 4 rides to 1000. What does the network need more of?",
            options=("parameters", "matrix products", "both", "neither"),
            answer="neither",
            explanation="More multiplications: × 250.",  # one line, so that all of it is in view
            settings={"n": 1000},
        ),
        controls=controls,
        compute=compute,
        draw=draw,
        figure=fig,
        plays="n",
        tick=900,
        alt="Top left, a network of three inputs and two layers with the numbers of one ride in its nodes. Top right, "
        "bars on a log scale: the parameters, the matrix products and the multiplications of this batch, each against "
        "those of 4 rides. Below, the equations X @ W1 + b1 = Z1 and Z1 @ W2 + b2 = Z2 as blocks with their shapes, "
        "sides on a log scale: orange X, Z1 and Z2, which grow with the batch, blue weights and biases, which stay; "
        "the row of that ride is marked.",
    )


class Blocks:
    """The equations of both layers, a block for each array, its sides on a log scale. show(shapes, row) draws them."""

    def __init__(self, ax):
        most = {"facecolor": "none", "edgecolor": pale(COLORS["orange"]), "linestyle": (0, (4, 3)), "linewidths": 0.8}
        self.most = ax.add_collection(PolyCollection([], **most))  # how high they get
        self.blocks = ax.add_collection(PolyCollection([], linewidths=1.4))
        self.lines = ax.add_collection(LineCollection([], linewidths=0.5, colors="#8A8A8A"))
        self.row = ax.add_collection(PolyCollection([], facecolor=COLORS["orange"], edgecolor="none"))
        style = {"ha": "center", "va": "center", "animated": True}
        self.names = [ax.text(0, TOP - 11, term, fontsize=12, **style) for term in EQUATIONS]
        style |= {"color": COLORS["blue"], "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.5}}
        self.shapes = [ax.text(0, 0, "", fontsize=10, **style) for _ in EQUATIONS]
        below = {"y": ROOM[1] - 8, "fontsize": 9.5, "va": "center"}
        ax.text(0, s=f"orange: a row for each ride, darker: the ride above, dashed: {BATCHES[-1]:,} rides", **below)
        ax.text(ROOM[0], s="sides on a log scale", ha="right", **below)

    def show(self, shapes, row):
        rooms = [self.room(shapes, term) for term in EQUATIONS]
        lefts = np.cumsum([0, *rooms]) + (ROOM[0] - sum(rooms)) / 2
        blocks, most, fills, edges, lines, marked = [], [], [], [], [], []
        for term, left, room, name, said in zip(EQUATIONS, lefts, rooms, self.names, self.shapes):
            name.set_x(left + room / 2)
            if term not in shapes:
                name.set_y(TOP + side(FEW) / 2)
                continue
            rows, columns = shapes[term] if len(shapes[term]) == 2 else (1, *shapes[term])
            width, height = side(columns), side(rows)
            x = left + (room - width) / 2
            blocks.append(rectangle(x, TOP, width, height))
            fills.append("#FBE3B5" if term in BATCH else "#DCEBF6")
            edges.append(COLORS["orange" if term in BATCH else "blue"])
            if rows <= MOST_LINES:
                lines += [[(x, y), (x + width, y)] for y in TOP + height * np.arange(1, rows) / rows]
            if columns <= MOST_LINES:
                lines += [[(x, TOP), (x, TOP + height)] for x in x + width * np.arange(1, columns) / columns]
            if term in BATCH:
                most.append(rectangle(x, TOP, width, side(BATCHES[-1])))
                thick = max(height / rows, 2.5)
                marked.append(rectangle(x, TOP + (height - thick) * row / max(rows - 1, 1), width, thick))
            said.set(text=str(shapes[term]), x=left + room / 2, y=TOP + height + 11)
        self.most.set_verts(most)
        self.blocks.set(verts=blocks, facecolors=fills, edgecolors=edges)
        self.lines.set_segments(lines)
        self.row.set_verts(marked)

    @staticmethod
    def room(shapes, term):
        """How wide a term is: its block or its shape in letters, or a sign."""
        return max(side(shapes[term][-1]), 7.2 * len(str(shapes[term]))) if term in shapes else SPACE


def side(count):
    """CSS pixels of the side of a block with so many rows or columns."""
    return ONE * (1 + np.log2(count))


def in_a_node(value, x):
    """A number as the network has it: the inputs, x = 0, are whole, and all others below 10 have a decimal."""
    decimals = 0 if x == 0 or abs(value) >= 9.95 else 1
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def rectangle(x, y, width, height):
    """The corners of a rectangle."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


class Cost:
    """Three bars: what a batch costs, and how much of it is more than with FEW rides. show(n, few, now) moves them."""

    def __init__(self, ax):
        ax.set(xscale="log", xlim=(1, 1.6e6), ylim=(2.6, -0.95), yticks=[], xticks=[1, 100, 10_000, 1_000_000])
        ax.set_xticklabels(["1", "100", "10,000", "million"])
        ax.tick_params(labelsize=9, pad=1)
        ax.minorticks_off()
        ax.grid(False)  # no line through the words
        ax.spines["left"].set_visible(False)
        places = np.arange(3) + 0.2
        self.stay = ax.barh(places, 1, left=1, height=0.32, color=COLORS["blue"])
        self.more = ax.barh(places, 0, left=1, height=0.32, **GROWN)
        self.numbers = [ax.text(1e6, k - 0.05, "", ha="right", va="bottom", fontweight="bold") for k in range(3)]
        for k, name in enumerate(COSTS):
            ax.text(1, k - 0.05, name, ha="left", va="bottom")
        ax.text(1e6, -0.95, "log scale", ha="right", va="top", fontsize=9)
        self.title = ax.text(1, -0.95, "", ha="left", va="top", fontweight="bold")

    def show(self, n, few, now):
        self.title.set_text(f"{FEW} rides" + f" → {n:,} {'ride' if n == 1 else 'rides'}" * (n != FEW))
        for stay, more, number, before, value in zip(self.stay, self.more, self.numbers, few, now, strict=True):
            stay.set_width(min(before, value) - 1)
            more.set(x=before, width=max(value - before, 0))
            was = "" if n == FEW else f"{before:,} → "
            times = f" (× {value / before:g})" if n > FEW and value > before else ""
            number.set_text(f"{was}{value:,}{times}")


def whole_batch(function, X, W, b):
    """The outputs of a layer: by the reader's function for the rows that can be drawn, the others by the library's.

    So a function that goes through rows, columns and sums one by one need not do so a thousand times at every move.
    """
    Z = layer(X, W, b)
    rows = [*range(min(MOST_DRAWN, len(X))), *range(max(MOST_DRAWN, len(X) - DRAWN), len(X))]
    drawn = np.asarray(function(X[rows], W, b))
    if drawn.shape != Z[rows].shape:
        raise ValueError(
            f"layer should give shape {Z[rows].shape} for X {X[rows].shape}, W {W.shape}; got {drawn.shape}"
        )
    Z[rows] = drawn
    return Z


def heights(count):
    """Where the neurons of a layer stand, the first one on top."""
    return (count - 1) / 2 - np.arange(count)


def words(ax, *, fontsize, fontweight="normal", color="black", zorder=2):
    """Texts that `say` writes all over an Axes: one collection, drawn many times faster than many texts."""
    collection = PathCollection([], sizes=[1], offset_transform=ax.transData, linewidths=0, zorder=zorder)
    collection.set(facecolor=color, transform=IdentityTransform())  # the letters are in points, their places in data
    collection.font = fontsize, fontweight
    return collection


def say(collection, labels):
    """Put texts (x, y, text) into a collection of words, each centered on its point; `.labels` remembers them."""
    collection.labels = labels
    collection.set_paths([shape(text, *collection.font) for _, _, text in labels])
    collection.set_offsets([(x, y) for x, y, _ in labels])


@cache
def shape(text, fontsize, fontweight):
    """The outline of a text in points, centered at (0, 0); all on one height, but for dots."""
    outline = TextPath((0, 0), text, size=fontsize, prop={"family": "DejaVu Sans", "weight": fontweight})
    box = outline.get_extents()
    middle = 0.36 * fontsize if any(letter.isalnum() for letter in text) else (box.y0 + box.y1) / 2
    return Path(outline.vertices - ((box.x0 + box.x1) / 2, middle), outline.codes)
