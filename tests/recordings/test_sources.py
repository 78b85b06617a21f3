"""Archives at a path or URL, pinned by their SHA-256."""

import hashlib
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sonovae import params
from sonovae.console import project_commands
from sonovae.errors import UserError
from sonovae.recordings import recordings_table
from stages import fetch
from tests.making.projects import make_project
from tests.making.recordings import write_tones


class Quiet(SimpleHTTPRequestHandler):
    seen: list[str] = []  # noqa: RUF012

    def log_message(self, *_: object) -> None:
        self.seen.append(self.path)


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    """A server of the folder `folder`."""
    Quiet.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def zipped(path: Path, n: int) -> str:
    """A zip of n tones, and its SHA-256."""
    write_tones(path.parent / "tones", n)
    with zipfile.ZipFile(path, "w") as file:
        for each in sorted((path.parent / "tones").iterdir()):
            file.write(each, f"tones/{each.name}")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def project_of(tmp_path: Path, at: str, sha256: str) -> Path:
    archive = {"at": at, "sha256": sha256}
    return make_project(
        tmp_path / "project", fetch__source="archive", fetch__archive=archive, fetch__pattern=None
    )


def names(root: Path) -> list[str]:
    return recordings_table.read(root / "data/raw/recordings.csv")["name"].tolist()


def test_at_a_path_in_the_project(tmp_path: Path, folder: Path) -> None:
    sha256 = zipped(folder / "a.zip", 4)
    root = project_of(tmp_path, "data/a.zip", sha256)
    (folder / "a.zip").rename(root / "data/a.zip")
    write_tones(root / ".sonovae/unpacked", 9)  # of a stage that was killed
    fetch.main(root)
    assert names(root) == [f"tones/tone{i}.wav" for i in range(4)]
    assert not (root / ".sonovae/unpacked").exists()


def test_at_a_url_once(tmp_path: Path, folder: Path, site: str) -> None:
    root = project_of(tmp_path, f"{site}/a.zip", zipped(folder / "a.zip", 4))
    fetch.main(root)
    fetch.main(root)
    assert names(root) == [f"tones/tone{i}.wav" for i in range(4)]
    assert Quiet.seen == ["/a.zip"]


def test_another_file_than_the_pinned_one(tmp_path: Path, folder: Path, site: str) -> None:
    sha256 = zipped(folder / "a.zip", 4)
    root = project_of(tmp_path, f"{site}/a.zip", "0" * 64)
    with pytest.raises(
        UserError,
        match=f"has the SHA-256 {sha256}, not fetch.archive.sha256 = 000.*`make data-update`",
    ):
        fetch.main(root)
    assert not (root / "data/raw").exists()
    project_commands.data_update(root)
    fetch.main(root)
    assert params.load(root / "params.yaml").fetch.archive.sha256 == sha256


def test_data_update_sees_a_new_archive_behind_the_same_url(
    tmp_path: Path, folder: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project_of(tmp_path, f"{site}/a.zip", zipped(folder / "a.zip", 4))
    fetch.main(root)
    project_commands.data_update(root)
    assert "names the newest already" in capsys.readouterr().out
    zipped(folder / "a.zip", 5)
    project_commands.data_update(root)
    assert "SHA-256" in capsys.readouterr().out
    fetch.main(root)
    assert len(names(root)) == 5


@pytest.mark.parametrize(
    ("at", "fault"),
    [
        ("data/nowhere.zip", "'data/nowhere.zip' is not a file"),
        ("SITE/nowhere.zip", "nowhere.zip' answered 404: check the address"),
        (
            "http://127.0.0.1:1/a.zip",
            "'http://127.0.0.1:1/a.zip' cannot be reached: check the address and the network",
        ),
    ],
)
def test_nothing_there(tmp_path: Path, site: str, at: str, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        fetch.main(project_of(tmp_path, at.replace("SITE", site), "0" * 64))


@pytest.mark.parametrize("at", ["https://anna:secret@example.org/a.zip", ""])
def test_no_login_in_params(tmp_path: Path, at: str) -> None:
    with pytest.raises(UserError, match="must be a path, or a URL without a login"):
        project_of(tmp_path, at, "0" * 64)


@pytest.mark.parametrize(
    "at", ["http://anna:secret@127.0.0.1:1/a.zip", "http://[bad/a.zip", f"http://{'x' * 70}/a.zip"]
)
def test_make_folder_refuses_an_address_before_it_uses_it(project: Path, at: str) -> None:
    with pytest.raises(
        UserError, match="URL without a login|no address|cannot be reached"
    ) as caught:
        project_commands.folder(project, at, "")
    assert "secret" not in str(caught.value)


def test_make_folder_pins_an_archive(tmp_path: Path, folder: Path, site: str) -> None:
    sha256, root = zipped(folder / "a.zip", 4), make_project(tmp_path / "project")
    for at in (str(folder / "a.zip"), f"{site}/a.zip"):
        project_commands.folder(root, at, "")
        p = params.load(root / "params.yaml").fetch
        assert (p.source, p.pattern, p.archive.at, p.archive.sha256) == (
            "archive",
            None,
            at,
            sha256,
        )
        fetch.main(root)
        assert len(names(root)) == 4
    (folder / "a.txt").write_text("hello")
    with pytest.raises(UserError, match="a.txt' is neither a zip nor a tar file"):
        project_commands.folder(root, str(folder / "a.txt"), "")


def test_a_source_without_versions(project: Path) -> None:
    with pytest.raises(
        UserError, match="fetch.source = whistles has no versions: only archive and kaggle do"
    ):
        project_commands.data_update(project)


def test_a_source_needs_its_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="source = kaggle needs kaggle, which is null"):
        make_project(tmp_path / "project", fetch__source="kaggle")
