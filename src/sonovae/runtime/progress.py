"""Progress bars for anything that may take longer than two seconds."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], what: str, unit: str, total: int | None = None) -> Iterator[T]:
    """The items, with a bar as below."""
    return iter(_tqdm(items, what, total, unit))


def bar(total: int, what: str, unit: str) -> Any:
    """On a terminal a bar, elsewhere a plain line every ten seconds; `update` moves it by one."""
    return _tqdm(None, what, total, unit)


def _tqdm(items: Iterable[T] | None, what: str, total: int | None, unit: str) -> Any:
    terminal = sys.stderr.isatty()
    form = (
        None
        if terminal
        else "{desc}: {n_fmt}/{total_fmt}{unit}, {rate_fmt}, {remaining} left{postfix}\n"
    )
    pause = 0.1 if terminal else 10
    return tqdm(
        items,
        what,
        total,
        unit=f" {unit}",
        bar_format=form,
        mininterval=pause,
        delay=2,
        leave=not terminal,
    )
