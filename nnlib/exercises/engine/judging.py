"""One answer beside the solution: is it right, and if not, which mistake is it?

- The reader's function and the solution run on the same inputs, made anew each time from a fixed seed.
- Where they differ, each known wrong answer runs on those inputs too. The one whose results equal the
  reader's *is* the reader's mistake, and its hint is shown.
- Where none does, patterns are tried that hold for any exercise (`compare`): a result of `None`, a
  shape, a factor, a sign, the order of two results, an input that was changed.

`judge` does this and returns a `Verdict`; the functions that the reader calls (`reader`) only show it.
"""

import inspect
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from nnlib.exercises.engine import attempt, compare
from nnlib.exercises.engine.attempt import Outcome, observe
from nnlib.plain_words import in_plain_words


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
        self.seen, self.law = _outcomes(self.exercise, self.answer)
        errors = [outcome.error for outcome in [*self.seen, self.law] if outcome.error]
        nothing = any(outcome.value is None for outcome in self.seen) and not self.exercise.in_place
        if any(isinstance(error, NotImplementedError) for error in errors):
            return _open(self.exercise)
        if (errors or nothing) and attempt.has_gap(self.answer):
            return _open(self.exercise)
        if any(attempt.holds_ellipsis(outcome.value) for outcome in self.seen):
            return _open(self.exercise)

        if self.compares:
            self.right, _ = _of_the_solution(self.exercise)
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

    def _differences(self, wanted, got):
        if got.error:
            return []
        return compare.differences(wanted.value, got.value, self.exercise.tolerance, self.exercise.returns)

    # -- which mistake --

    def _known_mistake(self):
        """The hint of the declared wrong answer that does the same on every input, else None."""
        known = _of_known_mistakes(self.exercise)
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


def _outcomes(exercise, answer):
    """The outcome of `answer` on each case, and of the law."""
    if exercise.is_function:
        call = _call(exercise, answer)
        seen = []
        for arguments in exercise.inputs():
            endless = bool(seen) and isinstance(seen[-1].error, TimeoutError)  # once is long enough
            outcome = seen[-1] if endless else observe(call, arguments, exercise.parameters)
            # Changes that the exercise asks for don't count.
            kept = tuple(name for name in outcome.changed if name not in exercise.in_place)
            seen.append(replace(outcome, changed=kept))
    else:
        seen = [Outcome(answer)]
    law = Outcome()
    if exercise.verify is not None:
        law = observe(exercise.verify, (answer, exercise.rng()))
    return seen, law


def _call(exercise, answer):
    """How `answer` is called on a case."""
    if exercise.in_place:
        places = [(name, exercise.parameters.index(name)) for name in exercise.in_place]

        def call(*given):
            answer(*given)
            return {name: given[place] for name, place in places}

        return call
    return partial(exercise.use, answer) if exercise.use else answer


@cache
def _of_the_solution(exercise):
    return _outcomes(exercise, exercise.solution)


@cache
def _of_known_mistakes(exercise):
    """(outcomes, law, hint) for each declared wrong answer. The inputs never change, so once is enough."""
    return [(*_outcomes(exercise, answer), hint) for answer, hint in exercise.wrong]


_MILD = {"list", "dtype"}  # differences of a result whose numbers are right
