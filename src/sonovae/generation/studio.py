"""A trained model at hand: reconstruct any file, vary it, make new sounds; it needs the model's folder alone."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sonovae import atomic
from sonovae.codec import image_files, saved_codec, sound_files, waveform
from sonovae.codec.picture import Item
from sonovae.codec.saved_codec import Codec, Sound
from sonovae.codec.waveform import Samples
from sonovae.errors import Unreadable, UserError
from sonovae.generation import item_files, sampling
from sonovae.model import latent, saved_model
from sonovae.model.density import Points
from sonovae.model.saved_model import Model
from sonovae.params.sections import GriffinLim

ITERATIONS, MOMENTUM = 32, 0.99
"""Of Griffin-Lim, for callers that are not told."""


@dataclass(frozen=True)
class Studio:
    """A model and its codec, the way back, and the seed of draws."""

    trained: Model
    c: Codec
    back: GriffinLim
    seed: int

    def reconstruct(self, source: Path, out: Path) -> None:
        """A file of any length as the model restores it, of overlapping clips; to `out`, a sound file or a PNG."""
        _, restored, _ = self.meet(source)
        comment = json.dumps(
            item_files.provenance(self.trained.id, self.seed, {"from": source.name})
        )
        if isinstance(self.c, Sound):
            sound_files.write(out, restored, self.c.waveform.sample_rate, comment)
        else:
            image_files.write(out, restored, comment)

    def meet(self, source: Path, most_seconds: float = math.inf) -> tuple[Item, Item, Points]:
        """A file as the model's codec takes it, at its rate, mono, and not longer than so many seconds; as the model
        restores it; and z [1, latent_size] of its first clip, or image."""
        items, gain, length = self._read(source, most_seconds)
        pictures, scales = zip(*(self.c.encode_new(item, gain) for item in items), strict=True)
        z = latent.encode(self.trained.encoder, np.stack(pictures)).mean
        made = list(
            saved_codec.sounds(
                self.c, latent.decode(self.trained.decoder, z), scales, self.back, self.seed
            )
        )
        if not isinstance(self.c, Sound):
            return items[0], made[0], z[:1]
        both = (
            waveform.crossfade(np.stack(each), self._overlap)[:length] for each in (items, made)
        )
        original, restored = (waveform.unlevel(each, gain) for each in both)
        return original, restored, z[:1]

    def vary(self, source: Path, out: Path, n: int, temperature: float) -> None:
        """n sounds around a file's first clip, in a new folder."""
        picture, _ = self.c.encode_new(self._read(source)[0][0], 1.0)
        mean = latent.encode(self.trained.encoder, picture[np.newaxis]).mean
        z = self.around(mean, n, temperature)
        self._make(z, out, {"from": f"clip {source.name}", "temperature": temperature})

    def generate(self, out: Path, n: int, label: str | None, temperature: float) -> None:
        """n new sounds, of a label or of all, in a new folder."""
        said: dict[str, Any] = {"from": "density", "temperature": temperature}
        z = self.draw(n, label, temperature)
        self._make(z, out, said | ({"label": label} if label is not None else {}))

    def draw(self, n: int, label: str | None, temperature: float) -> Points:
        """n new z, of a label or of all; UserError where the model knows no such label."""
        if label is None:
            return self.trained.space.density.sample(n, self._rng(), temperature)
        return sampling.of_label(self.trained.space, label, None, n, self._rng(), temperature)

    def items(self, z: Points) -> list[Item]:
        """z [n, latent_size] → n levelled clips or images."""
        pictures = latent.decode(self.trained.decoder, z)
        return list(
            saved_codec.sounds(self.c, pictures, [self.c.typical] * len(z), self.back, self.seed)
        )

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @property
    def _overlap(self) -> int:
        """Samples by which clips of a longer file overlap: half."""
        return self.c.waveform.clip_length // 2 if isinstance(self.c, Sound) else 0

    def around(self, z: Points, n: int, temperature: float) -> Points:
        """n z [n, latent_size] around one [1, latent_size], as far as clips lie from the middle of their cluster."""
        return sampling.variations(
            z[0].astype(float), self.trained.space.density, temperature, n, self._rng()
        )

    def _read(
        self, source: Path, most_seconds: float = math.inf
    ) -> tuple[Sequence[Item], float, int]:
        """The levelled, overlapping clips of a file, the gain that levelled it, and its length in samples; or its
        images."""
        try:
            if not isinstance(self.c, Sound):
                return image_files.read(source), 1.0, 0
            with sound_files.streamed(source) as (blocks, sample_rate):
                read = _at_most(blocks, most_seconds * sample_rate)
            samples = waveform.resample(read, sample_rate, self.c.waveform.sample_rate)
        except Unreadable as error:
            raise UserError(f"{source}: {error}") from None
        levelled, gain = waveform.level(samples, self.c.waveform.peak_dbfs)
        p = self.c.waveform
        return (
            list(waveform.overlapping(levelled, p.clip_length, self._overlap, p.fade_length)),
            gain,
            len(levelled),
        )

    def _make(self, z: Points, out: Path, said: dict[str, Any]) -> None:
        about = item_files.provenance(self.trained.id, self.seed, said)
        with atomic.new_folder(out) as part:
            for n, item in enumerate(self.items(z)):
                item_files.write_new(part, self.c, item, n, about)


def _at_most(blocks: Iterable[Samples], n: float) -> Samples:
    """The first n samples, and no block beyond."""
    taken, length = [np.zeros(0, np.float32)], 0
    for block in blocks:
        taken.append(block)
        if (length := length + len(block)) >= n:
            break
    return np.concatenate(taken)[: int(min(n, length))]


def opened(folder: Path, iterations: int, momentum: float, seed: int) -> Studio:
    """The model in a folder; UserError where there is none."""
    return Studio(
        saved_model.load(folder), saved_codec.load(folder), GriffinLim(iterations, momentum), seed
    )
