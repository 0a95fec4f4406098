"""Correlations of two variables with 95 % intervals, and the interval of a proportion."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from srbench.stats.arrays import Floats
from srbench.stats.student import Z95


class Correlation(NamedTuple):
    """A correlation coefficient.

    Attributes:
        value: The coefficient, -1 to 1.
        ci95: Its 95 % interval.
    """

    value: float
    ci95: tuple[float, float]


def pearson(x: Floats, y: Floats) -> Correlation:
    """Compute Pearson's correlation with Fisher's interval; 0 where a variable does not vary.

    Source:
        Fisher, Metron 1, 1921.
    """
    r = float(stats.pearsonr(x, y).statistic) if np.ptp(x) > 0 and np.ptp(y) > 0 else 0.0
    return Correlation(r, _fisher(r, 1 / (len(x) - 3)))


def spearman(x: Floats, y: Floats) -> Correlation:
    """Compute Spearman's rank correlation; Fisher's interval with the variance of Bonett and Wright.

    Source:
        Bonett and Wright, Psychometrika 65, 2000.
    """
    rho = float(stats.spearmanr(x, y).statistic)
    return Correlation(rho, _fisher(rho, (1 + rho**2 / 2) / (len(x) - 3)))


def kendall(x: Floats, y: Floats) -> Correlation:
    """Compute Kendall's tau-b; Fisher's interval with the variance of Fieller, Hartley and Pearson.

    Source:
        Fieller, Hartley and Pearson, Biometrika 44, 1957.
    """
    tau = float(stats.kendalltau(x, y).statistic)
    return Correlation(tau, _fisher(tau, 0.437 / (len(x) - 4)))


def proportion_interval(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of n, by the normal approximation of the binomial."""
    reach = Z95 * np.sqrt(share * (1 - share) / n)
    return max(0.0, share - reach), min(1.0, share + reach)


def _fisher(r: float, variance: float) -> tuple[float, float]:
    z = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))
    reach = Z95 * np.sqrt(variance)
    return float(np.tanh(z - reach)), float(np.tanh(z + reach))
