"""Chapter 05: a graph with values forward and gradients back, and a walk from the loss to the first weight."""

import numpy as np
from matplotlib.patches import Circle, FancyArrowPatch

from nnlib.plots import COLORS, artist, figure, plot_graph, plot_network
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction

X, Y = 1.0, 1.0  # one row: an input and the answer that is wanted
RATE, STEPS = 0.5, 20
# x -> h, then h -> p -> a and h -> q -> a: five weights, and a fork at h.
WIRES = {"w1": ("x", "h"), "w2": ("h", "p"), "w3": ("h", "q"), "w4": ("p", "a"), "w5": ("q", "a")}
START = {"w1": 0.6, "w2": 1.2, "w3": -0.8, "w4": 0.7, "w5": 0.5}
PLACES = {"x": (0, 1), "h": (2.4, 1), "p": (4.8, 2.1), "q": (4.8, -0.1), "a": (7.2, 1), "L": (9.6, 1)}
# Where a neuron's slopes stand, out of the way of its arrows: shift, alignment.
BESIDE = {"h": (0.45, -0.56, "right", "top"), "p": (0, 0.56, "center", "bottom")}
BESIDE |= {"q": (0, -0.56, "center", "top"), "a": (-0.45, -0.56, "left", "top")}
SUBSCRIPTS = str.maketrans("12345", "₁₂₃₄₅")
# What each step of the walk back finds, from the loss on.
WALK = (("a",), ("za",), ("w4", "w5"), ("p", "q"), ("zp", "zq"), ("w2", "w3"), ("h",), ("zh",), ("w1",))


def neuron_graph(x, w, b, y, ax=None, *, gradients=True):
    """One tanh neuron and its squared error as a graph: each value above its arrow, each gradient below.

    x, w, b, y : numbers.   gradients : False leaves a question mark in place of each.
    """
    z = w * x + b
    a = np.tanh(z)
    da = 2 * (a - y)
    dz = da * (1 - a**2)
    nodes = {
        "x": (0, 2, "$x$"),
        "w": (0, 0, "$w$"),
        "times": (2.4, 1, "×"),
        "b": (2.4, -1, "$b$"),
        "plus": (4.8, 0, "+"),
    }
    nodes |= {"tanh": (7.2, 0, "tanh"), "square": (9.6, 0, "$(a - y)^2$"), "L": (12, 0, "$L$"), "y": (7.2, 2, "$y$")}
    edges = {("x", "times"): ("x", x, dz * w), ("w", "times"): ("w", w, dz * x), ("times", "plus"): ("w x", w * x, dz)}
    edges |= {("b", "plus"): ("b", b, dz), ("plus", "tanh"): ("z", z, dz), ("tanh", "square"): ("a", a, da)}
    edges |= {("square", "L"): ("L", (a - y) ** 2, 1.0)}
    texts = {
        wire: (f"{name} = {shown(value)}", slope_shown(slope) if gradients else "?")
        for wire, (name, value, slope) in edges.items()
    }
    ax = plot_graph(nodes, texts | {("y", "square"): (f"y = {shown(y)}", "")}, ax)
    artist(ax, "node square").set_fontsize(10.5)
    return ax


def there_and_back(network, X, y):
    """A network twice, for one row: its weights and outputs, and the slopes of the loss with respect to its weights.

    X, y : (1, n_inputs) and (1, n_outputs).

    The circles on the right hold the slopes at the weighted sums: with one row those are the slopes of the biases.
    """
    gradient = network.gradients(X, y)[1]
    fig, (left, right) = figure(1, 2, size=(8.4, 3.3))
    plot_network(network.get_parameters(), left, values=[A[0] for A in network.trace(X)], numbers=False)
    slopes = [[""] * X.shape[1], *(layer["b"] for layer in gradient)]
    plot_network(gradient, right, values=slopes, numbers=False, back=True)
    left.set_title("forward, left to right: outputs")
    right.set_title("back, right to left: slopes")
    return fig


def layers_graph():
    """Two layers in a row: the trace above the arrows, the gradients that travel back below them."""
    nodes = {"X": (0, 2, "$X$"), "0": (3, 2, "layer 0"), "1": (6, 2, "layer 1"), "L": (9, 2, "loss")}
    nodes |= {"W0": (3, 0, "W, b"), "W1": (6, 0, "W, b")}
    edges = {("X", "0"): ("trace[0]", "dX"), ("0", "1"): ("trace[1]", "dA"), ("1", "L"): ("trace[2]", "dA")}
    edges |= {("W0", "0"): ("", "dW, db"), ("W1", "1"): ("", "dW, db")}
    fig, ax = figure(size=(8.4, 3.1))
    plot_graph(nodes, edges, ax)
    return fig


def decimals(number):
    """Three decimals and a real minus sign; a zero is "0", and what rounds to zero has no sign."""
    text = f"{number:.3f}" if number else "0"
    return text.replace("-", "−" if float(text) else "")


def shown(number):
    """A value for a figure: at most three decimals."""
    text = decimals(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def slope_shown(slope):
    """A slope for a figure: with its sign, where it has one."""
    text = decimals(slope)
    return f"+{text}" if float(text.replace("−", "-")) > 0 else text


def times(number):
    """A number as the second factor of a product: in parentheses where it is negative."""
    text = decimals(number)
    return f"({text})" if text.startswith("−") else text


def plus(number):
    """A number that is added: its sign stands between spaces."""
    text = decimals(number)
    return f"− {text[1:]}" if text.startswith("−") else f"+ {text}"


def values_and_slopes(weights):
    """Every value of the small network, forward, and the slope of the loss at each, backward: two dicts."""
    v = {"x": X, "h": np.tanh(weights["w1"] * X)}
    v["p"], v["q"] = np.tanh(weights["w2"] * v["h"]), np.tanh(weights["w3"] * v["h"])
    v["a"] = np.tanh(weights["w4"] * v["p"] + weights["w5"] * v["q"])
    v["L"] = (v["a"] - Y) ** 2

    d = {"a": 2 * (v["a"] - Y)}
    d["za"] = d["a"] * (1 - v["a"] ** 2)
    d["w4"], d["w5"] = d["za"] * v["p"], d["za"] * v["q"]
    d["p"], d["q"] = d["za"] * weights["w4"], d["za"] * weights["w5"]
    d["zp"], d["zq"] = d["p"] * (1 - v["p"] ** 2), d["q"] * (1 - v["q"] ** 2)
    d["w2"], d["w3"] = d["zp"] * v["h"], d["zq"] * v["h"]
    d["h"] = d["zp"] * weights["w2"] + d["zq"] * weights["w3"]  # the fork: two paths, added
    d["zh"] = d["h"] * (1 - v["h"] ** 2)
    d["w1"] = d["zh"] * X
    return v, d


def in_words(step, weights, v, d):
    """What the walk does in this step, with its numbers."""
    s = {name: decimals(slope) for name, slope in d.items()}
    through = {name: f"d{name} · (1 − {name}²) = {s[name]} · {decimals(1 - v[name] ** 2)}" for name in "apqh"}
    upper, lower = d["zp"] * weights["w2"], d["zq"] * weights["w3"]
    return (
        "Forward only: each value is there, and no slope yet.",
        f"The loss is (a − y)², so da = 2 (a − y) = 2 · ({decimals(v['a'])} − {Y:g}) = {s['a']}.",
        f"Through the tanh of a: dz of a = {through['a']} = {s['za']}.",
        f"w₄ was multiplied by p, w₅ by q: dw₄ = {s['za']} · {times(v['p'])} = {s['w4']}, "
        f"dw₅ = {s['za']} · {times(v['q'])} = {s['w5']}.",
        f"p was multiplied by w₄, q by w₅: dp = {s['za']} · {times(weights['w4'])} = {s['p']}, "
        f"dq = {s['za']} · {times(weights['w5'])} = {s['q']}.",
        f"Through the tanh of p and of q: dz of p = {through['p']} = {s['zp']}, dz of q = {through['q']} = {s['zq']}.",
        f"Both were multiplied by h: dw₂ = {s['zp']} · {times(v['h'])} = {s['w2']}, "
        f"dw₃ = {s['zq']} · {times(v['h'])} = {s['w3']}.",
        f"The fork: h feeds p and q, so its two slopes add. dh = {s['zp']} · {times(weights['w2'])} "
        f"{plus(d['zq'])} · {times(weights['w3'])} = {decimals(upper)} {plus(lower)} = {s['h']}.",
        f"Through the tanh of h: dz of h = {through['h']} = {s['zh']}.",
        f"w₁ was multiplied by x = {X:g}: dw₁ = {s['zh']} · {X:g} = {s['w1']}. All five slopes are found.",
    )[step]


def lit(back):
    """Where the walk is after so many steps back: the arrows, such as "pa", and the neurons, such as "p"."""
    arrows = ["".join(wire) for wire in [*WIRES.values(), ("a", "L")]]
    where = set()
    for name in WALK[back - 1] if back else ():
        if name in WIRES:
            where.add("".join(WIRES[name]))
        elif name in PLACES:  # a neuron's output hears from all that it feeds
            where |= {name, *(arrow for arrow in arrows if arrow.startswith(name))}
        else:  # its weighted sum, "zp"
            where.add(name[1:])
    return where


def lamp(ax, name):
    """What lights up where the walk is: a ring around a neuron, or an arrow from one neuron back to the one before."""
    style = {"edgecolor": COLORS["vermillion"], "linewidth": 3, "gid": f"lamp {name}"}
    if len(name) == 1:
        return ax.add_patch(Circle(PLACES[name], 0.5, fill=False, zorder=2.5, **style))
    before, after = (np.array(PLACES[end], dtype=float) for end in name)
    reach = 0.5 * (after - before) / np.hypot(*(after - before))
    tip = {"arrowstyle": "-|>", "mutation_scale": 20, "shrinkA": 0, "shrinkB": 0, "facecolor": COLORS["vermillion"]}
    return ax.add_patch(FancyArrowPatch(after - reach, before + reach, zorder=1.5, **tip, **style))


def step_backwards():
    """A network of four tanh neurons with a fork: walk back from the loss, change a weight, and take steps."""
    fig, ax = figure(size=(8.4, 3.7))
    names = {name: (*place, "") for name, place in PLACES.items()}
    plot_graph(names, {wire: ("", "") for wire in [*WIRES.values(), ("a", "L")]}, ax)
    ax.set_ylim(-1.25, 3.25)
    circles = {name: artist(ax, f"node {name}") for name in PLACES}
    weight_texts = {name: artist(ax, f"value {' '.join(wire)}") for name, wire in WIRES.items()}
    slope_texts = {name: artist(ax, f"gradient {' '.join(wire)}") for name, wire in WIRES.items()}
    ax.text(
        PLACES["L"][0], PLACES["L"][1] + 0.62, f"y = {Y:g}", ha="center", va="bottom", color=COLORS["blue"], fontsize=11
    )
    style = {"fontsize": 10.5, "weight": "bold", "color": COLORS["vermillion"]}
    beside = {name: ax.text(*PLACES[name], "", **style) for name in BESIDE}
    for name, (dx, dy, ha, va) in BESIDE.items():
        beside[name].set(position=np.add(PLACES[name], (dx, dy)), ha=ha, va=va)

    style = {"ha": "left", "va": "center", "fontsize": 11}
    found_so_far, changed_so_far = (ax.text(-0.5, height, "", **style) for height in (2.95, 2.5))

    for text in (*weight_texts.values(), *slope_texts.values()):
        text.set_fontsize(10)  # off the circles
    lamps = {name: lamp(ax, name) for name in sorted(set().union(*map(lit, range(len(WALK) + 1))))}
    wires = ["".join(wire) for wire in [*WIRES.values(), ("a", "L")]]
    forward = dict(zip(wires, [text for text in ax.texts if hasattr(text, "arrow_patch")], strict=False))

    of_steps = ax.inset_axes((7.3, 2.4, 2.3, 0.58), transform=ax.transData)
    of_steps.set(xlim=(0, STEPS), xticks=[0, STEPS], ylim=(0, 1), yticks=[])
    of_steps.tick_params(labelsize=9, pad=1)
    of_steps.spines[["top", "right"]].set_visible(False)
    of_steps.set_title("loss over the steps taken", fontsize=9.5, pad=4)
    (loss_line,) = of_steps.plot([], [], "o-", color=COLORS["black"], markersize=3.5, linewidth=1.2, clip_on=False)

    def compute(w1, w4, steps):
        weights = START | {"w1": w1, "w4": w4}
        values, slopes = values_and_slopes(weights)
        losses = [values["L"]]
        for _ in range(steps):
            weights = {name: w - RATE * slopes[name] for name, w in weights.items()}
            values, slopes = values_and_slopes(weights)
            losses.append(values["L"])
        return weights, values, slopes, losses

    def draw(result, back, steps, w1, w4):
        weights, values, slopes, losses = result
        loss_line.set_data(range(len(losses)), np.divide(losses, losses[0]))  # of any start, in one height
        unchanged = {name for name, before in (START | {"w1": w1, "w4": w4}).items() if weights[name] == before}
        found = {name for names in WALK[:back] for name in names}
        now, walked = lit(back), {name for step in range(back) for name in lit(step) if len(name) == 2}
        for name, shape in lamps.items():
            shape.set(visible=name in now | walked, alpha=1 if name in now else 0.55)
            travels = slopes.get(name[0], slopes["w1"])  # a slope becomes an arrow of that strength; x has none
            shape.set_linewidth(3 if len(name) == 1 else min(0.8 + 3.4 * abs(travels) ** 0.5, 6))
        for name, arrow in forward.items():
            arrow.set_visible(name not in now | walked)
        for name, text in circles.items():
            text.set_text(f"${name}$\n{shown(values[name])}")
        for name, text in beside.items():
            lines = [f"d{name} {slope_shown(slopes[name])}" if name in found else ""]
            lines.append(f"dz of {name} {slope_shown(slopes['z' + name])}" if "z" + name in found else "")
            text.set_text("\n".join(lines))
        for name in WIRES:
            label = name.translate(SUBSCRIPTS)
            equals = "still" if name in found & unchanged else "="
            weight_texts[name].set_text(f"{label} {equals} {shown(weights[name])}")
            slope_texts[name].set_text(f"d{label} {slope_shown(slopes[name])}" if name in found else "")
        found_so_far.set_text(f"slopes found: {len(found & WIRES.keys())} of {len(WIRES)}")
        changed_so_far.set_text(f"weights changed: {len(WIRES.keys() - unchanged)} of {len(WIRES)}")
        changed_so_far.set_fontweight("bold" if back == len(WALK) or steps else "normal")
        moved = f" after {steps} step{'s' if steps > 1 else ''} of rate {RATE:g}" if steps else ""
        end = " No weight has moved." if back == len(WALK) and not steps else ""
        return f"Loss {decimals(values['L'])}{moved}. {in_words(back, weights, values, slopes)}{end}"

    return Live(
        "step_backwards",
        question="Walk back from the loss. What has changed when you arrive?",
        prediction=Prediction(
            "When the walk back has reached w₁, the last of the five weights: how many of them have changed?",
            options=("all five", "only w₁", "none"),
            answer="none",
            explanation="The walk computes slopes. Only “steps taken” moves the weights: drag it to 1.",
            settings={"back": len(WALK)},
        ),
        controls={
            "back": slider("steps back", 0, len(WALK), 0),
            "steps": slider("steps taken", 0, STEPS, 0),
            "w1": slider("start of w₁", -2.0, 2.0, START["w1"], step=0.1),
            "w4": slider("start of w₄", -2.0, 2.0, START["w4"], step=0.1),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        plays="back",
        tick=1200,
        alt="A graph from the input x over the neuron h to two neurons p and q, on to a and the loss. Values stand in "
        "the circles and weights above the arrows; their slopes appear beside them as the walk back reaches each. An "
        "arrow or a circle is lit where the walk is, and the arrows that it has passed point back. In a corner stands "
        "how many slopes have been found and how many weights have changed, in another the loss after each step taken.",
    )
