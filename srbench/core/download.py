"""Downloads that are resumable, checked and atomic."""

import hashlib
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from srbench.core.deferred import deferred
from srbench.core.passwords import hidden
from srbench.core.progress import NO_PROGRESS, Task
from srbench.errors import DownloadError, first_line

if TYPE_CHECKING:
    import requests
else:
    requests = deferred("requests")

_ATTEMPTS = 3
_CHUNK_BYTES = 1 << 16


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class _Source:
    """An address, which is shown without its password, and how much it may send."""

    url: str
    size_bytes: int | None

    def __str__(self) -> str:
        return hidden(self.url)

    def is_beyond(self, received: int) -> bool:
        return self.size_bytes is not None and received > self.size_bytes

    def check(self, received: int, part: Path) -> None:
        if self.is_beyond(received):
            part.unlink(missing_ok=True)
            raise DownloadError(f"{self} sends more than the pinned {self.size_bytes:,} bytes. It was not kept")


class Downloader:
    """Downloads files; a host that could not be reached is not asked again.

    Args:
        connect_timeout_s: Seconds to wait for a connection.
        stall_timeout_s: Seconds without a byte after which a transfer has failed.
    """

    def __init__(self, connect_timeout_s: float = 5, stall_timeout_s: float = 30) -> None:
        self._timeouts = (connect_timeout_s, stall_timeout_s)
        self._dead: dict[str, str] = {}
        self._lock = threading.Lock()

    def fetch(self, url: str, target: Path, pin: str, task: Task = NO_PROGRESS, size_bytes: int | None = None) -> None:
        """Download one file. The target appears only when it is complete and its hash is right.

        A transfer that breaks off is resumed, within this call and after a killed process.

        Args:
            url: Address, http or https.
            target: File to write; replaced where it exists.
            pin: Expected SHA-256, whole or its first digits; empty where nothing is pinned.
            task: Progress, which is advanced by the bytes that have just arrived.
            size_bytes: Expected size; nothing beyond it is received. None where it is not known.

        Raises:
            DownloadError: The host cannot be reached, answers with an error, or sends something else.
        """
        host = _host(url)
        if host in self._dead:
            raise DownloadError(self._dead[host])
        incoming = target.with_name(f".{target.name}.incoming")
        part = incoming / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"

        try:
            target.unlink(missing_ok=True)
            incoming.mkdir(parents=True, exist_ok=True)
            self._receive_checked(_Source(url, size_bytes), part, pin, task)
            part.replace(target)
        except requests.RequestException as error:
            raise DownloadError(hidden(f"{url} could not be downloaded: {first_line(error)}")) from error
        except OSError as error:
            raise DownloadError(f"{target} could not be written: {error.strerror}") from error
        finally:
            if not part.exists():  # one that is there can be resumed
                shutil.rmtree(incoming, ignore_errors=True)

    def _receive_checked(self, source: _Source, part: Path, pin: str, task: Task) -> None:
        if not pin:
            part.unlink(missing_ok=True)  # nothing could tell whether it belongs to what is there now
        resumed = part.exists()
        self._transfer(source, part, task)
        if resumed and not sha256(part).startswith(pin):  # the old part was of something else
            part.unlink()
            self._transfer(source, part, task)
        digest = sha256(part)
        if not digest.startswith(pin):
            part.unlink()
            raise DownloadError(f"{source} has sha256 {digest[:16]}…; expected {pin[:16]}…. It was not kept")

    def _transfer(self, source: _Source, part: Path, task: Task) -> None:
        for _ in range(_ATTEMPTS):
            try:
                if self._receive(source, part, task):
                    return
            except (requests.Timeout, requests.ConnectionError) as error:
                host = _host(source.url)
                reason = f"{host.rpartition('@')[2]} could not be reached: {_reason(error)}"
                with self._lock:
                    self._dead[host] = reason
                raise DownloadError(reason) from error
        part.unlink(missing_ok=True)
        raise DownloadError(f"{source} broke off {_ATTEMPTS} times before its end; nothing was kept")

    def _receive(self, source: _Source, part: Path, task: Task) -> bool:
        """Receive the rest of a file; False when the transfer ended early."""
        have = part.stat().st_size if part.exists() else 0
        if source.is_beyond(have):
            part.unlink()
            have = 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(source.url, stream=True, timeout=self._timeouts, headers=headers) as reply:
            if reply.status_code == 416:  # it is not a part of what is there now
                part.unlink()
                return False
            if not reply.ok:
                raise DownloadError(f"{source} answered {reply.status_code} {reply.reason}")
            resumed = reply.status_code == 206
            missing = int(reply.headers["Content-Length"]) if "Content-Length" in reply.headers else None
            received, before = 0, have if resumed else 0
            if missing is not None:
                source.check(before + missing, part)
            with part.open("ab" if resumed else "wb") as file:
                try:
                    for chunk in reply.iter_content(_CHUNK_BYTES):
                        source.check(before + received + len(chunk), part)
                        file.write(chunk)
                        received += len(chunk)
                        task.advance(len(chunk))
                except requests.exceptions.ChunkedEncodingError:
                    return False
        return missing is None or received == missing


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError as error:
        raise DownloadError(hidden(f"{url} is not a URL: {error}")) from error


def _reason(error: "requests.RequestException") -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout):
        return "the transfer stalled"
    text = str(error)
    for sign, reason in (
        ("NameResolution", "its name could not be resolved"),
        ("refused", "connection refused"),
        ("unreachable", "no route to host"),
        ("CERTIFICATE", "its certificate could not be verified"),
        ("Read timed out", "the transfer stalled"),
        ("Proxy", "the proxy refused"),
    ):
        if sign in text:
            return reason
    return "connection failed"
