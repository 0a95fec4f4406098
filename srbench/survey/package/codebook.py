"""The codebook of a package: every table and every column in words, from the schema that the package has."""

from collections.abc import Sequence

from srbench.survey.package.events import EVENTS
from srbench.survey.package.raters import RATERS, REPLIES
from srbench.survey.package.stimuli import STIMULI
from srbench.survey.package.tables import Column, Table
from srbench.survey.package.texts import TEXTS

TABLES = (EVENTS, RATERS, REPLIES, STIMULI, TEXTS)
_KEPT = {"always": "", "private": " Not in public packages.", "panel": " With `--panel-ids` only."}


def codebook(tables: Sequence[Table] = TABLES) -> str:
    """Return the codebook of tables as Markdown."""
    parts = ["# Codebook", "", "The tables of a package that `srbench survey export` writes. Empty cells are unknown."]
    for table in tables:
        parts += ["", f"## {table.file}", "", f"{table.meaning}. Different in every row: {', '.join(table.key)}."]
        parts += ["", "| column | type | meaning |", "|---|---|---|", *map(_line, table.columns)]
    return "\n".join(parts) + "\n"


def _line(column: Column) -> str:
    unit = f", in {column.unit}" if column.unit else ""
    values = f" One of: {', '.join(column.values)}." if column.values else ""
    return f"| `{column.name}` | {column.type} | {column.meaning}{unit}.{values}{_KEPT[column.kept]} |"
