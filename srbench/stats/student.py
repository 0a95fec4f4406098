"""Intervals and tests with Student's t, of independent and of clustered observations."""

import numpy as np
from scipy import stats

from srbench.stats.arrays import Floats, Ints

Z95 = 1.959963984540054
"""Half of a 95 % interval in standard errors, where these are taken as known."""


def t_quantile(df: int) -> float:
    """Return the number of standard errors that a 95 % interval reaches to each side, for given degrees of freedom."""
    return float(stats.t.ppf(0.975, df))


def t_p_value(t: float, df: int) -> float:
    """Return the two-sided p value of a t statistic."""
    return 2 * float(stats.t.sf(abs(t), df))


def t_half_width(std: Floats, n: Ints) -> Floats:
    """Return half of the 95 % interval of means of independent votes: t(0.975; n - 1) s / sqrt(n).

    Args:
        std: Standard deviation behind each mean, ddof 1.
        n: Number of votes behind each mean.

    Returns:
        Half widths; NaN for a single vote.

    Source:
        ITU-R BT.500-14, section A1-2.2.1, which has 1.96 in place of t for many raters; ITU-T P.913 section 12.6.
    """
    enough = n > 1
    half = np.full(len(n), np.nan)
    half[enough] = stats.t.ppf(0.975, n[enough] - 1) * std[enough] / np.sqrt(n[enough])
    return half


def clustered_half_width(image: Ints, rater: Ints, score: Floats, images: int) -> float:
    """Return half of the 95 % interval of the mean of images' means, where the votes of one rater are dependent.

    A rater's influence on the mean is the sum of the deviations of their votes from their images' means, each over
    n_j J (n_j votes on image j, J images); squared and summed over raters this is the variance, after each deviation is
    widened by sqrt(n_j / (n_j - 1)). Where everybody rated everything once this is the t interval of the raters' means;
    where every rater voted once it is the sum of the images' variances over J squared. Degrees of freedom: raters - 1.

    Args:
        image: Image of each vote, numbered from 0, `(n,)`.
        rater: Rater of each vote, numbered from 0, `(n,)`.
        score: Score of each vote, `(n,)`.
        images: Number of images that count, J.

    Returns:
        NaN for a single rater, or where an image has a single vote.

    Source:
        Cluster-robust variance of a mean: Liang and Zeger, Biometrika 73, 1986, with this project's correction.
    """
    counts = np.bincount(image)
    n = counts[image]
    means = np.bincount(image, score) / np.maximum(counts, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (score - means[image]) * np.sqrt(n / (n - 1)) / (n * images)
    influence = np.bincount(rater, share)
    raters = len(np.unique(rater))
    return t_quantile(raters - 1) * float(np.sqrt((influence**2).sum())) if raters > 1 else float("nan")
