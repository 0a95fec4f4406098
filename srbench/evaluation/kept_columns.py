"""Columns of a large file of rows, kept beside it, so that each of its lines is parsed once.

They are no results: what they say is only used where the file of rows begins with exactly the bytes of which they were
made, and they may be removed at any time. Rows that came later are parsed and added.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from srbench.core.files import atomic_write, naming
from srbench.evaluation.results import ROWS
from srbench.evaluation.row_columns import CODED, RowColumns, Vocabularies, joined, newest, of_lines, vocabularies

FILE = "rows.columns.npz"
_FORMAT = 1
"""Number of what the file holds; another one whenever the same line may be read as another row."""
_SMALLEST_BYTES = 2**24
"""Length of a file of rows below which parsing it takes no longer than a breath."""
_WORTH = 8
"""Kept columns are written anew when so large a part of the file is new: one in eight."""
_READ_BYTES = 2**22


class _Hashed:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.length = 0
        self.last = b""

    def read(self, size: int) -> bytes:
        """Read at most so many bytes."""
        read = self._stream.read(size)
        self._digest.update(read)
        self.length += len(read)
        self.last = read[-1:] or self.last
        return read

    def digest(self) -> str:
        """Return the SHA-256 of all that was read."""
        return self._digest.hexdigest()


@dataclass(frozen=True)
class _Kept:
    """Columns as they stand in their file.

    Attributes:
        length: Number of bytes of the file of rows that they are of.
        digest: SHA-256 of these bytes.
        values: The different values of each field, by name.
        keys: Key of each row.
        arrays: Codes by field, and `value`.
    """

    length: int
    digest: str
    values: Mapping[str, list[Any]]
    keys: list[str]
    arrays: Mapping[str, npt.NDArray[Any]]

    def columns(self, known: Vocabularies) -> RowColumns:
        """Return the rows, with codes of other vocabularies."""
        codes = {name: self._places(name, known)[self.arrays[name]] for name in CODED}
        return RowColumns(codes, {"key": np.array(self.keys, object), "value": self.arrays["value"]}, known)

    def _places(self, name: str, known: Vocabularies) -> npt.NDArray[np.int32]:
        values = map(tuple, self.values[name]) if name == "warnings" else self.values[name]
        return np.array([known[name].code(value) for value in values], np.int32)


def read(path: Path, later: Sequence[Path], known: Vocabularies) -> RowColumns:
    """Read the newest row of each key, oldest first, as `RunFolder.rows` does; damaged lines are left out.

    Args:
        path: File of rows, beside which its columns are kept; one that is missing has none.
        later: Files of rows that are newer, which become part of it.
        known: Vocabularies, to which new values are added.

    Raises:
        BadRun: A line is of another kind, or was written by a later version.
    """
    rows = [_rows(path, known)] if path.exists() else []
    for segment in later:
        with suppress(FileNotFoundError), segment.open("rb") as file:  # it may have become part of the rows meanwhile
            rows.append(of_lines(file, segment, known))
    return newest(joined(rows, known))


def keep(folder: Path) -> None:
    """Keep the columns of rows that were just written, so that the first call that reads them is as quick as the next.

    Args:
        folder: Folder of a run; where its file of rows is short, nothing is kept.

    Raises:
        BadRun: As for `read`.
    """
    path = folder / ROWS
    if path.exists() and path.stat().st_size >= _SMALLEST_BYTES:
        _rows(path, vocabularies())


def _rows(path: Path, known: Vocabularies) -> RowColumns:
    """Return the rows of a file, and keep their columns where that is worth it."""
    kept = _load(path.with_name(FILE)) if path.stat().st_size >= _SMALLEST_BYTES else None
    with naming(path), path.open("rb") as file:
        stream = _Hashed(file)
        if kept and not _begins_with(stream, kept):
            file.seek(0)
            kept, stream = None, _Hashed(file)
        before = [kept.columns(known)] if kept else []
        rows = joined([*before, of_lines(stream, path, known)], known)
    new = stream.length - (kept.length if kept else 0)
    if stream.length >= _SMALLEST_BYTES and stream.last == b"\n" and _WORTH * new >= stream.length:
        with suppress(OSError):  # of a folder that only others may write to, or a full disk
            _save(path.with_name(FILE), rows, stream)
    return rows


def _begins_with(stream: _Hashed, kept: _Kept) -> bool:
    """Read as many bytes of a file as kept columns are of, and tell whether they are the same."""
    while stream.length < kept.length and stream.read(min(_READ_BYTES, kept.length - stream.length)):
        pass
    return stream.digest() == kept.digest


def _load(path: Path) -> _Kept | None:
    """Read kept columns; None where there are none, or of another format."""
    broken = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
    with suppress(*broken), path.open("rb") as content, np.load(content) as file:
        head, keys = (json.loads(file[name].tobytes()) for name in ("head", "keys"))
        if head["format"] == _FORMAT:
            arrays = {name: file[name] for name in (*CODED, "value")}
            return _Kept(head["length"], head["digest"], head["values"], keys, arrays)
    return None


def _save(path: Path, rows: RowColumns, read: _Hashed) -> None:
    """Write columns beside their file of rows.

    Raises:
        OSError: They cannot be written.
    """
    arrays: dict[str, npt.NDArray[Any]] = {"value": rows.plain["value"]}
    values = {}
    for name, codes in rows.codes.items():
        known = rows.vocabularies[name].values
        used = np.flatnonzero(np.bincount(codes, minlength=len(known)))
        values[name] = [known[code] for code in used.tolist()]
        places = np.zeros(len(known), np.min_scalar_type(len(used)))
        places[used] = np.arange(len(used))
        arrays[name] = places[codes]
    head = {"format": _FORMAT, "length": read.length, "digest": read.digest(), "values": values}
    texts = {"head": head, "keys": rows.plain["key"].tolist()}
    arrays |= {name: np.frombuffer(json.dumps(text).encode(), np.uint8) for name, text in texts.items()}
    with atomic_write(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
