"""The one model of a table and of a page of tables, before any format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Literal

DASH = "–"
"""Text of a cell whose value is not known."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        head: Name of what the column holds; a line break marks where a terminal may break it.
        unit: Unit of the values; empty where there is none, or where the head names it.
        align: Side on which the cells stand: text at the left, numbers at the right.
        higher_is_better: Direction of the values; None where neither direction is better.
        rank: Importance on a narrow terminal: 0 is always shown, the highest rank is left out first.
        group: Name that neighbouring columns have in common, as of a data set; empty where there is none.
    """

    head: str
    unit: str = ""
    align: Literal["left", "right"] = "right"
    higher_is_better: bool | None = None
    rank: int = 0
    group: str = ""

    @property
    def title(self) -> str:
        """Group, head, unit and direction in one line.

        Examples:
            >>> Column("PSNR", "dB", higher_is_better=True).title
            'PSNR [dB] ↑'
        """
        return self.broken_title.replace("\n", " ")

    @property
    def broken_title(self) -> str:
        """The title with the line breaks of the head, below the group."""
        return f"{self.group}\n{self._own_title}" if self.group else self._own_title

    @property
    def own_title(self) -> str:
        """Head, unit and direction in one line, for a format that prints the group above."""
        return self._own_title.replace("\n", " ")

    @property
    def _own_title(self) -> str:
        unit = f" [{self.unit}]" if self.unit else ""
        arrow = "" if self.higher_is_better is None else " ↑" if self.higher_is_better else " ↓"
        return f"{self.head}{unit}{arrow}"


def text_column(head: str, rank: int = 0) -> Column:
    """Make a column of names or words."""
    return Column(head, align="left", rank=rank)


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: Value or name as printed; empty where there is nothing to say.
        spread: Interval or quartiles of the value, without brackets; empty where there are none.
        best: Whether nothing in the column is better; each format makes the cell stand out.
        tied: Whether the value cannot be told from the best one; each format puts ≈ before it.
        doubtful: Whether the measurement behind the value is not valid; each format puts ? behind it.
        second: Whether one value of the column alone is better; each format underlines it.
        mark: Sign behind the text that the caption explains, as †; a terminal keeps the values aligned before it.
    """

    text: str
    spread: str = ""
    best: bool = False
    tied: bool = False
    doubtful: bool = False
    mark: str = ""
    second: bool = False

    @property
    def ending(self) -> str:
        """What stands behind the text: the mark, and ? where the value is doubtful."""
        return self.mark + (" ?" if self.doubtful else "")


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table: columns, rows of as many cells, and how to read them.

    Attributes:
        key: Short name, unique within a page; names files, anchors and labels.
        title: What the table shows.
        columns: Columns from left to right.
        rows: Rows from top to bottom.
        notes: Sentences that stand below the table.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def groups(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Return the names of a table's groups of columns with their numbers of columns, from left to right.

    Examples:
        >>> groups([Column("model"), Column("PSNR", group="Set5"), Column("SSIM", group="Set5")])
        [('', 1), ('Set5', 2)]
    """
    return [(name, len(list(of))) for name, of in groupby(columns, key=attrgetter("group"))]


def text_rows(rows: Iterable[Iterable[str]]) -> tuple[Row, ...]:
    """Make rows whose cells are plain text."""
    return tuple(tuple(map(Cell, row)) for row in rows)


@dataclass(frozen=True)
class Plot:
    """A plot, ready for a page.

    Attributes:
        key: Short name, for files and anchors.
        title: What the plot shows.
        caption: How to read it, and how much data it shows.
        svg: Drawing as SVG; all its ids begin with the key.
        alt: What the plot says, in words.
        file: Name of the picture file beside the page; empty where there is none.
    """

    key: str
    title: str
    caption: str
    svg: str
    alt: str
    file: str = ""


@dataclass(frozen=True)
class KeyValue:
    """A number that stands large at the top of a page.

    Attributes:
        name: What is counted or measured.
        value: Number as printed.
        remark: What it includes; may be empty.
    """

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Section:
    """Text below the tables of a page.

    Attributes:
        title: Heading; a terminal leaves it out.
        lines: Paragraphs, items of a list, or blocks of code.
        kind: What the lines are.
        tone: How a terminal prints them: plain, dim, or loud where the reader must not miss them.
    """

    title: str
    lines: tuple[str, ...]
    kind: Literal["text", "list", "code"] = "text"
    tone: Literal["plain", "dim", "good", "loud"] = "plain"


@dataclass(frozen=True)
class Page:
    """A whole report, ready for any format.

    Attributes:
        title: Heading of the page.
        lead: Lines below the title that hold for all tables.
        tables: Tables, the most wanted first.
        caption: How to read the cells, a sentence or paragraph each.
        brief_caption: The same in one line, for a terminal; empty where the caption serves.
        caveats: What a reader must know before the values are believed.
        sections: Text below the tables.
        key_values: Numbers at the top; only HTML shows them.
        plots: Plots; HTML draws them, Markdown links their files.
    """

    title: str
    lead: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    caption: tuple[str, ...] = ()
    brief_caption: str = ""
    caveats: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    key_values: tuple[KeyValue, ...] = ()
    plots: tuple[Plot, ...] = ()
