"""Comparisons of items, such as models, by the means of what was measured of them on the same images."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Generic, Literal, TypeVar

import numpy as np

from srbench.stats import groups
from srbench.stats.arrays import Floats, Ints
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.influence import fewest_to_reverse
from srbench.stats.means import INTERVAL, IntervalMethod, mean_interval
from srbench.stats.order import finite_mean, shared
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
        images: Number of images on which both values are finite; mean, interval, tests and what few images decide are
            over these.
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
            not of the mean. It counts infinite values, as wins, ties and losses do.
        wins: Number of images on which first is better.
        ties: Number of images on which both have the same value.
        losses: Number of images on which second is better.
        outlying: Images that favour the difference and are unlike all others; see `srbench.stats.paired.outlying`.
        reversing: The fewest images without which the order of the means is the other; None where no images are.
        higher_is_better: Direction of the metric.
        infinite: Number of images that are left out, since a value of the two is infinite there.
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
    infinite: int = 0

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

    Two items are compared on the images on which both are finite; where there is none, they are not compared.

    Args:
        values: Values of each item, `(n,)`, or `(seeds, n)` of one with several seeds, without NaN; the same place is
            the same image.
        higher_is_better: Direction of the metric.
        margin: Smallest difference that matters, in units of the metric; without one nothing is called the same.
        baseline: Item with which the others are compared; None for all pairs.
        test: Test of the mean difference; where an item has seeds, `srbench.stats.seeds` stands in its place.
        interval: Method of its interval; the same holds.

    Returns:
        The pairs, better means first.
    """
    pairs = [_Pair.of(values, *pair) for pair in _pairs(values, higher_is_better, baseline)]
    pairs = [pair.turned() if pair.is_behind(baseline, higher_is_better) else pair for pair in pairs if len(pair.gap)]
    if not pairs:
        return []
    gaps, seeded = [pair.gap for pair in pairs], [pair.seeds for pair in pairs]
    p_values, lasting = _p_values(pairs, test)
    corrected, lasting = holm(p_values), holm(lasting)
    same = (
        [None] * len(gaps)
        if margin is None
        else holm([of.same_p(margin) if of else same_p(gap, margin) for gap, of in zip(gaps, seeded, strict=True)])
    )
    typical = holm([wilcoxon(pair.whole) for pair in pairs])
    return [
        Comparison(
            pair.first,
            pair.second,
            images=len(pair.gap),
            mean=float(pair.gap.mean()),
            ci95=pair.seeds.ci95 if pair.seeds else mean_interval(pair.gap, interval),
            p=p_values[i],
            p_holm=corrected[i],
            p_lasting_holm=lasting[i],
            margin=margin,
            p_same_holm=same[i],
            p_typical_holm=typical[i],
            wins=int((pair.whole > 0).sum() if higher_is_better else (pair.whole < 0).sum()),
            ties=int((pair.whole == 0).sum()),
            losses=int((pair.whole < 0).sum() if higher_is_better else (pair.whole > 0).sum()),
            outlying=tuple(pair.places[list(outlying(pair.gap))].tolist()),
            reversing=None if (few := fewest_to_reverse(pair.gap)) is None else tuple(pair.places[list(few)].tolist()),
            higher_is_better=higher_is_better,
            infinite=len(pair.whole) - len(pair.gap),
        )
        for i, pair in enumerate(pairs)
    ]


def told_apart(values: Mapping[Item, Floats], test: MeanTest = MEAN_TEST) -> dict[frozenset[Item], bool]:
    """Tell for every two items whether their means differ, as `Comparison.significant` does for all pairs.

    Args:
        values: Values of each item as for `compare_means`.
        test: Test of the mean difference.

    Returns:
        An entry for every two items that have an image on which both are finite.
    """
    pairs = [pair for two in combinations(values, 2) if len((pair := _Pair.of(values, *two)).gap)]
    _, lasting = _p_values(pairs, test)
    return {frozenset((pair.first, pair.second)): p < LEVEL for pair, p in zip(pairs, holm(lasting), strict=True)}


def letters_of(items: list[str], comparisons: list[Comparison[str]]) -> dict[str, str]:
    """Give letters to items, best first: two share one when, and only when, no difference of their means was found.

    Args:
        items: Names.
        comparisons: Comparisons of every two of them.
    """
    return groups.letters(items, {(pair.first, pair.second): pair.significant for pair in comparisons})


@dataclass(frozen=True, eq=False)
class _Pair(Generic[Item]):
    """Two items on the images on which both are finite.

    Attributes:
        first: One item.
        second: The other.
        whole: First minus second on every image; infinite where one of them is, 0 where both are.
        places: Images on which both are finite.
        seeds: The mean difference over seeds, where one of the two has several.
    """

    first: Item
    second: Item
    whole: Floats
    places: Ints
    seeds: SeedMean | None

    @classmethod
    def of(cls, values: Mapping[Item, Floats], first: Item, second: Item) -> "_Pair[Item]":
        one, other = values[first], values[second]
        places = shared(one, other)
        a, b = over_seeds(one), over_seeds(other)
        whole = np.subtract(a, b, out=np.zeros(len(a)), where=a != b)
        seeded = one.ndim > 1 or other.ndim > 1
        sides = [np.ascontiguousarray(side[..., places]) for side in (one, other)]
        seeds = seed_mean(*sides) if seeded and len(places) else None
        return cls(first, second, whole, places, seeds)

    @property
    def gap(self) -> Floats:
        """First minus second, `(places,)`."""
        return np.asarray(self.whole[self.places])

    def is_behind(self, baseline: Item | None, higher_is_better: bool) -> bool:
        """Whether the pair has to be turned, for the first to be the one with the better mean; not with a baseline."""
        return baseline is None and float(self.gap.mean()) * (1 if higher_is_better else -1) < 0

    def turned(self) -> "_Pair[Item]":
        """Return the same pair, the other item first."""
        seeds = None if self.seeds is None else replace(self.seeds, mean=-self.seeds.mean)
        return replace(self, first=self.second, second=self.first, whole=-self.whole, seeds=seeds)


def _p_values(pairs: Sequence[_Pair[Item]], test: MeanTest) -> tuple[list[float], list[float]]:
    """Return the p value of each pair, and the one that lasts without the outlying images that favour the difference.

    Where seeds leave more uncertain than images do, both are that over seeds and images.
    """
    p_values, lasting = [1.0] * len(pairs), [1.0] * len(pairs)
    together: dict[int, list[int]] = {}
    for i, pair in enumerate(pairs):
        together.setdefault(len(pair.places), []).append(i)
    for same in together.values():
        table = np.stack([pairs[i].gap for i in same], axis=1)
        found = zip(same, mean_p_each(table, test), lasting_p_each(table, test), strict=True)
        for i, p, lasts in found:
            seeds = pairs[i].seeds
            p_values[i], lasting[i] = (seeds.p, max(lasts, seeds.p)) if seeds else (p, lasts)
    return p_values, lasting


def _pairs(values: Mapping[Item, Floats], higher_is_better: bool, baseline: Item | None) -> list[tuple[Item, Item]]:
    sign = -1 if higher_is_better else 1
    ranked = sorted(values, key=lambda item: sign * finite_mean(values[item]))
    if baseline is None:
        return list(combinations(ranked, 2))
    return [(item, baseline) for item in ranked if item != baseline]
