"""How much memory does a chapter hold when it has run to its end? For Binder, a hub or a classroom's server.

    python tests/bench/memory.py [--together 3] [notebook ...]

Each chapter runs in a fresh kernel from its first cell to its last, and the kernel is asked before it ends:

    PSS     megabytes that go away with it: memory shared with other processes counts in parts
    RSS     megabytes in it, shared ones in full; this is nearest to what a container's limit counts
    peak    the most RSS that it ever had
    seconds from the kernel's start to the end of the last cell

After the table, what a reader holds who has the largest chapters open at once: their kernels and the server, all alive
at that moment. Linux only: the numbers are those of /proc.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools import form
from tools.kernels import connect_by_files
from tools.notebooks import CELL_TIMEOUT, FOLDER, kernel_environment

SIZES = {"PSS": ("smaps_rollup", "Pss"), "RSS": ("status", "VmRSS"), "peak": ("status", "VmHWM")}
HUB = 64_000  # MB
HELD_BACK = 4_000  # MB of a hub's for its system and the hub itself


def megabytes(process):
    """PSS, RSS and peak of a process of this machine, in MB of a million bytes."""
    found = {}
    for name, (file, field) in SIZES.items():
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith(field + ":"))
        found[name] = int(kilobytes) * 1024 / 1e6
    return found


@contextmanager
def run_to_its_end(path):
    """The process and seconds of a kernel that has run a chapter and still lives."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT, resources={"metadata": {"path": str(path.parent)}})
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as own:
        began = time.perf_counter()
        with client.setup_kernel(env=kernel_environment(own)):
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
            yield client.km.provisioner.pid, time.perf_counter() - began


@contextmanager
def server():
    """The process of a JupyterLab that has answered once."""
    address = "http://localhost:8897"
    options = ["--no-browser", "--port=8897", "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--allow-root"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(address + "/lab", timeout=5).read()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.5)
            else:
                raise TimeoutError(f"no JupyterLab at {address} after a minute")
            yield process.pid
        finally:
            process.terminate()


def row(name, sizes, rest=""):
    print(f"{name:<32}" + "".join(f"{sizes[each]:>7.0f}" for each in SIZES) + rest, flush=True)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--together", type=int, default=3, help="chapters that one reader has open at once")
    parser.add_argument("paths", nargs="*", type=Path, metavar="notebook")
    options = parser.parse_args(arguments)
    if not Path("/proc/self/smaps_rollup").exists():
        return print("The memory of the chapters: only Linux tells it.")
    connect_by_files()
    print(f"{'MB':<32}" + "".join(f"{each:>7}" for each in SIZES) + "   seconds")
    found = {}
    for path in options.paths or form.chapters(FOLDER):
        with run_to_its_end(path.resolve()) as (process, seconds):
            found[path] = megabytes(process)
            row(path.stem, found[path], f"{seconds:>10.1f}")
    largest = sorted(found, key=lambda path: -found[path]["RSS"])[: options.together]
    with ExitStack() as alive:
        processes = [alive.enter_context(server())]
        processes += [alive.enter_context(run_to_its_end(path.resolve()))[0] for path in largest]
        each = [megabytes(process) for process in processes]
        row("server", each[0])
        total = {size: sum(one[size] for one in each) for size in SIZES}
        row(" ".join(["server", *(path.name[:2] for path in largest)]), total)
    free = HUB - HELD_BACK
    one = each[0]["RSS"] + max(sizes["RSS"] for sizes in found.values())
    print(f"{HUB // 1000} GB, {HELD_BACK // 1000} of them held back, carry by RSS {free / one:.0f} readers with a")
    print(f"server and the largest chapter each, or {free / total['RSS']:.0f} with what the last line has open.")


if __name__ == "__main__":
    main()
