"""The pool of a study on disk: WAV files whose names tell nothing, and tables that only the organiser reads."""

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

POOL = "study/pool"
COLUMNS = ["id", "set", "label", "trial", "loudness"]


@dataclass(frozen=True)
class About:
    """What a pool was made of: the model's id, the seed, sounds of each set; and how loud they are, in LUFS."""

    model: str
    seed: int
    each: int
    lufs: float


@dataclass(frozen=True)
class Pool:
    """Sounds `id`.wav in a folder, a row each of their `set`, `label`, `trial`, and loudness in LUFS before it was made
    equal, in the order of the ids, which is random."""

    folder: Path
    sounds: pd.DataFrame
    about: About

    def __str__(self) -> str:
        """What there is, in a line."""
        return f"{POOL}: {len(self.sounds)} sounds at {self.about.lufs} LUFS, {self.about.each} of each set"

    def file(self, sound: str) -> Path:
        """The WAV file of an id; UserError where the pool has no such sound."""
        if sound not in set(self.sounds["id"]):
            raise UserError(f"sound {sound[:40]!r} is not in the pool: reload the page")
        return self.folder / f"{sound}.wav"


def make(root: Path, seed: int, each: int) -> Pool:
    """Write `each` sounds of every set to study/pool, whole or not at all, or leave what is there of the same model,
    seed and number; UserError where another pool has answers already, or there is nothing to make it of."""
    studio = sounds.at_hand(root, seed)
    if (root / POOL / "pool.json").is_file():
        was = load(root)
        if (was.about.model, was.about.seed, was.about.each) == (studio.model.id, seed, each):
            return was
    _refuse_answered(root, ids := _ids(studio.model.id, seed, each))
    table, waves = sounds.draw(root, studio, each)
    waves, before, target = loudness.equal(waves, rate := int(studio.sample_rate or 0))
    table = table.assign(id=ids, loudness=before, row=range(len(table))).sort_values("id")
    with atomic.folder(root / POOL) as part:
        for name, row in zip(table["id"], table["row"], strict=True):
            sound_files.write(part / f"{name}.wav", waves[row], rate)
        table[COLUMNS].to_csv(part / "pool.csv", index=False, lineterminator="\n")
        about = About(studio.model.id, seed, each, round(target, 2))
        (part / "pool.json").write_text(
            json.dumps(asdict(about), indent=2) + "\n", encoding="utf-8"
        )
    return load(root)


def load(root: Path) -> Pool:
    """The door back; UserError where there is none."""
    folder = root / POOL
    try:
        about = About(**json.loads((folder / "pool.json").read_text(encoding="utf-8")))
        text = dict.fromkeys(["id", "set", "label"], str)
        table = pd.read_csv(
            folder / "pool.csv", dtype=text, keep_default_na=False, na_values={"loudness": [""]}
        )
    except (OSError, ValueError, TypeError):
        raise UserError(f"{POOL} holds no pool of sounds: `make study` makes one") from None
    return Pool(folder, table, about)


def _ids(model: str, seed: int, each: int) -> list[str]:
    """Random names, other ones for each pool. A letter stands first, as a spreadsheet takes 12e45678 for a number."""
    rng = np.random.default_rng([int(model, 16), seed, each])
    return [
        f"s{number:08x}" for number in rng.choice(2**32, each * len(sounds.SETS), replace=False)
    ]


def _refuse_answered(root: Path, ids: list[str]) -> None:
    """UserError where there are ratings of sounds with other ids."""
    rated = (
        Answers(root, ids).table()["sound"] if (root / FILE).is_file() else pd.Series([], dtype=str)
    )
    if n := int((~rated.isin(ids)).sum()):
        raise UserError(
            f"study/ holds {n} ratings of another pool: `make study-report`, then move study/ away"
        )
