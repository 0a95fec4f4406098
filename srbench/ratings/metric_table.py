"""Values of objective metrics for rated stimuli, from a file."""

import math
from pathlib import Path

from srbench.errors import BadRatings
from srbench.ratings import table_io
from srbench.ratings.table_io import RowErrors, number
from srbench.ratings.votes import StimulusScores


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
    rows, names = table_io.read(path)
    if "stimulus" not in names or len(names) < 2:
        raise BadRatings(f"{path}: expected a column stimulus and one for each metric; found {', '.join(names)}")
    known = scores.by_name()
    metrics: dict[str, dict[str, float]] = {name: {} for name in names if name != "stimulus"}
    errors, unknown, seen = RowErrors(path), 0, set[str]()
    for where, row in rows:
        if row["stimulus"] in seen:
            errors.add(where, f"stimulus '{row['stimulus']}' for the second time")
        seen.add(row["stimulus"])
        unknown += row["stimulus"] not in known
        for name, values in metrics.items():
            value = _value(where, name, row[name], errors)
            if math.isfinite(value):
                values[row["stimulus"]] = value
    errors.check()
    if not seen & known.keys():
        raise BadRatings(
            f"{path}: none of its {len(seen)} stimuli has ratings; expected names such as {next(iter(known))}"
        )
    missing = len(known.keys() - seen)
    notes = [f"{unknown} stimuli of {path.name} have no ratings"] if unknown else []
    notes += [f"{missing} rated stimuli are not in {path.name}"] if missing else []
    return metrics, tuple(notes)


def _value(where: str, name: str, text: str, errors: RowErrors) -> float:
    """Read a metric's value; NaN where there is none, or where it is infinite, as PSNR of an original is."""
    return math.nan if text.strip().lower() in ("", "nan", "inf", "-inf") else number(where, name, text, errors)
