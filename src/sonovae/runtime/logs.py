"""Log lines on the console. Library code logs to `sonovae.…`; entry points call `to_console`."""

import logging
import sys

LOGGER = logging.getLogger("sonovae")


class Console(logging.Handler):
    """Prints information to stdout as it is, and warnings and errors to stderr with their level."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record; a test or a progress bar may have replaced the streams since the last."""
        message = record.getMessage()
        if record.levelno >= logging.WARNING:
            print(f"{record.levelname.lower()}: {message}", file=sys.stderr, flush=True)
        else:
            print(message, flush=True)


def to_console() -> None:
    """Show what the package logs, from INFO on; calling it twice shows each line once."""
    if not any(isinstance(handler, Console) for handler in LOGGER.handlers):
        LOGGER.addHandler(Console())
    LOGGER.setLevel(logging.INFO)
