"""What the reader calls in a notebook: check, hint, solution, mine, progress, reset_progress."""

import difflib
import sys

from nnlib.exercises.engine import attempt, record
from nnlib.exercises.engine.declare import exercises
from nnlib.exercises.engine.judging import Verdict, judge
from nnlib.exercises.engine.show import MARKS, Listing, Message, show

_passed_here = {}  # what passed since the kernel started, by name
_carried = {}  # what was rebuilt from the reader's files: {name: (source, answer or None)}
_hints_given = {}
_solutions_are_off = False  # in a copy that `nnlib.classroom` closed


def check(answer=..., /, **named):
    """Check an answer and say in a line or two what is right, wrong or missing.

    check(neuron) finds the exercise by the function's name; check(best_rate=best_rate) names it.
    """
    if not named:
        notebook = sys._getframe(1).f_globals.items()
        called = next((called for called, value in notebook if value is answer and called in exercises()), None)
        if answer is ... or not (callable(answer) or called and exercises()[called].is_function):
            return _note(
                "Say what to check: `check(neuron)` for a function, without quotes or parentheses; "
                "`check(rate=rate)` for a value."
            )
        name = getattr(answer, "__name__", None)
        name = name if name in exercises() else called or name
        if name is None or name == "<lambda>":
            return _note("This function has no name of its own. Say which exercise it answers: `check(name=...)`.")
        named = {name: answer}
    elif answer is not ...:
        check(answer)
    for name, given in named.items():
        exercise = _find(name)
        if exercise is None:
            continue
        try:
            own = not attempt.is_the_courses(given, exercise)
            verdict = judge(exercise, given) if own else _COURSES
        except Exception as error:
            _note(
                f"{name}: the check itself stopped ({type(error).__name__}: {error}). That is a fault of "
                "the course, not of your answer."
            )
            continue
        remarks = [*_keep(exercise, given), _done_in(exercise.chapter)] if verdict.state == "right" else []
        show(Message(verdict.state, f"{name}: {verdict.words}", (*verdict.details, *remarks)))


_COURSES = Verdict(
    "course",
    "this is the course's solution, under the name of yours. Run the cell with your own once more, then this one.",
)


def _done_in(chapter):
    """How many exercises of a chapter have passed, in words; the optional ones apart."""
    here = [exercise for exercise in exercises().values() if exercise.chapter == chapter]
    return _counted(here, record.passed(_note), "done in this chapter")


def _counted(some, passed, what):
    """How many of some exercises have passed, as "4 of 5 exercises passed; optional: 0 of 1."."""
    needed, extra = ([e.name in passed for e in some if e.optional == optional] for optional in (False, True))
    words = f"{sum(needed)} of {len(needed)} {what}"
    return words + (f"; optional: {sum(extra)} of {len(extra)}." if extra else ".")


def hint(name, number=None):
    """Show the next hint of an exercise, or hint `number`."""
    exercise = _find(name)
    if exercise is None:
        return
    name, hints = exercise.name, exercise.hints
    wanted = _hints_given.get(name, 0) + 1 if number is None else number
    if not isinstance(wanted, int) or not 1 <= wanted <= len(hints):
        several = len(hints) > 1
        there = f"there are {len(hints)} hints" if several else "there is one hint"
        seen = f"there is no number {number!r}"
        if number is None:
            seen = f"you have seen {'them all' if several else 'it'}"
        again = f'`hint("{name}", 1)` shows {"the first" if several else "it"} again'
        again += "." if _solutions_are_off else f', `solution("{name}")` one answer.'
        return _note(f"{name}: {there}; {seen}. {again}")
    _hints_given[name] = max(wanted, _hints_given.get(name, 0))
    left = len(hints) - wanted
    after = "The last one." if _solutions_are_off else f'The last one; `solution("{name}")` shows one answer.'
    after = f"{left} left." if left else after
    _note(f"{name}, hint {wanted} of {len(hints)}: {hints[wanted - 1]}", after)


def solution(name):
    """Show the code of one right answer, unless a teacher has turned that off in this copy of the chapter."""
    exercise = _find(name)
    if exercise is not None and _solutions_are_off:
        _note(f"{exercise.name}: your teacher has turned solutions off in this copy. `hint` still helps.")
    elif exercise is not None:
        show(Listing(exercise.source))


def turn_solutions_off():
    """Let `solution` show nothing until the kernel ends. It keeps a class honest and is no lock: the code is open."""
    global _solutions_are_off
    _solutions_are_off = True


def mine(name):
    """The reader's own answer to an exercise, where it passed; else the course's solution.

    In the notebook where it passed this is the very function. In a later one it is made again from the
    reader's file (`record`) and checked once more before it is handed out: that runs the file, so open no
    stranger's folder this way. `nnlib.classroom progress` reads a class's folders and runs nothing.
    """
    exercise = _find(name)
    if exercise is None:
        raise KeyError(f"there is no exercise {name!r}")
    if exercise.name in _passed_here:
        return _passed_here[exercise.name]
    source = record.passed(_note).get(exercise.name)
    if source is None:
        return exercise.solution
    if _carried.get(exercise.name, (None,))[0] != source:
        _carried[exercise.name] = source, _rebuilt(exercise, source)
    carried = _carried[exercise.name][1]
    return exercise.solution if carried is None else carried


def progress(chapter=None):
    """Show which exercises have passed: in the whole course, or in one chapter such as "05", and what is next."""
    if chapter is None:
        return show(Listing(_table()))
    number, every = str(chapter).rjust(2, "0"), exercises()
    here = [e for e in every.values() if e.chapter == number]
    if not here:
        return _note(f"There are no exercises in chapter {chapter}. `progress()` shows every chapter's.")
    passed = record.passed(_note)
    lines = [_next(number, passed)]
    if any(e.name in passed for e in here):
        for optional, words in ((False, "Open in this chapter"), (True, "Open and optional")):
            names = [f"`{e.name}`" for e in here if e.optional == optional and e.name not in passed]
            lines += [f"{words}: {', '.join(names)}."] if names else []
    # Without the totals while there is nothing to count: a blank chapter reads the same when another gets an exercise.
    started = any(name in passed for name in every)
    done = _counted(every.values(), passed, "exercises passed") if started else "nothing passed so far."
    lines.append(f"In the whole course: {done}")
    _note(f"{number} {here[0].chapter_title}: {_counted(here, passed, 'exercises passed')}", *lines)


def _next(chapter, passed):
    """A sentence: which exercise is next for a reader of this chapter. The optional ones never are."""
    needed = [e for e in exercises().values() if not e.optional]
    turn = [*(e for e in needed if e.chapter >= chapter), *(e for e in needed if e.chapter < chapter)]
    coming = next((e for e in turn if e.name not in passed), None)
    if coming is None:
        return "Every exercise of the course has passed."
    where = "" if coming.chapter == chapter else f", in chapter {coming.chapter}"
    return f"Next: `{coming.name}`{where}."


def _table():
    """What has passed in the whole course: a table whose lines end between two names."""
    passed = record.passed(_note)
    lines, every = [], exercises()
    titles = dict.fromkeys((e.chapter, e.chapter_title) for e in every.values())
    width = max((len(title) for _, title in titles), default=0)
    for number, title in titles:
        marks = [_marked(e, passed) for e in every.values() if e.chapter == number]
        line = f"{number} {title:<{width}}"
        for mark in marks:
            if len(line) + len(mark) > 98:
                lines.append(line)
                line = " " * (width + 3)
            line += f"  {mark}"
        lines.append(line)
    needed = [e.name for e in every.values() if not e.optional]
    extra = [e.name for e in every.values() if e.optional]
    lines.append(f"{sum(name in passed for name in needed)} of {len(needed)} exercises passed")
    if extra:
        lines[-1] += f", and {sum(name in passed for name in extra)} of {len(extra)} optional ones, in (...)"
    lines += [_next("", passed).replace("`", ""), *_guesses_by_part()]
    return "\n".join(lines)


def _guesses_by_part():
    """One line that says how many first guesses before a live figure came true, five chapters at a time."""
    first = {}
    for chapter, figure, _, came_true in record.guesses():
        first.setdefault((chapter, figure), came_true)
    parts = {}
    for (chapter, _), came_true in sorted(first.items()):
        k = int(chapter) // 5 * 5 if chapter.isdecimal() else None
        part = "the appendices" if k is None else f"chapters {k:02}–{k + 4:02}"
        parts.setdefault(part, []).append(came_true)
    said = [f"{sum(guesses)} of {len(guesses)} in {part}" for part, guesses in parts.items()]
    return [f"Your guesses before the live figures that came true: {', '.join(said)}"] if said else []


def _marked(exercise, passed):
    mark = f"{MARKS['right'] if exercise.name in passed else MARKS['open']} {exercise.name}"
    return f"({mark})" if exercise.optional else mark


def reset_progress(what=None):
    """Forget what passed: everything, one chapter (`reset_progress("01")`), or one exercise."""
    every, what = exercises(), _name_of(what)
    names = [e.name for e in every.values() if what in (None, e.name) or str(what).rjust(2, "0") == e.chapter]
    if not names:
        _find(what)
        return
    known = record.passed(_note)
    record.remove(names, _note)
    left = record.passed(_note)
    forgotten = sum(name in known and name not in left for name in names)
    for name in names:
        for memory in (_passed_here, _carried, _hints_given):
            memory.pop(name, None)
    _note(f"{forgotten} passed exercise{'' if forgotten == 1 else 's'} forgotten.")


def _note(words, *details):
    show(Message("note", words, details))


def _find(name):
    """The exercise of that name; else None, after saying which name was perhaps meant."""
    name, every = _name_of(name), exercises()
    if name in every:
        return every[name]
    near = difflib.get_close_matches(str(name), every, n=1)
    meant = f"Did you mean `{near[0]}`?" if near else "`progress()` shows them all."
    _note(f"There is no exercise `{name}`. {meant}")
    return None


def _name_of(what):
    """What was named: by a text, or by the function of that name."""
    return what if what is None or isinstance(what, str) else str(getattr(what, "__name__", what))


def _keep(exercise, answer):
    """Remember that `answer` passed. Returns remarks for the reader."""
    _passed_here[exercise.name] = answer
    source, obstacles = attempt.portable_source(answer, exercise.name)
    if source is not None and _rebuilt(exercise, source) is None:
        source, obstacles = None, [exercise.name]
    earlier = record.passed(_note).get(exercise.name) if source is None else None
    kept = earlier is not None and _rebuilt(exercise, earlier) is not None
    if not kept:
        record.add(exercise.name, exercise.chapter, source, _note)
    parts = answer if isinstance(answer, (tuple, list)) else [answer]
    if source is not None or not any(map(callable, parts)):
        return []
    version, this = ("your earlier version", "this one") if kept else ("the library's version", "yours")
    words = f"Later chapters will use {version}: {this}"
    own = {exercise.name, *(getattr(part, "__name__", None) for part in parts)}
    needs = [name for name in obstacles if name not in own]
    if needs:
        names = "`, `".join(needs)
        return [f"{words} needs `{names}` from this notebook. Pass that in as a parameter to carry {this} along."]
    return [f"{words} can be carried along if it is a plain `def`, in a cell without `%%` and without `@`."]


def _rebuilt(exercise, source):
    """The reader's answer from its source, or None if it no longer passes."""
    try:
        answer = attempt.rebuilt(source, exercise.name)
        return answer if judge(exercise, answer).state == "right" else None
    except Exception:
        return None
