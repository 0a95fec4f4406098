"""What the driver tells, from a driver that is made up."""

import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from srbench.speed import nvml
from srbench.speed.nvml import Driver, Energy
from tests.speed.synthetic import CPU

CUDA = torch.device("cuda")
POWER, HEAT, IDLE = 4, 32, 1


class _Unsupported(Exception):
    pass


class _Fake(SimpleNamespace):
    """A module `pynvml` for one GPU; `energy_mj` and `reasons` are its state."""

    NVML_CLOCK_SM, NVML_CLOCK_MEM = 1, 2
    nvmlClocksEventReasonSwPowerCap = POWER  # noqa: N815
    nvmlClocksEventReasonSwThermalSlowdown = HEAT  # noqa: N815
    nvmlClocksEventReasonGpuIdle = IDLE  # noqa: N815

    def __init__(self) -> None:
        super().__init__(energy_mj=1000, reasons=0, clocks={1: 1980, 2: 3201}, uuid="", looks=0)
        self.looked_twice = threading.Event()

    def nvmlInit(self) -> None:  # noqa: N802
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        self.uuid = uuid
        return "handle"

    def nvmlDeviceGetClockInfo(self, handle: str, which: int) -> int:  # noqa: N802
        assert handle == "handle"
        return self.clocks[which]

    def nvmlDeviceGetMaxClockInfo(self, handle: str, which: int) -> int:  # noqa: N802
        raise _Unsupported

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: str) -> int:  # noqa: N802
        return 700_000

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:  # noqa: N802
        if self.energy_mj is None:
            raise _Unsupported
        return int(self.energy_mj)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: str) -> int:  # noqa: N802
        self.looks += 1
        if self.looks > 1:
            self.looked_twice.set()
        return int(self.reasons)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = _Fake()
    monkeypatch.setitem(sys.modules, "pynvml", made)  # type: ignore[arg-type]
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid="1234"))
    return made


def test_clocks_and_limits_are_facts_as_far_as_they_are_known(fake: Any) -> None:
    assert Driver(CUDA).facts() == {"memory_clock_mhz": 3201, "power_limit_w": 700.0}
    assert fake.uuid == "GPU-1234"


def test_energy_is_that_of_the_stretch(fake: Any) -> None:
    driver = Driver(CUDA)
    fake.energy_mj = 5000
    energy = Energy()
    with driver.watching(energy):
        fake.energy_mj += 2500
    assert (energy.joule, energy.slowed_by) == (2.5, [])


def test_a_gpu_that_does_not_count_energy_has_none(fake: Any) -> None:
    fake.energy_mj = None
    energy = Energy()
    with Driver(CUDA).watching(energy):
        pass
    assert energy.joule is None


def test_work_that_ends_in_an_error_leaves_nobody_watching(fake: Any) -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), Driver(CUDA).watching(Energy()):
        1 / 0  # noqa: B018
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("reasons", "said"),
    [(POWER, ["the power limit"]), (HEAT, ["heat"]), (POWER | HEAT, ["the power limit", "heat"]), (IDLE, [])],
)
def test_what_holds_the_clocks_down_meanwhile_is_said_once(
    fake: Any, monkeypatch: pytest.MonkeyPatch, reasons: int, said: list[str]
) -> None:
    monkeypatch.setattr(nvml, "_POLL_INTERVAL_S", 0.001)
    fake.reasons = reasons
    energy = Energy()
    with Driver(CUDA).watching(energy):
        assert fake.looked_twice.wait(60)
        fake.reasons = 0  # at the end all is well again
    assert energy.slowed_by == said


def _silent(driver: Driver) -> bool:
    energy = Energy()
    with driver.watching(energy):
        pass
    return set(driver.facts()) <= {"nvml"} and (energy.joule, energy.slowed_by) == (None, [])


def test_without_a_gpu_without_the_package_or_without_a_driver_nothing_is_known(
    fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _silent(Driver(CPU))
    assert Driver(CPU).facts() == {}

    def fail() -> None:
        raise _Unsupported

    monkeypatch.setattr(fake, "nvmlInit", fail, raising=False)
    assert _silent(Driver(CUDA))
    monkeypatch.setitem(sys.modules, "pynvml", None)  # type: ignore[arg-type]
    assert _silent(Driver(CUDA))


def test_facts_name_the_machine() -> None:
    facts = nvml.facts(CPU)
    assert {"machine", "packages", "threads", "allocator"} <= facts.keys()
    assert facts["device"] == "cpu"


@pytest.mark.gpu
def test_a_real_driver_answers() -> None:
    pytest.importorskip("pynvml")
    assert Driver(CUDA).facts()["clock_mhz"] > 0
