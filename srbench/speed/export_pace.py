"""How long a network takes to become one of onnxruntime or OpenVINO: foreseen, since nothing can interrupt that.

Most of it is torch's exporter, which takes about the same time for each operator of a network: on one machine 0.5 to
4 ms for the networks of the zoo, and 7 for one that works at HR size.
"""

import time
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from srbench.errors import UserError
from srbench.models import engine
from srbench.models.engine import Call
from srbench.models.mode import Mode

_LAYERS = 24


class _Counter(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.operators = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operators += 1
        return func(*args, **(kwargs or {}))


def operators(network: Call, lr: Tensor) -> int:
    """Return how many operators of torch a call of a network is made of."""
    with torch.no_grad(), _Counter() as counter:
        network(lr)
    return counter.operators


@cache
def seconds_per_operator(mode: Mode) -> float:
    """Return what an operator takes on this machine, by a network of 24 layers; 0 where the engine is not installed.

    The first network of a process takes seconds, in which exporter and engine are loaded; the second one is timed.

    Args:
        mode: Mode whose engine is "onnx" or "openvino".
    """
    network = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(_LAYERS)))
    seconds = 0.0
    for _ in range(2):
        begun = time.perf_counter()
        try:
            engine.start(network, mode, torch.device("cpu"), channels=3, multiple_of=1)
        except UserError:
            return 0.0
        seconds = time.perf_counter() - begun
    return seconds / operators(network, torch.zeros(1, 3, 12, 12))
