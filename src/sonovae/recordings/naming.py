"""Label, group and further columns of a recording, from its name or from a table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sonovae.errors import Unreadable, UserError
from sonovae.params.fetch import Fetch, Table
from sonovae.params.rules import OWN_COLUMNS


@dataclass(frozen=True)
class Naming:
    """Rule for labels and groups: a regular expression, a table's rows by file name, or none."""

    pattern: str | None
    rows: Mapping[str, Mapping[str, str]] | None

    def of(self, name: str) -> dict[str, str]:
        """Return label, group and further columns; raise Unreadable if the rule lacks the name."""
        parent, _, file_name = name.rpartition("/")
        columns = {"label": parent.rpartition("/")[2], "group": name}
        if self.rows is not None:
            # Tables of published datasets mostly list file names without their folders.
            row = self.rows.get(name) or self.rows.get(file_name)
            if row is None:
                raise Unreadable("not in fetch.table")
            return columns | _not_empty(row)
        if self.pattern is not None:
            match = re.search(self.pattern, name)
            if match is None:
                raise Unreadable(f"its name does not match fetch.pattern {self.pattern}")
            groups = match.groupdict(default="")
            return dict.fromkeys(groups, "") | columns | _not_empty(groups)
        return columns


def load(folder: Path, settings: Fetch) -> Naming:
    """Return the rule for the recordings in `folder`; raise UserError if its table is no use."""
    return Naming(settings.pattern, _rows(folder, settings.table) if settings.table else None)


def _not_empty(columns: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in columns.items() if value}


def _rows(folder: Path, table: Table) -> dict[str, dict[str, str]]:
    """Read fetch.table by file name; label and group go by these names, the rest by its own."""
    try:
        # If rows end in a comma, pandas would make the first column an index.
        data = pd.read_csv(folder / table.path, dtype=str, keep_default_na=False, index_col=False)
    except (OSError, ValueError) as error:
        raise UserError(f"fetch.table.path = {table.path!r} cannot be read: {error}") from None
    columns = ", ".join(data.columns)
    absent = [key for key in ("name", "label", "group") if getattr(table, key) not in data.columns]
    if absent:
        faults = ", ".join(f"fetch.table.{key} = {getattr(table, key)!r}" for key in absent)
        raise UserError(f"{faults}: not a column of {table.path}, which has {columns}")
    names = data[table.name]
    repeated = sorted(names[names.duplicated()])
    if repeated:
        raise UserError(f"{table.path} has two rows of {repeated[0]!r}: each file must have one")
    # The table may have columns that are called like those of the recordings table.
    others = [column for column in data.columns if column not in OWN_COLUMNS]
    rows = data[others].assign(label=data[table.label], group=data[table.group])
    return dict(zip(names, rows.to_dict("records"), strict=True))
