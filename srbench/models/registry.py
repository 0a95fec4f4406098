"""All architectures and cards: those of `zoo.archs` and of every other package that registers some."""

import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from srbench.core import plugins
from srbench.errors import UnknownName
from srbench.models.arch import Arch
from srbench.models.card import Card


@cache
def archs() -> dict[str, Arch]:
    """Every architecture by name."""
    return {module.ARCH.name: module.ARCH for module in _modules()}


@cache
def cards() -> dict[str, Card]:
    """Every card by id, families by year; in a family the preferred card first."""
    listed = [card for module in _modules() for card in module.CARDS]
    families = list(dict.fromkeys(card.family for card in listed))
    ordered = sorted(listed, key=lambda card: (families.index(card.family), card.rank))
    return {card.id: card for card in ordered}


def family(name: str) -> list[Card]:
    """The cards of a family, the preferred one first."""
    return [card for card in cards().values() if card.family == name]


def find(id_: str) -> Card:
    """Look up a card by its id; a family's name stands for its preferred card.

    Raises:
        UnknownName: No such model.
    """
    if id_ in cards():
        return cards()[id_]
    if members := family(id_):
        return members[0]
    families = {card.family for card in cards().values()}
    raise UnknownName.closest("model", id_, [*families, *cards()], "srbench models")


def matching(pattern: str) -> list[Card]:
    """The cards a glob over ids, or one id, means.

    Raises:
        UnknownName: None.
    """
    found = [card for card in cards().values() if fnmatch.fnmatchcase(card.id, pattern)]
    return found or [find(pattern)]


@cache
def _modules() -> tuple[Any, ...]:
    found = [module for module in plugins.modules(plugins.ARCHITECTURES) if hasattr(module, "ARCH")]
    return tuple(sorted(found, key=lambda module: (module.ARCH.year, module.ARCH.name)))


def source_of(arch: Arch) -> Path:
    """The file an architecture stands in; its content is part of every row's key."""
    return next(Path(module.__file__) for module in _modules() if module.ARCH.name == arch.name)
