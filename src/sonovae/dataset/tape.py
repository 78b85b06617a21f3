"""Samples of any length: in memory while they are few, and in a temporary file beyond that."""

import weakref
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile

import numpy as np

from sonovae.arrays import Samples

IN_MEMORY = 1 << 26
"""Bytes that are held in memory: twelve minutes at 22,050 Hz."""


class Tape:
    """A waveform.Track of blocks [n]: a slice reads those samples, times `gain`; `peak` is the highest absolute sample
    that was recorded."""

    def __init__(self, blocks: Iterable[Samples]) -> None:
        self._file, self._length = SpooledTemporaryFile(IN_MEMORY), 0  # noqa: SIM115 (it lives as long as this)
        self.peak, self.gain = 0.0, 1.0
        weakref.finalize(self, self._file.close)
        for block in blocks:
            self._file.write(np.ascontiguousarray(block, np.float32).data)
            self._length += len(block)
            self.peak = max(self.peak, float(np.abs(block).max(initial=0)))

    def __len__(self) -> int:
        """Samples."""
        return self._length

    def __getitem__(self, which: slice) -> Samples:
        """Those of a slice with step 1."""
        start, stop, _ = which.indices(self._length)
        self._file.seek(4 * start)
        read = np.frombuffer(self._file.read(4 * max(0, stop - start)), np.float32)
        return read * np.float32(self.gain)
