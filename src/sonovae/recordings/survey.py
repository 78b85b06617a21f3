"""What the recordings hold, in numbers: levels, spectra, and whether the parameters suit them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import welch

from sonovae.codec import sound_files
from sonovae.codec.waveform import Samples
from sonovae.errors import Unreadable, UserError
from sonovae.recordings import naming
from sonovae.runtime.progress import progress

MOST = 300
"""Recordings that are listened to, drawn at random."""

MOST_CUT = 0.01
"""The share of energy beyond the parameters' reach that is worth a warning."""

Powers = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Of a recording: its length in seconds; its RMS `level` in dBFS, -100 at least; and its mean `power`
    [1 + Nyquist / bin_hz] by Welch's method, `bin_hz` apart whatever the rate."""

    seconds: float
    level: float
    power: Powers


@dataclass(frozen=True)
class Survey:
    """Of `n` recordings: each one's RMS level in dBFS; their mean power [bins], `bin_hz` apart, each recording counted
    alike; and up to where the parameters keep bins, in Hz."""

    n: int
    levels: Powers
    power: Powers
    bin_hz: float
    nyquist: float
    kept: float

    def share_below(self, hz: float) -> float:
        """Of the mean power."""
        return float(self.power[: round(hz / self.bin_hz) + 1].sum() / self.power.sum())


def survey(raw: Path, used: pd.DataFrame, sample_rate: int, n_fft: int, bins: int | None) -> Survey:
    """Listen to recordings of the table `used`, whose files lie in `raw`, in bins as wide as `n_fft` samples give at
    `sample_rate` Hz, of which the lowest `bins` are kept, or all."""
    bin_hz, nyquist = sample_rate / n_fft, sample_rate / 2
    chosen = some(used)
    powers, levels = list[Powers](), list[float]()
    for found in _measured(raw, chosen, bin_hz):
        powers.append(found.power)
        levels.append(found.level)
    total = np.zeros(max(map(len, powers)))
    for power in powers:
        total[: len(power)] += power / max(power.sum(), 1e-30)
    kept = min(nyquist, (bins - 0.5) * bin_hz) if bins else nyquist
    return Survey(len(powers), np.array(levels), total / len(powers), bin_hz, nyquist, kept)


def some(used: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST` of these recordings, drawn at random."""
    return used[used["name"].isin(naming.ranked(used["name"], seed=1)[:MOST])]


def measured(path: Path, bin_hz: float) -> Measured:
    """Of a sound file, read in blocks, so that its length costs no memory; Unreadable where it is damaged."""
    n, energy = 0, 0.0

    def counted(blocks: Iterable[Samples]) -> Iterator[Samples]:
        nonlocal n, energy
        for block in blocks:
            n, energy = n + len(block), energy + float(np.sum(np.square(block, dtype=np.float64)))
            yield block

    with sound_files.streamed(path) as (blocks, rate):
        power = mean_power(counted(blocks), rate, bin_hz)
    return Measured(n / rate, float(10 * np.log10(max(energy / max(n, 1), 1e-10))), power)


def mean_power(blocks: Iterable[Samples], sample_rate: int, bin_hz: float) -> Powers:
    """Blocks [n] of samples → mean power by Welch's method, as of all of them at once: frames overlap by half, so what
    a block leaves over begins the next one."""
    frame = round(sample_rate / bin_hz)
    overlap, total, frames, rest = frame // 2, np.zeros(frame // 2 + 1), 0, np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        if n := max(0, (len(rest) - overlap) // (frame - overlap)):
            total, frames = (
                total + n * _welch(rest[: n * (frame - overlap) + overlap], sample_rate, frame),
                frames + n,
            )
            rest = rest[n * (frame - overlap) :]
    return (
        total / frames
        if frames
        else _welch(np.pad(rest, (0, frame - len(rest))), sample_rate, frame)
    )


def _welch(samples: Samples, sample_rate: int, frame: int) -> Powers:
    return welch(samples, sample_rate, nperseg=frame, scaling="spectrum")[1].astype(np.float64)


def misfits(found: Survey, used: pd.DataFrame) -> list[str]:
    """Where the parameters ask for more than the recordings hold, or leave out what they do."""
    lines = []
    below = used[used["sample_rate"] < 2 * found.nyquist]
    if len(below):
        lines.append(
            f"{len(below)} of {len(used)} recordings have a lower rate than preprocess.waveform.sample_rate ="
            f" {2 * found.nyquist:.0f} Hz, down to {below['sample_rate'].min()} Hz: their bins above"
            f" {below['sample_rate'].min() / 2:.0f} Hz are empty"
        )
    if (cut := 1 - found.share_below(found.nyquist)) > MOST_CUT:
        lines.append(
            f"preprocess.waveform.sample_rate = {2 * found.nyquist:.0f} Hz cuts {cut:.1%} of the recordings' energy,"
            f" which lies above its Nyquist frequency, {found.nyquist:.0f} Hz: take a higher rate to keep it"
        )
    if (cut := found.share_below(found.nyquist) - found.share_below(found.kept)) > MOST_CUT:
        lines.append(
            f"preprocess.picture.bins reaches {found.kept:.0f} Hz and leaves out {cut:.1%} of the energy below the"
            " Nyquist frequency: keep more bins to hear it"
        )
    return lines


def _measured(raw: Path, rows: pd.DataFrame, bin_hz: float) -> Iterator[Measured]:
    for path, name in progress(
        zip(rows["path"], rows["name"], strict=True), "report", "recordings", len(rows)
    ):
        try:
            yield measured(raw / path, bin_hz)
        except Unreadable as error:
            raise UserError(
                f"{name!r} cannot be read: {error}: `make repro` fetches the recordings anew"
            ) from None
