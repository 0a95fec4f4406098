"""The report of a run, from its folder alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from srbench import protocol as protocols
from srbench.errors import BadRun
from srbench.evaluation import shown
from srbench.evaluation.ranking import Ranking, rank
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row
from srbench.evaluation.summary import Summary, summarise
from srbench.protocol import Protocol
from srbench.report.formats import csv
from srbench.report.publish import PAGES, write_files
from srbench.report.runs import caption
from srbench.report.runs.tables import build
from srbench.report.table import Page, Section, Table

_TABLES = {"csv": "summary.csv", "md": "summary.md", "html": "summary.html", "latex": "summary.tex"}
"""Format and name of each file of tables in a run's folder."""


@dataclass(frozen=True)
class RunReport:
    """A run, ready for any format.

    Attributes:
        protocol: All fields of the protocol.
        summaries: Means, medians and intervals, in full precision.
        rankings: By data set and metric, which models are best, not told from the best, and on which images.
        page: Tables and the text around them.
        caveats: Sentences below the tables; "notes" in JSON.
        unavailable: Models that could not run, with the reason.
        failed: Images that failed.
        lr: What is known of given LR images, by data set.
    """

    protocol: dict[str, Any]
    summaries: list[Summary]
    rankings: Mapping[tuple[str, str], Ranking]
    page: Page
    caveats: list[str]
    unavailable: dict[str, str]
    failed: list[dict[str, str]]
    lr: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self, folder: str | None) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "run": folder,
            "protocol": self.protocol,
            "summary": [summary.as_dict() for summary in self.summaries],
            "rankings": [
                {"dataset": dataset, "metric": metric, **ranking.as_dict()}
                for (dataset, metric), ranking in self.rankings.items()
            ],
            "unavailable": [{"model": model, "reason": reason} for model, reason in self.unavailable.items()],
            "failed": self.failed,
            "notes": self.caveats,
            **({"lr": dict(self.lr)} if self.lr else {}),
        }

    def text(self, form: str) -> str:
        """Write the report in a format: "csv", "md", "latex" or "html"."""
        return csv.records(self.records()) if form == "csv" else PAGES[form](self.page)

    def records(self) -> list[dict[str, Any]]:
        """Return the lines of summary.csv, in full precision."""
        return [_record(summary, self.protocol["name"]) for summary in self.summaries]


def _record(s: Summary, protocol: str) -> dict[str, Any]:
    """Arrange a summary as a line of summary.csv."""
    low, high = s.ci95 or (None, None)
    q1, q3 = s.iqr or (None, None)
    return {
        **{"protocol": protocol, "model": s.model, "dataset": s.dataset, "metric": s.metric, "mean": s.mean},
        **{"std": s.std, "n": s.n, "unit": s.unit, "ci95_low": low, "ci95_high": high, "median": s.median},
        **{"q1": q1, "q3": q3, "device": s.device, "mode": s.mode},
        **{"flag": s.flag or "; ".join(s.disturbed), "infinite": s.infinite, "undefined": s.undefined},
    }


def report(
    folder: RunFolder,
    rows: Sequence[Row],
    caveats: Sequence[str],
    unavailable: dict[str, str] | None = None,
    failed: Sequence[dict[str, str]] = (),
) -> RunReport:
    """Arrange rows of a run.

    Args:
        folder: Folder of the run, for protocol, environments and sizes of data sets.
        rows: Rows of the run to show.
        caveats: Of these models and data sets.
        unavailable: Models that could not run, with the reason.
        failed: Images that failed.
    """
    head = folder.head()
    totals = {
        name: (facts["images"], facts["of"]) for call in head["calls"] for name, facts in call["datasets"].items()
    }
    lr = {name: facts.get("lr", "") for call in head["calls"] for name, facts in call["datasets"].items()}
    used = dict.fromkeys((row.mode, row.environment) for row in rows)
    known = head["environments"]
    machines = caption.machines([(mode, known[name]) for mode, name in used if name in known])
    lost = [note for note in folder.left_out.values() if note not in caveats]
    below = [
        *lost,
        *caption.odd_outputs(rows),
        *caption.tiled(rows),
        *caption.ranges(rows),
        *caveats,
        *caption.missing(unavailable or {}, failed),
    ]
    methods = shown.methods(head["calls"])
    summaries, rankings = summarise(rows, methods), rank(rows, methods)
    tables = [_with_lr(table, lr.get(table.key, "")) for table in build(summaries, rankings, totals)]
    given = {table.key: text for table in tables if (text := lr.get(table.key))}
    protocol = protocols.read(head["protocol"])
    page = _page(protocol, tables, below, machines, " and ".join(dict.fromkeys(given.values())))
    return RunReport(protocol.as_dict(), summaries, rankings, page, below, unavailable or {}, list(failed), given)


def of_folder(folder: RunFolder) -> RunReport:
    """Arrange everything that a folder shows.

    Args:
        folder: Folder of a run.

    Raises:
        BadRun: The folder holds no run, or no rows.
    """
    calls = folder.head()["calls"]
    chosen = shown.shown(folder)
    if not chosen.rows:
        raise BadRun(f"{folder.path} holds no rows yet; run: srbench run --out {folder.path}")
    noted = [*(note for call in calls for note in call["notes"]), *chosen.notes]
    notes = list(dict.fromkeys([*caption.unfinished(calls[-1], chosen.rows), *noted]))
    return report(folder, chosen.rows, notes, calls[-1]["unavailable"], calls[-1]["failed"])


def _with_lr(table: Table, text: str) -> Table:
    """Say in the title of a table on which LR images it is."""
    return replace(table, title=f"{table.title}, {text}") if text else table


def of_rows(protocol: Protocol, rows: Sequence[Row]) -> RunReport:
    """Arrange rows of several runs, or of none.

    Args:
        protocol: Protocol under which the rows were measured.
        rows: Rows of any data sets.
    """
    summaries, rankings = summarise(rows), rank(rows)
    below = [*caption.odd_outputs(rows), *caption.tiled(rows)]
    page = _page(protocol, build(summaries, rankings, {}), below)
    return RunReport(protocol.as_dict(), summaries, rankings, page, below, {}, [])


def scores(
    protocol: Protocol,
    rows: Sequence[Row],
    counts: tuple[int, int],
    caveats: Sequence[str] = (),
    failed: Sequence[dict[str, str]] = (),
) -> RunReport:
    """Arrange rows that no run has stored, those of `srbench score`.

    Args:
        protocol: Protocol under which the rows were measured.
        rows: Rows of one data set.
        counts: Numbers of images of the data set that were asked for and that it has.
        caveats: Of the data set and its files.
        failed: Images that failed.
    """
    summaries, rankings = summarise(rows), rank(rows)
    tables = build(summaries, rankings, {rows[0].dataset: counts})
    below = [*caption.odd_outputs(rows), *caveats, *caption.missing({}, failed)]
    page = _page(protocol, tables, below)
    return RunReport(protocol.as_dict(), summaries, rankings, page, below, {}, list(failed))


def _page(
    protocol: Protocol, tables: Sequence[Table], caveats: Sequence[str], machines: Sequence[str] = (), lr: str = ""
) -> Page:
    return Page(
        title=protocol.describe(lr),
        lead=tuple(machines),
        tables=tuple(tables),
        caption=(caption.CAPTION,),
        sections=(Section("Notes", tuple(caveats), "list"),) if caveats else (),
    )


def write(report: RunReport, folder: RunFolder, *, latex: bool = False) -> None:
    """Write summary.csv, summary.md and summary.html, and summary.tex on request, into the run's folder."""
    names = {form: name for form, name in _TABLES.items() if latex or form != "latex"}
    write_files(folder.path, {name: report.text(form) for form, name in names.items()})


def refresh(folder: RunFolder) -> None:
    """Write the tables of a folder anew whose rows have changed; where none are left, they are removed."""
    if shown.shown(folder).rows:
        write(of_folder(folder), folder, latex=(folder.path / _TABLES["latex"]).exists())
    else:
        for name in _TABLES.values():
            (folder.path / name).unlink(missing_ok=True)
