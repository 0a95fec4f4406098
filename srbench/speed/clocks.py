"""Clocks of the processor or GPU while a row is measured, and its time as the base clock would have it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from srbench.speed.nvml import Driver

_CPU_INFO = Path("/proc/cpuinfo")
_BASE_KHZ = Path("/sys/devices/system/cpu/cpu0/cpufreq/base_frequency")


class Clocks:
    """Reads the clock before and after a piece of work; everything is None where the system does not tell.

    Args:
        device: Device that does the work: of a CPU the fastest of as many processors as torch has threads count, of a
            CUDA GPU its multiprocessors.
        driver: NVML for the device.

    Attributes:
        before_mhz: Clock when the work began.
        after_mhz: Clock when it had ended.
        base_mhz: Clock that the maker guarantees; of a GPU the default clock of applications.
    """

    def __init__(self, device: torch.device, driver: Driver) -> None:
        self._device = device
        self._driver = driver
        self.before_mhz: float | None = None
        self.after_mhz: float | None = None
        self.base_mhz = _cpu_base_mhz() if device.type == "cpu" else driver.base_clock_mhz()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Read the clock at both ends of the block."""
        self.before_mhz = self._now_mhz()
        yield
        self.after_mhz = self._now_mhz()

    def normalised(self, ms: float) -> float | None:
        """Return the milliseconds that as many cycles take at the base clock; None where a clock is not known."""
        if self.before_mhz is None or self.after_mhz is None or self.base_mhz is None:
            return None
        return ms * (self.before_mhz + self.after_mhz) / 2 / self.base_mhz

    def _now_mhz(self) -> float | None:
        return _cpu_mhz() if self._device.type == "cpu" else self._driver.clock_mhz()


def _cpu_mhz() -> float | None:
    found = re.findall(r"^cpu MHz\s*:\s*([\d.]+)", _text(_CPU_INFO), re.MULTILINE)
    fastest = sorted(map(float, found))[-torch.get_num_threads() :]
    return sum(fastest) / len(fastest) if fastest else None


def _cpu_base_mhz() -> float | None:
    """Return what the system says, else what the name of the processor ends with, such as "@ 2.50GHz"."""
    if khz := _text(_BASE_KHZ).strip():
        return int(khz) / 1000
    named = re.search(r"^model name.*@ ([\d.]+)\s*GHz", _text(_CPU_INFO), re.MULTILINE)
    return float(named[1]) * 1000 if named else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
