"""What a model makes of some clips, to see and to hear."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.codec import picture, saved_codec, spectrogram, waveform
from sonovae.codec.picture import Array
from sonovae.codec.saved_codec import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset import clips
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.evaluation import metrics
from sonovae.generation import item_files
from sonovae.model import latent, saved_model
from sonovae.model.saved_model import Model
from sonovae.params.sections import GriffinLim
from sonovae.params.sections import Shown as Section
from sonovae.recordings import recordings_table
from sonovae.runtime.progress import progress


@dataclass(frozen=True)
class Shown:
    """Clips to see and hear: their scales and pictures, their items and the pictures before resizing, as the recordings
    hold them, and what was restored of them, by name."""

    scales: list[Scale]
    pictures: Array
    items: list[picture.Item]
    full: list[Array]
    restored: dict[str, Array]

    @property
    def is_resized(self) -> bool:
        """Whether the pictures have another size than the spectrograms or images that they come from."""
        return self.full[0].shape != self.pictures[0].shape


def choose(raw: Path, data: Dataset, p: Section, seed: int) -> Dataset:
    """The clips that are to be shown: of a split or, by name, of recordings; UserError where there is none so named."""
    if p.names is None:
        side = data.side(p.split)
        return (
            side.some(p.count, seed)
            if p.draw == "random"
            else side.take(np.arange(len(side.clips))[: p.count])
        )
    table = recordings_table.used(recordings_table.read(raw / "recordings.csv")).set_index("name")[
        "sha256"
    ]
    if unknown := [name for name in p.names if name not in table]:
        raise UserError(
            f"evaluate.shown.names = {unknown[0]!r}: no recording that is used has this name"
        )
    of = data.clips["sha256"].isin(table[list(p.names)]).to_numpy()
    if not of.any():
        raise UserError(f"evaluate.shown.names: no clips are left of {', '.join(p.names)}")
    return data.take(np.flatnonzero(of)[: p.count])


def restore(trained: Model, folder: Path, pictures: Array) -> dict[str, Array]:
    """What is decoded from the posterior means of some pictures, as `reconstructed`, and by each snapshot in the
    model's folder, as `epoch_N`."""
    found = {"reconstructed": latent.reconstruct(trained.encoder, trained.decoder, pictures)}
    snapshots = saved_model.snapshots(folder)
    return found | {
        f"epoch_{n}": latent.reconstruct(one, other, pictures) for n, one, other in snapshots
    }


def show(
    c: Codec,
    items: list[picture.Item],
    scales: list[Scale],
    pictures: Array,
    restored: dict[str, Array],
) -> Shown:
    """Some clips, and what was made of their pictures."""
    full = [
        c.encode_full(c.analyse(each), scale) for each, scale in zip(items, scales, strict=True)
    ]
    return Shown(scales, pictures, items, full, restored)


def originals(raw: Path, c: Codec, rows: pd.DataFrame) -> list[picture.Item]:
    """Some clips' own items, as the codec sees them, levelled; each recording is read once."""
    recordings = recordings_table.used(recordings_table.read(raw / "recordings.csv"))
    found: dict[Any, picture.Item] = {}
    for sha256, some in rows.groupby("sha256"):
        (recording,) = recordings[recordings["sha256"] == sha256].to_dict("records")
        read = clips.read(raw, recording, c.waveform if isinstance(c, saved_codec.Sound) else None)
        found |= {i: read.item(row["item"], row["start"]) for i, row in some.iterrows()}
    return [found[i] for i in rows.index]


def write(
    out: Path, c: Codec, shown: Shown, griffin_lim: GriffinLim, seed: int
) -> dict[str, float]:
    """Write original_N, reconstructed_N … to see and to hear; returns what the codec alone loses, as means over the
    true pictures, which no model can better: of their way back the spectral convergence and the log-spectral distance
    in dB, and the error of resizing."""
    out.mkdir()
    found: dict[str, list[float]] = {}
    for n in progress(range(len(shown.items)), "evaluate", "clips"):
        if isinstance(c, saved_codec.Sound):
            _write_sounds(out, c, shown, n, griffin_lim, seed)
            for name, value in _ceilings(c, shown, n, griffin_lim, seed).items():
                found.setdefault(name, []).append(value)
        else:
            for name, pictures in {"original": shown.pictures, **shown.restored}.items():
                item_files.write(out / f"{name}_{n + 1:02d}", c, pictures[n])
        if shown.is_resized:
            enlarged = c.enlarge(shown.pictures[n], shown.full[n].shape)
            found.setdefault("resize_mse", []).append(
                float(np.square(shown.full[n] - enlarged).mean())
            )
    return {name: float(np.mean(values)) for name, values in found.items()}


def _ceilings(
    c: saved_codec.Sound, shown: Shown, n: int, griffin_lim: GriffinLim, seed: int
) -> dict[str, float]:
    scale = shown.scales[n]
    magnitude = c.magnitude(shown.pictures[n], scale)
    samples = c.invert(magnitude, griffin_lim, seed)
    heard = picture.unscale(c.encode_full(c.analyse(samples), scale), scale.low, scale.high)
    one, other = c.decibels(shown.pictures[n], scale), c.in_decibels(heard)
    return {
        "spectral_convergence_db": spectrogram.spectral_convergence_db(
            magnitude, samples, c.frames
        ),
        "log_spectral_distance_db": float(
            metrics.log_spectral_distance(one[np.newaxis], other[np.newaxis])[0]
        ),
    }


def _write_sounds(
    out: Path, c: saved_codec.Sound, shown: Shown, n: int, griffin_lim: GriffinLim, seed: int
) -> None:
    sounds = {"original": waveform.unlevel(shown.items[n], shown.scales[n].gain)}
    for name, pictures in shown.restored.items():
        sounds[name] = c.decode(pictures[n], shown.scales[n], griffin_lim, seed)
    for name, samples in sounds.items():
        item_files.write(out / f"{name}_{n + 1:02d}", c, samples)


def pictures(c: Codec, shown: Shown, n: int) -> dict[str, list[Array]]:
    """Rows of a figure, n clips side by side: original and reconstructions; where pictures are resized, also as they
    were before, and the reconstruction enlarged."""
    found = {"original": list(shown.pictures)} | {
        name: list(some) for name, some in shown.restored.items()
    }
    if shown.is_resized:
        last = shown.restored["reconstructed"]
        enlarged = [
            c.enlarge(small, full.shape) for small, full in zip(last, shown.full, strict=True)
        ]
        found = {"before resizing": shown.full, **found, "enlarged": enlarged}
    return {name.replace("_", " "): some[:n] for name, some in found.items()}
