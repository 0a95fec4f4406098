from types import SimpleNamespace

import pytest
import torch

from srbench.core import busy

CPU = torch.device("cpu")


def _machine(monkeypatch: pytest.MonkeyPatch, taken: float, paces: list[float]) -> SimpleNamespace:
    """A machine whose clock is set by the test."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(busy, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(busy, "calibration_ms", lambda device: paces.pop(0))
    monkeypatch.setattr(busy, "CpuContention", lambda threads: SimpleNamespace(processors_taken=lambda: taken))
    return clock


@pytest.mark.parametrize(
    ("taken", "paces", "found"),
    [
        (0.1, [10.0, 11.0], ()),
        (0.3, [10.0, 11.0], (busy.OTHERS,)),
        (0.1, [10.0, 12.0], (busy.PACE,)),
        (0.1, [12.0, 10.0], (busy.PACE,)),
        (0.3, [10.0, 12.0], (busy.OTHERS, busy.PACE)),
    ],
)
def test_other_programs_and_a_changed_pace_are_found(
    monkeypatch: pytest.MonkeyPatch, taken: float, paces: list[float], found: tuple[str, ...]
) -> None:
    clock = _machine(monkeypatch, taken, paces)
    watch = busy.BusyWatch(CPU)
    for clock.now in (2.5, 5.0):
        watch.look()
    assert watch.found == found


def test_a_look_within_two_seconds_costs_nothing_and_finds_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _machine(monkeypatch, 1.0, [10.0])
    watch = busy.BusyWatch(CPU)
    clock.now = 1.0
    watch.look()
    assert not watch.found
    for clock.now in (2.0, 3.0):  # the second one would ask for another pace, which there is not
        watch.look()
    assert watch.found == (busy.OTHERS,)


def test_a_device_without_memory_for_fixed_work_is_judged_by_other_programs_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(device: torch.device) -> float:
        raise torch.OutOfMemoryError("no memory")

    clock = _machine(monkeypatch, 1.0, [])
    monkeypatch.setattr(busy, "calibration_ms", full)
    watch = busy.BusyWatch(CPU)
    for clock.now in (2.0, 4.0):
        watch.look()
    assert watch.found == (busy.OTHERS,)
