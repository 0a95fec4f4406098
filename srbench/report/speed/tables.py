"""Tables of a session: the work of each network, and speed by scenario and size."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from srbench.report.table import DASH, Cell, Column, Table, text_column
from srbench.speed.records import PsnrDrop, Scenario, SpeedRow, Work


@dataclass(frozen=True)
class SpeedGroup:
    """Rows that may be compared with one another: those of one scenario, scale and size.

    Attributes:
        scenario: Scenario of all rows.
        scale: Upscaling factor of all rows.
        lr_height: Height of the input in LR pixels.
        lr_width: Width of the input in LR pixels.
        rows: Rows in session order.
    """

    scenario: Scenario
    scale: int
    lr_height: int
    lr_width: int
    rows: tuple[SpeedRow, ...]

    @property
    def sizes(self) -> str:
        """Describe upscaling factor and sizes, width first."""
        height, width = self.lr_height * self.scale, self.lr_width * self.scale
        return f"x{self.scale}, {self.lr_width} × {self.lr_height} to {width} × {height} pixels"


def groups(rows: Iterable[SpeedRow]) -> list[SpeedGroup]:
    """Group rows by scenario, scale and size, in the order of their first row."""
    by_key: dict[tuple[Scenario, int, int, int], list[SpeedRow]] = {}
    for row in rows:
        by_key.setdefault((row.scenario, row.scale, row.lr_height, row.lr_width), []).append(row)
    return [SpeedGroup(*key, tuple(listed)) for key, listed in by_key.items()]


def number(value: float | None) -> str:
    """Print about three significant digits; a dash where there is no value.

    Examples:
        >>> number(1234.5), number(12.345), number(0.0461), number(None)
        ('1,234', '12.3', '0.0461', '–')
    """
    if value is None or not math.isfinite(value):
        return DASH
    places = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(max(places, 0), 6)}f}"


def change(value: float) -> str:
    """Print a difference in dB with its sign and three decimals, one more than a table of quality shows."""
    return f"{value:+.3f}"


def work(groups: Sequence[SpeedGroup]) -> Table:
    """Tabulate what one image takes, a row for each model and size; models that are no network have dashes."""
    known: dict[tuple[str, str], Work | None] = {}
    for group in groups:
        for row in group.rows:
            known[row.model, group.sizes] = known.get((row.model, group.sizes)) or row.work
    several = len({sizes for _, sizes in known}) > 1
    rows = []
    for (model, sizes), one in known.items():
        own = one.flops_own if one else None
        counts = (one.macs / 1e9, one.flops / 1e9, own and own / 1e9, one.activations / 1e6) if one else (None,) * 4
        parameters = f"{one.parameters:,}" if one else DASH
        files = ", ".join(f"{held:,}" for held in one.parameters_by_file.values()) if one else ""
        texts = (model, *((sizes,) if several else ()), parameters, files or DASH, *map(number, counts))
        rows.append(tuple(map(Cell, texts)))
    columns = (
        text_column("model"),
        *((text_column("image"),) if several else ()),
        Column("parameters"),
        Column("values\nin the files", rank=4),
        Column("GMACs"),
        Column("GFLOPs", rank=2),
        Column("GFLOPs\nby srbench", rank=3),
        Column("activations, M", rank=1),
    )
    size = "" if several else "".join(f", {sizes}" for _, sizes in list(known)[:1])
    return Table("work", f"Work of one image{size}", columns, tuple(rows), notes=tuple(_not_counted(known)))


def _not_counted(known: Mapping[tuple[str, str], Work | None]) -> list[str]:
    """Name the operators that are in no count, a line for each list of them, with the models that have it."""
    by_operators: dict[tuple[str, ...], list[str]] = {}
    for (model, _), one in known.items():
        if one and one.not_counted:
            by_operators.setdefault(one.not_counted, []).append(model)
    return [
        f"operators not counted: {', '.join(names)} ({', '.join(dict.fromkeys(models))})"
        for names, models in by_operators.items()
    ]


@dataclass(frozen=True)
class _RowColumn:
    """A column and how a row fills it.

    Attributes:
        column: Head, unit and rank.
        text: Function that prints the value of a row, as text or as a cell with a mark.
        timed: Whether the value is doubtful where the timing is.
    """

    column: Column
    text: Callable[[SpeedRow], str | Cell]
    timed: bool = True


def _batch(row: SpeedRow) -> str:
    return f"{row.batch} ({row.batch_limit})" if row.batch_limit else str(row.batch)


def _quartiles(row: SpeedRow) -> str:
    low, high = (number(end / row.batch) for end in row.iqr_ms)
    return f"{low}–{high}"


def price(drop: PsnrDrop | None) -> tuple[Cell, Cell]:
    """Make the cells of a mode's change in PSNR: the mean, and the worst image; dashes where it is not known."""
    if not drop:
        return Cell(DASH), Cell(DASH)
    return Cell(change(drop.mean_db)), Cell(change(drop.worst_db), mark=" !" if drop.exceeds_limit else "")


def _macs(row: SpeedRow) -> str:
    return number(row.work.macs / 1e9 if row.work else None)


def _ceiling_share(row: SpeedRow) -> str:
    return number(None if row.ceiling_share is None else 100 * row.ceiling_share)


_ENERGY = "J/image"
_COLUMNS = (
    _RowColumn(Column("batch", rank=3), _batch, timed=False),
    _RowColumn(Column("ms/image\nmedian"), lambda row: number(row.ms_per_image)),
    _RowColumn(Column("ms/image\nIQR", rank=5), _quartiles),
    _RowColumn(Column("ms/call\np90", rank=3), lambda row: number(row.p90_ms)),
    _RowColumn(Column("ms/call\np99", rank=8), lambda row: number(row.p99_ms)),
    _RowColumn(Column("images/s", rank=1), lambda row: number(row.images_per_s)),
    _RowColumn(Column("output\nMP/s"), lambda row: number(row.output_mp_per_s)),
    _RowColumn(Column("peak\nMiB", rank=2), lambda row: number(row.peak_memory_mib), timed=False),
    _RowColumn(Column("GMACs\n/image", rank=10), _macs, timed=False),
    _RowColumn(Column("TFLOP/s", rank=7), lambda row: number(row.tflops)),
    _RowColumn(Column("% of\nceiling", rank=6), _ceiling_share),
    _RowColumn(Column(_ENERGY, rank=4), lambda row: number(row.joule_per_image)),
    _RowColumn(Column("ΔPSNR dB\nmean", rank=5), lambda row: price(row.psnr_drop)[0], timed=False),
    _RowColumn(Column("ΔPSNR dB\nworst"), lambda row: price(row.psnr_drop)[1], timed=False),
    _RowColumn(Column("valid", rank=11), lambda row: "yes" if row.valid else "no", timed=False),
)


def speed(group: SpeedGroup) -> Table:
    """Tabulate speed, a row for each model and mode; energy only where it is known.

    A row that is not valid keeps its values with a question mark, one that failed has dashes; the reasons stand below.
    """
    known = any(row.joule_per_image is not None for row in group.rows)
    columns = [one for one in _COLUMNS if one.column.head != _ENERGY or known]
    what = "1 image a call" if group.scenario == "latency" else "the largest batch that fits"
    return Table(
        key=f"{group.scenario}-x{group.scale}-{group.lr_width}x{group.lr_height}",
        title=f"{group.scenario.capitalize()} ({what}), {group.sizes}",
        columns=(*NAMES, *(one.column for one in columns)),
        rows=tuple((*names(row), *(_cell(row, one) for one in columns)) for row in group.rows),
        notes=(*reasons(group.rows), *_repeated(group.rows)),
    )


_CALL_COLUMNS = (
    _RowColumn(Column("first\ncall, ms"), lambda row: number(row.first_call_ms)),
    _RowColumn(Column("warm-up\ncalls", rank=4), lambda row: str(row.warm_up_calls), timed=False),
    _RowColumn(Column("warm-up\nms", rank=3), lambda row: number(row.warm_up_ms)),
    _RowColumn(Column("steady\nms/call"), lambda row: number(row.median_ms)),
    _RowColumn(Column("cold cache\nms/call"), lambda row: number(row.cold_ms)),
    _RowColumn(Column("clock MHz\nbefore", rank=6), lambda row: number(row.clock_before_mhz), timed=False),
    _RowColumn(Column("clock MHz\nafter", rank=5), lambda row: number(row.clock_after_mhz), timed=False),
    _RowColumn(Column("ms at the\nbase clock", rank=2), lambda row: number(row.normalised_ms)),
)


def calls(group: SpeedGroup) -> Table | None:
    """Tabulate first call, warm-up, steady state, cold cache and clocks; None for sessions of versions without them."""
    if all(row.warm_up_ms is None for row in group.rows):
        return None
    rows = ((*names(row), *(_cell(row, one) for one in _CALL_COLUMNS)) for row in group.rows)
    unknown = {f"no time with cold caches: {row.cold_reason}": None for row in group.rows if row.cold_reason}
    return Table(
        key=f"calls-{group.scenario}-x{group.scale}-{group.lr_width}x{group.lr_height}",
        title=f"Calls and clocks ({group.scenario}), {group.sizes}",
        columns=(*NAMES, *(one.column for one in _CALL_COLUMNS)),
        rows=tuple(rows),
        notes=tuple(unknown),
    )


NAMES = (text_column("model"), text_column("mode"))
"""Columns that every table of rows begins with."""


def names(row: SpeedRow, mark: str = "") -> tuple[Cell, Cell]:
    """Make the cells of model and mode.

    Args:
        row: Row of a session.
        mark: Sign to put behind the mode.
    """
    return Cell(row.model), Cell(row.mode, mark=mark)


def _cell(row: SpeedRow, one: _RowColumn) -> Cell:
    if row.failure:
        return Cell("failed" if one.column.head == "valid" else DASH)
    text = one.text(row)
    if isinstance(text, Cell):
        return text
    return timed(row, text) if one.timed else Cell(text)


def timed(row: SpeedRow, text: str) -> Cell:
    """Make the cell of a value that rests on the timing of a row; it is doubtful where that is not valid."""
    return Cell(text, doubtful=not row.valid and text != DASH)


def reasons(rows: Sequence[SpeedRow]) -> list[str]:
    """Say why rows failed or are not valid: a line for each reason, with the rows it holds for."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        if row.failure or not row.valid:
            said = f"failed ({row.failure})" if row.failure else f"? not valid ({row.reason})"
            by_reason.setdefault(said, []).append(f"{row.model} {row.mode}")
    return [f"{reason}: {', '.join(listed)}" for reason, listed in by_reason.items()]


def _repeated(rows: Sequence[SpeedRow]) -> list[str]:
    """Name the rows whose values are of a second measurement; one line, or none."""
    again = [f"{row.model} {row.mode}" for row in rows if row.measured > 1]
    return [f"measured twice, since the first time was not valid: {', '.join(again)}"] if again else []
