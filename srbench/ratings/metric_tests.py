"""Tests between metrics: whether one predicts the scores better than another, after ITU-T P.1401 and for one panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy import stats

from srbench.ratings.curves import PARAMETERS, Curve, curve, fit_curve
from srbench.ratings.votes import StimulusScores
from srbench.stats.arrays import Floats
from srbench.stats.corrections import holm

MAPPING: Curve = "cubic"


@dataclass(frozen=True)
class MetricTest:
    """Difference between two metrics on the same stimuli, both mapped by the monotonic third-order polynomial.

    Attributes:
        first: The metric with the larger correlation.
        second: The other one.
        n: Number of stimuli with both.
        plcc: Difference of the correlations with the scores.
        p_plcc_p1401: Two-sided p value of P.1401's z test of it, which takes the two as independent.
        p_plcc: Two-sided p value of the test for correlations of one sample.
        p_plcc_holm: The same after Holm's correction for all pairs of metrics.
        rmse_ratio: RMSE of the second over that of the first.
        p_rmse_p1401: Two-sided p value of P.1401's F test of it, which takes the two as independent.
        p_rmse: Two-sided p value of the test for errors on one sample.
        p_rmse_holm: The same after Holm's correction for all pairs of metrics.
    """

    first: str
    second: str
    n: int
    plcc: float
    p_plcc_p1401: float
    p_plcc: float
    p_plcc_holm: float
    rmse_ratio: float
    p_rmse_p1401: float
    p_rmse: float
    p_rmse_holm: float


def compare_metrics(
    names: Sequence[str], metrics: Mapping[str, Mapping[str, float]], scores: StimulusScores
) -> list[MetricTest]:
    """Test every pair of metrics on the stimuli that have both, each mapped anew; stimuli count as independent.

    Args:
        names: Metrics to compare.
        metrics: Values of each metric by stimulus.
        scores: Scores of stimuli.

    Source:
        ITU-T P.1401 (2020), clauses 7.6.1 and 7.6.4; one sample: Meng, Rosenthal and Rubin, Psychological Bulletin 111,
        1992; Pitman, Biometrika 31, 1939, and Morgan, in the same volume.
    """
    tests = []
    for pair in combinations(names, 2):
        both = [metrics[name] for name in pair]
        at = [i for i, s in enumerate(scores.stimuli) if all(np.isfinite(v.get(s.name, np.nan)) for v in both)]
        values = [np.array([of[scores.stimuli[i].name] for i in at]) for of in both]
        if len(at) > PARAMETERS[MAPPING] + 2 and all(np.ptp(x) > 0 for x in values):
            y = scores.mean[at]
            mapped = [curve(MAPPING, x, fit_curve(MAPPING, x, y).parameters) for x in values]
            tests.append(_test(pair, mapped, y))
    plcc, rmse = (holm([getattr(test, name) for test in tests]) for name in ("p_plcc", "p_rmse"))
    return [replace(test, p_plcc_holm=a, p_rmse_holm=b) for test, a, b in zip(tests, plcc, rmse, strict=True)]


def _test(names: tuple[str, str], mapped: Sequence[Floats], scores: Floats) -> MetricTest:
    r = [_r(one, scores) for one in mapped]
    if r[1] > r[0]:
        names, mapped, r = names[::-1], mapped[::-1], r[::-1]
    n = len(scores)
    errors = [scores - one for one in mapped]
    squares = [float((error**2).sum()) for error in errors]
    ratio = float(np.sqrt(squares[1] / squares[0])) if squares[0] else float("inf")
    df = n - PARAMETERS[MAPPING]
    largest = max(ratio, 1 / ratio if ratio else float("inf")) ** 2
    gap = float(np.arctanh(r[0]) - np.arctanh(r[1]))
    p_plcc, p_rmse = _one_sample(r, _r(*mapped), gap, n), _pitman_morgan(*errors)
    return MetricTest(
        first=names[0],
        second=names[1],
        n=n,
        plcc=r[0] - r[1],
        p_plcc_p1401=2 * float(stats.norm.sf(abs(gap) / np.sqrt(2 / (n - 3)))),
        p_plcc=p_plcc,
        p_plcc_holm=p_plcc,
        rmse_ratio=ratio,
        p_rmse_p1401=min(1.0, 2 * float(stats.f.sf(largest, df, df))),
        p_rmse=p_rmse,
        p_rmse_holm=p_rmse,
    )


def _r(x: Floats, y: Floats) -> float:
    """Return Pearson's correlation, kept from 1 so that Fisher's transformation exists; 0 without variation."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.clip(stats.pearsonr(x, y).statistic, -1 + 1e-12, 1 - 1e-12))


def _one_sample(r: Sequence[float], between: float, gap: float, n: int) -> float:
    """Return Meng, Rosenthal and Rubin's p value of the difference of two correlations with one variable."""
    square = (r[0] ** 2 + r[1] ** 2) / 2
    f = min(1.0, (1 - between) / (2 * (1 - square)))
    h = (1 - f * square) / (1 - square)
    spread = 2 * (1 - between) * h
    if spread <= 1e-12:
        return 1.0
    return 2 * float(stats.norm.sf(abs(gap) * np.sqrt((n - 3) / spread)))


def _pitman_morgan(one: Floats, other: Floats) -> float:
    """Return the p value of equal mean squares of two errors: their sum and difference are then uncorrelated."""
    total, gap = one + other, one - other
    if not gap.any() or not total.any():
        return 1.0
    n = len(one)
    r = float(np.clip(total @ gap / np.sqrt((total @ total) * (gap @ gap)), -1 + 1e-12, 1 - 1e-12))
    return 2 * float(stats.t.sf(abs(r) * np.sqrt((n - 2) / (1 - r**2)), n - 2))
