"""Exercises of chapter 16: PyTorch's layers, its automatic gradients and its step, in NumPy and plain Python."""

import numpy as np

from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.engine.attempt import has_gap

exercise = chapter("16", "reading PyTorch")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="rate_of_epoch_six",
    recall=True,
    title="The rate on the third stair",
    solution=0.2,
    wrong=[
        (0.4, "0.4 is the rate of the epochs 3, 4 and 5. With epoch 6 the third period begins."),
        (0.1, "0.1 begins with epoch 9. Before epoch 6 two periods are full."),
        (0.8 * 0.5**6, "The rate falls once in three epochs, not in every one."),
    ],
    hints=["How many full periods of 3 epochs lie before epoch 6?"],
    holds="Two full periods, so 0.8 · 0.5² = 0.2.",
)

exercise(
    name="shape_of_weights",
    recall=True,
    title="The shape of a layer's weights",
    solution=(64, 32),
    wrong=[
        ((32, 64), "X (n, 64) @ W has to give (n, 32), so W has a row for each input."),
        ((64,), "Each of the 32 neurons has 64 weights."),
        ((32,), "That is the shape of b. Each neuron has 64 weights besides."),
        (64 * 32, "That is how many there are. How do they lie in a matrix?"),
    ],
    hints=["X (n, 64) @ W has to give (n, 32)."],
    holds="(64, 32): a row for each input, a column for each neuron.",
)

exercise(
    name="rows_of_the_last_batch",
    recall=True,
    title="What is left for the last batch",
    solution=16,
    wrong=[
        (32, "Two full batches take 64 rows. Fewer than 32 are left."),
        (3, "3 is the number of batches. How many rows has the third?"),
        (2.5, "That is the number of batches: two full ones, and half of one. How many rows has the half?"),
        (2, "2 batches are full. How many rows are left for the one after them?"),
        (0, "Two full batches take 64 rows, and nothing is thrown away."),
    ],
    hints=["Two full batches take 64 rows."],
    holds="80 - 2 · 32 = 16: the last batch may be smaller.",
)


# ---- multiply_rule, tanh_rule -----------------------------------------------------------------------


def multiply_rule(a, b):
    return a * b, (b, a)


def multiply_rule_named(a, b):
    slope_a, slope_b = b, a
    return a * b, (slope_a, slope_b)


exercise(
    title="What a product hands back",
    solution=multiply_rule,
    returns=("number", "slopes"),
    cases=lambda rng: [(3.0, 5.0), (-2.0, 0.5), (0.0, 4.0), (1.5, 1.5), tuple(rng.normal(size=2))],
    also_right=[multiply_rule_named, lambda a, b: (b * a, [b, a])],
    wrong=mistakes(
        edited(multiply_rule, "(b, a)", "(a, b)"),
        "Each slope is *the other* factor: when `a` grows by 1, the product grows by `b`.",
        edited(multiply_rule, "(b, a)", "(1.0, 1.0)"),
        "Slopes of 1 are those of a sum. When `a` grows by 1, by how much does `a * b` grow?",
        edited(multiply_rule, "(b, a)", "a + b"),
        "Two inputs, two slopes: a tuple, and not their sum. They add up only where both inputs are one value, and "
        "that is the walk's business.",
        edited(multiply_rule, "a * b, (b, a)", "a * b"),
        "That is the product alone. Return two things: the number, and the tuple of the slopes.",
        edited(multiply_rule, "a * b, (b, a)", "a * b, (a * b, a * b)"),
        "The slopes are not the product. When `a` grows by 1, the product grows by `b`.",
    ),
    hints=[
        "Chapter 5: a product hands the slope on times *the other* factor.",
        "Return two things: the number `a * b`, and a tuple with the slope toward `a` and the slope toward `b`.",
        "`return a * b, (..., ...)`",
    ],
    holds="You now have the rule of a product, for a walk that knows nothing else of it.",
)


def tanh_rule(a):
    t = np.tanh(a)
    return t, (1 - t**2,)


exercise(
    title="What tanh hands back",
    solution=tanh_rule,
    returns=("number", "slopes"),
    cases=lambda rng: [(0.5,), (0.0,), (-1.2,), (2.0,), (float(rng.normal()),)],
    also_right=[
        lambda a: (np.tanh(a), (1 / np.cosh(a) ** 2,)),
        lambda a: (np.tanh(a), [1 - np.tanh(a) * np.tanh(a)]),
    ],
    wrong=mistakes(
        edited(tanh_rule, "1 - t**2", "1 - a**2"),
        "1 - a² takes the input. The slope of tanh is 1 minus the square of its *output*.",
        edited(tanh_rule, "1 - t**2", "t * (1 - t)"),
        "That is the slope of the sigmoid.",
        edited(tanh_rule, "(1 - t**2,)", "1 - t**2"),
        "The slope is right, but the slopes are a tuple, even if there is but one: `(slope,)`, with a comma.",
        edited(tanh_rule, "1 - t**2", "1 - np.tanh(t) ** 2"),
        "This takes tanh twice. The slope is 1 minus the square of the output, and of nothing else.",
        edited(tanh_rule, "return t, (1 - t**2,)", "return t"),
        "That is the number alone. Return two things: the number, and the tuple of its one slope.",
    ),
    hints=[
        "Your `tanh_derivative` of chapter 5 has it: 1 minus the square of the output.",
        "A tuple with one entry is written `(slope,)`.",
    ],
    holds="You now have the rule of tanh; every other function is one such rule more.",
)


# ---- a graph that records itself, as in the notebook ------------------------------------------------


class Value:
    """A number that remembers what it was computed from, as in the notebook."""

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.inputs, self.slopes = inputs, slopes

    def __repr__(self):
        return f"Value({self.data:g})"

    def __add__(self, other):
        return record(lambda a, b: (a + b, (1.0, 1.0)), self, other)

    def __mul__(self, other):
        return record(multiply_rule, self, other)

    def tanh(self):
        return record(tanh_rule, self)


def record(rule, *inputs):
    data, slopes = rule(*[value.data for value in inputs])
    return Value(data, inputs, slopes)


def computed(formula, leaves):
    """The last value of a formula, computed anew from these leaves."""
    *lines, last = formula.split("; ")
    names = dict(leaves)
    exec("\n".join(lines), {}, names)
    return eval(last, {}, names)


# ---- topological_order ------------------------------------------------------------------------------


def topological_order(loss):
    order, seen = [], set()

    def visit(value):
        if value not in seen:
            seen.add(value)
            for each in value.inputs:
                visit(each)
            order.append(value)

    visit(loss)
    return order


def topological_order_by_list(loss):
    def all_before(value, order):
        for each in value.inputs:
            if each not in order:
                order = all_before(each, order)
        return [*order, value]

    return all_before(loss, [])


def topological_order_without_recursion(loss):
    order, waiting = [], [loss]
    while waiting:
        value = waiting[-1]
        missing = [each for each in value.inputs if each not in order]
        if missing:
            waiting.append(missing[0])
        else:
            waiting.pop()
            if value not in order:
                order.append(value)
    return order


def topological_order_by_rounds(loss):
    everything = [loss]
    for value in everything:
        everything += [each for each in dict.fromkeys(value.inputs) if each not in everything]
    order = []
    while len(order) < len(everything):
        ready = [v for v in everything if v not in order and all(each in order for each in v.inputs)]
        order += ready
    return order


GRAPHS = (
    ("a * b", {"a": 2.0, "b": 2.0}),
    ("a * a", {"a": 2.0}),
    ("v = a * a; v * v", {"a": 2.0}),
    ("u = a * b; v = u + a; w = v.tanh(); w * u", {"a": 2.0, "b": -0.5}),
    ("u = a + b; v = u * b; u * v + v", {"a": 2.0, "b": -0.5}),
    ("a", {"a": 2.0}),
)


def everything_before(loss):
    """The ids of all values of a graph, the loss and the leaves included."""
    waiting, found = [loss], {}
    while waiting:
        value = waiting.pop()
        if id(value) not in found:
            found[id(value)] = value
            waiting += value.inputs
    return found


def is_an_order(topological_order, rng):
    """Say so where the list is none; the sentence depends on the kind of the mistake and on nothing else."""
    for formula, numbers in GRAPHS:
        loss = computed(formula, {name: Value(number) for name, number in numbers.items()})
        order = topological_order(loss)
        if not isinstance(order, (list, tuple)):
            return f"A list of values is wanted, and a {type(order).__name__} came."
        if not all(hasattr(value, "inputs") for value in order):
            return "The list holds something else than values: append the value itself, not its number."
        wanted, ids = everything_before(loss), [id(value) for value in order]
        here = f"In the graph of `{formula}` with " + " and ".join(f"{n} = {x:g}" for n, x in numbers.items()) + ","
        if len(set(ids)) < len(ids):
            return f"{here} a value stands in the list twice."
        if set(ids) - set(wanted):
            return f"{here} the list holds values of another graph."
        if id(loss) not in ids:
            return f"{here} the last value, `loss` itself, is missing."
        if len(ids) < len(wanted):
            return f"{here} {len(ids)} of the {len(wanted)} values are in the list."
        early = [value for k, value in enumerate(order) if any(id(each) not in ids[:k] for each in value.inputs)]
        if early:
            backward = all(id(each) not in ids[: ids.index(id(v))] for v in order for each in v.inputs)
            way = "the list runs backward, from the loss to the leaves" if backward else "a value is too early"
            return f"{here} {way}: it stands before one that it was computed from."
        if [id(value) for value in topological_order(loss)] != ids:
            return f"{here} a second call gives another list. What is remembered must be made anew in each call."


exercise(
    title="An order for the walk back",
    solution=topological_order,
    verify=is_an_order,
    also_right=[topological_order_by_list, topological_order_without_recursion, topological_order_by_rounds],
    wrong=mistakes(
        edited(topological_order, "if value not in seen:", "if True:"),
        "A value that is used twice is visited twice, and stands in the list twice. Remember which ones you have seen.",
        edited(
            topological_order,
            "            order.append(value)\n",
            "",
            "seen.add(value)\n",
            "seen.add(value)\n            order.append(value)\n",
        ),
        "The value is appended before its inputs, so it stands in front of them. First visit the inputs, then append.",
        edited(topological_order, "return order", "return order[::-1]"),
        "Right, but the wrong way around: here the leaves come first and `loss` last. The walk will turn it around.",
        edited(topological_order, "order.append(value)", "order.append(value.data)"),
        "The list holds the numbers. It should hold the values themselves, which know their inputs.",
        edited(topological_order, "if value not in seen:", "if value.inputs and value not in seen:"),
        "The leaves are missing, those values that were not computed from others. They are what it is all for.",
        edited(topological_order, "visit(loss)", "for each in loss.inputs:\n        visit(each)"),
        "`loss` itself is missing. It is the last value of the list.",
    ),
    hints=[
        "A function inside of the function: `visit(value)` first visits all of `value.inputs`, then appends `value`.",
        "A value that has been visited is left alone: keep a set `seen`.",
        "`if value not in seen:`, then `seen.add(value)`, a loop with `visit(each)`, and after the loop "
        "`order.append(value)`.",
    ],
    holds="You now have an order in which, read from its end, every value has heard from all that used it.",
)


# ---- backpropagate ----------------------------------------------------------------------------------

my_topological_order = topological_order  # the notebook calls it so


def backpropagate(loss):
    order = my_topological_order(loss)
    for value in order:
        if value.inputs:
            value.grad = 0.0
    loss.grad = 1.0
    for value in reversed(order):
        for each, slope in zip(value.inputs, value.slopes):
            each.grad += slope * value.grad


def backpropagate_eagerly(loss):
    for value in my_topological_order(loss):
        if value.inputs:
            value.grad = 0.0

    def walk(value):
        for each, slope in zip(value.inputs, value.slopes):
            each.grad += slope * value.grad
            walk(each)

    loss.grad = 1.0
    walk(loss)


def backpropagate_by_index(loss):
    order = my_topological_order(loss)
    for value in order:
        value.grad = 0.0 if value.inputs else value.grad
    order[-1].grad = 1.0
    for k in range(len(order) - 1, -1, -1):
        for i in range(len(order[k].inputs)):
            order[k].inputs[i].grad = order[k].inputs[i].grad + order[k].grad * order[k].slopes[i]


def backpropagate_beside(loss):
    order = my_topological_order(loss)
    found = dict.fromkeys(order, 0.0)
    found[loss] = 1.0
    for value in order[::-1]:
        for each, slope in zip(value.inputs, value.slopes):
            found[each] += slope * found[value]
    for value in order:
        value.grad = found[value] if value.inputs else value.grad + found[value]


def leaf_slopes(backpropagate, formula, a, b, held=0.0, graphs=1, walks=1):
    """.grad of the leaves, which hold so much before, after so many forward passes, each with its walks back."""
    leaves = {"a": Value(a), "b": Value(b)}
    for leaf in leaves.values():
        leaf.grad = held
    for _ in range(graphs):
        loss = computed(formula, leaves)
        for _ in range(walks):
            backpropagate(loss)
    if has_gap(backpropagate) and all(leaf.grad == held for leaf in leaves.values()):
        raise NotImplementedError  # the given lines alone, or no more than the start
    return {f"{name}.grad": leaf.grad for name, leaf in leaves.items()}


def something_arrives(backpropagate, rng):
    """Say where the slopes are where none arrives at the leaves."""
    a, b = Value(3.0), Value(5.0)
    a.grad, b.grad = 2.0, -0.5
    loss = a * b
    backpropagate(loss)
    if (a.grad, b.grad) != (2.0, -0.5):
        return None
    if loss.grad == 1 + 5.0 * a.grad + 3.0 * b.grad:
        return "The slopes at the inputs are added at the result."
    return f"Nothing arrives at the leaves, and `loss.grad` is {loss.grad:g}."


exercise(
    title="The walk back, for any graph",
    solution=backpropagate,
    use=leaf_slopes,
    verify=something_arrives,
    cases=lambda rng: [
        ("a * b", 3.0, 5.0),
        ("a * b", 3.0, 5.0, 2.0),
        ("a * b", 3.0, 5.0, 0.0, 2),
        ("a * a + b", 3.0, 5.0),
        ("v = a * b; v * v", 2.0, -0.5),
        ("v = a * a; v * v", 2.0, 3.0, 0.0, 1, 2),
        ("u = a * b; v = u + a; w = v.tanh(); w * u", 0.4, 1.5),
        ("u = a + b; v = u * b; u * v + v", *rng.normal(size=2), 0.0, 3),
    ],
    also_right=[backpropagate_by_index, backpropagate_beside],
    wrong=mistakes(
        edited(backpropagate, "each.grad += slope", "each.grad = slope"),
        "`=` keeps what came last. Where a value is used twice, and from call to call, slopes add up: `+=`.",
        edited(backpropagate, "reversed(order)", "order"),
        "The walk starts at the leaves, where no slope has arrived yet. Go from the list's end: `reversed(order)`.",
        edited(backpropagate, "loss.grad = 1.0", "loss.grad = loss.data", "each.grad += slope * value.grad", "pass"),
        "Nothing arrives at the leaves. The walk starts with 1 at `loss` and adds to `.grad` of each value's inputs.",
        edited(backpropagate, "    loss.grad = 1.0\n", ""),
        "`loss.grad` is 0, so there is nothing to hand on: the slope of `loss` with respect to itself is 1.",
        edited(backpropagate, "each.grad += slope * value.grad", "pass"),
        "`loss.grad` is 1, but nothing arrives at the leaves. The walk is a loop over `reversed(order)` that adds to "
        "`.grad` of each value's inputs.",
        edited(backpropagate, "each.grad += slope * value.grad", "value.grad += slope * each.grad"),
        "This adds to `.grad` of `value`, so nothing arrives at the leaves. Slopes go the other way: add to each of "
        "its inputs.",
        edited(backpropagate, "        if value.inputs:\n            value.grad = 0.0\n", "        pass\n"),
        "The second walk over one graph finds the slopes of the first at the computed values, and hands them on once "
        "more. The given lines set them to 0: they have to stay.",
        edited(backpropagate, "slope * value.grad", "slope"),
        "Each input gets the local slope times 1. Multiply it by what has arrived at `value`: `value.grad`.",
        edited(backpropagate, "slope * value.grad", "value.grad"),
        "The slope is handed on as it is. Multiply by the local slope toward each input.",
        edited(backpropagate, "slope * value.grad", "each.data * value.grad"),
        "`each.data` is the number of the input. The local slope toward it stands in `value.slopes`.",
        edited(backpropagate, "        if value.inputs:\n            value.grad = 0.0\n", "        value.grad = 0.0\n"),
        "The leaves are set back to 0 too, so a second call forgets the first. Leave them what they have: PyTorch "
        "does, and `zero_grad` is there to clear them.",
        backpropagate_eagerly,
        "This is the eager walk: a value hands on before all that used it has spoken. Go through `reversed(order)`.",
        edited(backpropagate, "loss.grad = 1.0", "loss.grad = loss.data"),
        "`loss.grad` is not the loss: it is the slope of `loss` with respect to itself, 1.",
        edited(backpropagate, "slope * value.grad", "slope * each.grad"),
        "This multiplies by the slope of the *input*, which is what you are looking for. What has arrived is that of "
        "`value`.",
    ),
    hints=[
        "Below the given lines: the slope of `loss` with respect to itself is 1. Then walk through `reversed(order)`.",
        "`zip(value.inputs, value.slopes)` gives each input with the local slope toward it.",
        "Multiply along a path, add where paths meet: `each.grad += slope * value.grad`.",
    ],
    holds="You now have `loss.backward()`: gradients of anything that is made of your rules.",
)


# ---- parameters_from --------------------------------------------------------------------------------


def parameters_from(state):
    parameters = []
    for name, weight in state.items():
        if name.endswith(".weight"):
            bias = state[name.replace(".weight", ".bias")]
            parameters.append({"W": weight.T, "b": bias})
    return parameters


def parameters_from_pairs(state):
    arrays = list(state.values())
    return [{"W": weight.T.copy(), "b": bias.copy()} for weight, bias in zip(arrays[::2], arrays[1::2])]


def parameters_from_prefixes(state):
    layers = dict.fromkeys(name.rsplit(".", 1)[0] for name in state)
    return [{"W": np.transpose(state[layer + ".weight"]), "b": state[layer + ".bias"]} for layer in layers]


def parameters_from_each(state):
    parameters = []
    for name in state:
        if "weight" in name:
            parameters.append({"W": np.einsum("oi->io", state[name])})
        else:
            parameters[-1]["b"] = state[name]
    return parameters


def state_case(rng, *widths, names=None):
    """The state_dict of linear layers of these widths, with activations between them; or under these names."""
    state = {}
    for k, (n_inputs, n_neurons) in enumerate(zip(widths, widths[1:])):
        name = names[k] if names else 2 * k
        state[f"{name}.weight"] = rng.normal(size=(n_neurons, n_inputs)).round(2)
        state[f"{name}.bias"] = rng.normal(size=n_neurons).round(2)
    return state


exercise(
    title="A state_dict as layers",
    solution=parameters_from,
    cases=lambda rng: [
        state_case(rng, 2, 3, 1),
        state_case(rng, 4, 4),
        state_case(rng, 3, 3, 3, names=["fc2", "fc1"]),
        state_case(rng, 2, 5, 4, 3, 2, 3, 2, 1),
        state_case(rng, 6, 2, 3, names=["hidden", "out"]),
        state_case(rng, 2, 4, 1, names=["net.0", "net.2"]),
    ],
    also_right=[parameters_from_pairs, parameters_from_prefixes, parameters_from_each],
    wrong=mistakes(
        edited(parameters_from, "weight.T", "weight"),
        "Each `weight` is still `(n_neurons, n_inputs)`. A `W` is `(n_inputs, n_neurons)`: transpose it. (Where the "
        "two numbers are equal, no shape would tell.)",
        edited(parameters_from, "return parameters", "return parameters[::-1]"),
        "The layers come out last first. They stand in `state` from the inputs to the outputs.",
        edited(parameters_from, "in state.items()", "in sorted(state.items())"),
        'Sorted names are another order: "10.weight" comes before "2.weight", and "fc1" before "fc2". Take the '
        "layers as they stand in `state`.",
        lambda state: {
            "W": [state[k].T for k in state if "weight" in k],
            "b": [state[k] for k in state if "bias" in k],
        },
        "That is one dict of two lists. What is wanted is a list with a dict for each layer.",
        edited(parameters_from, '{"W": weight.T, "b": bias}', '{"weight": weight.T, "bias": bias}'),
        'The keys of a layer are `"W"` and `"b"` here.',
        edited(
            parameters_from, "in state.items()", "in sorted(state.items(), key=lambda item: int(item[0].split('.')[0]))"
        ),
        'The first part of a name need not be a number: other models call their layers "fc1" or "hidden".',
        edited(parameters_from_prefixes, 'rsplit(".", 1)[0]', 'split(".")[0]'),
        'A layer\'s name may hold dots too, as in "net.0.weight". Only what stands after the last one is `weight` or '
        "`bias`.",
        edited(parameters_from, '"b": bias', '"b": bias.reshape(-1, 1)'),
        "A bias stays as it is, one number a neuron in a vector of one axis.",
        edited(parameters_from, "weight.T", "weight.reshape(weight.shape[::-1])"),
        "`reshape` gives the right shape and puts the numbers elsewhere. Transposing makes columns of rows.",
    ),
    hints=[
        "Go through `state.items()`. Each name that ends in `.weight` is a layer; its bias has the same first part.",
        '`name.replace(".weight", ".bias")` is the name of the bias.',
        '`parameters.append({"W": weight.T, "b": bias})`',
    ],
    holds="You can now carry trained weights over from any PyTorch model of linear layers.",
)


# ---- torch_step -------------------------------------------------------------------------------------


def torch_step(parameters, gradient, lr, weight_decay):
    new = []
    for layer, slopes in zip(parameters, gradient):
        new.append({key: layer[key] - lr * (slopes[key] + weight_decay * layer[key]) for key in ("W", "b")})
    return new


def torch_step_shrinking_first(parameters, gradient, lr, weight_decay):
    keep = 1 - lr * weight_decay
    return [
        {"W": keep * layer["W"] - lr * slopes["W"], "b": keep * layer["b"] - lr * slopes["b"]}
        for layer, slopes in zip(parameters, gradient)
    ]


def torch_step_by_place(parameters, gradient, lr, weight_decay):
    new = [dict(layer) for layer in parameters]
    for k in range(len(new)):
        for key in new[k]:
            slope = gradient[k][key] + weight_decay * new[k][key]
            new[k][key] = new[k][key] - lr * slope
    return new


def step_case(rng, *widths, lr, weight_decay):
    parameters, gradient = (
        [{"W": rng.normal(size=(n, m)).round(1), "b": rng.normal(size=m).round(1)} for n, m in zip(widths, widths[1:])]
        for _ in range(2)
    )
    return parameters, gradient, lr, weight_decay


exercise(
    title="What optimizer.step() does",
    solution=torch_step,
    cases=lambda rng: [
        (
            [{"W": np.array([[2.0]]), "b": np.array([4.0])}],
            [{"W": np.array([[1.0]]), "b": np.array([-1.0])}],
            0.5,
            0.1,
        ),
        step_case(rng, 2, 3, 1, lr=0.1, weight_decay=0.3),
        step_case(rng, 3, 2, lr=0.7, weight_decay=0.0),
        step_case(rng, 2, 2, 2, 1, lr=0.02, weight_decay=2.0),
    ],
    also_right=[torch_step_shrinking_first, torch_step_by_place],
    wrong=mistakes(
        lambda parameters, gradient, lr, weight_decay: [
            {
                "W": layer["W"] - lr * (slopes["W"] + weight_decay * layer["W"]),
                "b": layer["b"] - lr * slopes["b"],
            }
            for layer, slopes in zip(parameters, gradient)
        ],
        "The biases are spared, as in `nnlib`. `torch.optim.SGD` decays every parameter that it was given, biases too.",
        edited(torch_step, "(slopes[key] + weight_decay * layer[key])", "slopes[key]"),
        "`weight_decay` is not used. It adds `weight_decay` times the parameter to its slope.",
        edited(
            torch_step, "lr * (slopes[key] + weight_decay * layer[key])", "lr * slopes[key] - weight_decay * layer[key]"
        ),
        "The decay is a part of the slope, so it is multiplied by `lr` too.",
        edited(torch_step, "slopes[key] + weight", "slopes[key] - weight"),
        "With this sign the parameters grow. The penalty's slope is added to the loss's.",
        edited(torch_step, "+ weight_decay * layer", "+ 2 * weight_decay * layer"),
        "The penalty is half of `weight_decay` times the square, so its slope has no 2.",
        edited(torch_step, "+ weight_decay * layer[key]", "+ weight_decay * layer[key] / 2"),
        "The 1/2 of the penalty and the 2 of its square are gone in the slope: `weight_decay` times the parameter.",
        edited(torch_step, "layer[key] - lr * (", "lr * ("),
        "That is what the step takes off. Take it off the parameter: `layer[key] - ...`.",
        lambda parameters, gradient, lr, weight_decay: [
            {key: (layer[key] - lr * slopes[key]) * (1 - lr * weight_decay) for key in ("W", "b")}
            for layer, slopes in zip(parameters, gradient)
        ],
        "Here the decay comes after the step, and shrinks what the step has moved. It goes by the parameter before.",
        edited(torch_step, "layer[key] - lr", "layer[key] + lr"),
        "A step goes against the slope: minus.",
        edited(torch_step, "+ weight_decay * layer[key]", "+ weight_decay * np.sign(layer[key])"),
        "That is the slope of an absolute value. The slope of half the square is the parameter itself.",
    ),
    hints=[
        "Each parameter p with its slope g: first add `weight_decay * p` to g, then take `lr` times that off p.",
        "The same for `W` and for `b`: PyTorch knows no difference.",
        '`layer["W"] - lr * (slopes["W"] + weight_decay * layer["W"])`, and so for `"b"`.',
    ],
    holds="You now have `optimizer.step()` of `torch.optim.SGD`, its `weight_decay` included.",
)


# ---- divide_rule (optional) -------------------------------------------------------------------------


def divide_rule(a, b):
    return a / b, (1 / b, -a / b**2)


exercise(
    title="What a quotient hands back",
    optional=True,
    solution=divide_rule,
    returns=("number", "slopes"),
    cases=lambda rng: [(6.0, 3.0), (1.0, -2.0), (np.float64(0.0), 0.5), (-3.0, 0.7), tuple(rng.uniform(1, 3, size=2))],
    also_right=[
        lambda a, b: (a / b, (1 / b, -(a / b) / b)),
        lambda a, b: (a * b**-1, [b**-1, -a * b**-2]),
    ],
    wrong=mistakes(
        edited(divide_rule, "-a / b**2", "a / b**2"),
        "When `b` grows, the quotient of two positive numbers falls: the second slope needs a minus.",
        edited(divide_rule, "-a / b**2", "-1 / b**2"),
        "The slope of 1/b is -1/b². Here it is times `a`.",
        edited(divide_rule, "-a / b**2", "-b / a**2"),
        "In the second slope `a` and `b` have changed places.",
        edited(divide_rule, "1 / b, -a", "b, -a"),
        "Toward `a` the slope is that of a product with 1/b, so it is 1/b.",
        edited(divide_rule, "(1 / b, -a / b**2)", "(1 / b, -a / b)"),
        "The slope of 1/b is -1/b², with a square.",
        edited(divide_rule, "(1 / b, -a / b**2)", "(-a / b**2, 1 / b)"),
        "The two slopes are swapped: first the one toward `a`.",
    ),
    hints=["Read a / b as a product of a and 1/b.", "The derivative of 1/b is -1/b²."],
    holds="You now have division, and the `Value` can average.",
)
