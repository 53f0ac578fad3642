"""The bench of memory measures what it says."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "bench"))

from memory import megabytes, run_to_its_end
from tools import form

pytestmark = pytest.mark.linux  # the others do not tell


def test_what_a_chapter_keeps_and_what_it_had(tmp_path):
    """100 MB held and 200 more let go: the first are in PSS and RSS, all of them in the peak."""

    def run(source):
        path = tmp_path / "00_cells.ipynb"
        cell = {"cell_type": "code", "id": "only", "metadata": {}, "source": source, "outputs": []}
        notebook = {"cells": [cell | {"execution_count": None}], "metadata": form.METADATA}
        path.write_text(json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
        with run_to_its_end(path) as (process, seconds):
            assert seconds > 0
            return megabytes(process)

    free = run("import numpy as np")
    held = run("import numpy as np; a = np.ones(100_000_000, np.uint8); b = np.ones(200_000_000, np.uint8); del b")
    for size, more in {"PSS": 100, "RSS": 100, "peak": 300}.items():
        assert held[size] - free[size] == pytest.approx(more, abs=15)
