"""Memory that a network may take on a device."""

import torch

from srbench.core import memory

_MIN_MIB, _CPU_BUDGET_MIB = 64, 3072
"""On the CPU one image stays within 8 GiB, with everything else the process holds."""


def budget_mib(device: torch.device) -> int:
    """Return the memory that activations may take before images are tiled: 3 GiB on the CPU, half of a GPU's memory.

    It does not depend on what is free, so that an image is always tiled alike: tiles change the last digits.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // 2**21
    return _CPU_BUDGET_MIB


def free_budget_mib(device: torch.device) -> int:
    """Return the same, but at most three quarters of the free memory, for images whose values are not compared."""
    return max(_MIN_MIB, min(budget_mib(device), free_mib(device) * 3 // 4))


def ran_out(error: BaseException) -> bool:
    """Return whether an error means that memory ran out; on the CPU, and while graphs are recorded, it has no class."""
    texts = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(text in str(error).lower() for text in texts)
    )


def free_mib(device: torch.device) -> int:
    """Return the free memory in MiB; on the CPU the smaller of what the system and the control group have left."""
    return torch.cuda.mem_get_info(device)[0] // 2**20 if device.type == "cuda" else memory.free_mib()
