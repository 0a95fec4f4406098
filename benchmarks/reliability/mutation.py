"""One deliberate mistake, and the groups in which the tables list them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Mutation(NamedTuple):
    """One deliberate mistake: `old`, which stands once in `file`, becomes `new`; one of `tests` must fail."""

    kind: str
    file: str
    tests: tuple[str, ...]
    old: str
    new: str


class Group(NamedTuple):
    """Mistakes of one kind in one file: its tests, and pairs of what stands there and what replaces it."""

    kind: str
    file: str
    tests: str
    changes: tuple[tuple[str, str], ...]


def mutations(groups: Iterable[Group]) -> Iterator[Mutation]:
    """Yield every mutation of some groups."""
    for group in groups:
        for old, new in group.changes:
            yield Mutation(group.kind, group.file, tuple(group.tests.split()), old, new)
