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
from srbench.stats.seeds import SeedMean, over_seeds, seed_mean

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
        values: Finite values of each item, `(n,)`, or `(seeds, n)` of one with several seeds; the same place is the
            same image.
        higher_is_better: Direction of the metric.
        margin: Smallest difference that matters, in units of the metric; without one nothing is called the same.
        baseline: Item with which the others are compared; None for all pairs.
        test: Test of the mean difference; where an item has seeds, `srbench.stats.seeds` stands in its place.
        interval: Method of its interval; the same holds.

    Returns:
        The pairs, better means first.
    """
    pairs = _pairs(values, higher_is_better, baseline)
    if not pairs:
        return []
    gaps, seeded = _gaps(values, pairs)
    p_values, lasting = _p_values(gaps, seeded, test)
    corrected, lasting = holm(p_values), holm(lasting)
    same = (
        [None] * len(gaps)
        if margin is None
        else holm([of.same_p(margin) if of else same_p(gap, margin) for gap, of in zip(gaps, seeded, strict=True)])
    )
    typical = holm([wilcoxon(gap) for gap in gaps])
    return [
        Comparison(
            *pair,
            images=len(gap),
            mean=float(gap.mean()),
            ci95=of.ci95 if of else mean_interval(gap, interval),
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
        for i, (pair, gap, of) in enumerate(zip(pairs, gaps, seeded, strict=True))
    ]


def told_apart(values: Mapping[Item, Floats], test: MeanTest = MEAN_TEST) -> dict[frozenset[Item], bool]:
    """Tell for every two items whether their means differ, as `Comparison.significant` does for all pairs.

    Args:
        values: Finite values of each item as for `compare_means`.
        test: Test of the mean difference.
    """
    pairs = list(combinations(values, 2))
    if not pairs:
        return {}
    _, lasting = _p_values(*_gaps(values, pairs), test)
    return {frozenset(pair): p < LEVEL for pair, p in zip(pairs, holm(lasting), strict=True)}


def letters_of(items: list[str], comparisons: list[Comparison[str]]) -> dict[str, str]:
    """Give letters to items, best first: two share one when, and only when, no difference of their means was found.

    Args:
        items: Names.
        comparisons: Comparisons of every two of them.
    """
    return groups.letters(items, {(pair.first, pair.second): pair.significant for pair in comparisons})


def _gaps(values: Mapping[Item, Floats], pairs: list[tuple[Item, Item]]) -> tuple[list[Floats], list[SeedMean | None]]:
    """Return the differences of each pair by image, and their estimate over seeds where one of the two has several."""
    means = {item: over_seeds(of) for item, of in values.items()}
    gaps = [means[first] - means[second] for first, second in pairs]
    several = {item for item, of in values.items() if of.ndim > 1}
    seeded = [seed_mean(values[one], values[two]) if several & {one, two} else None for one, two in pairs]
    return gaps, seeded


def _p_values(gaps: list[Floats], seeded: list[SeedMean | None], test: MeanTest) -> tuple[list[float], list[float]]:
    """Return the p value of each pair, and the one that lasts without the outlying images that favour the difference.

    Where seeds leave more uncertain than images do, both are that over seeds and images.
    """
    table = np.stack(gaps, axis=1)
    p_values = [of.p if of else p for p, of in zip(mean_p_each(table, test), seeded, strict=True)]
    lasting = [max(p, of.p) if of else p for p, of in zip(lasting_p_each(table, test), seeded, strict=True)]
    return p_values, lasting


def _pairs(values: Mapping[Item, Floats], higher_is_better: bool, baseline: Item | None) -> list[tuple[Item, Item]]:
    sign = -1 if higher_is_better else 1
    ranked = sorted(values, key=lambda item: sign * float(np.mean(values[item])))
    if baseline is None:
        return list(combinations(ranked, 2))
    return [(item, baseline) for item in ranked if item != baseline]
