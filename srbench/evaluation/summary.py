"""From values of single images to figures with their uncertainty."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from srbench.evaluation.results import MOS, Row
from srbench.stats.bootstrap import bootstrap_mean, mean_may_be_zero


@dataclass(frozen=True)
class Summary:
    """A metric of a model on a data set.

    Attributes:
        model: Id.
        dataset: Id.
        metric: Name.
        mean: Over images; None where a value is not finite.
        std: Between images, ddof 1; None for one image.
        n: Number of images.
        unit: Of mean, std, median and interval.
        ci95: 95 % interval of the mean over images like these (bootstrap); None for one image.
        median: Over images; what is quoted for timings.
        iqr: First and third quartile.
        higher_is_better: Direction.
        device: Kind.
        mode: Precision and options.
        flag: Why a figure is missing.
        title: Name of the metric in the head of a table; empty where the table knows it.
        digits: Digits after the point that a table shows; None where the table chooses.
    """

    model: str
    dataset: str
    metric: str
    mean: float | None
    std: float | None
    n: int
    unit: str
    ci95: tuple[float, float] | None
    median: float | None
    iqr: tuple[float, float] | None
    higher_is_better: bool
    device: str
    mode: str
    flag: str = ""
    title: str = ""
    digits: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def summarise(rows: Iterable[Row]) -> list[Summary]:
    """Group rows by model, data set, metric and mode, in the order of their first row."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.model, row.dataset, row.metric, row.device, row.mode), []).append(row)
    return [_summary(group) for group in groups.values()]


def _summary(rows: Sequence[Row]) -> Summary:
    first = rows[0]
    values = np.array([row.value for row in rows], dtype=np.float64)
    same: dict[str, Any] = {
        "model": first.model,
        "dataset": first.dataset,
        "metric": first.metric,
        "n": sum(row.images for row in rows),
        "unit": first.unit,
        "higher_is_better": first.higher_is_better,
        "device": first.device,
        "mode": first.mode,
        "title": first.title,
        "digits": first.digits,
    }
    odd = [row.image for row in rows if not math.isfinite(row.value)]
    if odd:
        flag = f"no finite value for: {', '.join(odd[:5])}{', …' if len(odd) > 5 else ''}"
        return Summary(**same, mean=None, std=None, ci95=None, median=None, iqr=None, flag=flag)
    quartiles = np.percentile(values, [25, 50, 75])
    return Summary(
        **same,
        mean=float(values.mean()),
        std=float(values.std(ddof=1)) if len(values) > 1 else None,
        # Opinion varies with raters too, of whom rows know nothing; its interval is in the study's report.
        ci95=bootstrap_mean(values) if len(values) > 1 and first.metric != MOS else None,
        median=float(quartiles[1]),
        iqr=(float(quartiles[0]), float(quartiles[2])),
    )


def tied_with_best(rows: Sequence[Row]) -> set[tuple[str, ...]]:
    """Which models cannot be told from the best one on these images.

    For each data set and metric the model with the best mean is compared with each other one, image by image; a model
    is tied when the 95 % bootstrap interval of the mean difference holds 0.

    Args:
        rows: Rows of one protocol.

    Returns:
        `(model, dataset, metric, device, mode)` of each tied model, the best one left out.
    """
    values: dict[tuple[str, str], dict[tuple[str, str, str], dict[str, float]]] = {}
    better = {row.metric: row.higher_is_better for row in rows}
    for row in rows:
        models = values.setdefault((row.dataset, row.metric), {})
        models.setdefault((row.model, row.device, row.mode), {})[row.image] = row.value
    tied: set[tuple[str, ...]] = set()
    for (dataset, metric), models in values.items():
        means = {model: np.mean(list(of.values())) for model, of in models.items()}
        finite = {model: mean for model, mean in means.items() if math.isfinite(mean)}
        if not finite:
            continue
        best = (max if better[metric] else min)(finite, key=lambda model: finite[model])
        for model in finite.keys() - {best}:
            shared = sorted(models[model].keys() & models[best].keys())
            difference = np.array([models[model][name] - models[best][name] for name in shared])
            if len(shared) > 1 and mean_may_be_zero(difference):
                tied.add((model[0], dataset, metric, model[1], model[2]))
    return tied
