"""Scores of items that were compared in pairs: errors, intervals, differences, letters."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np

from srbench.stats import groups
from srbench.stats.arrays import Floats
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.student import t_p_value, t_quantile

Link = Literal["bradley-terry", "thurstone", "jod"]
Cluster = Literal["rater", "content"]


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
            of the difference. "jod": the same in just-objectionable differences; 1 is a preference of 75 %.
        items: Names of what was compared.
        score: Score of each item, centred to mean 0; empty where items were never compared.
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
        over_raters: Standard error of each centred score for raters like these alone, on these contents; NaN for one
            rater, or where raters are no clusters.
        rater_df: Their degrees of freedom; None where there are none.
        prior: Wins each way that were added to every pair that was compared; 0 where the likelihood has a maximum.
        unbounded: Reason why it has none, so that the prior bounds the scores; empty where it has one.
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
    over_raters: Floats
    rater_df: int | None = None
    prior: float = 0.0
    unbounded: str = ""
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
    def rater_half(self) -> Floats:
        """Half of the 95 % interval of each score for raters like these, on these contents; NaN where not known."""
        return np.asarray(float("nan") if self.rater_df is None else t_quantile(self.rater_df)) * self.over_raters

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
