"""Reading and writing of tables of text: CSV, JSON and Parquet."""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from srbench.core import comma_separated as csv_text
from srbench.core import files
from srbench.errors import BadRatings, first_line, reason

_SHOWN = 3
_CELL = re.compile(r'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n]*)(?:,|\r\n|\n|\r|\Z)')
"""A cell of CSV, and what ends it."""
_STRAY = 'delete the quote, or double it and enclose the cell in quotes: "a ""b"" c"'

LocatedRow = tuple[str, Mapping[str, str]]
"""Position of a row, for messages, and its cells."""


class RowErrors:
    """Collects rows that cannot be right, so that one message can name several."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.by_row: dict[str, str] = {}

    def add(self, row: str, what: str) -> None:
        """Note an error of a row; only its first is kept, since others may follow from it."""
        self.by_row.setdefault(row, what)

    def check(self) -> None:
        """Raise `BadRatings` if there are any."""
        if self.by_row:
            shown = [f"{row}: {what}" for row, what in list(self.by_row.items())[:_SHOWN]]
            rest = len(self.by_row) - _SHOWN
            more = f"; and {rest} more" if rest > 0 else ""
            raise BadRatings(f"{self.path}: {'; '.join(shown)}{more}. Mend these rows or leave them out")


def number(where: str, name: str, text: str, errors: RowErrors) -> float:
    """Read the number that a cell holds; NaN, and an error, where it holds none."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        errors.add(where, f"{name} '{text}' is not a number")
        return math.nan
    return value


def optional(where: str, name: str, text: str, errors: RowErrors) -> float:
    """Read the number that a cell holds; NaN without an error where it is empty."""
    return number(where, name, text, errors) if text else math.nan


def read(path: Path) -> tuple[list[LocatedRow], list[str]]:
    """Read rows with their positions, and the names of the columns; every cell is text."""
    if not path.is_file():
        raise BadRatings(f"{path} is no file; expected ratings as .csv, .json or .parquet")
    readers: dict[str, Callable[[Path], tuple[list[LocatedRow], list[str]]]] = {
        ".csv": _csv,
        ".json": _json,
        ".parquet": _parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadRatings(f"{path} ends in '{path.suffix}'; expected {', '.join(readers)}")
    return reader(path)


def _csv(path: Path) -> tuple[list[LocatedRow], list[str]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = 3 if raw.startswith(b"\xef\xbb\xbf") else 0  # the decoder counts without it
        line = raw[: error.start + mark].count(b"\n") + 1
        actual = " but UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise BadRatings(
            f"{path}, line {line}: not UTF-8 text{actual}; save the file with the encoding UTF-8"
        ) from error
    _check_quotes(path, text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise BadRatings(f"{path}, line 1: {error}; expected names of columns") from error
    other = next((sign for sign in ";\t" if len(names) == 1 and sign in names[0]), None)
    if other:
        said = "semicolons" if other == ";" else "tabs"
        raise BadRatings(
            f"{path}, line 1: columns are separated by {said}; expected commas, save the file as CSV with commas"
        )
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise BadRatings(f"{path}, line 1: column '{twice[0]}' is there twice")
    rows: list[LocatedRow] = []
    begins = reader.line_num + 1
    try:
        for cells in reader:
            if any(_holds_rows(cell, at, len(names)) for at, cell in enumerate(cells)):
                raise BadRatings(f"{path}, line {begins}: a quoted cell holds the lines that follow; {_STRAY}")
            if cells and len(cells) != len(names):
                raise BadRatings(f"{path}, line {begins}: {len(cells)} cells; expected {len(names)}")
            if cells:
                rows.append((f"line {begins}", dict(zip(names, map(str.strip, cells), strict=True))))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadRatings(f"{path}, line {begins}: {error}") from error
    return rows, names


def _check_quotes(path: Path, text: str) -> None:
    """Refuse quotes that neither enclose a cell nor stand doubled in one: they join lines, whose votes are lost.

    Raises:
        BadRatings: There is one; its line is named.
    """
    at = 0
    last = text.rfind('"')
    while at <= last:
        cell = _CELL.match(text, at)
        if cell is None:
            line = text[:at].count("\n") + 1
            what = "a quote is opened here and never closed" if '"' not in text[at + 1 :] else "a stray quote"
            raise BadRatings(f"{path}, line {line}: {what}; {_STRAY}")
        at = cell.end()


def _holds_rows(cell: str, at: int, columns: int) -> bool:
    """Whether a cell holds the rest of its row, whole rows and the begin of another, as after a stray quote."""
    first, *others = cell.splitlines() or [""]
    if not others or columns == 1:
        return False
    *rows, last = others
    commas = [first.count(","), *(row.count(",") for row in rows), last.count(",")]
    return commas == [columns - 1 - at, *[columns - 1] * len(rows), at]


def _json(path: Path) -> tuple[list[LocatedRow], list[str]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadRatings(f"{path} is not JSON: {first_line(error)}") from error
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise BadRatings(f"{path}: expected a JSON list with one object for each vote")
    return _numbered(path, content)


def _parquet(path: Path) -> tuple[list[LocatedRow], list[str]]:
    try:
        records = pd.read_parquet(path).to_dict("records")
    except ImportError as error:
        raise BadRatings(f"{path}: reading Parquet needs pyarrow; install it with: pip install pyarrow") from error
    except Exception as error:  # of a damaged file pandas and pyarrow raise whatever they run into
        raise BadRatings(f"{path} cannot be read as Parquet: {reason(error)}; write it anew") from error
    return _numbered(path, records)


def _numbered(path: Path, records: Sequence[Mapping[Any, Any]]) -> tuple[list[LocatedRow], list[str]]:
    names = list(dict.fromkeys(str(name) for record in records for name in record))
    rows: list[LocatedRow] = [
        (f"row {i}", {name: _text(record.get(name)) for name in names}) for i, record in enumerate(records, start=1)
    ]
    errors = RowErrors(path)
    for where, row in rows:
        for name, cell in row.items():
            if not _is_text(name) or not _is_text(cell):
                errors.add(where, f"{name!a} is {cell!a}, which is no text in Unicode")
    errors.check()
    return rows, names


def _is_text(cell: str) -> bool:
    """Whether UTF-8 can hold a text; JSON can hold halves of signs."""
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float | np.floating):
        return number_text(float(value))
    return str(value).strip()


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same number; whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def comma_separated(rows: list[dict[str, Any]]) -> str:
    """Write records as CSV, with the columns of the first."""
    return csv_text.comma_separated(
        list(rows[0]), [{name: _text(value) for name, value in row.items()} for row in rows]
    )


def write(rows: list[dict[str, Any]], path: Path) -> None:
    """Write records as .csv, .json or .parquet; reading them gives the same cells in the same order.

    Raises:
        BadRatings: The ending is none of these, or the folder cannot be written.
    """
    try:
        if path.suffix.lower() == ".csv":
            files.write(path, comma_separated(rows))
        elif path.suffix.lower() == ".json":
            files.write(path, "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n")
        elif path.suffix.lower() == ".parquet":
            _write_parquet(rows, path)
        else:
            raise BadRatings(f"{path} ends in '{path.suffix}'; expected .csv, .json or .parquet")
    except OSError as error:
        raise BadRatings(f"{path} cannot be written: {error.strerror}") from error


def _write_parquet(rows: list[dict[str, Any]], path: Path) -> None:
    try:
        with files.atomic_write(path) as partial:
            pd.DataFrame(rows).to_parquet(partial, index=False)
    except ImportError as error:
        raise BadRatings(f"{path}: writing Parquet needs pyarrow; install it with: pip install pyarrow") from error
