"""Questions and answers: what a rater is asked next, and the answer, which is stored once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from srbench.errors import BadStudy
from srbench.survey.responses import AnswerStatus, Question, RaterState
from srbench.survey.store.connection import StoreConnection, now
from srbench.survey.store.events import LAST_STATUS, status_after
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.schema import Answer, Assignment, Rater

# The statements of every page are built once, of columns of tables and not of records, which is cheaper.
_PERSON, _TRIAL = Rater.__table__.c, Assignment.__table__.c
_RATER: BindParameter[str] = bindparam("rater")
_NEXT_TRIALS = (  # the next trial without an answer, and the one after it
    select(*Assignment.__table__.columns)
    .outerjoin(Answer.__table__, Answer.__table__.c.trial == _TRIAL.id)
    .where(_TRIAL.rater == _RATER, Answer.__table__.c.trial.is_(None))
    .order_by(_TRIAL.position)
    .limit(2)
)
_COUNT_TRIALS = select(func.count()).where(_TRIAL.rater == _RATER).scalar_subquery()
_SELECT_PICTURE = select(_TRIAL.first, _TRIAL.second, _TRIAL.first_key, _TRIAL.others).where(
    _TRIAL.rater == _RATER, or_(_TRIAL.first_key == bindparam("key"), _TRIAL.second_key == bindparam("key"))
)
_SELECT_PERSON = select(
    _PERSON.state,
    _PERSON.facts,
    _PERSON.code,
    _PERSON.ending,
    _COUNT_TRIALS.label("trials"),
    LAST_STATUS.label("status"),
).where(_PERSON.id == _RATER)
_SELECT_STATE = (
    select(_PERSON.state, LAST_STATUS.label("status")).where(_PERSON.id == _RATER).with_for_update(of=Rater.__table__)
)
_INSERT_ANSWER = insert(Answer.__table__)  # type: ignore[arg-type]
_UPDATE_RATER = (
    update(Rater.__table__)  # type: ignore[arg-type]
    .where(_PERSON.id == _RATER)
    .values(seen=bindparam("now"), state=bindparam("became"))
)


class AnswerStore(StoreConnection):
    """Questions and answers of a study."""

    def rater_state(self, rater: str) -> RaterState | None:
        """Return everything that the rater's next page depends on; None where there is no such rater."""
        with self._statements(writing=False) as database:
            person = database.execute(_SELECT_PERSON, {"rater": rater}).first()
            if person is None or person.state == "withdrawn":
                return None
            return RaterState(
                person.state,
                dict(person.facts),
                person.code,
                status_after(person.status),
                person.trials > 0,
                _question(database.execute(_NEXT_TRIALS, {"rater": rater}).all(), person.trials),
                person.ending,
            )

    def picture(self, rater: str, key: str) -> str | None:
        """Return the name of the picture with a key of this rater's; None for any other key."""
        with self._statements(writing=False) as database:
            stem, _, number = key.partition(".")
            row = database.execute(_SELECT_PICTURE, {"rater": rater, "key": stem}).first()
            if row is None:
                return None
            if number:
                others = dict(zip(_numbers(row.others), row.others or (), strict=True))
                return others.get(number) if row.first_key == stem else None
            return row.first if row.first_key == key else row.second or None

    def answer(self, rater: str, position: int, value: str, seconds: float, facts: Mapping[str, Any]) -> AnswerStatus:
        """Store an answer to the next trial, once.

        Args:
            rater: Id of the rater.
            position: Position of the trial in the session, from 0.
            value: The answer, as the study's method defines it.
            seconds: Response time in seconds, from the moment the picture was painted.
            facts: Size and pixel density of the window.

        Returns:
            What happened to the answer; its truth value is false where it was refused.

        Raises:
            BadStudy: A value that this method does not have, or no such rater.
        """
        method, design = self.study.method, self.study.design
        if not method.accepts(design, value):
            raise BadStudy(f"the answer is '{value}'; expected {method.expected_answer(design)}")
        try:
            with self._statements(writing=True) as database:
                person = database.execute(_SELECT_STATE, {"rater": rater}).first()
                if person is None or person.state == "withdrawn":
                    raise self._unknown_rater(rater)
                state = person.state
                if state == "ended" or (state != PREVIEW and status_after(person.status) == "paused"):
                    return AnswerStatus.REFUSED
                waiting = database.execute(_NEXT_TRIALS, {"rater": rater}).all()
                if not waiting or position < waiting[0].position:
                    return AnswerStatus.DUPLICATE
                if position > waiting[0].position:
                    return AnswerStatus.REFUSED
                moment = now()
                if not method.accepts(design, value, len(_keys(waiting[0]))):
                    raise BadStudy(f"the answer is '{value}'; expected {method.expected_answer(design)}")
                row = {"trial": waiting[0].id, "value": value, "seconds": seconds, "at": moment, "facts": dict(facts)}
                database.execute(_INSERT_ANSWER, row)
                done = len(waiting) == 1 and state != PREVIEW
                database.execute(
                    _UPDATE_RATER, {"rater": rater, "now": moment, "became": "finished" if done else state}
                )
        except IntegrityError:
            return AnswerStatus.DUPLICATE  # two of the same at the same moment: one is stored
        return AnswerStatus.LAST if done else AnswerStatus.STORED


def _question(waiting: Sequence[Any], trials: int) -> Question | None:
    if not waiting:
        return None
    trial, ahead = waiting[0], waiting[1:]
    return Question(
        position=trial.position,
        trials=trials,
        sitting=trial.sitting,
        block=trial.block,
        kind=trial.kind,
        keys=_keys(trial),
        ahead=_keys(ahead[0]) if ahead else (),
        pictures=_pictures(trial),
        pictures_ahead=_pictures(ahead[0]) if ahead else (),
    )


def _pictures(trial: Any) -> tuple[str, ...]:
    return tuple(filter(None, (trial.first, trial.second, *(trial.others or ()))))


def _keys(trial: Any) -> tuple[str, ...]:
    two = (trial.first_key, trial.second_key) if trial.second else (trial.first_key,)
    return (*two, *(f"{trial.first_key}.{number}" for number in _numbers(trial.others)))


def _numbers(others: Sequence[str] | None) -> list[str]:
    """The numbers of the further pictures of a trial in their keys."""
    return [str(number) for number in range(2, 2 + len(others or ()))]
