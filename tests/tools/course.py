"""Options and fixtures of every test: a plugin that pyproject.toml loads, whatever pytest is called on."""

import itertools
import os
import sys

from tools.kernels import connect_by_files, isolated_threads

os.environ.update(isolated_threads())  # before NumPy is loaded

import pytest
from tools.figures import FigurePlugin


def pytest_addoption(parser):
    parser.addoption(
        "--figure-tolerance",
        type=float,
        default=1.0,
        help="how far a stored figure may be from a freshly drawn one (RMS of 0..255)",
    )
    parser.addoption("--no-skips", action="store_true", help="count a skipped test as a failed one")


def pytest_configure(config):
    connect_by_files()
    if not hasattr(config, "workerinput"):
        # Builds matplotlib's list of fonts once; otherwise the first chapter would say so in its outputs.
        import matplotlib.font_manager  # noqa: F401
    config.pluginmanager.register(FigurePlugin(config.getoption("figure_tolerance")), "figures")


def pytest_collection_modifyitems(config, items):
    """On Windows there are no `make` and no `bash` to test, and only Linux tells what memory a process holds."""
    for marker, here in (("posix", os.name == "posix"), ("linux", sys.platform == "linux")):
        if not here:
            config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(marker)])
            items[:] = [item for item in items if not item.get_closest_marker(marker)]


def fail_if_skipped(report, config):
    if config.getoption("no_skips") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which --no-skips counts as failed: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    fail_if_skipped(report, item.config)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    fail_if_skipped(report, collector.config)
    return report


@pytest.fixture(scope="session")
def progress_folders(tmp_path_factory):
    return tmp_path_factory.mktemp("progress"), itertools.count()


@pytest.fixture(autouse=True)
def own_progress(monkeypatch, progress_folders):
    """Keeps every test away from a learner's progress."""
    parent, numbers = progress_folders
    folder = parent / str(next(numbers))
    folder.mkdir()
    monkeypatch.setenv("NNLIB_PROGRESS", str(folder))
    return folder
