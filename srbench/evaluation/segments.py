"""Segments of a run's rows: one file for each process that writes, so that none appends where another one does.

A segment is `segments/<call>-<random digits>.jsonl`, in lines as those of rows.jsonl. Whoever writes it holds the lock
beside it, and closes it by a manifest with the number of its rows and its SHA-256. Without manifest and lock it is one
of a process that died; what it wrote counts all the same, but for a torn last line.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from filelock import FileLock, Timeout

from srbench.core import stored_json
from srbench.core.files import naming
from srbench.errors import BadRun

FOLDER = "segments"
_SCHEMA, _VERSION = "segment", 1


class Segment:
    """A file of rows that one process writes; it is made with the first of them.

    Args:
        run: Folder of the run.
        call: Number of the call that writes it, by which segments are ordered.
    """

    def __init__(self, run: Path, call: int) -> None:
        self.path = run / FOLDER / f"{call:06d}-{secrets.token_hex(6)}.jsonl"
        self._lock = FileLock(str(self.path.with_suffix(".lock")))
        self._file: FileIO | None = None
        self._hash = hashlib.sha256()
        self._rows = 0

    def append(self, lines: Sequence[str]) -> None:
        """Add lines, all of them or none, and wait until they have reached the disk.

        Raises:
            OSError: They could not be written to their end, and the file is as before.
        """
        data = "".join(line + "\n" for line in lines).encode()
        with naming(self.path):
            file = self._file or self._open()
            end = file.tell()
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                file.seek(end)
                raise
        self._hash.update(data)
        self._rows += len(lines)

    def close(self) -> None:
        """Write the manifest, and give the lock back."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        facts = {"rows": self._rows, "sha256": self._hash.hexdigest()}
        stored_json.write(self.path.with_suffix(".json"), _SCHEMA, _VERSION, facts)
        self._lock.release()
        self.path.with_suffix(".lock").unlink(missing_ok=True)

    def _open(self) -> FileIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        self._file = FileIO(self.path, "x+")
        return self._file


def paths(run: Path) -> list[Path]:
    """Return the segments of a run, those of older calls first."""
    return sorted((run / FOLDER).glob("*.jsonl"))


def check(path: Path, damaged: int) -> str:
    """Say what is wrong with a segment, in a sentence; empty where nothing is.

    Args:
        path: A segment that has been read.
        damaged: Number of its lines that could not be read.
    """
    manifest = path.with_suffix(".json")
    if not manifest.exists():
        with path.open("rb") as file:
            torn = file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
        count = damaged - torn
        return f"{count} damaged lines of {path} left out" if count > 0 else ""
    try:
        facts = stored_json.read(manifest, _SCHEMA, _VERSION, error=BadRun)
    except BadRun as error:
        return str(error)
    if facts.get("sha256") == hashlib.sha256(path.read_bytes()).hexdigest():
        return ""
    return f"{path} is not as it was closed (expected {facts.get('rows')} rows); what can be read of it is shown"


@contextmanager
def left(run: Path) -> Iterator[list[Path]]:
    """Yield the segments that nobody writes any more, which no other process takes meanwhile.

    They are removed when the block ends without an error.
    """
    held: list[tuple[Path, FileLock]] = []
    try:
        for path in paths(run):
            lock = FileLock(str(path.with_suffix(".lock")), timeout=0)
            with suppress(Timeout):
                lock.acquire()
                held.append((path, lock))
        there = [path for path, _ in held if path.exists()]
        yield there
        for path in there:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
    finally:
        for path, lock in held:
            lock.release()
            if not path.exists():
                path.with_suffix(".lock").unlink(missing_ok=True)
    with suppress(OSError):
        (run / FOLDER).rmdir()
