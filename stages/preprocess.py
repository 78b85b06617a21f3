"""preprocess: data/raw → data/pictures: every recording's clips, or images, as pictures in [0, 1], split by group."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import checksums, clips, codec, dataset, listing, params, scaling, split, stage
from sonovae.errors import UserError
from sonovae.params.preprocess import Preprocess
from sonovae.picture import Array
from sonovae.progress import progress

RAW, OUT = "data/raw", "data/pictures"


def main(root: Path) -> None:
    """Recordings that are used → pictures, clips table and codec."""
    p = params.load(root / "params.yaml").preprocess
    checksums.verify(root / RAW, "fetch")
    table = listing.read(root / RAW / "recordings.csv")
    used = listing.used(table)
    values, rows, unfitted = list[Array](), list[dict[str, Any]](), codec.unfitted(p)
    for i in progress(used.index, "preprocess", "recordings"):
        found = clips.read(root / RAW, used.loc[i], p.waveform)
        if not found.items:
            reason = f"shorter than a clip, {p.waveform and p.waveform.clip_seconds:g} s, once silences are cut"
            table.loc[i, ["status", "reason", "path"]] = listing.LEFT_OUT, reason, ""
        values += [unfitted.analyse(item) for item in found.items]
        rows += clips.rows(used.loc[i], found, p.split)
    if not rows:
        raise UserError(f"no recording makes a clip: {listing.summary(table)}")
    with stage.whole(root / OUT) as out:
        pictures, made, fitted = scale(values, pd.DataFrame(rows), p)
        dataset.save(out, pictures, made)
        fitted.save(out)
        listing.write(out / "recordings.csv", table)
        checksums.write(out)
    sides = ", ".join(f"{n} {side}" for side, n in made["split"].value_counts().items())
    print(f"preprocess: {listing.summary(table)}\npreprocess: {len(made)} clips: {sides}")


def scale(values: list[Array], table: pd.DataFrame, p: Preprocess) -> tuple[Array, pd.DataFrame, codec.Codec]:
    """Pictures in [0, 1] by limits fitted on the training split, the table with split and limits, and the codec."""
    table = table.assign(split=split.sides(table, p.split))
    table[["low", "high"]] = [scaling.limits(each, p) for each in values]
    table = table[split.within(table, p.limit)]
    train = table[table["split"] == "train"]
    fitted = codec.fit(p, [values[i] for i in train.index], train[["low", "high"]].to_numpy(), train["gain"].to_numpy())
    limits = table[["low", "high", "gain"]].to_numpy(float)
    pictures = np.empty((len(table), *fitted.shape), np.float32)
    for n, (i, row) in enumerate(zip(table.index, limits, strict=True)):
        pictures[n] = fitted.encode(values[i], fitted.clip_scale(*row))
    return pictures, table, fitted


if __name__ == "__main__":
    stage.run(main, OUT)
