import dataclasses
from pathlib import Path

import numpy as np
import pytest
from conftest import HERE, tone

from sonovae import codec, params, spectrogram
from sonovae.codec import Scale
from sonovae.params.sections import GriffinLim, Preprocess

P = params.load(HERE / "params.yaml").preprocess
RATE = P.waveform.sample_rate


def whistle(seconds: float = 3.0) -> np.ndarray:
    """A tone with vibrato."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 1200 * time + 5 * np.sin(2 * np.pi * 5 * time))).astype(np.float32)


def fitted(p: Preprocess, clips: codec.Clips) -> tuple[codec.Codec, np.ndarray, Scale]:
    """A codec from these clips, and the first one's picture and scale."""
    found = [codec.clip_to_spectrogram(clip, p) for clip in clips.samples]
    low, high = (np.array([row[i] for row in found]) for i in (1, 2))
    made = codec.fit(p, low, high, np.full(len(found), clips.gain))
    scale = made.clip_scale(*found[0][1:], clips.gain)
    return made, made.encode(found[0][0], scale), scale


@pytest.mark.parametrize("scaling", ["clip", "dataset"])
@pytest.mark.parametrize("scale_of", ["db", "magnitude"])
def test_clip_to_picture_and_back(scaling: str, scale_of: str) -> None:
    p = dataclasses.replace(P, picture=dataclasses.replace(P.picture, scaling=scaling))
    kind = dataclasses.replace(P.spectrogram, scale=scale_of, dynamic_range_db=60.0 if scale_of == "db" else None)
    p = dataclasses.replace(p, spectrogram=kind)
    clips = codec.recording_to_clips(whistle(), RATE, p.waveform)
    c, image, scale = fitted(p, clips)
    assert image.shape == c.shape == (128, 128)
    assert 0 <= image.min() < image.max() <= 1
    samples = c.decode(image, scale, GriffinLim(iterations=64, momentum=0.99), seed=0)
    assert len(samples) == p.waveform.clip_length
    wanted = spectrogram.waveform_to_magnitude(clips.samples[0], c.frames)
    assert spectrogram.spectral_convergence_db(wanted, samples * clips.gain, c.frames) < -20


def test_zero_phase_fails_that_bound() -> None:
    import librosa

    clips = codec.recording_to_clips(whistle(), RATE, P.waveform)
    c, image, scale = fitted(P, clips)
    samples = librosa.istft(c.magnitude(image, scale), length=P.waveform.clip_length, **codec.frames(P.spectrogram))
    wanted = spectrogram.waveform_to_magnitude(clips.samples[0], c.frames)
    assert spectrogram.spectral_convergence_db(wanted, samples, c.frames) > -20


def test_a_tone_stays_a_tone() -> None:
    c, image, _ = fitted(P, codec.recording_to_clips(tone(3, 1000, RATE), RATE, P.waveform))
    samples = c.decode(image, None, GriffinLim(iterations=32, momentum=0.99), seed=0)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * RATE / len(samples) == pytest.approx(1000, abs=RATE / P.spectrogram.n_fft)


def test_level_comes_back() -> None:
    quiet = 0.1 * tone(3, 1000, RATE)
    clips = codec.recording_to_clips(quiet, RATE, P.waveform)
    c, image, scale = fitted(P, clips)
    samples = c.decode(image, scale, GriffinLim(iterations=32, momentum=0.99), seed=0)
    assert np.std(samples) == pytest.approx(np.std(quiet), rel=0.1)


def test_starts_name_the_place_in_the_file() -> None:
    pause = np.zeros(RATE, np.float32)
    clips = codec.recording_to_clips(np.concatenate([pause, whistle(1.9), pause, whistle(1.9)]), RATE, P.waveform)
    assert clips.start == [0, P.waveform.clip_length, 2 * P.waveform.clip_length]
    assert clips.source_start == pytest.approx([1.0, 2.016, 3.9 + 2.032 - 1.9], abs=0.05)


def test_silence_makes_no_clips() -> None:
    clips = codec.recording_to_clips(np.zeros(3 * RATE, np.float32), RATE, P.waveform)
    assert clips.samples.shape == (0, P.waveform.clip_length)


def test_dataset_limits_are_of_what_was_fitted_alone() -> None:
    c = codec.fit(P, np.array([-90.0, -20.0]), np.array([30.0, 40.0]), np.array([1.0, 3.0]))
    assert c.typical == Scale(low=-20.0, high=40.0, gain=2.0)
    assert c.clip_scale(-100, 99, 5.0) == Scale(low=-20.0, high=40.0, gain=5.0)


def test_save_and_load(tmp_path: Path) -> None:
    c = codec.fit(P, np.array([-90.1]), np.array([30.7]), np.array([1.3]))
    c.save(tmp_path)
    assert codec.load(tmp_path) == c
