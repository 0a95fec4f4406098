"""Studies are made as their owners make them: by the command line. Votes go to SQLite and to PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.cli.conftest import call

__all__ = ["call"]


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
