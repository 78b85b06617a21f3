"""dvc.yaml against what the stages really import."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import HERE
from ruamel.yaml import YAML

from sonovae import analysis

WIRING = YAML(typ="safe", pure=True).load(HERE / "dvc.yaml")
STAGES = list(WIRING["stages"])
NO_BYTES = {
    "params",
    "errors",
    "progress",
    "lock",
    "stage",
    "environment",
    "workers",
    "storage",
    "tracking",
    "provenance",
    "schema",
    "__init__",
}
"""Rooms that change no byte of an out: the parameters are tracked as such, the others report or keep order."""
OF_FIGURES = {"plots"}
"""Rooms that change bytes only where figures are outs."""


@cache
def rooms(path: Path) -> frozenset[str]:
    """The rooms of the package that a file imports, itself or through another, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "sonovae":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sonovae."):
            names.add(node.module.split(".")[1])
    names -= NO_BYTES
    return frozenset(names).union(*(rooms(HERE / f"src/sonovae/{name}.py") for name in names))


def imports(path: Path) -> set[str]:
    """The rooms that a file imports by itself, whichever they are and however it says so."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("sonovae.")}
        elif isinstance(node, ast.ImportFrom) and node.module == "sonovae":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sonovae."):
            found.add((node.module or "").split(".")[1])
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_deps_name_the_script_and_the_rooms_that_it_imports(stage: str) -> None:
    listed = {dep for dep in WIRING["stages"][stage]["deps"] if dep.endswith(".py")}
    wanted = {f"src/sonovae/{room}.py" for room in rooms(HERE / f"stages/{stage}.py") - NO_BYTES}
    assert listed == wanted | {f"stages/{stage}.py"}


def test_packs_are_named_by_the_code_that_makes_them() -> None:
    assert set(analysis.ROOMS) == {"analysis", "params.preprocess"} | rooms(HERE / "src/sonovae/analysis.py") - NO_BYTES


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_those_that_a_stage_reads(stage: str) -> None:
    """evaluate's page shows all of them."""
    assert WIRING["stages"][stage]["params"] == (STAGES if stage == "evaluate" else [stage])


@pytest.mark.parametrize("stage", STAGES)
def test_cmd_is_one_process_with_its_own_code(stage: str) -> None:
    faster = {
        "train": "TF_ENABLE_ONEDNN_OPTS=1 ",
        "preprocess": "MALLOC_MMAP_THRESHOLD_=4194304 MALLOC_TRIM_THRESHOLD_=16777216 ",
    }
    wanted = f"exec env PYTHONPATH=src OPENBLAS_NUM_THREADS=1 {faster.get(stage, '')}python stages/{stage}.py"
    assert WIRING["stages"][stage]["cmd"] == wanted


@pytest.mark.parametrize("stage", STAGES)
def test_outs_are_those_that_the_script_names(stage: str) -> None:
    wiring = WIRING["stages"][stage]
    for out in wiring["outs"]:
        parent = Path(out).parent.as_posix()
        assert out in (HERE / f"stages/{stage}.py").read_text().replace("{OUT}", parent)


def test_figures_are_deps_only_where_figures_are_outs() -> None:
    assert {stage for stage in STAGES if OF_FIGURES & rooms(HERE / f"stages/{stage}.py")} == {"evaluate", "generate"}


def test_no_stage_imports_a_stage() -> None:
    assert not any("from stages" in (HERE / f"stages/{stage}.py").read_text() for stage in STAGES)


def test_fetch_and_preprocess_run_without_the_heavy_libraries(project: Path) -> None:
    code = """
import sys; from pathlib import Path; from stages import fetch, preprocess
fetch.main(Path.cwd()); preprocess.main(Path.cwd())
print([m for m in ("tensorflow", "keras", "mlflow", "matplotlib") if m in sys.modules])
"""
    environment = os.environ | {"PYTHONPATH": "src:."}
    done = subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == "[]"


FLOORS = [
    {"errors", "environment", "progress", "params"},
    {"waveform", "tape", "cuts", "ffmpeg", "sound", "image", "spectrogram", "phase", "picture", "backend"},
    {
        "folder",
        "archive",
        "kaggle",
        "whistles",
        "card",
        "processes",
        "checksums",
        "schema",
        "verdict",
        "lock",
        "workers",
        "packs",
    },
    {"contents", "listing", "naming"},
    {"sources", "recordings", "clips", "scaling", "codec", "networks", "priors", "density", "weights"},
    {"vae", "dataset", "split", "analysis", "storage", "provenance"},
    {
        "training",
        "initialization",
        "optimizer",
        "batches",
        "judge",
        "fidelity",
        "copies",
        "hearing",
        "controls",
        "scoring",
        "accuracy",
        "floors",
        "checkpoint",
        "state",
        "health",
        "model",
        "latent",
        "metrics",
        "maps",
        "reconstruction",
        "playable",
        "drawing",
        "unseen",
        "novelty",
        "plots",
        "survey",
        "tracking",
        "gates",
        "drift",
        "change",
        "stage",
    },
    {"page"},
    {"report", "results", "revision"},
    {"evaluation", "seeds", "studio", "inspection", "listening"},
    {"served", "duel", "comment"},
    {"commands"},
    {"retrain", "app"},
    {"cli"},
]
"""The plan of the house: imports point down or stay on their floor."""


def test_imports_point_down() -> None:
    floor = {room: n for n, some in enumerate(FLOORS) for room in some}
    for room, n in floor.items():
        here = HERE / "src/sonovae"
        files = [here / f"{room}.py"] if (here / f"{room}.py").exists() else list((here / room).glob("*.py"))
        assert files
        for file in files:
            assert all(floor[other] <= n for other in imports(file)), file


def test_only_tracking_knows_mlflow() -> None:
    naming = [
        path for folder in ("src", "stages") for path in (HERE / folder).rglob("*.py") if "mlflow" in path.read_text()
    ]
    named = {path.relative_to(HERE / "src/sonovae").parts[0] for path in naming}
    assert named - {"served.py"} == {"tracking"}  # what MLflow loads says so


def test_every_room_is_in_the_plan() -> None:
    files = [path for path in (HERE / "src/sonovae").iterdir() if path.suffix != ".html"]
    found = {path.stem for path in files if not path.stem.startswith("__")}
    assert found == set().union(*FLOORS)
