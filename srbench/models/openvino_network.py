"""Networks run by OpenVINO, from the ONNX file that `srbench.models.onnx_network` writes and checks."""

import importlib
from typing import Any

import torch
from torch import Tensor

from srbench.errors import UserError


class OpenVinoNetwork:
    """A network that OpenVINO runs on the CPU, in float32, with as many threads as torch.

    It differs from torch in the order of sums alone: at most 1e-5 on [0, 1] for the networks of the zoo, by a test.

    Args:
        content: Content of an ONNX file, as `srbench.models.onnx_network.trace` writes it.
        device: Device on which it runs: the CPU.

    Raises:
        UserError: OpenVINO is not installed, or the device is another one.
    """

    def __init__(self, content: bytes, device: torch.device) -> None:
        if device.type != "cpu":
            raise UserError(f"the mode 'openvino' runs on the CPU, not on {device}; leave it out, or give --device cpu")
        openvino = _package()
        core = openvino.Core()
        # Without the hint it would compute in bf16 where the processor can, and cost quality unseen.
        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        self._compiled: Any = core.compile_model(core.read_model(content), "CPU", settings)

    def __call__(self, lr: Tensor) -> Tensor:
        """Run float32 `(N, C, h, w)` to `(N, C, s h, s w)`."""
        found = self._compiled(lr.contiguous().numpy(), share_inputs=True)[0]
        return torch.from_numpy(found.copy())  # the next call overwrites what it returned


def _package() -> Any:
    """Import OpenVINO when it is first needed: it takes half a second."""
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise UserError("openvino is not installed; install it with: pip install 'sr-bench-suite[openvino]'") from error
