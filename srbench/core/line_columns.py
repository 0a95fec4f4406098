"""Files of JSON lines, read by columns: lines of one shape are cut at their quotes, each different text parsed once.

Lines of a program differ from their neighbours in few words, so that most of what a parser of single lines does is done
again and again. Here the work of Python is for each different text, and numpy does what is for each line. A line that
has not the shape of its neighbours, a torn or changed one too, is handed out as it stands.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

_Integers = npt.NDArray[np.int64]
_Spans = Mapping[str, tuple[_Integers, _Integers]]
"""By a name, where its value starts and ends in each line."""

_READ_BYTES = 2**21
_QUOTE, _LINE_END = b'"\n'
_WORD = 8
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], dtype=np.uint64)
"""Masks that leave the first bytes of a word of 8."""
_FACTOR, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)
_SEAL, _BEFORE, _BETWEEN = "crc32", ": ", ", "


class _Bytes:
    """Bytes of a file, of which texts at many places are compared together."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.text = content.decode("latin-1")  # a character for each byte
        self.array = np.frombuffer(content, np.uint8)
        self._words = np.ndarray(
            (2 * len(content),), np.dtype("<u8"), content + bytes(len(content) + _WORD), strides=(1,)
        )

    def word(self, at: _Integers) -> npt.NDArray[np.uint64]:
        """Return the 8 bytes from each place on as a number; behind the end there are zeros."""
        return self._words[at]

    def equals(self, at: _Integers, expected: bytes) -> npt.NDArray[np.bool_]:
        """Tell at which places a text stands."""
        same = np.ones(len(at), bool)
        for start in range(0, len(expected), _WORD):
            part = expected[start : start + _WORD]
            same &= (self.word(at + start) & _MASKS[len(part)]) == np.uint64(int.from_bytes(part, "little"))
        return same

    def different(self, starts: _Integers, ends: _Integers) -> tuple[_Integers, list[str]]:
        """Return which of its different texts stands at each place, and these texts."""
        lengths = ends - starts
        parts = [lengths.astype(np.uint64)]
        for start in range(0, int(lengths.max()), _WORD):
            whole = bool(lengths.min() >= start + _WORD)
            word = self.word(starts + start)
            parts.append(word if whole else word & _MASKS[np.clip(lengths - start, 0, _WORD)])
        if all((part == part[0]).all() for part in parts):
            return np.zeros(len(starts), np.int64), self.texts(starts[:1], ends[:1])
        mixed = parts[0]
        for part in parts[1:]:
            mixed = (mixed ^ part) * _FACTOR
            mixed ^= mixed >> _HALF
        codes, _ = pd.factorize(mixed)
        first = _last_places(codes[::-1], len(codes) - 1)
        if any((part != part[first][codes]).any() for part in parts):  # two texts of one hash
            codes, texts = pd.factorize(np.array(self.texts(starts, ends), dtype=object))
            return codes, list(texts)
        return codes, self.texts(starts[first], ends[first])

    def texts(self, starts: _Integers, ends: _Integers) -> list[str]:
        """Return the text at each place."""
        text = self.text
        return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _last_places(codes: _Integers, turned: int) -> _Integers:
    """Return the last place of each code in a sequence, counted from the other end."""
    places = np.empty(int(codes.max()) + 1, np.int64)
    places[codes] = turned - np.arange(len(codes))
    return places


class Group:
    """Lines of one shape, none of them changed since it was written.

    Attributes:
        numbers: Place of each line among those of its block.
        first: Record of one of the lines; all have its names, in its order.
    """

    def __init__(self, block: _Bytes, numbers: _Integers, first: Mapping[str, Any], spans: _Spans) -> None:
        self.numbers = numbers
        self.first = first
        self._block = block
        self._spans = spans

    def lines(self) -> list[tuple[int, bytes]]:
        """Return the lines as they stand, with their places."""
        content, ends = self._block.content, np.flatnonzero(self._block.array == _LINE_END)
        starts = np.concatenate([[0], ends[:-1] + 1])
        return [(number, content[starts[number] : ends[number]]) for number in self.numbers.tolist()]

    def different(self, name: str) -> tuple[_Integers, list[str]]:
        """Return which of the different values each line has under a name, and these values as JSON."""
        return self._block.different(*self._spans[name])

    def numbers_of(self, name: str) -> list[float]:
        """Return the number of each line under a name.

        Raises:
            ValueError: One of the values is no number.
        """
        return list(map(float, self._block.texts(*self._spans[name])))

    def words_of(self, name: str) -> list[str]:
        """Return the word of each line under a name, one that is written without backslashes.

        Raises:
            ValueError: One of the values is no such word.
        """
        starts, ends = self._spans[name]
        if not (self._block.equals(starts, b'"') & self._block.equals(ends - 1, b'"')).all():
            raise ValueError(f"{name} is not always a word")
        words = self._block.texts(starts + 1, ends - 1)
        if "\\" in "".join(words):
            raise ValueError(f"{name} is not always a plain word")
        return words


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


def blocks(stream: Readable) -> Iterator[Block]:
    """Read a file in parts, in the order in which its lines were written."""
    rest = b""
    while read := stream.read(_READ_BYTES):
        whole, end, rest = (rest + read).rpartition(b"\n")
        if end:
            yield _block(whole + end)
    if rest:
        yield Block([], [(0, rest)])


def _block(content: bytes) -> Block:
    block = _Bytes(content)
    quotes, ends = (np.flatnonzero(block.array == byte) for byte in (_QUOTE, _LINE_END))
    starts = np.concatenate([[0], ends[:-1] + 1])
    before = np.searchsorted(quotes, np.concatenate([starts, ends[-1:]]))
    counts = np.diff(before)
    groups, left = [], np.ones(len(ends), bool)
    for count in np.unique(counts):
        chosen = counts == count
        numbers = np.flatnonzero(chosen)
        places = np.ascontiguousarray(quotes[np.repeat(chosen, counts)].reshape(len(numbers), -1).T)
        if count and (group := _group(block, numbers, starts[numbers], ends[numbers], places)):
            groups.append(group)
            left[group.numbers] = False
    others = [(number, content[starts[number] : ends[number]]) for number in np.flatnonzero(left).tolist()]
    return Block(groups, [(number, line) for number, line in others if line.strip()])


def _group(block: _Bytes, numbers: _Integers, starts: _Integers, ends: _Integers, quotes: _Integers) -> Group | None:
    """Return the lines that have the shape of the first, of lines with as many quotes; None where it has no shape.

    Args:
        block: Bytes of all lines.
        numbers: Place of each line among all lines.
        starts: Where each line starts.
        ends: Where each line ends.
        quotes: `(quotes, lines)`: where each quote of each line stands.
    """
    if (record := _record(block.text[starts[0] : ends[0]])) is None:
        return None
    names, opening = [json.dumps(name) for name in record], _opening(record)
    same = (quotes[0] == starts + 1) & block.equals(starts, b"{") & block.equals(quotes[-1], b'"}\n')
    for quote, name in zip(opening, names, strict=True):
        same &= block.equals(quotes[quote], name.encode())
    same &= quotes[-1] - quotes[-2] == len(record[_SEAL]) + 1
    kept = np.flatnonzero(same)
    at = [quotes[quote][kept] for quote in opening]
    whole = _sums(block, starts[kept], at[-1] - len(_BETWEEN)) == _stored_sums(block, quotes[-2][kept] + 1)
    if not whole.any():
        return None
    spans = {
        name: (start[whole] + len(quoted + _BEFORE), end[whole] - len(_BETWEEN))
        for name, quoted, (start, end) in zip(record, names, pairwise(at), strict=False)
    }
    return Group(block, numbers[kept[whole]], record, spans)


def _record(line: str) -> dict[str, Any] | None:
    """Parse a line; None where it is not as this program would write what it says, with its checksum last."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or list(record)[-1:] != [_SEAL] or json.dumps(record) != line:
        return None
    return record if isinstance(record[_SEAL], str) and len(record[_SEAL]) == _WORD else None


def _opening(record: Mapping[str, Any]) -> list[int]:
    """Return the number of quotes before each name of a record."""
    counts = [json.dumps(name).count('"') + json.dumps(value).count('"') for name, value in record.items()]
    return [0, *np.cumsum(counts)[:-1].tolist()]


def _sums(block: _Bytes, starts: _Integers, ends: _Integers) -> npt.NDArray[np.uint32]:
    """Return the CRC-32 of each line without its seal."""
    crc32, content = zlib.crc32, memoryview(block.content)
    sums = [crc32(content[start:end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return np.array(sums, np.uint32)


def _stored_sums(block: _Bytes, at: _Integers) -> npt.NDArray[np.int64]:
    """Return the numbers of 8 lower hexadecimal digits; -1 where there are none."""
    digits = block.array[at[:, None] + np.arange(_WORD)].astype(np.int64)
    levels = np.full(256, -(16**_WORD), np.int64)
    levels[list(b"0123456789abcdef")] = np.arange(16)
    sums: npt.NDArray[np.int64] = levels[digits] @ (16 ** np.arange(_WORD - 1, -1, -1))
    return sums
