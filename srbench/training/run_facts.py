"""Two files in the folder of a training run: the recipe it follows, and the machine it runs on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from srbench.core import stored_json
from srbench.errors import BadRun

_VERSION = 1
_KEYS = {"recipe": ("generator", "phases"), "machine": ("packages",)}
"""Keys by which a file of version 0 is known, which named neither schema nor version."""

Kind = Literal["recipe", "machine"]


def write(folder: Path, kind: Kind, facts: Mapping[str, Any]) -> None:
    """Write `recipe.json` or `machine.json`.

    Args:
        folder: The run's folder.
        kind: Name of the file without its ending: "recipe" or "machine".
        facts: The recipe's keys, or what `srbench.core.environment.describe` says.
    """
    stored_json.write(folder / f"{kind}.json", f"training-{kind}", _VERSION, facts)


def read(folder: Path, kind: Kind) -> dict[str, Any]:
    """Read what `write` wrote.

    Raises:
        BadRun: The file cannot be read, holds something else, or was written by a later version.
    """
    path = folder / f"{kind}.json"
    facts = stored_json.read(path, f"training-{kind}", _VERSION, unmarked_keys=_KEYS[kind], error=BadRun)
    return {key: value for key, value in facts.items() if key != "version"}
