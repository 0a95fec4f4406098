"""Groups of items that tests do not tell apart."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

_Item = TypeVar("_Item", bound=Hashable)


def letters(names: Sequence[_Item], significant: Mapping[tuple[_Item, _Item], bool]) -> dict[_Item, str]:
    """Give letters to items: two share a letter when, and only when, no significant difference was found between them.

    Args:
        names: Items, best first; "a" goes to the best. One that was compared with no other gets no letter.
        significant: For each pair that was compared, whether the difference is significant.

    """
    groups = not_told_apart(names, significant)
    return {name: "".join(_letter(i) for i, group in enumerate(groups) if name in group) for name in names}


def not_told_apart(names: Sequence[_Item], significant: Mapping[tuple[_Item, _Item], bool]) -> list[tuple[_Item, ...]]:
    """Return the largest groups of items among which no significant difference was found; for letters and bars.

    Two items share a group when, and only when, no significant difference was found between them. A group may leave out
    an item whose mean lies between those of its members: "not told apart" is not transitive.

    Args:
        names: Items, best first; groups and their members have this order.
        significant: For each pair that was compared, whether the difference is significant. An item that was compared
            with no other is in no group.

    Source:
        Piepho, Journal of Computational and Graphical Statistics 13, 2004 (insert and absorb).
    """
    groups: list[set[_Item]] = [{name for pair in significant for name in pair}]
    for pair, apart in significant.items():
        if apart:
            groups = _absorbed([part for group in groups for part in _split(group, pair)])
    rank = {name: i for i, name in enumerate(names)}
    ordered = sorted(sorted(rank[name] for name in group) for group in groups)
    return [tuple(names[i] for i in group) for group in ordered]


def _split(group: set[_Item], pair: tuple[_Item, _Item]) -> list[set[_Item]]:
    return [group - {pair[0]}, group - {pair[1]}] if set(pair) <= group else [group]


def _absorbed(groups: list[set[_Item]]) -> list[set[_Item]]:
    """Drop groups that are the same as, or part of, another."""
    unique = list({frozenset(group): group for group in groups}.values())
    return [group for group in unique if not any(group < other for other in unique)]


def _letter(i: int) -> str:
    return chr(ord("a") + i) if i < 26 else f"({i + 1})"
