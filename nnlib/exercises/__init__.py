"""Exercises that answer.

For the reader, in a notebook:

    check(neuron)                    is the function right? If not: what differs, and a hint for that
    check(best_rate=best_rate)       the same for a value
    hint("neuron")                   the next hint
    solution("neuron")               one answer
    mine("neuron")                   your own function where it passed, in later chapters too
    progress(), progress("05")       what has passed, and what is next: in the course, in a chapter
    reset_progress()                 forget it

For authors: one file a chapter, `ch03_forward_pass.py`, found by its name. Open `ch01_one_neuron.py`. To add one:

1. Declare it in the chapter's file, as below.
2. Add three cells to the notebook: its text, headed `### Exercise 6 · ...`; the reader's, named `exercise-...`;
   and `check(layer)`, named `check-...`.
3. Name it, and count it, in the notebook's section "## Exercises": no test does.
4. Run `python tests/tools/notebooks.py notebooks/03_forward_pass.ipynb`, which also says what is not in form, too
   few or too many exercises included.
5. Run `python -m pytest -n 0 tests/test_exercises.py -k layer`.

    exercise = chapter("03", "forward pass")

    def layer(X, W, b):                       # the solution; `solution("layer")` shows this text
        return X @ W + b

    exercise(
        title="The forward pass of a layer",
        solution=layer,
        cases=lambda rng: [...],              # a list of tuples of arguments
        also_right=[layer_loop, lambda X, W, b: ...],
        wrong=mistakes(
            lambda X, W, b: X @ W,
            "The bias is missing: add `b`, one for each neuron.",
            edited(layer, "+ b", "- b"),      # the solution with this text in place of that
            "The bias is taken away. It is added.",
            ...
        ),
        hints=["...", "..."],
        holds="You now have a whole layer: any number of rows, one product.",
        in_nnlib="layers.Dense.forward",      # must exist: a test looks it up
    )

solution    a function; its name is the exercise's (or give `name=`). Or a value, which needs `name=`.
cases       lambda rng: fresh inputs. The first is read by the reader: few, small, different numbers.
            Then two to four others, in other shapes and lengths, or "a mean for a sum" and "divided by
            n" look alike. Add a case of float32 only to insist that float32 stays float32.
also_right  at least two: a loop, an `einsum`, another algebra.
wrong       at least three answers, each with its hint. A wrong answer *is* the detector: a reader whose results
            equal it on every case gets its hint. So make the cases tell the mistakes apart; a test
            says where two can't be. Hints are whole sentences, for this very mistake, kind and short.
            No need to declare what is found in any exercise: a missing `return`, a shape, a factor, a
            sign, swapped results, an input that was changed, a list, a dtype, an exception. Declare
            them all the same where you can say *why* it happens here.
hints       at least two, from a nudge to nearly the line.
holds       one sentence: what the reader now holds.

When that is not enough:

returns     names of the parts of a tuple, ("dw", "db"), for messages.
tolerance   relative to the largest number wanted; 1e-9.
use         use=lambda make, losses: [make(2)(loss) for loss in losses] when results can't be compared:
            functions that return functions, classes, generators (`list(...)`), callbacks. It drives the
            reader's function on a case and returns what is compared. Inputs are named after it.
in_place    ("W", "b"): the parameters that the function is meant to overwrite; what is in them
            afterwards is compared, and the returned value is not.
verify      verify=lambda answer, rng: None or a sentence. For laws ("every row comes once an epoch")
            and for values of which many are right. It runs after the cases, or without any. A reader's
            mistake is recognized by the sentence, so give each mistake a sentence of its own.
optional    True for an exercise of the part "Deeper": progress counts it apart.
recall      True for a question of one line on an earlier chapter: no other form, one wrong answer and
            one hint are enough.
code        the text that `solution()` shows, where the function's own text won't do.

In the notebook the cell for the reader has a docstring and a `...` for each line to write (`dw = ...` or
a bare `...`); while one is left, the check says "not written yet" and nothing else.
tests/test_exercises.py runs all of it for every exercise. Names are unique across the course.
"""

from nnlib.exercises.engine.declare import chapter, edited, exercises, mistakes
from nnlib.exercises.engine.judging import judge
from nnlib.exercises.engine.reader import check, hint, mine, progress, reset_progress, solution, turn_solutions_off

__all__ = [
    "chapter",
    "check",
    "edited",
    "exercises",
    "hint",
    "judge",
    "mine",
    "mistakes",
    "progress",
    "reset_progress",
    "solution",
    "turn_solutions_off",
]
