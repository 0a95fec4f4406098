"""From rows of ratings to ratings in memory; rows that cannot be right are named."""

import math
from dataclasses import replace

import numpy as np

from srbench.core.wording import counted
from srbench.errors import BadRatings
from srbench.ratings.import_options import ImportOptions, found_in, name_pattern
from srbench.ratings.layouts.layout import Sheet
from srbench.ratings.mos import half_widths
from srbench.ratings.repetitions import repetitions
from srbench.ratings.stimulus_table import NO, YES, stimuli_of
from srbench.ratings.table import RowErrors, Table, factorized, mapped, numbers, texts
from srbench.ratings.votes import PairAnswer, Scale, StimulusScores, Votes
from srbench.stats.arrays import Floats, Ints

_LONG_SECONDS = 200.0
"""Median time from which times are taken for milliseconds: nobody looks at a picture for so long."""


def votes_of(sheet: Sheet, options: ImportOptions) -> tuple[Votes, tuple[str, ...]]:
    """Return the votes of a sheet, and what has to be said of them.

    Raises:
        BadRatings: Rows cannot be right, up to three of which are named, or there are none.
    """
    table, worded = _with_words(sheet.table, "score", options)
    errors = RowErrors(table)
    stimulus, stimuli = stimuli_of(table, options, errors)
    score = _scores(table, "score", options, errors)
    rater, raters = factorized(table.column("rater"))
    errors.flag(table.column("rater") == "", lambda _: "no rater")
    number, numbered = repetitions(sheet, stimulus, rater, "vote", options, errors)
    seconds, timed = _seconds(sheet, errors)
    order = numbers(table, "order", errors, optional=True)
    errors.check()
    if not len(table):
        raise BadRatings(f"{table.title} holds no votes")
    votes = Votes(stimuli, tuple(raters), stimulus, rater, number, score, seconds, order, scale=options.scale)
    return votes, (*worded, *numbered, *timed)


def means_of(sheet: Sheet, options: ImportOptions) -> tuple[StimulusScores, tuple[str, ...]]:
    """Return the averages of a sheet, and what has to be said of them.

    Raises:
        BadRatings: Rows cannot be right, up to three of which are named, or there are none.
    """
    table = sheet.table
    errors = RowErrors(table)
    stimulus, stimuli = stimuli_of(table, options, errors)
    names = table.column("stimulus")
    again = np.ones(len(table), dtype=bool)
    again[np.unique(stimulus, return_index=True)[1]] = False
    errors.flag(again, lambda row: f"stimulus '{names[row]}' is listed a second time")
    mean = _scores(table, "mos", options, errors)
    known = "n" in table.columns
    n = numbers(table, "n", errors) if known else np.zeros(len(table))
    errors.flag(
        known & ((n < 1) | (n != np.floor(n))) & ~np.isnan(n),
        lambda row: f"n is {table.column('n')[row]}; expected the number of votes",
    )
    std = numbers(table, "std", errors, optional=True)
    errors.flag(std < 0, lambda row: f"std is {table.column('std')[row]}; expected a standard deviation")
    errors.check()
    if not len(table):
        raise BadRatings(f"{table.title} holds no stimuli")
    votes = n.astype(np.int64)
    std = np.where(votes > 1, std, np.nan) if known else std
    scores = StimulusScores(stimuli, mean, std, votes, np.full(len(votes), np.nan), options.scale)
    return (replace(scores, half=half_widths(scores)) if known else scores), ()


def pairs_of(sheet: Sheet, options: ImportOptions) -> tuple[tuple[PairAnswer, ...], tuple[str, ...]]:
    """Return the comparisons of a sheet, and what has to be said of them.

    Raises:
        BadRatings: Rows cannot be right, up to three of which are named, or there are none.
    """
    table = _with_contents(sheet.table, options)
    errors, model_from = RowErrors(table), name_pattern(options.model_from, "--model-from")
    tie = mapped(table.column("tie"), str.lower)
    errors.flag(~np.isin(tie.astype(str), [*YES, *NO]), lambda row: f"tie is '{tie[row]}'; expected 1 or 0")
    for name in ("content", "rater", "winner", "loser"):
        errors.flag(table.column(name) == "", lambda _, name=name: f"no {name}")  # type: ignore[misc]
    winner, loser, first, expected = (
        mapped(table.column(name), lambda cell: found_in(cell, model_from, cell))
        for name in ("winner", "loser", "first", "expected")
    )
    errors.flag(winner == loser, lambda row: f"'{winner[row]}' is compared with itself")
    errors.flag(
        (first != "") & (first != winner) & (first != loser),
        lambda row: f"first is '{first[row]}'; expected '{winner[row]}' or '{loser[row]}', whichever was shown first",
    )
    question, rater = _questions(table), factorized(table.column("rater"))[0]
    errors.flag(
        (expected != "") & (expected != winner) & (expected != loser),
        lambda row: f"expected is '{expected[row]}'; expected '{winner[row]}' or '{loser[row]}', whichever is better",
    )
    number, numbered = repetitions(sheet, question, rater, "answer", options, errors)
    errors.check()
    if not len(table):
        raise BadRatings(f"{table.title} holds no comparisons")
    # They only describe the answers: what is no number, as a time of day, is no reason to refuse them.
    seconds, timed = _seconds(sheet, RowErrors(table))
    order = numbers(table, "order", RowErrors(table), optional=True)
    ties = np.isin(tie.astype(str), list(YES))
    content, who = table.column("content"), table.column("rater")
    known = ([x if math.isfinite(x) else None for x in column.tolist()] for column in (seconds, order))
    rows = zip(content, who, winner, loser, ties.tolist(), number.tolist(), first, *known, expected, strict=True)
    return tuple(PairAnswer(*row) for row in rows), (*numbered, *timed)


def _with_words(table: Table, name: str, options: ImportOptions) -> tuple[Table, tuple[str, ...]]:
    """Return a table whose scores are the numbers that its words stand for."""
    if not options.words:
        return table, ()
    cells = table.column(name)
    new = mapped(cells, lambda cell: options.words.get(cell.lower(), cell))
    changed = f"{counted(int((new != cells).sum()), 'score')} read from words"
    return table.with_columns({**table.columns, name: new}), (changed,)


def _scores(table: Table, name: str, options: ImportOptions, errors: RowErrors) -> Floats:
    scale = options.scale
    values = numbers(
        table, name, errors, hint="" if options.words else " (words: --words bad,poor,fair,good,excellent)"
    )
    cells = table.column(name)
    errors.flag(
        (values < scale.low) | (values > scale.high),
        lambda row: f"{name} {cells[row]} is out of range; expected {_range(scale)} (or give the scale: --scale)",
    )
    return values


def _range(scale: Scale) -> str:
    return f"{scale.low:g} to {scale.high:g}"


def _seconds(sheet: Sheet, errors: RowErrors) -> tuple[Floats, tuple[str, ...]]:
    values = numbers(sheet.table, "time", errors, optional=True)
    known = values[~np.isnan(values)]
    median = float(np.median(known)) if len(known) else 0.0
    if not len(known) or sheet.milliseconds is False or (sheet.milliseconds is None and median < _LONG_SECONDS):
        return values, ()
    return values / 1000, (f"times are milliseconds (median {median:,.0f})",)


def _with_contents(table: Table, options: ImportOptions) -> Table:
    """Return a table of comparisons whose contents are found in the names of what was compared."""
    pattern = name_pattern(options.content_from, "--content-from")
    if pattern is None:
        return table
    contents = [mapped(table.column(name), lambda cell: found_in(cell, pattern, "")) for name in ("winner", "loser")]
    errors = RowErrors(table)
    errors.flag(
        (contents[0] != contents[1]) | (contents[0] == ""),
        lambda row: (
            f"contents are '{contents[0][row]}' and '{contents[1][row]}', found by '{options.content_from}' in "
            f"'{table.column('winner')[row]}' and '{table.column('loser')[row]}'; expected one"
        ),
    )
    errors.check()
    return table.with_columns({**table.columns, "content": contents[0]})


def _questions(table: Table) -> Ints:
    """Return a number for each content and two names, whichever of them won, `(rows,)`."""
    rows = zip(table.column("content"), table.column("winner"), table.column("loser"), strict=True)
    keys = ["\n".join((content, *sorted((one, other)))) for content, one, other in rows]
    return factorized(texts(keys))[0]
