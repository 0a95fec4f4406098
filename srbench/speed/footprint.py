"""Peak memory of a piece of work."""

import gc
import re
from pathlib import Path

import torch

from srbench.core import allocator

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # proc(5)


class Footprint:
    """Measures peak memory since this object was created.

    On a GPU that is what torch has allocated, weights and input included; on the CPU it is the growth of the process's
    resident memory, without weights and input, which are there before.

    Args:
        device: Device on which the work runs.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(device)
            return
        allocator.release_freed_memory()
        self._start_kib = None
        if _CLEAR.exists():
            try:
                _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
            except OSError:  # a container may forbid it
                return
            self._start_kib = _status_kib("VmRSS")

    def peak_mib(self) -> float | None:
        """Return the peak in MiB; None where the system does not tell."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 2**20
        if self._start_kib is None:
            return None
        return (_status_kib("VmHWM") - self._start_kib) / 1024


def _status_kib(name: str) -> int:
    match = re.search(rf"{name}:\s+(\d+) kB", _STATUS.read_text(encoding="ascii"))
    return int(match[1]) if match else 0
