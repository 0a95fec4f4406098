"""run.json: protocol, environments and calls of a run's folder."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from srbench.core import stored_json
from srbench.core.files import absent_or
from srbench.errors import BadRun

FILE = "run.json"
SCHEMA, VERSION = "run", 3
_CALL = {"datasets": dict, "notes": list, "unavailable": dict, "failed": list}
"""What is read of a call."""
_REMEDY = "The same `srbench run` sets it aside and goes on"


def read(file: Path) -> dict[str, Any]:
    """Read run.json.

    Raises:
        BadRun: There is none, it is damaged, or it was written by a later version.
    """
    if not file.exists():
        what = absent_or(file.parent, f"holds no {FILE}")
        raise BadRun(f"{file.parent} {what}; expected a folder that `srbench run` wrote")
    keys = ("environments", "calls")
    head = stored_json.read(file, SCHEMA, VERSION, unmarked_keys=keys, error=BadRun, remedy=_REMEDY)
    head = stored_json.opened(head) or {}
    if not _is_head(head):
        raise BadRun(f"{file} is damaged: it is not as it was written. {_REMEDY}")
    return head


def read_or_set_aside(file: Path) -> tuple[dict[str, Any], Path | None]:
    """Read run.json; one that is damaged gets another name, and the folder begins with a new one.

    Returns:
        The head, empty where there is none, and the new name of the damaged file.

    Raises:
        BadRun: It cannot be read, or was written by a later version.
    """
    empty: dict[str, Any] = {"environments": {}, "calls": []}
    if not file.exists():
        return empty, None
    try:
        return read(file), None
    except BadRun as error:
        if isinstance(error.__cause__, OSError) or stored_json.is_newer(file, SCHEMA, VERSION):
            raise
    aside = next(path for i in count(1) if not (path := file.with_name(f"run.damaged-{i}.json")).exists())
    file.rename(aside)
    return empty, aside


def write(file: Path, head: Mapping[str, Any]) -> None:
    """Write run.json, whole or not at all."""
    content = {key: head[key] for key in head if key != "version"}
    stored_json.write(file, SCHEMA, VERSION, stored_json.sealed(content))


def _is_head(head: Mapping[str, Any]) -> bool:
    environments, calls = head.get("environments"), head.get("calls")
    return (
        isinstance(head.get("protocol"), dict)
        and isinstance(environments, dict)
        and all(isinstance(facts, dict) for facts in environments.values())
        and isinstance(calls, list)
        and all(isinstance(call, dict) and _is_call(call) for call in calls)
    )


def _is_call(call: Mapping[str, Any]) -> bool:
    return all(isinstance(call.get(name, kind()), kind) for name, kind in _CALL.items())
