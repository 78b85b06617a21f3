"""Controls are as long and as loud as recordings, and wrong in what they are named for."""

import numpy as np
import pytest

from sonovae.features import degraded, sound_features
from sonovae.features.pitch import Range
from tests.making import voices


@pytest.mark.parametrize("length", [0, 1, 100, 183, 4001])
@pytest.mark.parametrize("name", degraded.DEGRADED)
def test_controls_keep_length_and_type(name: str, length: int, rng: np.random.Generator) -> None:
    sound = voices.spoken(0, rng)[:length] if length <= 4000 else np.ones(length, np.float32)
    for samples in (sound, np.zeros(length, np.float32)):
        changed = degraded.DEGRADED[name](samples, 8000, rng)
        assert changed.shape == samples.shape
        assert changed.dtype == np.float32
        assert np.isfinite(changed).all()


def test_shuffled_keeps_each_sample(rng: np.random.Generator) -> None:
    sound = voices.spoken(0, rng)
    changed = degraded.shuffled(sound, 8000, rng)
    assert not np.array_equal(changed, sound)
    np.testing.assert_array_equal(np.sort(changed), np.sort(sound))


def test_quieter_is_12_db() -> None:
    np.testing.assert_allclose(degraded.quieter(np.ones(4, np.float32), 8000, None), 0.2512, 1e-3)


def test_features_without_a_pitch_are_left_out(rng: np.random.Generator) -> None:
    sounds = [voices.spoken(0, rng), np.zeros(4000, np.float32)]
    without = sound_features.table(sounds, 8000, None, 3000)
    table = sound_features.table(sounds, 8000, Range(60, 440), 3000)
    assert "hnr_db" in without
    assert {"voiced", "octave_jumps", "pitch_span", "jitter_cents", "cpp_db", "second_tone"} == set(
        table
    ) - set(without)
    assert np.isfinite(without.to_numpy(float)).all()
    assert np.isfinite(table.iloc[0].to_numpy(float)).all()
    # Silence has no pitch that moves.
    unknown = table.columns[table.iloc[1].isna()]
    assert set(unknown) == {"octave_jumps", "pitch_span", "jitter_cents"}
