"""Model registry: results that pass their gates are versions, and the best one is the champion."""

import tempfile
from pathlib import Path
from typing import Any

from sonovae import params
from sonovae.errors import UserError
from sonovae.evaluation import clip_errors
from sonovae.params.promotion import Promotion
from sonovae.project import CLIPS_CSV, SCORES_CSV, Project
from sonovae.promotion import gates, result_comparison
from sonovae.promotion.result_comparison import Tables
from sonovae.tracking.connection import user_errors
from sonovae.tracking.runs import track
from sonovae.tracking.store import PARENT, Store, has_store

ALIAS = "champion"
DESCRIPTION = "Learns the sound of recordings, and makes new ones."


@user_errors()
def promote(root: Path) -> str:
    """Register the result if it passes its gates; make it the champion if it beats the current one.

    Returns what was done and why, which is the run's tag `promotion`, too.
    """
    run_ids = track(root)
    if "prior" not in run_ids or "evaluate" not in run_ids:
        raise UserError(f"run {run_ids['train']} was not evaluated: make repro")
    store = Store(root)
    promotion = _promotion(root)
    evaluation = store.client.get_run(run_ids["evaluate"])
    faults = gates.shut(evaluation.data.metrics, promotion.gates)
    if faults:
        outcome = f"not registered: {'; '.join(faults)}"
    else:
        run = store.client.get_run(run_ids["prior"])
        outcome = _register(store, promotion, run, run_ids["evaluate"])
    # A refused result has the tag, too, so that the dashboard shows the reason.
    store.client.set_tag(run_ids["train"], "promotion", outcome)
    return outcome


@user_errors()
def versions(root: Path) -> dict[str, str]:
    """Return the numbers of the model's versions in the registry, by the name to show.

    There are none without a store.
    """
    if not has_store(root):
        return {}
    store = Store(root)
    name = _promotion(root).model
    champion = _champion(store, name)
    best = int(champion.version) if champion else None
    found = store.client.search_model_versions(f"name = '{name}'")
    names = {}
    for number in sorted(int(version.version) for version in found):
        suffix = f", {ALIAS}" if number == best else ""
        names[f"version {number}{suffix}"] = str(number)
    return names


@user_errors()
def download(root: Path, version: str, to: Path) -> Path:
    """Download a version of the model, by number, to the folder `to`; return the model's folder."""
    store = Store(root)
    run_id = store.client.get_model_version(_promotion(root).model, version).run_id
    artifacts = Path(store.client.download_artifacts(run_id, "model", str(to)))
    # MLflow puts the model's folder somewhere into its own.
    return next(artifacts.rglob("model.json")).parent


def _promotion(root: Path) -> Promotion:
    return params.load(Project(root).params).promotion


def _register(store: Store, promotion: Promotion, run: Any, evaluation: str) -> str:
    """Register the model of a prior's run, and move the alias to it if it is better; return the
    outcome."""
    name = promotion.model
    version = _version(store, name, run)
    champion = _champion(store, name)
    if champion and str(champion.version) == version:
        return f"version {version} is the champion already"
    before = f"version {champion.version}" if champion else "none"
    reasons = _reasons(store, promotion, run, evaluation, champion) if champion else []
    if reasons:
        outcome = f"the champion stays {before}: {'; '.join(reasons)}"
    else:
        outcome = f"it is the champion, after {before}"
        # The next candidate is compared with this evaluation.
        store.client.set_model_version_tag(name, version, "evaluation", evaluation)
        store.client.set_registered_model_alias(name, ALIAS, version)
    store.client.set_model_version_tag(name, version, "promotion", outcome)
    return f"version {version} of {name}: {outcome}"


def _reasons(
    store: Store, promotion: Promotion, run: Any, evaluation: str, champion: Any
) -> list[str]:
    """Return why the run's model does not replace the champion, or nothing if it does."""
    other = store.client.get_run(champion.run_id)
    differing = {name for name, _ in _params(store, run) ^ _params(store, other)}
    comparison = result_comparison.compare(
        _tables(store, evaluation),
        _tables(store, champion.tags["evaluation"]),
        promotion.reconstruction,
        differing,
    )
    return gates.not_better(comparison, promotion.tolerance)


def _params(store: Store, run: Any) -> set[tuple[str, str]]:
    """Return the parameters of a prior's run and of the training above it."""
    parent = run.data.tags.get(PARENT)
    above = store.client.get_run(parent).data.params if parent else {}
    return {*run.data.params.items(), *above.items()}


def _tables(store: Store, evaluation: str) -> Tables:
    """Return an evaluation's tables of sets and of test clips."""
    with tempfile.TemporaryDirectory() as folder:

        def download(name: str) -> Path:
            return Path(store.client.download_artifacts(evaluation, f"evaluate/{name}", folder))

        return Tables(
            result_comparison.read_scores(download(SCORES_CSV)),
            clip_errors.read(download(CLIPS_CSV)),
        )


def _version(store: Store, name: str, run: Any) -> str:
    """Return the version of the run's model, registered now if it is missing."""
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(name, description=DESCRIPTION)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    run_id = run.info.run_id
    known = store.client.search_model_versions(f"run_id = '{run_id}' and name = '{name}'")
    if known:
        return str(known[0].version)
    tags = {tag: run.data.tags[tag] for tag in ("key", "model_id")}
    source = f"runs:/{run_id}/model"
    return str(store.client.create_model_version(name, source, run_id, tags=tags).version)


def _champion(store: Store, name: str) -> Any:
    """Return the version that has the alias, or None."""
    from mlflow.exceptions import MlflowException

    try:
        return store.client.get_model_version_by_alias(name, ALIAS)
    except MlflowException as error:
        # The first code is of a model that is missing, the second of an alias.
        if error.error_code not in (
            "RESOURCE_DOES_NOT_EXIST",
            "INVALID_PARAMETER_VALUE",
        ):
            raise
        return None
