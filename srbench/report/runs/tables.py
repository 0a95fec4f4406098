"""Comparison tables of a run: a table for each data set, a row for each model, a column for each metric."""

import math
from collections.abc import Mapping, Sequence

from srbench.evaluation.ranking import Ranking
from srbench.evaluation.row import FILES, MOS, TIMINGS
from srbench.evaluation.summary import Summary
from srbench.report.runs import marks
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
    summaries: Sequence[Summary],
    rankings: Mapping[tuple[str, str], Ranking],
    totals: Mapping[str, tuple[int, int]],
) -> list[Table]:
    """Make a table for each data set.

    Args:
        summaries: Summaries of one protocol.
        rankings: Results of `srbench.evaluation.ranking.rank`.
        totals: Numbers of images of each data set that were asked for and that it has.
    """
    datasets = list(dict.fromkeys(summary.dataset for summary in summaries))
    return [_table([s for s in summaries if s.dataset == name], rankings, totals.get(name)) for name in datasets]


def _table(
    summaries: list[Summary], rankings: Mapping[tuple[str, str], Ranking], total: tuple[int, int] | None
) -> Table:
    dataset = summaries[0].dataset
    metrics = sorted({s.metric for s in summaries}, key=column_order)
    # The device that measured files of other software says nothing of them.
    several = len({(s.device, s.mode) for s in summaries if s.mode != FILES}) > 1
    labels = {(s.model, s.device, s.mode): _label(s, several=several and s.mode != FILES) for s in summaries}
    by_metric = {(s.model, s.device, s.mode, s.metric): s for s in summaries}
    most = max(s.images for s in summaries)
    asked, available = total or (most, most)
    count = max(asked, most)
    rows = []
    for variant, label in labels.items():
        cells = (_cell(by_metric.get((*variant, name)), rankings.get((dataset, name)), count) for name in metrics)
        rows.append((Cell(label), *cells))
    columns = [_column(next(s for s in summaries if s.metric == metric), rank) for rank, metric in enumerate(metrics)]
    images = f"first {count} of {available} images" if count < available else f"{count} image{'s' if count > 1 else ''}"
    heads = {metric: column.head for metric, column in zip(metrics, columns, strict=True)}
    shown = {metric: rankings[dataset, metric] for metric in metrics if (dataset, metric) in rankings}
    notes = marks.notes(summaries, shown, heads, labels, count)
    notes += _disturbed(summaries)
    return Table(dataset, f"{dataset}, {images}", (text_column("model"), *columns), tuple(rows), tuple(notes))


def _label(summary: Summary, *, several: bool) -> str:
    """Name a line: the model, with its seeds, device and mode where there are several."""
    parts = [f"{summary.seeds} seeds"] if summary.seeds > 1 else []
    parts += [f"{summary.device} {summary.mode}"] if several else []
    return f"{summary.model} ({', '.join(parts)})" if parts else summary.model


def _disturbed(summaries: Sequence[Summary]) -> list[str]:
    """Say why timings of a table are not valid."""
    reasons = dict.fromkeys(text for summary in summaries for text in summary.disturbed)
    if not reasons:
        return []
    return [f"?: not valid, since {' and '.join(reasons)}; measure speed with srbench throughput"]


def column_order(metric: str) -> tuple[int, str]:
    """Sort metrics as the columns of a table: PSNR, SSIM, perceptual ones, then timings."""
    order = list(_HEADS)
    base = metric.split(".", maxsplit=1)[0]
    return (order.index(base) if base in order else order.index("lpips"), metric)


def metric_head(metric: str, title: str) -> str:
    """Return the head of a column, "PSNR" or "SSIM daala", for a metric and the title that its rows have, if any."""
    base, _, flavour = metric.partition(".")
    return (title or _HEADS.get(base, base)) + (f" {flavour}" if flavour else "")


def _column(summary: Summary, rank: int) -> Column:
    name = metric_head(summary.metric, summary.title)
    unit = "" if summary.metric in TIMINGS else summary.unit
    return Column(name, unit, higher_is_better=summary.higher_is_better, rank=rank)


def _central(summary: Summary) -> float | None:
    return summary.median if summary.metric in TIMINGS else summary.mean


def _cell(summary: Summary | None, ranking: Ranking | None, count: int) -> Cell:
    if summary is None:
        return Cell("")
    value = _central(summary)
    variant = (summary.model, summary.device, summary.mode)
    best, tied = (variant in ranking.best, variant in ranking.tied) if ranking else (False, False)
    if value is None:
        return Cell("∞" if summary.infinite == count else "n/a" + _of(summary, count), "", best, tied)
    timing = summary.metric in TIMINGS
    digits = _digits(value) if timing else _declared_digits(summary)
    interval = summary.iqr if timing else summary.ci95
    spread = f"{interval[0]:.{digits}f}–{interval[1]:.{digits}f}" if interval and summary.n > 1 else ""
    return Cell(f"{value:.{digits}f}{_of(summary, count)}", spread, best, tied, doubtful=bool(summary.disturbed))


def _of(summary: Summary, count: int) -> str:
    """Say of how many images a mean is, where it is not of all: " (4 of 5, 1 ∞)"."""
    if summary.n == count:
        return ""
    odd = [f"{number} {sign}" for number, sign in ((summary.infinite, "∞"), (summary.undefined, "n/a")) if number]
    return f" ({', '.join([f'{summary.n} of {count}', *odd])})"


def _declared_digits(summary: Summary) -> int:
    """Return the decimals that the metric declares; older rows, which lack them, follow the rule of their time."""
    if summary.digits is not None:
        return summary.digits
    return 2 if summary.unit == "dB" or summary.metric == MOS else 4


def _digits(value: float) -> int:
    """Count the decimals that show three digits of a timing."""
    return max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
