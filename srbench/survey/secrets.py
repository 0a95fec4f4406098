"""A study's secrets: made once, kept in a file that its owner alone can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from srbench.errors import BadStudy

FILE = "secrets.json"
_REMEDY = "delete it, and new ones are made: raters then open their links again"


@dataclass(frozen=True)
class Secrets:
    """What nobody but the study's owner may know.

    Attributes:
        cookie: Signs session cookies.
        admin: Opens the administrator's page.
    """

    cookie: str
    admin: str


def load(folder: Path) -> Secrets:
    """Read a study's secrets; the first time they are made.

    Raises:
        BadStudy: Others can read the file, or it cannot be read, or holds something else.
    """
    path = folder / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise BadStudy(f"{path} cannot be written: {error.strerror}; give a folder that you can write to") from error
    made = Secrets(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(made), file)
    return made


def _read(path: Path) -> Secrets:
    if path.stat().st_mode & 0o077:
        raise BadStudy(f"{path} can be read by others; expected mode 600: chmod 600 {path}")
    wanted = [field.name for field in fields(Secrets)]
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadStudy(f"{path} cannot be read ({error}); {_REMEDY}") from error
    if not (isinstance(content, dict) and sorted(content) == sorted(wanted)):
        raise BadStudy(f"{path} holds other things; expected {' and '.join(wanted)}; {_REMEDY}")
    if not all(isinstance(value, str) and value for value in content.values()):
        raise BadStudy(f"{path} has a secret that is no text; expected {' and '.join(wanted)} as text; {_REMEDY}")
    return Secrets(**content)
