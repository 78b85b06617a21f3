"""Choice of recordings: by the values of their columns, and at most a number of them."""

import hashlib
from collections.abc import Iterable, Mapping

import pandas as pd

from sonovae.errors import UserError
from sonovae.params.rules import Limit


def matches(table: pd.DataFrame, selection: Mapping[str, str], key: str) -> "pd.Series[bool]":
    """Return which rows match the regular expressions of a selection, by column, in full.

    Raise UserError, naming the `key` of params.yaml, if a column does not exist.
    """
    matching = pd.Series(True, index=table.index)
    for column, expression in selection.items():
        if column not in table.columns:
            columns = ", ".join(table.columns)
            raise UserError(f"{key}.{column}: the recordings have no such column, but {columns}")
        matching &= table[column].astype(str).str.fullmatch(expression)
    return matching


def limited(names: list[str], limit: Limit | None) -> set[str]:
    """Return the names that a limit chooses: the first ones, or a random draw."""
    if limit is None:
        return set(names)
    if limit.draw == "random":
        names = ranked(names, limit.seed)
    return set(names[: limit.count])


def ranked(names: Iterable[str], seed: int) -> list[str]:
    """Return the names in a random order."""
    # A rank depends on no other name, so that new recordings leave the order of the old ones.
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
