"""Records of JSON, as one list or line by line, and tables of them."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from srbench.errors import BadRatings, first_line
from srbench.ratings.table import Part, RowErrors, Table, texts

Record = Mapping[Any, Any]
SESSION = "session of the file"
"""Column that numbers the lists of a file whose records stand in several."""


def read(path: Path, *, lines: bool) -> list[Record]:
    """Read records from a list of objects, or from a line for each; lists in lists are sessions, one after another.

    Args:
        path: File to read.
        lines: Whether each line is a value of its own.

    Raises:
        BadRatings: The file is no such JSON.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRatings(f"{path} is not JSON: {first_line(error)}") from error
    if not lines:
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            if not _each_line_is_json(text):
                raise BadRatings(f"{path} is not JSON: {first_line(error)}") from error
            return read(path, lines=True)
        if not isinstance(content, list):
            raise BadRatings(f"{path}: expected a JSON list with one object for each vote")
    else:
        content = list(_of_lines(path, text))
    return _flat(path, content)


def _each_line_is_json(text: str) -> bool:
    """Whether the first two lines are JSON each, so that the file is meant to be read line by line."""
    first = [line for line in text.split("\n", 3)[:3] if line.strip()][:2]
    try:
        return len(first) == 2 and all(isinstance(json.loads(line), dict | list) for line in first)
    except (ValueError, RecursionError):
        return False


def _of_lines(path: Path, text: str) -> Iterable[Any]:
    for at, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadRatings(f"{path}, line {at}: not JSON: {first_line(error)}; expected one object") from error


def _flat(path: Path, content: Sequence[Any]) -> list[Record]:
    records: list[Record] = []
    for session, value in enumerate(content, start=1):
        if isinstance(value, list):
            records += [{**record, SESSION: session} if isinstance(record, dict) else record for record in value]
        else:
            records.append(value)
    if not all(isinstance(record, dict) for record in records):
        raise BadRatings(f"{path}: expected a JSON list with one object for each vote")
    return records


def table(path: Path, records: Sequence[Record]) -> Table:
    """Return the table of records, numbered from 1; what is nested in them is JSON."""
    names = list(dict.fromkeys(str(name) for record in records for name in record))
    columns = {name: texts([text(record.get(name)) for record in records]) for name in names}
    made = Table(columns, (Part(path, "row", np.arange(1, len(records) + 1)),))
    errors = RowErrors(made)
    for name, cells in columns.items():
        for row, cell in enumerate(cells):
            if (not cell.isascii() and not _is_text(cell)) or not _is_text(name):
                errors.add(row, f"{name!a} is {cell!a}, which is no text in Unicode")
    errors.check()
    return made


def _is_text(cell: str) -> bool:
    """Whether UTF-8 can hold a text; JSON can hold halves of signs."""
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def text(value: Any) -> str:
    """Return the text of a cell: empty for none, 1 and 0 for truth, the shortest for numbers."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float | np.floating):
        return number_text(float(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value).strip()


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same number; whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
