"""Mean ranks of models over many images, Friedman's test, and the difference of mean ranks that counts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.stats.arrays import Floats
from srbench.stats.corrections import LEVEL


@dataclass(frozen=True)
class RankSummary:
    """How models rank on images; a statement about ranks, not about means.

    Attributes:
        mean_ranks: Mean rank of each model, 1 being the best on every image; the best model first.
        images: Number of images that were ranked.
        p: Friedman's p value: the chance of mean ranks this far apart, or farther, where all models are alike.
        critical_difference: Mean ranks farther apart than this differ at the 5 % level, corrected for all pairs.
    """

    mean_ranks: Mapping[str, float]
    images: int
    p: float
    critical_difference: float

    def groups(self) -> list[tuple[str, ...]]:
        """Return the largest groups of two models or more in which no two mean ranks differ, best models first.

        One length decides for all pairs, so that a group is a stretch of the ranking: two models share a group when,
        and only when, they are not told apart.
        """
        ranked = list(self.mean_ranks.items())
        ends = [sum(rank - first <= self.critical_difference for _, rank in ranked) for _, first in ranked]
        return [
            tuple(name for name, _ in ranked[start:end])
            for start, end in enumerate(ends)
            if end - start > 1 and (start == 0 or end > ends[start - 1])
        ]


def rank_models(values: Mapping[str, Floats], *, higher_is_better: bool) -> RankSummary:
    """Rank models on each image; ties share their mean rank.

    Args:
        values: Values of each model, `(images,)`, the images in the same order for all; infinite ones have their rank.
        higher_is_better: Direction of the values.

    Raises:
        ValueError: There are fewer than two models or two images, or a value is not a number.

    Source:
        Friedman, Journal of the American Statistical Association 32, 1937, with the correction for ties (Conover,
        Practical nonparametric statistics, 1999, section 5.8); Nemenyi's critical difference as in Demsar, Journal of
        Machine Learning Research 7, 2006, equation 4.
    """
    table = np.array([np.asarray(of, dtype=np.float64) for of in values.values()])
    if table.ndim != 2 or min(table.shape) < 2 or np.isnan(table).any():
        raise ValueError(f"values of shape {table.shape}; expected two models and two images or more, none of them NaN")
    models, images = table.shape
    ranks = stats.rankdata(-table if higher_is_better else table, axis=0)
    means = dict(zip(values, ranks.mean(axis=1).tolist(), strict=True))
    return RankSummary(
        mean_ranks=dict(sorted(means.items(), key=lambda entry: entry[1])),
        images=images,
        p=_friedman(ranks),
        critical_difference=critical_difference(models, images),
    )


def critical_difference(models: int, images: int) -> float:
    """Return the difference of two mean ranks from which on they differ at the 5 % level, corrected for all pairs.

    Source:
        Nemenyi, Distribution-free multiple comparisons, 1963; Demsar, JMLR 7, 2006, equation 4 and table 5a.
    """
    quantile = float(stats.studentized_range.ppf(1 - LEVEL, models, math.inf)) / math.sqrt(2)
    return quantile * math.sqrt(models * (models + 1) / (6 * images))


def _friedman(ranks: Floats) -> float:
    """Return the p value of Friedman's chi-square with ties; 1 where all models tie on all images."""
    models, images = ranks.shape
    spread = float(((ranks - (models + 1) / 2) ** 2).sum()) / (models - 1)
    if spread == 0:
        return 1.0
    between = float(((ranks.sum(axis=1) - images * (models + 1) / 2) ** 2).sum())
    return float(stats.chi2.sf(between / spread, models - 1))
