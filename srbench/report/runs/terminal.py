"""Tables for a terminal, by rich."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from srbench.report.runs.table import Cell, Table

_WIDE = 130
"""Columns from which on intervals have room; they are always in summary.md and summary.csv."""


def page(
    tables: Sequence[Table], heading: Sequence[str], notes: Sequence[str], reading: str, width: int
) -> RenderableType:
    """What `srbench run` closes with.

    Args:
        tables: One for each data set.
        heading: What holds for all of them.
        notes: What stands below.
        reading: How to read a cell.
        width: Columns of the terminal.
    """
    parts: list[RenderableType] = [Text(heading[0], style="bold"), *(Text(line, style="dim") for line in heading[1:])]
    parts += [_table(table, spreads=width >= _WIDE) for table in tables]
    parts.append(Text(reading, style="dim"))
    parts += [Text(f"• {note}") for note in notes]
    return Group(*parts)


def _table(table: Table, *, spreads: bool) -> RichTable:
    made = RichTable(title=table.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    made.add_column("model", no_wrap=True)
    for head in table.heads:
        made.add_column(Text(head), justify="right")
    for line in table.lines:
        made.add_row(line.model, *(_cell(cell, spreads) for cell in line.cells))
    return made


def _cell(cell: Cell, spreads: bool) -> Text:
    text = Text("≈ " if cell.tied else "* " if cell.best else "")
    text.append(cell.text, style="bold green" if cell.best else "")
    if cell.spread and spreads:
        text.append(f" [{cell.spread}]", style="dim")
    return text
