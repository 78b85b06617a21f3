"""What new sounds cost: from a model's folder to WAV files, beside one `predict` and one librosa.griffinlim a clip.

Both sides decode the same z of the recipe starter, trained for a few epochs, in turn and in one process.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import librosa
import numpy as np
import scipy.fft

from benchmarks import project
from sonovae import codec, hearing, latent, model, sound, spectrogram, waveform
from sonovae.params.sections import GriffinLim

AT = project.ROOT / ".sonovae" / "generation"
CLIPS, ROUNDS = 64, 3
PLAIN = 32
"""Iterations of the plain side, and of `params.yaml`."""
FEWER = 8
"""Iterations that come as near."""


def ratios() -> dict[str, float]:
    """Each ratio by name; of three rounds the fastest of either side counts."""
    if not (AT / "data/model/model.json").exists():
        project.make(AT, "starter", {"train.epochs": 6})
        project.run(AT, "fetch", "preprocess", "train")
    ways: dict[str, Callable[[Any], list[Any]]] = {"plain": plain, "fewer": made(FEWER), "as many": made(PLAIN)}
    parts = [model.load(AT / "data/model"), codec.load(AT / "data/model")]
    z = parts[0].space.density.sample(CLIPS, np.random.default_rng(1))
    wanted = [parts[1].magnitude(each, parts[1].typical) for each in latent.decode(parts[0].decoder, z)]
    seconds, near = dict.fromkeys(ways, np.inf), dict.fromkeys(ways, 0.0)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.monotonic()
            samples = way((*parts, z))
            seconds[name] = min(seconds[name], time.monotonic() - began)
            pairs = zip(wanted, samples, strict=True)
            near[name] = float(np.mean([spectrogram.spectral_convergence_db(*pair, parts[1].frames) for pair in pairs]))
    print(f"seconds for {CLIPS} clips: {seconds}; spectral convergence in dB: {near}")
    return {
        "generate_speedup": seconds["plain"] / seconds["fewer"],
        "generate_speedup_as_many_iterations": seconds["plain"] / seconds["as many"],
        "generate_convergence_gain_db": near["plain"] - near["fewer"],
        "generate_convergence_gain_db_as_many_iterations": near["plain"] - near["as many"],
        "generate_share_of_fft": ffts(wanted[0], parts[1], PLAIN) * CLIPS / seconds["as many"],
    }


def plain(parts: Any) -> list[Any]:
    """As such originals do it, clip by clip."""
    trained, c, z = parts
    found = []
    for row in z:
        (picture,) = trained.decoder.predict(row[np.newaxis], verbose=0)
        magnitude, length = c.magnitude(picture, c.typical), c.waveform.clip_length
        samples = librosa.griffinlim(
            magnitude, n_iter=PLAIN, random_state=1, length=length, pad_mode="constant", **c.frames
        )
        found.append(samples)
    write(c, found)
    return found


def made(iterations: int) -> Callable[[Any], list[Any]]:
    """As generate does it."""

    def way(parts: Any) -> list[Any]:
        trained, c, z = parts
        pictures = latent.decode(trained.decoder, z)
        found = list(hearing.sounds(c, pictures, [c.typical] * len(z), GriffinLim(iterations, 0.99), 1))
        write(c, found)
        return found

    return way


def write(c: Any, clips: list[Any]) -> None:
    """WAV files of levelled clips."""
    with TemporaryDirectory() as folder:
        for n, samples in enumerate(clips):
            sound.write(Path(folder) / f"{n}.wav", waveform.unlevel(samples, c.typical.gain), c.waveform.sample_rate)


def ffts(magnitude: Any, c: Any, iterations: int) -> float:
    """Seconds of the FFTs alone of one clip, on two cores, as half of one's."""
    rows = np.ascontiguousarray(magnitude.T.astype(np.complex64))
    began = time.monotonic()
    for _ in range(iterations + 1):
        scipy.fft.rfft(scipy.fft.irfft(rows, c.frames["n_fft"], axis=1), axis=1)
    return (time.monotonic() - began) / 2
