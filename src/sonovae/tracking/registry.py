"""MLflow's model registry: a result that passes its gates becomes a version, and the best of them the champion."""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import params
from sonovae.errors import UserError
from sonovae.evaluation import clip_errors, gates
from sonovae.params.promotion import Promotion
from sonovae.tracking.runs import track
from sonovae.tracking.store import Store, is_there, reached

ALIAS = "champion"


@reached()
def promote(root: Path) -> str:
    """Register the result in the working tree if it passes its gates, and let the alias `champion` name it if it is
    better than the one that has it. Says what was done and why, as the run's tag `promotion` does, too."""
    found = track(root)
    if "evaluate" not in found:
        raise UserError(f"run {found['train']} was not evaluated: make repro")
    store, p = Store(root), params.load(root / "params.yaml").promotion
    run, evaluation = (store.client.get_run(found[stage]) for stage in ("train", "evaluate"))
    if reasons := gates.shut(evaluation.data.metrics, p.gates):
        said = f"not registered: {'; '.join(reasons)}"
    else:
        said = _promote(store, p, run, found["evaluate"])
    store.client.set_tag(run.info.run_id, "promotion", said)
    return said


@reached()
def versions(root: Path) -> dict[str, str]:
    """Each version of the project's model in the registry, by what it is called: its number, and whether it is the
    champion. None where there is no store."""
    if not is_there(root):
        return {}
    store, name = Store(root), params.load(root / "params.yaml").promotion.model
    champion = _champion(store, name)
    best = str(champion.version) if champion else ""
    found = sorted(
        (str(each.version) for each in store.client.search_model_versions(f"name = '{name}'")),
        key=int,
    )
    return {f"version {each}" + (f", {ALIAS}" if each == best else ""): each for each in found}


@reached()
def download(root: Path, version: str, to: Path) -> Path:
    """The folder of a version's model, by its number, brought to `to`."""
    store, name = Store(root), params.load(root / "params.yaml").promotion.model
    run = store.client.get_model_version(name, version).run_id
    return next(
        Path(store.client.download_artifacts(run, "model", str(to))).rglob("model.json")
    ).parent


def _promote(store: Store, p: Promotion, run: Any, evaluation: str) -> str:
    version, champion = _version(store, p.model, run), _champion(store, p.model)
    if champion and str(champion.version) == version:
        return f"version {version} is the champion already"
    reasons = _reasons(store, p, run, evaluation, champion) if champion else []
    if not reasons:
        store.client.set_model_version_tag(p.model, version, "evaluation", evaluation)
        store.client.set_registered_model_alias(p.model, ALIAS, version)
    before = f"version {champion.version}" if champion else "none"
    said = (
        f"the champion stays {before}: {'; '.join(reasons)}"
        if reasons
        else f"it is the champion, after {before}"
    )
    store.client.set_model_version_tag(p.model, version, "promotion", said)
    return f"version {version} of {p.model}: {said}"


def _reasons(store: Store, p: Promotion, run: Any, evaluation: str, champion: Any) -> list[str]:
    """Why the run's model does not take the champion's place."""
    other = store.client.get_run(champion.run_id)
    if differing := sorted(name for name, _ in _pictures(run) ^ _pictures(other)):
        return [f"its pictures are other ones ({differing[0]}), and errors say nothing across them: give"
                " promotion.model another name, or move the alias by hand in the dashboard"]  # fmt: skip
    return gates.not_better(
        _clips(store, evaluation), _clips(store, champion.tags["evaluation"]), p.lower
    )


def _pictures(run: Any) -> set[tuple[str, str]]:
    """The parameters that make pictures."""
    others = ("preprocess.split", "preprocess.limit")
    return {
        (name, value)
        for name, value in run.data.params.items()
        if name.startswith("preprocess.") and not name.startswith(others)
    }


def _clips(store: Store, evaluation: str) -> pd.DataFrame:
    """The errors of each test clip."""
    with tempfile.TemporaryDirectory() as folder:
        return clip_errors.read(
            Path(store.client.download_artifacts(evaluation, "evaluate/clips.csv", folder))
        )


def _version(store: Store, name: str, run: Any) -> str:
    """The version that the run's model has in the registry; registered now, where it has none."""
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(
            name, description="Learns the sound of recordings, and makes new ones."
        )
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    if known := store.client.search_model_versions(
        f"run_id = '{run.info.run_id}' and name = '{name}'"
    ):
        return str(known[0].version)
    tags = {tag: run.data.tags[tag] for tag in ("key", "model_id")}
    made = store.client.create_model_version(
        name, f"runs:/{run.info.run_id}/model", run.info.run_id, tags=tags
    )
    return str(made.version)


def _champion(store: Store, name: str) -> Any:
    """The version that has the alias, or None."""
    from mlflow.exceptions import MlflowException

    try:
        return store.client.get_model_version_by_alias(name, ALIAS)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None
