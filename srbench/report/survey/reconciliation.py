"""The table of a panel's list beside the study's raters."""

from collections import Counter
from collections.abc import Sequence

from srbench.report.table import Page, Table, text_column, text_rows
from srbench.survey.reconciliation import Reconciled
from srbench.survey.study import Study

_COLUMNS = ("id", "rater", "ending", "code", "entered", "panel's status", "finding")


def page(study: Study, found: Sequence[Reconciled]) -> Page:
    """Arrange what `srbench survey reconcile` prints."""
    counts = Counter(row.finding for row in found)
    lead = ", ".join(f"{number} {finding}" for finding, number in counts.most_common()) or "nobody in either list"
    rows = [(r.person, r.rater, r.ending, r.code, r.entered, r.status, r.finding) for r in found]
    table = Table("reconciliation", "Panel and study", tuple(map(text_column, _COLUMNS)), text_rows(rows))
    return Page(title=study.title, lead=(lead,), tables=(table,))
