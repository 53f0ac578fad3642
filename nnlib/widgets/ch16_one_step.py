"""Chapter 16: two walks back through a small graph, and a training loop line by line with the numbers in memory."""

import numpy as np
from matplotlib.patches import FancyBboxPatch

from nnlib.exercises.ch16_reading_pytorch import Value, topological_order
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import choice, slider
from nnlib.widgets.live.figure import Live, Prediction

# One neuron with one input, `nn.Linear(1, 1)`, and an epoch of two batches of two rows; the law is y = x + 1.
BATCHES = (((1.0, 2.0), (2.0, 3.0)), ((0.0, 3.0), (1.0, 4.0)))
START = {"W": 0.5, "b": 0.0}
RATE, GAMMA = 0.1, 0.5
SLIDER = 262  # CSS pixels of a slider, three to a row
LINES = {
    "batch": "X, y = next(batches)",
    "forward": "prediction = model(X)",
    "loss": "loss = loss_fn(prediction, y)",
    "zero_grad": "optimizer.zero_grad()",
    "backward": "loss.backward()",
    "step": "optimizer.step()",
    "scheduler": "scheduler.step()",
}
PLACES = ("before backward()", "after backward()", "left out")  # of zero_grad


def stops(zero=PLACES[0]):
    """Which line has run last, stop by stop."""
    *one_round, backward, step, scheduler = LINES
    if zero == "after backward()":
        one_round = [*one_round[:-1], backward, one_round[-1], step]
    else:
        one_round = [*one_round, backward, step]
    return (None, *one_round, *one_round, scheduler)


# Chapter 0's run, and where each of its lines was written.
WRITTEN = (
    ("model = nn.Sequential(nn.Linear(2, 4),", "X @ W + b", "chapter 3"),
    ("    nn.Tanh(), nn.Linear(4, 1), nn.Tanh())", "np.tanh", "chapter 4"),
    ("loss_fn = nn.MSELoss()", "mse", "chapter 1"),
    ("optimizer = torch.optim.SGD(...)", "learning_rate=0.1", "chapter 2"),
    ("for epoch in range(1000):", "for epoch in range(1000):", "chapter 2"),
    ("    loss = loss_fn(model(X), y)", "forward, then mse", "chapter 4"),
    ("    optimizer.zero_grad()", "?", ""),
    ("    loss.backward()", "?", ""),
    ("    optimizer.step()", "W -= learning_rate * dW", "chapter 2"),
)
ARROW = {"arrowstyle": "-|>", "color": "#777777", "linewidth": 1.2}
MONO = {"family": "DejaVu Sans Mono", "va": "center", "fontsize": 10}
FAINT = "#6E6E6E"


def written_before():
    """The lines of a PyTorch run on the left; on the right what the reader has called it, and in which chapter."""
    fig, ax = figure(size=(8.4, 3.1))
    ax.set(xlim=(0, 8.4), ylim=(len(WRITTEN) - 0.4, -1.3))
    ax.set_axis_off()
    for x, title in ((0, "PyTorch"), (4.6, "yours"), (7.3, "written in")):
        ax.text(x, -0.9, title, weight="bold", va="center")
    for row, (line, yours, chapter) in enumerate(WRITTEN):
        color = COLORS["vermillion" if yours == "?" else "black"]
        ax.text(0, row, line, color=color, weight="bold" if yours == "?" else "normal", **MONO | {"fontsize": 9.5})
        ax.annotate("", (4.5, row), (3.6, row), arrowprops=ARROW)
        ax.text(4.6, row, yours, color=color, weight="bold" if yours == "?" else "normal", **MONO | {"fontsize": 9.5})
        ax.text(7.3, row, chapter, color=COLORS["blue"], va="center")
    return fig


def eagerly(value):
    """Hand on at once what has arrived: yields (sender, receiver, share) after each sum."""
    for each, slope in zip(value.inputs, value.slopes):
        each.grad += slope * value.grad
        yield value, each, slope * value.grad
        yield from eagerly(each)


def in_order(loss):
    """Hand on when all that used a value have spoken: yields (sender, receiver, share) after each sum."""
    for value in reversed(topological_order(loss)):
        for each, slope in zip(value.inputs, value.slopes):
            each.grad += slope * value.grad
            yield value, each, slope * value.grad


def two_walks():
    """The graph of a·a·a·a as L = v·v with v = a·a, and two walks back through it, a step to the right for each sum."""
    fig, axes = figure(1, 2, size=(8.4, 3.0), width_ratios=(7.6, 5.6))
    for ax, walk, title in zip(
        axes, (eagerly, in_order), ("eager: v hands on at once", "v waits until L has spoken twice")
    ):
        a = Value(2.0)
        v = a * a
        L = v * v
        L.grad, height = 1.0, {a: 0, v: 1, L: 2}
        ax.set_title(title, loc="left")
        for (value, y), name in zip(height.items(), "avL"):
            ax.plot(0, y, "o", markersize=30, markerfacecolor="#F2F2F2", markeredgecolor="#555555", clip_on=False)
            ax.text(0, y, f"{name}\n{value.data:g}", ha="center", va="center", fontsize=9, linespacing=1.1)
            for bend in (-0.35, 0.35) if value.inputs else ():  # used twice
                style = {"arrowstyle": "-", "color": "#777777", "connectionstyle": f"arc3,rad={bend}"}
                ax.annotate("", (0, y - 0.25), (0, y - 0.75), arrowprops=style)
        number = {"ha": "center", "va": "center", "color": COLORS["vermillion"], "weight": "bold", "fontsize": 11}
        number["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        ax.text(1, 2, f"{L.grad:g}", **number)
        step = 0
        for step, (sender, receiver, share) in enumerate(walk(L), start=1):
            y = height[receiver]
            ax.annotate("", (step, y + 0.2), (step, height[sender] - 0.2 * (step == 1)), arrowprops=ARROW)
            ax.text(step + 0.12, y + 0.6, f"+{share:g}", va="center", fontsize=9.5, color="#555555")
            last = ax.text(step, y, f"{receiver.grad:g}", **number)
        last.set(fontsize=14)
        for y in range(3):
            ax.plot([0.45, step + 0.5], [y, y], color="#DDDDDD", linewidth=0.8, zorder=0)
        ax.set(xlim=(-0.5, step + 0.7), ylim=(-0.4, 2.4))
        ax.set_axis_off()
    return fig


def recorded(loss, parameters, names=None):
    """A graph that recorded itself: a dot for each value, a line to each of its inputs, the loss on the right.

    loss : a value with `inputs`, which have inputs themselves. parameters : those values that are to be learned.
    names : dict of column (0 for the leaves) -> what stands above it, after the number of its dots.
    """
    order = topological_order(loss)
    depth, users = {}, {value: [] for value in order}
    for value in order:
        depth[value] = 1 + max((depth[each] for each in value.inputs), default=-1)
        for each in value.inputs:
            users[each].append(value)
    columns = [[value for value in order if depth[value] == k] for k in range(depth[loss] + 1)]
    height = {}
    for column in reversed(columns):  # each near the middle of those that use it
        column.sort(key=lambda value: sum(height[each] for each in users[value]) / max(1, len(users[value])))
        height |= {value: (k + 0.5) / len(column) for k, value in enumerate(column)}

    def places(values):
        return [depth[value] for value in values], [height[value] for value in values]

    fig, ax = figure(size=(8.4, 3.4))
    for value in order:
        for each in value.inputs:
            ax.plot(*places([each, value]), "-", color="#BBBBBB", linewidth=0.6)
    leaves = {value for value in order if not value.inputs}
    ax.plot(*places(set(order) - leaves), "o", color=COLORS["purple"], markersize=3)
    ax.plot(*places(leaves - set(parameters)), "s", color=COLORS["gray"], markersize=5)
    ax.plot(*places(parameters), "o", color=COLORS["blue"], markersize=5)
    ax.plot(*places([loss]), "D", color=COLORS["vermillion"], markersize=6)
    for k, name in (names or {}).items():
        count = f"{len(columns[k])}\n" if len(columns[k]) > 1 else ""
        ax.text(k, -0.05, count + name, ha="center", va="baseline", fontsize=8.5, linespacing=1.1)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(1.02, -0.18 if names else -0.02))
    ax.set_axis_off()
    return fig


def two_rounds(zero, momentum, decay):
    """What is in memory at each stop: a list of dicts, two rounds of the loop and a step of the scheduler.

    zero : where `zero_grad` stands, one of PLACES. momentum, decay : settings of `torch.optim.SGD`.
    Keys: X, y, A and loss of the batch, `grad` and `velocity` as dicts or None, W, b, rate; `line` has run last, in
    `round`, and `changed` holds the keys that it gave a value.
    """
    now = {"X": None, "y": None, "A": None, "loss": None, "grad": None, "velocity": None, **START, "rate": RATE}
    states = [now | {"line": None, "round": 0, "changed": (), "added": None}]
    batches, number = iter(BATCHES), 0
    for line in stops(zero)[1:]:
        changed, added = (), None
        if line == "batch":
            number += 1
            X, y = map(np.array, next(batches))
            now, changed = now | {"X": X, "y": y}, ("X", "y")
        elif line == "forward":
            now, changed = now | {"A": X * now["W"] + now["b"]}, ("A",)
        elif line == "loss":
            now, changed = now | {"loss": float(np.mean((now["A"] - y) ** 2))}, ("loss",)
        elif line == "zero_grad" and zero != "left out":
            now, changed = now | {"grad": None}, ("grad",)
        elif line == "backward":
            dA = 2 * (now["A"] - y) / len(y)
            added = {"W": float(np.sum(X * dA)), "b": float(np.sum(dA))}
            before = now["grad"] or {"W": 0.0, "b": 0.0}
            now, changed = now | {"grad": {key: before[key] + added[key] for key in added}}, ("grad",)
        elif line == "step" and now["grad"] is not None:  # what has no slope is left alone
            slope = {key: now["grad"][key] + decay * now[key] for key in ("W", "b")}
            changed = ("W", "b")
            if momentum:
                old = now["velocity"] or {"W": 0.0, "b": 0.0}
                slope = {key: momentum * old[key] + slope[key] for key in slope}
                now, changed = now | {"velocity": slope}, ("velocity", "W", "b")
            now = now | {key: now[key] - RATE * slope[key] for key in slope}
        elif line == "scheduler":
            now, changed = now | {"rate": RATE * GAMMA}, ("rate",)
        states.append(now | {"line": line, "round": number, "changed": changed, "added": added})
    return states


def decimals(number):
    """Three decimals and a real minus sign; what rounds to zero has none."""
    return f"{round(number, 3) + 0.0:.3f}".replace("-", "−")


def plus(number):
    """A number that is added: its sign stands between spaces."""
    text = decimals(number)
    return f"− {text[1:]}" if text.startswith("−") else f"+ {text}"


def numbers(values):
    """Numbers in a row, all with three decimals or all without."""
    whole = all(float(value).is_integer() for value in values)
    return ", ".join(f"{value:.0f}" if whole else decimals(value) for value in values)


def pair(values):
    """A slope, velocity or weight of W and of b."""
    return "None" if values is None else f"W {decimals(values['W'])}   b {decimals(values['b'])}"


def in_memory(state, momentum):
    """Of each line, what it leaves in memory: a list of (text, keys that it shows)."""
    batch = "" if state["X"] is None else f"X {numbers(state['X'])}   y {numbers(state['y'])}"
    outputs = "" if state["A"] is None else f"prediction {numbers(state['A'])}"
    loss = "" if state["loss"] is None else f"loss {decimals(state['loss'])}"
    return {
        "batch": (batch, "X"),
        "forward": (outputs, "A"),
        "loss": (loss, "loss"),
        "backward": (f".grad  {pair(state['grad'])}", "grad"),
        "velocity": (f"velocity  {pair(state['velocity'])}" if momentum else "", "velocity"),
        "step": (f"weights  {pair(state)}", "W"),
        "scheduler": (f"lr {state['rate']:g}", "rate"),
    }


def addition(held, added, total):
    """`.grad` where something is added to it, with room for the old numbers; and the old numbers at their place."""
    sums, old = [], []
    for key, start in (("W", "• .grad  W "), ("b", "         b ")):
        number = decimals(held[key])
        sums.append(f"{start}{' ' * len(number)} {plus(added[key])} = {decimals(total[key])}")
        old.append(" " * len(start) + number)
    return "\n".join(sums), "\n".join(old)


def underneath(zero, momentum, decay):
    """What each line does, as NumPy has it: a dict of line -> text."""
    slope = "dW" + (f" + {decay:g} * W" if decay else "")
    step = f"W -= lr * ({slope})\n(b likewise)" if decay else f"W -= lr * {slope}  (b likewise)"
    if momentum:
        step = f"v = {momentum:g} * v + {slope}\nW -= lr * v  (b likewise)"
    return {
        "batch": "the next rows of the order",
        "forward": "A = X @ W + b",
        "loss": "np.mean((A - y) ** 2)",
        "zero_grad": "(left out)" if zero == "left out" else "dW = db = None  (so: 0)",
        "backward": "dW += X.T @ dA\ndb += dA.sum(axis=0)",
        "step": step,
        "scheduler": f"lr = {GAMMA:g} * lr",
    }


def said(states, stop, zero, momentum):
    """What the line that has run last did, in a sentence with its numbers."""
    state, before = states[stop], states[max(stop - 1, 0)]
    line = state["line"]
    if line is None:
        return "Nothing has run yet. W and b have their first values, and .grad is None."
    if line == "batch":
        done = f"{len(state['X'])} rows are in memory. Nothing else has changed."
    elif line == "forward":
        done = (
            f"The weights give {numbers(state['A'])} where {numbers(state['y'])} is right, and the graph is recorded."
        )
    elif line == "loss":
        done = f"The loss is {decimals(state['loss'])}, the last value of the graph. No slope has been computed."
    elif line == "zero_grad":
        held = "it was None already" if before["grad"] is None else f"W's {decimals(before['grad']['W'])} is forgotten"
        stays = "there is nothing in it yet" if before["grad"] is None else f"W keeps {decimals(before['grad']['W'])}"
        done = f"Left out: .grad is not cleared, and {stays}." if zero == "left out" else f".grad is None: {held}."
    elif line == "backward":
        added, held = state["added"]["W"], before["grad"]
        sums = "" if held is None else f" to the {decimals(held['W'])} there: {decimals(state['grad']['W'])}"
        done = f"The slope at W, {decimals(added)}, is added{sums}. No weight has moved."
    elif line == "step" and state["grad"] is None:
        done = f".grad is None, so there is nothing to go by: W stays at {decimals(state['W'])}."
    elif line == "step":
        along = "velocity" if momentum else ".grad"
        done = f"The weights move against {along}: W from {decimals(before['W'])} to {decimals(state['W'])}. "
        done += "Prediction and loss stay."
    else:
        way = f"took W from {START['W']:.3f} to {decimals(state['W'])}"
        way = f"left W at {START['W']:.3f}, as .grad was None each time" if state["W"] == START["W"] else way
        done = f"The two steps {way}. lr falls from {RATE:g} to {state['rate']:g}."
    return f"Round {state['round']}, {LINES[line]}: {done}"


def way_of_w(states):
    """W at the start and after each step(), of states that follow each other."""
    return [START["W"], *(state["W"] for state in states if state["line"] == "step")]


def grad_of_w(states):
    """What .grad of W holds after these states: (of earlier rounds, added in the last one, wiped since), or 0 each."""
    old = added = wiped = 0.0
    for before, state in zip(states, states[1:]):
        if state["line"] == "batch":
            old, added = old + added, 0.0
        elif state["line"] == "backward":
            added, wiped = state["added"]["W"], 0.0
        elif before["grad"] and not state["grad"]:
            old, added, wiped = 0.0, 0.0, old + added
    return old, added, wiped


def beside_grad(states, momentum, decay):
    """What else has moved W in the step just made, as text: "+ velocity 0.495", or nothing."""
    made = [state for state in states if state["line"] != "scheduler"]
    if made[-1]["line"] != "step" or made[-1]["grad"] is None:
        return ""
    velocity, W = made[-2]["velocity"], made[-2]["W"]
    parts = {"velocity": momentum * velocity["W"] if velocity else 0, "decay": decay * W}
    return " ".join(f"+ {name} {decimals(-RATE * part)}" for name, part in parts.items() if part)


class Ways:
    """Where W has been, on a line: a dot at the start and after each step; above it, where .grad pushes W."""

    def __init__(self, ax):
        ax.set(xlim=(-0.4, 2.33), ylim=(-1.3, 2.75), xticks=[0.5, 1, 1.5, 2], yticks=[])
        ax.spines["left"].set_visible(False)
        ax.spines["bottom"].set_bounds(0.4, 2.3)
        ax.set_xticks(ax.get_xticks(), ["0.5", "1", "1.5", "2"], fontsize=9)
        ax.tick_params(pad=1)
        ax.grid(False)
        ax.text(-0.296, 2.2, "−lr · .grad of W", weight="bold", va="center")
        self.beside = ax.text(0.14, 2.2, "", color=FAINT, fontsize=9, va="center")
        self.title = ax.text(-0.296, 1, "W after 0, 1, 2 steps", weight="bold", va="center")
        self.name = ax.text(-0.296, 0, f"{LINES['zero_grad'][10:]} {PLACES[0]}", color=FAINT, va="center")
        look = {"markersize": 13.5, "markeredgewidth": 1.4}
        blue, red = COLORS["blue"], COLORS["vermillion"]
        (self.now,) = ax.plot([], [], "o-", color=blue, linewidth=2.5, markerfacecolor="#BBDDF3", **look)
        (self.normal,) = ax.plot([], [], "o--", color=FAINT, linewidth=1.2, markerfacecolor="white", **look)
        arrow = {"arrowstyle": "simple,head_width=0.9,head_length=0.6,tail_width=0.4", "shrinkA": 0, "shrinkB": 0}
        looks = ({"color": "#8A8A8A"}, {"color": red}, {"facecolor": "white", "edgecolor": FAINT, "linestyle": ":"})
        self.pushes = [ax.annotate("", (0, 2.2), (0, 2.2), arrowprops=arrow | each) for each in looks]
        style = {"ha": "center", "va": "center"}
        self.pushed = ax.text(0, 2.2, "", fontsize=9, va="center")
        self.stays = ax.text(0, 1, "", color=blue, weight="bold", ha="left", va="center")
        self.texts = []
        for y, beside, inside, color in ((1, 1.62, "black", blue), (0, -0.72, FAINT, FAINT)):
            for k in range(3):
                number = ax.text(0, y, str(k), color=inside, weight="bold", fontsize=8.5, **style)
                self.texts.append((number, ax.text(0, beside, "", color=color, fontsize=8.5, **style)))

    def show(self, states, normal, beside):
        """states : those up to now. normal : W's way with zero_grad() in its place, or [] where it stands there.

        beside : what is said of a step that is longer or shorter than the arrow.
        """
        self.beside.set_text(beside)
        way = way_of_w(states)
        y = 1 if normal else 0.4  # in the middle, if alone
        self.name.set_visible(bool(normal))
        self.title.set_y(y)
        self.now.set_data(way, [y] * len(way))
        self.normal.set_data(normal, [0] * len(normal))
        same = [str(k) for k in range(len(way)) if way[k] == way[-1]]
        words = f"steps {', '.join(same)}: W = {decimals(way[-1])} each time" if len(same) > 1 else ""
        self.stays.set(text=words, position=(way[-1] + 0.07, y))
        for k, (number, value) in enumerate(self.texts):
            values, row, k = (way, y, k) if k < 3 else (normal, 0, k - 3)
            shown = k < len(values) and values[k] not in values[k + 1 :]  # the last of those in one place
            for text, up in ((number, 0), (value, 0.62 if row else -0.72)):
                text.set(visible=shown, position=(values[k] if shown else 0, row + up))
            number.set_text("" if shown and values.count(values[k]) > 1 else str(k))
            value.set_text(decimals(values[k]) if shown else "")
        self._push(way[-2] if states[-1]["line"] in ("step", "scheduler") else way[-1], *grad_of_w(states))

    def _push(self, start, old, added, wiped):
        """Arrows from W: what .grad held, and what has come; or, dotted, what has been wiped."""
        end = start
        for push, part in zip(self.pushes, (old, added, wiped)):
            push.set_visible(bool(part))
            push.set_position((end, 2.2))
            end -= RATE * part
            push.xy = (end, 2.2)
        parts = ((old, "old"), (added, "new"), (wiped, "wiped"))
        words = "   ".join(f"{name} {decimals(-RATE * part)}" for part, name in parts if part) or ".grad is None"
        self.pushed.set(text=words, x=max(start, end) + 0.05, color=COLORS["vermillion"] if added else FAINT)


def one_step():
    """Two rounds of a training loop, a line at a time: PyTorch, what it does in NumPy, and the numbers in memory."""
    last = len(stops()) - 1
    fig, (ax, line_of_w) = figure(2, 1, size=(8.4, 3.9), height_ratios=(2.7, 1.15))
    ax.set(xlim=(0, 8.4), ylim=(7.1, -1.15))
    ax.set_axis_off()
    ways = Ways(line_of_w)
    rows = dict(zip(LINES, (0, 1, 2, 3, 4.1, 5.4, 6.6)))
    swapped = rows | {"backward": 3.2, "zero_grad": 4.3}
    left, middle, right = 0.32, 2.95, 5.3
    for x, title in ((left, "PyTorch"), (middle, "underneath"), (right, "  in memory")):
        ax.text(x, -0.75, title, weight="bold", va="center")
    heading = ax.text(1.15, -0.75, "", va="center")
    ax.text(8.3, -0.75, "gray: from before this round", fontsize=9, color=FAINT, ha="right", va="center")
    box = {
        "boxstyle": "round,pad=0.02,rounding_size=0.08",
        "facecolor": "#FEF7E8",
        "edgecolor": COLORS["orange"],
        "zorder": 0,
    }
    bar = ax.add_patch(FancyBboxPatch((0.07, -0.4), 8.26, 0.8, **box))
    marker = ax.text(0.13, 0, "▶", fontsize=8, va="center", ha="left")
    codes = {line: ax.text(left, row, LINES[line], **MONO) for line, row in rows.items()}
    below = {line: ax.text(middle, row, "", linespacing=1.15, **MONO) for line, row in rows.items()}
    in_rows = {line: row for line, row in rows.items() if line != "zero_grad"} | {"velocity": rows["step"] - 0.31}
    memory = {line: ax.text(right, row, "", linespacing=1.15, **MONO) for line, row in in_rows.items()}
    cleared = ax.text(right, rows["backward"], "  (.grad is cleared below)", color=FAINT, **MONO)
    held = ax.text(right, 0, "", color=FAINT, linespacing=1.15, **MONO)

    def compute(zero, momentum, decay):
        return two_rounds(zero, momentum, decay)

    def draw(states, stop, zero, momentum, decay):
        state = states[stop]
        line, at = state["line"], swapped if zero == "after backward()" else rows
        heading.set_text("before round 1" if line is None else f"round {state['round']} of {len(BATCHES)}")
        for shape in (bar, marker):
            shape.set_visible(line is not None)
        if line is not None:
            tall = 1.26 if line in ("backward", "step") else 0.8
            bar.set_bounds(0.07, at[line] - tall / 2, 8.26, tall)
            marker.set_y(at[line])
        for each, words in underneath(zero, momentum, decay).items():
            below[each].set(text=words, y=at[each])
            codes[each].set_y(at[each])
        codes["zero_grad"].set_text(f"# {LINES['zero_grad']}" if zero == "left out" else LINES["zero_grad"])
        wrote = [each["line"] for each in states[1 : stop + 1] if "grad" in each["changed"]]
        memory["backward"].set_y(at[wrote[-1] if wrote else "backward"])  # beside the line that wrote .grad last
        memory["step"].set_y(rows["step"] + (0.31 if momentum else 0))
        for name, (words, key) in in_memory(state, momentum).items():
            changed = key in state["changed"]
            written = max([each["round"] for each in states[: stop + 1] if key in each["changed"]], default=0)
            color = COLORS["vermillion"] if changed else FAINT if written < state["round"] else COLORS["black"]
            memory[name].set_text(("• " if changed else "  ") + words if words else "")
            if memory[name].get_color() != color:  # a change has to be drawn
                memory[name].set(color=color, weight="bold" if changed else "normal")
        elsewhere = memory["backward"].get_position()[1] != at["backward"]
        cleared.set(visible=elsewhere, y=at["backward"])
        adds = line == "backward" and states[stop - 1]["grad"]
        sums, old = addition(adds, state["added"], state["grad"]) if adds else (memory["backward"].get_text(), "")
        memory["backward"].set_text(sums)
        held.set(text=old, y=at["backward"])
        normal = two_rounds(PLACES[0], momentum, decay)
        states_now = states[: stop + 1]
        way = way_of_w(normal[: stop + 1]) if zero != PLACES[0] else []
        ways.show(states_now, way, beside_grad(states_now, momentum, decay))
        return said(states, stop, zero, momentum)

    live = Live(
        "one_step",
        question="What does each line change?",
        prediction=Prediction(
            "Put zero_grad() between backward() and step(), and run two rounds. W, 0.5 at the start, is then",
            options=("still 0.5", "as far as with zero_grad() before backward()", "farther"),
            answer="still 0.5",
            explanation="step() goes by .grad, and what has no slope is left alone.",
            settings={"zero": "after backward()", "stop": last},
        ),
        controls={
            "stop": slider("lines run", 0, last, last),
            "momentum": slider("momentum", 0.0, 0.9, 0.0, step=0.1),
            "decay": slider("weight_decay", 0.0, 0.5, 0.0, step=0.1),
            "zero": choice("zero_grad()", list(PLACES)),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="stop",
        tick=1500,
        alt="Three columns: seven lines of a PyTorch training loop, what each does in NumPy, and the numbers in "
        "memory: batch, prediction, loss, slopes, velocity, weights and rate. The line that has run last is marked, "
        "and so is what it changed; what is left from the round before is gray. Below, a number line with W at the "
        "start and after each step, and hollow dots for the loop with zero_grad() before backward(). Above it, arrows "
        "for −lr · .grad of W: what earlier rounds left, what is new, and, dotted, what was wiped.",
    )
    for key in ("stop", "momentum", "decay"):  # all in one row
        live.controls[key].layout.width = f"{SLIDER}px"
        live.controls[key].style.description_width = "initial"
    return live
