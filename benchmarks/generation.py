"""Cost of new sounds, from a model's folder to WAV files, compared with plain code.

Plain code calls `predict` once and librosa.griffinlim for each clip. Both sides decode the same z
of the recipe starter, trained for a few epochs, in turn and in one process.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import librosa
import numpy as np
import scipy.fft

from benchmarks import project
from sonovae.codec import saved_codec, sound_files, spectrogram, waveform
from sonovae.codec.sound_codec import SoundCodec
from sonovae.model import backend, latent, saved_model, saved_networks
from sonovae.model.saved_model import Model
from sonovae.params.sections import GriffinLim

Way = Callable[[Model, SoundCodec, Any], list[Any]]
AT = project.place("generation")
CLIPS, ROUNDS, ITERATIONS = 64, 3, 32


def ratios() -> dict[str, float]:
    """Return each ratio by name; the fastest of three rounds counts on either side."""
    if not (AT / "data/prior/prior.json").exists():
        project.make(AT, "starter", {"train.epochs": 6})
        project.run(AT, "fetch", "preprocess", "train", "prior")
    backend.prepare(saved_networks.threads(AT / "data/model"))
    trained, c = (
        saved_model.load(AT / "data/model"),
        cast(SoundCodec, saved_codec.load(AT / "data/model")),
    )
    z = trained.space.density.sample(CLIPS, np.random.default_rng(1))
    wanted = [c.magnitude(each, c.typical) for each in latent.decode(trained.decoder, z)]
    seconds, near = {plain: np.inf, made: np.inf}, dict[Way, float]()
    for _ in range(ROUNDS):
        for way in seconds:
            began = time.monotonic()
            samples = way(trained, c, z)
            seconds[way] = min(seconds[way], time.monotonic() - began)
            pairs = zip(wanted, samples, strict=True)
            near[way] = float(
                np.mean([spectrogram.spectral_convergence_db(*pair, c.frames) for pair in pairs])
            )
    print(
        f"{CLIPS} clips: {seconds[plain]:.2f} and {seconds[made]:.2f} s; "
        f"{near[plain]:.2f} and {near[made]:.2f} dB"
    )
    return {
        "generate_speedup": seconds[plain] / seconds[made],
        "generate_convergence_gain_db": near[plain] - near[made],
        "generate_share_of_fft": ffts(wanted[0], c) * CLIPS / seconds[made],
    }


def plain(trained: Model, c: SoundCodec, z: Any) -> list[Any]:
    """Make sounds clip by clip, as the original systems do."""
    found = []
    for row in z:
        (picture,) = trained.decoder.predict(row[np.newaxis], verbose=0)
        same: dict[str, Any] = {
            "length": c.waveform.clip_length,
            "pad_mode": "constant",
            "random_state": 1,
            **c.frames,
        }
        samples = librosa.griffinlim(c.magnitude(picture, c.typical), n_iter=ITERATIONS, **same)
        found.append(
            waveform.polish(samples, c.waveform.sample_rate)
        )  # or ends that click would count for it
    write(c, found)
    return found


def made(trained: Model, c: SoundCodec, z: Any) -> list[Any]:
    """Make sounds as the stage generate does."""
    scales = [c.typical] * len(z)
    found = list(
        c.decode(latent.decode(trained.decoder, z), scales, GriffinLim(ITERATIONS, 0.99), 1)
    )
    write(c, found)
    return found


def write(c: SoundCodec, clips: list[Any]) -> None:
    """Write WAV files of levelled clips."""
    with TemporaryDirectory() as folder:
        for n, samples in enumerate(clips):
            sound_files.write(
                Path(folder) / f"{n}.wav",
                waveform.unlevel(samples, c.typical.gain),
                c.waveform.sample_rate,
            )


def ffts(magnitude: Any, c: SoundCodec) -> float:
    """Return the seconds of one clip's FFTs, if all cores did nothing else."""
    rows = np.ascontiguousarray(magnitude.T.astype(np.complex64))
    began = time.monotonic()
    for _ in range(ITERATIONS + 1):
        scipy.fft.rfft(scipy.fft.irfft(rows, c.frames["n_fft"], axis=1), axis=1)
    return (time.monotonic() - began) / (os.cpu_count() or 1)
