"""Text of cells: CSV, and its relatives with semicolons and tabs. Lines that cannot be right are named."""

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from srbench.core.deferred import deferred
from srbench.errors import BadRatings
from srbench.ratings.table import Part, Table, Texts, mapped, texts
from srbench.stats.arrays import Ints

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = deferred("pandas")

_SEPARATORS = (",", ";", "\t")
_STRAY = 'delete the quote, or double it and enclose the cell in quotes: "a ""b"" c"'
_SPREADSHEET = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""A first line by which spreadsheets tell each other the separator."""


def read(path: Path) -> Table:
    """Read a file whose cells are separated by commas, semicolons or tabs; its first line names the columns."""
    text = _text(path)
    told = _SPREADSHEET.match(text)
    text, skipped = (text[told.end() :], 1) if told else (text, 0)
    separator = told.group(1) if told else _separator(text)
    if '"' in text:
        _check_quotes(path, text, separator, skipped)
        names, columns, lines = _quoted(path, text, separator, skipped)
    else:
        names, columns, lines = _plain(path, text, separator, skipped)
    cells = {name: mapped(column, str.strip) for name, column in zip(names, columns, strict=True)}
    return Table(cells, (Part(path, "line", lines),), separator)


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = 3 if raw.startswith(b"\xef\xbb\xbf") else 0  # the decoder counts without it
        line = raw[: error.start + mark].count(b"\n") + 1
        actual = " but UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise BadRatings(
            f"{path}, line {line}: not UTF-8 text{actual}; save the file with the encoding UTF-8"
        ) from error


def _separator(text: str) -> str:
    """Return the sign that is most frequent in the first line, outside quotes."""
    head = re.sub(r'"[^"\r\n]*"', "", re.split(r"\r|\n", text, maxsplit=1)[0])
    return max(_SEPARATORS, key=head.count)


def _names(path: Path, cells: list[str], line: int) -> list[str]:
    names = [name.strip() or "unnamed" for name in cells]
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise BadRatings(f"{path}, line {line}: column '{twice[0]}' is there twice")
    return names


def _plain(path: Path, text: str, separator: str, skipped: int) -> tuple[list[str], list[Texts], Ints]:
    """Read text without quotes, in which every line is a row."""
    head, *body = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    names = _names(path, head.split(separator) if head else [], skipped + 1)
    lines = np.array([at for at, line in enumerate(body, start=skipped + 2) if line], dtype=np.int64)
    body = [line for line in body if line]
    for at, line in zip(lines, body, strict=True):
        if line.count(separator) != len(names) - 1:
            raise BadRatings(f"{path}, line {at}: {line.count(separator) + 1} cells; expected {len(names)}")
    if not body:
        return names, [texts([]) for _ in names], lines
    frame = pd.read_csv(
        io.StringIO("\n".join(body)),
        sep=separator,
        header=None,
        dtype=object,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
    )
    return names, [frame[at].to_numpy(dtype=object) for at in range(len(names))], lines


def _quoted(path: Path, text: str, separator: str, skipped: int) -> tuple[list[str], list[Texts], Ints]:
    """Read text with quotes, whose cells may hold separators and ends of lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        names = _names(path, next(reader, []), skipped + 1)
    except csv.Error as error:
        raise BadRatings(f"{path}, line {skipped + 1}: {error}; expected names of columns") from error
    rows: list[list[str]] = []
    lines: list[int] = []
    begins = reader.line_num + 1 + skipped
    try:
        for cells in reader:
            if any(_holds_rows(cell, at, len(names), separator) for at, cell in enumerate(cells)):
                raise BadRatings(f"{path}, line {begins}: a quoted cell holds the lines that follow; {_STRAY}")
            if cells and len(cells) != len(names):
                raise BadRatings(f"{path}, line {begins}: {len(cells)} cells; expected {len(names)}")
            if cells:
                rows.append(cells)
                lines.append(begins)
            begins = reader.line_num + 1 + skipped
    except csv.Error as error:
        raise BadRatings(f"{path}, line {begins}: {error}") from error
    columns = [texts(column) for column in zip(*rows, strict=True)] if rows else [texts([]) for _ in names]
    return names, columns, np.array(lines, dtype=np.int64)


def _check_quotes(path: Path, text: str, separator: str, skipped: int) -> None:
    """Refuse quotes that neither enclose a cell nor stand doubled in one: they join lines, whose votes are lost.

    Raises:
        BadRatings: There is one; its line is named.
    """
    sign = re.escape(separator)
    cell_and_end = re.compile(rf'(?:"[^"]*(?:""[^"]*)*"|[^"{sign}\r\n]*)(?:{sign}|\r\n|\n|\r|\Z)')
    at = 0
    last = text.rfind('"')
    while at <= last:
        cell = cell_and_end.match(text, at)
        if cell is None:
            line = text[:at].count("\n") + 1 + skipped
            what = "a quote is opened here and never closed" if '"' not in text[at + 1 :] else "a stray quote"
            raise BadRatings(f"{path}, line {line}: {what}; {_STRAY}")
        at = cell.end()


def _holds_rows(cell: str, at: int, columns: int, separator: str) -> bool:
    """Whether a cell holds the rest of its row, whole rows and the begin of another, as after a stray quote."""
    if "\n" not in cell and "\r" not in cell:
        return False
    first, *others = cell.splitlines() or [""]
    if not others or columns == 1:
        return False
    *rows, last = others
    signs = [first.count(separator), *(row.count(separator) for row in rows), last.count(separator)]
    return signs == [columns - 1 - at, *[columns - 1] * len(rows), at]
