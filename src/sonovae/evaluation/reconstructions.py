"""Reconstructed clips and nearest training clips, to see and to hear."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonovae.arrays import Item, Picture, Pictures
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.evaluation import metrics
from sonovae.evaluation.control_sets import Scored
from sonovae.evaluation.inputs import Inputs
from sonovae.evaluation.unseen import Unseen
from sonovae.generation import item_files
from sonovae.model import latent, saved_networks
from sonovae.params.sections import Shown as ShownSettings
from sonovae.quality import copies
from sonovae.recordings import recordings_table
from sonovae.runtime.progress import progress

CODEC = "inverse"
"""Set of sounds that only the codec has changed."""
MODEL = "reconstructed"
"""Set of sounds that the model has reconstructed."""


@dataclass(frozen=True)
class Shown:
    """Clips to see and hear.

    `items` and `full` pictures, before resizing, are as the recordings hold them; `restored`
    are pictures by the model and by its snapshots, `decoded` the levelled items of those and of
    the true pictures.
    """

    scales: list[Scale]
    pictures: Pictures
    items: list[Item]
    full: list[Picture]
    restored: dict[str, Pictures]
    decoded: dict[str, list[Item]]

    @property
    def is_resized(self) -> bool:
        """Whether pictures have another size than the spectrograms or images they come from."""
        return self.full[0].shape != self.pictures[0].shape


def choose(recordings: Path, dataset: Dataset, settings: ShownSettings, seed: int) -> Dataset:
    """Return the clips that evaluate.shown names, of a split or of recordings by name.

    Raises UserError if a recording is not in use or has no clips.
    """
    if settings.names is None:
        side = dataset.side(settings.split)
        if settings.draw == "random":
            return side.some(settings.count, seed)
        return side.take(np.arange(len(side.clips))[: settings.count])
    used = recordings_table.used(recordings_table.read(recordings))
    hashes = used.set_index("name")["sha256"]
    for name in settings.names:
        if name not in hashes:
            raise UserError(
                f"evaluate.shown.names = {name!r}: no recording that is used has this name"
            )
    chosen = dataset.clips["sha256"].isin(hashes[list(settings.names)])
    if not chosen.any():
        names = ", ".join(settings.names)
        raise UserError(f"evaluate.shown.names: no clips are left of {names}")
    return dataset.take(np.flatnonzero(chosen)[: settings.count])


def of_clips(inputs: Inputs, scored: Mapping[str, Scored]) -> Shown:
    """Return the clips to show; those that were scored are not inverted again."""
    settings = inputs.settings
    recordings = inputs.project.recordings
    chosen = choose(recordings, inputs.dataset, settings.shown, settings.seed)
    codec = inputs.studio.codec
    items = inputs.originals(chosen)
    pictures = chosen.pictures[:]
    decoded = inputs.studio.decode(inputs.latents(chosen))
    scored_rows = inputs.scored_test.pictures.rows.tolist()
    known = {}
    for name in (CODEC, MODEL):
        by_row = dict(zip(scored_rows, scored[name].items, strict=True))
        known[name] = [by_row.get(row) for row in chosen.pictures.rows.tolist()]
    scales = codec.clip_scales(chosen.clips)
    return _show(inputs, items, scales, pictures, decoded, known)


def of_unseen(inputs: Inputs, unseen: Unseen) -> Shown:
    """Return the clips of unseen recordings that are shown."""
    return _show(inputs, unseen.items, unseen.scales, unseen.pictures, unseen.restored, {})


def _show(
    inputs: Inputs,
    items: list[Item],
    scales: list[Scale],
    pictures: Pictures,
    reconstructed: Pictures,
    known: Mapping[str, list[Item | None]],
) -> Shown:
    codec = inputs.studio.codec
    pairs = zip(items, scales, strict=True)
    full = [codec.encode_full(codec.analyse(item), scale) for item, scale in pairs]
    restored = {MODEL: reconstructed}
    for epoch, encoder, decoder in saved_networks.snapshots(inputs.project.model):
        restored[f"epoch_{epoch}"] = latent.reconstruct(encoder, decoder, pictures)
    decoded = {}
    for name, images in {CODEC: pictures, **restored}.items():
        own = known.get(name, [None] * len(images))
        decoded[name] = _invert_missing(inputs, images, scales, own)
    return Shown(scales, pictures, items, full, restored, decoded)


def _invert_missing(
    inputs: Inputs, pictures: Pictures, scales: list[Scale], known: list[Item | None]
) -> list[Item]:
    """Invert the pictures whose items are not known yet; None stands for those."""
    missing = [n for n, item in enumerate(known) if item is None]
    images = [pictures[n] for n in missing]
    inverted = iter(list(inputs.studio.invert(images, [scales[n] for n in missing])))
    return [next(inverted) if item is None else item for item in known]


def write(out: Path, codec: Codec, shown: Shown) -> dict[str, float]:
    """Write original_N, reconstructed_N and so on, and return what the codec alone loses.

    Those are means over the true pictures, which no model can better: spectral convergence and
    log-spectral distance of their inverse in dB, and the error of resizing.
    """
    out.mkdir()
    errors: dict[str, list[float]] = {}
    for n in progress(range(len(shown.items)), "evaluate", "clips"):
        items = {"original": shown.items[n]}
        for name in shown.restored:
            items[name] = shown.decoded[name][n]
        for name, item in items.items():
            stem = out / f"{name}_{n + 1:02d}"
            item_files.write(stem, codec, codec.restore_level(item, shown.scales[n]))
        for name, value in _codec_errors(codec, shown, n).items():
            errors.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in errors.items()}


def _codec_errors(codec: Codec, shown: Shown, n: int) -> dict[str, float]:
    errors = {}
    picture = shown.pictures[n]
    scale = shown.scales[n]
    item = shown.decoded[CODEC][n]
    convergence = codec.spectral_convergence(picture, scale, item)
    expected = codec.decibels(picture, scale)
    heard = codec.reanalysed_decibels(item, scale)
    if convergence is not None and expected is not None and heard is not None:
        errors["spectral_convergence_db"] = convergence
        distance = metrics.log_spectral_distance(expected[np.newaxis], heard[np.newaxis])
        errors["log_spectral_distance_db"] = float(distance[0])
    if shown.is_resized:
        # Resizing is part of the codec, so its error bounds the model's too.
        full = shown.full[n]
        enlarged = codec.enlarge(picture, full.shape)
        errors["resize_mse"] = float(np.square(full - enlarged).mean())
    return errors


def write_nearest(out: Path, inputs: Inputs, scored: Scored, known: np.ndarray) -> None:
    """Write the first new sounds and the training clips nearest to them, to hear copies.

    `known` are the log-mel embeddings [N, D] of the training clips. All sounds are levelled.
    """
    n = inputs.settings.shown.count
    codec = inputs.studio.codec
    _, nearest = copies.nearest(scored.heard.mel[:n], known)
    real = inputs.originals(inputs.train.take(nearest))
    out.mkdir()
    for name, items in (("generated", scored.items[:n]), ("nearest", real)):
        for i, item in enumerate(items):
            # The inverse of a levelled clip may exceed full scale a little.
            item_files.write(out / f"{name}_{i + 1:02d}", codec, np.clip(item, -1, 1))


def pictures(codec: Codec, shown: Shown, n: int) -> dict[str, list[Picture]]:
    """Return rows of a figure, n clips side by side: originals and reconstructions.

    If pictures are resized, also as they were before, and the reconstruction enlarged.
    """
    rows = {"original": list(shown.pictures)}
    for name, restored in shown.restored.items():
        rows[name] = list(restored)
    if shown.is_resized:
        pairs = zip(shown.restored[MODEL], shown.full, strict=True)
        enlarged = [codec.enlarge(small, full.shape) for small, full in pairs]
        rows = {"before resizing": shown.full, **rows, "enlarged": enlarged}
    return {name.replace("_", " "): images[:n] for name, images in rows.items()}
