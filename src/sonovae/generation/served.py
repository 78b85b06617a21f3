"""A model as a service, which `mlflow models serve` loads: rows → files."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.generation import item_files
from sonovae.runtime import environment

SEED = 1
"""Seed of rows that name none."""
ASKED = ("label", "group", "seconds")
"""Columns that say what is drawn where a row has no z."""


class Served:
    """A model's folder, opened."""

    def __init__(self, folder: Path) -> None:
        # MLflow imports this module to serve a model, so it is the process' entry point.
        environment.quiet_tensorflow()
        from sonovae.generation import studio
        from sonovae.model import backend, saved_networks

        backend.prepare(saved_networks.threads(folder))
        self.studio = studio.load(folder, seed=SEED)

    def predict(self, rows: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Make a file of each row: column `file` holds the bytes of a WAV, or of a PNG.

        A row's `z` is decoded; without one, z is drawn by `seed`, of a `label` and `group` or of
        all, for a sound of so many `seconds`. Raises UserError if the model knows no such label or
        group, or makes no sounds so long.
        """
        files = []
        for row in rows.to_dict("records"):
            given = {name: value for name, value in row.items() if _is_given(value)}
            files.append(self._file(given))
        return pd.DataFrame({"file": files})

    def _file(self, row: dict[Any, Any]) -> bytes:
        seeded = replace(self.studio, seed=int(row.get("seed", SEED)))
        if "z" in row:
            z = np.array([row["z"]])
            how = {"z": z[0].tolist()}
        else:
            asked = {name: row[name] for name in ASKED if name in row}
            z = seeded.draw(1, **asked)
            how = {"from": "prior", **asked}
        sounds = seeded.sounds(z, how)
        return item_files.to_bytes(seeded.codec, sounds[0], seeded.about(how))


def _is_given(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _load_pyfunc(folder: str) -> Served:
    """Open a model for MLflow, which looks for this name; runs no code from the folder."""
    return Served(Path(folder))
