"""Run what a processor can decide as other processors would: the chapters, their figures, the tests that hold numbers.

    python tests/tools/processors.py [--quick] [name ...]

OpenBLAS and NumPy choose the code that they run by the processor, and with it the order of additions. Both can be told
to take an older processor's. Three more rows, "rounding", need no other processor: there every rounded result moves
by up to a unit in the last place (see `rounding/sitecustomize.py`).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
ROUNDING = TESTS / "tools" / "rounding"

# What OpenBLAS calls a processor, and what the features are called that NumPy would use and the processor lacks. The
# later Zens have AVX-512.
EVERY, AVX_512 = r".", r"V4|512"
PROCESSORS = {
    "Prescott": EVERY,
    "Nehalem": EVERY,
    "Sandybridge": EVERY,
    "Haswell": AVX_512,
    "Zen": None,
    "SkylakeX": None,
}
# What OpenBLAS says that it runs, where that is another name. NumPy's wheels hold no code of Zen's own, but Haswell's.
OTHER_NAMES = {"Prescott": "Katmai", "Zen": "Haswell"}
SEEDS = (1, 2, 3)

# Files whose tests compute nothing that a processor rounds, start processes that do not, or ask another library.
LEFT_OUT = (
    "against_torch",
    "binder",
    "classroom",
    "commands",
    "exercise_engine",
    "for_teachers",
    "glossary",
    "imports",
    "links",
    "memory",
    "notebooks",
    "processors",
    "progress",
    "repository",
    "storage",
    "widgets_engine",
)
ALL = ["notebooks", "tests", *(f"--ignore=tests/test_{name}.py" for name in LEFT_OUT)]
# For every day without the chapters, which `make test-versions` runs as the same processor; without the verdicts of the
# exercises, which leave room for every way of computing; and without the plots, which draw the numbers handed to them.
NUMBERS = [
    *("tests", *ALL[2:]),
    *(f"--ignore=tests/test_{name}.py" for name in ("exercises", "exercise_detectors", "plots")),
]

PROBE = """
import json, numpy as np, threadpoolctl
import numpy._core._multiarray_umath as umath
square = np.ones((300, 300))
np.tanh(square @ square)
blas = [each for each in threadpoolctl.threadpool_info() if each["user_api"] == "blas"]
print(json.dumps({
    "kernel": blas[0].get("architecture", blas[0]["internal_api"]) if blas else "unknown",
    "threads": blas[0]["num_threads"] if blas else None,
    "features": [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]],
}))
"""


class Run:
    """Some tests under one processor."""

    def __init__(self, name, threads, arguments, **environment):
        self.name, self.threads, self.arguments = name, threads, arguments
        self.environment = {**os.environ, "COURSE_THREADS": str(threads), **environment}
        self.environment.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads)))
        self.python = sys.executable
        self.result, self.seconds, self.passed = "", 0.0, False

    def look(self):
        """What NumPy and OpenBLAS run in this environment; {} if they cannot."""
        done = subprocess.run([self.python, "-c", PROBE], env=self.environment, capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def run(self):
        """Run the tests, and print what failed."""
        command = [self.python, "-m", "pytest", f"-n{os.cpu_count()}", "-q", "--tb=short", "--no-skips"]
        command += ["-m", "not slow and not swap"]
        command += ["--nbval-cell-timeout=600", "-pno:cacheprovider"]
        started = time.monotonic()
        done = subprocess.run(
            [*command, *self.arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        self.seconds = time.monotonic() - started
        self.passed = done.returncode == 0
        lines = done.stdout.strip().splitlines() or [done.stderr]
        self.result = re.sub(r" in [\d.]+s.*", "", lines[-1].strip("= "))
        print(f"-- {self.name}, threads: {self.threads}: {self.result}, {self.seconds:.0f} s", flush=True)
        if not self.passed:
            print(*lines, done.stderr, sep="\n", flush=True)


def disabled(pattern, features):
    """Those of the features that NumPy uses here and a processor lacks, as NPY_DISABLE_CPU_FEATURES takes them."""
    return " ".join(name for name in features if pattern and re.search(pattern, name))


def emulated(name, threads, arguments, features):
    return Run(
        name,
        threads,
        arguments,
        OPENBLAS_CORETYPE=name,
        NPY_DISABLE_CPU_FEATURES=disabled(PROCESSORS[name], features),
    )


def moved(seed, arguments):
    path = os.pathsep.join([str(ROUNDING), *filter(None, [os.environ.get("PYTHONPATH")])])
    return Run(f"rounding {seed}", 1, arguments, COURSE_ROUNDING=str(seed), PYTHONPATH=path)


def planned(quick, features):
    """The runs: every test everywhere; or, for every day, the tests that hold numbers on the oldest processor."""
    if not quick:
        yield from (moved(seed, ALL) for seed in SEEDS)
        yield from (emulated(name, threads, ALL, features) for name in PROCESSORS for threads in (1, 2))
        return
    yield emulated("Prescott", 1, NUMBERS, features)


def obstacle(run, seen, same):
    """Why a run would not show what its name says, in a few words; None if it would.

    `seen` is what it runs, `same` the name of an earlier processor that runs just that.
    """
    if not seen:
        return "NOT RUN: this machine lacks its instructions"
    if run.name not in PROCESSORS:
        return None
    if seen["kernel"] not in (run.name, OTHER_NAMES.get(run.name)):
        return f"NOT RUN: OpenBLAS takes the code of {seen['kernel']} here" + (f", as {same} above" if same else "")
    return f"NOT RUN: all that it runs here is what {same} runs above" if same else None


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the tests that hold numbers, on the oldest processor")
    parser.add_argument("names", nargs="*", help="only these, such as Prescott or 'rounding 1'")
    options = parser.parse_args(arguments)

    features = Run("this machine", 1, []).look()["features"]
    runs = [run for run in planned(options.quick, features) if not options.names or run.name in options.names]
    rows, ready, known = [], [], {}
    for run in runs:
        seen = run.look()
        trouble = obstacle(run, seen, known.get(str(seen)))
        if run.name in PROCESSORS:
            known.setdefault(str(seen), run.name)
        rows.append((run, seen, trouble))
        if trouble is None:
            ready.append(run)
            if seen["threads"] not in (None, run.threads):
                sys.exit(f"{run.name}: {run.threads} threads were asked for, OpenBLAS has {seen['threads']}")
    for run in ready:
        run.run()

    form = "{:12} {:14} {:25} {:>7}  {:9} {:>7}  {}"
    print()
    print(form.format("processor", "OpenBLAS runs", "NumPy runs", "threads", "tests", "seconds", "result"))
    for run, seen, trouble in rows:
        kernel, numpy = seen.get("kernel", "-"), " ".join(seen.get("features", ["-"])) or "baseline"
        scope = "numbers" if run.arguments is NUMBERS else "all"
        print(form.format(run.name, kernel, numpy, run.threads, scope, round(run.seconds), trouble or run.result))
    return int(not ready or not all(run.passed for run in ready))


if __name__ == "__main__":
    sys.exit(main())
