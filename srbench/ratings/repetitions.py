"""Numbers of a rater's further answers to the same question: from a column, by time, by order or by rows."""

import re

import numpy as np

from srbench.core.wording import counted
from srbench.errors import BadRatings
from srbench.ratings.import_options import ImportOptions, RepetitionsBy
from srbench.ratings.layouts.layout import Sheet
from srbench.ratings.table import RowErrors, Table, factorized, numbers
from srbench.stats.arrays import Floats, Ints

_MOST = 100
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_SAID = {"order": "by their order", "time": "by their time", "rows": "by the order of the rows"}


def repetitions(
    sheet: Sheet, question: Ints, rater: Ints, what: str, options: ImportOptions, errors: RowErrors
) -> tuple[Ints, tuple[str, ...]]:
    """Return the number of each answer among a rater's answers to a question, from 1, `(rows,)`, and what to say.

    Args:
        sheet: The answers.
        question: Number of each row's stimulus or pair, `(rows,)`; negative where it is unknown.
        rater: Number of each row's rater, `(rows,)`.
        what: "vote" or "answer", for messages.
        options: Options for reading.
        errors: Gets the rows whose repetition cannot be right.

    Raises:
        BadRatings: A time or an order by which answers are to be numbered is missing.
    """
    table = sheet.table
    key = question * (rater.max(initial=0) + 1) + rater
    given = _given(table, errors) if "repetition" in table.columns else None
    if given is not None and (not _is_doubled(key, given) or _by(sheet, table) in (None, "rows")):
        _refuse_doubled(table, key, given, what, errors)
        return given, ()
    same = _counted(key, np.arange(len(key)))
    again = int((same > 1).sum())
    if not again:
        return same, ()
    by = options.repetitions_by or _by(sheet, table)
    if by is None or (by == "rows" and _file_is_there_twice(key)):
        _refuse_doubled(table, key, np.ones_like(key), what, errors)
        return np.ones_like(key), ()
    numbered = _counted(key, same if by == "rows" else _rank(table, by, key, errors))
    return numbered, (f"{counted(again, f'further {what}')} of a rater to the same question, numbered {_SAID[by]}",)


def _given(table: Table, errors: RowErrors) -> Ints:
    cells = table.column("repetition")
    filled = cells.copy()
    filled[cells == ""] = "1"
    values = numbers(table.with_columns({"repetition": filled}), "repetition", errors)
    whole = np.isin(values, np.arange(1, _MOST + 1))
    errors.flag(~whole, lambda row: f"repetition {cells[row]}; expected 1, 2, ... {_MOST}")
    return np.where(whole, values, 1).astype(np.int64)


def _is_doubled(key: Ints, number: Ints) -> bool:
    """Whether two answers of a rater to a question have one number, as traps had that a survey showed twice."""
    return len(np.unique(key * (_MOST + 1) + number)) < len(key)


def _by(sheet: Sheet, table: Table) -> RepetitionsBy | None:
    if "order" in table.columns and bool((table.column("order") != "").all()):
        return "order"
    if "timestamp" in table.columns and bool((table.column("timestamp") != "").all()):
        return "time"
    return "rows" if sheet.kind == "pairs" else None


def _file_is_there_twice(key: Ints) -> bool:
    """Whether every row has the same number of doubles, as in a file that was copied below itself."""
    _, counts = np.unique(key, return_counts=True)
    half = len(key) // 2
    return len(counts) > 1 and bool((counts == 2).all()) and bool((key[:half] == key[half:]).all())


def _counted(key: Ints, rank: Floats | Ints) -> Ints:
    """Return the number of each row among those of its key, from 1, in ascending order of `rank`, `(rows,)`."""
    at = np.lexsort((rank, key))
    ordered = key[at]
    begins = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    lengths = np.diff(np.append(begins, len(key)))
    number = np.empty(len(key), dtype=np.int64)
    number[at] = np.arange(len(key)) - np.repeat(begins, lengths) + 1
    return number


def _rank(table: Table, by: RepetitionsBy, key: Ints, errors: RowErrors) -> Floats:
    """Return a number that grows with the order or the time of the answers, `(rows,)`."""
    name = "order" if by == "order" else "timestamp"
    if name not in table.columns:
        raise BadRatings(
            f"{table.title} has no column {name} by which answers could be numbered; name it: --columns {name}=NAME"
        )
    codes, different = factorized(table.column(name))
    if all(_ISO.match(text) for text in different):
        places = np.argsort(np.argsort(np.array(different, dtype=np.str_)))
        rank = places[codes].astype(np.float64)
    else:
        rank = numbers(table, name, errors)
    both = np.column_stack((key.astype(np.float64), rank))
    _, inverse, counts = np.unique(both, axis=0, return_inverse=True, return_counts=True)
    tied = (counts[inverse.reshape(-1)] > 1) & ~np.isnan(rank)
    errors.flag(
        tied, lambda row: f"{name} '{table.column(name)[row]}' is that of two answers of one rater to one question"
    )
    return rank


def _refuse_doubled(table: Table, key: Ints, number: Ints, what: str, errors: RowErrors) -> None:
    both = key * (_MOST + 1) + number
    first = np.unique(both, return_index=True, return_inverse=True)
    earlier = first[1][first[2].reshape(-1)]
    doubled = (earlier != np.arange(len(both))) & (key >= 0)
    errors.flag(doubled, lambda row: _doubled(table, row, int(earlier[row]), what))


def _doubled(table: Table, row: int, earlier: int, what: str) -> str:
    rater = table.column("rater")[row]
    if what == "vote":
        on, view = f"'{table.column('stimulus')[row]}'", "a second view needs repetition 2"
    else:
        on = f"'{table.column('winner')[row]}' and '{table.column('loser')[row]}'"
        view = "a second answer needs repetition 2"
    numbered = "" if "repetition" in table.columns else "; --repetitions-by rows numbers them"
    return f"duplicate {what} of rater '{rater}' on {on}, first on {table.where(earlier)} ({view}){numbered}"
