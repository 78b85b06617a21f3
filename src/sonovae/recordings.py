"""Where recordings come from: a folder, each file checked, named, and copied if it can be used."""

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from sonovae import listing, waveform
from sonovae.errors import UserError
from sonovae.listing import COLUMNS, LEFT_OUT, USED
from sonovae.params.sections import Fetch, Table
from sonovae.progress import progress
from sonovae.waveform import Unreadable

MIN_SAMPLE_RATE = 1000
"""Hz; a lower one is a damaged header, and resampling it would make hours of seconds."""


class LeftOut(Exception):
    """Why a file is left out."""


@dataclass(frozen=True)
class Naming:
    """What says a recording's label and group: its folder and itself, a pattern, or the rows of a table."""

    pattern: str | None
    rows: Mapping[str, Mapping[str, str]] | None

    def of(self, name: str) -> dict[str, str]:
        """Label, group and any others of a name; LeftOut where pattern or table do not know it."""
        folder, _, last = name.rpartition("/")
        plain = {"label": folder.rpartition("/")[2], "group": name}
        if self.rows is not None:
            if (row := self.rows.get(name) or self.rows.get(last)) is None:
                raise LeftOut("not in fetch.table")
            return plain | {key: value for key, value in row.items() if value}
        if self.pattern is not None:
            if (match := re.search(self.pattern, name)) is None:
                raise LeftOut(f"its name does not match fetch.pattern {self.pattern}")
            return dict.fromkeys(match.groupdict(), "") | plain | {k: v for k, v in match.groupdict().items() if v}
        return plain


def collect(folder: Path, out: Path, p: Fetch) -> pd.DataFrame:
    """Copy what is usable of `folder` to `out`/files, and write and return the table `out`/recordings.csv.

    UserError where too little is usable; then the message says what was left out, and why.
    """
    naming = Naming(p.pattern, _rows(folder, p.table) if p.table else None)
    (out / "files").mkdir(parents=True)
    seen: dict[str, str] = {}
    rows = [_row(folder, path, out, naming, p, seen) for path in progress(_files(folder), "fetch", "files")]
    table = pd.DataFrame(rows, columns=list(dict.fromkeys([*COLUMNS, *(key for row in rows for key in row)])))
    _check_enough(table, folder, p)
    listing.write(out / "recordings.csv", table)
    return table


def stumbling_blocks(folder: Path) -> list[str]:
    """What in the folder DVC would hang on (a FIFO) or die of, each with what to do."""
    faults = []
    for path in _walk(folder):
        name = _name(path, folder)
        if path.is_symlink() and not path.exists():
            faults.append(f"{name!r} is a link to nothing: delete it")
        elif path.exists() and not path.is_file() and not path.is_dir():
            faults.append(f"{name!r} is not a file but a FIFO, socket or device: delete it")
        elif not _is_utf8(path.relative_to(folder).as_posix()):
            faults.append(f"{name!r} (percent-encoded here) has a name that is not UTF-8: rename it")
        elif path.name in ("dvc.yaml", "dvc.lock") or path.suffix == ".dvc":
            faults.append(f"{name!r} is a file of DVC's: move it out of the folder")
    return faults


def _walk(folder: Path) -> list[Path]:
    """Everything below the folder that is not a folder, links not followed."""
    return [Path(at, name) for at, folders, names in os.walk(folder) for name in names + _links(at, folders)]


def _links(at: str, folders: list[str]) -> list[str]:
    return [name for name in folders if Path(at, name).is_symlink()]


def _files(folder: Path) -> list[Path]:
    """In the order of their names; hidden ones are the file manager's or git's."""
    if not folder.is_dir():
        raise UserError(f"fetch.folder = {str(folder)!r} is not a folder: `make folder FROM=…` adds yours")
    visible = [path for path in _walk(folder) if not _name(path, folder).startswith(".")]
    return sorted((path for path in visible if "/." not in _name(path, folder)), key=os.fsencode)


def _row(folder: Path, path: Path, out: Path, naming: Naming, p: Fetch, seen: dict[str, str]) -> dict[str, Any]:
    """The table's row of one file, which is copied if it is usable."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"name": _name(path, folder), "status": USED}
    row |= {"seconds": 0.0, "sample_rate": 0, "channels": 0}
    try:
        _check_plain(path)
        row["sha256"] = _sha256(path)
        row |= _facts(path, p)
        row |= naming.of(row["name"])
        if (first := seen.setdefault(row["sha256"], row["name"])) != row["name"]:
            raise LeftOut(f"the same bytes as {first!r}")
        suffix = path.suffix.lower()
        row["path"] = f"files/{row['sha256']}{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else ''}"
        shutil.copyfile(path, out / row["path"])
    except (LeftOut, Unreadable) as reason:
        row |= {"path": "", "status": LEFT_OUT, "reason": str(reason)}
    return row


def _check_plain(path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise LeftOut("a link to nothing")
    if path.is_dir():
        raise LeftOut("a link to a folder")
    if not path.is_file():
        raise LeftOut("not a file, but a FIFO, socket or device")


def _facts(path: Path, p: Fetch) -> dict[str, Any]:
    """What the file holds; LeftOut where it is too short, too quiet, or its rate absurd."""
    facts = waveform.inspect(path)
    if facts.sample_rate < MIN_SAMPLE_RATE:
        raise LeftOut(f"a sample rate of {facts.sample_rate} Hz, under {MIN_SAMPLE_RATE} Hz")
    if facts.seconds < p.min_seconds:
        raise LeftOut(f"{facts.seconds:.3f} s, shorter than fetch.min_seconds = {p.min_seconds:g}")
    if facts.peak <= 10 ** (p.min_peak_dbfs / 20):
        raise LeftOut(f"silent: no sample over fetch.min_peak_dbfs = {p.min_peak_dbfs:g}")
    return {"seconds": round(facts.seconds, 6), "sample_rate": facts.sample_rate, "channels": facts.channels}


def _rows(folder: Path, table: Table) -> dict[str, dict[str, str]]:
    """The rows of fetch.table by file name, label and group under those names, all else under its own."""
    try:
        data = pd.read_csv(folder / table.path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UserError(f"fetch.table.path = {table.path!r} cannot be read: {error}") from None
    wanted = {"name": table.name, "label": table.label, "group": table.group}
    if absent := [f"fetch.table.{key} = {column!r}" for key, column in wanted.items() if column not in data.columns]:
        raise UserError(f"{', '.join(absent)}: not a column of {table.path}, which has {', '.join(data.columns)}")
    others = [column for column in data.columns if column not in COLUMNS]
    named = data[others].assign(label=data[table.label], group=data[table.group])
    return dict(zip(data[table.name], named.to_dict("records"), strict=True))


def _check_enough(table: pd.DataFrame, folder: Path, p: Fetch) -> None:
    kept = len(listing.used(table))
    skipped = 1 - kept / len(table) if len(table) else 0
    if kept < p.min_recordings:
        raise UserError(
            f"{folder}: {kept} usable recordings, fewer than fetch.min_recordings = {p.min_recordings}: add some, or"
            f" lower it. {listing.summary(table)}"
        )
    if skipped > p.max_skip_fraction:
        raise UserError(
            f"{folder}: {skipped:.0%} of the files were left out, more than fetch.max_skip_fraction ="
            f" {p.max_skip_fraction:.0%}: mend or remove them, or raise it. {listing.summary(table)}"
        )


def _name(path: Path, folder: Path) -> str:
    """The path inside the folder; percent-encoded where it is not UTF-8."""
    name = path.relative_to(folder).as_posix()
    return name if _is_utf8(name) else quote(os.fsencode(name))


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None
