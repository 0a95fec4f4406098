"""Stored results: one JSON line for each image and metric, and the conditions under which they were computed.

A run is a folder: `rows.jsonl` (only ever appended to), `run.json` (protocol, environments, calls), and the tables made
from them. Rows of several processes may interleave; lines that are torn or damaged are left out and counted.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import Any

from filelock import FileLock

from srbench.core import files, stored_lines
from srbench.core.passwords import hidden
from srbench.errors import BadRun
from srbench.evaluation import run_head
from srbench.models.mode import canonical, spelled_before

_ROW, _VERSION = "row", 3
"""Schema of a line of rows.jsonl, and its version. Before 0.1.0 it wrote a schema of 1."""

_KEY_SCHEMA = 1
ROWS, HEAD, ERRORS = "rows.jsonl", run_head.FILE, "errors.log"

WHOLE_SET = "*"
"""Name of the image in a row whose value is of all images of a data set together."""

TIMINGS = {"latency": ("ms", False), "throughput": ("MP/s", True)}
"""Unit of each timing, and whether higher is better. Timings are stored as rows like those of metrics: milliseconds for
an image and output megapixels a second, of the model's call alone."""

FILES = "files"
"""Mode of rows of images that other software made."""

MOS = "mos"
"""Name of the metric in rows that hold the mean opinion score of an image."""


_DEFAULTS = {"lr": "bicubic"}
"""What stored protocols of before a field was there mean."""
_HASHES = ("hr", "lr", "output", "picture")
_WORDS = itemgetter(
    *("protocol", "model", "identity", "dataset", "image", "metric", "unit", "device", "mode", "environment")
)


@dataclass(frozen=True, slots=True)
class Row:
    """One value and the conditions under which it was computed.

    Attributes:
        key: Hash of everything that can change the value.
        protocol: Name of the protocol, with what a variant changes.
        model: Id of the model.
        identity: Fingerprint of the model.
        dataset: Id of the data set.
        image: Name in the data set; `WHOLE_SET` where the value is of all its images together.
        metric: Name of the metric, as it was asked for.
        value: Value in its unit; NaN and infinite values are stored as null.
        unit: "dB", "ms", "MP/s" or "".
        higher_is_better: Whether a higher value is a better one.
        device: Kind of the device, "cpu" or "cuda".
        mode: Canonical name of the mode, as `--mode` takes it: "fp32", "bf16+x8"; "files" for scored images.
        environment: Short hash that names an entry of `run.json`.
        warnings: Findings of the sanity checks of the output, or what disturbed a timing; "flags" in the stored row.
        title: Name of the metric in the head of a table; empty for timings and in rows of before 0.1.0.
        digits: Digits after the point that a table shows; None where the table chooses.
        images: Number of images that the value is of.
        pipeline: Version of `srbench.evaluation.pipeline` that made the value; 0 in rows of before it had a number.
        tile_px: Side of the tiles in LR pixels, without their overlap; 0 where the image went through whole.
        hr: SHA-256 of the original: of its file, or of its pixels where those are pinned.
        lr: SHA-256 of the file of a given LR image; empty where the protocol made it.
        output: 16 hex digits of everything that determines the output: all of the key but the metric.
        picture: SHA-256 of the file of the output, where it was kept as it was measured.
    """

    key: str
    protocol: str
    model: str
    identity: str
    dataset: str
    image: str
    metric: str
    value: float
    unit: str
    higher_is_better: bool
    device: str
    mode: str
    environment: str = ""
    warnings: tuple[str, ...] = field(default=())
    title: str = ""
    digits: int | None = None
    images: int = 1
    pipeline: int = 0
    tile_px: int = 0
    hr: str = ""
    lr: str = ""
    output: str = ""
    picture: str = ""

    def finite(self) -> float | None:
        """Return the value, or None where it is NaN or infinite."""
        return self.value if math.isfinite(self.value) else None

    def to_json(self) -> str:
        """Return the row as one line of JSON, with a checksum."""
        record = {"schema": _ROW, "version": _VERSION, **asdict(self), "value": self.finite()}
        record["flags"] = record.pop("warnings")
        if self.finite() is None:
            record["non_finite"] = str(self.value)
        return stored_lines.line(record)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Row":
        """Build the row of a parsed line; words that many rows have in common are kept once."""
        protocol, model, identity, dataset, image, metric, unit, device, mode, environment = map(intern, _WORDS(record))
        return cls(
            key=record["key"],
            protocol=protocol,
            model=model,
            identity=identity,
            dataset=dataset,
            image=image,
            metric=metric,
            value=float(record["non_finite"]) if record["value"] is None else record["value"],
            unit=unit,
            higher_is_better=record["higher_is_better"],
            device=device,
            mode=intern(canonical(mode)),
            environment=environment,
            warnings=tuple(record["flags"]),
            title=intern(record.get("title", "")),
            digits=record.get("digits"),
            images=record.get("images", 1),
            pipeline=record.get("pipeline", 0),
            tile_px=record.get("tile_px", 0),
            **{name: intern(record.get(name, "")) for name in _HASHES},
        )


def key(**conditions: object) -> str:
    """Return 16 hex digits that stand for the conditions that can change a value."""
    text = json.dumps({"schema": _KEY_SCHEMA, **conditions}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
        lines = stored_lines.Lines(self.path / ROWS)
        rows: dict[str, Row] = {}
        with stored_lines.no_search_for_cycles():
            for record in lines:
                _check(record, lines.path)
                try:
                    row = Row.from_json(record)
                    rows.pop(row.key, None)
                    rows[row.key] = row
                except (KeyError, TypeError, ValueError):
                    lines.damaged += 1
        self.left_out.pop(ROWS, None)
        if lines.damaged:
            count = f"{lines.damaged} damaged line{'' if lines.damaged == 1 else 's'}"
            self.left_out[ROWS] = f"{count} of {lines.path} left out; the same `srbench run` measures them again"
        return list(rows.values())

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


def _check(record: Mapping[str, Any], file: Path) -> None:
    """Refuse a line that this version does not understand."""
    schema, version = record.get("schema"), record.get("version", 1)
    if schema not in (_ROW, 1) or (isinstance(version, int) and version > _VERSION):
        raise BadRun(
            f"{file} has a line of schema {schema}, version {version}; expected {_ROW}, version {_VERSION} or older. "
            "Choose another folder, or install a newer srbench"
        )


def _other_protocol(there: str, wanted: str) -> str:
    """Say what a folder holds in place of a run under the wanted protocol."""
    if there == wanted:
        return f"holds a run of an older srbench, in which {there} had other conventions"
    return f"holds a run under the protocol {there}, and this one is under {wanted}"
