"""The report of a study: every format from one analysis."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srbench.ratings.analysis import Analysis
from srbench.ratings.join import Joined
from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.triplet_study import TripletAnalysis
from srbench.report.formats import html, latex, markdown
from srbench.report.publish import write_files
from srbench.report.ratings import page, record, record_pairs, tables, tables_metrics, tables_pairs, triplets
from srbench.report.ratings.methods import methods
from srbench.report.ratings.methods_pairs import methods_pairs
from srbench.report.table import Page

JSON, HTML = "report.json", "report.html"


@dataclass(frozen=True, eq=False)
class RatingsReport:
    """A study, ready for any format.

    Attributes:
        analysis: The analysis.
        page: Tables, caveats and methods.
        content: Records in full precision, as `--json` prints them.
    """

    analysis: Analysis | PairAnalysis | TripletAnalysis
    page: Page
    content: dict[str, Any]


def report(
    analysis: Analysis | PairAnalysis | TripletAnalysis, joined: Joined | None = None, asked: str = ""
) -> RatingsReport:
    """Arrange an analysis.

    Args:
        analysis: Analysis of votes, averages or pairs.
        joined: Rows of a run of the same models, whose metrics stand beside the scores.
        asked: Sentences that say how raters were asked; the methods paragraph begins with them.
    """
    if isinstance(analysis, TripletAnalysis):
        text = _after(asked, triplets.methods(analysis))
        arranged = page.page(analysis, triplets.tables(analysis), text)
        return RatingsReport(analysis, arranged, triplets.record(analysis, text))
    if isinstance(analysis, PairAnalysis):
        text = _after(asked, methods_pairs(analysis))
        arranged = page.page(analysis, tables_pairs.tables(analysis), text)
        return RatingsReport(analysis, arranged, record_pairs.record_pairs(analysis, text))
    text = _after(asked, methods(analysis))
    first = []
    if joined and analysis.models:
        first = [tables_metrics.side_by_side(analysis, joined, tables.score_name(analysis))]
    arranged = page.page(analysis, [*first, *tables.tables(analysis)], text)
    return RatingsReport(analysis, arranged, record.record(analysis, text))


def _after(asked: str, text: str) -> str:
    return f"{asked} {text}" if asked else text


def write(report: RatingsReport, folder: Path) -> list[Path]:
    """Write report.html, report.md, report.tex, report.json and a CSV file for each list of records.

    Raises:
        BadRun: The folder cannot be written.
    """
    files = {
        HTML: html.page(page.illustrated(report.page, report.analysis)),
        "report.md": markdown.page(report.page),
        "report.tex": latex.page(report.page),
        JSON: json.dumps(report.content, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        **record.csv_files(report.content),
    }
    stale = [folder / name for name in record.CSV_NAMES - files.keys()]
    return write_files(folder, files, stale)
