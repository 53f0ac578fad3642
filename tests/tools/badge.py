"""Write into README.md what depends on where the repository is: the badge and a link for each chapter that open the
course on Binder, and the line for Colab. The address is that of the `origin` remote.
"""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
FIRST_CHAPTER = "00_start_here.ipynb"
PLACE = re.compile(r"(?<=<!-- badge -->\n).*?(?=<!-- /badge -->)", re.DOTALL)
CHAPTER = re.compile(r"(?<=\]\(notebooks/)(\w+\.ipynb)\)(?: · \[Binder\]\([^)]*\))?(?= \|)")  # in a row of the map
PIP = re.compile(r"(?<=git\+https://github\.com/)[\w.-]+/[\w.-]+")
# https://github.com/owner/name.git, git@github.com:owner/name.git, ssh://git@github.com/owner/name
GITHUB = re.compile(r"(?:https://(?:[^@/]+@)?|git@|ssh://git@)github\.com(?::22)?[:/]([\w.-]+)/([\w.-]+?)(?:\.git)?/?")


def repository(remote):
    """The owner and name of a repository, "owner/name", from the address of a GitHub repository."""
    found = GITHUB.fullmatch(remote)
    if not found:
        raise ValueError(f"Binder's badge needs a repository on GitHub; origin is {remote!r}")
    return f"{found[1]}/{found[2]}"


def binder(name, chapter=FIRST_CHAPTER):
    """The address at which Binder opens a chapter of the repository "owner/name"."""
    return f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/notebooks/{chapter}"


def badge(remote):
    """The badge's Markdown for the address of a GitHub repository."""
    address = binder(repository(remote))
    return f"[![Open the course on Binder](https://mybinder.org/badge_logo.svg)]({address})"


def write_badge(readme, remote):
    """Put the badge and the links into a README; running it again replaces them."""
    before = readme.read_text(encoding="utf-8")
    if not PLACE.search(before):
        raise ValueError(f"{readme} has no place for the badge: <!-- badge --> ... <!-- /badge -->")
    lines = (
        badge(remote),
        "",
        "The badge opens the course in the browser, and so does the link beside each chapter below. On Binder nothing",
        "is kept after ten idle minutes, your progress included. In a fork, `make badge` points the links at the fork.",
        "",
    )
    name = repository(remote)
    after = PLACE.sub(lambda _: "\n".join(lines), before)
    after = CHAPTER.sub(lambda found: f"{found[1]}) · [Binder]({binder(name, found[1])})", after)
    after = PIP.sub(lambda _: name, after)
    readme.write_text(after, encoding="utf-8", newline="\n")


def main():
    done = subprocess.run(["git", "remote", "get-url", "origin"], cwd=README.parent, capture_output=True, text=True)
    if done.returncode:
        return "There is no `origin` remote yet: git remote add origin https://github.com/OWNER/NAME"
    try:
        write_badge(README, done.stdout.strip())
    except ValueError as error:
        return str(error)
    print("README.md has the badge and the links.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
