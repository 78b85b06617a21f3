"""Progress bars for anything that may take longer than two seconds."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], what: str, unit: str, total: int | None = None) -> Iterator[T]:
    """The items, with a bar on a terminal and a plain line every ten seconds elsewhere."""
    terminal = sys.stderr.isatty()
    form = None if terminal else "{desc}: {n_fmt}/{total_fmt}{unit}, {rate_fmt}, {remaining} left\n"
    pause = 0.1 if terminal else 10
    bar = tqdm(items, what, total, unit=f" {unit}", bar_format=form, mininterval=pause, delay=2, leave=not terminal)
    return iter(bar)
