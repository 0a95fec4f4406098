"""Student's t against tables, and the interval of clustered votes by hand."""

import numpy as np
import pytest
from scipy import stats

from srbench.stats.student import clustered_half_width, t_half_width, t_p_value, t_quantile

NAN = float("nan")


def test_t_from_a_table() -> None:
    half = t_half_width(np.ones(4), np.array([1, 2, 16, 121]))
    np.testing.assert_allclose(half * np.sqrt([1, 2, 16, 121]), [NAN, 12.7062047, 2.1314495, 1.9799304], rtol=1e-7)
    assert t_quantile(15) == pytest.approx(2.1314495, rel=1e-7)


def test_the_p_value_is_two_sided() -> None:
    values = np.random.default_rng(0).normal(0.3, 1, 12)
    test = stats.ttest_1samp(values, 0)
    assert t_p_value(float(test.statistic), 11) == pytest.approx(test.pvalue, rel=1e-12)
    assert t_p_value(-2.0, 7) == t_p_value(2.0, 7)


def test_of_a_full_design_it_is_the_t_interval_of_the_raters_means() -> None:
    """The correction for n_j widens it by sqrt(n / (n - 1)), which is the step from ddof 0 to ddof 1."""
    table = np.random.default_rng(1).normal(3, 1, (7, 9))
    image, rater = (index.ravel() for index in np.indices(table.shape))
    of_means = table.mean(axis=0)
    expected = stats.t.ppf(0.975, 8) * of_means.std(ddof=1) / 3
    assert clustered_half_width(image, rater, table.ravel(), 7) == pytest.approx(expected, rel=1e-12)


def test_where_every_rater_votes_once_it_is_the_sum_of_the_images_variances() -> None:
    table = np.random.default_rng(2).normal(3, 1, (3, 5))
    image, rater = np.repeat(np.arange(3), 5), np.arange(15)
    variance = (table.var(axis=1, ddof=1) / 5).sum() / 9
    expected = stats.t.ppf(0.975, 14) * np.sqrt(variance)
    assert clustered_half_width(image, rater, table.ravel(), 3) == pytest.approx(expected, rel=1e-12)


def test_a_single_rater_or_a_single_vote_leaves_the_interval_unknown() -> None:
    assert np.isnan(clustered_half_width(np.arange(3), np.zeros(3, dtype=np.int64), np.arange(3.0), 3))
    assert np.isnan(clustered_half_width(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 2.0, 3.0]), 2))
