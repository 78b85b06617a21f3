"""What a file holds that may be a recording."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sonovae.codec import image_files, sound_files
from sonovae.codec.sound_files import Facts
from sonovae.errors import Unreadable
from sonovae.runtime import checksums


@dataclass(frozen=True)
class Contents:
    """A file's hash, and the facts of its sound; an image has none."""

    sha256: str
    facts: Facts | None


def of_sound(path: Path) -> Contents:
    """Read a sound file to its end, whoever made it; Unreadable where it is damaged."""
    with _survived():
        return Contents(checksums.sha256(path), sound_files.inspect(path))


def of_image(path: Path) -> Contents:
    """Read an image file, whoever made it; Unreadable where it is damaged."""
    with _survived():
        image_files.read(path)
        return Contents(checksums.sha256(path), None)


@contextlib.contextmanager
def _survived() -> Iterator[None]:
    """Whatever a decoder stumbles over in a file is the file's fault, and costs no other."""
    try:
        yield
    except Unreadable:
        raise
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None
    except Exception as error:
        raise Unreadable(f"damaged: its decoder fails with {type(error).__name__}") from None
