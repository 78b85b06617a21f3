"""Synthetic sounds whose pitch, noise and level are known."""

from collections.abc import Sequence

import numpy as np
import scipy.signal
from numpy.random import Generator

from sonovae.quality.reference import Sounds

Formant = tuple[float, float]
"""Frequency and bandwidth of a resonance in Hz."""
VOWELS: tuple[tuple[Formant, ...], ...] = (
    ((700, 90), (1200, 110), (2500, 160)),
    ((300, 60), (2200, 130), (2900, 170)),
    ((350, 70), (800, 100), (2300, 160)),
    ((500, 80), (1700, 120), (2500, 160)),
)
RATE = 8000
SPEAKERS = 12


def harmonics(hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """A pulse train without aliases: all harmonics of a pitch [n] in Hz, equally strong."""
    phase = 2 * np.pi * np.cumsum(hz) / sample_rate
    sound = np.zeros(len(hz))
    for k in range(1, int(sample_rate / 2 / hz.min()) + 1):
        sound += np.where(k * hz < 0.49 * sample_rate, np.cos(k * phase), 0)
    return sound


def steady(hz: float, seconds: float, sample_rate: int) -> np.ndarray:
    """A constant pitch [n]."""
    return np.full(round(seconds * sample_rate), hz)


def sine(hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """A pure tone of a pitch [n] in Hz, half the full scale."""
    tone = 0.5 * np.sin(2 * np.pi * np.cumsum(hz) / sample_rate)
    return tone.astype(np.float32)


def with_noise(sound: np.ndarray, snr_db: float, rng: Generator) -> np.ndarray:
    """Add white noise at a ratio of powers, and scale the sum to a peak of 0.5."""
    noise = rng.standard_normal(len(sound))
    gain = np.sqrt(np.mean(sound**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return peaking(sound + gain * noise, 0.5)


def peaking(sound: np.ndarray, peak: float) -> np.ndarray:
    """Scale to a peak."""
    return (peak * sound / np.abs(sound).max()).astype(np.float32)


def vowel(
    hz: np.ndarray, sample_rate: int, formants: Sequence[Formant], breath_db: float, rng: Generator
) -> np.ndarray:
    """Pulses and breath noise through resonators; the breath is `breath_db` below the pulses."""
    source = with_noise(harmonics(hz, sample_rate), breath_db, rng).astype(float)
    for centre, width in formants:
        radius = np.exp(-np.pi * width / sample_rate)
        poles = [1, -2 * radius * np.cos(2 * np.pi * centre / sample_rate), radius**2]
        source = scipy.signal.lfilter([1], poles, source)
    return peaking(source, 0.5)


def contour(hz: float, n: int, sample_rate: int, jitter: float, rng: Generator) -> np.ndarray:
    """A pitch [n] that falls by a few semitones; 150 times a second it is off a little."""
    semitones = np.linspace(rng.uniform(2, 4), rng.uniform(-4, -2), n)
    knots = rng.normal(0, jitter, 2 + 150 * n // sample_rate)
    steps = np.interp(np.arange(n) * 150 / sample_rate, np.arange(len(knots)), knots)
    return hz * 2 ** (semitones / 12) * (1 + steps)


def spoken(speaker: int, rng: Generator) -> np.ndarray:
    """A syllable [4000] of one of the speakers, who differ in pitch, formants and level."""
    own = np.random.default_rng([7, speaker])
    n = RATE // 2
    pitch = own.uniform(110, 230) * 2 ** (rng.normal(0, 1) / 12)
    size = own.uniform(0.9, 1.15)
    formants = [(size * hz, width) for hz, width in VOWELS[rng.integers(len(VOWELS))]]
    hz = contour(pitch, n, RATE, rng.uniform(0.008, 0.012), rng)
    sound = vowel(hz, RATE, formants, rng.uniform(16, 20), rng)
    seconds = np.arange(n) / RATE
    onset = rng.uniform(0.03, 0.1)
    since = np.maximum(seconds - onset, 0)
    rise = np.clip(since / 0.02, 0, 1)
    fall = np.clip((rng.uniform(0.36, 0.46) - seconds) / rng.uniform(0.08, 0.2), 0, 1)
    # A burst, like that of a t, changes fast.
    burst = 0.3 * (since > 0) * np.exp(-since / 0.004) * rng.standard_normal(n)
    level_db = min(-1, own.uniform(-14, -8) + rng.normal(0, 3))
    background = 1e-4 * rng.standard_normal(n)
    loud = peaking(sound * rise * fall + burst, 10 ** (level_db / 20))
    return (loud + background).astype(np.float32)


def recordings(each: int, seed: int) -> Sounds:
    """As many syllables of each speaker, in random order; a speaker is a group."""
    rng = np.random.default_rng(seed)
    speakers = rng.permutation(np.repeat(np.arange(SPEAKERS), each))
    return Sounds([spoken(int(i), rng) for i in speakers], [f"speaker {i}" for i in speakers])
