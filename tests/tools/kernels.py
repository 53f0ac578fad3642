"""Kernels that know nothing of the person who starts them."""

import os
from importlib.util import find_spec
from pathlib import Path


def isolated_threads():
    """Environment variables for one thread a process, as chapters run in parallel, or for COURSE_THREADS of them."""
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), os.environ.get("COURSE_THREADS", "1"))


def isolated_environment(folder):
    """Environment variables for a kernel: one thread, no progress so far, no personal settings.

    `folder` is made if need be; a learner's progress, IPython profile and matplotlibrc stay out.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    matplotlib = Path(find_spec("matplotlib").origin).parent
    return {
        "NNLIB_PROGRESS": os.fspath(folder / "my_answers"),
        "IPYTHONDIR": os.fspath(folder / "ipython"),
        "MATPLOTLIBRC": os.fspath(matplotlib / "mpl-data" / "matplotlibrc"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **isolated_threads(),
    }
