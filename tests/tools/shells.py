"""The cells of a chapter in IPython without Jupyter around it: no kernel to start, no message to wait for.

For many runs of which only the outputs count: a process for each is copied from one that has done all imports.
"""

import contextlib
import io
import multiprocessing
import os
import tempfile

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from tools.kernels import isolated_environment
from traitlets.config import Config


class Hook(DisplayHook):
    """Shows the value of a cell's last line as any other output."""

    def __call__(self, result=None):
        if result is not None:
            display(result)


class Publisher(DisplayPublisher):
    """Collects outputs as a notebook's file holds them: an update changes its display in place."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.collected, self.displays = [], {}

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        shown = {"data": dict(data), "metadata": metadata or {}}
        name = (transient or {}).get("display_id")
        if update:
            for output in self.displays.get(name, []):
                output.update(shown)
            return
        self.collected.append({"output_type": "display_data", **shown})
        if name is not None:
            self.displays.setdefault(name, []).append(self.collected[-1])


class Stream(io.StringIO):
    """Collects what is printed between the other outputs."""

    def __init__(self, name, collected):
        super().__init__()
        self.kind, self.collected = name, collected

    def write(self, text):
        self.collected.append({"output_type": "stream", "name": self.kind, "text": text})
        return len(text)


class Shell(InteractiveShell):
    kernel = None  # having this, it is a notebook's shell for nnlib.plots

    def enable_gui(self, gui=None):
        """No window ever opens."""

    def _showtraceback(self, *_):
        """The error is an output of its own."""


def run(sources, folder):
    """Run some cells in a folder, each after the one before, even where that failed; a list of outputs for each."""
    os.chdir(folder)
    settings = Config(HistoryManager={"enabled": False})
    shell = Shell.instance(config=settings, displayhook_class=Hook, display_pub_class=Publisher)
    shell.enable_matplotlib("inline")
    found = []
    for source in sources:
        shell.display_pub.collected = outputs = []
        streams = [Stream(name, outputs) for name in ("stdout", "stderr")]
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            result = shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            outputs.append({"output_type": "error", "ename": type(error).__name__, "evalue": str(error)})
        found.append(outputs)
    return found


def _answer(pipe, environment, sources, folder):
    os.environ.update(environment)
    pipe.send(run(sources, folder))


class Shells:
    """Runs cells in processes of their own, which all begin with the same imports done.

    imports : names of modules that can be imported from anywhere.
    """

    def __init__(self, imports):
        ways = multiprocessing.get_all_start_methods()
        self.context = multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")
        if "forkserver" in ways:
            self.context.set_forkserver_preload(imports)

    def run(self, sources, folder, seconds=600):
        """What `run` returns, from a process that knows nothing of earlier ones or of the person who starts it."""
        here, there = self.context.Pipe(duplex=False)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own:
            arguments = (there, isolated_environment(own), sources, folder)
            process = self.context.Process(target=_answer, args=arguments, daemon=True)
            process.start()
            there.close()
            try:
                if not here.poll(seconds):
                    raise TimeoutError(f"the cells did not end within {seconds} s")
                return here.recv()
            finally:
                process.kill()  # as a kernel is, with all that waits in it
                process.join()
                here.close()
