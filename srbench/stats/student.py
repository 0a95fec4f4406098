"""Intervals and tests with Student's t, of independent and of clustered observations."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from srbench.stats.arrays import Flags, Floats, Ints

Z95 = 1.959963984540054
"""Half of a 95 % interval in standard errors, where these are taken as known."""


def t_quantile(df: float) -> float:
    """Return the number of standard errors that a 95 % interval reaches to each side, for given degrees of freedom."""
    return float(stats.t.ppf(0.975, df))


def t_p_value(t: float, df: float) -> float:
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
        ITU-R BT.500-15, section A1-2.2.1, which has 1.96 in place of t for many raters; ITU-T P.913 section 12.6.
    """
    enough = n > 1
    half = np.full(len(n), np.nan)
    half[enough] = stats.t.ppf(0.975, n[enough] - 1) * std[enough] / np.sqrt(n[enough])
    return half


def end_half_width(mean: Floats, half: Floats, df: Floats, low: float, high: float) -> Floats:
    """Widen half widths of means near an end of a scale, where votes scatter little by chance alone.

    The true mean may lie further from the end than the mean of the votes, and votes around it scatter more. With
    variances in proportion to (m - low)(high - m), as Wilson has it for shares and Hossfeld for ratings, a limit at
    distance d holds d^2 = s^2 (m' - low)(high - m') / ((m - low)(high - m) n) t^2 at m' = m -+ d. The truth can only be
    missed on one side there, so t is the one-sided quantile; the result is never below the symmetric half width.

    Args:
        mean: Means, between the ends.
        half: Half widths of their two-sided 95 % t intervals; NaN stays.
        df: Their degrees of freedom.
        low: Lower end of the scale.
        high: Upper end.

    Source:
        Wilson, Journal of the American Statistical Association 22, 1927; Hossfeld, Schatz and Egger, SOS: the MOS is
        not enough, QoMEX 2011.
    """
    one_sided = half * stats.t.ppf(0.95, df) / stats.t.ppf(0.975, df)
    room, slope = (mean - low) * (high - mean), np.abs(2 * mean - low - high)
    inside = room > 0
    c = np.divide(one_sided**2, room, out=np.zeros_like(mean), where=inside)
    reach = (c * slope + np.sqrt((c * slope) ** 2 + 4 * (1 + c) * one_sided**2)) / (2 * (1 + c))
    return np.where(inside, np.fmax(half, reach), half)


def unanimous_half_width(n: Floats | Ints, step: float) -> Floats:
    """Return half of the 95 % interval of the mean of n equal votes, of which some might have been a step away.

    With a share q of such votes all n agree with a probability of (1 - q)^n; this is the q for which it is 2.5 %, times
    the step.

    Source:
        Clopper and Pearson, Biometrika 26, 1934.
    """
    return np.asarray(step * (1 - 0.025 ** (1 / np.asarray(n))))


class ClusteredHalfWidth(NamedTuple):
    """Half of the 95 % interval of a mean of clustered votes.

    Attributes:
        half: Half width; NaN where it is not known.
        df: Degrees of freedom.
    """

    half: float
    df: float


def clustered_half_width(
    image: Ints, rater: Ints, score: Floats, images: int, sign: Floats | None = None
) -> ClusteredHalfWidth:
    """Return half of the 95 % interval of the mean of images' means, where the votes of one rater are dependent.

    A rater's influence on the mean is the sum of the deviations of their votes from their images' means, each over
    n_j J (n_j votes on image j, J images); squared and summed over raters this is the variance. It is scaled by what a
    working model expects of it: votes are the image's value, the rater's bias and noise, the variances of the latter
    two estimated from the deviations. Where everybody rated everything once this is the t interval of the raters'
    means; where every rater voted once, and every image has as many votes, it is the sum of the images' variances over
    J squared. An image with a single vote has no deviation, and the variance that the model gives it. Degrees of
    freedom are Satterthwaite's, from what the model expects of each rater's square: raters - 1 where all have voted
    alike, fewer where a few raters bear the mean.

    Args:
        image: Number of the image of each vote, `(n,)`.
        rater: Number of the rater of each vote, `(n,)`.
        score: Score of each vote, `(n,)`.
        images: Number of images that count, J.
        sign: 1 or -1 for each vote, `(n,)`, the same for all votes on an image: those with -1 are subtracted, for the
            difference of two means of J pictures each.

    Returns:
        NaN for a single rater, or where every image has a single vote.

    Source:
        Cluster-robust variance of a mean: Liang and Zeger, Biometrika 73, 1986; working model and degrees of freedom:
        Bell and McCaffrey, Survey Methodology 28, 2002, of which this is a form without the covariances of raters.
    """
    _, places, image, counts = np.unique(image, return_index=True, return_inverse=True, return_counts=True)
    side = np.ones(len(counts)) if sign is None else sign[places]
    number, label = np.unique(rater, return_inverse=True)
    n = counts[image]
    rest = score - (np.bincount(image, score) / counts)[image]
    if len(number) < 2 or not (n > 1).any():
        return ClusteredHalfWidth(float("nan"), float("nan"))
    variance = float((np.bincount(label, side[image] * rest / (n * images)) ** 2).sum())
    bias, noise = _components(label, rest[n > 1], n, n > 1)
    if bias + noise == 0:
        return ClusteredHalfWidth(0.0, len(number) - 1)
    share = np.zeros((len(number), len(counts)))
    np.add.at(share, (label, image), 1 / (n * images))
    signed = share * side
    whole, inside = signed.sum(axis=1), images * (signed * share).sum(axis=1)
    # What the model expects of each rater's squared influence, and of the mean's variance.
    of_bias = whole**2 - 2 * whole * inside + images**2 * ((signed @ (share.T @ share)) * signed).sum(axis=1)
    each = 1 / counts
    of_noise = share @ (each / images) - share**2 @ each
    expected = bias * of_bias + noise * of_noise
    true = bias * (whole**2).sum() + noise * each.sum() / images**2
    df = max(1.0, float(expected.sum() ** 2 / (expected**2).sum()) - 1)
    return ClusteredHalfWidth(t_quantile(df) * float(np.sqrt(variance * true / expected.sum())), df)


def _components(rater: Ints, rest: Floats, n: Ints, several: Flags) -> tuple[float, float]:
    """Estimate the variances of raters' biases and of noise from deviations from images' means."""
    label = rater[several]
    rest = rest * np.sqrt(n[several] / (n[several] - 1))
    total, votes = float((rest**2).mean()), np.bincount(label)
    pairs = float((votes**2 - votes).sum())
    products = float((np.bincount(label, rest) ** 2).sum() - (rest**2).sum())
    bias = min(max(products / pairs, 0.0), total) if pairs else 0.0
    return bias, total - bias
