"""Values of the models of one or several runs on the same images."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srbench.core.names import meant
from srbench.errors import BadRun
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import FILES, MOS, TIMINGS, WHOLE_SET, Row
from srbench.evaluation.shown import methods as methods_of
from srbench.evaluation.shown import shown
from srbench.stats.arrays import Floats
from srbench.stats.seeds import by_seed

Place = tuple[str, str]
"""A data set and a metric."""


@dataclass(frozen=True)
class Matched:
    """Values of several models on the same images of a data set, in one metric.

    Attributes:
        dataset: Id.
        metric: Name.
        title: Name of the metric in the head of a table; empty where the table knows it.
        unit: "dB" or "".
        digits: Digits after the point that a table shows.
        higher_is_better: Direction.
        images: Names of the images on which every model has a value.
        values: Values by model, `(images,)`, or `(seeds, images)` of a method with several; some may be infinite.
        left_out: Sentences on models that are not compared, by model.
    """

    dataset: str
    metric: str
    title: str
    unit: str
    digits: int
    higher_is_better: bool
    images: tuple[str, ...]
    values: Mapping[str, Floats]
    left_out: Mapping[str, str]


@dataclass(frozen=True)
class Matches:
    """The models of several runs, side by side.

    Attributes:
        protocol: All fields of the protocol that the runs share.
        tables: Matched values, in the order in which the runs have data sets and metrics.
        origins: Folders of runs and names there, by the name that a model has here; several where they agree.
        notes: What a reader must know of the rows that are shown.
    """

    protocol: Mapping[str, Any]
    tables: tuple[Matched, ...]
    origins: Mapping[str, Sequence[tuple[str, str]]]
    notes: tuple[str, ...]

    def partners(self, run: str, older: str) -> dict[str, str]:
        """Return the model of an older run that has the name of each model of a run; itself where nothing changed.

        Args:
            run: Folder of the run.
            older: Folder of the older run.

        Raises:
            BadRun: They share no name of a model.
        """
        names = {place: model for model, places in self.origins.items() for place in places}
        pairs = {
            model: names[older, name] for (of, name), model in names.items() if of == run and (older, name) in names
        }
        if not pairs:
            raise BadRun(
                f"{run} and {older} have no model of one name; give a model the same name in both, as in --models "
                "ours=net.py"
            )
        return pairs


def match(
    folders: Sequence[RunFolder],
    *,
    models: Sequence[str] = (),
    datasets: Sequence[str] = (),
    metrics: Sequence[str] = (),
) -> Matches:
    """Put the models of several runs side by side.

    The same content in two runs is one model; different contents of one name are told apart by the names of the
    folders. Timings, opinion scores and values of whole sets are left out.

    Args:
        folders: Folders of runs, at least one.
        models: Names or globs of the models to keep; all where there are none.
        datasets: Names or globs of the data sets to keep.
        metrics: Names or globs of the metrics to keep.

    Raises:
        UserError: A name or glob means nothing that the runs hold.
        BadRun: A folder holds no run; or the runs have other protocols, versions of the pipeline or pictures.
    """
    protocol = one_protocol(folders)
    chosen = {str(folder.path): shown(folder) for folder in folders}
    rows: Mapping[str, Sequence[Row]] = {
        run: [row for row in of.rows if _of_quality(row)] for run, of in chosen.items()
    }
    for field, globs in (("model", models), ("dataset", datasets), ("metric", metrics)):
        rows = _kept(rows, field, globs)
    require_same_pictures(rows)
    methods = {str(folder.path): methods_of(folder.head()["calls"]) for folder in folders}
    labelled, origins = _labelled(rows, methods)
    places: dict[Place, dict[str, list[Row]]] = {}
    for label, of_label in labelled.items():
        for row in of_label:
            places.setdefault((row.dataset, row.metric), {}).setdefault(label, []).append(row)
    notes = [f"{run}: {note}" if len(rows) > 1 else note for run, of in chosen.items() for note in of.notes]
    return Matches(protocol, tuple(_matched(by_model) for by_model in places.values()), origins, tuple(notes))


def contents(folders: Sequence[RunFolder]) -> dict[str, Sequence[Row]]:
    """Return the rows that runs show of single images, by the name that `match` gives each model.

    Timings and opinion scores are left out.

    Args:
        folders: Folders of runs under one protocol, at least one.

    Raises:
        BadRun: A folder holds no run; or the runs have other protocols, versions of the pipeline or pictures.
    """
    one_protocol(folders)
    rows = {str(folder.path): [row for row in shown(folder).rows if _of_quality(row)] for folder in folders}
    require_same_pictures(rows)
    return _labelled(rows, {str(folder.path): methods_of(folder.head()["calls"]) for folder in folders})[0]


def _of_quality(row: Row) -> bool:
    """Whether a row is neither a timing nor an opinion score, and of one image."""
    return row.metric not in {*TIMINGS, MOS} and row.image != WHOLE_SET


def _kept(rows: Mapping[str, Sequence[Row]], field: str, globs: Sequence[str]) -> dict[str, list[Row]]:
    """Keep the rows that one of the globs means, whatever the case of its letters; all where there is none."""
    known = (getattr(row, field) for of_run in rows.values() for row in of_run)
    kept = meant(globs, known, f"{field} of these runs")
    return {run: [row for row in of_run if getattr(row, field) in kept] for run, of_run in rows.items()}


def one_protocol(folders: Sequence[RunFolder]) -> Mapping[str, Any]:
    """Return all fields of the protocol that runs share.

    Raises:
        BadRun: A folder holds no run, or they are under several protocols.
    """
    first, *others = [(folder.path, dict(folder.head().get("protocol", {}))) for folder in folders]
    for path, protocol in others:
        if {"lr": "bicubic", **protocol} != {"lr": "bicubic", **first[1]}:
            raise BadRun(
                f"{first[0]} is under {first[1].get('name')}, {path} under {protocol.get('name')} with conventions of "
                "its own; expected runs under one protocol, since values of two do not compare"
            )
    return first[1]


def require_same_pictures(rows: Mapping[str, Sequence[Row]]) -> None:
    """Refuse runs whose rows of one image name are of different pictures, or of different versions of the pipeline.

    Args:
        rows: Rows by the folder of their run.

    Raises:
        BadRun: Two rows are of such pictures or versions.
    """
    known: dict[tuple[str, str], tuple[str, Row]] = {}
    for run, of_run in rows.items():
        for row in of_run:
            other, seen = known.setdefault((row.dataset, row.image), (run, row))
            where = f"{row.dataset}/{row.image} in {run} and in {other}"
            if row.hr and seen.hr and (row.hr, row.lr) != (seen.hr, seen.lr):
                what = "originals" if row.hr != seen.hr else "LR images"
                raise BadRun(f"{where} stands for two different {what}; expected runs on the same pictures")
            if row.pipeline != seen.pipeline:
                raise BadRun(
                    f"{where} was measured by versions {row.pipeline} and {seen.pipeline} of the pipeline, which do "
                    "not compare; run the older one again"
                )


@dataclass
class _Content:
    """Rows of one content, and the runs that hold it."""

    rows: Sequence[Row]
    runs: list[str]


def _labelled(
    rows: Mapping[str, Sequence[Row]], methods: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, Sequence[Row]], dict[str, Sequence[tuple[str, str]]]]:
    """Give each content a name of its own; the same content in two runs has one, and its places in the runs.

    Rows of all seeds of a method are one content.
    """
    variants: dict[tuple[str, str, str, str], list[Row]] = {}
    for run, of_run in rows.items():
        for row in of_run:
            model = methods[run].get(row.model, row.model)
            variants.setdefault((run, model, row.device, row.mode), []).append(row)
    several = len({(device, mode) for _, _, device, mode in variants if mode != FILES}) > 1
    by_name: dict[str, list[_Content]] = {}
    for (run, model, device, mode), of_variant in variants.items():
        name = f"{model} ({device} {mode})" if several and mode != FILES else model
        _add(by_name.setdefault(name, []), run, of_variant)
    short = short_names(list(rows))
    labelled: dict[str, Sequence[Row]] = {}
    origins: dict[str, Sequence[tuple[str, str]]] = {}
    for name, contents in by_name.items():
        for content in contents:
            label = name if len(contents) == 1 else f"{name} [{short[content.runs[0]]}]"
            labelled[label], origins[label] = content.rows, [(run, name) for run in content.runs]
    return labelled, origins


def _add(contents: list[_Content], run: str, rows: Sequence[Row]) -> None:
    """Add rows as a content of their own, or those that are new to the one that says the same."""
    same = next((content for content in contents if _agree(content.rows, rows)), None)
    if same is None:
        contents.append(_Content(rows, [run]))
        return
    same.runs.append(run)
    held = set(map(_measured, same.rows))
    same.rows = [*same.rows, *(row for row in rows if _measured(row) not in held)]


def _measured(row: Row) -> tuple[str, str, str, str]:
    """What a value is of."""
    return row.dataset, row.metric, row.image, row.identity


def _agree(first: Sequence[Row], second: Sequence[Row]) -> bool:
    """Whether two runs measured the same content, and say the same of every image that both have."""
    values = {_measured(row): row.value for row in first}
    mine = [row.value for row in second]
    others = [values.get(_measured(row), row.value) for row in second]
    same = {row.identity for row in first} == {row.identity for row in second}
    return same and np.array_equal(mine, others, equal_nan=True)


def short_names(runs: Sequence[str]) -> dict[str, str]:
    """Name folders by as many of their last parts as tell them apart."""
    parts = {run: Path(run).resolve().parts for run in runs}
    for count in range(1, max(map(len, parts.values())) + 1):
        names = {run: "/".join(of[-count:]) for run, of in parts.items()}
        if len(set(names.values())) == len(runs):
            return names
    return dict(zip(runs, runs, strict=True))


def _matched(by_model: Mapping[str, Sequence[Row]]) -> Matched:
    first = next(row for of in by_model.values() for row in of)
    known = {model: _by_image(of) for model, of in by_model.items()}
    most = max(map(len, known.values()))
    complete = {model: of for model, of in known.items() if len(of) == most and most}
    images = [image for image in next(iter(complete.values()), {}) if all(image in of for of in complete.values())]
    left_out = {
        model: f"{model} is not compared: it has a value on {len(of)} of {most} images"
        for model, of in known.items()
        if model not in complete
    }
    return Matched(
        dataset=first.dataset,
        metric=first.metric,
        title=first.title,
        unit=first.unit,
        digits=first.digits if first.digits is not None else 2 if first.unit == "dB" else 4,
        higher_is_better=first.higher_is_better,
        images=tuple(images),
        values={model: by_seed([of[image] for image in images]) for model, of in complete.items()},
        left_out=left_out,
    )


def _by_image(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Return the values of each image, one a seed, in one order of seeds; without images that a seed lacks."""
    seeds = len({row.model for row in rows})
    values: dict[str, list[float]] = {}
    for row in sorted(rows, key=lambda row: row.model):  # stored rows have the order in which the seeds ran
        values.setdefault(row.image, []).append(row.value)
    return {image: of for image, of in values.items() if len(of) == seeds and not any(map(math.isnan, of))}
