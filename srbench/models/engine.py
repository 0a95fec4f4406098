"""Engines that run a network: operation by operation, compiled, as a CUDA graph, in onnxruntime or OpenVINO."""

import contextlib
import copy
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from srbench.core.device import scoring_device
from srbench.core.tf32 import tf32
from srbench.errors import UserError, first_line
from srbench.models import onnx_network
from srbench.models.mode import Mode, Precision
from srbench.models.onnx_network import OnnxSession
from srbench.models.openvino_network import OpenVinoNetwork

Call = Callable[[Tensor], Tensor]

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
_WARM_UP_CALLS = 3
"""Number of calls before a graph is recorded, so that libraries have chosen kernels and allocated memory."""


def start(network: Call, mode: Mode, device: torch.device, channels: int, multiple_of: int) -> Call:
    """Make a network ready to be called many times.

    Args:
        network: Module, or any function, which runs where images are scored.
        mode: Precision, memory format and engine.
        device: Device on which the network runs.
        channels: Number of its input channels, for engines that need an example.
        multiple_of: Number of which its input's sides are multiples, for the same reason.

    Returns:
        Function from the network's input to its output, both on the device where images are scored. The input is left
        as it is, and no later call overwrites the output.

    Raises:
        UserError: The engine cannot run this network here.
    """
    home = scoring_device(device)
    if not isinstance(network, nn.Module):
        device = home
    if mode.tf32 and device.type != "cuda":
        raise UserError(f"TF32 needs a CUDA GPU; leave out 'tf32' on {device.type}")
    if mode.split:
        network = _keep_fp32(network, mode.fp32_layers)
    if isinstance(network, nn.Module):
        network.to(device).eval().requires_grad_(False)
        if mode.channels_last:
            network.to(memory_format=torch.channels_last)
    if mode.engine in ("onnx", "openvino"):
        return _exported(network, mode.engine, device, channels, multiple_of)
    call = partial(_call, _compiled(network) if mode.engine == "compile" else network, mode, device)
    if mode.engine == "graph":
        if device.type != "cuda":
            raise UserError(f"CUDA graphs need a CUDA GPU; leave out the mode 'graph' on {device.type}")
        return _CudaGraphs(call)
    return call if device == home else partial(_there_and_back, call, device)


def _there_and_back(call: Call, device: torch.device, x: Tensor) -> Tensor:
    """Call on a device without float64, for tensors of the CPU.

    Raises:
        UserError: The device has no such operator.
    """
    try:
        out = call(x.float().to(device))
    except NotImplementedError as error:
        named = re.search(r"aten::[\w.]+", str(error))
        raise UserError(
            f"{device.type} has no operator {named[0] if named else first_line(error)}, which this network needs; set "
            f"PYTORCH_ENABLE_{device.type.upper()}_FALLBACK=1 to compute it on the CPU, or give --device cpu"
        ) from error
    return out.cpu() if isinstance(out, Tensor) else out  # what is no tensor is refused where outputs are checked


def _compiled(network: Call) -> Call:
    """Compile with torch.compile, after a reset: kernels for the sizes of an earlier use would be general ones.

    Beyond its limit of recompilations torch would silently run the network eagerly; here that is an error.
    """
    torch._dynamo.reset()
    torch._dynamo.config.fail_on_recompile_limit_hit = True  # type: ignore[attr-defined]
    compiled: Call = torch.compile(network)
    return compiled


def _call(network: Call, mode: Mode, device: torch.device, x: Tensor) -> Tensor:
    """Call a network on memory of its own: one that works in place changes neither the caller's tensor nor a tile."""
    x = x.clone(memory_format=torch.channels_last if mode.channels_last else torch.contiguous_format)
    with tf32(mode.tf32), autocast(device, mode.precision):
        return network(x)


def autocast(device: torch.device, precision: Precision) -> contextlib.AbstractContextManager[object]:
    """Return torch's autocast to a lower precision; for fp32 a context that does nothing."""
    if precision == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=_DTYPES[precision])


class _InFp32(nn.Module):
    """A layer that autocast does not lower."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            out: Tensor = self.layer(x.float())
            return out


def _keep_fp32(network: Call, names: tuple[str, ...]) -> nn.Module:
    """Return a copy with these layers outside autocast. Their outputs are fp32, and so is every sum of them."""
    if not isinstance(network, nn.Module):
        raise UserError("layers can be kept in fp32 in a torch module alone; leave out 'split'")
    if not names:
        raise UserError("no layers were chosen to stay in fp32; choose them with srbench.speed.split.find")
    changed = copy.deepcopy(network)
    for name in names:
        parent, _, leaf = name.rpartition(".")
        owner = changed.get_submodule(parent)
        owner._modules[leaf] = _InFp32(owner.get_submodule(leaf))
    return changed


def _exported(
    network: Call, engine: Literal["onnx", "openvino"], device: torch.device, channels: int, multiple_of: int
) -> Call:
    if not isinstance(network, nn.Module):
        raise UserError(f"an exported network is a torch module; leave out the mode '{engine}'")
    content, _ = onnx_network.trace(copy.deepcopy(network).cpu(), type(network).__name__, channels, multiple_of)
    return (OnnxSession if engine == "onnx" else OpenVinoNetwork)(content, device)


class _CudaGraphs:
    """Records a CUDA graph for a shape of input, and replays it without the cost of launching each kernel.

    Only the last shape's graph is kept, since each holds all memory of its network; images come grouped by size.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.shape: tuple[int, ...] = ()
        self.recorded: tuple[Any, Tensor, Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        if self.recorded is None or self.shape != tuple(x.shape):
            self.recorded = None  # free its memory before the next is recorded
            self.recorded, self.shape = self._record(x), tuple(x.shape)
        graph, static_input, static_output = self.recorded
        static_input.copy_(x)
        graph.replay()
        return static_output.clone()

    def _record(self, x: Tensor) -> tuple[Any, Tensor, Tensor]:
        static_input = x.clone()
        warm_up_stream = torch.cuda.Stream(x.device)
        warm_up_stream.wait_stream(torch.cuda.current_stream(x.device))
        with torch.cuda.stream(warm_up_stream):
            for _ in range(_WARM_UP_CALLS):
                self.call(static_input)
        torch.cuda.current_stream(x.device).wait_stream(warm_up_stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            static_output = self.call(static_input)
        return graph, static_input, static_output
