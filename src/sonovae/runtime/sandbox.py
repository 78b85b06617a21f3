"""One function of many items, in processes that may crash or hang without ending the run."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as OutOfTime
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from sonovae.errors import Unreadable
from sonovae.runtime import environment

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    function: Callable[[Item], Result], items: Iterable[Item], most_seconds: float
) -> Iterator[Result | Unreadable]:
    """Yield the function's result for each item, in order.

    It is Unreadable if the function raised that, crashed or took longer than `most_seconds`.
    """
    # Forked from a server without threads: a process with TensorFlow's cannot be forked.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    items = list(items)
    workers = min(environment.cores(), max(1, len(items)))
    with ProcessPool(workers, initializer=_silence_stderr, context=context) as pool:
        try:
            futures = [pool.schedule(function, [item], timeout=most_seconds) for item in items]
            for future in futures:
                yield _result(future, most_seconds)
        finally:
            pool.stop()  # type: ignore[no-untyped-call]


def _result(future: Future[Any], most_seconds: float) -> Any:
    try:
        return future.result()
    except Unreadable as reason:
        return reason
    except ProcessExpired as crash:
        return Unreadable(f"damaged: its decoder crashed (exit code {crash.exitcode})")
    except OutOfTime:
        return Unreadable(f"its decoder did not end in {most_seconds:g} s")


def _silence_stderr() -> None:
    # Decoders in C print notes about a damaged file themselves.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
