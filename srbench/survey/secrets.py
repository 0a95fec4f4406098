"""The secrets of a study: made once, and kept in a file that only its owner can read."""

import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from srbench.core import files, stored_json
from srbench.errors import BadStudy

FILE = "secrets.json"
_SCHEMA, _VERSION = "survey secrets", 1
_PLACE = "give a folder that you can write to, and make room"
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
    if os.path.lexists(path):
        return _read(path)
    created = Secrets(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    try:
        files.create_private(path, stored_json.text(_SCHEMA, _VERSION, asdict(created)))
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise BadStudy(f"{path} cannot be written: {error.strerror}; {_PLACE}") from error
    return created


def renew_admin(folder: Path) -> Secrets:
    """Replace the token that opens the administrator's page; who is logged in with the old one no longer is.

    Raises:
        BadStudy: The file cannot be read or written.
    """
    renewed = replace(load(folder), admin=secrets.token_urlsafe(32))
    path = folder / FILE
    try:
        files.write_private(path, stored_json.text(_SCHEMA, _VERSION, asdict(renewed)))
    except OSError as error:
        raise BadStudy(f"{path} cannot be written: {error.strerror}; {_PLACE}") from error
    return renewed


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
