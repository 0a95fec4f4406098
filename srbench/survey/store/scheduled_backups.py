"""Backups of a running study at fixed intervals, each restored on trial before older ones go."""

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from srbench.core.files import refused
from srbench.core.passwords import hidden
from srbench.errors import BadStudy, first_line
from srbench.survey.store import backup
from srbench.survey.store.vote_store import VoteStore

_LOG = logging.getLogger("srbench.survey")


def write_tried(store: VoteStore, folder: Path, keep: int) -> Path:
    """Write a backup into a folder, restore it on trial, and delete all but the newest ones.

    Args:
        store: Votes of the study.
        folder: Folder of the backups, which is made where it is missing.
        keep: Number of backups that stay.

    Returns:
        The new file, named by the study's folder and the time in UTC.

    Raises:
        BadStudy: It cannot be written, or not be restored; older ones then stay.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadStudy(f"backups cannot be written: {refused(error)}") from error
    name = store.study.folder.resolve().name
    file = folder / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.zip"
    backup.write(store, file)
    backup.try_restore(file)
    for old in sorted(folder.glob(f"{name}-[0-9]*T[0-9]*Z.zip"))[:-keep]:
        old.unlink(missing_ok=True)
    return file


class BackupSchedule:
    """A thread that writes backups; a context that ends it.

    Args:
        store: Votes of the study.
        folder: Folder of the backups.
        hours: Hours between two of them; the first is written at once.
        keep: Number of backups that stay.
    """

    def __init__(self, store: VoteStore, folder: Path, hours: float, keep: int) -> None:
        self.store, self.folder, self.hours, self.keep = store, folder, hours, keep
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backups")

    def __enter__(self) -> "BackupSchedule":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                write_tried(self.store, self.folder, self.keep)
            except (BadStudy, SQLAlchemyError, OSError) as error:
                _LOG.error("no backup of %s: %s", self.store.study.title, hidden(first_line(error)))
            self._ended.wait(3_600 * self.hours)
