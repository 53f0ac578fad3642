"""Chapter 17: the picture of a run. The network with a map in every neuron, the plane with its points, the curves.

A neuron's map is what it says all over the plane. All maps are composed into one image, which costs a frame 1 ms.
"""

import math

import numpy as np
from matplotlib.collections import LineCollection

from nnlib.losses import LOSSES
from nnlib.plots import (
    CLASS_COLORS,
    COLORS,
    CURVES,
    DECISION_MAP,
    decision_grid,
    decision_line,
    figure,
)

WIDTH, HEIGHT = 840, 300  # CSS pixels of the figure
NETWORK = (0, 0, 316, HEIGHT)  # left, top, width, height of its three parts
PLANE = (358, 44, 212, 212)
RATE, LOSS, ALONE = (632, 22, 196, 34), (632, 112, 196, 144), (632, 56, 196, 200)  # without a schedule
SHARP = 2  # image pixels per CSS pixel of the maps
RESOLUTION = 56  # cells of the plane, across and up
MOST = 9  # neurons of a layer that are drawn: with more, their maps would be too small to read
CLOSE = 5  # CSS pixels from a line at which the mouse is on it
DRAWN = 400  # points of a curve
COLOR_TABLE = (255 * DECISION_MAP(np.linspace(0, 1, 256))).round().astype(np.uint8)
FRAME = np.array([85, 85, 85, 255], np.uint8)
BOLD = np.array([0, 0, 0, 255], np.uint8)


class Picture:
    """The figure, and `show(run, looked_at)`, which brings it up to date and returns the line below it.

    looked_at : None, ("neuron", k, j), the neuron j of column k, inputs being column 0, or ("weight", k, i, j), the
    weight from neuron i of column k - 1 to neuron j of column k. `under(x, y)` says which of these is at a place.
    """

    def __init__(self):
        self.figure, axes = figure(1, 4, size=(WIDTH / 100, HEIGHT / 100))
        self.figure.set_layout_engine("none")
        for ax, box in zip(axes, (NETWORK, PLANE, RATE, LOSS)):
            self._put(ax, box)
            ax.tick_params(labelsize=9)
        self.network, self.plane, self.rate, self.loss = axes
        self._make_network()
        self._make_plane()
        self._make_curves()
        self._settings = None
        self.grid = None

    @staticmethod
    def _put(ax, box):
        left, top, width, height = box
        ax.set_position([left / WIDTH, 1 - (top + height) / HEIGHT, width / WIDTH, height / HEIGHT])

    def _make_network(self):
        ax, (_, _, width, height) = self.network, NETWORK
        ax.set(xlim=(0, width), ylim=(height, 0))
        ax.set_axis_off()
        self.canvas = np.full((SHARP * height, SHARP * width, 4), 255, np.uint8)
        self.maps = ax.imshow(self.canvas, extent=(0, width, height, 0), interpolation="nearest", aspect="auto")
        lines = {"zorder": 2, "capstyle": "butt"}
        self.positive = LineCollection([], colors=COLORS["blue"], linestyles="-", **lines)
        self.negative = LineCollection([], colors=COLORS["vermillion"], linestyles=[(0, (4, 1.5))], **lines)
        self.marked = LineCollection([], colors=COLORS["black"], linewidths=4, zorder=3)
        for collection in (self.positive, self.negative, self.marked):
            ax.add_collection(collection, autolim=False)
        (self.dead,) = ax.plot([], [], "x", color=COLORS["vermillion"], markersize=15, markeredgewidth=2.5, zorder=4)
        (self.more,) = ax.plot([], [], ".", color=COLORS["black"], markersize=4, zorder=4)
        style = {"ha": "right", "va": "center", "fontsize": 9.5}
        self.names = [ax.text(0, 0, "", **style) for _ in range(7)]

    def _make_plane(self):
        ax = self.plane
        ax.grid(False)
        ax.spines[:].set_visible(True)
        self.map = ax.imshow(
            np.full((RESOLUTION, RESOLUTION), 0.5),
            extent=(-1, 1, -1, 1),
            origin="lower",
            interpolation="bilinear",
            cmap=DECISION_MAP,
            vmin=0,
            vmax=1,
            aspect="auto",
        )
        (self.line,) = ax.plot([], [], color=COLORS["black"])
        self.points = {}
        for held, markers, size in ((False, "os", 4.2), (True, "v^", 5.6)):
            for value, marker in enumerate(markers):
                style = {"color": CLASS_COLORS[value], "markeredgecolor": "black", "markeredgewidth": 0.7}
                label = f"{value}, held back" if held else f"{value}, training"
                (points,) = ax.plot([], [], marker, markersize=size, label=label, zorder=3, **style)
                self.points[held, value] = points
        tight = {"handletextpad": 0.1, "columnspacing": 0.8, "labelspacing": 0.15, "borderaxespad": 0}
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.015), ncols=2, frameon=False, fontsize=8.5, **tight)
        card = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
        self.whose = ax.text(0.03, 0.03, "", transform=ax.transAxes, fontsize=9, bbox=card, zorder=5)

    def _make_curves(self):
        (self.rates,) = self.rate.plot([], [], color=COLORS["black"], drawstyle="steps-mid")
        self.losses = {}
        for key in ("penalty", "val_loss", "train_loss"):
            label, color, style = CURVES[key]
            (self.losses[key],) = self.loss.plot([], [], color=color, linestyle=style, label=label, linewidth=1.6)
        self.rate.set_title("learning rate", loc="left", fontsize=9.5, pad=4)
        self.loss.set_xlabel("epoch", fontsize=9.5, labelpad=0)  # within the picture
        self.rate.tick_params(labelbottom=False)
        (self.off,) = self.loss.plot([], [], "^", color=CURVES["train_loss"][1], markersize=8, clip_on=False)
        tight = {"handlelength": 2.0, "labelspacing": 0.1, "borderaxespad": 0, "borderpad": 0}
        handles, labels = self.loss.get_legend_handles_labels()
        above = {"loc": "lower left", "bbox_to_anchor": (0, 1.04), "frameon": False, "fontsize": 8.5}
        self.loss.legend(handles[::-1], labels[::-1], **above, **tight)

    # From a run to the picture

    def show(self, run, looked_at=None, before=None):
        if run.settings is not self._settings or self.X is not run.X:
            self._begin(run)
        self._settings, self.X = run.settings, run.X
        if looked_at and not self._exists(run, looked_at):
            looked_at = None
        with np.errstate(all="ignore"):
            columns = run.shown.trace(run.inputs(self.grid))
        columns[-1] = LOSSES[run.settings.loss].link(columns[-1])
        shades = [self._shade(run, k, A) for k, A in enumerate(columns)]
        self._draw_maps(shades, looked_at)
        self._draw_weights(run, looked_at)
        self._draw_dead(run)
        self._draw_plane(run, columns, shades, looked_at)
        self._draw_curves(run)
        return said(run, looked_at, before)

    def _begin(self, run):
        """Places and limits, which a run keeps."""
        settings = run.settings
        widths, (_, _, width, height) = settings.widths, NETWORK
        self.shown = [list(range(n)) if n <= MOST else [*range(MOST - 2), n - 1] for n in widths]
        rows = max(n if n <= MOST else MOST for n in widths)
        pitch = (width - 90) / (len(widths) - 1)
        self.side = int(max(8, min(34, (height - 16) / rows - 4, 0.55 * pitch)))
        up = min(44, (height - 16) / rows)
        self.centers = {}
        dots = []
        for k, (n, column) in enumerate(zip(widths, self.shown)):
            x = round(62 + pitch * k - (self.side if k == len(widths) - 1 else 0) / 2)
            places = np.arange(min(n, MOST)) - (min(n, MOST) - 1) / 2
            if n > MOST:  # room for the dots
                dots += [(x, height / 2 + up * (places[-2] + step)) for step in (-0.25, 0, 0.25)]
                places = np.delete(places, -2)
            for j, place in zip(column, places):
                self.centers[k, j] = (x, round(height / 2 + up * place))
        self.more.set_data(*(np.array(dots).T if dots else ([], [])))
        for j, text in enumerate(self.names):
            text.set_visible(j < widths[0])
            if j < widths[0]:
                x, y = self.centers[0, j]
                text.set(text=settings.used_inputs[j], position=(x - self.side / 2 - 4, y))
        self.pairs = {  # column -> weights that are drawn, as (i, j), and their lines
            k: [(i, j) for i in self.shown[k - 1] for j in self.shown[k]] for k in range(1, len(widths))
        }
        half = self.side / 2
        self.segments = {
            k: np.array([(np.add(self.centers[k - 1, i], (half, 0)), np.add(self.centers[k, j], (-half, 0)))
                         for i, j in pairs])  # (weights, start and end, x and y)
            for k, pairs in self.pairs.items()
        }  # fmt: skip
        self.canvas[:] = 255
        self._limit(run)

    def _limit(self, run):
        low, high = nice_limits(run.X[:, 0])
        if run.settings.is_curve:
            limits = (low, high), nice_limits(run.y)
            self.grid = np.linspace(low, high, RESOLUTION)[:, np.newaxis]
        else:
            limits = square_limits(run.X)
            self.grid, self.axes = decision_grid(limits, RESOLUTION)
        if (self.plane.get_xlim(), self.plane.get_ylim()) != limits:
            self.plane.set(xlim=limits[0], ylim=limits[1])
            self.map.set_extent((*limits[0], *limits[1]))
        rate = run.settings.learning_rate
        scale = max(1.0, float(np.mean(run.y**2)))
        self._lowest, self._highest = 1e-4 * scale, 10.0 ** np.ceil(np.log10(3 * scale))
        falls = run.settings.scheduler != "constant"
        wanted = (rate, scale, bool(run.settings.l2_lambda), falls, run.settings.is_curve)
        if wanted != getattr(self, "_scales", None):  # new limits cost a whole drawing
            self._scales = wanted
            self.rate.set_visible(falls)
            self._put(self.loss, LOSS if falls else ALONE)
            self.rate.set(yscale="log", ylim=(rate / 300, 3 * rate))
            self.rate.set_yticks([rate / 100, rate], [f"{rate / 100:g}", f"{rate:g}"])
            self.loss.set(yscale="log", ylim=(0.01 * scale, scale))
            legend = self.loss.get_legend()
            for part in (legend.get_texts()[-1], legend.legend_handles[-1]):  # the penalty
                part.set_visible(bool(run.settings.l2_lambda))
            legend = self.plane.get_legend()
            curve = ["training", "black: network", "held back", ""]  # which has no classes
            inside = "white" if run.settings.is_curve else CLASS_COLORS[0]
            for part in (self.points[True, 0], legend.legend_handles[2]):
                part.set_markerfacecolor(inside)
            labels = curve if run.settings.is_curve else [points.get_label() for points in self.points.values()]
            for k, (text, mark) in enumerate(zip(legend.get_texts(), legend.legend_handles)):
                text.set_text(labels[k])
                mark.set_visible(not run.settings.is_curve or k in (0, 2))
            self.rate.minorticks_off()
            self.loss.minorticks_off()

    def _exists(self, run, looked_at):
        kind, k, *place = looked_at
        widths = run.settings.widths
        return k < len(widths) and place[-1] < widths[k] and (kind == "neuron" or place[0] < widths[k - 1])

    def _shade(self, run, k, A):
        """What the neurons of column k say, (RESOLUTION², or RESOLUTION for a curve, n), as shades from 0 to 1."""
        activation = run.nn.layers[k - 1].activation.name if k else "linear"
        if k == len(run.nn.layers):
            low, high = self.plane.get_ylim() if run.settings.is_curve else (0, 1)
            A = (A - low) / (high - low)
        elif activation == "tanh":
            A = (A + 1) / 2
        elif activation != "sigmoid":
            A = A / max(np.abs(A).max(), 1e-9)
            A = 0.5 + 0.5 * (np.sign(A) * np.abs(A) ** 0.5 if k else A)  # the root, so that a weak one is seen as well
        return np.clip(np.nan_to_num(A, nan=0.5), 0, 1)

    def _draw_maps(self, shades, looked_at):
        size = SHARP * self.side
        pick = ((np.arange(size) + 0.5) * RESOLUTION / size).astype(int)
        for k, shade in enumerate(shades):
            numbers = (255 * shade[:, self.shown[k]]).astype(np.uint8)
            if len(numbers) == RESOLUTION:  # of a curve: stripes
                tiles = np.broadcast_to(numbers[pick], (size, *numbers[pick].shape))
            else:
                tiles = numbers.reshape(RESOLUTION, RESOLUTION, -1)[pick[::-1]][:, pick]
            colors = COLOR_TABLE[tiles]  # (size, size, neurons, 4)
            for place, j in enumerate(self.shown[k]):
                x, y = (int(SHARP * center) - size // 2 for center in self.centers[k, j])
                bold = looked_at == ("neuron", k, j)
                self.canvas[y - 5 : y + size + 5, x - 5 : x + size + 5] = BOLD if bold else 255
                if not bold:
                    self.canvas[y - 2 : y + size + 2, x - 2 : x + size + 2] = FRAME
                self.canvas[y : y + size, x : x + size] = colors[:, :, place]
        self.maps.set_data(self.canvas)

    def _draw_weights(self, run, looked_at):
        lines, widths = {True: [], False: []}, {True: [], False: []}
        with np.errstate(all="ignore"):
            for k, pairs in self.pairs.items():
                i, j = np.array(pairs).T
                weights = run.shown.layers[k - 1].W[i, j]
                sizes = 0.3 + 4 * np.tanh(np.abs(weights) / 3)  # a large weight makes the others no thinner
                for sign, which in ((True, weights >= 0), (False, weights < 0)):
                    lines[sign].append(self.segments[k][which])
                    widths[sign].append(sizes[which])
        for sign, collection in ((True, self.positive), (False, self.negative)):
            collection.set_segments(np.concatenate(lines[sign]))
            collection.set_linewidths(np.concatenate(widths[sign]))
        marked = []
        if looked_at and looked_at[0] == "weight":
            _, k, i, j = looked_at
            marked = [self.segments[k][self.pairs[k].index((i, j))]]
        self.marked.set_segments(marked)

    def _draw_dead(self, run):
        dead = [
            self.centers[k, j]
            for k, column in enumerate(run.dead(), start=1)
            for j in np.flatnonzero(column)
            if (k, j) in self.centers
        ]
        self.dead.set_data(*(np.array(dead).T if dead else ([], [])))

    def _draw_plane(self, run, columns, shades, looked_at):
        k, j = looked_at[1:] if looked_at and looked_at[0] == "neuron" else (len(columns) - 1, -1)
        if run.settings.is_curve:
            self.map.set_data(np.full((2, 2), 0.5))
            self.line.set_data(self.grid[:, 0], columns[k][:, j])
            self.line.set(linewidth=2.5, zorder=4)  # above the points that it is to meet
            whose = "network" if k == len(columns) - 1 else "neuron"
            self.plane.get_legend().get_texts()[1].set_text(f"black: {whose}")
        else:
            values = shades[k][:, j].reshape(RESOLUTION, RESOLUTION)
            self.map.set_data(values)
            self.line.set_data(*decision_line(values, self.axes))
            self.line.set(linewidth=1.8, zorder=2)
        self.whose.set_text("" if looked_at is None or looked_at[0] != "neuron" else f"what {name(run, k, j)} says")
        for (held, value), points in self.points.items():
            of_class = np.full(len(run.y), value == 0) if run.settings.is_curve else (run.y > 0.5) == value
            rows = run.X[(run.held == held) & of_class]
            y = run.y[(run.held == held) & of_class] if run.settings.is_curve else rows[:, 1]
            points.set_data(rows[:, 0], y)

    def _draw_curves(self, run):
        history, n = run.nn.history, run.nn.epoch
        drawn = n
        if n and not history["train_loss"][-1] <= self._highest:  # as far as to where it has left the axis for good
            drawn = min(n, 1 + left_at(history["train_loss"], self._highest))
        epochs = np.unique(np.linspace(0, drawn - 1, min(drawn, DRAWN)).astype(int)) if n else np.array([], dtype=int)
        curves = {key: np.array([history[key][epoch] for epoch in epochs], dtype=float) for key in self.losses}
        for key, line in self.losses.items():
            values = np.where(curves[key] > 0, curves[key], np.nan)
            values[left_at(values, self._highest) + 1 :] = np.nan
            curves[key] = np.clip(values, self._lowest, self._highest)
            line.set_data(epochs, curves[key])
        self._fit_losses(np.concatenate([*curves.values()]))
        self._fit_epochs(drawn, run.settings.epochs)
        self.off.set_data(*([drawn - 1], [self._highest]) if drawn < n else ([], []))
        rates = [history["learning_rate"][epoch] for epoch in epochs]
        self.rates.set_data(epochs, np.clip(rates, *self.rate.get_ylim()))
        gone = run.ran_away and run.is_over
        words = f"no number from {run.ran_away.epoch} on" if gone else "epoch"
        if gone and drawn < n:
            words = f"left the picture in epoch {drawn - 1},\n{words}"
        if words != self.loss.get_xlabel():
            look = {"fontsize": 8.5, "labelpad": -6} if gone else {"fontsize": 9.5, "labelpad": 0}  # two lines, or one
            self.loss.set_xlabel(words, color=COLORS["vermillion" if gone else "black"], **look)

    def _fit_epochs(self, drawn, planned):
        """From 0 to the next of 5, 10, 20, 50, ... and no further than planned: new limits cost a whole drawing."""
        ends = (step * 10**power for power in range(7) for step in (1, 2, 5) if step * 10**power >= 5)
        end = min(max(planned, 1), next(end for end in ends if end >= drawn))
        if end != self.loss.get_xlim()[1]:
            for ax in (self.rate, self.loss):
                ax.set_xlim(0, end)
                ax.set_xticks([0, end], ["0", f"{end}"])
            self.loss.get_xticklabels()[-1].set_horizontalalignment("right")  # centered, it would leave the picture

    def _fit_losses(self, values):
        """The powers of ten around the losses, two at least: limits cost a whole drawing, and so they change seldom."""
        values = values[np.isfinite(values)]
        if len(values):
            high = 10.0 ** np.ceil(np.log10(values.max()))
            low = min(10.0 ** np.floor(np.log10(values.min())), high / 100)
            if (low, high) != self.loss.get_ylim():
                self.loss.set_ylim(low, high)

    # From a place to what is there

    def under(self, x, y):
        """What is at a place of the figure, from 0 (left, top) to 1: see the class. None where nothing is."""
        if self._settings is None:
            return None
        x, y = x * WIDTH, y * HEIGHT
        for (k, j), (left, top) in self.centers.items():
            if max(abs(x - left), abs(y - top)) <= self.side / 2:
                return "neuron", k, j
        best, found = CLOSE, None
        for k, segments in self.segments.items():
            start, way = segments[:, 0], segments[:, 1] - segments[:, 0]
            share = np.sum(([x, y] - start) * way, axis=1) / np.sum(way**2, axis=1)
            away = np.hypot(*(start + np.clip(share, 0, 1)[:, np.newaxis] * way - [x, y]).T)
            if away.min() < best:
                best, found = away.min(), ("weight", k, *self.pairs[k][away.argmin()])
        return found

    def in_plane(self, x, y):
        """The (x1, x2) of a place of the figure, rounded to what a hand can mean; None outside the plane."""
        left, top, width, height = PLANE
        across, up = (x * WIDTH - left) / width, 1 - (y * HEIGHT - top) / height
        if not (0 <= across <= 1 and 0 <= up <= 1):
            return None
        limits = self.plane.get_xlim(), self.plane.get_ylim()
        return tuple(round(low + part * (high - low), 2) + 0.0 for part, (low, high) in zip((across, up), limits))


def left_at(losses, highest):
    """The first epoch from which on all losses are above `highest`, or nan."""
    within = np.flatnonzero(np.array(losses, dtype=float) <= highest)
    return int(within[-1]) + 1 if len(within) else 0


def square_limits(X):
    """Square limits around points (n, 2): the same for all that lie within 1.25 of the center."""
    if np.abs(X).max() <= 1.25:
        return (-1.25, 1.25), (-1.25, 1.25)
    middle, reach = (X.min(axis=0) + X.max(axis=0)) / 2, 0.55 * np.ptp(X, axis=0).max()
    return tuple((float(center - reach), float(center + reach)) for center in middle)


def nice_limits(values):
    """From the least to the largest value, with some room."""
    low, high = float(values.min()), float(values.max())
    room = 0.12 * (high - low) or 1.0
    return low - room, high + room


# ---- in words ---------------------------------------------------------------------------------------


def name(run, k, j):
    """A neuron in words; column 0 are the inputs."""
    if k == 0:
        return run.settings.used_inputs[j]
    if k == len(run.nn.layers):
        return "the output" if run.nn.n_outputs == 1 else f"the output for class {j}"
    return f"neuron {j + 1} of layer {k}"


def said(run, looked_at=None, before=None):
    """The line below the picture. before : a validation loss to compare that of the whole run with, or None."""
    if looked_at and looked_at[0] == "weight":
        _, k, i, j = looked_at
        return f"The weight from {name(run, k - 1, i)} to {name(run, k, j)} is {two(run.shown.layers[k - 1].W[i, j])}."
    if looked_at and looked_at[1] > 0:
        _, k, j = looked_at
        layer = run.shown.layers[k - 1]
        weights = ", ".join(two(weight) for weight in layer.W[:10, j]) + (", …" if len(layer.W) > 10 else "")
        return f"{name(run, k, j).capitalize()}: bias {two(layer.b[j])}, weights {weights}."
    return f"{progress(run)} {quality(run, before)}"


def progress(run):
    epochs, inside = run.settings.epochs, run.updates % run.updates_an_epoch
    where = f"Epoch {run.nn.epoch} of {epochs}"
    where += f" and {inside} of {run.updates_an_epoch} updates" if inside else ""
    left = (run.end - run.nn.epoch) / run.pace
    return f"{where}{f', about {left:.0f} s to go' if left > 5 else ''}, {run.settings.n_parameters} parameters."


def quality(run, before=None):
    if not run.nn.epoch:
        return "Not trained yet: press Play."
    now = {key: column[-1] for key, column in run.nn.history.items()}
    if run.ran_away and run.is_over:
        return f"The losses ran away: too large for a number in epoch {run.ran_away.epoch}. Take a smaller rate."
    words = f"Loss {size(now['train_loss'])} in training"
    words += "" if math.isnan(now["val_loss"]) else f", {size(now['val_loss'])} on the rows held back"
    words += f" (before {size(before)})" if before is not None and run.is_over and run.settings.held else ""
    words += f", penalty {size(now['penalty'])}" if now["penalty"] else ""
    if not run.settings.is_curve:
        training, held = run.right()
        words += f". Right: {training:.0%}" + ("" if math.isnan(held) else f" and {held:.0%}")
    dead = sum(int(column.sum()) for column in run.dead())
    return f"{words}." + (f" Dead: {dead} hidden neuron{'s' * (dead > 1)}." if dead else "")


def size(loss):
    """A loss in words; what is astronomical or next to nothing has no digits that mean anything."""
    return "below 0.0001" if loss < 1e-4 else f"{loss:.4f}" if loss < 1000 else "above 1000"


def two(number):
    return f"{round(float(number), 2) + 0.0:.2f}".replace("-", "−")
