"""What a running study says so far: models with their intervals, raters with their flags, and whether it may stop."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from srbench.errors import BadStudy
from srbench.ratings import mos, pairs, screening
from srbench.ratings.files import Ratings
from srbench.ratings.votes import Votes
from srbench.survey.export import missed_traps, ratings
from srbench.survey.store import Doors, Store
from srbench.survey.study import Study
from srbench.survey.terms import pixels_per_degree

FEWEST_RATERS = 15
"""Finished sessions below which a study never stops by itself: ITU-R BT.500-14 asks for at least 15 observers."""


@dataclass(frozen=True)
class Model:
    """A model so far.

    Attributes:
        name: Id.
        score: MOS, or Bradley-Terry's in log odds.
        half: Half of its 95 % interval over raters (pairs: raters and contents); None where it cannot be told yet.
    """

    name: str
    score: float
    half: float | None


@dataclass(frozen=True)
class Person:
    """A rater so far.

    Attributes:
        id: Random.
        state: "invited", "active", "finished" or "withdrawn".
        answers: Given.
        seen: When last.
        flags: Rules that would reject them.
        screen: What the screen check noted.
        pixels_per_degree: From card and distance; None where they were not asked.
    """

    id: str
    state: str
    answers: int
    seen: datetime
    flags: tuple[str, ...]
    screen: dict[str, Any]
    pixels_per_degree: float | None


@dataclass(frozen=True)
class Rule:
    """What a screening rule would do.

    Attributes:
        name: Of the rule.
        rejected: Raters.
        models: Scores without them, in the order of the study's; None where nobody is left.
        reason: Why it cannot be used.
    """

    name: str
    rejected: tuple[str, ...]
    models: tuple[float | None, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Progress:
    """A study at one moment.

    Attributes:
        doors: Open, paused or closed.
        wanted: Raters.
        answers: Of all raters, traps and repeats included.
        models: So far, best first; unfinished raters count.
        people: In the order in which they were invited.
        rules: Of screening; in pairs the traps alone.
    """

    doors: Doors
    wanted: int
    answers: int
    models: tuple[Model, ...] = ()
    people: tuple[Person, ...] = ()
    rules: tuple[Rule, ...] = field(default=())

    @property
    def states(self) -> dict[str, int]:
        """How many raters are in each."""
        return dict(Counter(person.state for person in self.people))

    @property
    def widest(self) -> float | None:
        """Half of the widest interval; None until each model has one."""
        halves = [model.half for model in self.models if model.half is not None]
        return max(halves) if halves and len(halves) == len(self.models) else None


def progress(store: Store) -> Progress:
    """Read everything, and put it together."""
    people = store.people()
    answers = sum(count for _, count in people)
    models: tuple[Model, ...] = ()
    rules: tuple[Rule, ...] = ()
    if answers:
        found = ratings(store, unfinished=True)
        models = _models(found)
        rules = _rules(found.votes, models) if found.votes is not None else (_traps(store, found, models),)
    flags: dict[str, list[str]] = {}
    for rule in rules:
        for rater in rule.rejected:
            flags.setdefault(rater, []).append(rule.name)
    made = [
        Person(
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
    return Progress(store.doors(), store.study.raters, answers, models, tuple(made), rules)


def stop_rule(study: Study, found: Progress) -> str:
    """The study's stop rule and how far it is; empty where there is none."""
    wanted = study.terms.stop_half
    if wanted is None:
        return ""
    now = "not known yet" if found.widest is None else f"± {found.widest:.2f} now, unfinished raters included"
    return f"closes when every interval is within ± {wanted:g} and {FEWEST_RATERS} raters have finished ({now})"


def rows(found: Progress) -> list[dict[str, Any]]:
    """Raters as records, for a table: what is known of each, and what their screen check noted.

    Raises:
        BadStudy: There are none.
    """
    if not found.people:
        raise BadStudy("nobody has been invited yet")
    names = sorted({name for person in found.people for name in person.screen})
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
        for person in found.people
    ]


def enough(store: Store) -> bool:
    """The study's own stop rule is met: enough finished sessions, and every interval as narrow as was asked for."""
    wanted = store.study.terms.stop_half
    if wanted is None or store.doors() != "open" or store.ever("stop"):  # who opens it again knows better
        return False
    finished = sum(person.state == "finished" for person, _ in store.people())
    if finished < FEWEST_RATERS:
        return False
    halves = [model.half for model in _models(ratings(store))]
    return bool(halves) and all(half is not None and half <= wanted for half in halves)


def _models(found: Ratings) -> tuple[Model, ...]:
    if found.votes is not None:
        judged = mos.prepare(found.votes.judged(), "mean")  # repeats as in the analysis
        means = mos.model_means(mos.mos(judged), judged) if len(judged) else []
        models = [Model(group.model, group.mean, group.half) for group in means if not group.dataset]
        return tuple(sorted(models, key=lambda model: -model.score))
    fit = pairs.fit(found.pairs, clusters=("rater", "content")) if found.pairs else None
    if fit is None or fit.problem:
        return ()
    half = [float(h) if np.isfinite(h) else None for h in fit.half]
    return tuple(Model(fit.items[i], float(fit.score[i]), half[i]) for i in fit.order)


def _rules(votes: Votes, models: tuple[Model, ...]) -> tuple[Rule, ...]:
    judged = votes.judged()
    if not len(judged):
        return ()
    found = []
    for verdict in screening.verdicts(votes, judged):
        kept = Ratings("", votes=judged.without(verdict.rejected))
        found.append(Rule(verdict.rule, verdict.rejected, _scores(kept, verdict.rejected, models), verdict.reason))
    return tuple(found)


def _traps(store: Store, found: Ratings, models: tuple[Model, ...]) -> Rule:
    rejected = missed_traps(store)
    kept = tuple(answer for answer in found.pairs if answer.rater not in rejected)
    reason = "" if store.study.design.traps else "the study has no traps"
    return Rule("traps", rejected, _scores(Ratings("", pairs=kept), rejected, models), reason)


def _scores(kept: Ratings, rejected: tuple[str, ...], models: tuple[Model, ...]) -> tuple[float | None, ...]:
    """Of the models, by what is kept; where nobody goes, what was fitted before stands."""
    scores = {model.name: model.score for model in (_models(kept) if rejected else models)}
    return tuple(scores.get(model.name) for model in models)
