"""The commands, the tools around them, and the places where the same thing is said twice."""

import ast
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image, ImageSequence
from tools import badge, form, versions

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").iterdir()}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def make(*arguments, cwd=ROOT):
    return subprocess.run(["make", *arguments], cwd=cwd, capture_output=True, text=True)


# --- the repository ----------------------------------------------------------------------------------------------


def test_nothing_else_is_at_the_top():
    expected = {
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "requirements.txt",
        ".gitignore", "notebooks", "nnlib", "tests", "binder", ".github", ".ci",
        ".devcontainer",  # where dev containers look, and nowhere else
    }  # fmt: skip
    # What somebody keeps beside it, such as .vscode, is theirs.
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    kept = {name.split("/")[0] for name in files} or expected & set(os.listdir(ROOT))  # a copy without a history
    assert kept == expected


def test_every_make_command_that_is_named_exists():
    named = set()
    for text in (README, CONTRIBUTING, *WORKFLOWS.values(), (ROOT / ".ci" / "run").read_text(), MAKEFILE):
        named |= set(re.findall(r"(?:`|^\s*|run: |\")make ([a-z][a-z-]*)", text, re.MULTILINE))
    assert named >= {"lab", "test", "test-browser", "test-binder", "notebooks", "bench", "badge"}
    assert named <= TARGETS


def test_the_readme_links_the_chapters_that_exist():
    linked = re.findall(r"\]\(notebooks/([\w.]+\.ipynb)\)", README)
    assert linked == [path.name for path in form.chapters(ROOT / "notebooks")]


@pytest.mark.parametrize("path", form.chapters(ROOT / "notebooks"), ids=lambda path: path.stem)
def test_the_readme_says_the_minutes_of_a_chapter(path):
    """As `python tests/tools/notebooks.py --minutes` counts them, a sitting each."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    looked_up = form.is_to_look_things_up(notebook, path)
    minutes = "" if looked_up else " + ".join(str(form.minutes(part)) for part in form.sittings(notebook))
    (row,) = [line for line in README.splitlines() if f"(notebooks/{path.name})" in line]
    number, *_, said = [cell.strip() for cell in row.strip("|").split("|")]
    assert (number, said) == (path.name.split("_")[0], minutes)


def test_the_readme_says_the_hours_of_all_chapters():
    rows = re.findall(r"^\| \d\d \|.* \| ([\d +]+) \|$", README, re.MULTILINE)
    total = sum(int(part) for row in rows for part in row.split("+"))
    assert f"about {round(total / 60)} hours" in README


def test_the_quick_example_prints_what_the_readme_says():
    code = README.split("```python\n")[1].split("```")[0]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == README.split("```text\n")[1].split("```")[0]


def test_the_measured_table_holds_what_the_bench_measures():
    """The bench itself fails below the least that it names; the README never promises less than that."""
    bench = ast.parse((ROOT / "tests" / "bench" / "speed.py").read_text(encoding="utf-8"))
    named = {}
    for node in bench.body:
        if isinstance(node, ast.Assign) and node.targets[0].id in {"STEPS", "FITS"}:
            named[node.targets[0].id] = eval(ast.unparse(node.value), {"np": SimpleNamespace(float32=32, float64=64)})
    least = {}
    for sizes, _, rows, _, target in named["STEPS"]:
        least[f"one update, {'-'.join(map(str, sizes))}, {rows} rows", "PyTorch"] = target
    for name, sizes, _, epochs, _, target in named["FITS"]:
        least[f"a whole fit, {name}, {'-'.join(map(str, sizes))}, {epochs} epochs", "scikit-learn"] = target
    rows = re.findall(r"^\| (.+?) \| (PyTorch|scikit-learn) \| ([\d.]+) \|$", README, re.MULTILINE)
    said = {(what, library): float(number) for what, library, number in rows}
    assert list(said)[: len(least)] == list(least)
    assert [what for what in least if said[what] < least[what]] == []
    torch = re.search(r"torch==([\d.]+)\.\d", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]
    assert f"PyTorch\n{torch} " in README


def test_the_pictures_of_the_readme():
    """They are there, described, and small enough for a code host."""
    shown = re.findall(r"!\[([^]]+)\]\((\.github/pictures/[\w.]+)\)", README)
    folder = ROOT / ".github" / "pictures"
    assert sorted(path for _, path in shown) == sorted(f".github/pictures/{path.name}" for path in folder.iterdir())
    assert all(len(alt) > 40 for alt, _ in shown)
    for _, path in shown:
        with Image.open(ROOT / path) as picture:
            moves = getattr(picture, "n_frames", 1) > 1
            assert moves == path.endswith(".gif")
            assert picture.width <= (900 if moves else 1800)
            if moves:
                frames = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
                assert 6 <= sum(frames) / 1000 <= 15 and picture.info["loop"] == 0
        assert (ROOT / path).stat().st_size < 2_000_000


def test_the_version_is_said_once_more_in_nnlib():
    import nnlib

    assert PROJECT["project"]["dynamic"] == ["version"] and re.fullmatch(r"\d+\.\d+\.\d+", nnlib.__version__)


def test_the_lines_without_make_are_what_make_does():
    recipe = re.search(r"^test:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1]
    by_make = [line.split(" -m ")[1].split(" $(")[0] for line in recipe.splitlines()]
    by_hand = CONTRIBUTING.split("Without make, `make test` is")[1].split("```")[1]
    assert [line.split(" -m ")[1] for line in by_hand.splitlines()[2:]] == by_make
    unix, windows = (
        re.findall(r"-m (pip install .*|jupyter .*)", README.split(heading)[1].split("```")[1])
        for heading in ("on Linux and macOS:", "On Windows:")
    )
    assert unix == windows
    assert len(unix) == 3


def test_the_pins():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = {re.split(r"[=<>]", line)[0]: line for line in lines if line and line[0] != "#"}
    assert all("==" in pins.pop(name) for name in ("numpy", "matplotlib", "nbval"))
    assert all(">=" in pin and ",<" in pin for pin in pins.values())
    assert set(pins) == {"jupyterlab", "ipywidgets", "anywidget", "ipykernel"}


# --- make --------------------------------------------------------------------------------------------------------


@pytest.mark.posix
@pytest.mark.parametrize("target", sorted(TARGETS - {"check-python"}))
def test_make_knows_what_each_command_needs(target):
    done = make("--dry-run", target, f"PYTHON={sys.executable}", "VENV=no-such-environment")
    assert done.returncode == 0, done.stderr
    if target not in {"help", "badge", "check-chromium"}:
        assert "-m venv no-such-environment" in done.stdout
    assert ('".[test]"' in done.stdout) == (target.startswith("test") or target in {"notebooks", "check-form", "bench"})


@pytest.mark.posix
def test_make_lab_keeps_the_token_and_passes_arguments():
    done = make("--dry-run", "lab", "LAB_ARGS=--no-browser --port=8899")
    (start,) = [line for line in done.stdout.splitlines() if "/jupyter lab " in line]
    assert start.endswith("--no-browser --port=8899")
    fresh = make("--dry-run", "lab", "VENV=no-such-environment")  # in which nothing covers the first chapter
    assert 'labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements"' in fresh.stdout
    assert "token" not in start
    assert "ip=" not in start
    assert ("--allow-root" in start) == (os.geteuid() == 0)


@pytest.mark.posix
def test_an_old_python_gets_a_clear_line(tmp_path):
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.18\nexit 1\n')
    old.chmod(0o755)
    done = make("lab", f"PYTHON={old}", f"VENV={tmp_path / 'env'}")
    assert done.returncode != 0
    assert f"The course needs Python 3.11 or newer, and {old} is Python 3.9.18." in done.stdout
    assert "make PYTHON=python3.12 lab" in done.stdout


@pytest.mark.posix
def test_no_browser_gets_a_clear_line():
    old_enough = ["--old-file=.venv/.stamps/test", "--old-file=.venv/.stamps/browser"]
    done = make(*old_enough, "test-browser", "CHROMIUM=")
    assert done.returncode != 0
    assert "The browser tests need Chromium. Debian: apt-get install chromium." in done.stdout
    assert "make test-browser CHROMIUM=" in done.stdout


@pytest.mark.posix
def test_no_chapter_to_print_gets_a_clear_line():
    for wrong in ("", "99"):
        done = make("--old-file=.venv/.stamps/course", "print", f"CHAPTER={wrong}")
        assert done.returncode != 0
        assert "Which chapter? make print CHAPTER=05" in done.stdout


# --- the badge ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/ada/from-scratch.git",
        "https://github.com/ada/from-scratch",
        "https://ada@github.com/ada/from-scratch/",
        "git@github.com:ada/from-scratch.git",
        "ssh://git@github.com/ada/from-scratch.git",
        "ssh://git@github.com:22/ada/from-scratch",
    ],
)
def test_the_badge_opens_the_first_chapter(remote):
    address = "https://mybinder.org/v2/gh/ada/from-scratch/HEAD"
    path = "lab/tree/notebooks/00_start_here.ipynb"
    assert badge.badge(remote).endswith(f"]({address}?urlpath={path})")
    assert (ROOT / path.removeprefix("lab/tree/")).exists()


def test_every_chapter_gets_its_link_to_binder(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(README, encoding="utf-8")
    for remote, name in [("https://github.com/ada/first.git", "ada/first"), ("git@github.com:eve/a.b.git", "eve/a.b")]:
        badge.write_badge(readme, remote)
        text = readme.read_text(encoding="utf-8")
        paths = re.findall(r"\]\(notebooks/([\w.]+\.ipynb)\)", README)
        opened = re.findall(r"mybinder.org/v2/gh/([\w./-]+)/HEAD\?urlpath=lab/tree/notebooks/(\w+\.ipynb)\)", text)
        assert opened == [(name, path) for path in [paths[0], *paths]]
        for path in paths:
            assert f"(notebooks/{path}) · [Binder](" in text
        assert f"@ git+https://github.com/{name}" in text and "OWNER" not in text


@pytest.mark.parametrize("remote", ["https://example.org/a/b", "/home/ada/course", "", "github.com"])
def test_other_remotes_get_a_clear_line(remote):
    with pytest.raises(ValueError, match="needs a repository on GitHub"):
        badge.badge(remote)


def test_the_badge_is_written_once(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(README, encoding="utf-8")
    badge.write_badge(readme, "https://github.com/ada/first.git")
    badge.write_badge(readme, "git@github.com:ada/second.git")
    text = readme.read_text(encoding="utf-8")
    assert text.count("badge_logo") == 1
    assert "gh/ada/second/HEAD" in text
    assert "make badge` it" not in text
    assert text.count("mybinder.org/v2/gh/ada/first") == 0
    # Outside of its places everything stays.
    kept = [badge.PIP.sub("", badge.CHAPTER.sub("", badge.PLACE.sub("", each))) for each in (README, text)]
    assert kept[0] == kept[1]


def test_a_readme_without_the_place_gets_a_clear_line(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("no place")
    with pytest.raises(ValueError, match="has no place for the badge"):
        badge.write_badge(readme, "https://github.com/ada/first.git")


def test_the_badge_command_reads_the_origin_remote(tmp_path, monkeypatch, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(README, encoding="utf-8")
    monkeypatch.setattr(badge, "README", readme)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "There is no `origin` remote yet" in badge.main()
    for command in (["init", "--quiet"], ["remote", "add", "origin", "git@github.com:ada/nn.git"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert badge.main() == 0
    assert "gh/ada/nn/HEAD" in readme.read_text(encoding="utf-8")
    assert capsys.readouterr().out == "README.md has the badge and the links.\n"


# --- the newest versions -----------------------------------------------------------------------------------------


def test_the_newest_environment_opens_the_pins_and_keeps_the_ranges():
    needed = versions.requirements()
    assert {"numpy", "matplotlib", "nbval"} <= set(needed)
    assert {line for line in needed if line.startswith("ipykernel")} == {"ipykernel>=6.31,<7"}
    assert not [line for line in needed if "==" in line]


def test_the_newest_python_is_no_older_than_this_one():
    number, command = versions.newest_python()
    assert number >= sys.version_info[:3]
    says = subprocess.run([command, "--version"], capture_output=True, text=True).stdout
    assert says == "Python {}.{}.{}\n".format(*number)
