"""Networks as ONNX: traced by torch, checked against it, run by onnxruntime."""

import importlib
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from srbench.errors import UserError, first_line

TOLERANCE = 1e-4
"""Largest difference between onnxruntime and torch on [0, 1]: 1/39 of an 8-bit level."""

_OPSET = 17
_TRACED_PX, _CHECKED_PX, _LEVELS_PX = (12, 10), (9, 14), (13, 7)


def trace(network: nn.Module, id_: str, channels: int, multiple_of: int = 1) -> tuple[bytes, float]:
    """Write a network as ONNX and compare it with torch.

    Args:
        network: Network on the CPU, in evaluation mode.
        id_: Id of the model, for messages.
        channels: Number of its input channels.
        multiple_of: Number of which its input's sides are multiples.

    Returns:
        Content of the file, with input "lr" float32 `(batch, C, height, width)` in [0, 1] and output "sr"
        `(batch, C, s height, s width)`; and the largest difference from torch on [0, 1].

    Raises:
        UserError: A package is missing, torch cannot write it, or it differs by more than `TOLERANCE`.
    """
    package("onnx")
    content = _traced(network, id_, channels, multiple_of)
    difference = _difference(network, id_, content, channels, multiple_of)
    if not difference <= TOLERANCE:  # NaN fails too
        raise UserError(
            f"{id_} as ONNX differs from torch by up to {difference:.2g} on [0, 1]; expected at most "
            f"{TOLERANCE:g}. It decides by its input's values or size, which tracing cannot record; use .safetensors"
        )
    return content, difference


class OnnxSession:
    """A network that onnxruntime runs.

    Args:
        content: Content of an ONNX file, as `trace` writes it.
        device: Device on which it runs: "cpu" or "cuda".

    Raises:
        UserError: The device is another one, or onnxruntime is not installed for it.
    """

    def __init__(self, content: bytes, device: torch.device) -> None:
        if device.type not in ("cpu", "cuda"):
            raise UserError(f"the mode 'onnx' runs on cpu and cuda, not on {device}; leave it out")
        onnxruntime = package("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 4  # what it cannot run is an exception; warnings are about speed
        provider: tuple[str, dict[str, str]] = ("CPUExecutionProvider", {})
        if device.type == "cuda":
            provider = ("CUDAExecutionProvider", {"device_id": str(device.index or 0), "use_tf32": "0"})
        if provider[0] in onnxruntime.get_available_providers():
            self._session = onnxruntime.InferenceSession(content, options, providers=[provider])
        if provider[0] not in onnxruntime.get_available_providers() or self._session.get_providers()[0] != provider[0]:
            raise UserError(f"onnxruntime has no {provider[0]}; install onnxruntime-gpu, or leave out the mode 'onnx'")
        self.device = device

    def __call__(self, lr: Tensor) -> Tensor:
        """Run float32 `(N, C, h, w)` to `(N, C, s h, s w)`, on the session's device."""
        if self.device.type == "cpu":
            return torch.from_numpy(self._session.run(["sr"], {"lr": lr.contiguous().numpy()})[0])
        return self._bound(lr.contiguous())

    def _bound(self, lr: Tensor) -> Tensor:
        """Run on a GPU without a copy to the host: input and output stay on the device."""
        binding = self._session.io_binding()
        index = self.device.index or 0
        binding.bind_input("lr", "cuda", index, np.float32, tuple(lr.shape), lr.data_ptr())
        binding.bind_output("sr", "cuda", index)
        torch.cuda.synchronize(self.device)  # onnxruntime has a stream of its own
        self._session.run_with_iobinding(binding)
        return torch.utils.dlpack.from_dlpack(binding.get_outputs()[0]._ortvalue.to_dlpack())


def package(name: str) -> Any:
    """Import an optional package when it is first needed: onnx and onnxruntime take half a second.

    Raises:
        UserError: The package is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"{name} is not installed; install it with: pip install 'sr-bench-suite[onnx]'") from error


def _traced(network: nn.Module, id_: str, channels: int, multiple_of: int) -> bytes:
    """Return the network as torch's TorchScript exporter writes it.

    torch.export, which the other exporter needs, stops at `srbench.core.resize` (VDSR, SRCNN): it asks for tables whose
    size depends on data. Whatever tracing fixes wrongly is found by the check that follows.
    """
    free = {0: "batch", 2: "height", 3: "width"}
    axes = {"lr": free, "sr": {0: "batch", 2: "sr_height", 3: "sr_width"}}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        file = Path(folder) / "traced.onnx"
        try:
            torch.onnx.export(
                network,
                (_random(1, channels, _TRACED_PX, multiple_of),),
                file,
                input_names=["lr"],
                output_names=["sr"],
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            reason = first_line(error)[:160]
            raise UserError(f"torch cannot write {id_} as ONNX ({reason}); use .safetensors") from error
        return file.read_bytes()


def _difference(network: nn.Module, id_: str, content: bytes, channels: int, multiple_of: int) -> float:
    """Return the largest difference between onnxruntime and torch, over other sizes and batches than the traced one.

    One input is random; the other lies on 8-bit levels, as images do: a network may treat them in another way.
    """
    levels = (_random(1, channels, _LEVELS_PX, multiple_of) * 255).round() / 255
    inputs = [_random(2, channels, _CHECKED_PX, multiple_of), levels]
    try:
        session = OnnxSession(content, torch.device("cpu"))
        outputs = [session(lr) for lr in inputs]
    except Exception as error:  # onnxruntime's errors have no class in common
        reason = first_line(error)[:160]
        raise UserError(f"onnxruntime cannot run {id_} as ONNX ({reason}); use .safetensors") from error
    with torch.no_grad():
        expected = [network(lr) for lr in inputs]
    pairs = list(zip(outputs, expected, strict=True))
    if any(output.shape != from_torch.shape for output, from_torch in pairs):
        return float("inf")
    return max(float((output - from_torch).abs().max()) for output, from_torch in pairs)


def _random(batch: int, channels: int, size_px: tuple[int, int], multiple_of: int) -> Tensor:
    """Return float32 LR in [0, 1], the same at each call; sizes obey the network's size rule."""
    generator = torch.Generator().manual_seed(0)
    height, width = (side * multiple_of for side in size_px)
    return torch.rand(batch, channels, height, width, generator=generator)
