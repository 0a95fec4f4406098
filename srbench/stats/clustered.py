"""Covariance of maximum-likelihood estimates whose observations hang together in clusters."""

from collections.abc import Callable, Sequence

import numpy as np

from srbench.stats.arrays import Floats, Ints

_NOTHING = 1e-9
"""A variance below this share of that of independent observations is a rounding error."""


def clustered_covariance(
    bread: Floats, gradients: Callable[[Ints], Floats], labels: Sequence[Ints], independent: Floats
) -> Floats:
    """Return the cluster-robust covariance of estimates: the sandwich, one-way or two-way.

    One-way: H^-1 B H^-1 G / (G - 1), where H is the curvature of the log-likelihood, B the sum over the G clusters of
    the outer product of their gradients. Two-way: by the first cluster plus by the second less by their intersections,
    each with the factor of its own G. A two-way variance may be too small or negative; so each estimate, and each
    difference of two, has the largest of the two-way variance and both one-way ones.

    Args:
        bread: Estimates' share of the inverse curvature, `(estimates, parameters)`.
        gradients: Gradient of the log-likelihood of each cluster, `(clusters, parameters)`, for given labels.
        labels: Cluster of each observation, numbered from 0, `(n,)`; once for one-way, twice for two-way.
        independent: Covariance if all observations were independent, which stands in where all clusters are alike.

    Source:
        Liang and Zeger, Biometrika 73, 1986; Cameron, Gelbach and Miller, Journal of Business and Economic Statistics
        29, 2011; on two-way variances that are too small: MacKinnon, Nielsen and Webb, arXiv 2406.08880, 2024.
    """

    def one_way(label: Ints) -> Floats:
        number = int(label.max()) + 1
        projected = gradients(label) @ bread.T
        return np.asarray(number / (number - 1) * projected.T @ projected)

    covariances = [one_way(label) for label in labels]
    if len(labels) > 1:
        first, second = labels
        intersection = np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1]
        covariances.append(covariances[0] + covariances[1] - one_way(intersection))
    return _largest(covariances, independent)


def _largest(covariances: Sequence[Floats], independent: Floats) -> Floats:
    """Build a covariance whose variances, of estimates and of differences of two, are the largest of those given.

    Where all of them vanish, because all clusters gave the same answers, that of independent observations stands in.
    """
    variances = np.max([np.diag(one) for one in covariances], axis=0)
    gaps = np.max([_variances_of_differences(one) for one in covariances], axis=0)
    plain, plain_gaps = np.diag(independent), _variances_of_differences(independent)
    variances = np.where(variances > _NOTHING * plain, variances, plain)
    gaps = np.where(gaps > _NOTHING * plain_gaps, gaps, plain_gaps)
    np.fill_diagonal(gaps, 0.0)
    return (variances[:, None] + variances[None, :] - gaps) / 2


def _variances_of_differences(covariance: Floats) -> Floats:
    """Return the variance of the difference of every two estimates."""
    variance = np.diag(covariance)
    return np.asarray(variance[:, None] + variance[None, :] - covariance - covariance.T)
