"""The live figure and the still ones of appendix A1, and what they say."""

from pathlib import Path

import numpy as np
import pytest
from tools import form
from turning import fresh, laid_out, turn

from nnlib import NeuralNetwork
from nnlib.widgets import which_illness
from nnlib.widgets.chA1_which_illness import (
    AXIS,
    CHART,
    EPOCHS,
    ILLNESSES,
    PATIENTS,
    RATE,
    TESTS,
    examined,
    rows,
    start,
    symptom_chart,
    train,
)

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
FLAT = ("dead neurons", "y of shape (n,)", "rows apart")  # the options of the guess


@pytest.fixture
def live():
    return fresh(which_illness, guess="rows apart")


def reading(illness):
    return dict(zip(TESTS, examined(illness)[2]))


def test_a_healthy_run_is_one_of_the_library():
    X, y = rows()
    W1, b1, W2, b2 = start("healthy", np.random.default_rng(0))
    layers = [(1, 16, "tanh"), (16, 1, "linear")]
    layers = [dict(zip(("n_inputs", "n_neurons", "activation"), each)) for each in layers]
    nn = NeuralNetwork(layers, learning_rate=RATE)
    nn.set_parameters([{"W": W1, "b": b1}, {"W": W2, "b": b2}])
    losses, parameters = train("healthy", X, y, epochs=50)
    for epoch in range(50):
        loss, slopes = nn.gradients(X, y)
        assert losses[epoch] == pytest.approx(loss, abs=1e-12)
        nn.set_parameters([{k: p[k] - RATE * s[k] for k in p} for p, s in zip(nn.get_parameters(), slopes)])
    assert np.allclose(parameters[0], nn.get_parameters()[0]["W"], atol=1e-10)


def test_only_the_healthy_one_learns_and_it_learns_three_rows():
    ends = {illness: examined(illness)[0][-1] for illness in ILLNESSES}
    assert ends["healthy"] < 0.05 and float(reading("healthy")["loss of three rows"]) == 0
    for illness in ILLNESSES[1:]:
        assert not ends[illness] < 2 * ends["healthy"], illness


def test_three_illnesses_answer_nearly_the_same_everywhere_and_the_tests_tell_them_apart():
    blind = np.var(rows()[1])
    for illness in ILLNESSES:
        losses, outputs, _ = examined(illness)
        flat = np.ptp(outputs) < 0.4 and abs(losses[-1] - blind) < 0.05
        assert flat == (illness in FLAT), illness
    assert reading("dead neurons")["flat neurons"] == "16 of 16"
    assert reading("y of shape (n,)")["shape of y"] == "(30,)"
    apart = reading("rows apart")
    assert apart["flat neurons"] == "0 of 16" and apart["shape of y"] == "(30, 1)"
    assert float(apart["loss of three rows"]) > 0.1


@pytest.mark.swap
@pytest.mark.parametrize("seed", range(10))
def test_what_is_said_of_the_illnesses_holds_from_other_seeds(seed):
    X, y = rows()
    blind = np.var(y)
    end = {illness: train(illness, X, y, seed=seed)[0][-1] for illness in ILLNESSES}
    assert end["healthy"] < 0.1
    assert not np.isfinite(end["rate too large"]) or end["rate too large"] > 10
    assert end["dead neurons"] == pytest.approx(blind, abs=0.01)
    assert end["y of shape (n,)"] == pytest.approx(blind, abs=0.01)
    assert 0.7 * blind < end["rows apart"] < 1.5 * blind


def test_the_rest_reads_as_its_name_says():
    assert reading("equal start")["distinct neurons"] == "1 of 16"
    assert reading("inputs not scaled")["flat neurons"] == "16 of 16"
    assert reading("rate too large")["loss at the end"] == reading("rate too large")["distinct neurons"] == "exploded"
    assert reading("too few neurons")["distinct neurons"] == "1 of 1"


def test_the_right_illness_coincides_and_no_other_does(live):
    for patient, name in enumerate(PATIENTS, start=1):
        for illness in ILLNESSES:
            said = turn(live, patient=patient, illness=illness).readout
            assert said.startswith("The two runs coincide") == (illness == name)
            (one, *_), (other, *_) = live.result
            assert np.array_equal(one, other, equal_nan=True) == (illness == name)


def test_patient_and_illness_can_be_told_apart_by_a_test(live):
    for patient, name in enumerate(PATIENTS, start=1):
        for illness in set(ILLNESSES) - {name}:
            turn(live, patient=patient, illness=illness)
            differ = [one != other for one, other in zip(reading(name).values(), reading(illness).values())]
            assert any(differ) and live.readout.endswith(f" differs in {sum(differ)} of 5 tests.")


def test_rows_that_differ_are_tinted_and_the_others_ticked(live):
    table = live.figure.axes[2]
    for patient, name in enumerate(PATIENTS, start=1):
        for illness in ILLNESSES:
            turn(live, patient=patient, illness=illness)
            same = [one == other for one, other in zip(reading(name).values(), reading(illness).values())]
            assert [tint.get_visible() for tint in table.patches] == [not equal for equal in same]
            marks = [text.get_text() for text in table.texts if text.get_text() in ("✓", "≠")]
            assert marks == ["✓" if equal else "≠" for equal in same]


def test_the_patient_is_seen_on_both_sides_of_the_illness_and_its_column_is_read_first(live):
    for ax in live.figure.axes[:2]:
        patient, illness = ax.lines[-2:]
        assert patient.get_linewidth() > 4 * illness.get_linewidth()
    table = live.figure.axes[2]
    laid_out(live)
    bold = [text for text in table.texts if text.get_text() in (*reading("rows apart").values(), "patient")]
    assert all(text.get_weight() == "bold" for text in bold if text.get_color() == "black")
    assert sum(text.get_color() == "black" and text.get_weight() == "bold" for text in bold) == 1 + len(TESTS)
    boxes = [text.get_window_extent() for text in table.texts if text.get_text()]
    assert min(box.x0 for box in boxes) > live.figure.axes[1].get_window_extent().x1 + 10
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def said(live):
    """The question, the options and the verdict, as the page has them."""
    return live._asked.value, [button.description for button in live._row.children], live._verdict.value


def test_every_patient_has_a_guess_of_its_own_and_keeps_it():
    live = which_illness()
    live.guess("rows apart")
    first = said(live)
    for patient, name in list(enumerate(PATIENTS, start=1))[1:]:
        question, options, verdict = said(turn(live, patient=patient))
        assert f"Patient {patient}" in question and name in options and "You guessed" not in verdict
        assert f'patient {patient} has "{name}"' not in live.readout
        live.guess(options[0])
        assert live.readout == f'The two runs coincide: patient {patient} has "{name}".'
        came_true = "and so it is" if options[0] == name else f"but it is “{name}”"
        assert (
            came_true in said(live)[2] and len(said(live)[2]) <= len(first[2]) + 20
        )  # no more room than for the first
    assert said(turn(live, patient=1)) == first
    assert "but it is “y of shape" in said(turn(live, patient=4))[2]
    live.close()


def test_what_is_said_of_patients_2_to_4():
    same = reading("equal start")
    assert (same["flat neurons"], same["distinct neurons"]) == ("0 of 16", "1 of 16")
    X, y = rows()
    W1, b1, *_ = train("inputs not scaled", X, y)[1]
    assert (np.abs(np.tanh(1000 * X @ W1 + b1)) > 0.99).all()
    below, above = np.tanh(1000 * np.array([[-1.0], [1.0]]) @ W1 + b1)
    np.testing.assert_allclose(below, -above)
    outputs = examined("y of shape (n,)")[1]
    assert np.ptp(outputs) < 0.1 and np.abs(outputs - y.mean()).max() < 0.05


def test_a_run_that_explodes_has_a_word_in_place_of_its_curve(live):
    (words,) = [text for text in live.figure.axes[1].texts if "no curve" in text.get_text()]
    for illness in ILLNESSES:
        turn(live, illness=illness)
        assert words.get_visible() == (illness == "rate too large")


def test_all_points_and_answers_lie_within_the_frame(live):
    X, y = rows()
    (low, high), (bottom, top) = live.figure.axes[1].get_xlim(), live.figure.axes[1].get_ylim()
    assert low < X.min() - 0.02 and X.max() + 0.02 < high
    for values in (y, *(examined(illness)[1] for illness in set(ILLNESSES) - {"rate too large"})):
        assert bottom < values.min() and values.max() < top


def test_the_guess_is_answered_by_the_figure():
    live = which_illness()
    live.guess("dead neurons")
    turn(live, **live.prediction.settings)
    assert live.readout == 'The two runs coincide: patient 1 has "rows apart".'
    assert len(live.result[0][0]) == EPOCHS and len(live.result[0][1]) == len(AXIS)
    live.close()


# ---- the chart --------------------------------------------------------------------------------------


def test_the_chart_fits_its_page():
    fig = symptom_chart()
    fig.canvas.draw()
    (ax,) = fig.axes
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert fig.get_size_inches()[0] <= 8.48
    for box in boxes:
        assert box.x0 >= 0 and box.x1 <= fig.bbox.x1
    for k, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[k + 1 :])


def test_every_symptom_has_a_test_and_every_chapter_exists():
    numbers = {int(path.name[:2]) for path in form.chapters(NOTEBOOKS) if not form.is_appendix(path)}
    assert len(CHART) == 9
    for symptom, test, branches in CHART:
        assert symptom and test and branches
        for *_, chapter in branches:
            assert {int(each) for each in chapter.split(",")} <= numbers
