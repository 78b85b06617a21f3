"""Read, check, name and copy the recordings of a folder."""

import contextlib
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from sonovae.codec import image_files
from sonovae.errors import Unreadable, UserError
from sonovae.params.fetch import Fetch
from sonovae.project import RECORDINGS_CSV
from sonovae.recordings import checks, folder, naming, recordings_table, selection
from sonovae.recordings.checks import Contents
from sonovae.recordings.naming import Naming
from sonovae.recordings.recordings_table import (
    COLUMNS,
    LABELS,
    LEFT_OUT,
    NOT_CHOSEN,
    USED,
)
from sonovae.runtime import checksums, sandbox
from sonovae.runtime.progress import progress

MAX_SECONDS = 900
"""Time to decode one file, enough for a day of sound; a decoder that takes longer hangs."""

Row = dict[str, Any]
"""A row of the recordings table by column."""


def collect(source: Path, out: Path, settings: Fetch) -> pd.DataFrame:
    """Copy the usable and chosen files of `source` to `out`; write and return their table.

    Raise UserError, naming what was left out and why, if too little is usable.
    """
    if not source.is_dir():
        raise UserError(
            f"fetch.folder = {str(source)!r} is not a folder: `make folder FROM=…` adds yours"
        )
    paths = folder.files(source)
    if settings.table:
        paths.pop(settings.table.path, None)
    table = _checked(source, paths, settings)
    if settings.kind == "image":
        _add_labels(table, paths)
    _choose(table, settings)
    table = table.drop(columns="samples")
    _check_enough(table, source, settings)
    hashes = _copy(paths, table, out)
    recordings_table.write(out / RECORDINGS_CSV, table)
    checksums.write(out, hashes)
    return table


def _checked(source: Path, paths: Mapping[str, Path], settings: Fetch) -> pd.DataFrame:
    """Return a row for each file: its contents, its names, and whether it can be used."""
    rule = naming.load(source, settings)
    all_contents = progress(_contents(source, paths, settings), "fetch", "files", len(paths))
    rows = [
        _row(name, contents, rule, settings)
        for name, contents in zip(paths, all_contents, strict=True)
    ]
    columns = dict.fromkeys([*COLUMNS, "samples"])
    for row in rows:
        columns |= dict.fromkeys(row)
    table = pd.DataFrame(rows, columns=list(columns)).fillna("")
    _warn_of_case(table)
    return table


def _contents(
    source: Path, paths: Mapping[str, Path], settings: Fetch
) -> Iterator[Contents | Unreadable]:
    """Yield the contents of each file, or why it cannot be used."""
    inspect = checks.inspect_sound if settings.kind == "sound" else checks.inspect_image
    reasons = [folder.reason_not_to_open(path, source) for path in paths.values()]
    plain = [path for path, reason in zip(paths.values(), reasons, strict=True) if not reason]
    # A decoder may crash or hang on a hostile file, so each file is read in another process.
    contents = sandbox.each(inspect, plain, MAX_SECONDS)
    for reason in reasons:
        yield Unreadable(reason) if reason else next(contents)


def _row(name: str, contents: Contents | Unreadable, rule: Naming, settings: Fetch) -> Row:
    """Return the row of one file."""
    row: Row = dict.fromkeys(COLUMNS, "") | {"name": name, "status": USED}
    row |= {"seconds": 0.0, "sample_rate": 0, "channels": 0, "samples": ""}
    try:
        if isinstance(contents, Unreadable):
            raise contents
        row |= _facts(name, contents, settings)
        row |= rule.of(name)
    except Unreadable as error:
        row["reason"] = str(error)
        # A hidden file was never meant as a recording, and must not count as a bad one.
        row["status"] = NOT_CHOSEN if row["reason"] == folder.HIDDEN else LEFT_OUT
        row["warning"] = ""
    return row


def _facts(name: str, contents: Contents, settings: Fetch) -> Row:
    """Return the columns about the contents; raise Unreadable if the rules refuse the file."""
    row: Row = {"sha256": contents.sha256, "path": _place(contents.sha256, name)}
    facts = contents.facts
    if facts is None:
        return row
    reason = checks.refusal(facts, settings)
    if reason:
        raise Unreadable(reason)
    return row | {
        # Microseconds are finer than any sample, and print alike on every machine.
        "seconds": round(facts.seconds, 6),
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
        "warning": checks.warning(facts, name),
        "samples": facts.samples_sha256,
    }


def _place(sha256: str, name: str) -> str:
    """Return the path of a file's copy, by its hash and suffix."""
    suffix = PurePosixPath(name).suffix.lower()
    # The end of a name like `Mr. Été` only looks like a suffix.
    if not re.fullmatch(r"[.][a-z0-9]{1,8}", suffix):
        suffix = ""
    return f"files/{sha256}{suffix}"


def _warn_of_case(table: pd.DataFrame) -> None:
    """Warn of names that differ in case only, which are one name on some disks."""
    folded = table["name"].map(str.casefold)
    clash = folded.duplicated(keep=False) & (table["status"] == USED)
    warnings = table.loc[clash, "warning"] + "; another name differs in case alone"
    table.loc[clash, "warning"] = warnings.map(lambda text: text.removeprefix("; "))


def _add_labels(table: pd.DataFrame, paths: Mapping[str, Path]) -> None:
    """Find the IDX files with the labels of used images; they are copied too."""
    table["labels"] = ""
    for i in recordings_table.used(table).index:
        images = str(table.loc[i, "name"])
        for at in table.index[table["name"] == image_files.labels_name(images)]:
            name = str(table.loc[at, "name"])
            with contextlib.suppress(Unreadable):
                image_files.read_labels(paths[name])
                sha256 = checksums.sha256(paths[name])
                place = _place(sha256, name)
                values = [sha256, place, LABELS, f"of the images in {images!r}"]
                table.loc[at, ["sha256", "path", "status", "reason"]] = values
                table.loc[i, "labels"] = place


def _choose(table: pd.DataFrame, settings: Fetch) -> None:
    """Mark the usable recordings that fetch.only or fetch.limit excludes, and copies."""
    used = recordings_table.used(table)
    # Columns of a pattern come from usable recordings; without any there are none to select by.
    if len(used):
        chosen = selection.matches(used, settings.only or {}, "fetch.only")
        excluded = used.index[~chosen]
        table.loc[excluded, ["status", "reason"]] = [
            NOT_CHOSEN,
            "fetch.only passes it over",
        ]
    # A copy of a file that is not chosen is used, and only used recordings count for the limit.
    _leave_out_copies(table)
    used = recordings_table.used(table)
    chosen = used["name"].isin(selection.limited(list(used["name"]), settings.limit))
    excluded = used.index[~chosen]
    table.loc[excluded, ["status", "reason"]] = [
        NOT_CHOSEN,
        "fetch.limit passes it over",
    ]


def _leave_out_copies(table: pd.DataFrame) -> None:
    """Use only the first of equal sounds, which could land on both sides of a split."""
    first_names = dict[str, str]()
    columns = recordings_table.used(table)[["name", "sha256", "samples"]]
    for i, name, sha256, samples in columns.itertuples():
        # Equal bytes come last, because they are the better reason of the two.
        for what, key in (("samples", samples), ("bytes", sha256)):
            first = first_names.setdefault(key, name) if key else name
            if first != name:
                reason = f"the same {what} as {first!r}"
                table.loc[i, ["status", "reason", "warning"]] = [
                    LEFT_OUT,
                    reason,
                    "",
                ]


def _check_enough(table: pd.DataFrame, source: Path, settings: Fetch) -> None:
    """Raise UserError if too few files are usable, or too many are not."""
    kept = len(recordings_table.used(table))
    if kept < settings.min_recordings:
        raise UserError(
            f"{source}: {kept} usable recordings, fewer than"
            f" fetch.min_recordings = {settings.min_recordings}: add some, or lower it."
            f" {recordings_table.summary(table)}"
        )
    left_out = (table["status"] == LEFT_OUT).sum() / max(1, len(table))
    if left_out > settings.max_skip_fraction:
        raise UserError(
            f"{source}: {left_out:.0%} of the files were left out, more than"
            f" fetch.max_skip_fraction = {settings.max_skip_fraction:.0%}: fix or remove them,"
            f" or raise it. {recordings_table.summary(table)}"
        )


def _copy(paths: Mapping[str, Path], table: pd.DataFrame, out: Path) -> dict[str, str]:
    """Copy the used files, and return their hashes by path; the others lose their path."""
    (out / "files").mkdir(parents=True)
    used = table["status"].isin(recordings_table.KEPT)
    table.loc[~used, "path"] = ""
    hashes = dict[str, str]()
    for name, sha256, path in table.loc[used, ["name", "sha256", "path"]].itertuples(index=False):
        shutil.copyfile(paths[name], out / path)
        # A file that changed since it was checked would be listed with another's facts.
        if checksums.sha256(out / path) != sha256:
            raise UserError(
                f"{name!r} changed while it was being copied: run again when nothing writes to it"
            )
        hashes[path] = sha256
    return hashes
