from pathlib import Path

import pandas as pd
import pytest

from sonovae.dataset import saved_dataset
from sonovae.errors import UserError
from sonovae.recordings import recordings_table

ROW = {
    "path": f"files/{'a' * 64}.wav",
    "name": "x.wav",
    "sha256": "a" * 64,
    "seconds": 1.0,
    "sample_rate": 8000,
}
ROW |= {"channels": 1, "label": "", "group": "x.wav", "status": "used", "reason": "", "warning": ""}


def test_a_table_comes_back(tmp_path: Path) -> None:
    table = pd.DataFrame([ROW])
    recordings_table.write(tmp_path / "a.csv", table)
    pd.testing.assert_frame_equal(
        recordings_table.read(tmp_path / "a.csv"), table, check_dtype=False
    )


def test_all_failures_are_told_at_once(tmp_path: Path) -> None:
    rows = [
        ROW | {"seconds": -1.0},
        ROW | {"sha256": "short"},
        ROW | {"status": "perhaps", "name": "y.wav"},
    ]
    pd.DataFrame([*rows, ROW | {"path": "", "name": "z.wav"}]).to_csv(
        tmp_path / "a.csv", index=False
    )
    with pytest.raises(UserError) as caught:
        recordings_table.read(tmp_path / "a.csv")
    message = str(caught.value)
    assert "`dvc repro -f fetch` writes it again" in message
    for fault in (
        "seconds = -1.0",
        "sha256 = 'short'",
        "status = 'perhaps'",
        "used files have a path",
        "name = 'x.wav'",
    ):
        assert fault in message


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b'"path","name"\n"a\n', b"seconds\nlong\n"])
def test_what_is_no_table_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(
        UserError, match="a.csv cannot be read as a table: `dvc repro -f fetch` writes it again"
    ):
        recordings_table.read(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "files/../x.wav", f"files/{'a' * 64}.wav\n", "/files/x"]
)
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    pd.DataFrame([ROW | {"path": path}]).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(UserError, match="path = "):
        recordings_table.read(tmp_path / "a.csv")


def test_clips(tmp_path: Path) -> None:
    row = {
        "sha256": "a" * 64,
        "item": 0,
        "start": 0,
        "source_start": 0.0,
        "label": "",
        "group": "g",
        "split": "train",
    }
    table = pd.DataFrame([row | {"low": 1.0, "high": 0.0, "gain": 0.0}] * 2)
    table.to_csv(tmp_path / "clips.csv", index=False)
    with pytest.raises(UserError) as caught:
        saved_dataset.load(tmp_path)
    for fault in ("gain = 0.0", "low is at most high", "multiple_fields_uniqueness"):
        assert fault in str(caught.value)
