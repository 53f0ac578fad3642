"""What a code host reads beside the course: issue forms, workflows, the dev container, the change log."""

import datetime
import json
import re
from pathlib import Path

import pytest
import yaml
from tools import release

import nnlib

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").iterdir() if path.name != "config.yml")


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


# --- issue forms -------------------------------------------------------------------------------------------------

PARTS = {"input", "textarea", "dropdown"}
ATTRIBUTES = {"label", "description", "render", "options"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_is_as_github_wants_it(path):
    """https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests"""
    form = read(path)
    assert path.suffix == ".yml" and set(form) == {"name", "description", "title", "labels", "body"}
    ids = [part["id"] for part in form["body"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z_]+", each) for each in ids)
    labels = [part["attributes"]["label"] for part in form["body"]]
    assert len(set(labels)) == len(labels)
    for part in form["body"]:
        assert set(part) == {"type", "id", "attributes", "validations"} and part["type"] in PARTS
        assert set(part["attributes"]) <= ATTRIBUTES
        assert type(part["validations"]["required"]) is bool
        assert ("options" in part["attributes"]) == (part["type"] == "dropdown")
        assert "render" not in part["attributes"] or part["type"] == "textarea"
        options = part["attributes"].get("options", [])
        assert all(type(option) is str for option in options) and len(set(options)) == len(options)


def test_there_are_three_forms_and_what_each_cannot_do_without():
    required = {
        path.stem: {part["id"] for part in read(path)["body"] if part["validations"]["required"]} for path in FORMS
    }
    assert required == {
        "1_wrong_number": {"chapter", "sentence", "expected"},
        "2_misjudged_answer": {"exercise", "verdict", "answer", "said"},
        "3_stumble": {"chapter", "place", "understood"},
    }
    assert read(GITHUB / "ISSUE_TEMPLATE" / "config.yml") == {"blank_issues_enabled": True}


# --- workflows ---------------------------------------------------------------------------------------------------


def workflow(name):
    return read(GITHUB / "workflows" / f"{name}.yml")


@pytest.mark.parametrize("path", sorted((GITHUB / "workflows").iterdir()), ids=lambda path: path.stem)
def test_a_workflow_says_when_and_what_it_may(path):
    found = read(path)
    assert found.keys() >= {"name", True, "permissions", "jobs"}  # YAML 1.1 reads the key `on` as true
    for job in found["jobs"].values():
        assert {"runs-on", "timeout-minutes", "steps"} <= job.keys()
        assert all(len({"uses", "run"} & step.keys()) == 1 for step in job["steps"])
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"actions/[\w-]+@v\d+", each) for each in used)  # GitHub's own only


def test_every_python_that_is_promised_is_run_on_every_system():
    tested = workflow("ci")["jobs"]["test"]["strategy"]["matrix"]
    assert tested["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    said = re.search(r"has been run on ([\d., and]+)\.\s", README)[1]
    assert re.findall(r"3\.\d+", said) == tested["python"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"Programming Language :: Python :: (3\.\d+)", project) == tested["python"]
    assert f'requires-python = ">={tested["python"][0]}"' in project


def test_the_lines_for_windows_run_as_the_readme_has_them():
    lines = README.split("```bat\n")[1].split("```")[0].splitlines()
    (step,) = [step for step in workflow("ci")["jobs"]["readme-on-windows"]["steps"] if "run" in step]
    run = [line.removesuffix(" || exit /b 1") for line in step["run"].splitlines()]
    assert all(line.endswith(" || exit /b 1") for line in step["run"].splitlines())
    lines[-1] += " --version"  # JupyterLab would not come to an end
    assert run[: len(lines)] == lines


def test_a_release_is_checked_before_it_is_published():
    steps = [step.get("run", "") for step in workflow("release")["jobs"]["wheel"]["steps"]]
    places = [next(k for k, step in enumerate(steps) if part in step) for part in ("make wheel", "release.py", "gh ")]
    assert places == sorted(places)
    assert workflow("release")[True] == {"push": {"tags": ["v*"]}}


def test_the_published_site_opens_its_own_fork_on_binder():
    steps = [step.get("run", step.get("uses")) for step in workflow("site")["jobs"]["publish"]["steps"]]
    places = [steps.index(step) for step in ("make badge", "make site", "actions/upload-pages-artifact@v3")]
    assert places == sorted(places)


# --- the change log ----------------------------------------------------------------------------------------------

TEXT = "# Changes\n\n## 1.1.0, 2027-02-03\n\n- More.\n\n## 1.0.0, 2026-11-26\n\nFirst.\n"


def test_the_change_log_begins_with_this_version():
    found = release.releases((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert found[0][0] == nnlib.__version__ and found[-1][:2] == ("1.0.0", "2026-11-26")
    assert all(words for _, _, words in found)
    dates = [datetime.date.fromisoformat(date) for _, date, _ in found]
    assert dates == sorted(dates, reverse=True)
    versions = [tuple(map(int, version.split("."))) for version, _, _ in found]
    assert versions == sorted(set(versions), reverse=True)


def test_the_notes_of_a_release_are_its_part_of_the_change_log():
    assert release.notes("v1.1.0", "1.1.0", TEXT) == "- More."


@pytest.mark.parametrize(
    "tag, version, text, says",
    [
        ("v1.0.0", "1.1.0", TEXT, "the tag is v1.0.0, but nnlib.__version__ is 1.1.0: the tag must be v1.1.0"),
        ("1.1.0", "1.1.0", TEXT, "the tag must be v1.1.0"),
        ("v1.0.0", "1.0.0", TEXT, "CHANGELOG.md must begin with the release 1.0.0"),
        ("v1.0.0", "1.0.0", "# Changes\n", "CHANGELOG.md must begin with the release 1.0.0"),
    ],
)
def test_what_is_no_release_gets_a_clear_line(tag, version, text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        release.notes(tag, version, text)


def test_the_release_command(capsys):
    assert release.main([f"v{nnlib.__version__}"]) == 0
    assert "- " in capsys.readouterr().out
    assert "Not a release: the tag is v0.0.0" in release.main(["v0.0.0"])
    assert "usage: " in release.main([])


# --- the dev container -------------------------------------------------------------------------------------------


def test_the_dev_container_runs_the_readmes_lines():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    lines = README.split("on Linux and macOS:\n\n```sh\n")[1].split("```")[0].splitlines()
    assert container["postCreateCommand"] == " && ".join(lines[:-1])
    python = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert container["image"].endswith(f"python:{python}")
    for path in container["customizations"]["codespaces"]["openFiles"]:
        assert (ROOT / path).exists()
