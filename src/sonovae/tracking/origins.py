"""Both ways: from a run to the data, parameters, code and commits that made it, and from these to the run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sonovae.errors import UserError
from sonovae.tracking import provenance
from sonovae.tracking.store import Store, in_a_line, is_there, reached


def verify(root: Path, run_id: str) -> str:
    """Hash all that went into a run, and what came out, in the working tree; UserError with a line for all that is not
    what the run says."""
    run = _run(root, run_id)
    here = provenance.now(root, run.data.tags["stage"])
    found = {f"input.{name}": hashed for name, hashed in here.inputs.items()}
    found |= {f"output.{name}": hashed for name, hashed in here.outs.items()}
    said = {
        name: tag for name, tag in run.data.tags.items() if name.startswith(("input.", "output."))
    }
    wrong = [
        f"{name.partition('.')[2]}: {said.get(name, 'nothing')} {'went in' if name[0] == 'i' else 'came out'}, and here"
        f" it is {found.get(name, 'nothing')}"
        for name in sorted(said.keys() | found.keys())
        if said.get(name) != found.get(name)
    ]
    if wrong:
        raise UserError("\n".join(wrong))
    return f"run {run.info.run_name}: all {len(said)} hashes are those of the working tree"


def of_model(root: Path, model_id: str) -> Iterator[str]:
    """The runs of a model, and the commits that hold them, a line each."""
    if not is_there(root):
        yield "MLflow knows no run of this model here"
        return
    try:
        runs = Store(root).runs(model_id=model_id)
    except Exception as error:
        yield f"MLflow cannot be asked: {in_a_line(error)}"
        return
    for run in runs:
        yield from _told(root, run)
    if not runs:
        yield "MLflow knows no run of this model here"


def of_run(root: Path, run_id: str) -> Iterator[str]:
    """A run, and the commits that hold its training."""
    run = _run(root, run_id)
    yield from _told(root, _run(root, run.data.tags.get("mlflow.parentRunId", run_id)))


def of_commit(root: Path, revision: str) -> Iterator[str]:
    """The run of the result that a commit's dvc.lock holds."""
    if not (train := provenance.at_commit(root, revision).get("train")):
        raise UserError(
            f"{revision} is neither a file, nor a run, nor a commit whose dvc.lock holds a training"
        )
    if not (runs := Store(root).runs(key=train.key) if is_there(root) else []):
        yield f"MLflow has no run of {revision}: `git checkout {revision}; dvc checkout; make track` makes one"
    for run in runs:
        yield from _told(root, run)


def _told(root: Path, run: Any) -> Iterator[str]:
    yield f"MLflow run {run.info.run_name}, {run.info.run_id}"
    commits = list(
        provenance.commits(root, run.data.tags["key"], run.data.tags["input.data/pictures"])
    )
    for commit in commits:
        yield f"commit {commit[:10]} holds it: git checkout {commit[:10]}; dvc checkout"
    if not commits:
        yield "no commit's dvc.lock holds it"


def _run(root: Path, run_id: str) -> Any:
    """A run of this project's; UserError where there is no such run, or the store cannot be asked."""
    with reached():
        run = Store(root).client.get_run(run_id) if is_there(root) else None
    if not run or "key" not in run.data.tags:
        raise UserError(f"MLflow knows no run {run_id} of this project")
    return run
