"""Models that the app has open: the project's own, and versions of the registry."""

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from sonovae import tracking
from sonovae.app import landscape
from sonovae.app.landscape import Landscape
from sonovae.errors import UserError
from sonovae.generation import studio
from sonovae.generation.studio import Studio
from sonovae.model import backend, saved_networks, saved_prior

OWN = "own"
"""Name of the project's own model."""
SEED = 1
"""Seed of a request that names none."""


@dataclass(frozen=True)
class OpenModel:
    """A model and its map."""

    studio: Studio
    landscape: Landscape


class Shelf:
    """Open models by name; hold `lock` to use it, as one thread at a time may.

    The project's own model is opened again after a training or a new prior has replaced it. While
    a folder is incomplete, the previous one stays open.
    """

    def __init__(self, root: Path, model: Path) -> None:
        self.root = root
        self.model = model
        self.lock = threading.RLock()
        self._open: dict[str, OpenModel] = {}
        self._state: list[tuple[int, int]] = []

    def get(self, name: str) -> OpenModel:
        """Return the model of this name; UserError if there is none."""
        if name == OWN:
            self._refresh()
        elif name not in self._open:
            self._open[name] = self._open_version(name)
        return self._open[name]

    def names(self) -> list[str]:
        """Return the names of all models: the project's own, then the registry's."""
        return [OWN, *self._versions()]

    def _refresh(self) -> None:
        state = self._folder_state()
        if state == self._state and OWN in self._open:
            return
        try:
            self._open[OWN] = self._open_folder(self.model)
            self._state = state
        except UserError:
            # A training may be writing the folder: the previous model goes on.
            if OWN not in self._open:
                raise

    def _folder_state(self) -> list[tuple[int, int]]:
        """Return what changes when the model's folder or its prior's is replaced."""
        prior = saved_prior.folder_of(self.model)
        state = []
        for file in (self.model / saved_networks.SIZES, prior / saved_prior.ABOUT):
            if file.is_file():
                stat = file.stat()
                state.append((stat.st_ino, stat.st_mtime_ns))
        return state

    def _open_folder(self, folder: Path) -> OpenModel:
        if not self._open:
            # TensorFlow's threads cannot be changed once it has computed: the first model's hold.
            backend.prepare(saved_networks.threads(folder))
        opened = studio.load(folder, seed=SEED)
        # The first sound compiles the decoder, which a user should not wait for.
        opened.items(opened.draw(1))
        return OpenModel(opened, landscape.survey(self.root, opened.model))

    def _open_version(self, name: str) -> OpenModel:
        versions = self._versions()
        if name not in versions:
            raise UserError(f"model = {name!r}: must be one of {', '.join([OWN, *versions])}")
        with tempfile.TemporaryDirectory() as folder:
            downloaded = tracking.download(self.root, versions[name], Path(folder))
            return self._open_folder(downloaded)

    def _versions(self) -> dict[str, str]:
        """Return the registry's versions by name; none if it cannot be reached."""
        try:
            return tracking.versions(self.root)
        # The app is of use without MLflow, too.
        except UserError:
            return {}
