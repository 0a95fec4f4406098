"""Reading and writing of tables: CSV and its relatives, JSON, JSON lines, Parquet, and SQLite for reading."""

import codecs
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.core import comma_separated as csv_text
from srbench.core import files
from srbench.core.deferred import deferred
from srbench.errors import BadRatings, reason
from srbench.ratings import delimited, json_records
from srbench.ratings.json_records import Record
from srbench.ratings.table import Table

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = deferred("pandas")

_RATINGS_TABLE = "ratings"
"""The table of an SQLite file that is read; AVrate calls it so."""


@dataclass(frozen=True, eq=False)
class Source:
    """Contents of a file.

    Attributes:
        table: Cells as text.
        records: Records with what is nested in them, of JSON; empty for other files.
        rater: Name of the rater where no column names one; empty where the file cannot tell.
    """

    table: Table
    records: Sequence[Record] = ()
    rater: str = ""


def read(path: Path) -> Source:
    """Read a file of a table; its name tells how it is stored.

    Raises:
        BadRatings: The file is absent, or no such table.
    """
    if not path.is_file():
        what = files.absent_or(path, "is no file")
        raise BadRatings(f"{path} {what}; expected ratings as .csv, .json or .parquet")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BadRatings(f"{path} ends in '{path.suffix}'; expected {', '.join(_READERS)}")
    return reader(path)


def read_table(path: Path) -> Table:
    """Read a file of a table whose cells are all that is wanted."""
    return read(path).table


def _delimited(path: Path) -> Source:
    return Source(delimited.read(path))


def _text(path: Path) -> Source:
    """Read a text file: survey servers call a list of JSON, or a line of it for each rater, .txt too."""
    with path.open("rb") as file:
        start = file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    return _records(path, lines=False) if start.startswith((b"[", b"{")) else _delimited(path)


def _json(path: Path) -> Source:
    return _records(path, lines=path.suffix.lower() != ".json")


def _records(path: Path, *, lines: bool) -> Source:
    records = json_records.read(path, lines=lines)
    return Source(json_records.table(path, records), records)


def _parquet(path: Path) -> Source:
    try:
        records = pd.read_parquet(path).to_dict("records")
    except ImportError as error:
        raise BadRatings(f"{path}: reading Parquet needs pyarrow; install it with: pip install pyarrow") from error
    except Exception as error:  # of a damaged file pandas and pyarrow raise whatever they run into
        raise BadRatings(f"{path} cannot be read as Parquet: {reason(error)}; write it anew") from error
    return Source(json_records.table(path, records))


def _sqlite(path: Path) -> Source:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            if _RATINGS_TABLE not in tables:
                raise BadRatings(
                    f"{path} has no table {_RATINGS_TABLE}, as AVrate writes it; its tables: {', '.join(tables)}"
                )
            database.row_factory = sqlite3.Row
            records = [dict(row) for row in database.execute(f"SELECT * FROM {_RATINGS_TABLE}")]
    except sqlite3.Error as error:
        raise BadRatings(f"{path} cannot be read as SQLite: {reason(error)}; copy it anew") from error
    return Source(json_records.table(path, records))


_READERS: dict[str, Callable[[Path], Source]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), _delimited),
    ".txt": _text,
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), _json),
    ".parquet": _parquet,
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), _sqlite),
}


def comma_separated(rows: list[dict[str, Any]]) -> str:
    """Write records as CSV, with the columns of the first."""
    return csv_text.comma_separated(
        list(rows[0]), [{name: json_records.text(value) for name, value in row.items()} for row in rows]
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
