"""Highest speeds of the device itself: of the fastest matrix product, and of a copy."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from srbench.core.tf32 import tf32
from srbench.core.timing import TimeBudget, repeat
from srbench.speed.records import Ceiling

_SIDES = {"cpu": (512, 1024, 2048), "cuda": (4096, 8192)}
_COPIED_MIB = {"cpu": 256, "cuda": 2048}
_DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_BUDGET, _LONGEST_MS = TimeBudget(0.2, 1.0), 100


def measure(device: torch.device, precisions: list[str]) -> Ceiling:
    """Time matrix products of several sizes by two routes, and a copy.

    The routes are torch's matrix product and the same as a convolution of 1x1, which another library computes: on
    some CPUs the one, on others the other is faster.

    Args:
        device: Device to measure.
        precisions: Names of precisions: "fp32", "tf32" (on a GPU), "bf16", "fp16".
    """
    tflops = {precision: _product(device, precision) for precision in precisions}
    return Ceiling(tflops, _copy(device))


def _product(device: torch.device, precision: str) -> float:
    best = 0.0
    for side in _SIDES.get(device.type, _SIDES["cpu"]):
        a, b = (torch.rand(side, side, device=device).to(_DTYPES[precision]) for _ in range(2))
        with torch.no_grad(), tf32(precision == "tf32"):
            medians = [_median_ms(call, device) for call in _routes(a, b)]
        best = max(best, 2 * side**3 / min(medians) / 1e9)
        if max(medians) > _LONGEST_MS:  # a precision this device only imitates: the next side takes eight times as long
            break
    return best


def _median_ms(call: Callable[[], object], device: torch.device) -> float:
    """Return the median, timed again where the machine was busy: a low ceiling would flatter every row."""
    timing = repeat(call, device, _BUDGET)
    return timing.median_ms if timing.valid else min(timing.median_ms, repeat(call, device, _BUDGET).median_ms)


def _routes(a: Tensor, b: Tensor) -> list[Callable[[], Tensor]]:
    side = len(a)
    rows = side // 32
    image, kernel = a.t().reshape(1, side, rows, 32).contiguous(), b.reshape(side, side, 1, 1)
    last = image.contiguous(memory_format=torch.channels_last)
    return [lambda: a @ b, lambda: conv2d(image, kernel), lambda: conv2d(last, kernel)]


def _copy(device: torch.device) -> float:
    source = torch.rand(_COPIED_MIB.get(device.type, 256) * 2**18, device=device)
    target = torch.empty_like(source)
    return 2 * source.numel() * 4 / _median_ms(lambda: target.copy_(source), device) / 1e6
