"""A table before any format, and the formats."""

from collections.abc import Sequence
from dataclasses import dataclass

from srbench.report.runs.formats import escape


@dataclass(frozen=True)
class Table:
    """Text in rows and columns.

    Attributes:
        key: Short name, for files and anchors.
        title: What it shows.
        heads: Of the columns.
        rows: Cells; empty where nothing can be told.
        texts: How many columns, from the left, are text; the others are figures.
        note: How to read it.
    """

    key: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    note: str = ""


def markdown(tables: Sequence[Table], title: str, methods: str, notes: Sequence[str]) -> str:
    """A page: what a reader must know, the tables, the methods."""
    parts = [f"# {_cell(title)}"]
    if notes:
        parts.append("\n".join(f"- {note}" for note in notes))
    for table in tables:
        bars = "|" + "---|" * table.texts + "---:|" * (len(table.heads) - table.texts)
        rows = ["| " + " | ".join(map(_cell, row)) + " |" for row in (table.heads, *table.rows)]
        parts += [f"## {table.title}", "\n".join([rows[0], bars, *rows[1:]])]
        if table.note:
            parts.append(table.note)
    return "\n\n".join([*parts, "## Methods", methods]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def latex(tables: Sequence[Table], title: str) -> str:
    """One `table` for each, for the packages booktabs and longtable."""
    blocks = [f"% {title}; needs booktabs, longtable"]
    for table in tables:
        long = len(table.rows) > 40
        name = "longtable" if long else "tabular"
        caption = rf"\caption{{{escape(table.title)}. {escape(table.note)}}}"
        body = [
            rf"\begin{{{name}}}{{{'l' * table.texts}{'r' * (len(table.heads) - table.texts)}}}",
            *([caption + r"\\"] if long else []),
            r"\toprule",
            " & ".join(map(escape, table.heads)) + r" \\",
            r"\midrule",
            *(" & ".join(map(escape, row)) + r" \\" for row in table.rows),
            r"\bottomrule",
            rf"\end{{{name}}}",
        ]
        blocks += body if long else [r"\begin{table}", caption, *body, r"\end{table}"]
    return "\n".join(blocks) + "\n"
