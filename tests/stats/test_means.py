"""Intervals of a mean: against scipy, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from srbench.stats.means import INTERVAL_METHODS, IntervalMethod, interval_in_words, mean_interval

_VALUES = np.random.default_rng(3).lognormal(1, 0.5, 40)


def test_the_default_is_students_t() -> None:
    test = stats.ttest_1samp(_VALUES, 0)
    expected = test.confidence_interval(0.95)
    assert mean_interval(_VALUES) == pytest.approx((expected.low, expected.high), rel=1e-12)
    assert mean_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))


def test_percentile_and_bca_are_those_of_the_textbook() -> None:
    """scipy's percentiles, which are near mean -+ 1.96 s / sqrt(n) here; BCa moves both ends towards the long tail."""
    low, high = mean_interval(_VALUES, "percentile") or (0, 0)
    means = np.random.default_rng(5).choice(_VALUES, (20_000, 40)).mean(axis=1)
    assert (low, high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])), abs=0.04)
    skewed = mean_interval(_VALUES, "bca") or (0, 0)
    assert low < skewed[0]
    assert high < skewed[1]


def test_bootstrap_t_studentises_each_sample() -> None:
    """Computed anew, sample by sample, with other draws."""
    mean = _VALUES.mean()
    drawn = np.random.default_rng(9).choice(_VALUES, (20_000, 40))
    t = np.abs(drawn.mean(axis=1) - mean) / (drawn.std(axis=1, ddof=1) / 40**0.5)
    reach = np.quantile(t, 0.95) * _VALUES.std(ddof=1) / 40**0.5
    assert mean_interval(_VALUES, "bootstrap-t") == pytest.approx((mean - reach, mean + reach), abs=0.06)


def test_bootstrap_t_divides_by_one_less_than_the_number_of_images() -> None:
    few = _VALUES[:10]
    drawn = np.random.default_rng(9).choice(few, (40_000, 10))
    deviations = drawn.std(axis=1, ddof=1)
    t = np.abs(drawn.mean(axis=1) - few.mean())[deviations > 0] / (deviations[deviations > 0] / 10**0.5)
    reach = np.quantile(t, 0.95) * few.std(ddof=1) / 10**0.5
    interval = mean_interval(few, "bootstrap-t")
    assert interval is not None
    assert interval[1] - few.mean() == pytest.approx(reach, rel=0.025)


@pytest.mark.parametrize("method", INTERVAL_METHODS)
def test_one_image_has_no_interval_and_equal_values_have_none_to_spare(method: IntervalMethod) -> None:
    assert mean_interval(np.array([30.0]), method) is None
    assert mean_interval(np.full(5, 30.0), method) == (30.0, 30.0)
    assert interval_in_words(method)


@pytest.mark.parametrize("method", INTERVAL_METHODS)
def test_intervals_are_reproducible_and_move_with_the_values(method: IntervalMethod) -> None:
    first = mean_interval(_VALUES, method)
    assert first == mean_interval(_VALUES, method)
    assert mean_interval(100 - 2 * _VALUES, method) == pytest.approx(
        sorted(100 - 2 * end for end in first or ()), abs=0.02 if method in ("percentile", "bca") else 1e-9
    )


def test_samples_too_small_for_a_bound_have_none() -> None:
    """Of three values one sample in nine is one value three times, whose t is without bound."""
    assert mean_interval(np.array([1.0, 2.0, 4.0]), "bootstrap-t") is None
    assert mean_interval(np.array([1.0, 2.0, 4.0, 5.0]), "bootstrap-t") is not None


@pytest.mark.parametrize("n", [5, 14, 100])
def test_students_interval_holds_the_mean_of_normal_values(n: int) -> None:
    """2,000 samples: 95 +- 0.5 %, twice that."""
    samples = np.random.default_rng(n).normal(size=(2_000, n))
    held = [low <= 0 <= high for low, high in filter(None, map(mean_interval, samples))]
    assert len(held) == 2_000
    assert 0.94 <= np.mean(held) <= 0.96


def test_halls_interval_reaches_further_on_the_side_of_rare_values() -> None:
    """Its limits are where Hall's cubic of the error of the mean is Student's quantile."""
    values = np.array([1.0, 1.2, 0.8, 1.1, 0.9, 1.0, 1.3, 0.7, 1.1, 6.0])
    low, high = mean_interval(values, "t") or (0.0, 0.0)
    inner, outer = mean_interval(values, "hall") or (0.0, 0.0)
    assert (inner, outer > high + 0.5) == (low, True)
    w, g, n = (values.mean() - outer) / values.std(ddof=1), stats.skew(values), len(values)
    cubic = w + g * w**2 / 3 + g**2 * w**3 / 27 + g / (6 * n)
    assert np.sqrt(n) * cubic == pytest.approx(-stats.t.ppf(0.975, n - 1))
    assert mean_interval(np.array([1.0, 2.0, 3.0]), "hall") == mean_interval(np.array([1.0, 2.0, 3.0]))


@pytest.mark.slow
def test_halls_interval_holds_more_means_of_skewed_values() -> None:
    """2,000 samples of 14 log-normal values: 92 in 100 hold their mean, and 85 of Student's."""
    generator = np.random.default_rng(0)
    held = {"t": 0, "hall": 0}
    for _ in range(2_000):
        values = generator.lognormal(size=14)
        for method in held:
            low, high = mean_interval(values, method) or (0.0, 0.0)  # type: ignore[arg-type]
            held[method] += low <= np.exp(0.5) <= high
    assert held["hall"] > 1_790
    assert held["t"] < 1_750
