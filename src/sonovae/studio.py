"""A trained model at hand: reconstruct any file, vary it, make new sounds; it needs the model's folder alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sonovae import codec, drawing, hearing, image, latent, model, playable, sound, stage, waveform
from sonovae.clips import Item
from sonovae.codec import Codec, Sound
from sonovae.density import Points
from sonovae.errors import Unreadable, UserError
from sonovae.model import Model
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
        items, gain, length = self._read(source)
        pictures, scales = zip(*(self.c.encode_new(item, gain) for item in items), strict=True)
        restored = latent.reconstruct(self.trained.encoder, self.trained.decoder, np.stack(pictures))
        made = list(hearing.sounds(self.c, restored, scales, self.back, self.seed))
        comment = json.dumps(playable.provenance(self.trained.id, self.seed, {"from": source.name}))
        if isinstance(self.c, Sound):
            whole = waveform.crossfade(np.stack(made), self._overlap)[:length]
            sound.write(out, waveform.unlevel(whole, gain), self.c.waveform.sample_rate, comment)
        else:
            image.write(out, made[0], comment)

    def vary(self, source: Path, out: Path, n: int, temperature: float) -> None:
        """n sounds around a file's first clip, in a new folder."""
        picture, _ = self.c.encode_new(self._read(source)[0][0], 1.0)
        mean = latent.encode(self.trained.encoder, picture[np.newaxis]).mean[0].astype(float)
        z = drawing.variations(mean, self.trained.space.density, temperature, n, self._rng())
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
        return drawing.of_label(self.trained.space, label, None, n, self._rng(), temperature)

    def items(self, z: Points) -> list[Item]:
        """z [n, latent_size] → n levelled clips or images."""
        pictures = latent.decode(self.trained.decoder, z)
        return list(hearing.sounds(self.c, pictures, [self.c.typical] * len(z), self.back, self.seed))

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @property
    def _overlap(self) -> int:
        """Samples by which clips of a longer file overlap: half."""
        return self.c.waveform.clip_length // 2 if isinstance(self.c, Sound) else 0

    def _read(self, source: Path) -> tuple[Sequence[Item], float, int]:
        """The levelled, overlapping clips of a file, the gain that levelled it, and its length in samples; or its
        images."""
        try:
            if not isinstance(self.c, Sound):
                return image.read(source), 1.0, 0
            samples = waveform.resample(*sound.read(source), self.c.waveform.sample_rate)
        except Unreadable as error:
            raise UserError(f"{source}: {error}") from None
        levelled, gain = waveform.level(samples, self.c.waveform.peak_dbfs)
        return list(waveform.overlapping(levelled, self.c.waveform.clip_length, self._overlap)), gain, len(levelled)

    def _make(self, z: Points, out: Path, said: dict[str, Any]) -> None:
        about = playable.provenance(self.trained.id, self.seed, said)
        with stage.new(out) as part:
            for n, item in enumerate(self.items(z)):
                playable.write_new(part, self.c, item, n, about)


def opened(folder: Path, iterations: int, momentum: float, seed: int) -> Studio:
    """The model in a folder; UserError where there is none."""
    return Studio(model.load(folder), codec.load(folder), GriffinLim(iterations, momentum), seed)
