"""Distances of boosted triplets on the scale of plain ones, by the stimuli that have both."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from srbench.ratings.jnd import JndScores
from srbench.stats.arrays import Floats


@dataclass(frozen=True)
class Mapping:
    """Boosted distances as plain ones: plain = factor * boosted ** power, from stimuli that have both.

    Attributes:
        factor: Plain distance at a boosted one of 1 JND.
        power: Exponent, above 0: the order of the stimuli stays.
        shared: Number of stimuli that have both.
        correlation: Spearman's correlation of both over them.
    """

    factor: float
    power: float
    shared: int
    correlation: float

    def apply(self, boosted: Floats) -> Floats:
        """Return boosted distances on the plain scale."""
        return np.asarray(np.sign(boosted) * self.factor * np.abs(boosted) ** self.power)


FEWEST_SHARED = 6
"""Stimuli with both scores below which boosted scores stay as they are, and are labelled so."""


def mapping(plain: JndScores, boosted: JndScores) -> Mapping | None:
    """Fit the mapping by least squares, weighted by the plain errors; None with fewer than six shared stimuli."""
    at = {item: i for i, item in enumerate(boosted.items)}
    shared = [(i, at[item]) for i, item in enumerate(plain.items) if item in at]
    if len(shared) < FEWEST_SHARED:
        return None
    i, j = np.array(shared).T
    x, y = np.maximum(boosted.score[j], 0.0), plain.score[i]
    error = np.sqrt(np.maximum(np.diag(plain.covariance), 0.0))[i]
    error = np.where(np.isfinite(error) & (error > 0), error, 1.0)

    def misfit(parameters: Floats) -> Floats:
        return np.asarray((np.exp(parameters[0]) * x ** np.exp(parameters[1]) - y) / error)

    found = optimize.least_squares(misfit, [np.log(0.5), 0.0], bounds=([-6, -2], [4, 2])).x
    correlation = float(stats.spearmanr(x, y).statistic)
    return Mapping(float(np.exp(found[0])), float(np.exp(found[1])), len(shared), correlation)
