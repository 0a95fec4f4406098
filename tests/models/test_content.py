"""What a builder returned is hashed with all that it holds, so that a retrained network is another model."""

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from srbench.models.content import digest

WEIGHTS: dict[str, float] = {"gain": 1.0}


class Plain:
    """A network that is no module."""

    def __init__(self, value: float) -> None:
        self.kernel = np.full(3, value)

    def __call__(self, x: Tensor) -> Tensor:
        return x * float(self.kernel[0])

    def run(self, x: Tensor) -> Tensor:
        return self(x)


class Gain(nn.Module):
    """A network whose value is no parameter, and whose buffer is not stored."""

    def __init__(self, value: float, buffer: float = 0.0) -> None:
        super().__init__()
        self.value = value
        self.register_buffer("shift", torch.tensor(buffer), persistent=False)


def _closure(value: float) -> Callable[[Tensor], Tensor]:
    network = nn.Linear(1, 1)
    nn.init.constant_(network.weight, value)
    nn.init.constant_(network.bias, 0)
    return lambda x: network(x).clamp(0, 1)


def _global(value: float) -> Callable[[Tensor], Tensor]:
    WEIGHTS["gain"] = value
    return lambda x: x * WEIGHTS["gain"]


def _default(value: float) -> Callable[[Tensor], Tensor]:
    def run(x: Tensor, gain: Tensor = torch.tensor(value)) -> Tensor:  # noqa: B008
        return x * gain

    return run


@pytest.mark.parametrize(
    "make",
    [
        _closure,
        _global,
        _default,
        Plain,
        Gain,
        lambda value: Plain(value).run,
        lambda value: Gain(1.0, value),
        lambda value: functools.partial(torch.mul, other=torch.tensor(value)),
        lambda value: [{"a": torch.tensor(value, dtype=torch.bfloat16)}],
    ],
)
def test_any_value_that_is_held_changes_the_digest_and_changes_it_back(make: Callable[[float], Any]) -> None:
    digests = []
    for value in (0.25, 0.5, 0.25):
        digests.append(digest(make(value)))
    assert digests[0] == digests[2] != digests[1]


def test_a_network_that_holds_itself_has_a_digest() -> None:
    network = Plain(1.0)
    network.itself = network  # type: ignore[attr-defined]
    assert digest(network) == digest(network)


def test_a_setting_counts_wherever_it_stands() -> None:
    """Objects that come into being while others are looked at must not be taken for them."""

    def network(value: float) -> list[SimpleNamespace]:
        return [SimpleNamespace(a=1.0), SimpleNamespace(a=value), SimpleNamespace(b=2.0), SimpleNamespace(b=value)]

    assert len({digest(network(value)) for value in range(20)}) == 20
    assert len({digest(network(3.0)) for _ in range(20)}) == 1
