"""What a run holds: a training's, and below it those of what was evaluated and generated with its model."""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import params
from sonovae.errors import UserError
from sonovae.tracking import journal, packed, provenance, system
from sonovae.tracking.provenance import Made
from sonovae.tracking.store import Store, forgiving, now, reached

PICTURES, MODEL = "data/pictures", "data/model"
FOLDERS = {"evaluate": "data/evaluation", "generate": "data/samples"}
"""Of the stages below a training, what they write."""
ABOVE = ("fetch", "preprocess", "train")
"""Stages whose parameters a training's run shows."""
HEADLINE = (
    *("test.mse", "test.r2", "test.pca_ratio", "test.kl", "floors.pca", "floors.mean_picture"),
    *(
        "interval.mse.low",
        "interval.mse.high",
        "generated.frechet_judge",
        "generated.frechet_mel",
        "generated.copies",
    ),
    *(
        "judge.accuracy",
        "health.posterior_collapse",
        "health.prior_out_of_reach",
        "health.overfitting",
    ),
)
"""Metrics of an evaluation that the training's run shows, too."""
PATIENCE, HASTE = 10.0, 2.0
"""Seconds that a training's last points get at its end, and when it is stopped."""


@contextlib.contextmanager
def training(root: Path, made: Made) -> "Iterator[Training]":
    """The run of the training under way, of what went into it; it says so where that is stopped or fails."""
    with journal.of(
        root, _header(made, provenance.sections(root), provenance.commit(root))
    ) as points:
        run = Training(root, made, points)
        try:
            yield run
        except BaseException as error:
            stopped = isinstance(error, KeyboardInterrupt | SystemExit)
            points.close("KILLED" if stopped else "FAILED", HASTE)
            raise


class Training:
    """The run of the training under way: the one that its key finds, so that it goes on where that was stopped."""

    def __init__(self, root: Path, made: Made, points: journal.Journal) -> None:
        self.root, self.made, self.points = root, made, points
        self.last, self.monitors = time.monotonic(), system.monitors()

    def epoch(self, epoch: int, losses: dict[str, float]) -> None:
        """Note an epoch's losses, how long it took, and what it took of the machine."""
        seconds, self.last = time.monotonic() - self.last, time.monotonic()
        self.points.point(epoch, losses | {"seconds": seconds} | system.metrics(self.monitors))

    def trained(self) -> None:
        """Note that it is over, and log the model's folder."""
        if self.points.close("FINISHED", PATIENCE):
            self._log(replace(self.made, outs=provenance.outs(self.root, "train")))

    @forgiving("make track")
    def _log(self, made: Made) -> None:
        log_training(
            self.root,
            Store(self.root),
            made,
            provenance.sections(self.root),
            provenance.commit(self.root),
        )


@forgiving("make track")
def result(root: Path, stage: str) -> None:
    """Log what a stage below a training has just made to a run of its own below the training's."""
    store, train, commit = Store(root), provenance.made(root, "train"), provenance.commit(root)
    locked = provenance.locked(root)
    above = _sections(locked) if train == locked.get("train") else {}
    parent = log_training(root, store, train, provenance.sections(root) | above, commit)
    log_below(root, store, parent, train.key, stage, provenance.now(root, stage), commit)


@reached()
def track(root: Path) -> dict[str, str]:
    """Log all that dvc.lock names and the store lacks, whoever made it; the run's id by stage. UserError where the
    working tree has no such result."""
    if brought := journal.bring(root):
        print(brought)
    locked = provenance.locked(root)
    if "train" not in locked:
        raise UserError("nothing is trained yet, as far as dvc.lock knows: make repro")
    if provenance.made(root, "train") != (train := locked["train"]):
        raise UserError(
            f"{MODEL} is not what dvc.lock names: `dvc checkout` brings it back, `make repro` makes it"
        )
    # Of a result that was made elsewhere, or earlier, only the commit is known that holds it.
    commit = (
        provenance.commit(root) if provenance.at_commit(root, "HEAD").get("train") == train else {}
    )
    store = Store(root)
    found = {"train": log_training(root, store, train, _sections(locked), commit)}
    for stage in FOLDERS:
        if (
            (made := locked.get(stage))
            and _is_of(made, train)
            and provenance.made(root, stage) == made
        ):
            found[stage] = log_below(root, store, found["train"], train.key, stage, made, commit)
    print(f"MLflow has this result: run {train.key[:8]}, {found['train']}")
    return found


def log_training(
    root: Path, store: Store, made: Made, sections: dict[str, Any], commit: dict[str, str]
) -> str:
    """The id of a training's run, in which all that lies in the model's folder is logged now, where it was not. Other
    weights of the same key, as another machine may make them, have a run of their own."""
    run_id = store.open(_header(made, sections, commit), made.outs)
    if store.holds(run_id, made.outs):
        return run_id
    seen, history = store.steps(run_id), pd.read_csv(root / MODEL / "losses.csv", index_col="epoch")
    rows: dict[Any, Any] = history.to_dict("index")
    store.metrics(run_id, [(now(), epoch, row) for epoch, row in rows.items() if epoch not in seen])
    store.dataset(run_id, PICTURES, made.deps[PICTURES], sections["fetch"])
    store.client.log_dict(run_id, sections, "params.yaml")
    with tempfile.TemporaryDirectory() as folder:
        packed.save(root / MODEL, Path(folder) / "model")
        store.client.log_artifacts(run_id, folder)
    store.client.log_artifact(run_id, str(root / MODEL / "summary.txt"))
    about = json.loads((root / MODEL / "model.json").read_text(encoding="utf-8"))
    store.finish(run_id, made.outs, {"model_id": about["id"]})
    return run_id


def log_below(
    root: Path, store: Store, parent: str, key: str, stage: str, made: Made, commit: dict[str, str]
) -> str:
    """The id of the run of what a stage made of the model of the training with this key, in which it is logged now,
    where it was not; and its headline in that training's."""
    own = {name: each for name, each in made.params.items() if name not in ABOVE}
    tags = (
        {"key": made.key_below(key), "stage": stage, "mlflow.parentRunId": parent}
        | _inputs(made)
        | commit
    )
    run_id = store.open({"name": stage, "time": now(), "tags": tags, "params": own})
    held = store.holds(run_id, made.outs)
    metrics = root / FOLDERS[stage] / "metrics.json"
    found = params.flat(json.loads(metrics.read_text(encoding="utf-8"))) if metrics.exists() else {}
    if not held:
        store.client.log_artifacts(run_id, str(root / FOLDERS[stage]), stage)
        store.metrics(run_id, [(now(), 0, found)])
        store.finish(run_id, made.outs, _inputs(made) | commit)
    if found and not (held and store.client.get_run(parent).data.tags.get("evaluation") == run_id):
        _log_headline(store, parent, run_id, found, root / FOLDERS[stage] / "report.html")
    return run_id


def _log_headline(
    store: Store, parent: str, evaluation: str, found: dict[str, float], report: Path
) -> None:
    """What a training's run shows of its newest evaluation."""
    headline = {name: found[name] for name in HEADLINE if name in found}
    store.metrics(parent, [(now(), 0, headline)])
    store.client.log_artifact(parent, str(report))
    store.client.set_tag(parent, "mlflow.note.content", _described(headline))
    store.client.set_tag(parent, "evaluation", evaluation)


def _is_of(made: Made, train: Made) -> bool:
    """Whether a stage below has run with the model that lies there now."""
    return made.deps.get(MODEL) == train.outs.get(MODEL)


def _sections(locked: dict[str, Made]) -> dict[str, Any]:
    """The parameters that dvc.lock's stages have run with."""
    return {name: locked[name].params[name] for name in ABOVE if name in locked}


def _described(headline: dict[str, float]) -> str:
    """What MLflow shows on top of a training's page, in Markdown."""
    lines = [f"- {name}: {value:.5g}" for name, value in headline.items()]
    return "\n".join(
        ["`report.html`, among the artifacts, shows and plays the result.", "", *lines]
    )


def _header(made: Made, sections: dict[str, Any], commit: dict[str, str]) -> dict[str, Any]:
    """Of a training's run."""
    tags, above = (
        {"key": made.key, "stage": "train"} | _inputs(made) | commit,
        {name: sections[name] for name in ABOVE},
    )
    return {"name": made.key[:8], "time": now(), "tags": tags, "params": above}


def _inputs(made: Made) -> dict[str, str]:
    return {f"input.{name}": hashed for name, hashed in made.inputs.items()}
