"""What a network takes to become one of another engine."""

import pytest
import torch
from torch import Tensor, nn

from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.speed import export_pace


def test_operators_are_counted_as_they_are_called() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 3))
    assert export_pace.operators(network, torch.zeros(1, 3, 12, 12)) == 3


def test_the_second_network_is_timed_and_divided_by_its_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 5.0, 5.0, 5.48])  # the first loads the engine
    monkeypatch.setattr(export_pace.time, "perf_counter", lambda: next(now))
    monkeypatch.setattr(export_pace.engine, "start", lambda *_, **__: None)
    assert export_pace.seconds_per_operator.__wrapped__(Mode(engine="openvino")) == pytest.approx(0.02)


def test_an_engine_that_is_not_installed_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> Tensor:
        raise UserError("openvino is not installed")

    monkeypatch.setattr(export_pace.engine, "start", start)
    assert export_pace.seconds_per_operator.__wrapped__(Mode(engine="openvino")) == 0
