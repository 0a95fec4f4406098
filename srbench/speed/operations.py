"""Parameters, multiply-accumulates, FLOPs and activations of a network."""

from collections import Counter
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from srbench.errors import UserError
from srbench.models import checkpoint
from srbench.models.arch import channels_of
from srbench.models.model import Model
from srbench.speed.records import Work

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_PROBE_PX = 24
_MOVES = """
_local_scalar_dense _to_copy _unsafe_index _unsafe_view arange cat clone col2im constant_pad_nd copy_ detach empty
empty_like empty_strided fill_ flip full full_like gather im2col index index_select lift_fresh linspace new_empty
new_zeros ones pixel_shuffle pixel_unshuffle rand randint reflection_pad2d repeat replication_pad2d roll
scalar_tensor stack upsample_nearest2d zero_ zeros zeros_like
"""
"""Operators of torch that move values or make room for them, and compute nothing."""


def count(model: Model, height: int, width: int) -> Work | None:
    """Count the operations of one image in the network before folding, on the CPU.

    The work of convolutions grows with the number of pixels, so two small images suffice where the second takes six
    times as much as the first. A network of another kind runs at full size.

    Args:
        model: Model whose network is built for this.
        height: Height of the input in pixels.
        width: Width of the input in pixels.

    Returns:
        Work of one image; None where the model is no torch module.

    Source:
        torch.utils.flop_counter, which counts 2 FLOPs a multiply-accumulate and nothing but convolutions and matrix
        products; beside it `_OwnCount`, by shapes alone; activations as in NTIRE's efficiency challenges: elements put
        out by convolutions.
    """
    network = model.make()
    if not isinstance(network, nn.Module):
        return None
    network = network.cpu().eval()
    channels = channels_of(model.colour)
    height, width, side = (px + -px % model.multiple_of for px in (height, width, _PROBE_PX))
    small, larger = (_count(network, channels, *size) for size in ((side, side), (2 * side, 3 * side)))
    if _per_image(larger) != tuple(6 * each for each in _per_image(small)):
        return _count(network, channels, height, width)
    flops, own, activations = (each * height * width // side**2 for each in _per_image(small))
    return Work(small.parameters, flops // 2, flops, activations, own, small.not_counted)


def _per_image(work: Work) -> tuple[int, ...]:
    return work.flops, work.flops_own or 0, work.activations


def parameters_by_file(model: Model) -> dict[str, int]:
    """Count the values that each weight file of a model holds, trainable or not, such as statistics of normalisation.

    Args:
        model: Model of one or several files; for one without, or of code alone, nothing is counted.

    Returns:
        Number of values by the name of the file, in the order in which the model was read from them.
    """
    held = {}
    for name in model.files:
        path = Path(name)
        try:
            state = checkpoint.read([path]).state
        except (OSError, UserError):  # code beside weights, or a format of several files
            continue
        held[path.name] = sum(tensor.numel() for tensor in state.values())
    return held


def _count(network: nn.Module, channels: int, height: int, width: int) -> Work:
    x = torch.rand(1, channels, height, width)
    with torch.no_grad():
        network(x)  # what is made once and kept, as weights of a resampler, is no work of an image
    activations, own = _Activations(), _OwnCount()
    hooks = [m.register_forward_hook(activations) for m in network.modules() if isinstance(m, _CONVOLUTIONS)]
    with torch.no_grad(), own, FlopCounterMode(display=False) as counter:
        network(x)
    for hook in hooks:
        hook.remove()
    flops = counter.get_total_flops()
    parameters = sum(p.numel() for p in network.parameters())
    return Work(parameters, flops // 2, flops, activations.elements, own.flops, tuple(sorted(own.not_counted)))


class _Activations:
    def __init__(self) -> None:
        self.elements = 0

    def __call__(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        self.elements += output.numel()


def _of_convolution(inputs: tuple[Any, ...], out: Tensor) -> int:
    """A transposed convolution lays its kernel on each input pixel, the others on each output pixel."""
    x, weight, transposed = inputs[0], inputs[1], inputs[6]
    laid_on = x if transposed else out
    return laid_on.numel() * prod(weight.shape[1:])


def _of_product(inputs: tuple[Any, ...], out: Tensor) -> int:
    """Each element of a matrix product is a sum over the last axis of its left factor."""
    factors = [each for each in inputs if isinstance(each, Tensor)][-2:]
    return out.numel() * factors[0].shape[-1]


def _of_attention(inputs: tuple[Any, ...], out: tuple[Tensor, ...]) -> int:
    """Queries times keys, and weights times values."""
    query, key, value = inputs[:3]
    pairs = prod(query.shape[:-1]) * key.shape[-2]
    return int(pairs * (query.shape[-1] + value.shape[-1]))


_MACS: Mapping[str, Callable[[tuple[Any, ...], Any], int]] = {
    "convolution": _of_convolution,
    **dict.fromkeys(("mm", "addmm", "bmm", "baddbmm"), _of_product),
    "_scaled_dot_product_flash_attention_for_cpu": _of_attention,
}


class _OwnCount(TorchDispatchMode):
    """Counts by the shapes of operands, and names operators that torch's counter has no formula for.

    Attributes:
        flops: 2 for each multiply-accumulate.
        not_counted: Number of calls of each operator that computes and is not in torch's count.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0
        self.not_counted: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = str(func.overloadpacket).partition(".")[2]
        if name in _MACS:
            self.flops += 2 * _MACS[name](args, out)
        if func.overloadpacket not in flop_registry and not func.is_view and name not in _MOVES.split():
            self.not_counted[name] += 1
        return out
