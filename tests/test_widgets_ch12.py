"""The live figure of chapter 12, and what its prose says about resumed runs."""

import copy
import json

import numpy as np
import pytest
from turning import fresh, laid_out, turn

from nnlib import ExponentialLR, NeuralNetwork
from nnlib.exercises import exercises, judge, mine
from nnlib.exercises.ch12_save_load_resume import checkpoint, resume
from nnlib.widgets import left_out, resume_without, three_broken_runs
from nnlib.widgets.ch12_left_out import (
    EPOCHS,
    IDENTICAL,
    LEFT_OUT,
    LOSS_LIMITS,
    PANELS,
    data,
    go_on,
    go_on_together,
    resume_without_each,
    start_run,
)
from nnlib.widgets.live.figure import LETTER, NARROW
from nnlib.widgets.live.marks import one_digit

X, y = data()
FLOAT32 = "half of the digits (float32)"
NO_HARM = {"nothing", "the history"}
LAYERS = [
    {"n_inputs": 2, "n_neurons": 10, "activation": "tanh"},
    {"n_inputs": 10, "n_neurons": 1, "activation": "linear"},
]


@pytest.fixture
def live():
    return fresh(left_out, guess="the history")


def said(live):
    """The verdict on each of the six items."""
    return live.figure.axes[1].texts[2::2]


def network(seed):
    return NeuralNetwork(LAYERS, learning_rate=0.3, scheduler=ExponentialLR(0.994), seed=seed)


def same(one, other):
    return all(np.array_equal(a[key], b[key]) for a, b in zip(one, other, strict=True) for key in ("W", "b"))


# ---- the run ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 7, 20])
def test_the_run_is_that_of_the_library(seed):
    run, nn = go_on(start_run(seed), X, y, 40), network(seed)
    losses = nn.fit(X, y, epochs=40, batch_size=8)["train_loss"]
    np.testing.assert_allclose(run["losses"], losses, rtol=0, atol=1e-12)
    for ours, theirs in zip(run["parameters"], nn.get_parameters(), strict=True):
        for key in ("W", "b"):
            np.testing.assert_allclose(ours[key], theirs[key], rtol=0, atol=1e-12)


def test_the_run_is_that_of_the_readers_functions():
    run, rng = start_run(3), np.random.default_rng(3)
    parameters = [{"W": mine("glorot")(i, o, rng), "b": np.zeros(o)} for i, o in ((2, 10), (10, 1))]
    activations, derivatives = [np.tanh, lambda Z: Z], [mine("tanh_derivative"), np.ones_like]

    def schedule(epoch, rate):
        return mine("exponential_lr")(epoch, rate, 0.994)

    parameters, losses, _ = mine("train_scheduled")(
        X, y, parameters, activations, derivatives, 0.3, 30, 8, rng, schedule
    )
    run = go_on(run, X, y, 30)
    np.testing.assert_allclose(run["losses"], losses, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run["parameters"][0]["W"], parameters[0]["W"], rtol=0, atol=1e-12)


def test_going_on_leaves_the_old_run_as_it_was_but_for_its_generator():
    run = start_run(0)
    before = copy.deepcopy(run)
    go_on(run, X, y, 2)
    assert same(run["parameters"], before["parameters"])
    assert (run["epoch"], run["losses"]) == (0, [])
    assert run["rng"].bit_generator.state != before["rng"].bit_generator.state


def test_in_two_pieces_it_is_the_same_run():
    whole, pieces = go_on(start_run(0), X, y, 30), go_on(go_on(start_run(0), X, y, 13), X, y, 17)
    assert same(whole["parameters"], pieces["parameters"]) and whole["losses"] == pieces["losses"]


def test_the_file_gives_the_run_back(tmp_path):
    run = go_on(start_run(5), X, y, 3)
    checkpoint(tmp_path / "run.npz", run)
    again = resume(tmp_path / "run.npz")
    assert again.keys() == run.keys()
    assert same(run["parameters"], again["parameters"])
    assert again["rng"].bit_generator.state == run["rng"].bit_generator.state
    assert all(again[key] == run[key] for key in run if key not in ("parameters", "rng"))


# ---- what the chapter says of the items -------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 5, 60, 180, 295, 300])
@pytest.mark.parametrize("seed", [0, 11])
def test_without_loss_it_is_bit_for_bit_the_unbroken_run(first, seed):
    for what in NO_HARM:
        result = resume_without(what, first, seed)
        assert result.equal
        assert len(result.new_losses) == EPOCHS - first


@pytest.mark.long
@pytest.mark.parametrize("seed", range(0, 21, 4))
def test_every_other_item_is_missed(seed):
    results = {what: resume_without(what, 180, seed) for what in LEFT_OUT}
    assert {what for what, result in results.items() if result.equal} == NO_HARM
    generator, rounding = (results[what].loss_difference.max() for what in ("the generator's state", FLOAT32))
    assert 0 < rounding < 1e-6 and generator / rounding > 1e6
    assert results["the epoch number"].loss_difference.max() > generator


@pytest.mark.long
@pytest.mark.parametrize("first", [0, 180])
def test_what_is_trained_once_and_beside_others_is_what_each_alone_gives(first):
    for what, result in resume_without_each(LEFT_OUT, first, seed=3).items():
        run = go_on(start_run(3), X, y, first)
        alone = go_on(LEFT_OUT[what](run, start_run(1003)), X, y, EPOCHS - first)
        assert same(alone["parameters"], result.resumed["parameters"])
        np.testing.assert_array_equal(alone["losses"][-(EPOCHS - first) :], result.new_losses)
        assert len(result.resumed["losses"]) == len(alone["losses"])


def test_the_last_batch_of_an_epoch_may_be_smaller():
    runs = [start_run(seed) | {"batch_size": 24} for seed in (1, 2)]
    for seed, run in zip((1, 2), go_on_together(runs, X, y, 3)):
        losses = network(seed).fit(X, y, epochs=3, batch_size=24)["train_loss"]
        np.testing.assert_allclose(run["losses"], losses, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 2, 11])
def test_the_epoch_number_is_made_up_for_in_time_and_the_schedule_is_not(seed):
    late = {what: resume_without(what, 180, seed) for what in ("the epoch number", "the schedule")}
    rates = [result.new_rates[-1] for result in late.values()]
    np.testing.assert_allclose(rates, [0.3 * 0.994**119, 0.3])
    number, schedule = (result.loss_difference[-30:].mean() for result in late.values())
    assert schedule > 2 * number


def test_the_rate_after_the_break():
    assert resume_without("nothing", 180, 0).new_rates[0] == 0.3 * 0.994**180
    for what in ("the epoch number", "the schedule", "all but the weights"):
        assert resume_without(what, 180, 0).new_rates[0] == 0.3
    assert set(resume_without("the schedule", 180, 0).new_rates) == {0.3}
    assert resume_without("the epoch number", 180, 0).new_rates[-1] < 0.15


def test_before_the_first_epoch_its_number_is_no_loss_but_the_generator_is():
    assert resume_without("the epoch number", 0, 0).equal
    assert not resume_without("the generator's state", 0, 0).equal


def test_after_the_last_epoch_the_weights_are_all_that_matters():
    results = resume_without_each(PANELS, EPOCHS, seed=0)
    assert {what for what in PANELS if not results[what].equal} == {FLOAT32, "the weights of layer 1"}


def test_the_lost_weights_show_at_once():
    result = resume_without("the weights of layer 1", 180, 0)
    assert result.new_losses[0] > 3 * result.losses[180]


# ---- the live figure --------------------------------------------------------------------------------


def test_the_prediction_is_true():
    live = left_out()
    assert all(control.disabled for control in live.controls.values())
    verdicts = said(live)
    assert [text.get_text() for text in verdicts] == ["?"] * 6  # nothing is given away, but the loss is there
    assert not any(len(line.get_xdata()) for ax in live.figure.axes[::2] for line in ax.lines[1:])
    assert len(live.figure.axes[0].lines[0].get_xdata())
    assert "resumed yet" in live.readout
    live.guess("none of them")
    assert live.controls["first"].value == 180 and live.controls["epoch"].value == EPOCHS
    apart = [live.result[what].loss_difference.max() for what in PANELS]
    assert apart == sorted(apart)  # from harmless to ruinous
    for first, equal in ((180, ["the history"]), (0, ["the history", "the epoch number"])):
        turn(live, first=first)
        assert [what for what in PANELS if live.result[what].equal] == equal
        assert f"Only {' and '.join(equal)} may be missing" in live.readout
        assert [text.get_text()[0] for text in verdicts] == ["✗✓"[what in equal] for what in PANELS]
    assert live.prediction.answer == "the history"
    live.close()


def test_it_plays_from_the_break_on(live):
    for first, begin in ((180, 180), (0, 0), (250, 250), (300, 295)):
        turn(live, first=first)
        live.restart()
        assert live.controls["epoch"].value == begin
    turn(live, first=180, epoch=200)
    turn(live, first=250)
    assert live.controls["epoch"].value == 250, "nothing is shown that was not resumed"


def test_a_verdict_is_said_as_soon_as_it_is_known(live):
    turn(live, first=180, epoch=185)
    assert [text.get_text()[0] for text in said(live)] == ["?", *"✗✗✗✗✗"]
    assert said(live)[0].get_text() == "? identical so far"
    assert live.readout.endswith("Identical up to epoch 185: the history.")
    turn(live, epoch=300)
    assert said(live)[0].get_text() == "✓ identical"


@pytest.mark.parametrize("first", [0, 180, 300])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_letters_touch_each_other_or_the_edge(live, first, seed):
    turn(live, first=first, seed=seed)
    laid_out(live)
    side = live.figure.axes[1]
    (legend,) = live.figure.legends
    boxes = sorted((text.get_window_extent() for text in side.texts), key=lambda box: box.y0)
    assert all(above.y0 > below.y1 - 2 for below, above in zip(boxes, boxes[1:]))
    assert max(box.x1 for box in boxes) < live.figure.bbox.x1 - 4
    assert legend.get_window_extent().x1 < boxes[-1].x0  # the "without"
    for ax in live.figure.axes[::2]:
        assert ax.get_tightbbox().x0 > 4
        ticks = [label.get_window_extent() for label in ax.get_yticklabels()]
        assert all(above.y0 > below.y1 for below, above in zip(ticks, ticks[1:]))


def envelope(apart):
    """The largest difference of the last ten epochs, at each."""
    return [max(apart[max(0, n - 9) : n + 1]) for n in range(len(apart))]


@pytest.mark.parametrize(("first", "epoch"), [(0, 300), (180, 180), (180, 200), (180, 300), (295, 300), (300, 300)])
def test_what_is_drawn_is_the_result(live, first, epoch):
    turn(live, first=first, epoch=epoch)
    ax, _, low = live.figure.axes
    loss = ax.lines[0].get_xydata()
    assert (len(loss) == 0) == (first == EPOCHS) == ("weight" in ax.get_ylabel())
    for n, height in loss:
        assert height == live.result["the history"].losses[int(n) - 1]
    for k, (what, words) in enumerate(zip(PANELS, said(live), strict=True)):
        result, new = live.result[what], max(0, epoch - first)
        apart = result.loss_difference[:new]
        heights = envelope(apart)
        if first == EPOCHS:
            apart = result.weight_difference
            heights = [apart.max()]
        ends = []
        for panel, skip in ((ax, 2), (low, 0)):
            curve, end = panel.lines[skip + 2 * k : skip + 2 * k + 2]
            drawn = curve.get_ydata()
            assert len(drawn) == len(heights)
            assert all(
                IDENTICAL / 4 < y < 10 * IDENTICAL if h == 0 else y == max(h, 1e-12) for y, h in zip(drawn, heights)
            )
            bottom, top = panel.get_ylim()
            assert all(bottom < y < top for y in end.get_ydata())
            ends += [*end.get_ydata()]
        assert ends == [*drawn[-1:]], "one mark for each, in the panel where it is"
        if first < EPOCHS:
            assert curve.get_xdata().tolist() == list(range(first + 1, epoch + 1))
        same = ("✓ the same weights" if result.equal else "✗ other weights") if first == EPOCHS else "✓ identical"
        still = "?" if epoch == first < EPOCHS else "? identical so far" if epoch < EPOCHS else same
        up_to = first < EPOCHS and apart.any()
        assert words.get_text() == (f"✗ up to {one_digit(apart.max())} apart" if up_to else still)
        assert (what in live.readout) == (new > 0 and not apart.any() or first == EPOCHS and result.equal)
    assert ("No epoch is left to do" in live.readout) == (first == EPOCHS) != live.figure.legends[0].get_visible()
    assert len(live.readout) * LETTER < 2 * NARROW  # two lines, so that nothing moves


@pytest.mark.long
@pytest.mark.parametrize("seed", range(0, 21, 5))
def test_no_curve_is_cut_and_two_identical_ones_are_apart(live, seed):
    for first in (0, 5, 180):
        turn(live, first=first, seed=seed, epoch=EPOCHS)
        ax, _, low = live.figure.axes
        top, bottom = ax.get_ylim()[1], low.get_ylim()[0]
        heights = {what: line.get_ydata() for what, line in zip(PANELS, low.lines[::2], strict=True)}
        assert all(bottom < min(curve) and max(curve) < top for curve in heights.values())
    turn(live, first=0, seed=seed, epoch=EPOCHS)
    history, number = (low.lines[2 * k].get_ydata() for k in (0, 3))
    assert max(history) < 10 * IDENTICAL > max(number) and min(number) > 3 * max(history)


def test_no_end_is_hidden_by_another_and_identical_weights_stand_in_one_lane(live):
    turn(live, first=180, epoch=EPOCHS)
    for panel, skip in ((live.figure.axes[0], 3), (live.figure.axes[2], 1)):
        *others, layer_1 = panel.lines[skip::2][: len(PANELS)]
        assert all(end.get_marker() == "D" and end.get_markerfacecolor() == "white" for end in (*others, layer_1))
        for end in others:
            assert end.get_markersize() > layer_1.get_markersize() + 2 and end.get_zorder() < layer_1.get_zorder()
    turn(live, first=EPOCHS)
    ends = [line.get_ydata() for line in live.figure.axes[2].lines[1::2]]
    same = [what for what in PANELS if live.result[what].equal]
    assert [height for end in ends for height in end if height < 1e-12] == [IDENTICAL] * len(same)


def test_the_curve_comes_down_without_the_number_and_stays_without_the_schedule(live):
    turn(live, first=180, epoch=EPOCHS)
    falls = {what: line.get_ydata() for what, line in zip(PANELS, live.figure.axes[2].lines[::2], strict=True)}
    assert falls["the epoch number"][-1] < falls["the epoch number"][9] / 2
    assert falls["the schedule"][-1] > falls["the schedule"][9] / 2
    losses = live.result["the history"].losses[180:]
    assert max(falls["the generator's state"]) < min(losses) / 5 < falls["the schedule"][-1]  # hardly noticed, and seen


@pytest.mark.parametrize("seed", range(0, 21, 5))
def test_the_unbroken_curve_fits_into_the_picture(seed):
    losses = resume_without("nothing", 180, seed).losses
    assert losses.min() > LOSS_LIMITS[0] and losses[50:].max() < LOSS_LIMITS[1]


def test_the_readers_functions_write_and_read_the_file():
    asked = []

    def forgetful(path):
        asked.append(path)
        return resume(path) | {"epoch": 0}

    live = left_out(checkpoint, forgetful)
    live.guess("none of them")
    assert asked and not live.result["the history"].equal
    assert live.readout.endswith("Nothing may be missing.")
    live.close()

    live = left_out(*mine("checkpointing"))
    assert live.result["the history"].equal
    live.close()


def test_a_file_that_fails_is_said_in_the_figure():
    def lost(path):
        raise KeyError("rng")

    live = left_out(checkpoint, lost)
    assert "KeyError" in live.readout
    live.close()


# ---- the three curves of the last exercise ----------------------------------------------------------


def test_the_three_curves_can_be_told():
    whole, curves = three_broken_runs()
    assert all(len(curve) == 300 and np.array_equal(curve[:120], whole[:120]) for curve in curves.values())
    gaps = {name: np.abs(curve - whole)[120:] for name, curve in curves.items()}
    assert 0 < gaps["B"].max() < 1e-6
    roughness = np.std(np.diff(whole[120:160]))
    assert roughness < gaps["C"].max() < 5 * roughness
    assert abs(curves["C"][-30:].mean() - whole[-30:].mean()) < 1e-3
    epoch = resume_without("the epoch number", 120, 2).new_losses
    assert curves["A"][-30:].mean() - whole[-30:].mean() > 4 * abs(epoch[-30:].mean() - whole[-30:].mean())
    assert gaps["A"][0] < gaps["A"].max() / 2  # no jump in the first epoch: not the weights
    answer = {"A": "schedule", "B": "float64", "C": "generator"}
    assert judge(exercises()["missing"], answer).state == "right"


# ---- the exercise with two functions ----------------------------------------------------------------


def verdict(checkpoint, resume):
    return judge(exercises()["checkpointing"], (checkpoint, resume))


def test_a_half_that_is_not_written_is_a_nudge():
    def blank(path):
        """Words."""
        ...

    assert verdict(mine("checkpointing")[0], blank).state == "open"
    assert verdict(lambda path, run: ..., mine("checkpointing")[1]).state == "open"


def test_an_error_is_told_with_its_function_and_without_its_folder():
    def broken(path):
        return {}["rng"]

    def no_such_key(path, run):
        path.write_text(json.dumps(run["nothing"]))

    words = verdict(mine("checkpointing")[0], broken).words
    assert words.startswith("`resume` raises KeyError in line 2") and "tmp" not in words
    words = verdict(no_such_key, broken).words
    assert words.startswith("`checkpoint` raises KeyError in line 2")


def test_a_file_elsewhere_is_no_file(tmp_path):
    save, load = mine("checkpointing")
    words = verdict(lambda path, run: save(tmp_path / "elsewhere.npz", run), load).words
    assert "no file" in words


def test_a_copy_in_memory_is_no_file():
    save, load = mine("checkpointing")
    kept = {}

    def keep(path, run):
        save(path, run)
        kept["run"] = copy.deepcopy(run)

    def remember(path):
        return copy.deepcopy(kept["run"])

    assert "it comes from memory" in verdict(keep, remember).words


def test_a_file_of_a_fixed_name_elsewhere_is_noticed(tmp_path):
    save, load = mine("checkpointing")

    def save_beside(path, run):
        save(path, run)
        (tmp_path / "epoch.txt").write_text(str(run["epoch"]))

    def load_beside(path):
        return load(path) | {"epoch": int((tmp_path / "epoch.txt").read_text())}

    assert "a file elsewhere" in verdict(save_beside, load_beside).words


def test_the_file_may_be_moved():
    save, load = mine("checkpointing")

    def load_where_it_was(path):
        if path.parent.name == "moved":
            raise FileNotFoundError("no file where it was")
        return load(path)

    words = verdict(save, load_where_it_was).words
    assert words.startswith("`resume` raises FileNotFoundError") and words.endswith("no file where it was.")


def test_two_layers_in_the_code_are_noticed():
    save, load = mine("checkpointing")

    def two_layers(path):
        run = load(path)
        return run | {"parameters": [run["parameters"][0], run["parameters"][1]]}

    assert verdict(save, two_layers).words.startswith("Not every layer comes back")


def test_one_entry_more_in_the_file_may_be_halved_away_and_two_may_not():
    """Half of 2n + 1 entries is n in whole numbers; half of 2n + 2 is a layer too many."""
    save, load = mine("checkpointing")

    def save_more(path, run):
        save(path, run)
        with np.load(path) as file:
            np.savez(path, more=0, **{name: file[name] for name in file.files})

    def load_halving(path):
        return load(path) | {"parameters": mine("load_parameters")(path)}

    assert verdict(save, load_halving).state == "right"
    assert "Count the names that begin with W" in verdict(save_more, load_halving).words


# ---- the exercise with the generator ----------------------------------------------------------------


def test_the_position_alone_is_told_whatever_the_stride():
    def position_alone(state):
        rng = np.random.default_rng()
        own = rng.bit_generator.state
        own["state"]["state"] = state["state"]["state"]
        rng.bit_generator.state = own
        return rng

    assert "`inc` belongs to the state too" in judge(exercises()["generator_from"], position_alone).words
