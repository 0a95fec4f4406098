"""Bootstrap intervals: seeded, within the data, of their nominal width."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench.stats.bootstrap import bootstrap_clusters, bootstrap_mean, bootstrap_ratio_of_medians, mean_may_be_zero


def test_the_interval_of_a_mean_is_seeded_and_has_its_nominal_width() -> None:
    values = np.random.default_rng(3).normal(30, 2, 400)
    low, high = bootstrap_mean(values)
    assert (low, high) == bootstrap_mean(values)
    assert (low, high) != bootstrap_mean(values, seed=1)
    half = 1.96 * values.std(ddof=1) / 400**0.5
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=12))
def test_the_interval_lies_within_the_values(values: list[float]) -> None:
    low, high = bootstrap_mean(np.array(values))
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_a_mean_may_be_zero_where_differences_have_both_signs() -> None:
    assert mean_may_be_zero(np.array([0.5, -0.6, 0.4, -0.3, 0.2, -0.3]))
    assert not mean_may_be_zero(np.full(6, -0.1))


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


def test_an_interval_that_ends_at_zero_holds_it() -> None:
    """Of four images two are equal: far more than 2.5 % of the draws take these alone, so the interval begins at 0."""
    assert bootstrap_mean(np.array([0.0, 0.0, 1.0, 1.0]))[0] == 0
    assert mean_may_be_zero(np.array([0.0, 0.0, 1.0, 1.0]))
    assert mean_may_be_zero(np.array([0.0, 0.0, -1.0, -1.0]))


def test_large_sets_take_fewer_draws() -> None:
    values = np.random.default_rng(0).normal(size=1_001)
    assert bootstrap_mean(values) == bootstrap_mean(values, resamples=1_000)
    assert bootstrap_mean(values[:1_000]) != bootstrap_mean(values[:1_000], resamples=1_000)
