"""What is stored of one person, and what of it goes when it is no longer needed (GDPR, articles 5, 15 and 17)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.schema import Answer, Assignment, Base, Event, Invitation, PanelId, Rater, Reply

FORGOTTEN = "forgotten"
"""Kind of the event that personal data was deleted."""


class PeopleStore(StoreConnection):
    """The data of single persons."""

    def everything(self, rater: str) -> dict[str, list[dict[str, Any]]]:
        """Return every record of a rater, of every table that has any, as JSON can hold it; also after a withdrawal.

        Args:
            rater: Id of the rater.

        Returns:
            Records by the name of their table; none for an unknown rater.
        """
        trials = select(Assignment.id).where(Assignment.rater == rater)
        found: dict[str, list[dict[str, Any]]] = {}
        with self._reading() as database:
            for table in Base.metadata.sorted_tables:
                if table is Rater.__table__:
                    wanted = select(table).where(table.c.id == rater)
                elif table is Answer.__table__:
                    wanted = select(table).where(table.c.trial.in_(trials))
                elif "rater" in table.c:
                    wanted = select(table).where(table.c.rater == rater)
                else:
                    continue
                rows = database.execute(wanted.order_by(*table.primary_key)).mappings()
                found[table.name] = [{name: _as_json(value) for name, value in row.items()} for row in rows]
        return {name: rows for name, rows in found.items() if rows}

    def forget(self, days: float, written: Collection[str]) -> int:
        """Delete what tells who a rater is, of all who have not been seen for a while; answers stay.

        These are a panel's ids, labels of invitations, what raters have written in words of their own, and addresses
        that were stored with the consent.

        Args:
            days: Number of days since the rater was last seen.
            written: Names of the questions whose answers are in words of the rater's own.

        Returns:
            Number of raters of whom something was deleted.
        """
        before = now() - timedelta(days=days)
        with self._transaction() as database:
            old = select(Rater.id).where(Rater.seen < before)
            touched: set[str] = set()
            for table in (PanelId, Reply):
                mine = table.rater.in_(old)
                chosen = mine if table is PanelId else mine & Reply.question.in_(list(written))
                touched.update(database.scalars(select(table.rater).where(chosen)))
                database.execute(delete(table).where(chosen))
            labelled = Invitation.rater.in_(old) & (Invitation.label != "")
            touched.update(database.scalars(select(Invitation.rater).where(labelled)))
            database.execute(update(Invitation).where(labelled).values(label=""))
            for person in database.scalars(select(Rater).where(Rater.seen < before)):
                if isinstance(person.facts.get("consent"), dict) and "address" in person.facts["consent"]:
                    kept = {name: value for name, value in person.facts["consent"].items() if name != "address"}
                    person.facts = {**person.facts, "consent": kept or True}
                    touched.add(person.id)
            if touched:
                database.add(Event(at=now(), rater="", kind=FORGOTTEN, facts={"raters": len(touched), "days": days}))
        self._truncate_log()  # what was deleted stands there too
        return len(touched)


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
