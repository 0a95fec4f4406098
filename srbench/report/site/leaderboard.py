"""The leaderboard: a line for each model, columns for each data set and metric, speed and opinion beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from srbench.evaluation.ranking import Variant
from srbench.evaluation.row import FILES, TIMINGS
from srbench.evaluation.summary import Summary
from srbench.report.runs.tables import build, column_order
from srbench.report.site.boards import Board
from srbench.report.table import Cell, Column, Table


@dataclass(frozen=True)
class BoardColumn:
    """A column of the leaderboard.

    Attributes:
        key: Name of the column, unique in the board.
        group: Data set, or what was measured apart from data sets.
        metric: Name of the metric; "ms", "mib" and "mp" for speed.
        kind: "metric", "timing", "speed" or "opinion".
        column: Head, unit and direction.
    """

    key: str
    group: str
    metric: str
    kind: str
    column: Column


@dataclass(frozen=True)
class BoardCell:
    """A cell of the leaderboard.

    Attributes:
        cell: What `srbench show` prints, with its marks.
        value: Value in full precision, by which a reader sorts; None where there is none, or one of some images only.
        letters: Groups of models that are not told apart; empty where none were compared.
    """

    cell: Cell
    value: float | None = None
    letters: str = ""


@dataclass(frozen=True)
class BoardLine:
    """A model with its cells.

    Attributes:
        variant: Model, device and mode.
        label: Name of the line.
        identity: Fingerprint of the model; empty where no content is noted.
        cells: Cells in the order of the columns; None where the model has no value.
    """

    variant: Variant
    label: str
    identity: str
    cells: tuple[BoardCell | None, ...]


@dataclass(frozen=True)
class Leaderboard:
    """All lines of the runs under one protocol.

    Attributes:
        columns: Columns from left to right.
        lines: Models, best first in the first metric of the main data set.
        main: The data set that has the most models, and of those the one with the most images.
        tables: The tables of `srbench show`, whose titles and notes hold for the columns.
    """

    columns: tuple[BoardColumn, ...]
    lines: tuple[BoardLine, ...]
    main: str
    tables: tuple[Table, ...]

    def with_columns(
        self, columns: Sequence[BoardColumn], cells: Sequence[Sequence[BoardCell | None]]
    ) -> "Leaderboard":
        """Add columns, each behind those of its group, with cells in the order of the lines."""
        joined = [*self.columns, *columns]
        groups = list(dict.fromkeys(column.group for column in joined))
        order = sorted(range(len(joined)), key=lambda i: groups.index(joined[i].group))
        lines = []
        for line, more in zip(self.lines, cells, strict=True):
            of_line = (*line.cells, *more)
            lines.append(replace(line, cells=tuple(of_line[i] for i in order)))
        return replace(self, columns=tuple(joined[i] for i in order), lines=tuple(lines))


def leaderboard(board: Board) -> Leaderboard:
    """Arrange the summaries of a board; the cells are those of `srbench show`."""
    totals = {
        name: (facts["images"], facts["of"])
        for folder in board.folders
        for call in folder.head()["calls"]
        for name, facts in call["datasets"].items()
    }
    tables = build(board.summaries, board.rankings, totals)
    columns: list[BoardColumn] = []
    cells: dict[tuple[Variant, str], BoardCell] = {}
    for table in tables:
        of = [summary for summary in board.summaries if summary.dataset == table.key]
        columns += _columns(table, of)
        cells |= _cells(table, of, board)
    main = max(board.datasets, key=lambda name: (_compared(board, name), board.images(name)))
    variants = list(dict.fromkeys(_variant(summary) for summary in board.summaries))
    several = len({variant[1:] for variant in variants if variant[2] != FILES}) > 1
    lines = [
        BoardLine(
            variant,
            _label(variant, several=several),
            next(summary.identity for summary in board.summaries if _variant(summary) == variant),
            tuple(cells.get((variant, column.key)) for column in columns),
        )
        for variant in variants
    ]
    first = next((i for i, column in enumerate(columns) if column.group == main), 0)
    return Leaderboard(tuple(columns), tuple(_best_first(lines, first, columns[first])), main, tuple(tables))


def _columns(table: Table, summaries: Sequence[Summary]) -> list[BoardColumn]:
    return [
        BoardColumn(f"{table.key}/{metric}", table.key, metric, "timing" if metric in TIMINGS else "metric", column)
        for metric, column in zip(_metrics(summaries), table.columns[1:], strict=True)
    ]


def _cells(table: Table, summaries: Sequence[Summary], board: Board) -> dict[tuple[Variant, str], BoardCell]:
    """Give each cell of a table its full value and its letters."""
    variants = dict.fromkeys(_variant(summary) for summary in summaries)
    known = {(_variant(summary), summary.metric): summary for summary in summaries}
    count = max(summary.images for summary in summaries)
    cells = {}
    for variant, row in zip(variants, table.rows, strict=True):
        for metric, cell in zip(_metrics(summaries), row[1:], strict=True):
            if summary := known.get((variant, metric)):
                value = summary.median if metric in TIMINGS else summary.mean
                value = value if summary.n == count else None
                letters = board.letters.get((table.key, metric), {}).get(variant, "")
                cells[variant, f"{table.key}/{metric}"] = BoardCell(cell, value, letters)
    return cells


def _compared(board: Board, dataset: str) -> int:
    """Count the models that are compared on a data set."""
    return max((len(of.wins) for (name, _), of in board.rankings.items() if name == dataset), default=0)


def _metrics(summaries: Iterable[Summary]) -> list[str]:
    return sorted({summary.metric for summary in summaries}, key=column_order)


def _variant(summary: Summary) -> Variant:
    return (summary.model, summary.device, summary.mode)


def _label(variant: Variant, *, several: bool) -> str:
    model, device, mode = variant
    return f"{model} ({device} {mode})" if several and mode != FILES else model


def _best_first(lines: Sequence[BoardLine], place: int, column: BoardColumn) -> list[BoardLine]:
    """Sort by a column; lines without a value stand last, in their order."""
    sign = -1 if column.column.higher_is_better else 1

    def order(line: BoardLine) -> tuple[bool, float]:
        cell = line.cells[place]
        value = cell.value if cell else None
        return (value is None, 0.0 if value is None else sign * value)

    return sorted(lines, key=order)
