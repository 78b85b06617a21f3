"""A model's folder as MLflow packs models: with signature and requirements, and without code.

It is loaded by this package's `served`, which must be installed there; the tag git.commit of the run says which.
"""

import contextlib
import os
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

LOADER = "sonovae.generation.served"


def save(model: Path, to: Path) -> None:
    """Write the folder `to` from a model's."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # MLflow's of its own code, and that examples would be nice
        _save(model, to)


def _save(model: Path, to: Path) -> None:
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import Array

    wanted: list[Any] = [
        ColSpec(DataType.string, "label", required=False),
        ColSpec(Array(DataType.double), "z", required=False),
        ColSpec(DataType.long, "seed", required=False),
    ]
    mlflow.pyfunc.save_model(
        path=os.fspath(to),
        loader_module=LOADER,
        data_path=os.fspath(model),
        signature=ModelSignature(Schema(wanted), Schema([ColSpec(DataType.binary, "file")])),
        pip_requirements=requirements(),
    )


def requirements() -> list[str]:
    """What this package requires, with the framework, as it is installed here, in pip's words."""
    from packaging.requirements import Requirement

    found = set()
    for each in map(Requirement, metadata.requires("sonovae") or ()):
        wanted = each.marker is None or any(
            each.marker.evaluate({"extra": extra}) for extra in ("", "cpu", "gpu")
        )
        with contextlib.suppress(metadata.PackageNotFoundError):
            found |= {f"{each.name}=={metadata.version(each.name)}"} if wanted else set()
    return sorted(found)
