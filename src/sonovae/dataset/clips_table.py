"""The clips table: a row for each clip of all recordings, with its group."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.params.preprocess import Split
from sonovae.recordings import schema

NOT_OF_CLIPS = ["path", "labels", "status", "reason", "warning"]
"""Columns of the recordings table that say nothing of a clip."""


def build(recordings: pd.DataFrame, known: Sequence[NDArray[Any]], settings: Split) -> pd.DataFrame:
    """Join the rows of the recordings table with what is known of their clips.

    `known` has the records of a cache entry [clips] for each row. A clip's own label replaces the
    recording's.
    """
    counts = [len(clips) for clips in known]
    shared = recordings.drop(columns=NOT_OF_CLIPS, errors="ignore")
    table = shared.iloc[np.repeat(np.arange(len(recordings)), counts)].reset_index(drop=True)
    columns = [*schema.CLIP_FIELDS, "label"]
    records = np.concatenate([clips[columns] for clips in known])
    own = pd.DataFrame(records)
    own["label"] = own["label"].where(own["label"] != "", table["label"])
    table[own.columns] = own
    return table.assign(group=_groups(table, settings))


def _groups(table: pd.DataFrame, settings: Split) -> "pd.Series[str]":
    """Return each clip's group: the recording's, or that of a part of the recording."""
    group = table["group"]
    if settings.block_seconds:
        block = (table["source_start"] // settings.block_seconds).astype(int)
        return group + "@" + block.astype(str)
    # All clips of a sound have the number 0; the images of a file are groups of their own, unless
    # the file belongs to a larger group.
    has_many = table.groupby("name")["item"].transform("max") > 0
    return group.mask(has_many & (group == table["name"]), group + "#" + table["item"].astype(str))
