"""Summary of each rater: votes, bias, inconsistency, and the rules that reject them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from srbench.ratings import likelihood, screening
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats


@dataclass(frozen=True, eq=False)
class RaterSummary:
    """Summary of all raters; NaN where a value is not known.

    Attributes:
        names: Names of the raters, in the order of their first vote.
        votes: Number of each rater's votes, without those on traps.
        mean: Mean of each rater's votes.
        std: Standard deviation of each rater's votes, ddof 1.
        bias: Mean difference of each rater's votes from the mean of all.
        inconsistency: Standard deviation of each rater's votes around the truth, by maximum likelihood.
        correlation: Correlation of each rater's votes with the mean of all.
        rejected: Rules that reject each rater, applied or not.
        excluded: Whether each rater's votes do not count.
    """

    names: tuple[str, ...]
    votes: tuple[int, ...]
    mean: Floats
    std: Floats
    bias: Floats
    inconsistency: Floats
    correlation: Floats
    rejected: tuple[tuple[str, ...], ...]
    excluded: tuple[bool, ...]


def summarise_raters(
    votes: Votes, verdicts: Sequence[screening.Verdict], excluded: Sequence[str], estimate: likelihood.Estimate | None
) -> RaterSummary:
    """Summarise each rater.

    Args:
        votes: Votes of all raters, without those on traps.
        verdicts: Verdict of every screening rule.
        excluded: Raters whose votes do not count.
        estimate: Maximum likelihood of these votes.
    """
    size = len(votes.raters)
    n = np.bincount(votes.rater, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(votes.rater, votes.score, size) / n
        squares = np.bincount(votes.rater, (votes.score - mean[votes.rater]) ** 2, size)
        std = np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)
    shown = estimate if estimate and estimate.usable else None  # else raters whom it repeats would seem most consistent
    inconsistency = dict(zip(shown.raters, shown.inconsistency.tolist(), strict=True)) if shown else {}
    correlated = next(v for v in verdicts if v.rule == "correlation")
    return RaterSummary(
        names=votes.raters,
        votes=tuple(n.tolist()),
        mean=mean,
        std=std,
        bias=np.where(n > 0, screening.bias(votes), np.nan),
        inconsistency=np.array([inconsistency.get(name, np.nan) for name in votes.raters]),
        correlation=correlated.values["r"],
        rejected=tuple(tuple(v.rule for v in verdicts if name in v.rejected) for name in votes.raters),
        excluded=tuple(name in excluded for name in votes.raters),
    )
