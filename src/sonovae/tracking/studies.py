"""What a listening study found about a model, in the run of its training."""

from collections.abc import Sequence
from pathlib import Path

from sonovae.errors import UserError
from sonovae.tracking.store import Store, forgiving, now

FOLDER = "study"


@forgiving("make study-report")
def study(root: Path, model_id: str, found: dict[str, float], files: Sequence[Path]) -> None:
    """Log a study's figures, and its files as artifacts, to the newest run of the model."""
    store = Store(root)
    if not (runs := store.runs(model_id=model_id)):
        raise UserError(f"no run of model {model_id[:12]}, `make track` logs one")
    run_id = runs[0].info.run_id
    store.metrics(run_id, [(now(), 0, found)])
    for file in files:
        store.client.log_artifact(run_id, str(file), FOLDER)
