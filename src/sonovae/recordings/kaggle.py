"""Datasets on Kaggle, through the client of kagglehub; public ones need no login.

Only archives are downloaded here: `dataset_download` of kagglehub would unpack them unchecked.
"""

import contextlib
from collections.abc import Iterator
from functools import partial
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
"""Wait for a connection and for the next bytes; the client itself would wait for ever."""
PAGE = 1000
"""Files that one answer lists; each further page is a request more."""
CREDENTIALS = "KAGGLE_API_TOKEN or ~/.kaggle/kaggle.json"
"""Places where the client looks for a login."""
INSTEAD = "or put its files into a folder and use that: `make folder FROM=…`"
"""Advice that ends every error."""

CUT = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)
"""Errors of a connection that broke off."""


def download(handle: str, folder: Path) -> Path:
    """Download the archive of owner/name/versions/N to `folder`, once; UserError if it fails."""
    target = folder / f"{handle.replace('/', '-')}.archive"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    # The part stays if the download fails, and the next run goes on from its end.
    part = target.with_suffix(".part")
    dataset = parse_dataset_handle(handle)
    with _user_errors(handle):
        while True:
            before = _size(part)
            try:
                _download(dataset, part)
                return part.replace(target)
            except CUT:
                # An attempt that brought nothing new would be repeated for ever.
                if _size(part) <= before:
                    raise


def newest(handle: str) -> str:
    """Return the handle of the dataset's newest version; raise UserError if Kaggle fails."""
    with _user_errors(handle):
        return _newest(parse_dataset_handle(handle))


def files(handle: str) -> dict[str, int]:
    """Return the size in bytes of each file of a version; raise UserError if Kaggle fails."""
    dataset = parse_dataset_handle(handle)
    request = _request(ApiListDatasetFilesRequest, dataset)
    request.dataset_version_number = dataset.version
    request.page_size = PAGE
    sizes = dict[str, int]()
    token = ""
    with _user_errors(handle), _client() as client:
        while True:
            request.page_token = token
            answer = handle_call(partial(client.list_dataset_files, request), dataset)
            for file in answer.dataset_files:
                sizes[file.name] = file.total_bytes
            token = answer.next_page_token
            if not token:
                return sizes


def _download(dataset: DatasetHandle, part: Path) -> None:
    request = _request(ApiDownloadDatasetRequest, dataset)
    request.dataset_version_number = dataset.version
    with _client() as client:
        answer = handle_call(partial(client.download_dataset, request), dataset)
        # It shows a progress bar, and compares the MD5 if Kaggle names one.
        download_file(answer, str(part), dataset)
    promised = answer.headers.get("Content-Length")
    # A server that ignores the range of a resumed request appends the whole file again.
    if promised and _size(part) != int(promised):
        part.unlink()
        raise DataCorruptionError


def _newest(dataset: DatasetHandle) -> str:
    request = _request(ApiGetDatasetRequest, dataset)
    with _client() as client:
        answer = handle_call(partial(client.get_dataset, request), dataset)
        return f"{dataset.owner}/{dataset.dataset}/versions/{answer.current_version_number}"


def _request(kind: Any, dataset: DatasetHandle) -> Any:
    request = kind()
    request.owner_slug = dataset.owner
    request.dataset_slug = dataset.dataset
    return request


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class _Impatient(HTTPAdapter):
    """Adapter with a timeout, which the client of kagglehub lacks."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request; raise requests.Timeout after `SECONDS` without an answer."""
        kwargs["timeout"] = kwargs.get("timeout") or SECONDS
        return super().send(*args, **kwargs)


@contextlib.contextmanager
def _client() -> Iterator[Any]:
    """Yield the client of the datasets; raise UserError if the credentials are no use."""
    try:
        kaggle = build_kaggle_client()
    # The text of the error may contain the secret.
    except (ValueError, TypeError, OSError):
        raise UserError(
            f"your Kaggle credentials cannot be read: fix or delete {CREDENTIALS}, {INSTEAD}"
        ) from None
    with kaggle as client:
        # The client has no public way to set a timeout, and pyproject.toml pins its version.
        for scheme in ("https://", "http://"):
            client.http_client()._session.mount(scheme, _Impatient())
        yield client.datasets.dataset_api_client


@contextlib.contextmanager
def _user_errors(handle: str) -> Iterator[None]:
    """Raise UserError, which says what to do, for all that can go wrong on the way to Kaggle."""
    try:
        yield
    except KaggleApiHTTPError as error:
        fault = _refusal(handle, error.response.status_code)
    except DataCorruptionError:
        fault = f"{handle} arrived damaged: run again"
    except requests.Timeout:
        fault = f"Kaggle sent nothing for {SECONDS[1]:g} s: run again"
    except requests.RequestException:
        fault = f"Kaggle cannot be reached for {handle}: check the network"
    # An answer that is no JSON, or a login that fits no header; the text may contain the secret.
    except ValueError:
        fault = f"Kaggle's answer cannot be read: check {CREDENTIALS} and the network"
    else:
        return
    raise UserError(f"{fault}, {INSTEAD}")


def _refusal(handle: str, code: int) -> str:
    """Return what an answer's status code means, and what to do."""
    page = f"https://www.kaggle.com/datasets/{'/'.join(handle.split('/')[:2])}"
    if code == requests.codes.unauthorized:
        return f"Kaggle does not know your login (401) for {handle}: fix {CREDENTIALS}"
    if code == requests.codes.forbidden:
        return (
            f"Kaggle forbids {handle} (403): accept its terms at {page},"
            " and set KAGGLE_API_TOKEN to your token"
        )
    if code == requests.codes.not_found:
        return f"Kaggle has no {handle} (404): {_other_version(handle) or f'look for it at {page}'}"
    return f"Kaggle answered {code} for {handle}: try again later"


def _other_version(handle: str) -> str:
    """Return what to do if only the version is gone; empty if the whole dataset is."""
    try:
        newest = _newest(parse_dataset_handle(handle))
    except requests.RequestException:
        return ""
    return f"that version is gone, {newest} is there and `make data-update` pins it"
