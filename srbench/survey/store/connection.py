"""The database of one study: its transactions, its locks, and the check that the votes in it are the study's."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select, text, union
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from srbench.core.passwords import hidden
from srbench.errors import BadStudy
from srbench.survey.store.database import READING, connect
from srbench.survey.store.group_commit import GroupCommit
from srbench.survey.store.schema import Assignment, Rater, StudyRow
from srbench.survey.study import Study
from srbench.survey.study_folder import STUDY_FILE

SQLITE = "votes.sqlite"
_LOCK = 5_272_043  # any number, the same for all who ask


def sqlite_url(folder: Path) -> str:
    """Return the URL of the SQLite file in a study's folder; make it, for its owner alone, where it is missing."""
    file = folder / SQLITE
    file.touch(0o600)
    return f"sqlite:///{file}"


class StoreConnection:
    """The database with the votes of a study.

    Args:
        study: Plan of the study.
        url: SQLAlchemy URL of the database; a SQLite file in the study's folder where it is empty.
        patience_s: How long a transaction waits for another one's lock, in seconds.

    Raises:
        BadStudy: The database cannot be opened or was written by a newer version.
    """

    def __init__(self, study: Study, url: str = "", *, patience_s: float = 30) -> None:
        self.study = study
        self.engine = connect(url or sqlite_url(study.folder), patience_s=patience_s)
        self._readers = self.engine.execution_options(**READING)
        self._groups = GroupCommit(self.engine)
        self._check_study()

    def _check_study(self) -> None:
        with self._transaction() as database:
            self._lock_study(database)
            owner = database.scalar(select(StudyRow.id))
            if owner is None:
                database.add(StudyRow(id=self.study.id))
            asked = set(database.scalars(union(select(Assignment.first), select(Assignment.second)))) - {""}
        if owner not in (None, self.study.id):
            place = hidden(self.engine.url.render_as_string(hide_password=True))
            self.close()
            raise BadStudy(f"{place} holds the votes of another study; {self.study.title} needs a database of its own")
        lost = sorted(asked - self.study.stimuli_by_name().keys())
        if lost:
            self.close()
            raise BadStudy(
                f"{self.study.folder / STUDY_FILE} lacks the picture '{lost[0]}', of which raters were asked; take the "
                "file from a backup"
            )

    def close(self) -> None:
        """Close the connections; SQLite's log becomes part of its file, which then holds everything."""
        with suppress(DBAPIError):  # a database that is away cannot be tidied
            self._truncate_log()
        self.engine.dispose()

    def _truncate_log(self) -> None:
        """Move SQLite's log into its file once everything is committed, and leave nothing in it."""
        if self.engine.dialect.name == "sqlite":
            self._groups.afterwards(self._checkpoint)

    def _checkpoint(self) -> None:
        with closing(self.engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def one_commit(self) -> Iterator[None]:
        """Store at the end of the block what this thread writes in it, all of it or, after an exception, nothing."""
        with self._groups.group():
            yield

    @property
    def uncommitted(self) -> bool:
        """Whether this thread has written something that is stored at the end of `one_commit` only."""
        return self._groups.connection is not None

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        place = self._groups.writing() or self.engine
        with Session(place, join_transaction_mode="create_savepoint") as database, database.begin():
            yield database

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        place = self._groups.connection or self._readers
        session = Session(place, join_transaction_mode="create_savepoint", expire_on_commit=False)
        with session as database, database.begin():
            yield database

    @contextmanager
    def _statements(self, *, writing: bool) -> Iterator[Connection]:
        """A transaction of statements alone, without records, which is cheaper."""
        group = self._groups.writing() if writing else self._groups.connection
        if group is None:
            with (self.engine if writing else self._readers).begin() as database:
                yield database
        else:
            with group.begin_nested():
                yield group

    def _lock_study(self, database: Session) -> None:
        """Let nobody else begin or join until the transaction ends; SQLite has one writer anyway."""
        if self.engine.dialect.name == "postgresql":
            database.execute(text("SELECT pg_advisory_xact_lock(:study)"), {"study": _LOCK})

    def _locked_rater(self, database: Session, rater: str) -> Rater:
        """The rater's row, locked, so that requests of one rater are handled one after the other."""
        person = database.get(Rater, rater, with_for_update=True) if rater.isascii() else None  # as ids are
        if person is None or person.state == "withdrawn":
            raise self._unknown_rater(rater)
        return person

    def _unknown_rater(self, rater: str) -> BadStudy:
        return BadStudy(f"there is no rater {rater} in {self.study.title}")


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)
