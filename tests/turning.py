"""A live figure as a test turns it."""


def turn(live, **values):
    """Set controls, all at once; the figure must take them."""
    live.set(**values)
    assert live.error is None, live.readout
    return live
