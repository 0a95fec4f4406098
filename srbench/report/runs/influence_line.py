"""The sentence that says which few images decide an order of means."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from srbench.stats.fragility import Carried
from srbench.stats.influence import Influence

NAMED = 5
"""Number of images that the sentence names."""

_Item = TypeVar("_Item")


def influence_line(
    found: Influence[_Item], images: Sequence[str], labels: Mapping[_Item, str], carried: Carried | None = None
) -> str:
    """Say which images, left out, reverse orders of means, change who is best, and take claims away.

    Args:
        found: What a few images decide.
        images: Names of the images, in the order in which they were compared.
        labels: Names of the items.
        carried: The image that carries the most claims, if any.

    Examples:
        >>> found = Influence(14, 1, (), 0, 1, None, "a", (5, 7), "b")
        >>> influence_line(found, "abcdefghijklmn", {"a": "ours", "b": "edsr"})
        'Without 2 of 14 images (f, h) edsr is best, not ours'
    """
    parts = (_orders(found, images, labels), _best(found, images, labels), _claims(found, images, carried))
    return ". ".join(filter(None, parts))


def _claims(found: Influence[_Item], images: Sequence[str], carried: Carried | None) -> str:
    """Say without which image the most pairs are not told apart any more."""
    if carried is None:
        return ""
    without = f"Without 1 of {found.images} images{_named((carried.image,), images)}"
    if carried.claims == 1:
        return (
            f"{without} the two are not told apart"
            if found.orders == 1
            else f"{without} the one pair told apart is not"
        )
    verb = "is" if carried.fallen == 1 else "are"
    return f"{without} {carried.fallen} of the {carried.claims} pairs told apart {verb} not"


def _orders(found: Influence[_Item], images: Sequence[str], labels: Mapping[_Item, str]) -> str:
    """Say which images reverse the most orders; of two items the order is who is best, which is said anyway."""
    if found.orders == 1 and found.best is not None:
        return ""
    if found.moved is None:
        few = "image" if found.most == 1 else f"{found.most} images"
        return f"no {few} of {found.images} reverse{'s' if found.most == 1 else ''} an order"
    item, before, after = found.moved
    several = len(found.few) > 1
    return (
        f"{len(found.few)} of {found.images} images{_named(found.few, images)} reverse{'' if several else 's'} "
        f"{found.reversed} of {found.orders} orders; without {'them' if several else 'it'} {labels[item]} is "
        f"{_ordinal(after)}, not {_ordinal(before)}"
    )


def _best(found: Influence[_Item], images: Sequence[str], labels: Mapping[_Item, str]) -> str:
    """Say which images change who is best."""
    if found.best is None:
        return ""
    if found.deciding is None or found.heir is None:
        return f"{labels[found.best]} is best whichever images are left out"
    left_out = f"{len(found.deciding)} of {found.images} images{_named(found.deciding, images)}"
    return f"Without {left_out} {labels[found.heir]} is best, not {labels[found.best]}"


def _named(places: Sequence[int], images: Sequence[str]) -> str:
    """Name images in brackets, where they are few."""
    return f" ({', '.join(images[i] for i in places)})" if len(places) <= NAMED else ""


def _ordinal(rank: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, 11th."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th") if rank % 100 // 10 != 1 else "th"
    return f"{rank}{ending}"
