"""The live figures of chapter 05, driven without a notebook: what they draw, and what the text says of them."""

import re

import numpy as np
import pytest
from turning import laid_out

from nnlib import NeuralNetwork, datasets, gradient_check
from nnlib.exercises.ch04_nonlinearity import forward, random_layers
from nnlib.exercises.ch05_backpropagation import backward, neuron_backward, tanh_derivative
from nnlib.plots import artist, figure, plot_graph
from nnlib.widgets import neuron_graph, step_backwards, xor_backward
from nnlib.widgets.ch05_step_backwards import START, WALK, WIRES, there_and_back, values_and_slopes
from nnlib.widgets.ch05_xor_backward import ALL, BACKWARDS, EPOCHS, LAYERS, RIGHT, YOURS, train_with, walk_back
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


def test_there_and_back_shows_the_outputs_and_the_slopes_at_the_sums():
    nn, row, answer = NeuralNetwork(LAYERS, seed=0), np.array([[1.0, 0.0]]), np.array([[1.0]])
    left, right = there_and_back(nn, row, answer).axes
    assert artist(left, "value 2 0").get_text() == f"{nn.predict(row)[0, 0]:.2f}".replace("-", "−")
    layer = nn.get_parameters()[1]
    hidden = nn.trace(row)[1][0]
    dz = 2 * (nn.predict(row) - answer) * (1 - nn.predict(row) ** 2)
    at_sums = (dz * layer["W"][:, 0])[0] * (1 - hidden**2)
    for j in range(4):
        assert artist(right, f"value 1 {j}").get_text() == f"{at_sums[j]:.2f}".replace("-", "−")


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


def counters(live):
    said = " ".join(text.get_text() for text in live.figure.axes[0].texts)
    return tuple(int(re.search(rf"{what}: (\d) of 5", said)[1]) for what in ("slopes found", "weights changed"))


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
        marked = sum("still" in artist(ax, f"value {' '.join(wire)}").get_text() for wire in WIRES.values())
        assert marked == lit[-1] and counters(live) == (marked, 0)
    assert lit == [0, 0, 0, 2, 2, 2, 4, 4, 4, 5]
    assert "No weight has moved." in live.readout
    assert live.prediction.answer == "none"


def test_what_is_lit_is_where_the_step_has_found_something():
    live = step_backwards()
    lamps = [each for each in live.figure.axes[0].patches if str(each.get_gid()).startswith("lamp ")]
    names = {each: each.get_gid().removeprefix("lamp ") for each in lamps}
    lit, passed, gray = [], [], []
    for back in range(len(WALK) + 1):
        live.controls["back"].value = back
        shown = [each for each in lamps if each.get_visible()]
        lit.append(" ".join(sorted(names[each] for each in shown if each.get_alpha() == 1)))
        passed.append(sum(each.get_alpha() < 1 for each in shown))
        arrows = [text for text in live.figure.axes[0].texts if hasattr(text, "arrow_patch")]
        gray.append(sum(arrow.get_visible() for arrow in arrows))
    assert passed == [0, 0, 1, 1, 1, 3, 3, 3, 5, 5]  # arrows only
    assert gray == [6, 5, 5, 3, 3, 3, 1, 1, 1, 0]  # none under an arrow that points back
    assert lit == ["", "a aL", "a", "pa qa", "p pa q qa", "p q", "hp hq", "h hp hq", "h", "xh"]


def test_an_arrow_back_is_as_strong_as_the_slope_that_it_carries():
    live = step_backwards()
    live.set(back=len(WALK))
    widths = {name: artist(live.figure.axes[0], f"lamp {name}").get_linewidth() for name in ("aL", "pa", "qa", "hp")}
    assert widths["aL"] > widths["pa"] > widths["qa"] > widths["hp"]  # -1.615, -1.088, -0.777, -0.365
    live.set(steps=20)
    assert max(artist(live.figure.axes[0], f"lamp {name}").get_linewidth() for name in widths) < widths["hp"]


def test_a_lit_arrow_points_back():
    ax = step_backwards().figure.axes[0]
    tail, head = artist(ax, "lamp hp")._posA_posB
    assert tail[0] > head[0]


def test_the_numbers_of_the_walk_are_those_of_the_text():
    live = step_backwards()
    live.controls["back"].value = 7
    assert "−0.885 + 0.520 = −0.365" in live.readout
    live.controls["w4"].value = 0.0
    slopes = live.result[2]
    assert slopes["p"] == slopes["zp"] == slopes["w2"] == 0
    live.controls["steps"].value = 1
    assert counters(live)[1] == 4  # without a slope w2 stays
    live.controls["steps"].value = 0
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
    assert "after 20 steps" in live.readout and "No weight has moved" not in live.readout


@pytest.mark.parametrize("w1, w4", [(START["w1"], START["w4"]), (2.0, -2.0), (-2.0, 2.0), (-2.0, -2.0)])
def test_the_small_curve_is_the_loss_over_the_steps_taken_so_far(w1, w4):
    live = step_backwards()
    small = live.figure.axes[0].child_axes[0]
    losses = []
    for steps in range(0, 21):
        live.set(w1=w1, w4=w4, steps=steps)
        losses.append(live.result[1]["L"])
        np.testing.assert_allclose(small.lines[0].get_ydata(), np.array(losses) / losses[0])
    assert small.get_ylim() == (0, 1) and max(losses) == losses[0]


def test_a_slider_is_named_after_the_start_and_a_slope_once():
    live = step_backwards()
    live.set(back=len(WALK), steps=20)
    assert [live.controls[key].description for key in ("w1", "w4")] == ["start of w₁", "start of w₄"]
    assert live.result[0]["w1"] != live.controls["w1"].value
    texts = " ".join(text.get_text() for text in live.figure.axes[0].texts)
    assert "dL" not in texts and texts.count(f"da −{abs(live.result[2]['a']):.3f}") == 1


def test_one_step_is_against_the_slopes():
    live = step_backwards()
    live.controls["steps"].value = 1
    assert counters(live) == (0, 5)
    slopes = values_and_slopes(START)[1]
    assert live.result[0] == {name: START[name] - 0.5 * slopes[name] for name in START}


# ---- XOR with the reader's backward -----------------------------------------------------------------


def xor_with(which, **settings):
    live = xor_backward()
    live.set(which=which, **settings)
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
    losses, outputs, problem = train_with(walk_back, X, y, 0, 0.2)
    history = nn.fit(X, y, epochs=EPOCHS, batch_size=4)
    assert problem == ""
    np.testing.assert_allclose(losses[:-1], history["train_loss"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(outputs[-1], nn.predict(X), rtol=0, atol=1e-12)
    assert losses[-1] == pytest.approx(nn.loss(X, y), abs=1e-12)


def words(live, name):
    return artist(live.figure.axes[1], f"words {name}").get_text()


def test_the_mistakes_are_named_before_the_guess():
    live = xor_backward()
    assert [words(live, name).split("\n")[0] for name in BACKWARDS] == list(BACKWARDS)
    assert all(words(live, name).endswith("does it learn?") for name in list(BACKWARDS)[1:])
    (line,) = [line for line in live.figure.axes[0].lines if not line.get_gid()]
    assert list(line.get_ydata()) == [0.05, 0.05]
    assert "the right one has learned" in live.readout
    live.set(epoch=0)
    assert "the right one has not learned yet" in live.readout


def test_two_of_the_five_mistakes_learn_all_the_same():
    live = xor_backward()
    live.guess("none")
    assert live.error is None and live.prediction.answer == "two"
    assert {key: live.controls[key].value for key in ("which", "rate", "seed")} == live.prediction.settings
    assert live.readout == "Epoch 500: 2 of the 5 with a mistake have learned."
    assert [name for name in BACKWARDS if words(live, name).endswith(": learned")] == [RIGHT, *list(BACKWARDS)[-2:]]
    marks = {name: artist(live.figure.axes[1], f"mark {name}") for name in BACKWARDS}
    assert [name for name, mark in marks.items() if mark.get_text() == "✓"] == [RIGHT, *list(BACKWARDS)[-2:]]
    assert [name for name, mark in marks.items() if mark.get_text() == "✗"] == list(BACKWARDS)[1:-2]
    assert "loss 0.0012" in words(live, RIGHT)
    assert "loss 0.0019" in words(live, the_one("db"))
    assert "loss 0.0133" in words(live, the_one("divided"))
    assert "the shapes do not fit" in words(live, the_one("W not"))


def test_nothing_is_said_to_fail_before_the_end_but_what_stops():
    live = xor_with(ALL, epoch=110)
    marks = [artist(live.figure.axes[1], f"mark {name}").get_text() for name in BACKWARDS]
    assert marks == ["✓", "?", "?", "✗", "?", "?"]
    assert "none of the 5 with a mistake have learned so far" in live.readout
    assert words(live, the_one("db")).endswith(": not learned yet")
    live.set(epoch=200)
    assert artist(live.figure.axes[1], f"mark {the_one('db')}").get_text() == "✓"
    assert "1 of the 5 with a mistake has learned so far" in live.readout


def test_without_the_slope_the_loss_never_comes_to_rest():
    losses = xor_with(ALL).result[the_one("the slope")][0]
    assert 0.13 < min(losses) < 0.14
    last = np.array(losses[-20:])
    assert set(last.round(2)) == {0.22, 0.26} and (np.abs(np.diff(last)) > 0.03).all()


def test_the_swapped_sign_ends_at_minus_one_everywhere():
    losses, outputs, _ = xor_with(ALL).result[the_one("the sign")]
    np.testing.assert_allclose(outputs[-1], -1, atol=0.01)
    assert losses[-1] == pytest.approx(2.5, abs=0.01)


def test_every_curve_runs_to_the_epoch_that_is_shown():
    live = xor_with(ALL)
    curves = {name: artist(live.figure.axes[0], f"loss {name}") for name in [*BACKWARDS, YOURS]}
    for epoch in (0, 100, EPOCHS):
        live.set(epoch=epoch)
        assert live.error is None
        drawn = {name: len(curve.get_xdata()) for name, curve in curves.items()}
        assert drawn.pop(the_one("W not")) == drawn.pop(YOURS) == 0
        assert set(drawn.values()) == {epoch + 1}
    live.set(which=RIGHT)
    assert [name for name, curve in curves.items() if len(curve.get_xdata())] == [RIGHT]


def test_playing_trains_nothing_again():
    live = xor_with(ALL)
    before = live.result
    live.set(epoch=10)
    assert live.result is before


def test_dividing_twice_is_a_quarter_of_the_learning_rate():
    twice = xor_with(ALL, rate=0.2).result[the_one("divided")][0]
    slow = xor_with(RIGHT, rate=0.05).result[RIGHT][0]
    np.testing.assert_allclose(twice, slow, rtol=1e-9)


@pytest.mark.parametrize("which", [RIGHT, ALL])
@pytest.mark.parametrize("rate", [0.001, 10.0])
def test_extreme_rates_are_drawn_and_told(which, rate):
    live = xor_with(which, rate=rate, seed=50)
    assert live.error is None and live.readout
    curves = laid_out(live).axes[0]
    note, named = (next(t for t in curves.texts if start in t.get_text()) for start in ("Not one", "learned: loss"))
    assert note.get_window_extent().y1 < curves.transData.transform((0, 0.05))[1] - 10 * live.figure.dpi / 100
    assert not note.get_window_extent().overlaps(named.get_window_extent())
    assert live.notes, "neither crawling nor thrashing learns XOR, and the figure says so"


def test_what_is_not_written_yet_is_told():
    def backward(trace, y, parameters, derivatives):
        """To be written."""
        ...

    live = xor_backward(backward)
    assert live.controls["which"].value == RIGHT
    live.controls["which"].value = YOURS
    assert live.error is None and "not written yet" in live.readout and "not written yet" in words(live, YOURS)


def test_the_librarys_own_is_not_taken_for_the_readers():
    live = xor_backward(backward)
    assert live.controls["which"].value == RIGHT


def test_the_readers_own_is_used_at_once_right_or_wrong():
    def right(*given):
        return backward(*given)

    def climbing(*given):
        return [{key: -slope for key, slope in layer.items()} for layer in backward(*given)]

    live = xor_backward(right)
    assert live.controls["which"].value == YOURS
    assert live.result[YOURS][0][-1] < 0.01 and ": learned" in words(live, YOURS)
    live = xor_backward(climbing)
    losses = live.result[YOURS][0]
    assert losses[-1] > losses[0] and ": learned" in words(live, RIGHT)


@pytest.mark.parametrize(
    "odd, told",
    [
        (lambda layers: layers[::-1], "has shape"),
        (lambda layers: layers[:1], "a list of 2 dicts"),
        (lambda layers: [(layer["W"], layer["b"]) for layer in layers], "a dict with 'W' and 'b'"),
        (lambda layers: layers[0]["W"], "a list of 2 dicts"),
        (lambda layers: [{"W": layer["W"], "b": layer["b"].sum()} for layer in layers], "has shape ()"),
        (lambda layers: [{key: value * np.nan for key, value in layer.items()} for layer in layers], "exploded"),
    ],
)
def test_what_has_another_form_is_told(odd, told):
    def yours(*given):
        return odd(backward(*given))

    live = xor_backward(yours)
    assert live.error is None and told in live.readout and ": learned" in words(live, RIGHT)


@pytest.mark.parametrize("error", [IndexError("list index out of range"), ValueError("shapes (4,1) and (4,1)")])
def test_an_exception_of_the_readers_is_told_and_left_behind(error):
    def yours(*given):
        raise error

    live = xor_backward(yours)
    assert live.error is error and str(error) in live.readout
    live.controls["which"].value = RIGHT
    assert live.error is None and ": learned" in words(live, RIGHT)


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
