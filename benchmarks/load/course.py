"""The course of one measurement: a study is made, served, put under load, and its votes are checked."""

import asyncio
import gc
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load import latencies, machine, study
from benchmarks.load.raters import Log, Rater, SentVotes, until
from benchmarks.load.server import Server
from benchmarks.load.vote_check import check_votes

ENTRANCE_S = 0.15  # between two raters who enter
DOWN_S, LAG_S = 1.0, 0.02


def measured(
    raters: int,
    seconds: float,
    method: str,
    database: str = "",
    *,
    kill: bool = False,
    workers: int = 1,
    contents: int = study.CONTENTS,
) -> dict[str, Any]:
    """Make a study, put it under load, and check its votes.

    Args:
        raters: Number of raters, all at once.
        seconds: How long they rate.
        method: Method of the study.
        database: SQLAlchemy's URL of an empty database; SQLite by default.
        kill: Whether the server is killed in the middle and started again.
        workers: Number of processes that serve.
        contents: Number of contents of the study.
    """
    with tempfile.TemporaryDirectory(prefix="load_") as name:
        facts = machine.facts(Path(name))
        folder = study.create(Path(name), method, raters, contents)
        tokens = study.invite(folder, database, raters)
        server = Server(folder, database, workers=workers)
        gc.disable()  # a collection would keep the raters waiting: half a second among so many requests
        try:
            server.start()
            content, votes = asyncio.run(_loaded(server, tokens, seconds, kill=kill))
            kept = study.database_bytes(folder)
        finally:
            gc.enable()
            server.kill()
        verdict = {"votes": check_votes(folder, database, votes)}
        shape = study.shape(folder) | {"workers": workers}
        return content | verdict | {"database_bytes": kept, "study": shape, "machine": facts}


async def _loaded(
    server: Server, tokens: Sequence[str], seconds: float, *, kill: bool
) -> tuple[dict[str, Any], list[SentVotes]]:
    log = Log()
    raters = [Rater(server.address, token, log, number) for number, token in enumerate(tokens)]
    begun = time.monotonic()
    try:
        await asyncio.gather(*(rater.enter(begun + at * ENTRANCE_S) for at, rater in enumerate(raters)))
        start = time.monotonic()
        end = start + seconds
        outage = asyncio.create_task(_outage(server, (start + end) / 2)) if kill else None
        rating = asyncio.gather(*(rater.rate(start, end) for rater in raters))
        cpu_s, lags, _ = await asyncio.gather(_cpu_s(server, end), _lags(end), rating)
        moments = await outage if outage else ()
    finally:
        await asyncio.gather(*(rater.close() for rater in raters))
    votes = [rater.votes for rater in raters]
    answers = {"offered": sum(own.offered for own in votes), "given": sum(len(own.acknowledged) for own in votes)}
    return {
        "raters": len(raters),
        "seconds": seconds,
        "answers": answers,
        "steady": latencies.by_kind(log.requests, start, end),
        "entrance_seconds": round(start - begun, 1),
        "entrance": latencies.by_kind(log.requests, begun, start),
        "errors": log.errors,
        "cpu_s": cpu_s,
        "client_lag": latencies.spread(lags),
        "outage": latencies.outage(log.requests, *moments) if moments else {},
    }, votes


async def _cpu_s(server: Server, end: float) -> dict[str, float]:
    """CPU seconds that are spent from now to the end."""
    before = (server.cpu_s(), time.process_time(), machine.busy_s())
    await until(end)
    spent = np.subtract((server.cpu_s(), time.process_time(), machine.busy_s()), before)
    serving, asking, busy = spent.round(2).tolist()
    return {"server": serving, "client": asking, "everything else": round(max(0.0, busy - serving - asking), 2)}


async def _lags(end: float) -> list[float]:
    """How late this process comes back from short sleeps, in seconds."""
    found = []
    while (due := time.monotonic() + LAG_S) < end:
        await until(due)
        found.append(time.monotonic() - due)
    return found


async def _outage(server: Server, at: float) -> tuple[float, float]:
    """Kill the server and start it again; when it was killed, and when it listened."""
    await until(at)
    server.kill()
    killed = time.monotonic()
    await asyncio.sleep(DOWN_S)
    await asyncio.to_thread(server.start)
    return killed, time.monotonic()
