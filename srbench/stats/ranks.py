"""Rank tests of two independent samples."""

from scipy import stats

from srbench.stats.arrays import Floats


def mann_whitney(first: Floats, second: Floats) -> float:
    """Return the two-sided p value of the Mann-Whitney test: whether values of one sample tend to be larger.

    Args:
        first: Values of one sample, `(n,)`.
        second: Values of the other, `(m,)`.

    Source:
        Mann and Whitney, On a test of whether one of two random variables is stochastically larger than the other,
        Annals of Mathematical Statistics 18, 1947.
    """
    return float(stats.mannwhitneyu(first, second, alternative="two-sided").pvalue)
