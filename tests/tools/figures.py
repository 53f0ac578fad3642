"""Stored figures against freshly drawn ones.

nbval runs every cell and compares its text, but never its pictures: a missing one passes. The plugin here looks at the
outputs of the same run and compares the pictures too.
"""

import atexit
import base64
import io
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from matplotlib.testing.compare import calculate_rms
from nbformat.notebooknode import NotebookNode, from_dict
from nbval.plugin import IPyNbCell
from PIL import Image
from tools.kernels import isolated_environment


def pictures(outputs):
    """The PNG pictures among a cell's outputs, as bytes."""
    return [
        base64.b64decode(output["data"]["image/png"]) for output in outputs if "image/png" in output.get("data", {})
    ]


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGBA"), dtype=float)


def difference(stored, fresh, tolerance):
    """What sets two PNG pictures apart, as a sentence; None if nothing beyond the tolerance (RMS of 0..255) does."""
    if stored == fresh:
        return None
    stored, fresh = pixels(stored), pixels(fresh)
    if stored.shape != fresh.shape:
        sizes = [f"{width} x {height}" for height, width, _ in (stored.shape, fresh.shape)]
        return f"the stored picture is {sizes[0]} pixels, the fresh one {sizes[1]}"
    rms = calculate_rms(stored, fresh)
    if rms > tolerance:
        return f"the pictures differ by {rms:.2f} (RMS of 0..255), more than {tolerance:g}"
    return None


def differences(stored, fresh, tolerance):
    """What sets the pictures of a cell's stored outputs apart from the fresh ones, a sentence each."""
    stored, fresh = pictures(stored), pictures(fresh)
    if len(stored) != len(fresh):
        return [f"stored pictures: {len(stored)}, freshly drawn ones: {len(fresh)}"]
    found = (difference(old, new, tolerance) for old, new in zip(stored, fresh))
    return [f"picture {k}: {text}" for k, text in enumerate(found, start=1) if text]


def follow_display_updates(cell):
    """A cell's source of kernel messages that lets updates of a display reach the outputs that nbval collects.

    nbval alone drops them, whereas a stored notebook holds the last one.
    """
    displays = {}
    get_message = cell.parent.get_kernel_message

    def get_kernel_message(*args, **kwargs):
        while True:
            message = get_message(*args, **kwargs)
            content = message["content"]
            name = content.get("transient", {}).get("display_id")
            if message["msg_type"] == "update_display_data":
                for data in displays.get(name, []):
                    data.clear()
                    data.update(from_dict(content["data"]))
                continue
            if message["msg_type"] in ("display_data", "execute_result") and name is not None:
                # nbval stores this very object, so a later update can still change it.
                content["data"] = NotebookNode(from_dict(content["data"]))
                displays.setdefault(name, []).append(content["data"])
            return message

    return get_kernel_message


class FigurePlugin:
    """Runs every chapter away from the user's settings and progress, and compares its figures."""

    def __init__(self, tolerance):
        self.tolerance = tolerance
        self.folder = tempfile.mkdtemp(prefix="course-")
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item):
        if isinstance(item, IPyNbCell):
            folder = Path(self.folder, item.path.stem)
            os.environ.update(isolated_environment(folder))
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        if not isinstance(item, IPyNbCell):
            return (yield)
        item.parent.get_kernel_message, original = (
            follow_display_updates(item),
            item.parent.get_kernel_message,
        )
        try:
            result = yield
        finally:
            item.parent.get_kernel_message = original
        if item.cell.execution_count is None:  # nbval compares nothing then
            item.raise_cell_error("The stored notebook has not run this cell", "")
        # Where a cell is tagged because its output cannot be the same twice, only the number of pictures counts.
        tolerance = self.tolerance if item.options["check"] else float("inf")
        found = differences(item.cell.outputs, item.test_outputs, tolerance)
        if found:
            item.raise_cell_error("Stored figure differs", "\n".join(found))
        return result
