"""Kills: the serving process ends in the middle of answers, again and again."""

import asyncio
import math
import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.load import machine, study
from benchmarks.load.server import ForkedServer
from benchmarks.load.vote_check import check_votes
from benchmarks.survey.crowd import AT_ONCE, Crowd

_TRIALS_A_KILL = 12  # of a rater between two kills, at most
_UP_S = (0.1, 0.6)
_LATER_S = 0.006  # about as long as an answer takes


def measured(kills: int, database: str = "", contents: int = 30) -> dict[str, Any]:
    """Make a study, kill its server often, and check its votes.

    Args:
        kills: Number of kills.
        database: SQLAlchemy's URL of an empty database; SQLite in the study's folder by default.
        contents: Number of contents of the study.
    """
    with tempfile.TemporaryDirectory(prefix="kills_") as name:
        folder = study.create(Path(name), "acr", AT_ONCE, contents)
        raters = AT_ONCE * (1 + math.ceil(kills * _TRIALS_A_KILL / (contents * len(study.KERNELS))))
        tokens = study.invite(folder, database, raters)
        server = ForkedServer(folder, database)
        server.start()
        try:
            crowd, caught = asyncio.run(_killed(server, tokens, kills))
        finally:
            server.kill()
        return {
            "kills": kills,
            "kills_with_answers_on_their_way": sum(number > 0 for number in caught),
            "answers_on_their_way": sum(caught),
            "votes": check_votes(folder, database, crowd.votes()),
            "errors": crowd.log.errors,
            "machine": machine.facts(Path(name)),
        }


async def _killed(server: ForkedServer, tokens: list[str], kills: int) -> tuple[Crowd, list[int]]:
    crowd, caught, generator = Crowd(server.address, tokens), list[int](), random.Random(0)
    async with crowd.answering():
        for _ in range(kills):
            await asyncio.sleep(generator.uniform(*_UP_S))
            await crowd.busy()
            await asyncio.sleep(generator.uniform(0, _LATER_S))
            caught.append(crowd.on_their_way())
            server.kill()
            await asyncio.to_thread(server.start)
    return crowd, caught
