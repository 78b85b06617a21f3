"""The recordings of a folder: each file read, judged, named, and copied if it is used."""

import contextlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from sonovae.codec import image_files
from sonovae.errors import Unreadable, UserError
from sonovae.params.fetch import Fetch
from sonovae.recordings import contents, folder, naming, recordings_table, verdict
from sonovae.recordings.contents import Contents
from sonovae.recordings.naming import Naming
from sonovae.recordings.recordings_table import COLUMNS, LEFT_OUT, NOT_CHOSEN, USED
from sonovae.runtime import checksums, sandbox
from sonovae.runtime.progress import progress

MOST_SECONDS = 900
"""That a file may take to be decoded."""

Row = dict[str, Any]


def collect(source: Path, out: Path, p: Fetch) -> pd.DataFrame:
    """Copy what is usable and chosen of the folder `source` to `out`/files, and write and return the table
    `out`/recordings.csv.

    UserError where too little is usable; then the message says what was left out, and why.
    """
    paths = files(source, p)
    table = _judged(source, paths, p)
    if p.kind == "image":
        table = _with_labels(table, paths)
    table = _limited(_without_copies(_chosen(table, p)), p).drop(columns="samples")
    _check_enough(table, source, p)
    _copy(paths, table, out)
    recordings_table.write(out / "recordings.csv", table)
    checksums.write(out)
    return table


def files(source: Path, p: Fetch) -> dict[str, Path]:
    """The files of the folder by name, without the table that says what they are."""
    if not source.is_dir():
        raise UserError(
            f"fetch.folder = {str(source)!r} is not a folder: `make folder FROM=…` adds yours"
        )
    return {
        name: path
        for name, path in folder.files(source).items()
        if not p.table or name != p.table.path
    }


def _judged(source: Path, paths: Mapping[str, Path], p: Fetch) -> pd.DataFrame:
    """A row for each file: what it holds and is called, and whether it can be used."""
    known = naming.naming(source, p)
    looked = progress(_contents(source, paths, p), "fetch", "files", len(paths))
    rows = [_row(name, found, known, p) for name, found in zip(paths, looked, strict=True)]
    columns = list(dict.fromkeys([*COLUMNS, "samples", *(key for row in rows for key in row)]))
    return _with_case_clashes(pd.DataFrame(rows, columns=columns).fillna(""))


def _contents(source: Path, paths: Mapping[str, Path], p: Fetch) -> Iterator[Contents | Unreadable]:
    """Of each file in its order; those that are no plain files, or hidden, are not opened."""
    reasons = [folder.reason_not_to_open(path, source) for path in paths.values()]
    plain = [path for path, reason in zip(paths.values(), reasons, strict=True) if not reason]
    found = sandbox.each(
        contents.of_sound if p.kind == "sound" else contents.of_image, plain, MOST_SECONDS
    )
    return (Unreadable(reason) if reason else next(found) for reason in reasons)


def _row(name: str, found: Contents | Unreadable, known: Naming, p: Fetch) -> Row:
    """The table's row of one file."""
    row: Row = dict.fromkeys(COLUMNS, "") | {"name": name, "status": USED}
    row |= {"seconds": 0.0, "sample_rate": 0, "channels": 0, "samples": ""}
    try:
        if isinstance(found, Unreadable):
            raise found
        row |= _held(name, found, p)
        row |= known.of(name)
    except Unreadable as reason:
        status = NOT_CHOSEN if str(reason) == folder.HIDDEN else LEFT_OUT
        row |= {"status": status, "reason": str(reason), "warning": ""}
    return row


def _held(name: str, found: Contents, p: Fetch) -> Row:
    """What the file holds; Unreadable where the rules refuse it."""
    row: Row = {"sha256": found.sha256, "path": _place(found.sha256, name)}
    if (facts := found.facts) is None:
        return row
    if reason := verdict.refusal(facts, p):
        raise Unreadable(reason)
    row |= {
        "seconds": round(facts.seconds, 6),
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
    }
    return row | {"warning": verdict.warning(facts, name), "samples": facts.samples_sha256}


def _place(sha256: str, name: str) -> str:
    """Where the file's copy lies; what only looks like a suffix is not kept."""
    suffix = PurePosixPath(name).suffix.lower()
    return f"files/{sha256}{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else ''}"


def _with_case_clashes(table: pd.DataFrame) -> pd.DataFrame:
    """Names that differ in case alone are one name on some disks."""
    times = Counter(name.casefold() for name in table["name"])
    clash = table["name"].map(lambda name: times[name.casefold()] > 1) & (table["status"] == USED)
    table.loc[clash, "warning"] = [
        "; ".join(filter(None, [before, "another name differs in case alone"]))
        for before in table["warning"][clash]
    ]
    return table


def _with_labels(table: pd.DataFrame, paths: Mapping[str, Path]) -> pd.DataFrame:
    """The IDX files that hold the labels of used images are no recordings, but used too."""
    table = table.assign(labels="")
    for i in recordings_table.used(table).index:
        name = str(table.loc[i, "name"])
        for at in table.index[table["name"] == image_files.labels_name(name)]:
            with contextlib.suppress(Unreadable):  # it stays left out
                labels = str(table.loc[at, "name"])
                image_files.read_labels(paths[labels])
                sha256 = checksums.sha256(paths[labels])
                table.loc[at, ["sha256", "path"]] = sha256, _place(sha256, labels)
                table.loc[at, ["status", "reason"]] = (
                    recordings_table.LABELS,
                    f"of the images in {name!r}",
                )
                table.loc[i, "labels"] = table.loc[at, "path"]
    return table


def _chosen(table: pd.DataFrame, p: Fetch) -> pd.DataFrame:
    """What fetch.only passes over of the usable recordings is not chosen."""
    used = recordings_table.used(table)
    if len(used):
        chosen = naming.matches(used, p.only or {}, "fetch.only")
        table.loc[used.index[~chosen], ["status", "reason"]] = (
            NOT_CHOSEN,
            "fetch.only passes it over",
        )
    return table


def _without_copies(table: pd.DataFrame) -> pd.DataFrame:
    """Of two files of the same sound, which would stand on both sides of a split, the first is used."""
    seen = dict[str, str]()
    for i, name, sha256, samples in recordings_table.used(table)[
        ["name", "sha256", "samples"]
    ].itertuples():
        same = {
            what: seen.setdefault(key, name)
            for what, key in (("samples", samples), ("bytes", sha256))
            if key
        }
        for what, first in same.items():
            if first != name:
                reason = f"the same {what} as {first!r}"
                table.loc[i, ["status", "reason", "warning"]] = LEFT_OUT, reason, ""
    return table


def _limited(table: pd.DataFrame, p: Fetch) -> pd.DataFrame:
    """What fetch.limit passes over of what is left is not chosen."""
    left = recordings_table.used(table)
    over = left.index[~left["name"].isin(naming.limited(list(left["name"]), p.limit))]
    table.loc[over, ["status", "reason"]] = NOT_CHOSEN, "fetch.limit passes it over"
    return table


def _copy(paths: Mapping[str, Path], table: pd.DataFrame, out: Path) -> None:
    """Copy what is used; what is not has no path. UserError where a file changes meanwhile."""
    (out / "files").mkdir(parents=True)
    used = table["status"].isin([USED, recordings_table.LABELS])
    table.loc[~used, "path"] = ""
    for name, sha256, path in table.loc[used, ["name", "sha256", "path"]].itertuples(index=False):
        shutil.copyfile(paths[name], out / path)
        if checksums.sha256(out / path) != sha256:
            raise UserError(
                f"{name!r} changed while it was being copied: run again when nothing writes to it"
            )


def _check_enough(table: pd.DataFrame, source: Path, p: Fetch) -> None:
    kept = len(recordings_table.used(table))
    left_out = (table["status"] == LEFT_OUT).sum()
    skipped = left_out / len(table) if len(table) else 0
    if kept < p.min_recordings:
        raise UserError(
            f"{source}: {kept} usable recordings, fewer than fetch.min_recordings = {p.min_recordings}: add some, or"
            f" lower it. {recordings_table.summary(table)}"
        )
    if skipped > p.max_skip_fraction:
        raise UserError(
            f"{source}: {skipped:.0%} of the files were left out, more than fetch.max_skip_fraction ="
            f" {p.max_skip_fraction:.0%}: mend or remove them, or raise it. {recordings_table.summary(table)}"
        )
