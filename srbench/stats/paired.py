"""Tests and effect sizes of paired differences, one for each image."""

import math
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy import special

from srbench.core.deferred import deferred
from srbench.stats.arrays import Flags, Floats

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = deferred("scipy.stats")

MeanTest = Literal["t", "sign-flip"]
"""Tests of a mean difference."""

MEAN_TESTS: tuple[MeanTest, ...] = get_args(MeanTest)

MEAN_TEST: MeanTest = "t"
"""The test where none is named."""

_OUTLYING, _FAR = 10, 2.5
_EXACT_UP_TO = 200
_BLOCK = 5_000

ALL_SIGNS_UP_TO = 20
"""Number of images up to which all patterns of signs are counted."""

PERMUTATIONS = 100_000
"""Number of patterns of signs that are drawn for more images."""


def wilcoxon(differences: Floats) -> float:
    """Return the two-sided p value of the signed-rank test; zeros are left out, ties share their mean rank.

    The value is exact for up to 200 differences, ties or not: every pattern of signs is equally likely under the
    hypothesis, and the sums of (doubled) ranks are counted. Beyond, it is scipy's normal approximation.

    Source:
        Wilcoxon, Biometrics Bulletin 1, 1945; Pratt and Gibbons, Concepts of nonparametric theory, 1981, chapter 3.
    """
    gap = _rounded(differences)
    gap = gap[gap != 0]
    if not len(gap):
        return 1.0
    if len(gap) > _EXACT_UP_TO:
        return float(stats.wilcoxon(gap, correction=True, method="approx").pvalue)
    ranks = np.rint(2 * _mean_ranks(np.abs(gap))).astype(np.int64)
    total = int(ranks.sum())
    probability = np.zeros(total + 1)  # of each sum of the positive ranks
    probability[0] = 1.0
    for rank in ranks:
        probability = probability / 2
        probability[rank:] += probability[: total + 1 - rank].copy()
    observed = int(ranks[gap > 0].sum())
    tail = min(probability[: observed + 1].sum(), probability[observed:].sum())
    return float(min(1.0, 2 * tail))


def mean_p(differences: Floats, test: MeanTest = MEAN_TEST) -> float:
    """Return the two-sided p value of the hypothesis that the mean difference is 0; 1 for one image.

    Args:
        differences: One finite difference for each image, `(n,)`.
        test: "t": Student's t of the mean; where they do not vary, its limit: 1 at 0, else 0.
            "sign-flip": exchange of the differences' signs, which supposes that these are symmetric about 0.
    """
    return mean_p_each(differences[:, None], test)[0]


def mean_p_each(differences: Floats, test: MeanTest = MEAN_TEST) -> list[float]:
    """Return p values as `mean_p` does, of many pairs at once: differences are `(n, pairs)`."""
    if test == "sign-flip" or len(differences) < 2:
        return sign_flip_each(differences)
    return [float(p) for p in _t_each(differences, np.ones(differences.shape, dtype=bool))]


def _t_each(differences: Floats, kept: Flags) -> Floats:
    """Return p values of t tests of the differences that are kept, two at least of each pair."""
    n = kept.sum(axis=0)
    mean = np.where(kept, differences, 0.0).sum(axis=0) / n
    rounded = _rounded(differences)
    highest = np.where(kept, rounded, -np.inf).max(axis=0)
    flat = highest == np.where(kept, rounded, np.inf).min(axis=0)
    squares = np.where(kept, (differences - mean) ** 2, 0.0).sum(axis=0)
    error = np.sqrt(np.where(flat, 1.0, squares / (n - 1)) / n)
    return np.asarray(np.where(flat, highest == 0, 2 * special.stdtr(n - 1, -np.abs(mean) / error)))


def lasting_p_each(differences: Floats, test: MeanTest = MEAN_TEST) -> list[float]:
    """Return p values as `mean_p_each` does, each the larger one of all images and of those without `outlying`.

    A few images unlike all others make a t test wrong far more often than it says, and are common in real data. So what
    such images alone carry is no ground for a claim about the mean over all images.

    Args:
        differences: Finite differences, `(n, pairs)`.
        test: Test of the mean difference.
    """
    p_values = np.array(mean_p_each(differences, test))
    left_out = outlying_each(differences)
    some = left_out.any(axis=0)
    if not some.any():
        return [float(p) for p in p_values]
    rest = np.where(left_out, 0.0, differences)  # no sign changes a sum by it
    stands = rest.sum(axis=0) * differences.sum(axis=0) > 0
    without = _t_each(differences, ~left_out) if test == "t" else np.array(sign_flip_each(rest))
    return [float(p) for p in np.where(some, np.maximum(p_values, np.where(stands, without, 1.0)), p_values)]


def outlying(differences: Floats) -> tuple[int, ...]:
    """Return the places of outlying images that favour the mean difference, the furthest first.

    Such a difference lies further than 2.5 robust standard deviations (1.4826 times the median absolute deviation) from
    the median, in the direction of the mean. Of n images n / 10 at most are called outlying; none where the median
    absolute deviation is 0.

    Args:
        differences: One finite difference for each image, `(n,)`.

    Source:
        Leys et al., Journal of Experimental Social Psychology 49, 2013, for the threshold.
    """
    if not len(differences):
        return ()
    places = np.flatnonzero(outlying_each(differences[:, None])[:, 0])
    furthest = np.argsort(-differences[places] * np.sign(differences.mean()), kind="stable")
    return tuple(int(i) for i in places[furthest])


def outlying_each(differences: Floats) -> Flags:
    """Tell outlying images as `outlying` does, of many pairs at once: `(n, pairs)`."""
    toward = differences * np.sign(differences.mean(axis=0))
    median = np.median(toward, axis=0)
    deviation = np.median(np.abs(toward - median), axis=0) / special.ndtri(0.75)
    furthest = np.argsort(-toward, axis=0, kind="stable")[: len(toward) // _OUTLYING]
    far = np.take_along_axis(toward, furthest, axis=0) > median + _FAR * deviation
    found = np.zeros(toward.shape, dtype=bool)
    np.put_along_axis(found, furthest, far & (deviation > 0), axis=0)
    return found


def same_p(differences: Floats, margin: float) -> float:
    """Return the p value of equivalence (TOST): of the hypothesis that the mean difference is the margin or more.

    Args:
        differences: One finite difference for each image, `(n,)`.
        margin: Smallest difference that matters, in units of the differences, to either side of 0.

    Returns:
        The larger p value of two one-sided t tests; 1 for one image. Where the differences do not vary, its limit: 0
        inside the margin, else 1.

    Source:
        Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.
    """
    n, inside = len(differences), margin - abs(float(differences.mean()))
    if np.ptp(_rounded(differences)) == 0:
        return float(n < 2 or inside <= 0)
    return float(special.stdtr(n - 1, -inside / (float(differences.std(ddof=1)) / math.sqrt(n))))


def sign_flip(differences: Floats, seed: int = 0) -> float:
    """Return the two-sided p value of the mean under exchange of signs.

    Args:
        differences: One difference for each image, `(n,)`.
        seed: Seed of the 100,000 patterns of signs that are drawn for more than 20 images; up to 20 all are counted.

    Source:
        Fisher, The design of experiments, 1935, section 21; on drawn patterns: Phipson and Smyth, Statistical
        Applications in Genetics and Molecular Biology 9, 2010.
    """
    return sign_flip_each(differences[:, None], seed)[0]


def sign_flip_each(differences: Floats, seed: int = 0) -> list[float]:
    """Return p values as `sign_flip` does, of many pairs at once: differences are `(n, pairs)`."""
    if len(differences) <= ALL_SIGNS_UP_TO:
        return [_all_signs(gap) for gap in differences.T]
    n = len(differences)
    observed = np.abs(_rounded(differences.mean(axis=0)))
    generator = np.random.default_rng(seed)
    as_large = np.ones(differences.shape[1])  # the signs observed are a pattern too
    for _ in range(PERMUTATIONS // _BLOCK):
        signs = 2.0 * generator.integers(0, 2, (_BLOCK, n), dtype=np.int8) - 1
        as_large += (np.abs(_rounded(signs @ differences / n)) >= observed).sum(axis=0)
    return [float(p) for p in as_large / (PERMUTATIONS + 1)]


def _all_signs(gap: Floats) -> float:
    sums = np.zeros(1)
    for size in gap:
        sums = np.concatenate([sums + size, sums - size])
    return float((np.abs(_rounded(sums / len(gap))) >= abs(_rounded(gap.mean()))).mean())


def smallest_p(images: int) -> float:
    """Return the smallest two-sided p value that signs of this number of differences allow."""
    return min(1.0, 2.0 ** (1 - images))


def rank_biserial(differences: Floats) -> float:
    """Return the share of the rank sum that is positive less the share that is negative; 0 where nothing differs.

    Source:
        Kerby, Comprehensive Psychology 3, 2014.
    """
    gap = _rounded(differences)
    gap = gap[gap != 0]
    if not len(gap):
        return 0.0
    ranks = _mean_ranks(np.abs(gap))
    return float((ranks * np.sign(gap)).sum() / ranks.sum())


def standardised_mean(differences: Floats) -> float | None:
    """Return mean over standard deviation of the differences (Cohen's d_z); None where they do not vary."""
    if np.ptp(_rounded(differences)) == 0:
        return None
    return float(differences.mean() / differences.std(ddof=1))


def _mean_ranks(values: Floats) -> Floats:
    """Return ranks from 1; ties share their mean. scipy.stats has this too, and takes most of a second to load."""
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2


def _rounded(differences: Floats) -> Floats:
    """Round to 9 digits: rounding errors of means must not decide whether two differences are tied."""
    return np.round(differences, 9)
