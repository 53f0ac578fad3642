"""What the code of an answer shows without being run: parameters that it doesn't read, data that it takes
from the notebook, a `return` in the first round of a loop.

Each of these is a fact about the answer. Where an answer is wrong, it is said; a right one may do as it likes.
"""

import ast
import dis
import functools
import inspect
import types

import numpy as np

from nnlib.exercises.engine import attempt

_DATA = (bool, int, float, complex, list, tuple, dict, set, np.ndarray, np.generic, np.random.Generator)


def unused(answer, solution):
    """The parameters that `answer` never reads although `solution` reads the one in that place."""
    if not (inspect.isfunction(answer) and inspect.isfunction(solution)):
        return []
    own, theirs = _parameters(answer), _parameters(solution)
    if answer.__code__.co_flags & inspect.CO_VARARGS or len(own) != len(theirs):
        return []
    reads, needed = _read(answer.__code__), _read(solution.__code__)
    return [mine for mine, other in zip(own, theirs) if mine not in reads and other in needed]


def reads_nothing(answer):
    """Whether a function, and every one inside of it, reads none of its own parameters."""

    def blind(code):
        inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        own = code.co_varnames[: code.co_argcount]
        return not set(own) & _read(code) and all(map(blind, inner))

    return inspect.isfunction(answer) and blind(answer.__code__)


def notebook_data(answer):
    """The data that an answer reads from the notebook: {name: the helper function that reads it, or ""}."""
    found, seen = {}, set()

    def look(function, via):
        if function.__code__ in seen:
            return
        seen.add(function.__code__)
        for name in _globals_read(function.__code__):
            value = function.__globals__.get(name)
            if isinstance(value, _DATA):
                found.setdefault(name, via)
            elif inspect.isfunction(value) and value.__globals__ is function.__globals__:
                look(value, name)

    if inspect.isfunction(answer):
        look(answer, "")
    return found


def never_read(answer):
    """The names that get a value of their own and are never read, but for those that begin with `_`.

    The count of a loop's rounds, and the second of two results, often need not be.
    """
    nodes = list(_nodes(answer))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    read |= {getattr(node.target, "id", "") for node in nodes if isinstance(node, (ast.For, ast.comprehension))}
    read |= {getattr(part, "id", "") for node in nodes if isinstance(node, ast.Tuple) for part in node.elts}
    read |= {getattr(node.target, "id", "") for node in nodes if isinstance(node, ast.AugAssign)}
    stored = dict.fromkeys(node.id for node in names if isinstance(node.ctx, ast.Store))
    return [name for name in stored if name not in read and not name.startswith("_")]


def keeps(answer):
    """Where an answer may keep what an earlier call has left, in words, or ""."""
    if not inspect.isfunction(answer):
        return ""
    for name, value in zip(reversed(_parameters(answer)), reversed(answer.__defaults__ or ())):
        if isinstance(value, (list, dict, set, np.ndarray, np.random.Generator)):
            text = repr(value) if not isinstance(value, np.random.Generator) else "..."
            shown = f"{name}={text}" if len(text) < 40 and "\n" not in text else f"{name}=..."
            return (
                f"A default value such as `{shown}` is made once, when the function is defined, and all calls "
                "share it. Make it inside of the function."
            )
    for name, via in notebook_data(answer).items():
        if isinstance(answer.__globals__.get(name), (list, dict, set, np.ndarray, np.random.Generator)):
            where = f", through `{via}`," if via else ""
            return (
                f"It uses `{name}` from the notebook{where or ','} which all calls share: what an earlier call has "
                "left there stays. Make a new one inside of the function."
            )
    return ""


def written_by(answer, name):
    """The operator of the first `name += ...` in an answer, or ""."""
    signs = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
    steps = [node for node in _nodes(answer) if isinstance(node, ast.AugAssign)]
    return next((signs.get(type(node.op), "") for node in steps if getattr(node.target, "id", "") == name), "")


def first_round(answer):
    """The `return` that ends a loop in its first round: (its text, its line), else None."""
    for node in _nodes(answer):
        if isinstance(node, (ast.For, ast.While)) and isinstance(node.body[-1], ast.Return):
            if any(isinstance(inner, (ast.Continue, ast.Break)) for inner in ast.walk(node)):
                continue
            return ast.unparse(node.body[-1]), node.body[-1].lineno
    return None


def raises_text(answer):
    """Whether somewhere a text is raised, as in `raise "shapes differ"`."""
    return any(
        isinstance(node, ast.Raise)
        and (isinstance(node.exc, ast.JoinedStr) or isinstance(getattr(node.exc, "value", None), str))
        and not isinstance(node.exc, ast.Attribute)
        for node in _nodes(answer)
    )


def makes_a_function(function):
    """Whether a function defines one inside and returns it."""
    inner = {constant.co_name for constant in _inner(function)}
    returned = [node.value for node in _nodes(function) if isinstance(node, ast.Return)]
    return any(
        isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in inner) for value in returned
    )


def _inner(function):
    code = getattr(function, "__code__", None)
    return [constant for constant in code.co_consts if isinstance(constant, types.CodeType)] if code else []


def _nodes(answer):
    named = inspect.isfunction(answer) and answer.__name__ != "<lambda>"  # a lambda's text is the line around it
    tree = attempt.syntax(answer) if named else None
    return ast.walk(tree) if tree else []


def _parameters(function):
    return list(function.__code__.co_varnames[: function.__code__.co_argcount])


@functools.lru_cache(maxsize=1024)  # a check asks this of the solution and of every declared mistake
def _read(code):
    """The local names that code reads, and those that functions inside of it share."""
    found = set(code.co_cellvars)
    for step in dis.get_instructions(code):
        if step.opname == "STORE_FAST_LOAD_FAST":
            found.add(step.argval[1])
        elif step.opname.startswith("LOAD_FAST") and step.opname != "LOAD_FAST_AND_CLEAR":
            found |= set(step.argval) if isinstance(step.argval, tuple) else {step.argval}
    return frozenset(found)


def _globals_read(code):
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_GLOBAL":
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_read(constant)
