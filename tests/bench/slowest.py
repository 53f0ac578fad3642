"""How long does the slowest move of each live figure take, and the slowest verdict of each chapter's exercises?

    python tests/bench/slowest.py

Seconds of processor time, so that other programs count little. A move is one control at one end of its values or in
their middle, from where the figure stood; goal: none over 0.3. Verdicts are those on all declared answers; goal: none
over 1.
"""

import sys
import time
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("agg")
sys.path.insert(0, str(Path(__file__).parents[1]))

from test_contrast import FIGURES
from turning import laid_out, some_values

from nnlib.exercises import exercises, judge


def timed(act, *given, **named):
    """The seconds that a call takes, and what it returns."""
    start = time.process_time()
    result = act(*given, **named)
    return time.process_time() - start, result


def moved(live, key, value):
    live.set(**{key: value})
    laid_out(live)


def main():
    print(f"{'live figure':24} {'first':>6} {'slowest move':>13}")
    for name, build in FIGURES.items():
        first, live = timed(build)
        if live.prediction:
            live.guess(live.prediction.options[0])
        moves = [(key, value) for key, control in live.controls.items() for value in some_values(control)]
        took = [(timed(moved, live, key, value)[0], key, value) for key, value in moves]
        most, key, value = max(took, default=(0, "-", ""), key=lambda each: each[0])
        print(f"{name:24} {first:6.2f} {most:13.2f}  {key} = {str(value)[:40]}")
    slowest = defaultdict(list)
    for exercise in exercises().values():
        answers = [exercise.solution, *exercise.also_right, *(answer for answer, _ in exercise.wrong)]
        slowest[exercise.chapter].append((max(timed(judge, exercise, each)[0] for each in answers), exercise.name))
    print(f"\n{'chapter':24} {'slowest verdict':>20}")
    for chapter, took in slowest.items():
        print(f"{chapter:24} {max(took)[0]:20.2f}  {max(took)[1]}")


if __name__ == "__main__":
    main()
