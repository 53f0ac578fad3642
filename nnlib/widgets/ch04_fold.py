"""Chapter 04: two hidden neurons fold the plane, and the output draws one straight line on what they made of it."""

import numpy as np
from contourpy import contour_generator
from matplotlib.collections import LineCollection

from nnlib import datasets
from nnlib.activations import ACTIVATIONS
from nnlib.plots import CLASS_COLORS, CLASS_MARKERS, COLORS, DECISION_MAP, decision_grid, decision_values, figure
from nnlib.widgets.live.controls import choice, slider
from nnlib.widgets.live.figure import Live, Prediction, note

PLANE = ((-0.5, 1.5), (-0.5, 1.5))
RESOLUTION = 60
NAMES = ("00", "01", "10", "11")  # the four points of XOR by their two inputs
# The hidden plane, and what is on the way there from the inputs; it grows where the grid leaves it.
REACH = {"relu": (-0.8, 3.2), "linear": (-2.5, 3.2), "tanh": (-1.5, 1.7), "sigmoid": (-0.7, 1.7)}
CORNERS = [np.array(side) for side in ((1, 1), (1, -1), (-1, 1), (-1, -1))]  # of a point, the best one first
BEND, MESH = "#7A2A5E", "#4D4D4D"  # dark enough on the blue and the orange of the map


def best_output(H, y):
    """The output weights (2, 1) and bias (1,) with the smallest MSE on hidden outputs H (n, 2), by least squares."""
    A = np.hstack([H, np.ones((len(H), 1))])
    solved = np.linalg.lstsq(A, y, rcond=1e-9)[0]
    return solved[:2], solved[2]


def reach_of(name, f, W1, b1):
    """The limits (from, to) of the hidden plane of an activation that hold all of the grid, in steps of a half."""
    edges = f(np.array([(x1, x2) for x1 in PLANE[0] for x2 in PLANE[1]]) @ W1 + b1)
    low, high = REACH[name]
    return min(low, np.floor(2 * edges.min() - 0.2) / 2), max(high, np.ceil(2 * edges.max() + 0.2) / 2)


def place_marks(marks, places, sizes):
    """Put the points of the two classes at `places`, the first large around the second where two share a spot.

    sizes : of the markers: (of both where they are apart, (of the first, of the second) where two share a spot).
    """
    off, on = places
    on_one_spot = (np.abs(off[:, np.newaxis] - on).max(axis=2) < 1e-9).any()
    apart, around = sizes
    for mark, at, size in zip(marks, places, around if on_one_spot else (apart, apart), strict=True):
        mark.set_data(*at.T)
        mark.set_markersize(size)


def undecided(output):
    """Which outputs are 0.5, but for rounding."""
    return np.abs(output - 0.5) < 1e-9


class Fold:
    """Two pictures of a 2-2-1 network on XOR: the plane of its inputs, and that of its hidden neurons.

    left, right : the two Axes.   reach : (from, to), the limits of the hidden plane.
    `show` moves everything to other weights, and the right picture to any stage between the two planes.
    """

    def __init__(self, left, right, reach):
        self.left, self.right = left, right
        self.X, self.y = datasets.xor()
        self.points = decision_grid(PLANE, RESOLUTION)
        along, fixed = np.linspace(-0.5, 1.5, 81), np.linspace(-0.5, 1.5, 9)
        lines = [np.stack(np.broadcast_arrays(f, along), axis=-1) for f in fixed]
        self.grid = [*lines, *(line[:, ::-1] for line in lines)]  # 18 lines of 81 points each

        self.maps, self.lines, self.meshes, self.marks, self.labels = [], [], [], [], []
        for ax, title in ((left, "before: the inputs"), (right, "after: the hidden layer")):
            self.maps.append(
                ax.imshow(
                    np.full((RESOLUTION, RESOLUTION), 0.5),
                    extent=(0, 1, 0, 1),
                    origin="lower",
                    interpolation="bilinear",
                    cmap=DECISION_MAP,
                    vmin=0,
                    vmax=1,
                )
            )
            self.meshes.append(ax.add_collection(LineCollection([], colors=MESH, linewidths=1), autolim=False))
            self.lines.append(ax.plot([], [], color=COLORS["black"], linewidth=2, label="output 0.5")[0])
            marks = [
                ax.plot([], [], marker, color=color, ms=11, mec="black", linestyle="", zorder=4, label=f"y = {value}")[
                    0
                ]
                for value, (color, marker) in enumerate(zip(CLASS_COLORS, CLASS_MARKERS, strict=True))
            ]
            box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
            labels = [ax.text(0, 0, name, fontsize=10, ha="left", va="bottom", zorder=5, bbox=box) for name in NAMES]
            self.marks.append(marks)
            self.labels.append(labels)
            ax.set(title=title, aspect="equal")
            ax.grid(False)
        self.meshes[1].set_linewidth(1.5)
        self.bends = [
            left.plot([], [], style, color=BEND, linewidth=2.5, label=f"neuron {k}: $z$ = 0")[0]
            for k, style in ((1, "--"), (2, ":"))
        ]
        left.set(xlim=PLANE[0], ylim=PLANE[1], xticks=[0, 1], yticks=[0, 1], xlabel="$x_1$", ylabel="$x_2$")
        right.set(xlabel="hidden neuron $h_1$", ylabel="hidden neuron $h_2$")
        self.maps[0].set_extent((*PLANE[0], *PLANE[1]))
        keys = [*self.marks[0], *self.bends, self.lines[0]]
        left.figure.get_layout_engine().set(w_pad=0.12)  # the right label stays off the left plane
        left.figure.legend(handles=keys, loc="outside lower left", ncols=5, frameon=False, fontsize=10)
        self._set_reach(reach)

    def _set_reach(self, reach):
        self.reach = reach
        self.hidden_points = decision_grid((reach, reach), RESOLUTION)
        self.right.set(xlim=reach, ylim=reach)
        self.maps[1].set_extent((*reach, *reach))

    def show(self, W1, b1, W2, b2, f, *, bends=True, reach=None, folded=1.0):
        """Move everything to the network f(X W1 + b1) W2 + b2. Returns the hidden outputs (4, 2) and outputs (4, 1).

        folded : how far the right picture has come on the straight way from the inputs, 0, to the hidden plane, 1.
        """
        if reach is not None and reach != self.reach:
            self._set_reach(reach)

        def hidden(X):
            return f(X @ W1 + b1)

        def output(H):
            answer = H @ W2 + b2
            return np.where(undecided(answer), 0.5, answer)

        def on_the_way(X):
            return (1 - folded) * X + folded * hidden(X)

        H = hidden(self.X)
        for side, (grid, axes), answer, at in (
            (0, self.points, lambda X: output(hidden(X)), self.X),
            (1, self.hidden_points, output, on_the_way(self.X)),
        ):
            values = decision_values(answer, grid, RESOLUTION)
            line = _contour(*axes, values)
            if side == 0:
                seen_from_the_left = line
            elif folded < 1:  # the map belongs to the hidden plane alone, and its line comes along from the left
                values = 0.5 + (np.clip(values, 0, 1) - 0.5) * folded**4
                line = on_the_way(seen_from_the_left.T).T
            self.maps[side].set_data(values)
            self.lines[side].set_data(*line)
            place_marks(self.marks[side], [at[self.y[:, 0] == value] for value in (0, 1)], (11, (18, 8)))
            mesh = self.grid if side == 0 else [on_the_way(each) for each in self.grid]
            self.meshes[side].set_segments(mesh)
            drawn = np.concatenate([*([] if side == 0 else mesh), np.transpose(self.lines[side].get_data())])
            self._name(self.labels[side], at, self.left if side == 0 else self.right, drawn)
        for k, bend in enumerate(self.bends):
            bend.set_data(*(_where_zero(W1[:, k], b1[k]) if bends else ([], [])))
        return H, output(H)

    def _name(self, labels, at, ax, drawn):
        """The names of the four points beside them, off what is `drawn`; points on one spot share one label."""
        low, high = ax.get_xlim()
        step = (high - low) / 30
        said = set()
        for k, label in enumerate(labels):
            together = [j for j in range(4) if np.abs(at[j] - at[k]).max() < step]
            first = together[0] not in said
            label.set_text(", ".join(NAMES[j] for j in together) if first else "")
            label.set_visible(first)
            room = step * np.array([2 + len(label.get_text()), 3.5])
            corners = [side for side in CORNERS if ((at[k] + side * room > low) & (at[k] + side * room < high)).all()]
            offsets = [(drawn - at[k]) * side for side in corners]  # positive on the label's side
            hidden = [np.sum(((0.5 * step < off) & (off < room)).all(axis=1)) for off in offsets]
            side = corners[int(np.argmin(hidden))] if corners else CORNERS[-1]
            self._put(label, at[k] + step * side, side)
            others = [labels[j].get_window_extent() for j in said]
            if first and label.get_window_extent().count_overlaps(others):  # above its point, then below it
                for side in (np.array([0, 1]), np.array([0, -1])):
                    self._put(label, at[k] + 1.5 * step * side, side)
                    if not label.get_window_extent().count_overlaps(others):
                        break
            said.add(together[0])

    @staticmethod
    def _put(label, place, side):
        label.set_position(place)
        label.set(ha=("center", "left", "right")[side[0]], va="bottom" if side[1] > 0 else "top")


def _contour(x, y, values):
    """The line where values are 0.5, as two arrays with nan between its pieces; none where all are."""
    pieces = [] if undecided(values).all() else contour_generator(x, y, values).lines(0.5)
    gap = [[np.nan, np.nan]]
    return np.concatenate([np.concatenate([piece, gap]) for piece in pieces] or [np.zeros((0, 2))]).T


def _where_zero(w, b):
    """Two points far apart on the line w · x + b = 0."""
    foot = -b * w / (w @ w)
    along = 5 * np.array([-w[1], w[0]]) / np.linalg.norm(w)
    return np.stack([foot - along, foot + along]).T


class Thumbnail:
    """The hidden plane with one activation, small, and the best line in it; a question mark until weights are shown."""

    def __init__(self, ax, name):
        self.ax, self.name, self.reach = ax, name, None
        self.X, self.y = datasets.xor()
        along, fixed = np.linspace(-0.5, 1.5, 41), np.linspace(-0.5, 1.5, 5)
        lines = [np.stack(np.broadcast_arrays(f, along), axis=-1) for f in fixed]
        self.grid = np.array([*lines, *(line[:, ::-1] for line in lines)])  # 10 lines of 41 points each
        look = {"origin": "lower", "interpolation": "bilinear", "cmap": DECISION_MAP, "vmin": 0, "vmax": 1}
        self.map = ax.imshow(np.full((RESOLUTION // 2,) * 2, 0.5), extent=(0, 1, 0, 1), **look)
        self.mesh = ax.add_collection(LineCollection([], colors=MESH, linewidths=1), autolim=False)
        (self.line,) = ax.plot([], [], color=COLORS["black"], linewidth=1.6)
        self.marks = [
            ax.plot([], [], marker, color=color, ms=7, mec="black", linestyle="", zorder=4)[0]
            for color, marker in zip(CLASS_COLORS, CLASS_MARKERS, strict=True)
        ]
        self.unknown = ax.text(0.5, 0.5, "?", transform=ax.transAxes, fontsize=22, ha="center", va="center")
        self.title = ax.text(0.5, 1.04, "", transform=ax.transAxes, fontsize=8.5, ha="center", va="bottom")
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.grid(False)
        ax.spines[:].set_visible(True)

    def show(self, W1=None, b1=None, *, f, folded):
        self.unknown.set_visible(W1 is None)
        self.map.set_visible(W1 is not None)
        if W1 is None:
            self.title.set_text(self.name)
            return
        reach = reach_of(self.name, f, W1, b1)
        if reach != self.reach:
            self.reach, self.points = reach, decision_grid((reach, reach), RESOLUTION // 2)
            self.ax.set(xlim=reach, ylim=reach)
            self.map.set_extent((*reach, *reach))
        H = f(self.X @ W1 + b1)
        W2, b2 = best_output(H, self.y)
        output = H @ W2 + b2
        right = int(np.sum(~undecided(output) & ((output > 0.5) == (self.y > 0.5))))
        outcome = ": all 0.5 ✗" if undecided(output).all() else f": {right} of 4 {'✓' if right == 4 else '✗'}"
        self.title.set_text(self.name + outcome * (folded == 1))
        values = decision_values(lambda P: P @ W2 + b2, self.points[0], RESOLUTION // 2)
        values = np.where(undecided(values), 0.5, values)
        self.line.set_data(*_contour(*self.points[1], values) if folded == 1 else ([], []))
        self.map.set_data(0.5 + (np.clip(values, 0, 1) - 0.5) * folded**4)
        self.mesh.set_segments((1 - folded) * self.grid + folded * f(self.grid @ W1 + b1))
        at = (1 - folded) * self.X + folded * H
        place_marks(self.marks, [at[self.y[:, 0] == value] for value in (0, 1)], (7, (11, 5)))

    def frame(self, picked):
        self.ax.spines[:].set(linewidth=2.6 if picked else 0.8, color=COLORS["black"])
        self.title.set_fontweight("bold" if picked else "normal")


def plot_fold(W1, b1, W2, b2, f):
    """A figure of a 2-2-1 network on XOR: the plane of the inputs, and the same plane after the hidden layer.

    W1 (2, 2), b1 (2,), W2 (2, 1), b2 (1,); f(Z) -> A is the hidden activation, the output has none.
    The hidden plane is drawn as far as the four points reach in it.
    """
    W1, b1, W2, b2 = (np.asarray(part, dtype=float) for part in (W1, b1, W2, b2))
    H = f(datasets.xor()[0] @ W1 + b1)
    low, high = min(0.0, H.min()), H.max()
    margin = 0.25 * (high - low) or 0.5
    fig, (left, right) = figure(1, 2, size=(8.4, 4.6))
    Fold(left, right, (low - margin, high + margin)).show(W1, b1, W2, b2, f)
    return fig


def hidden_weights(angle1, bias1, angle2, bias2):
    """W1 (2, 2), a column for each neuron of length √2 in the direction of its angle in degrees, and b1 (2,).

    So the angle 45 means the weights 1 and 1.
    """
    angles = np.deg2rad([angle1, angle2])
    return np.round(np.sqrt(2) * np.stack([np.cos(angles), np.sin(angles)]), 12), np.array([bias1, bias2])


def fold(relu=ACTIVATIONS["relu"].function, sigmoid=ACTIVATIONS["sigmoid"].function):
    """The fold for hidden weights and an activation that the reader turns; the output layer is always the best one.

    relu(Z), sigmoid(Z) -> A: the reader's own functions, or the library's.
    """
    functions = {"relu": relu, "sigmoid": sigmoid, "tanh": np.tanh, "linear": lambda Z: Z}
    fig, ((left, right, *upper), lower) = figure(2, 4, size=(8.4, 3.52), width_ratios=(1.2, 1.2, 0.55, 0.55))
    for column, ax in enumerate((left, right)):
        lower[column].remove()
        ax.set_subplotspec(ax.get_gridspec()[:, column])
    picture = Fold(left, right, REACH["relu"])
    places = zip(functions, (*upper, *lower[2:]), strict=True)
    thumbnails = {name: Thumbnail(ax, name) for name, ax in places}
    X, y = datasets.xor()
    compared = False  # the guess comes first

    def compute(activation, angle1, bias1, angle2, bias2):
        W1, b1 = hidden_weights(angle1, bias1, angle2, bias2)
        f = functions[activation]
        return W1, b1, *best_output(f(X @ W1 + b1), y), f

    def draw(result, activation, folded):
        nonlocal compared
        stage = folded / 100
        compared = compared or activation != "relu" or folded < 100
        for name, thumbnail in thumbnails.items():
            thumbnail.show(*(result[:2] if compared or name == activation else ()), f=functions[name], folded=stage)
            thumbnail.frame(name == activation)
        reach = reach_of(activation, functions[activation], *result[:2])
        H, output = picture.show(*result, bends=activation != "linear", reach=reach, folded=stage)
        right_side = ~undecided(output) & ((output > 0.5) == (y > 0.5))
        loss = float(np.mean((output - y) ** 2))
        if activation == "linear":
            drawn = len(picture.lines[1].get_xdata()) > 0
            where = "All points land on one line." if drawn else "There is no line."
            note(left, f"No bend: always 0.5.\n{where}")
        elif not H.any():
            note(left, "Both neurons say 0 on all four points. Raise a bias.")
        elif undecided(output).all():
            note(left, "0.5 on all four points: no straight line parts them.")
        left.texts[-1].set_fontsize(9.5)  # between the upper and the lower two points
        picture.right.title.set_text("after: the hidden layer" if stage == 1 else f"on the way: {folded}% folded")
        if stage < 1:
            return f"{activation}: {folded}% of the way from the inputs to the hidden layer."
        answers = ", ".join(f"{value:.2f}" for value in output[:, 0].round(2) + 0.0)
        return f"{activation}: {int(right_side.sum())} of 4 right, loss {loss:.4f}; {', '.join(NAMES)} → {answers}"

    return Live(
        "fold",
        question="Which folds let the output layer solve XOR?",
        prediction=Prediction(
            "ReLU starts with 3 of 4 right. With both angles at 45° it has all 4: which others have all 4 there too?",
            options=("none of them", "tanh and sigmoid", "tanh, sigmoid and linear"),
            answer="tanh and sigmoid",
            explanation="Any bend will do here, sharp or soft. Without one every fold is flat, and no line can do it.",
            settings={"activation": "tanh", "angle1": 45, "angle2": 45},
        ),
        controls={
            "angle1": slider("angle of neuron 1", -180, 180, 30, step=5, unit="°"),
            "bias1": slider("bias of neuron 1", -2.0, 1.0, 0.0, step=0.05),
            "angle2": slider("angle of neuron 2", -180, 180, 60, step=5, unit="°"),
            "bias2": slider("bias of neuron 2", -2.0, 1.0, -1.0, step=0.05),
            "folded": slider("folded", 0, 100, 100, step=4, unit="%"),
            "activation": choice("hidden activation", ["relu", "sigmoid", "tanh", "linear"]),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="folded",
        alt="Left, the plane of the two inputs with the four points of XOR, the line along which each hidden neuron "
        "bends, and the line where the output is 0.5. Right, the same points and grid after the hidden layer, with "
        "the one straight line that the output layer draws there. At the right end the same, small, for each of the "
        "four activations, with how many of the four points are right.",
    )
