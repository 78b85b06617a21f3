"""Log lines on the console; library code logs to `sonovae.…`, entry points call `to_console`."""

import logging
import sys

LOGGER = logging.getLogger("sonovae")


class Console(logging.Handler):
    """Handler that prints information to stdout, warnings and errors to stderr with their level."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        # A test or a progress bar may have replaced the streams since the last record.
        message = record.getMessage()
        if record.levelno >= logging.WARNING:
            print(f"{record.levelname.lower()}: {message}", file=sys.stderr, flush=True)
        else:
            print(message, flush=True)


def to_console() -> None:
    """Print what the package logs, from INFO on; a second call changes nothing."""
    if not any(isinstance(handler, Console) for handler in LOGGER.handlers):
        LOGGER.addHandler(Console())
    LOGGER.setLevel(logging.INFO)
