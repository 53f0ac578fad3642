"""A reader's answer: is it written at all, what does it do, where does it stop, how is it carried on."""

import _thread
import ast
import builtins
import contextlib
import copy
import dis
import functools
import inspect
import io
import itertools
import linecache
import signal
import sys
import textwrap
import threading
import traceback
import types
import warnings
from dataclasses import dataclass

import numpy as np

from nnlib.exercises.engine import compare

# ---- Is it written? ---------------------------------------------------------------------------------


def is_unwritten(answer):
    """Whether the place for the reader's own line is still empty.

    True for None and `...` (also inside a tuple or dict), for a function or class with nothing but a
    docstring, `pass` or `...` in a body, and for one where a value is still `...`, as in `dW = ...`.
    """
    if answer is None or answer is Ellipsis:
        return True
    if isinstance(answer, (tuple, list)):
        return any(part is None or part is Ellipsis for part in answer)
    if isinstance(answer, dict):
        return any(part is None or part is Ellipsis for part in answer.values())
    return any(_is_blank(f.__code__) or _has_ellipsis_value(f) for f in _functions(answer))


def has_gap(answer):
    """Whether a bare `...` still stands as a line of its own among other lines."""
    return any(
        isinstance(node, ast.Expr) and _is_ellipsis(node.value)
        for function in _functions(answer)
        for node in ast.walk(syntax(function) or ast.Module([], []))
    )


def _functions(answer):
    if isinstance(answer, type):
        return [f for f in vars(answer).values() if inspect.isfunction(f)]
    return [answer] if inspect.isfunction(answer) else []


def _is_blank(code):
    """Whether a body does nothing: it loads None and returns it."""
    steps = [i for i in dis.get_instructions(code) if i.opname not in ("RESUME", "NOP", "COPY_FREE_VARS")]
    return all(
        i.opname == "RETURN_VALUE" or (i.opname in ("LOAD_CONST", "RETURN_CONST") and i.argval is None) for i in steps
    )


def _has_ellipsis_value(function):
    """Whether `...` is used as a value. In an index, as in `X[..., 0]`, it's ordinary NumPy."""
    if not any(map(holds_ellipsis, _constants(function.__code__))):
        return False
    tree = syntax(function)
    if tree is None:
        return _stores_ellipsis(function.__code__)
    in_index = {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for inner in ast.walk(node.slice)
    }
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return any(_is_ellipsis(n) and id(n) not in in_index | bare for n in ast.walk(tree))


def _stores_ellipsis(code):
    """Whether `...` is given a name or returned, as far as the bytecode alone tells."""
    steps = list(dis.get_instructions(code))
    for step, after in itertools.pairwise(steps):
        if step.argval is Ellipsis and (
            step.opname == "RETURN_CONST" or after.opname.startswith(("STORE_FAST", "RETURN_VALUE"))
        ):
            return True
    return bool(steps) and steps[-1].opname == "RETURN_CONST" and steps[-1].argval is Ellipsis


def _constants(code):
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _constants(constant)
        else:
            yield constant


def holds_ellipsis(value):
    """Whether `value` is `...`, or a tuple, list or dict with one in it."""
    parts = value.values() if isinstance(value, dict) else value
    inner = isinstance(value, (tuple, list, dict)) and any(part is Ellipsis for part in parts)
    return value is Ellipsis or inner


def _is_ellipsis(node):
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def syntax(function):
    """The body of a function as a syntax tree, or None where its source is gone."""
    source = _text(function)
    try:
        with warnings.catch_warnings(action="ignore"):  # Python has said it in the reader's own cell
            tree = ast.parse(source or "")
    except SyntaxError:
        return None
    if not tree.body:
        return None
    definition = tree.body[0]
    if isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return ast.Module(definition.body, [])
    return tree


def _text(function):
    """The source of a function, or None where it is gone.

    Code that `exec` was given has the file name "<string>". Python 3.13 keeps the text of `python -c` under
    that name, which is not the function's.
    """
    if function.__code__.co_filename == "<string>":
        return None
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return None


TIME_LIMIT = 10  # seconds for one call; the slowest right answers take a tenth of one


# ---- What does it do? -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What one call did: it returned or raised, changed these arguments, and printed this.

    itself : the very object that came back; `value` is a copy of it.
    shortened : those of the changed arguments that have lost entries.
    overflowed : whether a number grew beyond what a float can hold.
    """

    value: object = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    printed: str = ""
    itself: object = None
    shortened: tuple[str, ...] = ()
    overflowed: bool = False


def observe(call, arguments, names=(), limit=None):
    """The `Outcome` of `call(*arguments)`, on copies of the arguments.

    Warnings stay silent and prints are caught. A call that takes longer than `limit` seconds (`TIME_LIMIT`) is
    stopped with a TimeoutError. KeyboardInterrupt passes: the reader stopped the cell.
    names : what the arguments are called.
    """
    try:
        given = copy.deepcopy(arguments)
    except Exception:  # a generator can't be copied, nor be put back
        given = arguments
    printed, value, error, trouble = Head(), None, None, []
    with (
        contextlib.redirect_stdout(printed),
        warnings.catch_warnings(),
        np.errstate(all="ignore", over="call", call=lambda kind, flag: trouble.append(kind)),
        _nothing_by_chance(),
    ):
        warnings.simplefilter("ignore")
        try:
            value = _within_time(call, given, TIME_LIMIT if limit is None else limit)
        except (Exception, SystemExit) as problem:
            error = problem
    if _is_too_deep(value):  # as after `losses.append(losses)`: NumPy would unfold it until the memory is full
        value, error = (
            None,
            ValueError("lists within lists without end come back; `append` adds one entry to the list before its dot"),
        )
    itself = value
    with contextlib.suppress(Exception):  # a generator can't be copied, and needn't be
        value = copy.deepcopy(value)
    changed, shortened = [], []
    for name, before, after in itertools.zip_longest(names, arguments, given, fillvalue="an input"):
        if not compare.unchanged(before, after):
            changed.append(name)
            if isinstance(before, (list, dict)) and len(after) < len(before):
                shortened.append(name)
    return Outcome(value, error, tuple(changed), printed.getvalue(), itself, tuple(shortened), bool(trouble))


@contextlib.contextmanager
def _nothing_by_chance():
    """A context in which `np.empty` gives no old memory, which may hold the right numbers: nan, or a large one."""

    def filled(make):
        @functools.wraps(make)
        def made(*given, **named):
            array = make(*given, **named)
            if array.dtype.kind in "fciu":
                array.fill(np.nan if array.dtype.kind in "fc" else np.iinfo(array.dtype).max // 2)
            return array

        return made

    before = np.empty, np.empty_like
    np.empty, np.empty_like = map(filled, before)
    try:
        yield
    finally:
        np.empty, np.empty_like = before


class Head(io.StringIO):
    """What is printed, as far as it is shown: an endless loop that prints would fill the memory."""

    MOST = 20_000  # characters

    def write(self, text):
        super().write(text[: max(0, self.MOST - self.tell())])
        return len(text)


def _is_too_deep(value, depth=0, seen=None):
    """Whether lists, tuples or dicts stand in one another 32 deep, as without end where one stands in itself."""
    seen = {} if seen is None else seen  # how deep each was found before, by id
    if not isinstance(value, (list, tuple, dict)) or seen.get(id(value), -1) >= depth:
        return False
    seen[id(value)] = depth
    parts = value.values() if isinstance(value, dict) else value
    return depth == 32 or any(_is_too_deep(part, depth + 1, seen) for part in parts)


class _Late(BaseException):
    """Raised in code that runs too long. Not an Exception, so that `except Exception` doesn't swallow it."""


def _within_time(call, arguments, limit):
    """`call(*arguments)`, stopped by a TimeoutError after `limit` seconds; on the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        return call(*arguments)
    stopped = TimeoutError(f"after {limit} seconds")
    if not hasattr(signal, "setitimer"):
        return _within_time_of_a_thread(call, arguments, limit, stopped)

    running, late = True, False

    def stop(signum, frame):
        nonlocal late
        if running:
            late = True
            raise _Late

    before = signal.signal(signal.SIGALRM, stop)
    left, _ = signal.setitimer(signal.ITIMER_REAL, limit, 0.1)  # again and again: a bare `except:` may swallow one
    try:
        value = call(*arguments)
    except _Late as alarm:
        running = False
        raise stopped.with_traceback(alarm.__traceback__) from None
    else:
        running = False
        if late:  # and swallowed
            raise stopped
        return value
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # an alarm that somebody else had set
            signal.setitimer(signal.ITIMER_REAL, left)


def _within_time_of_a_thread(call, arguments, limit, stopped):
    """The same where there is no alarm (Windows). Without threads there is no limit."""
    lock, late, running = threading.Lock(), False, True

    def stop():
        nonlocal late
        with lock:
            if running:
                late = True
                _thread.interrupt_main()

    timer = threading.Timer(limit, stop)
    timer.daemon = True
    with contextlib.suppress(RuntimeError):
        timer.start()
    try:
        try:
            return call(*arguments)
        finally:
            with lock:
                running = False
            timer.cancel()
    except KeyboardInterrupt as interrupt:
        if not late:
            raise
        raise stopped.with_traceback(interrupt.__traceback__) from None


# ---- Whose is it? -----------------------------------------------------------------------------------


def is_the_courses(answer, exercise):
    """Whether `answer` is the course's own solution: the very object, under any name, wrapped, or passed on.

    A whole number or a word can't be told from the reader's own.
    """
    solution = exercise.solution
    if not callable(solution):
        return answer is solution and not isinstance(answer, (int, str))
    code = getattr(solution, "__code__", None)
    waiting, seen = [answer], []
    while waiting:
        one = waiting.pop()
        one = getattr(one, "func", None) or getattr(one, "__wrapped__", one)  # partial, wraps, lru_cache, vectorize
        one = getattr(one, "pyfunc", one)
        if one is solution or (code is not None and getattr(one, "__code__", None) is code):
            return True
        if not inspect.isfunction(one) or any(one is other for other in seen):
            continue
        seen.append(one)
        if len(_statements(one)) == 1:  # nothing but a call that passes it on
            if "mine" in one.__code__.co_names and exercise.name in one.__code__.co_consts:
                return True
            used = [one.__globals__.get(name) for name in one.__code__.co_names]
            waiting += [value for value in used if callable(value) and not isinstance(value, type)]
            waiting += [cell.cell_contents for cell in one.__closure__ or () if callable(cell.cell_contents)]
    return False


def _statements(function):
    """The statements of a function but for its docstring; [None] for a lambda."""
    tree = syntax(function) if function.__name__ != "<lambda>" else None
    if tree is None:
        return [None]
    return [s for s in tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]


# ---- Where does it stop? ----------------------------------------------------------------------------


def place_of(error, answer):
    """Where in the reader's own code `error` was raised: "line 3, `return x + c`", or ""."""
    functions = _functions(answer)
    if not functions:
        return ""
    own = functions[0].__globals__
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_globals is own]
    if not frames:
        return ""
    code, line = frames[-1]
    text = linecache.getline(code.co_filename, line).strip()
    named = {f.__code__: "" for f in functions}
    where = named.get(code, f"`{code.co_name}`, ") + f"line {line - code.co_firstlineno + 1}"
    return f"{where}: `{text}`" if text else where


# ---- How is it carried on? --------------------------------------------------------------------------


def portable_source(answer, name=None):
    """Source that makes `answer` again in another notebook, and the names that stand in the way.

    A function's own text, after the imports, plain constants and other functions of the notebook that it
    uses; a value written out, functions in a tuple by their texts. `name` is what it is called afterwards.
    Returns (source, []) or (None, ["x_train", ...]); the answer's own name where its text can't be found.
    """
    pieces, obstacles = {}, []
    own = getattr(answer, "__name__", None) if callable(answer) else None
    if callable(answer):
        _gather(answer, own or name, pieces, obstacles)
    else:
        text = _written_out(answer, pieces, obstacles)
    if obstacles:
        return None, sorted(set(obstacles))
    if not callable(answer):
        pieces[""] = f"{name} = {text}"
    elif name and own != name:
        pieces[""] = f"{name} = {own}"
    return "\n\n".join(pieces.values()) + "\n", []


def _written_out(value, pieces, obstacles):
    """`value` as an expression; what its functions need is added to `pieces`."""
    if compare.holds_no_number(value):
        pieces["inf, nan"] = "from numpy import inf, nan"  # as they are written out
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, (tuple, list)):
        inner = ", ".join(_written_out(part, pieces, obstacles) for part in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_written_out(v, pieces, obstacles)}" for k, v in value.items()) + "}"
    if inspect.isfunction(value) or isinstance(value, type):
        _gather(value, value.__name__, pieces, obstacles)
        return value.__name__
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return repr(value.item() if isinstance(value, np.generic) else value)
    numbers = compare.as_numbers(value)
    if numbers is None or numbers.ndim:
        obstacles.append(type(value).__name__)
        return ""
    return repr(numbers.item())


def _gather(answer, name, pieces, obstacles):
    if name in pieces:
        return
    source = _source(answer)
    if source is None or any(f.__code__.co_freevars for f in _functions(answer)):
        obstacles.append(name)
        return
    pieces[name] = ""  # holds the place against recursion
    home = _functions(answer)[0]
    for used, inside in _names_of(compile(source, "", "exec")):
        if getattr(home.__globals__.get(used), "__name__", "") == used and hasattr(builtins, used):
            continue  # IPython has an `open` of its own in every notebook
        if used in home.__globals__:
            _bring(home.__globals__[used], used, home.__module__, pieces, obstacles)
        elif inside and not hasattr(builtins, used):
            obstacles.append(used)
    del pieces[name]  # after what its default values and base classes need
    pieces[name] = source


def _bring(value, name, home, pieces, obstacles):
    """Add what makes global `name` mean `value`."""
    module = getattr(value, "__module__", None)
    if isinstance(value, types.ModuleType):
        pieces[name] = f"import {value.__name__} as {name}"
    elif value is None or isinstance(value, (bool, int, float, str)):
        pieces[name] = f"{name} = {_written_out(value, pieces, obstacles)}"
    elif module not in (home, "__main__", "yours") and _is_found(module, value):
        pieces[name] = f"from {module} import {value.__name__} as {name}"
    elif (_functions(value) or isinstance(value, type)) and value.__name__.isidentifier():
        _gather(value, value.__name__, pieces, obstacles)
        if value.__name__ != name:  # `my_layer`, which is the reader's own `layer`
            pieces[name] = f"{name} = {value.__name__}"
    else:
        obstacles.append(name)


def _is_found(module, value):
    return getattr(sys.modules.get(module), getattr(value, "__name__", ""), None) is value


def _names_of(code, inside=False):
    """The global names that code uses, each with whether that is inside of a function."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and not step.argval.startswith("__"):
            yield step.argval, inside and step.opname == "LOAD_GLOBAL"
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_of(constant, True)


def _source(answer):
    """The text of a `def` or `class` written in a cell or a file, or None."""
    functions = _functions(answer)
    if not functions:
        return None
    if not isinstance(answer, type):
        source = _text(answer) or ""
        return source.rstrip() if source.startswith(("def ", "@")) else None
    lines = linecache.getlines(functions[0].__code__.co_filename)  # inspect can't, in a notebook
    with contextlib.suppress(SyntaxError):
        for node in ast.walk(ast.parse("".join(lines))):
            if isinstance(node, ast.ClassDef) and node.name == answer.__name__:
                return textwrap.dedent("".join(lines[node.lineno - 1 : node.end_lineno])).rstrip()
    return None


def rebuilt(source, name):
    """What `name` is after `source` has run in a namespace of its own, with NumPy as np. May raise."""
    filename = f"<your {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = {"__name__": "yours", "np": np}
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]
