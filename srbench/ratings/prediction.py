"""How well metrics predict mean opinion scores, after ITU-T P.1401."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from srbench.ratings.curves import PARAMETERS, Curve, curve, fit_curve
from srbench.ratings.picture_differences import Judgement, PictureDifferences, compare_pictures, judge
from srbench.ratings.votes import StimulusScores, Votes
from srbench.stats.arrays import Floats, Ints
from srbench.stats.bootstrap import bootstrap_clusters
from srbench.stats.correlation import kendall, pearson, proportion_interval, spearman


@dataclass(frozen=True, eq=False)
class Fit:
    """Fit of a metric to the scale of the scores.

    Attributes:
        curve: Curve that maps the metric: "logistic4", "logistic5" or "cubic".
        plcc: Pearson's correlation of mapped metric and MOS.
        plcc_ci95: Fisher's 95 % interval of `plcc`.
        rmse: Root of the sum of squared errors over n - d, d parameters (P.1401, 7.5.2).
        rmse_ci95: 95 % interval of `rmse`, from the chi-squared distribution.
        rmse_n: Root of the sum of squared errors over n.
        rmse_star: RMSE*, the same as `rmse` of what the errors exceed half of the stimuli's 95 % intervals by (P.1401,
            7.5.3); None without intervals.
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
    rmse_star: float | None
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
        Processing 15, 2006), P.1401's monotonic third-order polynomial; intervals: Fisher 1921; Bonett and Wright,
        Psychometrika 65, 2000.
    """
    predictions = [p for name, values in metrics.items() if (p := _predict(name, values, scores))]
    differences = compare_pictures(votes, scores.stimuli) if predictions and votes is not None else None
    if differences:
        predictions = [replace(p, pairs=_judged(p, metrics[p.metric], scores, differences, seed)) for p in predictions]
    if not predictions:
        return []
    top = max(predictions, key=lambda prediction: abs(prediction.srcc))
    # One set of stimuli for all, so that each draw holds the same ones for every metric.
    return [replace(p, best=p is top, tied=p is not top and _alike(p, top, metrics, scores, seed)) for p in predictions]


def _judged(
    p: Prediction, values: Mapping[str, float], scores: StimulusScores, differences: PictureDifferences, seed: int
) -> Judgement:
    ordered = np.array([values.get(s.name, np.nan) for s in scores.stimuli], dtype=np.float64)
    number = {key: i for i, key in enumerate(dict.fromkeys((s.dataset, s.content) for s in scores.stimuli))}
    content = np.array([number[s.dataset, s.content] for s in scores.stimuli])
    return judge(ordered, differences, higher_is_better=p.srcc >= 0, content=content, seed=seed)


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
        fits=tuple(fit(x, y, curve, scores.half[at]) for curve in PARAMETERS),
        tied=False,
        best=False,
        values=x,
        mos=y,
    )


def fit(x: Floats, y: Floats, name: Curve, half: Floats) -> Fit:
    """Fit a curve, and measure what it misses.

    Args:
        x: Values of the metric.
        y: Mean opinion scores.
        name: Name of the curve.
        half: Half of each MOS's 95 % interval, NaN where unknown.
    """
    parameters, converged = fit_curve(name, x, y)
    mapped = curve(name, x, parameters)
    error, n, d = y - mapped, len(y), PARAMETERS[name]
    squares = float((error**2).sum())
    rmse = np.sqrt(squares / (n - d))
    linear = pearson(mapped, y)
    reach = rmse * np.sqrt((n - d) / stats.chi2.ppf([0.975, 0.025], n - d))
    known = np.isfinite(half)
    share = float((np.abs(error[known]) > half[known]).mean()) if known.any() else None
    beyond = np.maximum(np.abs(error[known]) - half[known], 0)
    return Fit(
        curve=name,
        plcc=linear.value,
        plcc_ci95=linear.ci95,
        rmse=float(rmse),
        rmse_ci95=(float(reach[0]), float(reach[1])),
        rmse_n=float(np.sqrt(squares / n)),
        rmse_star=float(np.sqrt((beyond**2).sum() / (len(beyond) - d))) if len(beyond) > d else None,
        outlier_ratio=share,
        outlier_ci95=None if share is None else proportion_interval(share, int(known.sum())),
        parameters=parameters,
        converged=converged,
    )


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
