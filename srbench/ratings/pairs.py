"""Scores of items from paired comparisons: Bradley-Terry and Thurstone, with ties and standard errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import optimize, stats

from srbench.ratings.pair_connection import why_unbounded
from srbench.ratings.pair_likelihood import Outcomes, PairLikelihood
from srbench.ratings.votes import PairAnswer
from srbench.stats import groups
from srbench.stats.arrays import Floats, Ints
from srbench.stats.clustered import clustered_covariance
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.student import t_p_value, t_quantile

Link = Literal["bradley-terry", "thurstone"]
Cluster = Literal["rater", "content"]
_MOST_STEPS, _SCORING_STEPS = 500, 5


@dataclass(frozen=True)
class ItemDifference:
    """The difference between the scores of two items of one fit.

    Attributes:
        first: The item with the higher score.
        second: The other item.
        difference: Score of the first less that of the second.
        standard_error: Standard error of the difference, from the robust covariance.
        p: Two-sided p value of Student's t with the fit's robust degrees of freedom, before correction.
        p_holm: p value after Holm's correction for all pairs of the fit.
    """

    first: str
    second: str
    difference: float
    standard_error: float
    p: float
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether the corrected p value is below 5 %."""
        return self.p_holm < LEVEL


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores of stimuli or models that were compared with one another.

    Attributes:
        link: Unit of the scores. "bradley-terry": natural-log odds of winning. "thurstone": case V, standard deviations
            of the difference.
        items: Names of what was compared.
        score: Score of each item, centred to mean 0; empty where there is no maximum of the likelihood.
        error: Standard error of each centred score, from the full covariance, if all answers were independent.
        covariance: Covariance of the centred scores, `(items, items)`, if all answers were independent.
        threshold: Half-width of the zone in which answers are ties, in units of the score; None without ties.
        comparisons: Number of answers.
        ties: Number of answers that are ties.
        wins: `wins[i, j]`: number of times that i was preferred to j.
        iterations: Number of steps of the optimiser.
        converged: Whether the gradient vanished.
        loglikelihood: Log-likelihood of all answers.
        clusters: Number of clusters of each kind that the robust covariance allows for.
        robust: Covariance of the centred scores where the answers of one cluster depend on one another; NaN with
            fewer than two clusters of a kind.
        robust_error: Standard error of each centred score, from the robust covariance.
        robust_df: Degrees of freedom for Student's t: the smallest number of clusters less 1; None where there is
            no robust covariance.
        problem: Reason why there are no scores; empty where there are.
    """

    link: Link
    items: tuple[str, ...]
    score: Floats
    error: Floats
    covariance: Floats
    threshold: float | None
    comparisons: int
    ties: int
    wins: Floats
    iterations: int
    converged: bool
    loglikelihood: float
    clusters: dict[Cluster, int]
    robust: Floats
    robust_error: Floats
    robust_df: int | None
    problem: str = ""

    @property
    def parameters(self) -> int:
        """Number of free parameters: a score for all items but one, and the threshold."""
        return len(self.items) - 1 + (self.threshold is not None)

    @property
    def quantile(self) -> float:
        """Number of robust standard errors that a 95 % interval reaches to each side; NaN without them."""
        return float("nan") if self.robust_df is None else t_quantile(self.robust_df)

    @property
    def half(self) -> Floats:
        """Half of the 95 % interval of each score, for clusters like these; NaN where it is not known."""
        return np.asarray(self.quantile * self.robust_error)

    @property
    def order(self) -> list[int]:
        """Numbers of the items, best first."""
        return [int(i) for i in np.argsort(-self.score, kind="stable")]

    @cached_property
    def differences(self) -> tuple[ItemDifference, ...]:
        """Differences of every pair of items, best first; none without a robust covariance."""
        if self.problem or self.robust_df is None:
            return ()
        pairs = list(combinations(self.order, 2))
        gaps = [float(self.score[i] - self.score[j]) for i, j in pairs]
        variance = [self.robust[i, i] + self.robust[j, j] - 2 * self.robust[i, j] for i, j in pairs]
        errors = [float(np.sqrt(value)) for value in variance]
        p = [t_p_value(gap / error, self.robust_df) for gap, error in zip(gaps, errors, strict=True)]
        return tuple(
            ItemDifference(self.items[i], self.items[j], *values)
            for (i, j), *values in zip(pairs, gaps, errors, p, holm(p), strict=True)
        )

    @cached_property
    def letters(self) -> dict[str, str]:
        """Letters of items, which share one when no difference between them is significant; empty without tests."""
        if not self.differences:
            return {}
        significant = {(pair.first, pair.second): pair.significant for pair in self.differences}
        return groups.letters([self.items[i] for i in self.order], significant)


def fit(
    answers: Sequence[PairAnswer], link: Link = "bradley-terry", clusters: Sequence[Cluster] = ("rater",)
) -> PairScores:
    """Estimate scores by maximum likelihood.

    First is preferred with probability F(d - t), second with F(-d - t), neither with the rest, where d is the
    difference of the scores, F the logistic or the normal distribution function, and t >= 0 the threshold, which is 0
    when nobody answered with a tie.

    Args:
        answers: Answers on one content, or on several whose items have the same names.
        link: Distribution of the difference: logistic ("bradley-terry") or normal ("thurstone").
        clusters: Kinds of clusters whose answers depend on one another, those of one rater or on one content; with
            both, the robust covariance is two-way.

    Source:
        Bradley and Terry, Biometrika 39, 1952; Thurstone, Psychological Review 34, 1927; ties: Rao and Kupper, Journal
        of the American Statistical Association 62, 1967; Glenn and David, Biometrics 16, 1960; existence: Ford,
        American Mathematical Monthly 64, 1957.
    """
    items = tuple(sorted({name for answer in answers for name in (answer.winner, answer.loser)}))
    index = {name: i for i, name in enumerate(items)}
    wins, ties = np.zeros((len(items), len(items))), np.zeros((len(items), len(items)))
    for answer in answers:
        if answer.tie:
            low, high = sorted((index[answer.winner], index[answer.loser]))
            ties[low, high] += 1
        else:
            wins[index[answer.winner], index[answer.loser]] += 1
    problem = why_unbounded(items, wins, ties)
    if problem:
        return _without_scores(link, items, wins, ties, problem)
    outcomes = Outcomes(
        winner=np.array([index[answer.winner] for answer in answers]),
        loser=np.array([index[answer.loser] for answer in answers]),
        tie=np.array([answer.tie for answer in answers]),
    )
    labels = {kind: _numbered([getattr(answer, kind) for answer in answers]) for kind in clusters}
    return _maximise(link, items, wins, ties, outcomes, labels)


def _numbered(names: Sequence[str]) -> Ints:
    return np.asarray(np.unique(np.array(names, dtype=object), return_inverse=True)[1])


def _without_scores(link: Link, items: tuple[str, ...], wins: Floats, ties: Floats, problem: str) -> PairScores:
    nothing, square = np.empty(0), np.empty((0, 0))
    return PairScores(
        link=link,
        items=items,
        score=nothing,
        error=nothing,
        covariance=square,
        threshold=None,
        comparisons=int(wins.sum() + ties.sum()),
        ties=int(ties.sum()),
        wins=wins,
        iterations=0,
        converged=False,
        loglikelihood=float("nan"),
        clusters={},
        robust=square,
        robust_error=nothing,
        robust_df=None,
        problem=problem,
    )


def _maximise(
    link: Link, items: tuple[str, ...], wins: Floats, ties: Floats, outcomes: Outcomes, labels: dict[Cluster, Ints]
) -> PairScores:
    likelihood = PairLikelihood(wins, ties, stats.logistic if link == "bradley-terry" else stats.norm)
    parameters, steps = _maximum(likelihood)
    n = len(items)
    estimates = likelihood.spread @ parameters
    inverse = np.linalg.inv(likelihood.information(parameters))
    covariance = (likelihood.spread @ inverse @ likelihood.spread.T)[:n, :n]
    clusters = {kind: int(label.max()) + 1 for kind, label in labels.items()}
    enough = min(clusters.values(), default=0) > 1
    robust = np.full((n, n), np.nan)
    if enough:
        robust = clustered_covariance(
            bread=likelihood.spread[:n] @ np.linalg.inv(likelihood.curvature(parameters)),
            gradients=lambda label: likelihood.gradients(parameters, outcomes, label),
            labels=list(labels.values()),
            independent=covariance,
        )
    return PairScores(
        link=link,
        items=items,
        score=estimates[:n],
        error=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        threshold=float(np.exp(parameters[-1])) if ties.any() else None,
        comparisons=int(wins.sum() + ties.sum()),
        ties=int(ties.sum()),
        wins=wins,
        iterations=steps,
        converged=bool(np.abs(likelihood.gradient(parameters)).max() < 1e-6),
        loglikelihood=-likelihood.value(parameters),
        clusters=clusters,
        robust=robust,
        robust_error=np.sqrt(np.diag(robust)),
        robust_df=min(clusters.values()) - 1 if enough else None,
    )


def _maximum(likelihood: PairLikelihood) -> tuple[Floats, int]:
    """Find the parameters of greatest likelihood; also returns the number of steps taken."""
    optimum = optimize.minimize(
        likelihood.value,
        likelihood.start(),
        jac=likelihood.gradient,
        method="BFGS",
        options={"gtol": 1e-9, "maxiter": _MOST_STEPS},
    )
    parameters = optimum.x
    # A few scoring steps make the scores exact where BFGS stops short of rounding.
    for _ in range(_SCORING_STEPS):
        information = likelihood.information(parameters)
        parameters = parameters - np.linalg.solve(information, likelihood.gradient(parameters))
    return parameters, int(optimum.nit) + _SCORING_STEPS
