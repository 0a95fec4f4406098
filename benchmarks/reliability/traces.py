"""What a call leaves in its folder, and how that is compared with what an undisturbed call leaves."""

import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

Tree = dict[str, bytes]
"""Content of files by path; of a link, where it leads."""

_CHANGING = re.compile(rb"[A-Za-z0-9_-]{16,}|\b[0-9a-f]{7,}\b|[-+]?[0-9][0-9.,:eE+-]*")
_SECONDS = re.compile(rb'"seconds": [0-9.]+')
_VOTES = ("votes.sqlite", "votes.sqlite-wal", "votes.sqlite-shm")
_NOT_COMPARED = ("errors.log", "quality-speed-")
"""Beginnings of names of files that may be there or not: plots are drawn of timings that nothing disturbed."""


def inputs(folder: Path) -> Tree:
    """Return the inputs, without the votes of a study, which some verbs are there to change."""
    return {name: data for name, data in _tree(folder / "in").items() if Path(name).name not in _VOTES}


def outputs(folder: Path) -> Tree:
    """Return all files but inputs, cache and temporary files."""
    own = (f"in{os.sep}", f"cache{os.sep}", f"tmp{os.sep}")
    return {name: data for name, data in _tree(folder).items() if not name.startswith(own)}


def _tree(folder: Path) -> Tree:
    found: Tree = {}
    for place, folders, files in os.walk(folder):
        for name in [*files, *(each for each in folders if (Path(place) / each).is_symlink())]:
            path = Path(place) / name
            found[str(path.relative_to(folder))] = (
                os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            )
    return found


def differences(found: Tree, one: Tree, other: Tree) -> Iterator[str]:
    """Yield how a tree differs from two of undisturbed calls, other than these from one another."""
    for name in sorted(found.keys() - one.keys()):
        if not Path(name).name.startswith(_NOT_COMPARED):
            yield f"litter: {name[:60]}"
    for name in sorted(one.keys() & other.keys()):
        if Path(name).name.startswith(_NOT_COMPARED):
            continue
        if name not in found:
            yield f"afterwards the same call lacks {name[:60]}"
        elif _is_other(name, found[name], one[name], other[name]):
            yield f"afterwards the same call writes another {name[:60]}"


def _is_other(name: str, found: bytes, one: bytes, other: bytes) -> bool:
    """Return whether a content differs from two that differ, if at all, in their times."""
    read = _unpacked if name.endswith(".zip") else bytes
    found, one, other = (_SECONDS.sub(b"", read(data)) for data in (found, one, other))
    if one == other and Path(name).name != "run.json" and not name.endswith(".zip"):
        return found != one
    settled = _settled(name, one)
    return settled == _settled(name, other) and settled != _settled(name, found)


def _unpacked(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"\n".join(name.encode() + b"\n" + archive.read(name) for name in archive.namelist())


def _settled(name: str, data: bytes) -> bytes:
    """Return a content without its times, and of run.json the last call alone."""
    if Path(name).name == "run.json":
        head = json.loads(data)
        data = json.dumps({**head, "calls": head["calls"][-1:]}, indent=1).encode()
    return re.sub(rb"\s+", b" ", _CHANGING.sub(b"#", data))
