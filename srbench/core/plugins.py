"""Packages that extend this one, found by the entry points that they declare.

The models of this project stand in the package `zoo` and come in by the same groups as those of other packages.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from urllib.parse import unquote, urlparse

from srbench.errors import NameClash, UserError, reason

ARCHITECTURES = "srbench.architectures"
"""An entry point names a module with `ARCH` and `CARDS`, or a package whose every module may have them."""

MODELS = "srbench.models"
"""The name of an entry point is the model's id; the object is a function of the scale that returns a torch module."""

METRICS = "srbench.metrics"
"""An entry point names a module with `METRICS`, or a package whose every module may have them."""

DATASETS = "srbench.datasets"
"""An entry point names a module with `DATASET`, or a package whose every module may have one."""

RECIPES = "srbench.recipes"
"""An entry point names a package with a folder `recipes` of TOML files, a folder `weights` of weight files, or both."""

_DISTRIBUTION = "sr-bench-suite"
_CHECKOUT = Path(__file__).resolve().parent.parent.parent

T = TypeVar("T")


@dataclass(frozen=True)
class Plugin:
    """A module that a package registered.

    Attributes:
        module: The module, imported.
        origin: The package and its version, as in "package superres 1.2"; empty for this project's own modules.
    """

    module: ModuleType
    origin: str

    @property
    def address(self) -> str:
        """Package and file of the module, for messages."""
        return f"{self.origin or _DISTRIBUTION} ({self.module.__file__})"


@dataclass(frozen=True)
class Loaded:
    """What a group of entry points brought in.

    Attributes:
        plugins: The modules that could be imported.
        failures: Reason by name of each module of another package that could not be imported.
    """

    plugins: tuple[Plugin, ...]
    failures: Mapping[str, str]

    def hint(self) -> str:
        """Return a sentence on what could not be imported, for the end of a message; empty where all could."""
        listed = "; ".join(f"{name} ({why})" for name, why in self.failures.items())
        return f". Not loaded: {listed}" if listed else ""


def walk(package: str) -> tuple[Plugin, ...]:
    """Import every module directly in a package of this project."""
    path = importlib.import_module(package).__path__
    modules = [importlib.import_module(f"{package}.{info.name}") for info in pkgutil.iter_modules(path)]
    return tuple(Plugin(module, "") for module in modules)


def points(group: str) -> tuple[EntryPoint, ...]:
    """Return all entry points of a group in the order of their names; a second copy of a distribution is left out."""
    listed = _declared(tuple(sys.path)).select(group=group)
    by_key = {(point.name, point.value, point.dist.name if point.dist else ""): point for point in listed}
    return tuple(by_key[key] for key in sorted(by_key))


@lru_cache(maxsize=1)
def _declared(_: tuple[str, ...]) -> Any:
    """Return the entry points of all packages on this path, which are searched once: there are hundreds."""
    return importlib.metadata.entry_points()


def origin(point: EntryPoint) -> str:
    """Return the package that declares an entry point, as in "package superres 1.2"; empty for this project."""
    if point.dist is None:
        return f"the entry point {point.name}"
    return "" if _is_ours(point) else f"package {point.dist.name} {point.dist.version}"


@cache
def load(group: str) -> Loaded:
    """Import the modules that a group's entry points name; of a package, every module directly in it.

    A module of another package that cannot be imported is left out and listed with the reason.

    Raises:
        UserError: Another package hides this project's own of the same name.
    """
    plugins: dict[str, Plugin] = {}
    failures: dict[str, str] = {}
    for point in points(group):
        for name in _module_names(point, failures):
            module = _imported(point, name, failures)
            if module is not None:
                plugins.setdefault(name, Plugin(module, origin(point)))
    return Loaded(tuple(plugins.values()), failures)


def by_name(kind: str, entries: Iterable[tuple[str, T, str]]) -> dict[str, T]:
    """Collect values by their names.

    Args:
        kind: Plural of what is named, as in "models".
        entries: Name, value and address (package and file) of each.

    Raises:
        NameClash: Two entries have the same name.

    Examples:
        >>> by_name("models", [("espcn", 1, "here"), ("vdsr", 2, "there")])
        {'espcn': 1, 'vdsr': 2}
    """
    addresses: dict[str, str] = {}
    values: dict[str, T] = {}
    for name, value, address in entries:
        if name in values:
            raise NameClash(
                f"two {kind} are called '{name}': one of {addresses[name]} and one of {address}; "
                "rename one of them, or uninstall its package"
            )
        addresses[name], values[name] = address, value
    return values


@cache
def folders(group: str) -> tuple[Path, ...]:
    """Return the folders of the packages that a group's entry points name; none of them is imported."""
    return tuple(folder for point in points(group) if (folder := _registered(point) or _importable(point.module)))


def sources(group: str) -> tuple[Path, ...] | None:
    """Return the source files that a group's entry points name; none of them is imported.

    Of a package, every module directly in it; None where the source of an entry point cannot be found.
    """
    found: list[Path] = []
    for point in points(group):
        files = _source_files(point)
        if not files:
            return None
        found += files
    return tuple(found)


def _source_files(point: EntryPoint) -> list[Path]:
    inside = point.module.replace(".", "/")
    for root in _roots(point):
        if (root / inside / "__init__.py").is_file():
            return sorted((root / inside).glob("*.py"))
        if (module := root / f"{inside}.py").is_file():
            return [module]
    return []


def _is_ours(point: EntryPoint) -> bool:
    return point.dist is not None and _name(point.dist) == _DISTRIBUTION


@cache
def _name(distribution: Distribution) -> str:
    """Return a distribution's name, which is read from its file of metadata."""
    return distribution.name


def _module_names(point: EntryPoint, failures: dict[str, str]) -> Iterator[str]:
    """Name the module of an entry point and, where it is a package, the modules in it."""
    yield point.module
    package = _imported(point, point.module, failures)
    for info in pkgutil.iter_modules(getattr(package, "__path__", [])):
        yield f"{point.module}.{info.name}"


def _imported(point: EntryPoint, name: str, failures: dict[str, str]) -> ModuleType | None:
    try:
        _refuse_other_package(point)
        return importlib.import_module(name)
    except Exception as error:
        if _is_ours(point):
            raise
        failures[f"{name} of {origin(point)}"] = reason(error)
        return None


def _refuse_other_package(point: EntryPoint) -> None:
    top = point.module.partition(".")[0]
    registered, importable = _registered(point, top), _importable(top)
    if registered and importable and registered != importable:
        owner = point.dist.name if point.dist else point.name
        raise UserError(
            f"the package '{top}' of {owner} is in {registered}, but Python finds another one of that name first, in "
            f"{importable}; rename that one, or run from another folder"
        )


def _registered(point: EntryPoint, module: str | None = None) -> Path | None:
    """Find the folder in which a distribution has the package of its entry point; None where that cannot be told."""
    inside = (module or point.module).replace(".", "/")
    return next((root / inside for root in _roots(point) if (root / inside / "__init__.py").is_file()), None)


def _roots(point: EntryPoint) -> list[Path]:
    """List the folders in which the packages of a distribution may be: installed, or checked out."""
    if point.dist is None:
        return []
    running = [_CHECKOUT] if _is_ours(point) else []  # the copy that runs, whichever is installed
    url = json.loads(point.dist.read_text("direct_url.json") or "{}").get("url", "")
    checkout = [Path(unquote(urlparse(url).path))] if url.startswith("file:") else []
    return [*running, Path(str(point.dist.locate_file(""))).resolve(), *checkout]


def _importable(module: str) -> Path | None:
    """Find the folder of the package that an import would load."""
    try:
        spec = importlib.util.find_spec(module)
    except (ModuleNotFoundError, ValueError):  # ValueError: a module that was put into sys.modules by hand
        return None
    return Path(spec.origin).resolve().parent if spec and spec.origin else None
