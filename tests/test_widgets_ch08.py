"""The live figure of chapter 08, and what its prose says about overfitting."""

import numpy as np
import pytest
from turning import fresh, turn

from nnlib import NeuralNetwork, datasets
from nnlib.exercises import exercises, judge, mine
from nnlib.exercises.ch08_overfitting import EPOCHS as RUN_EPOCHS
from nnlib.exercises.ch08_overfitting import accept, the_run
from nnlib.plots import artist
from nnlib.widgets import the_gap, watched_run
from nnlib.widgets.ch08_the_gap import EPOCHS, RATE, SHOWN, TOP, spread_start, watched_losses

F, D = [np.tanh, lambda Z: Z], [lambda A: 1 - A**2, np.ones_like]


@pytest.fixture
def gap():
    return fresh(the_gap)


def run_of(live, **values):
    return turn(live, **values).result[0]


def parts_of(data):
    return mine("split_rows")(*datasets.noisy_sine(n=40, noise=0.4, seed=data), 20, np.random.default_rng(0))


def readers_run(data, start_seed, epochs=EPOCHS):
    """The notebook's way from the data to the two curves, with the reader's functions."""
    parts = parts_of(data)
    return mine("train_watched")(*parts, spread_start(40, start_seed), F, D, RATE, epochs), parts


# ---- the run ----------------------------------------------------------------------------------------


def test_the_widget_trains_as_the_reader_does():
    (parameters, train_losses, val_losses), parts = readers_run(0, 2)
    run = watched_run(40, 0.4, 20)
    for ours, theirs in zip((run.X, run.y, run.X_val, run.y_val), parts, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(run.train_losses, train_losses, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.val_losses, val_losses, rtol=0, atol=1e-12)
    for ours, theirs in zip(run.parameters[EPOCHS - 1], parameters, strict=True):
        for key in ("W", "b"):
            np.testing.assert_allclose(ours[key], theirs[key], rtol=0, atol=1e-12)


@pytest.mark.parametrize("width, noise, points", [(40, 0.4, 20), (3, 0.0, 10)])
def test_data_sets_side_by_side_are_trained_as_each_alone(width, noise, points):
    on_train, on_val = watched_losses(width, noise, points, [0, 7])
    for row, data in enumerate((0, 7)):
        run = watched_run(width, noise, points, data)
        np.testing.assert_allclose(on_train[row], run.train_losses, rtol=0, atol=1e-12)
        np.testing.assert_allclose(on_val[row], run.val_losses, rtol=0, atol=1e-12)


def test_the_parameters_shown_are_those_of_their_epoch():
    run = watched_run(40, 0.4, 20)
    assert tuple(run.parameters) == SHOWN
    for epoch in SHOWN:
        output = mine("forward")(run.X_val, run.parameters[epoch], F)[-1]
        assert np.mean((output - run.y_val) ** 2) == pytest.approx(run.val_losses[epoch], rel=1e-12)


def test_no_row_is_on_both_sides():
    run = watched_run(40, 0.4, 160)
    assert len(run.X) == 160 and len(run.X_val) == 20
    assert not np.intersect1d(run.X, run.X_val).size


def test_every_neuron_bends_inside_the_range():
    first, second = spread_start(40, 2)
    places = -first["b"] / first["W"][0]
    assert np.all(np.abs(places) < 1) and np.ptp(places) > 1.5
    np.testing.assert_array_equal(np.abs(first["W"]), 10)
    assert second["W"].shape == (40, 1) and not second["b"].any()


# ---- the figure -------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_prediction_is_true(gap):
    ends = [f"{loss:.3f}" for loss in (gap.result[0].val_losses[-1], min(gap.result[0].val_losses))]
    assert ends == ["0.356", "0.208"] and all(end in gap.prediction.question for end in ends)
    assert gap.prediction.answer == "it hardly rises"
    for data in range(10):
        val = run_of(gap, points=160, data=data).val_losses
        assert val[-1] < 1.05 * min(val)
    _, on_val = watched_losses(40, 0.4, 160, range(10))
    assert np.all(on_val[:, -1] < 1.3 * on_val.min(axis=1))


def test_what_is_drawn_is_the_run(gap):
    run = run_of(gap, epoch=200)
    plane, curves = gap.figure.axes
    np.testing.assert_array_equal(artist(curves, "train_loss").get_ydata(), run.train_losses[:201])
    shown = np.array(SHOWN)[np.array(SHOWN) <= 200]
    drawn = np.array([shown, run.val_losses[: len(shown)]]).T
    np.testing.assert_array_equal(artist(curves, "val_loss").get_xydata(), drawn)
    lines = {line.get_label(): line for line in [*plane.lines, *curves.lines]}
    np.testing.assert_array_equal(lines["training"].get_xydata(), np.hstack([run.X, run.y]))
    np.testing.assert_array_equal(lines["validation"].get_xydata(), np.hstack([run.X_val, run.y_val]))
    (best,) = (line.get_xdata()[0] for line in curves.lines if line.get_marker() == "v")
    assert best == SHOWN[np.argmin(run.val_losses)] == 65
    grid, drawn = lines["the network"].get_data()
    output = mine("forward")(np.asarray(grid).reshape(-1, 1), run.parameters[200], F)[-1]
    np.testing.assert_allclose(np.ravel(drawn), output.ravel(), rtol=0, atol=1e-12)
    assert "Best epoch 65: validation loss 0.208, risen since by 0.0" in gap.readout


def test_what_happens_early_has_room_and_the_end_is_inside(gap):
    curves = gap.figure.axes[1]
    across = [curves.transData.transform((at, 0))[0] for at in (0, 65, EPOCHS - 1)]
    start, best, end = (np.array(across) - curves.bbox.x0) / curves.bbox.width
    assert abs(start) < 1e-9 and 0.5 < best < 0.75 and 0.95 < end < 0.99
    for epoch in (0, 35, 65, 200, EPOCHS - 1):
        turn(gap, epoch=epoch)
        texts = [text for text in curves.texts if text.get_visible() and text.get_text()]
        boxes = [text.get_window_extent() for text in texts]
        assert all(box.x1 <= gap.figure.bbox.width for box in boxes)
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k]), epoch


def test_it_is_watched_on_the_same_thousand_points_at_every_setting(gap):
    X_val, y_val = gap.result[0].X_val, gap.result[0].y_val
    assert len(X_val) == 1000
    for values in ({"points": 160}, {"data": 5}, {"width": 3}):
        run = run_of(gap, **values)
        np.testing.assert_array_equal(np.hstack([run.X_val, run.y_val]), np.hstack([X_val, y_val]))
    assert not np.intersect1d(run.X, X_val).size
    for epoch, loss in zip(SHOWN, run.val_losses, strict=True):
        output = mine("forward")(X_val, run.parameters[epoch], F)[-1]
        assert np.mean((output - y_val) ** 2) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("epoch", [60, 200, EPOCHS - 1])
def test_the_rise_above_the_best_is_shaded(gap, epoch):
    val = run_of(gap, epoch=epoch).val_losses
    curves = gap.figure.axes[1]
    (band,) = (band for band in curves.collections if band.get_label() == "the rise")
    middle = zip(SHOWN, (np.array(val) + min(val)) / 2)
    inside = [any(path.contains_point(point) for path in band.get_paths()) for point in middle]
    assert [at for at, within in zip(SHOWN, inside) if within and at != epoch] == [
        at for at in SHOWN if 65 < at < epoch
    ]
    named = [text.get_text() for text in curves.texts if text.get_visible()]
    assert ("the rise" in named) == (epoch == EPOCHS - 1)
    assert (f"▼ best {min(val):.3f}" in named) == (epoch > 65)
    assert f"validation {val[SHOWN.index(epoch)]:.3f}" in named


def test_the_validation_loss_before_stays_as_a_ghost(gap):
    before = gap.result[0].val_losses
    for points in (40, 160):
        turn(gap, points=points)
        (ghost,) = [line for line in gap.figure.axes[1].lines if list(line.get_ydata()) == before]
        assert list(ghost.get_xdata()) == list(SHOWN)
    assert "validation before: training points 20" in [text.get_text() for text in gap.figure.axes[1].texts]


def test_what_the_chapter_says_to_try(gap):
    run = run_of(gap, width=2)
    said = [text.get_text() for text in gap.figure.axes[1].texts if text.get_visible()]
    assert f"▼ validation {run.val_losses[-1]:.3f}" in said
    assert np.argmin(run.val_losses) == len(SHOWN) - 1 and "still falling" in gap.readout
    assert f"{run.train_losses[-1]:.3f}" == "0.310"
    run = run_of(gap, width=40, points=160)
    assert run.val_losses[-1] - run.train_losses[-1] < 0.05
    losses = {points: run_of(gap, points=points).val_losses for points in (10, 20, 160)}
    rises = {points: val[-1] - min(val) for points, val in losses.items()}
    assert rises[10] > 1.1 * rises[20] > 10 * rises[160]


def test_the_bump_stands_in_a_gap_and_is_there_without_noise():
    near = np.linspace(0.5, 0.68, 19).reshape(-1, 1)
    for noise, above in ((0.4, 0.7), (0.0, 0.4)):
        run = watched_run(40, noise, 20)
        assert not np.any((run.X > 0.47) & (run.X < 0.7))
        bump = (mine("forward")(near, run.parameters[EPOCHS - 1], F)[-1] - np.sin(np.pi * near)).ravel()
        assert bump.max() > above and 0.58 < near[np.argmax(bump), 0] < 0.64


@pytest.fixture(scope="module")
def ten():
    return watched_losses(40, 0.4, 20, range(10))


def test_training_never_says_stop(ten):
    assert np.all(np.diff(ten[0], axis=1) < 0)


def test_the_validation_loss_turns_in_nine_of_ten(ten):
    assert np.sum(np.argmin(ten[1], axis=1) == EPOCHS - 1) == 1


def test_the_network_gets_below_the_truth():
    run = watched_run(40, 0.4, 20)
    truth = np.mean((np.sin(np.pi * run.X) - run.y) ** 2)
    assert run.train_losses[22] > truth > run.train_losses[23]
    assert run.train_losses[-1] < truth / 2


@pytest.mark.long
@pytest.mark.parametrize("width", [1, 40])
@pytest.mark.parametrize("noise", [0.0, 0.6])
@pytest.mark.parametrize("points, data", [(10, 0), (10, 9), (160, 9)])
def test_every_extreme_answers(gap, width, noise, points, data):
    turn(gap, width=width, noise=noise, points=points, data=data, epoch=0)
    assert np.isfinite(gap.result[0].val_losses).all()


def test_a_loss_above_the_figure_is_said(gap):
    turn(gap, noise=0.6, data=2)
    assert gap.result[0].val_losses[-1] > TOP
    notes = [text.get_text() for text in gap.figure.axes[1].texts]
    assert any("above the figure" in " ".join(words.split()) for words in notes)


# ---- the epoch that the reader finds ----------------------------------------------------------------


def test_the_check_scores_the_run_of_the_notebook():
    (_, train_losses, val_losses), _ = readers_run(26, 3)
    ours = the_run()
    assert len(ours[0]) == RUN_EPOCHS == EPOCHS
    np.testing.assert_allclose(ours[0], train_losses, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours[1], val_losses, rtol=0, atol=1e-12)


def test_the_test_set_is_that_of_the_envelope():
    X_test, y_test = datasets.noisy_sine(n=200, noise=0.4, seed=2024)
    (parameters, _, _), _ = readers_run(26, 3, epochs=50)
    tested = np.mean((mine("forward")(X_test, parameters, F)[-1] - y_test) ** 2)
    assert tested == pytest.approx(the_run()[2][49], rel=1e-9)


def test_every_reasonable_epoch_passes_and_the_sentence_is_true_of_it():
    stop_epoch = exercises()["stop_epoch"]
    _, val_losses, tested = the_run()
    right = [epoch for epoch in range(EPOCHS) if accept(epoch, None) is None]
    assert right == list(range(right[0], right[-1] + 1))
    assert all(val_losses[epoch] < tested[epoch] for epoch in [*right, EPOCHS - 1])
    assert f"{val_losses[-1]:.3f}" == "0.330"
    assert right[0] <= 25 and right[-1] >= 95 and np.argmin(val_losses) in right
    assert 0.21 <= round(min(tested[epoch] for epoch in right), 2)
    assert round(max(tested[epoch] for epoch in right), 2) <= 0.23
    assert {f"{val_losses[epoch]:.2f}" for epoch in right} == {"0.19", "0.20", "0.21"}
    assert "0.19 to 0.21" in stop_epoch.holds
    assert f"{tested[-1]:.3f}" == "0.355" and "0.21 to 0.23" in stop_epoch.holds and "0.355" in stop_epoch.holds


def test_most_epochs_are_refused():
    stop_epoch = exercises()["stop_epoch"]
    for epoch in (0, 10, 200, 500, 998, 999, 1000, 1001, -1, 0.193, True, "49", float("nan"), float("inf")):
        assert judge(stop_epoch, epoch).state == "wrong", epoch


def network(start_seed):
    layers = [
        {"n_inputs": 1, "n_neurons": 40, "activation": "tanh"},
        {"n_inputs": 40, "n_neurons": 1, "activation": "linear"},
    ]
    nn = NeuralNetwork(layers, learning_rate=RATE)
    nn.set_parameters(spread_start(40, start_seed))
    return nn


def test_early_stopping_stops_fit_where_it_says():
    run = watched_run(40, 0.4, 20)
    for patience in (1, 20, 100):
        nn = network(2)
        callback = mine("early_stopping")(patience)
        nn.fit(run.X, run.y, EPOCHS, 20, validation_data=(run.X_val, run.y_val), callback=callback)
        assert nn.epoch - 1 == 70 + patience


X_FAR, Y_FAR = datasets.noisy_sine(n=1000, noise=0.4, seed=1000)


def stopped_in_time(data_sets, start_seed):
    """Validation and test losses (one a data set) at the best epoch and at the last: all trained side by side."""
    X, y, X_val, y_val = (np.stack(parts) for parts in zip(*map(parts_of, data_sets)))
    hidden, output = spread_start(40, start_seed)
    shapes = [(1, 40), (1, 40), (40, 1), (1, 1)]
    start = (hidden["W"], hidden["b"], output["W"], output["b"])
    now = [np.tile(part.reshape(shape), (len(X), 1, 1)) for part, shape in zip(start, shapes)]
    best, lowest = [part.copy() for part in now], np.full(len(X), np.inf)

    def loss(points, target, parameters):
        W1, b1, W2, b2 = parameters
        return np.mean((np.tanh(points * W1 + b1) @ W2 + b2 - target) ** 2, axis=(1, 2))

    for _ in range(EPOCHS):
        W1, b1, W2, b2 = now
        A = np.tanh(X * W1 + b1)
        dZ2 = 2 / 20 * (A @ W2 + b2 - y)
        dZ1 = dZ2 * W2.transpose(0, 2, 1) * (1 - A**2)
        slopes = (
            X.transpose(0, 2, 1) @ dZ1,
            dZ1.sum(1, keepdims=True),
            A.transpose(0, 2, 1) @ dZ2,
            dZ2.sum(1, keepdims=True),
        )
        now = [part - RATE * slope for part, slope in zip(now, slopes)]
        val = loss(X_val, y_val, now)
        better = val < lowest
        lowest = np.where(better, val, lowest)
        for kept, part in zip(best, now):
            kept[better] = part[better]
    return lowest, loss(X_FAR, Y_FAR, best), val, loss(X_FAR, Y_FAR, now)


def counts(chosen, last):
    gain = last - chosen
    return np.sum(gain > 1e-12), np.sum(gain < -1e-12)


@pytest.mark.long
@pytest.mark.parametrize("start_seed", [2, 3, 4])
def test_stopping_in_time_helps_on_new_points_and_choosing_flatters(start_seed):
    val, chosen, val_last, last = stopped_in_time(range(11, 71), start_seed)
    better, worse = counts(chosen, last)
    assert better > 4 * worse and np.mean(chosen) < 0.9 * np.mean(last)
    flattered = chosen - val - (last - val_last)
    assert np.mean(flattered) > 3 * np.std(flattered, ddof=1) / 60**0.5
    if start_seed == 2:
        assert (better, worse) == (50, 6)
        assert [f"{np.mean(each):.3f}" for each in (val, chosen)] == ["0.202", "0.234"]
        assert [f"{np.mean(each):.3f}" for each in (val_last, last)] == ["0.287", "0.282"]
