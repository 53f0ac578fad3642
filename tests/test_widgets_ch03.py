"""Chapter 03: the numbers behind the live figure, the tables, and what the chapter says of both."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from turning import fresh, laid_out, turn

from nnlib import NeuralNetwork, datasets
from nnlib.exercises import exercises
from nnlib.plots import (
    COLORS,
    artist,
    matrix_layout,
    matrix_number,
    plot_matrices,
    shown_indices,
)
from nnlib.widgets import forward_shapes as make
from nnlib.widgets import row_times_column
from nnlib.widgets.ch03_forward_shapes import BATCHES, MOST_OUTPUTS, ONE, WIDTHS
from nnlib.widgets.ch03_row_times_column import A, B
from nnlib.widgets.live.figure import LETTER, NARROW

NAMES = ("n", "row", "hidden", "outputs")


@pytest.fixture
def live():
    return fresh(make, guess="neither")


def collections_of(live):
    """The nodes and the edges."""
    edges, nodes = live.figure.axes[0].collections[:2]
    return nodes, edges


def blocks_of(live):
    """The blocks of the equations from left to right, and the marked rows: (left, top, width, height) each."""
    _, blocks, _, rows = live.figure.axes[2].collections
    boxes = [[path.get_extents() for path in c.get_paths()] for c in (blocks, rows)]
    return [[(box.x0, box.y0, box.width, box.height) for box in each] for each in boxes]


@pytest.mark.parametrize("n", [BATCHES[0], 4, BATCHES[-1]])
@pytest.mark.parametrize("hidden", [WIDTHS[0], 5, WIDTHS[-1]])
@pytest.mark.parametrize("outputs", [1, MOST_OUTPUTS])
def test_the_shapes_are_those_of_two_layers(live, n, hidden, outputs):
    result = turn(live, n=n, hidden=hidden, outputs=outputs).result
    assert {name: array.shape for name, array in result.items()} == {
        "X": (n, 3),
        "W1": (3, hidden),
        "b1": (hidden,),
        "Z1": (n, hidden),
        "W2": (hidden, outputs),
        "b2": (outputs,),
        "Z2": (n, outputs),
    }
    by_hand = (result["X"] @ result["W1"] + result["b1"]) @ result["W2"] + result["b2"]
    assert np.allclose(result["Z2"], by_hand, rtol=0, atol=1e-12)
    parameters = sum(result[name].size for name in ("W1", "b1", "W2", "b2"))
    assert f"{parameters:,} parameters, 2 matrix products" in live.readout
    assert len(live.readout) * LETTER < NARROW  # one line
    said = [text.get_text() for text in live.figure.axes[2].texts]
    assert {str(array.shape) for array in result.values()} <= set(said)


def test_the_batch_changes_neither_parameters_nor_products(live):
    """The prediction, and the numbers that the chapter names."""
    readouts = {}
    for n in BATCHES:
        before = turn(live, n=n).result
        readouts[n] = live.readout
        assert np.array_equal(before["W1"], turn(live, n=4).result["W1"])
    assert live.prediction.answer == "neither"
    assert all("26 parameters, 2 matrix products" in readout for readout in readouts.values())
    assert readouts[1].endswith(" 20 multiplications.") and readouts[1].startswith("1 ride at once")
    assert readouts[1000].endswith(" 20,000 multiplications.")


def test_a_ride_alone_says_what_it_says_in_the_batch(live):
    together = turn(live, n=1000).result
    for n in BATCHES:
        assert np.allclose(turn(live, n=n).result["Z2"], together["Z2"][:n], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("hidden", "drawn"), [(1, 1), (4, 4), (5, 3), (64, 3)])
def test_the_web_holds_the_numbers_of_the_marked_row(live, hidden, drawn):
    result = turn(live, n=4, row=2, hidden=hidden, outputs=2).result
    nodes, edges = collections_of(live)
    assert len(nodes.get_offsets()) == 3 + drawn + 2
    assert len(edges.get_segments()) == 3 * drawn + drawn * 2
    blocks, rows = blocks_of(live)
    assert len(rows) == 4  # the ride in X, twice in Z1, in Z2
    for (left, top, width, height), row in zip((blocks[k] for k in (0, 3, 4, 7)), rows, strict=True):
        np.testing.assert_allclose(row, (left, top + height / 2, width, height / 4))  # the third of four
    shown = shown_indices(hidden, 4)
    inner = [f"{result['Z1'][2][i]:.1f}" if i is not None else "⋮" for i in shown]
    written = ["5", "10", "0", *inner, *(f"{value:.{0 if abs(value) > 10 else 1}f}" for value in result["Z2"][2])]
    written = [text.replace("-0.0", "0.0").replace("-", "−") for text in written]
    (words,) = [c for c in live.figure.axes[0].collections if hasattr(c, "labels")]
    assert [text for _, _, text in words.labels] == written
    assert "row 2" in [text.get_text() for text in live.figure.axes[0].texts]


@pytest.mark.parametrize("row", [0, 1, 2, 3])
def test_every_number_fits_its_node(live, row):
    turn(live, row=row, hidden=64, outputs=10)
    laid_out(live)
    nodes, _ = collections_of(live)
    (words,) = [c for c in live.figure.axes[0].collections if hasattr(c, "labels")]
    inside = 2 * np.sqrt(nodes.get_sizes()[0] / np.pi) - 3  # points, without the line
    for (_, _, text), path in zip(words.labels, words.get_paths()):
        assert path.get_extents().width < inside, text
    numbers = [text for _, _, text in words.labels[3:] if text != "⋮"]
    assert all(("." in text) == (abs(float(text.replace("−", "-"))) < 10) for text in numbers)
    right = max(text.get_window_extent().x1 for text in live.figure.axes[0].texts)
    assert right < live.figure.axes[1].get_window_extent().x0 - 5  # "10 neurons" ends before the bars


def test_one_bar_of_three_grows_with_the_batch(live):
    bars = live.figure.axes[1]
    stay, more = bars.containers
    for settings, few, now in (
        ({"n": 1000}, (26, 2, 80), (26, 2, 20_000)),
        ({"n": 1}, (26, 2, 80), (26, 2, 20)),
        ({"n": 128, "hidden": 64, "outputs": 10}, (906, 2, 3328), (906, 2, 106_496)),
    ):
        turn(live, **settings)
        for low, high, before, value in zip(stay, more, few, now, strict=True):
            assert low.get_x() + low.get_width() == min(before, value) and high.get_x() == before  # the log scale's 1
            assert high.get_width() == max(value - before, 0)
        said = [text.get_text() for text in bars.texts[:3]]
        times = {20_000: " (× 250)", 20: "", 106_496: " (× 32)"}[now[2]]
        assert said == [f"{few[0]} → {few[0]}", "2 → 2", f"{few[2]:,} → {now[2]:,}{times}"]
        assert bars.get_xlim()[1] > max(now)


def test_played_the_batch_grows(live):
    live.restart()
    assert live.controls["n"].value == 1
    live.play()
    assert live.controls["n"].value == 1000


def test_edges_show_the_sign_by_color_and_dashes(live):
    result = turn(live, hidden=4, outputs=2).result
    _, edges = collections_of(live)
    weights = np.concatenate([result["W1"].ravel(), result["W2"].ravel()])
    colors = [to_hex(color) == COLORS["blue"].lower() for color in edges.get_colors()]
    solid = [dashes is None for _, dashes in edges.get_linestyles()]
    assert colors == solid == list(weights >= 0)


def test_only_rows_of_the_batch_can_be_drawn(live):
    row = live.controls["row"]
    for n in BATCHES:
        turn(live, n=n, row=7)
        assert row.max == row.value == min(n, 8) - 1
        assert f"row {row.value}" in [text.get_text() for text in live.figure.axes[0].texts]


def test_the_blocks_of_the_batch_grow_and_those_of_the_parameters_stay(live):
    heights = {}
    for n in BATCHES:
        turn(live, n=n)
        blocks, _ = blocks_of(live)
        heights[n] = [height for _, _, _, height in blocks]
        for name, block in zip(("X", "W1", "b1", "Z1", "Z1", "W2", "b2", "Z2"), blocks, strict=True):
            shape = np.atleast_2d(live.result[name]).shape
            assert block[:1:-1] == pytest.approx(ONE * (1 + np.log2(shape)))  # a step for each doubling
    grown = np.array(heights[1000]) / heights[4]
    assert [factor > 3 for factor in grown] == [True, False, False, True, True, False, False, True]
    assert set(grown[[1, 2, 5, 6]]) == {1.0}
    most = [path.get_extents().height for path in live.figure.axes[2].collections[0].get_paths()]
    turn(live, n=4)  # with the height that they will have, in outline
    assert most == [path.get_extents().height for path in live.figure.axes[2].collections[0].get_paths()]
    assert most == pytest.approx([heights[1000][k] for k in (0, 3, 4, 7)])


@pytest.mark.parametrize("n", [1, 4, 1000])
@pytest.mark.parametrize("hidden", [1, 4, 64])
@pytest.mark.parametrize("outputs", [1, 10])
def test_blocks_and_words_stay_apart_and_within_the_figure(live, n, hidden, outputs):
    turn(live, n=n, hidden=hidden, outputs=outputs)
    laid_out(live)
    tables = live.figure.axes[2]
    words = [text.get_window_extent() for ax in live.figure.axes for text in ax.texts if text.get_text()]
    blocks = [path.get_extents(tables.transData) for path in tables.collections[1].get_paths()]
    assert not any(a.overlaps(b) for k, a in enumerate(blocks) for b in [*blocks[:k], *words])
    assert not any(a.overlaps(b) for k, a in enumerate(words) for b in words[:k])
    letters = [text.get_window_extent() for text in tables.texts if text.get_text() in ("@", "+", "=")]
    pixel = live.figure.dpi / 100
    for sign in letters:  # with room on both sides
        assert not any(sign.padded(3 * pixel, 0).overlaps(box) for box in blocks)
    for box in blocks + words:
        assert 0 <= box.x0 and box.x1 <= live.figure.bbox.x1 and 0 <= box.y0 and box.y1 <= live.figure.bbox.y1


def test_the_readers_functions_are_run():
    calls = []

    def layer(X, W, b):
        calls.append(len(X))
        return X @ W + b

    live = make(layer=layer, count_parameters=lambda sizes: 77)
    assert calls == [4, 4]  # two layers, two products, all rides
    assert "77 parameters" in live.readout
    live.guess("neither")
    assert live.controls["n"].value == 1000
    assert calls == [4, 4, 1, 1, 12, 12]  # from one ride on; the rows that can be drawn
    live.close()


def test_a_wrong_layer_is_shown_and_not_fatal():
    live = make(layer=lambda X, W, b: X @ W.T + b)
    assert live.error is not None and "matmul" in live.readout
    live.close()


# ---- Row times column ---------------------------------------------------------------------------------


@pytest.fixture
def product():
    live = row_times_column()
    live.guess("20")
    yield live
    live.close()


def written(product):
    """The entries of C, the terms that stand below, and what is said of their sum."""
    (ax,) = product.figure.axes
    terms = [artist(ax, f"term {k}").get_text() for k in range(4)]
    entries = [artist(ax, f"entry {p}").get_text() for p in np.ndindex(3, 2)]
    return entries, [term for term in terms if term], artist(ax, "total").get_text()


def test_c_fills_entry_by_entry_each_the_sum_over_its_row_and_column(product):
    whole = [str(entry) for entry in (A @ B).ravel()]
    assert product.prediction.answer == whole[0] and product.controls["done"].value == 4
    for done in range(1, 25):
        turn(product, done=done)
        at, pairs = divmod(done - 1, 4)
        (r, j), pairs = divmod(at, 2), pairs + 1
        so_far = A[r, :pairs] @ B[:pairs, j]
        said = f"C[{r}, {j}] = {so_far}." if pairs == 4 else f"{pairs} of 4 pairs added, {so_far} so far."
        assert product.readout == f"Row {r} of A with column {j} of B: {said}"
        entries, terms, total = written(product)
        assert entries == [*whole[:at], str(so_far), *["?"] * (5 - at)]
        assert total == (f"= {so_far}" if pairs == 4 else f"{so_far} so far")
        assert terms == [f"{a} · {b}" for a, b in zip(A[r, :pairs], B[:pairs, j], strict=True)]
    assert entries == whole


def test_the_finished_sum_goes_into_its_entry(product):
    (ax,) = product.figure.axes
    (way,) = ax.lines
    cells = ax.collections[0].get_paths()[-6:]
    for at in range(6):
        turn(product, done=4 * at + 4)
        x, y = way.get_xydata()[-1]
        inside, outside = (0.1, -0.1) if at % 2 == 0 else (-0.1, 0.1)
        assert cells[at].contains_point((x + inside, y)) and not cells[at].contains_point((x + outside, y))
        turn(product, done=4 * at + 3)
        assert len(way.get_xdata()) == 0


def test_play_fills_all_of_c(product):
    product.play()
    assert "?" not in written(product)[0] and product.controls["done"].value == 24


def test_the_fingers_are_on_the_pair_that_was_added_last(product):
    turn(product, done=2 * 4 + 3)
    (ax,) = product.figure.axes
    cells, marked, fingers = ax.collections
    corners = [path.vertices[0].tolist() for path in cells.get_paths()]
    places = [corners.index(path.vertices[0].tolist()) for path in fingers.get_paths()[:2]]
    assert places == [1 * 4 + 2, 12 + 2 * 2 + 0]  # A[1, 2] and B[2, 0]
    (term,) = [text for text in ax.texts if text.get_text() == "4 · 5"]
    assert fingers.get_paths()[2].contains_point(term.get_position())
    assert len(marked.get_paths()) == 4 + 4 + 1
    turn(product, done=0)
    assert len(fingers.get_paths()) == 0


def test_the_answer_is_not_shown_before_the_guess():
    live = row_times_column()
    assert written(live) == (["?"] * 6, [], "")
    live.close()


# ---- The tables -------------------------------------------------------------------------------------------------


def test_tables_stand_in_a_row_with_names_shapes_and_numbers():
    X, W = np.arange(6.0).reshape(2, 3), np.arange(3.0).reshape(3, 1) - 1
    terms = [("X", X), "@", ("W", W), "=", ("Z", X @ W)]
    cells, marked, labels, (width, height) = matrix_layout(terms, mark={"X": np.s_[0], "Z": (0, 0)})
    said = [text for _, _, text, _ in labels]
    assert len(cells) == 6 + 3 + 2 and len(marked) == 3 + 1
    assert [text for _, _, text, kind in labels if kind == "name"] == ["X", "W", "Z"]
    assert [text for _, _, text, kind in labels if kind == "shape"] == ["(2, 3)", "(3, 1)", "(2, 1)"]
    assert "−1" in said and "-1" not in said
    corners = np.array(cells)
    assert corners[..., 0].min() >= 0 and corners[..., 0].max() <= width
    assert np.abs(corners[..., 1]).max() <= height / 2

    ax = plot_matrices(terms, mark={"X": np.s_[0]})
    assert len(artist(ax, "cells").get_paths()) == 11 and len(artist(ax, "marked").get_paths()) == 3
    assert plot_matrices(terms, ax) is ax


def test_an_array_of_one_axis_is_a_row_with_its_own_shape():
    cells, marked, labels, _ = matrix_layout([("b", np.array([4.0, 0.1]))], mark={"b": 0})
    assert len(cells) == 2 and len(marked) == 1
    assert ("(2,)", "shape") in [(text, kind) for *_, text, kind in labels]


@pytest.mark.parametrize(
    ("count", "most", "wanted", "shown"),
    [
        (1, 4, [], [0]),
        (4, 4, [3], [0, 1, 2, 3]),
        (5, 4, [], [0, 1, None, 4]),
        (5, 4, [1], [0, 1, None, 4]),
        (1000, 4, [7], [0, None, 7, None]),
        (1000, 4, [999], [0, 1, None, 999]),
        (9, 6, [6], [0, 1, 2, None, 6, None]),
        (5, 4, range(5), [0, 1, None, 4]),
    ],
)
def test_large_tables_are_cut_around_what_is_marked(count, most, wanted, shown):
    assert shown_indices(count, most, np.array(wanted, dtype=int)) == shown


@pytest.mark.parametrize(
    ("value", "text"), [(8.0, "8"), (-0.5, "−0.5"), (-0.0001, "0"), (12.345, "12.3"), (0.017, "0.02"), (-111.2, "−111")]
)
def test_numbers_in_cells_are_short(value, text):
    assert matrix_number(value) == text


@pytest.mark.parametrize("bad", [np.zeros((2, 2, 2)), np.zeros((0, 3)), np.float64(1)])
def test_what_is_no_table_is_named(bad):
    with pytest.raises(ValueError, match="Q must be an array of one or two axes"):
        plot_matrices([("Q", bad)])


# ---- What the chapter says --------------------------------------------------------------------------------------


def solution(name):
    return exercises()[name].solution


@pytest.mark.long
@pytest.mark.parametrize("sizes", [[2, 1], [2, 4, 1], [2, 16, 1], [2, 4, 4, 1]])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("epochs", [1000, 3000])
def test_no_linear_network_gets_below_a_quarter_on_xor(sizes, seed, epochs):
    X, y = datasets.xor()
    config = [{"n_inputs": i, "n_neurons": k, "activation": "linear"} for i, k in zip(sizes, sizes[1:], strict=False)]
    nn = NeuralNetwork(config, learning_rate=0.1, seed=seed)
    nn.fit(X, y, epochs=epochs, batch_size=4)
    assert nn.loss(X, y) == pytest.approx(0.25, abs=1e-6)
    assert np.allclose(nn.predict(X), 0.5, atol=1e-3)


@pytest.mark.parametrize("sizes", [[3, 4, 2], [5, 1], [2, 6, 6, 3]])
def test_the_exercises_are_the_library(sizes):
    config = [{"n_inputs": i, "n_neurons": k, "activation": "linear"} for i, k in zip(sizes, sizes[1:], strict=False)]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, sizes[0])), rng.normal(size=(20, sizes[-1]))
    nn = NeuralNetwork(config, learning_rate=0.05, seed=0)
    nn.fit(X, y, epochs=20, batch_size=6)
    parameters = nn.get_parameters()
    outputs = solution("through_layers")(X, parameters)
    assert np.allclose(outputs, nn.predict(X), rtol=0, atol=1e-12)
    assert abs(solution("safe_mse")(outputs, y) - nn.loss(X, y)) < 1e-12
    assert solution("count_parameters")(sizes) == sum(p["W"].size + p["b"].size for p in parameters)


def test_a_function_with_loops_is_asked_for_the_rows_that_are_drawn():
    asked = []

    def mine(X, W, b):
        asked.append(len(X))
        return X @ W + b

    live = make(layer=mine)
    live.set(n=1000)
    assert live.error is None and max(asked) <= 12
    X, Z1 = live.result["X"], live.result["Z1"]
    assert X.shape == (1000, 3)
    np.testing.assert_allclose(Z1, X @ live.result["W1"] + live.result["b1"], rtol=0, atol=1e-12)
    live.close()


def test_a_layer_of_the_wrong_shape_is_said():
    live = make(layer=lambda X, W, b: (X @ W + b).T)
    assert "layer should give shape (4, 4) for X (4, 3)" not in live.readout  # at the start it is square
    live.set(n=2)
    assert "layer should give shape (2, 4) for X (2, 3), W (3, 4); got (4, 2)" in live.readout
    live.close()
