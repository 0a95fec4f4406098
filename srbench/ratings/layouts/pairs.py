"""Tables of paired comparisons: winner and loser, or what was shown on both sides and which was chosen."""

import math
import re

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.column_names import claim, find, refuse_unused_choice, renamed, sides, squashed
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.layouts.votes import file_rater, require
from srbench.ratings.table import RowErrors, Table, Texts, constant, factorized, number_of, texts
from srbench.ratings.table_io import Source

PAIR_COLUMNS = ("content", "rater", "winner", "loser")
_OPTIONAL = ("tie", "repetition", "first", "time", "order", "timestamp", "expected")
_LEFT = {"a", "left", "l", "first", "1", "option a", "image a", "left image"}
_RIGHT = {"b", "right", "r", "second", "2", "option b", "image b", "right image"}
_TIE = {"0", "=", "tie", "same", "equal", "draw", "none", "neither", "both", "no difference", "no preference"}


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a table has winners, or two sides and a choice."""
    table = renamed(source.table, options)
    return (
        "winner" in table.columns or _is_choice(table) or (bool(find(table, "winner")) and bool(find(table, "loser")))
    )


def _is_choice(table: Table) -> bool:
    shown = sides(table)
    if shown is None:
        return False
    named = any(math.isnan(number_of(cell)) for name in shown for cell in table.columns[name][:100])
    return bool(_choice(table)) or (named and not find(table, "score"))


def _choice(table: Table) -> list[str]:
    return [name for name in find(table, "choice") if name not in (sides(table) or ())]


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read comparisons.

    Raises:
        BadRatings: A column is missing, two could be the same, or a choice is none of what was shown.
    """
    table = renamed(source.table, options)
    rater, said = file_rater(source, table)
    if _is_choice(table) and not ("winner" in table.columns and "loser" in table.columns):
        return comparisons_of(table, options, said, rater)
    claimed = claim(table, PAIR_COLUMNS, _OPTIONAL)
    columns = {ours: table.columns[theirs] for ours, theirs in claimed.items()}
    if rater is not None:
        columns["rater"] = rater
    return _finished(table, claimed, columns, options, said)


def comparisons_of(
    table: Table, options: ImportOptions, said: tuple[str, ...] = (), rater: Texts | None = None
) -> Sheet:
    """Return the comparisons of a table with two sides and a choice.

    Args:
        table: The table, with names as `--columns` gives them.
        options: Options for reading.
        said: What the layout has to say already.
        rater: Names of the raters where no column has them.
    """
    shown, choices = sides(table), _choice(table)
    if shown is None or not choices:
        what = "no column choice" if shown else "no columns a and b of what was shown"
        raise BadRatings(
            f"{table.title} has {what}; expected content, rater, a, b, choice; found {', '.join(table.columns)}. "
            f"Columns by other names: --columns {'choice=NAME' if shown else 'a=NAME,b=NAME'}"
        )
    if len(choices) > 1 and squashed(choices[0]) != "choice":
        raise BadRatings(
            f"{table.title}: columns '{choices[0]}' and '{choices[1]}' could both be choice; expected one, say which: "
            f"--columns 'choice={choices[0]}'"
        )
    if scores := [name for name in find(table, "score") if name != choices[0]]:
        raise BadRatings(
            f"{table.title} has both scores ('{scores[0]}') and choices ('{choices[0]}'); expected one of them, leave "
            f"the other out: --ignore '{scores[0]}' or --ignore '{choices[0]}'"
        )
    rest = table.with_columns({n: c for n, c in table.columns.items() if n not in (*shown, choices[0])})
    claimed = claim(rest, ("content", "rater"), ("repetition", "time", "order", "timestamp"))
    if "content" not in claimed and not options.content_from and (picture := find(rest, "picture")):
        claimed["content"] = picture[0]
    columns = {ours: table.columns[theirs] for ours, theirs in claimed.items()}
    columns |= _decided(table, *shown, choices[0], options)
    if "rater" not in columns and rater is not None:
        columns["rater"] = rater
    claimed |= {"a": shown[0], "b": shown[1], "choice": choices[0]}
    return _finished(table, claimed, columns, options, said)


def _finished(
    table: Table, claimed: dict[str, str], columns: dict[str, Texts], options: ImportOptions, said: tuple[str, ...] = ()
) -> Sheet:
    require(table, columns, PAIR_COLUMNS, options)
    return Sheet(
        "pairs", table.with_columns(columns), claimed, refuse_unused_choice(table, claimed, compared=True), said
    )


def _decided(table: Table, left: str, right: str, choice: str, options: ImportOptions) -> dict[str, Texts]:
    """Return winner, loser, tie and first of each row."""
    a, b = table.columns[left], table.columns[right]
    codes, different = factorized(table.columns[choice])
    meant = [_meaning(cell, left, right, options) for cell in different]
    if {cell for cell in different if cell} == {"0", "1"} and not {"0", "1"} & options.words.keys():
        raise BadRatings(
            f"{table.title}: column '{choice}' is 0 or 1, which may be the left and the right or a tie and the left; "
            "expected a, b or tie; say it: --words 0=a,1=b"
        )
    said = texts(meant)[codes] if len(codes) else constant("", 0)
    wins_a = (said == "a") | ((said == "") & (table.columns[choice] == a))
    wins_b = (said == "b") | ((said == "") & (table.columns[choice] == b))
    tie = said == "tie"
    by_name = np.array([cell.lower() not in options.words for cell in different], dtype=bool)
    named = by_name[codes] if len(codes) else np.zeros(0, dtype=bool)
    other = table.columns[choice]
    errors = RowErrors(table)
    errors.flag(
        named & (a != b) & ((wins_a & (other == b)) | (wins_b & (other == a))),
        lambda row: (
            f"{choice} is '{different[codes[row]]}', which is a side and the name of what was shown on the other one; "
            "say which side it means: --words 'NAME=a,NAME=b'"
        ),
    )
    errors.flag(
        ~(wins_a | wins_b | tie),
        lambda row: (
            f"{choice} is '{different[codes[row]]}'; expected a, b or tie, or one of the names '{a[row]}' and "
            f"'{b[row]}' (other words: --words)"
        ),
    )
    errors.check()
    flags = constant("0", len(table))
    flags[tie] = "1"
    return {"winner": np.where(wins_b, b, a), "loser": np.where(wins_b, a, b), "tie": flags, "first": a}


def _meaning(cell: str, left: str, right: str, options: ImportOptions) -> str:
    """Return "a", "b" or "tie"; empty where a cell is none of the usual words."""
    word = options.words.get(cell.lower(), cell).lower()
    word = re.sub(r"[\s_-]+", " ", word)
    if word in _LEFT or word == left.lower():
        return "a"
    if word in _RIGHT or word == right.lower():
        return "b"
    return "tie" if word in _TIE else ""


LAYOUT = Layout("paired comparisons", recognises, read)
