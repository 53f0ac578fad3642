"""One answer beside the solution: is it right, and if not, which mistake is it?

- The reader's function and the solution run on the same inputs, made anew each time from a fixed seed.
- Where they differ, each known wrong answer runs on those inputs too. The one whose results equal the
  reader's *is* the reader's mistake, and its hint is shown.
- Where none does, small changes are made to the reader's own text until one of them is right (`mending`).
- Where none is, facts are told that hold for any exercise: what the code doesn't read (`clues`), a result
  of `None`, a shape, a factor, the order of two results, an input that was changed (`compare`).

Whatever is said is derived from this very answer; where nothing is known, the first difference is shown.

`judge` does this and returns a `Verdict`; the functions that the reader calls (`reader`) only show it.
"""

import contextlib
import functools
import inspect
import re
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from nnlib.exercises.engine import attempt, clues, compare, mending
from nnlib.exercises.engine.attempt import Head, Outcome, observe
from nnlib.plain_words import in_plain_words, in_short


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer.

    state : "open" (not attempted), "wrong", "raised", "right", or, from `check`, "course" (the course's own).
    mistake : the hint of the known wrong answer that this one equals, else None.
    """

    state: str
    words: str
    details: tuple[str, ...] = ()
    mistake: str | None = None


def judge(exercise, answer):
    """Judge one answer, a function or a value, and say what there is to say."""
    if attempt.is_unwritten(answer):
        return _open(exercise, answer)
    if exercise.is_function and not callable(answer):
        return Verdict(
            "wrong",
            f"This is {compare.describe(answer)}. The check takes the function itself, without parentheses: "
            f"`check({exercise.name})`.",
        )
    if callable(answer) and isinstance(exercise.solution, tuple):
        return Verdict("wrong", f"This is one function. The check takes {len(exercise.solution)}, in parentheses.")
    if isinstance(answer, str) and isinstance(exercise.solution, str):
        choices = {
            each for each in [exercise.solution, *(wrong for wrong, _ in exercise.wrong)] if isinstance(each, str)
        }
        answer = _chosen(answer, choices)
        if answer not in choices:
            words = ", ".join(f'`"{each}"`' for each in sorted(choices))
            return Verdict("wrong", f"One of these words is asked for: {words}.")
    if callable(answer) and not exercise.is_function:
        return Verdict("wrong", "This is a function. The check takes the value that it gives: call it first.")
    return _Judgment(exercise, answer).verdict()


def _chosen(text, choices):
    """The one choice that a text names, as "the best" names "best"; the text itself where that isn't clear."""
    text = text.strip().casefold()
    named = [choice for choice in choices if re.search(rf"(?<!\w){re.escape(choice)}(?!\w)", text)]
    plain = not re.search(r"\b(not|no|never|neither|or)\b|n't", text)
    return named[0] if len(named) == 1 and plain else text


def _open(exercise, answer=...):
    helps = f'`hint("{exercise.name}")` helps.'
    if answer is None:
        what = "no answer yet: this is `None`. A `print(...)` shows a number and gives none back"
        return Verdict("open", f"{what}. {helps}")
    if isinstance(answer, (tuple, list)) and any(part is None for part in answer):
        place = ["first", "second", "third", "fourth"][[part is None for part in answer].index(True) :][:1]
        return Verdict("open", f"no answer yet: the {''.join(place) or 'last'} part is still `None`. {helps}")
    what = "not written yet" if exercise.is_function else "no answer yet"
    return Verdict("open", f"{what}. Put your own in place of the `...`, run that cell and then this one. {helps}")


class _Judgment:
    """One answer beside the solution, on the same inputs."""

    def __init__(self, exercise, answer):
        self.exercise, self.answer = exercise, answer
        self.inputs = exercise.inputs() if exercise.is_function else [()]

    def verdict(self):
        """What is said of the answer, with what it printed below."""
        if (words := self._other_signature()) is not None:
            return Verdict("wrong", words)
        verdict = self._found()
        if verdict.state in ("wrong", "raised"):
            verdict = replace(verdict, details=(*verdict.details, *self._printed()))
        return verdict

    def _found(self):
        self.seen, self.law = _outcomes(self.exercise, self.answer)
        errors = [outcome.error for outcome in [*self.seen, self.law] if outcome.error]
        nothing = any(outcome.value is None for outcome in self.seen) and not self.exercise.in_place
        if any(isinstance(error, NotImplementedError) for error in errors):
            return _open(self.exercise)
        if (errors or nothing or clues.reads_nothing(self.answer)) and attempt.has_gap(self.answer):
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
            if (words := self._remembers()) is not None:
                return Verdict("wrong", *words)
            return self._right()
        if (words := self._returns_nothing()) is not None:
            return Verdict("wrong", words, tuple(self._first_failure()))
        if clues.raises_text(self.answer):
            return Verdict(
                "wrong", 'Python can\'t raise a text. Raise an error that holds it: `raise ValueError("...")`.'
            )
        self.one_change = None
        if (words := self._elsewhere()) is not None:
            return Verdict("wrong", words, self._shown())
        hint = self._known_mistake()
        if hint is None and (words := self._remembers()) is not None:
            return Verdict("wrong", *words)
        if hint is None:
            self.one_change = self._mended(errors)
            hint = self._mistake_by_its_sentence() if self.one_change is None else None
        if hint is not None:
            told = tuple(line for line in self._first_failure() if line != hint)  # a law may say the hint itself
            return Verdict("wrong", hint, told, mistake=hint)
        if errors:
            return self._raised(errors[0])
        if self.one_change is not None:
            return Verdict("wrong", self.one_change, self._shown())
        words, details = self._generic()
        return Verdict("wrong", words, tuple(details))

    def _shown(self):
        return (*self._first_failure(), *self._count())

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
        """The hint of the declared wrong answer that does the same on every input, else None.

        Results that are all one number are no evidence: many mistakes end there. Then only the declared
        answer that reads none of its inputs is meant.
        """
        known = _of_known_mistakes(self.exercise)
        bare = self.exercise.is_function and self._only_value() is not None
        for wrong, _, _, hint in known:
            if wrong is self.answer:
                return hint
        for same in (self._does_the_same, self._has_the_same_values):
            for wrong, seen, law, hint in known:
                if (not bare or clues.reads_nothing(wrong)) and same(seen, law):
                    return hint
        return None

    def _mistake_by_its_sentence(self):
        """The hint of the declared wrong answer of which the law says the same, else None."""
        for _, _, law, hint in _of_known_mistakes(self.exercise):
            if law.value is not None and self._equal(law, self.law):
                if not self.compares or not (any(self.found) or any(outcome.error for outcome in self.seen)):
                    return hint
        return None

    def _only_value(self):
        """(value,) where all results consist of one number or word and the right ones do not, else None."""
        if len(self.seen) < 2 or any(outcome.error for outcome in self.seen):
            return None
        if self.right is not self.seen and compare.only_value([outcome.value for outcome in self.right]):
            return None
        return compare.only_value([outcome.value for outcome in self.seen])

    def _does_the_same(self, seen, law):
        if not seen:
            return False  # the sentence alone is left to compare
        if isinstance(self.law.error, TimeoutError):
            return False  # that the machine is slow is no mistake
        return all(map(self._equal, seen, self.seen)) and self._equal(law, self.law)

    def _has_the_same_values(self, seen, law):
        """Whether the values are that mistake's, be they in a list or in another dtype."""
        wrong = any(
            mistake.error or any(d.kind not in _MILD for d in self._differences(right, mistake))
            for right, mistake in zip(self.right, seen)
        )
        return wrong and all(self._equal(a, b, mildly=True) for a, b in zip(seen, self.seen))

    def _equal(self, mistake, outcome, mildly=False):
        if mistake.error or outcome.error:
            return repr(mistake.error) == repr(outcome.error)
        found = self._differences(mistake, outcome)
        if mildly:
            return all(d.kind in _MILD for d in found)
        return not found and mistake.changed == outcome.changed

    # -- what is found in any exercise --

    def _returns_nothing(self):
        """What to say where calls give `None` and nobody asked for it, else None."""
        empty = [o for o, found in zip(self.seen, self.found) if o.value is None and not o.error and found]
        if not self.exercise.is_function or self.exercise.in_place:
            return None
        if not empty and not self.seen and (self.law.value is not None or self.law.error):
            empty = _empty_calls(self.exercise, self.answer)
        if len(empty) < len(self.seen) and clues.first_round(self.answer):
            return None  # a loop of no rounds ends without its `return`; that it stands inside is the mistake
        if any(outcome.printed for outcome in empty):
            return "It prints its result and returns `None`: put `return` in place of `print`."
        if self.seen and 0 < len(empty) < len(self.seen):
            return "For some inputs it returns `None`: there is a way to its end past every `return`."
        return "It returns `None`: is a `return` missing?" if empty else None

    def _remembers(self):
        """What to say, in words and details, of an answer whose second call isn't like its first; else None."""
        if not self.inputs or not self.exercise.is_function or self.seen[0].error:
            return None
        again = observe(_call(self.exercise, self.answer), self.inputs[0], self.exercise.parameters)
        why = clues.keeps(self.answer)
        found = self._differences(self.seen[0], again)
        if again.error or any(d.kind != "value" or compare.as_numbers(d.wanted) is not None for d in found):
            why = why or "It remembers something from call to call, or draws random numbers of its own."
            return "Called twice with the same input, it gives two different results.", (why,)
        one, other = self.seen[0].itself, again.itself
        if one is other and isinstance(one, (list, dict, set, np.ndarray, np.random.Generator)):
            words = f"Two calls return one and the same object, {compare.describe(one)}"
            return f"{words}: what is done to the first result happens to the second.", (why,) if why else ()
        return None

    def _elsewhere(self):
        """What to say of a function that takes data from the notebook in place of a parameter, else None."""
        unread = clues.unused(self.answer, self.exercise.solution)
        data = [name for name, via in clues.notebook_data(self.answer).items() if not via]
        if not unread or not data:
            return None
        are = "is" if len(unread) == 1 else "are"
        return (
            f"{_listed(unread)} {are} not used: the function reads {_listed(data)} from the notebook, whatever "
            "comes in. It should work with its parameters alone."
        )

    def _mended(self, errors):
        """A sentence about the one change that makes the answer right, else None."""
        kinds = {d.kind for found in self.found for d in found}
        if kinds and kinds <= _MILD or any(isinstance(error, (TimeoutError, NameError)) for error in errors):
            return None
        if not self.exercise.is_function or not self.inputs or clues.reads_nothing(self.answer):
            return None
        if not any(self.found) and not errors and any(outcome.changed for outcome in self.seen):
            return None
        bad = [bool(o.error or f or o.changed) for o, f in zip(self.seen, self.found)]
        order = sorted(range(len(self.inputs)), key=lambda place: not bad[place])

        def is_right(changed):
            call = _call(self.exercise, changed)
            for place in order:
                outcome = observe(call, self.inputs[place], self.exercise.parameters, limit=0.5)
                kept = set(outcome.changed) - set(self.exercise.in_place)
                if outcome.error or kept or self._differences(self.right[place], outcome):
                    return False
            if self.exercise.verify is None:
                return True
            law = observe(self.exercise.verify, (changed, self.exercise.rng()), limit=0.5)
            return not law.error and law.value is None

        unread = clues.unused(self.answer, self.exercise.solution)
        return mending.mend(self.answer, is_right, self._own_parameters(), unread)

    # -- what to say --

    def _right(self):
        exercise = self.exercise
        words = exercise.holds
        if exercise.in_nnlib:
            module, *inside = exercise.in_nnlib.split(".")
            words += f" In `nnlib` it is `{'.'.join(inside)}` (`{module}.py`)."
        details = []
        if any(outcome.printed for outcome in [*self.seen, self.law]):
            details = ["It also prints. Take that out before training calls it a thousand times.", *self._printed()]
        return Verdict("right", words, tuple(details))

    def _raised(self, error):
        place = attempt.place_of(error, self.answer)
        words = f"{type(error).__name__} in {place}." if place else f"{type(error).__name__}."
        details = [in_plain_words(error)]
        if self._should_make_a_function():
            words += " It should return a function: define one inside, such as `def callback(...):`, and return that."
        if self.one_change is not None:
            words += f" {self.one_change}"
        for arguments, outcome in zip(self.inputs, self.seen):
            if outcome.error is error:
                details.append(f"It happens in {self._call_text(arguments)}.")
        return Verdict("raised", words, tuple(line for line in details if line))

    def _printed(self):
        """What the answer printed when it was first called, a line each; at most five short ones."""
        for arguments, outcome in zip(self.inputs or [()], [*self.seen, self.law]):
            if outcome.printed.strip():
                lines = outcome.printed.replace("`", "'").rstrip().splitlines()
                cut = len(outcome.printed) >= Head.MOST
                where = f" in {self._call_text(arguments)}" if self.exercise.is_function and self.inputs else ""
                rest = [f"... and {'many' if cut else len(lines) - 5} lines more"] if len(lines) > 5 else []
                return [f"It printed{where}:", *(f"`{line[:100]}`" for line in lines[:5] if line.strip()), *rest]
        return []

    def _generic(self):
        """A headline and details for a mistake that nobody declared."""
        kinds = {d.kind for found in self.found for d in found}
        serious = kinds - _MILD
        if (
            serious == {"value"}
            and (only := self._only_value()) is not None
            and isinstance(only[0], (bool, int, float))
        ):
            words = f"It always gives `{compare.literal(only[0])}`, whatever comes in."
            return words, [*self._first_failure(), *self._count()]
        if serious:
            unread = clues.unused(self.answer, self.exercise.solution)
            if unread and not clues.reads_nothing(self.answer) and not self._echo():
                are = "is" if len(unread) == 1 else "are"
                words = f"{_listed(unread)} {are} not used: the result is the same, whatever comes in there."
                return words, [*self._first_failure(), *self._count()]
            if (found := clues.first_round(self.answer)) is not None:
                text, line = found
                words = f"`{text}` in line {line} stands inside of the loop, so only its first round runs."
                return words, [*self._first_failure(), *self._count()]
        if serious - {"value"}:
            return self._of_another_kind()
        changed = [name for outcome in self.seen for name in outcome.changed]
        if serious:
            also = [f"It also changes its input `{changed[0]}`."] if changed else []
            return self._pattern(), [*self._first_failure(), *self._count(), *also]
        if changed:
            name = changed[0]
            lost = [name for outcome in self.seen for name in outcome.shortened]
            if lost:
                words = f"The result is right, but `{lost[0]}` has lost entries: the function takes them out."
                return words, [
                    f"A loop such as `for entry in {lost[0]}:` leaves it whole, where `.pop(...)` empties it."
                ]
            value = next(arguments[self.exercise.parameters.index(name)] for arguments in self.inputs)
            if isinstance(value, (list, dict)):
                how = (
                    f"A copy of `{name}` alone, by `.copy()` or `list(...)`, still shares the dicts and arrays inside. "
                    "Make new ones: `W - ...` does; `W -= ...` and `p[...] = ...` write into the old."
                )
                return f"The result is right, but what is in `{name}` is not what it was: the function changes it.", [
                    how
                ]
            sign = clues.written_by(self.answer, name) or "-"
            how = (
                f"`{name} {sign}= ...` and `{name}[...] = ...` write into the caller's array; "
                f"`new = {name} {sign} ...` makes one of your own."
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
            came = f"has shape {np.shape(d.got)}" if np.shape(d.got) else "is one number"
            should = f"have shape {np.shape(d.wanted)}" if np.shape(d.wanted) else "be one number"
            words = f"{part} {came}; it should {should}."
            story = compare.shape_story(d.wanted, d.got)
            if not np.shape(d.wanted) and isinstance(d.got, tuple) and not self.exercise.is_function:
                story = "A comma makes two numbers of one: decimals are written with a point, as in `1.5`."
            return words, [story, *detail] if story else detail
        if d.kind == "keys":
            names = ", ".join(f"`{key}`" for key in d.wanted)
            return f"{part} is {compare.describe(d.got)}; it should have the entries {names}.", detail
        if d.kind == "length":
            names = ", ".join(self.exercise.returns)
            named = f": `{names}`" if names and not d.label else ""
            if any(isinstance(got, str) for got in d.got):
                return f"{part} should have {len(d.wanted)} parts and is {compare.literal(d.got)}.", detail
            parts = "1 part" if len(d.got) == 1 else f"{len(d.got)} parts"
            return f"{part} has {parts}; it should have {len(d.wanted)}{named}.", detail
        if d.kind == "list":
            return (
                f"The numbers are right, but {inside} is a list; it should be a NumPy array.",
                ["`np.array(...)` around it makes one.", *detail],
            )
        if d.kind == "dtype":
            return (
                f"The numbers are right, but {inside} is of dtype {d.got.dtype}; it should be {d.wanted.dtype}.",
                ["A dtype spreads: whatever is computed with this array takes it over.", *detail],
            )
        came, should = compare.describe(d.got), compare.describe(d.wanted)
        if came == should:
            came = f"a {type(d.got).__name__}"
            if isinstance(d.got, np.ndarray):
                came = "an array of texts" if d.got.dtype.kind in "US" else "an array of objects"
                should = "an array of numbers"
        if isinstance(d.got, (list, tuple)) and any(isinstance(part, str) for part in d.got):
            came = compare.literal(d.got)
        return f"{part} is {came}; it should be {should}.", detail

    def _pattern(self):
        """What all the wrong numbers have in common, in one sentence."""
        exercise = self.exercise
        pairs = [
            compare.number_pairs(right.value, seen.value, exercise.returns)
            for right, seen in zip(self.right, self.seen)
        ]
        wrong = list(dict.fromkeys(d.label for found in self.found for d in found))
        part = "It" if wrong == [""] or not _wholes(wrong) else _listed(_wholes(wrong))
        lengths = [self._lengths(arguments) for arguments in self.inputs]
        tagged = [
            (case, label, w, g) for case, labeled in zip(lengths, pairs) for label, w, g in labeled if label in wrong
        ]
        numbers = [(w, g) for _, _, w, g in tagged]
        if any(np.iscomplexobj(g) and not np.iscomplexobj(w) for w, g in numbers):
            return f"{part} is a complex number: is a root taken of a negative one?"
        first = next((case for case, found in zip(pairs, self.found) if found), [])
        if any(np.isfinite(w).all() and not np.isfinite(g).all() for label, w, g in first if label in wrong):
            holds = "hold" if " and " in part else "holds"
            return f"{part} {holds} `nan` or `inf`: a division by zero, or a number beyond bounds?"
        is_ = "are" if " and " in part else "is"
        overflowed = [outcome.overflowed for outcome, found in zip(self.seen, self.found) if found]
        if any(overflowed) and not any(o.overflowed for o, found in zip(self.seen, self.found) if not found):
            return f"{part} {is_} not right where a number overflows: it grew too large for a float, as `np.exp(1000)`."
        if compare.cut_off(numbers):
            return (
                f"{part} {'hold' if is_ == 'are' else 'holds'} whole numbers: the decimals are cut off. An array made "
                "from whole numbers, as `np.zeros_like` does, can hold no others."
            )
        factor = compare.common_factor(numbers, [case for case, *_ in tagged]) if numbers else None
        many = sum(w.size for w, _ in numbers) > 1
        if factor and (many or compare.is_plain_factor(factor)):
            factor = factor if many else factor.replace("always ", "", 1)
            return f"{part} {is_} {factor}{'' if factor.endswith('?') else '.'}"
        if not exercise.is_function:
            near = bool(numbers) and all(compare.close(w, g, 5e-3) for w, g in numbers)
            return "Close, yet not it: is it rounded?" if near else "That isn't it."
        own = self._own_parameters()
        if own != exercise.parameters and sorted(own) == sorted(exercise.parameters):
            wanted = ", ".join(exercise.parameters)
            return f"The parameters come in another order: the check calls `{exercise.name}({wanted})`."
        if self._swapped():
            return f"The right results in the wrong order: it should return `{', '.join(exercise.returns)}`."
        if len(self.seen) > 1 and all(self._same_value(o, self.seen[0]) for o in self.seen[1:]):
            return "It gives the same, whatever comes in."
        if name := self._echo():
            return f"It gives `{name}` back as it came."
        if data := clues.notebook_data(self.answer):
            name, via = next(iter(data.items()))
            through = f" (through `{via}`)" if via else ""
            return (
                f"{part} {is_} not right yet. The function reads `{name}` from the notebook{through}: should that come "
                "in as a parameter?"
            )
        if (offset := compare.common_offset(numbers) if numbers else None) is not None:
            return f"{part} {is_} too {'large' if offset > 0 else 'small'} by {compare.number(abs(offset))}, always."
        if (name := self._after_a_step(tagged)) is not None:
            return f"{part} {is_} `{name}` after a step. The slope alone is asked for: leave `{name} - ...` out."
        if numbers and all(compare.close(w, g, 1e-5) for w, g in numbers):
            return f"{part} {is_} right to five digits only: is something rounded, float32, or approximated?"
        if numbers and all(compare.close(w, g, 5e-2) for w, g in numbers):
            return f"{part} {is_} close, yet not equal: is something rounded, approximated or found by trying?"
        factors = compare.factors(numbers)
        if len(factors) > 1 and len(factors) == len(numbers) and None not in factors:
            return (
                f"{part} {is_} off by one factor in each case, by another in the next: look at what you multiply or "
                "divide by."
            )
        if lost := clues.never_read(self.answer):
            never = f"{'is' if len(lost) == 1 else 'are'} assigned and never used"
            return f"{part} {is_} not right yet. {_listed(lost)} {never}."
        return f"{part} {is_} not right yet."

    def _after_a_step(self, tagged):
        """The input that came back moved by a multiple of the slope that was asked for, else None."""
        for place, name in enumerate(self.exercise.parameters):
            steps = []
            for arguments, right, seen in zip(self.inputs, self.right, self.seen):
                returns = self.exercise.returns
                start = arguments[place] if place < len(arguments) else None
                whole = {label: a for label, _, a in compare.number_pairs(right.value, start)}
                for label, w, g in compare.number_pairs(right.value, seen.value, returns):
                    a = whole.get(label, compare.as_numbers(start) if label in ("", f"d{name}") else None)
                    if a is not None and np.shape(a) == w.shape and not compare.close(w, g):
                        steps.append((w, g - a))
            if steps and self._is_one_step(steps):
                return name
        return None

    @staticmethod
    def _is_one_step(steps):
        factors = [compare.factors([(np.append(w, 0.0), np.append(g, 0.0))])[0] for w, g in steps]
        return (
            len(factors) > 1
            and all(isinstance(factor, float) and factor < 0 for factor in factors)
            and np.allclose(factors, factors[0])
        )

    def _should_make_a_function(self):
        solution, answer = self.exercise.solution, self.answer
        return clues.makes_a_function(solution) and inspect.isfunction(answer) and not clues.makes_a_function(answer)

    def _echo(self):
        """The input that comes back as it went in, or ""."""
        for place, name in enumerate(self.exercise.parameters):
            if all(
                place < len(arguments) and not compare.differences(arguments[place], outcome.value)
                for arguments, outcome in zip(self.inputs, self.seen)
            ):
                return name
        return ""

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
                return [f"{call} raises {_told(outcome.error)}"]
            if found:
                return [self._contrast(call, found[0])]
        for outcome in self.seen:
            if outcome.changed:
                return [f"It changes its input `{outcome.changed[0]}`."]
        if self.law.error:
            return [f"It raises {_told(self.law.error)}"]
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
            told = isinstance(got, list) and any(isinstance(part, str) for part in got)
            same = compare.describe(wanted) == compare.describe(got)
            wanted = compare.literal(wanted) if same else compare.describe(wanted)
            got = compare.literal(got) if same or told else compare.describe(got)
        if label:
            return f"{call}: {label} should be {wanted} and is {got}."
        return f"{call} should give {wanted} and gives {got}."

    def _count(self):
        good = sum(not found and not outcome.error for found, outcome in zip(self.found, self.seen))
        if good:
            return [f"It is right on {good} of {len(self.found)} inputs."]
        labels = {d.label for found in self.found for d in found}
        if "" in {label.partition("[")[0] for label in labels}:
            return []
        fine = [name for name in self.exercise.returns if not any(label.startswith(name) for label in labels)]
        return [f"`{'` and `'.join(fine)}` {'is' if len(fine) == 1 else 'are'} right."] if fine else []

    def _call_text(self, arguments):
        names = self.exercise.parameters
        given = [(n, compare.literal(a)) for n, a in zip(names, arguments)]
        if sum(len(text) for _, text in given) > 150:
            given = [(n, text if len(text) < 30 else "...") for n, text in given]
        given = ", ".join(f"{n}={text}" for n, text in given)
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
    """(answer, outcomes, law, hint) of each declared wrong answer. The inputs never change, so once is enough."""
    return [(answer, *_outcomes(exercise, answer), hint) for answer, hint in exercise.wrong]


def _empty_calls(exercise, answer):
    """The calls that the law makes and that give `None`, as outcomes."""
    empty = []

    @functools.wraps(answer)
    def watched(*given, **named):
        printed = Head()
        with contextlib.redirect_stdout(printed):
            value = answer(*given, **named)
        if value is None:
            empty.append(Outcome(printed=printed.getvalue()))
        return value

    observe(exercise.verify, (watched, exercise.rng()))
    return empty


def _told(error):
    """An exception as Python tells it."""
    return f"{type(error).__name__}: {in_short(error)}".rstrip(": ")


def _listed(names):
    """Names as code: "`a`, `b` and `c`"."""
    *most, last = [f"`{name}`" for name in names]
    return f"{', '.join(most)} and {last}" if most else last


def _wholes(labels):
    """Up to three labels as they are; of more, the results that they are parts of: `p` for `p[0]["W"]`."""
    if len(labels) < 4:
        return labels
    return [name for name in dict.fromkeys(label.partition("[")[0] for label in labels) if name]


_MILD = {"list", "dtype"}  # differences of a result whose numbers are right
