import dataclasses
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sonovae import params
from sonovae.codec import image_files, sound_files
from sonovae.dataset import clips, clips_table, spectrogram_cache
from sonovae.errors import Unreadable, UserError
from sonovae.params.preprocess import Split
from sonovae.recordings import schema
from tests.making.projects import HERE
from tests.making.recordings import tone, write_idx

P = params.load(HERE / "params.yaml").preprocess.waveform
RATE = P.sample_rate


def test_starts_name_the_place_in_the_file() -> None:
    pause, sound = np.zeros(RATE, np.float32), tone(1.9, 1000, RATE)
    found = clips.recording_to_clips([np.concatenate([pause, sound, pause, sound])], RATE, P)
    assert [clip.start for clip in found.known] == [0, P.clip_length, 2 * P.clip_length]
    assert [clip.source_start for clip in found.known] == pytest.approx(
        [1.0, 2.016, 3.9 + 2.032 - 1.9], abs=0.05
    )


def test_silence_makes_no_clips() -> None:
    assert len(clips.recording_to_clips([np.zeros(3 * RATE, np.float32)], RATE, P).items) == 0


def split(**changes: object) -> Split:
    return params.parse(
        {"seed": 1, "block_seconds": None, "validation": 0.1, "test": 0.1} | changes, Split
    )


def test_blocks_of_a_recording_are_groups() -> None:
    places = records(source_start=[0.0, 1.016, 2.032, 3.048, 4.064], label="")
    recordings = pd.DataFrame({"name": ["a.wav"], "group": "a", "label": "x", "rows": "its own"})
    found = clips_table.build(recordings, [places], split(block_seconds=2.0))
    assert list(found["group"]) == ["a@0", "a@0", "a@1", "a@1", "a@2"]
    assert list(found["label"]) == ["x"] * 5
    assert list(found["rows"]) == ["its own"] * 5
    assert set(clips_table.build(recordings, [places], split())["group"]) == {"a"}


def records(**columns: Any) -> np.ndarray:
    """Of clips, as packs hold them."""
    places = dict.fromkeys([*schema.CLIP_FIELDS, *spectrogram_cache.WHERE], 0)
    return (
        pd.DataFrame(places | columns)
        .to_records(index=False, column_dtypes={"label": "U9"})
        .view(np.ndarray)
    )


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_images_of_an_idx_file(tmp_path: Path, rng: np.random.Generator, suffix: str) -> None:
    pixels = rng.integers(0, 256, (5, 4, 3))
    write_idx(tmp_path / f"a-images-idx3-ubyte{suffix}", pixels)
    write_idx(tmp_path / f"a-labels-idx1-ubyte{suffix}", np.array([3, 1, 4, 1, 5]))
    recording = pd.Series(
        {
            "name": "a",
            "group": "a",
            "path": f"a-images-idx3-ubyte{suffix}",
            "labels": f"a-labels-idx1-ubyte{suffix}",
        }
    )
    found = clips.read(tmp_path, recording, None)
    np.testing.assert_array_equal(np.round(np.array(found.items) * 255), pixels)
    places = records(**pd.DataFrame(found.known)[["item", "label"]])
    rows = clips_table.build(pd.DataFrame([recording]).assign(label=""), [places], split())
    assert rows[["item", "label", "group"]][:2].to_numpy().tolist() == [
        [0, "3", "a#0"],
        [1, "1", "a#1"],
    ]


def test_an_image_file_and_back(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (4, 3)).astype(np.float32) / 255
    image_files.write(tmp_path / "a.png", pixels)
    np.testing.assert_allclose(image_files.read(tmp_path / "a.png")[0], pixels, atol=1e-6)
    Image.fromarray(np.zeros((4, 3, 3), np.uint8)).save(tmp_path / "b.jpg")
    assert image_files.read(tmp_path / "b.jpg")[0].shape == (4, 3)


def test_sixteen_bits_are_not_clipped(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(tmp_path / "deep.png")
    np.testing.assert_allclose(image_files.read(tmp_path / "deep.png")[0], [[0, 0.5, 1]], atol=1e-4)
    Image.fromarray(np.array([[0, 0.5, 1]], np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(Unreadable, match="holds floating-point pixels, whose white is not known"):
        image_files.read(tmp_path / "float.tif")


def test_an_idx_file_without_labels_has_a_group_an_image(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    write_idx(tmp_path / "a-images", rng.integers(0, 256, (3, 4, 3)))
    recording = {"name": "a", "group": "a", "label": "", "path": "a-images", "labels": ""}
    places = records(**pd.DataFrame(clips.read(tmp_path, recording, None).known)[["item", "label"]])
    found = clips_table.build(pd.DataFrame([recording]), [places], split())
    assert list(found["group"]) == ["a#0", "a#1", "a#2"]


def test_labels_of_another_length_are_named(tmp_path: Path, rng: np.random.Generator) -> None:
    write_idx(tmp_path / "a-images", rng.integers(0, 256, (3, 4, 3)))
    write_idx(tmp_path / "a-labels", np.arange(4))
    recording = {"name": "a", "group": "a", "label": "", "path": "a-images", "labels": "a-labels"}
    with pytest.raises(
        UserError, match="'a' cannot be used: it holds 3 images, and its file of labels 4"
    ):
        clips.read(tmp_path, recording, None)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
        ("images/t10k-images.idx3-ubyte", "images/t10k-labels.idx1-ubyte"),
        ("a/t-images-idx3/t-images-idx3", "a/t-labels-idx1/t-labels-idx1"),
        ("images/0.png", ""),
    ],
)
def test_where_labels_are(name: str, labels: str) -> None:
    assert image_files.labels_name(name) == labels


def test_damaged_images(tmp_path: Path, rng: np.random.Generator) -> None:
    write_idx(tmp_path / "images", rng.integers(0, 256, (5, 4, 3)))
    whole = (tmp_path / "images").read_bytes()
    for name, data, reason in [
        ("empty", b"\0\0\x08\x03" + bytes(12), "holds no numbers"),
        ("short", whole[:-1], "truncated, or too long"),
        ("head", whole[:7], "truncated, or too long"),
        ("labels", b"\0\0\x08\x01\0\0\0\x01\x07", "neither an image nor an IDX file of images"),
        ("cut.gz", gzip.compress(whole)[:-9], "damaged"),
        ("text.png", b"text", "not an image that can be read"),
    ]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Unreadable, match=reason):
            image_files.read(tmp_path / name)


def test_together_they_are_read_as_each_alone(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: Any
) -> None:
    """Short ones and long, of several rates; silences are cut of all."""
    recordings: list[dict[str, Any]] = []
    for n, rate in enumerate([8000, 22050, 8000, 16000, 8000]):
        samples = np.concatenate(
            [tone(0.4, 300 + 50 * n, rate), np.zeros(rate), rng.uniform(-0.2, 0.2, rate // (n + 1))]
        )
        sound_files.write(tmp_path / f"{n}.wav", samples.astype(np.float32), rate)
        recordings.append(
            {
                "path": f"{n}.wav",
                "name": f"{n}",
                "sample_rate": rate,
                "seconds": len(samples) / rate,
            }
        )
    monkeypatch.setattr(sound_files, "BLOCK", 20000)
    assert [
        each["seconds"] * each["sample_rate"] <= sound_files.BLOCK for each in recordings
    ].count(True) == 3
    p = dataclasses.replace(P, clip_seconds=0.25, rest="pad")
    for found, recording in zip(clips.read_all(tmp_path, recordings, p), recordings, strict=True):
        alone = clips.read(tmp_path, recording, p)
        np.testing.assert_array_equal(np.array(found.items), np.array(alone.items))
        assert dataclasses.replace(found, items=[]) == dataclasses.replace(alone, items=[])
        assert len(found.items) > 1


def test_one_that_cannot_be_read_is_named_among_others(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    recording = {"path": "a.wav", "name": "my whistle", "sample_rate": 8000, "seconds": 1.0}
    with pytest.raises(UserError, match="'my whistle' cannot be used: not a sound file"):
        list(clips.read_all(tmp_path, [recording], P))
