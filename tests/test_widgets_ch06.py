"""The live figure of chapter 06, its gallery of bugs, and what the prose says of both."""

import numpy as np
import pytest
from matplotlib.path import Path
from turning import fresh, laid_out, turn

from nnlib import datasets
from nnlib.exercises import exercises
from nnlib.exercises.ch06_gradient_checking import central_difference, relative_error
from nnlib.plots import COLORS
from nnlib.widgets import ch06_bugs as bugs
from nnlib.widgets import v_curve
from nnlib.widgets.ch06_v_curve import ACTIVATIONS, DERIVATIVES, EPSILONS, FLOOR, agreeing, forward

X, y = datasets.xor()
LAYERS = ["W1", "b1", "W2", "b2", "W3", "b3"]


def network(seed=0):
    rng = np.random.default_rng(seed)
    return [{"W": rng.normal(size=shape), "b": rng.normal(size=shape[1])} for shape in ((2, 3), (3, 3), (3, 1))]


def make():
    return v_curve(X, y, network())


@pytest.fixture
def live():
    return fresh(make, guess="far larger")


def turned(live, **values):
    """The errors at the chosen ε after turning: of the whole gradient, and of each array by name."""
    whole, each, _ = turn(live, **values).result
    now = EPSILONS.index(live.controls["epsilon"].value)
    return whole[now], dict(zip(LAYERS, each[now], strict=True))


def color_of(live, name):
    bars = live.figure.axes[3]
    return bars.patches[LAYERS.index(name)].get_facecolor()


def test_it_opens_where_its_question_asks(live):
    live.reset()
    assert live.controls["epsilon"].value == 1e-4
    whole, _ = turned(live)
    assert f"{whole:.0e}" == "2e-09"
    assert live.prediction.answer == "far larger"
    assert turned(live, epsilon=1e-10)[0] > 100 * whole


def test_the_numbers_of_the_prose(live):
    assert 1e-11 < turned(live, epsilon=1e-5)[0] < 5e-11
    assert 3e-7 < turned(live, epsilon=1e-10)[0] < 3e-6
    assert turned(live, epsilon=1e-14)[0] > 1e-4
    assert "A right gradient, called wrong" in " ".join(live.notes)


def test_float32_reads_wrong_nearly_everywhere(live):
    live.controls["precision"].value = "float32"
    whole, _, _ = live.result
    best = int(np.argmin(whole))
    assert 2e-3 <= EPSILONS[best] <= 1e-2 and 5e-6 < whole[best] < 2e-5
    assert turned(live, epsilon=1e-9)[0] == pytest.approx(1, abs=1e-6)
    assert "every difference is zero" in " ".join(live.notes)


def errors_left_by(bug):
    """The relative error of each array by name, at the ε and on the network of the chapter."""
    parameters = network()

    def loss(theta, k, key):
        trial = [layer | {key: theta} if i == k else layer for i, layer in enumerate(parameters)]
        return np.mean((forward(X, trial)[-1] - y) ** 2)

    wrong = bugs.faulty(bug)(forward(X, parameters), y, parameters, DERIVATIVES)
    places = [(k, key) for k in range(3) for key in ("W", "b")]
    measured = [
        central_difference(lambda t, k=k, key=key: loss(t, k, key), parameters[k][key].copy(), 1e-5)
        for k, key in places
    ]
    return {name: relative_error(m, wrong[k][key]) for name, m, (k, key) in zip(LAYERS, measured, places, strict=True)}


def test_a_wrong_gradient_is_wrong_at_every_epsilon(live):
    for bug in v_curve_bugs(live)[1:]:
        live.controls["bug"].value = bug
        whole = live.result[0]
        assert live.error is None
        assert whole.min() > 0.15, bug
        assert np.ptp(whole[EPSILONS.index(1e-14) : EPSILONS.index(0.2)]) < 0.01, bug


@pytest.mark.parametrize(
    "bug, expected",
    [
        ("none", dict.fromkeys(LAYERS, 0)),
        ("sign", dict.fromkeys(LAYERS, 1)),
        ("missing 1/n", dict.fromkeys(LAYERS, 3 / 5)),
        ("1/n twice", dict.fromkeys(LAYERS, 3 / 5)),
        ("missing bias gradient", {"W1": 0, "b1": 1, "W2": 0, "b2": 1, "W3": 0, "b3": 1}),
    ],
)
def test_the_fingerprints_are_those_of_the_formula(live, bug, expected):
    each = errors_left_by(bug)
    if bug in v_curve_bugs(live):
        assert turned(live, epsilon=1e-5, bug=bug)[1] == pytest.approx(each, abs=1e-8)
    for name, error in expected.items():
        assert each[name] == pytest.approx(error, abs=1e-8)


def v_curve_bugs(live):
    return list(live.controls["bug"].options)


def test_the_figure_does_not_solve_the_gallery(live):
    assert v_curve_bugs(live) == ["none", "sign", "1/n twice"]


def test_what_is_handed_back_wrongly_leaves_the_last_layers_right():
    each = errors_left_by("forgotten derivative")
    assert min(each[name] for name in LAYERS[:4]) > 0.1 and max(each["W3"], each["b3"]) < 1e-8
    each = errors_left_by("transpose")
    assert min(each["W1"], each["b1"]) > 0.1 and max(each[name] for name in LAYERS[2:]) < 1e-8


def test_the_last_layer_is_exact_at_any_epsilon(live):
    _, each = turned(live, epsilon=0.1)
    assert max(each["W3"], each["b3"]) < 1e-12 and min(each[name] for name in LAYERS[:4]) > 1e-4


def test_the_picture_follows(live):
    figure = live.figure
    curve = next(line for line in figure.axes[0].lines if line.get_marker() == ".")
    visited = []
    for epsilon in (1.0, 0.1, 1e-4, 1e-15):
        turned(live, epsilon=epsilon)
        x, drawn = curve.get_data()
        assert list(x) == [e for e in EPSILONS if e >= epsilon]
        assert np.allclose(drawn, np.maximum(live.result[0][-len(x) :], FLOOR))
        visited.append(np.isfinite(figure.axes[0].lines[0].get_ydata()).sum())
    assert visited == sorted(visited) and visited[-1] == len(x)
    turned(live, epsilon=1e-5, bug="sign")
    assert color_of(live, "b2")[:3] == pytest.approx(rgb("vermillion")) and "wrong" in live.readout
    turned(live, bug="none")
    assert color_of(live, "W2")[:3] == pytest.approx(rgb("blue"))
    turned(live, epsilon=1e-7, bug="none", precision="float32")
    live.reset()
    assert live.readout.startswith("ε = 1e-4: relative error 2e-9, fine.")


def lens(live):
    """What the magnifying glass shows: the rise of the chord over its run, backward's, and the loss as a curve."""
    lines = {line.get_label(): line.get_data() for line in live.figure.axes[2].lines}
    (x, y), (a, b) = lines["chord"], lines["slope of backward"]
    assert list(x) == [-1, 1]
    return (y[1] - y[0]) / 2, np.ptp(b) / np.ptp(a) * np.sign(b[-1]), lines["loss"]


def test_the_chord_is_the_measured_slope_and_the_other_line_the_computed_one(live):
    W1 = network()[0]["W"]
    true = bugs.backward(forward(X, network()), y, network(), DERIVATIVES)[0]["W"][1, 1]
    for epsilon in (1.0, 0.1, 1e-5):
        turn(live, epsilon=epsilon, bug="none", precision="float64")

        def loss(w):
            trial = W1.copy()
            trial[1, 1] = w
            return np.mean((forward(X, [{"W": trial, "b": network()[0]["b"]}, *network()[1:]])[-1] - y) ** 2)

        measured = (loss(W1[1, 1] + epsilon) - loss(W1[1, 1] - epsilon)) / (2 * epsilon)
        rise, computed, (_, curve) = lens(live)
        assert rise * true == pytest.approx(measured, rel=1e-6) and computed == pytest.approx(1)
        assert np.abs(curve - np.linspace(-1.6, 1.6, len(curve))).max() < 5 * epsilon + 1e-9
    turn(live, epsilon=1.0)
    assert lens(live)[0] < 0.5  # a chord that long is seen to miss
    for bug, slope in (("sign", -1), ("1/n twice", 0.25)):
        turn(live, epsilon=1e-5, bug=bug)
        assert lens(live)[:2] == pytest.approx((1, slope), abs=1e-6)


@pytest.mark.parametrize(
    "a, b, shared", [(0.12345678, 0.12349999, 4), (0.5, 0.5, 8), (0.9, 0.1, 0), (2.5, 12.5, 0), (1.0, 1.01, 1)]
)
def test_the_decimals_that_two_numbers_share(a, b, shared):
    assert agreeing(a, b, 8) == agreeing(b, a, 8) == shared


@pytest.mark.parametrize(
    "epsilon, precision, decimals", [(1e-4, "float64", 16), (0.01, "float64", 16), (0.01, "float32", 8)]
)
def test_the_digits_that_the_losses_share_are_gray(live, epsilon, precision, decimals):
    turn(live, epsilon=epsilon, precision=precision)
    words = [text.get_text() for text in live.figure.axes[1].texts if text.get_fontfamily() == ["DejaVu Sans Mono"]]
    same, other = words[0::2], words[1::2]  # of the three lines
    assert same[0] == same[1] != "" and float(same[2].replace("−", "")) == 0
    assert other[0].strip()[0] != other[1].strip()[0]
    assert all(part.endswith("…") == (precision == "float64") for part in other)  # what the processor decides
    high, low, difference = (float((s + o.strip(" …")).replace("−", "-")) for s, o in zip(same, other, strict=True))
    assert difference == pytest.approx(high - low, abs=2.0 * 10 ** -(13 if precision == "float64" else decimals))
    assert f"share {len(same[0].strip()) - 2} of {decimals} decimals" in live.readout


def test_under_the_glass_a_loss_of_few_digits_is_a_staircase(live):
    turn(live, epsilon=1e-16, bug="none", precision="float64")
    assert len(set(lens(live)[2][1])) < 10
    turn(live, epsilon=1e-9, precision="float32")
    assert not lens(live)[2][1].any()


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_the_loss_and_both_ends_of_its_chord_are_under_the_glass(live, precision):
    ax = live.figure.axes[2]
    for epsilon in (1.0, 1e-4, 1e-7, 1e-15, 5e-16, 1e-16):
        turn(live, epsilon=epsilon, bug="none", precision=precision)
        low, high = ax.get_ylim()
        for line in ax.lines:
            if line.get_label() in ("loss", "chord"):
                assert low < 1.1 * line.get_ydata().min() and 1.1 * line.get_ydata().max() < high
    assert ax.bbox.height > 0.25 * live.figure.bbox.height


def test_the_readout_names_no_worst_of_six_that_are_alike(live):
    assert "Each array: 0.6." in turn(live, epsilon=1e-5, bug="1/n twice").readout
    assert "Worst array: W1, 0.45" in turn(live, epsilon=1.0, bug="none").readout


def test_nothing_on_the_right_touches(live):
    turn(live, epsilon=1e-16, bug="none", precision="float64")
    _, digits, lens, bars = laid_out(live).axes
    renderer = live.figure.canvas.get_renderer()
    boxes = [
        text.get_window_extent() for text in digits.texts if text.get_text().strip() and text.get_position()[0] == 0
    ]
    boxes += [lens.get_legend().get_window_extent(renderer), lens.bbox, lens.get_xticklabels()[0].get_window_extent()]
    boxes += [bars.bbox]
    assert all(below.y1 <= above.y0 + 1 for above, below in zip(boxes, boxes[1:]))
    names = [label.get_window_extent() for label in bars.get_yticklabels()]
    assert all(one.y0 >= other.y1 - 1 for one, other in zip(names, names[1:]))


def test_play_comes_down_from_1_and_draws_the_v(live):
    live.restart()
    assert live.controls["epsilon"].value == EPSILONS[-1] == 1
    live.step()
    assert live.controls["epsilon"].value == EPSILONS[-2]
    live.play()
    assert live.controls["epsilon"].value == EPSILONS[0]
    curve = next(line for line in live.figure.axes[0].lines if line.get_marker() == ".")
    assert list(curve.get_xdata()) == EPSILONS
    live.step()
    assert live.controls["epsilon"].value == 1


def test_the_guess_is_answered_from_the_right_end_of_the_v():
    own = make()
    seen, as_it_is = [], own.set
    own.set = lambda **values: (seen.append(values.get("epsilon")), as_it_is(**values))
    own.guess("far larger")
    assert seen[0] == 1 and seen[-1] == own.controls["epsilon"].value == 1e-10
    own.close()


def test_the_digits_stand_still_while_epsilon_moves(live):
    seen = set()
    for epsilon in (1.0, 0.05, 1e-4, 1e-10, 1e-16):
        turn(live, epsilon=epsilon, bug="none", precision="float64")
        words = [text for text in live.figure.axes[1].texts if text.get_fontfamily() == ["DejaVu Sans Mono"]]
        seen.add(tuple((text.get_position(), text.get_fontsize()) for text in words))
        box = live.figure.axes[1].get_window_extent()
        ends = [text.get_window_extent() for text in words if text.get_text().strip()]
        assert max(end.x1 for end in ends) <= box.x1 + 2 and max(end.y1 for end in ends) <= live.figure.bbox.y1
        assert live.figure.axes[2].get_visible()
    assert len(seen) == 1


@pytest.mark.parametrize(
    "epsilon, precision",
    [(1.0, "float64"), (1e-14, "float64"), (1e-16, "float64"), (1e-7, "float32"), (1e-9, "float32")],
)
def test_a_note_covers_no_arm_of_the_v(live, epsilon, precision):
    turn(live, epsilon=1e-16, bug="none", precision="float64")  # the whole V has been visited
    turn(live, epsilon=epsilon, precision=precision)
    valley = laid_out(live).axes[0]
    (said,) = [text for text in valley.texts if text.get_gid() and text.get_visible()]
    card = said.get_bbox_patch().get_window_extent()
    for line in valley.lines[:2]:
        x, y = line.get_data()
        assert not Path(valley.transData.transform(np.column_stack([x, y])[np.isfinite(y)])).intersects_bbox(
            card, filled=False
        )
    for text in valley.texts:
        assert text is said or not text.get_text() or not card.overlaps(text.get_window_extent())
        assert text.get_window_extent().x1 <= valley.get_window_extent().x1


def rgb(name):
    return tuple(int(COLORS[name][k : k + 2], 16) / 255 for k in (1, 3, 5))


def test_it_runs_on_the_readers_functions():
    calls = []

    def spy(name, function):
        def spied(*given):
            calls.append(name)
            return function(*given)

        return spied

    live = v_curve(
        X,
        y,
        network(),
        backward=spy("backward", bugs.faulty("1/n twice")),
        central_difference=spy("central_difference", central_difference),
        relative_error=spy("relative_error", relative_error),
    )
    assert set(calls) == {"backward", "central_difference", "relative_error"}
    assert live.result[0][EPSILONS.index(0.1)] == pytest.approx(0.6, abs=1e-3)
    live.close()


# ---- The gallery ------------------------------------------------------------------------------------


def test_the_gallery_holds_each_bug_once_and_the_exercises_know_it():
    answers = {letter: exercises()[f"bug_{letter}"].solution for letter in bugs.GALLERY}
    assert sorted(answers.values()) == sorted(bugs.BUGS)
    parameters = network()
    trace = forward(X, parameters)
    for letter, suspect in bugs.GALLERY.items():
        for one, other in zip(
            suspect(trace, y, parameters, DERIVATIVES),
            bugs.faulty(answers[letter])(trace, y, parameters, DERIVATIVES),
            strict=True,
        ):
            assert np.array_equal(one["W"], other["W"]) and np.array_equal(one["b"], other["b"])


def first_epoch_below(suspect, seed, loss=0.01):
    """When a run of the chapter has learned XOR, at the rate 0.1."""
    parameters = network(seed)
    for epoch in range(1000):
        trace = forward(X, parameters)
        if np.mean((trace[-1] - y) ** 2) < loss:
            return epoch
        slopes = suspect(trace, y, parameters, DERIVATIVES)
        parameters = [{k: p[k] - 0.1 * s[k] for k in p} for p, s in zip(parameters, slopes, strict=True)]
    return 1000


def test_which_of_the_two_runs_is_first_depends_on_the_start():
    """The opening picture and its answer: both learn, from seed 4 the wrong one first, from seed 0 the right one."""
    right, wrong = bugs.PAIR.values()
    assert first_epoch_below(wrong, 4) < 100 < 2 * first_epoch_below(wrong, 4) < first_epoch_below(right, 4) < 450
    assert first_epoch_below(right, 0) < first_epoch_below(wrong, 0) < 450
    trace = forward(X, network())
    for computed, true in zip(*(f(trace, y, network(), DERIVATIVES) for f in (right, bugs.backward)), strict=True):
        assert np.array_equal(computed["W"], true["W"]) and np.array_equal(computed["b"], true["b"])


def test_without_a_bug_it_is_the_gradient_of_the_library():
    from nnlib import NeuralNetwork

    shapes = zip((2, 3, 3), (3, 3, 1), ("tanh", "tanh", "linear"), strict=True)
    nn = NeuralNetwork([{"n_inputs": i, "n_neurons": o, "activation": name} for i, o, name in shapes], seed=1)
    parameters = nn.get_parameters()
    assert len(ACTIVATIONS) == len(parameters)
    computed = bugs.backward(forward(X, parameters), y, parameters, DERIVATIVES)
    for layer, wanted in zip(computed, nn.gradients(X, y)[1], strict=True):
        assert np.allclose(layer["W"], wanted["W"], rtol=0, atol=1e-12)
        assert np.allclose(layer["b"], wanted["b"], rtol=0, atol=1e-12)


def test_with_one_row_the_two_bugs_of_the_mean_cannot_be_seen():
    """An open question of the chapter."""
    parameters = network()
    trace = forward(X[:1], parameters)
    right = bugs.backward(trace, y[:1], parameters, DERIVATIVES)
    same = []
    for bug in bugs.BUGS:
        wrong = bugs.faulty(bug)(trace, y[:1], parameters, DERIVATIVES)
        same += [bug] * all(np.allclose(a[key], b[key]) for a, b in zip(right, wrong, strict=True) for key in a)
    assert same == ["missing 1/n", "1/n twice"]


def test_an_unknown_bug_is_refused():
    with pytest.raises(ValueError, match="bug must be one of"):
        bugs.faulty("typo")
