"""Values of objective metrics for rated stimuli, from a file."""

import math
from pathlib import Path

from srbench.errors import BadRatings
from srbench.ratings import table_io
from srbench.ratings.table import RowErrors, number_of
from srbench.ratings.votes import StimulusScores

_NO_VALUE = ("", "nan", "inf", "-inf")
"""Cells of metrics without a value, or with an infinite one, as PSNR of an original has."""


def read_metrics(path: Path, scores: StimulusScores) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Read objective metrics from a table with a column `stimulus` and one for each metric.

    Args:
        path: File of the table.
        scores: Scores of the stimuli that were rated.

    Returns:
        Values by metric and stimulus, and notes on what does not fit together.

    Raises:
        BadRatings: The file is no such table, or has no stimulus in common with the ratings.
    """
    table = table_io.read_table(path)
    names = list(table.columns)
    if "stimulus" not in names or len(names) < 2:
        raise BadRatings(f"{path}: expected a column stimulus and one for each metric; found {', '.join(names)}")
    known = scores.by_name()
    metrics: dict[str, dict[str, float]] = {name: {} for name in names if name != "stimulus"}
    errors, unknown, seen = RowErrors(table), 0, set[str]()
    comma = table.separator in (";", "\t")
    for row, stimulus in enumerate(table.columns["stimulus"]):
        if stimulus in seen:
            errors.add(row, f"stimulus '{stimulus}' is listed a second time")
        seen.add(stimulus)
        unknown += stimulus not in known
        for name, values in metrics.items():
            cell = table.columns[name][row]
            value = number_of(cell, comma=comma)
            if math.isfinite(value):
                values[stimulus] = value
            elif cell.lower() not in _NO_VALUE:
                errors.add(row, f"{name} '{cell}' is not a number")
    errors.check()
    if not seen & known.keys():
        raise BadRatings(
            f"{path}: none of its {len(seen)} stimuli has ratings; expected names such as {next(iter(known))}"
        )
    missing = len(known.keys() - seen)
    notes = [f"stimuli of {path.name} without ratings: {unknown}"] if unknown else []
    notes += [f"rated stimuli that are not in {path.name}: {missing}"] if missing else []
    return metrics, tuple(notes)
