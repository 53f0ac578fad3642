"""Run the chapters on the newest Python here, with the newest NumPy and matplotlib that install on it.

    python tests/tools/versions.py [--processor Prescott] [--build | --built] [folder of the environment]

`make test` runs them with the pins. What cannot be had is named in the table. With a processor the same run shows the
chapters as that one would compute them (see `processors.py`): for every day one run instead of two.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
from tools import processors

ROOT = Path(__file__).parents[2]
WANTED = (3, 14)  # the newest Python that there is
SAYS = """
import json, sys
from importlib.metadata import version
print(json.dumps({"Python": "%d.%d.%d" % sys.version_info[:3], "NumPy": version("numpy"),
    "matplotlib": version("matplotlib"), "IPython": version("ipython")}))
"""


def newest_python():
    """(version, command) of the newest finished Python on this machine: on the PATH, or one that pyenv keeps."""
    minors = range(11, WANTED[1] + 6)
    commands = [sys.executable, *(shutil.which(f"python3.{minor}") for minor in minors)]
    commands += Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("3.*/bin/python")
    found = []
    for command in filter(None, commands):
        says = "import sys; print(*sys.version_info[:3], sys.version_info.releaselevel)"
        done = subprocess.run([command, "-c", says], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.endswith("final\n"):
            found.append((tuple(map(int, done.stdout.split()[:3])), os.fspath(command)))
    return max(found, key=lambda each: each[0])


def requirements():
    """What the course and its tests need, the pins opened."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [line for line in lines if line and not line.startswith("#")]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    tools = [
        line for line in extras["test"] if line.split(">")[0].startswith(("pytest", "threadpoolctl", "hypothesis"))
    ]
    return [re.sub("==.*", "", line) for line in needed] + tools


def inside_of(folder):
    """The Python of the environment in a folder."""
    return Path(folder, "bin" if os.name == "posix" else "Scripts", "python").absolute()


def build(python, folder):
    """An environment with the newest of everything; the path of its Python."""
    subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    inside = inside_of(folder)
    pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", *requirements()], check=True)
    subprocess.run([*pip, "--no-deps", "-e", "."], cwd=ROOT, check=True)
    return inside


def versions(python):
    return json.loads(subprocess.run([python, "-c", SAYS], capture_output=True, text=True, check=True).stdout)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--processor", choices=processors.PROCESSORS, help="as this one would run them")
    step = parser.add_mutually_exclusive_group()
    step.add_argument("--build", action="store_true", help="only build the environment")
    step.add_argument("--built", action="store_true", help="only run in the environment that stands")
    parser.add_argument("folder", nargs="?", default=ROOT / ".venv" / "newest", help="of the environment")
    options = parser.parse_args(arguments)

    number, base = newest_python()
    inside = inside_of(options.folder) if options.built else build(base, options.folder)
    if options.build:
        return 0
    pinned = versions(sys.executable)
    newest = versions(inside)
    # Another matplotlib may place a pixel elsewhere; each figure has to stay close to what it was.
    tolerance = 1 if newest["matplotlib"] == pinned["matplotlib"] else 10
    run = processors.Run("this machine", os.cpu_count(), [f"--figure-tolerance={tolerance}", "notebooks"])
    run.python = inside
    if options.processor:
        run = processors.emulated(options.processor, 1, run.arguments, run.look()["features"])
        run.python = inside
        trouble = processors.obstacle(run, run.look(), None)
        if trouble:
            sys.exit(f"{options.processor}: {trouble}")
    run.run()

    form = "{:24} {:8} {:8} {:11} {:9} {}"
    print("\n" + form.format("environment", *pinned, "chapters"))
    print(form.format("the pins", *pinned.values(), "run by `make test`"))
    result = f"{'as stored' if run.passed else 'DIFFER'} ({run.result}), figures within {tolerance}, on {run.name}"
    print(form.format("the newest that installs", *newest.values(), result))
    if number < WANTED:
        print("NOT RUN: Python {}.{} is not on this machine.".format(*WANTED))
    if newest == pinned:
        print("NOT RUN: nothing newer than the pins installs on this Python.")
    return int(not run.passed)


if __name__ == "__main__":
    sys.exit(main())
