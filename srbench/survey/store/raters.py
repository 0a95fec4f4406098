"""Raters of a study: how they come in, what is known of them, and how they are deleted."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.events import study_status
from srbench.survey.store.schema import Answer, Assignment, Event, Invitation, PanelId, Rater, Reply

PREVIEW = "preview"
_JOINED = "join"


class RaterStore(StoreConnection):
    """Raters of a study."""

    def invite(self, *, preview: bool = False) -> str:
        """Add a rater; the token that is returned stands in the invitation link and nowhere else.

        Args:
            preview: Whether it is the study's owner who looks; these answers never count.

        Returns:
            A random token of 43 characters.
        """
        token = new_token()
        with self._transaction() as database:
            database.add(new_rater(token, PREVIEW if preview else "invited"))
        return token

    def join(self, limit: int) -> str | None:
        """Add a rater who comes by the open link.

        Args:
            limit: Number of raters who may ever enter so; a withdrawal makes no room for another.

        Returns:
            The token; None where the limit is reached, or the study is not open.
        """
        token = new_token()
        with self._transaction() as database:
            self._lock_study(database)
            if study_status(database) != "open" or _count_joined(database) >= limit:
                return None
            rater = new_rater(token, "invited")
            database.add_all([rater, Event(at=now(), rater=rater.id, kind=_JOINED, facts={})])
        return token

    def accepts_newcomers(self, limit: int) -> bool:
        """Return whether the open link lets somebody in."""
        with self._reading() as database:
            return study_status(database) == "open" and _count_joined(database) < limit

    def find(self, token: str) -> str | None:
        """Return the id of the rater with this token; None for one that is unknown, withdrawn, revoked or expired."""
        wanted = (
            select(Rater.id)
            .outerjoin(Invitation, Invitation.rater == Rater.id)
            .where(
                Rater.token == token_hash(token),
                Rater.state != "withdrawn",
                Invitation.revoked.is_(None),
                or_(Invitation.expires.is_(None), Invitation.expires > now()),
            )
        )
        with self._reading() as database:
            return database.scalar(wanted)

    def has_rater(self, rater: str) -> bool:
        """Return whether there is such a rater, who has not withdrawn."""
        with self._reading() as database:
            return database.scalar(select(Rater.id).where(Rater.id == rater, Rater.state != "withdrawn")) is not None

    def add_facts(self, rater: str, facts: Mapping[str, Any]) -> None:
        """Add to the facts that are stored of a rater."""
        with self._transaction() as database:
            person = self._locked_rater(database, rater)
            person.facts, person.seen = {**person.facts, **facts}, now()

    def withdraw(self, rater: str, *, forget: bool = False) -> int:
        """Delete everything that a rater has answered, and record that it was deleted.

        Args:
            rater: Id of the rater.
            forget: Whether the panel's ids and the label of the invitation are deleted too. The panel can then not be
                told who withdrew, and its link lets the same person in again.

        Returns:
            Number of deleted answers.
        """
        with self._transaction() as database:
            person = self._locked_rater(database, rater)
            trials = select(Assignment.id).where(Assignment.rater == rater)
            count = database.scalar(select(func.count()).where(Answer.trial.in_(trials))) or 0
            database.execute(delete(Answer).where(Answer.trial.in_(trials)))
            database.execute(delete(Assignment).where(Assignment.rater == rater))
            database.execute(delete(Reply).where(Reply.rater == rater))
            if forget:
                database.execute(delete(PanelId).where(PanelId.rater == rater))
                database.execute(delete(Invitation).where(Invitation.rater == rater))
            if person.state == PREVIEW:
                database.delete(person)
                return count
            person.number, person.state, person.facts = None, "withdrawn", {}
            database.add(Event(at=now(), rater=rater, kind="withdrawal", facts={"answers": count}))
        self._truncate_log()  # what was deleted stands there too
        return count

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


def new_token() -> str:
    """Return the random part of an invitation link."""
    return secrets.token_urlsafe(32)


def new_rater(token: str, state: str) -> Rater:
    """Return a rater who has not been stored yet."""
    moment = now()
    return Rater(
        id=secrets.token_hex(8),
        token=token_hash(token),
        number=None,
        state=state,
        code=secrets.token_hex(4).upper(),
        created=moment,
        seen=moment,
        facts={},
    )


def _count_joined(database: Session) -> int:
    """Number of raters who entered by the open link, those who withdrew among them."""
    return database.scalar(select(func.count()).where(Event.kind == _JOINED)) or 0


def token_hash(token: str) -> str:
    """Return what is stored of an invitation link."""
    return hashlib.sha256(token.encode()).hexdigest()
