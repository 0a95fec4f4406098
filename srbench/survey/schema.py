"""What a running study stores: raters, the trials they were dealt, their answers, and what happened when.

Answers are only ever added. A withdrawal takes a rater's answers and trials away and leaves the event that says so.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, ForeignKey, MetaData, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Utc(TypeDecorator[datetime]):
    """A moment, always in UTC: SQLite forgets the time zone, PostgreSQL answers in that of the session."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it was stored."""
        return None if value is None else utc(value)


def utc(value: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is UTC already."""
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {dict[str, Any]: JSON, datetime: Utc, float: Double}


class StudyRow(Base):
    """To which study the votes belong: one row.

    Attributes:
        id: Of the study.
    """

    __tablename__ = "study"

    id: Mapped[str] = mapped_column(primary_key=True)


class Rater(Base):
    """One person's way through the study.

    Attributes:
        id: Random, in exports too; nothing else tells who it is.
        token: SHA-256 of what stands in the invitation link.
        number: Which session of the design; None before the first trial and after a withdrawal. Different for all, but
            that of a rater who does not come back goes to another.
        state: "invited", "active", "finished" or "withdrawn".
        code: Shown at the end, for panel providers.
        created: When.
        seen: When last.
        facts: Answers of the screen check, as asked for.
    """

    __tablename__ = "rater"

    id: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    number: Mapped[int | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(index=True)
    code: Mapped[str]
    created: Mapped[datetime]
    seen: Mapped[datetime]
    facts: Mapped[dict[str, Any]]


class Assignment(Base):
    """A trial of a rater.

    Attributes:
        id: Number.
        rater: Whose.
        position: In the session, from 0.
        sitting: From 0.
        block: In the sitting, from 0; a break comes before each but the first.
        kind: As in the design.
        first: Picture.
        second: Picture; empty for single ones.
        first_key: What the rater's browser knows of the first picture: random, another one in every trial.
        second_key: The same of the second.
    """

    __tablename__ = "trial"
    __table_args__ = (UniqueConstraint("rater", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rater: Mapped[str] = mapped_column(ForeignKey("rater.id"), index=True)
    position: Mapped[int]
    sitting: Mapped[int]
    block: Mapped[int]
    kind: Mapped[str]
    first: Mapped[str]
    second: Mapped[str]
    first_key: Mapped[str] = mapped_column(unique=True)
    second_key: Mapped[str] = mapped_column(unique=True)


class Answer(Base):
    """What a rater said. One for each trial: the first that arrived.

    Attributes:
        trial: Which.
        value: A score, or "first", "second", "tie".
        seconds: From the moment the picture was painted.
        at: When it arrived.
        facts: Window and zoom at that moment.
    """

    __tablename__ = "answer"

    trial: Mapped[int] = mapped_column(ForeignKey("trial.id"), primary_key=True)
    value: Mapped[str]
    seconds: Mapped[float]
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]


class Event(Base):
    """What happened: consent, an entry by the open link, a withdrawal, a pause or the end of the study.

    Attributes:
        id: Number.
        at: When.
        rater: Whose; empty for the study.
        kind: What.
        facts: More of it; never who the rater is.
    """

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    rater: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]]
