"""sonovae learns the sound of a folder of recordings and makes new sounds, reproducibly.

    import sonovae

    studio = sonovae.load("data/model")
    sounds = studio.generate(8, label="7", seed=1)
    sonovae.save(sounds, "sevens")

TensorFlow and the rest are loaded with the first model, not by the import.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sonovae.generation.sounds import Sounds
    from sonovae.generation.studio import Studio

__all__ = ["__version__", "load", "save"]


def load(folder: str | Path = "data/model", seed: int = 1) -> "Studio":
    """Open the trained model in a folder.

    No code from the folder runs, and no setting of the process changes. Raises UserError if the
    folder holds no model, or other bytes than were saved.
    """
    from sonovae.generation import studio

    return studio.load(folder, seed=seed)


def save(sounds: "Sounds", folder: str | Path) -> None:
    """Write sounds of a Studio to a new folder, each with its provenance, index and gallery.

    Raises UserError if the folder exists.
    """
    from sonovae.generation.sounds import save

    save(sounds, folder)


def __getattr__(name: str) -> Any:
    """Return the version, which takes a search of installed packages."""
    if name == "__version__":
        from importlib.metadata import version

        return version("sonovae")
    raise AttributeError(f"module 'sonovae' has no attribute {name!r}")
