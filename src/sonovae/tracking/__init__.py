"""MLflow: one run for each training, found by what produced it, and one below it for each of what was made of its
model. The only room that knows MLflow.

Nothing here stops a stage: where the store cannot be reached, a line says so and the work goes on.
"""

from sonovae.tracking.origins import of_commit, of_model, of_run, verify
from sonovae.tracking.registry import download, promote, versions
from sonovae.tracking.runs import result, track, training
from sonovae.tracking.store import Store
from sonovae.tracking.studies import study

__all__ = [
    "Store", "download", "of_commit", "of_model", "of_run", "promote", "result", "study", "track", "training", "verify",
    "versions",
]  # fmt: skip
