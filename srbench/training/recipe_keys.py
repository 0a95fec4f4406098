"""Keys of recipes that were renamed: recipes, checkpoints and logs that have the old ones are still read."""

import re
from collections.abc import Mapping
from typing import Any

from srbench.errors import BadRecipe

_INVERSE = {"generator": "lr_generator", "discriminator": "lr_discriminator"}
_PHASE = {"critic_steps": "discriminator_steps"}
_LOSS = {"on": "domain"}
_PATHS = (
    *((rf"^inverse\.{old}\b", new) for old, new in _INVERSE.items()),
    *((rf"^(phases\.\d+)\.{old}$", rf"\1.{new}") for old, new in _PHASE.items()),
    *((rf"^(phases\.\d+\.losses\.\d+)\.{old}$", rf"\1.{new}") for old, new in _LOSS.items()),
)


def renamed(path: str) -> str:
    """Return the name of today of a dotted key, as in "phases.0.critic_steps"."""
    for old, new in _PATHS:
        path = re.sub(old, new, path)
    return path


def upgrade(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return a recipe's table with the keys of today.

    Args:
        table: The table, as TOML or JSON gives it.
        where: The file that the table stands in, for errors.

    Raises:
        BadRecipe: The table has a key both by its old and by its new name.
    """
    inverse = table.get("inverse", {}) or {}
    if isinstance(inverse, Mapping):
        others = {key: value for key, value in table.items() if key != "inverse"}
        names = {f"inverse.{old}": new for old, new in _INVERSE.items()}
        table = _rename({**others, **{f"inverse.{key}": value for key, value in inverse.items()}}, names, where)
    phases = table.get("phases")
    upgraded = {"phases": [_phase(phase, where) for phase in phases]} if isinstance(phases, list) else {}
    return {**table, **upgraded}


def _phase(phase: Any, where: str) -> Any:
    if not isinstance(phase, Mapping):
        return phase
    phase = _rename(phase, _PHASE, where)
    losses = phase.get("losses")
    if not isinstance(losses, list):
        return phase
    return {**phase, "losses": [_rename(loss, _LOSS, where) if isinstance(loss, Mapping) else loss for loss in losses]}


def _rename(table: Mapping[str, Any], names: Mapping[str, str], where: str) -> dict[str, Any]:
    for old, new in names.items():
        if old in table and new in table:
            raise BadRecipe(f"{where}: '{old}' is the old name of '{new}', and both are there; keep '{new}'")
    return {names.get(key, key): value for key, value in table.items()}
