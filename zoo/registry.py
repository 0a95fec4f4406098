"""All architectures and cards: every module of `zoo.archs` that has an `ARCH` and `CARDS`."""

import fnmatch
import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

from srbench.errors import UnknownName
from zoo.arch import Arch
from zoo.card import Card


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


def _modules() -> list[Any]:
    here = Path(__file__).parent / "archs"
    found = [importlib.import_module(f"zoo.archs.{info.name}") for info in pkgutil.iter_modules([str(here)])]
    return sorted((m for m in found if hasattr(m, "ARCH")), key=lambda m: m.ARCH.year)


def source_of(arch: Arch) -> Path:
    """The file an architecture stands in; its content is part of every row's key."""
    return Path(__file__).parent / "archs" / f"{arch.name}.py"
