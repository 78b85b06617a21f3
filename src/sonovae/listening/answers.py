"""Listeners' answers in SQLite: each rating is on disk before the page shows that it is saved.

A listener is a random token. No name, address or time of day is stored, only the first day.
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
from sonovae.project import STUDY

FILE = f"{STUDY}/answers.sqlite"
QUESTIONS = {
    "quality": "Audio quality",
    "expressiveness": "Expressiveness",
}
"""Titles of what is rated, by the name in tables."""
ASKED = {
    "quality": "Is it as clear as a real recording, free of noise and artefacts?",
    "expressiveness": "Does it move and change as if somebody meant it?",
}
"""Questions that a listener reads, by the name in tables."""
SCALE = ("Bad", "Poor", "Fair", "Good", "Excellent")
"""Labels of the ratings 1 to 5: absolute category rating (ITU-T P.800)."""
BUSY_SECONDS = 30.0
"""Time that a writer waits for another one, which needs only milliseconds."""
TOKEN_SHOWN = 9
"""Characters of a token that others see; only the listener's browser knows all of them."""
SCHEMA = """
create table if not exists listeners (
    listener text primary key,
    day text not null,
    rated integer not null default 0  -- number of sounds that are done
);
create table if not exists answers (
    listener text not null references listeners,
    sound text not null,
    question text not null,
    rating integer not null check (rating between 1 and 5),
    primary key (listener, sound, question)
);
"""
"""Tables of the database; an answer's key makes a changed rating replace the earlier one."""


@dataclass(frozen=True)
class Place:
    """Progress of a listener: `done` of `of` sounds, the current `sound` and its ratings.

    `sound` is None at the end; `ratings` are by question.
    """

    done: int
    of: int
    sound: str | None
    ratings: dict[str, int]


class Answers:
    """Answers about the sounds of a pool, by their ids; several processes may open them."""

    def __init__(self, root: Path, sounds: Iterable[str]) -> None:
        self.path = root / FILE
        self.sounds = sorted(sounds)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as database:
            database.executescript(SCHEMA)

    def begin(self) -> str:
        """Add a listener and return the token."""
        token = f"L{secrets.token_hex(16)}"
        today = datetime.now(UTC).date().isoformat()
        with self._transaction() as database:
            database.execute("insert into listeners (listener, day) values (?, ?)", (token, today))
        return token

    def place(self, listener: str) -> Place:
        """Return where a listener is; UserError if the token is unknown."""
        with self._transaction() as database:
            return self._place(database, listener)

    def rate(self, listener: str, sound: str, question: str, rating: object) -> None:
        """Save a rating, 1 to 5, of the current sound, in place of an earlier one."""
        if question not in QUESTIONS:
            known = ", ".join(QUESTIONS)
            raise UserError(f"question = {question[:40]!r}: must be one of {known}")
        # JSON's true would count as 1.
        if type(rating) is not int or not 1 <= rating <= len(SCALE):
            shown = repr(rating)[:40]
            raise UserError(f"rating = {shown}: must be a whole number from 1 to {len(SCALE)}")
        with self._transaction() as database:
            self._current(database, listener, sound)
            row = (listener, sound, question, rating)
            database.execute("insert or replace into answers values (?, ?, ?, ?)", row)

    def advance(self, listener: str, sound: str) -> None:
        """Go on to the next sound; UserError unless all questions are answered."""
        with self._transaction() as database:
            place = self._current(database, listener, sound)
            missing = [title for name, title in QUESTIONS.items() if name not in place.ratings]
            if missing:
                raise UserError(
                    f"{' and '.join(missing)} of this sound: not rated yet, rate it first"
                )
            update = "update listeners set rated = rated + 1 where listener = ?"
            database.execute(update, (listener,))

    def table(self) -> pd.DataFrame:
        """Return a row for each rating: `listener`, `sound`, `question`, `rating`."""
        columns = ["listener", "sound", "question", "rating"]
        query = "select listener, sound, question, rating from answers order by 1, 2, 3"
        with self._transaction() as database:
            rows = database.execute(query).fetchall()
        return pd.DataFrame(rows, columns=columns)

    def listeners(self) -> tuple[int, int]:
        """Return how many listeners began, and how many finished."""
        # The sum over no rows is null.
        query = "select count(*), coalesce(sum(rated >= ?), 0) from listeners"
        with self._transaction() as database:
            began, finished = database.execute(query, (len(self.sounds),)).fetchone()
        return int(began), int(finished)

    def order(self, listener: str) -> list[str]:
        """Return all sounds in the listener's own random order, the same each time."""

        def rank(sound: str) -> bytes:
            return hashlib.sha256(f"{listener} {sound}".encode()).digest()

        return sorted(self.sounds, key=rank)

    def _current(self, database: sqlite3.Connection, listener: str, sound: str) -> Place:
        """Return the listener's place; UserError if it is not at this sound."""
        place = self._place(database, listener)
        if sound not in self.sounds:
            raise UserError(f"sound {sound[:40]!r} is not in the pool: reload the page")
        if place.sound is None:
            raise UserError(
                f"listener {listener[:TOKEN_SHOWN]} has rated all {place.of} sounds:"
                " each listener takes part once"
            )
        # A second tab of the browser may be ahead.
        if place.sound != sound:
            raise UserError(
                f"sound {sound} is not the current one, which is {place.sound}: reload the page"
            )
        return place

    def _place(self, database: sqlite3.Connection, listener: str) -> Place:
        query = "select rated from listeners where listener = ?"
        row = database.execute(query, (listener,)).fetchone()
        if row is None:
            shown = listener[:TOKEN_SHOWN]
            raise UserError(f"listener {shown!r} is not known: begin the study again")
        done = row[0]
        n = len(self.sounds)
        if done >= n:
            return Place(n, n, None, {})
        sound = self.order(listener)[done]
        query = "select question, rating from answers where listener = ? and sound = ?"
        ratings = database.execute(query, (listener, sound)).fetchall()
        return Place(done, n, sound, dict(ratings))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the database; changes are synced to disk when the block ends without an error."""
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        with contextlib.closing(connection) as database:
            # A write-ahead log lets others read while one writes; `full` syncs each commit.
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = full")
            # Immediate: a read that later becomes a write could not wait for another writer.
            database.execute("begin immediate")
            try:
                yield database
            except BaseException:
                database.rollback()
                raise
            # A script commits by itself.
            if database.in_transaction:
                database.execute("commit")
