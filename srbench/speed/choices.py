"""Modes that `--mode auto` chose on this machine, kept in a file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from srbench.core import stored_json
from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.speed.records import PsnrDrop

_CHOSEN = ("precision", "channels_last", "tf32", "engine", "split", "fp32_layers")
"""Fields of a mode that are chosen here."""
_SCHEMA, _VERSION = "fastest_modes", 1


@dataclass(frozen=True)
class Choice:
    """Mode that was chosen for a model.

    Attributes:
        mode: Mode in which to run the model.
        speed_up: Time of plain fp32 over that of this mode; 1 for plain fp32.
        psnr_drop: Change in PSNR by the mode; None for plain fp32.
        reason: Why this mode was chosen, in one line.
    """

    mode: Mode
    speed_up: float
    psnr_drop: PsnrDrop | None
    reason: str


class ChoiceCache:
    """JSON file with the choices that were made on this machine.

    Args:
        path: File; it is created when first written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def recall(self, name: str, base: Mode) -> Choice | None:
        """Return a choice that was made before, with the device and the tiles of `base`; None where there is none."""
        record = self._choices().get(name)
        try:
            return None if record is None else _choice(record, base)
        except (KeyError, TypeError, ValueError, UserError):  # damaged: it is measured anew
            return None

    def keep(self, name: str, choice: Choice) -> None:
        """Store a choice; a machine where that is forbidden measures again each time."""
        record = asdict(choice) | {"mode": {name: getattr(choice.mode, name) for name in _CHOSEN}}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(str(self.path) + ".lock"):
                choices = self._choices() | {name: record}
                stored_json.write(self.path, _SCHEMA, _VERSION, stored_json.sealed({"choices": choices}))
        except OSError:
            return

    def _choices(self) -> dict[str, Any]:
        """Return the stored choices by name; version 0 held them without a key of their own."""
        try:
            content = stored_json.opened(stored_json.read(self.path, _SCHEMA, _VERSION, unmarked_keys=())) or {}
        except UserError:  # none yet, or torn, or of a later version: a cache is measured anew
            return {}
        choices = content if content.get("version") == 0 else content.get("choices")
        if not isinstance(choices, dict):
            return {}
        return {name: choice for name, choice in choices.items() if isinstance(choice, dict)}


def _choice(record: Mapping[str, Any], base: Mode) -> Choice:
    """Return a stored choice with the device and the tiles of `base`."""
    fields = dict(record["mode"])
    layers = tuple(fields["fp32_layers"])
    found = Mode(**{**fields, "split": bool(layers), "fp32_layers": layers})
    drop = record["psnr_drop"] if "psnr_drop" in record else record["price"]
    speed_up, reason = record.get("speed_up", record.get("gain")), record.get("reason", record.get("why"))
    return Choice(as_chosen(base, found), speed_up, PsnrDrop(**drop) if drop else None, reason)


def as_chosen(base: Mode, chosen: Mode) -> Mode:
    """Return the chosen mode with the tiles and the self-ensemble of `base`, which do not affect the choice."""
    return replace(base, **{name: getattr(chosen, name) for name in _CHOSEN})
