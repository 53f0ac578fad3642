"""Run chapters and write them in their normal form, or only look at the form.

    python tests/tools/notebooks.py [--check | --minutes] [notebook ...]

A picture that looks as it did keeps its stored bytes, so a second run changes nothing.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools import figures, form
from tools.kernels import isolated_environment

FOLDER = Path(__file__).parents[2] / "notebooks"
CELL_TIMEOUT = 120  # seconds
SAME_PICTURE = 1.0  # RMS of 0..255


def ruff_formatted(path):
    """The notebook at a path, as the dict of its JSON, with its code formatted."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--force-exclude", "--stdin-filename", os.fspath(path), "-"],
        input=path.read_bytes(),
        capture_output=True,
    )
    if done.returncode:
        raise ValueError(f"{path}: {done.stderr.decode().strip()}")
    return json.loads(done.stdout.decode("utf-8"))


def kernel_environment(own):
    """The environment of a fresh kernel that is a stranger to whoever starts it, with `own` as its folder."""
    return {**os.environ, **isolated_environment(own)}


def execute(notebook, folder):
    """Run a notebook in a folder with a fresh kernel, and return it with its outputs."""
    notebook = nbformat.from_dict(notebook)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": os.fspath(folder)}},
    )
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as own:
        client.execute(env=kernel_environment(own))
    return json.loads(json.dumps(notebook))


def keep_pictures(notebook, stored):
    """Where a picture looks as the stored one of the same place did, take the stored bytes."""
    before = {cell.get("id"): cell.get("outputs", []) for cell in stored["cells"]}
    for cell in form.code_cells(notebook):
        with_picture = [o for o in cell["outputs"] if "image/png" in o.get("data", {})]
        old = figures.pictures(before.get(cell["id"], []))
        for output, picture in zip(with_picture, old):
            fresh = base64.b64decode(form.text(output["data"]["image/png"]))
            same = figures.difference(picture, fresh, SAME_PICTURE) is None
            output["data"]["image/png"] = base64.b64encode(picture if same else fresh).decode()


def rewrite(path):
    """Run the notebook at a path and write it in its normal form; True if the file has changed."""
    stored = path.read_text(encoding="utf-8")
    notebook = form.normalize(ruff_formatted(path))
    notebook = execute(notebook, path.parent)
    form.normalize(notebook)
    keep_pictures(notebook, form.normalize(json.loads(stored)))
    fresh = form.normal_text(notebook)
    if fresh != stored:
        path.write_text(fresh, encoding="utf-8", newline="\n")
    return fresh != stored


def print_minutes(paths):
    """A table: the main path of each chapter, what it holds, and what comes after it."""
    print("chapter                     words lines exercises predictions live recall minutes   Deeper: minutes")
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        whole, main = notebook["cells"], form.main_path(notebook)
        c = form.counts(main)
        row = [c["word"], c["line"], c["exercise"], c["prediction"], c["live figure"], c["recall"]]
        columns = "".join(f"{number:>{width}}" for number, width in zip(row, (6, 6, 10, 12, 5, 7)))
        deeper = form.minutes(whole[len(main) :]) if len(main) < len(whole) else 0
        print(f"{path.stem:<27}{columns} {form.minutes_in_words(notebook):>7}   {deeper:>6}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only look at the form, run nothing")
    parser.add_argument("--minutes", action="store_true", help="only count what each chapter asks of a reader's hour")
    parser.add_argument("paths", nargs="*", type=Path, metavar="notebook")
    options = parser.parse_args(arguments)
    if options.minutes:
        print_minutes(options.paths or form.chapters(FOLDER))
        return 0
    failed = False
    for path in options.paths or form.chapters(FOLDER):
        path = path.resolve()
        done = "looked at"
        if not options.check:
            try:
                done = "written" if rewrite(path) else "unchanged"
            except (CellExecutionError, ValueError) as error:
                print(f"{path.name}: {error}")
                failed = True
                continue
        found = form.problems(path)
        print(f"{path.name}: {done}, {'in form' if not found else 'NOT in form:'}")
        for sentence in found:
            print("  -", sentence)
        failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
