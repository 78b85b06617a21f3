"""What listeners answer, in SQLite: each rating is on disk before the page hears that it is kept.

A listener is a random token; no name, address or time of day is kept, only the day of the beginning.
"""

import contextlib
import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from sonovae.errors import UserError

FILE = "study/answers.sqlite"
QUESTIONS = {
    "quality": "Audio quality",
    "expressiveness": "Expressiveness",
}
"""What is rated of each sound, by its name in tables."""
ASKED = {
    "quality": "Is it as clear as a real recording, free of noise and artefacts?",
    "expressiveness": "Does it move and change as if somebody meant it?",
}
"""How a listener is asked for it."""
SCALE = ("Bad", "Poor", "Fair", "Good", "Excellent")
"""Labels of the ratings 1 to 5: absolute category rating (ITU-T P.800)."""
PATIENCE = 30.0
"""Seconds that one who writes waits for another."""
SHOWN = 9
"""Characters of a token that others see; who rates needs all of them."""
SCHEMA = """
create table if not exists listeners (
    listener text primary key,
    day text not null,
    rated integer not null default 0  -- sounds that are left behind
);
create table if not exists answers (
    listener text not null references listeners,
    sound text not null,
    question text not null,
    rating integer not null check (rating between 1 and 5),
    primary key (listener, sound, question)
);
"""


@dataclass(frozen=True)
class Place:
    """Where a listener is: how many sounds are done, of how many; the one to be rated, None at the end; and what is
    answered of it, by question."""

    done: int
    of: int
    sound: str | None
    ratings: dict[str, int]


class Answers:
    """The answers about the sounds of a pool, by their ids. It may be opened often and by several processes."""

    def __init__(self, root: Path, sounds: Iterable[str]) -> None:
        self.path, self.sounds = root / FILE, sorted(sounds)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as base:
            base.executescript(SCHEMA)

    def begin(self) -> str:
        """A new listener's token."""
        token, today = f"L{secrets.token_hex(16)}", datetime.now(UTC).date().isoformat()
        with self._opened() as base:
            base.execute("insert into listeners (listener, day) values (?, ?)", (token, today))
        return token

    def place(self, listener: str) -> Place:
        """Where a listener is; UserError where nobody has this token."""
        with self._opened() as base:
            return self._place(base, listener)

    def rate(self, listener: str, sound: str, question: str, rating: object) -> None:
        """Keep a rating, 1 to 5, of the sound at hand, in place of an earlier one; UserError where it cannot be."""
        if question not in QUESTIONS:
            raise UserError(
                f"question {question[:40]!r} is not asked: it is one of {', '.join(QUESTIONS)}"
            )
        if type(rating) is not int or not 1 <= rating <= len(SCALE):
            raise UserError(
                f"rating {str(rating)[:40]} is no whole number from 1 to {len(SCALE)}: choose one of these"
            )
        with self._opened() as base:
            self._at_hand(base, listener, sound)
            base.execute(
                "insert or replace into answers values (?, ?, ?, ?)",
                (listener, sound, question, rating),
            )

    def advance(self, listener: str, sound: str) -> None:
        """Leave a sound behind, all of whose questions are answered; UserError where they are not."""
        with self._opened() as base:
            place = self._at_hand(base, listener, sound)
            if lacking := [title for name, title in QUESTIONS.items() if name not in place.ratings]:
                raise UserError(
                    f"{' and '.join(lacking)} of this sound: not rated yet, rate it before you go on"
                )
            base.execute("update listeners set rated = rated + 1 where listener = ?", (listener,))

    def table(self) -> pd.DataFrame:
        """A row for each rating: `listener`, `sound`, `question`, `rating`."""
        with self._opened() as base:
            rows = base.execute(
                "select listener, sound, question, rating from answers order by 1, 2, 3"
            ).fetchall()
        return pd.DataFrame(rows, columns=["listener", "sound", "question", "rating"])

    def listeners(self) -> tuple[int, int]:
        """How many began, and how many came to the end."""
        with self._opened() as base:
            counts = "select count(*), coalesce(sum(rated >= ?), 0) from listeners"
            began, ended = base.execute(counts, (len(self.sounds),)).fetchone()
        return int(began), int(ended)

    def order(self, listener: str) -> list[str]:
        """All sounds in the listener's own order, the same each time."""
        return sorted(
            self.sounds, key=lambda sound: hashlib.sha256(f"{listener} {sound}".encode()).digest()
        )

    def _at_hand(self, base: sqlite3.Connection, listener: str, sound: str) -> Place:
        """The listener's place, where it is at this sound."""
        place = self._place(base, listener)
        if sound not in self.sounds:
            raise UserError(f"sound {sound[:40]!r} is not in the pool: reload the page")
        if place.sound is None:
            raise UserError(
                f"listener {listener[:SHOWN]} has rated all {place.of} sounds: each listener takes part once"
            )
        if place.sound != sound:
            raise UserError(
                f"sound {sound} is not the one at hand, which is {place.sound}: reload the page"
            )
        return place

    def _place(self, base: sqlite3.Connection, listener: str) -> Place:
        row = base.execute("select rated from listeners where listener = ?", (listener,)).fetchone()
        if row is None:
            raise UserError(f"listener {listener[:SHOWN]!r} is not known: begin the study again")
        if row[0] >= len(self.sounds):
            return Place(len(self.sounds), len(self.sounds), None, {})
        sound = self.order(listener)[row[0]]
        found = base.execute(
            "select question, rating from answers where listener = ? and sound = ?",
            (listener, sound),
        )
        return Place(row[0], len(self.sounds), sound, dict(found.fetchall()))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database in one transaction, which is on disk, synced, when the block ends well."""
        with contextlib.closing(
            sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        ) as base:
            base.execute("pragma journal_mode = wal")
            base.execute("pragma synchronous = full")
            base.execute("begin immediate")
            try:
                yield base
            except BaseException:
                base.rollback()
                raise
            base.execute("commit") if base.in_transaction else None
