"""Progress bars for work that may take longer than two seconds."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")
LINE = "{desc}: {n_fmt}/{total_fmt}{unit}, {rate_fmt}, {remaining} left{postfix}\n"
"""tqdm's format of a line in a log, where a bar cannot move."""


def progress(items: Iterable[T], what: str, unit: str, total: int | None = None) -> Iterator[T]:
    """Yield the items, with a bar."""
    return iter(_tqdm(items, what, unit, total))


def bar(total: int, what: str, unit: str) -> Any:
    """Return a bar on a terminal, or a line every ten seconds elsewhere; `update` moves it."""
    return _tqdm(None, what, unit, total)


def _tqdm(items: Iterable[T] | None, what: str, unit: str, total: int | None) -> Any:
    terminal = sys.stderr.isatty()
    return tqdm(
        items,
        what,
        total,
        unit=f" {unit}",
        bar_format=None if terminal else LINE,
        mininterval=0.1 if terminal else 10,
        delay=2,
        leave=not terminal,
    )
