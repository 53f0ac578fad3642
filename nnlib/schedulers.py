"""Schedulers: big steps first, small steps last.

A scheduler is a pure function of the epoch, with no state of its own:

    rate = scheduler(epoch, initial_rate)

so any callable of this form is a scheduler. Epochs count from 0, and epoch 0 runs at the initial rate.
"""

from dataclasses import dataclass

from nnlib import checks


@dataclass(frozen=True)
class StepLR:
    """Multiply the rate by `gamma` every `step_size` epochs: initial_rate · gamma^⌊epoch / step_size⌋.

    With an initial rate of 0.1, `StepLR(step_size=30, gamma=0.1)` gives

        epochs   0 – 29: 0.1
        epochs  30 – 59: 0.01
        epochs  60 – 89: 0.001

    step_size : int of at least 1, in epochs. gamma : float in (0, 1].
    Raises ValueError or TypeError for anything else.
    """

    step_size: int
    gamma: float = 0.1

    def __post_init__(self):
        # The checked values are plain Python numbers, whose arithmetic is the same on every NumPy.
        object.__setattr__(self, "step_size", checks.integer("step_size", self.step_size, at_least=1))
        object.__setattr__(self, "gamma", checks.number("gamma", self.gamma, above=0, at_most=1))

    def __call__(self, epoch, initial_rate):
        return float(initial_rate * self.gamma ** (epoch // self.step_size))


@dataclass(frozen=True)
class ExponentialLR:
    """Multiply the rate by `gamma` every epoch: initial_rate · gamma^epoch.

    With an initial rate of 0.1, `ExponentialLR(gamma=0.5)` gives 0.1, 0.05, 0.025, 0.0125, ...

    gamma : float in (0, 1]. Raises ValueError or TypeError for anything else.
    """

    gamma: float

    def __post_init__(self):
        object.__setattr__(self, "gamma", checks.number("gamma", self.gamma, above=0, at_most=1))

    def __call__(self, epoch, initial_rate):
        return float(initial_rate * self.gamma**epoch)


SCHEDULERS = {scheduler.__name__: scheduler for scheduler in (StepLR, ExponentialLR)}
