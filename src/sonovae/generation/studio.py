"""A trained model at hand: its networks, codec and inverse together turn z into sounds."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sonovae import params
from sonovae.arrays import Item, Latents, Pictures
from sonovae.codec import saved_codec
from sonovae.distributions.flow import Request
from sonovae.generation import (
    continuation,
    finishing,
    item_files,
    lengths,
    reconstruction,
    sampling,
)
from sonovae.generation.reconstruction import Reconstruction
from sonovae.generation.sounds import Origin, Sounds
from sonovae.generation.transcoder import Transcoder
from sonovae.model import saved_model
from sonovae.params import recipes
from sonovae.params.sections import Generate, GriffinLim
from sonovae.project import Project
from sonovae.runtime.progress import progress


@dataclass(frozen=True, repr=False)
class Studio(Transcoder):
    """A transcoder that draws z, with steps and guidance of a flow."""

    steps: int = Request.steps
    guidance: float = Request.guidance

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
        asked = self._request(label, group, temperature)
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
        if self.model.space.flow:
            how |= {"steps": self.steps, "guidance": self.guidance}
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
        excerpt = reconstruction.read(self.codec, Path(where))
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
        return reconstruction.compare(self, Path(source), most_seconds)

    def extend(
        self,
        source: str | Path,
        seconds: float,
        n: int = 1,
        label: str | None = None,
        group: str | None = None,
        seed: int | None = None,
    ) -> Sounds:
        """Continue a recording for so many seconds, in n ways: float32 [n, samples] within ±1.

        The recording in them is as the model restores it, and as loud as it is; its end, less than
        a latent frame and half a window, is drawn, too. A model of padded clips, with a mask row,
        has learned that recordings end: a sound may be silent before its end. Raises UserError if
        the model has no flow, the recording is too short, or the sound would be too long.
        """
        asked = self._request(label, group)
        prepared = continuation.prepare(self._seeded(seed), asked, f"extend {source}")
        return prepared.extend(Path(source), seconds, n)

    def fill(
        self,
        source: str | Path,
        start: float,
        end: float,
        n: int = 1,
        label: str | None = None,
        group: str | None = None,
    ) -> Sounds:
        """Fill a recording's gap from second `start` to `end`, in n ways: float32 [n, samples].

        Latent frames that the gap touches are drawn, by the Studio's seed; the rest is as `extend`
        has it. Raises UserError, too, for a gap that is not in the recording.
        """
        prepared = continuation.prepare(self, self._request(label, group), f"fill {source}")
        return prepared.fill(Path(source), start, end, n)

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
        return finishing.finish(items, self.codec, self.model.levels, self.seed, how)

    def _invert_new(self, pictures: Pictures) -> Iterator[Item]:
        return self.invert(pictures, [self.codec.typical] * len(pictures))

    def _seeded(self, seed: int | None) -> "Studio":
        return self if seed is None else replace(self, seed=seed)

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _request(self, label: str | None, group: str | None, temperature: float = 1.0) -> Request:
        return Request(label, group, temperature, self.steps, self.guidance)


def load(folder: str | Path, griffin_lim: GriffinLim | None = None, seed: int = 1) -> Studio:
    """Open the model in a folder.

    Settings of the inverse and of a flow are those of the project that the folder lies in, or the
    base recipe's. Raises UserError if the folder holds no model.
    """
    path = Path(folder)
    model = saved_model.load(path)
    codec = saved_codec.load(path)
    chosen = _project_settings(path)
    if chosen is None:
        return Studio(model, codec, griffin_lim or recipes.default_inverse(), seed)
    inverse = griffin_lim or chosen.griffin_lim
    return Studio(model, codec, inverse, seed, chosen.steps, chosen.guidance)


def _project_settings(folder: Path) -> Generate | None:
    # absolute, not resolved: DVC may link the folder into its cache.
    project = Project(folder.absolute().parent.parent)
    if project.params.is_file() and project.model == folder.absolute():
        return params.load(project.params).generate
    return None
