"""Work spread over processes of this machine or, where SONOVAE_SCHEDULER names one, over a Dask cluster."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sonovae.errors import UserError
from sonovae.runtime import environment

T = TypeVar("T")
R = TypeVar("R")

AHEAD = "4*n_jobs"
"""Batches that are handed out before their turn."""
BATCH, START = 100, 6000
"""Milliseconds that a batch takes; and of work, beyond which processes gain more than it takes to start them."""
PATIENCE = 10
"""Seconds in which a scheduler must answer."""


def spread(
    work: Callable[[Sequence[T]], R], items: Sequence[tuple[T, float]], longer: int = 1
) -> Iterator[tuple[Sequence[T], R]]:
    """`work` of all items, with the milliseconds that each takes, more or less, in batches: each batch and what came of
    it, in their order, whatever the number of workers. Those are SONOVAE_WORKERS processes; where it is not set, one a
    core if they are worth starting. Batches are so many times longer, where each takes more to hand out."""
    scheduler, batches = os.environ.get("SONOVAE_SCHEDULER", ""), _batches(items, BATCH * longer)
    worth = sum(cost for _, cost in items) > START
    n = environment.whole("SONOVAE_WORKERS", 1, environment.cores() if worth else 1)
    if not batches or (not scheduler and n == 1):
        yield from ((each, work(each)) for each in batches)
        return
    import joblib

    with _cluster(scheduler) if scheduler else joblib.parallel_config("loky", n_jobs=n):
        done = joblib.Parallel(return_as="generator", pre_dispatch=AHEAD)(
            map(joblib.delayed(work), batches)
        )
        yield from zip(batches, done, strict=True)


def _batches(items: Sequence[tuple[T, float]], size: float) -> list[Sequence[T]]:
    found, batch, total = list[Sequence[T]](), list[T](), 0.0
    for item, cost in items:
        batch.append(item)
        total += cost
        if total >= size:
            found.append(batch)
            batch, total = [], 0.0
    return [*found, batch] if batch else found


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Joblib's Dask backend, with a client of the scheduler there."""
    import joblib

    try:
        from distributed import Client
    except ImportError:
        raise UserError(
            f"SONOVAE_SCHEDULER = {address} needs the package distributed: pip install 'sonovae[cluster]'"
        ) from None
    try:
        client: Any = Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UserError(f"SONOVAE_SCHEDULER = {address} does not answer: {error}") from None
    with client, joblib.parallel_config("dask", client=client):
        yield client
