"""A live figure as a test turns it."""

from nnlib.widgets.live.frames import DPI

KEPT = {}


def fresh(make, guess=None):
    """The figure make() as it begins, with the guess made: built once, and put back for every test.

    A test that does to it what `reset` does not undo makes its own.
    """
    live = KEPT.get(make)
    if live is None or live.closed:
        live = KEPT[make] = make()
        if guess is not None:
            live.guess(guess)
    live.reset()
    if live.figure.dpi != DPI:
        laid_out(live)  # after a test that asked for a sharp picture
    assert live.error is None, live.readout
    return live


def laid_out(live):
    """Its figure, drawn: before a page shows it only its data move, and legends and cards stay where they were."""
    live._frames.draw()
    return live.figure


def turn(live, **values):
    """Set controls, all at once; the figure must take them."""
    live.set(**values)
    assert live.error is None, live.readout
    return live


def some_values(control):
    """Some values of a slider, a menu or a switch: both ends and the middle; none of a control of another kind."""
    if hasattr(control, "options"):
        values = [each[1] if isinstance(each, tuple) else each for each in control.options]
    elif hasattr(control, "min"):
        values = [control.min, (control.min + control.max) / 2, control.max]
        values = [type(control.value)(value) for value in values]
    else:
        values = [False, True] if isinstance(control.value, bool) else []
    return [values[k] for k in sorted({0, len(values) // 2, len(values) - 1})] if values else []
