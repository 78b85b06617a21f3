import subprocess
from pathlib import Path

import pytest

from sonovae.errors import UserError
from sonovae.recordings import recordings_table
from sonovae.runtime import checksums
from stages import fetch, preprocess, train
from tests.making.recordings import write_tones


@pytest.fixture
def written(folder: Path) -> Path:
    write_tones(folder / "deep", 3)
    checksums.write(folder)
    return folder


def test_coreutils_reads_it(written: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", checksums.NAME], cwd=written, check=True)
    checksums.verify(written, "fetch")


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (
            lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\1"),
            "tone1.wav has changed since fetch wrote it",
        ),
        (lambda path: path.unlink(), "tone1.wav is not there"),
        (lambda path: path.with_name("new.wav").touch(), "new.wav does not belong there"),
        (
            lambda path: (path.parents[1] / checksums.NAME).unlink(),
            "SHA256SUMS cannot be read: `dvc repro -f fetch`",
        ),
    ],
)
def test_what_changed_is_named(written: Path, harm: object, fault: str) -> None:
    harm(written / "deep/tone1.wav")
    with pytest.raises(UserError, match=fault):
        checksums.verify(written, "fetch")


def test_stages_verify_what_they_read(project: Path) -> None:
    """An edit that keeps size and time is unseen by DVC, stops the next stage, writes nothing."""
    fetch.main(project)
    flip(
        project / "data/raw" / recordings_table.read(project / "data/raw/recordings.csv")["path"][0]
    )
    with pytest.raises(
        UserError, match="has changed since fetch wrote it, which DVC does not notice"
    ):
        preprocess.main(project)
    assert not (project / "data/pictures").exists()
    fetch.main(project)
    preprocess.main(project)
    flip(project / "data/pictures/pictures.npy")
    with pytest.raises(UserError, match="pictures.npy has changed since preprocess wrote it"):
        train.main(project)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
