"""How much memory images may take before they are tiled."""

from pathlib import Path

import pytest
import torch

from srbench.core import memory as main_memory
from srbench.models import memory

CPU = torch.device("cpu")
MIB = 2**20


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that stands for the root of the file system; empty."""
    monkeypatch.setattr(main_memory, "Path", lambda path: tmp_path / path.lstrip("/"))
    monkeypatch.setattr(main_memory, "_CONTROL_GROUP", tmp_path / "sys/fs/cgroup")
    return tmp_path


def _system_has(root: Path, mib: int) -> None:
    (root / "proc").mkdir()
    text = f"MemTotal:       99999999 kB\nMemFree:         1 kB\nMemAvailable:   {mib * 1024} kB\n"
    (root / "proc/meminfo").write_text(text)


def _group_has(root: Path, limit: str, used_mib: int, files_mib: int = 0) -> None:
    group = root / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text(f"{limit}\n")
    (group / "memory.current").write_text(f"{used_mib * MIB}\n")
    (group / "memory.stat").write_text(f"anon 77\ninactive_file {files_mib * MIB}\nactive_file 99999999999\n")


@pytest.mark.parametrize("mib", [20, 1000, 64 * 1024])
def test_what_is_compared_is_tiled_alike_whatever_is_free(system: Path, mib: int) -> None:
    _system_has(system, mib)
    assert memory.free_mib(CPU) == mib
    assert memory.budget_mib(CPU) == memory._CPU_BUDGET_MIB


def test_no_more_than_that_is_taken_where_more_is_free(system: Path) -> None:
    _system_has(system, 64 * 1024)
    assert memory.free_budget_mib(CPU) == memory._CPU_BUDGET_MIB


def test_a_quarter_of_what_is_free_is_left(system: Path) -> None:
    _system_has(system, 1000)
    assert memory.free_budget_mib(CPU) == 750


def test_a_container_counts_where_it_has_less(system: Path) -> None:
    _system_has(system, 8000)
    _group_has(system, str(1000 * MIB), 600)
    assert memory.free_mib(CPU) == 400
    assert memory.free_budget_mib(CPU) == 300


def test_files_that_the_system_keeps_in_memory_do_not_count_as_used(system: Path) -> None:
    """After a data set was read, most of what a container "uses" is pages that go as soon as they are wanted."""
    _system_has(system, 8000)
    _group_has(system, str(1000 * MIB), 900, files_mib=600)
    assert memory.free_mib(CPU) == 700


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
    assert memory.free_budget_mib(CPU) == 64
    _group_has(system, str(100 * MIB), 101)  # more than the limit, for a moment
    assert memory.free_budget_mib(CPU) == 64


def test_a_system_that_does_not_tell_has_enough(system: Path) -> None:
    assert not (system / "proc").exists()
    assert memory.free_budget_mib(CPU) == memory._CPU_BUDGET_MIB


def test_this_machine_tells_something() -> None:
    assert memory.free_mib(CPU) > 0
    assert 64 <= memory.free_budget_mib(CPU) <= memory.budget_mib(CPU)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA"), True),
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_errors_that_mean_memory_ran_out(error: Exception, expected: bool) -> None:
    assert memory.ran_out(error) is expected


def test_a_cpu_that_runs_out_of_memory_says_so() -> None:
    with pytest.raises(RuntimeError) as refused:
        torch.empty(2**57, dtype=torch.uint8)
    assert memory.ran_out(refused.value)


@pytest.mark.gpu
def test_half_of_a_gpu_whatever_is_free() -> None:
    device = torch.device("cuda")
    before = memory.budget_mib(device)
    taken = torch.ones(64 * MIB, device=device)
    assert memory.budget_mib(device) == before == torch.cuda.get_device_properties(device).total_memory // 2 // MIB
    assert memory.free_mib(device) * MIB <= torch.cuda.get_device_properties(device).total_memory - taken.nbytes
