"""Stored results: the folder of a run, with one JSON line for each image and metric.

A run is a folder: `rows.jsonl` (only ever appended to), `run.json` (protocol, environments, calls), and the tables made
from them. Rows of several processes may interleave, and those of workers and shares stand in segments of their own
(`srbench.evaluation.segments`); lines that are torn or damaged are left out and counted.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from srbench.core import files, stored_lines
from srbench.core.passwords import hidden
from srbench.errors import BadRun
from srbench.evaluation import run_head, segments
from srbench.evaluation.row import Row, key, of_line
from srbench.models.mode import spelled_before

ROWS, HEAD, ERRORS = "rows.jsonl", run_head.FILE, "errors.log"

_DEFAULTS = {"lr": "bicubic"}
"""What stored protocols of before a field was there mean."""


class RunFolder:
    """A folder of results.

    Args:
        path: Folder, which is created when something is first written to it.

    Attributes:
        left_out: What a reader must know of files that were damaged when they were last read, in sentences.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left_out: dict[str, str] = {}

    def rows(self) -> list[Row]:
        """Return the newest row of each key, oldest first; nothing for a new folder. Damaged lines are left out.

        Raises:
            BadRun: A line is of another kind, or was written by a later version.
        """
        rows: dict[str, Row] = {}
        self.left_out = {HEAD: self.left_out[HEAD]} if HEAD in self.left_out else {}
        damaged = self.read_rows(self.path / ROWS, rows)
        if damaged:
            count = f"{damaged} damaged line{'' if damaged == 1 else 's'}"
            self.left_out[ROWS] = f"{count} of {self.path / ROWS} left out; the same `srbench run` measures them again"
        for segment in segments.paths(self.path):
            with suppress(FileNotFoundError):  # it has become part of the rows meanwhile
                if found := segments.check(segment, self.read_rows(segment, rows)):
                    self.left_out[segment.name] = found
        return list(rows.values())

    def read_rows(self, path: Path, rows: dict[str, Row]) -> int:
        """Add the rows of a file to those that are there, the newest last; returns the number of damaged lines."""
        lines = stored_lines.Lines(path)
        with stored_lines.no_search_for_cycles():
            for record in lines:
                if row := of_line(record, lines.path):
                    rows.pop(row.key, None)
                    rows[row.key] = row
                else:
                    lines.damaged += 1
        return lines.damaged

    def require_place(self) -> None:
        """Check that rows can be stored, before the work; a run.json that is damaged is set aside.

        Raises:
            BadRun: A later version wrote run.json.
            OSError: The folder, or its file of rows, cannot be written.
        """
        files.require_folder(self.path)
        if (self.path / ROWS).exists():
            (self.path / ROWS).open("ab").close()
        self._head_or_new()

    def _head_or_new(self) -> dict[str, Any]:
        """Read run.json, or begin a new one; one that is damaged is set aside, which `left_out` says."""
        head, aside = run_head.read_or_set_aside(self.path / HEAD)
        if aside:
            self.left_out[HEAD] = (
                f"{HEAD} was damaged and was renamed {aside.name}; the machines of older rows are unknown"
            )
        return head

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows, all of them or none.

        Raises:
            OSError: They could not be written.
        """
        stored_lines.append(self.path / ROWS, [row.to_json() for row in rows])

    def log_error(self, text: str) -> None:
        """Add a traceback, with a line above it that says whose it is, to errors.log."""
        self.path.mkdir(parents=True, exist_ok=True)
        with files.naming(self.path / ERRORS), (self.path / ERRORS).open("ab") as file:
            file.write(files.encoded(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, {hidden(text)}\n"))

    def picture(self, row: Row) -> Path:
        """Return the path of the output that a row measures, where outputs are kept.

        It ends in digits of the key, so that no other content has the same file.
        """
        folder = self.path / "images" / _part(row.dataset) / _part(row.model)
        if row.output:
            return folder / row.mode / f"{_part(row.image)}-{row.output[:8]}.png"
        before = folder / spelled_before(row.mode)
        return (before if before.is_dir() else folder / row.mode) / f"{row.image}.png"

    def head(self) -> dict[str, Any]:
        """Read run.json.

        Raises:
            BadRun: There is none, it is damaged, or it was written by a later version.
        """
        return run_head.read(self.path / HEAD)

    def record(
        self, protocol: Mapping[str, Any], environment: Mapping[str, Any], call: Mapping[str, Any]
    ) -> tuple[str, int]:
        """Note in run.json under which conditions rows are about to be made.

        Args:
            protocol: All fields of the protocol.
            environment: Facts of the machine and versions of the software.
            call: Models with weight hashes, data sets with hashes of their content, and seeds.

        Returns:
            The short hash by which rows name the environment, and the number of the call.

        Raises:
            BadRun: The folder cannot be written, or holds another protocol.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadRun(f"{self.path} cannot be a run's folder ({error.strerror}); choose another --out") from error
        name = key(**environment)[:8]
        with FileLock(str(self.path / ".lock")):
            head = self._head_or_new()
            if "protocol" in head and _DEFAULTS | head["protocol"] != _DEFAULTS | dict(protocol):
                was = head["protocol"].get("name")
                raise BadRun(f"{self.path} {_other_protocol(was, protocol['name'])}; choose another --out")
            head["protocol"] = dict(protocol)
            head["environments"][name] = dict(environment)
            notes = [self.left_out[HEAD]] if HEAD in self.left_out else []
            head["calls"].append({**call, "notes": [*notes, *call.get("notes", ())]} if notes else dict(call))
            run_head.write(self.path / HEAD, head)
        return name, len(head["calls"]) - 1

    def know(self, environment: Mapping[str, Any]) -> str:
        """Note the conditions under which a worker of a call is about to make rows; returns their short hash."""
        name = key(**environment)[:8]
        with FileLock(str(self.path / ".lock")):
            head = self.head()
            if name not in head["environments"]:
                head["environments"][name] = dict(environment)
                run_head.write(self.path / HEAD, head)
        return name

    def conclude(
        self, call: int, failed: Sequence[Mapping[str, str]], spent: Mapping[str, Mapping[str, float]] | None = None
    ) -> None:
        """Note in run.json what failed in a call, and the seconds and LR pixels of each model."""
        with FileLock(str(self.path / ".lock")):
            head = self.head()
            head["calls"][call]["failed"] = list(failed)
            if spent:
                head["calls"][call]["spent"] = dict(spent)
            run_head.write(self.path / HEAD, head)


def _part(name: str) -> str:
    """Return a name as one part of a path, short enough for a file system."""
    return os.fsdecode(os.fsencode(name.replace("/", "_").replace("\\", "_"))[:200])


def _other_protocol(there: str, wanted: str) -> str:
    """Say what a folder holds in place of a run under the wanted protocol."""
    if there == wanted:
        return f"holds a run of an older srbench, in which {there} had other conventions"
    return f"holds a run under the protocol {there}, and this one is under {wanted}"
