"""Facts that NVIDIA's driver tells about a GPU: clocks, power, energy, and why it slowed down. All are optional."""

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from srbench.core import environment

_POLL_INTERVAL_S = 0.05
_SLOWING = {
    "nvmlClocksEventReasonSwPowerCap": "the power limit",
    "nvmlClocksThrottleReasonHwSlowdown": "the hardware's protection",
    "nvmlClocksEventReasonSwThermalSlowdown": "heat",
    "nvmlClocksThrottleReasonHwThermalSlowdown": "heat (hardware)",
    "nvmlClocksThrottleReasonHwPowerBrakeSlowdown": "the power brake",
}


@dataclass
class Energy:
    """Energy of a piece of work, and what slowed the GPU down.

    Attributes:
        joule: Energy in joules; None where the driver does not tell.
        slowed_by: Reasons for which the clocks were held down meanwhile.
    """

    joule: float | None = None
    slowed_by: list[str] = field(default_factory=list)


def facts(device: torch.device) -> dict[str, Any]:
    """Return facts about the machine, its versions and settings, and what the driver tells about the GPU."""
    return {**environment.describe(device), **Driver(device).facts()}


class Driver:
    """NVML for one device; answers None everywhere where there is no GPU or no package `nvidia-ml-py`.

    Args:
        device: Device to ask about.
    """

    def __init__(self, device: torch.device) -> None:
        self._nvml: Any = None
        self._gpu = device.type == "cuda"
        if not self._gpu:
            return
        try:
            nvml = importlib.import_module("pynvml")
            nvml.nvmlInit()
            self._handle = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
            self._nvml = nvml
        except Exception:  # no package, no driver, a driver of another version: all mean the same here
            self._nvml = None

    def facts(self) -> dict[str, Any]:
        """Return clocks in MHz and the power limit in watts, as far as they are known."""
        if self._nvml is None:
            return {"nvml": "not available: pip install 'sr-bench-suite[nvml]'"} if self._gpu else {}
        asked = {
            "most_clock_mhz": lambda n, h: n.nvmlDeviceGetMaxClockInfo(h, n.NVML_CLOCK_SM),
            "memory_clock_mhz": lambda n, h: n.nvmlDeviceGetClockInfo(h, n.NVML_CLOCK_MEM),
            "power_limit_w": lambda n, h: n.nvmlDeviceGetEnforcedPowerLimit(h) / 1000,
        }
        answers = {name: self._ask(question) for name, question in asked.items()}
        return {name: answer for name, answer in answers.items() if answer is not None}

    def clock_mhz(self) -> float | None:
        """Return the clock of the multiprocessors now; None where it is not known."""
        return self._ask(lambda n, h: float(n.nvmlDeviceGetClockInfo(h, n.NVML_CLOCK_SM)))

    def base_clock_mhz(self) -> float | None:
        """Return the clock that applications have by default; None where it is not known, as with recent drivers."""
        return self._ask(lambda n, h: float(n.nvmlDeviceGetDefaultApplicationsClock(h, n.NVML_CLOCK_SM))) or None

    @contextmanager
    def watching(self, energy: Energy) -> Iterator[None]:
        """Record the energy of the block, and what held the clocks down at any moment of it."""
        before = self._millijoule()
        over = threading.Event()
        watch = threading.Thread(target=self._look, args=(energy, over), daemon=True)
        watch.start()
        try:
            yield
        finally:
            after = self._millijoule()
            over.set()
            watch.join()
        if before is not None and after is not None:
            energy.joule = (after - before) / 1000

    def _look(self, energy: Energy, over: threading.Event) -> None:
        ended = False
        while self._nvml is not None and not ended:
            ended = over.wait(_POLL_INTERVAL_S)
            energy.slowed_by += [reason for reason in self._slowed_by() if reason not in energy.slowed_by]

    def _millijoule(self) -> int | None:
        return self._ask(lambda n, h: n.nvmlDeviceGetTotalEnergyConsumption(h))

    def _slowed_by(self) -> list[str]:
        reasons = self._ask(lambda n, h: n.nvmlDeviceGetCurrentClocksThrottleReasons(h)) or 0
        return [text for name, text in _SLOWING.items() if reasons & getattr(self._nvml, name, 0)]

    def _ask(self, question: Any) -> Any:
        if self._nvml is None:
            return None
        try:
            return question(self._nvml, self._handle)
        except Exception:  # this GPU does not answer this question
            return None
