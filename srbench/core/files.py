"""Writing files so that they are complete or not there at all, and saying what the system refused."""

import errno
import hashlib
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from srbench.errors import first_line

_HOST = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
_TEMPORARY = re.compile(r"\.srbench-(?P<host>[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{8}")
_STARTED_S = time.time()
_OLD_S = 24 * 60 * 60
_FULL = "make room; what is done is kept, and the same command goes on"
_REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: "expected the right to read and write there; change its mode, or give another place",
    errno.EPERM: "expected the right to read and write there; change its owner or mode, or give another place",
    errno.EROFS: "expected a place that can be written; give another",
    errno.ENAMETOOLONG: "expected at most 255 bytes in a name; give a shorter one",
    errno.ELOOP: "links lead back to themselves; mend them, or give another path",
    errno.ENOTDIR: "a file stands where a folder is expected; give another path",
    errno.EEXIST: "a file stands where a folder is expected; give another path",
    errno.EISDIR: "a folder stands where a file is expected; give another path",
    errno.EBADF: "expected it to be open; send it to a file, or to /dev/null",
    errno.EMFILE: "too many files are open at once; raise the limit with: ulimit -n 4096",
}


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a path to write to, which takes its final name only when the block ends without an error.

    What processes left in the folder that are gone is removed first.

    Args:
        path: Final name; its parent folders are created. A file of that name stays until the new one is complete and
            has reached the disk.

    Raises:
        OSError: The folder or the file cannot be written; nothing half-written is left. It names the file.
    """
    partial = _temporary(path)
    try:
        with naming(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_litter(path.parent)
            yield partial
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors of writing name the file, where they name none or a temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(_temporary(path))):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Args:
        path: File to write; its parent folders are created.
        content: Bytes, or text that is written as UTF-8; what UTF-8 cannot hold of a name is written as an escape.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_write(path) as partial:
        partial.write_bytes(encoded(content) if isinstance(content, str) else content)


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Args:
        path: File to write; its parent folders are created.
        content: Text that is written as UTF-8.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_write(path) as partial, os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
        file.write(encoded(content))


def create_private(path: Path, content: str) -> None:
    """Write a new file that only its owner can read, whole or not at all; one that is there stays as it is.

    Args:
        path: File to write, in a folder that exists.
        content: Text that is written as UTF-8.

    Raises:
        FileExistsError: There is a file of that name, perhaps of another process just now.
        OSError: The file cannot be written.
    """
    partial = _temporary(path)
    try:
        remove_litter(path.parent)
        with naming(path), os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(encoded(content))
            file.flush()
            os.fsync(file.fileno())
            os.link(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def encoded(text: str) -> bytes:
    r"""Return text as UTF-8; a byte of a name that is not UTF-8 becomes an escape.

    Examples:
        >>> encoded("a\udcffb")
        b'a\\udcffb'
    """
    return text.encode("utf-8", "backslashreplace")


def require_place(path: Path) -> None:
    """Check that a file can be written, before the work that makes its content.

    Args:
        path: File that is about to be written.

    Raises:
        OSError: It cannot: its name is too long, a folder has its name, or its folder cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with suppress(FileNotFoundError):
        path.stat()  # the trial below has a short name, and follows no link that the file may be
    require_folder(path.parent)


def require_folder(folder: Path) -> None:
    """Check that files can be written into a folder, or that it can be made; nothing is left of the trial.

    Raises:
        OSError: They cannot.
    """
    trial = _temporary(folder / "trial")
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        try:
            _try_folder(folder, trial)
        except FileNotFoundError:  # another process has just removed the folder that it had made for its own trial
            _try_folder(folder, trial)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)
        for parent in made:
            with suppress(OSError):
                parent.rmdir()


def _try_folder(folder: Path, trial: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    remove_litter(folder)
    trial.write_bytes(b"srbench")


def _temporary(path: Path) -> Path:
    """Return the name that a file has until it is complete; short, since the final one may be as long as names can."""
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]
    return path.with_name(f".srbench-{_HOST}-{os.getpid()}-{name}")


def remove_litter(folder: Path) -> None:
    """Remove what processes of this machine that are gone left half-written in a folder; once in this process."""
    _remove_litter_once(folder.absolute())


@lru_cache(maxsize=1024)
def _remove_litter_once(folder: Path) -> None:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = _TEMPORARY.fullmatch(entry.name)
            if name and _is_litter(name["host"], int(name["pid"]), entry.stat().st_mtime):
                with suppress(OSError):
                    Path(entry.path).unlink()


def _is_litter(host: str, pid: int, written_s: float) -> bool:
    """Whether the process that wrote a temporary file is gone; another machine's counts as gone after a day."""
    if time.time() - written_s > _OLD_S:
        return True
    if host != _HOST or os.name == "nt":
        return False
    if pid == os.getpid():  # of an earlier process with this number, as in containers
        return written_s < _STARTED_S
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def absent_or(path: Path, otherwise: str) -> str:
    """Say that a path does not exist, or else what is wrong with it: the middle of a message that begins with it."""
    return otherwise if path.exists() else "does not exist"


def refusal(error: OSError) -> str:
    """Return in one line what the system refused, of which file, and what to do."""
    if error.errno is None:
        return first_line(error)
    remedy = _REMEDIES.get(error.errno, "what is done is kept; mend it, and the same command goes on")
    return f"{refused(error)}; {remedy}"


def refused(error: OSError) -> str:
    """Return what the system refused, and of which file."""
    paths = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    if error.errno == errno.ENOENT and paths:
        return f"{' and '.join(paths)} does not exist; check the path"
    where = f"{' and '.join(paths)}: " if paths else ""
    return f"{where}{error.strerror or first_line(error)}"
