"""The live figure of chapter 11, and what its prose says about it."""

import numpy as np
import pytest
from turning import turn

from nnlib import ExponentialLR, NeuralNetwork, StepLR, datasets
from nnlib.exercises.ch11_schedulers import BATCH_SIZE, FRESH, GOAL, last_losses, schedule_mistake
from nnlib.widgets import decay
from nnlib.widgets.ch11_decay import (
    BATCHES,
    EPOCHS,
    GAMMAS,
    LOSS_LIMITS,
    RATE_LIMITS,
    at_constant_rate,
    final,
    train_on_sine,
)

LAYERS = [
    {"n_inputs": 1, "n_neurons": 8, "activation": "tanh"},
    {"n_inputs": 8, "n_neurons": 1, "activation": "linear"},
]


@pytest.fixture
def live():
    live = decay()
    yield live
    live.close()


def gain(live, **values):
    """How much lower the schedule ends than the constant rate."""
    _, losses, without = turn(live, **values).result
    return final(without) - final(losses)


# ---- the picture ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values, scheduler",
    [
        ({"kind": "exponential", "gamma": 0.95}, ExponentialLR(0.95)),
        ({"kind": "step", "gamma": 0.3, "step_size": 20}, StepLR(20, 0.3)),
        ({"kind": "constant"}, None),
    ],
)
def test_the_runs_are_those_of_the_library(live, values, scheduler):
    X, y = datasets.noisy_sine(n=64, noise=0.3, seed=0)
    rates, losses, without = turn(live, batch_size=8, seed=3, **values).result
    for found, schedule in ((losses, scheduler), (without, None)):
        nn = NeuralNetwork(LAYERS, learning_rate=0.2, scheduler=schedule, seed=3)
        history = nn.fit(X, y, epochs=80, batch_size=8)
        np.testing.assert_allclose(found, history["train_loss"], rtol=0, atol=1e-12)
        if found is losses:
            np.testing.assert_allclose(rates, history["learning_rate"], rtol=0, atol=1e-12)


def test_the_curves_are_the_result(live):
    rates, losses, without = turn(live, kind="step", gamma=0.5, step_size=10).result
    above, below = live.figure.axes
    np.testing.assert_array_equal(above.lines[0].get_ydata(), rates)
    np.testing.assert_array_equal(below.lines[0].get_ydata(), without)
    np.testing.assert_array_equal(below.lines[1].get_ydata(), losses)
    assert rates[9] == 0.2 and rates[10] == 0.1
    assert f"{final(losses):.4f}" in live.readout and f"{final(without):.4f}" in live.readout


def test_every_extreme_answers(live):
    for kind in ("constant", "step", "exponential"):
        for gamma in (GAMMAS[0], GAMMAS[-1]):
            for batch_size in (BATCHES[0], BATCHES[-1]):
                turn(live, kind=kind, gamma=gamma, batch_size=batch_size, step_size=1)
                assert "final loss" in live.readout
                assert min(live.result[0]) >= 0
                assert LOSS_LIMITS[0] < min(live.result[1])


@pytest.mark.parametrize("batch_size", BATCHES)
def test_no_loss_leaves_the_panel(live, batch_size):
    _, losses, without = turn(live, batch_size=batch_size).result
    assert LOSS_LIMITS[0] < min(*losses, *without) and max(*losses, *without) < LOSS_LIMITS[1]


def test_without_a_schedule_there_is_one_line(live):
    above, below = live.figure.axes
    for kind in ("constant", "step", "constant", "exponential"):
        turn(live, kind=kind)
        for artist in (above.lines[0], below.lines[1], below.get_legend()):
            assert artist.get_visible() == (kind != "constant")
        assert below.lines[0].get_visible()


def test_a_rate_that_leaves_the_panel_is_told(live):
    for gamma in GAMMAS:
        rates, *_ = turn(live, kind="exponential", gamma=gamma).result
        texts = [text.get_text() for text in live.figure.axes[0].texts if text.get_visible()]
        told = any("one millionth" in " ".join(words.split()) for words in texts)
        assert told == (rates[EPOCHS // 4 - 1] < RATE_LIMITS[0])


def test_a_schedule_that_changes_nothing_says_so(live):
    assert "No difference" in turn(live, gamma=1).readout
    turn(live, kind="step", step_size=100, gamma=0.1)
    notes = [text.get_text() for text in live.figure.axes[0].texts]
    assert any("first step down" in words for words in notes)
    turn(live, step_size=20)
    assert not any(text.get_visible() for text in live.figure.axes[0].texts)


def test_the_readers_schedules_are_used():
    asked = []

    def exponential_lr(epoch, initial_rate, gamma):
        asked.append(epoch)
        return np.float64(initial_rate) * gamma**epoch

    live = decay(exponential_lr=exponential_lr)
    turn(live, kind="exponential", gamma=0.9)
    asked.clear()
    turn(live, gamma=0.95)
    assert asked == list(range(EPOCHS)) and live.error is None
    np.testing.assert_allclose(live.result[0], [0.2 * 0.95**epoch for epoch in range(EPOCHS)])
    live.close()


def test_a_schedule_of_the_reader_that_fails_is_told():
    live = decay(step_lr=lambda epoch, initial_rate, step_size, gamma: initial_rate / (epoch - epoch))
    assert "ZeroDivisionError" in live.readout
    live.close()


# ---- what the chapter says --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_the_prediction_is_true_of_every_seed(live, seed):
    assert live.prediction.answer == "higher"
    assert live.controls["kind"].value == "step" and live.controls["batch_size"].value == 4
    assert gain(live, seed=seed) > 0.02
    assert gain(live, seed=seed, batch_size=64) < -0.005


@pytest.mark.parametrize("seed", range(10))
def test_the_batch_size_decides(live, seed):
    turn(live, kind="exponential", gamma=0.95, seed=seed)
    gains = {batch_size: gain(live, batch_size=batch_size) for batch_size in BATCHES}
    assert min(gains[2], gains[4]) > 0 > max(gains[16], gains[32], gains[64])
    assert gain(live, gamma=0.98, batch_size=8) > 0 > gain(live, gamma=0.98, batch_size=64)


def test_with_batches_of_8_the_slide_wins_on_the_first_seed_only(live):
    turn(live, kind="exponential", gamma=0.95, batch_size=8)
    gains = [gain(live, seed=seed) for seed in range(10)]
    assert gains[0] > 0 > max(gains[1:])


@pytest.mark.parametrize("seed", range(3))
def test_with_all_rows_in_a_batch_no_slide_wins(live, seed):
    turn(live, kind="exponential", batch_size=64, seed=seed)
    assert all(gain(live, gamma=gamma) < 0 for gamma in GAMMAS if gamma < 1)


def test_too_slow_and_too_fast(live):
    turn(live, kind="exponential")
    finals = {gamma: final(turn(live, gamma=gamma).result[1]) for gamma in GAMMAS}
    best = min(finals, key=finals.get)
    assert 0.94 <= best <= 0.96
    falling = [finals[gamma] for gamma in GAMMAS if gamma >= best]
    rising = [finals[gamma] for gamma in GAMMAS if gamma <= best]
    assert falling == sorted(falling) and rising == sorted(rising, reverse=True)
    without = final(at_constant_rate(4, 0))
    assert finals[0.85] > without > finals[0.9]


def test_the_loss_falls_with_the_rate(live):
    _, losses, _ = turn(live, kind="step", gamma=0.1, step_size=40, batch_size=4).result
    assert np.mean(losses[35:40]) > 0.13
    assert max(losses[41:]) < 0.12


def test_a_frozen_run_stays_frozen():
    X, y = datasets.noisy_sine(n=64, noise=0.3, seed=0)
    losses = NeuralNetwork(LAYERS, 0.2, scheduler=ExponentialLR(0.8), seed=0).fit(X, y, epochs=160, batch_size=4)
    assert losses["train_loss"][159] == pytest.approx(losses["train_loss"][79], abs=1e-6)
    assert losses["train_loss"][159] > 0.15


# ---- the goal of the last exercise ------------------------------------------------------------------


def test_it_is_scored_on_runs_of_the_library():
    schedule = ExponentialLR(0.96)
    scored = last_losses(tuple(schedule(epoch, 0.2) for epoch in range(EPOCHS)))
    for k in (0, len(FRESH) - 1):
        history = train_on_sine(schedule, BATCH_SIZE, FRESH[k])
        assert scored[k] == pytest.approx(final(history["train_loss"]), abs=1e-12)


@pytest.mark.parametrize("rate", [0.2, 0.15, 0.12, 0.11, 0.1, 0.09, 0.08, 0.07, 0.05])
def test_no_constant_rate_reaches_the_goal(rate):
    assert np.mean(last_losses((rate,) * EPOCHS)) > GOAL + 0.005


@pytest.mark.parametrize("schedule", [ExponentialLR(0.95), StepLR(20, 0.3)])
def test_the_schedules_of_the_chapter_do_not_reach_the_goal(schedule):
    assert np.mean(last_losses(tuple(schedule(epoch, 0.2) for epoch in range(EPOCHS)))) > GOAL + 0.01


@pytest.mark.parametrize(
    "schedule, why",
    [
        (lambda epoch, rate: rate * 0.8**epoch, "frozen"),
        (lambda epoch, rate: rate * 0.85**epoch, "frozen"),
        (lambda epoch, rate: rate * 0.9**epoch, "frozen"),
        (lambda epoch, rate: rate / (1 + epoch), "frozen"),
        (lambda epoch, rate: rate * 0.96**epoch, "too early"),
        (lambda epoch, rate: rate / (1 + epoch / 10), "too early"),
        (lambda epoch, rate: rate * 0.3 ** (epoch // 20), "too early"),
        (lambda epoch, rate: rate * 0.99**epoch, "noise floor"),
        (lambda epoch, rate: rate * 0.1 ** (epoch // 75), "last fifth"),
    ],
)
def test_a_schedule_that_fails_is_told_its_score_and_why(schedule, why):
    sentence = schedule_mistake(schedule, None)
    score = np.mean(last_losses(tuple(schedule(epoch, 0.2) for epoch in range(EPOCHS))))
    assert sentence.startswith(f"{score:.4f} on the hidden seeds; the goal is below 0.107.")
    assert why in sentence
