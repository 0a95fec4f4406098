"""The page of the same models under other conditions: columns of differences, without best, stars or tests."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from srbench.evaluation.conditions import Difference, Differences
from srbench.evaluation.row import TIMINGS
from srbench.report.runs.tables import column_order, metric_head
from srbench.report.table import DASH, Cell, Column, Page, Section, Table, text_column

_CAPTION = (
    "≠: the run minus the first one. Values are means over the images on which both are finite, of times medians. "
    "Under two conditions they are not on one scale: no mean is of both, nothing is best, and nothing is tested."
)


@dataclass(frozen=True)
class DifferenceReport:
    """Differences, ready for any format."""

    found: Differences

    def page(self) -> Page:
        """Arrange what differs, and a table for each data set."""
        runs = self.found.runs
        lead = [
            f"{name}: {'; '.join(f'{text} [{run}]' for run, text in zip(runs, texts, strict=True))}"
            for name, texts in self.found.conditions.items()
        ]
        datasets = dict.fromkeys(one.dataset for one in self.found.differences)
        notes = self.found.notes
        return Page(
            title=f"The same models under other conditions: {' and '.join(runs)}",
            lead=tuple(lead or ["Protocol, machine and versions are the same, the values are not."]),
            tables=tuple(self._table(name) for name in datasets),
            caption=(_CAPTION,),
            sections=(Section("Notes", tuple(notes), "list"),) if notes else (),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` prints; a value that is not finite is null."""
        return {
            "runs": list(self.found.runs),
            "conditions": {
                name: dict(zip(self.found.runs, texts, strict=True)) for name, texts in self.found.conditions.items()
            },
            "differences": self.records(),
            "notes": list(self.found.notes),
        }

    def records(self) -> list[dict[str, Any]]:
        """Return the lines of the CSV: one for each model, data set, metric and run."""
        records = ({"first_run": self.found.runs[0], **asdict(one)} for one in self.found.differences)
        return [{name: _or_none(value) for name, value in of.items()} for of in records]

    def _table(self, dataset: str) -> Table:
        of = [one for one in self.found.differences if one.dataset == dataset]
        metrics = sorted({one.metric for one in of}, key=column_order)
        by_place = {(one.model, one.metric, one.run): one for one in of}
        heads = {one.metric: metric_head(one.metric, one.title).replace("\n", " ") for one in of}
        units = {one.metric: "" if one.metric in TIMINGS else one.unit for one in of}
        first, *others = self.found.runs
        columns = [text_column("model")]
        for rank, metric in enumerate(metrics):
            columns.append(Column(f"{heads[metric]}\n[{first}]", units[metric], rank=rank))
            for run in others:
                columns.append(Column(f"{heads[metric]}\n[{run}]", units[metric], rank=rank))
                columns.append(Column(f"≠ [{run}]\n- [{first}]", units[metric], rank=rank))
        rows = [
            (Cell(model), *(cell for metric in metrics for cell in _cells(by_place, model, metric, others)))
            for model in dict.fromkeys(one.model for one in of)
        ]
        images = max(one.of for one in of)
        return Table(dataset, f"{dataset}, {images} image{'' if images == 1 else 's'}", tuple(columns), tuple(rows))


def _or_none(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cells(by_place: Mapping[tuple[str, str, str], Difference], model: str, metric: str, runs: list[str]) -> list[Cell]:
    found = [by_place.get((model, metric, run)) for run in runs]
    known = [one for one in found if one]
    cells = [_cell(known[0].first, known[0]) if known else Cell(DASH)]
    for one in found:
        cells += [_cell(one.other, one), _cell(one.difference, one, signed=True)] if one else [Cell(DASH), Cell(DASH)]
    return cells


def _cell(value: float, one: Difference, *, signed: bool = False) -> Cell:
    if not math.isfinite(value):
        return Cell("n/a")
    of = f" ({one.images} of {one.of})" if signed and one.images < one.of else ""
    return Cell(f"{value:{'+' if signed else ''}.{one.digits}f}{of}")
