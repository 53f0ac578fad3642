"""How an exercise speaks: a few calm lines, the same words in plain text and in HTML.

A message begins with a mark, so that it reads without color too. In a notebook it also has a colored
line at its left; the text keeps the color of the theme, light or dark.
"""

import html
import re
import sys
from dataclasses import dataclass

MARKS = {"open": "○", "wrong": "✗", "raised": "✗", "right": "✓", "note": "→", "course": "→"}
_PLAIN = str.maketrans({"○": "o", "✗": "x", "✓": "ok", "→": "->", "–": "-", "—": "-", "·": "*", "×": "x", "²": "^2"})
COLORS = {
    "open": "#767676",
    "wrong": "#C04A00",  # vermillion
    "raised": "#C04A00",
    "right": "#008060",  # green
    "note": "#767676",
    "course": "#767676",
}


@dataclass(frozen=True)
class Message:
    """One line that says it, and a few lines of detail below. Words in `backticks` are code, *these* stressed."""

    kind: str
    headline: str
    details: tuple[str, ...] = ()

    @property
    def text(self):
        return "\n".join([f"{MARKS[self.kind]} {self.headline}", *(f"  {line}" for line in self.details)])

    @property
    def html(self):
        lines = [f"<div>{MARKS[self.kind]} {_marked_up(self.headline)}</div>"]
        lines += [f'<div style="margin-left:1.2em">{_marked_up(line)}</div>' for line in self.details]
        return _framed("".join(lines), COLORS[self.kind])

    def __str__(self):
        return self.text


@dataclass(frozen=True)
class Listing:
    """Lines whose columns count: code, or a table."""

    text: str

    @property
    def html(self):
        pre = f'<pre style="margin:0;color:currentColor">{html.escape(self.text)}</pre>'
        return _framed(pre, COLORS["note"])


def show(message):
    """Display `message` in the notebook, or print it where there is none."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display({"text/plain": message.text, "text/html": message.html}, raw=True)
    else:
        print(printable(message.text, getattr(sys.stdout, "encoding", None)))


def printable(text, encoding):
    """`text` as a console of that encoding can show it: plain marks, and `?` for what has no plain form."""
    try:
        text.encode(encoding or "utf-8")
        return text
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAIN).encode("ascii", "replace").decode("ascii")


def _marked_up(line):
    """`code` and *emphasis* as HTML."""
    pieces = html.escape(line, quote=False).split("`")
    pieces[::2] = [re.sub(r"(?<!\w)\*(\w[^*]*)\*(?!\w)", r"<em>\1</em>", prose) for prose in pieces[::2]]
    pieces[1::2] = [f"<code>{code}</code>" for code in pieces[1::2]]
    return "".join(pieces)


def _framed(content, color):
    style = f"border-left:3px solid {color};padding:1px 0 1px 0.8em;color:currentColor"
    return f'<div style="{style}">{content}</div>'
