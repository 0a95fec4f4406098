"""Rows of results as a pandas DataFrame."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from srbench.errors import UserError
from srbench.evaluation.ranking import rank
from srbench.evaluation.results import Row, RunFolder
from srbench.evaluation.shown import shown
from srbench.evaluation.summary import Summary, summarise

_COLUMNS = [field.name for field in fields(Row)]


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as a table: a line for each row, and a column for each field of `Row`."""
    rows = list(rows)
    return pd.DataFrame({name: [getattr(row, name) for row in rows] for name in _COLUMNS}, columns=_COLUMNS)


def load_results(folder: str | Path) -> pd.DataFrame:
    """Read the results of a run, as `srbench show` does.

    Args:
        folder: Folder that `srbench run` wrote.

    Returns:
        A line for each model, data set, image and metric, with the newest value of each; its columns are the fields of
        `srbench.evaluation.results.Row`: protocol, model, dataset, image, metric, value, unit, mode and so on. Speed
        is among the metrics as "latency" (ms) and "throughput" (output MP/s).

    Raises:
        BadRun: The folder holds no run, or a run of another version.

    Examples:
        ```python
        scores = srbench.load_results("runs/classical_x4")
        scores[scores.metric == "psnr"].groupby("model").value.mean()
        ```
    """
    return frame(shown(RunFolder(Path(folder))).rows)


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Summarise scores of images as the table of `srbench run` does, with the same intervals and marks.

    Args:
        scores: What `evaluate` or `load_results` return, or lines of it, of one protocol.

    Returns:
        A line for each model, data set and metric; its columns are the fields of `srbench.evaluation.summary.Summary`,
        with `ci95_low` and `ci95_high` in place of `ci95`, `q1` and `q3` in place of `iqr`, `best` where no other model
        has a better mean, and `tied` where the images cannot tell the model from the best one.

    Raises:
        UserError: The scores are of several protocols, whose means do not compare.

    Examples:
        ```python
        scores = srbench.evaluate({"bicubic": "bicubic", "nearest": "nearest"}, metrics=["psnr"])
        srbench.summary(scores)[["model", "metric", "mean", "ci95_low", "ci95_high", "best", "tied"]]
        ```
    """
    protocols = sorted(set(scores["protocol"]))
    if len(protocols) > 1:
        raise UserError(f"the scores are of {len(protocols)} protocols ({', '.join(protocols)}); expected those of one")
    rows = [_row(record) for record in scores.to_dict("records")]
    rankings = rank(rows)
    lines = []
    for each in summarise(rows):
        ranking = rankings.get((each.dataset, each.metric))
        variant = (each.model, each.device, each.mode)
        best, tied = (variant in ranking.best, variant in ranking.tied) if ranking else (False, False)
        lines.append({**_flat(each), "best": best, "tied": tied})
    return pd.DataFrame(lines)


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
