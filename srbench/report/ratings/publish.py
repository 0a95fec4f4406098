"""The report of a study: every format from one analysis."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srbench.core.files import atomic_write
from srbench.errors import BadRun
from srbench.evaluation.results import Row
from srbench.ratings.analysis import Analysis
from srbench.ratings.pair_study import PairAnalysis
from srbench.report.ratings import record, table, tables, tables_pairs
from srbench.report.ratings.methods import methods, methods_pairs
from srbench.report.ratings.page import page
from srbench.report.ratings.table import Table
from srbench.report.ratings.table2 import table2

JSON, PAGE = "report.json", "report.html"


@dataclass(frozen=True, eq=False)
class Report:
    """A study, ready for any format.

    Attributes:
        made: The analysis.
        tables: All tables, the most wanted first.
        methods: A paragraph for a paper.
        content: What `--json` prints.
    """

    made: Analysis | PairAnalysis
    tables: list[Table]
    methods: str
    content: dict[str, Any]


def report(made: Analysis | PairAnalysis, rows: Sequence[Row] = ()) -> Report:
    """Arrange an analysis.

    Args:
        made: Of votes, averages or pairs.
        rows: Of a run of the same models, for the SRGAN paper's Table 2.
    """
    if isinstance(made, PairAnalysis):
        text = methods_pairs(made)
        return Report(made, tables_pairs.tables(made), text, record.record_pairs(made, text))
    text = methods(made)
    first = [table2(made, rows)] if rows and made.models else []
    return Report(made, [*first, *tables.tables(made)], text, record.record(made, text))


def write(ready: Report, folder: Path) -> list[Path]:
    """Write report.html, report.md, report.tex, report.json and a CSV file for each list of records.

    Raises:
        BadRun: The folder cannot be written.
    """
    title = f"Ratings: {ready.made.name}"
    files = {
        PAGE: page(ready.made, ready.tables, ready.methods),
        "report.md": table.markdown(ready.tables, title, ready.methods, ready.made.caveats),
        "report.tex": table.latex(ready.tables, title),
        JSON: json.dumps(ready.content, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        **record.csv_files(ready.content),
    }
    try:
        for stale in record.CSV_NAMES - files.keys():
            (folder / stale).unlink(missing_ok=True)
        for name, text in files.items():
            with atomic_write(folder / name) as partial:
                partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadRun(f"{folder} cannot hold a report ({error.strerror}); choose another --out") from error
    return [folder / name for name in files]
