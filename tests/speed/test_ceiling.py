import pytest

from srbench.core.timing import TimeBudget
from srbench.speed import ceiling
from tests.speed.synthetic import CPU


def test_a_ceiling_is_some_speed_in_each_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "_BUDGET", TimeBudget(0.001, 0.002))
    monkeypatch.setattr(ceiling, "_SIDES", {"cpu": (64, 96)})
    monkeypatch.setattr(ceiling, "_COPIED_MIB", {"cpu": 1})
    found = ceiling.measure(CPU, ["fp32", "bf16"])
    assert found.tflops.keys() == {"fp32", "bf16"}
    assert all(value > 0 for value in found.tflops.values())
    assert found.copy_gb_per_s > 0


def test_the_best_route_at_the_best_size_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two sizes and three routes the fifth takes half of what the others take for their work."""
    from tests.speed.synthetic import timing

    monkeypatch.setattr(ceiling, "_SIDES", {"cpu": (64, 128)})
    monkeypatch.setattr(ceiling, "_COPIED_MIB", {"cpu": 1})
    times_ms = iter([1.0, 1.0, 1.0, 8.0, 4.0, 8.0, 0.5])
    monkeypatch.setattr(ceiling, "repeat", lambda call, device, budget: (call(), timing(next(times_ms)))[1])
    found = ceiling.measure(CPU, ["fp32"])
    assert found.tflops["fp32"] == pytest.approx(2 * 128**3 / 4e-3 / 1e12)
    assert found.copy_gb_per_s == pytest.approx(2 * 2**20 / 0.5e-3 / 1e9)  # read and written
