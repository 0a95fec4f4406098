"""The report of a session, every format from one record."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from srbench.core.files import atomic_write
from srbench.errors import BadRun
from srbench.report.speed import ab_comparison as duels
from srbench.report.speed import formats, page, plot
from srbench.report.speed.quality import Quality
from srbench.speed.records import Duel, Session

JSON, CSV, MARKDOWN = "speed.json", "speed.csv", "speed.md"
_PICTURES = ("quality-speed-latency*", "quality-speed-throughput*")


def content(session: Session) -> dict[str, Any]:
    """What `--json` prints and speed.json holds: the session, with null for what JSON cannot hold."""
    record: dict[str, Any] = _finite(session.as_dict())
    return record


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(folder: Path) -> Session:
    """The session that a folder holds, whole or as far as it came.

    Raises:
        BadRun: It holds none, or one of another version.
    """
    file = folder / JSON
    try:
        return Session.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRun(f"{file} is no session of `srbench throughput` ({type(error).__name__}: {error})") from error


def keep(session: Session, folder: Path) -> None:
    """Write speed.json alone: after each row, so that a killed session is not lost.

    Raises:
        BadRun: The folder cannot be written.
    """
    _replace(folder, {JSON: _json(content(session))})


def write_duel(duel: Duel, device: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write duel.json and duel.md.

    Raises:
        BadRun: The folder cannot be written.
    """
    record = {"device": dict(device), "duel": duel.as_dict()}
    return _replace(folder, {"duel.json": _json(record), "duel.md": duels.markdown(duel, device).encode()})


def _json(record: dict[str, Any]) -> bytes:
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n").encode()


def write(session: Session, folder: Path, quality: Quality | None = None) -> list[Path]:
    """Write speed.json, speed.csv, speed.md, and quality-speed-<scenario>.png and .svg where quality is known.

    Where figures would share a name, those of several sizes or data sets, these stand in the name too. Figures of an
    earlier session are removed.

    Args:
        session: As measured.
        folder: Made where it is missing.
        quality: As for `page.build`.

    Returns:
        What was written.

    Raises:
        BadRun: The folder cannot be written.
    """
    made = page.build(session, quality)
    files: dict[str, bytes] = {
        JSON: _json(content(session)),
        CSV: formats.table_csv(session.rows, session.device).encode(),
        MARKDOWN: formats.markdown(made).encode(),
    }
    for joined in made.joined:
        if joined.drawn:
            svg, png = plot.svg_and_png(joined, page.machine(session))
            files |= {f"{joined.stem}.svg": svg.encode(), f"{joined.stem}.png": png}
    pictures = (path for pattern in _PICTURES for path in folder.glob(pattern) if path.suffix in {".png", ".svg"})
    return _replace(folder, files, [path for path in pictures if path.name not in files])


def _replace(folder: Path, files: Mapping[str, bytes], stale: Sequence[Path] = ()) -> list[Path]:
    try:
        for path in stale:
            path.unlink()
        for name, data in files.items():
            with atomic_write(folder / name) as partial:
                partial.write_bytes(data)
    except OSError as error:
        raise BadRun(f"{folder} cannot hold a report ({error.strerror}); choose another --out") from error
    return [folder / name for name in files]
