"""The tables of a running study: raters, the trials assigned to them, their answers, and events.

Answers are only ever added. A withdrawal deletes a rater's answers and trials and leaves an event that says so. What
tells who a rater is to somebody else, panel ids and labels of invitations, stands in tables of its own.
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
        """Return the moment as it was stored."""
        return None if value is None else utc(value)


def utc(value: datetime) -> datetime:
    """Return the same moment in UTC; a time without a zone is UTC already."""
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON(none_as_null=True), datetime: Utc, float: Double}


class StudyRow(Base):
    """The study that the votes belong to, in a table of one row.

    Attributes:
        id: Id of the study.
    """

    __tablename__ = "study"

    id: Mapped[str] = mapped_column(primary_key=True)


class Rater(Base):
    """A rater.

    Attributes:
        id: Random id, in exports too; nothing else tells who the rater is.
        token: SHA-256 of the token in the invitation link, hexadecimal.
        number: Number of the assigned session; None before the first trial and after a withdrawal. The session of a
            rater who does not come back is assigned to another one too.
        state: "invited", "active", "finished", "ended" (without a whole session), "withdrawn" or "preview".
        code: Code that is shown at the end for panel providers, where the study has no fixed one.
        created: Time of the invitation.
        seen: Time of the last request that changed something.
        facts: What the steps before the trials have stored: consent, screen check, practice, breaks.
        ending: How it ended, one of `survey.people.endings.KINDS`; empty before that.
        ended: Time of the ending.
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
    ending: Mapped[str] = mapped_column(default="", server_default="")
    ended: Mapped[datetime | None]


class Assignment(Base):
    """A trial that is assigned to a rater.

    Attributes:
        id: Number of the row.
        rater: Id of the rater.
        position: Position in the session, from 0.
        sitting: Number of the sitting, from 0.
        block: Number of the block in its sitting, from 0; a break comes before each but the first.
        kind: Kind of the trial, as in the design.
        first: Name of the first picture.
        second: Name of the second picture; empty where one is shown.
        first_key: Random key by which the browser asks for the first picture, another one in every trial.
        second_key: Random key by which the browser asks for the second picture.
        revision: Revision of the plan by which the trial was assigned.
        shown: Time at which the pictures were first on the screen; None where the browser has not told.
        views: Number of times that they were, each load of the page being one.
        shown_facts: What the browser said the first time, as in the facts of an answer.
        others: Names of further pictures; None where there are at most two. The browser asks for each by the first key
            and its number.
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
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    shown: Mapped[datetime | None]
    views: Mapped[int] = mapped_column(default=0, server_default="0")
    shown_facts: Mapped[dict[str, Any] | None]
    others: Mapped[list[str] | None]


class Answer(Base):
    """An answer, one for each trial: the first that arrived.

    Attributes:
        trial: Number of the trial's row.
        value: The answer, as the study's method defines it.
        seconds: Response time in seconds, from the moment the picture was painted.
        at: Time at which the answer arrived.
        facts: What the browser said at that moment: window, screen, density, zoom, lost focus, language, browser.
    """

    __tablename__ = "answer"

    trial: Mapped[int] = mapped_column(ForeignKey("trial.id"), primary_key=True)
    value: Mapped[str]
    seconds: Mapped[float]
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]


class Event(Base):
    """An event: consent, an entry by the open link, a withdrawal, a pause or the end of the study.

    Attributes:
        id: Number of the row.
        at: Time of the event.
        rater: Id of the rater; empty where the event concerns the study.
        kind: Kind of the event.
        facts: Details of the event; never who the rater is.
    """

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    rater: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]]


class PanelId(Base):
    """The ids by which a panel knows a rater, apart from the answers.

    Attributes:
        rater: Id of the rater.
        person: The id that is one person's; nobody else has it.
        captured: All ids of the address, by the names that the panel gives them.
        at: Time of the first contact.
    """

    __tablename__ = "panel_id"

    rater: Mapped[str] = mapped_column(ForeignKey("rater.id"), primary_key=True)
    person: Mapped[str] = mapped_column(unique=True)
    captured: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Invitation(Base):
    """What the study's owner has noted about an invitation.

    Attributes:
        rater: Id of the rater.
        label: Whom the owner gave the link to, in the owner's words; may be empty.
        expires: Time after which the link no longer works; None where it always does.
        revoked: Time at which the owner took the link back; None where it is valid.
    """

    __tablename__ = "invitation"

    rater: Mapped[str] = mapped_column(ForeignKey("rater.id"), primary_key=True)
    label: Mapped[str]
    expires: Mapped[datetime | None]
    revoked: Mapped[datetime | None]


class Reply(Base):
    """An answer to a question of a questionnaire.

    Attributes:
        id: Number of the row.
        rater: Id of the rater.
        question: Name of the question.
        value: What was chosen or written.
        at: Time at which it arrived.
    """

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("rater", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rater: Mapped[str] = mapped_column(ForeignKey("rater.id"), index=True)
    question: Mapped[str]
    value: Mapped[str]
    at: Mapped[datetime]
