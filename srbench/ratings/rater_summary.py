"""What is known of each rater."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from srbench.ratings import likelihood, screening
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats


@dataclass(frozen=True, eq=False)
class RaterSummary:
    """All raters, with what is known of each; NaN where it cannot be told.

    Attributes:
        names: In the order of their first vote.
        votes: Number of votes on stimuli that are judged.
        mean: Of their votes.
        std: Of their votes, ddof 1.
        bias: Against the mean of all.
        inconsistency: By maximum likelihood.
        correlation: With the mean of all.
        rejected: For each rater the rules that reject them, applied or not.
        excluded: Whether their votes do not count here.
    """

    names: tuple[str, ...]
    votes: tuple[int, ...]
    mean: Floats
    std: Floats
    bias: Floats
    inconsistency: Floats
    correlation: Floats
    rejected: tuple[tuple[str, ...], ...]
    excluded: tuple[bool, ...]


def summarise_raters(
    votes: Votes, verdicts: Sequence[screening.Verdict], excluded: Sequence[str], estimate: likelihood.Estimate | None
) -> RaterSummary:
    """Gather what is known of each.

    Args:
        votes: All that are judged.
        verdicts: Of every rule.
        excluded: Whose votes do not count.
        estimate: Maximum likelihood of these votes.
    """
    size = len(votes.raters)
    n = np.bincount(votes.rater, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(votes.rater, votes.score, size) / n
        squares = np.bincount(votes.rater, (votes.score - mean[votes.rater]) ** 2, size)
        std = np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)
    inconsistency = dict(zip(estimate.raters, estimate.inconsistency.tolist(), strict=True)) if estimate else {}
    follow = next(v for v in verdicts if v.rule == "correlation")
    return RaterSummary(
        names=votes.raters,
        votes=tuple(n.tolist()),
        mean=mean,
        std=std,
        bias=np.where(n > 0, screening.bias(votes), np.nan),
        inconsistency=np.array([inconsistency.get(name, np.nan) for name in votes.raters]),
        correlation=follow.values["r"],
        rejected=tuple(tuple(v.rule for v in verdicts if name in v.rejected) for name in votes.raters),
        excluded=tuple(name in excluded for name in votes.raters),
    )
