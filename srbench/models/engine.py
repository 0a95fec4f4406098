"""What runs a network: operation by operation, compiled, as a CUDA graph, or in onnxruntime."""

import contextlib
import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from srbench.core.tf32 import tf32
from srbench.errors import UserError
from srbench.models import onnx_network
from srbench.models.mode import Mode, Precision

Call = Callable[[Tensor], Tensor]

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
_WARM_UP_CALLS = 3
"""Before a graph is recorded, so that libraries have chosen their kernels and taken their memory."""


def start(network: Call, mode: Mode, device: torch.device, channels: int, multiple_of: int) -> Call:
    """Make a network ready to be called many times.

    Args:
        network: A module on the device, or any function.
        mode: Precision, memory format, engine.
        device: Where it runs.
        channels: That it takes, for engines that need an example.
        multiple_of: Its size rule, for the same reason.

    Returns:
        A function that takes the network's input on the device; what it returns is overwritten by no later call.

    Raises:
        UserError: The engine cannot run this network here.
    """
    if mode.tf32 and device.type != "cuda":
        raise UserError("TF32 is a GPU's; leave out 'tf32' on the CPU")
    if mode.fp32_layers:
        network = _keep_fp32(network, mode.fp32_layers)
    if isinstance(network, nn.Module):
        network.to(device).eval().requires_grad_(False)
        if mode.channels_last:
            network.to(memory_format=torch.channels_last)
    if mode.engine == "onnx":
        return _onnx(network, device, channels, multiple_of)
    call = partial(_call, _compiled(network) if mode.engine == "compile" else network, mode, device)
    if mode.engine == "graph":
        if device.type != "cuda":
            raise UserError("CUDA graphs need a GPU; leave out the mode 'graph' on the CPU")
        return _Graphs(call)
    return call


def _compiled(network: Call) -> Call:
    """By torch.compile, from a clean slate: kernels for the sizes of an earlier use would be general ones.

    Beyond its limit of recompilations torch would run the network eagerly without a word; here that is an error.
    """
    torch._dynamo.reset()
    torch._dynamo.config.fail_on_recompile_limit_hit = True  # type: ignore[attr-defined]
    compiled: Call = torch.compile(network)
    return compiled


def _call(network: Call, mode: Mode, device: torch.device, x: Tensor) -> Tensor:
    if mode.channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    with tf32(mode.tf32), autocast(device, mode.precision):
        return network(x)


def autocast(device: torch.device, precision: Precision) -> contextlib.AbstractContextManager[object]:
    """Torch's own choice of what runs in a lower precision; nothing for fp32."""
    if precision == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=_DTYPES[precision])


class _InFp32(nn.Module):
    """A layer that autocast leaves alone."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            out: Tensor = self.layer(x.float())
            return out


def _keep_fp32(network: Call, names: tuple[str, ...]) -> nn.Module:
    """A copy with these layers outside autocast. What they return is fp32, and so is every sum it enters."""
    if not isinstance(network, nn.Module):
        raise UserError("layers can be kept in fp32 in a torch module alone; leave out 'split'")
    made = copy.deepcopy(network)
    for name in names:
        parent, _, leaf = name.rpartition(".")
        owner = made.get_submodule(parent)
        owner._modules[leaf] = _InFp32(owner.get_submodule(leaf))
    return made


def _onnx(network: Call, device: torch.device, channels: int, multiple_of: int) -> Call:
    if not isinstance(network, nn.Module):
        raise UserError("onnxruntime can run a torch module alone; leave out the mode 'onnx'")
    content, _ = onnx_network.trace(copy.deepcopy(network).cpu(), type(network).__name__, channels, multiple_of)
    return onnx_network.Session(content, device)


class _Graphs:
    """A recorded graph for the shape of input, replayed without the cost of launching each kernel.

    The last shape's graph alone is kept, since each holds all memory of its network; images come grouped by size.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.shape: tuple[int, ...] = ()
        self.recorded: tuple[Any, Tensor, Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        if self.recorded is None or self.shape != tuple(x.shape):
            self.recorded = None  # its memory is free before the next is taken
            self.recorded, self.shape = self._record(x), tuple(x.shape)
        graph, given, made = self.recorded
        given.copy_(x)
        graph.replay()
        return made.clone()

    def _record(self, x: Tensor) -> tuple[Any, Tensor, Tensor]:
        given = x.clone()
        beside = torch.cuda.Stream(x.device)
        beside.wait_stream(torch.cuda.current_stream(x.device))
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UP_CALLS):
                self.call(given)
        torch.cuda.current_stream(x.device).wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            made = self.call(given)
        return graph, given, made
