"""preprocess: data/raw → data/pictures: equal clips of every recording as pictures in [0, 1], split by group."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import codec, dataset, listing, params, stage, waveform
from sonovae.errors import UserError
from sonovae.params.sections import Preprocess
from sonovae.picture import Array
from sonovae.progress import progress

RAW, OUT = "data/raw", "data/pictures"


def main(root: Path) -> None:
    """Recordings that are used → pictures, clips table and codec."""
    p = params.load(root / "params.yaml").preprocess
    table = listing.read(root / RAW / "recordings.csv")
    used = listing.used(table)
    spectra, rows = [], []
    for i in progress(used.index, "preprocess", "recordings"):
        found = analyse(root / RAW, used.loc[i], p)
        if not found:
            reason = f"shorter than a clip, {p.waveform.clip_seconds:g} s, once silences are cut"
            table.loc[i, ["status", "reason"]] = listing.LEFT_OUT, reason
        spectra += [spectrum for spectrum, _ in found]
        rows += [row for _, row in found]
    if not rows:
        raise UserError(f"no recording makes a clip: {listing.summary(table)}")
    with stage.whole(root / OUT) as out:
        pictures, clips, fitted = scale(spectra, pd.DataFrame(rows), p)
        dataset.save(out, pictures, clips)
        fitted.save(out)
        listing.write(out / "recordings.csv", table)
    sides = ", ".join(f"{n} {side}" for side, n in clips["split"].value_counts().items())
    print(f"preprocess: {listing.summary(table)}\npreprocess: {len(clips)} clips: {sides}")


def analyse(raw: Path, recording: "pd.Series[Any]", p: Preprocess) -> list[tuple[Array, dict[str, Any]]]:
    """The unscaled spectrogram of each clip of a recording, and its row of the clips table."""
    try:
        clips = codec.recording_to_clips(*waveform.read(raw / recording["path"]), p.waveform)
    except waveform.Unreadable as error:
        raise UserError(f"{recording['name']!r} was read by fetch, and now cannot be: {error}") from None
    same = {key: recording[key] for key in ("sha256", "label", "group")} | {"item": 0, "gain": clips.gain}
    found = []
    for clip, start, source_start in zip(clips.samples, clips.start, clips.source_start, strict=True):
        spectrum, low, high = codec.clip_to_spectrogram(clip, p)
        found.append((spectrum, same | {"start": start, "source_start": source_start, "low": low, "high": high}))
    return found


def scale(spectra: list[Array], clips: pd.DataFrame, p: Preprocess) -> tuple[Array, pd.DataFrame, codec.Codec]:
    """Pictures in [0, 1] by limits fitted on the training split, the table with split and limits, and the codec."""
    clips = clips.assign(split=clips["group"].map(dataset.split_groups(set(clips["group"]), p.split)))
    train = clips[clips["split"] == "train"]
    fitted = codec.fit(p, *(train[key].to_numpy(float) for key in ("low", "high", "gain")))
    scales = [fitted.clip_scale(*limits) for limits in clips[["low", "high", "gain"]].to_numpy(float)]
    clips["low"], clips["high"] = [scale.low for scale in scales], [scale.high for scale in scales]
    pictures = [fitted.encode(spectrum, scale) for spectrum, scale in zip(spectra, scales, strict=True)]
    return np.stack(pictures), clips, fitted


if __name__ == "__main__":
    stage.run(main, OUT)
