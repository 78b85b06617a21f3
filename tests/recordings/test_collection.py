"""fetch over folders of files good and bad."""

import os
import socket
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from sonovae import params
from sonovae.codec import image_files, silence, sound_files
from sonovae.errors import UserError
from sonovae.recordings import folder_check, recordings_table
from sonovae.recordings.naming import Naming
from stages import fetch
from tests.making.projects import make_project
from tests.making.recordings import tone, write_idx, write_tones


def fetched(tmp_path: Path, folder: Path, **changes: object) -> pd.DataFrame:
    """The recordings table that fetch writes for this folder."""
    root = make_project(tmp_path / "project")
    folder.rename(root / "data/own")
    changes = {
        "fetch__source": "folder",
        "fetch__folder": "data/own",
        "fetch__pattern": None,
        **changes,
    }
    make_project(root, **{"fetch__min_recordings": 1, "fetch__max_skip_fraction": 1.0, **changes})
    fetch.main(root)
    return recordings_table.read(root / "data/raw/recordings.csv").set_index("name", drop=False)


def test_every_bad_file_is_left_out_by_name_and_reason(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 3)
    (folder / "text.wav").write_text("not a sound")
    (folder / "truncated.wav").write_bytes((folder / "tone0.wav").read_bytes()[:5000])
    (folder / "empty.wav").touch()
    (folder / "copy.wav").write_bytes((folder / "tone0.wav").read_bytes())
    sound_files.write(folder / "silent.wav", np.zeros(8000, np.float32), 8000)
    sound_files.write(folder / "short.wav", tone(0.1), 8000)
    sound_files.write(folder / "slow.wav", tone(), 10)
    soundfile.write(folder / "nan.wav", np.full(8000, np.nan), 8000, subtype="FLOAT")
    (folder / "dangling.wav").symlink_to("nowhere")
    os.mkfifo(folder / "fifo.wav")
    (folder / ".hidden").write_text("the file manager's")
    table = fetched(tmp_path, folder)
    gone = table[table["status"] == "left out"]["reason"].to_dict()
    assert gone == {
        "dangling.wav": "a link to nothing",
        "empty.wav": "not a sound file: it is empty",
        "fifo.wav": "not a file, but a FIFO, socket or device",
        "nan.wav": "holds samples that are not finite (NaN or infinite)",
        "short.wav": "0.100 s, shorter than fetch.min_seconds = 0.4",
        "silent.wav": "silent: no sample over fetch.min_peak_dbfs = -60",
        "slow.wav": "a sample rate of 10 Hz, not within 1000 and 768000 Hz",
        "text.wav": "not a sound file: it is a table or text",
        "truncated.wav": "truncated: 4956 of 16000 bytes are there",
        "tone0.wav": "the same bytes as 'copy.wav'",
    }
    assert set(recordings_table.used(table)["name"]) == {"copy.wav", "tone1.wav", "tone2.wav"}


def test_only_some_and_a_limit(tmp_path: Path, folder: Path) -> None:
    write_tones(folder / "a", 4)
    write_tones(folder / "b", 2, seconds=1.5)
    limit = {"count": 3, "draw": "first", "seed": 1}
    changes = {
        "fetch__only": {"label": "a|c"},
        "fetch__limit": limit,
        "fetch__max_skip_fraction": 0.0,
    }
    table = fetched(tmp_path, folder, **changes)
    assert table["reason"].to_dict() == {
        **dict.fromkeys(["a/tone0.wav", "a/tone1.wav", "a/tone2.wav"], ""),
        "a/tone3.wav": "fetch.limit passes it over",
        **dict.fromkeys(["b/tone0.wav", "b/tone1.wav"], "fetch.only passes it over"),
    }
    assert len(list((tmp_path / "project/data/raw/files").iterdir())) == 3
    params.edit(tmp_path / "project/params.yaml", {"fetch.only": {"singer": "a"}})
    with pytest.raises(
        UserError, match="fetch.only.singer: the recordings have no such column, but path, name"
    ):
        fetch.main(tmp_path / "project")


def test_a_copy_that_is_not_chosen_costs_no_other(tmp_path: Path, folder: Path) -> None:
    write_tones(folder / "bad", 2)
    write_tones(folder / "good", 2)
    table = fetched(tmp_path, folder, fetch__only={"label": "good"})
    assert set(recordings_table.used(table)["name"]) == {"good/tone0.wav", "good/tone1.wav"}


def test_a_table_with_two_rows_of_a_file(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 2)
    (folder / "who.csv").write_text("file,singer,what\ntone0.wav,a,x\ntone0.wav,b,x\n")
    table = {"path": "who.csv", "name": "file", "label": "what", "group": "singer"}
    with pytest.raises(
        UserError, match="who.csv has two rows of 'tone0.wav': each file must have one"
    ):
        fetched(tmp_path, folder, fetch__table=table)


def test_a_random_limit_is_the_seeds(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 12)
    table = fetched(tmp_path, folder, fetch__limit={"count": 6, "draw": "random", "seed": 1})
    first = set(recordings_table.used(table)["name"])
    assert len(first) == 6
    params.edit(tmp_path / "project/params.yaml", {"fetch.limit.seed": 2})
    fetch.main(tmp_path / "project")
    assert (
        set(
            recordings_table.used(
                recordings_table.read(tmp_path / "project/data/raw/recordings.csv")
            )["name"]
        )
        != first
    )


def test_images_and_their_labels(tmp_path: Path, folder: Path, rng: np.random.Generator) -> None:
    write_idx(folder / "t-images-idx3-ubyte.gz", rng.integers(0, 256, (5, 4, 3)))
    write_idx(folder / "t-labels-idx1-ubyte.gz", np.arange(5))
    image_files.write(folder / "one.png", rng.uniform(size=(4, 3)))
    write_tones(folder, 1)
    picture = {"bins": None, "frames": None, "scaling": "fixed", "range": [0, 1]}
    picture |= {"size": [4, 4], "interpolation": "nearest", "mask_row": False}
    sections = {
        "preprocess__waveform": None,
        "preprocess__spectrogram": None,
        "preprocess__picture": picture,
    }
    table = fetched(tmp_path, folder, fetch__kind="image", **sections)
    assert table["status"].to_dict() == {
        "one.png": "used",
        "t-images-idx3-ubyte.gz": "used",
        "t-labels-idx1-ubyte.gz": "labels",
        "tone0.wav": "left out",
    }
    labels = table.loc["t-labels-idx1-ubyte.gz", "path"]
    assert table.loc["t-images-idx3-ubyte.gz", "labels"] == labels
    assert (tmp_path / "project/data/raw" / labels).is_file()


def test_labels_whose_names_end_as_kaggles_do(
    tmp_path: Path, folder: Path, rng: np.random.Generator
) -> None:
    write_idx(folder / "t-images.idx3-ubyte", rng.integers(0, 256, (5, 4, 3)))
    write_idx(folder / "t-labels.idx1-ubyte", np.arange(5))
    picture = {"bins": None, "frames": None, "scaling": "fixed", "range": [0, 1]}
    picture |= {"size": [4, 4], "interpolation": "nearest", "mask_row": False}
    sections = {
        "preprocess__waveform": None,
        "preprocess__spectrogram": None,
        "preprocess__picture": picture,
    }
    table = fetched(tmp_path, folder, fetch__kind="image", **sections)
    assert table["status"].tolist() == ["used", "labels"]
    assert (tmp_path / "project/data/raw" / table.loc["t-images.idx3-ubyte", "labels"]).is_file()


@pytest.mark.parametrize(
    "name",
    [
        "with space.wav",
        "a#b.wav",
        "new\nline.wav",
        "carriage\rreturn.wav",
        "🎵.wav",
        'q"u,ote.wav',
        "NA.wav",
    ],
)
def test_odd_names_come_through_the_table(tmp_path: Path, folder: Path, name: str) -> None:
    write_tones(folder, 2)
    sound_files.write(folder / name, tone(2), 8000)
    table = fetched(tmp_path, folder)
    assert table.loc[name, "status"] == "used"
    assert (tmp_path / "project/data/raw" / table.loc[name, "path"]).is_file()


def test_a_name_that_is_not_utf8_is_percent_encoded(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 1)
    (folder / "tone0.wav").rename(os.fsdecode(os.fsencode(folder) + b"/\xff \xe9.wav"))
    table = fetched(tmp_path, folder)
    assert table.index.tolist() == ["%FF%20%E9.wav"]
    assert table["status"].tolist() == ["used"]


def test_used_files_are_copied_whole_under_their_hash(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 2)
    table = fetched(tmp_path, folder)
    row = table.loc["tone1.wav"]
    assert row["path"] == f"files/{row['sha256']}.wav"
    copied = tmp_path / "project/data/raw" / row["path"]
    assert copied.read_bytes() == (tmp_path / "project/data/own/tone1.wav").read_bytes()
    assert (row["seconds"], row["sample_rate"], row["channels"]) == (1.0, 8000, 1)


def test_label_is_the_folder_and_group_the_recording(tmp_path: Path, folder: Path) -> None:
    write_tones(folder / "deep" / "rain", 1)
    row = fetched(tmp_path, folder).iloc[0]
    assert (row["label"], row["group"]) == ("rain", "deep/rain/tone0.wav")


def test_pattern_names_label_group_and_others(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 2)
    (folder / "tone0.wav").rename(folder / "7_anna_3.wav")
    pattern = r"(?P<label>\d)_(?P<group>[a-z]+)_(?P<index>\d+)"
    table = fetched(tmp_path, folder, fetch__pattern=pattern)
    assert table.loc["7_anna_3.wav", ["label", "group", "index"]].tolist() == ["7", "anna", "3"]
    assert table.loc["tone1.wav", "reason"] == f"its name does not match fetch.pattern {pattern}"


def test_an_optional_group_that_is_not_there_leaves_the_default(
    tmp_path: Path, folder: Path
) -> None:
    write_tones(folder, 2)
    table = fetched(tmp_path, folder, fetch__pattern=r"tone(?P<label>\d)(?P<group>x)?")
    assert table["group"].tolist() == ["tone0.wav", "tone1.wav"]
    assert table["label"].tolist() == ["0", "1"]


def test_a_suffix_that_is_none_stays_out_of_paths(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 1)
    (folder / "tone0.wav").rename(os.fsdecode(os.fsencode(folder) + b"/Mr. \xe9t\xe9"))
    row = fetched(tmp_path, folder).iloc[0]
    assert row["path"] == f"files/{row['sha256']}"


def test_table_names_label_group_and_others(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 3)
    (folder / "about.csv").write_text(
        "file,song,who,place\ntone0.wav,Potter,p1,here\ntone1.wav,Panther,p2,there\n"
    )
    about = {"path": "about.csv", "name": "file", "label": "song", "group": "who"}
    table = fetched(tmp_path, folder, fetch__table=about)
    assert table.loc["tone1.wav", ["label", "group", "place"]].tolist() == [
        "Panther",
        "p2",
        "there",
    ]
    assert table.loc["tone2.wav", "reason"] == "not in fetch.table"


def test_table_without_the_column(tmp_path: Path, folder: Path) -> None:
    write_tones(folder, 1)
    (folder / "about.csv").write_text("file,song\n")
    about = {"path": "about.csv", "name": "file", "label": "song", "group": "who"}
    with pytest.raises(
        UserError,
        match=r"fetch.table.group = 'who': not a column of about.csv, which has file, song",
    ):
        fetched(tmp_path, folder, fetch__table=about)


def test_naming_prefers_the_whole_name() -> None:
    naming = Naming(None, {"a/x.wav": {"label": "one"}, "x.wav": {"label": "two"}})
    assert naming.of("a/x.wav")["label"] == "one"
    assert naming.of("b/x.wav")["label"] == "two"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"fetch__min_recordings": 3}, "2 usable recordings, fewer than fetch.min_recordings = 3"),
        (
            {"fetch__max_skip_fraction": 0.3},
            "33% of the files were left out, more than fetch.max_skip_fraction = 30%",
        ),
        ({"fetch__folder": "data/absent"}, "is not a folder: `make folder FROM=…` adds yours"),
    ],
)
def test_too_little_stops_with_the_rule_and_writes_nothing(
    tmp_path: Path, folder: Path, changes: dict[str, object], rule: str
) -> None:
    write_tones(folder, 2)
    (folder / "text.wav").write_text("not a sound")
    with pytest.raises(UserError) as caught:
        fetched(tmp_path, folder, **changes)
    assert rule in str(caught.value).splitlines()[0]
    assert [path.name for path in (tmp_path / "project/data").iterdir() if "raw" in path.name] == []


def test_an_empty_folder(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UserError, match="0 usable recordings, fewer than fetch.min_recordings = 1"):
        fetched(tmp_path, folder)


def test_what_dvc_would_hang_on_or_die_of_is_named(folder: Path) -> None:
    write_tones(folder / "fine", 2)
    os.mkfifo(folder / "a fifo")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "dvc.yaml").touch()
    (folder / "b.dvc").touch()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.wav")).touch()
    inside = Path(os.fsdecode(os.fsencode(folder) + b"/\xfe"))
    inside.mkdir()
    (inside / "a.wav").touch()
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path is at most 107 bytes long
        server.bind("sock")
        os.chdir(here)
    with pytest.raises(UserError) as caught:
        folder_check.refuse(folder)
    lines = str(caught.value).splitlines()
    faults = sorted(line.removeprefix(f"error: {folder}: ") for line in lines)
    assert [fault.split("'")[1] for fault in faults] == [
        "%FE/a.wav",
        "%FF.wav",
        "a fifo",
        "b.dvc",
        "dangling",
        "dvc.yaml",
        "sock",
    ]


def test_whistles_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second, other = (
        make_project(tmp_path / name, fetch__whistles__seed=seed)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    tables = []
    for root in (first, second, other):
        fetch.main(root)
        tables.append((root / "data/raw/recordings.csv").read_bytes())
    assert tables[0] == tables[1] != tables[2]


def test_whistles_hold_pauses_under_and_over_half_a_second(tmp_path: Path) -> None:
    root = make_project(tmp_path, fetch__whistles__seconds=6.0)
    fetch.main(root)
    pauses = []
    for path in (root / "data/raw/files").iterdir():
        samples, rate = sound_files.read(path)
        kept = silence.nonsilent(samples, rate, 0.1, -45)
        pauses += [(b - a) / rate for (_, a), (b, _) in pairwise(kept)]
    assert min(pauses) < 0.4
    assert max(pauses) > 0.6
