"""The one form that every chapter has: how its file is written, and what its pages hold.

`normal_text` writes a notebook in the normal form; `problems` lists where a chapter is not in it. Both read the
raw JSON: nbformat repairs on reading what is to be seen here.
"""

import ast
import json
import re
import symtable
from pathlib import Path

from nnlib.classroom import CHAPTER, WIDGET_VIEW, names_in_checks, normal_text

IGNORE_OUTPUT = "nbval-ignore-output"
CELL_METADATA = {"tags", "jupyter"}
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
MOST_LINES = 15  # of a code cell
MOST_IGNORED_OUTPUTS = 3  # in a chapter
LEAST_WORDS_PER_LINE = 4  # words of prose for a line of code
LEAST_ALT = 20  # characters of a picture's text alternative
LEAST_EXERCISES = 3
PICTURE_WITHIN = 8  # cells from the top
MOST_CODE_WIDTH = 96  # characters; a default window cuts longer lines

# What a reader's time goes into. The main path of a chapter is all before "## Deeper".
WORDS_A_MINUTE = 130
LINES_A_MINUTE = 12  # of code, read
MINUTES = {"exercise": 4, "prediction": 1, "live figure": 3, "recall": 0.5}
MOST_MINUTES = {1: 60, 2: 100}  # by the number of sittings
MOST_WORDS = {1: 2600, 2: 3600}
MOST = {1: {"exercise": 5, "prediction": 8}, 2: {"exercise": 8, "prediction": 12}}
DEEPER = re.compile(r"^## Deeper\b", re.MULTILINE)
SECOND_SITTING = re.compile(r"^## Second sitting\b", re.MULTILINE)
STATED_MINUTES = re.compile(r"(?<=\*\*Minutes\*\* about )\d+(?: in two sittings of \d+ and \d+)?(?=\n|$)")

OPENING = {
    "**You will**": r"\*\*You will[:.]?\*\*",
    "**You will be able to**": r"\*\*You will be able to[:.]?\*\*",
    "**You need**": r"\*\*You need[:.]?\*\*",
    "**Minutes** and their number": r"\*\*Minutes[:.]?\*\*\D{0,12}\d",
}
CLOSING = ["## What you can now do"]
CLOSING_AFTER_THE_TOUR = ["## Exercises", "## In practice"]  # chapter 00 is the tour

READABLE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
RANDOM_ID = re.compile(r"(?=.*\d)[0-9a-f]{8,}(-[0-9a-f]{4}.*)?")
NBVAL_COMMENT = re.compile(r"^\s*#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.MULTILINE)
DEFAULT_TEXT = re.compile(r"<.*>", re.DOTALL)  # <Figure size 640x480 with 1 Axes>


# --- reading ------------------------------------------------------------------------------------------------------


def chapters(folder):
    """The chapters in a folder, in their order, and after them the appendices, A1 and so on."""
    return sorted(path for path in Path(folder).glob("*.ipynb") if CHAPTER.fullmatch(path.name))


def is_appendix(path):
    return path.name.startswith("A")


def is_to_look_things_up(notebook, path):
    """An appendix without code, such as a glossary: nobody works through it."""
    return is_appendix(path) and not code_cells(notebook)


def text(value):
    """A multi-line string of the JSON, where it may be a list of lines."""
    return "".join(value) if isinstance(value, list) else value


def source(cell):
    return text(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def prose(cell):
    """The words of a markdown cell, without code, pictures, formulas and addresses."""
    words = re.sub(r"```.*?```|~~~.*?~~~", " ", source(cell), flags=re.DOTALL)
    words = re.sub(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|<[^>]*>", " ", words, flags=re.DOTALL)
    words = re.sub(r"!\[[^]]*\]\([^)]*\)", " ", words)
    return re.sub(r"\]\([^)]*\)", "]", words)


def has_picture(cell):
    if cell["cell_type"] == "markdown":
        return bool(re.search(r"!\[[^]]*\]\(|<img\b|<svg\b", source(cell)))
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


# --- the reader's hour --------------------------------------------------------------------------------------------


def main_path(notebook):
    """The cells that every reader works through: all before the section "Deeper"."""
    cells = notebook["cells"]
    ends = (k for k, cell in enumerate(cells) if cell["cell_type"] == "markdown" and DEEPER.search(source(cell)))
    return cells[: next(ends, len(cells))]


def sittings(notebook):
    """The main path in one list of cells, or in two where a heading begins a second sitting."""
    cells = main_path(notebook)
    starts = [
        k for k, cell in enumerate(cells) if cell["cell_type"] == "markdown" and SECOND_SITTING.search(source(cell))
    ]
    return [cells[: starts[0]], cells[starts[0] :]] if starts else [cells]


def is_live_figure(cell):
    return any("Settings: " in text(output.get("data", {}).get("text/plain", "")) for output in cell.get("outputs", []))


def counts(cells):
    """How much of each kind there is for a reader to do in some cells."""
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    words = [source(cell) for cell in cells if cell["cell_type"] == "markdown"]
    recalls = [cell for cell in code if cell.get("id", "").startswith("recall")]
    read = [cell for cell in code if not calls(cell, "check") and "    ...\n" not in source(cell) + "\n"]
    return {
        "word": sum(len(each.split()) for each in words),
        "line": sum(bool(line.strip()) for cell in read for line in source(cell).splitlines()),
        "exercise": sum(calls(cell, "check") for cell in code if cell not in recalls),
        "prediction": sum(each.count("**Predict") for each in words),
        "live figure": sum(map(is_live_figure, code)),
        "recall": sum(source(cell).count(" = ...") for cell in recalls),
    }


def minutes(cells):
    """The minutes that some cells take a reader, to the nearest five."""
    found = counts(cells)
    total = found["word"] / WORDS_A_MINUTE + found["line"] / LINES_A_MINUTE
    total += sum(each * found[kind] for kind, each in MINUTES.items())
    return max(5, 5 * round(total / 5))


def minutes_in_words(notebook):
    """What a chapter says of its minutes: "60", or "95 in two sittings of 45 and 50"."""
    each = [minutes(cells) for cells in sittings(notebook)]
    return f"{sum(each)}" + (f" in two sittings of {each[0]} and {each[1]}" if len(each) == 2 else "")


# --- writing ------------------------------------------------------------------------------------------------------


def is_readable(identifier):
    return bool(READABLE_ID.fullmatch(identifier)) and not RANDOM_ID.fullmatch(identifier)


def name_of(cell):
    """A readable id from what a cell says: its heading or first words, or what its code defines or does first."""
    words = source(cell).strip()
    if cell["cell_type"] == "code":
        definition = re.search(r"^(?:def|class)\s+(\w+)", words, re.MULTILINE)
        words = "define " + definition[1] if definition else words.split("\n", 1)[0]
        words = words.replace("_", " ")
    else:
        heading = re.search(r"^#+\s+(.*)$", words, re.MULTILINE)
        words = heading[1] if heading else words
        words = words.replace("'", "")
    found = re.findall(r"[a-z0-9]+", words.lower())[:5]
    while found and not found[0][0].isalpha():
        del found[0]
    name = "-".join(found)[:40].strip("-")
    return name if is_readable(name) else cell["cell_type"] + "-cell"


def give_ids(cells):
    """Give every cell a readable id of its own; the ids that are readable stay."""
    taken = set()
    for cell in cells:
        identifier = cell.get("id", "")
        if is_readable(identifier) and identifier not in taken:
            taken.add(identifier)
        else:
            cell["id"] = None
    for cell in cells:
        if cell["id"] is None:
            name = name_of(cell)
            numbered = (f"{name}-{k}" for k in range(2, len(cells) + 2))
            cell["id"] = next(each for each in (name, *numbered) if each not in taken)
            taken.add(cell["id"])


def merge_streams(outputs):
    """Join neighboring pieces of one stream: how a run happened to cut them means nothing."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] = text(last["text"]) + text(output["text"])
        else:
            merged.append(output)
    return merged


def normalize(notebook):
    """Bring a notebook (the dict of its JSON) into the normal form, in place; the outputs are those it has."""
    notebook.update(metadata=json.loads(json.dumps(METADATA)), nbformat=4, nbformat_minor=5)
    give_ids(notebook["cells"])
    for cell in notebook["cells"]:
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k in CELL_METADATA and v}
        cell["source"] = source(cell).strip("\n")
    first = notebook["cells"][0]
    first["source"] = STATED_MINUTES.sub(minutes_in_words(notebook), first["source"])
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell["outputs"] = merge_streams(cell["outputs"])
        if cell["execution_count"] is not None:
            cell["execution_count"] = count
        for output in cell["outputs"]:
            output.get("data", {}).pop(WIDGET_VIEW, None)
            output.get("metadata", {}).pop(WIDGET_VIEW, None)
            if output["output_type"] == "execute_result":
                output["execution_count"] = cell["execution_count"]
    return notebook


# --- rules --------------------------------------------------------------------------------------------------------
# A rule takes (notebook, path) and yields one sentence for each place that breaks it.


def is_written_in_the_normal_form(notebook, path):
    copy = json.loads(json.dumps(notebook))
    if normal_text(normalize(copy)) != path.read_text(encoding="utf-8"):
        yield "the file is not in its normal form; `make notebooks` writes it"


def has_plain_metadata(notebook, path):
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "the kernelspec is not python3"
    if "widgets" in notebook["metadata"]:
        yield "the notebook holds widget state"
    for cell in notebook["cells"]:
        for key in cell["metadata"].keys() - CELL_METADATA:
            yield f"cell {cell.get('id')!r} holds the metadata {key!r}"
        for output in cell.get("outputs", []):
            if WIDGET_VIEW in output.get("data", {}):
                yield f"cell {cell.get('id')!r} holds a widget's view, dead without its kernel"


def has_readable_unique_ids(notebook, path):
    seen = set()
    for number, cell in enumerate(notebook["cells"]):
        identifier = cell.get("id")
        if identifier is None:
            yield f"cell number {number} has no id"
        elif not is_readable(identifier):
            yield f"the id {identifier!r} is not readable"
        elif identifier in seen:
            yield f"two cells have the id {identifier!r}"
        seen.add(identifier)


def has_run_from_top_to_bottom(notebook, path):
    for count, cell in enumerate(code_cells(notebook), start=1):
        if cell["execution_count"] is None:
            yield f"cell {cell.get('id')!r} has not been run"
        elif cell["execution_count"] != count:
            yield f"cell {cell.get('id')!r} has the count {cell['execution_count']}, not {count}"


def has_no_errors(notebook, path):
    for cell in code_cells(notebook):
        names = [output["ename"] for output in cell["outputs"] if output["output_type"] == "error"]
        if names and "raises-exception" not in tags(cell):
            yield f"cell {cell.get('id')!r} ends in {names[0]}"


def has_short_cells(notebook, path):
    for cell in notebook["cells"]:
        code = source(cell)
        if not code.strip():
            yield f"cell {cell.get('id')!r} is empty"
        elif cell["cell_type"] == "code":
            lines = code.rstrip().splitlines()
            if len(lines) > MOST_LINES:
                yield f"cell {cell.get('id')!r} has {len(lines)} lines, more than {MOST_LINES}"
            if lines[-1].split("#")[0].rstrip().endswith(";"):
                yield f"cell {cell.get('id')!r} ends in ';'"


def has_few_ignored_outputs(notebook, path):
    ignored = 0
    for cell in code_cells(notebook):
        ignored += IGNORE_OUTPUT in tags(cell)
        for tag in set(tags(cell)) & {"nbval-skip", "nbval-raises-exception"}:
            yield f"cell {cell.get('id')!r} has the tag {tag!r}"
        for comment in NBVAL_COMMENT.findall(source(cell)):
            yield f"cell {cell.get('id')!r} has the comment {comment}; tags are the place for it"
    if ignored > MOST_IGNORED_OUTPUTS:
        yield f"{ignored} cells are tagged {IGNORE_OUTPUT}, more than {MOST_IGNORED_OUTPUTS}"


def has_an_opening(notebook, path):
    if is_to_look_things_up(notebook, path):
        return
    first = notebook["cells"][0]
    if first["cell_type"] != "markdown" or not source(first).startswith("# "):
        yield "the first cell does not begin with the title, '# ...'"
    opening = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            break
        opening.append(source(cell))
    for part, pattern in OPENING.items():
        if not re.search(pattern, "\n".join(opening)):
            yield f"the cells before the first code do not hold {part}"
    if not any(has_picture(cell) for cell in notebook["cells"][:PICTURE_WITHIN]):
        yield f"there is no picture in the first {PICTURE_WITHIN} cells"


def has_a_closing(notebook, path):
    if is_to_look_things_up(notebook, path):
        return
    text_of_all = "\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    is_tour = path.name.startswith("00")
    for heading in CLOSING + ([] if is_tour else CLOSING_AFTER_THE_TOUR):
        if not re.search(rf"^{re.escape(heading)}\s*$", text_of_all, re.MULTILINE):
            yield f"there is no heading {heading!r}"
    checks = sum(calls(cell, "check") for cell in code_cells(notebook))
    if not is_tour and checks < LEAST_EXERCISES:
        yield f"{checks} exercises are checked, fewer than {LEAST_EXERCISES}"


def calls(cell, function):
    """Whether the code of a cell calls a function of this name."""
    try:
        tree = ast.parse(source(cell))
    except SyntaxError:
        return False
    return any(isinstance(node, ast.Call) and getattr(node.func, "id", None) == function for node in ast.walk(tree))


def leaves_the_readers_names_alone(notebook, path):
    """A name that the chapter checks belongs to the reader: only that cell or the one before gives it a value."""
    cells = code_cells(notebook)
    checked = [names_in_checks(cell) for cell in cells]
    every = set().union(*checked)
    for cell, here, after in zip(cells, checked, [*checked[1:], set()]):
        try:
            table = symtable.symtable(source(cell), "", "exec")
        except SyntaxError:  # a cell with a magic
            continue
        given = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        for name in sorted(given & every - after - here):
            yield f"cell {cell.get('id')!r} gives a value to {name}, which is the reader's: call it my_{name}"


def links_to_its_neighbors(notebook, path):
    names = [chapter.name for chapter in chapters(path.parent)]
    here = names.index(path.name)
    last = notebook["cells"][-1]
    linked = re.findall(r"\]\(([^)#]*)", source(last)) if last["cell_type"] == "markdown" else []
    for name in names[max(here - 1, 0) : here] + names[here + 1 : here + 2]:
        if name not in linked:
            yield f"the last cell does not link to {name}"


def describes_its_figures(notebook, path):
    cells = notebook["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] != "code" or not has_picture(cell):
            continue
        here = f"the picture of cell {cell.get('id')!r}"
        neighbors = cells[max(number - 1, 0) : number] + cells[number + 1 : number + 2]
        if all(each["cell_type"] != "markdown" for each in neighbors):
            yield f"{here} has no words before or after it"
        for output in cell["outputs"]:
            if "image/png" not in output.get("data", {}):
                continue
            plain = text(output["data"].get("text/plain", ""))
            if len(plain) < LEAST_ALT or DEFAULT_TEXT.fullmatch(plain.strip()):
                yield f"{here} has no text beside it that says what it shows"
            alt = output["metadata"].get("image/png", {}).get("alt", "")
            if len(alt) < LEAST_ALT:
                yield f"{here} has no text alternative"


def has_enough_prose(notebook, path):
    lines = sum(
        bool(line.strip()) and not line.strip().startswith("#")
        for cell in code_cells(notebook)
        for line in source(cell).splitlines()
    )
    words = sum(
        len(re.findall(r"[^\W\d_][\w'’-]*", prose(cell)))
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
    )
    if words < LEAST_WORDS_PER_LINE * lines:
        yield (f"{words} words of prose for {lines} lines of code, fewer than {LEAST_WORDS_PER_LINE} a line")


def has_plain_prose(notebook, path):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            if re.search(r"\bsimply\b", prose(cell), re.IGNORECASE):
                yield f"cell {cell.get('id')!r} says 'simply'"
            if re.search(r"[\w)\]*_\"”’]!(?=[\s)*_\"”’]|$)", prose(cell)):
                yield f"cell {cell.get('id')!r} has an exclamation mark"


def fits_its_hour(notebook, path):
    parts = sittings(notebook)
    total = counts([cell for part in parts for cell in part])
    if not STATED_MINUTES.search(source(notebook["cells"][0])):
        return  # its minutes are its author's own
    if sum(map(minutes, parts)) > MOST_MINUTES[len(parts)]:
        yield f"the main path takes {minutes_in_words(notebook)} minutes, more than {MOST_MINUTES[len(parts)]}"
    if total["word"] > MOST_WORDS[len(parts)]:
        yield f"the main path has {total['word']} words, more than {MOST_WORDS[len(parts)]}"
    for kind, most in MOST[len(parts)].items():
        if total[kind] > most:
            yield f"the main path has {total[kind]} {kind}s, more than {most}"


def has_narrow_code(notebook, path):
    if not STATED_MINUTES.search(source(notebook["cells"][0])):
        return
    for cell in code_cells(notebook):
        widest = max(map(len, source(cell).splitlines()), default=0)
        if widest > MOST_CODE_WIDTH:
            yield f"cell {cell.get('id')!r} has a line of {widest} characters, more than {MOST_CODE_WIDTH}"


RULES = [
    is_written_in_the_normal_form,
    has_plain_metadata,
    has_readable_unique_ids,
    has_run_from_top_to_bottom,
    has_no_errors,
    has_short_cells,
    has_few_ignored_outputs,
    has_an_opening,
    has_a_closing,
    leaves_the_readers_names_alone,
    links_to_its_neighbors,
    describes_its_figures,
    has_enough_prose,
    fits_its_hour,
    has_narrow_code,
    has_plain_prose,
]


def problems(path):
    """Everything about the form of a chapter that is not as it must be, a sentence each."""
    path = Path(path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [sentence for rule in RULES for sentence in rule(notebook, path)]
