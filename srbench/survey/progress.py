"""What a running study says so far: models with their intervals, raters with the rules that would reject them, and
whether the study may stop.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from srbench.core.spreadsheet import inert
from srbench.errors import BadStudy
from srbench.survey.export import ratings
from srbench.survey.people.endings import EndingKind
from srbench.survey.people.participation import Participation
from srbench.survey.people.questionnaires import of_part
from srbench.survey.people.screen_geometry import pixels_per_degree
from srbench.survey.responses import StudyStatus
from srbench.survey.scores import ModelScore, ScreeningOutcome
from srbench.survey.store.schema import Rater
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study

_NUMBER = re.compile(r"-?\d+([.,]\d+)?", re.ASCII)
MIN_RATERS = 15
"""Finished sessions below which a study never stops by itself: ITU-R BT.500-15 asks for at least 15 observers."""


@dataclass(frozen=True)
class RaterProgress:
    """A rater so far.

    Attributes:
        id: Random id of the rater.
        state: "invited", "active", "finished", "ended" or "withdrawn".
        answers: Number of answers.
        seen: Time of the rater's last request that changed something.
        flags: Names of the screening rules that would reject the rater.
        screen: Answers of the screen check.
        pixels_per_degree: Device pixels in a degree of the visual field; None where card and distance were not asked.
        ending: How it ended, one of `survey.people.endings.KINDS`; empty before that.
        code: Code that the ending shows; before the end, and where it shows none, the rater's own.
        excluded: Why the study's owner left the rater out of the analysis; None where nobody did.
        panel_ids: Ids by which a panel knows the rater, by their names.
        replies: Answers to questionnaires, by the questions' names.
        gates: What each gate found, by its name: "passed" and "value".
    """

    id: str
    state: str
    answers: int
    seen: datetime
    flags: tuple[str, ...]
    screen: dict[str, Any]
    pixels_per_degree: float | None
    ending: str = ""
    code: str = ""
    excluded: str | None = None
    panel_ids: dict[str, str] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    gates: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyProgress:
    """A study at one moment.

    Attributes:
        status: "open", "paused" or "closed".
        wanted: Number of raters that the study wants.
        answers: Number of answers of all raters, traps and repeats included.
        models: Scores so far, best first, without the raters whom the plan's rules reject; unfinished raters count.
        people: Raters in the order in which they were invited.
        rules: Outcomes of no screening, and of each screening rule alone; in pairs of the traps alone.
        planned: Names of the rules that the plan names.
        reason: Why the server has paused the study; empty where it has not.
    """

    status: StudyStatus
    wanted: int
    answers: int
    models: tuple[ModelScore, ...] = ()
    people: tuple[RaterProgress, ...] = ()
    rules: tuple[ScreeningOutcome, ...] = ()
    planned: tuple[str, ...] = ()
    reason: str = ""

    @property
    def states(self) -> dict[str, int]:
        """Number of raters in each state."""
        return dict(Counter(person.state for person in self.people))

    @property
    def endings(self) -> dict[str, int]:
        """Number of raters with each ending."""
        return dict(Counter(person.ending for person in self.people if person.ending))

    @property
    def excluded(self) -> dict[str, str]:
        """Why raters were left out of the analysis by the study's owner, by their ids."""
        return {person.id: person.excluded for person in self.people if person.excluded is not None}

    @property
    def widest(self) -> float | None:
        """Half of the widest interval; None until each model has one."""
        halves = [model.half for model in self.models if model.half is not None]
        return max(halves) if halves and len(halves) == len(self.models) else None


def study_progress(store: VoteStore) -> StudyProgress:
    """Read all answers, and put together what they say."""
    study, people, excluded = store.study, store.raters(), store.exclusions()
    answers = sum(count for _, count in people)
    models: tuple[ModelScore, ...] = ()
    rules: tuple[ScreeningOutcome, ...] = ()
    planned = study.method.planned_rules(study.design)
    if any(count for person, count in people if person.id not in excluded):
        exported = ratings(store, unfinished=True)
        models = study.method.model_scores(exported.without(study.method.rejected(exported, planned)))
        rules = study.method.screening(exported, models)
    flags: dict[str, list[str]] = {}
    for rule in rules:
        for rater in rule.rejected:
            flags.setdefault(rater, []).append(rule.name)
    known = _Known(study, flags, excluded, store.panel_ids(), store.replies())
    raters = tuple(known.progress(person, count) for person, count in people)
    reason = store.status_reason()
    return StudyProgress(store.status(), study.raters, answers, models, raters, rules, planned, reason)


@dataclass(frozen=True)
class _Known:
    """What is known of raters beyond their own rows."""

    study: Study
    flags: dict[str, list[str]]
    excluded: dict[str, str]
    panel_ids: dict[str, dict[str, str]]
    replies: dict[str, dict[str, str]]

    def progress(self, person: Rater, answers: int) -> RaterProgress:
        screen = dict(person.facts.get("screen") or {})
        ending = ending_of(self.study.participation, person)
        ids = self.panel_ids.get(person.id, {})
        shown = self.study.participation.exit(ending, person.code, ids).code if ending else ""
        return RaterProgress(
            id=person.id,
            state=person.state,
            answers=answers,
            seen=person.seen,
            flags=tuple(self.flags.get(person.id, ())),
            screen=screen,
            pixels_per_degree=pixels_per_degree(screen),
            ending=ending,
            code=shown or person.code,
            excluded=self.excluded.get(person.id),
            panel_ids=ids,
            replies=self.replies.get(person.id, {}),
            gates=dict(person.facts.get("gates") or {}),
        )


def ending_of(participation: Participation, person: Rater) -> EndingKind | Literal[""]:
    """Return how a rater's way has ended; studies of version 0.1 have not stored that a whole session is completed."""
    if person.ending:
        return cast("EndingKind", person.ending)
    asked = of_part(participation.questions, "after")
    return "completed" if person.state == "finished" and not asked else ""


def quota_rule(study: Study) -> str:
    """Return whether the study closes by itself once it has its raters."""
    if study.participation.quota:
        return f"turns newcomers away once {study.raters} raters have finished or are at work"
    return f"does not close by itself at {study.raters} raters"


def stop_rule(study: Study, progress: StudyProgress) -> str:
    """Return the study's stop rule and how far it is; empty where there is none."""
    wanted = study.participation.stop_half
    if wanted is None:
        return ""
    widest = progress.widest
    without = f"without raters whom {' and '.join(progress.planned)} reject, " if progress.planned else ""
    now = "not known yet" if widest is None else f"± {widest:.2f} now, {without}unfinished raters included"
    return f"closes when every interval is within ± {wanted:g} and {MIN_RATERS} raters who count have finished ({now})"


def rater_rows(progress: StudyProgress, *, panel_ids: bool = True) -> list[dict[str, Any]]:
    """Return raters as records for a table: what is known of each, and the answers of the screen check.

    Args:
        progress: The study's progress.
        panel_ids: Whether the ids by which a panel knows the raters stand in the table.

    Returns:
        Records with the same columns; what people wrote is no formula in a spreadsheet.

    Raises:
        BadStudy: Nobody has been invited.
    """
    if not progress.people:
        raise BadStudy("nobody has been invited yet; srbench survey invite makes links")
    columns = _columns(progress)
    return [
        {
            "rater": person.id,
            "state": person.state,
            "answers": person.answers,
            "ending": person.ending,
            "code": person.code,
            "seen": person.seen.isoformat(timespec="seconds"),
            "rejected_by": " ".join(person.flags),
            "excluded": "" if person.excluded is None else inert(person.excluded),
            **{name: person.screen.get(name, "") for name in columns.screen},
            "pixels_per_degree": "" if person.pixels_per_degree is None else round(person.pixels_per_degree, 1),
            **{f"gate_{name}": _verdict(person.gates.get(name)) for name in columns.gates},
            **{name: inert(person.panel_ids.get(name, "")) for name in columns.panel_ids if panel_ids},
            **{f"q_{name}": _reply(person.replies.get(name, "")) for name in columns.replies},
        }
        for person in progress.people
    ]


class _Columns(NamedTuple):
    screen: list[str]
    gates: list[str]
    panel_ids: list[str]
    replies: list[str]


def _columns(progress: StudyProgress) -> _Columns:
    parts = zip(*((p.screen, p.gates, p.panel_ids, p.replies) for p in progress.people), strict=True)
    screen, gates, ids, replies = (list(dict.fromkeys(name for of in part for name in of)) for part in parts)
    return _Columns(sorted(screen), gates, ids, replies)


def _verdict(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    return f"{'passed' if found['passed'] else 'failed'} {found['value']}".strip()


def _reply(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else inert(text)


def should_stop(store: VoteStore) -> bool:
    """Return whether the study's stop rule is met: enough finished sessions, and every interval narrow enough.

    Raters whom the rules of the plan reject count neither as sessions nor in the intervals, as in the report.
    A study that was stopped once and opened again never stops by itself again.
    """
    wanted = store.study.participation.stop_half
    if wanted is None or store.status() != "open" or store.has_event("stop"):
        return False
    excluded = store.exclusions()
    finished = sum(person.state == "finished" and person.id not in excluded for person, _ in store.raters())
    if finished < MIN_RATERS:
        return False
    method, given = store.study.method, ratings(store)
    rejected = method.rejected(given, method.planned_rules(store.study.design))
    if finished - len(rejected) < MIN_RATERS:
        return False
    halves = [model.half for model in method.model_scores(given.without(rejected))]
    return bool(halves) and all(half is not None and half <= wanted for half in halves)
