"""Outputs that a run kept as files: only the very picture that was measured is used again."""

from collections.abc import Sequence
from pathlib import Path

from srbench.core.download import sha256
from srbench.errors import BadRun
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row


def measured_picture(folder: RunFolder, rows: Sequence[Row]) -> Path | None:
    """Return the file of the output that rows measured; None where it was not kept.

    Args:
        folder: Folder of the run.
        rows: Rows of one output.

    Raises:
        BadRun: There is a file, and it is another picture than was measured.
    """
    path = folder.picture(rows[0])
    if not path.is_file():
        return None
    measured = {row.picture for row in rows if row.picture}
    if sha256(path) in measured:
        return path
    what = f"expected sha256 {min(measured)[:8]}…" if measured else "no hash of it is stored"
    raise BadRun(f"{path} is not the picture that was measured ({what}); make it anew by srbench run --save-images")
