"""One study of paired comparisons from answers to figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from srbench.opinion import pairs
from srbench.opinion.votes import Comparison


@dataclass(frozen=True, eq=False)
class PairAnalysis:
    """A study of paired comparisons.

    Attributes:
        name: Of the study.
        answers: All.
        contents: For each content, Bradley-Terry and Thurstone.
        overall: The same over all contents, where the items have the same names; empty where they have not.
        agreement: For each rater: number of answers, and share that agrees with the majority of the others.
        notes: What a reader must know.
    """

    name: str
    answers: tuple[Comparison, ...]
    contents: dict[str, tuple[pairs.PairScores, ...]]
    overall: tuple[pairs.PairScores, ...]
    agreement: dict[str, tuple[int, float | None]]
    notes: list[str]


_LINKS: tuple[pairs.Link, ...] = ("bradley-terry", "thurstone")


def analyse_pairs(name: str, answers: Sequence[Comparison], notes: Sequence[str] = ()) -> PairAnalysis:
    """Analyse paired comparisons, content by content and, where items recur, over all."""
    by_content: dict[str, list[Comparison]] = {}
    for answer in answers:
        by_content.setdefault(answer.content, []).append(answer)
    contents = {content: tuple(pairs.fit(own, link) for link in _LINKS) for content, own in by_content.items()}
    sets = [set(fits[0].items) for fits in contents.values()]
    recurring = len(sets) > 1 and len(set.union(*sets)) < sum(map(len, sets))
    overall = tuple(pairs.fit(answers, link) for link in _LINKS) if recurring else ()
    remarks = [f"{content}: {fits[0].problem}" for content, fits in contents.items() if fits[0].problem]
    remarks += [f"all contents: {fits.problem}" for fits in overall[:1] if fits.problem]
    every = [("all contents", overall), *contents.items()]
    remarks += [
        f"{place}: {fit.link} did not converge in {fit.iterations} steps"
        for place, fits in every
        for fit in fits
        if not fit.converged and not fit.problem
    ]
    return PairAnalysis(name, tuple(answers), contents, overall, _majority(answers), [*notes, *remarks])


def _majority(answers: Sequence[Comparison]) -> dict[str, tuple[int, float | None]]:
    """How often each rater says what most of the others say; ties and even splits do not count."""
    said: dict[tuple[str, str, str], int] = {}
    for a in answers:
        if not a.tie:
            said[a.content, a.winner, a.loser] = said.get((a.content, a.winner, a.loser), 0) + 1
    found: dict[str, list[bool]] = {}
    count: dict[str, int] = {}
    for a in answers:
        count[a.rater] = count.get(a.rater, 0) + 1
        own = found.setdefault(a.rater, [])
        lead = said.get((a.content, a.winner, a.loser), 0) - 1 - said.get((a.content, a.loser, a.winner), 0)
        if not a.tie and lead != 0:
            own.append(lead > 0)
    return {rater: (count[rater], float(np.mean(own)) if own else None) for rater, own in found.items()}
