"""A running study for who watches it: where raters stop, votes of each picture, traps, times, and what went wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from srbench.survey.people.questionnaires import of_part
from srbench.survey.plan.design import Trial
from srbench.survey.plan.gap_filling import usual_session
from srbench.survey.responses import Response
from srbench.survey.store.schema import Rater
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study

_PARTS_OF_A_SESSION = 5
_TROUBLE = ("gate", "outage", "pause", "stop")
_AT_WORK = ("invited", "active", "finished")


@dataclass(frozen=True)
class Stage:
    """A page, or a part of the trials, on a rater's way.

    Attributes:
        name: Name of the page, or numbers of the trials.
        reached: Number of raters who came to it.
        ended: Number of raters whose way has ended there before the end of the session.
        here: Number of raters who have come to it last and can go on.
    """

    name: str
    reached: int
    ended: int
    here: int


@dataclass(frozen=True)
class Monitor:
    """What is to be watched in a running study; answers of excluded raters do not count.

    Attributes:
        stages: Pages and parts of the trials in their order; withdrawn raters are left out.
        votes: Number of answers by picture, the fewest first; traps are left out.
        traps_asked: Number of answered trap questions.
        traps_missed: Number of those that were missed.
        seconds: Response times in seconds that 5, 50 and 95 % of the answers do not exceed; None without answers.
        incidents: How often something went wrong, by what it was.
    """

    stages: tuple[Stage, ...]
    votes: dict[str, int]
    traps_asked: int
    traps_missed: int
    seconds: tuple[float, float, float] | None
    incidents: dict[str, int]


def monitor(store: VoteStore) -> Monitor:
    """Read a study's answers and events, and put together what is to be watched."""
    study, excluded = store.study, store.exclusions()
    answers = [answer for answer in store.responses() if answer.rater not in excluded]
    stimuli = study.stimuli_by_name()
    traps = [answer for answer in answers if answer.kind == "trap"]
    missed = sum(study.method.missed_trap(study.design, stimuli, answer) for answer in traps)
    times = np.percentile([answer.seconds for answer in answers], (5, 50, 95)) if answers else None
    seconds = None if times is None else (float(times[0]), float(times[1]), float(times[2]))
    return Monitor(
        _stages(study, store.raters()), _votes(study, answers), len(traps), missed, seconds, _incidents(store)
    )


def _votes(study: Study, answers: Sequence[Response]) -> dict[str, int]:
    stimuli = study.stimuli_by_name()
    votes = Counter({picture.stimulus.name: 0 for picture in study.plain if picture.role == "rated"})
    if study.method.references == "shown":
        votes = Counter({name: 0 for name in votes if not stimuli[name].reference})
    for answer in answers:
        if answer.kind != "trap":
            trial = Trial("trial", answer.first, answer.second, answer.others)
            votes.update(study.method.rated(trial, stimuli))
    return dict(sorted(votes.items(), key=lambda item: (item[1], item[0])))


def _stages(study: Study, people: Sequence[tuple[Rater, int]]) -> tuple[Stage, ...]:
    steps = study.participation.steps
    trials = len(usual_session(study))
    starts = sorted({round(trials * part / _PARTS_OF_A_SESSION) for part in range(_PARTS_OF_A_SESSION)})
    names = [
        *steps,
        *(f"trials {start + 1} to {end}" for start, end in zip(starts, [*starts[1:], trials], strict=True)),
        *(("questions after",) if of_part(study.participation.questions, "after") else ()),
    ]
    reached, ended, here = (Counter[int]() for _ in range(3))
    for person, answers in people:
        if person.state == "withdrawn":
            continue
        at = _at(person, answers, steps, starts, len(names))
        reached.update(range(min(at, len(names) - 1) + 1))
        ended.update([at] if person.state == "ended" else [])
        here.update([at] if at < len(names) and person.state in _AT_WORK else [])
    return tuple(Stage(name, reached[at], ended[at], here[at]) for at, name in enumerate(names))


def _at(person: Rater, answers: int, steps: Sequence[str], starts: Sequence[int], end: int) -> int:
    """Number of the stage to which a rater came last; `end` for who has everything behind them."""
    waiting = next((number for number, step in enumerate(steps) if not person.facts.get(step)), None)
    if waiting is not None:
        return waiting
    if person.state == "finished":
        return end if person.ending or end == len(steps) + len(starts) else end - 1
    return len(steps) + sum(start <= answers for start in starts) - 1


def _incidents(store: VoteStore) -> dict[str, int]:
    """Gates that were not passed, outages and pauses, by their number."""
    counts: Counter[str] = Counter()
    for event in store.events(*_TROUBLE):
        counts[f"gate {event.facts.get('gate', '')} not passed" if event.kind == "gate" else event.kind] += 1
    lost = sum(float(answer.facts.get("focus_lost", 0)) for answer in store.responses())
    if lost:
        counts["focus lost"] = int(lost)
    return dict(counts.most_common())
