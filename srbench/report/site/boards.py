"""What a page shows of the runs under one protocol: rows, means, marks, and what a reader must know of them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from srbench import protocol as protocols
from srbench.errors import BadRun
from srbench.evaluation import ranking, shown
from srbench.evaluation.matched import match
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import TIMINGS, Row
from srbench.evaluation.summary import Summary, summarise
from srbench.report.runs import publish
from srbench.report.runs.publish import RunReport

_NAMED = 3
"""Models that a sentence of many names."""


@dataclass(frozen=True)
class Board:
    """Runs under one protocol.

    Attributes:
        protocol: All fields of the protocol.
        folders: The runs.
        rows: Rows that are shown, those of all runs.
        methods: The method of each model that is one of its seeds.
        summaries: Means with their intervals, as `srbench show` prints them.
        rankings: Which models are best, and which are not told from the best, by data set and metric.
        letters: Groups of models that are not told apart, by data set and metric.
        reports: What `srbench show` prints of each run.
    """

    protocol: Mapping[str, Any]
    folders: tuple[RunFolder, ...]
    rows: tuple[Row, ...]
    methods: Mapping[str, str]
    summaries: tuple[Summary, ...]
    rankings: Mapping[tuple[str, str], ranking.Ranking]
    letters: Mapping[tuple[str, str], Mapping[ranking.Variant, str]]
    reports: tuple[RunReport, ...]

    @property
    def name(self) -> str:
        """Name of the protocol."""
        return str(self.protocol["name"])

    @property
    def datasets(self) -> list[str]:
        """Data sets in the order of their rows."""
        return list(dict.fromkeys(row.dataset for row in self.rows))

    @property
    def machines(self) -> list[str]:
        """Modes, machines and versions, a line each."""
        return list(dict.fromkeys(line for report in self.reports for line in report.page.lead))

    @property
    def caveats(self) -> list[str]:
        """Sentences that a reader must know, of all runs; what is said of several models is said once."""
        return _said_once(line for report in self.reports for line in report.caveats)

    def images(self, dataset: str) -> int:
        """Count the images of a data set."""
        return len({row.image for row in self.rows if row.dataset == dataset})


def _said_once(lines: Iterable[str]) -> list[str]:
    """Join lines "MODEL on DATASET: finding" that differ in the model alone."""
    models: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        model, on, finding = line.partition(" on ")
        alone = not on or ":" in model
        models.setdefault(line if alone else on + finding, []).extend([] if alone else [model])
    return [_listed(names) + finding for finding, names in models.items()]


def _listed(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        return f"{len(names)} models ({', '.join(names[:_NAMED])} ...)"
    return ", ".join(names)


def read(folders: Sequence[RunFolder]) -> list[Board]:
    """Read runs, those of one protocol together.

    The same content in two runs is one model; other content of the same name has the name of its folder beside its own.

    Raises:
        BadRun: A folder holds no run or no rows; or runs under one protocol have other pictures under one name.
    """
    by_protocol: dict[str, list[RunFolder]] = {}
    for folder in folders:
        by_protocol.setdefault(repr(protocols.read(folder.head()["protocol"]).as_dict()), []).append(folder)
    return [_board(of) for of in by_protocol.values()]


def _board(folders: Sequence[RunFolder]) -> Board:
    if len(folders) > 1:
        match(folders)  # refuses runs on different pictures, or by different versions of the pipeline
    rows: dict[str, Sequence[Row]] = {}
    methods: dict[str, str] = {}
    reports = []
    for folder in folders:
        head, chosen = folder.head(), shown.shown(folder)
        if not chosen.rows:
            raise BadRun(f"{folder.path} holds no rows yet; run: srbench run --out {folder.path}")
        notes = list(dict.fromkeys([*(note for call in head["calls"] for note in call["notes"]), *chosen.notes]))
        last = head["calls"][-1]
        reports.append(publish.report(folder, chosen.rows, notes, last["unavailable"], last["failed"]))
        rows[str(folder.path)] = chosen.rows
        methods |= shown.methods(head["calls"])
    united, methods = _united(rows, methods)
    alone = reports[0] if len(reports) == 1 else None
    return Board(
        protocol=reports[0].protocol,
        folders=tuple(folders),
        rows=tuple(united),
        methods=methods,
        summaries=tuple(alone.summaries if alone else summarise(united, methods)),
        rankings=alone.rankings if alone else ranking.rank(united, methods),
        letters=ranking.letters(united, methods),
        reports=tuple(reports),
    )


def _united(rows: Mapping[str, Sequence[Row]], methods: Mapping[str, str]) -> tuple[list[Row], dict[str, str]]:
    """Unite the rows of several runs; contents that share a name get the name of their folder beside it."""
    by_name: dict[str, dict[str, list[Row]]] = {}
    for run, of_run in rows.items():
        for row in of_run:
            by_name.setdefault(methods.get(row.model, row.model), {}).setdefault(run, []).append(row)
    united: list[Row] = []
    named = dict(methods)
    for by_run in by_name.values():
        if _agree(list(by_run.values())):
            united += {_place(row): row for of in reversed(by_run.values()) for row in of}.values()
            continue
        for run, of in by_run.items():
            beside = f" [{Path(run).resolve().name}]"
            united += [replace(row, model=row.model + beside) for row in of]
            named |= {row.model + beside: methods[row.model] + beside for row in of if row.model in methods}
    return united, named


def _agree(runs: Sequence[Sequence[Row]]) -> bool:
    """Whether runs hold the same content of a model, and the same values of what several of them measured."""
    known: dict[tuple[str, ...], tuple[str, float]] = {}
    for row in (row for of in runs for row in of):
        value = 0.0 if row.metric in TIMINGS else row.value
        seen = known.setdefault(_place(row), (row.identity, value))
        if seen != (row.identity, value) and not math.isnan(value):
            return False
    return True


def _place(row: Row) -> tuple[str, ...]:
    return (row.dataset, row.model, row.device, row.mode, row.image, row.metric)
