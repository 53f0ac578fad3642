"""Fixtures for the browser tests: one server and one browser for all, a fresh notebook and kernel for each."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Chromium, Lab, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("jupyter") / "server") as server:
        yield server


@pytest.fixture(scope="session")
def chromium():
    with Chromium() as chromium:
        yield chromium


@pytest.fixture
def lab(server, chromium, request):
    """Opens a notebook, by path or by the sources of its cells; afterwards no page may have had an error.

    The page may have shown another test's notebook before, as a reader's has, if that test has passed.
    """
    opened, failed = [], request.session.testsfailed

    def open_lab(source, **options):
        opened.append(Lab(server, chromium, source, **options))
        return opened[-1]

    yield open_lab
    for notebook in opened:
        notebook.close(keep=not notebook.errors and request.session.testsfailed == failed)
    assert [error for notebook in opened for error in notebook.errors] == []
