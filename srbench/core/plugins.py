"""Packages that extend this one, found by the entry points that they declare.

The models of this project stand in the package `zoo` and come in by the same groups as anybody else's.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlparse

from srbench.errors import UserError

ARCHITECTURES = "srbench.architectures"
"""An entry point names a module with `ARCH` and `CARDS`, or a package whose every module may have them."""

MODELS = "srbench.models"
"""The name of an entry point is the model's id; the object is a function of the scale that returns a torch module."""

RECIPES = "srbench.recipes"
"""An entry point names a package with a folder `recipes` of TOML files, a folder `weights` of weight files, or both."""

_OWN_ROOT = Path(__file__).resolve().parent.parent.parent


def points(group: str) -> tuple[EntryPoint, ...]:
    """All entry points of a group, in the order of their names; a copy of the same entry counts once."""
    found = {(point.name, point.value): point for point in importlib.metadata.entry_points(group=group)}
    return tuple(found[key] for key in sorted(found))


def modules(group: str) -> Iterator[ModuleType]:
    """Import the modules that a group's entry points name; of a package, every module directly in it.

    Raises:
        UserError: Another package of the same name hides the one that was registered.
    """
    for point in points(group):
        _refuse_other_package(point)
        named = importlib.import_module(point.module)
        yield named
        for info in pkgutil.iter_modules(getattr(named, "__path__", [])):
            yield importlib.import_module(f"{named.__name__}.{info.name}")


@cache
def folders(group: str) -> tuple[Path, ...]:
    """Folders of the packages that a group's entry points name; none of them is imported."""
    return tuple(folder for point in points(group) if (folder := _registered(point) or _importable(point.module)))


def _refuse_other_package(point: EntryPoint) -> None:
    top = point.module.partition(".")[0]
    registered, found = _registered(point, top), _importable(top)
    if registered and found and registered != found:
        owner = point.dist.name if point.dist else point.name
        raise UserError(
            f"the package '{top}' of {owner} is in {registered}, but Python finds another one of that name first, in "
            f"{found}; rename that one, or run from another folder"
        )


def _registered(point: EntryPoint, module: str | None = None) -> Path | None:
    """Where the distribution that declares an entry point has its package; None where that cannot be told."""
    inside = (module or point.module).replace(".", "/")
    return next((root / inside for root in _roots(point) if (root / inside / "__init__.py").is_file()), None)


def _roots(point: EntryPoint) -> list[Path]:
    if point.dist is None:
        return []
    # Of this distribution, the copy that is running; of others, where they are installed, or checked out.
    own = [_OWN_ROOT] if point.dist.name == "sr-bench-suite" else []
    origin = json.loads(point.dist.read_text("direct_url.json") or "{}").get("url", "")
    checkout = [Path(unquote(urlparse(origin).path))] if origin.startswith("file:") else []
    return [*own, Path(str(point.dist.locate_file(""))).resolve(), *checkout]


def _importable(module: str) -> Path | None:
    """The folder of what an import of a package would load."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin).resolve().parent if spec and spec.origin else None
