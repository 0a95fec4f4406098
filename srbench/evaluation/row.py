"""One stored value with the conditions under which it was computed, and its line of rows.jsonl."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import Any

from srbench.core import stored_lines
from srbench.errors import BadRun
from srbench.models.mode import canonical

_ROW, _VERSION = "row", 3
"""Schema of a line of rows.jsonl, and its version. Before 0.1.0 it wrote a schema of 1."""

_KEY_SCHEMA = 1

WHOLE_SET = "*"
"""Name of the image in a row whose value is of all images of a data set together."""

TIMINGS = {"latency": ("ms", False), "throughput": ("MP/s", True)}
"""Unit of each timing, and whether higher is better. Timings are stored as rows like those of metrics: milliseconds for
an image and output megapixels a second, of the model's call alone."""

FILES = "files"
"""Mode of rows of images that other software made."""

MOS = "mos"
"""Name of the metric in rows that hold the mean opinion score of an image."""

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


def line(row: Row) -> tuple[str, ...]:
    """Return what two rows have in common of which only the newer one is shown."""
    return row.model, row.dataset, row.image, row.metric, row.device, row.mode


def of_line(record: Mapping[str, Any], file: Path) -> Row | None:
    """Build the row of a line of a file; None where it is damaged.

    Raises:
        BadRun: It is of another kind, or was written by a later version.
    """
    require_known(record, file)
    try:
        row = Row.from_json(record)
    except (KeyError, TypeError, ValueError):
        return None
    return row if isinstance(row.key, str) else None


def require_known(record: Mapping[str, Any], file: Path) -> None:
    """Refuse a line that this version does not understand.

    Raises:
        BadRun: It is of another kind, or was written by a later version.
    """
    schema, version = record.get("schema"), record.get("version", 1)
    if schema not in (_ROW, 1) or (isinstance(version, int) and version > _VERSION):
        raise BadRun(
            f"{file} has a line of schema {schema}, version {version}; expected {_ROW}, version {_VERSION} or older. "
            "Choose another folder, or install a newer srbench"
        )
