"""Intervals and tests with Student's t, of independent and of clustered observations."""

from typing import NamedTuple

import numpy as np
from scipy import special

from srbench.stats.arrays import Flags, Floats, Ints

Z95 = 1.959963984540054
"""Half of a 95 % interval in standard errors, where these are taken as known."""

_ROUNDING = 1e-12
"""Share of a variance below which it is what rounding leaves of zero."""


def t_quantile(df: float) -> float:
    """Return the number of standard errors that a 95 % interval reaches to each side, for given degrees of freedom."""
    return float(special.stdtrit(df, 0.975))


def t_p_value(t: float, df: float) -> float:
    """Return the two-sided p value of a t statistic."""
    return 2 * float(special.stdtr(df, -abs(t)))


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
    half[enough] = special.stdtrit(n[enough] - 1, 0.975) * std[enough] / np.sqrt(n[enough])
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
    one_sided = half * special.stdtrit(df, 0.95) / special.stdtrit(df, 0.975)
    room, slope = (mean - low) * (high - mean), np.abs(2 * mean - low - high)
    inside = room > 0
    c = np.divide(one_sided**2, room, out=np.zeros_like(mean), where=inside)
    reach = (c * slope + np.sqrt((c * slope) ** 2 + 4 * (1 + c) * one_sided**2)) / (2 * (1 + c))
    return np.where(inside, np.fmax(half, reach), half)


def unanimous_half_width(n: Floats | Ints, step: float, agreeing: Floats | float = 1.0) -> Floats:
    """Return half of the 95 % interval of the mean of n votes that agree, of which some might have been a step away.

    With a share q of such votes all n agree with a probability of (1 - q)^n; the half width is the q for which it is
    2.5 %, times the step. Where a share x does not agree, q is the upper limit of their true share, and the half width
    (q - x) (1 - 4 x^2) steps: it does not fall at once to the little that a single such vote scatters, and vanishes
    where half of the votes do not agree. In simulated panels of 8 to 100 raters whose votes mostly agree the larger one
    of this and the t interval holds the truth in at least 92 of 100 at every true mean, Student's t in 88.

    Args:
        n: Number of votes; that of independent ones that tell as much, where they are dependent.
        step: Distance of neighbouring scores.
        agreeing: Share of the votes that have the most frequent score.

    Source:
        Clopper and Pearson, Biometrika 26, 1934.
    """
    number, apart = np.asarray(n), 1 - np.asarray(agreeing)
    upper = special.betaincinv(number * apart + 1, np.maximum(number * (1 - apart), 1e-9), 0.975)
    return np.asarray(step * (upper - apart) * np.maximum(1 - 4 * apart**2, 0))


def agreeing_shares(image: Ints, score: Floats) -> Floats:
    """Return the share of each image's votes that have its most frequent score, `(images,)`; 0 without votes.

    Args:
        image: Number of the image of each vote, `(n,)`.
        score: Score of each vote, `(n,)`.
    """
    values, label = np.unique(score, return_inverse=True)
    pairs, counts = np.unique(image * len(values) + label, return_counts=True)
    most = np.zeros(int(image.max(initial=-1)) + 1)
    np.maximum.at(most, pairs // len(values), counts)
    return np.asarray(most / np.maximum(np.bincount(image), 1))


class ClusteredHalfWidth(NamedTuple):
    """Half of the 95 % interval of a mean of clustered votes.

    Attributes:
        half: Half width from the scatter of the votes; NaN where it is not known.
        df: Degrees of freedom.
        least: Half width that the interval has at least, since few deviating votes may be missing by chance; 0 without
            a step.
    """

    half: float
    df: float
    least: float


def clustered_half_width(
    image: Ints, rater: Ints, score: Floats, images: int, sign: Floats | None = None, step: float = 0.0
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

    Votes that agree scatter little by chance; raters who would have voted otherwise may be missing. The least half
    width is `unanimous_half_width` of as many independent votes as tell as much as these, by the working model's
    variances after one rater more has voted a step away on every image: where all agree this is the number of raters.
    Votes agree that have their image's most frequent score.

    Args:
        image: Number of the image of each vote, `(n,)`.
        rater: Number of the rater of each vote, `(n,)`.
        score: Score of each vote, `(n,)`.
        images: Number of images that count, J.
        sign: 1 or -1 for each vote, `(n,)`, the same for all votes on an image: those with -1 are subtracted, for the
            difference of two means of J pictures each.
        step: Distance of neighbouring scores; 0 where votes that agree need no care.

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
        return ClusteredHalfWidth(float("nan"), float("nan"), 0.0)
    share = np.zeros((len(number), len(counts)))
    np.add.at(share, (label, image), 1 / (n * images))
    least = _least(label, side[image], rest, share, side, counts, agreeing_shares(image, score), step) if step else 0.0
    variance = float((np.bincount(label, side[image] * rest / (n * images)) ** 2).sum())
    bias, noise = _components(label, rest[n > 1], n, n > 1)
    if bias + noise == 0:
        return ClusteredHalfWidth(0.0, len(number) - 1, least)
    signed = share * side
    whole, inside = signed.sum(axis=1), images * (signed * share).sum(axis=1)
    # What the model expects of each rater's squared influence, and of the mean's variance.
    of_bias = whole**2 - 2 * whole * inside + images**2 * ((signed @ (share.T @ share)) * signed).sum(axis=1)
    each = 1 / counts
    of_noise = share @ (each / images) - share**2 @ each
    expected = bias * of_bias + noise * of_noise
    if expected.sum() <= _ROUNDING * (bias + noise) * (share.sum(axis=1) ** 2).sum():
        return ClusteredHalfWidth(0.0, len(number) - 1, least)  # raters' biases cancel in a difference, without noise
    true = bias * (whole**2).sum() + noise * each.sum() / images**2
    df = max(1.0, float(expected.sum() ** 2 / (expected**2).sum()) - 1)
    half = t_quantile(df) * float(np.sqrt(variance * true / expected.sum()))
    return ClusteredHalfWidth(half, df, least)


def _least(
    rater: Ints,
    side: Floats,
    rest: Floats,
    share: Floats,
    sides: Floats,
    counts: Ints,
    agreeing: Floats,
    step: float,
) -> float:
    """Return the least half width of `clustered_half_width`.

    Args:
        rater: Number of the rater of each vote, from 0.
        side: 1 or -1 for each vote.
        rest: Deviation of each vote from its image's mean.
        share: Weight of each rater's vote in the mean, `(raters, images)`.
        sides: 1 or -1 for each image.
        counts: Number of votes on each image.
        agreeing: Share of each image's votes that have its most frequent score.
        step: Distance of neighbouring scores.
    """
    raters, squares, pairs, products = len(share), float((rest**2).sum()), 0.0, 0.0
    for one in np.unique(sides):
        mine = side == one
        votes, sums = (np.bincount(rater[mine], of, raters) for of in (np.ones(mine.sum()), rest[mine]))
        own, more = float((rest[mine] ** 2).sum()), int((sides == one).sum())
        pairs += float((votes**2 - votes).sum()) + more * (more - 1)
        products += float((sums**2).sum()) - own + more * (more - 1) * step**2
    if (sides < 0).any():  # what a rater shares between both sides cancels
        up, down = (np.bincount(rater, np.where(side == one, rest, 0.0), raters) for one in (1, -1))
        number = np.bincount(rater, side > 0, raters) @ np.bincount(rater, side < 0, raters)
        products -= pairs * max(0.0, float(up @ down)) / max(float(number), 1.0)
    total = (squares + len(sides) * step**2) / (len(rest) + len(sides))
    dependent = min(max(products / pairs / total, 0.0), 1.0) if pairs else 1.0
    halves = []
    for one in np.unique(sides):
        mine = sides == one
        noise, bias = (share[:, mine] ** 2).sum(), (share[:, mine].sum(axis=1) ** 2).sum()
        equivalent = 1 / ((1 - dependent) * noise + dependent * bias)
        halves.append(unanimous_half_width(equivalent, step, np.average(agreeing[mine], weights=counts[mine])))
    return float(np.sqrt(np.square(halves).sum()))


def _components(rater: Ints, rest: Floats, n: Ints, several: Flags) -> tuple[float, float]:
    """Estimate the variances of raters' biases and of noise from deviations from images' means."""
    label = rater[several]
    rest = rest * np.sqrt(n[several] / (n[several] - 1))
    total, votes = float((rest**2).mean()), np.bincount(label)
    pairs = float((votes**2 - votes).sum())
    products = float((np.bincount(label, rest) ** 2).sum() - (rest**2).sum())
    bias = min(max(products / pairs, 0.0), total) if pairs else 0.0
    return bias, total - bias
