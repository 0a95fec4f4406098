"""The table of a paper: models as rows, data sets as groups of columns, published rows of others beside one's own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srbench import protocol as protocols
from srbench.evaluation.comparison import Compared, Question, compare
from srbench.evaluation.matched import Matches
from srbench.evaluation.published import Published
from srbench.report.runs.tables import heading
from srbench.report.table import DASH, Cell, Column, Page, Table, text_column

PUBLISHED = "†"
"""Mark behind the name of a model whose scores others printed."""


@dataclass(frozen=True)
class _Score:
    """The cell of one model in one column, before any format."""

    value: float
    images: int
    place: int
    """1 for the best, 2 for the second; higher for the others."""
    tied: bool


@dataclass(frozen=True)
class PaperTable:
    """Scores of several data sets in one table.

    Attributes:
        matches: The models of the runs, side by side.
        datasets: Data sets in the order of the columns.
        metrics: Metrics in the order of the columns of a data set.
        published: Rows of others.
    """

    matches: Matches
    datasets: Sequence[str]
    metrics: Sequence[str]
    published: Sequence[Published] = ()
    _columns: Mapping[tuple[str, str], Mapping[str, _Score]] = field(init=False, repr=False)
