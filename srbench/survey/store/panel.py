"""Raters whom a panel sends: one id is one rater, in any browser."""

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from srbench.errors import BadStudy
from srbench.survey.people.panel import Arrival
from srbench.survey.store.connection import StoreConnection
from srbench.survey.store.raters import PREVIEW, new_rater, new_token, token_hash
from srbench.survey.store.schema import PanelId, Rater


class PanelStore(StoreConnection):
    """Panel ids of a study's raters, apart from their answers."""

    def arrive(self, arrival: Arrival, rater: str = "") -> str:
        """Return the rater with a panel's id; at first contact keep the ids, of a new rater or of an invited one.

        Args:
            arrival: Who comes, and all ids of the address.
            rater: Id of the rater whose invitation was opened; empty where a new rater is to be made.

        Returns:
            Id of the rater, who may have withdrawn.

        Raises:
            BadStudy: There is no such invited rater.
        """
        try:
            return self._known(arrival.person) or self._first_contact(arrival, rater)
        except IntegrityError:  # the same person, at the same moment in another browser
            return self._known(arrival.person) or rater

    def _known(self, person: str) -> str | None:
        with self._reading() as database:
            return database.scalar(select(PanelId.rater).where(PanelId.person == person))

    def _first_contact(self, arrival: Arrival, rater: str) -> str:
        with self._transaction() as database:
            if rater:
                person = self._locked_rater(database, rater)
                if person.state == PREVIEW or database.get(PanelId, rater) is not None:
                    return rater  # the link belongs to who opened it first
            else:
                person = new_rater(new_token(), "invited")
                database.add(person)
                database.flush()
            database.add(
                PanelId(rater=person.id, person=arrival.person, captured=dict(arrival.captured), at=person.created)
            )
            return person.id

    def captured(self, rater: str) -> dict[str, str]:
        """Return the ids by which a panel knows a rater, by their names; nothing where none sent the rater."""
        with self._reading() as database:
            row = database.get(PanelId, rater)
            return dict(row.captured) if row else {}

    def panel_ids(self) -> dict[str, dict[str, str]]:
        """Return the panel's ids of all raters, by the raters' own."""
        with self._reading() as database:
            return {row.rater: dict(row.captured) for row in database.scalars(select(PanelId))}

    def identify(self, text: str) -> str:
        """Return the id of the rater whom a text names.

        Args:
            text: The rater's id, the invitation link or its token, the rater's own code, or the panel's id.

        Raises:
            BadStudy: Nobody or several people are named so.
        """
        known = text.isascii() and "\x00" not in text  # as all names are
        found = self._named(text) if known else []
        if len(found) == 1:
            return found[0]
        if found:
            raise BadStudy(f"{text} names {len(found)} raters ({', '.join(found)}); give the id of one")
        raise BadStudy(
            f"there is no rater {text} in {self.study.title}; expected an id, a link, a completion code or a panel's id"
        )

    def _named(self, text: str) -> list[str]:
        token = text.rstrip("/").rpartition("/")[2].partition("?")[0]
        wanted = (
            select(Rater.id)
            .outerjoin(PanelId, PanelId.rater == Rater.id)
            .where(or_(Rater.id == text, Rater.token == token_hash(token), Rater.code == text, PanelId.person == text))
        )
        with self._reading() as database:
            return sorted(set(database.scalars(wanted)))
