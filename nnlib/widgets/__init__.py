"""Live figures: a small engine (`engine.py`), the controls it knows, and one short file for each widget."""

from nnlib.widgets.ch00_moving_xor import moving_xor
from nnlib.widgets.ch00_xor_learns import xor_learns
from nnlib.widgets.ch01_line_and_squares import line_and_squares
from nnlib.widgets.ch02_descent import descent, descent_path
from nnlib.widgets.ch03_forward_shapes import forward_shapes
from nnlib.widgets.ch03_row_times_column import row_times_column
from nnlib.widgets.ch04_fold import fold, plot_fold
from nnlib.widgets.ch04_stacked_layers import stacked_layers
from nnlib.widgets.ch05_step_backwards import neuron_graph, step_backwards
from nnlib.widgets.ch05_xor_backward import xor_backward
from nnlib.widgets.ch06_v_curve import v_curve
from nnlib.widgets.ch07_hundred_seeds import hundred_seeds, train_hundred
from nnlib.widgets.ch07_signal_through_layers import random_signal, signal_through_layers
from nnlib.widgets.ch08_the_gap import the_gap, watched_losses, watched_run
from nnlib.widgets.ch09_price_of_weights import price_of_weights
from nnlib.widgets.ch10_noisy_paths import noisy_path, noisy_paths
from nnlib.widgets.ch11_decay import decay
from nnlib.widgets.ch12_left_out import left_out, plot_resumed, resume_without, three_broken_runs
from nnlib.widgets.live.controls import action, choice, list_slider, log_slider, slider, switch
from nnlib.widgets.live.figure import Live, Prediction, note

__all__ = ["Live", "Prediction", "action", "choice", "list_slider", "log_slider", "note", "slider", "switch"]
__all__ += ["decay", "descent", "descent_path", "fold", "forward_shapes", "hundred_seeds", "left_out"]
__all__ += ["line_and_squares", "moving_xor", "neuron_graph", "noisy_path", "noisy_paths", "plot_fold", "plot_resumed"]
__all__ += ["price_of_weights", "random_signal", "resume_without", "row_times_column"]
__all__ += ["signal_through_layers", "stacked_layers"]
__all__ += ["step_backwards", "the_gap", "three_broken_runs", "train_hundred", "v_curve", "watched_losses"]
__all__ += ["watched_run", "xor_backward", "xor_learns"]
