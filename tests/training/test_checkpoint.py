"""Checkpoints: whole or not at all, the one before kept, damage named."""

import logging
import os
import time
from pathlib import Path

import numpy as np
import pytest

from sonovae.errors import UserError
from sonovae.runtime import lock
from sonovae.training import checkpoint


@pytest.fixture
def kept(tmp_path: Path) -> checkpoint.Checkpoints:
    found = checkpoint.Checkpoints(tmp_path)
    for n in (1, 2, 3):
        found.save({"n": np.array(n), "weights": np.full(1000, n, np.float32)})
    found.wait()
    return found


def newest(kept: checkpoint.Checkpoints) -> Path:
    return sorted(kept.folder.glob("*.npz"))[-1]


def number(kept: checkpoint.Checkpoints) -> int:
    arrays = kept.load()
    assert arrays is not None
    return int(arrays["n"])


def test_the_newest_and_the_one_before(kept: checkpoint.Checkpoints) -> None:
    assert number(kept) == 3
    assert len(list(kept.folder.iterdir())) == 2


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def alter(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut, alter])
def test_damage_is_named_and_the_one_before_is_used(
    kept: checkpoint.Checkpoints, caplog: pytest.LogCaptureFixture, damage: object
) -> None:
    path = newest(kept)
    damage(path)  # type: ignore[operator]
    assert number(kept) == 2
    assert caplog.record_tuples == [
        (
            "sonovae.training.checkpoint",
            logging.WARNING,
            f"{path} is not what was written: the checkpoint before it is used",
        )
    ]
    cut(newest(kept))
    assert kept.load() is None


def test_another_worker_touches_nothing(tmp_path: Path) -> None:
    with checkpoint.of(tmp_path, "key") as own:
        own.save({"n": np.array(1)})
        own.wait()
        cut(newest(own))
        assert checkpoint.of_another(tmp_path, "key").load() is None
        assert newest(own).exists()


def test_what_a_killed_process_left_is_no_checkpoint(kept: checkpoint.Checkpoints) -> None:
    (kept.folder / "part").write_bytes(b"half")
    assert number(kept) == 3
    kept.save({"n": np.array(4)})
    assert number(kept) == 4
    assert not (kept.folder / "part").exists()


def test_no_object_is_unpickled(kept: checkpoint.Checkpoints) -> None:
    """Neither written nor read, even under the right hash."""
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        kept.save({"n": np.array([{"code": 1}], dtype=object)})
        kept.wait()
    np.savez(kept.folder / "evil.npz", n=np.array([{"code": 1}], dtype=object))
    (kept.folder / "evil.npz").rename(
        kept.folder / f"000009-{checkpoint.checksums.sha256(kept.folder / 'evil.npz')}.npz"
    )
    assert number(kept) == 3


def test_one_process_a_key(tmp_path: Path) -> None:
    with (
        checkpoint.of(tmp_path, "key"),
        pytest.raises(UserError, match="the same parameters, data and code is at work, process "),
        checkpoint.of(tmp_path, "key"),
    ):
        pass
    with checkpoint.of(tmp_path, "key") as kept:
        kept.delete()
    assert list((tmp_path / ".sonovae/checkpoints").iterdir()) == []


def test_those_that_were_given_up_are_swept_away(tmp_path: Path) -> None:
    folder, old = tmp_path / ".sonovae/checkpoints", time.time() - 8 * 24 * 3600
    for name in ("given up", "at work", "recent"):
        (folder / name).mkdir(parents=True)
        (folder / name / "lock").touch()
    for name in ("given up", "at work"):
        os.utime(folder / name, (old, old))
    with lock.alone(folder / "at work/lock", ""), checkpoint.of(tmp_path, "new"):
        assert {path.name for path in folder.iterdir()} == {"at work", "recent", "new"}
