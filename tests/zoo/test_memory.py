"""How much memory images may take before they are tiled."""

from pathlib import Path

import pytest
import torch

from zoo import memory

CPU = torch.device("cpu")
MIB = 2**20


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that stands for the root of the file system; empty."""
    monkeypatch.setattr(memory, "Path", lambda path: tmp_path / path.lstrip("/"))
    return tmp_path


def _system_has(root: Path, mib: int) -> None:
    (root / "proc").mkdir()
    text = f"MemTotal:       99999999 kB\nMemFree:         1 kB\nMemAvailable:   {mib * 1024} kB\n"
    (root / "proc/meminfo").write_text(text)


def _group_has(root: Path, limit: str, used_mib: int) -> None:
    group = root / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text(f"{limit}\n")
    (group / "memory.current").write_text(f"{used_mib * MIB}\n")


def test_four_gib_are_the_most_on_a_cpu(system: Path) -> None:
    _system_has(system, 64 * 1024)
    assert memory.free_mib(CPU) == 64 * 1024
    assert memory.budget_mib(CPU) == 4096


def test_a_quarter_of_what_is_available_is_left(system: Path) -> None:
    _system_has(system, 1000)
    assert memory.budget_mib(CPU) == 750


def test_a_container_counts_where_it_has_less(system: Path) -> None:
    _system_has(system, 8000)
    _group_has(system, str(1000 * MIB), 600)
    assert memory.free_mib(CPU) == 400
    assert memory.budget_mib(CPU) == 300


def test_the_system_counts_where_the_container_may_take_more(system: Path) -> None:
    _system_has(system, 500)
    _group_has(system, str(64000 * MIB), 10)
    assert memory.free_mib(CPU) == 500


def test_a_container_without_a_limit_counts_nothing(system: Path) -> None:
    _system_has(system, 500)
    _group_has(system, "max", 10)
    assert memory.free_mib(CPU) == 500


def test_some_tile_always_fits(system: Path) -> None:
    _system_has(system, 20)
    assert memory.budget_mib(CPU) == 64
    _group_has(system, str(100 * MIB), 101)  # more than the limit, for a moment
    assert memory.budget_mib(CPU) == 64


def test_a_system_that_does_not_tell_has_enough(system: Path) -> None:
    assert not (system / "proc").exists()
    assert memory.budget_mib(CPU) == 4096


def test_this_machine_tells_something() -> None:
    assert memory.free_mib(CPU) > 0
    assert 64 <= memory.budget_mib(CPU) <= 4096


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_half_of_a_gpu_whatever_is_free() -> None:
    device = torch.device("cuda")
    before = memory.budget_mib(device)
    taken = torch.ones(64 * MIB, device=device)
    assert memory.budget_mib(device) == before == torch.cuda.get_device_properties(device).total_memory // 2 // MIB
    assert memory.free_mib(device) * MIB <= torch.cuda.get_device_properties(device).total_memory - taken.nbytes
