"""Bootstrap intervals."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

RESAMPLES, SEED = 10_000, 0
_FEWER_FROM, _FEWER = 1_000, 1_000  # for large sets, so that memory stays small


def bootstrap_mean(
    values: npt.NDArray[np.float64], resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """95 % percentile interval of a mean, drawing images with replacement.

    Args:
        values: One for each image.
        resamples: Number of draws; 1,000 at most for more than 1,000 images.
        seed: Of the draws; the same for every model, so that models share them.

    Source:
        Efron and Tibshirani, An introduction to the bootstrap, 1993, section 13.3.
    """
    if len(values) > _FEWER_FROM:
        resamples = min(resamples, _FEWER)
    means = _draws(len(values), resamples, seed) @ values / len(values)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _draws(n: int, resamples: int, seed: int) -> npt.NDArray[np.float64]:
    """How often each image is drawn in each resample: `(resamples, n)`."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)
