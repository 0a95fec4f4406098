"""The time of a call whose weights and input are in no cache, as after other work."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from srbench.core.timing import once
from srbench.models.memory import ran_out

_CPU_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_GPU_BYTES = 256 * 2**20
"""More than any GPU's L2; triton's do_bench takes as much."""
_MOST_CALLS, _FEWEST_CALLS = 7, 3


def median_ms(call: Callable[[], object], device: torch.device, most_s: float) -> tuple[float | None, str]:
    """Time calls before each of which a buffer larger than the last cache is read and written.

    Args:
        call: The model on an input that is on the device.
        device: Device on which it runs.
        most_s: Seconds after which no further call is made, once there were three; at most seven are made.

    Returns:
        Median in milliseconds and an empty text; or None and why it is not known.
    """
    size = _GPU_BYTES if device.type == "cuda" else 2 * _last_cache_bytes() if device.type == "cpu" else 0
    if not size:
        return None, f"the system does not tell the size of the last cache of {device.type}"
    try:
        buffer = torch.zeros(size // 4, dtype=torch.int32, device=device)
    except RuntimeError as error:
        if not ran_out(error):
            raise
        return None, f"no memory for a buffer of {size // 2**20} MiB"
    times: list[float] = []
    while len(times) < _FEWEST_CALLS or (len(times) < _MOST_CALLS and sum(times) < most_s * 1000):
        buffer.add_(1)
        times.append(once(call, device)[1])
    return float(np.median(times)), ""


def _last_cache_bytes() -> int:
    """Return the size of a CPU's largest cache; 0 where the system does not tell."""
    sizes = [file.read_text(encoding="ascii").strip() for file in _CPU_CACHES.glob("index*/size")]
    return max((int(size[:-1]) * 2**10 for size in sizes if size.endswith("K")), default=0)
