"""Chapter 03: two fingers along a row and down a column, and the sum that grows into one entry of a product."""

import numpy as np
from matplotlib.collections import PolyCollection

from nnlib.plots import COLORS, MATRIX_CELLS, MATRIX_LETTERS, figure, matrix_layout, matrix_number
from nnlib.widgets.live.controls import slider
from nnlib.widgets.live.figure import Live, Prediction

A = np.array([[1, 2, 0, 1], [3, 0, 4, 2], [0, 5, 1, 0]])  # (3, 4)
B = np.array([[10, 1], [0, 2], [5, 0], [1, 3]])  # (4, 2)
UNDER_THE_FINGERS = {"facecolors": "#BBDDF3", "edgecolors": COLORS["blue"], "linewidths": 2.4}


def row_times_column():
    """The product A @ B of two small matrices: choose an entry, and see its row, its column and the running sum."""
    (rows, inner), columns = A.shape, B.shape[1]
    fig, ax = figure(size=(8.4, 2.7))
    cells, _, labels, (width, _) = matrix_layout([("A", A), "@", ("B", B), "=", ("C", A @ B)])
    in_a, in_b, in_c = np.split(np.array(cells), [A.size, A.size + B.size])
    ax.add_collection(PolyCollection(cells, **MATRIX_CELLS["cells"]))
    marked = ax.add_collection(PolyCollection([], **MATRIX_CELLS["marked"]))
    fingers = ax.add_collection(PolyCollection([], **UNDER_THE_FINGERS))
    style = {"ha": "center", "va": "center"}
    entries = {}
    for x, y, text, kind in labels:
        if kind != "number" or x < in_c[0, 0, 0]:  # the entries of C are what the reader is asked for
            ax.text(x, y, text, **style, **MATRIX_LETTERS[kind])
        else:
            place = divmod(len(entries), columns)
            entries[place] = ax.text(x, y, "", gid=f"entry {place}", **style)
    found = {}  # what has been summed to its end stays in C
    slots = width / 2 + 1.7 * (np.arange(inner) - inner / 2)
    terms = [ax.text(x, -2.25, "", fontsize=12.5, gid=f"term {k}", **style) for k, x in enumerate(slots)]
    total = ax.text(slots[-1] + 0.8, -2.25, "", fontsize=12.5, fontweight="bold", va="center", gid="total")
    for x in (slots[:-1] + slots[1:]) / 2:
        ax.text(x, -2.25, "+", fontsize=12.5, color=COLORS["gray"], **style)
    ax.set(xlim=(-0.1, width + 0.1), ylim=(-2.7, 1.75), aspect="equal")
    ax.set_axis_off()

    def compute(r, j):
        return A[r] * B[:, j]

    def draw(products, r, j, pairs):
        here = in_c[r * columns + j]
        row, column = in_a[r * inner : (r + 1) * inner], in_b[j::columns]
        marked.set_verts([*row, *column, here])
        under = slots[pairs - 1] + [-0.58, 0.58, 0.58, -0.58], [-2.53, -2.53, -1.97, -1.97]
        fingers.set_verts([row[pairs - 1], column[pairs - 1], np.transpose(under)] if pairs else [])
        for k, (term, a, b) in enumerate(zip(terms, A[r], B[:, j], strict=True)):
            term.set(text=f"{a} · {b}", color=COLORS["black" if k < pairs else "gray"])
        so_far = matrix_number(products[:pairs].sum())
        total.set_text(f"= {so_far}" if pairs == inner else f"{so_far} so far" if pairs else "")
        if pairs == inner:
            found[r, j] = so_far
        for place, entry in entries.items():
            at_work = place == (r, j)
            said = so_far if at_work and pairs else "" if at_work else found.get(place, "")
            entry.set(text=said, fontweight="bold" if at_work else "normal")
        state = f"C[{r}, {j}] = {so_far}." if pairs == inner else f"{pairs} of {inner} pairs added, {so_far} so far."
        return f"Row {r} of A with column {j} of B: {state}"

    controls = {
        "r": slider("row of A", 0, rows - 1, 1),
        "j": slider("column of B", 0, columns - 1, 0),
        "pairs": slider("pairs added", 0, inner, inner),
    }

    def hide_the_sum(change):
        controls["pairs"].value = 0

    for name in ("r", "j"):  # before the figure hears of it: the reader works it out first
        controls[name].observe(hide_the_sum, "value")

    return Live(
        "row_times_column",
        question="How do a row and a column become one number?",
        prediction=Prediction(
            "Row 2 of A is 0, 5, 1, 0 and column 1 of B is 1, 2, 0, 3. What goes into row 2, column 1 of C?",
            options=("0, 10, 0, 0", "10", "12", "36"),
            answer="10",
            explanation="Multiply each pair and add up: 0 · 1 + 5 · 2 + 1 · 0 + 0 · 3. An entry is one number.",
            settings={"r": 2, "j": 1},
        ),
        controls=controls,
        compute=compute,
        draw=draw,
        figure=fig,
        plays="pairs",
        tick=1000,
        alt="A (3, 4) @ B (4, 2) = C (3, 2) as tables. A row of A and a column of B are marked; pair by pair their "
        "products are added, and the sum stands in one entry of C. Entries that were found stay.",
    )
