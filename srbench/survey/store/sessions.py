"""Sessions of a study: which trials a rater gets, and when an abandoned session is another one's."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from srbench.survey.adaptive import ScorePosterior
from srbench.survey.design import Trial, TrialKind
from srbench.survey.planning import session, sittings
from srbench.survey.schema import Answer, Assignment, Rater
from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.endings import exclusions
from srbench.survey.store.raters import PREVIEW

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
            database.add_all(self._assignments(rater, number, known, person.facts))
        return True

    def has_its_raters(self) -> bool:
        """Return whether newcomers are turned away since enough raters have finished or are at work."""
        with self._reading() as database:
            return self._has_its_raters(database)

    def _has_its_raters(self, database: Session) -> bool:
        if not self.study.participation.quota:
            return False
        return len(self._occupied(database)) >= self.study.raters

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
            begun = [Trial("trial", row.first, row.second) for row in assigned[:start] if row.kind == "trial"]
            anew = session(self.study.design, self.study.stimuli(), person.number or 0, known, begun)
            for row, trial in zip(assigned[start:], anew[start:], strict=True):
                row.first, row.second = trial.first, trial.second
                row.first_key, row.second_key = _key(), _key()
        return True

    @cached_property
    def _allowed_absence(self) -> timedelta:
        """How long a rater may be away before the session is free for another."""
        design = self.study.design
        several = len(sittings(design, session(design, self.study.stimuli(), 0))) > 1
        return _ABSENCE_SITTINGS if several else _ABSENCE

    def _occupied(self, database: Session) -> list[int | None]:
        """Numbers of the sessions that somebody has finished or is at; those of excluded raters are free."""
        since = now() - self._allowed_absence
        occupied = select(Rater.number, Rater.id).where(
            or_(Rater.state == "finished", and_(Rater.state == "active", Rater.seen > since))
        )
        excluded = exclusions(database)
        return [number for number, rater in database.execute(occupied) if rater not in excluded]

    def _number(self, database: Session) -> int:
        numbers = set(self._occupied(database))
        return next(number for number in range(len(numbers) + 1) if number not in numbers)

    def _assignments(
        self, rater: str, number: int, known: ScorePosterior | None, facts: Mapping[str, Any]
    ) -> Iterator[Assignment]:
        design = self.study.design
        position = 0
        for sitting, blocks in enumerate(sittings(design, session(design, self.study.stimuli(), number, known))):
            for block, trials in enumerate(blocks):
                for trial in self.study.method.shown_to(trials, facts):
                    yield _assignment(rater, position, sitting, block, trial)
                    position += 1


def _assignment(rater: str, position: int, sitting: int, block: int, trial: Trial) -> Assignment:
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
    )


def _key() -> str:
    return secrets.token_urlsafe(16)
