"""What a model makes of pictures that it has not learned from: in numbers, and to hear."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import codec, latent, listing, metrics, spectrogram, waveform
from sonovae.codec import Codec
from sonovae.dataset import Dataset
from sonovae.model import Model
from sonovae.params.sections import Evaluate
from sonovae.picture import Array
from sonovae.progress import progress


def score(trained: Model, train: Array, test: Array, seed: int) -> tuple[Array, dict[str, dict[str, Any]]]:
    """The test pictures decoded from their posterior means, and the numbers."""
    posterior = latent.encode(trained.encoder, test)
    restored = latent.decode(trained.decoder, posterior.mean)
    sampled = latent.decode(trained.decoder, posterior.sample(np.random.default_rng(seed)))
    kl = posterior.kl()
    return restored, {
        "test": {
            "mse": metrics.mean_squared_error(test, restored),
            "mse_sampled": metrics.mean_squared_error(test, sampled),
            "kl": kl.sum(axis=1).mean(),
            "kl_per_dim": kl.mean(),
        },
        "floors": {
            "mean_picture": metrics.mean_picture_floor(train, test),
            "pca": metrics.pca_floor(train, test, kl.shape[1], seed),
        },
    }


def listen(raw: Path, out: Path, c: Codec, test: Dataset, restored: Array, shown: Any, p: Evaluate) -> float:
    """Write original_N.wav and reconstructed_N.wav; returns the mean spectral convergence in dB of the true pictures'
    way back, which no model can better."""
    out.mkdir()
    paths = listing.used(listing.read(raw / "recordings.csv")).set_index("sha256")["path"]
    convergence = []
    for n, i in enumerate(progress(shown, "evaluate", "sounds"), start=1):
        clip = test.clips.iloc[i]
        scale = codec.Scale(clip["low"], clip["high"], clip["gain"])
        magnitude = c.magnitude(test.pictures[i], scale)
        back = c.invert(magnitude, p.griffin_lim, p.seed)
        convergence.append(spectrogram.spectral_convergence_db(magnitude, back, c.frames))
        sounds = {"original": original(raw / paths[clip["sha256"]], clip, c)}
        sounds["reconstructed"] = c.decode(restored[i], scale, p.griffin_lim, p.seed)
        for name, samples in sounds.items():
            waveform.write(out / f"{name}_{n:02d}.wav", samples, c.waveform.sample_rate)
    return float(np.mean(convergence))


def original(path: Path, clip: "pd.Series[Any]", c: Codec) -> waveform.Samples:
    """The clip's own samples, at the recording's level."""
    clips = codec.recording_to_clips(*waveform.read(path), c.waveform)
    return waveform.unlevel(clips.samples[clips.start.index(clip["start"])], clips.gain)
