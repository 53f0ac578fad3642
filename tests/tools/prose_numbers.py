"""The numbers in the prose of the chapters, and what holds each.

    python tests/tools/prose_numbers.py [--all] [notebook ...]

Lists the numbers that nothing holds; `--all` lists every number with what holds it. A number is held by

* a code cell near it, whose code, printed words or words about its figure have it, as it stands or rounded as the
  prose rounds it; a number of three digits and more may be anywhere in its chapter;
* a line of tests/prose_numbers.toml, which names what does.

Aside, by rule: formulas and code, headings, questions, whole numbers up to ten (which are words in figures), years,
numbers of chapters and lists, shapes and points as in 2-4-1 or (4, 2), and the minutes, which form.py computes.
"""

import argparse
import ast
import json
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools import form

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
TIES = ROOT / "tests" / "prose_numbers.toml"
NEAR = 5  # cells before and after
LARGEST_WORD = 10
SENTENCE_END = re.compile(r"[.?!:;](?=[\s\"”*)<])|<[^>]*>|\n\n|\n- ")
NUMBER = re.compile(r"(?<![\w.,^/])\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+−]?\d+)?(?![\w])(?!\.\d)")
ASIDE = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|<[^>]*>|^#+ .*?$|\]\([^)]*\)"  # no words
    r"|^\s*\d+\. |\[(?:← )?\d[^]]*\]|^\| \d+ · [^|]*\|"  # numbering
    r"|\*\*Minutes\*\*[^\n]*|(?:^|(?<=\W))(?:1[5-9]|20)\d\d(?=\W|$)(?! (?:numbers|€))"
    r"|[Cc]hapters?\]? \d+(?:(?:,| and| or| to|, and)(?: chapters?)? \d+)*\b"
    r"|\b\d+(?:-\d+)+\b|\b\d+(?: (?:×|→) \d+)+|\(\d+,(?: \d+)*\)|\(\d+(?:, \d+)+\)",  # shapes and points
    re.DOTALL | re.MULTILINE,
)
PRINTED = re.compile(r"\d[\d,]*(?:\.\d*)?(?:e[-+]?\d+)?")


def value(text):
    return float(text.replace(",", "").replace("−", "-"))


def unit(text):
    """What a number's last digit counts: 0.01 for 0.25, 100 for 1,400; but 1 for 2,000, which may be exact."""
    mantissa, _, power = text.replace(",", "").replace("−", "-").partition("e")
    decimals = len(mantissa.partition(".")[2])
    zeros = len(mantissa) - len(mantissa.rstrip("0")) if "." not in mantissa and len(mantissa.rstrip("0")) > 1 else 0
    return 10.0 ** (int(power or 0) - decimals + zeros)


def digits(text):
    """The significant digits of a number as written; zeros at the end count after a decimal point only."""
    mantissa = re.split("e", text.replace(",", ""))[0]
    return len((mantissa if "." in mantissa else mantissa.rstrip("0")).replace(".", "").lstrip("0"))


def is_rounded_from(text, number):
    """Whether a number of the prose, as written, is another one rounded to its last digit."""
    return abs(value(text) - abs(number)) <= unit(text) * 0.5000001


def numbers_in(text):
    """The values in what a cell says or contains; a comma between digits may be that of thousands."""
    found = set()
    for each in PRINTED.findall(text.replace("_", "")):
        found.update(float(part) for part in each.split(",") if re.fullmatch(r"\d+(\.\d*)?(e[-+]?\d+)?", part))
        if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d*)?", each):
            found.add(value(each))
    return found


def said_by(cell):
    """The values that a code cell holds: in its code, its printed outputs and the words about its figures."""
    if cell["cell_type"] != "code":
        return set()
    texts = [form.source(cell)]
    for output in cell["outputs"]:
        data = output.get("data", {})
        texts += [form.text(output.get("text", "")), form.text(data.get("text/plain", ""))]
        texts += [re.sub(r"<[^>]*>", " ", form.text(data.get("text/html", "")))]
    return set().union(*map(numbers_in, texts))


def words_of(cell):
    """The text of a markdown cell in one line, and which of its characters the search for numbers leaves out."""
    text = form.source(cell)
    aside = np.zeros(len(text) + 1, dtype=bool)
    for found in ASIDE.finditer(text):
        aside[slice(*found.span())] = True
    for found in re.finditer(r"\?", text):
        begins = [0, *(end.end() for end in SENTENCE_END.finditer(text, 0, found.start()))][-1]
        aside[begins : found.end()] = True
    return text.replace("\n", " "), aside


def numbers(notebook):
    """Yield (text of the cell, span of the number in it, whether the code cells hold the number) for each number."""
    cells = notebook["cells"]
    said = [said_by(cell) for cell in cells]
    everywhere = set().union(*said)
    for k, cell in enumerate(cells):
        if cell["cell_type"] != "markdown":
            continue
        near = set().union(*said[max(k - NEAR, 0) : k + NEAR + 1])
        text, aside = words_of(cell)
        for found in NUMBER.finditer(text):
            number = found[0]
            if aside[found.start()] or (number.isdigit() and int(number) <= LARGEST_WORD):
                continue
            places = everywhere if digits(number) >= 3 else near
            if text[found.end() :].lstrip().startswith(("%", "percent")):
                places = places | {100 * each for each in places}
            yield text, found.span(), any(is_rounded_from(number, each) for each in places)


# --- tests/prose_numbers.toml -------------------------------------------------------------------------------------


def ties():
    """The lines of tests/prose_numbers.toml: {number of a chapter, or "any": {fragment: [what holds its numbers]}}."""
    found = tomllib.loads(TIES.read_text(encoding="utf-8"))
    return {
        chapter: {fragment: [held] if isinstance(held, str) else held for fragment, held in lines.items()}
        for chapter, lines in found.items()
    }


def pattern(fragment):
    """Finds a fragment in the text of a cell; "..." in it stands for any words."""
    return re.compile(".*?".join(re.escape(part).replace(r"\ ", r"\s+") for part in fragment.split(" ... ")))


@cache
def chapter_says(number):
    (path,) = (path for path in form.chapters(FOLDER) if path.name[:2] == number)
    return set().union(*map(said_by, json.loads(path.read_text(encoding="utf-8"))["cells"]))


@cache
def source_of(name):
    """The text of a file, or of one function in it, as in tests/test_x.py::test_y, with its decorators."""
    path, _, function = name.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    if not function:
        return text
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise ValueError(f"{path} has no function {function}")


def holds(held, number):
    """Whether what a line of the file names holds a number, as written. ValueError if it names nothing that exists."""
    kind, _, rest = held.partition(" ")
    if kind in ("given:", "source:") and rest:
        return True
    if kind == "=":
        values = eval(f"[{rest}]", {"np": np})  # our own file
        return any(is_rounded_from(number, each) for each in values)
    if kind == "chapter":
        return any(is_rounded_from(number, each) for each in chapter_says(rest))
    if kind == "asserts:":
        return bool(source_of(rest))
    if held.startswith(("tests/", "nnlib/")):
        return any(is_rounded_from(number, each) for each in numbers_in(source_of(held)))
    raise ValueError(f"tests/prose_numbers.toml names {held!r}; its first lines say what it may name")


def judged(path):
    """Yield (number, words around it, what holds it) for each number of a chapter.

    What holds it is "a cell", or (part, fragment, what is named) of a line of the file, or None.
    """
    every = ties()
    chapter = path.name[:2]
    lines = [(part, *line) for part in ("any", chapter) for line in every.get(part, {}).items()]
    found = [(*line, pattern(line[1])) for line in lines]
    for text, (begin, end), near in numbers(json.loads(path.read_text(encoding="utf-8"))):
        number, by = text[begin:end], "a cell" if near else None
        for part, fragment, holders, where in found if not near else []:
            if any(m.start() <= begin and end <= m.end() for m in where.finditer(text)):
                holding = [held for held in holders if holds(held, number)]
                if holding:
                    by = (part, fragment, holding[0])
                    break
        yield number, text[max(begin - 60, 0) : end + 40], by


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", action="store_true", help="list every number with what holds it")
    parser.add_argument("paths", nargs="*", type=Path, metavar="notebook")
    options = parser.parse_args(arguments)
    free = 0
    for path in options.paths or form.chapters(FOLDER):
        for number, words, by in judged(path):
            free += by is None
            if options.all or by is None:
                print(f"{path.name[:2]}  {number:>9}  ... {words} ...  {by[-1] if isinstance(by, tuple) else by}")
    print(f"{free} numbers are held by nothing")
    return int(free > 0)


if __name__ == "__main__":
    sys.exit(main())
