"""Differences between every two pictures over raters, and whether a metric tells them: better, worse, or similar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.ratings.votes import Stimulus, Votes
from srbench.stats.arrays import Floats, Ints
from srbench.stats.corrections import LEVEL

_MOST = 3_000
"""Pictures beyond this number are not compared: there would be over four million pairs."""


@dataclass(frozen=True, eq=False)
class PictureDifferences:
    """Paired t tests of every two pictures, over the raters who rated both.

    Attributes:
        first: Number of the first picture of each pair, `(pairs,)`.
        second: Number of the second picture.
        mean: Mean over raters of first minus second, `(pairs,)`; NaN where nobody rated both.
        p: Two-sided p value, not corrected; NaN for fewer than two raters.
        raters: Number of raters who rated both.
    """

    first: Ints
    second: Ints
    mean: Floats
    p: Floats
    raters: Ints


@dataclass(frozen=True)
class Judgement:
    """How a metric tells pairs of pictures.

    Attributes:
        different: Number of pairs that raters tell apart at 5 %.
        similar: Number of pairs that they do not.
        auc_different: Area under the ROC curve of the metric's absolute difference, of different against similar pairs;
            None where either kind is missing.
        auc_better: Area under the ROC curve of its difference, of pairs whose first picture is better against pairs
            whose first is worse, each pair both ways; None where no pairs are different.
        right: Share of the different pairs whose better picture has the better value; equal values count half.
    """

    different: int
    similar: int
    auc_different: float | None
    auc_better: float | None
    right: float | None


def compare_pictures(votes: Votes, stimuli: Sequence[Stimulus]) -> PictureDifferences | None:
    """Test every two pictures by a paired t test over raters.

    Where all raters of a pair differ by the same amount, p is 0, or 1 if it is no difference.

    Args:
        votes: Votes that count, repeated ones treated; of several votes of a rater on a picture the first counts.
        stimuli: Pictures to compare, in the order of the numbers.

    Returns:
        None for more than 3,000 pictures.
    """
    if len(stimuli) > _MOST:
        return None
    number = {s.name: i for i, s in enumerate(votes.stimuli)}
    table = votes.matrix()[[number[s.name] for s in stimuli]]
    known = ~np.isnan(table)
    seen, score = known.astype(np.float64), np.where(known, table - votes.scale.low, 0.0)
    first, second = np.triu_indices(len(stimuli), 1)
    n = (seen @ seen.T)[first, second]
    ahead, squares = score @ seen.T, score**2 @ seen.T
    total = (ahead - ahead.T)[first, second]
    square = (squares + squares.T - 2 * score @ score.T)[first, second]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        variance = np.maximum(square - n * mean**2, 0.0) / (n - 1)
        variance[variance < 1e-9 * np.maximum(square, 1)] = 0.0  # rounding errors of sums
        p = 2 * stats.t.sf(np.abs(mean) / np.sqrt(variance / n), n - 1)
    p = np.where(variance == 0, np.where(np.abs(mean) > 0, 0.0, 1.0), p)
    p[n < 2] = np.nan
    return PictureDifferences(first, second, mean, p, np.rint(n).astype(np.int64))


def judge(values: Floats, differences: PictureDifferences, *, higher_is_better: bool) -> Judgement:
    """Compare a metric with what raters say of every two pictures.

    Args:
        values: Value of each picture, NaN where it is unknown, `(stimuli,)`.
        differences: Tests of these pictures.
        higher_is_better: Whether larger values should go with better pictures.

    Source:
        Krasula, Fliegel, Le Callet and Klima, On the accuracy of objective image and video quality models: new
        methodology for performance evaluation, QoMEX 2016.
    """
    gap = (values[differences.first] - values[differences.second]) * (1 if higher_is_better else -1)
    usable = np.isfinite(gap) & np.isfinite(differences.p)
    gap, told, mean = gap[usable], differences.p[usable] < LEVEL, differences.mean[usable]
    along = gap[told] * np.sign(mean[told])  # positive where the metric agrees
    return Judgement(
        different=int(told.sum()),
        similar=int((~told).sum()),
        auc_different=_area(np.abs(gap[told]), np.abs(gap[~told])),
        auc_better=_area(along, -along),
        right=float((along > 0).mean() + (along == 0).mean() / 2) if len(along) else None,
    )


def _area(positive: Floats, negative: Floats) -> float | None:
    """Return the probability that a positive case has the larger value, ties counting half."""
    if not len(positive) or not len(negative):
        return None
    return float(stats.mannwhitneyu(positive, negative, method="asymptotic").statistic / len(positive) / len(negative))
