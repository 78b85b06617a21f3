"""Work in several processes, or on a Dask cluster if SONOVAE_SCHEDULER names its scheduler."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sonovae.errors import UserError
from sonovae.runtime import environment

T = TypeVar("T")
R = TypeVar("R")

AHEAD = "4*n_jobs"
"""Batches that are handed out before their turn, in joblib's words."""
BATCH = 100
"""Milliseconds of work in a batch."""
START = 6000
"""Milliseconds of work from which on processes save more time than their start takes."""
PATIENCE = 10
"""Seconds in which a scheduler must answer."""


def spread(
    work: Callable[[Sequence[T]], R],
    items: Sequence[tuple[T, float]],
    longer: int = 1,
) -> Iterator[tuple[Sequence[T], R]]:
    """Yield batches of items and `work` of each, in order, whatever the number of workers.

    An item has the milliseconds that it takes, roughly. SONOVAE_WORKERS is the number of processes,
    by default one for each core if starting them pays off. Batches are `longer` times as long.
    """
    scheduler = os.environ.get("SONOVAE_SCHEDULER", "")
    batches = _batches(items, BATCH * longer)
    total = sum(cost for _, cost in items)
    n = environment.whole("SONOVAE_WORKERS", 1, environment.cores() if total > START else 1)
    if not batches or (not scheduler and n == 1):
        for batch in batches:
            yield batch, work(batch)
        return
    import joblib

    with _cluster(scheduler) if scheduler else joblib.parallel_config("loky", n_jobs=n):
        parallel = joblib.Parallel(return_as="generator", pre_dispatch=AHEAD)
        yield from zip(batches, parallel(map(joblib.delayed(work), batches)), strict=True)


def _batches(items: Sequence[tuple[T, float]], size: float) -> list[Sequence[T]]:
    """Return items in batches of at least `size` milliseconds, except the last."""
    batches: list[Sequence[T]] = []
    batch: list[T] = []
    total = 0.0
    for item, cost in items:
        batch.append(item)
        total += cost
        if total >= size:
            batches.append(batch)
            batch = []
            total = 0.0
    return [*batches, batch] if batch else batches


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Use joblib's Dask backend with the scheduler at `address`."""
    import joblib

    try:
        from distributed import Client
    except ImportError:
        raise UserError(
            f"SONOVAE_SCHEDULER = {address} needs the package distributed:"
            " pip install 'sonovae[cluster]'"
        ) from None
    try:
        client: Any = Client(  # type: ignore[no-untyped-call]
            address, timeout=PATIENCE, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise UserError(f"SONOVAE_SCHEDULER = {address} does not answer: {error}") from None
    with client, joblib.parallel_config("dask", client=client):
        yield client
