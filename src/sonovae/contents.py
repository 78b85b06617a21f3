"""What a file holds that may be a recording; a room of few imports, as processes of their own load it."""

from dataclasses import dataclass
from pathlib import Path

from sonovae import checksums, image, sound
from sonovae.sound import Facts


@dataclass(frozen=True)
class Contents:
    """A file's hash, and the facts of its sound; an image has none."""

    sha256: str
    facts: Facts | None


def of_sound(path: Path) -> Contents:
    """Read a sound file to its end, whoever made it; Unreadable where it is damaged."""
    return Contents(checksums.sha256(path), sound.inspect(path))


def of_image(path: Path) -> Contents:
    """Read an image file, whoever made it; Unreadable where it is damaged."""
    sha256 = checksums.sha256(path)
    image.read(path)
    return Contents(sha256, None)
