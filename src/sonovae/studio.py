"""A trained model at hand: reconstruct any file, vary it, make new sounds; it needs the model's folder alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sonovae import clips, codec, drawing, hearing, latent, model, playable, sound, waveform
from sonovae.clips import Item
from sonovae.codec import Codec, Sound
from sonovae.density import Points
from sonovae.errors import Unreadable, UserError
from sonovae.model import Model
from sonovae.params.sections import GriffinLim


@dataclass(frozen=True)
class Studio:
    """A model and its codec, the way back, and the seed of draws."""

    trained: Model
    c: Codec
    back: GriffinLim
    seed: int

    def reconstruct(self, source: Path, out: Path) -> None:
        """A file of any length as the model restores it, clip by clip; to `out`, a sound file or a PNG."""
        found = self._read(source)
        pictures, scales = zip(*(self.c.encode_new(item, found.gain) for item in found.items), strict=True)
        restored = latent.reconstruct(self.trained.encoder, self.trained.decoder, np.stack(pictures))
        self._save(
            out,
            list(hearing.sounds(self.c, restored, scales, self.back, self.seed)),
            found.gain,
            {"from": str(source.name)},
        )

    def vary(self, source: Path, out: Path, n: int, temperature: float) -> None:
        """n sounds around a file's first clip, in a new folder."""
        picture, _ = self.c.encode_new(self._read(source).items[0], 1.0)
        mean = latent.encode(self.trained.encoder, picture[np.newaxis]).mean[0].astype(float)
        z = drawing.variations(mean, self.trained.space.density, temperature, n, self._rng())
        self._make(z, out, {"from": f"clip {source.name}", "temperature": temperature})

    def generate(self, out: Path, n: int, label: str | None, temperature: float) -> None:
        """n new sounds, of a label or of all, in a new folder."""
        density = self.trained.space.density
        z = (
            density.sample(n, self._rng(), temperature)
            if label is None
            else drawing.of_label(self.trained.space, label, None, n, self._rng(), temperature)
        )
        said: dict[str, Any] = {"from": "density", "temperature": temperature}
        self._make(z, out, said | ({"label": label} if label is not None else {}))

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _read(self, source: Path) -> clips.Clips:
        """The clips of a file; the last is padded, as a file may be shorter than a clip."""
        try:
            if isinstance(self.c, Sound):
                return clips.recording_to_clips(*sound.read(source), self.c.whole)
            return clips.of_file(source, None)
        except Unreadable as error:
            raise UserError(f"{source}: {error}") from None

    def _make(self, z: Points, out: Path, said: dict[str, Any]) -> None:
        if out.exists():
            raise UserError(f"--out {out} is there already: name a folder that is not")
        pictures = latent.decode(self.trained.decoder, z)
        made = list(hearing.sounds(self.c, pictures, [self.c.typical] * len(z), self.back, self.seed))
        out.mkdir(parents=True)
        for n, item in enumerate(made):
            name, about = out / f"{self.c.kind}_{n + 1:03d}", self._about(said | {"row_of_z": n})
            playable.write(name, self.c, self._restored(item, self.c.typical.gain), about)

    def _save(self, out: Path, made: Sequence[Item], gain: float, said: dict[str, Any]) -> None:
        if isinstance(self.c, Sound):
            samples = self._restored(np.concatenate(made), gain)
            sound.write(out, samples, self.c.waveform.sample_rate, self._about(said))
        else:
            playable.write(out.with_suffix(""), self.c, made[0], self._about(said))

    def _restored(self, item: Item, gain: float) -> Item:
        return waveform.unlevel(item, gain) if isinstance(self.c, Sound) else item

    def _about(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"made_by": "sonovae, which generated it", "model": self.trained.id, "seed": self.seed, **said}


def opened(folder: Path, iterations: int, momentum: float, seed: int) -> Studio:
    """The model in a folder; UserError where there is none, or for a way back that is none."""
    if iterations < 1 or not 0 <= momentum < 1:
        raise UserError(f"--iterations {iterations} --momentum {momentum}: at least 1, and from 0 to below 1")
    return Studio(model.load(folder), codec.load(folder), GriffinLim(iterations, momentum), seed)
