"""A sharper model becomes the champion; one that whispers, copies or repeats itself does not."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
import pytest
import scipy.signal

from sonovae.features import degraded
from sonovae.params.promotion import Gate
from sonovae.promotion import gates, result_comparison
from sonovae.promotion.result_comparison import Tables
from sonovae.quality import copies, sound_scores
from sonovae.quality.reference import Measured, Reference, Sounds

RATE = 8000
SECONDS = 0.5
TRAIN = 60
TEST = 40
"""From as many test recordings on, there is each score but those of networks."""
RESAMPLES = 50
TOLERANCE = 0.15
COPIES = {"generated.copies": Gate(None, 0.1)}
FORMANTS = ((700.0, 1200.0), (350.0, 2200.0), (400.0, 800.0))


def vowel(rng: np.random.Generator) -> np.ndarray:
    """Say a vowel of a random voice: pulses with vibrato through two resonances, and breath."""
    n = round(SECONDS * RATE)
    time = np.arange(n) / RATE
    vibrato = 1 + 0.02 * np.sin(2 * np.pi * rng.uniform(4, 7) * time + rng.uniform(0, 6))
    pitch = rng.uniform(100, 220) * vibrato * (1 + rng.uniform(-0.2, 0.2) * time)
    phase = np.cumsum(pitch) / RATE
    pulses = np.diff(np.floor(phase), prepend=0)
    sound = pulses + 0.003 * rng.standard_normal(n)
    for hz in FORMANTS[rng.integers(len(FORMANTS))]:
        frequency = hz * rng.uniform(0.9, 1.1)
        b, a = scipy.signal.iirpeak(frequency, frequency / 90, fs=RATE)
        sound = sound + 4 * scipy.signal.lfilter(b, a, sound)
    sound = sound * np.hanning(n) ** rng.uniform(0.2, 0.6)
    return (rng.uniform(0.2, 0.6) * sound / np.abs(sound).max()).astype(np.float32)


def vowels(seed: int, n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [vowel(rng) for _ in range(n)]


def own_groups(sounds: Sequence[np.ndarray]) -> Sounds:
    return Sounds(sounds, [str(i) for i in range(len(sounds))])


def blurred(sounds: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    """Blend sounds with blurred ones: a model that is not sharp."""
    rng = np.random.default_rng(0)
    smooth = [degraded.blurred(samples, RATE, rng) for samples in sounds]
    return [(1 - share) * own + share * other for own, other in zip(sounds, smooth, strict=True)]


@cache
def reference() -> Reference:
    train = own_groups(vowels(1, TRAIN))
    return Reference(train, own_groups(vowels(2, TEST)), train.groups, RATE, 1)


def row(measured: Measured, against: Measured) -> dict[str, float]:
    own = reference()
    copied = copies.flagged(
        measured.statistics, own.measured_test.statistics, training_statistics()
    )
    scores = sound_scores.row(own, measured, against, RESAMPLES)
    return scores | {"copies": float(copied.mean())}


@cache
def training_statistics() -> np.ndarray:
    return reference().measure(reference().train).statistics


@cache
def recordings_row() -> dict[str, float]:
    return row(reference().measured_test, reference().measured_train)


def result(sounds: Sequence[np.ndarray], error: float) -> Tables:
    """Score new sounds as evaluate does, next to errors of reconstructions around `error` dB."""
    new = row(reference().measure(own_groups(sounds)), reference().measured_test)
    table = pd.DataFrame({"real": recordings_row(), "generated": new}).T
    names = [f"test{i}" for i in range(TEST)]
    hardness = np.random.default_rng(3).uniform(0.8, 1.2, TEST)
    errors = pd.DataFrame({"sha256": names, "group": names, "item": 0, "start": 0})
    return Tables(table, errors.assign(log_spectral_distance_db=error * hardness))


def refused(new: Tables, old: Tables) -> list[str]:
    """Return why a result is not the champion: its own gates, then the comparison."""
    metrics = {"generated.copies": new.scores.loc["generated", "copies"]}
    comparison = result_comparison.compare(new, old, ["log_spectral_distance_db"], [])
    return gates.shut(metrics, COPIES) + gates.not_better(comparison, TOLERANCE)


@pytest.fixture(scope="module")
def champion() -> Tables:
    return result(blurred(vowels(4, TEST), 1.0), error=2.0)


def test_sharper_sounds_pass(champion: Tables) -> None:
    """A sharper model has a larger log-spectral distance: details are at the wrong places."""
    sharper = result(blurred(vowels(5, TEST), 0.5), error=2.2)
    assert refused(sharper, champion) == []
    assert refused(champion, sharper) != []


def test_sharper_sounds_of_bad_reconstructions_do_not_pass(champion: Tables) -> None:
    (why,) = refused(result(blurred(vowels(5, TEST), 0.5), error=2.6), champion)
    assert why.startswith("log_spectral_distance_db of the 40 clips")


def test_whispers_do_not_pass(champion: Tables) -> None:
    rng = np.random.default_rng(6)
    whispers = [degraded.whispered(samples, RATE, rng) for samples in vowels(5, TEST)]
    reasons = refused(result(whispers, error=2.0), champion)
    assert any("harmonics-to-noise ratio" in why for why in reasons), reasons


def test_copies_do_not_pass(champion: Tables) -> None:
    reasons = refused(result(reference().train.samples[:TEST], error=2.0), champion)
    assert reasons == ["generated.copies = 1 is not at most 0.1"]


def test_one_mean_sound_does_not_pass(champion: Tables) -> None:
    mean = np.mean(reference().train.samples, axis=0)
    reasons = refused(result([mean] * TEST, error=2.0), champion)
    assert any(why.startswith("Fréchet distance of textures") for why in reasons), reasons


def test_one_sharp_sound_again_and_again_does_not_pass(champion: Tables) -> None:
    reasons = refused(result(vowels(7, 1) * TEST, error=2.0), champion)
    assert any(why.startswith("Fréchet distance of textures") for why in reasons), reasons
