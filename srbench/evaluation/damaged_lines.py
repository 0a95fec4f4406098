"""Damaged lines of rows.jsonl, which are counted until their rows were measured again."""

import json
import re

from filelock import FileLock

from srbench.core import files, stored_lines
from srbench.evaluation.results import ROWS, RunFolder
from srbench.evaluation.row import Row

_KEY, _OUTPUT, _METRIC = (re.compile(rf'"{name}": "([^"]+)"'.encode()) for name in ("key", "output", "metric"))


def drop_measured_again(folder: RunFolder) -> None:
    """Remove damaged lines whose rows are there again, once a report has told of them.

    A row is known by its key, or by its output and metric where the key is what was damaged. A line that no longer
    says which row it held goes too.

    Args:
        folder: Folder whose `left_out` tells whether it had damaged lines.

    Raises:
        OSError: The file cannot be written; it is as before.
    """
    if ROWS not in folder.left_out:
        return
    rows = folder.rows()
    known = {row.key.encode() for row in rows} | {f"{row.output} {row.metric}".encode() for row in rows}
    path = folder.path / ROWS
    with FileLock(str(folder.path / ".lock")):
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if _is_sound(line) or not _is_known(line, known)]
        if len(kept) < len(lines):
            files.write(path, b"".join(kept))


def _is_sound(line: bytes) -> bool:
    if not line.strip():
        return True
    try:
        Row.from_json(json.loads(line))
    except (KeyError, TypeError, ValueError, RecursionError):
        return False
    return stored_lines.is_whole(line)


def _is_known(line: bytes, known: set[bytes]) -> bool:
    """Tell whether the row of a damaged line is known, or nobody can say which it was."""
    key, output, metric = (pattern.search(line) for pattern in (_KEY, _OUTPUT, _METRIC))
    names = [key[1]] if key else []
    if output and metric:
        names.append(output[1] + b" " + metric[1])
    return not names or any(name in known for name in names)
