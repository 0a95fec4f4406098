"""Tables for a terminal, by rich."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from srbench.report.table import Cell, Table


def page(tables: Sequence[Table], heading: Sequence[str], notes: Sequence[str], reading: str) -> RenderableType:
    """What `srbench run` closes with."""
    parts: list[RenderableType] = [Text(heading[0], style="bold"), *(Text(line, style="dim") for line in heading[1:])]
    parts += [_table(table) for table in tables]
    parts.append(Text(reading, style="dim"))
    parts += [Text(f"• {note}") for note in notes]
    return Group(*parts)


def _table(table: Table) -> RichTable:
    made = RichTable(title=table.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    made.add_column("model", no_wrap=True)
    for head in table.heads:
        made.add_column(head, justify="right")
    for line in table.lines:
        made.add_row(line.model, *map(_cell, line.cells))
    return made


def _cell(cell: Cell) -> Text:
    text = Text("≈ " if cell.tied else "")
    text.append(cell.text, style="bold green" if cell.best else "")
    if cell.spread:
        text.append(f" [{cell.spread}]", style="dim")
    return text
