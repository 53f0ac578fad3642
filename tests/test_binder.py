"""What is built from nothing: the Binder recipe, the lines of the README, the package, the site."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import warnings
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tools import form

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "binder"
# What repo2docker 2026.4 installs before the recipe's own requirements.
BAKED = ["jupyterlab==4.4.9", "notebook==7.4.7", "jupyter_server==2.17.0", "ipywidgets==8.1.7"]


def binder_python():
    return (RECIPE / "runtime.txt").read_text().strip().removeprefix("python-")


@pytest.fixture
def checkout(tmp_path):
    """The files that the repository holds, without the environment and caches."""
    ignored = shutil.ignore_patterns(
        ".venv", ".git", "build", "dist", "__pycache__", ".*_cache", ".hypothesis", "my_answers", ".prog*"
    )
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


LEARNS = """
import importlib.util
from nnlib import NeuralNetwork, datasets

assert importlib.util.find_spec("matplotlib") is None
X, labels = datasets.digits()
layers = [
    {"n_inputs": 64, "n_neurons": 32, "activation": "relu"},
    {"n_inputs": 32, "n_neurons": 10, "activation": "linear"},
]
nn = NeuralNetwork(layers, learning_rate=0.1, seed=0, loss="cross_entropy")
nn.fit(X, datasets.one_hot(labels), epochs=5, batch_size=32)
nn.save("digits.npz")
assert (NeuralNetwork.load("digits.npz").predict(X).argmax(axis=1) == labels).mean() > 0.9
"""
SHOWS = """
from nnlib.exercises import check, progress
from nnlib.widgets import digit_pad, xor_learns

live = xor_learns()
live.set(rate=0.2)
print(live.readout)
digit_pad()
"""


@pytest.mark.slow
@pytest.mark.posix
def test_the_wheel_works_without_the_repository(checkout, tmp_path):
    run("make", "wheel", f"PYTHON={sys.executable}", f"VENV={tmp_path / 'builder'}", cwd=checkout)
    (wheel,) = (checkout / "dist").iterdir()
    with zipfile.ZipFile(wheel) as files:
        packed = {name for name in files.namelist() if ".dist-info/" not in name}
    owned = {path.relative_to(checkout).as_posix() for path in (checkout / "nnlib").rglob("*") if path.is_file()}
    assert packed == {name for name in owned if "__pycache__" not in name}
    assert {"nnlib/data/digits.csv.gz", "nnlib/widgets/ch13_digit_pad.js"} <= packed

    run(sys.executable, "-m", "venv", tmp_path / "env", cwd=tmp_path)
    python = tmp_path / "env" / ("bin" if os.name == "posix" else "Scripts") / "python"
    own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run(python, "-m", "pip", "install", wheel, cwd=tmp_path, environment=own)
    installed = json.loads(run(python, "-m", "pip", "list", "--format=json", cwd=tmp_path, environment=own))
    assert {each["name"] for each in installed} - {"pip", "setuptools", "wheel"} == {"nnlib", "numpy"}
    run(python, "-c", LEARNS, cwd=tmp_path, environment=own)
    run(python, "-m", "pip", "install", f"{wheel}[course]", cwd=tmp_path, environment=own)
    assert "Learning rate 0.2, epoch 1000" in run(python, "-c", SHOWS, cwd=tmp_path, environment=own)


class Page(HTMLParser):
    """What a page of the site shows and links to."""

    def __init__(self, path):
        super().__init__()
        self.pictures, self.links, self.names = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.names.add(attributes.get("id"))
        if tag == "img":
            self.pictures.append(attributes)
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])


@pytest.mark.slow
@pytest.mark.posix
def test_the_site(checkout, tmp_path):
    """Every picture of a saved chapter is there with its text alternative, every link leads somewhere."""
    run("make", "site", f"PYTHON={sys.executable}", f"VENV={tmp_path / 'env'}", cwd=checkout)
    site = checkout / "build" / "site"
    pages = {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for chapter in form.chapters(checkout / "notebooks"):
        page = pages[site / "notebooks" / f"{chapter.stem}.html"]
        stored = json.loads(chapter.read_text(encoding="utf-8"))
        figures = [o for cell in form.code_cells(stored) for o in cell["outputs"] if "image/png" in o.get("data", {})]
        alts = [picture["alt"] for picture in page.pictures]
        assert alts == [" ".join(figure["metadata"]["image/png"]["alt"].split()) for figure in figures]
        assert f'"notebooks/{chapter.stem}"' in index
        assert chapter.stem in " ".join(pages[site / "index.html"].links)
    for path, page in pages.items():
        assert [picture["src"] for picture in page.pictures if len(picture.get("alt", "")) < form.LEAST_ALT] == []
        for link in [*page.links, *(picture["src"] for picture in page.pictures)]:
            address = urlsplit(link)
            if not address.scheme and not address.netloc:
                target = (path.parent / unquote(address.path)).resolve() if address.path else path
                assert target.exists(), f"{path.name} links to {link}"
                if address.fragment and target in pages:
                    named = {address.fragment, unquote(address.fragment)} & pages[target].names
                    assert named, f"{path.name} links to {link}"


@pytest.mark.long
@pytest.mark.posix
def test_a_chapter_to_print(tmp_path):
    chapter = ROOT / "notebooks" / "05_backpropagation.ipynb"
    recipe = re.search(r"nbconvert (.*?)--output-dir", (ROOT / "Makefile").read_text("utf-8").replace("\\\n", ""))[1]
    command = [sys.executable, "-m", "nbconvert", *recipe.split(), "--output-dir", tmp_path, chapter]
    run(*command, cwd=ROOT)
    page = Page(tmp_path / "05_backpropagation.html")
    assert len(page.pictures) > 10
    assert all(len(picture["alt"]) >= form.LEAST_ALT for picture in page.pictures)
