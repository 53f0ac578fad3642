"""The live figure of chapter 16 and its pictures, driven without a notebook."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from turning import laid_out

from nnlib.exercises.ch16_reading_pytorch import Value, computed
from nnlib.widgets import one_step, recorded, two_walks, written_before
from nnlib.widgets.ch16_one_step import FAINT, LINES, PLACES, WRITTEN, numbers, stops, two_rounds
from nnlib.widgets.live import figure as engine
from nnlib.widgets.live.figure import LETTER, NARROW

CHAPTER = Path(__file__).parents[1] / "notebooks" / "16_reading_pytorch.ipynb"


@pytest.fixture(autouse=True)
def close_all():
    yield
    for live in list(engine._open.values()):
        live.close()


def texts(live):
    return [text.get_text() for text in live.figure.axes[0].texts if text.get_visible() and text.get_text()]


def test_the_guess_is_answered_by_the_figure():
    live = one_step()
    live.guess("farther")
    assert live.error is None
    zero = live.controls["zero"].value
    assert zero == "after backward()" and stops(zero)[live.controls["stop"].value] == "scheduler"
    assert live.readout.endswith(
        "The two steps left W at 0.500, as .grad was None each time. lr falls from 0.1 to 0.05."
    )
    assert any("weights  W 0.500   b 0.000" in text for text in texts(live))
    live.set(zero="before backward()")
    assert live.readout.endswith("The two steps took W from 0.500 to 1.200. lr falls from 0.1 to 0.05.")
    assert any("weights  W 1.200   b 0.465" in text for text in texts(live))


def way(live, y):
    """The numbers at the dots of W's way: 1 that of this loop, -1 that of the one with zero_grad() in its place."""
    line_of_w = live.figure.axes[1]
    shown = [text for text in line_of_w.texts if text.get_visible() and re.fullmatch(r"\d\.\d{3}", text.get_text())]
    for text in shown:
        assert text.get_text() == f"{text.get_position()[0]:.3f}"
    return [text.get_text() for text in shown if text.get_position()[1] * y > 0]


def test_how_far_w_goes_is_seen_beside_how_far_it_should():
    live = one_step()
    assert way(live, 1) == ["0.500", "1.050", "1.200"] and way(live, -1) == []
    live.guess("farther")
    assert way(live, 1) == ["0.500"] and way(live, -1) == ["0.500", "1.050", "1.200"]
    live.set(zero="left out")
    assert way(live, 1) == ["0.500", "1.050", "1.750"] and way(live, -1) == ["0.500", "1.050", "1.200"]
    live.set(stop=8)
    assert way(live, 1) == way(live, -1) == ["0.500", "1.050"]
    live.set(stop=0)
    assert way(live, 1) == way(live, -1) == ["0.500"]


@pytest.mark.long
@pytest.mark.parametrize("zero", PLACES)
@pytest.mark.parametrize("momentum, decay", [(0.0, 0.0), (0.0, 0.5), (0.9, 0.0), (0.9, 0.5)])
def test_the_numbers_of_w_stay_apart_and_within_the_picture(zero, momentum, decay):
    live = one_step()
    live.set(zero=zero, momentum=momentum, decay=decay)
    for stop in (6, 13):
        live.set(stop=stop)
        laid_out(live)
        texts = [text for text in live.figure.axes[1].texts if text.get_visible() and text.get_text()]
        boxes = [text.get_window_extent() for text in texts]
        assert all(0 <= box.x0 and box.x1 <= live.figure.bbox.x1 for box in boxes)
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
        shown = [text for text in live.figure.axes[1].texts if getattr(text, "arrow_patch", None)]
        arrows = [text.arrow_patch.get_window_extent() for text in shown if text.get_visible()]
        (beside,) = [text for text in live.figure.axes[1].texts if text.get_position() == (0.14, 2.2)]
        assert beside.get_text() == "" or beside.get_window_extent().x1 < min(arrow.x0 for arrow in arrows)
        assert len(live.readout) * LETTER < 2 * NARROW


def test_the_three_sliders_have_room_in_one_row():
    live = one_step()
    widths = [int(live.controls[key].layout.width.removesuffix("px")) for key in ("stop", "momentum", "decay")]
    assert sum(width + 4 for width in widths) + 2 * 16 <= 840  # with their margins and the gaps
    assert min(widths) > 250


def test_grad_stands_beside_the_line_that_wrote_it_last():
    live = one_step()
    live.guess("farther")
    rows = {text.get_text(): text.get_position()[1] for text in live.figure.axes[0].texts}
    assert rows["  .grad  None"] == rows["optimizer.zero_grad()"]
    live.set(zero="before backward()")
    rows = {text.get_text(): text.get_position()[1] for text in live.figure.axes[0].texts}
    assert rows["  .grad  W −1.500   b −1.150"] == rows["loss.backward()"]


def test_where_grad_is_cleared_at_once_the_place_beside_backward_says_so():
    live = one_step()
    for zero, stop, says in (
        (PLACES[1], 12, True),
        (PLACES[1], 11, True),
        (PLACES[1], 10, False),
        (PLACES[0], 12, False),
    ):
        live.set(zero=zero, stop=stop)
        (cleared,) = [text for text in live.figure.axes[0].texts if "cleared below" in text.get_text()]
        assert cleared.get_visible() == says
        rows = {text.get_text(): text.get_position()[1] for text in live.figure.axes[0].texts}
        assert not says or cleared.get_position()[1] == rows["loss.backward()"]


def test_steps_that_have_not_moved_w_are_all_named():
    live = one_step()
    for zero, stop, said in ((PLACES[1], 12, "steps 0, 1, 2: W = 0.500 each time"),
                             (PLACES[1], 6, "steps 0, 1: W = 0.500 each time"),
                             (PLACES[0], 12, ""), (PLACES[2], 12, ""), (PLACES[1], 0, "")):  # fmt: skip
        live.set(zero=zero, stop=stop)
        shown = [text for text in live.figure.axes[1].texts if text.get_visible()]
        assert [text.get_text() for text in shown if "each time" in text.get_text()] == [said] * bool(said)
        in_dot = [text for text in shown if text.get_text() in ("0", "1", "2") and text.get_color() == "black"]
        assert len(in_dot) == (0 if said else len(way(live, 1))), "a dot of several steps has no number of one"


def pushes(live):
    """The arrows that are seen, as (from, to), and what is said beside them."""
    arrows = [each for each in live.figure.axes[1].texts if getattr(each, "arrow_patch", None) and each.get_visible()]
    (said,) = [
        text.get_text() for text in live.figure.axes[1].texts if re.match("old|new|wiped|.grad is", text.get_text())
    ]
    return [(pytest.approx(arrow.get_position()[0]), pytest.approx(arrow.xy[0])) for arrow in arrows], said


def test_arrows_add_up_where_grad_is_kept_and_are_wiped_where_it_is_cleared_too_early():
    live = one_step()
    assert pushes(live) == ([(1.05, 1.2)], "new 0.150")  # where W has gone
    live.guess("farther")
    assert pushes(live) == ([(0.5, 1.25)], "wiped 0.750")
    for zero, stop, arrows, said in (
        (PLACES[0], 0, [], ".grad is None"),
        (PLACES[0], 5, [(0.5, 1.05)], "new 0.550"),
        (PLACES[0], 6, [(0.5, 1.05)], "new 0.550"),
        (PLACES[0], 9, [(1.05, 1.6)], "old 0.550"),
        (PLACES[0], 10, [(1.05, 1.6)], "wiped 0.550"),
        (PLACES[0], 11, [(1.05, 1.2)], "new 0.150"),
        (PLACES[1], 4, [(0.5, 1.05)], "new 0.550"),
        (PLACES[1], 5, [(0.5, 1.05)], "wiped 0.550"),
        (PLACES[1], 10, [(0.5, 1.25)], "new 0.750"),
        (PLACES[2], 11, [(1.05, 1.6), (1.6, 1.75)], "old 0.550   new 0.150"),
        (PLACES[2], 12, [(1.05, 1.6), (1.6, 1.75)], "old 0.550   new 0.150"),
    ):
        live.set(zero=zero, stop=stop)
        assert pushes(live) == (arrows, said), (zero, stop)


def test_the_arrow_and_what_is_beside_it_make_the_step():
    live = one_step()
    for zero in PLACES:
        for momentum, decay in ((0.0, 0.0), (0.9, 0.0), (0.0, 0.5), (0.9, 0.5)):
            live.set(zero=zero, momentum=momentum, decay=decay)
            for stop in range(14):
                live.set(stop=stop)
                states, arrows = two_rounds(zero, momentum, decay), pushes(live)[1]
                (beside,) = [
                    text.get_text() for text in live.figure.axes[1].texts if text.get_position() == (0.14, 2.2)
                ]
                stepped = stops(zero)[stop] in ("step", "scheduler") and states[stop]["grad"]
                assert not beside or stepped and (momentum or decay)
                if stepped:
                    n = stop if stops(zero)[stop] == "step" else stop - 1
                    parts = [float(part.replace("−", "-")) for part in re.findall(r"−?\d\.\d{3}", arrows + beside)]
                    assert sum(parts) == pytest.approx(states[n]["W"] - states[n - 1]["W"], abs=2e-3)
    assert "+ velocity" in beside and "+ decay" in beside


@pytest.mark.long
@pytest.mark.parametrize("zero", PLACES)
@pytest.mark.parametrize("momentum, decay", [(0.0, 0.0), (0.0, 0.5), (0.9, 0.5)])
def test_no_column_runs_into_the_next(zero, momentum, decay):
    live = one_step()
    live.set(zero=zero, momentum=momentum, decay=decay)
    for stop in (2, 3, 11, 12):
        live.set(stop=stop)
        laid_out(live)
        texts = [text for text in live.figure.axes[0].texts if text.get_visible() and text.get_text().strip("\n ")]
        boxes = {
            text.get_text(): text.get_window_extent() for text in texts if text.get_family() == ["DejaVu Sans Mono"]
        }
        for one, a in boxes.items():
            assert not any(a.x0 < b.x0 < a.x1 + 5 and a.y0 < b.y1 and b.y0 < a.y1 for b in boxes.values()), one


def test_without_zero_grad_the_slopes_of_both_rounds_are_added():
    live = one_step()
    live.set(zero="left out", stop=11)
    assert "−1.500, is added to the −5.500 there: −7.000" in live.readout
    pair = "• .grad  W        − 1.500 = −7.000\n         b        − 1.150 = −4.650"
    (sums,) = [text for text in live.figure.axes[0].texts if text.get_text() == pair]
    (held,) = [text for text in live.figure.axes[0].texts if "−5.500\n" in text.get_text()]
    assert held.get_position() == sums.get_position() and held.get_color() != sums.get_color()
    for behind, before in zip(held.get_text().splitlines(), pair.splitlines()):
        assert before[len(behind) - 6 : len(behind) + 1] == 7 * " ", "the old number stands in the gap"
    live.set(zero="before backward()")
    assert any(".grad  W −1.500   b −1.150" in text for text in texts(live))


def test_lines_are_drawn_in_the_order_in_which_they_run():
    live = one_step()
    for zero in PLACES:
        live.set(zero=zero)
        rows = {text.get_text().lstrip("# "): text.get_position()[1] for text in live.figure.axes[0].texts}
        heights = [rows[LINES[line]] for line in (*stops(zero)[1:7], "scheduler")]
        assert heights == sorted(heights)


def test_each_line_changes_what_it_should_and_nothing_else():
    states = two_rounds("before backward()", 0.9, 0.5)
    changes = {"batch": "X y", "forward": "A", "loss": "loss", "zero_grad": "grad", "backward": "grad"}
    changes |= {"step": "W b velocity", "scheduler": "rate"}
    for before, after in zip(states, states[1:]):
        assert " ".join(sorted(after["changed"])) == changes[after["line"]]
        kept = set(before) - {"line", "round", "changed", "added"} - set(after["changed"])
        assert all(after[key] is before[key] or after[key] == before[key] for key in kept)


@pytest.mark.parametrize("zero", PLACES)
@pytest.mark.parametrize("momentum, decay", [(0.0, 0.0), (0.9, 0.5)])
def test_every_stop_is_drawn_and_told(zero, momentum, decay):
    live = one_step()
    live.set(zero=zero, momentum=momentum, decay=decay)
    (bar,) = live.figure.axes[0].patches
    renderer = live.figure.canvas.get_renderer()
    for stop, line in enumerate(stops(zero)):
        live.set(stop=stop)
        assert live.error is None
        start = "Nothing has run yet." if line is None else f"Round {1 + (stop > 6)}, {LINES[line]}: "
        assert live.readout.startswith(start) and "-" not in live.readout
        assert bar.get_visible() == (line is not None)
        marked = [text for text in live.figure.axes[0].texts if text.get_text().startswith("• ")]
        nothing = line is None or (line, zero) in (("zero_grad", "left out"), ("step", "after backward()"))
        assert len(marked) == (0 if nothing else 1 + (line == "step" and momentum > 0))
        for text in marked:
            inside, box = bar.get_window_extent(renderer), text.get_window_extent(renderer)
            assert inside.y0 < box.y0 and box.y1 < inside.y1 and box.x1 < inside.x1, (line, text.get_text())


def test_a_line_that_is_left_out_says_so():
    live = one_step()
    live.set(zero="left out", stop=10)
    assert "# optimizer.zero_grad()" in texts(live) and "(left out)" in texts(live)
    assert "W keeps −5.500" in live.readout


def test_what_an_earlier_round_has_left_is_gray_until_it_is_written_anew():
    live = one_step()
    for stop, stale in ((0, 0), (6, 1), (9, 3), (13, 0)):  # then lr; lr, weights and .grad; nothing
        live.set(stop=stop)
        gray = [text for text in live.figure.axes[0].texts if text.get_color() == FAINT and text.get_visible()]
        gray = [text.get_text() for text in gray]
        assert len([text for text in gray if text.startswith("  ")]) == stale
        assert ("round 2 of 2" if stop > 6 else "round 1 of 2" if stop else "before round 1") in texts(live)


def test_velocity_is_there_only_with_momentum():
    live = one_step()
    assert not any("velocity" in text for text in texts(live))
    live.set(momentum=0.9, stop=12)
    assert any("velocity  W −6.45" in text for text in texts(live))


def test_decay_is_no_part_of_grad():
    plain, decayed = (two_rounds("before backward()", 0.0, decay) for decay in (0.0, 0.5))
    assert plain[5]["grad"] == decayed[5]["grad"] and plain[6]["W"] != decayed[6]["W"]


def test_the_picture_holds_the_lines_of_the_text():
    cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]}
    script = re.sub(r"\s+", " ", cells["first-script"])
    for line, _, _ in WRITTEN:
        assert re.sub(r"\s+", " ", line).strip().removesuffix("...)") in script
    shown = [text.get_text() for text in written_before().axes[0].texts]
    assert all(part in shown for row in WRITTEN for part in row)


def test_a_row_of_numbers_has_one_format():
    assert numbers([0.0, 3.0]) == "0, 3" and numbers([0.0, -1.5]) == "0.000, −1.500"


def test_the_two_walks_are_drawn_sum_by_sum():
    eager, ordered = ([text.get_text() for text in ax.texts] for ax in two_walks().axes)
    assert [text for text in eager if text.isdigit()] == ["1", "4", "8", "16", "8", "32", "48"]
    assert [text for text in ordered if text.isdigit()] == ["1", "4", "8", "16", "32"]
    assert [text for text in ordered if text.startswith("+")] == ["+4", "+4", "+16", "+16"]


def test_a_column_is_named_with_the_number_of_its_values():
    loss = computed("v = a * b; v * v", {"a": Value(2.0), "b": Value(3.0)})
    assert [text.get_text() for text in recorded(loss, [], {0: "leaves", 2: "loss"}).axes[0].texts] == [
        "2\nleaves",
        "loss",
    ]


def test_a_recorded_graph_shows_every_value_and_every_use():
    leaves = {"a": Value(2.0), "b": Value(3.0)}
    ax = recorded(computed("v = a * b; v * v + a", leaves), [leaves["a"]]).axes[0]
    lines = [line for line in ax.lines if line.get_linestyle() == "-"]
    dots = {line.get_marker() + line.get_color(): len(line.get_xdata()) for line in ax.lines if line not in lines}
    assert len(lines) == 6  # v * v uses v twice
    assert sorted(dots.values()) == [1, 1, 1, 3]
    assert all(np.diff(line.get_xdata())[0] > 0 for line in lines), "from left to right"
