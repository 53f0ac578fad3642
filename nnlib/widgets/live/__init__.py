"""The engine of the live figures. What authors and readers use of it is in `nnlib.widgets`.

figure.py     controls -> compute -> draw -> one new picture: Live, Prediction, note
controls.py   what a reader can turn: sliders, choices, switches, buttons
frames.py     pictures of one figure, again and again, fast
marks.py      beside the curves: the ghost of how they were, names at their ends
"""
