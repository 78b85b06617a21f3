"""A trained model at hand: its networks, codec and inverse together turn z into sounds."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sonovae import params
from sonovae.arrays import Item, Latents, Picture, Pictures
from sonovae.codec import saved_codec
from sonovae.codec.base import Codec, Excerpt
from sonovae.codec.scaling import Scale
from sonovae.distributions.flow import Request
from sonovae.errors import Unreadable, UserError
from sonovae.generation import item_files, lengths, sampling
from sonovae.generation.sounds import Origin, Sounds
from sonovae.model import latent, saved_model
from sonovae.model.latent import Posterior
from sonovae.model.saved_model import Model
from sonovae.params import recipes
from sonovae.params.sections import GriffinLim
from sonovae.project import Project
from sonovae.runtime.progress import progress

LEVELS = 1
"""Number that follows the seed of levels, whose draws thus do not depend on those of z."""


@dataclass(frozen=True)
class Reconstruction:
    """A file as the codec reads it, as the model restores it, and z [1, latent_size]."""

    original: Item
    restored: Item
    z: Latents


@dataclass(frozen=True, repr=False)
class Studio:
    """A model, its codec, the settings of the inverse, and the seed of draws and phases."""

    model: Model
    codec: Codec
    griffin_lim: GriffinLim
    seed: int

    def __repr__(self) -> str:
        """Name the model, what it makes and its labels."""
        what = f"{self.codec.kind}s"
        if self.seconds is not None:
            what += f" of {self.seconds:g} s at {self.sample_rate} Hz"
        labels = ", ".join(self.labels) or "no labels"
        return f"<Studio of model {self.model.id[:8]}: {what}; {labels}>"

    @property
    def labels(self) -> list[str]:
        """Labels that new sounds can be asked for."""
        return self.model.space.density.names

    @property
    def groups(self) -> list[str]:
        """Voices that new sounds can be asked for; none of a mixture."""
        flow = self.model.space.flow
        return list(flow.groups) if flow else []

    @property
    def sample_rate(self) -> int | None:
        """Samples per second; None if the model makes images."""
        return self.codec.sample_rate

    @property
    def seconds(self) -> float | None:
        """Duration of a new sound; None if the model makes images."""
        settings = self.codec.clip_settings
        return settings.clip_seconds if settings else None

    def encode(self, pictures: Any) -> Posterior:
        """Pictures [N, rows, columns] → posterior over z."""
        return latent.encode(self.model.encoder, pictures)

    def decode(self, z: Latents) -> Pictures:
        """Latents z [N, latent_size] → pictures [N, rows, columns]."""
        return latent.decode(self.model.decoder, z)

    def invert(self, pictures: Iterable[Picture], scales: Iterable[Scale]) -> Iterator[Item]:
        """Pictures [rows, columns] by their scales → levelled items, in order."""
        return self.codec.decode(pictures, scales, self.griffin_lim, self.seed)

    def items(self, z: Latents) -> list[Item]:
        """Latents z [N, latent_size] → N levelled items."""
        return list(self._invert_new(self.decode(z)))

    def sounds(self, z: Latents, how: dict[str, Any]) -> Sounds:
        """Latents z [N, latent_size] → sounds as loud as recordings; `how` z was made.

        Levels are those of random recordings, of the label in `how` if it has one.
        """
        pictures = self.decode(z)
        items = self._as_loud(list(self._invert_new(pictures)), how)
        return Sounds(items, Origin(self.codec, z, pictures, self.about(how)))

    def about(self, how: dict[str, Any]) -> dict[str, Any]:
        """Provenance of what this model makes; `how` z was made."""
        return item_files.provenance(self.model.id, self.seed, how)

    def draw(
        self,
        n: int,
        label: str | None = None,
        temperature: float = 1.0,
        group: str | None = None,
        seconds: float | None = None,
    ) -> Latents:
        """Draw z [n, latent_size] from the prior, of a label and group or of all.

        With `seconds` a flow draws sequences of another length. Raises UserError if the model
        knows no such label or group, or cannot make sounds so long.
        """
        asked = Request(label, group, temperature)
        frames = lengths.latent_frames(self.model, self.codec, seconds)
        return sampling.of_prior(self.model.space, asked, n, self._rng(), frames)

    def around(self, z: Latents, n: int, temperature: float = 1.0) -> Latents:
        """Draw z [n, latent_size] around one [1, latent_size].

        At temperature 1 they lie as far from it as training clips from their cluster's middle.
        """
        # Double precision, as the density computes; z itself is what the networks take.
        centre = z[0].astype(float)
        density = self.model.space.density
        return sampling.variations(centre, density, temperature, n, self._rng())

    def generate(
        self,
        n: int = 8,
        label: str | None = None,
        seed: int | None = None,
        temperature: float = 1.0,
        group: str | None = None,
        seconds: float | None = None,
    ) -> Sounds:
        """Make n new sounds, of a label and group or of all: float32 [n, samples] within ±1.

        `seconds` is by default the length of a clip.
        """
        seeded = self._seeded(seed)
        how: dict[str, Any] = {"from": "prior", "temperature": temperature}
        asked = {"label": label, "group": group, "seconds": seconds}
        how |= {name: value for name, value in asked.items() if value is not None}
        z = seeded.draw(n, label, temperature, group, seconds)
        return seeded.sounds(z, how)

    def vary(
        self,
        source: str | Path,
        n: int = 8,
        seed: int | None = None,
        temperature: float = 1.0,
    ) -> Sounds:
        """Make n new sounds around the first clip of a file."""
        seeded = self._seeded(seed)
        z = seeded.around(self.place(source), n, temperature)
        how = {"from": f"clip {Path(source).name}", "temperature": temperature}
        return seeded.sounds(z, how)

    def between(self, start: Any, end: Any, n: int = 9) -> Sounds:
        """Make n sounds evenly on the arc from one place to another, both included.

        A place is a label, a file, or a z [latent_size].
        """
        ends = np.concatenate([self.place(start), self.place(end)]).astype(float)
        z = sampling.along(ends, n, self.model.space.density.mean)
        return self.sounds(z, {"from": "between"})

    def place(self, where: Any) -> Latents:
        """Return z [1, latent_size] of a label's middle, a file's first clip, or a z."""
        if isinstance(where, np.ndarray):
            return np.atleast_2d(where).astype(np.float32)
        if where in self.labels:
            middle = self.model.space.density.of(str(where)).mean
            return middle[np.newaxis].astype(np.float32)
        excerpt = self._read(Path(where), math.inf)
        picture, _ = self.codec.encode_item(excerpt.items[0], gain=1.0)
        return self.encode(picture[np.newaxis]).mean

    def reconstruct(self, source: str | Path) -> Item:
        """Encode and decode a file of any length: float32 [samples] within ±1."""
        return self.compare(source).restored

    def reconstruct_file(self, source: Path, out: Path) -> None:
        """Write the reconstruction of a file to another; the extension decides the format."""
        comment = json.dumps(self.about({"from": source.name}))
        self.codec.write(out, self.reconstruct(source), comment)

    def compare(self, source: str | Path, most_seconds: float = math.inf) -> Reconstruction:
        """Reconstruct a file, or its first seconds, and return it with the original."""
        excerpt = self._read(Path(source), most_seconds)
        pictures, scales = self.codec.encode_items(excerpt.items, excerpt.gain)
        z = self.encode(pictures).mean
        decoded = list(self.invert(self.decode(z), scales))

        # The file was levelled as a whole, so one gain undoes it for all clips.
        def whole(items: list[Item]) -> Item:
            joined = self.codec.join(items)[0][: excerpt.length]
            return self.codec.restore_level(joined, scales[0])

        return Reconstruction(whole(excerpt.items), whole(decoded), z[:1])

    def write(self, folder: Path, z: Latents, how: dict[str, Any], join: bool = False) -> int:
        """Write sounds of z [n, latent_size], index, gallery and z.npy; return how many sounds.

        `join` cross-fades all of them to one sound that walks along z.
        """
        pictures = self.decode(z)
        levelled = self._invert_new(pictures)
        items = list(progress(levelled, "generate", f"{self.codec.kind}s", len(z)))
        about = self.about(how)
        if join:
            items = self.codec.join(items)
        if len(items) < len(z):
            # One sound was made of all of them.
            about["rows_of_z"] = f"0-{len(z) - 1}"
        loud = self._as_loud(items, how)
        item_files.write_gallery(folder, self.codec, list(pictures), loud, about)
        item_files.write_latents(folder, z)
        return len(items)

    def _as_loud(self, items: list[Item], how: dict[str, Any]) -> list[Item]:
        """Give new items the levels of random recordings; the first are the same however many."""
        # A clip has a gain of its own, and what never was one has that of a training clip.
        rng = np.random.default_rng([self.seed, LEVELS])
        gains = self.model.levels.draw(how.get("label"), len(items), rng)
        scales = self.codec.new_scales(gains)
        return [self.codec.restore_level(*pair) for pair in zip(items, scales, strict=True)]

    def _invert_new(self, pictures: Pictures) -> Iterator[Item]:
        return self.invert(pictures, [self.codec.typical] * len(pictures))

    def _seeded(self, seed: int | None) -> "Studio":
        return self if seed is None else replace(self, seed=seed)

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _read(self, source: Path, most_seconds: float) -> Excerpt:
        try:
            return self.codec.read(source, most_seconds)
        except Unreadable as error:
            raise UserError(f"{source}: {error}") from None


def load(folder: str | Path, griffin_lim: GriffinLim | None = None, seed: int = 1) -> Studio:
    """Open the model in a folder.

    Settings of the inverse are those of the project that the folder lies in, or the base recipe's.
    Raises UserError if the folder holds no model.
    """
    path = Path(folder)
    settings = griffin_lim or _inverse_settings(path)
    return Studio(saved_model.load(path), saved_codec.load(path), settings, seed)


def _inverse_settings(folder: Path) -> GriffinLim:
    # absolute, not resolved: DVC may link the folder into its cache.
    project = Project(folder.absolute().parent.parent)
    if project.params.is_file() and project.model == folder.absolute():
        return params.load(project.params).generate.griffin_lim
    return recipes.default_inverse()
