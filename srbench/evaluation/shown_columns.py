"""Which of a folder's rows are shown, as `srbench.evaluation.shown` has it, of rows that are columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srbench.evaluation.row import Row
from srbench.evaluation.row_columns import Places, RowColumns
from srbench.evaluation.shown import newest_models, newest_sets, newest_versions

_PLACE = ("dataset", "model", "device", "mode", "image", "metric")
_OF_PIPELINE, _OF_MODEL = ("dataset", "pipeline"), ("pipeline", "model", "identity")
_OF_IMAGE = ("pipeline", "dataset", "image", "hr", "lr")


def choose(rows: RowColumns, calls: Sequence[Mapping[str, Any]]) -> RowColumns:
    """Choose rows of one pipeline version for each data set, and of one content for each name.

    Args:
        rows: All rows, oldest first.
        calls: Calls of run.json, oldest first.
    """
    versions = newest_versions(_different(rows, _OF_PIPELINE))
    rows = _those(rows, _OF_PIPELINE, lambda row: row.pipeline == versions[row.dataset])
    models, sets = newest_models(_different(rows, _OF_MODEL), calls), newest_sets(_different(rows, _OF_IMAGE), calls)
    rows = _those(rows, _OF_MODEL, lambda row: row.identity == models[row.pipeline, row.model])
    rows = _those(rows, _OF_IMAGE, lambda row: sets[row.pipeline, row.dataset].holds(row))
    newest = _last(rows.together(_PLACE))  # in the order in which places come first
    return rows if len(newest) == len(rows) else rows.take(newest)


def _last(codes: Places) -> Places:
    """Return where each code stands last."""
    last = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    last[codes] = np.arange(len(codes))
    return last


def _different(rows: RowColumns, names: Sequence[str]) -> list[Row]:
    """Return the newest row of each combination of values of some fields, oldest first."""
    return rows.rows(np.sort(_last(rows.together(names))))


def _those(rows: RowColumns, names: Sequence[str], meant: Callable[[Row], bool]) -> RowColumns:
    """Return the rows of which something is true that some fields decide."""
    codes = rows.together(names)
    true = np.array([meant(row) for row in rows.rows(_last(codes))], bool)
    return rows if true.all() else rows.take(np.flatnonzero(true[codes]))
