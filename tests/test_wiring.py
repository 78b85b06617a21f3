"""dvc.yaml against what the stages really import."""

import ast
import os
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sonovae.dataset import analysis
from tests.making.projects import HERE

WIRING = YAML(typ="safe", pure=True).load(HERE / "dvc.yaml")
STAGES = list(WIRING["stages"])
SOURCE = HERE / "src" / "sonovae"
NO_BYTES = {
    "arrays.py",
    "atomic.py",
    "errors.py",
    "params",
    "project.py",
    "recordings/schema.py",
    "dataset/shared_storage.py",
    "runtime/environment.py",
    "runtime/lock.py",
    "runtime/logs.py",
    "runtime/progress.py",
    "runtime/stage.py",
    "runtime/workers.py",
    "tracking",
    "version_control.py",
}
"""Code that changes no byte of an out: DVC tracks values of parameters; the rest reports."""
FIGURES = "src/sonovae/pages/plots.py"
"""Code that changes bytes only where figures are outs."""
ORDER = [
    {"arrays", "errors"},
    {"atomic", "project", "version_control"},
    {"params"},
    {"pages", "runtime"},
    {"codec"},
    {"features"},
    {"distributions"},
    {"model"},
    {"recordings"},
    {"dataset"},
    {"training"},
    {"generation"},
    {"quality"},
    {"evaluation"},
    {"promotion"},
    {"tracking"},
    {"retraining"},
    {"listening"},
    {"app"},
    {"console"},
]
"""Packages and top-level modules from the bottom up; imports between lines point to lower ones."""


@cache
def imports(path: Path) -> frozenset[Path]:
    """Return the files of the package that a file imports by itself, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    parts = [name.split(".")[1:] for name in names if name.startswith("sonovae.")]
    candidates = [SOURCE.joinpath(*part) for part in parts]
    modules = {candidate.with_suffix(".py") for candidate in candidates}
    packages = {candidate / "__init__.py" for candidate in candidates}
    return frozenset(found for found in modules | packages if found.is_file())


def is_in(path: Path, names: set[str]) -> bool:
    """Whether a file of the package is one of some files, or lies in one of some folders."""
    relative = path.relative_to(SOURCE)
    return any(relative == Path(name) or Path(name) in relative.parents for name in names)


def closure(path: Path) -> set[Path]:
    """Return the files that a stage script imports, directly or not, and that can change outs."""
    found: set[Path] = set()
    pending = [path]
    while pending:
        new = {file for file in imports(pending.pop()) if not is_in(file, NO_BYTES)} - found
        found |= new
        pending += new
    return {file for file in found if file.name != "__init__.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_deps_cover_what_the_script_imports_and_nothing_else(stage: str) -> None:
    deps = WIRING["stages"][stage]["deps"]
    assert f"stages/{stage}.py" in deps
    listed = {dep.removeprefix("src/sonovae/") for dep in deps if dep.startswith("src/")}
    needed = closure(HERE / f"stages/{stage}.py")
    assert {str(file) for file in needed if not is_in(file, listed)} == set()
    assert {dep for dep in listed if not any(is_in(file, {dep}) for file in needed)} == set()


def test_generate_does_not_depend_on_how_recordings_become_clips() -> None:
    deps = WIRING["stages"]["generate"]["deps"]
    assert "src/sonovae/dataset" not in deps
    assert "src/sonovae/recordings" not in deps


def test_spectrogram_cache_is_named_by_the_code_that_fills_it() -> None:
    made_by = closure(SOURCE / "dataset/analysis.py")
    assert {str(file) for file in made_by if not is_in(file, set(analysis.CODE))} == set()


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_those_that_a_stage_reads(stage: str) -> None:
    """evaluate's page shows all of them."""
    assert WIRING["stages"][stage]["params"] == (STAGES if stage == "evaluate" else [stage])


@pytest.mark.parametrize("stage", STAGES)
def test_cmd_is_one_process_with_its_own_code(stage: str) -> None:
    plain = "TF_CPP_MIN_LOG_LEVEL=2 TF_ENABLE_ONEDNN_OPTS=0 "
    fast = "TF_CPP_MIN_LOG_LEVEL=2 TF_ENABLE_ONEDNN_OPTS=1 "
    variables = dict.fromkeys(("judge", "evaluate", "generate"), plain) | {
        "train": fast,
        "prior": fast,
        "preprocess": "MALLOC_MMAP_THRESHOLD_=4194304 MALLOC_TRIM_THRESHOLD_=16777216 ",
    }
    own = f"PYTHONPATH=src OPENBLAS_NUM_THREADS=1 {variables.get(stage, '')}"
    wanted = f"exec env {own}python stages/{stage}.py"
    assert WIRING["stages"][stage]["cmd"] == wanted


@pytest.mark.parametrize("stage", STAGES)
def test_outs_are_those_that_the_script_names(stage: str) -> None:
    wiring = WIRING["stages"][stage]
    for out in wiring["outs"]:
        parent = Path(out).parent.as_posix()
        assert out in (HERE / f"stages/{stage}.py").read_text().replace("{OUT}", parent)


def test_figures_are_deps_only_where_figures_are_outs() -> None:
    drawing = {stage for stage in STAGES if HERE / FIGURES in closure(HERE / f"stages/{stage}.py")}
    assert drawing == {"evaluate", "generate"}


def test_no_stage_imports_a_stage() -> None:
    assert not any("from stages" in (HERE / f"stages/{stage}.py").read_text() for stage in STAGES)


def test_fetch_and_preprocess_run_without_the_heavy_libraries(project: Path) -> None:
    code = """
import sys; from pathlib import Path; from stages import fetch, preprocess
fetch.main(Path.cwd()); preprocess.main(Path.cwd())
print([m for m in ("tensorflow", "keras", "mlflow", "matplotlib") if m in sys.modules])
"""
    environment = os.environ | {"PYTHONPATH": "src:."}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines()[-1] == "[]"


def package(path: Path) -> str:
    """Return the package of a file, or the name of a top-level module."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def source_files() -> list[Path]:
    """Return the files in the packages, and the top-level modules that others import."""
    return [
        path
        for path in SOURCE.rglob("*.py")
        if path.parent != SOURCE or not path.name.startswith("__")
    ]


def test_every_package_is_in_the_order() -> None:
    assert {package(path) for path in source_files()} == set().union(*ORDER)


def test_imports_between_packages_point_down() -> None:
    height = {name: n for n, names in enumerate(ORDER) for name in names}
    upward = [
        f"{path.relative_to(SOURCE)} imports {other.relative_to(SOURCE)}"
        for path in source_files()
        for other in imports(path)
        if package(other) != package(path) and height[package(other)] >= height[package(path)]
    ]
    assert upward == []


def test_no_package_contains_a_cycle() -> None:
    graph = {
        path: {other for other in imports(path) if package(other) == package(path)}
        for path in source_files()
    }
    for path, others in graph.items():
        if path.name == "__init__.py":
            continue
        graph[path] = {
            other for other in others if other.name != "__init__.py"
        }  # submodules load it first anyway
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_only_tracking_knows_mlflow() -> None:
    naming = {
        path
        for folder in ("src", "stages")
        for path in (HERE / folder).rglob("*.py")
        if "mlflow" in path.read_text()
    }
    named = {path.relative_to(SOURCE) for path in naming}
    others = {path for path in named if path.parts[0] != "tracking"}
    assert others == {Path("generation/served.py")}  # what MLflow loads says so
