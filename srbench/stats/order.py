"""The order of means where some values are infinite: two items are compared on the images on which both are finite."""

from collections.abc import Hashable, Mapping
from itertools import combinations
from typing import TypeVar

import numpy as np

from srbench.stats.arrays import Flags, Floats, Ints
from srbench.stats.seeds import over_seeds

Item = TypeVar("Item", bound=Hashable)


def finite(values: Floats) -> Flags:
    """Tell on which images a value, that of every seed, is finite: of `(images,)` or `(seeds, images)`."""
    return np.asarray(np.isfinite(values).reshape(-1, values.shape[-1]).all(axis=0))


def finite_mean(values: Floats) -> float:
    """Return the mean over the images that are finite; where none is, the infinite value of the first."""
    kept = finite(values)
    return float(values[..., kept].mean()) if kept.any() else float(over_seeds(values)[0])


def shared(first: Floats, second: Floats) -> Ints:
    """Return the places of the images on which both are finite."""
    return np.flatnonzero(finite(first) & finite(second))


def best_of(values: Mapping[Item, Floats], *, higher_is_better: bool) -> frozenset[Item]:
    """Return the items that no other is ahead of: several with the same mean, or none where orders contradict.

    Of two items the one with the better mean over the images on which both are finite is ahead. Where there is no such
    image it is the one whose values are better on more images; where that is no order either, neither is best.

    Args:
        values: Values of each item, `(n,)` or `(seeds, n)`, without NaN; the same place is the same image.
        higher_is_better: Direction of the metric.
    """
    merits = {item: over_seeds(of) * (1 if higher_is_better else -1) for item, of in values.items()}
    behind: set[Item] = set()
    for one, other in combinations(merits, 2):
        first, second = merits[one], merits[other]
        both = shared(first, second)
        if len(both):
            ahead = float(first[both].mean()) - float(second[both].mean())
        else:
            ahead = float((first > second).sum() - (first < second).sum())
        if not len(both) and not ahead and (first != second).any():
            behind |= {one, other}
        elif ahead:
            behind.add(other if ahead > 0 else one)
    return frozenset(values.keys() - behind)


def finite_part(values: Mapping[Item, Floats]) -> tuple[dict[Item, Floats], Ints]:
    """Return items with finite values only, and the places of their images.

    These are the items that are finite on every image, where there are two at least; else all items, on the images on
    which all of them are finite, which may be none.
    """
    kept = {item: finite(of) for item, of in values.items()}
    whole = {item: of for item, of in values.items() if kept[item].all()}
    if len(whole) > 1 or not values:
        return whole, np.arange(next(iter(values.values())).shape[-1] if values else 0)
    places = np.flatnonzero(np.all(list(kept.values()), axis=0))
    return {item: of[..., places] for item, of in values.items()}, places
