"""What `import sonovae` costs and changes: almost nothing."""

import contextlib
import json
import os
import subprocess
import sys

import pytest

import sonovae
from sonovae.console import cli
from tests.making.projects import HERE

CODE = """
import json, os, sys, time
before = dict(os.environ)
start = time.perf_counter()
import sonovae
seconds = time.perf_counter() - start
heavy = [name for name in ("tensorflow", "keras", "librosa", "mlflow") if name in sys.modules]
print(json.dumps([seconds, heavy, os.environ == before]))
"""


def test_import_is_fast_loads_nothing_heavy_and_sets_no_variable() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=bare | {"PYTHONPATH": str(HERE / "src")},
        capture_output=True,
        check=True,
    )
    seconds, heavy, same = json.loads(done.stdout)
    assert seconds < 0.3
    assert heavy == []
    assert same


@pytest.mark.parametrize(("own", "kept"), [(None, "0"), ("1", "1")])
def test_command_line_sets_what_the_user_has_not_set(
    own: str | None, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"):
        monkeypatch.delenv(name, raising=False)
    if own:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", own)
    monkeypatch.setattr(sys, "argv", ["sonovae", "--help"])
    with contextlib.suppress(SystemExit):
        cli.main()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "2"
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == kept


def test_version() -> None:
    assert sonovae.__version__.count(".") == 2
