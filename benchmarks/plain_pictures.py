"""Plain code from recordings to pictures: pydub's silences at 1 ms steps, librosa file by file."""

import warnings
from pathlib import Path
from typing import Any

import librosa
import numpy as np

from sonovae.params.preprocess import WINDOWS, Preprocess, Silence

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pydub import AudioSegment
    from pydub.silence import detect_nonsilent


def pictures(files: list[Path], p: Preprocess, out: Path) -> list[list[tuple[int, int]]]:
    """Write the spectrograms of all clips to `out`; return each file's loud ranges, in samples."""
    found, ranges = list[Any](), list[list[tuple[int, int]]]()
    assert p.waveform  # noqa: S101 (recipes of sounds)
    for file in files:
        samples, rate = librosa.load(file, sr=p.waveform.sample_rate)
        if p.waveform.peak_dbfs is not None:
            samples = samples * np.float32(
                10 ** (p.waveform.peak_dbfs / 20) / np.abs(samples).max()
            )
        kept = [(0, len(samples))]
        if p.waveform.silence:
            kept = nonsilent(samples, int(rate), p.waveform.silence)
        ranges.append(kept)
        found += [
            spectrogram(clip, p) for clip in cut(np.concatenate([samples[a:b] for a, b in kept]), p)
        ]
    np.save(out, np.array(found))
    return ranges


def nonsilent(samples: Any, rate: int, p: Silence) -> list[tuple[int, int]]:
    """What pydub finds, in samples."""
    integers = np.round(np.clip(samples, -1, 1 - 2**-15) * 2**15).astype("<i2")
    segment = AudioSegment(integers.tobytes(), frame_rate=rate, sample_width=2, channels=1)
    found = detect_nonsilent(segment, round(1000 * p.min_seconds), p.threshold_dbfs, seek_step=1)
    ms = rate / 1000
    return [
        (int(a * ms), len(samples) if b == len(segment) else int(b * ms)) for a, b in found if b > a
    ]


def cut(samples: Any, p: Preprocess) -> Any:
    """Equal clips, which rise or fall where they are cut off or padded."""
    assert p.waveform  # noqa: S101
    length, n, total = p.waveform.clip_length, p.waveform.fade_length, len(samples)
    if p.waveform.rest == "pad":
        samples = np.pad(samples, (0, -total % length))
    clips = (
        samples[: len(samples) // length * length]
        .reshape(-1, length)[: p.waveform.max_clips]
        .copy()
    )
    rise = np.hanning(4 * n + 1)[1 : 2 * n : 2]
    for i, clip in enumerate(clips):
        if i > 0:
            clip[:n] *= rise
        if (i + 1) * length != total:
            end = min(length, total - i * length)
            m = min(n, end)
            clip[end - m : end] *= np.hanning(4 * m + 1)[1 : 2 * m : 2][::-1]
    return clips


def spectrogram(clip: Any, p: Preprocess) -> Any:
    """Return the scale's values of the kept bins, padded to the frames; no mel bands."""
    assert p.spectrogram  # noqa: S101
    frames = {name: getattr(p.spectrogram, name) for name in ("n_fft", "hop_length", "win_length")}
    window = WINDOWS[p.spectrogram.window]
    found = np.abs(librosa.stft(clip, pad_mode="constant", window=window, **frames))[
        : p.picture.bins
    ]
    found = np.pad(found, ((0, 0), (0, max(0, (p.picture.frames or 0) - found.shape[1]))))
    if p.spectrogram.scale == "db":
        return librosa.amplitude_to_db(found, amin=1e-5, top_db=None)
    return found ** (p.spectrogram.power or 1)
