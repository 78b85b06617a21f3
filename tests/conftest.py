"""Fixtures that tests of several packages use."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sonovae.runtime import environment
from tests.making import servers
from tests.making.order import pytest_collection_modifyitems  # noqa: F401
from tests.making.projects import make_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Before a test module loads TensorFlow; processes inherit it.
environment.quiet_tensorflow()


@pytest.fixture(scope="session", autouse=True)
def _prepared() -> None:
    """Set threads as stages do: they cannot change once anything is computed."""
    if "keras" in sys.modules:
        from sonovae.model import backend

        backend.prepare(threads=2)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "recordings"
    path.mkdir()
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    yield from servers.browser()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    yield from servers.dask_cluster(tmp_path)
