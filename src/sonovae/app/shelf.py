"""The models that the app has open: the project's own, as it is now, and versions of the registry."""

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
from sonovae.model import backend, saved_model

OWN, SEED = "own", 1
"""The name of the project's own model; and its seed, where a request names none."""


@dataclass(frozen=True)
class Opened:
    """A model that answers, and its map."""

    studio: Studio
    land: Landscape


class Shelf:
    """Models by name. The project's own is opened again when it was replaced: whole or not at all, as a model that is
    not what it says it is does not open, and the one before answers on. One thread at a time may use it."""

    def __init__(self, root: Path, model: Path) -> None:
        self.root, self.model = root, model
        self.lock, self._open, self._state = threading.RLock(), dict[str, Opened](), (0, 0)

    def get(self, name: str) -> Opened:
        """The model of this name; UserError where there is none."""
        if name == OWN:
            self._refresh()
        elif name not in self._open:
            self._open[name] = self._of_registry(name)
        return self._open[name]

    def names(self) -> list[str]:
        """Those that there are: the project's own, and the registry's."""
        return [OWN, *self._versions()]

    def _refresh(self) -> None:
        state = self._now()
        if state == self._state and OWN in self._open:
            return
        try:
            self._open[OWN] = self._opened(self.model)
            self._state = state
        except UserError:
            if OWN not in self._open:
                raise

    def _now(self) -> tuple[int, int]:
        """What changes when the folder is replaced."""
        file = self.model / "model.json"
        return (file.stat().st_ino, file.stat().st_mtime_ns) if file.is_file() else (0, 0)

    def _opened(self, folder: Path) -> Opened:
        if not self._open:
            # TensorFlow's threads cannot be changed once it has computed: the first model's hold.
            backend.prepare(saved_model.threads(folder))
        at_hand = studio.load(folder, seed=SEED)
        at_hand.items(at_hand.draw(1))  # compiles
        return Opened(at_hand, landscape.survey(self.root, at_hand.model))

    def _of_registry(self, name: str) -> Opened:
        if name not in (versions := self._versions()):
            raise UserError(f"model = {name!r}: there are {', '.join([OWN, *versions])}")
        with tempfile.TemporaryDirectory() as folder:
            found = tracking.download(self.root, versions[name], Path(folder))
            return self._opened(found)

    def _versions(self) -> dict[str, str]:
        """Of the registry, where it answers."""
        try:
            return tracking.versions(self.root)
        except UserError:
            return {}
