"""Pickles that hold numpy arrays in dictionaries and lists, and nothing else: no code runs."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from srbench.errors import BadWeights

_MADE: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    **{
        (f"{module}.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0]  # type: ignore[misc]
        for module in ("numpy.core", "numpy._core")
    },
}


class _Arrays(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what an array is made of; anything else is refused."""
        try:
            return _MADE[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}") from None


def read(path: Path) -> Any:
    """Read a pickle of arrays.

    Raises:
        BadWeights: It holds anything beside arrays, dictionaries, lists, numbers and texts; or it is no pickle.
    """
    try:
        with path.open("rb") as file:
            return _Arrays(file).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ValueError, TypeError, IndexError, KeyError) as error:
        raise BadWeights(f"{path} is no pickle of numpy arrays ({error}); expected arrays alone") from error
