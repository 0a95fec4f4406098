"""The table of `srbench show` in a notebook."""

import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console

from srbench import protocol as protocols
from srbench.errors import UserError
from srbench.evaluation.frame import stored_rows
from srbench.evaluation.results import HEAD, RunFolder
from srbench.evaluation.shown import shown
from srbench.report.formats import terminal
from srbench.report.runs import publish
from srbench.report.table import Page

_WIDTH = 160
"""Characters of a line where there is no terminal."""


@dataclass(frozen=True, repr=False)
class ScoreTable:
    """Tables as `srbench show` prints them; a notebook shows them with bold and colours.

    Attributes:
        pages: One for each protocol, as means of two protocols do not compare.
    """

    pages: tuple[Page, ...]

    def __repr__(self) -> str:
        """Return the text that a terminal shows, without colours."""
        return self._printed(Console().width if Console().is_terminal else _WIDTH).export_text().rstrip("\n")

    def _repr_html_(self) -> str:
        code = '<pre style="line-height: 1.2; overflow-x: auto">{code}</pre>'
        return self._printed(_WIDTH).export_html(inline_styles=True, code_format=code)

    def _printed(self, width: int) -> Console:
        console = Console(record=True, file=io.StringIO(), width=width, highlight=False)
        for page in self.pages:
            console.print(terminal.page(page, width))
        return console


def table(scores: pd.DataFrame) -> ScoreTable:
    """Show scores as `srbench show` does, with the same intervals, marks and notes.

    Args:
        scores: What `evaluate` or `load_results` return, or lines of it. Each protocol has tables of its own.

    Returns:
        An object that a notebook shows as HTML and a terminal as text.

    Raises:
        UserError: There are no lines; or two of them are of one model, image and metric, as of two runs.

    Examples:
        ```python
        scores = srbench.load_results("runs/classical_x4")
        srbench.table(scores[scores.dataset == "set14"])
        ```
    """
    if not len(scores):
        raise UserError("the scores have no lines; expected those of one model at least")
    names = dict.fromkeys(scores["protocol"])
    return ScoreTable(tuple(_page(scores[scores["protocol"] == name]) for name in names))


def _page(scores: pd.DataFrame) -> Page:
    rows = stored_rows(scores)
    runs = list(dict.fromkeys(scores["run"])) if "run" in scores else []
    folder = RunFolder(Path(runs[0])) if len(runs) == 1 else None
    if folder is None or not (folder.path / HEAD).exists():
        return publish.of_rows(protocols.find(rows[0].protocol), rows).page
    whole = {row.key for row in shown(folder).rows} == {row.key for row in rows}
    return (publish.of_folder(folder) if whole else publish.report(folder, rows, [])).page
