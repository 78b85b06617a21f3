"""New sounds beside the training clips that they are nearest to, to hear whether they are copies."""

from pathlib import Path

import numpy as np

from sonovae import copies, hearing, latent, playable, reconstruction
from sonovae.codec import Codec, Sound
from sonovae.dataset import Dataset
from sonovae.density import Points
from sonovae.model import Model
from sonovae.params.sections import GriffinLim
from sonovae.scoring import Seen


def write(
    out: Path, raw: Path, trained: Model, c: Codec, z: Points, train: Dataset, known: Seen, back: GriffinLim, seed: int
) -> None:
    """generated_N, of the rows of z, and nearest_N, of the training clips `known`; both levelled."""
    pictures = latent.decode(trained.decoder, z)
    made = list(hearing.sounds(c, pictures, [c.typical] * len(z), back, seed))
    _, which = copies.nearest(hearing.items(c, made).mel, known.mel)
    real = reconstruction.originals(raw, c, train.clips.iloc[which].reset_index(drop=True))
    out.mkdir()
    for name, items in (("generated", made), ("nearest", real)):
        for i, item in enumerate(items):
            playable.write(out / f"{name}_{i + 1:02d}", c, np.clip(item, -1, 1) if isinstance(c, Sound) else item)
