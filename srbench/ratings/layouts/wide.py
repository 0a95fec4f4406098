"""Wide tables: a row a stimulus with a column for each rater, or a row a rater with a column for each stimulus."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.column_names import find, is_measure, renamed
from srbench.ratings.import_options import ImportOptions, Wide
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.layouts.votes import votes_of
from srbench.ratings.stimulus_table import STIMULUS_COLUMNS
from srbench.ratings.table import Part, RowErrors, Table, Texts, number_of, texts
from srbench.ratings.table_io import Source
from srbench.stats.arrays import Floats, Ints

_LEAST_SCORES = 0.5
"""Share of the filled cells of a column that have to be scores; the others are then refused, each with its place."""
_MISSING = ("na", "nan", "n/a", "null")
_NO_SCORES = ("repetition", "time", "order", "timestamp", "mos", "n", "std")
_NAMES = ("stimulus", "content", "picture", *STIMULUS_COLUMNS)


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a table has at least two columns of scores beside names of stimuli or of raters."""
    table = renamed(source.table, options)
    if options.wide is None and (find(table, "score") or (find(table, "rater") and _names(table))):
        return False
    return len(score_columns(table, options)) >= 2 and bool(_names(table) or find(table, "rater") or _first(table))


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read votes; empty cells are none.

    Raises:
        BadRatings: The file does not tell whether its columns are raters or stimuli, or whether one of them is either;
            or a cell is no score.
    """
    table = renamed(source.table, options)
    scores = score_columns(table, options)
    kind = options.wide or _kind(table)
    _refuse_doubtful(table, scores, kind, options)
    _refuse_cells(table, scores, options)
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


def score_columns(table: Table, options: ImportOptions) -> list[str]:
    """Return the columns that hold scores of a rater or of a stimulus."""
    return [name for name in _candidates(table) if _share(table, table.columns[name], options) >= _LEAST_SCORES]


def _candidates(table: Table) -> list[str]:
    named = {*_names(table), *find(table, "rater")} or {_first(table)}
    named |= {name for ours in _NO_SCORES for name in find(table, ours)}
    return [name for name in table.columns if name not in named and not is_measure(name)]


def _values(table: Table, cells: Sequence[str] | Texts, options: ImportOptions) -> Floats:
    comma = table.separator in (";", "\t")
    return np.array([number_of(options.words.get(cell.lower(), cell), comma=comma) for cell in cells], dtype=float)


def _share(table: Table, cells: Texts, options: ImportOptions) -> float:
    """Return the share of scores in the cells that are neither empty nor a word for a missing one."""
    filled = [cell for cell in cells if cell]
    told = [cell for cell in filled if cell.lower() not in _MISSING]
    if not told:
        return float(bool(filled))
    values = _values(table, told, options)
    return float(((values >= options.scale.low) & (values <= options.scale.high)).mean())


def _refuse_doubtful(table: Table, scores: Sequence[str], kind: Wide, options: ImportOptions) -> None:
    """Refuse columns of few scores and numbered ones whose siblings hold scores; others too unless `--wide` tells."""
    candidates = _candidates(table)
    doubtful = [n for n in candidates if 0 < _share(table, table.columns[n], options) < _LEAST_SCORES]
    stems = Counter(_stem(name) for name in scores if _stem(name) != name)
    stem, count = stems.most_common(1)[0] if stems else ("", 0)
    if count > 1:  # rater1, rater2 ... were all within the scale: a sibling outside it was rated on another one
        doubtful += [name for name in candidates if name not in scores and _stem(name) == stem != name]
        if options.wide is None and kind == "raters":
            doubtful += [name for name in scores if _stem(name) != stem or _stem(name) == name]
    if doubtful:
        name = doubtful[0]
        raise BadRatings(
            f"{table.title}: column '{name}' may be scores or something else; expected only "
            f"{kind} beside names, leave it out: --ignore '{name}', give it a meaning: --columns, or say that all "
            f"columns of scores are {kind}: --wide {kind}"
        )


def _stem(name: str) -> str:
    """Return a name without the number at its end."""
    return re.sub(r"\d+$", "", name)


def _refuse_cells(table: Table, scores: Sequence[str], options: ImportOptions) -> None:
    errors, scale = RowErrors(table), options.scale
    for name in scores:
        cells = table.columns[name]
        values = _values(table, cells, options)
        errors.flag(
            np.isnan(values) & (cells != ""),
            lambda row, name=name, cells=cells: (  # type: ignore[misc]
                f"score '{cells[row]}' in column '{name}' is not a number; a missing vote is an empty cell"
            ),
        )
        errors.flag(
            (values < scale.low) | (values > scale.high),
            lambda row, name=name, cells=cells: (  # type: ignore[misc]
                f"score {cells[row]} is out of range in column '{name}'; expected {scale.low:g} to {scale.high:g} (or "
                "give the scale: --scale; leave the column out: --ignore)"
            ),
        )
    errors.check()


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
