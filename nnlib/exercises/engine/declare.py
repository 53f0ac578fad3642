"""An exercise, as its author declares it, and the register of all of them.

How to declare one is told in `nnlib.exercises`, where authors read.
"""

import importlib
import inspect
import itertools
import linecache
import pkgutil
import re
import textwrap
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from nnlib.exercises.engine import compare


@dataclass(frozen=True, kw_only=True, eq=False)  # one exercise is one object
class Exercise:
    """One exercise. The fields are told in `nnlib.exercises`, where authors read."""

    chapter: str
    chapter_title: str
    name: str
    title: str
    solution: object
    holds: str
    hints: list[str]
    wrong: list[tuple[object, str]]
    also_right: list = field(default_factory=list)
    cases: Callable | None = None
    verify: Callable | None = None
    use: Callable | None = None
    returns: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()
    tolerance: float = compare.TOLERANCE
    in_nnlib: str | None = None
    optional: bool = False
    recall: bool = False
    code: str | None = None

    def __post_init__(self):
        if self.is_function and self.cases is None and self.verify is None:
            raise ValueError(f"exercise {self.name!r} needs `cases` or `verify`")
        hints = [hint for _, hint in self.wrong]
        if len(set(hints)) < len(hints):
            raise ValueError(f"two wrong answers of exercise {self.name!r} have the same hint")

    @property
    def is_function(self):
        return callable(self.solution)

    @cached_property
    def parameters(self):
        """The names of the inputs of a case."""
        if not self.is_function or (self.use is None and inspect.isclass(self.solution)):
            return []
        names = list(inspect.signature(self.use or self.solution).parameters)
        return names[1:] if self.use else names

    @property
    def source(self):
        """The code that `solution` shows."""
        if self.code is not None:
            return textwrap.dedent(self.code).strip()
        if self.is_function:
            return textwrap.dedent(inspect.getsource(self.solution)).strip()
        return f"{self.name} = {self.solution!r}"

    def rng(self):
        """A generator seeded by the name: every check of an exercise sees the same numbers."""
        return np.random.default_rng(zlib.crc32(self.name.encode()))

    def inputs(self):
        """Fresh inputs: a list of tuples of arguments, the first one small enough to read."""
        cases = self.cases(self.rng()) if self.cases else []
        return [case if isinstance(case, tuple) else (case,) for case in cases]


registry: dict[str, Exercise] = {}
_numbers = itertools.count(1)


def chapter(number, title):
    """Return the function that declares an exercise of chapter `number`, such as "01"."""
    return partial(_declare, chapter=number, chapter_title=title)


def _declare(*, name=None, solution, **fields):
    name = name or solution.__name__
    exercise = Exercise(name=name, solution=solution, **fields)
    other = registry.get(name)
    if other is not None and other.chapter != exercise.chapter:
        raise ValueError(f"exercise {name!r} is declared in chapters {other.chapter} and {exercise.chapter}")
    registry[name] = exercise
    return exercise


def exercises():
    """Every declared exercise by name, chapter by chapter. Reads the chapters' files on first use."""
    package = importlib.import_module("nnlib.exercises")
    for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        if re.match(r"ch[0-9A][0-9]_", module):
            importlib.import_module(f"nnlib.exercises.{module}")
    return dict(sorted(registry.items(), key=lambda item: item[1].chapter))  # stable within one


def mistakes(*answers_and_hints):
    """The wrong answers of an exercise, each followed by its hint, as the pairs that `wrong` takes."""
    return list(zip(answers_and_hints[::2], answers_and_hints[1::2], strict=True))


def edited(function, *changes):
    """A wrong answer told as a reader would type it: `function` with some of its text changed.

    changes : old text, new text, old text, new text, ...; each old one stands in the source exactly once.
    """
    name, source = function.__name__, textwrap.dedent(inspect.getsource(function))
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        if source.count(old) != 1:
            raise ValueError(f"{old!r} stands {source.count(old)} times in the source of {name}, not once")
        source = source.replace(old, new)
    namespace = function.__globals__
    filename = f"<{name}, edited {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    before = namespace.get(name, function)  # another one where `function` is itself an edited one
    exec(compile(source, filename, "exec"), namespace)
    namespace[name], changed = before, namespace[name]
    return changed
