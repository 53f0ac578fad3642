"""The reader's progress: one small JSON file that survives a restart of the kernel.

Where it is: the path in the environment variable NNLIB_PROGRESS, if set; else `.progress.json` in the
folder of the chapters, when the working directory is that folder (as in every chapter) or the one
above it; else `.nnlib-progress.json` in the home folder.

What it holds: for each exercise that passed, its chapter and the source of the reader's function. That
source is run by `mine`, so the file deserves the trust of a notebook: keep your own, run no stranger's.

Every change reads the file, changes one entry and puts the file back in one stroke, under a lock, so
that two open notebooks don't lose each other's entries. A file that can't be read is kept aside. Where
nothing can be written, entries live as long as the kernel.
"""

import contextlib
import json
import os
import time
from pathlib import Path

VERSION = 1
_STALE = 5.0  # seconds after which another's lock is taken for a leftover

_unsaved = {}  # entries that could not be written, by name
_complained = set()  # the folders of which that was said


def path():
    """Where the progress file is, or would be."""
    chosen = os.environ.get("NNLIB_PROGRESS")
    if chosen:
        return Path(chosen).expanduser()
    for folder in (Path.cwd(), Path.cwd() / "notebooks"):
        if any(folder.glob("[0-9][0-9]_*.ipynb")):
            return folder / ".progress.json"
    return Path.home() / ".nnlib-progress.json"


def passed(say):
    """The entries of the passed exercises, {name: {"chapter": ..., "source": ... or None}}.

    `say` is called with a sentence when a broken file had to be kept aside.
    """
    return _entries(_read(path(), say)) | _unsaved


def add(name, chapter, source, say):
    """Remember that exercise `name` passed. Returns nothing; `say` hears of any trouble."""
    entry = {"chapter": chapter, "source": source}

    def change(content):
        content["passed"] = _entries(content) | {name: entry}

    if _entries(_read(path(), say)).get(name) != entry and not _update(change, say):
        _unsaved[name] = entry


def remove(names, say):
    """Forget `names`."""

    def change(content):
        content["passed"] = {k: v for k, v in _entries(content).items() if k not in names}

    for name in names:
        _unsaved.pop(name, None)
    if path().exists():
        _update(change, say)


def _update(change, say):
    """Read, change, write back. False, after a sentence, where the folder can't be written to."""
    target = path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _lock(target):
            content = _read(target, say)
            change(content)
            content["version"] = max(VERSION, content.get("version", 0))
            _replace(target, json.dumps(content, indent=1, sort_keys=True) + "\n")
        return True
    except OSError as error:
        if target.parent not in _complained:
            _complained.add(target.parent)
            reason = error.strerror or type(error).__name__
            say(
                f"Progress can't be written to {target} ({reason.lower()}); it will last until the "
                "kernel stops. Set NNLIB_PROGRESS to a file that can be written to keep it."
            )
        return False


def _replace(target, text):
    """Write `text` beside `target` and swap it in: a reader sees the old file or the new one."""
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _lock(target):
    """Hold `target`'s lock file, which only one process can create. A leftover one is removed."""
    lock = target.with_name(f"{target.name}.lock")
    patience = time.monotonic() + _STALE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                leftover = time.time() - lock.stat().st_mtime > _STALE
                if leftover or time.monotonic() > patience:
                    lock.unlink(missing_ok=True)
            time.sleep(0.005)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _read(target, say):
    """What the file holds: a dict with "version" an int; an empty one where there is no good file."""
    try:
        content = json.loads(target.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not isinstance(content.get("version"), int):
            raise ValueError("not a progress file")
        return content
    except FileNotFoundError:
        return {}
    except ValueError:  # bytes that are not UTF-8, or not JSON, raise one too
        aside = _free_name(target)
        try:
            os.replace(target, aside)
            say(f"The progress file could not be read. It's kept as {aside.name}; a new one starts.")
        except FileNotFoundError:
            pass  # another notebook was faster
        except OSError:
            say(f"The progress file {target} can't be read; progress starts empty.")
        return {}
    except OSError:
        return {}


def _free_name(target):
    number = 1
    while (aside := target.with_name(f"{target.stem}.broken-{number}{target.suffix}")).exists():
        number += 1
    return aside


def _entries(content):
    """The good entries of a file's content; what an older or a foreign hand wrote is left out."""
    entries = content.get("passed")
    if not isinstance(entries, dict):
        return {}
    return {
        name: entry
        for name, entry in entries.items()
        if isinstance(entry, dict) and isinstance(entry.get("source"), str | None)
    }
