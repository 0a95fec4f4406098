"""What a running study says so far: models with their intervals, raters with the rules that would reject them, and
whether the study may stop.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from srbench.errors import BadStudy
from srbench.survey.export import ratings
from srbench.survey.responses import StudyStatus
from srbench.survey.scores import ModelScore, ScreeningOutcome
from srbench.survey.screen_geometry import pixels_per_degree
from srbench.survey.study import Study
from srbench.survey.vote_store import VoteStore

MIN_RATERS = 15
"""Finished sessions below which a study never stops by itself: ITU-R BT.500-15 asks for at least 15 observers."""


@dataclass(frozen=True)
class RaterProgress:
    """A rater so far.

    Attributes:
        id: Random id of the rater.
        state: "invited", "active", "finished" or "withdrawn".
        answers: Number of answers.
        seen: Time of the rater's last request that changed something.
        flags: Names of the screening rules that would reject the rater.
        screen: Answers of the screen check.
        pixels_per_degree: Device pixels in a degree of the visual field; None where card and distance were not asked.
    """

    id: str
    state: str
    answers: int
    seen: datetime
    flags: tuple[str, ...]
    screen: dict[str, Any]
    pixels_per_degree: float | None


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
    """

    status: StudyStatus
    wanted: int
    answers: int
    models: tuple[ModelScore, ...] = ()
    people: tuple[RaterProgress, ...] = ()
    rules: tuple[ScreeningOutcome, ...] = ()
    planned: tuple[str, ...] = ()

    @property
    def states(self) -> dict[str, int]:
        """Number of raters in each state."""
        return dict(Counter(person.state for person in self.people))

    @property
    def widest(self) -> float | None:
        """Half of the widest interval; None until each model has one."""
        halves = [model.half for model in self.models if model.half is not None]
        return max(halves) if halves and len(halves) == len(self.models) else None


def study_progress(store: VoteStore) -> StudyProgress:
    """Read all answers, and put together what they say."""
    study, people = store.study, store.raters()
    answers = sum(count for _, count in people)
    models: tuple[ModelScore, ...] = ()
    rules: tuple[ScreeningOutcome, ...] = ()
    planned = study.method.planned_rules(study.design)
    if answers:
        exported = ratings(store, unfinished=True)
        models = study.method.model_scores(exported.without(study.method.rejected(exported, planned)))
        rules = study.method.screening(exported, models)
    flags: dict[str, list[str]] = {}
    for rule in rules:
        for rater in rule.rejected:
            flags.setdefault(rater, []).append(rule.name)
    raters = [
        RaterProgress(
            person.id,
            person.state,
            count,
            person.seen,
            tuple(flags.get(person.id, ())),
            screen := dict(person.facts.get("screen") or {}),
            pixels_per_degree(screen),
        )
        for person, count in people
    ]
    return StudyProgress(store.status(), study.raters, answers, models, tuple(raters), rules, planned)


def stop_rule(study: Study, progress: StudyProgress) -> str:
    """Return the study's stop rule and how far it is; empty where there is none."""
    wanted = study.participation.stop_half
    if wanted is None:
        return ""
    widest = progress.widest
    without = f"without raters whom {' and '.join(progress.planned)} reject, " if progress.planned else ""
    now = "not known yet" if widest is None else f"± {widest:.2f} now, {without}unfinished raters included"
    return f"closes when every interval is within ± {wanted:g} and {MIN_RATERS} raters who count have finished ({now})"


def rater_rows(progress: StudyProgress) -> list[dict[str, Any]]:
    """Return raters as records for a table: what is known of each, and the answers of the screen check.

    Raises:
        BadStudy: Nobody has been invited.
    """
    if not progress.people:
        raise BadStudy("nobody has been invited yet; srbench survey invite makes links")
    names = sorted({name for person in progress.people for name in person.screen})
    return [
        {
            "rater": person.id,
            "state": person.state,
            "answers": person.answers,
            "seen": person.seen.isoformat(timespec="seconds"),
            "rejected_by": " ".join(person.flags),
            **{name: person.screen.get(name, "") for name in names},
            "pixels_per_degree": "" if person.pixels_per_degree is None else round(person.pixels_per_degree, 1),
        }
        for person in progress.people
    ]


def should_stop(store: VoteStore) -> bool:
    """Return whether the study's stop rule is met: enough finished sessions, and every interval narrow enough.

    Raters whom the rules of the plan reject count neither as sessions nor in the intervals, as in the report.
    A study that was stopped once and opened again never stops by itself again.
    """
    wanted = store.study.participation.stop_half
    if wanted is None or store.status() != "open" or store.has_event("stop"):
        return False
    finished = sum(person.state == "finished" for person, _ in store.raters())
    if finished < MIN_RATERS:
        return False
    method, given = store.study.method, ratings(store)
    rejected = method.rejected(given, method.planned_rules(store.study.design))
    if finished - len(rejected) < MIN_RATERS:
        return False
    halves = [model.half for model in method.model_scores(given.without(rejected))]
    return bool(halves) and all(half is not None and half <= wanted for half in halves)
