"""Harmonicity by known noise and by Praat; jumps, jitter, span and cepstral peak."""

import numpy as np
import pytest

from sonovae.features import degraded, pitch, voice
from sonovae.features.pitch import Range, Track
from tests.making import voices

VOICE = Range(60, 440)


def tracked(sound: np.ndarray, sample_rate: int = 8000) -> Track:
    return pitch.track(sound, sample_rate, VOICE)


def pulses(hz: np.ndarray) -> np.ndarray:
    return voices.peaking(voices.harmonics(hz, 8000), 0.5)


@pytest.mark.parametrize("sample_rate", [8000, 22_050])
@pytest.mark.parametrize("snr_db", [0, 5, 10, 20])
def test_hnr_is_the_ratio_of_harmonics_to_noise(
    snr_db: float, sample_rate: int, rng: np.random.Generator
) -> None:
    tone = voices.harmonics(voices.steady(150, 1, sample_rate), sample_rate)
    noisy = voices.with_noise(tone, snr_db, rng)
    assert voice.hnr(tracked(noisy, sample_rate)) == pytest.approx(snr_db, abs=1.5)


def praat(sound: np.ndarray, sample_rate: int) -> float:
    """Median harmonicity of frames within 10 dB of the loudest, by Praat."""
    parselmouth = pytest.importorskip("parselmouth")
    audio = parselmouth.Sound(sound.astype(float), sampling_frequency=sample_rate)
    harmonicity = audio.to_harmonicity_ac(pitch.HOP_SECONDS, pitch.LOWEST_HZ, 0.01, 3.0)
    starts = np.round((harmonicity.xs() - pitch.FRAME_SECONDS / 2) * sample_rate).astype(int)
    frames = [sound[start : start + round(0.05 * sample_rate)] for start in starts]
    level = np.array([20 * np.log10(np.sqrt(np.mean(frame**2))) for frame in frames])
    return float(np.median(harmonicity.values[0][level >= level.max() - pitch.LOUD_DB]))


@pytest.mark.parametrize("sample_rate", [8000, 16_000, 22_050])
@pytest.mark.parametrize("breath_db", [8, 15])
@pytest.mark.parametrize("formants", voices.VOWELS, ids=("a", "i", "u", "e"))
def test_hnr_is_praats(
    formants: tuple[voices.Formant, ...],
    breath_db: float,
    sample_rate: int,
    rng: np.random.Generator,
) -> None:
    hz = voices.contour(170, sample_rate, sample_rate, 0.01, rng)
    sound = voices.vowel(hz, sample_rate, formants, breath_db, rng)
    ours = voice.hnr(tracked(sound, sample_rate))
    assert ours == pytest.approx(praat(sound, sample_rate), abs=1)


def test_hnr_of_a_clean_tone_and_of_silence_is_finite() -> None:
    assert voice.hnr(tracked(pulses(voices.steady(100, 1, 8000)))) > 40
    assert voice.hnr(tracked(np.zeros(4000, np.float32))) == pytest.approx(-30, abs=0.1)


def made_of(hz: list[float], strength: float = 0.99) -> Track:
    n = len(hz)
    return Track(np.array(hz), np.full(n, strength), np.full(n, -20.0))


def test_octave_jumps_by_hand() -> None:
    track = made_of([100, 101, 202, 101, 100, 100])
    assert voice.octave_jumps(track) == pytest.approx(2 / 5)
    assert voice.octave_jumps(made_of([100, 150])) == 0
    assert np.isnan(voice.octave_jumps(made_of([100])))


def test_steps_across_an_unvoiced_frame_do_not_count() -> None:
    track = made_of([100, 100, 0, 200, 200])
    track.strength[2] = 0
    assert voice.octave_jumps(track) == 0
    assert voice.jitter(track) == 0
    assert voice.voiced_share(track) == pytest.approx(4 / 5)


def test_pitch_that_jumps_by_an_octave_is_found() -> None:
    calm = pulses(np.full(8000, 120.0))
    breaking = pulses(np.where(np.arange(8000) // 1600 % 2, 240.0, 120.0))
    assert voice.octave_jumps(tracked(calm)) == 0
    assert 0.02 < voice.octave_jumps(tracked(breaking)) < 0.15


@pytest.mark.parametrize("step", [5.0, 20.0, 60.0])
def test_jitter_is_the_median_step_of_the_pitch(step: float, rng: np.random.Generator) -> None:
    """A pitch that glides up or down, at random, by a known number of cents a frame."""
    signs = rng.choice([-1, 1], 20).repeat(10)
    cents = np.concatenate([[0], np.cumsum(step * signs)])
    seconds = np.arange(16_000) / 8000
    hz = 150 * 2 ** (np.interp(seconds / pitch.HOP_SECONDS, np.arange(201), cents) / 1200)
    assert voice.jitter(tracked(pulses(hz))) == pytest.approx(step, rel=0.1)


def test_jitter_and_span_of_a_steady_tone_are_zero() -> None:
    track = tracked(pulses(voices.steady(150, 1, 8000)))
    assert voice.jitter(track) < 0.1
    assert voice.pitch_span(track) < 0.01


def test_pitch_span_is_nine_tenths_of_a_glide() -> None:
    track = tracked(pulses(np.geomspace(100, 200, 16_000)))
    assert voice.pitch_span(track) == pytest.approx(0.9 * 12, rel=0.05)


def test_without_voice_there_is_no_span_nor_jitter(rng: np.random.Generator) -> None:
    track = tracked(np.zeros(4000, np.float32))
    assert np.isnan(voice.pitch_span(track))
    assert np.isnan(voice.jitter(track))
    assert voice.voiced_share(track) == 0


def peak_of(sound: np.ndarray, pitches: Range = VOICE) -> float:
    return voice.cepstral_peak(sound, 8000, tracked(sound), pitches)


def test_whispering_lowers_the_cepstral_peak(rng: np.random.Generator) -> None:
    for formants in voices.VOWELS:
        hz = voices.contour(150, 8000, 8000, 0.01, rng)
        sound = voices.vowel(hz, 8000, formants, 20, rng)
        whispered = degraded.whispered(sound, 8000, rng)
        assert peak_of(sound) > peak_of(whispered) + 5
        assert voice.voiced_share(tracked(sound)) > voice.voiced_share(tracked(whispered)) + 0.2


def test_the_cepstral_peak_falls_with_noise(rng: np.random.Generator) -> None:
    tone = voices.harmonics(voices.steady(150, 1, 8000), 8000)
    peaks = [peak_of(voices.with_noise(tone, snr, rng)) for snr in (30, 20, 10, 0)]
    assert peaks == sorted(peaks, reverse=True)


def test_the_cepstral_peak_at_the_edges() -> None:
    assert np.isfinite(peak_of(np.zeros(4000, np.float32)))
    tone = pulses(voices.steady(150, 0.5, 8000))
    # All periods are shorter than the first quefrency.
    assert np.isnan(peak_of(tone, Range(1500, 2000)))
