"""Live figures: a small engine (`engine.py`), the controls it knows, and one short file for each widget."""

from nnlib.widgets.controls import action, choice, list_slider, log_slider, slider, switch
from nnlib.widgets.descent import descent, descent_path
from nnlib.widgets.engine import Live, Prediction, note
from nnlib.widgets.line_and_squares import line_and_squares
from nnlib.widgets.xor_learns import xor_learns

__all__ = ["Live", "Prediction", "action", "choice", "list_slider", "log_slider", "note", "slider", "switch"]
__all__ += ["descent", "descent_path", "line_and_squares", "xor_learns"]
