"""The one small change that would make a wrong answer right: where it is, and what kind of thing.

Small changes are made to the reader's own text, one by one: another operator, parentheses elsewhere, a
factor, an axis, a statement moved into a loop. A change after which the answer is right on every case
names the mistake without anybody having declared it, and what it says is true by construction.

Nothing is tried with a function that leaves a trace outside or waits, nor beyond `PATIENCE` seconds of computing.
"""

import ast
import contextlib
import inspect
import itertools
import linecache
import sys
import textwrap
import time
import warnings
from dataclasses import dataclass, field

PATIENCE = 0.8  # seconds of computing in which all changes are tried
LONGEST = 5  # seconds in all

_LEAVE_A_TRACE = set(
    "open save savez savez_compressed savetxt dump tofile write write_text write_bytes unlink remove rename "
    "rmtree mkdir system run Popen input os shutil pathlib subprocess sys "
    "display plt pyplot matplotlib show figure subplots savefig to_csv sleep".split()
)


@dataclass
class Edit:
    """One change of a syntax tree.

    places : (holder, key, new) each; `holder` is a node with attribute `key`, or a list with that index.
    words : what is wrong there, to stand after "In line 3, ".
    kind : edits of one kind may be made together, in several places at once.
    zero : names that have to start at 0, before everything else.
    """

    line: int
    words: str
    kind: object
    places: list
    zero: list = field(default_factory=list)
    also_at: list = field(default_factory=list)  # further lines


def mend(answer, is_right, parameters, unused=()):
    """A sentence about the one change that makes `answer` right, else None.

    is_right : what tells whether a changed function is right; it stops at the first wrong case.
    parameters : the answer's own, by name. unused : those of them that the answer doesn't read but should.
    """
    definition = _definition(answer)
    if definition is None or _words_in(answer.__code__) & _LEAVE_A_TRACE:
        return None
    stop, late = time.process_time() + PATIENCE, time.monotonic() + LONGEST
    with _undisplayed(), warnings.catch_warnings(action="ignore"):
        for edit in _all_edits(definition, list(parameters), list(unused)):
            if time.process_time() > stop or time.monotonic() > late:
                return None
            changed = _applied(edit, definition, answer)
            if changed is not None and is_right(changed):
                lines = sorted({edit.line, *edit.also_at})
                where = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines))}"
                return f"One change makes it right. In {where}, {edit.words}."
    return None


def _undisplayed():
    """A context in which nothing is displayed in a notebook: a helper of the reader's may do so at every call."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return contextlib.nullcontext()
    from IPython.utils.capture import capture_output

    return capture_output(stdout=False, stderr=False)


def _definition(answer):
    """The `def` of a plain function as a syntax tree, or None."""
    if not inspect.isfunction(answer) or answer.__code__.co_freevars:
        return None
    text = linecache.getlines(answer.__code__.co_filename)
    try:
        text = textwrap.dedent("".join(inspect.getblock(text[answer.__code__.co_firstlineno - 1 :])))
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text)
    except (SyntaxError, IndexError, ValueError):
        return None
    for node in ast.walk(tree):
        node.text = ast.get_source_segment(text, node) if isinstance(node, (ast.expr, ast.stmt)) else None
    found = tree.body[0] if tree.body else None
    plain = isinstance(found, ast.FunctionDef) and found.name == answer.__code__.co_name
    return found if plain and not found.decorator_list else None


def _words_in(code):
    inner = [_words_in(constant) for constant in code.co_consts if isinstance(constant, type(code))]
    return {*code.co_names, *itertools.chain(*inner)}


def _applied(edit, definition, answer):
    """The function with that change made; None where it can't be compiled."""
    before = []
    try:
        for holder, key, new in edit.places:
            before.append((holder, key, holder[key] if isinstance(holder, list) else getattr(holder, key)))
            _put(holder, key, new)
        body = definition.body
        body = [*(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(0)) for name in edit.zero), *body]
        changed = ast.FunctionDef(
            **{name: getattr(definition, name) for name in definition._fields} | {"body": body}, lineno=1, col_offset=0
        )
        module = ast.Module([ast.fix_missing_locations(changed)], [])
        namespace = dict(answer.__globals__)
        exec(compile(module, "<changed>", "exec"), namespace)
        return namespace[definition.name]
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    finally:
        for holder, key, old in reversed(before):
            _put(holder, key, old)


def _put(holder, key, value):
    if isinstance(holder, list):
        holder[key] = value
    else:
        setattr(holder, key, value)


def _all_edits(definition, parameters, unused):
    """Every change that is tried, the likely ones first; then those of one kind all at once."""
    names = _local_names(definition, parameters)
    for rule in (
        _unused_rules(unused),
        _guard_rules,
        _expression_rules,
        _statement_rules,
        _name_rules(names, parameters),
        _size_rules(names, parameters),
        _factor_rules,
        _place_rules(names),
    ):
        several = {}
        for edit in rule(definition):
            if edit.kind is not None:
                several.setdefault(edit.kind, []).append(edit)
            yield edit
        for edits in several.values():
            if 1 < len(edits) < 12:
                yield _together(edits)


def _together(edits):
    first = edits[0]
    places = [place for edit in edits for place in edit.places]
    zero = [name for edit in edits for name in edit.zero]
    return Edit(first.line, first.words, None, places, zero, [edit.line for edit in edits[1:]])


# ---- Walking ----------------------------------------------------------------------------------------


def _expressions(tree):
    """(holder, key, node, line, statement) for each expression in the body of a function, outermost first."""

    def inside(node, line, statement):
        for name, value in ast.iter_fields(node):
            for holder, key, child in (
                [(value, i, v) for i, v in enumerate(value)] if isinstance(value, list) else [(node, name, value)]
            ):
                if isinstance(child, ast.expr):
                    yield holder, key, child, child.lineno, statement
                if isinstance(child, ast.AST) and not isinstance(child, ast.arguments):
                    here = child if isinstance(child, ast.stmt) else statement
                    yield from inside(child, getattr(child, "lineno", line), here)

    yield from inside(ast.Module(tree.body, []), 1, None)


def _bodies(tree):
    """(holder, key, list of statements, the loops and conditions around it), each list in a function."""

    def inside(node, around):
        for key in ("body", "orelse"):
            statements = getattr(node, key, None)
            if isinstance(statements, list) and statements and isinstance(statements[0], ast.stmt):
                yield node, key, statements, around
                for child in statements:
                    yield from inside(child, [*around, child])

    yield from inside(tree, [])


def _local_names(definition, parameters):
    stored = [n.id for n in ast.walk(definition) if _is_stored(n)]
    return list(dict.fromkeys([*parameters, *stored]))


def _text(node):
    """The reader's own text of a node, short."""
    text = getattr(node, "text", None) or ast.unparse(node)
    return text if len(text) <= 40 else text[:37] + "..."


def _operand(operation, node):
    """The reader's own text of the first or last operand of an operation, with the parentheses around it."""
    first = node is getattr(operation, "left", None)
    outer, inner = (
        (n.lineno, n.col_offset) if first else (n.end_lineno, n.end_col_offset) for n in (operation, node)
    )  # the operation reaches farther than its operand where a parenthesis stands between them
    return _text(node) if outer == inner else f"({_text(node)})"


def _name(name):
    return ast.Name(name, ast.Load())


def _attribute(value, name):
    return ast.Attribute(value, name, ast.Load())


def _number(value):
    return ast.Constant(value)


def _is_one(node):
    return isinstance(node, ast.Constant) and node.value == 1


def _is_stored(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_loaded(node):
    return isinstance(getattr(node, "ctx", None) or ast.Load(), ast.Load)


def _called(node):
    """What a call calls, in words: "np.mean", or ".mean" for a method; "" for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute):
        module = isinstance(function.value, ast.Name) and function.value.id in ("np", "numpy", "math")
        return ast.unparse(function) if module else f".{function.attr}"
    return ""


# ---- Parameters that are not read -------------------------------------------------------------------


def _unused_rules(unused):
    operators = [
        (ast.Mult, "multiplied by"),
        (ast.Sub, "subtracted from"),
        (ast.Add, "added to"),
        (ast.Div, "divided by"),
        (ast.MatMult, "multiplied by"),
        (ast.Pow, "raised to"),
    ]

    def rules(tree):
        for name in unused:
            for holder, key, node, line, _ in _expressions(tree):
                if not _is_loaded(node) or isinstance(node, ast.Constant) and not isinstance(node.value, (int, float)):
                    continue
                if isinstance(node, (ast.Name, ast.Constant)):
                    there = f"`{_text(node)}` stands in its place"
                    if isinstance(node, ast.Constant):
                        there += ", whatever comes in"
                    words = f"`{name}` is not used: {there}"
                    yield Edit(line, words, ("unused", name, ast.dump(node)), [(holder, key, _name(name))])
                if not isinstance(node, (ast.Name, ast.BinOp, ast.Call)):
                    continue
                for operator, verb in operators:
                    this = f"`{_text(node)}`"
                    if verb == "subtracted from" or verb == "added to":
                        words = f"`{name}` is not used: it is never {verb} {this}"
                    else:
                        words = f"`{name}` is not used: {this} is never {verb} it"
                    new = ast.BinOp(node, operator(), _name(name))
                    yield Edit(line, words, ("unused", name, operator), [(holder, key, new)])

    return rules


# ---- Expressions ------------------------------------------------------------------------------------

_OTHER_OPERATORS = {
    ast.FloorDiv: [(ast.Div, "`//` divides to a whole number; `/` keeps what is behind the point")],
    ast.Div: [(ast.Mult, "`/` divides where something is multiplied"), (ast.FloorDiv, "a whole number is needed")],
    ast.Mult: [
        (ast.Pow, "`*` stands where a power `**` is meant"),
        (ast.Add, "`*` multiplies where something is added"),
        (ast.Div, "`*` multiplies where something is divided"),
        (ast.MatMult, "`*` multiplies entry by entry; the matrix product is `@`"),
    ],
    ast.Add: [
        (ast.Sub, "the sign is swapped: `+` stands where `-` belongs"),
        (ast.Mult, "`+` adds where something is multiplied"),
    ],
    ast.Sub: [
        (ast.Add, "the sign is swapped: `-` stands where `+` belongs"),
        (ast.Div, "`-` subtracts where something is divided"),
        (ast.Mult, "`-` subtracts where something is multiplied"),
    ],
    ast.Pow: [(ast.Mult, "`**` is a power; multiply with `*`")],
    ast.MatMult: [(ast.Mult, "`@` is the matrix product; entry by entry it is `*`")],
    ast.BitXor: [(ast.Pow, "a power is written `**`; `^` is something else")],
    ast.Mod: [(ast.FloorDiv, "`%` gives the remainder; `//` tells how often it fits")],
}

_SIGNS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.Mod: "%",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
}

_FAMILIES = [
    "mean sum median max min std var prod average len".split(),
    "maximum minimum max min".split(),
    "argmin argmax".split(),
    "any all".split(),
    "floor ceil round rint".split(),
    "zeros ones".split(),
    "zeros_like ones_like empty_like".split(),
    "vstack hstack concatenate column_stack".split(),
    "abs square sqrt".split(),
    "permutation choice integers".split(),
    "normal uniform".split(),
]

_WHAT_IT_DOES = {
    "abs": "it drops the sign",
    "sqrt": "it takes a root",
    "maximum": "it changes what is below 0",
    "round": "it rounds",
    "int": "it cuts off the decimals",
    "square": "it squares",
    "exp": "it takes a power of e",
    "log": "it takes a logarithm",
    "sum": "it adds everything up",
    "mean": "it averages",
    "tanh": "that was done already, or isn't asked for",
    "sorted": "it changes the order",
    "sort": "it changes the order",
}


def _expression_rules(tree):
    for holder, key, node, line, _ in _expressions(tree):
        if not _is_loaded(node):
            continue

        def edit(new, words, *kind, holder=holder, key=key, line=line):
            return Edit(line, words, kind or (words,), [(holder, key, new)])

        if isinstance(node, ast.BinOp):
            yield from _of_operation(node, edit)
        elif isinstance(node, ast.Call):
            yield from _of_call(node, edit)
        elif isinstance(node, ast.Compare):
            yield from _of_comparison(node, edit)
        elif isinstance(node, ast.Subscript):
            yield from _of_index(node, edit)
        elif isinstance(node, ast.Attribute) and node.attr == "T":
            yield edit(node.value, f"`{_text(node)}` is transposed; it should not be", ".T")
        elif isinstance(node, ast.UnaryOp):
            words = f"`{_text(node)}` has the sign swapped"
            if isinstance(node.op, ast.Not):
                words = "the condition is the other way round"
            yield edit(node.operand, words)
        elif isinstance(node, ast.IfExp):
            yield edit(ast.IfExp(node.test, node.orelse, node.body), "the condition is the other way round")
        elif isinstance(node, (ast.Tuple, ast.List)) and 2 <= len(node.elts) <= 4:
            for i, j in itertools.combinations(range(len(node.elts)), 2):
                elements = list(node.elts)
                elements[i], elements[j] = elements[j], elements[i]
                words = f"`{_text(node.elts[i])}` and `{_text(node.elts[j])}` have changed places"
                yield edit(type(node)(elements, ast.Load()), words)


def _of_operation(node, edit):
    operator, left, right = type(node.op), node.left, node.right
    sign = _SIGNS.get(operator, "")
    where = f" in `{_text(node)}`" if "..." not in _text(node) else ""
    if operator is ast.Pow and _text(right) == "2":
        yield edit(left, f"the square{where} is one too many")
    yield edit(left, f"`{sign} {_operand(node, right)}`{where} is one too many", "right", sign, ast.dump(right))
    yield edit(right, f"`{_operand(node, left)} {sign}`{where} is one too many", "left", sign, ast.dump(left))
    for other, words in _OTHER_OPERATORS.get(operator, []):
        if other in (ast.Mult, ast.Div, ast.Pow) and (_is_one(left) or _is_one(right)):
            continue  # a detour for leaving the 1 out
        yield edit(ast.BinOp(left, other(), right), words, operator, other)
    for inner, new in _regrouped(node):
        yield edit(new, f"`{_text(inner)}` has to be computed first: look at the parentheses")
    if isinstance(left, ast.Call) and left.args:
        first, *others = left.args
        call = ast.Call(left.func, [ast.BinOp(first, node.op, right), *others], left.keywords)
        first_this = "square first" if operator is ast.Pow and _text(right) == "2" else "first that"
        inside = f"inside of `{_called(left)}(...)`: {first_this}, then the call"
        yield edit(call, f"`{sign} {_operand(node, right)}` belongs {inside}")
    if operator in (ast.Sub, ast.Div, ast.FloorDiv, ast.MatMult, ast.Pow, ast.Mod):
        swapped = ast.BinOp(right, node.op, left)
        yield edit(swapped, f"the two sides of `{sign}` in `{_text(node)}` have changed places", "swap", operator)
    if operator is ast.Pow:
        yield edit(ast.Call(_name("abs"), [left], []), f"`{_text(node)}` is squared; its size is meant", "abs")
    if operator is ast.MatMult:
        yield edit(ast.BinOp(left, node.op, _attribute(right, "T")), f"`{_text(right)}` has to be transposed")
        yield edit(ast.BinOp(_attribute(left, "T"), node.op, right), f"`{_text(left)}` has to be transposed")
    if operator is ast.Mult and isinstance(left, ast.List) and len(left.elts) == 1:
        each = ast.ListComp(
            left.elts[0], [ast.comprehension(ast.Name("_", ast.Store()), ast.Call(_name("range"), [right], []), [], 0)]
        )
        yield edit(each, f"`{_text(node)}` makes many names for one and the same {_kind(left.elts[0])}")


def _kind(node):
    return {ast.Dict: "dict", ast.List: "list"}.get(type(node), "thing")


def _regrouped(node):
    """(what is then computed first, the new tree) for the other places of the parentheses."""
    spine, side = node.left, []
    while isinstance(spine, ast.BinOp):
        inner = ast.BinOp(spine.right, node.op, node.right)
        new = ast.BinOp(spine.left, spine.op, inner)
        for outer in reversed(side):
            new = ast.BinOp(outer.left, outer.op, new)
        yield inner, new
        side.append(spine)
        spine = spine.right
    spine, side = node.right, []
    while isinstance(spine, ast.BinOp):
        inner = ast.BinOp(node.left, node.op, spine.left)
        new = ast.BinOp(inner, spine.op, spine.right)
        for outer in reversed(side):
            new = ast.BinOp(new, outer.op, outer.right)
        yield inner, new
        side.append(spine)
        spine = spine.left


def _of_call(node, edit):
    name = _called(node)
    last = name.rpartition(".")[2]
    method = name.startswith(".")
    inner = [node.func.value] if method else node.args[:2]
    # Less of it.
    for argument in inner:
        words = f"`{name.lstrip('.')}` is one too many"
        if last in _WHAT_IT_DOES:
            words += f": {_WHAT_IT_DOES[last]}"
        yield edit(argument, words, "unwrap", name)
    # Another function of the same family.
    for family in _FAMILIES:
        if last not in family:
            continue
        for other in family:
            if other == last:
                continue
            if isinstance(node.func, ast.Attribute):
                function = _attribute(node.func.value, other)
            else:
                function = _name(other)
            module = name[: -len(last)].lstrip(".")
            words = f"`{module}{last}` is not what is needed: think of `{module}{other}`"
            new = ast.Call(function, node.args, node.keywords)
            yield edit(new, words, "family", last, other)
            if last in ("max", "min", "sum", "len", "abs") and isinstance(node.func, ast.Name):
                numpys = _attribute(_name("np"), other)
                yield edit(ast.Call(numpys, node.args, node.keywords), words, "np family", last, other)
    # Calls that contain, or should contain, a square.
    if last == "var" and inner:
        square = ast.BinOp(inner[0], ast.Pow(), _number(2))
        words = "the variance is taken around the mean; the mean of the squares is asked for"
        yield edit(ast.Call(_attribute(_name("np"), "mean"), [square], []), words)
    if last == "mean" and inner:
        core = inner[0]
        if _called(core).endswith("square"):
            squared = core.args[0] if core.args else core.func.value
        elif isinstance(core, ast.BinOp) and isinstance(core.op, ast.Pow):
            squared = core.left
        else:
            squared = None
        if squared is not None:
            words = "the mean is not subtracted before squaring (`np.var` does both)"
            yield edit(ast.Call(_attribute(_name("np"), "var"), [squared], []), words)
    if last in ("abs", "fabs") and inner:
        square = ast.BinOp(inner[0], ast.Pow(), _number(2))
        yield edit(square, f"`{_text(node)}` is the distance; its square is asked for", "square")
    # An axis.
    if last in ("mean", "sum", "max", "min", "std", "var", "any", "all", "argmin", "argmax", "prod", "concatenate"):
        others = [k for k in node.keywords if k.arg != "axis"]
        had = next((_text(k.value) for k in node.keywords if k.arg == "axis"), None)
        for axis in (0, 1, None):
            if str(axis) == had:
                continue
            keywords = others if axis is None else [*others, ast.keyword("axis", _number(axis))]
            if axis is None:
                words = f"`axis={had}` keeps rows or columns apart; all numbers belong together"
            elif had is None:
                words = f"`{name.lstrip('.')}` goes over everything at once; an axis is missing"
            else:
                words = f"`axis={had}` is the wrong axis"
            yield edit(ast.Call(node.func, node.args, keywords), words, "axis", last, axis)
    if len(node.args) == 1 and isinstance(node.args[0], (ast.BinOp, ast.Compare)) and not node.keywords:
        core = node.args[0]
        call = ast.Call(node.func, [core.left], [])
        if isinstance(core, ast.BinOp):
            outside = _operand(core, core.right)
            new = ast.BinOp(call, core.op, core.right)
            yield edit(new, f"`{_SIGNS.get(type(core.op), '')} {outside}` belongs outside of `{name}(...)`")
    # The order of its arguments.
    for i, j in itertools.combinations(range(min(len(node.args), 4)), 2):
        arguments = list(node.args)
        arguments[i], arguments[j] = arguments[j], arguments[i]
        words = f"`{_text(node.args[i])}` and `{_text(node.args[j])}` stand in the wrong order"
        yield edit(ast.Call(node.func, arguments, node.keywords), words)
    if node.args and len(node.keywords) == 1:
        swapped = ast.keyword(node.keywords[0].arg, node.args[0])
        words = f"`{_text(node.args[0])}` and `{_text(node.keywords[0].value)}` have changed places"
        yield edit(ast.Call(node.func, [node.keywords[0].value, *node.args[1:]], [swapped]), words)
    # Where a range begins and ends; one of many results.
    if last == "range" and node.args:
        end = node.args[-1] if len(node.args) < 3 else node.args[1]
        if len(node.args) == 2:
            words = f"the loop starts at `{_text(node.args[0])}`: the first is left out"
            yield edit(ast.Call(node.func, [end], []), words, "from 0")
        more = ast.BinOp(end, ast.Add(), _number(1))
        less = ast.BinOp(end, ast.Sub(), _number(1))
        begin = node.args[:1] if len(node.args) > 1 else [_number(0)]
        step = node.args[2:]
        yield edit(ast.Call(node.func, [*begin, more, *step], []), "the loop ends one too early: the last is left out")
        yield edit(ast.Call(node.func, [*begin, less, *step], []), "the loop ends one too late")
        if len(node.args) == 1:
            yield edit(ast.Call(node.func, [_number(1), end], []), "the loop starts one too early: with 0")
    elif not method and not name.startswith(("np.", "numpy.", "math.")):
        for place, word in ((-1, "last"), (0, "first")):
            new = ast.Subscript(node, _number(place), ast.Load())
            words = f"`{name}(...)` gives a list of several; only the {word} of them belongs here"
            yield edit(new, words, "pick", place, name)


def _of_comparison(node, edit):
    if len(node.ops) != 1:
        return
    operator, left, right = type(node.ops[0]), node.left, node.comparators[0]
    opposite = {
        ast.Lt: ast.GtE,
        ast.GtE: ast.Lt,
        ast.Gt: ast.LtE,
        ast.LtE: ast.Gt,
        ast.Eq: ast.NotEq,
        ast.NotEq: ast.Eq,
        ast.Is: ast.IsNot,
        ast.IsNot: ast.Is,
    }
    sign = _SIGNS.get(operator)
    if sign is None:
        return
    if operator in (ast.Is, ast.IsNot):
        other = ast.Eq if operator is ast.Is else ast.NotEq
        words = f"`{sign}` asks whether two things are one object; `{_SIGNS[other]}` compares what they hold"
        yield edit(ast.Compare(left, [other()], [right]), words)
    there = _operand(node, right)
    for other in (ast.Eq, ast.LtE, ast.GtE, ast.Lt, ast.Gt, ast.NotEq):
        if other is operator:
            continue
        words = f"`{sign} {there}` is not the right comparison: think of `{_SIGNS[other]} {there}`"
        if other is opposite[operator]:
            words = f"the condition `{_text(node)}` is the other way round"
        yield edit(ast.Compare(left, [other()], [right]), words, operator, other)
    if isinstance(left, ast.Call) and left.args:
        first, *others = left.args
        new = ast.Call(left.func, [ast.Compare(first, node.ops, [right]), *others], left.keywords)
        words = f"`{sign} {there}` belongs inside of `{_called(left)}(...)`: first compare, then the call"
        yield edit(new, words)


def _of_index(node, edit):
    index = node.slice
    whole = _text(node.value)
    part = "only a part"
    if isinstance(index, ast.Slice):
        if index.lower is None and isinstance(index.upper, ast.UnaryOp):
            part = "all but the last"
        elif index.upper is None and isinstance(index.lower, ast.Constant):
            part = "all but the first"
        elif index.lower is None and index.upper is not None:
            part = "only the first part"
    elif isinstance(index, ast.Constant) and index.value == 0:
        part = "only the first row or entry"
    elif isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant) and index.operand.value == 1:
        part = "only the last row or entry"
    elif isinstance(index, ast.Tuple):
        part = "only one column or row"
    words = f"`{_text(node)}` is {part}; every part of `{whole}` counts"
    if any(isinstance(node, ast.Constant) and node.value is None or _called_newaxis(node) for node in ast.walk(index)):
        words = f"`{_text(node)}` has an axis too many: `{whole}` alone is meant"
    yield edit(node.value, words, "whole", ast.dump(index))
    if part.startswith("only"):
        total = ast.Call(_attribute(node.value, "sum"), [], [ast.keyword("axis", _number(0))])
        yield edit(total, f"`{_text(node)}` is {part}; the sum over all of them is asked for", "sum", ast.dump(index))
    if not isinstance(index, (ast.Slice, ast.Tuple)) and not isinstance(getattr(index, "value", 0), str):
        for sign in (ast.Add, ast.Sub):
            new = ast.Subscript(node.value, ast.BinOp(index, sign(), _number(1)), ast.Load())
            yield edit(new, f"the index in `{_text(node)}` is off by one", "index", sign, ast.dump(index))


def _called_newaxis(node):
    return isinstance(node, ast.Attribute) and node.attr == "newaxis"


# ---- Statements -------------------------------------------------------------------------------------


def _guard_rules(tree):
    """An `if` that is one too many: tried before anything is changed inside of its condition."""
    for _, _, body, _ in _bodies(tree):
        for i, statement in enumerate(body):
            if isinstance(statement, ast.If):
                stops = any(isinstance(each, (ast.Break, ast.Return)) for each in statement.body)
                words = f"`{_head(statement)}` {'stops too early' if stops else 'is one too many'}"
                yield Edit(statement.lineno, words, words, [(body, i, ast.Pass())])


def _statement_rules(tree):
    loops = (ast.For, ast.While)
    outside = {argument.arg for argument in tree.args.args}
    for _, _, body, around in _bodies(tree):
        if not any(isinstance(node, loops) for node in around):
            outside |= {n.id for s in body if not isinstance(s, loops) for n in ast.walk(s) if _is_stored(n)}
    for holder, key, body, around in _bodies(tree):
        in_loop = any(isinstance(node, loops) for node in around)
        for i, statement in enumerate(body):
            line = statement.lineno
            targets = getattr(statement, "targets", [getattr(statement, "target", None)])
            target = targets[0].id if targets and isinstance(targets[0], ast.Name) else None

            def edit(words, *places, line=line, kind=None, zero=()):
                return Edit(line, words, kind or words, list(places), list(zero))

            def without(*gone, body=body):
                return [s for s in body if s not in gone] or [ast.Pass()]

            if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and target and in_loop:
                words = f"`{target} = ...` overwrites what the rounds before have left; it has to be added (`+=`)"
                if isinstance(statement.value, ast.UnaryOp) or _starts_with_minus(statement.value):
                    words = f"`{target} = -...` throws away the old `{target}`; to go on from it, write `-=`"
                zero = [] if target in outside else [target]
                new = ast.AugAssign(ast.Name(target, ast.Store()), ast.Add(), statement.value)
                yield edit(words, (body, i, new), kind="+=", zero=zero)
            if isinstance(statement, ast.Assign) and isinstance(targets[0], ast.Tuple) and len(targets[0].elts) == 2:
                one, other = targets[0].elts
                words = f"`{_text(one)}` and `{_text(other)}` have changed places: they come the other way around"
                new = ast.Assign([ast.Tuple([other, one], ast.Store())], statement.value)
                yield edit(words, (body, i, new))
            if isinstance(statement, ast.AugAssign):
                pairs = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
                other = pairs.get(type(statement.op))
                sign = _SIGNS.get(type(statement.op), "")
                if other:
                    new = ast.AugAssign(statement.target, other(), statement.value)
                    words = f"`{sign}=` goes the wrong way: `{_SIGNS[other]}=` is meant"
                    yield edit(words, (body, i, new), kind=("aug", sign))
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                call = statement.value
                for argument in call.args[:2]:
                    if isinstance(argument, ast.Name):
                        new = ast.Assign([ast.Name(argument.id, ast.Store())], call)
                        words = f"the result of `{_called(call)}(...)` is thrown away: assign it to a name"
                        yield edit(words, (body, i, new))
            if isinstance(statement, ast.If):
                words = f"the condition `{_text(statement.test)}` is the other way round"
                yield edit(words, (statement, "test", ast.UnaryOp(ast.Not(), statement.test)))
            if isinstance(statement, loops):
                inner = statement.body
                # Out of the loop, at its end and at its start; into it, from behind and from before.
                for k in (1, 2):
                    if len(inner) > k:
                        last = inner[-k]
                        words = f"`{_head(last)}` stands inside of the loop; it belongs behind it, further left"
                        if isinstance(last, ast.Return):
                            words = f"`{_head(last)}` stands inside of the loop and ends it in its first round"
                        yield Edit(
                            last.lineno,
                            words,
                            ("out", id(statement), k),
                            [
                                (statement, "body", inner[:-k]),
                                (holder, key, [*body[: i + 1], *inner[-k:], *body[i + 1 :]]),
                            ],
                        )
                    behind = body[i + 1 : i + 1 + k]
                    if len(behind) == k and not isinstance(behind[-1], ast.Return):
                        words = f"`{_head(behind[0])}` stands behind the loop; it belongs inside, in every round"
                        yield Edit(
                            behind[0].lineno,
                            words,
                            ("in", id(statement), k),
                            [(statement, "body", [*inner, *behind]), (holder, key, without(*behind))],
                        )
                    before = body[max(i - k, 0) : i]
                    if len(before) == k:
                        words = (
                            f"`{_head(before[0])}` stands before the loop, so each round goes on from what the earlier "
                            "ones have left; it belongs inside, anew in every round"
                        )
                        yield Edit(
                            before[0].lineno,
                            words,
                            ("in", id(statement), -k),
                            [(statement, "body", [*before, *inner]), (holder, key, without(*before))],
                        )
                if len(inner) > 1:
                    words = (
                        f"`{_head(inner[0])}` stands inside of the loop and starts anew in every round; put it before"
                    )
                    yield Edit(
                        inner[0].lineno,
                        words,
                        ("before", id(statement)),
                        [(statement, "body", inner[1:]), (holder, key, [*body[:i], inner[0], *body[i:]])],
                    )
            if isinstance(statement, ast.Return) and statement.value is not None:
                if not isinstance(statement.value, (ast.Tuple, ast.Constant)):
                    for place, word in ((-1, "last"), (0, "first")):
                        new = ast.Subscript(statement.value, _number(place), ast.Load())
                        words = f"a list of several is returned; only the {word} of them is asked for"
                        yield edit(words, (statement, "value", new))
                for name in sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - {"np"}):
                    words = f"what is returned is not it; `{name}` is"
                    yield edit(words, (statement, "value", _name(name)))
            elif not isinstance(statement, ast.If):  # that is one of the guards
                yield edit(f"`{_head(statement)}` is one too many", (holder, key, without(statement)))
            if i + 1 < len(body) and not isinstance(body[i + 1], ast.Return):
                swapped = [*body[:i], body[i + 1], statement, *body[i + 2 :]]
                words = f"`{_head(statement)}` comes too early: the line after it has to come first"
                yield edit(words, (holder, key, swapped))


def _starts_with_minus(node):
    while isinstance(node, ast.BinOp):
        node = node.left
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _head(statement):
    """The first line of a statement, short."""
    text = (getattr(statement, "text", None) or ast.unparse(statement)).splitlines()[0]
    return text if len(text) <= 40 else text[:37] + "..."


# ---- Names, numbers, factors ------------------------------------------------------------------------


def _name_rules(names, parameters):
    """One name for another: everywhere."""

    def rules(tree):
        loads, stores = _places_of_names(tree)
        for one, other in itertools.permutations(names, 2):
            everywhere = [*stores.get(one, []), *loads.get(one, [])]
            if one in parameters or len(everywhere) < 2:
                continue
            line = min(line for *_, line in everywhere)
            contexts = [ast.Store] * len(stores.get(one, [])) + [ast.Load] * len(loads.get(one, []))
            places = [(h, k, ast.Name(other, c())) for (h, k, _), c in zip(everywhere, contexts)]
            words = f"`{one}` is a new name, so `{other}` stays what it was at the start and is never carried on"
            yield Edit(line, words, None, places)
            places = [(h, k, _name(other)) for h, k, _ in loads.get(one, [])]
            yield Edit(line, f"`{one}` stands where `{other}` belongs", None, places)
        for one, other in itertools.combinations(parameters, 2):
            if one in loads and other in loads:
                places = [(h, k, _name(other)) for h, k, _ in loads[one]]
                places += [(h, k, _name(one)) for h, k, _ in loads[other]]
                lines = sorted({line for *_, line in loads[one] + loads[other]})
                words = f"`{one}` and `{other}` have changed places (swapped)"
                yield Edit(lines[0], words, None, places, [], lines[1:])

    return rules


def _places_of_names(tree):
    """(loads, stores): {name: [(holder, key, line), ...]} each."""
    loads, stores = {}, {}
    for holder, key, node, line, _ in _expressions(tree):
        if isinstance(node, ast.Name):
            (loads if _is_loaded(node) else stores).setdefault(node.id, []).append((holder, key, line))
    return loads, stores


# Divided, an array of whole numbers that these make becomes one of fractions, which is another mistake's remedy.
_MAKERS = set("zeros zeros_like ones ones_like empty empty_like full full_like array".split())


def _size_rules(names, parameters):
    """Numbers that should be others, and results that should be divided by a number of rows or entries."""
    sizes = []
    for name in parameters:
        sizes.append((ast.Call(_name("len"), [_name(name)], []), f"how many entries or rows `{name}` has"))
        sizes.append((_attribute(_name(name), "size"), f"how many entries `{name}` has"))

    def rules(tree):
        limits = any(isinstance(node, ast.Compare) or _called(node) in ("min", "max") for node in ast.walk(tree))
        for holder, key, node, line, statement in _expressions(tree):
            if not (isinstance(node, ast.Constant) and type(node.value) in (int, float)):
                continue
            inside = any(isinstance(n, ast.List) and n.elts is holder for n in ast.walk(statement))
            whole = holder if isinstance(holder, ast.UnaryOp) else node  # -1 is the 1 with a sign before it
            this = f"{'the entry ' if inside else ''}`{_text(whole)}`"
            for new, text in (("inf", "larger"), ("-inf", "smaller")):
                if limits:
                    limit = _attribute(_name("np"), "inf")
                    limit = limit if new == "inf" else ast.UnaryOp(ast.USub(), limit)
                    words = f"{this} is where it starts, so numbers {text} than that never count; start with `{new}`"
                    yield Edit(line, words, None, [(holder, key, limit)])
            value = node.value
            for new in (value + 1, value - 1, 2 * value, value / 2, -value, 0, 1, 2):
                if new != value:
                    words = f"{this} is not the right number"
                    yield Edit(line, words, ("number", value, new), [(holder, key, _number(new))])
            for size, words in sizes:
                kind = ("size", node.value, words)
                yield Edit(line, f"{this} is fixed; it has to be {words}", kind, [(holder, key, size)])
            for name in names:
                words = f"{this} is fixed, whatever comes in; `{name}` belongs there"
                yield Edit(line, words, None, [(holder, key, _name(name))])
        for holder, key, node, line, _ in _expressions(tree):
            if isinstance(node, (ast.Call, ast.BinOp)) and _called(node).rpartition(".")[2] not in _MAKERS:
                for size, words in sizes:
                    new = ast.BinOp(node, ast.Div(), size)
                    yield Edit(line, f"`{_text(node)}` has to be divided by {words}", None, [(holder, key, new)])

    return rules


def _factor_rules(tree):
    for holder, key, node, line, _ in _expressions(tree):
        if isinstance(node, (ast.Name, ast.Call, ast.BinOp, ast.Subscript)) and _is_loaded(node):
            for new, words in (
                (ast.BinOp(_number(2), ast.Mult(), node), "is half of what it should be"),
                (ast.BinOp(node, ast.Div(), _number(2)), "is twice what it should be"),
                (ast.UnaryOp(ast.USub(), node), "has the sign swapped"),
                (_attribute(node, "T"), "has to be transposed"),
            ):
                yield Edit(line, f"`{_text(node)}` {words}", (words, ast.dump(node)), [(holder, key, new)])


def _place_rules(names):
    """One name for another: in one place."""

    def rules(tree):
        loads, stores = _places_of_names(tree)
        for places, context in ((stores, ast.Store), (loads, ast.Load)):
            for one, other in itertools.product(places, names):
                for holder, key, line in places[one] if one != other else []:
                    words = f"`{one}` stands where `{other}` belongs"
                    yield Edit(line, words, None, [(holder, key, ast.Name(other, context()))])

    return rules
