"""fetch over a folder of everything that people's folders hold."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from sonovae.errors import Unreadable
from sonovae.recordings import checks, folder, recordings_table
from stages import fetch
from tests.making import odd_files
from tests.making.odd_files import BY_FFMPEG, FILES, Odd
from tests.making.projects import make_project
from tests.making.recordings import write_tones

EVERY = FILES | (BY_FFMPEG if shutil.which("ffmpeg") else {})
NOBODY = 65534
NOT_UTF8 = os.fsdecode(b"\xff \xe9.wav")
OPEN = {"fetch__source": "folder", "fetch__folder": "data/own", "fetch__pattern": None}
OPEN |= {"fetch__min_recordings": 1, "fetch__max_skip_fraction": 1.0}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    root = make_project(tmp_path_factory.mktemp("odd"), **OPEN)
    odd_files.make(root / "data/own", EVERY)
    odd_files.made(770)(root / "data/own/other.wav")
    (root / "data/own/other.wav").rename(root / "data/own" / NOT_UTF8)
    fetch.main(root)
    return recordings_table.read(root / "data/raw/recordings.csv").set_index("name", drop=False)


@pytest.mark.parametrize("name", EVERY)
def test_verdict(table: pd.DataFrame, name: str) -> None:
    wanted, row = EVERY[name], table.loc[name]
    assert row["status"] == wanted.status
    says = row["warning" if wanted.status == "used" else "reason"]
    assert says == "" if wanted == Odd(wanted.make, "used", "") else wanted.says in says


def test_there_is_a_row_for_each_and_no_other(table: pd.DataFrame) -> None:
    assert set(table.index) == {*EVERY, "%FF%20%E9.wav"}
    assert table.loc["%FF%20%E9.wav", "status"] == "used"
    assert len(EVERY) >= 45


def test_a_long_file_is_read_to_its_end(table: pd.DataFrame) -> None:
    assert table.loc["good three hours.au", "seconds"] == odd_files.LONG


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_what_ffmpeg_reads_has_its_rate_and_length(table: pd.DataFrame) -> None:
    for name in ("good.m4a", "no length.mp3", "no length.flac"):
        row = table.loc[name]
        assert (row["sample_rate"], row["channels"]) == (16000, 1)
        assert row["seconds"] == pytest.approx(2, abs=0.2)


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Not as root, who may open everything; the folder is nobody's then."""
    if os.geteuid():
        yield
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_and_a_folder_that_cannot_be_opened() -> None:
    with tempfile.TemporaryDirectory() as made:
        here = Path(made)
        write_tones(here / "closed", 1)
        write_tones(here, 2)
        with as_nobody(here):
            (here / "tone1.wav").chmod(0)
            (here / "closed").chmod(0)
            found = folder.files(here)
            reasons = {name: folder.reason_not_to_open(path, here) for name, path in found.items()}
            with pytest.raises(Unreadable, match="cannot be opened: Permission denied"):
                checks.inspect_sound(found["tone1.wav"])
            (here / "closed").chmod(0o700)
    assert reasons == {"closed": "a folder that cannot be opened", "tone0.wav": "", "tone1.wav": ""}
