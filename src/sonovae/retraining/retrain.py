"""Retrain after a push: pull cached results, run what is missing, compare with the base commit,
and write a comment that says what changed and whether the gates pass."""

import logging
import os
from pathlib import Path

import pandas as pd

from sonovae import atomic, params, tracking
from sonovae.dataset import saved_dataset
from sonovae.errors import UserError
from sonovae.model import backend
from sonovae.params.promotion import Promotion
from sonovae.project import Project
from sonovae.promotion import gates, result_comparison
from sonovae.promotion.result_comparison import ResultComparison
from sonovae.recordings import folder_check
from sonovae.retraining import (
    changes,
    drift,
    model_comparison,
    pull_request_comment,
    revisions,
)
from sonovae.retraining.changes import Recordings
from sonovae.retraining.pull_request_comment import Comparison
from sonovae.retraining.revisions import Result
from sonovae.version_control import dvc

logger = logging.getLogger(__name__)

COMMENT = ".sonovae/retrain/comment.md"
"""File of the comment, which neither git nor DVC tracks."""
BY_CHANCE = 0.001
"""Largest p of a drift that counts: of four features, at most one false alarm in 250 pushes."""
LINK = "SONOVAE_LINK"
"""Environment variable with the address of report and sounds, which a workflow sets."""


def run(root: Path, base: str, promote: bool) -> None:
    """Retrain; UserError, with a line for each red gate, if the result may not be used."""
    has_remote = bool(dvc(root, "remote", "list", captured=True).strip())
    if has_remote:
        dvc(root, "pull", "--run-cache", "--allow-missing")
    folder_check.check(root)
    # Judge and models compute with the threads of the training.
    backend.prepare(params.load(Project(root).params).train.threads)
    old = revisions.of_commit(root, base)
    pull = ["--pull"] if has_remote else []
    # New recordings are described before hours of training, which may fail.
    dvc(root, "repro", *pull, "preprocess")
    drifts = _drifts(root, old)
    logger.info(
        "%s",
        drifts.to_string(index=False) if len(drifts) else "retrain: no new recordings",
    )
    dvc(root, "repro", *pull)
    if has_remote:
        # With the run cache, another clone need not run these stages again.
        dvc(root, "push", "--run-cache")
    new = revisions.of_tree(root)
    promotion = params.load(Project(root).params).promotion
    compared = result_comparison.compare(
        new.tables,
        old.tables,
        promotion.reconstruction,
        changes.parameters(old.params, new.params),
    )
    faults = shut(promotion, old, new, drifts, compared)
    links = _links(root, promote and not faults)
    recognized = model_comparison.recognized(old, new) if new.stages != old.stages else None
    comparison = Comparison(old, new, drifts, recognized, compared, faults)
    text = pull_request_comment.text(comparison, links)
    with atomic.file(root / COMMENT) as part:
        part.write_text(text, encoding="utf-8")
    logger.info("%s\nretrain: wrote %s", text, COMMENT)
    if faults:
        raise UserError("\n".join(faults))


def shut(
    promotion: Promotion,
    old: Result,
    new: Result,
    drifts: pd.DataFrame,
    compared: ResultComparison,
) -> list[str]:
    """Return a line for each red gate: why the result may not be used."""
    faults = gates.shut(params.flat(new.metrics), promotion.gates)
    faults += gates.worse(compared, promotion.tolerance)
    lost = Recordings(old.recordings, new.recordings).lost_labels
    faults += [f"there is no recording of {label!r} any more" for label in lost]
    limit = 1.0 if promotion.most_drift is None else promotion.most_drift
    far = drifts[(drifts["drift"] > limit) & (drifts["p"] < BY_CHANCE)]
    for name, value in zip(far["feature"], far["drift"], strict=True):
        faults.append(f"{name} of new recordings drifts by {value:.2f}, more than {limit}")
    return faults


def _drifts(root: Path, old: Result) -> pd.DataFrame:
    """Compare new recordings with those that were there, a row for each feature.

    There are rows for the confidence of the old result's judge and for the labels, too.
    """
    recordings = Recordings(old.recordings, revisions.of_tree(root).recordings)
    incoming = recordings.incoming
    staying = recordings.staying
    if incoming.empty or staying.empty:
        return drift.compare(pd.DataFrame(), pd.DataFrame())
    project = Project(root)
    features = [drift.features(project.raw, side) for side in (incoming, staying)]
    tables = [drift.compare(*features)]
    data = saved_dataset.load(project.pictures)
    confidence = model_comparison.confidence(old, data)
    if confidence is not None:
        is_incoming = confidence.index.isin(incoming["sha256"])
        is_staying = confidence.index.isin(staying["sha256"])
        sides = [confidence[is_incoming], confidence[is_staying]]
        tables.append(drift.compare(*(side.to_frame("confidence") for side in sides)))
    # A new label is no fault, so this row has no p.
    share = drift.compare_labels(incoming["label"], staying["label"])
    labels = {"feature": "labels", "was": "", "came": "", "drift": share}
    tables.append(pd.DataFrame([labels]))
    return pd.concat(tables, ignore_index=True)


def _links(root: Path, promote: bool) -> list[str]:
    """Log the result, promote it if asked to, and return a line for each place where it is."""
    try:
        run = tracking.promote(root) if promote else f"MLflow run {tracking.track(root)['train']}"
    # A server that is away makes no gate red.
    except UserError as error:
        run = str(error)
    return [run, f"[Report and sounds]({os.environ[LINK]})"] if LINK in os.environ else [run]
