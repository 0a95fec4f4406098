"""Lines of a file as arrays: texts at many places are compared, and parsed as JSON, together."""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from srbench.core.deferred import deferred

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = deferred("pandas")

Integers = npt.NDArray[np.int64]

_LINE_END = ord("\n")
_WORD = 8
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], dtype=np.uint64)
"""Masks that leave the first bytes of a word of 8."""
_FACTOR, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)
_APART = ",\n      "
"""What stands between values that are parsed together: no string of JSON goes beyond the end of a line."""
_COMMA = np.uint64(int.from_bytes(_APART.encode(), "little"))


class Lines:
    """Lines in ASCII, of which texts at many places are compared together.

    Attributes:
        content: The lines, each with its end.
        text: The same.
        starts: Where each line starts.
        ends: Where each line ends.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.text = content.decode("ascii")
        self.ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _LINE_END)
        self.starts = np.concatenate([[0], self.ends[:-1] + 1])
        behind = 2 * int((self.ends - self.starts).max()) + _WORD
        padded = content + bytes(behind + _WORD)
        self._words = np.ndarray((len(content) + behind,), np.dtype("<u8"), padded, strides=(1,))

    def equals(self, at: Integers, expected: bytes) -> npt.NDArray[np.bool_]:
        """Tell at which places a text stands, places at most two lines behind the last one."""
        same = np.ones(len(at), bool)
        for start in range(0, len(expected), _WORD):
            part = expected[start : start + _WORD]
            word, number = self._words[at + start], np.uint64(int.from_bytes(part, "little"))
            same &= (word if len(part) == _WORD else word & _MASKS[len(part)]) == number
        return same

    def different(self, starts: Integers, ends: Integers) -> tuple[Integers, list[str]]:
        """Return which of its different texts stands at each place, and these texts."""
        lengths = ends - starts
        parts = [lengths.astype(np.uint64), *self._words_of(starts, lengths)]
        parts = [part for part in parts if (part != part[0]).any()]
        if not parts:
            return np.zeros(len(starts), np.int64), self.texts(starts[:1], ends[:1])
        mixed = parts[0]
        for part in parts[1:]:
            mixed = (mixed ^ part) * _FACTOR
            mixed ^= mixed >> _HALF
        codes, _ = pd.factorize(mixed)
        first = _last_places(codes[::-1], len(codes) - 1)
        if len(parts) > 1 and any((part != part[first][codes]).any() for part in parts):  # two texts of one hash
            codes, texts = pd.factorize(np.array(self.texts(starts, ends), dtype=object))
            return codes, list(texts)
        return codes, self.texts(starts[first], ends[first])

    def values(self, starts: Integers, ends: Integers) -> list[Any]:
        """Parse the text at each place, one of at least 1 byte.

        Raises:
            ValueError: One of them is no JSON.
        """
        table = np.stack([*self._words_of(starts, ends - starts), np.full(len(starts), _COMMA)], axis=1)
        return _values(table.tobytes().replace(b"\0", b" ").decode("ascii")[: -len(_APART)], len(starts))

    def _words_of(self, starts: Integers, lengths: Integers) -> Iterator[npt.NDArray[np.uint64]]:
        """Yield 8 bytes of each text after the other, as a number; behind its end there are zeros."""
        shortest = int(lengths.min())
        for start in range(0, int(lengths.max()), _WORD):
            word = self._words[starts + start]
            whole = shortest >= start + _WORD
            yield word if whole else word & _MASKS[np.clip(lengths - start, 0, _WORD)]

    def texts(self, starts: Integers, ends: Integers) -> list[str]:
        """Return the text at each place."""
        text = self.text
        return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]

    def lines(self, numbers: Integers) -> list[tuple[int, bytes]]:
        """Return lines as they stand, with their places among all; empty ones are left out."""
        spans = zip(numbers.tolist(), self.starts[numbers].tolist(), self.ends[numbers].tolist(), strict=True)
        lines = [(number, self.content[start:end]) for number, start, end in spans]
        return [(number, line) for number, line in lines if line.strip()]

    def sums(self, starts: Integers, ends: Integers) -> npt.NDArray[np.uint32]:
        """Return the CRC-32 of each text."""
        crc32, content = zlib.crc32, self.content
        sums = [crc32(content[start:end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        return np.array(sums, np.uint32)

    def stored_sums(self, at: Integers) -> npt.NDArray[np.int64]:
        """Return the numbers of 8 lower hexadecimal digits; a negative one where there are none."""
        digits = np.frombuffer(self.content, np.uint8)[at[:, None] + np.arange(8)]
        levels = np.full(256, -(16**8), np.int64)
        levels[list(b"0123456789abcdef")] = np.arange(16)
        sums: npt.NDArray[np.int64] = levels[digits] @ (16 ** np.arange(7, -1, -1))
        return sums


def _last_places(codes: Integers, turned: int) -> Integers:
    """Return the last place of each code in a sequence, counted from the other end."""
    places = np.empty(int(codes.max()) + 1, np.int64)
    places[codes] = turned - np.arange(len(codes))
    return places


def parsed(texts: Sequence[str]) -> list[Any]:
    """Parse JSON texts together, which is quicker than one by one.

    Raises:
        ValueError: One of them is no JSON.
    """
    return _values(_APART.join(texts), len(texts))


def _values(joined: str, count: int) -> list[Any]:
    values: list[Any] = json.loads(f"[{joined}]")
    if len(values) != count:
        raise ValueError(f"{count} texts are {len(values)} values; expected one of each")
    return values
