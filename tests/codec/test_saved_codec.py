import dataclasses
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest

from sonovae import params
from sonovae.codec import picture, saved_codec, spectrogram
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.codec.sound_codec import SoundCodec
from sonovae.dataset import clips
from sonovae.params.preprocess import Preprocess
from sonovae.params.sections import GriffinLim
from tests.making import vector_params
from tests.making.recordings import tone

P = vector_params.parameters().preprocess
RATE = P.waveform.sample_rate
SCALES: dict[str, dict[str, Any]] = {
    "db": {"scale": "db", "dynamic_range_db": 60.0},
    "magnitude": {"scale": "magnitude", "dynamic_range_db": None},
    "power": {"scale": "power", "power": 0.3, "dynamic_range_db": None},
}
BACK = GriffinLim(iterations=64, momentum=0.99)


def changed(**sections: dict[str, Any]) -> Preprocess:
    """P with some keys of its sections replaced."""
    return dataclasses.replace(
        P, **{k: dataclasses.replace(getattr(P, k), **v) for k, v in sections.items()}
    )


def whistle(seconds: float = 3.0) -> np.ndarray:
    """A tone with vibrato."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 1200 * time + 5 * np.sin(2 * np.pi * 5 * time))).astype(
        np.float32
    )


def cut(samples: np.ndarray, p: Preprocess = P) -> clips.Clips:
    return clips.recording_to_clips([samples], RATE, p.waveform)


def fitted(p: Preprocess, found: clips.Clips) -> tuple[SoundCodec, np.ndarray, Scale]:
    """A codec from these clips, and the first one's picture and scale."""
    values = [saved_codec.analysis(p)(item) for item in found.items]
    limits = np.array([picture.limits(each, p.dynamic_range) for each in values])
    made = saved_codec.fit(p, values, limits, np.full(len(values), found.gain))
    scale = made.clip_scale(*limits[0], found.gain)
    return made, made.encode(values[0], scale), scale


def decoded(codec: Codec, image: np.ndarray, scale: Scale) -> np.ndarray:
    """The sound of a picture, as loud as its recording."""
    (samples,) = codec.decode([image], [scale], BACK, seed=0)
    return codec.restore_level(samples, scale)


@pytest.mark.parametrize("scaling", ["clip", "dataset", "pixel", "fixed"])
@pytest.mark.parametrize("scale_of", ["db", "magnitude", "power"])
def test_clip_to_picture_and_back(scaling: str, scale_of: str) -> None:
    ranges = {"db": (-30.0, 60.0), "magnitude": (0.0, 200.0), "power": (0.0, 5.0)}
    given = ranges[scale_of] if scaling == "fixed" else None
    p = changed(
        picture={"scaling": scaling, "range": given},
        spectrogram=SCALES[scale_of],
    )
    found = cut(whistle(), p)
    c, image, scale = fitted(p, found)
    assert image.shape == c.shape == (128, 128)
    assert 0 <= image.min() < image.max() <= 1
    samples = decoded(c, image, scale)
    assert len(samples) == p.waveform.clip_length
    wanted = spectrogram.waveform_to_magnitude(found.items[0], c.frames)
    assert spectrogram.spectral_convergence_db(wanted, samples * found.gain, c.frames) < -20


def test_a_dull_picture_of_a_clip_sounds_as_loud_as_the_clip() -> None:
    p = changed(picture={"scaling": "clip"}, spectrogram={"dynamic_range_db": 60.0})
    c, image, scale = fitted(p, cut(whistle()))
    assert isinstance(c, SoundCodec)
    dull, whole = (float(c.magnitude(np.float32(share) * image, scale).max()) for share in (0.9, 1))
    assert dull == pytest.approx(whole, rel=0.01)  # otherwise 6 dB less


def test_zero_phase_fails_that_bound() -> None:
    found = cut(whistle())
    c, image, scale = fitted(P, found)
    samples = librosa.istft(c.magnitude(image, scale), length=P.waveform.clip_length, **c.frames)
    wanted = spectrogram.waveform_to_magnitude(found.items[0], c.frames)
    assert spectrogram.spectral_convergence_db(wanted, samples, c.frames) > -20


def test_pixel_limits_are_each_pixels_own(rng: np.random.Generator) -> None:
    p = changed(
        picture={"scaling": "pixel", "bins": 4, "frames": None},
        spectrogram={"dynamic_range_db": 1000.0},
    )
    values = list(rng.uniform(-50, 30, (6, 4, 128)).astype(np.float32))
    limits = np.array([(each.min(), each.max()) for each in values])
    c = saved_codec.fit(p, values, limits, np.ones(6))
    np.testing.assert_array_equal(c.typical.low, np.min(values, axis=0))
    np.testing.assert_array_equal(c.typical.high, np.max(values, axis=0))
    pictures = np.array([c.encode(each, c.clip_scale(0, 1, 1)) for each in values])
    assert np.all(pictures.min(axis=0) == 0)
    np.testing.assert_allclose(pictures.max(axis=0), 1, atol=1e-6)


def strongest(samples: np.ndarray) -> float:
    """The frequency in Hz at which most energy lies."""
    return float(
        np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples))))) * RATE / len(samples)
    )


@pytest.mark.parametrize(
    ("spectrum", "picture", "hz"),
    [
        ({}, {}, RATE / 512),
        ({"mel_bands": 64}, {"bins": 64}, 80),  # the band around 1 kHz
        (
            {},
            {"bins": None, "frames": None, "size": (64, 64), "interpolation": "bilinear"},
            RATE / 128,
        ),
        ({}, {"size": (64, 32), "interpolation": "bicubic"}, RATE / 256),
        ({}, {"size": (64, 32), "interpolation": "lanczos"}, RATE / 256),
        ({}, {"size": (64, 64), "interpolation": "nearest"}, RATE / 256),
    ],
)
def test_a_tone_stays_a_tone(spectrum: dict[str, Any], picture: dict[str, Any], hz: float) -> None:
    p = changed(spectrogram=spectrum, picture=picture)
    c, image, _ = fitted(p, cut(tone(3, 1000, RATE), p))
    assert image.shape == c.shape == (c.picture.size or (p.picture.bins, p.picture.frames))
    assert strongest(decoded(c, image, c.typical)) == pytest.approx(1000, abs=hz)


def test_level_comes_back() -> None:
    quiet = 0.1 * tone(3, 1000, RATE)
    c, image, scale = fitted(P, cut(quiet))
    samples = decoded(c, image, scale)
    assert np.std(samples) == pytest.approx(np.std(quiet), rel=0.1)


def test_dataset_limits_are_of_what_was_fitted_alone() -> None:
    c = saved_codec.fit(P, [], np.array([[-90.0, 30.0], [-20.0, 40.0]]), np.array([1.0, 3.0]))
    assert c.typical == Scale(low=-20.0, high=40.0, gain=2.0)
    assert c.clip_scale(-100, 99, 5.0) == Scale(low=-20.0, high=40.0, gain=5.0)


def test_a_clips_own_limits_and_the_middle_ones_for_what_is_new() -> None:
    p = changed(picture={"scaling": "clip"})
    c = saved_codec.fit(p, [], np.array([[-90.0, 30.0], [-20.0, 40.0], [-30.0, 10.0]]), np.ones(3))
    assert c.typical == Scale(low=-30.0, high=30.0, gain=1.0)
    assert c.clip_scale(-100, 99, 5.0) == Scale(low=-100, high=99, gain=5.0)


@pytest.mark.parametrize("scaling", ["dataset", "pixel"])
def test_save_and_load(tmp_path: Path, scaling: str) -> None:
    c, image, scale = fitted(changed(picture={"scaling": scaling}), cut(whistle()))
    saved_codec.save(tmp_path, c)
    back = saved_codec.load(tmp_path)
    assert (back.picture, back.waveform, back.spectrogram) == (c.picture, c.waveform, c.spectrogram)
    np.testing.assert_array_equal(back.magnitude(image, scale), c.magnitude(image, scale))


def test_an_image_enters_at_the_picture(tmp_path: Path, rng: np.random.Generator) -> None:
    frame = {"bins": None, "frames": None, "scaling": "fixed", "range": [0, 1]}
    frame |= {"mask_row": False}
    p = params.parse(
        {
            "waveform": None,
            "spectrogram": None,
            "picture": {**frame, "size": [8, 6], "interpolation": "lanczos"},
            "dtype": "float32",
            "limit": None,
            "split": {"seed": 1, "block_seconds": None, "validation": 0.1, "test": 0.1},
        },
        Preprocess,
    )
    c, image, _ = fitted(p, clips.image_to_clips([rng.uniform(size=(8, 6)).astype(np.float32)], []))
    assert (c.kind, c.shape, c.extent) == ("image", (8, 6), None)
    saved_codec.save(tmp_path, c)
    assert saved_codec.load(tmp_path) == c
    assert image.shape == (8, 6)


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    saved_codec.save(tmp_path, fitted(P, cut(whistle()))[0])
    path = tmp_path / "codec.json"
    path.write_text(path.read_text().replace('"sound"', '"smell"'))
    with pytest.raises(
        saved_codec.UserError, match="is of kind 'smell', and this version knows image, sound"
    ):
        saved_codec.load(tmp_path)
