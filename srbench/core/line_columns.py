"""Files of JSON lines, read by columns: lines of one shape are cut at their names, each different text parsed once.

Lines of a program differ from their neighbours in few words, so that most of what a parser of single lines does is done
again and again. Here the work of Python is for each different text, and numpy does what is for each line. A line that
has not the shape of its neighbours, a torn or changed one too, is handed out as it stands.

A line is cut where the next name of its shape stands. Those who parse what is between two names find out whether that
was right: where all of these texts are JSON, there is no other way to read the line.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from srbench.core.line_texts import Integers, Lines

_Spans = Mapping[str, tuple[Integers, Integers]]
"""By a name, where its value starts and ends in each line."""

_READ_BYTES = 2**21
_SEAL, _DIGITS, _CLOSING = "crc32", 8, b'"}'
_MOST_SHAPES = 8
"""Number of lines of a part whose shape is looked for in the others."""
_MOST_WITHOUT = 16
"""Number of lines without a name, after which it is not looked for any longer."""


class Group:
    """Lines of one shape, none of them changed since it was written.

    Attributes:
        numbers: Place of each line among those of its block.
        first: Record of one of the lines; all have its names, in its order.
    """

    def __init__(self, lines: Lines, numbers: Integers, first: Mapping[str, Any], spans: _Spans) -> None:
        self.numbers = numbers
        self.first = first
        self._lines = lines
        self._spans = spans

    def lines(self) -> list[tuple[int, bytes]]:
        """Return the lines as they stand, with their places."""
        return self._lines.lines(self.numbers)

    def different(self, name: str) -> tuple[Integers, list[str]]:
        """Return which of the different values each line has under a name, and these values as JSON."""
        return self._lines.different(*self._spans[name])

    def values(self, name: str, *kinds: type) -> list[Any]:
        """Return the value of each line under a name.

        Raises:
            ValueError: One of the values is not of these kinds.
        """
        values = self._lines.values(*self._spans[name])
        if not set(map(type, values)) <= {*kinds}:
            raise ValueError(f"{name} is not always of these kinds: {kinds}")
        return values


@dataclass(frozen=True)
class Block:
    """Lines of a part of a file.

    Attributes:
        groups: Those of one shape each.
        others: All others but empty ones, with their places.
    """

    groups: list[Group]
    others: list[tuple[int, bytes]]


class Readable(Protocol):
    """A file of bytes."""

    def read(self, size: int, /) -> bytes:
        """Read at most so many bytes; none at its end."""


def parts(stream: Readable) -> Iterator[bytes]:
    """Read a file in parts of whole lines, in the order in which they were written."""
    rest = b""
    while read := stream.read(_READ_BYTES):
        whole, end, rest = (rest + read).rpartition(b"\n")
        if end:
            yield whole + end
    if rest:
        yield rest


def block(part: bytes) -> Block:
    """Find lines of one shape in a part of a file."""
    if not part.endswith(b"\n") or not part.isascii() or b"\0" in part:
        return Block([], [(number, line) for number, line in enumerate(part.split(b"\n")) if line.strip()])
    lines = Lines(part)
    groups = []
    left, others = np.arange(len(lines.ends)), []
    for _ in range(_MOST_SHAPES):
        if not len(left):
            break
        if group := _group(lines, left):
            groups.append(group)
            left = np.setdiff1d(left, group.numbers, assume_unique=True)
        else:
            others.append(left[0])
            left = left[1:]
    return Block(groups, lines.lines(np.array([*others, *left], np.int64)))


def _group(lines: Lines, numbers: Integers) -> Group | None:
    """Return lines that have the shape of the first of them; None where it has none."""
    if (record := _record(lines.text[lines.starts[numbers[0]] : lines.ends[numbers[0]]])) is None:
        return None
    opening, *cuts, seal = _cuts(record)
    starts, closing = lines.starts[numbers], lines.ends[numbers] - len(_CLOSING)
    same = lines.equals(starts, opening) & lines.equals(closing, _CLOSING)
    table = _those(same & lines.equals(closing - _DIGITS - len(seal), seal), [numbers, starts + len(opening)])
    for cut in cuts:
        found = _next(lines, table[-1], lines.ends[table[0]], cut)
        table = _those(found >= 0, [*table, found, found + len(cut)])
    table.append(lines.ends[table[0]] - len(_CLOSING) - _DIGITS - len(seal))
    table = _those(table[-2] <= table[-1], table)
    sums = lines.sums(lines.starts[table[0]], table[-1])
    if not len((table := _those(sums == lines.stored_sums(table[-1] + len(seal)), table))[0]):
        return None
    codes, texts = lines.different(*table[-2:])  # of the last name, behind which others may stand
    numbers, *edges = _those(np.array([_is_json(text) for text in texts])[codes], table)
    spans = dict(zip(record, zip(edges[::2], edges[1::2], strict=True), strict=False))
    return Group(lines, numbers, record, spans) if len(numbers) else None


def _those(chosen: npt.NDArray[np.bool_], table: list[Integers]) -> list[Integers]:
    """Return the chosen rows of a table of columns."""
    return table if chosen.all() else [column[chosen] for column in table]


def _record(line: str) -> dict[str, Any] | None:
    """Parse a line; None where it is not as this program would write what it says, with its checksum last."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or list(record)[1:][-1:] != [_SEAL] or json.dumps(record) != line:
        return None
    return record if isinstance(record[_SEAL], str) and len(record[_SEAL]) == _DIGITS else None


def _cuts(record: Mapping[str, Any]) -> list[bytes]:
    """Return what stands before each value of a record, with the quote of the checksum."""
    cuts = [f"{', ' if place else '{'}{json.dumps(name)}: " for place, name in enumerate(record)]
    return [cut.encode() for cut in [*cuts[:-1], cuts[-1] + '"']]


def _next(lines: Lines, at: Integers, ends: Integers, cut: bytes) -> Integers:
    """Return where a text stands next in each line, from a place on; -1 where it does not.

    Most lines have few lengths of what stands before it. Where many lines have no such text, the rest are given up too.
    """
    found = np.full(len(at), -1)
    left, without = np.arange(len(at)), 0
    while len(left) and without < _MOST_WITHOUT:
        first = left[0]
        length = lines.content.find(cut, at[first], ends[first]) - at[first]
        if length < 0:
            left, without = left[1:], without + 1
            continue
        places = at[left] + length
        here = lines.equals(places, cut)
        found[left[here]] = places[here]
        left = left[~here]
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
