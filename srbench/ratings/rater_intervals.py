"""Intervals of raters' biases and inconsistencies by maximum likelihood."""

import numpy as np
from scipy import linalg, stats

from srbench.ratings.likelihood import Estimate, vote_tables
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats

_MOST_RATERS = 2_000


def rater_intervals(votes: Votes, estimate: Estimate) -> tuple[Floats, Floats]:
    """Return 95 % intervals of each rater's bias and inconsistency, each `(raters, 2)`.

    With inconsistencies as weights, true scores and biases are linear in the votes, with a known covariance. A rater's
    n votes leave n - h degrees of freedom, h the sum of their leverages. The bias has a t interval, its variance scaled
    by n / (n - h); the sum of squares over the squared inconsistency is chi-squared. A bias is against the mean of
    these raters, on these stimuli.

    Args:
        votes: Votes behind the estimate.
        estimate: A usable estimate.

    Returns:
        NaN with more than 2,000 raters, where the covariance takes too long.

    Source:
        Weighted least squares: Draper and Smith, Applied regression analysis, 3rd edition 1998, chapters 8 and 9.
    """
    raters = len(estimate.raters)
    if raters > _MOST_RATERS:
        return np.full((raters, 2), np.nan), np.full((raters, 2), np.nan)
    seen, _, squares = vote_tables(votes, estimate)
    n = seen.sum(axis=0)
    weight = 1 / estimate.inconsistency**2
    share = seen * weight
    total = share.sum(axis=1, keepdims=True)
    share /= total  # of each rater in each true score, (stimuli, raters)
    covariance = np.asarray(linalg.pinvh(np.diag(weight * n) - (share * total).T @ share))
    with_scores = share @ covariance
    fitted = 1 / total + (with_scores * share).sum(axis=1, keepdims=True) + covariance.diagonal() - 2 * with_scores
    df = np.maximum(n - weight * (seen * fitted).sum(axis=0), 1)
    reach = stats.t.ppf(0.975, df) * np.sqrt(covariance.diagonal() * n / df)
    bias = np.column_stack([estimate.bias - reach, estimate.bias + reach])
    wide = np.sqrt(squares[:, None] / np.column_stack([stats.chi2.ppf(0.975, df), stats.chi2.ppf(0.025, df)]))
    return bias, wide
