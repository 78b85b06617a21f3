"""The notebook, run as Jupyter runs it."""

import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.making.projects import HERE
from tests.making.repositories import make_repository


@pytest.mark.processes
def test_it_plays_new_sounds(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "project")
    for name in ("Makefile", "requirements.txt"):
        shutil.copy2(HERE / name, root / name)
    (root / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    notebook = nbformat.read(HERE / "docs/sonovae.ipynb", as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(root)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [kind for output in outputs for kind in output.get("data", {})]
    assert shown.count("image/png") == 1 + 3  # reconstructions, and three new sounds
    assert sum("<audio" in output.get("data", {}).get("text/html", "") for output in outputs) == 3
