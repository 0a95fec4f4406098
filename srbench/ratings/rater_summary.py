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
        bias: Mean difference of each rater's votes from the mean of all (ITU-T P.913).
        bias_p910: Mean difference of each rater's votes from the truth, by maximum likelihood.
        bias_p910_ci95: Its 95 % interval, `(raters, 2)`.
        inconsistency: Standard deviation of each rater's votes around the truth, by maximum likelihood.
        inconsistency_ci95: Its 95 % interval, `(raters, 2)`.
        correlation: Correlation of each rater's votes with the mean of all.
        rejected: Rules that reject each rater, applied or not.
        excluded: Whether each rater's votes do not count.
    """

    names: tuple[str, ...]
    votes: tuple[int, ...]
    mean: Floats
    std: Floats
    bias: Floats
    bias_p910: Floats
    bias_p910_ci95: Floats
    inconsistency: Floats
    inconsistency_ci95: Floats
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
    found = _of_raters(votes.raters, shown)
    correlated = next(v for v in verdicts if v.rule == "correlation")
    return RaterSummary(
        names=votes.raters,
        votes=tuple(n.tolist()),
        mean=mean,
        std=std,
        bias=np.where(n > 0, screening.bias(votes), np.nan),
        bias_p910=found[:, 0],
        bias_p910_ci95=found[:, 1:3],
        inconsistency=found[:, 3],
        inconsistency_ci95=found[:, 4:6],
        correlation=correlated.values["r"],
        rejected=tuple(tuple(v.rule for v in verdicts if name in v.rejected) for name in votes.raters),
        excluded=tuple(name in excluded for name in votes.raters),
    )


def _of_raters(names: Sequence[str], estimate: likelihood.Estimate | None) -> Floats:
    """Return bias, its interval's ends, inconsistency and its interval's ends, `(raters, 6)`; NaN where not known."""
    found = np.full((len(names), 6), np.nan)
    if estimate is None:
        return found
    number = {name: i for i, name in enumerate(names)}
    at = [number[name] for name in estimate.raters]
    found[at, 0], found[at, 3] = estimate.bias, estimate.inconsistency
    if estimate.bias_ci95 is not None and estimate.inconsistency_ci95 is not None:
        found[at, 1:3], found[at, 4:6] = estimate.bias_ci95, estimate.inconsistency_ci95
    return found
