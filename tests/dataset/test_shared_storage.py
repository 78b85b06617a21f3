"""Preprocess by workers that share only a storage with the stage: same bytes, sent once."""

import pickle
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import fsspec
import pytest
from fsspec.registry import known_implementations

from benchmarks.servers import free_port, running
from sonovae.dataset import shared_storage
from sonovae.errors import UserError
from sonovae.runtime import workers
from stages import fetch, preprocess
from tests.making.preprocessed import add, same
from tests.making.projects import make_project

KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose recordings are there, and its pictures, made without a cluster."""
    root = make_project(tmp_path_factory.mktemp("fetched"))
    fetch.main(root)
    preprocess.main(root)
    return root


@pytest.fixture
def root(fetched: Path, tmp_path: Path) -> Path:
    """The same without pictures and cache."""
    return shutil.copytree(
        fetched, tmp_path / "project", ignore=shutil.ignore_patterns("pictures", ".sonovae")
    )


@pytest.fixture
def memory() -> Iterator[None]:
    yield
    fsspec.filesystem("memory").store.clear()


Spread = Callable[..., Iterator[Any]]


def without(root: Path, spread: Spread, then: Callable[[int], object] = lambda n: None) -> Spread:
    """Wrap `spread`: the project's recordings and cache are away meanwhile.

    `then` is called after each batch with its number.
    """

    def away(*work: object) -> Iterator[Any]:
        for name in (hidden := ("data/raw", ".sonovae")):
            (root / name).mkdir(exist_ok=True)
            (root / name).rename(root / f"{name}.away")
        done = [(then(n), each)[1] for n, each in enumerate(spread(*work))]
        for name in hidden:
            (root / f"{name}.away").rename(root / name)
        yield from done

    return away


def apart(work: Callable[[Sequence[Any]], Any], items: Sequence[Any], longer: int) -> Iterator[Any]:
    """What a cluster does: the work and what comes of it are sent."""
    for batch in workers._batches(items, 4 * longer):
        yield batch, pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(work))(batch)))  # noqa: S301


def listing(url: str) -> dict[str, object]:
    """What lies in a storage, and since when."""
    fs, path = fsspec.url_to_fs(url)
    fs.invalidate_cache()
    found = fs.find(path, detail=True)
    return {
        name.removeprefix(f"{path}/"): (info["size"], fs.modified(name))
        for name, info in found.items()
    }


def recordings(root: Path) -> set[str]:
    """Where a storage has them."""
    return {f"raw/files/{path.name}" for path in (root / "data/raw/files").iterdir()}


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_workers_have_the_storage_alone(
    root: Path,
    fetched: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    memory: None,
    protocol: str,
) -> None:
    url = f"{protocol}://{tmp_path}/storage"
    monkeypatch.setenv("SONOVAE_SCHEDULER", "tcp://127.0.0.1:1")
    monkeypatch.setenv("SONOVAE_STORAGE", f"{url}/")
    monkeypatch.setattr(workers, "spread", without(root, apart))
    preprocess.main(root)
    assert same(root, fetched)
    assert listing(url).keys() == recordings(root)
    monkeypatch.setattr(workers, "spread", lambda work, items: iter([]))  # all is in the cache
    monkeypatch.setenv("SONOVAE_STORAGE", "nowhere://")
    preprocess.main(root)
    assert same(root, fetched)


def test_without_a_cluster_it_has_no_use(
    root: Path, fetched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONOVAE_STORAGE", "nowhere://")
    preprocess.main(root)
    assert same(root, fetched)


def test_a_file_cut_short_is_sent_again_and_a_damaged_one_named(
    root: Path, fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "storage"
    monkeypatch.setenv("SONOVAE_SCHEDULER", "tcp://127.0.0.1:1")
    monkeypatch.setenv("SONOVAE_STORAGE", place.as_uri())
    monkeypatch.setattr(workers, "spread", apart)
    shutil.copytree(root / "data/raw/files", place / "raw/files")
    one, other = sorted((place / "raw/files").iterdir())[:2]
    one.write_bytes(one.read_bytes()[:1000])
    data = other.read_bytes()
    other.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(UserError, match=rf"/raw/files/{other.name} is damaged: delete it"):
        preprocess.main(root)
    assert listing(place.as_uri()).keys() == recordings(
        root
    )  # no pack is left of the batches that were done
    other.unlink()
    preprocess.main(root)
    assert same(root, fetched)


def s3_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For this process, and those that it starts from then on."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}.items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class(
        "s3"
    ).clear_instance_cache()  # it would keep to another test's server


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("bucket/sonovae", "ValueError: no protocol"),
        ("nowhere://bucket", "ValueError: Protocol not known: nowhere"),
        ("s3://bucket/sonovae", "EndpointConnectionError: Could not connect to the endpoint URL"),
        ("missing://bucket", "ImportError: it needs a driver"),
    ],
)
def test_a_storage_that_cannot_be_used_is_named_in_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    known = {"class": "missing_driver.FileSystem", "err": "it needs a driver"}
    monkeypatch.setitem(known_implementations, "missing", known)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("SONOVAE_SCHEDULER", "tcp://127.0.0.1:1")
    monkeypatch.setenv("SONOVAE_STORAGE", url)
    s3_at(1, monkeypatch)
    with pytest.raises(
        UserError, match=f"SONOVAE_STORAGE = {url} cannot be used on .*: {why}.*login"
    ) as found:
        preprocess.main(root)
    assert "\n" not in str(found.value)


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a folder in the only bucket of a server."""
    port = free_port()
    s3_at(port, monkeypatch)
    with running(
        sys.executable,
        "-m",
        "moto.server",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
        port=port,
        cwd=tmp_path,
    ):
        boto3.client("s3").create_bucket(Bucket="sounds")
        yield "s3://sounds/sonovae"


@pytest.mark.processes
def test_a_cluster_and_a_bucket(
    root: Path,
    fetched: Path,
    monkeypatch: pytest.MonkeyPatch,
    bucket: str,
    cluster: tuple[str, list[Any]],
) -> None:
    """A worker is killed half way; a second run sends what is new alone."""
    address, processes = cluster
    monkeypatch.setattr(workers, "BATCH", 4)
    monkeypatch.setattr(shared_storage, "LONGER", 1)
    monkeypatch.setenv("SONOVAE_SCHEDULER", address)
    monkeypatch.setenv("SONOVAE_STORAGE", "s3://sound/sonovae")  # it is not made
    with pytest.raises(UserError, match="FileNotFoundError: The specified bucket does not exist"):
        preprocess.main(root)
    monkeypatch.setenv("SONOVAE_STORAGE", bucket)
    spread, killed = workers.spread, list[int]()

    def kill(n: int) -> None:
        if n == 3:
            processes[1].kill()
            killed.append(processes[1].wait())

    monkeypatch.setattr(workers, "spread", without(root, spread, kill))
    preprocess.main(root)
    assert killed == [-9]
    assert same(root, fetched)
    assert (before := listing(bucket)).keys() == recordings(root)

    monkeypatch.setattr(workers, "spread", without(root, spread))
    add(root)
    preprocess.main(root)
    after = listing(bucket)
    assert after.keys() == recordings(root) > before.keys()
    assert before.items() <= after.items()
