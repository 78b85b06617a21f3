"""The real client of Kaggle against a stub of its HTTP interface."""

import io
import shutil
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from kagglesdk import kaggle_env
from kagglesdk.kaggle_env import KaggleEnv

from sonovae import params
from sonovae.console import project_commands
from sonovae.errors import UserError
from sonovae.recordings import kaggle, recordings_table
from stages import fetch
from tests.making.projects import make_project
from tests.making.recordings import write_tones
from tests.making.stub_kaggle import Kaggle, running

HANDLE = "anna/whistles/versions/1"
SECRET = "0123456789abcdef-not-to-be-shown"  # noqa: S105


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kaggle]:
    """With a dataset of two versions, and a client without credentials that knows its address."""
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN", "KAGGLE_API_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("HOME", str(tmp_path))
    first, second = zipped(tmp_path / "one", 4), zipped(tmp_path / "two", 5)
    files = {1: {"a.wav": 10, "b.wav": 20, "c.wav": 30}, 2: {"a.wav": 10, "b.wav": 21, "d.wav": 30}}
    with running(Kaggle({1: first, 2: second}, files)) as server:
        monkeypatch.setitem(kaggle_env._env_to_endpoint, KaggleEnv.PROD, server.url)
        yield server


def zipped(folder: Path, n: int) -> bytes:
    write_tones(folder, n)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"recordings/{path.name}")
    shutil.rmtree(folder)
    return data.getvalue()


def project_of(tmp_path: Path, **changes: object) -> Path:
    changes = {
        "fetch__source": "kaggle",
        "fetch__kaggle": HANDLE,
        "fetch__pattern": None,
        **changes,
    }
    return make_project(tmp_path / "project", **changes)


def test_fetch_from_kaggle_once_and_offline_again(tmp_path: Path, stub: Kaggle) -> None:
    root = project_of(tmp_path)
    fetch.main(root)
    table = recordings_table.read(root / "data/raw/recordings.csv")
    assert table["name"].tolist() == [f"recordings/tone{i}.wav" for i in range(4)]
    assert set(table["label"]) == {"recordings"}
    stub.status = 500
    before = len(stub.seen)
    fetch.main(root)
    assert len(stub.seen) == before


def test_a_cut_download_goes_on_where_it_was_cut(tmp_path: Path, stub: Kaggle) -> None:
    stub.archives[1] = np.random.default_rng(0).bytes(8 << 20)  # kagglehub writes a MiB at a time
    stub.cuts = 2
    archive = kaggle.download(HANDLE, tmp_path / "home")
    assert archive.read_bytes() == stub.archives[1]
    starts = [int(seen.split()[-1]) for seen in stub.seen if seen.startswith("GET")]
    assert starts[0] == 0
    assert len(stub.archives[1]) // 2 - (1 << 20) <= starts[-1] < len(stub.archives[1])
    assert stub.cuts == 0


def test_a_killed_download_goes_on_in_the_next_run(tmp_path: Path, stub: Kaggle) -> None:
    (tmp_path / "anna-whistles-versions-1.part").write_bytes(stub.archives[1][:1000])
    assert kaggle.download(HANDLE, tmp_path).read_bytes() == stub.archives[1]
    assert stub.seen[-1] == "GET from 1000"


def test_a_server_that_ignores_where_to_go_on(tmp_path: Path, stub: Kaggle) -> None:
    stub.ignores_range, stub.md5 = True, "none"
    (tmp_path / "anna-whistles-versions-1.part").write_bytes(b"x" * 1000)
    with pytest.raises(UserError, match="arrived damaged: run again"):
        kaggle.download(HANDLE, tmp_path)
    assert kaggle.download(HANDLE, tmp_path).read_bytes() == stub.archives[1]


def test_a_wrong_checksum(tmp_path: Path, stub: Kaggle) -> None:
    stub.md5 = "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(UserError, match="versions/1 arrived damaged: run again, or put its"):
        kaggle.download(HANDLE, tmp_path / "home")
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            401,
            "Kaggle does not know your login (401) for anna/whistles/versions/1: "
            "fix KAGGLE_API_TOKEN",
        ),
        (
            403,
            "forbids anna/whistles/versions/1 (403): accept its terms at https://www.kaggle.com/datasets/anna/whistles",
        ),
        (
            404,
            "Kaggle has no anna/whistles/versions/1 (404): look for it at https://www.kaggle.com/datasets/anna/whistles",
        ),
        (500, "Kaggle answered 500 for anna/whistles/versions/1: try again later"),
    ],
)
def test_each_refusal_says_what_to_do_and_no_secret(
    tmp_path: Path,
    stub: Kaggle,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", "anna")
    monkeypatch.setenv("KAGGLE_KEY", SECRET)
    stub.status = status
    root = project_of(tmp_path)
    with pytest.raises(UserError) as caught:
        fetch.main(root)
    message = str(caught.value)
    assert said in message
    assert message.endswith("or put its files into a folder and use that: `make folder FROM=…`")
    assert "\n" not in message
    assert not (root / "data/raw").exists()
    assert SECRET not in message + "".join(capfd.readouterr())


def test_a_version_that_is_gone(tmp_path: Path, stub: Kaggle) -> None:
    with pytest.raises(
        UserError, match="that version is gone, anna/whistles/versions/2 is there and `make"
    ):
        kaggle.download("anna/whistles/versions/7", tmp_path)


def test_a_slow_server_is_waited_for(
    tmp_path: Path, stub: Kaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kaggle, "SECONDS", (0.5, 0.5))
    stub.drip, stub.seconds = 0.2, 0.2
    assert kaggle.download(HANDLE, tmp_path).read_bytes() == stub.archives[1]


def test_a_server_that_says_nothing(
    tmp_path: Path, stub: Kaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kaggle, "SECONDS", (0.3, 0.3))
    stub.seconds = 1.0
    with pytest.raises(
        UserError, match="Kaggle sent nothing for 0.3 s: run again, or put its files into a folder"
    ):
        kaggle.download(HANDLE, tmp_path)


def test_no_server(tmp_path: Path, stub: Kaggle, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setitem(
            kaggle_env._env_to_endpoint, KaggleEnv.PROD, f"http://127.0.0.1:{free.getsockname()[1]}"
        )
        with pytest.raises(
            UserError,
            match="Kaggle cannot be reached for anna/whistles/versions/1: check the network",
        ):
            kaggle.download(HANDLE, tmp_path)


def test_credentials_that_are_no_json(
    tmp_path: Path, stub: Kaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kaggle.json").write_text(SECRET)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    with pytest.raises(
        UserError, match="credentials cannot be read: fix or delete KAGGLE_API_TOKEN or"
    ) as caught:
        kaggle.download(HANDLE, tmp_path / "home")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "handle", ["anna", "anna/whistles", "anna/b/versions/x", "a/b/versions/0", "a/../versions/1"]
)
def test_a_handle_without_a_version_is_no_pin(tmp_path: Path, handle: str) -> None:
    with pytest.raises(UserError, match=r"fetch.kaggle.*must be owner/name/versions/N"):
        project_of(tmp_path, fetch__kaggle=handle)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_token_with_a_lines_end_is_not_shown(
    tmp_path: Path, stub: Kaggle, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET + end)
    with pytest.raises(UserError, match="KAGGLE_API_TOKEN") as caught:
        kaggle.download(HANDLE, tmp_path / "home")
    assert SECRET not in str(caught.value)


def test_a_damaged_archive_is_not_kept(tmp_path: Path, stub: Kaggle) -> None:
    root, good = project_of(tmp_path), stub.archives[1]
    stub.archives[1] = good[:1000]
    with pytest.raises(
        UserError, match="is refused: it is neither a zip nor a tar file; nothing of it was kept"
    ):
        fetch.main(root)
    stub.archives[1] = good
    fetch.main(root)
    assert [path.name for path in (root / ".sonovae/downloads").iterdir()] == [
        "anna-whistles-versions-1.archive"
    ]


def test_data_update_shows_and_pins(
    tmp_path: Path, stub: Kaggle, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project_of(tmp_path)
    project_commands.data_update(root)
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["+ d.wav, 30 bytes", "- c.wav", "~ b.wav, 20 → 21 bytes"]
    assert params.load(root / "params.yaml").fetch.kaggle == "anna/whistles/versions/2"
    project_commands.data_update(root)
    assert capsys.readouterr().out == "params.yaml names the newest already\n"
