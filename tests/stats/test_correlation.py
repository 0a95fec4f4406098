"""Correlations against scipy, and the coverage of their intervals."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from srbench.stats.arrays import Floats
from srbench.stats.correlation import Correlation, kendall, pearson, proportion_interval, spearman


def _sample(n: int, r: float, generator: np.random.Generator) -> tuple[Floats, Floats]:
    x = generator.normal(size=n)
    return x, r * x + np.sqrt(1 - r**2) * generator.normal(size=n)


def test_values_and_fishers_interval_equal_scipys() -> None:
    x, y = _sample(40, 0.6, np.random.default_rng(0))
    found = stats.pearsonr(x, y)
    interval = found.confidence_interval(0.95)
    assert pearson(x, y).value == pytest.approx(found.statistic, rel=1e-12)
    assert pearson(x, y).ci95 == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert spearman(x, y).value == pytest.approx(stats.spearmanr(x, y).statistic, rel=1e-12)
    assert kendall(x, y).value == pytest.approx(stats.kendalltau(x, y).statistic, rel=1e-12)


@pytest.mark.parametrize(
    ("correlation", "truth"),
    [
        (pearson, 0.6),
        (spearman, 6 / np.pi * np.arcsin(0.3)),  # of the bivariate normal distribution
        (kendall, 2 / np.pi * np.arcsin(0.6)),
    ],
)
def test_intervals_hold_the_truth(correlation: Callable[[Floats, Floats], Correlation], truth: float) -> None:
    """Of 400 samples 380 +- 4.4 should."""
    generator = np.random.default_rng(1)
    intervals = [correlation(*_sample(50, 0.6, generator)).ci95 for _ in range(400)]
    assert 362 <= sum(low <= truth <= high for low, high in intervals) <= 396


def test_perfect_order_and_no_variation() -> None:
    x = np.arange(10.0)
    assert pearson(x, 2 * x).value == pytest.approx(1)
    assert pearson(x, 2 * x).ci95[1] <= 1
    assert (spearman(x, np.exp(x)).value, kendall(x, -x).value) == pytest.approx((1, -1))
    assert pearson(x, np.ones(10)).value == 0


def test_the_interval_of_a_share_stays_between_0_and_1() -> None:
    assert proportion_interval(0.5, 100) == pytest.approx((0.402, 0.598), abs=1e-3)
    assert proportion_interval(0.0, 10) == (0, 0)
    assert proportion_interval(0.95, 10)[1] == 1


def test_fishers_interval_covers_for_few_pairs() -> None:
    """Normal pairs of correlation 0.8; 500 draws: 95 +- 1 %, four times that."""
    generator = np.random.default_rng(0)
    intervals = [pearson(*_sample(25, 0.8, generator)).ci95 for _ in range(500)]
    assert 0.91 < np.mean([low <= 0.8 <= high for low, high in intervals]) < 0.99


def test_rank_correlations_have_the_variances_of_their_papers() -> None:
    x, y = _sample(30, 0.7, np.random.default_rng(3))
    for found, variance in (
        (spearman(x, y), (1 + spearman(x, y).value ** 2 / 2) / 27),  # Bonett and Wright 2000
        (kendall(x, y), 0.437 / 26),  # Fieller, Hartley and Pearson 1957
    ):
        reach = (np.arctanh(found.ci95[1]) - np.arctanh(found.ci95[0])) / 2
        assert reach == pytest.approx(1.959963984540054 * np.sqrt(variance), rel=1e-9)


def test_the_interval_of_a_small_share_begins_at_0() -> None:
    assert proportion_interval(0.05, 10)[0] == 0
