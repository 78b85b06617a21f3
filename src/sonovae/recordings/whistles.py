"""Synthetic whistles: recordings for a first run without network or credentials."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.random import Generator

from sonovae.arrays import Floats64, Indices, Samples
from sonovae.codec import sound_files
from sonovae.params.fetch import Whistles
from sonovae.runtime.progress import progress


@dataclass(frozen=True)
class Melody:
    """Notes of a phrase in semitones above its lowest one, and the seconds of the shortest note."""

    steps: tuple[int, ...]
    tempo: tuple[float, float]


SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
"""Major scale, in semitones."""
MELODIES = {
    "rise": Melody(SCALE, (0.1, 0.15)),
    "fall": Melody(SCALE[::-1], (0.1, 0.15)),
    "trill": Melody((4, 8) * 6, (0.08, 0.1)),
    "steady": Melody((6,), (1.0, 1.5)),
}
"""Melodies by label. Notes are so short, or so long, that a second of a phrase shows its label."""
TRANSPOSED = 2.0
"""Most semitones that a recording is higher or lower than the melody is written."""
NOISE = 5e-4
"""Amplitude of the noise in a pause, 66 dB below that of a tone: digital silence is unnatural."""


@dataclass(frozen=True)
class Whistler:
    """Voice: lowest note and vibrato in Hz, depth in semitones, glide in seconds, amplitudes."""

    lowest: float
    vibrato_rate: float
    vibrato_depth: float
    glide: float
    breath: float
    harmonic: float


def write(folder: Path, settings: Whistles) -> None:
    """Write `<melody>/<whistler>-<take>.wav` for every whistler, melody and take."""
    recordings = list(product(range(settings.whistlers), MELODIES, range(settings.takes)))
    for number, melody, take in progress(recordings, "whistling", "recordings"):
        # Each whistler and recording has a seed of its own, so that more of them change none.
        whistler = _whistler(np.random.default_rng([settings.seed, number]))
        rng = np.random.default_rng([settings.seed, number, [*MELODIES].index(melody), take])
        path = folder / melody / f"whistler{number + 1:02d}-{take + 1}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = whistle(MELODIES[melody], whistler, settings, rng)
        sound_files.write(path, samples, settings.sample_rate)


def whistle(melody: Melody, whistler: Whistler, settings: Whistles, rng: Generator) -> Samples:
    """Return a recording [n] of phrases of the melody, with pauses between them."""
    rate = settings.sample_rate
    # Otherwise a whistler's pitch would give the label away.
    steps = np.asarray(melody.steps) + rng.uniform(-TRANSPOSED, TRANSPOSED)
    parts = [_pause(0.1, rate, rng)]
    while sum(map(len, parts)) < settings.seconds * rate:
        parts.append(_phrase(steps, rng.uniform(*melody.tempo), whistler, rate, rng))
        # Pauses shorter and longer than the half second at which preprocess cuts.
        parts.append(_pause(rng.choice([0.2, 0.35, 0.7, 1.1]), rate, rng))
    sound = np.concatenate(parts)
    return (sound * rng.uniform(0.3, 0.9) / np.abs(sound).max()).astype(np.float32)


def _whistler(rng: Generator) -> Whistler:
    # The fields are drawn in this order; another one would change every recording.
    return Whistler(
        lowest=rng.uniform(800, 1200),
        vibrato_rate=rng.uniform(4.5, 7),
        vibrato_depth=rng.uniform(0.05, 0.5),
        glide=rng.uniform(0.02, 0.09),
        breath=10 ** rng.uniform(-2.4, -1.6),
        harmonic=10 ** rng.uniform(-2, -1),
    )


def _phrase(
    steps: Floats64,
    tempo: float,
    whistler: Whistler,
    sample_rate: int,
    rng: Generator,
) -> Floats64:
    """Return notes [n] with glides, which last `tempo` or one and a half times as many seconds."""
    lengths = (tempo * rng.choice([1, 1, 1.5], len(steps)) * sample_rate).astype(int)
    pitch = np.repeat(steps, lengths)
    pitch = _smoothed(pitch, int(whistler.glide * sample_rate))
    time = np.arange(len(pitch)) / sample_rate
    phase = 2 * np.pi * whistler.vibrato_rate * time + rng.uniform(0, 2 * np.pi)
    pitch += whistler.vibrato_depth * np.sin(phase)
    # The phase is the integral of the frequency, which the pitch raises by semitones.
    phase = 2 * np.pi * np.cumsum(whistler.lowest * 2 ** (pitch / 12)) / sample_rate
    tone = np.sin(phase) + whistler.harmonic * np.sin(2 * phase)
    # White noise without its highest frequencies sounds like breath.
    noise = np.convolve(rng.normal(size=len(phase)), np.ones(4) / 2, "same")
    return _envelope(lengths, sample_rate) * (tone + whistler.breath * noise)


def _smoothed(pitch: Floats64, width: int) -> Floats64:
    """Return a pitch [n] whose steps take `width` samples, by a mean with a Hann window."""
    width = max(1, width)
    # A Hann window of this length sums to (width + 1) / 2; its outer zeros are left out.
    window = np.hanning(width + 2)[1:-1] / (width + 1) * 2
    # The first and last note go on beyond the ends, which would else fade to step 0.
    padded = np.pad(pitch, width, mode="edge")
    return np.convolve(padded, window, "same")[width:-width]


def _envelope(lengths: Indices, sample_rate: int) -> Floats64:
    """Return the amplitude [n] of notes that swell in 30 ms and fade in 40 ms, to a fifth or 0."""
    attack = int(0.03 * sample_rate)
    release = int(0.04 * sample_rate)
    notes = []
    for i, length in enumerate(lengths):
        first = 0.0 if i == 0 else 0.2
        last = 0.0 if i == len(lengths) - 1 else 0.2
        up = np.linspace(first, 1, attack)
        down = np.linspace(1, last, release)
        held = np.ones(max(0, length - attack - release))
        notes.append(np.concatenate([up, held, down])[:length])
    return np.concatenate(notes)


def _pause(seconds: float, sample_rate: int, rng: Generator) -> Floats64:
    """Return the noise of a quiet background."""
    return NOISE * rng.normal(size=int(seconds * sample_rate))
