"""Clips as the recordings hold them, read again from data/raw."""

from pathlib import Path
from typing import Any

import pandas as pd

from sonovae.arrays import Item
from sonovae.codec.base import Codec
from sonovae.dataset import clips
from sonovae.project import RECORDINGS_CSV
from sonovae.recordings import recordings_table


def read(raw: Path, codec: Codec, rows: pd.DataFrame) -> list[Item]:
    """Return levelled items of rows of the clips table; each recording in `raw` is read once."""
    table = recordings_table.read(raw / RECORDINGS_CSV)
    # A duplicate has the same SHA-256 as the recording that is used.
    recordings = recordings_table.used(table).set_index("sha256", drop=False)
    items: dict[Any, Item] = {}
    for sha256, own_rows in rows.groupby("sha256"):
        recording = recordings.loc[sha256].to_dict()
        of_file = clips.read(raw, recording, codec.clip_settings)
        for index, row in own_rows.iterrows():
            items[index] = of_file.item(row["item"], row["start"])
    return [items[index] for index in rows.index]
