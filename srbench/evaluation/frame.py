"""Rows of results as a pandas DataFrame."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from srbench.core.stored_lines import no_search_for_cycles
from srbench.errors import BadRun, UserError
from srbench.evaluation import segments
from srbench.evaluation.kept_columns import read
from srbench.evaluation.ranking import rank
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.evaluation.row import Row
from srbench.evaluation.row_columns import Codes, RowColumns, Vocabularies, joined, of_rows, vocabularies
from srbench.evaluation.shown_columns import choose
from srbench.evaluation.summary import Summary, summarise

_COLUMNS = [field.name for field in fields(Row)]
_WORDS = frozenset(
    "protocol model identity dataset image metric unit device mode environment title hr lr".split()  # noqa: SIM905
)
"""Columns whose words many rows have in common."""
_TYPES: Mapping[str, type] = {
    "higher_is_better": np.bool_,
    "digits": np.float64,
    "images": np.int64,
    "pipeline": np.int64,
    "tile_px": np.int64,
}


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as a table: a line for each row, and a column for each field of `Row`."""
    return _table(of_rows(list(rows), vocabularies()))


def _table(rows: RowColumns) -> pd.DataFrame:
    return pd.DataFrame({name: _column(name, rows) for name in _COLUMNS}, columns=_COLUMNS)


def _column(name: str, rows: RowColumns) -> Any:
    """Return a column; words that many rows have in common are stored once."""
    if name in rows.plain:
        return rows.plain[name] if name == "value" else rows.plain[name].tolist()
    codes, values = rows.codes[name], rows.vocabularies[name].values
    if name in _WORDS:
        return _categorical(codes, values)
    if name in _TYPES:
        return np.array(values, _TYPES[name])[codes]
    return pd.Series(values, dtype=object if name == "warnings" else None).take(codes).reset_index(drop=True)


def _categorical(codes: Codes, values: Sequence[str]) -> "pd.Categorical[str]":
    """Return words of which each is stored once; those that no row has are left out."""
    used = sorted(np.flatnonzero(np.bincount(codes)).tolist(), key=lambda code: values[code])
    places = np.zeros(len(values), np.int32)
    places[used] = np.arange(len(used))
    return pd.Categorical.from_codes(places[codes], categories=pd.Index([values[code] for code in used]))


def load_results(paths: str | Path | Sequence[str | Path]) -> pd.DataFrame:
    """Read the results of one or several runs, as `srbench show` does.

    Args:
        paths: Folder that `srbench run` wrote, its file rows.jsonl, or several of these, also under several protocols.

    Returns:
        A line for each model, data set, image and metric of each run, with the newest value of each. Its columns:

        | column | dtype | meaning |
        |---|---|---|
        | run | category | the path of the run, as it was given |
        | protocol, model, dataset, image, metric | category | what was measured; the image "*" is a whole data set |
        | value | float64 | the value in its unit; may be infinite or NaN |
        | unit | category | "dB", "ms", "MP/s" (output megapixels a second) or "" |
        | higher_is_better | bool | direction of the metric |
        | device, mode | category | "cpu" or "cuda"; the mode as `--mode` takes it |
        | images, pipeline | int64 | number of images that the value is of; version of the pipeline |
        | tile_px | int64 | side of the tiles in LR pixels; 0 without tiles |
        | title | category | name of the metric in a table; may be empty |
        | digits | float64 | digits that a table prints; NaN where it chooses them |
        | warnings | object | tuple of what the sanity checks found |
        | identity, environment, hr, lr | category | hashes of the model, of machine and software, of the files |
        | key, output, picture | str | hashes of the conditions of the row, of its output, of the kept file |

        Rows of several runs are not united: a value that two runs hold is there twice. `srbench merge` unites them.
        Beside 16 MiB of rows and more their columns are kept as rows.columns.npz: `srbench run` and `merge` leave
        them there, and so does the first call.

    Raises:
        BadRun: A path is no run, or a run of another version.

    Examples:
        ```python
        scores = srbench.load_results(["runs/monday", "runs/tuesday"])
        scores[scores.metric == "psnr"].groupby(["run", "model"]).value.mean()
        ```
    """
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    with no_search_for_cycles():
        known = vocabularies()
        of_runs = [_shown(Path(path), known) for path in several]
        scores = _table(joined(of_runs, known))
    names = sorted({str(path) for path in several})
    of_paths = np.array([names.index(str(path)) for path in several], np.int32)
    runs = np.repeat(of_paths, [len(rows) for rows in of_runs])
    scores.insert(0, "run", pd.Series(_categorical(runs, names)))
    return scores


def _shown(path: Path, known: Vocabularies) -> RowColumns:
    """Return the rows that a folder, or that of a file of rows, shows."""
    if path.is_file() and path.name != ROWS:
        raise BadRun(f"{path} is no file of results; expected the folder of a run, or its {ROWS}")
    folder = RunFolder(path.parent if path.is_file() else path)
    alone = path.is_file() and not (folder.path / HEAD).exists()
    rows = read(folder.path / ROWS, segments.paths(folder.path), known)
    return choose(rows, () if alone else folder.head()["calls"])


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Summarise scores of images as the table of `srbench run` does, with the same intervals and marks.

    Args:
        scores: What `evaluate` or `load_results` return, or lines of it, of one protocol.

    Returns:
        A line for each model, data set and metric; its columns are the fields of `srbench.evaluation.summary.Summary`,
        with `ci95_low` and `ci95_high` in place of `ci95`, `q1` and `q3` in place of `iqr`, `best` where no other model
        has a better mean, and `tied` where the images cannot tell the model from the best one.

    Raises:
        UserError: The scores are of several protocols, whose means do not compare; or of several runs, with two values
            of one model on one image.

    Examples:
        ```python
        scores = srbench.evaluate({"bicubic": "bicubic", "nearest": "nearest"}, metrics=["psnr"])
        srbench.summary(scores)[["model", "metric", "mean", "ci95_low", "ci95_high", "best", "tied"]]
        ```
    """
    protocols = sorted(set(scores["protocol"]))
    if len(protocols) > 1:
        raise UserError(f"the scores are of {len(protocols)} protocols ({', '.join(protocols)}); expected those of one")
    rows = stored_rows(scores)
    rankings = rank(rows)
    lines = []
    for each in summarise(rows):
        ranking = rankings.get((each.dataset, each.metric))
        variant = (each.model, each.device, each.mode)
        best, tied = (variant in ranking.best, variant in ranking.tied) if ranking else (False, False)
        lines.append({**_flat(each), "best": best, "tied": tied})
    return pd.DataFrame(lines)


def stored_rows(scores: pd.DataFrame) -> list[Row]:
    """Return the lines of a table as rows.

    Raises:
        UserError: Two lines are of one model, image and metric, of which no mean can be taken.
    """
    place = ["protocol", "model", "dataset", "image", "metric", "device", "mode"]
    twice = scores[scores.duplicated(place)]
    if len(twice):
        first = twice.iloc[0]
        raise UserError(
            f"{first['model']} has several values of {first['metric']} on {first['dataset']}/{first['image']}; "
            "expected one: take the lines of one run, as in scores[scores.run == ...], or unite the runs: srbench merge"
        )
    return [_row(record) for record in scores.to_dict("records")]


def _row(record: Mapping[Any, Any]) -> Row:
    """Build a row of a line; pandas turns a column of numbers and None into numbers and NaN."""
    digits = record["digits"]
    values = {field.name: record[field.name] for field in fields(Row)}
    return Row(**{**values, "digits": None if pd.isna(digits) else int(digits)})


def _flat(of: Summary) -> dict[str, Any]:
    record = of.as_dict()
    for name, ends in (("ci95", ("ci95_low", "ci95_high")), ("iqr", ("q1", "q3"))):
        record.update(zip(ends, record.pop(name) or (None, None), strict=True))
    return record
