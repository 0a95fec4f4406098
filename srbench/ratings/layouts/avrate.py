"""Ratings of AVrateNG and AVrate Voyager: the table `ratings` of their database, or its export with semicolons.

Source: Telecommunication-Telemedia-Assessment/avrateNG and AVrateVoyager on GitHub: columns user_ID, stimuli_ID and
stimuli_file (formerly video_ID and video_name), rating_type, rating, timestamp. Voyager also writes rows without a
stimulus, with rating -1, when a user comes and goes.
"""

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.column_names import renamed
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.layouts.votes import votes_of
from srbench.ratings.table import Table, Texts
from srbench.ratings.table_io import Source

_COMES_AND_GOES = ("user_registered", "user_done")
_FILES = ("stimuli_file", "video_name", "video_ID", "stimuli_ID")


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a table has AVrate's columns."""
    del options
    return {"user_ID", "rating_type", "rating", "timestamp"} <= source.table.columns.keys()


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read votes.

    Raises:
        BadRatings: There are ratings of several types.
    """
    table = renamed(source.table, options)
    kinds = table.column("rating_type")
    rated = ~np.isin(kinds.astype(str), _COMES_AND_GOES)
    table = table.keep(rated)
    found = sorted(set(table.column("rating_type")))
    if len(found) > 1:
        raise BadRatings(
            f"{table.title} has ratings of the types {', '.join(found)}; expected one, say which: "
            f"--only rating_type={found[0]}"
        )
    left_out = int((~rated).sum())
    said = (f"{left_out} rows left out in which AVrate notes that a user comes or goes",) if left_out else ()
    return votes_of(table.with_columns(_renamed(table)), options, said)


def _renamed(table: Table) -> dict[str, Texts]:
    columns = {n: c for n, c in table.columns.items() if n not in ("rating_type", *_FILES)}
    files = [name for name in _FILES if name in table.columns]
    if files and "stimulus" not in columns:
        columns["stimulus"] = table.columns[files[0]]
    return columns


LAYOUT = Layout("AVrate", recognises, read)
