"""The live figures of chapter 05, driven without a notebook: what they draw, and what the text says of them."""

import re

import numpy as np
import pytest

from nnlib import NeuralNetwork, datasets, gradient_check
from nnlib.exercises.ch04_nonlinearity import forward, random_layers
from nnlib.exercises.ch05_backpropagation import backward, neuron_backward, tanh_derivative
from nnlib.plots import artist, figure, plot_graph
from nnlib.widgets import neuron_graph, step_backwards, xor_backward
from nnlib.widgets.ch05_step_backwards import START, WALK, WIRES, values_and_slopes
from nnlib.widgets.ch05_xor_backward import BACKWARDS, EPOCHS, LAYERS, YOURS, train_with, walk_back
from nnlib.widgets.live import figure as engine


@pytest.fixture(autouse=True)
def close_all():
    yield
    for live in list(engine._open.values()):
        live.close()


def slope(f, at, h=1e-6):
    return (f(at + h) - f(at - h)) / (2 * h)


# ---- The graph of a neuron --------------------------------------------------------------------------


def test_the_neuron_shows_the_numbers_of_the_text():
    ax = neuron_graph(2.0, 0.5, -0.5, 1.0)
    shown = {
        wire: artist(ax, f"gradient {wire}").get_text() for wire in ("x times", "w times", "b plus", "tanh square")
    }
    assert shown == {"x times": "−0.423", "w times": "−1.692", "b plus": "−0.846", "tanh square": "−1.076"}
    assert artist(ax, "value plus tanh").get_text() == "z = 0.5"
    dw, db = neuron_backward(2.0, 0.5, -0.5, 1.0)
    assert (f"{dw:.3f}", f"{db:.3f}") == ("-1.692", "-0.846")


def test_the_neuron_hides_its_slopes_behind_question_marks():
    ax = neuron_graph(2.0, 0.5, -0.5, 1.0, gradients=False)
    assert {artist(ax, f"gradient {wire}").get_text() for wire in ("x times", "w times", "b plus", "plus tanh")} == {
        "?"
    }
    assert artist(ax, "value tanh square").get_text() == "a = 0.462"


def test_a_graph_stays_inside_its_axes_and_turns_its_texts_with_the_arrows():
    nodes = {"a": (0, 0, "a"), "b": (3, 3, "b")}
    ax = plot_graph(nodes, {("a", "b"): ("1", "2")}, figure(size=(4, 4))[1])
    value, gradient = artist(ax, "value a b"), artist(ax, "gradient a b")
    assert value.get_rotation() == pytest.approx(45)
    assert value.get_position()[1] > gradient.get_position()[1]  # above the arrow, and below it
    assert ax.get_xlim()[0] < -0.5 and ax.get_xlim()[1] > 3.5


# ---- Step backwards ---------------------------------------------------------------------------------


def loss_at(weights):
    return values_and_slopes(weights)[0]["L"]


@pytest.mark.parametrize("w1", [-2.0, -0.3, 0.0, 0.6, 2.0])
@pytest.mark.parametrize("w4", [-2.0, 0.0, 0.7, 2.0])
def test_every_slope_is_the_measured_one(w1, w4):
    weights = START | {"w1": w1, "w4": w4}
    found = values_and_slopes(weights)[1]
    for name in WIRES:
        measured = slope(lambda value, name=name: loss_at(weights | {name: value}), weights[name])
        assert found[name] == pytest.approx(measured, abs=1e-8), name


def test_the_walk_lights_one_step_after_the_other_and_moves_no_weight():
    live = step_backwards()
    ax = live.figure.axes[0]
    lit = []
    for back in range(len(WALK) + 1):
        live.controls["back"].value = back
        assert live.error is None
        assert live.result[0] == START
        assert live.readout.startswith("Loss 0.652.")
        lit.append(sum(bool(artist(ax, f"gradient {' '.join(wire)}").get_text()) for wire in WIRES.values()))
    assert lit == [0, 0, 0, 2, 2, 2, 4, 4, 4, 5]
    assert "Every weight is where it was." in live.readout
    assert live.prediction.answer == "none"


def test_the_numbers_of_the_walk_are_those_of_the_text():
    live = step_backwards()
    live.controls["back"].value = 7
    assert "−0.885 + 0.520 = −0.365" in live.readout
    live.controls["w4"].value = 0.0
    weights, values, slopes = live.result
    assert slopes["p"] == slopes["zp"] == slopes["w2"] == 0
    live.controls["w4"].value = -0.7
    assert live.result[2]["p"] > 0


@pytest.mark.parametrize("w1", [-2.0, 0.0, 0.6])
@pytest.mark.parametrize("w4", [-2.0, 0.0, 0.7])
def test_numbers_are_written_alike(w1, w4):
    live = step_backwards()
    live.controls["w1"].value, live.controls["w4"].value = w1, w4
    for back in range(len(WALK) + 1):
        live.controls["back"].value = back
        texts = [live.readout, *(text.get_text() for text in live.figure.axes[0].texts)]
        assert not any("-" in text or "−0.000" in text or re.search("[−+]0(?![.])", text) for text in texts), texts
        assert all(len(number) == 3 for number in re.findall(r"\d\.(\d+)", live.readout)), live.readout


def test_each_neuron_has_its_own_dz():
    live = step_backwards()
    for back, names in ((2, "a"), (5, "pq"), (8, "h")):
        live.controls["back"].value = back
        assert all(f"dz of {name} = d{name} · (1 − {name}²)" in live.readout for name in names)


def test_after_a_reset_the_steps_start_at_the_loss_of_the_text():
    live = step_backwards()
    live.controls["back"].value = 9
    assert live.result[1]["L"] == pytest.approx(0.652, abs=5e-4)
    live.controls["steps"].value = 20
    assert live.result[1]["L"] < 0.01


def test_steps_go_down_and_the_slopes_shrink_with_the_loss():
    live = step_backwards()
    before = live.result[2]
    losses = []
    for steps in range(21):
        live.controls["steps"].value = steps
        losses.append(live.result[1]["L"])
    assert all(np.diff(losses) < 0) and losses[-1] < 0.01
    assert all(abs(live.result[2][name]) < abs(before[name]) for name in WIRES)
    assert "after 20 steps" in live.readout and "Every weight is where it was" not in live.readout


def test_one_step_is_against_the_slopes():
    live = step_backwards()
    live.controls["steps"].value = 1
    slopes = values_and_slopes(START)[1]
    assert live.result[0] == {name: START[name] - 0.5 * slopes[name] for name in START}


# ---- XOR with the reader's backward -----------------------------------------------------------------


def xor_with(whose, **settings):
    live = xor_backward()
    for name, value in settings.items():
        live.controls[name].value = value
    live.controls["whose"].value = whose
    return live


def the_one(start):
    return next(name for name in BACKWARDS if name.startswith(start))


def test_the_right_one_is_right():
    X, y = datasets.xor()
    nn = NeuralNetwork(LAYERS, seed=3)
    trace = nn.trace(X)
    found = walk_back(trace, y, nn.get_parameters(), [tanh_derivative] * 2)
    wanted = nn.gradients(X, y)[1]
    for mine, theirs in zip(found, wanted, strict=True):
        for key in ("W", "b"):
            np.testing.assert_allclose(mine[key], theirs[key], rtol=0, atol=1e-14)
    assert max(error for layer in gradient_check(nn, X, y) for error in layer.values()) < 1e-7


def test_the_right_one_trains_as_nnlib_does():
    X, y = datasets.xor()
    nn = NeuralNetwork(LAYERS, learning_rate=0.2, seed=0)
    parameters, losses, problem = train_with(walk_back, X, y, nn.get_parameters(), 0.2)
    history = nn.fit(X, y, epochs=EPOCHS, batch_size=4)
    assert problem == ""
    np.testing.assert_allclose(losses, history["train_loss"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(parameters[1]["W"], nn.get_parameters()[1]["W"], rtol=0, atol=1e-12)


def loss_shown(live):
    """The loss in the readout, inf where there is none."""
    found = re.search(r"loss (\d+\.\d+) after", live.readout)
    return float(found[1]) if found else np.inf


def test_two_of_the_five_mistakes_learn_all_the_same():
    live = xor_backward()
    ends = {}
    for name in BACKWARDS:
        live.controls["whose"].value = name
        assert live.error is None
        ends[name] = loss_shown(live)
    assert ends.pop("the right one") == 0.0012
    assert sum(end < 0.05 for end in ends.values()) == 2
    assert live.prediction.answer == "two"
    assert ends[the_one("the sign")] == pytest.approx(2.5, abs=0.01)
    assert ends[the_one("the slope")] == pytest.approx(0.25, abs=0.04)
    assert ends[the_one("W not")] == np.inf
    assert ends[the_one("db")] == 0.0019
    assert ends[the_one("divided")] == 0.0133


def test_the_swapped_sign_ends_at_minus_one_everywhere():
    live = xor_with(the_one("the sign"))
    shown = NeuralNetwork(LAYERS, seed=0)
    shown.set_parameters(live.result[0])
    np.testing.assert_allclose(shown.predict(datasets.xor()[0]), -1, atol=0.01)
    assert "2 of 4 points right" in live.readout


def test_the_line_of_the_decision_is_drawn_where_there_is_one():
    live = xor_with("the right one")
    boundary = live.figure.axes[0].lines[0]
    assert len(boundary.get_xdata()) > 20
    live.controls["whose"].value = the_one("W not")
    assert len(boundary.get_xdata()) == 0


def test_dividing_twice_is_a_quarter_of_the_learning_rate():
    twice = xor_with(the_one("divided"), rate=0.2).result[1]
    slow = xor_with("the right one", rate=0.05).result[1]
    np.testing.assert_allclose(twice, slow, rtol=1e-9)


@pytest.mark.parametrize("name", BACKWARDS)
@pytest.mark.parametrize("rate", [0.001, 10.0])
def test_extreme_rates_are_drawn_and_told(name, rate):
    live = xor_with(name, rate=rate, seed=50)
    assert live.error is None and live.readout
    notes = [text.get_text() for ax in live.figure.axes for text in ax.texts if text.get_gid() == engine.NOTE]
    assert any(notes), "neither crawling nor thrashing learns XOR, and the figure says so"


def test_what_is_not_written_yet_is_told():
    def backward(trace, y, parameters, derivatives):
        """To be written."""
        ...

    live = xor_backward(backward)
    assert live.controls["whose"].value == "the right one"
    live.controls["whose"].value = YOURS
    assert live.error is None and "not written yet" in live.readout


def test_the_librarys_own_is_not_taken_for_the_readers():
    live = xor_backward(backward)
    assert live.controls["whose"].value == "the right one"


def test_the_readers_own_is_used_at_once_right_or_wrong():
    def right(*given):
        return backward(*given)

    def climbing(*given):
        return [{key: -slope for key, slope in layer.items()} for layer in backward(*given)]

    live = xor_backward(right)
    assert live.controls["whose"].value == YOURS
    assert live.result[1][-1] < 0.01 and "4 of 4" in live.readout
    live = xor_backward(climbing)
    assert live.result[1][-1] > live.result[1][0]


@pytest.mark.parametrize(
    "odd, words",
    [
        (lambda layers: layers[::-1], "has shape"),
        (lambda layers: layers[:1], "a list of 2 dicts"),
        (lambda layers: [(layer["W"], layer["b"]) for layer in layers], "a dict with 'W' and 'b'"),
        (lambda layers: layers[0]["W"], "a list of 2 dicts"),
        (lambda layers: [{"W": layer["W"], "b": layer["b"].sum()} for layer in layers], "has shape ()"),
        (lambda layers: [{key: value * np.nan for key, value in layer.items()} for layer in layers], "exploded"),
    ],
)
def test_what_has_another_form_is_told(odd, words):
    def yours(*given):
        return odd(backward(*given))

    live = xor_backward(yours)
    assert live.error is None and words in live.readout


def test_an_exception_of_the_readers_is_told_and_left_behind():
    def yours(*given):
        raise IndexError("list index out of range")

    live = xor_backward(yours)
    assert isinstance(live.error, IndexError) and "list index out of range" in live.readout
    live.controls["whose"].value = "the right one"
    assert live.error is None and "4 of 4" in live.readout


# ---- What the text says of the cost -----------------------------------------------------------------


class Counted(np.ndarray):
    """An array that counts the matrix products in which it stands on the left."""

    products = 0

    def __matmul__(self, other):
        Counted.products += 1
        return super().__matmul__(other)


@pytest.mark.parametrize("sizes", [(2, 4, 1), (64, 32, 10)])
def test_a_layer_costs_one_product_forward_and_two_back(sizes):
    rng = np.random.default_rng(0)
    parameters = random_layers(rng, *sizes)
    Counted.products = 0
    trace = forward(rng.normal(size=(5, sizes[0])).view(Counted), parameters, [np.tanh] * 2)
    assert Counted.products == 2
    backward(trace, np.zeros((5, sizes[-1])), parameters, [tanh_derivative] * 2)
    assert Counted.products == 2 + 4
