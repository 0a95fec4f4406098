"""Studies are made as their owners make them: by the command line. Votes go to SQLite and to PostgreSQL."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srbench.ratings.votes import Stimulus
from srbench.survey.plan.design import Trial
from srbench.survey.responses import Question
from srbench.survey.simulation.rater import SimulatedRater
from srbench.survey.store import database
from srbench.survey.store.vote_store import VoteStore
from tests import postgres
from tests.cli.conftest import call, undrawn

__all__ = ["call", "undrawn"]


def asked(store: VoteStore, rater: str) -> Question | None:
    """What the rater is to be asked next."""
    standing = store.rater_state(rater)
    return standing.question if standing else None


def rate(store: VoteStore, see: Callable[[Stimulus], float]) -> None:
    """A new rater's whole session, each answer by what they see in the pictures; three seconds for each."""
    shown = {picture.stimulus.name: picture.stimulus for picture in store.study.pictures}
    rater = store.find(store.invite())
    assert rater is not None
    store.assign_session(rater)
    person = SimulatedRater(lambda name: (see(shown[name]) - 1) / 4, np.random.default_rng(0), shown)
    while (question := asked(store, rater)) is not None:
        names = [store.picture(rater, key) or "" for key in question.keys]
        trial = Trial("trial", names[0], names[1] if len(names) > 1 else "", tuple(names[2:]))
        value = store.study.method.simulated_answer(store.study.design, trial, person)
        store.answer(rater, question.position, value, 3.0, {})


def states(store: VoteStore) -> dict[str, int]:
    """How many raters are in each state."""
    return dict(Counter(person.state for person, _ in store.raters()))


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """For SQLite; only the machine's own end would lose anything."""
    durable = database._durable

    def quick(connection: Any, record: Any) -> None:
        durable(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    monkeypatch.setattr(database, "_durable", quick)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """A running server, for all tests of this process."""
    with postgres.server() as folder:
        yield folder


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest) -> str:
    """Of an empty database; "" is SQLite in the study's folder."""
    if request.param == "sqlite":
        return ""
    return postgres.database(request.getfixturevalue("postgresql"))
