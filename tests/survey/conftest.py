"""Studies are made as their owners make them: by the command line. Votes go to SQLite and to PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from srbench.survey.store import Question, Store
from tests import postgres
from tests.cli.conftest import call

__all__ = ["call"]


def asked(store: Store, rater: str) -> Question | None:
    """What the rater is to be asked next."""
    standing = store.standing(rater)
    return standing.question if standing else None


def states(store: Store) -> dict[str, int]:
    """How many raters are in each state."""
    return dict(Counter(person.state for person, _ in store.people()))


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
