"""Features of many sounds, a row each."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import pandas as pd

from sonovae.arrays import Floats32, Samples
from sonovae.features import level, modulation, pitch, spectrograms, tones, voice
from sonovae.features.pitch import Range
from sonovae.runtime import environment

Row = dict[str, float]
T = TypeVar("T")


def table(
    sounds: Sequence[Samples], sample_rate: int, pitches: Range | None, highest_hz: float
) -> pd.DataFrame:
    """Measure sounds [n] each; without a range of pitch, features of the pitch are left out."""

    def measure(samples: Samples) -> Row:
        return _features(samples, sample_rate, pitches, highest_hz)

    return pd.DataFrame(_each(measure, sounds))


def mel_statistics(sounds: Sequence[Samples], sample_rate: int) -> Floats32:
    """Mean, deviation and mean change by frame of each band of log-mel spectrograms [N, 3 bands].

    Bands are averaged in pairs.
    """

    def measure(samples: Samples) -> Floats32:
        decibels = spectrograms.log_mel(samples, sample_rate)
        pairs = decibels.reshape(len(decibels) // 2, 2, -1).mean(axis=1)
        steps = np.abs(np.diff(pairs, axis=1))
        # A single frame has no steps.
        change = steps.sum(axis=1) / max(1, steps.shape[1])
        return np.concatenate([pairs.mean(axis=1), pairs.std(axis=1), change])

    return np.stack(_each(measure, sounds))


def _each(measure: Callable[[Samples], T], sounds: Sequence[Samples]) -> list[T]:
    """Measure each sound, on all cores."""
    # Threads suffice: Fourier transforms release Python's lock.
    with ThreadPoolExecutor(environment.cores()) as threads:
        return list(threads.map(measure, sounds))


def _features(samples: Samples, sample_rate: int, pitches: Range | None, highest_hz: float) -> Row:
    own = pitch.track(samples, sample_rate, pitches or pitch.widest(sample_rate))
    log_mel = spectrograms.log_mel(samples, sample_rate)
    fine = spectrograms.fine(samples, sample_rate, highest_hz)
    row = {
        "level_db": level.peak(samples),
        "crest_db": level.crest(samples, own),
        "level_deviation_db": level.deviation(own),
        "sound_share": level.sound_share(own),
        "fast_modulation": modulation.fast(log_mel),
        "fine_modulation": modulation.fine(fine),
        "hnr_db": voice.hnr(own),
    }
    if pitches is None:
        return row
    return row | {
        "voiced": voice.voiced_share(own),
        "octave_jumps": voice.octave_jumps(own),
        "pitch_span": voice.pitch_span(own),
        "jitter_cents": voice.jitter(own),
        "cpp_db": voice.cepstral_peak(samples, sample_rate, own, pitches),
        "second_tone": float(tones.has_second(samples, sample_rate, own)),
    }
