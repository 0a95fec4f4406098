"""Events of a study: whether it is open, paused or closed, and what has happened."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from srbench.survey.responses import StudyStatus
from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.schema import Event

_STATUS_EVENTS: dict[str, StudyStatus] = {"open": "open", "pause": "paused", "close": "closed", "stop": "closed"}
_EVENT = Event.__table__.c
_LAST_STATUS = (
    select(_EVENT.kind, _EVENT.facts).where(_EVENT.kind.in_(_STATUS_EVENTS)).order_by(_EVENT.id.desc()).limit(1)
)

LAST_STATUS = _LAST_STATUS.with_only_columns(_EVENT.kind).scalar_subquery()
"""Kind of the last event that opened, paused or closed the study; nothing where there is none."""


class EventStore(StoreConnection):
    """Events of a study."""

    def record_event(self, kind: str, rater: str = "", facts: Mapping[str, Any] | None = None) -> None:
        """Store that something happened."""
        with self._transaction() as database:
            database.add(Event(at=now(), rater=rater, kind=kind, facts=dict(facts or {})))

    def status(self) -> StudyStatus:
        """Return whether the study is open, paused or closed."""
        with self._reading() as database:
            return study_status(database)

    def status_reason(self) -> str:
        """Return why the study is as it is, where the server itself has paused it; else nothing."""
        with self._reading() as database:
            last = database.execute(_LAST_STATUS).first()
        return str(last.facts.get("reason", "")) if last else ""

    def has_event(self, kind: str) -> bool:
        """Return whether an event of this kind has happened."""
        with self._reading() as database:
            return database.scalar(select(Event.id).where(Event.kind == kind).limit(1)) is not None


def study_status(database: Session | Connection) -> StudyStatus:
    """Return whether the study is open, paused or closed."""
    return status_after(database.scalar(_LAST_STATUS))


def status_after(event: str | None) -> StudyStatus:
    """Return whether the study is open, paused or closed after an event, which is the last of its kinds."""
    return _STATUS_EVENTS[event or "open"]
