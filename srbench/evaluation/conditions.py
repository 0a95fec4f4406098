"""The same models under other protocols, versions or machines: differences, which are never one mean, star or test."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srbench.core.names import meant
from srbench.errors import BadRun
from srbench.evaluation.matched import short_names
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import FILES, MOS, TIMINGS, Row
from srbench.evaluation.shown import shown

SAME_DB, SAME = 1e-3, 1e-5
"""Values of two machines that differ by less say the same, as where runs are merged."""

_Label = tuple[str, ...]
_ENVIRONMENT = ("machine", "device", "python", "commit")


@dataclass(frozen=True)
class Difference:
    """A model in one metric under two conditions.

    Attributes:
        dataset: Id of the data set.
        model: Name of the model, with its mode where that is not fp32.
        metric: Name of the metric.
        title: Its name in tables; may be empty.
        unit: Its unit.
        digits: Digits that a table prints.
        run: Name of the run that is compared with the first one.
        images: Number of images on which both are finite; the values are of these.
        of: Number of images that one of the two has.
        first: Mean in the first run; the median of timings.
        other: The same in the other run.
        difference: Other minus first.
    """

    dataset: str
    model: str
    metric: str
    title: str
    unit: str
    digits: int
    run: str
    images: int
    of: int
    first: float
    other: float
    difference: float


@dataclass(frozen=True)
class Differences:
    """Runs of the same models under different conditions.

    Attributes:
        runs: Short names of the runs; the first one is what the others are compared with.
        conditions: What differs, with its text in each run.
        differences: One for each model, data set, metric and further run.
        notes: What a reader must know of the models and rows.
    """

    runs: tuple[str, ...]
    conditions: Mapping[str, tuple[str, ...]]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Run:
    name: str
    head: Mapping[str, Any]
    rows: Sequence[Row]
    notes: Sequence[str]


def differences(
    folders: Sequence[RunFolder],
    *,
    models: Sequence[str] = (),
    datasets: Sequence[str] = (),
    metrics: Sequence[str] = (),
) -> Differences | None:
    """Return how the same models differ between runs; None where the runs may stand in one table.

    They may not where protocols or versions of the pipeline differ; where one content has values that differ by more
    than rounding; and where all models are the same and were measured on other machines or versions.

    Args:
        folders: Folders of runs.
        models: Names or globs of the models to keep; all where there are none.
        datasets: Names or globs of the data sets to keep.
        metrics: Names or globs of the metrics to keep.

    Raises:
        UserError: A name or glob means nothing that the runs hold.
        BadRun: A folder holds no run, or a name of an image stands for other originals.
    """
    if len({folder.path.resolve() for folder in folders}) < 2:
        return None
    runs = _read(folders, {"model": models, "dataset": datasets, "metric": metrics})
    conditions = _conditions(runs)
    labelled = [_labelled(run.rows, runs) for run in runs]
    common = [label for label in labelled[0] if any(label in other for other in labelled[1:])]
    other_rules = any(name.startswith("protocol") for name in conditions) or _pipelines_differ(runs)
    if not other_rules:
        common = [label for label in common if _same_content(label, labelled)]
    if not common or not (other_rules or _apart(common, labelled, conditions)):
        return None
    _require_same_originals(runs)
    found = [
        one
        for label in common
        for run, other in zip(runs[1:], labelled[1:], strict=True)
        if label in other
        for one in _of_model(label, labelled[0][label], other[label], run.name)
    ]
    notes = [*_notes(common, labelled, runs), *(f"{run.name}: {note}" for run in runs for note in run.notes)]
    return Differences(tuple(run.name for run in runs), conditions, tuple(found), tuple(notes))


def _read(folders: Sequence[RunFolder], kept: Mapping[str, Sequence[str]]) -> list[_Run]:
    names = short_names([str(folder.path) for folder in folders])
    chosen = [(folder, shown(folder)) for folder in folders]
    rows = [[row for row in of.rows if row.metric != MOS] for _, of in chosen]
    for field, globs in kept.items():
        known = meant(globs, (getattr(row, field) for of in rows for row in of), f"{field} of these runs")
        rows = [[row for row in of if getattr(row, field) in known] for of in rows]
    return [
        _Run(names[str(folder.path)], folder.head(), of_run, of.notes)
        for (folder, of), of_run in zip(chosen, rows, strict=True)
    ]


def _conditions(runs: Sequence[_Run]) -> dict[str, tuple[str, ...]]:
    """Return what differs between the runs, with its text in each."""
    facts = [_facts(run) for run in runs]
    names = dict.fromkeys(name for of in facts for name in of)
    texts = {name: tuple(of.get(name, "-") for of in facts) for name in names}
    return {name: of for name, of in texts.items() if len(set(of)) > 1}


def _facts(run: _Run) -> dict[str, str]:
    protocol = {"lr": "bicubic", "grey": "luma", **run.head.get("protocol", {})}
    found = {"protocol": str(protocol.get("name", ""))}
    found |= {f"protocol, {name}": str(value) for name, value in protocol.items() if name not in ("name", "source")}
    found["pipeline"] = _joined(row.pipeline for row in run.rows)
    known = run.head["environments"]
    used = [known[name] for name in dict.fromkeys(row.environment for row in run.rows) if name in known]
    found |= {name: _joined(of.get(name, "-") for of in used) for name in _ENVIRONMENT}
    packages = dict.fromkeys(name for of in used for name in of.get("packages", {}))
    return found | {name: _joined(of.get("packages", {}).get(name) for of in used) for name in packages}


def _pipelines_differ(runs: Sequence[_Run]) -> bool:
    """Whether two runs measured one image by different versions of the pipeline."""
    known: dict[tuple[str, str], int] = {}
    return any(
        known.setdefault((row.dataset, row.image), row.pipeline) != row.pipeline for run in runs for row in run.rows
    )


def _joined(values: Iterable[object]) -> str:
    return " and ".join(sorted({"-" if value is None else str(value) for value in values})) or "-"


def _labelled(rows: Sequence[Row], runs: Sequence[_Run]) -> dict[_Label, list[Row]]:
    """Group rows by model and mode, and by device where a run has several."""
    devices = [{(row.model, row.mode, row.device) for row in run.rows if row.mode != FILES} for run in runs]
    several = {(m, mode) for of in devices for m, mode, d in of if any(o[:2] == (m, mode) and o[2] != d for o in of)}
    groups: dict[_Label, list[Row]] = {}
    for row in rows:
        variant = (row.model, row.mode)
        groups.setdefault((*variant, row.device) if variant in several else variant, []).append(row)
    return groups


def _same_content(label: _Label, labelled: Sequence[Mapping[_Label, Sequence[Row]]]) -> bool:
    return len({row.identity for of in labelled for row in of.get(label, ())}) == 1


def _apart(
    common: Sequence[_Label],
    labelled: Sequence[Mapping[_Label, Sequence[Row]]],
    conditions: Mapping[str, tuple[str, ...]],
) -> bool:
    """Whether one content has other values in two runs, or the runs differ in nothing but machine or versions."""
    same_models = bool(conditions) and all(set(of) == set(common) for of in labelled)
    return same_models or any(_values_differ([of[label] for of in labelled if label in of]) for label in common)


def _values_differ(of_runs: Sequence[Sequence[Row]]) -> bool:
    first = _by_place(of_runs[0])
    for rows in of_runs[1:]:
        for place, row in _by_place(rows).items():
            if place in first and row.metric not in TIMINGS and not _say_the_same(first[place], row):
                return True
    return False


def _say_the_same(first: Row, other: Row) -> bool:
    if not (math.isfinite(first.value) and math.isfinite(other.value)):
        return str(first.value) == str(other.value)
    return abs(first.value - other.value) <= (SAME_DB if first.unit == "dB" else SAME)


def _by_place(rows: Iterable[Row]) -> dict[tuple[str, str, str], Row]:
    return {(row.dataset, row.metric, row.image): row for row in rows}


def _require_same_originals(runs: Sequence[_Run]) -> None:
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for run in runs:
        for row in run.rows:
            other, hr = known.setdefault((row.dataset, row.image), (run.name, row.hr))
            if hr and row.hr and hr != row.hr and row.image != "*":
                raise BadRun(
                    f"{row.dataset}/{row.image} in {run.name} and in {other} stands for two different originals; "
                    "expected runs on the same pictures"
                )


def _of_model(label: _Label, first: Sequence[Row], other: Sequence[Row], run: str) -> list[Difference]:
    """Compare the rows of a model in two runs, for each data set and metric that both have."""
    name = label[0] if label[1:] in ((FILES,), ("fp32",)) else f"{label[0]} ({' '.join(reversed(label[1:]))})"
    found = []
    for dataset, metric in dict.fromkeys((row.dataset, row.metric) for row in first):
        sides = [{r.image: r for r in of if (r.dataset, r.metric) == (dataset, metric)} for of in (first, other)]
        shared = [image for image in sides[0] if image in sides[1]]
        pairs = [(sides[0][image].value, sides[1][image].value) for image in shared]
        finite = [(a, b) for a, b in pairs if math.isfinite(a) and math.isfinite(b)]
        if not shared:
            continue
        middle = statistics.median if metric in TIMINGS else statistics.fmean
        one, two = (middle(of) for of in zip(*finite, strict=True)) if finite else (math.nan, math.nan)
        row = sides[0][shared[0]]
        digits = row.digits if row.digits is not None else 2 if row.unit in ("dB", "ms", "MP/s") else 4
        counts = len(finite), len(sides[0].keys() | sides[1].keys())
        told = (dataset, name, metric, row.title, row.unit, digits)
        found.append(Difference(*told, run, *counts, one, two, two - one))
    return found


def _notes(
    common: Sequence[_Label], labelled: Sequence[Mapping[_Label, Sequence[Row]]], runs: Sequence[_Run]
) -> list[str]:
    """Say which models are in one run only, and which are of other contents."""
    alone = [
        f"{' '.join(label)}: in {run.name} only"
        for run, of in zip(runs, labelled, strict=True)
        for label in of
        if label not in common
    ]
    other = [
        f"{label[0]}: its content (source or weights) is not the same in these runs"
        for label in common
        if not _same_content(label, labelled)
    ]
    return list(dict.fromkeys([*alone, *other]))
