"""Bootstrap of a ratio of medians, and of statistics of clustered data."""

from collections.abc import Callable, Sequence

import numpy as np

from srbench.stats.arrays import Floats, Ints

RESAMPLES, SEED = 10_000, 0
_BLOCK = 100  # resamples at a time, for ratios of thousands of rounds


def bootstrap_ratio_of_medians(
    numerator: Floats, denominator: Floats, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the ratio of two medians, drawing rounds with replacement.

    A round holds one value of each side, so that what the two share is kept. Of simulated comparisons of 5 to 40
    rounds, with and without single slow calls, 94 to 99 of 100 such intervals hold the ratio.

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
