"""What `import sonovae` costs and changes: almost nothing."""

import json
import os
import subprocess
import sys

from conftest import HERE

import sonovae

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


def test_version() -> None:
    assert sonovae.__version__.count(".") == 2
