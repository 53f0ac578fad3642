"""A live figure as a test turns it."""

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
    assert live.error is None, live.readout
    return live


def turn(live, **values):
    """Set controls, all at once; the figure must take them."""
    live.set(**values)
    assert live.error is None, live.readout
    return live
