"""Exercises of chapter 15: a step that remembers."""

import cmath

import numpy as np

from nnlib.exercises import chapter, edited, mistakes

exercise = chapter("15", "momentum and Adam")


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="cliff_of_ten",
    recall=True,
    title="The cliff of plain descent",
    solution=0.2,
    wrong=[
        (0.1, "0.1 is 1/λ, where one step goes right to the bottom. The cliff is twice as far."),
        (20, "The steeper the valley, the *smaller* the largest rate: 2 divided by the curvature."),
        (5, "The steeper the valley, the smaller the largest rate. It is 2/λ, not λ/2."),
    ],
    hints=["A step multiplies the distance by 1 - ηλ. At which η is that -1?"],
    holds="2 / 10 = 0.2: beyond it each step lands farther away.",
)

exercise(
    name="slope_of_the_penalty",
    recall=True,
    title="The slope of the L2 penalty",
    solution=2.0,
    wrong=[
        (4.0, "4 is the penalty itself, λ/2 · w². Its slope is λ w."),
        (8.0, "The square is still there. The derivative of λ/2 · w² is λ w."),
        (1.0, "The 2 that comes down from the square cancels the ½: λ w, with no half."),
    ],
    hints=["Differentiate λ/2 · w² with respect to w."],
    holds="0.5 · 4 = 2: a large weight is pulled harder than a small one.",
)

exercise(
    name="weights_without_history",
    recall=True,
    title="A run resumed without its old losses",
    solution="equal",
    wrong=[("different", "No step of training looks at an old loss. Only your own view of the run is lost.")],
    hints=["Does any step of training read a loss of an earlier epoch?"],
    holds="Equal, bit for bit: what no step reads is no part of the state.",
)


# ---- momentum_step ----------------------------------------------------------------------------------


def momentum_step(w, v, gradient, rate, beta):
    v = beta * v + gradient
    return w - rate * v, v


def momentum_by_entry(w, v, gradient, rate, beta):
    new_w, new_v = np.empty(np.shape(w)), np.empty(np.shape(w))
    for k in np.ndindex(np.shape(w)):
        new_v[k] = beta * np.asarray(v)[k] + np.asarray(gradient)[k]
        new_w[k] = np.asarray(w)[k] - rate * new_v[k]
    return new_w, new_v


def momentum_step_on_copies(w, v, gradient, rate, beta):
    w, v = np.copy(w), np.copy(v)
    v *= beta
    v += gradient
    w -= rate * v
    return w, v


def remembered_case(rng, *shape):
    """Parameters, a velocity and a gradient of this shape."""
    return [rng.normal(size=shape) for _ in range(3)]


exercise(
    title="A step with momentum",
    solution=momentum_step,
    returns=("w", "v"),
    cases=lambda rng: [
        (np.array([1.0, 2.0]), np.array([4.0, -1.0]), np.array([2.0, 3.0]), 0.1, 0.5),
        (1.5, -2.0, 0.5, 0.2, 0.9),
        (*remembered_case(rng, 3, 2), 0.03, 0.9),
        (*remembered_case(rng, 4), 0.5, 0.0),
        (*remembered_case(rng, 1), 1.0, 0.99),
        (np.zeros(2), np.zeros(2), np.array([3.0, -4.0]), 0.25, 0.8),
    ],
    also_right=[
        momentum_by_entry,
        momentum_step_on_copies,
        lambda w, v, gradient, rate, beta: (w - rate * beta * v - rate * gradient, beta * v + gradient),
        lambda w, v, gradient, rate, beta: (w - rate * np.add(beta * v, gradient), np.add(gradient, v * beta)),
    ],
    wrong=mistakes(
        lambda w, v, gradient, rate, beta: (w - rate * v, beta * v + gradient),
        "The step is taken along the *old* velocity. First make the new one, then step along it.",
        lambda w, v, gradient, rate, beta: (w - rate * (beta * v + gradient), v),
        "The parameters are right, but the old velocity comes back: nothing would be remembered. Return the new one.",
        lambda w, v, gradient, rate, beta: (w - rate * gradient, beta * v + gradient),
        "The step goes along the gradient alone. That is plain descent: step along the new velocity.",
        edited(momentum_step, "+ gradient", "+ (1 - beta) * gradient"),
        "The gradient is weighted by `1 - beta`, which makes the velocity a running mean. Here it is a running *sum*: "
        "the whole gradient is added.",
        edited(momentum_step, "+ gradient", "- gradient"),
        "The velocity points downhill already here, and `w - rate * v` then turns it uphill. In this form the velocity "
        "is a sum of gradients: add the gradient.",
        edited(momentum_step, "w - rate", "w + rate"),
        "This climbs. The velocity is a sum of gradients, and a step goes against it.",
        edited(momentum_step, "+ gradient", "+ rate * gradient"),
        "The rate is used twice, once in the velocity and once in the step. Here it belongs into the step only.",
        edited(momentum_step, "+ gradient", "+ rate * gradient", "w - rate * v", "w - v"),
        "The rate is inside the velocity, as Keras has it. The parameters are right at a velocity of zero only; here "
        "the velocity is a sum of bare gradients, and the rate belongs into the step.",
        edited(momentum_step, "+ gradient", "- rate * gradient", "w - rate * v", "w + v"),
        "This is Keras's form: its velocity is the step itself, rate and sign included. Here the velocity is a sum of "
        "bare gradients, and the step is `- rate * v`.",
        edited(momentum_step, "beta * v + gradient", "v + beta * gradient"),
        "`beta` shrinks the new gradient, and the old velocity is kept in full. It is the other way around.",
        edited(momentum_step, "beta * v + gradient", "v + gradient"),
        "Nothing is forgotten: `beta` has to shrink the old velocity first.",
        edited(momentum_step, "beta * v + gradient", "beta * (v + gradient)"),
        "`beta` shrinks the new gradient too. Only the old velocity is shrunk.",
        edited(momentum_step, "beta * v", "(1 - beta) * v"),
        "`beta` is what is *kept* of the old velocity, not what is lost.",
        lambda w, v, gradient, rate, beta: (w - rate * (beta * v + gradient), rate * (beta * v + gradient)),
        "The step itself comes back in place of the velocity. Return the velocity without the rate.",
    ),
    hints=[
        "Two lines: first the new velocity, from the old one and the gradient. Then the step, along the new velocity.",
        "The new velocity is `beta * v + gradient`. Don't write into the arrays that came in: make new ones.",
        "`v = beta * v + gradient`, then return `w - rate * v` and `v`.",
    ],
    holds="You now have momentum: one number more for each parameter, and a step that remembers.",
    in_nnlib="optimizers.Momentum.step",
)


# ---- velocity_on_a_slope ----------------------------------------------------------------------------


def velocity_on_a_slope(slope, beta, steps):
    return slope * (1 - beta**steps) / (1 - beta)


def velocity_step_by_step(slope, beta, steps):
    v = 0.0
    for _ in range(steps):
        v = beta * v + slope
    return v


exercise(
    title="The velocity on an even slope",
    solution=velocity_on_a_slope,
    cases=lambda rng: [
        (2.0, 0.5, 3),
        (1.0, 0.9, 1),
        (-3.0, 0.9, 10),
        (0.5, 0.99, 200),
        (4.0, 0.0, 5),
        (4.0, 0.8, 0),
        (float(rng.uniform(1, 2)), float(rng.uniform(0.3, 0.7)), 4),
    ],
    also_right=[
        velocity_step_by_step,
        lambda slope, beta, steps: slope * sum(beta**k for k in range(steps)),
        lambda slope, beta, steps: slope * float(np.sum(np.power(beta, np.arange(steps)))),
        lambda slope, beta, steps: (slope - slope * beta**steps) / (1 - beta),
    ],
    wrong=mistakes(
        lambda slope, beta, steps: slope / (1 - beta),
        "This is where the velocity is going, after endlessly many steps. After `steps` of them the sum has only that "
        "many terms.",
        lambda slope, beta, steps: slope * (1 - beta**steps),
        "This is a running *mean*, with weights that sum to less than 1. The velocity is a sum: divide by `1 - beta`.",
        lambda slope, beta, steps: slope * (1 - beta ** (steps + 1)) / (1 - beta),
        "One term too many: the newest gradient counts in full, so the last power is `beta ** (steps - 1)`.",
        lambda slope, beta, steps: slope * (1 - beta ** max(steps - 1, 0)) / (1 - beta),
        "One term too few: the newest gradient counts in full, so `steps` steps make `steps` terms.",
        lambda slope, beta, steps: slope * beta * (1 - beta**steps) / (1 - beta),
        "Each gradient has been shrunk once too often. The newest counts in full, with the factor 1.",
        lambda slope, beta, steps: slope * beta**steps,
        "This is what is left of one single push. On an even slope every step adds another.",
        lambda slope, beta, steps: slope * steps,
        "Nothing is forgotten here. Older gradients have faded by `beta` at every step since.",
        lambda slope, beta, steps: (1 - beta**steps) / (1 - beta),
        "The slope is missing: twice the slope makes twice the velocity.",
        lambda slope, beta, steps: slope * (1 + beta * steps),
        "The old gradients fade by a *factor* each step, so they are powers of `beta`.",
    ),
    hints=[
        "Write down the velocity after 1, 2 and 3 steps, as multiples of the slope: 1, 1 + β, ...",
        "After `steps` steps it is the slope times 1 + β + β² + ... with `steps` terms. A loop may add them, or the "
        "formula in the text.",
        "`slope * (1 - beta**steps) / (1 - beta)`.",
    ],
    holds="You now have the sum behind both halves of this chapter: 1 + β + β² + ... = (1 - βᵗ) / (1 - β).",
)


# ---- ball_factor ------------------------------------------------------------------------------------


def ball_factor(rate, beta, curvature):
    roots = np.roots([1, -(1 + beta - rate * curvature), beta])
    return np.max(np.abs(roots))


def ball_factor_of_a_matrix(rate, beta, curvature):
    """(distance, velocity) -> (distance, velocity) of the next step is a matrix; its eigenvalues are the roots."""
    step = [[1 - rate * curvature, -rate * beta], [curvature, beta]]
    return max(abs(np.linalg.eigvals(step)))


def ball_factor_by_hand(rate, beta, curvature):
    middle = (1 + beta - rate * curvature) / 2
    root = cmath.sqrt(middle**2 - beta)
    return max(abs(middle + root), abs(middle - root))


def ball_factor_in_two_cases(rate, beta, curvature):
    middle = (1 + beta - rate * curvature) / 2
    if middle**2 < beta:
        return beta**0.5
    return abs(middle) + (middle**2 - beta) ** 0.5


exercise(
    title="What a step of the ball multiplies the distance by",
    solution=ball_factor,
    tolerance=1e-7,
    cases=lambda rng: [
        (0.1, 0.5, 3.0),  # swings
        (0.1, 0.2, 1.0),  # creeps
        (0.1, 0.9, 1.0),
        (0.05, 0.99, 40.0),
        (0.2, 0.3, 14.0),  # beyond its cliff
        (0.03, 0.0, 50.0),  # plain descent: 1 - 1.5
        (0.5, 0.7, 0.001),
        (float(rng.uniform(0.1, 0.2)), 0.6, 4.0),
    ],
    also_right=[ball_factor_of_a_matrix, ball_factor_by_hand, ball_factor_in_two_cases],
    wrong=mistakes(
        edited(ball_factor, "np.max(np.abs(roots))", "np.max(roots.real)"),
        "A swinging ball has complex roots, and a zigzag has negative ones. What counts is their size: `np.abs`.",
        edited(ball_factor, "np.max(np.abs(roots))", "np.abs(np.max(roots))"),
        "First the sizes, then the largest: a root of -1.5 is larger in size than one of 0.2.",
        edited(ball_factor, "np.max(np.abs(roots))", "np.abs(roots)"),
        "Both sizes come back. The larger of the two is asked for: `np.max`.",
        edited(ball_factor, "np.max(np.abs", "np.min(np.abs"),
        "This is the root that dies first. What is left after many steps belongs to the larger one.",
        edited(
            ball_factor, "-(1 + beta - rate * curvature)", "1 + beta - rate * curvature", "np.abs(roots)", "roots.real"
        ),
        "The middle coefficient has lost its minus sign, so the roots have the other. And take their size, `np.abs`.",
        edited(ball_factor, "beta - rate * curvature", "beta + rate * curvature"),
        "A step goes *against* the slope: the curvature takes away, 1 + β - ηλ.",
        edited(ball_factor, "- rate * curvature", "- curvature"),
        "The rate is missing: a step is the rate times the slope.",
        edited(ball_factor, "(1 + beta", "(1 - beta"),
        "The middle coefficient is -(1 + β - ηλ): of the last move, β comes again in full.",
        edited(ball_factor, ", beta])", ", -beta])"),
        "The last coefficient is +β: bring the equation to one side, r² - (1 + β - ηλ) r + β = 0.",
        edited(ball_factor, "[1, -(1 + beta - rate * curvature), beta]", "[beta, -(1 + beta - rate * curvature), 1]"),
        "`np.roots` wants the coefficient of the highest power first: 1 for r², β last. These are one over the roots.",
        lambda rate, beta, curvature: np.sqrt(beta),
        "√β is right while the ball swings. Without a swing the roots are real, and one of them is larger.",
        lambda rate, beta, curvature: abs(1 - rate * curvature),
        "This is the factor of plain descent. With a velocity the equation has a β in it.",
        edited(ball_factor, "np.max(np.abs(roots))", "np.prod(np.abs(roots))"),
        "The product of the roots is always β. The larger one of them is asked for.",
        edited(ball_factor, "np.max(np.abs(roots))", "np.mean(np.abs(roots))"),
        "The mean of both says little: the smaller one is soon gone. Take the larger.",
    ),
    hints=[
        "`np.roots([a, b, c])` gives the two solutions of a r² + b r + c = 0, complex ones included.",
        "The coefficients are 1, -(1 + β - ηλ) and β. Of the two solutions take the sizes, `np.abs`, and the larger.",
        "`np.max(np.abs(np.roots([1, -(1 + beta - rate * curvature), beta])))`.",
    ],
    holds="You now have the law of the ball: creeping, swinging or exploding, from three numbers.",
)


# ---- adam_step --------------------------------------------------------------------------------------


def adam_step(w, m, v, gradient, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


def adam_with_the_corrections_in_the_rate(w, m, v, gradient, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = m + (1 - beta1) * (gradient - m)
    v = v + (1 - beta2) * (gradient * gradient - v)
    both = np.sqrt(1 - beta2**t)
    return w - rate * both / (1 - beta1**t) * m / (np.sqrt(v) + epsilon * both), m, v


def adam_on_copies(w, m, v, gradient, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    w, m, v = np.copy(w), np.copy(m), np.copy(v)
    m *= beta1
    m += (1 - beta1) * gradient
    v *= beta2
    v += (1 - beta2) * gradient**2
    w -= rate * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + epsilon)
    return w, m, v


def adam_by_entry(w, m, v, gradient, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    new = [np.empty(np.shape(w)) for _ in range(3)]
    for k in np.ndindex(np.shape(w)):
        one = [float(np.asarray(a)[k]) for a in (w, m, v, gradient)]
        for array, number in zip(new, adam_step(*one, t, rate, beta1, beta2, epsilon)):
            array[k] = number
    return tuple(new)


def adam_case(rng, *shape, t):
    """What a run of some steps has left: parameters, both means, a gradient, and the number of the next step."""
    w, m, gradient = remembered_case(rng, *shape)
    return w, 0.1 * m, 0.1 * m**2 + 0.02, gradient, t


exercise(
    title="A step of Adam",
    solution=adam_step,
    returns=("w", "m", "v"),
    cases=lambda rng: [
        (np.array([1.0, 2.0]), np.zeros(2), np.zeros(2), np.array([3.0, -0.01]), 1, 0.1),
        (np.array([1.0, 2.0]), np.array([0.3, 0.2]), np.array([0.009, 0.1]), np.array([1.0, 4.0]), 2, 0.1),
        (0.5, 0.0, 0.0, -2.0, 1, 0.03),
        (*adam_case(rng, 3, 2, t=7), 0.01),
        (*adam_case(rng, 4, t=5000), 0.2),
        (*adam_case(rng, 2, 3, t=3), 0.05, 0.5, 0.6, 0.1),
        (*adam_case(rng, 3, t=4), 0.05, 0.0, 0.9, 1e-8),
        (np.array([1.0, -1.0]), np.zeros(2), np.zeros(2), np.array([0.0, 1e-8]), 1, 0.1),
    ],
    also_right=[adam_with_the_corrections_in_the_rate, adam_on_copies, adam_by_entry],
    wrong=mistakes(
        edited(adam_step, "m / (1 - beta1**t)", "m", "v / (1 - beta2**t)", "v"),
        "Both corrections are missing. At the first step m is a tenth of the gradient and √v a thirtieth, so the step "
        "is three times too long: divide by 1 - βᵗ.",
        edited(adam_step, "m / (1 - beta1**t)", "m"),
        "The correction of m is missing: divide it by `1 - beta1**t`.",
        edited(adam_step, "v / (1 - beta2**t)", "v"),
        "The correction of v is missing: divide it by `1 - beta2**t`.",
        edited(adam_step, "beta2**t", "beta1**t"),
        "v is corrected with `beta1`. It was averaged with `beta2`.",
        edited(adam_step, "beta1**t", "beta1", "beta2**t", "beta2"),
        "The corrections are those of the first step for ever. They fade: 1 - β to the power of t.",
        edited(adam_step, "beta1**t", "beta1**(t - 1)", "beta2**t", "beta2**(t - 1)"),
        "The power is one too small. Steps count from 1, so that the first divides by 1 - β.",
        edited(adam_step, "beta1**t", "beta1**(t + 1)", "beta2**t", "beta2**(t + 1)"),
        "The power is one too large. Steps count from 1 already.",
        edited(adam_step, "(1 - beta1**t)", "(1 - beta1) ** t", "(1 - beta2**t)", "(1 - beta2) ** t"),
        "The whole 1 - β is raised to the power. Only β is: `1 - beta1**t`, which tends to 1.",
        edited(adam_step, "m / (1 - beta1", "m * (1 - beta1", "v / (1 - beta2", "v * (1 - beta2"),
        "The means are too small, so divide by `1 - beta1**t` and `1 - beta2**t`. Multiplied, they get smaller still.",
        edited(adam_step, "beta1**t", "beta1*t", "beta2**t", "beta2*t"),
        "β is multiplied by t. It fades by a factor each step, so it is a power: `beta1**t`.",
        edited(adam_step, "epsilon), m, v", "epsilon), m_hat, v_hat"),
        "The corrected means come back, so the next step would correct them again. Remember m and v as they are.",
        edited(adam_step, "np.sqrt(v_hat)", "v_hat"),
        "v is a mean of *squares*. Its root has the size of a gradient.",
        edited(adam_step, "np.sqrt(v_hat) + epsilon", "np.sqrt(v_hat + epsilon)"),
        "`epsilon` is inside the root, where it weighs far more. Add it to the root.",
        edited(adam_step, "(np.sqrt(v_hat) + epsilon)", "np.sqrt(v_hat)"),
        "Without `epsilon` a parameter whose gradient has always been 0 is divided 0 by 0, which gives nan.",
        edited(adam_step, "rate * m_hat", "rate * gradient"),
        "The step goes along the bare gradient. Take its running mean, corrected.",
        edited(adam_step, "gradient**2", "gradient"),
        "v averages the gradient itself. It is the mean of its *square*.",
        edited(adam_step, "gradient**2", "m**2"),
        "v averages the square of m. It is the mean of the *gradient's* square.",
        edited(adam_step, "gradient**2", "np.abs(gradient)"),
        "v averages the size of the gradient. It is the mean of its square.",
        edited(adam_step, "gradient**2", "np.sum(gradient**2)"),
        "All parameters share one v here. Each has its own: no sum.",
        edited(adam_step, "gradient**2", "np.mean(gradient**2)"),
        "All parameters share one v here. Each has its own: no mean over them, only over the steps.",
        edited(adam_step, "(1 - beta1) * gradient", "gradient"),
        "m is a running sum here, as in momentum. A mean gives the new gradient the weight `1 - beta1`.",
        edited(adam_step, "(1 - beta2) * gradient**2", "gradient**2"),
        "v is a running sum here. A mean gives the new square the weight `1 - beta2`.",
        edited(
            adam_step,
            "beta1 * m + (1 - beta1) * gradient",
            "(1 - beta1) * m + beta1 * gradient",
            "beta2 * v + (1 - beta2) * gradient**2",
            "(1 - beta2) * v + beta2 * gradient**2",
        ),
        "β and 1 - β are swapped, so nearly all is forgotten at every step. β is what is kept.",
        edited(adam_step, "beta2 * v + (1 - beta2)", "beta1 * v + (1 - beta1)"),
        "v is averaged with `beta1`. It has a β of its own, `beta2`.",
        edited(adam_step, "w - rate", "w + rate"),
        "This climbs: a step goes against the gradient.",
        edited(adam_step, "rate * m_hat / (np.sqrt(v_hat) + epsilon)", "rate * m_hat / np.sqrt(v_hat) + epsilon"),
        "`epsilon` is added to the whole. Parentheses: it belongs to the root, below the line.",
    ),
    hints=[
        "Five lines: m, v, the two corrected ones, and the step. Keep m and v as they are for the next step.",
        "`m = beta1 * m + (1 - beta1) * gradient`, and v the same way from `gradient**2`. Then divide by "
        "`1 - beta1**t` and `1 - beta2**t`, into new names.",
        "Return `w - rate * m_hat / (np.sqrt(v_hat) + epsilon)`, `m` and `v`.",
    ],
    holds="You now have Adam: a rate for each parameter, from what its own gradients have been.",
    in_nnlib="optimizers.Adam.step",
)


# ---- adamw_step -------------------------------------------------------------------------------------

my_adam_step = adam_step  # the notebook calls it so


def adamw_step(w, m, v, gradient, t, rate, weight_decay):
    w = w - rate * weight_decay * w
    return my_adam_step(w, m, v, gradient, t, rate)


def adamw_in_one_piece(w, m, v, gradient, t, rate, weight_decay):
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    move = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - rate * (move + weight_decay * w), m, v


def adamw_on_a_copy(w, m, v, gradient, t, rate, weight_decay):
    w = np.copy(w)
    w *= 1 - rate * weight_decay
    return my_adam_step(w, m, v, gradient, t, rate)


def decayed_after(w, m, v, gradient, t, rate, weight_decay):
    w, m, v = my_adam_step(w, m, v, gradient, t, rate)
    return w - rate * weight_decay * w, m, v


def with_penalty(slope_of):
    """A wrong step: Adam on the gradient with slope_of(w, weight_decay) added."""

    def wrong(w, m, v, gradient, t, rate, weight_decay):
        return my_adam_step(w, m, v, gradient + slope_of(w, weight_decay), t, rate)

    return wrong


exercise(
    title="A step of AdamW",
    solution=adamw_step,
    returns=("w", "m", "v"),
    cases=lambda rng: [
        (np.array([4.0, -2.0]), np.zeros(2), np.zeros(2), np.array([3.0, 0.5]), 1, 0.1, 0.5),
        (*adam_case(rng, 3, 2, t=7), 0.01, 0.1),
        (*adam_case(rng, 4, t=2), 0.2, 2.0),
        (*adam_case(rng, 3, t=50), 0.1, 0.0),
        (2.0, 0.1, 0.04, 0.0, 3, 0.3, 0.2),
        (np.array([10.0, 0.1]), np.zeros(2), np.zeros(2), np.zeros(2), 1, 0.01, 1.0),
    ],
    also_right=[
        adamw_in_one_piece,
        adamw_on_a_copy,
        lambda w, m, v, gradient, t, rate, weight_decay: my_adam_step(
            w * (1 - rate * weight_decay), m, v, gradient, t, rate
        ),
    ],
    wrong=mistakes(
        with_penalty(lambda w, weight_decay: weight_decay * w),
        "This is the L2 penalty: its slope goes into the gradient, and Adam divides it by the root of v like all the "
        "rest. Shrink `w` itself, outside of Adam.",
        with_penalty(lambda w, weight_decay: 2 * weight_decay * w),
        "The slope of a penalty goes into the gradient, where Adam divides it. Shrink `w` itself, outside of Adam.",
        decayed_after,
        "The weight that has already moved is shrunk. Shrink the one that came in, then let Adam move it.",
        edited(adamw_step, "rate * weight_decay * w", "weight_decay * w"),
        "The rate is missing: each step takes off the share `rate * weight_decay`, less where the rate has fallen.",
        edited(adamw_step, "- rate * weight_decay * w", "+ rate * weight_decay * w"),
        "The weight grows. Decay takes a share of it off.",
        edited(adamw_step, "rate * weight_decay * w", "rate * weight_decay"),
        "The same amount is taken off every weight. Take a *share*: times `w`.",
        edited(adamw_step, "rate * weight_decay * w", "rate * weight_decay * np.sign(w)"),
        "The same amount is taken off every weight, in the direction of 0. Take a *share*: times `w`.",
        edited(adamw_step, "w - rate * weight_decay * w", "rate * weight_decay * w"),
        "Only the share that should be taken off is left. Subtract it from `w`.",
        lambda w, m, v, gradient, t, rate, weight_decay: my_adam_step(w, m, v, gradient, t, rate),
        "No decay at all: the new `w` has to go into `my_adam_step`.",
        lambda w, m, v, gradient, t, rate, weight_decay: my_adam_step(
            w - rate * weight_decay * w, m, v, gradient + weight_decay * w, t, rate
        ),
        "The weights pay twice: outside of Adam, as they should, and through the gradient. Leave that as it is.",
        edited(adamw_step, "w - rate * weight_decay * w", "w - rate * weight_decay / 2 * w"),
        "Half of it: the ½ belongs to a penalty, and a share of the weight has none.",
    ),
    hints=[
        "Two lines: shrink the weight by a share of itself, then let `my_adam_step` do what it does. The gradient "
        "stays as it came.",
        "The share is `rate * weight_decay`.",
        "`w = w - rate * weight_decay * w`, then `return my_adam_step(w, m, v, gradient, t, rate)`.",
    ],
    holds="You now have weight decay that no √v divides: every weight shrinks by the same share.",
    in_nnlib="optimizers.AdamW",
)


# ---- nesterov_step ----------------------------------------------------------------------------------


def nesterov_step(w, v, gradient, rate, beta):
    v = beta * v + gradient
    return w - rate * (gradient + beta * v), v


exercise(
    title="A step that looks ahead",
    optional=True,
    solution=nesterov_step,
    returns=("w", "v"),
    cases=lambda rng: [
        (np.array([1.0, 2.0]), np.array([4.0, -1.0]), np.array([2.0, 3.0]), 0.1, 0.5),
        (1.5, -2.0, 0.5, 0.2, 0.9),
        (*remembered_case(rng, 3, 2), 0.03, 0.9),
        (*remembered_case(rng, 4), 0.5, 0.0),
        (np.zeros(2), np.zeros(2), np.array([3.0, -4.0]), 0.25, 0.8),
    ],
    also_right=[
        lambda w, v, gradient, rate, beta: (
            w - rate * ((1 + beta) * gradient + beta**2 * v),
            beta * v + gradient,
        ),
        lambda w, v, gradient, rate, beta: (
            momentum_step(w, beta * v + gradient, gradient, rate, beta)[0],
            momentum_step(w, v, gradient, rate, beta)[1],
        ),
    ],
    wrong=mistakes(
        momentum_step,
        "This is the step of momentum. Look one step further: go along `gradient + beta * v`, with the new v.",
        lambda w, v, gradient, rate, beta: (w - rate * (gradient + beta * v), beta * v + gradient),
        "The look ahead uses the old velocity, which makes it plain momentum. Take the new one.",
        lambda w, v, gradient, rate, beta: (
            w - rate * (gradient + beta * (beta * v + gradient)),
            gradient + beta * (beta * v + gradient),
        ),
        "The step is right. The velocity to remember is the one before the look ahead, `beta * v + gradient`.",
        edited(nesterov_step, "gradient + beta * v)", "gradient + v)"),
        "The velocity of the next step is shrunk once more: `beta` times the new v.",
    ),
    hints=[
        "Make the new velocity as before. If the gradient stayed as it is, what would the next velocity be?",
        "That is `beta` times the new v, plus the gradient. Step along it, and return the new v.",
    ],
    holds="You now have Nesterov's momentum, in the form that PyTorch has it.",
    in_nnlib="optimizers.Momentum.step",
)
