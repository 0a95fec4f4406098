"""Records of a report as CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

from srbench.core.comma_separated import comma_separated


def records(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write records in full precision: the keys of all of them are the columns, and a list is one cell."""
    columns = dict.fromkeys(name for row in rows for name in row)
    flat = [{name: _cell(value) for name, value in row.items()} for row in rows]
    return comma_separated(list(columns), flat)


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value
