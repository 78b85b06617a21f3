"""Datasets on Kaggle, by kagglehub's client; public ones need no login.

Only the archive is downloaded here. kagglehub's own `dataset_download` would unpack it too, whatever it holds.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from kagglehub.clients import build_kaggle_client, download_file
from kagglehub.exceptions import DataCorruptionError, KaggleApiHTTPError, handle_call
from kagglehub.handle import DatasetHandle, parse_dataset_handle
from kagglesdk.datasets.types.dataset_api_service import (
    ApiDownloadDatasetRequest,
    ApiGetDatasetRequest,
    ApiListDatasetFilesRequest,
)
from requests.adapters import HTTPAdapter

from sonovae.errors import UserError

SECONDS = (5.0, 15.0)
"""To wait for a connection, and for the next bytes."""

CREDENTIALS = "KAGGLE_API_TOKEN or ~/.kaggle/kaggle.json"
PAGE = 1000
"""Files that Kaggle lists at once."""

INSTEAD = "or put its files into a folder and take that: `make folder FROM=…`"


def download(handle: str, folder: Path) -> Path:
    """The archive of a dataset's version, owner/name/versions/N, in `folder`: from the network once, resumed where it
    was cut. UserError where it cannot be had."""
    target = folder / f"{handle.replace('/', '-')}.archive"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with _told(handle):
        while True:
            before = _size(part)
            try:
                _download(parse_dataset_handle(handle), part)
                return part.replace(target)
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ):
                if _size(part) <= before:  # no step further than the last attempt
                    raise


def newest(handle: str) -> str:
    """The handle of the dataset's newest version; UserError where Kaggle does not say."""
    with _told(handle):
        return _newest(parse_dataset_handle(handle))


def files(handle: str) -> dict[str, int]:
    """The files of a dataset's version, and the bytes of each; UserError where Kaggle does not say."""
    dataset, found, page = parse_dataset_handle(handle), dict[str, int](), ""
    with _told(handle), _client() as client:
        while True:
            request = ApiListDatasetFilesRequest()
            request.owner_slug, request.dataset_slug, request.page_size = (
                dataset.owner,
                dataset.dataset,
                PAGE,
            )
            request.dataset_version_number, request.page_token = dataset.version, page
            answer = handle_call(
                lambda r=request: client.datasets.dataset_api_client.list_dataset_files(r), dataset
            )
            found |= {file.name: file.total_bytes for file in answer.dataset_files}
            if not (page := answer.next_page_token):
                return found


def _download(dataset: DatasetHandle, part: Path) -> None:
    request = ApiDownloadDatasetRequest()
    request.owner_slug, request.dataset_slug = dataset.owner, dataset.dataset
    request.dataset_version_number = dataset.version
    with _client() as client:
        answer = handle_call(
            lambda: client.datasets.dataset_api_client.download_dataset(request), dataset
        )
        download_file(
            answer, str(part), dataset
        )  # with a progress bar, and MD5 where Kaggle names one
    promised = answer.headers.get("Content-Length")
    if promised and _size(part) != int(
        promised
    ):  # of a server that answers a resumed request with something else
        part.unlink()
        raise DataCorruptionError


def _newest(dataset: DatasetHandle) -> str:
    request = ApiGetDatasetRequest()
    request.owner_slug, request.dataset_slug = dataset.owner, dataset.dataset
    with _client() as client:
        answer = handle_call(
            lambda: client.datasets.dataset_api_client.get_dataset(request), dataset
        )
        return f"{dataset.owner}/{dataset.dataset}/versions/{answer.current_version_number}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class _Impatient(HTTPAdapter):
    """Kaggle's client waits for an answer for ever; this one does not."""

    def send(self, *words: Any, **named: Any) -> requests.Response:
        """As the adapter's own, with a timeout."""
        return super().send(*words, **{**named, "timeout": named.get("timeout") or SECONDS})


@contextlib.contextmanager
def _client() -> Iterator[Any]:
    try:
        made = build_kaggle_client()
    except (ValueError, TypeError, OSError):  # whose text may hold the secret
        raise UserError(
            f"your Kaggle credentials cannot be read: mend or delete {CREDENTIALS}, {INSTEAD}"
        ) from None
    with made as client:
        for scheme in ("https://", "http://"):
            client.http_client()._session.mount(scheme, _Impatient())
        yield client


@contextlib.contextmanager
def _told(handle: str) -> Iterator[None]:
    """What can go wrong on the way to Kaggle, as one line that says what to do."""
    try:
        yield
    except KaggleApiHTTPError as error:
        raise UserError(f"{_answered(handle, error.response.status_code)}, {INSTEAD}") from None
    except DataCorruptionError:
        raise UserError(f"{handle} arrived damaged: run again, {INSTEAD}") from None
    except requests.Timeout:
        raise UserError(f"Kaggle sent nothing for {SECONDS[1]:g} s: run again, {INSTEAD}") from None
    except requests.RequestException:
        raise UserError(
            f"Kaggle cannot be reached for {handle}: check the network, {INSTEAD}"
        ) from None
    except (
        ValueError
    ):  # an answer that is no JSON, or a login that is no header; whose text may hold the secret
        raise UserError(
            f"Kaggle was not understood: check {CREDENTIALS} and the network, {INSTEAD}"
        ) from None


def _answered(handle: str, code: int) -> str:
    page = f"https://www.kaggle.com/datasets/{'/'.join(handle.split('/')[:2])}"
    if code == requests.codes.unauthorized:
        return f"Kaggle does not know your login (401) for {handle}: mend {CREDENTIALS}"
    if code == requests.codes.forbidden:
        return f"Kaggle forbids {handle} (403): accept its terms at {page}, and set KAGGLE_API_TOKEN to your token"
    if code == requests.codes.not_found:
        return f"Kaggle has no {handle} (404): {_other_version(handle) or f'look for it at {page}'}"
    return f"Kaggle answered {code} for {handle}: try again later"


def _other_version(handle: str) -> str:
    """Where only the version is gone, the one that is there."""
    try:
        newest_one = _newest(parse_dataset_handle(handle))
    except requests.RequestException:
        return ""
    return f"that version is gone, {newest_one} is there and `make data-update` takes it"
