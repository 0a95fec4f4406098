"""What a table of a package is: its columns with types and meanings, as Table Schema has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

ColumnType = Literal["string", "integer", "number", "boolean", "datetime"]
Kept = Literal["always", "private", "panel"]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Name in the head of the table.
        type: Type of its cells, as Table Schema names it; any cell may be empty unless it is required.
        meaning: What it says, in a sentence without its end.
        unit: Unit of its numbers; empty where they have none.
        values: The only values that it can have; empty where it can have others.
        required: Whether every row has a cell.
        kept: Whether it stands in every package, in those that are not public (ids, free text and clock times), or
            only where the ids of panels are asked for.
    """

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""
    values: tuple[str, ...] = ()
    required: bool = False
    kept: Kept = "always"

    def as_schema(self) -> dict[str, Any]:
        """Return the column as a field of Table Schema."""
        constraints: dict[str, Any] = {"required": True} if self.required else {}
        if self.values:
            constraints["enum"] = list(self.values)
        described = f"{self.meaning}, in {self.unit}." if self.unit else f"{self.meaning}."
        field = {"name": self.name, "type": self.type, "description": described}
        return {**field, **({"constraints": constraints} if constraints else {})}


@dataclass(frozen=True)
class Table:
    """A table of a package.

    Attributes:
        name: Name of the resource; its file is the name with .csv.
        meaning: What a row is.
        columns: Its columns.
        key: Columns that together are different in every row.
        references: Column and table that it refers to, whose first column it is; such a table has one key.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[tuple[str, str], ...] = ()

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.name}.csv"

    def kept(self, *, public: bool, panel_ids: bool) -> "Table":
        """Return the table with the columns that a package of this kind has."""
        wanted = {"always", *([] if public else ["private"]), *(["panel"] if panel_ids else [])}
        return self.with_columns([column for column in self.columns if column.kept in wanted])

    def with_columns(self, columns: Sequence[Column]) -> "Table":
        """Return the table with other columns."""
        return Table(self.name, self.meaning, tuple(columns), self.key, self.references)

    def as_schema(self) -> dict[str, Any]:
        """Return the schema of the table, as Table Schema has it."""
        keys = [
            {"fields": [column], "reference": {"resource": table, "fields": [column]}}
            for column, table in self.references
        ]
        schema = {"fields": [column.as_schema() for column in self.columns], "primaryKey": list(self.key)}
        return {**schema, **({"foreignKeys": keys} if keys else {})}
