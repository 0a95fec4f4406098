"""How well metrics predict mean opinion scores, after ITU-T P.1401."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy import optimize, special, stats

from srbench.ratings.picture_differences import Judgement, PictureDifferences, compare_pictures, judge
from srbench.ratings.votes import StimulusScores, Votes
from srbench.stats.arrays import Floats, Ints
from srbench.stats.bootstrap import bootstrap_clusters
from srbench.stats.correlation import kendall, pearson, proportion_interval, spearman

Curve = Literal["logistic4", "logistic5"]
_PARAMETERS: dict[Curve, int] = {"logistic4": 4, "logistic5": 5}


@dataclass(frozen=True, eq=False)
class Fit:
    """Fit of a metric to the scale of the scores.

    Attributes:
        curve: Curve that maps the metric: "logistic4" or "logistic5".
        plcc: Pearson's correlation of mapped metric and MOS.
        plcc_ci95: Fisher's 95 % interval of `plcc`.
        rmse: Root of the sum of squared errors over n - d, d parameters (P.1401, 7.5.2).
        rmse_ci95: 95 % interval of `rmse`, from the chi-squared distribution.
        rmse_n: Root of the sum of squared errors over n.
        outlier_ratio: Share of stimuli whose error exceeds half of their 95 % interval; None without intervals.
        outlier_ci95: 95 % interval of `outlier_ratio`, by the normal approximation of the binomial.
        parameters: Parameters of the curve, for the metric as it is.
        converged: Whether at least one start reached a minimum.
    """

    curve: Curve
    plcc: float
    plcc_ci95: tuple[float, float]
    rmse: float
    rmse_ci95: tuple[float, float]
    rmse_n: float
    outlier_ratio: float | None
    outlier_ci95: tuple[float, float] | None
    parameters: tuple[float, ...]
    converged: bool


@dataclass(frozen=True, eq=False)
class Prediction:
    """Accuracy with which a metric predicts the mean opinion scores.

    Attributes:
        metric: Name of the metric.
        n: Number of stimuli with both.
        plcc: Pearson's correlation, nothing mapped.
        plcc_ci95: Fisher's 95 % interval of `plcc`.
        srcc: Spearman's rank correlation.
        srcc_ci95: Fisher's 95 % interval with the variance of Bonett and Wright.
        krocc: Kendall's tau-b.
        krocc_ci95: Fisher's 95 % interval with the variance of Fieller, Hartley and Pearson.
        fits: Fits of each curve.
        tied: Whether it is not told from the best metric: the 95 % bootstrap interval (over contents, with all their
            stimuli) of the difference of their |SRCC| holds 0.
        best: Whether its |SRCC| is the largest.
        values: Values of the metric, `(n,)`, beside `mos`; for plots.
        mos: Mean opinion scores, `(n,)`.
        pairs: How it tells pairs of pictures that raters tell apart, its direction being that of its SRCC; None without
            single votes.
    """

    metric: str
    n: int
    plcc: float
    plcc_ci95: tuple[float, float]
    srcc: float
    srcc_ci95: tuple[float, float]
    krocc: float
    krocc_ci95: tuple[float, float]
    fits: tuple[Fit, ...]
    tied: bool
    best: bool
    values: Floats
    mos: Floats
    pairs: Judgement | None = None


def predict(
    scores: StimulusScores,
    metrics: Mapping[str, Mapping[str, float]],
    seed: int = 0,
    votes: Votes | None = None,
) -> list[Prediction]:
    """Compare each metric with the mean opinion scores.

    Args:
        scores: Scores of stimuli.
        metrics: Values of each metric by stimulus; at least 6 of them must be among them, finite and not all equal.
        seed: Seed of the bootstrap that tells metrics apart.
        votes: Votes behind the scores, for the comparison of pairs of pictures.

    Source:
        ITU-T P.1401 (2020), clause 7; VQEG's 4-parameter and Sheikh's 5-parameter logistic (IEEE Transactions on Image
        Processing 15, 2006); intervals: Fisher 1921; Bonett and Wright, Psychometrika 65, 2000.
    """
    predictions = [p for name, values in metrics.items() if (p := _predict(name, values, scores))]
    differences = compare_pictures(votes, scores.stimuli) if predictions and votes is not None else None
    if differences:
        predictions = [replace(p, pairs=_judged(p, metrics[p.metric], scores, differences)) for p in predictions]
    if not predictions:
        return []
    top = max(predictions, key=lambda prediction: abs(prediction.srcc))
    # One set of stimuli for all, so that each draw holds the same ones for every metric.
    return [replace(p, best=p is top, tied=p is not top and _alike(p, top, metrics, scores, seed)) for p in predictions]


def _judged(
    p: Prediction, values: Mapping[str, float], scores: StimulusScores, differences: PictureDifferences
) -> Judgement:
    ordered = np.array([values.get(s.name, np.nan) for s in scores.stimuli], dtype=np.float64)
    return judge(ordered, differences, higher_is_better=p.srcc >= 0)


def _predict(name: str, values: Mapping[str, float], scores: StimulusScores) -> Prediction | None:
    at = [i for i, s in enumerate(scores.stimuli) if np.isfinite(values.get(s.name, np.nan))]
    x, y = np.array([values[scores.stimuli[i].name] for i in at]), scores.mean[at]
    if len(at) < 6 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    linear, rank, concordance = pearson(x, y), spearman(x, y), kendall(x, y)
    return Prediction(
        metric=name,
        n=len(at),
        plcc=linear.value,
        plcc_ci95=linear.ci95,
        srcc=rank.value,
        srcc_ci95=rank.ci95,
        krocc=concordance.value,
        krocc_ci95=concordance.ci95,
        fits=tuple(fit(x, y, curve, scores.half[at]) for curve in _PARAMETERS),
        tied=False,
        best=False,
        values=x,
        mos=y,
    )


def curve(name: Curve, x: Floats, parameters: Sequence[float] | Floats) -> Floats:
    """Map a metric by a curve.

    logistic4: b + (a - b) / (1 + exp(-(x - c) / |d|)). logistic5: b1 (1/2 - 1 / (1 + exp(b2 (x - b3)))) + b4 x + b5.
    """
    p = parameters
    if name == "logistic4":
        return np.asarray(p[1] + (p[0] - p[1]) * special.expit((x - p[2]) / max(abs(p[3]), 1e-12)))
    return np.asarray(p[0] * (0.5 - special.expit(-p[1] * (x - p[2]))) + p[3] * x + p[4])


def fit(x: Floats, y: Floats, name: Curve, half: Floats) -> Fit:
    """Fit a curve by least squares from the best points of a grid, on the standardised metric.

    Args:
        x: Values of the metric.
        y: Mean opinion scores.
        name: Name of the curve.
        half: Half of each MOS's 95 % interval, NaN where unknown.
    """
    centre, scale = float(x.mean()), float(x.std())
    z = (x - centre) / scale
    best = min((_solve(name, z, y, start) for start in _starts(name, z, y)), key=lambda result: float(result.cost))
    parameters = _unscaled(name, best.x, centre, scale)
    mapped = curve(name, x, parameters)
    error, n, d = y - mapped, len(y), _PARAMETERS[name]
    squares = float((error**2).sum())
    rmse = np.sqrt(squares / (n - d))
    linear = pearson(mapped, y)
    reach = rmse * np.sqrt((n - d) / stats.chi2.ppf([0.975, 0.025], n - d))
    known = np.isfinite(half)
    share = float((np.abs(error[known]) > half[known]).mean()) if known.any() else None
    return Fit(
        curve=name,
        plcc=linear.value,
        plcc_ci95=linear.ci95,
        rmse=float(rmse),
        rmse_ci95=(float(reach[0]), float(reach[1])),
        rmse_n=float(np.sqrt(squares / n)),
        outlier_ratio=share,
        outlier_ci95=None if share is None else proportion_interval(share, int(known.sum())),
        parameters=parameters,
        converged=bool(best.success),
    )


def _solve(name: Curve, z: Floats, y: Floats, start: Floats) -> Any:
    def miss(parameters: Floats) -> Floats:
        return curve(name, z, parameters) - y

    return optimize.least_squares(miss, start, method="lm", max_nfev=4_000)


def _starts(name: Curve, z: Floats, y: Floats) -> list[Floats]:
    """Return the best of a grid of centres and slopes; given those, the other parameters are linear."""
    tried: list[tuple[float, Floats]] = []
    for centre in np.quantile(z, np.linspace(0.02, 0.98, 13)):
        for slope in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2):
            bent = special.expit((z - centre) / slope)
            plain = [bent, 1 - bent] if name == "logistic4" else [bent - 0.5, z, np.ones_like(z)]
            linear, *_ = np.linalg.lstsq(np.column_stack(plain), y)
            squares = float(((np.column_stack(plain) @ linear - y) ** 2).sum())
            shape = (centre, slope) if name == "logistic4" else (1 / slope, centre)
            at = 2 if name == "logistic4" else 1
            tried.append((squares, np.insert(linear, at, shape)))
    return [start for _, start in sorted(tried, key=lambda pair: pair[0])[:3]]


def _unscaled(name: Curve, p: Floats, centre: float, scale: float) -> tuple[float, ...]:
    """Return the parameters for the metric as it is."""
    if name == "logistic4":
        return float(p[0]), float(p[1]), float(p[2] * scale + centre), float(abs(p[3]) * scale)
    tilt = p[3] / scale
    return float(p[0]), float(p[1] / scale), float(p[2] * scale + centre), float(tilt), float(p[4] - tilt * centre)


def _alike(
    one: Prediction,
    best: Prediction,
    metrics: Mapping[str, Mapping[str, float]],
    scores: StimulusScores,
    seed: int,
    resamples: int = 1_000,
) -> bool:
    names = [
        (i, s.name)
        for i, s in enumerate(scores.stimuli)
        if all(np.isfinite(metrics[p.metric].get(s.name, np.nan)) for p in (one, best))
    ]
    if len(names) < 6:
        return True
    y = scores.mean[[i for i, _ in names]]
    a, b = (np.array([metrics[p.metric][name] for _, name in names]) for p in (one, best))
    members: dict[tuple[str, str], list[int]] = {}
    for k, (i, _) in enumerate(names):
        members.setdefault((scores.stimuli[i].dataset, scores.stimuli[i].content), []).append(k)
    contents = [np.array(numbers) for numbers in members.values()]

    def lead(at: Ints) -> float:
        ranks = stats.rankdata(y[at])
        return abs(_correlation(stats.rankdata(b[at]), ranks)) - abs(_correlation(stats.rankdata(a[at]), ranks))

    return bool(np.percentile(bootstrap_clusters(contents, lead, resamples, seed), 2.5) <= 0)


def _correlation(x: Floats, y: Floats) -> float:
    """Return Pearson's correlation; 0 for a draw without variation."""
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 0 else 0.0
