"""Goals of new sounds, next to what recordings have, and what a missed goal sounds like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

Rule = Literal["at least", "at most", "within", "times"]


@dataclass(frozen=True)
class Goal:
    """A score's limit: fixed, or relative to the recordings' score.

    `below` and `above` say what a score that misses the goal on that side sounds like.
    """

    score: str
    title: str
    rule: Rule
    limit: float
    below: str = ""
    above: str = ""
    unit: str = ""

    def allowed(self, recordings: float) -> tuple[float, float]:
        """Return the least and the largest score that keep the goal."""
        match self.rule:
            case "at least":
                return self.limit, np.inf
            case "at most":
                return -np.inf, self.limit
            case "times":
                return -np.inf, self.limit * recordings
            case "within":
                return recordings - self.limit, recordings + self.limit

    def text(self, recordings: float) -> str:
        """Return the goal as a table shows it."""
        low, high = self.allowed(recordings)
        if np.isinf(low):
            return f"≤ {short(high)}"
        if np.isinf(high):
            return f"≥ {short(low)}"
        return f"{short(low)} to {short(high)}"

    def missed(self, score: float, recordings: float) -> str:
        """Return a sentence about a score that misses the goal; empty if it keeps it."""
        low, high = self.allowed(recordings)
        if low <= score <= high:
            return ""
        words = self.below if score < low else self.above
        new = f"{short(score)} {self.unit}".strip()
        real = f"{short(recordings)} {self.unit}".strip()
        return f"{words}: {self.title} {new}, recordings have {real}."


GOALS = (
    Goal("accuracy", "share of labels heard", "at least", 0.95, below="Labels are not all heard"),
    Goal(
        "hnr_db", "harmonics-to-noise ratio", "within", 1.0,
        below="Sounds are hoarse", above="Sounds are too clean",
        unit="dB",
    ),
    Goal(
        "voiced", "voiced share", "within", 0.05,
        below="Sounds are whispered", above="Sounds are voiced throughout",
    ),
    Goal(
        "octave_jumps", "share of octave jumps", "within", 0.03,
        below="The pitch never breaks", above="The pitch breaks",
    ),
    Goal(
        "pitch_span", "span of the pitch", "within", 1.0,
        below="The pitch hardly moves", above="The pitch strays",
        unit="semitones",
    ),
    Goal(
        "jitter_cents", "jitter of the pitch", "within", 3.0,
        below="The pitch is too smooth", above="The pitch trembles",
        unit="cents",
    ),
    Goal(
        "cpp_db", "cepstral peak", "within", 1.5,
        below="Sounds are breathy", above="Sounds buzz",
        unit="dB",
    ),
    Goal(
        "second_tones", "share with a second tone", "within", 0.05,
        below="Sounds are too pure", above="Sounds are two tones at once",
    ),
    Goal(
        "level_deviation_db", "deviation of the level within a sound", "within", 1.0,
        below="The level is too even", above="The level wobbles",
        unit="dB",
    ),
    Goal(
        "level_spread_db", "deviation of the level from sound to sound", "within", 2.0,
        below="Sounds are all equally loud", above="Levels scatter",
        unit="dB",
    ),
    Goal(
        "level_db", "peak level", "within", 3.0,
        below="Sounds are too quiet", above="Sounds are too loud",
        unit="dBFS",
    ),
    Goal(
        "sound_share", "share of a clip that is sound", "within", 0.1,
        below="Sounds are too short", above="Sounds are too long",
    ),
    Goal(
        "fast_modulation_db", "fast modulation", "within", 1.0,
        below="Sounds are blurred in time", above="Sounds are rough in time",
        unit="dB",
    ),
    Goal(
        "fine_modulation_db", "fine modulation", "within", 1.0,
        below="Sounds are blurred in frequency", above="Sounds are rough in frequency",
        unit="dB",
    ),
    Goal("frechet_texture", "Fréchet distance of textures", "times", 4.0, above="Textures differ"),
    Goal("frechet_identity", "Fréchet distance of voices", "times", 4.0, above="Voices differ"),
    Goal(
        "auc_signal", "AUC of the signal test", "at most", 0.7,
        above="Signal measures tell new sounds from recordings",
    ),
    Goal(
        "auc_mel", "AUC of the log-mel test", "at most", 0.7,
        above="Spectra tell new sounds from recordings",
    ),
    Goal(
        "auc_network_mel", "AUC of the network on log-mel", "at most", 0.8,
        above="A network tells new sounds from recordings",
    ),
    Goal(
        "auc_network_fine", "AUC of the network on fine spectrograms", "at most", 0.9,
        above="A network tells fine spectrograms apart",
    ),
    Goal("copies", "share of copies", "at most", 0.05, above="Sounds are copies of recordings"),
)  # fmt: skip
"""The goals, in the order of the table."""


def sentences(new: Mapping[str, float], recordings: Mapping[str, float]) -> list[str]:
    """Return a sentence for each goal that new sounds miss; of scores that both have."""
    lines = []
    for goal in GOALS:
        score = new.get(goal.score, np.nan)
        real = recordings.get(goal.score, np.nan)
        if np.isfinite(score) and np.isfinite(real):
            lines.append(goal.missed(score, real))
    return [line for line in lines if line]


def short(value: float) -> str:
    """Format two decimals of small numbers, one of others."""
    return f"{value:.2f}" if abs(value) < 2 else f"{value:.1f}"
