"""Agreement of raters with one another, and with themselves."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats


@dataclass(frozen=True)
class Icc:
    """Intraclass correlation, two-way random effects, absolute agreement.

    Attributes:
        single: ICC(2,1), also written ICC(A,1), of one rater.
        single_ci95: 95 % interval of `single`.
        average: ICC(2,k), also written ICC(A,k), of the mean of all raters.
        average_ci95: 95 % interval of `average`.
        stimuli: Number of stimuli rated by everybody, the only ones that count.
        raters: Number of raters, k.
    """

    single: float
    single_ci95: tuple[float, float]
    average: float
    average_ci95: tuple[float, float]
    stimuli: int
    raters: int


def icc(votes: Votes) -> Icc | None:
    """Compute ICC(2,1) and ICC(2,k) of the first votes.

    Returns:
        None where fewer than two stimuli were rated by all of at least two raters, or stimuli do not differ at all.

    Source:
        Shrout and Fleiss, Psychological Bulletin 86, 1979; intervals of McGraw and Wong, Psychological Methods 1, 1996,
        table 7, cases A,1 and A,k.
    """
    table = votes.matrix()
    table = table[:, ~np.isnan(table).all(axis=0)]
    table = table[~np.isnan(table).any(axis=1)]
    n, k = table.shape
    if n < 2 or k < 2:
        return None
    grand, rows, columns = table.mean(), table.mean(axis=1), table.mean(axis=0)
    msr = k * ((rows - grand) ** 2).sum() / (n - 1)
    msc = n * ((columns - grand) ** 2).sum() / (k - 1)
    mse = ((table - rows[:, None] - columns[None, :] + grand) ** 2).sum() / ((n - 1) * (k - 1))
    noise = 1e-20 * float(np.abs(table).max()) ** 2  # rounding errors of mean squares
    if msr <= noise and mse <= noise:
        return None
    msc, mse = (0.0 if x <= noise else x for x in (msc, mse))
    single = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    average = (msr - mse) / (msr + (msc - mse) / n)
    low, high = _interval(single, msr, msc, mse, n, k)
    stepped = [k * x / (1 + (k - 1) * x) for x in (low, high)]
    return Icc(float(single), (low, high), float(average), (stepped[0], stepped[1]), n, k)


def _interval(single: float, msr: float, msc: float, mse: float, n: int, k: int) -> tuple[float, float]:
    if mse == 0 and msc == 0:
        return 1.0, 1.0
    a = k * single / (n * (1 - single))
    b = 1 + k * single * (n - 1) / (n * (1 - single))
    df = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    over, under = stats.f.ppf(0.975, n - 1, df), stats.f.ppf(0.975, df, n - 1)
    spread = k * msc + (k * n - k - n) * mse
    low = n * (msr - over * mse) / (over * spread + n * msr)
    high = n * (under * msr - mse) / (spread + n * under * msr)
    return float(low), float(high)


def alpha(votes: Votes, level: Literal["ordinal", "interval"]) -> float | None:
    """Compute Krippendorff's alpha of the first votes; stimuli with a single vote do not count.

    Returns:
        1 for perfect agreement, 0 for random votes; None where no two votes can be compared, or all are the same.

    Source:
        Krippendorff, Content Analysis, 4th edition 2018, chapter 12: coincidence matrix, ordinal and interval metrics.
    """
    first = votes.first()
    values, code = np.unique(first.score, return_inverse=True)
    counts = np.zeros((len(first.stimuli), len(values)))
    np.add.at(counts, (first.stimulus, code), 1)
    counts = counts[counts.sum(axis=1) > 1]
    if not len(counts):
        return None
    weights = 1 / (counts.sum(axis=1) - 1)
    coincidences = (counts * weights[:, None]).T @ counts - np.diag(weights @ counts)
    totals = coincidences.sum(axis=0)
    distance = _distances(values, totals, level)
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    if expected == 0:
        return None
    return float(1 - (coincidences * distance).sum() / expected)


def _distances(values: Floats, totals: Floats, level: str) -> Floats:
    if level == "interval":
        return (values[:, None] - values[None, :]) ** 2
    # Ordinal: the votes that lie between two values, each end counting half.
    place = np.cumsum(totals) - totals / 2
    return (place[:, None] - place[None, :]) ** 2


@dataclass(frozen=True)
class Retest:
    """Agreement of repeated votes of the same rater on the same stimulus.

    Attributes:
        pairs: Number of stimuli and raters with a first and a second vote.
        same: Share of pairs with the same score.
        within_one: Share of pairs whose scores are at most one step of the scale apart.
        mean_difference: Mean of second minus first vote; a drift of the raters.
        rms_difference: Root mean square of the differences.
        correlation: Pearson's correlation of first and second votes; None where either does not vary.
    """

    pairs: int
    same: float
    within_one: float
    mean_difference: float
    rms_difference: float
    correlation: float | None


def retest(votes: Votes) -> Retest | None:
    """Compare first and second votes; None where nobody voted twice."""
    first, second = votes.keep(votes.repetition == 1), votes.keep(votes.repetition == 2)
    size = len(votes.raters)
    there = dict(zip((first.stimulus * size + first.rater).tolist(), first.score.tolist(), strict=True))
    keys = (second.stimulus * size + second.rater).tolist()
    both = [(there[key], score) for key, score in zip(keys, second.score.tolist(), strict=True) if key in there]
    if not both:
        return None
    before, after = np.array(both).T
    difference = after - before
    varies = len(both) > 2 and before.std() > 0 and after.std() > 0
    return Retest(
        pairs=len(both),
        same=float((difference == 0).mean()),
        within_one=float((np.abs(difference) <= votes.scale.step).mean()),
        mean_difference=float(difference.mean()),
        rms_difference=float(np.sqrt((difference**2).mean())),
        correlation=float(stats.pearsonr(before, after).statistic) if varies else None,
    )
