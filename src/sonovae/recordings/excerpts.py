"""Beginnings of recordings drawn at random, for estimates that must not take long.

A module of its own, with few imports, as another process loads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonovae.arrays import Samples
from sonovae.codec import sound_files
from sonovae.errors import Unreadable
from sonovae.recordings import checks

MOST_FILES = 300
"""Files to open, so that a folder without sounds takes no longer than one with sounds."""


@dataclass(frozen=True)
class Draw:
    """Sound files, of which the first `most_seconds` count, and about `total_seconds` in all."""

    paths: tuple[Path, ...]
    most_seconds: float
    total_seconds: float


def thorough(paths: list[Path]) -> Draw:
    """Return a draw whose pitch takes some seconds to estimate."""
    return Draw(tuple(paths), most_seconds=10, total_seconds=400)


def quick(paths: list[Path]) -> Draw:
    """Return a draw whose pitch takes about half a second to estimate."""
    return Draw(tuple(paths), most_seconds=3, total_seconds=45)


def read(draw: Draw) -> Iterator[tuple[Samples, int]]:
    """Yield excerpts [n] and their rates in Hz, in a random order.

    Files that cannot be read are skipped.
    """
    order = np.random.default_rng(1).permutation(len(draw.paths))
    missing = draw.total_seconds
    for i in order[:MOST_FILES]:
        try:
            samples, rate = _beginning(draw.paths[i], draw.most_seconds)
        except Unreadable:
            continue
        yield samples, rate
        missing -= len(samples) / rate
        if missing <= 0:
            return


def read_all(draw: Draw) -> list[tuple[Samples, int]]:
    """Return the excerpts [n] and rates in Hz that `read` yields, for use in another process."""
    return list(read(draw))


def _beginning(path: Path, most_seconds: float) -> tuple[Samples, int]:
    blocks = [np.zeros(0, np.float32)]
    with checks.decoder_errors(), sound_files.streamed(path) as (stream, rate):
        if not checks.MIN_SAMPLE_RATE <= rate <= checks.MAX_SAMPLE_RATE:
            raise Unreadable(f"a sample rate of {rate} Hz")
        missing = round(most_seconds * rate)
        for block in stream:
            blocks.append(block[:missing])
            missing -= len(blocks[-1])
            if not missing:
                break
    return np.concatenate(blocks), rate
