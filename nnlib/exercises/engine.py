"""Exercises that answer: declared once, they judge a reader's answer and name the mistake.

How the author declares one is told in `nnlib.exercises`. How it works:

- The reader's function and the solution run on the same inputs, made anew each time from a fixed seed.
- Where they differ, each known wrong answer runs on those inputs too. The one whose results equal the
  reader's *is* the reader's mistake, and its hint is shown.
- Where none does, patterns are tried that hold for any exercise (`compare`): a result of `None`, a
  shape, a factor, a sign, the order of two results, an input that was changed.

`judge` does this and returns a `Verdict`; the functions that the reader calls only show it.
"""

import difflib
import importlib
import inspect
import pkgutil
import textwrap
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from nnlib.exercises import attempt, compare, record
from nnlib.exercises.attempt import Outcome, observe
from nnlib.exercises.show import Listing, Message, show
from nnlib.plain_words import in_plain_words

# ---- The author's side ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
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
        if module.startswith("ch") and module[2:4].isdigit():
            importlib.import_module(f"nnlib.exercises.{module}")
    return dict(sorted(registry.items(), key=lambda item: item[1].chapter))  # stable within one


# ---- Judging ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer.

    state : "open" (not attempted), "wrong", "raised" or "right".
    mistake : the hint of the known wrong answer that this one equals, else None.
    """

    state: str
    words: str
    details: tuple[str, ...] = ()
    mistake: str | None = None


def judge(exercise, answer):
    """Judge one answer, a function or a value, and say what there is to say."""
    if attempt.is_unwritten(answer):
        return _open(exercise)
    if exercise.is_function and not callable(answer):
        return Verdict(
            "wrong",
            f"This is {compare.describe(answer)}. The check takes the function itself, without parentheses: "
            f"`check({exercise.name})`.",
        )
    if callable(answer) and not exercise.is_function:
        return Verdict("wrong", "This is a function; wanted is its value. Call it first.")
    return _Judgment(exercise, answer).verdict()


def _open(exercise):
    what = "not written yet" if exercise.is_function else "no answer yet"
    return Verdict(
        "open",
        f"{what}. Put your own in place of the `...`, run that cell and then this one. "
        f'`hint("{exercise.name}")` helps.',
    )


class _Judgment:
    """One answer beside the solution, on the same inputs."""

    def __init__(self, exercise, answer):
        self.exercise, self.answer = exercise, answer
        self.inputs = exercise.inputs() if exercise.is_function else [()]

    def verdict(self):
        if (words := self._other_signature()) is not None:
            return Verdict("wrong", words)
        self.seen, self.law = self._outcomes(self.answer)
        errors = [outcome.error for outcome in [*self.seen, self.law] if outcome.error]
        nothing = any(outcome.value is None for outcome in self.seen) and not self.exercise.in_place
        if any(isinstance(error, NotImplementedError) for error in errors):
            return _open(self.exercise)
        if (errors or nothing) and attempt.has_gap(self.answer):
            return _open(self.exercise)
        if any(attempt.holds_ellipsis(outcome.value) for outcome in self.seen):
            return _open(self.exercise)

        if self.compares:
            self.right, _ = self._outcomes(self.exercise.solution)
            self.found = [self._differences(w, o) for w, o in zip(self.right, self.seen)]
        else:
            self.right, self.found = self.seen, [[] for _ in self.seen]
        changed = any(outcome.changed for outcome in self.seen)
        if not errors and not any(self.found) and not changed and self.law.value is None:
            return self._right()
        if (hint := self._known_mistake()) is not None:
            return Verdict("wrong", hint, tuple(self._first_failure()), mistake=hint)
        if errors:
            return self._raised(errors[0])
        words, details = self._generic()
        return Verdict("wrong", words, tuple(details))

    @property
    def compares(self):
        """Whether there is one right result. A value with a law may have many."""
        return self.exercise.is_function or self.exercise.verify is None

    def _other_signature(self):
        """What to say of a function that can't take the inputs, else None."""
        if not self.exercise.is_function or self.exercise.use or not self.inputs:
            return None
        try:
            signature = inspect.signature(self.answer)
        except (TypeError, ValueError):  # a function of NumPy's own
            return None
        try:
            signature.bind(*self.inputs[0])
        except TypeError:
            wanted, name = ", ".join(self.exercise.parameters), self.exercise.name
            takes = ", ".join(signature.parameters)
            return f"Your function takes `({takes})`; the check calls `{name}({wanted})`."
        return None

    def _outcomes(self, answer):
        """The outcome of each case, and of the law."""
        exercise = self.exercise
        if exercise.is_function:
            call = self._call(answer)
            seen = []
            for arguments in self.inputs:
                endless = bool(seen) and isinstance(seen[-1].error, TimeoutError)  # once is long enough
                outcome = seen[-1] if endless else observe(call, arguments, exercise.parameters)
                seen.append(self._without_targets(outcome))
        else:
            seen = [Outcome(answer)]
        law = Outcome()
        if exercise.verify is not None:
            law = observe(exercise.verify, (answer, exercise.rng()))
        return seen, law

    def _call(self, answer):
        if self.exercise.in_place:
            places = [(name, self.exercise.parameters.index(name)) for name in self.exercise.in_place]

            def call(*given):
                answer(*given)
                return {name: given[place] for name, place in places}

            return call
        return partial(self.exercise.use, answer) if self.exercise.use else answer

    def _without_targets(self, outcome):
        """The outcome without the changes that the exercise asks for."""
        kept = tuple(name for name in outcome.changed if name not in self.exercise.in_place)
        return Outcome(outcome.value, outcome.error, kept, outcome.printed)

    def _differences(self, wanted, got):
        if got.error:
            return []
        return compare.differences(wanted.value, got.value, self.exercise.tolerance, self.exercise.returns)

    # -- which mistake --

    def _known_mistake(self):
        """The hint of the declared wrong answer that does the same on every input, else None."""
        known = [(*self._outcomes(answer), hint) for answer, hint in self.exercise.wrong]
        for same in (self._does_the_same, self._has_the_same_values, self._breaks_the_same_law):
            for seen, law, hint in known:
                if same(seen, law):
                    return hint
        return None

    def _does_the_same(self, seen, law):
        return all(map(self._equal, seen, self.seen)) and self._equal(law, self.law)

    def _has_the_same_values(self, seen, law):
        """Whether the values are that mistake's, be they in a list or in another dtype."""
        wrong = any(
            mistake.error or any(d.kind not in _MILD for d in self._differences(right, mistake))
            for right, mistake in zip(self.right, seen)
        )
        return wrong and all(self._equal(a, b, mildly=True) for a, b in zip(seen, self.seen))

    def _breaks_the_same_law(self, seen, law):
        return not self.compares and law.value is not None and self._equal(law, self.law)

    def _equal(self, mistake, outcome, mildly=False):
        if mistake.error or outcome.error:
            return repr(mistake.error) == repr(outcome.error)
        found = self._differences(mistake, outcome)
        if mildly:
            return all(d.kind in _MILD for d in found)
        return not found and mistake.changed == outcome.changed

    # -- what to say --

    def _right(self):
        exercise, details = self.exercise, []
        words = exercise.holds
        if exercise.in_nnlib:
            module, *inside = exercise.in_nnlib.split(".")
            words += f" In `nnlib` it is `{'.'.join(inside)}` (`{module}.py`)."
        if any(outcome.printed for outcome in [*self.seen, self.law]):
            details.append("It also prints. Take that out before training calls it a thousand times.")
        return Verdict("right", words, tuple(details))

    def _raised(self, error):
        place = attempt.place_of(error, self.answer)
        words = f"{type(error).__name__} in {place}." if place else f"{type(error).__name__}."
        details = [in_plain_words(error)]
        for arguments, outcome in zip(self.inputs, self.seen):
            if outcome.error is error:
                details.append(f"It happens in {self._call_text(arguments)}.")
        return Verdict("raised", words, tuple(line for line in details if line))

    def _generic(self):
        """A headline and details for a mistake that nobody declared."""
        kinds = {d.kind for found in self.found for d in found}
        serious = kinds - _MILD
        empty = [o for o, found in zip(self.seen, self.found) if o.value is None and found]
        if any(outcome.printed for outcome in empty):
            return "It prints its result and returns `None`: put `return` in place of `print`.", []
        if empty:
            return "It returns `None`: is a `return` missing?", []
        if serious - {"value"}:
            return self._of_another_kind()
        changed = [name for outcome in self.seen for name in outcome.changed]
        if serious:
            also = [f"It also changes its input `{changed[0]}`."] if changed else []
            return self._pattern(), [*self._first_failure(), *self._count(), *also]
        if changed:
            name = changed[0]
            how = (
                f"`{name} -= ...` and `{name}[...] = ...` write into the caller's array; "
                f"`new = {name} - ...` makes one of your own."
            )
            return f"The result is right, but `{name}` is not what it was: the function changes its input.", [how]
        if kinds:
            return self._of_another_kind(_MILD)
        return self.law.value, []

    def _of_another_kind(self, kinds=None):
        """A part that is not even of the kind wanted: type, keys, number of parts, shape, list, dtype."""
        kinds = kinds or {"type", "keys", "length", "shape"}
        arguments, d = next(
            (arguments, d) for arguments, found in zip(self.inputs, self.found) for d in found if d.kind in kinds
        )
        part, inside = (f"`{d.label}`",) * 2 if d.label else ("The result", "the result")
        detail = [f"Seen in {self._call_text(arguments)}."] if self.exercise.is_function else []
        if d.kind == "shape":
            words = (
                f"{part} has {compare.shape_words(d.got)}; wanted is {compare.shape_words(d.wanted)}."
                if np.shape(d.got)
                else f"{part} is one number; wanted is {compare.shape_words(d.wanted)}."
            )
            story = compare.shape_story(d.wanted, d.got)
            return words, [story, *detail] if story else detail
        if d.kind == "keys":
            names = ", ".join(f"`{key}`" for key in d.wanted)
            return f"{part} is {compare.describe(d.got)}; wanted are the entries {names}.", detail
        if d.kind == "length":
            names = ", ".join(self.exercise.returns)
            named = f": `{names}`" if names and not d.label else ""
            parts = "1 part" if len(d.got) == 1 else f"{len(d.got)} parts"
            return f"{part} has {parts}; wanted are {len(d.wanted)}{named}.", detail
        if d.kind == "list":
            return (
                f"The numbers are right, but {inside} is a list; wanted is a NumPy array.",
                detail,
            )
        if d.kind == "dtype":
            return (
                f"The numbers are right, but {inside} is of dtype {d.got.dtype}; wanted is {d.wanted.dtype}.",
                ["A dtype spreads: whatever is computed with this array takes it over.", *detail],
            )
        return f"{part} is {compare.describe(d.got)}; wanted is {compare.describe(d.wanted)}.", detail

    def _pattern(self):
        """What all the wrong numbers have in common, in one sentence."""
        exercise = self.exercise
        pairs = [
            compare.number_pairs(right.value, seen.value, exercise.returns)
            for right, seen in zip(self.right, self.seen)
        ]
        wrong = list(dict.fromkeys(d.label for found in self.found for d in found))
        part = "It" if wrong == [""] else "`" + "` and `".join(wrong) + "`"
        lengths = [self._lengths(arguments) for arguments in self.inputs]
        tagged = [
            (case, label, w, g) for case, labeled in zip(lengths, pairs) for label, w, g in labeled if label in wrong
        ]
        numbers = [(w, g) for _, _, w, g in tagged]
        if any(np.iscomplexobj(g) and not np.iscomplexobj(w) for w, g in numbers):
            return f"{part} is a complex number: is a root taken of a negative one?"
        if any(np.isfinite(w).all() and not np.isfinite(g).all() for w, g in numbers):
            return f"{part} holds `nan` or `inf`: a division by zero, or a number beyond bounds?"
        is_ = "are" if len(wrong) > 1 else "is"
        factor = compare.common_factor(numbers, [case for case, *_ in tagged]) if numbers else None
        many = sum(w.size for w, _ in numbers) > 1
        if factor and (many or compare.is_plain_factor(factor)):
            return f"{part} {is_} {factor}."
        if not exercise.is_function:
            near = bool(numbers) and all(compare.close(w, g, 5e-3) for w, g in numbers)
            return "Close, yet not it: is it rounded?" if near else "That isn't it."
        own = self._own_parameters()
        if own != exercise.parameters and sorted(own) == sorted(exercise.parameters):
            wanted = ", ".join(exercise.parameters)
            return f"The parameters come in another order: the check calls `{exercise.name}({wanted})`."
        if self._swapped():
            return f"The right results in the wrong order: wanted is `{', '.join(exercise.returns)}`."
        if len(self.seen) > 1 and all(self._same_value(o, self.seen[0]) for o in self.seen[1:]):
            return "It gives the same, whatever comes in."
        for place, name in enumerate(exercise.parameters):
            if all(
                not compare.differences(arguments[place], outcome.value)
                for arguments, outcome in zip(self.inputs, self.seen)
                if place < len(arguments)
            ):
                return f"It gives `{name}` back as it came."
        if (offset := compare.common_offset(numbers) if numbers else None) is not None:
            return f"{part} {is_} too {'large' if offset > 0 else 'small'} by {compare.number(abs(offset))}, always."
        if numbers and all(compare.close(w, g, 1e-5) for w, g in numbers):
            return f"{part} {is_} right to five digits only: is something rounded, float32, or approximated?"
        if numbers and all(compare.close(w, g, 1e-2) for w, g in numbers):
            return f"{part} {is_} close, yet not equal: is something rounded or approximated?"
        return f"{part} {is_} not as wanted yet."

    def _same_value(self, one, other):
        return not compare.differences(one.value, other.value, self.exercise.tolerance)

    def _swapped(self):
        return len(self.exercise.returns) == 2 and not any(
            compare.differences(right.value, tuple(seen.value)[::-1], self.exercise.tolerance)
            for right, seen in zip(self.right, self.seen)
        )

    def _own_parameters(self):
        try:
            return list(inspect.signature(self.answer).parameters)
        except (TypeError, ValueError):
            return []

    def _lengths(self, arguments):
        """The lengths in one case's inputs, in words: {"the length of `x`": 3}."""
        found = {}
        for name, value in zip(self.exercise.parameters, arguments):
            if isinstance(value, np.ndarray) and value.ndim == 1:
                found[f"the length of `{name}`"] = value.size
            elif isinstance(value, np.ndarray) and value.ndim > 1:
                found[f"the rows of `{name}`"] = value.shape[0]
                found[f"the columns of `{name}`"] = value.shape[1]
                found[f"the entries of `{name}`"] = value.size
        return found

    def _first_failure(self):
        """The first input on which the answer differs: what was wanted there, and what came."""
        if not self.exercise.is_function:
            return []
        for arguments, outcome, found in zip(self.inputs, self.seen, self.found):
            call = self._call_text(arguments)
            call = call[0].upper() + call[1:]
            if outcome.error:
                return [f"{call} raises {type(outcome.error).__name__}: {outcome.error}"]
            if found:
                return [self._contrast(call, found[0])]
        for outcome in self.seen:
            if outcome.changed:
                return [f"It changes its input `{outcome.changed[0]}`."]
        if self.law.error:
            return [f"It raises {type(self.law.error).__name__}: {self.law.error}"]
        return [self.law.value] if self.law.value else []

    def _contrast(self, call, d):
        if d.kind == "value" and compare.is_large(d.wanted):
            place, wanted, got = compare.first_entry(d.wanted, d.got, self.exercise.tolerance)
            label = f"entry {place}" + (f" of `{d.label}`" if d.label else "")
        else:
            wanted, got, label = d.wanted, d.got, f"`{d.label}`" if d.label else ""
        if d.kind == "value":
            wanted, got = compare.told_apart(wanted, got)
        elif d.kind == "dtype":
            wanted, got = wanted.dtype, got.dtype
        else:
            wanted, got = compare.describe(wanted), compare.describe(got)
        if label:
            return f"{call}: {label} should be {wanted} and is {got}."
        return f"{call} should give {wanted} and gives {got}."

    def _count(self):
        good = sum(not found for found in self.found)
        if good:
            return [f"It is right on {good} of {len(self.found)} inputs."]
        labels = {d.label for found in self.found for d in found}
        wrong = {label.partition("[")[0] for label in labels}
        fine = [name for name in self.exercise.returns if name not in wrong]
        return [f"`{'` and `'.join(fine)}` {'is' if len(fine) == 1 else 'are'} right."] if fine else []

    def _call_text(self, arguments):
        names = self.exercise.parameters
        given = ", ".join(f"{n}={compare.literal(a)}" for n, a in zip(names, arguments))
        return f"the case {given}" if self.exercise.use else f"`{self.exercise.name}({given})`"


_MILD = {"list", "dtype"}  # differences of a result whose numbers are right


# ---- The reader's side ------------------------------------------------------------------------------

_passed_here = {}  # what passed since the kernel started, by name
_carried = {}  # what was rebuilt from the progress file: {name: (source, function or None)}
_hints_given = {}


def check(answer=..., /, **named):
    """Check an answer and say in a line or two what is right, wrong or missing.

    check(neuron) finds the exercise by the function's name; check(best_rate=best_rate) names it.
    """
    if not named:
        name = getattr(answer, "__name__", None)
        if answer is ... or not callable(answer):
            return _note(
                "Say what to check: `check(neuron)` for a function, without quotes or parentheses; "
                "`check(rate=rate)` for a value."
            )
        if name is None or name == "<lambda>":
            return _note("This function has no name of its own. Name it: `check(neuron=neuron)`.")
        named = {name: answer}
    for name, given in named.items():
        exercise = _find(name)
        if exercise is None:
            continue
        try:
            verdict = judge(exercise, given)
        except Exception as error:
            _note(
                f"{name}: the check itself stopped ({type(error).__name__}: {error}). That is a fault of "
                "the course, not of your answer."
            )
            continue
        remarks = _keep(exercise, given) if verdict.state == "right" else []
        show(Message(verdict.state, f"{name}: {verdict.words}", (*verdict.details, *remarks)))


def hint(name, number=None):
    """Show the next hint of an exercise, or hint `number`."""
    exercise = _find(name)
    if exercise is None:
        return
    name, hints = exercise.name, exercise.hints
    wanted = _hints_given.get(name, 0) + 1 if number is None else number
    if not 1 <= wanted <= len(hints):
        seen = "you have seen them all" if number is None else f"there is no number {number}"
        again = f'`hint("{name}", 1)` shows the first again, `solution("{name}")` one answer.'
        return _note(f"{name}: there are {len(hints)} hints; {seen}. {again}")
    _hints_given[name] = max(wanted, _hints_given.get(name, 0))
    left = len(hints) - wanted
    after = f"{left} left." if left else f'The last one; `solution("{name}")` shows one answer.'
    _note(f"{name}, hint {wanted} of {len(hints)}: {hints[wanted - 1]}", after)


def solution(name):
    """Show the code of one right answer."""
    exercise = _find(name)
    if exercise is not None:
        show(Listing(exercise.source))


def mine(name):
    """The reader's own answer to an exercise, where it passed; else the course's solution.

    In the notebook where it passed this is the very function. In a later one it is made again from the
    source in the progress file and checked once more before it is handed out.
    """
    exercise = _find(name)
    if exercise is None:
        raise KeyError(f"there is no exercise {name!r}")
    if exercise.name in _passed_here:
        return _passed_here[exercise.name]
    source = record.passed(_note).get(exercise.name, {}).get("source")
    if not exercise.is_function or source is None:
        return exercise.solution
    if _carried.get(exercise.name, (None,))[0] != source:
        _carried[exercise.name] = source, _rebuilt(exercise, source)
    return _carried[exercise.name][1] or exercise.solution


def progress():
    """Show which exercises have passed, chapter by chapter."""
    passed = record.passed(_note)
    rows, done, every = [], 0, exercises()
    titles = dict.fromkeys((e.chapter, e.chapter_title) for e in every.values())
    width = max((len(title) for _, title in titles), default=0)
    for number, title in titles:
        names = [e.name for e in every.values() if e.chapter == number]
        done += sum(name in passed for name in names)
        marks = "  ".join(f"{'✓' if name in passed else '○'} {name}" for name in names)
        rows.append(f"{number} {title:<{width}}  {marks}")
    show(Listing("\n".join([*rows, f"{done} of {len(every)} exercises passed"])))


def reset_progress(what=None):
    """Forget what passed: everything, one chapter (`reset_progress("01")`), or one exercise."""
    every = exercises()
    names = [e.name for e in every.values() if what in (None, e.chapter, e.name)]
    if not names:
        _find(what)
        return
    known = record.passed(_note)
    forgotten = sum(name in known for name in names)
    record.remove(names, _note)
    for name in names:
        for memory in (_passed_here, _carried, _hints_given):
            memory.pop(name, None)
    _note(f"{forgotten} passed exercise{'' if forgotten == 1 else 's'} forgotten.")


def _note(words, *details):
    show(Message("note", words, details))


def _find(name):
    """The exercise of that name; else None, after saying which name was perhaps meant."""
    name = getattr(name, "__name__", name)
    every = exercises()
    if name in every:
        return every[name]
    near = difflib.get_close_matches(str(name), every, n=1)
    meant = f"Did you mean `{near[0]}`?" if near else "`progress()` shows them all."
    _note(f"There is no exercise `{name}`. {meant}")
    return None


def _keep(exercise, answer):
    """Remember that `answer` passed. Returns remarks for the reader."""
    _passed_here[exercise.name] = answer
    source, obstacles = None, []
    if exercise.is_function:
        source, obstacles = attempt.portable_source(answer)
    if source is not None and answer.__name__ != exercise.name:
        source += f"\n{exercise.name} = {answer.__name__}\n"
    if source is not None and _rebuilt(exercise, source) is None:
        source = None
    record.add(exercise.name, exercise.chapter, source, _note)
    if obstacles and obstacles != [getattr(answer, "__name__", None)]:
        return [
            f"Later chapters will use the library's version: yours needs `{'`, `'.join(obstacles)}` "
            "from this notebook. Pass that in as a parameter to carry your own along."
        ]
    return []


def _rebuilt(exercise, source):
    """The reader's function from the progress file, or None if it no longer passes."""
    try:
        answer = attempt.rebuilt(source, exercise.name)
        return answer if judge(exercise, answer).state == "right" else None
    except Exception:
        return None
