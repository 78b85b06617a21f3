"""Pool of a study on disk: WAV files with random names, and tables only for the organiser."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae import atomic
from sonovae.codec import sound_files
from sonovae.errors import UserError
from sonovae.listening import loudness, sounds
from sonovae.listening.answers import FILE, Answers
from sonovae.project import STUDY

POOL = f"{STUDY}/pool"
COLUMNS = ["id", "set", "label", "trial", "loudness"]


@dataclass(frozen=True)
class About:
    """Origin of a pool: the model's id, the seed and the number of sounds of each set.

    `lufs` is the loudness of all its sounds.
    """

    model: str
    seed: int
    each: int
    lufs: float


@dataclass(frozen=True)
class Pool:
    """Sounds `id`.wav in a folder, and a table with a row each, in the order of their ids.

    `loudness` is that before all were made equal, in LUFS.
    """

    folder: Path
    sounds: pd.DataFrame
    about: About

    def __str__(self) -> str:
        """Name the pool and its size in a line."""
        about = self.about
        return f"{POOL}: {len(self.sounds)} sounds at {about.lufs} LUFS, {about.each} of each set"

    def file(self, sound: str) -> Path:
        """Return the WAV file of an id; UserError if the pool has no such sound."""
        # The id comes from a browser: only known ones become paths.
        if sound not in set(self.sounds["id"]):
            raise UserError(f"sound {sound[:40]!r} is not in the pool: reload the page")
        return self.folder / f"{sound}.wav"


def make(root: Path, seed: int, each: int) -> Pool:
    """Write `each` sounds of every set to study/pool; a pool of the same model and seed stays.

    UserError if another pool has answers already, or if there is nothing to make it of.
    """
    studio = sounds.open_studio(root, seed)
    if (root / POOL / "pool.json").is_file():
        present = load(root)
        about = present.about
        if (about.model, about.seed, about.each) == (studio.model.id, seed, each):
            return present
    ids = _ids(studio.model.id, seed, each)
    # Before the sounds, which take long.
    _refuse_answered(root, ids)
    table, waves = sounds.draw(root, studio, each)
    sample_rate = studio.sample_rate or 0
    waves, before, target = loudness.equal(waves, sample_rate)
    # The order of random names gives no set away.
    table = table.assign(id=ids, loudness=before, row=range(len(table))).sort_values("id")
    about = About(studio.model.id, seed, each, round(target, 2))
    with atomic.folder(root / POOL) as part:
        for name, row in zip(table["id"], table["row"], strict=True):
            sound_files.write(part / f"{name}.wav", waves[row], sample_rate)
        table[COLUMNS].to_csv(part / "pool.csv", index=False, lineterminator="\n")
        text = json.dumps(asdict(about), indent=2) + "\n"
        (part / "pool.json").write_text(text, encoding="utf-8")
    return load(root)


def load(root: Path) -> Pool:
    """Open the pool in study/pool; UserError if there is none."""
    folder = root / POOL
    # Text stays text: a label may be `007` or `NA`.
    text = dict.fromkeys(["id", "set", "label"], str)
    missing = {"loudness": [""]}
    try:
        about = About(**json.loads((folder / "pool.json").read_text(encoding="utf-8")))
        table = pd.read_csv(
            folder / "pool.csv", dtype=text, keep_default_na=False, na_values=missing
        )
    except (OSError, ValueError, TypeError):
        raise UserError(f"{POOL} holds no pool of sounds: `make study` makes one") from None
    return Pool(folder, table, about)


def _ids(model: str, seed: int, each: int) -> list[str]:
    """Return a random name for each sound; other pools have other names."""
    rng = np.random.default_rng([int(model, 16), seed, each])
    numbers = rng.choice(2**32, each * len(sounds.SETS), replace=False)
    # A letter comes first, because spreadsheets read 12e45678 as a number.
    return [f"s{number:08x}" for number in numbers]


def _refuse_answered(root: Path, ids: list[str]) -> None:
    """Raise UserError if there are ratings of sounds with other ids."""
    if not (root / FILE).is_file():
        return
    rated = Answers(root, ids).table()["sound"]
    n = int((~rated.isin(ids)).sum())
    if n:
        raise UserError(
            f"study/ holds {n} ratings of another pool: `make study-report`, then move study/ away"
        )
