"""The transform is librosa's; phases fit better than librosa's Griffin-Lim, in fewer iterations."""

from concurrent.futures import ThreadPoolExecutor

import librosa
import numpy as np
import pytest

from sonovae.codec import phase, spectrogram
from sonovae.codec.phase import Stft
from sonovae.codec.spectrogram import Frames

SIZES = [
    Frames(n_fft=512, hop_length=128, win_length=512, window="hann"),
    Frames(n_fft=512, hop_length=256, win_length=512, window="hann"),
    Frames(n_fft=512, hop_length=100, win_length=400, window="hamming"),
    Frames(n_fft=600, hop_length=37, win_length=151, window="triang"),
    Frames(n_fft=256, hop_length=64, win_length=256, window="boxcar"),
]
LENGTH = 8000


def voice() -> np.ndarray:
    """A second of a gliding tone with overtones that swells and fades, over faint noise."""
    rng, time = np.random.default_rng(0), np.arange(LENGTH) / 8000
    turns = 2 * np.pi * np.cumsum(180 + 60 * np.sin(2 * np.pi * 1.5 * time)) / 8000
    tones = sum(np.sin(k * turns) / k for k in range(1, 12))
    return (0.2 * tones * np.sin(np.pi * time) ** 2 + 0.001 * rng.standard_normal(LENGTH)).astype(
        np.float32
    )


def magnitude(frames: Frames) -> np.ndarray:
    return spectrogram.waveform_to_magnitude(voice(), frames)


def librosas(frames: Frames, iterations: int) -> np.ndarray:
    return librosa.griffinlim(
        magnitude(frames),
        n_iter=iterations,
        momentum=0.99,
        random_state=1,
        length=LENGTH,
        pad_mode="constant",
        **frames,
    )


def convergence(frames: Frames, samples: np.ndarray) -> float:
    return spectrogram.spectral_convergence_db(magnitude(frames), samples, frames)


@pytest.mark.parametrize("frames", SIZES)
@pytest.mark.parametrize("length", [LENGTH, 7777, 900])
def test_the_transform_is_librosas(frames: Frames, length: int) -> None:
    samples, stft = voice()[:length], Stft(**frames, length=length)
    wanted = librosa.stft(samples, pad_mode="constant", **frames)
    covered = np.zeros_like(stft.inverse(wanted.T))
    stft.samples(covered)[:] = samples
    found = stft.forward(covered)
    assert found.dtype == np.complex64
    np.testing.assert_allclose(found.T, wanted, atol=1e-4)
    np.testing.assert_allclose(stft.samples(stft.inverse(found)), samples, atol=1e-5)


@pytest.mark.parametrize(
    ("frames", "iterations"), [*((frames, 8) for frames in SIZES[:4]), (SIZES[4], 32)]
)
def test_it_comes_nearer_than_librosas_in_a_quarter_of_the_iterations(
    frames: Frames, iterations: int
) -> None:
    """A rectangle is far from the Gaussian that the integration assumes: as many iterations."""
    found = phase.griffin_lim(
        magnitude(frames), phase.stft(**frames, length=LENGTH), iterations, 0.99, seed=1
    )
    assert convergence(frames, found) < convergence(frames, librosas(frames, 32))


@pytest.mark.parametrize("frames", SIZES[:4])
def test_the_integrated_phases_alone_are_nearer_than_random_ones(frames: Frames) -> None:
    stft, wanted = phase.stft(**frames, length=LENGTH), magnitude(frames)
    radians = phase.integrate(wanted, stft, seed=1)
    random = np.random.default_rng(1).uniform(0, 2 * np.pi, wanted.shape)
    near, far = (
        convergence(
            frames, stft.samples(stft.inverse((wanted * np.exp(1j * each)).T.astype(np.complex64)))
        )
        for each in (radians, random)
    )
    assert near < far - 6


def test_more_iterations_come_nearer() -> None:
    stft = phase.stft(**SIZES[0], length=LENGTH)
    found = [phase.griffin_lim(magnitude(SIZES[0]), stft, n, 0.99, seed=1) for n in (2, 8, 32)]
    far, near, nearest = (convergence(SIZES[0], each) for each in found)
    assert nearest < near < far < -10


def test_silence_and_a_single_place() -> None:
    stft, quiet = phase.stft(**SIZES[0], length=LENGTH), np.zeros((257, 63), np.float32)
    np.testing.assert_allclose(phase.griffin_lim(quiet, stft, 4, 0.99, seed=1), 0)
    quiet[40, 30] = 1
    assert np.isfinite(phase.griffin_lim(quiet, stft, 4, 0.99, seed=1)).all()


def test_threads_and_their_number_change_no_byte() -> None:
    stft, wanted = (
        phase.stft(**SIZES[0], length=LENGTH),
        [magnitude(SIZES[0]) * k for k in (1, 2, 3, 4)],
    )
    alone = [phase.griffin_lim(each, stft, 4, 0.99, seed=1) for each in wanted]
    with ThreadPoolExecutor(4) as threads:
        np.testing.assert_array_equal(
            list(threads.map(lambda each: phase.griffin_lim(each, stft, 4, 0.99, seed=1), wanted)),
            alone,
        )


def test_the_seed_decides_where_nothing_else_does() -> None:
    stft, wanted = phase.stft(**SIZES[0], length=LENGTH), magnitude(SIZES[0])
    one, same, other = (phase.integrate(wanted, stft, seed) for seed in (1, 1, 2))
    loud = wanted > 2 * phase.LEAST * wanted.max()
    np.testing.assert_array_equal(one, same)
    assert np.ptp((one - other)[loud]) < 1e-6  # all that hangs together turns as one
    one, other = (phase.integrate(wanted * loud, stft, seed) for seed in (1, 2))
    assert np.ptp((one - other)[~loud]) > 1
