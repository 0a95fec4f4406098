"""Parameters, multiply-accumulates, FLOPs and activations of a network."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from srbench.models.arch import channels_of
from srbench.models.model import Model
from srbench.speed.records import Work

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_PROBE_PX = 24


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
        products; activations as in NTIRE's efficiency challenges: elements put out by convolutions.
    """
    network = model.make()
    if not isinstance(network, nn.Module):
        return None
    network = network.cpu().eval()
    channels = channels_of(model.colour)
    height, width, side = (px + -px % model.multiple_of for px in (height, width, _PROBE_PX))
    small, larger = (_count(network, channels, *size) for size in ((side, side), (2 * side, 3 * side)))
    if (larger.flops, larger.activations) != (6 * small.flops, 6 * small.activations):
        return _count(network, channels, height, width)
    flops = small.flops * height * width // side**2
    return Work(small.parameters, flops // 2, flops, small.activations * height * width // side**2)


def _count(network: nn.Module, channels: int, height: int, width: int) -> Work:
    activations = _Activations()
    hooks = [m.register_forward_hook(activations) for m in network.modules() if isinstance(m, _CONVOLUTIONS)]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.rand(1, channels, height, width))
    for hook in hooks:
        hook.remove()
    flops = counter.get_total_flops()
    return Work(sum(p.numel() for p in network.parameters()), flops // 2, flops, activations.elements)


class _Activations:
    def __init__(self) -> None:
        self.elements = 0

    def __call__(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        self.elements += output.numel()
