"""From values of single images to figures with their uncertainty."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from srbench.evaluation.ranking import NO_METHODS
from srbench.evaluation.row import MOS, TIMINGS, Row
from srbench.stats.arrays import Floats
from srbench.stats.means import INTERVAL, IntervalMethod, mean_interval
from srbench.stats.seeds import seed_mean

_DISTURBED_SHARE = 0.25
"""Share of disturbed timings from which on the quartiles may be wrong."""


@dataclass(frozen=True)
class Summary:
    """A metric of a model on a data set.

    Attributes:
        model: Id, or name of the method.
        dataset: Id.
        metric: Name.
        mean: Over the images whose value is finite; None where there is none.
        std: Between these images, ddof 1; None for one image.
        n: Number of these images.
        unit: Unit of the mean, the standard deviation, the median and the interval.
        ci95: 95 % interval of the mean over images like these; None for one image, timings and opinion scores.
        median: Over images; what is quoted for timings.
        iqr: First and third quartile.
        higher_is_better: Direction.
        device: Kind.
        mode: Precision and options.
        flag: Images that are not in the mean.
        title: Name of the metric in the head of a table; empty where the table knows it.
        digits: Digits after the point that a table shows; None where the table chooses.
        identity: Fingerprint of the model; empty where no content is noted.
        infinite: Number of images with an infinite value, which the mean leaves out.
        undefined: Number of images whose value is not a number, which the mean leaves out.
        ci95_method: Name of the method of the interval; see `srbench.stats.means`.
        seeds: Number of models that the line is of: a method trained several times.
        disturbed: What disturbed at least a quarter of the timings, so that their median is not valid; () for metrics.
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
    identity: str = ""
    infinite: int = 0
    undefined: int = 0
    ci95_method: IntervalMethod = INTERVAL
    disturbed: tuple[str, ...] = ()
    seeds: int = 1

    @property
    def images(self) -> int:
        """Number of images that have a value, finite or not."""
        return self.n + self.infinite + self.undefined

    @property
    def whole_mean(self) -> float | None:
        """The mean where it is of all images; None where it leaves one out, and does not compare with others."""
        return self.mean if self.n == self.images else None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def summarise(rows: Iterable[Row], methods: Mapping[str, str] = NO_METHODS) -> list[Summary]:
    """Group rows by model, data set, metric and mode, in the order of their first row.

    Args:
        rows: Rows of one protocol.
        methods: The method of each model that is one of its seeds; the values of an image are averaged over them.
    """
    groups: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for row in rows:
        name = methods.get(row.model, row.model)
        groups.setdefault((name, row.dataset, row.metric, row.device, row.mode), {}).setdefault(row.image, []).append(
            row
        )
    by_seed = attrgetter("model")  # stored rows have the order in which the seeds ran
    return [
        _summary(name, [sorted(of, key=by_seed) for of in images.values()]) for (name, *_), images in groups.items()
    ]


def _summary(name: str, images: Sequence[Sequence[Row]]) -> Summary:
    """Summarise the rows of a model or method, those of all seeds for each image."""
    rows = [row for of in images for row in of]
    first = rows[0]
    seeds = len({row.model for row in rows})
    finite = [of for of in images if _is_finite(of, seeds)]
    odd = [of for of in images if not _is_finite(of, seeds)]
    infinite = [of for of in odd if any(math.isinf(row.value) for row in of)]
    table = np.array([[row.value for row in of] for of in finite], dtype=np.float64)
    values = table.mean(axis=1) if finite else table
    same: dict[str, Any] = {
        "model": name,
        "seeds": seeds,
        "dataset": first.dataset,
        "metric": first.metric,
        "n": sum(of[0].images for of in finite),
        "unit": first.unit,
        "higher_is_better": first.higher_is_better,
        "device": first.device,
        "mode": first.mode,
        "flag": _flag([of[0].image for of in odd]),
        "title": first.title,
        "digits": first.digits,
        "identity": first.identity,
        "infinite": sum(of[0].images for of in infinite),
        "undefined": sum(of[0].images for of in odd) - sum(of[0].images for of in infinite),
        "disturbed": _disturbed(rows) if first.metric in TIMINGS else (),
    }
    if not finite:
        return Summary(**same, mean=None, std=None, ci95=None, median=None, iqr=None)
    quartiles = np.percentile(values, [25, 50, 75])
    return Summary(
        **same,
        mean=float(values.mean()),
        std=float(values.std(ddof=1)) if len(values) > 1 else None,
        # Opinion varies with raters too, of whom rows know nothing; its interval is in the study's report.
        ci95=None if first.metric == MOS or first.metric in TIMINGS else _interval(table),
        median=float(quartiles[1]),
        iqr=(float(quartiles[0]), float(quartiles[2])),
    )


def _is_finite(rows: Sequence[Row], seeds: int) -> bool:
    """Whether an image has a finite value of every seed."""
    return len(rows) == seeds and all(math.isfinite(row.value) for row in rows)


def _interval(table: Floats) -> tuple[float, float] | None:
    """Return the interval of the mean of values, `(images, seeds)`."""
    return mean_interval(table.ravel()) if table.shape[1] == 1 else seed_mean(table.T).ci95


def _disturbed(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return what disturbed the timings, where it was so many that their quartiles may be wrong."""
    if sum(bool(row.warnings) for row in rows) < _DISTURBED_SHARE * len(rows):
        return ()
    return tuple(dict.fromkeys(text for row in rows for text in row.warnings))


def _flag(odd: Sequence[str]) -> str:
    return f"no finite value for: {', '.join(odd[:5])}{', …' if len(odd) > 5 else ''}" if odd else ""
