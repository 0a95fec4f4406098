"""A study's secrets: made once, kept in a file that its owner alone can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from srbench.errors import BadStudy

FILE = "secrets.json"


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
        BadStudy: Others can read the file.
    """
    path = folder / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise BadStudy(f"{path} can be read by others; expected mode 600: chmod 600 {path}") from None
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    made = Secrets(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(made), file)
    return made
