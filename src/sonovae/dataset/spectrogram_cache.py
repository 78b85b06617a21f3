"""Cache of analysed clips: packs of many recordings, as a file takes longer to make than most.

A pack holds the values of its clips, one after the other as float32; three arrays as numpy saves
them: the recordings' keys, their numbers of clips, and a record for each clip; and FOOTER. It is
whole or absent, and a damaged one is noticed, to the last bit.
"""

import contextlib
import hashlib
import io
import itertools
import math
import os
import struct
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovae import atomic
from sonovae.arrays import Spectrogram
from sonovae.dataset.clips import Clip
from sonovae.recordings import schema
from sonovae.runtime import environment

Records = NDArray[np.void]
"""Records [clips] with the fields of Clip and WHERE."""

WHERE = {"at": "i8", "rows": "i8", "columns": "i8"}
"""Fields for the place of a clip's values: their first byte in the pack, and their shape."""
FOOTER = struct.Struct("<QII")
"""Last bytes of a pack: where the arrays begin, and the CRC-32 of what is before and of them."""
BLOCK = 1 << 22
"""Bytes that are checked at a time."""
A_DAY = 86400
"""Seconds after which an unfinished pack is deleted, as no process still writes it."""


@dataclass(frozen=True)
class Entry:
    """Clips of one recording, and the pack that holds their values."""

    clips: Records
    pack: Path


def write(
    folder: Path,
    keys: list[str],
    recordings: Iterable[Iterable[tuple[Clip, Spectrogram]]],
) -> list[Entry]:
    """Write a pack of recordings, each with its clips and their values [rows, columns]."""
    pack = folder / hashlib.sha256("".join(keys).encode()).hexdigest()
    crc = 0
    counts = list[int]()
    records = list[tuple[Any, ...]]()
    with atomic.file(pack) as part, part.open("wb") as file:
        for clips in recordings:
            n_before = len(records)
            for clip, values in clips:
                records.append((*clip, file.tell(), *values.shape))
                data = np.ascontiguousarray(values, np.float32).data.cast("B")
                file.write(data)
                crc = zlib.crc32(data, crc)
            counts.append(len(records) - n_before)
        table = _table(records)
        arrays = _save(np.array(keys, "S64"), np.array(counts), table)
        file.write(arrays + FOOTER.pack(file.tell(), crc, zlib.crc32(arrays)))
    return list(_entries(pack, keys, counts, table).values())


def values(places: Iterable[tuple[Entry, Iterable[int]]]) -> Iterator[Spectrogram]:
    """Read the values [rows, columns] of some clips of each entry, by their numbers in it."""
    # A pack is opened once for all entries that follow each other in it.
    for pack, group in itertools.groupby(places, key=lambda place: place[0].pack):
        with pack.open("rb") as file:
            for entry, numbers in group:
                for record in entry.clips[list(numbers)]:
                    file.seek(record["at"])
                    shape = (int(record["rows"]), int(record["columns"]))
                    yield np.fromfile(file, np.float32, math.prod(shape)).reshape(shape)


def read(folder: Path, wanted: set[str]) -> dict[str, Entry]:
    """Return the entries with the wanted keys; delete packs that are damaged."""
    entries: dict[str, Entry] = {}
    for pack in folder.glob("[0-9a-f]*"):
        in_pack = _read(pack)
        if in_pack and wanted.isdisjoint(in_pack):
            continue
        if not in_pack or not _is_whole(pack):
            pack.unlink(missing_ok=True)
            continue
        # `prune` keeps what was used last. Another stage may have deleted the pack meanwhile.
        with contextlib.suppress(FileNotFoundError):
            os.utime(pack)
        entries |= {key: entry for key, entry in in_pack.items() if key in wanted}
    return entries


def most_bytes() -> int:
    """Return how many bytes packs may take: SONOVAE_CACHE_GIB, by default 20 GiB."""
    return environment.whole("SONOVAE_CACHE_GIB", 0, 20) * 2**30


def prune(folder: Path, most: int) -> None:
    """Delete the packs used longest ago until the others take at most so many bytes.

    Also deletes packs left unfinished a day ago. Other stages may read, write and prune meanwhile.
    """
    kept = 0
    now = time.time()
    for used, size, path in sorted(_states(folder), reverse=True):
        if path.suffix == ".part":
            too_old = now - used >= A_DAY
        else:
            kept += size
            too_old = kept > most
        if too_old:
            path.unlink(missing_ok=True)


def _states(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            yield state.st_mtime, state.st_size, path


def _table(records: list[tuple[Any, ...]]) -> Records:
    # numpy makes the column of labels as wide as the longest.
    width = max((len(record[len(schema.CLIP_FIELDS)]) for record in records), default=0)
    label = ("label", f"U{max(1, width)}")
    return np.array(records, [*schema.CLIP_FIELDS.items(), label, *WHERE.items()])


def _entries(
    pack: Path, keys: Iterable[str], counts: Iterable[int], table: Records
) -> dict[str, Entry]:
    ends = np.cumsum(np.fromiter(counts, np.int64))
    parts = np.split(table, ends[:-1])
    return {key: Entry(part, pack) for key, part in zip(keys, parts, strict=True)}


def _save(*arrays: NDArray[Any]) -> bytes:
    saved = io.BytesIO()
    for array in arrays:
        np.save(saved, array)
    return saved.getvalue()


def _read(pack: Path) -> dict[str, Entry]:
    """Return all entries of a pack; none if its arrays are damaged."""
    try:
        with pack.open("rb") as file:
            begin, _, crc = _footer(file)
            file.seek(begin)
            arrays = file.read()[: -FOOTER.size]
        if zlib.crc32(arrays) != crc:
            return {}
        saved = io.BytesIO(arrays)
        keys, counts, table = (np.load(saved, allow_pickle=False) for _ in range(3))
        return _entries(pack, [key.decode() for key in keys.tolist()], counts, table)
    except (OSError, ValueError, struct.error):
        return {}


def _is_whole(pack: Path) -> bool:
    """Return whether the values of a pack are those that were written."""
    with contextlib.suppress(FileNotFoundError), pack.open("rb") as file:
        left, wanted, _ = _footer(file)
        file.seek(0)
        crc = 0
        while block := file.read(min(BLOCK, left)):
            left -= len(block)
            crc = zlib.crc32(block, crc)
        return crc == wanted
    return False


def _footer(file: Any) -> tuple[int, int, int]:
    file.seek(-FOOTER.size, os.SEEK_END)
    begin, crc_before, crc_arrays = FOOTER.unpack(file.read())
    return begin, crc_before, crc_arrays
