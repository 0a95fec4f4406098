"""Analysis of one study of paired comparisons, from answers to scores, tests and caveats."""

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
        link: Link of the model.
        chi2: Twice the gain in log-likelihood.
        df: Number of parameters of the contents' fits less that of the fit over all.
        p: p value of chi-squared, if all answers were independent.
    """

    link: pairs.Link
    chi2: float
    df: int
    p: float


@dataclass(frozen=True, eq=False)
class PairAnalysis:
    """Everything that is known of a study of paired comparisons.

    Attributes:
        name: Name of the study.
        answers: All answers.
        contents: Bradley-Terry and Thurstone scores of each content.
        overall: Both scores over all contents, where the items have the same names; empty where they have not. Their
            robust covariance is two-way, by raters and by contents; that of a content is by raters.
        heterogeneity: Test of whether contents differ, for each link; empty where a content has no scores.
        agreement: Number of answers of each rater, and share that agrees with the majority of the others.
        caveats: Limits of the data that a reader must know.
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
    contents = {
        content: tuple(pairs.fit(of_content, link) for link in _LINKS) for content, of_content in by_content.items()
    }
    sets = [set(fits[0].items) for fits in contents.values()]
    recurring = len(sets) > 1 and len(set.union(*sets)) < sum(map(len, sets))
    overall = tuple(pairs.fit(answers, link, ("rater", "content")) for link in _LINKS) if recurring else ()
    apart = heterogeneity(overall, list(contents.values()))
    caveats = [f"{content}: {fits[0].problem}" for content, fits in contents.items() if fits[0].problem]
    caveats += [f"all contents: {fits.problem}" for fits in overall[:1] if fits.problem]
    every = [("all contents", overall), *contents.items()]
    caveats += [
        f"{place}: {fit.link} did not converge in {fit.iterations} steps"
        for place, fits in every
        for fit in fits
        if not fit.converged and not fit.problem
    ]
    caveats += [*_uncertain(overall, contents), *_differ(apart)]
    return PairAnalysis(name, tuple(answers), contents, overall, apart, _majority(answers), [*notes, *caveats])


def heterogeneity(
    overall: Sequence[pairs.PairScores], contents: Sequence[Sequence[pairs.PairScores]]
) -> tuple[Heterogeneity, ...]:
    """Test whether contents need scales of their own, where every content has scores.

    Args:
        overall: Fit over all contents, for each link.
        contents: Fits of each content, for the same links.

    Source:
        Wilks, Annals of Mathematical Statistics 9, 1938.
    """
    tests = []
    for k, total in enumerate(overall):
        parts = [fits[k] for fits in contents]
        if total.problem or any(part.problem for part in parts):
            continue
        df = sum(part.parameters for part in parts) - total.parameters
        if df > 0:
            chi2 = max(0.0, 2 * (sum(part.loglikelihood for part in parts) - total.loglikelihood))
            tests.append(Heterogeneity(total.link, chi2, df, float(stats.chi2.sf(chi2, df))))
    return tuple(tests)


def _differ(apart: Sequence[Heterogeneity]) -> list[str]:
    return [
        f"contents differ: one scale for all hides it ({test.link}, likelihood ratio: chi-squared {test.chi2:.1f} with "
        f"{test.df} degrees of freedom, p {'< 0.0001' if test.p < 1e-4 else f'= {test.p:.4f}'}); read the scores of "
        "each content"
        for test in apart[:1]
        if test.p < LEVEL
    ]


def _uncertain(overall: Sequence[pairs.PairScores], contents: Mapping[str, tuple[pairs.PairScores, ...]]) -> list[str]:
    """Say where one rater alone has answered, so that nothing is known of others."""
    places = [("all contents", overall[0])] if overall else []
    places += [(content or "all answers", fits[0]) for content, fits in contents.items()]
    alone = [place for place, fit in places if not fit.problem and fit.robust_df is None]
    return [f"answers of one rater alone give no intervals and no tests: {', '.join(alone)}"] if alone else []


def _majority(answers: Sequence[PairAnswer]) -> dict[str, tuple[int, float | None]]:
    """Compute how often each rater says what most of the others say; ties and even splits do not count."""
    said: dict[tuple[str, str, str], int] = {}
    for a in answers:
        if not a.tie:
            said[a.content, a.winner, a.loser] = said.get((a.content, a.winner, a.loser), 0) + 1
    agrees: dict[str, list[bool]] = {}
    count: dict[str, int] = {}
    for a in answers:
        count[a.rater] = count.get(a.rater, 0) + 1
        of_rater = agrees.setdefault(a.rater, [])
        lead = said.get((a.content, a.winner, a.loser), 0) - 1 - said.get((a.content, a.loser, a.winner), 0)
        if not a.tie and lead != 0:
            of_rater.append(lead > 0)
    return {rater: (count[rater], float(np.mean(of_rater)) if of_rater else None) for rater, of_rater in agrees.items()}
