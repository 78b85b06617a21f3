"""What is heard again is what was there, and embeddings tell sounds apart as ears would."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sonovae import params
from sonovae.codec import image_codec, sound_codec
from sonovae.codec.image_codec import ImageCodec
from sonovae.codec.scaling import Scale
from sonovae.codec.sound_codec import SoundCodec
from sonovae.params.sections import GriffinLim
from sonovae.quality import embedding
from tests.making import vector_params
from tests.making.recordings import tone

BACK = GriffinLim(iterations=32, momentum=0.99)


def made(mel_bands: int | None = None) -> SoundCodec:
    p = vector_params.parameters().preprocess
    found = SoundCodec(p.picture, Scale(-20.0, 40.0, 1.0), p.waveform, p.spectrogram)
    if mel_bands:
        spectrogram = params.parse(
            params.plain(found.spectrogram) | {"mel_bands": mel_bands}, type(found.spectrogram)
        )
        picture = params.parse(params.plain(found.picture) | {"bins": None}, type(found.picture))
        found = replace(found, spectrogram=spectrogram, picture=picture)
    return found


def clip(c: SoundCodec, hz: float, level: float = 1.0) -> np.ndarray:
    return level * tone(c.waveform.clip_length / c.waveform.sample_rate, hz, c.waveform.sample_rate)


def test_a_sound_comes_back_as_the_picture_that_it_was_made_of() -> None:
    c = made()
    first = embedding.items(c, [clip(c, 1000), clip(c, 2000)])
    again = embedding.items(c, c.decode(first.pictures, [c.typical] * 2, BACK, seed=1))
    assert np.square(again.pictures - first.pictures).mean() < 0.1 * first.pictures.var()
    assert np.abs(again.mel - first.mel).mean() < 6  # dB


@pytest.mark.parametrize("mel_bands", [None, 64])
def test_embeddings_are_nearer_for_nearer_sounds(mel_bands: int | None) -> None:
    c = made(mel_bands)
    same, near, far = embedding.items(c, [clip(c, 1000), clip(c, 1020), clip(c, 3000)]).mel
    assert len(same) == sound_codec.EMBEDDED_BANDS * sound_codec.EMBEDDED_SEGMENTS
    assert np.linalg.norm(same - near) < 0.3 * np.linalg.norm(same - far)


@pytest.mark.parametrize("mel_bands", [None, 64])
def test_embeddings_are_in_decibels(mel_bands: int | None) -> None:
    c = made(mel_bands)
    loud, soft = embedding.items(c, [clip(c, 1000), clip(c, 1000, 0.5)]).mel
    assert loud.max() - soft.max() == pytest.approx(6, abs=0.5)
    assert -sound_codec.EMBEDDED_RANGE_DB <= loud.min() < loud.max() <= 0


def test_images_are_what_they_are(rng: np.random.Generator) -> None:
    p = vector_params.parameters().preprocess
    section = params.parse(
        params.plain(p.picture) | {"size": [28, 28], "interpolation": "bilinear"}, type(p.picture)
    )
    c = ImageCodec(replace_scaling(section), Scale(0.0, 1.0, 1.0))
    images = list(rng.random((3, 28, 28), np.float32))
    heard = embedding.items(c, c.decode(images, [c.typical] * 3, BACK, seed=1))
    np.testing.assert_allclose(heard.pictures, np.stack(images), atol=1e-6)
    assert heard.mel.shape == (3, math.prod(image_codec.EMBEDDED))


def replace_scaling(section: object) -> object:
    return params.parse(
        params.plain(section) | {"scaling": "fixed", "range": [0, 1]}, type(section)
    )
