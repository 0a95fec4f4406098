"""Studies that can be read and not written: a read-only file system, another user's folder, a finished study put away.

SQLite in WAL mode writes even to read, so that such votes are read from a copy.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from srbench.errors import BadStudy
from srbench.survey.store.connection import SQLITE


def is_writable(folder: Path) -> bool:
    """Return whether votes can be stored in the SQLite file of a study's folder."""
    file = folder / SQLITE
    return all(
        os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
        for path in (folder, file)
        if path.exists()
    )


@contextmanager
def copied_votes(folder: Path) -> Iterator[str]:
    """Yield the URL of a temporary copy of the SQLite file in a study's folder; an empty one where there is none.

    Raises:
        BadStudy: The file cannot be read.
    """
    with TemporaryDirectory(prefix="srbench-") as temporary:
        source, copy = folder / SQLITE, Path(temporary) / SQLITE
        try:
            if source.exists():
                _copy(source, copy)
        except OSError as error:
            raise BadStudy(f"{source} cannot be read ({error.strerror}); ask its owner, or take a backup") from error
        yield f"sqlite:///{copy}"


def _copy(source: Path, copy: Path) -> None:
    """Copy a database, by SQLite itself where it can open it, since a server may be writing to it."""
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True)) as stored,
            closing(sqlite3.connect(copy)) as target,
        ):
            stored.backup(target)
    except sqlite3.DatabaseError:  # nothing can be written beside it, so that nobody else is writing to it
        copy.unlink(missing_ok=True)
        shutil.copyfile(source, copy)
        log = source.with_name(f"{source.name}-wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(f"{copy.name}-wal"))
