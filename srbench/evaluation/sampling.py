"""How many rows must be drawn so that altered ones do not stay unseen."""

import random
from collections.abc import Sequence
from typing import TypeVar

from scipy.stats import hypergeom

_T = TypeVar("_T")
ALTERED, UNSEEN = 0.01, 1e-3
"""Part of the rows that is altered at least, and the probability that none of them is drawn."""


def draws(count: int, altered: float = ALTERED, unseen: float = UNSEEN) -> int:
    """Return the least number of draws that miss all altered ones with at most a given probability.

    Args:
        count: Number of all; each is drawn at most once.
        altered: Part of them that is altered.
        unseen: Probability with which none of these may be drawn.

    Source:
        The hypergeometric distribution: the number of altered ones among those that are drawn.

    Examples:
        >>> draws(50), draws(1000), draws(1_000_000)
        (50, 497, 688)
    """
    bad = max(round(count * altered), 1)
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if hypergeom.pmf(0, count, bad, middle) < unseen:
            high = middle
        else:
            low = middle + 1
    return low


def drawn(things: Sequence[_T], number: int, seed: int) -> list[_T]:
    """Return a number of things at random, in their order."""
    places = random.Random(seed).sample(range(len(things)), min(number, len(things)))
    return [things[place] for place in sorted(places)]
