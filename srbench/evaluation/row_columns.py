"""Stored rows as columns, for tables of so many rows that an object for each would take too long."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from srbench.core import line_columns, line_texts, stored_lines
from srbench.core.deferred import deferred
from srbench.evaluation.row import Row, of_line, require_known

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = deferred("pandas")

Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

_KINDS: Mapping[str, type] = {"key": object, "value": np.float64}
"""Fields that have another value in each row, with the type of their arrays."""
_STORED = {"warnings": "flags"}
"""Name in a line of a field that is called otherwise there."""
CODED = tuple(field.name for field in fields(Row) if field.name not in _KINDS)
"""Fields whose values several rows have in common, each of which is kept once."""
_WORDS = frozenset(field.name for field in fields(Row) if field.type in (str, "str")) - {"mode"}
"""Fields that are words, which are stored as they are."""


class Vocabulary:
    """The different values of a field, which rows of several runs can share.

    Attributes:
        values: Each value once.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: list[Any] = []
        self._stored = _STORED.get(name, name)
        self._by_value: dict[Any, int] = {}
        self._by_text: dict[str, int] = {}

    def code(self, value: Any) -> int:
        """Return the place of a value among all."""
        code = self._by_value.setdefault(value, len(self.values))
        if code == len(self.values):
            self.values.append(value)
        return code

    def codes(self, group: line_columns.Group) -> Codes:
        """Return the place of the value of each line.

        Raises:
            KeyError: As for `Row.from_json`.
            TypeError: As for `Row.from_json`.
            ValueError: As for `Row.from_json`.
        """
        if self._stored not in group.first:
            return np.full(len(group.numbers), self.code(getattr(Row.from_json(group.first), self.name)), np.int32)
        codes, texts = group.different(self._stored)
        new = [text for text in texts if text not in self._by_text]
        self._by_text.update(zip(new, map(self.code, self._values(new, group.first)), strict=True))
        return np.array([self._by_text[text] for text in texts], np.int32)[codes]

    def _values(self, texts: Sequence[str], record: Mapping[str, Any]) -> list[Any]:
        """Return the values of JSON texts, as a row with that record otherwise would have them."""
        values = line_texts.parsed(texts)
        if self.name in _WORDS and set(map(type, values)) <= {str}:
            return values
        return [getattr(Row.from_json({**record, self._stored: value}), self.name) for value in values]


Vocabularies = Mapping[str, Vocabulary]


def vocabularies() -> Vocabularies:
    """Return an empty vocabulary for each field that has one."""
    return {name: Vocabulary(name) for name in CODED}


@dataclass(frozen=True)
class RowColumns:
    """Rows, column by column.

    Attributes:
        codes: For each field of `CODED` the places of its values in the vocabulary.
        plain: The value as float64, and the key as an object.
        vocabularies: The values of each field of `CODED`.
    """

    codes: Mapping[str, Codes]
    plain: Mapping[str, npt.NDArray[Any]]
    vocabularies: Vocabularies

    def __len__(self) -> int:
        return len(self.plain["value"])

    def take(self, places: Places) -> "RowColumns":
        """Return the rows at some places, in their order."""
        codes = {name: codes[places] for name, codes in self.codes.items()}
        return RowColumns(codes, {name: of[places] for name, of in self.plain.items()}, self.vocabularies)

    def rows(self, places: Places) -> list[Row]:
        """Return the rows at some places, in their order."""
        columns = [of[places].tolist() for of in self.plain.values()]
        for name, codes in self.codes.items():
            values = self.vocabularies[name].values
            columns.append([values[code] for code in codes[places].tolist()])
        names = [*self.plain, *self.codes]
        return [Row(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]

    def together(self, names: Iterable[str]) -> Places:
        """Return a number for each row that two rows share when they have the same values in some fields of `CODED`."""
        together = np.zeros(len(self), np.int64)
        for name in names:
            together = pd.factorize(together * len(self.vocabularies[name].values) + self.codes[name])[0]
        return together


def joined(parts: Sequence[RowColumns], known: Vocabularies) -> RowColumns:
    """Return rows one after the other, all of which have the same vocabularies."""
    codes = {name: np.concatenate([np.empty(0, np.int32), *(part.codes[name] for part in parts)]) for name in CODED}
    plain = {
        name: np.concatenate([np.empty(0, kind), *(part.plain[name] for part in parts)])
        for name, kind in _KINDS.items()
    }
    return RowColumns(codes, plain, known)


def newest(rows: RowColumns) -> RowColumns:
    """Return the newest row of each key, oldest first."""
    old = pd.Series(rows.plain["key"], dtype=object).duplicated(keep="last").to_numpy()
    return rows.take(np.flatnonzero(~old)) if old.any() else rows


def of_lines(stream: line_columns.Readable, path: Path, known: Vocabularies) -> RowColumns:
    """Return the rows of lines, oldest first; damaged lines are left out.

    Args:
        stream: The lines, oldest first.
        path: Their file, for messages.
        known: Vocabularies, to which new values are added.

    Raises:
        BadRun: A line is of another kind, or was written by a later version.
    """
    return joined([_of_block(line_columns.block(part), path, known) for part in line_columns.parts(stream)], known)


def _of_block(block: line_columns.Block, path: Path, known: Vocabularies) -> RowColumns:
    parts: list[RowColumns] = []
    numbers: list[int] = []
    others = list(block.others)
    for group in block.groups:
        try:
            parts.append(_of_group(group, path, known))
            numbers += group.numbers.tolist()
        except (KeyError, TypeError, ValueError):  # what single lines say decides
            others += group.lines()
    single = [
        (number, row)
        for number, line in sorted(others)
        for record in stored_lines.records([line])
        if (row := of_line(record, path))
    ]
    if single:
        parts.append(of_rows([row for _, row in single], known))
        numbers += [number for number, _ in single]
    rows = joined(parts, known)
    return rows if len(parts) < 2 else rows.take(np.argsort(numbers))


def _of_group(group: line_columns.Group, path: Path, known: Vocabularies) -> RowColumns:
    """Return the rows of lines of one shape.

    Raises:
        BadRun: As for `of_lines`.
        KeyError: As for `Row.from_json`; the others too.
        TypeError: A value is of another kind.
        ValueError: A value is of another kind.
    """
    for name in {"schema", "version"} & group.first.keys():
        for text in group.different(name)[1]:
            require_known({**group.first, name: loads(text)}, path)
    plain = {"key": group.values("key", str), "value": group.values("value", float, int)}
    codes = {name: of.codes(group) for name, of in known.items()}
    return RowColumns(codes, {name: np.array(plain[name], kind) for name, kind in _KINDS.items()}, known)


def of_rows(rows: Sequence[Row], known: Vocabularies) -> RowColumns:
    """Return rows as columns; new values are added to the vocabularies."""
    codes = {name: np.array([of.code(getattr(row, name)) for row in rows], np.int32) for name, of in known.items()}
    plain: dict[str, npt.NDArray[Any]] = {
        name: np.array([getattr(row, name) for row in rows], kind) for name, kind in _KINDS.items()
    }
    return RowColumns(codes, plain, known)
