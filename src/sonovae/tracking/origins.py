"""From a run to the data, parameters, code and commits behind it, and from these to the run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sonovae.errors import UserError
from sonovae.project import PICTURES
from sonovae.tracking import provenance
from sonovae.tracking.connection import one_line, user_errors
from sonovae.tracking.store import PARENT, Store, has_store

NO_RUN = "MLflow knows no run of this model here"


def verify(root: Path, run_id: str) -> str:
    """Compare the hashes in a run's tags with the working tree's; return how many are equal.

    UserError with a line for each input or output that differs.
    """
    run = _run(root, run_id)
    record = provenance.current(root, run.data.tags["stage"])
    actual = record.input_tags | provenance.output_tags(record.outs)
    tags = run.data.tags.items()
    logged = {name: tag for name, tag in tags if name.startswith(("input.", "output."))}
    faults = []
    for name in sorted(logged.keys() | actual.keys()):
        before = logged.get(name, "nothing")
        now = actual.get(name, "nothing")
        if before != now:
            kind, _, path = name.partition(".")
            verb = "read" if kind == "input" else "wrote"
            faults.append(f"{path}: the run {verb} {before}, the working tree has {now}")
    if faults:
        raise UserError("\n".join(faults))
    return f"run {run.info.run_name}: all {len(logged)} hashes are those of the working tree"


def describe_model(root: Path, model_id: str) -> Iterator[str]:
    """Yield lines that name a model's runs and the commits that hold them."""
    if not has_store(root):
        yield NO_RUN
        return
    try:
        runs = Store(root).runs(model_id=model_id)
    except Exception as error:  # A sound tells its origin without a store, too.
        yield f"MLflow cannot be asked: {one_line(error)}"
        return
    for run in runs:
        tags = run.data.tags
        if PARENT in tags:
            yield from _describe(root, _run(root, tags[PARENT]), tags["key"])
        else:
            # A training of an earlier version, whose own run has the model.
            yield from _describe(root, run)
    if not runs:
        yield NO_RUN


def describe_run(root: Path, run_id: str) -> Iterator[str]:
    """Yield lines that name the training of a run and the commits that hold it."""
    tags = _run(root, run_id).data.tags
    yield from _describe(root, _run(root, tags.get(PARENT, run_id)))


def describe_commit(root: Path, revision: str) -> Iterator[str]:
    """Yield lines that name the run of the result in a commit's dvc.lock."""
    train = provenance.at_commit(root, revision).get("train")
    if not train:
        raise UserError(
            f"{revision} is neither a file, nor a run, nor a commit whose dvc.lock holds a training"
        )
    runs = Store(root).runs(key=train.key) if has_store(root) else []
    if not runs:
        yield (
            f"MLflow has no run of {revision}:"
            f" `git checkout {revision}; dvc checkout; make track` makes one"
        )
    for run in runs:
        yield from _describe(root, run)


def _describe(root: Path, run: Any, prior: str = "") -> Iterator[str]:
    """Name a training's run, and the commits that hold it, with the prior that has this key."""
    yield f"MLflow run {run.info.run_name}, {run.info.run_id}"
    tags = run.data.tags
    pictures = tags[f"input.{PICTURES}"]
    commits = list(provenance.commits(root, tags["key"], pictures, prior))
    for commit in commits:
        yield f"commit {commit[:10]} holds it: git checkout {commit[:10]}; dvc checkout"
    if not commits:
        yield "no commit's dvc.lock holds it"


def _run(root: Path, run_id: str) -> Any:
    """Return a run; UserError if it is not one of this project's."""
    with user_errors():
        run = Store(root).client.get_run(run_id) if has_store(root) else None
    # Other projects may share the server.
    if not run or "key" not in run.data.tags:
        raise UserError(f"MLflow knows no run {run_id} of this project")
    return run
