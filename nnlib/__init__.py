"""nnlib: a neural network in pure NumPy, the one that the course builds.

Start reading at `network.py`. After `import nnlib` only NumPy is loaded; figures, widgets and
exercises are in `nnlib.plots`, `nnlib.widgets` and `nnlib.exercises`.
"""

from nnlib.checks import DivergenceError
from nnlib.gradient_checking import gradient_check
from nnlib.network import NeuralNetwork
from nnlib.schedulers import ExponentialLR, StepLR

__version__ = "1.0.0"
__all__ = ["DivergenceError", "ExponentialLR", "NeuralNetwork", "StepLR", "gradient_check"]
