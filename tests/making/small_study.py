"""A study of short tones, which needs no model, and listeners who know what they want."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.codec import sound_files
from sonovae.listening import pool, sounds
from sonovae.listening.answers import QUESTIONS, Answers
from tests.making.recordings import tone


def write_pool(root: Path, each: int) -> Path:
    """A pool of `each` sounds of every set."""
    folder = root / pool.POOL
    folder.mkdir(parents=True)
    rows = [(name, trial) for name in sounds.SETS for trial in range(1, each + 1)]
    ids = [f"s{37 * n % 101:08x}" for n in range(1, len(rows) + 1)]
    for name, hz in zip(ids, np.linspace(300, 900, len(ids)), strict=True):
        sound_files.write(folder / f"{name}.wav", tone(0.2, hz), 8000)
    table = [(name, *row, "") for name, row in zip(ids, rows, strict=True)]
    columns = pd.DataFrame(table, columns=["id", "set", "trial", "label"]).assign(loudness=-23.0)
    columns.sort_values("id").to_csv(folder / "pool.csv", index=False)
    about = {"model": "0" * 64, "seed": 1, "each": each, "lufs": -23.0}
    (folder / "pool.json").write_text(json.dumps(about))
    return root


def answers(root: Path) -> Answers:
    return Answers(root, pool.load(root).sounds["id"])


def rate_all(root: Path, wanted: dict[str, int], question: str | None = None) -> str:
    """Rate each set as wanted, or 3, in one question or all; return the listener's token."""
    kept, sets = answers(root), pool.load(root).sounds.set_index("id")["set"]
    token = kept.begin()
    while sound := kept.place(token).sound:
        for name in QUESTIONS:
            kept.rate(
                token, sound, name, wanted.get(sets[sound], 3) if question in (None, name) else 3
            )
        kept.advance(token, sound)
    return token
