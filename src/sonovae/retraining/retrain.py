"""`make retrain`: what a push of recordings or parameters asks for. It brings what is known, makes what is not, holds
the result against the base's, and says in a comment what changed and whether it may be used."""

import os
from pathlib import Path

import pandas as pd

from sonovae import params, tracking, version_control
from sonovae.dataset import saved_dataset
from sonovae.errors import UserError
from sonovae.evaluation import gates
from sonovae.model import backend
from sonovae.params.promotion import Promotion
from sonovae.recordings import folder_check
from sonovae.retraining import drift, model_comparison, pull_request_comment, revisions
from sonovae.retraining.changes import Recordings
from sonovae.retraining.revisions import Result

OUT = ".sonovae/retrain"
"""Of the comment; neither git nor DVC has it."""
BY_CHANCE = 0.001
"""How likely a drift may be by chance, and still count."""
LINK = "SONOVAE_LINK"
"""Environment: where report and sounds can be had, as whoever runs this says."""


def run(root: Path, base: str, promote: bool) -> None:
    """Do all of it; UserError, with a line for each gate that is red, where the result may not be used."""
    if remote := _has_remote(root):
        version_control.dvc(root, "pull", "--run-cache", "--allow-missing")
    folder_check.check(root)
    backend.prepare(params.load(root / "params.yaml").train.threads)
    old = revisions.of_commit(root, base)
    pull = ["--pull"] if remote else []
    version_control.dvc(root, "repro", *pull, "preprocess")
    came = _came(root, old)
    print(
        came.to_string(index=False) if len(came) else "retrain: no recordings came in", flush=True
    )
    version_control.dvc(root, "repro", *pull)
    if remote:
        version_control.dvc(root, "push", "--run-cache")
    new = revisions.of_tree(root)
    red = shut(params.load(root / "params.yaml").promotion, old, new, came)
    _write(root, old, new, came, red, _links(root, promote and not red))
    if red:
        raise UserError("\n".join(red))


def shut(p: Promotion, old: Result, new: Result, came: pd.DataFrame) -> list[str]:
    """Why the result may not be used, a line for each gate that is red."""
    red = gates.shut(params.flat(new.metrics), p.gates) + gates.worse(new.clips, old.clips, p.lower)
    lost = Recordings(old.recordings, new.recordings).lost_labels
    red += [f"there is no recording of {label!r} any more" for label in lost]
    limit = 1.0 if p.most_drift is None else p.most_drift
    far = came[(came["drift"] > limit) & (came["p"] < BY_CHANCE)]
    drifts = zip(far["feature"], far["drift"], strict=True)
    return red + [
        f"{name} of what came in drifts by {drift:.2f}, more than {limit}" for name, drift in drifts
    ]


def _came(root: Path, old: Result) -> pd.DataFrame:
    """How far what came in is from what was there, a row for each feature, one for how sure the judge of before is, and
    one for the labels; of these a new one is no fault, so that it has no `p`."""
    recordings = Recordings(old.recordings, revisions.of_tree(root).recordings)
    sides = recordings.incoming, recordings.staying
    if not all(map(len, sides)):
        return drift.of_features(pd.DataFrame(), pd.DataFrame())
    rows = drift.of_features(*(drift.features(root / "data/raw", side) for side in sides))
    if (
        sure := model_comparison.confidence(old, saved_dataset.load(root / "data/pictures"))
    ) is not None:
        new, there = (
            pd.DataFrame({"confidence": sure[sure.index.isin(side["sha256"])]}) for side in sides
        )
        rows = pd.concat([rows, drift.of_features(new, there)], ignore_index=True)
    labels = {
        "feature": "labels",
        "was": "",
        "came": "",
        "drift": drift.of_labels(*(side["label"] for side in sides)),
    }
    return pd.concat([rows, pd.DataFrame([labels])], ignore_index=True)


def _links(root: Path, promote: bool) -> list[str]:
    """Log the result, and promote it if it may be; where it is to be found, a line each. A server that is away makes
    nothing red."""
    try:
        found = [
            tracking.promote(root) if promote else f"MLflow run {tracking.track(root)['train']}"
        ]
    except UserError as error:
        found = [str(error)]
    return found + ([f"[Report and sounds]({os.environ[LINK]})"] if LINK in os.environ else [])


def _write(
    root: Path, old: Result, new: Result, came: pd.DataFrame, red: list[str], more: list[str]
) -> None:
    """Write the comment."""
    (out := root / OUT).mkdir(parents=True, exist_ok=True)
    gains, _ = gates.compared(
        new.clips, old.clips, params.load(root / "params.yaml").promotion.lower
    )
    heard = model_comparison.heard(old, new) if new.stages != old.stages else None
    said = pull_request_comment.text(old, new, came, heard, gains, red, more)
    (out / "comment.md").write_text(said, encoding="utf-8")
    print(f"{said}\nretrain: {OUT}/comment.md says so", flush=True)


def _has_remote(root: Path) -> bool:
    return bool(version_control.dvc(root, "remote", "list", captured=True).strip())
