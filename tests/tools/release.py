"""Is this a release? Compare a tag with the version and with CHANGELOG.md, and print what has changed.

python tests/tools/release.py v1.0.0
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import nnlib

CHANGES = Path(__file__).parents[2] / "CHANGELOG.md"
RELEASE = re.compile(r"^## (\d+\.\d+\.\d+), (\d{4}-\d\d-\d\d)\n", re.MULTILINE)


def releases(text):
    """[(version, date, what has changed)] of a change log, the newest first."""
    version_date_words = RELEASE.split(text)[1:]
    return [
        (version, date, words.strip())
        for version, date, words in zip(*(version_date_words[k::3] for k in range(3)), strict=True)
    ]


def notes(tag, version, text):
    """What has changed in the release of this tag; ValueError where the tag, nnlib and the change log differ."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, but nnlib.__version__ is {version}: the tag must be v{version}")
    newest = releases(text)[:1]
    if not newest or newest[0][0] != version:
        raise ValueError(f"CHANGELOG.md must begin with the release {version}: ## {version}, year-month-day")
    return newest[0][2]


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1:
        return "usage: python tests/tools/release.py TAG"
    try:
        print(notes(arguments[0], nnlib.__version__, CHANGES.read_text(encoding="utf-8")))
    except ValueError as error:
        return f"Not a release: {error}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
