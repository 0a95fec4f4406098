"""Agreement of raters with one another, and with themselves."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse, stats

from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats
from srbench.stats.student import t_quantile

Level = Literal["ordinal", "interval"]
_BATCH = 100  # draws at a time
_ROUNDING = 1e-12


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
    if msr <= noise:
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


def alpha(votes: Votes, level: Level) -> float | None:
    """Compute Krippendorff's alpha of the first votes; stimuli with a single vote do not count.

    Disagreements are squared distances, whose sums over all pairs follow from sums of squares; no table of values is
    made.

    Returns:
        1 for perfect agreement, 0 for random votes; None where no two votes can be compared, or all are the same.

    Source:
        Krippendorff, Content Analysis, 4th edition 2018, chapter 12: ordinal and interval metrics.
    """
    table = _pairable(votes, level)
    if table is None:
        return None
    value = float(_alphas(table, np.ones((table.ones.shape[1], 1)), np.ones((table.ones.shape[0], 1)))[0])
    return value if np.isfinite(value) else None


def alpha_ci95(votes: Votes, level: Level, resamples: int = 1_000, seed: int = 0) -> tuple[float, float] | None:
    """Return the 95 % interval of alpha over raters and stimuli like these, from a bootstrap that draws both.

    Two draws of one rater are no two opinions: they are not compared with one another. The interval is Student's t
    on the scale of log(1 - alpha), which has no end, with k - 1 degrees of freedom, k being the number of raters or of
    stimuli, whichever is smaller.

    Args:
        votes: Votes, as for `alpha`.
        level: Level of the values.
        resamples: Number of draws.
        seed: Seed of the draws.

    Returns:
        None where alpha is not defined, for fewer than 3 raters or stimuli, and without draws.

    Source:
        Draws of units: Zapf et al., BMC Medical Research Methodology 16, 2016; of raters too: Owen, Annals of Applied
        Statistics 1, 2007. In simulated studies of 12 to 200 stimuli it holds the true value in 90 to 100 of 100.
    """
    table = _pairable(votes, level)
    value = alpha(votes, level)
    if table is None or value is None or min(table.ones.shape) < 3 or not resamples:
        return None
    generator = np.random.default_rng(seed)
    units, raters = table.ones.shape
    drawn = []
    for start in range(0, resamples, _BATCH):
        size = min(_BATCH, resamples - start)
        rater, unit = (generator.multinomial(n, np.full(n, 1 / n), size).T.astype(float) for n in (raters, units))
        drawn.append(_alphas(table, rater, unit))
    found = np.concatenate(drawn)
    if value == 1:
        return 1.0, 1.0
    logs = np.log(1 - found[np.isfinite(found) & (found < 1)])
    k = min(units, raters)
    reach = t_quantile(k - 1) * float(logs.std(ddof=1)) * np.sqrt(k / (k - 1))
    return float(1 - (1 - value) * np.exp(reach)), float(1 - (1 - value) * np.exp(-reach))


@dataclass(frozen=True, eq=False)
class _Pairable:
    """First votes on stimuli that have two at least, as sparse tables `(stimuli, raters)`.

    Attributes:
        ones: 1 where there is a vote.
        values: The vote; for the ordinal metric its place among all votes.
        squares: Its square.
    """

    ones: "sparse.csr_array"
    values: "sparse.csr_array"
    squares: "sparse.csr_array"


def _pairable(votes: Votes, level: Level) -> _Pairable | None:
    first = votes.first()
    first = first.keep((np.bincount(first.stimulus, minlength=len(first.stimuli)) > 1)[first.stimulus])
    if not len(first):
        return None
    stimulus, rater = (np.unique(label, return_inverse=True)[1] for label in (first.stimulus, first.rater))
    # Ordinal: the votes that lie between two values, each end counting half.
    values = first.score if level == "interval" else stats.rankdata(first.score)
    values = values - values.mean()
    tables = (sparse.csr_array((cell, (stimulus, rater))) for cell in (np.ones(len(values)), values, values**2))
    return _Pairable(*tables)


def _alphas(table: _Pairable, rater: Floats, unit: Floats) -> Floats:
    """Compute alpha where each rater counts `rater` times, `(raters, draws)`, and each stimulus `unit` times."""
    count, same = table.ones @ rater, table.ones @ rater**2
    values, squares = table.values @ rater, table.squares @ rater
    pairs = count**2 - same
    kept = unit * (pairs > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.where(pairs > 0, count * (count * squares - values**2) / pairs, 0.0)
        observed[observed < _ROUNDING * squares.max()] = 0.0
        n = (kept * count).sum(axis=0)
        expected = (n * (kept * squares).sum(axis=0) - (kept * values).sum(axis=0) ** 2) / (n - 1)
        scale = np.maximum(squares.max(), 1e-300)
        return np.where(
            expected > _ROUNDING * scale, 1 - np.maximum((kept * observed).sum(axis=0), 0) / expected, np.nan
        )


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
