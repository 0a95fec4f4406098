"""The test methods, one file each: a module here that holds `METHOD` is a method, found by being here.

The id of a method is the name of its module, with hyphens for underscores.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from srbench.errors import UnknownName

if TYPE_CHECKING:  # the names alone are wanted by help texts, which must not wait for numpy
    from srbench.survey.method import Method


def names() -> list[str]:
    """Ids of all methods, in alphabetical order; none of them is imported."""
    return sorted(info.name.replace("_", "-") for info in pkgutil.iter_modules(__path__))


def require_known(name: str) -> None:
    """Refuse an id that no method has.

    Raises:
        UnknownName: There is none.
    """
    if name not in names():
        raise UnknownName.closest("test method", name, names(), "srbench survey methods")


def find(name: str) -> "Method":
    """The method with this id.

    Raises:
        UnknownName: There is none.
    """
    require_known(name)
    method: Method = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").METHOD
    return method
