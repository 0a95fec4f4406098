"""Panels that send raters: the ids that their links carry, and what of an address is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from srbench.errors import BadStudy

PanelKind = Literal["prolific", "mturk", "own"]
PANELS: tuple[PanelKind, ...] = get_args(PanelKind)
NAMES = {"prolific": "Prolific", "mturk": "Amazon Mechanical Turk", "own": ""}
_SENT: dict[PanelKind, tuple[str, ...]] = {
    "prolific": ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID"),
    "mturk": ("workerId", "assignmentId", "hitId"),
    "own": (),
}
_UNACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE"
"""What Mechanical Turk sends in place of an assignment while a worker only looks at a task."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_RESERVED = {"code"}
_LONGEST = 200
_GAP = re.compile(r"[{}$%<>]")


@dataclass(frozen=True)
class Panel:
    """A panel that sends raters.

    Attributes:
        kind: "prolific", "mturk" or "own".
        capture: Names of further parts of the address that are kept.
    """

    kind: PanelKind
    capture: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parts of the address that are kept; the first is one person's own."""
        return tuple(dict.fromkeys((*_SENT[self.kind], *self.capture)))

    @property
    def title(self) -> str:
        """Name of the panel; empty where the study's owner knows it alone."""
        return NAMES[self.kind]


class Arrival(NamedTuple):
    """Who comes from a panel.

    Attributes:
        person: The id that is one person's own.
        captured: All ids of the address, by their names.
    """

    person: str
    captured: dict[str, str]


def require_sound(panel: Panel) -> None:
    """Check that a panel's ids can be kept.

    Raises:
        BadStudy: An unknown panel, a name that cannot stand in an address, or nothing to know a person by.
    """
    if panel.kind not in PANELS:
        raise BadStudy(f"no panel '{panel.kind}'; expected one of {', '.join(PANELS)}")
    if not panel.names:
        raise BadStudy(
            "a panel of your own needs a name in its link that tells a person; give it to srbench survey create "
            "--capture NAME"
        )
    for name in panel.names:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise BadStudy(
                f"'{name}' is no name of a part of an address to capture; expected letters, digits and _ . -"
            )


def arrival(panel: Panel, address: Mapping[str, str]) -> Arrival | None:
    """Return who comes, by the address of a panel's link.

    Args:
        panel: Panel of the study.
        address: Names and values behind the question mark of the address.

    Returns:
        None where the address names nobody: the person's id is missing, a placeholder that the panel did not fill in,
        longer than 200 characters, or not printable ASCII; or the worker has not accepted the task.
    """
    found = {name: value for name in panel.names if _is_id(value := address.get(name, ""))}
    person = found.get(panel.names[0])
    if person is None or _UNACCEPTED in found.values():
        return None
    return Arrival(person, found)


def _is_id(value: str) -> bool:
    printable = value.isascii() and value.isprintable() and value.strip() == value
    return bool(value) and len(value) <= _LONGEST and printable and not _GAP.search(value)
