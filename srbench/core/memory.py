"""Main memory that is free, and the refusal of work that would need more."""

import re
from pathlib import Path

from srbench.errors import TooLarge

_CONTROL_GROUP = Path("/sys/fs/cgroup")
_UNKNOWN_MIB = 6144
"""Taken as free where the system does not tell."""


def free_mib() -> int:
    """Return the free memory in MiB: the smaller of what the system and the control group have left."""
    return min(_system_mib(), _control_group_mib())


def require(needed_bytes: int, what: str, advice: str) -> None:
    """Refuse work that needs more memory than is free.

    Args:
        needed_bytes: Memory that the work takes beside what the process holds.
        what: Names the work: "photo.png (16000 x 12000 px)".
        advice: What to do instead.

    Raises:
        TooLarge: The memory is not free; needed and free MiB are named.
    """
    needed = -(-needed_bytes // 2**20)
    if needed > (free := free_mib()):
        raise TooLarge(f"{what} needs about {needed:,} MiB of memory, and {free:,} MiB are free; {advice}")


def _system_mib() -> int:
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return _UNKNOWN_MIB


def _control_group_mib() -> int:
    """Return what a container's control group (version 2) has left, which the system's numbers do not show."""
    try:
        names = ("memory.max", "memory.current", "memory.stat")
        limit, used, stat = ((_CONTROL_GROUP / name).read_text(encoding="ascii") for name in names)
        inactive = re.search(r"^inactive_file (\d+)$", stat, re.MULTILINE)  # file cache, given up when memory is needed
        return (int(limit) - int(used) + (int(inactive[1]) if inactive else 0)) // 2**20
    except (OSError, ValueError):  # no such group, or "max"
        return _system_mib()
