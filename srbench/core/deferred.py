"""Modules of other packages that are imported when something of them is first used.

They stand at the head of a file as any other import does; what most commands never use takes none of their time. For
type checkers the plain import stands beside it:

    if TYPE_CHECKING:
        from scipy import stats
    else:
        stats = deferred("scipy.stats")
"""

import importlib
from typing import Any


class _Deferred:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)


def deferred(name: str) -> Any:
    """Return what stands for a module until it is used, and has everything that the module has.

    Args:
        name: Full name of the module, as in "scipy.stats".
    """
    return _Deferred(name)
