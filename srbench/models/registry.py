"""All architectures, cards and builders: those of `zoo.archs` and of every other package that registers some."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

from srbench.core import bibliography, plugins
from srbench.core.bibliography import Entry
from srbench.core.names import fits
from srbench.core.plugins import Loaded, Plugin
from srbench.errors import NameClash, UnknownName
from srbench.models import neighbours
from srbench.models.arch import Arch
from srbench.models.card import Card


@dataclass(frozen=True)
class _Modules:
    """The registered modules that hold what they should.

    Attributes:
        archs: Each architecture with its module, in the order of years.
        cards: Each card with its module, in the order of the architectures.
        failures: Reason by name of each module that could not be used.
    """

    archs: tuple[tuple[Arch, Plugin], ...]
    cards: tuple[tuple[Card, Plugin], ...]
    failures: Mapping[str, str]


@cache
def archs() -> dict[str, Arch]:
    """Return every architecture by name.

    Raises:
        NameClash: Two modules name an architecture alike.
    """
    return plugins.by_name("architectures", [(arch.name, arch, plugin.address) for arch, plugin in _modules().archs])


@cache
def cards() -> dict[str, Card]:
    """Return every card by id, families by year; in a family the preferred card first.

    Raises:
        NameClash: Two cards have one id, or two packages have cards of one family.
    """
    listed = _modules().cards
    by_id = plugins.by_name("models", [(card.id, card, plugin.address) for card, plugin in listed])
    _refuse_shared_families()
    families = list(dict.fromkeys(card.family for card in by_id.values()))
    ordered = sorted(by_id.values(), key=lambda card: (families.index(card.family), card.rank))
    return {card.id: card for card in ordered}


def builders() -> dict[str, EntryPoint]:
    """Return every builder that another package registers, by the id of its model.

    Raises:
        NameClash: Two builders have one name, or one has the name of a card or of a family of cards.
    """
    points = plugins.points(plugins.MODELS)
    by_id = plugins.by_name(
        "models", [(point.name, point, f"{plugins.origin(point)} ({point.value})") for point in points]
    )
    for name, point in by_id.items():
        for card, plugin in _modules().cards:
            if name in (card.id, card.family):
                raise NameClash(
                    f"'{name}' is registered by {plugins.origin(point)} ({point.value}) and is a model of "
                    f"{plugin.address} already; rename one of them, or uninstall its package"
                )
    return by_id


def family(name: str) -> list[Card]:
    """Return the cards of a family, named in any case, the preferred one first."""
    return [card for card in cards().values() if card.family.lower() == name.lower()]


def builder(id_: str) -> EntryPoint | None:
    """Return the builder that another package registers under an id, in any case; None where there is none."""
    return {name.lower(): point for name, point in builders().items()}.get(id_.lower())


def find(id_: str) -> Card:
    """Look up a card by its id, in any case; a family's name stands for its preferred card.

    Raises:
        UnknownName: No such model.
    """
    lower = id_.lower()
    for card in cards().values():
        if card.id.lower() == lower:
            return card
    if members := family(id_):
        return members[0]
    families = {card.family for card in cards().values()}
    unknown = UnknownName.closest("model", id_, [*families, *cards(), *builders()], "srbench models")
    raise UnknownName(f"{unknown}{failures_hint()}")


def matching(pattern: str) -> list[Card]:
    """Return the cards that a glob over ids, or one id, means, in any case.

    Raises:
        UnknownName: No card matches.
    """
    return [card for card in cards().values() if fits(card.id, pattern)] or [find(pattern)]


def failures() -> Mapping[str, str]:
    """Return the reason, by name, for each module of another package that could not be used."""
    return _modules().failures


def failures_hint() -> str:
    """List the modules that could not be used, to end a message with; empty without any."""
    return Loaded((), failures()).hint()


def source_of(arch: Arch) -> Path:
    """Return the file of an architecture; its content is part of every row's key."""
    return next(Path(str(plugin.module.__file__)) for other, plugin in _modules().archs if other.name == arch.name)


def beside(arch: Arch) -> dict[str, str]:
    """Return the SHA-256 of each module of its package that an architecture's file imports, by path in the package."""
    name = next(plugin.module.__name__ for other, plugin in _modules().archs if other.name == arch.name)
    return neighbours.of_module(source_of(arch), name)


def origin_of(arch: Arch) -> str:
    """Return the package that an architecture comes from, as in "package superres 1.2"; empty for this project."""
    return next((plugin.origin for other, plugin in _modules().archs if other.name == arch.name), "")


def origin_of_card(card: Card) -> str:
    """Return the package that a card comes from, as in "package superres 1.2"; empty for this project."""
    return next((plugin.origin for other, plugin in _modules().cards if other.id == card.id), "")


@cache
def references() -> tuple[Entry, ...]:
    """Return the publications of models: about ids, families, architectures, and "@" between two networks."""
    return bibliography.beside(plugin.module for plugin in plugins.load(plugins.ARCHITECTURES).plugins)


@cache
def _modules() -> _Modules:
    loaded = plugins.load(plugins.ARCHITECTURES)
    problems = {plugin: problem for plugin in loaded.plugins if (problem := _problem(plugin))}
    sound = [plugin for plugin in loaded.plugins if plugin not in problems]
    listed = [(plugin.module.ARCH, plugin) for plugin in sound if hasattr(plugin.module, "ARCH")]
    listed = sorted(listed, key=lambda entry: (entry[0].year, entry[0].name))
    order = {arch.name: number for number, (arch, _) in enumerate(listed)}
    described = [(card, plugin) for plugin in sound for card in getattr(plugin.module, "CARDS", ())]
    for card, plugin in described:
        if card.arch not in order:
            problems[plugin] = f"the card '{card.id}' has the architecture '{card.arch}', which nothing registers"
    described = [(card, plugin) for card, plugin in described if card.arch in order]
    described = sorted(described, key=lambda entry: order[entry[0].arch])
    unusable = {f"{plugin.module.__name__} of {plugin.origin}": problem for plugin, problem in problems.items()}
    return _Modules(tuple(listed), tuple(described), {**loaded.failures, **unusable})


def _problem(plugin: Plugin) -> str:
    """Say what is wrong with the names that a module defines; empty where nothing is."""
    arch = getattr(plugin.module, "ARCH", None)
    if arch is not None and not isinstance(arch, Arch):
        return f"ARCH is of the type {type(arch).__name__}; expected srbench.models.arch.Arch"
    wrong = [card for card in getattr(plugin.module, "CARDS", ()) if not isinstance(card, Card)]
    return f"CARDS holds a {type(wrong[0]).__name__}; expected srbench.models.card.Card" if wrong else ""


def _refuse_shared_families() -> None:
    """Refuse a family with cards of two packages: its name is typed as a model's is."""
    owners: dict[str, tuple[Card, Plugin]] = {}
    for card, plugin in _modules().cards:
        first, owner = owners.setdefault(card.family, (card, plugin))
        if owner.origin != plugin.origin:
            raise NameClash(
                f"'{first.id}' of {owner.address} and '{card.id}' of {plugin.address} are both of the family "
                f"'{card.family}'; rename one of them, or uninstall its package"
            )
