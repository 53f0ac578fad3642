"""The figures: what they draw is the data, what is drawn can be found again, and the picture is honest."""

import base64
import io
import itertools
import subprocess
import sys
from types import SimpleNamespace

import matplotlib
import matplotlib.style
import numpy as np
import pytest
from IPython.core.events import EventManager
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image, ImageSequence

from nnlib import NeuralNetwork, datasets, plots
from nnlib.losses import LOSSES

HISTORY = {
    "train_loss": [0.5, 0.3, 0.2],
    "val_loss": [0.6, 0.4, 0.35],
    "penalty": [0.0, 0.01, 0.02],
    "learning_rate": [0.1, 0.1, 0.05],
}
X_LINE = np.array([0.5, 1.0, 2.5, 4.0])
Y_LINE = np.array([1.0, 4.0, 3.0, 7.0])


PARAMETERS = [
    {"W": np.array([[0.5, -2.0, 0.0], [1.0, 1.5, -0.5]]), "b": np.array([0.1, -0.2, 0.3])},
    {"W": np.array([[1.0], [-1.0], [0.25]]), "b": np.array([0.0])},
]


def half(points):
    """A network's stand-in: 0 on the left, 1 on the right, 0.5 at x1 = 0."""
    return (points[:, :1] + 1) / 2


def names(ax):
    return {a.get_gid() for a in ax.findobj(lambda candidate: candidate.get_gid() is not None)}


# ---------------------------------------------------------------- figures as a whole


def test_importing_plots_does_not_import_pyplot():
    code = "import sys, nnlib.plots; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_colors_differ_and_are_written_alike():
    assert all(to_hex(color).upper() == color for color in plots.COLORS.values())
    assert len(set(plots.COLORS.values())) == len(plots.COLORS) == 8


def test_figure_has_the_style_of_the_course_and_leaves_the_defaults_alone():
    before = dict(matplotlib.rcParams)
    fig, ax = plots.figure(size=(4, 3))
    assert isinstance(fig, Figure) and fig.get_size_inches().tolist() == [4, 3]
    assert not ax.spines["top"].get_visible() and not ax.spines["right"].get_visible()
    assert ax.plot([1, 2])[0].get_color() == plots.COLORS["blue"]
    plots.png(fig)
    assert dict(matplotlib.rcParams) == before
    fig, axes = plots.figure(2, 3, sharex=True)
    assert axes.shape == (2, 3)


def test_the_same_figure_gives_the_same_bytes():
    first, second = (plots.png(plots.plot_history(HISTORY).figure) for _ in range(2))
    assert first == second and first.startswith(b"\x89PNG")
    assert b"Software" not in first and b"matplotlib" not in first
    width, height = (int.from_bytes(first[at : at + 4]) for at in (16, 20))
    assert (width, height) == (1600, 720)  # twice the 800 x 360 that it takes on the page


@pytest.fixture
def notebook(monkeypatch):
    """A stand-in for IPython in a notebook; what is displayed goes into the list."""
    shown = []
    events = {"pre_run_cell": lambda info: None, "post_run_cell": lambda result: None}
    shell = SimpleNamespace(kernel=True, user_ns={}, events=EventManager(None, events))
    ipython = SimpleNamespace(
        version_info=(9, 0),  # matplotlib asks
        get_ipython=lambda: shell,
        display=SimpleNamespace(display=lambda *args, **kwargs: shown.append((args, kwargs))),
    )
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return shown


def test_show_displays_a_still_image_with_its_text(notebook, capsys):
    fig, ax = plots.figure(size=(3, 2))
    plots.show(fig, "An empty frame.")
    plots.show(ax, "An empty frame.")
    assert notebook[0] == notebook[1]
    ((bundle,), options) = notebook[0]
    assert bundle["text/plain"] == "An empty frame." and options["raw"] is True
    assert bundle["image/png"].startswith("iVBORw0KGgo")  # base64 of the start of every PNG
    assert options["metadata"] == {"image/png": {"alt": "An empty frame.", "width": 300, "height": 200}}
    assert capsys.readouterr().out == ""


def test_show_outside_a_notebook_prints_the_text(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    plots.show(plots.figure()[0], "An empty frame.")
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    plots.show(plots.figure()[0], "Another one.")
    assert capsys.readouterr().out == "An empty frame.\nAnother one.\n"


@pytest.mark.parametrize("alt", ["", "  ", None, 3])
def test_show_wants_a_text(notebook, alt):
    with pytest.raises(ValueError, match="alt must be a sentence"):
        plots.show(plots.figure()[0], alt)
    assert not notebook


def test_a_moving_picture_loops_and_begins_with_its_end(notebook):
    fig, ax = plots.figure(size=(2, 1))
    (line,) = ax.plot([0, 1], [0, 0], color=plots.COLORS["blue"])
    plots.show_moving(fig, lambda height: line.set_ydata([0, height]), [0.0, 0.5, 1.0], "A line that tips up.")
    (((data,), options),) = notebook
    assert data["text/plain"] == options["metadata"]["image/png"]["alt"] == "A line that tips up."
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as image:
        assert (image.n_frames, image.info["loop"], image.size) == (4, 0, (200, 100))
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    assert np.array_equal(frames[0], frames[3]) and not np.array_equal(frames[1], frames[2])
    assert frames[0][0, 0].tolist() == [255, 255, 255]


EVERY_PLOT = {
    "history": lambda ax: plots.plot_history(HISTORY, ax),
    "points": lambda ax: plots.plot_points(*datasets.xor(), ax),
    "boundary": lambda ax: plots.plot_boundary(half, *datasets.xor(), ax),
    "line_fit": lambda ax: plots.plot_line_fit(X_LINE, Y_LINE, 1.0, 1.0, ax),
    "loss_bowl": lambda ax: plots.plot_loss_bowl(X_LINE, Y_LINE, [(0, 0), (1, 1)], ax),
    "network": lambda ax: plots.plot_network(PARAMETERS, ax, values=[[0.0, 1.0], [0.5, -0.5, 0.25], [1.0]]),
    "digits": lambda ax: plots.plot_digits(datasets.digits()[0][:12], range(12), ax),
}


@pytest.mark.parametrize("plot", EVERY_PLOT.values(), ids=EVERY_PLOT)
def test_every_plot_takes_an_ax_or_makes_one_and_returns_it(plot):
    fig, (left, right) = plots.figure(1, 2)
    assert plot(left) is left
    assert not right.has_data()
    alone = plot(None)
    assert alone.figure is not fig
    for ax in (left, alone):
        plots.png(ax.figure)
        if ax.axison:
            assert ax.get_xlabel() and ax.get_ylabel()


@pytest.mark.parametrize("plot", EVERY_PLOT.values(), ids=EVERY_PLOT)
def test_the_artists_of_every_plot_can_be_found(plot):
    ax = plot(None)
    for name in names(ax):
        assert plots.artist(ax, name).get_gid() == name
    with pytest.raises(ValueError, match="name must be that of one artist of this Axes .*, got 'ghost'"):
        plots.artist(ax, "ghost")


# ---------------------------------------------------------------- histories


def test_history_draws_the_losses_by_epoch():
    ax = plots.plot_history(HISTORY)
    assert names(ax) == {"train_loss", "val_loss"}
    assert plots.artist(ax, "train_loss").get_xydata().tolist() == [[0, 0.5], [1, 0.3], [2, 0.2]]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["training loss", "validation loss"]
    styles = {line.get_linestyle() for line in ax.lines}
    assert len(styles) == 2  # told apart without color


def test_history_without_validation_data_has_one_curve_and_no_legend():
    ax = plots.plot_history(HISTORY | {"val_loss": [np.nan] * 3})
    assert names(ax) == {"train_loss"} and ax.get_legend() is None


def test_history_draws_any_key_and_says_what_the_axis_is():
    ax = plots.plot_history(HISTORY, keys=["learning_rate"])
    assert ax.get_ylabel() == "learning rate" and names(ax) == {"learning_rate"}
    ax = plots.plot_history(HISTORY | {"total": [1, 2, 3]}, keys=["train_loss", "penalty", "total"], log=True)
    assert ax.get_yscale() == "log" and names(ax) == {"train_loss", "penalty", "total"}
    with pytest.raises(ValueError, match="keys must be among those of the history .*, got 'loss'"):
        plots.plot_history(HISTORY, keys=["train_loss", "loss"])


@pytest.mark.parametrize("loss", LOSSES)
def test_history_calls_no_loss_by_the_name_of_another(loss):
    X, y = datasets.xor()
    nn = NeuralNetwork([{"n_inputs": 2, "n_neurons": 2, "activation": "linear"}], loss=loss)
    assert plots.plot_history(nn.fit(X, np.hstack([y, 1 - y]), epochs=2)).get_ylabel() == "loss"


def test_history_that_explodes_or_is_empty_or_zero_still_draws():
    ax = plots.plot_history({"train_loss": [1.0, 1e300, np.inf], "val_loss": []}, log=True)
    assert np.isnan(plots.artist(ax, "train_loss").get_ydata()[2])
    plots.png(ax.figure)
    plots.png(plots.plot_history({"train_loss": [], "val_loss": []}, keys=["train_loss"]).figure)
    plots.png(plots.plot_history({"train_loss": [0.0, 0.0], "val_loss": []}).figure)


# ---------------------------------------------------------------- classes in the plane


def test_points_are_drawn_by_class_in_color_and_shape():
    X, y = datasets.circles(n=50)
    for targets in (y, y.ravel()):
        ax = plots.plot_points(X, targets)
        for value in (0, 1):
            drawn = plots.artist(ax, f"class {value}")
            assert np.array_equal(drawn.get_offsets(), X[y[:, 0] == value])
        shapes = [plots.artist(ax, f"class {value}").get_paths()[0].vertices.shape for value in (0, 1)]
        assert shapes[0] != shapes[1]
        assert ax.get_aspect() == 1
    assert names(plots.plot_points(X[:1], [1])) == {"class 1"}


def test_boundary_is_the_output_where_it_is_drawn():
    limits = ((-1, 1), (-2, 2))
    ax = plots.plot_boundary(lambda Z: Z[:, :1] + 10 * Z[:, 1:], *datasets.xor(), limits=limits, resolution=8)
    image = plots.artist(ax, "map")
    assert image.get_extent() == [-1, 1, -2, 2] and image.origin == "lower"
    columns = (np.arange(8) + 0.5) / 4 - 1
    rows = (np.arange(8) + 0.5) / 2 - 2
    assert np.asarray(image.get_array()) == pytest.approx(columns[None] + 10 * rows[:, None])
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 1), (-2, 2))


def test_boundary_has_its_line_at_one_half():
    ax = plots.plot_boundary(half, *datasets.xor(), limits=((-1, 1), (-1, 1)))
    line = plots.artist(ax, "decision").get_paths()[0].vertices
    assert line[:, 0] == pytest.approx(0, abs=1e-9)
    assert names(ax) >= {"map", "class 0", "class 1"}


@pytest.mark.parametrize("constant", [0.0, 0.5, 7.0, np.nan, np.inf])
def test_boundary_of_a_constant_output_has_no_line(constant):
    ax = plots.plot_boundary(lambda Z: np.full((len(Z), 1), constant), *datasets.xor())
    assert "decision" not in names(ax)
    plots.png(ax.figure)


def test_boundary_colors_are_blue_white_orange_and_gray_for_nan():
    at = [np.array(plots.DECISION_MAP(value)[:3]) for value in (0.0, 0.5, 1.0)]
    assert at[0][2] > at[0][0] + 0.3 and at[2][0] > at[2][2] + 0.3
    assert at[1] == pytest.approx([1, 1, 1], abs=0.01)
    assert to_hex(plots.DECISION_MAP(np.nan)).upper() == plots.COLORS["gray"]


# ---------------------------------------------------------------- a line and its bowl


@pytest.mark.parametrize(("w", "b"), [(1.0, 1.0), (-0.7, 6.0), (0.0, 3.0), (3.0, -4.0)])
@pytest.mark.parametrize("limits", [None, ((-10, 20), (-30, 35)), ((0, 5), (0, 1000))])
def test_squared_residuals_are_squares_on_the_screen(w, b, limits):
    fig, (ax, _) = plots.figure(1, 2, size=(9, 3), width_ratios=[2, 1])
    plots.plot_line_fit(X_LINE, Y_LINE, w, b, ax, limits=limits)
    plots.png(fig)  # the layout is settled by drawing
    residuals = Y_LINE - (w * X_LINE + b)
    unit = np.diff(ax.transData.transform([(0, 0), (0, 1)])[:, 1])[0]  # pixels for 1 on the y axis
    for path, x, y, residual in zip(plots.artist(ax, "squares").get_paths(), X_LINE, Y_LINE, residuals, strict=True):
        width, height = np.ptp(ax.transData.transform(path.vertices), axis=0)
        assert width == pytest.approx(height, abs=0.01)
        assert height == pytest.approx(abs(residual) * unit, abs=0.01)
        assert [x, y] in path.vertices.tolist()
        beyond = (path.vertices[:, 1] - (w * path.vertices[:, 0] + b)) * np.sign(residual)
        assert beyond.min() > -1e-9  # on its own side of the line


def test_line_fit_draws_the_line_and_the_points_and_squares_can_be_moved():
    limits = ((0, 5), (0, 10))
    ax = plots.plot_line_fit(X_LINE[:, None], Y_LINE[:, None], 2.0, 1.0, limits=limits)
    assert plots.artist(ax, "line").get_xydata().tolist() == [[0, 1], [5, 11]]
    assert np.array_equal(plots.artist(ax, "points").get_xydata(), np.stack([X_LINE, Y_LINE], axis=1))
    moved = plots.residual_squares(X_LINE, Y_LINE, 0.0, 0.0, limits)
    assert moved.shape == (4, 4, 2)
    plots.artist(ax, "squares").set_verts(moved)
    plots.png(ax.figure)
    assert names(plots.plot_line_fit(X_LINE, Y_LINE, 2.0, 1.0, squares=False)) == {"line", "points"}


def test_line_fit_of_one_point_or_an_exploded_line_still_draws():
    for w, b in ((1.0, 1.0), (1e200, -1e200), (np.nan, np.nan), (np.inf, 0.0)):
        with np.errstate(all="ignore"):
            plots.png(plots.plot_line_fit([1.0], [2.0], w, b).figure)


def test_loss_surface_is_the_mean_squared_error():
    w, b = np.array([-1.0, 0.5, 2.0]), np.array([0.0, 3.0])
    surface = plots.loss_surface(X_LINE, Y_LINE, w, b)
    assert surface.shape == (2, 3)
    for row, bias in enumerate(b):
        for column, weight in enumerate(w):
            assert surface[row, column] == pytest.approx(np.mean((weight * X_LINE + bias - Y_LINE) ** 2))


def test_bowl_marks_the_minimum_the_start_and_the_path():
    path = [(0.0, 0.0), (0.5, 0.25), (1.0, 0.5)]
    ax = plots.plot_loss_bowl(X_LINE, Y_LINE, path)
    best = np.polyfit(X_LINE, Y_LINE, 1)
    assert plots.artist(ax, "minimum").get_xydata()[0] == pytest.approx(best)
    assert plots.artist(ax, "path").get_xydata().tolist() == [list(step) for step in path]
    assert plots.artist(ax, "start").get_xydata().tolist() == [[0, 0]]
    for low_high, start, center in zip((ax.get_xlim(), ax.get_ylim()), path[0], best, strict=True):
        assert low_high[0] < start < low_high[1] and low_high[0] < center < low_high[1]
    assert names(plots.plot_loss_bowl(X_LINE, Y_LINE)) == {"minimum"}


def test_bowl_draws_a_path_that_explodes_within_its_limits():
    with np.errstate(all="ignore"):
        path = np.repeat(np.float64(-3.0) ** np.arange(800), 2).reshape(800, 2)
    assert not np.isfinite(path).all()
    limits = ((-2, 2), (-1, 1))
    ax = plots.plot_loss_bowl(X_LINE, Y_LINE, path, limits=limits)
    plots.png(ax.figure)
    assert (ax.get_xlim(), ax.get_ylim()) == limits


# ---------------------------------------------------------------- digits


def test_digits_stand_side_by_side_and_are_not_changed():
    images = np.random.default_rng(0).uniform(size=(5, 64))
    before = images.copy()
    ax = plots.plot_digits(images, list("abcde"), columns=3)
    sheet = plots.artist(ax, "images").get_array()
    assert sheet.shape == (2 * 12, 3 * 9)
    assert np.array_equal(sheet[12:20, 9:17], images[4].reshape(8, 8))
    assert [plots.artist(ax, f"title {k}").get_text() for k in range(5)] == list("abcde")
    assert np.array_equal(images, before)
    square = plots.plot_digits(images.reshape(5, 8, 8))
    assert plots.artist(square, "images").get_array().shape == (9, 45)


def test_a_network_has_a_circle_per_neuron_and_an_arrow_per_weight():
    ax = plots.plot_network([2, 4, 1])
    assert names(ax) == {f"neuron {k} {j}" for k, n in enumerate([2, 4, 1]) for j in range(n)} | {
        f"value {k} {j}" for k, n in enumerate([2, 4, 1]) for j in range(n)
    } | {f"{what} {k}" for what in ("weights", "heads") for k in (1, 2)}
    assert [len(plots.artist(ax, f"weights {k}").get_segments()) for k in (1, 2)] == [8, 4]


def test_a_networks_arrows_show_size_and_sign_of_its_weights():
    ax, turned = plots.plot_network(PARAMETERS), plots.plot_network(PARAMETERS, back=True)
    arrows = plots.artist(ax, "weights 1")  # row by row of W
    widths, colors = arrows.get_linewidths(), [to_hex(color).upper() for color in arrows.get_edgecolors()]
    assert np.argsort(widths).tolist() == np.argsort(np.abs(PARAMETERS[0]["W"].ravel())).tolist()
    below = PARAMETERS[0]["W"].ravel() < 0
    assert [color == plots.COLORS["vermillion"] for color in colors] == below.tolist()
    assert [style[1] is not None for style in arrows.get_linestyles()] == below.tolist()  # not by color alone
    assert len(plots.artist(ax, "heads 1").get_paths()) == len(below)
    tips = [[head.vertices[0, 0] for head in plots.artist(each, "heads 1").get_paths()] for each in (ax, turned)]
    assert max(tips[1]) < min(tips[0]), "the arrows point to the outputs, or back to the inputs"
    assert max(widths) > max(plots.artist(ax, "weights 2").get_linewidths()), "one scale for all layers"
    assert plots.artist(ax, "weight 1 0 1").get_text() == "−2.00"
    assert plots.artist(ax, "bias 1 2").get_text() == "+0.30"


def test_the_numbers_on_the_arrows_stand_apart():
    rng = np.random.default_rng(0)
    for widths in ([2, 4, 1], [2, 2, 1], [3, 3]):
        layers = [{"W": rng.normal(size=shape), "b": np.zeros(shape[1])} for shape in zip(widths, widths[1:])]
        ax = plots.plot_network(layers)
        ax.figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in ax.texts if (text.get_gid() or "").startswith("weight ")]
        circles = [patch.get_window_extent() for patch in ax.patches]
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2)), widths
        assert not any(one.overlaps(other) for one in boxes for other in circles), widths


def test_a_networks_values_stand_in_its_circles():
    ax = plots.plot_network([2, 1], values=[["$x_1$", "$x_2$"], np.array([0.256])])
    assert [plots.artist(ax, f"value {k}").get_text() for k in ("0 0", "0 1", "1 0")] == ["$x_1$", "$x_2$", "0.26"]


def test_a_wide_layer_shows_its_first_neurons_and_its_last():
    ax = plots.plot_network([64, 10], most=5)
    circles = {name for name in names(ax) if name.startswith("neuron 0")}
    assert circles == {"neuron 0 0", "neuron 0 1", "neuron 0 2", "neuron 0 63"}
    assert len(plots.artist(ax, "weights 1").get_segments()) == 4 * 4


def test_what_a_matrix_marks_behind_its_dots_is_marked():
    _, marked, labels, _ = plots.matrix_layout([("W", np.zeros((1, 20)))], mark={"W": np.s_[:, 8:]})
    assert [kind for _, _, text, kind in labels if text in ("0", "⋯")] == ["number"] * 4 + ["marked"] * 2
    assert len(marked) == 2


def test_a_logarithmic_axis_has_gaps_where_there_is_nothing_above_0():
    line = plots.plot_history({"train_loss": [1.0, 0.0, -1.0, 0.1]}, keys=["train_loss"], log=True).lines[0]
    assert np.array_equal(line.get_ydata(), [1, np.nan, np.nan, 0.1], equal_nan=True)


# ---------------------------------------------------------------- the reader's own settings

READERS = {  # of a style, or of a matplotlibrc
    **matplotlib.style.library["dark_background"],
    "lines.marker": "x",
    "legend.facecolor": "black",
    "legend.frameon": True,
    "figure.dpi": 50,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 1,
    "font.family": "DejaVu Serif",
    "text.usetex": True,
    "mathtext.fontset": "cm",
    "axes.unicode_minus": False,
}


def settings():
    return {key: matplotlib.rcParams[key] for key in plots.DEFAULTS}


def a_chapters_figure():
    fig, ax = plots.figure(size=(3, 2))
    ax.plot([-1, 1], [0, 1], label="a line")
    ax.text(0, 0.5, "$x^2$")
    ax.set(xlabel="$x_1$", title="a title")
    ax.legend()
    return fig


def every_picture():
    return [plots.png(plot(None).figure) for plot in EVERY_PLOT.values()] + [plots.png(a_chapters_figure())]


def test_the_readers_own_settings_change_no_figure_of_the_course(notebook):
    plain = every_picture()
    with matplotlib.rc_context(READERS):
        readers = settings()
        assert every_picture() == plain
        sys.modules["IPython"].get_ipython().events.trigger("post_run_cell", None)
        assert settings() == readers  # they are back after the cell
        plots.figure()
        matplotlib.rcParams["text.color"] = "red"  # set in the same cell, after the figure
        sys.modules["IPython"].get_ipython().events.trigger("post_run_cell", None)
        assert matplotlib.rcParams["text.color"] == "red" and matplotlib.rcParams["axes.labelcolor"] == "white"


def test_the_readers_own_settings_change_no_figure_that_is_drawn_over_several_cells(notebook):
    """A cell that names a figure of the course, or axes of it, is drawn without them; any other with them."""
    shell = sys.modules["IPython"].get_ipython()

    def cell(text):
        shell.events.trigger("pre_run_cell", SimpleNamespace(raw_cell=text))
        exec(text, shell.user_ns)
        shell.events.trigger("post_run_cell", None)

    def picture():
        shell.user_ns.update(plots=plots)
        cell("fig, axes = plots.figure(1, 2)\nax = axes[1]\nmine = plots.Figure()")
        cell("axes[0].set_title('$x^2$')")
        cell("ax.plot([0, 1], label='late')\nax.legend()")
        cell("plots.plot_history({'train_loss': [2, 1], 'val_loss': [3, 2]}, ax)")
        cell("color = mine.text(0, 0, 'of the reader').get_color()")
        return shell.user_ns["color"], plots.png(shell.user_ns["fig"])

    color, plain = picture()
    with matplotlib.rc_context(READERS):
        assert picture() == ("white", plain) and color == "black"


def test_outside_a_notebook_what_the_course_draws_is_its_own():
    plain = [plots.png(plot(None).figure) for plot in EVERY_PLOT.values()]
    with matplotlib.rc_context(READERS):
        assert [plots.png(plot(None).figure) for plot in EVERY_PLOT.values()] == plain


def test_the_readers_own_settings_change_no_live_figure(notebook):
    from nnlib.widgets.live.controls import slider
    from nnlib.widgets.live.figure import Live

    def picture():
        fig, ax = plots.figure(size=(3, 2))
        return Live(
            "reader",
            question="?",
            controls={"height": slider("height", 1, 3, 1)},
            compute=lambda height: height,
            draw=lambda result: (
                ax.plot([0, result], label="drawn late") and ax.legend() and ax.set_title("$x^2$") and ""
            ),
            figure=fig,
            alt="A line.",
        )

    pictures = {}
    for name, settings in {"plain": {}, "readers": READERS}.items():
        with matplotlib.rc_context(settings):
            live = picture()
            sys.modules["IPython"].get_ipython().events.trigger("post_run_cell", None)
            live.set(height=3)  # moved after its cell, so in the reader's settings
            assert live.error is None
            pictures[name] = live.png
            live.close()
    assert pictures["plain"] == pictures["readers"]


def test_outside_a_notebook_the_figures_of_the_course_are_its_own_and_the_settings_the_readers():
    plain = [fig.get_facecolor() for fig in [plots.figure()[0]]]
    with matplotlib.rc_context(READERS):
        readers = settings()
        fig, ax = plots.figure()
        assert [fig.get_facecolor()] == plain and ax.xaxis.label.get_color() == "black"
        assert settings() == readers


# ---------------------------------------------------------------- bad arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.plot_points([1, 2], [1, 2]), r"X must have shape \(n, 2\), a point a row, got \(2,\)"),
        (lambda: plots.plot_points(np.zeros((0, 2)), []), r"X must have shape \(n, 2\), .* got \(0, 2\)"),
        (lambda: plots.plot_points([[1, np.nan]], [1]), "X must hold finite numbers, got nan"),
        (lambda: plots.plot_points([[1, 2]], [np.nan]), "y must hold finite numbers, got nan"),
        (lambda: plots.plot_boundary(half, [[1, 2]], [np.inf]), "y must hold finite numbers, got inf"),
        (lambda: plots.plot_line_fit([1, np.inf], [1, 1], 1, 1), "x must hold finite numbers, got inf"),
        (lambda: plots.plot_loss_bowl([1, 2], [1, np.nan]), "y must hold finite numbers, got nan"),
        (lambda: plots.plot_loss_bowl([1, 2], [1, 2], [(np.inf, 0), (1, 1)]), "path must start at a finite"),
        (lambda: plots.plot_history({"train_loss": [0.0, -1.0]}, keys=["train_loss"], log=True), "log=True needs"),
        (lambda: plots.plot_digits(np.zeros((2, 64)), columns=0), "columns must be at least 1, got 0"),
        (lambda: plots.plot_seeds([1, 2], [1, 0], columns=0), "columns must be at least 1, got 0"),
        (lambda: plots.plot_points([[1, 2]], [1, 2]), r"y must have shape \(1, 1\), .* got \(2,\)"),
        (
            lambda: plots.plot_boundary(lambda Z: Z, *datasets.xor()),
            r"predict must give one output a row, \(3600, 1\), got \(3600, 2\)",
        ),
        (lambda: plots.plot_line_fit([[1, 2]], [1], 1, 1), r"x must have shape \(n,\) or \(n, 1\), got \(1, 2\)"),
        (lambda: plots.plot_line_fit([1, 2], [1], 1, 1), "y must have as many rows as x, 2, got 1"),
        (lambda: plots.plot_loss_bowl([1, 2], [1]), "y must have as many rows as x, 2, got 1"),
        (lambda: plots.plot_loss_bowl([1, 2], [1, 2], [1, 2]), r"path must have shape \(k, 2\), .* got \(2,\)"),
        (lambda: plots.plot_loss_bowl([1, 2], [1, 2], np.zeros((0, 2))), r"path must .* got \(0, 2\)"),
        (lambda: plots.plot_digits(np.zeros((2, 63))), r"images must have shape .* got \(2, 63\)"),
        (lambda: plots.plot_network([3]), r"at least one layer, got the widths \[3\]"),
        (lambda: plots.plot_digits([]), r"images must have shape .* got \(0,\)"),
        (lambda: plots.plot_digits(np.zeros((2, 64)), [1]), "one for each of the 2 images, got 1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_callback_may_draw_the_history_without_validation_data(recwarn):
    network = NeuralNetwork([{"n_inputs": 2, "n_neurons": 1, "activation": "tanh"}], seed=0)
    network.fit(*datasets.xor(), epochs=2, callback=lambda nn: plots.plot_history(nn.history) is None)
    assert not recwarn.list


def test_a_bowl_far_from_the_origin_has_a_picture():
    ax = plots.plot_loss_bowl([1, 2, 3], [1e8, 1e8, 1e8 + 1])
    ax.figure.draw_without_rendering()
    (low, high), middle = ax.get_ylim(), 1e8
    assert low < middle < high


@pytest.mark.parametrize("most", [(3, 6), (6, 0)])
def test_a_matrix_shows_four_rows_and_columns_at_least(most):
    with pytest.raises(ValueError, match="most must be at least 4, got"):
        plots.matrix_layout([("W", np.zeros((20, 20)))], most=most)


def test_a_history_without_a_validation_loss_can_be_drawn():
    assert names(plots.plot_history({"train_loss": [2, 1]})) == {"train_loss"}


def test_an_empty_array_named_in_a_cell_does_no_harm(notebook):
    plots.figure()
    shell = sys.modules["IPython"].get_ipython()
    shell.user_ns["a"] = np.array([], dtype=object)
    for before in shell.events.callbacks["pre_run_cell"]:
        before(SimpleNamespace(raw_cell="a"))
