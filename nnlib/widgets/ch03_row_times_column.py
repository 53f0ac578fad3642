"""Chapter 03: two fingers along a row and down a column, and the sum that grows into one entry of a product."""

import numpy as np
from matplotlib.collections import PolyCollection

from nnlib.plots import COLORS, MATRIX_CELLS, MATRIX_LETTERS, figure, matrix_layout, matrix_number
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction

A = np.array([[1, 2, 0, 1], [3, 0, 4, 2], [0, 5, 1, 0]])  # (3, 4)
B = np.array([[10, 1], [0, 2], [5, 0], [1, 3]])  # (4, 2)
LOW = -2.45  # where the sum stands
UNDER_THE_FINGERS = {"facecolors": "#BBDDF3", "edgecolors": COLORS["blue"], "linewidths": 2.4}


def row_times_column():
    """The product A @ B of two small matrices, pair by pair: its entries fill row by row, each from a running sum."""
    (rows, inner), columns = A.shape, B.shape[1]
    fig, ax = figure(size=(8.4, 3.3))
    cells, _, labels, (width, _) = matrix_layout([("A", A), "@", ("B", B), "=", ("C", A @ B)])
    in_a, in_b, in_c = np.split(np.array(cells), [A.size, A.size + B.size])
    ax.add_collection(PolyCollection(cells, **MATRIX_CELLS["cells"]))
    marked = ax.add_collection(PolyCollection([], **MATRIX_CELLS["marked"]))
    fingers = ax.add_collection(PolyCollection([], **UNDER_THE_FINGERS))
    (way,) = ax.plot([], [], color=COLORS["blue"], linewidth=1.6, markevery=[-1], markersize=5, clip_on=False)  # into C
    way.set_in_layout(False)
    style = {"ha": "center", "va": "center"}
    entries = []
    for x, y, text, kind in labels:
        if kind != "number" or x < in_c[0, 0, 0]:  # the entries of C are what the reader is asked for
            ax.text(x, y, text, **style, **MATRIX_LETTERS[kind])
        else:
            entries.append(ax.text(x, y, "", gid=f"entry {divmod(len(entries), columns)}", **style))
    slots = width / 2 + 1.7 * (np.arange(inner) - inner / 2)
    terms = [ax.text(x, LOW, "", fontsize=12.5, gid=f"term {k}", **style) for k, x in enumerate(slots)]
    total = ax.text(slots[-1] + 0.8, LOW, "", fontsize=12.5, fontweight="bold", va="center", gid="total")
    pluses = [ax.text(x, LOW, "", fontsize=12.5, color=COLORS["gray"], **style) for x in (slots[:-1] + slots[1:]) / 2]
    ax.set(xlim=(-0.1, width + 0.1), ylim=(LOW - 0.45, 1.75), aspect="equal")
    ax.set_axis_off()

    def compute():
        return [A[r] * B[:, j] for r in range(rows) for j in range(columns)]

    def draw(products, done):
        at = max(done - 1, 0) // inner  # the entry at work
        (r, j), pairs = divmod(at, columns), done - at * inner
        row, column = in_a[r * inner : (r + 1) * inner], in_b[j::columns]
        marked.set_verts([*row, *column, in_c[at]])
        under = slots[pairs - 1] + [-0.58, 0.58, 0.58, -0.58], LOW + 0.28 * np.array([-1, -1, 1, 1])
        fingers.set_verts([row[pairs - 1], column[pairs - 1], np.transpose(under)] if pairs else [])
        for k, (term, a, b) in enumerate(zip(terms, A[r], B[:, j], strict=True)):
            term.set_text(f"{a} · {b}" if k < pairs else "")
        for k, plus in enumerate(pluses):
            plus.set_text("+" if k + 1 < pairs else "")
        (left, right), y = np.sort(in_c[at][:, 0])[[0, -1]], in_c[at][:, 1].mean()
        beside, into = (left - 0.14, left) if j == 0 else (right + 0.3, right)
        begin = [(beside, LOW + 0.3)] if j == 0 else [(slots[-1] + 1.7, LOW), (beside, LOW)]
        way.set_data(*np.transpose([*begin, (beside, y), (into, y)] if pairs == inner else np.empty((0, 2))))
        way.set_marker(">" if j == 0 else "<")
        so_far = matrix_number(products[at][:pairs].sum())
        total.set_text(f"= {so_far}" if pairs == inner else f"{so_far} so far" if pairs else "")
        for k, entry in enumerate(entries):
            said = matrix_number(products[k].sum()) if k < at else so_far if k == at and pairs else "?"
            entry.set(text=said, fontweight="bold" if k == at else "normal")
        state = f"C[{r}, {j}] = {so_far}." if pairs == inner else f"{pairs} of {inner} pairs added, {so_far} so far."
        return f"Row {r} of A with column {j} of B: {state}"

    return Live(
        "row_times_column",
        question="How do a row and a column become one number?",
        prediction=Prediction(
            "Row 0 of A is 1, 2, 0, 1 and column 0 of B is 10, 0, 5, 1. What goes into row 0, column 0 of C?",
            options=("10, 0, 0, 1", "11", "20", "64"),
            answer="11",
            explanation="Multiply each pair and add up: 1 · 10 + 2 · 0 + 0 · 5 + 1 · 1. An entry is one number.",
            settings={"done": inner},
        ),
        controls={"done": slider("pairs added", 0, A.shape[0] * B.size, 0)},
        compute=compute,
        draw=draw,
        figure=fig,
        plays="done",
        tick=700,
        alt="A (3, 4) @ B (4, 2) = C (3, 2) as tables. A row of A and a column of B are marked; pair by pair their "
        "products are added, and the sum stands in one entry of C. So C fills row by row.",
    )
