"""A session as Markdown and CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from srbench.report.speed.page import READING, Page
from srbench.report.speed.tables import Column, Table
from srbench.speed.records import Price, SpeedRow, Work


def markdown(page: Page) -> str:
    """A page with all columns, the legend, and the figures, which lie beside it as PNG."""
    parts = [f"# {page.title}", *page.facts]
    for table in page.tables:
        parts += [f"## {table.title}", _table(table)]
        if table.notes:
            parts.append("\n".join(f"- {note}" for note in table.notes))
        if table.picture:
            parts.append(f"![{table.title}]({table.picture}.png)")
    if page.notes:
        parts += ["## Not run", "\n".join(f"- {note}" for note in page.notes)]
    parts += ["## How to read", "\n".join(f"- {line}" for line in READING)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    heads = " | ".join(_plain(column.head) for column in table.columns)
    bars = "|".join("---" if column.text else "---:" for column in table.columns)
    count = len(table.columns[0].cells)
    lines = (" | ".join(_cell(column, i) for column in table.columns) for i in range(count))
    return "\n".join([f"| {heads} |", f"|{bars}|", *(f"| {line} |" for line in lines)])


def _cell(column: Column, line: int) -> str:
    text = _plain(column.cells[line].strip())
    return f"**{text.removeprefix('* ')}**" if line in column.best else text


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def table_csv(rows: Iterable[SpeedRow], device: Mapping[str, Any]) -> str:
    """One line for each row, all fields, full precision; empty where there is no value.

    Quartiles are `q1_ms` and `q3_ms`; fields of `work` and `price` bear these names before them. The last columns say
    where it was measured, so that lines of several files can stand in one.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, [*_HEADS, *MACHINE], lineterminator="\n")
    writer.writeheader()
    where = {name: device.get(name) for name in MACHINE} | {"torch": (device.get("packages") or {}).get("torch")}
    writer.writerows(_flat(row) | where for row in rows)
    return out.getvalue()


MACHINE = ("machine", "cpu", "threads", "driver", "power_limit_w", "most_clock_mhz", "torch", "commit")
"""Columns that say where a line was measured."""
_PARTS: dict[str, list[str]] = {
    "iqr_ms": ["q1_ms", "q3_ms"],
    "work": [f"work_{field.name}" for field in fields(Work)],
    "price": [*(f"price_{field.name}" for field in fields(Price)), "price_marked"],
}
_HEADS = [head for field in fields(SpeedRow) for head in _PARTS.get(field.name, [field.name])]


def _flat(row: SpeedRow) -> dict[str, Any]:
    record = {name: value for name, value in row.as_dict().items() if name not in _PARTS}
    record |= dict(zip(_PARTS["iqr_ms"], row.iqr_ms, strict=True))
    for name, part in (("work", row.work), ("price", row.price)):
        record |= {f"{name}_{field}": value for field, value in asdict(part).items()} if part else {}
    return record | ({"price_marked": row.price.marked} if row.price else {})
