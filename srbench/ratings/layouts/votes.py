"""Long tables of votes: a row for each, with columns of rater, stimulus and score by any usual names."""

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.column_names import claim, find, refuse_unused_choice, renamed, squashed
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.stimulus_table import STIMULUS_COLUMNS
from srbench.ratings.table import Table, Texts, constant, factorized, joined
from srbench.ratings.table_io import Source

VOTE_COLUMNS = ("stimulus", "content", "rater", "score")
_OPTIONAL = (*STIMULUS_COLUMNS, "repetition", "time", "order", "timestamp")


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a table has a column of scores."""
    return bool(find(renamed(source.table, options), "score"))


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read votes.

    Raises:
        BadRatings: A column is missing, or two could be the same.
    """
    table = renamed(source.table, options)
    rater, said = file_rater(source, table)
    return votes_of(table, options, said, rater)


def file_rater(source: Source, table: Table) -> tuple[Texts | None, tuple[str, ...]]:
    """Return the rater as whom one of several files is called, if no column names raters, and what to say of it."""
    if not source.rater or find(table, "rater"):
        return None, ()
    return constant(source.rater, len(table)), ("raters are called as their files",)


def votes_of(table: Table, options: ImportOptions, said: tuple[str, ...] = (), rater: Texts | None = None) -> Sheet:
    """Return the votes of a table.

    Args:
        table: The table, with names as `--columns` gives them.
        options: Options for reading.
        said: What the layout has to say already.
        rater: Names of the raters where no column has them.
    """
    claimed = claim(table, VOTE_COLUMNS, _OPTIONAL)
    columns = {ours: table.columns[theirs] for ours, theirs in claimed.items()}
    said += name_pictures(table, columns, claimed, options)
    if "rater" not in columns and rater is not None:
        columns["rater"] = rater
    require(table, columns, VOTE_COLUMNS, options)
    unused = refuse_unused_choice(table, claimed)
    times = squashed(claimed.get("time", ""))
    milliseconds = True if times.endswith("ms") else None
    return Sheet("votes", table.with_columns(columns), claimed, unused, said, milliseconds)


def name_pictures(
    table: Table, columns: dict[str, Texts], claimed: dict[str, str], options: ImportOptions
) -> tuple[str, ...]:
    """Find stimulus and content where the file has them by halves: a picture and a model, or one name for both."""
    pictures = [name for name in find(table, "picture") if name not in claimed.values()]
    told = bool(options.content_from or options.stimuli)
    for name in pictures:
        role = "content" if "model" in columns and not told else "stimulus"
        role = role if role not in columns else "stimulus" if role == "content" else "content"
        if role not in columns and not (role == "content" and told):
            claimed[role], columns[role] = name, table.columns[name]
    if "model" not in columns or told:
        return ()
    if "content" not in columns and "stimulus" in columns and _several_models(columns):
        claimed["content"], columns["content"] = claimed.pop("stimulus"), columns.pop("stimulus")
    if "content" in columns and "stimulus" not in columns:
        parts = [name for name in ("dataset", "content", "model") if name in columns]
        columns["stimulus"] = joined([columns[name] for name in parts])
        return (f"stimuli are named by {', '.join(claimed[name] for name in parts)}",)
    return ()


def _several_models(columns: dict[str, Texts]) -> bool:
    """Whether one name of a stimulus stands for pictures of several models, and so is the name of a content."""
    (stimulus, names), (model, models) = factorized(columns["stimulus"]), factorized(columns["model"])
    return len(np.unique(stimulus * len(models) + model)) > len(names)


def require(table: Table, columns: dict[str, Texts], needed: tuple[str, ...], options: ImportOptions) -> None:
    """Check that what is needed is there; content may also come from names or from the file of stimuli.

    Raises:
        BadRatings: A column is missing.
    """
    if not table.columns:
        raise BadRatings(f"{table.title} is empty; expected a line of column names: {', '.join(VOTE_COLUMNS)}")
    apart = bool(options.stimuli or options.content_from)
    missing = [name for name in needed if name not in columns and not (apart and name == "content")]
    if missing:
        hint = f"--columns {missing[0]}=NAME"
        if missing == ["content"]:
            hint += "; contents in the names of stimuli: --content-from REGEX; every stimulus its own: --columns "
            hint += "stimulus=NAME,content=NAME"
        raise BadRatings(
            f"{table.title} has no column {' and no column '.join(missing)}; expected {', '.join(VOTE_COLUMNS)} "
            f"(or content, rater, winner, loser; or content, rater, a, b, choice; or stimulus, content, mos); found "
            f"{', '.join(table.columns)}. Columns by other names: {hint}"
        )
    if "content" not in columns:
        columns["content"] = constant("", len(table))


LAYOUT = Layout("votes", recognises, read)
