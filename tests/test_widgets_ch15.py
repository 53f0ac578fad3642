"""The live figure of chapter 15, and what its prose says about it."""

import numpy as np
import pytest
from turning import fresh, laid_out, turn

from nnlib.exercises.ch15_momentum_and_adam import adam_step, ball_factor, momentum_step, nesterov_step
from nnlib.optimizers import SGD, Adam, Momentum
from nnlib.widgets import valley, valley_race
from nnlib.widgets.ch15_race import (
    ADAM_RATES,
    BETAS,
    CURVATURES,
    FAR,
    HIGHEST,
    LOWEST,
    RATES,
    RUNS,
    STEPS,
    WIDE,
    heights,
    race,
)
from nnlib.widgets.live.figure import LETTER, NARROW

DEFAULT = {"beta": 0.9, "rate": 0.1, "adam_rate": 0.2, "angle": 10}
KAPPA = CURVATURES[1] / CURVATURES[0]


@pytest.fixture
def live():
    return fresh(valley_race)


def ends(tilt, **values):
    """The last heights of the three, by name."""
    paths = race(tilt, **{**DEFAULT, **values})
    return {name: heights(path, tilt)[-1] for name, path in paths.items()}


# ---- the picture ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tilt, angle", [(0, 10), (25, 70), (45, 20)])
def test_the_paths_are_those_of_the_library(live, tilt, angle):
    result = turn(live, tilt=tilt, angle=angle, beta=0.8, rate=0.05, adam_rate=0.5).result
    H = valley(tilt)
    for name, rule, rate in (("descent", SGD(), 0.05), ("momentum", Momentum(0.8), 0.05), ("Adam", Adam(), 0.5)):
        path, height = result[name]
        p, state = path[0].copy(), np.zeros((rule.n_states, 2))
        for t in range(1, STEPS + 1):
            rule.step(p, H @ p, rate, state, t)
            np.testing.assert_allclose(path[t], p, rtol=0, atol=1e-9)
        np.testing.assert_allclose(height, 0.5 * np.sum(path @ H * path, axis=1), rtol=1e-9, atol=1e-12)


def test_the_valley_has_its_curvatures_and_its_floor_at_every_tilt():
    for tilt in (0, 15, 45):
        H, floor = valley(tilt), [np.cos(np.radians(tilt)), np.sin(np.radians(tilt))]
        np.testing.assert_allclose(np.linalg.eigvalsh(H), CURVATURES, rtol=1e-9)
        np.testing.assert_allclose(H @ floor, CURVATURES[0] * np.array(floor), atol=1e-12)


def test_the_start_keeps_its_place_in_the_valley(live):
    for angle in (0, 35, 90):
        starts = [turn(live, tilt=tilt, angle=angle).result["Adam"] for tilt in (0, 20, 45)]
        assert all(np.linalg.norm(path[0]) == pytest.approx(FAR) for path, _ in starts)
        assert all(height[0] == pytest.approx(starts[0][1][0]) for _, height in starts)


def test_the_curves_are_the_result(live):
    plane, curve = live.figure.axes
    for step in (0, 34, STEPS):
        result = turn(live, step=step, tilt=30).result
        ways = [line for line in plane.lines if line.get_color() in {curve.lines[k].get_color() for k in range(3)}]
        for k, (path, height) in enumerate(result.values()):
            np.testing.assert_array_equal(np.transpose(ways[2 * k].get_data()), path[: step + 1])
            np.testing.assert_array_equal(np.transpose(ways[2 * k + 1].get_data()), path[step : step + 1])
            np.testing.assert_array_equal(curve.lines[k].get_ydata(), height[: step + 1])
        assert f"after {step} steps" in live.readout


def test_every_contour_is_at_one_height(live):
    plane, _ = live.figure.axes
    for tilt in (0, 45):
        turn(live, tilt=tilt)
        for line in plane.lines[:4]:
            height = heights(np.transpose(line.get_data()), tilt)
            assert height.min() == pytest.approx(height.max()) and height.min() > 0


def test_what_a_turn_has_changed_is_left_in_dashes_with_its_number(live):
    _, curve = live.figure.axes
    turn(live, tilt=45)
    (ghost,) = [line for line in curve.lines if line.get_linewidth() == 1.3 and len(line.get_xdata()) > 2]
    np.testing.assert_array_equal(ghost.get_ydata(), heights(race(0, **DEFAULT)["Adam"], 0))
    names = {text.get_text() for text in curve.texts if text.get_visible()}
    assert names >= {"Adam 0.006", "Adam was 6 · 10⁻⁶", "momentum 6 · 10⁻⁶", "before: tilt (°) 0"}
    assert sum(" was " in name for name in names) == 1


def test_the_map_holds_the_paths_and_is_near_where_it_can_be(live):
    plane, _ = live.figure.axes
    for values in ({"tilt": 0}, {"tilt": 20}, {"tilt": 45}, {"beta": 0.98}, {"angle": 90, "tilt": 0}):
        paths = np.concatenate([path for path, _ in turn(live, **values).result.values()])
        (left, right), (low, high) = plane.get_xlim(), plane.get_ylim()
        assert np.all(([left, low] < paths) & (paths < [right, high]))
        assert (right - left < 8) == ("tilt" in values and "angle" not in values), values
        if right - left < 8:
            room = [left, low] - paths.min(axis=0), paths.max(axis=0) - [right, high]
            assert abs(room[0][1] - room[1][1]) < 0.3 * (high - low), "the valley is in the middle"


@pytest.mark.parametrize("values", [{}, {"tilt": 45}, {"angle": 90, "tilt": 20}, {"rate": 0.5}])
def test_the_paths_are_named_above_the_map_where_nothing_can_lie_on_a_name(live, values):
    plane, curve = live.figure.axes
    turn(live, **values)
    laid_out(live)
    legend = plane.get_legend()
    assert {text.get_text() for text in legend.get_texts()} == {*RUNS, "start", "bottom"}
    assert legend.get_window_extent().y0 >= plane.bbox.y1 - 1
    key = next(text for text in curve.texts if text.get_text().startswith("before") or text.get_color() == "#555555")
    assert not legend.get_window_extent().overlaps(key.get_window_extent())
    assert not any(text.get_visible() for text in plane.texts)


def test_a_run_that_leaves_the_frame_ends_there_and_its_name_says_so(live):
    plane, curve = live.figure.axes
    turn(live, rate=0.5)
    assert curve.lines[0].get_ydata()[-1] > HIGHEST and curve.get_ylim() == (LOWEST, HIGHEST)
    names = [text for text in curve.texts if text.get_visible() and "off" in text.get_text()]
    assert [text.get_text() for text in names] == ["descent off ↑", "momentum off ↑"]
    assert all(text.get_window_extent().x1 < live.figure.bbox.x1 for text in names)
    slow, ball = (
        line.get_xydata()
        for line in plane.lines
        if line.get_color() in [curve.lines[k].get_color() for k in (0, 1)] and line.get_linestyle() != "None"
    )
    for path in (slow, ball):  # as far as the edge: later leaps would hatch the whole map
        outside = np.any(np.abs(path) >= WIDE, axis=1)
        assert outside[-1] and not outside[:-1].any()
    turn(live, rate=0.1, beta=0.8, adam_rate=1)
    assert "momentum off ↓" in {text.get_text() for text in curve.texts if text.get_visible()}


def test_every_extreme_answers(live):
    for k in (0, -1):
        for tilt in (0, 45):
            for angle in (0, 90):
                turn(live, rate=RATES[k], beta=BETAS[k], adam_rate=ADAM_RATES[k], tilt=tilt, angle=angle)
                assert "Heights after 120 steps" in live.readout and len(live.readout) * LETTER < 2 * NARROW


def test_who_is_lowest_and_whose_heights_changed_is_told(live):
    assert live.readout.startswith("Lowest: momentum and Adam. Heights")
    live.guess(live.prediction.answer)
    assert live.readout.startswith("Lowest: momentum. Changed: only Adam's. Heights after 120 steps: descent 0.07, ")
    for step, start in ((60, "Lowest: momentum. Heights after 60"), (0, "Heights after 0")):
        assert turn(live, step=step).readout.startswith(start), "no change is told before the run is whole"
    turn(live, step=STEPS, rate=0.2)
    assert "Changed: descent's and momentum's." in live.readout


def test_two_sliders_fit_beside_each_other_in_a_narrow_window(live):
    widths = [int(control.layout.width.removesuffix("px")) for control in live.controls.values()]
    assert 2 * max(widths) + 16 < NARROW


def test_who_explodes_is_told(live):
    assert "explodes" not in live.readout
    for rate, lost in (
        (0.21, ["descent"]),
        (0.37, ["descent"]),
        (0.39, ["descent", "momentum"]),
    ):  # cliffs: 2, 3.8 / 10
        turn(live, rate=rate)
        assert [name for name in RUNS if f"{name} explodes" in live.readout] == lost


def test_the_readers_steps_are_used():
    asked = []

    def mine(w, m, v, gradient, t, rate):
        asked.append(t)
        return adam_step(w, m, v, gradient, t, rate)

    live = valley_race(momentum_step=nesterov_step, adam_step=mine)
    assert asked == list(range(1, STEPS + 1)) and live.error is None
    assert live.result["momentum"][1][-1] != pytest.approx(ends(0)["momentum"])
    live.close()


def test_a_step_of_the_reader_that_fails_is_told():
    live = valley_race(momentum_step=lambda w, v, gradient, rate, beta: (w / 0, missing))  # noqa: F821
    assert "NameError" in live.readout
    live.close()


# ---- what the chapter says --------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0, 10, 45, 90])
def test_only_adam_minds_the_tilt(live, angle):
    assert live.prediction.answer == "only Adam's"
    straight, tilted = ends(0, angle=angle), ends(live.prediction.settings["tilt"], angle=angle)
    for name in ("descent", "momentum"):
        assert tilted[name] == pytest.approx(straight[name], rel=1e-6, abs=1e-20)
    assert tilted["Adam"] != pytest.approx(straight["Adam"], rel=0.1)


def test_tilted_adam_is_left_behind_by_the_ball():
    assert ends(45)["Adam"] > 100 * ends(0)["Adam"]
    assert ends(45)["momentum"] < ends(45)["Adam"] < ends(45)["descent"]
    assert ends(0)["Adam"] < ends(0)["descent"] / 1000


def test_adam_always_ends_behind_the_ball_from_25_degrees_on():
    behind = {tilt: ends(tilt)["Adam"] > ends(tilt)["momentum"] for tilt in range(0, 50, 5)}
    assert all(behind[tilt] for tilt in range(25, 50, 5)) and not behind[20]


def test_in_the_straight_valley_both_keep_the_same_share_of_a_swing():
    paths = race(0, **DEFAULT)
    for name in ("momentum", "Adam"):
        highest = [heights(paths[name], 0)[k : k + 40].max() for k in (41, 81)]
        assert (highest[1] / highest[0]) ** (1 / 40) == pytest.approx(0.9, abs=0.02)


def test_only_along_the_floor_and_above_the_border_does_the_ball_pass_the_star():
    for beta in BETAS:
        along = race(0, **DEFAULT | {"beta": beta})["momentum"][:, 0]
        assert (along.max() > 0) == (beta > (1 - np.sqrt(0.1 * CURVATURES[0])) ** 2)


def test_the_ball_is_fastest_in_between():
    last = [ends(0, beta=beta)["momentum"] for beta in BETAS]
    assert 0 < int(np.argmin(last)) < len(BETAS) - 2 and last[-1] > last[0]


def test_no_other_pair_of_rate_and_beta_beats_the_best_one():
    root = np.sqrt(KAPPA)
    best_rate, best_beta = 4 / np.sum(np.sqrt(CURVATURES)) ** 2, ((root - 1) / (root + 1)) ** 2

    def slowest(rate, beta):
        return max(ball_factor(rate, beta, curvature) for curvature in CURVATURES)

    assert slowest(best_rate, best_beta) == pytest.approx((root - 1) / (root + 1), abs=1e-6)
    assert slowest(2 / CURVATURES.sum(), 0) == pytest.approx((KAPPA - 1) / (KAPPA + 1))
    for rate in np.linspace(0.01, 0.4, 40):
        assert slowest(rate, 0) >= (KAPPA - 1) / (KAPPA + 1) - 1e-12
        assert min(slowest(rate, beta) for beta in np.linspace(0, 0.99, 100)) > best_beta**0.5 - 1e-6


def test_the_best_ball_swings_out_first_and_then_takes_twelve_steps_for_a_tenth():
    x, y = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0]), np.array([7.0, 7.0, 11.0, 13.0, 18.0, 19.0])
    H = np.array([[2 * np.mean(x**2), 2 * np.mean(x)], [2 * np.mean(x), 2.0]])
    roots = np.sqrt(np.linalg.eigvalsh(H))
    best = 4 / roots.sum() ** 2, (np.ptp(roots) / roots.sum()) ** 2
    p, v, far = -np.polyfit(x, y, 1), np.zeros(2), []
    for _ in range(300):
        far.append(np.linalg.norm(p))
        p, v = momentum_step(p, v, H @ p, *best)
    within = [np.flatnonzero(np.divide(far, far[0]) > 0.1**k)[-1] + 1 for k in range(1, 9)]
    assert within[0] == 29 and max(far) / far[0] == pytest.approx(2.11, abs=0.005)
    assert set(np.diff(within)) == {12, 13}


@pytest.mark.parametrize("rate, beta, curvature", [(0.1, 0.9, 1), (0.1, 0.2, 1), (0.1, 0.5, 25), (0.2, 0.7, 18)])
def test_the_factor_is_what_a_long_run_leaves(rate, beta, curvature):
    w, v, sizes = 1.0, 0.0, []
    for _ in range(400):
        w, v = momentum_step(w, v, curvature * w, rate, beta)
        sizes.append(abs(w) + abs(v))
    assert (max(sizes[300:]) / max(sizes[100:200])) ** (1 / 200) == pytest.approx(
        ball_factor(rate, beta, curvature), rel=0.01
    )


def test_the_cliff_of_the_ball():
    for beta in (0.0, 0.5, 0.9):
        assert ball_factor(0.999 * 2 * (1 + beta) / 7, beta, 7) < 1 < ball_factor(1.001 * 2 * (1 + beta) / 7, beta, 7)


@pytest.mark.parametrize("tilt", [0, 5, 15, 30, 45])
def test_no_rate_for_each_parameter_leaves_less_than_the_formula(tilt):
    H = valley(tilt)
    r = abs(H[0, 1]) / np.sqrt(H[0, 0] * H[1, 1])
    left = []
    for rates in np.geomspace(0.05, 20, 2001):
        low, high = np.linalg.eigvalsh(np.diag([1, rates]) @ H @ np.diag([1, rates]))
        left.append(high / low)
    assert min(left) == pytest.approx((1 + r) / (1 - r), rel=0.01) and min(left) >= (1 + r) / (1 - r) - 1e-6


def test_the_noise_floor_of_the_ball_is_its_formula():
    noise = np.random.default_rng(0).normal(size=60_000)
    for rate, beta in ((0.05, 0.5), (0.02, 0.9), (0.1, 0.0)):
        w, v, total = 0.0, 0.0, 0.0
        for d in noise:
            w, v = momentum_step(w, v, 2 * (w - d), rate, beta)
            total += w * w
        formula = rate * (1 + beta) / ((1 - beta) * (1 + beta - rate))
        assert total / len(noise) == pytest.approx(formula, rel=0.1)


def test_adam_wakes_up_unless_its_rate_falls_faster_than_the_root_of_v():
    def farthest_after_500(halved_in):
        w, m, v, far = 0.01, 0.0, 0.0, []
        for t in range(1, 10_001):
            w, m, v = adam_step(w, m, v, 1.0 * w, t, 0.5 * 0.5 ** (t / halved_in))
            far.append(abs(w))
        return max(far[500:])

    assert 2 * np.log(2) / -np.log(0.999) == pytest.approx(1400, rel=0.02)
    assert farthest_after_500(1200) < 1e-9 and farthest_after_500(2800) > 0.05


def test_a_factor_in_all_gradients_cancels_in_adam():
    for factor in (1e-3, 1e4):
        w = other = np.array([3.0, -1.0])
        m = v = m_other = v_other = np.zeros(2)
        for t in range(1, 60):
            w, m, v = adam_step(w, m, v, valley(20) @ w, t, 0.1)
            other, m_other, v_other = adam_step(other, m_other, v_other, factor * valley(20) @ other, t, 0.1)
        np.testing.assert_allclose(other, w, atol=1e-3)


def test_every_run_has_a_look_of_its_own():
    assert all(len({look[k] for look in RUNS.values()}) == 3 for k in (0, 2))
