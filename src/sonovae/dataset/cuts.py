"""Equal clips of what remains of a recording when its silences are cut, read on demand."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from sonovae.arrays import Samples
from sonovae.codec import waveform
from sonovae.codec.waveform import Track


class Cuts(Sequence[Samples]):
    """At most `most` clips [length] of the kept ranges (start, end) of a track, joined.

    The rest is dropped or zero-padded (`rest="pad"`). A clip fades at an end where more is kept,
    and before its padding.
    """

    def __init__(
        self,
        track: Track,
        kept: list[tuple[int, int]],
        length: int,
        *,
        rest: str,
        most: int | None,
        fade: int,
    ) -> None:
        self.track = track
        self.kept = kept
        self.length = length
        self.fade = fade
        self._ends = np.cumsum([end - start for start, end in kept], dtype=np.int64)
        total = int(self._ends[-1]) if kept else 0
        n = -(-total // length) if rest == "pad" else total // length
        self._n = n if most is None else min(n, most)

    def __len__(self) -> int:
        """Return the number of clips."""
        return self._n

    @overload
    def __getitem__(self, which: int) -> Samples: ...
    @overload
    def __getitem__(self, which: slice) -> list[Samples]: ...
    def __getitem__(self, which: int | slice) -> Samples | list[Samples]:
        """Read one clip [length], or a list of them."""
        chosen = range(self._n)[which]
        if isinstance(chosen, range):
            return [self[i] for i in chosen]
        pieces = list(self._pieces(chosen * self.length))
        n_read = sum(map(len, pieces))
        clip = np.concatenate([*pieces, np.zeros(self.length - n_read, np.float32)])
        waveform.fade(clip, self.fade, rises=chosen > 0, falls=False)
        continues = bool((chosen + 1) * self.length < self._ends[-1])
        # An abrupt step to the padding would click.
        falls = continues or n_read < self.length
        waveform.fade(clip[:n_read], min(self.fade, n_read), rises=False, falls=falls)
        return clip

    def source(self, start: int) -> int:
        """Return the place in the track of a sample of what is kept."""
        n = int(np.searchsorted(self._ends, start, "right"))
        return self.kept[n][1] - (int(self._ends[n]) - start)

    def _pieces(self, start: int) -> Iterator[Samples]:
        """Read what is kept from `start` on, at most a clip of it."""
        missing = self.length
        first = int(np.searchsorted(self._ends, start, "right"))
        for begin, end in self.kept[first:]:
            # The clip may begin within the first range.
            at = self.source(start) if missing == self.length else begin
            yield self.track[at : min(end, at + missing)]
            missing -= min(end - at, missing)
            if not missing:
                return
