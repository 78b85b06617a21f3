"""What a model makes of some clips, to see and to hear."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.arrays import Floats32, Item
from sonovae.codec.base import Codec
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
    pictures: Floats32
    items: list[Item]
    full: list[Floats32]
    restored: dict[str, Floats32]

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


def restore(trained: Model, folder: Path, pictures: Floats32) -> dict[str, Floats32]:
    """What is decoded from the posterior means of some pictures, as `reconstructed`, and by each snapshot in the
    model's folder, as `epoch_N`."""
    found = {"reconstructed": latent.reconstruct(trained.encoder, trained.decoder, pictures)}
    snapshots = saved_model.snapshots(folder)
    return found | {
        f"epoch_{n}": latent.reconstruct(one, other, pictures) for n, one, other in snapshots
    }


def show(
    c: Codec,
    items: list[Item],
    scales: list[Scale],
    pictures: Floats32,
    restored: dict[str, Floats32],
) -> Shown:
    """Some clips, and what was made of their pictures."""
    full = [
        c.encode_full(c.analyse(each), scale) for each, scale in zip(items, scales, strict=True)
    ]
    return Shown(scales, pictures, items, full, restored)


def originals(raw: Path, c: Codec, rows: pd.DataFrame) -> list[Item]:
    """Some clips' own items, as the codec sees them, levelled; each recording is read once."""
    recordings = recordings_table.used(recordings_table.read(raw / "recordings.csv"))
    found: dict[Any, Item] = {}
    for sha256, some in rows.groupby("sha256"):
        (recording,) = recordings[recordings["sha256"] == sha256].to_dict("records")
        read = clips.read(raw, recording, c.clip_settings)
        found |= {i: read.item(row["item"], row["start"]) for i, row in some.iterrows()}
    return [found[i] for i in rows.index]


def write(
    out: Path, codec: Codec, shown: Shown, griffin_lim: GriffinLim, seed: int
) -> dict[str, float]:
    """Write original_N, reconstructed_N and so on, and return what the codec alone loses.

    Those are means over the true pictures, which no model can better: spectral convergence and
    log-spectral distance of their inverse in dB, and the error of resizing.
    """
    out.mkdir()
    found: dict[str, list[float]] = {}
    for n in progress(range(len(shown.items)), "evaluate", "clips"):
        scale = shown.scales[n]
        items = {"original": shown.items[n]}
        for name, pictures in shown.restored.items():
            (items[name],) = codec.decode([pictures[n]], [scale], griffin_lim, seed)
        for name, item in items.items():
            stem = out / f"{name}_{n + 1:02d}"
            item_files.write(stem, codec, codec.restore_level(item, scale))
        for name, value in _codec_errors(codec, shown, n, griffin_lim, seed).items():
            found.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def _codec_errors(
    codec: Codec, shown: Shown, n: int, griffin_lim: GriffinLim, seed: int
) -> dict[str, float]:
    errors = {}
    image = shown.pictures[n]
    scale = shown.scales[n]
    (item,) = codec.decode([image], [scale], griffin_lim, seed)
    convergence = codec.spectral_convergence(image, scale, item)
    expected = codec.decibels(image, scale)
    heard = codec.reanalysed_decibels(item, scale)
    if convergence is not None and expected is not None and heard is not None:
        errors["spectral_convergence_db"] = convergence
        distance = metrics.log_spectral_distance(expected[np.newaxis], heard[np.newaxis])
        errors["log_spectral_distance_db"] = float(distance[0])
    if shown.is_resized:
        full = shown.full[n]
        enlarged = codec.enlarge(image, full.shape)
        errors["resize_mse"] = float(np.square(full - enlarged).mean())
    return errors


def pictures(c: Codec, shown: Shown, n: int) -> dict[str, list[Floats32]]:
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
