"""MLflow's settings, and what happens if it cannot be reached."""

import contextlib
import functools
import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import ParamSpec

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
P = ParamSpec("P")


def configure() -> None:
    """Set MLflow's environment variables; it reads some of them when it is imported."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def best_effort(retry: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Decorate a function so that its errors become a warning, which names the command `retry`."""

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                function(*args, **kwargs)
            except Exception as error:  # Stores, networks and disks raise many kinds.
                reason = one_line(error).removeprefix("error: ")
                logger.warning("MLflow does not have this: %s; `%s` tries again", reason, retry)

        return wrapper

    return decorate


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
