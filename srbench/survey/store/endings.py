"""How raters' ways end, who is left out of the analysis, and what raters wrote in questionnaires."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from srbench.errors import BadStudy
from srbench.survey.people.endings import EndingKind
from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.schema import Event, Rater, Reply

_EXCLUDE, _INCLUDE = "exclude", "include"


class EndingStore(StoreConnection):
    """Endings, exclusions and questionnaires of a study's raters."""

    def end(self, rater: str, kind: EndingKind) -> None:
        """Store how a rater's way has ended; the first ending stays, and previews have none.

        Raises:
            BadStudy: No such rater.
        """
        with self._transaction() as database:
            person = self._locked_rater(database, rater)
            if person.ending or person.state == PREVIEW:
                return
            person.ending, person.ended = kind, now()
            if kind != "completed":
                person.state = "ended"
            database.add(Event(at=person.ended, rater=rater, kind="ending", facts={"ending": kind}))

    def exclude(self, rater: str, reason: str) -> None:
        """Leave a rater out of the analysis, and store why; nothing is deleted.

        Raises:
            BadStudy: No such rater, or no reason.
        """
        if not reason.strip():
            raise BadStudy("no reason was given; expected a few words on why the rater is excluded")
        self._judge(rater, _EXCLUDE, {"reason": " ".join(reason.split())})

    def include(self, rater: str, reason: str = "") -> None:
        """Take an excluded rater into the analysis again.

        Raises:
            BadStudy: No such rater, or the rater is not excluded.
        """
        if rater not in self.exclusions():
            raise BadStudy(f"{rater} is not excluded; srbench survey status names who is")
        self._judge(rater, _INCLUDE, {"reason": " ".join(reason.split())})

    def _judge(self, rater: str, kind: str, facts: Mapping[str, str]) -> None:
        with self._transaction() as database:
            self._locked_rater(database, rater)
            database.add(Event(at=now(), rater=rater, kind=kind, facts=dict(facts)))

    def exclusions(self) -> dict[str, str]:
        """Return the reasons for which raters are left out of the analysis, by their ids."""
        with self._reading() as database:
            return exclusions(database)

    def add_replies(self, rater: str, replies: Mapping[str, str]) -> None:
        """Store the answers to a questionnaire; the first to a question stays.

        Raises:
            BadStudy: No such rater.
        """
        with self._transaction() as database:
            self._locked_rater(database, rater)
            given = set(database.scalars(select(Reply.question).where(Reply.rater == rater)))
            moment = now()
            database.add_all(
                Reply(rater=rater, question=question, value=value, at=moment)
                for question, value in replies.items()
                if question not in given
            )

    def replies(self) -> dict[str, dict[str, str]]:
        """Return the answers to the questionnaires, by rater and question; previews are left out."""
        wanted = select(Reply).join(Rater, Rater.id == Reply.rater).where(Rater.state != PREVIEW).order_by(Reply.id)
        found: dict[str, dict[str, str]] = {}
        with self._reading() as database:
            for reply in database.scalars(wanted):
                found.setdefault(reply.rater, {})[reply.question] = reply.value
        return found

    def events(self, *kinds: str) -> list[Event]:
        """Return the events of some kinds in the order in which they happened."""
        with self._reading() as database:
            found = list(database.scalars(select(Event).where(Event.kind.in_(kinds)).order_by(Event.id)))
            database.expunge_all()
        return found


def exclusions(database: Session) -> dict[str, str]:
    """Return the reasons for which raters are left out of the analysis, by their ids."""
    wanted = (
        select(Event.rater, Event.kind, Event.facts)
        .join(Rater, Rater.id == Event.rater)
        .where(Event.kind.in_((_EXCLUDE, _INCLUDE)), Rater.state != "withdrawn")
        .order_by(Event.id)
    )
    excluded: dict[str, str] = {}
    for rater, kind, facts in database.execute(wanted):
        excluded.pop(rater, None)
        if kind == _EXCLUDE:
            excluded[rater] = str(facts.get("reason", ""))
    return excluded
