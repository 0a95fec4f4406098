"""A run's folder as one of several writers sees it, and the end of segments: their rows join rows.jsonl."""

from collections.abc import Iterable
from pathlib import Path

from srbench.evaluation import segments
from srbench.evaluation.plan_order import in_plan_order
from srbench.evaluation.results import HEAD, RunFolder
from srbench.evaluation.row import Row


class SegmentFolder(RunFolder):
    """A folder of results whose new rows go to a segment of this process.

    Args:
        path: Folder of the run, whose call is noted in run.json.
        call: Number of the call.
    """

    def __init__(self, path: Path, call: int) -> None:
        super().__init__(path)
        self._segment = segments.Segment(path, call)

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows, all of them or none.

        Raises:
            OSError: They could not be written.
        """
        self._segment.append([row.to_json() for row in rows])

    def close(self) -> None:
        """Close the segment by its manifest."""
        self._segment.close()


def join_segments(folder: RunFolder) -> None:
    """Let the rows of segments that nobody writes any more join rows.jsonl, in the order of one process.

    Raises:
        OSError: They could not be written; the segments stay.
    """
    if not segments.paths(folder.path):
        return
    calls = folder.head()["calls"] if (folder.path / HEAD).exists() else []
    with segments.left(folder.path) as left:
        of_calls: dict[str, list[Path]] = {}
        for path in left:
            of_calls.setdefault(path.name.partition("-")[0], []).append(path)
        for paths in of_calls.values():
            rows: dict[str, Row] = {}
            for path in paths:
                folder.read_rows(path, rows)
            if rows:
                folder.append(in_plan_order(rows.values(), calls))
