import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonovae.dataset import spectrogram_cache
from sonovae.dataset.clips import Clip
from sonovae.errors import UserError

KNOWN: dict[str, Any] = {
    "item": 0,
    "start": 5,
    "source_start": 0.5,
    "gain": 2.0,
    "low": -1.0,
    "high": 1.0,
}
KEYS = ["a" * 64, "b" * 64, "c" * 64]


@pytest.fixture
def values(rng: np.random.Generator) -> list[list[np.ndarray]]:
    """Analyse recordings with two clips, none and one; images of a file may differ in size."""
    return [
        list(rng.normal(size=(2, 4, 3)).astype(np.float32)),
        [],
        [rng.normal(size=(2, 2)).astype(np.float32)],
    ]


def write(folder: Path, values: list[list[np.ndarray]]) -> list[spectrogram_cache.Entry]:
    return spectrogram_cache.write(
        folder,
        KEYS,
        (
            [(Clip(**KNOWN | {"label": f"{n}", "item": n}), each) for n, each in enumerate(some)]
            for some in values
        ),
    )


def test_there_and_back(tmp_path: Path, values: list[list[np.ndarray]]) -> None:
    made, found = write(tmp_path, values), spectrogram_cache.read(tmp_path, {*KEYS, "d" * 64})
    assert found.keys() == set(KEYS)
    for entry, back, some in zip(made, found.values(), values, strict=True):
        np.testing.assert_array_equal(entry.clips, back.clips)
        assert len(some) == len(back.clips)
        for each, wanted in zip(
            spectrogram_cache.values([(back, range(len(some)))]), some, strict=True
        ):
            np.testing.assert_array_equal(each, wanted)
    (record, _) = found[KEYS[0]].clips
    assert {name: record[name].item() for name in KNOWN} == KNOWN
    several = spectrogram_cache.values(
        [(found[KEYS[0]], [1]), (found[KEYS[1]], []), (found[KEYS[2]], [0])]
    )
    for each, wanted in zip(several, [values[0][1], values[2][0]], strict=True):
        np.testing.assert_array_equal(each, wanted)


def test_one_recording_without_a_clip(tmp_path: Path) -> None:
    (entry,) = spectrogram_cache.write(tmp_path, KEYS[:1], [[]])
    assert len(entry.clips) == 0
    assert spectrogram_cache.read(tmp_path, set(KEYS)).keys() == {KEYS[0]}


@pytest.mark.parametrize("where", [0, 40, -3, -20, -200])
def test_a_damaged_pack_is_deleted(
    tmp_path: Path, values: list[list[np.ndarray]], where: int
) -> None:
    pack = write(tmp_path, values)[0].pack
    data = bytearray(pack.read_bytes())
    data[where] ^= 1
    pack.write_bytes(data)
    assert spectrogram_cache.read(tmp_path, set(KEYS)) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", [0, 3, 50, -1])
def test_so_is_a_truncated_one(tmp_path: Path, values: list[list[np.ndarray]], left: int) -> None:
    pack = write(tmp_path, values)[0].pack
    pack.write_bytes(pack.read_bytes()[:left])
    assert spectrogram_cache.read(tmp_path, set(KEYS)) == {}
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_wanted_stays(tmp_path: Path, values: list[list[np.ndarray]]) -> None:
    pack = write(tmp_path, values)[0].pack
    assert spectrogram_cache.read(tmp_path, {"d" * 64}) == {}
    assert pack.exists()


def test_the_oldest_go_first(tmp_path: Path, values: list[list[np.ndarray]]) -> None:
    for n, key in enumerate(KEYS):
        os.utime(
            spectrogram_cache.write(tmp_path, [key], [[(Clip(**KNOWN), values[0][0])]])[0].pack,
            (n, n),
        )
    size = next(tmp_path.iterdir()).stat().st_size
    spectrogram_cache.prune(tmp_path, 3 * size)
    assert spectrogram_cache.read(tmp_path, {KEYS[0]}).keys() == {
        KEYS[0]
    }  # it was used last from now on
    spectrogram_cache.prune(tmp_path, 2 * size)
    assert spectrogram_cache.read(tmp_path, set(KEYS)).keys() == {KEYS[0], KEYS[2]}
    spectrogram_cache.prune(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_what_was_left_unfinished_goes_after_a_day(tmp_path: Path) -> None:
    for name, age in (("old", 90000), ("new", 1000)):
        (part := tmp_path / f"{name}.1.part").touch()
        os.utime(part, (time.time() - age,) * 2)
    spectrogram_cache.prune(tmp_path, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["new.1.part"]


def test_a_pack_that_fails_leaves_nothing(tmp_path: Path, values: list[list[np.ndarray]]) -> None:
    def failing() -> Iterator[tuple[Clip, np.ndarray]]:
        yield Clip(**KNOWN), values[0][0]
        raise UserError("it is damaged")

    with pytest.raises(UserError):
        spectrogram_cache.write(tmp_path, KEYS[:1], [failing()])
    assert list(tmp_path.iterdir()) == []


def test_a_limit_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOVAE_CACHE_GIB", "-1")
    with pytest.raises(
        UserError, match="SONOVAE_CACHE_GIB = '-1' must be a whole number, 0 at least"
    ):
        spectrogram_cache.most_bytes()
