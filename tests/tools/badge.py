"""Write the badge that opens the course on Binder into README.md, from the address of the `origin` remote."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
FIRST_CHAPTER = "lab/tree/notebooks/00_start_here.ipynb"
PLACE = re.compile(r"(?<=<!-- badge -->\n).*?(?=<!-- /badge -->)", re.DOTALL)
# https://github.com/owner/name.git, git@github.com:owner/name.git, ssh://git@github.com/owner/name
GITHUB = re.compile(r"(?:https://(?:[^@/]+@)?|git@|ssh://git@)github\.com(?::22)?[:/]([\w.-]+)/([\w.-]+?)(?:\.git)?/?")


def badge(remote):
    """The badge's Markdown for the address of a GitHub repository."""
    found = GITHUB.fullmatch(remote)
    if not found:
        raise ValueError(f"Binder's badge needs a repository on GitHub; origin is {remote!r}")
    address = f"https://mybinder.org/v2/gh/{found[1]}/{found[2]}/HEAD?urlpath={FIRST_CHAPTER}"
    return f"[![Open the course on Binder](https://mybinder.org/badge_logo.svg)]({address})"


def write_badge(readme, remote):
    """Put the badge between the marks in a README; running it again replaces the badge."""
    before = readme.read_text(encoding="utf-8")
    if not PLACE.search(before):
        raise ValueError(f"{readme} has no place for the badge: <!-- badge --> ... <!-- /badge -->")
    lines = (
        badge(remote),
        "",
        "The badge opens the course in the browser, with nothing to install. On Binder nothing is kept after ten idle",
        "minutes, your progress included.",
        "",
    )
    after = PLACE.sub(lambda _: "\n".join(lines), before)
    readme.write_text(after, encoding="utf-8", newline="\n")


def main():
    done = subprocess.run(["git", "remote", "get-url", "origin"], cwd=README.parent, capture_output=True, text=True)
    if done.returncode:
        return "There is no `origin` remote yet: git remote add origin https://github.com/OWNER/NAME"
    try:
        write_badge(README, done.stdout.strip())
    except ValueError as error:
        return str(error)
    print("README.md has the badge.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
