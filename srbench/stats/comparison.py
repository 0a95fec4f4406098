"""Comparisons of items, such as models, by the means of what was measured of them on the same images."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, Literal, TypeVar

import numpy as np

from srbench.stats import groups
from srbench.stats.arrays import Floats
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.influence import fewest_to_reverse
from srbench.stats.means import INTERVAL, IntervalMethod, mean_interval
from srbench.stats.paired import MEAN_TEST, MeanTest, lasting_p_each, mean_p_each, outlying, same_p, wilcoxon

Verdict = Literal["same", "better", "worse", "undecided"]

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True)
class Comparison(Generic[Item]):
    """Two items compared by a metric on the same images.

    Attributes:
        first: The item with the better mean; with a baseline, the item that is compared with it.
        second: The other item, or the baseline.
        images: Number of images.
        mean: Mean of first minus second, in units of the metric.
        ci95: 95 % interval of this mean, for this pair alone; None for one image.
        p: Two-sided p value of the hypothesis that the mean is 0.
        p_holm: The same after Holm's correction for all pairs compared.
        p_lasting_holm: The same where each p value is the larger one of all images and of those that are left without
            `outlying`.
        margin: Smallest difference that matters, in units of the metric; None where none was named.
        p_same_holm: p value of the hypothesis that the mean is the margin or more, to either side, after Holm's
            correction for all pairs compared; None without a margin.
        p_typical_holm: p value of Wilcoxon's signed ranks after the same correction. It speaks of the typical image,
            not of the mean.
        wins: Number of images on which first is better.
        ties: Number of images on which both have the same value.
        losses: Number of images on which second is better.
        outlying: Images that favour the difference and are unlike all others; see `srbench.stats.paired.outlying`.
        reversing: The fewest images without which the order of the means is the other; None where no images are.
        higher_is_better: Direction of the metric.
    """

    first: Item
    second: Item
    images: int
    mean: float
    ci95: tuple[float, float] | None
    p: float
    p_holm: float
    p_lasting_holm: float
    margin: float | None
    p_same_holm: float | None
    p_typical_holm: float
    wins: int
    ties: int
    losses: int
    outlying: tuple[int, ...]
    reversing: tuple[int, ...] | None
    higher_is_better: bool

    @property
    def significant(self) -> bool:
        """Whether the corrected p value is below 5 %, also without the outlying images that favour the difference."""
        return self.p_lasting_holm < LEVEL

    @property
    def verdict(self) -> Verdict:
        """What is known of first against second.

        "same": the means differ by less than the margin. "better", "worse": the means differ in this direction, by
        however little. A difference that is certain and certainly smaller than the margin is "same": the margin says
        that it does not matter. "undecided": neither is known. Among all pairs compared a false "same" comes about in
        at most 5 % of cases, and so does a false "better" or "worse".
        """
        if self.p_same_holm is not None and self.p_same_holm < LEVEL:
            return "same"
        if not self.significant:
            return "undecided"
        return "better" if (self.mean > 0) == self.higher_is_better else "worse"


def compare_means(
    values: Mapping[Item, Floats],
    *,
    higher_is_better: bool,
    margin: float | None = None,
    baseline: Item | None = None,
    test: MeanTest = MEAN_TEST,
    interval: IntervalMethod = INTERVAL,
) -> list[Comparison[Item]]:
    """Compare every two items, or every item with a baseline; p values are corrected for all of these comparisons.

    Args:
        values: Finite values of each item, `(n,)`; the same place is the same image.
        higher_is_better: Direction of the metric.
        margin: Smallest difference that matters, in units of the metric; without one nothing is called the same.
        baseline: Item with which the others are compared; None for all pairs.
        test: Test of the mean difference.
        interval: Method of its interval.

    Returns:
        The pairs, better means first.
    """
    pairs = _pairs(values, higher_is_better, baseline)
    gaps = [values[first] - values[second] for first, second in pairs]
    if not gaps:
        return []
    table = np.stack(gaps, axis=1)
    p_values = mean_p_each(table, test)
    corrected, lasting = holm(p_values), holm(lasting_p_each(table, test))
    same = [None] * len(gaps) if margin is None else holm([same_p(gap, margin) for gap in gaps])
    typical = holm([wilcoxon(gap) for gap in gaps])
    return [
        Comparison(
            *pair,
            images=len(gap),
            mean=float(gap.mean()),
            ci95=mean_interval(gap, interval),
            p=p_values[i],
            p_holm=corrected[i],
            p_lasting_holm=lasting[i],
            margin=margin,
            p_same_holm=same[i],
            p_typical_holm=typical[i],
            wins=int((gap > 0).sum() if higher_is_better else (gap < 0).sum()),
            ties=int((gap == 0).sum()),
            losses=int((gap < 0).sum() if higher_is_better else (gap > 0).sum()),
            outlying=outlying(gap),
            reversing=fewest_to_reverse(gap),
            higher_is_better=higher_is_better,
        )
        for i, (pair, gap) in enumerate(zip(pairs, gaps, strict=True))
    ]


def told_apart(values: Mapping[Item, Floats], test: MeanTest = MEAN_TEST) -> dict[frozenset[Item], bool]:
    """Tell for every two items whether their means differ, as `Comparison.significant` does for all pairs.

    Args:
        values: Finite values of each item, `(n,)`; the same place is the same image.
        test: Test of the mean difference.
    """
    pairs = list(combinations(values, 2))
    if not pairs:
        return {}
    gaps = np.stack([values[first] - values[second] for first, second in pairs], axis=1)
    return {frozenset(pair): p < LEVEL for pair, p in zip(pairs, holm(lasting_p_each(gaps, test)), strict=True)}


def letters_of(items: list[str], comparisons: list[Comparison[str]]) -> dict[str, str]:
    """Give letters to items, best first: two share one when, and only when, no difference of their means was found.

    Args:
        items: Names.
        comparisons: Comparisons of every two of them.
    """
    return groups.letters(items, {(pair.first, pair.second): pair.significant for pair in comparisons})


def _pairs(values: Mapping[Item, Floats], higher_is_better: bool, baseline: Item | None) -> list[tuple[Item, Item]]:
    sign = -1 if higher_is_better else 1
    ranked = sorted(values, key=lambda item: sign * float(np.mean(values[item])))
    if baseline is None:
        return list(combinations(ranked, 2))
    return [(item, baseline) for item in ranked if item != baseline]
