"""Reading of votes, averages and paired comparisons from files; rows that cannot be right are named."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings import table_io
from srbench.ratings.import_options import ImportOptions, model_of, model_pattern
from srbench.ratings.mos import half_widths
from srbench.ratings.stimulus_table import NO, STIMULUS_COLUMNS, YES, StimulusTable, pattern_notes
from srbench.ratings.table_io import LocatedRow, RowErrors, number, optional
from srbench.ratings.votes import PairAnswer, Scale, StimulusScores, Votes

VOTE_COLUMNS = ("stimulus", "content", "rater", "score")
PAIR_COLUMNS = ("content", "rater", "winner", "loser")
MEAN_COLUMNS = ("stimulus", "content", "mos", "n", "std")
OPTIONAL = {
    "votes": (*STIMULUS_COLUMNS, "repetition", "time", "order"),
    "pairs": ("tie", "repetition", "first"),
    "means": STIMULUS_COLUMNS,
}
_NEEDED = {"votes": VOTE_COLUMNS, "pairs": PAIR_COLUMNS, "means": MEAN_COLUMNS}
_MOST_REPETITIONS = 100


@dataclass(frozen=True)
class Ratings:
    """Contents of a file of ratings: votes, averages or paired comparisons.

    Attributes:
        name: Name of the file, without its ending.
        votes: Single votes on a scale; None where the file holds others.
        means: Averages that somebody else has computed; None where the file holds others.
        pairs: Answers to paired comparisons; empty where the file holds others.
        notes: Notes on columns that were not used and on patterns that were.
    """

    name: str
    votes: Votes | None = None
    means: StimulusScores | None = None
    pairs: tuple[PairAnswer, ...] = ()
    notes: tuple[str, ...] = ()


def read(path: Path, options: ImportOptions | None = None) -> Ratings:
    """Read votes, averages or paired comparisons; the columns tell which.

    Args:
        path: File to read.
        options: Options for reading; the defaults where there are none.

    Raises:
        BadRatings: The file holds no ratings, or has rows that cannot be right, up to three of which are named.
    """
    options = options or ImportOptions()
    rows, names = table_io.read(path)
    mapped = {ours: [theirs] if theirs in names else theirs.split("+") for ours, theirs in options.columns.items()}
    used = {theirs for parts in mapped.values() for theirs in parts}
    absent = [theirs for theirs in used if theirs not in names]
    if absent:
        raise BadRatings(f"{path} has no column '{absent[0]}'; its columns: {', '.join(names)}")
    # A column of the file that stands in for another, or that another stands in for, goes by our name only.
    named = {**{name: [name] for name in names if name not in {*mapped, *used}}, **mapped}
    columns = list(named)
    table = [(at, {ours: "_".join(row[name] for name in parts) for ours, parts in named.items()}) for at, row in rows]
    kind = _kind(path, columns, options.stimuli is not None)
    unused = [name for name in columns if name not in (*_NEEDED[kind], *OPTIONAL[kind])]
    notes = (f"columns not used: {', '.join(unused)}",) if unused else ()
    if kind == "pairs":
        return Ratings(path.stem, pairs=_pairs(path, table, options), notes=notes)
    stimuli = StimulusTable(path, options)
    if kind == "means":
        means = _means(path, table, stimuli, options)
        return Ratings(path.stem, means=means, notes=(*notes, *pattern_notes(path, means.stimuli, options)))
    votes = _votes(path, table, stimuli, options)
    return Ratings(path.stem, votes=votes, notes=(*notes, *pattern_notes(path, votes.stimuli, options)))


def _kind(path: Path, columns: Sequence[str], stimuli_apart: bool) -> str:
    if not columns:
        raise BadRatings(f"{path} is empty; expected a line of column names: {', '.join(VOTE_COLUMNS)}")
    kind = "pairs" if "winner" in columns else "means" if "mos" in columns and "score" not in columns else "votes"
    needed = [name for name in _NEEDED[kind] if not (stimuli_apart and name == "content" and kind != "pairs")]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise BadRatings(
            f"{path} has no column {' and no column '.join(missing)}; expected {', '.join(VOTE_COLUMNS)} "
            f"(or {', '.join(PAIR_COLUMNS)}; or {', '.join(MEAN_COLUMNS)}). Columns by other names: "
            f"--columns {missing[0]}=NAME"
        )
    return kind


def _votes(path: Path, rows: Iterable[LocatedRow], stimuli: StimulusTable, options: ImportOptions) -> Votes:
    errors, raters = RowErrors(path), dict[str, int]()
    seen: dict[tuple[int, str, int], str] = {}
    table: list[tuple[int, int, int, float, float, float]] = []
    for where, row in rows:
        stimulus = stimuli.number_of(where, row, errors)
        score = number(where, "score", row["score"], errors)
        if not row["rater"]:
            errors.add(where, "no rater")
        if not options.scale.low <= score <= options.scale.high and not math.isnan(score):
            errors.add(
                where, f"score {row['score']} is out of range; expected {_range(options.scale)} (or name it: --scale)"
            )
        repetition = _repetition(where, row, errors)
        key = (stimulus, row["rater"], repetition)
        if key in seen and stimulus >= 0:
            errors.add(
                where,
                f"duplicate vote of rater '{row['rater']}' on '{row['stimulus']}', first on {seen[key]} "
                "(a second view needs repetition 2)",
            )
        seen.setdefault(key, where)
        rater = raters.setdefault(row["rater"], len(raters))
        taken, order = (optional(where, name, row.get(name, ""), errors) for name in ("time", "order"))
        table.append((stimulus, rater, repetition, score, taken, order))
    errors.check()
    if not table:
        raise BadRatings(f"{path} holds no votes")
    columns = list(zip(*table, strict=True))
    stimuli_of, raters_of, repetitions = (np.array(column, dtype=np.int64) for column in columns[:3])
    scores, seconds, orders = (np.array(column, dtype=np.float64) for column in columns[3:])
    return Votes(
        tuple(stimuli.all),
        tuple(raters),
        stimuli_of,
        raters_of,
        repetitions,
        scores,
        seconds,
        orders,
        scale=options.scale,
    )


def _repetition(where: str, row: Mapping[str, str], errors: RowErrors) -> int:
    repetition = number(where, "repetition", row.get("repetition") or "1", errors)
    if repetition in range(1, _MOST_REPETITIONS + 1):
        return int(repetition)
    errors.add(where, f"repetition {row.get('repetition')}; expected 1, 2, ... {_MOST_REPETITIONS}")
    return 1


def _means(path: Path, rows: Iterable[LocatedRow], stimuli: StimulusTable, options: ImportOptions) -> StimulusScores:
    errors = RowErrors(path)
    table: list[tuple[float, float, float]] = []
    for where, row in rows:
        before = len(stimuli.all)
        if stimuli.number_of(where, row, errors) < before and row["stimulus"] in stimuli.index:
            errors.add(where, f"stimulus '{row['stimulus']}' for the second time")
        mean, n = (number(where, name, row[name], errors) for name in ("mos", "n"))
        std = optional(where, "std", row["std"], errors)
        if not options.scale.low <= mean <= options.scale.high:
            errors.add(
                where, f"mos {row['mos']} is out of range; expected {_range(options.scale)} (or name it: --scale)"
            )
        if n < 1 or not n.is_integer():
            errors.add(where, f"n is {row['n']}; expected the number of votes")
        if std < 0:
            errors.add(where, f"std is {row['std']}; expected a standard deviation")
        table.append((mean, n, std))
    errors.check()
    if not table:
        raise BadRatings(f"{path} holds no stimuli")
    means, counts, stds = (np.array(column, dtype=np.float64) for column in zip(*table, strict=True))
    votes = counts.astype(np.int64)
    stds = np.where(votes > 1, stds, np.nan)
    scores = StimulusScores(tuple(stimuli.all), means, stds, votes, np.full(len(votes), np.nan), options.scale)
    return replace(scores, half=half_widths(scores))


def _pairs(path: Path, rows: Iterable[LocatedRow], options: ImportOptions) -> tuple[PairAnswer, ...]:
    errors, pattern = RowErrors(path), model_pattern(options.model_from)
    answers: list[PairAnswer] = []
    seen: dict[tuple[str, str, frozenset[str], int], str] = {}
    for where, row in rows:
        tie = row.get("tie", "").lower()
        if tie not in YES | NO:
            errors.add(where, f"tie is '{tie}'; expected 1 or 0")
        empty = [name for name in PAIR_COLUMNS if not row[name]]
        if empty:
            errors.add(where, f"no {empty[0]}")
        winner, loser = (model_of(row[name], pattern) for name in ("winner", "loser"))
        if winner == loser:
            errors.add(where, f"'{winner}' is compared with itself")
        first = model_of(row["first"], pattern) if row.get("first") else ""
        if first not in ("", winner, loser):
            errors.add(where, f"first is '{first}'; expected '{winner}' or '{loser}', whichever was shown first")
        repetition = _repetition(where, row, errors)
        key = (row["content"], row["rater"], frozenset((row["winner"], row["loser"])), repetition)
        if key in seen:
            errors.add(
                where,
                f"duplicate answer of rater '{row['rater']}' on '{row['winner']}' and '{row['loser']}', first on "
                f"{seen[key]} (a second answer needs repetition 2)",
            )
        seen.setdefault(key, where)
        answers.append(PairAnswer(row["content"], row["rater"], winner, loser, tie in YES, repetition, first))
    errors.check()
    if not answers:
        raise BadRatings(f"{path} holds no comparisons")
    return tuple(answers)


def _range(scale: Scale) -> str:
    return f"{scale.low:g} to {scale.high:g}"
