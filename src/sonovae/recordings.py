"""Where recordings come from: a folder, each file checked, named, and copied if it can be used."""

import contextlib
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from sonovae import image, listing, naming, waveform
from sonovae.errors import Unreadable, UserError
from sonovae.listing import COLUMNS, LEFT_OUT, NOT_CHOSEN, USED
from sonovae.naming import Naming, Unnamed
from sonovae.params.fetch import Fetch
from sonovae.progress import progress

MIN_SAMPLE_RATE = 1000
"""Hz; a lower one is a damaged header, and resampling it would make hours of seconds."""


class LeftOut(Exception):
    """Why a file is left out."""


def collect(folder: Path, out: Path, p: Fetch) -> pd.DataFrame:
    """Copy what is usable and chosen of `folder` to `out`/files, and write and return the table `out`/recordings.csv.

    UserError where too little is usable; then the message says what was left out, and why.
    """
    known, seen, found = naming.naming(folder, p), dict[str, str](), files(folder, p)
    rows = [_row(folder, path, known, p, seen) for path in progress(found, "fetch", "files")]
    columns = list(dict.fromkeys([*COLUMNS, *(key for row in rows for key in row)]))
    table = pd.DataFrame(rows, columns=columns).fillna("")
    if p.kind == "image":
        table = _with_labels(table, found)
    table = _chosen(table, p)
    _check_enough(table, folder, p)
    _copy(found, table, out)
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


def files(folder: Path, p: Fetch) -> list[Path]:
    """In the order of their names; hidden ones are the file manager's or git's."""
    if not folder.is_dir():
        raise UserError(f"fetch.folder = {str(folder)!r} is not a folder: `make folder FROM=…` adds yours")
    tables = {folder / p.table.path} if p.table else set()
    visible = [path for path in _walk(folder) if not _name(path, folder).startswith(".") and path not in tables]
    return sorted((path for path in visible if "/." not in _name(path, folder)), key=os.fsencode)


def _row(folder: Path, path: Path, known: Naming, p: Fetch, seen: dict[str, str]) -> dict[str, Any]:
    """The table's row of one file."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"name": _name(path, folder), "status": USED}
    row |= {"seconds": 0.0, "sample_rate": 0, "channels": 0}
    try:
        _check_plain(path)
        row["sha256"] = _sha256(path)
        suffix = path.suffix.lower()
        row["path"] = f"files/{row['sha256']}{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else ''}"
        row |= _facts(path, p)
        row |= known.of(row["name"])
        if (first := seen.setdefault(row["sha256"], row["name"])) != row["name"]:
            raise LeftOut(f"the same bytes as {first!r}")
    except (LeftOut, Unreadable, Unnamed) as reason:
        row |= {"status": LEFT_OUT, "reason": str(reason)}
    return row


def _with_labels(table: pd.DataFrame, files: list[Path]) -> pd.DataFrame:
    """The IDX files that hold the labels of used images are no recordings, but used too."""
    table = table.assign(labels="")
    for i in listing.used(table).index:
        name = str(table.loc[i, "name"])
        for at in table.index[table["name"] == image.labels_name(name)]:
            with contextlib.suppress(Unreadable):  # it stays left out
                image.read_labels(files[at])
                table.loc[at, ["status", "reason"]] = listing.LABELS, f"of the images in {name!r}"
                table.loc[i, "labels"] = table.loc[at, "path"]
    return table


def _chosen(table: pd.DataFrame, p: Fetch) -> pd.DataFrame:
    """What fetch.only and fetch.limit pass over of the usable recordings is not chosen."""
    used = listing.used(table)
    if used.empty:
        return table
    chosen = naming.matches(used, p.only or {}, "fetch.only")
    table.loc[used.index[~chosen], ["status", "reason"]] = NOT_CHOSEN, "fetch.only passes it over"
    left = listing.used(table)
    kept = naming.limited(list(left["name"]), p.limit)
    over = left.index[~left["name"].isin(kept)]
    table.loc[over, ["status", "reason"]] = NOT_CHOSEN, "fetch.limit passes it over"
    return table


def _copy(files: list[Path], table: pd.DataFrame, out: Path) -> None:
    """Copy what is used; what is not has no path."""
    (out / "files").mkdir(parents=True)
    used = table["status"].isin([USED, listing.LABELS])
    table.loc[~used, "path"] = ""
    for i in table.index[used]:
        shutil.copyfile(files[i], out / table.loc[i, "path"])


def _check_plain(path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise LeftOut("a link to nothing")
    if path.is_dir():
        raise LeftOut("a link to a folder")
    if not path.is_file():
        raise LeftOut("not a file, but a FIFO, socket or device")


def _facts(path: Path, p: Fetch) -> dict[str, Any]:
    """What the file holds; LeftOut where it is too short, too quiet, or its rate absurd."""
    if p.kind == "image":
        image.read(path)
        return {}
    facts = waveform.inspect(path)
    if facts.sample_rate < MIN_SAMPLE_RATE:
        raise LeftOut(f"a sample rate of {facts.sample_rate} Hz, under {MIN_SAMPLE_RATE} Hz")
    if facts.seconds < p.min_seconds:
        raise LeftOut(f"{facts.seconds:.3f} s, shorter than fetch.min_seconds = {p.min_seconds:g}")
    if facts.peak <= 10 ** (p.min_peak_dbfs / 20):
        raise LeftOut(f"silent: no sample over fetch.min_peak_dbfs = {p.min_peak_dbfs:g}")
    return {"seconds": round(facts.seconds, 6), "sample_rate": facts.sample_rate, "channels": facts.channels}


def _check_enough(table: pd.DataFrame, folder: Path, p: Fetch) -> None:
    kept = len(listing.used(table))
    left_out = (table["status"] == LEFT_OUT).sum()
    skipped = left_out / len(table) if len(table) else 0
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
