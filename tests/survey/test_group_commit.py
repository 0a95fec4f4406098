"""What waits for the database at the same moment is stored by one commit, all of it or nothing."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web import executor
from srbench.survey.web.executor import Unavailable, VoteExecutor
from tests.cli.conftest import Call
from tests.survey.test_web import made


@pytest.fixture
def store(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VoteStore]:
    monkeypatch.setattr(executor, "_LEAST_GROUP_S", 10.0)
    opened = VoteStore(made(call, tmp_path), patience_s=0.1)
    yield opened
    opened.close()


def _together(store: VoteStore, functions: list[Callable[[], Any]], then: Callable[[], Any] | None = None) -> list[Any]:
    """Let functions wait while another one is at work, then return their results or errors, and the one of a last."""
    execute, free = VoteExecutor(store), threading.Event()

    async def run() -> list[Any]:
        first = asyncio.create_task(execute(free.wait))
        others = [asyncio.create_task(execute(function)) for function in functions]
        await asyncio.sleep(0.05)
        free.set()
        await first
        found = await asyncio.gather(*others, return_exceptions=True)
        return found if then is None else [*found, await execute(then)]

    return asyncio.run(run())


def _commits(store: VoteStore) -> list[object]:
    seen: list[object] = []
    event.listen(store.engine, "commit", seen.append)
    return seen


def test_those_who_wait_share_a_commit(store: VoteStore) -> None:
    commits = _commits(store)
    functions = [lambda n=n: store.record_event(f"seen {n}") for n in range(5)]
    assert _together(store, functions) == [None] * 5
    assert len(commits) == 1
    assert all(store.has_event(f"seen {n}") for n in range(5))


def test_a_disk_that_was_slow_is_asked_less_often(store: VoteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_LEAST_GROUP_S", 0.0)
    monkeypatch.setattr(executor, "_LONGEST_GROUP_S", 10.0)
    commits = _commits(store)
    event.listen(store.engine, "commit", lambda _: time.sleep(0.3))
    functions = [lambda n=n: store.record_event(f"seen {n}") for n in range(5)]
    assert _together(store, functions) == [None] * 5
    assert len(commits) == 2  # of the first, and of all that came while it was stored


def test_a_mistake_undoes_itself_alone(store: VoteStore) -> None:
    def mistaken() -> None:
        with store._transaction() as database:
            store.record_event("inside")
            database.flush()
            raise KeyError("mistaken")

    one, wrong, two = _together(store, [lambda: store.record_event("one"), mistaken, lambda: store.has_event("one")])
    assert (one, two) == (None, True)
    assert isinstance(wrong, KeyError)
    assert store.has_event("one")


def test_a_disk_that_fails_at_the_commit_fails_for_all(store: VoteStore) -> None:
    def fail(_connection: object) -> None:
        raise OperationalError("COMMIT", None, Exception("disk I/O error"))

    event.listen(store.engine, "commit", fail)
    found = _together(store, [lambda: store.record_event("one"), lambda: store.record_event("two")])
    event.remove(store.engine, "commit", fail)
    assert [type(each) for each in found] == [Unavailable, Unavailable]
    assert not store.has_event("one")
    assert not store.has_event("two")


def test_a_disk_that_is_full_in_between_fails_for_all_who_wrote(
    store: VoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OperationalError("INSERT", None, Exception("database or disk is full"))

    monkeypatch.setattr(executor, "_BETWEEN_ATTEMPTS_S", 0.0)
    functions = [lambda: store.has_event("none"), lambda: store.record_event("one"), full]
    found = _together(store, functions, lambda: store.record_event("later"))
    assert found[0] is False  # told before anything was written
    assert [type(each) for each in found[1:3]] == [Unavailable, Unavailable]
    assert not store.has_event("one")
    assert store.has_event("later")  # of which nothing waits for a commit of others


def test_a_transaction_that_sqlite_has_undone_is_not_taken_for_stored(store: VoteStore) -> None:
    def undone() -> None:
        with store._statements(writing=True) as database:
            database.connection.driver_connection.execute("ROLLBACK")  # type: ignore[union-attr]
            raise KeyError("and the reason is not told")

    found = _together(store, [lambda: store.record_event("one"), undone, lambda: store.record_event("two")])
    assert [type(each) for each in found] == [Unavailable, Unavailable, Unavailable]
    assert not store.has_event("one")


def test_who_withdraws_leaves_nothing_in_the_log(store: VoteStore) -> None:
    rater = store.find(store.invite())
    assert rater is not None
    functions = [lambda: store.record_event("one"), lambda: store.withdraw(rater), lambda: store.record_event("two")]
    assert _together(store, functions) == [None, 0, None]
    assert (store.study.folder / "votes.sqlite-wal").stat().st_size == 0
    assert store.has_event("two")
