"""Tables of a session before any format: columns of text, each with its worth on a narrow terminal."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from srbench.speed.records import Scenario, SpeedRow, Work

DASH = "–"


@dataclass(frozen=True)
class Column:
    """A column of text.

    Attributes:
        head: Name and unit; a line break where a terminal may break it.
        cells: From top to bottom.
        rank: 0 is always shown; a narrow terminal drops the highest first.
        text: Names, not figures.
        best: Lines whose cell stands out.
    """

    head: str
    cells: tuple[str, ...]
    rank: int = 0
    text: bool = False
    best: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Table:
    """Columns of one length.

    Attributes:
        title: What it shows.
        columns: From left to right.
        doubtful: Lines that are no valid measurement.
        notes: What stands below.
        picture: File name of the figure beside it, without its ending; empty for none.
    """

    title: str
    columns: tuple[Column, ...]
    doubtful: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    picture: str = ""


@dataclass(frozen=True)
class Group:
    """The rows that may be compared with one another.

    Attributes:
        scenario: Of all rows.
        scale: Of all rows.
        lr_height: LR pixels.
        lr_width: LR pixels.
        rows: In session order.
    """

    scenario: Scenario
    scale: int
    lr_height: int
    lr_width: int
    rows: tuple[SpeedRow, ...]

    @property
    def sizes(self) -> str:
        """Upscaling factor and sizes, width first."""
        height, width = self.lr_height * self.scale, self.lr_width * self.scale
        return f"x{self.scale}, {self.lr_width} × {self.lr_height} to {width} × {height} pixels"


def groups(rows: Iterable[SpeedRow]) -> list[Group]:
    """Rows by scenario, scale and size, in the order of their first row."""
    found: dict[tuple[Scenario, int, int, int], list[SpeedRow]] = {}
    for row in rows:
        found.setdefault((row.scenario, row.scale, row.lr_height, row.lr_width), []).append(row)
    return [Group(*key, tuple(listed)) for key, listed in found.items()]


def figure(value: float | None) -> str:
    """About three figures; a dash where there is no value.

    Examples:
        >>> figure(1234.5), figure(12.345), figure(0.0461), figure(None)
        ('1,234', '12.3', '0.0461', '–')
    """
    if value is None or not math.isfinite(value):
        return DASH
    places = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(max(places, 0), 6)}f}"


def change(value: float) -> str:
    """A difference in dB, with its sign; three places, below what a table of quality shows."""
    return f"{value:+.3f}"


def work(found: Sequence[Group]) -> Table:
    """What one image takes, a line for each model and size; models that are no network have dashes."""
    known: dict[tuple[str, str], Work | None] = {}
    for group in found:
        for row in group.rows:
            known[row.model, group.sizes] = known.get((row.model, group.sizes)) or row.work
    several = len({sizes for _, sizes in known}) > 1
    works = list(known.values())
    columns = [
        Column("model", tuple(model for model, _ in known), text=True),
        Column("parameters", tuple(f"{one.parameters:,}" if one else DASH for one in works)),
        Column("GMACs", tuple(figure(one.macs / 1e9 if one else None) for one in works)),
        Column("GFLOPs", tuple(figure(one.flops / 1e9 if one else None) for one in works), rank=2),
        Column("activations, M", tuple(figure(one.activations / 1e6 if one else None) for one in works), rank=1),
    ]
    if several:
        columns.insert(1, Column("image", tuple(sizes for _, sizes in known), text=True))
    sizes = "" if several else "".join(f", {sizes}" for _, sizes in list(known)[:1])
    return Table(f"Work of one image{sizes}", tuple(columns))


@dataclass(frozen=True)
class _Fact:
    """How a row fills one column.

    Attributes:
        head: As in `Column`.
        rank: As in `Column`.
        say: The cell.
        timed: Doubtful where the timing is.
        text: As in `Column`.
    """

    head: str
    rank: int
    say: Callable[[SpeedRow], str]
    timed: bool = True
    text: bool = False


def _batch(row: SpeedRow) -> str:
    return f"{row.batch} ({row.batch_limit})" if row.batch_limit else str(row.batch)


def _quartiles(row: SpeedRow) -> str:
    low, high = (figure(end / row.batch) for end in row.iqr_ms)
    return f"{low}–{high}"


def _worst(row: SpeedRow) -> str:
    if not row.price:
        return DASH
    return change(row.price.worst_db) + (" !" if row.price.marked else "")


_ENERGY = "J/image"
_FACTS = (
    _Fact("batch", 3, _batch, timed=False),
    _Fact("ms/image\nmedian", 0, lambda row: figure(row.ms_per_image)),
    _Fact("ms/image\nIQR", 5, _quartiles),
    _Fact("ms/call\np90", 3, lambda row: figure(row.p90_ms)),
    _Fact("ms/call\np99", 8, lambda row: figure(row.p99_ms)),
    _Fact("images/s", 1, lambda row: figure(row.images_per_s)),
    _Fact("output\nMP/s", 0, lambda row: figure(row.output_mp_per_s)),
    _Fact("peak\nMiB", 2, lambda row: figure(row.peak_memory_mib), timed=False),
    _Fact("GMACs\n/image", 10, lambda row: figure(row.work.macs / 1e9 if row.work else None), timed=False),
    _Fact("TFLOP/s", 7, lambda row: figure(row.tflops)),
    _Fact("% of\nceiling", 6, lambda row: figure(None if row.ceiling_share is None else 100 * row.ceiling_share)),
    _Fact(_ENERGY, 4, lambda row: figure(row.joule_per_image)),
    _Fact("ΔPSNR dB\nmean", 5, lambda row: change(row.price.mean_db) if row.price else DASH, timed=False),
    _Fact("ΔPSNR dB\nworst", 0, _worst, timed=False),
    _Fact("valid", 11, lambda row: "yes" if row.valid else "no", timed=False),
)


def speed(group: Group) -> Table:
    """One line for each row; energy only where a row has it.

    A row that is not valid keeps its figures with a question mark, one that failed has dashes; the reasons stand below.
    """
    facts = [f for f in _FACTS if f.head != _ENERGY or any(row.joule_per_image is not None for row in group.rows)]
    columns = tuple(Column(f.head, tuple(_cell(row, f) for row in group.rows), f.rank) for f in facts)
    what = "1 image a call" if group.scenario == "latency" else "the largest batch that fits"
    return Table(
        f"{group.scenario.capitalize()} ({what}), {group.sizes}",
        (*names(group.rows), *columns),
        frozenset(i for i, row in enumerate(group.rows) if not row.valid),
        tuple(reasons(group.rows)),
    )


def names(rows: Sequence[SpeedRow]) -> tuple[Column, Column]:
    """Model and mode, the columns that every table of rows begins with."""
    models, modes = tuple(row.model for row in rows), tuple(row.mode for row in rows)
    return Column("model", models, text=True), Column("mode", modes, text=True)


def _cell(row: SpeedRow, fact: _Fact) -> str:
    if row.failure:
        return "failed" if fact.head == "valid" else DASH
    return timed(row, fact.say(row)) if fact.timed else fact.say(row)


def timed(row: SpeedRow, text: str) -> str:
    """A figure that rests on the timing of a row, with a question mark where that is not valid."""
    return text if row.valid or text == DASH else f"{text} ?"


def reasons(rows: Sequence[SpeedRow]) -> list[str]:
    """Why rows failed or are not valid: a line for each reason, with the rows it holds for."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        if row.failure or not row.valid:
            said = f"failed ({row.failure})" if row.failure else f"? not valid ({row.reason})"
            by_reason.setdefault(said, []).append(f"{row.model} {row.mode}")
    return [f"{reason}: {', '.join(listed)}" for reason, listed in by_reason.items()]
