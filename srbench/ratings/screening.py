"""Rules that find raters whose votes should not count. Each names them; none changes a vote."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from srbench.core.deferred import deferred
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats, Ints

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = deferred("scipy.stats")

_ROUNDING = 1e-9
"""Votes may lie on the limit: one of 21 raters who differs is sqrt(20) S from the mean, to the last digit (ddof 0)."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """Verdict of a screening rule.

    Attributes:
        rule: Name of the rule.
        rejected: Raters whose votes should not count.
        values: For each rater, in the order of `Votes.raters`, the values that the rule looks at, by name; NaN where
            it cannot judge.
        statement: Description of the rule and its parameters for a methods section.
        reason: Reason why the rule cannot be used on this data; empty where it can.
    """

    rule: str
    rejected: tuple[str, ...]
    values: dict[str, Floats] = field(default_factory=dict)
    statement: str = ""
    reason: str = ""


def kurtosis(votes: Votes, *, ddof: Literal[0, 1] = 1, unanimous: Literal["skip", "count"] = "skip") -> Verdict:
    """Apply the screening of ITU-R BT.500: reject raters who are often, and in both directions, far from the others.

    A vote is far when it is at least 2 S from the stimulus's mean where the votes' kurtosis is within 2 and 4, else
    sqrt(20) S. P counts a rater's far high votes, Q the far low ones; a rater is rejected when (P + Q) / N > 0.05 and
    |P - Q| / (P + Q) < 0.3, N being the votes that the rater gave.

    Args:
        votes: Votes of any design.
        ddof: Divisor of S. 1: S is the sample standard deviation, as BT.500 has it. 0: as some software has it.
        unanimous: Treatment of a stimulus on which all agree (S = 0). "skip": it says nothing of anybody. "count":
            the rule read literally, which counts every vote as far in both directions.

    Source:
        ITU-R BT.500-15, Annex 1, section A1-2.3.1; Li et al., HVEI 2020, algorithm 1.
    """
    stimulus, score, size = votes.stimulus, votes.score, len(votes.stimuli)
    n = np.maximum(np.bincount(stimulus, minlength=size), 1)
    mean = np.bincount(stimulus, score, size) / n
    rest = score - mean[stimulus]
    second, fourth = (np.bincount(stimulus, rest**power, size) / n for power in (2, 4))
    one_value = np.full(size, -np.inf), np.full(size, np.inf)
    np.maximum.at(one_value[0], stimulus, score)
    np.minimum.at(one_value[1], stimulus, score)
    flat = one_value[0] <= one_value[1]  # no votes, one vote, or all the same
    second[flat] = 0.0
    mean = np.where(flat & np.isfinite(one_value[0]), one_value[0], mean)  # without rounding errors
    spread = np.sqrt(second * n / np.maximum(n - ddof, 1))
    peaked = np.divide(fourth, second**2, out=np.zeros(size), where=~flat)
    limit = np.where((peaked >= 2) & (peaked <= 4), 2.0, np.sqrt(20.0)) * spread
    asked = ~flat[stimulus] if unanimous == "skip" else np.ones(len(votes), dtype=bool)
    raters = len(votes.raters)
    high = np.bincount(votes.rater[asked & (score >= (mean + limit)[stimulus] - _ROUNDING)], minlength=raters)
    low = np.bincount(votes.rater[asked & (score <= (mean - limit)[stimulus] + _ROUNDING)], minlength=raters)
    counts = np.bincount(votes.rater, minlength=raters)
    far = high + low
    share = far / np.maximum(counts, 1)
    lopsided = np.abs(high - low) / np.maximum(far, 1)
    out = (share > 0.05) & (lopsided < 0.3) & (far > 0)
    how = "skipped" if unanimous == "skip" else "counted as far in both directions"
    return Verdict(
        rule="bt500",
        rejected=_named(votes, out),
        values={"high": high.astype(float), "low": low.astype(float), "far": share, "lopsided": lopsided},
        statement=(
            "kurtosis rule of ITU-R BT.500-15 (standard deviation with "
            f"{'n - 1' if ddof else 'n'}, stimuli with unanimous votes {how}, shares of the votes that each rater gave)"
        ),
    )


def bias(votes: Votes) -> Floats:
    """Compute how much higher than the mean of all each rater votes, `(raters,)`; 0 for raters without votes.

    Source:
        ITU-T P.913 (2021), section 12.4.
    """
    size = len(votes.stimuli)
    mean = np.bincount(votes.stimulus, votes.score, size) / np.maximum(np.bincount(votes.stimulus, minlength=size), 1)
    counts = np.bincount(votes.rater, minlength=len(votes.raters))
    sums = np.bincount(votes.rater, votes.score - mean[votes.stimulus], len(votes.raters))
    return np.asarray(sums / np.maximum(counts, 1))


def unbiased(votes: Votes) -> Votes:
    """Subtract each rater's bias from their votes (ITU-T P.913, section 12.4); scores may leave the scale."""
    return votes.with_scores(votes.score - bias(votes)[votes.rater])


def correlation(votes: Votes, least: float = 0.75) -> Verdict:
    """Reject raters whose votes do not follow the mean of all raters: Pearson's r below a threshold.

    Args:
        votes: Votes of any design; repeated ones are averaged first; raters with fewer than 3 stimuli cannot be judged.
        least: Correlation r at which a rater stays.

    Source:
        ITU-T P.913 (2021), section 11.4, whose threshold of 0.75 is for lab tests of video.
    """
    merged = votes.merged()
    size = len(merged.stimuli)
    mean = np.bincount(merged.stimulus, merged.score, size) / np.maximum(
        np.bincount(merged.stimulus, minlength=size), 1
    )
    r = np.full(len(votes.raters), np.nan)
    for rater, places in enumerate(_by_rater(merged)):
        score, common = merged.score[places], mean[merged.stimulus[places]]
        if len(places) >= 3 and np.ptp(common) > 0:
            # One who always gives the same score follows nothing.
            r[rater] = stats.pearsonr(score, common).statistic if np.ptp(score) > 0 else 0.0
    with np.errstate(invalid="ignore"):
        out = r < least
    return Verdict(
        rule="correlation",
        rejected=_named(votes, out),
        values={"r": r},
        statement=f"correlation rule (r with the mean of all raters below {least:g}; ITU-T P.913, section 11.4)",
        reason="" if (~np.isnan(r)).any() else "no rater has 3 stimuli",
    )


def traps(votes: Votes, most: int = 0) -> Verdict:
    """Reject raters who miss stimuli whose score is beyond doubt by more than one step of the scale.

    Args:
        votes: Votes, those on traps among them.
        most: Number of missed traps that are allowed.
    """
    expected = np.array([np.nan if s.expected is None else s.expected for s in votes.stimuli])[votes.stimulus]
    allowed = f"more than {most} of the traps" if most else "any trap"
    statement = f"trap rule ({allowed} missed by more than {votes.scale.step:g})"
    if np.isnan(expected).all():
        return Verdict("traps", (), statement=statement, reason="no stimulus has an expected score")
    missed = np.abs(votes.score - expected) > votes.scale.step
    misses = np.bincount(votes.rater[missed], minlength=len(votes.raters))
    return Verdict("traps", _named(votes, misses > most), {"misses": misses.astype(float)}, statement)


def straight(votes: Votes, most: float = 0.9, fewest: int = 10) -> Verdict:
    """Reject raters who give nearly always the same score, where the others do not.

    Args:
        votes: Votes of any design.
        most: Share of the commonest score from which a rater is rejected.
        fewest: Number of votes below which nobody is judged.
    """
    share = np.full(len(votes.raters), np.nan)
    for rater, places in enumerate(_by_rater(votes)):
        if len(places) >= fewest:
            share[rater] = np.unique(votes.score[places], return_counts=True)[1].max() / len(places)
    # A set whose every stimulus looks the same makes everybody answer the same; then the answer is not careless.
    usual = np.nanmedian(share) if (~np.isnan(share)).any() else 0.0
    with np.errstate(invalid="ignore"):
        out = (share >= most) & (usual < most)
    return Verdict(
        rule="straight",
        rejected=_named(votes, out),
        values={"same": share},
        statement=(
            f"straight-lining rule (the same score in at least {most:.0%} of at least {fewest} votes, where half of "
            "the raters vary more)"
        ),
        reason="" if (~np.isnan(share)).any() else f"no rater has {fewest} votes",
    )


def fast(votes: Votes, least_seconds: float = 1.0, most: float = 0.5) -> Verdict:
    """Reject raters who answer faster than one can look.

    Args:
        votes: Votes with times.
        least_seconds: Time below which an answer is too fast.
        most: Share of too fast answers from which a rater is rejected.
    """
    statement = f"speed rule (at least {most:.0%} of the answers in less than {least_seconds:g} s)"
    timed = ~np.isnan(votes.seconds)
    if not timed.any():
        return Verdict("fast", (), statement=statement, reason="no vote has a time")
    raters = len(votes.raters)
    counts = np.bincount(votes.rater[timed], minlength=raters)
    quick = np.bincount(votes.rater[timed & (votes.seconds < least_seconds)], minlength=raters)
    share = np.divide(quick, counts, out=np.full(raters, np.nan), where=counts > 0)
    with np.errstate(invalid="ignore"):
        out = share >= most
    return Verdict("fast", _named(votes, out), {"too fast": share}, statement)


def verdicts(
    votes: Votes,
    judged: Votes,
    *,
    ddof: Literal[0, 1] = 1,
    unanimous: Literal["skip", "count"] = "skip",
    least_correlation: float = 0.75,
    trap_misses: int = 0,
) -> list[Verdict]:
    """Apply every rule, in the order of `RULES`.

    Args:
        votes: Votes as collected, those on traps among them.
        judged: Votes on other stimuli, as the analysis treats them.
        ddof: Divisor of the kurtosis rule's standard deviation.
        unanimous: Treatment of unanimous stimuli by the kurtosis rule.
        least_correlation: Threshold of the correlation rule.
        trap_misses: Number of misses that the trap rule allows.
    """
    return [
        kurtosis(judged, ddof=ddof, unanimous=unanimous),
        correlation(judged, least_correlation),
        traps(votes, trap_misses),
        straight(votes.judged()),
        fast(votes),
    ]


def _by_rater(votes: Votes) -> list[Ints]:
    order = np.argsort(votes.rater, kind="stable")
    ends = np.cumsum(np.bincount(votes.rater, minlength=len(votes.raters)))
    return np.split(order, ends[:-1])


def _named(votes: Votes, out: Iterable[bool]) -> tuple[str, ...]:
    return tuple(name for name, gone in zip(votes.raters, out, strict=True) if gone)
