"""Wide tables: a row a stimulus with a column for each rater, or a row a rater with a column for each stimulus."""

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.column_names import find, renamed
from srbench.ratings.import_options import ImportOptions, Wide
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.layouts.votes import votes_of
from srbench.ratings.stimulus_table import STIMULUS_COLUMNS
from srbench.ratings.table import Part, Table, Texts, number_of, texts
from srbench.ratings.table_io import Source
from srbench.stats.arrays import Ints

_LEAST_SCORES = 0.9
"""Share of the filled cells of a column that have to be scores."""
_NO_SCORES = ("repetition", "time", "order", "timestamp", "mos", "n", "std")
_NAMES = ("stimulus", "content", "picture", *STIMULUS_COLUMNS)


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a table has at least two columns of scores beside names of stimuli or of raters."""
    table = renamed(source.table, options)
    if options.wide is None and (find(table, "score") or (find(table, "rater") and _names(table))):
        return False
    return len(_score_columns(table, options)) >= 2 and bool(_names(table) or find(table, "rater") or _first(table))


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read votes; empty cells are none.

    Raises:
        BadRatings: The file does not tell whether its columns are raters or stimuli.
    """
    table = renamed(source.table, options)
    scores = _score_columns(table, options)
    kind = options.wide or _kind(table)
    others = [name for name in table.columns if name not in scores]
    told = {"stimuli": "rater", "raters": "stimulus"}[kind]
    columns = {name: table.columns[name] for name in others}
    if not (find(table, "rater") if kind == "stimuli" else _names(table)):
        columns[told] = columns.pop(_first(table))
    long = _long(table.with_columns(columns), {name: table.columns[name] for name in scores}, kind)
    said = (f"{len(scores)} columns are {kind}: {scores[0]} to {scores[-1]}",)
    return votes_of(long, options, said)


def _names(table: Table) -> list[str]:
    return [name for ours in _NAMES for name in find(table, ours)]


def _first(table: Table) -> str:
    """Return the first column, if it can hold names."""
    name = next(iter(table.columns), "")
    return name if len(table) and len(set(table.columns[name])) == len(table) else ""


def _score_columns(table: Table, options: ImportOptions) -> list[str]:
    named = {*_names(table), *find(table, "rater")} or {_first(table)}
    named |= {name for ours in _NO_SCORES for name in find(table, ours)}
    return [name for name in table.columns if name not in named and _is_scores(table, table.columns[name], options)]


def _is_scores(table: Table, cells: Texts, options: ImportOptions) -> bool:
    filled = [cell for cell in cells if cell]
    comma = table.separator in (";", "\t")
    values = np.array([number_of(options.words.get(cell.lower(), cell), comma=comma) for cell in filled])
    right = (values >= options.scale.low) & (values <= options.scale.high)
    return bool(filled) and float(right.mean()) >= _LEAST_SCORES


def _kind(table: Table) -> Wide:
    if find(table, "rater"):
        return "stimuli"
    if _names(table):
        return "raters"
    first = _first(table)
    raise BadRatings(
        f"{table.title}: a table of scores whose first column '{first}' may name stimuli or raters; expected it to be "
        f"called stimulus or rater, or say what the other columns are: --wide raters or --wide stimuli"
    )


def _long(names: Table, scores: dict[str, Texts], kind: Wide) -> Table:
    """Return a row for each filled cell, in the order of the rows."""
    rows, labels = len(names), list(scores)
    cells = np.stack([scores[name] for name in labels], axis=1).reshape(-1)
    row = np.repeat(np.arange(rows), len(labels))
    other = np.tile(texts(labels), rows)
    filled = cells != ""
    columns = {name: column[row] for name, column in names.columns.items()}
    columns |= {"score": cells, "rater" if kind == "raters" else "stimulus": other}
    part = names.parts[0]
    numbers: Ints = part.numbers[row]
    return Table(columns, (Part(part.path, part.unit, numbers),), names.separator).keep(filled)


LAYOUT = Layout("wide table", recognises, read)
