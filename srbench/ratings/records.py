"""Ratings as records, one for each vote, average or answer, and in files."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from srbench.ratings import table_io, triplets
from srbench.ratings.files import Ratings
from srbench.ratings.stimulus_table import STIMULUS_COLUMNS
from srbench.ratings.votes import PairAnswer, Stimulus, Votes


def records(ratings: Ratings) -> list[dict[str, Any]]:
    """Return one record for each vote, average or comparison, with the columns that are not empty."""
    if ratings.votes is not None:
        return _vote_records(ratings.votes)
    if ratings.triplets:
        return triplets.records(ratings.triplets)
    if ratings.means is not None:
        scores = ratings.means
        rows = zip(scores.stimuli, scores.mean.tolist(), scores.n.tolist(), scores.std.tolist(), strict=True)
        with_extra = _extra(scores.stimuli)
        counted, spread = bool(scores.n.any()), not bool(np.isnan(scores.std).all())
        return [
            {"stimulus": s.name, "content": s.content, **with_extra(s), "mos": _plain(m)}
            | ({"n": n} if counted else {})
            | ({"std": _plain(d)} if counted or spread else {})
            for s, m, n, d in rows
        ]
    return _pair_records((*ratings.pairs, *ratings.pair_traps))


def _pair_records(answers: Sequence[PairAnswer]) -> list[dict[str, Any]]:
    ties, repeated = any(answer.tie for answer in answers), any(answer.repetition > 1 for answer in answers)
    sides, traps = any(answer.first for answer in answers), any(answer.expected for answer in answers)
    timed, ordered = (any(getattr(answer, name) is not None for answer in answers) for name in ("seconds", "order"))
    return [
        {"content": a.content, "rater": a.rater, "winner": a.winner, "loser": a.loser}
        | ({"tie": int(a.tie)} if ties else {})
        | ({"repetition": a.repetition} if repeated else {})
        | ({"first": a.first} if sides else {})
        | ({"time": None if a.seconds is None else _plain(a.seconds)} if timed else {})
        | ({"order": None if a.order is None else _plain(a.order)} if ordered else {})
        | ({"expected": a.expected} if traps else {})
        for a in answers
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
    """Return a function that gives the optional columns of a stimulus, those that are not empty everywhere."""
    used = [name for name in STIMULUS_COLUMNS if any(getattr(s, name) not in ("", False, None) for s in stimuli)]

    def columns(stimulus: Stimulus) -> dict[str, Any]:
        values = {name: getattr(stimulus, name) for name in used}
        return {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}

    return columns


def _plain(value: float) -> float | int | None:
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def write(ratings: Ratings, path: Path) -> None:
    """Write ratings as .csv, .json or .parquet; reading the file gives the same votes in the same order.

    Raises:
        BadRatings: The ending is none of these, or the folder cannot be written.
    """
    table_io.write(records(ratings), path)
