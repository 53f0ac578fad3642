"""Live figures: a small engine (`engine.py`), the controls it knows, and one short file for each widget."""

from nnlib.widgets.controls import action, choice, list_slider, log_slider, slider, switch
from nnlib.widgets.decay import decay
from nnlib.widgets.descent import descent, descent_path
from nnlib.widgets.engine import Live, Prediction, note
from nnlib.widgets.fold import fold, plot_fold
from nnlib.widgets.forward_shapes import forward_shapes
from nnlib.widgets.hundred_seeds import hundred_seeds, train_hundred
from nnlib.widgets.left_out import left_out, plot_resumed, resume_without, three_broken_runs
from nnlib.widgets.line_and_squares import line_and_squares
from nnlib.widgets.noisy_paths import noisy_path, noisy_paths
from nnlib.widgets.price_of_weights import price_of_weights
from nnlib.widgets.signal_through_layers import random_signal, signal_through_layers
from nnlib.widgets.stacked_layers import stacked_layers
from nnlib.widgets.step_backwards import neuron_graph, step_backwards
from nnlib.widgets.the_gap import the_gap, watched_losses, watched_run
from nnlib.widgets.v_curve import v_curve
from nnlib.widgets.xor_backward import xor_backward
from nnlib.widgets.xor_learns import xor_learns

__all__ = ["Live", "Prediction", "action", "choice", "list_slider", "log_slider", "note", "slider", "switch"]
__all__ += ["decay", "descent", "descent_path", "fold", "forward_shapes", "hundred_seeds", "left_out"]
__all__ += ["line_and_squares", "neuron_graph", "noisy_path", "noisy_paths", "plot_fold", "plot_resumed"]
__all__ += ["price_of_weights", "random_signal", "resume_without", "signal_through_layers", "stacked_layers"]
__all__ += ["step_backwards", "the_gap", "three_broken_runs", "train_hundred", "v_curve", "watched_losses"]
__all__ += ["watched_run", "xor_backward", "xor_learns"]
