"""Covariance and score tests of maximum-likelihood estimates whose observations hang together in clusters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from srbench.stats.arrays import Floats, Ints

_NOTHING = 1e-9
"""A variance below this share of that of independent observations is a rounding error."""
_ROUNDING, _TINY = 1e-10, 1e-300
_FEWEST_CLUSTERS = 6


def clustered_covariance(
    bread: Floats,
    gradients: Callable[[Ints], Floats],
    labels: Sequence[Ints],
    independent: Floats,
    *,
    at_least: bool = False,
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
        at_least: Whether no variance may be below that of independent observations: near the end of their range
            clusters are all alike by chance.

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
    return _largest([*covariances, independent] if at_least else covariances, independent)


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


@dataclass(frozen=True, eq=False)
class ScoreBlock:
    """What one part of the observations tells of parameters of its own, at the estimate of a smaller model.

    Attributes:
        gradients: Gradient of the log-likelihood of each cluster, `(clusters, parameters)`.
        information: Fisher's information of all of them, `(parameters, parameters)`.
        null: Parameters of this part as linear functions of those of the smaller model, `(parameters, smaller)`.
    """

    gradients: Floats
    information: Floats
    null: Floats


@dataclass(frozen=True, eq=False)
class EfficientScores:
    """Contributions of clusters to a score test.

    Attributes:
        z: Standardised contribution of each cluster, `(clusters, k)`; the statistic is the squared length of their sum.
        df: Number of parameters that the larger model has more.
    """

    z: Floats
    df: int


def efficient_scores(blocks: Sequence[ScoreBlock]) -> EfficientScores:
    """Return the clusters' contributions to Rao's score test of a small model against all blocks' parameters.

    Source:
        Rao, Mathematical Proceedings of the Cambridge Philosophical Society 44, 1948.
    """
    shared = sum(block.null.T @ block.information @ block.null for block in blocks)
    common = np.linalg.pinv(shared, hermitian=True)
    along = sum(block.gradients @ block.null for block in blocks) @ common
    parts, rank = [], 0
    for block in blocks:
        values, vectors = np.linalg.eigh(block.information)
        kept = values > _ROUNDING * max(float(values.max(initial=0.0)), _TINY)
        rest = block.gradients - along @ (block.information @ block.null).T
        parts.append(rest @ (vectors[:, kept] / np.sqrt(values[kept])))
        rank += int(kept.sum())
    return EfficientScores(np.hstack(parts), rank - int(np.linalg.matrix_rank(shared, hermitian=True)))


def wild_p_value(scores: EfficientScores, resamples: int = 2_000, seed: int = 0) -> float | None:
    """Return the p value of a score test whose clusters' observations depend on one another.

    The sign of each cluster's contribution is drawn anew: by the hypothesis both are equally likely, whatever hangs
    together inside a cluster.

    Returns:
        None for fewer than 6 clusters, with which p cannot fall below 5 %.

    Source:
        Kline and Santos, A score based approach to wild bootstrap inference, Journal of Econometric Methods 1, 2012.
    """
    z = scores.z[(scores.z != 0).any(axis=1)]
    if len(z) < _FEWEST_CLUSTERS:
        return None
    observed = float((z.sum(axis=0) ** 2).sum())
    generator = np.random.default_rng(seed)
    signs = 2.0 * generator.integers(0, 2, (resamples, len(z))) - 1.0
    drawn = ((signs @ z) ** 2).sum(axis=1)
    return float((1 + (drawn >= observed * (1 - _ROUNDING)).sum()) / (1 + resamples))


def _variances_of_differences(covariance: Floats) -> Floats:
    """Return the variance of the difference of every two estimates."""
    variance = np.diag(covariance)
    return np.asarray(variance[:, None] + variance[None, :] - covariance - covariance.T)
