"""Archives that anyone may have made."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sonovae.errors import UserError
from sonovae.recordings import archive


def zipped(path: Path, members: dict[str, bytes], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, mode << 16
            file.writestr(entry, data)
    return path


def tarred(path: Path, *members: tarfile.TarInfo, compression: str = "gz") -> Path:
    with tarfile.open(path, f"w:{compression}") as file:
        for member in members:
            file.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 3) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.linkname = (
        kind,
        size if kind == tarfile.REGTYPE else 0,
        "/etc/passwd",
    )
    return entry


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_tar_comes_out_whole(tmp_path: Path, folder: Path, compression: str) -> None:
    members = [member("./a", tarfile.DIRTYPE), member("./a/x.wav"), member("a/déjà #1.wav", size=5)]
    archive.unpack(tarred(tmp_path / "a.tar", *members, compression=compression), folder)
    assert {path.name: path.stat().st_size for path in (folder / "a").iterdir()} == {
        "x.wav": 3,
        "déjà #1.wav": 5,
    }


def test_zip_comes_out_whole(tmp_path: Path, folder: Path) -> None:
    members = {"a/": b"", "a/x.wav": b"123", "b/c/y": bytes(10**6)}
    archive.unpack(zipped(tmp_path / "a.zip", members), folder)
    assert (folder / "a/x.wav").read_bytes() == b"123"
    assert (folder / "b/c/y").stat().st_size == 10**6


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["../x.wav"], "'../x.wav' leads out of the folder"),
        (["a/../../x.wav"], "leads out of the folder"),
        (["/etc/x.wav"], "'/etc/x.wav' is no path inside a folder"),
        (["C:/x.wav"], "is no path inside a folder"),
        (["a\\..\\x.wav"], "is no path inside a folder"),
        (["a//x.wav"], "or is no plain path"),
        (["x.wav", "X.wav"], "'X.wav' and 'x.wav' are one name on some disks"),
        (["x.wav", "x.wav"], "are one name on some disks"),
        (["e\u0301.wav", "\u00e9.wav"], "are one name on some disks"),
        (["a", "a/x.wav"], "'a' is a file, and a folder of 'a/x.wav'"),
        (["A", "a/b/x.wav"], "'A' is a file, and a folder of"),
        (["a" * 300], "is too long a name"),
        (["/".join(["abcdefgh"] * 200)], "is too long a name"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_lead_astray(
    tmp_path: Path, folder: Path, names: list[str], reason: str, kind: str
) -> None:
    if kind == "tar":
        path = tarred(tmp_path / "a.tar", *map(member, names))
    else:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as file:
            for name in names:
                file.writestr(name, b"123")
    refused(path, folder, reason)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_tar_with_more_than_files(tmp_path: Path, folder: Path, kind: bytes) -> None:
    refused(
        tarred(tmp_path / "a.tar", member("ok.wav"), member("x.wav", kind)),
        folder,
        "is a link, device or FIFO",
    )


def test_zip_with_a_link(tmp_path: Path, folder: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"x.wav": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    refused(path, folder, "'x.wav' is a link, device or FIFO")


def test_a_zip_bomb(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {f"{i}.wav": bytes(10**6) for i in range(20)})
    archive.unpack(path, folder / "first")  # silence packs well, and is no bomb yet
    monkeypatch.setattr(archive, "RATIO_FROM", 10**7)
    refused(path, folder / "second", "it grows more than 200-fold, to 10 MiB: a zip bomb")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_too_many_files_and_too_many_bytes(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    names = [f"{i}.wav" for i in range(11)]
    path = tmp_path / f"a.{kind}"
    tarred(path, *map(member, names)) if kind == "tar" else zipped(
        path, dict.fromkeys(names, b"123")
    )
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    refused(path, folder, "it holds more than 10 files")
    monkeypatch.setattr(archive, "MOST_FILES", 11)
    monkeypatch.setattr(archive, "MOST_BYTES", 32)
    refused(path, folder, "more than 0")


def lying_size(data: bytearray) -> None:
    """The central directory promises 3 bytes, where there are 300."""
    at = data.index(b"PK\1\2")
    data[at + 24 : at + 28] = (3).to_bytes(4, "little")


def flipped(data: bytearray) -> None:
    data[60] ^= 0xFF


def encrypted(data: bytearray) -> None:
    for magic, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(magic) + at] |= 1


def truncated(data: bytearray) -> None:
    del data[-30:]


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lying_size, "cannot be unpacked|promises 3"),
        (flipped, "cannot be unpacked: "),
        (encrypted, "cannot be unpacked: .*encrypted"),
        (truncated, "is refused: it is neither a zip nor a tar file"),
    ],
)
def test_damaged_zips(
    tmp_path: Path, folder: Path, harm: Callable[[bytearray], None], reason: str
) -> None:
    noise = np.random.default_rng(0).bytes(300)
    data = bytearray(zipped(tmp_path / "a.zip", {"x.wav": noise}).read_bytes())
    harm(data)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(UserError, match=reason):
        archive.unpack(tmp_path / "a.zip", folder)


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
@pytest.mark.parametrize("harm", ["third header", "end", "middle"])
def test_damaged_tars(tmp_path: Path, folder: Path, compression: str, harm: str) -> None:
    """tarfile itself takes a damaged header for the end, and stops before a checksum."""
    noise = np.random.default_rng(0).bytes(300_000)
    path = tmp_path / "a.tar"
    with tarfile.open(path, f"w:{compression}") as file:
        for i in range(5):
            file.addfile(member(f"{i}.wav", size=60_000), io.BytesIO(noise[i * 60_000 :]))
    data = bytearray(path.read_bytes())
    if harm == "third header" and not compression:
        data[2 * (512 + 60_416) + 5] ^= 1
    elif harm == "middle" and compression:
        data[len(data) // 2] ^= 1
    else:
        del data[-9_000:]
    path.write_bytes(data)
    with pytest.raises(archive.DamagedArchive):
        archive.unpack(path, folder)


def test_a_tar_of_too_many_folders(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    many = [member(f"{i}", tarfile.DIRTYPE) for i in range(12)]
    refused(tarred(tmp_path / "a.tar", *many), folder, "is entry 11, of at most 10")


def test_a_full_disk_is_not_the_archives_fault(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        archive.unpack(zipped(tmp_path / "a.zip", {"x.wav": b"123"}), folder)


def test_a_truncated_tar(tmp_path: Path, folder: Path) -> None:
    path = tarred(tmp_path / "a.tar", member("x.wav", size=10**5), compression="")
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(UserError, match="cannot be unpacked|is refused"):
        archive.unpack(path, folder)


def refused(path: Path, folder: Path, reason: str) -> None:
    folder.mkdir(exist_ok=True)
    before = set(folder.parent.rglob("*"))
    with pytest.raises(UserError) as caught:
        archive.unpack(path, folder)
    assert reason in str(caught.value)
    assert "is refused: " in str(caught.value)
    outside = {
        each for each in set(folder.parent.rglob("*")) - before if not each.is_relative_to(folder)
    }
    assert outside == set()
