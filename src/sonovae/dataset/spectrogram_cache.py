"""What recordings' clips were analysed to, on disk: packs of many recordings, as a file takes longer to make than most
recordings to analyse.

A pack holds the values of all its clips, one after the other as float32; three arrays as numpy writes them: the
recordings' keys, their numbers of clips, and the clips' records; and FOOTER. It is whole or not there, and says when it
was damaged.
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

from sonovae.arrays import Spectrogram
from sonovae.recordings import schema
from sonovae.runtime import environment

WHERE = {"at": "i8", "rows": "i8", "columns": "i8"}
"""Where its values begin, in bytes, and how many there are."""
FOOTER = struct.Struct("<QII")
"""Where the arrays begin, in bytes, and the CRC-32 of what is before and of them."""
BLOCK = 1 << 22
"""Bytes that are checked at a time."""
A_DAY = 86400
"""Seconds."""


@dataclass(frozen=True)
class Entry:
    """A recording's clips, a record each, and the pack that holds their values."""

    clips: NDArray[np.void]
    pack: Path


def write(
    folder: Path,
    keys: list[str],
    recordings: Iterable[Iterable[tuple[dict[str, Any], Spectrogram]]],
) -> list[Entry]:
    """A pack of recordings by key: of each clip what is known, and its values [rows, columns]."""
    name = hashlib.sha256("".join(keys).encode()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    with _part(folder / name) as part, part.open("wb") as file:
        data_crc, counts, records = 0, list[int](), list[dict[str, Any]]()
        for clips in recordings:
            before = len(records)
            for known, values in clips:
                rows, columns = values.shape
                records.append(known | {"at": file.tell(), "rows": rows, "columns": columns})
                file.write(data := np.ascontiguousarray(values, np.float32).data.cast("B"))
                data_crc = zlib.crc32(data, data_crc)
            counts.append(len(records) - before)
        entries = _entries(folder / name, keys, counts, table := _table(records))
        arrays = _saved(np.array(keys, "S64"), np.array(counts), table)
        file.write(arrays + FOOTER.pack(file.tell(), data_crc, zlib.crc32(arrays)))
    return list(entries.values())


def values(places: Iterable[tuple[Entry, Iterable[int]]]) -> Iterator[Spectrogram]:
    """[rows, columns] of some clips of each entry; a pack is opened once for all that are beside each other in it."""
    for pack, some in itertools.groupby(places, key=lambda place: place[0].pack):
        with pack.open("rb") as file:
            for record in (entry.clips[n] for entry, which in some for n in which):
                file.seek(record["at"])
                shape = int(record["rows"]), int(record["columns"])
                yield np.fromfile(file, np.float32, math.prod(shape)).reshape(shape)


def read(folder: Path, wanted: set[str]) -> dict[str, Entry]:
    """Those of the wanted keys that a pack holds. One that is damaged is deleted."""
    found: dict[str, Entry] = {}
    for pack in folder.glob("[0-9a-f]*"):
        if pack.suffix == ".part":
            continue
        there = _read(pack)
        if wanted.isdisjoint(there) and there:
            continue
        if not there or not _is_whole(pack):
            pack.unlink(missing_ok=True)
            continue
        with contextlib.suppress(FileNotFoundError):  # another stage may have pruned it
            os.utime(pack)  # it was used just now
        found |= {key: entry for key, entry in there.items() if key in wanted}
    return found


def most() -> int:
    """Bytes that packs may take: SONOVAE_CACHE_GIB."""
    return environment.whole("SONOVAE_CACHE_GIB", 0, 20) * 2**30


def prune(folder: Path, most: int) -> None:
    """Delete the packs that were not used for longest, until those that are left take so many bytes at most; and what
    was left unfinished a day ago. Another stage may do the same, or write, at that time."""
    kept, now = 0, time.time()
    for used, size, pack in sorted(_states(folder), reverse=True):
        whole = pack.suffix != ".part"
        kept += size if whole else 0
        if kept > most or not (whole or now - used < A_DAY):
            pack.unlink(missing_ok=True)


def _states(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file was used last, and its bytes."""
    for path in folder.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            yield (state := path.stat()).st_mtime, state.st_size, path


@contextlib.contextmanager
def _part(pack: Path) -> Iterator[Path]:
    """A file to write to, which becomes the pack when the block ends well, and vanishes otherwise."""
    part = pack.with_name(f"{pack.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(pack)
    finally:
        part.unlink(missing_ok=True)


def _table(records: list[dict[str, Any]]) -> NDArray[np.void]:
    width = max((len(record["label"]) for record in records), default=0)
    table = np.zeros(
        len(records), [*schema.CLIP_FIELDS.items(), *WHERE.items(), ("label", f"U{max(1, width)}")]
    )
    for name in table.dtype.names or ():
        table[name] = [record[name] for record in records]
    return table


def _entries(
    pack: Path, keys: list[str], counts: Iterable[int], table: NDArray[np.void]
) -> dict[str, Entry]:
    ends = np.cumsum(np.fromiter(counts, np.int64))
    return {
        key: Entry(part, pack) for key, part in zip(keys, np.split(table, ends[:-1]), strict=True)
    }


def _saved(*arrays: NDArray[Any]) -> bytes:
    saved = io.BytesIO()
    for array in arrays:
        np.save(saved, array)
    return saved.getvalue()


def _read(pack: Path) -> dict[str, Entry]:
    """All entries of a pack, as far as its arrays are whole."""
    try:
        with pack.open("rb") as file:
            file.seek(-FOOTER.size, os.SEEK_END)
            begin, _, crc = FOOTER.unpack(file.read())
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
    """Whether the values are those that were written."""
    with contextlib.suppress(FileNotFoundError), pack.open("rb") as file:
        file.seek(-FOOTER.size, os.SEEK_END)
        left, crc, _ = FOOTER.unpack(file.read())
        file.seek(0)
        found = 0
        while block := file.read(min(BLOCK, left)):
            left, found = left - len(block), zlib.crc32(block, found)
        return found == crc
    return False
