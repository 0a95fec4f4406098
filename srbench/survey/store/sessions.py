"""Sessions of a study: which trials a rater gets, and when an abandoned session is another one's."""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from srbench.survey.plan.adaptive import ScorePosterior
from srbench.survey.plan.boost import plain_name
from srbench.survey.plan.design import Trial, TrialKind
from srbench.survey.plan.gap_filling import Asked, planned_session, usual_session
from srbench.survey.plan.planning import session, sittings
from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.endings import exclusions
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.schema import Answer, Assignment, Rater

AHEAD = 2
"""Number of trials after the last answer whose pictures a browser may know: the one on its page, and the next one."""
_ABSENCE, _ABSENCE_SITTINGS = timedelta(days=1), timedelta(days=7)


class SessionStore(StoreConnection):
    """Sessions of a study's raters."""

    def assign_session(self, rater: str, known: ScorePosterior | None = None) -> bool:
        """Assign a session to a rater; do nothing where one is assigned already, or the study has its raters.

        It is the first session of the design that nobody has finished and nobody is at. A rater who has not been seen
        for a day (for a week, where there are several sittings) is taken to be gone, and the session is free again.

        Args:
            rater: Id of the rater.
            known: For adaptive pairs, what the answers so far tell.

        Returns:
            Whether the rater has a session.

        Raises:
            BadStudy: No such rater.
        """
        with self._transaction() as database:
            self._lock_study(database)
            person = self._locked_rater(database, rater)
            if database.scalar(select(Assignment.id).where(Assignment.rater == rater).limit(1)) is not None:
                return True
            if person.state != PREVIEW and self._has_its_raters(database):
                return False
            number = 0
            if person.state != PREVIEW:
                number = person.number = self._number(database)
                person.state = "active"
            person.seen = now()
            database.add_all(self._assignments(rater, self._trials(database, number, known), person.facts))
        return True

    def has_its_raters(self) -> bool:
        """Return whether newcomers are turned away since enough raters have finished or are at work."""
        with self._reading() as database:
            return self._has_its_raters(database)

    def _has_its_raters(self, database: Session) -> bool:
        if not self.study.participation.quota:
            return False
        return len(self._occupying(database)) >= self.study.raters

    def trials(self, rater: str) -> list[Trial]:
        """Return the trials of a rater's session in their order; none before one is assigned."""
        rows = select(Assignment).where(Assignment.rater == rater).order_by(Assignment.position)
        with self._reading() as database:
            return [Trial(cast("TrialKind", row.kind), row.first, row.second) for row in database.scalars(rows)]

    def change_trials(self, rater: str, start: int, known: ScorePosterior | None) -> bool:
        """Choose the questions of a session anew from a position on; its length and its order of contents stay.

        Args:
            rater: Id of the rater.
            start: First position that may change.
            known: What the answers so far tell.

        Returns:
            Whether it was done; not where the rater has come so far that a browser may know these pictures.

        Raises:
            BadStudy: No such rater.
        """
        rows = select(Assignment).where(Assignment.rater == rater).order_by(Assignment.position)
        with self._transaction() as database:
            person = self._locked_rater(database, rater)
            answered = database.scalar(
                select(func.max(Assignment.position))
                .join(Answer, Answer.trial == Assignment.id)
                .where(Assignment.rater == rater)
            )
            if answered is not None and answered + AHEAD >= start:
                return False
            assigned = database.scalars(rows).all()
            if any(row.revision < self.study.revision for row in assigned):
                return False  # begun before the study was extended
            begun = [Trial("trial", row.first, row.second) for row in assigned[:start] if row.kind == "trial"]
            anew = session(self.study.design, self.study.stimuli(), person.number or 0, known, begun)
            for row, trial in zip(assigned[start:], anew[start:], strict=True):
                row.first, row.second = trial.first, trial.second
                row.first_key, row.second_key = _key(), _key()
        return True

    @cached_property
    def _allowed_absence(self) -> timedelta:
        """How long a rater may be away before the session is free for another."""
        several = len(sittings(self.study.design, usual_session(self.study))) > 1
        return _ABSENCE_SITTINGS if several else _ABSENCE

    def _occupying(self, database: Session) -> dict[str, int | None]:
        """Raters who have finished or are at work, with the numbers of their sessions; excluded ones are left out."""
        since = now() - self._allowed_absence
        occupying = select(Rater.id, Rater.number).where(
            or_(Rater.state == "finished", and_(Rater.state == "active", Rater.seen > since))
        )
        excluded = exclusions(database)
        return {rater: number for rater, number in database.execute(occupying) if rater not in excluded}

    def _number(self, database: Session) -> int:
        numbers = set(self._occupying(database).values())
        return next(number for number in range(len(numbers) + 1) if number not in numbers)

    def _trials(self, database: Session, number: int, known: ScorePosterior | None) -> list[Trial]:
        return planned_session(self.study, number, lambda: self._asked(database), known)

    def _asked(self, database: Session) -> Counter[Asked]:
        """How often each question is in a session that somebody has finished or is at."""
        counting = self._occupying(database)
        rows = select(Assignment).where(Assignment.kind == "trial")
        return Counter(
            frozenset(map(plain_name, filter(None, (row.first, row.second, *(row.others or ())))))
            for row in database.scalars(rows)
            if row.rater in counting
        )

    def _assignments(self, rater: str, session: list[Trial], facts: Mapping[str, Any]) -> Iterator[Assignment]:
        position = 0
        for sitting, blocks in enumerate(sittings(self.study.design, session)):
            for block, trials in enumerate(blocks):
                for trial in self.study.method.shown_to(trials, facts):
                    yield _assignment(rater, position, sitting, block, trial, self.study.revision)
                    position += 1


def _assignment(rater: str, position: int, sitting: int, block: int, trial: Trial, revision: int) -> Assignment:
    return Assignment(
        rater=rater,
        position=position,
        sitting=sitting,
        block=block,
        kind=trial.kind,
        first=trial.first,
        second=trial.second,
        others=list(trial.others) or None,
        first_key=_key(),
        second_key=_key(),
        revision=revision,
    )


def _key() -> str:
    return secrets.token_urlsafe(16)
