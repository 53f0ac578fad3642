"""Chapter 17: what a run is told by, the code that repeats it, and the figure that shows it."""

import dataclasses
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from turning import laid_out

import nnlib
from nnlib import NeuralNetwork, datasets
from nnlib.exercises.ch17_playground import BY_HEART, ran
from nnlib.exercises.engine.declare import exercises
from nnlib.exercises.engine.judging import judge
from nnlib.playground import _CHOICES, CURVES, DATA, INPUTS, Impossible, Run, Settings
from nnlib.widgets import playground
from nnlib.widgets.ch17_picture import HEIGHT, MOST, PLANE, RESOLUTION, WIDTH
from nnlib.widgets.ch17_playground import GALLERY, SPEEDS

OWN = {
    "own arrays": (datasets.moons(30)[0], datasets.moons(30)[1][:, 0]),
    "own curve": datasets.noisy_sine(20),
}


@st.composite
def possible(draw, arrays=True):
    """Settings of a small run, each of them turned."""
    number = st.floats(0.001, 0.5)
    name = draw(st.sampled_from([each for each in DATA if arrays or each not in OWN]))
    loss = "mse" if name in CURVES else draw(st.sampled_from(["mse", "cross_entropy"]))
    point = st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.sampled_from([0, 1]))
    inputs = draw(st.lists(st.sampled_from(list(INPUTS)), unique=True))
    return Settings(
        data=name,
        n=draw(st.integers(4, 60)),
        noise=draw(st.just(0.0) | number),
        data_seed=draw(st.integers(0, 99)),
        points=() if name in CURVES else draw(st.lists(point, min_size=3, max_size=5)),
        held=draw(st.sampled_from([0.0, 0.3, 0.5]) | number),
        inputs=("x1", *inputs),
        hidden=draw(st.lists(st.integers(1, 5), max_size=3)),
        activation=draw(st.sampled_from(_CHOICES["activation"])),
        initializer=draw(st.sampled_from(_CHOICES["initializer"])),
        output="linear" if loss == "cross_entropy" else draw(st.sampled_from(_CHOICES["output"])),
        loss=loss,
        optimizer=draw(st.sampled_from(_CHOICES["optimizer"])),
        learning_rate=draw(st.floats(1e-4, 0.2)),
        scheduler=draw(st.sampled_from(_CHOICES["scheduler"])),
        gamma=draw(st.floats(0.1, 1)),
        step_size=draw(st.integers(1, 9)),
        l2_lambda=draw(st.just(0.0) | number),
        batch_size=draw(st.integers(1, 30)),
        seed=draw(st.integers(0, 99)),
        epochs=draw(st.integers(1, 9)),
    )


def digits(history):
    """Every digit of a history, and nan like nan."""
    return {key: list(map(repr, column)) for key, column in history.items()}


def by_its_code(told):
    X, y = OWN.get(told.data, (None, None))
    names = {"X": X, "y": y}
    exec(told.code(), names)
    return names["history"]


def run_of(told):
    return Run(told, *OWN.get(told.data, ()))


# ---- settings ---------------------------------------------------------------------------------------


@given(possible())
def test_the_line_and_the_repr_read_back_are_the_settings(told):
    assert Settings.read(str(told)) == told
    assert eval(repr(told)) == told
    assert "\n" not in str(told)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(possible(), st.data())
def test_the_code_gives_the_history_of_the_figure_to_the_last_digit(told, data):
    run = run_of(told)
    while not run.is_over:  # as a reader goes: some updates, some epochs, some pictures
        run.update()
        run.train(epochs=data.draw(st.integers(1, 4)))
        run.shown.predict(run.inputs(run.X))
    if run.ran_away:
        with pytest.raises(ValueError, match="diverged"):
            by_its_code(told)
    else:
        assert digits(run.nn.history) == digits(by_its_code(told))


def test_every_setting_changes_the_code():
    turned = {
        "data": "moons", "n": 50, "noise": 0.2, "data_seed": 3, "points": ((0.5, 0.5, 1),), "held": 0.5,
        "inputs": ("x1", "x2²"), "hidden": (3, 2), "activation": "relu", "initializer": "he", "output": "tanh",
        "loss": "cross_entropy", "optimizer": "Adam", "learning_rate": 0.3, "scheduler": "ExponentialLR",
        "gamma": 0.5, "step_size": 7, "l2_lambda": 0.1, "batch_size": 3, "seed": 5, "epochs": 7,
    }  # fmt: skip
    assert set(turned) == {field.name for field in dataclasses.fields(Settings)}
    start = Settings(scheduler="StepLR")
    for name, value in turned.items():
        assert dataclasses.replace(start, **{name: value}).code() != start.code(), name


@pytest.mark.parametrize(
    "told, sentence",
    [
        ({"loss": "cross_entropy", "output": "tanh"}, "the output must be linear"),
        ({"data": "noisy sine", "loss": "cross_entropy"}, "a curve has no classes"),
        ({"data": "noisy sine", "inputs": ("x2",)}, "only x1"),
        ({"data": "noisy sine", "points": ((0, 0, 1),)}, "a curve has no classes"),
        ({"data": "own points", "points": ((0, 0, 1),)}, "so far there are 1"),
        ({"held": 1.0}, "no row would be left"),
        ({"held": -0.1}, "held must be a finite number of at least 0"),
        ({"hidden": (0,)}, "a hidden layer's width must be at least 1, got 0"),
        ({"hidden": 4}, "hidden must be a tuple such as"),
        ({"inputs": ()}, "inputs must be some of x1, x2"),
        ({"inputs": ("x3",)}, "got ['x3']"),
        ({"points": ((0, 0, 2),)}, "with the class 0 or 1"),
        ({"points": (1,)}, "points must be (x1, x2, class)"),
        ({"inputs": ([1],)}, "got [[1]]"),
        ({"data": "moon"}, "data must be one of xor, circles"),
        ({"learning_rate": 0}, "learning_rate must be a finite number above 0"),
        ({"gamma": 1.1}, "at most 1"),
        ({"n": 1}, "n must be at least 2"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"data": "own arrays"}, "own arrays are yours to give"),
        ({"depth": 3}, "no setting is called 'depth'"),
    ],
)
def test_what_cannot_be_says_why(told, sentence):
    with pytest.raises(Impossible, match=re.escape(sentence)):
        Run(Settings.of(told))
    with pytest.raises(ValueError, match=re.escape(sentence)):
        playground(**told)


@pytest.mark.parametrize(
    "line",
    [
        "This run in one line: playground(data='moons', points=((0.5, 0.5, 1),))",
        "live = playground(data='moons', points=((0.5, 0.5, 1),))\nlive",
        "\"playground(data='moons', points=((0.5, 0.5, 1),))\".",
        "dict(data='moons', points=((0.5, 0.5, 1),))",
        repr(Settings(data="moons", points=((0.5, 0.5, 1),))),
    ],
)
def test_a_line_is_read_with_the_words_around_it(line):
    assert Settings.read(line) == Settings(data="moons", points=((0.5, 0.5, 1),))


@pytest.mark.parametrize(
    "line",
    [
        "", "moons", "playground", "playground(3)", "print(1)", "playground(n=__import__)", "playground(n=exit())",
        None, "playground(n=3); print(1)", "playground(n=3) playground(n=4)", "print(playground(n=3))",
        "myplayground(n=3)",
    ],
)  # fmt: skip
def test_a_line_that_tells_no_run_is_refused_and_not_run(line):
    with pytest.raises(Impossible, match="must look like"):
        Settings.read(line)


# ---- a run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"optimizer": "Adam", "scheduler": "ExponentialLR", "l2_lambda": 0.01}])
def test_after_some_updates_the_network_is_what_those_batches_make_of_it(monkeypatch, more):
    run = Run(Settings(batch_size=50, epochs=2, **more))
    seen = [run.nn.get_parameters()[0]["W"]]
    for _ in range(2 * run.updates_an_epoch):
        run.update()
        seen.append(run.shown.get_parameters()[0]["W"])
    assert run.updates == len(seen) - 1 == 6 and run.is_over
    assert all(not np.array_equal(a, b) for a, b in zip(seen, seen[1:]))
    made, descend = [], NeuralNetwork._descend
    monkeypatch.setattr(
        NeuralNetwork, "_descend", lambda nn, *given: (descend(nn, *given), made.append(nn.layers[0].W.copy()))[0]
    )
    whole = Run(Settings(batch_size=50, epochs=2, **more))
    whole.train()
    np.testing.assert_array_equal(seen[1:], made)
    whole.update()  # after the end nothing moves
    assert whole.updates == 6


def test_within_an_epoch_that_runs_away_the_network_of_before_stays_in_view():
    run = Run(Settings(learning_rate=1e100))
    before = run.nn.get_parameters()[0]["W"]
    for _ in range(run.updates_an_epoch - 1):
        run.update()  # far away at first, and a number
        assert np.isfinite(run.shown.get_parameters()[0]["W"]).all()
    np.testing.assert_array_equal(run.shown.get_parameters()[0]["W"], before)
    assert not run.is_over
    run.update()
    assert run.is_over and run.ran_away


def test_a_run_that_runs_away_ends_at_the_same_epoch_in_pieces_of_any_size():
    told = Settings(learning_rate=30.0)
    whole, pieces = Run(told), Run(told)
    whole.train()
    while not pieces.is_over:
        pieces.train(epochs=1)
    assert whole.ran_away and whole.is_over
    assert whole.end == pieces.end == whole.nn.epoch == pieces.nn.epoch < told.epochs
    assert digits(whole.nn.history) == digits(pieces.nn.history)


def test_training_takes_no_longer_than_it_may_and_one_epoch_at_least():
    run = Run(Settings(epochs=100_000))
    run.train(seconds=0)
    assert run.nn.epoch == 1 and 0 < run.pace < np.inf
    assert "s to go" in playground(epochs=10)._picture_of_run.show(run)


def test_held_back_rows_are_those_that_the_network_is_not_trained_on():
    run = Run(Settings())
    for rows, of_points in ((run.rows, run.X[~run.held]), (run._validation[0], run.X[run.held])):
        np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(of_points, axis=0))
    assert run.held.sum() == 60


@pytest.mark.parametrize(
    "X, y, said",
    [
        (np.zeros((3, 2)), [0, 1, 2], "classes 0 and 1"),
        (np.zeros((3, 3)), [0, 1, 1], r"\(n, 2\)"),
        (np.zeros(3), [0, 1, 1], r"\(n, 1\) for a curve, got \(3,\)"),
        (np.zeros((3, 2)), [0, 1], "y must have shape"),
        (np.full((3, 2), np.nan), [0, 1, 1], "finite"),
        (np.zeros((3, 2)), None, "together"),
    ],
)
def test_arrays_that_cannot_be_shown_say_why(X, y, said):
    with pytest.raises(ValueError, match=said):
        playground(X, y)


# ---- the figure -------------------------------------------------------------------------------------


@pytest.fixture
def live():
    live = playground(hidden=(5, 3), epochs=20)
    yield live
    live.close()


@pytest.fixture
def seen(live):
    """As if a page showed it: then it plays, and does not jump to its end."""
    live._panel._view_count = 1
    return live


def test_settings_read_back_bring_the_figure_back(live):
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(possible(arrays=False))
    def is_brought_back(told):
        live._line.value = str(told)
        assert live.error is None and live.settings == live.run.settings == told
        assert (live._line.value, live._code.value, live.export()) == (str(told), told.code(), told.code())

    is_brought_back()


@pytest.mark.parametrize("name", GALLERY)
def test_every_button_of_the_gallery_shows_its_run_and_its_question(live, name):
    told, question = GALLERY[name]
    live.visit(name)
    assert live.settings == Settings(**told) and question in live._guide.value
    assert live.error is None and question.count("?") == 1
    assert len(question) < 76  # two lines, for which there is room
    assert live._picture_of_run.side >= 24  # pixels of a map that can be read


def test_every_control_is_on_the_page_once(live):
    def inside(box):
        return [each for child in box.children for each in (inside(child) if hasattr(child, "children") else [child])]

    shown = inside(live._panel)
    assert [key for key, control in live.controls.items() if shown.count(control) != 1] == []


def test_every_control_of_a_setting_turns_it(live):
    before = live.settings
    for key, value in {"data": "moons", "n": 40, "noise": 0.2, "held": 0.5, "data_seed": 3, "hidden": "4 4",
                       "activation": "relu", "initializer": "he", "output": "tanh", "optimizer": "Adam", "seed": 4,
                       "learning_rate": 0.2, "l2_lambda": 0.01, "batch_size": 20, "scheduler": "StepLR", "gamma": 0.5,
                       "step_size": 10, "epochs": 10, "x1²": True, "sin x2": True}.items():  # fmt: skip
        live.set(**{key: value})
        assert live.settings != before and live.error is None, key
        assert live.run.settings == live.settings and live.run.is_over
        before = live.settings
    assert before.inputs == ("x1", "x2", "x1²", "sin x2") and before.hidden == (4, 4)


def test_an_impossible_setting_says_why_and_the_next_possible_one_goes_on(live):
    for values, said in (
        ({"loss": "cross_entropy", "output": "tanh"}, "Impossible: the loss cross_entropy makes probabilities"),
        ({"hidden": "8, x"}, "hidden layers are whole numbers"),
        ({"x1": False, "x2": False}, "inputs must be some of"),
        ({"data": "own points"}, "so far there are 0"),
    ):
        live.set(**values)
        assert said in live.readout and live.error
        live.play(), live.step(), live.update(), live.restart()
        live.reset()
        assert live.error is None and live.readout.startswith("Epoch 20 of 20")


def test_a_map_is_what_its_neuron_says(live):
    picture = live._picture_of_run
    hidden = live.run.shown.trace(live.run.inputs(picture.grid))[1]
    for looked, j in ((1, 0), (4, 3)):
        live.set(looked=looked)
        assert picture.whose.get_text() == f"what neuron {j + 1} of layer 1 says"
        shown = np.asarray(picture.map.get_array())
        np.testing.assert_allclose(shown, (hidden[:, j].reshape(RESOLUTION, RESOLUTION) + 1) / 2, atol=1e-12)
    live.set(looked=9)
    assert picture.whose.get_text() == "what the output says"
    live.set(looked=10)
    assert live.readout.startswith("There are only 9 neurons to look at.")


def test_the_small_map_of_an_input_grows_to_the_right_and_upward(live):
    picture = live._picture_of_run
    for j, way in ((0, np.s_[:, ::-1]), (1, np.s_[:])):  # x1 from left to right, x2 from below
        x, y = 2 * np.array(picture.centers[0, j])
        tile = picture.canvas[y - picture.side : y + picture.side, x - picture.side : x + picture.side]
        orange, blue = tile[way][0, 0].astype(int), tile[way][-1, -1].astype(int)
        assert orange[0] > orange[2] + 50 and blue[2] > blue[0] + 50  # more red than blue, and the reverse


def test_the_mouse_finds_every_neuron_and_every_weight(live):
    picture = live._picture_of_run
    for (k, j), (x, y) in picture.centers.items():
        assert picture.under(x / WIDTH, y / HEIGHT) == ("neuron", k, j)
    W = live.run.shown.layers[2].W
    (start, end) = picture.segments[3][1]
    live._hovered({"new": list((start + end) / 2 / [WIDTH, HEIGHT])})
    assert live.readout == (f"The weight from neuron 2 of layer 2 to the output is {W[1, 0]:.2f}.".replace("-", "−"))
    live._hovered({"new": [*np.divide(picture.centers[1, 0], [WIDTH, HEIGHT])]})
    b, w = live.run.shown.layers[0].b[0], live.run.shown.layers[0].W[:, 0]
    assert live.readout == f"Neuron 1 of layer 1: bias {b:.2f}, weights {w[0]:.2f}, {w[1]:.2f}.".replace("-", "−")
    live._hovered({"new": []})
    assert live.readout.startswith("Epoch 20")
    assert picture.under(0.999, 0.001) is None


def test_lines_are_solid_or_dashed_by_sign_and_wide_by_size(live):
    picture, run = live._picture_of_run, live.run
    W = np.concatenate([layer.W.ravel() for layer in run.shown.layers])
    for collection, weights in ((picture.positive, W[W >= 0]), (picture.negative, W[W < 0])):
        widths = collection.get_linewidths()
        order = np.argsort(np.abs(weights))
        assert len(widths) == len(weights) and (np.diff(np.array(widths)[order]) >= 0).all()
    assert all(dashes is None for _, dashes in picture.positive.get_linestyle())
    assert all(dashes for _, dashes in picture.negative.get_linestyle())


def test_points_are_told_apart_by_shape(live):
    picture, run = live._picture_of_run, live.run
    markers = [line.get_marker() for line in picture.points.values()]
    assert len(set(markers)) == 4
    for (held, value), line in picture.points.items():
        np.testing.assert_array_equal(np.transpose(line.get_data()), run.X[(run.held == held) & (run.y == value)])


@pytest.mark.parametrize("changed", [{}, {"l2_lambda": 0.1}, {"learning_rate": 0.01, "hidden": "2"}, {"epochs": 1000}])
def test_the_loss_axis_is_that_of_the_losses_and_its_key_names_what_is_there(live, changed):
    live.set(epochs=300)
    live.set(**changed)
    ax = live._picture_of_run.loss
    losses = np.concatenate([line.get_ydata() for line in ax.lines])
    losses = losses[np.isfinite(losses)]
    low, high = ax.get_ylim()
    assert low <= losses.min() and high / 10 < losses.max() <= high
    assert losses.min() < 10 * low or high == pytest.approx(100 * low)
    *_, penalty = ax.get_legend().get_texts()
    assert penalty.get_text() == "penalty" and penalty.get_visible() == (live.settings.l2_lambda > 0)


@pytest.mark.parametrize("scheduler", ["constant", "StepLR", "ExponentialLR"])
def test_the_learning_rate_is_drawn_where_it_falls_and_all_letters_have_their_room(live, scheduler):
    live.set(scheduler=scheduler, learning_rate=0.01, l2_lambda=0.1)
    laid_out(live)
    picture = live._picture_of_run
    rate, loss, plane = picture.rate, picture.loss, picture.plane.get_window_extent()
    assert rate.get_visible() == (scheduler != "constant")
    assert (loss.get_window_extent().height < 0.8 * plane.height) == rate.get_visible()
    assert loss.xaxis.label.get_window_extent().y0 >= 1
    assert loss.get_legend().get_window_extent().y1 <= picture.figure.bbox.y1
    letters = [text for ax in (rate, loss) if ax.get_visible() for text in ax.get_yticklabels() if text.get_text()]
    assert min(text.get_window_extent().x0 for text in letters) > plane.x1 + 2
    left = min(text.get_window_extent().x0 for text in picture.plane.get_yticklabels())
    assert left > picture.network.get_window_extent().x1  # whose maps would cover a minus sign


def test_a_weak_neuron_is_seen_and_white_is_0(live):
    live.set(activation="relu", hidden="3")
    A = np.array([[4.0, 0.04, 0.0]])
    np.testing.assert_allclose(live._picture_of_run._shade(live.run, 1, A), [[1, 0.55, 0.5]])


def test_dead_neurons_are_marked_and_counted(live):
    live.set(activation="relu", learning_rate=0.0001)
    live.run.nn.layers[0].b[:2] = -100
    live.set(looked=1), live.set(looked=0)
    crosses = np.transpose(live._picture_of_run.dead.get_data())
    np.testing.assert_array_equal(crosses, [live._picture_of_run.centers[1, j] for j in (0, 1)])
    assert live.readout.endswith("Dead: 2 hidden neurons.")


def test_wide_layers_are_cut_and_say_so_by_dots(live):
    live.set(hidden="40, 3, 20", epochs=10)
    assert [len(column) for column in live._picture_of_run.shown] == [2, MOST - 1, 3, MOST - 1, 1]
    assert len(live._picture_of_run.more.get_xdata()) == 6
    live.set(hidden="2 2 2 2 2 2 2 2 2 2")
    assert live.error is None


def test_a_click_into_the_plane_adds_a_point_of_the_class_picked(live):
    left, top, width, height = PLANE
    x, y = (left + width / 2) / WIDTH, (top + height / 4) / HEIGHT  # half across, three quarters up
    live._pressed({"new": [x, y, 1]})
    live.set(side=1)
    live._pressed({"new": [x, y, 2]})
    assert live.settings.points == ((0.0, 0.62, 0), (0.0, 0.62, 1))
    assert len(live.run.X) == 202 and live.run.y[-1] == 1
    live._pressed({"new": [0.1, 0.5, 3]})  # beside the plane
    assert len(live.settings.points) == 2
    live.set(data="noisy sine")
    live._pressed({"new": [x, y, 4]})
    assert live.error is None and live.settings.points == ()
    live.set(data="own points")
    assert live.error is None and len(live.run.X) == 2
    live.clear()
    assert "so far there are 0" in live.readout
    live.reset()
    assert live.settings.points == () and live.error is None


def test_a_curve_is_drawn_as_one():
    X, y = OWN["own curve"]
    live = playground(X, y, epochs=30)
    line = live._picture_of_run.line
    np.testing.assert_allclose(line.get_ydata(), live.run.answers(line.get_xdata()[:, np.newaxis]))
    assert "Right" not in live.readout
    legend = live._picture_of_run.plane.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["training", "black: network", "held back", ""]
    assert [mark.get_visible() for mark in legend.legend_handles] == [True, False, True, False]
    live.close()


def test_the_validation_loss_stands_beside_that_of_the_run_before(live):
    def held_back():
        return live.run.nn.history["val_loss"][-1]

    assert "before" not in live.readout
    first = held_back()
    for rate in (0.2, 0.05):
        live.set(learning_rate=rate)
        assert f"{held_back():.4f} on the rows held back (before {first:.4f})." in live.readout
        live.play()  # once more the same
        assert f"(before {first:.4f})" in live.readout
        first = held_back()
    live.restart()
    live.step()
    assert "before" not in live.readout, "it is not whole"
    for change in ({"noise": 0.2}, {"held": 0.0}):
        live.set(**change)
        assert "before" not in live.readout, "other rows"
    live.reset()
    live.set(hidden="3")
    assert "(before" in live.readout
    live.reset()
    assert "before" not in live.readout


def test_points_of_two_classes_are_named_so_after_a_curve(live):
    live.set(data="noisy sine")
    legend = live._picture_of_run.plane.get_legend()
    assert legend.get_texts()[1].get_text() == "black: network"
    live.set(looked=1)
    assert legend.get_texts()[1].get_text() == "black: neuron"
    live.set(looked=0)
    live.set(data="xor")
    names = ["0, training", "1, training", "0, held back", "1, held back"]
    assert [text.get_text() for text in legend.get_texts()] == names
    assert all(mark.get_visible() for mark in legend.legend_handles)


def test_without_a_page_it_is_at_its_end_at_once(live):
    live.restart()
    assert live.run.updates == 0 and "press Play" in live.readout
    live.update()
    assert live.readout.startswith("Epoch 0 of 20 and 1 of 14 updates")
    live.step()
    assert live.readout.startswith("Epoch 1 of 20,")
    live.play()
    assert live.run.is_over
    live.play()
    assert live.run.is_over


def test_on_a_page_a_change_begins_anew_and_plays_until_the_reader_pauses(seen):
    seen.set(speed=SPEEDS["one epoch"])
    seen.set(learning_rate=0.2)
    assert seen.run.nn.epoch == 0 and seen._clock.playing
    for epoch in (1, 2, 3):
        seen._tick({})
        assert seen.run.nn.epoch == epoch
    assert seen.readout.startswith("Epoch 3 of 20")
    seen._play_or_pause()
    seen._tick({})
    assert seen.run.nn.epoch == 3 and not seen._clock.playing
    seen.set(learning_rate=0.3)
    assert seen.run.nn.epoch == 0 and not seen._clock.playing, "who has paused is not hurried"
    seen._play_or_pause()
    for _ in range(20):
        seen._tick({})
    assert seen.run.is_over and not seen._clock.playing
    seen.set(learning_rate=0.4)
    assert seen._clock.playing, "it had come to its end by itself"
    seen.set(hidden="x")
    assert not seen._clock.playing and seen.error
    seen.set(hidden="3")
    assert seen._clock.playing


def test_what_decides_nothing_begins_nothing(seen):
    run = seen.run
    for values in ({"looked": 2}, {"speed": 10}, {"side": 1}):
        seen.set(**values)
        assert seen.run is run and not seen._clock.playing


def test_a_button_opens_the_code_and_folds_it_away(live):
    _, opener, code = live._away.children
    assert (opener.description, code.layout.display) == ("The same run as nnlib code", "none")
    opener.value = True
    assert code.layout.display is None
    opener.value = False
    assert code.layout.display == "none"


@pytest.mark.parametrize("settings", [{"learning_rate": 10.0}, GALLERY["too fast"][0] | {"epochs": 400}])
def test_a_run_away_is_drawn_up_to_where_it_leaves_the_axis_and_said_at_its_end(live, settings):
    live.load(Settings(**settings))
    picture, run = live._picture_of_run, live.run
    told = run.ran_away
    left = int(picture.off.get_xdata()[0])
    words = f"left the picture in epoch {left},\nno number from {told.epoch} on"
    assert told and picture.loss.get_xlabel() == words
    assert live.png  # laid out, and sharp
    label = picture.loss.xaxis.label.get_window_extent()
    assert label.y0 >= 1 and label.x1 <= picture.figure.bbox.x1
    assert not any(label.overlaps(tick.get_window_extent()) for tick in picture.loss.get_xticklabels())
    assert "The losses ran away" in live.readout
    top, end = picture.loss.get_ylim()[1], picture.loss.get_xlim()[1]
    epochs, losses = picture.losses["train_loss"].get_data()
    history = np.array(run.nn.history["train_loss"])
    assert epochs[-1] == picture.off.get_xdata()[0] < end <= max(5, 2.5 * len(epochs)) <= len(history)
    np.testing.assert_allclose(losses, np.minimum(history[: len(losses)], top))
    assert losses[-1] == top and (history[len(losses) - 1 :] > top).all()
    live.restart()
    run = live.run
    run.train(epochs=7)
    run.ran_away, run.end = told, 8  # as `train` knows it before the run is there
    live._refresh()
    assert picture.loss.get_xlabel() == "epoch" and "ran away" not in live.readout
    live.load(Settings(epochs=20))
    assert len(picture.off.get_xdata()) == 0


def test_the_epochs_of_the_losses_are_those_of_the_run_so_far(live):
    live.set(epochs=300)
    live.restart()
    for more, end in ((4, 5), (6, 10), (35, 50), (155, 200), (100, 300)):
        live.run.train(epochs=more)
        live._refresh()
        assert live._picture_of_run.loss.get_xlim() == live._picture_of_run.rate.get_xlim() == (0, end)


def test_what_decides_nothing_is_disabled(live):
    for scheduler, gamma, every in (("constant", True, True), ("ExponentialLR", False, True), ("StepLR", False, False)):
        live.set(scheduler=scheduler)
        assert (live.controls["gamma"].disabled, live.controls["step_size"].disabled) == (gamma, every)


def test_every_picture_has_the_letters_it_needs(live):
    assert live._panel._in_words().startswith(
        "Which change lowers the validation loss most?\nSettings: data xor, points 200"
    )
    assert live._away._in_words() == "This run in one line: playground(hidden=(5, 3), epochs=20)"


# ---- the challenges ---------------------------------------------------------------------------------

CHALLENGES = {name: each for name, each in exercises().items() if each.chapter == "17" and each.verify}


@pytest.mark.parametrize(
    "name, answer, sentence",
    [(name, answer, sentence) for name, each in CHALLENGES.items() for answer, sentence in each.wrong]
    + [("largest_rate", rate, "with a smaller one it does: too large") for rate in (0.5, 0.8, 1.0, 3.0, 1e6)]
    + [("largest_rate", rate, "nor with half of it: too small") for rate in (1e-4, 0.003, 0.03)]
    + [("largest_rate", rate, "there is room above") for rate in (0.1, 0.2)]
    + [("largest_rate", "0.3", "without quotes"), ("epochs_in_time", "100", "without quotes")],
)
def test_a_challenge_says_itself_what_is_wrong_with_an_answer(name, answer, sentence):
    assert sentence in CHALLENGES[name].verify(answer, None)


def test_a_challenge_takes_the_figure_for_the_number_that_it_shows(live):
    live.visit("by heart")
    assert judge(CHALLENGES["calm_lambda"], live).words == "λ = 0 is no price at all."
    live.set(l2_lambda=0.01)
    assert judge(CHALLENGES["calm_lambda"], live).state == judge(CHALLENGES["calm_lambda"], live.run).state == "right"
    live.set(l2_lambda=0.0, epochs=100)
    assert judge(CHALLENGES["epochs_in_time"], live).state == "right"
    live.set(seed=1)
    assert judge(CHALLENGES["epochs_in_time"], live).words == "For this challenge set `seed` to 0; here it is 1."
    live.visit("too fast")
    assert "too large" in judge(CHALLENGES["largest_rate"], live).words  # a run that has run away


@pytest.mark.long
def test_no_clock_decides_who_is_right(monkeypatch):
    monkeypatch.setattr(nnlib.playground, "perf_counter", itertools.count(step=10).__next__)  # a very slow machine
    ran.cache_clear()
    for exercise in CHALLENGES.values():
        for answer in (exercise.solution, *exercise.also_right):
            assert judge(exercise, answer).state == "right", (exercise.name, answer)
        for answer, hint in exercise.wrong:
            assert judge(exercise, answer).words == hint


@pytest.mark.parametrize("more", [{"epochs": 4000}, {"hidden": (10**6, 10**6), "n_parameters": 1_000_005_000_001}])
def test_a_run_that_is_too_long_is_told_before_it_begins(monkeypatch, more):
    monkeypatch.setattr(Run, "train", None)
    n_parameters = more.pop("n_parameters", 13)
    answer = {"noise": 0.0, "hidden": (3,), **more}
    updates = 14 * answer.get("epochs", 300)
    said = judge(CHALLENGES["smallest_xor"], answer)
    assert said.state == "wrong" and said.mistake is None
    assert said.words == (
        f"This run is too long for a check: {updates:,} updates of {n_parameters:,} parameters. "
        "Take fewer epochs, larger batches or a smaller network."
    )


# ---- what the chapter says --------------------------------------------------------------------------


SEEDS = range(4)


def run_in_the_gallery(name, **changed):
    run = Run(Settings(**GALLERY[name][0] | changed))
    run.train()
    return run


def best_line(X, classes):
    """The largest share of points that a line can tell apart, by trying the lines of 360 directions."""
    best = 0.0
    for angle in np.linspace(0, 2 * np.pi, 360, endpoint=False):
        ones = classes[np.argsort(X @ [np.cos(angle), np.sin(angle)])]
        right = np.cumsum(1 - ones) + ones.sum() - np.cumsum(ones)  # class 0 up to a row, class 1 after it
        best = max(best, right.max() / len(ones))
    return best


def test_stuck_gets_two_thirds_the_best_line_7_in_10_and_a_hidden_layer_helps():
    for seed in SEEDS:
        run = run_in_the_gallery("stuck", seed=seed)
        losses = run.nn.history["train_loss"]
        assert losses[0] > losses[-1] == pytest.approx(0.25, abs=0.01)
        assert 0.63 < run.right()[0] < 0.71
        assert run.right()[0] < best_line(run.X[~run.held], run.y[~run.held]) == pytest.approx(0.7, abs=0.03)
    helped = Run(dataclasses.replace(run.settings, hidden=(4,), epochs=1000, seed=0))
    helped.train()
    assert helped.right()[0] > 0.8


def test_the_product_solves_xor_with_one_negative_weight_and_noise_takes_the_rest():
    for seed in SEEDS:
        run = run_in_the_gallery("x1·x2", seed=seed)
        assert np.mean(run.right()) == pytest.approx(0.95, abs=0.02)
        assert run.settings.n_parameters == 2 and run.nn.layers[0].W[0, 0] < -0.5
    assert np.mean((run.X.prod(axis=1) < 0) == run.y) == pytest.approx(0.95, abs=0.02)
    assert run_in_the_gallery("x1·x2", noise=0.0).right()[0] > 0.95


def test_the_spiral_is_solved():
    assert min(run_in_the_gallery("spiral").right()) > 0.9


def test_by_heart_falls_and_climbs():
    run = run_in_the_gallery("by heart")
    losses = np.array(run.nn.history["val_loss"])
    assert run.settings.n_parameters == 337 and (~run.held).sum() == 20
    assert losses.min() < 0.12 and 30 < losses.argmin() < 300 and losses[-1] > 0.25
    assert Settings(**BY_HEART) == run.settings


@pytest.mark.parametrize("seed", SEEDS)
def test_too_fast_explodes_trembles_at_half_and_falls_at_a_fifth(seed):
    run = run_in_the_gallery("too fast", seed=seed)
    assert run.ran_away and run.end < 200
    trembles, falls = (run_in_the_gallery("too fast", seed=seed, learning_rate=rate) for rate in (0.5, 0.2))
    assert (np.diff(trembles.nn.history["train_loss"]) > 0).sum() > 50 and not trembles.ran_away
    assert (np.diff(falls.nn.history["train_loss"]) < 0).all() and falls.nn.history["train_loss"][-1] < 0.02


def crosses_of_epochs(**changed):
    """The dead neurons of the two layers of “dead” after each epoch, (epochs, 16) of bool."""
    run = Run(Settings(**GALLERY["dead"][0] | changed))
    crosses = []
    while not run.is_over:
        run.train(epochs=1)
        crosses.append(np.concatenate(run.dead()))
    return np.array(crosses)


def test_the_dead_stay_dead_but_at_seed_3_some_of_the_second_layer_revive():
    crosses = crosses_of_epochs(epochs=300)
    assert crosses[199].any() and not (crosses[:-1] & ~crosses[1:]).any()
    crosses = crosses_of_epochs(seed=3)
    revived = crosses[:-1] & ~crosses[1:]
    assert revived[:, 8:].any() and not revived[:, :8].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_smaller_rate_leaves_fewer_dead(seed):
    many, few = (run_in_the_gallery("dead", seed=seed, **rate).dead() for rate in ({}, {"learning_rate": 0.2}))
    assert np.concatenate(few).sum() < np.concatenate(many).sum()


def test_every_button_that_the_chapter_names_is_there():
    notebook = json.loads((Path(__file__).parents[1] / "notebooks" / "17_playground.ipynb").read_text("utf-8"))
    words = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert [name for name in GALLERY if f'"{name}"' not in words] == []


@pytest.mark.parametrize("name", ["xor", "above a sine"])
def test_no_noise_may_be_written_with_a_minus(name):
    assert Run(Settings(data=name, noise=-0.0)).X.shape == Run(Settings(data=name, noise=0)).X.shape


def test_points_may_be_an_array():
    points = ((0.1, 0.2, 1), (0.3, 0.4, 0))
    assert Settings(points=np.array(points)) == Settings(points=points) == Settings(points=list(map(np.array, points)))
