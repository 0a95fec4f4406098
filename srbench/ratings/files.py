"""Ratings in files. Reading names bad lines; what was written reads back the same."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings import table_io
from srbench.ratings.import_options import (
    NO,
    STIMULUS_COLUMNS,
    YES,
    ImportOptions,
    StimulusTable,
    matches,
    pattern_of,
    shortened,
)
from srbench.ratings.table_io import LocatedRow, RowErrors, number, optional
from srbench.ratings.votes import PairAnswer, Scale, Stimulus, StimulusScores, Votes
from srbench.stats.student import t_half_width

VOTE_COLUMNS = ("stimulus", "content", "rater", "score")
PAIR_COLUMNS = ("content", "rater", "winner", "loser")
MEAN_COLUMNS = ("stimulus", "content", "mos", "n", "std")
OPTIONAL = {
    "votes": (*STIMULUS_COLUMNS, "repetition", "time", "order"),
    "pairs": ("tie", "repetition"),
    "means": STIMULUS_COLUMNS,
}
_NEEDED = {"votes": VOTE_COLUMNS, "pairs": PAIR_COLUMNS, "means": MEAN_COLUMNS}
_MOST_REPETITIONS = 100


@dataclass(frozen=True)
class Ratings:
    """What a file holds; one of the first three is there.

    Attributes:
        name: Of the file, without its ending.
        votes: Single votes on a scale.
        means: Averages that somebody else has made.
        pairs: Paired comparisons.
        notes: What was not used.
    """

    name: str
    votes: Votes | None = None
    means: StimulusScores | None = None
    pairs: tuple[PairAnswer, ...] = ()
    notes: tuple[str, ...] = ()


def read(path: Path, reading: ImportOptions | None = None) -> Ratings:
    """Read votes, averages or paired comparisons; the columns tell which.

    Raises:
        BadRatings: Not a file of ratings, or rows that cannot be right; up to three are named.
    """
    reading = reading or ImportOptions()
    rows, names = table_io.read(path)
    mapped = {ours: [theirs] if theirs in names else theirs.split("+") for ours, theirs in reading.columns.items()}
    used = {theirs for parts in mapped.values() for theirs in parts}
    absent = [theirs for theirs in used if theirs not in names]
    if absent:
        raise BadRatings(f"{path} has no column '{absent[0]}'; its columns: {', '.join(names)}")
    # A column of the file that stands in for another, or that another stands in for, goes by our name only.
    named = {**{name: [name] for name in names if name not in {*mapped, *used}}, **mapped}
    columns = list(named)
    table = [(at, {ours: "_".join(row[name] for name in parts) for ours, parts in named.items()}) for at, row in rows]
    kind = _kind(path, columns, reading.stimuli is not None)
    unused = [name for name in columns if name not in (*_NEEDED[kind], *OPTIONAL[kind])]
    notes = (f"columns not used: {', '.join(unused)}",) if unused else ()
    if kind == "pairs":
        return Ratings(path.stem, pairs=_pairs(path, table, reading), notes=notes)
    stimuli = StimulusTable(path, reading)
    if kind == "means":
        means = _means(path, table, stimuli, reading)
        return Ratings(path.stem, means=means, notes=(*notes, *matches(path, means.stimuli, reading)))
    votes = _votes(path, table, stimuli, reading)
    return Ratings(path.stem, votes=votes, notes=(*notes, *matches(path, votes.stimuli, reading)))


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


def _votes(path: Path, rows: Iterable[LocatedRow], stimuli: StimulusTable, reading: ImportOptions) -> Votes:
    bad, raters = RowErrors(path), dict[str, int]()
    seen: dict[tuple[int, str, int], str] = {}
    table: list[tuple[int, int, int, float, float, float]] = []
    for where, row in rows:
        stimulus = stimuli.place(where, row, bad)
        score = number(where, "score", row["score"], bad)
        if not row["rater"]:
            bad.add(where, "no rater")
        if not reading.scale.low <= score <= reading.scale.high and not math.isnan(score):
            bad.add(
                where, f"score {row['score']} is out of range; expected {_range(reading.scale)} (or name it: --scale)"
            )
        repetition = _repetition(where, row, bad)
        key = (stimulus, row["rater"], repetition)
        if key in seen and stimulus >= 0:
            bad.add(
                where,
                f"duplicate vote of rater '{row['rater']}' on '{row['stimulus']}', first on {seen[key]} "
                "(a second view needs repetition 2)",
            )
        seen.setdefault(key, where)
        rater = raters.setdefault(row["rater"], len(raters))
        taken, order = (optional(where, name, row.get(name, ""), bad) for name in ("time", "order"))
        table.append((stimulus, rater, repetition, score, taken, order))
    bad.check()
    if not table:
        raise BadRatings(f"{path} holds no votes")
    whole = list(zip(*table, strict=True))
    stimuli_of, raters_of, repetitions = (np.array(column, dtype=np.int64) for column in whole[:3])
    scores, seconds, orders = (np.array(column, dtype=np.float64) for column in whole[3:])
    people = tuple(raters)
    return Votes(
        tuple(stimuli.all), people, stimuli_of, raters_of, repetitions, scores, seconds, orders, scale=reading.scale
    )


def _repetition(where: str, row: Mapping[str, str], bad: RowErrors) -> int:
    found = number(where, "repetition", row.get("repetition") or "1", bad)
    if found in range(1, _MOST_REPETITIONS + 1):
        return int(found)
    bad.add(where, f"repetition {row.get('repetition')}; expected 1, 2, ... {_MOST_REPETITIONS}")
    return 1


def _means(path: Path, rows: Iterable[LocatedRow], stimuli: StimulusTable, reading: ImportOptions) -> StimulusScores:
    bad = RowErrors(path)
    table: list[tuple[float, float, float]] = []
    for where, row in rows:
        before = len(stimuli.all)
        if stimuli.place(where, row, bad) < before and row["stimulus"] in stimuli.index:
            bad.add(where, f"stimulus '{row['stimulus']}' for the second time")
        mean, n = (number(where, name, row[name], bad) for name in ("mos", "n"))
        std = optional(where, "std", row["std"], bad)
        if not reading.scale.low <= mean <= reading.scale.high:
            bad.add(where, f"mos {row['mos']} is out of range; expected {_range(reading.scale)} (or name it: --scale)")
        if n < 1 or not n.is_integer():
            bad.add(where, f"n is {row['n']}; expected the number of votes")
        if std < 0:
            bad.add(where, f"std is {row['std']}; expected a standard deviation")
        table.append((mean, n, std))
    bad.check()
    if not table:
        raise BadRatings(f"{path} holds no stimuli")
    means, counts, stds = (np.array(column, dtype=np.float64) for column in zip(*table, strict=True))
    votes = counts.astype(np.int64)
    stds = np.where(votes > 1, stds, np.nan)
    return StimulusScores(tuple(stimuli.all), means, stds, votes, t_half_width(stds, votes), reading.scale)


def _pairs(path: Path, rows: Iterable[LocatedRow], reading: ImportOptions) -> tuple[PairAnswer, ...]:
    bad, pattern = RowErrors(path), pattern_of(reading.model_from)
    answers: list[PairAnswer] = []
    seen: dict[tuple[str, str, frozenset[str], int], str] = {}
    for where, row in rows:
        tie = row.get("tie", "").lower()
        if tie not in YES | NO:
            bad.add(where, f"tie is '{tie}'; expected 1 or 0")
        empty = [name for name in PAIR_COLUMNS if not row[name]]
        if empty:
            bad.add(where, f"no {empty[0]}")
        winner, loser = (shortened(row[name], pattern) for name in ("winner", "loser"))
        if winner == loser:
            bad.add(where, f"'{winner}' is compared with itself")
        key = (row["content"], row["rater"], frozenset((row["winner"], row["loser"])), _repetition(where, row, bad))
        if key in seen:
            bad.add(
                where,
                f"duplicate answer of rater '{row['rater']}' on '{row['winner']}' and '{row['loser']}', first on "
                f"{seen[key]} (a second answer needs repetition 2)",
            )
        seen.setdefault(key, where)
        answers.append(PairAnswer(row["content"], row["rater"], winner, loser, tie in YES))
    bad.check()
    if not answers:
        raise BadRatings(f"{path} holds no comparisons")
    return tuple(answers)


def _range(scale: Scale) -> str:
    return f"{scale.low:g} to {scale.high:g}"


def records(ratings: Ratings) -> list[dict[str, Any]]:
    """One record for each vote, average or comparison, with the columns that say something."""
    if ratings.votes is not None:
        return _vote_records(ratings.votes)
    if ratings.means is not None:
        scores = ratings.means
        rows = zip(scores.stimuli, scores.mean.tolist(), scores.n.tolist(), scores.std.tolist(), strict=True)
        with_extra = _extra(scores.stimuli)
        return [
            {"stimulus": s.name, "content": s.content, **with_extra(s), "mos": _plain(m), "n": n, "std": _plain(d)}
            for s, m, n, d in rows
        ]
    ties = any(answer.tie for answer in ratings.pairs)
    return [
        {"content": a.content, "rater": a.rater, "winner": a.winner, "loser": a.loser}
        | ({"tie": int(a.tie)} if ties else {})
        for a in ratings.pairs
    ]


def _vote_records(votes: Votes) -> list[dict[str, Any]]:
    extra = _extra(votes.stimuli)
    described = [{"stimulus": s.name, "content": s.content, **extra(s)} for s in votes.stimuli]
    repeated = bool((votes.repetition > 1).any())
    timed, ordered = (bool((~np.isnan(x)).any()) for x in (votes.seconds, votes.order))
    rows = []
    for i in range(len(votes)):
        row = dict(described[votes.stimulus[i]])
        row["rater"], row["score"] = votes.raters[votes.rater[i]], _plain(float(votes.score[i]))
        if repeated:
            row["repetition"] = int(votes.repetition[i])
        if timed:
            row["time"] = _plain(float(votes.seconds[i]))
        if ordered:
            row["order"] = _plain(float(votes.order[i]))
        rows.append(row)
    return rows


def _extra(stimuli: Sequence[Stimulus]) -> Callable[[Stimulus], dict[str, Any]]:
    """The optional columns of a stimulus, those that are not empty everywhere."""
    used = [name for name in STIMULUS_COLUMNS if any(getattr(s, name) not in ("", False, None) for s in stimuli)]

    def columns(stimulus: Stimulus) -> dict[str, Any]:
        found = {name: getattr(stimulus, name) for name in used}
        return {name: int(value) if isinstance(value, bool) else value for name, value in found.items()}

    return columns


def _plain(value: float) -> float | int | None:
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def write(ratings: Ratings, path: Path) -> None:
    """Write .csv, .json or .parquet; reading it gives the same votes in the same order.

    Raises:
        BadRatings: The ending is none of these, or the folder cannot be written.
    """
    table_io.write(records(ratings), path)


def metrics(path: Path, scores: StimulusScores) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Objective metrics from a table with a column `stimulus` and one for each metric.

    Returns:
        Values by metric and stimulus, and notes on what does not fit together.

    Raises:
        BadRatings: Not such a table, or no stimulus in common.
    """
    rows, names = table_io.read(path)
    if "stimulus" not in names or len(names) < 2:
        raise BadRatings(f"{path}: expected a column stimulus and one for each metric; found {', '.join(names)}")
    known = scores.by_name()
    found: dict[str, dict[str, float]] = {name: {} for name in names if name != "stimulus"}
    bad, strange, seen = RowErrors(path), 0, set[str]()
    for where, row in rows:
        if row["stimulus"] in seen:
            bad.add(where, f"stimulus '{row['stimulus']}' for the second time")
        seen.add(row["stimulus"])
        strange += row["stimulus"] not in known
        for name, values in found.items():
            value = _metric(where, name, row[name], bad)
            if math.isfinite(value):
                values[row["stimulus"]] = value
    bad.check()
    if not seen & known.keys():
        raise BadRatings(
            f"{path}: none of its {len(seen)} stimuli has ratings; expected names such as {next(iter(known))}"
        )
    missing = len(known.keys() - seen)
    notes = [f"{strange} stimuli of {path.name} have no ratings"] if strange else []
    notes += [f"{missing} rated stimuli are not in {path.name}"] if missing else []
    return found, tuple(notes)


def _metric(where: str, name: str, text: str, bad: RowErrors) -> float:
    """A metric's value; NaN where there is none, or where it is infinite, as PSNR of an original is."""
    return math.nan if text.strip().lower() in ("", "nan", "inf", "-inf") else number(where, name, text, bad)
