"""Pictures ↔ z by a model, and decoded pictures as levelled items."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sonovae.arrays import Item, Latents, Picture, Pictures
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.generation import item_files
from sonovae.model import latent
from sonovae.model.latent import Posterior
from sonovae.model.saved_model import Model
from sonovae.params.sections import GriffinLim


@dataclass(frozen=True, repr=False)
class Transcoder:
    """A model, its codec, the settings of the inverse, and the seed of draws and phases."""

    model: Model
    codec: Codec
    griffin_lim: GriffinLim
    seed: int

    def encode(self, pictures: Any) -> Posterior:
        """Pictures [N, rows, columns] → posterior over z."""
        return latent.encode(self.model.encoder, pictures)

    def decode(self, z: Latents) -> Pictures:
        """Latents z [N, latent_size] → pictures [N, rows, columns]."""
        return latent.decode(self.model.decoder, z)

    def invert(self, pictures: Iterable[Picture], scales: Iterable[Scale]) -> Iterator[Item]:
        """Pictures [rows, columns] by their scales → levelled items, in order."""
        return self.codec.decode(pictures, scales, self.griffin_lim, self.seed)

    def about(self, how: dict[str, Any]) -> dict[str, Any]:
        """Provenance of what this model makes; `how` z was made."""
        return item_files.provenance(self.model.id, self.seed, how)
