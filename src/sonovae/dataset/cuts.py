"""Equal clips of what is left of a recording when its silences are cut, read when they are asked for."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from sonovae.arrays import Samples
from sonovae.codec import waveform
from sonovae.codec.waveform import Track


class Cuts(Sequence[Samples]):
    """Clips of `length` samples, one after the other, of the ranges (start, end) of a track that are kept, as if they
    were joined; the rest is dropped, or (`rest="pad"`) zero-padded. `most` of them at most; None: all. Where one is cut
    off from what is kept before or after it, it rises or falls over `fade` samples."""

    def __init__(
        self,
        track: Track,
        kept: list[tuple[int, int]],
        length: int,
        rest: str,
        most: int | None,
        fade: int,
    ) -> None:
        self.track, self.kept, self.length, self.fade = track, kept, length, fade
        self._ends = np.cumsum([b - a for a, b in kept], dtype=np.int64)
        total = int(self._ends[-1]) if kept else 0
        n = -(-total // length) if rest == "pad" else total // length
        self._n = n if most is None else min(n, most)

    def __len__(self) -> int:
        """How many there are."""
        return self._n

    @overload
    def __getitem__(self, which: int) -> Samples: ...
    @overload
    def __getitem__(self, which: slice) -> list[Samples]: ...
    def __getitem__(self, which: int | slice) -> Samples | list[Samples]:
        """The clip [length] of this number."""
        numbers = range(self._n)[which]
        if isinstance(numbers, range):
            return [self[i] for i in numbers]
        read = list(self._pieces(numbers * self.length))
        clip = np.concatenate([*read, np.zeros(self.length - sum(map(len, read)), np.float32)])
        more = (numbers + 1) * self.length < self._ends[-1]
        return waveform.fade(clip, self.fade, numbers > 0, bool(more))

    def source(self, start: int) -> int:
        """Where a sample of what is kept stood in the track."""
        n = int(np.searchsorted(self._ends, start, "right"))
        return self.kept[n][1] - (int(self._ends[n]) - start)

    def _pieces(self, start: int) -> Iterator[Samples]:
        """What is kept from there on, at most a clip of it."""
        wanted = self.length
        for a, b in self.kept[int(np.searchsorted(self._ends, start, "right")) :]:
            a = max(a, self.source(start)) if wanted == self.length else a
            yield self.track[a : min(b, a + wanted)]
            wanted -= min(b - a, wanted)
            if not wanted:
                return
