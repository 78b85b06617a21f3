"""What a recording is called: its label, its group and whatever else its name or a table says; and which are chosen."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sonovae.errors import Unreadable, UserError
from sonovae.params.fetch import Fetch, Table
from sonovae.params.rules import OWN_COLUMNS, Limit


@dataclass(frozen=True)
class Naming:
    """What says a recording's label and group: its folder and itself, a pattern, or the rows of a table."""

    pattern: str | None
    rows: Mapping[str, Mapping[str, str]] | None

    def of(self, name: str) -> dict[str, str]:
        """Label, group and any others of a name; Unreadable where pattern or table do not know it."""
        folder, _, last = name.rpartition("/")
        plain = {"label": folder.rpartition("/")[2], "group": name}
        if self.rows is not None:
            if (row := self.rows.get(name) or self.rows.get(last)) is None:
                raise Unreadable("not in fetch.table")
            return plain | {key: value for key, value in row.items() if value}
        if self.pattern is not None:
            if (match := re.search(self.pattern, name)) is None:
                raise Unreadable(f"its name does not match fetch.pattern {self.pattern}")
            return (
                dict.fromkeys(match.groupdict(), "")
                | plain
                | {k: v for k, v in match.groupdict().items() if v}
            )
        return plain


def naming(folder: Path, p: Fetch) -> Naming:
    """The naming of the recordings in `folder`; UserError where their table cannot be used."""
    return Naming(p.pattern, _rows(folder, p.table) if p.table else None)


def matches(values: pd.DataFrame, selection: Mapping[str, str], key: str) -> "pd.Series[bool]":
    """Which rows a selection by columns names: each expression must match the whole value. `key` is where the selection
    stands in params.yaml."""
    found = pd.Series(True, index=values.index)
    for column, expression in selection.items():
        if column not in values.columns:
            raise UserError(
                f"{key}.{column}: the recordings have no such column, but {', '.join(values.columns)}"
            )
        found &= values[column].astype(str).str.fullmatch(expression)
    return found


def limited(names: list[str], limit: Limit | None) -> set[str]:
    """The names that a limit chooses, of names in their order."""
    if limit is None:
        return set(names)
    return set((ranked(names, limit.seed) if limit.draw == "random" else names)[: limit.count])


def ranked(names: Iterable[str], seed: int) -> list[str]:
    """In an order that the seed decides, name by name: a new one leaves the others in theirs."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())


def _rows(folder: Path, table: Table) -> dict[str, dict[str, str]]:
    """The rows of fetch.table by file name, label and group under those names, all else under its own."""
    try:
        data = pd.read_csv(folder / table.path, dtype=str, keep_default_na=False, index_col=False)
    except (OSError, ValueError) as error:
        raise UserError(f"fetch.table.path = {table.path!r} cannot be read: {error}") from None
    wanted = {"name": table.name, "label": table.label, "group": table.group}
    if absent := [
        f"fetch.table.{key} = {column!r}"
        for key, column in wanted.items()
        if column not in data.columns
    ]:
        raise UserError(
            f"{', '.join(absent)}: not a column of {table.path}, which has {', '.join(data.columns)}"
        )
    if twice := sorted(data[table.name][data[table.name].duplicated()]):
        raise UserError(f"{table.path} has two rows of {twice[0]!r}: each file must have one")
    others = [column for column in data.columns if column not in OWN_COLUMNS]
    named = data[others].assign(label=data[table.label], group=data[table.group])
    return dict(zip(data[table.name], named.to_dict("records"), strict=True))
