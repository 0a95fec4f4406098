"""Quality beside speed: which measured quality belongs to a row, and what nothing beats in both."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from srbench.evaluation.row import MOS, TIMINGS
from srbench.evaluation.summary import Summary
from srbench.report.speed.pareto import front
from srbench.report.speed.tables import NAMES, SpeedGroup, names, number, timed
from srbench.report.table import DASH, Cell, Column, Table
from srbench.speed.records import SpeedRow

BUILTIN = "builtin images"
Origin = Literal["measured", "psnr_drop", "fp32"]
ORIGIN_SIGNS: dict[Origin, str] = {"measured": "", "psnr_drop": "†", "fp32": "‡"}
"""What stands behind a value: nothing where the run has this very mode; fp32 plus ΔPSNR; fp32 as it is."""


@dataclass(frozen=True)
class Quality:
    """Quality of a run of the same models.

    Attributes:
        summaries: Summaries of the run; empty for PSNR on the builtin images, which the session itself measures.
        protocol: Name of the protocol of the run.
        scale: Upscaling factor of the protocol; rows of another scale have no quality. None for any.
    """

    summaries: Sequence[Summary] = ()
    protocol: str = "classical protocol"
    scale: int | None = None


@dataclass(frozen=True)
class MetricColumn:
    """A metric whose values stand in a column.

    Attributes:
        name: Name of the metric, as in the run.
        unit: Unit of the values; may be empty.
        higher_is_better: Direction of the values.
    """

    name: str
    unit: str
    higher_is_better: bool

    @property
    def column(self) -> Column:
        """Name, unit and direction as a column of a table."""
        base, _, flavour = self.name.partition(".")
        head = f"{base.upper()}{' ' + flavour if flavour else ''}"
        return Column(head, self.unit, higher_is_better=self.higher_is_better)

    def text(self, value: float) -> str:
        """Print a value with as many decimals as the tables of a run show."""
        return f"{value:.{2 if self.unit == 'dB' or self.name == MOS else 4}f}"


@dataclass(frozen=True)
class QualityValue:
    """Quality of one row in one metric.

    Attributes:
        mean: Mean over the images, finite.
        origin: Where the value comes from: measured in the row's own mode, fp32's plus the change in PSNR, or fp32's
            where no change is known.
        best: Whether it stands on the Pareto front of this metric and output megapixels a second; never where the
            timing is not valid.
    """

    mean: float
    origin: Origin
    best: bool = False


@dataclass(frozen=True)
class RatedRow:
    """A row with its quality, None where there is none, in the order of the metrics."""

    row: SpeedRow
    values: tuple[QualityValue | None, ...]


@dataclass(frozen=True)
class TradeOff:
    """Quality on one data set beside the speed of one group.

    Attributes:
        dataset: Id of the data set.
        protocol: Name of the protocol.
        group: Rows that speed comes from.
        metrics: Metrics, a column each.
        lines: Rows that did not fail, in session order.
        stem: File name of the plot, without ending.
    """

    dataset: str
    protocol: str
    group: SpeedGroup
    metrics: tuple[MetricColumn, ...]
    lines: tuple[RatedRow, ...]
    stem: str

    @property
    def title(self) -> str:
        """What table and plot show."""
        return f"Quality ({self.dataset}, {self.protocol}) and {self.group.scenario}, {self.group.sizes}"

    @property
    def drawn(self) -> bool:
        """Whether there is a point to draw: a valid row with quality."""
        return any(line.row.valid and any(line.values) for line in self.lines)


def join(groups: Sequence[SpeedGroup], quality: Quality) -> list[TradeOff]:
    """Join quality and speed: a record for each group and data set that have a value in common.

    Args:
        groups: Groups of a session.
        quality: Quality of the same models.
    """
    asked = [s for s in quality.summaries if s.metric not in TIMINGS]
    datasets = list(dict.fromkeys(s.dataset for s in asked)) if quality.summaries else [BUILTIN]
    trade_offs = []
    for group in groups:
        if quality.scale not in (None, group.scale):
            continue
        for dataset in datasets:
            summaries = [s for s in asked if s.dataset == dataset] or _builtin(group.rows)
            metrics, lines = _lines(group.rows, summaries)
            if metrics:
                stem = _stem(group, groups, dataset if len(datasets) > 1 else "")
                trade_offs.append(TradeOff(dataset, quality.protocol, group, metrics, lines, stem))
    return trade_offs


def _builtin(rows: Iterable[SpeedRow]) -> list[Summary]:
    """Return what the session itself knows of quality, in the form of a run's summaries."""
    blank = {"std": None, "ci95": None, "median": None, "iqr": None}
    return [
        Summary(
            model=row.model,
            dataset=BUILTIN,
            metric="psnr",
            mean=row.psnr_drop.psnr,
            n=row.psnr_drop.images,
            unit="dB",
            higher_is_better=True,
            device=row.device,
            mode=row.mode,
            **blank,  # type: ignore[arg-type]
        )
        for row in rows
        if row.psnr_drop
    ]


def _stem(group: SpeedGroup, groups: Sequence[SpeedGroup], dataset: str) -> str:
    """Name the plot by the scenario alone, unless several plots would share that name."""
    unique = sum(other.scenario == group.scenario for other in groups) == 1
    size = "" if unique else f"-x{group.scale}-{group.lr_width}x{group.lr_height}"
    safe = "".join(sign if sign.isalnum() or sign in "._" else "_" for sign in dataset)
    return f"quality-speed-{group.scenario}{size}{'-' + safe if safe else ''}"


def _lines(
    rows: Iterable[SpeedRow], summaries: Sequence[Summary]
) -> tuple[tuple[MetricColumn, ...], tuple[RatedRow, ...]]:
    """Return the metrics that some row has a value of, in the order of the run but PSNR first, and all lines."""
    ran = [row for row in rows if not row.failure]
    every = dict.fromkeys(MetricColumn(s.metric, s.unit, s.higher_is_better) for s in summaries)
    columns = {m: [_value(row, [s for s in summaries if s.metric == m.name]) for row in ran] for m in every}
    metrics = sorted((m for m in every if any(columns[m])), key=lambda m: m.name != "psnr")
    judged = [_with_front(ran, columns[metric], metric) for metric in metrics]
    return tuple(metrics), tuple(RatedRow(row, tuple(column[i] for column in judged)) for i, row in enumerate(ran))


def _value(row: SpeedRow, summaries: Sequence[Summary]) -> QualityValue | None:
    """Find the run's value in the row's own mode, or else what fp32's tells; the row's device goes first."""
    known = sorted((s for s in summaries if _is_of(s, row)), key=lambda s: s.device != row.device)
    for s in known:
        if words(s.mode) == words(row.mode):
            return _finite(QualityValue(s.whole_mean, "measured")) if s.whole_mean is not None else None
    plain = next((s for s in known if not words(s.mode)), None)
    if plain is None or plain.whole_mean is None:
        return None
    if plain.metric == "psnr" and row.psnr_drop:
        return _finite(QualityValue(plain.whole_mean + row.psnr_drop.mean_db, "psnr_drop"))
    return QualityValue(plain.whole_mean, "fp32")


def _is_of(summary: Summary, row: SpeedRow) -> bool:
    """Whether a value and a speed are of the same model, whatever it is called; by name where no content is noted."""
    if summary.identity and row.identity:
        return summary.identity == row.identity
    return summary.model == row.model


def words(mode: str) -> frozenset[str]:
    """Return the words of a mode for comparison, without fp32, which every mode starts from.

    Examples:
        >>> words("bf16+channels_last") == words("channels_last bf16"), words("fp32+tf32") == words("tf32")
        (True, True)
    """
    return frozenset(mode.replace("+", " ").split()) - {"fp32"}


def _finite(value: QualityValue) -> QualityValue | None:
    return value if math.isfinite(value.mean) else None


def _with_front(
    rows: Sequence[SpeedRow], values: Sequence[QualityValue | None], metric: MetricColumn
) -> list[QualityValue | None]:
    """Mark the values on the Pareto front."""
    sign = 1 if metric.higher_is_better else -1
    valid = [i for i, row in enumerate(rows) if row.valid and values[i]]
    # What the table prints alike counts as alike: the last bits of a fast mode are no quality.
    points = [(rows[i].output_mp_per_s, sign * float(metric.text(value.mean))) for i in valid if (value := values[i])]
    best = {valid[place] for place in front(points)}
    return [replace(value, best=i in best) if value else None for i, value in enumerate(values)]


def table(trade_off: TradeOff) -> Table:
    """Tabulate quality and speed side by side; what is on a Pareto front stands out."""
    columns = [metric.column for metric in trade_off.metrics]
    return Table(
        key=trade_off.stem,
        title=trade_off.title,
        columns=(*NAMES, *columns[:1], *(replace(column, rank=3) for column in columns[1:]), *_SPEEDS),
        rows=tuple(_row(trade_off, line) for line in trade_off.lines),
    )


_SPEEDS = (Column("images/s", rank=2), Column("output\nMP/s"), Column("ms/image", rank=1))


def _row(trade_off: TradeOff, line: RatedRow) -> tuple[Cell, ...]:
    row = line.row
    mark = " !" if row.psnr_drop and row.psnr_drop.exceeds_limit else ""
    qualities = map(_cell, trade_off.metrics, line.values)
    speeds = (timed(row, number(value)) for value in (row.images_per_s, row.output_mp_per_s, row.ms_per_image))
    return (*names(row, mark), *qualities, *speeds)


def _cell(metric: MetricColumn, value: QualityValue | None) -> Cell:
    if value is None:
        return Cell(DASH)
    return Cell(metric.text(value.mean), best=value.best, mark=ORIGIN_SIGNS[value.origin])
