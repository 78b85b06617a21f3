"""Levels and spectra of the recordings, and whether the parameters suit them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import welch

from sonovae.arrays import Floats64, Samples
from sonovae.codec import sound_files
from sonovae.errors import Unreadable, UserError
from sonovae.recordings import selection
from sonovae.runtime.progress import progress

MOST = 300
"""Recordings to measure: enough for stable means, and a large dataset takes only minutes."""
MOST_CUT = 0.01
"""Share of energy beyond the parameters' reach, -20 dB, that is worth a warning."""


@dataclass(frozen=True)
class Measurement:
    """Length of a recording, RMS level in dBFS (at least -100), power [1 + Nyquist / bin_hz]."""

    seconds: float
    level: float
    power: Floats64


@dataclass(frozen=True)
class Survey:
    """RMS levels in dBFS of `n` recordings, and their mean power [bins] in bins of `bin_hz`.

    The parameters cut the spectrum at `nyquist` Hz and keep bins up to `kept` Hz.
    """

    n: int
    levels: Floats64
    power: Floats64
    bin_hz: float
    nyquist: float
    kept: float

    def share_below(self, hz: float) -> float:
        """Return the share of the mean power below a frequency, from 0 to 1."""
        return float(self.power[: round(hz / self.bin_hz) + 1].sum() / self.power.sum())


def survey(raw: Path, used: pd.DataFrame, sample_rate: int, n_fft: int, bins: int | None) -> Survey:
    """Measure the table's recordings in `raw`, in bins as wide as `n_fft` at `sample_rate` Hz has.

    The parameters keep the lowest `bins` of them, or all.
    """
    bin_hz = sample_rate / n_fft
    nyquist = sample_rate / 2
    kept = min(nyquist, (bins - 0.5) * bin_hz) if bins else nyquist
    measurements = list(_measurements(raw, sample(used), bin_hz))
    levels = np.array([measurement.level for measurement in measurements])
    # Sample rates differ, and with them the number of bins; each recording adds the same energy.
    powers = [measurement.power for measurement in measurements]
    total = np.zeros(max(map(len, powers)))
    for power in powers:
        total[: len(power)] += power / max(power.sum(), 1e-30)
    return Survey(len(levels), levels, total / len(levels), bin_hz, nyquist, kept)


def sample(used: pd.DataFrame) -> pd.DataFrame:
    """Return at most `MOST` rows, drawn at random, in their order."""
    return used[used["name"].isin(selection.ranked(used["name"], seed=1)[:MOST])]


def measure(path: Path, bin_hz: float) -> Measurement:
    """Measure a sound file with bins of `bin_hz` Hz; raise Unreadable if it is damaged."""
    n = 0
    energy = 0.0

    # The file is read once and in blocks, so that its length costs no memory.
    def counted(blocks: Iterable[Samples]) -> Iterator[Samples]:
        nonlocal n, energy
        for block in blocks:
            n += len(block)
            energy += float(np.sum(np.square(block, dtype=np.float64)))
            yield block

    with sound_files.streamed(path) as (blocks, rate):
        power = mean_power(counted(blocks), rate, bin_hz)
    level = float(10 * np.log10(max(energy / max(n, 1), 1e-10)))
    return Measurement(n / rate, level, power)


def mean_power(blocks: Iterable[Samples], sample_rate: int, bin_hz: float) -> Floats64:
    """Return the mean power [1 + Nyquist / bin_hz] of blocks of samples by Welch's method."""
    frame = round(sample_rate / bin_hz)
    overlap = frame // 2
    step = frame - overlap
    total = np.zeros(frame // 2 + 1)
    frames = 0
    rest = np.zeros(0, np.float32)
    for block in blocks:
        # Frames overlap by half, so the end of one block begins the first frame of the next.
        rest = np.concatenate([rest, block])
        n = max(0, (len(rest) - overlap) // step)
        if n:
            total = total + n * _welch(rest[: n * step + overlap], sample_rate, frame)
            frames += n
            rest = rest[n * step :]
    if frames:
        return total / frames
    return _welch(np.pad(rest, (0, frame - len(rest))), sample_rate, frame)


def _welch(samples: Samples, sample_rate: int, frame: int) -> Floats64:
    _, power = welch(samples, sample_rate, nperseg=frame, scaling="spectrum")
    return power.astype(np.float64)


def misfits(survey: Survey, used: pd.DataFrame) -> list[str]:
    """Return a line for each parameter that asks for more than the recordings have, or cuts it."""
    lines = []
    rates = used["sample_rate"]
    lowest = rates.min()
    nyquist = survey.nyquist
    n_below = (rates < 2 * nyquist).sum()
    if n_below:
        lines.append(
            f"{n_below} of {len(used)} recordings have a lower rate than"
            f" preprocess.waveform.sample_rate = {2 * nyquist:.0f} Hz, down to {lowest} Hz:"
            f" their bins above {lowest / 2:.0f} Hz are empty"
        )
    below_nyquist = survey.share_below(nyquist)
    cut = 1 - below_nyquist
    if cut > MOST_CUT:
        lines.append(
            f"preprocess.waveform.sample_rate = {2 * nyquist:.0f} Hz cuts {cut:.1%} of the"
            " recordings' energy, which lies above its Nyquist frequency,"
            f" {nyquist:.0f} Hz: choose a higher rate to keep it"
        )
    cut = below_nyquist - survey.share_below(survey.kept)
    if cut > MOST_CUT:
        lines.append(
            f"preprocess.picture.bins reaches {survey.kept:.0f} Hz and leaves out {cut:.1%} of the"
            " energy below the Nyquist frequency: keep more bins to hear it"
        )
    return lines


def _measurements(raw: Path, rows: pd.DataFrame, bin_hz: float) -> Iterator[Measurement]:
    files = zip(rows["path"], rows["name"], strict=True)
    for path, name in progress(files, "report", "recordings", len(rows)):
        try:
            yield measure(raw / path, bin_hz)
        except Unreadable as error:
            raise UserError(
                f"{name!r} cannot be read: {error}: `make repro` fetches the recordings again"
            ) from None
