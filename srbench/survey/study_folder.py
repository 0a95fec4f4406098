"""A folder in which a study is made: new, or left by a call that was interrupted."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from srbench.errors import BadStudy

STUDY_FILE, PICTURES_FOLDER = "study.json", "pictures"
_UNFINISHED = ".unfinished"
"""Stands in a folder in which a study is being made."""


def require_empty(folder: Path) -> None:
    """Check that a study can be made in a folder: it is new, or empty but for what an interrupted call left.

    Raises:
        BadStudy: There is something already.
    """
    if folder.exists() and not folder.is_dir():
        raise BadStudy(f"{folder} is a file; choose a new folder for the study")
    if folder.exists() and any(folder.iterdir()) and not (folder / _UNFINISHED).exists():
        raise BadStudy(f"{folder} is not empty; choose a new folder for the study")


@contextmanager
def unfinished(folder: Path) -> Iterator[None]:
    """Mark a folder while a study is made in it, so that a call after one that was interrupted begins again.

    Raises:
        BadStudy: The folder is in use.
        OSError: It cannot be written.
    """
    require_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _UNFINISHED).touch()
    for file in (STUDY_FILE, "secrets.json"):
        (folder / file).unlink(missing_ok=True)
    shutil.rmtree(folder / PICTURES_FOLDER, ignore_errors=True)
    yield
    (folder / _UNFINISHED).unlink()
