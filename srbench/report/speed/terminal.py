"""A session on a terminal, by rich."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from srbench.report.speed.page import KEY, Page
from srbench.report.speed.tables import DASH, Column, Table


def show(page: Page, width: int) -> RenderableType:
    """What `srbench throughput` closes with.

    Args:
        page: The session.
        width: Columns of the terminal; where they are few the less important columns of tables are left out.
    """
    parts: list[RenderableType] = [Text(page.title, style="bold"), *(Text(line, style="dim") for line in page.facts)]
    for table in page.tables:
        parts += [Text(), _fitting(table, width), *(Text(f"• {note}") for note in table.notes)]
    parts += [Text(), Text(KEY, style="dim"), *(Text(f"• {note}") for note in page.notes)]
    return Group(*parts)


def _fitting(table: Table, width: int) -> RichTable:
    """With as many columns as fit; empty ones go first."""
    shown = [column for column in table.columns if not column.rank or any(cell != DASH for cell in column.cells)]
    made = _table(table, shown)
    while _width(made) > width and any(column.rank for column in shown):
        shown.remove(max(reversed(shown), key=lambda column: column.rank))
        made = _table(table, shown)
    return made


def _width(made: RichTable) -> int:
    return Console(width=10_000).measure(made).maximum


def _table(table: Table, shown: Sequence[Column]) -> RichTable:
    made = RichTable(title=Text(table.title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in shown:
        # Long names fold; a figure is whole or not there.
        side = "left" if column.text else "right"
        made.add_column(Text(column.head), justify=side, no_wrap=not column.text, overflow="fold")  # type: ignore[arg-type]
    for line, cells in enumerate(zip(*(column.cells for column in shown), strict=True)):
        texts = [Text(cell, "bold green" if line in c.best else "") for cell, c in zip(cells, shown, strict=True)]
        made.add_row(*texts, style="dim" if line in table.doubtful else "")
    return made
