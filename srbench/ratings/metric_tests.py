"""Tests between metrics: whether one predicts the scores better than another, after ITU-T P.1401 and for one panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy import stats

from srbench.ratings.curves import PARAMETERS, Curve, curve, fit_curve
from srbench.ratings.votes import StimulusScores
from srbench.stats.arrays import Floats, Ints
from srbench.stats.corrections import holm
from srbench.stats.student import t_p_value

MAPPING: Curve = "cubic"
_FEWEST_CONTENTS = 4


@dataclass(frozen=True)
class MetricTest:
    """Difference between two metrics on the same stimuli, both mapped by the monotonic third-order polynomial.

    Attributes:
        first: The metric with the larger correlation.
        second: The other one.
        n: Number of stimuli with both.
        contents: Number of contents, where stimuli of one content were taken as dependent; None where each stimulus has
            a content of its own, or there are fewer than 4 contents, and stimuli count as independent.
        plcc: Difference of the correlations with the scores.
        p_plcc_p1401: Two-sided p value of P.1401's z test of it, which takes the two as independent.
        p_plcc: Two-sided p value of the test for correlations of one sample; by contents where these are given.
        p_plcc_holm: The same after Holm's correction for all pairs of metrics.
        rmse_ratio: RMSE of the second over that of the first.
        p_rmse_p1401: Two-sided p value of P.1401's F test of it, which takes the two as independent.
        p_rmse: Two-sided p value of the test for errors on one sample; by contents where these are given.
        p_rmse_holm: The same after Holm's correction for all pairs of metrics.
        p_plcc_stimuli: p value for correlations if all stimuli were independent.
        p_rmse_stimuli: p value for errors if all stimuli were independent.
    """

    first: str
    second: str
    n: int
    contents: int | None
    plcc: float
    p_plcc_p1401: float
    p_plcc: float
    p_plcc_holm: float
    rmse_ratio: float
    p_rmse_p1401: float
    p_rmse: float
    p_rmse_holm: float
    p_plcc_stimuli: float
    p_rmse_stimuli: float


def compare_metrics(
    names: Sequence[str], metrics: Mapping[str, Mapping[str, float]], scores: StimulusScores
) -> list[MetricTest]:
    """Test every pair of metrics on the stimuli that have both, each mapped anew.

    Where contents were shown in several versions a metric's errors on them hang together: then tests are t tests with
    the variance of the difference over contents (of Fisher's z, and of the logarithm of the mean square), each content
    with all its stimuli, and contents - 1 degrees of freedom. Else stimuli count as independent.

    Args:
        names: Metrics to compare.
        metrics: Values of each metric by stimulus.
        scores: Scores of stimuli.

    Source:
        ITU-T P.1401 (2020), clauses 7.6.1 and 7.6.4; one sample: Meng, Rosenthal and Rubin, Psychological Bulletin 111,
        1992; Pitman, Biometrika 31, 1939, and Morgan, in the same volume; by contents: Liang and Zeger, Biometrika 73,
        1986, with the influence functions of a correlation (Devlin, Gnanadesikan and Kettenring, Biometrika 62, 1975)
        and of a mean square.
    """
    tests = []
    for pair in combinations(names, 2):
        both = [metrics[name] for name in pair]
        at = [i for i, s in enumerate(scores.stimuli) if all(np.isfinite(v.get(s.name, np.nan)) for v in both)]
        values = [np.array([of[scores.stimuli[i].name] for i in at]) for of in both]
        if len(at) > PARAMETERS[MAPPING] + 2 and all(np.ptp(x) > 0 for x in values):
            y = scores.mean[at]
            mapped = [curve(MAPPING, x, fit_curve(MAPPING, x, y).parameters) for x in values]
            tests.append(_test(pair, mapped, y, _contents(scores, at)))
    plcc, rmse = (holm([getattr(test, name) for test in tests]) for name in ("p_plcc", "p_rmse"))
    return [replace(test, p_plcc_holm=a, p_rmse_holm=b) for test, a, b in zip(tests, plcc, rmse, strict=True)]


def _contents(scores: StimulusScores, at: Sequence[int]) -> Ints | None:
    """Return the content of each stimulus; None where they cannot or need not be told apart."""
    keys = [(scores.stimuli[i].dataset, scores.stimuli[i].content) for i in at]
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys]) if _FEWEST_CONTENTS <= len(number) < len(keys) else None


def _test(names: tuple[str, str], mapped: Sequence[Floats], scores: Floats, content: Ints | None) -> MetricTest:
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
    alone = _one_sample(r, _r(*mapped), gap, n), _pitman_morgan(*errors)
    p_plcc, p_rmse = alone if content is None else _by_contents(mapped, scores, r, gap, content)
    return MetricTest(
        first=names[0],
        second=names[1],
        n=n,
        contents=None if content is None else int(content.max()) + 1,
        plcc=r[0] - r[1],
        p_plcc_p1401=2 * float(stats.norm.sf(abs(gap) / np.sqrt(2 / (n - 3)))),
        p_plcc=p_plcc,
        p_plcc_holm=p_plcc,
        rmse_ratio=ratio,
        p_rmse_p1401=min(1.0, 2 * float(stats.f.sf(largest, df, df))),
        p_rmse=p_rmse,
        p_rmse_holm=p_rmse,
        p_plcc_stimuli=alone[0],
        p_rmse_stimuli=alone[1],
    )


def _by_contents(
    mapped: Sequence[Floats], scores: Floats, r: Sequence[float], gap: float, content: Ints
) -> tuple[float, float]:
    """Return the p values of equal correlations and of equal mean squares, contents with all their stimuli counting."""
    y = _standardised(scores)
    of_r = [
        (x * y - one * (x**2 + y**2) / 2) / (1 - one**2) for x, one in zip(map(_standardised, mapped), r, strict=True)
    ]
    squares = [(scores - one) ** 2 for one in mapped]
    means = [float(square.mean()) for square in squares]
    of_rmse = [square / max(mean, 1e-300) - 1 for square, mean in zip(squares, means, strict=True)]
    apart = float(np.log(max(means[1], 1e-300) / max(means[0], 1e-300)))
    return _clustered(gap, of_r[0] - of_r[1], content), _clustered(apart, of_rmse[1] - of_rmse[0], content)


def _standardised(x: Floats) -> Floats:
    return (x - x.mean()) / (x.std() or 1.0)


def _clustered(value: float, influence: Floats, content: Ints) -> float:
    """Return the p value of the t test of a value whose influence function at each stimulus is given."""
    number = int(content.max()) + 1
    sums = np.bincount(content, influence) / len(influence)
    error = float(np.sqrt((sums**2).sum() * number / (number - 1)))
    if error <= 1e-12:
        return 1.0
    return t_p_value(value / error, number - 1)


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
