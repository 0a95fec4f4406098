"""Tests of the model of paired comparisons: whether contents differ, and whether scores fit the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from srbench.ratings.pair_likelihood import Outcomes, PairLikelihood
from srbench.ratings.pair_scores import Link, PairScores
from srbench.ratings.pairs import DISTRIBUTIONS
from srbench.ratings.votes import PairAnswer
from srbench.stats.arrays import Floats, Ints
from srbench.stats.clustered import EfficientScores, ScoreBlock, efficient_scores, wild_p_value


@dataclass(frozen=True)
class ModelTest:
    """Score test of a model of paired comparisons against a larger one.

    Attributes:
        link: Link of the model.
        chi2: Rao's score statistic; it would be chi-squared if all answers were independent.
        df: Number of parameters that the larger model has more.
        p: p value where the answers of a rater depend on one another; None for fewer than 6 raters.
    """

    link: Link
    chi2: float
    df: int
    p: float | None


def heterogeneity(answers: Sequence[PairAnswer], fit: PairScores, seed: int = 0) -> ModelTest | None:
    """Test whether contents need scales of their own, against one for all.

    Args:
        answers: Answers on several contents.
        fit: Scores over all contents.
        seed: Seed of the raters' signs that are drawn.

    Returns:
        None where there is nothing to test: without scores, or where no items recur.
    """
    if fit.problem:
        return None
    raters = _numbered(answers)
    by_content: dict[str, list[PairAnswer]] = {}
    for answer in answers:
        by_content.setdefault(answer.content, []).append(answer)
    blocks = []
    for own in by_content.values():
        wins, ties, outcomes, rater = _counted(own, fit.items, raters)
        likelihood = PairLikelihood(wins, ties, DISTRIBUTIONS[fit.link], threshold=fit.threshold is not None)
        at = _parameters(likelihood, fit)
        gradients = likelihood.gradients(at, outcomes, rater, len(raters))
        blocks.append(ScoreBlock(gradients, likelihood.information(at), np.eye(len(at))))
    return _tested(fit.link, efficient_scores(blocks), seed)


def goodness_of_fit(parts: Sequence[tuple[Sequence[PairAnswer], PairScores]], seed: int = 0) -> ModelTest | None:
    """Test whether the differences of scores explain the answers on every pair of items.

    The larger model has a preference of its own for each pair.

    Args:
        parts: Answers on each content, with its scores.
        seed: Seed of the raters' signs that are drawn.

    Returns:
        None where there is nothing to test, as for two items.
    """
    scored = [(answers, fit) for answers, fit in parts if not fit.problem]
    if not scored:
        return None
    raters = _numbered([answer for answers, _ in scored for answer in answers])
    found = [efficient_scores([_saturated(answers, fit, raters)]) for answers, fit in scored]
    whole = EfficientScores(np.hstack([one.z for one in found]), sum(one.df for one in found))
    return _tested(scored[0][1].link, whole, seed)


def _saturated(answers: Sequence[PairAnswer], fit: PairScores, raters: dict[str, int]) -> ScoreBlock:
    """Write each pair as two items of its own, whose difference is a parameter."""
    n = len(fit.items)
    number = {name: i for i, name in enumerate(fit.items)}
    asked = {frozenset((number[a.winner], number[a.loser])) for a in answers}
    pairs = [(i, j) for i, j in combinations(range(n), 2) if frozenset((i, j)) in asked]
    place = {(i, j): 2 * k for k, (i, j) in enumerate(pairs)} | {(j, i): 2 * k + 1 for k, (i, j) in enumerate(pairs)}
    extra = int(fit.threshold is not None)
    ones = [PairAnswer(a.content, a.rater, *(_own(place, number, a)), a.tie) for a in answers]
    wins, ties, outcomes, rater = _counted(ones, [str(k) for k in range(2 * len(pairs))], raters)
    spread = np.zeros((2 * len(pairs) + extra, len(pairs) + extra))
    for k in range(len(pairs)):
        spread[2 * k, k], spread[2 * k + 1, k] = 0.5, -0.5
    if extra:
        spread[-1, -1] = 1.0
    likelihood = PairLikelihood(wins, ties, DISTRIBUTIONS[fit.link], bool(extra), spread)
    gaps = [fit.score[i] - fit.score[j] for i, j in pairs]
    at = np.array([*gaps, *([np.log(fit.threshold)] if fit.threshold is not None else [])])
    null = np.zeros((len(at), n + extra))
    for k, (i, j) in enumerate(pairs):
        null[k, i], null[k, j] = 1.0, -1.0
    if extra:
        null[-1, -1] = 1.0
    return ScoreBlock(likelihood.gradients(at, outcomes, rater, len(raters)), likelihood.information(at), null)


def _own(place: dict[tuple[int, int], int], number: dict[str, int], answer: PairAnswer) -> tuple[str, str]:
    i, j = number[answer.winner], number[answer.loser]
    return str(place[i, j]), str(place[j, i])


def _numbered(answers: Sequence[PairAnswer]) -> dict[str, int]:
    return {rater: i for i, rater in enumerate(dict.fromkeys(answer.rater for answer in answers))}


def _counted(
    answers: Sequence[PairAnswer], items: Sequence[str], raters: dict[str, int]
) -> tuple[Floats, Floats, Outcomes, Ints]:
    number = {name: i for i, name in enumerate(items)}
    outcomes = Outcomes(
        winner=np.array([number[answer.winner] for answer in answers]),
        loser=np.array([number[answer.loser] for answer in answers]),
        tie=np.array([answer.tie for answer in answers]),
    )
    wins, ties = np.zeros((len(items), len(items))), np.zeros((len(items), len(items)))
    np.add.at(wins, (outcomes.winner[~outcomes.tie], outcomes.loser[~outcomes.tie]), 1)
    low, high = np.minimum(outcomes.winner, outcomes.loser), np.maximum(outcomes.winner, outcomes.loser)
    np.add.at(ties, (low[outcomes.tie], high[outcomes.tie]), 1)
    return wins, ties, outcomes, np.array([raters[answer.rater] for answer in answers])


def _parameters(likelihood: PairLikelihood, fit: PairScores) -> Floats:
    """Return the scores of a fit as parameters of a likelihood with the same items."""
    values = [*fit.score, *([np.log(fit.threshold)] if fit.threshold is not None else [])]
    return np.asarray(likelihood.spread.T @ np.array(values))


def _tested(link: Link, found: EfficientScores, seed: int) -> ModelTest | None:
    if found.df < 1:
        return None
    chi2 = float((found.z.sum(axis=0) ** 2).sum())
    return ModelTest(link, chi2, found.df, wild_p_value(found, seed=seed))
