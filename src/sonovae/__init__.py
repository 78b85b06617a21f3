"""sonovae learns the sound of a folder of recordings and makes new sounds, reproducibly."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Return a public name; each is loaded on first use, so that the import itself is fast."""
    if name == "__version__":
        from importlib.metadata import version

        return version("sonovae")
    raise AttributeError(f"module 'sonovae' has no attribute {name!r}")
