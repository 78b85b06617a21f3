"""MLflow's settings, and what happens if it cannot be reached."""

import contextlib
import logging
import os
import re
from collections.abc import Iterator

from sonovae.errors import UserError

logger = logging.getLogger(__name__)

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""Environment variables that are set unless the user has set them.

MLflow's own retries wait minutes for a server that is gone. The timeout, in seconds, is for a
server that accepts requests and does not answer.
"""
MOST_CHARACTERS = 200
"""Length of an error that is shown; a server may answer with a whole page."""


def configure() -> None:
    """Set MLflow's environment variables; it reads some of them when it is imported."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def best_effort(retry: str) -> Iterator[None]:
    """Turn an error of the block into a warning that names the command `retry`."""
    try:
        yield
    # Stores, networks and disks raise many kinds.
    except Exception as error:
        reason = one_line(error).removeprefix("error: ")
        logger.warning("MLflow does not have this: %s; `%s` tries again", reason, retry)


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Raise errors of MLflow as UserError, since a user asked for the request."""
    configure()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        raise UserError(f"MLflow request failed: {one_line(error)}") from None


def one_line(error: Exception) -> str:
    """Return an error's text, shortened, without the login that an address may contain."""
    text = " ".join(str(error).split())
    return re.sub(r"//[^/\s@]+@", "//", text)[:MOST_CHARACTERS]
