"""One function over many items, in processes that may crash or hang without taking the run along."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as OutOfTime
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from sonovae.errors import Unreadable
from sonovae.runtime import environment

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    function: Callable[[Item], Result], items: Iterable[Item], most_seconds: float
) -> Iterator[Result | Unreadable]:
    """The function's result of each item, in their order, or why there is none: what it raised as Unreadable, or that
    its process crashed or took more than `most_seconds`. Any other exception is raised here."""
    # Forked from a server that holds no threads: a process with TensorFlow's cannot be forked.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    items = list(items)
    with ProcessPool(
        min(environment.cores(), max(1, len(items))), initializer=_hush, context=context
    ) as pool:
        try:
            for future in [pool.schedule(function, [item], timeout=most_seconds) for item in items]:
                try:
                    yield future.result()
                except Unreadable as reason:
                    yield reason
                except ProcessExpired as crash:
                    yield Unreadable(f"damaged: its decoder crashed (exit code {crash.exitcode})")
                except OutOfTime:
                    yield Unreadable(f"its decoder did not end in {most_seconds:g} s")
        finally:
            pool.stop()  # type: ignore[no-untyped-call]


def _hush() -> None:
    """Decoders in C write their own thoughts of a damaged file to the terminal."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
