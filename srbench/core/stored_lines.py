"""Files of JSON lines that are only ever appended to; each line ends in a checksum of what stands before it."""

import gc
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from srbench.core.files import naming

_READ_BYTES = 2**20
_SEAL, _DIGITS = b', "crc32": "', 8
_SEAL_BYTES = len(_SEAL) + _DIGITS + len(b'"}')


class Lines:
    """The records of a file, without lines that are damaged.

    Args:
        path: File to read; one that is missing has no lines.

    Attributes:
        damaged: Number of lines so far that were torn or changed after they were written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the records in the order in which they were written."""
        if not self.path.exists():
            return
        with naming(self.path), self.path.open("rb") as stream:
            while lines := stream.readlines(_READ_BYTES):
                found = records(lines)
                self.damaged += sum(map(bool, map(bytes.strip, lines))) - len(found)
                yield from found


def records(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the records of lines, without those that are empty or damaged."""
    whole = [line for line in lines if line.strip() and is_whole(line)]
    return [record for record in _parse(whole) if isinstance(record, dict)]


def line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON, in ASCII, so that a torn line cannot tear a letter.

    Args:
        record: Values that JSON can hold, and at least one.
    """
    body = json.dumps(record, allow_nan=False)[:-1]
    return f'{body}{_SEAL.decode()}{zlib.crc32(body.encode()):08x}"}}'


def is_whole(text: bytes) -> bool:
    r"""Tell whether a line is as it was written; older ones, without a checksum, cannot tell.

    Examples:
        >>> is_whole(line({"value": 28.42}).encode()), is_whole(line({"value": 28.42}).encode().replace(b"8", b"9", 1))
        (True, False)
    """
    text = text.rstrip()
    body, seal = text[:-_SEAL_BYTES], text[-_SEAL_BYTES:]
    if not seal.startswith(_SEAL):
        return True
    return seal[len(_SEAL) :] == b'%08x"}' % zlib.crc32(body)


def append(path: Path, lines: Sequence[str]) -> None:
    """Add lines to a file, all of them or none; those of several processes do not mix.

    Raises:
        OSError: They could not be written to their end, and the file is as before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path), FileLock(str(path.parent / ".lock")), path.open("ab+", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        torn = end > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
        rest = memoryview(("\n" * torn + "".join(text + "\n" for text in lines)).encode())
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            file.truncate(end)
            raise


def _parse(lines: Sequence[bytes]) -> list[Any]:
    """Parse lines together, which is quicker than one by one; in halves where one is torn, so that only it is lost."""
    try:
        # A torn line lacks a brace that no other line has to spare: it cannot become valid in company.
        return list(json.loads(b"[" + b",".join(lines) + b"]"))
    except (ValueError, RecursionError):
        half = len(lines) // 2
        return [*_parse(lines[:half]), *_parse(lines[half:])] if half else []


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Switch the search for reference cycles off: rows hold none, and among a million it takes longer than reading."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
