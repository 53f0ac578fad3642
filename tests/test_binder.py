"""The Binder recipe: what repo2docker makes of it, and that its steps work beside what Binder brings along."""

import json
import os
import shutil
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "binder"
# What repo2docker 2026.4 installs before the recipe's own requirements.
BAKED = ["jupyterlab==4.4.9", "notebook==7.4.7", "jupyter_server==2.17.0", "ipywidgets==8.1.7"]


def binder_python():
    return (RECIPE / "runtime.txt").read_text().strip().removeprefix("python-")


@pytest.fixture
def checkout(tmp_path):
    """The files that the repository holds, without the environment and caches."""
    ignored = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", ".hypothesis", "my_answers", ".prog*")
    return Path(shutil.copytree(ROOT, tmp_path / "checkout", ignore=ignored))


def test_requirements_are_a_copy_of_the_root_ones():
    text = (RECIPE / "requirements.txt").read_text()
    assert text == (ROOT / "requirements.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert not [line for line in lines if line.startswith("-") or "/" in line]


def test_post_build_is_a_script_that_may_run():
    path = RECIPE / "postBuild"
    assert path.read_text().startswith("#!/bin/bash\n")
    if os.name == "posix":
        assert path.stat().st_mode & stat.S_IXUSR


@pytest.mark.posix  # repo2docker runs on Linux and macOS
def test_repo2docker_reads_the_recipe_as_meant(checkout, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of repo2docker's own dependencies
        from repo2docker.app import Repo2Docker
    monkeypatch.chdir(checkout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        app = Repo2Docker()
        recipes = [build_pack(app.base_image) for build_pack in app.buildpacks]
        recipe = next(each for each in recipes if each.detect())
        recipe.platform = "linux/amd64"
        layers = recipe.render({})
    assert type(recipe).__name__ == "PythonBuildPack"
    assert recipe.python_version == binder_python()
    # The requirements come before the repository, so that a new chapter does not install them again.
    in_order = [
        'install --no-cache-dir -r "binder/requirements.txt"',
        "COPY --chown=",
        "RUN ./binder/postBuild",
    ]
    places = [layers.rindex(part) for part in in_order]
    assert places == sorted(places), layers
    assert "pip install --no-cache-dir ." not in layers


# --- from nothing ------------------------------------------------------------------------------------------------


def python_of_version(version):
    """A command that is Python of this version, or None."""
    for command in (sys.executable, shutil.which(f"python{version}"), shutil.which("python3")):
        if command:
            says = "import sys; print('%d.%d' % sys.version_info[:2])"
            done = subprocess.run([command, "-c", says], capture_output=True, text=True)
            if done.stdout.strip() == version:
                return command
    return None


def run(*command, cwd, environment=None):
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_steps_work_beside_what_binder_bakes_in(checkout, tmp_path):
    base = python_of_version(binder_python())
    assert base, f"needs Python {binder_python()}, the one of the recipe"
    run(base, "-m", "venv", tmp_path / "env", cwd=checkout)
    bin_folder = tmp_path / "env" / ("bin" if os.name == "posix" else "Scripts")
    python = bin_folder / "python"
    path = os.pathsep.join([str(bin_folder), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "HOME": str(tmp_path)}

    run(python, "-m", "pip", "install", *BAKED, cwd=checkout)
    run(python, "-m", "pip", "install", "-r", "binder/requirements.txt", cwd=checkout)
    run("bash", "binder/postBuild", cwd=checkout, environment=environment)

    assert "No broken requirements" in run(python, "-m", "pip", "check", cwd=checkout)
    for pin in BAKED:
        name, version = pin.split("==")
        shown = run(python, "-m", "pip", "show", name, cwd=checkout)
        assert f"Version: {version}\n" in shown, f"the recipe moved {name}"
    run(python, "-c", "from nnlib import NeuralNetwork", cwd=tmp_path)
    assert run(python, "-m", "jupyter", "lab", "--version", cwd=tmp_path).strip() == "4.4.9"
    settings = (tmp_path / "env" / "etc" / "jupyter" / "labconfig" / "page_config.json").read_text(encoding="utf-8")
    assert json.loads(settings)["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"] is True
    chapter = "notebooks/00_start_here.ipynb"
    nbval = ["-m", "pytest", "-c", os.devnull, "--rootdir=.", "--nbval", "--nbval-current-env"]
    run(python, *nbval, chapter, cwd=checkout, environment=environment)


@pytest.mark.slow
@pytest.mark.posix  # these are the README's lines for Linux and macOS
def test_the_lines_of_the_readme_work(checkout):
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    lines = readme.split("Without make, on Linux and macOS:\n\n```sh\n")[1].split("```")[0]
    *setup, start = lines.splitlines()
    for line in setup:
        run("bash", "-c", line, cwd=checkout)
    assert start.endswith("jupyter lab --notebook-dir=. notebooks/00_start_here.ipynb")
    assert run("bash", "-c", f"{start} --version", cwd=checkout)[0].isdigit()
    code = readme.split("```python\n")[1].split("```")[0]
    python = checkout / ".venv" / "bin" / "python"
    run(python, "-c", code, cwd=checkout.parent)
