"""The executor of the votes: they are stored one after the other, so that no thread waits for another one's lock.

What has come in while the disk was busy is stored by one commit, so that a slow disk makes waiting longer but no queue.
Nobody waits long for a database that is away, locked or full: who comes while it is gets an `Unavailable` at once.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from srbench.core.passwords import hidden
from srbench.errors import first_line
from srbench.survey.store.vote_store import VoteStore

PATIENCE_S = 2.0
"""How long a served study waits for a lock of its database, in seconds."""
LONGEST_S = 4.0
"""How long a page waits for the database, queue and lock together, in seconds: people reload a page after five."""
_LEAST_GROUP_S, _LONGEST_GROUP_S = 0.002, 0.05
"""Bounds of the work before a commit: as long as the last commit took, so that a slow disk is asked less often."""
_BETWEEN_ATTEMPTS_S = 1.0
_POSTGRESQL_THREADS = 10  # fewer than the connections of SQLAlchemy's pool
_LOG = logging.getLogger("srbench.survey")

AWAY = (OperationalError, InterfaceError, InternalError, NoConnection)
"""What SQLAlchemy raises of a database that is away, locked, full or read-only."""


class Unavailable(Exception):
    """The database of the votes does not answer at the moment; nothing was stored, and it is worth another attempt."""


class _Call:
    """A function that waits for its turn, and who waits for its result."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.result: Any = None
        self.error: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self.answer = self._loop.create_future()

    def tell(self) -> None:
        """Hand the result over to the event loop of who waits for it."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self.answer.done():
            return  # given up meanwhile
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class VoteExecutor:
    """Runs functions of a store in threads, with SQLite one at a time.

    SQLite has one writer; those who find it busy sleep and try again, unfairly. Measured with 200 raters, the 99th
    percentile of an answer fell from 775 ms to 85 ms when they waited in a queue instead (benchmarks/load).

    Args:
        store: Votes of the study.
    """

    def __init__(self, store: VoteStore) -> None:
        self.store = store
        self._grouped = store.engine.dialect.name == "sqlite"
        self._queue = ThreadPoolExecutor(1 if self._grouped else _POSTGRESQL_THREADS)
        self._waiting: deque[_Call] = deque()
        self._group_s = _LEAST_GROUP_S
        self._aside = ThreadPoolExecutor(_POSTGRESQL_THREADS)
        self._since: float | None = None
        self._next_attempt, self._recovering = 0.0, threading.Lock()

    async def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the queue of the votes.

        Raises:
            Unavailable: The database does not answer.
        """
        if not self._grouped:
            return await self._run(self._queue, function, *arguments)
        call = _Call(partial(function, *arguments))
        self._waiting.append(call)
        self._queue.submit(self._store_waiting)
        return await self._in_time(call.answer)

    async def aside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function that reads for long, outside the queue.

        Raises:
            Unavailable: The database does not answer.
        """
        return await self._run(self._aside, function, *arguments)

    async def _run(self, queue: ThreadPoolExecutor, function: Callable[..., Any], *arguments: Any) -> Any:
        return await self._in_time(
            asyncio.get_running_loop().run_in_executor(queue, self._attempt, partial(function, *arguments))
        )

    async def _in_time(self, answer: asyncio.Future[Any]) -> Any:
        try:
            async with asyncio.timeout(LONGEST_S):
                return await answer
        except TimeoutError as error:
            self.note(f"no answer within {LONGEST_S:.0f} s")
            raise Unavailable from error

    def _store_waiting(self) -> None:
        """Run all that wait now and store what they write by one commit; who writes nothing is answered before it."""
        written: list[_Call] = []
        several = len(self._waiting) > 1
        end = time.monotonic() + (self._group_s if several else 0)
        try:
            with self._telling_outages(), self._one_commit() if several else nullcontext():
                while self._waiting:
                    call = self._waiting.popleft()
                    if not call.answer.cancelled():  # by somebody who has waited too long
                        self._run_in_group(call, written)
                    if time.monotonic() >= end:
                        break
        except Exception as error:  # whatever it is, it is told to all those who wait for the commit
            for call in written:
                call.error = error
        for call in written:
            call.tell()

    @contextmanager
    def _one_commit(self) -> Iterator[None]:
        """Store what the block writes by one commit, and let the next group work for as long as this commit took."""
        with self.store.one_commit():
            yield
            begun = time.monotonic()
        self._group_s = min(max(_LEAST_GROUP_S, time.monotonic() - begun), _LONGEST_GROUP_S)

    def _run_in_group(self, call: "_Call", written: list["_Call"]) -> None:
        try:
            call.result = self._attempt(call.function)
        except Exception as error:  # told where the call was made
            call.error = error
        if not self.store.uncommitted:
            call.tell()
            return
        written.append(call)
        if isinstance(call.error, Unavailable):
            raise call.error  # SQLite may have undone the whole transaction

    def _attempt(self, function: Callable[[], Any]) -> Any:
        with self._telling_outages():
            if self._since is not None:
                self._recover(self._since)
            return function()

    @contextmanager
    def _telling_outages(self) -> Iterator[None]:
        try:
            yield
        except (*AWAY, DatabaseError) as error:
            if not isinstance(error, AWAY) and type(error) is not DatabaseError:
                raise  # a refused record or statement is a mistake of ours
            self.note(hidden(first_line(getattr(error, "orig", None) or error)))
            raise Unavailable from error

    def _recover(self, since: float) -> None:
        """Record the outage, once a second and by one thread: only what can be written tells that it is over."""
        if time.monotonic() < self._next_attempt or not self._recovering.acquire(blocking=False):
            raise Unavailable
        try:
            lasted_s = round(time.monotonic() - since, 1)
            self.store.record_event("outage", facts={"seconds": lasted_s})
            self._since = None
            _LOG.warning("the database of %s answers again, after %.1f s", self.store.study.title, lasted_s)
        finally:
            self._recovering.release()

    def note(self, what: str) -> None:
        """Note that the database does not answer, in one line of the log for a whole outage.

        Args:
            what: What it said, in one line.
        """
        now = time.monotonic()
        self._next_attempt = now + _BETWEEN_ATTEMPTS_S
        if self._since is None:
            self._since = now
            _LOG.error(
                "the database of %s does not answer (%s); raters are asked to wait, and their answers are kept",
                self.store.study.title,
                what,
            )
