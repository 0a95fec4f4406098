"""Troubles of a served study: a held lock, a full disk, a clock that jumps, a database that stops and comes back."""

import asyncio
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from benchmarks.load import machine, study
from benchmarks.load.server import Server
from benchmarks.load.vote_check import check_votes
from benchmarks.survey.crowd import AT_ONCE, Crowd
from tests import postgres

_BEFORE_S, _TROUBLE_S, _AFTER_S = 3.0, 8.0, 5.0
_JUMPS = ("+3600s", "-3600s", "+86400s", "-86400s", "+2592000s", "+0s")
"""Where the clock of the server is put, against the true one."""
_FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
_DISK_MIB = 16


def measured() -> dict[str, Any]:
    """Let each trouble happen to a study of its own, and check its votes."""
    troubles = {"lock": _lock, "disk full": _disk, "clock": _clock, "PostgreSQL away": _away, "table lock": _table}
    found: dict[str, Any] = {}
    for name, trouble in troubles.items():
        with tempfile.TemporaryDirectory(prefix="trouble_") as folder:
            try:
                found[name] = trouble(Path(folder))
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                found[name] = {"not_measured": str(error)}
            found["machine"] = machine.facts(Path(folder))
    return found


def _lock(folder: Path) -> dict[str, Any]:
    """Another process holds SQLite's lock."""
    made = study.create(folder, "acr", AT_ONCE, contents=30)

    async def happens() -> None:
        with closing(sqlite3.connect(made / "votes.sqlite", timeout=0, isolation_level=None)) as other:
            while True:
                try:
                    other.execute("BEGIN IMMEDIATE")
                    break
                except sqlite3.OperationalError:
                    await asyncio.sleep(0.001)
            await asyncio.sleep(_TROUBLE_S)

    return _through(made, "", happens)


def _table(folder: Path) -> dict[str, Any]:
    """Another process holds the table of answers of PostgreSQL."""
    made = study.create(folder, "acr", AT_ONCE, contents=30)
    with postgres.server() as server:
        url = postgres.database(server)

        async def happens() -> None:
            name = str(make_url(url).database)
            held = f"BEGIN; LOCK TABLE answer IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({_TROUBLE_S}); COMMIT;"
            await asyncio.to_thread(
                subprocess.run,
                ("psql", "-h", str(server), "-U", "postgres", "-d", name, "-v", "ON_ERROR_STOP=1", "-c", held),
                check=True,
                capture_output=True,
            )

        return _through(made, url, happens)


def _away(folder: Path) -> dict[str, Any]:
    """PostgreSQL stops at once, and is started again."""
    made = study.create(folder, "acr", AT_ONCE, contents=30)
    with postgres.server() as server:

        async def happens() -> None:
            await asyncio.to_thread(postgres.stop, server)
            await asyncio.sleep(_TROUBLE_S)
            await asyncio.to_thread(postgres.start, server)

        return _through(made, postgres.database(server), happens)


def _disk(folder: Path) -> dict[str, Any]:
    """The disk of the database is full."""
    made = study.create(folder, "acr", AT_ONCE, contents=30)
    with _small_disk(folder / "disk") as disk:

        async def happens() -> None:
            ballast = disk / "ballast"
            with ballast.open("wb", buffering=0) as file:
                try:
                    while file.write(bytes(4096)):
                        pass
                except OSError:  # it is full
                    pass
            await asyncio.sleep(_TROUBLE_S)
            ballast.unlink()

        return _through(made, f"sqlite:///{disk}/votes.sqlite", happens)


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(
        ("mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(folder)), check=True, capture_output=True
    )
    try:
        yield folder
    finally:
        subprocess.run(("umount", str(folder)), check=True, capture_output=True)


def _clock(folder: Path) -> dict[str, Any]:
    """The clock of the server jumps forwards and backwards; intervals are measured as before."""
    if not Path(_FAKETIME).is_file():
        raise FileNotFoundError("needs libfaketime: apt-get install libfaketime")
    made, offset = study.create(folder, "acr", AT_ONCE, contents=30), folder / "offset"
    offset.write_text("+0s", encoding="utf-8")

    async def happens() -> None:
        for jump in _JUMPS:
            offset.write_text(jump, encoding="utf-8")
            await asyncio.sleep(_TROUBLE_S / 2)

    faked = {"LD_PRELOAD": _FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1"}
    return _through(made, "", happens, {**faked, "FAKETIME_DONT_FAKE_MONOTONIC": "1"})


def _through(
    made: Path, database: str, happens: Callable[[], Awaitable[None]], more: dict[str, str] | None = None
) -> dict[str, Any]:
    """Serve a study to raters in a hurry while something happens; what was found."""
    tokens = study.invite(made, database, 12 * AT_ONCE)
    server = Server(made, database, os.environ | (more or {}))
    server.start()
    try:
        crowd = asyncio.run(_answered(server.address, tokens, happens))
    finally:
        server.kill()
    return {
        "votes": check_votes(made, database, crowd.votes()),
        "refused": len(crowd.log.refusals_s),
        "longest_refusal_s": round(max(crowd.log.refusals_s, default=0.0), 2),
        "errors": crowd.log.errors,
    }


async def _answered(address: str, tokens: list[str], happens: Callable[[], Awaitable[None]]) -> Crowd:
    crowd = Crowd(address, tokens)
    async with crowd.answering():
        await crowd.busy()
        await asyncio.sleep(_BEFORE_S)
        await happens()
        await asyncio.sleep(_AFTER_S)
    return crowd
