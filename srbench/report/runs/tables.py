"""Comparison tables of a run: a table for each data set, a row for each model, a column for each metric."""

from collections.abc import Iterable, Mapping, Sequence

from srbench.evaluation.results import MOS, TIMINGS
from srbench.evaluation.summary import Summary
from srbench.report.table import Cell, Column, Table, text_column

_HEADS = {
    "psnr": "PSNR",
    "ssim": "SSIM",
    "lpips": "LPIPS",
    "mos": "MOS",
    "latency": "ms /\nimage",
    "throughput": "output\nMP/s",
}


def build(
    summaries: Sequence[Summary], tied: Iterable[tuple[str, ...]], totals: Mapping[str, tuple[int, int]]
) -> list[Table]:
    """Make a table for each data set.

    Args:
        summaries: Summaries of one protocol.
        tied: Results of `srbench.evaluation.summary.tied_with_best`.
        totals: Numbers of images of each data set that were asked for and that it has.
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
    by_metric = {(s.model, s.device, s.mode, s.metric): s for s in summaries}
    most = max(s.n for s in summaries)
    best = {metric: _best([s for s in summaries if s.metric == metric and s.n == most]) for metric in metrics}
    rows = []
    for variant, label in labels.items():
        cells = (_cell(by_metric.get((*variant, metric)), best[metric], ties, most) for metric in metrics)
        rows.append((Cell(label), *cells))
    columns = (_column(next(s for s in summaries if s.metric == metric)) for metric in metrics)
    asked, available = total or (most, most)
    count = max(asked, most)
    images = f"first {count} of {available} images" if count < available else f"{count} image{'s' if count > 1 else ''}"
    dataset = summaries[0].dataset
    return Table(dataset, f"{dataset}, {images}", (text_column("model"), *columns), tuple(rows))


def _column_order(metric: str) -> tuple[int, str]:
    order = list(_HEADS)
    base = metric.split(".", maxsplit=1)[0]
    return (order.index(base) if base in order else order.index("lpips"), metric)


def _column(summary: Summary) -> Column:
    base, _, flavour = summary.metric.partition(".")
    name = (summary.title or _HEADS.get(base, base)) + (f" {flavour}" if flavour else "")
    unit = "" if summary.metric in TIMINGS else summary.unit
    return Column(name, unit, higher_is_better=summary.higher_is_better)


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
    complete = summary.n == most
    digits = _digits(value) if timing else _declared_digits(summary)
    interval = summary.iqr if timing else summary.ci95
    spread = f"{interval[0]:.{digits}f}–{interval[1]:.{digits}f}" if interval else ""
    ranked = not timing and complete and summary.metric != MOS
    tied = ranked and (summary.model, summary.dataset, summary.metric, summary.device, summary.mode) in ties
    text = f"{value:.{digits}f}" + ("" if complete else f" (n={summary.n})")
    return Cell(text, spread, value == best and ranked, tied)


def _declared_digits(summary: Summary) -> int:
    """Return the decimals that the metric declares; older rows, which lack them, follow the rule of their time."""
    if summary.digits is not None:
        return summary.digits
    return 2 if summary.unit == "dB" or summary.metric == MOS else 4


def _digits(value: float) -> int:
    """Count the decimals that show about three digits of a timing."""
    return 0 if value >= 100 else 1 if value >= 10 else 2
