"""Sounds of any length, continued recordings and filled gaps, by an untrained model with a flow."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from click.testing import CliRunner

from sonovae.codec import sound_files
from sonovae.codec.spectrogram import waveform_to_magnitude
from sonovae.console import cli
from sonovae.errors import UserError
from sonovae.generation import item_files, lengths, sounds
from sonovae.generation.served import Served
from sonovae.generation.studio import Studio
from sonovae.model import latent
from tests.making import sequence_models
from tests.making.recordings import tone
from tests.making.sequence_models import CHANNELS, CLIP, HOP, RATE

SECONDS = 1.1
LENGTH = round(SECONDS * RATE)
KNOWN = (1 + (LENGTH - 128) // HOP) // 4
"""Latent frames of the recording whose windows lie in it: 4 · 34 frames of 136."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sequence_models.save(tmp_path_factory.mktemp("any"), sequence_models.codec())


@pytest.fixture(scope="module")
def of_any_length(model: Path) -> Studio:
    return sequence_models.load(model)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep in a file of 16 kHz and two channels."""
    path = tmp_path_factory.mktemp("recording") / "sweep.wav"
    at = np.arange(round(SECONDS * 2 * RATE)) / (2 * RATE)
    sweep = 0.3 * np.sin(2 * np.pi * (300 + 400 * at) * at)
    soundfile.write(path, np.stack([sweep, 0.5 * sweep], axis=1), 2 * RATE)
    return path


def whole(studio: Studio, recording: Path) -> tuple[np.ndarray, np.ndarray]:
    """Encode the frames that are known of a recording that goes on, and decode them again."""
    excerpt = studio.codec.read_whole(recording)
    picture, scale = studio.codec.encode_item(excerpt.items[0], excerpt.gain)
    z = studio.encode(picture[np.newaxis, :, : 4 * KNOWN]).mean
    (item,) = studio.invert(studio.decode(z), [scale])
    return z.reshape(-1, CHANNELS), studio.codec.restore_level(item, scale)


def log_spectrogram(samples: np.ndarray, studio: Studio) -> np.ndarray:
    magnitude = waveform_to_magnitude(np.asarray(samples), studio.codec.frames)
    return np.log(magnitude[:40] + 1e-3)


@pytest.mark.parametrize("seconds", [1e-3, 0.1, CLIP / RATE, 0.5051, 0.9, 2.34567])
def test_a_new_sound_is_as_long_as_asked_to_the_sample(
    of_any_length: Studio, seconds: float
) -> None:
    made = of_any_length.generate(2, seconds=seconds, label="hi", group="ann")
    assert made.shape == (2, round(seconds * RATE))
    asked = {"seconds": seconds, "label": "hi", "group": "ann"}
    assert asked.items() <= made.origin.about.items()


def test_the_stage_writes_sounds_as_long(of_any_length: Studio, tmp_path: Path) -> None:
    z = of_any_length.draw(1, seconds=0.777)
    of_any_length.write(tmp_path, z, {"from": "prior", "seconds": 0.777, "group": "ann"})
    samples, _ = sound_files.read(tmp_path / "sound_001.wav")
    assert len(samples) == round(0.777 * RATE)


def test_a_clip_with_padding_in_its_picture_is_long_enough(tmp_path: Path) -> None:
    """A picture of 64 frames is decoded to 60 frames' samples, one of 68 to all."""
    short = sequence_models.codec(clip_seconds=59 * HOP / RATE)
    studio = sequence_models.load(sequence_models.save(tmp_path, short))
    assert studio.generate(1).shape[1] == 59 * HOP
    for frames in (58, 59, 60, 63, 64):
        assert studio.generate(1, seconds=frames * HOP / RATE).shape[1] == frames * HOP


def test_what_is_cut_fades_and_what_fits_is_unchanged() -> None:
    ones = np.ones(100, np.float32)
    assert lengths.cut(ones, 100, RATE) is ones
    kept = lengths.cut(ones, 50, RATE)
    assert len(kept) == 50
    assert (kept[:42] == 1).all()
    assert (np.diff(kept[42:]) < 0).all()
    assert ones.min() == 1


def test_levels_are_of_the_label_and_group(of_any_length: Studio) -> None:
    peaks = {}
    for group in ("ann", "bob", None):
        made = of_any_length.generate(8, "lo", group=group)
        plain = of_any_length.items(made.origin.z)
        gains = np.abs(np.stack(plain)).max(axis=1) / np.abs(made).max(axis=1)
        peaks[group] = set(np.round(np.asarray(gains), 2))
    assert peaks == {"ann": {8}, "bob": {10}, None: {8, 10}}


def test_a_recording_goes_on(of_any_length: Studio, recording: Path) -> None:
    made = of_any_length.extend(recording, 0.75, 2, label="hi", group="bob")
    assert made.shape == (2, LENGTH + round(0.75 * RATE))
    assert np.abs(made).max() <= 1
    kept, _ = whole(of_any_length, recording)
    z = made.origin.z.reshape(2, -1, CHANNELS)
    np.testing.assert_allclose(z[:, :KNOWN], np.stack([kept, kept]), atol=1e-4)
    assert np.abs(z[0, KNOWN:] - z[1, KNOWN:]).mean() > 0.1
    about = made.origin.about
    assert (about["from"], about["seconds"]) == ("extend sweep.wav", 0.75)
    assert (about["label"], about["group"]) == ("hi", "bob")


def test_the_known_part_sounds_as_if_nothing_followed(
    of_any_length: Studio, recording: Path
) -> None:
    made = of_any_length.extend(recording, 0.75)[0]
    _, restored = whole(of_any_length, recording)
    # The decoder hears a few latent frames ahead.
    frames = 4 * KNOWN - 40
    extended = log_spectrogram(made, of_any_length)[:, :frames]
    alone = log_spectrogram(restored, of_any_length)[:, :frames]
    assert np.corrcoef(extended.ravel(), alone.ravel())[0, 1] > 0.9
    after = log_spectrogram(made, of_any_length)[:, -frames:]
    assert np.corrcoef(after.ravel(), alone.ravel())[0, 1] < 0.8


def test_a_gap_is_filled_and_the_rest_is_kept(of_any_length: Studio, recording: Path) -> None:
    made = of_any_length.fill(recording, 0.5, 0.6, 2)
    assert made.shape == (2, LENGTH)
    assert made.origin.about["from"] == "fill sweep.wav"
    assert (made.origin.about["start"], made.origin.about["end"]) == (0.5, 0.6)
    z = made.origin.z.reshape(2, -1, CHANNELS)
    differs = np.flatnonzero(np.abs(z[0] - z[1]).max(axis=1) > 1e-3)
    # Windows of 256 samples from frames 61 to 77 hear samples 4000 to 4800: latent frames 15 to 19.
    assert list(differs) == [15, 16, 17, 18, 19]
    pictures = made.origin.pictures
    by_frame = np.abs(pictures[0] - pictures[1]).max(axis=0)
    assert by_frame[:30].max() < 1e-4
    assert by_frame[110:].max() < 1e-4
    assert by_frame[60:80].min() > 1e-3


def test_no_known_frame_hears_what_was_in_the_gap(
    of_any_length: Studio, recording: Path, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(recording, always_2d=True)
    samples[round(0.5 * rate) : round(0.6 * rate)] *= 0.1
    soundfile.write(tmp_path / "other.wav", samples, rate)
    made = of_any_length.fill(recording, 0.5, 0.6)
    other = of_any_length.fill(tmp_path / "other.wav", 0.5, 0.6)
    np.testing.assert_allclose(made, other, atol=1e-3)


@pytest.mark.parametrize(("start", "end"), [(0, 0.1), (1.0, SECONDS), (0.3, 0.3001)])
def test_gaps_at_the_ends_and_short_ones(
    of_any_length: Studio, recording: Path, start: float, end: float
) -> None:
    assert of_any_length.fill(recording, start, end).shape == (1, LENGTH)


def test_equal_seeds_are_equal_bytes(
    of_any_length: Studio, recording: Path, tmp_path: Path
) -> None:
    for name, seed in (("one", 5), ("two", 5), ("other", 6)):
        made = of_any_length.extend(recording, 0.2, seed=seed)
        sounds.save(made, tmp_path / name)
    files = [tmp_path / name / "sound_001.wav" for name in ("one", "two", "other")]
    one, two, other = (file.read_bytes() for file in files)
    assert one == two != other


def test_the_gain_is_the_recordings(of_any_length: Studio, recording: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(recording)
    peaks = []
    # So quiet that neither sound would leave full scale.
    for share in (1 / 64, 1 / 512):
        soundfile.write(tmp_path / "quiet.wav", samples * share, rate, "FLOAT")
        peaks.append(np.abs(of_any_length.extend(tmp_path / "quiet.wav", 0.2)).max())
    assert peaks[0] < 1
    assert peaks[0] / peaks[1] == pytest.approx(8, rel=0.01)


def test_a_recording_that_goes_on_has_no_end_in_its_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although it ends in silence, which a padded clip has after its recording."""
    studio = sequence_models.load(
        sequence_models.save(tmp_path, sequence_models.codec(mask_row=True))
    )
    samples = np.concatenate([tone(0.3, sample_rate=RATE), np.zeros(RATE // 2, np.float32)])
    sound_files.write(tmp_path / "ends.wav", samples, RATE)
    pictures = []
    encode = latent.encode

    def watched(encoder: Any, batch: Any, **size: int) -> Any:
        pictures.append(batch)
        return encode(encoder, batch, **size)

    monkeypatch.setattr(latent, "encode", watched)
    made = studio.extend(tmp_path / "ends.wav", 0.2)
    assert made.shape == (1, round(1.0 * RATE))
    (picture,) = pictures
    assert (picture[0, -1] == 1).all()


REFUSED: list[tuple[Callable[[Studio, Path], Any], str]] = [
    (
        lambda studio, path: studio.generate(1, seconds=0.0),
        "generate.seconds = 0: a sound must have at least one sample, and at most 1678 s, which"
        " fits into memory",
    ),
    (lambda studio, path: studio.generate(1, seconds=float("nan")), "generate.seconds = nan: a"),
    (lambda studio, path: studio.generate(1, seconds=1e4), "generate.seconds = 10000: a sound"),
    (lambda studio, path: studio.extend(path, -1.0), "seconds = -1: a sound must have at least"),
    (
        lambda studio, path: studio.extend(path, 1677.0),
        "seconds = 1677 after 1.1 s of sweep.wav: a sound must have at least one sample, and at"
        " most 1678 s",
    ),
    (
        lambda studio, path: studio.extend(path, 1.0, label="polka"),
        "generate.label = 'polka': the prior knows hi, lo",
    ),
    (
        lambda studio, path: studio.fill(path, 0.2, 0.3, group="eve"),
        "generate.group = 'eve': the prior knows ann, bob",
    ),
    (
        lambda studio, path: studio.fill(path, 0.3, 0.3),
        "start = 0.3, end = 0.3: start must be at least 0, and less than end",
    ),
    (lambda studio, path: studio.fill(path, -0.1, 0.3), "start = -0.1, end = 0.3: start must"),
    (
        lambda studio, path: studio.fill(path, 1.0, 1.2),
        "start = 1, end = 1.2: end must be at most 1.100, where sweep.wav ends",
    ),
    (
        lambda studio, path: studio.fill(path, 0.01, 1.09),
        "start = 0.01, end = 1.09: the gap leaves no latent frame of sweep.wav: shorten it",
    ),
]


@pytest.mark.parametrize(("make", "text"), REFUSED)
def test_what_cannot_be_is_refused_in_a_line(
    of_any_length: Studio, recording: Path, make: Callable[[Studio, Path], Any], text: str
) -> None:
    with pytest.raises(UserError, match=re.escape(text)):
        make(of_any_length, recording)


def test_files_that_cannot_be_continued(of_any_length: Studio, tmp_path: Path) -> None:
    sound_files.write(tmp_path / "short.wav", tone(0.03, sample_rate=RATE), RATE)
    with pytest.raises(
        UserError,
        match="short.wav: lasts 0.03 s; a recording to be continued must last at least 0.04 s",
    ):
        of_any_length.extend(tmp_path / "short.wav", 1.0)
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(UserError, match=r"text.wav: not a sound file"):
        of_any_length.fill(tmp_path / "text.wav", 0.1, 0.2)


def test_a_model_of_one_length_says_so(tmp_path: Path, recording: Path) -> None:
    model = sequence_models.save(tmp_path, sequence_models.codec(), with_flow=False)
    studio = sequence_models.load(model)
    rest = "this model makes sounds of one length; others need train.sequence, prior.kind = flow"
    for make, name in [
        (lambda: studio.generate(1, seconds=1.0), "generate.seconds = 1"),
        (lambda: studio.extend(recording, 1.0), f"extend {recording}"),
        (lambda: studio.fill(recording, 0.1, 0.2), f"fill {recording}"),
    ]:
        with pytest.raises(UserError, match=re.escape(f"{name}: {rest}")):
            make()


def run(*words: Any) -> Any:
    return CliRunner().invoke(cli.commands, [str(word) for word in words])


def test_the_command_line_makes_all_of_them(model: Path, recording: Path, tmp_path: Path) -> None:
    quick = ["--model", model, "--iterations", 1, "--steps", 3]
    for words, seconds in [
        (["generate", "--n", 2, "--seconds", 0.7, "--group", "ann", "--guidance", 2], 0.7),
        (["extend", recording, "--seconds", 0.3, "--label", "lo"], 1.4),
        (["fill", recording, 0.2, 0.4, "--group", "bob", "--n", 2], 1.1),
    ]:
        out = tmp_path / str(words[0])
        result = run(*words, *quick, "--out", out)
        assert result.exit_code == 0, result.output
        assert set(pd.read_csv(out / "index.csv")["seconds"]) == {seconds}
    about = item_files.read_provenance(tmp_path / "generate/sound_002.wav")
    assert (about["group"], about["seconds"], about["steps"], about["guidance"]) == (
        "ann",
        0.7,
        3,
        2.0,
    )
    assert item_files.read_provenance(tmp_path / "extend/sound_001.wav")["label"] == "lo"
    about = item_files.read_provenance(tmp_path / "fill/sound_002.wav")
    assert (about["from"], about["start"], about["end"]) == ("fill sweep.wav", 0.2, 0.4)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["extend", "a.wav", "--seconds", 0], "'--seconds': 0.0 is not in the range x>0"),
        (["extend", "a.wav"], "Missing option '--seconds'"),
        (["fill", "a.wav", "nan", 1], "nan is not a finite number"),
        (["generate", "--seconds", "inf"], "inf is not a finite number"),
    ],
)
def test_the_command_line_refuses_numbers(words: list[Any], text: str, tmp_path: Path) -> None:
    result = run(*words, "--out", tmp_path / "new")
    assert result.exit_code == 2
    assert text in result.output


def test_a_served_model_is_asked_for_group_and_seconds(model: Path, tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"label": ["hi", None], "group": ["ann", None], "seconds": [0.3, np.nan], "seed": [1, 2]}
    )
    packed = tmp_path / "packed"
    shutil.copytree(model, packed)
    shutil.copytree(model.parent / "prior", packed / "prior")
    files = Served(packed).predict(rows)["file"]
    found = []
    for n, data in enumerate(files):
        (tmp_path / f"{n}.wav").write_bytes(data)
        samples, _ = sound_files.read(tmp_path / f"{n}.wav")
        found.append((len(samples), item_files.read_provenance(tmp_path / f"{n}.wav")))
    assert [length for length, _ in found] == [round(0.3 * RATE), CLIP]
    assert (found[0][1]["group"], found[0][1]["seconds"]) == ("ann", 0.3)
    assert "group" not in found[1][1]
