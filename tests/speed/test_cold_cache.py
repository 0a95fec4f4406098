"""Calls with cold caches: what is done before each, how many there are, and why there may be none."""

from pathlib import Path

import pytest
import torch

from srbench.speed import cold_cache
from tests.speed.synthetic import CPU


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cold_cache, "_CPU_CACHES", tmp_path)
    return tmp_path


def _cache(folder: Path, index: int, size: str) -> None:
    (folder / f"index{index}").mkdir()
    (folder / f"index{index}" / "size").write_text(f"{size}\n")


def test_before_each_call_twice_the_last_cache_is_written(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _cache(caches, 0, "48K")
    _cache(caches, 3, "512K")
    zeros, made, seen = torch.zeros, [], []

    def kept(*arguments: object, **options: object) -> torch.Tensor:
        made.append(zeros(*arguments, **options))  # type: ignore[call-overload]
        return made[-1]

    monkeypatch.setattr(torch, "zeros", kept)
    times = iter([5.0, 1.0, 3.0, 9.0, 2.0, 4.0, 8.0])
    monkeypatch.setattr(cold_cache, "once", lambda call, device: (call(), next(times)))
    assert cold_cache.median_ms(lambda: seen.append(int(made[0][-1])), CPU, 60) == (4.0, "")
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert made[0].numel() * made[0].element_size() == 2 * 512 * 1024


def test_slow_calls_are_made_three_times(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _cache(caches, 2, "64K")
    calls: list[None] = []
    monkeypatch.setattr(cold_cache, "once", lambda call, device: (call(), 2000.0))
    assert cold_cache.median_ms(lambda: calls.append(None), CPU, 1) == (2000.0, "")
    assert len(calls) == 3


def test_what_is_not_known_has_a_reason(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cold_cache.median_ms(int, CPU, 1) == (None, "the system does not tell the size of the last cache of cpu")
    assert cold_cache.median_ms(int, torch.device("mps"), 1)[1].endswith("of mps")
    _cache(caches, 3, "1024K")

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: not enough memory")

    monkeypatch.setattr(torch, "zeros", full)
    assert cold_cache.median_ms(int, CPU, 1) == (None, "no memory for a buffer of 2 MiB")
