"""Opening the database of the votes: SQLite in WAL mode or PostgreSQL, brought to the newest schema when opened."""

from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from srbench.core.passwords import hidden
from srbench.errors import BadStudy, first_line

_CONNECT_S = 3
_MIGRATIONS = Path(__file__).parent / "migrations"
READING = {"srbench_reading": True}
"""Execution options of an engine whose transactions only read: on SQLite they wait for nobody."""


def connect(url: str, revision: str = "head", *, patience_s: float = 30) -> Engine:
    """Open a database and bring its tables up to date.

    Args:
        url: SQLAlchemy URL of the database.
        revision: Revision of the tables; an older one only to fill in a backup that was made with it.
        patience_s: How long a transaction waits for another one's lock, in seconds.

    Raises:
        BadStudy: It cannot be opened, its driver is missing, or a newer version wrote it.
    """
    place = hidden(url)
    try:
        lite = url.startswith("sqlite")
        waiting = {"timeout": patience_s} if lite else {"connect_timeout": _CONNECT_S}
        engine = create_engine(url, connect_args=waiting, pool_pre_ping=not lite, pool_timeout=patience_s)
    except (SQLAlchemyError, ImportError) as error:
        raise BadStudy(f"the database {place} cannot be used ({type(error).__name__}: is its driver there?)") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
        event.listen(engine, "begin", _begin)
    else:
        event.listen(engine, "connect", partial(_patient, round(1000 * patience_s)))
    try:
        migrate(engine, revision)
    except CommandError as error:
        raise BadStudy(f"the database {place} is of another version of srbench: {error}; update srbench") from error
    except DBAPIError as error:
        raise BadStudy(f"the database {place} cannot be opened: {hidden(first_line(error.orig or error))}") from error
    return engine


def _durable(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin says
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _patient(patience_ms: int, connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {patience_ms}")
    connection.commit()


def _begin(connection: Connection) -> None:
    # A read that turns into a write fails where somebody else wrote in between, so writers ask for the lock at once.
    reading = connection.get_execution_options().keys() & READING.keys()
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to a revision, or to the newest."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def revision(engine: Engine) -> str:
    """Return the revision of the tables."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""
