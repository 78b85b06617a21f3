"""Pitch of recordings, and the two rules about window and overlap."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonovae import params
from sonovae.codec import sound_files
from sonovae.features import pitch
from sonovae.features.pitch import Range
from sonovae.params.preprocess import Preprocess
from sonovae.recordings import excerpts, pitch_survey
from sonovae.recordings.pitch_survey import PitchSurvey
from tests.making.projects import HERE
from tests.making.recordings import tone, voice

STARTER = params.load(HERE / "params.yaml").preprocess


def settings(
    sample_rate: int, window: int, hop: int, n_fft: int = 0, **others: object
) -> Preprocess:
    """Return the starter's settings with another analysis; a picture of all bins and frames."""
    assert STARTER.waveform is not None
    assert STARTER.spectrogram is not None
    frames = {"n_fft": n_fft or window, "win_length": window, "hop_length": hop}
    bands = {name: others.pop(name) for name in ("mel_bands",) if name in others}
    picture = {"bins": None, "frames": None} | others
    return dataclasses.replace(
        STARTER,
        waveform=dataclasses.replace(STARTER.waveform, sample_rate=sample_rate),
        spectrogram=dataclasses.replace(STARTER.spectrogram, **frames, **bands),
        picture=dataclasses.replace(STARTER.picture, **picture),
    )


def measured(folder: Path, *sounds: np.ndarray, rate: int = 8000) -> PitchSurvey:
    """Return the pitch of recordings at `rate` Hz, for settings with the same rate."""
    for n, samples in enumerate(sounds):
        sound_files.write(folder / f"{n}.wav", samples, rate)
    return pitch_survey.survey(excerpts.read(excerpts.thorough(sorted(folder.iterdir()))), rate)


def test_voice_with_a_short_window_gets_both_warnings(folder: Path) -> None:
    found = measured(folder, voice(2, 100), voice(2, 100))
    assert str(found) == "Pitch of 2 recordings: 100 to 100 Hz (middle 90 %)"
    assert pitch_survey.misfits(settings(8000, 256, 128, bins=64), found.middle) == [
        "preprocess.spectrogram.win_length = 256 samples are 32.0 ms, and four periods of the"
        " lowest pitch (100 Hz) are 40.0 ms: harmonics run together; set win_length and n_fft to"
        " 320, and preprocess.picture.bins to 80",
        "preprocess.spectrogram.hop_length = 128 overlaps windows of win_length = 256 by 50 %,"
        " under 75 %: the inverse loses voicing; set hop_length to 64, or to 80 with win_length ="
        " 320",
    ]
    assert pitch_survey.misfits(settings(8000, 512, 128), found.middle) == []


def test_whistles_need_no_longer_window(folder: Path) -> None:
    tones = [tone(2, hz, 16000) for hz in (1000, 1500, 2000)]
    found = measured(folder, *tones, rate=16000)
    assert str(found) == "Pitch of 3 recordings: 1000 to 2000 Hz (middle 90 %)"
    assert pitch_survey.misfits(settings(16000, 512, 128), found.middle) == []


def test_noise_has_hardly_any_pitch(folder: Path, rng: np.random.Generator) -> None:
    noise = [rng.uniform(-0.5, 0.5, 30000).astype(np.float32) for _ in range(3)]
    found = measured(folder, *noise)
    assert found.middle is None
    assert str(found) == "Pitch of 3 recordings: hardly any"
    (line,) = pitch_survey.misfits(settings(8000, 256, 128), found.middle)
    assert line.endswith("the inverse loses voicing; set hop_length to 64")


def test_silence_and_a_single_sample_are_no_pitch(folder: Path) -> None:
    silence = np.zeros(8000, np.float32)
    assert measured(folder, silence, silence[:1], silence[:0]) == PitchSurvey(3, None)


def test_only_what_is_missing_is_named() -> None:
    low = Range(92, 210)
    (line,) = pitch_survey.misfits(settings(22050, 500, 125, n_fft=6000, bins=96), low)
    assert line.endswith("harmonics run together; set win_length to 1024")
    (line,) = pitch_survey.misfits(settings(22050, 512, 128), low)
    assert line.endswith("; set win_length and n_fft to 1024")
    lines = pitch_survey.misfits(settings(22050, 512, 256), low)
    assert lines[1].endswith("; set hop_length to 128, or keep it with win_length = 1024")
    (line,) = pitch_survey.misfits(settings(16000, 512, 129, frames=128), None)
    assert line.endswith("by 74 %, under 75 %: the inverse loses voicing; set hop_length to 128")
    (line,) = pitch_survey.misfits(settings(16000, 512, 256, frames=64), None)
    assert line.endswith("; set hop_length to 128 (and preprocess.picture.frames to at least 128)")


def test_mel_bands_resolve_no_harmonics_in_any_window() -> None:
    mel = settings(22050, 1024, 512, mel_bands=40)
    assert not pitch_survey.depends_on_pitch(mel)
    (line,) = pitch_survey.misfits(mel, Range(60, 200))
    assert "hop_length" in line


def test_pitch_matters_only_if_a_voice_could_be_too_low() -> None:
    assert pitch_survey.depends_on_pitch(settings(16000, 1066, 256))
    assert not pitch_survey.depends_on_pitch(settings(16000, 1068, 256))


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100])
@pytest.mark.parametrize("lowest", [60, 86, 92, 125.3, 400])
@pytest.mark.parametrize(("window", "hop"), [(256, 128), (500, 200), (512, 129), (98, 60)])
def test_suggested_values_silence_the_warnings(
    rate: int, lowest: float, window: int, hop: int
) -> None:
    pitches = Range(lowest, 2 * lowest)
    lines = pitch_survey.misfits(settings(rate, window, hop), pitches)
    ways = [(window, window // 4)]
    if len(lines) == 2:
        longer = int(lines[0].rsplit(" ", 1)[1])
        assert longer < 1.3 * max(4 * rate / lowest, 40)
        ways = [(longer, window // 4), (longer, min(hop, longer // 4))]
    for new_window, new_hop in ways:
        assert f" {new_hop}" in lines[-1] or "keep it" in lines[-1]
        assert pitch_survey.misfits(settings(rate, new_window, new_hop), pitches) == []


def test_range_is_the_middle_and_an_octave_on_each_side() -> None:
    sounds = [voice(2, 200), voice(2, 210)]
    middle = pitch.middle_of(sounds, 8000)
    assert middle is not None
    assert pitch.range_of(sounds, 8000) == Range(middle.lowest / 2, middle.highest * 2)


def test_what_cannot_be_read_is_skipped(folder: Path) -> None:
    (folder / "a.wav").write_text("no sound")
    (folder / "b.wav").mkdir()
    soundfile.write(folder / "c.wav", np.full(8000, np.nan), 8000, "FLOAT")
    soundfile.write(folder / "d.wav", voice(2, 100), 10)
    soundfile.write(folder / "e.wav", voice(2, 100), 2_000_000)
    assert measured(folder, voice(2, 100)).n == 1


def test_length_and_number_of_recordings_are_bounded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_files, "BLOCK", 7000)
    paths = [folder / f"{n}.wav" for n in range(40)]
    for path in paths:
        soundfile.write(path, np.tile(voice(2, 100), 6), 8000)
    sounds = excerpts.read_all(excerpts.quick(paths))
    assert [len(samples) for samples, _ in sounds] == [24000] * 15
    np.testing.assert_allclose(sounds[0][0][:16000], voice(2, 100), atol=1e-4)
    assert pitch_survey.survey(sounds, 4000).n == 15
    monkeypatch.setattr(excerpts, "MOST_FILES", 5)
    assert len(excerpts.read_all(excerpts.quick(paths))) == 5
