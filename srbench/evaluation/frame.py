"""Rows of results as a pandas DataFrame."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from srbench.evaluation.results import Row, RunFolder
from srbench.evaluation.shown import shown


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as a table: a line for each row, and a column for each field of `Row`."""
    return pd.DataFrame([asdict(row) for row in rows], columns=[field.name for field in fields(Row)])


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
