from dataclasses import replace

import librosa
import numpy as np
import pytest

from benchmarks import plain_pictures
from sonovae.codec import analysis, picture, spectrogram
from sonovae.codec.spectrogram import Frames
from sonovae.params.preprocess import WINDOWS
from tests.making import vector_params
from tests.making.recordings import tone

FRAMES = Frames(n_fft=256, hop_length=64, win_length=256, window="hann")
GRIFFIN_LIM = {"iterations": 32, "momentum": 0.99, "seed": 0}


def test_magnitude_is_librosas() -> None:
    found = spectrogram.waveform_to_magnitude(tone(), FRAMES)
    np.testing.assert_array_equal(
        found, np.abs(librosa.stft(tone(), pad_mode="constant", **FRAMES))
    )
    assert found.shape == (129, 1 + 8000 // 64)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_plain_way_takes_every_window(window: str) -> None:
    p = vector_params.parameters().preprocess
    assert p.spectrogram
    section = replace(p.spectrogram, window=window)
    plain = plain_pictures.spectrogram(tone(), replace(p, spectrogram=section))
    ours = spectrogram.waveform_to_magnitude(tone(), analysis.frames(section))
    np.testing.assert_allclose(
        plain[:, : ours.shape[1]], spectrogram.magnitude_to_db(ours)[: p.picture.bins], atol=1e-3
    )


def test_waveform_comes_back_from_its_magnitude() -> None:
    chirp = librosa.chirp(fmin=200, fmax=3000, sr=8000, length=8000).astype(np.float32)
    magnitude = spectrogram.waveform_to_magnitude(chirp, FRAMES)
    back = spectrogram.magnitude_to_waveform(magnitude, FRAMES, 8000, **GRIFFIN_LIM)
    assert spectrogram.spectral_convergence_db(magnitude, back, FRAMES) < -20


def test_zero_phase_fails_that_bound() -> None:
    chirp = librosa.chirp(fmin=200, fmax=3000, sr=8000, length=8000).astype(np.float32)
    magnitude = spectrogram.waveform_to_magnitude(chirp, FRAMES)
    back = librosa.istft(magnitude, hop_length=64, win_length=256, window="hann", length=8000)
    assert spectrogram.spectral_convergence_db(magnitude, back, FRAMES) > -10


def test_same_seed_same_samples() -> None:
    magnitude = spectrogram.waveform_to_magnitude(tone(), FRAMES)
    first, second = (
        spectrogram.magnitude_to_waveform(magnitude, FRAMES, 8000, **GRIFFIN_LIM) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_decibels_and_back(rng: np.random.Generator) -> None:
    magnitude = rng.uniform(1e-4, 100, (8, 8)).astype(np.float32)
    np.testing.assert_allclose(
        spectrogram.db_to_magnitude(spectrogram.magnitude_to_db(magnitude)), magnitude, rtol=1e-5
    )
    assert spectrogram.magnitude_to_db(np.zeros((1, 1), np.float32)) == pytest.approx(-100)
    assert spectrogram.magnitude_to_db(np.ones((1, 1), np.float32)) == pytest.approx(0)


def test_power_and_back(rng: np.random.Generator) -> None:
    magnitude = rng.uniform(1e-4, 100, (8, 8)).astype(np.float32)
    magnitude[0] = 0
    compressed = spectrogram.compress(magnitude, 0.3)
    assert compressed.dtype == np.float32
    np.testing.assert_allclose(compressed, magnitude.astype(float) ** 0.3, rtol=1e-5)
    np.testing.assert_allclose(spectrogram.expand(compressed, 0.3), magnitude, rtol=1e-5)


def test_spectral_convergence_of_nothing_right_is_0_db() -> None:
    magnitude = spectrogram.waveform_to_magnitude(tone(), FRAMES)
    silence = np.zeros(8000, np.float32)
    assert spectrogram.spectral_convergence_db(magnitude, silence, FRAMES) == pytest.approx(0)


def test_crop_and_back(rng: np.random.Generator) -> None:
    magnitude = rng.uniform(size=(129, 30)).astype(np.float32)
    cropped = picture.crop(magnitude, 128, 32, fill=0)
    assert cropped.shape == (128, 32)
    assert not cropped[:, 30:].any()
    back = picture.uncrop(cropped, 129, 30, fill=0)
    np.testing.assert_array_equal(back[:128], magnitude[:128])
    assert not back[128].any()


def test_scale_and_back(rng: np.random.Generator) -> None:
    decibels = rng.uniform(-60, 20, (16, 16)).astype(np.float32)
    scaled = picture.scale(decibels, -60, 20)
    assert scaled.min() >= 0
    assert scaled.max() <= 1
    np.testing.assert_allclose(picture.unscale(scaled, -60, 20), decibels, atol=1e-4)


def test_what_lies_outside_the_limits_is_clipped() -> None:
    assert picture.scale(np.array([[-5.0, 0.5, 5.0]], np.float32), 0, 1).tolist() == [[0, 0.5, 1]]


def test_a_flat_spectrogram_has_a_finite_picture() -> None:
    flat = np.full((4, 4), -100, np.float32)
    assert np.isfinite(picture.scale(flat, *picture.limits(flat, 60))).all()


def test_limits_keep_the_dynamic_range() -> None:
    assert picture.limits(np.array([[-100.0, 10.0]], np.float32), 60) == (-50, 10)
    assert picture.limits(np.array([[-20.0, 10.0]], np.float32), 60) == (-20, 10)
    assert picture.limits(np.array([[0.0, 10.0]], np.float32), None) == (0, 10)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_resizing_down_does_not_alias(interpolation: str) -> None:
    """A checkerboard finer than the new pixels becomes grey; nearest chooses one pixel."""
    board = np.indices((48, 48)).sum(axis=0).astype(np.float32) % 2
    inner = picture.resize(board, (12, 12), interpolation)[2:-2, 2:-2]
    np.testing.assert_allclose(inner, 0.5, atol=0.03)
    assert set(picture.resize(board, (12, 12), "nearest").ravel()) <= {0.0, 1.0}


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_resizing_up_and_back_and_within_bounds(interpolation: str) -> None:
    small = np.outer(np.hanning(24), np.hanning(20)).astype(np.float32)
    large = picture.resize(small, (48, 60), interpolation)
    assert large.shape == (48, 60)
    assert large.min() >= 0
    assert large.max() <= 1
    np.testing.assert_allclose(picture.resize(large, (24, 20), interpolation), small, atol=0.03)


def test_mel_bands_are_librosas(rng: np.random.Generator) -> None:
    samples = rng.normal(size=8000).astype(np.float32)
    frames = spectrogram.Frames(n_fft=512, hop_length=128, win_length=512, window="hann")
    mel = spectrogram.magnitude_to_mel(spectrogram.waveform_to_magnitude(samples, frames), 8000, 40)
    wanted = librosa.feature.melspectrogram(
        y=samples, sr=8000, n_fft=512, hop_length=128, n_mels=40, pad_mode="constant"
    )
    np.testing.assert_allclose(mel**2, wanted, rtol=1e-3)
    back = spectrogram.mel_to_magnitude(mel[:, :8], 8000, 512)
    assert back.shape == (257, 8)
    assert back.min() >= 0
    again = spectrogram.magnitude_to_mel(back, 8000, 40)
    assert np.linalg.norm(again - mel[:, :8]) < 0.03 * np.linalg.norm(mel[:, :8])


def test_way_back_from_mel_bands_comes_as_near_as_librosas(rng: np.random.Generator) -> None:
    chirp = librosa.chirp(fmin=200, fmax=3000, sr=8000, length=4000) + 0.05 * rng.normal(size=4000)
    magnitude = spectrogram.waveform_to_magnitude(
        chirp.astype(np.float32), Frames(**FRAMES | {"n_fft": 512})
    )
    mel = spectrogram.magnitude_to_mel(magnitude, 8000, 40)
    found = spectrogram.mel_to_magnitude(mel, 8000, 512)
    librosas = librosa.feature.inverse.mel_to_stft(mel**2, sr=8000, n_fft=512, power=2.0)
    one, other = (
        np.linalg.norm(librosa.feature.melspectrogram(S=each**2, sr=8000, n_mels=40) - mel**2)
        for each in (found, librosas)
    )
    assert found.dtype == np.float32
    assert (found >= 0).all()
    assert one < 1.05 * other
    assert np.linalg.norm(found - magnitude) < 1.05 * np.linalg.norm(librosas - magnitude)
