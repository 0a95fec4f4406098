"""The report of a session, every format from one record."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from srbench.core import stored_json
from srbench.errors import BadRun
from srbench.report.publish import PAGES, write_files
from srbench.report.speed import ab_comparison, page, plot, records
from srbench.report.speed.trade_off import Quality, TradeOff
from srbench.report.table import Plot
from srbench.speed.ab_record import AbComparison
from srbench.speed.records import SpeedSession

JSON, CSV, MARKDOWN = "speed.json", "speed.csv", "speed.md"
_FILES = {"md": MARKDOWN, "latex": "speed.tex", "html": "speed.html"}
AB_COMPARISON = "ab_comparison.json"
_SCHEMA, _VERSION = "speed", 1
_AB_SCHEMA, _AB_VERSION = "ab_comparison", 1
_REMEDY = "Measure again with `srbench throughput`"
_PICTURES = ("quality-speed-latency*", "quality-speed-throughput*")


def content(session: SpeedSession) -> dict[str, Any]:
    """Return what `--json` prints and speed.json holds: the session, with null for what JSON cannot hold."""
    return stored_json.marked(_SCHEMA, _VERSION, _finite(session.as_dict()))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(folder: Path) -> SpeedSession:
    """Read the session that a folder holds, complete or as far as it came.

    Raises:
        BadRun: It holds none, one that is damaged, or one of another version.
    """
    file = folder / JSON
    record = _read(file, _SCHEMA, _VERSION, ("device", "rows"))
    try:
        return SpeedSession.from_dict(record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRun(f"{file} is no session of `srbench throughput` ({type(error).__name__}: {error})") from error


def _read(file: Path, schema: str, version: int, unmarked_keys: tuple[str, ...]) -> dict[str, Any]:
    record = stored_json.read(file, schema, version, unmarked_keys=unmarked_keys, error=BadRun, remedy=_REMEDY)
    opened = stored_json.opened(record)
    if opened is None:
        raise BadRun(f"{file} is damaged: it is not as it was written. {_REMEDY}")
    return opened


def keep(session: SpeedSession, folder: Path) -> None:
    """Write speed.json alone: after each row, so that a killed session is not lost.

    Raises:
        BadRun: The folder cannot be written.
    """
    write_files(folder, {JSON: _json(content(session))})


def ab_content(comparison: AbComparison, device: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `--compare --json` prints and ab_comparison.json holds."""
    return stored_json.marked(
        _AB_SCHEMA, _AB_VERSION, _finite({"device": dict(device), "ab_comparison": comparison.as_dict()})
    )


def read_ab_comparison(folder: Path) -> tuple[AbComparison, dict[str, Any]]:
    """Return the A/B comparison that a folder holds, and facts about its device; an older version called it duel.json.

    Raises:
        BadRun: The folder holds none, or one of a later version.
    """
    before = folder / "duel.json"
    file = before if before.exists() and not (folder / AB_COMPARISON).exists() else folder / AB_COMPARISON
    record = _read(file, _AB_SCHEMA, _AB_VERSION, ("device", "duel"))
    try:
        comparison = AbComparison.from_dict(record["ab_comparison"] if record["version"] else record["duel"])
        return comparison, dict(record["device"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadRun(f"{file} is no A/B comparison of speed ({type(error).__name__}: {error})") from error


def write_ab_comparison(comparison: AbComparison, device: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ab_comparison.json and ab_comparison.md.

    Raises:
        BadRun: The folder cannot be written.
    """
    files = {AB_COMPARISON: _json(ab_content(comparison, device))}
    return write_files(folder, files | {"ab_comparison.md": PAGES["md"](ab_comparison.page(comparison, device))})


def _json(record: dict[str, Any]) -> bytes:
    sealed = stored_json.sealed(record)
    return (json.dumps(sealed, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n").encode()


def write(session: SpeedSession, folder: Path, quality: Quality | None = None) -> list[Path]:
    """Write speed.json and speed.csv, the page as speed.md, speed.tex and speed.html, and the plots.

    Plots are quality-speed-<scenario>.png and .svg, where quality is known. Where those of several sizes or data sets
    would share a name, these stand in the name too. Plots of an earlier session are removed.

    Args:
        session: Session as measured.
        folder: Folder of the report; it is made where it is missing.
        quality: Quality of a run of the same models, as for `page.build`.

    Returns:
        Paths of what was written.

    Raises:
        BadRun: The folder cannot be written.
    """
    report = page.build(session, quality)
    drawn = {trade_off.stem: plot.svg_and_png(trade_off, page.machine(session)) for trade_off in report.drawn}
    illustrated = replace(report.page, plots=tuple(_plot(one, drawn[one.stem][0]) for one in report.drawn))
    pages = {name: PAGES[form](illustrated) for form, name in _FILES.items()}
    files: dict[str, str | bytes] = {JSON: _json(content(session)), CSV: text(report, "csv"), **pages}
    for stem, (svg, png) in drawn.items():
        files |= {f"{stem}.svg": svg, f"{stem}.png": png}
    pictures = (path for pattern in _PICTURES for path in folder.glob(pattern) if path.suffix in {".png", ".svg"})
    return write_files(folder, files, [path for path in pictures if path.name not in files])


def text(report: page.SpeedReport, form: str) -> str:
    """Write the report, without plots, in a format: "csv", "md", "latex" or "html"."""
    if form == "csv":
        return records.table_csv(report.session.rows, report.session.device)
    return PAGES[form](report.page)


def _plot(trade_off: TradeOff, svg: str) -> Plot:
    models = len({line.row.model for line in trade_off.lines})
    return Plot(
        key=trade_off.stem,
        title=trade_off.title,
        caption=(
            "Each mark is a model in a mode: output megapixels a second against quality, better to the right and the "
            "top. Ringed, and joined by the dashed line: nothing is better and faster."
        ),
        svg=svg,
        alt=f"Quality against speed of {models} models; the table of the same title has the values.",
        file=f"{trade_off.stem}.png",
    )
