"""Samples of any length: in memory while they are few, in a temporary file beyond that."""

import weakref
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile

import numpy as np

from sonovae.arrays import Samples

IN_MEMORY = 1 << 26
"""Bytes kept in memory: twelve minutes at 22,050 Hz."""


class Tape:
    """A waveform.Track recorded from blocks [n], with its peak; `gain` multiplies what is read."""

    def __init__(self, blocks: Iterable[Samples]) -> None:
        self.gain = 1.0
        self.peak = 0.0
        self._length = 0
        self._file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (it lives as long as the tape)
        weakref.finalize(self, self._file.close)
        for block in blocks:
            self._file.write(np.ascontiguousarray(block, np.float32).data)
            self._length += len(block)
            self.peak = max(self.peak, float(np.abs(block).max(initial=0)))

    def __len__(self) -> int:
        """Return the number of samples."""
        return self._length

    def __getitem__(self, which: slice) -> Samples:
        """Return the samples of a slice with step 1."""
        start, stop, _ = which.indices(self._length)
        # A sample has four bytes.
        self._file.seek(4 * start)
        samples = np.frombuffer(self._file.read(4 * max(0, stop - start)), np.float32)
        return samples * np.float32(self.gain)
