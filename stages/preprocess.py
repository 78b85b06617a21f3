"""preprocess: data/raw → data/pictures: equal clips of every recording as pictures in [0, 1], split by group."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import codec, dataset, params, recordings, stage, waveform
from sonovae.errors import UserError
from sonovae.params.sections import Preprocess
from sonovae.picture import Array
from sonovae.progress import progress

RAW, OUT = "data/raw", "data/pictures"


def main(root: Path) -> None:
    """Recordings that are used → pictures, clips table and codec."""
    p = params.load(root / "params.yaml").preprocess
    table = recordings.read(root / RAW / "recordings.csv")
    used = recordings.used(table).to_dict("records")
    found = [analyse(root / RAW, recording, p) for recording in progress(used, "preprocess", "recordings")]
    table = without_clips(table, {r["name"] for r, (spectra, _) in zip(used, found, strict=True) if not spectra}, p)
    spectra = [spectrum for some, _ in found for spectrum in some]
    clips = pd.concat([rows for _, rows in found], ignore_index=True)
    if clips.empty:
        raise UserError(f"no recording makes a clip: {recordings.summary(table)}")
    clips["split"] = clips["group"].map(dataset.split_groups(set(clips["group"]), p.split))
    train = clips[clips["split"] == "train"]
    fitted = codec.fit(p, *(train[key].to_numpy(float) for key in ("low", "high", "gain")))
    scales = [fitted.clip_scale(row.low, row.high, row.gain) for row in clips.itertuples()]
    clips["low"], clips["high"] = [scale.low for scale in scales], [scale.high for scale in scales]
    pictures = np.stack([fitted.encode(*pair) for pair in zip(spectra, scales, strict=True)])
    with stage.whole(root / OUT) as out:
        dataset.save(out, pictures, clips)
        fitted.save(out)
        recordings.write(out / "recordings.csv", table)
    print(f"preprocess: {recordings.summary(table)}")
    print(f"preprocess: {len(clips)} clips: " + ", ".join(f"{n} {side}" for side, n in clips["split"].value_counts().items()))


def analyse(raw: Path, recording: dict[str, Any], p: Preprocess) -> tuple[list[Array], pd.DataFrame]:
    """The unscaled spectrograms of one recording's clips, and their rows of the clips table."""
    clips = codec.recording_to_clips(*waveform.read(raw / recording["path"]), p.waveform)
    found = [codec.clip_to_spectrogram(clip, p) for clip in clips.samples]
    rows = pd.DataFrame({"start": clips.start, "source_start": clips.source_start})
    rows["low"], rows["high"] = [low for _, low, _ in found], [high for _, _, high in found]
    same = {key: recording[key] for key in ("sha256", "label", "group")}
    return [spectrum for spectrum, _, _ in found], rows.assign(item=0, gain=clips.gain, **same)


def without_clips(table: pd.DataFrame, names: set[str], p: Preprocess) -> pd.DataFrame:
    """The table with these recordings left out."""
    reason = f"shorter than a clip, {p.waveform.clip_seconds:g} s, once silences are cut"
    gone = table["name"].isin(names)
    return table.assign(status=table["status"].mask(gone, recordings.LEFT_OUT), reason=table["reason"].mask(gone, reason))


if __name__ == "__main__":
    stage.run(main, OUT)
