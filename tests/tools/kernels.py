"""Kernels that know nothing of the person who starts them."""

import os
from pathlib import Path

import matplotlib


def isolated_environment(folder):
    """Environment variables for a kernel: one thread, no progress so far, no personal settings.

    `folder` is made if need be; a learner's progress, IPython profile and matplotlibrc stay out.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "NNLIB_PROGRESS": os.fspath(folder / "progress.json"),
        "IPYTHONDIR": os.fspath(folder / "ipython"),
        "MATPLOTLIBRC": os.fspath(Path(matplotlib.get_data_path(), "matplotlibrc")),
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
