"""Tables of averages that somebody else has computed, with or without number of votes and standard deviation."""

from srbench.errors import BadRatings
from srbench.ratings.column_names import claim, find, refuse_unused_choice, renamed
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.layouts.votes import name_pictures, require
from srbench.ratings.layouts.wide import score_columns
from srbench.ratings.stimulus_table import STIMULUS_COLUMNS
from srbench.ratings.table_io import Source

_NEEDED = ("stimulus", "content", "mos")


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a table has a column of means, and none of single scores."""
    table = renamed(source.table, options)
    return bool(find(table, "mos")) and not find(table, "score") and not find(table, "rater")


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read averages.

    Raises:
        BadRatings: A column is missing, two could be the same, or single votes stand beside the averages.
    """
    table = renamed(source.table, options)
    votes = score_columns(table, options)
    if len(votes) > 1 and "mos" not in options.columns:
        mean = find(table, "mos")[0]
        raise BadRatings(
            f"{table.title} has averages ('{mean}') and what may be votes ('{votes[0]}', '{votes[1]}'); expected one, "
            f"say which: --ignore '{mean}' for the votes, --columns 'mos={mean}' for the averages"
        )
    claimed = claim(table, (*_NEEDED, "n", "std"), STIMULUS_COLUMNS)
    columns = {ours: table.columns[theirs] for ours, theirs in claimed.items()}
    said = name_pictures(table, columns, claimed, options)
    require(table, columns, _NEEDED, options)
    absent = [name for name in ("n", "std") if name not in columns]
    said += (f"no column {' and no column '.join(absent)}: no intervals",) if absent else ()
    return Sheet("means", table.with_columns(columns), claimed, refuse_unused_choice(table, claimed), said)


LAYOUT = Layout("averages", recognises, read)
