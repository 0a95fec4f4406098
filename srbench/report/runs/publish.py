"""The report of a run, from its folder alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srbench.evaluation.results import TIMINGS, Row, RunFolder
from srbench.evaluation.summary import Summary, summarise, tied_with_best
from srbench.protocol import Protocol
from srbench.report.runs import formats, legend, sheet
from srbench.report.runs.table import Table, build


@dataclass(frozen=True)
class Report:
    """A run, ready for any format.

    Attributes:
        protocol: All fields of the protocol.
        summaries: Figures.
        tables: The same, arranged.
        heading: Protocol, machine, versions.
        notes: What stands under the tables.
        unavailable: Models that could not run, with the reason.
        failed: Images that failed.
    """

    protocol: dict[str, Any]
    summaries: list[Summary]
    tables: list[Table]
    heading: list[str]
    notes: list[str]
    unavailable: dict[str, str]
    failed: list[dict[str, str]]

    def as_dict(self, folder: str | None) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "run": folder,
            "protocol": self.protocol,
            "summary": [summary.as_dict() for summary in self.summaries],
            "unavailable": [{"model": model, "reason": reason} for model, reason in self.unavailable.items()],
            "failed": self.failed,
            "notes": self.notes,
        }


def report(
    folder: RunFolder,
    rows: Sequence[Row],
    notes: Sequence[str],
    unavailable: dict[str, str] | None = None,
    failed: Sequence[dict[str, str]] = (),
) -> Report:
    """Arrange rows of a run.

    Args:
        folder: Of the run, for protocol, environments and sizes of data sets.
        rows: Which of its rows.
        notes: Of these models and data sets.
        unavailable: Models that could not run.
        failed: Images that failed.
    """
    head = folder.head()
    summaries = summarise(rows)
    totals = {
        name: (facts["images"], facts["of"]) for call in head["calls"] for name, facts in call["datasets"].items()
    }
    used = dict.fromkeys((row.mode, row.environment) for row in rows)
    machines = [(mode, head["environments"][name]) for mode, name in used]
    heading = legend.heading(Protocol(**head["protocol"]).describe(), machines)
    below = [*legend.flagged(rows), *notes, *legend.missing(unavailable or {}, failed)]
    tables = build(summaries, tied_with_best([row for row in rows if row.metric not in TIMINGS]), totals)
    return Report(head["protocol"], summaries, tables, heading, below, unavailable or {}, list(failed))


def scores(protocol: Protocol, rows: Sequence[Row], total: int) -> Report:
    """Arrange rows that no run has stored, those of `srbench score`.

    Args:
        protocol: Under which they were made.
        rows: Of one data set.
        total: How many images it has.
    """
    summaries = summarise(rows)
    tables = build(summaries, (), {rows[0].dataset: (total, total)})
    return Report(protocol.as_dict(), summaries, tables, [protocol.describe()], legend.flagged(rows), {}, [])


def write_sheets(folder: RunFolder, rows: Sequence[Row], originals: dict[tuple[str, str], Path]) -> None:
    """Write sheets/<dataset>/<image>.png from the outputs that a run kept.

    Args:
        folder: Of the run.
        rows: Of the models to show.
        originals: HR files by data set and image.
    """
    by_image: dict[tuple[str, str], dict[Path, list[Row]]] = {}
    for row in rows:
        by_image.setdefault((row.dataset, row.image), {}).setdefault(folder.picture(row), []).append(row)
    for place, by_picture in by_image.items():
        outputs = [_output(path, of) for path, of in by_picture.items() if path.exists()]
        if outputs:
            target = folder.path / "sheets" / place[0] / f"{place[1]}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            sheet.sheet(originals[place], outputs).save(target)


def _output(path: Path, rows: Sequence[Row]) -> sheet.Output:
    measured = [row for row in rows if row.metric not in TIMINGS]
    values = {row.metric: row.value for row in measured}
    label = rows[0].model if rows[0].mode == "fp32" else f"{rows[0].model} ({rows[0].mode})"
    return sheet.Output(label, sheet.figures(values, {row.metric: row.unit for row in measured}), path)


def write(made: Report, folder: RunFolder, *, latex: bool = False) -> None:
    """Write summary.csv and summary.md, and summary.tex on request, into the run's folder."""
    folder.write("summary.csv", formats.table_csv(made.summaries, made.protocol["name"]))
    folder.write("summary.md", formats.markdown(made.tables, made.heading, made.notes, legend.READING))
    if latex:
        folder.write("summary.tex", formats.latex(made.tables, made.heading, made.notes))
