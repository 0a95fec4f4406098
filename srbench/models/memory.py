"""How much memory a network may take on a device."""

import re
from pathlib import Path

import torch

_GROUP = Path("/sys/fs/cgroup")
_LEAST_MIB, _ON_CPU_MIB = 64, 3072
"""So that one image on the CPU stays within 8 GiB with all that is around it, and leaves caches some hope."""


def budget_mib(device: torch.device) -> int:
    """What activations may take before images are tiled: 3 GiB on the CPU, half of its memory on a GPU.

    Whatever is free just now, so that the same image is tiled in the same way each time: tiles move the last digits.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // 2**21
    return _ON_CPU_MIB


def free_budget_mib(device: torch.device) -> int:
    """The same, but no more than three quarters of what is free, for pictures that nobody compares."""
    return max(_LEAST_MIB, min(budget_mib(device), free_mib(device) * 3 // 4))


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out; on the CPU, and while graphs are recorded, it has no class."""
    texts = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(text in str(error).lower() for text in texts)
    )


def free_mib(device: torch.device) -> int:
    """What can still be taken; on the CPU the least of what the system and the control group have left."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 2**20
    return min(_system_mib(), _group_mib())


def _system_mib() -> int:
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return 2 * _ON_CPU_MIB  # other systems do not tell


def _group_mib() -> int:
    """Containers are limited by control groups (version 2), of which the system's figures know nothing."""
    try:
        limit, used, stat = (
            (_GROUP / name).read_text(encoding="ascii") for name in ("memory.max", "memory.current", "memory.stat")
        )
        kept = re.search(r"^inactive_file (\d+)$", stat, re.MULTILINE)  # files in memory, given up when it is needed
        return (int(limit) - int(used) + (int(kept[1]) if kept else 0)) // 2**20
    except (OSError, ValueError):  # no such group, or "max"
        return _system_mib()
