"""Reports on a terminal, by rich."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from srbench.report.table import DASH, Cell, Column, Page, Section, Table

_TONES = {"plain": "", "dim": "dim", "good": "bold green", "loud": "bold red"}


def page(content: Page, width: int, *, most_rows: int | None = None, folder: str = "") -> RenderableType:
    """Arrange a page: title, tables, how to read them, sections, and caveats last, where the eye ends.

    Args:
        content: The report.
        width: Columns of the terminal; where they are few, less important columns and spreads are left out.
        most_rows: Rows above which a table is cut; None for no limit.
        folder: Where the files hold the tables whole, for the line below a table that is cut.
    """
    parts: list[RenderableType] = [Text(content.title, style="bold")] if content.title else []
    parts += [Text(line, style="dim") for line in content.lead]
    for part in content.tables:
        parts += [Text(), *_with_notes(part, width, most_rows, folder)]
    caption = (content.brief_caption,) if content.brief_caption else content.caption
    below = [Text(line, style="dim") for line in caption]
    below += [line for section in content.sections for line in _section(section)]
    below += [Text(f"• {line}", style="yellow") for line in content.caveats]
    return Group(*parts, *([Text()] if below and content.tables else []), *below)


def _section(section: Section) -> list[Text]:
    bullet = "• " if section.kind == "list" else ""
    return [Text(f"{bullet}{line}", style=_TONES[section.tone]) for line in section.lines]


def _with_notes(part: Table, width: int, most_rows: int | None, folder: str) -> list[RenderableType]:
    arranged, left_out = _fitting(part, width, most_rows)
    lines: list[RenderableType] = [arranged]
    if most_rows is not None and len(part.rows) > most_rows:
        lines.append(Text(f"… {len(part.rows) - most_rows} more rows in {folder}", style="dim"))
    if left_out:
        lines.append(Text(f"Left out for lack of room: {', '.join(left_out)}.", style="dim"))
    bullet = "• " if len(part.notes) > 1 else ""
    return [*lines, *(Text(f"{bullet}{note}", style="dim") for note in part.notes)]


def table(content: Table, width: int) -> RichTable:
    """Arrange one table without its notes; what does not fit is left out.

    Args:
        content: The table.
        width: Columns of the terminal.
    """
    return _fitting(content, width, None)[0]


def _fitting(content: Table, width: int, most_rows: int | None) -> tuple[RichTable, list[str]]:
    """The table as it fits: spreads go first, then the less important columns; and what was left out."""
    shown = [i for i in range(len(content.columns)) if not content.columns[i].rank or not _empty(content, i)]
    arranged = _table(content, shown, most_rows, spreads=True)
    left_out: list[str] = []
    if _width(arranged) > width and any(cell.spread for row in content.rows for cell in row):
        left_out.append("intervals")
        arranged = _table(content, shown, most_rows, spreads=False)
    while _width(arranged) > width and any(content.columns[i].rank for i in shown):
        last = max(reversed(shown), key=lambda i: content.columns[i].rank)
        shown.remove(last)
        left_out.append(content.columns[last].title)
        arranged = _table(content, shown, most_rows, spreads=False)
    return arranged, left_out


def _empty(content: Table, column: int) -> bool:
    return all(row[column].text in ("", DASH) for row in content.rows)


def _width(arranged: RichTable) -> int:
    return Console(width=10_000).measure(arranged).maximum


def _table(content: Table, shown: Sequence[int], most_rows: int | None, *, spreads: bool) -> RichTable:
    title = Text(content.title, style="bold") if content.title else None
    arranged = RichTable(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    rows = content.rows[:most_rows]
    for i in shown:
        column = content.columns[i]
        # Long names fold; a number is whole or not there.
        whole = column.align == "right"
        arranged.add_column(Text(column.broken_title, justify=column.align), no_wrap=whole, overflow="fold")
    texts = [_column(content.columns[i], [row[i] for row in rows], spreads=spreads) for i in shown]
    for cells in zip(*texts, strict=True):
        arranged.add_row(*cells)
    return arranged


def _column(column: Column, cells: Sequence[Cell], *, spreads: bool) -> list[Text]:
    """Print the cells of a column; blanks keep numbers aligned where some have a mark behind them."""
    if column.align == "left":
        return [_cell(cell, 0, spreads=spreads) for cell in cells]
    ending = max((len(cell.ending) for cell in cells), default=0)
    texts = [_cell(cell, ending, spreads=spreads) for cell in cells]
    width = max(text.cell_len for text in (*map(Text, column.broken_title.split("\n")), *texts))
    for text in texts:
        text.pad_left(width - text.cell_len)
    return texts


def _cell(cell: Cell, ending: int, *, spreads: bool) -> Text:
    text = Text("≈ " if cell.tied else "* " if cell.best else "")
    text.append(
        cell.text, style="bold green" if cell.best else "underline" if cell.second else "dim" if cell.doubtful else ""
    )
    text.append(cell.ending.ljust(ending), style="dim" if cell.doubtful else "")
    if cell.spread and spreads:
        text.append(f" [{cell.spread}]", style="dim")
    return text
