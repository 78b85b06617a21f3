"""MLflow: a run for each training, found by its inputs, and runs below it for later stages.

No other package knows MLflow. Nothing here stops a stage: if MLflow is away, a warning says so.
"""

from sonovae.tracking.origins import (
    describe_commit,
    describe_model,
    describe_run,
    verify,
)
from sonovae.tracking.registry import download, promote, versions
from sonovae.tracking.runs import log_result, log_study, track
from sonovae.tracking.store import Store
from sonovae.tracking.training_run import training

__all__ = [
    "Store",
    "describe_commit",
    "describe_model",
    "describe_run",
    "download",
    "log_result",
    "log_study",
    "promote",
    "track",
    "training",
    "verify",
    "versions",
]
