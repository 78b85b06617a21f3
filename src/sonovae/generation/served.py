"""A model as a service: what `mlflow models serve` loads. It answers rows of label, z and seed with sound files."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.generation import item_files, studio

SEED = 1
"""Where a row names none."""


class Served:
    """A model's folder, opened."""

    def __init__(self, folder: Path) -> None:
        self.studio = studio.opened(folder, studio.ITERATIONS, studio.MOMENTUM, SEED)

    def predict(self, rows: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """A row each → `file`: the bytes of a WAV, or of a PNG where the model is of images. A row's `z` is decoded;
        without one z is drawn by `seed`, of a `label` or of all. UserError where the model has no such label."""
        given = [
            {name: value for name, value in row.items() if _is_given(value)}
            for row in rows.to_dict("records")
        ]
        return pd.DataFrame({"file": [self._file(row) for row in given]})

    def _file(self, row: dict[Any, Any]) -> bytes:
        own = replace(self.studio, seed=int(row.get("seed", SEED)))
        z = np.array([row["z"]]) if "z" in row else own.draw(1, row.get("label"), 1.0)
        item = own.c.restore(own.items(z)[0], own.c.typical)
        said = (
            {"z": z[0].tolist()}
            if "z" in row
            else {"from": "density"} | {k: row[k] for k in row if k == "label"}
        )
        return item_files.packed(own.c, item, item_files.provenance(own.trained.id, own.seed, said))


def _is_given(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _load_pyfunc(folder: str) -> Served:
    """As MLflow calls it; runs no code of the folder."""
    return Served(Path(folder))
