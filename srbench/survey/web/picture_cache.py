"""Pictures as they are sent, kept in memory for as long as their files do not change."""

from collections import OrderedDict
from pathlib import Path


class PictureCache:
    """The contents that were last asked for.

    Args:
        most_bytes: How much is kept, in bytes.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._kept: OrderedDict[Path, tuple[tuple[int, ...], bytes]] = OrderedDict()

    def get(self, file: Path) -> bytes | None:
        """Return what was kept for a file; None where there is nothing, or where the file has changed or gone."""
        found = self._kept.get(file)
        if found is None or found[0] != state(file):
            return None
        self._kept.move_to_end(file)
        return found[1]

    def keep(self, file: Path, before: tuple[int, ...], content: bytes) -> None:
        """Keep a content.

        Args:
            file: File that it was made from.
            before: State of the file before it was read.
            content: What is sent for it.
        """
        if before:
            self._bytes += len(content) - len(self._kept.pop(file, ((), b""))[1])
            self._kept[file] = before, content
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._kept.popitem(last=False)[1][1])


def state(file: Path) -> tuple[int, ...]:
    """Return what changes when a file is written or replaced; nothing where it is missing."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
