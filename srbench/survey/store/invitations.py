"""Invitations: labels, expiry, links that are taken back, and fresh links for who has not finished."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from srbench.errors import BadStudy
from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.raters import PREVIEW, new_rater, new_token, token_hash
from srbench.survey.store.schema import Invitation, Rater

_OPEN = ("invited", "active")


@dataclass(frozen=True)
class Invited:
    """An invited rater.

    Attributes:
        rater: Id of the rater.
        label: Whom the link was given to, in the owner's words.
        state: State of the rater.
        expires: Time after which the link no longer works; None where it always does.
        revoked: Time at which the link was taken back; None where it was not.
    """

    rater: str
    label: str
    state: str
    expires: datetime | None
    revoked: datetime | None

    @property
    def link(self) -> str:
        """Whether the link works: "valid", "expired" or "revoked"."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now() else "valid"


@dataclass(frozen=True)
class FreshLink:
    """A link that was just made.

    Attributes:
        rater: Id of the rater.
        label: Whom the link is for.
        token: Random token of 43 characters, which is stored nowhere.
    """

    rater: str
    label: str
    token: str


class InvitationStore(StoreConnection):
    """Invitations to a study."""

    def invite_labelled(self, labels: Sequence[str], expires: datetime | None = None) -> list[FreshLink]:
        """Add a rater for each label.

        Args:
            labels: Whom the links are for, in the owner's words; may be empty texts.
            expires: Time after which the links no longer work; None where they always do.
        """
        links = []
        with self._transaction() as database:
            for label in labels:
                token = new_token()
                person = new_rater(token, "invited")
                database.add(person)
                database.flush()
                database.add(Invitation(rater=person.id, label=label, expires=expires, revoked=None))
                links.append(FreshLink(person.id, label, token))
        return links

    def invitations(self) -> list[Invited]:
        """Return all raters with their invitations, in the order in which they were invited; previews are left out."""
        wanted = (
            select(Rater.id, Rater.state, Invitation)
            .outerjoin(Invitation, Invitation.rater == Rater.id)
            .where(Rater.state != PREVIEW)
            .order_by(Rater.created, Rater.id)
        )
        with self._reading() as database:
            return [
                Invited(rater, row.label, state, row.expires, row.revoked)
                if row
                else Invited(rater, "", state, None, None)
                for rater, state, row in database.execute(wanted)
            ]

    def revoke(self, raters: Sequence[str]) -> None:
        """Take links back; what the raters have answered stays.

        Raises:
            BadStudy: No such rater; no link is taken back then.
        """
        with self._transaction() as database:
            for rater in raters:
                self._noted(database, rater).revoked = now()

    def expire(self, raters: Sequence[str], at: datetime | None) -> None:
        """Let links work until a time.

        Args:
            raters: Ids of raters; of everybody who has not finished where it is empty.
            at: Time after which the links no longer work; None where they always do.

        Raises:
            BadStudy: No such rater; nothing is changed then.
        """
        with self._transaction() as database:
            for rater in raters or _unfinished(database):
                self._noted(database, rater).expires = at

    def renew(self, raters: Sequence[str], expires: datetime | None = None) -> list[FreshLink]:
        """Make new links, beside which the old ones no longer work; sessions go on where they stopped.

        Args:
            raters: Ids of raters; everybody who has not finished and whose link was not taken back where it is empty.
            expires: Time after which the new links no longer work; None where they always do.

        Raises:
            BadStudy: No such rater; no link is made then.
        """
        links = []
        with self._transaction() as database:
            for rater in raters or _unfinished(database):
                person = self._locked_rater(database, rater)
                noted = self._noted(database, rater)
                token = new_token()
                person.token, noted.revoked, noted.expires = token_hash(token), None, expires
                links.append(FreshLink(rater, noted.label, token))
        return links

    def _noted(self, database: Session, rater: str) -> Invitation:
        person = self._locked_rater(database, rater)
        if person.state == PREVIEW:
            raise BadStudy(f"{rater} is a preview; expected the id of an invited rater")
        noted = database.get(Invitation, rater)
        if noted is None:
            noted = Invitation(rater=rater, label="", expires=None, revoked=None)
            database.add(noted)
        return noted


def _unfinished(database: Session) -> list[str]:
    wanted = (
        select(Rater.id)
        .outerjoin(Invitation, Invitation.rater == Rater.id)
        .where(Rater.state.in_(_OPEN), Invitation.revoked.is_(None))
        .order_by(Rater.created, Rater.id)
    )
    return list(database.scalars(wanted))
