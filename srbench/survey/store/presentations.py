"""What raters were shown: trials whose pictures were on the screen, with their answers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, case, func, or_, select, update

from srbench.survey.responses import Response
from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.schema import Answer, Assignment, Rater

_TRIAL = Assignment.__table__.c
_SHOW = (  # what stands on the right is what was there before
    update(Assignment.__table__)  # type: ignore[arg-type]
    .where(_TRIAL.rater == bindparam("whose"), _TRIAL.position == bindparam("which"))
    .values(
        views=_TRIAL.views + 1,
        shown=func.coalesce(_TRIAL.shown, bindparam("now", type_=_TRIAL.shown.type)),
        shown_facts=case(
            (_TRIAL.shown.is_(None), bindparam("told", type_=_TRIAL.shown_facts.type)), else_=_TRIAL.shown_facts
        ),
    )
)
_COLUMNS = (
    Assignment.position,
    Assignment.kind,
    Assignment.first,
    Assignment.second,
    func.coalesce(Answer.value, ""),
    func.coalesce(Answer.seconds, 0.0),
    Answer.facts,
    Assignment.revision,
    Assignment.others,
    Assignment.sitting,
    Assignment.shown,
    Answer.at,
    Assignment.views,
)


class PresentationStore(StoreConnection):
    """Trials that were shown."""

    def present(self, rater: str, position: int, facts: Mapping[str, Any]) -> None:
        """Store that the pictures of a trial are on the screen; the first time counts, and all are counted.

        Args:
            rater: Id of the rater.
            position: Position of the trial in the session, from 0.
            facts: Window, screen, density, zoom, language and browser.
        """
        with self._statements(writing=True) as database:
            database.execute(_SHOW, {"whose": rater, "which": position, "now": now(), "told": dict(facts)})

    def presented(self, rater: str = "") -> list[Response]:
        """Return all trials that were shown, with their answers, in the order of session numbers and positions.

        Those that were answered count as shown; previews are left out.

        Args:
            rater: Id of the only rater whose trials are wanted; empty for all.
        """
        wanted = (
            select(Rater.id, *_COLUMNS, Assignment.shown_facts)
            .join(Assignment, Assignment.rater == Rater.id)
            .outerjoin(Answer, Answer.trial == Assignment.id)
            .where(Rater.state != PREVIEW, or_(Answer.trial.is_not(None), Assignment.shown.is_not(None)))
            .order_by(Rater.number, Rater.id, Assignment.position)
        )
        if rater:
            wanted = wanted.where(Rater.id == rater)
        with self._reading() as database:
            rows = database.execute(wanted).all()
        return [
            Response(*row[:-1])._replace(
                facts=dict((row.facts if row.at is not None else row.shown_facts) or {}),
                others=tuple(row.others or ()),
            )
            for row in rows
        ]

    def responses(self, rater: str = "") -> list[Response]:
        """Return all answers in the order of session numbers and positions; previews are left out.

        Args:
            rater: Id of the only rater whose answers are wanted; empty for all.
        """
        return [response for response in self.presented(rater) if response.answered is not None]
