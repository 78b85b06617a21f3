"""Pitch of the recordings, and whether window and overlap of the spectrogram resolve it."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sonovae.arrays import Samples
from sonovae.codec import waveform
from sonovae.features import pitch
from sonovae.features.pitch import Range
from sonovae.params.preprocess import Picture, Preprocess, Spectrogram, Waveform

PERIODS = 4
"""Fewest periods of a pitch in a window of which harmonics are told apart."""
STEPS = 4
"""Fewest hops in a window: an overlap of 75 %, from which phases can be found for magnitudes."""


@dataclass(frozen=True)
class PitchSurvey:
    """Number of recordings measured, and the middle 90 % of their pitches; None if hardly any."""

    n: int
    middle: Range | None

    def __str__(self) -> str:
        """Return the line that a page shows."""
        if self.middle is None:
            return f"Pitch of {self.n} recordings: hardly any"
        lowest = round(self.middle.lowest)
        highest = round(self.middle.highest)
        return f"Pitch of {self.n} recordings: {lowest} to {highest} Hz (middle 90 %)"


def survey(excerpts: Iterable[tuple[Samples, int]], sample_rate: int) -> PitchSurvey:
    """Estimate the pitch of excerpts [n] with rates in Hz, resampled to `sample_rate` Hz."""
    n = 0

    def resampled() -> Iterator[Samples]:
        nonlocal n
        for samples, rate in excerpts:
            n += 1
            yield waveform.resample(samples, rate, sample_rate)

    middle = pitch.middle_of(resampled(), sample_rate)
    return PitchSurvey(n, middle)


def misfits(settings: Preprocess, middle: Range | None) -> list[str]:
    """Return a line if the window is too short for the lowest pitch, and one for its overlap."""
    analysis = _analysis(settings)
    if analysis is None:
        return []
    spectrogram = analysis.spectrogram
    lines = []
    longer = None
    if middle is not None:
        lowest = round(middle.lowest)
        longer = analysis.longer_window(lowest)
        if longer:
            lines.append(_window_line(analysis, lowest, longer))
    if spectrogram.hop_length * STEPS > spectrogram.win_length:
        lines.append(_overlap_line(analysis, longer))
    return lines


def depends_on_pitch(settings: Preprocess) -> bool:
    """Return whether there is a pitch that the window does not resolve."""
    analysis = _analysis(settings)
    return analysis is not None and analysis.longer_window(round(pitch.LOWEST_HZ)) is not None


@dataclass(frozen=True)
class _Analysis:
    """Sections of `preprocess` about sounds."""

    waveform: Waveform
    spectrogram: Spectrogram
    picture: Picture

    def longer_window(self, lowest: int) -> int | None:
        """Return the window in samples that a pitch in Hz needs; None if it is long enough."""
        # Mel bands add harmonics up, whatever the window.
        if self.spectrogram.mel_bands:
            return None
        least = math.ceil(PERIODS * self.waveform.sample_rate / lowest)
        if self.spectrogram.win_length >= least:
            return None
        # 4 to 8 times a power of two: fast to transform, and at most a quarter too long.
        unit = 1 << max(0, (least - 1).bit_length() - 3)
        return math.ceil(least / unit) * unit

    def shorter_hop(self, hop_length: int) -> str:
        """Return a hop in samples, and how many frames its picture needs if it has fewer."""
        frames = 1 + self.waveform.clip_length // hop_length
        if self.picture.frames is None or self.picture.frames >= frames:
            return f"{hop_length}"
        return f"{hop_length} (and preprocess.picture.frames to at least {frames})"


def _analysis(settings: Preprocess) -> _Analysis | None:
    if settings.waveform is None or settings.spectrogram is None:
        return None
    return _Analysis(settings.waveform, settings.spectrogram, settings.picture)


def _window_line(analysis: _Analysis, lowest: int, longer: int) -> str:
    """Return the line about a window that is too short for the lowest pitch in Hz."""
    n_fft = analysis.spectrogram.n_fft
    win_length = analysis.spectrogram.win_length
    bins = analysis.picture.bins
    milliseconds = 1000 * win_length / analysis.waveform.sample_rate
    fix = f"set win_length to {longer}"
    if n_fft < longer:
        fix = f"set win_length and n_fft to {longer}"
        if bins:
            # So many of the narrower bins reach as high.
            same_reach = min(longer // 2 + 1, round(bins * longer / n_fft))
            fix += f", and preprocess.picture.bins to {same_reach}"
    return (
        f"preprocess.spectrogram.win_length = {win_length} samples are {milliseconds:.1f} ms, and"
        f" four periods of the lowest pitch ({lowest} Hz) are {1000 * PERIODS / lowest:.1f} ms:"
        f" harmonics run together; {fix}"
    )


def _overlap_line(analysis: _Analysis, longer: int | None) -> str:
    """Return the line about windows that overlap too little, and of a longer window's hop."""
    win_length = analysis.spectrogram.win_length
    hop_length = analysis.spectrogram.hop_length
    overlap = math.floor(100 * (1 - hop_length / win_length))
    fix = f"set hop_length to {analysis.shorter_hop(max(1, win_length // STEPS))}"
    if longer and hop_length * STEPS <= longer:
        fix += f", or keep it with win_length = {longer}"
    elif longer:
        fix += f", or to {analysis.shorter_hop(longer // STEPS)} with win_length = {longer}"
    return (
        f"preprocess.spectrogram.hop_length = {hop_length} overlaps windows of win_length ="
        f" {win_length} by {overlap} %, under 75 %: the inverse loses voicing; {fix}"
    )
