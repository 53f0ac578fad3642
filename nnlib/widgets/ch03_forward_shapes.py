"""Chapter 03: rides flow through two layers, row times column into its cell; turn the sizes, and watch the shapes."""

from functools import cache

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import IdentityTransform

from nnlib.plots import (
    COLORS,
    MATRIX_CELLS,
    MATRIX_LETTERS,
    figure,
    matrix_layout,
    matrix_number,
    shown_indices,
)
from nnlib.widgets.live.controls import list_slider, slider
from nnlib.widgets.live.figure import Live, Prediction

INPUTS = ("distance", "waiting", "luggage")
RIDES = ((2, 5, 1), (8, 0, 2), (5, 10, 0), (1, 4, 3))  # km, minutes, pieces: those of the chapter
BATCHES = (1, 2, 4, 8, 32, 128, 1000)
WIDTHS = (1, 2, 3, 4, 5, 8, 16, 64)
MOST_OUTPUTS = 10
MOST_DRAWN = 8  # the rows that can be chosen
DRAWN = 4  # rows, columns and neurons that are drawn of many
LETTERS = {kind: {**style, "fontsize": 0.84 * style["fontsize"]} for kind, style in MATRIX_LETTERS.items()}
HIGH = 3.7  # of an equation, in cells
FAINT = 0.25  # the arrows that are not at work


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
    """A network of two layers with one ride's numbers in it, and below it the matrices with the whole batch.

    It plays neuron by neuron: a row of the inputs times the neuron's column, which is its arrows in the network.

    layer(X, W, b) -> Z, count_parameters(sizes) -> int: the reader's own functions, or the library's.
    """
    rides, widest = numbers()
    fig, (net, tables) = figure(2, 1, size=(8.2, 3.64), height_ratios=(2.1, 2 * HIGH * 0.44))
    net.set(xlim=(-0.55, 2.5), ylim=(-2.5, 2.05))
    tables.set(xlim=(-0.1, 18.4), ylim=(-1.5 * HIGH, 0.5 * HIGH))
    for ax in (net, tables):
        ax.set_axis_off()
    edges = net.add_collection(LineCollection([], zorder=1))
    nodes = net.scatter([], [], s=390, color="white", edgecolors=COLORS["black"], linewidths=1, zorder=2)
    style = {"ha": "center", "va": "center"}
    values = net.add_collection(words(net, fontsize=7.6, zorder=3))
    sizes_below = [net.text(x, -2.3, "", fontsize=10.5, **style) for x in range(3)]
    for y, name in zip(heights(3), INPUTS, strict=True):
        net.text(-0.13, y, name, fontsize=10.5, ha="right", va="center")
    net.text(0.43, 1.8, "dashed: weight below 0", fontsize=9.5, **style)
    whose = net.text(-0.55, 1.95, "", fontsize=11, fontweight="bold", ha="left", va="top")
    missing = net.text(2.12, 1.95, "", fontsize=11, fontweight="bold", ha="left", va="top")
    boxes = {kind: tables.add_collection(PolyCollection([], **MATRIX_CELLS[kind])) for kind in MATRIX_CELLS}
    letters = {kind: tables.add_collection(words(tables, **style)) for kind, style in LETTERS.items()}

    def compute(n, hidden, outputs):
        X = rides[:n]
        W1, b1 = widest["W1"][:, :hidden], widest["b1"][:hidden]
        W2, b2 = widest["W2"][:hidden, :outputs], widest["b2"][:outputs]
        Z1 = whole_batch(layer, X, W1, b1)
        return {"X": X, "W1": W1, "b1": b1, "Z1": Z1, "W2": W2, "b2": b2, "Z2": whole_batch(layer, Z1, W2, b2)}

    def draw(result, n, hidden, outputs, row, done):
        asked, row = row, min(row, n - 1)
        walk = neurons(hidden, outputs)
        now = walk[done - 1] if 0 < done <= len(walk) else None
        result = so_far(result, now) if done <= len(walk) else result
        whose.set_text(f"row {row}")
        missing.set_text(f"this batch\nhas no\nrow {asked}" * (asked > row))
        beyond = f"This batch has no row {asked}; drawn is row {row}, its last. " * (asked > row)
        sizes = (3, hidden, outputs)
        flow = [result[name][row] for name in ("X", "Z1", "Z2")]
        draw_network(sizes, flow, result, now)
        mark = {name: np.s_[row] for name in ("X", "Z1", "Z2") if done > len(walk) or name == "X"}
        if now:
            k, j = now
            mark = {("X", "Z1")[k]: np.s_[row], f"W{k + 1}": np.s_[:, j], f"b{k + 1}": j, f"Z{k + 1}": (row, j)}
        first = equation(result, ("X", "@", "W1", "+", "b1", "=", "Z1"), mark, 0)
        second = equation(result, ("Z1", "@", "W2", "+", "b2", "=", "Z2"), mark, HIGH)
        for kind, corners in zip(boxes, zip(first, second, strict=True), strict=False):
            boxes[kind].set_verts(corners[0] + corners[1])
        for kind, collection in letters.items():
            said = [label[:3] for label in first[2] + second[2] if label[3] == kind]
            say(collection, [label for label in said if label[2] != "nan"])
        if now:
            return f"{beyond}{in_words(result, row, *now)}"
        if not done:
            return f"{beyond}X has come in, {n:,} {'row' if n == 1 else 'rows'}, and no neuron has been computed yet."
        multiplications = n * (3 * hidden + hidden * outputs)
        shapes = " → ".join(str(result[name].shape) for name in ("X", "Z1", "Z2"))
        return (
            f"{beyond}{n:,} {'ride' if n == 1 else 'rides'} at once: {shapes}. "
            f"{count_parameters(list(sizes)):,} parameters, 2 matrix products, {multiplications:,} multiplications."
        )

    def draw_network(sizes, flow, result, now):
        places, labels, lines, width, dashes, color, rim = [], [], [], [], [], [], []
        shown = [shown_indices(size, DRAWN) for size in sizes]
        for x, (indices, numbers) in enumerate(zip(shown, flow, strict=True)):
            for y, index in zip(heights(len(indices)), indices, strict=True):
                labels.append((x, y, "⋮" if index is None else matrix_number(numbers[index], decimals=1)))
                if index is not None:
                    places.append((x, y))
                    rim.append(COLORS["orange"] if now == (x - 1, index) else COLORS["black"])
        for x, name in enumerate(("W1", "W2")):
            for y0, i in zip(heights(len(shown[x])), shown[x], strict=True):
                for y1, j in zip(heights(len(shown[x + 1])), shown[x + 1], strict=True):
                    if i is None or j is None:
                        continue
                    weight = result[name][i, j]
                    lines.append([(x, y0), (x + 1, y1)])
                    width.append(0.4 + 2.4 * abs(weight))
                    dashes.append("-" if weight >= 0 else "--")
                    hue = COLORS["blue"] if weight >= 0 else COLORS["vermillion"]
                    color.append(to_rgba(hue, 1 if now in (None, (x, j)) else FAINT))
        nodes.set(offsets=places, edgecolors=rim, linewidths=[3 if hue == COLORS["orange"] else 1 for hue in rim])
        say(values, [label for label in labels if label[2] != "nan"])
        edges.set(segments=lines, linewidths=width, linestyles=dashes, colors=color)
        for text, size, what in zip(sizes_below, sizes, ("input", "neuron", "neuron"), strict=True):
            text.set_text(f"{size} {what}{'s' * (size != 1)}")

    controls = {
        "n": list_slider("batch size", BATCHES, 4, unit="rides"),
        "row": slider("row drawn", 0, MOST_DRAWN - 1, 1),
        "hidden": list_slider("neurons in layer 1", WIDTHS, 4),
        "outputs": slider("neurons in layer 2", 1, MOST_OUTPUTS, 2),
    }
    most = len(neurons(controls["hidden"].value, controls["outputs"].value)) + 1  # after the last comes all at once
    controls["done"] = slider("neurons done", 0, most, most)

    def follow_the_widths(change):
        done, count = controls["done"], len(neurons(controls["hidden"].value, controls["outputs"].value)) + 1
        at_the_end = done.value == done.max
        done.max = count
        done.value = count if at_the_end else done.value

    for name in ("hidden", "outputs"):  # before the figure hears of it
        controls[name].observe(follow_the_widths, "value")

    return Live(
        "forward_shapes",
        question="What does a larger batch cost?",
        prediction=Prediction(
            "The batch grows from 4 rides to 1000. What does the network need more of?",
            options=("parameters", "matrix products", "both", "neither"),
            answer="neither",
            explanation="Only X, Z1 and Z2 get more rows.",  # one line, so that all of it is in view
            settings={"n": 1000},
        ),
        controls=controls,
        compute=compute,
        draw=draw,
        figure=fig,
        plays="done",
        tick=900,
        alt="Top, a network of three inputs and two layers with the numbers of one ride in its nodes. Below, the two "
        "equations X @ W1 + b1 = Z1 and Z1 @ W2 + b2 = Z2 as tables with their shapes; the row of that ride is marked. "
        "Played, a row and a column light up with the neuron whose number they make.",
    )


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


def neurons(hidden, outputs):
    """The neurons that are drawn, as (layer, index), in the order in which they are computed."""
    shown = [shown_indices(size, DRAWN) for size in (hidden, outputs)]
    return [(k, j) for k, indices in enumerate(shown) for j in indices if j is not None]


def so_far(result, now):
    """The matrices when neuron `now` (layer, index), or none yet, has just been computed: nan where nothing is yet."""
    k, j = now or (0, -1)
    result = dict(result)
    for layer, name in enumerate(("Z1", "Z2")):
        width = result[name].shape[1]
        known = j + 1 if layer == k else width if layer < k else 0
        result[name] = np.where(np.arange(width) < known, result[name], np.nan)
    return result


def in_words(result, row, k, j):
    """A row times a column, with the numbers of neuron j of layer k."""
    inputs, weights = result[("X", "Z1")[k]][row], result[f"W{k + 1}"][:, j]
    terms = [f"{number(x)} · {number(w)}" for x, w in zip(inputs, weights, strict=True)]
    terms = terms if len(terms) <= DRAWN else [*terms[:2], "…", terms[-1]]
    total = number(result[f"Z{k + 1}"][row, j]).strip("()")
    bias = number(result[f"b{k + 1}"][j]).strip("()")
    return f"Row {row}, column {j} of W{k + 1}: {' + '.join(terms)}, plus the bias {bias}, is {total}."


def number(value):
    """A number in a sum: in parentheses where it is negative."""
    text = f"{round(float(value), 2) + 0.0:g}"
    return f"(−{text[1:]})" if text.startswith("-") else text


def heights(count):
    """Where the neurons of a layer stand, the first one on top."""
    return (count - 1) / 2 - np.arange(count)


def equation(result, terms, mark, down):
    """The layout of one equation, moved down: (cells, marked, labels)."""
    terms = [(term, result[term]) if term in result else term for term in terms]
    cells, marked, labels, _ = matrix_layout(terms, mark=mark, most=(DRAWN, DRAWN), decimals=1)
    cells, marked = ([[(x, y - down) for x, y in corners] for corners in part] for part in (cells, marked))
    return cells, marked, [(x, y - down, text, kind) for x, y, text, kind in labels]


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
