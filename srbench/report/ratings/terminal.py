"""The tables of a study for a terminal, by rich."""

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from srbench.report.ratings.table import Table

_MOST = 20


def page(tables: Sequence[Table], name: str, notes: Sequence[str], methods: str, folder: Path) -> RenderableType:
    """What `srbench survey analyze` prints; long tables are cut, the files hold them whole.

    Args:
        tables: All.
        name: Of the study.
        notes: What a reader must know.
        methods: The methods paragraph.
        folder: Where the files are.
    """
    parts: list[RenderableType] = [Text(name, style="bold")]
    for table in tables:
        parts.append(_table(table))
        if len(table.rows) > _MOST:
            parts.append(Text(f"… {len(table.rows) - _MOST} more rows in {folder}", style="dim"))
        if table.note:
            parts.append(Text(table.note, style="dim"))
    parts += [Text(), Text(methods)]
    parts += [Text(f"• {note}", style="yellow") for note in notes]
    return Group(*parts)


def _table(table: Table) -> RichTable:
    made = RichTable(title=table.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for i, head in enumerate(table.heads):
        made.add_column(Text(head), justify="left" if i < table.texts else "right")
    for row in table.rows[:_MOST]:
        made.add_row(*map(Text, row))
    return made
