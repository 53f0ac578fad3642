"""Kernels that know nothing of the person who starts them."""

import atexit
import itertools
import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from jupyter_client.connect import ConnectionFileMixin

# For nbformat, jsonschema builds a grammar of web addresses, which takes a second and judges no notebook. Every process
# of a test run loads this file before nbformat.
sys.modules.setdefault("rfc3987_syntax", None)


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


def connect_by_files():
    """Let kernels that start here talk through sockets in a folder, where the system has them, not through ports.

    A port is chosen, given back, and taken by the kernel a second later; of two processes that start kernels at the
    same moment, both may choose one, and the later kernel dies.
    """
    if os.name == "posix":
        folder, numbers = tempfile.mkdtemp(prefix="k"), itertools.count()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        write = ConnectionFileMixin.write_connection_file

        def write_with_a_place_of_its_own(self, **options):
            self.ip = os.path.join(folder, str(next(numbers)))
            write(self, **options)

        ConnectionFileMixin.transport.default_value = "ipc"
        ConnectionFileMixin.write_connection_file = write_with_a_place_of_its_own
