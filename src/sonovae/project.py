"""A project's folders and files, each spelled once."""

import os
from dataclasses import dataclass
from pathlib import Path

PARAMS = "params.yaml"
LOCK = "dvc.lock"
RAW = "data/raw"
PICTURES = "data/pictures"
MODEL = "data/model"
PRIOR = "data/prior"
JUDGE = "data/judge"
EVALUATION = "data/evaluation"
SAMPLES = "data/samples"
OWN = "data/own"
"""Where `make folder` copies a user's recordings to."""
METRICS = f"{EVALUATION}/metrics.json"
STUDY = "study"
RECORDINGS_CSV = "recordings.csv"
"""fetch's table of recordings, in data/raw."""
LEFT_OUT_CSV = "left_out.csv"
"""preprocess' table of recordings that make no clip, in data/pictures."""
CLIPS_CSV = "clips.csv"
SCORES_CSV = "scores.csv"
"""evaluate's table of sets of sounds."""


@dataclass(frozen=True)
class Project:
    """The paths of the project in the folder `root`."""

    root: Path

    @property
    def params(self) -> Path:
        """The experiment: every hyperparameter."""
        return self.root / PARAMS

    @property
    def lock(self) -> Path:
        """DVC's hashes of what each stage read and wrote."""
        return self.root / LOCK

    @property
    def raw(self) -> Path:
        """Verified copies of the recordings: fetch's out."""
        return self.root / RAW

    @property
    def recordings(self) -> Path:
        """The table of recordings."""
        return self.raw / RECORDINGS_CSV

    @property
    def pictures(self) -> Path:
        """The picture array, the clips table and the codec: preprocess' out."""
        return self.root / PICTURES

    @property
    def model(self) -> Path:
        """The trained networks: train's out."""
        return self.root / MODEL

    @property
    def prior(self) -> Path:
        """The distribution of z that was fitted to the trained model: prior's out."""
        return self.root / PRIOR

    @property
    def judge(self) -> Path:
        """The classifier by label: judge's out."""
        return self.root / JUDGE

    @property
    def evaluation(self) -> Path:
        """Numbers, figures and the result page: evaluate's outs."""
        return self.root / EVALUATION

    @property
    def samples(self) -> Path:
        """New sounds: generate's out."""
        return self.root / SAMPLES

    @property
    def study(self) -> Path:
        """The listening study: its pool of sounds, answers and report."""
        return self.root / STUDY

    @property
    def home(self) -> Path:
        """The main project's folder.

        DVC's queued experiments run in a copy that is removed afterwards; caches, checkpoints and
        the tracking database belong to the main project.
        """
        return Path(os.environ.get("DVC_ROOT", self.root))

    @property
    def private(self) -> Path:
        """The project's own folder: caches, checkpoints, locks; any of it may be deleted."""
        return self.home / ".sonovae"

    @property
    def mlruns(self) -> Path:
        """MLflow's database and artifacts."""
        return self.home / "mlruns"
