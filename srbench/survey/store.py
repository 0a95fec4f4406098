"""The votes of a running study: every answer is one transaction; nothing is lost, nothing doubles.

SQLite in WAL mode by default, PostgreSQL by URL. Reloads, retries, second tabs and crashes end where they should: an
answer counts once, the first that arrived, and the next trial is the first without an answer.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, delete, event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from srbench.errors import BadStudy
from srbench.survey.adaptive import Belief
from srbench.survey.design import Trial, session, sittings
from srbench.survey.study import Study
from srbench.survey.tables import Answer, Dealt, Event, Rater

_MIGRATIONS = Path(__file__).parent / "migrations"
_ATTEMPTS = 200
SCORES = ("1", "2", "3", "4", "5")
CHOICES = ("first", "second", "tie")


@dataclass(frozen=True)
class Question:
    """What a rater is to be asked next.

    Attributes:
        position: In the session, from 0.
        trials: Of the session.
        sitting: From 0.
        block: In the sitting, from 0.
        kind: As in the design.
        keys: What the browser may know of the pictures, one or two.
        answered: It was answered already.
    """

    position: int
    trials: int
    sitting: int
    block: int
    kind: str
    keys: tuple[str, ...]
    answered: bool


class Store:
    """The database of a study.

    Args:
        study: Its plan.
        url: SQLAlchemy's; a SQLite file in the study's folder where it is empty.

    Raises:
        BadStudy: The database cannot be opened or was written by a newer version.
    """

    def __init__(self, study: Study, url: str = "") -> None:
        self.study = study
        self.engine = _engine(url or f"sqlite:///{study.folder / 'votes.sqlite'}")
        try:
            _migrate(self.engine)
        except DBAPIError as error:
            reason = str(error.orig).splitlines()[0]
            raise BadStudy(f"the database of {study.title} cannot be opened: {reason}") from error

    @property
    def allowed(self) -> tuple[str, ...]:
        """What can be answered in this study."""
        return CHOICES if self.study.design.method == "pair" else SCORES

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self.engine) as database, database.begin():
            yield database

    # raters

    def invite(self) -> str:
        """A new rater; what is returned stands in the invitation link and nowhere else.

        Returns:
            43 characters of a random token.
        """
        token = secrets.token_urlsafe(32)
        now = _now()
        with self._transaction() as database:
            database.add(
                Rater(
                    id=secrets.token_hex(8),
                    token=_hashed(token),
                    number=None,
                    state="invited",
                    code=secrets.token_hex(4).upper(),
                    created=now,
                    seen=now,
                    facts={},
                )
            )
        return token

    def find(self, token: str) -> str | None:
        """The id of the rater with this token; None for an unknown or withdrawn one."""
        wanted = select(Rater.id).where(Rater.token == _hashed(token), Rater.state != "withdrawn")
        with self._transaction() as database:
            return database.scalar(wanted)

    def begin(self, rater: str, belief: Belief | None = None) -> None:
        """Deal the rater a session: the lowest number that nobody holds. Does nothing for one who has begun.

        Two who begin at once cannot get the same number: the second tries again.

        Args:
            rater: Whose.
            belief: For adaptive pairs, what the answers so far say.

        Raises:
            BadStudy: No such rater.
        """
        for _ in range(_ATTEMPTS):
            try:
                with self._transaction() as database:
                    person = self._person(database, rater)
                    if person.number is not None:
                        return
                    held = set(database.scalars(select(Rater.number).where(Rater.number.is_not(None))))
                    person.number = next(n for n in range(len(held) + 1) if n not in held)
                    person.state, person.seen = "active", _now()
                    database.flush()
                    database.add_all(self._deal(rater, person.number, belief))
            except IntegrityError:
                continue
            return
        raise BadStudy(f"{self.study.title}: too many raters began at the same moment; try again")

    def _deal(self, rater: str, number: int, belief: Belief | None) -> Iterator[Dealt]:
        design = self.study.design
        position = 0
        for sitting, blocks in enumerate(sittings(design, session(design, self.study.shown(), number, belief))):
            for block, trials in enumerate(blocks):
                for trial in trials:
                    yield _dealt(rater, position, sitting, block, trial)
                    position += 1

    def _person(self, database: Session, rater: str) -> Rater:
        person = database.get(Rater, rater)
        if person is None or person.state == "withdrawn":
            raise BadStudy(f"there is no rater {rater} in {self.study.title}")
        return person

    def known(self, rater: str) -> bool:
        """There is such a rater, who has not withdrawn."""
        with self._transaction() as database:
            return database.scalar(select(Rater.id).where(Rater.id == rater, Rater.state != "withdrawn")) is not None

    def facts(self, rater: str) -> dict[str, Any]:
        """What was noted of the rater's way: consent, screen, practice, breaks."""
        with self._transaction() as database:
            return dict(self._person(database, rater).facts)

    def note(self, rater: str, facts: Mapping[str, Any]) -> None:
        """Add to it."""
        with self._transaction() as database:
            person = self._person(database, rater)
            person.facts, person.seen = {**person.facts, **facts}, _now()

    def code(self, rater: str) -> str:
        """The completion code."""
        with self._transaction() as database:
            return self._person(database, rater).code

    # questions and answers

    def question(self, rater: str, position: int | None = None) -> Question | None:
        """The trial at a position, or the first without an answer; None where there is no such trial."""
        with self._transaction() as database:
            own = select(Dealt, Answer.trial).outerjoin(Answer).where(Dealt.rater == rater).order_by(Dealt.position)
            wanted = own.where(Answer.trial.is_(None)) if position is None else own.where(Dealt.position == position)
            found = database.execute(wanted.limit(1)).first()
            if found is None:
                return None
            trial, answered = found
            keys = (trial.first_key, trial.second_key) if trial.second else (trial.first_key,)
            return Question(
                position=trial.position,
                trials=database.scalar(select(func.count()).where(Dealt.rater == rater)) or 0,
                sitting=trial.sitting,
                block=trial.block,
                kind=trial.kind,
                keys=keys,
                answered=answered is not None,
            )

    def picture(self, rater: str, key: str) -> str | None:
        """The picture behind a key, if it is this rater's; None otherwise."""
        own = select(Dealt).where(Dealt.rater == rater, (Dealt.first_key == key) | (Dealt.second_key == key))
        with self._transaction() as database:
            trial = database.scalar(own)
            if trial is None:
                return None
            return trial.first if trial.first_key == key else trial.second or None

    def answer(self, rater: str, position: int, value: str, seconds: float, facts: Mapping[str, Any]) -> bool:
        """Store an answer to the next trial, once.

        Args:
            rater: Whose.
            position: Of the trial.
            value: A score from 1 to 5; in pairs "first", "second" or "tie".
            seconds: From the moment the picture was painted.
            facts: Window and zoom.

        Returns:
            True if it was stored or had been stored before, whatever it said then; False if another trial is next.

        Raises:
            BadStudy: A value that this method does not have.
        """
        if value not in self.allowed:
            raise BadStudy(f"the answer is '{value}'; expected one of {', '.join(self.allowed)}")
        try:
            with self._transaction() as database:
                waiting = select(Dealt).outerjoin(Answer).where(Dealt.rater == rater, Answer.trial.is_(None))
                trial = database.scalar(waiting.order_by(Dealt.position).limit(1))
                if trial is None or position < trial.position:
                    return True  # a retry, a double click, the back button
                if position > trial.position:
                    return False
                now = _now()
                database.add(Answer(trial=trial.id, value=value, seconds=seconds, at=now, facts=dict(facts)))
                person = self._person(database, rater)
                person.seen = now
                database.flush()
                if database.scalar(waiting.limit(1)) is None:
                    person.state = "finished"
        except IntegrityError:
            return True  # two of the same at the same moment: one is stored
        return True

    def withdraw(self, rater: str) -> int:
        """Take away everything the rater has answered, and record that it was taken.

        Returns:
            How many answers there were.
        """
        with self._transaction() as database:
            person = self._person(database, rater)
            own = select(Dealt.id).where(Dealt.rater == rater)
            count = database.scalar(select(func.count()).where(Answer.trial.in_(own))) or 0
            database.execute(delete(Answer).where(Answer.trial.in_(own)))
            database.execute(delete(Dealt).where(Dealt.rater == rater))
            person.number, person.state, person.facts = None, "withdrawn", {}
            database.add(Event(at=_now(), rater=rater, kind="withdrawal", facts={"answers": count}))
        return count

    def record(self, kind: str, rater: str = "", facts: Mapping[str, Any] | None = None) -> None:
        """Note that something happened."""
        with self._transaction() as database:
            database.add(Event(at=_now(), rater=rater, kind=kind, facts=dict(facts or {})))

    def paused(self) -> bool:
        """The administrator has stopped the study for the moment."""
        wanted = select(Event.kind).where(Event.kind.in_(("pause", "resume"))).order_by(Event.id.desc()).limit(1)
        with self._transaction() as database:
            return database.scalar(wanted) == "pause"

    def answers(self) -> list[tuple[str, Dealt, Answer]]:
        """Rater, trial and answer of everything that was answered, in the order of raters' numbers and positions."""
        wanted = (
            select(Rater.id, Dealt, Answer)
            .join(Dealt, Dealt.rater == Rater.id)
            .join(Answer, Answer.trial == Dealt.id)
            .order_by(Rater.number, Dealt.position)
        )
        with Session(self.engine, expire_on_commit=False) as database:
            found = [(rater, trial, answer) for rater, trial, answer in database.execute(wanted)]
            database.expunge_all()
        return found

    def unfinished(self) -> set[str]:
        """Raters whose session is not complete."""
        with self._transaction() as database:
            return set(database.scalars(select(Rater.id).where(Rater.state != "finished")))

    def counts(self) -> dict[str, int]:
        """How many raters are in each state."""
        with self._transaction() as database:
            rows = database.execute(select(Rater.state, func.count()).group_by(Rater.state)).all()
        return {row[0]: row[1] for row in rows}


def _dealt(rater: str, position: int, sitting: int, block: int, trial: Trial) -> Dealt:
    return Dealt(
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


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url, connect_args={"timeout": 30} if url.startswith("sqlite") else {})
    except (SQLAlchemyError, ImportError) as error:
        place = url.rpartition("@")[2]  # without a password
        raise BadStudy(f"the database {place} cannot be used ({type(error).__name__}: is its driver there?)") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _durable(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late: a read that turns into a write could fail.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
