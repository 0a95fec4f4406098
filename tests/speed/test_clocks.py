"""Clocks, from files and a driver that are made up."""

from pathlib import Path

import pytest
import torch

from srbench.speed import clocks
from srbench.speed.clocks import Clocks
from srbench.speed.nvml import Driver
from tests.speed.synthetic import CPU


class _Gpu(Driver):
    def __init__(self, *mhz: float | None, base_mhz: float | None) -> None:
        super().__init__(CPU)
        self.mhz, self.base = list(mhz), base_mhz

    def clock_mhz(self) -> float | None:
        return self.mhz.pop(0)

    def base_clock_mhz(self) -> float | None:
        return self.base


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    info, base = tmp_path / "cpuinfo", tmp_path / "base_frequency"
    monkeypatch.setattr(clocks, "_CPU_INFO", info)
    monkeypatch.setattr(clocks, "_BASE_KHZ", base)
    return info, base


def _watched(device: torch.device, driver: Driver) -> Clocks:
    found = Clocks(device, driver)
    with found.watching():
        pass
    return found


def test_the_clock_of_a_cpu_is_that_of_its_fastest_processors(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    info, base = files
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    info.write_text(
        "model name\t: Some CPU @ 2.50GHz\n" + "".join(f"cpu MHz\t\t: {mhz}\n" for mhz in (800, 3000, 3200.5))
    )
    found = _watched(CPU, Driver(CPU))
    assert (found.before_mhz, found.after_mhz, found.base_mhz) == (3100.25, 3100.25, 2500)
    assert found.normalised(10.0) == pytest.approx(10 * 3100.25 / 2500)
    base.write_text("2900000\n")
    assert _watched(CPU, Driver(CPU)).base_mhz == 2900


def test_what_a_system_does_not_tell_is_not_known(files: tuple[Path, Path]) -> None:
    found = _watched(CPU, Driver(CPU))
    assert (found.before_mhz, found.after_mhz, found.base_mhz, found.normalised(10.0)) == (None,) * 4
    files[0].write_text("cpu MHz\t: 2596.122\nmodel name\t: AMD EPYC\n")
    found = _watched(CPU, Driver(CPU))
    assert (found.before_mhz, found.base_mhz, found.normalised(10.0)) == (2596.122, None, None)


def test_the_clock_of_a_gpu_is_the_drivers() -> None:
    found = _watched(torch.device("cuda"), _Gpu(1980, 1500, base_mhz=1200))
    assert (found.before_mhz, found.after_mhz, found.base_mhz) == (1980, 1500, 1200)
    assert found.normalised(10.0) == pytest.approx(14.5)
    assert _watched(torch.device("cuda"), _Gpu(1980, None, base_mhz=1200)).normalised(10.0) is None
