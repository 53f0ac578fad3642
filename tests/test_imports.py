"""What `import nnlib` loads, and which way the arrows between the modules run."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nnlib

PACKAGE = Path(nnlib.__file__).parent
CORE = [
    "__init__",
    "activations",
    "checks",
    "datasets",
    "gradient_checking",
    "history",
    "initializers",
    "layers",
    "losses",
    "network",
    "optimizers",
    "plain_words",
    "playground",
    "progress",
    "schedulers",
    "storage",
]
PARTS = ("plots", "widgets", "exercises", "classroom")


def imports(path):
    """Every module that the file at `path` imports, anywhere in it, as full dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            # `from nnlib import storage` imports a module, `from nnlib.storage import save` a name of one.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(module):
    """The part of nnlib that the name belongs to: "core" or one of PARTS; None outside."""
    names = module.split(".")
    if names[0] != "nnlib":
        return None
    return names[1] if len(names) > 1 and names[1] in PARTS else "core"


def test_import_nnlib_loads_nothing_of_the_screen():
    code = "import sys, nnlib; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {
        "matplotlib",
        "ipywidgets",
        "anywidget",
        "IPython",
        "traitlets",
        "ipykernel",
        "comm",
        "PIL",
        "torch",
    }


@pytest.mark.parametrize("name", CORE)
def test_the_core_imports_numpy_and_the_standard_library_only(name):
    for module in imports(PACKAGE / f"{name}.py"):
        assert part(module) == "core" or module.split(".")[0] in sys.stdlib_module_names | {"numpy"}, module


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core, extras = project["dependencies"], project["optional-dependencies"]
    lines = [*core, *extras["course"], *extras["classroom"]]
    declared = [re.match(r"[\w.-]+", line)[0].lower() for line in lines if line != "nnlib[course]"]
    distributions = {"PIL": "pillow"}  # where the import has another name
    imported = {module.split(".")[0] for path in PACKAGE.rglob("*.py") for module in imports(path)}
    imported -= sys.stdlib_module_names | {"nnlib"}
    assert sorted(declared) == sorted(distributions.get(name, name.lower()) for name in imported)
    assert [line.split(">")[0] for line in core] == ["numpy"]


def test_every_file_belongs_to_a_part():
    assert {path.stem for path in PACKAGE.glob("*.py")} == {*CORE, "plots", "classroom"}


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE or path.stem in PARTS],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_the_arrows_run_one_way(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    allowed = {
        "plots": {"core", "plots"},
        "widgets": {"core", "plots", "widgets", "exercises"},
        "exercises": {"core", "exercises"},
        "classroom": {"core", "exercises"},
    }[own]
    for module in imports(path):
        assert part(module) in {None, *allowed}, f"{path.name} imports {module}"


def test_the_public_names():
    assert sorted(nnlib.__all__) == ["DivergenceError", "ExponentialLR", "NeuralNetwork", "StepLR", "gradient_check"]
    assert all(hasattr(nnlib, name) for name in nnlib.__all__)
