"""Contents of runs: a training's, and of those below it, for what was made with its model."""

import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import params
from sonovae.errors import UserError
from sonovae.model import saved_model, saved_networks
from sonovae.project import EVALUATION, MODEL, PICTURES, PRIOR, SAMPLES, STUDY
from sonovae.tracking import journal, packed, provenance
from sonovae.tracking.connection import best_effort, user_errors
from sonovae.tracking.provenance import StageRecord
from sonovae.tracking.store import PARENT, Store, timestamp

logger = logging.getLogger(__name__)

FOLDERS = {"prior": PRIOR, "evaluate": EVALUATION, "generate": SAMPLES}
"""Stages that are logged below a training, and their out."""
ABOVE = ("fetch", "preprocess", "train")
"""Sections of the parameters that a training's run shows."""
HEADLINE = (
    "test.mse",
    "test.r2",
    "test.pca_ratio",
    "test.kl",
    "floors.pca",
    "floors.mean_picture",
    "interval.mse.low",
    "interval.mse.high",
    "generated.frechet_judge",
    "generated.frechet_mel",
    "generated.copies",
    "judge.accuracy",
    "health.posterior_collapse",
    "health.prior_out_of_reach",
    "health.overfitting",
)
"""Metrics of an evaluation that the training's run shows, too."""
NOTE = "`report.html`, among the artifacts, shows and plays the result."


class RunLog:
    """Logs results in the project's folders to their runs, with the git commit as tags."""

    def __init__(self, root: Path, commit: dict[str, str]) -> None:
        self.root = root
        self.store = Store(root)
        self.client = self.store.client
        self.commit = commit

    def training(self, record: StageRecord, sections: dict[str, Any]) -> str:
        """Return the id of a training's run, which has its losses and the networks' layers.

        The same key can lead to other weights, on another machine: they have a run of their own.
        """
        run_id = self.store.open(header(record, sections, self.commit), record.outs)
        if self.store.holds(run_id, record.outs):
            return run_id
        model = self.root / MODEL
        history = pd.read_csv(model / "losses.csv", index_col="epoch")
        rows: dict[Any, Any] = history.to_dict("index")
        missing = rows.keys() - self.store.steps(run_id)
        points = [(timestamp(), epoch, rows[epoch]) for epoch in sorted(missing)]
        self.store.log_points(run_id, points)
        self.store.log_dataset(run_id, PICTURES, record.deps[PICTURES], sections["fetch"])
        self.client.log_dict(run_id, sections, "params.yaml")
        self.client.log_artifact(run_id, str(model / "summary.txt"))
        # Last: the hashes of the outs say that nothing is missing.
        networks = saved_networks.identify(model)
        self.store.finish(run_id, record.outs, {"networks_id": networks})
        return run_id

    def below(self, parent: str, key: str, stage: str, record: StageRecord) -> str:
        """Return the id of the run of what a stage made, logged below the training's run.

        `parent` is the id of the training's run, which shows the headline, and `key` its key.
        """
        own = {name: section for name, section in record.params.items() if name not in ABOVE}
        inputs = record.input_tags | self.commit
        tags = {
            "key": record.key_below(key),
            "stage": stage,
            PARENT: parent,
        }
        tags |= inputs
        run = {"name": stage, "time": timestamp(), "tags": tags, "params": own}
        run_id = self.store.open(run)
        folder = self.root / FOLDERS[stage]
        metrics = _metrics(folder)
        shown = self.client.get_run(parent).data.tags.get("evaluation")
        if not self.store.holds(run_id, record.outs):
            self.client.log_artifacts(run_id, str(folder), stage)
            self.store.log_points(run_id, [(timestamp(), 0, metrics)])
            own_tags = self._log_prior(run_id, folder) if stage == "prior" else {}
            self.store.finish(run_id, record.outs, inputs | own_tags)
            # The same run may hold other outs now, of other code.
            shown = None
        if metrics and shown != run_id:
            self._log_headline(parent, run_id, metrics, folder)
        return run_id

    def _log_prior(self, run_id: str, prior: Path) -> dict[str, str]:
        """Log a prior's losses and, as it is complete now, the model; return the tag of its id."""
        for path in sorted(prior.glob("*.csv")):
            rows = pd.read_csv(path, index_col="epoch").to_dict("index")
            named = {
                epoch: {f"{path.stem}.{name}": value for name, value in row.items()}
                for epoch, row in rows.items()
            }
            points = [(timestamp(), int(str(epoch)), row) for epoch, row in named.items()]
            self.store.log_points(run_id, points)
        model = self.root / MODEL
        with tempfile.TemporaryDirectory() as folder:
            packed.save(model, self.root / PRIOR, Path(folder) / "model")
            self.client.log_artifacts(run_id, folder)
        return {"model_id": saved_model.identify(model)}

    def _log_headline(
        self, parent: str, run_id: str, metrics: dict[str, float], folder: Path
    ) -> None:
        """Let a training's run show its newest evaluation."""
        headline = {name: metrics[name] for name in HEADLINE if name in metrics}
        lines = [f"- {name}: {value:.5g}" for name, value in headline.items()]
        note = "\n".join([NOTE, "", *lines])
        self.store.log_points(parent, [(timestamp(), 0, headline)])
        self.client.log_artifact(parent, str(folder / "report.html"))
        # MLflow shows this tag as Markdown on top of the run's page.
        self.client.set_tag(parent, "mlflow.note.content", note)
        self.client.set_tag(parent, "evaluation", run_id)


@best_effort("make track")
def log_result(root: Path, stage: str) -> None:
    """Log what a stage has just made with the trained model to a run below the training's."""
    log = RunLog(root, provenance.commit(root))
    train = provenance.latest(root, "train")
    locked = provenance.locked(root)
    sections = provenance.sections(root)
    # params.yaml may have changed since the training.
    if train == locked.get("train"):
        sections |= _sections(locked)
    parent = log.training(train, sections)
    log.below(parent, train.key, stage, provenance.current(root, stage))


@best_effort("make study-report")
def log_study(root: Path, model_id: str, metrics: dict[str, float], files: Sequence[Path]) -> None:
    """Log a listening study's figures and files to the newest training of the model."""
    store = Store(root)
    runs = store.runs(model_id=model_id)
    if not runs:
        raise UserError(f"no run of model {model_id[:12]}, `make track` logs one")
    newest = runs[0]
    run_id = newest.data.tags.get(PARENT, newest.info.run_id)
    store.log_points(run_id, [(timestamp(), 0, metrics)])
    for file in files:
        store.client.log_artifact(run_id, str(file), STUDY)


@user_errors()
def track(root: Path) -> dict[str, str]:
    """Log every result that dvc.lock names and MLflow lacks; return the id of its run by stage.

    UserError if the working tree does not have the trained model of dvc.lock.
    """
    journal.send_all(root)
    locked = provenance.locked(root)
    train = locked.get("train")
    if not train:
        raise UserError("nothing is trained yet, as far as dvc.lock knows: make repro")
    if provenance.latest(root, "train") != train:
        raise UserError(
            f"{MODEL} is not what dvc.lock names: `dvc checkout` brings it back, `make repro`"
            " makes it"
        )
    # Which commit made an earlier result is unknown unless HEAD's dvc.lock holds it.
    is_at_head = provenance.at_commit(root, "HEAD").get("train") == train
    log = RunLog(root, provenance.commit(root) if is_at_head else {})
    run_id = log.training(train, _sections(locked))
    run_ids = {"train": run_id}
    outs = dict(train.outs)
    for stage in FOLDERS:
        record = locked.get(stage)
        # dvc.lock keeps the evaluation of an older model until evaluate runs again.
        if not record or not _is_of(record, outs):
            continue
        if provenance.latest(root, stage) == record:
            run_ids[stage] = log.below(run_id, train.key, stage, record)
            outs |= record.outs
    logger.info("MLflow has this result: run %s, %s", train.key[:8], run_id)
    return run_ids


def header(record: StageRecord, sections: dict[str, Any], commit: dict[str, str]) -> dict[str, Any]:
    """Return name, time, tags and params of a training's run."""
    tags = {"key": record.key, "stage": "train"} | record.input_tags | commit
    above = {name: sections[name] for name in ABOVE}
    return {
        "name": record.key[:8],
        "time": timestamp(),
        "tags": tags,
        "params": above,
    }


def _is_of(record: StageRecord, outs: dict[str, str]) -> bool:
    """Whether a stage read networks and prior with these hashes, where it reads them."""
    read = [path for path in (MODEL, PRIOR) if path in record.deps]
    return all(record.deps[path] == outs.get(path) for path in read)


def _metrics(folder: Path) -> dict[str, float]:
    path = folder / "metrics.json"
    return params.flat(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _sections(locked: dict[str, StageRecord]) -> dict[str, Any]:
    """Return the parameters of the stages up to the training, as dvc.lock has them."""
    return {name: locked[name].params[name] for name in ABOVE if name in locked}
