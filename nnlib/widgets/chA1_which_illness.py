"""Appendix A1: a patient in gray, and an illness to try on beside it until the two runs coincide."""

import functools

import numpy as np

from nnlib import datasets
from nnlib.plots import COLORS, figure
from nnlib.widgets.live.controls import choice, slider
from nnlib.widgets.live.figure import Live, Prediction, _button, _paragraph

HIDDEN, EPOCHS, RATE = 16, 600, 0.05
ILLNESSES = (
    "healthy",
    "rate too small",
    "rate too large",
    "y of shape (n,)",
    "equal start",
    "dead neurons",
    "inputs not scaled",
    "rows apart",
    "too few neurons",
)
# A patient after the other: the illness, the question, what else it may be, and why it is not.
PATIENTS = {
    "rows apart": (
        "Patient 1, in gray, answers nearly the same everywhere, as three of these illnesses make it do. Read the "
        "column of its tests: which of the three has it?",
        ("dead neurons", "y of shape (n,)", "rows apart"),
        "No neuron is on a flat side, and y has its column. If even three rows can't be learned, they do not stand "
        "beside their own answers.",
    ),
    "equal start": (
        "Patient 2 bends a little and then stops. No neuron is on a flat side. Which illness is it?",
        ("too few neurons", "equal start", "rate too small"),
        "It has 16 neurons, and all of them are copies of one.",
    ),
    "inputs not scaled": (
        "Patient 3 answers with a step. All of its neurons are on a flat side. Which illness is it?",
        ("dead neurons", "rate too large", "inputs not scaled"),
        "Dead neurons say 0 for every row. These are flat on both sides of 0, at −1 and at 1: a step is all they make.",
    ),
    "y of shape (n,)": (
        "Patient 4 answers nearly the same everywhere. Which illness is it?",
        ("dead neurons", "y of shape (n,)", "rows apart"),
        "y has lost its column, so each answer is compared with all 30 of y, and their mean fits best.",
    ),
}
RATES = {"rate too small": 1e-3, "rate too large": 40}  # times RATE
LIMITS = (3e-3, 10)  # of the loss
AXIS = np.linspace(-1, 1, 101)[:, np.newaxis]


def rows():
    """The data that every patient is trained on: X and y (30, 1), a noisy sine."""
    return datasets.noisy_sine(30, 0.1, seed=0)


def start(illness, rng):
    """The first W1, b1, W2, b2 of a network 1-16-1, or 1-1-1 for "too few neurons"."""
    n = 1 if illness == "too few neurons" else HIDDEN
    W1, b1 = rng.normal(0, 2, size=(1, n)), rng.normal(0, 1, size=n)
    W2, b2 = rng.normal(0, 1 / np.sqrt(n), size=(n, 1)), np.zeros(1)
    if illness == "equal start":
        W1[:], b1[:], W2[:] = 1.0, 0.5, 0.25
    if illness == "dead neurons":
        b1[:] = -10
    return [W1, b1, W2, b2]


def forward(illness, X, parameters):
    """The outputs (n, 1) of a sick network, and those of its hidden layer (n, n_neurons)."""
    W1, b1, W2, b2 = parameters
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0) if illness == "dead neurons" else np.tanh(Z1)
    return A1 @ W2 + b2, A1


def train(illness, X, y, epochs=EPOCHS, seed=0):
    """A run with an illness, by gradient descent over all rows: its losses (epochs,), and its last parameters.

    X, y : (n, 1). The loss compares what the sick program compares, right or wrong.
    """
    rng = np.random.default_rng(seed)
    parameters, losses = start(illness, rng), np.empty(epochs)
    rate = RATE * RATES.get(illness, 1)
    y = y[:, 0] if illness == "y of shape (n,)" else y
    X = 1000 * X if illness == "inputs not scaled" else X
    with np.errstate(all="ignore"):  # a run may explode: that is an illness
        for epoch in range(epochs):
            A0 = X[rng.permutation(len(X))] if illness == "rows apart" else X
            A2, A1 = forward(illness, A0, parameters)
            error = A2 - y  # (n, 1), or (n, n) where y is (n,)
            losses[epoch] = np.mean(error**2)
            dA2 = 2 * error.mean(axis=1, keepdims=True) / len(y)
            dZ1 = dA2 @ parameters[2].T * (A1 > 0 if illness == "dead neurons" else 1 - A1**2)
            slopes = A0.T @ dZ1, dZ1.sum(axis=0), A1.T @ dA2, dA2.sum(axis=0)
            parameters = [p - rate * s for p, s in zip(parameters, slopes)]
    return losses, parameters


@functools.cache
def examined(illness):
    """All that the figure shows of an illness: its losses, its outputs on AXIS, and what the tests read, in words."""
    X, y = rows()
    losses, parameters = train(illness, X, y)
    scale = 1000 if illness == "inputs not scaled" else 1
    with np.errstate(all="ignore"):
        outputs, _ = forward(illness, scale * AXIS, parameters)
        _, A1 = forward(illness, scale * X, parameters)
    three = train(illness, X[:3], y[:3], 2000)[0][-1]
    flat = A1 == 0 if illness == "dead neurons" else np.abs(A1) > 0.99
    columns = np.vstack(parameters[:2]).round(9)
    differ, whole = len(np.unique(columns, axis=1).T), np.isfinite(columns).all()
    readings = (
        number(losses[-1]),
        number(three),
        "(30,)" if illness == "y of shape (n,)" else "(30, 1)",
        *(f"{count} of {len(columns.T)}" if whole else "exploded" for count in (np.sum(np.all(flat, axis=0)), differ)),
    )
    return losses, outputs[:, 0], readings


TESTS = ("loss at the end", "loss of three rows", "shape of y", "flat neurons", "distinct neurons")


def number(loss):
    """A loss in two decimals, which no processor decides; or that it is none any more."""
    return f"{loss:.2f}" if np.isfinite(loss) and loss < 100 else "exploded"


# symptom, the test that tells its causes apart, and for each reading the cause and the chapter that explains it
CHART = (
    ("the same answer\neverywhere", "print the shapes;\ncount flat neurons", (
        ("y is (n,)", "it broadcasts", "3"), ("all are flat", "dead or saturated", "7"))),
    ("XOR stays at 0.5", "count the different\ncolumns of W1", (
        ("one", "equal start", "7"), ("all, but no bend", "linear layers", "4"))),
    ("flat loss", "range test", (
        ("falls further on", "rate too small", "2"), ("never falls", "scale, or gradient", "6, 7"))),
    ("loss goes up,\nor swings", "a tenth of\nthe rate", (
        ("calm", "rate too large", "2"), ("slower swings", "slopes add up", "16"))),
    ("nan", "starting loss,\nblind loss", (
        ("far above it", "scale, or start", "2, 7"), ("near it", "rate, or log 0", "2, 14"))),
    ("stops at a plateau", "three rows", (
        ("reach 0", "width, or time", "4, 11"), ("do not", "output or loss", "4, 14"))),
    ("no better than\nchance", "does the nearest\nrow agree?", (
        ("yes", "apart in the loop", "10"), ("no", "apart, or labels", "8, 10"))),
    ("bad on new rows", "loss of held rows", (("turns up", "overfitting", "8"),)),
    ("too good at once", "shuffle y", (("still good", "a leak", "8"),)),
)  # fmt: skip


def symptom_chart():
    """The chart of `CHART`, a Figure: from a symptom to a test, and from what it reads to a cause and its chapter."""
    n = sum(len(branches) for *_, branches in CHART)
    fig, ax = figure(size=(8.4, 6.2))
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(n - 0.4, -1.1))
    xs = {"symptom": 0.09, "test": 0.345, "reads": 0.585, "cause": 0.795, "chapter": 0.955}
    for name, x in xs.items():
        ax.text(x, -0.75, name, ha="center", va="center", fontweight="bold", fontsize=11)
    box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "linewidth": 1.4}
    arrow = {"arrowstyle": "-|>", "color": "#555555", "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
    top = 0
    for symptom, test, branches in CHART:
        middle = top + (len(branches) - 1) / 2
        for name, text, color in (("symptom", symptom, "vermillion"), ("test", test, "blue")):
            ax.text(xs[name], middle, text, ha="center", va="center", bbox=box | {"edgecolor": COLORS[color]})
        ax.annotate("", (0.255, middle), (0.185, middle), arrowprops=arrow)
        for k, (reading, cause, chapter) in enumerate(branches, start=top):
            ax.annotate("", (0.502, k), (0.44, middle), arrowprops=arrow)
            ax.text(xs["reads"], k, reading, ha="center", va="center", style="italic")
            ax.annotate("", (0.705, k), (0.672, k), arrowprops=arrow)
            ax.text(xs["cause"], k, cause, ha="center", va="center", fontweight="bold", fontsize=10)
            ax.text(xs["chapter"], k, chapter, ha="center", va="center")
        top += len(branches)
        ax.axhline(top - 0.5, color="#DDDDDD", linewidth=0.8)
    return fig


def six_complaints(programs, data):
    """What the six broken programs leave behind, a Figure of six panels: the losses, and for the last one its scores.

    programs, data : lists of six. A program is called as program(X, y, epochs, seed) with each (X, y, epochs) of data.
    """
    fig, axes = figure(2, 3, size=(8.4, 4.4))
    for number, (ax, program, (X, y, epochs)) in enumerate(zip(axes.flat, programs, data), start=1):
        if number < 6:
            losses = program(X, y, epochs, 0)[1]
            ax.plot(losses)
            ax.set(xlabel="epoch", ylabel="loss", ylim=(0, 1.08 * max(losses)))
        else:
            ax.plot([program(X, y, epochs, seed)[2] for seed in range(10)], "o")
            ax.axhline(0.5, color=COLORS["black"], linestyle="--", linewidth=1.2)
            ax.set(xlabel="seed", ylabel="held rows right", ylim=(0, 1.02))
        ax.set_title(f"program {number}", fontsize=10.5)
    return fig


def which_illness():
    """The losses and the outputs of a patient, in gray, and those of an illness of the reader's choice on top of them.

    Beside them stands what the tests of the appendix read of both: tinted where they differ.
    """
    fig, (curves, answers, table) = figure(1, 3, size=(8.4, 3.6), width_ratios=(1, 0.9, 1.45))
    fig.get_layout_engine().set(wspace=0.03)
    X, y = rows()
    blind = np.var(y)
    patient_look = {"color": "#919191", "linewidth": 9, "solid_capstyle": "round"}  # seen on both sides of the other
    look = {"color": COLORS["blue"], "linewidth": 1.4}
    curves.axhline(blind, color=COLORS["black"], linestyle=":", linewidth=1.2, zorder=5)
    curves.text(EPOCHS, blind * 1.6, "blind network", ha="right", va="bottom", fontsize=10)
    points = {"color": COLORS["orange"], "markeredgecolor": "black", "markeredgewidth": 0.5, "zorder": 4}
    answers.plot(X, y, "o", markersize=4, **points)
    exploded = answers.text(-1, 1.1, "exploded:\nno curve", va="top", color=COLORS["blue"])
    lines = [[ax.plot([], [], **each)[0] for ax in (curves, answers)] for each in (patient_look, look)]
    curves.set(xlim=(0, EPOCHS), ylim=LIMITS, yscale="log", xlabel="epoch", ylabel="loss (mean squared error)")
    answers.set(xlim=(-1.06, 1.06), ylim=(-1.2, 1.2), xlabel="input x", ylabel="output")
    table.set_axis_off()
    table.set(xlim=(0, 1), ylim=(len(TESTS) + 0.6, -0.8))
    columns = ((0.57, {"color": "black", "fontweight": "bold"}), (0.81, {"color": COLORS["blue"]}))
    for name, (x, letters) in zip(("patient", "illness"), columns):
        table.text(x, -0.1, name, ha="center", **letters | {"fontweight": "bold"})
    for k, test in enumerate(TESTS):
        table.text(0.05, k + 0.7, test, fontsize=9.5, va="center")
    middle = {"ha": "center", "va": "center", "fontsize": 9.5}
    cells = [[table.text(x, k + 0.7, "", **middle, **letters) for k in range(len(TESTS))] for x, letters in columns]
    tints = [table.axhspan(k + 0.3, k + 1.1, color="#FBE3D0", xmin=0.025) for k in range(len(TESTS))]
    marks = [table.text(0.965, k + 0.7, "", **middle | {"fontsize": 12}) for k in range(len(TESTS))]

    def compute(patient, illness):
        return examined(list(PATIENTS)[patient - 1]), examined(illness)

    def draw(result, patient, illness):
        for (losses, outputs, readings), (curve, answer), column in zip(result, lines, cells):
            curve.set_data(range(EPOCHS), losses)
            answer.set_data(AXIS[:, 0], outputs)
            for cell, reading in zip(column, readings):
                cell.set_text(reading)
        exploded.set_visible(not np.isfinite(result[1][1]).all())
        same = [one == other for one, other in zip(result[0][2], result[1][2])]
        for tint, mark, equal in zip(tints, marks, same):
            tint.set_visible(not equal)
            mark.set(text="✓" if equal else "≠", color=COLORS["green" if equal else "vermillion"])
        if list(PATIENTS)[patient - 1] == illness:
            return f'The two runs coincide: patient {patient} has "{illness}".'
        differ = len(same) - sum(same)
        return f'Not "{illness}": patient {patient} differs in {differ} of {len(TESTS)} tests.'

    return Consultation(
        "which_illness",
        question="Which illness is this?",
        prediction=guess_of(1),
        controls={
            "patient": slider("patient", 1, len(PATIENTS), 1),
            "illness": choice("illness", ILLNESSES),
        },
        compute=compute,
        draw=draw,
        figure=fig,
        alt="Left, the loss of a patient in gray and that of an illness in blue, over 600 epochs, with a dotted line "
        "where a network is that ignores its inputs. In the middle what the two answer, over the points of a noisy "
        "sine. Right, a table of what five tests read of both: tinted where they differ, ticked where not.",
    )


def guess_of(patient):
    """The Prediction about patient 1, 2, ..."""
    illness, (question, options, explanation) = list(PATIENTS.items())[patient - 1]
    return Prediction(question, options, illness, explanation, settings={"patient": patient, "illness": illness})


class Consultation(Live):
    """A live figure with a guess about each patient; the first one unlocks the controls."""

    def _build(self, tick):
        super()._build(tick)
        self._asked, self._row = self._panel.children[2:4]
        self._asked.layout.min_height = "41px"  # two lines, so that a shorter question moves nothing
        self._of_patient = {}  # those that have been seen: their buttons, guess and verdict
        self.controls["patient"].observe(self._ask, "value")

    def _ask(self, change):
        self.pause()  # so that a guess under way has its verdict
        self._of_patient[change["old"]] = self._options, self._guessed, self._verdict.value
        self.prediction = guess_of(change["new"])
        buttons = [_button(option, self.guess, option) for option in self.prediction.options]
        seen = self._of_patient.get(change["new"], (buttons, None, _paragraph("Guess before you try one.")))
        self._options, self._guessed, self._verdict.value = seen
        self._row.children = self._options
        self._asked.value = _paragraph(self.prediction.question)
