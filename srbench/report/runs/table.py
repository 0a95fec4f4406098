"""The content of a comparison table, before any format."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from srbench.evaluation.results import MOS, TIMINGS
from srbench.evaluation.summary import Summary

_HEADS = {
    "psnr": "PSNR",
    "ssim": "SSIM",
    "lpips": "LPIPS",
    "mos": "MOS",
    "latency": "ms / image",
    "throughput": "output MP/s",
}


@dataclass(frozen=True)
class Cell:
    """One figure.

    Attributes:
        text: As printed.
        spread: Its interval or quartiles; empty where there is none.
        best: Nothing in its column is better.
        tied: Not told from the best by these images.
    """

    text: str
    spread: str = ""
    best: bool = False
    tied: bool = False


@dataclass(frozen=True)
class Line:
    """One model."""

    model: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """One data set.

    Attributes:
        dataset: Id.
        title: Data set and number of images.
        heads: Of the columns after the model, with unit and direction.
        lines: Models.
    """

    dataset: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]


def build(
    summaries: Sequence[Summary], tied: Iterable[tuple[str, ...]], totals: Mapping[str, tuple[int, int]]
) -> list[Table]:
    """Make one table for each data set.

    Args:
        summaries: Of one protocol.
        tied: As `statistics.tied_with_best` gives it.
        totals: How many images of each data set were asked for, and how many it has.
    """
    ties = set(tied)
    datasets = list(dict.fromkeys(summary.dataset for summary in summaries))
    return [_table([s for s in summaries if s.dataset == dataset], ties, totals.get(dataset)) for dataset in datasets]


def _table(summaries: list[Summary], ties: set[tuple[str, ...]], total: tuple[int, int] | None) -> Table:
    metrics = sorted({s.metric for s in summaries}, key=_column_order)
    several = len({(s.device, s.mode) for s in summaries}) > 1
    labels = {
        (s.model, s.device, s.mode): f"{s.model} ({s.device} {s.mode})" if several else s.model for s in summaries
    }
    found = {(s.model, s.device, s.mode, s.metric): s for s in summaries}
    most = max(s.n for s in summaries)
    best = {metric: _best([s for s in summaries if s.metric == metric and s.n == most]) for metric in metrics}
    lines = []
    for place, label in labels.items():
        cells = (_cell(found.get((*place, metric)), best[metric], ties, most) for metric in metrics)
        lines.append(Line(label, tuple(cells)))
    heads = tuple(_head(next(s for s in summaries if s.metric == metric)) for metric in metrics)
    asked, whole = total or (most, most)
    count = max(asked, most)
    images = f"first {count} of {whole} images" if count < whole else f"{count} image{'s' if count > 1 else ''}"
    return Table(summaries[0].dataset, f"{summaries[0].dataset}, {images}", heads, tuple(lines))


def _column_order(metric: str) -> tuple[int, str]:
    order = list(_HEADS)
    base = metric.split(".", maxsplit=1)[0]
    return (order.index(base) if base in order else order.index("lpips"), metric)


def _head(summary: Summary) -> str:
    base, _, flavour = summary.metric.partition(".")
    name = (summary.title or _HEADS.get(base, base)) + (f" {flavour}" if flavour else "")
    unit = f" [{summary.unit}]" if summary.unit and summary.metric not in TIMINGS else ""
    return f"{name}{unit} {'↑' if summary.higher_is_better else '↓'}"


def _best(summaries: list[Summary]) -> float | None:
    values = [value for s in summaries if (value := _central(s)) is not None]
    if not values:
        return None
    return max(values) if summaries[0].higher_is_better else min(values)


def _central(summary: Summary) -> float | None:
    return summary.median if summary.metric in TIMINGS else summary.mean


def _cell(summary: Summary | None, best: float | None, ties: set[tuple[str, ...]], most: int) -> Cell:
    if summary is None:
        return Cell("")
    value = _central(summary)
    if value is None:
        return Cell("n/a")
    timing = summary.metric in TIMINGS
    whole = summary.n == most
    digits = _digits(value) if timing else _declared_digits(summary)
    interval = summary.iqr if timing else summary.ci95
    spread = f"{interval[0]:.{digits}f}–{interval[1]:.{digits}f}" if interval else ""
    judged = not timing and whole and summary.metric != MOS
    tied = judged and (summary.model, summary.dataset, summary.metric, summary.device, summary.mode) in ties
    text = f"{value:.{digits}f}" + ("" if whole else f" (n={summary.n})")
    return Cell(text, spread, value == best and judged, tied)


def _declared_digits(summary: Summary) -> int:
    """Digits that the metric declares; rows of before it did follow the rule of then."""
    if summary.digits is not None:
        return summary.digits
    return 2 if summary.unit == "dB" or summary.metric == MOS else 4


def _digits(value: float) -> int:
    """About three figures, for timings."""
    return 0 if value >= 100 else 1 if value >= 10 else 2
