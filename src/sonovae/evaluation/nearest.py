"""New sounds beside the training clips that they are nearest to, to hear whether they are copies."""

from pathlib import Path

import numpy as np

from sonovae.codec.base import Codec
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import copies, embedding, reconstructions
from sonovae.evaluation.scoring import Seen
from sonovae.generation import item_files
from sonovae.model import latent
from sonovae.model.density import Points
from sonovae.model.saved_model import Model
from sonovae.params.sections import GriffinLim


def write(
    out: Path,
    raw: Path,
    trained: Model,
    c: Codec,
    z: Points,
    train: Dataset,
    known: Seen,
    back: GriffinLim,
    seed: int,
) -> None:
    """generated_N, of the rows of z, and nearest_N, of the training clips `known`; both levelled."""
    pictures = latent.decode(trained.decoder, z)
    made = list(c.decode(pictures, [c.typical] * len(z), back, seed))
    _, which = copies.nearest(embedding.items(c, made).mel, known.mel)
    real = reconstructions.originals(raw, c, train.clips.iloc[which].reset_index(drop=True))
    out.mkdir()
    for name, items in (("generated", made), ("nearest", real)):
        for i, item in enumerate(items):
            item_files.write(
                out / f"{name}_{i + 1:02d}",
                c,
                np.clip(item, -1, 1),
            )
