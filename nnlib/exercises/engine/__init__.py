"""The engine of the exercises. What authors and readers use of it is in `nnlib.exercises`.

declare.py   an exercise and the register of all of them
judging.py   one answer beside the solution: right, or which mistake is it?
attempt.py   the answer itself: is it written, what does it do, where does it stop, how is it carried on?
compare.py   two results: what differs, and the patterns that a mistake leaves
clues.py     what the text of an answer tells of its mistake
mending.py   the one small change that would make an answer right
reader.py    what the reader calls: check, hint, solution, mine, progress
show.py      a message in a notebook or a terminal
record.py    the reader's progress on the disk
"""
