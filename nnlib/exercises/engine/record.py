"""The reader's progress: a folder with one readable file for each exercise that passed.

Where it is: the folder in the environment variable NNLIB_PROGRESS, if set; else `my_answers` in the folder of
the chapters, when the kernel was started there (as in every chapter) or in the folder above; else
`nnlib_answers` in the home folder. It is decided once per kernel, so that `%cd` doesn't move it.

What it holds: `01_neuron.py` is the reader's own code of exercise `neuron`, as it passed in chapter 01;
`guesses.csv` what the reader guessed in front of the live figures. `mine` runs that code, so the folder
deserves the trust of a notebook: keep your own, run no stranger's. A teacher looks at the folders of a class with
`python -m nnlib.classroom progress`, which reads the names of the files and runs none.

Each file is put in place in one stroke, and each exercise has its own, so open notebooks don't disturb each
other. What can't be written lives as long as the kernel, and is written with the next thing that can be.
Progress of the form before, one file `.progress.json`, is taken over once.
"""

import contextlib
import csv
import functools
import json
import os
from pathlib import Path

from nnlib.storage import patiently

try:
    _START = Path.cwd()  # where the kernel began
except OSError:  # that folder is gone
    _START = None

_OF_A_CHAPTER = "[0-9A][0-9]_*"  # the names of its files; A1 is an appendix
_unsaved = {}  # texts that could not be written, by file name
_complained = set()  # the folders of which that was said


def path():
    """The folder of the reader's answers, which may not exist yet; None where there is no place for one."""
    return _place(os.environ.get("NNLIB_PROGRESS"), _START)


@functools.cache  # a chapter that is renamed meanwhile moves nothing
def _place(chosen, start):
    with contextlib.suppress(RuntimeError, OSError):  # no home, a folder that may not be looked into
        if chosen:
            folder = (start or Path()) / Path(chosen).expanduser()
            return folder.with_suffix("") if folder.suffix == ".json" else folder  # a file of the form before
        for folder in (start, start / "notebooks") if start else ():
            if any(folder.glob(_OF_A_CHAPTER + ".ipynb")):
                return folder / "my_answers"
        return Path.home() / "nnlib_answers"
    return None


def passed(say):
    """The exercises that have passed, {name: code or None}. `say` is called with a sentence on any trouble."""
    folder, found = path(), {}
    _take_over(folder, say)
    with contextlib.suppress(OSError):
        for file in sorted(folder.glob(_OF_A_CHAPTER + ".py")) if folder else ():
            found[file.name] = _read(file)
    return {name[3:-3]: text for name, text in (found | _unsaved).items() if name.endswith(".py")}


def add(name, chapter, source, say):
    """Remember that exercise `name` passed with the code `source`, or with code that can't be had (None)."""
    head = f"# Your answer to `{name}` of chapter {chapter}. Later chapters run what stands here."
    if source is None:
        head = f"# You have solved `{name}` of chapter {chapter}. Later chapters run the course's solution."
    _unsaved[f"{chapter}_{name}.py"] = f"{head}\n\n{source}" if source else f"{head}\n"
    _write(say)


def remove(names, say):
    """Forget `names`."""
    passed(say)  # takes over what is there in the old form, or it would come back
    folder = path()
    for file in [file for file in _unsaved if file[3:-3] in names]:
        del _unsaved[file]
    for file in list(folder.glob(_OF_A_CHAPTER + ".py")) if folder else ():
        if file.name[3:-3] in names:
            try:
                file.unlink()
            except OSError as error:
                say(f"{file} can't be deleted ({_reason(error)}).")


def add_guess(chapter, figure, guess, came_true):
    """Remember what the reader guessed in front of a live figure, and whether it came true."""
    with contextlib.suppress(OSError, TypeError):  # no folder (None); a guess is not worth a complaint
        folder = Path(path())
        folder.mkdir(parents=True, exist_ok=True)
        with patiently(lambda: open(folder / "guesses.csv", "a", newline="", encoding="utf-8")) as file:
            csv.writer(file).writerow([chapter, figure, guess, "yes" if came_true else "no"])


def guesses(folder=None):
    """What was guessed so far, the oldest first: a list of (chapter, figure, guess, came_true).

    A row that is not such a guess, as after an edit by hand, is left out. `folder` is another one than the reader's
    own, also inside a zip (`zipfile.Path`).
    """
    with contextlib.suppress(OSError, TypeError, UnicodeDecodeError, csv.Error):
        with ((folder or Path(path())) / "guesses.csv").open(newline="", encoding="utf-8-sig") as file:
            return [(*row[:3], row[3] == "yes") for row in csv.reader(file) if len(row) == 4 and row[0][1:].isdecimal()]
    return []


def _read(file):
    try:
        return patiently(lambda: file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return None


def _write(say):
    """Write what is still unsaved."""
    folder = path()
    for name, text in list(_unsaved.items()):
        try:
            if folder is None:
                raise OSError(0, "there is neither a working nor a home folder")
            folder.mkdir(parents=True, exist_ok=True)
            _replace(folder / name, text)
            del _unsaved[name]
        except OSError as error:  # of this file; others may be written
            if folder not in _complained:
                _complained.add(folder)
                say(
                    f"Progress can't be written to {folder or 'any folder'} ({_reason(error)}); it will last until the "
                    "kernel stops. Set NNLIB_PROGRESS to a folder that can be written to keep it."
                )


def _reason(error):
    return (error.strerror or type(error).__name__).lower()


def _replace(target, text):
    """Write `text` beside `target` and swap it in."""
    target = target.resolve()  # a symbolic link stays one
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        patiently(lambda: temporary.write_text(text, encoding="utf-8"))
        patiently(lambda: os.replace(temporary, target))
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _take_over(folder, say):
    """Turn progress of the form before into files, once: the old file is renamed when they are written."""
    if folder is None:
        return
    names = {"my_answers": ".progress.json", "nnlib_answers": ".nnlib-progress.json"}
    try:
        old = folder.with_name(names.get(folder.name, f"{folder.name}.json"))
        entries = json.loads(old.read_text(encoding="utf-8-sig"))["passed"]
        for name, entry in entries.items():
            file = f"{int(entry['chapter']):02}_{name}.py"
            if name.isidentifier() and not (folder / file).exists():
                _unsaved[file] = entry["source"] or f"# You have solved `{name}`.\n"
        _write(say)
        if not _unsaved:
            os.replace(old, old.with_name(f"{old.name}.old"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return  # there is none, or it is not readable
