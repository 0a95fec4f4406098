"""Bootstrap intervals of a mean, of a paired difference, of a ratio of medians, and of statistics of clustered data."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from srbench.stats.arrays import Floats, Ints

RESAMPLES, SEED = 10_000, 0
_FEWER_FROM, _FEWER = 1_000, 1_000  # for large sets, so that memory stays small
_BLOCK = 100  # resamples at a time, for ratios of thousands of rounds


def bootstrap_mean(values: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> tuple[float, float]:
    """Return the 95 % percentile interval of a mean, drawing images with replacement.

    Args:
        values: One value for each image, `(n,)`.
        resamples: Number of draws; 1,000 at most for more than 1,000 images.
        seed: Seed of the draws; the same for every model, so that models share them.

    Source:
        Efron and Tibshirani, An introduction to the bootstrap, 1993, section 13.3.
    """
    if len(values) > _FEWER_FROM:
        resamples = min(resamples, _FEWER)
    means = _draws(len(values), resamples, seed) @ values / len(values)
    return _percentile_interval(means)


def mean_may_be_zero(differences: Floats) -> bool:
    """Tell whether the 95 % bootstrap interval of a mean paired difference holds 0.

    Args:
        differences: One difference for each image, `(n,)`.
    """
    low, high = bootstrap_mean(differences)
    return low <= 0 <= high


def bootstrap_ratio_of_medians(
    numerator: Floats, denominator: Floats, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the ratio of two medians, drawing rounds with replacement.

    A round holds one value of each side, so that what the two share is kept.

    Args:
        numerator: One value for each round, `(n,)`.
        denominator: The other value of each round, `(n,)`.
        resamples: Number of draws, a multiple of 100.
        seed: Seed of the draws.
    """
    generator = np.random.default_rng(seed)
    n = len(numerator)
    blocks = (generator.integers(0, n, (_BLOCK, n)) for _ in range(resamples // _BLOCK))
    return _percentile_interval(
        np.concatenate([np.median(numerator[i], axis=1) / np.median(denominator[i], axis=1) for i in blocks])
    )


def bootstrap_clusters(
    clusters: Sequence[Ints], statistic: Callable[[Ints], float], resamples: int, seed: int
) -> Floats:
    """Compute a statistic anew for clusters of observations drawn with replacement.

    Args:
        clusters: Indices of each cluster's observations; these stay together.
        statistic: Function of the indices of the observations drawn.
        resamples: Number of draws.
        seed: Seed of the draws.

    Returns:
        The statistic in each draw, `(resamples,)`.
    """
    generator = np.random.default_rng(seed)
    n = len(clusters)
    draws = (np.concatenate([clusters[k] for k in generator.integers(0, n, n)]) for _ in range(resamples))
    return np.array([statistic(drawn) for drawn in draws])


def _percentile_interval(draws: Floats) -> tuple[float, float]:
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _draws(n: int, resamples: int, seed: int) -> Floats:
    """Count how often each image is drawn in each resample, `(resamples, n)`."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)
