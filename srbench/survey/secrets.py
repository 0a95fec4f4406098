"""The secrets of a study: made once, and kept in a file that only its owner can read."""

import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from srbench.core import stored_json
from srbench.errors import BadStudy

FILE = "secrets.json"
_SCHEMA, _VERSION = "survey secrets", 1
_REMEDY = "delete it, and new ones are made: raters then open their links again"


@dataclass(frozen=True)
class Secrets:
    """Secrets that nobody but the study's owner may know.

    Attributes:
        cookie: Key that signs session cookies.
        admin: Token that opens the administrator's page.
    """

    cookie: str
    admin: str


def load(folder: Path) -> Secrets:
    """Read a study's secrets; make them the first time.

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
    created = Secrets(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(stored_json.text(_SCHEMA, _VERSION, asdict(created)))
    except OSError as error:
        path.unlink()  # an empty one would be read the next time
        raise BadStudy(f"{path} cannot be written: {error.strerror}; make room") from error
    return created


def _read(path: Path) -> Secrets:
    if path.stat().st_mode & 0o077:
        raise BadStudy(f"{path} can be read by others; expected mode 600: chmod 600 {path}")
    wanted = [field.name for field in fields(Secrets)]
    try:
        content = stored_json.read(path, _SCHEMA, _VERSION, unmarked_keys=wanted, error=BadStudy)
    except BadStudy as error:
        raise BadStudy(f"{error}; or {_REMEDY}") from error
    del content["version"]
    if sorted(content) != sorted(wanted):
        raise BadStudy(f"{path} has the keys {', '.join(content)}; expected {' and '.join(wanted)}; {_REMEDY}")
    if not all(isinstance(value, str) and value for value in content.values()):
        raise BadStudy(f"{path} has a secret that is no text; expected {' and '.join(wanted)} as text; {_REMEDY}")
    return Secrets(**content)
