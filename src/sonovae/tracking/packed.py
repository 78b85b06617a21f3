"""Complete model in MLflow's format: with signature and requirements, without code.

`sonovae.generation.served` loads it, so the package must be installed where it is served. The
run's tag git.commit names its version.
"""

import contextlib
import os
import shutil
import tempfile
import warnings
from importlib import metadata
from pathlib import Path

from sonovae.model import saved_prior

LOADER = "sonovae.generation.served"


def save(model: Path, prior: Path, to: Path) -> None:
    """Write the new folder `to` from a model's folder and its prior's, which lies inside there."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # MLflow warns of its own code, and of models without an example of their input.
        warnings.simplefilter("ignore", UserWarning)
        whole = Path(folder) / model.name
        shutil.copytree(model, whole)
        shutil.copytree(prior, whole / saved_prior.NAME)
        _save(whole, to)


def _save(model: Path, to: Path) -> None:
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import Array

    label = ColSpec(DataType.string, "label", required=False)
    group = ColSpec(DataType.string, "group", required=False)
    seconds = ColSpec(DataType.double, "seconds", required=False)
    z = ColSpec(Array(DataType.double), "z", required=False)
    seed = ColSpec(DataType.long, "seed", required=False)
    file = ColSpec(DataType.binary, "file")
    mlflow.pyfunc.save_model(
        path=os.fspath(to),
        loader_module=LOADER,
        data_path=os.fspath(model),
        signature=ModelSignature(Schema([label, group, seconds, z, seed]), Schema([file])),
        pip_requirements=requirements(),
    )


def requirements() -> list[str]:
    """Return the installed versions of what this package requires, as lines for pip."""
    from packaging.requirements import Requirement

    lines = set()
    for text in metadata.requires("sonovae") or ():
        requirement = Requirement(text)
        # A framework is an extra: TensorFlow for the CPU or with CUDA.
        extras = [{"extra": extra} for extra in ("", "cpu", "gpu")]
        marker = requirement.marker
        if marker is None or any(marker.evaluate(extra) for extra in extras):
            with contextlib.suppress(metadata.PackageNotFoundError):
                lines.add(f"{requirement.name}=={metadata.version(requirement.name)}")
    return sorted(lines)
