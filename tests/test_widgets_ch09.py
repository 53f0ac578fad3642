"""The live figure of chapter 09, and what its prose says about the price of weights."""

from functools import cache

import numpy as np
import pytest
from turning import fresh, laid_out, turn

from nnlib import DivergenceError, NeuralNetwork, datasets
from nnlib.exercises import mine
from nnlib.exercises.ch09_l2 import DIGIT_LAYERS, ENOUGH, right_of_the_validation_digits
from nnlib.widgets import ch09_price_of_weights, price_of_weights
from nnlib.widgets.ch09_price_of_weights import (
    ACTIVATIONS,
    COMPARED,
    DERIVATIVES,
    EPOCHS,
    GRID,
    LAMBDAS,
    LAYERS,
    RATES,
    SHOWN,
    curve_data,
    place,
)

X, y, X_val, y_val = curve_data()


@pytest.fixture
def live():
    return fresh(price_of_weights)


@cache
def trained(l2_lambda, rate=0.1, seed=0):
    """The network of the library, to be looked at."""
    nn = NeuralNetwork(LAYERS, learning_rate=rate, l2_lambda=l2_lambda, seed=seed)
    nn.fit(X, y, epochs=EPOCHS, batch_size=len(X))
    return nn


# ---- the live figure --------------------------------------------------------------------------------


def test_the_prediction_is_true(live):
    assert live.controls["l2_lambda"].value == 0.2 and live.result.penalty == pytest.approx(0.190, abs=5e-4)
    assert live.result.penalty > live.result.total / 3
    free = turn(live, l2_lambda=0).result.validation
    live.guess("0")
    assert live.prediction.answer == "0" and live.controls["l2_lambda"].value == 1
    assert live.result.penalty < 1e-9
    assert 1.9 < live.result.validation / free < 2.2


def test_the_trail_keeps_every_price_that_was_tried():
    live = price_of_weights()  # of its own, with nothing tried
    trail = live.figure.axes[2]
    others, walk, *_ = trail.lines
    seeds = next(text for text in trail.texts if text.get_color() == "#606060")
    assert list(walk.get_xdata()) == [*map(place, SHOWN)]  # before anybody has moved anything
    tried = {*SHOWN, 0.1, 0.02}
    losses = {price: turn(live, l2_lambda=price).result.validation for price in tried}
    assert list(walk.get_xdata()) == [*map(place, sorted(tried))]
    assert list(walk.get_ydata()) == [losses[price] for price in sorted(tried)]
    assert np.isnan(others.get_ydata()).all() and not seeds.get_text()  # a legend for what is there alone
    turn(live, l2_lambda=20)  # explodes and leaves nothing
    assert len(walk.get_xdata()) == len(tried)
    turn(live, seed=1, l2_lambda=0.01)
    assert list(walk.get_ydata()) == [live.result.validation]  # a trail of its own
    assert seeds.get_text() == "gray: other seeds"
    gray = np.array(others.get_ydata())
    assert list(gray[np.isfinite(gray)]) == [losses[price] for price in sorted(tried)]
    turn(live, rate=0.05)
    assert np.isnan(others.get_ydata()).all()  # other rates are another story
    turn(live, rate=0.1, seed=0)
    assert list(walk.get_ydata()) == [losses[price] for price in sorted(tried)]


def test_a_price_is_trained_once(monkeypatch):
    calls = []
    monkeypatch.setattr(ch09_price_of_weights, "train", lambda nn, *given: calls.append(nn.l2_lambda) or False)
    own = price_of_weights()
    for price in (0.01, 0.1, 0.01, 0.2):
        turn(own, l2_lambda=price)
    assert calls == [0.2, 0, 0.001, 0.01, 0.05, 0.1]
    turn(own, seed=1)
    assert calls == [0.2, 0, 0.001, 0.01, 0.05, 0.1, 0.2]
    own.close()


def test_a_slow_loop_takes_the_first_steps_only():
    steps = []

    def counted(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda):
        steps.append(epochs)
        return mine("train_l2")(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda)

    own = price_of_weights(train_l2=counted)
    for price in (0.02, 1, 30):
        turn(own, l2_lambda=price)
    assert steps == [COMPARED] * (len(SHOWN) + 3)
    own.close()


@pytest.mark.parametrize("l2_lambda, rate, seed", [(0, 0.1, 0), (0.01, 0.05, 3), (0.1, 0.2, 20)])
def test_it_is_the_network_of_the_library(live, l2_lambda, rate, seed):
    priced = turn(live, l2_lambda=l2_lambda, rate=rate, seed=seed).result
    nn = trained(l2_lambda, rate, seed)
    assert (priced.data, priced.penalty) == (nn.loss(X, y), nn.penalty())
    assert priced.total == priced.data + priced.penalty
    assert priced.validation == nn.loss(X_val, y_val)
    np.testing.assert_array_equal(priced.outputs, nn.predict(GRID))
    assert priced.penalty == pytest.approx(l2_lambda / 2 * np.sum(priced.weights**2), abs=1e-12)
    assert priced.weights.shape == (440,)


def test_the_readers_loop_draws_the_same_picture():
    own = price_of_weights(train_l2=mine("train_l2"))
    for l2_lambda in (0.01, 0.1):
        priced, nn = turn(own, l2_lambda=l2_lambda).result, trained(l2_lambda)
        assert priced.total == pytest.approx(nn.loss(X, y) + nn.penalty(), abs=1e-9)
        np.testing.assert_allclose(priced.outputs, nn.predict(GRID), rtol=0, atol=1e-6)
    turn(own, l2_lambda=30)
    assert own.result is None and "exploded" in own.readout
    own.close()


def test_a_wrong_loop_of_the_reader_is_seen():
    def without_the_price(X, y, parameters, activations, derivatives, learning_rate, epochs, l2_lambda):
        return mine("train_l2")(X, y, parameters, activations, derivatives, learning_rate, epochs, 0)

    own = price_of_weights(train_l2=without_the_price)
    turn(own, l2_lambda=0.01)
    assert own.result.validation == pytest.approx(0.307, abs=5e-4)
    own.close()


def test_the_columns_are_the_losses(live):
    data, penalty = live.figure.axes[2].containers
    runs = {price: turn(live, l2_lambda=price).result for price in (0.03, *SHOWN)}
    for price, low, high in zip(LAMBDAS, data, penalty, strict=True):
        run = runs.get(price)
        if run:
            assert (low.get_height(), high.get_height()) == (run.data, run.penalty)
            assert high.get_y() == run.data  # the penalty stands on the data loss
            assert high.get_x() == low.get_x()
        else:
            assert low.get_height() == high.get_height() == 0


def test_the_chosen_column_says_what_its_total_is_made_of(live):
    trail = live.figure.axes[2]
    for price in (0.2, 0, 1):
        run = turn(live, l2_lambda=price).result
        said = [text.get_text() for text in trail.texts if text.get_text()]
        assert said[2:] == [f"+ penalty {run.penalty:.3f}", f"data {run.data:.3f}"]
        across, (bottom, _) = trail.lines[-1].get_data()  # the line down to it
        assert (*across, bottom) == (*[place(price)] * 2, max(run.total, run.validation))


def test_prices_stand_at_their_powers_of_ten(live):
    trail = live.figure.axes[2]
    *_, (one, ten) = [*zip(trail.get_xticks(), trail.get_xticks()[1:])]
    assert np.diff(trail.get_xticks()[1:]) == pytest.approx(1) and (one, ten) == pytest.approx((0, 1))
    assert trail.get_xticks()[0] < place(LAMBDAS[1]) - 0.5  # 0 stands apart


def test_a_price_is_judged_by_those_that_were_tried():
    own = price_of_weights()

    def judged(**values):
        turn(own, **values)
        shown = next(t.get_text() for t in own.figure.axes[2].texts if "penalty" in t.get_text())
        assert shown == f"+ penalty {own.result.penalty:.3f}"
        short = own.figure.axes[2].texts[2].get_text()
        return own.readout.split(". ")[0].split(": ")[1], short

    assert judged(l2_lambda=0.2) == ("too high",) * 2
    assert judged(l2_lambda=0) == ("too low",) * 2
    assert "0.107 above the lowest so far" in own.readout
    assert judged(l2_lambda=0.01) == ("best so far",) * 2
    assert judged(l2_lambda=0.015) == ("best so far",) * 2
    assert judged(l2_lambda=0.01) == ("about as good as the best so far", "about best")
    assert judged(l2_lambda=1) == ("too high",) * 2
    assert "0.432 above the lowest so far" in own.readout
    assert judged(l2_lambda=1, seed=4) == ("first try",) * 2  # nothing to compare it with
    assert judged(l2_lambda=0.1) == ("best so far",) * 2
    own.close()


def test_the_lowest_validation_loss_so_far_is_marked():
    own = price_of_weights()  # with nothing tried
    trail = own.figure.axes[2]
    level = next(line for line in trail.lines if line.get_linestyle() == ":")

    def marked():
        (words,) = (text.get_text() for text in trail.texts if "lowest" in text.get_text())
        assert words.startswith(f"lowest so far\n{level.get_ydata()[0]:.3f}\n")
        return level.get_ydata()[0], words.split(" = ")[1]

    lowest = turn(own, l2_lambda=0.01).result.validation
    assert marked() == (lowest, "0.01")
    lowest = turn(own, l2_lambda=0.015).result.validation
    for price in (0.015, 0.03, 30):
        turn(own, l2_lambda=price)
        assert marked() == (lowest, "0.015")
    turn(own, seed=3, l2_lambda=0.2)
    assert marked() == (own.result.validation, "0.2")  # of this seed
    own.close()


@pytest.mark.long
@pytest.mark.parametrize("price", [0, 0.0001, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 1, 15])
def test_no_letters_of_the_trail_or_note_leave_their_panel(live, price):
    turn(live, l2_lambda=price)
    laid_out(live)
    fit, histogram, trail = live.figure.axes
    for ax, texts in ((fit, fit.texts), (trail, [text for text in trail.texts if text.get_color() != "#606060"])):
        for text in texts:
            box = text.get_window_extent()
            if text.get_visible() and text.get_text().strip():
                assert ax.bbox.x0 + 1 < box.x0 and box.x1 < ax.bbox.x1, text
                assert not any(box.overlaps(other.get_window_extent()) for other in texts if other is not text)
    counted = int(np.sum(np.abs(live.result.weights) < 0.1))
    assert histogram.texts[0].get_text().startswith(f"{counted} are within")


def test_the_curve_and_the_histogram_are_the_network(live):
    priced = turn(live, l2_lambda=0.02).result
    fit, histogram, *_ = live.figure.axes
    curve = next(line for line in fit.lines if line.get_label() == "network")
    np.testing.assert_array_equal(np.ravel(curve.get_ydata()), priced.outputs[:, 0])
    outline = histogram.patches[0].get_xy()[:, 1]
    counts = outline[1:-2:2]
    assert counts[counts >= 1].sum() == 440


def test_what_the_chapter_says_to_try(live):
    largest = [np.abs(turn(live, l2_lambda=price).result.weights).max() for price in (0, 0.005, 0.01, 0.015)]
    assert largest == pytest.approx([1.79, 1.42, 1.49, 1.76], abs=0.005)
    assert [np.sum(np.abs(turn(live, l2_lambda=price).result.weights) < 0.1) for price in (0, 0.01)] == [96, 340]
    outputs = turn(live, l2_lambda=0.05).result.outputs
    assert np.abs(np.diff(outputs[:, 0]) / np.diff(GRID[:, 0])).max() < 2.6
    for price in (0.3, 1, 10, 19):
        priced = turn(live, l2_lambda=price).result
        assert np.ptp(priced.outputs) < 1e-6 and priced.penalty < 1e-9
        assert priced.outputs[0, 0] == pytest.approx(y.mean(), abs=1e-3)
        assert live.notes[0].startswith("Every weight is 0")
    for price, rate in ((20, 0.1), (10, 0.2)):
        turn(live, l2_lambda=price, rate=rate)
        assert "exploded" in live.readout
        shown = live.notes
        assert len(shown) == 3 and all(words.startswith("Exploded") for words in shown)  # in every panel
        assert f"1 − {rate:g} · {price:g} = −1" in shown[0]
    assert turn(live, l2_lambda=5, rate=0.2).result is not None


@pytest.mark.long
def test_a_price_makes_the_seed_matter_less(live):
    free, priced = (
        [turn(live, l2_lambda=price, seed=seed).result.validation for seed in range(21)] for price in (0, 0.01)
    )
    assert min(free) < 0.24 and max(free) > 0.30
    assert 0.196 < min(priced) and max(priced) < 0.202


@pytest.mark.parametrize("seed", [0, 7, 20])
def test_every_extreme_answers(live, seed):
    for rate in (RATES[0], RATES[-1]):
        for l2_lambda in (LAMBDAS[0], LAMBDAS[1], LAMBDAS[-1]):
            turn(live, l2_lambda=l2_lambda, rate=rate, seed=seed)
            assert live.readout.startswith(f"λ = {l2_lambda:g}: ")
            assert (live.result is None) == (rate * l2_lambda >= 2)


# ---- what the prose says ----------------------------------------------------------------------------


@pytest.mark.long
def test_no_price_is_right_for_training_and_a_middle_one_for_validation():
    prices = [0, 0.0001, 0.001, 0.003, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3]
    runs = [trained(price) for price in prices]
    data = [nn.loss(X, y) for nn in runs]
    assert np.all(np.diff(data) > 0)
    assert np.all(np.diff([nn.loss(X, y) + nn.penalty() for nn in runs]) > 0)
    validation = [nn.loss(X_val, y_val) for nn in runs]
    assert prices[np.argmin(validation)] == 0.015
    assert min(validation) == pytest.approx(0.197, abs=5e-4)
    penalty = dict(zip(prices, (nn.penalty() for nn in runs), strict=True))
    assert penalty[0.05] < penalty[0.03] < penalty[0.2] == max(penalty.values())


def test_stopping_early_is_as_good_as_the_best_price():
    nn = NeuralNetwork(LAYERS, learning_rate=0.1, seed=0)
    watched = nn.fit(X, y, epochs=EPOCHS, batch_size=len(X), validation_data=(X_val, y_val))["val_loss"]
    assert np.argmin(watched) == 244
    assert min(watched) == pytest.approx(0.199, abs=5e-4)
    assert watched[-1] == pytest.approx(0.307, abs=5e-4)


def test_the_data_loss_may_rise_while_the_total_falls():
    nn = trained(0).copy()
    nn.l2_lambda = 0.01
    history = nn.fit(X, y, epochs=EPOCHS, batch_size=12)
    data, penalty = (np.array(history[key][EPOCHS:]) for key in ("train_loss", "penalty"))
    assert data[-1] > 1.5 * data[0]
    assert np.all(np.diff(data + penalty) < 0) and np.all(np.diff(penalty) < 0)


@pytest.mark.parametrize("product, explodes", [(1.9, False), (2.0, True), (2.1, True)])
def test_the_edge_is_at_rate_times_price_of_two(product, explodes):
    nn = NeuralNetwork(LAYERS, learning_rate=0.1, l2_lambda=product / 0.1, seed=0)
    if explodes:
        with pytest.raises(DivergenceError):
            nn.fit(X, y, epochs=EPOCHS, batch_size=12)
    else:
        nn.fit(X, y, epochs=EPOCHS, batch_size=12)
        assert nn.penalty() < 1e-9


def test_weights_without_a_gradient_decay_by_the_factor():
    nn = NeuralNetwork([{"n_inputs": 2, "n_neurons": 3, "activation": "linear"}], 0.1, l2_lambda=0.5, seed=1)
    W = nn.get_parameters()[0]["W"]
    nn.fit(np.zeros((4, 2)), np.zeros((4, 3)), epochs=10, batch_size=4)  # inputs of 0: dW = 0
    np.testing.assert_allclose(nn.get_parameters()[0]["W"], W * mine("decay_factor")(0.1, 0.5) ** 10, rtol=1e-12)


@pytest.mark.long
def test_a_price_on_the_biases_makes_the_weights_larger():
    def run(keys, l2_lambda):
        parameters = NeuralNetwork(LAYERS, seed=0).get_parameters()
        for _ in range(1000):
            slopes = mine("backward")(mine("forward")(X, parameters, ACTIVATIONS), y + 5, parameters, DERIVATIVES)
            parameters = [
                {key: p[key] - 0.1 * (slope[key] + l2_lambda * (key in keys) * p[key]) for key in "Wb"}
                for p, slope in zip(parameters, slopes, strict=True)
            ]
        answers = mine("forward")(X, parameters, ACTIVATIONS)[-1]
        return answers.mean(), sum(np.sum(layer["W"] ** 2) for layer in parameters)

    for l2_lambda, mean, square in ((0.1, 4.57, 4.5), (1.0, 3.56, 3.2)):
        free, charged = run("W", l2_lambda), run("Wb", l2_lambda)
        assert free[0] == pytest.approx(5.018, abs=0.01)
        assert charged == pytest.approx((mean, square), abs=0.06)
        assert charged[1] > free[1] + 1.5


def share_of_the_test_digits(l2_lambda, seed):
    """The share of the test digits that the chapter's network gets right."""
    pictures, labels = datasets.digits()
    X_others, y_others, X_train, y_train = datasets.split(pictures, labels, fraction=100 / 1797, seed=seed)
    nn = NeuralNetwork(DIGIT_LAYERS, learning_rate=0.5, l2_lambda=l2_lambda, seed=seed)
    nn.fit(X_train, datasets.one_hot(y_train), epochs=1000, batch_size=100)
    return np.mean(nn.predict(X_others[200:]).argmax(axis=1) == y_others[200:])


@pytest.mark.long
def test_the_gain_on_the_digits():
    free, low, right, high = (
        np.mean([share_of_the_test_digits(price, s) for s in range(3)]) for price in (0, 0.001, 0.003, 0.01)
    )
    assert 0.015 < low - free < 0.03
    assert 0.025 < right - free < 0.04
    assert high < free


def test_the_exercise_judges_by_the_validation_digits():
    bad, *good, high = (right_of_the_validation_digits(price) for price in (0.0, 0.0003, 0.001, 0.003, 0.004, 0.01))
    assert bad == 177  # 88.5 %
    assert min(good) >= ENOUGH > max(bad, high, right_of_the_validation_digits(0.015))


@pytest.mark.long
def test_with_many_points_a_low_price_hardly_matters():
    def validation(l2_lambda, data):
        nn = NeuralNetwork(LAYERS, learning_rate=0.05, l2_lambda=l2_lambda, seed=0)
        losses = nn.fit(*datasets.noisy_sine(n=100, noise=0.4, seed=data), epochs=EPOCHS, batch_size=100)["train_loss"]
        assert max(np.diff(losses[EPOCHS // 4 :])) < 1e-3, "it jumps"
        return nn.loss(X_val, y_val)

    *low, high = (np.mean([validation(price, data) for data in (1, 3, 5)]) for price in (0, 0.003, 0.01, 0.03))
    assert np.ptp(low) < 0.005 < high - max(low)


def test_a_price_that_passes_gains_on_the_test_digits_too():
    free, *good = (share_of_the_test_digits(price, seed=5) for price in (0, 0.0003, 0.003))
    assert free == pytest.approx(0.856, abs=5e-4)
    assert good[1] == pytest.approx(0.900, abs=5e-4)
    assert min(good) > free
