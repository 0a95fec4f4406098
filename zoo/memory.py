"""How much memory a network may take on a device."""

from pathlib import Path

import torch

_MOST_ON_CPU_MIB = 4096
"""So that one image on the CPU stays within 8 GiB with all that is around it, and leaves caches some hope."""


def budget_mib(device: torch.device) -> int:
    """What activations may take before images are tiled.

    On a GPU half of its memory, whatever is free just now, so that the same image is tiled in the same way each time;
    on the CPU 4 GiB, or three quarters of what is available where that is less.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // 2**21
    return max(64, min(_MOST_ON_CPU_MIB, free_mib(device) * 3 // 4))


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
    return 2 * _MOST_ON_CPU_MIB  # other systems do not tell


def _group_mib() -> int:
    """Containers are limited by control groups (version 2), of which the system's figures know nothing."""
    limit, used = (Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current"))
    try:
        return (int(limit.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii"))) // 2**20
    except (OSError, ValueError):  # no such group, or "max"
        return _system_mib()
