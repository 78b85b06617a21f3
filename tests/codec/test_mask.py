"""Pictures that resolve pitch and say where a sound ends: powers of magnitudes, a mask row."""

import dataclasses
from typing import Any

import librosa
import numpy as np
import pytest

from sonovae.codec import mask, picture, saved_codec, spectrogram
from sonovae.codec.scaling import Scale
from sonovae.codec.sound_codec import SoundCodec
from sonovae.features import pitch, voice
from sonovae.features.pitch import Range
from sonovae.params.preprocess import Preprocess
from sonovae.params.sections import GriffinLim
from tests.making import vector_params, voices

P = vector_params.parameters().preprocess
RATE = 8000
HOP = 64
LENGTH = 6144
"""Samples of a clip: 97 frames."""
POWER = {"scale": "power", "power": 0.3, "dynamic_range_db": None}
MAGNITUDE = {"scale": "magnitude", "power": None, "dynamic_range_db": None}
DB = {"scale": "db", "power": None, "dynamic_range_db": 60.0}
BACK = GriffinLim(iterations=32, momentum=0.99)


def settings(
    spectrum: dict[str, Any] = POWER, *, mask_row: bool = True, **frame: Any
) -> Preprocess:
    """Clips of 6144 samples at 8 kHz, in frames of 48 ms, 8 ms apart."""
    lengths = {"n_fft": 384, "win_length": 384, "hop_length": HOP}
    own = {"bins": None, "frames": None, "mask_row": mask_row} | frame
    sound = {"sample_rate": RATE, "clip_seconds": LENGTH / RATE, "rest": "pad"}
    return dataclasses.replace(
        P,
        waveform=dataclasses.replace(P.waveform, **sound),
        spectrogram=dataclasses.replace(P.spectrogram, **lengths | spectrum),
        picture=dataclasses.replace(P.picture, **own),
    )


def fitted(p: Preprocess, *items: np.ndarray) -> tuple[SoundCodec, list[np.ndarray], Scale]:
    """A codec of these clips, their pictures and the first one's scale."""
    values = [saved_codec.analysis(p)(item) for item in items]
    limits = np.array([picture.limits(each, p.dynamic_range) for each in values])
    c = saved_codec.fit(p, values, limits, np.ones(len(values)))
    assert isinstance(c, SoundCodec)
    scales = [c.clip_scale(*row, 1.0) for row in limits.tolist()]
    return c, [c.encode(*pair) for pair in zip(values, scales, strict=True)], scales[0]


def decoded(c: SoundCodec, image: np.ndarray, scale: Scale) -> np.ndarray:
    (samples,) = c.decode([image], [scale], BACK, seed=1)
    return samples


def padded(sound: np.ndarray, length: int = LENGTH) -> np.ndarray:
    return np.pad(sound, (0, length - len(sound)))


def voiced(n: int = 4000) -> np.ndarray:
    """Harmonics of 110 Hz [n], weaker and weaker."""
    time = np.arange(n) / RATE
    sound = sum(np.sin(2 * np.pi * 110 * k * time + k) / k for k in range(1, 36))
    noisy = voices.with_noise(np.asarray(sound), 20, np.random.default_rng(1))
    return noisy.astype(np.float32)


def last_sample(samples: np.ndarray) -> int:
    return int(np.flatnonzero(samples)[-1])


def hnr(samples: np.ndarray) -> float:
    return voice.hnr(pitch.track(samples, RATE, Range(60, 440)))


@pytest.mark.parametrize("n", [3000, 4000, 5111])
@pytest.mark.parametrize("spectrum", [POWER, MAGNITUDE, DB], ids=("power", "magnitude", "db"))
def test_a_voice_keeps_its_harmonics_and_its_end(spectrum: dict[str, Any], n: int) -> None:
    sound = voiced(n)
    c, (image,), scale = fitted(settings(spectrum), padded(sound))
    assert image.shape == c.shape == (194, 97)
    samples = decoded(c, image, scale)
    assert len(samples) == LENGTH
    # Nothing of the recording is cut, and zeros follow within a hop.
    assert n <= last_sample(samples) + 1 <= n + HOP
    assert hnr(samples[:n]) == pytest.approx(hnr(sound), abs=1)


def test_without_the_row_something_remains_after_the_end() -> None:
    c, (image,), scale = fitted(settings(mask_row=False), padded(voiced()))
    assert c.shape == (193, 97)
    assert last_sample(decoded(c, image, scale)) > 4000 + 2 * HOP


def test_pitch_is_lost_by_a_short_window() -> None:
    """The bound of 1 dB can fail: 16 ms hold less than two periods."""
    short = POWER | {"n_fft": 128, "win_length": 128}
    c, (image,), scale = fitted(settings(short), padded(voiced()))
    assert hnr(decoded(c, image, scale)[:4000]) < hnr(voiced()) - 1


@pytest.mark.parametrize("frames", [None, 112])
@pytest.mark.parametrize("n", [200, 2500, 4000, 5900])
def test_a_row_with_errors_still_finds_the_end(
    rng: np.random.Generator, frames: int | None, n: int
) -> None:
    c, (image,), scale = fitted(settings(frames=frames), padded(np.ones(n, np.float32)))
    wanted = last_sample(decoded(c, image, scale))
    for _ in range(5):
        noisy = image.copy()
        noisy[-1] += rng.normal(scale=0.2, size=noisy.shape[1])
        assert last_sample(decoded(c, noisy, scale)) == pytest.approx(wanted, abs=HOP)


def test_the_end_is_where_the_row_is_parted_best() -> None:
    assert mask.recorded_frames(np.array([0.9, 0.8, 0.3, 0.9, 0.1, 0.6, 0.2])) == 4
    assert mask.recorded_frames(np.array([0.9, 0.8, 0.1, 0.2, 0.9])) == 2
    assert mask.recorded_frames(np.array([0.1, 0.2])) == 0
    assert mask.recorded_frames(np.ones(3)) == 3


def test_frames_last_to_the_end_over_silence_within() -> None:
    sound = np.concatenate([voiced(1000), np.zeros(2000), voiced(500)]).astype(np.float32)
    _, (image,), _ = fitted(settings(), padded(sound))
    row = image[-1]
    n = int(row.sum())
    assert row.tolist() == [1] * n + [0] * (97 - n)
    assert HOP * n - 192 == pytest.approx(3500 + HOP / 2, abs=HOP / 2)


def test_padding_that_is_no_part_of_a_clip_is_masked() -> None:
    whole = voiced(LENGTH)
    c, (image,), scale = fitted(settings(frames=112), whole)
    assert image[-1].tolist() == [1] * 97 + [0] * 15
    assert last_sample(decoded(c, image, scale)) == LENGTH - 1


def test_silence_decodes_to_silence() -> None:
    c, (_, image), scale = fitted(settings(), voiced(LENGTH), np.zeros(LENGTH, np.float32))
    assert not image.any()
    assert not decoded(c, image, scale).any()


@pytest.mark.parametrize(
    "window", [(384, 300, "hann"), (384, 301, "hamming"), (384, 384, "rectangular")]
)
@pytest.mark.parametrize("n", [100, 3003, 3009, 3072])
def test_the_end_is_found_with_any_window(window: tuple[int, int, str], n: int) -> None:
    lengths = dict(zip(("n_fft", "win_length", "window"), window, strict=True))
    c, (image,), scale = fitted(settings(POWER | lengths), padded(voiced(n)))
    # A hann window begins with a zero, which may hide the last sample.
    assert n - 1 <= last_sample(decoded(c, image, scale)) + 1 <= n + HOP


@pytest.mark.parametrize("spectrum", [POWER, {}, {"mel_bands": 24}, POWER | {"mel_bands": 24}])
@pytest.mark.parametrize("scaling", ["clip", "dataset"])
def test_only_the_picture_has_the_row(spectrum: dict[str, Any], scaling: str) -> None:
    item = padded(voiced())
    c, (image,), scale = fitted(settings(spectrum, scaling=scaling), item)
    plain, (bare,), _ = fitted(settings(spectrum, scaling=scaling, mask_row=False), item)
    np.testing.assert_array_equal(image[:-1], bare)
    assert c.magnitude(image, scale).shape == (193, 97)
    np.testing.assert_array_equal(c.magnitude(image, scale), plain.magnitude(bare, scale))
    np.testing.assert_array_equal(c.decibels(image, scale), plain.decibels(bare, scale))
    assert c.reanalysed_decibels(item, scale).shape == bare.shape
    np.testing.assert_array_equal(
        c.reanalysed_decibels(item, scale), plain.reanalysed_decibels(item, scale)
    )
    np.testing.assert_array_equal(c.embed([image], [scale]), plain.embed([bare], [scale]))
    assert c.extent[1] / plain.extent[1] == pytest.approx(len(image) / len(bare))
    assert c.spectral_convergence(image, scale, decoded(c, image, scale)) < -10


def test_what_a_model_paints_after_the_end_is_not_heard() -> None:
    c, (image,), scale = fitted(settings(), padded(voiced()))
    painted = image.copy()
    painted[:-1, 80:] = 0.5
    np.testing.assert_array_equal(c.magnitude(painted, scale), c.magnitude(image, scale))
    np.testing.assert_array_equal(decoded(c, painted, scale), decoded(c, image, scale))


def test_power_decodes_black_to_its_lowest_value() -> None:
    c, _, _ = fitted(settings(mask_row=False), voiced(LENGTH))
    black = np.zeros(c.shape, np.float32)
    magnitude = c.magnitude(black, Scale(0.5, 4.0, 1.0))
    np.testing.assert_allclose(magnitude, 0.5 ** (1 / 0.3), rtol=1e-5)
    decibels = c.decibels(black, Scale(0.5, 4.0, 1.0))
    np.testing.assert_allclose(decibels, 20 / 0.3 * np.log10(0.5), rtol=1e-4)


@pytest.mark.parametrize("mask_row", [True, False])
@pytest.mark.parametrize("spectrum", [POWER, DB], ids=("power", "db"))
@pytest.mark.parametrize("frames", [None, 112])
def test_a_sound_longer_than_a_clip(
    spectrum: dict[str, Any], mask_row: bool, frames: int | None
) -> None:
    chirp = 0.5 * librosa.chirp(fmin=200, fmax=3000, sr=RATE, length=3 * RATE)
    sound = chirp.astype(np.float32)
    c, _, scale = fitted(settings(spectrum, mask_row=mask_row, frames=frames), sound)
    image = c.encode(c.analyse(sound), scale)
    assert image.shape == (193 + mask_row, 1 + 3 * RATE // HOP)
    samples = decoded(c, image, scale)
    assert c.seconds(samples) == 3
    wanted = spectrogram.waveform_to_magnitude(sound, c.frames)
    assert spectrogram.spectral_convergence_db(wanted, samples, c.frames) < -20
    assert c.spectral_convergence(image, scale, samples) < -20


def test_a_shorter_picture_is_a_shorter_sound() -> None:
    c, (image,), scale = fitted(settings(), voiced(LENGTH))
    assert len(decoded(c, image[:, :40], scale)) == 39 * HOP


def test_codec_with_a_row_is_saved_and_loaded(tmp_path: Any) -> None:
    c, _, _ = fitted(settings(), voiced(LENGTH))
    saved_codec.save(tmp_path, c)
    assert saved_codec.load(tmp_path) == c


@pytest.mark.parametrize(
    ("spectrum", "least", "most"), [(POWER, 0.7, 1.4), (DB, 0, 0.4)], ids=("power", "db")
)
def test_rumble_of_a_recording_is_kept_by_powers(
    spectrum: dict[str, Any], least: float, most: float
) -> None:
    """A filter would tell every restored sound from a recording that has some."""
    time = np.arange(LENGTH) / RATE
    rumble = 0.05 * np.sin(2 * np.pi * 10 * time)
    sound = (voiced(LENGTH) + rumble).astype(np.float32)
    c, images, scale = fitted(settings(spectrum, mask_row=False), sound)
    restored = decoded(c, images[0], scale)
    assert least <= lowest(restored) / lowest(sound) <= most


def lowest(samples: np.ndarray) -> float:
    """Magnitude below 20 Hz."""
    return float(np.abs(np.fft.rfft(samples))[: 20 * LENGTH // RATE].sum())
