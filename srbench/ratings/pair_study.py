"""Analysis of one study of paired comparisons, from answers to scores, tests and caveats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srbench.ratings import pair_checks, pair_tests, pairs
from srbench.ratings.pair_scores import Link, PairScores
from srbench.ratings.votes import PairAnswer
from srbench.stats.corrections import LEVEL


@dataclass(frozen=True)
class PairOptions:
    """Options of the analysis of paired comparisons.

    Attributes:
        jod: Whether Thurstone's scores are in just-objectionable differences.
        repetitions: Whether repeated answers count ("pool"), or the first of a rater to each question alone.
        seed: Seed of the raters' signs that tests draw.
    """

    jod: bool = False
    repetitions: str = "first"
    seed: int = 0


@dataclass(frozen=True, eq=False)
class PairAnalysis:
    """Everything that is known of a study of paired comparisons.

    Attributes:
        name: Name of the study.
        options: Options of the analyst.
        answers: Answers that count.
        given: Number of answers read, repeated ones among them.
        contents: Bradley-Terry and Thurstone scores of each content.
        overall: Both scores over all contents, where the items have the same names; empty where they have not. Their
            robust covariance is two-way, by raters and by contents; that of a content is by raters.
        heterogeneity: Test of whether contents differ, for each link; empty where items do not recur.
        fit: Test of whether the scores of the contents explain the answers, for each link; empty for two items.
        side_bias: Preference for what was shown first; None where sides are not known.
        triads: Circular triads of each rater.
        retest: Agreement of repeated answers; None where nobody answered twice.
        agreement: Number of answers of each rater, and share that agrees with the majority of the others.
        screening: Sentence that says which raters were rejected, and by what; empty where nobody was judged.
        caveats: Limits of the data that a reader must know.
    """

    name: str
    options: PairOptions
    answers: tuple[PairAnswer, ...]
    given: int
    contents: dict[str, tuple[PairScores, ...]]
    overall: tuple[PairScores, ...]
    heterogeneity: tuple[pair_tests.ModelTest, ...]
    fit: tuple[pair_tests.ModelTest, ...]
    side_bias: pair_checks.SideBias | None
    triads: dict[str, pair_checks.Triads]
    retest: pair_checks.PairRetest | None
    agreement: dict[str, tuple[int, float | None]]
    screening: str
    caveats: list[str]


def analyse_pairs(
    name: str,
    answers: Sequence[PairAnswer],
    notes: Sequence[str] = (),
    options: PairOptions | None = None,
    screening: str = "",
) -> PairAnalysis:
    """Analyse paired comparisons, content by content and, where items recur, over all.

    Args:
        name: Name of the study.
        answers: Answers, repeated ones among them.
        notes: Notes from reading the file, which come first among the caveats.
        options: Options of the analyst; the defaults where there are none.
        screening: Sentence that says which raters were rejected before.
    """
    options = options or PairOptions()
    counted = tuple(answers) if options.repetitions == "pool" else pair_checks.first_answers(answers)
    links: tuple[Link, ...] = ("bradley-terry", "jod" if options.jod else "thurstone")
    by_content: dict[str, list[PairAnswer]] = {}
    for answer in counted:
        by_content.setdefault(answer.content, []).append(answer)
    contents = {content: tuple(pairs.fit(own, link) for link in links) for content, own in by_content.items()}
    sets = [set(fits[0].items) for fits in contents.values()]
    recurring = len(sets) > 1 and len(set.union(*sets)) < sum(map(len, sets))
    overall = tuple(pairs.fit(counted, link, ("rater", "content")) for link in links) if recurring else ()
    apart = [pair_tests.heterogeneity(counted, fit, options.seed) for fit in overall]
    fitted = [
        pair_tests.goodness_of_fit([(by_content[c], fits[k]) for c, fits in contents.items()], options.seed)
        for k in range(len(links))
    ]
    return PairAnalysis(
        name=name,
        options=options,
        answers=counted,
        given=len(answers),
        contents=contents,
        overall=overall,
        heterogeneity=tuple(test for test in apart if test),
        fit=tuple(test for test in fitted if test),
        side_bias=(side := pair_checks.side_bias(counted, recurring=recurring)),
        triads=pair_checks.triads(pair_checks.first_answers(answers)),
        retest=pair_checks.retest(answers),
        agreement=_majority(counted),
        screening=screening,
        caveats=[*notes, *_caveats(overall, contents), *_of_tests(apart, fitted, side)],
    )


def _caveats(overall: Sequence[PairScores], contents: Mapping[str, tuple[PairScores, ...]]) -> list[str]:
    every = [*([("all contents", overall)] if overall else []), *contents.items()]
    said = [f"{place}: {fits[0].problem}" for place, fits in every if fits[0].problem]
    if overall and overall[0].unbounded:
        said.append(f"all contents: {_bounded(overall[0].unbounded)}")
    bounded = [(content, fits[0].unbounded) for content, fits in contents.items() if fits[0].unbounded]
    said += [f"{content or 'all answers'}: {_bounded(why)}" for content, why in bounded[:1]]
    if len(bounded) > 1:
        said.append(f"the same half a win each way on {len(bounded) - 1} more contents (see their notes)")
    said += [
        f"{place}: {fit.link} did not converge in {fit.iterations} steps"
        for place, fits in every
        for fit in fits
        if not fit.converged and not fit.problem
    ]
    alone = [place or "all answers" for place, (fit, *_) in every if not fit.problem and fit.robust_df is None]
    return said + ([f"answers of one rater alone give no intervals and no tests: {', '.join(alone)}"] if alone else [])


def _bounded(why: str) -> str:
    return (
        f"{why}: half a win each way is added to every pair that was compared; it sets how far apart those items lie, "
        "and not their order"
    )


def _of_tests(
    apart: Sequence[pair_tests.ModelTest | None],
    fitted: Sequence[pair_tests.ModelTest | None],
    side: pair_checks.SideBias | None,
) -> list[str]:
    sentences = []
    for test, what in (
        (apart[0] if apart else None, "contents differ: one scale for all hides it; read the scores of each content"),
        (fitted[0], "scores on one line do not explain the answers on every pair: see how often each was preferred"),
    ):
        if test and test.p is not None and test.p < LEVEL:
            sentences.append(
                f"{what} ({test.link}, score test over raters: chi-squared {test.chi2:.1f} with {test.df} degrees of "
                f"freedom, p = {test.p:.4f})"
            )
    if side and side.p is not None and side.p < LEVEL:
        more = "more" if side.log_odds > 0 else "less"
        sentences.append(
            f"what was shown first was preferred {more} often than its scores say ({side.first:.0%} of {side.answers} "
            f"answers, log odds {side.log_odds:+.2f}, p = {side.p:.4f}): scores are fair where sides were balanced"
        )
    return sentences


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
