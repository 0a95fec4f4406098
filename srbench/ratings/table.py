"""Tables of text with the place of each row in its file, so that messages can name it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from srbench.core.deferred import deferred
from srbench.errors import BadRatings
from srbench.stats.arrays import Flags, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = deferred("pandas")

Texts = npt.NDArray[np.object_]
"""Cells of a column; each is a str without space around it."""

_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of a table that come from one file.

    Attributes:
        path: The file.
        unit: What its rows are numbered by: "line" or "row".
        numbers: Number of each row, from 1, `(rows,)`.
    """

    path: Path
    unit: str
    numbers: Ints


@dataclass(frozen=True, eq=False)
class Table:
    """Cells of one or more files as text.

    Attributes:
        columns: Cells by the name of the column, each `(rows,)`.
        parts: Files from which the rows come, in the order of the rows.
        separator: Sign between the cells of a line; empty where the file is no text of cells.
    """

    columns: dict[str, Texts]
    parts: tuple[Part, ...]
    separator: str = ""

    def __len__(self) -> int:
        return sum(len(part.numbers) for part in self.parts)

    @property
    def title(self) -> str:
        """Name of the files, for messages."""
        first, more = self.parts[0].path, len(self.parts) - 1
        return f"{first} and {more} more file{'s' if more > 1 else ''}" if more else str(first)

    def where(self, row: int) -> str:
        """Return the place of a row, as "line 3", with the file where there are several."""
        for part in self.parts:
            if row < len(part.numbers):
                place = f"{part.unit} {part.numbers[row]}"
                return f"{part.path}, {place}" if len(self.parts) > 1 else place
            row -= len(part.numbers)
        raise IndexError(row)

    def column(self, name: str) -> Texts:
        """Return the cells of a column; empty texts where there is none."""
        return self.columns[name] if name in self.columns else constant("", len(self))

    def keep(self, wanted: Flags) -> "Table":
        """Return the rows that a mask `(rows,)` names."""
        start, parts = 0, []
        for part in self.parts:
            end = start + len(part.numbers)
            parts.append(Part(part.path, part.unit, part.numbers[wanted[start:end]]))
            start = end
        return Table({name: cells[wanted] for name, cells in self.columns.items()}, tuple(parts), self.separator)

    def with_columns(self, columns: dict[str, Texts]) -> "Table":
        """Return the same rows with other columns."""
        return Table(columns, self.parts, self.separator)


def constant(text: str, rows: int) -> Texts:
    """Return a column of one text."""
    cells = np.empty(rows, dtype=object)
    cells[:] = text
    return cells


def texts(cells: Sequence[str]) -> Texts:
    """Return a column of these cells."""
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def mapped(cells: Texts, change: Callable[[str], str]) -> Texts:
    """Return a column with each different cell changed once."""
    codes, different = factorized(cells)
    return texts([change(text) for text in different])[codes] if len(cells) else cells


def factorized(cells: Texts) -> tuple[Ints, list[str]]:
    """Return the number of each cell among the different ones, `(rows,)`, and these in order of appearance."""
    codes, different = pd.factorize(cells)
    return codes.astype(np.int64), list(different)


def joined(columns: Sequence[Texts]) -> Texts:
    """Join the cells of several columns with a _."""
    if len(columns) == 1:
        return columns[0]
    return texts(["_".join(cells) for cells in zip(*columns, strict=True)])


def stacked(tables: Sequence[Table]) -> Table:
    """Return the rows of several tables below each other; cells of columns that one lacks are empty."""
    if len(tables) == 1:
        return tables[0]
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    columns = {name: np.concatenate([table.column(name) for table in tables]) for name in names}
    separators = {table.separator for table in tables}
    separator = separators.pop() if len(separators) == 1 else ""
    return Table(columns, tuple(part for table in tables for part in table.parts), separator)


class RowErrors:
    """Collects rows that cannot be right, so that one message can name several."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.found: list[tuple[Ints, Callable[[int], str]]] = []

    def add(self, row: int, what: str) -> None:
        """Note an error of a row; only its first is shown, since others may follow from it."""
        self.found.append((np.array([row]), lambda _: what))

    def flag(self, wrong: Flags, what: Callable[[int], str]) -> None:
        """Note an error of all rows of a mask `(rows,)`; `what` says it for the number of one."""
        if wrong.any():
            self.found.append((np.flatnonzero(wrong), what))

    def check(self) -> None:
        """Raise `BadRatings` if there are any."""
        if not self.found:
            return
        rows = np.unique(np.concatenate([wrong for wrong, _ in self.found]))
        shown = [f"{self.table.where(int(row))}: {self._first(int(row))}" for row in rows[:_SHOWN]]
        more = f"; and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        raise BadRatings(f"{self.table.title}: {'; '.join(shown)}{more}. Mend these rows or leave them out")

    def _first(self, row: int) -> str:
        return next(what(row) for wrong, what in self.found if row in wrong)


def number_of(text: str, *, comma: bool = False) -> float:
    """Return the number that a text holds; NaN where it holds none, or an infinite one."""
    try:
        value = float(text.replace(",", ".") if comma and "." not in text else text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def numbers(table: Table, name: str, errors: RowErrors, *, optional: bool = False, hint: str = "") -> Floats:
    """Read a column of numbers, `(rows,)`.

    Args:
        table: The table; a decimal comma is read where its cells are separated by other signs.
        name: Name of the column.
        errors: Gets the cells that are no numbers.
        optional: Whether empty cells are allowed; they are NaN.
        hint: What to do about cells that are words.
    """
    codes, different = factorized(table.column(name))
    values = np.array([number_of(text, comma=table.separator in (";", "\t")) for text in different])
    filled = np.array([bool(text) or not optional for text in different], dtype=bool)
    wrong = np.isnan(values) & filled
    if len(codes):
        errors.flag(
            wrong[codes],
            lambda row: f"{name} '{different[codes[row]]}' is not a number{hint if different[codes[row]] else ''}",
        )
    return values[codes] if len(codes) else np.empty(0)
