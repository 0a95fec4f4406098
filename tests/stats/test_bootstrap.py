"""Bootstrap intervals: seeded, holding what is known by hand."""

import numpy as np
import pytest

from srbench.stats.bootstrap import _percentile_interval, bootstrap_clusters, bootstrap_ratio_of_medians


def test_the_interval_of_a_ratio_keeps_what_a_round_shares() -> None:
    """Rounds differ by a factor of ten, their two values by 2: the ratio is known exactly."""
    shared = np.random.default_rng(0).uniform(1, 10, 31)
    assert bootstrap_ratio_of_medians(2 * shared, shared, resamples=500) == pytest.approx((2, 2))


def test_the_interval_of_a_ratio_holds_it_and_is_seeded() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.normal(10, 0.5, 40), generator.normal(8, 0.5, 40)
    low, high = bootstrap_ratio_of_medians(first, second, resamples=1_000)
    assert low < np.median(first) / np.median(second) < high
    assert high - low < 0.1
    assert (low, high) == bootstrap_ratio_of_medians(first, second, resamples=1_000)
    assert (low, high) != bootstrap_ratio_of_medians(first, second, resamples=1_000, seed=1)


def test_the_interval_of_a_ratio_holds_it_95_times_in_100() -> None:
    """200 comparisons of 10 rounds that share what slows both, with single slow calls: 95 +- 1.5 %, and wider."""
    generator = np.random.default_rng(2)
    held = []
    for _ in range(200):
        shared = np.exp(generator.normal(0, 0.1, 10))
        noise = np.exp(generator.normal(0, 0.03, (2, 10))) * np.where(generator.random((2, 10)) < 0.1, 1.5, 1)
        low, high = bootstrap_ratio_of_medians(1.1 * shared * noise[0], shared * noise[1], resamples=400)
        held.append(low <= 1.1 <= high)
    assert np.mean(held) >= 0.95 - 2 * 0.015


def test_clusters_are_drawn_whole() -> None:
    clusters = [np.array([0, 1, 2]), np.array([3]), np.array([4, 5])]
    seen: list[list[int]] = []

    def count(drawn: np.ndarray) -> float:
        seen.append(drawn.tolist())
        return float(len(drawn))

    sizes = bootstrap_clusters(clusters, count, resamples=200, seed=0)
    for drawn in seen:
        assert drawn.count(0) == drawn.count(1) == drawn.count(2)
        assert drawn.count(4) == drawn.count(5)
    assert sizes.mean() == pytest.approx(6, abs=0.5)  # three clusters of two on average
    assert (sizes.min(), sizes.max()) == (3, 9)


def test_a_percentile_interval_leaves_a_fortieth_on_each_side() -> None:
    assert _percentile_interval(np.arange(1001.0)) == pytest.approx((25, 975))
