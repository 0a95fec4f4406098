"""The images of a folder, and what else it holds, counted with the reason why it is no image."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from srbench.core import image_file
from srbench.errors import BadImage

_SYSTEM = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True)
class Listing:
    """What a folder holds, hidden and system files aside.

    Attributes:
        folder: The folder.
        images: Image files, by their paths in it; whether they can be read whole is not known yet.
        left_out: Number of other entries by reason, as "broken link".
    """

    folder: Path
    images: tuple[Path, ...]
    left_out: Mapping[str, int]

    def describe(self) -> list[str]:
        """Say what is left out, in one line; nothing where all is taken.

        Examples:
            >>> Listing(Path("hr"), (), {"subfolder": 2, "pipe or device": 1}).describe()
            ['hr: left out 2 x subfolder, 1 x pipe or device']
        """
        counts = ", ".join(f"{count} x {reason}" for reason, count in self.left_out.items())
        return [f"{self.folder}: left out {counts}"] if counts else []


def find(folder: Path, *, deep: bool) -> Listing:
    """List the images of a folder, in an order that does not depend on the file system.

    An image is a file with the ending of a format that is read, or with another one and such a content. Files whose
    names begin with a dot, and those that systems leave in folders, are none.

    Args:
        folder: The folder.
        deep: Whether its folders are looked into, too.

    Raises:
        BadImage: The folder itself cannot be read.
    """
    left_out: Counter[str] = Counter()
    try:
        images = sorted(_walk(folder, left_out, deep=deep), key=lambda path: path.relative_to(folder).as_posix())
    except OSError as error:
        raise BadImage(f"{folder} cannot be read ({error.strerror}); expected a folder of images") from error
    return Listing(folder, tuple(images), dict(sorted(left_out.items())))


def _walk(folder: Path, left_out: Counter[str], *, deep: bool) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        listed = [entry for entry in entries if not is_hidden(entry.name)]
    for entry in listed:
        path = folder / entry.name
        reason = _reason(entry, path, deep=deep)
        if reason:
            left_out[reason] += 1
        elif not entry.is_dir():
            yield path
        else:
            try:
                yield from _walk(path, left_out, deep=deep)
            except OSError as error:
                left_out[f"subfolder that cannot be read ({error.strerror})"] += 1


def is_hidden(name: str) -> bool:
    """Return whether a file or folder is hidden, or one that a system leaves behind."""
    return name.startswith(".") or name.lower() in _SYSTEM


def _reason(entry: "os.DirEntry[str]", path: Path, *, deep: bool) -> str:
    """Say why an entry is left out; empty for an image, and for a folder to look into."""
    try:
        if entry.is_dir():
            return "" if deep and not entry.is_symlink() else "link to a folder" if deep else "subfolder"
        if not entry.is_file():
            return "broken link" if entry.is_symlink() and not path.exists() else "pipe or device"
    except OSError as error:  # a link in a circle
        return f"file that cannot be reached ({error.strerror})"
    return "" if path.suffix.lower() in image_file.EXTENSIONS else _reason_by_content(path)


def _reason_by_content(path: Path) -> str:
    try:
        image_file.header(path)
    except BadImage:
        if not os.access(path, os.R_OK):
            return "file that cannot be read"
        return f"file that is no image ({path.suffix.lower() or 'without an ending'})"
    return ""
