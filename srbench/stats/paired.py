"""Tests and effect sizes of paired differences, one for each image."""

import numpy as np
from scipy import stats

from srbench.stats.arrays import Floats

_EXACT_UP_TO = 200
_PERMUTATIONS = 100_000


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
    ranks = np.rint(2 * stats.rankdata(np.abs(gap))).astype(np.int64)
    total = int(ranks.sum())
    probability = np.zeros(total + 1)  # of each sum of the positive ranks
    probability[0] = 1.0
    for rank in ranks:
        probability = probability / 2
        probability[rank:] += probability[: total + 1 - rank].copy()
    observed = int(ranks[gap > 0].sum())
    tail = min(probability[: observed + 1].sum(), probability[observed:].sum())
    return float(min(1.0, 2 * tail))


def sign_flip(differences: Floats, seed: int = 0) -> float:
    """Return the two-sided p value of the mean under exchange of signs.

    Args:
        differences: One difference for each image, `(n,)`.
        seed: Seed of the 100,000 patterns of signs that are drawn for more than 16 images; up to 16 all are counted.
    """
    if len(differences) < 2:
        return 1.0
    test = stats.permutation_test(
        (differences,),
        lambda x, axis: _rounded(x.mean(axis=axis)),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        batch=10_000,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


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
    ranks = stats.rankdata(np.abs(gap))
    return float((ranks * np.sign(gap)).sum() / ranks.sum())


def standardised_mean(differences: Floats) -> float | None:
    """Return mean over standard deviation of the differences (Cohen's d_z); None where they do not vary."""
    spread = float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    return float(differences.mean() / spread) if spread > 0 else None


def _rounded(differences: Floats) -> Floats:
    """Round to 9 digits: rounding errors of means must not decide whether two differences are tied."""
    return np.round(differences, 9)
