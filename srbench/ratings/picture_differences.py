"""Differences between every two pictures over raters, and whether a metric tells them: better, worse, or similar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from srbench.ratings.votes import Stimulus, Votes
from srbench.stats.arrays import Flags, Floats, Ints
from srbench.stats.corrections import LEVEL
from srbench.stats.student import t_quantile, unanimous_half_width

_MOST = 3_000
"""Pictures beyond this number are not compared: there would be over four million pairs."""

_FEWEST_CONTENTS, _DRAWS, _FEWEST_DRAWS, _MOST_PAIRS = 3, 300, 100, 30_000_000


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
        auc_different_ci95: 95 % interval of `auc_different` over contents like these, with these raters; None for fewer
            than 3 contents.
        auc_better_ci95: The same of `auc_better`.
    """

    different: int
    similar: int
    auc_different: float | None
    auc_better: float | None
    right: float | None
    auc_different_ci95: tuple[float, float] | None = None
    auc_better_ci95: tuple[float, float] | None = None


def compare_pictures(votes: Votes, stimuli: Sequence[Stimulus]) -> PictureDifferences | None:
    """Test every two pictures by a paired t test over raters.

    Where all raters of a pair differ by the same amount, some might have differed by a step more or less: the interval
    is that of two pictures on each of which all agree (`srbench.stats.student.unanimous_half_width`), and p follows it.

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
    alike = (variance == 0) & (n > 1)
    reach = np.sqrt(2) * unanimous_half_width(n[alike], votes.scale.step)
    critical = stats.t.ppf(0.975, n[alike] - 1)
    p[alike] = 2 * stats.t.sf(np.abs(mean[alike]) * critical / reach, n[alike] - 1)
    p[n < 2] = np.nan
    return PictureDifferences(first, second, mean, p, np.rint(n).astype(np.int64))


def judge(
    values: Floats,
    differences: PictureDifferences,
    *,
    higher_is_better: bool,
    content: Ints | None = None,
    seed: int = 0,
) -> Judgement:
    """Compare a metric with what raters say of every two pictures.

    Intervals of areas are Student's t on the scale of the logit, with contents - 1 degrees of freedom and the standard
    error of a bootstrap that draws contents with all their pictures. A pair counts as often as both of its pictures
    are drawn.

    Args:
        values: Value of each picture, NaN where it is unknown, `(stimuli,)`.
        differences: Tests of these pictures.
        higher_is_better: Whether larger values should go with better pictures.
        content: Content of each picture, numbered from 0, `(stimuli,)`; None for no intervals.
        seed: Seed of the draws.

    Source:
        Krasula, Fliegel, Le Callet and Klima, On the accuracy of objective image and video quality models: new
        methodology for performance evaluation, QoMEX 2016.
    """
    gap = (values[differences.first] - values[differences.second]) * (1 if higher_is_better else -1)
    usable = np.isfinite(gap) & np.isfinite(differences.p)
    gap, told, mean = gap[usable], differences.p[usable] < LEVEL, differences.mean[usable]
    along = gap[told] * np.sign(mean[told])  # positive where the metric agrees
    first, second = differences.first[usable], differences.second[usable]
    size = np.abs(gap)
    better = _area(along, -along)
    different = _area(size[told], size[~told])
    ends: list[tuple[float, float] | None] = [None, None]
    if content is not None:
        pairs = first[told], second[told]
        twice = np.concatenate([pairs[0], pairs[0]]), np.concatenate([pairs[1], pairs[1]])
        sides = np.arange(2 * len(along)) < len(along)
        ends = [
            _interval(different, size, told, (first, second), content, seed),
            _interval(better, np.concatenate([along, -along]), sides, twice, content, seed),
        ]
    return Judgement(
        different=int(told.sum()),
        similar=int((~told).sum()),
        auc_different=different,
        auc_better=better,
        right=float((along > 0).mean() + (along == 0).mean() / 2) if len(along) else None,
        auc_different_ci95=ends[0],
        auc_better_ci95=ends[1],
    )


def _interval(
    area: float | None, value: Floats, positive: Flags, pairs: tuple[Ints, Ints], content: Ints, seed: int
) -> tuple[float, float] | None:
    """Return the interval of an area over contents; None where there is none."""
    number = len(np.unique(content[np.concatenate(pairs)]))
    if area is None or number < _FEWEST_CONTENTS:
        return None
    if not 0 < area < 1:
        return area, area
    order = np.argsort(value, kind="stable")
    values, mine = value[order], positive[order]
    first, second = (picture[order] for picture in pairs)
    start, end = np.searchsorted(values, values[mine], "left"), np.searchsorted(values, values[mine], "right")
    generator, contents = np.random.default_rng(seed), int(content.max()) + 1
    drawn = []
    for _ in range(min(_DRAWS, max(_FEWEST_DRAWS, _MOST_PAIRS // len(values)))):
        times = np.bincount(generator.integers(0, contents, contents), minlength=contents)[content].astype(np.float64)
        weight = times[first] * times[second]
        below = np.concatenate([[0.0], np.cumsum(np.where(mine, 0.0, weight))])
        total = weight[mine].sum() * below[-1]
        if total > 0:
            drawn.append(float(weight[mine] @ (below[start] + below[end]) / 2 / total))
    if len(drawn) < _FEWEST_DRAWS // 2:
        return None
    error = float(np.std(drawn, ddof=1)) * np.sqrt(number / (number - 1)) / (area * (1 - area))
    reach = t_quantile(number - 1) * error
    low, high = special.expit(special.logit(area) + np.array([-reach, reach]))
    return float(low), float(high)


def _area(positive: Floats, negative: Floats) -> float | None:
    """Return the probability that a positive case has the larger value, ties counting half."""
    if not len(positive) or not len(negative):
        return None
    return float(stats.mannwhitneyu(positive, negative, method="asymptotic").statistic / len(positive) / len(negative))
