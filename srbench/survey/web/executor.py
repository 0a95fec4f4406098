"""The executor of the votes: they are stored one after the other, so that no thread waits for another one's lock."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread

from srbench.survey.vote_store import VoteStore

_POSTGRESQL_THREADS = 10  # fewer than the connections of SQLAlchemy's pool


def vote_executor(store: VoteStore) -> Callable[..., Awaitable[Any]]:
    """Return a function that runs others in a thread, with SQLite one at a time.

    SQLite has one writer; those who find it busy sleep and try again, unfairly. Measured with 200 raters, the 99th
    percentile of an answer fell from 775 ms to 85 ms when they waited in a queue instead (benchmarks/load).
    """
    limiter = CapacityLimiter(1 if store.engine.dialect.name == "sqlite" else _POSTGRESQL_THREADS)
    return partial(_run, limiter)


async def _run(limiter: CapacityLimiter, function: Callable[..., Any], *arguments: Any) -> Any:
    return await to_thread.run_sync(function, *arguments, limiter=limiter)
