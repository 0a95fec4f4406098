"""One study of paired comparisons from answers to figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.ratings import pairs
from srbench.ratings.votes import PairAnswer
from srbench.stats.corrections import LEVEL


@dataclass(frozen=True)
class Heterogeneity:
    """Likelihood-ratio test of one scale for all contents against one for each.

    Attributes:
        link: Of the model.
        chi2: Twice the gain in log-likelihood.
        df: Parameters of the contents' fits less those of the fit over all.
        p: Of chi-squared, if all answers were independent.
    """

    link: pairs.Link
    chi2: float
    df: int
    p: float


@dataclass(frozen=True, eq=False)
class PairAnalysis:
    """A study of paired comparisons.

    Attributes:
        name: Of the study.
        answers: All.
        contents: For each content, Bradley-Terry and Thurstone.
        overall: The same over all contents, where the items have the same names; empty where they have not. Its robust
            covariance is two-way, by raters and by contents; that of a content is by raters.
        heterogeneity: For each model, whether contents differ; empty where a content has no scores.
        agreement: For each rater: number of answers, and share that agrees with the majority of the others.
        caveats: What a reader must know.
    """

    name: str
    answers: tuple[PairAnswer, ...]
    contents: dict[str, tuple[pairs.PairScores, ...]]
    overall: tuple[pairs.PairScores, ...]
    heterogeneity: tuple[Heterogeneity, ...]
    agreement: dict[str, tuple[int, float | None]]
    caveats: list[str]


_LINKS: tuple[pairs.Link, ...] = ("bradley-terry", "thurstone")


def analyse_pairs(name: str, answers: Sequence[PairAnswer], notes: Sequence[str] = ()) -> PairAnalysis:
    """Analyse paired comparisons, content by content and, where items recur, over all."""
    by_content: dict[str, list[PairAnswer]] = {}
    for answer in answers:
        by_content.setdefault(answer.content, []).append(answer)
    contents = {content: tuple(pairs.fit(own, link) for link in _LINKS) for content, own in by_content.items()}
    sets = [set(fits[0].items) for fits in contents.values()]
    recurring = len(sets) > 1 and len(set.union(*sets)) < sum(map(len, sets))
    overall = tuple(pairs.fit(answers, link, ("rater", "content")) for link in _LINKS) if recurring else ()
    apart = heterogeneity(overall, list(contents.values()))
    remarks = [f"{content}: {fits[0].problem}" for content, fits in contents.items() if fits[0].problem]
    remarks += [f"all contents: {fits.problem}" for fits in overall[:1] if fits.problem]
    every = [("all contents", overall), *contents.items()]
    remarks += [
        f"{place}: {fit.link} did not converge in {fit.iterations} steps"
        for place, fits in every
        for fit in fits
        if not fit.converged and not fit.problem
    ]
    remarks += [*_uncertain(overall, contents), *_differ(apart)]
    return PairAnalysis(name, tuple(answers), contents, overall, apart, _majority(answers), [*notes, *remarks])


def heterogeneity(
    overall: Sequence[pairs.PairScores], contents: Sequence[Sequence[pairs.PairScores]]
) -> tuple[Heterogeneity, ...]:
    """Do contents need scales of their own? Asked only where every content has scores.

    Args:
        overall: For each model, the fit over all contents.
        contents: Of each content, the fits of the same models.

    Source:
        Wilks, Annals of Mathematical Statistics 9, 1938.
    """
    found = []
    for k, whole in enumerate(overall):
        parts = [fits[k] for fits in contents]
        if whole.problem or any(part.problem for part in parts):
            continue
        df = sum(part.parameters for part in parts) - whole.parameters
        if df > 0:
            chi2 = max(0.0, 2 * (sum(part.loglikelihood for part in parts) - whole.loglikelihood))
            found.append(Heterogeneity(whole.link, chi2, df, float(stats.chi2.sf(chi2, df))))
    return tuple(found)


def _differ(apart: Sequence[Heterogeneity]) -> list[str]:
    return [
        f"contents differ: one scale for all hides it ({test.link}, likelihood ratio: chi-squared {test.chi2:.1f} with "
        f"{test.df} degrees of freedom, p {'< 0.0001' if test.p < 1e-4 else f'= {test.p:.4f}'}); read the scores of "
        "each content"
        for test in apart[:1]
        if test.p < LEVEL
    ]


def _uncertain(overall: Sequence[pairs.PairScores], contents: Mapping[str, tuple[pairs.PairScores, ...]]) -> list[str]:
    """Where one rater alone has answered, nothing can be said about others."""
    places = [("all contents", overall[0])] if overall else []
    places += [(content or "all answers", fits[0]) for content, fits in contents.items()]
    alone = [place for place, fit in places if not fit.problem and fit.robust_df is None]
    return [f"answers of one rater alone give no intervals and no tests: {', '.join(alone)}"] if alone else []


def _majority(answers: Sequence[PairAnswer]) -> dict[str, tuple[int, float | None]]:
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
