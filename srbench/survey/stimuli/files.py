"""The picture files of a study, compared with the hashes of its plan whenever one is read."""

import hashlib
import logging
from pathlib import Path

from srbench.errors import BadStudy
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Picture, Study

_LOG = logging.getLogger("srbench.survey")
_REMEDY = "restore it from a backup, then open the study again"


class DamagedPicture(BadStudy):
    """A picture file that is missing, cannot be read, or is not the one of the plan."""


def read_picture(folder: Path, picture: Picture) -> bytes:
    """Return the content of a picture file.

    Args:
        folder: Folder of the study.
        picture: Picture of its plan.

    Raises:
        DamagedPicture: The file cannot be read, or is another one than that of the plan.
    """
    try:
        content = (folder / picture.file).read_bytes()
    except OSError as error:
        raise DamagedPicture(f"{picture.file} cannot be read ({error.strerror}); {_REMEDY}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != picture.sha256:
        said = f"has sha256 {found[:12]}…; the plan says {picture.sha256[:12]}…"
        raise DamagedPicture(f"{picture.file} is not the picture of the plan: it {said}; {_REMEDY}")
    return content


def damage(study: Study) -> list[str]:
    """Return what is wrong with the picture files of a study, one line for each that is not as in the plan."""
    found = []
    for picture in study.pictures:
        try:
            read_picture(study.folder, picture)
        except DamagedPicture as error:
            found.append(str(error))
    return found


def pause_if_damaged(store: VoteStore) -> str:
    """Pause a study whose picture files are not those of its plan; return why, or nothing."""
    found = damage(store.study)
    if not found:
        return ""
    more = f" ({len(found)} such pictures)" if len(found) > 1 else ""
    pause(store, found[0] + more)
    return found[0] + more


def pause(store: VoteStore, reason: str) -> None:
    """Pause a study, record why and log it; do nothing where it is paused for this reason already."""
    if store.status() != "paused" or store.status_reason() != reason:
        store.record_event("pause", facts={"reason": reason})
        _LOG.error("%s is paused: %s", store.study.title, reason)
