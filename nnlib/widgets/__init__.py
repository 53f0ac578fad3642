"""Live figures: a small engine (the folder `live`), the controls it knows, and one short file for each widget.

To add one:

1. Write `ch05_name.py` here, named like its chapter. The top of `live/figure.py` shows a whole widget, and
   `ch01_line_and_squares.py` is one with a guess.
2. Import its function below.
3. Test in tests/test_widgets_ch05.py what it computes and says: `live.set(...)`, then `live.result`, `live.readout`.
4. Call it in the last line of a cell of the chapter, and run tests/tools/notebooks.py on the notebook.
"""

from nnlib.widgets.ch00_moving_xor import moving_xor
from nnlib.widgets.ch00_xor_learns import xor_learns
from nnlib.widgets.ch01_line_and_squares import line_and_squares
from nnlib.widgets.ch02_descent import descent, descent_path
from nnlib.widgets.ch03_forward_shapes import forward_shapes
from nnlib.widgets.ch03_row_times_column import row_times_column
from nnlib.widgets.ch04_fold import fold, plot_fold
from nnlib.widgets.ch04_stacked_layers import stacked_layers
from nnlib.widgets.ch05_step_backwards import layers_graph, neuron_graph, step_backwards, there_and_back
from nnlib.widgets.ch05_xor_backward import xor_backward
from nnlib.widgets.ch06_v_curve import v_curve
from nnlib.widgets.ch07_hundred_seeds import hundred_seeds, train_hundred
from nnlib.widgets.ch07_signal_through_layers import random_signal, signal_through_layers
from nnlib.widgets.ch08_the_gap import the_gap, watched_losses, watched_run
from nnlib.widgets.ch09_price_of_weights import price_of_weights
from nnlib.widgets.ch10_noisy_paths import noisy_path, noisy_paths
from nnlib.widgets.ch11_decay import decay
from nnlib.widgets.ch12_left_out import left_out, plot_resumed, resume_without, three_broken_runs
from nnlib.widgets.ch13_digit_pad import digit_pad, preprocess, stored_drawings
from nnlib.widgets.ch14_confident_mistake import confident_mistake
from nnlib.widgets.ch15_race import valley, valley_race
from nnlib.widgets.ch16_one_step import one_step, recorded, two_walks, written_before
from nnlib.widgets.ch17_playground import playground
from nnlib.widgets.chA1_which_illness import which_illness
from nnlib.widgets.live.controls import action, choice, list_slider, log_slider, slider, switch
from nnlib.widgets.live.figure import Live, Prediction, note
