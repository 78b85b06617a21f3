"""Synthetic whistles: recordings made on the spot, for a first run without network or credentials."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sonovae.codec import sound_files
from sonovae.codec.waveform import Samples
from sonovae.params.fetch import Whistles
from sonovae.runtime.progress import progress

Waves = NDArray[np.float64]

MELODIES: dict[str, list[int]] = {
    "rise": [0, 2, 4, 5, 7, 9, 11, 12],
    "fall": [12, 11, 9, 7, 5, 4, 2, 0],
    "arch": [0, 4, 7, 12, 7, 4, 0],
    "call": [0, 7, 0, 7, 0, 7],
    "sigh": [9, 7, 4, 2, 4, 0],
    "trill": [4, 5, 4, 5, 4, 5, 7, 4],
}
"""Steps in semitones over a whistler's lowest note."""


@dataclass(frozen=True)
class Whistler:
    """A voice: lowest note, vibrato rate and glide in Hz and seconds, vibrato depth in semitones, breath and second
    harmonic relative to the tone."""

    lowest: float
    vibrato_rate: float
    vibrato_depth: float
    glide: float
    breath: float
    harmonic: float


def write(folder: Path, p: Whistles) -> None:
    """`<melody>/<whistler>-<take>.wav` for every whistler, melody and take; the same bytes for the same parameters."""
    names = [
        (who, melody, take)
        for who in range(p.whistlers)
        for melody in MELODIES
        for take in range(p.takes)
    ]
    for who, melody, take in progress(names, "whistling", "recordings"):
        whistler = _whistler(np.random.default_rng([p.seed, who]))
        rng = np.random.default_rng([p.seed, who, list(MELODIES).index(melody), take])
        path = folder / melody / f"whistler{who + 1:02d}-{take + 1}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        sound_files.write(path, whistle(MELODIES[melody], whistler, p, rng), p.sample_rate)


def whistle(steps: list[int], whistler: Whistler, p: Whistles, rng: Generator) -> Samples:
    """One recording: phrases of the melody, short pauses between notes, long ones between phrases."""
    parts: list[Waves] = [_pause(0.1, p, rng)]
    while sum(map(len, parts)) < p.seconds * p.sample_rate:
        tempo = rng.uniform(0.16, 0.3)
        parts.append(_phrase(steps, tempo, whistler, p.sample_rate, rng))
        # Under and over the half second at which preprocess cuts.
        parts.append(_pause(rng.choice([0.2, 0.35, 0.7, 1.1]), p, rng))
    sound = np.concatenate(parts)
    return (sound * rng.uniform(0.3, 0.9) / np.abs(sound).max()).astype(np.float32)


def _whistler(rng: Generator) -> Whistler:
    return Whistler(
        lowest=rng.uniform(700, 1500),
        vibrato_rate=rng.uniform(4.5, 7),
        vibrato_depth=rng.uniform(0.05, 0.5),
        glide=rng.uniform(0.02, 0.09),
        breath=10 ** rng.uniform(-2.4, -1.6),
        harmonic=10 ** rng.uniform(-2, -1),
    )


def _phrase(
    steps: list[int], tempo: float, who: Whistler, sample_rate: int, rng: Generator
) -> Waves:
    """The notes of a melody, `tempo` seconds each, gliding from one to the next."""
    lengths = (tempo * rng.choice([1, 1, 2], len(steps)) * sample_rate).astype(int)
    pitch = np.repeat(np.asarray(steps, float), lengths)
    width = max(1, int(who.glide * sample_rate))
    pitch = np.convolve(
        np.pad(pitch, width, mode="edge"), np.hanning(width + 2)[1:-1] / (width + 1) * 2, "same"
    )
    pitch = pitch[width:-width]
    time = np.arange(len(pitch)) / sample_rate
    pitch += who.vibrato_depth * np.sin(
        2 * np.pi * who.vibrato_rate * time + rng.uniform(0, 2 * np.pi)
    )
    phase = 2 * np.pi * np.cumsum(who.lowest * 2 ** (pitch / 12)) / sample_rate
    envelope = _envelope(lengths, sample_rate)
    noise = np.convolve(rng.normal(size=len(phase)), np.ones(4) / 2, "same")
    tone = np.sin(phase) + who.harmonic * np.sin(2 * phase)
    return envelope * (tone + who.breath * noise)


def _envelope(lengths: NDArray[np.int64], sample_rate: int) -> Waves:
    """Each note swells in 30 ms and dies away in 40 ms, to a fifth where another follows."""
    attack, release = int(0.03 * sample_rate), int(0.04 * sample_rate)
    notes = []
    for i, length in enumerate(lengths):
        first, last = (0.0 if i == 0 else 0.2), (0.0 if i == len(lengths) - 1 else 0.2)
        held = max(0, length - attack - release)
        up, down = np.linspace(first, 1, attack), np.linspace(1, last, release)
        notes.append(np.concatenate([up, np.ones(held), down])[:length])
    return np.concatenate(notes)


def _pause(seconds: float, p: Whistles, rng: Generator) -> Waves:
    """A room's noise, 66 dB below a tone's amplitude."""
    return 5e-4 * rng.normal(size=int(seconds * p.sample_rate))
