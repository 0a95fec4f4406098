"""How few images decide an order of means, and which they are."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

import numpy as np

from srbench.stats.arrays import Floats

Item = TypeVar("Item", bound=Hashable)

_SHARE = 100
"""Of so many images one may be left out to reverse orders; of fewer, one too."""

_NOTHING = 1e-12
"""A sum below this share of its terms is a rounding error."""


@dataclass(frozen=True)
class Influence(Generic[Item]):
    """What a few images decide among the means of several items.

    Attributes:
        images: Number of images.
        most: Number of images that may be left out to reverse orders: one in a hundred, but one at least.
        few: Images, at most so many, without which the most orders of two means are reversed; empty where no order is.
        reversed: Number of orders that are reversed without these.
        orders: Number of pairs of items.
        moved: The item that is moved furthest without these, with its rank before and after; None where `few` is empty.
        best: The item with the best mean; None where several have it.
        deciding: The fewest images without which another item has a better mean than `best`; None where no images are.
        heir: The item that has the best mean without these.
    """

    images: int
    most: int
    few: tuple[int, ...]
    reversed: int
    orders: int
    moved: tuple[Item, int, int] | None
    best: Item | None
    deciding: tuple[int, ...] | None
    heir: Item | None


def fewest_to_reverse(differences: Floats) -> tuple[int, ...] | None:
    """Return the fewest images without which the mean difference has the other sign.

    Of all sets of k images, the k largest differences (in the direction of the mean) take the most off the sum; so the
    smallest k for which their omission reverses the sum is exact.

    Args:
        differences: One finite difference for each image, `(n,)`.

    Returns:
        Their places, the most influential first; None where the mean is 0, or no difference has the other sign.
    """
    toward = differences * np.sign(differences.mean())
    order = np.argsort(-toward, kind="stable")
    rest = np.cumsum(toward[order][::-1])[::-1]  # sum of the k-th largest and all that are smaller
    below = np.flatnonzero(rest < -_NOTHING * np.abs(toward).sum())
    return tuple(int(i) for i in order[: below[0]]) if toward.any() and len(below) else None


def influence(values: Mapping[Item, Floats], *, higher_is_better: bool) -> Influence[Item]:
    """Find the images that decide which item is best, and those that reverse the most orders of two items.

    The set that decides which item is best is the smallest over all rivals of the images that reverse the order with
    one of them, and is exact. The set that reverses the most orders is exact for a single image; of several, each is
    the one that reverses the most beside those before it, so that another set may reverse still more.

    Args:
        values: Finite values of each item, `(n,)`; the same place is the same image.
        higher_is_better: Direction of the metric.
    """
    items = list(values)
    merits = np.stack([values[item] for item in items]) * (1 if higher_is_better else -1)
    n = merits.shape[1]
    most = max(1, n // _SHARE)
    few, reversed_orders = _most_reversals(merits, most)
    means = merits.mean(axis=1)
    leaders = np.flatnonzero(means == means.max())
    best = int(leaders[0]) if len(leaders) == 1 else None
    deciding = None if best is None else _fewest_to_dethrone(merits, best)
    heir = int(np.delete(merits, list(deciding), axis=1).mean(axis=1).argmax()) if deciding else None
    return Influence(
        images=n,
        most=most,
        few=few,
        reversed=reversed_orders,
        orders=len(items) * (len(items) - 1) // 2,
        moved=_furthest_moved(items, merits, few) if few else None,
        best=None if best is None else items[best],
        deciding=deciding,
        heir=None if heir is None else items[heir],
    )


def _fewest_to_dethrone(merits: Floats, best: int) -> tuple[int, ...] | None:
    found = [fewest_to_reverse(merits[best] - rival) for i, rival in enumerate(merits) if i != best]
    return min(filter(None, found), key=len, default=None)


def _most_reversals(merits: Floats, most: int) -> tuple[tuple[int, ...], int]:
    """Return a set of at most so many images, not all, and the number of orders that are reversed without it."""
    gaps = np.array([one - other for one, other in combinations(merits, 2)])  # (pairs, images)
    sets = [found for gap in gaps if (found := fewest_to_reverse(gap))]
    fewest = min(sets, key=len, default=())
    if not fewest or len(fewest) > most:
        return (), 0
    sums = gaps.sum(axis=1)
    gaps, rest = gaps * np.sign(sums)[:, None], np.abs(sums)  # a tie has no order, and stays 0
    below = -_NOTHING * np.abs(gaps).sum(axis=1)
    best = int((rest - gaps[:, list(fewest)].sum(axis=1) < below).sum()), fewest
    taken: tuple[int, ...] = ()
    while len(taken) < most:
        counts = (rest[:, None] - gaps < below[:, None]).sum(axis=0)
        counts[list(taken)] = -1
        image = int(counts.argmax())
        taken = (*taken, image)
        rest = rest - gaps[:, image]
        best = max(best, (int(counts[image]), taken), key=lambda found: (found[0], -len(found[1])))
    return best[1], best[0]


def _furthest_moved(items: Sequence[Item], merits: Floats, few: Sequence[int]) -> tuple[Item, int, int]:
    before, after = _ranks(merits), _ranks(np.delete(merits, list(few), axis=1))
    i = max(range(len(items)), key=lambda i: abs(after[i] - before[i]))
    return items[i], before[i], after[i]


def _ranks(merits: Floats) -> list[int]:
    """Rank means from 1; items with the same mean share the better rank."""
    means = merits.mean(axis=1)
    return [1 + int((means > mean).sum()) for mean in means]
