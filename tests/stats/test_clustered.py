"""The sandwich, on means whose variances are known by hand."""

import numpy as np
import pytest

from srbench.stats.arrays import Floats, Ints
from srbench.stats.clustered import clustered_covariance


def _covariance(values: Floats, *labels: Ints) -> Floats:
    """Covariance of the means of two columns, whose log-likelihood is minus half of the sum of squares."""
    rest = values - values.mean(axis=0)
    bread = np.eye(2) / len(values)

    def gradients(label: Ints) -> Floats:
        sums = np.zeros((int(label.max()) + 1, 2))
        np.add.at(sums, label, rest)
        return sums

    return clustered_covariance(bread, gradients, labels, independent=np.cov(values.T) / len(values))


def test_with_a_cluster_for_each_observation_it_is_the_covariance_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=(30, 2))
    np.testing.assert_allclose(_covariance(values, np.arange(30)), np.cov(values.T) / 30, rtol=1e-12)


def test_equal_observations_of_a_cluster_count_once() -> None:
    values = np.random.default_rng(1).normal(size=(12, 2))
    once = _covariance(values, np.arange(12))
    many = _covariance(np.repeat(values, 5, axis=0), np.repeat(np.arange(12), 5))
    np.testing.assert_allclose(many, once, rtol=1e-12)


def test_two_ways_are_never_surer_than_one() -> None:
    generator = np.random.default_rng(2)
    values = generator.normal(size=(40, 2))
    first, second = np.repeat(np.arange(8), 5), np.tile(np.arange(5), 8)
    both = _covariance(values, first, second)
    for label in (first, second):
        assert (np.diag(both) >= np.diag(_covariance(values, label)) * (1 - 1e-12)).all()


def test_clusters_that_are_all_alike_leave_the_independent_variance() -> None:
    values = np.tile([[1.0, 2.0], [-1.0, 0.0]], (6, 1))
    independent = np.cov(values.T) / 12
    found = _covariance(values, np.repeat(np.arange(6), 2))
    assert np.diag(found) == pytest.approx(np.diag(independent))
