"""The votes of a running study: every answer is one transaction; nothing is lost, nothing doubles.

SQLite in WAL mode by default, PostgreSQL by URL. Reloads, retries, second tabs and crashes do no harm: an answer counts
once, the first that arrived, and the next trial is the first without an answer.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from srbench.core.passwords import hidden
from srbench.errors import BadStudy
from srbench.survey.adaptive import ScorePosterior
from srbench.survey.database import READING, connect
from srbench.survey.design import Trial
from srbench.survey.planning import session, sittings
from srbench.survey.responses import AnswerStatus, Question, RaterState, Response, StudyStatus
from srbench.survey.schema import Answer, Assignment, Event, Rater, StudyRow
from srbench.survey.study import Study

_ABSENCE, _ABSENCE_SITTINGS = timedelta(days=1), timedelta(days=7)
_JOINED = "join"
_LOCK = 5_272_043  # any number, the same for all who ask
_STATUS_EVENTS: dict[str, StudyStatus] = {"open": "open", "pause": "paused", "close": "closed", "stop": "closed"}
PREVIEW = "preview"
SQLITE = "votes.sqlite"


# The statements of every page are built once, which halves their cost.
_RATER: BindParameter[str] = bindparam("rater")
_NEXT_TRIALS = (  # the next trial without an answer, and the one after it
    select(*Assignment.__table__.columns)
    .outerjoin(Answer, Answer.trial == Assignment.id)
    .where(Assignment.rater == _RATER, Answer.trial.is_(None))
    .order_by(Assignment.position)
    .limit(2)
)
_COUNT_TRIALS = select(func.count()).where(Assignment.rater == _RATER)
_SELECT_PICTURE = select(Assignment.first, Assignment.second, Assignment.first_key).where(
    Assignment.rater == _RATER, or_(Assignment.first_key == bindparam("key"), Assignment.second_key == bindparam("key"))
)
_SELECT_STATE = select(Rater.state).where(Rater.id == _RATER).with_for_update()
_INSERT_ANSWER = insert(Answer.__table__)  # type: ignore[arg-type]
_UPDATE_RATER = (
    update(Rater.__table__)  # type: ignore[arg-type]
    .where(Rater.id == _RATER)
    .values(seen=bindparam("now"), state=bindparam("became"))
)
_LAST_STATUS = select(Event.kind).where(Event.kind.in_(_STATUS_EVENTS)).order_by(Event.id.desc()).limit(1)


def sqlite_url(folder: Path) -> str:
    """Return the URL of the SQLite file in a study's folder; make it, for its owner alone, where it is missing."""
    file = folder / SQLITE
    file.touch(0o600)
    return f"sqlite:///{file}"


class VoteStore:
    """The database with the votes of a study.

    Args:
        study: Plan of the study.
        url: SQLAlchemy URL of the database; a SQLite file in the study's folder where it is empty.

    Raises:
        BadStudy: The database cannot be opened or was written by a newer version.
    """

    def __init__(self, study: Study, url: str = "") -> None:
        self.study = study
        self.engine = connect(url or sqlite_url(study.folder))
        self._readers = self.engine.execution_options(**READING)
        self._check_study()

    def _check_study(self) -> None:
        with self._transaction() as database:
            self._lock_study(database)
            owner = database.scalar(select(StudyRow.id))
            if owner is None:
                database.add(StudyRow(id=self.study.id))
        if owner not in (None, self.study.id):
            place = hidden(self.engine.url.render_as_string(hide_password=True))
            self.close()
            raise BadStudy(f"{place} holds the votes of another study; {self.study.title} needs a database of its own")

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self.engine) as database, database.begin():
            yield database

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with Session(self._readers, expire_on_commit=False) as database, database.begin():
            yield database

    # raters

    def invite(self, *, preview: bool = False) -> str:
        """Add a rater; the token that is returned stands in the invitation link and nowhere else.

        Args:
            preview: Whether it is the study's owner who looks; these answers never count.

        Returns:
            A random token of 43 characters.
        """
        token = secrets.token_urlsafe(32)
        with self._transaction() as database:
            database.add(_rater(token, PREVIEW if preview else "invited"))
        return token

    def join(self, limit: int) -> str | None:
        """Add a rater who comes by the open link.

        Args:
            limit: Number of raters who may ever enter so; a withdrawal makes no room for another.

        Returns:
            The token; None where the limit is reached, or the study is not open.
        """
        token = secrets.token_urlsafe(32)
        with self._transaction() as database:
            self._lock_study(database)
            if _status(database) != "open" or _count_joined(database) >= limit:
                return None
            rater = _rater(token, "invited")
            database.add_all([rater, Event(at=_now(), rater=rater.id, kind=_JOINED, facts={})])
        return token

    def accepts_newcomers(self, limit: int) -> bool:
        """Return whether the open link lets somebody in."""
        with self._reading() as database:
            return _status(database) == "open" and _count_joined(database) < limit

    def find(self, token: str) -> str | None:
        """Return the id of the rater with this token; None for an unknown or withdrawn one."""
        wanted = select(Rater.id).where(Rater.token == _hash_token(token), Rater.state != "withdrawn")
        with self._reading() as database:
            return database.scalar(wanted)

    def assign_session(self, rater: str, known: ScorePosterior | None = None) -> None:
        """Assign a session to a rater; do nothing where one is assigned already.

        It is the first session of the design that nobody has finished and nobody is at. A rater who has not been seen
        for a day (for a week, where there are several sittings) is taken to be gone, and the session is free again.

        Args:
            rater: Id of the rater.
            known: For adaptive pairs, what the answers so far tell.

        Raises:
            BadStudy: No such rater.
        """
        with self._transaction() as database:
            self._lock_study(database)
            person = self._locked_rater(database, rater)
            if database.scalar(select(Assignment.id).where(Assignment.rater == rater).limit(1)) is not None:
                return
            number = 0
            if person.state != PREVIEW:
                number = person.number = self._number(database)
                person.state = "active"
            person.seen = _now()
            database.add_all(self._assignments(rater, number, known))

    def _lock_study(self, database: Session) -> None:
        """Let nobody else begin or join until the transaction ends; SQLite has one writer anyway."""
        if self.engine.dialect.name == "postgresql":
            database.execute(text("SELECT pg_advisory_xact_lock(:study)"), {"study": _LOCK})

    @cached_property
    def _allowed_absence(self) -> timedelta:
        """How long a rater may be away before the session is free for another."""
        design = self.study.design
        several = len(sittings(design, session(design, self.study.stimuli(), 0))) > 1
        return _ABSENCE_SITTINGS if several else _ABSENCE

    def _number(self, database: Session) -> int:
        since = _now() - self._allowed_absence
        occupied = select(Rater.number).where(
            or_(Rater.state == "finished", and_(Rater.state == "active", Rater.seen > since))
        )
        numbers = set(database.scalars(occupied))
        return next(number for number in range(len(numbers) + 1) if number not in numbers)

    def _assignments(self, rater: str, number: int, known: ScorePosterior | None) -> Iterator[Assignment]:
        design = self.study.design
        position = 0
        for sitting, blocks in enumerate(sittings(design, session(design, self.study.stimuli(), number, known))):
            for block, trials in enumerate(blocks):
                for trial in trials:
                    yield _assignment(rater, position, sitting, block, trial)
                    position += 1

    def _locked_rater(self, database: Session, rater: str) -> Rater:
        """The rater's row, locked, so that requests of one rater are handled one after the other."""
        person = database.get(Rater, rater, with_for_update=True) if rater.isascii() else None  # as ids are
        if person is None or person.state == "withdrawn":
            raise self._unknown_rater(rater)
        return person

    def _unknown_rater(self, rater: str) -> BadStudy:
        return BadStudy(f"there is no rater {rater} in {self.study.title}")

    def has_rater(self, rater: str) -> bool:
        """Return whether there is such a rater, who has not withdrawn."""
        with self._reading() as database:
            return database.scalar(select(Rater.id).where(Rater.id == rater, Rater.state != "withdrawn")) is not None

    def add_facts(self, rater: str, facts: Mapping[str, Any]) -> None:
        """Add to the facts that are stored of a rater."""
        with self._transaction() as database:
            person = self._locked_rater(database, rater)
            person.facts, person.seen = {**person.facts, **facts}, _now()

    # questions and answers

    def rater_state(self, rater: str) -> RaterState | None:
        """Return everything that the rater's next page depends on; None where there is no such rater."""
        with self._reading() as database:
            person = database.get(Rater, rater)
            if person is None or person.state == "withdrawn":
                return None
            trials = database.scalar(_COUNT_TRIALS, {"rater": rater}) or 0
            return RaterState(
                person.state,
                dict(person.facts),
                person.code,
                _status(database),
                trials > 0,
                _question(database.execute(_NEXT_TRIALS, {"rater": rater}).all(), trials),
            )

    def picture(self, rater: str, key: str) -> str | None:
        """Return the name of the picture with a key of this rater's; None for any other key."""
        with self._reading() as database:
            row = database.execute(_SELECT_PICTURE, {"rater": rater, "key": key}).first()
            if row is None:
                return None
            return row.first if row.first_key == key else row.second or None

    def answer(self, rater: str, position: int, value: str, seconds: float, facts: Mapping[str, Any]) -> AnswerStatus:
        """Store an answer to the next trial, once.

        Args:
            rater: Id of the rater.
            position: Position of the trial in the session, from 0.
            value: The answer, as the study's method defines it.
            seconds: Response time in seconds, from the moment the picture was painted.
            facts: Size and pixel density of the window.

        Returns:
            What happened to the answer; its truth value is false where it was refused.

        Raises:
            BadStudy: A value that this method does not have, or no such rater.
        """
        method, design = self.study.method, self.study.design
        if not method.accepts(design, value):
            raise BadStudy(f"the answer is '{value}'; expected {method.expected_answer(design)}")
        try:
            with self._transaction() as database:
                state = database.scalar(_SELECT_STATE, {"rater": rater})
                if state in (None, "withdrawn"):
                    raise self._unknown_rater(rater)
                if state != PREVIEW and _status(database) == "paused":
                    return AnswerStatus.REFUSED
                waiting = database.execute(_NEXT_TRIALS, {"rater": rater}).all()
                if not waiting or position < waiting[0].position:
                    return AnswerStatus.DUPLICATE
                if position > waiting[0].position:
                    return AnswerStatus.REFUSED
                now = _now()
                row = {"trial": waiting[0].id, "value": value, "seconds": seconds, "at": now, "facts": dict(facts)}
                database.execute(_INSERT_ANSWER, row)
                done = len(waiting) == 1 and state != PREVIEW
                database.execute(_UPDATE_RATER, {"rater": rater, "now": now, "became": "finished" if done else state})
        except IntegrityError:
            return AnswerStatus.DUPLICATE  # two of the same at the same moment: one is stored
        return AnswerStatus.LAST if done else AnswerStatus.STORED

    def withdraw(self, rater: str) -> int:
        """Delete everything that a rater has answered, and record that it was deleted.

        Returns:
            Number of deleted answers.
        """
        with self._transaction() as database:
            person = self._locked_rater(database, rater)
            trials = select(Assignment.id).where(Assignment.rater == rater)
            count = database.scalar(select(func.count()).where(Answer.trial.in_(trials))) or 0
            database.execute(delete(Answer).where(Answer.trial.in_(trials)))
            database.execute(delete(Assignment).where(Assignment.rater == rater))
            if person.state == PREVIEW:
                database.delete(person)
                return count
            person.number, person.state, person.facts = None, "withdrawn", {}
            database.add(Event(at=_now(), rater=rater, kind="withdrawal", facts={"answers": count}))
        self._truncate_log()
        return count

    def _truncate_log(self) -> None:
        """Delete what was deleted from SQLite's log too."""
        if self.engine.dialect.name == "sqlite":
            with closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def record_event(self, kind: str, rater: str = "", facts: Mapping[str, Any] | None = None) -> None:
        """Store that something happened."""
        with self._transaction() as database:
            database.add(Event(at=_now(), rater=rater, kind=kind, facts=dict(facts or {})))

    def status(self) -> StudyStatus:
        """Return whether the study is open, paused or closed."""
        with self._reading() as database:
            return _status(database)

    def has_event(self, kind: str) -> bool:
        """Return whether an event of this kind has happened."""
        with self._reading() as database:
            return database.scalar(select(Event.id).where(Event.kind == kind).limit(1)) is not None

    # what was collected

    def responses(self) -> list[Response]:
        """Return all answers in the order of session numbers and positions; previews are left out."""
        columns = (
            Assignment.position,
            Assignment.kind,
            Assignment.first,
            Assignment.second,
            Answer.value,
            Answer.seconds,
            Answer.facts,
        )
        wanted = (
            select(Rater.id, *columns)
            .join(Assignment, Assignment.rater == Rater.id)
            .join(Answer, Answer.trial == Assignment.id)
            .where(Rater.state != PREVIEW)
            .order_by(Rater.number, Rater.id, Assignment.position)
        )
        with self._reading() as database:
            return [Response(*row) for row in database.execute(wanted)]

    def raters(self) -> list[tuple[Rater, int]]:
        """Return raters, in the order of their invitations, and their numbers of answers; previews are left out."""
        wanted = (
            select(Rater, func.count(Answer.trial))
            .outerjoin(Assignment, Assignment.rater == Rater.id)
            .outerjoin(Answer, Answer.trial == Assignment.id)
            .where(Rater.state != PREVIEW)
            .group_by(Rater.id)
            .order_by(Rater.created, Rater.id)
        )
        with self._reading() as database:
            raters = [(person, count) for person, count in database.execute(wanted)]
            database.expunge_all()
        return raters


def _rater(token: str, state: str) -> Rater:
    now = _now()
    return Rater(
        id=secrets.token_hex(8),
        token=_hash_token(token),
        number=None,
        state=state,
        code=secrets.token_hex(4).upper(),
        created=now,
        seen=now,
        facts={},
    )


def _count_joined(database: Session) -> int:
    """Number of raters who entered by the open link, those who withdrew among them."""
    return database.scalar(select(func.count()).where(Event.kind == _JOINED)) or 0


def _question(waiting: Sequence[Any], trials: int) -> Question | None:
    if not waiting:
        return None
    trial, ahead = waiting[0], waiting[1:]
    return Question(
        position=trial.position,
        trials=trials,
        sitting=trial.sitting,
        block=trial.block,
        kind=trial.kind,
        keys=_keys(trial),
        ahead=_keys(ahead[0]) if ahead else (),
    )


def _keys(trial: Any) -> tuple[str, ...]:
    return (trial.first_key, trial.second_key) if trial.second else (trial.first_key,)


def _status(database: Session) -> StudyStatus:
    return _STATUS_EVENTS[database.scalar(_LAST_STATUS) or "open"]


def _assignment(rater: str, position: int, sitting: int, block: int, trial: Trial) -> Assignment:
    return Assignment(
        rater=rater,
        position=position,
        sitting=sitting,
        block=block,
        kind=trial.kind,
        first=trial.first,
        second=trial.second,
        first_key=secrets.token_urlsafe(16),
        second_key=secrets.token_urlsafe(16),
    )


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
