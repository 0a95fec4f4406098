"""Means of a method that was trained several times: over seeds and images like those that were seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from srbench.stats.arrays import Floats
from srbench.stats.student import t_p_value, t_quantile


@dataclass(frozen=True)
class SeedMean:
    """A mean, or a paired mean difference, with what seeds and images leave uncertain.

    Attributes:
        mean: Over seeds and images.
        error: Standard error of the mean.
        df: Degrees of freedom of the error.
    """

    mean: float
    error: float
    df: float

    @property
    def ci95(self) -> tuple[float, float] | None:
        """95 % interval over seeds and images like these; None where one image or one seed says nothing of others."""
        if not math.isfinite(self.error):
            return None
        reach = t_quantile(self.df) * self.error if self.error else 0.0
        return self.mean - reach, self.mean + reach

    @property
    def p(self) -> float:
        """Two-sided p value of the hypothesis that the mean is 0."""
        if not math.isfinite(self.error):
            return 1.0
        return t_p_value(self.mean / self.error, self.df) if self.error else float(self.mean == 0)

    def same_p(self, margin: float) -> float:
        """Return the p value of the hypothesis that the mean is the margin or more, to either side."""
        if not math.isfinite(self.error):
            return 1.0
        if not self.error:
            return float(abs(self.mean) >= margin)
        tail = t_p_value((margin - abs(self.mean)) / self.error, self.df) / 2
        return tail if abs(self.mean) < margin else 1 - tail


def by_seed(values: Sequence[Sequence[float]]) -> Floats:
    """Arrange the values of images, one of each seed, as `(images,)`, or `(seeds, images)` where there are several."""
    table = np.array(values, dtype=np.float64).T
    return table if len(table) > 1 else table.ravel()


def over_seeds(values: Floats) -> Floats:
    """Return the mean over seeds of each image: of `(seeds, images)`, or `(images,)` as it is."""
    return values.mean(axis=0) if values.ndim > 1 else values


def seed_mean(values: Floats, others: Floats | None = None) -> SeedMean:
    """Estimate the mean of a method, or its paired mean difference to another, over seeds and images.

    The variance is that of the images' means over the images, as with one seed, plus for each method with several seeds
    that of the seeds' means over the seeds; degrees of freedom after Satterthwaite. What is left of single values
    counts in both, so that intervals are a little wide rather than narrow.

    Args:
        values: Finite values, `(seeds, images)`, or `(images,)` of a method that has no seeds.
        others: The same of the other method, with a seed number of its own.

    Returns:
        An estimate with an infinite error for a single image.

    Source:
        Satterthwaite, Biometrics Bulletin 2, 1946; two-way random effects as in Searle, Casella and McCulloch, Variance
        components, 1992, chapter 4.
    """
    sides = [np.atleast_2d(side) for side in (values, others) if side is not None]
    gap = sides[0].mean(axis=0) - (sides[1].mean(axis=0) if len(sides) > 1 else 0.0)
    n = len(gap)
    if n < 2:
        return SeedMean(float(gap.mean()), math.inf, 1.0)
    parts = [(float(gap.var(ddof=1)) / n, n - 1)]
    parts += [(float(side.mean(axis=1).var(ddof=1)) / len(side), len(side) - 1) for side in sides if len(side) > 1]
    variance = sum(part for part, _ in parts)
    below = sum(part**2 / df for part, df in parts)
    return SeedMean(float(gap.mean()), math.sqrt(variance), variance**2 / below if below else float(n - 1))
